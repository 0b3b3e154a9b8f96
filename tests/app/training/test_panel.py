"""The training panel: clicks and keys on the real window, and what the network learns by them."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QLocale, QPoint, QSettings, Qt
from PySide6.QtGui import QAccessible, QTextDocumentFragment
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QRadioButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from digitpad.app.cards import BUILT_IN
from digitpad.app.main_window import MainWindow
from digitpad.app.model.evaluation import EvaluationDialog
from digitpad.app.session import Session
from digitpad.app.shelf import Shelf
from digitpad.app.training.panel import TrainingPanel
from digitpad.app.training.preset_box import PresetBox
from digitpad.app.widgets import numbers
from digitpad.data.mnist import mnist
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.recognition.evaluation import evaluate
from digitpad.training.diagnosis import Finding, Symptom
from digitpad.training.hyperparameters import FIELDS, Hyperparameters
from digitpad.training.presets import PRESETS
from digitpad.training.sgd import EndReason, Progress, train
from tests.data.examples import save_digit

Widget = TypeVar("Widget", bound=QWidget)
Answer = Callable[[Callable[[QDialog], object]], list[str]]
TIMEOUT = 120_000


def panel(window: MainWindow) -> TrainingPanel:
    assert window.training_panel is not None
    return window.training_panel


def find(window: MainWindow, kind: type[Widget], name: str) -> Widget:
    widget = panel(window).findChild(kind, name)
    assert widget is not None, name
    return widget


def press(qtbot: QtBot, window: MainWindow, name: str) -> None:
    button = find(window, QPushButton, name)
    assert button.isEnabled(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def write(qtbot: QtBot, window: MainWindow, name: str, text: str, *, enter: bool = True) -> None:
    field = find(window, QLineEdit, name)
    assert field.isEnabled(), name
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, text)
    if enter:
        qtbot.keyClick(field, Qt.Key.Key_Return)


def choose(qtbot: QtBot, window: MainWindow, name: str, value: str | float) -> None:
    """Choose from a combo box with the keyboard, by key or text."""
    box = find(window, QComboBox, name)
    assert box.isEnabled(), name
    for _ in range(box.count()):
        qtbot.keyClick(box, Qt.Key.Key_Up)
    while value not in (box.currentData(), box.currentText()):
        before = box.currentIndex()
        qtbot.keyClick(box, Qt.Key.Key_Down)
        assert box.currentIndex() > before, f"no {value}"


def choose_radio(qtbot: QtBot, window: MainWindow, name: str) -> None:
    button = find(window, QRadioButton, name)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(8, button.height() // 2))


def small(qtbot: QtBot, window: MainWindow, *, epochs: int = 3, images: int = 1000) -> None:
    """Ask for a network that a moment can train."""
    choose(qtbot, window, "preset", "quick")
    write(qtbot, window, "epochs", str(epochs))
    write(qtbot, window, "training_images", str(images))
    write(qtbot, window, "hidden_layers_1", "20")


def ended(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not panel(window).is_training(), timeout=TIMEOUT)


def runs(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until mini-batches have been reported."""
    text = find(window, QLabel, "progress_text")
    qtbot.waitUntil(lambda: text.text().startswith("Epoch"), timeout=TIMEOUT)


def begin(qtbot: QtBot, window: MainWindow) -> None:
    """Press Train, and wait until mini-batches have been reported."""
    press(qtbot, window, "train")
    runs(qtbot, window)


def says(label: QLabel, words: str) -> bool:
    return words in label.text()


def message(window: MainWindow) -> QMessageBox | None:
    boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    return boxes[0] if boxes else None


# -- training ------------------------------------------------------------------------------------


def test_train_by_clicking_to_an_accuracy(qtbot: QtBot, window: MainWindow) -> None:
    small(qtbot, window, epochs=3, images=6000)
    write(qtbot, window, "epochs", "4", enter=False)  # what is shown is what is done
    reported: list[Any] = []
    panel(window).started.connect(reported.append)
    panel(window).progressed.connect(reported.append)
    panel(window).finished.connect(reported.append)
    press(qtbot, window, "train")
    assert panel(window).is_training()
    ended(qtbot, window)
    assert reported[0].startswith("Quick, 784-20-10")
    assert reported[-1] == "epochs"
    ends = [each.epoch_end.epoch for each in reported[1:-1] if each.epoch_end]
    assert ends == [1, 2, 3, 4]
    model = window.session.model
    assert model.network.sizes == (784, 20, 10)
    accuracy = evaluate(model.network, mnist().validation).accuracy
    assert accuracy > 0.9
    assert model.metadata["accuracy"] == {"validation images": pytest.approx(accuracy)}
    assert model.metadata["data"] == "MNIST training images"
    assert model.metadata["name"] == reported[0]
    assert len(model.metadata["history"]) == 4
    assert model.metadata["hyperparameters"]["epochs"] == 4
    assert window.shelf.card(window.shelf.selected).name.startswith("Quick, 784-20-10")
    assert "4 epochs" in find(window, QLabel, "progress_text").text()
    assert f"{100 * accuracy:.1f}\N{NO-BREAK SPACE}%" in find(window, QLabel, "result_text").text()


def test_the_bars_follow_the_network_as_it_learns(qtbot: QtBot, window: MainWindow) -> None:
    five = np.array([[0.3, 0], [0, 0], [0, 0.4], [0.3, 0.5], [0.3, 0.9], [0, 0.9]])
    window.session.show_strokes([five])
    small(qtbot, window, epochs=200)
    shown: list[bytes] = []
    window.session.reading_changed.connect(
        lambda *_: shown.append(window.activations.values().tobytes())
    )
    press(qtbot, window, "train")
    qtbot.waitUntil(lambda: len(set(shown)) > 5, timeout=TIMEOUT)
    window.session.clear()  # the page can be changed meanwhile, and is read by the new network
    window.session.undo()
    qtbot.waitUntil(lambda: window.activations.values()[5] > 0.9, timeout=TIMEOUT)
    press(qtbot, window, "stop")
    ended(qtbot, window)
    # A network of so few images may waver; whatever it says at last is shown.
    said = window.session.network.feed_forward(window.session.image.ravel())
    np.testing.assert_allclose(window.activations.values(), said, rtol=1e-6)


def test_pause_keeps_what_was_learned_and_resume_goes_on(qtbot: QtBot, window: MainWindow) -> None:
    small(qtbot, window, epochs=500)
    begin(qtbot, window)
    press(qtbot, window, "pause")
    qtbot.waitUntil(lambda: window.session.state is not None, timeout=TIMEOUT)
    assert panel(window).is_training()
    pause = find(window, QPushButton, "pause")
    assert pause.text() == "&Resume"
    paused = window.session.model
    assert paused.network.sizes == (784, 20, 10)
    parameters = paused.network.parameters.copy()
    qtbot.wait(100)
    assert window.session.model is paused
    press(qtbot, window, "pause")
    assert pause.text() == "&Pause"
    with qtbot.waitSignal(panel(window).progressed, timeout=TIMEOUT):
        pass
    press(qtbot, window, "stop")
    ended(qtbot, window)
    assert (window.session.network.parameters != parameters).any()
    np.testing.assert_array_equal(paused.network.parameters, parameters)


@pytest.mark.parametrize("pace", [None, 0.0])
def test_saving_while_training_saves_the_network_on_the_screen(
    qtbot: QtBot,
    window: MainWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pace: float | None,
) -> None:
    path = tmp_path / "learning.npz"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
    small(qtbot, window, epochs=5000)
    if pace is not None:
        choose(qtbot, window, "pace", pace)
    begin(qtbot, window)
    window.commands.save.trigger()
    # Without the training's state, which its process has; a new one goes on as this one does.
    assert model_file.load_state_arrays(path) is None
    chosen = model_file.load(path).metadata["hyperparameters"]
    assert chosen == panel(window).hyperparameters().to_dict()
    saved = model_file.load(path).network
    assert saved.sizes == (784, 20, 10)
    assert (saved.parameters != panel(window).hyperparameters().new_network().parameters).any()
    assert panel(window).is_training()
    before = saved.parameters.copy()
    if pace is not None:
        press(qtbot, window, "step")
    with qtbot.waitSignal(panel(window).progressed, timeout=TIMEOUT):
        pass
    window.commands.save.trigger()
    assert (model_file.load(path).network.parameters != before).any()
    panel(window).stop_and_wait()


def test_evaluating_while_training_evaluates_the_network_on_the_screen(
    qtbot: QtBot, window: MainWindow
) -> None:
    small(qtbot, window, epochs=5000)
    begin(qtbot, window)
    # The open model has other layers.
    qtbot.waitUntil(lambda: window.session.reader.sizes == (784, 20, 10), timeout=TIMEOUT)
    shown = window.session.reader.copy()  # no event is processed until it is evaluated
    window.commands.evaluate.trigger()
    dialog = window.findChild(EvaluationDialog)
    assert isinstance(dialog, EvaluationDialog)
    qtbot.waitUntil(lambda: dialog.evaluation is not None, timeout=TIMEOUT)
    assert dialog.evaluation is not None
    assert dialog.evaluation.accuracy == evaluate(shown, mnist().test).accuracy
    panel(window).stop_and_wait()


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal as POSIX does")
def test_a_process_that_is_killed_leaves_the_window_what_it_had_learned(
    qtbot: QtBot, window: MainWindow
) -> None:
    small(qtbot, window, epochs=5000)
    begin(qtbot, window)
    thread = panel(window)._thread
    assert thread is not None
    assert thread._process is not None
    os.kill(thread._process.pid, signal.SIGKILL)
    ended(qtbot, window)
    box = message(window)
    assert box is not None
    assert "keeps what it had learned" in box.text()
    box.close()
    kept = window.session.network
    assert thread.network is not None
    np.testing.assert_array_equal(kept.parameters, thread.network.parameters)
    assert (kept.parameters != panel(window).hyperparameters().new_network().parameters).any()
    press(qtbot, window, "more")
    ended(qtbot, window)
    assert (window.session.network.parameters != kept.parameters).any()


def test_stop_keeps_what_was_learned(qtbot: QtBot, window: MainWindow) -> None:
    small(qtbot, window, epochs=500)
    reasons: list[EndReason] = []
    panel(window).finished.connect(reasons.append)
    begin(qtbot, window)
    press(qtbot, window, "stop")
    ended(qtbot, window)
    assert reasons == [EndReason.STOPPED]
    assert window.session.network.sizes == (784, 20, 10)
    assert "Stopped in epoch" in find(window, QLabel, "progress_text").text()
    assert find(window, QPushButton, "train").isEnabled()
    assert not find(window, QPushButton, "stop").isEnabled()
    assert not find(window, QPushButton, "pause").isEnabled()


def test_stopped_and_continued_is_as_if_never_stopped(qtbot: QtBot, window: MainWindow) -> None:
    small(qtbot, window, epochs=3)
    choose(qtbot, window, "pace", 0.0)
    begin(qtbot, window)
    press(qtbot, window, "step")
    press(qtbot, window, "stop")
    ended(qtbot, window)
    state = window.session.state
    assert state is not None
    assert state.epoch == 0
    assert find(window, QComboBox, "pace").currentText() == "Full speed"
    choose_radio(qtbot, window, "present_network")
    press(qtbot, window, "train")
    ended(qtbot, window)
    h = panel(window).hyperparameters()
    assert h.epochs == 3
    network = h.new_network()
    for _ in train(network, mnist().train, h, mnist().validation):
        pass
    np.testing.assert_array_equal(window.session.network.parameters, network.parameters)


def test_save_restart_and_load_gives_the_same_activations(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    small(qtbot, window, epochs=1)
    press(qtbot, window, "train")
    ended(qtbot, window)
    window.session.show_strokes([[[0.3, 0], [0.1, 0.9]]])
    window.session.save(tmp_path / "mine.npz")
    again = Session(Model(Network((784, 1, 10)), {}))
    again.open(tmp_path / "mine.npz")
    again.show_strokes([[[0.3, 0], [0.1, 0.9]]])
    np.testing.assert_array_equal(again.reading.activations, window.session.reading.activations)
    assert again.state is not None
    assert again.state.epoch == 1
    assert again.model.metadata["history"] == window.session.model.metadata["history"]


def test_a_new_network_has_no_file_yet_but_a_continued_one_keeps_its(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    small(qtbot, window, epochs=1)
    window.session.save(tmp_path / "mine.npz")
    press(qtbot, window, "train")
    ended(qtbot, window)
    assert window.session.path is None
    assert window.session.name.startswith("Quick, 784-20-10")  # and not mine.npz
    cards = len(window.shelf.cards())
    choose_radio(qtbot, window, "present_network")
    press(qtbot, window, "train")
    ended(qtbot, window)
    assert len(window.shelf.cards()) == cards  # the same run goes on
    assert window.session.state is not None
    assert window.session.state.epoch == 2  # one epoch again, since the one was done
    assert window.session.state is not None


def test_one_more_epoch(qtbot: QtBot, window: MainWindow) -> None:
    small(qtbot, window, epochs=2)
    press(qtbot, window, "train")
    ended(qtbot, window)
    press(qtbot, window, "more")
    ended(qtbot, window)
    assert window.session.state is not None
    assert window.session.state.epoch == 3
    press(qtbot, window, "more")
    press(qtbot, window, "more")  # while it runs: another one
    ended(qtbot, window)
    assert window.session.state.epoch in (4, 5)


def test_one_more_epoch_of_a_network_that_the_form_does_not_describe(
    qtbot: QtBot, window: MainWindow
) -> None:
    write(qtbot, window, "training_images", "500")
    assert window.session.network.sizes == (784, 12, 10)
    press(qtbot, window, "more")
    ended(qtbot, window)
    assert window.session.network.sizes == (784, 12, 10)
    assert window.session.name == "small, continued"
    assert [each["epoch"] for each in window.session.model.metadata["history"]] == [1]


def test_more_and_continue_use_the_models_own_hyperparameters(
    qtbot: QtBot, window: MainWindow
) -> None:
    own = Hyperparameters(hidden_layers=(8,), learning_rate=0.25, training_images=500)
    metadata = {"name": "theirs", "hyperparameters": own.to_dict()}
    window.session.show_model(Model(Network((784, 9, 10), seed=1), metadata))
    assert find(window, QLineEdit, "learning_rate").text() == "3"
    press(qtbot, window, "more")
    ended(qtbot, window)
    used = window.session.model.metadata["hyperparameters"]
    assert (used["learning_rate"], used["training_images"]) == (0.25, 500)
    window.session.show_model(Model(Network((784, 9, 10), seed=1), metadata))
    choose_radio(qtbot, window, "present_network")
    assert find(window, QLineEdit, "learning_rate").text() == "0.25"


@pytest.mark.parametrize("broken", [{"learning_rate": -1}, {"seed": 10**400}, {"no": 1}, [1]])
def test_a_model_with_broken_hyperparameters_is_continued_with_the_forms(
    qtbot: QtBot, window: MainWindow, broken: object
) -> None:
    window.session.show_model(Model(Network((784, 9, 10), seed=1), {"hyperparameters": broken}))
    choose_radio(qtbot, window, "present_network")
    assert panel(window).hyperparameters().sizes == (784, 9, 10)
    assert panel(window).hyperparameters().learning_rate == 3


def test_another_model_leaves_no_hint_and_no_result_of_the_old_one(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    small(qtbot, window, epochs=1)
    press(qtbot, window, "train")
    ended(qtbot, window)
    finding = Finding(Symptom.COST_GROWS, "It grows.", "Lower", {"l2": 5.0})
    panel(window).hint.show_findings([finding])
    labels = [find(window, QLabel, name) for name in ("progress_text", "result_text")]
    assert all(label.text() for label in labels)
    assert "validation images" in window.model_panel.page.text()
    window.session.open_built_in()
    assert not any(label.text() for label in labels)
    assert not panel(window).hint.isVisible()
    assert "784-20-10" not in window.model_panel.page.text()


def test_slow_motion_and_step(qtbot: QtBot, window: MainWindow) -> None:
    small(qtbot, window)
    choose(qtbot, window, "pace", 0.0)
    press(qtbot, window, "train")
    text = find(window, QLabel, "progress_text")
    for number in (1, 2, 3):
        wanted = f"mini-batch {number} of"
        qtbot.waitUntil(partial(says, text, wanted), timeout=TIMEOUT)
        press(qtbot, window, "step")
    choose(qtbot, window, "pace", "Full speed")
    ended(qtbot, window)
    assert not find(window, QPushButton, "step").isEnabled()


def test_a_live_change_takes_effect_and_lands_in_the_history(
    qtbot: QtBot, window: MainWindow
) -> None:
    small(qtbot, window, epochs=2000)
    begin(qtbot, window)
    write(qtbot, window, "learning_rate", "0.0125")
    write(qtbot, window, "dropout", "0.25")
    write(qtbot, window, "mini_batch_size", "0", enter=True)  # nonsense changes nothing
    # One report may be under way, and the next one comes before the change is looked at.
    for _ in range(3):
        with qtbot.waitSignal(panel(window).progressed, timeout=TIMEOUT):
            pass
    press(qtbot, window, "stop")
    ended(qtbot, window)
    changes = [e["change"] for e in window.session.model.metadata["history"] if "change" in e]
    assert {name: value for each in changes for name, value in each.items()} == {
        "learning_rate": 0.0125,
        "dropout": 0.25,
    }
    assert window.session.model.metadata["hyperparameters"]["learning_rate"] == 0.0125


def test_while_training_only_live_fields_can_be_changed(qtbot: QtBot, window: MainWindow) -> None:
    small(qtbot, window, epochs=2000)
    press(qtbot, window, "train")
    for name, field in FIELDS.items():
        widget = find(window, QWidget, name)
        assert widget.isEnabled() == field.live, name
        assert ("Cannot change during training" in widget.toolTip()) != field.live
    assert not find(window, QComboBox, "preset").isEnabled()
    assert not find(window, QPushButton, "train").isEnabled()
    panel(window).stop_and_wait()
    assert find(window, QComboBox, "preset").isEnabled()
    assert all(find(window, QWidget, name).isEnabled() for name in FIELDS)


# -- what goes wrong -------------------------------------------------------------------------------


def deep(qtbot: QtBot, window: MainWindow, learning_rate: str) -> None:
    """Ask for a network deep enough that steps too long end in infinity."""
    small(qtbot, window, epochs=5000)
    for _ in range(4):
        qtbot.mouseClick(find(window, QToolButton, "add_layer"), Qt.MouseButton.LeftButton)
    choose(qtbot, window, "schedule", "constant")
    write(qtbot, window, "learning_rate", learning_rate)


def test_divergence_leaves_the_last_good_network_and_says_so(
    qtbot: QtBot, window: MainWindow
) -> None:
    before = window.session.model
    deep(qtbot, window, "1000")
    press(qtbot, window, "train")
    ended(qtbot, window)
    box = message(window)
    assert box is not None
    assert "no longer a number" in box.text()
    box.accept()
    assert window.session.model is before
    assert np.isfinite(window.session.reading.activations).all()
    hint = panel(window).hint
    assert hint.isVisible()
    assert hint.finding is not None
    assert hint.finding.name == Symptom.COST_GROWS
    press(qtbot, window, "remedy")
    assert panel(window).is_training()
    assert find(window, QLineEdit, "learning_rate").text() == "100"
    panel(window).stop_and_wait()


def test_divergence_later_on_keeps_the_last_epochs_network(
    qtbot: QtBot, window: MainWindow
) -> None:
    small(qtbot, window, epochs=5000)
    press(qtbot, window, "train")
    result = find(window, QLabel, "result_text")
    qtbot.waitUntil(lambda: "Accuracy" in result.text(), timeout=TIMEOUT)
    # The decay now multiplies the weights by 1 − ηλ/n = −999 at each step, whatever they are.
    write(qtbot, window, "learning_rate", "1000")
    write(qtbot, window, "l2", "1000")
    ended(qtbot, window)
    box = message(window)
    assert box is not None
    box.accept()
    model = window.session.model
    assert np.isfinite(model.network.parameters).all()
    accuracy = evaluate(model.network, mnist().validation).accuracy
    assert model.metadata["accuracy"] == {"validation images": pytest.approx(accuracy)}
    choose_radio(qtbot, window, "present_network")
    write(qtbot, window, "learning_rate", "0.01")
    write(qtbot, window, "l2", "0")
    begin(qtbot, window)
    panel(window).stop_and_wait()
    assert message(window) is None


def test_data_that_cannot_be_read_is_a_dialog(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    before = window.session.model
    panel(window).form.set_data(tmp_path / "gone.npz")
    press(qtbot, window, "train")
    ended(qtbot, window)
    box = message(window)
    assert box is not None
    assert "gone.npz" in box.text()
    box.accept()
    assert window.session.model is before
    assert not panel(window).hint.isVisible()


def test_stop_while_a_folder_is_read_ends_at_once_and_leaves_everything_as_it_was(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    # So many that reading them all would take longer than the test may.
    first = tmp_path / "7.png"
    save_digit(first, 0)
    for number in range(20_000):
        os.link(first, tmp_path / f"7-{number}.png")
    before, cards = window.session.model, window.shelf.cards()
    panel(window).form.set_data(tmp_path)
    press(qtbot, window, "train")
    assert panel(window).is_training()
    press(qtbot, window, "stop")
    ended(qtbot, window)
    assert message(window) is None
    assert window.session.model is before
    assert window.shelf.cards() == cards
    assert find(window, QWidget, "train").isEnabled()


def refused(qtbot: QtBot, window: MainWindow, button: QPushButton, missing: str) -> None:
    """Train further by a button, with data that are not there; read the message and close it."""
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert panel(window).is_training()
    ended(qtbot, window)
    box = message(window)
    assert box is not None
    assert missing in box.text()
    box.accept()


def test_a_training_that_goes_on_with_data_that_are_gone_changes_nothing(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    more, gone = find(window, QPushButton, "more"), "gone.npz"
    cards, model = window.shelf.cards(), window.session.model
    panel(window).form.set_data(tmp_path / gone)
    refused(qtbot, window, more, gone)  # of a model that is no run: it would have got a card
    assert window.shelf.cards() == cards
    assert window.session.model is model

    data = tmp_path / "mine.npz"
    np.savez(data, images=mnist().test.images[:200], labels=mnist().test.labels[:200])
    small(qtbot, window, epochs=1)
    panel(window).form.set_data(data)
    press(qtbot, window, "train")
    ended(qtbot, window)
    cards, model = window.shelf.cards(), window.session.model
    state, run = window.session.state, window.shelf.selected
    panel(window).form.set_data(tmp_path / gone)
    refused(qtbot, window, more, gone)  # of a run, which keeps its card
    assert window.shelf.cards() == cards
    assert window.shelf.selected == run
    assert window.session.model is model
    assert window.session.state is state

    assert window.timeline is not None
    data.unlink()
    qtbot.keyClick(window.timeline.strip, Qt.Key.Key_Home)
    # Of an earlier moment: it would have got a card, too.
    refused(qtbot, window, window.timeline.branch, data.name)
    assert window.shelf.cards() == cards
    assert window.shelf.selected == run
    assert window.session.model is model


def test_nothing_continues_from_a_moment_while_a_network_trains(
    qtbot: QtBot, window: MainWindow
) -> None:
    small(qtbot, window, epochs=2000)
    begin(qtbot, window)
    assert window.timeline is not None
    qtbot.keyClick(window.timeline.strip, Qt.Key.Key_Home)
    qtbot.mouseClick(window.timeline.branch, Qt.MouseButton.LeftButton)
    assert "A training is running" in window.statusBar().currentMessage()
    panel(window).stop_and_wait()
    assert len(window.shelf.store.runs()) == 1  # and no empty one beside it


def test_closing_while_training_keeps_what_was_learned(qtbot: QtBot, window: MainWindow) -> None:
    small(qtbot, window, epochs=2000)
    begin(qtbot, window)
    run = window.shelf.selected
    assert window.close()
    assert not panel(window).is_training()
    learned = window.session.network.parameters
    again = Shelf(Session(), window.shelf.store)
    assert again.select(run)
    np.testing.assert_array_equal(again.session.network.parameters, learned)


def test_training_again_loses_nothing_and_asks_nothing(qtbot: QtBot, window: MainWindow) -> None:
    small(qtbot, window, epochs=1)
    press(qtbot, window, "train")
    ended(qtbot, window)
    first, learned = window.shelf.selected, window.session.network.parameters.copy()
    press(qtbot, window, "train")
    ended(qtbot, window)
    assert window.shelf.selected != first
    assert window.shelf.select(first)
    np.testing.assert_array_equal(window.session.network.parameters, learned)


def test_another_card_can_read_while_a_network_trains(qtbot: QtBot, window: MainWindow) -> None:
    small(qtbot, window, epochs=2000)
    begin(qtbot, window)
    run = window.shelf.selected
    window.commands.built_in.trigger()
    expected = window.session.built_in.network.feed_forward(window.session.image.ravel())
    for _ in range(5):
        qtbot.wait(60)
        np.testing.assert_array_equal(window.session.reading.activations, expected)
    assert panel(window).is_training()
    panel(window).stop_and_wait()
    assert window.shelf.selected == BUILT_IN
    assert window.shelf.select(run)
    assert window.session.network.sizes == (784, 20, 10)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("learning_rate", "abc"),
        ("learning_rate", "0"),
        ("learning_rate", "1e9"),
        ("learning_rate", "nan"),
        ("learning_rate", ""),
        ("mini_batch_size", "2.5"),
        ("mini_batch_size", "-1"),
        ("epochs", "0"),
        ("hidden_layers_1", "0"),
        ("hidden_layers_1", "9999999"),
        ("dropout", "1"),
        ("elastic", "six"),
        ("seed", "-3"),
    ],
)
def test_nonsense_is_refused_as_one_types(
    qtbot: QtBot, window: MainWindow, name: str, text: str
) -> None:
    train = find(window, QPushButton, "train")
    right = find(window, QLineEdit, name).text()
    write(qtbot, window, name, text, enter=False)
    field = FIELDS["hidden_layers" if name.startswith("hidden") else name]
    below = find(window, QLabel, "problem_text")
    assert below.text().startswith(f"{field.label}: Use ")
    assert not below.isHidden()
    assert not train.isEnabled()
    assert isinstance(panel(window).hyperparameters(), Hyperparameters)  # the last valid ones
    write(qtbot, window, name, right, enter=False)
    assert below.isHidden()
    assert train.isEnabled()


def test_no_button_acts_on_a_value_that_is_not_valid(qtbot: QtBot, window: MainWindow) -> None:
    finding = Finding(Symptom.COST_GROWS, "It grows.", "Lower", {"l2": 5.0})
    panel(window).hint.show_findings([finding])
    names = ("train", "more", "remedy")
    assert all(find(window, QPushButton, name).isEnabled() for name in names)
    reason = find(window, QLabel, "problem_text")
    assert not reason.text()
    assert panel(window).hint.isVisible()
    write(qtbot, window, "dropout", "7")
    assert not any(find(window, QPushButton, name).isEnabled() for name in names)
    assert reason.isVisible()
    assert reason.text() == "Dropout: Use 0 to 0.9."
    assert find(window, QPushButton, "train").toolTip() == reason.text()
    write(qtbot, window, "dropout", "0.1")
    assert all(find(window, QPushButton, name).isEnabled() for name in names)
    assert not reason.text()


@pytest.mark.parametrize(
    ("locale", "text", "value", "shown"),
    [
        ("de_DE", "0,25", 0.25, "0,25"),
        ("de_DE", "0.25", 0.25, "0,25"),
        ("de_DE", "1.000", 1000.0, "1000"),
        ("en_US", "1,000", 1000.0, "1000"),
        ("en_US", "1e-3", 0.001, "0.001"),
        ("fr_FR", "0,5", 0.5, "0,5"),
    ],
)
def test_numbers_are_typed_as_the_locale_writes_them(
    qtbot: QtBot, window: MainWindow, locale: str, text: str, value: float, shown: str
) -> None:
    QLocale.setDefault(QLocale(locale))
    write(qtbot, window, "learning_rate", text)
    assert panel(window).hyperparameters().learning_rate == value
    assert find(window, QLineEdit, "learning_rate").text() == shown


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "fr_FR", "de_CH", "C"])
def test_the_bounds_that_a_message_names_can_be_typed(
    qtbot: QtBot, window: MainWindow, locale: str
) -> None:
    QLocale.setDefault(QLocale(locale))
    for name, field in FIELDS.items():
        if field.choices:
            continue
        several = field.kind is tuple  # the neurons of each hidden layer
        shown = f"{name}_1" if several else name
        write(qtbot, window, shown, "nothing")
        said = find(window, QLabel, "problem_text").text()
        for bound in (field.minimum, field.maximum):
            written = numbers.plain(bound)
            assert written in said
            edit = find(window, QLineEdit, shown)
            edit.setText(written)  # keys cannot type every locale's marks
            qtbot.keyClick(edit, Qt.Key.Key_Return)
            value = vars(panel(window).hyperparameters())[name]
            assert (value[0] if several else value) == bound


def test_what_does_not_go_together_is_said_in_place(qtbot: QtBot, window: MainWindow) -> None:
    train = find(window, QPushButton, "train")
    problem = find(window, QLabel, "problem_text")
    choose(qtbot, window, "activation", "step")
    assert "perceptrons" in problem.text()
    assert problem.isVisible()
    assert not train.isEnabled()
    choose(qtbot, window, "activation", "logistic")
    assert train.isEnabled()
    choose(qtbot, window, "output_activation", "tanh")
    choose(qtbot, window, "cost", "cross-entropy")
    assert "between 0 and 1" in problem.text()
    assert not train.isEnabled()
    choose(qtbot, window, "output_activation", "softmax")
    assert problem.isHidden()
    for _ in range(19):
        qtbot.mouseClick(find(window, QToolButton, "add_layer"), Qt.MouseButton.LeftButton)
    for number in range(1, 21):
        write(qtbot, window, f"hidden_layers_{number}", "5000")
    assert "use fewer neurons" in problem.text()
    assert not train.isEnabled()


def test_a_network_of_perceptrons_cannot_be_continued(qtbot: QtBot, window: MainWindow) -> None:
    window.session.new(Network((784, 5, 10), activation="step"))
    choose_radio(qtbot, window, "present_network")
    assert "perceptrons" in find(window, QLabel, "problem_text").text()
    assert not find(window, QPushButton, "train").isEnabled()
    assert not find(window, QPushButton, "more").isEnabled()
    choose_radio(qtbot, window, "new_network")
    assert find(window, QPushButton, "train").isEnabled()
    press(qtbot, window, "more")
    box = message(window)
    assert box is not None
    assert "perceptrons" in box.text()
    box.accept()


# -- hints -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["too fast", "too deep", "overfitting"])
def test_what_a_preset_gets_wrong_is_named_and_remedied(
    qtbot: QtBot, window: MainWindow, name: str
) -> None:
    choose(qtbot, window, "preset", name)
    press(qtbot, window, "train")
    hint = panel(window).hint
    qtbot.waitUntil(hint.isVisible, timeout=TIMEOUT)
    assert hint.finding is not None
    wanted = hint.finding
    assert wanted.sentence in find(window, QLabel, "hint_text").text()
    press(qtbot, window, "remedy")
    assert panel(window).is_training()
    assert not hint.isVisible()
    now = panel(window).hyperparameters()
    assert wanted.restarts
    for field, value in wanted.changes.items():
        assert getattr(now, field) == value
    panel(window).stop_and_wait()


def test_a_remedy_may_be_a_live_change(qtbot: QtBot, window: MainWindow) -> None:
    small(qtbot, window, epochs=2000)
    begin(qtbot, window)
    finding = Finding(Symptom.COST_GROWS, "It grows.", "Lower", {"l2": 5.0})
    panel(window).hint.show_findings([finding])
    reports: list[Progress] = []
    panel(window).progressed.connect(reports.append)
    press(qtbot, window, "remedy")
    qtbot.waitUntil(lambda: len(reports) >= 5, timeout=60_000)
    assert panel(window).is_training()
    panel(window).stop_and_wait()
    assert {"l2": 5.0} in [e.get("change") for e in window.session.model.metadata["history"]]


def test_a_remedy_may_be_to_stop(qtbot: QtBot, window: MainWindow) -> None:
    small(qtbot, window, epochs=2000)
    begin(qtbot, window)
    panel(window).hint.show_findings([Finding(Symptom.CONVERGED, "Done.", "Stop here", stops=True)])
    press(qtbot, window, "remedy")
    ended(qtbot, window)
    assert window.session.state is not None


def test_a_hint_can_be_dismissed(qtbot: QtBot, window: MainWindow) -> None:
    hint = panel(window).hint
    findings = [Finding(Symptom.OVERFITTING, "They part.", "Stop here", stops=True)]
    hint.show_findings(findings)
    qtbot.mouseClick(find(window, QToolButton, "dismiss"), Qt.MouseButton.LeftButton)
    assert not hint.isVisible()
    hint.show_findings(findings)
    assert not hint.isVisible()
    hint.begin()
    hint.show_findings(findings)
    assert hint.isVisible()


# -- the form --------------------------------------------------------------------------------------


def test_presets_fill_the_form(qtbot: QtBot, window: MainWindow) -> None:
    for name, preset in PRESETS.items():
        choose(qtbot, window, "preset", name)
        assert panel(window).hyperparameters() == preset.hyperparameters
        assert find(window, QLabel, "sentence").text() == preset.sentence


def test_presets_stand_under_headings_that_cannot_be_chosen(
    qtbot: QtBot, window: MainWindow
) -> None:
    box = find(window, PresetBox, "preset")
    model = box.model()
    shown = [
        (box.itemText(row), bool(model.flags(model.index(row, 0)) & Qt.ItemFlag.ItemIsEnabled))
        for row in range(box.count())
    ]
    assert shown == [
        ("Start here", False), ("Basic", True), ("Quick", True),
        ("Better networks", False), ("One hidden layer", True), ("Cross-entropy", True),
        ("Built-in", True),
        ("What can go wrong", False), ("Overfitting", True), ("Learning rate too high", True),
        ("Too many layers", True),
    ]  # fmt: skip
    assert box.currentText() == "Basic"
    reached = [box.chosen().name]
    for _ in range(len(PRESETS) + 1):
        qtbot.keyClick(box, Qt.Key.Key_Down)
        reached.append(box.chosen().name)
    assert list(dict.fromkeys(reached)) == list(PRESETS)
    qtbot.keyClick(box, Qt.Key.Key_Home)
    assert box.chosen() is PRESETS["basic"]


def test_settings_of_before_know_the_basic_preset_as_text(qtbot: QtBot) -> None:
    settings = QSettings(
        QSettings.defaultFormat(), QSettings.Scope.UserScope, "digitpad", "digitpad"
    )
    values = {"preset": "text", "hyperparameters": {"epochs": 7}, "data": "", "open": []}
    settings.setValue("training", json.dumps(values))
    settings.sync()
    window = MainWindow(Session(Model(Network((784, 12, 10)), {})))
    qtbot.addWidget(window)
    window.load_panels()
    box = find(window, PresetBox, "preset")
    assert (box.chosen().name, box.currentText()) == ("basic", "Basic")
    assert panel(window).hyperparameters().epochs == 7


def test_every_field_explains_itself(window: MainWindow) -> None:
    for name, field in FIELDS.items():
        widget = find(window, QWidget, name)
        assert field.explanation in widget.toolTip()
        assert widget.accessibleName() == field.label
        if not field.choices:
            for bound in (field.minimum, field.maximum):
                assert numbers.plain(bound) in widget.toolTip()
        heard = widget.accessibleDescription()
        assert field.label in heard
        assert field.explanation in heard
        assert "<" not in heard.replace(field.explanation, "")


def test_what_is_wrong_is_heard_before_what_a_field_is_for(
    qtbot: QtBot, window: MainWindow
) -> None:
    write(qtbot, window, "epochs", "none")
    epochs = find(window, QWidget, "epochs")
    assert epochs.accessibleDescription() == "Use a whole number, 1 to 10,000 epochs."
    assert FIELDS["epochs"].explanation in epochs.toolTip()
    write(qtbot, window, "epochs", "3")
    assert FIELDS["epochs"].explanation in epochs.accessibleDescription()


def test_what_is_said_in_text_is_not_hidden_behind_a_name(window: MainWindow) -> None:
    for name in ("sentence", "progress_text", "result_text", "problem_text", "shape", "metadata"):
        label = window.findChild(QLabel, name)
        assert label is not None
        interface = QAccessible.queryAccessibleInterface(label)
        heard = interface.text(QAccessible.Text.Name)
        shown = QTextDocumentFragment.fromHtml(label.text()).toPlainText()
        assert heard.split() == shown.split(), name
    heard = find(window, QWidget, "preset").accessibleDescription()
    assert heard == find(window, QLabel, "sentence").text()


def test_layers_are_added_and_removed(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.mouseClick(find(window, QToolButton, "add_layer"), Qt.MouseButton.LeftButton)
    write(qtbot, window, "hidden_layers_3", "40")
    assert panel(window).hyperparameters().hidden_layers == (16, 16, 40)
    qtbot.mouseClick(find(window, QToolButton, "remove_layer_1"), Qt.MouseButton.LeftButton)
    assert panel(window).hyperparameters().hidden_layers == (16, 40)
    for _ in range(2):
        qtbot.mouseClick(find(window, QToolButton, "remove_layer_1"), Qt.MouseButton.LeftButton)
    assert panel(window).hyperparameters().hidden_layers == ()
    assert find(window, QLabel, "shape").text() == "784 → 10"
    qtbot.keyClick(find(window, QToolButton, "add_layer"), Qt.Key.Key_Space)
    assert panel(window).hyperparameters().hidden_layers == (16,)


def test_arrow_keys_turn_a_number(qtbot: QtBot, window: MainWindow) -> None:
    field = find(window, QLineEdit, "learning_rate")
    for key, text in (
        (Qt.Key.Key_Up, "5"),
        (Qt.Key.Key_Up, "10"),
        (Qt.Key.Key_Down, "5"),
        (Qt.Key.Key_Down, "2"),
    ):
        qtbot.keyClick(field, key)
        assert field.text() == text


def test_continuing_shows_the_present_network_and_locks_it(
    qtbot: QtBot, window: MainWindow
) -> None:
    write(qtbot, window, "hidden_layers_1", "99")
    choose_radio(qtbot, window, "present_network")
    assert panel(window).hyperparameters().sizes == (784, 12, 10)
    layers = find(window, QWidget, "hidden_layers")
    assert not layers.isEnabled()
    assert "open network" in layers.toolTip()
    window.session.new(Network((784, 7, 8, 10), activation="relu"))
    assert panel(window).hyperparameters().sizes == (784, 7, 8, 10)
    assert panel(window).hyperparameters().activation == "relu"
    choose_radio(qtbot, window, "new_network")
    assert panel(window).hyperparameters().hidden_layers == (99, 16)
    assert layers.isEnabled()


def test_a_preset_means_a_new_network(qtbot: QtBot, window: MainWindow) -> None:
    choose_radio(qtbot, window, "present_network")
    choose(qtbot, window, "preset", "nielsen-3")
    assert find(window, QRadioButton, "new_network").isChecked()
    assert panel(window).hyperparameters() == PRESETS["nielsen-3"].hyperparameters


def test_groups_open_by_keyboard_and_tell_what_is_inside(qtbot: QtBot, window: MainWindow) -> None:
    heading = find(window, QToolButton, "regularisation_heading")
    field = find(window, QLineEdit, "l2")
    assert not heading.isVisible()
    qtbot.keyClick(find(window, QToolButton, "more_fields_heading"), Qt.Key.Key_Space)
    assert heading.isVisible()
    assert not field.isVisible()
    qtbot.keyClick(heading, Qt.Key.Key_Space)
    assert field.isVisible()
    write(qtbot, window, "l2", "5")
    qtbot.keyClick(heading, Qt.Key.Key_Space)
    assert not field.isVisible()
    assert find(window, QLabel, "regularisation_summary").text() == "λ 5"
    qtbot.keyClick(find(window, QToolButton, "more_fields_heading"), Qt.Key.Key_Space)
    assert not heading.isVisible()
    assert "λ 5" in find(window, QLabel, "more_fields_summary").text()


def test_a_summary_says_whose_word_it_is(qtbot: QtBot, window: MainWindow) -> None:
    """Of “gaussian” alone, nobody knows that the first weights are meant."""
    choose(qtbot, window, "preset", "nielsen-1")
    assert "gaussian weights" in find(window, QLabel, "more_fields_summary").text()


def test_settings_are_remembered(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    choose(qtbot, window, "preset", "nielsen-3")
    write(qtbot, window, "epochs", "17")
    panel(window).form.set_data(tmp_path)
    for heading in ("more_fields_heading", "distortions_heading"):
        qtbot.keyClick(find(window, QToolButton, heading), Qt.Key.Key_Space)
    window.close()
    again = MainWindow(Session(Model(Network((784, 12, 10)), {})))
    qtbot.addWidget(again)
    again.load_panels()
    expected = PRESETS["nielsen-3"].hyperparameters.replace(epochs=17)
    assert panel(again).hyperparameters() == expected
    assert find(again, QComboBox, "preset").currentData() == "nielsen-3"
    assert panel(again).form.path == tmp_path
    assert panel(again).form.open_groups() == ["more", "distortions"]


@pytest.mark.parametrize(
    "value",
    ["", "nonsense", "[]", "null", '{"preset": 3}', '{"preset": "x", "hyperparameters": {"x": 1}}',
     '{"hyperparameters": {"seed": 3}, "data": "", "open": []}',
     '{"preset": "basic", "hyperparameters": {"epochs": -1}, "data": "", "open": []}',
     '{"preset": [], "hyperparameters": {}, "data": "", "open": []}',
     '{"preset": {}, "hyperparameters": {}, "data": "", "open": [[]]}',
     '{"preset": "x", "hyperparameters": [], "data": "", "open": []}',
     '{"preset": "x", "hyperparameters": {"seed": 1' + 400 * "0" + '}, "data": "", "open": []}',
     '{"preset": "x", "hyperparameters": {}, "data": "", "open": 5}',
     200_000 * "[", '{"a":' * 100_000, ["a", "list"], {"an": "object"}, 7, QByteArray(b"\x00\xff")],
    ids=lambda value: repr(value)[:40],
)  # fmt: skip
def test_nonsense_in_the_settings_is_left_out(qtbot: QtBot, value: object) -> None:
    settings = QSettings(
        QSettings.defaultFormat(), QSettings.Scope.UserScope, "digitpad", "digitpad"
    )
    settings.setValue("training", value)
    settings.sync()
    window = MainWindow(Session(Model(Network((784, 12, 10)), {})))
    qtbot.addWidget(window)
    window.load_panels()
    assert panel(window).hyperparameters() == Hyperparameters()


def test_data_of_ones_own(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    path = tmp_path / "mine.npz"
    np.savez(
        path,
        images=generator.integers(0, 256, (90, 28, 28), dtype=np.uint8),
        labels=np.arange(90) % 10,
    )
    panel(window).form.set_data(path)
    write(qtbot, window, "epochs", "2")
    press(qtbot, window, "train")
    ended(qtbot, window)
    assert window.session.model.metadata["data"] == "mine.npz"
    choose(qtbot, window, "data", "MNIST")
    assert panel(window).form.path is None


def test_everything_can_be_reached_and_has_a_name(qtbot: QtBot, window: MainWindow) -> None:
    for name in ("train", "pause", "stop", "more", "pace", "step", "remedy", "dismiss"):
        widget = find(window, QWidget, name)
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    names = [
        (widget.objectName(), widget.accessibleName() or getattr(widget, "text", str)())
        for widget in panel(window).findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.objectName()
    ]
    assert len(names) > 30
    for name, accessible in names:
        assert accessible or name == "remedy", name  # which has its text when it has a finding


def test_training_can_be_started_by_its_mnemonic(qtbot: QtBot, window: MainWindow) -> None:
    small(qtbot, window, epochs=1)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=TIMEOUT)
    qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(panel(window).is_training, timeout=TIMEOUT)
    ended(qtbot, window)
    assert window.session.state is not None


def test_what_was_changed_in_the_data_is_shown_until_the_next_training(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    digits = mnist().test.take(slice(0, 300))
    path = tmp_path / "inverted.npz"
    np.savez(path, images=255 - digits.images.reshape(-1, 28, 28), labels=digits.labels)
    small(qtbot, window, epochs=1, images=0)
    panel(window).form.set_data(path)
    notes = find(window, QLabel, "notes_text")
    assert not notes.isVisible()
    press(qtbot, window, "train")
    ended(qtbot, window)
    assert notes.isVisible()
    assert notes.text() == "The images were dark on light and have been inverted."
    panel(window).form.set_data(None)
    press(qtbot, window, "train")
    assert not notes.isVisible()
    ended(qtbot, window)
    assert not notes.isVisible()
