from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from digitpad.drawing import pen
from digitpad.drawing.pen import SIDE, SPARSE, Points

places = st.complex_numbers(max_magnitude=40, allow_nan=False).map(lambda z: z + 14 + 14j)


def brute_force(starts: Points, ends: Points, radius: float) -> np.ndarray:
    """Return the coverage by the distance from every pixel to every segment."""
    coverage = np.zeros((SIDE, SIDE))
    for row in range(SIDE):
        for column in range(SIDE):
            centre = complex(column + 0.5, row + 0.5)
            nearest = min(
                abs(centre - start - (end - start) * fraction(centre - start, end - start))
                for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
            )
            coverage[row, column] = min(max(radius + 0.5 - nearest, 0), 1)
    return coverage


def fraction(to: complex, way: complex) -> float:
    length = abs(way)
    if length == 0:
        return 0.0
    return min(max((to / way).real, 0.0), 1.0)


@settings(deadline=None, max_examples=15)
@given(
    st.lists(
        st.tuples(places, st.floats(0, SPARSE), st.floats(0, 2 * np.pi)), min_size=1, max_size=5
    ),
    st.floats(0.05, 5),
)
def test_draw_covers_what_is_near_a_segment(
    segments: list[tuple[complex, float, float]], radius: float
) -> None:
    starts = np.array([start for start, _, _ in segments])
    along = np.array([length * np.exp(1j * angle) for _, length, angle in segments])
    # As ink.to_image guarantees: whatever is drawn begins and ends within reach of the image.
    starts = np.clip(starts.real, 0, SIDE) + 1j * np.clip(starts.imag, 0, SIDE)
    drawn = pen.draw(starts, along, radius)
    assert drawn == pytest.approx(brute_force(starts, starts + along, radius), abs=1e-6)


def test_a_straight_edge_covers_exactly_what_it_covers() -> None:
    along = np.full(20, 1 + 0j)
    starts = np.arange(4, 24) + 10.3j
    drawn = pen.draw(starts.astype(np.complex128), along, 1.2)
    # From 9.1 to 11.5 downwards.
    assert drawn[8:13, 14] == pytest.approx([0, 0.9, 1, 0.5, 0])


def test_ink_over_ink_is_no_darker() -> None:
    start, along = np.full(3, 10 + 10j), np.full(3, 1 + 0.5j)
    assert np.array_equal(pen.draw(start, along, 0.3), pen.draw(start[:1], along[:1], 0.3))


def test_more_segments_than_fit_in_a_block() -> None:
    starts: Points = np.linspace(5, 23, 5000) + np.complex128(14j)
    along: Points = np.full(5000, np.complex128(18 / 4999))
    whole = pen.draw(starts, along, 1)
    assert whole == pytest.approx(pen.draw(starts[::10], 10 * along[::10], 1), abs=0.01)


def splines(points: list[complex]) -> tuple[Points, Points]:
    corners = np.array(points)
    along = np.diff(corners)
    return pen.curves(corners[:-1], along, np.abs(along), np.arange(len(along)))


@settings(deadline=None)
@given(st.lists(places, min_size=2, max_size=8, unique_by=lambda z: (z.real // 1, z.imag // 1)))
def test_curves_pass_through_the_points_in_short_pieces(points: list[complex]) -> None:
    starts, ends = splines(points)
    assert starts[0] == pytest.approx(points[0])
    assert ends[-1] == pytest.approx(points[-1])
    assert ends[:-1] == pytest.approx(starts[1:])
    assert np.abs(ends - starts).max() <= SPARSE * 1.0001
    for point in points:
        assert np.abs(ends - point).min() < 1e-6 or point == points[0]


def test_two_points_are_joined_by_a_straight_line() -> None:
    starts, ends = splines([2 + 3j, 12 + 8j])
    across = ((ends - (2 + 3j)) / (10 + 5j)).imag
    assert np.abs(across).max() < 1e-12
    assert len(starts) >= abs(10 + 5j) / SPARSE


def test_points_of_a_circle_are_joined_by_a_circle() -> None:
    circle = 14 + 14j + 9 * np.exp(2j * np.pi * np.arange(9) / 8)
    starts, _ = splines(circle.tolist())
    radius = np.abs(starts - (14 + 14j))
    inner = slice(len(radius) // 8, -len(radius) // 8)  # the ends know no neighbour
    assert radius[inner] == pytest.approx(9, abs=0.3)
    # The straight line from point to point comes as near as 8.3.
    assert np.min(radius[inner]) > 8.7


def test_a_curve_does_not_go_on_where_the_pen_was_lifted() -> None:
    corners = np.array([0 + 0j, 10 + 0j, 20 + 20j, 10 + 20j])
    along = np.diff(corners)
    lengths = np.abs(along)
    lengths[1] = 0
    _, ends = pen.curves(corners[:-1], along, lengths, np.array([0, 2]))
    assert np.abs(ends.imag[: len(ends) // 2]).max() < 1e-12
    assert ends.imag[len(ends) // 2 :] == pytest.approx(20)


def catmull_rom(points: list[complex], number: int, t: NDArray[np.float64]) -> Points:
    """Return places along segment `number` of the centripetal spline, by Barry and Goldman."""
    inner = np.array(points[number - 1 : number + 3])
    knots = np.concatenate([[0], np.cumsum(np.sqrt(np.abs(np.diff(inner))))])
    at = knots[1] + t * (knots[2] - knots[1])

    def between(low: int, high: int, start: Points, end: Points) -> Points:
        part = (at - knots[low]) / (knots[high] - knots[low])
        mixed: Points = (1 - part) * start + part * end
        return mixed

    a = [between(i, i + 1, inner[i], inner[i + 1]) for i in range(3)]
    b = [between(i, i + 2, a[i], a[i + 1]) for i in range(2)]
    return between(1, 2, b[0], b[1])


@pytest.mark.parametrize("short", [0.3, 0.9, 1.0, 4.0, 9.0])
def test_curves_are_centripetal_catmull_rom_splines(short: float) -> None:
    # The middle segment has short neighbours or long ones.
    points = [10 + 10j - short * 1j, 10 + 10j, 16 + 12j, 16 + 12j + short * (0.6 + 0.8j)]
    corners = np.array(points)
    along = np.diff(corners)
    starts, ends = pen.curves(corners[:-1], along, np.abs(along), np.array([1]))
    pieces = int(np.ceil(abs(along[1]) * 2.5 / SPARSE))
    assert len(ends) == pieces
    t = np.arange(1, pieces + 1) / pieces
    np.testing.assert_allclose(ends, catmull_rom(points, 1, t), atol=1e-12)
    np.testing.assert_allclose(starts, [points[1], *ends[:-1]])


def test_a_line_without_neighbours_is_drawn_at_one_speed() -> None:
    starts, ends = splines([2 + 3j, 12 + 8j])
    np.testing.assert_allclose(ends - starts, (10 + 5j) / len(ends))


def test_every_place_and_direction_is_drawn_whole() -> None:
    generator = np.random.default_rng(0)
    for radius in (0.05, 0.9, 2.3):
        for _ in range(12):
            start = np.array([complex(*generator.uniform(0, SIDE, 2))])
            along = SPARSE * np.exp(2j * np.pi * generator.random(1))
            expected = brute_force(start, start + along, radius)
            assert pen.draw(start, along, radius) == pytest.approx(expected, abs=1e-6)
