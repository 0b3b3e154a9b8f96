"""The state of a training survives a file, and a file that is none is refused."""

import io
import json
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitpad.data.dataset import Dataset
from digitpad.data.mnist import mnist
from digitpad.errors import DigitpadError
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.sgd import train
from digitpad.training.state import TrainingState

Arrays = dict[str, NDArray[Any]]

ADAM = Hyperparameters(
    hidden_layers=(6,), optimiser="adam", learning_rate=0.01, epochs=4, patience=3
)


@pytest.fixture(scope="module")
def few() -> tuple[Dataset, Dataset]:
    digits = mnist()
    return digits.train.take(slice(300)), digits.validation.take(slice(200))


@pytest.fixture
def state(few: tuple[Dataset, Dataset]) -> TrainingState:
    """A state in the middle of an epoch, after a change, with everything that it can hold."""
    state = TrainingState()
    training = train(ADAM.new_network(), few[0], ADAM, few[1], state=state, report_every=0)
    for _ in range(40):
        next(training)
    training.send(ADAM.replace(learning_rate=0.02))
    return state


def through_a_file(state: TrainingState) -> Arrays:
    file = io.BytesIO()
    np.savez(file, **state.to_arrays())  # type: ignore[arg-type]
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)


def with_values(state: TrainingState, **changes: object) -> Arrays:
    arrays = state.to_arrays()
    values = json.loads(str(arrays["values"])) | changes
    return arrays | {"values": np.array(json.dumps(values))}


def test_a_state_survives_a_file(state: TrainingState) -> None:
    state.unreported.clear()
    again = TrainingState.from_arrays(through_a_file(state))
    assert again.position == 11 * 10
    assert again.steps == 41
    assert again.hyperparameters == ADAM.replace(learning_rate=0.02)
    assert again.history[-1]["change"] == {"learning_rate": 0.02}
    for item in fields(TrainingState):
        np.testing.assert_array_equal(getattr(again, item.name), getattr(state, item.name))


def test_a_new_state_survives_a_file() -> None:
    assert TrainingState.from_arrays(through_a_file(TrainingState())) == TrainingState()


@pytest.mark.parametrize(
    "changes",
    [
        {"epoch": -1},
        {"epoch": "many"},
        {"epoch": 1.5},
        {"steps": 10**400},
        {"halvings": True},
        {"seconds": None},
        {"history": "long"},
        {"history": [1, 2]},
        {"position": 10, "chunk_start": 20},
        {"unknown": 1},
        {"hyperparameters": {"epochs": 0}},
        {"hyperparameters": 3},
    ],
)
def test_impossible_values_are_refused(state: TrainingState, changes: dict[str, Any]) -> None:
    with pytest.raises(DigitpadError, match=r"cannot be read .*: train anew"):
        TrainingState.from_arrays(with_values(state, **changes))


@pytest.mark.parametrize("values", ["", "{}", "[1]", "null", "{", '"text"', "[" * 100_000])
def test_what_is_no_state_is_refused(values: str) -> None:
    with pytest.raises(DigitpadError, match="cannot be read"):
        TrainingState.from_arrays({"values": np.array(values)})
    with pytest.raises(DigitpadError, match="cannot be read"):
        TrainingState.from_arrays({})


def test_arrays_that_are_no_numbers_are_refused(state: TrainingState) -> None:
    with pytest.raises(DigitpadError, match="velocity is not made of numbers"):
        TrainingState.from_arrays(state.to_arrays() | {"velocity": np.array(["fast"])})


def test_a_state_belongs_to_a_network_of_its_size(
    state: TrainingState, few: tuple[Dataset, Dataset]
) -> None:
    other = ADAM.replace(hidden_layers=(7,))
    with pytest.raises(DigitpadError, match="another network"):
        next(train(other.new_network(), few[0], other, few[1], state=state))


def test_other_hyperparameters_when_resuming_enter_the_history(
    state: TrainingState, few: tuple[Dataset, Dataset]
) -> None:
    before = len(state.history)
    other = ADAM.replace(epochs=9, seed=4)
    network = ADAM.new_network()
    progress = next(train(network, few[0], other, few[1], state=state, report_every=0))
    assert state.history[before] == {
        "change": {"learning_rate": 0.01, "epochs": 9, "seed": 4},
        "epoch": 2,
        "position": 110,
    }
    assert (progress.epoch, progress.batch) == (1, 1), "another seed begins the epoch again"


def test_another_optimiser_begins_without_momentum(
    state: TrainingState, few: tuple[Dataset, Dataset]
) -> None:
    other = ADAM.replace(optimiser="sgd", learning_rate=0.5)
    next(train(ADAM.new_network(), few[0], other, few[1], state=state, report_every=0))
    assert (state.velocity, state.squares, state.steps) == (None, None, 0)
    assert state.position == 120
