"""The state of a training survives a file, and a file that is none is refused."""

import io
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitpad.data.dataset import Dataset
from digitpad.data.mnist import mnist
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
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
    ("changes", "why"),
    [
        ({"epoch": -1}, "epoch is -1"),
        ({"epoch": "many"}, "epoch is 'many'"),
        ({"epoch": 1.5}, "epoch is 1.5"),
        ({"epoch": 2**53}, "epoch is 9007199254740992"),
        ({"steps": 10**400}, "too large"),
        ({"halvings": True}, "halvings is True"),
        ({"seconds": None}, "seconds is None"),
        ({"seconds": False}, "seconds is False"),
        ({"history": "long"}, "history is 'long'"),
        ({"history": {}}, "history is {}"),
        ({"history": [{}, 2]}, "no list of entries"),
        ({"position": 10, "chunk_start": 20}, "place in the epoch"),
        ({"unknown": 1}, "unknown"),
        ({"hyperparameters": {"epochs": 0}}, "epochs"),
        ({"hyperparameters": 3}, "cannot be read"),
    ],
)
def test_impossible_values_are_refused(
    state: TrainingState, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(DigitpadError, match=r"cannot be read .*: train anew") as error:
        TrainingState.from_arrays(with_values(state, **changes))
    assert why in str(error.value)


def test_the_largest_possible_values_are_read(state: TrainingState) -> None:
    values = {"epoch": 2**53 - 1, "position": 20, "chunk_start": 20, "seconds": 7}
    again = TrainingState.from_arrays(with_values(state, **values))
    assert {name: getattr(again, name) for name in values} == values


def test_arrays_of_any_precision_are_read_as_float32(state: TrainingState) -> None:
    assert state.velocity is not None
    arrays = state.to_arrays() | {"velocity": state.velocity.astype(np.float64)}
    again = TrainingState.from_arrays(arrays)
    assert again.velocity is not None
    assert again.velocity.dtype == np.float32


def test_costs_that_no_report_has_held_are_not_saved(state: TrainingState) -> None:
    state.unreported.append(0.5)
    assert "unreported" not in json.loads(str(state.to_arrays()["values"]))


def test_a_model_file_without_a_state_has_none(tmp_path: Path) -> None:
    model_file.save(tmp_path / "m.npz", Model(ADAM.new_network()))
    assert TrainingState.load(tmp_path / "m.npz") is None


def test_a_model_file_keeps_the_state_of_its_training(tmp_path: Path) -> None:
    state = TrainingState(epoch=3, last_cost=0.25, velocity=np.arange(5, dtype=np.float32))
    model_file.save(tmp_path / "m.npz", Model(ADAM.new_network()), state.to_arrays())
    again = TrainingState.load(tmp_path / "m.npz")
    assert again is not None
    assert (again.epoch, again.last_cost) == (3, 0.25)
    assert again.velocity is not None
    assert again.velocity.tolist() == [0, 1, 2, 3, 4]


def ends(state: TrainingState, *reports: tuple[float, float | None]) -> list[float]:
    """End an epoch for each cost and validation accuracy; return what each gained."""
    network = ADAM.new_network()
    gains = []
    for cost, accuracy in reports:
        network.parameters += 1
        state.epoch_seconds, state.epoch_cost, state.epoch_correct = 3.0, 4.0, 5
        state.position, state.chunk_start = 300, 200
        report = {"cost": cost, "validation_accuracy": accuracy}
        gains.append(state.end_epoch(report, network))
        assert state.history[-1] == report
        assert (state.epoch_seconds, state.epoch_cost, state.epoch_correct) == (0, 0, 0)
        assert (state.position, state.chunk_start) == (0, 0)
    return gains


def test_an_epoch_s_gain_is_the_fraction_by_which_its_cost_fell() -> None:
    state = TrainingState(hyperparameters=ADAM)
    gains = ends(state, (0.5, 0.9), (0.25, 0.9), (0.3, 0.9), (0.0, 0.9), (0.5, 0.9))
    np.testing.assert_allclose(gains, [1, 0.5, -0.2, 1, 0.5])
    assert state.epoch == 5


def test_the_best_epoch_is_the_first_of_the_highest_accuracy() -> None:
    state = TrainingState(hyperparameters=ADAM, halvings=2)
    first = ADAM.new_network().parameters
    ends(state, (0.5, 0.9))
    assert (state.best_accuracy, state.epochs_without_better) == (0.9, 0)
    state.halvings = 4
    ends(state, (0.1, 0.9), (0.1, 0.8))
    assert (state.best_accuracy, state.epochs_without_better) == (0.9, 2)
    assert state.halvings_at_best == 2
    assert state.best_parameters is not None
    np.testing.assert_array_equal(state.best_parameters, first + 1)
    ends(state, (0.1, 0.95))
    assert (state.best_accuracy, state.epochs_without_better) == (0.95, 0)
    assert state.halvings_at_best == 4
    impatient = TrainingState(hyperparameters=ADAM.replace(patience=0))
    ends(impatient, (0.5, 0.9))
    assert impatient.best_parameters is None


def test_without_validation_images_the_lowest_cost_is_the_best() -> None:
    state = TrainingState(hyperparameters=ADAM.replace(patience=0))
    ends(state, (0.5, None), (0.4, None), (0.4, None), (0.6, None))
    assert (state.best_accuracy, state.epochs_without_better) == (-0.4, 2)


@pytest.mark.parametrize(
    ("done", "planned", "chosen", "expected"),
    [
        (3, 10, 20, 20),
        (3, 10, 4, 4),
        (3, 10, 3, 10),
        (3, 3, 3, 6),
        (3, None, 2, 5),
        (0, None, 1, 1),
    ],
)
def test_a_continued_training_ends_later_than_it_is(
    done: int, planned: int | None, chosen: int, expected: int
) -> None:
    h = None if planned is None else ADAM.replace(epochs=planned)
    state = TrainingState(epoch=done, hyperparameters=h)
    assert state.epochs_to_reach(ADAM.replace(epochs=chosen)) == expected


@pytest.mark.parametrize("values", ["", "{}", "[1]", "null", "{", '"text"', "[" * 100_000])
def test_what_is_no_state_is_refused(values: str) -> None:
    with pytest.raises(DigitpadError, match="cannot be read"):
        TrainingState.from_arrays({"values": np.array(values)})
    with pytest.raises(DigitpadError, match="cannot be read"):
        TrainingState.from_arrays({})


@pytest.mark.parametrize(
    ("velocity", "why"),
    [
        (np.array(["fast"]), "velocity is not made of numbers"),
        (np.ones((3, 2)), "velocity is not a vector"),
        (np.array([0.0, np.nan]), "velocity holds values that are not finite"),
        # Larger than a number of single precision can be.
        (np.array([0.0, 1e300]), "velocity holds values that are not finite"),
    ],
    ids=["texts", "matrix", "nan", "large"],
)
def test_arrays_that_are_no_vectors_of_numbers_are_refused(
    velocity: NDArray[Any], why: str
) -> None:
    with pytest.raises(DigitpadError, match=why):
        TrainingState.from_arrays(TrainingState().to_arrays() | {"velocity": velocity})


def test_what_is_missing_is_named() -> None:
    with pytest.raises(DigitpadError, match="it has no values"):
        TrainingState.from_arrays({})


def test_what_cannot_change_while_training_is_named() -> None:
    state = TrainingState(hyperparameters=ADAM)
    with pytest.raises(DigitpadError, match=r"\(hidden_layers\) cannot change"):
        state.change(ADAM.replace(hidden_layers=(7,)))
    assert state.hyperparameters == ADAM
    assert not state.history


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


@pytest.mark.parametrize("changes", [{"seed": 4}, {"training_images": 200}])
def test_other_images_or_another_order_begin_the_epoch_again(
    state: TrainingState, few: tuple[Dataset, Dataset], changes: dict[str, Any]
) -> None:
    other = ADAM.replace(learning_rate=0.02, **changes)
    network = ADAM.new_network()
    progress = next(train(network, few[0], other, few[1], state=state, report_every=0))
    assert (progress.batch, state.position, state.chunk_start) == (1, 10, 0)


def test_another_optimiser_begins_without_momentum(
    state: TrainingState, few: tuple[Dataset, Dataset]
) -> None:
    other = ADAM.replace(optimiser="sgd", learning_rate=0.5)
    next(train(ADAM.new_network(), few[0], other, few[1], state=state, report_every=0))
    assert (state.velocity, state.squares, state.steps) == (None, None, 0)
    assert state.position == 120
