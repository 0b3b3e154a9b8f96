"""Training in a thread: real threads, real images, no window."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from digitpad.app.training.thread import TrainingThread
from digitpad.data.mnist import mnist
from digitpad.nn.network import Network
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import Job
from digitpad.training.sgd import EndReason, Progress, train
from digitpad.training.state import TrainingState
from tests.conftest import images_file

H = Hyperparameters(
    hidden_layers=(12,), cost="cross-entropy", learning_rate=0.5, training_images=600, epochs=4
)
LONG = H.replace(epochs=10_000)
BATCHES = 60


class Watcher:
    """What the window would have seen of a thread."""

    def __init__(self, thread: TrainingThread) -> None:
        self.thread = thread
        self.progress: list[Progress] = []
        self.networks: list[Network] = []
        self.pauses: list[tuple[Network, TrainingState]] = []
        thread.updated.connect(self.take)
        thread.paused.connect(lambda network, state: self.pauses.append((network, state)))

    def take(self) -> None:
        for update in self.thread.take():
            self.progress += update.progress
            if update.network is not None:
                self.networks.append(update.network)

    @property
    def batches(self) -> int:
        return sum(len(progress.costs) for progress in self.progress)

    @property
    def epochs(self) -> list[int]:
        ends = [progress.epoch_end for progress in self.progress]
        return [end.epoch for end in ends if end is not None]


@pytest.fixture
def begin(qtbot: QtBot) -> Iterator[Callable[[Job], Watcher]]:
    watchers: list[Watcher] = []

    def start(job: Job) -> Watcher:
        watcher = Watcher(TrainingThread(job))
        watchers.append(watcher)
        watcher.thread.start()
        return watcher

    yield start
    for watcher in watchers:
        watcher.thread.stop_and_wait()


def ended(qtbot: QtBot, watcher: Watcher) -> None:
    qtbot.waitUntil(watcher.thread.isFinished, timeout=60_000)
    watcher.take()


def has_paused(watcher: Watcher, times: int) -> bool:
    return len(watcher.pauses) == times


def without_a_window(h: Hyperparameters) -> Network:
    network = h.new_network()
    data = mnist()
    for _ in train(network, data.train, h, data.validation):
        pass
    return network


def test_every_mini_batch_and_every_epoch_is_reported(
    qtbot: QtBot, begin: Callable[[Job], Watcher]
) -> None:
    watcher = begin(Job(H))
    ended(qtbot, watcher)
    assert watcher.thread.reason is EndReason.EPOCHS
    assert watcher.epochs == [1, 2, 3, 4]
    assert watcher.batches == 4 * BATCHES
    assert watcher.thread.data_name == "MNIST training images"
    assert watcher.thread.last_epoch is not None
    accuracy = watcher.thread.last_epoch.validation_accuracy
    assert accuracy is not None
    assert accuracy > 0.75


def test_it_trains_as_without_a_window(qtbot: QtBot, begin: Callable[[Job], Watcher]) -> None:
    watcher = begin(Job(H))
    ended(qtbot, watcher)
    expected = without_a_window(H)
    assert watcher.thread.network is not None
    np.testing.assert_array_equal(watcher.thread.network.parameters, expected.parameters)
    np.testing.assert_array_equal(watcher.networks[-1].parameters, expected.parameters)


def test_it_shows_the_first_weights_at_once_and_copies_ever_after(
    qtbot: QtBot, begin: Callable[[Job], Watcher]
) -> None:
    watcher = begin(Job(LONG))
    qtbot.waitUntil(lambda: len(watcher.networks) > 3, timeout=60_000)
    watcher.thread.stop_and_wait()
    np.testing.assert_array_equal(watcher.networks[0].parameters, LONG.new_network().parameters)
    assert watcher.networks[1] is not watcher.thread.network
    assert (watcher.networks[1].parameters != watcher.networks[2].parameters).any()


def test_nothing_piles_up_while_the_window_is_busy(qtbot: QtBot) -> None:
    watcher = Watcher(TrainingThread(Job(H)))
    signals: list[None] = []
    watcher.thread.updated.connect(lambda: signals.append(None))
    watcher.thread.start()
    watcher.thread.wait()  # the window's event loop stands still until all is over
    assert not signals
    qtbot.waitUntil(lambda: len(signals) == 3, timeout=60_000)
    qtbot.wait(100)
    assert len(signals) == 3  # the first weights, the first update, and all the others
    assert watcher.epochs == [1, 2, 3, 4]
    assert watcher.batches == 4 * BATCHES


def test_pause_hands_out_copies_and_resume_goes_on_bit_for_bit(
    qtbot: QtBot, begin: Callable[[Job], Watcher]
) -> None:
    watcher = begin(Job(H))
    watcher.thread.pause(True)
    qtbot.waitUntil(lambda: len(watcher.pauses) == 1, timeout=60_000)
    network, state = watcher.pauses[0]
    place = (state.epoch, state.position)
    qtbot.wait(100)
    assert (watcher.thread.state.epoch, watcher.thread.state.position) == place
    assert watcher.thread.isRunning()
    assert network is not watcher.thread.network
    watcher.thread.pause(False)
    ended(qtbot, watcher)
    assert watcher.thread.network is not None
    np.testing.assert_array_equal(watcher.thread.network.parameters, without_a_window(H).parameters)


def test_a_step_is_one_mini_batch(qtbot: QtBot, begin: Callable[[Job], Watcher]) -> None:
    watcher = begin(Job(LONG))
    watcher.thread.pause(True)
    qtbot.waitUntil(lambda: len(watcher.pauses) == 1, timeout=60_000)
    for count in (2, 3, 4):
        before = watcher.batches
        watcher.thread.step()
        qtbot.waitUntil(partial(has_paused, watcher, count), timeout=60_000)
        assert watcher.batches == before + 1


def test_slow_motion_by_hand_and_at_a_pace(qtbot: QtBot, begin: Callable[[Job], Watcher]) -> None:
    thread = TrainingThread(Job(LONG))
    thread.set_pace(0)
    watcher = Watcher(thread)
    thread.start()
    qtbot.waitUntil(lambda: watcher.batches == 1, timeout=60_000)
    qtbot.wait(100)
    assert watcher.batches == 1
    thread.step()
    qtbot.waitUntil(lambda: watcher.batches == 2, timeout=60_000)
    thread.set_pace(50)
    qtbot.waitUntil(lambda: watcher.batches >= 5, timeout=60_000)
    thread.set_pace(None)
    qtbot.waitUntil(lambda: len(watcher.epochs) > 2, timeout=60_000)
    thread.stop_and_wait()
    assert thread.reason is EndReason.STOPPED


def test_live_changes_take_effect_and_land_in_the_history(
    qtbot: QtBot, begin: Callable[[Job], Watcher]
) -> None:
    watcher = begin(Job(LONG))
    qtbot.waitUntil(lambda: watcher.batches > 0, timeout=60_000)
    watcher.thread.change(LONG.replace(learning_rate=0.125, mini_batch_size=20))
    qtbot.waitUntil(lambda: watcher.progress[-1].learning_rate == 0.125, timeout=60_000)
    watcher.thread.stop_and_wait()
    changes = [each["change"] for each in watcher.thread.state.history if "change" in each]
    assert changes == [{"learning_rate": 0.125, "mini_batch_size": 20}]
    assert watcher.thread.hyperparameters.mini_batch_size == 20
    assert not watcher.thread.error


def test_one_more_epoch_than_planned(qtbot: QtBot, begin: Callable[[Job], Watcher]) -> None:
    watcher = begin(Job(H))
    watcher.thread.pause(True)
    qtbot.waitUntil(lambda: len(watcher.pauses) == 1, timeout=60_000)
    watcher.thread.one_more_epoch()
    watcher.thread.pause(False)
    ended(qtbot, watcher)
    assert watcher.epochs == [1, 2, 3, 4, 5]
    assert watcher.batches == 5 * BATCHES


def test_what_was_stopped_goes_on_bit_for_bit(
    qtbot: QtBot, begin: Callable[[Job], Watcher]
) -> None:
    h = H.replace(optimiser="adam", learning_rate=0.003, dropout=0.2, rotation=8, elastic=1)
    thread = TrainingThread(Job(h))
    thread.set_pace(0)
    watcher = Watcher(thread)
    thread.start()
    qtbot.waitUntil(lambda: watcher.batches == 1, timeout=60_000)
    thread.stop_and_wait()
    assert thread.state.position == h.mini_batch_size
    again = begin(Job(h, None, thread.network, thread.state, thread.data_name))
    ended(qtbot, again)
    assert again.thread.network is not None
    np.testing.assert_array_equal(again.thread.network.parameters, without_a_window(h).parameters)


def test_with_other_images_the_epoch_begins_again(
    qtbot: QtBot, begin: Callable[[Job], Watcher]
) -> None:
    state = TrainingState(epoch=1, position=590, chunk_start=510, hyperparameters=H)
    watcher = begin(Job(H.replace(epochs=2), None, H.new_network(), state, "another file"))
    ended(qtbot, watcher)
    assert watcher.epochs == [2]
    assert watcher.batches == BATCHES


def test_divergence_is_an_error_and_leaves_finite_weights(
    qtbot: QtBot, begin: Callable[[Job], Watcher]
) -> None:
    h = H.replace(hidden_layers=(30, 30), activation="relu", learning_rate=1000)
    watcher = begin(Job(h))
    ended(qtbot, watcher)
    assert watcher.thread.reason is EndReason.FAILED
    assert watcher.thread.diverged
    assert not watcher.thread.has_result  # its first epoch has not come to its end
    assert "no longer a number" in watcher.thread.error
    assert watcher.thread.network is not None
    assert np.isfinite(watcher.thread.network.parameters).all()


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal as POSIX does")
def test_a_process_that_is_killed_leaves_the_weights_that_it_shared(
    qtbot: QtBot, begin: Callable[[Job], Watcher]
) -> None:
    begun = H.new_network()
    state = TrainingState(epoch=2, hyperparameters=LONG, history=[{"epoch": 1}, {"epoch": 2}])
    watcher = begin(Job(LONG, None, begun, state, "MNIST training images"))
    qtbot.waitUntil(lambda: len(watcher.epochs) > 2, timeout=60_000)
    assert watcher.thread._process is not None
    os.kill(watcher.thread._process.pid, signal.SIGKILL)
    ended(qtbot, watcher)
    thread = watcher.thread
    assert thread.reason is EndReason.FAILED
    assert thread.has_result
    assert "ended unexpectedly" in thread.error
    assert "keeps what it had learned" in thread.error
    assert thread.network is not None
    np.testing.assert_array_equal(thread.network.parameters, watcher.networks[-1].parameters)
    assert (thread.network.parameters != begun.parameters).any()
    assert [entry["epoch"] for entry in thread.state.history] == [1, 2, *watcher.epochs]
    assert thread.state.epoch == watcher.epochs[-1]
    # It can be continued.
    more = begin(
        Job(LONG.replace(epochs=thread.state.epoch + 1), None, thread.network, thread.state)
    )
    ended(qtbot, more)
    assert more.epochs == [thread.state.epoch + 1] or more.thread.reason is EndReason.EPOCHS


def test_data_that_cannot_be_read_is_an_error(
    qtbot: QtBot, begin: Callable[[Job], Watcher], tmp_path: Path
) -> None:
    watcher = begin(Job(H, tmp_path / "none.npz"))
    ended(qtbot, watcher)
    assert "does not exist" in watcher.thread.error
    assert not watcher.thread.diverged
    assert not watcher.thread.has_result


def test_training_from_a_file(
    qtbot: QtBot, begin: Callable[[Job], Watcher], tmp_path: Path
) -> None:
    path = images_file(tmp_path / "digits.npz", 120)
    watcher = begin(Job(H.replace(training_images=0, epochs=2), path))
    ended(qtbot, watcher)
    assert watcher.thread.reason is EndReason.EPOCHS
    assert watcher.thread.data_name == "digits.npz"
    assert watcher.batches == 20
