"""The shares are those of the formula, find what matters, and say when it may be chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from digitpad.experiments.importance import comparable_accuracy, importance
from digitpad.experiments.points import Points
from digitpad.experiments.results import End, Key, PointResult, Result, by_point
from digitpad.experiments.specification import Specification, from_dict


def made(of: Specification, accuracies: Sequence[float | None]) -> list[PointResult]:
    """Return points with such accuracies; None: diverged."""
    results = {
        Key(point, 0): Result(End.DIVERGED)
        if accuracy is None
        else Result(End.FINISHED, (accuracy,), accuracy)
        for point, accuracy in enumerate(accuracies)
    }
    return by_point(Points(of), results, of.seeds)


def grid(**ranges: str) -> Specification:
    return from_dict({"strategy": "grid", "set": ranges})


def test_the_formula() -> None:
    of = grid(epochs="1|2", l2="0|1|2")
    found = importance(of, made(of, [0.5, 0.5, 0.5, 0.8, 0.8, 0.8]))
    assert found["epochs"] is not None
    assert found["epochs"].share == pytest.approx(1.0)
    assert found["l2"] is not None
    assert found["l2"].share == 0.0
    of = grid(epochs="1|2")
    of = from_dict({"runs": 6, "set": {"epochs": "1|2", "l2": "lin:0..1"}})
    accuracies = [0.5, 0.6, 0.7, 0.65, 0.9, 0.75]
    groups = [h.epochs for h in Points(of)]
    total = np.var(accuracies) * 6
    within = sum(
        np.var([a for a, g in zip(accuracies, groups, strict=True) if g == n]) * groups.count(n)
        for n in set(groups)
    )
    share = (total - within - within / 4) / total
    epochs = importance(of, made(of, accuracies))["epochs"]
    assert epochs is not None
    assert epochs.share == pytest.approx(max(0.0, share))


def test_what_matters_is_found_and_chance_is_called_so() -> None:
    of = from_dict({"runs": 60, "set": {"learning-rate": "log:0.1..10", "l2": "lin:0..5"}})
    points = list(Points(of))
    accuracies = [0.9 - 0.2 * abs(np.log10(h.learning_rate)) for h in points]
    found = importance(of, made(of, accuracies))
    assert found["learning_rate"] is not None
    assert found["l2"] is not None
    assert found["learning_rate"].share > 0.7
    assert found["learning_rate"].is_clear
    assert found["l2"].share < 0.2
    assert not found["l2"].is_clear


def test_a_run_that_diverged_counts_as_guessing() -> None:
    of = grid(**{"learning-rate": "1|100", "l2": "0|1"})
    found = made(of, [0.9, 0.9, None, None])
    assert sorted(comparable_accuracy(of, each) for each in found) == [0.1, 0.1, 0.9, 0.9]
    rate = importance(of, found)["learning_rate"]
    assert rate is not None
    assert rate.share == pytest.approx(1.0)


def test_with_halving_all_are_compared_after_the_same_time() -> None:
    of = from_dict({"strategy": "halving", "runs": 9, "set": {"l2": "0|1", "epochs": 9}})
    results = {Key(0, 0): Result(End.FINISHED, (0.3, *[0.9] * 8), 0.9)}
    (found,) = by_point(Points(of), results, 1)
    assert comparable_accuracy(of, found) == 0.3


def test_too_few_points_to_tell() -> None:
    of = grid(**{"learning-rate": "1|2|3"})
    assert importance(of, made(of, [0.1, 0.2, 0.3])) == {"learning_rate": None}
    assert importance(of, []) == {"learning_rate": None}
