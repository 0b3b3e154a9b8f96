"""A picture on the canvas: the photograph with its digits outlined, or the image read from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen

from digitpad.app.page import Photo
from digitpad.app.widgets import theme
from digitpad.recognition.number import NumberReading
from digitpad.recognition.recognise import Reading, Verdict

_IMAGE = 0.8  # in units of the canvas's shorter side
_PHOTO = 0.92  # of the canvas's width or height
# Pixels: between a digit in a photograph and its outline, and of the answer beside it.
_OUTLINE = 5
_ANSWER = 17
_QUIET = QColor("#4d4d4d")  # of the digits that are not selected


def outlines(photo: Photo, size: QSize) -> list[QRectF]:
    """Return where each digit of a photograph is outlined on a canvas of a size, in pixels."""
    corner, scale = _place(photo, size)
    boxes = [photo.box] if photo.separated is None else photo.separated.boxes
    found = []
    for left, top, right, bottom in boxes:
        box_size = QSizeF(right - left, bottom - top) * scale
        outline = QRectF(corner + QPointF(left, top) * scale, box_size)
        found.append(outline.adjusted(-_OUTLINE, -_OUTLINE, _OUTLINE, _OUTLINE))
    return found


def _place(photo: Photo, size: QSize) -> tuple[QPointF, float]:
    """Return where the photograph's upper left corner is, and how large a pixel of it is."""
    height, width, _ = photo.pixels.shape
    scale = min(size.width() * _PHOTO / width, size.height() * _PHOTO / height)
    return QPointF(size.width() - width * scale, size.height() - height * scale) / 2, scale


def neighbour(number: NumberReading, place: int, right: int, down: int) -> int:
    """Return which digit lies beside one, or in the line above or below; itself if there is none.

    Parameters
    ----------
    number : NumberReading
    place : int
        Of the digit, from 0.
    right, down : int
        The direction: -1, 0 or 1.
    """
    last = len(number.digits) - 1
    if not down:
        return min(max(place + right, 0), last)
    lines = [sum(first <= each for first in number.breaks) for each in range(last + 1)]
    there = [each for each in range(last + 1) if lines[each] == lines[place] + down]
    middles = [float(digit.box[0] + digit.box[2]) / 2 for digit in number.digits]
    return min(there, key=lambda each: abs(middles[each] - middles[place]), default=place)


def paint_photo(
    painter: QPainter, photo: Photo, size: QSize, number: NumberReading, selected: int
) -> None:
    """Paint a photograph, with the digits that were found in it outlined.

    Parameters
    ----------
    painter : QPainter
    photo : Photo
    size : QSize
        Of the canvas.
    number : NumberReading
        What the digits are read as.
    selected : int
        The place of the selected digit.
    """
    height, width, _ = photo.pixels.shape
    data = photo.pixels.tobytes()  # a QImage does not keep its memory alive
    picture = QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888)
    corner, scale = _place(photo, size)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(QRectF(corner, QSizeF(width, height) * scale), picture)
    several = len(number.digits) > 1
    for place, outline in enumerate(outlines(photo, size)):
        is_selected = place == selected
        colour = theme.DARK if is_selected or not several else _QUIET
        line_width = 3.5 if is_selected and several else 2.0
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # A light line around a dark one can be seen on any photograph.
        for line_colour, line in ((theme.LIGHT, line_width + 2), (colour, line_width)):
            painter.setPen(QPen(line_colour, line))
            painter.drawRoundedRect(outline, 4, 4)
        if several:
            _paint_answer(painter, outline, number.digits[place].reading, colour)


def _paint_answer(painter: QPainter, outline: QRectF, reading: Reading, colour: QColor) -> None:
    """Paint what a digit of a photograph is read as, above its outline or in it."""
    font = QFont(painter.font())
    font.setPixelSize(_ANSWER)
    font.setBold(reading.sure)
    painter.setFont(font)
    text = str(reading.digit) if reading.verdict is not Verdict.UNKNOWN else "?"
    tag = QRectF(0, 0, 1.3 * _ANSWER, 1.3 * _ANSWER)
    tag.moveBottomLeft(outline.topLeft() + QPointF(-1, -2))
    tag.moveTop(max(tag.top(), 1.0))
    painter.setPen(QPen(theme.LIGHT, 1))
    painter.setBrush(colour)
    painter.drawRoundedRect(tag, 4, 4)
    painter.setPen(theme.LIGHT)
    painter.setOpacity(1.0 if reading.sure else 0.7)
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)
    painter.setOpacity(1.0)


def paint_image(painter: QPainter, image: NDArray[np.float32], size: QSize, ink: QColor) -> None:
    """Paint an image, (28, 28) from 0 to 1, in the middle of a canvas of a size."""
    pixels = np.empty((*image.shape, 4), dtype=np.uint8)
    pixels[..., 0], pixels[..., 1], pixels[..., 2] = ink.blue(), ink.green(), ink.red()
    pixels[..., 3] = np.rint(image * 255)
    height, width = image.shape
    data = pixels.tobytes()  # a QImage does not keep its memory alive
    picture = QImage(data, width, height, 4 * width, QImage.Format.Format_ARGB32)
    side = _IMAGE * min(size.width(), size.height())
    box = QRectF((size.width() - side) / 2, (size.height() - side) / 2, side, side)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(box, picture)
