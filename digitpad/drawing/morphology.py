"""Mathematical morphology (Serra 1982): openings, distances to the edge, connected parts.

Only what digitpad needs to find a digit in a picture, in NumPy.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Grey: TypeAlias = NDArray[np.float32]
Mask: TypeAlias = NDArray[np.bool_]


def opening(values: Grey, size: int) -> Grey:
    """Return a grey-scale opening: it removes bright things narrower than a square window.

    Parameters
    ----------
    values : (h, w)
        Extended beyond its edges by the values there.
    size : int
        The window's side, in pixels.
    """
    padded = np.pad(values, size - 1, mode="edge")
    for combine in (np.minimum, np.maximum):
        for axis in (0, 1):
            padded = _window(combine, padded, size, axis)
    return padded


def dilated(mask: Mask, pixels: int) -> Mask:
    """Return the mask grown by this many pixels in every direction, diagonals included."""
    padded = np.pad(mask, pixels)
    for axis in (0, 1):
        padded = _window(np.logical_or, padded, 2 * pixels + 1, axis)
    return padded


def _window(combine: np.ufunc, values: NDArray[Any], size: int, axis: int) -> NDArray[Any]:
    """Combine every `size` neighbours along an axis; the result is size - 1 shorter."""
    values = np.moveaxis(values, axis, 0)
    covered = 1
    while covered < size:  # windows twice as long, until the last step overlaps
        step = min(covered, size - covered)
        values = combine(values[:-step], values[step:])
        covered += step
    return np.moveaxis(values, 0, axis)


def distance(mask: Mask, farthest: int) -> Grey:
    """Return the distance of each pixel of a mask to the nearest one outside it.

    Exact, one axis after the other (Saito and Toriwaki 1994).

    Parameters
    ----------
    mask : (h, w)
    farthest : int
        Larger distances are given as this.

    Returns
    -------
    (h, w) float32
        From centre to centre, in pixels; 0 outside the mask.
    """
    squares = np.where(mask, np.float32(farthest**2), np.float32(0))
    for axis in (0, 1):
        lines = np.moveaxis(squares, axis, 0)
        nearest = lines.copy()
        for step in range(1, min(farthest, len(lines))):
            np.minimum(nearest[step:], lines[:-step] + step * step, out=nearest[step:])
            np.minimum(nearest[:-step], lines[step:] + step * step, out=nearest[:-step])
        squares = np.moveaxis(nearest, 0, axis)
    return np.sqrt(squares)


def width(mask: Mask) -> float:
    """Return the mean width of the lines that a mask consists of, in pixels; 0 if it is empty.

    In a line of width w the mean distance to the edge is w/4; a line one pixel wide counts as 2.
    """
    if not mask.any():
        return 0.0
    padded = np.pad(mask, 1)
    # From centre to centre it is half a pixel more than to the edge between them.
    inside = distance(padded, max(2, min(min(padded.shape) // 2, 64)))[padded] - 0.5
    return 4 * float(inside.mean())


def components(mask: Mask) -> tuple[NDArray[np.intp], int]:
    """Give each connected part of a mask a number; pixels that touch at a corner are connected.

    Returns
    -------
    numbers : (h, w)
        1 to `count`, and 0 outside the mask.
    count : int
    """
    bordered = np.zeros((mask.shape[0], mask.shape[1] + 2), dtype=np.int8)
    bordered[:, 1:-1] = mask
    change = np.diff(bordered, axis=1)
    # Runs of pixels, row after row, each from its start up to its end.
    rows, starts = np.nonzero(change == 1)
    ends = np.nonzero(change == -1)[1]
    parent = list(range(len(rows)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    left, right = starts.tolist(), ends.tolist()
    first_of_row = np.searchsorted(rows, np.arange(len(mask) + 1)).tolist()
    for (upper, lower), (_, end) in pairwise(pairwise(first_of_row)):
        upper_end = lower
        while upper < upper_end and lower < end:
            if left[upper] <= right[lower] and left[lower] <= right[upper]:
                parent[root(lower)] = root(upper)
            if right[upper] < right[lower]:
                upper += 1
            else:
                lower += 1
    roots = np.array([root(run) for run in range(len(rows))], dtype=np.intp)
    names, number = np.unique(roots, return_inverse=True)
    numbers = np.zeros(mask.shape, dtype=np.intp)
    numbers[mask] = np.repeat(number + 1, ends - starts)
    return numbers, len(names)
