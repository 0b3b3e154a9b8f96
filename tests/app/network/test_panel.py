"""The card comes for a neuron, stays while pinned, covers no neuron and leaves no window."""

from __future__ import annotations

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.network.panel import NetworkPanel, beside
from digitpad.nn.network import Network
from tests.inspection.test_layers import ink

BASIC = Network((784, 16, 16, 10), initialisation="gaussian", seed=1)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    """A window with the panel on its right."""
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(QWidget())
    return window


@pytest.fixture
def panel(qtbot: QtBot, window: QMainWindow) -> NetworkPanel:
    panel = NetworkPanel()
    window.setCentralWidget(panel)
    window.resize(800, 520)
    window.show()
    qtbot.waitExposed(window)
    with qtbot.waitSignal(panel.view.refreshed):
        panel.show_network(BASIC, ink())
    return panel


def hover(panel: NetworkPanel, layer: int, index: int) -> None:
    QTest.mouseMove(panel.view, panel.view.centre_of(layer, index).toPoint())


def away(panel: NetworkPanel) -> None:
    QTest.mouseMove(panel.view, QPoint(1, panel.view.height() - 1))


def test_the_card_comes_and_goes_with_the_pointer(qtbot: QtBot, panel: NetworkPanel) -> None:
    hover(panel, 1, 9)
    qtbot.waitUntil(panel.card.isVisible)
    shown = panel.card.neuron()
    assert shown is not None
    assert (shown.layer, shown.index) == (1, 9)
    assert shown.z == BASIC.forward(ink().ravel())[0][0][9]
    assert panel.card.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    hover(panel, 3, 2)  # at once
    assert panel.card.title.text() == "Output 2"
    away(panel)
    assert not panel.card.isVisible()


def test_a_pinned_card_stays_and_can_be_clicked(qtbot: QtBot, panel: NetworkPanel) -> None:
    QTest.mouseClick(panel.view, LEFT, pos=panel.view.centre_of(1, 9).toPoint())
    assert panel.card.isVisible()
    assert not panel.card.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    hover(panel, 2, 2)
    away(panel)
    assert panel.card.isVisible()
    assert panel.card.title.text() == "Neuron 10 of layer 1"
    QTest.keyClick(panel.view, Qt.Key.Key_Escape)
    assert not panel.card.isVisible()


def test_a_pinned_card_follows_the_training(qtbot: QtBot, panel: NetworkPanel) -> None:
    panel.view.pin(1, 9)
    trained = Network((784, 16, 16, 10), seed=9)
    with qtbot.waitSignal(panel.view.refreshed):
        panel.show_network(trained, ink())
    shown = panel.card.neuron()
    assert shown is not None
    np.testing.assert_array_equal(shown.picture, trained.weights[0][9])


def test_no_card_covers_its_neuron_or_leaves_the_window(
    qtbot: QtBot, window: QMainWindow, panel: NetworkPanel
) -> None:
    for size in (QSize(800, 520), QSize(480, 560), QSize(1300, 700), QSize(300, 640)):
        window.resize(size)
        QTest.qWait(50)
        assert window.size() == size
        for layer, index in ((1, 0), (1, 15), (2, 7), (3, 0), (3, 5), (3, 9)):
            panel.view.pin(layer, index)
            assert panel.card.isVisible()
            card = panel.card.geometry()
            assert window.rect().contains(card)
            middle = panel.view.mapTo(window, panel.view.centre_of(layer, index).toPoint())
            assert not card.contains(middle)


def test_the_card_goes_and_comes_back_with_the_view(qtbot: QtBot, panel: NetworkPanel) -> None:
    panel.view.pin(1, 9)
    panel.hide()
    assert not panel.card.isVisible()
    panel.show()
    qtbot.waitUntil(panel.card.isVisible)


def test_the_card_moves_to_the_window_of_the_view(qtbot: QtBot, panel: NetworkPanel) -> None:
    other = QMainWindow()
    qtbot.addWidget(other)
    other.setCentralWidget(panel)
    other.resize(700, 600)
    other.show()
    qtbot.waitExposed(other)
    panel.view.pin(1, 9)
    assert panel.card.parentWidget() is other
    assert panel.card.isVisible()


def test_the_card_outlives_a_window_that_its_view_has_left(
    qtbot: QtBot, window: QMainWindow, panel: NetworkPanel
) -> None:
    other = QMainWindow()
    other.setCentralWidget(panel)
    other.resize(700, 600)
    other.show()
    qtbot.waitExposed(other)
    panel.view.pin(1, 9)
    assert panel.card.parentWidget() is other
    window.setCentralWidget(panel)
    shiboken6.delete(other)
    panel.show()
    qtbot.waitUntil(panel.card.isVisible)
    assert panel.card.parentWidget() is window


def test_a_right_click_on_a_neuron_offers_copies(panel: NetworkPanel) -> None:
    texts: list[str] = []

    def choose() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        texts.extend(action.text() for action in menu.actions())
        menu.setActiveAction(menu.actions()[1])
        QTest.keyClick(menu, Qt.Key.Key_Return)

    hover(panel, 1, 9)
    QTimer.singleShot(50, choose)
    at = panel.view.centre_of(1, 9).toPoint()
    reason = QContextMenuEvent.Reason.Mouse
    event = QContextMenuEvent(reason, at, panel.view.mapToGlobal(at))
    QApplication.sendEvent(panel.view, event)
    assert texts == ["Copy picture", "Copy table", "Copy picture of the network"]
    lines = QGuiApplication.clipboard().text().splitlines()
    assert float(lines[-1].split("\t")[-1]) == pytest.approx(
        float(BASIC.forward(ink().ravel())[0][0][9]), rel=1e-5
    )


def test_a_right_click_beside_the_neurons_copies_the_picture(panel: NetworkPanel) -> None:
    def choose() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        (action,) = menu.actions()
        menu.setActiveAction(action)
        QTest.keyClick(menu, Qt.Key.Key_Return)

    QTimer.singleShot(50, choose)
    at = QPoint(2, 2)
    reason = QContextMenuEvent.Reason.Mouse
    event = QContextMenuEvent(reason, at, panel.view.mapToGlobal(at))
    QApplication.sendEvent(panel.view, event)
    assert QGuiApplication.clipboard().image() == panel.view.grab().toImage()


def test_a_network_too_wide_scrolls_to_the_neuron(qtbot: QtBot, panel: NetworkPanel) -> None:
    network = Network((784, *[1700] * 18, 10), seed=0)
    with qtbot.waitSignal(panel.view.refreshed):
        panel.show_network(network, ink())
    qtbot.waitUntil(lambda: panel.view.width() > panel.width())
    panel.view.setFocus()
    hover(panel, 1, 0)
    QTest.keyClick(panel.view, Qt.Key.Key_End)
    for _ in range(300):
        QTest.keyClick(panel.view, Qt.Key.Key_Right)
    assert panel.view.lit is not None
    assert panel.view.lit[0] == 19
    there = panel.view.mapTo(panel, panel.view.centre_of(*panel.view.lit).toPoint())
    assert panel.rect().contains(there)


ROOM = QRect(0, 0, 600, 400)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (QRect(100, 190, 20, 20), QPoint(124, 100)),  # to the right
        (QRect(500, 190, 20, 20), QPoint(296, 100)),  # no room there: to the left
        (QRect(100, 0, 20, 20), QPoint(124, 1)),  # held in the window
        (QRect(100, 380, 20, 20), QPoint(124, 199)),
    ],
)
def test_where_a_card_lies(target: QRect, expected: QPoint) -> None:
    assert beside(target, QSize(200, 200), ROOM) == expected


def test_a_wide_card_lies_below_or_above_or_nowhere() -> None:
    size = QSize(500, 150)
    assert beside(QRect(290, 100, 20, 20), size, ROOM) == QPoint(50, 124)
    assert beside(QRect(290, 300, 20, 20), size, ROOM) == QPoint(50, 146)
    assert beside(QRect(290, 190, 20, 20), QSize(500, 300), ROOM) is None
