"""What trainings and their models are called, and what a model's file tells of its training."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from digitpad.app.training.form import ARCHITECTURE
from digitpad.app.training.thread import TrainingThread
from digitpad.nn.network import Network
from digitpad.training.hyperparameters import FIELDS, Hyperparameters
from digitpad.training.interactive import FAILED, STOPPED
from digitpad.training.presets import PRESETS, Preset
from digitpad.training.state import TrainingState


def architecture(network: Network, chosen: Hyperparameters) -> dict[str, Any]:
    """Return the hyperparameters that say what a network is."""
    values = {
        "hidden_layers": network.sizes[1:-1],
        "activation": network.activation,
        "output_activation": network.output_activation,
        "cost": network.cost,
        "initialisation": chosen.initialisation,
    }
    assert set(values) == set(ARCHITECTURE)
    return values


def story(thread: TrainingThread, state: TrainingState) -> dict[str, Any]:
    """Return what a model's file should tell of its training."""
    told: dict[str, Any] = {
        "hyperparameters": thread.hyperparameters.to_dict(),
        "history": copy.deepcopy(state.history),
        "data": thread.data_name,
        "created": datetime.now().astimezone().isoformat(timespec="seconds"),
        "seconds": round(state.seconds, 1),
    }
    last = thread.last_epoch
    if last is not None and last.validation_accuracy is not None:
        where = "validation images"
        accuracy = last.validation_accuracy
        if state.position:
            where += f", after epoch {last.epoch}"
        elif thread.hyperparameters.patience and thread.reason not in ("", STOPPED, FAILED):
            accuracy = state.best_accuracy  # whose weights were taken back at the end
        told["accuracy"] = {where: accuracy}
    return told


def model_name(chosen: Hyperparameters) -> str:
    """Return what to call a new model: its preset, or its layers."""
    for preset in PRESETS.values():
        if preset.hyperparameters == chosen:
            return preset.name
    return "-".join(map(str, chosen.sizes))


def epochs_in_all(chosen: Hyperparameters, state: TrainingState | None) -> int:
    """Return where a continued training should end, in epochs since its beginning."""
    if state is None or chosen.epochs > state.epoch:
        return chosen.epochs
    planned = state.hyperparameters.epochs if state.hyperparameters else 0
    return planned if planned > state.epoch else state.epoch + chosen.epochs


def run_name(chosen: Hyperparameters, preset: Preset) -> str:
    """Return what to call a run: its preset and the first things that differ from it."""
    changes = chosen.changes_from(preset.hyperparameters)
    changes.pop("elastic_smoothness", None)
    told = [preset.name]
    for name, value in changes.items():
        if name == "hidden_layers":
            told.append("-".join(map(str, chosen.sizes)))
        elif isinstance(value, str):
            told.append(value)
        else:
            told.append(f"{FIELDS[name].label} {value:,.6g}")
    return ", ".join(told[:3]) + (" …" if len(told) > 3 else "")
