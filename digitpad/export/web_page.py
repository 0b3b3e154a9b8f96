"""A model as one web page that reads digits: canvas, activations and answer, weights included.

The page works offline and fetches nothing. Its JavaScript, in resources/web_page, repeats the
arithmetic of `rasterize.to_image`, `Network.outputs` and `recognise`, so it gives the same answers.
"""

from __future__ import annotations

import base64
import html
import json
from typing import Any

import numpy as np

from digitpad import paths
from digitpad.drawing.pen import SIDE
from digitpad.errors import DigitpadError
from digitpad.nn.model_file import Model
from digitpad.nn.network import describe
from digitpad.recognition.calibration import Calibration

_SCRIPTS = ("ink.js", "network.js", "page.js")


def web_page(model: Model) -> str:
    """Return the HTML of a page that reads digits as the model does.

    Parameters
    ----------
    model : Model
        With 784 inputs and 10 outputs.

    Raises
    ------
    DigitpadError
        If it is not a network for digits, or its calibration is unusable.
    """
    folder = paths.resources() / "web_page"
    page = (folder / "page.html").read_text(encoding="utf-8")
    scripts = "\n".join((folder / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    name = str(model.metadata.get("name") or "untitled")
    # In this order: nothing that a model's name holds is taken for a placeholder.
    for placeholder, content in (
        ("{{scripts}}", scripts),
        ("{{model}}", _script_json(_content(model))),
        ("{{title}}", html.escape(f"{name} – digitpad")),
    ):
        page = page.replace(placeholder, content, 1)
    return page


def _content(model: Model) -> dict[str, Any]:
    """Return what network.js needs; the parameters are W^1, b^1, W^2, … row by row."""
    network = model.network
    if (network.sizes[0], network.sizes[-1]) != (SIDE * SIDE, 10):
        raise DigitpadError(
            "Only a network for digits, with 784 inputs and 10 outputs, can become a web page; "
            f"this one has {network.sizes[0]} inputs and {network.sizes[-1]} outputs."
        )
    calibration = Calibration.from_metadata(model.metadata)
    parameters = np.concatenate(
        [
            part.ravel().astype("<f4")
            for weights, biases in zip(network.weights, network.biases, strict=True)
            for part in (weights, biases)
        ]
    )
    # Half the size where nothing is lost, as in the shipped model.
    with np.errstate(over="ignore"):
        halves = parameters.astype("<f2")
    exact = np.array_equal(halves.astype("<f4"), parameters, equal_nan=True)
    return {
        "sizes": network.sizes,
        "activation": network.activation,
        "outputActivation": network.output_activation,
        "calibration": None if calibration is None else calibration.to_dict(),
        "description": describe(network),
        "dtype": "float16" if exact else "float32",
        "parameters": base64.b64encode((halves if exact else parameters).tobytes()).decode("ascii"),
    }


def _script_json(content: dict[str, Any]) -> str:
    """Return JSON that cannot end the script element it stands in."""
    return json.dumps(content).replace("<", "\\u003c")
