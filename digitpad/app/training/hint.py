"""A hint: what goes wrong in a training, with a button for what would help."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from digitpad.app import translations
from digitpad.app.widgets import theme
from digitpad.training.diagnosis import Finding


class Hint(QWidget):
    """Shows one finding until it no longer holds, is remedied or is dismissed.

    Signals
    -------
    remedy_wanted(Finding)
        The remedy's button was clicked.
    changed()
        `finding` is another: to be shown, or none.
    """

    remedy_wanted = Signal(object)
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hint")
        self.setAccessibleName(self.tr("Hint"))
        self.finding: Finding | None = None
        self._dismissed: set[str] = set()
        self.text = QLabel()
        self.text.setObjectName("hint_text")
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.remedy = QPushButton()
        self.remedy.setObjectName("remedy")
        # A long text may not make the panel wider, which would move everything.
        self.remedy.setMinimumWidth(1)
        self.remedy.clicked.connect(self._wanted)
        close = QToolButton()
        close.setObjectName("dismiss")
        close.setText("×")
        close.setAutoRaise(True)
        close.setAccessibleName(self.tr("Dismiss the hint"))
        close.setToolTip(self.tr("Don’t show this again during this training"))
        close.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        close.clicked.connect(self._dismiss)
        below = QHBoxLayout()
        below.setSpacing(4)
        below.addWidget(self.remedy)
        below.addStretch(1)
        below.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.setSpacing(4)
        layout.addWidget(self.text)
        layout.addLayout(below)
        self.hide()

    def height_of(self, lines: int) -> int:
        """Return the height of a hint with so many lines of text."""
        text = lines * self.fontMetrics().lineSpacing()
        return text + self.remedy.sizeHint().height() + 16

    def begin(self) -> None:
        """Forget everything: another training begins."""
        self._dismissed.clear()
        self.show_findings([])

    def show_findings(self, findings: list[Finding]) -> None:
        """Take the most serious of these that was not dismissed, or none."""
        open_ = [each for each in findings if each.name not in self._dismissed]
        self.finding = open_[0] if open_ else None
        if self.finding is not None:
            sentence = translations.core(self.finding.sentence)
            remedy = translations.core(self.finding.remedy)
            self.text.setText(sentence)
            self.setAccessibleDescription(sentence)
            self.remedy.setText(remedy)
            self.remedy.setToolTip(remedy)
        self.setVisible(self.finding is not None)
        self.changed.emit()

    def set_valid(self, valid: bool) -> None:
        """Allow the remedy, or not: it starts from what the form says."""
        self.remedy.setEnabled(valid)

    def _wanted(self) -> None:
        finding = self.finding
        self.show_findings([])
        if finding is not None:
            self.remedy_wanted.emit(finding)

    def _dismiss(self) -> None:
        if self.finding is not None:
            self._dismissed.add(self.finding.name)
        self.show_findings([])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a tinted background with a stripe at its edge."""
        colour = theme.colours(self.palette()).warning
        tint = theme.faded(colour, 0.13)
        box = QRectF(self.rect())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(box, self.palette().window())  # it may lie over something
        painter.setBrush(tint)
        painter.drawRoundedRect(box, 6, 6)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(0, 0, 4, box.height()), 2, 2)
        painter.end()
