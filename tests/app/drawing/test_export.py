"""The drawing as PNG, SVG, strokes, on the clipboard and on paper, by the window's own actions."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QDialog, QFileDialog, QListWidget

from digitpad.app.drawing.sample_strip import MOST, SampleStrip
from digitpad.app.main_window import MainWindow
from digitpad.drawing import photo, rasterize
from digitpad.drawing.strokes import Sample, read_strokes, write_strokes
from tests.conftest import click, draw

Answer = Callable[[Callable[[QDialog], object]], list[str]]
SEVEN = np.array([[100, 80], [240, 80], [160, 300]], dtype=float)


def save_as(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, path: Path, chosen: str = ""
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), chosen))
    window.drawing_actions.save.trigger()


def test_nothing_can_be_done_with_an_empty_canvas(window: MainWindow) -> None:
    actions = (
        window.drawing_actions.copy,
        window.drawing_actions.save,
        window.drawing_actions.print,
    )
    assert not any(action.isEnabled() for action in actions)
    draw(window.canvas, SEVEN)
    assert all(action.isEnabled() for action in actions)


def test_a_saved_picture_reads_like_the_drawing(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    draw(window.canvas, SEVEN)
    save_as(window, monkeypatch, tmp_path / "seven.png")
    assert "seven.png" in window.statusBar().currentMessage()
    image = photo.to_image(tmp_path / "seven.png")
    assert np.abs(image - window.session.image).mean() < 0.04
    assert np.abs(image - window.session.image).mean() < 0.4 * image.mean()


def test_an_svg_holds_the_ink_as_shapes(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    draw(window.canvas, SEVEN)
    save_as(window, monkeypatch, tmp_path / "seven", "SVG drawing (*.svg)")
    root = ET.parse(tmp_path / "seven.svg").getroot()
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > 1


@pytest.mark.parametrize("name", ["seven.jsonl", "seven.jsonl.gz"])
def test_saved_strokes_are_read_the_same(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    draw(window.canvas, SEVEN, SEVEN[:2] + 60)
    save_as(window, monkeypatch, tmp_path / name)
    (sample,) = read_strokes(tmp_path / name)
    assert sample.label is None
    np.testing.assert_array_equal(rasterize.to_image(sample.strokes), window.session.image)


def test_a_picture_has_no_strokes_to_save(
    window: MainWindow,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    answer_dialog: Answer,
) -> None:
    window.session.show_picture(np.ones((28, 28), dtype=np.float32))
    said = answer_dialog(click("OK"))
    save_as(window, monkeypatch, tmp_path / "a.jsonl")
    assert "no strokes" in said[0]
    save_as(window, monkeypatch, tmp_path / "a.png")
    assert QImage(str(tmp_path / "a.png")).pixelColor(500, 500).lightness() == 0


def test_what_cannot_be_written_is_said(
    window: MainWindow,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    answer_dialog: Answer,
) -> None:
    draw(window.canvas, SEVEN)
    said = answer_dialog(click("OK"))
    save_as(window, monkeypatch, tmp_path / "no such folder" / "a.png")
    assert "could not be written" in said[0]


def test_a_name_without_suffix_does_not_overwrite_unasked(
    window: MainWindow,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    answer_dialog: Answer,
) -> None:
    draw(window.canvas, SEVEN)
    (tmp_path / "a.png").write_bytes(b"precious")
    said = answer_dialog(click("No"))
    save_as(window, monkeypatch, tmp_path / "a")
    assert "already exists" in said[0]
    assert (tmp_path / "a.png").read_bytes() == b"precious"


def test_copied_and_pasted_it_is_the_same_digit(window: MainWindow) -> None:
    draw(window.canvas, SEVEN, SEVEN[:2] + 60)
    strokes, image = window.session.strokes, window.session.image
    window.drawing_actions.copy.trigger()
    data = QGuiApplication.clipboard().mimeData()
    assert data is not None
    assert data.hasImage()
    window.session.clear()
    window.commands.paste.trigger()
    assert [len(stroke) for stroke in window.session.strokes] == [len(s) for s in strokes]
    np.testing.assert_allclose(window.session.image, image, atol=0.01)


def test_other_programs_strokes_do_not_break_the_window(window: MainWindow) -> None:
    data = QMimeData()
    data.setData("application/x-digitpad-strokes", b"nonsense")
    assert not window.documents.take(data)
    assert window.session.is_empty


def test_a_page_is_printed(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def accept(dialog: QPrintDialog) -> QDialog.DialogCode:
        dialog.printer().setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        dialog.printer().setOutputFileName(str(tmp_path / "page.pdf"))
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(QPrintDialog, "exec", accept)
    draw(window.canvas, SEVEN)
    window.drawing_actions.print.trigger()
    content = (tmp_path / "page.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert "Printed" in window.statusBar().currentMessage()
    monkeypatch.setattr(QPrintDialog, "exec", lambda _: QDialog.DialogCode.Rejected)
    window.statusBar().clearMessage()
    window.drawing_actions.print.trigger()
    assert not window.statusBar().currentMessage()
    # A dialog that outlives its printer crashes when one of its buttons is pressed.
    assert window.findChild(QPrintDialog) is None


def test_a_file_of_several_digits_opens_as_a_strip(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "digits.jsonl"
    samples = [
        Sample(number % 10, (SEVEN + 7 * number,) * (number % 3 + 1)) for number in range(12)
    ]
    write_strokes(path, samples)
    assert window.documents.open(path)
    strip = window.findChild(SampleStrip)
    assert isinstance(strip, SampleStrip)
    assert "12 digits" in strip.windowTitle()
    listed = strip.findChild(QListWidget, "samples")
    assert listed is not None
    assert [listed.item(row).text() for row in range(12)] == [str(n % 10) for n in range(12)]
    listed.setCurrentRow(5)
    assert len(window.session.strokes) == 3
    listed.setCurrentRow(6)
    assert len(window.session.strokes) == 1


def test_a_file_of_very_many_digits_shows_the_first_ones(
    window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "digits.jsonl"
    write_strokes(path, [Sample(None, (SEVEN,))] * (MOST + 3))
    assert window.documents.open(path)
    strip = window.findChild(SampleStrip)
    assert isinstance(strip, SampleStrip)
    assert f"the first {MOST} of {MOST + 3} digits" in strip.windowTitle()
