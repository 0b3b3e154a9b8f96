"""What the network sees: the 28 x 28 pixels that the ink becomes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from digitpad.app.widgets import numbers
from digitpad.app.widgets.pictures import ink_picture
from digitpad.drawing.pen import SIDE


class Preview(QWidget):
    """The input layer, pixel by pixel; the tooltip shows a pixel's value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview")
        self.setAccessibleName(self.tr("What the network sees"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        # It is opaque, so the window below it needs not be painted with every stroke.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(2 * SIDE + 2, 2 * SIDE + 2)
        self._image = np.zeros((SIDE, SIDE), dtype=np.float32)
        self._pixel = 4

    def sizeHint(self) -> QSize:
        """Return the room for the network's pixels and the border."""
        return QSize(self._pixel * SIDE + 2, self._pixel * SIDE + 2)

    def set_pixel(self, size: int) -> None:
        """Choose how many of the screen's pixels show one of the network's."""
        self._pixel = size
        self.updateGeometry()

    def image(self) -> NDArray[np.float32]:
        """Return the image shown, (28, 28) in [0, 1]."""
        return self._image.copy()

    def show_image(self, image: NDArray[np.float32]) -> None:
        """Show another image, (28, 28) in [0, 1]."""
        self._image = image
        self.update()

    def _box(self) -> QRectF:
        side = min(self.width(), self.height()) - 2
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Have the value of the pixel under the pointer ready for the tooltip."""
        self.setToolTip(self.tip(event.position()))

    def tip(self, position: QPointF) -> str:
        """Return the tooltip at a position in the widget."""
        box = self._box()
        column = int((position.x() - box.x()) * SIDE // box.width())
        row = int((position.y() - box.y()) * SIDE // box.height())
        if not (0 <= row < SIDE and 0 <= column < SIDE):
            return ""
        value = self._image[row, column]
        text = self.tr("Input {number} of {count}: {value}")
        number = row * SIDE + column + 1
        return text.format(number=number, count=SIDE * SIDE, value=numbers.decimal(value, 2))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pixels, unsmoothed: this is what the network gets."""
        palette = self.palette()
        image = ink_picture(self._image, palette)
        box = self._box()
        painter = QPainter(self)
        painter.fillRect(event.rect(), palette.color(QPalette.ColorRole.Window))
        painter.drawImage(box, image)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))
        painter.end()
