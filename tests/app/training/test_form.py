"""The form: four fields in view, the others under “More”, and changes that can be set back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QSlider, QToolButton
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from digitpad.training.hyperparameters import FIELDS
from tests.app.training.test_panel import choose, choose_radio, find, panel, write

MAIN = ("hidden_layers_1", "learning_rate", "mini_batch_size", "epochs")


@pytest.mark.parametrize("size", [(1366, 768), (1280, 720)])
def test_four_fields_are_in_view_and_the_others_under_more(
    qtbot: QtBot, window: MainWindow, size: tuple[int, int]
) -> None:
    window.resize(*size)
    window.perspectives.switch(Perspective.TRAIN)
    window.perspectives.reset()
    qtbot.wait(50)
    for name in MAIN:
        field = find(window, QLineEdit, name)
        assert field.visibleRegion().boundingRect() == field.rect(), name
    more = find(window, QToolButton, "more_fields_heading")
    assert more.visibleRegion().boundingRect() == more.rect()
    for name in set(FIELDS) - {"hidden_layers", *MAIN}:
        assert not any(field.isVisible() for field in panel(window).findChildren(QLineEdit, name))


def test_the_slider_and_the_field_are_the_same_learning_rate(
    qtbot: QtBot, window: MainWindow
) -> None:
    slider, field = find(window, QSlider, "learning_rate_slider"), "learning_rate"
    for text, place in (("0.001", 0), ("0.01", 20), ("1", 60), ("3", 70), ("100", 100)):
        write(qtbot, window, field, text)
        assert slider.value() == place
        assert panel(window).hyperparameters().learning_rate == float(text)
    write(qtbot, window, field, "1000")  # beyond its end
    assert slider.value() == 100
    assert panel(window).hyperparameters().learning_rate == 1000
    for key, value in (
        (Qt.Key.Key_Home, 0.001),
        (Qt.Key.Key_PageUp, 0.0032),
        (Qt.Key.Key_PageUp, 0.01),
        (Qt.Key.Key_Right, 0.011),
        (Qt.Key.Key_End, 100.0),
    ):
        qtbot.keyClick(slider, key)
        assert panel(window).hyperparameters().learning_rate == value
    assert slider.accessibleDescription() == "100"
    with qtbot.waitSignal(panel(window).form.committed):
        middle = QPoint(slider.width() // 2, slider.height() // 2)
        qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=middle)


def test_a_changed_field_is_marked_and_set_back(qtbot: QtBot, window: MainWindow) -> None:
    choose(qtbot, window, "preset", "nielsen-3")
    before = panel(window).hyperparameters()
    changes = {"learning_rate": "0.7", "epochs": "7", "hidden_layers_1": "9", "l2": "1"}
    for name, text in changes.items():
        key = "hidden_layers" if name.startswith("hidden") else name
        reset = find(window, QToolButton, f"reset_{key}")
        label = next(
            each for each in panel(window).findChildren(QLabel) if each.text() == FIELDS[key].label
        )
        assert reset.isHidden()
        assert not label.font().bold()
        place = find(window, QLineEdit, name).mapTo(window, QPoint(0, 0))
        write(qtbot, window, name, text)
        assert not reset.isHidden()
        assert label.font().bold()
        assert find(window, QLineEdit, name).mapTo(window, QPoint(0, 0)) == place
    assert find(window, QToolButton, "reset_epochs").toolTip() == "Epochs: set back to 60"
    for name in ("hidden_layers", "learning_rate", "epochs", "l2"):
        reset = find(window, QToolButton, f"reset_{name}")
        assert reset.focusPolicy() & Qt.FocusPolicy.TabFocus
        qtbot.keyClick(reset, Qt.Key.Key_Space)
        assert reset.isHidden()
    assert panel(window).hyperparameters() == before


def test_what_is_not_valid_can_be_set_back_too(qtbot: QtBot, window: MainWindow) -> None:
    write(qtbot, window, "epochs", "none", enter=False)
    qtbot.mouseClick(find(window, QToolButton, "reset_epochs"), Qt.MouseButton.LeftButton)
    assert find(window, QLineEdit, "epochs").text() == "30"
    assert find(window, QLineEdit, "epochs").hasFocus() or not window.isActiveWindow()


def test_a_continued_network_is_set_back_to_its_own_values(
    qtbot: QtBot, window: MainWindow
) -> None:
    own = {"learning_rate": 0.125, "hidden_layers": [12]}
    window.session.model.metadata["hyperparameters"] = own
    choose_radio(qtbot, window, "present_network")
    write(qtbot, window, "learning_rate", "2")
    qtbot.mouseClick(find(window, QToolButton, "reset_learning_rate"), Qt.MouseButton.LeftButton)
    assert panel(window).hyperparameters().learning_rate == 0.125


@pytest.mark.parametrize("width", [300, 340, 500])
@pytest.mark.parametrize("layers", [[], [16, 16], [5000, 5000, 5000], [16] * 20])
def test_the_layers_are_never_cut_off(
    qtbot: QtBot, window: MainWindow, width: int, layers: list[int]
) -> None:
    window.docks["training"].setFloating(True)
    window.docks["training"].resize(width, 700)
    panel(window).form.set_values(panel(window).hyperparameters().replace(hidden_layers=layers))
    qtbot.wait(1)
    shape = find(window, QLabel, "shape")
    assert shape.fontMetrics().horizontalAdvance(shape.text()) <= shape.width()
    numbers = " → ".join(map(str, (784, *layers, 10)))
    if shape.text() != numbers:
        assert shape.text() == f"{len(layers)} hidden layers"
        assert shape.toolTip() == numbers
