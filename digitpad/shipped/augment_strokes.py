"""Augment strokes: rotate, slant and stretch them, rewrite allographs and drop points.

Unlike the augmentation of images (`training.augment`), this leaves the width of the pen alone.
"""

import numpy as np

from digitpad.drawing.strokes import Sample, Stroke
from digitpad.drawing.tilt_strokes import tilted
from digitpad.shipped.allographs import with_allograph

# Standard deviations; for the stretch, of its logarithm.
_STRETCH = 0.1
_ROTATION = 8.0  # degrees
_SLANT = 0.12

# The fraction of drawings that lose points, as on a computer that samples the mouse slowly.
_THINNED = 0.3


def augment(sample: Sample, generator: np.random.Generator) -> Sample:
    """Return the sample rotated, slanted and stretched at random, perhaps as another allograph."""
    strokes = with_allograph(sample.label, [stroke[:, :2] for stroke in sample.strokes], generator)
    if generator.random() < _THINNED:
        left = int(generator.integers(5, 16))
        strokes = [_thinned(stroke, left) for stroke in strokes]
    return Sample(
        sample.label,
        tilted(strokes, generator, rotation=_ROTATION, stretch=_STRETCH, slant=_SLANT),
    )


def _thinned(stroke: Stroke, left: int) -> Stroke:
    if len(stroke) <= left:
        return stroke
    thinned: Stroke = stroke[np.linspace(0, len(stroke) - 1, left).round().astype(np.intp)]
    return thinned
