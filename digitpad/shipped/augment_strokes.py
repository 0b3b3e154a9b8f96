"""Augment strokes: rotate, slant and stretch them, rewrite allographs, drop points, add marks.

Unlike the augmentation of images (`training.augment`), this leaves the width of the pen alone.
"""

from collections.abc import Sequence

import numpy as np

from digitpad.drawing.strokes import Sample, Stroke
from digitpad.drawing.tilt_strokes import rotated, tilted
from digitpad.shipped.allographs import leaning, one_or_seven, with_allograph

# Standard deviations; for the stretch and the proportions, of a logarithm.
_STRETCH = 0.1
_ROTATION = 8.0  # degrees
_SLANT = 0.12
_PROPORTIONS = 0.2

# The fraction of 1s that become what may be a 1 or a 7; half of them are labelled 7.
_AMBIGUOUS = 0.06
# The fractions of drawings whose upper and lower, left and right parts get other proportions; that
# lean to the right by up to 0.4, or are turned there by up to 20 degrees.
_REPROPORTIONED = 0.3
_LEANING, _MOST_LEANING = 0.12, 0.4
_TURNED, _MOST_TURNED = 0.12, 20.0
# The fractions of digits with a line beneath them and with a small mark beside them.
_UNDERLINED = 0.03
_MARKED = 0.03

# The fraction of drawings that lose points, as on a computer that samples the mouse slowly, and
# that of those that keep only a few.
_THINNED = 0.3
_SPARSE = 0.08


def augment(sample: Sample, generator: np.random.Generator) -> Sample:
    """Return the sample rotated, slanted and stretched at random, perhaps as another allograph.

    The label stays, except for some 1s that nobody could tell from a 7.
    """
    label = sample.label
    given = [stroke[:, :2] for stroke in sample.strokes]
    ambiguous = None
    if label == 1 and generator.random() < _AMBIGUOUS:
        ambiguous = one_or_seven(given, generator)
    if ambiguous is not None:
        strokes, label = ambiguous, int(generator.choice([1, 7]))
    else:
        strokes = with_allograph(label, given, generator)
    if generator.random() < _REPROPORTIONED:
        strokes = reproportioned(strokes, np.exp(generator.normal(0, _PROPORTIONS, 2)))
    chance = generator.random()
    if chance < _SPARSE:
        left = int(generator.integers(5, 8))
        total = sum(map(len, strokes))
        strokes = [_thinned(s, max(2, round(left * len(s) / total))) for s in strokes]
    elif chance < _SPARSE + _THINNED:
        left = int(generator.integers(5, 16))
        strokes = [_thinned(stroke, left) for stroke in strokes]
    chance = generator.random()
    if chance < _LEANING:
        slant = generator.uniform(0, _MOST_LEANING)
        strokes = [leaning(stroke, slant) for stroke in strokes]
    elif chance < _LEANING + _TURNED:
        angle = np.deg2rad(generator.uniform(0, _MOST_TURNED))
        strokes = [rotated(stroke, angle) for stroke in strokes]
    if label is not None:
        chance = generator.random()
        if chance < _UNDERLINED:
            strokes = [*strokes, underline(strokes, generator)]
        elif chance < _UNDERLINED + _MARKED:
            strokes = [*strokes, stray_mark(strokes, generator)]
    return Sample(
        label,
        tilted(strokes, generator, rotation=_ROTATION, stretch=_STRETCH, slant=_SLANT),
    )


def reproportioned(strokes: Sequence[Stroke], powers: Sequence[float] | Stroke) -> list[Stroke]:
    """Return strokes within the same box, their coordinates in it raised to these powers.

    A power below 1 enlarges what is on the left or above, one above 1 the rest.
    """
    low, size = _box(strokes)
    size = np.maximum(size, 1e-9)
    raised = np.asarray(powers, dtype=np.float64)
    return [low + size * ((stroke - low) / size).clip(0, 1) ** raised for stroke in strokes]


def underline(strokes: Sequence[Stroke], generator: np.random.Generator) -> Stroke:
    """Return a nearly level line beneath strokes."""
    low, size = _box(strokes)
    side = size.max()
    half = side * np.array([generator.uniform(0.3, 0.8), generator.normal(0, 0.04)])
    gap = side * generator.uniform(0.08, 0.35)
    middle = low + size * (0.5, 1.0) + (side * generator.normal(0, 0.1), gap + abs(half[1]))
    line: Stroke = middle + np.linspace(-1, 1, 12)[:, None] * half
    return line


def stray_mark(strokes: Sequence[Stroke], generator: np.random.Generator) -> Stroke:
    """Return a dot or a short line beside strokes, to the left or right."""
    low, size = _box(strokes)
    side = size.max()
    angle, half = generator.uniform(0, np.pi), side * generator.uniform(0, 0.08)
    reach = half * np.array([np.cos(angle), np.sin(angle)])
    away = size[0] / 2 + half + side * generator.uniform(0.1, 0.4)
    middle = low + size * (0.5, generator.uniform(0, 1))
    middle[0] += generator.choice([-1, 1]) * away
    mark: Stroke = middle + np.linspace(-1, 1, 4)[:, None] * reach
    return mark


def _box(strokes: Sequence[Stroke]) -> tuple[Stroke, Stroke]:
    """Return the least x and y, and the width and height, (2,) each."""
    points = np.concatenate(strokes)
    return points.min(axis=0), np.ptp(points, axis=0)


def _thinned(stroke: Stroke, left: int) -> Stroke:
    if len(stroke) <= left:
        return stroke
    thinned: Stroke = stroke[np.linspace(0, len(stroke) - 1, left).round().astype(np.intp)]
    return thinned
