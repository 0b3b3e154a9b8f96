"""One pixel path: real strokes, drawn as mouse events, are read as their file is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from digitpad import paths
from digitpad.app.drawing.activations_view import ActivationsView
from digitpad.app.drawing.answer import shown_digit
from digitpad.app.drawing.canvas import Canvas
from digitpad.app.main_window import MainWindow
from digitpad.app.session import Session
from digitpad.data.dataset import Dataset
from digitpad.drawing import rasterize
from digitpad.drawing.strokes import Sample, read_strokes
from digitpad.nn import model_file
from digitpad.recognition.evaluation import evaluate
from digitpad.recognition.recognise import recognise
from tests.conftest import close_without_questions, draw

STROKES = Path(__file__).resolve().parents[3] / "shared" / "strokes" / "unipen-1a.jsonl.gz"
SAMPLES = 1000
WITHIN = 0.002


@pytest.fixture
def samples() -> list[Sample]:
    if not STROKES.is_file():
        pytest.skip(f"NO REAL STROKES: {STROKES.name} is not beside the repository")
    found = [sample for sample in read_strokes(STROKES) if sample.label is not None]
    return found[:: len(found) // SAMPLES][:SAMPLES]


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    if not (paths.models() / "digitpad.npz").is_file():
        pytest.skip("NO SHIPPED MODEL: models/digitpad.npz is missing")
    window = MainWindow(Session(model_file.shipped()))
    qtbot.addWidget(window, before_close_func=close_without_questions)
    window.resize(1000, 760)
    window.show()
    qtbot.waitExposed(window)
    return window


def on_canvas(sample: Sample, canvas: Canvas) -> list[NDArray[np.float64]]:
    """Return strokes in the canvas's pixels, as large as a hand would draw them."""
    points = np.concatenate([stroke[:, :2] for stroke in sample.strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = 0.7 * min(canvas.width(), canvas.height()) / max(high - low).clip(1e-9)
    middle = np.array([canvas.width(), canvas.height()]) / 2
    return [(stroke[:, :2] - (low + high) / 2) * scale + middle for stroke in sample.strokes]


def test_drawn_strokes_are_read_as_their_file_is(window: MainWindow, samples: list[Sample]) -> None:
    assert len(samples) >= 1000
    answer = window.findChild(QLabel, "answer")
    bars = window.findChild(ActivationsView, "activations")
    assert answer is not None
    assert bars is not None
    model = window.session.model
    right = alike = several = 0
    for sample in samples:
        window.session.clear()
        draw(window.canvas, *on_canvas(sample, window.canvas))
        right += int(bars.values().argmax()) == sample.label
        reading = recognise(model, rasterize.to_image(sample.strokes))
        is_alike = answer.text() == shown_digit(reading)
        alike += is_alike
        number = window.session.number
        several += (
            not is_alike and number is not None and len(number.digits) + len(number.marks) > 1
        )
    images = rasterize.to_images([sample.strokes for sample in samples])
    labels = np.array([sample.label for sample in samples], dtype=np.int64)
    expected = evaluate(model.network, Dataset(images.reshape(-1, 784), labels, "strokes"))
    assert abs(right / len(samples) - expected.accuracy) <= WITHIN
    assert (alike + several) / len(samples) >= 1 - WITHIN
    # A sample of three 0s, and one with strokes of its neighbours; at most 0.1 % more are torn.
    assert several <= 2 + len(samples) / 1000
