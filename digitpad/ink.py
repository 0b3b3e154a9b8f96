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
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitpad.errors import DigitpadError

Stroke: TypeAlias = NDArray[np.floating[Any]]
Image: TypeAlias = NDArray[np.float32]

# Inside this module points are columns, (2, n), which NumPy works through several times faster.
_Points: TypeAlias = NDArray[np.float64]
_Indices: TypeAlias = NDArray[np.intp]

SIDE = 28
"""Pixels along each side of the image."""

BOX = 20.0
"""Pixels along the longer side of the ink's box, the pen's width included."""

MIDDLE = 14.5
"""Where the centre of mass comes to lie, in pixels from the image's left and upper edge.

An even number of pixels has no middle one; MNIST's makers took pixel 14, whose centre is at 14.5:
the centres of mass of its images are spread evenly over 14 to 15. At 14.0, half a pixel beside
them, a network trained on MNIST misreads one stroke-drawn digit of a hundred more.
"""

PEN = 2.4
"""The pen's width in pixels with which ink is most like MNIST's.

With it, digits drawn as strokes have as much ink as MNIST's (103 pixels an image, digits equally
frequent), as many pixels of each shade of grey and edges as steep.
"""

_LARGEST_PEN = 10.0

# A larger shift of the box than this would push it out of the image.
_LARGEST_SHIFT = (SIDE - BOX) / 2

# Lines are cut into pieces of this length at most, so that the pixels near a piece are few.
_PIECE = 1.0

# Pieces whose pixels are looked at together; bounds the memory needed for endless strokes.
_BLOCK = 2048

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

_CENTRES = np.arange(SIDE) + 0.5


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
    points, first, second = _segments(strokes)
    if not points.size:
        return np.zeros((SIDE, SIDE), dtype=np.float32)
    points = _fit(points, BOX - pen, smallest)
    starts, along = _cut(points[:, first], points[:, second])
    coverage = _draw(starts, along, pen / 2)
    shift = MIDDLE - _centre_of_mass(coverage)
    starts += np.minimum(np.maximum(shift, -_LARGEST_SHIFT), _LARGEST_SHIFT)
    coverage = _draw(starts, along, pen / 2)
    return np.rint(coverage * 255).astype(np.float32) / np.float32(255)


def _segments(strokes: Iterable[ArrayLike]) -> tuple[_Points, _Indices, _Indices]:
    """Return the ink's points, (2, n), and the indices of each line segment's two ends."""
    arrays = [points for stroke in strokes if len(points := _points(stroke))]
    if not arrays:
        nothing = np.empty(0, dtype=np.intp)
        return np.empty((2, 0)), nothing, nothing
    # A stroke of k points has k - 1 segments, or one of no length if it is a dot.
    first = []
    second = []
    begin = 0
    for array in arrays:
        end = begin + len(array)
        first.append(np.arange(begin, max(end - 1, begin + 1)))
        second.append(np.arange(min(begin + 1, end - 1), end))
        begin = end
    return np.concatenate(arrays).T.copy(), np.concatenate(first), np.concatenate(second)


def _points(stroke: ArrayLike) -> _Points:
    try:
        points = np.asarray(stroke, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        points = np.empty(())
    if points.size == 0 and points.ndim:
        return np.empty((0, 2))
    if points.ndim != 2 or points.shape[1] < 2:
        raise DigitpadError(
            "A stroke must be a list of points [x, y]; give each of its points two numbers."
        )
    points = points[:, :2]
    finite = np.isfinite(points)
    return points if finite.all() else points[finite.all(axis=1)]


def _fit(points: _Points, longer_side: float, smallest: float) -> _Points:
    """Scale and move points so that their box has this longer side and the image's middle."""
    low = points.min(axis=1, keepdims=True)
    high = points.max(axis=1, keepdims=True)
    farthest = max(float(high.max()), -float(low.min()))
    if farthest > _LARGEST_NUMBER:
        return _fit(points / farthest, longer_side, smallest / farthest)
    middle = (low + high) / 2
    side = float((high - low).max())
    if side <= max(_ROUNDING * farthest, _SMALLEST_NUMBER):
        return np.full_like(points, SIDE / 2)
    return (points - middle) * (longer_side / max(side, smallest)) + SIDE / 2


def _cut(starts: _Points, ends: _Points) -> tuple[_Points, _Points]:
    """Cut segments into equal pieces no longer than `_PIECE`.

    Returns
    -------
    starts, along : (2, pieces)
        Where each piece starts, and the way from there to its end.
    """
    along = ends - starts
    pieces = np.ceil(np.hypot(*along) / _PIECE).astype(np.intp)
    np.maximum(pieces, 1, out=pieces)
    total = pieces.sum()
    if total == len(pieces):
        return starts, along
    along = np.repeat(along / pieces, pieces, axis=1)
    number = np.arange(total) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    return np.repeat(starts, pieces, axis=1) + along * number, along


def _draw(starts: _Points, along: _Points, radius: float) -> NDArray[np.float64]:
    """Return how much of each pixel a round pen covers that follows the pieces, (28, 28).

    A pixel whose centre is at the distance d from the nearest piece is covered by radius + ½ - d,
    between 0 and 1: exact for a straight edge parallel to the pixels. Only the nearest piece
    counts, so ink over ink is no darker than ink.
    """
    reach = radius + 0.5 + _PIECE / 2
    window = int(2 * reach) + 1
    border = window + 1
    width = SIDE + 2 * border
    squares = np.full(width * width, np.inf)
    offsets = np.arange(window)[:, None]
    for begin in range(0, starts.shape[1], _BLOCK):
        start = starts[:, begin : begin + _BLOCK]
        way = along[:, begin : begin + _BLOCK]
        # The window of pixels that may be touched. Pixel i has its centre at i + ½.
        corner = np.ceil(start + way / 2 - (reach + 0.5))
        # From the start to the pixels' columns and rows, (window, pieces) each, and the fraction t
        # of the way along the piece at which it is nearest to a pixel.
        x, y = (corner + 0.5 - start)[:, None] + offsets
        length_squared = way[0] * way[0] + way[1] * way[1]
        length_squared[length_squared == 0] = 1
        relative = way / length_squared
        t = (x * relative[0]) + (y * relative[1])[:, None]
        np.clip(t, 0, 1, out=t)
        across = x - t * way[0]
        down = y[:, None] - t * way[1]
        across *= across
        down *= down
        across += down
        column, row = (corner.astype(np.intp) + border)[:, None] + offsets
        pixels = column + (row * width)[:, None]
        np.minimum.at(squares, pixels.ravel(), across.ravel())
    inside = squares.reshape(width, width)[border:-border, border:-border]
    return (radius + 0.5 - np.sqrt(inside)).clip(0, 1)


def _centre_of_mass(coverage: NDArray[np.float64]) -> _Points:
    """Return x and y, (2, 1), of the centre of mass."""
    columns = coverage.sum(axis=0)
    weights = np.array([[columns @ _CENTRES], [coverage.sum(axis=1) @ _CENTRES]])
    return weights / columns.sum()


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
    samples = []
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
    columns = len(stroke[0]) if isinstance(stroke[0], list) else 0
    if columns not in (2, 3) or not all(
        type(point) is list
        and len(point) == columns
        and all(type(number) in (int, float) for number in point)
        for point in stroke
    ):
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
