"""Ticks of an axis are round numbers that it shows."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitpad.app.widgets.numbers import ticks


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (0, 14.34, [0, 5, 10]),
        (0, 10, [0, 5, 10]),
        (-0.0002555, 0.04845, [0, 0.01, 0.02, 0.03, 0.04]),
        (90, 100, [90, 95, 100]),
        (-45, 45, [-40, -20, 0, 20, 40]),
        (3, 3, [3]),
    ],
)
def test_round_numbers(low: float, high: float, wanted: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(wanted)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 9))
def test_they_are_shown_evenly_spaced_and_not_too_many(low: float, width: float, most: int) -> None:
    found = ticks(low, low + width, most)
    assert 1 <= len(found) <= most
    assert all(low - 1e-6 * width <= tick <= low + 1.000001 * width for tick in found)
    steps = {b - a for a, b in pairwise(found)}
    assert all(math.isclose(step, next(iter(steps)), rel_tol=1e-6) for step in steps)
