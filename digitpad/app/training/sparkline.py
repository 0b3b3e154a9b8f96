"""A run's cost as a curve that is as small as a word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath

from digitpad.training.curve import mean_along
from digitpad.training.run_files import Curve
from digitpad.training.timeline import scale

_POINTS = 27


def small_curve(curve: Curve) -> tuple[float, ...]:
    """Return the smoothed cost at moments that lie evenly on the timeline's scale."""
    if len(curve.batches) < 2:
        return ()
    place = scale(curve.batches, curve.batches[-1])
    at = np.linspace(place[0], 1.0, _POINTS)
    weights = np.diff(curve.batches, prepend=0.0)
    return tuple(mean_along(place, curve.cost, weights, at, 2.0 / _POINTS).tolist())


def sparkline(curve: Sequence[float], area: QRectF) -> QPainterPath:
    """Return a small curve of costs, lowest at the bottom; logarithmic, as costs fall."""
    values = np.asarray(curve, float)
    values = np.log(np.maximum(values[np.isfinite(values)], 1e-9))
    path = QPainterPath()
    if len(values) < 2:
        return path
    low, high = values.min(), values.max()
    x = np.linspace(area.left(), area.right(), len(values))
    y = area.bottom() - (values - low) / max(high - low, 1e-9) * area.height()
    path.moveTo(x[0], y[0])
    for here, up in zip(x[1:].tolist(), y[1:].tolist(), strict=True):
        path.lineTo(here, up)
    return path
