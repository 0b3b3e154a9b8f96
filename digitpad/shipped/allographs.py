"""Allographs: rewrite digits in forms that are common but rare in the training data.

Too few of the training data's writers put a slash through the 0; write a 1 with a flag, a foot or
a long upstroke; the bar of a 5 far above it; a bar through the 7; an 8 that is open at the top; or
a 9 whose tail curls to the left, although these forms are taught in many countries.
"""

from collections.abc import Sequence

import numpy as np

from digitpad.drawing.strokes import Stroke

# The fraction of digits that is rewritten: a 1 only if it is a plain bar, a 5 if it has two
# strokes, a 7, 8 or 9 if it has one.
_SLASHED = 0.2
_UPSTROKE, _FLAG, _FLAG_AND_FOOT = 0.3, 0.08, 0.16
_BAR_ABOVE = 0.3
_CROSSED = 0.15
_OPENED = 0.2
_CURLED = 0.18


def with_allograph(
    label: int | None, strokes: Sequence[Stroke], generator: np.random.Generator
) -> list[Stroke]:
    """Return a digit's strokes, (k, 2) each, at random rewritten as another allograph."""
    strokes = list(strokes)
    chance = generator.random()
    if label == 0 and chance < _SLASHED:
        return [*strokes, _slash(strokes, generator)]
    if label == 1 and _is_a_lone_bar(strokes):
        if chance < _UPSTROKE:
            return [_with_upstroke(strokes[0], generator)]
        if chance < _UPSTROKE + _FLAG:
            return [_with_flag(strokes[0], generator, longest=0.28)]
        if chance < _UPSTROKE + _FLAG + _FLAG_AND_FOOT:
            one = _with_flag(strokes[0], generator, longest=0.4)
            return [one, _foot(one, generator)]
    if label == 5 and len(strokes) == 2 and chance < _BAR_ABOVE:
        return _with_bar_above(strokes, generator)
    if label == 7 and len(strokes) == 1 and chance < _CROSSED:
        return [*strokes, _bar_through(strokes, generator)]
    if label == 8 and len(strokes) == 1 and chance < _OPENED:
        return [_opened(strokes[0], generator)]
    if label == 9 and len(strokes) == 1 and chance < _CURLED:
        return [_with_curled_tail(strokes[0], generator)]
    return strokes


def _slash(strokes: Sequence[Stroke], generator: np.random.Generator) -> Stroke:
    """Return a line through the ink's middle, from level to rising steeply to the right."""
    low, high = _box(strokes)
    angle = np.deg2rad(generator.uniform(-10, 100))
    reach = np.array([np.cos(angle), -np.sin(angle)]) * generator.uniform(0.45, 0.95)
    middle, half = (low + high) / 2, reach * (high - low).max()
    return np.array([middle - half, middle + half])


def _is_a_lone_bar(strokes: Sequence[Stroke]) -> bool:
    if len(strokes) != 1:
        return False
    width, height = np.ptp(strokes[0], axis=0)
    return bool(width < 0.4 * height)


def _downwards(bar: Stroke) -> Stroke:
    return bar if bar[0, 1] <= bar[-1, 1] else bar[::-1]


def _with_upstroke(bar: Stroke, generator: np.random.Generator) -> Stroke:
    """Return a 1 that begins with a stroke up to its top, as in much of Europe.

    It rises at 35° or more; flatter, it would look like the bar of a 7.
    """
    left = generator.uniform(0.15, 0.6)
    return _with_lead_in(bar, left, min(left * generator.uniform(0.7, 1.7), 0.8), generator)


def _with_flag(bar: Stroke, generator: np.random.Generator, *, longest: float) -> Stroke:
    """Return a 1 with a short line to its top, at any angle; a 7's is longer."""
    return _with_lead_in(
        bar, generator.uniform(0.08, longest), generator.uniform(0.03, 0.25), generator
    )


def _with_lead_in(bar: Stroke, left: float, down: float, generator: np.random.Generator) -> Stroke:
    """Return a bar with a line to its top that starts this far left and down, in bar heights."""
    bar = _downwards(bar)
    height = np.ptp(bar[:, 1])
    start = bar[0] + height * np.array([-left, down])
    t = np.linspace(0, 1, 12)[:-1, None]
    bulge = height * left * generator.normal(0, 0.1) * t * (1 - t) * 4
    return np.concatenate([start + t * (bar[0] - start) + bulge, bar])


def _foot(one: Stroke, generator: np.random.Generator) -> Stroke:
    """Return a line for a 1 to stand on."""
    height = np.ptp(one[:, 1])
    lowest = one[np.argmax(one[:, 1])]
    half = height * np.array([generator.uniform(0.1, 0.4), generator.normal(0, 0.05)])
    # Some begin or end where the 1 does.
    middle = lowest + half * np.clip(generator.normal(0, 0.4), -1, 1)
    return np.array([middle - half, middle + half])


def _with_bar_above(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    """Return a 5 with a gap between its upper stroke, often shortened, and the other."""
    low, high = _box(strokes)
    upper = int(strokes[0][:, 1].mean() > strokes[1][:, 1].mean())
    raised = list(strokes)
    middle = strokes[upper].mean(axis=0)
    bar = (strokes[upper] - middle) * generator.uniform(0.5, 1) + middle
    raised[upper] = bar - [0.0, generator.uniform(0.05, 0.3) * (high - low)[1]]
    return raised


def _bar_through(strokes: Sequence[Stroke], generator: np.random.Generator) -> Stroke:
    """Return a nearly level bar through the ink's middle."""
    low, high = _box(strokes)
    width, rise = generator.uniform(0.4, 0.8), generator.normal(0, 0.1)
    half = (high - low) * (width, -rise) / 2
    return np.array([(low + high) / 2 - half, (low + high) / 2 + half])


def _with_curled_tail(nine: Stroke, generator: np.random.Generator) -> Stroke:
    """Return a 9 that ends, if it ends below, with a curve to the left."""
    low, high = _box([nine])
    width, height = high - low
    end = nine[-1]
    if end[1] < high[1] - 0.15 * height:
        return nine
    reach = width * generator.uniform(0.3, 0.8)
    bend = end + reach * np.array([-0.1, generator.uniform(0.1, 0.35)])
    tip = end + reach * np.array([-generator.uniform(0.8, 1.6), generator.uniform(-0.15, 0.25)])
    t = np.linspace(0, 1, 12)[1:, None]
    # Bézier's curve of second degree.
    return np.concatenate([nine, (1 - t) ** 2 * end + 2 * t * (1 - t) * bend + t**2 * tip])


def _opened(eight: Stroke, generator: np.random.Generator) -> Stroke:
    """Return an 8 with a gap where it begins and ends, if that is above its middle."""
    low, high = _box([eight])
    if max(eight[0, 1], eight[-1, 1]) > (low + high)[1] / 2:
        return eight
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(eight, axis=0).T))])
    begin, end = way[-1] * (generator.uniform(0, 0.09, 2) * (1, -1) + (0, 1))
    at = np.concatenate([[begin], way[(way > begin) & (way < end)], [end]])
    return np.column_stack([np.interp(at, way, column) for column in eight.T])


def _box(strokes: Sequence[Stroke]) -> tuple[Stroke, Stroke]:
    """Return the minimum and the maximum x and y, (2,) each."""
    points = np.concatenate(strokes)
    return points.min(axis=0), points.max(axis=0)
