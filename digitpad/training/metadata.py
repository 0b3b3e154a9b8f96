"""What a model's file says about the training that made it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from digitpad.nn.network import Network, describe
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.sgd import EndReason, EpochReport
from digitpad.training.state import TrainingState


def training_metadata(
    network: Network,
    hyperparameters: Hyperparameters,
    state: TrainingState,
    data_name: str,
    accuracy: Mapping[str, float],
) -> dict[str, Any]:
    """Return the metadata of a network that was trained.

    Parameters
    ----------
    network : Network
    hyperparameters : Hyperparameters
        Those in force at the end.
    state : TrainingState
        Its history and time are copied.
    data_name : str
        What the network learned from.
    accuracy : mapping
        From the name of some images to the accuracy on them, in [0, 1]; may be empty.

    Returns
    -------
    dict
        What JSON can hold; see `model_file.Model`.
    """
    metadata: dict[str, Any] = {
        "architecture": describe(network),
        "hyperparameters": hyperparameters.to_dict(),
        "history": copy.deepcopy(state.history),
        "data": data_name,
        "created": datetime.now().astimezone().isoformat(timespec="seconds"),
        "seconds": round(state.seconds, 3),
    }
    if accuracy:
        metadata["accuracy"] = dict(accuracy)
    return metadata


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
