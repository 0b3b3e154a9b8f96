"""Training beside the window: runs `training.train` in a thread and gathers what it reports.

The thread writes into one letter box (`News`) and rings (`reported`) a dozen times a second, but
not again before the window has emptied it (`take`): however busy the window is, nothing piles up,
and no epoch's end is lost. What the window wants (pause, one step, other hyperparameters, stop)
are flags that the thread looks at between two mini-batches.
"""

from __future__ import annotations

import copy
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QThread, Signal
from threadpoolctl import ThreadpoolController

from digitpad import dataset
from digitpad.dataset import Dataset, Mnist
from digitpad.diagnosis import Diagnosis, Finding
from digitpad.errors import DigitpadError
from digitpad.functions import Array
from digitpad.hyperparameters import Hyperparameters
from digitpad.network import Network
from digitpad.training import Diverged, EpochReport, Progress, train
from digitpad.training_state import TrainingState

STOPPED, FAILED = "stopped", "failed"

# Seconds. Flags are looked at more often than news is told, since each telling makes the window
# read and paint, and what it does in Python the training cannot do.
_LOOK_EVERY = 0.04
_RING_EVERY = 0.075
_DIAGNOSE_EVERY = 1.0
_DIAGNOSED_IMAGES = 200
# Python lets another thread that waits have its turn after this time, by default fifty times as
# much. A pointer event needs several turns until its ink is painted.
_SWITCH_INTERVAL = 0.0001
_VALIDATION_PART = 6  # one image of so many, as MNIST has it, where a file brings no such images


@dataclass(frozen=True)
class Job:
    """What to train, and from what.

    Attributes
    ----------
    hyperparameters : Hyperparameters
    data : Path or None
        A file or folder that `dataset.load` reads; None: MNIST.
    network : Network or None
        To go on with; None: a new one.
    state : TrainingState or None
        Of the training that made the network.
    data_name : str
        What that training learned from, if it is known.
    """

    hyperparameters: Hyperparameters
    data: Path | None = None
    network: Network | None = None
    state: TrainingState | None = None
    data_name: str = ""


@dataclass
class News:
    """What happened since the window last asked.

    Attributes
    ----------
    progress : list of Progress
        Merged up to each epoch's end.
    network : Network or None
        A copy of the network as it is now.
    findings : list of Finding or None
        What goes wrong now, where that was looked for.
    """

    progress: list[Progress] = field(default_factory=list)
    network: Network | None = None
    findings: list[Finding] | None = None

    def add(self, progress: Progress) -> None:
        """Append a report, merged with the one before unless that ended its epoch."""
        if self.progress and self.progress[-1].epoch_end is None:
            before = self.progress.pop()
            progress = progress._replace(costs=np.concatenate([before.costs, progress.costs]))
        self.progress.append(progress)


class TrainingThread(QThread):
    """One training.

    Signals
    -------
    reported()
        There is news to `take`.
    rested(Network, TrainingState)
        It is paused; copies of what has been learned so far.
    failed(str)
        Why it ended before its time.

    Attributes
    ----------
    network, state : Network, TrainingState
        What is being trained. The window may touch them when the thread has finished.
    hyperparameters : Hyperparameters
        Those in force.
    data_name : str
    last_epoch : EpochReport or None
        What the last epoch that came to its end has brought.
    reason : str
        Why it ended: “epochs”, “early stopping”, “converged”, “stopped” or “failed”.
    error : str
        What failed, if anything.
    diverged : bool
        Whether it failed because the cost was no longer a number.
    """

    reported = Signal()
    rested = Signal(object, object)
    failed = Signal(str)

    def __init__(self, job: Job, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._job = job
        self.hyperparameters = job.hyperparameters
        self.network: Network | None = None
        self.state = job.state or TrainingState()
        self.data_name = ""
        self.last_epoch: EpochReport | None = None
        self.reason = ""
        self.error = ""
        self.diverged = False
        # Everything below is shared by the two threads and touched with this held.
        self._condition = threading.Condition()
        self._wanted = job.hyperparameters
        self._stopping = False
        self._paused = False
        self._pace: float | None = None
        self._steps = 0
        self._news = News()
        self._rung = False
        # These are the thread's own.
        self._diagnosis = Diagnosis(job.hyperparameters)
        self._images: Array = np.empty((0, 0))
        self._rung_at = self._diagnosed_at = self._stepped_at = -math.inf

    # -- what the window calls -----------------------------------------------------------------

    def take(self) -> News:
        """Empty the letter box."""
        with self._condition:
            news, self._news, self._rung = self._news, News(), False
        return news

    @property
    def wanted(self) -> Hyperparameters:
        """The hyperparameters that will be in force at the next mini-batch."""
        with self._condition:
            return self._wanted

    def change(self, hyperparameters: Hyperparameters) -> None:
        """Go on with other hyperparameters from the next mini-batch on."""
        with self._condition:
            self._wanted = hyperparameters

    def one_more_epoch(self) -> None:
        """Go on for an epoch longer than was planned."""
        with self._condition:
            self._wanted = self._wanted.replace(epochs=self._wanted.epochs + 1)

    def pause(self, paused: bool) -> None:
        """Rest after the mini-batch under way, or go on."""
        with self._condition:
            self._paused = paused
            self._condition.notify()

    def set_pace(self, pace: float | None) -> None:
        """Choose how many mini-batches there are a second: None: as many as can be; 0: by hand."""
        with self._condition:
            self._pace = pace
            self._condition.notify()

    def step(self) -> None:
        """Do one mini-batch though it is paused or slow."""
        with self._condition:
            self._steps += 1
            self._condition.notify()

    def stop(self) -> None:
        """End after the mini-batch under way."""
        with self._condition:
            self._stopping = True
            self._condition.notify()

    def stop_and_wait(self) -> None:
        """End, and return when it has."""
        self.stop()
        self.wait()

    # -- what the thread does ------------------------------------------------------------------

    def run(self) -> None:
        """Train; every exception ends here, in the words that the window shows."""
        try:
            # A training that diverges passes through inf and NaN on its way to the message.
            with _considerate(), np.errstate(all="ignore"):
                self._train()
        except DigitpadError as error:
            self.error = str(error)
            self.diverged = isinstance(error, Diverged)
        except MemoryError:
            self.error = "There is not enough memory to train this network: make it smaller."
        except Exception as error:  # an exception must not vanish in a thread
            self.error = f"The training failed ({type(error).__name__}: {error})."
        if self.error:
            self.reason = FAILED
        self._ring()
        if self.error:
            self.failed.emit(self.error)

    def _train(self) -> None:
        data, validation = learning_data(self._job.data)
        self.data_name = data.name
        self.network = self._job.network or self.hyperparameters.new_network()
        # A training that was interrupted within an epoch goes on there, but not with other images.
        if self._job.data_name not in ("", data.name):
            self.state.begin_epoch()
        self._diagnosis = Diagnosis(self.hyperparameters)
        self._images = data.take(slice(_DIAGNOSED_IMAGES)).inputs()
        self._ring()
        while not self.reason:
            self._go_on(data, validation)

    def _go_on(self, data: Dataset, validation: Dataset | None) -> None:
        """Train until the end, or until a new generator is needed.

        Only a new generator knows other epochs, or another rhythm of reports. The state makes it go
        on as if it were the old one.
        """
        assert self.network is not None
        with self._condition:
            self.hyperparameters, slow = self._wanted, self._is_slow()
        reports = train(
            self.network,
            data,
            self.hyperparameters,
            validation,
            state=self.state,
            report_every=0 if slow else _LOOK_EVERY,
        )
        with closing(reports):
            progress = next(reports)
            while True:
                self._report(progress)
                if progress.finished or not self._may_go_on():
                    self.reason = progress.finished or STOPPED
                    return
                with self._condition:
                    wanted, now_slow = self._wanted, self._is_slow()
                changed = None
                if wanted != self.hyperparameters:
                    changed = wanted
                    self._diagnosis.change(wanted)
                if now_slow != slow or wanted.epochs != self.hyperparameters.epochs:
                    return
                self.hyperparameters = wanted
                progress = reports.send(changed)

    def _is_slow(self) -> bool:
        return self._paused or self._pace is not None

    def _may_go_on(self) -> bool:
        """Wait as long as the window wants; return False when it wants an end."""
        rung = False
        while True:
            with self._condition:
                left = self._seconds_to_wait()
                if self._stopping:
                    return False
                if left == 0:
                    return True
                paused = self._paused
                if rung:
                    self._condition.wait(left)
                    continue
            # Whoever waits wants to see everything that was done until now.
            rung = True
            self._ring()
            if paused and self.network is not None:
                self.rested.emit(self.network.copy(), copy.deepcopy(self.state))

    def _seconds_to_wait(self) -> float | None:
        """Return the time until the next mini-batch; None: until somebody wants it."""
        now = time.perf_counter()
        if self._steps:
            self._steps -= 1
        elif self._paused or self._pace == 0:
            return None
        elif self._pace is not None and now < self._stepped_at + 1 / self._pace:
            return self._stepped_at + 1 / self._pace - now
        self._stepped_at = now
        return 0

    def _report(self, progress: Progress) -> None:
        """Put a report into the letter box, and ring if that has not just been done."""
        assert self.network is not None
        self._diagnosis.add(progress)
        if progress.epoch_end is not None:
            self.last_epoch = progress.epoch_end
        now = time.perf_counter()
        findings = None
        if progress.finished or now - self._diagnosed_at >= _DIAGNOSE_EVERY:
            self._diagnosed_at = now
            findings = self._diagnosis.findings(self.network, self._images)
        with self._condition:
            self._news.add(progress)
            if findings is not None:
                self._news.findings = findings
        if now - self._rung_at >= _RING_EVERY:
            self._ring()

    def _ring(self) -> None:
        """Tell the window that there is news, with a copy of the network as it is now."""
        self._rung_at = time.perf_counter()
        network = None if self.network is None else self.network.copy()
        with self._condition:
            self._news.network = network
            ring = not self._rung
            self._rung = True
        if ring:
            self.reported.emit()


@contextmanager
def _considerate() -> Iterator[None]:
    """Leave the window a processor, and its turn in the interpreter without delay."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    blas = ThreadpoolController()
    now = max(
        (each["num_threads"] for each in blas.info() if each["user_api"] == "blas"), default=1
    )
    try:
        with blas.limit(limits=min(now, max(1, _processors() - 1)), user_api="blas"):
            yield
    finally:
        sys.setswitchinterval(interval)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_mnist: Callable[[], Mnist] = cache(dataset.mnist)


def learning_data(path: Path | None) -> tuple[Dataset, Dataset | None]:
    """Return the images to learn from and those to validate with.

    MNIST brings both. Of anything else a sixth, the same each time, is kept for validation.

    Raises
    ------
    DigitpadError
        If it cannot be read.
    """
    if path is None:
        return _mnist().train, _mnist().validation
    data = dataset.load(path, split="train")
    order = np.random.default_rng(0).permutation(len(data))
    kept = order[: len(data) // _VALIDATION_PART]
    kept = kept[data.labels[kept] != dataset.NO_DIGIT]
    rest = np.setdiff1d(order, kept)
    return data.take(rest), data.take(kept) if len(kept) else None
