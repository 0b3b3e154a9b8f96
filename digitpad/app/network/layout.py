"""Where the layers and neurons of a network are in a picture of a given size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

# The picture is designed for this size, in pixels; everything grows and shrinks with it.
_WIDTH, _HEIGHT = 480.0, 440.0
_SMALLEST_SCALE, _LARGEST_SCALE = 0.45, 3.2

# At most so many neurons are drawn as circles, one below the other, no closer than that.
_MOST_CIRCLES = 40
_CLOSEST_CIRCLES = 8.0

DIGIT_RADIUS = 7.0
"""An output of this radius holds its digit; a smaller one has it beside it."""
_DIGIT_ROOM = 12.0

# What a picture needs at least: the input, a column of cells of two pixels in the lowest picture
# that is shown at once, and a gap before each layer.
_LEAST_INPUT, _LEAST_GAP, _LEAST_CELL, _LEAST_ROWS = 40.0, 11.0, 2.0, 110
LEAST_WIDTH = 240
LEAST_HEIGHT = 200


@dataclass(frozen=True)
class Column:
    """One layer's place: circles in a column, or cells in a grid, row by row.

    Attributes
    ----------
    layer, size : int
    x, y : float
        The middle.
    columns, rows : int
        The grid; one column for circles.
    pitch : float
        From one neuron's middle to the next one's.
    radius : float
        Of a circle; half of a cell.
    is_grid : bool
    """

    layer: int
    size: int
    x: float
    y: float
    columns: int
    rows: int
    pitch: float
    radius: float
    is_grid: bool

    @property
    def width(self) -> float:
        """How wide the layer is."""
        return self.columns * self.pitch if self.is_grid else 2 * self.radius

    @property
    def height(self) -> float:
        """How high the layer is."""
        return self.rows * self.pitch if self.is_grid else (self.size - 1) * self.pitch + self.width

    @property
    def left(self) -> float:
        """The left edge."""
        return self.x - self.width / 2

    @property
    def top(self) -> float:
        """The upper edge."""
        return self.y - self.height / 2

    def centres(self) -> NDArray[np.float64]:
        """Return the middle of each neuron, (n, 2)."""
        row, column = np.divmod(np.arange(self.size), self.columns)
        middle = np.array([self.columns - 1, self.rows - 1]) / 2
        offset = (np.column_stack([column, row]) - middle) * self.pitch
        placed: NDArray[np.float64] = offset + np.array([self.x, self.y])
        return placed

    def centre(self, index: int) -> tuple[float, float]:
        """Return the middle of a neuron."""
        row, column = divmod(index, self.columns)
        return (
            self.x + (column - (self.columns - 1) / 2) * self.pitch,
            self.y + (row - (self.rows - 1) / 2) * self.pitch,
        )

    def at(self, x: float, y: float) -> int | None:
        """Return the neuron at a place; one may miss a circle by a little."""
        row = math.floor((y - self.y) / self.pitch + self.rows / 2)
        if self.is_grid:
            column = math.floor((x - self.x) / self.pitch + self.columns / 2)
        else:
            middle = self.y + (row - (self.rows - 1) / 2) * self.pitch
            near = max(1.5 * self.radius, 7.0)
            column = 0 if abs(x - self.x) <= near and abs(y - middle) <= near else -1
        index = row * self.columns + column
        inside = 0 <= row < self.rows and 0 <= column < self.columns and index < self.size
        return index if inside else None


def least_width(sizes: Sequence[int]) -> int:
    """Return the width, in pixels, below which a network of these layers would not be readable."""
    width = _LEAST_INPUT + 24
    for size in sizes[1:]:
        columns = 4 if size <= _MOST_CIRCLES else math.ceil(size / _LEAST_ROWS)
        width += columns * _LEAST_CELL + _LEAST_GAP
    return max(LEAST_WIDTH, math.ceil(width))


def arrange(
    sizes: Sequence[int], width: float, height: float, top: float, ratio: float = 1.0
) -> tuple[Column, ...]:
    """Arrange the layers from left to right, the input first.

    Parameters
    ----------
    sizes : sequence of int
        Neurons in each layer.
    width, height : float
        Of the picture.
    top : float
        What to keep free above, for captions.
    ratio : float
        Device pixels in a pixel: cells are whole device pixels, so that they are sharp.
    """
    scale = min(max(min(width / _WIDTH, height / _HEIGHT), _SMALLEST_SCALE), _LARGEST_SCALE)
    margin = 14 * scale
    circle = 9.5 * scale
    free = max(height - top - margin, 40.0)
    middle = top + free / 2
    pixel = max(1, round(min(0.2 * width, 0.45 * free) / 28 * ratio)) / ratio
    side = math.ceil(math.sqrt(sizes[0]))
    columns = [Column(0, sizes[0], 0, middle, side, side, pixel * 28 / side, pixel / 2, True)]
    widths = [28 * pixel * 1.14]  # with the card around the input
    gaps = len(sizes) - 1
    # Hidden layers may fill less than half of what is between the input and the outputs.
    room = (width - 2 * margin - widths[0] - 2.6 * circle) / gaps * 0.46
    largest_cell = 1.3 * circle
    most = max(sizes[1:])
    cell_of_most = _cells(0, most, 0, room, free, largest_cell, ratio).pitch
    right = margin
    for layer, size in enumerate(sizes[1:], start=1):
        is_output = layer == len(sizes) - 1
        across = 2.6 * circle if is_output else room
        if size <= _MOST_CIRCLES and free / size >= _CLOSEST_CIRCLES:
            radius = min(circle * (1.15 if is_output else 1.0), across / 2)
            column = _circles(layer, size, middle, free, radius)
            if is_output and column.radius < DIGIT_RADIUS:
                right = max(margin, _DIGIT_ROOM)
        else:
            # A layer of fewer neurons must not look larger than the largest.
            limit = min(largest_cell, cell_of_most * math.sqrt(most / size))
            column = _cells(layer, size, middle, across, free, limit, ratio)
        columns.append(column)
        widths.append(column.width)
    gap = (width - margin - right - sum(widths)) / gaps
    placed = []
    left = margin
    for column, wide in zip(columns, widths, strict=True):
        placed.append(_moved(column, left + wide / 2, ratio))
        left += wide + gap
    return tuple(placed)


def _circles(layer: int, size: int, y: float, height: float, radius: float) -> Column:
    """Return a column of circles with its middle at y and x = 0, as high as this at most."""
    radius = min(radius, 0.36 * height / size)
    pitch = (height - 2 * radius) / max(1, size - 1)
    if size < 10:
        pitch = min(pitch, 4.6 * radius)  # a few neurons stay together
    return Column(layer, size, 0, y, 1, size, pitch, radius, False)


def _cells(
    layer: int, size: int, y: float, width: float, height: float, largest: float, ratio: float
) -> Column:
    """Return a grid with its middle at y and x = 0; `largest` limits its cells' side."""
    cell, count = _grid(size, max(width * ratio, 2), 0.96 * height * ratio, largest * ratio)
    rows = -(-size // count)
    return Column(layer, size, 0, y, count, rows, cell / ratio, cell / ratio / 2, True)


def _grid(size: int, width: float, height: float, largest: float) -> tuple[int, int]:
    """Return a cell's side in device pixels and how many are in a row.

    Cells are as large as they can be, or somewhat smaller if that makes a better grid: one without
    an unfinished row, three times as high as wide.
    """
    largest_cell = max(1, int(min(largest, width)))
    while largest_cell > 1 and -(-size // int(width // largest_cell)) * largest_cell > height:
        largest_cell -= 1
    choices = []
    for cell in range(largest_cell, max(0, int(0.7 * largest_cell)), -1):
        most = max(1, int(width // cell))
        least = min(most, -(-size // max(1, int(height // cell))))
        for count in range(least, most + 1):
            oddness = abs(math.log(size / count**2 / 3)) + (0.6 if size % count else 0)
            choices.append((oddness + 1.5 * math.log(largest_cell / cell), cell, count))
    _, cell, count = min(choices)
    return cell, count


def _moved(column: Column, x: float, ratio: float) -> Column:
    """Return the column at x, a grid with its corner on whole device pixels."""
    y = column.y
    if column.is_grid:
        x = round((x - column.width / 2) * ratio) / ratio + column.width / 2
        y = round((y - column.height / 2) * ratio) / ratio + column.height / 2
    return replace(column, x=x, y=y)
