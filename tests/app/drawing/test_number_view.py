from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from digitpad.app.drawing.number_view import NumberView
from digitpad.recognition.number import Digit, NumberReading
from digitpad.recognition.recognise import Reading, Verdict


def number(digits: Sequence[int], points: tuple[int, ...] = ()) -> NumberReading:
    image = np.zeros((28, 28), np.float32)
    made = [
        Digit(
            Reading(digit, 0, np.zeros(10, np.float32), 0.9, Verdict.SURE),
            image,
            (),
            (place,),
            np.zeros(4),
        )
        for place, digit in enumerate(digits)
    ]
    return NumberReading(tuple(made), (), points)


@pytest.fixture
def view(qtbot: QtBot) -> NumberView:
    view = NumberView()
    qtbot.addWidget(view)
    view.resize(300, 120)
    view.show()
    view.show_number(number([2, 0, 2, 6]))
    return view


def test_a_click_selects_a_digit(qtbot: QtBot, view: NumberView) -> None:
    place = view.boxes()[3].center().toPoint()
    with qtbot.waitSignal(view.selected) as signal:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
    assert signal.args == [3]
    assert view.place == 3
    assert "2026" in view.accessibleDescription()
    assert "6" in view.accessibleDescription().split(";")[1]


def test_arrow_keys_select_and_stay_inside(qtbot: QtBot, view: NumberView) -> None:
    for key, place in (
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_End, 3),
        (Qt.Key.Key_Right, 3),
        (Qt.Key.Key_Left, 2),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Left, 0),
    ):
        qtbot.keyClick(view, key)
        assert view.place == place


def test_the_selection_stays_within_a_shorter_number(view: NumberView) -> None:
    view.select(3)
    view.show_number(number([1, 5]))
    assert view.place == 1
    view.show_number(number([]))
    assert view.place == 0
    assert view.boxes() == []
    assert not view.grab().isNull()


@pytest.mark.parametrize("width", [60, 140, 600])
def test_every_digit_has_room(view: NumberView, width: int) -> None:
    view.resize(width, 120)
    view.show_number(number([3, 1, 4, 1, 5], (1,)))
    assert view.text() == "3.1415"
    boxes = view.boxes()
    assert boxes[0].left() >= 0
    assert boxes[-1].right() <= width
    assert all(a.right() <= b.left() for a, b in pairwise(boxes))
    assert boxes[1].left() > boxes[0].right()


def test_the_selected_digit_is_painted_otherwise(view: NumberView) -> None:
    box = view.boxes()[1].toRect()
    before = view.grab(box).toImage()
    view.select(1)
    assert view.grab(box).toImage() != before
