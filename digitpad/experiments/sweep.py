"""A sweep: hands out what is to be done, and keeps what comes back.

`sweep` is a generator, as `sgd.train` is: it goes on while its consumer iterates. Closing it stops
the runs, and keeps where they were.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from enum import Enum

from digitpad.experiments import plan
from digitpad.experiments.results import Key, Result
from digitpad.experiments.run import EpochEnd, Job
from digitpad.experiments.store import SweepStore
from digitpad.experiments.workers import Advanced, Event, Workers

_TICK = 0.1  # seconds between two reports at the latest
_SAVE_TIME_EVERY = 5.0


class Reason(Enum):
    """Why a sweep ended."""

    COMPLETE = "complete"
    TIME = "time"
    STOPPED = "stopped"


@dataclass
class Report:
    """Where a sweep is.

    Attributes
    ----------
    running : dict
        The epochs done and the last accuracy of each run under way; None before its first end.
    new : list
        The results that are new since the last report.
    seconds : float
        How long the sweep has taken, earlier sessions included.
    ended : Reason or None
        In the last report.
    """

    running: dict[Key, EpochEnd | None]
    new: list[tuple[Key, Result]] = field(default_factory=list)
    seconds: float = 0.0
    ended: Reason | None = None


def sweep(store: SweepStore, workers: Workers) -> Generator[Report]:
    """Do what a sweep has still to do.

    Parameters
    ----------
    store : SweepStore
        Which this process holds.
    workers : Workers

    Yields
    ------
    Report
        A few times a second.

    Raises
    ------
    DigitpadError
        If results cannot be kept any more; what is kept by then stays.
    """
    running: dict[Key, EpochEnd | None] = {}
    clock = _Clock(store)
    reason = Reason.STOPPED
    try:
        while True:
            clock.tick()
            budget = store.specification.minutes * 60
            if budget and store.seconds >= budget:
                reason = Reason.TIME
                break
            for task in _next(store, running, workers.free()):
                running[task.key] = None
                workers.begin(task.key, _job(store, task))
            if not running:
                reason = Reason.COMPLETE
                break
            yield Report(
                dict(running), _heard(store, running, workers.events(_TICK)), store.seconds
            )
    finally:
        new = _heard(store, running, workers.stop())
        clock.tick(last=True)
    yield Report({}, new, store.seconds, reason)


def _next(store: SweepStore, running: dict[Key, EpochEnd | None], free: int) -> Iterator[plan.Task]:
    if free <= 0:
        return
    for task in plan.tasks(store.specification, store.points, store.results):
        if task.key not in running:
            yield task
            free -= 1
            if not free:
                return


def _job(store: SweepStore, task: plan.Task) -> Job:
    return Job(
        store.hyperparameters(task.key),
        task.epochs,
        store.snapshot(task.key),
        store.path_of(task.key).absolute(),
    )


def _heard(
    store: SweepStore, running: dict[Key, EpochEnd | None], events: Iterator[Event]
) -> list[tuple[Key, Result]]:
    """Note what has happened; return the results among it."""
    new = []
    for event in events:
        if isinstance(event, Advanced):
            running[event.key] = event.end
            continue
        running.pop(event.key, None)
        result, snapshot = event.outcome
        if result is not None:
            store.record(event.key, result, snapshot)
            new.append((event.key, result))
        elif snapshot is not None:
            store.keep(event.key, snapshot)
    return new


class _Clock:
    """Adds the time that passes to the sweep's, and keeps it."""

    def __init__(self, store: SweepStore) -> None:
        self._store = store
        self._last = self._saved = time.monotonic()

    def tick(self, *, last: bool = False) -> None:
        now = time.monotonic()
        self._store.seconds += now - self._last
        self._last = now
        if last or now - self._saved > _SAVE_TIME_EVERY:
            self._saved = now
            self._store.save_seconds()
