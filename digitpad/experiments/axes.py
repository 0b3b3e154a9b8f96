"""Axes of plots: where a value or an accuracy lies, and what is written there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from digitpad.experiments.ranges import Choices, Span, value_text
from digitpad.experiments.specification import Specification
from digitpad.training.hyperparameters import FIELDS

_MAX_TICKS = 6


@dataclass(frozen=True)
class Axis:
    """Where values lie between 0 and 1.

    Attributes
    ----------
    label : str
    ticks : tuple of (float, str)
        Place and text.
    low, high : float
        The numbers at 0 and 1; of names, their indices.
    log : bool
    names : tuple
        Of an axis of names (or layers): its values.
    """

    label: str
    ticks: tuple[tuple[float, str], ...]
    low: float
    high: float
    log: bool = False
    names: tuple[Any, ...] = ()

    def place(self, value: Any) -> float:
        """Return where a value lies, in [0, 1] for those that the axis was made for."""
        if self.names:
            number = float(self.names.index(value))
        else:
            number = float(value[0] if isinstance(value, tuple) else value)
        if self.log:
            return math.log(number / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)


def of_field(specification: Specification, name: str) -> Axis:
    """Return the axis of a varied hyperparameter."""
    given, field = specification.ranges[name], FIELDS[name]
    label = f"{field.label}, {field.unit}" if field.unit else field.label
    if isinstance(given, Span):
        return _numbers(label, given.low, given.high, log=given.scale == "log")
    return _listed(label, given, numeric=field.kind in (int, float))


def _listed(label: str, given: Choices, *, numeric: bool) -> Axis:
    values = given.values
    if numeric:
        low, high = min(values), max(values)
        return _numbers(label, low, high, log=low > 0 and high / low >= 10)
    if all(isinstance(value, tuple) and len(value) == 1 for value in values):
        low, high = min(values)[0], max(values)[0]
        return _numbers(label, low, high, log=high / low >= 10)
    names = values
    if all(isinstance(value, tuple) for value in values):
        names = tuple(sorted(values, key=lambda layers: (sum(layers), layers)))
    # Half a place is left free on both sides.
    low, high = -0.5, len(names) - 0.5
    places = [(i - low) / (high - low) for i in range(len(names))]
    step = -(-len(names) // 12)
    ticks = [(p, value_text(v)) for p, v in zip(places, names, strict=True)][::step]
    return Axis(label, tuple(ticks), low, high, names=names)


def of_accuracy(accuracies: Sequence[float]) -> Axis:
    """Return the axis of accuracies in [0, 1], from a little below the least."""
    low = min(accuracies, default=0.0)
    high = max(accuracies, default=1.0)
    room = max(0.05 * (high - low), 0.002)
    axis = _numbers("Validation accuracy", max(0.0, low - room), min(1.0, high + room), log=False)
    places = [(place, axis.low + place * (axis.high - axis.low)) for place, _ in axis.ticks]
    digits = 0 if all(abs(value * 100 - round(value * 100)) < 1e-6 for _, value in places) else 1
    ticks = tuple((place, f"{100 * value:.{digits}f} %") for place, value in places)
    return Axis(axis.label, ticks, axis.low, axis.high)


def _numbers(label: str, low: float, high: float, *, log: bool) -> Axis:
    axis = Axis(label, (), low, high, log)
    marks = _decades(low, high) if log else _steps(low, high)
    return Axis(label, tuple((axis.place(m), value_text(float(m))) for m in marks), low, high, log)


def _decades(low: float, high: float) -> list[float]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    step = max(1, -(-(last - first) // _MAX_TICKS))
    marks = [10.0**exponent for exponent in range(first, last + 1, step)]
    if len(marks) >= 3:
        return marks
    return [
        float(f"{digit}e{exponent}")
        for exponent in range(first - 1, last + 1)
        for digit in (1, 2, 5)
        if low * (1 - 1e-9) <= float(f"{digit}e{exponent}") <= high * (1 + 1e-9)
    ] or [low, high]


def _steps(low: float, high: float) -> list[float]:
    rough = (high - low) / (_MAX_TICKS - 1)
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(m * unit for m in (1, 2, 5, 10) if m * unit >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(np.round(number * step, 12)) for number in range(first, last + 1)]
