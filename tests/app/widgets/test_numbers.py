"""Numbers as they are written: with how many decimals."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from digitpad.app.widgets import numbers


@pytest.mark.parametrize(
    ("terms", "places"),
    [
        ([6, 0, 2, -5], 0),
        ([6.01, 2, -5], 2),
        ([0.1, 0.2], 1),
        ([0.5, -1 / 3000], 7),  # 0.0003333
        ([2 / 3, 1 / 3], 4),
        ([0.0, 0.0], 0),
        ([1 / 3, 1e-20], 4),  # float64 does not notice the second
        ([float("inf"), 1.0], 0),
    ],
)
def test_decimals_of_a_sum(terms: list[float], places: int) -> None:
    assert numbers.sum_places(terms) == places


@pytest.mark.parametrize("count", [2, 5])
def test_sums_add_up_as_they_are_written(count: int) -> None:
    generator = np.random.default_rng(0)
    wrong = 0
    for _ in range(300):
        sizes = 10.0 ** generator.uniform(-5, 2, size=count)
        terms = (generator.normal(size=count) * sizes).tolist()
        places = numbers.sum_places(terms)
        written = [Decimal(numbers.decimal(term, places).replace(",", "")) for term in terms]
        total = Decimal(numbers.decimal(sum(terms), places).replace(",", ""))
        wrong += sum(written) != total
        assert abs(sum(written) - total) <= (count - 1) * Decimal(10) ** -places
        smallest = min(map(abs, terms))
        assert abs(round(smallest, places) - smallest) <= 1e-3 * smallest
    assert wrong <= (0 if count == 2 else 30)


@pytest.mark.parametrize(("number", "digits"), [(0.01234, 4), (12.34567, 7), (0.0, 1), (1e-9, 1)])
def test_significant_digits(number: float, digits: int) -> None:
    assert numbers.significant(number, 5) == digits
