"""Hyperparameters check themselves and explain themselves."""

import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitpad.errors import DigitpadError
from digitpad.training.hyperparameters import FIELDS, Hyperparameters, check_value
from digitpad.training.presets import PRESETS


def test_every_field_is_explained_and_no_other() -> None:
    assert list(FIELDS) == [field.name for field in fields(Hyperparameters)]
    for name, field in FIELDS.items():
        assert len(field.explanation) > 30, name
        assert field.valid


def test_the_defaults_are_the_texts() -> None:
    h = Hyperparameters()
    assert h.sizes == (784, 16, 16, 10)
    assert (h.activation, h.output_activation, h.cost) == ("logistic", "logistic", "quadratic")
    assert not h.distorts


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", 0),
        ("learning_rate", -1),
        ("learning_rate", float("nan")),
        ("learning_rate", "fast"),
        ("mini_batch_size", 0),
        ("mini_batch_size", 1.5),
        ("epochs", True),
        ("hidden_layers", (0,)),
        ("hidden_layers", (16,) * 21),
        ("hidden_layers", "16"),
        ("hidden_layers", 16),
        ("dropout", 1.0),
        ("momentum", 1),
        ("schedule", "linear"),
        ("seed", -1),
        ("seed", None),
    ],
)
def test_nonsense_is_refused_with_the_field_the_value_and_the_range(name: str, value: Any) -> None:
    with pytest.raises(DigitpadError) as refusal:
        Hyperparameters(**{name: value})
    for part in (name, FIELDS[name].label, repr(value), FIELDS[name].valid):
        assert part in str(refusal.value)
    with pytest.raises(DigitpadError):
        check_value(name, value)


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if not field.choices])
def test_the_bounds_that_a_refusal_names_can_be_typed(name: str) -> None:
    field = FIELDS[name]
    several = field.kind is tuple
    with pytest.raises(DigitpadError) as refusal:
        check_value(name, ("no",) if several else "no")
    between = r"of (\S+) to (\S+) neurons" if several else r"use (\S+) to ([\d.,]*\d)"
    found = re.search(between, str(refusal.value))
    assert found is not None
    for bound, typed in zip((field.minimum, field.maximum), found.groups(), strict=True):
        words = tuple(typed.split(",")) if several else typed  # commas are between layers
        assert check_value(name, words) == ((bound,) if several else bound)


@pytest.mark.parametrize("text", ["1,0", "10,00", "1,0000", ",100", "1,000,0", "1,,000"])
def test_marks_stand_between_thousands_only(text: str) -> None:
    with pytest.raises(DigitpadError):
        check_value("mini_batch_size", text)


def test_numbers_take_their_field_s_type() -> None:
    given: dict[str, Any] = {"hidden_layers": [30.0], "learning_rate": 3, "epochs": 2.0}
    h = Hyperparameters(**given)
    assert h.hidden_layers == (30,)
    assert isinstance(h.learning_rate, float)
    assert isinstance(h.epochs, int)


def test_what_cannot_be_trained_or_combined_is_refused() -> None:
    with pytest.raises(DigitpadError, match="derivative is 0"):
        Hyperparameters(activation="step")
    with pytest.raises(DigitpadError, match="between 0 and 1"):
        Hyperparameters(output_activation="tanh", cost="cross-entropy")


@given(
    learning_rate=st.floats(1e-6, 1000),
    hidden_layers=st.lists(st.integers(1, 5000), max_size=20),
    seed=st.integers(0, 2**31 - 1),
)
def test_dictionaries_round_trip(learning_rate: float, hidden_layers: list[int], seed: int) -> None:
    h = Hyperparameters(learning_rate=learning_rate, hidden_layers=tuple(hidden_layers), seed=seed)
    assert Hyperparameters.from_dict(h.to_dict()) == h


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(DigitpadError, match="learnrate"):
        Hyperparameters.from_dict({"learnrate": 1})


def test_changes() -> None:
    h = Hyperparameters()
    assert h.replace(learning_rate=1.0, momentum=0.5).changes_from(h) == {
        "learning_rate": 1.0,
        "momentum": 0.5,
    }


def test_presets_make_networks() -> None:
    assert {"basic", "nielsen-1", "nielsen-3", "quick", "shipped"} <= set(PRESETS)
    for name, preset in PRESETS.items():
        assert preset.name == name
        assert preset.sentence.endswith(".")
        network = preset.hyperparameters.new_network()
        assert network.sizes == preset.hyperparameters.sizes
    assert PRESETS["basic"].hyperparameters.sizes == (784, 16, 16, 10)
    assert PRESETS["nielsen-1"].hyperparameters.sizes == (784, 30, 10)
