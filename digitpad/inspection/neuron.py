"""One neuron for one image: what comes in, how it adds up to z, and what it makes of z."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from digitpad.inspection.layers import Layers
from digitpad.nn.functions import ACTIVATIONS, Array, logistic
from digitpad.nn.network import Network

LARGEST = 5
"""Contributions listed by default."""

_CURVE_POINTS = 161


class PictureKind(Enum):
    """What a neuron's picture shows.

    WEIGHTS
        Its own weights, one for each pixel (layer 1).
    SLOPES
        ∂z/∂x: how much z rises for a little more ink in each pixel of the image shown. Layer 1's
        weights are just that, so this continues them into deeper layers:
        ∂z^l/∂x = W^l diag(σ'(z^(l-1))) W^(l-1) … diag(σ'(z^1)) W^1. It holds for small changes of
        this image, not for every image.
    PRODUCT
        W^l W^(l-1) … W^1, for perceptrons: the step function's slope is 0, so ∂z/∂x says nothing.
        It leaves out what the steps do between the layers.
    """

    WEIGHTS = auto()
    SLOPES = auto()
    PRODUCT = auto()


@dataclass(frozen=True, eq=False)
class Neuron:
    """One neuron of layer 1 … L: z = Σ w·a + b, a = σ(z).

    Attributes
    ----------
    layer, index : int
        The layer, 1 … L, and the neuron in it, from 0.
    sources : (k,) int
        Where the k largest contributions come from, the largest |w·a| first.
    weights, inputs, contributions : (k,)
        w, a and w·a of each.
    others : float
        Σ w·a over all other neurons of the layer before.
    other_count : int
        How many they are.
    bias, z, a : float
        So that Σ contributions + others + bias = z, to float32's accuracy.
    activation : str
        The name of σ.
    picture : (n_0,)
        A value for each pixel; `kind` says which.
    kind : PictureKind
    curve_z, curve_a : (m,)
        Points (z, σ(z)) of the activation function around z; for softmax, z moves and the other
        neurons' z stay as they are.
    """

    layer: int
    index: int
    sources: NDArray[np.intp]
    weights: Array
    inputs: Array
    contributions: Array
    others: float
    other_count: int
    bias: float
    z: float
    a: float
    activation: str
    picture: Array
    kind: PictureKind
    curve_z: NDArray[np.float64]
    curve_a: NDArray[np.float64]

    @property
    def weighted_sum(self) -> float:
        """Σ w·a over the whole layer before."""
        return float(self.contributions.sum(dtype=np.float64)) + self.others


def inspect_neuron(
    network: Network, layers: Layers, layer: int, index: int, largest: int = LARGEST
) -> Neuron:
    """Explain one neuron.

    Parameters
    ----------
    network : Network
    layers : Layers
        What `inspect_layers` found for this network and an image.
    layer, index : int
        Layer 1 … L and the neuron in it, from 0.
    largest : int
        How many contributions to list.

    Raises
    ------
    IndexError
        If there is no such neuron.
    """
    if not (1 <= layer < len(network.sizes) and 0 <= index < network.sizes[layer]):
        raise IndexError(f"There is no neuron {index} in layer {layer} of {network.sizes}.")
    weights = network.weights[layer - 1][index]
    inputs = layers.activations[layer - 1]
    with np.errstate(all="ignore"):  # a network that diverges is shown as it is
        contributions = weights * inputs
        order = np.argsort(-np.abs(contributions), kind="stable")[:largest]
        order = order[contributions[order] != 0]
        rest = contributions.astype(np.float64)
        rest[order] = 0
        picture, kind = _picture(network, layers, layer, index)
        z = float(layers.weighted_inputs[layer - 1][index])
        curve_z, curve_a = _curve(network.activation_of(layer), layers, layer, index)
    return Neuron(
        layer=layer,
        index=index,
        sources=order,
        weights=weights[order],
        inputs=inputs[order],
        contributions=contributions[order],
        others=float(rest.sum()),
        other_count=len(weights) - len(order),
        bias=float(network.biases[layer - 1][index]),
        z=z,
        a=float(layers.activations[layer][index]),
        activation=network.activation_of(layer),
        picture=picture,
        kind=kind,
        curve_z=curve_z,
        curve_a=curve_a,
    )


def _picture(network: Network, layers: Layers, layer: int, index: int) -> tuple[Array, PictureKind]:
    """Return a value for each pixel, (n_0,), and what it means."""
    passed = network.weights[layer - 1][index].copy()
    if layer == 1:
        return passed, PictureKind.WEIGHTS
    apply_derivative = ACTIVATIONS[network.activation].apply_derivative
    for below in range(layer - 1, 0, -1):
        if apply_derivative is not None:
            apply_derivative(passed, layers.activations[below])
        # Rows of 0 are skipped: relu silences most. BLAS would divide this one product among
        # threads that a training keeps waiting; see `Network._layer`.
        on = np.flatnonzero(passed)
        rows = on if len(on) < len(passed) else slice(None)
        passed = np.einsum("i,ij->j", passed[rows], network.weights[below - 1][rows])
    return passed, PictureKind.PRODUCT if apply_derivative is None else PictureKind.SLOPES


def _curve(
    activation: str, layers: Layers, layer: int, index: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return z and σ(z) at points around a neuron's z, which is one of them."""
    all_z = layers.weighted_inputs[layer - 1].astype(np.float64)
    here = all_z[index]
    middle = 0.0
    if activation == "softmax":
        # a = e^z / (e^z + Σ e^(others)) = σ(z - ln Σ e^(others)).
        others = np.delete(all_z, index)
        middle = -math.inf
        if len(others):
            middle = others.max() + math.log(np.exp(others - others.max()).sum())
    reach = 6.0 if activation in ("logistic", "softmax") else 3.0
    centre = middle if math.isfinite(middle) else here
    if not math.isfinite(here + centre):
        return np.empty(0), np.empty(0)
    low, high = min(centre - reach, here - 1), max(centre + reach, here + 1)
    z = np.linspace(low, high, _CURVE_POINTS)
    # The corner of relu and step, and the neuron's own point, are on the curve itself.
    z = np.sort(np.concatenate([z, [here, 0.0, np.nextafter(0.0, 1.0)]]))
    z = z[(low <= z) & (z <= high)]
    a = logistic(z - middle) if activation == "softmax" else ACTIVATIONS[activation].function(z)
    return z, np.asarray(a, dtype=np.float64)
