"""What to do next: a function of the specification and of the results so far, and of nothing else.

So a sweep that was killed goes on by reading its results, and nobody keeps a plan up to date.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from digitpad.experiments import halving
from digitpad.experiments.points import Points
from digitpad.experiments.results import Key, Result
from digitpad.experiments.specification import Specification, Strategy


class Task(NamedTuple):
    """A run that is to be begun, or continued, until it has been trained so many epochs."""

    key: Key
    epochs: int


def tasks(
    specification: Specification, points: Points, results: Mapping[Key, Result]
) -> Iterator[Task]:
    """Yield all that is still to be done as far as it is known, what is most urgent first."""
    seeds = range(specification.seeds)
    if specification.strategy is Strategy.HALVING:
        rungs = halving.rungs(specification)
        for members, epochs in reversed(_climbers(specification, rungs, results)):
            for point in members:
                yield from _open([Task(Key(point, s), epochs) for s in seeds], results)
    for point, h in enumerate(points):
        halves = specification.strategy is Strategy.HALVING
        epochs = rungs[0] if halves else h.epochs
        yield from _open([Task(Key(point, seed), epochs) for seed in seeds], results)


def _climbers(
    specification: Specification, rungs: Sequence[int], results: Mapping[Key, Result]
) -> list[tuple[Sequence[int], int]]:
    """Return, for each rung but the first, the points that go on to it, and its epochs."""
    climbers: list[tuple[Sequence[int], int]] = []
    members: Sequence[int] = range(specification.max_points)
    for epochs, target in itertools.pairwise(rungs):
        scores = (_score(point, epochs, specification.seeds, results) for point in members)
        members = [members[i] for i in halving.promoted(scores, specification.reduction)]
        climbers.append((members, target))
    return climbers


def _score(point: int, epochs: int, seeds: int, results: Mapping[Key, Result]) -> float | None:
    """Return the mean accuracy of a point's seeds after so many epochs; None: not known yet."""
    total = 0.0
    for seed in range(seeds):
        result = results.get(Key(point, seed))
        if result is None or not result.has_reached(epochs):
            return None
        total += result.score(epochs)
    return total / seeds


def _open(wanted: Sequence[Task], results: Mapping[Key, Result]) -> Iterator[Task]:
    for task in wanted:
        result = results.get(task.key)
        if result is None or not result.has_reached(task.epochs):
            yield task
