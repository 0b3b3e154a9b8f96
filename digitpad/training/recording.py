"""What the process that trains writes down of its run: snapshots, the curve, and checkpoints.

The `Recorder` is called between two mini-batches. It never makes a training fail: where it cannot
write, it says so once in `problem` and tries again at the next checkpoint.
"""

from __future__ import annotations

import errno
import json
import math
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from io import SEEK_END, FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitpad.errors import DigitpadError
from digitpad.files.writing import Hold
from digitpad.nn.functions import Array
from digitpad.nn.network import Network
from digitpad.training import run_files
from digitpad.training.run_files import (
    CHECKPOINT,
    CURVE,
    CURVE_COLUMNS,
    EPOCHS,
    LOCK,
    PROGRESS,
)
from digitpad.training.sgd import EpochReport, Progress
from digitpad.training.state import TrainingState
from digitpad.training.timeline import DEFAULT_LIMIT, Snapshot, Timeline

_FIRST_CHECKPOINT, _CHECKPOINT_EVERY = 1.0, 5.0  # seconds
# Seconds that snapshots may cost, at first and for each second of training.
_SNAPSHOTS_AT_FIRST, _SNAPSHOTS_SHARE = 0.06, 0.008
_REPORT_COST = 0.0003  # seconds; what a report costs that comes for a snapshot's sake alone
_WRITE_EVERY = 0.25  # seconds between two additions to the curve
# A point of the curve stands for this part of the mini-batches before it, or for one.
_POINTS_PER_RUN = 1000


class Recorder:
    """Writes down one training. The lock of the run's folder is held until `close`.

    Parameters
    ----------
    folder : Path
        Of a run, made by `RunStore`.
    network, state : Network, TrainingState
        With which the training begins or resumes. What the folder knows beyond its checkpoint is
        forgotten when a training resumes there, since it will be trained anew.
    data_name : str
    limit_bytes : int
        Of disk for the snapshots.

    Attributes
    ----------
    problem : str
        Why something could not be written, as a sentence, or "".

    Raises
    ------
    DigitpadError
        If another process trains this run.
    """

    def __init__(
        self,
        folder: Path,
        network: Network,
        state: TrainingState,
        data_name: str,
        limit_bytes: int = DEFAULT_LIMIT,
    ) -> None:
        self._folder = folder
        self._data_name = data_name
        self.problem = ""
        self._batches = 0
        self._epoch = float(state.epoch)
        self._cost = math.nan
        self._accuracy: float | None = None
        self._added: list[Snapshot] = []
        # Checkpoints are brought to the disk by a thread, for a disk may be slow.
        self._writer = ThreadPoolExecutor(1, "checkpoint")
        self._writing: Future[None] | None = None
        # Of mini-batches that are not on the disk yet: batches, epoch, cost, learning rate.
        self._pending: list[NDArray[np.float64]] = []
        self._timeline: Timeline | None = None
        self._files = ExitStack()
        self._files.callback(self._writer.shutdown)
        self._held = self._unwritten = False
        self._snapshot_seconds, self._least_seconds = 0.0, math.inf
        self._began_with = 0
        self._began_at = self._checked_at = self._written_at = time.perf_counter()
        self._next = 0
        self._checkpoint_every = _FIRST_CHECKPOINT / 2  # doubled after each, up to the usual
        try:
            hold = Hold(folder / LOCK)
        except BlockingIOError:
            raise DigitpadError(
                "This run is being trained in another window: stop it there first."
            ) from None
        except OSError as error:
            self._fail(error)
            return
        self._held = True
        self._files.callback(hold.release)
        try:
            self._open(network, state, limit_bytes)
        except (OSError, DigitpadError) as error:
            self._fail(error)
        # So that even a training killed at once has left something to resume.
        self.checkpoint(network, state)

    def _open(self, network: Network, state: TrainingState, limit_bytes: int) -> None:
        for left_behind in self._folder.glob(".*.part"):  # by a process that was killed
            left_behind.unlink(missing_ok=True)
        resumes = (self._folder / CHECKPOINT).exists() and state.hyperparameters is not None
        timeline = None
        if resumes:
            self._batches = run_files.read_checkpoint(self._folder).batches
            self._accuracy = run_files.read(self._folder).accuracy
            # If it is damaged, the snapshots are lost, but not the run.
            with suppress(DigitpadError):
                timeline = Timeline.open(self._folder, writing=True)
                timeline.forget_after(self._batches)
        if timeline is None:
            timeline = Timeline.create(self._folder, network.parameters.size, limit_bytes)
        self._timeline = timeline
        self._files.callback(timeline.close)
        self._cut_curves(state)
        if not timeline.positions or timeline.positions[-1].batches < self._batches:
            self._snapshot(network.parameters)
        self._next = timeline.next_after(self._batches)
        self._began_with = self._batches
        self._began_at = time.perf_counter()

    def _cut_curves(self, state: TrainingState) -> None:
        """Drop from the growing files what came after the checkpoint, or was torn."""
        curve = np.array(run_files.read_curve(self._folder))
        curve = curve[:, curve[0] <= self._batches]
        (self._folder / CURVE).write_bytes(np.ascontiguousarray(curve.T).tobytes())
        epochs = [each for each in run_files.read_epochs(self._folder) if each.epoch <= state.epoch]
        (self._folder / EPOCHS).write_bytes(b"".join(map(_line, epochs)))

    def _fail(self, error: Exception) -> None:
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        problem = DigitpadError(
            f"The run cannot be recorded in “{self._folder}” ({reason.rstrip('.')}). Training "
            "continues: make room there, or save the model when it ends."
        )
        self.problem = str(problem)
        self._unwritten = True
        self._next = self._batches + (1 << 62)  # not again before the next checkpoint

    # -- what the training calls -----------------------------------------------------------------

    def batches_to_next(self) -> int:
        """Return after how many mini-batches from now `note` wants to be called, at the latest."""
        return max(1, self._next - self._batches)

    def note(self, progress: Progress, network: Network, state: TrainingState) -> None:
        """Write down what a report says, and take a snapshot and a checkpoint if they are due."""
        self._note_costs(progress)
        if progress.epoch_end is not None:
            self._accuracy = progress.epoch_end.validation_accuracy
            self._append(EPOCHS, _line(progress.epoch_end))
        if self._batches >= self._next or progress.finished:
            self._snapshot(
                network.parameters, self._accuracy if progress.epoch_end is not None else None
            )
            self._plan()
        if self._writing is not None and self._writing.done():
            self._collect()
        if time.perf_counter() - self._checked_at >= self._checkpoint_every:
            self.checkpoint(network, state)

    def take_added(self) -> list[Snapshot]:
        """Return the snapshots that were taken since the last call."""
        added, self._added = self._added, []
        return added

    def checkpoint(self, network: Network, state: TrainingState) -> None:
        """Write down all that it takes to resume from here, while the training goes on."""
        self._checked_at = time.perf_counter()
        if self._writing is not None and not self._writing.done():
            return
        self._collect()
        self._checkpoint_every = min(2 * self._checkpoint_every, _CHECKPOINT_EVERY)
        self._writing = self._begin_checkpoint(network.copy(), state, "")

    def close(self, network: Network, state: TrainingState, reason: str) -> None:
        """Write down how the training ended, and let others have the run.

        Parameters
        ----------
        network, state : Network, TrainingState
        reason : str
            As in `interactive.Finished`; "" if it was interrupted.
        """
        if self._batches:
            self._snapshot(network.parameters, self._accuracy if not state.position else None)
        self._collect()
        self._writing = self._begin_checkpoint(network, state, reason)
        self._collect()
        self._files.close()

    # -- checkpoints -----------------------------------------------------------------------------

    def _begin_checkpoint(
        self, network: Network, state: TrainingState, reason: str
    ) -> Future[None] | None:
        """Have the writer write a network of its own and what the state is now."""
        if not self._held:
            return None
        self._write_curve(everything=True)
        arrays = {name: array.copy() for name, array in state.to_arrays().items()}
        progress = {
            "reason": reason,
            "data_name": self._data_name,
            "batches": self._batches,
            "epoch": self._epoch,
            "cost": self._cost if math.isfinite(self._cost) else None,
            "accuracy": self._accuracy,
            "seconds": state.seconds,
        }
        return self._writer.submit(self._write, network, arrays, self._batches, progress)

    def _write(
        self,
        network: Network,
        state: dict[str, NDArray[Any]],
        batches: int,
        progress: dict[str, Any],
    ) -> None:
        run_files.write_checkpoint(self._folder, network, state, batches, self._data_name)
        run_files.write_json(self._folder / PROGRESS, progress)

    def _collect(self) -> None:
        """Wait until the checkpoint under way is written, and note whether it is."""
        if self._writing is None:
            return
        try:
            self._writing.result()
        except (OSError, DigitpadError) as error:
            self._fail(error)
        else:
            if self._unwritten:
                self._unwritten, self.problem = False, ""
                self._next = self._batches + 1
        self._writing = None

    # -- snapshots -------------------------------------------------------------------------------

    def _snapshot(self, parameters: Array, accuracy: float | None = None) -> None:
        began = time.perf_counter()
        snapshot = Snapshot(self._batches, self._epoch, self._cost, accuracy)
        try:
            if self._timeline is not None and self._timeline.add(parameters, snapshot):
                self._added.append(snapshot)
        except OSError as error:
            self._fail(error)
        took = time.perf_counter() - began
        # What is far above the least was spent waiting for other programs.
        self._least_seconds = min(self._least_seconds, took)
        self._snapshot_seconds += min(took, 3 * self._least_seconds) + _REPORT_COST

    def _plan(self) -> None:
        """Choose when the next snapshot is due: as its schedule says, but not at any price."""
        if self._unwritten or self._timeline is None:
            return
        step = self._timeline.next_after(self._batches) - self._batches
        elapsed = time.perf_counter() - self._began_at
        budget = _SNAPSHOTS_AT_FIRST + _SNAPSHOTS_SHARE * elapsed
        spared = max(1.0, 2 * self._snapshot_seconds / budget) ** 2
        power = 1 << self._batches.bit_length()  # those are worth any price
        self._next = min(self._batches + math.ceil(step * spared), power)

    # -- the curve -------------------------------------------------------------------------------

    def _note_costs(self, progress: Progress) -> None:
        count = len(progress.costs)
        steps = np.arange(1 - count, 1)
        self._batches += count
        self._epoch = progress.epoch + progress.batch / progress.batches
        if count:
            self._cost = progress.cost
        new = np.empty((4, count))
        new[0] = self._batches + steps
        new[1] = self._epoch + steps / progress.batches
        new[2] = progress.costs
        new[3] = progress.learning_rate
        self._pending.append(new)
        if time.perf_counter() - self._written_at >= _WRITE_EVERY:
            self._write_curve()

    def _write_curve(self, *, everything: bool = False) -> None:
        """Write the points that are complete, or a last one that is not, too."""
        if not self._pending:
            return
        self._written_at = time.perf_counter()
        pending = np.concatenate(self._pending, axis=1)
        starts, end = _points(int(pending[0, 0]), pending.shape[1], everything=everything)
        self._pending = [pending[:, end:]] if end < pending.shape[1] else []
        if not len(starts):
            return
        batches, epoch, costs, rate = pending[:, :end]
        last = np.append(starts[1:], end) - 1
        points = np.empty((len(starts), CURVE_COLUMNS))
        points[:, 0] = batches[last]
        points[:, 1] = epoch[last]
        points[:, 2] = np.add.reduceat(costs, starts) / (last - starts + 1)
        points[:, 3] = np.minimum.reduceat(costs, starts)
        points[:, 4] = np.maximum.reduceat(costs, starts)
        points[:, 5] = rate[last]
        self._append(CURVE, points.tobytes())

    def _append(self, name: str, content: bytes) -> None:
        if self._timeline is None:  # it could not even be opened
            return
        try:
            with FileIO(self._folder / name, "a") as file:
                size = file.seek(0, SEEK_END)
                if file.write(content) != len(content):
                    file.truncate(size)  # a part would make all that follows unreadable
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            self._fail(error)


def _points(first: int, count: int, *, everything: bool) -> tuple[NDArray[np.intp], int]:
    """Divide mini-batches into points of the curve.

    Parameters
    ----------
    first, count : int
        The number of the first mini-batch, and how many follow on it, itself included.
    everything : bool
        Whether the last point may stand for fewer than it should.

    Returns
    -------
    starts : (k,) int
        Where each point begins.
    end : int
        Where the last one ends.
    """
    blocks, end = [np.empty(0, np.intp)], 0
    while end < count:
        size = max(1, (first + end) // _POINTS_PER_RUN)
        alike = math.ceil(((size + 1) * _POINTS_PER_RUN - first - end) / size)  # of this size
        whole = min(alike, (count - end) // size)
        if not whole:
            if everything:
                blocks.append(np.array([end], np.intp))
                end = count
            break
        blocks.append(np.arange(end, end + whole * size, size, dtype=np.intp))
        end += whole * size
    return np.concatenate(blocks), end


def _line(report: EpochReport) -> bytes:
    return json.dumps(report._asdict()).encode() + b"\n"
