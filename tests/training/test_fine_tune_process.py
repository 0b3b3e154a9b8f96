"""Fine-tuning in a process of its own: real processes, real images, no window."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from digitpad.data.mnist import mnist
from digitpad.drawing.strokes import Sample
from digitpad.errors import DigitpadError
from digitpad.nn.network import Network
from digitpad.training.fine_tune import FineTuned, Progress, fine_tune
from digitpad.training.fine_tune_process import FineTuneProcess

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
STEEP_ONE = np.array([[-0.45, 0.15], [0.1, -1.0], [0.1, 1.0]])
MINE = [Sample(1, (STEEP_ONE,)), Sample(1, (STEEP_ONE * 1.1,))]


def network() -> Network:
    return Network((784, 12, 10), seed=1)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def test_it_learns_as_in_this_process() -> None:
    digits = mnist()
    steps = fine_tune(network(), MINE, digits.train, digits.validation)
    expected = None
    while expected is None:
        try:
            next(steps)
        except StopIteration as end:
            expected = end.value
    with FineTuneProcess(network(), MINE) as process:
        *progress, result = process.messages()
    assert isinstance(result, FineTuned)
    np.testing.assert_array_equal(result.network.parameters, expected.network.parameters)
    assert result.scores == expected.scores
    done = [each.done for each in progress if isinstance(each, Progress)]
    assert len(done) == len(progress)
    assert done == sorted(done)
    assert done[0] == 0
    assert done[-1] == 1


def test_it_can_be_left_at_any_time_and_is_gone_then() -> None:
    with FineTuneProcess(network(), MINE) as process:
        messages = process.messages()
        assert next(messages) == Progress(0, None)
        pid = process.pid
    assert not is_alive(pid)


def test_an_error_in_the_process_is_one_here() -> None:
    with (
        FineTuneProcess(Network((784, 5, 10), activation="step"), MINE) as process,
        pytest.raises(DigitpadError, match="perceptrons"),
    ):
        list(process.messages())


def test_a_process_that_is_killed_is_named() -> None:
    with FineTuneProcess(network(), MINE) as process:
        messages = process.messages()
        next(messages)
        os.kill(process.pid, KILL)
        with pytest.raises(DigitpadError, match="ended unexpectedly"):
            list(messages)


def test_a_system_without_another_process_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("multiprocessing.context.SpawnProcess.start", refuse)
    with pytest.raises(DigitpadError, match="temporarily unavailable"):
        FineTuneProcess(network(), MINE)
