"""The calibration in a model's metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from digitpad.app.session import Session
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.recognition.calibration import Calibration


def test_it_survives_metadata() -> None:
    calibration = Calibration(temperature=1.5, min_activation=0.25)
    assert Calibration.from_metadata({"recognition": calibration.to_dict()}) == calibration


def test_files_of_version_0_1_call_it_faintest() -> None:
    metadata = {"recognition": {"temperature": 2, "faintest": 0.5}}
    assert Calibration.from_metadata(metadata) == Calibration(2.0, 0.5)


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
