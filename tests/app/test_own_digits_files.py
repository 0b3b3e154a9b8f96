"""The user's digits and files: imports, exports, drops, and what goes wrong with them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.understand.mistakes_view import MistakesView
from digitpad.app.understand.panel import View
from digitpad.data import dataset, my_digits
from digitpad.data.my_digits import MyDigits, default_path
from digitpad.drawing.strokes import Sample, read_strokes, write_strokes
from digitpad.errors import DigitpadError
from digitpad.files import writing
from tests.conftest import draw, images_file

LEFT = Qt.MouseButton.LeftButton
SEVEN = np.array([[60, 60], [160, 60], [100, 170]], dtype=float)
Answer = Callable[[Callable[[QDialog], object]], list[str]]


def labels_in_file() -> list[int | None]:
    return [sample.label for sample in read_strokes(default_path())]


def open_panel(window: MainWindow) -> None:
    window.docks["my_digits"].toggleViewAction().trigger()


@pytest.mark.parametrize(
    ("chosen", "files"),
    [
        ("Strokes (*.jsonl *.jsonl.gz)", ["mine.jsonl"]),
        ("NumPy arrays (*.npz)", ["mine.npz"]),
        (
            "IDX files, as MNIST has (*images-idx3-ubyte *.gz)",
            ["mine-images-idx3-ubyte", "mine-labels-idx1-ubyte"],
        ),
    ],
)
def test_the_chosen_format_is_written(
    window: MainWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    chosen: str,
    files: list[str],
) -> None:
    draw(window.canvas, SEVEN)
    QTest.keyClick(window.canvas, Qt.Key.Key_7)
    open_panel(window)
    folder = tmp_path / "out"
    folder.mkdir()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(folder / "mine"), chosen))
    QTest.mouseClick(window.my_digits.export_button, LEFT)
    assert sorted(file.name for file in folder.iterdir()) == files
    read = dataset.load(folder / files[0])
    assert read.labels.tolist() == [7]
    np.testing.assert_array_equal(read.images[0], np.rint(window.session.image.ravel() * 255))


def test_a_file_that_the_dialog_has_not_asked_about_is_not_replaced_unasked(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer_dialog: Answer
) -> None:
    draw(window.canvas, SEVEN)
    QTest.keyClick(window.canvas, Qt.Key.Key_7)
    open_panel(window)
    labels = tmp_path / "a-labels-idx1-ubyte"
    labels.write_bytes(b"precious")
    name = str(tmp_path / "a-images-idx3-ubyte")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (name, ""))
    said = answer_dialog(lambda dialog: dialog.close())
    QTest.mouseClick(window.my_digits.export_button, LEFT)
    assert "a-labels-idx1-ubyte" in said[0]
    assert labels.read_bytes() == b"precious"


def test_files_of_every_kind_are_taken_when_they_are_dropped(
    window: MainWindow, tmp_path: Path
) -> None:
    write_strokes(tmp_path / "a.jsonl", [Sample(1, (SEVEN,))])
    images_file(tmp_path / "b.npz", 2)
    (tmp_path / "c.csv").write_text("\n".join(",".join(["4"] + ["9"] * 784) for _ in range(2)))
    Image.fromarray(np.full((40, 40), 255, np.uint8) - np.eye(40, dtype=np.uint8) * 255).save(
        tmp_path / "5-mine.png"
    )
    open_panel(window)
    data = QMimeData()
    names = ("a.jsonl", "b.npz", "c.csv", "5-mine.png")
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in names])
    panel = window.my_digits
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(panel, QDragEnterEvent(QPoint(5, 5), copy, data, LEFT, none))
    QApplication.sendEvent(panel, QDropEvent(QPoint(5, 5), copy, data, LEFT, none))
    assert labels_in_file() == [1, 0, 1, 4, 4, 5]
    assert window.statusBar().currentMessage() == "6 digits added"
    # What has no strokes is kept by its pixels.
    assert [bool(sample.strokes) for sample in read_strokes(default_path())] == [True] + [False] * 5


def test_a_picture_without_a_label_adds_nothing(
    window: MainWindow, tmp_path: Path, answer_dialog: Answer
) -> None:
    Image.new("L", (30, 30), 255).save(tmp_path / "mine.png")
    write_strokes(tmp_path / "a.jsonl", [Sample(1, (SEVEN,))])
    said = answer_dialog(lambda dialog: dialog.close())
    window.my_digits.import_wanted.emit([tmp_path / "a.jsonl", tmp_path / "mine.png"])
    assert "mine.png" in said[0]
    assert not default_path().exists()


def test_a_damaged_file_is_said_and_keeps_what_is_readable(window: MainWindow) -> None:
    MyDigits().add([Sample(3, (SEVEN,)), Sample(4, (SEVEN,))])
    good = default_path().read_bytes()
    default_path().write_bytes(b"\x00\xffnonsense\n" + good)
    open_panel(window)
    assert window.my_digits.notice.isVisible()
    assert "1 of 3 lines" in window.my_digits.notice.text()
    assert labels_in_file() == [3, 4]
    (aside,) = default_path().parent.glob("*.damaged-*")
    assert aside.read_bytes() == b"\x00\xffnonsense\n" + good


def test_on_a_full_disk_nothing_is_lost(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, answer_dialog: Answer
) -> None:
    draw(window.canvas, SEVEN)
    QTest.keyClick(window.canvas, Qt.Key.Key_7)
    before, drawings = default_path().read_bytes(), window.session.drawings
    window.session.clear()
    draw(window.canvas, SEVEN, SEVEN + 20)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(writing, "append", full)
        said = answer_dialog(lambda dialog: dialog.close())
        QTest.keyClick(window.canvas, Qt.Key.Key_4)
    assert "No space left on device" in said[0]
    assert default_path().read_bytes() == before
    assert len(window.session.strokes) == 2
    assert window.session.drawings == drawings
    QTest.keyClick(window.canvas, Qt.Key.Key_4)
    assert labels_in_file() == [7, 4]


def test_a_huge_import_is_refused_before_it_takes_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digits = MyDigits(tmp_path / "mine.jsonl")
    digits.add([Sample(3, (SEVEN,))])
    monkeypatch.setattr(my_digits, "_MOST_AT_ONCE", 10)
    images_file(tmp_path / "many.npz", 11)

    def never(*_: object) -> None:
        raise AssertionError("a sample was made")

    with monkeypatch.context() as patch:
        patch.setattr(my_digits, "of_image", never)
        with pytest.raises(DigitpadError, match="11 digits, too many"):
            digits.import_files([tmp_path / "many.npz"])
    images_file(tmp_path / "some.npz", 6)
    with pytest.raises(DigitpadError, match="too many"):
        digits.import_files([tmp_path / "some.npz"] * 2)
    assert len(digits.samples) == 1
    monkeypatch.setattr(my_digits, "_MAX_BYTES", digits.path.stat().st_size + 1000)
    with pytest.raises(DigitpadError, match="would hold more than"):
        digits.import_files([tmp_path / "some.npz"])
    assert len(MyDigits(digits.path).samples) == 1


def test_a_packed_bomb_is_refused(
    window: MainWindow, tmp_path: Path, answer_dialog: Answer
) -> None:
    bomb = tmp_path / "bomb.jsonl.gz"
    with gzip.open(bomb, "wb", 9) as file:
        for _ in range(80):
            file.write(b" " * (1 << 20))
    said = answer_dialog(lambda dialog: dialog.close())
    window.my_digits.import_wanted.emit([bomb])
    assert "bomb.jsonl.gz" in said[0]
    assert not default_path().exists()


def test_many_digits_show_the_newest(window: MainWindow) -> None:
    MyDigits().add([Sample(0, (SEVEN,))] * 305)
    open_panel(window)
    assert window.my_digits.list.count() == 300
    assert "The newest 300 of 305" in {
        label.text() for label in window.my_digits.findChildren(type(window.my_digits.notice))
    }


def test_the_mistakes_view_reads_them_as_they_are(window: MainWindow, qtbot: QtBot) -> None:
    MyDigits().add([Sample(label, (SEVEN,)) for label in (7, 1, 2)])
    window.docks["explanation"].toggleViewAction().trigger()
    window.understand.show_view(View.MISTAKES)
    view = window.understand.built[View.MISTAKES]
    assert isinstance(view, MistakesView)
    view.data.setCurrentIndex(view.data.findText("My digits"))
    qtbot.waitUntil(lambda: view.answers is not None and len(view.answers) == 3, timeout=60_000)
    assert view.answers is not None
    inputs = dataset.of_samples(MyDigits().samples, "").inputs()
    expected = window.session.reader.feed_forward(inputs).argmax(axis=1)
    np.testing.assert_array_equal(view.answers.predicted, expected)
    draw(window.canvas, SEVEN)
    QTest.keyClick(window.canvas, Qt.Key.Key_7)
    qtbot.waitUntil(lambda: view.answers is not None and len(view.answers) == 4, timeout=60_000)
    MyDigits().remove([sample.extra["drawing_id"] for sample in MyDigits().samples])
    window.own_digits.refresh()
    assert view.data.findText("My digits") < 0
