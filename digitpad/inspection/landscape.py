"""The cost as a landscape: along the negative gradient, and on a plane through the parameters.

Every value is the true cost of a network with the parameters of its place, on a stated sample of
images; nothing is interpolated. Both come as generators, so that one can watch and cancel (close
the generator).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitpad.errors import DigitpadError
from digitpad.nn.functions import Array
from digitpad.nn.network import Network, split_parameters

# Cells along each side of the grids, each twice as fine as the one before.
_SIDES = (5, 9, 17, 33)


@dataclass(frozen=True, eq=False)
class Line:
    """The cost on the line θ - η ∇C.

    Attributes
    ----------
    rates : (k,)
        η, ascending; 0 is the network itself.
    costs : (k,)
    squared_gradient : float
        ‖∇C‖²: the slope at 0 is its negative, so the tangent is C(0) - η ‖∇C‖².
    """

    rates: Array
    costs: Array
    squared_gradient: float


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane in the space of all parameters: origin + α directions[0] + β directions[1].

    Attributes
    ----------
    origin : (p,)
    directions : (2, p)
    explained : (2,) or None
        Of principal directions: the part of the path's variance along each.
    """

    origin: Array
    directions: Array
    explained: Array | None = None

    def at(self, alpha: float, beta: float) -> Array:
        """Return the parameters of a place, (p,)."""
        here: Array = self.origin + np.asarray(
            alpha * self.directions[0] + beta * self.directions[1], dtype=self.origin.dtype
        )
        return here

    def project(self, path: Sequence[Array]) -> Array:
        """Return (α, β) of the nearest place to each of k parameter vectors, (k, 2)."""
        directions = self.directions.astype(np.float64)
        offsets = np.array([directions @ (point - self.origin) for point in path]).reshape(-1, 2)
        return np.linalg.solve(directions @ directions.T, offsets.T).T


@dataclass(frozen=True, eq=False)
class Grid:
    """Costs on a plane.

    Attributes
    ----------
    alphas : (columns,)
    betas : (rows,)
    costs : (rows, columns)
        NaN where a cost has not been computed yet.
    rows : int
        The first rows, which have been.
    """

    alphas: Array
    betas: Array
    costs: Array
    rows: int

    @property
    def complete(self) -> bool:
        """Whether every cost has been computed."""
        return self.rows == len(self.betas)


def along_gradient(
    network: Network, x: ArrayLike, y: ArrayLike, rates: Sequence[float]
) -> Iterator[Line]:
    """Yield the costs along the negative gradient, one more each time.

    Parameters
    ----------
    network : Network
    x : (n, n_0)
        The sample of images that the cost and its gradient are computed of.
    y : (n, n_L)
    rates : sequence of float
        Learning rates η; 0 is added.

    Raises
    ------
    DigitpadError
        If the network cannot be trained.
    """
    weight_gradients, bias_gradients = network.backpropagate(x, y)
    gradient = np.concatenate(
        [
            np.column_stack([w, b]).ravel()
            for w, b in zip(weight_gradients, bias_gradients, strict=True)
        ]
    )
    squared = float(np.vdot(gradient.astype(np.float64), gradient.astype(np.float64)))
    known: dict[float, float] = {}
    for rate in (0.0, *(rate for rate in rates if rate != 0)):
        step = np.asarray(rate, gradient.dtype) * gradient
        known[float(rate)] = _cost(network, network.parameters - step, x, y)
        places = sorted(known)
        yield Line(np.array(places), np.array([known[place] for place in places]), squared)


def principal_plane(path: Sequence[Array]) -> Plane:
    """Return the plane through the end of a path along its two principal directions.

    As Li et al., "Visualizing the loss landscape of neural nets" (2018): the principal components
    of the differences θ_i - θ_end.

    Parameters
    ----------
    path : sequence of k parameter vectors (p,)
        A run's snapshots, in order; k ≥ 3.

    Raises
    ------
    DigitpadError
        If they are too few or do not span a plane.
    """
    if len(path) < 3:
        raise DigitpadError(
            "A path needs at least three snapshots to span a plane: train a little longer."
        )
    end = np.asarray(path[-1])
    differences = np.array([point - end for point in path[:-1]], dtype=np.float64)
    # The k × k matrix of inner products has the same components as the p × p covariance.
    eigenvalues, vectors = np.linalg.eigh(differences @ differences.T)
    if not eigenvalues[-2] > 1e-9 * eigenvalues[-1]:
        raise DigitpadError(
            "These snapshots lie on one line, which spans no plane: train a little longer."
        )
    directions = vectors[:, [-1, -2]].T @ differences
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    # The sign of a component is arbitrary: let the path begin on the positive side.
    directions *= np.where(directions @ differences[0] < 0, -1.0, 1.0)[:, None]
    explained = eigenvalues[[-1, -2]] / eigenvalues.sum()
    return Plane(end, directions.astype(end.dtype), explained)


def random_plane(network: Network, seed: int = 0) -> Plane:
    """Return a plane through a network along two random directions, normalised by filter.

    Li et al. (2018): each neuron's incoming weights have a normal random direction, scaled to the
    norm of the network's own; biases stay. So one unit is as much for every neuron, however large
    its weights.
    """
    generator = np.random.default_rng(seed)
    directions = np.zeros((2, len(network.parameters)), dtype=network.parameters.dtype)
    for direction in directions:
        for part, weights in zip(
            split_parameters(direction, network.sizes), network.weights, strict=True
        ):
            drawn = generator.standard_normal(weights.shape)
            norms = np.linalg.norm(weights, axis=1) / np.linalg.norm(drawn, axis=1)
            part[:, :-1] = drawn * norms[:, None]
    return Plane(network.parameters.copy(), directions)


def extent_of(points: Array, margin: float = 0.35) -> tuple[float, float, float, float]:
    """Return a window (α from, α to, β from, β to) around projected points and the origin."""
    around = np.vstack([points, np.zeros((1, 2))])
    low, high = around.min(axis=0), around.max(axis=0)
    reach = margin * np.maximum(high - low, 1e-3 + 0.2 * (high - low).max())
    low, high = low - reach, high + reach
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def grids(
    network: Network,
    plane: Plane,
    x: ArrayLike,
    y: ArrayLike,
    extent: tuple[float, float, float, float] = (-1.0, 1.0, -1.0, 1.0),
    sides: Sequence[int] = _SIDES,
    wait: Callable[[], object] = lambda: None,
) -> Iterator[Grid]:
    """Yield the cost on a plane, on finer and finer grids; after each row, what there is of it.

    Parameters
    ----------
    network : Network
        Whose layers, functions and cost are used; the parameters are the plane's.
    plane : Plane
    x : (n, n_0)
        The sample of images that the cost is computed of.
    y : (n, n_L)
    extent : α from, α to, β from, β to
    sides : sequence of int
        Places along each side, of each grid. If one has 2s - 1 after one of s, no place is computed
        twice.
    wait : function
        Called before each cost, which takes a while with a large network.
    """
    known: dict[tuple[float, float], float] = {}
    for side in sides:
        alphas = np.linspace(extent[0], extent[1], side)
        betas = np.linspace(extent[2], extent[3], side)
        costs: NDArray[np.float64] = np.full((side, side), np.nan)
        for row, beta in enumerate(betas):
            for column, alpha in enumerate(alphas):
                # The corners' shares name a place alike on every grid.
                place = (column / (side - 1), row / (side - 1))
                if place not in known:
                    wait()
                    known[place] = _cost(network, plane.at(alpha, beta), x, y)
                costs[row, column] = known[place]
            yield Grid(alphas, betas, costs.copy(), row + 1)


def _cost(network: Network, parameters: Array, x: ArrayLike, y: ArrayLike) -> float:
    with np.errstate(over="ignore", invalid="ignore"):  # far away, a cost may be infinite
        return network.with_parameters(parameters).total_cost(x, y)
