"""Ranges of hyperparameters: what may stand in place of one value.

    3                   one value
    1|3|10              a list of values (hidden layers: 16,16|30|none)
    lin:0..0.9          any number between two, both included
    log:0.01..10        the same, spread evenly over the orders of magnitude
    int:10..100         whole numbers
    log:0.01..10:7      seven values spread evenly, which a grid needs

For hidden layers, a range of numbers means one layer of so many neurons.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from digitpad.errors import DigitpadError
from digitpad.training.hyperparameters import FIELDS, check_value, without_marks

_SPAN = re.compile(r"(?P<scale>lin|log|int):(?P<low>.+?)\.\.(?P<high>[^:]+)(?::(?P<steps>.*))?")
_MAX_STEPS = 1000
# Numbers are drawn with so many digits: enough for any effect, and short to read and type again.
_DIGITS = 4


@dataclass(frozen=True)
class Choices:
    """A list of values, or a single one, each valid for its field."""

    values: tuple[Any, ...]


@dataclass(frozen=True)
class Span:
    """The numbers between two, both included.

    Attributes
    ----------
    low, high : float
    scale : str
        "lin", "log" or "int".
    steps : int
        How many values a grid takes; 0: not said.
    """

    low: float
    high: float
    scale: str
    steps: int = 0


Range = Choices | Span


def field_name(given: str) -> str:
    """Return the name of a hyperparameter, which may be written with hyphens.

    Raises
    ------
    DigitpadError
        If there is none of this name; says which is closest.
    """
    name = given.strip().replace("-", "_")
    if name in FIELDS:
        return name
    known = [spelt(each) for each in FIELDS]
    close = difflib.get_close_matches(name.replace("_", "-"), known, 1)
    if close:
        raise DigitpadError(f"There is no hyperparameter “{given}”: did you mean “{close[0]}”?")
    raise DigitpadError(f"There is no hyperparameter “{given}”: there are {', '.join(known)}.")


def spelt(name: str) -> str:
    """Return the name of a hyperparameter as it is written in files and commands."""
    return name.replace("_", "-")


def parse(name: str, given: Any) -> Range:
    """Return the range that a text, a value or a list of values means.

    Parameters
    ----------
    name : str
        A key of `FIELDS`.
    given : str, int, float or list
        As it comes from a command line or from TOML.

    Raises
    ------
    DigitpadError
        If it is no range of valid values; names the field, and says what is.
    """
    if isinstance(given, str):
        text = given.strip()
        found = _SPAN.fullmatch(text.replace(" ", ""))
        if found:
            return _span(name, text, **found.groupdict())
        if re.match(r"(lin|log|int):", text):
            raise DigitpadError(
                f"{spelt(name)}: “{text}” lacks its two ends: write them as in lin:1..10."
            )
        return Choices(_distinct(_value(name, word) for word in text.split("|")))
    if isinstance(given, (list, tuple)) and not _is_one_value(name, given):
        if not given:
            raise DigitpadError(f"{spelt(name)}: the list is empty: give at least one value.")
        return Choices(_distinct(_value(name, item) for item in given))
    return Choices((_value(name, given),))


def _is_one_value(name: str, given: Sequence[Any]) -> bool:
    """Whether a list is the sizes of the hidden layers of one network."""
    return FIELDS[name].kind is tuple and not any(isinstance(n, (str, list)) for n in given)


def _distinct(values: Any) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


def _value(name: str, given: Any) -> Any:
    field = FIELDS[name]
    if isinstance(given, str):
        text = given.strip()
        if field.kind is tuple:
            given = [] if text == "none" else [word.strip() for word in text.split(",")]
        elif field.kind is str:
            given = {spelt(each).replace(" ", "-"): each for each in field.choices}.get(text, text)
        else:
            given = text
    return check_value(name, given)


def _span(name: str, text: str, scale: str, low: str, high: str, steps: str | None) -> Span:
    field, spelling = FIELDS[name], spelt(name)
    if field.kind is str:
        listed = "|".join(choice.replace(" ", "-") for choice in field.choices[:2])
        raise DigitpadError(
            f"{spelling}: “{text}” is a range of numbers, but its values are names: list them, as "
            f"in {listed}."
        )
    if scale == "int" and field.kind is float and not (_whole(low) and _whole(high)):
        raise DigitpadError(
            f"{spelling}: the ends of “{text}” are not whole: write lin:, not int:."
        )
    ends = [_end(name, word) for word in (low, high)]
    if ends[0] >= ends[1]:
        raise DigitpadError(
            f"{spelling}: “{text}” does not rise: write the smaller number first, as in "
            f"{scale}:1..10."
        )
    if scale == "log" and ends[0] <= 0:
        raise DigitpadError(
            f"{spelling}: “{text}” cannot begin at 0, which no logarithm reaches: begin at a small "
            "number, or write lin:."
        )
    count = 0
    if steps is not None:
        steps = without_marks(steps)
        if not (steps.isdecimal() and 2 <= int(steps[:9]) <= _MAX_STEPS):
            raise DigitpadError(
                f"{spelling}: “{text}” asks for “{steps}” values: ask for 2 to {_MAX_STEPS:,}."
            )
        count = int(steps)
    return Span(ends[0], ends[1], scale, count)


def _whole(text: str) -> bool:
    try:
        return float(text).is_integer()
    except ValueError:
        return True  # `_end` says that it is no number


def _end(name: str, text: str) -> float:
    """Return one end of a span, which is itself a valid value."""
    value = check_value(name, [text] if FIELDS[name].kind is tuple else text)
    return float(value[0] if isinstance(value, tuple) else value)


# -- values ----------------------------------------------------------------------------------------


def is_fixed(given: Range) -> bool:
    """Whether a range is one value."""
    return isinstance(given, Choices) and len(given.values) == 1


def grid_values(name: str, given: Range) -> tuple[Any, ...]:
    """Return the values that a grid takes.

    Raises
    ------
    DigitpadError
        If a span does not say how many.
    """
    if isinstance(given, Choices):
        return given.values
    if not given.steps:
        raise DigitpadError(
            f"{spelt(name)}: a grid needs to know how many values to take: write "
            f"{text_of(name, given)}:5 for five, or list them."
        )
    return _distinct(_at(name, given, u) for u in np.linspace(0, 1, given.steps))


def draw(name: str, given: Range, generator: np.random.Generator) -> Any:
    """Return a random value of a range."""
    if isinstance(given, Choices):
        return given.values[int(generator.integers(len(given.values)))]
    if given.steps:
        values = grid_values(name, given)
        return values[int(generator.integers(len(values)))]
    return _at(name, given, float(generator.random()))


def _at(name: str, span: Span, u: float) -> Any:
    """Return the value at a fraction u of a span."""
    kind = FIELDS[name].kind
    if span.scale == "log":
        number = math.exp(math.log(span.low) + u * math.log(span.high / span.low))
    else:
        number = span.low + u * (span.high - span.low)
    if kind is float and span.scale != "int":
        number = float(f"{number:.{_DIGITS}g}")
    else:
        number = round(number)
    number = min(max(number, span.low), span.high)
    if kind is tuple:
        return (int(number),)
    return kind(number)


# -- words -----------------------------------------------------------------------------------------


def value_text(value: Any) -> str:
    """Return a value as it is written in commands: 0.5, 16,16, none, halve-on-plateau."""
    if isinstance(value, (tuple, list)):
        return ",".join(map(str, value)) or "none"
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value).replace(" ", "-")


def exact_text(value: Any) -> str:
    """Return a value as `value_text` does, but with all digits that tell it from any other."""
    text = value_text(value)
    return text if not isinstance(value, float) or float(text) == value else repr(value)


def text_of(name: str, given: Range) -> str:
    """Return a range as `parse` reads it."""
    if isinstance(given, Choices):
        return "|".join(exact_text(value) for value in given.values)
    steps = f":{given.steps}" if given.steps else ""
    return f"{given.scale}:{exact_text(given.low)}..{exact_text(given.high)}{steps}"
