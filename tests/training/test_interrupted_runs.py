"""Processes that are killed while they train: what is on the disk afterwards."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from digitpad.data.mnist import mnist
from digitpad.errors import DigitpadError
from digitpad.nn.functions import Array
from digitpad.training import recording, run_files
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import Finished, Job, Paused, Update
from digitpad.training.process import TrainingProcess
from digitpad.training.recording import Recorder
from digitpad.training.run_files import Run, Status
from digitpad.training.run_store import RunStore
from digitpad.training.sgd import EndReason, train
from digitpad.training.state import TrainingState

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL")

H = Hyperparameters(
    hidden_layers=(12,),
    cost="cross-entropy",
    learning_rate=0.5,
    momentum=0.9,
    training_images=600,
    epochs=10_000,
)
PACE = 200.0  # mini-batches a second, so that the same can be trained again


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def new_job(store: RunStore) -> Job:
    return store.begin("run", Job(H, network=H.new_network()))


def trained_straight(batches: int) -> Array:
    """Return the weights after so many mini-batches without any interruption."""
    network = H.new_network()
    done: list[float] = []
    if batches:
        for progress in train(network, mnist().train, H, report_within=lambda: batches - len(done)):
            done.extend(progress.costs)
            if len(done) == batches:
                break
    return network.parameters


def assert_resumable(store: RunStore, run: Run) -> int:
    """Check all that is on the disk against the same training, never interrupted."""
    checkpoint = run_files.read_checkpoint(run.folder)
    np.testing.assert_array_equal(
        checkpoint.network.parameters, trained_straight(checkpoint.batches)
    )
    with store.timeline(run.id) as timeline:
        assert timeline.positions[0].batches == 0
        for index in np.linspace(0, len(timeline) - 1, 4).astype(int):
            position = timeline.positions[index]
            np.testing.assert_array_equal(
                timeline.read(int(index)), trained_straight(position.batches)
            )
    curve = run_files.read_curve(run.folder)
    assert (np.diff(curve.batches) > 0).all()
    return checkpoint.batches


def follow(process: TrainingProcess, seconds: float) -> list[Update]:
    """Take updates as a window does, for some seconds of training."""
    updates = []
    end = None
    for message in process.messages():
        assert isinstance(message, Update)
        updates.append(message)
        process.ask("acknowledge")
        if end is None:
            end = time.monotonic() + seconds
        if time.monotonic() >= end:
            break
    return updates


def test_a_training_process_killed_at_any_moment_leaves_a_run_to_resume(store: RunStore) -> None:
    chance = random.Random(3)
    job = new_job(store)
    assert job.run is not None
    done = 0
    for _ in range(4):
        with TrainingProcess(job) as process:
            process.ask("set_pace", PACE)
            follow(process, 2.5 * chance.random())
            [run] = store.runs()
            assert run.status is Status.RUNNING
            os.kill(process.pid, signal.SIGKILL)
            with pytest.raises(DigitpadError, match="ended unexpectedly"):
                list(process.messages())
        [run] = store.runs()
        assert run.status is Status.INTERRUPTED
        batches = assert_resumable(store, run)
        assert batches >= done
        done = batches
        job = store.resume(run.id)
    assert done > 0


_WINDOW = """
import sys, time
from pathlib import Path
sys.path[:0] = {path!r}
from digitpad.training.process import TrainingProcess
from digitpad.training.recording import Recorder
from digitpad.training.run_store import RunStore
from tests.training.test_interrupted_runs import PACE, new_job

if __name__ == "__main__":
    with TrainingProcess(new_job(RunStore(Path(sys.argv[1])))) as process:
        process.ask("set_pace", PACE)
        for message in process.messages():
            process.ask("acknowledge")
            if message.snapshots:
                print(message.snapshots[-1].batches, flush=True)
"""


def test_a_window_that_is_killed_loses_no_training(store: RunStore, tmp_path: Path) -> None:
    script = tmp_path / "window.py"
    script.write_text(_WINDOW.format(path=sys.path))
    with subprocess.Popen(
        [sys.executable, str(script), str(store.folder)], stdout=subprocess.PIPE, text=True
    ) as window:
        assert window.stdout is not None
        last = 0
        while last < 150:
            last = int(window.stdout.readline())
        os.kill(window.pid, signal.SIGKILL)
    for _ in range(300):  # the process that trains writes down what it has
        [run] = store.runs()
        if run.status is not Status.RUNNING:
            break
        time.sleep(0.1)
    assert run.status is Status.INTERRUPTED
    assert assert_resumable(store, run) >= last


def test_at_most_ten_seconds_of_training_are_not_on_the_disk(store: RunStore) -> None:
    assert 0 < recording._FIRST_CHECKPOINT <= recording._CHECKPOINT_EVERY <= 10
    network, state = H.new_network(), TrainingState(hyperparameters=H)
    recorder = Recorder(store.create("run", H).folder, network, state, "MNIST")
    waits = []
    for _ in range(8):
        recorder._collect()  # one that is under way puts the next off
        recorder.checkpoint(network, state)
        waits.append(recorder._checkpoint_every)
    recorder.close(network, state, "stopped")
    assert waits == sorted(waits)
    assert waits[-1] == recording._CHECKPOINT_EVERY


def test_a_paused_training_is_on_the_disk(store: RunStore) -> None:
    job = new_job(store)
    with TrainingProcess(job) as process:
        follow(process, 0.3)
        process.ask("pause", True)
        for message in process.messages():
            if isinstance(message, Paused):
                break
            process.ask("acknowledge")
        assert isinstance(message, Paused)
        for _ in range(100):  # it is written a second later
            [run] = store.runs()
            checkpoint = run_files.read_checkpoint(run.folder)
            if np.array_equal(checkpoint.network.parameters, message.network.parameters):
                break
            time.sleep(0.1)
        else:
            raise AssertionError("the checkpoint is older than the pause")
        os.kill(process.pid, signal.SIGKILL)
    assert run_files.read(run.folder).status is Status.INTERRUPTED


def test_updates_tell_of_every_snapshot(store: RunStore) -> None:
    job = new_job(store)
    with TrainingProcess(job) as process:
        process.ask("set_pace", PACE)
        updates = follow(process, 1.0)
        process.ask("stop")
        for message in process.messages():
            if isinstance(message, Finished):
                updates.append(message.update)
            elif isinstance(message, Update):
                updates.append(message)
                process.ask("acknowledge")
    assert isinstance(message, Finished)
    assert message.reason is EndReason.STOPPED
    told = {snapshot.batches for update in updates for snapshot in update.snapshots}
    [run] = store.runs()
    assert (run.status, run.reason) == (Status.FINISHED, EndReason.STOPPED)
    with store.timeline(run.id) as timeline:
        assert {position.batches for position in timeline.positions} == told
        assert message.network is not None
        np.testing.assert_array_equal(timeline.read(len(timeline) - 1), message.network.parameters)
    assert not any(update.recording_problem for update in updates)


def test_a_run_that_another_process_trains_is_refused(store: RunStore) -> None:
    job = new_job(store)
    with TrainingProcess(job) as first:
        follow(first, 0.0)
        with TrainingProcess(job) as second:
            ended = list(second.messages())[-1]
            assert isinstance(ended, Finished)
            assert "another window" in ended.error


def test_a_run_that_cannot_be_recorded_is_trained_all_the_same(tmp_path: Path) -> None:
    h = H.replace(epochs=2)
    with TrainingProcess(Job(h, network=h.new_network(), run=tmp_path / "nowhere")) as process:
        problems = []
        for message in process.messages():
            if isinstance(message, Update):
                problems.append(message.recording_problem)
                process.ask("acknowledge")
    assert isinstance(message, Finished)
    assert (message.reason, message.error) == ("epochs", "")
    assert "cannot be recorded" in message.update.recording_problem
