"""What a run keeps of its reports, and the table it becomes."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from digitpad.app.training.runs import CURVES, Run, Series, highest_cost, write_csv
from digitpad.training.sgd import EpochReport, Progress


def progress(
    epoch: int, batch: int, costs: list[float], end: EpochReport | None = None
) -> Progress:
    return Progress(
        epoch, 3, batch, 10, np.array(costs, np.float32), costs[-1], 0.5, 1000.0, 1.0, end, None
    )


def report(epoch: int, validation: bool = True) -> EpochReport:
    return EpochReport(
        epoch,
        1 / epoch,
        0.8,
        2 / epoch if validation else None,
        0.7 if validation else None,
        0.5,
        1,
    )


def test_costs_lie_where_their_mini_batches_were() -> None:
    run = Run("a")
    run.add(progress(0, 4, [4.0, 3.0, 2.0, 1.0]))
    run.add(progress(0, 5, [0.5]))
    x, y = run.points(Series.MINI_BATCHES)
    np.testing.assert_allclose(x, [0.1, 0.2, 0.3, 0.4, 0.5])
    np.testing.assert_allclose(y, [4, 3, 2, 1, 0.5])


def test_an_epochs_report_lies_at_its_end() -> None:
    run = Run("a")
    run.add(progress(0, 10, [1.0], report(1)))
    run.add(progress(1, 10, [1.0], report(2)))
    x, y = run.points(Series.VALIDATION_COST)
    np.testing.assert_allclose(x, [1, 2])
    np.testing.assert_allclose(y, [2, 1])
    np.testing.assert_allclose(run.points(Series.TRAINING_ACCURACY)[1], [80, 80])


def test_without_validation_its_curves_are_empty() -> None:
    run = Run("a")
    run.add(progress(0, 10, [1.0], report(1, validation=False)))
    assert len(run.points(Series.VALIDATION_COST)[0]) == 0
    assert len(run.points(Series.TRAINING_COST)[0]) == 1


def test_the_smoothed_cost_is_smoother() -> None:
    run = Run("a")
    noise = np.random.default_rng(1).normal(1, 0.2, 600)
    run.add(Progress(0, 1, 600, 600, noise.astype(np.float32), 1.0, 0.5, 1.0, 1.0, None, None))
    assert np.std(run.points(Series.SMOOTHED_COST)[1][50:]) < 0.5 * np.std(noise)


def test_the_table_holds_every_curve_of_every_run(tmp_path: Path) -> None:
    runs = [Run("first"), Run("second, “odd”")]
    for run in runs:
        run.add(progress(0, 10, [3.0, 2.0], report(1)))
    path = tmp_path / "curves.csv"
    write_csv(path, runs)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["run"] for row in rows} == {"first", "second, “odd”"}
    assert len({row["series"] for row in rows}) == len(CURVES)
    costs = [row for row in rows if row["run"] == "first" and row["series"] == "mini-batches"]
    assert [float(row["value"]) for row in costs] == [3, 2]
    assert float(costs[-1]["epoch"]) == pytest.approx(1.0)


def run_of(*costs: float) -> Run:
    run = Run("a")
    for number, cost in enumerate(costs, start=1):
        run.add(progress(0, number, [cost]))
    return run


def test_ordinary_costs_are_all_worth_showing() -> None:
    assert highest_cost([]) == np.inf
    assert highest_cost([run_of(1.0, 0.5), run_of(0.4, 0.9), run_of(5.0, 0.1)]) == np.inf


def test_a_run_that_diverged_does_not_decide_what_is_shown() -> None:
    wild = run_of(1.0, 1e3, 2e20)
    assert highest_cost([run_of(2.0, 0.5), wild]) == pytest.approx(2.2)
    assert highest_cost([wild]) == pytest.approx(3.0)
    assert highest_cost([run_of(1e10, 2e10)]) == pytest.approx(300)
    wild.shown = False
    assert highest_cost([run_of(2.0, 0.5), wild]) == np.inf
