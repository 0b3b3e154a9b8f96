"""A network as an ONNX file, for other programs that run networks.

    input        “image”, (n, 784) float32: 0 = background to 1 = ink, one image a row
    output       “activations”, (n, 10) float32: a^L
    metadata     the model's metadata, such as its name and calibration, as JSON under “digitpad”

Needs the extra “onnx”.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from digitpad import __version__
from digitpad.errors import DigitpadError
from digitpad.nn.functions import ACTIVATIONS
from digitpad.nn.model_file import Model

if TYPE_CHECKING:
    from onnx import NodeProto

# Old enough for every runtime of the last years; it has all that is needed.
_OPSET = 17
_OPERATORS = {"logistic": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "softmax": "Softmax"}


def onnx_bytes(model: Model) -> bytes:
    """Return the ONNX file of a model.

    Raises
    ------
    DigitpadError
        If the package onnx is not installed.
    """
    try:
        from onnx import TensorProto, checker, helper, numpy_helper
    except ImportError:
        raise DigitpadError(
            "To write ONNX, digitpad needs the package onnx: install it with "
            "“pip install 'digitpad[onnx]'”."
        ) from None
    network = model.network
    nodes: list[NodeProto] = []
    parameters = []
    previous = "image"
    for layer, (weights, biases) in enumerate(
        zip(network.weights, network.biases, strict=True), start=1
    ):
        last = layer == len(network.weights)
        w, b, z = f"weights_{layer}", f"biases_{layer}", f"z_{layer}"
        a = "activations" if last else f"a_{layer}"
        parameters.append(numpy_helper.from_array(np.ascontiguousarray(weights, np.float32), w))
        parameters.append(numpy_helper.from_array(np.ascontiguousarray(biases, np.float32), b))
        # z^l = a^(l-1) (W^l)ᵀ + b^l: rows are samples.
        nodes.append(helper.make_node("Gemm", [previous, w, b], [z], transB=1))
        name = network.activation_of(layer)
        assert name in ACTIVATIONS
        if name == "step":  # 1 where z ≥ 0
            zero = f"zero_{layer}"
            parameters.append(numpy_helper.from_array(np.zeros((), np.float32), zero))
            nodes.append(helper.make_node("GreaterOrEqual", [z, zero], [f"fires_{layer}"]))
            nodes.append(helper.make_node("Cast", [f"fires_{layer}"], [a], to=TensorProto.FLOAT))
        else:
            nodes.append(
                helper.make_node(_OPERATORS[name], [z], [a])
            )  # softmax: over the last axis
        previous = a
    graph = helper.make_graph(
        nodes,
        "digitpad",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", network.sizes[0]])],
        [helper.make_tensor_value_info("activations", TensorProto.FLOAT, ["n", network.sizes[-1]])],
        parameters,
    )
    onnx_model = helper.make_model(
        graph,
        producer_name="digitpad",
        producer_version=__version__,
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=8,
    )
    helper.set_model_props(onnx_model, {"digitpad": json.dumps(model.metadata)})
    checker.check_model(onnx_model, full_check=True)
    data: bytes = onnx_model.SerializeToString()
    return data
