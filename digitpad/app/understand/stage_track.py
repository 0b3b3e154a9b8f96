"""The stages of a training step on a line: a slider whose steps are dots."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QToolTip, QWidget

_EDGE = 12.0
_RADIUS = 5.0


class StageTrack(QAbstractSlider):
    """A dot for each stage; those up to the present one are filled.

    The arrow keys, Home and End move as in any slider; a click or a drag goes to the nearest dot.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setPageStep(1)
        self._names: tuple[str, ...] = ()
        self.valueChanged.connect(self._describe)

    def set_names(self, names: Sequence[str]) -> None:
        """Choose the stages by their names, in order."""
        self._names = tuple(names)
        self.setRange(0, max(0, len(names) - 1))
        self._describe()
        self.update()

    def _describe(self) -> None:
        if self._names:
            self.setAccessibleDescription(self._names[self.value()])
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for the dots."""
        return QSize(240, 28)

    def minimumSizeHint(self) -> QSize:
        """Return the least room."""
        return QSize(120, 28)

    def place(self, stage: int) -> QPointF:
        """Return where a stage's dot is."""
        span = self.width() - 2 * _EDGE
        return QPointF(_EDGE + span * stage / max(1, self.maximum()), self.height() / 2)

    def _stage_at(self, x: float) -> int:
        span = max(1.0, self.width() - 2 * _EDGE)
        stage = round((x - _EDGE) / span * self.maximum())
        return min(max(0, stage), self.maximum())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the nearest stage."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setValue(self._stage_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow a drag."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.setValue(self._stage_at(event.position().x()))

    def event(self, event: QEvent) -> bool:
        """Say which stage the pointer is on."""
        if isinstance(event, QHelpEvent) and self._names:
            name = self._names[self._stage_at(event.pos().x())]
            QToolTip.showText(event.globalPos(), name, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line and the dots."""
        palette = self.palette()
        accent = palette.color(QPalette.ColorRole.Highlight)
        empty = palette.color(QPalette.ColorRole.Mid)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        here = self.place(self.value())
        painter.setPen(QPen(empty, 2))
        painter.drawLine(here, self.place(self.maximum()))
        painter.setPen(QPen(accent, 2))
        painter.drawLine(self.place(0), here)
        for stage in range(self.maximum() + 1):
            reached = stage <= self.value()
            painter.setBrush(accent if reached else palette.color(QPalette.ColorRole.Window))
            painter.setPen(QPen(accent if reached else empty, 1.5))
            radius = _RADIUS + (2.5 if stage == self.value() else 0)
            painter.drawEllipse(self.place(stage), radius, radius)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 1.5))
            painter.drawEllipse(here, _RADIUS + 5, _RADIUS + 5)
        painter.end()
