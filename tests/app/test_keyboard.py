"""Mnemonics in every menu and page, the Tab key, and windows on small and large screens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QMenu,
    QScrollArea,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from digitpad.app.understand.panel import View
from tests.conftest import draw


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


def walk(window: MainWindow) -> list[QWidget]:
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


def test_tab_passes_over_lists_only_while_they_are_empty(window: MainWindow) -> None:
    window.perspectives.switch(Perspective.DRAW)
    assert window.drawings not in walk(window)
    draw(window.canvas, [[40, 40], [120, 40], [60, 160]])
    window.session.clear()
    window.drawings.show_drawings(window.session.drawings, [3] * len(window.session.drawings))
    assert window.drawings in walk(window)


def test_tab_passes_over_an_empty_sweep(window: MainWindow) -> None:
    window.perspectives.switch(Perspective.DRAW)
    window.docks["sweep"].toggleViewAction().trigger()
    QApplication.processEvents()
    names = [stop.objectName() for stop in walk(window)]
    assert "startSweep" in names
    assert "points" not in names
    assert "sweepPlot" not in names
