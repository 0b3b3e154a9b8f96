"""The answer: the digit, the sentence, and where they stand."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QPalette
from pytestqt.qtbot import QtBot

from digitpad.app.drawing.answer import NOTHING_DRAWN, NOTHING_KNOWN, Answer
from digitpad.recognition.recognise import Reading

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


def reading(digit: int, reason: str = "") -> Reading:
    activations = np.zeros(10, dtype=np.float32)
    activations[digit] = 0.9
    return Reading(digit, activations, not reason, reason, 0.9)


def test_a_sure_answer_is_a_large_digit(answer: Answer) -> None:
    answer.show_reading(reading(7), INK)
    assert answer.digit.text() == "7"
    assert answer.digit.objectName() == "answer"
    assert answer.digit.font().pixelSize() == 200
    assert answer.digit.foregroundRole() != FAINT
    assert answer.verdict.text() == "looks like a\N{NO-BREAK SPACE}7"
    np.testing.assert_array_equal(answer.preview.image(), INK)


def test_an_empty_canvas_is_a_quiet_dash(answer: Answer) -> None:
    answer.show_reading(reading(7), INK)
    answer.show_reading(reading(7, "nothing drawn"), PAPER)
    assert answer.digit.text() == NOTHING_DRAWN
    assert answer.digit.foregroundRole() == FAINT
    assert answer.digit.font().pixelSize() == 100
    assert answer.verdict.text() == "nothing drawn yet"


def test_not_sure_is_said(answer: Answer) -> None:
    answer.show_reading(reading(7, "torn between 1 and 7"), INK)
    assert answer.digit.text() == "7"
    assert answer.digit.foregroundRole() == FAINT
    words = answer.verdict.text().split(" ")
    assert words == ["not", "sure:", "torn", "between\N{NO-BREAK SPACE}1", "and\N{NO-BREAK SPACE}7"]
    answer.show_reading(reading(7, "sees nothing it knows"), INK)
    assert answer.digit.text() == NOTHING_KNOWN
    assert answer.verdict.text() == "not sure: sees nothing it knows"


def test_who_listens_hears_the_answer(answer: Answer) -> None:
    answer.show_reading(reading(3), INK)
    assert answer.digit.accessibleName() == "Answer: looks like a 3"
    answer.show_reading(reading(3, "torn between 3 and 8"), INK)
    assert answer.digit.accessibleName() == "Answer: not sure: torn between 3 and 8"


@pytest.mark.parametrize("in_row", [False, True])
def test_nothing_jumps_when_the_answer_changes(answer: Answer, in_row: bool) -> None:
    answer.set_in_row(in_row)
    answer.resize(400, 600)
    readings = [
        (reading(1), INK),
        (reading(8), INK),
        (reading(8, "torn between 3 and 8"), INK),
        (reading(8, "sees nothing it knows"), INK),
        (reading(8, "nothing drawn"), PAPER),
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
