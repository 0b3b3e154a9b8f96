"""What is computed beside the window: it stops when nobody sees it, and is of the open model."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from digitpad.app.session import Session
from digitpad.app.understand.embedding_view import EmbeddingView
from digitpad.app.understand.landscape_view import Kind, LandscapeView
from digitpad.app.understand.mistakes_view import MistakesView
from digitpad.app.understand.operate_view import OperateView
from digitpad.app.understand.panel import UnderstandPanel, View
from digitpad.app.widgets import computation
from digitpad.app.widgets.computation import Computation
from digitpad.data.mnist import mnist
from digitpad.inspection import embedding, landscape, robustness
from digitpad.inspection.robustness import Disturbance
from digitpad.nn.network import Network
from tests.conftest import draw
from tests.inspection.networks import some_images

Show = Callable[[QWidget], None]
_LONG = 30_000  # ms: a busy machine may take its time
_COMPUTING = (View.LANDSCAPE, View.MISTAKES, View.MAP, View.OPERATE)


def threads() -> int:
    """Return how many threads compute for views."""
    return sum(not thread.isFinished() for thread in computation._running)


def wanted(view: QWidget) -> bool:
    """Return whether a view waits for results, or will compute soon."""
    computations = view.findChildren(Computation)
    assert computations
    timers = view.findChildren(QTimer)
    return any(c.is_running for c in computations) or any(t.isActive() for t in timers)


@pytest.fixture
def panel(session: Session, shown: Show, qtbot: QtBot) -> UnderstandPanel:
    panel = UnderstandPanel(session)
    shown(panel)
    qtbot.waitUntil(lambda: threads() == 0, timeout=_LONG)
    return panel


def begin(panel: UnderstandPanel, which: View, qtbot: QtBot) -> QWidget:
    """Let a view compute something that takes a while."""
    panel.session.new(Network((784, 300, 300, 10), seed=2))
    panel.show_view(which)
    view = panel.built[which]
    if isinstance(view, LandscapeView):
        view.images.setValue(2000)
        view.kind.setCurrentIndex(view.kind.findData(Kind.RANDOM))
    if isinstance(view, MistakesView):
        view.tabs.setCurrentIndex(2)
    assert wanted(view)
    assert threads() > 0
    return view


@pytest.mark.parametrize("which", _COMPUTING)
def test_another_view_stops_it(panel: UnderstandPanel, which: View, qtbot: QtBot) -> None:
    view = begin(panel, which, qtbot)
    button = next(b for b in panel.findChildren(QToolButton) if b.text() == "Perceptron")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not view.isVisible()
    assert not wanted(view)
    qtbot.waitUntil(lambda: threads() == 0, timeout=_LONG)


@pytest.mark.parametrize("which", _COMPUTING)
def test_closing_it_stops_it(panel: UnderstandPanel, which: View, qtbot: QtBot) -> None:
    view = begin(panel, which, qtbot)
    panel.close()
    assert not wanted(view)
    qtbot.waitUntil(lambda: threads() == 0, timeout=_LONG)


def test_closed_views_cost_nothing(window: MainWindow, qtbot: QtBot) -> None:
    window.perspectives.switch(Perspective.UNDERSTAND)
    for which in View:
        window.understand.show_view(which)
    window.perspectives.switch(Perspective.DRAW)
    assert not window.understand.isVisible()
    qtbot.waitUntil(lambda: threads() == 0, timeout=_LONG)
    draw(window.canvas, np.array([[80, 80], [180, 90], [120, 240]], dtype=float))
    window.session.show_network(Network((784, 8, 10), seed=3))
    window.session.new(Network((784, 6, 10), seed=4))
    assert threads() == 0
    for view in window.understand.built.values():
        assert not any(each.is_running for each in view.findChildren(Computation))
        assert not any(timer.isActive() for timer in view.findChildren(QTimer))


@pytest.mark.parametrize("kind", list(Kind)[:2])
def test_a_landscape_waits_while_somebody_draws(
    panel: UnderstandPanel, qtbot: QtBot, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computation, "_REST", 1e9)
    view = begin(panel, View.LANDSCAPE, qtbot)
    assert isinstance(view, LandscapeView)
    view.kind.setCurrentIndex(view.kind.findData(kind))
    panel.session.begin_stroke(0.0, 0.0)
    panel.session.extend_stroke(0.1, 0.1)
    qtbot.wait(50)  # for the cost that is being computed
    heard: list[object] = []
    view._computation.yielded.connect(heard.append)
    qtbot.wait(300)
    assert len(heard) <= 1
    assert view._computation.is_running
    view._rest._until = 0.0


def test_a_landscape_is_of_the_model_that_was_opened(panel: UnderstandPanel, qtbot: QtBot) -> None:
    view = begin(panel, View.LANDSCAPE, qtbot)
    assert isinstance(view, LandscapeView)
    network = Network((784, 5, 10), seed=6)
    panel.session.new(network)
    assert view.surface.grid() is None
    qtbot.waitUntil(lambda: view.surface.grid() is not None, timeout=_LONG)
    grid = view.surface.grid()
    assert grid is not None
    images = mnist().train.take(slice(2000))
    there = landscape.random_plane(network).at(grid.alphas[0], grid.betas[0])
    expected = network.with_parameters(there).total_cost(images.inputs(), images.targets())
    assert grid.costs[0, 0] == pytest.approx(expected, rel=1e-4)
    assert "has changed" not in view.status.text()
    view.hide()


def test_a_landscape_says_that_a_training_went_on(panel: UnderstandPanel, qtbot: QtBot) -> None:
    panel.show_view(View.LANDSCAPE)
    view = panel.built[View.LANDSCAPE]
    assert isinstance(view, LandscapeView)
    assert view._computation.is_running
    panel.session.show_network(Network((784, 12, 8, 10), seed=9))
    qtbot.waitUntil(lambda: not view._computation.is_running, timeout=_LONG)
    assert view.status.text() == "True costs on 500 training images. The network has changed since."


def test_a_map_is_of_the_model_that_was_opened(panel: UnderstandPanel, qtbot: QtBot) -> None:
    panel.show_view(View.MAP)
    view = panel.built[View.MAP]
    assert isinstance(view, EmbeddingView)
    qtbot.waitUntil(lambda: view.found is not None, timeout=_LONG)
    other = Network(panel.session.network.sizes, seed=7)
    view.layer.setCurrentIndex(1)
    assert view._computation.is_running
    panel.session.new(other)
    qtbot.waitUntil(lambda: not view._computation.is_running, timeout=_LONG)
    images = mnist().test.take(slice(1000)).inputs()
    expected = embedding.principal_components(other, images, 1).points
    np.testing.assert_allclose(view.map.points(), expected)
    assert "has changed" not in view.status.text()


def test_a_map_says_that_a_training_went_on(panel: UnderstandPanel, qtbot: QtBot) -> None:
    panel.show_view(View.MAP)
    view = panel.built[View.MAP]
    assert isinstance(view, EmbeddingView)
    qtbot.waitUntil(lambda: view.found is not None, timeout=_LONG)
    view.layer.setCurrentIndex(1)
    assert view._computation.is_running
    panel.session.show_network(Network(panel.session.network.sizes, seed=7))
    qtbot.waitUntil(lambda: not view._computation.is_running, timeout=_LONG)
    assert "has changed" in view.status.text()
    assert view.again.isVisible()


def test_a_curve_has_no_points_of_another_model(panel: UnderstandPanel, qtbot: QtBot) -> None:
    panel.show_view(View.MISTAKES)
    view = panel.built[View.MISTAKES]
    assert isinstance(view, MistakesView)
    view.add_dataset(some_images(), "some")
    qtbot.waitUntil(lambda: not view._computation.is_running, timeout=_LONG)
    view.tabs.setCurrentIndex(2)
    assert view._curve.is_running
    view.tabs.setCurrentIndex(0)
    other = Network((784, 10), seed=8)
    before = view.answers
    panel.session.new(other)
    qtbot.waitUntil(lambda: view.answers is not before, timeout=_LONG)
    qtbot.waitUntil(lambda: threads() == 0, timeout=_LONG)
    assert view.plot.curve() is None
    view.tabs.setCurrentIndex(2)
    qtbot.waitUntil(lambda: view.curve_button.text() == "Compute again", timeout=_LONG)
    points = list(robustness.curve(other, some_images(), Disturbance.ROTATION))
    curve = view.plot.curve()
    assert curve is not None
    np.testing.assert_allclose(curve.y, [point.accuracy for point in points])


@pytest.mark.parametrize("which", _COMPUTING)
def test_the_sample_is_stated(panel: UnderstandPanel, which: View, qtbot: QtBot) -> None:
    panel.show_view(which)
    view = panel.built[which]
    if isinstance(view, MistakesView):
        view.add_dataset(some_images(), "some")
    stated = {
        View.LANDSCAPE: "on 500 training images",
        View.MISTAKES: "in 400 images",
        View.MAP: "1,000 test images",
        View.OPERATE: "of 10,000 (",
    }[which]

    def says() -> bool:
        return any(stated in each.text() for each in view.findChildren(QLabel) if each.isVisible())

    qtbot.waitUntil(says, timeout=_LONG)
    assert isinstance(view, (LandscapeView, MistakesView, EmbeddingView, OperateView))
