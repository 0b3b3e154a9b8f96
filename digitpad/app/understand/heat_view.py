"""A value for each of 28 x 28 pixels, over the ink; or the ink alone."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from digitpad.app.understand.arithmetic_table import signed
from digitpad.app.widgets import focus, numbers
from digitpad.app.widgets.copying import offer_copy
from digitpad.app.widgets.pictures import heat_picture, ink_picture
from digitpad.drawing.pen import SIDE
from digitpad.nn.functions import Array

_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class HeatView(QWidget):
    """Shows signed values in two colours; hovering or the arrow keys give the number of a pixel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(4 * SIDE, 4 * SIDE)
        self._values: Array | None = np.zeros((SIDE, SIDE))
        self._image = np.zeros((SIDE, SIDE))
        self._row, self._column = SIDE // 2, SIDE // 2
        self._describe()
        offer_copy(self, lambda: self.values().tolist())

    def sizeHint(self) -> QSize:
        """Return ten of the screen's pixels for each."""
        return QSize(10 * SIDE, 10 * SIDE)

    def values(self) -> Array:
        """Return the values shown, (28, 28): those of the ink where there are no others."""
        return self._image if self._values is None else self._values

    def show_values(self, values: Array, image: Array) -> None:
        """Show values over an image, (28, 28) each."""
        self._values, self._image = np.asarray(values), np.asarray(image)
        self._describe()
        self.update()

    def show_ink(self, image: Array) -> None:
        """Show an image alone, (28, 28)."""
        self._values, self._image = None, np.asarray(image)
        self._describe()
        self.update()

    def tip(self, row: int, column: int) -> str:
        """Return the value of a pixel in words."""
        place = {"row": row + 1, "column": column + 1}
        ink = numbers.decimal(self._image[row, column], 2)
        if self._values is None:
            return self.tr("Row {row}, column {column}: ink {ink}").format(**place, ink=ink)
        return self.tr("Row {row}, column {column}: {value}; ink {ink}").format(
            **place, value=signed(float(self._values[row, column])), ink=ink
        )

    def _describe(self) -> None:
        self.setAccessibleDescription(self.tip(self._row, self._column))

    def box(self) -> QRectF:
        """Return where the pixels are painted."""
        side = min(self.width(), self.height()) - 4
        return QRectF((self.width() - side) / 2, 2, side, side)

    def _pixel_at(self, position: QPoint) -> tuple[int, int] | None:
        box = self.box()
        column = int((position.x() - box.x()) * SIDE // box.width())
        row = int((position.y() - box.y()) * SIDE // box.height())
        return (row, column) if 0 <= row < SIDE and 0 <= column < SIDE else None

    def event(self, event: QEvent) -> bool:
        """Give the value of the pixel under the pointer."""
        if isinstance(event, QHelpEvent):
            pixel = self._pixel_at(event.pos())
            QToolTip.showText(event.globalPos(), self.tip(*pixel) if pixel else "", self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the cursor on a pixel."""
        pixel = self._pixel_at(event.position().toPoint())
        if pixel is not None:
            self._row, self._column = pixel
            self._describe()
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cursor from pixel to pixel."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        self._row = min(max(0, self._row + step[0]), SIDE - 1)
        self._column = min(max(0, self._column + step[1]), SIDE - 1)
        self._describe()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pixels, unsmoothed."""
        palette = self.palette()
        box = self.box()
        painter = QPainter(self)
        if self._values is None:
            painter.drawImage(box, ink_picture(self._image, palette))
        else:
            painter.drawImage(box, heat_picture(self._values, palette, self._image))
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))
        if self.hasFocus():
            focus.paint_frame(painter, QRectF(box).adjusted(-2, -2, 2, 2), palette)
            pixel = box.width() / SIDE
            left, top = box.x() + self._column * pixel, box.y() + self._row * pixel
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 1.5))
            painter.drawRect(QRectF(left, top, pixel, pixel))
        painter.end()
