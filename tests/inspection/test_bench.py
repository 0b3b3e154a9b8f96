"""One neuron on the bench: outputs, slopes and small changes."""

import math

import numpy as np
import pytest

from digitpad.errors import DigitpadError
from digitpad.inspection import bench

SMOOTH = ("logistic", "tanh", "relu")


def test_a_neuron_adds_up_what_comes_in() -> None:
    neuron = bench.neuron([1.0, 0.5], [2.0, -4.0], 0.25)
    assert neuron.z == 0.25
    assert neuron.output("logistic") == pytest.approx(1 / (1 + math.exp(-0.25)))
    assert neuron.output("tanh") == pytest.approx(math.tanh(0.25))
    assert neuron.output("relu") == 0.25
    assert neuron.output("step") == 1


@pytest.mark.parametrize("function", SMOOTH)
@pytest.mark.parametrize("z", [-3.0, -0.4, 0.4, 3.0])
def test_slopes_are_those_measured(function: str, z: float) -> None:
    h = 1e-6
    above, below = bench.activation(function, z + h), bench.activation(function, z - h)
    assert float(bench.derivative(function, z)) == pytest.approx(
        float(above - below) / (2 * h), abs=1e-8
    )


def test_a_step_has_no_slope_and_relu_none_at_its_corner() -> None:
    np.testing.assert_array_equal(bench.derivative("step", [-1.0, 0.0, 1.0]), [0, np.nan, 0])
    np.testing.assert_array_equal(bench.derivative("relu", [-1.0, 0.0, 1.0]), [0, np.nan, 1])


def test_a_perceptron_stands_still_or_jumps() -> None:
    neuron = bench.neuron([1.0, 1.0], [0.5, -0.55], 0.0)
    still = bench.change(neuron, [0.01, 0.0], 0.0, "step")
    assert (still.true, still.expected) == (0, 0)
    jump = bench.change(neuron, [0.1, 0.0], 0.0, "step")
    assert (jump.true, jump.expected) == (1, 0)


@pytest.mark.parametrize("function", ["logistic", "tanh"])
def test_a_sigmoid_neuron_follows(function: str) -> None:
    """The error of the expected change shrinks with the square of the change."""
    neuron = bench.neuron([1.0, 0.3], [0.7, -0.2], 0.1)
    errors = []
    for size in (0.1, 0.01):
        change = bench.change(neuron, [size, -size], 2 * size, function)
        weight_slopes, bias_slope = neuron.slopes(function)
        by_hand = weight_slopes[0] * size - weight_slopes[1] * size + bias_slope * 2 * size
        assert change.expected == pytest.approx(by_hand)
        errors.append(abs(change.true - change.expected))
    assert 0 < errors[1] < errors[0] / 50


def test_hunger_decides_about_dinner() -> None:
    assert len(bench.Question) == len(bench.dinner().inputs)
    for hungry in (False, True):
        for others in ((False, False), (True, False), (True, True)):
            neuron = bench.dinner((hungry, *others))
            assert neuron.output("step") == float(hungry)


def test_each_input_needs_a_weight() -> None:
    with pytest.raises(DigitpadError, match="one weight for each input"):
        bench.neuron([1.0, 2.0], [1.0], 0.0)
