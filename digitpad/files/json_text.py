"""Parse JSON that may come from anywhere into values that are safe to use and to write again."""

from __future__ import annotations

import json
import math
from typing import Any

from digitpad.files import limits


class BadJson(Exception):
    """The text is not usable JSON; the message completes “… because it …”."""


def loads(text: str | bytes, *, finite: bool = True) -> Any:
    """Parse JSON; `check` its values before they are kept.

    Parameters
    ----------
    text : str, or bytes in UTF-8
    finite : bool
        Whether NaN and Infinity, which Python writes though they are not JSON, are refused.

    Raises
    ------
    BadJson
        If it is not JSON or holds NaN or Infinity.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8", "surrogatepass")
        return (_FINITE if finite else _ANY).decode(text)
    except (ValueError, RecursionError):  # also of text that is not UTF-8, and of huge integers
        raise BadJson("is not JSON") from None


def check(value: Any, *, finite: bool = True, max_values: int = limits.MAX_JSON_VALUES) -> int:
    """Check the values of parsed JSON against `limits`, and return how many there are.

    Raises
    ------
    BadJson
        If there are too many, or they are nested too deeply, or hold a number that is not finite,
        an integer of 64 bits or more, or an object with too many keys.
    """
    level = [value]
    count = 1
    for _ in range(limits.MAX_JSON_DEPTH):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                if len(item) > limits.MAX_JSON_KEYS:
                    raise BadJson(f"has an object with more than {limits.MAX_JSON_KEYS:,} keys")
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
            elif finite and isinstance(item, float) and not math.isfinite(item):
                raise BadJson("has a number that is infinitely large")
            elif isinstance(item, int) and abs(item) >= limits.MAX_INTEGER:
                raise BadJson("has an integer that is too large")
        if not inner:
            return count
        count += len(inner)
        if count > max_values:
            raise BadJson(f"has more than {max_values:,} values")
        level = inner
    raise BadJson("has lists or objects nested too deeply")


def _refuse_constant(name: str) -> Any:
    raise BadJson(f"has the number {name}, but numbers must be finite")


# `json.loads` would make one for every text.
_FINITE = json.JSONDecoder(parse_constant=_refuse_constant)
_ANY = json.JSONDecoder()
