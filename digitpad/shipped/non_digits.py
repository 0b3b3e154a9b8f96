"""Non-digits to train on: letters that do not look like a digit, and synthetic scribbles.

A network that has only seen digits reads a digit in everything. Trained on these with all desired
outputs 0, it learns to answer with ten low activations.
"""

from collections.abc import Sequence

import numpy as np

from digitpad.drawing.strokes import Sample, Stroke
from digitpad.drawing.tilt_strokes import rotated

# Letters that can be mistaken for a digit are not used.
_LOOK_LIKE_DIGITS = frozenset("BDGILOQSZ")
_SCRIBBLES = 75_000
_PAIRS = 2_000
# A stroke whose standard deviation across is less than this fraction of the one along is a bar.
_NARROW = 0.22


def letters(samples: Sequence[Sample]) -> list[Sample]:
    """Return the letters that do not look like a digit."""
    return [
        Sample(None, sample.strokes)
        for sample in samples
        if sample.label is None
        and "letter" in sample.extra
        and sample.extra["letter"] not in _LOOK_LIKE_DIGITS
    ]


def synthetic_negatives(known: Sequence[Sample], generator: np.random.Generator) -> list[Sample]:
    """Return synthetic non-digits: scribbles, and pairs of digits.

    Parameters
    ----------
    known : sequence of Sample
        Digits to make pairs of.
    generator : numpy.random.Generator
    """
    found = [Sample(None, scribble(generator)) for _ in range(_SCRIBBLES)]
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


def scribble(generator: np.random.Generator) -> tuple[Stroke, ...]:
    """Return a random non-digit: a scribble, dots, a lying bar, a cross, a figure or such."""
    kinds, shares = zip(*_KINDS, strict=True)
    draw = kinds[generator.choice(len(kinds), p=np.array(shares) / sum(shares))]
    return _unlike_a_bar(draw(generator), generator)


def _unlike_a_bar(strokes: Sequence[Stroke], generator: np.random.Generator) -> tuple[Stroke, ...]:
    """Rotate a narrow scribble until it lies; upright, it could be a 1."""
    points = np.concatenate(strokes)
    points = points - points.mean(axis=0)
    (minor, major), axes = np.linalg.eigh(points.T @ points)
    if len(strokes) > 1 or minor >= _NARROW**2 * major:
        return tuple(strokes)
    stands = np.arctan2(axes[1, 1], axes[0, 1])
    return (
        rotated(points, np.pi * generator.integers(2) + generator.uniform(-0.55, 0.85) - stands),
    )


def _waves(generator: np.random.Generator) -> list[Stroke]:
    """Return a scribble of a few waves."""
    t = np.linspace(0, 1, 200)[:, None]
    waves = generator.uniform(2, 9, size=(4, 2))
    phases = generator.uniform(0, 2 * np.pi, size=(4, 2))
    sizes = generator.standard_normal((4, 2)) / (1 + np.arange(4))[:, None]
    drift = generator.standard_normal((1, 2)) * generator.uniform(0, 2) * t
    waved = sizes * np.sin(2 * np.pi * waves * t[:, None] * generator.uniform(0.5, 1) + phases)
    return [waved.sum(axis=1) + drift]


def _tangle(generator: np.random.Generator) -> list[Stroke]:
    """Return a closed curve with many crossings (Lissajous)."""
    across, down = generator.permutation(_CROSSINGS[generator.integers(5)])
    t = np.linspace(0, 2 * np.pi, 240)
    # At a phase of 0 it goes there and back on one line.
    path = np.column_stack([np.sin(across * t + generator.uniform(0.3, 1.2)), np.sin(down * t)])
    path *= np.exp(generator.normal(0, 0.2, 2))
    return [rotated(_trembling(path, generator), generator.uniform(0, np.pi))]


def _wandering(generator: np.random.Generator) -> list[Stroke]:
    """Return a random walk."""
    steps = generator.standard_normal((generator.integers(15, 100), 2))
    return [np.cumsum(steps * generator.uniform(0.5, 2), axis=0)]


def _dots(generator: np.random.Generator) -> list[Stroke]:
    size = generator.choice([0.0, 0.02, 0.1])
    return [
        generator.uniform(-1, 1, 2)
        + size * generator.standard_normal((generator.integers(1, 6), 2))
        for _ in range(generator.integers(1, 5))
    ]


def _lying_bar(generator: np.random.Generator) -> list[Stroke]:
    """Return a bar; as it is narrow, `_unlike_a_bar` chooses how it lies."""
    return [_bar(generator, 0.0)]


def _cross(generator: np.random.Generator) -> list[Stroke]:
    """Return a cross, upright or lying."""
    angle = generator.uniform(0, np.pi)
    other = angle + np.pi / 2 + generator.uniform(-0.4, 0.4)
    return [_bar(generator, angle), _bar(generator, other)]


def _parallels(generator: np.random.Generator) -> list[Stroke]:
    angle = generator.choice([0.0, np.pi / 2]) + generator.normal(0, 0.15)
    across = np.array([-np.sin(angle), np.cos(angle)]) * generator.uniform(0.4, 1.2)
    return [_bar(generator, angle) + n * across for n in range(generator.integers(2, 5))]


def _zigzag(generator: np.random.Generator) -> list[Stroke]:
    corners = generator.integers(5, 14)
    along = np.linspace(0, generator.uniform(1, 5), corners)
    heights = np.where(np.arange(corners) % 2, 1.0, -1.0) * generator.uniform(0.6, 1.3, corners)
    return [rotated(np.column_stack([along, heights]), generator.uniform(0, np.pi))]


def _scratched_out(generator: np.random.Generator) -> list[Stroke]:
    """Return many strokes on top of each other."""
    angle = generator.uniform(0, np.pi)
    return [
        _bar(generator, angle + generator.normal(0, 0.6)) + generator.normal(0, 0.4, 2)
        for _ in range(generator.integers(3, 8))
    ]


def _spiral(generator: np.random.Generator) -> list[Stroke]:
    turns = generator.uniform(2.2, 6)
    t = np.linspace(0, 1, 200)
    radius = t ** generator.uniform(0.6, 1.4)
    angle = 2 * np.pi * turns * t * generator.choice([-1, 1]) + generator.uniform(0, 2 * np.pi)
    path = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return [path * np.exp(generator.normal(0, 0.2, 2))]


def _rings(generator: np.random.Generator) -> list[Stroke]:
    """Return a ring drawn over and over; once or twice, it would be a 0."""
    turns = generator.integers(3, 9)
    t = np.linspace(0, 2 * np.pi, 40)
    stretch = np.exp(generator.normal(0, 0.2, 2))
    rings = []
    for _ in range(turns):
        size, place = generator.normal(1, 0.22, 2), generator.normal(0, 0.2, 2)
        rings.append(stretch * (size * np.column_stack([np.cos(t), np.sin(t)]) + place))
    if generator.random() < 0.5:
        return rings
    return [_along(np.concatenate(rings), 24 * turns)]  # goes from one ring into the next


def _figure(generator: np.random.Generator) -> list[Stroke]:
    """Return a triangle, square, star, house or heart."""
    kind = int(generator.integers(5))
    figure = (
        rotated(_trembling(_heart(), generator), generator.normal(0, 0.15))
        if kind == 4
        else _polygon(kind, generator)
    )
    return [figure * np.exp(generator.normal(0, 0.12, 2))]


def _polygon(kind: int, generator: np.random.Generator) -> Stroke:
    corners = np.array(_FIGURES[kind], float)
    corners += generator.normal(0, 0.06, corners.shape)
    if generator.random() < 0.8:
        corners[-1] = corners[0] + generator.normal(0, 0.03, 2)
    # So many points that `rasterize` does not round the corners.
    sides = _along(corners, 16 * len(corners))
    angle = generator.uniform(0, 2 * np.pi) if kind in _ANY_WAY_UP else 0.0
    return rotated(sides, angle + generator.normal(0, 0.1))


def _heart() -> Stroke:
    t = np.linspace(0, 2 * np.pi, 60)
    down = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.column_stack([16 * np.sin(t) ** 3, -down]) / 16


def _curl(generator: np.random.Generator) -> list[Stroke]:
    """Return a path of constant speed and randomly changing curvature."""
    bend = _along(generator.standard_normal((generator.integers(6, 16), 1)), 200)[:, 0]
    bend += generator.normal(0, 0.5) * np.linspace(0, 1, 200)
    # No digit turns by more than 4 pi, an 8.
    bend *= 2 * np.pi * generator.uniform(2.7, 6) / np.abs(bend).sum()
    direction = np.cumsum(bend) + generator.uniform(0, 2 * np.pi)
    return [np.cumsum(np.column_stack([np.cos(direction), np.sin(direction)]), axis=0)]


def _strolls(generator: np.random.Generator) -> list[Stroke]:
    """Return one to three smooth random paths."""
    return [_stroll(generator) for _ in range(generator.integers(1, 4))]


def _stroll(generator: np.random.Generator) -> Stroke:
    """Return a path whose speed changes slowly."""
    steps = generator.integers(60, 200)
    speed = np.cumsum(generator.standard_normal((steps, 2)), axis=0)
    # The less of the mean speed remains, the closer the path ends to its start.
    speed -= speed.mean(axis=0) * generator.uniform(0, 1)
    speed += generator.uniform(0, 4) * generator.standard_normal((steps, 2))
    path: Stroke = np.cumsum(speed, axis=0)
    return path


def _round_trips(generator: np.random.Generator) -> list[Stroke]:
    """Return one or two paths between random points."""
    return [_round_trip(generator) for _ in range(generator.integers(1, 3))]


def _round_trip(generator: np.random.Generator) -> Stroke:
    """Return random points, joined by straight lines or, where `rasterize` does so, by curves."""
    places = generator.normal(0, 1, (generator.integers(5, 18), 2))
    if generator.random() < 0.6:
        return places
    return _along(places, 12 * len(places))


def _bar(generator: np.random.Generator, angle: float) -> Stroke:
    """Return a nearly straight line of length 2 around the origin, x at angle 0."""
    t = np.linspace(-1, 1, 12)
    bend = generator.normal(0, 0.06)
    along = np.column_stack([t, bend * (1 - t**2) + generator.normal(0, 0.01, 12)])
    return rotated(along, angle)


def _trembling(path: Stroke, generator: np.random.Generator) -> Stroke:
    """Return the path with the tremor of an unsteady hand."""
    off: Stroke = np.cumsum(generator.normal(0, 0.015, path.shape), axis=0)
    return path + off


def _along(points: Stroke, count: int | np.integer) -> Stroke:
    """Return `count` points along the straight lines that join these points, (k, d)."""
    at = np.linspace(0, len(points) - 1, count)
    corners = np.arange(len(points))
    return np.column_stack([np.interp(at, corners, column) for column in points.T])


# How often a tangle goes back and forth across and down, either way round; 1 and 2 would be an 8.
_CROSSINGS = ((2, 3), (3, 4), (3, 5), (4, 5), (5, 7))

_FIGURES = (
    ((0, -1), (0.9, 0.7), (-0.9, 0.7), (0, -1)),  # a triangle
    ((-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8), (-0.8, -0.8)),  # a square
    ((-0.6, 0.8), (0, -1), (0.6, 0.8), (-0.95, -0.3), (0.95, -0.3), (-0.6, 0.8)),  # a star
    ((-0.7, 1), (-0.7, -0.2), (0, -1), (0.7, -0.2), (0.7, 1), (-0.7, 1)),  # a house
)

# Triangles and stars may be rotated freely; a square on its corner could be a 0.
_ANY_WAY_UP = (0, 2)

# Each kind and its relative frequency.
_KINDS = (
    (_waves, 2),
    (_tangle, 2),
    (_wandering, 2),
    (_dots, 2),
    (_lying_bar, 2),
    (_cross, 2),
    (_parallels, 2),
    (_zigzag, 2),
    (_scratched_out, 2),
    (_spiral, 3),
    (_rings, 3),
    (_figure, 4),
    (_curl, 4),
    (_strolls, 13),
    (_round_trips, 5),
)
