from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from digitpad.drawing.split_digits import (
    Layout,
    Mark,
    Piece,
    box_of,
    features_of,
    lay_out,
    lay_out_parts,
    part_of,
)

Points = NDArray[np.float64]


def bar(x: float, top: float = 0.0, bottom: float = 1.0) -> Points:
    return np.array([[x, top], [x + 0.05, bottom]])


def ring(x: float, width: float = 0.6) -> Points:
    t = np.linspace(0, 2 * np.pi, 40)
    return np.column_stack([x + width / 2 + width / 2 * np.sin(t), 0.5 - 0.5 * np.cos(t)])


def line(left: float, right: float, y: float) -> Points:
    return np.array([[left, y], [(left + right) / 2, y + 0.02], [right, y]])


def rectangle(left: float, top: float, right: float, bottom: float) -> Points:
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]])
    return np.concatenate([np.linspace(a, b, 12) for a, b in pairwise(corners)])


NUMBER = [bar(0.0), ring(0.4), bar(1.5)]


def test_pieces_are_in_order_from_left_to_right_whatever_the_order_of_writing() -> None:
    layout = lay_out([NUMBER[2], NUMBER[0], NUMBER[1]])
    assert [piece.stroke for piece in layout.pieces] == [1, 2, 0]
    assert layout.height == pytest.approx(1.0)
    assert (layout.ends > 0.5).all()
    assert not layout.marks


def test_nothing_is_laid_out_as_nothing() -> None:
    nothing: list[list[ArrayLike]] = [[], [[]], [np.empty((0, 2))], [np.full((3, 2), np.nan)]]
    for strokes in nothing:
        layout = lay_out(strokes)
        assert (layout.pieces, layout.groups, layout.marks) == ((), (), ())
        assert layout.height == 0
        assert layout.ends.shape == (0,)


def test_the_scale_and_the_place_do_not_matter() -> None:
    small = lay_out(NUMBER)
    large = lay_out([stroke * 300 + 1e4 for stroke in NUMBER])
    np.testing.assert_allclose(small.ends, large.ends, atol=1e-6)
    assert small.groups == large.groups


@pytest.mark.parametrize("number", [NUMBER, NUMBER[:1], [ring(0.0)]], ids=["101", "1", "0"])
def test_an_underline_is_named(number: list[Points]) -> None:
    right = max(float(stroke[:, 0].max()) for stroke in number)
    underline = line(-0.7, right + 0.7, 1.2)
    layout = lay_out([*number, underline])
    assert layout.marks == ((Mark.UNDERLINE, (len(number),)),)
    assert len(layout.pieces) == len(number)


def test_the_foot_of_a_one_and_the_bar_of_a_five_are_none() -> None:
    foot = [bar(0.0), line(-0.3, 0.3, 1.0)]
    cap = [ring(0.0), line(0.1, 0.9, -0.1)]
    for strokes in (foot, cap):
        layout = lay_out(strokes)
        assert not layout.marks
        assert (0, 2) in layout.groups


@pytest.mark.parametrize("strokes", [1, 4])
def test_a_frame_is_named(strokes: int) -> None:
    frame = [rectangle(-0.5, -0.5, 2.1, 1.5)]
    if strokes == 4:
        frame = [line(-0.5, 2.1, -0.5), line(-0.5, 2.1, 1.5)]
        frame += [bar(-0.5, -0.5, 1.5), bar(2.05, -0.5, 1.5)]
    layout = lay_out([*frame, *NUMBER])
    ((mark, indices),) = layout.marks
    assert mark is Mark.FRAME
    assert sorted(indices) == list(range(strokes))
    assert [piece.stroke for piece in layout.pieces] == [strokes, strokes + 1, strokes + 2]


def test_a_zero_around_a_slash_or_a_dot_is_no_frame() -> None:
    for inside in (bar(0.28, 0.3, 0.7), bar(0.25, 0.05, 0.95), np.array([[0.3, 0.5]])):
        assert not any(mark is Mark.FRAME for mark, _ in lay_out([ring(0.0), inside]).marks)


def test_points_are_decimal_points_at_the_foot_between_digits_and_stray_elsewhere() -> None:
    def marks(x: float, y: float) -> list[Mark]:
        dot = np.array([[x, y], [x + 0.02, y]])
        return [mark for mark, _ in lay_out([bar(0.0), dot, ring(0.5)]).marks]

    assert marks(0.25, 1.0) == [Mark.DECIMAL_POINT]
    assert marks(0.25, 0.3) == [Mark.STRAY]
    assert marks(1.6, 1.0) == [Mark.STRAY]
    assert marks(0.03, 0.5) == []  # on the bar


def test_a_stroke_of_two_digits_is_cut_between_them() -> None:
    first, second = ring(0.0), ring(1.0)
    joined = np.concatenate([first, line(0.3, 1.3, -0.02), second])
    layout = lay_out([joined])
    assert len(layout.pieces) > 1
    assert {piece.stroke for piece in layout.pieces} == {0}
    widths = [piece.box[2] - piece.box[0] for piece in layout.pieces]
    assert max(widths) < 1.3
    assert (0, len(layout.pieces)) not in layout.groups or len(layout.pieces) <= 4


def test_a_single_digit_is_not_cut() -> None:
    layout = lay_out([ring(0.0, width=0.95)])
    assert len(layout.pieces) == 1
    assert layout.ends.shape == (0,)
    assert layout.groups == ((0, 1),)


def test_points_that_are_not_finite_are_skipped() -> None:
    broken = np.array([[0.0, 0.0], [np.nan, 0.5], [0.02, np.inf], [0.05, 1.0]])
    (piece,) = lay_out([broken]).pieces
    np.testing.assert_array_equal(piece.points, broken[[0, 3]])
    np.testing.assert_array_equal(piece.box, [0, 0, 0.05, 1])


def test_what_a_pen_says_besides_its_place_is_kept() -> None:
    pressed = np.column_stack([ring(0.0), np.linspace(0.2, 0.9, 40)])
    (piece,) = lay_out([pressed]).pieces
    np.testing.assert_array_equal(piece.points, pressed)
    np.testing.assert_allclose(piece.box, [0, 0, 0.6, 1], atol=0.01)
    # It makes no way longer, on which points lie evenly for distances.
    hard = np.column_stack([ring(0.0), np.repeat([0.0, 100.0], 20)])
    np.testing.assert_allclose(lay_out([hard, bar(0.7)]).ends, lay_out([ring(0.0), bar(0.7)]).ends)


def upright(x: float, top: float = 0.0, bottom: float = 1.0) -> Points:
    return np.array([[x, top], [x, bottom]])


def level(left: float, right: float, y: float) -> Points:
    return np.array([[left, y], [right, y]])


def features(*strokes: Points, pen: float = 0.0) -> NDArray[np.float64]:
    """Return the features of the places between strokes, by a height of 2."""
    whole = [
        Piece(i, 2 * points, 2 * np.concatenate([points.min(axis=0), points.max(axis=0)]))
        for i, points in enumerate(strokes)
    ]
    return features_of(whole, 2.0, pen)


def test_features_of_two_upright_strokes() -> None:
    (found,) = features(upright(0.0), upright(0.3, 0.2, 0.9))
    # Gap, distance, share of the width, upper edges, lower edges, height of the lower one.
    np.testing.assert_allclose(found, [0.3, 0.3, 0, 0.2, 0.1, 0.7], atol=0.005)
    (found,) = features(upright(0.0), upright(0.3), pen=0.1)
    np.testing.assert_allclose(found, [0.3, 0.35, 0, 0, 0, 1], atol=1e-9)
    # Farther apart than half a digit is as far as that; higher than a digit is as high as one.
    (found,) = features(upright(0.0, -2, 1.5), upright(0.7, -0.3, 1.4))
    np.testing.assert_allclose(found, [0.5, 0.5, 0, 1, 0.1, 1], atol=1e-9)


def test_features_of_strokes_above_each_other() -> None:
    # The bar of a 5 above the rest: all of its width, and a third of the wider one's beyond it.
    (found,) = features(level(0.1, 0.5, 0.0), level(0.0, 0.6, 0.3))
    np.testing.assert_allclose(found, [-0.4 - 0.1, 0.3, 1, 0.3, 0.3, 0], atol=0.02)
    (found,) = features(level(0.0, 0.4, 0.0), level(0.3, 0.5, 0.25))
    np.testing.assert_allclose(found, [-0.1, 0.25, 0.5, 0.25, 0.25, 0], atol=0.02)
    (found,) = features(level(0.0, 0.9, 0.0), level(0.1, 0.8, 0.25))
    np.testing.assert_allclose(found, [-0.5, 0.25, 1, 0.25, 0.25, 0], atol=0.02)


def test_a_gap_is_between_all_that_is_left_and_all_that_is_right() -> None:
    # A long bar over two strokes: beside it no place has a gap, nor is one far from it.
    strokes = level(0.0, 1.0, 0.0), upright(0.4, 0.1), upright(0.8, 0.2)
    first, second = features(*strokes)
    np.testing.assert_allclose(first[:2], [-0.5, 0.1], atol=0.02)
    np.testing.assert_allclose(second[:2], [-0.2, 0.2], atol=0.02)
    np.testing.assert_allclose(second[2:], [0, 0.1, 0, 0.8], atol=1e-9)


def test_a_stroke_thinner_than_a_pen_is_shared_by_what_is_around_it() -> None:
    # Upright strokes have no width: how much of one lies within another counts from 0.02 on.
    (found,) = features(upright(0.2), level(0.0, 0.6, 0.5))
    assert found[2] == 0
    (found,) = features(level(0.19, 0.21, 0.5), level(0.2, 0.6, 0.5))
    assert found[2] == pytest.approx(0.5)
    (found,) = features(level(0.195, 0.205, 0.5), level(0.2, 0.6, 0.5))
    assert found[2] == pytest.approx(0.25)


def test_the_lower_one_of_two_strokes_counts_on_either_side() -> None:
    for one, other in ((0.5, 0.0), (0.0, 0.5)):
        (found,) = features(upright(0.0, one), upright(1.0, other))
        assert found[5] == pytest.approx(0.5)


def test_the_distance_is_between_the_nearest_points_of_all_strokes() -> None:
    rng = np.random.default_rng(5)
    strokes = [
        np.array([x, y]) + rng.uniform(-0.3, 0.3, (2, 2))
        for x, y in rng.uniform(0, 4, (12, 2)).tolist()
    ]
    # Points evenly along each line, as the features are measured between.
    along = [np.linspace(first, last, 24) for first, last in strokes]
    found = features(*strokes)[:, 1]
    for place in range(1, len(strokes)):
        left, right = np.concatenate(along[:place]), np.concatenate(along[place:])
        nearest = np.hypot(*(left[:, None] - right).T).min()
        assert found[place - 1] == pytest.approx(min(nearest, 0.5))
    assert 0.01 < found.min() < 0.2


def test_how_likely_a_digit_ends_grows_with_the_distance() -> None:
    likely = [lay_out([upright(0.0), upright(x)]).ends[0] for x in (0.02, 0.1, 0.2, 0.4)]
    assert likely == sorted(likely)
    assert 0 < likely[0] < 0.9 < 0.95 < likely[-1] < 1


def test_groups_are_all_pieces_beside_each_other_up_to_four() -> None:
    # So near to each other that any of them may be one digit.
    near = lay_out([upright(0.05 * i) for i in range(6)])
    assert len(near.ends) == 5
    assert set(near.groups) == {(i, j) for i in range(6) for j in range(i + 1, min(i + 4, 6) + 1)}
    assert near.groups == tuple(sorted(near.groups))
    # Where digits end for sure, no group goes on.
    far = lay_out([upright(0.0), upright(0.05), upright(3.0), upright(3.05), upright(6.0)])
    assert set(far.groups) >= {(0, 1), (0, 2), (1, 2), (2, 3), (2, 4), (3, 4), (4, 5)}
    assert (0, 5) not in far.groups
    least = [np.prod(1 - far.ends[first : end - 1]) for first, end in far.groups]
    assert min(least) >= 1e-3


@pytest.mark.parametrize(("high", "wide", "expected"), [(1.0, 0.0, 1.0), (0.1, 2.0, 0.6)])
def test_bars_and_dots_alone_are_as_high_as_they_are_wide(
    high: float, wide: float, expected: float
) -> None:
    diagonal = np.array([[0.0, 0.0], [wide, high]])
    assert lay_out([diagonal]).height == pytest.approx(expected)


def test_the_height_is_that_of_the_tall_ones() -> None:
    strokes = [upright(0.0, 0, 1.0), upright(1.0, 0, 0.8), upright(2.0, 0, 0.7)]
    assert lay_out(strokes).height == pytest.approx(0.8)
    # Those that are less than 0.6 as high as the highest are not tall.
    strokes += [upright(3.0, 0, 0.55), upright(4.0, 0, 0.3), upright(5.0, 0, 0.3)]
    assert lay_out(strokes).height == pytest.approx(0.8)


def marks_of(*strokes: Points) -> list[tuple[Mark, tuple[int, ...]]]:
    return list(lay_out(strokes).marks)


# Sizes and places of the same ink.
PLACES = [
    (1.0, np.zeros(2)),
    (40.0, np.zeros(2)),
    (0.02, np.zeros(2)),
    (1.0, np.array([7.0, -3.0])),
    (40.0, np.array([-900.0, 400.0])),
]
BOX = rectangle(0.0, 0.0, 0.6, 1.0)  # a digit with straight edges: from 0 to 0.6, 1 high


@pytest.mark.parametrize(
    ("left", "right", "y", "rise", "is_one"),
    [
        (-0.4, 1.0, 1.2, 0.0, True),  # longer than 1.3 and than twice the digit's width
        (-0.3, 0.85, 1.2, 0.0, False),  # too short
        (-0.4, 1.0, 1.04, 0.0, True),
        (-0.4, 1.0, 1.02, 0.0, False),  # too near
        (-0.4, 1.0, 0.9, 0.0, False),  # through the digit
        (-0.4, 1.0, 1.2, 0.21, True),
        (-0.4, 1.0, 1.2, 0.27, False),  # too steep
        (0.2, 2.0, 1.2, 0.0, True),  # under two thirds of the digit
        (0.3, 2.0, 1.2, 0.0, False),  # under half of it
        (-1.4, 0.4, 1.2, 0.0, True),
        (-1.4, 0.3, 1.2, 0.0, False),
    ],
)
def test_what_an_underline_is(
    left: float, right: float, y: float, rise: float, is_one: bool
) -> None:
    for scale, place in PLACES:
        under = np.array([[left, y], [right, y + rise]])
        found = marks_of(scale * BOX + place, scale * under + place)
        assert found == ([(Mark.UNDERLINE, (1,))] if is_one else [])


def test_an_upright_stroke_without_any_width_can_be_underlined() -> None:
    assert marks_of(upright(0.0), level(-0.7, 0.7, 1.2)) == [(Mark.UNDERLINE, (1,))]
    assert marks_of(upright(0.0), level(-0.6, 0.6, 1.2)) == []
    assert marks_of(upright(0.0), level(0.1, 1.5, 1.2)) == []


def test_two_underlines_are_two() -> None:
    lines = [level(-0.5, 1.1, 1.2), level(-0.5, 1.1, 1.4)]
    layout = lay_out([lines[0], BOX, lines[1]])
    assert layout.marks == ((Mark.UNDERLINE, (2,)), (Mark.UNDERLINE, (0,)))
    assert [piece.stroke for piece in layout.pieces] == [1]


def test_a_line_alone_is_no_underline() -> None:
    layout = lay_out([level(0.0, 2.0, 0.0)])
    assert not layout.marks
    assert len(layout.pieces) > 0


@pytest.mark.parametrize(
    ("box", "is_one"),
    [
        ((-0.5, -0.5, 1.1, 1.5), True),
        ((-0.1, -0.1, 0.7, 1.1), True),
        ((0.1, -0.5, 1.1, 1.5), False),  # the digit reaches beyond an edge, each in turn
        ((-0.5, 0.1, 1.1, 1.5), False),
        ((-0.5, -0.5, 0.5, 1.5), False),
        ((-0.5, -0.5, 1.1, 0.9), False),
        ((0.0, -0.5, 1.1, 1.5), False),  # or lies on one
        ((-0.5, 0.0, 1.1, 1.5), False),
        ((-0.5, -0.5, 0.6, 1.5), False),
        ((-0.5, -0.5, 1.1, 1.0), False),
        ((-0.5, -0.7, 1.1, 1.7), True),  # 0.42 of its height
        ((-0.5, -0.8, 1.1, 1.8), False),  # 0.38 of it
    ],
)
def test_a_frame_is_around_all_and_not_much_higher(
    box: tuple[float, float, float, float], is_one: bool
) -> None:
    for scale, place in PLACES:
        found = marks_of(scale * BOX + place, scale * rectangle(*box) + place)
        assert found == ([(Mark.FRAME, (1,))] if is_one else [])


def test_a_frame_has_four_corners_and_follows_its_edges() -> None:
    frame = rectangle(-0.5, -0.5, 1.1, 1.5)
    assert marks_of(frame, BOX) == [(Mark.FRAME, (0,))]
    crossed_out = np.concatenate([frame, [[1.1, 1.5], [0.3, 0.5], [1.1, -0.5]]])
    assert marks_of(crossed_out, BOX) == []
    low, high = frame.min(axis=0), frame.max(axis=0)
    for mirrored in ([1, 1], [1, -1], [-1, 1], [-1, -1]):
        # Two edges and a half are none, nor is what lacks a corner; wherever that is.
        turned = np.where(np.array(mirrored) > 0, frame, low + high - frame)
        beyond = np.where(np.array(mirrored) > 0, frame > [0.5, 0.9], frame < [0.1, 0.1])
        for other in (turned[:23], frame[~beyond.all(axis=1)]):
            assert Mark.FRAME not in [mark for mark, _ in marks_of(other, BOX)]


def four_lines(
    left: float = -0.5, top: float = -0.5, right: float = 1.1, bottom: float = 1.5
) -> list[Points]:
    return [
        level(-0.5, 1.1, top),
        level(-0.5, 1.1, bottom),
        upright(left, -0.5, 1.5),
        upright(right, -0.5, 1.5),
    ]


def test_a_frame_of_four_lines() -> None:
    lines = four_lines()
    assert marks_of(BOX, *lines) == [(Mark.FRAME, (1, 2, 3, 4))]
    assert marks_of(*lines[::-1], BOX) == [(Mark.FRAME, (2, 3, 0, 1))]
    # Not without one of them, nor with a digit across one.
    for i in range(4):
        rest = lines[:i] + lines[i + 1 :]
        assert Mark.FRAME not in [mark for mark, _ in marks_of(BOX, *rest, upright(0.3))]
    for inside in ({"left": 0.1}, {"top": 0.1}, {"right": 0.5}, {"bottom": 0.9}):
        found = marks_of(BOX, *four_lines(**inside))
        assert Mark.FRAME not in [mark for mark, _ in found]


@pytest.mark.parametrize(
    ("touching", "beside"),
    [
        ((0.0, -0.5, 0.6, 1.0), (0.0, -0.4375, 0.6, 1.0)),
        ((0.0, 0.0, 0.6, 1.5), (0.0, 0.0, 0.6, 1.4375)),
        ((-0.5, 0.0, 0.6, 1.0), (-0.4375, 0.0, 0.6, 1.0)),
        ((0.0, 0.0, 1.1, 1.0), (0.0, 0.0, 1.0, 1.0)),
    ],
)
def test_a_frame_of_four_lines_touches_no_digit(
    touching: tuple[float, float, float, float], beside: tuple[float, float, float, float]
) -> None:
    for box, is_frame in ((touching, False), (beside, True)):
        marks = [mark for mark, _ in marks_of(rectangle(*box), *four_lines())]
        assert (Mark.FRAME in marks) == is_frame


def dot(x: float, y: float, size: float = 0.02) -> Points:
    return np.array([[x, y], [x + size, y]])


def test_what_a_decimal_point_is() -> None:
    def found(*dots: Points) -> list[Mark]:
        return [mark for mark, _ in marks_of(upright(0.0), upright(0.6), *dots)]

    assert found(dot(0.3, 1.0)) == [Mark.DECIMAL_POINT]
    assert found(dot(0.3, 1.0, 0.13)) == [Mark.DECIMAL_POINT]
    assert found(dot(0.3, 1.0, 0.15)) == []  # too large for a point
    assert found(upright(0.3, 0.85, 1.0)) == []
    # A quarter of the height from the foot of the digits, above or below.
    for y, mark in [
        (0.77, Mark.DECIMAL_POINT),
        (0.73, Mark.STRAY),
        (1.23, Mark.DECIMAL_POINT),
        (1.27, Mark.STRAY),
    ]:
        assert found(dot(0.3, y)) == [mark]
    # At least 0.09 from other ink, or it belongs to that.
    assert found(dot(0.09, 1.0)) == [Mark.DECIMAL_POINT]
    assert found(dot(0.07, 1.0)) == []
    # Beside the digits there is nothing that it could divide.
    assert found(dot(-0.3, 1.0)) == found(dot(0.9, 1.0)) == [Mark.STRAY]
    assert found(dot(0.3, 1.0), dot(0.9, 1.0)) == [Mark.DECIMAL_POINT, Mark.STRAY]


def test_a_point_may_be_a_little_under_the_digits_beside_it() -> None:
    slanted = np.array([[0.3, 0.0], [0.0, 0.8]])
    marks = [
        [mark for mark, _ in marks_of(slanted, dot(x, 0.95), slanted + np.array([0.4, 0.0]))]
        for x in (0.13, 0.27)
    ]
    assert marks == [[Mark.STRAY], [Mark.DECIMAL_POINT]]
    other = np.array([[0.0, 0.0], [0.3, 0.8]])
    marks = [
        [mark for mark, _ in marks_of(other - np.array([0.4, 0.0]), dot(x, 0.95), other)]
        for x in (0.01, 0.15)
    ]
    assert marks == [[Mark.DECIMAL_POINT], [Mark.STRAY]]


def test_points_are_at_the_foot_of_most_digits_whatever_their_size() -> None:
    # A 9 reaches below the line, and a bar beside the digits stands on none.
    digits = [upright(0.0), upright(0.4, 0, 1.4), upright(0.8), level(1.0, 1.2, 0.5)]
    beside = np.array([[0.3, 0.0], [0.0, 0.8]])
    for scale, place in PLACES:
        for dots, mark in (
            (dot(0.59, 1.0), Mark.DECIMAL_POINT),
            (dot(0.59, 1.3), Mark.STRAY),
            (dot(1.5, 1.0), Mark.STRAY),
        ):
            found = marks_of(*(scale * each + place for each in [*digits, dots]))
            assert found == [(mark, (4,))]
        for x, mark in ((0.13, Mark.STRAY), (0.27, Mark.DECIMAL_POINT)):
            strokes = [beside, dot(x, 0.95), beside + np.array([0.4, 0.0])]
            assert marks_of(*(scale * each + place for each in strokes)) == [(mark, (1,))]
            strokes = [beside @ np.diag([-1, 1]), dot(-x - 0.02, 0.95), strokes[2]]
            strokes[2] = (beside + np.array([0.4, 0.0])) @ np.diag([-1, 1])
            assert marks_of(*(scale * each + place for each in strokes)) == [(mark, (1,))]


def test_ink_that_points_belong_to_keeps_its_order() -> None:
    layout = lay_out([dot(0.05, 0.5), upright(0.0), dot(0.65, 0.5), upright(0.6), dot(0.3, 0.2)])
    assert layout.marks == ((Mark.STRAY, (4,)),)
    assert sorted(piece.stroke for piece in layout.pieces) == [0, 1, 2, 3]


def test_whole_numbers_are_as_good_as_fractions() -> None:
    (piece,) = lay_out([[[0, 0], [0, 50], [20, 50]]]).pieces
    assert piece.points.dtype == piece.box.dtype == np.float64


def test_points_without_any_size_are_laid_out() -> None:
    layout = lay_out([[[3.0, 3.0]], [[5.0, 3.0]]])
    assert len(layout.pieces) == 2
    assert layout.height > 0
    assert np.isfinite(layout.ends).all()


def test_points_alone_are_no_points() -> None:
    layout = lay_out([dot(0.0, 0.0), dot(1.0, 0.0)])
    assert not layout.marks
    assert len(layout.pieces) == 2


def test_a_point_between_level_bars_stands_at_the_lowest_one() -> None:
    minus = [level(0.0, 0.8, 0.3), level(1.2, 2.0, 0.5)]
    height = lay_out(minus).height
    at_foot = dot(1.0, 0.5 + 0.2 * height, 0.01)
    assert [mark for mark, _ in marks_of(*minus, at_foot)] == [Mark.DECIMAL_POINT]


def joined(way: Points, *, backwards: bool = False) -> Points:
    """Return two straight-edged digits of height 1 that one stroke writes, and the way between."""
    first, second = upright(0.0, 0.0, 1.0), upright(2.0, 1.0, 0.0)
    stroke = np.concatenate([first, way, second])
    return stroke[::-1] if backwards else stroke


WAY = np.column_stack([np.linspace(0.05, 1.95, 20), np.full(20, 1.0)])


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(("scale", "place"), PLACES)
def test_a_wide_stroke_is_cut_in_the_middle_of_the_way_between_its_digits(
    backwards: bool, scale: float, place: Points
) -> None:
    layout = lay_out([scale * joined(WAY, backwards=backwards) + place])
    left, right = layout.pieces
    corner = np.tile(place, 2)
    np.testing.assert_allclose((left.box - corner) / scale, [0, 0, 1, 1], atol=0.03)
    np.testing.assert_allclose((right.box - corner) / scale, [1, 0, 2, 1], atol=0.03)
    # Both end where it was cut, and nothing of the stroke is lost.
    assert left.box[2] == right.box[0]
    cut = np.array([left.box[2], scale + place[1]])
    way = scale * joined(WAY, backwards=backwards) + place
    parts = (right, left) if backwards else (left, right)
    points = np.concatenate([parts[0].points, parts[1].points[1:]])
    np.testing.assert_allclose(points[np.abs(points - cut).max(axis=1) > 1e-9 * scale], way)
    # Within a stroke, digits seldom end; between two they do.
    assert layout.ends == pytest.approx([0.08])
    beside = scale * upright(2.5) + place
    one, other = lay_out([scale * joined(WAY, backwards=backwards) + place, beside]).ends
    assert one == pytest.approx(0.08)
    assert other > 0.5
    assert set(layout.groups) == {(0, 1), (0, 2), (1, 2)}
    assert not layout.marks


def test_a_stroke_is_cut_only_where_the_pen_passes_once() -> None:
    # Half of the way is gone over three times.
    there_and_back = np.concatenate([WAY[:10], WAY[8::-1], WAY[1:]])
    left, right = lay_out([joined(there_and_back)]).pieces
    assert left.box[2] == pytest.approx((WAY[9, 0] + 2.0 - 0.15) / 2, abs=0.05)
    assert left.box[2] == right.box[0]
    all_of_it = np.concatenate([WAY, WAY[::-1], WAY])
    assert len(lay_out([joined(all_of_it)]).pieces) == 1


def test_a_stroke_is_not_cut_near_its_ends_nor_into_low_parts() -> None:
    # No part is half as high as a digit: an underline with a hook, an arrow.
    hook = np.concatenate([upright(0.0, 0.0, 1.0), level(0.05, 2.0, 1.0)])
    assert len(lay_out([hook]).pieces) == 1
    short = joined(WAY)
    short[-1, 1] = 0.6
    assert len(lay_out([short]).pieces) == 1
    short[-1, 1] = 0.4
    assert len(lay_out([short]).pieces) == 2


# A narrow digit, which the pen enters and leaves below, and passes three times.
PEAK = np.array([[0.0, 1.0], [0.1, 0.0], [0.0, 0.5], [0.1, 1.0]])


def test_a_low_part_is_left_where_it_is_and_the_rest_cut() -> None:
    hook = np.array([[0.0, 0.8], [0.3, 1.0], [0.2, 0.9], [0.3, 1.0]])
    stroke = np.concatenate([hook, PEAK + np.array([0.8, 0.0]), PEAK + np.array([2.0, 0.0])])
    for scale, place in PLACES:
        left, right = lay_out([scale * stroke + place]).pieces
        assert left.box[2] == right.box[0]
        assert (left.box[2] - place[0]) / scale == pytest.approx(1.45, abs=0.05)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_stroke_is_cut_again_where_its_first_line_was_cut_before(backwards: bool) -> None:
    # Its first point is left of the first cut, its second one right of it.
    start, end = np.array([[0.0, 0.0], [1.5, 1.0]]), np.array([[3.1, 1.0], [3.1, 0.0]])
    stroke = np.concatenate([start, PEAK + np.array([2.0, 0.0]), end])
    for scale, place in PLACES:
        way = stroke[::-1] if backwards else stroke
        pieces = lay_out([scale * way + place]).pieces
        cuts = [(piece.box[2] - place[0]) / scale for piece in pieces[:-1]]
        assert cuts == pytest.approx([1.07, 2.53], abs=0.05)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_stroke_is_cut_where_the_ways_are_longest(backwards: bool) -> None:
    starts = np.cumsum([0, 0.5, 0.26, 0.55, 0.24, 0.6, 0.45])
    stroke = np.concatenate([PEAK + np.array([x, 0.0]) for x in starts])
    layout = lay_out([stroke[::-1] if backwards else stroke])
    cuts = [piece.box[2] for piece in layout.pieces[:-1]]
    middles = (starts[:-1] + 0.1 + starts[1:]) / 2
    assert cuts == pytest.approx(middles[[0, 2, 4, 5]], abs=0.04)
    assert cuts == [piece.box[0] for piece in layout.pieces[1:]]


def test_a_stroke_is_cut_at_four_places_at_most() -> None:
    zigzag = np.concatenate([PEAK + np.array([0.45 * i, 0.0]) for i in range(7)])
    layout = lay_out([zigzag])
    assert len(layout.pieces) == 5
    assert {piece.stroke for piece in layout.pieces} == {0}
    rights, lefts = [p.box[2] for p in layout.pieces[:-1]], [p.box[0] for p in layout.pieces[1:]]
    assert rights == lefts


@pytest.mark.parametrize(("wide", "count"), [(0.99, 1), (1.5, 2)])
def test_only_what_is_wider_than_a_digit_is_high_is_cut(wide: float, count: int) -> None:
    assert len(lay_out([joined(WAY) * [wide / 2, 1]]).pieces) == count


def picture_part(mask: NDArray[np.bool_], pen: float, index: int = 0) -> Piece:
    """Return the part of a picture that a mask is."""
    padded = np.pad(mask, 1)
    whole = padded[1:-1]
    inner = whole[:, 1:-1] & whole[:, :-2] & whole[:, 2:] & padded[:-2, 1:-1] & padded[2:, 1:-1]

    def middles(pixels: NDArray[np.bool_]) -> Points:
        return np.argwhere(pixels)[:, ::-1].astype(np.float64) + 0.5

    return part_of(index, middles(mask), middles(mask & ~inner), pen)


def filled(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (120, 400)) -> NDArray[Any]:
    """Return a mask of rectangles, each from left and top up to right and bottom."""
    mask = np.zeros(size, dtype=bool)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = True
    return mask


def test_the_box_of_a_part_of_a_picture_is_in_the_middle_of_its_lines() -> None:
    part = picture_part(filled((20, 10, 60, 90)), 6.0)
    np.testing.assert_allclose(part.box, [23.5, 13.5, 56.5, 86.5])
    # A line that is thinner than the others has its middle.
    thin = picture_part(filled((20, 10, 23, 90)), 6.0)
    np.testing.assert_allclose(thin.box, [21.5, 13.5, 21.5, 86.5])
    level = picture_part(filled((20, 10, 60, 13)), 6.0)
    np.testing.assert_allclose(level.box, [23.5, 11.5, 56.5, 11.5])
    np.testing.assert_allclose(box_of([thin, part, level]), [21.5, 11.5, 56.5, 86.5])


def picture_layout(*masks: NDArray[np.bool_], pen: float = 6.0) -> Layout:
    return lay_out_parts([picture_part(m, pen, i) for i, m in enumerate(masks)], pen)


def test_parts_of_a_picture_are_laid_out_like_strokes() -> None:
    layout = picture_layout(
        filled((200, 10, 206, 90)),
        filled((20, 10, 26, 90)),
        filled((120, 86, 126, 92)),
        filled((5, 105, 220, 110)),
    )
    assert [piece.stroke for piece in layout.pieces] == [1, 0]
    assert layout.height == pytest.approx(73.0)
    assert layout.marks == ((Mark.UNDERLINE, (3,)), (Mark.DECIMAL_POINT, (2,)))
    assert layout.groups[0] == (0, 1)


def test_between_outlines_it_is_farther_by_the_width_of_a_line() -> None:
    # As far apart as these parts' middles, so that a digit ends as likely as between such strokes.
    parts = picture_layout(filled((20, 10, 26, 90)), filled((40, 10, 46, 90)))
    strokes = lay_out([upright(23.0, 13.5, 86.5), upright(43.0, 13.5, 86.5)])
    assert parts.ends == pytest.approx(strokes.ends, abs=0.02)


H_SHAPE = [(20, 10, 26, 90), (20, 50, 200, 55), (194, 10, 200, 90)]


@pytest.mark.parametrize("further", [0, 1])  # an even and an odd number of thin columns
def test_a_wide_part_of_a_picture_is_cut_in_the_middle_of_its_thin_columns(further: int) -> None:
    mask = filled(*H_SHAPE, (194, 10, 200 + further, 90))
    if further:
        mask[10:50, 194] = mask[55:90, 194] = False
    layout = picture_layout(mask)
    left, right = layout.pieces
    np.testing.assert_allclose(left.box, [23.5, 13.5, 107, 86.5], atol=1)
    np.testing.assert_allclose(right.box, [113, 13.5, 196.5 + further, 86.5], atol=1)
    assert len(left.points) + len(right.points) == mask.sum()
    points = {tuple(p) for p in np.concatenate([left.points, right.points])}
    assert points == {tuple(p) for p in np.argwhere(mask)[:, ::-1] + 0.5}
    assert left.points[:, 0].max() + 1 == right.points[:, 0].min()
    assert left.outline is not None
    assert right.outline is not None
    assert left.outline[:, 0].max() + 1 == right.outline[:, 0].min()
    assert layout.ends == pytest.approx([0.08])


@pytest.mark.parametrize(
    ("bar", "count"),
    [((20, 50, 200, 60), 2), ((20, 50, 200, 61), 1)],
)
def test_a_part_of_a_picture_is_cut_where_it_is_thin(
    bar: tuple[int, int, int, int], count: int
) -> None:
    # 10 of 6 pixels are less than 1.7 times as thick as its lines, 11 are more.
    assert len(picture_layout(filled(H_SHAPE[0], bar, H_SHAPE[2])).pieces) == count


@pytest.mark.parametrize(("right", "count"), [(80, 1), (110, 2)])
def test_only_a_wide_part_of_a_picture_is_cut(right: int, count: int) -> None:
    boxes = [(20, 10, 26, 90), (20, 50, right, 55), (right - 6, 10, right, 90)]
    assert len(picture_layout(filled(*boxes)).pieces) == count


def test_a_part_of_a_picture_is_not_cut_into_low_parts() -> None:
    low = [(20, 10, 26, 90), (20, 50, 200, 55), (194, 50, 200, 85)]
    assert len(picture_layout(filled(*low)).pieces) == 1
    comb = [(20, 84, 390, 90), *((x, 10, x + 6, 90) for x in range(20, 390, 52))]
    layout = picture_layout(filled(*comb))
    assert len(layout.pieces) == 5


FOUR = (Mark.FRAME, (0, 1, 2, 3))


@pytest.mark.parametrize(
    "inside",
    [
        [rectangle(-0.4, 0.0, 1.0, 1.0)],  # nearly as wide as the frame, which is 1.6
        [rectangle(0.0, -0.4, 0.6, 1.4)],  # nearly as high, which is 2
        [level(0.1, 0.5, 0.0), BOX],
        [upright(0.3, 0.2, 0.8), BOX],
    ],
)
def test_a_frame_of_four_lines_is_around_digits_of_any_shape(inside: list[Points]) -> None:
    for scale, place in PLACES:
        assert marks_of(*(scale * each + place for each in [*four_lines(), *inside])) == [FOUR]


@pytest.mark.parametrize(
    ("upper", "is_one"),
    [
        ([[-0.5, -0.5], [1.1, -0.28]], True),  # rises by 0.11 of the height
        ([[-0.5, -0.5], [1.1, -0.24]], False),
        ([[-0.35, -0.5], [1.1, -0.5]], True),  # 0.9 of the width
        ([[-0.2, -0.5], [1.1, -0.5]], False),
    ],
)
def test_lines_of_a_frame_are_level_and_long(upper: list[list[float]], is_one: bool) -> None:
    strokes = [np.array(upper), *four_lines()[1:], BOX]
    assert (marks_of(*strokes) == [FOUR]) == is_one
    # The same on its side: what was level is upright.
    marks = marks_of(*(stroke[:, ::-1] for stroke in strokes))
    assert (marks == [(Mark.FRAME, (2, 3, 0, 1))]) == is_one


def test_a_part_of_a_picture_is_cut_where_it_is_thin_for_longest() -> None:
    lefts = np.cumsum([20, 50, 26, 55, 24, 60, 45])
    comb = [(20, 84, 286, 90), *((int(x), 10, int(x) + 6, 90) for x in lefts)]
    layout = picture_layout(filled(*comb))
    cuts = [piece.points[:, 0].min() - 0.5 for piece in layout.pieces[1:]]
    middles = (lefts[:-1] + 6 + lefts[1:]) / 2
    assert cuts == pytest.approx(middles[[0, 2, 4, 5]], abs=5)


@pytest.mark.parametrize(("way", "count"), [(8, 1), (20, 2)])
def test_a_part_of_a_picture_is_not_cut_near_its_ends(way: int, count: int) -> None:
    # An upright line, a short way, and what is thick everywhere; 0.15 digits are 11 pixels.
    start = 26 + way
    boxes = [(20, 10, 26, 90), (26, 50, start, 55), (start, 10, 200, 22), (start, 78, 200, 90)]
    mask = filled(*boxes, (start, 10, start + 6, 90))
    for turned in (mask, mask[:, ::-1]):
        assert len(picture_layout(turned).pieces) == count


def test_a_low_part_of_a_picture_is_left_where_it_is_and_the_rest_cut() -> None:
    # A hook at the left, and two uprights.
    boxes = [(20, 70, 26, 90), (26, 84, 70, 90), (70, 10, 76, 90), (76, 84, 180, 90)]
    layout = picture_layout(filled(*boxes, (180, 10, 186, 90)))
    assert len(layout.pieces) == 2
    assert layout.pieces[1].points[:, 0].min() == pytest.approx(126, abs=4)


@pytest.mark.parametrize("top", [10, 84])
def test_parts_of_a_picture_are_as_far_apart_as_their_nearest_ink(top: int) -> None:
    # Only a bar, above or below, comes near the other: 10 pixels, and a line's width more between
    # the middles of lines.
    parts = [
        picture_part(filled((20, 10, 26, 90), (20, top, 60, top + 6)), 6.0, 0),
        picture_part(filled((70, 10, 76, 90)), 6.0, 1),
    ]
    (found,) = features_of(parts, 73.0, 6.0)
    assert 73 * found[1] == pytest.approx(17, abs=1.5)
