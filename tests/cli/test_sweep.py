"""`digitpad sweep` in processes of its own: results, interruptions, and what is refused."""

from __future__ import annotations

import json
import os
import re
import select
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from digitpad.cli import sweep_table
from digitpad.cli.main import main
from digitpad.cli.sweep_table import LiveTable
from digitpad.data.mnist import mnist
from digitpad.experiments import specification
from digitpad.experiments.lessons import LESSONS
from digitpad.experiments.results import End, Key, Result
from digitpad.experiments.run import EpochEnd, RunData
from digitpad.experiments.specification import Strategy
from digitpad.experiments.store import SweepStore
from digitpad.experiments.sweep import Report
from digitpad.nn import model_file


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data set in a file, with test images of its own."""
    path = tmp_path_factory.mktemp("data") / "small.npz"
    whole = mnist()
    train, test = whole.train.take(slice(1500)), whole.test.take(slice(200))
    np.savez(
        path,
        x_train=train.images.reshape(-1, 28, 28),
        y_train=train.labels,
        x_test=test.images.reshape(-1, 28, 28),
        y_test=test.labels,
    )
    return path


def sweep(*arguments: object) -> int:
    return main(["sweep", *map(str, arguments)])


def test_a_sweep_from_a_file_and_the_command_line(
    tmp_path: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rates.toml"
    file.write_text('strategy = "grid"\nseeds = 2\n[set]\nlearning-rate = "1|3"\nepochs = 9\n')
    out = tmp_path / "out"
    arguments = (file, "--set", "epochs=2", "--data", images, "--out", out)
    assert sweep(*arguments) == 0
    printed = capsys.readouterr()
    store = SweepStore.open(out)
    assert len(store.results) == 4
    assert {result.epochs for result in store.results.values()} == {2}
    for key, result in store.results.items():
        assert result.accuracy is not None
        line = next(line for line in printed.err.splitlines() if f" {key.name} " in line)
        assert line.endswith(f"{100 * result.accuracy:.2f} % after 2 epochs")
    assert re.search(r"best +learning-rate [13]: \d\d\.\d\d ± \d\.\d\d %", printed.out)
    assert re.search(r"test +\d\d\.\d\d % of 200 images correct", printed.out)
    best = model_file.load(out / "best.npz")
    assert best.metadata["name"] == "rates"
    assert set(best.metadata["accuracy"]) == {"validation images", "test images"}
    assert (out / "report.html").exists()
    assert len((out / "results.csv").read_text().splitlines()) == 3

    # Again, and by the folder alone: nothing is trained any more.
    before = {file.name: file.stat().st_mtime_ns for file in (out / "runs").iterdir()}
    assert sweep(*arguments) == 0
    assert sweep("--out", out, "--json") == 0
    assert {f.name: f.stat().st_mtime_ns for f in (out / "runs").iterdir()} == before
    (line,) = capsys.readouterr().out.splitlines()[-1:]
    assert json.loads(line)["event"] == "result"
    assert json.loads(line)["test"] == best.metadata["accuracy"]["test images"]

    # Other ranges do not get into the same folder.
    assert sweep(file, "--out", out) == 1
    assert "other ranges or settings: choose another --out" in capsys.readouterr().err


def test_json_lines_tell_of_each_run(
    tmp_path: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ("--set", "learning-rate=0.5|1000", "--set", "l2=1000", "--set", "epochs=1")
    out = tmp_path / "out"
    assert sweep(*settings, "--runs", 2, "--data", images, "--out", out, "--json") == 0
    *runs, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert sorted(run["end"] for run in runs) == ["diverged", "finished"]
    assert (last["reason"], last["runs"]) == ("complete", 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "There is no sweep in"),
        (["--set", "learning-rate=1|2"], "needs a budget: set runs"),
        (["--set", "learnin-rate=1|2", "--runs", "2"], "did you mean “learning-rate”"),
        (["--set", "learning-rate"], "sets nothing"),
        (["--set", "l2=1|x", "--runs", "2"], "Weight decay λ (l2) cannot be 'x'"),
        (["nothing.toml"], "“nothing.toml” does not exist"),
        (["nothing.toml", "--lesson", "seeds"], "not both"),
        (["--lesson", "seeds", "--workers", "0"], "--workers cannot be 0: use 1 to 1,024"),
        (["--lesson", "seeds", "--workers", "1,025"], "--workers cannot be 1025"),
        (["--lesson", "seeds", "--data", "nothing"], "“nothing” does not exist"),
    ],
)
def test_what_is_refused_before_anything_runs(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sweep(*arguments) == 1
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_number_of_seeds_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep("--lesson", "seeds", "--seeds", "many") == 2
    assert "--seeds: “many” is not a whole number" in capsys.readouterr().err


def test_the_help_names_every_lesson_and_strategy(capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep("--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    for name, lesson in LESSONS.items():
        assert f"{name} {lesson.question} {lesson.sentence}" in text
    for strategy in Strategy:
        assert f"{strategy.value}:" in text


def _read_until(terminal: int, pattern: str | None) -> str:
    """Return what programs write to a terminal, until a pattern comes or, for None, all end."""
    said = ""
    while pattern is None or not re.search(pattern, said):
        assert select.select([terminal], [], [], 60)[0], f"nothing for a minute after {said!r}"
        try:
            read = os.read(terminal, 65536)
        except OSError:  # Linux's word for a terminal that no program has open any longer
            read = b""
        if not read:
            assert pattern is None, f"ended after {said!r}"
            break
        said += read.decode()
    return said


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_stopped_by_a_signal_it_can_be_resumed(
    number: signal.Signals, tmp_path: Path, images: Path
) -> None:
    out = tmp_path / "a sweep"
    # One run is done at once, the other would take minutes.
    options = ["--set", "epochs=1|10000", "--strategy", "grid", "--workers", "1"]
    options += ["--data", str(images), "--out", str(out)]
    terminal, its_end = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "digitpad", "sweep", *options],
        stderr=its_end,
        env=os.environ | {"TERM": "xterm", "NO_COLOR": "", "COLUMNS": "200"},
    )
    os.close(its_end)
    said = _read_until(terminal, r"0002-1: epoch [1-9]")
    if number is signal.SIGKILL:
        # What is killed keeps its last checkpoint; the others make one when they stop.
        while not (out / "runs" / "0002-1.npz").exists():
            assert process.poll() is None
            time.sleep(0.05)
    os.kill(process.pid, number)
    said += _read_until(terminal, None)
    os.close(terminal)
    process.wait(60)
    if number is signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 130
        assert f"digitpad sweep --out {shlex.quote(str(out))}" in said.replace("\r\n", "\n")
    # Its processes end too: the sweep is free again.
    deadline = time.monotonic() + 60
    while SweepStore.open(out).is_held:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    store = SweepStore.open(out)
    assert store.results.keys() == {Key(0, 0)}
    snapshot = store.snapshot(Key(1, 0))
    assert snapshot is not None, "what it had learned is kept"


def test_the_table_shows_the_best_first_and_what_is_under_way(tmp_path: Path) -> None:
    whole = mnist()
    data = RunData(whole.train.take(slice(10)), whole.validation.take(slice(10)))
    of = specification.from_dict(
        {"strategy": "grid", "seeds": 2, "set": {"learning-rate": "1|3|5", "epochs": 4}}
    )
    store = SweepStore.create(tmp_path / "sweep", of, data)
    for point, accuracies in ((0, (0.8, 0.9)), (1, (0.9, 0.94))):
        for seed, accuracy in enumerate(accuracies):
            store.results[Key(point, seed)] = Result(End.FINISHED, (accuracy,) * 4, accuracy)
    report = Report({Key(2, 0): EpochEnd(3, 0.5), Key(2, 1): None}, seconds=83)
    assert sweep_table.table(store, report, 1) == [
        "    accuracy        learning-rate  epochs",
        "1.  92.00 ± 2.83 %  3              4",
        "… and 1 more",
        "4 of 6 runs, 1:23; 0003-1: epoch 3, 0003-2: epoch 0",
    ]


def test_the_table_is_drawn_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = mnist()
    data = RunData(whole.train.take(slice(10)), whole.validation.take(slice(10)))
    of = specification.from_dict({"strategy": "grid", "set": {"learning-rate": "1|3"}})
    store = SweepStore.create(tmp_path / "sweep", of, data)
    monkeypatch.setattr(sweep_table, "_DRAW_EVERY", 0.0)
    monkeypatch.setenv("COLUMNS", "30")
    show = LiveTable(store)
    show.update(Report({Key(0, 0): None}))
    show.update(Report({Key(0, 0): EpochEnd(1, 0.5)}))
    show.close()
    first, second = capsys.readouterr().err.split("\033[2A")
    lines = re.sub(r"\033\[\d[JK]", "", second).splitlines()
    assert first.count("\n") == len(lines) == 2
    assert lines[1] == "0 of 2 runs, 0:00; 0001-1: ep", "as wide as the terminal, less one"
