"""The plot: curves as they come in, comparison with earlier runs, pointer, keys and files."""

from __future__ import annotations

import csv
import math
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QImage, QMouseEvent, QPalette, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QTabBar,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from digitpad.app.training.curves_view import MAX_RUNS, CurvesView
from digitpad.app.training.runs import Series
from digitpad.app.widgets import theme
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.sgd import EndReason, EpochReport, Progress

NO_KEY = Qt.KeyboardModifier.NoModifier
Answer = Callable[[Callable[[QDialog], object]], list[str]]


@pytest.fixture
def plot(qtbot: QtBot) -> CurvesView:
    plot = CurvesView()
    plot.setPalette(theme.palette(dark=False))
    qtbot.addWidget(plot)
    plot.resize(800, 340)
    plot.show()
    qtbot.waitExposed(plot)
    return plot


def feed(
    plot: CurvesView, name: str, epochs: int = 3, level: float = 1.0, *, end: bool = True
) -> None:
    """Let a run come in: costs fall like a power of the epoch, accuracy rises."""
    plot.begin_run(name)
    feed_into(plot, epochs, level, end=end)


def feed_into(plot: CurvesView, epochs: int = 3, level: float = 1.0, *, end: bool = True) -> None:
    for epoch in range(epochs):
        for batch in (5, 10):
            here = epoch + np.arange(batch - 4, batch + 1) / 10
            costs = (level / (1 + here)).astype(np.float32)
            report = None
            if batch == 10:
                report = EpochReport(
                    epoch + 1,
                    level / (epoch + 1.5),
                    0.9,
                    level / (epoch + 1.2),
                    0.8 + epoch / 100,
                    0.5,
                    0.1,
                )
            plot.add_progress(
                Progress(epoch, epochs, batch, 10, costs, 0.1, 0.5, 1.0, 1.0, report, None)
            )
    if end:
        plot.end_run(EndReason.EPOCHS)


T = TypeVar("T", bound=QObject)


def child(plot: CurvesView, kind: type[T], name: str) -> T:
    found = plot.findChild(kind, name)
    assert isinstance(found, kind)
    return found


def press(plot: CurvesView, name: str) -> None:
    QTest.mouseClick(child(plot, QToolButton, name), Qt.MouseButton.LeftButton)


def list_of(plot: CurvesView) -> QListWidget:
    return child(plot, QListWidget, "runs")


def items(plot: CurvesView, name: str) -> list[Any]:
    """Return what is drawn in the plot under a name, the oldest first."""
    item = child(plot, pg.PlotWidget, "plot").getPlotItem()
    return [each for each in item.items if each.objectName() == name]


def curve(plot: CurvesView, run: int, series: Series) -> Any:
    return items(plot, series.value)[run]


def strength(plot: CurvesView, run: int, series: Series) -> float:
    """Return how much a curve stands out from the paper."""
    colour = curve(plot, run, series).opts["pen"].color()
    return theme.contrast(colour, plot.palette().color(QPalette.ColorRole.Base))


def view_of(plot: CurvesView) -> pg.PlotWidget:
    return child(plot, pg.PlotWidget, "plot")


def drawn(plot: CurvesView, run: int, key: Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the points that a curve shows, in its axes' units; empty if it is hidden."""
    item = curve(plot, run, key)
    if not item.isVisible() or item.xData is None:
        return np.empty(0), np.empty(0)
    return item.xData, item.yData


def reading(plot: CurvesView) -> str:
    return child(plot, QLabel, "reading").text()


def point_at(plot: CurvesView, x: float, y: float) -> None:
    """Move the mouse over the plot to a place in the axes' units."""
    view = view_of(plot)
    scene = view_of(plot).getPlotItem().getViewBox().mapViewToScene(QPointF(x, y))
    at = QPointF(view.mapFromScene(scene))
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        at,
        QPointF(view.viewport().mapToGlobal(at)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        NO_KEY,
    )
    QApplication.sendEvent(view.viewport(), event)


def ranges(plot: CurvesView) -> tuple[float, float, float, float]:
    (left, right), (low, high) = view_of(plot).getPlotItem().getViewBox().viewRange()
    return left, right, low, high


def test_curves_grow_with_what_is_reported(plot: CurvesView, qtbot: QtBot) -> None:
    feed(plot, "first", end=False)
    qtbot.waitUntil(lambda: len(drawn(plot, 0, Series.SMOOTHED_COST)[0]) == 30)
    x, y = drawn(plot, 0, Series.SMOOTHED_COST)
    assert x[-1] == pytest.approx(3)
    assert y[0] > y[-1]
    x, y = drawn(plot, 0, Series.VALIDATION_COST)
    np.testing.assert_allclose(x, [1, 2, 3])
    np.testing.assert_allclose(y, [1 / 1.2, 1 / 2.2, 1 / 3.2])


def test_the_oldest_of_too_many_runs_go(plot: CurvesView) -> None:
    before = len(view_of(plot).plotItem.items)
    for number in range(MAX_RUNS + 3):
        feed(plot, f"run {number}", 1)
        if number == MAX_RUNS - 1:
            full = len(view_of(plot).plotItem.items)
    assert [run.name for run in plot.runs] == [f"run {n}" for n in range(3, MAX_RUNS + 3)]
    assert list_of(plot).count() == MAX_RUNS
    assert len(view_of(plot).plotItem.items) == full > before


def test_curves_wait_while_one_draws(plot: CurvesView, qtbot: QtBot) -> None:
    plot.wait()
    feed(plot, "first", end=False)
    plot.wait()
    assert len(drawn(plot, 0, Series.SMOOTHED_COST)[0]) < 30
    qtbot.waitUntil(lambda: len(drawn(plot, 0, Series.SMOOTHED_COST)[0]) == 30)


def test_tabs_choose_cost_accuracy_or_learning_rate(plot: CurvesView) -> None:
    feed(plot, "first")
    tabs = child(plot, QTabBar, "quantity")
    tabs.setCurrentIndex(1)
    assert len(drawn(plot, 0, Series.SMOOTHED_COST)[0]) == 0
    np.testing.assert_allclose(drawn(plot, 0, Series.VALIDATION_ACCURACY)[1], [80, 81, 82])
    np.testing.assert_allclose(drawn(plot, 0, Series.TRAINING_ACCURACY)[1], [90, 90, 90])
    tabs.setCurrentIndex(2)
    assert set(drawn(plot, 0, Series.RATE)[1]) == {0.5}


def test_logarithmic_and_back(plot: CurvesView, qtbot: QtBot) -> None:
    feed(plot, "first")
    plot.grab()
    linear = ranges(plot)
    press(plot, "logarithmic")
    qtbot.waitUntil(lambda: ranges(plot)[3] < 0.2)  # log10 of at most 1
    press(plot, "logarithmic")
    qtbot.waitUntil(lambda: ranges(plot) == pytest.approx(linear))


@pytest.mark.parametrize("logarithmic", [False, True])
def test_a_run_that_diverged_does_not_flatten_the_others(
    plot: CurvesView, qtbot: QtBot, logarithmic: bool
) -> None:
    feed(plot, "first")
    plot.begin_run("wild")
    for batch, cost in enumerate((0.9, 1e4, 2e20), start=1):
        costs = np.array([cost], dtype=np.float32)
        plot.add_progress(Progress(0, 3, batch, 10, costs, cost, 0.5, 1.0, 1.0, None, None))
    if logarithmic:
        press(plot, "logarithmic")
    plot.grab()
    qtbot.waitUntil(lambda: ranges(plot)[3] < 1.5)
    plot.begin_run("after")
    plot.grab()
    assert ranges(plot)[3] < 1.5


def test_the_range_is_that_of_the_smoothed_cost(plot: CurvesView, qtbot: QtBot) -> None:
    plot.begin_run("rough")
    rough = np.where(np.arange(2000) % 100 == 0, 9.0, 0.5).astype(np.float32)
    plot.add_progress(Progress(0, 3, 2000, 2000, rough, 0.5, 0.5, 1.0, 1.0, None, None))
    plot.grab()
    qtbot.waitUntil(lambda: 0 < ranges(plot)[3] < 3)


def test_the_empty_plot_invites_in_its_middle(plot: CurvesView) -> None:
    plot.grab()
    invitation = items(plot, "invitation")[0]
    box = invitation.mapRectToScene(invitation.boundingRect())
    room = view_of(plot).getPlotItem().getViewBox().sceneBoundingRect()
    assert room.contains(box)
    assert abs(box.center().x() - room.center().x()) < 3


def test_no_axis_counts_in_thousandths(plot: CurvesView) -> None:
    plot.begin_run("short")
    plot.add_progress(
        Progress(0, 1, 1, 5000, np.ones(1, np.float32), 1.0, 0.5, 1.0, 1.0, None, None)
    )
    plot.grab()
    axis = view_of(plot).getPlotItem().getAxis("bottom")
    assert "x0" not in axis.labelString()


def test_a_cost_of_nothing_does_not_break_a_logarithmic_plot(plot: CurvesView) -> None:
    press(plot, "logarithmic")
    feed(plot, "nothing", level=0.0)
    feed(plot, "something")
    plot.grab()
    assert all(map(math.isfinite, ranges(plot)))


def test_the_wheel_zooms_dragging_pans_and_fit_shows_everything(
    plot: CurvesView, qtbot: QtBot
) -> None:
    feed(plot, "first")
    plot.grab()
    whole = ranges(plot)
    viewport = view_of(plot).viewport()
    middle = QPointF(viewport.rect().center())
    everywhere = QPointF(viewport.mapToGlobal(middle))
    wheel = QWheelEvent(
        middle,
        everywhere,
        QPoint(0, 0),
        QPoint(0, 360),
        Qt.MouseButton.NoButton,
        NO_KEY,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, wheel)
    zoomed = ranges(plot)
    assert zoomed[1] - zoomed[0] < 0.95 * (whole[1] - whole[0])
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(viewport, left, NO_KEY, middle.toPoint())
    for step in range(1, 6):
        QTest.mouseMove(viewport, middle.toPoint() + QPoint(12 * step, 0))
    QTest.mouseRelease(viewport, left, NO_KEY, middle.toPoint() + QPoint(60, 0))
    panned = ranges(plot)
    assert panned[0] < zoomed[0]
    assert panned[1] - panned[0] == pytest.approx(zoomed[1] - zoomed[0])
    press(plot, "fit")
    qtbot.waitUntil(lambda: ranges(plot) == pytest.approx(whole, abs=0.02))


def test_all_that_the_mouse_can_do_the_keys_can_do(plot: CurvesView, qtbot: QtBot) -> None:
    feed(plot, "first")
    plot.activateWindow()
    view_of(plot).setFocus()
    plot.grab()
    whole = ranges(plot)
    QTest.keyClick(view_of(plot), Qt.Key.Key_Plus)
    zoomed = ranges(plot)
    assert zoomed[1] - zoomed[0] == pytest.approx(0.8 * (whole[1] - whole[0]))
    QTest.keyClick(view_of(plot), Qt.Key.Key_Right)
    assert ranges(plot)[0] > zoomed[0]
    QTest.keyClick(view_of(plot), Qt.Key.Key_Up)
    assert ranges(plot)[2] > zoomed[2]
    QTest.keyClick(view_of(plot), Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: ranges(plot) == pytest.approx(whole, abs=0.02))


def test_zoom_stays_while_more_comes_in(plot: CurvesView) -> None:
    feed(plot, "first", end=False)
    view_of(plot).setFocus()
    QTest.keyClick(view_of(plot), Qt.Key.Key_Plus)
    zoomed = ranges(plot)
    plot.add_progress(
        Progress(3, 5, 5, 10, np.full(5, 9, np.float32), 9.0, 0.5, 1.0, 1.0, None, None)
    )
    plot.grab()
    assert ranges(plot) == pytest.approx(zoomed)


def test_the_crosshair_reads_the_curves(plot: CurvesView) -> None:
    feed(plot, "first")
    plot.grab()
    point_at(plot, 2.02, 1 / 2.2 + 0.004)
    assert reading(plot) == (
        f"first  ·  validation, per epoch  ·  epoch 2.00  ·  cost {1 / 2.2:.4g}"
    )
    upright, level = items(plot, "crosshair")
    assert upright.isVisible()
    assert (upright.value(), level.value()) == pytest.approx((2.0, 1 / 2.2))


def test_the_crosshair_reads_the_run_that_is_pointed_at(plot: CurvesView, qtbot: QtBot) -> None:
    feed(plot, "first")
    feed(plot, "second", level=0.5)
    plot.grab()
    for run, name in enumerate(("first", "second")):
        x, y = drawn(plot, run, Series.SMOOTHED_COST)
        start = f"{name}  ·  mini-batches, smoothed  ·"

        def read(x: float = x[12], y: float = y[12], start: str = start) -> bool:
            point_at(plot, x, y)  # the plot leaves out moves that follow each other at once
            return reading(plot).startswith(start)

        qtbot.waitUntil(read)
        assert reading(plot).endswith(f"cost {y[12]:.4g}")


def test_the_crosshair_goes_when_the_pointer_goes(plot: CurvesView) -> None:
    feed(plot, "first")
    plot.grab()
    point_at(plot, 2.0, 0.4)
    assert all(line.isVisible() for line in items(plot, "crosshair"))
    QApplication.sendEvent(view_of(plot).viewport(), QEvent(QEvent.Type.Leave))
    assert not any(line.isVisible() for line in items(plot, "crosshair"))
    assert reading(plot) == ""


def test_the_crosshair_reads_logarithmic_axes_in_plain_numbers(plot: CurvesView) -> None:
    feed(plot, "first")
    press(plot, "logarithmic")
    plot.grab()
    point_at(plot, 1.0, math.log10(0.5))
    number = float(reading(plot).split("cost ")[1].split()[0])
    assert number == pytest.approx(0.5, rel=0.05)


def test_earlier_runs_stay_as_faint_named_lines(plot: CurvesView) -> None:
    feed(plot, "first")
    before = strength(plot, 0, Series.SMOOTHED_COST)
    feed(plot, "second", level=0.5)
    assert curve(plot, 0, Series.SMOOTHED_COST).isVisible()
    assert strength(plot, 0, Series.SMOOTHED_COST) < before
    assert not curve(plot, 0, Series.MINI_BATCHES).isVisible()
    names = items(plot, "runName")
    assert [name.isVisible() for name in names] == [True, True]
    assert names[0].toPlainText() == "first"
    assert list_of(plot).isVisible()


def test_names_do_not_overlap(plot: CurvesView) -> None:
    for number in range(30):
        feed(plot, f"run {number}", level=1 + number % 7)
    names = [name for name in items(plot, "runName") if name.isVisible()]
    assert 1 < len(names) <= 8
    assert_apart_and_inside(plot)


def assert_apart_and_inside(plot: CurvesView) -> None:
    names = [name for name in items(plot, "runName") if name.isVisible()]
    boxes = [name.mapRectToScene(name.boundingRect()) for name in names]
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[:i])
    room = view_of(plot).getPlotItem().getViewBox().sceneBoundingRect()
    assert all(room.contains(box) for box in boxes)


def test_names_stay_in_the_plot_while_it_is_moved(plot: CurvesView, qtbot: QtBot) -> None:
    feed(plot, "first")
    feed(plot, "second", level=0.5)
    plot.activateWindow()
    view_of(plot).setFocus()
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Down):
        for _ in range(3):
            QTest.keyClick(view_of(plot), key)
            qtbot.wait(10)
            assert_apart_and_inside(plot)
    QTest.keyClick(view_of(plot), Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: all(name.isVisible() for name in items(plot, "runName")))
    assert_apart_and_inside(plot)


def test_names_say_what_differs(plot: CurvesView) -> None:
    for name, rate in (("Basic", 3.0), ("Basic, η 0.1", 0.1)):
        chosen = Hyperparameters(learning_rate=rate)
        plot.begin_run(name, 0, chosen)
        feed_into(plot)
    assert [name.toPlainText() for name in items(plot, "runName")] == ["η 3", "η 0.1"]
    list_of(plot).item(1).setText("slow")
    assert [name.toPlainText() for name in items(plot, "runName")] == ["η 3", "slow"]


def test_a_run_has_one_colour_in_every_plot_and_list(plot: CurvesView) -> None:
    plot.begin_run("first", 3)
    feed_into(plot)
    feed(plot, "second")
    wanted = theme.run_colour(plot.palette(), 3)
    list_of(plot).item(0).setSelected(True)
    for tab in range(3):
        child(plot, QTabBar, "quantity").setCurrentIndex(tab)
        shown = [curve(plot, 0, series) for series in Series]
        colours = {item.opts["pen"].color().name() for item in shown if item.isVisible()}
        assert colours == {wanted.name()}
    swatch = list_of(plot).item(0).icon().pixmap(10, 10).toImage()
    assert swatch.pixelColor(5, 5) == wanted


def test_accuracy_begins_at_epoch_0_and_has_a_close_up(plot: CurvesView, qtbot: QtBot) -> None:
    feed(plot, "first")
    child(plot, QTabBar, "quantity").setCurrentIndex(1)
    plot.grab()
    left, _, low, _ = ranges(plot)
    assert -0.2 < left <= 0
    press(plot, "closeUp")
    plot.grab()
    _, _, low, high = ranges(plot)
    # The curves end at 90 % and 82 %: from 80 % on both can be seen.
    assert (low, high) == pytest.approx((80, 100), abs=1)
    press(plot, "closeUp")
    qtbot.waitUntil(lambda: ranges(plot)[3] < 95)


def open_menu(plot: CurvesView, x: float, y: float) -> QMenu:
    """Click with the right button at a place in the axes' units."""
    view = view_of(plot)
    scene = view.getPlotItem().getViewBox().mapViewToScene(QPointF(x, y))
    at = view.mapFromScene(scene)
    point_at(plot, x, y)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.RightButton, pos=at)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def choose(menu: QMenu, name: str) -> None:
    action = next(each for each in menu.actions() if each.objectName() == name)
    at = menu.actionGeometry(action).center()
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=at)


def rename(dialog: QDialog, name: str) -> None:
    field = dialog.findChild(QLineEdit)
    assert field is not None
    field.selectAll()
    QTest.keyClicks(field, name)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_the_context_menu_hides_renames_and_removes_the_run_that_is_pointed_at(
    plot: CurvesView, answer_dialog: Answer
) -> None:
    plot.activateWindow()
    feed(plot, "first")
    feed(plot, "second", level=0.5)
    plot.grab()
    x, y = drawn(plot, 0, Series.SMOOTHED_COST)
    choose(open_menu(plot, x[12], y[12]), "hideRun")
    assert [run.shown for run in plot.runs] == [False, True]
    choose(open_menu(plot, 1.0, 0.3), "showAll")
    assert [run.shown for run in plot.runs] == [True, True]
    plot.grab()
    renamed = answer_dialog(lambda dialog: rename(dialog, "quick"))
    choose(open_menu(plot, x[12], y[12]), "renameRun")
    assert renamed == ["Rename the run"]
    assert [run.name for run in plot.runs] == ["quick", "second"]
    plot.grab()
    choose(open_menu(plot, x[12], y[12]), "removeRun")
    assert [run.name for run in plot.runs] == ["second"]


def test_the_context_menu_copies_the_picture(plot: CurvesView) -> None:
    feed(plot, "first")
    plot.grab()
    choose(open_menu(plot, 1.0, 0.5), "copyPicture")
    copied = QApplication.clipboard().image()
    assert copied.size() == view_of(plot).size() * 2


def test_the_menu_opens_by_the_keyboard_too(plot: CurvesView) -> None:
    plot.activateWindow()
    view_of(plot).setFocus()
    QTest.keyClick(view_of(plot), Qt.Key.Key_Menu)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [action.objectName() for action in menu.actions()] == ["copyPicture", ""]
    menu.close()


def test_runs_are_hidden_and_shown_by_their_ticks(plot: CurvesView) -> None:
    feed(plot, "first")
    feed(plot, "second")
    item = list_of(plot).item(0)
    item.setCheckState(Qt.CheckState.Unchecked)
    assert len(drawn(plot, 0, Series.SMOOTHED_COST)[0]) == 0
    assert not items(plot, "runName")[0].isVisible()
    item.setCheckState(Qt.CheckState.Checked)
    assert len(drawn(plot, 0, Series.SMOOTHED_COST)[0]) == 30


def test_runs_are_renamed(plot: CurvesView) -> None:
    feed(plot, "first")
    feed(plot, "second")
    list_of(plot).item(0).setText("slow but sure")
    assert plot.runs[0].name == "slow but sure"
    assert items(plot, "runName")[0].toPlainText() == "slow but sure"


def test_a_run_without_a_name_keeps_the_old_one(plot: CurvesView) -> None:
    feed(plot, "first")
    list_of(plot).item(0).setText("  ")
    assert plot.runs[0].name == "first"
    assert list_of(plot).item(0).text() == "first"


def test_runs_are_removed_by_the_delete_key(plot: CurvesView) -> None:
    for name in ("first", "second", "third"):
        feed(plot, name)
    runs = list_of(plot)
    plot.activateWindow()
    runs.setFocus()
    runs.item(1).setSelected(True)
    QTest.keyClick(runs, Qt.Key.Key_Delete)
    assert [run.name for run in plot.runs] == ["first", "third"]
    assert runs.count() == 2
    runs.selectAll()
    QTest.keyClick(runs, Qt.Key.Key_Delete)
    assert plot.runs == []
    assert items(plot, "invitation")[0].isVisible()
    feed(plot, "fourth")
    assert len(drawn(plot, 0, Series.SMOOTHED_COST)[0]) == 30


def test_the_run_that_goes_on_is_not_removed(plot: CurvesView) -> None:
    feed(plot, "first", end=False)
    plot.activateWindow()
    list_of(plot).setFocus()
    list_of(plot).selectAll()
    QTest.keyClick(list_of(plot), Qt.Key.Key_Delete)
    assert len(plot.runs) == 1


def test_runs_without_a_colour_take_the_next_one(plot: CurvesView) -> None:
    for number in range(MAX_RUNS + 3):
        feed(plot, str(number), epochs=1)
    assert [run.colour for run in plot.runs] == list(range(3, MAX_RUNS + 3))


def test_a_selected_run_comes_to_the_fore(plot: CurvesView) -> None:
    feed(plot, "first")
    feed(plot, "second")
    faint = strength(plot, 0, Series.SMOOTHED_COST)
    list_of(plot).item(0).setSelected(True)
    assert strength(plot, 0, Series.SMOOTHED_COST) > faint
    assert len(drawn(plot, 0, Series.TRAINING_COST)[0]) == 3


def test_what_comes_in_while_it_is_hidden_is_drawn_later(plot: CurvesView) -> None:
    plot.hide()
    feed(plot, "first")
    assert len(drawn(plot, 0, Series.SMOOTHED_COST)[0]) == 0
    plot.show()
    assert len(drawn(plot, 0, Series.SMOOTHED_COST)[0]) == 30


def test_progress_without_a_beginning_is_a_run(plot: CurvesView) -> None:
    plot.add_progress(Progress(0, 1, 5, 10, np.ones(5, np.float32), 1.0, 0.5, 1.0, 1.0, None, None))
    assert [run.name for run in plot.runs] == ["Run 1"]


def test_a_picture_is_saved_at_twice_the_size(plot: CurvesView, tmp_path: Path) -> None:
    feed(plot, "first")
    plot.save(tmp_path / "plot.png")
    image = QImage(str(tmp_path / "plot.png"))
    assert image.size() == view_of(plot).size() * 2
    colours = {
        image.pixelColor(x, y).name()
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 2)
    }
    assert "#0072b2" in colours


def test_a_drawing_is_saved_with_words_and_curves(plot: CurvesView, tmp_path: Path) -> None:
    feed(plot, "slow")
    feed(plot, "quick")
    plot.save(tmp_path / "plot.svg")
    root = ET.parse(tmp_path / "plot.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    title = root.find(f"{space}title")
    assert title is not None
    assert title.text == "digitpad: slow, quick"
    words = " ".join(text for element in root.iter(f"{space}text") for text in element.itertext())
    assert "epoch" in words
    assert "slow" in words
    assert len(list(root.iter(f"{space}path"))) + len(list(root.iter(f"{space}polyline"))) > 5


def test_numbers_are_saved(plot: CurvesView, tmp_path: Path) -> None:
    feed(plot, "first")
    plot.save(tmp_path / "plot.csv")
    with (tmp_path / "plot.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    values = [float(row["value"]) for row in rows if row["series"] == "validation cost"]
    np.testing.assert_allclose(values, [1 / 1.2, 1 / 2.2, 1 / 3.2], rtol=1e-5)


@pytest.mark.parametrize(
    ("action", "name"), [("savePng", "a.png"), ("saveSvg", "b.svg"), ("saveCsv", "c.csv")]
)
def test_the_menu_saves_and_completes_the_name(
    plot: CurvesView,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
    action: str,
    name: str,
) -> None:
    feed(plot, "first")
    path = tmp_path / name
    typed = str(path.with_suffix(""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (typed, ""))
    entry = child(plot, QAction, action)
    with qtbot.waitSignal(plot.saved) as saved:
        entry.trigger()
    assert saved.args == [str(path)]
    assert path.stat().st_size > 100


@pytest.mark.parametrize("suffix", ["png", "svg", "csv"])
def test_what_cannot_be_saved_is_said(
    plot: CurvesView, answer_dialog: Answer, tmp_path: Path, suffix: str
) -> None:
    said = answer_dialog(lambda dialog: dialog.accept())
    plot.save(tmp_path / "no such folder" / f"plot.{suffix}")
    assert "could not be written" in said[0]


def test_dark_paper_gets_lighter_curves(plot: CurvesView, qtbot: QtBot) -> None:
    feed(plot, "first")
    plot.setPalette(theme.palette(dark=True))
    qtbot.waitUntil(
        lambda: curve(plot, 0, Series.SMOOTHED_COST).opts["pen"].color().name() == "#56b4e9"
    )
    corner = view_of(plot).grab().toImage().pixelColor(2, 2)
    assert corner == plot.palette().color(QPalette.ColorRole.Base)


@pytest.mark.parametrize("size", [(250, 200), (300, 700), (1600, 220)])
def test_it_fits_any_shape(plot: CurvesView, size: tuple[int, int]) -> None:
    feed(plot, "first")
    feed(plot, "second")
    plot.resize(*size)
    plot.grab()
    assert view_of(plot).width() >= 120
    assert view_of(plot).height() >= 100
    assert plot.rect().contains(view_of(plot).geometry())
