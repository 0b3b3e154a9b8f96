"""Every layer for one image: weighted inputs, activations and the connections that matter now."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

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
        If it is frozen, what helps to find its connections is computed once and kept.
    image : n_0 values in any shape
        For digits (28, 28) or (784,), 0 = background to 1 = ink.
    most_connections : int
        At most so many in all; each pair of layers gets an equal share.

    Raises
    ------
    DigitpadError
        If the image has not n_0 values.
    """
    known = _transposed(network) if network.is_frozen else (None,) * (len(network.sizes) - 1)
    # A network that diverges is shown as it is: overflow is no surprise.
    with np.errstate(over="ignore", invalid="ignore"):
        z, a = network.forward(np.asarray(image).ravel())
        share = max(1, most_connections // len(z))
        connections = tuple(
            _strongest_connections(network, layer, a[layer - 1], share, known[layer - 1])
            for layer in range(1, len(a))
        )
    return Layers(network.sizes, tuple(z), tuple(a), connections)


@dataclass(frozen=True, eq=False)
class _Transposed:
    """The weights W^l of a frozen network by the neuron that they come from.

    Attributes
    ----------
    weights : (n_{l-1}, n_l)
        The network's own `transposed_weights`: what leaves one neuron lies together.
    largest : (n_{l-1},)
        The largest |w| that leaves each neuron.
    """

    weights: Array
    largest: Array


_KNOWN: WeakKeyDictionary[Network, tuple[_Transposed, ...]] = WeakKeyDictionary()


def _transposed(network: Network) -> tuple[_Transposed, ...]:
    """Return the weights of every layer of a frozen network, transposed, with their largest."""
    known = _KNOWN.get(network)
    if known is None:
        matrices = network.transposed_weights()
        known = tuple(_Transposed(w, np.abs(w).max(axis=1)) for w in matrices)
        _KNOWN[network] = known
    return known


def _strongest_connections(
    network: Network, layer: int, a: Array, k: int, known: _Transposed | None
) -> Connections:
    """Return the k connections into a layer with the largest |w·a|; those of 0 never count.

    The largest |w·a| that leaves a neuron is the largest |w| times its |a|. Where the largest |w|
    are known, the k neurons that matter are found before anything is multiplied, in a fraction of
    the time.
    """
    outgoing = network.weights[layer - 1].T if known is None else known.weights
    active = np.flatnonzero(a)
    if known is not None and len(active) > k:
        bounds = known.largest[active] * np.abs(a[active])
        if np.isfinite(bounds).all():
            active = active[np.argpartition(bounds, -k)[-k:]]
    size: Array
    if len(active) > _SPARSE * len(a):
        active = np.arange(len(a))
        size = outgoing * a[:, None]
    else:
        size = outgoing[active]
        size *= a[active, None]
    rows, targets = _largest(np.abs(size, out=size), k)
    sources = active[rows]
    weights = outgoing[sources, targets]
    return Connections(layer, sources, targets, weights, weights * a[sources])


def largest_entries(matrix: Array, k: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of the k entries with the largest absolute values, ascending.

    Entries that are 0 or not finite are left out, so there may be fewer.

    Parameters
    ----------
    matrix : (rows, columns)
    k : int

    Returns
    -------
    rows, columns : (at most k,) int
    """
    return _largest(np.abs(matrix), k)


def _largest(size: Array, k: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where the k largest entries are, as `largest_entries` does; `size` may be changed.

    The k-th largest of the rows' (or the columns') maxima is a bound that k entries reach, so only
    few entries need to be sorted.
    """
    maxima = size.max(axis=0 if size.shape[0] < size.shape[1] else 1, initial=0)
    if not np.isfinite(maxima).all():
        size[~np.isfinite(size)] = 0
        return _largest(size, k)
    bound = np.partition(maxima, -k)[-k] if len(maxima) > k else 0
    flat = size.ravel()
    chosen = np.flatnonzero(flat >= bound) if bound > 0 else np.flatnonzero(flat)
    if len(chosen) > k:
        chosen = chosen[np.argpartition(flat[chosen], -k)[-k:]]
    chosen = chosen[np.argsort(flat[chosen], kind="stable")]
    return np.divmod(chosen, max(1, size.shape[1]))


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
