"""Curves in bounded memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitpad.training.curve import Trace, mean_along


def test_a_short_curve_is_kept_as_it_is() -> None:
    trace = Trace(8)
    trace.add([1, 2, 3], [5, 4, 6])
    x, y = trace.envelope()
    assert x.tolist() == [1, 2, 3]
    assert y.tolist() == [5, 4, 6]
    assert trace.mean()[1].tolist() == [5, 4, 6]


def test_neighbours_merge_when_it_is_full() -> None:
    trace = Trace(4)
    trace.add(np.arange(8), [1, 3, 5, 7, 2, 2, 0, 8])
    assert (len(trace), trace.stride, trace.points) == (4, 2, 8)
    x, mean = trace.mean()
    assert x.tolist() == [1, 3, 5, 7]
    assert mean.tolist() == [2, 6, 2, 4]
    assert trace.envelope()[1].tolist() == [1, 3, 5, 7, 2, 2, 0, 8]


def test_a_million_points_keep_their_mean_and_extremes() -> None:
    trace = Trace(64)
    y = np.random.default_rng(0).normal(size=1_000_000)
    for piece in np.split(y, 1000):
        trace.add(np.zeros(1000), piece)
    covered = y[: len(trace) * trace.stride]
    assert 32 <= len(trace) <= 64
    assert trace.mean()[1].mean() == pytest.approx(covered.mean(), abs=1e-9)
    assert trace.envelope()[1].max() == covered.max()
    assert trace.envelope()[1].min() == covered.min()


@given(st.lists(st.integers(0, 40), max_size=30))
def test_it_does_not_matter_in_what_pieces_points_come(sizes: list[int]) -> None:
    total = sum(sizes)
    y = np.random.default_rng(1).random(total)
    whole, pieces = Trace(16), Trace(16)
    whole.add(np.arange(total), y)
    start = 0
    for size in sizes:
        pieces.add(np.arange(start, start + size), y[start : start + size])
        start += size
    assert len(whole) == len(pieces)
    for one, other in zip(whole.mean(), pieces.mean(), strict=True):
        np.testing.assert_allclose(one, other)


def test_smoothing_averages_the_last_points() -> None:
    trace = Trace(16)
    trace.add(np.arange(6), [6, 0, 6, 0, 6, 0])
    assert trace.smoothed(2)[1].tolist() == [6, 3, 3, 3, 3, 3]
    assert trace.smoothed(1)[1].tolist() == [6, 0, 6, 0, 6, 0]


def test_infinite_costs_leave_no_hole() -> None:
    trace = Trace(4)
    trace.add([1, 2, 3], [1.0, np.inf, np.nan])
    assert trace.points == 1
    assert trace.mean()[1].tolist() == [1]


def test_an_empty_curve_has_no_points() -> None:
    trace = Trace()
    assert [part.size for part in (*trace.mean(), *trace.envelope(), *trace.smoothed(5))] == [0] * 6


def test_buckets_come_in_pairs() -> None:
    with pytest.raises(ValueError, match="even"):
        Trace(5)


def test_a_curve_is_averaged_around_each_place() -> None:
    place, y, weights = [0.0, 1.0, 2.0, 10.0], [1.0, 3.0, 5.0, 7.0], [1.0, 1.0, 2.0, 1.0]
    mean = mean_along(place, y, weights, [0.0, 1.0, 6.0, 10.0], width=2.0)
    assert mean.tolist() == [2.0, (1 + 3 + 2 * 5) / 4, 6.0, 7.0]
