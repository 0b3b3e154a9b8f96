from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from digitpad.drawing.split_digits import Mark, lay_out

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
    for strokes in ([], [np.empty((0, 2))], [np.full((3, 2), np.nan)]):
        layout = lay_out(strokes)
        assert layout.pieces == ()
        assert layout.groups == ()


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
    assert len(lay_out([ring(0.0, width=0.95)]).pieces) == 1
