"""Training runs as the plot remembers them: their curves, how these are drawn, and as a table."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitpad.training.curve import Trace
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.sgd import EpochReport, Progress

Points = NDArray[np.float64]


class Quantity(Enum):
    """What is plotted over the epochs."""

    COST = "cost"
    ACCURACY = "accuracy"
    LEARNING_RATE = "learning rate"


class Series(Enum):
    """A run's curves; the values name them in a table."""

    MINI_BATCHES = "mini-batches"
    SMOOTHED_COST = "smoothed cost"
    TRAINING_COST = "training cost"
    VALIDATION_COST = "validation cost"
    TRAINING_ACCURACY = "training accuracy"
    VALIDATION_ACCURACY = "validation accuracy"
    RATE = "rate"


@dataclass(eq=False)
class Run:
    """One training.

    Attributes
    ----------
    name : str
    colour : int
        Index of the run's colour.
    hyperparameters : Hyperparameters or None
        What it is trained with, if that is known.
    costs, rates : Trace
        The cost and the learning rate of the mini-batches, over epochs.
    batches : int
        Mini-batches in an epoch.
    epochs : list of EpochReport
    shown : bool
        Whether its curves are drawn.
    renamed : bool
        Whether the user gave it its name.
    ended : bool
    """

    name: str
    colour: int = 0
    hyperparameters: Hyperparameters | None = None
    costs: Trace = field(default_factory=lambda: Trace(512))
    rates: Trace = field(default_factory=lambda: Trace(256))
    batches: int = 1
    epochs: list[EpochReport] = field(default_factory=list)
    shown: bool = True
    renamed: bool = False
    ended: bool = False

    def add(self, progress: Progress) -> None:
        """Append what was reported."""
        self.batches = progress.batches
        here = progress.epoch + progress.batch / progress.batches
        steps = np.arange(len(progress.costs) - 1, -1, -1)
        self.costs.add(here - steps / progress.batches, progress.costs)
        self.rates.add([here], [progress.learning_rate])
        if progress.epoch_end is not None:
            self.epochs.append(progress.epoch_end)

    def points(self, series: Series) -> tuple[Points, Points]:
        """Return x (in epochs) and y of a curve, both (k,); accuracies in percent."""
        if series is Series.MINI_BATCHES:
            return self.costs.envelope()
        if series is Series.SMOOTHED_COST:
            # A twentieth of an epoch, or what half a pixel stands for in a long run.
            return self.costs.smoothed(max(self.batches / 20, self.costs.points / 200))
        if series is Series.RATE:
            return self.rates.mean()
        x = np.array([report.epoch for report in self.epochs], dtype=float)
        y = np.array([_of_epoch(report, series) for report in self.epochs], dtype=float)
        known = np.isfinite(y)
        return x[known], y[known]


def _of_epoch(report: EpochReport, series: Series) -> float:
    value = {
        Series.TRAINING_COST: report.cost,
        Series.VALIDATION_COST: report.validation_cost,
        Series.TRAINING_ACCURACY: 100 * report.accuracy,
        Series.VALIDATION_ACCURACY: (
            None if report.validation_accuracy is None else 100 * report.validation_accuracy
        ),
    }[series]
    return np.nan if value is None else value


@dataclass(frozen=True)
class Curve:
    """How one curve of a run is drawn.

    Attributes
    ----------
    quantity : Quantity
        Which plot it belongs to.
    width : float
        Pixels.
    dashed : bool
        Of the validation images; all curves of a run have its one colour.
    mark : str
        pyqtgraph's letter for the mark at each point, or nothing.
    opacity : int
        Of 255.
    earlier : bool
        Whether it stays when the next run begins.
    """

    quantity: Quantity
    width: float = 2.0
    dashed: bool = False
    mark: str = ""
    opacity: int = 255
    earlier: bool = True

    @property
    def smooth(self) -> bool:
        """Whether its edges are smoothed; those of hairlines need not be."""
        return self.width > 1 or bool(self.mark)


CURVES = {
    Series.MINI_BATCHES: Curve(Quantity.COST, 1, opacity=70, earlier=False),
    Series.SMOOTHED_COST: Curve(Quantity.COST),
    Series.TRAINING_COST: Curve(Quantity.COST, 1, mark="o", earlier=False),
    Series.VALIDATION_COST: Curve(Quantity.COST, dashed=True, mark="s"),
    Series.TRAINING_ACCURACY: Curve(Quantity.ACCURACY, mark="o"),
    Series.VALIDATION_ACCURACY: Curve(Quantity.ACCURACY, dashed=True, mark="s"),
    Series.RATE: Curve(Quantity.LEARNING_RATE),
}


# A run has diverged if its smoothed cost begins above _ABSURD or grows to _GROWN times its start.
_ABSURD, _GROWN = 100.0, 3.0


def highest_cost(runs: Iterable[Run]) -> float:
    """Return up to what cost a plot of these runs is worth showing: infinity where all of it is.

    One run that diverged, to 10^20 perhaps, must not flatten all others.
    """
    tops, starts = [], []
    for run in runs:
        _, costs = run.points(Series.SMOOTHED_COST)
        finite = costs[np.isfinite(costs)]
        if not run.shown or not len(finite):
            continue
        starts.append(min(float(finite[0]), _ABSURD))
        if len(finite) == len(costs) and finite.max() <= _GROWN * starts[-1]:
            tops.append(float(finite.max()))
    if len(tops) == len(starts):
        return np.inf
    return 1.1 * max(tops) if tops else _GROWN * max(starts)


# Where the close-up of the accuracy begins, in percent.
_CLOSE_UPS = (99.0, 98.0, 95.0, 90.0, 80.0, 50.0)


def close_up(runs: Iterable[Run]) -> float:
    """Return from which accuracy on, in percent, the ends of all curves can be seen at close."""
    ends = [
        float(y[-1])
        for run in runs
        if run.shown
        for series in (Series.TRAINING_ACCURACY, Series.VALIDATION_ACCURACY)
        for _, y in (run.points(series),)
        if len(y)
    ]
    lowest = min(ends, default=0.0)
    return next((floor for floor in _CLOSE_UPS if lowest > floor), 0.0)


def write_csv(path: Path, runs: Iterable[Run]) -> None:
    """Write all curves as a table: run, series, epoch, value.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["run", "series", "epoch", "value"])
        for run in runs:
            for series in CURVES:
                means = series is Series.MINI_BATCHES
                x, y = run.costs.mean() if means else run.points(series)
                table.writerows(
                    (run.name, series.value, f"{a:.6g}", f"{b:.6g}")
                    for a, b in zip(x, y, strict=True)
                )
