"""Folding networks: the whole is the mean of its parts."""

import numpy as np
import pytest

from digitpad.errors import DigitpadError
from digitpad.nn.ensemble import merge, split
from digitpad.nn.network import Network


@pytest.mark.parametrize("hidden", [(), (7,), (7, 5), (6, 5, 4)])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_outputs_of_the_whole_are_the_mean_of_the_parts(
    hidden: tuple[int, ...], count: int
) -> None:
    networks = [
        Network((784, *hidden, 10), activation="relu", initialisation="gaussian", seed=seed)
        for seed in range(count)
    ]
    x = np.random.default_rng(0).random((20, 784))
    mean = np.mean([network.outputs(x)[0] for network in networks], axis=0)
    whole = merge(networks)
    assert whole.sizes == (784, *(count * n for n in hidden), 10)
    np.testing.assert_allclose(whole.outputs(x)[0], mean, rtol=1e-4, atol=1e-3)
    assert whole.parameters.dtype == np.float32


def test_parts_of_different_width_merge() -> None:
    whole = merge([Network((784, 5, 4, 10)), Network((784, 3, 6, 10))])
    assert whole.sizes == (784, 8, 10, 10)


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(DigitpadError, match="at least one"):
        merge([])
    with pytest.raises(DigitpadError, match="same number of layers"):
        merge([Network((784, 5, 10)), Network((784, 5, 5, 10))])
    with pytest.raises(DigitpadError, match="activation functions"):
        merge([Network((784, 5, 10)), Network((784, 5, 10), activation="tanh")])


@pytest.mark.parametrize("hidden", [(7,), (7, 5), (6, 5, 4)])
def test_what_was_merged_can_be_split(hidden: tuple[int, ...]) -> None:
    networks = [
        Network((784, *hidden, 10), activation="relu", cost="cross-entropy", seed=seed)
        for seed in range(3)
    ]
    for network, found in zip(networks, split(merge(networks), 3), strict=True):
        np.testing.assert_allclose(found.parameters, network.parameters, rtol=1e-5, atol=1e-7)
        assert (found.activation, found.cost) == ("relu", "cross-entropy")


def test_without_hidden_layers_each_part_is_the_mean() -> None:
    whole = merge([Network((784, 10), seed=seed) for seed in (1, 2)])
    for part in split(whole, 2):
        assert np.array_equal(part.parameters, whole.parameters)


def test_what_was_not_merged_cannot_be_split() -> None:
    with pytest.raises(DigitpadError, match="not merged from 2"):
        split(Network((784, 6, 4, 10)), 2)
    with pytest.raises(DigitpadError, match="not merged from 3"):
        split(merge([Network((784, 5, 4, 10)), Network((784, 5, 4, 10))]), 3)


def test_the_whole_is_of_the_parts_kind_and_precision() -> None:
    parts = [
        Network(
            (784, 5, 4, 10),
            activation="tanh",
            output_activation="softmax",
            cost="cross-entropy",
            seed=seed,
            dtype=np.float64,
        )
        for seed in (1, 2)
    ]
    whole = merge(parts)
    names = (whole.activation, whole.output_activation, whole.cost)
    assert names == ("tanh", "softmax", "cross-entropy")
    assert whole.parameters.dtype == np.float64
    x = np.random.default_rng(0).random((20, 784))
    mean = np.mean([part.outputs(x)[0] for part in parts], axis=0)
    np.testing.assert_allclose(whole.outputs(x)[0], mean, rtol=1e-12)
    for part, found in zip(parts, split(whole, 2), strict=True):
        assert (found.activation, found.output_activation, found.cost) == names
        assert found.parameters.dtype == np.float64
        np.testing.assert_allclose(found.parameters, part.parameters, rtol=1e-12)


@pytest.mark.parametrize(
    "other",
    [
        Network((784, 5, 10), output_activation="tanh"),
        Network((784, 5, 10), cost="cross-entropy"),
        Network((783, 5, 10)),
        Network((784, 5, 9)),
    ],
    ids=["outputs", "cost", "inputs", "classes"],
)
def test_each_difference_is_refused(other: Network) -> None:
    with pytest.raises(DigitpadError, match="can be merged"):
        merge([Network((784, 5, 10)), other])
