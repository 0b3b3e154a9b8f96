"""One run of a sweep, wherever it is done: in this process, in another, on another machine.

A run is an ordinary training, seen to its end or paused after an epoch. Paused and continued, it
comes to the same weights bit for bit, so it does not matter which worker does which part of it.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from digitpad.data.dataset import Dataset
from digitpad.errors import DigitpadError
from digitpad.experiments.results import End, Result
from digitpad.nn import model_file
from digitpad.nn.functions import Array
from digitpad.nn.network import Network
from digitpad.training import sgd
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.metadata import training_metadata
from digitpad.training.sgd import Diverged
from digitpad.training.state import TrainingState

# Seconds.
_CHECKPOINT_EVERY = 5.0
_REPORT_EVERY = 0.1


class RunData(NamedTuple):
    """What runs learn from and are judged by. Workers never get test images."""

    train: Dataset
    validation: Dataset


class Snapshot(NamedTuple):
    """Where a run is: what it takes to continue it.

    Attributes
    ----------
    parameters : (number of parameters,) float32
    state : mapping of arrays
        As `TrainingState.to_arrays` makes them.
    """

    parameters: Array
    state: Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Job:
    """What a worker is to do.

    Attributes
    ----------
    hyperparameters : Hyperparameters
    epochs : int
        Pause after so many.
    start : Snapshot or None
        Where to go on; None: at the beginning.
    checkpoint : Path or None
        Where to keep what was learned, for the case that the worker is lost. If a checkpoint that
        is further than `start` is found there, the run goes on from it.
    """

    hyperparameters: Hyperparameters
    epochs: int
    start: Snapshot | None = None
    checkpoint: Path | None = None


class Outcome(NamedTuple):
    """What a worker hands back; without a result if it was stopped before it had one."""

    result: Result | None
    snapshot: Snapshot | None


class EpochEnd(NamedTuple):
    """What a worker says while it works: the epochs done and the last one's accuracy."""

    epochs: int
    accuracy: float


def train(
    job: Job,
    data: RunData,
    report: Callable[[EpochEnd], object] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Do a job.

    Parameters
    ----------
    job : Job
    data : RunData
    report : function
        Called after each epoch.
    stopped : function
        Asked a few times a second whether to stop; then what was learned goes back as a snapshot.

    Returns
    -------
    Outcome
        A training that diverges, or cannot be done, has a result that says so.
    """
    try:
        return _train(job, data, report, stopped)
    except DigitpadError as error:
        return Outcome(Result(End.FAILED, message=str(error)), None)
    except MemoryError:
        message = "There was not enough memory for it: use fewer neurons or fewer workers."
        return Outcome(Result(End.FAILED, message=message), None)


def _train(
    job: Job, data: RunData, report: Callable[[EpochEnd], object], stopped: Callable[[], bool]
) -> Outcome:
    h = job.hyperparameters
    network, state = _start(job)
    if state.epoch >= min(job.epochs, h.epochs):
        return _outcome(End.PAUSED if state.epoch < h.epochs else End.FINISHED, network, state)
    saved = time.monotonic()
    try:
        with closing(
            sgd.train(
                network, data.train, h, data.validation, state=state, report_every=_REPORT_EVERY
            )
        ) as reports:
            for progress in reports:
                if progress.epoch_end is not None:
                    report(EpochEnd(state.epoch, progress.epoch_end.validation_accuracy or 0.0))
                if progress.finished:
                    return _outcome(End.FINISHED, network, state)
                if state.epoch >= job.epochs:
                    return _outcome(End.PAUSED, network, state)
                stop = stopped()
                if stop or time.monotonic() - saved > _CHECKPOINT_EVERY:
                    saved = time.monotonic()
                    if job.checkpoint is not None:
                        # A full disk costs the checkpoint, not the run.
                        with suppress(DigitpadError):
                            save(job.checkpoint, h, _snapshot(network, state), data.train.name)
                if stop:
                    return Outcome(None, _snapshot(network, state))
    except Diverged:
        accuracies = _accuracies(state)
        return Outcome(Result(End.DIVERGED, accuracies, seconds=state.seconds), None)
    raise AssertionError("a training ends with a report that says why")


def _start(job: Job) -> tuple[Network, TrainingState]:
    """Return the network and the state to go on with."""
    found = job.start
    if job.checkpoint is not None:
        with suppress(DigitpadError):  # there is none, or it is damaged
            kept = load(job.checkpoint, job.hyperparameters)
            if found is None or _place(kept) > _place(found):
                found = kept
    network = job.hyperparameters.new_network()
    if found is None:
        return network, TrainingState()
    network.parameters[...] = found.parameters
    return network, TrainingState.from_arrays(found.state)


def _place(snapshot: Snapshot) -> tuple[int, int]:
    state = TrainingState.from_arrays(snapshot.state)
    return state.epoch, state.position


def _snapshot(network: Network, state: TrainingState) -> Snapshot:
    return Snapshot(network.parameters.copy(), state.to_arrays())


def _outcome(end: End, network: Network, state: TrainingState) -> Outcome:
    accuracies = _accuracies(state)
    # With patience, a training that has ended is back at its best weights.
    best = end is End.FINISHED and state.best_parameters is not None
    cost = state.last_cost
    result = Result(
        end,
        accuracies,
        accuracy=state.best_accuracy if best else accuracies[-1],
        cost=cost if math.isfinite(cost) else None,
        seconds=state.seconds,
        digest=hashlib.sha256(network.parameters.tobytes()).hexdigest(),
    )
    return Outcome(result, _snapshot(network, state))


def _accuracies(state: TrainingState) -> tuple[float, ...]:
    return tuple(
        entry["validation_accuracy"] for entry in state.history if "validation_accuracy" in entry
    )


# -- files -----------------------------------------------------------------------------------------


def save(
    path: Path,
    h: Hyperparameters,
    snapshot: Snapshot,
    data_name: str,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write a snapshot as a model file, which the window opens and `digitpad train` continues.

    Parameters
    ----------
    path : Path
    h : Hyperparameters
    snapshot : Snapshot
    data_name : str
        What it learned from.
    more : mapping, optional
        Metadata beside that of the training.

    Raises
    ------
    DigitpadError
        If it cannot be written; the file is then as it was.
    """
    network = h.new_network()
    network.parameters[...] = snapshot.parameters
    state = TrainingState.from_arrays(snapshot.state)
    metadata = training_metadata(network, h, state, data_name, {}) | dict(more or {})
    model_file.save(path, model_file.Model(network, metadata), snapshot.state)


def load(path: Path, h: Hyperparameters) -> Snapshot:
    """Read a snapshot.

    Raises
    ------
    DigitpadError
        If there is none, it is damaged, or it is one of other hyperparameters.
    """
    network = model_file.load(path).network
    arrays = model_file.load_state_arrays(path)
    state = None if arrays is None else TrainingState.from_arrays(arrays)
    if arrays is None or state is None or state.hyperparameters != h:
        raise DigitpadError(f"“{path}” is no checkpoint of this run: delete it.")
    return Snapshot(network.parameters, arrays)
