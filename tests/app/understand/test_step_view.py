"""One training step on the screen: every number is the core's."""

import re
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QTextDocumentFragment
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.session import Session
from digitpad.app.understand.arithmetic_table import in_sum, number, signed
from digitpad.app.understand.step_view import Highlight, Source, StepView
from digitpad.app.widgets import numbers
from digitpad.data.mnist import mnist
from digitpad.inspection.backprop_equations import StageKind
from digitpad.inspection.backprop_steps import open_step
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network, one_hot

Show = Callable[[QWidget], None]


@pytest.fixture
def view(session: Session, shown: Show, qtbot: QtBot) -> StepView:
    view = StepView(session)
    shown(view)
    qtbot.waitUntil(lambda: view.step is not None)
    return view


def go_to(view: StepView, kind: StageKind, layer: int = 0) -> None:
    assert view.step is not None
    stages = [(stage.kind, stage.layer) for stage in view.step.stages]
    view.track.setValue(stages.index((kind, layer)))


def column(view: StepView, place: int) -> list[str]:
    model = view.table.terms
    return [model.data(model.index(row, place)) for row in range(model.rowCount())]


def test_the_step_is_the_one_of_the_drawing_and_its_label(view: StepView, qtbot: QtBot) -> None:
    session = view.session
    assert view.label.digit == session.reading.digit
    five = next(b for b in view.label.findChildren(QToolButton) if b.text() == "5")
    with qtbot.waitSignal(view.highlight_changed):
        qtbot.mouseClick(five, Qt.MouseButton.LeftButton)
    step = open_step(session.network, session.image.ravel(), one_hot(5), view.rate.value())
    assert view.step is not None
    np.testing.assert_allclose(view.step.deltas[0], step.deltas[0])
    applied = step.apply()
    places = numbers.sum_places([applied.cost_before, applied.change])
    for value in (
        in_sum(applied.cost_before, places),
        in_sum(applied.cost_after, places),
        in_sum(applied.change, places, sign=True),
        in_sum(applied.expected_change, places, sign=True),
    ):
        assert value in view.costs.text()


@pytest.mark.parametrize("rate", [0.001, 0.5, 20])
def test_what_stands_before_and_after_a_step_adds_up_as_written(
    view: StepView, qtbot: QtBot, rate: float
) -> None:
    view.rate.setValue(rate)
    qtbot.waitUntil(lambda: view.step is not None and view.step.learning_rate == rate)
    assert view.applied is not None
    before, after, change, minus_rate, squared, expected = written(view.costs.text())
    assert before + change == after != before
    assert float(minus_rate) == -rate
    assert float(squared) * rate == pytest.approx(-float(expected), rel=1e-3)
    go_to(view, StageKind.UPDATE)
    w, product = (Decimal(cell.replace("−", "-")) for cell in column(view, 3))
    eta, slope = (
        float(cell.replace("−", "-")) for cell in (column(view, 1)[1], column(view, 2)[1])
    )
    assert eta * slope == pytest.approx(float(product), rel=1e-3)
    lines = view.result.text().split("<br>")
    assert written(lines[0]) == [w + product]
    b, eta_b, slope_b, new_b = map(float, written(lines[1]))
    assert b + eta_b * slope_b == pytest.approx(new_b, rel=1e-3)
    assert new_b != b


def written(text: str) -> list[Decimal]:
    """Return the numbers in a text, with the decimals that they are written with."""
    text = QTextDocumentFragment.fromHtml(text).toPlainText().replace("− ", "−")
    return [Decimal(found.replace("−", "-")) for found in re.findall(r"[−+]?\d+(?:\.\d+)?", text)]


def test_buttons_keys_and_clicks_walk_through_the_stages(view: StepView, qtbot: QtBot) -> None:
    assert view.step is not None
    assert not view.back.isEnabled()
    titles = [view.title.text()]
    while view.next.isEnabled():
        qtbot.mouseClick(view.next, Qt.MouseButton.LeftButton)
        titles.append(view.title.text())
    assert len(titles) == len(view.step.stages) == len(set(titles))
    qtbot.mouseClick(view.back, Qt.MouseButton.LeftButton)
    assert view.title.text() == titles[-2]
    view.track.setFocus()
    QTest.keyClick(view.track, Qt.Key.Key_Home)
    assert view.title.text() == titles[0]
    QTest.keyClick(view.track, Qt.Key.Key_Right)
    assert view.title.text() == titles[1]
    assert view.track.accessibleDescription() == titles[1]
    place = view.track.place(5).toPoint() + QPoint(3, 4)
    qtbot.mouseClick(view.track, Qt.MouseButton.LeftButton, pos=place)
    assert view.title.text() == titles[5]


def test_equations_are_those_of_the_stage(view: StepView) -> None:
    assert view.step is not None
    for place, stage in enumerate(view.step.stages):
        view.track.setValue(place)
        shown = [each.latex() for each in view.equations if each.isVisible()]
        assert shown == [equation.latex for equation in stage.equations]
        for equation in stage.equations:
            assert equation.name in view.equation_name.text()


def test_the_table_shows_every_product_of_the_chosen_neuron(view: StepView) -> None:
    step = view.step
    assert step is not None
    go_to(view, StageKind.HIDDEN_ERROR, 2)
    view.neuron.setValue(3)
    expected = sorted(step.error(2, 3).terms, key=lambda term: -abs(term.value))
    assert column(view, 0) == [str(term.index) for term in expected]
    assert column(view, 1) == [number(term.factors[0].value) for term in expected]
    assert column(view, 2) == [number(term.factors[1].value) for term in expected]
    assert column(view, 3) == [signed(term.value) for term in expected]
    delta = float(step.deltas[1][0, 3])
    assert f"δ² = {number(delta)}" in view.result.text()
    a = float(step.a[2][0, 3])
    assert f"{number(a)} · {number(1 - a)}" in view.result.text()


def test_forward_shows_z_and_a(view: StepView) -> None:
    step = view.step
    assert step is not None
    go_to(view, StageKind.FORWARD, 1)
    view.neuron.setValue(7)
    assert view.table.terms.rowCount() == 785
    assert f"z¹ = {number(float(step.z[0][0, 7]))}" in view.result.text()
    assert "a¹ = σ(z¹) = 1 / (1 + e" in view.result.text()
    assert f" = {number(float(step.a[1][0, 7]))}</b>" in view.result.text()


def test_one_weight_is_chosen_by_layer_neuron_and_source(view: StepView) -> None:
    step = view.step
    assert step is not None
    go_to(view, StageKind.GRADIENTS)
    view.layer.setValue(3)
    view.neuron.setValue(9)
    view.origin.setValue(4)
    assert number(float(step.weight_gradients[2][9, 4])) in view.result.text()
    assert f"∂C/∂b³ = δ³ = {number(float(step.bias_gradients[2][9]))}" in view.result.text()
    go_to(view, StageKind.UPDATE)
    assert view.applied is not None
    for arithmetic in (step.new_weight(3, 9, 4), step.new_bias(3, 9)):
        places = numbers.sum_places([term.value for term in arithmetic.terms])
        assert f" = {in_sum(arithmetic.result, places)}" in view.result.text()
    assert set(column(view, 0)) == {"w³", "−η · ∂C/∂w³"}


def test_the_cost_is_a_sum_over_outputs(view: StepView, qtbot: QtBot) -> None:
    view.session.new(Network((784, 12, 10), cost="cross-entropy", seed=4))
    qtbot.waitUntil(lambda: view.step is not None and view.step.network.cost == "cross-entropy")
    step = view.step
    assert step is not None
    go_to(view, StageKind.COST, 2)
    assert sorted(column(view, 0)) == list("0123456789")
    names = [view.table.terms.headerData(each, Qt.Orientation.Horizontal) for each in range(4)]
    assert names == ["neuron", "a²", "y", "[…]"]
    for neuron, a, y, bracket in zip(*(column(view, each) for each in range(4)), strict=True):
        assert int(y) == step.y[0, int(neuron)]
        inside = np.log(float(a)) if y == "1" else np.log(1 - float(a))
        assert float(bracket.replace("−", "-")) == pytest.approx(inside, rel=2e-3)
    assert f"C = {number(float(step.output_costs.sum()))}" in view.result.text()
    # Two kinds of terms, in the sum of a softmax output's error.
    network = Network((784, 12, 10), cost="quadratic", output_activation="softmax", seed=4)
    view.session.new(network)
    qtbot.waitUntil(lambda: view.step is not None and view.step.network.cost == "quadratic")
    go_to(view, StageKind.OUTPUT_ERROR, 2)
    kinds = {re.sub(r"\d", "", each) for each in column(view, 0)}
    assert kinds == {"(a² − y) []", "−(a − y) · a []"}


def test_the_cost_of_a_mini_batch_is_the_mean_of_its_images(view: StepView, qtbot: QtBot) -> None:
    view.source.setCurrentIndex(view.source.findData(Source.MINI_BATCH))
    qtbot.waitUntil(lambda: view.step is not None and len(view.step.x) == 10)
    step = view.step
    assert step is not None
    go_to(view, StageKind.COST, 3)
    view.sample.setValue(7)
    rows = zip(*(column(view, each) for each in range(4)), strict=True)
    for _, a, y, square in rows:
        assert (float(a) - float(y)) ** 2 == pytest.approx(float(square), rel=2e-3)
    assert f"Cₓ = {number(float(step.output_costs[6].sum()))}" in view.result.text()
    total = number(float(step.output_costs.sum()))
    assert f"1/10 · {total} = {number(step.cost)}" in view.result.text()


@pytest.mark.parametrize("kind", [StageKind.GRADIENTS, StageKind.UPDATE])
def test_symbols_of_every_layer_stand_for_the_chosen_one(
    view: StepView, kind: StageKind, qtbot: QtBot
) -> None:
    step = view.step
    assert step is not None
    go_to(view, kind)
    names = {
        StageKind.GRADIENTS: ["∂C/∂bˡ", "δˡ", "∂C/∂Wˡ", "aˡ⁻¹"],
        StageKind.UPDATE: ["Wˡ", "bˡ", "η", "∂C/∂Wˡ", "∂C/∂bˡ"],
    }[kind]

    def buttons() -> list[QToolButton]:
        return [each for each in view.symbols.findChildren(QToolButton) if each.isVisible()]

    qtbot.waitUntil(lambda: [each.text() for each in buttons()] == names)
    shown = buttons()
    shown[names.index("∂C/∂bˡ")].click()
    for layer in (3, 2):
        view.layer.setValue(layer)
        listed = ", ".join(number(float(value)) for value in step.bias_gradients[layer - 1])
        assert f"({listed})" in view.symbols.numbers.text()
    shown[names.index("∂C/∂Wˡ")].click()
    assert "8 × 12 numbers" in view.symbols.numbers.text()


def test_the_first_weight_shown_is_that_of_a_pixel_with_ink(view: StepView) -> None:
    assert view.step is not None
    go_to(view, StageKind.GRADIENTS)
    view.layer.setValue(1)
    assert view.step.x[0, view.origin.value()] > 0


def test_the_neuron_with_the_largest_error_is_shown_until_the_user_chooses(
    view: StepView, qtbot: QtBot
) -> None:
    step = view.step
    assert step is not None
    for layer in (3, 2, 1):
        kind = StageKind.OUTPUT_ERROR if layer == 3 else StageKind.HIDDEN_ERROR
        largest = int(np.abs(step.deltas[layer - 1][0]).argmax())
        go_to(view, StageKind.FORWARD, layer)
        assert view.neuron.value() == largest
        go_to(view, kind, layer)
        assert view.neuron.value() == largest
    largest = int(np.abs(step.deltas[0][0]).argmax())
    chosen = largest + 1 if largest < 11 else 0
    view.neuron.setValue(chosen)
    go_to(view, StageKind.HIDDEN_ERROR, 2)
    assert view.neuron.value() == int(np.abs(step.deltas[1][0]).argmax())
    go_to(view, StageKind.FORWARD, 1)
    assert view.neuron.value() == chosen
    # Of another drawing, what the user has not chosen follows and what she has stays.
    view.session.show_strokes([[[0, 0], [0, 10], [5, 10]]])
    qtbot.waitUntil(lambda: view.step is not step)
    assert view.neuron.value() == chosen
    go_to(view, StageKind.OUTPUT_ERROR, 3)
    assert view.step is not None
    assert view.neuron.value() == int(np.abs(view.step.deltas[2][0]).argmax())
    # A network of other sizes has other neurons.
    view.session.new(Network((784, 5, 10), seed=2))
    qtbot.waitUntil(lambda: view.step is not None and view.step.network.sizes == (784, 5, 10))
    go_to(view, StageKind.FORWARD, 1)
    assert view.neuron.value() == int(np.abs(view.step.deltas[0][0]).argmax())


def test_the_weight_with_the_largest_gradient_is_shown_until_the_user_chooses(
    view: StepView, qtbot: QtBot
) -> None:
    view.source.setCurrentIndex(view.source.findData(Source.MINI_BATCH))
    qtbot.waitUntil(lambda: view.step is not None and len(view.step.x) == 10)
    step = view.step
    assert step is not None
    go_to(view, StageKind.GRADIENTS)

    def place() -> tuple[int, int, int]:
        return view.layer.value(), view.neuron.value(), view.origin.value()

    for layer in (2, 1):
        view.layer.setValue(layer)
        sizes = np.abs(step.weight_gradients[layer - 1])
        _, neuron, origin = place()
        assert sizes[neuron, origin] == sizes.max() > 0
    # Of a neuron that the user chose, its own largest.
    view.neuron.setValue(2)
    assert place() == (1, 2, int(np.abs(step.weight_gradients[0][2]).argmax()))
    view.origin.setValue(300)
    go_to(view, StageKind.UPDATE)
    assert place() == (1, 2, 300)
    view.choose_neuron(1, 4)
    assert place() == (1, 4, 300)
    view.choose_neuron(0, 400)  # a pixel has no arithmetic
    view.choose_neuron(1, 200)  # nor has a neuron of another network
    assert place() == (1, 4, 300)


def test_a_symbol_is_marked_and_its_numbers_are_shown(view: StepView, qtbot: QtBot) -> None:
    step = view.step
    assert step is not None
    go_to(view, StageKind.OUTPUT_ERROR, 3)

    def buttons() -> list[QToolButton]:
        return [b for b in view.findChildren(QToolButton) if b.isVisible() and b.text() == "δ³"]

    qtbot.waitUntil(lambda: len(buttons()) == 1)
    (button,) = buttons()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    largest = max(step.deltas[2][0], key=abs)
    assert number(float(largest)) in view.symbols.numbers.text()
    before = view.equations[0].grab().toImage()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert view.equations[0].grab().toImage() != before
    assert not view.symbols.numbers.isVisible()


def test_of_a_matrix_the_largest_weights_are_shown(view: StepView, qtbot: QtBot) -> None:
    step = view.step
    assert step is not None
    go_to(view, StageKind.FORWARD, 1)
    (button,) = (b for b in view.symbols.findChildren(QToolButton) if b.text() == "W¹")
    button.click()
    weights = step.network.weights[0].ravel()
    largest = sorted(weights, key=abs)[::-1][:4]
    listed = ", ".join(number(float(weight)) for weight in largest)
    assert view.symbols.numbers.text() == f"W¹: 12 × 784 numbers; the largest {listed}"
    view.neuron.setValue(3)
    assert button.isChecked()  # it stays marked for another neuron


def test_a_mini_batch_has_an_image_to_choose(view: StepView, qtbot: QtBot) -> None:
    place = view.source.findData(Source.MINI_BATCH)
    view.source.setCurrentIndex(place)
    qtbot.waitUntil(lambda: view.step is not None and len(view.step.x) == 10)
    assert view.step is not None
    go_to(view, StageKind.OUTPUT_ERROR, 3)
    view.sample.setValue(4)
    view.neuron.setValue(2)
    assert f"δ³ = {number(float(view.step.deltas[2][3, 2]))}" in view.result.text()
    go_to(view, StageKind.GRADIENTS)
    assert view.table.terms.rowCount() == 10


def test_every_mini_batch_can_be_chosen(view: StepView, qtbot: QtBot) -> None:
    view.source.setCurrentIndex(view.source.findData(Source.MINI_BATCH))
    view.batch.images.setFocus()
    for spin, text in ((view.batch.images, "4"), (view.batch.number, "3")):
        spin.selectAll()
        QTest.keyClicks(spin, text)
        QTest.keyClick(spin, Qt.Key.Key_Return)
    images = mnist().train.take(slice(8, 12))

    def is_shown() -> bool:
        return view.step is not None and np.array_equal(view.step.x, images.inputs())

    qtbot.waitUntil(is_shown)
    assert view.step is not None
    np.testing.assert_array_equal(view.step.y, images.targets())
    go_to(view, StageKind.INPUT)
    view.sample.setValue(2)
    assert f"Image 2 of 4, a {images.labels[1]}" in view.explanation.text()
    np.testing.assert_array_equal(view.picture.values().ravel(), images.inputs()[1])


def test_applying_gives_the_network_after_the_step(view: StepView, qtbot: QtBot) -> None:
    assert view.step is not None
    with qtbot.waitSignal(view.network_changed_by_user) as caught:
        qtbot.mouseClick(view.apply, Qt.MouseButton.LeftButton)
    assert caught.args is not None
    network = caught.args[0]
    expected = view.step.apply().network
    np.testing.assert_array_equal(network.parameters, expected.parameters)
    # The session takes it, and the next step begins there.
    view.session.show_model(Model(network, {}))
    qtbot.waitUntil(
        lambda: (
            view.step is not None
            and bool((view.step.original.parameters == network.parameters).all())
        )
    )


def test_highlights_say_what_to_light(view: StepView, qtbot: QtBot) -> None:
    found: list[Highlight | None] = []
    view.highlight_changed.connect(found.append)
    go_to(view, StageKind.HIDDEN_ERROR, 1)
    view.choose_neuron(1, 5)
    last = found[-1]
    assert last is not None
    assert (last.stage.kind, last.layer, last.neuron) == (StageKind.HIDDEN_ERROR, 1, 5)
    view.choose_neuron(2, 7)  # not of this stage, but of the next
    assert view.neuron.value() == 5
    go_to(view, StageKind.HIDDEN_ERROR, 2)
    assert view.neuron.value() == 7
    view.hide()
    assert found[-1] is None


def test_a_hidden_view_computes_nothing(session: Session, shown: Show, qtbot: QtBot) -> None:
    view = StepView(session)
    qtbot.addWidget(view)
    session.show_strokes([[[0, 0], [0, 10]]])
    qtbot.wait(200)
    assert not view.title.text()
    shown(view)
    qtbot.waitUntil(lambda: bool(view.title.text()))
    assert view.step is not None
    np.testing.assert_allclose(view.step.x[0], session.image.ravel())


def test_the_step_follows_the_drawing(view: StepView, qtbot: QtBot) -> None:
    view.session.show_strokes([[[0, 0], [0, 10], [5, 10]]])
    image = view.session.image.ravel()
    qtbot.waitUntil(lambda: view.step is not None and bool(np.allclose(view.step.x[0], image)))


def test_perceptrons_have_no_step_and_it_says_why(view: StepView, qtbot: QtBot) -> None:
    view.session.new(Network((784, 12, 10), activation="step"))
    qtbot.waitUntil(lambda: "perceptrons" in view.explanation.text())
    assert view.arithmetic() is None
    assert not view.apply.isEnabled()
    view.session.new(Network((784, 12, 10)))
    qtbot.waitUntil(view.apply.isEnabled)
    assert "perceptrons" not in view.explanation.text()


def test_the_table_can_be_copied(view: StepView) -> None:
    step = view.step
    assert step is not None
    go_to(view, StageKind.HIDDEN_ERROR, 2)
    view.table.setFocus()
    QTest.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert lines[0] == ["neuron", "w³", "δ³", "w³ · δ³"]
    products = {term.index: term.value for term in step.error(2, view.neuron.value()).terms}
    assert {int(line[0]): float(line[3]) for line in lines[1:]} == pytest.approx(products, rel=1e-8)
