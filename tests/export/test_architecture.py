"""The picture of a network shows its real weights."""

from __future__ import annotations

import base64
import io
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from digitpad.export.architecture import NEGATIVE, POSITIVE, svg
from digitpad.nn import model_file
from digitpad.nn.network import Network

SVG = "{http://www.w3.org/2000/svg}"


def lines(picture: str) -> list[dict[str, str]]:
    root = ElementTree.fromstring(picture)
    return [path.attrib for path in root.iter(f"{SVG}path") if "data-weight" in path.attrib]


def test_every_weight_of_a_small_network_is_a_line() -> None:
    network = Network((784, 4, 3, 10), seed=1)
    found = lines(svg(network))
    assert len(found) == 4 * 3 + 3 * 10
    for weights, part in ((network.weights[1], found[:12]), (network.weights[2], found[12:])):
        joined = {(int(line["data-to"]), int(line["data-from"])): line for line in part}
        assert len(joined) == weights.size
        largest = np.abs(weights).max()
        for at, line in joined.items():
            weight = float(weights[at])
            assert float(line["data-weight"]) == weight
            assert line["stroke"] == f"rgb{POSITIVE if weight > 0 else NEGATIVE}"
            width = 0.3 + 2.7 * abs(weight) / largest
            assert float(line["stroke-width"]) == pytest.approx(width, abs=0.006)


def test_the_largest_weights_are_drawn_last() -> None:
    found = lines(svg(Network((784, 4, 10), seed=1)))
    sizes = [abs(float(line["data-weight"])) for line in found]
    assert sizes == sorted(sizes)


def test_neurons_of_the_first_layer_show_their_weights() -> None:
    network = Network((784, 4, 10), seed=2)
    root = ElementTree.fromstring(svg(network))
    pictures = [image.attrib["href"] for image in root.iter(f"{SVG}image")]
    assert len(pictures) == 4
    for weights, picture in zip(network.weights[0], pictures, strict=True):
        data = base64.b64decode(picture.removeprefix("data:image/png;base64,"))
        pixels = np.asarray(Image.open(io.BytesIO(data))).astype(float)
        assert pixels.shape == (28, 28, 3)
        at = np.unravel_index(np.abs(weights).argmax(), (28, 28))
        colour = POSITIVE if weights[np.abs(weights).argmax()] > 0 else NEGATIVE
        assert tuple(pixels[at]) == colour
        # The fainter, the smaller.
        faintness = pixels.min(axis=2).ravel()
        positive = weights > 0
        assert np.corrcoef(faintness[positive], weights[positive])[0, 1] < -0.999
        assert np.corrcoef(faintness[~positive], weights[~positive])[0, 1] > 0.999


def test_of_wide_layers_the_strongest_neurons_are_drawn_and_it_says_so() -> None:
    network = model_file.shipped().network
    picture = svg(network, neurons=12)
    assert "12 of 2,048 neurons" in picture
    assert "12 of 1,024 neurons" in picture
    assert "10 neurons" in picture
    found = lines(picture)
    assert len(found) == 12 * 12 + 12 * 10
    for layer, part in ((1, found[:144]), (2, found[144:])):
        strongest = np.argsort(-np.linalg.norm(network.weights[layer], axis=0))[:12]
        assert {int(line["data-from"]) for line in part} == {*strongest.tolist()}
        for line in part:
            weight = network.weights[layer][int(line["data-to"]), int(line["data-from"])]
            assert float(line["data-weight"]) == weight
    assert len(picture) < 300_000


@pytest.mark.parametrize(
    "network",
    [
        Network((784, 10), seed=1),
        Network((5, 3, 2), seed=1),
        Network((784, 40, 30, 20, 10), activation="relu", seed=1),
    ],
    ids=["no hidden layer", "no pixels", "deep"],
)
@pytest.mark.parametrize("parameters", ["as they are", "zero", "infinite"])
def test_any_network_gives_a_well_formed_picture(network: Network, parameters: str) -> None:
    network = network.copy()
    if parameters != "as they are":
        network.parameters[...] = 0 if parameters == "zero" else np.inf
    root = ElementTree.fromstring(svg(network))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts[0] is not None
    assert texts[0].startswith("-".join(map(str, network.sizes)))
    for digit in range(network.sizes[-1]):
        assert str(digit) in texts
    marks = len([*root.iter(f"{SVG}circle")]) + len([*root.iter(f"{SVG}image")])
    assert marks == sum(min(size, 16) for size in network.sizes[1:])
