"""How much each hyperparameter matters: the share of the differences that goes with it alone.

The points are grouped by the value of one hyperparameter, and the variance between the groups is
compared with that of all points: ε² = (S_between − (k − 1) S_within / (n − k)) / S_total for n
points in k groups (Kelley 1935). The second term is what chance alone would bring, so that a
hyperparameter without any effect gets about 0. The shares need not add up to 1: what two
hyperparameters do only together, and chance, belongs to none of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitpad.experiments.ranges import Span
from digitpad.experiments.results import PointResult
from digitpad.experiments.specification import Specification, Strategy

GUESSING = 0.1
"""The accuracy that counts for a run that diverged: that of guessing."""

CHANCE = 0.05
"""Shares that random accuracies reach more often than this may be chance."""

_GROUPS = 5
_IN_GROUP = 3  # points that a group should have
_SHUFFLES = 1000


class Share(NamedTuple):
    """How much of the variance of accuracy goes with a hyperparameter.

    Attributes
    ----------
    share : float
        ε², in [0, 1].
    chance : float
        How often the same accuracies, dealt out to the points at random, have at least this share.
    """

    share: float
    chance: float

    @property
    def is_clear(self) -> bool:
        """Whether it is hardly chance."""
        return self.chance <= CHANCE


def importance(
    specification: Specification, points: Sequence[PointResult]
) -> dict[str, Share | None]:
    """Return the share of the variance of accuracy that goes with each varied hyperparameter.

    Parameters
    ----------
    specification : Specification
    points : sequence of PointResult
        Incomplete ones are left out.

    Returns
    -------
    dict
        From the name of each varied hyperparameter to its share; None where there are too few
        points to tell.
    """
    known = [each for each in points if each.complete]
    accuracies = np.array([comparable_accuracy(specification, each) for each in known])
    return {
        name: _share(accuracies, _groups(specification, name, known))
        for name in specification.varied
    }


def comparable_accuracy(specification: Specification, point: PointResult) -> float:
    """Return the mean accuracy of a point by which all can be compared.

    With halving, points are trained for different times; then it is that after the first epochs.
    """
    scores = []
    for run in point.runs:
        if specification.strategy is Strategy.HALVING:
            score = run.score(specification.first_epochs)
        else:
            score = -math.inf if run.accuracy is None else run.accuracy
        scores.append(score if math.isfinite(score) else GUESSING)
    return float(np.mean(scores))


def _groups(
    specification: Specification, name: str, points: Sequence[PointResult]
) -> NDArray[np.intp]:
    """Return the number of each point's group."""
    values = [getattr(each.hyperparameters, name) for each in points]
    distinct = sorted(set(values))
    place = {value: index for index, value in enumerate(distinct)}
    places = np.array([place[value] for value in values], dtype=np.intp)
    span = isinstance(specification.ranges[name], Span)
    if not span or len(distinct) * _IN_GROUP <= len(points):
        return places
    # Neighbouring values together, in groups of equal size.
    count = min(_GROUPS, max(2, len(points) // _IN_GROUP))
    order = np.argsort(np.argsort(places, kind="stable"))
    return order * count // max(1, len(points))


def _share(accuracies: NDArray[np.float64], groups: NDArray[np.intp]) -> Share | None:
    n = len(accuracies)
    numbers, groups = np.unique(groups, return_inverse=True)
    k = len(numbers)
    if k < 2 or n <= k:
        return None
    centred = accuracies - accuracies.mean()
    total = float((centred**2).sum())
    if total == 0:
        return Share(0.0, 1.0)
    sizes = np.bincount(groups)
    member = groups[:, None] == np.arange(k)

    def between(values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of squares between the groups, for each row of values around 0."""
        sums: NDArray[np.float64] = ((values @ member) ** 2 / sizes).sum(axis=-1)
        return sums

    found = float(between(centred))
    share = (found - (k - 1) * (total - found) / (n - k)) / total
    shuffled = np.random.default_rng(0).permuted(np.tile(centred, (_SHUFFLES, 1)), axis=1)
    # What was found is itself one way of dealing them out.
    chance = (int((between(shuffled) >= found * (1 - 1e-9)).sum()) + 1) / (_SHUFFLES + 1)
    return Share(min(1.0, max(0.0, share)), chance)
