"""Allographs: rewrite digits in forms that are common but rare in the training data.

Too few of the training data's writers put a slash through the 0 or end it inside; write a 1 with a
flag, a foot or a long upstroke; a 2 without a foot, narrow or with a closed head; a 3 with a closed
head; a 4 whose bar is low and whose stem is short; the bar of a 5 far above it; a bar through the
7, joined to its foot or below a head like a V; an 8 that is open at the top; or a 9 with a flat
loop, a wide one, or one whose tail curls to the left, although many people write so.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from digitpad.drawing.strokes import Stroke

Kind: TypeAlias = Callable[[Sequence[Stroke], np.random.Generator], list[Stroke]]


def with_allograph(
    label: int | None, strokes: Sequence[Stroke], generator: np.random.Generator
) -> list[Stroke]:
    """Return a digit's strokes, (k, 2) each, at random rewritten as another allograph."""
    chance = generator.random()
    for share, kind in _KINDS.get(label, ()) if label is not None else ():
        if chance < share:
            return kind(strokes, generator)
        chance -= share
    return list(strokes)


def one_or_seven(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke] | None:
    """Return a 1 with a roof that some write on their 1 and others on their 7, or None.

    The roof rises by 18 to 32 degrees and is about half as long as the stem. None if the strokes
    are not the lone bar that this is made of.
    """
    if not _is_a_lone_bar(strokes):
        return None
    length = generator.uniform(0.4, 0.6)
    return [_with_roof(strokes[0], generator.uniform(18, 32), length, generator)]


# -- 0 ---------------------------------------------------------------------------------------------


def _slashed(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    return [*strokes, _slash(strokes, generator)]


def _with_tail_inside(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    """Return a 0 of one stroke that, if it ends above its middle, goes on into its inside."""
    low, high = _box(strokes)
    end = strokes[-1][-1]
    if len(strokes) != 1 or end[1] > (low + high)[1] / 2:
        return list(strokes)
    inside = (low + high) / 2 + (high - low) * generator.normal(0, 0.12, 2)
    tip = end + (inside - end) * generator.uniform(0.3, 1.1)
    bend = (end + tip) / 2 + (high - low) * generator.normal(0, 0.1, 2)
    return [np.concatenate([strokes[0], _curve(end, bend, tip)])]


def _slash(strokes: Sequence[Stroke], generator: np.random.Generator) -> Stroke:
    """Return a line through the ink's middle, from level to rising steeply to the right."""
    low, high = _box(strokes)
    angle = np.deg2rad(generator.uniform(-10, 100))
    reach = np.array([np.cos(angle), -np.sin(angle)]) * generator.uniform(0.45, 0.95)
    middle, half = (low + high) / 2, reach * (high - low).max()
    return np.array([middle - half, middle + half])


# -- 1 ---------------------------------------------------------------------------------------------


def _upstroke(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    if not _is_a_lone_bar(strokes):
        return list(strokes)
    return [_with_upstroke(strokes[0], generator)]


def _flag(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    if not _is_a_lone_bar(strokes):
        return list(strokes)
    return [_with_flag(strokes[0], generator, longest=0.28)]


def _flag_and_foot(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    if not _is_a_lone_bar(strokes):
        return list(strokes)
    one = _with_flag(strokes[0], generator, longest=0.4)
    return [one, _foot(one, generator)]


def _with_hook(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    """Return a 1 whose pen goes back a little from its foot, to either side."""
    if not _is_a_lone_bar(strokes):
        return list(strokes)
    bar = _downwards(strokes[0])
    height = np.ptp(bar[:, 1])
    side, up = generator.uniform(-0.15, 0.15), generator.uniform(0.05, 0.3)
    way = np.array([side, -up]) * height
    return [np.concatenate([bar, bar[-1] + np.linspace(0, 1, 5)[1:, None] * way])]


def _is_a_lone_bar(strokes: Sequence[Stroke]) -> bool:
    if len(strokes) != 1:
        return False
    width, height = np.ptp(strokes[0], axis=0)
    straight = _lengths(strokes[0])[-1] < 1.2 * np.hypot(width, height)
    return bool(width < 0.4 * height and straight)


def _downwards(bar: Stroke) -> Stroke:
    return bar if bar[0, 1] <= bar[-1, 1] else bar[::-1]


def _with_upstroke(bar: Stroke, generator: np.random.Generator) -> Stroke:
    """Return a 1 that begins with a stroke up to its top, as in much of Europe.

    It rises by 35 degrees or more; if it is short, by 25 or more. Flatter and longer, it would look
    like the bar of a 7 (`one_or_seven`). Half of these lean to the right.
    """
    angle = generator.uniform(25, 65)
    one = _with_roof(bar, angle, generator.uniform(0.2, 0.9 if angle > 35 else 0.4), generator)
    if generator.random() < 0.5:
        one = leaning(one, generator.uniform(0, 0.5))
    return one


def leaning(stroke: Stroke, slant: float) -> Stroke:
    """Return a stroke sheared to the right: it moves by `slant` times the way upwards."""
    leant: Stroke = stroke @ np.array([[1.0, 0.0], [-slant, 1.0]])
    return leant


def _with_roof(bar: Stroke, angle: float, length: float, generator: np.random.Generator) -> Stroke:
    """Return a bar with a line to its top, rising by `angle` degrees, `length` bar heights long."""
    turn = np.deg2rad(angle)
    return _with_lead_in(bar, length * np.cos(turn), length * np.sin(turn), generator)


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
    way = bar[0] - start
    # To either side, a little more often upwards.
    bulge = generator.normal(0.08, 0.15) * np.array([way[1], -way[0]]) * t * (1 - t) * 4
    return np.concatenate([start + t * way + bulge, bar])


def _foot(one: Stroke, generator: np.random.Generator) -> Stroke:
    """Return a line for a 1 to stand on."""
    height = np.ptp(one[:, 1])
    lowest = one[np.argmax(one[:, 1])]
    half = height * np.array([generator.uniform(0.1, 0.4), generator.normal(0, 0.05)])
    # Some begin or end where the 1 does.
    middle = lowest + half * np.clip(generator.normal(0, 0.4), -1, 1)
    return np.array([middle - half, middle + half])


# -- 2, 3 and 4 ------------------------------------------------------------------------------------


def _without_foot(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    """Return a 2 of one stroke that ends soon after its lower left corner."""
    two = strokes[0]
    low, high = _box(strokes)
    along = _lengths(two)
    places = (two - low) / np.maximum(high - low, 1e-9)
    corner = int(np.argmax(np.where(along > 0.5 * along[-1], places[:, 1] - places[:, 0], -2.0)))
    if len(strokes) != 1 or places[corner, 1] < 0.7 or places[corner, 0] > 0.5:
        return list(strokes)
    kept = along[corner] + (along[-1] - along[corner]) * generator.uniform(0.1, 0.5)
    return [_cut(two, 0.0, float(kept))]


def _narrow(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    return _widened(strokes, generator.uniform(0.45, 0.75))


def _wide(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    return _widened(strokes, generator.uniform(1.25, 1.7))


def _widened(strokes: Sequence[Stroke], factor: float) -> list[Stroke]:
    return [stroke * np.array([factor, 1.0]) for stroke in strokes]


def _with_closed_head(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    """Return a 2 or 3 of one stroke whose beginning comes from its right, below its head."""
    stroke = strokes[0]
    low, high = _box(strokes)
    height = (high - low)[1]
    start = stroke[0]
    along = _lengths(stroke)
    upper = (along > 0.1 * along[-1]) & (along < 0.6 * along[-1])
    if len(strokes) != 1 or start[1] > low[1] + 0.5 * height or not upper.any():
        return list(strokes)
    right = int(np.argmax(np.where(upper, stroke[:, 0], -np.inf)))
    below = start[1] + generator.uniform(0.05, 0.25) * height
    after = np.flatnonzero((np.arange(len(stroke)) >= right) & (stroke[:, 1] >= below))
    if not len(after):
        return list(strokes)
    tip = start + (stroke[after[0]] - start) * generator.uniform(0.3, 0.9)
    bend = (tip + start) / 2 + np.array([-0.1, generator.uniform(0.05, 0.2)]) * height
    return [np.concatenate([_curve(tip, bend, start)[:-1], stroke])]


def _with_low_bowl(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    """Return a 4 with a low bar; one of two strokes gets a short stem and an open bowl, too.

    Most of the latter become narrower.
    """
    low, high = _box(strokes)
    height = max(float((high - low)[1]), 1e-9)
    if len(strokes) == 1:
        down = ((strokes[0][:, 1] - low[1]) / height) ** generator.uniform(0.6, 0.85)
        return [np.column_stack([strokes[0][:, 0], low[1] + height * down])]
    if len(strokes) != 2:
        return list(strokes)
    stem = int(strokes[1][:, 0].mean() > strokes[0][:, 0].mean())
    width, tall = np.ptp(strokes[stem], axis=0)
    if width > 0.7 * tall:
        return list(strokes)
    hook = strokes[1 - stem]
    bar = hook[:, 1].max()
    # The bowl opens: the higher, the further to the left.
    opened = hook.copy()
    opened[:, 0] -= generator.uniform(0, 0.3) * (bar - hook[:, 1])
    opened[:, 1] = bar - (bar - hook[:, 1]) * generator.uniform(1.0, 1.4)
    top, bottom = bar - generator.uniform(0.15, 0.5) * height, generator.uniform(0.08, 0.35)
    down = (strokes[stem][:, 1] - strokes[stem][:, 1].min()) / max(float(tall), 1e-9)
    short = np.column_stack([strokes[stem][:, 0], top + down * (bar + bottom * height - top)])
    left, right = hook[:, 0].min(), hook[:, 0].max()
    short[:, 0] += left + (right - left) * generator.uniform(0.55, 0.95) - short[:, 0].mean()
    changed = [short, opened] if stem == 0 else [opened, short]
    return _widened(changed, generator.uniform(0.7, 1.1))


# -- 5 and 7 ---------------------------------------------------------------------------------------


def _with_bar_above(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    """Return a 5 of two strokes with a gap between them, the upper one often shortened."""
    if len(strokes) != 2:
        return list(strokes)
    low, high = _box(strokes)
    upper = int(strokes[0][:, 1].mean() > strokes[1][:, 1].mean())
    raised = list(strokes)
    middle = strokes[upper].mean(axis=0)
    bar = (strokes[upper] - middle) * generator.uniform(0.5, 1) + middle
    raised[upper] = bar - [0.0, generator.uniform(0.05, 0.3) * (high - low)[1]]
    return raised


def _crossed(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    """Return a 7 with a bar, if it is of one stroke."""
    return [*strokes, _bar_through(strokes, generator)] if len(strokes) == 1 else list(strokes)


def _bar_through(strokes: Sequence[Stroke], generator: np.random.Generator) -> Stroke:
    """Return a nearly level bar through the ink's middle."""
    low, high = _box(strokes)
    width, rise = generator.uniform(0.4, 0.8), generator.normal(0, 0.1)
    half = (high - low) * (width, -rise) / 2
    return np.array([(low + high) / 2 - half, (low + high) / 2 + half])


def _with_hooked_bar(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    """Return a 7 whose bar follows from its foot without lifting the pen."""
    seven = strokes[0]
    low, high = _box(strokes)
    width, height = high - low
    foot = seven[-1]
    if len(strokes) > 2 or foot[1] < high[1] - 0.15 * height or _corner(seven) == 0:
        return list(strokes)
    level = low[1] + generator.uniform(0.45, 0.75) * height
    stem = seven[_corner(seven) :]
    middle = np.array([np.interp(level, stem[:, 1], stem[:, 0]), level])
    half = np.array([width * generator.uniform(0.25, 0.6), -height * generator.uniform(0, 0.1)])
    left, right = middle - half, middle + half
    bend = np.array([left[0] - width * generator.uniform(0, 0.3), (foot[1] + left[1]) / 2])
    back = _curve(foot, bend, left)
    return [np.concatenate([seven, back, left + np.linspace(0, 1, 9)[1:, None] * (right - left)])]


def _with_head_like_a_v(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    """Return a 7 whose upper bar sags like a V; most get a bar if they have none."""
    seven = strokes[0]
    low, high = _box(strokes)
    corner = _corner(seven)
    if corner == 0:
        return list(strokes)
    along = _lengths(_resampled(seven[: corner + 1], 16))
    head = _resampled(seven[: corner + 1], 16)
    sag = generator.uniform(0.1, 0.3) * (high - low)[1]
    head[:, 1] += sag * (1 - np.abs(2 * along / along[-1] - 1))
    changed = [np.concatenate([head, seven[corner + 1 :]]), *strokes[1:]]
    if len(strokes) == 1 and generator.random() < 0.7:
        changed.append(_bar_through(strokes, generator))
    return changed


def _corner(seven: Stroke) -> int:
    """Return the index of the upper right corner, or 0 if the stroke does not look like a 7."""
    low, high = _box([seven])
    places = (seven - low) / np.maximum(high - low, 1e-9)
    corner = int(np.argmax(places[:, 0] - places[:, 1]))
    is_one = places[corner, 1] < 0.35 and places[0, 0] < 0.4 and places[-1, 1] > 0.8
    return corner if is_one and corner < len(seven) - 1 else 0


# -- 8 and 9 ---------------------------------------------------------------------------------------


def _opened(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    """Return an 8 of one stroke with a gap where it begins and ends, if that is on top."""
    eight = strokes[0]
    low, high = _box(strokes)
    if len(strokes) != 1 or max(eight[0, 1], eight[-1, 1]) > (low + high)[1] / 2:
        return list(strokes)
    begin, end = _lengths(eight)[-1] * (generator.uniform(0, 0.09, 2) * (1, -1) + (0, 1))
    return [_cut(eight, begin, end)]


def _with_curled_tail(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    """Return a 9 of one stroke that ends, if it ends below, with a curve to the left.

    Most become wider.
    """
    low, high = _box(strokes)
    width, height = high - low
    end = strokes[-1][-1]
    if len(strokes) != 1 or end[1] < high[1] - 0.15 * height:
        return list(strokes)
    reach = width * generator.uniform(0.3, 0.8)
    bend = end + reach * np.array([-0.1, generator.uniform(0.1, 0.35)])
    tip = end + reach * np.array([-generator.uniform(0.8, 1.6), generator.uniform(-0.15, 0.25)])
    curled = [np.concatenate([strokes[0], _curve(end, bend, tip)])]
    return _widened(curled, generator.uniform(0.9, 1.5))


def _with_flat_loop(strokes: Sequence[Stroke], generator: np.random.Generator) -> list[Stroke]:
    """Return a 9 of one stroke whose loop is flat."""
    nine = strokes[0]
    low, high = _box(strokes)
    along = _lengths(nine) / max(_lengths(nine)[-1], 1e-9)
    back_on_top = (along > 0.3) & (along < 0.85)
    if len(strokes) != 1 or not back_on_top.any():
        return list(strokes)
    closed = int(np.argmin(np.where(back_on_top, nine[:, 1], np.inf)))
    bottom = nine[: closed + 1, 1].max()
    if not low[1] + 0.15 * (high - low)[1] < bottom < low[1] + 0.75 * (high - low)[1]:
        return list(strokes)
    flat = nine.copy()
    lost = (bottom - low[1]) * (1 - generator.uniform(0.3, 0.7))
    flat[:, 1] -= lost * np.minimum((nine[:, 1] - low[1]) / (bottom - low[1]), 1)
    return [flat]


# -- paths -----------------------------------------------------------------------------------------


def _lengths(stroke: Stroke) -> Stroke:
    """Return how far along the stroke its points are, (k,)."""
    lengths: Stroke = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    return lengths


def _cut(stroke: Stroke, begin: float, end: float) -> Stroke:
    """Return the part of a stroke between two lengths along it."""
    along = _lengths(stroke)
    at = np.concatenate([[begin], along[(along > begin) & (along < end)], [end]])
    return np.column_stack([np.interp(at, along, column) for column in stroke.T])


def _resampled(stroke: Stroke, count: int) -> Stroke:
    """Return `count` points evenly spaced along a stroke."""
    along = _lengths(stroke)
    at = np.linspace(0, along[-1], count)
    return np.column_stack([np.interp(at, along, column) for column in stroke.T])


def _curve(start: Stroke, bend: Stroke, end: Stroke) -> Stroke:
    """Return points of Bézier's curve of second degree, without its start."""
    t = np.linspace(0, 1, 12)[1:, None]
    curve: Stroke = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
    return curve


def _box(strokes: Sequence[Stroke]) -> tuple[Stroke, Stroke]:
    """Return the minimum and the maximum x and y, (2,) each."""
    points = np.concatenate(strokes)
    return points.min(axis=0), points.max(axis=0)


# Of each digit, the fraction that becomes each kind, if it can: some kinds are made of a lone bar,
# of two strokes or of one only.
_KINDS: dict[int, tuple[tuple[float, Kind], ...]] = {
    0: ((0.2, _slashed), (0.12, _with_tail_inside)),
    1: ((0.33, _upstroke), (0.08, _flag), (0.14, _flag_and_foot), (0.05, _with_hook)),
    2: ((0.12, _without_foot), (0.1, _narrow), (0.12, _with_closed_head)),
    3: ((0.05, _with_closed_head), (0.05, _narrow)),
    4: ((0.22, _with_low_bowl), (0.05, _wide)),
    5: ((0.3, _with_bar_above),),
    6: ((0.08, _wide), (0.05, _narrow)),
    7: ((0.15, _crossed), (0.15, _with_hooked_bar), (0.1, _with_head_like_a_v)),
    8: ((0.2, _opened), (0.08, _narrow)),
    9: ((0.22, _with_curled_tail), (0.15, _with_flat_loop), (0.1, _wide)),
}
