"""The user's own digits in the window: labelled by keys, kept in the file, shown in the panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QMenu,
    QPushButton,
    QToolButton,
)

from digitpad.app.drawing.collect import CollectDialog
from digitpad.app.main_window import MainWindow
from digitpad.data.my_digits import default_path, id_of
from digitpad.data.sample_images import image_of
from digitpad.drawing.strokes import Sample, read_strokes, write_strokes
from digitpad.recognition.recognise import recognise
from tests.conftest import draw

LEFT = Qt.MouseButton.LeftButton
SEVEN = np.array([[60, 60], [160, 60], [100, 170]], dtype=float)
Answer = Callable[[Callable[[QDialog], object]], list[str]]


def in_file() -> list[Sample]:
    return read_strokes(default_path()) if default_path().exists() else []


def open_panel(window: MainWindow) -> None:
    window.docks["my_digits"].toggleViewAction().trigger()
    assert window.my_digits.isVisible()


def test_a_digits_key_adds_the_drawing(window: MainWindow) -> None:
    draw(window.canvas, SEVEN, SEVEN + 20)
    QTest.keyClick(window.canvas, Qt.Key.Key_7)
    (sample,) = in_file()
    assert sample.label == 7
    assert len(sample.strokes) == 2
    for kept, drawn in zip(sample.strokes, window.session.strokes, strict=True):
        np.testing.assert_allclose(kept, drawn, atol=1e-3)
    assert window.undo_notice.isVisible()
    assert window.undo_notice.label.text() == "Added to your digits: 7"
    assert [drawing.label for drawing in window.session.drawings] == [7]
    window.session.clear()
    assert [drawing.label for drawing in window.session.drawings] == [7]


def test_another_key_corrects_the_label_of_the_same_drawing(window: MainWindow) -> None:
    draw(window.canvas, SEVEN)
    QTest.keyClick(window.canvas, Qt.Key.Key_1)
    QTest.keyClick(window.canvas, Qt.Key.Key_7, Qt.KeyboardModifier.KeypadModifier)
    assert [sample.label for sample in in_file()] == [7]
    assert [drawing.label for drawing in window.session.drawings] == [7]
    draw(window.canvas, SEVEN + 20)
    QTest.keyClick(window.canvas, Qt.Key.Key_4)
    assert [sample.label for sample in in_file()] == [7, 4]


def test_nothing_is_added_of_an_empty_canvas_or_with_the_pen_down(window: MainWindow) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_7)
    QTest.keyClick(window.canvas, Qt.Key.Key_Space)
    QTest.keyClick(window.canvas, Qt.Key.Key_7)
    QTest.keyClick(window.canvas, Qt.Key.Key_Space)
    QTest.keyClick(window.canvas, Qt.Key.Key_7, Qt.KeyboardModifier.AltModifier)
    assert len(window.session.strokes) == 1
    assert in_file() == []


def test_a_picture_is_added_by_its_pixels(window: MainWindow) -> None:
    picture = np.linspace(0, 1, 784, dtype=np.float32).reshape(28, 28)
    window.session.show_picture(picture)
    QTest.keyClick(window.canvas, Qt.Key.Key_3)
    (sample,) = in_file()
    pixels = image_of(sample)
    assert sample.label == 3
    assert pixels is not None
    np.testing.assert_array_equal(pixels, np.rint(picture.ravel() * 255))


def row_of(window: MainWindow, digit: int) -> QPoint:
    bars = window.activations
    return next(
        QPoint(60, y) for y in range(bars.height()) if bars.digit_at(QPointF(60, y)) == digit
    )


def labels_in_strip(window: MainWindow) -> list[int | None]:
    return [drawing.label for drawing in window.session.drawings]


def test_a_click_on_a_bar_does_what_the_digits_key_does(window: MainWindow) -> None:
    QTest.mouseClick(window.activations, LEFT, pos=row_of(window, 7))
    assert in_file() == []  # there is nothing on the canvas
    draw(window.canvas, SEVEN)
    QTest.mouseClick(window.activations, LEFT, pos=row_of(window, 2))
    assert [sample.label for sample in in_file()] == [2]
    QTest.mouseDClick(window.activations, LEFT, pos=row_of(window, 7))
    QTest.keyClick(window.activations, Qt.Key.Key_7)
    assert [sample.label for sample in in_file()] == [7]
    assert labels_in_strip(window) == [7]


def test_a_bar_is_not_clicked_by_accident(window: MainWindow) -> None:
    draw(window.canvas, SEVEN)
    bars = window.activations
    QTest.mousePress(bars, LEFT, pos=row_of(window, 7))
    QTest.mouseRelease(bars, LEFT, pos=row_of(window, 8))
    QTest.mousePress(bars, LEFT, pos=row_of(window, 7))
    QTest.mouseRelease(bars, LEFT, pos=QPoint(-10, row_of(window, 7).y()))
    QTest.mouseClick(bars, Qt.MouseButton.MiddleButton, pos=row_of(window, 7))
    QTest.mouseClick(bars, LEFT, Qt.KeyboardModifier.ControlModifier, row_of(window, 7))
    QTest.keyClick(bars, Qt.Key.Key_7, Qt.KeyboardModifier.ControlModifier)
    assert in_file() == []
    assert bars.cursor().shape() == Qt.CursorShape.ArrowCursor
    QTest.mouseMove(bars, row_of(window, 6))
    QTest.mouseMove(bars, row_of(window, 7))
    assert bars.cursor().shape() == Qt.CursorShape.PointingHandCursor
    assert "Is it a 7? Click" in bars.tip(7)


@pytest.mark.parametrize("by_mouse", [True, False])
def test_the_bars_menu_names_the_digits(window: MainWindow, by_mouse: bool) -> None:
    draw(window.canvas, SEVEN)
    reason = QContextMenuEvent.Reason
    at = row_of(window, 7)
    event = QContextMenuEvent(
        reason.Mouse if by_mouse else reason.Keyboard, at, window.activations.mapToGlobal(at)
    )
    QApplication.sendEvent(window.activations, event)
    (menu,) = window.activations.findChildren(QMenu)
    texts = [action.text() for action in menu.actions()]
    assert texts == ["This is a 7"] if by_mouse else [f"This is a {n}" for n in range(10)]
    menu.actions()[texts.index("This is a 7")].trigger()
    menu.close()
    assert [sample.label for sample in in_file()] == [7]


def test_undo_takes_a_label_back_first_and_then_the_stroke(window: MainWindow) -> None:
    draw(window.canvas, SEVEN)
    likely = window.session.built_in
    reading = recognise(likely, window.session.image)
    unsaid = reading.digit if reading.sure else None
    QTest.keyClick(window.canvas, Qt.Key.Key_1)
    QTest.keyClick(window.canvas, Qt.Key.Key_4)
    assert labels_in_strip(window) == [4]
    for labels, said in (([1], 1), ([], unsaid)):
        QTest.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert [sample.label for sample in in_file()] == labels
        assert labels_in_strip(window) == [said]
        assert len(window.session.strokes) == 1
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.session.is_empty
    window.commands.redo.trigger()
    assert len(window.session.strokes) == 1
    assert in_file() == []
    QTest.keyClick(window.canvas, Qt.Key.Key_7)
    assert [sample.label for sample in in_file()] == [7]
    assert labels_in_strip(window) == [7]


def test_the_messages_undo_reaches_an_earlier_drawing(window: MainWindow) -> None:
    draw(window.canvas, SEVEN)
    QTest.keyClick(window.canvas, Qt.Key.Key_1)
    window.session.clear()
    draw(window.canvas, SEVEN + 20, SEVEN)
    assert window.undo_notice.isVisible()
    QTest.mouseClick(window.undo_notice.button, LEFT)
    assert in_file() == []
    assert labels_in_strip(window) != [1]
    assert window.undo_notice.isHidden()
    assert len(window.session.strokes) == 2
    # Ctrl+Z is the page's again.
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(window.session.strokes) == 1


def test_the_message_goes_when_more_was_done(window: MainWindow) -> None:
    open_panel(window)
    draw(window.canvas, SEVEN)
    QTest.keyClick(window.canvas, Qt.Key.Key_1)
    panel = window.my_digits
    panel.show_label(1)
    panel.list.selectAll()
    QTest.keyClick(panel.list, Qt.Key.Key_4)
    assert window.undo_notice.isHidden()
    assert labels_in_strip(window) == [4]
    panel.show_label(4)
    panel.list.selectAll()
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    assert labels_in_strip(window) != [4]
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.session.is_empty
    QTest.mouseClick(panel.undo_button, LEFT)
    assert labels_in_strip(window) == [4]


def test_everything_in_the_panel_can_be_reached_by_the_keyboard(window: MainWindow) -> None:
    window.own_digits.changed.emit(())
    draw(window.canvas, SEVEN)
    QTest.keyClick(window.canvas, Qt.Key.Key_0)
    QTest.keyClick(window.canvas, Qt.Key.Key_1)
    open_panel(window)
    panel = window.my_digits
    panel.show_label(1)
    panel.list.selectAll()
    reached = set()
    panel.setFocus()
    for _ in range(200):
        QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    buttons = {button for button in panel.findChildren(QPushButton) if button.isEnabled()}
    assert {each.objectName() for each in buttons if each.isVisible()} == {
        *("relabel", "delete", "undo", "collect", "import", "export"),
    }
    assert {each for each in buttons if each.isVisible()} <= reached
    assert panel.list in reached
    assert reached & {button for button in panel.findChildren(QToolButton)}


def test_the_panel_shows_relabels_deletes_and_undoes(window: MainWindow) -> None:
    draw(window.canvas, SEVEN)
    QTest.keyClick(window.canvas, Qt.Key.Key_7)
    assert window.docks["my_digits"].isHidden()
    open_panel(window)
    panel = window.my_digits
    panel.show_label(7)
    assert panel.list.count() == 1
    panel.list.selectAll()
    QTest.keyClick(panel.list, Qt.Key.Key_2)
    assert [sample.label for sample in in_file()] == [2]
    panel.show_label(2)
    panel.list.selectAll()
    QTest.mouseClick(panel.delete_button, LEFT)
    assert in_file() == []
    for labels in ([2], [7], []):
        QTest.mouseClick(panel.undo_button, LEFT)
        assert [sample.label for sample in in_file()] == labels
    assert not panel.undo_button.isEnabled()
    QTest.keyClick(window.canvas, Qt.Key.Key_5)
    assert [sample.label for sample in in_file()] == [5]


def test_export_and_import(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(window.canvas, SEVEN)
    QTest.keyClick(window.canvas, Qt.Key.Key_7)
    open_panel(window)
    target, other = tmp_path / "mine", tmp_path / "others.jsonl"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    QTest.mouseClick(window.my_digits.export_button, LEFT)
    assert [sample.label for sample in read_strokes(tmp_path / "mine.jsonl")] == [7]
    write_strokes(other, [Sample(1, (np.array([[0, 0, 0.5], [0, 1, 0.5]]),))] * 2)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(other)], ""))
    window.my_digits.import_files_action.trigger()
    assert [sample.label for sample in in_file()] == [7, 1, 1]
    assert window.statusBar().currentMessage() == "2 digits added"


def test_what_an_import_leaves_out_is_said(window: MainWindow, tmp_path: Path) -> None:
    open_panel(window)
    bar = (np.array([[0, 0, 0.5], [0, 1, 0.5]]),)
    write_strokes(tmp_path / "some.jsonl", [Sample(1, bar), Sample(None, bar)])
    window.my_digits.import_wanted.emit([tmp_path / "some.jsonl"])
    assert [sample.label for sample in in_file()] == [1]
    said = "1 of 2 samples have no label and were left out."
    assert window.my_digits.notice.text() == said
    assert window.my_digits.notice.isVisible()
    window.my_digits.relabel_wanted.emit([id_of(in_file()[0])], 2)
    assert not window.my_digits.notice.isVisible()


def test_what_cannot_be_imported_says_why(
    window: MainWindow, tmp_path: Path, answer_dialog: Answer
) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("no strokes\n")
    said = answer_dialog(lambda dialog: dialog.close())
    window.my_digits.import_wanted.emit([bad])
    assert len(said) == 1
    assert "bad.jsonl" in said[0]
    assert in_file() == []


def test_collected_digits_are_in_the_file_at_once(window: MainWindow) -> None:
    open_panel(window)
    QTest.mouseClick(window.my_digits.collect_button, LEFT)
    dialog = window.findChild(CollectDialog)
    assert dialog is not None
    asked = []
    for _ in range(2):
        asked.append(dialog.asked)
        draw(dialog.canvas, SEVEN)
        QTest.mouseClick(dialog.next_button, LEFT)
        assert [sample.label for sample in in_file()] == asked
    QTest.mouseClick(dialog.back_button, LEFT)
    assert [sample.label for sample in in_file()] == asked[:1]
    dialog.close()


def test_a_file_that_cannot_be_read_is_named(window: MainWindow, answer_dialog: Answer) -> None:
    default_path().mkdir(parents=True)
    open_panel(window)
    assert default_path().name in window.my_digits.notice.text()
    draw(window.canvas, SEVEN)
    said = answer_dialog(lambda dialog: dialog.close())
    QTest.keyClick(window.canvas, Qt.Key.Key_7)
    assert default_path().name in said[0]
    assert window.session.drawings == ()
