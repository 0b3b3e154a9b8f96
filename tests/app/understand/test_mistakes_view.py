"""The mistakes on the screen: cells lead to images, networks are compared, curves are true."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.session import Session
from digitpad.app.understand.mistakes_view import MistakesView, Selection
from digitpad.app.widgets import numbers
from digitpad.inspection import mistakes, robustness
from digitpad.inspection.mistakes import Answers
from digitpad.inspection.robustness import Disturbance
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from tests.inspection.networks import some_images, trained

Show = Callable[[QWidget], None]
_LONG = 20_000  # ms: a busy machine may take its time


@pytest.fixture
def session(qtbot: QtBot) -> Session:
    return Session(Model(trained(), {"name": "small"}))


@pytest.fixture
def view(session: Session, shown: Show, qtbot: QtBot) -> MistakesView:
    view = MistakesView(session)
    view.add_dataset(some_images(), "some")
    shown(view)
    qtbot.waitUntil(lambda: view.answers is not None, timeout=_LONG)
    return view


def expected() -> Answers:
    return mistakes.read_all(trained(), some_images())


def test_what_was_changed_in_the_data_is_shown(view: MistakesView, qtbot: QtBot) -> None:
    assert not view.notes.isVisible()
    view.add_dataset(replace(some_images(), notes=("Turned.", "Inverted.")), "changed")
    qtbot.waitUntil(lambda: view.notes.isVisible(), timeout=_LONG)
    assert view.notes.text() == "Turned. Inverted."


def captions(view: MistakesView) -> list[str]:
    model = view.gallery.pictures
    return [model.data(model.index(row)) for row in range(model.rowCount())]


def test_it_begins_with_all_errors_surest_first(view: MistakesView) -> None:
    answers = expected()
    wrong = mistakes.errors(answers)
    assert f"{len(wrong)} errors in 400 images" in view.headline.text().replace(
        "error(s)", "errors"
    )
    assert numbers.percent(float(answers.correct.mean()), 2) in view.headline.text()
    labels = answers.dataset.labels
    assert captions(view) == [
        f"{labels[i]} → {answers.predicted[i]}  {numbers.percent(float(answers.confidence[i]), 0)}"
        for i in wrong
    ]


def test_a_click_on_a_cell_shows_its_images(view: MistakesView, qtbot: QtBot) -> None:
    answers = expected()
    off = answers.confusion - np.diag(np.diag(answers.confusion))
    label, predicted = map(int, np.unravel_index(off.argmax(), off.shape))
    at = view.matrix.cell(label, predicted).center().toPoint()
    qtbot.mouseClick(view.matrix, Qt.MouseButton.LeftButton, pos=at)
    assert view.selection.currentText() == f"{label} read as {predicted}"
    listed = mistakes.cell(answers, label, predicted)
    np.testing.assert_array_equal(view.chosen(), listed)
    assert len(captions(view)) == off[label, predicted]
    images = answers.dataset.inputs()[listed]
    np.testing.assert_array_equal(view.gallery.pictures.image(0).ravel(), images[0])


def test_the_least_sure_answers_can_come_first(view: MistakesView) -> None:
    surest_first = captions(view)
    confidence = expected().confidence[mistakes.errors(expected())]
    assert (np.diff(confidence) <= 0).all()
    view.order.setFocus()
    QTest.keyClick(view.order, Qt.Key.Key_Down)
    assert captions(view) == surest_first[::-1]
    view.selection.setCurrentIndex(view.selection.findData(Selection.CELL))
    listed = mistakes.cell(expected(), 0, 0)
    np.testing.assert_array_equal(view.chosen(), listed[::-1])


def test_cells_can_be_chosen_by_keys(view: MistakesView) -> None:
    view.matrix.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(view.matrix, key)
    assert view.selection.currentText() == "2 read as 1"
    assert "Label 2, predicted 1" in view.matrix.accessibleDescription()


def test_an_image_goes_to_the_canvas(view: MistakesView, qtbot: QtBot) -> None:
    first = view.gallery.pictures.index(0)
    at = view.gallery.visualRect(first).center()
    with qtbot.waitSignal(view.image_chosen) as caught:
        qtbot.mouseClick(view.gallery.viewport(), Qt.MouseButton.LeftButton, pos=at)
    answers = expected()
    wrong = mistakes.errors(answers)
    assert caught.args is not None
    np.testing.assert_array_equal(caught.args[0].ravel(), answers.dataset.inputs()[wrong[0]])
    view.session.show_picture(caught.args[0])
    assert view.session.reading.digit == answers.predicted[wrong[0]]


def test_two_networks_are_compared(view: MistakesView, qtbot: QtBot) -> None:
    other = Network((784, 10), seed=5)
    view.selection.setCurrentIndex(view.selection.findData(Selection.ONLY_THIS))
    assert view.count.text() == "Choose another network"
    view.other_wanted.connect(lambda _: view.compare_with(other))
    view.show_cards([("one", "First"), ("two", "another")])
    while view.other.currentText() != "another":
        QTest.keyClick(view.other, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: view.other_answers is not None, timeout=_LONG)
    this, that = expected(), mistakes.read_all(other, some_images())
    only_this, only_other = mistakes.differences(this, that)
    np.testing.assert_array_equal(view.chosen(), only_this)
    i = only_this[0]  # what the other reads instead
    assert captions(view)[0].startswith(f"{that.dataset.labels[i]} → {that.predicted[i]} ")
    view.selection.setCurrentIndex(view.selection.findData(Selection.ONLY_OTHER))
    np.testing.assert_array_equal(view.chosen(), only_other)
    assert numbers.percent(float(that.correct.mean()), 2) in view.headline.text()
    counts = f"this one is right: {len(only_this)}; only the other: {len(only_other)}."
    assert counts in view.headline.text()

    view.show_cards([("one", "First")])  # the card is deleted
    qtbot.waitUntil(lambda: view.other_answers is None, timeout=_LONG)
    assert view.other.currentIndex() == 0


def test_the_images_of_the_gallery_are_copied_as_numbers(view: MistakesView) -> None:
    view.gallery.setFocus()
    QTest.keySequence(view.gallery, QKeySequence(QKeySequence.StandardKey.Copy))
    heading, *rows = QGuiApplication.clipboard().text().splitlines()
    assert heading == "label\tanswer\tconfidence"
    answers = expected()
    wrong = mistakes.errors(answers)
    copied = np.array([row.split("\t") for row in rows], float)
    labels = answers.dataset.labels[wrong]
    shown = np.column_stack([labels, answers.predicted[wrong], answers.confidence[wrong]])
    np.testing.assert_allclose(copied, shown, rtol=1e-7)


def test_confidence_is_compared_with_accuracy(view: MistakesView) -> None:
    view.tabs.setCurrentIndex(1)
    found = mistakes.reliability(expected())
    error = numbers.percent(found.expected_calibration_error, 2)
    assert error in view.calibration_error.text()
    lines = view.reliability.lines()
    assert len(lines) == int((found.counts > 0).sum())
    last = int(np.flatnonzero(found.counts)[-1])
    assert numbers.percent(float(found.accuracy[last])) in lines[-1]
    assert view.reliability.grab().toImage().allGray() is False


@pytest.mark.parametrize("disturbance", Disturbance)
def test_robustness_curves_are_those_of_the_core(
    view: MistakesView, qtbot: QtBot, disturbance: Disturbance
) -> None:
    view.tabs.setCurrentIndex(2)
    places = [view.disturbance.itemData(place) for place in range(4)]
    view.disturbance.setCurrentIndex(places.index(disturbance))
    points = list(robustness.curve(trained(), some_images(), disturbance))

    def is_shown() -> bool:
        curve = view.plot.curve()
        return (
            curve is not None
            and curve.x.tolist() == [point.amount for point in points]
            and np.allclose(curve.y, [point.accuracy for point in points])
            and curve.low is not None
            and np.allclose(curve.low, [point.interval[0] for point in points])
        )

    qtbot.waitUntil(is_shown, timeout=_LONG)
    qtbot.waitUntil(lambda: view.curve_button.text() == "Compute again")


def test_a_curve_can_be_stopped(view: MistakesView, qtbot: QtBot) -> None:
    view.tabs.setCurrentIndex(2)
    assert view.curve_button.text() == "Stop"
    qtbot.mouseClick(view.curve_button, Qt.MouseButton.LeftButton)
    assert view.curve_button.text() == "Compute again"


def test_networks_in_training_are_not_read_one_by_one(view: MistakesView, qtbot: QtBot) -> None:
    before = view.answers
    for seed in range(5):
        view.session.show_network(Network((784, 10), seed=seed))
    assert view.answers is before
    last = mistakes.read_all(Network((784, 10), seed=4), some_images())
    qtbot.waitUntil(lambda: view.answers is not before, timeout=_LONG)
    assert view.answers is not None
    np.testing.assert_array_equal(view.answers.predicted, last.predicted)


def test_another_network_is_read_when_it_is_seen(view: MistakesView, qtbot: QtBot) -> None:
    view.hide()
    other = Network((784, 10), seed=5)
    before = view.answers
    view.session.new(other)
    assert view.answers is before
    view.show()
    right = mistakes.read_all(other, some_images()).correct.mean()
    qtbot.waitUntil(lambda: numbers.percent(float(right), 2) in view.headline.text(), timeout=_LONG)
