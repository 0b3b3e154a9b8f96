"""The points of a sweep: combinations of values from its ranges, in the order they are tried in."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from digitpad.experiments import ranges
from digitpad.experiments.specification import Specification, Strategy
from digitpad.training.hyperparameters import Hyperparameters

# So many random points in a row that have all been drawn before: there are hardly any others.
_TRIES = 500


class Points:
    """The points of a specification, drawn when they are first asked for: there may be thousands.

    They are always the same ones: the n-th point does not depend on how many there will be.
    """

    def __init__(self, specification: Specification) -> None:
        self._left = _points(specification)
        self._drawn: list[Hyperparameters] = []

    def __getitem__(self, index: int) -> Hyperparameters:
        """Return one point; raises IndexError if there are not so many."""
        while len(self._drawn) <= index:
            try:
                self._drawn.append(next(self._left))
            except StopIteration:
                raise IndexError(index) from None
        return self._drawn[index]

    def __iter__(self) -> Iterator[Hyperparameters]:
        """Yield all points from the first on."""
        for index in itertools.count():
            try:
                yield self[index]
            except IndexError:
                return

    def count(self) -> int:
        """Return how many there are, having drawn them all."""
        self._drawn.extend(self._left)
        return len(self._drawn)


def _points(of: Specification) -> Iterator[Hyperparameters]:
    if of.strategy is Strategy.GRID:
        values = [ranges.grid_values(name, of.ranges[name]) for name in of.varied]
        for chosen in itertools.product(*values):
            yield of.base.replace(**dict(zip(of.varied, chosen, strict=True)))
        return
    generator = np.random.default_rng(of.draw_seed)
    drawn: set[Hyperparameters] = set()
    while len(drawn) < of.max_points:
        for _ in range(_TRIES):
            point = of.base.replace(
                **{n: ranges.draw(n, of.ranges[n], generator) for n in of.varied}
            )
            if point not in drawn:
                break
        else:
            return
        drawn.add(point)
        yield point
