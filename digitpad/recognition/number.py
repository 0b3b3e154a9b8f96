"""Read a whole number: the strokes of several digits become a digit each, from left to right.

Which pieces of ink are a digit (see `split_digits`) is decided by a dynamic programme: of all ways
to group them from left to right it finds the one that costs least. A group costs -ln of the
network's confidence in it, more if it is too low for a digit; each place between two pieces costs
-ln of how likely a digit ends there, or does not. All groups are fed forward at once.

Most ink is one digit, and need not be compared: `read_lone` knows when nothing else can cost less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock

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
_STRAY, _STRAY_HEIGHT, _LEAST_HEIGHT = 4.0, 8.0, 0.2
# Nothing is less likely than this.
_UNLIKELY = 1e-6

# The limit of BLAS is the whole process's: set by two threads at once, it would stay.
_limiting = Lock()


@dataclass(frozen=True, eq=False)
class Digit:
    """One digit of a number, drawn or in a picture.

    Attributes
    ----------
    reading : Reading
    image : (28, 28) float32
        What the network saw.
    strokes : tuple of (k, 2) or more columns
        Its ink; parts of strokes where a stroke was cut. None in a picture.
    indices : tuple of int
        The strokes that these belong to.
    box : (4,) float64
        Left, top, right, bottom of its ink, in the unit of the strokes or in pixels.
    """

    reading: Reading
    image: Image
    strokes: tuple[Stroke, ...]
    indices: tuple[int, ...]
    box: Floats


@dataclass(frozen=True, eq=False)
class NumberReading:
    """What a network reads on a page.

    Attributes
    ----------
    digits : tuple of Digit
        From left to right.
    marks : tuple of (Mark, indices of strokes)
        What is no part of a digit.
    points : tuple of int
        For each decimal point, how many digits are left of it.
    breaks : tuple of int
        For each further line, how many digits are above it.
    """

    digits: tuple[Digit, ...]
    marks: tuple[tuple[Mark, tuple[int, ...]], ...]
    points: tuple[int, ...]
    breaks: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The number, such as “2026” or “3.14”; each digit is the most likely one.

        A space is between lines.
        """
        parts = []
        for place, digit in enumerate(self.digits):
            parts += [" "] * self.breaks.count(place)
            parts += ["."] * self.points.count(place)
            parts.append(str(digit.reading.digit))
        return "".join(parts)

    @property
    def sure(self) -> bool:
        """Whether there are digits and the network is sure of each."""
        return bool(self.digits) and all(digit.reading.sure for digit in self.digits)


def read_number(
    model: Model,
    strokes: Sequence[ArrayLike],
    *,
    smallest: float = 0.0,
    separator: Model | None = None,
) -> NumberReading:
    """Read all digits in strokes, from left to right.

    Parameters
    ----------
    model : Model
    strokes : sequence of (k, 2) or more columns
        As for `rasterize.to_image`.
    smallest : float
        As for `rasterize.to_image`.
    separator : Model, optional
        Whose confidence decides which ink is a digit; by default the model's own. So a network that
        still learns reads the digits of a number one by one, too.

    Raises
    ------
    DigitpadError
        As for `recognise`.
    """
    separator = separator or model
    layout = lay_out(strokes)
    lone = _lone(model, separator, layout, smallest)
    if lone is not None:
        return lone
    if not layout.pieces:
        return NumberReading((), layout.marks, ())
    images = [_image(layout, group, smallest) for group in layout.groups]
    readings = read_images(separator, images)
    chosen, stray = best_groups(layout, np.array([reading.confidence for reading in readings]))
    if not chosen:  # it is something, if no digit
        whole = (0, len(layout.pieces))
        image = _image(layout, whole, smallest)
        digit = _digit(layout, whole, image, recognise(model, image))
        return NumberReading((digit,), layout.marks, ())
    digits = [_digit(layout, layout.groups[i], images[i], readings[i]) for i in chosen]
    marks = (*layout.marks, *((Mark.STRAY, (layout.pieces[i].stroke,)) for i in stray))
    middles = [float(digit.box[0] + digit.box[2]) / 2 for digit in digits]
    points = [
        sum(middle < _middle(strokes[indices[0]]) for middle in middles)
        for mark, indices in marks
        if mark is Mark.DECIMAL_POINT
    ]
    number = NumberReading(tuple(digits), marks, tuple(points))
    # One digit is read by the same products as a lone digit, so to the last bit.
    return reread(model, number) if separator is not model or len(digits) == 1 else number


def read_lone(
    model: Model,
    strokes: Sequence[ArrayLike],
    *,
    smallest: float = 0.0,
    separator: Model | None = None,
) -> NumberReading | None:
    """Return what `read_number` does if the strokes can only be one digit, otherwise None.

    It takes little longer than `recognise`: nothing is compared. Parameters as for `read_number`.

    Raises
    ------
    DigitpadError
        As for `recognise`.
    """
    return _lone(model, separator or model, lay_out(strokes), smallest)


def read_whole(
    model: Model, strokes: Sequence[ArrayLike], *, smallest: float = 0.0
) -> NumberReading:
    """Read all strokes as one digit, whatever they look like. Parameters as for `read_number`.

    Raises
    ------
    DigitpadError
        As for `recognise`.
    """
    image = to_image(strokes, smallest=smallest)
    arrays = [np.asarray(stroke, dtype=np.float64) for stroke in strokes]
    inked = [array for array in arrays if len(array)]
    if not image.any() or not inked:
        return NumberReading((), (), ())
    indices = tuple(range(len(strokes)))
    digit = Digit(recognise(model, image), image, tuple(inked), indices, _box_around(inked))
    return NumberReading((digit,), (), ())


def reread(model: Model, number: NumberReading) -> NumberReading:
    """Return what another model reads in the digits of a number.

    Raises
    ------
    DigitpadError
        As for `recognise`.
    """
    if len(number.digits) == 1:
        readings = [recognise(model, number.digits[0].image)]
    else:
        readings = read_images(model, [digit.image for digit in number.digits])
    digits = (
        replace(digit, reading=reading)
        for digit, reading in zip(number.digits, readings, strict=True)
    )
    return replace(number, digits=tuple(digits))


def regrown(
    model: Model, number: NumberReading, strokes: Sequence[ArrayLike], *, smallest: float = 0.0
) -> NumberReading | None:
    """Return the number with the last stroke longer than it was; the other digits stay.

    It takes little longer than `recognise`: where digits end is not looked at again. None if the
    last stroke is not yet one digit's, and only one's.

    Parameters
    ----------
    model : Model
    number : NumberReading
        Of the same strokes, when the last one was shorter, or not there.
    strokes, smallest
        As for `read_number`.

    Raises
    ------
    DigitpadError
        As for `recognise`.
    """
    last = len(strokes) - 1
    owners = [place for place, digit in enumerate(number.digits) if last in digit.indices]
    if len(owners) != 1:
        return None
    digit = number.digits[owners[0]]
    if len(digit.strokes) != len(digit.indices):  # a stroke was cut, perhaps this one
        return None
    grown = np.asarray(strokes[last], dtype=np.float64)
    parts = [
        grown if index == last else part
        for index, part in zip(digit.indices, digit.strokes, strict=True)
    ]
    image = to_image(parts, smallest=smallest)
    digits = list(number.digits)
    digits[owners[0]] = Digit(
        recognise(model, image),
        image,
        tuple(parts),
        digit.indices,
        _box_around(parts),
    )
    return replace(number, digits=tuple(digits))


def _lone(model: Model, separator: Model, layout: Layout, smallest: float) -> NumberReading | None:
    """Return the reading if all pieces are one digit, whatever else they might be."""
    n = len(layout.pieces)
    whole = (0, n)
    # A decimal point is between two digits.
    has_point = any(mark is Mark.DECIMAL_POINT for mark, _ in layout.marks)
    if not n or whole not in layout.groups or has_point:
        return None
    image = _image(layout, whole, smallest)
    reading = recognise(model, image)
    if n > 1:
        confidence = (reading if separator is model else recognise(separator, image)).confidence
        ends = np.clip(layout.ends, _UNLIKELY, 1 - _UNLIKELY)
        cost = _cost(layout, whole, confidence) - np.log(1 - ends).sum()
        # Every other way has a digit's end in it, or a stray mark.
        if cost > min(-np.log(ends.max()), _STRAY):
            return None
    return NumberReading((_digit(layout, whole, image, reading),), layout.marks, ())


def _image(layout: Layout, group: tuple[int, int], smallest: float) -> Image:
    pieces = layout.pieces[slice(*group)]
    return _image_of(
        tuple((piece.points.tobytes(), len(piece.points)) for piece in pieces), smallest
    )


# Most groups of a page are the same after another stroke, and drawing them takes most of the time.
@lru_cache(maxsize=512)
def _image_of(pieces: tuple[tuple[bytes, int], ...], smallest: float) -> Image:
    image = to_image(
        [np.frombuffer(points).reshape(length, -1) for points, length in pieces], smallest=smallest
    )
    image.flags.writeable = False  # whoever asks next gets the same
    return image


def _digit(layout: Layout, group: tuple[int, int], image: Image, reading: Reading) -> Digit:
    pieces = layout.pieces[slice(*group)]
    return Digit(
        reading,
        image,
        tuple(piece.points for piece in pieces),
        tuple(dict.fromkeys(piece.stroke for piece in pieces)),
        box_of(pieces),
    )


def _box_around(strokes: Sequence[Stroke]) -> Floats:
    points = np.concatenate([stroke[:, :2] for stroke in strokes])
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def _middle(stroke: ArrayLike) -> float:
    return float(np.asarray(stroke, dtype=np.float64)[:, 0].mean())


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


def read_images(model: Model, images: Sequence[Image]) -> list[Reading]:
    """Return a reading of each image, (28, 28), all fed forward at once.

    Raises
    ------
    DigitpadError
        As for `recognise`.
    """
    network = model.network
    x = np.array(images).reshape(len(images), -1)
    # BLAS's own threads would wait for processors that a training keeps busy.
    with _limiting, _blas().limit(limits=1), np.errstate(over="ignore", invalid="ignore"):
        z, activations = network.outputs(x)
    return [reading_of(model, *outputs) for outputs in zip(z, activations, strict=True)]


def _cost(layout: Layout, group: tuple[int, int], confidence: float) -> float:
    """Return what it costs to take a group for a digit, beside what its ends cost."""
    surprise = -np.log(np.clip(np.nan_to_num(confidence), _LEAST, 1))
    return float(_SURPRISE * surprise + _LOWNESS * max(0.0, _LOW - _height(layout, group)))


def _height(layout: Layout, group: tuple[int, int]) -> float:
    """Return a group's height, in heights of a typical digit."""
    box = box_of(layout.pieces[slice(*group)])
    return float(box[3] - box[1]) / layout.height


def best_groups(layout: Layout, confident: Array) -> tuple[list[int], list[int]]:
    """Return the groups that are digits, by number, and the pieces that are stray marks.

    Parameters
    ----------
    layout : Layout
    confident : (number of groups,)
        How confident a network is of each group.
    """
    n = len(layout.pieces)
    ends = np.clip(layout.ends, _UNLIKELY, 1 - _UNLIKELY)
    # What it costs to end a digit after each piece, and not to.
    ending = np.append(-np.log(ends), 0.0)
    going_on = -np.log(1 - ends)
    cost = np.full(n + 1, np.inf)
    cost[0] = 0.0
    choice: list[tuple[int, int | None]] = [(0, None)] * (n + 1)
    for number, (first, end) in enumerate(layout.groups):
        # Groups are sorted by their first piece, so cost[first] is final.
        total = (
            cost[first]
            + _cost(layout, (first, end), confident[number])
            + going_on[first : end - 1].sum()
            + ending[end - 1]
        )
        if total < cost[end]:
            cost[end], choice[end] = total, (first, number)
        if end == first + 1 and n > 1:
            height = _height(layout, (first, end))
            stray = cost[first] + _STRAY + _STRAY_HEIGHT * max(height, _LEAST_HEIGHT)
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
