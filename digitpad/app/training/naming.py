"""What runs and the models they make are called."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from digitpad.app import translations
from digitpad.app.session import Session
from digitpad.app.training.fields import SYMBOLS, setting
from digitpad.app.training.runs import Run
from digitpad.errors import DigitpadError
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.presets import Preset

_MAX_CHANGES = 2  # that a run's name mentions


def own_hyperparameters(session: Session) -> Hyperparameters | None:
    """Return what the session's network was trained with, if that is known."""
    if session.state is not None and session.state.hyperparameters is not None:
        return session.state.hyperparameters
    saved = session.model.metadata.get("hyperparameters")
    if isinstance(saved, dict):
        with suppress(DigitpadError, TypeError, OverflowError):
            return Hyperparameters.from_dict(saved)
    return None


def run_name(chosen: Hyperparameters, preset: Preset) -> str:
    """Return what to call a run: its preset and the first things that differ from it."""
    changes = chosen.changes_from(preset.hyperparameters)
    changes.pop("elastic_smoothness", None)
    parts = [translations.core(preset.title)]
    parts += [setting(name, getattr(chosen, name)) for name in changes]
    name = ", ".join(parts[: 1 + _MAX_CHANGES])
    return f"{name}, …" if len(changes) > _MAX_CHANGES else name


def short_names(runs: Sequence[Run]) -> list[str]:
    """Return what to write beside the curves of runs: what differs between them, “η 0.1”.

    A run of which that is not known, or in which nothing differs, has its whole name.
    """
    known = [run.hyperparameters for run in runs if run.hyperparameters is not None]
    differing = {name for each in known for name in each.changes_from(known[0])}
    names = []
    for run in runs:
        chosen = run.hyperparameters
        values = (
            []
            if chosen is None or run.renamed
            else [setting(name, getattr(chosen, name)) for name in SYMBOLS if name in differing]
            + [
                setting(name, getattr(chosen, name))
                for name in sorted(differing - SYMBOLS.keys() - {"elastic_smoothness"})
            ]
        )
        name = ", ".join(values[:_MAX_CHANGES]) or run.name
        names.append(f"{name}, …" if len(values) > _MAX_CHANGES else name)
    return names
