"""Runs on a cluster: the same jobs, sent to the workers of a dask.distributed scheduler.

The data go to each worker once, named by their digest. Code is not sent: each worker must have the
same digitpad, which is checked. A job whose worker is lost is begun again on another one, from its
last checkpoint if the sweep's folder is on a disk that both can reach.
"""

from __future__ import annotations

import hashlib
import queue
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

import digitpad
from digitpad.errors import DigitpadError
from digitpad.experiments import run, store
from digitpad.experiments.results import End, Key, Result
from digitpad.experiments.run import EpochEnd, Job, Outcome, RunData
from digitpad.experiments.workers import Advanced, Done, Event

# Seconds.
_TO_CONNECT = 15.0
_TO_FIND_WORKERS = 30.0
_COUNT_EVERY = 2.0
_ASK_EVERY = 2.0
_REPORT_EVERY = 1.0
_TO_STOP = 15.0

# Of the package, what has no say in the weights.
_NOT_COMPUTING = ("app", "cli", "export", "inspection")


class Code(NamedTuple):
    """What must be the same wherever runs are to be the same bit for bit.

    Attributes
    ----------
    digitpad, numpy : str
        Versions.
    digest : str
        Of digitpad's sources.
    """

    digitpad: str
    numpy: str
    digest: str

    def __str__(self) -> str:
        return f"digitpad {self.digitpad} ({self.digest[:8]}) with NumPy {self.numpy}"


@cache
def code() -> Code:
    """Return the code of this process."""
    folder = Path(digitpad.__file__).parent
    total = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        if file.relative_to(folder).parts[0] not in _NOT_COMPUTING:
            total.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return Code(digitpad.__version__, np.__version__, total.hexdigest())


class ClusterWorkers:
    """The workers of a cluster; a context manager, which disconnects.

    Parameters
    ----------
    address : str
        Of the scheduler, such as tcp://10.0.0.1:8786.
    data : RunData
    sweep_id : str
        Of the sweep's store.

    Raises
    ------
    DigitpadError
        If dask.distributed is not installed, there is no scheduler or no worker, or a worker's code
        differs.
    """

    def __init__(self, address: str, data: RunData, sweep_id: str) -> None:
        try:
            import distributed
        except ImportError:
            raise DigitpadError(
                "A cluster needs dask.distributed: install it by pip install digitpad[cluster]."
            ) from None
        self._distributed = distributed
        self._data = data
        self._sweep_id = sweep_id
        self._session = f"digitpad-{uuid.uuid4().hex}"
        self._jobs: dict[Key, tuple[Job, Any]] = {}
        self._happened: queue.SimpleQueue[tuple[Key, Any]] = queue.SimpleQueue()
        self._threads = 0
        self._counted = -_COUNT_EVERY
        try:
            self._client = distributed.Client(address, timeout=_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise DigitpadError(
                f"There is no scheduler at “{address}” ({error or 'no answer'}): start one by "
                "“dask scheduler”, and give the address that it prints."
            ) from None
        try:
            self._prepare(address)
        except BaseException:
            self._client.close()
            raise

    def _prepare(self, address: str) -> None:
        try:
            self._client.wait_for_workers(1, timeout=_TO_FIND_WORKERS)
        except TimeoutError:
            raise DigitpadError(
                f"The scheduler at “{address}” has no workers: start some by “dask worker "
                f"{address} --nthreads 1”."
            ) from None
        self._check_code()
        self._stop = self._distributed.Event(self._session, client=self._client)
        self._client.subscribe_topic(self._session, self._hear)
        self._scatter()

    def _check_code(self) -> None:
        found = self._client.run(code, on_error="return")
        for worker, theirs in sorted(found.items()):
            if isinstance(theirs, BaseException):
                raise DigitpadError(
                    f"The worker {worker} cannot load digitpad ({theirs}): install {code()} there."
                )
            if theirs != code():
                raise _other_code(worker, theirs)

    def _scatter(self) -> None:
        """Bring the data to all workers, where they are not there yet."""
        name = f"digitpad-data-{store.digest(self._data)}"
        self._data_future = self._client.scatter({name: self._data}, broadcast=True)[name]

    def _hear(self, event: tuple[Any, Any]) -> None:
        """Take what a worker says; called in a thread of the client."""
        point, seed, epochs, accuracy = event[1]
        self._happened.put((Key(point, seed), EpochEnd(epochs, accuracy)))

    def __enter__(self) -> ClusterWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.cancel([future for _, future in self._jobs.values()])
        self._client.close()

    def free(self) -> int:
        """Return how many more jobs can be begun now."""
        if time.monotonic() - self._counted > _COUNT_EVERY:
            self._counted = time.monotonic()
            self._threads = sum(self._client.nthreads().values())
        return self._threads - len(self._jobs)

    def begin(self, key: Key, job: Job) -> None:
        """Begin a job."""
        future = self._client.submit(
            do,
            key,
            job,
            self._data_future,
            self._session,
            self._sweep_id,
            code(),
            key=f"{self._session}-{key.name}-{uuid.uuid4().hex[:8]}",
            pure=False,
        )
        self._jobs[key] = job, future
        future.add_done_callback(lambda done: self._happened.put((key, done)))

    def events(self, seconds: float) -> Iterator[Event]:
        """Wait for something to happen, at most so long, and yield what did.

        Raises
        ------
        DigitpadError
            If a worker that has joined the cluster has other code.
        """
        with suppress(queue.Empty):
            yield from self._event(*self._happened.get(timeout=seconds))
            while True:
                yield from self._event(*self._happened.get_nowait())

    def _event(self, key: Key, what: Any) -> Iterator[Event]:
        if key not in self._jobs:
            return
        if isinstance(what, EpochEnd):
            yield Advanced(key, what)
            return
        job, future = self._jobs[key]
        if what is not future:
            return  # of a job that has been begun again since
        del self._jobs[key]
        if future.status == "finished":
            yield Done(key, future.result())
        elif future.status == "error":
            error = future.exception()
            if isinstance(error, DigitpadError):
                raise error
            yield Done(key, Outcome(Result(End.FAILED, message=_failure(error)), None))
        else:
            # Every worker that had the data is lost: the job, and the data, go to the others.
            self._scatter()
            self.begin(key, job)

    def stop(self) -> Iterator[Event]:
        """Stop all jobs, and yield where they were."""
        if not self._jobs:
            return
        self._stop.set()
        deadline = time.monotonic() + _TO_STOP
        while self._jobs and time.monotonic() < deadline:
            yield from self.events(0.2)
        self._client.cancel([future for _, future in self._jobs.values()])
        self._jobs.clear()


def do(key: Key, job: Job, data: RunData, session: str, sweep_id: str, wanted: Code) -> Outcome:
    """Do a job; called by a worker of the cluster.

    Raises
    ------
    DigitpadError
        If the worker's code is not the wanted one.
    """
    import distributed

    worker = distributed.get_worker()
    if code() != wanted:
        raise _other_code(worker.address, code())
    _one_blas_thread()
    if job.checkpoint is not None and store.id_of(job.checkpoint.parent.parent) != sweep_id:
        job = replace(job, checkpoint=None)  # this machine cannot reach the sweep's folder
    stop = distributed.Event(session)
    task = worker.get_current_task()
    asked = time.monotonic()
    reported = -_REPORT_EVERY

    def stopped() -> bool:
        nonlocal asked
        # Where the client has gone, nobody wants the result any more.
        known = worker.state.tasks.get(task)
        if known is None or known.state == "cancelled":
            return True
        if time.monotonic() - asked < _ASK_EVERY:
            return False
        asked = time.monotonic()
        return bool(stop.is_set())

    def report(end: EpochEnd) -> None:
        nonlocal reported
        # All reports go through the scheduler, which has others to listen to.
        if time.monotonic() - reported < _REPORT_EVERY:
            return
        reported = time.monotonic()
        worker.log_event(session, (*key, *end))

    return run.train(job, data, report, stopped)


@cache
def _one_blas_thread() -> None:
    """Let matrix products use one thread from now on, as they do on one machine."""
    threadpool_limits(limits=1)


def _other_code(worker: str, theirs: Code) -> DigitpadError:
    return DigitpadError(
        f"The worker {worker} has {theirs}, but this machine {code()}: install the same there, so "
        "that its networks are the same too."
    )


def _failure(error: BaseException | None) -> str:
    return (
        f"Its workers were lost, or could not do it ({type(error).__name__}: {error!s:.200}): "
        "look at their logs."
    )
