"""A neuron's contributions add up to its z, its picture is what it says, its curve meets (z, a)."""

from __future__ import annotations

import numpy as np
import pytest

from digitpad.inspection.layers import inspect_layers
from digitpad.inspection.neuron import PictureKind, inspect_neuron
from digitpad.nn.network import Network
from tests.inspection.test_layers import NETWORKS, ink, networks


@networks
def test_everything_adds_up_to_z(network: Network) -> None:
    layers = inspect_layers(network, ink())
    for layer in range(1, len(network.sizes)):
        for index in (0, network.sizes[layer] - 1):
            neuron = inspect_neuron(network, layers, layer, index)
            total = neuron.contributions.sum(dtype=np.float64) + neuron.others + neuron.bias
            assert total == pytest.approx(neuron.z, rel=1e-5, abs=1e-5)
            assert neuron.weighted_sum + neuron.bias == pytest.approx(total)
            assert neuron.z == layers.weighted_inputs[layer - 1][index]
            assert neuron.a == network.activations(ink().ravel())[layer][index]
            assert neuron.bias == network.biases[layer - 1][index]


@networks
def test_the_largest_contributions_come_first(network: Network) -> None:
    layers = inspect_layers(network, ink())
    neuron = inspect_neuron(network, layers, 1, 3, largest=7)
    contributions = network.weights[0][3] * layers.activations[0]
    np.testing.assert_array_equal(
        np.abs(neuron.contributions), np.sort(np.abs(contributions))[::-1][:7]
    )
    np.testing.assert_array_equal(neuron.contributions, contributions[neuron.sources])
    np.testing.assert_array_equal(neuron.weights * neuron.inputs, neuron.contributions)
    assert neuron.other_count == 784 - 7


def test_silent_inputs_are_not_listed() -> None:
    image = np.zeros((28, 28), dtype=np.float32)
    image[3, 4] = 1
    neuron = inspect_neuron(NETWORKS[0], inspect_layers(NETWORKS[0], image), 1, 0)
    assert neuron.sources.tolist() == [3 * 28 + 4]
    assert neuron.others == 0


def test_the_picture_of_the_first_layer_is_its_weights() -> None:
    network = NETWORKS[0]
    neuron = inspect_neuron(network, inspect_layers(network, ink()), 1, 9)
    assert neuron.kind is PictureKind.WEIGHTS
    np.testing.assert_array_equal(neuron.picture, network.weights[0][9])
    neuron.picture[:] = 0  # a copy: inspecting changes no network
    assert network.weights[0][9].all()


@pytest.mark.parametrize("activation", ["logistic", "tanh", "relu"])
@pytest.mark.parametrize("layer", [2, 3])
def test_the_picture_of_a_deeper_layer_is_the_slope_of_z(activation: str, layer: int) -> None:
    network = Network((784, 20, 15, 10), activation=activation, seed=6, dtype=np.float64)
    image = ink().astype(np.float64)
    neuron = inspect_neuron(network, inspect_layers(network, image), layer, 4)
    assert neuron.kind is PictureKind.SLOPES
    step = 1e-6
    for pixel in (0, 100, 405, 783):
        z = []
        for change in (-step, step):
            moved = image.ravel().copy()
            moved[pixel] += change
            z.append(network.forward(moved)[0][layer - 1][4])
        slope = (z[1] - z[0]) / (2 * step)
        assert neuron.picture[pixel] == pytest.approx(slope, rel=1e-4, abs=1e-8)


def test_the_picture_of_perceptrons_is_the_product_of_the_weights() -> None:
    network = Network((784, 12, 10), activation="step", seed=5)
    neuron = inspect_neuron(network, inspect_layers(network, ink()), 2, 8)
    assert neuron.kind is PictureKind.PRODUCT
    np.testing.assert_allclose(
        neuron.picture, network.weights[1][8] @ network.weights[0], rtol=1e-4, atol=1e-6
    )


@networks
def test_the_point_lies_on_the_curve(network: Network) -> None:
    layers = inspect_layers(network, ink())
    for layer in range(1, len(network.sizes)):
        neuron = inspect_neuron(network, layers, layer, 2)
        here = np.flatnonzero(neuron.curve_z == neuron.z)[0]
        assert neuron.curve_a[here] == pytest.approx(neuron.a, rel=1e-5, abs=1e-6)
        assert neuron.curve_z[0] < neuron.z < neuron.curve_z[-1]
        assert (np.diff(neuron.curve_a) >= 0).all()


def test_the_curve_of_softmax_moves_one_z_alone() -> None:
    network = NETWORKS[2]
    layers = inspect_layers(network, ink())
    neuron = inspect_neuron(network, layers, 3, 6)
    z = layers.weighted_inputs[-1].astype(np.float64)
    for at in (0, 50, 120):
        moved = z.copy()
        moved[6] = neuron.curve_z[at]
        assert neuron.curve_a[at] == pytest.approx(np.exp(moved[6]) / np.exp(moved).sum())


def test_a_neuron_that_diverged_is_explained_without_a_warning() -> None:
    network = Network((784, 16, 10), seed=0)
    network.weights[0][3] = np.inf
    neuron = inspect_neuron(network, inspect_layers(network, ink()), 1, 3)
    assert not np.isfinite(neuron.z)
    assert len(neuron.curve_z) == 0


@pytest.mark.parametrize("place", [(0, 0), (4, 0), (1, 16), (1, -1)])
def test_there_is_no_such_neuron(place: tuple[int, int]) -> None:
    with pytest.raises(IndexError, match="no neuron"):
        inspect_neuron(NETWORKS[0], inspect_layers(NETWORKS[0], ink()), *place)
