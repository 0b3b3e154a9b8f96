"""A picture of a network, as SVG, with its real weights.

The first column is the input. Each neuron of the first hidden layer is drawn as the 28 x 28 picture
of its weights, every further one as a circle. Lines are weights: blue where positive, orange where
negative, wider and darker the larger they are. Of a wide layer only some neurons are drawn: those
whose weights to what follows are largest.
"""

from __future__ import annotations

import base64
import html
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitpad.drawing.pen import SIDE
from digitpad.nn.functions import Array
from digitpad.nn.network import Network, describe

MAX_NEURONS = 16
"""Neurons of one layer that are drawn."""

POSITIVE, NEGATIVE = (23, 105, 194), (217, 95, 2)
"""The colours of weights, red, green, blue; told apart in every common kind of colour blindness."""

_MAX_LINES = 300  # between two layers
_STEP = 46  # from neuron to neuron
_TILE = 36
_RADIUS = 13
_COLUMN = 190  # from layer to layer
_MARGIN = 36
_TITLE = 44


def svg(network: Network, neurons: int = MAX_NEURONS) -> str:
    """Return the picture.

    Parameters
    ----------
    network : Network
    neurons : int
        At most so many neurons of each hidden layer are drawn.

    Returns
    -------
    str
        An SVG document. Each line has the attribute data-weight with its weight's value, and
        data-from and data-to with the neurons that it joins, counted from 0.
    """
    shown = [_shown(network, layer, neurons) for layer in range(1, len(network.sizes))]
    height = _TITLE + 2 * _MARGIN + _STEP * max(map(len, shown))
    width = 2 * _MARGIN + _COLUMN * len(shown) + 2 * _TILE
    columns = [_MARGIN + _TILE + _COLUMN * layer for layer in range(len(network.sizes))]
    middle = _TITLE + (height - _TITLE) / 2
    rows = [
        [middle + (number - (len(column) - 1) / 2) * _STEP for number in range(len(column))]
        for column in shown
    ]
    parts = [_input(network, columns[0], middle)]
    for y in rows[0]:
        parts.append(
            f'<path d="M{columns[0] + _TILE} {middle:g} L{columns[1] - _TILE / 2} {y:g}" '
            'stroke="#9aa5b1" stroke-width="0.6" opacity="0.6"/>'
        )
    for layer in range(2, len(network.sizes)):
        parts += _lines(
            network.weights[layer - 1],
            (shown[layer - 2], shown[layer - 1]),
            (columns[layer - 1], columns[layer]),
            (rows[layer - 2], rows[layer - 1]),
        )
    for layer, (column, ys) in enumerate(zip(shown, rows, strict=True), start=1):
        for neuron, y in zip(column, ys, strict=True):
            parts.append(_neuron(network, layer, int(neuron), columns[layer], y))
        parts.append(_caption(columns[layer], height, len(column), network.sizes[layer]))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="12" '
        'fill="#1d2733" text-anchor="middle">\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
        f'<text x="{_MARGIN}" y="30" text-anchor="start" font-size="16" font-weight="600">'
        f"{html.escape(describe(network))}</text>\n{body}\n</svg>\n"
    )


def _shown(network: Network, layer: int, neurons: int) -> NDArray[np.intp]:
    """Return which neurons of a layer are drawn: all, or those with the largest weights onwards."""
    count = network.sizes[layer]
    if layer == len(network.sizes) - 1 or count <= neurons:
        return np.arange(count)
    largest = np.linalg.norm(network.weights[layer], axis=0)
    return np.sort(np.argsort(-largest, kind="stable")[:neurons])


def _input(network: Network, x: float, y: float) -> str:
    inputs = network.sizes[0]
    name = f"{SIDE} × {SIDE} pixels" if inputs == SIDE * SIDE else f"{inputs} inputs"
    return (
        f'<rect x="{x - _TILE}" y="{y - _TILE:g}" width="{2 * _TILE}" height="{2 * _TILE}" '
        'rx="4" fill="#eef1f4" stroke="#5b6673"/>\n'
        f'<text x="{x}" y="{y + _TILE + 18:g}">{name}</text>'
    )


def _lines(
    weights: Array,
    shown: tuple[NDArray[np.intp], NDArray[np.intp]],
    columns: tuple[float, float],
    rows: tuple[list[float], list[float]],
) -> list[str]:
    """Return the lines of the largest weights (neurons, neurons before) between shown neurons."""
    part = weights[np.ix_(shown[1], shown[0])].astype(np.float64)
    sizes = np.abs(part)
    largest = sizes.max(initial=0.0)
    if not 0 < largest < np.inf:
        return []
    order = np.argsort(-sizes, axis=None, kind="stable")[:_MAX_LINES][::-1]
    lines = []
    for to, source in zip(*np.unravel_index(order, part.shape), strict=True):
        strength = sizes[to, source] / largest
        colour = POSITIVE if part[to, source] > 0 else NEGATIVE
        neuron, before = shown[1][to], shown[0][source]
        lines.append(
            f'<path d="M{columns[0]} {rows[0][source]:g} L{columns[1]} {rows[1][to]:g}" '
            f'stroke="rgb{colour}" stroke-width="{0.3 + 2.7 * strength:.2f}" '
            f'opacity="{0.1 + 0.8 * strength:.2f}" data-from="{before}" '
            f'data-to="{neuron}" data-weight="{float(weights[neuron, before])}"/>'
        )
    return lines


def _neuron(network: Network, layer: int, neuron: int, x: float, y: float) -> str:
    if layer == 1 and network.sizes[0] == SIDE * SIDE:
        left, top = x - _TILE / 2, y - _TILE / 2
        picture = base64.b64encode(_weights_png(network.weights[0][neuron])).decode("ascii")
        mark = (
            f'<image x="{left:g}" y="{top:g}" width="{_TILE}" height="{_TILE}" '
            f'image-rendering="pixelated" href="data:image/png;base64,{picture}"/>\n'
            f'<rect x="{left:g}" y="{top:g}" width="{_TILE}" height="{_TILE}" fill="none" '
            'stroke="#5b6673"/>'
        )
    else:
        mark = (
            f'<circle cx="{x:g}" cy="{y:g}" r="{_RADIUS}" fill="#ffffff" stroke="#5b6673" '
            'stroke-width="1.4"/>'
        )
    if layer == len(network.sizes) - 1:
        at = (x, y + 4.5) if layer > 1 else (x + _TILE, y + 4.5)
        mark += f'\n<text x="{at[0]:g}" y="{at[1]:g}" font-weight="600">{neuron}</text>'
    return mark


def _weights_png(weights: Array) -> bytes:
    """Return a neuron's 784 weights as a picture: white is 0, colours are as those of lines."""
    values = weights.reshape(SIDE, SIDE).astype(np.float64)
    largest = np.abs(values).max()
    shares = values / largest if 0 < largest < np.inf else np.zeros_like(values)
    colours = np.where(shares[..., None] > 0, POSITIVE, NEGATIVE)
    pixels = 255 + (colours - 255) * np.abs(shares)[..., None]
    file = io.BytesIO()
    Image.fromarray(pixels.round().astype(np.uint8)).save(file, "PNG", optimize=True)
    return file.getvalue()


def _caption(x: float, height: float, shown: int, count: int) -> str:
    text = f"{count:,} neurons" if shown == count else f"{shown} of {count:,} neurons"
    return f'<text x="{x:g}" y="{height - 14:g}" fill="#5b6673">{text}</text>'
