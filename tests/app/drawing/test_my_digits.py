from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from digitpad.app.drawing.my_digits import MyDigitsPanel
from digitpad.app.widgets import theme
from digitpad.data.my_digits import MyDigits, id_of
from digitpad.drawing.strokes import Sample

BAR = np.array([[0.0, -1.0, 0.5], [0.1, 1.0, 0.5]])


@pytest.fixture
def digits(tmp_path: Path) -> MyDigits:
    digits = MyDigits(tmp_path / "mine.jsonl")
    digits.add([Sample(label, (BAR,)) for label in (1, 1, 7, 0)])
    return digits


@pytest.fixture
def panel(qtbot: QtBot, digits: MyDigits) -> MyDigitsPanel:
    """A panel that is wired to the digits as the window wires it."""
    panel = MyDigitsPanel()
    qtbot.addWidget(panel)

    def show() -> None:
        panel.show_samples(digits.samples, can_undo=digits.can_undo, notice=digits.notice)

    for signal, change in (
        (panel.delete_wanted, digits.remove),
        (panel.relabel_wanted, digits.relabel),
        (panel.undo_wanted, digits.undo),
    ):
        signal.connect(change)
        signal.connect(show)
    panel.resize(320, 400)
    panel.show()
    show()
    return panel


def button(panel: MyDigitsPanel, name: str) -> QAbstractButton:
    found = panel.findChild(QAbstractButton, name)
    assert found is not None
    return found


def labels(digits: MyDigits) -> list[int | None]:
    return [sample.label for sample in digits.samples]


def test_the_digits_of_one_label_are_shown_newest_first(
    panel: MyDigitsPanel, digits: MyDigits
) -> None:
    panel.show_label(1)
    panel.list.selectAll()
    assert panel.selected() == [id_of(digits.samples[1]), id_of(digits.samples[0])]
    assert button(panel, "label_1").text() == "1 (2)"
    assert button(panel, "label_5").text() == "5"


def test_deleting_and_undo_by_mouse(qtbot: QtBot, panel: MyDigitsPanel, digits: MyDigits) -> None:
    qtbot.mouseClick(button(panel, "label_7"), Qt.MouseButton.LeftButton)
    assert not button(panel, "delete").isEnabled()
    place = panel.list.visualItemRect(panel.list.item(0)).center()
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseClick(button(panel, "delete"), Qt.MouseButton.LeftButton)
    assert labels(digits) == [1, 1, 0]
    assert panel.list.count() == 0
    qtbot.mouseClick(button(panel, "undo"), Qt.MouseButton.LeftButton)
    assert labels(digits) == [1, 1, 7, 0]


def test_a_digits_key_relabels_and_delete_deletes(
    qtbot: QtBot, panel: MyDigitsPanel, digits: MyDigits
) -> None:
    panel.show_label(1)
    panel.list.setFocus()
    panel.list.item(0).setSelected(True)
    qtbot.keyClick(panel.list, Qt.Key.Key_7)
    assert labels(digits) == [1, 7, 7, 0]
    panel.show_label(0)
    panel.list.item(0).setSelected(True)
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    assert labels(digits) == [1, 7, 7]


def test_dropped_files_are_asked_for(qtbot: QtBot, panel: MyDigitsPanel, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.jsonl")), QUrl("https://example.org/b")])
    event = QDropEvent(
        QPointF(20, 200),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    entered = QDragEnterEvent(
        QPoint(20, 200),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    with qtbot.waitSignal(panel.import_wanted) as wanted:
        QApplication.sendEvent(panel, entered)
        QApplication.sendEvent(panel, event)
    assert wanted.args == [[tmp_path / "a.jsonl"]]


def test_buttons_ask_for_what_they_say(qtbot: QtBot, panel: MyDigitsPanel) -> None:
    for name, signal in (
        ("collect", panel.collect_wanted),
        ("export", panel.export_wanted),
    ):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)


def test_a_notice_and_emptiness_are_said(panel: MyDigitsPanel) -> None:
    assert not panel.notice.isVisible()
    panel.show_samples((), can_undo=False, notice="3 lines could not be read.")
    assert panel.notice.isVisible()
    assert panel.notice.text() == "3 lines could not be read."
    assert not panel.list.isVisible()
    assert not button(panel, "export").isEnabled()


def test_thumbnails_follow_the_palette(panel: MyDigitsPanel) -> None:
    panel.show_label(1)

    def corner() -> int:
        return panel.list.item(0).icon().pixmap(48, 48).toImage().pixelColor(2, 2).lightness()

    panel.setPalette(theme.palette(dark=False))
    light = corner()
    panel.setPalette(theme.palette(dark=True))
    assert corner() < 64 < 192 < light
