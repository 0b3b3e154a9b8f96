"""Ink as pixels, whose edges stay smooth however many pieces it is painted from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QTransform

_FORMAT = QImage.Format.Format_ARGB32_Premultiplied


class InkLayer:
    """A transparent image that shapes of one colour are added to.

    Painted over each other, the half covered pixels at two shapes' edges would add up: where the
    pieces of a line overlap, it would have knots. So of both, the one that covers more counts.

    Parameters
    ----------
    size : QSize
        In device-independent pixels.
    ratio : float
        Device pixels in each of them.
    colour : QColor
    """

    def __init__(self, size: QSize, ratio: float, colour: QColor) -> None:
        self.ratio = ratio
        self._colour = colour
        width, height = round(size.width() * ratio), round(size.height() * ratio)
        self._image, self._pixels = _empty(max(1, width), max(1, height))
        self._image.setDevicePixelRatio(ratio)

    def add(self, shape: QPainterPath) -> None:
        """Fill a shape, given in device-independent pixels."""
        box = QTransform.fromScale(self.ratio, self.ratio).mapRect(shape.boundingRect())
        part = box.toAlignedRect().adjusted(-1, -1, 1, 1).intersected(self._image.rect())
        if part.isEmpty():
            return
        image, pixels = _empty(part.width(), part.height())
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(-part.topLeft())
        painter.scale(self.ratio, self.ratio)
        painter.fillPath(shape, self._colour)
        painter.end()
        rows = slice(part.top(), part.bottom() + 1)
        columns = slice(part.left(), part.right() + 1)
        there = self._pixels[rows, columns]
        np.maximum(there, pixels, out=there)

    def paint(self, painter: QPainter) -> None:
        """Paint the ink, its upper left corner at the origin."""
        painter.drawImage(QPointF(0, 0), self._image)


def _empty(width: int, height: int) -> tuple[QImage, NDArray[np.uint8]]:
    """Return a transparent image and its pixels, (height, width, 4), in the same memory."""
    image = QImage(width, height, _FORMAT)
    image.fill(Qt.GlobalColor.transparent)
    pixels = np.frombuffer(image.bits(), dtype=np.uint8)
    return image, pixels.reshape(height, width, 4)
