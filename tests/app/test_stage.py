"""The shelf in the window: what is done on its cards reaches the network that reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from digitpad.app.shelf import BUILT_IN
from digitpad.app.understand.landscape_view import Kind, LandscapeView
from digitpad.app.understand.panel import View
from digitpad.inspection import landscape
from digitpad.nn.network import Network
from tests.app.test_shelf import train
from tests.conftest import draw

SEVEN = np.array([[100, 80], [240, 80], [160, 300]], dtype=float)
UNDO = QKeySequence.StandardKey.Undo


def test_a_deleted_card_comes_back_by_undo_and_the_drawing_stays(window: MainWindow) -> None:
    draw(window.canvas, SEVEN, SEVEN + 50)
    window.shelf.add_changed(Network((784, 6, 10), seed=4), "changed")
    card = window.shelf.card(window.shelf.selected)
    view = window.shelf_view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Home)
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert window.shelf.selected == BUILT_IN
    assert [each.id for each in view.cards()] == [BUILT_IN]

    QTest.keySequence(view, UNDO)
    assert [each.id for each in view.cards()] == [BUILT_IN, card.id]
    assert window.shelf.selected == card.id
    assert window.session.network.sizes == (784, 6, 10)
    assert len(window.session.strokes) == 2

    # Nothing is left to bring back: the key is the canvas's again.
    QTest.keySequence(view, UNDO)
    assert len(window.session.strokes) == 1


def test_a_deleted_card_comes_back_by_its_button(window: MainWindow) -> None:
    window.shelf.add_changed(Network((784, 6, 10), seed=4), "changed")
    card = window.shelf.card(window.shelf.selected)
    window.shelf_view.delete_requested.emit(card.id)
    button = window.shelf_view.findChild(QPushButton, "restore")
    assert button is not None
    assert button.isVisible()
    assert card.name in button.accessibleName()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.shelf.selected == card.id
    assert not button.isVisible()


def test_the_landscape_shows_the_runs_path_and_the_playhead_on_it(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    train(window.shelf, tmp_path)
    window.perspectives.switch(Perspective.UNDERSTAND)
    panel = window.understand
    panel.show_view(View.LANDSCAPE)
    view = panel.built[View.LANDSCAPE]
    assert isinstance(view, LandscapeView)
    view.images.setValue(20)
    view.kind.setCurrentIndex(view.kind.findData(Kind.PATH))
    qtbot.waitUntil(lambda: view.surface.grid() is not None, timeout=20_000)

    playback = window.shelf.playback()
    assert playback is not None
    count = len(playback.snapshots)
    path = [playback.network(index).parameters for index in range(count)]
    np.testing.assert_allclose(
        view.surface.path(), landscape.principal_plane(path).project(path), atol=1e-5
    )
    assert view.surface.playhead() == count - 1
    window.shelf.move_playhead(2)
    assert view.surface.playhead() == 2
    window.shelf.move_playhead(None)
    assert view.surface.playhead() == count - 1

    # The built-in model has no path, and nothing of the run's is left.
    window.shelf.select(BUILT_IN)
    assert view.kind.currentData() is not Kind.PATH
    assert view.surface.path().shape == (0, 2)
