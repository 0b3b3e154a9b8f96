"""A training that can be watched and changed while it runs: paused, slowed down, stopped.

`LiveTraining` runs `sgd.train`, obeys commands between two mini-batches and sends messages:
`Update`, up to 20 times a second; `Paused` at each pause; and last of all `Finished`.

It has one mailbox, the only place where reports are merged: an Update is not sent before the
receiver has acknowledged the one before. However busy the receiver is, nothing piles up on the way,
and no epoch's end is lost.
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
from digitpad.training.minibatch_parallel import is_worth_dividing
from digitpad.training.recording import Recorder
from digitpad.training.sgd import Diverged, EndReason, Progress, train
from digitpad.training.state import TrainingState
from digitpad.training.timeline import Snapshot

# Seconds. Reports come less often than weights: a receiver reads with new weights at once, but
# painting curves costs it more, and the training has to share the processors with that.
_LOOK_EVERY = 0.04
_SHOW_EVERY = 0.05
# The same while a training uses every processor: it waits for each that shows its weights.
_SHOW_SELDOM = 0.2
_REPORT_EVERY = 0.2
_DIAGNOSE_EVERY = 1.0
_SAVE_AFTER = 1.0  # of waiting for the next step
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
    run : Path or None
        The folder to record the training in (see `run_store`); None: nothing is recorded.
    """

    hyperparameters: Hyperparameters
    data: Path | None = None
    network: Network | None = None
    state: TrainingState | None = None
    data_name: str = ""
    run: Path | None = None


@dataclass
class Update:
    """What happened since the last update.

    Attributes
    ----------
    progress : list of Progress
        Merged up to each epoch's end; often empty.
    network : Network or None
        As it is now; not a copy, so copy what you keep before you acknowledge the update.
    findings : list of Finding or None
        What goes wrong now; None where that was not looked for.
    data_name : str
        What the network learns from.
    notes : tuple of str
        What was left out or changed when the data were read; in the first update.
    snapshots : list of Snapshot
        What was added to the run's timeline; `Timeline.refresh` finds them there.
    recording_problem : str
        Why the run cannot be recorded at present, or "".
    """

    progress: list[Progress] = field(default_factory=list)
    network: Network | None = None
    findings: list[Finding] | None = None
    data_name: str = ""
    notes: tuple[str, ...] = ()
    snapshots: list[Snapshot] = field(default_factory=list)
    recording_problem: str = ""

    def add(self, progress: Progress) -> None:
        """Append a report, merged with the one before unless that ended its epoch."""
        if self.progress and self.progress[-1].epoch_end is None:
            before = self.progress.pop()
            progress = progress._replace(costs=np.concatenate([before.costs, progress.costs]))
        self.progress.append(progress)


@dataclass(frozen=True)
class Paused:
    """The training is paused.

    Attributes
    ----------
    network, state : Network, TrainingState
        What it has learned so far; themselves, not copies.
    """

    network: Network
    state: TrainingState


@dataclass(frozen=True)
class Finished:
    """The training is over.

    Attributes
    ----------
    reason : EndReason
    error : str
        What failed, if anything, and what to do.
    diverged : bool
        Whether it failed because the cost was no longer a number.
    update : Update
        What was not sent before.
    network, state : Network or None, TrainingState
        What was trained; after a divergence, the network as it was at the last epoch's end. None if
        it was stopped before its data were read.
    """

    reason: EndReason
    error: str
    diverged: bool
    update: Update
    network: Network | None
    state: TrainingState


class _Stopped(Exception):
    """The training is to stop, and its data have not been read yet."""


Message: TypeAlias = Update | Paused | Finished


class LiveTraining:
    """One training.

    Parameters
    ----------
    job : Job
    send : function of a Message
        Called by the thread that trains, which waits until it returns.
    """

    def __init__(self, job: Job, send: Callable[[Message], None]) -> None:
        self._job = job
        self._send = send
        # These are touched with the condition held: others than the training's thread may call.
        self._condition = threading.Condition()
        self._wanted = job.hyperparameters
        self._stopping = self._interrupted = False
        self._paused = False
        self._pace: float | None = None
        self._steps = 0
        self._acknowledged = True
        # Everything below belongs to the training's thread.
        self._hyperparameters = job.hyperparameters
        self._network = job.network
        self._state = job.state or TrainingState()
        self._mailbox = Update()
        self._diagnosis = Diagnosis(job.hyperparameters)
        self._images: Array = np.empty((0, 0))
        self._recorder: Recorder | None = None
        self._blas = ThreadpoolController().select(user_api="blas")
        self._shown_at = self._reported_at = self._diagnosed_at = self._stepped_at = -math.inf

    # -- what may be called while it runs, by any thread -----------------------------------------

    def change(self, hyperparameters: Hyperparameters) -> None:
        """Go on with other live hyperparameters, or to another epoch, from the next mini-batch."""
        with self._condition:
            self._wanted = hyperparameters

    def pause(self, paused: bool) -> None:
        """Pause after the mini-batch under way, or resume."""
        with self._condition:
            self._paused = paused
            self._condition.notify()

    def set_pace(self, pace: float | None) -> None:
        """Choose the mini-batches per second; None: full speed; 0: only by `step`."""
        with self._condition:
            self._pace = pace
            self._condition.notify()

    def step(self) -> None:
        """Do one mini-batch, although paused or slow."""
        with self._condition:
            self._steps += 1
            self._condition.notify()

    def stop(self) -> None:
        """End after the mini-batch under way."""
        with self._condition:
            self._stopping = True
            self._condition.notify()

    def interrupt(self) -> None:
        """Stop because nobody follows the training any more: its run stays an interrupted one."""
        self._interrupted = True
        self.stop()

    def acknowledge(self) -> None:
        """Let the next update come; the weights of the last one are no longer needed."""
        with self._condition:
            self._acknowledged = True
            self._condition.notify()

    # -- what the training's thread does -----------------------------------------------------------

    def run(self) -> None:
        """Train to the end; every exception becomes the error of the last message."""
        reason, error = EndReason.FAILED, ""
        has_diverged = False
        try:
            # A training that diverges passes through inf and NaN on its way to the message.
            with np.errstate(all="ignore"):
                reason = self._train()
        except _Stopped:
            reason, self._network = EndReason.STOPPED, None
        except Exception as problem:  # none must vanish here
            error = error_sentence(problem)
            has_diverged = isinstance(problem, Diverged)
        if self._recorder is not None and self._network is not None:
            ended = "" if self._interrupted else reason
            self._recorder.close(self._network, self._state, ended)
            self._mailbox.snapshots = self._recorder.take_added()
            self._mailbox.recording_problem = self._recorder.problem
        self._send(Finished(reason, error, has_diverged, self._mailbox, self._network, self._state))

    def _train(self) -> EndReason:
        """Train, and return why it ended."""
        data, validation = learning_data(self._job.data, self._look_up)
        self._mailbox.data_name, self._mailbox.notes = data.name, data.notes
        if self._network is None:
            self._network = self._hyperparameters.new_network()
        # A training that was interrupted within an epoch goes on there, but not with other images.
        if self._job.data_name not in ("", data.name):
            self._state.begin_epoch()
        self._images = data.take(slice(_DIAGNOSED_IMAGES)).inputs()
        if self._job.run is not None:
            self._recorder = Recorder(self._job.run, self._network, self._state, data.name)
        reason = None
        while reason is None:
            reason = self._go_on(self._network, data, validation)
        return reason

    def _look_up(self) -> None:
        """Raise _Stopped if the training is to stop."""
        if self._stopping:
            raise _Stopped

    def _go_on(
        self, network: Network, data: Dataset, validation: Dataset | None
    ) -> EndReason | None:
        """Train until the end, or return None when a new generator is needed.

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
            report_within=self._recorder.batches_to_next if self._recorder is not None else None,
        )
        with closing(reports):
            progress = next(reports)
            while True:
                self._report(network, progress)
                if progress.finished or not self._may_go_on(network):
                    return progress.finished or EndReason.STOPPED
                with self._condition:
                    wanted, now_slow = self._wanted, self._is_slow()
                changed = None
                if wanted != self._hyperparameters:
                    changed = wanted
                    self._diagnosis.change(wanted)
                if now_slow != slow or wanted.epochs != self._hyperparameters.epochs:
                    return None
                self._hyperparameters = wanted
                progress = reports.send(changed)

    def _is_slow(self) -> bool:
        return self._paused or self._pace is not None

    def _may_go_on(self, network: Network) -> bool:
        """Wait as long as commands say so; return False when the training is to stop."""
        shown = not self._mailbox.progress
        pause_sent = False
        saved = self._recorder is None
        while True:
            with self._condition:
                seconds = self._seconds_to_wait()
                if self._stopping:
                    return False
                if seconds == 0:
                    return True
                paused = self._paused
                # Whoever steps by hand wants to see everything that was done until now.
                flush = (paused or self._pace == 0) and bool(self._mailbox.progress)
                update_due = (flush or not shown) and self._acknowledged
                pause_due = paused and not pause_sent and not flush
                save_due = False
                if not (update_due or pause_due):
                    idle = seconds is None and not saved
                    notified = self._condition.wait(_SAVE_AFTER if idle else seconds)
                    save_due = idle and not notified
                    if not save_due:
                        continue
            if save_due:
                assert self._recorder is not None
                self._recorder.checkpoint(network, self._state)
                saved = True
            elif update_due:
                self._send_update(network, flush=flush)
                shown = True
            else:
                self._send(Paused(network, self._state))
                pause_sent = True

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
        """Put a report into the mailbox, and send an update if one is due."""
        self._diagnosis.add(progress)
        self._mailbox.add(progress)
        if self._recorder is not None:
            self._recorder.note(progress, network, self._state)
        now = time.perf_counter()
        if progress.finished or now - self._diagnosed_at >= _DIAGNOSE_EVERY:
            self._diagnosed_at = now
            # By one processor: with more, the library that multiplies matrices has threads that go
            # on waiting busily when they are done, which costs the next mini-batches 4 %.
            with self._blas.limit(limits=1):
                self._mailbox.findings = self._diagnosis.findings(network, self._images)
        divided = is_worth_dividing(network, self._hyperparameters.mini_batch_size)
        if now - self._shown_at >= (_SHOW_SELDOM if divided else _SHOW_EVERY):
            with self._condition:
                welcome = self._acknowledged
            if welcome:
                self._send_update(network)

    def _send_update(self, network: Network, *, flush: bool = False) -> None:
        """Send the weights, and the reports too if they are due or flushed."""
        self._shown_at = time.perf_counter()
        with self._condition:
            self._acknowledged = False
        update, self._mailbox = self._mailbox, Update(data_name=self._mailbox.data_name)
        update.network = network
        if self._recorder is not None:
            update.snapshots = self._recorder.take_added()
            update.recording_problem = self._recorder.problem
        if flush or self._shown_at - self._reported_at >= _REPORT_EVERY:
            self._reported_at = self._shown_at
        else:
            update.progress, self._mailbox.progress = self._mailbox.progress, update.progress
        self._send(update)


def error_sentence(problem: Exception) -> str:
    """Return the sentence that tells the user about an exception that ended a training."""
    if isinstance(problem, DigitpadError):
        return str(problem)
    if isinstance(problem, MemoryError):
        return "There is not enough memory to train this network: make it smaller."
    return f"The training failed ({type(problem).__name__}: {problem})."


def learning_data(
    path: Path | None, look_up: Callable[[], None] = lambda: None
) -> tuple[Dataset, Dataset | None]:
    """Return the training images and, where there are enough, validation images.

    Parameters
    ----------
    path : Path or None
        None: MNIST.
    look_up : function
        As for `dataset.load`.

    Raises
    ------
    DigitpadError
        If they cannot be read.
    """
    if path is None:
        digits = mnist()
        return digits.train, digits.validation
    read = dataset.load(path, split="train", look_up=look_up)
    data, validation = dataset.split_off_validation(read)
    return data, validation if len(validation) else None
