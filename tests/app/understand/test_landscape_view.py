"""The landscape on the screen: true costs, progressively, for a stated sample."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.session import Session
from digitpad.app.understand.arithmetic_table import number
from digitpad.app.understand.landscape_view import Kind, LandscapeView
from digitpad.data.mnist import mnist
from digitpad.inspection import landscape
from digitpad.nn.functions import Array
from digitpad.nn.network import Network

Show = Callable[[QWidget], None]
_LONG = 20_000  # ms: a busy machine may take its time


@pytest.fixture
def view(session: Session, shown: Show) -> LandscapeView:
    view = LandscapeView(session)
    view.images.setValue(20)
    shown(view)
    return view


def choose(view: LandscapeView, kind: Kind) -> None:
    view.kind.setCurrentIndex(view.kind.findData(kind))


def sample(count: int) -> tuple[Array, Array]:
    images = mnist().train.take(slice(count))
    return images.inputs(), images.targets()


def has_finished(view: LandscapeView) -> bool:
    return view.status.text() == "True costs on 20 training images."


def a_path(network: Network) -> list[Array]:
    generator = np.random.default_rng(0)
    steps = generator.normal(size=(4, len(network.parameters))).astype(np.float32)
    return [network.parameters + 0.05 * step for step in steps] + [network.parameters.copy()]


def test_the_line_shows_true_costs(view: LandscapeView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: has_finished(view), timeout=_LONG)
    curve = view.line.curve()
    assert curve is not None
    network = view.session.network
    *_, line = landscape.along_gradient(network, *sample(20), curve.x[1:].tolist())
    np.testing.assert_allclose(curve.y, line.costs, rtol=1e-6)
    assert curve.expected is not None
    np.testing.assert_allclose(curve.expected, line.costs[0] - line.rates * line.squared_gradient)
    assert number(float(line.costs[0])) in view.legend.text()
    assert number(line.squared_gradient) in view.legend.text()


def test_the_line_ends_where_the_cost_is_high_again(view: LandscapeView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: has_finished(view), timeout=_LONG)
    curve = view.line.curve()
    assert curve is not None
    assert (curve.y[1:-1] <= 2.1 * curve.y[0]).all()
    assert len(curve.x) >= 3


def test_a_random_plane_shows_true_costs(view: LandscapeView, qtbot: QtBot) -> None:
    choose(view, Kind.RANDOM)
    qtbot.waitUntil(lambda: has_finished(view), timeout=_LONG)
    grid = view.surface.grid()
    assert grid is not None
    assert grid.complete
    network = view.session.network
    plane = landscape.random_plane(network)
    x, y = sample(20)
    for row, column in ((0, 0), (16, 16), (5, 30)):
        there = plane.at(grid.alphas[column], grid.betas[row])
        expected = network.with_parameters(there).total_cost(x, y)
        assert grid.costs[row, column] == pytest.approx(expected, rel=1e-5)
    assert number(float(grid.costs.min())) in view.legend.text()


def test_the_plane_of_a_path_shows_the_path(view: LandscapeView, qtbot: QtBot) -> None:
    place = view.kind.findData(Kind.PATH)
    assert not view.kind.model().index(place, 0).flags() & Qt.ItemFlag.ItemIsEnabled
    path = a_path(view.session.network)
    view.show_path(path, 2)
    assert view.kind.model().index(place, 0).flags() & Qt.ItemFlag.ItemIsEnabled
    choose(view, Kind.PATH)
    qtbot.waitUntil(lambda: view.surface.grid() is not None, timeout=_LONG)
    plane = landscape.principal_plane(path)
    np.testing.assert_allclose(view.surface.path(), plane.project(path), atol=1e-5)
    before = view.surface.grab().toImage()
    view.set_playhead(4)
    assert view.surface.grab().toImage() != before


def test_computing_can_be_stopped_and_begun_again(view: LandscapeView, qtbot: QtBot) -> None:
    view.images.setValue(2000)
    choose(view, Kind.RANDOM)
    qtbot.waitUntil(lambda: view.surface.grid() is not None, timeout=_LONG)
    assert view.button.text() == "Stop"
    qtbot.mouseClick(view.button, Qt.MouseButton.LeftButton)
    assert view.status.text() == "Stopped."
    assert view.button.text() == "Compute again"
    view.images.setValue(20)
    qtbot.waitUntil(lambda: has_finished(view), timeout=_LONG)


def test_a_hidden_view_computes_nothing_and_catches_up(view: LandscapeView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: has_finished(view), timeout=_LONG)
    view.hide()
    network = Network((784, 10), seed=3)
    view.session.new(network)
    assert has_finished(view)
    view.show()
    expected = number(network.total_cost(*sample(20)))
    qtbot.waitUntil(lambda: f"Cost now {expected}" in view.legend.text(), timeout=_LONG)


def test_it_says_that_the_network_has_changed(view: LandscapeView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: has_finished(view), timeout=_LONG)
    view.session.show_network(Network((784, 10)))
    assert "has changed" in view.status.text()
    qtbot.mouseClick(view.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: has_finished(view), timeout=_LONG)


def test_perceptrons_have_no_gradient_but_a_plane(view: LandscapeView, qtbot: QtBot) -> None:
    view.session.new(Network((784, 5, 10), activation="step"))
    qtbot.mouseClick(view.button, Qt.MouseButton.LeftButton)
    if not view._computation.is_running:  # that click stopped the first one
        qtbot.mouseClick(view.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "perceptrons" in view.status.text(), timeout=_LONG)
    choose(view, Kind.RANDOM)
    qtbot.waitUntil(lambda: view.surface.grid() is not None, timeout=_LONG)


def test_numbers_are_said_on_hover_and_by_keys(
    view: LandscapeView, qtbot: QtBot, hovered: Callable[[QWidget, QPoint], str]
) -> None:
    qtbot.waitUntil(lambda: has_finished(view), timeout=_LONG)
    curve = view.line.curve()
    assert curve is not None
    last = len(curve.x) - 1
    said = f"{number(float(curve.x[last]))}; {number(float(curve.y[last]))}"
    assert hovered(view.line, view.line.place(last).toPoint() + QPoint(0, 40)).endswith(said)
    for _ in range(last):
        QTest.keyClick(view.line, Qt.Key.Key_Right)
    assert view.line.accessibleDescription().endswith(said)
    assert view.place.text() == f"<b>{view.line.accessibleDescription()}</b>"
    QTest.keyClick(view.line, Qt.Key.Key_Home)
    assert number(float(curve.y[0])) in view.place.text()
    QTest.keyClick(view.line, Qt.Key.Key_End)
    assert view.place.text().endswith(f"{said}</b>")
    choose(view, Kind.RANDOM)
    qtbot.waitUntil(lambda: has_finished(view), timeout=_LONG)
    grid = view.surface.grid()
    assert grid is not None
    cost = number(float(grid.costs[20, 7]))
    middle = view.surface.cell(20, 7).center().toPoint()
    assert hovered(view.surface, middle).endswith(f"cost {cost}")
    QTest.keyClick(view.surface, Qt.Key.Key_Up)
    QTest.keyClick(view.surface, Qt.Key.Key_Right)
    # From the middle, where the network is.
    first = number(float(grid.costs[17, 17]))
    assert view.surface.accessibleDescription().endswith(f"cost {first}")
    assert view.place.text() == f"<b>{view.surface.accessibleDescription()}</b>"
    QTest.mouseClick(view.surface, Qt.MouseButton.LeftButton, pos=middle)
    assert view.place.text().endswith(f"cost {cost}</b>")
    QTest.keyClick(view.surface, Qt.Key.Key_Left)
    assert view.place.text().endswith(f"cost {number(float(grid.costs[20, 6]))}</b>")
