"""`digitpad sweep`: ranges of hyperparameters go in; the best network and a report come out."""

from __future__ import annotations

import argparse
import shlex
from contextlib import closing
from pathlib import Path
from typing import Any

from digitpad.cli import terminal
from digitpad.cli.progress import print_json
from digitpad.cli.sweep_table import JsonLines, Lines, LiveTable
from digitpad.cli.train import other_data
from digitpad.cli.training_run import INTERRUPTED, signals_noted
from digitpad.data.mnist import Mnist, mnist
from digitpad.errors import DigitpadError
from digitpad.experiments import charts, conclude, specification
from digitpad.experiments import sweep as sweeping
from digitpad.experiments.cluster import ClusterWorkers
from digitpad.experiments.lessons import LESSONS
from digitpad.experiments.run import RunData
from digitpad.experiments.specification import Specification
from digitpad.experiments.store import SweepStore
from digitpad.experiments.sweep import Reason
from digitpad.experiments.workers import LocalWorkers, processors

_GIVEN = ("strategy", "seeds", "runs", "minutes", "preset", "data", "name")
_MAX_WORKERS = 1024


def sweep(arguments: argparse.Namespace) -> int:
    """Do a sweep, or go on with one, as the command line's options say.

    Returns
    -------
    int
        0, or 130 if it was interrupted.

    Raises
    ------
    DigitpadError
        If the options do not go together, or something cannot be read or written.
    """
    workers = processors() if arguments.workers is None else arguments.workers
    if not 1 <= workers <= _MAX_WORKERS:
        raise DigitpadError(f"--workers cannot be {workers}: use 1 to {_MAX_WORKERS:,}.")
    values = _values(arguments)
    out = _folder(arguments)
    with signals_noted() as noted:
        store, data = _store(out, values)
        with store:
            return _work(arguments, store, data, workers, noted)


def _values(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what is asked for, as `specification.from_dict` reads it; nothing: go on."""
    if arguments.file is not None and arguments.lesson is not None:
        raise DigitpadError("Give a specification or --lesson, not both.")
    values: dict[str, Any] = {}
    if arguments.file is not None:
        values = specification.read_toml(arguments.file)
        values.setdefault("name", arguments.file.stem)
    elif arguments.lesson is not None:
        values = LESSONS[arguments.lesson].values()
    values |= {name: v for name in _GIVEN if (v := getattr(arguments, name)) is not None}
    if arguments.set:
        values = specification.with_settings(values, arguments.set)
    return values


def _folder(arguments: argparse.Namespace) -> Path:
    if arguments.out is not None:
        out: Path = arguments.out
        return out
    if arguments.file is not None:
        return Path(f"sweep-{arguments.file.stem}")
    return Path(f"sweep-{arguments.lesson}" if arguments.lesson else "sweep")


def _store(out: Path, values: dict[str, Any]) -> tuple[SweepStore, Mnist]:
    """Return the sweep, a new one or one that was begun, and its data."""
    budget = {key: values[key] for key in ("runs", "minutes", "name") if key in values}
    if SweepStore.is_one(out):
        store = SweepStore.open(out)
        if values.keys() <= budget.keys():
            wanted = specification.from_dict(store.specification.to_dict() | budget)
        else:
            wanted = specification.from_dict(values)
        data = _data(wanted)
        store.check_same(wanted, RunData(data.train, data.validation))
        store.change_budget(wanted)
        return store, data
    if not values:
        raise DigitpadError(
            f"There is no sweep in “{out}”: say what to try, for example by --set "
            "learning-rate=log:0.01..10 --runs 20."
        )
    wanted = specification.from_dict(values)
    data = _data(wanted)
    return SweepStore.create(out, wanted, RunData(data.train, data.validation)), data


def _data(of: Specification) -> Mnist:
    return mnist() if of.data is None else other_data(of.data)


def _work(
    arguments: argparse.Namespace, store: SweepStore, data: Mnist, count: int, noted: list[int]
) -> int:
    show = _show(arguments, store)
    reason = Reason.STOPPED
    with (
        closing(show),
        _workers(arguments, store, RunData(data.train, data.validation), count) as workers,
        closing(sweeping.sweep(store, workers)) as reports,
    ):
        for report in reports:
            show.update(report)
            if report.ended is not None:
                reason = report.ended
            if noted:
                break
    if noted and reason is Reason.STOPPED:
        terminal.complain(
            f"stopped; {len(store.results)} runs are kept. Go on with: digitpad sweep --out "
            f"{shlex.quote(str(store.folder))}"
        )
        return INTERRUPTED
    found = conclude.conclude(store, lambda: data.test)
    _print(arguments, store, found, reason)
    return 0


def _workers(
    arguments: argparse.Namespace, store: SweepStore, data: RunData, count: int
) -> LocalWorkers | ClusterWorkers:
    if arguments.scheduler is None:
        return LocalWorkers(data, count)
    return ClusterWorkers(arguments.scheduler, data, store.id)


def _show(arguments: argparse.Namespace, store: SweepStore) -> LiveTable | Lines | JsonLines:
    if arguments.json:
        return JsonLines()
    return LiveTable(store) if LiveTable.is_possible() else Lines(store)


def _print(
    arguments: argparse.Namespace,
    store: SweepStore,
    found: conclude.Conclusion,
    reason: Reason,
) -> None:
    if arguments.json:
        best = found.best
        print_json(
            event="result",
            reason=reason.value,
            folder=str(store.folder),
            runs=len(store.results),
            seconds=store.seconds,
            best=None if best is None or best.best is None else best.best.name,
            accuracy=None if best is None else best.mean,
            test=None if found.tested is None else found.tested.accuracy,
        )
        return
    if reason is Reason.TIME:
        print(f"The time is over; give more by --minutes, with --out {store.folder}.")
    if found.best is None:
        print("No run came to a network: all of them diverged or failed.")
    else:
        print(f"best        {charts.described(store.specification, found.best)}")
    if found.tested is not None:
        low, high = found.tested.interval
        print(
            f"test        {terminal.percent(found.tested.accuracy)} of {found.tested.n:,} images "
            f"correct, {terminal.percent(low)} to {terminal.percent(high)} with 95 % confidence"
        )
    for sentence in found.answer:
        print(sentence)
    print(f"report      {store.folder / conclude.REPORT}")
    if found.best is not None:
        print(f"network     {store.folder / conclude.BEST}")
