"""What the network view shows is what the core computes; mouse and keys reach every neuron."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.network import network_view
from digitpad.app.network import shown as shown_module
from digitpad.app.network.network_view import NetworkView, Place
from digitpad.app.widgets import theme
from digitpad.inspection.layers import Layers, inspect_layers
from digitpad.nn.network import Network
from tests.inspection.test_layers import ink

BASIC = Network((784, 16, 16, 10), initialisation="gaussian", seed=1)
LARGE = Network((784, 300, 45, 10), activation="relu", seed=3)
LEFT = Qt.MouseButton.LeftButton
Show = Callable[..., NetworkView]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    """A way to show a network that reads some ink."""

    def shown(network: Network, size: tuple[int, int] = (480, 470)) -> NetworkView:
        view = NetworkView()
        qtbot.addWidget(view)
        view.resize(*size)
        view.show()
        qtbot.waitExposed(view)
        read(qtbot, view, network, ink())
        return view

    return shown


def read(qtbot: QtBot, view: NetworkView, network: Network, image: NDArray[np.float32]) -> None:
    with qtbot.waitSignal(view.refreshed):
        view.show_network(network, image)


def at(view: NetworkView, layer: int, index: int) -> QPoint:
    return view.centre_of(layer, index).toPoint()


def place(view: NetworkView) -> Place | None:
    """The neuron that is lit; a function, as mypy takes properties to stay as they are."""
    return view.lit


def pinned(view: NetworkView) -> Place | None:
    return view.pinned


def picture(view: NetworkView) -> QImage:
    return view.grab().toImage()


def pixel(view: NetworkView, position: QPointF) -> QColor:
    return picture(view).pixelColor(position.toPoint())


def distance(one: QColor, other: QColor) -> int:
    parts = (QColor.red, QColor.green, QColor.blue)
    return max(abs(part(one) - part(other)) for part in parts)


@pytest.mark.parametrize("network", [BASIC, LARGE], ids=["circles", "grids"])
def test_it_shows_what_the_core_computes(show: Show, network: Network) -> None:
    view = show(network)
    shown = view.shown()
    assert shown is not None
    expected = inspect_layers(network, ink())
    for mine, its in zip(shown.activations, expected.activations, strict=True):
        np.testing.assert_array_equal(mine, its)
    for drawn, connections in zip(view.threads(), expected.connections, strict=True):
        assert drawn.layer == connections.layer
        np.testing.assert_array_equal(drawn.sources, connections.sources)
        np.testing.assert_array_equal(drawn.targets, connections.targets)
        np.testing.assert_array_equal(drawn.values, connections.contributions)
    assert sum(len(drawn.sources) for drawn in view.threads()) <= 300


@pytest.mark.parametrize("dark", [False, True])
def test_a_neuron_has_its_activations_colour(show: Show, dark: bool) -> None:
    view = show(BASIC)
    palette = theme.palette(dark)
    view.setPalette(palette)
    image = picture(view)
    paper = palette.color(QPalette.ColorRole.Base)
    for layer in (1, 2):
        activations = BASIC.activations(ink().ravel())[layer]
        for index, a in enumerate(activations.tolist()):
            colour = image.pixelColor(at(view, layer, index))
            expected = theme.mixed(paper, theme.colours(palette).positive, a)
            assert distance(colour, expected) <= 3, (layer, index, a)


def test_a_cell_of_a_grid_is_the_brighter_the_larger_its_activation(show: Show) -> None:
    view = show(LARGE)
    activations = LARGE.activations(ink().ravel())[1]
    image = picture(view)
    positive = theme.colours(view.palette()).positive
    distances = [
        distance(image.pixelColor(at(view, 1, index)), positive)
        for index in np.argsort(activations).tolist()
    ]
    assert distances[-1] <= 6 or activations.max() < 1
    assert (np.diff(distances) <= 1).all()


def test_a_negative_activation_is_orange(show: Show) -> None:
    network = Network((784, 10, 10), activation="tanh", initialisation="gaussian", seed=0)
    view = show(network)
    activations = network.activations(ink().ravel())[1]
    index = int(activations.argmin())
    assert activations[index] < -0.9
    negative = theme.colours(view.palette()).negative
    assert distance(pixel(view, view.centre_of(1, index)), negative) < 30


def test_the_image_is_shown_pixel_by_pixel(show: Show) -> None:
    view = show(Network((784, 10), seed=0))
    view.pin(1, 0)  # its lines are drawn below the ink
    image = picture(view)
    text = view.palette().color(QPalette.ColorRole.Text)
    for index in np.flatnonzero(ink() > 0.99).tolist():
        assert distance(image.pixelColor(at(view, 0, index)), text) < 12


def test_the_next_drawing_is_shown(qtbot: QtBot, show: Show) -> None:
    view = show(BASIC)
    before = picture(view)
    read(qtbot, view, BASIC, ink(seed=5))
    shown = view.shown()
    assert shown is not None
    np.testing.assert_array_equal(shown.activations[-1], BASIC.feed_forward(ink(5).ravel()))
    assert picture(view) != before


def test_many_updates_make_one_picture(qtbot: QtBot, show: Show) -> None:
    view = show(BASIC)
    counted = []
    view.refreshed.connect(lambda: counted.append(1))
    for seed in range(20):
        view.show_network(BASIC, ink(seed))
    qtbot.waitUntil(lambda: bool(counted))
    qtbot.wait(60)
    assert len(counted) == 1
    shown = view.shown()
    assert shown is not None
    np.testing.assert_array_equal(shown.activations[0], ink(19).ravel())


def test_a_hidden_view_computes_nothing_until_it_is_shown(qtbot: QtBot, show: Show) -> None:
    view = show(BASIC)
    before = view.shown()
    view.hide()
    view.show_network(LARGE, ink(2))
    qtbot.wait(300)
    assert view.shown() is before
    view.show()
    shown = view.shown()
    assert shown is not None
    assert shown.sizes == LARGE.sizes


def test_the_pointer_lights_a_neuron_and_its_connections(qtbot: QtBot, show: Show) -> None:
    view = show(BASIC)
    with qtbot.waitSignal(view.neuron_hovered) as hovered:
        QTest.mouseMove(view, at(view, 2, 5))
    assert hovered.args == [2, 5]
    assert place(view) == (2, 5)
    lit = view.lit_threads()
    assert lit is not None
    assert (lit.targets == 5).all()
    contributions = BASIC.weights[1][5] * BASIC.activations(ink().ravel())[1]
    np.testing.assert_array_equal(np.sort(lit.values), np.sort(contributions))
    with qtbot.waitSignal(view.neuron_left):
        QTest.mouseMove(view, QPoint(2, view.height() - 2))
    assert place(view) is None
    assert view.lit_threads() is None
    assert view.accessibleDescription() == ""


def test_name_and_description_say_what_is_lit(show: Show) -> None:
    view = show(BASIC)
    assert view.accessibleName() == "Network"
    assert view.accessibleDescription() == ""
    a = BASIC.activations(ink().ravel())
    QTest.mouseMove(view, at(view, 1, 9))
    assert view.accessibleName() == "Neuron 10 of layer 1"
    assert view.accessibleDescription() == f"Neuron 10 of layer 1: activation {a[1][9]:.2f}"
    QTest.mouseMove(view, at(view, 3, 9))
    assert view.accessibleDescription() == f"Output 9: activation {a[3][9]:.2f}"


def test_a_double_click_pins_as_a_click_does(show: Show) -> None:
    view = show(BASIC)
    QTest.mouseClick(view, LEFT, pos=at(view, 1, 3))
    QTest.mouseDClick(view, LEFT, pos=at(view, 1, 3))  # the second press alone
    assert pinned(view) == (1, 3)


def test_a_click_pins_and_another_unpins(qtbot: QtBot, show: Show) -> None:
    view = show(BASIC)
    with qtbot.waitSignal(view.neuron_pinned) as signal:
        QTest.mouseClick(view, LEFT, pos=at(view, 1, 3))
    assert signal.args == [1, 3]
    QTest.mouseMove(view, QPoint(2, view.height() - 2))
    assert place(view) == (1, 3)
    neuron = view.inspected()
    assert neuron is not None
    assert (neuron.layer, neuron.index) == (1, 3)
    with qtbot.waitSignal(view.neuron_unpinned):
        QTest.mouseClick(view, LEFT, pos=at(view, 1, 3))
    assert pinned(view) is None


def test_what_is_pinned_stays_inspected_while_another_is_lit(show: Show) -> None:
    view = show(BASIC)
    QTest.mouseClick(view, LEFT, pos=at(view, 1, 3))
    QTest.mouseMove(view, at(view, 2, 7))
    assert place(view) == (2, 7)
    neuron = view.inspected()
    assert neuron is not None
    assert (neuron.layer, neuron.index) == (1, 3)


def test_a_pinned_neurons_weights_are_followed_through_training(qtbot: QtBot, show: Show) -> None:
    view = show(BASIC)
    view.pin(2, 4)
    other = Network((784, 16, 16, 10), seed=8)
    read(qtbot, view, other, ink())
    neuron = view.inspected()
    assert neuron is not None
    np.testing.assert_array_equal(neuron.weights, other.weights[1][4][neuron.sources])


def test_a_pin_goes_with_a_network_that_has_no_such_neuron(qtbot: QtBot, show: Show) -> None:
    view = show(BASIC)
    view.pin(3, 4)
    with qtbot.waitSignal(view.neuron_unpinned):
        read(qtbot, view, Network((784, 16, 10), seed=0), ink())
    assert pinned(view) is None


def test_arrow_keys_move_between_neurons_and_layers(qtbot: QtBot, show: Show) -> None:
    view = show(BASIC)
    visited = []
    view.neuron_hovered.connect(lambda layer, index: visited.append((layer, index)))
    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    first = (3, int(BASIC.feed_forward(ink().ravel()).argmax()))
    qtbot.waitUntil(lambda: visited == [first])
    QTest.keyClick(view, Qt.Key.Key_Home)
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert place(view) == (3, 1)
    QTest.keyClick(view, Qt.Key.Key_Up)
    QTest.keyClick(view, Qt.Key.Key_Up)  # no further
    assert place(view) == (3, 0)
    QTest.keyClick(view, Qt.Key.Key_End)
    assert place(view) == (3, 9)
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert place(view) == (2, 15)
    QTest.keyClick(view, Qt.Key.Key_Left)
    QTest.keyClick(view, Qt.Key.Key_Left)  # the input has no neurons
    assert place(view) == (1, 15)
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert place(view) == (2, 15)
    assert view.accessibleName() == "Neuron 16 of layer 2"


def test_arrow_keys_walk_through_a_grid(show: Show) -> None:
    view = show(LARGE)
    view.setFocus()
    QTest.mouseMove(view, at(view, 1, 0))
    columns = view.columns()[1].columns
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert place(view) == (1, columns)
    for _ in range(columns - 1):
        QTest.keyClick(view, Qt.Key.Key_Right)
    assert place(view) == (1, 2 * columns - 1)
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.lit is not None
    assert view.lit[0] == 2


def test_enter_and_space_pin_and_escape_unpins(qtbot: QtBot, show: Show) -> None:
    view = show(BASIC)
    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: view.lit is not None)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert view.pinned == view.lit
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert pinned(view) is None
    QTest.keyClick(view, Qt.Key.Key_Space)
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert view.pinned is not None
    assert view.pinned != view.lit
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert pinned(view) is None


def test_without_the_focus_no_neuron_is_lit(qtbot: QtBot) -> None:
    window = QWidget()
    layout = QVBoxLayout(window)
    view, field = NetworkView(), QLineEdit()
    layout.addWidget(view)
    layout.addWidget(field)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    read(qtbot, view, BASIC, ink())
    field.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(field, Qt.Key.Key_Backtab)
    qtbot.waitUntil(lambda: view.lit is not None)
    QTest.keyClick(view, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: view.lit is None)


def test_the_lines_of_a_lit_neuron_stand_out(show: Show) -> None:
    view = show(BASIC)
    QTest.mouseMove(view, at(view, 2, 5))
    lit = view.lit_threads()
    assert lit is not None
    strongest = int(lit.sources[-1])
    middle = (view.centre_of(1, strongest) + view.centre_of(2, 5)) / 2
    signs = theme.colours(view.palette())
    colour = signs.positive if lit.values[-1] > 0 else signs.negative
    paper = view.palette().color(QPalette.ColorRole.Window)
    image = picture(view)
    around = [
        image.pixelColor(middle.toPoint() + QPoint(dx, dy))
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
    ]
    assert min(distance(c, colour) for c in around) < distance(paper, colour) * 0.45


def test_errors_are_rings(show: Show) -> None:
    view = show(BASIC)
    delta = np.zeros(10, dtype=np.float32)
    delta[2], delta[6] = 0.8, -0.4
    before = picture(view)
    view.show_errors([None, None, delta])
    after = picture(view)
    signs = theme.colours(view.palette())
    radius = view.columns()[3].radius
    for index, colour in ((2, signs.negative), (6, signs.positive)):
        edge = view.centre_of(3, index) - QPointF(0, radius + 1.5 + 0.15 * radius)
        assert distance(after.pixelColor(edge.toPoint()), colour) < 60
    for index in (0, 4, 9):
        where = view.centre_of(3, index) - QPointF(0, radius + 3)
        assert after.pixelColor(where.toPoint()) == before.pixelColor(where.toPoint())
    view.clear_overlay()
    assert picture(view) == before


def test_the_gradient_colours_the_lines(show: Show) -> None:
    view = show(BASIC)
    before = picture(view)
    y = np.eye(10, dtype=np.float32)[5]
    gradients, _ = BASIC.backpropagate(ink().ravel(), y)
    view.show_gradient(gradients)
    for drawn, gradient in zip(view.threads(), gradients, strict=True):
        values = gradient[drawn.targets, drawn.sources]
        np.testing.assert_array_equal(drawn.values, -values)
        assert np.abs(values).min() >= np.sort(np.abs(gradient).ravel())[-len(values)]
    assert picture(view) != before
    view.show_gradient([None, None, gradients[2]])
    assert [drawn.layer for drawn in view.threads()] == [3]
    view.clear_overlay()
    assert picture(view) == before


def test_what_lights_another_architecture_waits_for_it(qtbot: QtBot, show: Show) -> None:
    view = show(Network((784, 5, 10), seed=3))
    before = picture(view)
    y = np.eye(10, dtype=np.float32)[5]
    gradients, _ = BASIC.backpropagate(ink().ravel(), y)
    view.show_network(BASIC, ink())
    view.show_gradient(gradients)
    view.show_errors([np.ones(16, np.float32), np.ones(16, np.float32), np.ones(10, np.float32)])
    assert picture(view) == before
    view.refresh_now()
    for drawn, gradient in zip(view.threads(), gradients, strict=True):
        np.testing.assert_array_equal(drawn.values, -gradient[drawn.targets, drawn.sources])
    lit = picture(view)
    view.clear_overlay()
    assert picture(view) != lit
    view.show_errors([np.ones(16, np.float32)])
    read(qtbot, view, Network((784, 5, 10), seed=3), ink())
    assert picture(view) == before


def test_a_pixels_value_is_said(show: Show, hovered: Callable[[QWidget, QPoint], str]) -> None:
    view = show(BASIC)
    index = int(np.flatnonzero(ink())[0])
    row, column = divmod(index, 28)
    expected = f"Pixel in row {row + 1}, column {column + 1}: {ink().ravel()[index]:.2f}"
    assert hovered(view, at(view, 0, index)) == expected


@pytest.mark.parametrize(
    "sizes", [(784, 10), (784, 1, 10), (784, *[30] * 20, 10), (784, 2048, 41, 10), (784, 800, 10)]
)
@pytest.mark.parametrize("size", [(240, 200), (300, 700), (1400, 900)])
def test_any_network_is_painted_at_any_size(
    show: Callable[..., NetworkView], sizes: tuple[int, ...], size: tuple[int, int]
) -> None:
    view = show(Network(sizes, activation="relu", seed=0), size)
    assert view.width() >= size[0]
    window = view.palette().color(QPalette.ColorRole.Window)
    image = picture(view)
    assert image.pixelColor(0, view.height() - 1) == window
    assert image.pixelColor(view.width() - 1, view.height() - 1) == window
    assert image.pixelColor(at(view, len(sizes) - 1, 4)) != window


def test_a_network_that_diverged_is_painted(qtbot: QtBot, show: Show) -> None:
    network = Network((784, 16, 50, 10), seed=0)
    network.weights[0][3] = np.inf
    network.weights[1][:, 5] = np.nan
    view = show(network)
    view.pin(2, 5)
    assert view.inspected() is not None
    assert not picture(view).isNull()


def test_nothing_is_shown_before_the_first_network(qtbot: QtBot) -> None:
    view = NetworkView()
    qtbot.addWidget(view)
    view.show()
    assert view.shown() is None
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_Return, Qt.Key.Key_Escape):
        QTest.keyClick(view, key)
    QTest.mouseClick(view, LEFT)
    assert view.inspected() is None
    assert picture(view).pixelColor(50, 50) == view.palette().color(QPalette.ColorRole.Window)
    QApplication.processEvents()


def test_a_slow_picture_leaves_the_window_time_for_other_things(
    qtbot: QtBot, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = show(BASIC)

    def slow(network: Network, image: NDArray[np.float32]) -> Layers:
        time.sleep(0.05)
        return inspect_layers(network, image)

    monkeypatch.setattr(shown_module, "inspect_layers", slow)
    read(qtbot, view, BASIC, ink(1))
    times: list[float] = []
    view.refreshed.connect(lambda: times.append(time.monotonic()))
    for seed in range(2, 5):
        read(qtbot, view, BASIC, ink(seed))
    # From one picture's beginning to the next one's: its own time and twice as long besides.
    assert (np.diff(times) > 0.14).all()


def test_it_leaves_more_time_while_a_training_needs_the_processors(
    qtbot: QtBot, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = show(BASIC)
    view.spare_processors(True)

    def slow(network: Network, image: NDArray[np.float32]) -> Layers:
        time.sleep(0.03)
        return inspect_layers(network, image)

    monkeypatch.setattr(shown_module, "inspect_layers", slow)
    read(qtbot, view, BASIC, ink(1))
    times: list[float] = []
    view.refreshed.connect(lambda: times.append(time.monotonic()))
    for seed in range(2, 4):
        read(qtbot, view, BASIC, ink(seed))
    assert (np.diff(times) > 0.28).all()


def test_every_picture_is_painted_however_quickly_others_come(
    qtbot: QtBot, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = show(BASIC)
    happened: list[str] = []

    class Painted(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                happened.append("painted")
            return False

    def slow(network: Network, image: NDArray[np.float32]) -> Layers:
        time.sleep(0.004)
        return inspect_layers(network, image)

    monkeypatch.setattr(shown_module, "inspect_layers", slow)
    painted = Painted()
    view.installEventFilter(painted)
    view.refreshed.connect(lambda: happened.append("computed"))
    seeds = iter(range(10_000))
    more = QTimer()
    more.timeout.connect(lambda: view.show_network(BASIC, ink(next(seeds))))
    more.start(1)
    qtbot.waitUntil(lambda: happened.count("computed") > 5)
    more.stop()
    assert ("computed", "computed") not in pairwise(happened)


def held(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Return events: that a picture has been begun, and without which none comes to its end."""
    begun, may_end = threading.Event(), threading.Event()

    def slow(network: Network, image: NDArray[np.float32]) -> Layers:
        begun.set()
        assert may_end.wait(10)
        return inspect_layers(network, image)

    monkeypatch.setattr(shown_module, "inspect_layers", slow)
    return begun, may_end


def test_the_window_goes_on_while_a_picture_is_computed(
    qtbot: QtBot, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = show(BASIC)
    begun, may_end = held(monkeypatch)
    before = view.shown()
    view.show_network(BASIC, ink(5))
    qtbot.waitUntil(begun.is_set)
    # The window's thread is free: keys and paint events are handled meanwhile.
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.lit is not None
    view.grab()
    assert view.shown() is before
    # What comes meanwhile waits; what was shown at once is not replaced by what is older.
    monkeypatch.setattr(shown_module, "inspect_layers", inspect_layers)
    view.show_network(BASIC, ink(6))
    view.refresh_now()
    newest = view.shown()
    assert newest is not None
    np.testing.assert_array_equal(newest.activations[0], ink(6).ravel())
    may_end.set()
    with qtbot.waitSignal(view.refreshed):
        view.show_network(BASIC, ink(7))
    last = view.shown()
    assert last is not None
    np.testing.assert_array_equal(last.activations[0], ink(7).ravel())


def test_a_picture_drawn_for_another_size_is_drawn_again(
    qtbot: QtBot, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = show(BASIC, (480, 470))
    begun, may_end = held(monkeypatch)
    with qtbot.waitSignal(view.refreshed):
        view.show_network(BASIC, ink(5))
        qtbot.waitUntil(begun.is_set)
        view.resize(600, 500)
        view.grab()  # its places are of the new size now
        may_end.set()
    monkeypatch.setattr(shown_module, "inspect_layers", inspect_layers)
    mine = picture(view)
    other = show(BASIC, (600, 500))
    other.show_network(BASIC, ink(5))
    other.refresh_now()
    assert mine == picture(other)


def test_a_picture_that_cannot_be_computed_leaves_the_last_one_and_says_so(
    qtbot: QtBot, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = show(BASIC)
    before = view.shown()

    def fails(network: Network, image: NDArray[np.float32]) -> Layers:
        raise MemoryError("too little")

    monkeypatch.setattr(shown_module, "inspect_layers", fails)
    with qtbot.waitSignal(view.failed) as failed:
        view.show_network(BASIC, ink(5))
    assert "too little" in failed.args[0]
    assert view.shown() is before
    monkeypatch.setattr(shown_module, "inspect_layers", inspect_layers)
    read(qtbot, view, BASIC, ink(6))


def test_a_picture_waits_until_the_pen_has_been_answered(qtbot: QtBot, show: Show) -> None:
    view = show(BASIC)
    times: list[float] = []
    view.refreshed.connect(lambda: times.append(time.monotonic()))
    begin = time.monotonic()
    view.give_way()
    read(qtbot, view, BASIC, ink(3))
    assert times[0] - begin > 0.011


def test_another_network_does_not_wait_for_its_turn(
    qtbot: QtBot, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = show(LARGE)
    monkeypatch.setattr(network_view, "_SPARING_SHARE", 1e5)
    view.spare_processors(True)
    view.show_network(LARGE, ink(2))
    view.show_network(BASIC, ink(3))
    qtbot.waitUntil(lambda: view.columns()[1].size == 16)
