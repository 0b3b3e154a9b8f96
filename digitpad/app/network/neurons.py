"""Draws neurons: circles that glow with their activation, and large layers as grids of cells."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
    QRadialGradient,
)

from digitpad.app.network.layout import Column
from digitpad.app.widgets import theme

STEPS = 255
"""Steps of colour from a silent neuron to one that is fully active."""

_CIRCLE_STEPS = 64  # fewer for circles, which take long to draw and are kept then
_NO_CELL = 2 * STEPS + 1  # behind the last cell of a grid's last row
_GLOW = 2.1  # how far the glow reaches, in radii


def levels(activation: str, a: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return how active the neurons of a layer are, (n,) from -1 to 1.

    That is a itself, but for relu, which has no upper limit: there a neuron that has the layer's
    largest a, if that is more than 1, is fully active.
    """
    level = np.nan_to_num(a.astype(np.float64), nan=0.0, posinf=1e30, neginf=-1e30)
    if activation == "relu":
        level = level / max(1.0, float(level.max(initial=0.0)))
    return level.clip(-1, 1)


class Ramp:
    """The colours of activations from -1 (negative) by 0 (paper) to 1 (positive)."""

    def __init__(self, palette: QPalette) -> None:
        paper = palette.color(QPalette.ColorRole.Base)
        text = palette.color(QPalette.ColorRole.WindowText)
        signs = theme.colours(palette)
        opacity = 0.8 if theme.is_high_contrast(palette) else 0.34
        self.outline = theme.mixed(palette.color(QPalette.ColorRole.Window), text, opacity)
        # Circles have an outline; a silent cell is told from the paper by its tone.
        self.cell = theme.mixed(paper, text, 0.09)
        self._paper = paper
        self._positive, self._negative = signs.positive, signs.negative
        share = np.arange(-STEPS, STEPS + 1) / STEPS
        pixels = np.full(len(share), 255 << 24, dtype=np.uint32)
        for shift, channel in ((16, QColor.red), (8, QColor.green), (0, QColor.blue)):
            low = channel(self.cell)
            full = np.where(share < 0, channel(signs.negative), channel(signs.positive))
            value = np.rint(low + (full - low) * np.abs(share)).astype(np.uint32)
            pixels |= value << np.uint32(shift)
        self.cells = pixels
        """The colours of cells from -1 to 1, as 0xAARRGGBB."""
        self._drawn: dict[int, NDArray[np.uint32]] = {}

    def cells_of(self, side: int) -> NDArray[np.uint32]:
        """Return every cell that a grid can have, (2 STEPS + 2, side, side): the last is none."""
        drawn = self._drawn.get(side)
        if drawn is None:
            cover = _cell(side) if side >= 3 else np.full((side, side), 255, dtype=np.uint32)
            drawn = np.zeros((len(self.cells) + 1, side, side), dtype=np.uint32)
            for shift in (0, 8, 16, 24):
                channel = (self.cells >> np.uint32(shift)) & np.uint32(255)
                value = (channel[:, None, None] * cover + 127) // 255
                drawn[:-1] |= value.astype(np.uint32) << np.uint32(shift)
            self._drawn[side] = drawn
        return drawn

    def colour(self, level: float) -> QColor:
        """Return the colour of one neuron."""
        full = self._positive if level >= 0 else self._negative
        return theme.mixed(self._paper, full, abs(level))


class Circles:
    """Draws round neurons from a store of pixmaps, one for each radius, colour and digit."""

    def __init__(self, ramp: Ramp, ratio: float) -> None:
        self._ramp = ramp
        self._ratio = ratio
        self._store: dict[tuple[float, int, str], QPixmap] = {}

    def draw(
        self, painter: QPainter, x: float, y: float, radius: float, level: float, text: str = ""
    ) -> None:
        """Draw one neuron with its middle at (x, y)."""
        step = round(level * _CIRCLE_STEPS)
        key = radius, step, text
        pixmap = self._store.get(key)
        if pixmap is None:
            level = step / _CIRCLE_STEPS
            pixmap = self._store[key] = self._drawn(radius, level, text, painter)
        half = pixmap.width() / self._ratio / 2
        painter.drawPixmap(QPointF(x - half, y - half), pixmap)

    def _drawn(self, radius: float, level: float, text: str, like: QPainter) -> QPixmap:
        reach = radius * (_GLOW if level else 1) + 1
        side = math.ceil(2 * reach * self._ratio)
        pixmap = QPixmap(side, side)
        pixmap.setDevicePixelRatio(self._ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        middle = QPointF(side / self._ratio / 2, side / self._ratio / 2)
        fill = self._ramp.colour(level)
        full = self._ramp.colour(math.copysign(1.0, level))
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if level:
            glow = QRadialGradient(middle, reach)
            for stop, alpha in ((0.4, 0.42), (0.6, 0.2), (0.8, 0.06), (1.0, 0.0)):
                glow.setColorAt(stop, theme.faded(full, alpha * abs(level)))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QBrush(glow))
            painter.drawEllipse(middle, reach, reach)
        painter.setPen(QPen(theme.mixed(self._ramp.outline, full, abs(level)), 1))
        painter.setBrush(fill)
        painter.drawEllipse(middle, radius, radius)
        if text:
            font = like.font()
            font.setPixelSize(max(6, round(radius * 1.1)))
            font.setBold(True)
            painter.setFont(font)
            painter.setPen(theme.on(fill))
            box = QRectF(middle.x() - radius, middle.y() - radius, 2 * radius, 2 * radius)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
        return pixmap


def grid_image(column: Column, level: NDArray[np.float64], ramp: Ramp, ratio: float) -> QImage:
    """Return the cells of a large layer, in device pixels.

    Parameters
    ----------
    column : Column
    level : (n,) from -1 to 1
    ramp : Ramp
    ratio : float
        Device pixels in a pixel.
    """
    side = round(column.pitch * ratio)
    cells = np.full(column.rows * column.columns, _NO_CELL, dtype=np.intp)
    cells[: column.size] = np.rint(level * STEPS).astype(np.intp) + STEPS
    # (rows, columns, side, side), then each cell in its place.
    drawn = ramp.cells_of(side)[cells.reshape(column.rows, column.columns)]
    pixels = drawn.transpose(0, 2, 1, 3)
    height, width = column.rows * side, column.columns * side
    image = QImage(
        pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
    ).copy()  # a QImage does not keep the memory alive that it was given
    image.setDevicePixelRatio(ratio)
    return image


@cache
def _cell(side: int) -> NDArray[np.uint32]:
    """Return how much of each pixel a cell covers, (side, side) from 0 to 255: rounded, a gap."""
    inner = side - max(1, round(side * 0.12))
    corner = inner * 0.28
    at = np.abs(np.arange(side) + 0.5 - inner / 2)
    beyond = np.maximum(at - (inner / 2 - corner), 0)
    cover = (corner + 0.5 - np.hypot(beyond[:, None], beyond[None, :])).clip(0, 1)
    cover[at > inner / 2] = 0
    cover[:, at > inner / 2] = 0
    shape: NDArray[np.uint32] = np.rint(255 * cover).astype(np.uint32)
    return shape
