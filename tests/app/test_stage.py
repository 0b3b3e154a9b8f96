"""The shelf in the window: what is done on its cards reaches the network that reads."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from digitpad.app import stage
from digitpad.app.cards import BUILT_IN
from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from digitpad.app.training.film_picture import OtherRun
from digitpad.app.understand.landscape_view import Kind, LandscapeView
from digitpad.app.understand.mistakes_view import MistakesView, Selection
from digitpad.app.understand.panel import View
from digitpad.app.widgets import theme
from digitpad.inspection import landscape, mistakes
from digitpad.nn.network import Network
from digitpad.training import run_files
from tests.app.test_shelf import H, train
from tests.conftest import draw
from tests.inspection.networks import some_images

SEVEN = np.array([[100, 80], [240, 80], [160, 300]], dtype=float)
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
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


def compared(window: MainWindow) -> str | None:
    return window.shelf.compared


def other_run(window: MainWindow) -> OtherRun | None:
    return window.timeline.strip.other


def choose_in_menu(window: MainWindow, card_id: str, name: str) -> None:
    """Open the context menu of a card by the mouse, and click an entry."""
    view = window.shelf_view
    row = [card.id for card in view.cards()].index(card_id)
    at = view.visualRect(view.model().index(row, 0)).center()
    view.customContextMenuRequested.emit(at)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    action = next(each for each in menu.actions() if each.objectName() == name)
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())


def test_a_card_is_compared_on_the_strip_until_that_ends(
    window: MainWindow, tmp_path: Path
) -> None:
    longer = train(window.shelf, tmp_path, "longer", H.replace(epochs=3))
    window.shelf.select(train(window.shelf, tmp_path, "mine"))
    strip, legend = window.timeline.strip, window.timeline.comparison
    window.docks["timeline"].raise_()
    window.docks["shelf"].raise_()
    alone = strip.picture()
    assert other_run(window) is None
    assert not legend.isVisible()

    choose_in_menu(window, longer, "compare")
    curve = run_files.read_curve(window.shelf.store.get(longer).folder)
    other = other_run(window)
    assert other is not None
    np.testing.assert_array_equal(other.costs, curve.cost)
    picture = strip.picture()
    # Epoch over epoch: the longer one reaches the edge, the shorter one two thirds of the epochs.
    assert picture.other_x[-1] == pytest.approx(picture.area.right(), abs=1)
    assert picture.x[-1] < alone.x[-1] - 10
    third = np.searchsorted(curve.epoch, 2.0)
    own = window.shelf.playback()
    assert own is not None
    assert picture.x_of(own.curve.batches[-1]) == pytest.approx(
        np.interp(third, np.arange(len(curve.epoch)), picture.x_of(curve.batches)), abs=2
    )
    # Its colour, its name and both accuracies.
    colour = theme.run_colour(window.palette(), window.shelf.card(longer).colour)
    image = strip.grab().toImage()
    assert any(
        image.pixelColor(x, y) == colour
        for x in range(image.width())
        for y in range(image.height())
    )
    assert legend.isVisible()
    for card in (window.shelf.card(longer), window.shelf.card(window.shelf.selected)):
        assert card.name in legend.accessibleName()
        assert card.accuracy is not None
        assert f"{100 * card.accuracy:.2f}" in legend.accessibleName()

    # The end of the shorter run is still its end.
    QTest.keyClick(strip, Qt.Key.Key_Home)
    QTest.keyClick(strip, Qt.Key.Key_End)
    assert window.timeline.playhead() is None
    QTest.mouseClick(window.timeline.stop_comparing, Qt.MouseButton.LeftButton)
    assert compared(window) is None
    assert other_run(window) is None
    assert not legend.isVisible()
    assert window.activations.compared() is None


def test_comparing_ends_by_the_menu_and_by_reading_with_that_card(
    window: MainWindow, tmp_path: Path
) -> None:
    first = train(window.shelf, tmp_path, "first")
    train(window.shelf, tmp_path, "second")
    window.docks["shelf"].raise_()
    choose_in_menu(window, first, "compare")
    assert compared(window) == first
    choose_in_menu(window, first, "compare")
    assert compared(window) is None
    choose_in_menu(window, first, "compare")
    window.shelf.select(first)
    assert compared(window) is None
    assert other_run(window) is None


def test_the_built_in_model_is_compared_by_its_accuracy(window: MainWindow, tmp_path: Path) -> None:
    train(window.shelf, tmp_path, "mine")
    window.docks["shelf"].raise_()
    choose_in_menu(window, BUILT_IN, "compare")
    known = window.shelf.card(BUILT_IN).accuracy
    assert known is not None
    text = f"{100 * known:.2f}\N{NO-BREAK SPACE}% of the test images"
    assert text in window.timeline.comparison.toolTip()
    assert other_run(window) is None


def test_mistakes_compares_with_any_card(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    train(window.shelf, tmp_path)
    run = window.shelf.selected
    network = window.session.network.copy()
    window.shelf.select(BUILT_IN)
    window.perspectives.switch(Perspective.UNDERSTAND)
    window.understand.show_view(View.MISTAKES)
    view = window.understand.built[View.MISTAKES]
    assert isinstance(view, MistakesView)
    view.add_dataset(some_images(), "some")
    assert [view.other.itemData(place) for place in range(1, view.other.count())] == [
        card.id for card in window.shelf.cards()
    ]
    while view.other.currentData() != run:
        QTest.keyClick(view.other, Qt.Key.Key_Down)
    expected = mistakes.read_all(network, some_images())

    def compared() -> bool:
        found = view.other_answers
        return found is not None and np.array_equal(found.predicted, expected.predicted)

    qtbot.waitUntil(compared, timeout=60_000)
    assert view.answers is not None
    this, other = mistakes.differences(view.answers, expected)
    view.selection.setCurrentIndex(view.selection.findData(Selection.ONLY_OTHER))
    np.testing.assert_array_equal(view.chosen(), other)
    view.selection.setCurrentIndex(view.selection.findData(Selection.ONLY_THIS))
    np.testing.assert_array_equal(view.chosen(), this)
    window.shelf.delete(run)
    assert view.other.currentIndex() == 0


def test_the_timeline_waits_while_the_user_draws(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    monkeypatch.setattr(window.stage, "show_timeline", lambda: looks.append(1))
    monkeypatch.setattr(stage, "_LOOK_EVERY", 0)
    monkeypatch.setattr(stage, "_PAUSE", math.inf)
    window.stage.recorded()
    assert looks == [1]
    QTest.mousePress(window.canvas, LEFT, NO_KEY, QPoint(80, 60))
    window.stage.recorded()
    assert looks == [1]
    QTest.mouseRelease(window.canvas, LEFT, NO_KEY, QPoint(80, 60))
    monkeypatch.setattr(stage, "_PAUSE", 0)
    qtbot.waitUntil(lambda: looks == [1, 1])


def test_another_network_reads_a_growing_stroke(window: MainWindow, qtbot: QtBot) -> None:
    QTest.mousePress(window.canvas, LEFT, NO_KEY, QPoint(80, 60))
    QTest.mouseMove(window.canvas, QPoint(85, 120))
    other = Network((784, 9, 10), seed=4)
    window.session.show_network(other)

    def is_read() -> bool:
        outputs = other.feed_forward(window.session.image.ravel())
        return np.array_equal(window.session.reading.activations, outputs)

    qtbot.waitUntil(is_read)
    QTest.mouseRelease(window.canvas, LEFT, NO_KEY, QPoint(85, 120))
    assert is_read()
