"""What a model's file says about the training that made it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from digitpad.nn.network import Network, describe
from digitpad.training import run_files
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.run_files import Run
from digitpad.training.sgd import EndReason, EpochReport
from digitpad.training.state import TrainingState


def training_metadata(
    network: Network,
    hyperparameters: Hyperparameters | None,
    state: TrainingState,
    data_name: str,
    accuracy: Mapping[str, float],
    created: float | None = None,
) -> dict[str, Any]:
    """Return the metadata of a network that was trained.

    Parameters
    ----------
    network : Network
    hyperparameters : Hyperparameters or None
        Those in force at the end; None if nobody knows.
    state : TrainingState
        Its history and time are copied.
    data_name : str
        What the network learned from.
    accuracy : mapping
        From the name of some images to the accuracy on them, in [0, 1]; may be empty.
    created : float, optional
        Seconds since 1970; now by default.

    Returns
    -------
    dict
        What JSON can hold; see `model_file.Model`.
    """
    at = datetime.now() if created is None else datetime.fromtimestamp(created)
    metadata: dict[str, Any] = {"architecture": describe(network)}
    if hyperparameters is not None:
        metadata["hyperparameters"] = hyperparameters.to_dict()
    metadata |= {
        "history": copy.deepcopy(state.history),
        "data": data_name,
        "created": at.astimezone().isoformat(timespec="seconds"),
        "seconds": round(state.seconds, 3),
    }
    if accuracy:
        metadata["accuracy"] = dict(accuracy)
    return metadata


def run_metadata(run: Run, network: Network, state: TrainingState | None) -> dict[str, Any]:
    """Return the metadata of a network that was recorded.

    Parameters
    ----------
    run : Run
    network : Network
    state : TrainingState or None
        Of the network's checkpoint; None if it is a snapshot.

    Returns
    -------
    dict
        As `training_metadata` makes it, with the run's name.
    """
    reports = run_files.read_epochs(run.folder)
    if state is None:
        # The newest snapshot is taken after the last epoch's end, not at it.
        history = [report._asdict() for report in reports]
        epoch = reports[-1].epoch if reports else 0
        state = TrainingState(epoch, position=1, seconds=run.seconds, history=history)
    # After a crash, more epochs may have been reported than the checkpoint has seen.
    done = [report for report in reports if report.epoch <= state.epoch]
    reason = next((each for each in EndReason if each.value == run.reason), None)
    accuracy = validation_accuracy(state, done[-1] if done else None, reason)
    h = state.hyperparameters or run.hyperparameters
    metadata = training_metadata(network, h, state, run.data_name, accuracy, run.created)
    return {"name": run.name, **metadata}


def validation_accuracy(
    state: TrainingState, last_epoch: EpochReport | None, reason: EndReason | None
) -> dict[str, float]:
    """Return the accuracy that a training has measured, as `training_metadata` takes it.

    Parameters
    ----------
    state : TrainingState
    last_epoch : EpochReport or None
        The last epoch that came to its end.
    reason : EndReason or None
        Why the training ended, if it has.
    """
    if last_epoch is None or last_epoch.validation_accuracy is None:
        return {}
    if state.position:
        return {
            f"validation images, after epoch {last_epoch.epoch}": last_epoch.validation_accuracy
        }
    # With patience, a training that ends by itself goes back to its best weights.
    by_itself = reason not in (None, EndReason.STOPPED, EndReason.FAILED)
    if by_itself and state.best_parameters is not None:
        return {"validation images": state.best_accuracy}
    return {"validation images": last_epoch.validation_accuracy}
