"""Why this answer, on the screen: the core's values for the session's network and drawing."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.session import Session
from digitpad.app.understand.arithmetic_table import number, signed
from digitpad.app.understand.why_view import Method, WhyView
from digitpad.inspection import attribution
from digitpad.nn.network import Network

Show = Callable[[QWidget], None]


@pytest.fixture
def view(session: Session, shown: Show, qtbot: QtBot) -> WhyView:
    view = WhyView(session)
    shown(view)
    qtbot.waitUntil(lambda: view.explanation is not None)
    return view


def choose(view: WhyView, method: Method, qtbot: QtBot) -> None:
    view.method.setCurrentIndex(view.method.findData(method))
    qtbot.waitUntil(lambda: view.explanation is not None and view.explanation.method is method)


def choose_digit(view: WhyView, digit: int, qtbot: QtBot) -> None:
    (button,) = (b for b in view.digit.findChildren(QToolButton) if b.text() == str(digit))
    before = view.explanation
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.explanation is not before)


def test_it_begins_with_the_digit_that_is_read(view: WhyView) -> None:
    session = view.session
    digit = session.reading.digit
    assert view.digit.digit == digit
    expected = attribution.gradient_times_input(session.network, session.image, digit)
    np.testing.assert_array_equal(view.heat.values(), expected)
    z = session.network.outputs(session.image.ravel())[0][digit]
    assert number(float(z)) in view.sentence.text()
    assert number(float(np.abs(expected).max())) in view.legend.text()


def test_any_digit_can_be_asked_for(view: WhyView, qtbot: QtBot) -> None:
    session = view.session
    choose_digit(view, 7, qtbot)
    expected = attribution.gradient_times_input(session.network, session.image, 7)
    np.testing.assert_array_equal(view.heat.values(), expected)
    choose(view, Method.OCCLUSION, qtbot)
    assert view.digit.digit == 7
    expected = attribution.occlusion(session.network, session.image, 7)
    np.testing.assert_array_equal(view.heat.values(), expected)


def test_a_first_layer_neuron_shows_its_products(view: WhyView, qtbot: QtBot) -> None:
    session = view.session
    choose(view, Method.FIRST_LAYER, qtbot)
    view.neuron.setValue(5)
    expected = attribution.pixel_contributions(session.network, session.image, 5)
    qtbot.waitUntil(lambda: bool((view.heat.values() == expected).all()))
    assert view.neuron.isVisible()
    assert not view.digit.isVisible()
    assert signed(float(expected.sum())) in view.sentence.text()
    z = expected.sum() + session.network.biases[0][5]
    assert number(float(z)) in view.sentence.text()


def test_the_smallest_change_can_be_put_on_the_canvas(view: WhyView, qtbot: QtBot) -> None:
    session = view.session
    choose(view, Method.SMALLEST_CHANGE, qtbot)
    choose_digit(view, session.reading.runner_up, qtbot)
    assert view.explanation is not None
    change = view.explanation.change
    assert change is not None
    assert number(change.norm) in view.sentence.text()
    np.testing.assert_array_equal(view.heat.values(), change.difference)
    with qtbot.waitSignal(view.image_chosen) as caught:
        qtbot.mouseClick(view.to_canvas, Qt.MouseButton.LeftButton)
    assert caught.args is not None
    wanted = session.reading.runner_up
    session.show_picture(caught.args[0])
    assert session.reading.digit == wanted


def test_of_the_digit_that_is_read_there_is_no_change(view: WhyView, qtbot: QtBot) -> None:
    choose(view, Method.SMALLEST_CHANGE, qtbot)
    choose_digit(view, view.session.reading.digit, qtbot)
    assert not view.to_canvas.isVisible()
    assert "choose another digit" in view.sentence.text()


def test_every_method_says_what_it_can_and_cannot_show(view: WhyView, qtbot: QtBot) -> None:
    texts = set()
    for method in Method:
        choose(view, method, qtbot)
        assert "; not" in view.limits.text()
        texts.add(view.limits.text())
    assert len(texts) == len(Method)


def test_it_is_live_while_drawing(view: WhyView, qtbot: QtBot) -> None:
    session = view.session
    session.begin_stroke(0.0, 0.0)
    session.extend_stroke(0.2, 0.3)
    qtbot.waitUntil(
        lambda: (
            view.explanation is not None and bool((view.explanation.image == session.image).all())
        )
    )
    assert not np.array_equal(session.image, np.zeros((28, 28)))


def test_a_large_network_waits_until_the_drawing_rests(
    session: Session, shown: Show, qtbot: QtBot
) -> None:
    session.new(Network((784, 300, 10), seed=2))
    view = WhyView(session)
    shown(view)
    choose(view, Method.OCCLUSION, qtbot)
    session.begin_stroke(0.0, 0.0)
    before = view.explanation
    for step in range(12):
        session.extend_stroke(0.02 * step, 0.3)
        session.read_now()
        assert view._later.isActive()
    assert view.explanation is before
    qtbot.waitUntil(
        lambda: (
            view.explanation is not None and bool((view.explanation.image == session.image).all())
        )
    )


def test_nothing_is_computed_while_hidden(view: WhyView, qtbot: QtBot) -> None:
    view.hide()
    before = view.explanation
    view.session.show_strokes([[[0, 0], [0, 10]]])
    qtbot.wait(150)
    assert view.explanation is before


def test_perceptrons_have_no_gradient_but_an_occlusion(view: WhyView, qtbot: QtBot) -> None:
    view.session.new(Network((784, 12, 10), activation="step"))
    qtbot.waitUntil(lambda: "perceptrons" in view.sentence.text())
    assert not view.heat.values().any()
    choose(view, Method.OCCLUSION, qtbot)
    assert "5 × 5" in view.sentence.text()


def test_a_pixel_s_value_is_said(view: WhyView, hovered: Callable[[QWidget, QPoint], str]) -> None:
    values = view.heat.values()
    row, column = np.unravel_index(np.abs(values).argmax(), values.shape)
    box = view.heat.box()
    pixel = box.width() / 28
    place = QPoint(int(box.x() + (column + 0.5) * pixel), int(box.y() + (row + 0.5) * pixel))
    said = f"Row {row + 1}, column {column + 1}: {signed(float(values[row, column]))}"
    assert hovered(view.heat, place).startswith(said)
    view.heat.setFocus()
    QTest.mouseClick(view.heat, Qt.MouseButton.LeftButton, pos=place)
    assert view.heat.accessibleDescription().startswith(said)
    QTest.keyClick(view.heat, Qt.Key.Key_Down)
    assert view.heat.accessibleDescription().startswith(f"Row {row + 2}, column {column + 1}:")
