"""Habits that are lent to others' digits."""

from collections.abc import Callable

import numpy as np

from digitpad.drawing.strokes import Stroke
from digitpad.shipped.allographs import leaning, one_or_seven, with_allograph

TURN = np.linspace(0, 6.2, 90)
ZERO = np.column_stack([np.sin(TURN), -np.cos(TURN)])
BAR = np.column_stack([np.zeros(20), np.linspace(0, 1, 20)])
FIVE = [np.array([[0.0, 0.0], [0.5, 0.0]]), np.array([[0.0, 0.0], [0.0, 0.4], [0.4, 0.7], [0, 1]])]
SEVEN = np.array([[0.0, 0.0], [1.0, 0.0], [0.4, 1.0]])
TWO = np.concatenate(
    [
        np.column_stack([0.5 + 0.5 * np.sin(TURN[:45] - 1.5), 0.4 - 0.4 * np.cos(TURN[:45] - 1.5)]),
        np.linspace([0.85, 0.65], [0.0, 2.0], 20),
        np.linspace([0.0, 2.0], [1.0, 2.0], 20)[1:],
    ]
)
THREE = np.concatenate(
    [
        np.column_stack([np.sin(TURN[:60] - 1.2), 1 - np.cos(TURN[:60] - 1.2)]),
        np.column_stack([np.sin(TURN[:60]), 3 - np.cos(TURN[:60])]),
    ]
)
FOUR = [np.array([[0.5, 0.0], [0.0, 0.6], [0.8, 0.6]]), np.array([[0.6, 0.1], [0.6, 1.0]])]
NINE = np.concatenate([0.3 * ZERO + [0.0, 0.3], [[0.3, 0.3], [0.3, 1.2]]])


def changed(
    label: int, strokes: list[Stroke], is_changed: Callable[[list[Stroke]], bool]
) -> list[list[Stroke]]:
    """Return those of a thousand that got another habit."""
    generator = np.random.default_rng(0)
    made = [with_allograph(label, strokes, generator) for _ in range(1000)]
    return [one for one in made if is_changed(one)]


def longer_than(points: int) -> Callable[[list[Stroke]], bool]:
    """Return whether the first stroke has more points."""
    return lambda strokes: len(strokes[0]) > points


def narrower_than(width: float) -> Callable[[list[Stroke]], bool]:
    """Return whether the first stroke is narrower."""
    return lambda strokes: bool(np.ptp(strokes[0][:, 0]) < width)


def wider_than(width: float, points: int) -> Callable[[list[Stroke]], bool]:
    """Return whether the first stroke is wider and has as many points."""
    return lambda strokes: len(strokes[0]) == points and bool(np.ptp(strokes[0][:, 0]) > width)


def shorter_than(height: float, points: int) -> Callable[[list[Stroke]], bool]:
    """Return whether the first stroke is less high and has as many points."""
    return lambda strokes: len(strokes[0]) == points and bool(np.ptp(strokes[0][:, 1]) < height)


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
    ones = changed(1, [BAR], lambda one: len(one[0]) > len(BAR) + 4 or len(one) > 1)
    assert 450 < len(ones) < 650
    for strokes in ones:
        way = strokes[0][-len(BAR)] - strokes[0][0]
        assert way[0] > 0
        assert way[1] < 0
        if len(strokes) == 1:
            slant = (strokes[0][-len(BAR)] - strokes[0][-1])[0]  # of a bar of height 1
            left, up = way[0] + slant * way[1], -way[1]
            # What is flat is short.
            assert left < 0.4 or up > 0.69 * left
    leant = [one[0] for one in ones if one[0][-len(BAR), 0] - one[0][-1, 0] > 1e-9]
    assert 120 < len(leant) < 230
    assert max(one[-len(BAR), 0] - one[-1, 0] for one in leant) < 0.51
    footed = [strokes for strokes in ones if len(strokes) == 2]
    assert 90 < len(footed) < 200
    for _, foot in footed:
        left_end, right_end = foot - BAR[-1]  # what it stands on lies between them
        assert abs(left_end[0] * right_end[1] - left_end[1] * right_end[0]) < 1e-9
        assert left_end[0] <= 0 <= right_end[0]
        assert np.ptp(foot[:, 0]) > 0.19
    # From below it is the same.
    upwards = changed(1, [BAR[::-1]], lambda one: len(one[0]) > len(BAR) + 4)
    assert all(stroke[-1, 1] == 1 for stroke, *_ in upwards)


def test_the_pen_goes_back_from_the_foot_of_some_ones() -> None:
    hooked = changed(1, [BAR], lambda one: len(one) == 1 and len(one[0]) == len(BAR) + 4)
    assert 25 < len(hooked) < 80
    for (one,) in hooked:
        assert np.array_equal(one[: len(BAR)], BAR)
        assert 0.7 <= one[-1, 1] < 0.96
        assert abs(one[-1, 0]) <= 0.15


def test_a_one_with_a_roof_half_as_long_as_its_stem_may_be_a_seven() -> None:
    generator = np.random.default_rng(0)
    for _ in range(300):
        made = one_or_seven([BAR], generator)
        assert made is not None
        (one,) = made
        roof = one[-len(BAR)] - one[0]
        assert 0.39 < np.hypot(*roof) < 0.61
        assert 17 < np.degrees(np.arctan2(-roof[1], roof[0])) < 33
        assert np.array_equal(one[-len(BAR) :], BAR)
    assert one_or_seven([SEVEN], generator) is None
    assert one_or_seven(FOUR, generator) is None


def test_what_leans_moves_to_the_right_the_further_the_higher_it_is() -> None:
    leant = leaning(np.array([[0.0, 0.0], [0.0, -2.0]]), 0.25)
    assert leant.tolist() == [[0.0, 0.0], [0.5, -2.0]]


def test_a_one_that_is_no_bar_stays() -> None:
    assert not changed(1, [SEVEN], lambda one: len(one) > 1 or one[0] is not SEVEN)


def test_the_bar_of_a_five_rises() -> None:
    raised = changed(5, FIVE, lambda one: one[0] is not FIVE[0])
    assert 230 < len(raised) < 370
    for bar, belly in raised:
        assert 0.24 < np.ptp(bar[:, 0]) < 0.51
        assert -0.31 < bar[0, 1] < -0.04
        assert belly is FIVE[1]


def test_some_zeros_end_inside() -> None:
    tailed = changed(0, [ZERO], lambda one: len(one) == 1 and len(one[0]) > len(ZERO))
    assert 80 < len(tailed) < 170
    for (zero,) in tailed:
        assert np.array_equal(zero[: len(ZERO)], ZERO)
        assert np.hypot(*zero[-1]) < 0.95
    from_below = ZERO * (1, -1)  # ends at the bottom
    assert not changed(0, [from_below], lambda one: len(one) == 1 and len(one[0]) > len(ZERO))


def test_some_twos_lose_their_foot() -> None:
    cut = changed(2, [TWO], lambda one: one[0][-1, 0] < 0.6)
    footless = [two for (two,) in cut if np.ptp(two[:, 0]) > 0.9]
    assert 80 < len(footless) < 170
    for two in footless:
        assert two[:, 1].max() == 2.0
        assert 0.09 < two[-1, 0] < 0.51
    upside_down = TWO[::-1]
    assert not changed(2, [upside_down], lambda one: len(one[0]) < len(TWO) - 12)


def test_some_twos_and_threes_are_narrow() -> None:
    for label, digit in ((2, TWO), (3, THREE), (8, THREE)):
        width = np.ptp(digit[:, 0])
        narrow = changed(label, [digit], narrower_than(0.8 * width))
        assert 20 < len(narrow) < 160
        for (one,) in narrow:
            assert np.ptp(one[:, 0]) > 0.44 * width
            assert np.array_equal(one[:, 1], digit[:, 1])


def test_the_heads_of_some_twos_and_threes_are_closed() -> None:
    for label, digit, fewest in ((2, TWO, 80), (3, THREE, 25)):
        closed = changed(label, [digit], longer_than(len(digit)))
        assert fewest < len(closed) < fewest + 90
        for (one,) in closed:
            lead_in = one[: len(one) - len(digit)]
            assert np.array_equal(one[len(lead_in) :], digit)
            assert lead_in[0, 0] > digit[0, 0]  # comes from the right
            assert lead_in[:, 1].max() > digit[0, 1]  # and from below
        assert not changed(label, [digit[::-1]], longer_than(len(digit)))


def test_the_bowl_of_some_fours_is_low_and_their_stem_short() -> None:
    low = changed(4, FOUR, lambda one: one[0][0, 1] != 0 or one[1][0, 1] != 0.1)
    assert 160 < len(low) < 280
    for hook, stem in low:
        assert hook[:, 1].max() == 0.6
        assert hook[0, 1] <= 0
        assert 0.1 < stem[0, 1] < 0.46
        assert 0.67 < stem[-1, 1] < 0.96
    one_stroke = np.array([[0.5, 0.0], [0.0, 0.5], [0.8, 0.5], [0.6, 0.2], [0.6, 1.0]])
    lower = changed(4, [one_stroke], lambda one: one[0][1, 1] != 0.5)
    assert 160 < len(lower) < 280
    assert all(0.55 < one[1, 1] < 0.67 for (one,) in lower)
    assert all(one[-1, 1] == 1 for (one,) in lower)


def test_some_sevens_are_crossed() -> None:
    crossed = changed(7, [SEVEN], lambda one: len(one) == 2 and len(one[0]) == 3)
    assert 100 < len(crossed) < 200
    assert all(np.ptp(bar[:, 0]) > 3 * np.ptp(bar[:, 1]) / 2 for _, bar in crossed)


def test_the_bar_of_some_sevens_follows_from_their_foot() -> None:
    def is_hooked(one: list[Stroke]) -> bool:
        return len(one) == 1 and len(one[0]) > len(SEVEN) and one[0][-1, 1] < 0.9

    for strokes in ([SEVEN], [SEVEN, np.array([[0.3, 0.5], [0.9, 0.5]])]):
        hooked = changed(7, strokes, is_hooked)
        assert 100 < len(hooked) < 200
        for (seven,) in hooked:
            assert np.array_equal(seven[:3], SEVEN)
            left, right = seven[-9], seven[-1]
            assert 0.5 < right[0] - left[0] < 1.21
            assert 0.34 < left[1] < 0.86
            assert left[0] < 1 - 0.6 * left[1] < right[0]  # crosses the stem
    assert not changed(7, [SEVEN[::-1]], is_hooked)


def test_the_bar_of_some_sevens_sags_like_a_v() -> None:
    sagging = changed(7, [SEVEN], lambda one: len(one[0]) > 3 and one[0][-1, 1] == 1)
    assert 60 < len(sagging) < 140
    for seven, *bars in sagging:
        lowest = seven[:16][np.argmax(seven[:16, 1])]
        assert 0.09 < lowest[1] < 0.31
        assert 0.4 < lowest[0] < 0.6
        assert np.allclose(seven[[0, 15]], SEVEN[:2])
        assert len(bars) < 2
    assert 0.5 < np.mean([len(one) == 2 for one in sagging]) < 0.9


def test_the_tail_of_a_nine_curls_to_the_left_below() -> None:
    curled = changed(9, [NINE], lambda one: len(one[0]) > len(NINE))
    assert 160 < len(curled) < 280
    for (nine,) in curled:
        tail = nine[len(NINE) :]
        assert tail[-1, 0] < nine[len(NINE) - 1, 0] - 0.1
        assert tail[:, 1].min() > 1.0
    upside_down = NINE[::-1]  # ends in its head
    assert not changed(9, [upside_down], lambda one: len(one[0]) > len(NINE))


def test_the_loop_of_some_nines_is_flat_and_some_are_wide() -> None:
    flat = changed(9, [NINE], shorter_than(1.15, len(NINE)))
    assert 100 < len(flat) < 200
    for (nine,) in flat:
        loop = np.ptp(nine[:80, 1]) / np.ptp(NINE[:80, 1])
        assert 0.28 < loop < 0.72
        assert np.array_equal(nine[:, 0], NINE[:, 0])
    for label, share in ((9, 100), (6, 80), (4, 50)):
        strokes = [NINE] if label == 9 else [TWO, TWO, TWO]
        width = np.ptp(strokes[0][:, 0])
        wide = changed(label, strokes, wider_than(1.2 * width, len(strokes[0])))
        assert 0.5 * share < len(wide) < 1.5 * share
        assert all(np.ptp(one[0][:, 0]) < 1.71 * width for one in wide)


def test_some_eights_gape_at_their_top() -> None:
    turn = np.linspace(0, 2 * np.pi, 80)
    eight = np.column_stack([np.sin(2 * turn), -np.cos(turn)])
    opened = changed(8, [eight], lambda one: one[0].shape != eight.shape)
    assert 140 < len(opened) < 260
    for (one,) in opened:
        assert max(one[0, 1], one[-1, 1]) < -0.5
        assert one[:, 1].max() > 0.99
    assert np.mean([np.hypot(*(one[0] - one[-1])) for (one,) in opened]) > 0.3
    lower = np.roll(eight[:-1], 40, axis=0)  # begins at its foot
    assert not changed(8, [lower], lambda one: one[0].shape != lower.shape)


def test_what_is_no_digit_has_no_habits() -> None:
    generator = np.random.default_rng(0)
    assert all(with_allograph(None, [BAR], generator)[0] is BAR for _ in range(300))
