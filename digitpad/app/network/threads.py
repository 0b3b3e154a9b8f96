"""Draws hundreds of thin lines at once, several times as fast as QPainter does.

Each line is laid down pixel by pixel along its longer direction and shared between the two pixels
that it passes between (Wu, "An efficient antialiasing technique", 1991). Where lines cross, their
densities add up, so their order does not matter; what has the density d covers 1 - e^(-d).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

# Densities are told apart in this many steps, which are finer the lower they are.
_LEVELS = 128
_DENSEST = 4.0
_SCALE = (_LEVELS - 1) ** 2 / _DENSEST


class Ink:
    """Two colours and every mixture of them, ready to be looked up.

    Parameters
    ----------
    positive, negative : QColor
        What the threads of either sign are drawn in.
    """

    def __init__(self, positive: QColor, negative: QColor) -> None:
        density = np.arange(_LEVELS) ** 2 / _SCALE
        plus, minus = np.meshgrid(density, density, indexing="ij")
        alpha = 1 - np.exp(-(plus + minus))
        # Where both cross, the stronger shows: a mixture of blue and orange would be mud.
        share = plus**2 / np.maximum(plus**2 + minus**2, 1e-12)
        pixels = np.rint(255 * alpha).astype(np.uint32) << np.uint32(24)
        for shift, channel in ((16, QColor.red), (8, QColor.green), (0, QColor.blue)):
            value = channel(positive) * share + channel(negative) * (1 - share)
            pixels |= np.rint(value * alpha).astype(np.uint32) << np.uint32(shift)
        self.pixels = pixels.ravel()


def draw(
    width: int,
    height: int,
    ends: NDArray[np.float64],
    opacities: NDArray[np.float64],
    widths: NDArray[np.float64],
    is_positive: NDArray[np.bool_],
    ink: Ink,
) -> QImage:
    """Return an image, clear where no thread is.

    Parameters
    ----------
    width, height : int
        Of the image, in device pixels.
    ends : (k, 4) float
        x and y of each line's ends, in device pixels; ends outside of the image are moved to its
        edge.
    opacities, widths : (k,) float
        From 0 to 1; in device pixels.
    is_positive : (k,) bool
    ink : Ink
    """
    places, densities = _lay(width, height, ends, opacities, widths, is_positive)
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    if not len(places):
        image.fill(0)
        return image
    total = np.bincount(places, densities, 2 * width * height).astype(np.float32)
    np.minimum(total, np.float32((_LEVELS - 1) ** 2), out=total)  # of floats it takes a fifth
    levels = np.sqrt(total, out=total).astype(np.uint16)
    mixture = levels[: width * height]
    mixture *= _LEVELS
    mixture += levels[width * height :]
    pixels = np.frombuffer(image.bits(), dtype=np.uint32)
    # Clipped only because that needs no copy: every mixture is in the table.
    ink.pixels.take(mixture, out=pixels, mode="clip")
    return image


def _lay(
    width: int,
    height: int,
    ends: NDArray[np.float64],
    opacities: NDArray[np.float64],
    widths: NDArray[np.float64],
    is_positive: NDArray[np.bool_],
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return which pixels (those of negative lines behind all others) get which density."""
    edge = 1 + np.ceil(widths.max(initial=1.0))
    x0, x1 = ends[:, [0, 2]].T.clip(edge, width - 1 - edge)
    y0, y1 = ends[:, [1, 3]].T.clip(edge, height - 1 - edge)
    steep = np.abs(y1 - y0) > np.abs(x1 - x0)
    # "Along" is the longer direction, "across" the other.
    along0, along1 = np.where(steep, y0, x0), np.where(steep, y1, x1)
    across0, across1 = np.where(steep, x0, y0), np.where(steep, x1, y1)
    back = along0 > along1
    along0, along1 = np.where(back, along1, along0), np.where(back, along0, along1)
    across0, across1 = np.where(back, across1, across0), np.where(back, across0, across1)
    slope = (across1 - across0) / np.maximum(along1 - along0, 1e-6)
    # Measured across, an oblique line is wider than it is.
    stretch = np.sqrt(1 + slope**2)
    density = -np.log1p(-np.minimum(opacities, 0.98)) * stretch * _SCALE

    # A wide line is several thin ones side by side, a thin one less dense.
    strands = np.maximum(1, np.ceil(widths - 0.25)).astype(np.intp)
    line = np.repeat(np.arange(len(ends)), strands)
    strand = np.arange(len(line)) - np.repeat(np.cumsum(strands) - strands, strands)
    spread = (strand - (strands[line] - 1) / 2) * (widths / strands)[line]
    first = np.rint(along0).astype(np.int32)
    count = np.rint(along1).astype(np.int32) - first + 1
    start = across0 + (first - along0) * slope
    step_along = np.where(steep, width, 1).astype(np.int32)
    step_across = np.where(steep, 1, width).astype(np.int32)
    origin = first * step_along + np.where(is_positive, 0, width * height).astype(np.int32)

    count = count[line]
    of = np.repeat(line, count)
    step = np.arange(len(of), dtype=np.int32)
    step -= np.repeat((np.cumsum(count) - count).astype(np.int32), count)
    across = slope.astype(np.float32)[of] * step
    across += np.repeat((start[line] + spread * stretch[line]).astype(np.float32), count)
    whole = across.astype(np.int32)
    across -= whole
    sideways = step_across[of]
    place = step
    place *= step_along[of]
    place += origin[of]
    whole *= sideways
    place += whole
    here = (density * widths / strands).astype(np.float32)[of]
    there = here * across
    here -= there
    return np.concatenate([place, place + sideways]), np.concatenate([here, there])
