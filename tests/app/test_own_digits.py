"""The user's own digits in the window: labelled by keys, kept in the file, shown in the panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QFileDialog

from digitpad.app.drawing.collect import CollectDialog
from digitpad.app.main_window import MainWindow
from digitpad.data.my_digits import default_path
from digitpad.data.sample_images import image_of
from digitpad.drawing.strokes import Sample, read_strokes, write_strokes
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
    assert window.statusBar().currentMessage() == "Added to your digits: 7"
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
    QTest.mouseClick(window.my_digits.import_button, LEFT)
    assert [sample.label for sample in in_file()] == [7, 1, 1]
    assert window.statusBar().currentMessage() == "2 digits added"


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
