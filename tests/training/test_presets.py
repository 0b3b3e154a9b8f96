"""Presets are found by every name that they have had, and listed under headings."""

from __future__ import annotations

from itertools import groupby

import pytest

from digitpad.training.presets import PRESETS, find_preset


@pytest.mark.parametrize(
    ("name", "found"),
    [
        *((name, name) for name in PRESETS),
        ("too-fast", "too fast"),
        ("too-deep", "too deep"),
        ("text", "basic"),
    ],
)
def test_a_preset_is_found_by_its_names(name: str, found: str) -> None:
    assert find_preset(name) is PRESETS[found]


@pytest.mark.parametrize("name", ["", "Basic", "nielsen 1", "best", "Start here"])
def test_other_names_find_nothing(name: str) -> None:
    assert find_preset(name) is None


def test_each_heading_comes_once_and_basic_first() -> None:
    headings = [heading for heading, _ in groupby(each.heading for each in PRESETS.values())]
    assert headings == ["Start here", "Better networks", "What can go wrong"]
    assert next(iter(PRESETS)) == "basic"
