"""A training that is looked at and changed while it runs, without a window or another process."""

from __future__ import annotations

import copy
import threading
from pathlib import Path

import numpy as np
import pytest

from digitpad.errors import DigitpadError
from digitpad.nn.network import Network
from digitpad.training import interactive
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import (
    FAILED,
    STOPPED,
    Finished,
    Job,
    LiveTraining,
    Message,
    Paused,
    Update,
    learning_data,
)
from digitpad.training.sgd import EpochReport, Progress
from tests.conftest import images_file

H = Hyperparameters(
    hidden_layers=(12,), cost="cross-entropy", learning_rate=0.5, training_images=600, epochs=4
)
BATCHES = 60


def progress(epoch: int, batch: int, *costs: float, end: bool = False) -> Progress:
    report = EpochReport(epoch + 1, 0.5, 0.5, None, None, 1.0, 1.0) if end else None
    array = np.array(costs, np.float32)
    return Progress(epoch, 9, batch, 9, array, 1.0, 1.0, 1.0, 1.0, report, "")


def test_reports_are_merged_up_to_each_epochs_end() -> None:
    news = Update()
    news.add(progress(0, 2, 1, 2))
    news.add(progress(0, 3, 3))
    news.add(progress(0, 9, 4, end=True))
    news.add(progress(1, 9, end=True))
    news.add(progress(2, 1, 5))
    assert [list(each.costs) for each in news.progress] == [[1, 2, 3, 4], [], [5]]
    assert [each.epoch_end is not None for each in news.progress] == [True, True, False]
    assert [each.batch for each in news.progress] == [9, 9, 1]


class Listener:
    """Notes what a training tells; says at once that it has seen it, if it is quick."""

    def __init__(self, job: Job, *, quick: bool = True) -> None:
        self.training = LiveTraining(job, self.hear)
        self.quick = quick
        self.news: list[Update] = []
        self.networks: list[Network] = []
        self.rests: list[Paused] = []
        self.ended: Finished | None = None
        self.rested = threading.Semaphore(0)

    def hear(self, message: Message) -> None:
        if isinstance(message, Update):
            assert message.network is not None
            self.news.append(message)
            self.networks.append(message.network.copy())
            if self.quick:
                self.training.acknowledge()
        elif isinstance(message, Paused):
            self.rests.append(copy.deepcopy(message))
            self.rested.release()
        else:
            assert self.ended is None
            self.ended = message

    @property
    def progress(self) -> list[Progress]:
        assert self.ended is not None
        return [each for news in [*self.news, self.ended.news] for each in news.progress]

    def run(self) -> Finished:
        self.training.run()
        assert self.ended is not None
        return self.ended


@pytest.mark.parametrize("quick", [True, False])
def test_every_mini_batch_and_every_epoch_is_told_once(quick: bool) -> None:
    listener = Listener(Job(H), quick=quick)
    ended = listener.run()
    assert (ended.reason, ended.error, ended.diverged) == ("epochs", "", False)
    assert sum(len(each.costs) for each in listener.progress) == 4 * BATCHES
    ends = [each.epoch_end.epoch for each in listener.progress if each.epoch_end is not None]
    assert ends == [1, 2, 3, 4]
    assert ended.news.data_name == "MNIST training images"


def test_nobody_is_told_more_before_the_last_news_was_seen() -> None:
    listener = Listener(Job(H.replace(epochs=40)), quick=False)
    listener.run()
    assert len(listener.news) == 1


def test_pause_step_and_stop_from_another_thread() -> None:
    listener = Listener(Job(H.replace(epochs=10_000)))
    training = listener.training
    training.pause(True)
    thread = threading.Thread(target=training.run)
    thread.start()
    places = []
    for _ in range(3):
        assert listener.rested.acquire(timeout=60)
        state = listener.rests[-1].state
        places.append(state.epoch * H.training_images + state.position)
        training.step()
    assert np.diff(places).tolist() == [H.mini_batch_size] * 2
    training.stop()
    thread.join(60)
    assert not thread.is_alive()
    assert listener.ended is not None
    assert listener.ended.reason == STOPPED


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
    assert ended.reason == FAILED
    assert words in ended.error
    assert not ended.diverged


def test_findings_are_among_the_news() -> None:
    h = H.replace(hidden_layers=(30,), initialisation="gaussian", learning_rate=100, epochs=30)
    listener = Listener(Job(h.replace(cost="quadratic")))
    ended = listener.run()
    assert ended.news.findings or any(news.findings for news in listener.news)


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
