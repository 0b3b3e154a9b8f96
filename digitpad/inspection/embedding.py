"""The points map: the activations of a layer for many images, as points in the plane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from digitpad.errors import DigitpadError
from digitpad.nn.functions import Array
from digitpad.nn.network import Network

# t-SNE's result depends on random numbers; the same seed gives the same map.
_SEED = 0


@dataclass(frozen=True, eq=False)
class PointsMap:
    """Images as points, and where another image would lie among them.

    Attributes
    ----------
    layer : int
        Whose activations are mapped, 0 (the pixels) … L.
    points : (n, 2)
    explained : (2,) or None
        Of PCA: the part of the variance along each axis.
    place : callable
        Given activations (k, n_l), returns their points (k, 2).
    """

    layer: int
    points: Array
    explained: Array | None
    place: Callable[[Array], Array]

    def locate(self, network: Network, images: ArrayLike) -> Array:
        """Return where images, (784,) or (k, 784), lie on the map: (k, 2)."""
        return self.place(activations_of(network, images, self.layer))


def activations_of(network: Network, images: ArrayLike, layer: int) -> Array:
    """Return the activations of one layer, (k, n_l) float64.

    Raises
    ------
    DigitpadError
        If there is no such layer.
    """
    if not 0 <= layer < len(network.sizes):
        raise DigitpadError(
            f"There is no layer {layer}: choose one from 0 to {len(network.sizes) - 1}."
        )
    return np.atleast_2d(network.activations(images)[layer]).astype(np.float64)


def principal_components(network: Network, images: ArrayLike, layer: int) -> PointsMap:
    """Map a layer's activations to their two principal components (PCA).

    Of all linear maps to the plane, this one keeps the most variance. So distances on the map are
    never larger than the true ones, but what is near on the map may be far apart.

    Parameters
    ----------
    network : Network
    images : (n, 784), n ≥ 3
    layer : int
        0 … L.

    Raises
    ------
    DigitpadError
        If there is no such layer, or there are too few images.
    """
    activations = activations_of(network, images, layer)
    if len(activations) < 3:
        raise DigitpadError("A map needs at least three images: choose more.")
    mean = activations.mean(axis=0)
    centred = activations - mean
    # Of the covariance or of the inner products, whichever is smaller: several times as fast as the
    # singular value decomposition of all.
    n, neurons = centred.shape
    if neurons <= n:
        variances, vectors = np.linalg.eigh(centred.T @ centred)
        components = vectors[:, -2:].T[::-1]
    else:
        variances, vectors = np.linalg.eigh(centred @ centred.T)
        components = vectors[:, -2:].T[::-1] @ centred
        components /= np.linalg.norm(components, axis=1, keepdims=True) + 1e-300
    total = variances.sum()
    explained = variances[-2:][::-1] / total if total > 0 else np.zeros(2)
    if neurons < 2:
        components = np.vstack([components, np.zeros_like(components)])
        explained = np.append(explained[:1], 0.0)
    # The sign of a component is arbitrary: let its largest entry be positive.
    largest = np.abs(components).argmax(axis=1)
    components = components * np.where(components[[0, 1], largest] < 0, -1.0, 1.0)[:, None]

    def place(others: Array) -> Array:
        located: Array = (others - mean) @ components.T
        return located

    return PointsMap(layer, place(activations), explained, place)


def t_sne(network: Network, images: ArrayLike, layer: int, perplexity: float = 30.0) -> PointsMap:
    """Map a layer's activations by t-SNE (van der Maaten 2008), which keeps neighbours together.

    Distances between groups, and the groups' sizes, mean nothing. Needs openTSNE (Poličar 2019).

    Parameters
    ----------
    network, images, layer
        As for `principal_components`.
    perplexity : float
        About how many neighbours each point has; at most a third of the images.

    Raises
    ------
    DigitpadError
        If openTSNE is not installed, or as for `principal_components`.
    """
    try:
        from openTSNE import TSNE
    except ImportError:
        raise DigitpadError(
            "t-SNE needs openTSNE, which is not installed: run “pip install digitpad[embedding]”, "
            "or use PCA."
        ) from None
    activations = activations_of(network, images, layer)
    if len(activations) < 12:
        raise DigitpadError("A map by t-SNE needs at least twelve images: choose more.")
    fitted = TSNE(
        perplexity=min(perplexity, len(activations) / 3), random_state=_SEED, n_jobs=1
    ).fit(activations)

    def place(others: Array) -> Array:
        return np.asarray(fitted.transform(others), dtype=np.float64)

    return PointsMap(layer, np.asarray(fitted, dtype=np.float64), None, place)
