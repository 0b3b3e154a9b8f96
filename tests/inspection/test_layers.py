"""Activations and connections agree with the network's own arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from digitpad.errors import DigitpadError
from digitpad.inspection.layers import connections_into, inspect_layers, largest_entries
from digitpad.nn.network import Network

NETWORKS = [
    Network((784, 16, 16, 10), initialisation="gaussian", seed=1),
    Network((784, 10), seed=2),
    Network((784, 120, 45, 10), activation="relu", output_activation="softmax", seed=3),
    Network((784, 30, 10), activation="tanh", seed=4),
    Network((784, 12, 10), activation="step", seed=5),
]
FROZEN = [network.copy() for network in NETWORKS]
for each in FROZEN:
    each.freeze()
networks = pytest.mark.parametrize("network", NETWORKS, ids=lambda network: str(network.sizes))


def ink(seed: int = 0) -> NDArray[np.float32]:
    """An image of which an eighth is inked."""
    generator = np.random.default_rng(seed)
    image = generator.random((28, 28), dtype=np.float32)
    image[generator.random((28, 28)) > 0.125] = 0
    return image


@networks
def test_activations_are_those_of_the_network(network: Network) -> None:
    image = ink()
    layers = inspect_layers(network, image)
    assert layers.sizes == network.sizes
    for mine, its in zip(layers.activations, network.activations(image.ravel()), strict=True):
        np.testing.assert_array_equal(mine, its)
    np.testing.assert_array_equal(layers.activations[-1], network.feed_forward(image.ravel()))


@networks
def test_weighted_inputs_are_those_of_the_text(network: Network) -> None:
    layers = inspect_layers(network, ink())
    for z, w, b, a in zip(
        layers.weighted_inputs, network.weights, network.biases, layers.activations, strict=False
    ):
        np.testing.assert_allclose(z, w.astype(np.float64) @ a + b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("network", NETWORKS + FROZEN)
@pytest.mark.parametrize("most", [1, 40, 360, 10**6])
def test_connections_are_the_largest_contributions(network: Network, most: int) -> None:
    layers = inspect_layers(network, ink(), most)
    assert [c.layer for c in layers.connections] == list(range(1, len(network.sizes)))
    share = max(1, most // len(network.weights))
    for connections in layers.connections:
        w = network.weights[connections.layer - 1]
        contributions = w * layers.activations[connections.layer - 1]
        largest = np.sort(np.abs(contributions[contributions != 0]))[-share:]
        np.testing.assert_array_equal(np.abs(connections.contributions), largest)
        there = connections.targets, connections.sources
        assert len(set(zip(*there, strict=True))) == len(connections)
        np.testing.assert_array_equal(connections.weights, w[there])
        np.testing.assert_array_equal(connections.contributions, contributions[there])


def test_no_connection_comes_from_a_pixel_without_ink() -> None:
    image = ink()
    first = inspect_layers(NETWORKS[0], image).connections[0]
    assert len(first)
    assert image.ravel()[first.sources].all()
    first = inspect_layers(NETWORKS[0], np.zeros((28, 28))).connections[0]
    assert len(first) == 0


@pytest.mark.parametrize("is_frozen", [False, True])
def test_a_network_that_diverged_is_inspected_without_a_warning(*, is_frozen: bool) -> None:
    network = Network((784, 16, 10), seed=0)
    network.weights[0][3] = np.inf
    network.weights[1][:, 5] = np.nan
    if is_frozen:
        network.freeze()
    layers = inspect_layers(network, ink())
    assert np.isnan(layers.activations[-1]).all()
    for connections in layers.connections:
        assert np.isfinite(connections.contributions).all()


def test_a_frozen_network_shows_the_same_for_one_image_after_another() -> None:
    for seed in range(3):
        plain, frozen = (inspect_layers(n[2], ink(seed)) for n in (NETWORKS, FROZEN))
        for mine, its in zip(frozen.connections, plain.connections, strict=True):
            np.testing.assert_array_equal(mine.sources, its.sources)
            np.testing.assert_array_equal(mine.targets, its.targets)
            np.testing.assert_array_equal(mine.contributions, its.contributions)


def test_an_image_of_another_size_is_refused() -> None:
    with pytest.raises(DigitpadError, match="784"):
        inspect_layers(NETWORKS[0], np.zeros((8, 8)))


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (7, 9), (300, 4), (4, 300), (40, 50)])
@pytest.mark.parametrize("k", [1, 5, 1000])
def test_largest_entries_are_those_of_a_full_sort(shape: tuple[int, int], k: int) -> None:
    matrix = np.random.default_rng(0).standard_normal(shape)
    rows, columns = largest_entries(matrix, k)
    expected = np.sort(np.abs(matrix.ravel()))[-k:]
    np.testing.assert_array_equal(np.abs(matrix[rows, columns]), expected)


def test_what_is_no_number_or_zero_is_no_large_entry() -> None:
    matrix = np.array([[0.0, np.nan, 2.0], [np.inf, -3.0, 0.0]])
    rows, columns = largest_entries(matrix, 6)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [(0, 2), (1, 1)]


def test_connections_into_a_neuron_are_its_own() -> None:
    network = NETWORKS[0]
    layers = inspect_layers(network, ink())
    into = connections_into(network, layers, 2, 7, most=5)
    assert into.layer == 2
    assert (into.targets == 7).all()
    contributions = network.weights[1][7] * layers.activations[1]
    np.testing.assert_array_equal(np.abs(into.contributions), np.sort(np.abs(contributions))[-5:])
    np.testing.assert_array_equal(into.weights, network.weights[1][7][into.sources])
