"""A run is an ordinary training, in however many parts it is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from digitpad.errors import DigitpadError
from digitpad.experiments import run
from digitpad.experiments.results import End
from digitpad.experiments.run import EpochEnd, Job, RunData
from digitpad.nn import model_file
from digitpad.recognition.evaluation import evaluate
from digitpad.training import sgd
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.state import TrainingState

# Momentum, a schedule and dropout: all that a state has to remember.
H = Hyperparameters(
    hidden_layers=(20,), epochs=4, schedule="cosine", momentum=0.5, dropout=0.1, learning_rate=1.0
)


def stops_after(asked: int) -> Callable[[], bool]:
    count = 0

    def stopped() -> bool:
        nonlocal count
        count += 1
        return count > asked

    return stopped


@pytest.fixture(scope="module")
def whole(data: RunData) -> run.Outcome:
    return run.train(Job(H, 4), data)


def test_it_is_the_training_of_its_hyperparameters(data: RunData, whole: run.Outcome) -> None:
    network = H.new_network()
    for _ in sgd.train(network, data.train, H, data.validation):
        pass
    assert whole.snapshot is not None
    assert whole.snapshot.parameters.tobytes() == network.parameters.tobytes()
    assert whole.result is not None
    assert whole.result.end is End.FINISHED
    assert whole.result.accuracy == evaluate(network, data.validation).accuracy
    assert whole.result.epochs == 4


def test_paused_after_epochs_it_goes_on_bit_for_bit(data: RunData, whole: run.Outcome) -> None:
    heard: list[EpochEnd] = []
    first = run.train(Job(H, 1), data, heard.append)
    assert first.result is not None
    assert (first.result.end, first.result.epochs) == (End.PAUSED, 1)
    assert whole.result is not None
    assert first.result.accuracies == whole.result.accuracies[:1]
    second = run.train(Job(H, 4, first.snapshot), data, heard.append)
    assert second.result is not None
    assert second.result.digest == whole.result.digest
    assert second.result.accuracies == whole.result.accuracies
    assert heard == [EpochEnd(n, a) for n, a in enumerate(whole.result.accuracies, start=1)]


def test_stopped_anywhere_it_goes_on_bit_for_bit(
    data: RunData, whole: run.Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_REPORT_EVERY", 0.0)  # asked after every mini-batch
    assert whole.result is not None
    part = run.train(Job(H, 4), data, stopped=stops_after(333))
    assert part.result is None
    assert part.snapshot is not None
    state = TrainingState.from_arrays(part.snapshot.state)
    assert state.position > 0, "in the middle of an epoch"
    rest = run.train(Job(H, 4, part.snapshot), data)
    assert rest.result is not None
    assert rest.result.digest == whole.result.digest
    # By the file alone, as after a kill; what it was begun with is older.
    checkpoint = tmp_path / "run.npz"
    run.train(Job(H, 4, checkpoint=checkpoint), data, stopped=stops_after(500))
    rest = run.train(Job(H, 4, part.snapshot, checkpoint), data)
    assert rest.result is not None
    assert rest.result.digest == whole.result.digest


def test_a_checkpoint_of_something_else_is_not_used(
    data: RunData, whole: run.Outcome, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "run.npz"
    assert whole.snapshot is not None
    run.save(checkpoint, H, whole.snapshot, data.train.name)
    with pytest.raises(DigitpadError, match="no checkpoint of this run"):
        run.load(checkpoint, H.replace(seed=1))
    found = run.train(Job(H.replace(seed=1), 1, checkpoint=checkpoint), data)
    assert found.result is not None
    assert found.result.epochs == 1
    checkpoint.write_bytes(b"torn")
    found = run.train(Job(H, 1, checkpoint=checkpoint), data)
    assert found.result is not None
    assert found.result.end is End.PAUSED


def test_a_saved_run_is_a_model_file(data: RunData, whole: run.Outcome, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    assert whole.snapshot is not None
    run.save(path, H, whole.snapshot, data.train.name, {"name": "mine"})
    model = model_file.load(path)
    assert model.network.parameters.tobytes() == whole.snapshot.parameters.tobytes()
    assert model.metadata["name"] == "mine"
    assert Hyperparameters.from_dict(model.metadata["hyperparameters"]) == H
    assert len(model.metadata["history"]) == 4


def test_a_run_that_diverges_is_a_result(data: RunData) -> None:
    h = Hyperparameters(hidden_layers=(30,), learning_rate=1000.0, l2=1000.0)
    outcome = run.train(Job(h, 3), data)
    assert outcome.result is not None
    assert outcome.result.end is End.DIVERGED
    assert outcome.result.accuracy is None
    assert outcome.snapshot is None


def test_a_run_that_cannot_be_done_is_a_result(data: RunData) -> None:
    empty = RunData(data.train.take(slice(0)), data.validation)
    outcome = run.train(Job(H, 4), empty)
    assert outcome.result is not None
    assert outcome.result.end is End.FAILED
    assert "no images to learn from" in outcome.result.message


def test_patience_brings_back_the_best_weights(data: RunData) -> None:
    h = Hyperparameters(hidden_layers=(20,), learning_rate=30.0, epochs=30, patience=2)
    outcome = run.train(Job(h, 30), data)
    assert outcome.result is not None
    assert outcome.snapshot is not None
    network = h.new_network().with_parameters(outcome.snapshot.parameters)
    assert outcome.result.accuracy == evaluate(network, data.validation).accuracy
    assert outcome.result.accuracy == max(outcome.result.accuracies)
