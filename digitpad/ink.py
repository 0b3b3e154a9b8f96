"""Ink: strokes of points, turned into the image that the network sees.

A stroke is an array of points (k, 2), x to the right and y downwards, in any unit; a further column
(pressure) may follow and is not drawn. `to_image` is the one path from ink to pixels: the window,
stroke files and training all go through it.

It does what MNIST's makers did with their scanned digits: the ink's box is scaled until its longer
side is 20 of the 28 pixels, and the ink's centre of mass is put in the image's middle pixel. Since
strokes are lines and not pixels, the pen keeps its width whatever the scale.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitpad.errors import DigitpadError
from digitpad.pen import SIDE, SPARSE, Points, curves, draw

Stroke: TypeAlias = NDArray[np.floating[Any]]
Image: TypeAlias = NDArray[np.float32]

BOX = 20.0
"""Pixels along the longer side of the ink's box, the pen's width included."""

MIDDLE = 14.5
"""Where the centre of mass comes to lie, in pixels from the image's left and upper edge.

An even number of pixels has no middle one; MNIST's makers took pixel 14, whose centre is at 14.5:
the centres of mass of its images are spread evenly over 14 to 15. At 14.0, half a pixel beside
them, a network trained on MNIST misreads one stroke-drawn digit of a hundred more.
"""

PEN = 1.8
"""The pen's width in pixels.

Wide enough for networks that learned from MNIST alone: they read strokes equally well with 1.8 to
2.4, with which there is as much ink as in MNIST's images, and worse beyond. Those that learned from
strokes too read better with less: it leaves open the gaps by which digits are told apart. Of 7,323
digits of writers whom they had not seen, they misread 78 with 2.4, 69 with 1.8.
"""

_LARGEST_PEN = 10.0

# A larger shift of the box than this would push it out of the image.
_LARGEST_SHIFT = (SIDE - BOX) / 2

# What a stroke file may hold; a larger one is refused before it fills the memory. A quarter of a
# GiB of text is half a million digits.
_MOST_BYTES = 1 << 28
_MOST_BYTES_A_LINE = 1 << 22
_MOST_POINTS = 100_000
_MOST_SAMPLES = 1_000_000

# Ink smaller than this beside its distance from the origin is what rounding leaves of a dot.
_ROUNDING = 1e-9

# Beyond these, squares and quotients leave the range of float64.
_LARGEST_NUMBER = 1e100
_SMALLEST_NUMBER = 1e-100

_CENTRE = complex(SIDE, SIDE) / 2

# Sums and first moments over the pixels' centres.
_MOMENTS = np.array([np.ones(SIDE), np.arange(SIDE) + 0.5])

_LEVELS = np.arange(256, dtype=np.float32) / np.float32(255)


def to_image(strokes: Iterable[ArrayLike], pen: float = PEN, *, smallest: float = 0.0) -> Image:
    """Draw strokes as the network wants to see them.

    The result does not depend on where the ink is, how large it is, in which order and direction
    it was drawn or how many points lie on its lines.

    Parameters
    ----------
    strokes : iterable of (k, 2) or more columns
        Points x, y, … with y downwards, in any unit. Empty strokes and points that are not
        finite are skipped.
    pen : float
        The pen's width in pixels, more than 0 and at most 10.
    smallest : float
        Ink whose longer side is less than this, in the strokes' own unit, is not enlarged further
        than ink of this size would be: what a trembling hand makes of a dot stays a dot.

    Returns
    -------
    (28, 28) float32
        0 = background to 1 = ink, in multiples of 1/255; zeros if there is no ink.

    Raises
    ------
    DigitpadError
        If a stroke is not an array of points or the pen is out of range.
    """
    if not 0 < pen <= _LARGEST_PEN:
        raise DigitpadError(
            f"A pen {pen} pixels wide cannot draw: choose a width above 0 and up to "
            f"{_LARGEST_PEN:g}."
        )
    lines = [line for stroke in strokes if len(line := _line(stroke))]
    if not lines:
        return np.zeros((SIDE, SIDE), dtype=np.float32)
    starts, ends = _segments(_fit(np.concatenate(lines), BOX - pen, smallest), lines)
    along = ends - starts
    coverage = draw(starts, along, pen / 2)
    starts += _shift(coverage)
    coverage = draw(starts, along, pen / 2)
    coverage *= 255
    coverage += 0.5
    return _LEVELS.take(coverage.astype(np.uint8))


def _line(stroke: ArrayLike) -> Points:
    """Return a stroke's points, finite and each different from the one before."""
    try:
        points = np.asarray(stroke, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        points = np.empty(())
    if points.size == 0 and points.ndim:
        return np.empty(0, dtype=np.complex128)
    if points.ndim != 2 or points.shape[1] < 2:
        raise DigitpadError(
            "A stroke must be a list of points [x, y]; give each of its points two numbers."
        )
    line = np.ascontiguousarray(points[:, :2]).view(np.complex128)[:, 0]
    finite = np.isfinite(line)
    if not finite.all():
        line = line[finite]
    # A pen that rests gives the same point again and again.
    moved = line[1:] != line[:-1]
    if not moved.all():
        line = line[np.concatenate([[True], moved])]
    return np.repeat(line, 2) if len(line) == 1 else line  # a dot is a segment of no length


def _fit(points: Points, longer_side: float, smallest: float = 0.0) -> Points:
    """Scale and move points so that their box has this longer side and the image's middle."""
    left, right, top, bottom = _box(points)
    farthest = max(right, -left, bottom, -top)
    if farthest > _LARGEST_NUMBER:
        return _fit(points / farthest, longer_side, smallest / farthest)
    side = max(right - left, bottom - top)
    if side <= max(_ROUNDING * farthest, _SMALLEST_NUMBER):
        return np.full_like(points, _CENTRE)
    fitted = points - complex(left + right, top + bottom) / 2
    fitted *= longer_side / max(side, smallest)
    fitted += _CENTRE
    return fitted


def _box(points: Points) -> tuple[float, float, float, float]:
    x, y = points.real, points.imag
    return float(x.min()), float(x.max()), float(y.min()), float(y.max())


def _segments(points: Points, lines: list[Points]) -> tuple[Points, Points]:
    """Return where the ink's segments start and end, long ones cut into pieces of a curve.

    Parameters
    ----------
    points : (n,)
        All strokes' points one after another, in pixels.
    lines : list of arrays
        The strokes, for their lengths.
    """
    starts, ends = points[:-1], points[1:]
    along = ends - starts
    lengths = np.abs(along)
    whole = np.ones(len(along), dtype=bool)
    if len(lines) > 1:  # nothing is drawn from one stroke to the next
        between = np.cumsum([len(line) for line in lines[:-1]]) - 1
        whole[between] = False
        lengths[between] = 0
    long = np.flatnonzero(lengths > SPARSE)
    if not len(long):
        return starts[whole], ends[whole]
    whole[long] = False
    curve_starts, curve_ends = curves(starts, along, lengths, long)
    bent = np.concatenate([starts[whole], curve_starts, ends[whole], curve_ends])
    # Curves may swing beyond the points that they join: make them fit again.
    left, right, top, bottom = _box(points)
    bent = _fit(bent, max(right - left, bottom - top))
    half = len(bent) // 2
    return bent[:half], bent[half:]


def _shift(coverage: NDArray[np.float64]) -> complex:
    """Return how far to move the ink so that its centre of mass comes to `MIDDLE`."""
    moments = _MOMENTS @ coverage @ _MOMENTS.T
    ink = moments[0, 0]
    if ink == 0:  # a dot so fine that it falls between the pixels
        return complex(MIDDLE, MIDDLE) - _CENTRE
    x, y = MIDDLE - moments[0, 1] / ink, MIDDLE - moments[1, 0] / ink
    limit = _LARGEST_SHIFT
    return complex(min(max(x, -limit), limit), min(max(y, -limit), limit))


def to_images(
    samples: Sequence[Iterable[ArrayLike]], pen: float | Sequence[float] = PEN
) -> NDArray[np.uint8]:
    """Draw many samples' strokes; pixel for pixel what `to_image` gives, times 255.

    Parameters
    ----------
    samples : sequence of n strokes sequences
        As for `to_image`.
    pen : float or sequence of n floats
        The pen's width in pixels for all or for each.

    Returns
    -------
    (n, 28, 28) uint8
        As data sets hold them: 0 = background to 255 = ink.
    """
    pens = np.broadcast_to(np.asarray(pen, dtype=np.float64), len(samples))
    images = np.empty((len(samples), SIDE, SIDE), dtype=np.uint8)
    for image, strokes, width in zip(images, samples, pens, strict=True):
        image[...] = np.rint(to_image(strokes, float(width)) * 255)
    return images


@dataclass(frozen=True, eq=False)
class Sample:
    """The strokes of one digit and what they mean.

    Attributes
    ----------
    label : int or None
        The digit, 0 to 9; None if it is not known or no digit.
    strokes : tuple of (k, 2) or (k, 3) float64
        As for `to_image`.
    extra : dict
        Whatever else the file says of it: the writer, the source, …
    """

    label: int | None
    strokes: tuple[Stroke, ...]
    extra: dict[str, Any] = field(default_factory=dict)


def read_strokes(path: str | Path) -> list[Sample]:
    """Read a stroke file: JSON lines, plain or gzipped whatever its name.

    Each line is ``{"label": 7, "strokes": [[[x, y], …], …]}``; the label may be null or missing,
    a point may have a third number (pressure), and other keys are kept in `Sample.extra`.

    Raises
    ------
    DigitpadError
        If the file cannot be read, a line (named by its number) is not such an object, or there
        is more than 256 MiB of it.
    """
    path = Path(path)
    samples: list[Sample] = []
    for number, line in _lines(path):
        try:
            sample = _sample(line)
        except DigitpadError as error:
            raise DigitpadError(f"Line {number} of “{path.name}” {error}") from None
        if len(samples) == _MOST_SAMPLES:
            raise DigitpadError(
                f"“{path.name}” holds more than {_MOST_SAMPLES:,} samples: split the file."
            )
        samples.append(sample)
    return samples


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the number, from 1, and the content of each line that is not blank."""
    try:
        with path.open("rb") as raw:
            zipped = raw.peek(2)[:2] == b"\x1f\x8b"
            file: BinaryIO = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if zipped else raw
            total = 0
            number = 0
            while line := file.readline(_MOST_BYTES_A_LINE + 1):
                number += 1
                total += len(line)
                if len(line) > _MOST_BYTES_A_LINE:
                    raise DigitpadError(
                        f"Line {number} of “{path.name}” is longer than "
                        f"{_MOST_BYTES_A_LINE >> 20} MiB: write one digit on each line."
                    )
                if total > _MOST_BYTES:
                    raise DigitpadError(
                        f"“{path.name}” holds more than {_MOST_BYTES >> 20} MiB of strokes: "
                        "split the file."
                    )
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    yield number, line
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DigitpadError(
            f"“{path.name}” is a damaged gzip file ({error}): obtain it again."
        ) from None
    except OSError as error:
        raise DigitpadError(
            f"“{path}” cannot be read ({error.strerror or error}): choose another file."
        ) from None


def _sample(line: bytes) -> Sample:
    """Return what a line says; the error's text completes “Line n of FILE …”."""
    try:
        content = json.loads(line, parse_constant=_refuse_constant)
    except DigitpadError:
        raise
    except (ValueError, RecursionError):
        raise DigitpadError(
            'is not JSON: each line must be an object like {"label": 7, "strokes": [[[x, y], …]]}.'
        ) from None
    if not isinstance(content, dict) or "strokes" not in content:
        raise DigitpadError(
            'has no strokes: each line must be an object like {"label": 7, "strokes": '
            "[[[x, y], …]]}."
        )
    label = content.pop("label", None)
    if label is not None and (type(label) is not int or not 0 <= label <= 9):
        raise DigitpadError(
            f"has the label {label!r:.40}: it must be a digit from 0 to 9, or null."
        )
    strokes = content.pop("strokes")
    if not isinstance(strokes, list) or not all(isinstance(stroke, list) for stroke in strokes):
        raise DigitpadError("has strokes that are not lists of points [x, y].")
    if sum(map(len, strokes)) > _MOST_POINTS:
        raise DigitpadError(f"has more than {_MOST_POINTS:,} points: no digit needs that many.")
    arrays = tuple(_stroke_of_numbers(stroke) for stroke in strokes if stroke)
    return Sample(label, arrays, content)


def _stroke_of_numbers(stroke: list[Any]) -> Stroke:
    # Sets keep this quick: most of the time that a file takes goes into its numbers.
    columns = set(map(len, stroke)) if set(map(type, stroke)) == {list} else set()
    kinds = set(map(type, chain.from_iterable(stroke))) if columns else set()
    if columns not in ({2}, {3}) or not kinds <= {int, float}:
        raise DigitpadError(
            "has a point that is not [x, y] or [x, y, pressure] in numbers, "
            "all points of a stroke alike."
        )
    try:
        points = np.array(stroke, dtype=np.float64)
    except OverflowError:
        points = np.array([math.inf])
    if not np.isfinite(points).all():
        raise DigitpadError("has a number that is infinitely large: points must be finite.")
    return points


def _refuse_constant(name: str) -> NoReturn:
    raise DigitpadError(f"has the number {name}: points must be finite.")


def write_strokes(path: str | Path, samples: Iterable[Sample]) -> None:
    """Write a stroke file that `read_strokes` reads back equal; gzipped if it is named ….gz.

    Raises
    ------
    DigitpadError
        If the file cannot be written.
    """
    path = Path(path)
    lines = []
    for sample in samples:
        strokes = [np.asarray(stroke, dtype=np.float64).tolist() for stroke in sample.strokes]
        content = {"label": sample.label, **sample.extra, "strokes": strokes}
        lines.append(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")
    data = "".join(lines).encode()
    if path.suffix == ".gz":
        data = gzip.compress(data, mtime=0)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise DigitpadError(
            f"“{path}” cannot be written ({error.strerror or error}): choose another place."
        ) from None
