"""What `digitpad train` has learned survives signals, full disks and bad luck."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitpad.cli import training_run
from digitpad.cli.main import main
from digitpad.data.mnist import mnist
from digitpad.drawing.strokes import Sample, write_strokes
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.shipped import recipe
from digitpad.training import sgd
from digitpad.training.diagnosis import diverged
from digitpad.training.presets import PRESETS
from digitpad.training.state import TrainingState

posix = pytest.mark.skipif(sys.platform == "win32", reason="sends signals as POSIX does")
SMALL = ("--preset", "nielsen-1", "--training-images", "2000", "--epochs", "2")
# Augmented, so that a fast machine is not done before it can be interrupted.
LONG = (
    *("--preset", "nielsen-1", "--epochs", "50", "--hidden-layers", "100"),
    *("--training-images", "20000", "--elastic", "1"),
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "mine.npz"


def start(*arguments: str, save_every: float | None = None) -> subprocess.Popen[str]:
    """Start a real `digitpad train --json`."""
    command = [sys.executable, "-m", "digitpad"]
    if save_every is not None:
        patched = (
            "import sys; from digitpad.cli import main, training_run; "
            f"training_run._SAVE_EVERY = {save_every}; sys.exit(main.main())"
        )
        command = [sys.executable, "-c", patched]
    return subprocess.Popen(
        [*command, "train", *arguments, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(process: subprocess.Popen[str], event: str, epoch: int = 1) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        found = json.loads(line)
        if found["event"] == event and found["epoch"] >= epoch:
            return
    raise AssertionError(f"no {event} came")


def train(out: Path, *more: str) -> int:
    return main(["train", *SMALL, "--out", str(out), *more])


def never(*_: object, **__: object) -> None:
    raise AssertionError("it began")


# -- signals -----------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("delay", [0.0, 0.1])
def test_a_signal_after_the_last_epoch_loses_nothing(out: Path, name: str, delay: float) -> None:
    process = start(*SMALL, "--out", str(out))
    wait_for(process, "epoch", 2)
    time.sleep(delay)
    process.send_signal(getattr(signal, name))
    _, said = process.communicate(timeout=60)
    # It may have been done already, and then die of the signal as every program does.
    assert process.returncode in (0, 130, -getattr(signal, name)), said
    # When digitpad is done, a signal may still meet what Python or the tests' tools do at the exit.
    assert "Traceback" not in said.partition("Exception ignored")[0]
    state = TrainingState.load(out)
    assert state is not None
    assert state.epoch == 2
    assert [path.name for path in out.parent.iterdir()] == [out.name]


@posix
@pytest.mark.parametrize("delay", [0.0, 0.02, 0.1])
def test_a_second_ctrl_c_does_not_lose_the_save(out: Path, delay: float) -> None:
    process = start(*LONG, "--out", str(out))
    wait_for(process, "progress")
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(delay)
    _, said = process.communicate(timeout=60)
    # Python ends by the signal if it comes when everything is done.
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in said
    assert f"digitpad train --continue {out}" in said
    state = TrainingState.load(out)
    assert state is not None
    assert state.epoch or state.position


@posix
@pytest.mark.parametrize("signals", [True, False])  # a detached process gets none
def test_a_closed_terminal_does_not_lose_what_was_learned(out: Path, signals: bool) -> None:
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "digitpad", "train", *LONG, "--out", str(out)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    while b"cost" not in shown:
        shown += os.read(ours, 65536)
    os.close(ours)  # what it writes from now on fails
    if signals:
        process.send_signal(signal.SIGHUP)
    process.wait(timeout=60)
    state = TrainingState.load(out)
    assert state is not None
    assert state.epoch or state.position


@posix
def test_after_a_kill_a_checkpoint_goes_on(out: Path) -> None:
    assert training_run._SAVE_EVERY < 10
    process = start(*LONG, "--out", str(out), save_every=0.1)
    while not out.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    state = TrainingState.load(out)
    assert state is not None
    assert state.epoch or state.position
    assert main(["train", "--continue", str(out), "--epochs", str(state.epoch + 1)]) == 0
    # Temporary files of the killed process are removed when they are old.
    assert {path.suffix for path in out.parent.iterdir()} <= {".npz", ".part"}


# -- places that cannot be written --------------------------------------------------------------


@posix
@pytest.mark.parametrize("kind", ["fifo", "socket", "device", "read-only", "loop", "long"])
def test_a_bad_place_is_refused_before_training(
    kind: str, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if kind == "fifo":
        os.mkfifo(out)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(out))
    elif kind == "read-only":
        out.write_bytes(b"mine")
        out.chmod(0o444)
    elif kind == "loop":
        out.symlink_to(out)
    elif kind == "device":
        out = Path(os.devnull)
    else:
        out = out.with_name("x" * 250 + ".npz")

    monkeypatch.setattr(sgd, "train", never)
    assert train(out) == 1
    said = capsys.readouterr().err
    assert "cannot be written" in said
    assert "choose another place" in said
    if kind == "read-only":
        assert out.read_bytes() == b"mine"
    assert Path(os.devnull).is_char_device()


def test_what_cannot_be_saved_for_its_size_is_refused_before_training(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sgd, "train", None)
    monkeypatch.setattr(model_file, "_MAX_BYTES", 150_000)
    assert train(out, "--momentum", "0.5") == 1  # with it, the state is twice as large
    assert "Use fewer neurons" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.setattr(sgd, "train", None)
    usage = type(shutil.disk_usage(out.parent))(10**9, 10**9, 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert train(out) == 1
    assert "free some disk space" in capsys.readouterr().err


def test_what_cannot_be_saved_in_its_place_is_saved_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, here = tmp_path / "folder", tmp_path / "here"
    folder.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    really = sgd.train

    def vanish(*arguments: Any, **options: Any) -> Iterator[sgd.Progress]:
        for progress in really(*arguments, **options):
            if progress.finished:
                folder.rmdir()
            yield progress

    monkeypatch.setattr(sgd, "train", vanish)
    assert train(folder / "mine.npz") == 1
    said = capsys.readouterr().err
    rescued = here / "digitpad-rescued-mine.npz"
    assert f"saved in “{rescued}”" in said
    assert [path.name for path in here.iterdir()] == [rescued.name]
    state = TrainingState.load(rescued)
    assert state is not None
    assert state.epoch == 2


def test_a_checkpoint_that_cannot_be_saved_does_not_end_the_training(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(training_run, "_SAVE_EVERY", 0.0)
    monkeypatch.setattr(training_run, "_REPORT_EVERY", 0.0)  # after each mini-batch
    really = model_file.save
    calls: list[None] = []

    def fail_at_first(*arguments: Any, **options: Any) -> None:
        calls.append(None)
        if len(calls) < 3:
            raise DigitpadError("The disk is full.")
        really(*arguments, **options)

    monkeypatch.setattr(model_file, "save", fail_at_first)
    assert train(out) == 0
    assert capsys.readouterr().err.count("no checkpoint was saved: The disk is full.") == 1
    assert len(calls) > 3
    model_file.load(out)


# -- getting worse ------------------------------------------------------------------------------


def test_a_training_that_makes_it_worse_keeps_the_better_network(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(out, "--epochs", "6") == 0
    before = out.read_bytes()
    capsys.readouterr()
    again = ["train", "--continue", str(out), "--epochs", "8", "--learning-rate", "1000"]
    assert main(again) == 0
    output = capsys.readouterr()
    assert "has become worse" in output.err
    assert "Hint: " in output.err  # as the window's
    assert out.read_bytes() == before
    worse = out.with_name("mine-worse.npz")
    assert f"saved in    {worse}" in output.out
    assert sorted(path.name for path in out.parent.iterdir()) == ["mine-worse.npz", "mine.npz"]
    assert TrainingState.load(worse) is not None
    elsewhere = out.with_name("elsewhere.npz")
    assert main([*again, "--out", str(elsewhere)]) == 0
    assert "has become worse" in capsys.readouterr().err
    assert elsewhere.exists()
    assert out.read_bytes() == before


def test_a_divergence_leaves_the_file_that_was_there(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(training_run, "_SAVE_EVERY", -1.0)
    monkeypatch.setattr(training_run, "_REPORT_EVERY", 0.0)
    wild = (
        *("--preset", "quick", "--hidden-layers", "50,50,50,50", "--momentum", "0.99"),
        *("--learning-rate", "1000"),
    )
    assert train(out, *wild) == 1
    # In the words of the window's hint.
    h = PRESETS["quick"].hyperparameters.replace(learning_rate=1000.0, momentum=0.99)
    assert f"Hint: {diverged(h).remedy}." in capsys.readouterr().err
    assert list(out.parent.iterdir()) == []
    out.write_bytes(b"another file of mine")
    assert train(out, *wild) == 1
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    assert out.read_bytes() == b"another file of mine"


# -- data ---------------------------------------------------------------------------------------


def test_new_data_replace_the_strokes_of_before(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(out) == 0
    model = model_file.load(out)
    state = TrainingState.load(out)
    assert state is not None
    model.metadata["sources"] = {"preset": "shipped", "data": None, "strokes": ["/none.jsonl"]}
    model_file.save(out, model, state.to_arrays())
    digits = mnist().test.take(slice(700))
    data = tmp_path / "digits.npz"
    np.savez(data, images=digits.images, labels=digits.labels)
    again = ["train", "--continue", str(out), "--epochs", "3"]
    assert main(again) == 1
    assert "/none.jsonl" in capsys.readouterr().err
    assert main([*again, "--data", str(data)]) == 0
    found = model_file.load(out).metadata
    assert found["data"] == "digits.npz"
    assert found["sources"] == {"preset": None, "data": str(data), "strokes": []}


def strokes(path: Path, writers: int) -> Path:
    line = np.array([[30.0, 10], [28, 90]])
    samples = [Sample(1, (line + n,), {"writer": f"w{n % writers}"}) for n in range(3 * writers)]
    write_strokes(path, samples)
    return path


def test_non_digits_and_softmax_are_refused_at_once(
    out: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(recipe, "data_sets", never)  # which draws each sample eight times
    path = strokes(tmp_path / "strokes.jsonl", 5)
    assert main(["train", "--preset", "quick", "--strokes", str(path), "--out", str(out)]) == 1
    assert "--output-activation logistic" in capsys.readouterr().err


@pytest.mark.parametrize("writers", [1, 2])
def test_strokes_by_too_few_writers_are_refused_at_once(
    writers: int,
    out: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(recipe, "augment", never)
    monkeypatch.setattr(recipe, "train", never)  # of the networks that judge the labels
    path = strokes(tmp_path / "strokes.jsonl", writers)
    assert train(out, "--strokes", str(path)) == 1
    said = capsys.readouterr().err
    assert "writer" in said
    assert "Traceback" not in said


def of_one_digit(path: Path, n: int) -> Path:
    images = mnist().train.images[mnist().train.labels == 3][:n].reshape(-1, 28, 28)
    np.savez(path, images=(255 * images).astype(np.uint8), labels=np.full(n, 3))
    return path


def without_labels(path: Path) -> Path:
    stroke = np.array([[0, 0], [9, 4], [3, 9]], dtype=float)
    write_strokes(path, [Sample(None, (stroke,)) for _ in range(20)])
    return path


def test_little_data_trains_or_is_refused_at_once(
    out: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert train(out, "--data", str(of_one_digit(tmp_path / "one class.npz", 40))) == 0
    out.unlink()
    capsys.readouterr()
    monkeypatch.setattr(sgd, "train", never)
    for data, said in (
        (of_one_digit(tmp_path / "one.npz", 1), "training takes at least 6"),
        (without_labels(tmp_path / "none.jsonl"), "each line needs a “label”"),
    ):
        assert train(out, "--data", str(data)) == 1
        assert said in capsys.readouterr().err
        assert not out.exists()
