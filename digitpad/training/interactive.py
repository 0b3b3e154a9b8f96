"""A training that is looked at and changed while it runs: paused, slowed down, stopped.

`LiveTraining` runs `training.train` and looks between two mini-batches at what is wanted of it, and
tells what happens by messages: `Update` a dozen times a second, but not again before somebody has
`seen` the last, so that nothing piles up and no epoch's end is lost; `Paused` at each pause; and at
last `Finished`.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
from threadpoolctl import ThreadpoolController

from digitpad.data import dataset
from digitpad.data.dataset import Dataset
from digitpad.data.mnist import mnist
from digitpad.errors import DigitpadError
from digitpad.nn.functions import Array
from digitpad.nn.network import Network
from digitpad.training.diagnosis import Diagnosis, Finding
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.sgd import Diverged, Progress, train
from digitpad.training.state import TrainingState

STOPPED, FAILED = "stopped", "failed"

# Seconds. What is wanted is looked at more often than news is told, since each telling makes a
# window read and paint.
_LOOK_EVERY = 0.04
_TELL_EVERY = 0.05
_DIAGNOSE_EVERY = 1.0
_DIAGNOSED_IMAGES = 200


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
class Update:
    """What happened since the last news.

    Attributes
    ----------
    progress : list of Progress
        Merged up to each epoch's end.
    network : Network or None
        As it is now; not a copy, so look at it before saying that the news was seen.
    findings : list of Finding or None
        What goes wrong now, where that was looked for.
    data_name : str
        What is being learned from.
    """

    progress: list[Progress] = field(default_factory=list)
    network: Network | None = None
    findings: list[Finding] | None = None
    data_name: str = ""

    def add(self, progress: Progress) -> None:
        """Append a report, merged with the one before unless that ended its epoch."""
        if self.progress and self.progress[-1].epoch_end is None:
            before = self.progress.pop()
            progress = progress._replace(costs=np.concatenate([before.costs, progress.costs]))
        self.progress.append(progress)


@dataclass(frozen=True)
class Paused:
    """The training is paused; what it has learned so far.

    Attributes
    ----------
    network, state : Network, TrainingState
        Themselves, not copies.
    """

    network: Network
    state: TrainingState


@dataclass(frozen=True)
class Finished:
    """The training is over.

    Attributes
    ----------
    reason : str
        “epochs”, “early stopping”, “converged”, “stopped” or “failed”.
    error : str
        What failed, if anything, and what to do.
    diverged : bool
        Whether it failed because the cost was no longer a number.
    news : Update
        What nobody was told yet.
    network, state : Network, TrainingState
        What was trained; after a divergence, the network as it was at the last epoch's end.
    """

    reason: str
    error: str
    diverged: bool
    news: Update
    network: Network | None
    state: TrainingState


Message: TypeAlias = Update | Paused | Finished


class LiveTraining:
    """One training.

    Parameters
    ----------
    job : Job
    tell : function of a Message
        Called by the thread that trains, which waits until it returns.
    """

    def __init__(self, job: Job, tell: Callable[[Message], None]) -> None:
        self._job = job
        self._tell = tell
        # These are touched with the condition held: others than the training's thread may call.
        self._condition = threading.Condition()
        self._wanted = job.hyperparameters
        self._stopping = False
        self._paused = False
        self._pace: float | None = None
        self._steps = 0
        self._seen = True
        # Everything below belongs to the training's thread.
        self._hyperparameters = job.hyperparameters
        self._network = job.network
        self._state = job.state or TrainingState()
        self._news = Update()
        self._diagnosis = Diagnosis(job.hyperparameters)
        self._images: Array = np.empty((0, 0))
        self._blas = ThreadpoolController().select(user_api="blas")
        self._told_at = self._diagnosed_at = self._stepped_at = -math.inf

    # -- what may be called while it runs, by any thread -----------------------------------------

    def change(self, hyperparameters: Hyperparameters) -> None:
        """Go on with other live hyperparameters, or to another epoch, from the next mini-batch."""
        with self._condition:
            self._wanted = hyperparameters

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

    def acknowledge(self) -> None:
        """Say that the last news has been looked at, and more is welcome."""
        with self._condition:
            self._seen = True
            self._condition.notify()

    # -- what the training's thread does -----------------------------------------------------------

    def run(self) -> None:
        """Train to the end; every exception becomes the words of the last message."""
        reason, error = FAILED, ""
        has_diverged = False
        try:
            # A training that diverges passes through inf and NaN on its way to the message.
            with np.errstate(all="ignore"):
                reason = self._train()
        except Exception as problem:  # none must vanish here
            error = in_words(problem)
            has_diverged = isinstance(problem, Diverged)
        self._tell(Finished(reason, error, has_diverged, self._news, self._network, self._state))

    def _train(self) -> str:
        """Train, and return why it ended."""
        data, validation = learning_data(self._job.data)
        self._news.data_name = data.name
        if self._network is None:
            self._network = self._hyperparameters.new_network()
        # A training that was interrupted within an epoch goes on there, but not with other images.
        if self._job.data_name not in ("", data.name):
            self._state.begin_epoch()
        self._images = data.take(slice(_DIAGNOSED_IMAGES)).inputs()
        reason = ""
        while not reason:
            reason = self._go_on(self._network, data, validation)
        return reason

    def _go_on(self, network: Network, data: Dataset, validation: Dataset | None) -> str:
        """Train until the end, or until a new generator is needed: then return "".

        Only a new generator knows other epochs, or another rhythm of reports. The state makes it go
        on as if it were the old one.
        """
        with self._condition:
            self._hyperparameters, slow = self._wanted, self._is_slow()
        reports = train(
            network,
            data,
            self._hyperparameters,
            validation,
            state=self._state,
            report_every=0 if slow else _LOOK_EVERY,
        )
        with closing(reports):
            progress = next(reports)
            while True:
                self._report(network, progress)
                if progress.finished or not self._may_go_on(network):
                    return progress.finished or STOPPED
                with self._condition:
                    wanted, now_slow = self._wanted, self._is_slow()
                changed = None
                if wanted != self._hyperparameters:
                    changed = wanted
                    self._diagnosis.change(wanted)
                if now_slow != slow or wanted.epochs != self._hyperparameters.epochs:
                    return ""
                self._hyperparameters = wanted
                progress = reports.send(changed)

    def _is_slow(self) -> bool:
        return self._paused or self._pace is not None

    def _may_go_on(self, network: Network) -> bool:
        """Wait as long as it is wanted; return False when an end is wanted."""
        told = False
        while True:
            with self._condition:
                left = self._seconds_to_wait()
                if self._stopping:
                    return False
                if left == 0:
                    return True
                untold = bool(self._news.progress)
                if told or (untold and not self._seen):
                    self._condition.wait(left)
                    continue
                paused = self._paused
            # Whoever waits wants to see everything that was done until now.
            told = True
            if untold:
                self._tell_news(network)
            if paused:
                self._tell(Paused(network, self._state))

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

    def _report(self, network: Network, progress: Progress) -> None:
        """Note a report, and tell the news if that has not just been done."""
        self._diagnosis.add(progress)
        self._news.add(progress)
        now = time.perf_counter()
        if progress.finished or now - self._diagnosed_at >= _DIAGNOSE_EVERY:
            self._diagnosed_at = now
            # By one processor: with more, the library that multiplies matrices has threads that go
            # on waiting busily when they are done, which costs the next mini-batches 4 %.
            with self._blas.limit(limits=1):
                self._news.findings = self._diagnosis.findings(network, self._images)
        if now - self._told_at >= _TELL_EVERY:
            with self._condition:
                welcome = self._seen
            if welcome:
                self._tell_news(network)

    def _tell_news(self, network: Network) -> None:
        self._told_at = time.perf_counter()
        with self._condition:
            self._seen = False
        news, self._news = self._news, Update(data_name=self._news.data_name)
        news.network = network
        self._tell(news)


def in_words(problem: Exception) -> str:
    """Return what an exception that ended a training means for who trains."""
    if isinstance(problem, DigitpadError):
        return str(problem)
    if isinstance(problem, MemoryError):
        return "There is not enough memory to train this network: make it smaller."
    return f"The training failed ({type(problem).__name__}: {problem})."


def learning_data(path: Path | None) -> tuple[Dataset, Dataset | None]:
    """Return the images to learn from and, where there are enough, those to validate with.

    Raises
    ------
    DigitpadError
        If they cannot be read.
    """
    if path is None:
        digits = mnist()
        return digits.train, digits.validation
    data, validation = dataset.split_off_validation(dataset.load(path, split="train"))
    return data, validation if len(validation) else None
