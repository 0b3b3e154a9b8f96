"""The files of a run, however damaged: what cannot be used is as if it were not there."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitpad.training import run_files
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.run_files import Run
from digitpad.training.run_store import RunStore

H = Hyperparameters(hidden_layers=(5,))
REPORT = {"epoch": 1, "cost": 1.0, "accuracy": 0.5, "validation_cost": None}
REPORT |= {"validation_accuracy": 0.5, "learning_rate": 3.0, "seconds": 1.0}
HUGE = int("9" * 400)
NESTED = "[" * 50_000 + "]" * 50_000

VALUES: list[Any] = [
    *(None, True, -1, HUGE, 2**63, 1e308, float("nan"), float("inf"), "", "a\nb", "\ud800", "\0"),
    *("x" * 100_000, [], [1, "2"], {}, {"run": "\ud800"}, [[[]]]),
]


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture
def made(store: RunStore) -> Run:
    return store.create("mine", H, data=store.folder / "data.npz", preset="quick")


def use(store: RunStore, run_id: str) -> Run:
    """Do with a run what the shelf does, and return it."""
    (run,) = store.runs()
    run_files.read_curve(run.folder)
    for epoch, accuracy in run_files.validation_accuracies(run.folder):
        assert 0 <= epoch < 2**53
        assert 0 <= accuracy <= 1
    store.rename(run_id, "renamed")
    store.pin(run_id, pinned=True)
    again = store.get(run_id)
    assert again.name == "renamed"
    assert (again.hyperparameters, again.data, again.sizes) == (
        run.hyperparameters,
        run.data,
        run.sizes,
    )
    return run


@pytest.mark.parametrize("file", [run_files.ABOUT, run_files.PROGRESS])
def test_any_value_of_any_key_leaves_a_run_that_can_be_used(
    store: RunStore, made: Run, file: str
) -> None:
    good = json.loads((made.folder / run_files.ABOUT).read_bytes())
    for key in (*good, "batches", "epoch", "cost", "seconds", "reason", "data_name"):
        for value in VALUES:
            (made.folder / run_files.ABOUT).write_text(json.dumps(good))
            (made.folder / file).write_text(json.dumps(good | {key: value}))
            run = use(store, made.id)
            assert run.name.isprintable()
            assert run.accuracy is None or 0 <= run.accuracy <= 1


@pytest.mark.parametrize(
    "content",
    [NESTED, '{"a": ' * 40_000, f'{{"created": {HUGE}}}', "[1]", '{"name": "' + "x" * (2 << 20)],
    ids=["lists", "objects", "integer", "list", "large"],
)
@pytest.mark.parametrize("file", [run_files.ABOUT, run_files.PROGRESS, run_files.EPOCHS])
def test_json_that_is_too_much_is_left_out(
    store: RunStore, made: Run, file: str, content: str
) -> None:
    (made.folder / file).write_text(content + "\n")
    use(store, made.id)
    assert run_files.read_epochs(made.folder) == []


def test_epochs_after_an_impossible_one_are_left_out(made: Run) -> None:
    values: tuple[Any, ...] = (True, "1", [], HUGE, -HUGE)
    impossible: list[dict[str, Any]] = [{key: value} for key in REPORT for value in values]
    impossible += [{"epoch": None}, {"epoch": 1.5}, {"cost": None}, {"accuracy": 1.5}]
    impossible += [{"validation_accuracy": -0.5}, {"validation_accuracy": float("nan")}]
    for change in impossible:
        reports = [REPORT, REPORT | {"epoch": 2} | change, REPORT | {"epoch": 3}]
        lines = "".join(json.dumps(report) + "\n" for report in reports)
        (made.folder / run_files.EPOCHS).write_text(lines)
        assert [report.epoch for report in run_files.read_epochs(made.folder)] == [1], change


@pytest.mark.skipif(sys.platform == "win32", reason="FIFOs")
@pytest.mark.parametrize("name", [run_files.PROGRESS, run_files.CURVE, run_files.EPOCHS])
def test_a_fifo_is_not_waited_for(store: RunStore, made: Run, name: str) -> None:
    os.mkfifo(made.folder / name)
    use(store, made.id)


def test_a_curve_larger_than_any_is_left_out(made: Run) -> None:
    with (made.folder / run_files.CURVE).open("wb") as file:
        file.write(np.array([1, 1, 1, 1, 1, 3], dtype=np.float64).tobytes())
        file.truncate(1 << 34)
    assert len(run_files.read_curve(made.folder).batches) == 0
