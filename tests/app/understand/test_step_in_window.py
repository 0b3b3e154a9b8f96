"""A training step walked by keys in the whole window: its errors light the network’s picture."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from digitpad.app.understand.panel import View
from digitpad.app.understand.step_view import StepView
from digitpad.inspection.backprop_equations import StageKind
from digitpad.inspection.backprop_steps import open_step
from digitpad.nn.network import one_hot
from tests.conftest import draw

SEVEN = np.array([[60, 80], [180, 80], [100, 240]], dtype=float)


def test_keys_light_the_errors_in_the_networks_picture(window: MainWindow, qtbot: QtBot) -> None:
    window.perspectives.switch(Perspective.UNDERSTAND)
    draw(window.canvas, SEVEN)
    step_view = window.understand.built[View.STEP]
    assert isinstance(step_view, StepView)
    session, picture = window.session, window.network_panel.view

    def is_of_the_drawing() -> bool:
        step = step_view.step
        return step is not None and bool(np.array_equal(step.x[0], session.image.ravel()))

    qtbot.waitUntil(is_of_the_drawing)
    step = open_step(
        session.network,
        session.image.ravel(),
        one_hot(step_view.label.digit),
        step_view.rate.value(),
    )
    step_view.track.setFocus()
    QTest.keyClick(step_view.track, Qt.Key.Key_Home)
    assert picture._errors == []
    seen: list[tuple[StageKind, int]] = []
    unlit = picture.grab().toImage()
    for stage in step.stages[1:]:
        QTest.keyClick(step_view.track, Qt.Key.Key_Right)
        seen.append((stage.kind, stage.layer))
        assert step_view.track.accessibleDescription() == step_view.title.text()
        if stage.kind in (StageKind.FORWARD, StageKind.COST):
            assert picture._errors == []
            continue
        known = [delta for delta in picture._errors if delta is not None]
        errors = stage.kind in (StageKind.OUTPUT_ERROR, StageKind.HIDDEN_ERROR)
        first = stage.layer if errors else 1
        assert len(known) == len(step.deltas) - first + 1
        for shown, delta in zip(known, step.deltas[first - 1 :], strict=True):
            np.testing.assert_allclose(shown, delta[0], rtol=1e-6)
        assert picture.grab().toImage() != unlit
    assert {kind for kind, _ in seen} == set(StageKind) - {StageKind.INPUT}
    assert not step_view.next.isEnabled()
    window.perspectives.switch(Perspective.TRAIN)
    assert picture._errors == []
