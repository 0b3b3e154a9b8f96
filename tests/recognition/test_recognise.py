"""Each rule for a verdict, with and without a calibration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitpad.data.mnist import mnist
from digitpad.errors import DigitpadError
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.recognition.recognise import Verdict, reading_of, recognise

INK = np.ones((28, 28), np.float32)


def answering(outputs: list[float]) -> Model:
    """Return a model whose ten outputs are these, whatever it sees."""
    network = Network((784, 10), output_activation="relu")
    network.parameters[...] = 0
    network.biases[0][:] = outputs
    return Model(network)


def outputs(**values: float) -> list[float]:
    """Return ten activations: d3=0.9 stands for the digit 3's."""
    return [values.get(f"d{digit}", 0.0) for digit in range(10)]


@pytest.mark.parametrize(
    ("activations", "verdict"),
    [
        (outputs(d7=0.98), Verdict.SURE),
        (outputs(d7=0.5), Verdict.SURE),
        (outputs(d7=0.49), Verdict.UNKNOWN),
        (outputs(), Verdict.UNKNOWN),
        (outputs(d7=0.9, d1=0.69), Verdict.SURE),
        (outputs(d7=0.9, d1=0.71), Verdict.AMBIGUOUS),
        (outputs(d1=0.9, d7=0.9), Verdict.AMBIGUOUS),
        (outputs(d9=0.45, d4=0.4), Verdict.UNKNOWN),
    ],
)
def test_a_network_that_was_not_calibrated(activations: list[float], verdict: Verdict) -> None:
    reading = recognise(answering(activations), INK)
    assert reading.verdict is verdict
    assert reading.digit == int(np.argmax(activations))
    assert reading.activations.tolist() == np.array(activations, np.float32).tolist()
    assert reading.confidence == np.float32(max(activations))
    best = np.argsort(np.negative(activations), stable=True)[:2].tolist()
    expected = {Verdict.SURE: best[:1], Verdict.AMBIGUOUS: best}
    assert reading.candidates == tuple(expected.get(verdict, []))


@pytest.mark.parametrize(
    ("z", "verdict"),
    [
        ({7: 4.0}, Verdict.SURE),
        ({7: 0.5}, Verdict.SURE),
        # σ(0.3) = 0.574 is fainter than 0.6, though no other digit comes near.
        ({7: 0.3}, Verdict.UNKNOWN),
        ({7: -3.0, 1: -3.0}, Verdict.UNKNOWN),
        # e^3 / (e^-1.5 + e^3 + e^1.8) = 0.762, and 0.744 with 1.9 instead of 1.8.
        ({7: 3.0, 1: 1.8}, Verdict.SURE),
        ({7: 3.0, 1: 1.9}, Verdict.AMBIGUOUS),
        ({7: 3.0, 1: 2.9, 4: 2.9}, Verdict.UNKNOWN),
    ],
)
def test_a_network_that_was_calibrated(z: dict[int, float], verdict: Verdict) -> None:
    network = Network((784, 10))
    network.parameters[...] = 0
    network.biases[0][:] = [z.get(digit, -20.0) for digit in range(10)]
    metadata = {"recognition": {"temperature": 1.0, "min_activation": 0.6}}
    reading = recognise(Model(network, metadata), INK)
    assert reading.verdict is verdict
    best = max(z.values())
    whole = np.exp(-1.5) + np.exp(list(z.values())).sum()
    assert reading.confidence == pytest.approx(np.exp(best) / whole, abs=1e-5)


def test_an_empty_canvas_has_no_answer() -> None:
    reading = recognise(answering(outputs(d7=0.98)), np.zeros((28, 28)))
    assert reading.verdict is Verdict.EMPTY
    assert reading.candidates == ()


@given(values=st.lists(st.floats(0, 1, width=32), min_size=10, max_size=10))
def test_the_digit_is_the_first_of_the_most_active(values: list[float]) -> None:
    reading = recognise(answering(values), INK)
    assert reading.digit == int(np.argmax(np.array(values, np.float32)))
    assert reading.runner_up != reading.digit
    assert reading.sure == (reading.verdict is Verdict.SURE)


def test_images_may_be_flat_or_square() -> None:
    image = mnist().test.inputs()[0]
    model = Model(Network((784, 15, 10), seed=4))
    flat, square = recognise(model, image), recognise(model, image.reshape(28, 28))
    assert flat.activations.tolist() == square.activations.tolist()
    assert flat.activations.tolist() == model.network.feed_forward(image).tolist()


def test_images_in_double_precision_are_read_as_in_single() -> None:
    image = np.random.default_rng(0).random(784)
    model = Model(Network((784, 15, 10), seed=4))
    double, single = recognise(model, image), recognise(model, image.astype(np.float32))
    assert double.activations.dtype == np.float32
    assert double.activations.tolist() == single.activations.tolist()


def test_known_outputs_are_of_an_image_with_ink_unless_it_is_said_to_be_empty() -> None:
    activations = np.array(outputs(d7=0.98), np.float32)
    model = answering(outputs(d7=0.98))
    assert reading_of(model, activations, activations).verdict is Verdict.SURE
    assert reading_of(model, activations, activations, empty=True).verdict is Verdict.EMPTY


def test_outputs_that_are_nan_are_unknown() -> None:
    model = answering([float("nan")] * 10)
    reading = recognise(model, INK)
    assert reading.verdict is Verdict.UNKNOWN


def test_what_is_no_image_or_no_network_for_digits_is_refused() -> None:
    with pytest.raises(DigitpadError, match="784"):
        recognise(Model(Network((784, 10))), np.ones(30))
    with pytest.raises(DigitpadError, match="10 output"):
        recognise(Model(Network((784, 7))), INK)


def test_a_lead_of_exactly_a_fifth_is_enough() -> None:
    network = Network((784, 10), output_activation="relu", dtype=np.float64)
    network.parameters[...] = 0
    network.biases[0][[3, 8]] = 0.5, 0.3
    reading = recognise(Model(network), INK)
    assert reading.confidence - reading.activations[8] == 0.2
    assert reading.verdict is Verdict.SURE


@pytest.mark.parametrize("sign", [1, -1], ids=["overflow", "overflow to no number"])
def test_weights_of_any_size_are_read_without_a_warning(sign: int) -> None:
    network = Network((784, 2, 10), activation="relu", output_activation="relu")
    network.parameters[...] = 3e38
    network.weights[1][:, 0] *= sign
    with np.errstate(over="raise", invalid="raise"):
        reading = recognise(Model(network), INK)
    assert not np.isfinite(reading.activations).any()


def test_the_outputs_of_another_number_are_named() -> None:
    with pytest.raises(DigitpadError, match="needs 10 output neurons; this one has 7"):
        recognise(Model(Network((784, 12, 7))), INK)
