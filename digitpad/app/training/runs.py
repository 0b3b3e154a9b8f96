"""Training runs as the plot remembers them: their curves, how these are drawn, and as a table."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitpad.training.curve import Trace
from digitpad.training.sgd import EpochReport, Progress

COST, ACCURACY, LEARNING_RATE = "Cost", "Accuracy", "Learning rate"

Points = NDArray[np.float64]


@dataclass(eq=False)
class Run:
    """One training.

    Attributes
    ----------
    name : str
    costs, rates : Trace
        The cost and the learning rate of the mini-batches, over epochs.
    batches : int
        Mini-batches in an epoch.
    epochs : list of EpochReport
    shown : bool
        Whether its curves are drawn.
    ended : bool
    """

    name: str
    costs: Trace = field(default_factory=lambda: Trace(512))
    rates: Trace = field(default_factory=lambda: Trace(256))
    batches: int = 1
    epochs: list[EpochReport] = field(default_factory=list)
    shown: bool = True
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

    def series(self, key: str) -> tuple[Points, Points]:
        """Return x (in epochs) and y of one of `CURVES`, both (k,)."""
        if key == "mini-batches":
            return self.costs.envelope()
        if key == "cost":
            # A twentieth of an epoch, or what half a pixel stands for in a long run.
            return self.costs.smoothed(max(self.batches / 20, self.costs.points / 200))
        if key == "rate":
            return self.rates.mean()
        x = np.array([report.epoch for report in self.epochs], dtype=float)
        y = np.array([_of_epoch(report, key) for report in self.epochs], dtype=float)
        known = np.isfinite(y)
        return x[known], y[known]


def _of_epoch(report: EpochReport, key: str) -> float:
    value = {
        "training cost": report.cost,
        "validation cost": report.validation_cost,
        "training accuracy": 100 * report.accuracy,
        "validation accuracy": (
            None if report.validation_accuracy is None else 100 * report.validation_accuracy
        ),
    }[key]
    return np.nan if value is None else value


@dataclass(frozen=True)
class Curve:
    """How one curve of a run is drawn.

    Attributes
    ----------
    quantity : str
        `COST`, `ACCURACY` or `LEARNING_RATE`: what it is drawn with.
    legend : str
    colour : str
        “training”, “validation” or “rate”.
    width : float
        Pixels.
    mark : str
        pyqtgraph's letter for the mark at each point, or nothing.
    opacity : int
        Of 255.
    earlier : bool
        Whether it stays when the next run begins.
    """

    quantity: str
    legend: str
    colour: str
    width: float = 2.0
    mark: str = ""
    opacity: int = 255
    earlier: bool = True


CURVES = {
    "mini-batches": Curve(COST, "each mini-batch", "training", 1, opacity=70, earlier=False),
    "cost": Curve(COST, "mini-batches, smoothed", "training"),
    "training cost": Curve(COST, "training, per epoch", "training", 1, "o", earlier=False),
    "validation cost": Curve(COST, "validation, per epoch", "validation", 2, "s"),
    "training accuracy": Curve(ACCURACY, "training", "training", 2, "o"),
    "validation accuracy": Curve(ACCURACY, "validation", "validation", 2, "s"),
    "rate": Curve(LEARNING_RATE, "learning rate η", "rate"),
}


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
            for key in CURVES:
                x, y = run.costs.mean() if key == "mini-batches" else run.series(key)
                name = "smoothed cost" if key == "cost" else key
                table.writerows(
                    (run.name, name, f"{a:.6g}", f"{b:.6g}") for a, b in zip(x, y, strict=True)
                )
