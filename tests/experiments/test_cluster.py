"""A real scheduler and workers as processes: the networks are those of one machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from digitpad.cli.main import main
from digitpad.errors import DigitpadError
from digitpad.experiments import cluster, run, specification
from digitpad.experiments.cluster import ClusterWorkers
from digitpad.experiments.plan import tasks
from digitpad.experiments.results import End, Key
from digitpad.experiments.run import Job, RunData
from digitpad.experiments.store import SweepStore
from digitpad.experiments.sweep import Reason, sweep
from digitpad.experiments.workers import Done
from digitpad.training.hyperparameters import Hyperparameters

pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")

VALUES = {
    "strategy": "halving",
    "runs": 8,
    "seeds": 2,
    "reduction": 2,
    "set": {"learning-rate": "log:0.1..100", "momentum": 0.5, "epochs": 20},
    "first-epochs": 5,
}

PACKAGE = Path(cluster.__file__).parents[1]


class Cluster:
    """A scheduler and its workers, each a process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        self._scheduler = self._start("scheduler", "--port", "0", "--no-dashboard")
        while not (self._file.exists() and self._file.read_text()):
            assert self._scheduler.poll() is None
            time.sleep(0.05)

    @property
    def address(self) -> str:
        return str(json.loads(self._file.read_text())["address"])

    def add_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory")
        self.workers.append(self._start("worker", *options, str(self._folder), **environment))
        return self.workers[-1]

    def _start(self, kind: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            [*command, "--scheduler-file", str(self._file)],
            stdout=quiet,
            stderr=quiet,
            env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)} | environment,
            cwd=self._folder,
        )

    def end(self) -> None:
        for process in (*self.workers, self._scheduler):
            process.kill()
        for process in (*self.workers, self._scheduler):
            process.wait()


@contextmanager
def started(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    cluster = Cluster(folder)
    try:
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        cluster.end()


@pytest.fixture(scope="module")
def serial(data: RunData, tmp_path_factory: pytest.TempPathFactory) -> SweepStore:
    folder = tmp_path_factory.mktemp("serial") / "sweep"
    store = SweepStore.create(folder, specification.from_dict(VALUES), data)
    while task := next(tasks(store.specification, store.points, store.results), None):
        job = Job(store.hyperparameters(task.key), task.epochs, store.snapshot(task.key))
        outcome = run.train(job, data)
        assert outcome.result is not None
        store.record(task.key, outcome.result, outcome.snapshot)
    return store


def digests(store: SweepStore) -> dict[Key, tuple[str, tuple[float, ...]]]:
    return {key: (result.digest, result.accuracies) for key, result in store.results.items()}


def test_a_worker_killed_in_the_middle_changes_nothing(
    data: RunData, serial: SweepStore, tmp_path: Path
) -> None:
    store = SweepStore.create(tmp_path / "sweep", specification.from_dict(VALUES), data)
    with started(tmp_path) as running:
        heard_epochs = False
        killed = False
        with store, ClusterWorkers(running.address, data, store.id) as workers:
            for report in sweep(store, workers):
                heard_epochs |= any(end is not None for end in report.running.values())
                if len(store.results) >= 2 and not killed:
                    running.workers[0].kill()
                    running.add_worker()
                    killed = True
        assert killed
        assert heard_epochs
        assert report.ended is Reason.COMPLETE
        assert running.workers[0].wait() == -signal.SIGKILL
    assert digests(store) == digests(serial)


def test_when_all_workers_are_lost_the_data_go_to_the_next(data: RunData, tmp_path: Path) -> None:
    h = Hyperparameters(hidden_layers=(16,), epochs=150)
    checkpoint = tmp_path / "sweep" / "runs" / "0001-1.npz"
    with (
        started(tmp_path, 1) as running,
        ClusterWorkers(running.address, data, "nobody's") as workers,
    ):
        assert workers.free() == 1
        workers.begin(Key(0, 0), Job(h, 150, checkpoint=checkpoint))
        heard = list(workers.events(30))
        running.workers[0].kill()
        running.workers[0].wait()
        running.add_worker()
        deadline = time.monotonic() + 90
        while not any(isinstance(event, Done) for event in heard):
            assert time.monotonic() < deadline
            heard.extend(workers.events(1))
    (result,) = (event.outcome.result for event in heard if isinstance(event, Done))
    alone = run.train(Job(h, 150), data).result
    assert alone is not None
    assert result is not None
    assert result.digest == alone.digest
    assert not checkpoint.exists(), "the folder is no sweep of this id"


def test_stopped_it_hands_back_what_was_learned(data: RunData, tmp_path: Path) -> None:
    h = Hyperparameters(hidden_layers=(16,), epochs=10_000)
    with (
        started(tmp_path, 1) as running,
        ClusterWorkers(running.address, data, "") as workers,
    ):
        workers.begin(Key(0, 0), Job(h, 10_000))
        assert list(workers.events(30)), "it trains"
        (*_, last) = workers.stop()
        assert isinstance(last, Done)
        assert last.outcome.result is None
        assert last.outcome.snapshot is not None
        assert list(workers.stop()) == []


def test_a_worker_with_another_digitpad_is_named(data: RunData, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(PACKAGE, other / "digitpad", ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "digitpad" / "errors.py").open("a") as file:
        file.write("\n# changed\n")
    with started(tmp_path, 0) as running:
        running.add_worker(PYTHONPATH=str(other))
        with pytest.raises(DigitpadError) as refused:
            ClusterWorkers(running.address, data, "")
    said = str(refused.value)
    assert re.match(r"The worker tcp://\S+ has digitpad \S+ \(\w{8}\) with NumPy", said)
    assert f"but this machine {cluster.code()}" in said


def test_without_a_scheduler_or_workers_it_says_what_to_start(
    data: RunData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_TO_CONNECT", 1.0)
    monkeypatch.setattr(cluster, "_TO_FIND_WORKERS", 1.0)
    with pytest.raises(DigitpadError, match=r"There is no scheduler at “tcp://127\.0\.0\.1:9”"):
        ClusterWorkers("tcp://127.0.0.1:9", data, "")
    with pytest.raises(DigitpadError, match="There is no scheduler at “nonsense://x”"):
        ClusterWorkers("nonsense://x", data, "")
    no_workers = "has no workers: start some by “dask worker tcp"
    with started(tmp_path, 0) as running, pytest.raises(DigitpadError, match=no_workers):
        ClusterWorkers(running.address, data, "")


def test_without_the_extra_it_says_what_to_install(
    data: RunData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DigitpadError, match=r"pip install digitpad\[cluster\]"):
        ClusterWorkers("tcp://127.0.0.1:9", data, "")


def test_the_command_line_sends_a_sweep_to_a_cluster(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ["training-images=500", "epochs=1", "learning-rate=1|3"]
    out = str(tmp_path / "sweep")
    with started(tmp_path, 1) as running:
        arguments: list[Any] = ["--strategy", "grid", "--out", out, "--json"]
        arguments += [word for setting in settings for word in ("--set", setting)]
        assert main(["sweep", *arguments, "--scheduler", running.address]) == 0
    *_, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (last["reason"], last["runs"]) == ("complete", 2)
    store = SweepStore.open(Path(out))
    assert {result.end for result in store.results.values()} == {End.FINISHED}
