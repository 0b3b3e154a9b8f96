"""Sweeps in the window: real clicks, real processes, and the networks that come of them."""

from __future__ import annotations

from multiprocessing import active_children

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.sweep.panel import SweepPanel
from digitpad.app.widgets import numbers
from digitpad.data.mnist import mnist
from digitpad.experiments.lessons import LESSONS
from digitpad.experiments.points import Points
from digitpad.experiments.results import by_point
from digitpad.experiments.specification import Strategy
from digitpad.experiments.store import SweepStore
from digitpad.nn import model_file
from digitpad.training.hyperparameters import Hyperparameters

LEFT = Qt.MouseButton.LeftButton
_LONG = 180_000


@pytest.fixture
def panel(window: MainWindow) -> SweepPanel:
    """The sweep's panel, where trainings are short."""
    window.load_panels()
    assert window.training_panel is not None
    window.training_panel.form.set_values(Hyperparameters(training_images=300))
    assert not window.findChildren(SweepPanel)  # it costs nothing until it is shown
    window.commands.sweep.trigger()
    assert window.docks["sweep"].isVisible()
    assert window.sweep is not None
    return window.sweep


def write(panel: SweepPanel, **ranges: str) -> None:
    """Type ranges, and have every combination tried."""
    panel.form.strategy.setCurrentIndex(panel.form.strategy.findData(Strategy.GRID.value))
    for name, text in ranges.items():
        field = panel.form.findChild(QLineEdit, f"range_{name}")
        assert field is not None
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)


def rows(panel: SweepPanel) -> list[list[str]]:
    model = panel.table.model()
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def store_of(panel: SweepPanel) -> SweepStore:
    (folder,) = panel.folders()
    return SweepStore.open(folder)


def test_a_sweep_fills_the_table_and_a_click_lets_its_network_read(
    panel: SweepPanel, window: MainWindow, qtbot: QtBot
) -> None:
    write(panel, learning_rate="0.01|3", hidden_layers="6", mini_batch_size="10", epochs="1")
    QTest.mouseClick(panel.start_button, LEFT)
    assert panel.is_running()
    qtbot.waitUntil(lambda: not panel.is_running(), timeout=_LONG)

    store = store_of(panel)
    ranked = by_point(Points(store.specification), store.results, 1)
    assert [each.hyperparameters.learning_rate for each in ranked] == [3.0, 0.01]
    validation = mnist().validation
    for each, shown in zip(ranked, rows(panel), strict=True):
        assert each.best is not None
        network = model_file.load(store.path_of(each.best)).network
        right = network.feed_forward(validation.inputs()).argmax(axis=1) == validation.labels
        assert shown[0] == numbers.percent(float(right.mean()), 2)
        assert each.mean == pytest.approx(right.mean())

    # The best point in the plot, then the other one in the table.
    QTest.mouseClick(panel.plot, LEFT, pos=panel.plot.place(ranked[0]).toPoint())
    assert ranked[0].best is not None
    best = model_file.load(store.path_of(ranked[0].best)).network
    np.testing.assert_array_equal(window.session.network.parameters, best.parameters)
    assert window.shelf.card(window.shelf.selected).name == "η 3"
    table = panel.table
    other = table.visualRect(table.model().index(1, 0)).center()
    QTest.mouseClick(table.viewport(), LEFT, pos=other)
    assert window.shelf.card(window.shelf.selected).name == "η 0.01"


def test_a_stopped_sweep_is_resumed_where_it_was(panel: SweepPanel, qtbot: QtBot) -> None:
    write(panel, learning_rate="1|2|3|4|5|6", hidden_layers="5", mini_batch_size="1", epochs="40")
    start = panel.start_button.geometry()
    QTest.mouseClick(panel.start_button, LEFT)
    qtbot.waitUntil(lambda: bool(rows(panel)), timeout=_LONG)
    assert not panel.form.isVisible()
    assert panel.start_button.geometry() == start  # Stop is where Start was
    QTest.mouseClick(panel.start_button, LEFT)
    qtbot.waitUntil(lambda: not panel.is_running(), timeout=_LONG)
    done = dict(store_of(panel).results)
    assert 0 < len(done) < 6
    assert panel.resume_button.isVisible()

    # As after a new start of the program.
    again = SweepPanel(Hyperparameters)
    qtbot.addWidget(again)
    again.show()
    assert again.resume_button.isVisible()
    assert again.form.fields["learning_rate"].text() == "1|2|3|4|5|6"
    QTest.mouseClick(again.resume_button, LEFT)
    qtbot.waitUntil(lambda: not again.is_running(), timeout=_LONG)
    results = store_of(again).results
    assert len(results) == 6
    for key, result in done.items():  # finished runs are not run again
        assert results[key] == result
    assert not again.resume_button.isVisible()


def test_a_range_that_is_none_is_explained_and_nothing_starts(panel: SweepPanel) -> None:
    write(panel, learning_rate="log:10..1")
    assert not panel.start_button.isEnabled()
    assert panel.form.problem.isVisible()
    assert "10" in panel.form.problem.text()
    write(panel, learning_rate="log:1..10:3")
    assert panel.start_button.isEnabled()
    assert not panel.form.problem.isVisible()


def test_a_lesson_fills_the_form(panel: SweepPanel) -> None:
    lesson = LESSONS["neurons"]
    panel.form.lesson.setCurrentIndex(panel.form.lesson.findData(lesson.name))
    assert panel.form.sentence.text() == lesson.sentence
    assert panel.form.fields["hidden_layers"].text() == "log:1..200:12"
    assert panel.form.values() == lesson.values()
    write(panel, epochs="1")
    assert panel.form.lesson.currentData() == ""
    assert not panel.form.sentence.isVisible()


def test_closing_the_window_stops_the_sweep_and_keeps_it(
    panel: SweepPanel, window: MainWindow, qtbot: QtBot
) -> None:
    write(panel, learning_rate="1|2|3|4", hidden_layers="5", mini_batch_size="1", epochs="5")
    QTest.mouseClick(panel.start_button, LEFT)
    qtbot.waitUntil(lambda: any(map(SweepStore.is_one, panel.folders())), timeout=_LONG)
    window.close()
    assert not panel.is_running()
    assert not store_of(panel).is_held
    assert len(store_of(panel).results) < 4


def test_closing_the_window_does_not_wait_for_a_sweep_to_start(
    panel: SweepPanel, window: MainWindow
) -> None:
    before = set(active_children())
    write(panel, learning_rate="1|2|3|4", hidden_layers="5", epochs="5")
    QTest.mouseClick(panel.start_button, LEFT)
    window.close()
    assert not panel.is_running()
    assert set(active_children()) <= before
    assert panel.folders() == [], "its process has not come so far as to make one"
    assert "unexpectedly" not in panel.status.text()
