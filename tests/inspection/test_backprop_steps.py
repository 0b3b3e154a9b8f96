"""One training step opened: against `backpropagate`, finite differences and its own arithmetic."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitpad.errors import DigitpadError
from digitpad.inspection.backprop_equations import StageKind
from digitpad.inspection.backprop_steps import Arithmetic, TrainingStep, open_step
from digitpad.nn.network import Network, one_hot
from tests.combinations import EVERY_COMBINATION, small

Array = NDArray[np.floating[Any]]

DEEP = [(a, pair, depth) for a, pair, depth in EVERY_COMBINATION if depth in (0, 2)]
combinations = pytest.mark.parametrize(("activation", "pair", "depth"), DEEP)
sizes = pytest.mark.parametrize("m", [1, 5])


def a_step(activation: str, pair: tuple[str, str], depth: int, m: int) -> TrainingStep:
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(m, 7)), one_hot(generator.integers(0, 4, m), 4)
    return open_step(small(activation, pair[1], pair[0], depth), x, y, 0.3)


@combinations
@sizes
def test_gradients_are_those_of_backpropagation(
    activation: str, pair: tuple[str, str], depth: int, m: int
) -> None:
    step = a_step(activation, pair, depth, m)
    weights, biases = step.original.backpropagate(step.x, step.y)
    for mine, theirs in zip(step.weight_gradients, weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-15)
    for mine, theirs in zip(step.bias_gradients, biases, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-15)
    assert step.cost == pytest.approx(step.original.total_cost(step.x, step.y), rel=1e-12)


@combinations
def test_errors_are_slopes_of_the_cost(activation: str, pair: tuple[str, str], depth: int) -> None:
    """δ^l_j = ∂C/∂z^l_j, measured by moving the neuron's bias."""
    step = a_step(activation, pair, depth, 1)
    network, h = step.network, 1e-6
    for layer, deltas in enumerate(step.deltas):
        for neuron, delta in enumerate(deltas[0]):
            costs = []
            for sign in (1, -1):
                moved = network.copy()
                moved.biases[layer][neuron] += sign * h
                costs.append(moved.total_cost(step.x, step.y))
            assert (costs[0] - costs[1]) / (2 * h) == pytest.approx(delta, rel=1e-5, abs=1e-8)


def result_is(arithmetic: Arithmetic, expected: float) -> None:
    """Recompute a number by hand: multiply the factors, add up the products."""
    total = 0.0
    for term in arithmetic.terms:
        value = 1.0
        for factor in term.factors:
            value *= factor.value
        assert term.value == value
        total += value
    for factor in arithmetic.factors:
        total *= factor.value
    assert total == pytest.approx(expected, rel=1e-12, abs=1e-14)
    assert arithmetic.result == pytest.approx(total, rel=1e-12, abs=1e-14)


@combinations
@sizes
def test_every_number_can_be_recomputed_by_hand(
    activation: str, pair: tuple[str, str], depth: int, m: int
) -> None:
    step = a_step(activation, pair, depth, m)
    sample = m - 1
    for layer in range(1, depth + 2):
        for neuron in range(step.network.sizes[layer]):
            result_is(step.weighted_input(layer, neuron, sample), step.z[layer - 1][sample, neuron])
            result_is(step.error(layer, neuron, sample), step.deltas[layer - 1][sample, neuron])
            result_is(step.bias_gradient(layer, neuron), step.bias_gradients[layer - 1][neuron])
    last = depth + 1
    for neuron, source in product(range(4), range(step.network.sizes[-2])):
        gradient = step.weight_gradients[-1][neuron, source]
        result_is(step.weight_gradient(last, neuron, source), gradient)
        after = step.apply().network.weights[-1][neuron, source]
        result_is(step.new_weight(last, neuron, source), after)
        result_is(step.new_bias(last, neuron), step.apply().network.biases[-1][neuron])
    result_is(step.sample_cost(sample), step.output_costs[sample].sum())
    terms = step.sample_cost(sample).terms
    for term, a, y in zip(terms, step.a[-1][sample], step.y[sample], strict=True):
        assert [each.value for each in term.details] == [a, y][: len(term.details)] != []
    assert step.output_costs.sum() / m == pytest.approx(
        step.network.total_cost(step.x, step.y), rel=1e-12
    )


def test_the_arithmetic_says_what_its_numbers_are() -> None:
    step = a_step("logistic", ("quadratic", "logistic"), 2, 1)
    error = step.error(1, 3)
    assert error.symbol == "δ¹"
    assert [factor.symbol for factor in error.terms[0].factors] == ["w²", "δ²"]
    assert error.multiplier == "σ′(z¹)"
    assert [factor.symbol for factor in error.factors] == ["a", "1 − a"]
    assert [term.index for term in error.terms] == list(range(5))


def test_stages_come_in_the_order_of_the_text() -> None:
    step = a_step("logistic", ("quadratic", "logistic"), 2, 1)
    assert [(stage.kind, stage.layer) for stage in step.stages] == [
        (StageKind.INPUT, 0),
        (StageKind.FORWARD, 1),
        (StageKind.FORWARD, 2),
        (StageKind.FORWARD, 3),
        (StageKind.COST, 3),
        (StageKind.OUTPUT_ERROR, 3),
        (StageKind.HIDDEN_ERROR, 2),
        (StageKind.HIDDEN_ERROR, 1),
        (StageKind.GRADIENTS, 0),
        (StageKind.UPDATE, 0),
    ]
    names = [equation.name for stage in step.stages for equation in stage.equations]
    assert [name for name in names if name] == ["BP1", "BP2", "BP2", "BP3", "BP4"]
    # Nielsen's numbers: BP3 is the gradient of the biases, BP4 that of the weights.
    begins = {
        equation.name: equation.latex.split("=")[0].strip()
        for stage in step.stages
        for equation in stage.equations
    }
    assert begins["BP1"] == r"\delta^{3}"
    assert begins["BP2"] == r"\delta^{1}"
    assert begins["BP3"] == r"\frac{\partial C}{\partial b^{l}}"
    assert begins["BP4"] == r"\frac{\partial C}{\partial W^{l}}"


@combinations
@sizes
def test_symbols_are_part_of_their_equation(
    activation: str, pair: tuple[str, str], depth: int, m: int
) -> None:
    step = a_step(activation, pair, depth, m)
    for stage in step.stages:
        for equation in stage.equations:
            for symbol in equation.symbols:
                assert symbol in equation.latex
    hidden = step.stages[1].equations[0].symbols
    np.testing.assert_array_equal(hidden["W^{1}"], step.network.weights[0])
    np.testing.assert_allclose(
        hidden["z^{1}"], hidden["a^{0}"] @ hidden["W^{1}"].T + hidden["b^{1}"], rtol=1e-12
    )


@combinations
@sizes
def test_a_small_step_changes_the_cost_as_expected(
    activation: str, pair: tuple[str, str], depth: int, m: int
) -> None:
    """The error of the first-order expectation shrinks with the square of η."""
    step = a_step(activation, pair, depth, m)
    small_step = open_step(step.original, step.x, step.y, 1e-6)
    applied = small_step.apply()
    assert applied.expected_change <= 0
    assert applied.change == pytest.approx(applied.expected_change, rel=1e-3, abs=1e-12)


def test_applying_leaves_the_network_alone_and_keeps_float32() -> None:
    network = Network((784, 16, 16, 10))
    before = network.parameters.copy()
    image = np.random.default_rng(1).random(784, dtype=np.float32)
    step = open_step(network, image, one_hot(3), 0.5)
    applied = step.apply()
    np.testing.assert_array_equal(network.parameters, before)
    assert applied.network.parameters.dtype == np.float32
    assert step.z[0].dtype == np.float64
    weights, biases = network.backpropagate(image, one_hot(3))
    np.testing.assert_allclose(
        applied.network.weights[0], network.weights[0] - 0.5 * weights[0], rtol=1e-5, atol=1e-7
    )
    np.testing.assert_allclose(
        applied.network.biases[2], network.biases[2] - 0.5 * biases[2], rtol=1e-5, atol=1e-7
    )
    assert applied.cost_before == pytest.approx(network.total_cost(image, one_hot(3)), rel=1e-5)
    assert applied.cost_after < applied.cost_before
    assert applied.cost_after == pytest.approx(
        applied.network.total_cost(image, one_hot(3)), rel=1e-5
    )


def test_saturated_outputs_have_a_finite_cost() -> None:
    network = Network.from_parameters([[[900.0]]], [[0.0]], cost="cross-entropy")
    step = open_step(network, [1.0], [0.0], 0.1)
    assert step.cost == pytest.approx(900)
    result_is(step.sample_cost(), 900)


def test_perceptrons_have_no_step() -> None:
    with pytest.raises(DigitpadError, match="perceptrons cannot be trained"):
        open_step(Network((784, 16, 10), activation="step"), np.zeros(784), one_hot(1), 0.1)


def test_samples_must_fit() -> None:
    network = Network((784, 16, 10))
    with pytest.raises(DigitpadError, match="do not fit"):
        open_step(network, np.zeros(783), one_hot(1), 0.1)
    with pytest.raises(DigitpadError, match="do not fit"):
        open_step(network, np.zeros((2, 784)), one_hot(1), 0.1)


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_the_largest_error_and_gradient_are_found(layer: int) -> None:
    step = a_step("tanh", ("quadratic", "logistic"), 2, 5)
    for sample, deltas in enumerate(step.deltas[layer - 1]):
        largest = max(range(len(deltas)), key=lambda j: abs(deltas[j]))
        assert step.largest_error(layer, sample) == largest
    slopes = step.weight_gradients[layer - 1]
    places = list(product(range(slopes.shape[0]), range(slopes.shape[1])))
    assert step.largest_gradient(layer) == max(places, key=lambda place: abs(slopes[place]))
    of_neuron = [(j, k) for j, k in places if j == 2]
    assert step.largest_gradient(layer, 2) == max(of_neuron, key=lambda place: abs(slopes[place]))
