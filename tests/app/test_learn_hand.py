"""“Learn my hand” through the real window: drawn digits, keys, buttons, a real process."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Generator, Sequence
from typing import TypeVar

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from digitpad.app.cards import BUILT_IN, CardKind
from digitpad.app.main_window import MainWindow
from digitpad.data.mnist import mnist
from digitpad.data.my_digits import MyDigits, default_path
from digitpad.drawing.strokes import Sample, read_strokes
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.recognition.recognise import recognise
from digitpad.training.fine_tune import FineTuned, fine_tune
from digitpad.training.interactive import Job
from digitpad.training.scores import Score
from tests.conftest import draw
from tests.training.test_fine_tune import trained

LEFT = Qt.MouseButton.LeftButton
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
LONG_ENOUGH = 900_000  # milliseconds
# A 1 that begins with a long upstroke, and that the network takes for a 7.
STEEP_ONE = np.array([[30.0, 95], [125, 40], [100, 200]])
Result = TypeVar("Result")


def finished(steps: Generator[object, None, Result]) -> Result:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result


def expected(network: Network, mine: Sequence[Sample]) -> FineTuned:
    digits = mnist()
    return finished(fine_tune(network, mine, digits.train, digits.validation))


def steep_one(shift: float) -> np.ndarray:
    moved: np.ndarray = STEEP_ONE + np.array([[0, shift], [shift, 0], [0, -shift]])
    return moved


def correct_two(window: MainWindow) -> None:
    """Draw two steep 1s, and label both by the key."""
    for shift in (0.0, 9.0):
        window.session.clear()
        draw(window.canvas, steep_one(shift))
        QTest.keyClick(window.canvas, Qt.Key.Key_1)


def is_learning(window: MainWindow) -> bool:
    return window.learn_hand.is_learning


def learn_button(window: MainWindow) -> QPushButton:
    window.docks["my_digits"].show()
    window.docks["my_digits"].raise_()
    return window.my_digits.hand.learn_button


def learn(window: MainWindow, qtbot: QtBot) -> None:
    QTest.mouseClick(learn_button(window), LEFT)
    assert is_learning(window)
    qtbot.waitUntil(lambda: not is_learning(window), timeout=LONG_ENOUGH)


def test_two_corrected_ones_are_learned_and_the_third_is_read_at_once(
    window: MainWindow, qtbot: QtBot
) -> None:
    calibration = window.session.built_in.metadata["recognition"]
    metadata = {"name": "trained", "recognition": calibration}
    window.session.show_model(Model(trained().copy(), metadata))
    before = window.session.reader.copy()
    correct_two(window)
    window.session.clear()
    draw(window.canvas, steep_one(-6))
    image = window.session.image
    assert recognise(window.session.model, image).digit != 1
    learn(window, qtbot)
    mine = read_strokes(default_path())
    assert [sample.label for sample in mine] == [1, 1]
    result = expected(before, mine)
    # What reads now is what the core makes of the same digits, bit for bit.
    np.testing.assert_array_equal(window.session.reader.parameters, result.network.parameters)
    card = window.shelf.card(window.shelf.selected)
    assert (card.kind, card.name) == (CardKind.TUNED, "trained, my hand")
    assert card.scores == result.scores
    # The canvas is read by it at once.
    again = recognise(window.session.model, image)
    assert again.sure
    assert again.digit == 1
    assert window.answer.digit.text() == "1"
    np.testing.assert_allclose(window.activations.values(), again.activations, atol=1e-6)
    # What is shown is what the core has measured.
    own, others = result.scores.own, result.scores.others
    hand = window.my_digits.hand
    assert hand.headline.text() == "“trained, my hand” reads now"
    shares = [f"{100 * (1 - errors / others.n):.2f}\N{NO-BREAK SPACE}%" for errors in others[1:]]
    assert hand.rows() == [
        ("Read correctly", "before → after"),
        ("Learned from (2)", f"{2 - own.before} → {2 - own.after}"),
        ("MNIST (5,000)", " → ".join(shares)),
    ]
    assert "No digits were held back" in hand.note.text()
    assert own.n == 2
    assert result.scores.mine == Score(0, 0, 0)
    # Kept, it stays; its metadata keep what makes it sure, and say what it has learned from.
    QTest.mouseClick(hand.keep_button, LEFT)
    assert hand.learn_button.isVisible()
    assert hand.learn_button.isEnabled()
    metadata = window.session.model.metadata
    assert metadata["recognition"] == calibration
    assert set(metadata["fine_tuned"]["ids"]) == {sample.extra["drawing_id"] for sample in mine}


def test_held_back_digits_are_shown_and_a_network_can_be_thrown_away(
    window: MainWindow, qtbot: QtBot
) -> None:
    network = window.session.reader
    before = network.parameters.copy()
    generator = np.random.default_rng(0)
    MyDigits().add(
        Sample(label, (STEEP_ONE + label * 20 + generator.normal(0, 3, STEEP_ONE.shape),))
        for label in (1, 4)
        for _ in range(7)
    )
    learn(window, qtbot)
    scores = expected(network, MyDigits().samples).scores
    assert (scores.mine.n, scores.own.n) == (2, 12)
    hand = window.my_digits.hand
    assert hand.rows()[1] == (
        "Held back (2)",
        f"{2 - scores.mine.before} → {2 - scores.mine.after}",
    )
    assert hand.note.isHidden()
    assert len(window.shelf.cards()) == 2
    QTest.mouseClick(hand.throw_away_button, LEFT)
    assert [card.id for card in window.shelf.cards()] == [BUILT_IN]
    np.testing.assert_array_equal(window.session.reader.parameters, before)
    assert hand.learn_button.isVisible()


def test_the_reason_stands_beside_the_disabled_button(window: MainWindow) -> None:
    button, hand = learn_button(window), window.my_digits.hand
    assert not button.isEnabled()
    assert hand.reason.isVisible()
    assert hand.reason.text() == "Correct or collect at least 2 digits first."
    correct_two(window)
    assert button.isEnabled()
    assert hand.reason.text() == ""
    window.session.show_model(Model(Network((784, 5, 10), activation="step"), {}))
    window.shelf.selected_changed.emit()
    assert not button.isEnabled()
    assert "perceptrons" in hand.reason.text()
    window.commands.learn_hand.trigger()
    assert not is_learning(window)


def test_a_network_in_training_must_stop_first(window: MainWindow) -> None:
    correct_two(window)
    button = learn_button(window)
    assert window.training_panel is not None
    h = window.training_panel.hyperparameters()
    window.shelf.begin(Job(h, None, h.new_network()), "live")
    assert not button.isEnabled()
    assert "Stop the training" in window.my_digits.hand.reason.text()
    window.shelf.select(BUILT_IN)
    assert button.isEnabled()
    window.shelf.end(discard=True)


def test_the_menu_shows_the_panel_and_begins(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.learn_hand.trigger()
    assert window.my_digits.isVisible()
    assert not is_learning(window)
    window.docks["my_digits"].hide()
    correct_two(window)
    window.commands.learn_hand.trigger()
    assert is_learning(window)
    assert window.my_digits.hand.progress.isVisible()
    qtbot.waitUntil(lambda: bool(multiprocessing.active_children()), timeout=LONG_ENOUGH)
    QTest.mouseClick(window.my_digits.hand.cancel_button, LEFT)
    assert not is_learning(window)
    assert window.my_digits.hand.learn_button.isVisible()
    qtbot.waitUntil(lambda: not multiprocessing.active_children(), timeout=LONG_ENOUGH)
    assert len(window.shelf.cards()) == 1
    assert window.session.name == "small"


def test_a_process_that_dies_is_explained_and_one_can_try_again(
    window: MainWindow, qtbot: QtBot
) -> None:
    correct_two(window)
    QTest.mouseClick(learn_button(window), LEFT)
    qtbot.waitUntil(lambda: bool(multiprocessing.active_children()), timeout=LONG_ENOUGH)
    (child,) = multiprocessing.active_children()
    assert child.pid is not None
    os.kill(child.pid, KILL)
    qtbot.waitUntil(lambda: not is_learning(window), timeout=LONG_ENOUGH)
    hand = window.my_digits.hand
    assert "ended unexpectedly" in hand.reason.text()
    assert hand.learn_button.isEnabled()
    assert window.session.name == "small"
    assert len(read_strokes(default_path())) == 2
    learn(window, qtbot)
    assert len(window.shelf.cards()) == 2


def test_closing_the_window_ends_it(window: MainWindow, qtbot: QtBot) -> None:
    correct_two(window)
    QTest.mouseClick(learn_button(window), LEFT)
    qtbot.waitUntil(lambda: bool(multiprocessing.active_children()), timeout=LONG_ENOUGH)
    assert window.close()
    qtbot.waitUntil(lambda: not multiprocessing.active_children(), timeout=LONG_ENOUGH)
    assert window.shelf.store.runs() == []


def test_one_draws_on_while_it_learns(window: MainWindow, qtbot: QtBot) -> None:
    correct_two(window)
    QTest.mouseClick(learn_button(window), LEFT)
    drawn = 0
    while is_learning(window):
        window.session.clear()
        draw(window.canvas, steep_one(drawn % 7))
        drawn += 1
        qtbot.wait(5)
    assert drawn > 3
    assert len(window.session.strokes) == 1
    reading = recognise(window.session.model, window.session.image)
    np.testing.assert_allclose(window.activations.values(), reading.activations, atol=1e-6)


def test_a_card_that_is_deleted_on_the_shelf_is_no_longer_asked_about(
    window: MainWindow, qtbot: QtBot
) -> None:
    correct_two(window)
    learn(window, qtbot)
    hand = window.my_digits.hand
    assert hand.keep_button.isVisible()
    QTest.mouseClick(hand.keep_button, LEFT)
    learn(window, qtbot)
    name = window.shelf.card(window.shelf.selected).name
    assert name == "small, my hand 2"  # not “small, my hand, my hand”
    window.shelf.delete(window.shelf.selected)
    assert not hand.keep_button.isVisible()
    assert hand.learn_button.isVisible()


def test_on_a_full_disk_the_network_stays_in_memory(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct_two(window)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    learn(window, qtbot)
    assert "No space left" in window.statusBar().currentMessage()
    assert window.shelf.has_unsaved
    assert window.shelf.card(window.shelf.selected).kind is CardKind.TUNED
    QTest.mouseClick(window.my_digits.hand.throw_away_button, LEFT)
    assert window.session.name == "small"
