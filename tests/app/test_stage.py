"""The shelf in the window: what is done on its cards reaches the network that reads."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from digitpad.app.main_window import MainWindow
from digitpad.app.shelf import BUILT_IN
from digitpad.nn.network import Network
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
