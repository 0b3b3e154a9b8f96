"""Sweeps with real processes: killed, stopped, resumed, they come to the same networks."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from digitpad.errors import DigitpadError
from digitpad.experiments import run, specification
from digitpad.experiments.plan import tasks
from digitpad.experiments.results import End, Key, by_point
from digitpad.experiments.run import Job, RunData
from digitpad.experiments.store import SweepStore
from digitpad.experiments.sweep import Reason, Report, sweep
from digitpad.experiments.workers import Done, LocalWorkers

HALVING = {
    "strategy": "halving",
    "runs": 12,
    "seeds": 2,
    "reduction": 2,
    "set": {"learning-rate": "log:0.1..100", "hidden-layers": "16|8,8", "epochs": 4},
}


def new(folder: Path, data: RunData, values: dict[str, Any]) -> SweepStore:
    return SweepStore.create(folder, specification.from_dict(values), data)


def work(store: SweepStore, data: RunData, count: int = 2) -> Report:
    """Do a sweep to its end, and return its last report."""
    with store, LocalWorkers(data, count) as workers:
        *_, last = sweep(store, workers)
    return last


def digests(store: SweepStore) -> dict[Key, tuple[str, tuple[float, ...]]]:
    return {key: (result.digest, result.accuracies) for key, result in store.results.items()}


@pytest.fixture(scope="module")
def serial(data: RunData, tmp_path_factory: pytest.TempPathFactory) -> SweepStore:
    """The same sweep, done in this process, run by run."""
    store = new(tmp_path_factory.mktemp("serial") / "sweep", data, HALVING)
    while task := next(tasks(store.specification, store.points, store.results), None):
        job = Job(store.hyperparameters(task.key), task.epochs, store.snapshot(task.key))
        outcome = run.train(job, data)
        assert outcome.result is not None
        store.record(task.key, outcome.result, outcome.snapshot)
    return store


def test_halving_trains_the_best_longest(serial: SweepStore) -> None:
    epochs = sorted(each.epochs for each in by_point(serial.points, serial.results, 2))
    assert epochs[0] == 1
    assert epochs[-1] == 4
    assert len(epochs) == 6
    assert epochs.count(1) >= 2


def test_two_processes_come_to_the_same_as_one(
    data: RunData, serial: SweepStore, tmp_path: Path
) -> None:
    store = new(tmp_path / "sweep", data, HALVING)
    last = work(store, data)
    assert last.ended is Reason.COMPLETE
    assert digests(store) == digests(serial)
    again = SweepStore.open(store.folder)
    assert again.results == store.results, "read from the files"
    assert again.seconds > 0
    assert work(again, data).new == [], "nothing is done again"
    key = Key(0, 1)
    network = again.network(key)
    assert network.sizes == again.hyperparameters(key).sizes


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_process_is_replaced(data: RunData, serial: SweepStore, tmp_path: Path) -> None:
    store = new(tmp_path / "sweep", data, HALVING)
    killed = 0
    with store, LocalWorkers(data, 2) as workers:
        for report in sweep(store, workers):
            if len(store.results) > 2 * killed and killed < 2 and report.running:
                os.kill(workers.pids[0], signal.SIGKILL)
                killed += 1
    assert killed == 2
    assert digests(store) == digests(serial)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_run_that_loses_every_process_fails(data: RunData, tmp_path: Path) -> None:
    h = specification.from_dict(HALVING | {"set": {"l2": "0|1", "epochs": 500}}).base
    with LocalWorkers(data, 1) as workers:
        workers.begin(Key(0, 0), Job(h, 500))
        heard: list[Any] = []
        while not any(isinstance(event, Done) for event in heard):
            heard.extend(workers.events(10))
            for pid in workers.pids:
                os.kill(pid, signal.SIGKILL)
        result = heard[-1].outcome.result
    assert result.end is End.FAILED
    assert "3 processes that trained it ended unexpectedly" in result.message


def test_stopped_and_resumed_it_comes_to_the_same(
    data: RunData, serial: SweepStore, tmp_path: Path
) -> None:
    store = new(tmp_path / "sweep", data, HALVING)
    sessions = 0
    while True:
        with (
            store,
            LocalWorkers(data, 2) as workers,
            closing(sweep(store, workers)) as reports,
        ):
            ended = None
            for report in reports:
                ended = report.ended
                if report.new and len(store.results) > 4 * sessions:
                    break
        if ended is not None:
            break
        sessions += 1
        store = SweepStore.open(store.folder)
    assert sessions >= 2
    assert digests(store) == digests(serial)


def test_half_of_a_run_is_kept_when_it_is_stopped(data: RunData, tmp_path: Path) -> None:
    values = {"runs": 1, "set": {"learning-rate": "1|2", "epochs": 1000}}
    store = new(tmp_path / "sweep", data, values)
    with store, LocalWorkers(data, 1) as workers, closing(sweep(store, workers)) as reports:
        for report in reports:
            if report.running.get(Key(0, 0)) is not None:
                break
    assert store.results == {}
    assert store.snapshot(Key(0, 0)) is not None


def test_it_ends_when_its_time_is_over(data: RunData, tmp_path: Path) -> None:
    values = {"minutes": 0.01, "set": {"learning-rate": "log:0.1..10", "epochs": 1000}}
    store = new(tmp_path / "sweep", data, values)
    assert work(store, data).ended is Reason.TIME
    assert work(SweepStore.open(store.folder), data).ended is Reason.TIME, "and stays so"
    store.change_budget(specification.from_dict(values | {"minutes": 9.0}))
    assert SweepStore.open(store.folder).specification.minutes == 9


def test_a_sweep_belongs_to_one_program_at_a_time(data: RunData, tmp_path: Path) -> None:
    store = new(tmp_path / "sweep", data, HALVING)
    with store:
        assert store.is_held
        with pytest.raises(DigitpadError, match="Another program"), SweepStore.open(store.folder):
            pass
    assert not store.is_held


def test_other_ranges_data_and_folders_are_refused(data: RunData, tmp_path: Path) -> None:
    store = new(tmp_path / "sweep", data, HALVING)
    same = specification.from_dict(HALVING | {"runs": 20, "name": "more"})
    store.check_same(same, data)
    other = specification.from_dict(HALVING | {"seeds": 3})
    with pytest.raises(DigitpadError, match="other ranges or settings"):
        store.check_same(other, data)
    with pytest.raises(DigitpadError, match="The data are others"):
        store.check_data(RunData(data.train.take(slice(100)), data.validation))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    with pytest.raises(DigitpadError, match="is no sweep"):
        new(tmp_path / "other", data, HALVING)
    with pytest.raises(DigitpadError, match="does not exist"):
        SweepStore.open(tmp_path / "nothing")


@pytest.mark.parametrize("content", ["", "[]", '{"format": 1}', '{"format": 2}', "{" * 9])
def test_a_damaged_sweep_says_so(data: RunData, tmp_path: Path, content: str) -> None:
    store = new(tmp_path / "sweep", data, HALVING)
    (store.folder / "sweep.json").write_text(content)
    with pytest.raises(DigitpadError):
        SweepStore.open(store.folder)


@pytest.mark.parametrize("value", [None, [], [[]], "", "a", 3, {}, {"set": {"a\nb": 1}}])
def test_a_specification_that_nobody_wrote_is_a_sentence(
    data: RunData, tmp_path: Path, value: object
) -> None:
    store = new(tmp_path / "sweep", data, HALVING)
    about = json.loads((store.folder / "sweep.json").read_bytes())
    (store.folder / "sweep.json").write_text(json.dumps(about | {"specification": value}))
    with pytest.raises(DigitpadError) as refused:
        SweepStore.open(store.folder)
    assert "\n" not in str(refused.value)


def test_a_sweep_is_known_again_whatever_digits_its_ranges_have(
    data: RunData, tmp_path: Path
) -> None:
    rates = {"learning-rate": "log:0.12345678901234..10", "l2": [0.1, 1 / 3]}
    given = {"set": rates, "runs": 4}
    store = new(tmp_path / "sweep", data, given)
    again = SweepStore.open(store.folder)
    again.check_same(specification.from_dict(given), data)
    assert again.specification.ranges == store.specification.ranges


@pytest.mark.parametrize("change", [{"accuracy": 7.5}, {"accuracies": [-1]}, {"seconds": -1}])
def test_an_impossible_result_is_done_again(serial: SweepStore, change: dict[str, object]) -> None:
    file = serial.folder / "runs" / "0001-1.json"
    before = file.read_bytes()
    file.write_text(json.dumps(json.loads(before) | change))
    assert Key(0, 0) not in SweepStore.open(serial.folder).results
    file.write_bytes(before)


def test_a_damaged_result_is_done_again(data: RunData, serial: SweepStore) -> None:
    file = serial.folder / "runs" / "0001-1.json"
    before = file.read_bytes()
    for content in (b"", before[:50], b"{}", before.replace(b'"end": "', b'"end": "x')):
        file.write_bytes(content)
        store = SweepStore.open(serial.folder)
        assert Key(0, 0) not in store.results
        assert len(store.results) == 11
    file.write_bytes(before)
    assert SweepStore.open(serial.folder).results == serial.results
