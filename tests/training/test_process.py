"""A training in a process of its own: real processes, real images, no window."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from digitpad.data.mnist import mnist
from digitpad.errors import DigitpadError
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import FAILED, STOPPED, Finished, Job, Paused, Update
from digitpad.training.process import TrainingProcess
from digitpad.training.sgd import train

H = Hyperparameters(
    hidden_layers=(12,), cost="cross-entropy", learning_rate=0.5, training_images=600, epochs=4
)
LONG = H.replace(epochs=10_000)


def job(h: Hyperparameters, data: Path | None = None) -> Job:
    return Job(h, data, h.new_network())


def test_it_trains_as_in_this_process() -> None:
    with TrainingProcess(job(H)) as process:
        messages = list(process.messages())
    ended = messages[-1]
    assert isinstance(ended, Finished)
    assert ended.reason == "epochs"
    expected = H.new_network()
    digits = mnist()
    for _ in train(expected, digits.train, H, digits.validation):
        pass
    assert ended.network is not None
    np.testing.assert_array_equal(ended.network.parameters, expected.parameters)
    news = [message for message in messages if isinstance(message, Update)]
    costs = [progress.costs for each in [*news, ended.news] for progress in each.progress]
    assert sum(map(len, costs)) == 4 * 60


def test_commands_reach_it_and_weights_come_back() -> None:
    begun = job(LONG)
    assert begun.network is not None
    first = begun.network.parameters.copy()
    with TrainingProcess(begun) as process:
        process.ask("pause", True)
        messages = process.messages()
        news = next(messages)
        rested = next(messages)
        assert isinstance(news, Update)
        assert isinstance(rested, Paused)
        assert news.network is not None
        np.testing.assert_array_equal(news.network.parameters, rested.network.parameters)
        assert (news.network.parameters != first).any()
        process.ask("change", LONG.replace(learning_rate=0.25))
        process.ask("pause", False)
        news = next(messages)
        assert isinstance(news, Update)
        process.ask("stop")
        *_, ended = messages
    assert isinstance(ended, Finished)
    assert ended.reason == STOPPED
    assert ended.state.hyperparameters == LONG.replace(learning_rate=0.25)
    np.testing.assert_array_equal(begun.network.parameters, first)


def test_what_fails_there_is_told_here(tmp_path: Path) -> None:
    with TrainingProcess(job(H, tmp_path / "none.npz")) as process:
        (ended,) = process.messages()
    assert isinstance(ended, Finished)
    assert ended.reason == FAILED
    assert "does not exist" in ended.error


def test_a_process_that_is_killed_is_an_error_in_words() -> None:
    with TrainingProcess(job(LONG)) as process:
        messages = process.messages()
        next(messages)
        process._process.kill()
        with pytest.raises(DigitpadError, match="ended from outside"):
            for _ in messages:
                pass
        process.ask("stop")  # is heard by nobody, and no error


def test_leaving_ends_the_process_and_removes_its_file() -> None:
    with TrainingProcess(job(LONG)) as process:
        next(process.messages())
    assert process._process.returncode is not None
    assert not Path(process._file).exists()


def test_a_system_without_processes_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(DigitpadError, match="a process and a temporary file"):
        TrainingProcess(job(H))


ORPHAN = """
import os
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import Job
from digitpad.training.process import TrainingProcess
h = Hyperparameters(hidden_layers=(12,), epochs=10_000)
process = TrainingProcess(Job(h, None, h.new_network()))
next(process.messages())
print(process._process.pid, flush=True)
os._exit(1)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="asks for the process as POSIX does")
def test_it_ends_when_the_window_has_crashed() -> None:
    done = subprocess.run([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True)
    pid = int(done.stdout)
    for _ in range(300):
        if not is_alive(pid):
            return
        time.sleep(0.1)
    raise AssertionError(f"process {pid} goes on without a window")


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"  # whoever adopted it may not have noticed


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal as POSIX does")
def test_ctrl_c_in_the_terminal_is_left_to_the_window() -> None:
    with TrainingProcess(job(LONG)) as process:
        messages = process.messages()
        next(messages)
        process._process.send_signal(signal.SIGINT)
        for _ in range(3):
            assert isinstance(next(messages), Update)
