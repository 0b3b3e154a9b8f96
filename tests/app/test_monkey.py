"""A monkey at the window: actions at random, and nothing may break or hang.

`DIGITPAD_MONKEY_ACTIONS=10000` lets it do more than the tests have time for, `DIGITPAD_MONKEY_SEED`
something else.
"""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QAction, QContextMenuEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QListWidget,
    QMenu,
    QMessageBox,
    QTabBar,
    QWidget,
)

from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from digitpad.app.understand.panel import View
from digitpad.app.widgets import theme
from digitpad.drawing.strokes import Sample, write_strokes
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.recognition.recognise import recognise
from tests.conftest import close_without_questions, draw

ACTIONS = int(os.environ.get("DIGITPAD_MONKEY_ACTIONS", "1000"))
SEED = int(os.environ.get("DIGITPAD_MONKEY_SEED", "20"))
HANGS = 600.0  # seconds after which every thread's stack is shown and the tests end

LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
KEYS = (
    *(Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Space),
    *(Qt.Key.Key_Tab, Qt.Key.Key_Delete, Qt.Key.Key_Escape, Qt.Key.Key_Home, Qt.Key.Key_Plus),
    *(Qt.Key.Key_3, Qt.Key.Key_Period, Qt.Key.Key_A, Qt.Key.Key_PageDown, Qt.Key.Key_Return),
)
SHORTCUTS = ["Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+E", "Ctrl+1", "Ctrl+2", "Ctrl+3", "Ctrl+4", "Ctrl+V"]


class Monkey:
    """Does something at random to a window; every modal dialog gets a random answer."""

    def __init__(self, window: MainWindow, folder: Path, seed: int) -> None:
        self.window = window
        self.random = np.random.default_rng(seed)
        self.files = [folder / name for name in ("a.npz", "b.npz", "c", "no such folder/d.npz")]
        self.openable = [*self.files, *_files(folder)]
        self.answered = 0
        self.trainings = 0
        self.typed: set[str] = set()
        self.reached: set[str] = set()  # which of the views' actions were possible
        self.log: list[str] = []
        self._down = False
        self.moves: list[tuple[float, Callable[[], None]]] = [
            (30, self.point),
            (6, self.stroke),
            (8, self.key),
            (5, self.shortcut),
            (5, self.turn),
            (4, self.click),
            (5, self.training_button),
            (2, self.field),
            (2, self.menu_action),
            (2, self.plot),
            (2, self.network),
            (2, self.timeline),
            (2, self.shelf),
            (1, self.explanation),
            (1, self.my_digits),
            (0.3, self.sweep),
            (1, self.resize),
            (1, self.dock),
            (1, self.canvas_menu),
            (0.5, self.open),
            (0.2, self.light_or_dark),
            (0.1, self.close_and_show),
        ]
        weights = np.array([weight for weight, _ in self.moves])
        self.weights = weights / weights.sum()

    def act(self, move: Callable[[], None] | None = None) -> None:
        """Do this, or something at random."""
        if move is None:
            _, move = self.moves[int(self.random.choice(len(self.moves), p=self.weights))]
        self.log.append(move.__name__)
        move()

    def one_of(self, things: list[QWidget]) -> QWidget | None:
        return things[int(self.random.integers(len(things)))] if things else None

    def position(self) -> np.ndarray:
        canvas = self.window.canvas
        return self.random.uniform(-0.1, 1.1, 2) * (canvas.width(), canvas.height())

    # -- on the canvas -------------------------------------------------------------------------

    def point(self) -> None:
        kinds = QEvent.Type
        kind = kinds.MouseMove
        button, held = Qt.MouseButton.NoButton, LEFT if self._down else Qt.MouseButton.NoButton
        if self.random.random() < 0.2:
            self._down = not self._down
            kind = kinds.MouseButtonPress if self._down else kinds.MouseButtonRelease
            button, held = LEFT, LEFT if self._down else Qt.MouseButton.NoButton
        at = QPointF(*map(float, self.position()))
        everywhere = QPointF(self.window.canvas.mapToGlobal(at))
        event = QMouseEvent(kind, at, everywhere, everywhere, button, held, NO_KEY)
        QApplication.sendEvent(self.window.canvas, event)

    def stroke(self) -> None:
        draw(self.window.canvas, [self.position() for _ in range(self.random.integers(1, 12))])
        self._down = False

    def canvas_menu(self) -> None:
        at = QPoint(20, 20)
        event = QContextMenuEvent(
            QContextMenuEvent.Reason.Mouse, at, self.window.canvas.mapToGlobal(at)
        )
        QApplication.sendEvent(self.window.canvas, event)

    # -- keys, buttons and fields --------------------------------------------------------------

    def key(self) -> None:
        target = QApplication.focusWidget() or self.window.canvas
        QTest.keyClick(target, KEYS[int(self.random.integers(len(KEYS)))])

    def shortcut(self) -> None:
        QTest.keySequence(self.window, SHORTCUTS[int(self.random.integers(len(SHORTCUTS)))])

    def click(self) -> None:
        buttons = [
            button
            for button in self.window.findChildren(QAbstractButton)
            if button.isVisible() and button.isEnabled() and not _opens_a_window(button)
        ]
        button = self.one_of(list(buttons))
        if button is not None:
            QTest.mouseClick(button, LEFT)

    def training_button(self) -> None:
        names = ("train", "train", "pause", "stop", "step", "more")
        button = self.window.findChild(QAbstractButton, names[int(self.random.integers(6))])
        if button is not None and button.isVisible() and button.isEnabled():
            QTest.mouseClick(button, LEFT)

    def field(self) -> None:
        panel = self.window.training_panel
        assert panel is not None
        fields = [
            field
            for kind in (QLineEdit, QComboBox)
            for field in panel.findChildren(kind)
            if field.isVisible() and field.isEnabled()
        ]
        field = self.one_of(list(fields))
        if isinstance(field, QComboBox):
            field.setFocus()
            down = self.random.random() < 0.5
            QTest.keyClick(field, Qt.Key.Key_Down if down else Qt.Key.Key_Up)
        elif isinstance(field, QLineEdit):
            field.setFocus()
            field.selectAll()
            QTest.keyClick(field, Qt.Key.Key_Delete)
            typed = ("0", "1", "7", "0.25", "0,5", "1e9", "-3", "nonsense", "")
            text = typed[int(self.random.integers(len(typed)))]
            QTest.keyClicks(field, text)
            self.typed.add(field.text())
            if self.random.random() < 0.5:
                QTest.keyClick(field, Qt.Key.Key_Return)
            if self.random.random() < 0.9:  # or else nothing could be trained before long
                field.setText("1")

    def plot(self) -> None:
        plot = self.window.curves
        assert plot is not None
        tabs = plot.findChild(QTabBar, "quantity")
        runs = plot.findChild(QListWidget, "runs")
        assert isinstance(tabs, QTabBar)
        assert isinstance(runs, QListWidget)
        what = int(self.random.integers(5))
        if what == 0:
            tabs.setCurrentIndex(int(self.random.integers(3)))
        elif what == 1 and runs.count():
            item = runs.item(int(self.random.integers(runs.count())))
            shown = item.checkState() == Qt.CheckState.Checked
            item.setCheckState(Qt.CheckState.Unchecked if shown else Qt.CheckState.Checked)
        elif what == 2 and runs.count():
            runs.setCurrentRow(int(self.random.integers(runs.count())))
            if self.random.random() < 0.5:
                QTest.keyClick(runs, Qt.Key.Key_Delete)
        elif what == 3:
            picture = plot.findChild(QWidget, "plot")
            assert picture is not None
            QTest.keyClick(picture, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
            self.choose_in_menu()
        else:
            at = self.random.uniform(0, 1, 2) * (plot.width(), plot.height())
            QTest.mouseMove(plot, QPoint(int(at[0]), int(at[1])))

    def choose_in_menu(self) -> None:
        """Trigger one entry of the menu that stands open, and close it."""
        menu = QApplication.activePopupWidget()
        if not isinstance(menu, QMenu):
            return
        found = [action for action in menu.actions() if action.isEnabled() and action.text()]
        menu.close()
        if found:
            action = found[int(self.random.integers(len(found)))]
            if action.objectName() != "reveal":  # which opens the desktop's file manager
                self.log.append(action.text())
                action.trigger()

    # -- what shows the network, its past and its relatives --------------------------------------

    def somewhere(self, widget: QWidget) -> QPoint:
        at = self.random.uniform(0, 1, 2) * (widget.width(), widget.height())
        return QPoint(int(at[0]), int(at[1]))

    def press(self, widget: QWidget | None) -> bool:
        if widget is None or not widget.isVisible() or not widget.isEnabled():
            return False
        QTest.mouseClick(widget, LEFT)
        return True

    def network(self) -> None:
        """Point at neurons, pin them, or walk over them with the arrow keys."""
        view = self.window.network_panel.view
        if not view.isVisible():
            return
        what = int(self.random.integers(4))
        if what == 0:
            QTest.mouseMove(view, self.somewhere(view))
        elif what == 1:
            QTest.mouseClick(view, LEFT, pos=self.somewhere(view))
        elif what == 2:
            for _ in range(5):
                QTest.keyClick(view, KEYS[int(self.random.integers(len(KEYS)))])
        else:
            self.press(self.one_of(_buttons(self.window.network_panel)))
        self.reached.add("network")

    def timeline(self) -> None:
        """Drag the playhead, play, step, and continue from there."""
        timeline = self.window.timeline
        if not timeline.isVisible():
            self.window.perspectives.switch(Perspective.TRAIN)
        what = int(self.random.integers(6))
        if what == 0:
            QTest.mousePress(timeline.strip, LEFT, pos=self.somewhere(timeline.strip))
            for _ in range(5):
                QTest.mouseMove(timeline.strip, self.somewhere(timeline.strip))
            QTest.mouseRelease(timeline.strip, LEFT, pos=self.somewhere(timeline.strip))
        elif what == 1:
            QTest.keyClick(timeline.strip, KEYS[int(self.random.integers(len(KEYS)))])
        else:
            button = (timeline.play, timeline.branch, timeline.now, timeline.stop_comparing)[
                what - 2
            ]
            if not self.press(button):
                return
        self.reached.add("timeline")

    def shelf(self) -> None:
        """Let a card read, open its menu, delete it and bring it back."""
        view = self.window.shelf_view
        if not view.isVisible() or not view.cards():
            return
        what = int(self.random.integers(4))
        model = view.model()
        index = model.index(int(self.random.integers(model.rowCount())), 0)
        at = view.visualRect(index).center()
        if what == 0:
            QTest.mouseClick(view.viewport(), LEFT, pos=at)
        elif what == 1:
            view.setCurrentIndex(index)
            names = ("compare", "compare", "continue", "copy", "rename", "delete")
            name = names[int(self.random.integers(len(names)))]
            action = next(each for each in view.actions() if each.objectName() == name)
            if not action.isEnabled():
                return
            action.trigger()
            self.reached.add("shelf")
        elif what == 2:
            view.customContextMenuRequested.emit(at)
            self.choose_in_menu()
        elif not self.press(view.findChild(QAbstractButton, "restore")):
            return
        self.reached.add("shelf")

    def explanation(self) -> None:
        """Show one of Understand's views, and click and point in it."""
        panel = self.window.understand
        if not panel.isVisible():
            self.window.perspectives.switch(Perspective.UNDERSTAND)
        view = list(View)[int(self.random.integers(len(View)))]
        if self.random.random() < 0.4:
            panel.show_view(view)
        for _ in range(3):
            what = int(self.random.integers(3))
            shown = [each for each in panel.findChildren(QWidget) if each.isVisible()]
            place = self.one_of(shown)
            if what == 0:
                self.press(self.one_of(_buttons(panel)))
            elif place is not None and what == 1 and not isinstance(place, QAbstractButton):
                QTest.mouseClick(place, LEFT, pos=self.somewhere(place))
            elif place is not None:
                QTest.keyClick(place, KEYS[int(self.random.integers(len(KEYS)))])
        self.reached.add("explanation")

    def my_digits(self) -> None:
        """Choose among the user's own digits, give them other labels, delete them, undo."""
        self.use("my_digits", self.window.my_digits)

    def sweep(self) -> None:
        """Start and stop sweeps, and choose points of their tables."""
        if self.window.sweep is not None:
            self.use("sweep", self.window.sweep)
        else:
            self.window.docks["sweep"].show()

    def use(self, name: str, panel: QWidget) -> None:
        """Raise a panel, and click a button, an entry or a place in it."""
        self.window.docks[name].show()
        self.window.docks[name].raise_()
        if self.random.random() < 0.5:
            self.press(self.one_of(_buttons(panel)))
        else:
            place = self.one_of([each for each in panel.findChildren(QWidget) if each.isVisible()])
            if place is not None and not isinstance(place, QAbstractButton):
                QTest.mouseClick(place, LEFT, pos=self.somewhere(place))
                QTest.keyClick(place, KEYS[int(self.random.integers(len(KEYS)))])
        if self.random.random() < 0.2:
            self.window.docks[name].hide()
        self.reached.add(name)

    # -- the window ----------------------------------------------------------------------------

    def menu_action(self) -> None:
        found = [
            action
            for title in self.window.menuBar().actions()
            for action in _actions(title)
            if action.isEnabled()
        ]
        action = found[int(self.random.integers(len(found)))]
        slow = action is self.window.commands.evaluate
        if action is self.window.commands.quit or (slow and self.random.random() < 0.8):
            return
        self.log.append(action.text())
        action.trigger()

    def open(self) -> None:
        self.window.documents.open(self.openable[int(self.random.integers(len(self.openable)))])

    def resize(self) -> None:
        self.window.resize(*map(int, self.random.integers((500, 400), (1400, 1000))))

    def dock(self) -> None:
        docks = list(self.window.docks.values())
        dock = docks[int(self.random.integers(len(docks)))]
        what = self.random.random()
        if what < 0.5:
            dock.toggleViewAction().trigger()
        elif what < 0.8:
            dock.setFloating(not dock.isFloating())
        else:
            self.window.commands.reset_layout.trigger()

    def light_or_dark(self) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.setPalette(theme.palette(bool(self.random.random() < 0.5)))

    def close_and_show(self) -> None:
        self.window.close()
        self.window.show()

    def turn(self) -> None:
        QApplication.processEvents()

    def count_training(self, _name: str) -> None:
        self.trainings += 1

    # -- dialogs -------------------------------------------------------------------------------

    def answer(self) -> None:
        """Answer what stands before the window at random."""
        popup = QApplication.activePopupWidget()
        if popup is not None:
            popup.close()
            return
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QDialog):
            return
        self.answered += 1
        if isinstance(dialog, QMessageBox) and dialog.buttons():
            buttons = dialog.buttons()
            buttons[int(self.random.integers(len(buttons)))].click()
        else:
            dialog.reject()

    def choose_file(self, *_: object, **__: object) -> tuple[str, str]:
        """Stand in for the file dialogs, whose folders are not the monkey's to walk through."""
        if self.random.random() < 0.3:
            return "", ""
        return str(self.files[int(self.random.integers(len(self.files)))]), ""


def _files(folder: Path) -> Iterator[Path]:
    for number, hidden in enumerate((0, 5)):
        sizes = (784, hidden, 10) if hidden else (784, 10)
        path = folder / f"model {number}.npz"
        model_file.save(path, Model(Network(sizes, seed=number), {}))
        yield path
    broken = folder / "broken.npz"
    broken.write_bytes(os.urandom(500))
    yield broken
    strokes = folder / "strokes.jsonl"
    write_strokes(strokes, [Sample(1, (np.array([[0.0, 0.0], [1.0, 9.0]]),))])
    yield strokes


def _actions(title: QAction) -> Iterator[QAction]:
    menu = title.menu()
    if isinstance(menu, QMenu):
        for action in menu.actions():
            yield from _actions(action)
    elif not title.isSeparator():
        yield title


def _buttons(panel: QWidget) -> list[QWidget]:
    return [
        button
        for button in panel.findChildren(QAbstractButton)
        if button.isVisible() and button.isEnabled() and button.objectName() != "sweepReport"
    ]


def _opens_a_window(button: QAbstractButton) -> bool:
    return "evaluate" in button.text().lower() or button.objectName() == "sweepReport"


@pytest.fixture
def monkey(window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Monkey]:
    monkey = Monkey(window, tmp_path, SEED)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", monkey.choose_file)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", monkey.choose_file)
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    palette, quits = application.palette(), application.quitOnLastWindowClosed()
    application.setQuitOnLastWindowClosed(False)
    assert window.training_panel is not None
    window.training_panel.started.connect(monkey.count_training)
    timer = QTimer()
    timer.setInterval(1)
    timer.timeout.connect(monkey.answer)
    timer.start()
    faulthandler.dump_traceback_later(HANGS, exit=True)
    yield monkey
    faulthandler.cancel_dump_traceback_later()
    timer.stop()
    application.setPalette(palette)
    application.setQuitOnLastWindowClosed(quits)


def test_actions_at_random_break_nothing(monkey: Monkey) -> None:
    window, session = monkey.window, monkey.window.session
    for _, move in monkey.moves:
        monkey.act(move)
    for number in range(ACTIONS):
        if number % 500 == 0:  # a slow machine does not hang
            faulthandler.dump_traceback_later(HANGS, exit=True)
        monkey.act()
    close_without_questions(window)
    session.clear()
    draw(window.canvas, [[40, 40], [120, 40], [60, 160]])
    reading = recognise(session.model, session.image)
    # The digits of a number are read as rows of one matrix, which rounds otherwise.
    np.testing.assert_allclose(session.reading.activations, reading.activations, rtol=1e-6)
    np.testing.assert_allclose(
        window.activations.values(), np.clip(reading.activations, 0, 1), rtol=1e-6
    )
    assert {"network", "timeline", "shelf", "explanation", "my_digits", "sweep"} <= monkey.reached
    assert monkey.answered > 0
    assert monkey.trainings > 0
    assert len(monkey.typed) > 4
