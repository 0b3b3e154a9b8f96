"""Every layer for one image: weighted inputs, activations and the connections that matter now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitpad.nn.functions import Array
from digitpad.nn.network import Network

MOST_CONNECTIONS = 300
"""Connections chosen by default, in all layers together."""

# A matrix of which fewer columns than this share matter is multiplied by those alone.
_SPARSE = 0.7


@dataclass(frozen=True, eq=False)
class Connections:
    """Some connections between two neighbouring layers, the strongest last.

    Attributes
    ----------
    layer : int
        The layer they lead into, 1 … L; they come from layer - 1.
    sources, targets : (k,) int
        Neurons of layer - 1 (pixels, if that is the input) and of the layer.
    weights : (k,)
        w of each.
    contributions : (k,)
        w·a, what each adds to its target's z.
    """

    layer: int
    sources: NDArray[np.intp]
    targets: NDArray[np.intp]
    weights: Array
    contributions: Array

    def __len__(self) -> int:
        return len(self.sources)


@dataclass(frozen=True, eq=False)
class Layers:
    """What one image does in every layer of a network.

    Attributes
    ----------
    sizes : tuple of int
        Neurons in each layer, the input first.
    weighted_inputs : tuple of L arrays, z^l of shape (n_l,)
    activations : tuple of L + 1 arrays, a^l of shape (n_l,)
        The first is the input itself.
    connections : tuple of L Connections
        Those with the largest |w·a| into layer 1 … L.
    """

    sizes: tuple[int, ...]
    weighted_inputs: tuple[Array, ...]
    activations: tuple[Array, ...]
    connections: tuple[Connections, ...]


def inspect_layers(
    network: Network, image: ArrayLike, most_connections: int = MOST_CONNECTIONS
) -> Layers:
    """Feed an image forward and choose the connections that matter for it.

    Parameters
    ----------
    network : Network
    image : n_0 values in any shape
        For digits (28, 28) or (784,), 0 = background to 1 = ink.
    most_connections : int
        At most so many in all; each pair of layers gets an equal share.

    Raises
    ------
    DigitpadError
        If the image has not n_0 values.
    """
    # A network that diverges is shown as it is: overflow is no surprise.
    with np.errstate(over="ignore", invalid="ignore"):
        z, a = network.forward(np.asarray(image).ravel())
        share = max(1, most_connections // len(z))
        connections = tuple(
            _strongest_connections(network, layer, a[layer - 1], share)
            for layer in range(1, len(a))
        )
    return Layers(network.sizes, tuple(z), tuple(a), connections)


def _strongest_connections(network: Network, layer: int, a: Array, k: int) -> Connections:
    """Return the k connections into a layer with the largest |w·a|; those of 0 never count."""
    weights = network.weights[layer - 1]
    active = np.flatnonzero(a)
    if len(active) < _SPARSE * len(a):
        contributions = weights[:, active] * a[active]
    else:
        active = np.arange(len(a))
        contributions = weights * a
    targets, columns = largest_entries(contributions, k)
    sources = active[columns]
    return Connections(
        layer, sources, targets, weights[targets, sources], contributions[targets, columns]
    )


def largest_entries(matrix: Array, k: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of the k entries with the largest absolute values, ascending.

    Entries that are 0 or not finite are left out, so there may be fewer. The k largest entries lie
    in the k rows with the largest maxima, so only those are searched: a matrix of 2,048 × 1,024
    takes about a millisecond.

    Parameters
    ----------
    matrix : (rows, columns)
    k : int

    Returns
    -------
    rows, columns : (at most k,) int
    """
    size = np.abs(matrix)
    rows = np.arange(size.shape[0])
    if len(rows) > k and size.shape[1]:
        rows = np.argpartition(size.max(axis=1), -k)[-k:]
        size = size[rows]
    flat = size.ravel()
    chosen = np.argpartition(flat, -k)[-k:] if len(flat) > k else np.arange(len(flat))
    values = flat[chosen]
    kept = np.isfinite(values) & (values > 0)
    chosen = chosen[kept][np.argsort(values[kept], kind="stable")]
    row, column = np.divmod(chosen, max(1, size.shape[1]))
    return rows[row], column


def connections_into(
    network: Network, layers: Layers, layer: int, index: int, most: int
) -> Connections:
    """Return a neuron's incoming connections with the largest |w·a|, at most so many.

    Parameters
    ----------
    network : Network
    layers : Layers
        What `inspect_layers` found for this network and an image.
    layer, index : int
        Layer 1 … L and the neuron in it, from 0.
    most : int
    """
    weights = network.weights[layer - 1][index]
    with np.errstate(over="ignore", invalid="ignore"):
        contributions = weights * layers.activations[layer - 1]
        _, sources = largest_entries(contributions[None], most)
    targets = np.full(len(sources), index)
    return Connections(layer, sources, targets, weights[sources], contributions[sources])
