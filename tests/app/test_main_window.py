"""The window as a whole: menus, keys, docks, title, settings, and how it opens and closes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QDockWidget, QMenu, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.cards import BUILT_IN
from digitpad.app.main_window import MainWindow
from digitpad.app.model.evaluation import EvaluationDialog
from digitpad.app.perspectives import Perspective
from digitpad.app.session import Session
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import Job
from tests.conftest import click, close_without_questions, draw

LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
Answer = Callable[[Callable[[QDialog], object]], list[str]]
SEVEN = np.array([[100, 80], [240, 80], [160, 300]], dtype=float)


def menu_actions(window: MainWindow) -> list[QAction]:
    """Return what is in the menus, without separators and submenus."""
    found: list[QAction] = []

    def walk(menu: QMenu) -> None:
        for action in menu.actions():
            submenu = action.menu()
            if isinstance(submenu, QMenu):
                walk(submenu)
            elif not action.isSeparator():
                found.append(action)

    for action in window.menuBar().actions():
        menu = action.menu()
        assert isinstance(menu, QMenu)
        walk(menu)
    return found


def test_all_parts_are_there_by_their_names(window: MainWindow) -> None:
    for name in ("canvas", "answer", "activations", "train", "preview", "curves", "metadata"):
        assert window.findChild(QWidget, name) is not None, name


def test_what_is_drawn_is_read_on_every_move(window: MainWindow, qtbot: QtBot) -> None:
    canvas = window.canvas
    QTest.mousePress(canvas, LEFT, NO_KEY, QPoint(100, 80))
    seen = []
    for at in (QPoint(240, 80), QPoint(200, 200), QPoint(160, 300)):
        QTest.mouseMove(canvas, at)
        qtbot.waitUntil(lambda: not window.session._turn.isActive())
        seen.append(window.activations.values())
        np.testing.assert_array_equal(window.answer.preview.image(), window.session.image)
        np.testing.assert_allclose(seen[-1], window.session.reading.activations)
    QTest.mouseRelease(canvas, LEFT, NO_KEY, QPoint(160, 300))
    assert not np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[1], seen[2])
    assert window.answer.digit.text() != "–"


def test_undo_redo_and_clear_by_their_keys(window: MainWindow) -> None:
    draw(window.canvas, SEVEN, SEVEN + 50)
    window.canvas.setFocus()
    QTest.keySequence(window, QKeySequence.StandardKey.Undo)
    assert len(window.session.strokes) == 1
    QTest.keySequence(window, QKeySequence.StandardKey.Redo)
    assert len(window.session.strokes) == 2
    QTest.keyClick(window.canvas, Qt.Key.Key_Delete)
    assert window.session.is_empty
    QTest.keySequence(window, QKeySequence.StandardKey.Undo)
    assert len(window.session.strokes) == 2


def test_delete_clears_the_canvas_only_when_it_has_the_keys(window: MainWindow) -> None:
    draw(window.canvas, SEVEN)
    train = window.findChild(QWidget, "train")
    assert train is not None
    train.setFocus()
    QTest.keyClick(train, Qt.Key.Key_Delete)
    assert len(window.session.strokes) == 1


def test_the_eraser_is_taken_up_by_its_button_and_its_key(window: MainWindow) -> None:
    draw(window.canvas, SEVEN)
    window.canvas.setFocus()
    QTest.keyClick(window, Qt.Key.Key_E, CTRL)
    assert window.canvas.erasing
    assert window.commands.erase.isChecked()
    draw(window.canvas, [[50, 80], [300, 80]])
    assert window.session.is_empty
    QTest.keyClick(window, Qt.Key.Key_E, CTRL)
    assert not window.canvas.erasing


def test_a_digit_can_be_drawn_without_a_mouse(window: MainWindow) -> None:
    canvas = window.canvas
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    for _ in range(6):
        QTest.keyClick(canvas, Qt.Key.Key_Down)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    assert len(window.session.strokes) == 1
    said = window.answer.verdict.text().replace("\N{NO-BREAK SPACE}", " ")
    assert window.answer.digit.accessibleName() == f"Answer: {said}"
    assert "nothing drawn" not in window.answer.digit.accessibleName()


def test_what_cannot_be_done_is_disabled(window: MainWindow) -> None:
    actions = (window.commands.undo, window.commands.redo, window.commands.clear)
    assert [action.isEnabled() for action in actions] == [False, False, False]
    draw(window.canvas, SEVEN)
    assert [action.isEnabled() for action in actions] == [True, False, True]
    window.commands.undo.trigger()
    assert [action.isEnabled() for action in actions] == [False, True, False]


def test_no_two_actions_share_a_key_or_a_letter(window: MainWindow) -> None:
    keys = [key.toString() for action in menu_actions(window) for key in action.shortcuts()]
    assert len(keys) == len(set(keys))
    for title in window.menuBar().actions():
        menu = title.menu()
        assert isinstance(menu, QMenu)
        letters = [
            action.text()[action.text().index("&") + 1].lower()
            for action in menu.actions()
            if "&" in action.text()
        ]
        assert len(letters) == len(set(letters)), title.text()


def test_every_control_has_a_name_for_those_who_do_not_see_it(window: MainWindow) -> None:
    from PySide6.QtGui import QAccessible

    for widget in window.findChildren(QWidget):
        name = widget.objectName()
        if not widget.isVisible() or widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            continue
        if name.startswith("qt_") or isinstance(widget.parent(), QDockWidget):
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        told = interface.text(QAccessible.Text.Name) if interface else ""
        assert told or widget.toolTip(), f"{type(widget).__name__} {name}"


def test_the_tab_key_walks_through_the_window_and_back_to_the_canvas(window: MainWindow) -> None:
    window.activateWindow()
    window.canvas.setFocus()
    reached: set[QWidget] = set()
    for _ in range(200):
        focused = QApplication.focusWidget()
        if focused is None or (focused is window.canvas and reached):
            break
        reached.add(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is window.canvas
    assert window.findChild(QWidget, "train") in reached


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_dock_closes_reopens_and_floats(window: MainWindow, number: int) -> None:
    dock = list(window.docks.values())[number - 1]
    shown = not dock.isHidden()
    toggle = dock.toggleViewAction()
    (key,) = toggle.shortcuts()
    assert key.toString() == f"Ctrl+Shift+{number}"
    toggle.trigger()
    assert dock.isHidden() == shown
    toggle.trigger()
    assert dock.isHidden() != shown
    dock.show()
    dock.setFloating(True)
    assert dock.isWindow()
    dock.close()
    dock.toggleViewAction().trigger()
    assert dock.isVisible()
    assert dock.isFloating()
    draw(window.canvas, SEVEN)
    np.testing.assert_allclose(window.activations.values(), window.session.reading.activations)
    window.commands.reset_layout.trigger()
    assert not dock.isFloating()


def test_layout_and_size_are_remembered(window: MainWindow, qtbot: QtBot) -> None:
    window.perspectives.switch(Perspective.DRAW)
    window.docks["activations"].setFloating(True)
    window.docks["curves"].show()
    window.resize(770, 690)
    window.close()
    other = MainWindow(Session(window.session.model))
    qtbot.addWidget(other)
    other.show()
    qtbot.waitExposed(other)
    assert other.docks["model"].isHidden()
    assert other.docks["activations"].isFloating()
    assert not other.docks["curves"].isHidden()
    assert other.size() == window.size()


def test_settings_that_are_broken_are_ignored(qtbot: QtBot, window: MainWindow) -> None:
    window.settings.setValue("geometry", "nonsense")
    window.settings.setValue("layout/draw", b"\x00\x01")
    window.settings.setValue("layout/train", "nonsense")
    window.settings.setValue("perspective", "fly")
    window.settings.setValue("recent", {"not": "a list"})
    other = MainWindow(Session(window.session.model))
    qtbot.addWidget(other)
    other.show()
    assert other.perspectives.current is Perspective.DRAW
    assert not other.docks["activations"].isHidden()
    assert other.documents.recent() == []


def test_the_title_names_the_network_that_reads(window: MainWindow, tmp_path: Path) -> None:
    assert window.windowTitle() == "small – digitpad"
    window.session.save(tmp_path / "mine.npz")
    assert window.windowTitle() == "mine.npz – digitpad"
    window.commands.built_in.trigger()
    assert window.windowTitle() == "digitpad"


def drop(window: MainWindow, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(200, 200), copy, data, LEFT, NO_KEY)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(200, 200), copy, data, LEFT, NO_KEY))


def test_a_model_is_opened_by_dropping_its_file(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "dropped.npz"
    model_file.save(path, Model(Network((784, 7, 10), seed=3), {}))
    drop(window, path)
    assert window.session.path == path
    assert window.session.network.sizes == (784, 7, 10)


def test_text_is_not_welcome(window: MainWindow) -> None:
    data = QMimeData()
    data.setText("a seven")
    event = QDragEnterEvent(QPoint(200, 200), Qt.DropAction.CopyAction, data, LEFT, NO_KEY)
    event.ignore()
    QApplication.sendEvent(window, event)
    assert not event.isAccepted()


@pytest.mark.parametrize(
    ("button", "closes", "saved"),
    [("Save", True, True), ("Discard", True, False), ("Cancel", False, False)],
)
def test_closing_asks_about_a_run_that_could_not_be_stored(
    window: MainWindow,
    answer_dialog: Answer,
    tmp_path: Path,
    button: str,
    closes: bool,
    saved: bool,
) -> None:
    path = tmp_path / "mine.npz"
    window.session.save(path)
    window.shelf.store.folder.parent.mkdir(exist_ok=True)
    window.shelf.store.folder.write_text("in the way of the folder")
    window.shelf.begin(Job(Hyperparameters(hidden_layers=(9,))), "run")
    window.shelf.end()
    window.session.path = path
    said = answer_dialog(click(button))
    assert window.close() == closes
    assert said
    assert "unsaved training" in said[0]
    assert (model_file.load(path).network.sizes == (784, 9, 10)) == saved
    close_without_questions(window)


def test_closing_with_nothing_to_lose_asks_nothing(window: MainWindow) -> None:
    draw(window.canvas, SEVEN)
    assert window.close()


def test_evaluating_takes_one_click(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.evaluate.trigger()
    dialog = window.findChild(EvaluationDialog)
    assert isinstance(dialog, EvaluationDialog)
    qtbot.waitUntil(lambda: dialog.evaluation is not None, timeout=20_000)
    assert "Accuracy" in dialog.headline.text()


def test_closing_waits_for_an_evaluation(window: MainWindow) -> None:
    window.commands.evaluate.trigger()
    dialog = window.findChild(EvaluationDialog)
    assert isinstance(dialog, EvaluationDialog)
    assert window.close()
    assert not dialog.isVisible()


def test_the_panels_come_by_themselves_after_the_first_paint(qtbot: QtBot) -> None:
    window = MainWindow(Session(Model(Network((784, 10), seed=1), {})))
    qtbot.addWidget(window)
    assert window.training_panel is None
    window.show()
    qtbot.waitUntil(lambda: window.training_panel is not None, timeout=20_000)
    assert window.findChild(QWidget, "curves") is not None


def test_a_plot_that_was_saved_is_said(window: MainWindow, tmp_path: Path) -> None:
    assert window.curves is not None
    window.docks["curves"].show()
    window.curves.save(tmp_path / "curves.csv")
    assert "curves.csv" in window.statusBar().currentMessage()


@pytest.mark.parametrize("perspective", [Perspective.DRAW, Perspective.TRAIN])
@pytest.mark.parametrize("size", [(560, 420), (800, 600), (1180, 780), (1920, 1200), (700, 1200)])
def test_canvas_and_answer_have_room_at_any_size(
    window: MainWindow, qtbot: QtBot, size: tuple[int, int], perspective: Perspective
) -> None:
    window.perspectives.switch(perspective)
    window.resize(*size)
    answer = window.answer
    drawing = [window.canvas, answer.digit, answer.verdict]
    centre = window.centralWidget()
    assert centre is not None

    def check() -> None:
        seen = [part for part in (answer.preview, window.drawings) if part.isVisible()]
        parts: list[QWidget] = [*drawing, *seen]
        boxes = [widget.rect().translated(widget.mapTo(centre, QPoint(0, 0))) for widget in parts]
        assert all(centre.rect().contains(box) for box in boxes)
        assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[:i])
        assert min(window.canvas.width(), window.canvas.height()) >= 150

    qtbot.waitUntil(check)


def test_the_program_opens_its_window_with_the_model_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    model_file.save(path, Model(Network((784, 6, 10), seed=3), {}))
    program = (
        "import sys; from pathlib import Path; from PySide6.QtCore import Qt, QTimer;"
        "from PySide6.QtWidgets import QApplication; import digitpad.app;"
        "app = QApplication([]); windows = QApplication.topLevelWidgets;"
        "QTimer.singleShot(300, lambda: (print([w.windowTitle() for w in windows()"
        " if w.isVisible()]), app.closeAllWindows()));"
        "code = digitpad.app.main(Path(sys.argv[1]));"
        "compress = Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents;"
        "print('compresses events:', app.testAttribute(compress)); sys.exit(code)"
    )
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "mine.npz – digitpad" in done.stdout
    assert "compresses events: False" in done.stdout


def test_each_perspective_keeps_its_own_arrangement(window: MainWindow) -> None:
    docks, keys = window.docks, window.commands.perspectives
    assert keys[Perspective.TRAIN].isChecked()
    docks["activations"].close()
    QTest.keyClick(window, Qt.Key.Key_1, CTRL)
    assert keys[Perspective.DRAW].isChecked()
    assert docks["activations"].isVisible()
    assert not docks["training"].isVisible()
    wide = window.canvas.width()
    QTest.keyClick(window, Qt.Key.Key_2, CTRL)
    assert not docks["activations"].isVisible()
    assert docks["training"].isVisible()
    assert window.canvas.width() < wide
    window.commands.reset_layout.trigger()
    assert docks["activations"].isVisible()


def test_an_arrangement_of_a_large_window_fits_a_small_screen(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.resize(2400, 1300)
    for perspective in (Perspective.UNDERSTAND, Perspective.TRAIN, Perspective.UNDERSTAND):
        window.perspectives.switch(perspective)
    QApplication.processEvents()
    screen = window.screen().availableSize()
    assert window.minimumSizeHint().width() > screen.width()
    window.perspectives.remember()
    small = MainWindow(Session(Model(Network((784, 12, 10), seed=1), {"name": "small"})))
    qtbot.addWidget(small, before_close_func=close_without_questions)
    small.show()
    small.load_panels()
    for perspective in (Perspective.UNDERSTAND, Perspective.TRAIN, Perspective.UNDERSTAND):
        small.perspectives.switch(perspective)
        QApplication.processEvents()
        assert small.size().boundedTo(screen) == small.size()


def test_no_tab_bar_is_left_beside_the_window(window: MainWindow, qtbot: QtBot) -> None:
    def bars() -> list[QTabBar]:
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        return window.findChildren(QTabBar, options=direct)

    for perspective in (Perspective.UNDERSTAND, Perspective.TRAIN, Perspective.DRAW):
        window.perspectives.switch(perspective)
        qtbot.waitUntil(lambda: all(bar.count() > 1 for bar in bars() if bar.isVisible()))
    window.perspectives.switch(Perspective.TRAIN)
    qtbot.waitUntil(lambda: sum(bar.isVisible() for bar in bars()) >= 2)
    for bar in bars():
        assert not bar.isVisible() or not bar.visibleRegion().isEmpty()


def test_cleared_drawings_are_read_by_whatever_network_reads_now(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.perspectives.switch(Perspective.DRAW)
    draw(window.canvas, SEVEN)
    image = window.session.image
    window.commands.clear.trigger()
    digit = int(window.session.network.feed_forward(image.ravel()).argmax())
    qtbot.waitUntil(lambda: window.drawings.digits() == (digit,))
    other = Network((784, 9, 10), seed=4)
    window.session.show_network(other)
    digit = int(other.feed_forward(image.ravel()).argmax())
    qtbot.waitUntil(lambda: window.drawings.digits() == (digit,))
    QTest.mouseClick(window.drawings, LEFT, NO_KEY, window.drawings.thumbnail(0).center())
    np.testing.assert_array_equal(window.session.image, image)


def test_earlier_drawings_wait_while_the_pen_is_down(window: MainWindow, qtbot: QtBot) -> None:
    draw(window.canvas, SEVEN)
    window.commands.clear.trigger()
    QTest.mousePress(window.canvas, LEFT, NO_KEY, QPoint(80, 60))
    QTest.mouseMove(window.canvas, QPoint(85, 90))
    qtbot.wait(300)
    assert window.drawings.digits() == ()
    QTest.mouseRelease(window.canvas, LEFT, NO_KEY, QPoint(85, 120))
    qtbot.waitUntil(lambda: len(window.drawings.digits()) == 1)


def test_a_drawing_cleared_twice_is_kept_once(window: MainWindow) -> None:
    draw(window.canvas, SEVEN)
    window.commands.clear.trigger()
    window.commands.undo.trigger()
    window.commands.clear.trigger()
    assert len(window.session.drawings) == 1


@pytest.mark.parametrize(
    "value",
    [["a", "list"], {"an": "object"}, "x", 10**9, "1" * 400, "[" * 100_000, b"\x00\xff", None],
)
def test_settings_of_any_kind_never_lose_the_training_panel(qtbot: QtBot, value: object) -> None:
    before = MainWindow(Session(Model(Network((784, 10), seed=1), {})))
    qtbot.addWidget(before)
    before.load_panels()
    before.settings.setValue("recent", [])
    before.settings.setValue("folder", "")
    before.close()
    keys = before.settings.allKeys()
    assert len(keys) > 4
    for key in keys:
        before.settings.setValue(key, value)
    before.settings.sync()
    window = MainWindow(Session(Model(Network((784, 10), seed=1), {})))
    qtbot.addWidget(window)
    window.show()
    window.load_panels()
    assert window.training_panel is not None
    assert window.documents.recent() == []
    assert window.training_panel.hyperparameters() == Hyperparameters()
    window.close()


def test_two_windows_on_the_same_settings_lose_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    windows = [MainWindow(Session(Model(Network((784, 10), seed=1), {}))) for _ in range(2)]
    paths = []
    for number, window in enumerate(windows):
        qtbot.addWidget(window)
        paths.append(tmp_path / f"{number}.npz")
        model_file.save(paths[-1], Model(Network((784, 5, 10)), {}))
        assert window.documents.open(paths[-1])
    assert set(windows[0].documents.recent()) == set(paths)
    assert windows[1].documents.recent() == paths[::-1]


def test_a_compared_card_reads_the_same_drawing(window: MainWindow) -> None:
    draw(window.canvas, SEVEN)
    window.shelf.compare(BUILT_IN)
    other = window.session.built_in.network
    compared = window.activations.compared()
    assert compared is not None
    np.testing.assert_allclose(compared, other.feed_forward(window.session.image.ravel()))
    window.commands.undo.trigger()
    compared = window.activations.compared()
    assert compared is not None
    assert not compared.any()
    window.shelf.compare(None)
    assert window.activations.compared() is None
