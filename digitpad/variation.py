"""The same strokes as another hand would draw them, on another tablet and another day.

Distortions of images (see `distortion`) bend ink and pen together. Here the pen keeps its width,
strokes change their places beside each other, and points get lost.
"""

from collections.abc import Sequence

import numpy as np

from digitpad.habits import with_habit
from digitpad.ink import Sample, Stroke
from digitpad.scribbles import turned

# Standard deviations; that of the stretch, and of a stroke's size, is of its logarithm.
_STRETCH = 0.1
_ROTATION = 8.0  # degrees
_SLANT = 0.12
_BEND = 0.08
_STROKE = 0.06  # how far one stroke moves and how much it grows beside the others

# This part of the drawings has points taken out, as a slow computer's mouse does.
_THINNED = 0.3


def varied(sample: Sample, generator: np.random.Generator) -> Sample:
    """Return the sample turned, slanted, stretched and bent, with other habits and points."""
    strokes = with_habit(sample.label, [stroke[:, :2] for stroke in sample.strokes], generator)
    strokes = _bent(strokes, generator)
    if generator.random() < _THINNED:
        left = int(generator.integers(5, 16))
        strokes = [_thinned(stroke, left) for stroke in strokes]
    angle = np.deg2rad(generator.normal(0, _ROTATION))
    wider = np.exp(generator.normal(0, _STRETCH))
    # x' = wider x + slant y; y downwards.
    change = np.array([[wider, 0.0], [generator.normal(0, _SLANT), 1.0]])
    return Sample(sample.label, tuple(turned(stroke @ change, angle) for stroke in strokes))


def _bent(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    """Return strokes, (k, 2) each, bent together, and each moved and resized beside the others.

    With u in [-1, 1]² for the ink's box, u' = u + B (u_x², u_x u_y, u_y²), B at random: curved
    lines get straighter or rounder, and one side of the digit larger than the other.
    """
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, max(float((high - low).max()) / 2, 1e-9)
    bend = generator.normal(0, _BEND, (3, 2))
    bent = []
    for stroke in strokes:
        u = (stroke - middle) / half
        x, y = u.T
        u = u + np.column_stack([x * x, x * y, y * y]) @ bend
        if len(strokes) > 1:
            centre = u.mean(axis=0)
            size = np.exp(generator.normal(0, _STROKE, 2))
            u = (u - centre) * size + centre + generator.normal(0, _STROKE, 2)
        bent.append(u)
    return bent


def _thinned(stroke: Stroke, left: int) -> Stroke:
    if len(stroke) <= left:
        return stroke
    thinned: Stroke = stroke[np.linspace(0, len(stroke) - 1, left).round().astype(np.intp)]
    return thinned
