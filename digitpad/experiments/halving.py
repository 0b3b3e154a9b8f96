"""Asynchronous successive halving (ASHA; Li et al. 2020), whatever the order in which runs end.

All points are trained for a few epochs; the best third of them go on to three times as many, of
those the best third to nine times as many, and so on. Nobody waits for a rung to be complete: a
point goes on as soon as it is among the best third of those before it.

In ASHA “those before it” are those that have ended before. Here they are those that were planned
before, so the same points go on whether one worker trains them or a thousand, quick or slow.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable

from digitpad.experiments.specification import Specification


def rungs(specification: Specification) -> list[int]:
    """Return after how many epochs points are compared; the last is the longest training."""
    rising = []
    epochs = specification.first_epochs
    while epochs < specification.epochs:
        rising.append(epochs)
        epochs *= specification.reduction
    return [*rising, specification.epochs]


def promoted(scores: Iterable[float | None], reduction: int) -> list[int]:
    """Return the indices of those that go on from a rung, in the order in which that was decided.

    Parameters
    ----------
    scores : iterable of float or None
        In the order of planning; larger is better. −inf never goes on. None: not known yet; what
        comes behind it is not looked at, so that the decisions do not depend on who was first.
    reduction : int
        After n scores, the best n // reduction go on, and those that were before.
    """
    ranked: list[tuple[float, int]] = []
    chosen: dict[int, None] = {}  # keeps the order
    for index, score in enumerate(scores):
        if score is None:
            break
        place = bisect.bisect(ranked, (-score, index))
        ranked.insert(place, (-score, index))
        best = len(ranked) // reduction
        # Only two can be new among the best: this one, and the last, if there is room for one more.
        for newly in (min(place, best - 1), best - 1) if best else ():
            if ranked[newly][0] < math.inf:
                chosen.setdefault(ranked[newly][1])
    return list(chosen)
