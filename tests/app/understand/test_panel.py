"""The panel that holds all explaining views."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.session import Session
from digitpad.app.understand.landscape_view import LandscapeView
from digitpad.app.understand.operate_view import OperateView
from digitpad.app.understand.panel import UnderstandPanel, View
from digitpad.app.understand.step_view import StepView
from digitpad.app.understand.why_view import WhyView

Show = Callable[[QWidget], None]


@pytest.fixture
def panel(session: Session, shown: Show) -> UnderstandPanel:
    panel = UnderstandPanel(session)
    shown(panel)
    return panel


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
