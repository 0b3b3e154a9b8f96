"""The panel that holds all explaining views."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QScrollArea, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.understand.arrangement import Arrangement
from digitpad.app.understand.landscape_view import LandscapeView
from digitpad.app.understand.operate_view import OperateView
from digitpad.app.understand.panel import UnderstandPanel, View
from digitpad.app.understand.step_view import Source, StepView
from digitpad.app.understand.why_view import WhyView
from digitpad.inspection.backprop_equations import StageKind

Show = Callable[[QWidget], None]
_LONG = 60_000  # ms: a busy machine may take its time


def click(panel: UnderstandPanel, text: str, qtbot: QtBot) -> None:
    (button,) = (b for b in panel.findChildren(QToolButton) if b.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_each_button_shows_its_view_alone(panel: UnderstandPanel, qtbot: QtBot) -> None:
    names = (
        "Why this answer",
        "Perceptron",
        "Landscape",
        "Mistakes",
        "Map of digits",
        "Operate",
        "Training step",
    )
    for name in names:
        click(panel, name, qtbot)
        assert len([view for view in panel.built.values() if view.isVisible()]) == 1
    assert set(panel.built) == set(View)
    assert panel.built[View.STEP].isVisible()


def test_views_are_built_when_they_are_chosen(panel: UnderstandPanel) -> None:
    assert set(panel.built) == {View.STEP}
    panel.show_view(View.WHY)
    why = panel.built[View.WHY]
    panel.show_view(View.STEP)
    panel.show_view(View.WHY)
    assert panel.built[View.WHY] is why


def test_what_the_views_say_is_passed_on(panel: UnderstandPanel, qtbot: QtBot) -> None:
    step = panel.built[View.STEP]
    assert isinstance(step, StepView)
    qtbot.waitUntil(lambda: step.applied is not None)
    with qtbot.waitSignal(panel.network_changed_by_user):
        qtbot.mouseClick(step.apply, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(panel.highlight_changed):
        step.track.setValue(3)
    panel.show_view(View.WHY)
    why = panel.built[View.WHY]
    assert isinstance(why, WhyView)
    with qtbot.waitSignal(panel.image_chosen):
        why.image_chosen.emit(np.zeros((28, 28), np.float32))
    panel.show_view(View.OPERATE)
    operate = panel.built[View.OPERATE]
    assert isinstance(operate, OperateView)
    with qtbot.waitSignal(panel.preview_changed):
        qtbot.mouseClick(operate.do, Qt.MouseButton.LeftButton)


def test_a_neuron_reaches_the_view_that_is_seen(panel: UnderstandPanel, qtbot: QtBot) -> None:
    panel.show_view(View.OPERATE)
    panel.choose_neuron(2, 5)
    operate, step = panel.built[View.OPERATE], panel.built[View.STEP]
    assert isinstance(operate, OperateView)
    assert isinstance(step, StepView)
    assert (operate.layer.value(), operate.neuron.value()) == (2, 5)
    assert step.neuron.value() == 0


def test_the_path_waits_for_the_landscape(panel: UnderstandPanel) -> None:
    parameters = panel.session.network.parameters
    panel.show_path([parameters] * 4, 1)
    panel.set_playhead(2)
    panel.show_view(View.LANDSCAPE)
    landscape = panel.built[View.LANDSCAPE]
    assert isinstance(landscape, LandscapeView)
    place = landscape.kind.model().index(2, 0)
    assert place.flags() & Qt.ItemFlag.ItemIsEnabled


def test_it_fits_into_its_dock(panel: UnderstandPanel) -> None:
    for view in View:
        panel.show_view(view)
        assert panel.minimumSizeHint().width() <= 420
        assert panel.built[view].minimumSizeHint().width() <= 420


def hidden_lines(panel: UnderstandPanel, view: View) -> int:
    """Return by how many pixels a view is higher than its room."""
    QApplication.processEvents()
    (area,) = (a for a in panel.findChildren(QScrollArea) if a.widget() is panel.built[view])
    assert area.viewport().height() > 500
    return area.verticalScrollBar().maximum()


@pytest.mark.parametrize("source", list(Source))
def test_no_stage_needs_scrolling_on_a_low_screen(
    panel: UnderstandPanel, source: Source, qtbot: QtBot
) -> None:
    panel.resize(420, 620)  # the dock on 1280 x 720 pixels
    step = panel.built[View.STEP]
    assert isinstance(step, StepView)
    count = 1 if source is Source.DRAWING else 10
    for kind in StageKind:
        panel.show_stage(kind, source)
        qtbot.waitUntil(lambda: step.step is not None and len(step.step.x) == count, timeout=_LONG)
        assert hidden_lines(panel, View.STEP) == 0, kind


@pytest.mark.parametrize("view", [view for view in View if view is not View.STEP])
def test_no_view_needs_scrolling_on_a_low_screen(panel: UnderstandPanel, view: View) -> None:
    panel.resize(420, 620)
    panel.show_view(view)
    assert hidden_lines(panel, view) == 0


@pytest.mark.parametrize("view", [View.WHY, View.LANDSCAPE, View.MAP, View.OPERATE, View.MISTAKES])
def test_on_a_very_low_screen_the_picture_stands_beside_its_controls(
    panel: UnderstandPanel, view: View, qtbot: QtBot
) -> None:
    panel.show_view(view)
    layout = panel.built[view].layout()
    assert isinstance(layout, Arrangement)
    above, shown = layout.above.parentWidget(), layout.shown.parentWidget()
    assert above is not None
    assert shown is not None

    def show(width: int, height: int, beside: bool) -> None:
        panel.resize(width, height)
        qtbot.waitUntil(lambda: layout.is_beside() is beside)
        qtbot.waitUntil(lambda: (shown.x() > above.geometry().right()) is beside)
        qtbot.waitUntil(lambda: (shown.y() == above.y()) is beside)

    # As on 1366 × 768 at 200 %, where it shares the place of the network.
    show(510, 290, beside=True)
    show(420, 660, beside=False)
    show(510, 290, beside=True)
