"""What came of the runs of a sweep: of each run, and of each point with its seeds."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from digitpad.experiments.points import Points
from digitpad.experiments.ranges import spelt, value_text
from digitpad.recognition.evaluation import wilson_interval
from digitpad.training.hyperparameters import Hyperparameters


class Key(NamedTuple):
    """What tells a run from the others of its sweep.

    Attributes
    ----------
    point, seed : int
        The number of its hyperparameters, and of its seed among the point's; both from 0.
    """

    point: int
    seed: int

    @property
    def name(self) -> str:
        """The run's name, as in files: both numbers from 1."""
        return f"{self.point + 1:04}-{self.seed + 1}"


class End(StrEnum):
    """Why a run is where it is; the values are identifiers in files."""

    PAUSED = "paused"
    FINISHED = "finished"
    DIVERGED = "diverged"
    FAILED = "failed"


@dataclass(frozen=True)
class Result:
    """How far a run came, and how well it does.

    Attributes
    ----------
    end : End
        PAUSED: it could go on, and with HALVING perhaps will.
    accuracies : tuple of float
        On the validation images, after each epoch.
    accuracy : float or None
        Of the network that is kept; None where there is none, since the run diverged or failed.
    cost : float or None
        The last epoch's mean over the training images.
    seconds : float
        Spent on mini-batches.
    digest : str
        SHA-256 of the weights and biases: two runs are the same bit for bit where it is.
    message : str
        Why it failed.
    """

    end: End
    accuracies: tuple[float, ...] = ()
    accuracy: float | None = None
    cost: float | None = None
    seconds: float = 0.0
    digest: str = ""
    message: str = ""

    @property
    def epochs(self) -> int:
        """How many epochs it was trained."""
        return len(self.accuracies)

    def has_reached(self, epochs: int) -> bool:
        """Whether there is nothing to do until it has been trained so many epochs."""
        return self.end is not End.PAUSED or self.epochs >= epochs

    def score(self, epochs: int) -> float:
        """Return the accuracy after so many epochs, to compare by; −inf if it is no use."""
        if self.end in (End.DIVERGED, End.FAILED):
            return -math.inf
        if self.end is End.FINISHED and self.epochs <= epochs and self.accuracy is not None:
            return self.accuracy
        return self.accuracies[min(epochs, self.epochs) - 1]


@dataclass(frozen=True)
class PointResult:
    """What is known of a point from its runs.

    Attributes
    ----------
    point : int
    hyperparameters : Hyperparameters
        With the first seed.
    runs : tuple of Result
        Those that have come to a result so far.
    complete : bool
        Whether all of its seeds have.
    mean : float or None
        Accuracy of those that neither diverged nor failed; None where there are none.
    spread : float or None
        Their standard deviation, with n − 1; None for fewer than two.
    best : Key or None
        The run of the highest accuracy.
    """

    point: int
    hyperparameters: Hyperparameters
    runs: tuple[Result, ...]
    complete: bool
    mean: float | None
    spread: float | None
    best: Key | None

    @property
    def lost(self) -> int:
        """How many runs diverged or failed."""
        return sum(run.accuracy is None for run in self.runs)

    @property
    def epochs(self) -> int:
        """The epochs of the longest run."""
        return max((run.epochs for run in self.runs), default=0)

    @property
    def seconds(self) -> float:
        """The time of all runs."""
        return sum(run.seconds for run in self.runs)


@dataclass(frozen=True)
class Tested:
    """How the best network reads the test images.

    Attributes
    ----------
    digest : str
        Of the network.
    accuracy : float
    n : int
    """

    digest: str
    accuracy: float
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        """The accuracy's 95 % confidence interval."""
        return wilson_interval(round(self.accuracy * self.n), self.n)


def by_point(points: Points, results: Mapping[Key, Result], seeds: int) -> list[PointResult]:
    """Return what is known of each point that has a result, the best first.

    Points of which a run was lost come after all others; points with seeds still missing after
    those that are complete, since one lucky seed proves nothing.
    """
    found: dict[int, dict[Key, Result]] = {}
    for key, result in sorted(results.items()):
        found.setdefault(key.point, {})[key] = result
    return sorted((_of_point(p, points[p], found[p], seeds) for p in found), key=_rank)


def _of_point(
    point: int, h: Hyperparameters, runs: Mapping[Key, Result], seeds: int
) -> PointResult:
    accuracies = {key: run.accuracy for key, run in runs.items() if run.accuracy is not None}
    values = list(accuracies.values())
    return PointResult(
        point=point,
        hyperparameters=h,
        runs=tuple(runs.values()),
        complete=len(runs) == seeds,
        mean=float(np.mean(values)) if values else None,
        spread=float(np.std(values, ddof=1)) if len(values) > 1 else None,
        best=max(accuracies, key=lambda key: (accuracies[key], -key.seed), default=None),
    )


def _rank(of: PointResult) -> tuple[bool, bool, float, int]:
    return of.lost > 0, not of.complete, -(of.mean if of.mean is not None else -1.0), of.point


def winner(ranked: Iterable[PointResult]) -> PointResult | None:
    """Return the best point, if any has a network."""
    return next((each for each in ranked if each.best is not None), None)


# -- for other programs ----------------------------------------------------------------------------


def as_rows(ranked: Sequence[PointResult], varied: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row for each point, the best first, of what JSON and CSV can hold."""
    rows = []
    for rank, each in enumerate(ranked, start=1):
        values = each.hyperparameters.to_dict()
        rows.append(
            {"rank": rank, "point": each.point + 1}
            | {spelt(name): value_text(values[name]) for name in varied}
            | {
                "accuracy": each.mean,
                "spread": each.spread,
                "seeds": len(each.runs),
                "lost": each.lost,
                "epochs": each.epochs,
                "seconds": round(each.seconds, 3),
            }
        )
    return rows


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as a comma-separated table with a head; what is not known is left empty."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue()
