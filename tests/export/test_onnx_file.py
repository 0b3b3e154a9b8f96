"""An ONNX file gives the activations that the network gives, in onnxruntime."""

from __future__ import annotations

import json
import sys

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from digitpad.data.mnist import mnist
from digitpad.errors import DigitpadError
from digitpad.export.onnx_file import onnx_bytes
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network

onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")


def run(data: bytes, images: NDArray[np.float32]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    (result,) = session.run(["activations"], {"image": images})
    return np.asarray(result, dtype=np.float32)


def test_the_shipped_model_reads_mnists_test_images_alike() -> None:
    model = model_file.shipped()
    test = mnist().test
    found = run(onnx_bytes(model), test.inputs())
    expected = model.network.feed_forward(test.inputs())
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).all()


@pytest.mark.parametrize(
    ("activation", "output_activation", "cost"),
    [
        ("logistic", "logistic", "cross-entropy"),
        ("tanh", "softmax", "cross-entropy"),
        ("relu", "tanh", "quadratic"),
        ("step", "step", "quadratic"),
    ],
)
def test_every_activation_function(activation: str, output_activation: str, cost: str) -> None:
    network = Network(
        (784, 20, 15, 10),
        activation=activation,
        output_activation=output_activation,
        cost=cost,
        seed=1,
    )
    if activation == "step":  # z is exactly 0 where nothing comes in
        network.biases[0][...] = 0
    images = np.random.default_rng(0).random((7, 784), dtype=np.float32)
    images[0] = 0
    found = run(onnx_bytes(Model(network)), images)
    np.testing.assert_allclose(found, network.feed_forward(images), atol=1e-5)


def test_it_keeps_the_metadata() -> None:
    model = model_file.shipped()
    kept = {
        entry.key: entry.value for entry in onnx.load_from_string(onnx_bytes(model)).metadata_props
    }
    assert json.loads(kept["digitpad"]) == json.loads(json.dumps(model.metadata))


def test_without_the_package_it_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(DigitpadError, match=r"pip install 'digitpad\[onnx\]'"):
        onnx_bytes(Model(Network((784, 5, 10))))
