"""Read a whole number: the strokes of several digits become a digit each, from left to right.

Which pieces of ink are a digit (see `split_digits`) is decided by a dynamic programme: of all ways
to group them from left to right it finds the one that costs least. A group costs -ln of the
network's confidence in it, more if it is too low for a digit; each place between two pieces costs
-ln of how likely a digit ends there, or does not. All groups are fed forward at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import ThreadpoolController

from digitpad.drawing.rasterize import Image, to_image
from digitpad.drawing.split_digits import Floats, Layout, Mark, box_of, lay_out
from digitpad.drawing.strokes import Stroke
from digitpad.nn.functions import Array
from digitpad.nn.model_file import Model
from digitpad.recognition.recognise import Reading, reading_of, recognise

# How much it counts what a group is read as, beside the places of its ends.
_SURPRISE = 2.0
# The least confidence that counts: what is no digit is as bad as another that is none.
_LEAST = 1e-4
# What a digit costs that is lower than this beside the others.
_LOW, _LOWNESS = 0.6, 8.0
# A piece costs as much as a stray mark, and more the higher it is.
_STRAY, _STRAY_HEIGHT = 4.0, 8.0


@dataclass(frozen=True, eq=False)
class Digit:
    """One digit of a number.

    Attributes
    ----------
    reading : Reading
    image : (28, 28) float32
        What the network saw.
    strokes : tuple of (k, 2) or more columns
        Its ink; parts of strokes where a stroke was cut.
    indices : tuple of int
        The strokes that these belong to.
    box : (4,) float64
        Left, top, right, bottom of its ink.
    """

    reading: Reading
    image: Image
    strokes: tuple[Stroke, ...]
    indices: tuple[int, ...]
    box: Floats


@dataclass(frozen=True, eq=False)
class NumberReading:
    """What a network reads in strokes.

    Attributes
    ----------
    digits : tuple of Digit
        From left to right.
    marks : tuple of (Mark, indices of strokes)
        What is no part of a digit.
    points : tuple of int
        For each decimal point, how many digits are left of it.
    """

    digits: tuple[Digit, ...]
    marks: tuple[tuple[Mark, tuple[int, ...]], ...]
    points: tuple[int, ...]

    @property
    def text(self) -> str:
        """The number, such as “2026” or “3.14”; each digit is the most likely one."""
        parts = []
        for place, digit in enumerate(self.digits):
            parts += ["."] * self.points.count(place)
            parts.append(str(digit.reading.digit))
        return "".join(parts)

    @property
    def sure(self) -> bool:
        """Whether there are digits and the network is sure of each."""
        return bool(self.digits) and all(digit.reading.sure for digit in self.digits)


def read_number(
    model: Model, strokes: Sequence[ArrayLike], *, smallest: float = 0.0
) -> NumberReading:
    """Read all digits in strokes, from left to right.

    Parameters
    ----------
    model : Model
    strokes : sequence of (k, 2) or more columns
        As for `rasterize.to_image`.
    smallest : float
        As for `rasterize.to_image`.

    Raises
    ------
    DigitpadError
        As for `recognise`.
    """
    layout = lay_out(strokes)
    if not layout.pieces:
        return NumberReading((), layout.marks, ())
    images = [
        to_image([piece.points for piece in layout.pieces[first:end]], smallest=smallest)
        for first, end in layout.groups
    ]
    # A lone digit needs no comparison.
    readings = [recognise(model, images[0])] if len(images) == 1 else _read(model, images)
    chosen, stray = _best(layout, np.array([reading.confidence for reading in readings]))
    digits = []
    for number in chosen:
        first, end = layout.groups[number]
        pieces = layout.pieces[first:end]
        digits.append(
            Digit(
                readings[number],
                images[number],
                tuple(piece.points for piece in pieces),
                tuple(dict.fromkeys(piece.stroke for piece in pieces)),
                box_of(pieces),
            )
        )
    if len(digits) == 1:  # by the same products as a lone digit, so to the last bit
        digits = [replace(digits[0], reading=recognise(model, digits[0].image))]
    marks = (*layout.marks, *((Mark.STRAY, (layout.pieces[i].stroke,)) for i in stray))
    middles = [float(digit.box[0] + digit.box[2]) / 2 for digit in digits]
    points = [
        sum(middle < _middle(strokes[indices[0]]) for middle in middles)
        for mark, indices in marks
        if mark is Mark.DECIMAL_POINT
    ]
    return NumberReading(tuple(digits), marks, tuple(points))


def _middle(stroke: ArrayLike) -> float:
    return float(np.asarray(stroke, dtype=np.float64)[:, 0].mean())


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


def _read(model: Model, images: Sequence[Image]) -> list[Reading]:
    """Return a reading of each image."""
    network = model.network
    x = np.array(images).reshape(len(images), -1)
    # BLAS's own threads would wait for processors that a training keeps busy.
    with _blas().limit(limits=1), np.errstate(over="ignore", invalid="ignore"):
        z, activations = network.outputs(x)
    return [reading_of(model, *outputs) for outputs in zip(z, activations, strict=True)]


def _best(layout: Layout, confident: Array) -> tuple[list[int], list[int]]:
    """Return the groups that are digits, by number, and the pieces that are stray marks."""
    n = len(layout.pieces)
    ends = np.clip(layout.ends, 1e-6, 1 - 1e-6)
    # What it costs to end a digit after each piece, and not to.
    ending = np.append(-np.log(ends), 0.0)
    going_on = -np.log(1 - ends)
    surprise = -np.log(np.clip(np.nan_to_num(confident), _LEAST, 1))
    cost = np.full(n + 1, np.inf)
    cost[0] = 0.0
    choice: list[tuple[int, int | None]] = [(0, None)] * (n + 1)
    for number, (first, end) in enumerate(layout.groups):
        # Groups are sorted by their first piece, so cost[first] is final.
        box = box_of(layout.pieces[first:end])
        height = (box[3] - box[1]) / layout.height
        total = (
            cost[first]
            + _SURPRISE * surprise[number]
            + _LOWNESS * max(0.0, _LOW - height)
            + going_on[first : end - 1].sum()
            + ending[end - 1]
        )
        if total < cost[end]:
            cost[end], choice[end] = total, (first, number)
        if end == first + 1 and n > 1:
            stray = cost[first] + _STRAY + _STRAY_HEIGHT * max(height, 0.2)
            if stray < cost[end]:
                cost[end], choice[end] = stray, (first, None)
    chosen: list[int] = []
    strays: list[int] = []
    at = n
    while at:
        before, number_or_none = choice[at]
        if number_or_none is None:
            strays.append(before)
        else:
            chosen.append(number_or_none)
        at = before
    return chosen[::-1], strays[::-1]
