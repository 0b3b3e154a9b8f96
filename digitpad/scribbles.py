"""Drawings that are no digits: letters that look like none, and whatever a hand may scribble.

A network that has only ever seen digits takes everything for one. Shown these, with no output
desired to be active, it learns to say that it sees nothing it knows.
"""

from collections.abc import Sequence

import numpy as np

from digitpad.ink import Sample, Stroke

# Letters that can be taken for a digit teach nothing about what is none.
_LOOK_LIKE_DIGITS = frozenset("BDGILOQSZ")
_SCRIBBLES = 60_000
_PAIRS = 2_000
_NARROW = 0.35


def letters(samples: Sequence[Sample]) -> list[Sample]:
    """Return the letters that look like no digit."""
    return [
        Sample(None, sample.strokes)
        for sample in samples
        if sample.label is None
        and "letter" in sample.extra
        and sample.extra["letter"] not in _LOOK_LIKE_DIGITS
    ]


def inventions(known: Sequence[Sample], generator: np.random.Generator) -> list[Sample]:
    """Return invented drawings that are no digits: scribbles, and pairs of digits.

    Parameters
    ----------
    known : sequence of Sample
        Digits to make pairs of.
    generator : numpy.random.Generator
    """
    found = [Sample(None, _unlike_a_bar(scribble(generator))) for _ in range(_SCRIBBLES)]
    for _ in range(_PAIRS):
        left, right = generator.integers(len(known), size=2)
        found.append(Sample(None, side_by_side(known[left], known[right], generator)))
    return found


def side_by_side(left: Sample, right: Sample, generator: np.random.Generator) -> tuple[Stroke, ...]:
    """Return two digits' strokes beside each other, of the same height."""
    gap = generator.uniform(0.1, 0.6)
    strokes: list[Stroke] = []
    start = 0.0
    for sample in (left, right):
        points = np.concatenate([stroke[:, :2] for stroke in sample.strokes])
        low, high = points.min(axis=0), points.max(axis=0)
        height = max(high[1] - low[1], (high[0] - low[0]) / 3, 1e-9)
        strokes += [
            (stroke[:, :2] - low) / height + np.array([start, 0.0]) for stroke in sample.strokes
        ]
        start += (high[0] - low[0]) / height + gap
    return tuple(strokes)


def scribble(generator: np.random.Generator) -> list[Stroke]:
    """Invent a drawing that is no digit: a scribble, dots, a lying bar, a cross, a stroll."""
    kind = generator.integers(20)
    normal = generator.standard_normal
    if kind == 0:  # a scribble of a few waves
        t = np.linspace(0, 1, 200)[:, None]
        waves = generator.uniform(2, 9, size=(4, 2))
        phases = generator.uniform(0, 2 * np.pi, size=(4, 2))
        sizes = normal((4, 2)) / (1 + np.arange(4))[:, None]
        drift = normal((1, 2)) * generator.uniform(0, 2) * t
        waved = sizes * np.sin(2 * np.pi * waves * t[:, None] * generator.uniform(0.5, 1) + phases)
        return [waved.sum(axis=1) + drift]
    if kind == 1:  # a hand that wanders
        steps = normal((generator.integers(15, 60), 2))
        return [np.cumsum(steps * generator.uniform(0.5, 2), axis=0)]
    if kind == 2:  # dots
        count = generator.integers(1, 5)
        size = generator.choice([0.0, 0.02, 0.1])
        return [
            generator.uniform(-1, 1, 2) + size * normal((generator.integers(1, 6), 2))
            for _ in range(count)
        ]
    if kind == 3:  # a bar that lies, or leans the wrong way
        return [_bar(generator, generator.choice([0.0, np.pi]) + generator.uniform(-0.55, 0.85))]
    if kind == 4:  # a cross, upright or lying
        angle = generator.uniform(0, np.pi)
        other = angle + np.pi / 2 + generator.uniform(-0.4, 0.4)
        return [_bar(generator, angle), _bar(generator, other)]
    if kind == 5:  # parallel bars
        angle = generator.choice([0.0, np.pi / 2]) + 0.15 * normal()
        across = np.array([-np.sin(angle), np.cos(angle)]) * generator.uniform(0.4, 1.2)
        count = generator.integers(2, 5)
        return [_bar(generator, angle) + number * across for number in range(count)]
    if kind == 6:  # a zigzag
        corners = generator.integers(5, 14)
        along = np.linspace(0, generator.uniform(1, 5), corners)
        heights = np.where(np.arange(corners) % 2, 1.0, -1.0) * generator.uniform(0.6, 1.3, corners)
        return [turned(np.column_stack([along, heights]), generator.uniform(0, np.pi))]
    if kind == 7:  # a scratched-out place: many strokes on top of each other
        count = generator.integers(3, 8)
        angle = generator.uniform(0, np.pi)
        return [_bar(generator, angle + 0.6 * normal()) + 0.4 * normal(2) for _ in range(count)]
    if kind >= 12:  # a pen that is led about smoothly, once or more
        return [_stroll(generator) for _ in range(1 + kind % 3)]
    if kind >= 9:  # a pen that goes from place to place
        return [_round_trip(generator) for _ in range(1 + kind % 2)]
    # a spiral
    turns = generator.uniform(2.5, 5)
    t = np.linspace(0, 1, 150)
    radius = t ** generator.uniform(0.7, 1.3)
    angle = 2 * np.pi * turns * t * generator.choice([-1, 1])
    return [np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])]


def _unlike_a_bar(strokes: Sequence[Stroke]) -> tuple[Stroke, ...]:
    """Lay a narrow and upright scribble down: it could be a 1."""
    width, height = np.ptp(np.concatenate(strokes), axis=0)
    if len(strokes) == 1 and width < _NARROW * height:
        return tuple(stroke[:, ::-1] for stroke in strokes)
    return tuple(strokes)


def _stroll(generator: np.random.Generator) -> Stroke:
    """Return a path whose speed changes slowly."""
    steps = generator.integers(60, 200)
    speed = np.cumsum(generator.standard_normal((steps, 2)), axis=0)
    # The mean is taken out more or less: a scribble comes back, a doodle does not.
    speed -= speed.mean(axis=0) * generator.uniform(0, 1)
    speed += generator.uniform(0, 4) * generator.standard_normal((steps, 2))
    path: Stroke = np.cumsum(speed, axis=0)
    return path


def _round_trip(generator: np.random.Generator) -> Stroke:
    """Return places at random, joined by straight lines or (see `ink`) by curves."""
    places = generator.normal(0, 1, (generator.integers(5, 18), 2))
    if generator.random() < 0.6:
        return places
    t = np.linspace(0, len(places) - 1, 12 * len(places))
    corners = np.arange(len(places))
    return np.column_stack([np.interp(t, corners, places[:, axis]) for axis in (0, 1)])


def _bar(generator: np.random.Generator, angle: float) -> Stroke:
    """Return a nearly straight line of length 2 around the origin, x at angle 0."""
    t = np.linspace(-1, 1, 12)
    bend = generator.normal(0, 0.06)
    along = np.column_stack([t, bend * (1 - t**2) + generator.normal(0, 0.01, 12)])
    return turned(along, angle)


def turned(points: Stroke, angle: float) -> Stroke:
    """Return points, (k, 2), turned clockwise by an angle in radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    turned: Stroke = points @ np.array([[cos, sin], [-sin, cos]])
    return turned
