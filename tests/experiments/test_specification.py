"""What a sweep is to try is checked whole before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from digitpad.errors import DigitpadError
from digitpad.experiments import specification
from digitpad.experiments.points import Points
from digitpad.experiments.specification import Strategy, from_dict

RATES = {"learning-rate": "log:0.01..10"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Nothing varies"),
        ({"set": {"epochs": 3}}, "Nothing varies"),
        ({"set": RATES}, "needs a budget: set runs"),
        ({"set": RATES, "rums": 3}, "no setting “rums”: did you mean “runs”?"),
        ({"set": RATES, "runs": 9, "epochs": 3}, "“epochs”: put it below [set]"),
        ({"set": RATES, "runs": 0.5}, "runs cannot be 0.5: use 0 to 10,000"),
        ({"set": RATES, "runs": True}, "runs cannot be True"),
        ({"set": RATES, "runs": 2, "seeds": 3}, "runs: 2 are not enough to train one point"),
        ({"set": RATES, "minutes": -1}, "minutes cannot be -1"),
        ({"set": RATES, "minutes": float("nan")}, "minutes cannot be nan"),
        ({"set": RATES, "runs": 9, "strategy": "best"}, "choose grid, random, halving"),
        ({"set": RATES, "runs": 9, "strategy": 3}, "strategy cannot be 3: write a text"),
        ({"set": RATES, "runs": 9, "preset": "x"}, "preset: there is none named “x”: choose basic"),
        ({"set": RATES, "strategy": "grid"}, "a grid needs to know how many values"),
        ({"set": {"learning-rate": "log:1..2:99"}, "strategy": "grid", "runs": 9}, "has 99 runs"),
        ({"set": {"seed": "1|2"}, "runs": 9}, "seed: give one seed to begin with"),
        (
            {"set": {"output-activation": "softmax|relu", "cost": "cross-entropy"}, "runs": 9},
            "relu",
        ),
        ({"set": {"epochs": "3|9"}, "strategy": "halving", "runs": 9}, "epochs: with the strategy"),
        (
            {"set": RATES | {"epochs": 3}, "strategy": "halving", "runs": 9, "first-epochs": 3},
            "first-epochs: 3 is not less than the 3 epochs",
        ),
        ({"set": 3, "runs": 9}, "[set] is a table"),
    ],
)
def test_what_is_refused_names_the_field_and_the_remedy(values: dict[str, Any], words: str) -> None:
    with pytest.raises(DigitpadError) as refused:
        from_dict(values)
    assert words in str(refused.value)


def test_toml_and_settings_say_the_same(tmp_path: Path) -> None:
    file = tmp_path / "eta.toml"
    file.write_text(
        'strategy = "grid"\nseeds = 2\npreset = "nielsen-1"\n[set]\nlearning_rate = [1, 3]\n'
        "hidden-layers = [[16, 16], [30]]\nepochs = 2\n"
    )
    read = from_dict(specification.read_toml(file))
    settings = ["learning-rate=1|3", "hidden-layers=16,16|30", "epochs=2"]
    basis = {"strategy": "grid", "seeds": 2, "preset": "nielsen-1"}
    assert from_dict(specification.with_settings(basis, settings)) == read
    assert from_dict(read.to_dict()) == read
    changed = specification.with_settings(specification.read_toml(file), ["learning-rate=7"])
    assert [h.learning_rate for h in Points(from_dict(changed))] == [7.0, 7.0]
    for bad in ("learning-rate", "=3", "epochs="):
        with pytest.raises(DigitpadError, match="sets nothing"):
            specification.with_settings({}, [bad])


@pytest.mark.parametrize("content", [b"x = ", b"\xff", b"[" * 5000])
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(DigitpadError, match=r"bad\.toml"):
        specification.read_toml(file)


def test_a_grid_has_every_combination_once() -> None:
    of = from_dict({"strategy": "grid", "set": {"learning-rate": "1|3", "epochs": "2|4", "l2": 1}})
    assert of.varied == ("learning_rate", "epochs")
    assert [(h.learning_rate, h.epochs, h.l2) for h in Points(of)] == [
        (1, 2, 1),
        (1, 4, 1),
        (3, 2, 1),
        (3, 4, 1),
    ]
    assert of.epochs == 4


def test_random_points_do_not_depend_on_the_budget() -> None:
    few = Points(from_dict({"set": RATES, "runs": 10, "seeds": 2}))
    many = Points(from_dict({"set": RATES, "minutes": 1}))
    assert few.count() == 5
    assert list(few) == [many[index] for index in range(5)]
    other = Points(from_dict({"set": RATES, "runs": 10, "draw-seed": 1}))
    assert other[0] != few[0]
    with pytest.raises(IndexError):
        few[5]


def test_random_points_are_all_different_even_if_that_makes_them_fewer() -> None:
    points = Points(from_dict({"set": {"learning-rate": "1|2|3"}, "runs": 50}))
    assert sorted(h.learning_rate for h in points) == [1, 2, 3]


def test_only_name_and_budget_change_with_a_budget() -> None:
    one = from_dict({"set": RATES, "runs": 10})
    other = from_dict({"set": {"l2": "0|1"}, "minutes": 2, "name": "b", "strategy": "halving"})
    mixed = one.with_budget_of(other)
    assert (mixed.runs, mixed.minutes, mixed.name) == (0, 2, "b")
    assert (mixed.ranges, mixed.strategy) == (one.ranges, Strategy.RANDOM)
