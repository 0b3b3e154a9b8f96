from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from digitpad.drawing import morphology
from digitpad.drawing.morphology import Grey, Mask

masks = st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(
    lambda shape: arrays(np.bool_, shape)
)
greys = st.tuples(st.integers(1, 10), st.integers(1, 10)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.floats(0, 1, width=32))
)


@settings(deadline=None, max_examples=40)
@given(greys, st.integers(1, 9))
def test_opening_is_the_highest_window_that_fits_under(values: Grey, size: int) -> None:
    height, width = values.shape
    far = 2 * size
    around = np.pad(values, far, mode="edge")
    expected = np.empty_like(values)
    for row in range(height):
        for column in range(width):
            windows = [
                around[far + row - up : far + row - up + size, far + column - left :][:, :size]
                for up in range(size)
                for left in range(size)
            ]
            expected[row, column] = max(window.min() for window in windows)
    assert np.array_equal(morphology.opening(values, size), expected)


@settings(deadline=None, max_examples=40)
@given(masks, st.integers(1, 14))
def test_distance_is_that_to_the_nearest_pixel_outside(mask: Mask, farthest: int) -> None:
    distances = morphology.distance(mask, farthest)
    assert distances.shape == mask.shape
    assert distances.dtype == np.float32
    outside = np.argwhere(~mask)
    for place, found in np.ndenumerate(distances):
        nearest = min((np.hypot(*(place - other)) for other in outside), default=np.inf)
        assert found == pytest.approx(min(nearest, farthest))


@settings(deadline=None, max_examples=40)
@given(masks)
def test_components_are_what_a_flood_fills(mask: Mask) -> None:
    numbers, count = morphology.components(mask)
    assert np.array_equal(numbers > 0, mask)
    assert set(numbers[mask]) == set(range(1, count + 1))
    left = {tuple(place) for place in np.argwhere(mask).tolist()}
    floods = 0
    while left:
        floods += 1
        flood = [left.pop()]
        number = numbers[flood[0]]
        while flood:
            row, column = flood.pop()
            assert numbers[row, column] == number
            neighbours = {(row + i, column + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} & left
            left -= neighbours
            flood += neighbours
    assert floods == count


@settings(deadline=None, max_examples=40)
@given(masks, st.integers(0, 4))
def test_dilated_is_true_where_something_true_is_near(mask: Mask, pixels: int) -> None:
    grown = morphology.dilated(mask, pixels)
    assert grown.shape == mask.shape
    for (row, column), found in np.ndenumerate(grown):
        rows = slice(max(row - pixels, 0), row + pixels + 1)
        columns = slice(max(column - pixels, 0), column + pixels + 1)
        assert found == mask[rows, columns].any()


@pytest.mark.parametrize("width", [2, 3, 4, 9, 16])
def test_width_of_a_long_bar(width: int) -> None:
    mask = np.zeros((40, 400), dtype=bool)
    mask[10 : 10 + width, 20:380] = True
    assert morphology.width(mask) == pytest.approx(width, rel=0.12)


def test_a_line_one_pixel_wide_counts_as_two() -> None:
    mask = np.zeros((9, 30), dtype=bool)
    mask[4, 3:27] = True
    assert morphology.width(mask) == 2


@settings(deadline=None, max_examples=40)
@given(masks)
def test_width_is_four_times_the_mean_distance_to_the_edge(mask: Mask) -> None:
    outside = np.argwhere(~np.pad(mask, 1)) - 1  # beyond the edges of the mask, too
    nearest = [np.hypot(*(place - outside).T).min() - 0.5 for place in np.argwhere(mask)]
    assert morphology.width(mask) == pytest.approx(4 * np.mean(nearest) if nearest else 0)


def test_width_of_nothing_is_nothing() -> None:
    nothing = morphology.width(np.zeros((5, 5), dtype=bool))
    assert nothing == 0
    assert isinstance(nothing, float)
