"""The model's metadata as a page, which follows the session."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from digitpad.app.model.panel import ModelPanel, as_page
from digitpad.app.session import Session
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.training.hyperparameters import Hyperparameters

METADATA: dict[str, Any] = {
    "name": "five",
    "description": "Learned in a test, with <care> & patience.",
    "hyperparameters": Hyperparameters(learning_rate=0.25, dropout=0.1).to_dict(),
    "history": [
        {
            "epoch": number,
            "cost": 1 / number,
            "accuracy": 0.9 + number / 1000,
            "validation_accuracy": 0.91,
        }
        for number in range(1, 31)
    ],
    "accuracy": {"MNIST test images": 0.9876},
    "data": "MNIST",
    "created": "2026-01-31",
}


def test_the_page_shows_all_of_the_metadata() -> None:
    text = as_page(Model(Network((784, 30, 10)), METADATA), "five.npz")
    for part in (
        "five.npz",
        "784-30-10",
        "23,860",
        "logistic",
        "quadratic",
        "98.76\N{NO-BREAK SPACE}%",
        "MNIST",
    ):
        assert part in text
    assert "0.25" in text
    assert "Dropout" in text
    assert "&lt;care&gt; &amp; patience" in text


def test_what_is_not_used_is_left_out() -> None:
    text = as_page(Model(Network((784, 30, 10)), METADATA), "five.npz")
    assert "Momentum" not in text
    assert "Elastic" not in text


def test_a_long_history_is_shortened_but_keeps_its_end() -> None:
    text = as_page(Model(Network((784, 30, 10)), METADATA), "five.npz")
    assert text.count("<tr>") < 40
    assert ">30<" in text


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"hyperparameters": "none", "history": {"a": 1}, "accuracy": []},
        {"history": [1, None, {"cost": "high"}, {"epoch": 1, "cost": None}]},
        {"accuracy": {"here": "good"}, "data": ["a", {"b": 2}], "created": 5},
        {"hyperparameters": {"unknown": [1, 2], "learning_rate": "fast"}, "description": 7},
        {"accuracy": 0.5},
        {"accuracy": {"here": 10**400}, "history": [{"cost": 10**5000, "epoch": 10**5000}]},
        {"hyperparameters": {"epochs": 10**5000, "seed": -(10**400)}, "data": 10**5000},
    ],
)
def test_metadata_by_others_do_not_break_it(metadata: dict[str, Any]) -> None:
    assert "784-10" in as_page(Model(Network((784, 10)), metadata), "theirs")


def test_the_panel_follows_the_session(qtbot: QtBot) -> None:
    session = Session(Model(Network((784, 12, 10)), {"name": "small"}))
    panel = ModelPanel(session)
    qtbot.addWidget(panel)
    assert "784-12-10" in panel.page.text()
    session.show_model(Model(Network((784, 9, 10)), METADATA))
    assert "784-9-10" in panel.page.text()
    assert "98.76\N{NO-BREAK SPACE}%" in panel.page.text()


def test_the_button_asks_for_an_evaluation(qtbot: QtBot) -> None:
    panel = ModelPanel(Session(Model(Network((784, 10)), {})))
    qtbot.addWidget(panel)
    (button,) = panel.findChildren(QPushButton)
    with qtbot.waitSignal(panel.evaluate_wanted):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
