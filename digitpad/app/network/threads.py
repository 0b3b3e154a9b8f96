"""Draws hundreds of thin lines at once, a few times as fast as QPainter does.

Each line is laid down pixel by pixel along its longer direction and shared between the two pixels
that it passes between (Wu, "An efficient antialiasing technique", 1991). Where lines cross, their
densities add up, so their order does not matter; what has the density d covers 1 - e^(-d).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

_LEVELS = 128
_DENSEST = 4.0


class Ink:
    """Two colours and every mixture of them, ready to be looked up.

    Parameters
    ----------
    positive, negative : QColor
        What the threads of either sign are drawn in.
    """

    def __init__(self, positive: QColor, negative: QColor) -> None:
        density = (np.arange(_LEVELS) / (_LEVELS - 1)) ** 2 * _DENSEST
        plus, minus = np.meshgrid(density, density, indexing="ij")
        total = plus + minus
        alpha = 1 - np.exp(-total)
        # Where both cross, the stronger shows: a mixture of blue and orange would be mud.
        share = plus**2 / np.maximum(plus**2 + minus**2, 1e-12)
        pixels = np.zeros((_LEVELS, _LEVELS), dtype=np.uint32)
        for shift, channel in ((16, QColor.red), (8, QColor.green), (0, QColor.blue)):
            value = channel(positive) * share + channel(negative) * (1 - share)
            pixels |= np.rint(value * alpha).astype(np.uint32) << np.uint32(shift)
        self.pixels = pixels.ravel() | (np.rint(255 * alpha).astype(np.uint32) << 24).ravel()


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
        x and y of each line's ends, in device pixels; what is outside of the image is not drawn.
    opacities, widths : (k,) float
        From 0 to 1; in device pixels.
    is_positive : (k,) bool
    ink : Ink
    """
    places, densities = _lay(width, height, ends, opacities, widths, is_positive)
    total = np.sqrt(np.bincount(places, densities, 2 * width * height))
    total *= (_LEVELS - 1) / np.sqrt(_DENSEST)
    np.minimum(total, _LEVELS - 1, out=total)
    levels = total.astype(np.uint16)
    plus, minus = levels[: width * height], levels[width * height :]
    plus *= _LEVELS
    plus += minus
    pixels = ink.pixels[plus]
    image = QImage(
        pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
    )
    return image.copy()  # a QImage does not keep the memory alive that it was given


def _lay(
    width: int,
    height: int,
    ends: NDArray[np.float64],
    opacities: NDArray[np.float64],
    widths: NDArray[np.float64],
    is_positive: NDArray[np.bool_],
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return which pixels (those of negative lines behind all others) get which density."""
    x0, y0, x1, y1 = ends.T
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
    density = -np.log1p(-np.minimum(opacities, 0.98)) * stretch

    # A wide line is several thin ones side by side, a thin one less dense.
    strands = np.maximum(1, np.ceil(widths - 0.25)).astype(np.intp)
    line = np.repeat(np.arange(len(ends)), strands)
    strand = np.arange(len(line)) - np.repeat(np.cumsum(strands) - strands, strands)
    spread = (strand - (strands[line] - 1) / 2) * (widths * stretch / strands)[line]
    density = (density * widths / strands)[line].astype(np.float32)

    size = np.where(steep, height, width)[line]
    first = np.maximum(np.rint(along0[line]), 0).astype(np.int32)
    last = np.minimum(np.rint(along1[line]), size - 1).astype(np.int32)
    count = np.maximum(last - first + 1, 0)
    start = across0[line] + (first - along0[line]) * slope[line] + spread
    # Lines that leave the image sideways are held at its edge: the layout never does that.
    limit = np.where(steep, width, height)[line].astype(np.float32) - 1.001
    step_along = np.where(steep, width, 1)[line].astype(np.int32)
    step_across = np.where(steep, 1, width)[line].astype(np.int32)
    origin = first * step_along + np.where(is_positive, 0, width * height)[line].astype(np.int32)

    of = np.repeat(np.arange(len(line), dtype=np.int32), count)
    step = np.arange(len(of), dtype=np.int32) - (np.cumsum(count) - count).astype(np.int32)[of]
    across = slope[line].astype(np.float32)[of] * step
    across += start.astype(np.float32)[of]
    np.clip(across, 0, limit[of], out=across)
    whole = across.astype(np.int32)
    across -= whole
    sideways = step_across[of]
    place = step * step_along[of]
    place += origin[of]
    place += whole * sideways
    here = density[of]
    there = here * across
    here -= there
    return np.concatenate([place, place + sideways]), np.concatenate([here, there])
