"""The same strokes as another hand would draw them, on another tablet and another day.

Distortions of images (see `distortion`) change ink and pen together. Here the pen keeps its width,
strokes are added, and points get lost.
"""

import numpy as np

from digitpad.drawing.strokes import Sample, Stroke
from digitpad.shipped.allographs import with_habit
from digitpad.shipped.non_digits import turned

# Standard deviations; that of the stretch is of its logarithm.
_STRETCH = 0.1
_ROTATION = 8.0  # degrees
_SLANT = 0.12

# This part of the drawings has points taken out, as a slow computer's mouse does.
_THINNED = 0.3


def varied(sample: Sample, generator: np.random.Generator) -> Sample:
    """Return the sample turned, slanted and stretched, with other habits and points."""
    strokes = with_habit(sample.label, [stroke[:, :2] for stroke in sample.strokes], generator)
    if generator.random() < _THINNED:
        left = int(generator.integers(5, 16))
        strokes = [_thinned(stroke, left) for stroke in strokes]
    angle = np.deg2rad(generator.normal(0, _ROTATION))
    wider = np.exp(generator.normal(0, _STRETCH))
    # x' = wider x + slant y; y downwards.
    change = np.array([[wider, 0.0], [generator.normal(0, _SLANT), 1.0]])
    return Sample(sample.label, tuple(turned(stroke @ change, angle) for stroke in strokes))


def _thinned(stroke: Stroke, left: int) -> Stroke:
    if len(stroke) <= left:
        return stroke
    thinned: Stroke = stroke[np.linspace(0, len(stroke) - 1, left).round().astype(np.intp)]
    return thinned
