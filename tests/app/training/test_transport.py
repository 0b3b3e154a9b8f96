"""Train, pause, step and speed beside the timeline."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from tests.app.training.test_panel import choose, ended, find, panel, runs, small, write


def shown(window: MainWindow, name: str) -> QToolButton:
    button = window.findChild(QToolButton, name)
    assert button is not None
    return button


def places(window: MainWindow) -> dict[str, QRect]:
    timeline = window.docks["timeline"]
    return {
        each.objectName(): QRect(each.mapTo(timeline, QPoint(0, 0)), each.size())
        for kind in (QAbstractButton, QComboBox)
        for each in timeline.widget().findChildren(kind)
        if each.isVisible()
    }


def open_train(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1366, 768)
    window.perspectives.switch(Perspective.TRAIN)
    window.perspectives.reset()
    qtbot.waitUntil(shown(window, "transport_train").isVisible)


def test_it_trains_pauses_steps_and_resumes(qtbot: QtBot, window: MainWindow) -> None:
    open_train(qtbot, window)
    small(qtbot, window, epochs=5000)
    train, step = shown(window, "transport_train"), shown(window, "transport_step")
    assert not step.isEnabled()
    idle = places(window)
    assert {"transport_train", "transport_step", "transport_pace", "play", "now"} <= set(idle)
    qtbot.mouseClick(train, Qt.MouseButton.LeftButton)
    assert panel(window).is_training()
    assert train.accessibleName() == "Pause"
    runs(qtbot, window)
    assert places(window) == idle
    qtbot.mouseClick(train, Qt.MouseButton.LeftButton)
    assert find(window, QPushButton, "pause").isChecked()
    assert train.accessibleName() == "Resume"
    choose(qtbot, window, "pace", 0.0)
    text = find(window, QLabel, "progress_text")
    qtbot.mouseClick(train, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(step, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "mini-batch" in text.text())
    here = text.text()
    qtbot.keyClick(step, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: text.text() != here)
    assert places(window) == idle
    qtbot.mouseClick(find(window, QPushButton, "stop"), Qt.MouseButton.LeftButton)
    ended(qtbot, window)
    assert train.accessibleName() == "Train"
    assert not step.isEnabled()
    assert {name: places(window)[name] for name in ("transport_train", "transport_step")} == {
        name: idle[name] for name in ("transport_train", "transport_step")
    }


def test_the_speed_is_one_and_the_same(qtbot: QtBot, window: MainWindow) -> None:
    open_train(qtbot, window)
    beside = window.findChild(QComboBox, "transport_pace")
    assert beside is not None
    choose(qtbot, window, "pace", 10.0)
    assert beside.currentData() == 10.0
    qtbot.keyClick(beside, Qt.Key.Key_End)
    assert panel(window).controls.pace() == 0.0
    qtbot.keyClick(beside, Qt.Key.Key_Home)
    assert panel(window).controls.pace() is None


def test_it_says_why_it_cannot_train(qtbot: QtBot, window: MainWindow) -> None:
    open_train(qtbot, window)
    write(qtbot, window, "epochs", "0")
    train = shown(window, "transport_train")
    assert not train.isEnabled()
    assert train.toolTip() == find(window, QLabel, "problem_text").text() != ""


def test_it_gives_way_in_a_narrow_window(qtbot: QtBot, window: MainWindow) -> None:
    open_train(qtbot, window)
    transport = window.findChild(QWidget, "transport")
    assert transport is not None
    window.docks["timeline"].setFloating(True)
    window.docks["timeline"].resize(380, 300)
    qtbot.waitUntil(transport.isHidden)
    assert window.docks["timeline"].width() == 380
    window.docks["timeline"].resize(900, 300)
    qtbot.waitUntil(transport.isVisible)
