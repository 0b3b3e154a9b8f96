"""The calibration in a model's metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitpad.app.session import Session
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.recognition.calibration import Calibration, are_sure, confidences


def test_it_survives_metadata() -> None:
    calibration = Calibration(temperature=1.5, min_activation=0.25)
    assert Calibration.from_metadata({"recognition": calibration.to_dict()}) == calibration


def test_files_of_version_0_1_call_it_faintest() -> None:
    metadata = {"recognition": {"temperature": 2, "faintest": 0.5}}
    assert Calibration.from_metadata(metadata) == Calibration(2.0, 0.5)


def test_activations_may_be_of_any_sign() -> None:
    for least in (0, 0.0, -0.5, 999_999_999):
        metadata = {"recognition": {"temperature": 1e-8, "min_activation": least}}
        assert Calibration.from_metadata(metadata) == Calibration(1e-8, float(least))


@pytest.mark.parametrize("output", ["logistic", "softmax"])
def test_confidences_by_hand(output: str) -> None:
    z = np.log(np.array([[4.0, 1.0, 9.0], [1.0, 1.0, 1.0]]))
    # At T = 2, e^(z / T) is the square root.
    roots = np.array([[2.0, 1.0, 3.0], [1.0, 1.0, 1.0]])
    none = np.exp(-1.5) if output == "logistic" else 0.0
    expected = roots / (roots.sum(axis=1, keepdims=True) + none)
    np.testing.assert_allclose(confidences(z, 2.0, output), expected)
    np.testing.assert_allclose(confidences(z[0], 2.0, output), expected[0])


def test_sure_needs_the_winner_active_and_probable_row_by_row() -> None:
    activations = np.array([[0.5, 0.1], [0.49, 0.1], [0.2, 0.9], [0.5, 0.5]])
    probabilities = np.array([[0.75, 0.4], [0.9, 0.1], [0.3, 0.74], [0.1, 0.75]])
    assert are_sure(activations, probabilities, 0.5).tolist() == [True, False, False, True]
    assert bool(are_sure(activations[0], probabilities[0], 0.5))
    assert not are_sure(activations[1], probabilities[1], 0.5)


def test_the_shipped_model_has_one_and_others_need_none() -> None:
    assert Calibration.from_metadata(model_file.shipped().metadata) is not None
    assert Calibration.from_metadata({}) is None


@pytest.mark.parametrize(
    "broken",
    [
        [1],
        "hot",
        {},
        {"temperature": 0, "min_activation": 0},
        {"temperature": 0, "min_activation": 0.5},
        {"temperature": 1e-9, "min_activation": 0.5},
        {"temperature": -1, "min_activation": 0.5},
        {"temperature": 1, "min_activation": 1e9},
        {"temperature": 1, "min_activation": -1e9},
        {"temperature": float("nan"), "min_activation": 0},
        {"temperature": 1, "min_activation": "a"},
        {"temperature": True, "min_activation": 0},
        {"temperature": 1, "min_activation": 10**400},
    ],
)
def test_a_broken_one_is_refused_and_the_open_model_stays(
    broken: Any, tmp_path: Path, qtbot: object
) -> None:
    path = tmp_path / "broken.npz"
    model_file.save(path, Model(Network((784, 10)), {"recognition": broken}))
    session = Session(Model(Network((784, 5, 10))))
    before = session.model
    with pytest.raises(DigitpadError, match=r"calibration|not a usable model"):
        session.open(path)
    assert session.model is before
