"""Training beside the window: a thread that follows a training in a process of its own.

The thread passes the training's updates on (`updated`, `take`). The training sends the next one
only after the window has taken the last: however busy the window is, nothing piles up, and no
epoch's end is lost. What the window wants (pause, one step, other hyperparameters, stop) goes to
the process, which looks at it between two mini-batches.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QThread, Signal

from digitpad.nn.network import Network
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import (
    Finished,
    Job,
    Paused,
    Update,
    error_sentence,
)
from digitpad.training.process import TrainingProcess
from digitpad.training.sgd import EndReason, EpochReport
from digitpad.training.state import TrainingState


class TrainingThread(QThread):
    """One training.

    Signals
    -------
    updated()
        There are updates to `take`.
    paused(Network, TrainingState)
        It is paused; copies of what has been learned so far.

    Attributes
    ----------
    job : Job
    network, state : Network, TrainingState
        What had been learned when it last paused, or at the end. The window may touch them when the
        thread has finished.
    hyperparameters : Hyperparameters
        Those in force at that time.
    data_name : str
    last_epoch : EpochReport or None
        What the last epoch that came to its end has brought.
    reason : EndReason or None
        Why it ended; None as long as it has not.
    error : str
        What failed, if anything.
    diverged : bool
        Whether it failed because the cost was no longer a number.
    has_result : bool
        Whether it has ended with something worth keeping, which it may have even if it failed.
    """

    updated = Signal()
    paused = Signal(object, object)

    def __init__(self, job: Job, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job = job
        self.hyperparameters = job.hyperparameters
        self.network: Network | None = None
        self.state = job.state or TrainingState()
        self.data_name = ""
        self.last_epoch: EpochReport | None = None
        self.reason: EndReason | None = None
        self.error = ""
        self.diverged = False
        self.has_result = False
        # Of the training's thread: what would be left if the process died.
        self._last_network: Network | None = None
        self._epochs: list[EpochReport] = []
        # Everything below is shared by the two threads and touched with this held.
        self._lock = threading.Lock()
        self._wanted = job.hyperparameters
        self._process: TrainingProcess | None = None
        self._unasked: list[tuple[str, tuple[Any, ...]]] = []
        self._updates: list[Update] = []
        self._unacknowledged = False

    # -- what the window calls -----------------------------------------------------------------

    def take(self) -> list[Update]:
        """Return the updates that have come, and let the next one come."""
        with self._lock:
            updates, self._updates = self._updates, []
            acknowledge, self._unacknowledged = self._unacknowledged, False
        if acknowledge:
            self._ask("acknowledge")
        return updates

    @property
    def wanted(self) -> Hyperparameters:
        """The hyperparameters that will be in force at the next mini-batch."""
        return self._wanted

    def change(self, hyperparameters: Hyperparameters) -> None:
        """Go on with other hyperparameters from the next mini-batch on."""
        self._wanted = hyperparameters
        self._ask("change", hyperparameters)

    def one_more_epoch(self) -> None:
        """Train for one more epoch than planned."""
        self.change(self._wanted.replace(epochs=self._wanted.epochs + 1))

    def pause(self, paused: bool) -> None:
        """Pause after the mini-batch under way, or resume."""
        self._ask("pause", paused)

    def set_pace(self, pace: float | None) -> None:
        """Choose the mini-batches per second; None: full speed; 0: only by `step`."""
        self._ask("set_pace", pace)

    def step(self) -> None:
        """Do one mini-batch, although paused or slow."""
        self._ask("step")

    def stop(self) -> None:
        """End after the mini-batch under way."""
        self._ask("stop")

    def stop_and_wait(self) -> None:
        """End, and return when it has."""
        self.stop()
        self.wait()

    def _ask(self, command: str, *arguments: Any) -> None:
        with self._lock:
            if self._process is None:
                self._unasked.append((command, arguments))
            else:
                self._process.ask(command, *arguments)

    # -- what the thread does ------------------------------------------------------------------

    def run(self) -> None:
        """Follow the training to its end; an exception ends up in `error`."""
        try:
            self._follow()
        except Exception as problem:  # none must vanish in a thread
            self._fail(problem)

    def _follow(self) -> None:
        network = self.job.network or self.hyperparameters.new_network()
        self.network = network.copy()
        self._post(Update(network=network))
        with TrainingProcess(replace(self.job, network=network)) as process:
            with self._lock:
                self._process = process
                for command, arguments in self._unasked:
                    process.ask(command, *arguments)
            try:
                for message in process.messages():
                    if isinstance(message, Update):
                        self._last_network = message.network
                        self._post(message, acknowledge=True)
                    elif isinstance(message, Paused):
                        self._keep(message.network, message.state)
                        self.paused.emit(message.network, message.state)
                    else:
                        self._end(message)
            finally:
                with self._lock:
                    self._process = None

    def _end(self, ended: Finished) -> None:
        self.reason, self.error, self.diverged = ended.reason, ended.error, ended.diverged
        if ended.network is not None:
            self._keep(ended.network, ended.state)
            ended.update.network = ended.network.copy()
        self._post(ended.update)
        # After a divergence the network has the weights of the last epoch's end again.
        trained = self.last_epoch is not None if self.diverged else self._has_learned()
        ended_well = ended.network is not None and ended.reason is not EndReason.FAILED
        self.has_result = ended_well or trained

    def _fail(self, problem: Exception) -> None:
        """Keep the weights that a process shared before it died, if any."""
        self.reason, self.error = EndReason.FAILED, error_sentence(problem)
        if self._last_network is None:
            return
        begun = self.job.state or TrainingState()
        # Its place in the epoch, the momentum and the best weights so far are gone with it.
        state = TrainingState(
            epoch=begun.epoch + len(self._epochs),
            seconds=begun.seconds + sum(report.seconds for report in self._epochs),
            history=begun.history + [report._asdict() for report in self._epochs],
            hyperparameters=self._wanted,
        )
        self._keep(self._last_network, state)
        self.has_result = self._has_learned()
        if self.has_result:
            kept = self.tr("The network keeps what it had learned until then.")
            self.error = f"{self.error} {kept}"

    def _has_learned(self) -> bool:
        """Whether the weights are others than before, and all of them are numbers."""
        assert self.network is not None
        begun = self.job.network or self.job.hyperparameters.new_network()
        learned = self.network.parameters
        return bool(np.isfinite(learned).all() and (learned != begun.parameters).any())

    def _keep(self, network: Network, state: TrainingState) -> None:
        """Take over what was learned, in objects of its own."""
        assert self.network is not None
        self.network.parameters[...] = network.parameters
        self.state = state
        self.hyperparameters = state.hyperparameters or self.hyperparameters

    def _post(self, update: Update, *, acknowledge: bool = False) -> None:
        """Let the window `take` an update, and acknowledge it then, if it came from the process."""
        self.data_name = update.data_name or self.data_name
        self._epochs += [each.epoch_end for each in update.progress if each.epoch_end is not None]
        self.last_epoch = self._epochs[-1] if self._epochs else None
        with self._lock:
            self._updates.append(update)
            self._unacknowledged = self._unacknowledged or acknowledge
        self.updated.emit()
