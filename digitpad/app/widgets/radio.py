"""A radio button whose mark is seen with high contrast too."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QRadioButton, QStyle, QStyleOptionButton

from digitpad.app.widgets import theme

_PART = 0.6  # of the indicator's side that the mark takes


class RadioButton(QRadioButton):
    """A radio button; where it is chosen, Fusion paints a small grey dot."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the mark in the text's colour where contrast is high."""
        super().paintEvent(event)
        # Not its own palette: `theme.use` gives it another colour of the window.
        if not self.isChecked() or not theme.is_high_contrast(self.window().palette()):
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = self.style().subElementRect(QStyle.SubElement.SE_RadioButtonIndicator, option, self)
        side = _PART * min(box.width(), box.height())
        mark = QRectF(0, 0, side, side)
        mark.moveCenter(QRectF(box).center())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawEllipse(mark)
        painter.end()
