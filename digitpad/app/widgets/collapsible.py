"""A group of fields under a heading that opens and closes it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget


class Collapsible(QWidget):
    """A heading, with a summary beside it while the content is hidden.

    Signals
    -------
    toggled()
        It was opened or closed.
    """

    toggled = Signal()

    def __init__(
        self, title: str, name: str, content: QWidget, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._title = title
        self._summary_text = ""
        self.is_open = False
        self.heading = QToolButton()
        self.heading.setObjectName(f"{name}_heading")
        self.heading.setText(title)
        self.heading.setAutoRaise(True)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        font = self.heading.font()
        font.setBold(True)
        self.heading.setFont(font)
        self._summary = QLabel()
        self._summary.setObjectName(f"{name}_summary")
        self._summary.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._summary.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.content = content
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.addWidget(self.heading)
        top.addWidget(self._summary, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(content)
        self.heading.clicked.connect(lambda: self.open(not self.is_open))
        self._show()

    def open(self, opened: bool = True) -> None:
        """Show the fields, or hide them."""
        if opened != self.is_open:
            self.is_open = opened
            self._show()
            self.toggled.emit()

    def summarise(self, text: str) -> None:
        """Say in a few words what is set inside."""
        self._summary_text = text
        self._show()

    def _show(self) -> None:
        down, right = Qt.ArrowType.DownArrow, Qt.ArrowType.RightArrow
        self.heading.setArrowType(down if self.is_open else right)
        state = self.tr("{group}, open") if self.is_open else self.tr("{group}, closed")
        self.heading.setAccessibleName(state.format(group=self._title))
        self.heading.setAccessibleDescription(self._summary_text)
        self.content.setVisible(self.is_open)
        self._summary.setText("" if self.is_open else self._summary_text)
        self._summary.setToolTip(self._summary.text())
