"""Mnemonics in every menu and page, the Tab key, and windows on small and large screens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDockWidget,
    QLabel,
    QMenu,
    QScrollArea,
    QTabBar,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from digitpad.app.understand.arithmetic_table import ArithmeticTable
from digitpad.app.understand.gallery import Gallery
from digitpad.app.understand.map_view import MapView
from digitpad.app.understand.panel import View
from digitpad.app.understand.plot_view import PlotView
from digitpad.app.understand.reliability_view import ReliabilityView
from digitpad.app.understand.step_view import Source, StepView
from digitpad.app.widgets import theme
from digitpad.inspection.backprop_equations import StageKind
from tests.app.widgets.test_theme import high_contrast
from tests.conftest import draw

_SEEN = 60  # of 255: what a pixel differs by where one sees it
_PIXELS = 40  # that differ where one sees the focus


def mnemonics(texts: list[str]) -> list[str]:
    keys = [QKeySequence.mnemonic(text).toString() for text in texts]
    return sorted(key for key in keys if key)


def menus(actions: list[QAction]) -> Iterator[list[QAction]]:
    """Yield what stands in each menu, and in the menus inside it."""
    yield actions
    for action in actions:
        menu = action.menu()
        if isinstance(menu, QMenu):
            yield from menus(menu.actions())


def shown(widget: QWidget) -> bool:
    return widget.isVisible() and not widget.visibleRegion().isEmpty()


def test_no_mnemonic_stands_twice_in_a_menu(window: MainWindow) -> None:
    seen = 0
    for actions in menus(window.menuBar().actions()):
        keys = mnemonics([action.text() for action in actions])
        assert len(set(keys)) == len(keys), keys
        seen += len(keys)
    assert seen > 20


@pytest.mark.parametrize("perspective", list(Perspective))
def test_no_mnemonic_stands_twice_on_a_page(window: MainWindow, perspective: Perspective) -> None:
    window.perspectives.switch(perspective)
    texts = [action.text() for action in window.menuBar().actions()]
    texts += [each.text() for each in window.findChildren(QAbstractButton) if shown(each)]
    texts += [each.text() for each in window.findChildren(QLabel) if shown(each) and each.buddy()]
    for bar in window.findChildren(QTabBar):
        if shown(bar):
            texts += [bar.tabText(index) for index in range(bar.count())]
    keys = mnemonics(texts)
    assert len(set(keys)) == len(keys), keys
    assert len(keys) >= 5


def test_a_large_screen_gets_large_bars(window: MainWindow, qtbot: QtBot) -> None:
    window.perspectives.switch(Perspective.DRAW)
    window.resize(3000, 1600)
    qtbot.waitUntil(lambda: window.activations.width() > 800)
    window.resize(1100, 760)
    qtbot.waitUntil(lambda: window.activations.width() < 400)


def test_the_window_without_the_training_panel_is_low(window: MainWindow) -> None:
    """At 200 %, 1366 x 768 pixels are 384 lines; a desktop's own bars take thirty."""
    window.perspectives.switch(Perspective.DRAW)
    window.docks["training"].hide()
    window.resize(683, 354)
    QApplication.processEvents()
    assert window.height() == 354


@pytest.mark.parametrize("size", [(640, 490), (683, 354)])
def test_the_names_of_tabs_are_whole_in_the_smallest_windows(
    window: MainWindow, size: tuple[int, int]
) -> None:
    window.perspectives.switch(Perspective.DRAW)
    window.docks["training"].hide()
    window.resize(*size)
    QApplication.processEvents()
    window.perspectives.reset()
    window.perspectives.switch(Perspective.TRAIN)
    window.perspectives.reset()
    QApplication.processEvents()
    bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    # Qt keeps a bar of an earlier arrangement, out of sight or below the present one.
    bar = max(bars, key=QTabBar.count)
    assert bar.isVisible()
    assert bar.count() == 5
    for index in range(bar.count()):
        assert bar.rect().contains(bar.tabRect(index)), bar.tabText(index)
        wide = bar.fontMetrics().horizontalAdvance(bar.tabText(index))
        assert bar.tabRect(index).width() > wide


def test_more_tabs_than_have_room_scroll_and_keep_their_names(window: MainWindow) -> None:
    window.perspectives.switch(Perspective.DRAW)
    window.resize(640, 490)
    QApplication.processEvents()
    window.perspectives.switch(Perspective.TRAIN)
    window.perspectives.reset()
    for name in ("model", "curves", "my_digits", "sweep"):
        window.docks[name].show()
        window.tabifyDockWidget(window.docks["timeline"], window.docks[name])
    QApplication.processEvents()
    bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    bar = max(bars, key=QTabBar.count)
    assert bar.count() > 6
    assert bar.usesScrollButtons()
    for index in range(bar.count()):
        wide = bar.fontMetrics().horizontalAdvance(bar.tabText(index))
        assert bar.tabRect(index).width() > wide


def looks(widget: QWidget) -> np.ndarray:
    """Return what the window shows of a widget and around it, (height, width, 3)."""
    window = widget.window()
    seen = widget.rect().adjusted(-3, -3, 3, 3)
    place = seen.translated(widget.mapTo(window, QPoint(0, 0))).intersected(window.rect())
    image = window.grab(place).toImage().convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(bytes(image.constBits()), np.uint8)
    return rows.reshape(image.height(), image.width(), 4)[:, :, :3].astype(int)


def shows_focus(widget: QWidget) -> bool:
    """Whether one sees in the window that a widget has the focus."""
    with_focus = looks(widget)
    widget.clearFocus()
    without = looks(widget)
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    differs = np.abs(with_focus - without).max(axis=2) > _SEEN
    return int(differs.sum()) >= _PIXELS


def has_its_room(dock: QDockWidget) -> bool:
    """Whether the window has laid out a dock that has been opened."""
    inside = dock.window().rect().contains(dock.geometry())
    return inside and dock.height() >= dock.minimumSizeHint().height()


def takes_focus(widget: QWidget) -> bool:
    return widget.focusPolicy() != Qt.FocusPolicy.NoFocus


def walk(window: MainWindow, visit: Callable[[QWidget], None] = lambda _: None) -> list[QWidget]:
    """Press Tab until the canvas has the focus again; return every stop."""
    window.activateWindow()
    window.canvas.setFocus()
    reached: list[QWidget] = []
    for _ in range(200):
        focused = QApplication.focusWidget()
        assert focused is not None
        if focused is window.canvas and reached:
            return reached
        reached.append(focused)
        visit(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    raise AssertionError("Tab does not come back to the canvas.")


def test_tab_stops_at_nothing_that_cannot_show_the_focus(window: MainWindow) -> None:
    window.perspectives.switch(Perspective.UNDERSTAND)
    window.understand.show_view(View.OPERATE)
    reached = walk(window)
    assert any(window.understand.isAncestorOf(stop) for stop in reached)
    for stop in reached:
        assert not isinstance(stop, QScrollArea)
        # A tab bar that Qt keeps for docks that are tabs no more lies under other widgets.
        assert not isinstance(stop, QTabBar) or shown(stop)


def test_tab_passes_over_lists_only_while_they_are_empty(window: MainWindow, qtbot: QtBot) -> None:
    window.perspectives.switch(Perspective.DRAW)
    assert window.drawings not in walk(window)
    draw(window.canvas, [[40, 40], [120, 40], [60, 160]])
    window.session.clear()
    qtbot.waitUntil(lambda: window.drawings in walk(window))


def test_tab_passes_over_an_empty_sweep(window: MainWindow) -> None:
    window.perspectives.switch(Perspective.DRAW)
    window.docks["sweep"].toggleViewAction().trigger()
    QApplication.processEvents()
    names = [stop.objectName() for stop in walk(window)]
    assert "startSweep" in names
    assert "points" not in names
    assert "sweepPlot" not in names


@pytest.mark.parametrize("look", ["light", "dark", "high contrast"])
def test_one_sees_every_stop_of_the_tab_key(
    window: MainWindow, qtbot: QtBot, qapp: QApplication, look: str
) -> None:
    before = qapp.palette()
    if look == "high contrast":
        theme.use(qapp, high_contrast(dark=True), high_contrast=True)
    else:
        theme.use(qapp, theme.palette(look == "dark"))
    seen: set[QWidget] = {window.canvas}
    unseen: list[str] = []

    def visit(stop: QWidget) -> None:
        if stop not in seen:
            seen.add(stop)
            if not shows_focus(stop):
                unseen.append(f"{stop} {stop.accessibleName()}")

    def check() -> int:
        """Look at each stop that was not looked at before; return how many those are."""
        QApplication.processEvents()
        before = len(seen)
        walk(window, visit)
        assert not unseen
        return len(seen) - before

    draw(window.canvas, [[40, 40], [120, 40], [60, 160]])
    assert check() > 20  # of Train
    window.session.clear()
    draw(window.canvas, [[100, 40], [100, 160]])
    for name in ("model", "curves", "my_digits", "sweep"):
        window.perspectives.switch(Perspective.DRAW)
        window.perspectives.reset()
        window.docks[name].toggleViewAction().trigger()
        qtbot.waitUntil(partial(has_its_room, window.docks[name]))
        assert check(), name
    window.perspectives.switch(Perspective.UNDERSTAND)
    filled: dict[View, tuple[type[QWidget], ...]] = {
        View.LANDSCAPE: (PlotView,),
        View.MISTAKES: (Gallery, ReliabilityView),
        View.MAP: (MapView,),
    }
    for view in View:
        window.understand.show_view(view)
        for kind in filled.get(view, ()):
            found = window.understand.built[view].findChild(kind)
            assert found is not None
            qtbot.waitUntil(partial(takes_focus, found))
        assert check(), view
    step, mistakes = (window.understand.built[view] for view in (View.STEP, View.MISTAKES))
    assert isinstance(step, StepView)
    window.understand.show_stage(StageKind.OUTPUT_ERROR, Source.DRAWING)
    assert step.table.model().rowCount()
    assert check()
    tabs = mistakes.findChild(QTabWidget)
    assert tabs is not None
    window.understand.show_view(View.MISTAKES)
    for page in range(tabs.count()):
        tabs.setCurrentIndex(page)
        check()
    kinds = {type(stop) for stop in seen}
    assert kinds >= {PlotView, Gallery, ReliabilityView, MapView, ArithmeticTable}
    qapp.setPalette(before)
