"""What a model's file says about its training."""

from __future__ import annotations

import json

import numpy as np
import pytest

from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.metadata import training_metadata, validation_accuracy
from digitpad.training.sgd import EndReason, EpochReport
from digitpad.training.state import TrainingState

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
