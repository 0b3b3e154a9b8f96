"""A training that is looked at and changed while it runs, without a window or another process."""

from __future__ import annotations

import copy
import math
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from digitpad.errors import DigitpadError
from digitpad.nn.network import Network
from digitpad.training import interactive, minibatch_parallel
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import (
    Finished,
    Job,
    LiveTraining,
    Message,
    Paused,
    Update,
    learning_data,
)
from digitpad.training.sgd import EndReason, EpochReport, Progress
from tests.conftest import images_file
from tests.data.examples import save_digit

H = Hyperparameters(
    hidden_layers=(12,), cost="cross-entropy", learning_rate=0.5, training_images=600, epochs=4
)
BATCHES = 60


def progress(epoch: int, batch: int, *costs: float, end: bool = False) -> Progress:
    report = EpochReport(epoch + 1, 0.5, 0.5, None, None, 1.0, 1.0) if end else None
    array = np.array(costs, np.float32)
    return Progress(epoch, 9, batch, 9, array, 1.0, 1.0, 1.0, 1.0, report, None)


def test_reports_are_merged_up_to_each_epochs_end() -> None:
    update = Update()
    update.add(progress(0, 2, 1, 2))
    update.add(progress(0, 3, 3))
    update.add(progress(0, 9, 4, end=True))
    update.add(progress(1, 9, end=True))
    update.add(progress(2, 1, 5))
    assert [list(each.costs) for each in update.progress] == [[1, 2, 3, 4], [], [5]]
    assert [each.epoch_end is not None for each in update.progress] == [True, True, False]
    assert [each.batch for each in update.progress] == [9, 9, 1]


class Listener:
    """Keeps a training's messages; acknowledges updates at once, if it is quick."""

    def __init__(self, job: Job, *, quick: bool = True) -> None:
        self.training = LiveTraining(job, self.receive)
        self.quick = quick
        self.updates: list[Update] = []
        self.networks: list[Network] = []
        self.pauses: list[Paused] = []
        self.ended: Finished | None = None
        self.has_paused = threading.Semaphore(0)

    def receive(self, message: Message) -> None:
        if isinstance(message, Update):
            assert message.network is not None
            self.updates.append(message)
            self.networks.append(message.network.copy())
            if self.quick:
                self.training.acknowledge()
        elif isinstance(message, Paused):
            self.pauses.append(copy.deepcopy(message))
            self.has_paused.release()
        else:
            assert self.ended is None
            self.ended = message

    @property
    def progress(self) -> list[Progress]:
        assert self.ended is not None
        return [each for update in [*self.updates, self.ended.update] for each in update.progress]

    def run(self) -> Finished:
        self.training.run()
        assert self.ended is not None
        return self.ended


@pytest.mark.parametrize("quick", [True, False])
def test_every_mini_batch_and_every_epoch_is_reported_once(quick: bool) -> None:
    listener = Listener(Job(H), quick=quick)
    ended = listener.run()
    assert (ended.reason, ended.error, ended.diverged) == (EndReason.EPOCHS, "", False)
    assert sum(len(each.costs) for each in listener.progress) == 4 * BATCHES
    ends = [each.epoch_end.epoch for each in listener.progress if each.epoch_end is not None]
    assert ends == [1, 2, 3, 4]
    assert ended.update.data_name == "MNIST training images"


def test_no_update_comes_before_the_last_was_acknowledged() -> None:
    listener = Listener(Job(H.replace(epochs=40)), quick=False)
    listener.run()
    assert len(listener.updates) == 1


def test_pause_step_and_stop_from_another_thread() -> None:
    listener = Listener(Job(H.replace(epochs=10_000)))
    training = listener.training
    training.pause(True)
    thread = threading.Thread(target=training.run)
    thread.start()
    places = []
    for _ in range(3):
        assert listener.has_paused.acquire(timeout=60)
        state = listener.pauses[-1].state
        places.append(state.epoch * H.training_images + state.position)
        training.step()
    assert np.diff(places).tolist() == [H.mini_batch_size] * 2
    training.stop()
    thread.join(60)
    assert not thread.is_alive()
    assert listener.ended is not None
    assert listener.ended.reason is EndReason.STOPPED


def test_a_pause_in_slow_motion_is_reported() -> None:
    listener = Listener(Job(H.replace(epochs=10_000)))
    training = listener.training
    training.set_pace(1 / 600)  # it waits ten minutes after the second mini-batch
    thread = threading.Thread(target=training.run)
    thread.start()
    while len(listener.updates) < 2:
        time.sleep(0.01)
    training.pause(True)
    assert listener.has_paused.acquire(timeout=60)
    paused = listener.pauses[-1]
    assert paused.state.position == 2 * H.mini_batch_size
    np.testing.assert_array_equal(paused.network.parameters, listener.networks[-1].parameters)
    training.stop()
    thread.join(60)
    assert sum(len(each.costs) for each in listener.progress) == 2


def test_weights_come_more_often_than_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interactive, "_REPORT_EVERY", math.inf)
    monkeypatch.setattr(interactive, "_SHOW_EVERY", 0)
    listener = Listener(Job(H.replace(epochs=40)))
    ended = listener.run()
    assert len(listener.networks) > 2
    assert (listener.networks[1].parameters != listener.networks[-1].parameters).any()
    assert not any(update.progress for update in listener.updates[1:])
    assert sum(len(each.costs) for each in listener.progress) == 40 * BATCHES
    assert ended.update.progress


@pytest.mark.parametrize("divided", [False, True])
def test_weights_come_less_often_while_every_processor_is_used(
    monkeypatch: pytest.MonkeyPatch, *, divided: bool
) -> None:
    monkeypatch.setattr(interactive, "_SHOW_EVERY", 0)
    monkeypatch.setattr(interactive, "_SHOW_SELDOM", math.inf)
    if divided:
        monkeypatch.setattr(minibatch_parallel, "_WORTH_DIVIDING", 0)
    listener = Listener(Job(H.replace(epochs=40, mini_batch_size=50)))
    listener.run()
    assert len(listener.networks) <= 1 if divided else len(listener.networks) > 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("boom"), "RuntimeError: boom"),
        (MemoryError(), "not enough memory"),
        (DigitpadError("Choose another."), "Choose another."),
    ],
)
def test_every_exception_becomes_words(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(interactive, "train", fail)
    ended = Listener(Job(H)).run()
    assert ended.reason is EndReason.FAILED
    assert words in ended.error
    assert not ended.diverged


def test_findings_are_among_the_updates() -> None:
    h = H.replace(hidden_layers=(30,), initialisation="gaussian", learning_rate=100, epochs=30)
    listener = Listener(Job(h.replace(cost="quadratic")))
    ended = listener.run()
    assert ended.update.findings or any(update.findings for update in listener.updates)


def test_stopped_while_the_data_are_read_it_reads_no_further(tmp_path: Path) -> None:
    for number in range(3):
        save_digit(tmp_path / f"{number}.png", number)
    run = tmp_path / "run"
    run.mkdir()
    listener = Listener(Job(H, tmp_path, H.new_network(), run=run))
    listener.training.stop()
    ended = listener.run()
    assert (ended.reason, ended.error, ended.network) == (EndReason.STOPPED, "", None)
    assert ended.update.data_name == ""
    assert not list(run.iterdir())


def test_of_a_file_a_sixth_is_kept_for_validation(tmp_path: Path) -> None:
    path = images_file(tmp_path / "digits.npz", 120)
    data, validation = learning_data(path)
    assert validation is not None
    assert (len(data), len(validation)) == (100, 20)
    again, _ = learning_data(path)
    np.testing.assert_array_equal(data.images, again.images)
    together = np.concatenate([data.images, validation.images])
    assert len(np.unique(together, axis=0)) == 120


def test_a_file_with_hardly_any_images_is_all_learned_from(tmp_path: Path) -> None:
    data, validation = learning_data(images_file(tmp_path / "digits.npz", 5))
    assert len(data) == 5
    assert validation is None
