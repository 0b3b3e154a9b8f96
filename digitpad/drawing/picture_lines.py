"""The ink of a picture as lines of digits, from top to bottom, each laid out from left to right.

A connected part of the ink is a piece. Tall ones that overlap in height stand on one line; what is
low, such as the bar of a 5 or a decimal point, belongs to the nearest line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digitpad.drawing import morphology, split_digits
from digitpad.drawing.morphology import Mask
from digitpad.drawing.split_digits import Floats, Layout, Mark, Piece
from digitpad.errors import DigitpadError

# A part at least this high, in heights of the typical digit, makes a line.
_TALL = 0.55
# Two parts are on one line if they share this much of the lower one's height.
_SHARED = 0.4
# More parts than this in a picture are no number.
_MAX_PARTS = 80
_MAX_ON_A_LINE = 24


@dataclass(frozen=True, eq=False)
class Lines:
    """The ink of a picture.

    Attributes
    ----------
    layouts : tuple of Layout
        A line each; a piece's points are the middles of its pixels.
    parts : tuple of Piece
        What the indices of pieces and marks stand for.
    framed : tuple of Mark
        Frames around all lines.
    """

    layouts: tuple[Layout, ...]
    parts: tuple[Piece, ...]
    framed: tuple[Mark, ...]


def lay_out(inked: Mask) -> Lines:
    """Lay out the ink of a picture.

    Parameters
    ----------
    inked : (h, w) bool
        Not empty.

    Raises
    ------
    DigitpadError
        If there are too many parts for a number.
    """
    numbers, count = morphology.components(inked)
    if count > _MAX_PARTS:
        raise _too_many()
    pen = morphology.width(inked)
    edge = inked & morphology.dilated(~inked, 1)
    parts = []
    for index in range(count):
        own = numbers == index + 1
        parts.append(split_digits.part_of(index, _middles(own), _middles(own & edge), pen))
    marks: list[tuple[Mark, tuple[int, ...]]] = []
    layouts = []
    for line in _in_lines(split_digits.without_frame(parts, marks)):
        if len(line) > _MAX_ON_A_LINE:
            raise _too_many()
        layouts.append(split_digits.lay_out_parts(line, pen))
    return Lines(tuple(layouts), tuple(parts), tuple(mark for mark, _ in marks))


def mask_of(pieces: Sequence[Piece], shape: tuple[int, ...]) -> Mask:
    """Return the pixels of pieces, (h, w)."""
    mask = np.zeros(shape, dtype=bool)
    for piece in pieces:
        x, y = np.floor(piece.points).astype(np.intp).T
        mask[y, x] = True
    return mask


def _too_many() -> DigitpadError:
    return DigitpadError(
        "The picture shows too much for a number: crop it to the digits and try again."
    )


def _middles(mask: Mask) -> Floats:
    """Return the middles of a mask's pixels, x and y."""
    return np.argwhere(mask)[:, ::-1].astype(np.float64) + 0.5


def _in_lines(parts: list[Piece]) -> list[list[Piece]]:
    """Return the parts of each line, from top to bottom."""
    heights = np.array([part.box[3] - part.box[1] for part in parts])
    lengths = np.array([max(part.box[2:] - part.box[:2]) for part in parts])
    typical = float(np.median(heights[heights >= 0.5 * heights.max()]))
    # A long level line is no digit.
    tall = (heights >= _TALL * typical) & (heights > 0.2 * lengths)
    if not tall.any():
        return [parts]
    found: list[list[Piece]] = []
    for part in sorted(
        (part for part, is_tall in zip(parts, tall, strict=True) if is_tall),
        key=lambda part: part.box[1] + part.box[3],
    ):
        for line in found:
            if any(_shared(part, other) > _SHARED for other in line):
                line.append(part)
                break
        else:
            found.append([part])
    spans = [
        (min(part.box[1] for part in line), max(part.box[3] for part in line)) for line in found
    ]
    for part, is_tall in zip(parts, tall, strict=True):
        if not is_tall:
            apart = [max(top - part.box[3], part.box[1] - bottom, 0.0) for top, bottom in spans]
            # What is below a line and above the next is more often an underline than an overline.
            found[int(np.argmin(apart))].append(part)
    return found


def _shared(one: Piece, other: Piece) -> float:
    """Return how much of the lower one's height two parts have in common."""
    common = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    return float(common / max(min(p.box[3] - p.box[1] for p in (one, other)), 1.0))
