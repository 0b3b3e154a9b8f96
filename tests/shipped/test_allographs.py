"""Habits that are lent to others' digits."""

from collections.abc import Callable

import numpy as np

from digitpad.drawing.strokes import Stroke
from digitpad.shipped.allographs import with_allograph

TURN = np.linspace(0, 6.2, 90)
ZERO = np.column_stack([np.sin(TURN), -np.cos(TURN)])
BAR = np.column_stack([np.zeros(20), np.linspace(0, 1, 20)])
FIVE = [np.array([[0.0, 0.0], [0.5, 0.0]]), np.array([[0.0, 0.0], [0.0, 0.4], [0.4, 0.7], [0, 1]])]
SEVEN = np.array([[0.0, 0.0], [1.0, 0.0], [0.4, 1.0]])
NINE = np.concatenate([0.3 * ZERO + [0.0, 0.3], [[0.3, 0.3], [0.3, 1.2]]])


def changed(
    label: int, strokes: list[Stroke], is_changed: Callable[[list[Stroke]], bool]
) -> list[list[Stroke]]:
    """Return those of a thousand that got another habit."""
    generator = np.random.default_rng(0)
    made = [with_allograph(label, strokes, generator) for _ in range(1000)]
    return [one for one in made if is_changed(one)]


def test_some_zeros_are_slashed_from_level_to_steep() -> None:
    slashed = changed(0, [ZERO], lambda one: len(one) == 2)
    assert 140 < len(slashed) < 260
    ways = np.array([slash[1] - slash[0] for _, slash in slashed])
    angles = np.degrees(np.arctan2(-ways[:, 1], ways[:, 0]))  # y is downwards
    assert -10 < angles.min() < 5
    assert 85 < angles.max() < 100
    middles = np.array([slash.mean(axis=0) for _, slash in slashed])
    np.testing.assert_allclose(middles, np.broadcast_to(middles[0], middles.shape), atol=1e-9)


def test_a_one_gets_an_upstroke_that_is_no_roof_a_flag_or_a_foot() -> None:
    ones = changed(1, [BAR], lambda one: len(one[0]) > len(BAR) or len(one) > 1)
    assert 440 < len(ones) < 640
    for strokes in ones:
        way = strokes[0][-len(BAR)] - strokes[0][0]
        assert way[0] > 0
        assert way[1] < 0
        if len(strokes) == 1:
            assert way[0] < 0.29 or -way[1] > 0.6 * way[0]
    footed = [strokes for strokes in ones if len(strokes) == 2]
    assert 100 < len(footed) < 220
    for _, foot in footed:
        left, right = foot - BAR[-1]  # what it stands on lies between them
        assert abs(left[0] * right[1] - left[1] * right[0]) < 1e-9
        assert left[0] <= 0 <= right[0]
        assert np.ptp(foot[:, 0]) > 0.19
    # From below it is the same.
    upwards = changed(1, [BAR[::-1]], lambda one: len(one[0]) > len(BAR))
    assert all(stroke[-1, 1] == 1 for stroke, *_ in upwards)


def test_a_one_that_is_no_bar_stays() -> None:
    assert not changed(1, [SEVEN], lambda one: len(one) > 1 or one[0] is not SEVEN)


def test_the_bar_of_a_five_rises() -> None:
    raised = changed(5, FIVE, lambda one: one[0] is not FIVE[0])
    assert 230 < len(raised) < 370
    for bar, belly in raised:
        assert 0.24 < np.ptp(bar[:, 0]) < 0.51
        assert -0.31 < bar[0, 1] < -0.04
        assert belly is FIVE[1]


def test_some_sevens_are_crossed() -> None:
    crossed = changed(7, [SEVEN], lambda one: len(one) == 2)
    assert 100 < len(crossed) < 200
    assert all(np.ptp(bar[:, 0]) > 3 * np.ptp(bar[:, 1]) / 2 for _, bar in crossed)


def test_the_tail_of_a_nine_curls_to_the_left_below() -> None:
    curled = changed(9, [NINE], lambda one: len(one[0]) > len(NINE))
    assert 120 < len(curled) < 240
    for (nine,) in curled:
        tail = nine[len(NINE) :]
        assert tail[-1, 0] < NINE[-1, 0] - 0.1
        assert tail[:, 1].min() > 1.0
    upside_down = NINE[::-1]  # ends in its head
    assert not changed(9, [upside_down], lambda one: len(one[0]) > len(NINE))


def test_some_eights_gape_at_their_top() -> None:
    turn = np.linspace(0, 2 * np.pi, 80)
    eight = np.column_stack([np.sin(2 * turn), -np.cos(turn)])
    opened = changed(8, [eight], lambda one: one[0] is not eight)
    assert 140 < len(opened) < 260
    for (one,) in opened:
        assert max(one[0, 1], one[-1, 1]) < -0.5
        assert one[:, 1].max() > 0.99
    assert np.mean([np.hypot(*(one[0] - one[-1])) for (one,) in opened]) > 0.3
    lower = np.roll(eight[:-1], 40, axis=0)  # begins at its foot
    assert not changed(8, [lower], lambda one: one[0] is not lower)


def test_what_is_no_digit_has_no_habits() -> None:
    generator = np.random.default_rng(0)
    assert all(with_allograph(None, [BAR], generator)[0] is BAR for _ in range(300))
