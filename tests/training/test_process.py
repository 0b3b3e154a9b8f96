"""A training in a process of its own: real processes, real images, no window."""

from __future__ import annotations

import os
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
from digitpad.training.interactive import Finished, Job, Paused, Update
from digitpad.training.process import TrainingProcess
from digitpad.training.sgd import EndReason, train

H = Hyperparameters(
    hidden_layers=(12,), cost="cross-entropy", learning_rate=0.5, training_images=600, epochs=4
)
LONG = H.replace(epochs=10_000)
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def job(h: Hyperparameters, data: Path | None = None) -> Job:
    return Job(h, data, h.new_network())


def test_it_trains_as_in_this_process() -> None:
    with TrainingProcess(job(H)) as process:
        messages = list(process.messages())
    ended = messages[-1]
    assert isinstance(ended, Finished)
    assert ended.reason is EndReason.EPOCHS
    expected = H.new_network()
    digits = mnist()
    for _ in train(expected, digits.train, H, digits.validation):
        pass
    assert ended.network is not None
    np.testing.assert_array_equal(ended.network.parameters, expected.parameters)
    updates = [message for message in messages if isinstance(message, Update)]
    costs = [progress.costs for each in [*updates, ended.update] for progress in each.progress]
    assert sum(map(len, costs)) == 4 * 60


def test_commands_reach_it_and_weights_come_back() -> None:
    begun = job(LONG)
    assert begun.network is not None
    first = begun.network.parameters.copy()
    with TrainingProcess(begun) as process:
        process.ask("pause", True)
        messages = process.messages()
        update = next(messages)
        paused = next(messages)
        assert isinstance(update, Update)
        assert isinstance(paused, Paused)
        assert update.network is not None
        np.testing.assert_array_equal(update.network.parameters, paused.network.parameters)
        assert (update.network.parameters != first).any()
        process.ask("change", LONG.replace(learning_rate=0.25))
        process.ask("pause", False)
        process.ask("acknowledge")
        assert isinstance(next(messages), Update)
        process.ask("stop")
        *_, ended = messages
    assert isinstance(ended, Finished)
    assert ended.reason is EndReason.STOPPED
    assert ended.state.hyperparameters == LONG.replace(learning_rate=0.25)
    np.testing.assert_array_equal(begun.network.parameters, first)


def test_an_error_in_the_process_is_reported_here(tmp_path: Path) -> None:
    with TrainingProcess(job(H, tmp_path / "none.npz")) as process:
        (ended,) = process.messages()
    assert isinstance(ended, Finished)
    assert ended.reason is EndReason.FAILED
    assert "does not exist" in ended.error


def test_a_process_that_is_killed_is_an_error_in_words() -> None:
    with TrainingProcess(job(LONG)) as process:
        messages = process.messages()
        next(messages)
        os.kill(process.pid, KILL)
        with pytest.raises(DigitpadError, match="ended unexpectedly"):
            list(messages)
        process.ask("stop")  # is heard by nobody, and no error


def test_leaving_ends_the_process() -> None:
    with TrainingProcess(job(LONG)) as process:
        next(process.messages())
        pid = process.pid
        assert is_alive(pid)
    assert not is_alive(pid)


@pytest.mark.skipif(sys.platform == "win32", reason="asks for the process as POSIX does")
def test_leaving_ends_a_process_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitpad.training.process._SECONDS_TO_END", 0.1)
    with TrainingProcess(job(LONG)) as process:
        next(process.messages())
        pid = process.pid
        os.kill(pid, signal.SIGSTOP)
    assert not is_alive(pid)


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal as POSIX does")
def test_a_process_that_is_asked_to_end_says_what_it_has_learned() -> None:
    begun = job(LONG)
    with TrainingProcess(begun) as process:
        messages = process.messages()
        next(messages)
        os.kill(process.pid, signal.SIGTERM)
        *_, ended = messages
    assert isinstance(ended, Finished)
    assert ended.reason is EndReason.STOPPED
    assert ended.network is not None
    assert begun.network is not None
    assert (ended.network.parameters != begun.network.parameters).any()
    assert ended.state.position > 0 or ended.state.epoch > 0


REFUSED = """
import os, resource
from digitpad.errors import DigitpadError
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import Job
from digitpad.training.process import TrainingProcess
h = Hyperparameters(hidden_layers=(12,))
job = Job(h, None, h.new_network())
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
open_files = len(os.listdir("/proc/self/fd"))
resource.setrlimit(resource.RLIMIT_NOFILE, (open_files + 2, most))
try:
    TrainingProcess(job)
except DigitpadError as error:
    print(error)
"""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files by /proc")
def test_a_system_that_refuses_is_an_error_in_words() -> None:
    done = subprocess.run([sys.executable, "-c", REFUSED], capture_output=True, text=True)
    assert "needs a process and shared memory" in done.stdout, done.stderr
    assert "Traceback" not in done.stderr


# A program as users start it: its main module is a file, which the process must not mind.
PROGRAM = """
import os, sys
import PySide6.QtCore
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import Job
from digitpad.training.process import TrainingProcess

def main():
    h = Hyperparameters(hidden_layers=(12,), epochs=10_000)
    process = TrainingProcess(Job(h, None, h.new_network()))
    next(process.messages())
    print(process.pid, flush=True)
    sys.stdin.read()

if __name__ == "__main__":
    main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="asks for the process as POSIX does")
@pytest.mark.parametrize("as_file", [True, False])
def test_nothing_is_left_when_the_window_is_killed(tmp_path: Path, as_file: bool) -> None:
    script = tmp_path / "script.py"
    script.write_text(PROGRAM)
    arguments = [str(script)] if as_file else ["-c", PROGRAM]
    before = shared_files()
    with subprocess.Popen(
        [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        assert is_alive(pid)
        os.kill(program.pid, KILL)
        assert program.stdin is not None
        program.stdin.close()
    for _ in range(300):
        if not is_alive(pid):
            break
        time.sleep(0.1)
    else:
        raise AssertionError(f"process {pid} goes on without a window")
    assert shared_files() == before


# The window's command, with a window that only trains.
WINDOW = """
import os, sys
from digitpad import app
from digitpad.cli.main import main
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import Finished, Job
from digitpad.training.process import TrainingProcess

def train(model):
    os.chdir(sys.argv[1])
    h = Hyperparameters(hidden_layers=(12,), training_images=100, epochs=1)
    with TrainingProcess(Job(h, None, h.new_network())) as process:
        for message in process.messages():
            process.ask("acknowledge")
    print(message.reason)
    return 0

app.main = train
sys.exit(main(["app"]))
"""


def test_files_in_the_present_folder_do_not_break_it(tmp_path: Path) -> None:
    for name in ("socket", "struct", "selectors", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    done = subprocess.run(
        [sys.executable, "-c", WINDOW, str(tmp_path)], capture_output=True, text=True
    )
    assert done.stdout == "epochs\n", done.stderr


def shared_files() -> set[str]:
    """Return the shared memory that has a name."""
    folder = Path("/dev/shm")
    names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    return {name for name in names if name.startswith(("psm_", "pym-", "sem.mp"))}


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="reads /proc")
def test_the_process_does_not_import_qt() -> None:
    import PySide6.QtCore  # the window's process has it

    assert "libQt6Core" in Path("/proc/self/maps").read_text(), PySide6.QtCore.__file__
    with TrainingProcess(job(LONG)) as process:
        next(process.messages())
        assert "libQt6" not in Path(f"/proc/{process.pid}/maps").read_text()


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"  # whoever adopted it may not have noticed


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal as POSIX does")
def test_the_terminals_signals_are_left_to_the_window() -> None:
    with TrainingProcess(job(LONG)) as process:
        messages = process.messages()
        next(messages)
        for number in (signal.SIGINT, signal.SIGHUP):
            os.kill(process.pid, number)
        for _ in range(3):
            process.ask("acknowledge")
            assert isinstance(next(messages), Update)
