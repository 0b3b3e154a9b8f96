"""Operate on a network: change a neuron, prune weights, and see what the accuracy does.

Operations are values, and every function returns a changed copy. So a list of operations is all
that undo needs: the network is made anew from the original and what is left of the list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from digitpad.data.dataset import Dataset
from digitpad.errors import DigitpadError
from digitpad.nn.network import Network
from digitpad.recognition.evaluation import Evaluation, evaluate


@dataclass(frozen=True)
class ShiftBias:
    """Add an amount to a neuron's bias.

    Attributes
    ----------
    layer, neuron : int
        Layer 1 … L and the neuron in it, from 0.
    amount : float
    """

    layer: int
    neuron: int
    amount: float


@dataclass(frozen=True)
class ScaleIncoming:
    """Multiply the weights into a neuron, of layer 1 … L, by a factor."""

    layer: int
    neuron: int
    factor: float


@dataclass(frozen=True)
class ScaleOutgoing:
    """Multiply the weights out of a neuron, of layer 0 … L - 1, by a factor; 0 silences it."""

    layer: int
    neuron: int
    factor: float


@dataclass(frozen=True)
class Prune:
    """Set the smallest weights of all layers together to 0.

    Attributes
    ----------
    fraction : float
        Of all weights, 0 to 1; biases stay.
    """

    fraction: float


@dataclass(frozen=True)
class Temperature:
    """Divide z^L by T > 0: above 1, the outputs are less sure; the order of z^L stays."""

    value: float


Operation: TypeAlias = ShiftBias | ScaleIncoming | ScaleOutgoing | Prune | Temperature


def operated(network: Network, operations: Iterable[Operation]) -> Network:
    """Return a copy of a network after some operations, in their order.

    Raises
    ------
    DigitpadError
        If there is no such neuron, or a number is out of range.
    """
    changed = network.copy()
    for operation in operations:
        _operate(changed, operation)
    return changed


def _operate(network: Network, operation: Operation) -> None:
    """Change a network in place."""
    match operation:
        case ShiftBias(layer, neuron, amount):
            _check(network, layer, neuron, first=1, last=len(network.layers))
            network.biases[layer - 1][neuron] += amount
        case ScaleIncoming(layer, neuron, factor):
            _check(network, layer, neuron, first=1, last=len(network.layers))
            network.weights[layer - 1][neuron] *= factor
        case ScaleOutgoing(layer, neuron, factor):
            _check(network, layer, neuron, first=0, last=len(network.layers) - 1)
            network.weights[layer][:, neuron] *= factor
        case Prune(fraction):
            _prune(network, fraction)
        case Temperature(value):
            if not value > 0:
                raise DigitpadError(f"A temperature is above 0; {value:g} is not.")
            network.layers[-1][...] /= value


def _check(network: Network, layer: int, neuron: int, first: int, last: int) -> None:
    if not (first <= layer <= last and 0 <= neuron < network.sizes[layer]):
        raise DigitpadError(
            f"There is no neuron {neuron} in layer {layer} to change: choose a layer from {first} "
            f"to {last} of {'-'.join(map(str, network.sizes))}."
        )


def _prune(network: Network, fraction: float) -> None:
    if not 0 <= fraction <= 1:
        raise DigitpadError(f"The fraction of weights to prune is 0 to 1; {fraction:g} is not.")
    sizes = np.concatenate([np.abs(weights).ravel() for weights in network.weights])
    count = round(fraction * len(sizes))
    smallest = np.zeros(len(sizes), dtype=bool)
    smallest[np.argsort(sizes, kind="stable")[:count]] = True
    start = 0
    for weights in network.weights:
        end = start + weights.size
        weights[smallest[start:end].reshape(weights.shape)] = 0
        start = end


def estimate(network: Network, dataset: Dataset, n: int = 1000) -> Evaluation:
    """Evaluate a network on a random sample of a data set; `interval` says how exact that is.

    The sample is the same each time, so that differences between networks are not chance alone.

    Parameters
    ----------
    network : Network
    dataset : Dataset
        `evaluate` it for the exact figure.
    n : int
        Images, or all if there are fewer.
    """
    if n < len(dataset):
        chosen = np.random.default_rng(0).permutation(len(dataset))[:n]
        dataset = dataset.take(np.sort(chosen))
    return evaluate(network, dataset)
