"""Model files whose metadata or training's state are hostile: read, or refused by a sentence."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QLabel

from digitpad.app.cards import BUILT_IN
from digitpad.app.main_window import MainWindow
from digitpad.cli.main import main
from digitpad.data import dataset
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.training import sgd
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.metadata import training_metadata
from digitpad.training.state import TrainingState
from tests.conftest import images_file

H = Hyperparameters(hidden_layers=(4,), optimiser="adam", learning_rate=0.01, epochs=2, patience=3)

NESTED: list[Any] = []
for _ in range(30):
    NESTED = [NESTED]

HOSTILE: list[Any] = [
    *(10**400, 10**4000, -(10**18), 2**63 - 1, -1, 1e308, float("nan"), float("inf")),
    *(True, None, [], [1, [2]], {}, {"a": {"b": 1}}, NESTED, "", "<b>", "\0\n", 1000 * "x"),
]

COUNTERS = ("epoch", "position", "chunk_start", "steps", "halvings", "epoch_correct")
NUMBERS = ("seconds", "epoch_cost", "best_accuracy", "last_cost")
ARRAYS = ("velocity", "squares", "best_parameters")


class Trained:
    """A small network that was trained for two epochs, and files of it with changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = images_file(folder / "data.npz", 60)
        digits = dataset.load(self.data)
        self.network: Network = H.new_network()
        self.state = TrainingState()
        for _ in sgd.train(self.network, digits, H, digits, state=self.state):
            pass
        sources: dict[str, Any] = {"preset": None, "data": str(self.data), "strokes": []}
        self.metadata = training_metadata(self.network, H, self.state, "some", {"images": 0.5})
        self.metadata |= {"sources": sources}
        self.metadata |= {"recognition": {"temperature": 1.0, "min_activation": 0.5}}

    def file(
        self, metadata: dict[str, Any] | None = None, arrays: dict[str, Any] | None = None
    ) -> Path:
        path = self.folder / "hostile.npz"
        state = self.state.to_arrays() | (arrays or {})
        model_file.save(path, Model(self.network, self.metadata | (metadata or {})), state)
        return path

    def with_values(self, **changes: Any) -> Path:
        arrays = self.state.to_arrays()
        values = json.loads(str(arrays["values"])) | changes
        return self.file(arrays={"values": np.array(json.dumps(values))})

    def files(self, place: str) -> Iterator[Path]:
        """Write one file after another that is hostile in some place."""
        if place in ARRAYS:
            size = self.network.parameters.size
            for array in (
                *(np.zeros(3), np.zeros((2, 2)), np.float32(1), np.zeros((size, 1)), np.zeros(0)),
                *(np.zeros(size, int), np.full(size, np.nan), np.full(size, 1e300)),
                *(-np.ones(size), np.array(["text"])),
            ):
                yield self.file(arrays={place: np.asarray(array)})
            return
        for value in HOSTILE:
            match place:
                case "counters" | "numbers":
                    for key in COUNTERS if place == "counters" else NUMBERS:
                        yield self.with_values(**{key: value})
                case "history":
                    history = copy.deepcopy(self.state.history)
                    history[0] |= {"epoch": value, "cost": value, "accuracy": value}
                    history.insert(0, {"change": value, "epoch": value, "position": value})
                    for each in (value, [value], history):
                        yield self.file({"history": each})
                        yield self.with_values(history=each)
                case "hyperparameters":
                    for key in ("hidden_layers", "activation", "learning_rate", "seed", "unknown"):
                        changed = H.to_dict() | {key: value}
                        yield self.file({"hyperparameters": changed})
                        yield self.with_values(hyperparameters=changed)
                    yield self.with_values(hyperparameters=value)
                case _:
                    yield self.file({place: value})
                    whole = self.metadata.get(place)
                    if isinstance(whole, dict):
                        for key in whole:
                            yield self.file({place: whole | {key: value}})


PLACES = [
    *("history", "hyperparameters", "sources", "accuracy", "recognition", "architecture"),
    *("seconds", "created", "name", "description", "version", "activation", "counters", "numbers"),
    *ARRAYS,
]


@pytest.fixture
def trained(tmp_path: Path) -> Trained:
    return Trained(tmp_path)


@pytest.mark.parametrize("place", PLACES)
def test_a_training_is_continued_or_refused_by_a_sentence(
    trained: Trained, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.npz"
    for path in trained.files(place):
        out.unlink(missing_ok=True)
        code = main(["train", "--continue", str(path), "--out", str(out), "--epochs", "3"])
        said = capsys.readouterr().err.strip().splitlines()
        if code == 0:
            # What it made can be continued in turn.
            assert model_file.load(out).network.sizes == trained.network.sizes
            state = TrainingState.load(out)
            assert state is not None
            assert state.epoch == 3
        else:
            assert said[-1].startswith("digitpad: ")
            assert said[-1].endswith(".")
            assert max(map(len, said)) < 500


def test_the_window_opens_or_refuses_the_same_files(window: MainWindow, trained: Trained) -> None:
    page = window.findChild(QLabel, "metadata")
    assert page is not None
    window.shelf.select(BUILT_IN)
    opened = 0
    refusals = []
    paths = (path for place in PLACES for path in trained.files(place))
    for path in islice(paths, 0, None, 5):  # all take a minute; the terminal's test has them all
        try:
            window.shelf.open(path)
        except DigitpadError as error:
            refusals.append(str(error))
            assert window.shelf.selected == BUILT_IN
            continue
        opened += 1
        assert window.session.path == path
        QApplication.processEvents()
        assert "hostile" in page.text()
        window.shelf.select(BUILT_IN)
    assert opened > 50
    assert len(refusals) > 50
    assert all(each.endswith(".") and len(each) < 500 for each in refusals)
