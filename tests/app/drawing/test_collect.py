from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from digitpad.app.drawing.collect import CollectDialog
from digitpad.drawing.strokes import Sample

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def dialog(qtbot: QtBot) -> CollectDialog:
    dialog = CollectDialog(seed=0)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    return dialog


def write(qtbot: QtBot, dialog: CollectDialog) -> None:
    canvas = dialog.canvas
    qtbot.mousePress(canvas, LEFT, pos=QPoint(100, 60))
    qtbot.mouseMove(canvas, QPoint(120, 150))
    qtbot.mouseRelease(canvas, LEFT, pos=QPoint(120, 150))


def test_each_ten_digits_are_all_ten_in_random_order(qtbot: QtBot, dialog: CollectDialog) -> None:
    asked = []
    for _ in range(20):
        asked.append(dialog.asked)
        write(qtbot, dialog)
        qtbot.keyClick(dialog.canvas, Qt.Key.Key_Return)
    assert sorted(asked[:10]) == sorted(asked[10:]) == list(range(10))
    assert asked[:10] != sorted(asked[:10])
    assert [sample.label for sample in dialog.samples] == asked


def test_a_digit_is_handed_over_at_once_with_the_writers_name(
    qtbot: QtBot, dialog: CollectDialog
) -> None:
    qtbot.keyClicks(dialog.writer, " Ada ")
    label = dialog.asked
    shown = dialog.findChild(QLabel, "asked")
    assert shown is not None
    assert shown.text() == str(label)
    write(qtbot, dialog)
    with qtbot.waitSignal(dialog.collected) as signal:
        qtbot.mouseClick(dialog.next_button, LEFT)
    assert signal.args is not None
    sample = signal.args[0]
    assert isinstance(sample, Sample)
    assert sample.label == label
    assert sample.extra == {"writer": "Ada"}
    assert np.ptp(sample.strokes[0][:, 1]) > 0.1
    assert dialog.session.is_empty


def test_without_ink_nothing_is_collected(qtbot: QtBot, dialog: CollectDialog) -> None:
    assert not dialog.next_button.isEnabled()
    qtbot.keyClick(dialog.canvas, Qt.Key.Key_Return)
    assert dialog.samples == []


def test_a_digit_can_be_written_again(qtbot: QtBot, dialog: CollectDialog) -> None:
    first = dialog.asked
    write(qtbot, dialog)
    qtbot.keyClick(dialog.canvas, Qt.Key.Key_Backspace)
    assert dialog.session.is_empty
    assert dialog.asked == first
    write(qtbot, dialog)
    qtbot.keyClick(dialog.canvas, Qt.Key.Key_Return)
    with qtbot.waitSignal(dialog.taken_back) as signal:
        qtbot.mouseClick(dialog.back_button, LEFT)
    assert signal.args is not None
    assert signal.args[0].label == first
    assert dialog.asked == first
    assert not dialog.back_button.isEnabled()


def test_what_was_written_can_be_saved(qtbot: QtBot, dialog: CollectDialog) -> None:
    assert not dialog.save_button.isEnabled()
    write(qtbot, dialog)
    qtbot.keyClick(dialog.canvas, Qt.Key.Key_Return)
    with qtbot.waitSignal(dialog.save_wanted) as signal:
        qtbot.mouseClick(dialog.save_button, LEFT)
    assert signal.args == [dialog.samples]
