"""Processes of this machine that do runs, one for each processor.

Each gets the data once and jobs through its pipe. One that is lost (killed, or out of memory) is
replaced by another; its job fails only if it has lost several workers in a row.

The processes are spawned, which also works in a frozen application. A script that uses them must
do its work below `if __name__ == "__main__"`.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, Protocol

from threadpoolctl import threadpool_limits

from digitpad.errors import DigitpadError
from digitpad.experiments import run
from digitpad.experiments.results import End, Key, Result
from digitpad.experiments.run import EpochEnd, Job, Outcome, RunData
from digitpad.training import child_process

_NICENESS = 10  # everything else goes first
_SECONDS_TO_STOP = 10.0
_MAX_LOSSES = 3


class Ready(NamedTuple):
    """A worker has started, and reads what it is sent."""


class Done(NamedTuple):
    """A job has been done, or stopped."""

    key: Key
    outcome: Outcome


class Advanced(NamedTuple):
    """A run has come to the end of an epoch."""

    key: Key
    end: EpochEnd


Event = Done | Advanced


class Workers(Protocol):
    """Who does runs: processes of this machine, or a cluster."""

    def free(self) -> int:
        """Return how many more jobs can be begun now."""
        ...

    def begin(self, key: Key, job: Job) -> None:
        """Begin a job."""
        ...

    def events(self, seconds: float) -> Iterator[Event]:
        """Wait for something to happen, at most so long, and yield what did."""
        ...

    def stop(self) -> Iterator[Event]:
        """Stop all jobs, and yield where they were."""
        ...


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Worker:
    """A process, and what it is doing."""

    def __init__(self, data: RunData) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.pipe, other = spawn.Pipe()
        self.process = spawn.Process(target=serve, args=(other,), name="sweep worker", daemon=True)
        self.process.start()
        other.close()
        self.key: Key | None = None
        self.job: Job | None = None
        self._data = data
        self.is_ready = False

    def begin(self, key: Key, job: Job) -> None:
        """Do a job, as soon as the process has started."""
        self.key, self.job = key, job
        if self.is_ready:
            self.send(job)

    def get_ready(self) -> None:
        """Take what it needs, now that it reads what it is sent."""
        self.is_ready = True
        self.send(self._data)
        if self.job is not None:
            self.send(self.job)

    def send(self, message: object) -> None:
        with suppress(OSError):  # if it has ended, its pipe says so
            self.pipe.send(message)

    def end(self) -> None:
        self.pipe.close()
        # One that is still starting has nothing to keep.
        child_process.end(self.process, _SECONDS_TO_STOP if self.is_ready else 0.0)


class LocalWorkers:
    """Processes of this machine; a context manager, which ends them.

    Parameters
    ----------
    data : RunData
    count : int
        How many; each uses one processor.
    """

    def __init__(self, data: RunData, count: int) -> None:
        self._data = data
        self._count = count
        self._workers: list[_Worker] = []
        self._losses: dict[Key, int] = {}

    def __enter__(self) -> LocalWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            if worker.is_ready:
                worker.send(None)  # stops it, if it is at work
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    @property
    def pids(self) -> list[int]:
        """The processes' numbers."""
        return [worker.process.pid or 0 for worker in self._workers]

    def free(self) -> int:
        """Return how many more jobs can be begun now."""
        return self._count - sum(worker.key is not None for worker in self._workers)

    def begin(self, key: Key, job: Job) -> None:
        """Begin a job; there must be a worker free for it.

        Raises
        ------
        DigitpadError
            If the system refuses another process.
        """
        worker = next((each for each in self._workers if each.key is None), None)
        if worker is None:
            assert len(self._workers) < self._count
            try:
                worker = _Worker(self._data)
            except OSError as error:
                raise DigitpadError(
                    f"This system refuses another process ({error.strerror or error}): close other "
                    "programs, or use fewer workers."
                ) from None
            self._workers.append(worker)
        worker.begin(key, job)

    def events(self, seconds: float) -> Iterator[Event]:
        """Wait for something to happen, at most so long, and yield what did."""
        pipes = {worker.pipe: worker for worker in self._workers}
        for ready in connection.wait(list(pipes), seconds):
            worker = pipes[ready]  # type: ignore[index]
            try:
                message = worker.pipe.recv()
            except (EOFError, OSError):
                yield from self._replace(worker)
                continue
            if isinstance(message, Ready):
                worker.get_ready()
                continue
            key = worker.key
            if key is None:
                continue
            if isinstance(message, EpochEnd):
                yield Advanced(key, message)
            else:
                worker.key = worker.job = None
                self._losses.pop(key, None)
                yield Done(key, message)

    def _replace(self, lost: _Worker) -> Iterator[Event]:
        """Let another worker begin again what a lost one was doing."""
        self._workers.remove(lost)
        lost.end()
        key, job = lost.key, lost.job
        if key is None or job is None:
            return
        self._losses[key] = self._losses.get(key, 0) + 1
        if self._losses[key] < _MAX_LOSSES:
            self.begin(key, job)
            return
        message = (
            f"{_MAX_LOSSES} processes that trained it ended unexpectedly, perhaps because the "
            "memory was full: use fewer neurons or fewer workers."
        )
        yield Done(key, Outcome(Result(End.FAILED, message=message), None))

    def stop(self) -> Iterator[Event]:
        """Stop all jobs, and yield where they were."""
        begun = [worker for worker in self._workers if worker.is_ready]
        for worker in begun:
            worker.send(None)
        deadline = time.monotonic() + _SECONDS_TO_STOP
        for worker in begun:
            while worker.key is not None and worker.pipe.poll(deadline - time.monotonic()):
                try:
                    message: Any = worker.pipe.recv()
                except (EOFError, OSError):
                    break
                if isinstance(message, Outcome):
                    yield Done(worker.key, message)
                    worker.key = worker.job = None


def serve(pipe: Connection[Any, Any]) -> None:
    """Be a worker: get the data, then do job after job until the pipe ends.

    Whatever comes while it is at work, the end of the pipe too, stops it.
    """
    # Ctrl-C in the terminal, and the end of the session, are the business of whoever started this.
    child_process.step_back(_NICENESS, ("SIGINT", "SIGHUP", "SIGBREAK", "SIGTERM"))
    with suppress(EOFError, OSError), threadpool_limits(limits=1):
        pipe.send(Ready())
        data: RunData = pipe.recv()
        while True:
            job = pipe.recv()
            if job is None:
                continue
            pipe.send(run.train(job, data, pipe.send, pipe.poll))
