"""The network: shapes, a worked example by hand, and gradients against finite differences."""

import copy
import pickle
import re
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitpad.errors import DigitpadError
from digitpad.nn.network import Network, describe, one_hot
from tests.combinations import EVERY_COMBINATION, PAIRS, in_one_vector, small

Array = NDArray[np.floating[Any]]


def batch(n: int = 6) -> tuple[Array, Array]:
    generator = np.random.default_rng(0)
    return generator.normal(size=(n, 7)), one_hot(generator.integers(0, 4, n), 4)


@pytest.mark.parametrize(("activation", "pair", "depth"), EVERY_COMBINATION)
def test_gradients_equal_finite_differences(
    activation: str, pair: tuple[str, str], depth: int
) -> None:
    cost, output = pair
    network = small(activation, output, cost, depth)
    x, y = batch()
    gradient = in_one_vector(*network.backpropagate(x, y))
    measured = np.empty_like(gradient)
    h = 1e-6
    for i, value in enumerate(network.parameters.copy()):
        network.parameters[i] = value + h
        above = network.total_cost(x, y)
        network.parameters[i] = value - h
        below = network.total_cost(x, y)
        network.parameters[i] = value
        measured[i] = (above - below) / (2 * h)
    scale = max(1e-3, np.abs(gradient).max())
    np.testing.assert_allclose(gradient / scale, measured / scale, atol=1e-6)
    assert np.abs(gradient).max() > 1e-4


@pytest.mark.parametrize("activation", ["logistic", "tanh", "relu"])
@pytest.mark.parametrize("pair", PAIRS)
def test_weighted_inputs_of_ten_thousand_do_no_harm(activation: str, pair: tuple[str, str]) -> None:
    cost, output = pair
    network = Network([7, 5, 4], activation=activation, output_activation=output, cost=cost)
    network.weights[0][...] *= 1e4
    network.biases[1][...] = [1e4, -1e4, 5e3, 0]
    x, y = batch()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gradients = network.backpropagate(x, y)
        total = network.total_cost(x, y)
    assert np.isfinite(total)
    assert all(np.isfinite(g).all() for g in gradients[0] + gradients[1])


def test_worked_example() -> None:
    # Two inputs, two hidden neurons, one output; all of it followed by hand.
    network = Network.from_parameters(
        [[[1.0, -1.0], [2.0, 0.5]], [[1.0, -2.0]]], [[0.0, -1.0], [0.5]], dtype=np.float64
    )
    x, y = np.array([1.0, 0.5]), np.array([1.0])

    def sigma(z: float) -> float:
        return float(1 / (1 + np.exp(-z)))

    a1 = np.array([sigma(1 * 1 - 1 * 0.5), sigma(2 * 1 + 0.5 * 0.5 - 1)])
    a2 = sigma(a1[0] - 2 * a1[1] + 0.5)
    np.testing.assert_allclose(network.feed_forward(x), [a2])
    assert network.total_cost(x, y) == pytest.approx((1 - a2) ** 2 / 2)
    delta2 = (a2 - 1) * a2 * (1 - a2)
    delta1 = np.array([1.0, -2.0]) * delta2 * a1 * (1 - a1)
    weight_gradients, bias_gradients = network.backpropagate(x, y)
    np.testing.assert_allclose(weight_gradients[1], [delta2 * a1])
    np.testing.assert_allclose(bias_gradients[1], [delta2])
    np.testing.assert_allclose(weight_gradients[0], np.outer(delta1, x))
    np.testing.assert_allclose(bias_gradients[0], delta1)


def test_shapes_are_the_texts() -> None:
    network = Network()
    assert network.sizes == (784, 16, 16, 10)
    assert [w.shape for w in network.weights] == [(16, 784), (16, 16), (10, 16)]
    assert [b.shape for b in network.biases] == [(16,), (16,), (10,)]
    assert all(a.dtype == np.float32 for a in network.weights + network.biases)
    one, many = np.zeros(784), np.zeros((3, 784))
    assert network.feed_forward(one).shape == (10,)
    assert network.feed_forward(many).shape == (3, 10)
    assert [a.shape for a in network.activations(one)] == [(784,), (16,), (16,), (10,)]
    assert [a.shape for a in network.activations(many)] == [(3, 784), (3, 16), (3, 16), (3, 10)]


def test_softmax_shares_need_desired_outputs_that_add_up_to_1() -> None:
    network = Network([7, 4], output_activation="softmax", cost="cross-entropy")
    x, y = batch()
    nothing = np.where(np.arange(6)[:, None] == 2, 0, y)
    for method in (network.backpropagate, network.total_cost):
        with pytest.raises(DigitpadError, match="choose logistic outputs"):
            method(x, nothing)
    assert Network([7, 4], cost="cross-entropy").total_cost(x, nothing) > 0


def test_a_batch_is_many_single_vectors() -> None:
    network = Network([7, 6, 5, 4], activation="tanh", output_activation="softmax")
    x, _ = batch()
    together = network.feed_forward(x)
    for row, expected in zip(x, together, strict=True):
        np.testing.assert_allclose(network.feed_forward(row), expected, rtol=1e-5)


def test_every_layer_s_weighted_inputs_come_with_its_activations() -> None:
    network = small("tanh", "logistic", "quadratic", 2)
    x, _ = batch()
    z, a = network.forward(x)
    np.testing.assert_array_equal(a[0], x)
    for layer, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        np.testing.assert_allclose(z[layer], a[layer] @ w.T + b)
    np.testing.assert_allclose(a[1], np.tanh(z[0]))
    np.testing.assert_allclose(a[2], np.tanh(z[1]))
    np.testing.assert_allclose(a[3], 1 / (1 + np.exp(-z[2])))
    np.testing.assert_array_equal(network.outputs(x)[0], z[2])


def test_the_network_computes_in_its_own_precision_whatever_the_inputs_have() -> None:
    x, _ = batch()
    network = Network([7, 5, 4])
    single = network.feed_forward(x)
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, network.feed_forward(x.astype(np.float32)))


def test_one_hot_has_a_row_for_each_label_and_only_zeros_for_none() -> None:
    expected = np.zeros((3, 10), np.float32)
    expected[0, 9] = expected[2, 0] = 1
    rows = one_hot([9, -1, 0])
    np.testing.assert_array_equal(rows, expected)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(one_hot(9), expected[0])
    np.testing.assert_array_equal(one_hot([1], 2), [[0, 1]])
    assert one_hot([]).shape == (0, 10)


def test_views_and_parameters_are_one() -> None:
    network = Network([3, 2, 2])
    network.weights[0][1, 2] = 42
    network.biases[1][0] = 43
    assert {42, 43} <= set(network.parameters.tolist())
    twin = network.copy()
    twin.weights[0][...] = 0
    assert network.weights[0][1, 2] == 42


@pytest.mark.parametrize("initialisation", ["scaled", "gaussian"])
def test_the_seed_decides_the_first_weights(initialisation: str) -> None:
    def parameters(seed: int) -> Array:
        return Network((784, 30, 10), initialisation=initialisation, seed=seed).parameters

    np.testing.assert_array_equal(parameters(1), parameters(1))
    assert (parameters(1) != parameters(2)).any()


def test_initialisations_have_the_stated_spread() -> None:
    gaussian = Network((784, 100, 10), initialisation="gaussian")
    scaled = Network((784, 100, 10))
    assert gaussian.weights[0].std() == pytest.approx(1, abs=0.02)
    assert scaled.weights[0].std() * 28 == pytest.approx(1, abs=0.02)
    assert not scaled.biases[0].any()
    assert gaussian.biases[0].std() == pytest.approx(1, abs=0.3)
    assert len(set(gaussian.biases[0].tolist())) == 100
    # Half of relu's neurons are 0, so its weights begin √2 times as large (He 2015).
    relu = Network((784, 100, 10), activation="relu")
    np.testing.assert_allclose(relu.weights[0], scaled.weights[0] * np.sqrt(2), rtol=1e-6)
    np.testing.assert_array_equal(scaled.parameters, Network((784, 100, 10), seed=0).parameters)


def test_perceptrons_decide_but_do_not_learn() -> None:
    # NAND, the text's universal gate.
    nand = Network.from_parameters([[[-2, -2]]], [[3]], activation="step", output_activation="step")
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    np.testing.assert_array_equal(nand.feed_forward(inputs)[:, 0], [1, 1, 1, 0])
    with pytest.raises(DigitpadError, match="derivative is 0"):
        nand.backpropagate(inputs, [[1], [1], [1], [0]])
    for hidden, output in (("step", "logistic"), ("logistic", "step")):
        network = Network([2, 3, 1], activation=hidden, output_activation=output)
        with pytest.raises(DigitpadError, match="derivative is 0"):
            network.backpropagate(inputs, [[1], [1], [1], [0]])
    assert Network(activation="step").output_activation == "step"


def test_description() -> None:
    assert describe(Network()) == "784-16-16-10, logistic, quadratic"
    deep = Network([784, 5, 10], activation="relu", output_activation="softmax")
    assert describe(deep) == "784-5-10, relu, softmax outputs, quadratic"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sizes": [784]}, "two layers"),
        ({"sizes": [784, 0, 10]}, "1 to"),
        ({"activation": "softmax"}, "hidden layers"),
        ({"activation": "sine"}, "choose one of logistic, tanh, relu, step"),
        ({"sizes": [100_001, 10]}, "1 to 100,000"),
        ({"initialisation": "zero"}, "scaled, gaussian"),
        ({"cost": "cross-entropy", "output_activation": "tanh"}, "between 0 and 1"),
    ],
)
def test_refusals(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(DigitpadError, match=message):
        Network(**arguments)


def test_the_largest_layer() -> None:
    assert Network([100_000, 1]).sizes == (100_000, 1)


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(DigitpadError, match=r"Layer 2's weights \(4, 3\)"):
        Network.from_parameters([np.ones((2, 5)), np.ones((4, 3))], [np.ones(2), np.ones(4)])
    with pytest.raises(DigitpadError, match="weights and biases"):
        Network.from_parameters([np.ones((2, 5))], [])
    with pytest.raises(DigitpadError, match="vectors of 784"):
        Network().feed_forward(np.zeros(783))
    for shape in ((2, 9), (3, 10), (10, 2), (20,), (10,)):
        with pytest.raises(DigitpadError, match=re.escape(f"(2, 10), not {shape}")):
            Network().total_cost(np.zeros((2, 784)), np.zeros(shape))


@pytest.mark.parametrize(
    "twin_of", [Network.copy, copy.deepcopy, lambda network: pickle.loads(pickle.dumps(network))]
)
def test_copies_have_parameters_of_their_own_which_their_weights_view(
    twin_of: Callable[[Network], Network],
) -> None:
    network = Network(
        (784, 12, 10), activation="relu", output_activation="softmax", cost="cross-entropy"
    )
    twin = twin_of(network)
    x = np.random.default_rng(0).random((3, 784), dtype=np.float32)
    np.testing.assert_array_equal(twin.feed_forward(x), network.feed_forward(x))
    names = (twin.activation, twin.output_activation, twin.cost)
    assert names == ("relu", "softmax", "cross-entropy")
    before = network.parameters.copy()
    twin.parameters[...] = 7
    assert (twin.weights[0] == 7).all()
    assert (twin.layers[1] == 7).all()
    np.testing.assert_array_equal(network.parameters, before)


def test_nothing_changes_a_frozen_network_but_its_copies_can_change() -> None:
    network = Network((3, 4, 2), seed=1)
    before = network.parameters.copy()
    network.freeze()
    assert network.is_frozen
    for array in (network.parameters, *network.layers, *network.weights, *network.biases):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1
    for twin in (network.copy(), pickle.loads(pickle.dumps(network)), copy.deepcopy(network)):
        assert not twin.is_frozen
        twin.weights[0][...] = 1
    np.testing.assert_array_equal(network.parameters, before)


def test_parameters_of_many_layers_make_the_network_that_they_are_of() -> None:
    network = Network((5, 4, 6, 3), activation="relu", output_activation="softmax", seed=3)
    twin = Network.from_parameters(
        network.weights,
        network.biases,
        activation="relu",
        output_activation="softmax",
        dtype=np.float64,
    )
    assert twin.sizes == network.sizes
    assert twin.output_activation == "softmax"
    assert twin.parameters.dtype == np.float64
    np.testing.assert_array_equal(twin.parameters, network.parameters)
    single = Network.from_parameters(network.weights, network.biases, dtype=np.float32)
    assert single.parameters.dtype == np.float32


def test_a_frozen_network_remembers_the_last_vector_and_only_that() -> None:
    network = Network((5, 4, 6, 3), seed=2, activation="relu")
    frozen = network.copy()
    frozen.freeze()
    x, other = np.random.default_rng(1).random((2, 5), dtype=np.float32)
    for vector in (x, x, other, x):
        for ours, its in zip(frozen.forward(vector), network.forward(vector), strict=True):
            for one, two in zip(ours, its, strict=True):
                np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(frozen.outputs(vector)[0], network.outputs(vector)[0])
    assert frozen.forward(x)[0][0] is frozen.forward(x)[0][0]
    # Neither the caller's vector nor the caller's lists are what it remembers.
    frozen.forward(x)[0].clear()
    kept = frozen.feed_forward(x).copy()
    with pytest.raises(ValueError, match="read-only"):
        frozen.feed_forward(x)[0] = 7
    x[...] = 0
    np.testing.assert_array_equal(frozen.feed_forward(x), network.feed_forward(x))
    assert not np.array_equal(frozen.feed_forward(x), kept)
    # A network that can change remembers nothing.
    assert network.forward(other)[0][-1].any()
    network.parameters[...] = 0
    np.testing.assert_array_equal(network.forward(other)[0][-1], np.zeros(3))


def test_a_network_of_the_same_layers_with_other_parameters() -> None:
    network = Network((5, 4, 3), activation="tanh", dtype=np.float64)
    given = np.arange(network.parameters.size, dtype=np.float64)
    other = network.with_parameters(given)
    np.testing.assert_array_equal(other.parameters, given)
    assert (other.sizes, other.activation) == ((5, 4, 3), "tanh")
    given[0] = 99
    assert other.parameters[0] == 0
    assert network.parameters[1] != 1


def test_desired_outputs_are_taken_in_the_networks_own_precision() -> None:
    network = Network((7, 4))
    x, _ = batch()
    y = np.random.default_rng(3).random((6, 4))
    assert network.total_cost(x, y) == network.total_cost(x, y.astype(np.float32))


def test_shares_may_be_rounded_and_single() -> None:
    network = Network((7, 4), output_activation="softmax", cost="cross-entropy")
    x, _ = batch()
    rounded = np.full((6, 4), 0.2499)
    assert np.isfinite(network.total_cost(x, rounded))
    assert np.isfinite(network.total_cost(x[0], rounded[0]))
    with pytest.raises(DigitpadError, match="choose logistic outputs"):
        network.total_cost(x, rounded - 0.0003)
    with pytest.raises(DigitpadError, match="choose logistic outputs"):
        network.total_cost(x[0], np.zeros(4))


@pytest.mark.parametrize("active", [0, 1, 300, 391, 392, 393, 784])
def test_a_large_frozen_network_feeds_forward_only_what_is_active(active: int) -> None:
    network = Network((784, 600, 200, 10), seed=4, activation="relu")
    frozen = network.copy()
    frozen.freeze()
    frozen.transposed_weights()
    generator = np.random.default_rng(active)
    x = np.zeros(784, np.float32)
    x[generator.permutation(784)[:active]] = generator.random(active, dtype=np.float32)
    exact = network.weights[0].astype(np.float64) @ x + network.biases[0]
    for _ in range(2):  # the memory of the first is used again
        z, a = frozen.forward(x)
        np.testing.assert_allclose(z[0], exact, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(a[-1], network.feed_forward(x), rtol=1e-5, atol=1e-6)
        frozen.forward(1 - x)
    for transposed, weights in zip(frozen.transposed_weights(), network.weights, strict=True):
        np.testing.assert_array_equal(transposed, weights.T)
        assert transposed.flags.c_contiguous


def test_two_threads_may_feed_one_frozen_network_forward() -> None:
    network = Network((784, 600, 200, 10), seed=4, activation="relu")
    frozen = network.copy()
    frozen.freeze()
    frozen.transposed_weights()
    vectors = np.random.default_rng(1).random((200, 784), dtype=np.float32)
    vectors[vectors < 0.7] = 0
    with ThreadPoolExecutor(4) as threads:
        outputs = list(threads.map(frozen.feed_forward, vectors))
    np.testing.assert_allclose(outputs, network.feed_forward(vectors), rtol=1e-4, atol=1e-6)


def test_a_large_frozen_network_that_diverged_shows_it() -> None:
    network = Network((784, 600, 10), seed=4, activation="relu")
    network.weights[0][:, 7] = np.inf  # from a pixel without ink: 0 · ∞ is not a number
    frozen = network.copy()
    frozen.freeze()
    frozen.transposed_weights()
    x = np.zeros(784, np.float32)
    x[3] = 1
    with np.errstate(invalid="ignore"):
        assert np.isnan(frozen.forward(x)[0][0]).all()


def test_only_of_a_frozen_network_are_transposed_weights_kept() -> None:
    with pytest.raises(ValueError, match="may change"):
        Network((3, 2)).transposed_weights()
