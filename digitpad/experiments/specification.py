"""What a sweep is to try: ranges, a strategy, seeds and a budget, checked before anything runs.

    name = "How large may η be?"
    strategy = "grid"            # or random, or halving
    seeds = 3                    # trainings of each point, with different seeds
    runs = 60                    # a budget: no more trainings than this
    minutes = 3                  # another: end when this is over
    preset = "basic"             # where all that is not set comes from

    [set]
    learning-rate = "log:0.01..100:9"
    hidden-layers = "16,16|30"
    epochs = 3

`ranges` says what may stand in `[set]`.
"""

from __future__ import annotations

import difflib
import itertools
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from digitpad.errors import DigitpadError
from digitpad.experiments import ranges
from digitpad.experiments.ranges import Choices, Range, Span, spelt
from digitpad.files import reading
from digitpad.training.hyperparameters import FIELDS, Hyperparameters
from digitpad.training.presets import PRESETS, find_preset

MAX_RUNS = 10_000
"""The trainings of one sweep, at most."""

_MAX_TOML = 1 << 20
_MAX_SEEDS = 100
_MAX_MINUTES = 100_000.0


class Strategy(StrEnum):
    """How points are chosen from the ranges; the values are identifiers in files."""

    GRID = "grid"
    RANDOM = "random"
    HALVING = "halving"


@dataclass(frozen=True)
class Specification:
    """What a sweep is to try.

    Attributes
    ----------
    ranges : mapping
        From the name of a hyperparameter to its range; the others come from the preset.
    name : str
        The title of the report.
    strategy : Strategy
        GRID: every combination. RANDOM: combinations drawn at random. HALVING: the same, but only
        the best go on after 1, 3, 9 … epochs (see `halving`).
    seeds : int
        How often each point is trained, with different seeds.
    runs : int
        At most so many trainings; 0: as many as the minutes allow, or as the grid has.
    minutes : float
        At most so long; 0: until all is done.
    preset : str
        A key of `PRESETS`.
    data : Path or None
        What to learn from, as `digitpad train --data` takes it; None: MNIST.
    draw_seed : int
        Where the random numbers start that draw the points.
    first_epochs, reduction : int
        Of HALVING: after how many epochs points are first compared; which part goes on, 1/3 with 3,
        and how many times as long.
    lesson : str
        A key of `lessons.LESSONS`, whose question the report answers; or "".

    Raises
    ------
    DigitpadError
        If a value is not valid, or values do not go together; names the field and the remedy.
    """

    ranges: Mapping[str, Range]
    name: str = "Sweep"
    strategy: Strategy = Strategy.RANDOM
    seeds: int = 1
    runs: int = 0
    minutes: float = 0.0
    preset: str = "basic"
    data: Path | None = None
    draw_seed: int = 0
    first_epochs: int = 1
    reduction: int = 3
    lesson: str = ""
    _base: Hyperparameters = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            names = ", ".join(preset.spelling for preset in PRESETS.values())
            raise DigitpadError(f"preset: there is none named “{self.preset}”: choose {names}.")
        fixed = {
            name: given.values[0]
            for name, given in self.ranges.items()
            if isinstance(given, Choices) and len(given.values) == 1
        }
        object.__setattr__(self, "_base", self._checked_base(fixed))
        if not self.varied and self.seeds == 1:
            raise DigitpadError(
                "Nothing varies: give a range, such as learning-rate = log:0.01..10, or more seeds "
                "than one."
            )
        self._check_strategy()

    def _checked_base(self, fixed: Mapping[str, Any]) -> Hyperparameters:
        """Return the hyperparameters that do not vary, having tried what does."""
        if "seed" in self.varied:
            raise DigitpadError(
                "seed: give one seed to begin with, and say how many by seeds, as in seeds = 5."
            )
        preset = PRESETS[self.preset].hyperparameters
        # Only names (of functions) exclude each other, and numbers have been checked one by one.
        names = [name for name in self.varied if FIELDS[name].kind is str]
        listed = [self._values_of(name) for name in names]
        if math.prod(map(len, listed)) > MAX_RUNS:
            raise DigitpadError("There are too many combinations of names: list fewer of them.")
        base = None
        for values in itertools.product(*listed):
            chosen = dict(zip(names, values, strict=True))
            try:
                made = preset.replace(**fixed, **chosen)
            except DigitpadError as error:
                if not chosen:
                    raise
                words = ", ".join(f"{spelt(n)} {ranges.value_text(v)}" for n, v in chosen.items())
                raise DigitpadError(f"With {words}: {error}") from None
            base = base or made
        assert base is not None  # an empty product has one element
        return base

    def _values_of(self, name: str) -> tuple[Any, ...]:
        given = self.ranges[name]
        assert isinstance(given, Choices)
        return given.values

    def _check_strategy(self) -> None:
        if self.strategy is Strategy.GRID:
            sizes = [len(ranges.grid_values(n, self.ranges[n])) for n in self.varied]
            count = math.prod(sizes) * self.seeds
            most = self.runs or MAX_RUNS
            if count > most:
                raise DigitpadError(
                    f"The grid has {count:,} runs, seeds included, but the budget is {most:,}: "
                    "take fewer values, allow more runs, or choose the strategy random."
                )
        elif not self.runs and not self.minutes:
            raise DigitpadError(
                f"The strategy {self.strategy} needs a budget: set runs, such as 40, or minutes."
            )
        if self.runs and self.runs < self.seeds:
            raise DigitpadError(
                f"runs: {self.runs} are not enough to train one point with {self.seeds} seeds: "
                f"allow at least {self.seeds}."
            )
        if self.strategy is Strategy.HALVING:
            if "epochs" in self.varied:
                raise DigitpadError(
                    "epochs: with the strategy halving, the best points are trained longest, so "
                    "give one number, that of the longest training."
                )
            if self.first_epochs >= self._base.epochs:
                raise DigitpadError(
                    f"first-epochs: {self.first_epochs} is not less than the {self._base.epochs} "
                    "epochs of the longest training: choose a smaller number."
                )

    # -- what it means ---------------------------------------------------------------------------

    @property
    def varied(self) -> tuple[str, ...]:
        """The hyperparameters that have more than one value."""
        return tuple(n for n, given in self.ranges.items() if not ranges.is_fixed(given))

    @property
    def base(self) -> Hyperparameters:
        """Hyperparameters with all that does not vary."""
        return self._base

    @property
    def epochs(self) -> int:
        """The epochs of the longest training."""
        given = self.ranges.get("epochs")
        if isinstance(given, Span):
            return int(given.high)
        return max(given.values) if given else self._base.epochs

    @property
    def max_points(self) -> int:
        """How many points there are at most."""
        return (self.runs or MAX_RUNS) // self.seeds

    def with_budget_of(self, other: Specification) -> Specification:
        """Return this specification with the name and the budget of another."""
        values = {**self.to_dict(), "name": other.name}
        values |= {"runs": other.runs, "minutes": other.minutes}
        return from_dict(values)

    # -- files -----------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` reads, as JSON and TOML can hold it."""
        return {
            "name": self.name,
            "strategy": self.strategy.value,
            "seeds": self.seeds,
            "runs": self.runs,
            "minutes": self.minutes,
            "preset": self.preset,
            "data": "" if self.data is None else str(self.data),
            "draw-seed": self.draw_seed,
            "first-epochs": self.first_epochs,
            "reduction": self.reduction,
            "lesson": self.lesson,
            "set": {spelt(name): ranges.text_of(name, r) for name, r in self.ranges.items()},
        }


_NUMBERS: dict[str, tuple[type, float, float]] = {
    "seeds": (int, 1, _MAX_SEEDS),
    "runs": (int, 0, MAX_RUNS),
    "minutes": (float, 0, _MAX_MINUTES),
    "draw-seed": (int, 0, 2**31 - 1),
    "first-epochs": (int, 1, 10_000),
    "reduction": (int, 2, 10),
}
_TEXTS = ("name", "strategy", "preset", "data", "lesson")
_MAX_NAME = 200


def from_dict(values: Mapping[str, Any]) -> Specification:
    """Make a specification of what a TOML or JSON file says.

    Raises
    ------
    DigitpadError
        If that is not valid; names the field and the remedy.
    """
    known = [*_TEXTS, *_NUMBERS, "set"]
    for key in values:
        if key not in known:
            close = difflib.get_close_matches(key, known, 1)
            in_set = key.replace("-", "_") in FIELDS
            hint = (
                "put it below [set]"
                if in_set
                else f"did you mean “{close[0]}”?"
                if close
                else f"there are {', '.join(known)}."
            )
            ending = "." if in_set else ""
            raise DigitpadError(f"A sweep has no setting “{key}”: {hint}{ending}")
    given: dict[str, Any] = {}
    for key, (kind, low, high) in _NUMBERS.items():
        if key in values:
            given[key.replace("-", "_")] = _number(key, values[key], kind, low, high)
    for key in _TEXTS:
        if key in values:
            if not isinstance(values[key], str) or len(values[key]) > _MAX_NAME * 20:
                raise DigitpadError(f"{key} cannot be {values[key]!r:.40}: write a text in quotes.")
            given[key] = values[key].strip()
    if "strategy" in given:
        try:
            given["strategy"] = Strategy(given["strategy"])
        except ValueError:
            raise DigitpadError(
                f"strategy cannot be “{given['strategy']:.40}”: choose {', '.join(Strategy)}."
            ) from None
    if "name" in given:
        given["name"] = given["name"][:_MAX_NAME] or "Sweep"
    if "preset" in given and (preset := find_preset(given["preset"])) is not None:
        given["preset"] = preset.name
    if "data" in given:
        given["data"] = Path(given["data"]) if given["data"] else None
    chosen = values.get("set", {})
    if not isinstance(chosen, dict):
        raise DigitpadError("[set] is a table: write a line for each hyperparameter below it.")
    parsed = {}
    for key, value in chosen.items():
        name = ranges.field_name(key)
        parsed[name] = ranges.parse(name, value)
    return Specification(parsed, **given)


def _number(key: str, value: Any, kind: type, low: float, high: float) -> Any:
    valid = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not valid or not low <= value <= high or value != kind(value):
        raise DigitpadError(f"{key} cannot be {value!r:.40}: use {low:,g} to {high:,g}.")
    return kind(value)


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a specification's file says, for `from_dict`.

    Raises
    ------
    DigitpadError
        If it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(reading.read_bytes(path, _MAX_TOML).decode())
    except UnicodeDecodeError:
        raise DigitpadError(f"“{path}” is not a text in UTF-8: save it as one.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DigitpadError(f"“{path}” is not TOML: {error}. Put that right.") from None


def with_settings(values: Mapping[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Return what a specification says with settings such as `learning-rate=log:0.01..10` added.

    Raises
    ------
    DigitpadError
        If one of them has no name or no value.
    """
    chosen = values.get("set", {})
    merged = dict(chosen) if isinstance(chosen, dict) else {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or not name.strip() or not text.strip():
            raise DigitpadError(
                f"“{setting}” sets nothing: write a name and a range, as in "
                "learning-rate=log:0.01..10."
            )
        spelling = spelt(ranges.field_name(name))
        merged.pop(spelling.replace("-", "_"), None)  # TOML may have it with either sign
        merged[spelling] = text.strip()
    return {**values, "set": merged}
