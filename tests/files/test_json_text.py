"""JSON from anywhere: what is parsed can be used, and written again."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitpad.files.json_text import BadJson, check, loads

values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def parse(text: str | bytes, *, finite: bool = True) -> object:
    value = loads(text, finite=finite)
    check(value, finite=finite)
    return value


@given(values)
def test_ordinary_values_come_back(value: object) -> None:
    text = json.dumps(value)
    assert parse(text) == parse(text.encode()) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        (b"\xff\xfe{", "is not JSON"),
        ("9" * 5000, "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[NaN]", "the number NaN"),
        ('{"a": -Infinity}', "the number -Infinity"),
        ("[1e400]", "infinitely large"),
        ("[9223372036854775808]", "too large"),
        ("[" * 33 + "]" * 33, "nested too deeply"),
        (json.dumps(dict.fromkeys(map(str, range(1001)))), "more than 1,000 keys"),
    ],
)
def test_what_would_break_later_is_refused(text: str | bytes, message: str) -> None:
    with pytest.raises(BadJson, match=message):
        parse(text)


def test_the_limits_themselves_are_allowed() -> None:
    assert parse("[" * 32 + "]" * 32)
    assert parse("[9223372036854775807, -9223372036854775807]")


def test_what_is_not_finite_can_be_allowed() -> None:
    assert str(parse("[NaN, -Infinity, 1e999]", finite=False)) == "[nan, -inf, inf]"
