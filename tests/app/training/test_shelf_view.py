"""The shelf under real events."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAccessible, QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from digitpad.app.cards import Card, CardKind
from digitpad.app.training.shelf_view import ShelfView
from digitpad.app.training.sparkline import small_curve
from digitpad.training import run_files
from digitpad.training.run_files import Status
from digitpad.training.run_store import RunStore
from digitpad.training.scores import Score, Scores
from digitpad.training.state import TrainingState
from tests.training.test_recording import H, record

BUILT_IN = Card("built-in", CardKind.BUILT_IN, "Built-in", sizes=(784, 64, 10), accuracy=0.996)
FIRST = Card("first", CardKind.RUN, "η 3", 1, (784, 16, 16, 10), 0.939, 4.5, curve=(1.0, 0.5, 0.2))
SECOND = Card("second", CardKind.RUN, "η 0.5", 2, (784, 16, 16, 10), 0.921, 30.0)
FILE = Card("file", CardKind.OPENED, "five.npz", 3, (784, 5, 10))
CARDS = (BUILT_IN, FIRST, SECOND, FILE)
SIGNALS = (
    *("card_activated", "compare_requested", "continue_requested", "save_requested"),
    *("reveal_requested", "rename_requested", "delete_requested", "restore_requested"),
)


class Heard:
    """Notes every signal of the shelf."""

    def __init__(self, shelf: ShelfView) -> None:
        self.all: list[tuple[str, ...]] = []
        for name in SIGNALS:
            getattr(shelf, name).connect(lambda *keys, name=name: self.all.append((name, *keys)))


@pytest.fixture
def shelf(qtbot: QtBot) -> ShelfView:
    made = ShelfView()
    qtbot.addWidget(made)
    made.resize(300, 260)
    made.show_cards(CARDS, "built-in")
    made.show()
    qtbot.waitExposed(made)
    made.setFocus()
    return made


def place(shelf: ShelfView, row: int) -> QPoint:
    return shelf.visualRect(shelf.model().index(row, 0)).center()


def click(qtbot: QtBot, shelf: ShelfView, row: int) -> None:
    qtbot.mouseClick(shelf.viewport(), Qt.MouseButton.LeftButton, pos=place(shelf, row))


def marked(shelf: ShelfView) -> list[int]:
    return [index.row() for index in shelf.selectionModel().selectedIndexes()]


def menu_of(qtbot: QtBot, shelf: ShelfView, row: int) -> dict[str, QAction]:
    """Open the context menu, return its actions, and close it."""
    shelf.customContextMenuRequested.emit(place(shelf, row))
    menus = [each for each in shelf.findChildren(QMenu) if each.isVisible()]
    assert len(menus) == 1
    actions = {action.objectName(): action for action in menus[0].actions()}
    menus[0].close()
    return actions


def test_a_click_reads_with_a_network(shelf: ShelfView, qtbot: QtBot) -> None:
    heard = Heard(shelf)
    click(qtbot, shelf, 2)
    click(qtbot, shelf, 0)
    assert heard.all == [("card_activated", "second"), ("card_activated", "built-in")]


def test_the_mark_says_which_network_reads(shelf: ShelfView, qtbot: QtBot) -> None:
    """Not what was clicked: whoever hears the click may refuse, or need a while."""
    click(qtbot, shelf, 2)
    assert marked(shelf) == [0]
    shelf.show_cards(CARDS, "second")
    assert marked(shelf) == [2]
    assert shelf.reading() == "second"
    qtbot.keyClick(shelf, Qt.Key.Key_Up)
    assert shelf.currentIndex().row() == 1
    assert marked(shelf) == [2]


def test_the_keyboard_does_all_that_the_mouse_does(shelf: ShelfView, qtbot: QtBot) -> None:
    heard = Heard(shelf)
    qtbot.keyClick(shelf, Qt.Key.Key_Down)
    qtbot.keyClick(shelf, Qt.Key.Key_Return)
    qtbot.keyClick(shelf, Qt.Key.Key_Down)
    qtbot.keyClick(shelf, Qt.Key.Key_Space)
    qtbot.keyClick(shelf, Qt.Key.Key_Delete)
    qtbot.keyClick(shelf, Qt.Key.Key_End)
    qtbot.keyClick(shelf, Qt.Key.Key_Enter)
    assert heard.all == [
        ("card_activated", "first"),
        ("card_activated", "second"),
        ("delete_requested", "second"),
        ("card_activated", "file"),
    ]


def test_the_built_in_network_is_neither_renamed_nor_deleted(
    shelf: ShelfView, qtbot: QtBot
) -> None:
    heard = Heard(shelf)
    qtbot.keyClick(shelf, Qt.Key.Key_Home)
    qtbot.keyClick(shelf, Qt.Key.Key_Delete)
    qtbot.keyClick(shelf, Qt.Key.Key_F2)
    assert heard.all == []
    assert not shelf.findChildren(QLineEdit)


def test_a_card_is_renamed_in_place(shelf: ShelfView, qtbot: QtBot) -> None:
    heard = Heard(shelf)
    click(qtbot, shelf, 1)
    qtbot.keyClick(shelf, Qt.Key.Key_F2)
    [editor] = shelf.findChildren(QLineEdit)
    assert editor.text() == "η 3"
    editor.selectAll()
    qtbot.keyClicks(editor, "best")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(heard.all) == 2)
    assert heard.all == [("card_activated", "first"), ("rename_requested", "first", "best")]
    assert shelf.cards()[1].name == "η 3"  # until it is shown with its new name
    shelf.show_cards([BUILT_IN, replace(FIRST, name="best"), SECOND, FILE], "first")
    assert shelf.cards()[1].name == "best"
    assert shelf.currentIndex().row() == 1


@pytest.mark.parametrize("typed", ["", "   ", "η 3"])
def test_a_name_that_is_none_changes_nothing(shelf: ShelfView, qtbot: QtBot, typed: str) -> None:
    shelf.setCurrentIndex(shelf.model().index(1, 0))
    heard = Heard(shelf)
    qtbot.keyClick(shelf, Qt.Key.Key_F2)
    [editor] = shelf.findChildren(QLineEdit)
    editor.selectAll()
    qtbot.keyClick(editor, Qt.Key.Key_Backspace)
    editor.insert(typed)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not shelf.findChildren(QLineEdit))
    assert heard.all == []


def test_the_context_menu_asks_for_what_a_card_can(shelf: ShelfView, qtbot: QtBot) -> None:
    heard = Heard(shelf)
    training = replace(SECOND, status=Status.RUNNING)
    shelf.show_cards([BUILT_IN, FIRST, training, FILE], "built-in")
    allowed = [
        {name for name, action in menu_of(qtbot, shelf, row).items() if name and action.isEnabled()}
        for row in range(4)
    ]
    everything = {"compare", "continue", "save", "copy", "rename", "reveal", "delete"}
    assert allowed == [
        {"continue", "save", "copy"},
        everything,
        everything - {"continue", "delete"},
        everything,
    ]
    assert heard.all == []
    actions = menu_of(qtbot, shelf, 1)
    for name in ("compare", "continue", "save", "reveal", "delete"):
        actions[name].trigger()
    assert heard.all == [
        (f"{name}_requested", "first")
        for name in ("compare", "continue", "save", "reveal", "delete")
    ]
    assert actions["delete"].text() == "Delete"
    assert "shelf" in menu_of(qtbot, shelf, 3)["delete"].text()


def test_the_menu_opens_by_the_mouse(shelf: ShelfView, qtbot: QtBot) -> None:
    heard = Heard(shelf)

    def choose() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        action = next(each for each in menu.actions() if each.objectName() == "compare")
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())

    shelf.customContextMenuRequested.emit(place(shelf, 2))
    QTimer.singleShot(50, choose)
    qtbot.waitUntil(lambda: bool(heard.all))
    assert heard.all == [("compare_requested", "second")]


def test_cards_come_change_and_go_where_they_are(shelf: ShelfView) -> None:
    shelf.setCurrentIndex(shelf.model().index(2, 0))
    third = Card("third", CardKind.RUN, "new", 4)
    changed = replace(SECOND, accuracy=0.95)
    shelf.show_cards([BUILT_IN, FIRST, changed, third], "third")
    assert shelf.cards() == (BUILT_IN, FIRST, changed, third)
    assert shelf.currentIndex().row() == 2
    assert marked(shelf) == [3]
    shelf.show_cards([BUILT_IN, changed, FIRST], "gone")
    assert [card.id for card in shelf.cards()] == ["built-in", "second", "first"]
    assert marked(shelf) == []
    shelf.show_cards([], "")
    assert shelf.cards() == ()


def test_a_screen_reader_hears_what_a_card_shows(shelf: ShelfView) -> None:
    interface = QAccessible.queryAccessibleInterface(shelf)
    names = [interface.child(row).text(QAccessible.Text.Name) for row in range(4)]
    assert names[0].startswith("Built-in, 784-64-10, 99.6")
    assert names[1].startswith("η 3, 784-16-16-10 · 4.5 epochs, 93.9")
    assert names[3] == "five.npz, 784-5-10"


def test_a_fine_tuned_card_shows_before_and_after(shelf: ShelfView, qtbot: QtBot) -> None:
    scores = Scores(Score(8, 3, 0), Score(5000, 60, 75), Score(42, 9, 1))
    tuned = Card("tuned", CardKind.TUNED, "My hand", 4, (784, 5, 10), 0.985, scores=scores)
    few = replace(tuned, id="few", scores=scores._replace(mine=Score(0, 0, 0)))
    shelf.show_cards([*CARDS, tuned, few], "tuned")
    model = shelf.model()
    said = [model.data(model.index(row, 0), Qt.ItemDataRole.AccessibleTextRole) for row in (4, 5)]
    assert said[0].startswith("My hand, learned from 42 digits · 5 → 8 of 8 correct, 98.5")
    assert said[1].startswith("My hand, learned from 42 digits, 98.5")
    tip = model.data(model.index(4, 0), Qt.ItemDataRole.ToolTipRole).splitlines()
    assert tip[2:] == [
        "Your digits that were held back: 5 → 8 of 8 correct",
        "Your digits that it learned from: 33 → 41 of 42 correct",
        "MNIST validation images: 4,940 → 4,925 of 5,000 correct",
    ]
    actions = menu_of(qtbot, shelf, 4)
    assert not actions["continue"].isEnabled()
    assert actions["delete"].isEnabled()
    assert actions["delete"].text() == "Delete"


@pytest.mark.parametrize("width", [150, 300, 700])
def test_it_is_drawn_at_every_width(shelf: ShelfView, width: int) -> None:
    shelf.resize(width, 200)
    shelf.show_cards([*CARDS, replace(FIRST, id="i", status=Status.INTERRUPTED)], "i")
    image = shelf.grab().toImage()
    assert len({image.pixelColor(20, y).name() for y in range(image.height())}) > 3


def test_a_recorded_run_has_a_small_curve(tmp_path: Path) -> None:
    run = RunStore(tmp_path).create("run", H)
    assert small_curve(run_files.read_curve(run.folder)) == ()
    record(run.folder, H.new_network(), TrainingState())
    curve = run_files.read_curve(run.folder)
    small = small_curve(curve)
    assert len(small) == 27
    assert curve.cost.min() <= min(small) < max(small) <= curve.cost.max()
    assert small[0] > small[-1]


def restore_button(shelf: ShelfView) -> QPushButton:
    button = shelf.findChild(QPushButton, "restore")
    assert button is not None
    return button


def test_a_button_below_the_cards_brings_back_what_was_deleted(
    shelf: ShelfView, qtbot: QtBot
) -> None:
    heard = Heard(shelf)
    button = restore_button(shelf)
    assert not button.isVisible()
    everything = shelf.viewport().height()
    shelf.show_deleted("η 3 & more")
    assert button.isVisible()
    assert button.accessibleName() == "Undo deleting “η 3 & more”"
    assert button.text() == "Undo deleting “η 3 && more”"
    assert shelf.viewport().geometry().bottom() < button.geometry().top()
    assert button.geometry().bottom() < shelf.height()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert heard.all == [("restore_requested",)]
    shelf.show_deleted("a name that is much too long to be shown in a shelf as narrow as this")
    shelf.resize(160, 260)
    assert button.width() < 160
    assert button.text().endswith("…")
    shelf.show_deleted("")
    assert not button.isVisible()
    assert shelf.viewport().height() == everything


def test_undo_belongs_to_the_shelf_only_while_it_can_bring_something_back(
    shelf: ShelfView, qtbot: QtBot
) -> None:
    heard = Heard(shelf)
    qtbot.keySequence(shelf, QKeySequence(QKeySequence.StandardKey.Undo))
    assert heard.all == []
    shelf.show_deleted("η 3")
    qtbot.keySequence(shelf, QKeySequence(QKeySequence.StandardKey.Undo))
    assert heard.all == [("restore_requested",)]
