"""The answer: the digit, the sentence, and where they stand."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.drawing.answer import NOTHING_DRAWN, NOTHING_KNOWN, Answer
from digitpad.recognition.recognise import Reading, Verdict

INK = np.eye(28, dtype=np.float32)
PAPER = np.zeros((28, 28), dtype=np.float32)
FAINT = QPalette.ColorRole.PlaceholderText


@pytest.fixture
def answer(qtbot: QtBot) -> Answer:
    answer = Answer()
    qtbot.addWidget(answer)
    answer.resize(188, 600)
    answer.show()
    qtbot.waitExposed(answer)
    return answer


def reading(digit: int, verdict: Verdict = Verdict.SURE, runner_up: int = 1) -> Reading:
    activations = np.zeros(10, dtype=np.float32)
    activations[digit] = 0.9
    return Reading(digit, runner_up, activations, 0.9, verdict)


def test_a_sure_answer_is_a_large_digit(answer: Answer) -> None:
    answer.show_reading(reading(7), INK)
    assert answer.digit.text() == "7"
    assert answer.digit.objectName() == "answer"
    assert answer.digit.font().pixelSize() == 200
    assert answer.digit.foregroundRole() != FAINT
    assert answer.verdict.text() == "Looks like a\N{NO-BREAK SPACE}7"
    np.testing.assert_array_equal(answer.preview.image(), INK)


def test_an_empty_canvas_is_a_quiet_dash(answer: Answer) -> None:
    answer.show_reading(reading(7), INK)
    answer.show_reading(reading(7, Verdict.EMPTY), PAPER)
    assert answer.digit.text() == NOTHING_DRAWN
    assert answer.digit.foregroundRole() == FAINT
    assert answer.digit.font().pixelSize() == 100
    assert answer.verdict.text() == "Nothing drawn"


def test_not_sure_is_said(answer: Answer) -> None:
    answer.show_reading(reading(7, Verdict.AMBIGUOUS), INK)
    assert answer.digit.text() == "7"
    assert answer.digit.foregroundRole() == FAINT
    words = answer.verdict.text().split(" ")
    assert words == ["Could", "be\N{NO-BREAK SPACE}1", "or\N{NO-BREAK SPACE}7"]
    answer.show_reading(reading(7, Verdict.UNKNOWN), INK)
    assert answer.digit.text() == NOTHING_KNOWN
    assert answer.verdict.text() == "Doesn’t look like a digit"


def test_who_listens_hears_the_answer(answer: Answer) -> None:
    answer.show_reading(reading(3), INK)
    assert answer.digit.accessibleName() == "Answer: Looks like a 3"
    answer.show_reading(reading(3, Verdict.AMBIGUOUS, 8), INK)
    assert answer.digit.accessibleName() == "Answer: Could be 3 or 8"


@pytest.mark.parametrize("in_row", [False, True])
def test_nothing_jumps_when_the_answer_changes(answer: Answer, in_row: bool) -> None:
    answer.set_in_row(in_row)
    answer.resize(400, 600)
    readings = [
        (reading(1), INK),
        (reading(8), INK),
        (reading(8, Verdict.AMBIGUOUS, 3), INK),
        (reading(8, Verdict.UNKNOWN), INK),
        (reading(8, Verdict.EMPTY), PAPER),
    ]
    places = set()
    for shown in readings:
        answer.show_reading(*shown)
        answer.grab()
        preview, verdict = answer.preview, answer.verdict
        places.add((preview.pos().toTuple(), preview.size().toTuple(), verdict.pos().toTuple()))
    assert len(places) == 1


def test_as_a_row_everything_is_side_by_side(answer: Answer) -> None:
    answer.set_in_row(True)
    answer.resize(420, 118)
    answer.show_reading(reading(4), INK)
    answer.grab()
    digit, verdict, preview = (
        widget.mapTo(answer, QPoint(0, 0)).x()
        for widget in (answer.digit, answer.verdict, answer.preview)
    )
    assert digit < verdict < preview
    assert answer.preview.mapTo(answer, answer.preview.rect().bottomRight()).y() < 118


@pytest.mark.parametrize("larger", [1.0, 1.35])
def test_the_usual_sentence_takes_two_lines_at_most(answer: Answer, larger: float) -> None:
    font = QFont(answer.font())
    font.setPointSizeF(font.pointSizeF() * larger)
    answer.setFont(font)
    answer.set_in_row(True)
    answer.resize(270, 118)
    answer.show_reading(reading(8), INK)
    answer.grab()
    verdict = answer.verdict
    lines = verdict.heightForWidth(verdict.width()) / verdict.fontMetrics().lineSpacing()
    assert lines < 2.5


@pytest.mark.parametrize("in_row", [False, True])
def test_another_answer_does_not_lay_out_the_window(qtbot: QtBot, *, in_row: bool) -> None:
    window, answer = QWidget(), Answer()
    layout = QVBoxLayout(window)
    layout.addWidget(answer)
    qtbot.addWidget(window)
    answer.set_in_row(in_row)
    window.show()
    qtbot.waitExposed(window)
    QApplication.processEvents()
    asked: list[QObject] = []

    class Asked(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.LayoutRequest:
                asked.append(watched)
            return False

    watcher = Asked()
    for widget in (window, answer):
        widget.installEventFilter(watcher)
    for shown in (reading(1), reading(8, Verdict.UNKNOWN), reading(8, Verdict.AMBIGUOUS, 3)):
        answer.show_reading(shown, INK)
        QApplication.processEvents()
    assert asked == []
    answer.preview.set_pixel(2)  # what does need another size is seen here
    qtbot.waitUntil(lambda: bool(asked))
