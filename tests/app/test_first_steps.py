"""The first steps: what a newcomer is shown, and that whatever he does comes first."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.drawing.ghost_hand import GhostHand
from digitpad.app.first_steps import Step
from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from digitpad.app.session import Session
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from tests.conftest import draw

LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SEVEN = np.array([[100, 80], [240, 80], [160, 300]], dtype=float)


@pytest.fixture
def newcomer(window: MainWindow) -> MainWindow:
    window.welcome()
    return window


def test_a_ghost_hand_draws_and_the_network_reads_along(newcomer: MainWindow, qtbot: QtBot) -> None:
    seen: list[int] = []
    newcomer.session.reading_changed.connect(lambda _, image: seen.append(int(image.sum())))
    assert newcomer.first_steps.step is Step.WATCH
    assert newcomer.first_steps.isVisible()
    qtbot.waitUntil(lambda: newcomer.first_steps.step is Step.DRAW, timeout=15_000)
    assert len(set(seen)) > 5
    assert newcomer.session.is_empty
    assert not newcomer.session.can_undo
    assert newcomer.session.drawings == ()


def test_the_user_s_first_stroke_is_his_own(newcomer: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: len(newcomer.session.growing) > 3)
    canvas = newcomer.canvas
    QTest.mousePress(canvas, LEFT, NO_KEY, QPoint(100, 80))
    assert newcomer.first_steps.step is Step.DRAW
    assert len(newcomer.session.growing) == 1
    QTest.mouseMove(canvas, QPoint(180, 120))
    QTest.mouseRelease(canvas, LEFT, NO_KEY, QPoint(180, 120))
    assert len(newcomer.session.strokes) == 1


def test_from_the_first_drawing_to_a_network_that_learns(
    newcomer: MainWindow, qtbot: QtBot
) -> None:
    steps = newcomer.first_steps
    newcomer.ghost_hand.stop()
    draw(newcomer.canvas, SEVEN)
    qtbot.waitUntil(lambda: steps.step is Step.MEET, timeout=10_000)
    before = newcomer.session.reader
    QTest.mouseClick(steps.next, LEFT)
    assert newcomer.perspectives.current is Perspective.TRAIN
    assert newcomer.session.reader is not before
    QTest.mouseClick(steps.next, LEFT)
    assert newcomer.is_training()
    qtbot.waitUntil(lambda: steps.step is Step.LOOK_BACK, timeout=120_000)
    assert "%" in steps.sentence.text()
    QTest.mouseClick(steps.next, LEFT)
    assert not steps.isVisible()


def test_they_can_be_skipped_and_do_not_come_again(newcomer: MainWindow) -> None:
    QTest.mouseClick(newcomer.first_steps.skip, LEFT)
    assert newcomer.session.is_empty
    assert not newcomer.first_steps.isVisible()
    newcomer.welcome()
    assert not newcomer.first_steps.isVisible()
    newcomer.commands.first_steps.trigger()
    assert newcomer.first_steps.isVisible()
    newcomer.first_steps.end()


def test_whoever_has_drawn_already_is_left_alone(window: MainWindow) -> None:
    draw(window.canvas, SEVEN)
    window.welcome()
    assert window.first_steps.step is None
    assert len(window.session.strokes) == 1


def test_the_ghost_hand_draws_no_corners(qtbot: QtBot) -> None:
    canvas = QWidget()
    qtbot.addWidget(canvas)
    session = Session(Model(Network((784, 8, 10), seed=1), {}))
    hand = GhostHand(canvas, session)
    drawn: list[NDArray[np.float64]] = []
    session.stroke_grew.connect(lambda: drawn.append(session.strokes[-1]))
    hand.start()
    qtbot.waitUntil(lambda: bool(drawn) and len(drawn[-1]) == len(hand._points), timeout=20_000)
    hand.stop()
    way = np.diff(drawn[-1][:, :2], axis=0)
    along = way[:, 0] + 1j * way[:, 1]
    turns = np.abs(np.angle(along[1:] / along[:-1]))
    # Apart from the waist of the 3, where a hand turns round.
    assert np.sort(turns)[-6] < 0.2
