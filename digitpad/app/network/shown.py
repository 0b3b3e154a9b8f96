"""What a network does with one image, computed and drawn so far that painting it takes little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtGui import QImage

from digitpad.app.network.neurons import levels
from digitpad.app.network.picture import Picture, Threads
from digitpad.inspection.layers import Connections, Layers, inspect_layers
from digitpad.nn.network import Network


@dataclass(frozen=True, eq=False)
class Shown:
    """What is shown of a network and an image.

    Attributes
    ----------
    network : Network
    layers : Layers
        The core's own arrays.
    levels : sequence of L + 1 arrays, (n_l,) from -1 to 1
        The input, and how active each neuron is.
    picture : Picture or None
        Where everything is, if that was known.
    gradient : sequence of Threads or None
        What is drawn in place of the connections.
    base : QImage or None
        The lines; drawn where there was a picture.
    duration : float
        Seconds that all of it took.
    """

    network: Network
    layers: Layers
    levels: Sequence[NDArray[np.float64]]
    picture: Picture | None
    gradient: Sequence[Threads] | None
    base: QImage | None
    duration: float


def compute(
    network: Network,
    image: ArrayLike,
    picture: Picture | None,
    gradient: Sequence[Threads] | None,
) -> Shown:
    """Feed an image forward and draw the lines; no widget is touched, so a thread may do it.

    Parameters
    ----------
    network : Network
    image : (28, 28)
        0 = background to 1 = ink.
    picture : Picture or None
        Of the network's architecture.
    gradient : sequence of Threads or None
        To be drawn in place of the connections.
    """
    begin = perf_counter()
    layers = inspect_layers(network, image)
    shades = [
        levels(network.activation_of(layer), a) if layer else a.astype(np.float64)
        for layer, a in enumerate(layers.activations)
    ]
    base = None
    if picture is not None:
        lines = as_threads(layers.connections) if gradient is None else gradient
        base = picture.draw_threads(lines, 1.0)
    return Shown(network, layers, shades, picture, gradient, base, perf_counter() - begin)


def as_threads(connections: Sequence[Connections]) -> list[Threads]:
    """Return the lines that show connections, by what each adds to z."""
    return [Threads(c.layer, c.sources, c.targets, c.contributions) for c in connections]
