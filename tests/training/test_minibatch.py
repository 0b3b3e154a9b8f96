"""Backpropagation without allocation: the gradient of `Network.backpropagate`, however divided."""

import itertools
import tracemalloc
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitpad.errors import DigitpadError
from digitpad.nn.network import Network, one_hot
from digitpad.training.minibatch import MiniBatchGradient, tiles
from tests.combinations import EVERY_COMBINATION, in_one_vector, small

Array = NDArray[np.floating[Any]]


def batch(m: int, inputs: int, outputs: int) -> tuple[Array, Array]:
    generator = np.random.default_rng(0)
    return generator.normal(size=(m, inputs)), one_hot(generator.integers(0, outputs, m), outputs)


def with_ones(x: Array) -> Array:
    return np.column_stack([x, np.ones(len(x))])


@pytest.mark.parametrize(("activation", "pair", "depth"), EVERY_COMBINATION)
def test_it_is_the_gradient_of_backpropagate(
    activation: str, pair: tuple[str, str], depth: int
) -> None:
    cost, output = pair
    network = small(activation, output, cost, depth)
    x, y = batch(6, 7, 4)
    expected = in_one_vector(*network.backpropagate(x, y))
    gradient = MiniBatchGradient(network, 6)
    z = np.empty((6, 4))
    for factor in (1 / 6, 0.5):  # a second time, so that nothing is left over from the first
        actual = gradient.compute(with_ones(x), y, z, factor)
        np.testing.assert_allclose(actual, expected * factor * 6, rtol=1e-12, atol=1e-14)
    output_z = network.activations(x)[-2] @ network.weights[-1].T + network.biases[-1]
    np.testing.assert_allclose(z, output_z)


@pytest.mark.parametrize(
    ("m", "sizes"),
    [(32, (784, 128, 64, 10)), (10, (784, 800, 10)), (50, (784, 96, 96, 10)), (32, (784, 97, 10))],
)
def test_wide_layers_are_divided_without_a_difference(m: int, sizes: tuple[int, ...]) -> None:
    network = Network(sizes, dtype=np.float64, cost="cross-entropy")
    x, y = batch(m, 784, 10)
    expected = in_one_vector(*network.backpropagate(x, y))
    actual = MiniBatchGradient(network, m).compute(with_ones(x), y, np.empty((m, 10)), 1 / m)
    np.testing.assert_allclose(actual, expected, rtol=1e-10, atol=1e-14)


def test_tiles() -> None:
    assert tiles(32, 128, 784) == 4
    assert tiles(10, 30, 784) == 1, "small already"
    assert tiles(32, 97, 784) == 1, "a prime number of neurons"
    assert tiles(500, 800, 784) == 1, "so many samples that narrow tiles gain nothing"
    assert tiles(10, 100, 999) == 1, "exactly as many multiplications as are quick"
    assert tiles(10, 100, 1000) == 2
    assert tiles(100, 16, 784) == 2, "as narrow as tiles may be"
    assert tiles(160, 24, 784) == 1, "tiles would be narrower"
    for m, here in itertools.product((10, 20, 32, 50, 64), (16, 30, 64, 100, 128, 200)):
        count = tiles(m, here, 784)
        assert here % count == 0
        assert count == 1 or m * (here // count) * 785 <= 1_000_000


def test_dropout_leaves_neurons_out_forwards_and_backwards() -> None:
    network = Network([7, 5, 3, 4], initialisation="gaussian", seed=1, dtype=np.float64)
    x, y = batch(6, 7, 4)
    generator = np.random.default_rng(2)
    masks = [(generator.random((6, n)) < 0.5) * 2.0 for n in (5, 3)]
    z = np.empty((6, 4))

    def cost() -> float:
        a = x
        for layer in range(3):
            a = 1 / (1 + np.exp(-(a @ network.weights[layer].T + network.biases[layer])))
            if layer < 2:
                a = a * masks[layer]
        return float(0.5 * ((y - a) ** 2).sum())

    gradient = MiniBatchGradient(network, 6).compute(
        with_ones(x), y, z, 1.0, [mask.astype(np.float32) for mask in masks]
    )
    measured = np.empty_like(gradient)
    h = 1e-6
    for i, value in enumerate(network.parameters.copy()):
        network.parameters[i] = value + h
        above = cost()
        network.parameters[i] = value - h
        measured[i] = (above - cost()) / (2 * h)
        network.parameters[i] = value
    np.testing.assert_allclose(gradient, measured, atol=1e-8)


def test_it_follows_the_network_while_it_learns() -> None:
    network = Network([7, 5, 4], dtype=np.float64)
    x, y = batch(6, 7, 4)
    gradient = MiniBatchGradient(network, 6)
    z = np.empty((6, 4))
    before = network.total_cost(x, y)
    for _ in range(50):
        network.parameters -= gradient.compute(with_ones(x), y, z, 1.0 / 6)
    assert network.total_cost(x, y) < 0.7 * before


def test_perceptrons_have_no_gradient() -> None:
    for hidden, output in (("step", "step"), ("step", "logistic"), ("logistic", "step")):
        network = Network(activation=hidden, output_activation=output)
        with pytest.raises(DigitpadError, match="derivative is 0"):
            MiniBatchGradient(network, 10)


@pytest.mark.parametrize("activation", ["logistic", "tanh", "relu"])
@pytest.mark.parametrize("cost", ["quadratic", "cross-entropy"])
def test_nothing_is_allocated_between_two_mini_batches(activation: str, cost: str) -> None:
    m = 2000
    network = Network((7, 100, 30, 10), activation=activation, cost=cost)
    x, y = batch(m, 7, 10)
    rows, z = with_ones(x).astype(np.float32), np.empty((m, 10), np.float32)
    gradient = MiniBatchGradient(network, m)
    expected = gradient.compute(rows, y, z, 0.5).copy()
    tracemalloc.start()
    try:
        actual = gradient.compute(rows, y, z, 0.5)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(actual, expected)
    assert actual.dtype == np.float32
    # The smallest array of the samples has 10 columns: 80,000 bytes.
    assert peak < 40_000


def test_the_parameters_may_be_changed_when_the_gradient_is_there() -> None:
    network = Network([7, 5, 4], dtype=np.float64)
    x, y = batch(6, 7, 4)
    gradient = MiniBatchGradient(network, 6)
    parts: list[slice] = []
    seen: list[Array] = []

    def change(part: slice) -> None:
        parts.append(part)
        seen.append(gradient.vector[part].copy())

    expected = gradient.compute(with_ones(x), y, np.empty((6, 4)), 1.0, change=change)
    assert parts == [slice(None)]
    np.testing.assert_array_equal(seen[0], expected)
