"""The points map: every image as its digit, where a layer's activations put it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from digitpad.app.widgets import numbers, theme
from digitpad.app.widgets.copying import Rows, offer_copy
from digitpad.app.widgets.pictures import ink_picture
from digitpad.drawing.pen import SIDE
from digitpad.nn.functions import Array

_NEAR = 12.0  # pixels from the pointer to a point
_MARGIN = 14.0
_DIGIT = 16  # pixels of the square around a digit


class MapView(QWidget):
    """Shows labelled points; hovering shows the image, a click or Enter chooses it.

    Signals
    -------
    point_chosen(int)
        The point's number.
    """

    point_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # while it is empty
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 240)
        self.setMouseTracking(True)
        self._points: Array = np.empty((0, 2))
        self._labels: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._images: Array = np.empty((0, SIDE * SIDE))
        self._drawing: Array | None = None
        self._cursor = 0
        self._hovered: int | None = None
        self._pixmap: QPixmap | None = None  # the points, painted once
        offer_copy(self, self._rows)

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(380, 380)

    def show_points(self, points: Array, labels: NDArray[np.int64], images: Array) -> None:
        """Show points (n, 2) with their labels (n,) and images (n, 784)."""
        self._points, self._labels, self._images = points, labels, images
        self._cursor, self._hovered, self._pixmap = 0, None, None
        there = len(points) > 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if there else Qt.FocusPolicy.NoFocus)
        self._describe()
        self.update()

    def show_drawing(self, point: Array | None) -> None:
        """Show where the drawing is, (2,), or that there is none."""
        self._drawing = point
        self.update()

    def points(self) -> Array:
        """Return the points shown, (n, 2)."""
        return self._points

    def drawing(self) -> Array | None:
        """Return where the drawing is shown."""
        return self._drawing

    def _rows(self) -> Rows:
        if not len(self._points):
            return []
        rows: list[list[object]] = [[self.tr("label"), "x", "y"]]
        rows += [
            [int(label), *point]
            for label, point in zip(self._labels, self._points.tolist(), strict=True)
        ]
        if self._drawing is not None:
            rows.append([self.tr("drawing"), *self._drawing.tolist()])
        return rows

    def tip(self, point: int) -> str:
        """Return what a point is."""
        return self.tr("Image {number}: a {label}").format(
            number=numbers.whole(point + 1), label=int(self._labels[point])
        )

    def _describe(self) -> None:
        self.setAccessibleDescription(self.tip(self._cursor) if len(self._points) else "")

    def place(self, point: Array) -> QPointF:
        """Return where a place of the map is painted."""
        return QPointF(*self._places(point[None])[0].tolist())

    def _places(self, points: Array) -> Array:
        """Return where places of the map are painted, (n, 2)."""
        low, high = self._points.min(axis=0), self._points.max(axis=0)
        share = (points - low) / np.where(high > low, high - low, 1)
        width, height = self.width() - 2 * _MARGIN, self.height() - 2 * _MARGIN
        across = _MARGIN + share[:, 0] * width
        return np.column_stack([across, self.height() - _MARGIN - share[:, 1] * height])

    def _nearest(self, position: QPointF) -> int | None:
        if not len(self._points):
            return None
        distances = np.hypot(*(self._places(self._points) - position.toTuple()).T)
        nearest = int(distances.argmin())
        return nearest if distances[nearest] <= _NEAR else None

    # -- events --------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show the image of the point under the pointer."""
        hovered = self._nearest(event.position())
        if hovered != self._hovered:
            self._hovered = hovered
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Show no image."""
        self._hovered = None
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the point under the pointer."""
        point = self._nearest(event.position())
        if event.button() == Qt.MouseButton.LeftButton and point is not None:
            self._cursor = point
            self._describe()
            self.point_chosen.emit(point)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from image to image by the arrow keys; Enter or the space bar chooses."""
        key = Qt.Key(event.key())
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key)
        if step is not None and len(self._points):
            self._cursor = (self._cursor + step) % len(self._points)
            self._describe()
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and len(self._points):
            self.point_chosen.emit(self._cursor)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Say what the point under the pointer is."""
        if isinstance(event, QHelpEvent):
            point = self._nearest(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if point is None else self.tip(point), self)
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint the points anew."""
        self._pixmap = None

    def changeEvent(self, event: QEvent) -> None:
        """Paint the points anew, in other colours."""
        self._pixmap = None
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the points, the drawing and the image of the point that is pointed at."""
        palette = self.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not len(self._points):
            painter.fillRect(self.rect(), palette.color(QPalette.ColorRole.Base))
            return
        if self._pixmap is None:
            self._pixmap = self._painted()
        painter.drawPixmap(0, 0, self._pixmap)
        text = palette.color(QPalette.ColorRole.Text)
        if self._drawing is not None:
            painter.setClipRect(self.rect())
            place = self.place(self._drawing)
            # A drawing unlike all images may lie beyond them.
            inside = QPointF(
                min(max(place.x(), _MARGIN), self.width() - _MARGIN),
                min(max(place.y(), _MARGIN), self.height() - _MARGIN),
            )
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Base), 5))
            painter.drawEllipse(inside, 9, 9)
            painter.setPen(QPen(text, 2.5))
            painter.drawEllipse(inside, 9, 9)
        marked = self._cursor if self.hasFocus() else None
        for point in (marked, self._hovered):
            if point is None:
                continue
            place = self.place(self._points[point])
            painter.setPen(QPen(text, 1.5))
            painter.drawEllipse(place, 7, 7)
            right, down = place.x() < self.width() / 2, place.y() < self.height() / 2
            box = QRectF(0, 0, 2 * SIDE, 2 * SIDE)
            box.moveCenter(place + QPointF(44 if right else -44, 44 if down else -44))
            painter.drawImage(box, ink_picture(self._images[point].reshape(SIDE, SIDE), palette))
            painter.drawRect(box)
        painter.end()

    def _painted(self) -> QPixmap:
        """Return the points as a picture: each is its digit in the digit's colour."""
        palette, ratio = self.palette(), self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(palette.color(QPalette.ColorRole.Base))
        colours = theme.digit_colours(palette)
        digits = [self._digit(digit, colour) for digit, colour in enumerate(colours)]
        half = QPointF(_DIGIT, _DIGIT) / 2
        painter = QPainter(pixmap)
        places = self._places(self._points).tolist()
        for place, label in zip(places, self._labels.tolist(), strict=True):
            painter.drawPixmap(QPointF(*place) - half, digits[label])
        painter.end()
        return pixmap

    def _digit(self, digit: int, colour: QColor) -> QPixmap:
        """Return a small digit: to place it a thousand times takes less than to write it."""
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(QSize(_DIGIT, _DIGIT) * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.8)
        painter.setFont(font)
        painter.setPen(colour)
        painter.drawText(QRectF(0, 0, _DIGIT, _DIGIT), Qt.AlignmentFlag.AlignCenter, str(digit))
        painter.end()
        return pixmap
