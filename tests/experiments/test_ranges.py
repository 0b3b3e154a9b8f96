"""What may stand in place of one value, and what is refused, with which words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from digitpad.errors import DigitpadError
from digitpad.experiments import ranges
from digitpad.experiments.ranges import Choices, Span


@pytest.mark.parametrize(
    ("name", "given", "meant"),
    [
        ("learning_rate", "3", Choices((3.0,))),
        ("learning_rate", 3, Choices((3.0,))),
        ("learning_rate", "1 | 3|10", Choices((1.0, 3.0, 10.0))),
        ("learning_rate", [1, 3.5], Choices((1.0, 3.5))),
        ("learning_rate", "log:0.01..10", Span(0.01, 10.0, "log")),
        ("learning_rate", "log: 0.01 .. 1e1 : 7", Span(0.01, 10.0, "log", 7)),
        ("momentum", "lin:0..0.9", Span(0.0, 0.9, "lin")),
        ("mini_batch_size", "int:10..100:4", Span(10.0, 100.0, "int", 4)),
        ("mini_batch_size", "int:10..10,000:1,000", Span(10.0, 10_000.0, "int", 1000)),
        ("training_images", "1,000|10,000,000", Choices((1000, 10_000_000))),
        ("hidden_layers", "16,16|30|none|30", Choices(((16, 16), (30,), ()))),
        ("hidden_layers", [16, 16], Choices(((16, 16),))),
        ("hidden_layers", [[16, 16], [30]], Choices(((16, 16), (30,)))),
        ("hidden_layers", ["16,16", "30"], Choices(((16, 16), (30,)))),
        ("hidden_layers", 30, None),
        ("hidden_layers", "log:1..100:5", Span(1.0, 100.0, "log", 5)),
        ("schedule", "cosine|halve-on-plateau", Choices(("cosine", "halve on plateau"))),
    ],
)
def test_what_is_understood(name: str, given: Any, meant: Any) -> None:
    if meant is None:
        with pytest.raises(DigitpadError, match="Hidden layers"):
            ranges.parse(name, given)
        return
    found = ranges.parse(name, given)
    assert found == meant
    assert ranges.parse(name, ranges.text_of(name, found)) == found, "written and read again"


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("learning_rate", "fast", "Learning rate η (learning_rate) cannot be 'fast': use 0.000001"),
        ("learning_rate", "", "cannot be ''"),
        ("learning_rate", True, "cannot be True"),
        ("learning_rate", [], "learning-rate: the list is empty"),
        ("learning_rate", "log:0.01", "learning-rate: “log:0.01” lacks its two ends"),
        ("learning_rate", "log:10..0.01", "learning-rate: “log:10..0.01” does not rise"),
        ("learning_rate", "lin:1..1", "does not rise"),
        ("learning_rate", "lin:1..9999", "cannot be '9999': use 0.000001 to 1,000"),
        ("learning_rate", "lin:1..nan", "cannot be 'nan'"),
        ("learning_rate", "lin:1..10:1", "asks for “1” values: ask for 2 to 1,000"),
        ("learning_rate", "lin:1..10:many", "asks for “many” values"),
        ("learning_rate", "int:0.5..3", "not whole: write lin:"),
        ("l2", "log:0..5", "l2: “log:0..5” cannot begin at 0"),
        ("epochs", "lin:1.5..3", "Epochs (epochs) cannot be '1.5'"),
        ("cost", "lin:1..2", "cost: “lin:1..2” is a range of numbers, but its values are names"),
        ("cost", "quadratic|cubic", "cannot be 'cubic': use quadratic, cross-entropy"),
        ("hidden_layers", "16,x", "cannot be ['16', 'x']"),
    ],
)
def test_what_is_refused_names_the_field_and_the_remedy(name: str, given: Any, words: str) -> None:
    with pytest.raises(DigitpadError) as refused:
        ranges.parse(name, given)
    assert words in str(refused.value)


def test_names_may_be_misspelt_only_so_far() -> None:
    assert ranges.field_name(" learning-rate ") == "learning_rate"
    with pytest.raises(DigitpadError, match="did you mean “learning-rate”"):
        ranges.field_name("learnin-rate")
    with pytest.raises(DigitpadError, match="there are hidden-layers, activation"):
        ranges.field_name("xyzzy")


def test_a_grid_takes_both_ends_and_spreads_the_others() -> None:
    rates = ranges.grid_values("learning_rate", ranges.parse("learning_rate", "log:0.01..10:4"))
    assert rates == (0.01, 0.1, 1.0, 10.0)
    sizes = ranges.grid_values("hidden_layers", ranges.parse("hidden_layers", "log:1..8:20"))
    assert sizes == ((1,), (2,), (3,), (4,), (5,), (6,), (7,), (8,)), "whole, and each once"
    with pytest.raises(DigitpadError, match="learning-rate: a grid needs to know how many"):
        ranges.grid_values("learning_rate", ranges.parse("learning_rate", "log:0.01..10"))


def test_drawn_values_fill_their_range() -> None:
    generator = np.random.default_rng(0)
    span = ranges.parse("learning_rate", "log:0.01..10")
    drawn = np.array([ranges.draw("learning_rate", span, generator) for _ in range(3000)])
    assert drawn.min() >= 0.01
    assert drawn.max() <= 10
    counts = np.histogram(np.log10(drawn), [-2, -1, 0, 1])[0]
    assert (abs(counts - 1000) < 120).all(), "as many in each order of magnitude"
    whole = ranges.parse("mini_batch_size", "int:3..5")
    assert {ranges.draw("mini_batch_size", whole, generator) for _ in range(200)} == {3, 4, 5}
    stepped = ranges.parse("momentum", "lin:0..1e-1:3")
    assert {ranges.draw("momentum", stepped, generator) for _ in range(99)} == {0.0, 0.05, 0.1}
