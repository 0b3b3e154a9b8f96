"""A sweep in a process of its own, so that whoever watches it does not slow it down.

The process hands out the runs to its workers, keeps what comes back in the sweep's folder, and
says in small messages how far it is. It stops when it is asked to, and when whoever started it has
gone; its folder then has all it takes to go on.
"""

from __future__ import annotations

import multiprocessing
import time
import weakref
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from digitpad.data.mnist import mnist
from digitpad.errors import DigitpadError
from digitpad.experiments import conclude, specification
from digitpad.experiments.results import Key, Result
from digitpad.experiments.run import EpochEnd, RunData
from digitpad.experiments.store import SweepStore
from digitpad.experiments.sweep import Reason, sweep
from digitpad.experiments.workers import LocalWorkers
from digitpad.training import child_process

_NICENESS = 10
_SECONDS_TO_END = 30.0
_SEND_EVERY = 0.1


@dataclass
class Update:
    """How far a sweep is.

    Attributes
    ----------
    new : list
        The results since the last update.
    running : dict
        The runs under way (see `sweep.Report`).
    seconds : float
    ended : Reason or None
        In the last update.
    answer : list of str
        In the last update: the sentences of `Conclusion`.
    error : str
        In the last update: why it failed, a sentence.
    """

    new: list[tuple[Key, Result]] = field(default_factory=list)
    running: dict[Key, EpochEnd | None] = field(default_factory=dict)
    seconds: float = 0.0
    ended: Reason | None = None
    answer: list[str] = field(default_factory=list)
    error: str = ""


class SweepProcess:
    """A process that does a sweep on MNIST; a context manager, which ends it.

    Parameters
    ----------
    folder : Path
        Of the sweep, a new one or one to go on with.
    values : dict or None
        What to try in a new one, as `specification.from_dict` reads it; None: go on.
    workers : int

    Raises
    ------
    DigitpadError
        If the system refuses another process.
    """

    def __init__(self, folder: Path, values: dict[str, Any] | None, workers: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, other = spawn.Pipe()
        # Not a daemon, which could have no workers. So that Python does not wait for it when it
        # ends, the pipe is closed before.
        self._process = spawn.Process(
            target=serve, args=(other, folder, values, workers), name="sweep"
        )
        self._close = weakref.finalize(self, self._pipe.close)
        self._has_begun = False
        self._is_unwanted = False
        try:
            self._process.start()
        except OSError as error:
            raise DigitpadError(
                f"This system refuses another process ({error.strerror or error}): close other "
                "programs, and start the sweep again."
            ) from None
        other.close()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid or 0

    def __enter__(self) -> SweepProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        child_process.end(self._process, _SECONDS_TO_END)

    def stop(self) -> None:
        """Stop the runs, keep where they are, and end."""
        with suppress(OSError, ValueError):  # it has ended
            self._pipe.send(None)

    def end(self) -> None:
        """End at once if nothing has begun yet, or else as `stop` does."""
        if self._has_begun:
            self.stop()
        else:
            self._is_unwanted = True
            self._process.terminate()

    def updates(self) -> Iterator[Update]:
        """Yield updates to the last one, which says why the sweep ended."""
        while True:
            try:
                update: Update = self._pipe.recv()
            except (EOFError, OSError):
                problem = DigitpadError(
                    "The sweep’s process ended unexpectedly, perhaps because the memory was full: "
                    "close other programs, and resume the sweep."
                )
                error = "" if self._is_unwanted else str(problem)
                yield Update(ended=Reason.STOPPED, error=error)
                return
            self._has_begun = True
            yield update
            if update.ended is not None:
                return


def serve(
    pipe: Connection[Any, Any], folder: Path, values: dict[str, Any] | None, workers: int
) -> None:
    """Be the process: do the sweep until it ends, or anything comes through the pipe."""
    # Ctrl-C in the terminal, and the end of the session, are the window's business.
    child_process.step_back(_NICENESS, ("SIGINT", "SIGHUP", "SIGBREAK"))
    with suppress(OSError):  # nobody is there any more
        try:
            _work(pipe, folder, values, workers)
        except DigitpadError as error:
            pipe.send(Update(ended=Reason.STOPPED, error=str(error)))
        except MemoryError:
            problem = DigitpadError("There is not enough memory for this: use fewer neurons.")
            pipe.send(Update(ended=Reason.STOPPED, error=str(problem)))


def _work(
    pipe: Connection[Any, Any], folder: Path, values: dict[str, Any] | None, workers: int
) -> None:
    digits = mnist()
    data = RunData(digits.train, digits.validation)
    if values is None:
        store = SweepStore.open(folder)
        store.check_data(data)
    else:
        store = SweepStore.create(folder, specification.from_dict(values), data)
    sent: dict[Key, Result] = dict(store.results)
    due = 0.0
    with store:
        # From now on there may be something to keep, so this process is asked rather than ended.
        pipe.send(Update(seconds=store.seconds))
        with (
            LocalWorkers(data, workers) as them,
            closing(sweep(store, them)) as reports,
        ):
            for report in reports:
                if report.ended is not None or pipe.poll():
                    break
                if time.monotonic() >= due:
                    due = time.monotonic() + _SEND_EVERY
                    pipe.send(Update(_unsent(store, sent), report.running, report.seconds))
        ended = report.ended or Reason.STOPPED
        answer: list[str] = []
        if ended is not Reason.STOPPED:
            answer = conclude.conclude(store, lambda: digits.test).answer
        pipe.send(Update(_unsent(store, sent), {}, store.seconds, ended, answer))


def _unsent(store: SweepStore, sent: dict[Key, Result]) -> list[tuple[Key, Result]]:
    """Return the results that have not been sent, and note that they are now."""
    new = [(key, result) for key, result in store.results.items() if sent.get(key) is not result]
    sent.update(new)
    return new
