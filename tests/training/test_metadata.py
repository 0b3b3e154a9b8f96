"""What a model's file says about its training."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from digitpad.training import run_files
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.metadata import run_metadata, training_metadata, validation_accuracy
from digitpad.training.run_files import Run
from digitpad.training.run_store import RunStore
from digitpad.training.sgd import EndReason, EpochReport
from digitpad.training.state import TrainingState
from tests.training.test_recording import H as RECORDED
from tests.training.test_recording import record

H = Hyperparameters(hidden_layers=(12,), learning_rate=0.5)


def report(epoch: int, accuracy: float | None) -> EpochReport:
    return EpochReport(epoch, 0.1, 0.9, None, accuracy, 0.5, 1.0)


def test_metadata_are_json_and_a_copy() -> None:
    state = TrainingState(epoch=1, history=[{"epoch": 1}], seconds=1.23456)
    metadata = training_metadata(H.new_network(), H, state, "MNIST", {"validation images": 0.9})
    state.history[0]["epoch"] = 2
    assert json.loads(json.dumps(metadata)) == metadata
    assert metadata["architecture"].startswith("784-12-10")
    assert Hyperparameters.from_dict(metadata["hyperparameters"]) == H
    assert metadata["history"] == [{"epoch": 1}]
    assert metadata["data"] == "MNIST"
    assert metadata["seconds"] == 1.235
    assert metadata["accuracy"] == {"validation images": 0.9}


def test_an_accuracy_that_nobody_measured_is_left_out() -> None:
    assert "accuracy" not in training_metadata(H.new_network(), H, TrainingState(), "", {})
    assert validation_accuracy(TrainingState(), None, None) == {}
    assert validation_accuracy(TrainingState(), report(1, None), EndReason.EPOCHS) == {}


def test_in_the_middle_of_an_epoch_the_accuracy_is_that_of_the_one_before() -> None:
    state = TrainingState(epoch=3, position=10)
    expected = {"validation images, after epoch 3": 0.8}
    assert validation_accuracy(state, report(3, 0.8), EndReason.STOPPED) == expected


@pytest.mark.parametrize(
    ("reason", "accuracy"),
    [
        (EndReason.EARLY_STOPPING, 0.95),
        (EndReason.EPOCHS, 0.95),
        (EndReason.STOPPED, 0.8),
        (EndReason.FAILED, 0.8),
        (None, 0.8),
    ],
)
def test_with_patience_the_best_weights_count_where_they_were_taken_back(
    reason: EndReason | None, accuracy: float
) -> None:
    best = np.zeros(3, np.float32)
    state = TrainingState(epoch=3, best_accuracy=0.95, best_parameters=best)
    assert validation_accuracy(state, report(3, 0.8), reason) == {"validation images": accuracy}
    without = TrainingState(epoch=3, best_accuracy=0.95)
    assert validation_accuracy(without, report(3, 0.8), reason) == {"validation images": 0.8}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return RunStore(tmp_path / "runs").create("mine", RECORDED)


def recorded(run: Run) -> Run:
    record(run.folder, RECORDED.new_network(), TrainingState())
    return run_files.read(run.folder)


def test_a_recorded_run_has_the_metadata_of_its_training(run: Run) -> None:
    run = recorded(run)
    checkpoint = run_files.read_checkpoint(run.folder)
    found = run_metadata(run, checkpoint.network, checkpoint.state)
    assert run.accuracy is not None
    expected = training_metadata(
        checkpoint.network,
        RECORDED,
        checkpoint.state,
        "MNIST",
        {"validation images": run.accuracy},
        run.created,
    )
    assert found == {"name": "mine", **expected}
    assert len(found["history"]) == RECORDED.epochs
    assert datetime.fromisoformat(found["created"]).timestamp() == int(run.created)


def test_a_recorded_run_that_early_stopping_ended_has_its_best_accuracy(run: Run) -> None:
    run = recorded(run)
    checkpoint = run_files.read_checkpoint(run.folder)
    state = checkpoint.state
    state.best_accuracy, state.best_parameters = 0.99, checkpoint.network.parameters.copy()
    stopped = replace(run, reason=EndReason.EARLY_STOPPING.value)
    found = run_metadata(stopped, checkpoint.network, state)
    assert found["accuracy"] == {"validation images": 0.99}
    unknown = replace(run, reason="")
    assert run_metadata(unknown, checkpoint.network, state)["accuracy"] == {
        "validation images": run.accuracy
    }


def test_a_checkpoint_has_the_accuracy_of_its_own_last_epoch(run: Run) -> None:
    run = recorded(run)
    reports = run_files.read_epochs(run.folder)
    state = TrainingState(epoch=2, position=50, hyperparameters=RECORDED.replace(epochs=9))
    found = run_metadata(run, RECORDED.new_network(), state)
    assert found["accuracy"] == {"validation images, after epoch 2": reports[1].validation_accuracy}
    assert found["hyperparameters"]["epochs"] == 9
    assert "accuracy" not in run_metadata(run, RECORDED.new_network(), TrainingState())


def test_a_snapshot_s_accuracy_is_that_of_the_epoch_before(run: Run) -> None:
    assert "accuracy" not in run_metadata(run, RECORDED.new_network(), None)
    run = recorded(run)
    found = run_metadata(run, RECORDED.new_network(), None)
    assert found["accuracy"] == {"validation images, after epoch 3": run.accuracy}
    assert [entry["epoch"] for entry in found["history"]] == [1, 2, 3]
    assert found["seconds"] == round(run.seconds, 3)
    assert found["hyperparameters"] == RECORDED.to_dict()
    damaged = replace(run, hyperparameters=None)
    assert "hyperparameters" not in run_metadata(damaged, RECORDED.new_network(), None)
