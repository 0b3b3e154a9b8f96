"""Training beside the window: a thread that follows a training in a process of its own.

The thread puts what the process tells into one mailbox (`Update`) and rings (`reported`), but not
again before the window has emptied it (`take`): however busy the window is, nothing piles up, and
no epoch's end is lost. What the window wants (pause, one step, other hyperparameters, stop) goes to
the process, which looks at it between two mini-batches.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from digitpad.nn.network import Network
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import FAILED, Finished, Job, Paused, Update, in_words
from digitpad.training.process import TrainingProcess
from digitpad.training.sgd import EpochReport
from digitpad.training.state import TrainingState


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
        What has been learned when it last rested, or at the end. The window may touch them when the
        thread has finished.
    hyperparameters : Hyperparameters
        Those in force at that time.
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
        self._lock = threading.Lock()
        self._wanted = job.hyperparameters
        self._process: TrainingProcess | None = None
        self._unasked: list[tuple[str, tuple[Any, ...]]] = []
        self._news = Update()
        self._rung = False

    # -- what the window calls -----------------------------------------------------------------

    def take(self) -> Update:
        """Empty the letter box."""
        with self._lock:
            news, self._news, self._rung = self._news, Update(), False
        return news

    @property
    def wanted(self) -> Hyperparameters:
        """The hyperparameters that will be in force at the next mini-batch."""
        return self._wanted

    def change(self, hyperparameters: Hyperparameters) -> None:
        """Go on with other hyperparameters from the next mini-batch on."""
        self._wanted = hyperparameters
        self._ask("change", hyperparameters)

    def one_more_epoch(self) -> None:
        """Go on for an epoch longer than was planned."""
        self.change(self._wanted.replace(epochs=self._wanted.epochs + 1))

    def pause(self, paused: bool) -> None:
        """Rest after the mini-batch under way, or go on."""
        self._ask("pause", paused)

    def set_pace(self, pace: float | None) -> None:
        """Choose how many mini-batches there are a second: None: as many as can be; 0: by hand."""
        self._ask("set_pace", pace)

    def step(self) -> None:
        """Do one mini-batch though it is paused or slow."""
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
        """Follow the training to its end; every exception ends here, in words for the window."""
        try:
            self._follow()
        except Exception as problem:  # none must vanish in a thread
            self.error = in_words(problem)
            self.reason = FAILED
            self._tell(Update())
        if self.error:
            self.failed.emit(self.error)

    def _follow(self) -> None:
        network = self._job.network or self.hyperparameters.new_network()
        self.network = network.copy()
        self._tell(Update(network=network))
        with TrainingProcess(replace(self._job, network=network)) as process:
            with self._lock:
                self._process = process
                for command, arguments in self._unasked:
                    process.ask(command, *arguments)
            try:
                for message in process.messages():
                    if isinstance(message, Update):
                        self._tell(message)
                    elif isinstance(message, Paused):
                        self._keep(message.network, message.state)
                        self.rested.emit(message.network, message.state)
                    else:
                        self._end(message)
            finally:
                with self._lock:
                    self._process = None

    def _end(self, ended: Finished) -> None:
        self.reason, self.error, self.diverged = ended.reason, ended.error, ended.diverged
        if ended.network is not None:
            self._keep(ended.network, ended.state)
            ended.news.network = ended.network.copy()
        self._tell(ended.news)

    def _keep(self, network: Network, state: TrainingState) -> None:
        """Take over what was learned, in objects of its own."""
        assert self.network is not None
        self.network.parameters[...] = network.parameters
        self.state = state
        self.hyperparameters = state.hyperparameters or self.hyperparameters

    def _tell(self, news: Update) -> None:
        """Put news into the letter box, and ring unless that has been done already."""
        if news.data_name:
            self.data_name = news.data_name
        for progress in news.progress:
            self.last_epoch = progress.epoch_end or self.last_epoch
        with self._lock:
            for progress in news.progress:
                self._news.add(progress)
            self._news.network = news.network or self._news.network
            if news.findings is not None:
                self._news.findings = news.findings
            ring = not self._rung
            self._rung = True
        if ring:
            self.reported.emit()
