"""The bench on the screen: sliders, and the change that they make."""

import re
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QTextDocumentFragment
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.session import Session
from digitpad.app.understand.arithmetic_table import in_sum, number, signed
from digitpad.app.understand.bench_view import BenchView
from digitpad.app.widgets import numbers
from digitpad.inspection import bench

Show = Callable[[QWidget], None]


@pytest.fixture
def view(session: Session, shown: Show) -> BenchView:
    view = BenchView(session)
    shown(view)
    return view


def says(view: BenchView, column: int, function: str, size: float, first: int = 0) -> None:
    """Compare what stands below a curve with the core."""
    neuron = view.neuron()
    steps = np.zeros_like(neuron.weights)
    steps[first] = size
    change = bench.change(neuron, steps, 0.0, function)
    text = view.outcomes[column].text()
    places = numbers.sum_places([change.before, change.true])
    before, after = in_sum(change.before, places), in_sum(change.after, places)
    assert f"P = <b>{before}</b>, then <b>{after}</b>" in text
    assert f"ΔP = <b>{in_sum(change.true, places, sign=True)}</b>" in text
    assert f"∂P/∂w = σ′(z) x = {number(change.expected / size)}" in text
    assert f"∂P/∂w Δw = <b>{signed(change.expected)}</b>" in text


def adds_up(view: BenchView) -> Decimal:
    """Add up z from the numbers on the screen, each product from its x and w, and return it."""
    total = Decimal(0)
    for labels in view._terms:
        if labels[0].isVisible():
            x, w, product = (Decimal(label.text().replace("−", "-")) for label in labels)
            assert float(x * w) == pytest.approx(float(product), rel=1e-3, abs=1e-12)
            total += product
    others = QTextDocumentFragment.fromHtml(view.others.text()).toPlainText().split("= ")
    if view.others.isVisible():
        total += Decimal(others[1].replace("−", "-"))
    total += Decimal(view._bias_value.text().replace("−", "-"))
    written = str(total).replace("-", "−")
    assert f"z = Σ w · x + b = <b>{written}</b>." in view.sums.text()
    return total


def test_it_begins_with_the_dinner(view: BenchView) -> None:
    neuron, dinner = view.neuron(), bench.dinner()
    np.testing.assert_array_equal(neuron.weights, dinner.weights)
    np.testing.assert_array_equal(neuron.inputs, dinner.inputs)
    assert neuron.bias == dinner.bias
    assert [box.text() for box in view.inputs] == ["Hungry?", "Open nearby?", "Friends come?"]
    assert adds_up(view) == 3
    says(view, 0, "step", 0.2)
    says(view, 1, "logistic", 0.2)


def test_sliders_and_boxes_change_the_neuron(view: BenchView) -> None:
    QTest.keyClick(view.inputs[0], Qt.Key.Key_Space)
    assert view.neuron().inputs[0] == 0
    before = view.neuron().weights[1]
    QTest.keyClick(view.weights[1], Qt.Key.Key_Right)
    assert view.neuron().weights[1] == pytest.approx(before + 0.01)
    QTest.keyClick(view.bias, Qt.Key.Key_Left)
    assert view.neuron().bias == pytest.approx(-5.01)
    assert adds_up(view) == Decimal("-3.01")


def test_a_step_jumps_where_a_sigmoid_moves(view: BenchView) -> None:
    view.weights[0].setValue(295)
    view.bias.setValue(-500)  # z = -0.05: friends count 2
    view.change.setValue(10)
    assert "ΔP = <b>+1</b>" in view.outcomes[0].text()
    assert "Δw = <b>0</b>" in view.outcomes[0].text()
    says(view, 0, "step", 0.1)
    says(view, 1, "logistic", 0.1)
    view.change.setValue(1)
    assert "ΔP = <b>0</b>" in view.outcomes[0].text()


@pytest.mark.parametrize("function", ["tanh", "relu"])
def test_other_functions_can_stand_beside_the_step(view: BenchView, function: str) -> None:
    view.function.setCurrentIndex(view.function.findData(function))
    says(view, 1, function, 0.2)
    before = view.curves[1].grab().toImage()
    view.bias.setValue(300)
    assert view.curves[1].grab().toImage() != before


@pytest.mark.parametrize("layer", [1, 3])
def test_a_neuron_of_the_network_is_put_on_the_bench(view: BenchView, layer: int) -> None:
    view.subject.setCurrentIndex(view.subject.findData("network"))
    view.layer.setValue(layer)
    view.index.setValue(4)
    network, image = view.session.network, view.session.image.ravel()
    neuron = view.neuron()
    np.testing.assert_allclose(neuron.weights, network.weights[layer - 1][4])
    np.testing.assert_allclose(neuron.inputs, network.activations(image)[layer - 1])
    z = network.weights[layer - 1][4] @ neuron.inputs + network.biases[layer - 1][4]
    assert neuron.z == pytest.approx(z, rel=1e-4)
    count = network.sizes[layer - 1] - 3
    assert view.others.text().startswith(f"The other {count} inputs: Σ w · x = ")
    assert float(adds_up(view)) == pytest.approx(z, rel=1e-3)
    strongest = int(np.abs(neuron.weights * neuron.inputs).argmax())
    assert view.inputs[0].text().endswith(f" {strongest}")
    says(view, 1, "logistic", 0.2, first=strongest)


def test_the_bench_follows_the_drawing(view: BenchView, qtbot: QtBot) -> None:
    view.subject.setCurrentIndex(view.subject.findData("network"))
    view.session.show_strokes([[[0, 0], [0, 10]]])
    image = view.session.image.ravel()
    qtbot.waitUntil(lambda: np.allclose(view.neuron().inputs, image), timeout=20_000)


def test_the_curves_are_copied_as_numbers_from_the_keyboard(view: BenchView) -> None:
    curve = view.curves[1]
    curve.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keySequence(curve, QKeySequence(QKeySequence.StandardKey.Copy))
    heading, *rows = QGuiApplication.clipboard().text().splitlines()
    assert heading.split("\t") == ["z", "P", "σ′(z)"]
    z, p, slope = np.array([row.split("\t") for row in rows], float).T
    np.testing.assert_allclose(p, 1 / (1 + np.exp(-z)), rtol=1e-6)
    np.testing.assert_allclose(slope, p * (1 - p), rtol=1e-5)
    assert z[-2] == pytest.approx(view.neuron().z)


def test_a_screen_reader_gets_every_number(view: BenchView) -> None:
    products = "w = 6, x = 1, w · x = 6"
    for slider, text in ((view.weights[0], products), (view.bias, "b = −5")):
        assert slider.accessibleDescription() == text
    assert "z = 3" in view.curves[0].accessibleName()
    assert "P = 1" in view.curves[0].accessibleName()
    for label in (view.sums, *view.outcomes):
        assert label.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_what_is_tiny_is_written_with_a_power_of_ten(view: BenchView) -> None:
    view.bias.setValue(-1000)
    view.weights[0].setValue(-1000)
    view.weights[2].setValue(-800)  # z = -28
    change = bench.change(view.neuron(), [0.2, 0, 0], 0.0, "logistic")
    before, after, true = written = [
        float(mantissa)
        * 10.0 ** int(exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
        for mantissa, exponent in re.findall(r"([\d.]+)·10(\S+?)</b>", view.outcomes[1].text())[:3]
    ]
    assert written == pytest.approx([change.before, change.after, change.true], rel=1e-3)
    assert before + true == pytest.approx(after, rel=1e-6)
