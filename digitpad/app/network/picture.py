"""Draws a network in one size, palette and font: what stays is drawn once and kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter, QPalette, QPen, QPixmap

from digitpad.app.network import threads
from digitpad.app.network.captions import captions
from digitpad.app.network.layout import DIGIT_RADIUS, Column, arrange
from digitpad.app.network.neurons import Circles, Ramp, grid_image
from digitpad.app.widgets import theme
from digitpad.nn.functions import Array

_CARD_EDGE = 4  # from a grid to the edge of its card's pixmap: the paper around it and its outline
_MOST_RINGS = 40  # errors shown in one layer
_STRONG = 30.0  # lines of full strength that a layer may have before they are drawn more lightly
_FAINT = 0.16  # opacity of the other connections while some are lit


@dataclass(frozen=True, eq=False)
class Threads:
    """Connections as they are drawn: from layer - 1 into a layer.

    Attributes
    ----------
    layer : int
    sources, targets : (k,) int
    values : (k,)
        What width, opacity and, by its sign, colour show.
    """

    layer: int
    sources: NDArray[np.intp]
    targets: NDArray[np.intp]
    values: Array


class Picture:
    """The picture of a network with these layers.

    Parameters
    ----------
    sizes : sequence of int
        Neurons in each layer.
    words : sequence of str
        What to call each layer.
    size : QSize
    ratio : float
        Device pixels in a pixel.
    palette, font
        The widget's.

    Attributes
    ----------
    columns : tuple of Column
        Where each layer is.
    ratio : float
    """

    def __init__(
        self,
        sizes: Sequence[int],
        words: Sequence[str],
        size: QSize,
        ratio: float,
        palette: QPalette,
        font: QFont,
    ) -> None:
        self.ratio = ratio
        self._size = size
        self._palette = palette
        self._font = font
        self._signs = theme.colours(palette)
        self._ramp = Ramp(palette)
        self._circles = Circles(self._ramp, ratio)
        self._ink = threads.Ink(self._signs.positive, self._signs.negative)
        small = QFont(font)
        least = min(size.width(), size.height())
        scale = min(1.6, max(0.92, least / 640))
        small.setPointSizeF(max(6.5, font.pointSizeF() * scale))
        metrics = QFontMetricsF(small)
        self.columns = arrange(sizes, size.width(), size.height(), 1.9 * metrics.height(), ratio)
        self._centres = [column.centres() for column in self.columns]
        self._line_width = math.sqrt(min(3.0, max(0.5, least / 440))) * ratio
        self._ground = self._draw_ground(words, small, metrics)
        self._cards = {
            column.layer: self._draw_card(column) for column in self.columns[1:] if column.is_grid
        }

    def _draw_ground(self, words: Sequence[str], font: QFont, metrics: QFontMetricsF) -> QPixmap:
        """Return what stays: paper, the card of the input, captions."""
        ground = QPixmap(self._size * self.ratio)
        ground.setDevicePixelRatio(self.ratio)
        ground.fill(self._palette.color(QPalette.ColorRole.Window))
        painter = QPainter(ground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_card(painter, self.columns[0], 0.07 * self.columns[0].width)
        painter.setFont(font)
        painter.setPen(self._palette.color(QPalette.ColorRole.PlaceholderText))
        for box, text in captions(self.columns, words, self._size.width(), metrics):
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
        return ground

    def draw_threads(self, bundles: Sequence[Threads], strength: float) -> QImage:
        """Return an image of connections, clear elsewhere; the strongest of each layer stand out.

        Parameters
        ----------
        bundles : sequence of Threads
        strength : float
            Times their opacity.
        """
        ends, shares, signs = [np.empty((0, 4))], [np.empty(0)], [np.empty(0, dtype=bool)]
        for bundle in bundles:
            sources, targets = self._centres[bundle.layer - 1], self._centres[bundle.layer]
            ends.append(np.hstack([sources[bundle.sources], targets[bundle.targets]]))
            size = np.abs(bundle.values).astype(np.float64)
            share = size / size.max(initial=1e-30)
            # Many lines of the same strength would run into one.
            shares.append(share * min(1.0, math.sqrt(_STRONG / max(share.sum(), 1.0))))
            signs.append(bundle.values > 0)
        share = np.concatenate(shares)
        image = threads.draw(
            round(self._size.width() * self.ratio),
            round(self._size.height() * self.ratio),
            np.concatenate(ends) * self.ratio - 0.5,
            np.minimum(0.95, (0.08 + 0.52 * share) * strength),
            (0.8 + 1.3 * share**2) * self._line_width,
            np.concatenate(signs),
            self._ink,
        )
        image.setDevicePixelRatio(self.ratio)
        return image

    def paint(
        self,
        painter: QPainter,
        levels: Sequence[NDArray[np.float64]],
        base: QImage,
        lit: QImage | None,
    ) -> None:
        """Paint everything.

        Parameters
        ----------
        painter : QPainter
        levels : sequence of L + 1 arrays, (n_l,) from -1 to 1
            The input, and how active each neuron is.
        base, lit : QImage
            Of `draw_threads`: all connections, and those that stand out now.
        """
        painter.drawPixmap(0, 0, self._ground)
        painter.setOpacity(1.0 if lit is None else _FAINT)
        painter.drawImage(0, 0, base)
        painter.setOpacity(1.0)
        for column, level in zip(self.columns[1:], levels[1:], strict=True):
            if column.is_grid:
                corner = QPointF(column.left - _CARD_EDGE, column.top - _CARD_EDGE)
                painter.drawPixmap(corner, self._cards[column.layer])
                image = grid_image(column, level, self._ramp, self.ratio)
                painter.drawImage(QPointF(column.left, column.top), image)
        # These end at one cell of a grid, which they show.
        if lit is not None:
            painter.drawImage(0, 0, lit)
        self._paint_input(painter, levels[0])
        for column, level in zip(self.columns[1:], levels[1:], strict=True):
            if not column.is_grid:
                self._paint_circles(painter, column, level)

    def _draw_card(self, column: Column) -> QPixmap:
        """Return the paper below a grid: rounded corners take longer than all of its cells."""
        size = QSize(
            math.ceil(column.width + 2 * _CARD_EDGE), math.ceil(column.height + 2 * _CARD_EDGE)
        )
        card = QPixmap(size * self.ratio)
        card.setDevicePixelRatio(self.ratio)
        card.fill(Qt.GlobalColor.transparent)
        painter = QPainter(card)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(_CARD_EDGE - column.left, _CARD_EDGE - column.top)
        self._paint_card(painter, column, 3.0)
        painter.end()
        return card

    def _paint_card(self, painter: QPainter, column: Column, around: float) -> None:
        """Paint paper below a grid and a little around it."""
        opacity = 0.8 if theme.is_high_contrast(self._palette) else 0.16
        edge = theme.faded(self._palette.color(QPalette.ColorRole.WindowText), opacity)
        painter.setPen(QPen(edge, 1))
        painter.setBrush(self._palette.color(QPalette.ColorRole.Base))
        card = QRectF(column.left, column.top, column.width, column.height)
        painter.drawRoundedRect(card.adjusted(-around, -around, around, around), 5, 5)

    def _paint_input(self, painter: QPainter, pixels: NDArray[np.float64]) -> None:
        column = self.columns[0]
        ink = np.zeros(column.rows * column.columns)
        ink[: column.size] = np.nan_to_num(pixels).clip(0, 1)
        colour = self._palette.color(QPalette.ColorRole.Text).rgb() & 0xFFFFFF
        data = (np.rint(ink * 255).astype(np.uint32) << np.uint32(24)) | np.uint32(colour)
        image = QImage(
            data.tobytes(),
            column.columns,
            column.rows,
            4 * column.columns,
            QImage.Format.Format_ARGB32,
        ).copy()  # a QImage does not keep the memory alive that it was given
        painter.drawImage(QRectF(column.left, column.top, column.width, column.height), image)

    def _paint_circles(self, painter: QPainter, column: Column, level: NDArray[np.float64]) -> None:
        is_output = column is self.columns[-1]
        has_digits = is_output and column.radius >= DIGIT_RADIUS
        for index, (x, y) in enumerate(self._centres[column.layer].tolist()):
            digit = str(index) if has_digits else ""
            self._circles.draw(painter, x, y, column.radius, float(level[index]), digit)
        if is_output and not has_digits:
            self._paint_digits(painter, column)

    def _paint_digits(self, painter: QPainter, column: Column) -> None:
        """Paint the digits beside outputs that are too small to hold them."""
        font = QFont(self._font)
        font.setPixelSize(max(7, min(11, round(column.pitch * 0.85))))
        painter.setFont(font)
        painter.setPen(self._palette.color(QPalette.ColorRole.WindowText))
        for index, (x, y) in enumerate(self._centres[column.layer].tolist()):
            box = QRectF(x + column.radius + 2, y - 8, 12, 16)
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, flags, str(index))

    def paint_errors(self, painter: QPainter, errors: Sequence[Array | None]) -> None:
        """Paint a ring around each neuron, its width by √|δ|: δ^1 … δ^L, None if unknown.

        The root lets the small errors of early layers show beside those of the outputs.
        """
        known = [delta for delta in errors if delta is not None and delta.size]
        largest = max((float(np.abs(delta).max()) for delta in known), default=0.0)
        if not largest or not math.isfinite(largest):
            return
        for column, delta in zip(self.columns[1:], errors, strict=False):
            if delta is None:
                continue
            for index in np.argsort(-np.abs(delta))[:_MOST_RINGS].tolist():
                share = math.sqrt(abs(float(delta[index])) / largest)
                if share < 0.1:
                    break
                colour = self._signs.negative if delta[index] > 0 else self._signs.positive
                width = max(0.8, 0.42 * column.radius * share)
                self.paint_ring(painter, (column.layer, index), 1.5, QPen(colour, width))

    def paint_ring(self, painter: QPainter, place: tuple[int, int], gap: float, pen: QPen) -> None:
        """Paint a ring around a neuron, given by layer and index, at a distance in pixels."""
        column = self.columns[place[0]]
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        radius = column.radius + gap + pen.widthF() / 2
        middle = QPointF(*column.centre(place[1]))
        if column.is_grid:
            side = QPointF(radius, radius)
            painter.drawRoundedRect(QRectF(middle - side, middle + side), 2, 2)
        else:
            painter.drawEllipse(middle, radius, radius)
