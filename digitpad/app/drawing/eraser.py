"""Which strokes an eraser touches on its way."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digitpad.app.page import Stroke

_RADIUS = 0.035  # in units of the canvas's shorter side


def touched(
    start: tuple[float, float], end: tuple[float, float], strokes: Sequence[Stroke]
) -> list[int]:
    """Return the indices of the strokes that the eraser touches between two places, the last first.

    Parameters
    ----------
    start, end : (x, y)
        In units of the canvas's shorter side, as the strokes.
    strokes : sequence of (k, 3) float64
        x, y, pressure.
    """
    steps = max(1, math.ceil(math.dist(start, end) / _RADIUS))
    path = np.linspace(start, end, steps + 1)
    return [
        index
        for index, stroke in reversed(list(enumerate(strokes)))
        if _distance(path, stroke) < _RADIUS
    ]


def _distance(path: NDArray[np.float64], stroke: Stroke) -> float:
    """Return how near the points of a path, (n, 2), come to a stroke's lines."""
    points = path[:, None]
    starts = stroke[:, :2]
    ends = np.concatenate([starts[1:], starts[-1:]])
    way = ends - starts
    squared = (way**2).sum(axis=1)
    squared[squared == 0] = 1
    along = np.clip(((points - starts) * way).sum(axis=-1) / squared, 0, 1)
    nearest = starts + along[..., None] * way
    return float(np.sqrt(((points - nearest) ** 2).sum(axis=-1)).min())
