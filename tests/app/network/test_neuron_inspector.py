"""The card's numbers and picture are the core's; they can be copied."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from digitpad.app.network.neuron_inspector import NeuronInspector, signed
from digitpad.app.widgets import theme
from digitpad.inspection.layers import inspect_layers
from digitpad.inspection.neuron import Neuron, inspect_neuron
from digitpad.nn.network import Network
from tests.inspection.test_layers import NETWORKS, ink

BASIC = NETWORKS[0]


def neuron(layer: int, index: int, network: Network = BASIC) -> Neuron:
    return inspect_neuron(network, inspect_layers(network, ink()), layer, index)


@pytest.fixture
def card(qtbot: QtBot) -> NeuronInspector:
    card = NeuronInspector()
    qtbot.addWidget(card)
    card.show()
    return card


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def test_the_numbers_shown_are_the_neurons_and_add_up(card: NeuronInspector) -> None:
    for index in range(16):
        shown = neuron(1, index)
        card.show_neuron(shown, f"Neuron {index + 1} of layer 1")
        assert card.title.text() == f"Neuron {index + 1} of layer 1"
        rows = card.table.rows()
        assert len(rows) == len(shown.contributions) + 2
        for row, source, w, a, contribution in zip(
            rows, shown.sources, shown.weights, shown.inputs, shown.contributions, strict=False
        ):
            assert row[0] == f"pixel {source // 28 + 1}, {source % 28 + 1}"
            assert number(row[1]) == pytest.approx(w, abs=0.00501)
            assert number(row[2]) == pytest.approx(a, abs=0.00501)
            assert number(row[3]) == pytest.approx(contribution, abs=0.00501)
        assert number(rows[-2][3]) == pytest.approx(shown.others, abs=0.04)
        assert number(rows[-1][3]) == pytest.approx(shown.bias, abs=0.00501)
        z = round(shown.z, 2)
        assert sum(number(row[3]) for row in rows) == pytest.approx(z, abs=1e-6)
        terms = card.sum.text().replace("\n", " ").replace("− ", "−").split(" = ")
        assert terms[0] == "z"
        total, bias = terms[2].replace("+ ", "+").split(" ")
        assert number(total) + number(bias) == pytest.approx(z, abs=1e-6)
        assert number(terms[3]) == pytest.approx(z)
        assert card.function.text() == f"a = σ(z) = {shown.a:.3f}"


def test_a_deeper_neuron_lists_neurons_and_names_its_function(card: NeuronInspector) -> None:
    network = NETWORKS[2]
    shown = neuron(3, 7, network)
    card.show_neuron(shown, "Output 7")
    assert card.title.text() == "Output 7"
    assert card.function.text() == f"a = softmax(z) = {shown.a:.3f}"
    assert card.table.rows()[0][0] == f"neuron {shown.sources[0] + 1}"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("layer", [1, 2])
def test_the_picture_is_blue_above_0_and_orange_below(
    card: NeuronInspector, dark: bool, layer: int
) -> None:
    palette = theme.palette(dark)
    card.setPalette(palette)
    shown = neuron(layer, 4)
    card.show_neuron(shown, "a neuron")
    image = card.picture.image()
    assert (image.width(), image.height()) == (28, 28)
    largest = np.abs(shown.picture).max()
    signs = theme.colours(palette)
    paper = palette.color(QPalette.ColorRole.Base)
    for index in (0, 99, 400, int(shown.picture.argmax()), int(shown.picture.argmin())):
        value = float(shown.picture[index])
        sign = signs.positive if value > 0 else signs.negative
        expected = theme.mixed(paper, sign, abs(value) / float(largest))
        found = image.pixelColor(index % 28, index // 28)
        assert abs(found.red() - expected.red()) <= 1
        assert abs(found.blue() - expected.blue()) <= 1


def test_the_point_on_the_curve_is_drawn_where_it_says(card: NeuronInspector) -> None:
    signs = theme.colours(card.palette())
    for network, layer in ((BASIC, 1), (NETWORKS[2], 1), (NETWORKS[3], 1), (NETWORKS[4], 2)):
        shown = neuron(layer, 2, network)
        card.show_neuron(shown, "a neuron")
        point = card.curve.point()
        assert card.curve.rect().contains(point.toPoint())
        colour = card.curve.grab().toImage().pixelColor(point.toPoint())
        assert colour == (signs.positive if shown.a >= 0 else signs.negative)


def test_a_larger_z_is_further_right_and_a_larger_a_higher(card: NeuronInspector) -> None:
    points: list[tuple[float, QPointF]] = []
    for index in range(16):
        shown = neuron(2, index)
        card.show_neuron(shown, "a neuron")
        if abs(shown.z) < 5:  # the same range of the curve
            points.append((shown.z, card.curve.point()))
    points.sort(key=lambda pair: pair[0])
    assert len(points) > 3
    assert np.all(np.diff([point.x() for _, point in points]) > 0)
    assert np.all(np.diff([point.y() for _, point in points]) < 0)


def test_picture_and_table_are_copied(card: NeuronInspector) -> None:
    shown = neuron(1, 9)
    card.show_neuron(shown, "a neuron")
    clipboard = QGuiApplication.clipboard()
    picture, table = card.copy_actions()
    picture.trigger()
    copied = clipboard.image()
    assert copied.size() == card.picture.image().size() * 10
    assert copied.pixelColor(145, 205) == card.picture.image().pixelColor(14, 20)
    table.trigger()
    lines = [line.split("\t") for line in clipboard.text().splitlines()]
    assert lines[0] == ["from", "w", "a", "w·a"]
    assert len(lines) == len(shown.sources) + 4
    assert float(lines[1][1]) == pytest.approx(shown.weights[0], abs=0.00501)
    assert lines[-1][0] == "z"
    assert float(lines[-1][3]) == pytest.approx(shown.z, rel=1e-5)


def test_a_right_click_offers_the_copies(qtbot: QtBot, card: NeuronInspector) -> None:
    card.show_neuron(neuron(1, 9), "a neuron")
    texts: list[str] = []

    def choose() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        texts.extend(action.text() for action in menu.actions())
        menu.setActiveAction(menu.actions()[1])
        QTest.keyClick(menu, Qt.Key.Key_Return)

    QTimer.singleShot(50, choose)
    middle = card.rect().center()
    reason = QContextMenuEvent.Reason.Mouse
    event = QContextMenuEvent(reason, middle, card.mapToGlobal(middle))
    QApplication.sendEvent(card, event)
    assert texts == ["Copy picture", "Copy table"]
    assert QGuiApplication.clipboard().text().startswith("from\tw\ta\tw·a")


@pytest.mark.parametrize(
    ("value", "text"),
    [(20.349, "+20.35"), (-1.63, "−1.63"), (0.0, "+0.00"), (-0.001, "+0.00"), (-10.0, "−10.00")],
)
def test_signed_numbers(value: float, text: str) -> None:
    assert signed(value) == text
