"""Draw strokes as the image that the network sees.

A stroke is an array of points (k, 2), x to the right and y downwards, in any unit; a further column
(pressure) may follow and is not drawn. `to_image` is the one path from ink to pixels: the window,
stroke files and training all go through it.

It prepares strokes as MNIST's scanned digits were prepared: the ink's box is scaled so that its
longer side is 20 of the 28 pixels, and the centre of mass moves to the image's middle. As strokes
are lines and not pixels, the pen keeps its width at any scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitpad.drawing.pen import SIDE, SPARSE, Points, curves, draw
from digitpad.errors import DigitpadError

Image: TypeAlias = NDArray[np.float32]

BOX = 20.0
"""Pixels along the longer side of the ink's box, the pen's width included."""

MIDDLE = 14.5
"""Where the centre of mass is put, in pixels from the image's left and upper edge.

28 pixels have no middle one. MNIST uses pixel 14, whose centre is at 14.5: the centres of mass of
its images are spread evenly over 14 to 15. At 14.0, half a pixel off, a network trained on MNIST
misreads one more of a hundred digits drawn from strokes.
"""

PEN = 1.8
"""The pen's width in pixels.

Wide enough for networks trained on MNIST alone: they read strokes equally well with 1.8 to 2.4,
which gives as much ink as in MNIST's images, and worse beyond. Networks also trained on strokes
read better with a thinner pen, which leaves the gaps open that distinguish digits: of 7,323 digits
of unseen writers they misread 78 with 2.4, 69 with 1.8.
"""

_LARGEST_PEN = 10.0

# A larger shift of the box than this would push it out of the image.
_LARGEST_SHIFT = (SIDE - BOX) / 2

# Ink smaller than this fraction of its distance from the origin is a dot with rounding errors.
_ROUNDING = 1e-9

# Beyond these, squares and quotients leave the range of float64.
_LARGEST_NUMBER = 1e100
_SMALLEST_NUMBER = 1e-100

_CENTRE = complex(SIDE, SIDE) / 2

# Sums and first moments over the pixels' centres.
_MOMENTS = np.array([np.ones(SIDE), np.arange(SIDE) + 0.5])

_LEVELS = np.arange(256, dtype=np.float32) / np.float32(255)


def to_image(strokes: Iterable[ArrayLike], pen: float = PEN, *, smallest: float = 0.0) -> Image:
    """Draw strokes for the network.

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
        than ink of this size would be, so that a dot drawn by a trembling hand stays a dot.

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
            f"A pen cannot be {pen} pixels wide: choose a width above 0 and up to {_LARGEST_PEN:g}."
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
            "A stroke must be a list of points [x, y]: give each point two numbers."
        )
    line = np.ascontiguousarray(points[:, :2]).view(np.complex128)[:, 0]
    finite = np.isfinite(line)
    if not finite.all():
        line = line[finite]
    # A pen that does not move repeats its point.
    moved = line[1:] != line[:-1]
    if not moved.all():
        line = line[np.concatenate([[True], moved])]
    return np.repeat(line, 2) if len(line) == 1 else line  # a dot is a segment of no length


def _fit(points: Points, longer_side: float, smallest: float = 0.0) -> Points:
    """Scale and move points so that their box has this longer side and is centred in the image."""
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
    """Return where the ink's segments start and end, long ones replaced by pieces of a curve.

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
    if len(lines) > 1:  # the pen is up between strokes
        between = np.cumsum([len(line) for line in lines[:-1]]) - 1
        whole[between] = False
        lengths[between] = 0
    long = np.flatnonzero(lengths > SPARSE)
    if not len(long):
        return starts[whole], ends[whole]
    whole[long] = False
    curve_starts, curve_ends = curves(starts, along, lengths, long)
    bent = np.concatenate([starts[whole], curve_starts, ends[whole], curve_ends])
    # Curves may overshoot the points that they join: fit them again.
    left, right, top, bottom = _box(points)
    bent = _fit(bent, max(right - left, bottom - top))
    half = len(bent) // 2
    return bent[:half], bent[half:]


def _shift(coverage: NDArray[np.float64]) -> complex:
    """Return how far to move the ink so that its centre of mass is at `MIDDLE`."""
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
        The pen's width in pixels, one for all or one for each.

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
