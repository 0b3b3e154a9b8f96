"""Experiments copied as lines of a terminal and pasted into the training panel."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.training.panel import TrainingPanel
from digitpad.data.mnist import mnist
from digitpad.experiments.command import as_line, read_line
from digitpad.nn import model_file
from digitpad.training.hyperparameters import FIELDS, Hyperparameters
from digitpad.training.options import option
from digitpad.training.presets import PRESETS
from digitpad.training.state import TrainingState

TIMEOUT = 120_000
# None of them has its default.
TINY = Hyperparameters(
    hidden_layers=(6,),
    activation="relu",
    output_activation="softmax",
    cost="cross-entropy",
    initialisation="gaussian",
    optimiser="adam",
    learning_rate=0.01 + 0.02,
    momentum=0.5,
    mini_batch_size=7,
    epochs=2,
    training_images=150,
    schedule="cosine",
    l2=0.3,
    dropout=0.1,
    patience=4,
    convergence=1e-4,
    rotation=5.0,
    scaling=0.05,
    shear=0.02,
    translation=0.7,
    elastic=0.6,
    elastic_smoothness=4.5,
    seed=12345,
)


def panel(window: MainWindow) -> TrainingPanel:
    assert window.training_panel is not None
    return window.training_panel


def paste(window: MainWindow, line: str) -> None:
    QGuiApplication.clipboard().setText(line)
    train = panel(window).controls.train
    train.setFocus()
    QTest.keySequence(train, QKeySequence(QKeySequence.StandardKey.Paste))


def complaint(window: MainWindow) -> str:
    """Return what the last message says, and close it."""
    (box,) = (box for box in window.findChildren(QMessageBox) if box.isVisible())
    box.accept()
    return box.text()


def copied(window: MainWindow) -> str:
    """Copy the experiment of the card that reads, from the keyboard."""
    QGuiApplication.clipboard().setText("")
    view = window.shelf_view
    view.setFocus()
    for _ in view.cards():
        QTest.keyClick(view, Qt.Key.Key_Up)
    for _ in range([card.id for card in view.cards()].index(window.shelf.selected)):
        QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keySequence(view, QKeySequence(QKeySequence.StandardKey.Copy))
    return QGuiApplication.clipboard().text()


def test_the_line_of_a_run_makes_its_weights_again_bit_for_bit(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    data = tmp_path / "my digits.npz"
    images = mnist().train.images[:240]
    np.savez(data, images=images, labels=mnist().train.labels[:240])
    paste(window, as_line(TINY, "ignored", data))
    assert panel(window).hyperparameters() == TINY
    assert panel(window).form.path == data
    assert not vars(TINY).items() & vars(Hyperparameters()).items()
    QTest.mouseClick(panel(window).controls.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel(window).is_training(), timeout=TIMEOUT)
    line = copied(window)
    words = shlex.split(line)
    assert words[:2] == ["digitpad", "train"]
    assert line in window.statusBar().currentMessage()

    # As another process, in another folder, at a real command line.
    finished = subprocess.run(
        [sys.executable, "-m", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    made = model_file.load(tmp_path / words[-1]).network
    assert made.parameters.tobytes() == window.session.network.parameters.tobytes()


def options_one_by_one() -> list[tuple[str, Hyperparameters]]:
    """Return each option with every choice or another value, alone in a line."""
    basic = Hyperparameters()
    found = []
    for name, explained in FIELDS.items():
        choices = [choice for choice in explained.choices if choice != "step" or name == "schedule"]
        for value in choices or [getattr(TINY, name)]:
            text = "6" if name == "hidden_layers" else str(value)
            line = shlex.join(["digitpad", "train", option(name), text])
            found.append((line, basic.replace(**{name: value})))
    return found


def test_every_option_sets_the_panel_and_is_copied_again(window: MainWindow) -> None:
    lines = options_one_by_one()
    assert len(lines) > len(FIELDS)
    for line, expected in lines:
        paste(window, line)
        assert panel(window).hyperparameters() == expected, line
        QGuiApplication.clipboard().clear()
        panel(window).copy_experiment.trigger()
        whole = QGuiApplication.clipboard().text()
        assert all(f" {option(name)} " in whole for name in FIELDS)
        assert Hyperparameters(**read_line(whole).values) == expected, whole


def test_the_line_of_a_continued_file_makes_the_same_weights(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    h = TINY.replace(training_images=200)
    begun = subprocess.run(
        [sys.executable, "-m", *shlex.split(as_line(h, "begun"))], cwd=tmp_path, check=False
    )
    assert begun.returncode == 0
    start = tmp_path / "begun.npz"
    paste(window, as_line(h.replace(epochs=3), "more", start=start))
    assert panel(window).present_network.isChecked()
    assert window.session.path == start
    panel(window).copy_experiment.trigger()
    words = shlex.split(QGuiApplication.clipboard().text())
    assert words[words.index("--continue") + 1] == str(start)
    QTest.mouseClick(panel(window).controls.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel(window).is_training(), timeout=TIMEOUT)
    words[-1] = "continued.npz"
    command = [sys.executable, "-m", *words]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0
    state = TrainingState.load(tmp_path / "continued.npz")
    assert state is not None
    assert state.epoch == 3
    made = model_file.load(tmp_path / "continued.npz").network
    assert made.parameters.tobytes() == window.session.network.parameters.tobytes()

    # It has gone on from the file now, which a line cannot.
    panel(window).copy_experiment.trigger()
    assert "save the network" in complaint(window)


def test_what_cannot_be_repeated_is_said_and_not_copied(window: MainWindow) -> None:
    window.shelf.add_changed(window.session.network.copy(), "a neuron silenced")
    assert copied(window) == ""
    assert "changed by hand" in window.statusBar().currentMessage()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("some text", "begins with “digitpad train”"),
        ("digitpad train --learning-rate fast", "cannot be 'fast'"),
        ("digitpad train --hidden-layers 30 --data gone.npz", "There is no “gone.npz”"),
    ],
)
def test_a_bad_line_is_explained_and_changes_nothing(
    window: MainWindow, line: str, said: str
) -> None:
    before = panel(window).hyperparameters()
    paste(window, line)
    assert said in complaint(window)
    assert panel(window).hyperparameters() == before


def test_the_edit_menu_copies_and_pastes_experiments(window: MainWindow) -> None:
    paste(window, "digitpad train --preset quick --epochs 7")
    assert panel(window).preset.chosen().name == "quick"
    window.commands.copy_experiment.trigger()
    line = QGuiApplication.clipboard().text()
    paste(window, "digitpad train")
    assert panel(window).hyperparameters() == Hyperparameters()
    QGuiApplication.clipboard().setText(line)
    window.commands.paste_experiment.trigger()
    assert panel(window).hyperparameters() == PRESETS["quick"].hyperparameters.replace(epochs=7)


def test_the_panel_s_menu_has_them_too(window: MainWindow) -> None:
    assert panel(window).contextMenuPolicy() is Qt.ContextMenuPolicy.ActionsContextMenu
    names = [action.objectName() for action in panel(window).actions()]
    assert names == ["copy_experiment", "paste_experiment"]
    action = window.shelf_view.findChild(QAction, "copy")
    assert action is not None


def test_nothing_is_pasted_into_a_running_training(window: MainWindow, qtbot: QtBot) -> None:
    paste(window, as_line(TINY.replace(training_images=1000, epochs=500), "long"))
    QTest.mouseClick(panel(window).controls.train, Qt.MouseButton.LeftButton)
    stop = panel(window).findChild(QPushButton, "stop")
    assert stop is not None
    paste_action = panel(window).paste_experiment
    QGuiApplication.clipboard().setText("digitpad train --preset quick")
    paste_action.trigger()
    assert "stop it" in complaint(window)
    assert panel(window).hyperparameters().hidden_layers == TINY.hidden_layers
    QTest.mouseClick(stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel(window).is_training(), timeout=TIMEOUT)
