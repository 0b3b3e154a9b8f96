"""Which point of which curve the pointer means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF

from digitpad.app.training.runs import Points, Run, Series

_NEAR = 40.0  # pixels


class Pointed(NamedTuple):
    """A point of a curve: the run, which of its curves, and x and y in the axes' units."""

    run: Run
    series: Series
    x: float
    y: float


def pointed(
    curves: Iterable[tuple[Run, Series, Points, Points]],
    pointer: QPointF,
    view: QRectF,
    pixels: QRectF,
) -> Pointed | None:
    """Return the point of a curve that lies nearest to the pointer; None: none is near.

    Parameters
    ----------
    curves : iterable of (run, series, x, y)
        In the axes' units; x ascends.
    pointer : QPointF
        In the axes' units.
    view : QRectF
        What the axes show.
    pixels : QRectF
        Where they show it.
    """
    across = pixels.width() / max(view.width(), 1e-300)
    up = pixels.height() / max(view.height(), 1e-300)
    nearest: Pointed | None = None
    least = _NEAR
    for run, series, x, y in curves:
        if not len(x):
            continue
        beside = float(max(x[0] - pointer.x(), pointer.x() - x[-1], 0.0)) * across
        above = abs(float(np.interp(pointer.x(), x, y)) - pointer.y()) * up
        distance = float(np.hypot(beside, above))
        if distance < least:
            least = distance
            place = int(np.abs(x - pointer.x()).argmin())
            nearest = Pointed(run, series, float(x[place]), float(y[place]))
    return nearest
