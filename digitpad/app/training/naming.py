"""What runs and their models are called, and what a model's file says about its training."""

from __future__ import annotations

import copy
from contextlib import suppress
from datetime import datetime
from typing import Any

from digitpad.app import translations
from digitpad.app.session import Session
from digitpad.app.training.fields import setting
from digitpad.app.training.form import ARCHITECTURE
from digitpad.app.training.thread import TrainingThread
from digitpad.errors import DigitpadError
from digitpad.nn.network import Network
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import FAILED, STOPPED
from digitpad.training.presets import PRESETS, Preset
from digitpad.training.state import TrainingState

_MAX_CHANGES = 2  # that a run's name mentions


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


def own_hyperparameters(session: Session) -> Hyperparameters | None:
    """Return what the session's network was trained with, if that is known."""
    if session.state is not None and session.state.hyperparameters is not None:
        return session.state.hyperparameters
    saved = session.model.metadata.get("hyperparameters")
    if isinstance(saved, dict):
        with suppress(DigitpadError, TypeError, OverflowError):
            return Hyperparameters.from_dict(saved)
    return None


def model_metadata(thread: TrainingThread, state: TrainingState) -> dict[str, Any]:
    """Return what a model's file should say about its training."""
    metadata: dict[str, Any] = {
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
        metadata["accuracy"] = {where: accuracy}
    return metadata


def model_name(chosen: Hyperparameters) -> str:
    """Return what to call a new model: its preset, or its layers."""
    for preset in PRESETS.values():
        if preset.hyperparameters == chosen:
            return preset.name
    return "-".join(map(str, chosen.sizes))


def last_epoch(chosen: Hyperparameters, state: TrainingState | None) -> int:
    """Return the epoch, counted from the network's first, in which a continued training ends."""
    if state is None or chosen.epochs > state.epoch:
        return chosen.epochs
    planned = state.hyperparameters.epochs if state.hyperparameters else 0
    return planned if planned > state.epoch else state.epoch + chosen.epochs


def run_name(chosen: Hyperparameters, preset: Preset) -> str:
    """Return what to call a run: its preset and the first things that differ from it."""
    changes = chosen.changes_from(preset.hyperparameters)
    changes.pop("elastic_smoothness", None)
    parts = [translations.core(preset.name)]
    parts += [setting(name, getattr(chosen, name)) for name in changes]
    name = ", ".join(parts[: 1 + _MAX_CHANGES])
    return f"{name}, …" if len(changes) > _MAX_CHANGES else name
