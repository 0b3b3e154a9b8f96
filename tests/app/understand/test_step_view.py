"""One training step on the screen: every number is the core's."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.session import Session
from digitpad.app.understand.arithmetic_table import number, signed
from digitpad.app.understand.step_view import Highlight, Source, StepView
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
    for value in (
        number(applied.cost_before),
        number(applied.cost_after),
        signed(applied.change),
        signed(applied.expected_change),
    ):
        assert value in view.costs.text()


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
    assert f"σ(z¹) = {number(float(step.a[1][0, 7]))}" in view.result.text()


def test_one_weight_is_chosen_by_layer_neuron_and_source(view: StepView) -> None:
    step = view.step
    assert step is not None
    go_to(view, StageKind.GRADIENTS)
    view.layer.setValue(3)
    view.neuron.setValue(9)
    view.origin.setValue(4)
    assert number(float(step.weight_gradients[2][9, 4])) in view.result.text()
    assert f"∂C/∂b³ = {number(float(step.bias_gradients[2][9]))}" in view.result.text()
    go_to(view, StageKind.UPDATE)
    assert view.applied is not None
    after = number(float(step.new_weight(3, 9, 4).result))
    assert after in view.result.text()
    assert number(float(step.new_bias(3, 9).result)) in view.result.text()
    assert set(column(view, 0)) == {"w³", "−η · ∂C/∂w³"}


def test_terms_of_several_kinds_are_named(view: StepView, qtbot: QtBot) -> None:
    view.session.new(Network((784, 12, 10), cost="cross-entropy", seed=4))
    qtbot.waitUntil(lambda: view.step is not None and view.step.network.cost == "cross-entropy")
    step = view.step
    assert step is not None
    go_to(view, StageKind.COST, 2)
    view.neuron.setValue(6)
    assert set(column(view, 0)) == {"y · ln a", "(1 − y) · ln(1 − a)"}
    assert number(float(step.output_costs[0, 6])) in view.result.text()


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
    go_to(view, StageKind.COST, 3)
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
