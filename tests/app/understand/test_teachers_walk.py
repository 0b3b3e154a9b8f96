"""A teacher's whole walk in the window: her own digit, one training step, and every explanation.

At each halt, what stands in the view and what a screen reader gets is compared with the core, and
the core with NumPy or finite differences.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QTableView, QToolButton
from pytestqt.qtbot import QtBot

from digitpad.app.concepts import Concept, ConceptsDialog
from digitpad.app.main_window import MainWindow
from digitpad.app.understand.arithmetic_table import in_sum, number, signed
from digitpad.app.understand.bench_view import BenchView
from digitpad.app.understand.embedding_view import EmbeddingView
from digitpad.app.understand.landscape_view import LandscapeView
from digitpad.app.understand.mistakes_view import MistakesView
from digitpad.app.understand.operate_view import OperateView
from digitpad.app.understand.panel import View
from digitpad.app.understand.step_view import StepView
from digitpad.app.understand.why_view import WhyView
from digitpad.app.widgets import numbers
from digitpad.data.mnist import mnist
from digitpad.inspection import attribution, bench, embedding, landscape, mistakes
from digitpad.inspection.backprop_equations import StageKind
from digitpad.inspection.backprop_steps import Arithmetic, TrainingStep, open_step
from digitpad.inspection.operate import ScaleOutgoing, operated
from digitpad.nn.functions import Array
from digitpad.nn.network import Network, one_hot
from digitpad.recognition.evaluation import evaluate
from tests.app.understand.conftest import heard
from tests.conftest import draw

SEVEN = np.array([[60, 80], [180, 80], [100, 240]], dtype=float)
_LONG = 60_000  # ms: a busy machine may take its time


def cells(table: QTableView) -> list[list[str]]:
    """Return what a screen reader reads in a table, row by row."""
    # Without a screen reader Qt does not say that a model was reset, so older cells are forgotten.
    old = QAccessible.queryAccessibleInterface(table)
    QAccessible.deleteAccessibleInterface(QAccessible.uniqueId(old))
    interface = QAccessible.queryAccessibleInterface(table)
    rows, columns = table.model().rowCount(), table.model().columnCount()
    # Its children are the headings above, and in each row a heading before its cells.
    return [
        [
            interface.child((row + 1) * (columns + 1) + column + 1).text(QAccessible.Text.Name)
            for column in range(columns)
        ]
        for row in range(rows)
    ]


def choose_concept(window: MainWindow, chosen: Concept) -> None:
    """Go to a concept by the dialog of the Help menu."""
    window.commands.concepts.trigger()
    dialog = window.findChild(ConceptsDialog)
    assert dialog is not None
    button = dialog.findChild(QAbstractButton, chosen.name.lower())
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog.close()


def choose_view(window: MainWindow, text: str) -> None:
    """Go to an explanation by its button."""
    (button,) = (b for b in window.understand.findChildren(QToolButton) if b.text() == text)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def step_of(view: StepView) -> TrainingStep:
    assert view.step is not None
    return view.step


def by_hand(network: Network, x: Array, y: Array) -> tuple[list[Array], list[Array], list[Array]]:
    """Return z^l, a^l and δ^l of a logistic network with a quadratic cost, in float64."""
    z: list[Array] = []
    a: list[Array] = [x.astype(np.float64)]
    for w, b in zip(network.weights, network.biases, strict=True):
        z.append(w.astype(np.float64) @ a[-1] + b.astype(np.float64))
        a.append(1 / (1 + np.exp(-z[-1])))
    deltas: list[Array] = [(a[-1] - y) * a[-1] * (1 - a[-1])]
    for layer in range(len(z) - 1, 0, -1):
        back = network.weights[layer].astype(np.float64).T @ deltas[0]
        deltas.insert(0, back * a[layer] * (1 - a[layer]))
    return z, a, deltas


def cost_of(network: Network, x: Array, y: Array) -> float:
    """Return C of one sample, ½‖a − y‖², in float64."""
    _, a, _ = by_hand(network, x, y)
    return float(0.5 * np.sum((a[-1] - y) ** 2))


def slope_of(network: Network, x: Array, y: Array, place: tuple[int, int, int]) -> float:
    """Return ∂C/∂w by central differences; the place is a layer, a neuron and its source."""
    layer, neuron, source = place
    costs = []
    for change in (1e-5, -1e-5):
        exact = network.with_parameters(network.parameters.astype(np.float64))
        exact.weights[layer - 1][neuron, source] += change
        costs.append(cost_of(exact, x, y))
    return (costs[0] - costs[1]) / 2e-5


def test_a_teacher_walks_through_every_explanation(window: MainWindow, qtbot: QtBot) -> None:
    choose_concept(window, Concept.COST)
    view = window.understand.built[View.STEP]
    assert isinstance(view, StepView)
    draw(window.canvas, SEVEN)
    label = (window.session.reading.digit + 1) % 10  # the network is wrong, so there is an error
    (button,) = (b for b in view.label.findChildren(QToolButton) if b.text() == str(label))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    x, y = window.session.image.ravel().copy(), one_hot(label)

    def is_ready() -> bool:
        step = view.step
        return step is not None and np.array_equal(step.x[0], x) and np.array_equal(step.y[0], y)

    qtbot.waitUntil(is_ready)
    walk_through_the_step(view, x, y)
    apply_the_step(window, view, x, y, qtbot)
    on_a_mini_batch(window, view, qtbot)
    at_the_bench(window)
    why_this_answer(window, qtbot)
    on_the_landscape(window, qtbot)
    among_the_mistakes(window, qtbot)
    on_the_map(window, qtbot)
    operate(window, qtbot)


def walk_through_the_step(view: StepView, x: Array, y: Array) -> None:
    """Walk by keys from the input to the update; each stage shows the numbers of the core."""
    network = view.session.network
    z, a, deltas = by_hand(network, x, y)
    step = open_step(network, x, y, view.rate.value())
    view.track.setFocus()
    QTest.keyClick(view.track, Qt.Key.Key_Home)
    seen: list[StageKind] = []
    for place, stage in enumerate(step.stages):
        if place:
            QTest.keyClick(view.track, Qt.Key.Key_Right)
        seen.append(stage.kind)
        assert view.title.text() in heard(view.track)
        assert [e.latex() for e in view.equations if e.isVisible()] == [
            equation.latex for equation in stage.equations
        ]
        layer = view.layer.value() if view.layer.isVisible() else stage.layer
        neuron, source = view.neuron.value(), view.origin.value()
        match stage.kind:
            case StageKind.INPUT:
                continue
            case StageKind.FORWARD:
                compare(view, step.weighted_input(layer, neuron), float(z[layer - 1][neuron]))
                assert f"= {number(float(a[layer][neuron]))}" in heard(view.result)
            case StageKind.COST:
                compare(view, step.sample_cost(), cost_of(network, x, y))
            case StageKind.OUTPUT_ERROR | StageKind.HIDDEN_ERROR:
                compare(view, step.error(layer, neuron), float(deltas[layer - 1][neuron]))
            case StageKind.GRADIENTS:
                slope = slope_of(network, x, y, (layer, neuron, source))
                compare(view, step.weight_gradient(layer, neuron, source), slope, rel=1e-4)
                bias = number(float(deltas[layer - 1][neuron]))
                here = "⁰¹²"[layer]
                assert f"∂C/∂b{here} = δ{here} = {bias}" in heard(view.result)
            case StageKind.UPDATE:
                w = float(network.weights[layer - 1][neuron, source])
                after = w - view.rate.value() * slope_of(network, x, y, (layer, neuron, source))
                compare(view, step.new_weight(layer, neuron, source), after)
    assert set(seen) == set(StageKind)
    assert seen[: len(z) + 1] == [StageKind.INPUT, *[StageKind.FORWARD] * len(z)]
    assert not view.next.isEnabled()


def compare(view: StepView, arithmetic: Arithmetic, by_hand: float, rel: float = 1e-6) -> None:
    """Compare the table and the result below it with the core, and the core with a number."""
    assert arithmetic.result == pytest.approx(by_hand, rel=rel, abs=1e-12)
    said = heard(view.result)
    rows = cells(view.table)
    if len(arithmetic.terms) == 2:  # w and its change, which add up as they are written
        shown = [Decimal(row[-1].replace("−", "-")) for row in rows]
        assert list(map(float, shown)) == pytest.approx(
            [t.value for t in arithmetic.terms], rel=1e-2
        )
        assert f"{arithmetic.symbol} = {sum(shown)}".replace("-", "−") in said
        return
    assert f"{arithmetic.symbol} = {number(arithmetic.result)}" in said
    if len(arithmetic.terms) > 1 and arithmetic.factors:
        assert f"Sum: {number(arithmetic.total)}" in said
    expected = sorted(arithmetic.terms, key=lambda term: -abs(term.value))
    assert [row[-1] for row in rows] == [signed(term.value) for term in expected]
    for row, term in zip(rows, expected, strict=True):
        if len(term.factors) > 1:
            numbers_shown = [number(factor.value) for factor in term.factors]
            assert row[1 : 1 + len(numbers_shown)] == numbers_shown


def apply_the_step(window: MainWindow, view: StepView, x: Array, y: Array, qtbot: QtBot) -> None:
    """Apply it with a small η: the cost falls by η‖∇C‖², and the next step begins there."""
    view.rate.setFocus()
    view.rate.selectAll()
    QTest.keyClicks(view.rate, "0.01")
    QTest.keyClick(view.rate, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: step_of(view).learning_rate == 0.01)
    network = window.session.network
    before = cost_of(network, x, y)
    _, a, deltas = by_hand(network, x, y)
    # ‖∇C‖² of W^l and b^l: ∂C/∂W = δ aᵀ, so ‖δ‖² ‖a‖², and ‖δ‖².
    squared = sum(
        float(delta @ delta) * (1 + float(below @ below))
        for delta, below in zip(deltas, a[:-1], strict=True)
    )
    QTest.mouseClick(view.apply, Qt.MouseButton.LeftButton)
    said = heard(view.costs)
    after_network = window.session.network
    assert after_network is not network
    after = cost_of(after_network, x, y)
    assert after - before == pytest.approx(-0.01 * squared, rel=0.05)
    core = open_step(network, x, y, 0.01).apply()
    np.testing.assert_array_equal(after_network.parameters, core.network.parameters)
    assert core.cost_before == pytest.approx(before, rel=1e-9)
    assert core.cost_after == pytest.approx(after, rel=1e-6)
    assert core.expected_change == pytest.approx(-0.01 * squared, rel=1e-9)
    places = numbers.sum_places([core.cost_before, core.change])
    for value in (core.cost_before, core.cost_after, core.change, core.expected_change):
        assert in_sum(value, places) in said
    assert "−η‖∇C‖² = −0.01 · " in said
    assert "One training step" in window.shelf.card(window.shelf.selected).name
    qtbot.waitUntil(
        lambda: np.array_equal(step_of(view).original.parameters, after_network.parameters)
    )
    assert view.applied is not None
    places = numbers.sum_places([view.applied.cost_before, view.applied.change])
    assert f"Cost {in_sum(step_of(view).cost, places)}" in heard(view.costs)
    assert step_of(view).cost == pytest.approx(after, rel=1e-9)


def on_a_mini_batch(window: MainWindow, view: StepView, qtbot: QtBot) -> None:
    """Take the third mini-batch of four: its gradient is the mean of what its images want."""
    choose_concept(window, Concept.MINI_BATCHES)
    for spin, text in ((view.batch.images, "4"), (view.batch.number, "3")):
        spin.setFocus()
        spin.selectAll()
        QTest.keyClicks(spin, text)
        QTest.keyClick(spin, Qt.Key.Key_Return)
    images = mnist().train.take(slice(8, 12))
    x, y = images.inputs(), images.targets()
    qtbot.waitUntil(lambda: np.array_equal(step_of(view).x, x), timeout=_LONG)
    layer, neuron, source = view.layer.value(), view.neuron.value(), view.origin.value()
    products = []
    for one, wanted in zip(x, y, strict=True):
        _, a, deltas = by_hand(window.session.network, one, wanted)
        products.append(float(deltas[layer - 1][neuron] * a[layer - 1][source]))
    rows = {row[0]: row[-1] for row in cells(view.table)}
    assert sorted(rows) == ["1", "2", "3", "4"]
    for image, product in enumerate(products, 1):
        shown = Decimal(rows[str(image)].replace("−", "-"))
        assert float(shown) == pytest.approx(product, rel=1e-3, abs=1e-4)
    arithmetic = step_of(view).weight_gradient(layer, neuron, source)
    assert arithmetic.result == pytest.approx(float(np.mean(products)), rel=1e-6)
    assert f"{arithmetic.symbol} = {number(arithmetic.result)}" in heard(view.result)


def at_the_bench(window: MainWindow) -> None:
    """Go to dinner or not: at z = 0 a perceptron says 1, just below it 0, where σ hardly moves."""
    choose_concept(window, Concept.PERCEPTRON)
    view = window.understand.built[View.BENCH]
    assert isinstance(view, BenchView)
    assert heard(view.sums).startswith("z = Σ w · x + b = 3.")  # 6 + 2 - 5
    view.bias.setFocus()
    for _ in range(3):
        QTest.keyClick(view.bias, Qt.Key.Key_PageDown)
    assert "b = −8" in heard(view.bias)
    assert heard(view.sums).startswith("z = Σ w · x + b = 0.")
    assert heard(view.outcomes[0]).startswith("P = 1, then 1\n")
    assert heard(view.outcomes[1]).startswith("P = 0.5")
    QTest.keyClick(view.bias, Qt.Key.Key_Left)
    assert heard(view.sums).startswith("z = Σ w · x + b = −0.01.")
    assert heard(view.outcomes[0]).startswith("P = 0, then 1\n")
    change = bench.change(bench.neuron([1, 0, 1], [6, 2, 2], -8.01), [0.2, 0, 0], 0.0, "logistic")
    places = numbers.sum_places([change.before, change.true])
    assert f"P = {in_sum(1 / (1 + np.exp(0.01)), places)}" in heard(view.outcomes[1])
    assert f"true ΔP = {in_sum(change.true, places, sign=True)}" in heard(view.outcomes[1])
    sigmoid = 1 / (1 + np.exp(0.01))
    assert f"∂P/∂w Δw = {signed(0.2 * sigmoid * (1 - sigmoid))}" in heard(view.outcomes[1])


def why_this_answer(window: MainWindow, qtbot: QtBot) -> None:
    """Ask why: the pixels' shares of the evidence, one of them reached by the arrow keys."""
    choose_view(window, "Why this answer")
    view = window.understand.built[View.WHY]
    assert isinstance(view, WhyView)
    network, image = window.session.network, window.session.image
    digit = window.session.reading.digit
    values = attribution.gradient_times_input(network, image, digit)
    qtbot.waitUntil(lambda: np.array_equal(view.heat.values(), values))
    z, _, _ = by_hand(network, image.ravel(), one_hot(digit))
    assert f"z = {number(float(np.float32(z[-1][digit])))}" in view.sentence.text()
    assert f"Sum of all pixels: {signed(float(values.sum()))}" in view.sentence.text()
    view.heat.setFocus()
    QTest.keyClick(view.heat, Qt.Key.Key_Up)
    QTest.keyClick(view.heat, Qt.Key.Key_Right)
    assert f"Row 14, column 16: {signed(float(values[13, 15]))}" in heard(view.heat)


def on_the_landscape(window: MainWindow, qtbot: QtBot) -> None:
    """See the cost on training images, and the promise of the slope."""
    choose_concept(window, Concept.GRADIENT_DESCENT)
    view = window.understand.built[View.LANDSCAPE]
    assert isinstance(view, LandscapeView)
    view.images.setFocus()
    view.images.selectAll()
    QTest.keyClicks(view.images, "60")
    QTest.keyClick(view.images, Qt.Key.Key_Return)
    said = "True costs on 60 training images."
    qtbot.waitUntil(lambda: view.status.text() == said, timeout=_LONG)
    images = mnist().train.take(slice(60))
    network, inputs, targets = window.session.network, images.inputs(), images.targets()
    cost = network.total_cost(inputs, targets)
    *_, line = landscape.along_gradient(network, inputs, targets, [0.1])
    assert f"Cost now {number(cost)};" in view.legend.text()
    assert f"‖∇C‖² = {number(line.squared_gradient)}." in view.legend.text()
    view.line.setFocus()
    assert f": 0; {number(cost)}" in heard(view.line)


def among_the_mistakes(window: MainWindow, qtbot: QtBot) -> None:
    """See the surest error, and put it on the canvas."""
    choose_view(window, "Mistakes")
    view = window.understand.built[View.MISTAKES]
    assert isinstance(view, MistakesView)
    qtbot.waitUntil(lambda: view.answers is not None, timeout=_LONG)
    answers = mistakes.read_all(window.session.network, mnist().test)
    wrong, right = np.flatnonzero(~answers.correct), numbers.percent(answers.correct.mean(), 2)
    said = f"Accuracy {right}: {numbers.whole(len(wrong))} errors in 10,000 images."
    assert said.replace("\xa0", " ") in heard(view.headline)
    surest = wrong[answers.confidence[wrong].argmax()]
    view.gallery.setFocus()
    QTest.keyClick(view.gallery, Qt.Key.Key_Home)
    QTest.keyClick(view.gallery, Qt.Key.Key_Return)
    image = answers.dataset.take(np.array([surest])).inputs().reshape(28, 28)
    np.testing.assert_array_equal(window.session.image, image)


def on_the_map(window: MainWindow, qtbot: QtBot) -> None:
    """Find the drawing among test images."""
    choose_view(window, "Map of digits")
    view = window.understand.built[View.MAP]
    assert isinstance(view, EmbeddingView)
    qtbot.waitUntil(lambda: view.map.drawing() is not None, timeout=_LONG)
    images = mnist().test.take(slice(1000))
    network = window.session.network
    points = embedding.principal_components(network, images.inputs(), 1)
    drawing = points.locate(network, window.session.image.ravel())[0]
    shown = view.map.drawing()
    assert shown is not None
    np.testing.assert_allclose(shown, drawing)
    assert points.explained is not None
    share = numbers.percent(float(points.explained.sum()), 0)
    assert f"hold {share} of the variance" in view.status.text()
    view.map.setFocus()
    QTest.keyClick(view.map, Qt.Key.Key_Right)
    assert f"Image 2: a {images.labels[1]}" in heard(view.map)


def operate(window: MainWindow, qtbot: QtBot) -> None:
    """Silence a neuron: the drawing is read without it, and the accuracy of all images follows."""
    choose_view(window, "Operate")
    view = window.understand.built[View.OPERATE]
    assert isinstance(view, OperateView)
    network = window.session.network
    view.neuron.setFocus()
    QTest.keyClick(view.neuron, Qt.Key.Key_Up)
    QTest.mouseClick(view.do, Qt.MouseButton.LeftButton)
    without = operated(network, [ScaleOutgoing(1, 1, 0.0)])
    np.testing.assert_array_equal(window.session.reader.parameters, without.parameters)
    qtbot.waitUntil(lambda: "10,000" in view.after.text(), timeout=_LONG)
    said = f"Now: {numbers.percent(evaluate(without, mnist().test).accuracy, 2)} of 10,000"
    assert said.replace("\xa0", " ") in heard(view.after)
    assert [view.list.item(row).text() for row in range(view.list.count())] == [
        "Neuron 1 of layer 1 silenced"
    ]
