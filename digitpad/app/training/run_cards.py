"""The shelf's cards of what the run store knows."""

from __future__ import annotations

import numpy as np

from digitpad.app.training.shelf import Card, Condition, Origin
from digitpad.training.curve import mean_along
from digitpad.training.run_files import Curve, Kind, Run, Status
from digitpad.training.timeline import scale

_POINTS = 27  # of a small curve


def card_of(run: Run, curve: Curve | None = None) -> Card:
    """Return the card of a run, or of another network that is kept among the runs.

    Parameters
    ----------
    run : Run
    curve : Curve, optional
        As `run_files.read_curve` reads it.
    """
    return Card(
        key=run.id,
        origin={Kind.OPENED: Origin.OPENED, Kind.TUNED: Origin.TUNED}.get(run.kind, Origin.RUN),
        name=run.name,
        colour=run.colour,
        sizes=run.sizes,
        accuracy=run.accuracy,
        epochs=run.epoch,
        curve=() if curve is None else small_curve(curve),
        condition={
            Status.RUNNING: Condition.TRAINING,
            Status.INTERRUPTED: Condition.INTERRUPTED,
        }.get(run.status, Condition.DONE),
        scores=run.scores,
    )


def small_curve(curve: Curve) -> tuple[float, ...]:
    """Return the smoothed cost at moments that lie evenly on the timeline's scale."""
    if len(curve.batches) < 2:
        return ()
    place = scale(curve.batches, curve.batches[-1])
    at = np.linspace(place[0], 1.0, _POINTS)
    weights = np.diff(curve.batches, prepend=0.0)
    return tuple(mean_along(place, curve.cost, weights, at, 2.0 / _POINTS).tolist())
