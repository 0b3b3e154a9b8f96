"""Opening and saving by menu, drop and clipboard, with the questions that belong to it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, Qt, QTimer, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.widgets import computation
from digitpad.cli.main import main
from digitpad.drawing import rasterize
from digitpad.drawing.strokes import MANY_POINTS, Sample, write_strokes
from digitpad.export.formats import FORMATS
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.recognition import picture as reader
from digitpad.recognition.recognise import recognise
from tests.conftest import click, draw

Answer = Callable[[Callable[[QDialog], object]], list[str]]
SEVEN = np.array([[100, 80], [240, 80], [160, 300]], dtype=float)


@pytest.fixture(autouse=True)
def _own_file_dialogs(qapp: object) -> None:
    """Let file dialogs be Qt's own, which can be answered, and not the desktop's."""
    from PySide6.QtCore import QCoreApplication

    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)


def choose(path: Path) -> Callable[[QDialog], None]:
    """Return an answer that types a path into a file dialog and accepts."""

    def answer(dialog: QDialog) -> None:
        assert isinstance(dialog, QFileDialog)
        dialog.selectFile(str(path))
        dialog.accept()

    return answer


def saved(path: Path, hidden: int = 7) -> Path:
    model_file.save(path, Model(Network((784, hidden, 10), seed=3), {}))
    return path


def test_a_model_is_opened_through_the_file_dialog(
    window: MainWindow, answer_dialog: Answer, tmp_path: Path
) -> None:
    path = saved(tmp_path / "mine.npz")
    answer_dialog(choose(path))
    window.commands.open.trigger()
    assert window.session.path == path
    assert window.session.network.sizes == (784, 7, 10)


def test_cancelling_the_file_dialog_changes_nothing(
    window: MainWindow, answer_dialog: Answer
) -> None:
    network = window.session.network
    for action in (window.commands.open, window.commands.save_as):
        said = answer_dialog(lambda dialog: dialog.reject())
        action.trigger()
        assert said
    assert window.session.network is network
    assert window.session.path is None


def test_saving_asks_where_once_and_then_not_again(
    window: MainWindow, answer_dialog: Answer, tmp_path: Path
) -> None:
    draw(window.canvas, SEVEN)
    window.session.show_model(Model(Network((784, 8, 10), seed=2)))
    said = answer_dialog(choose(tmp_path / "mine"))
    window.commands.save.trigger()
    assert said
    assert window.session.path == tmp_path / "mine.npz"
    window.session.network.biases[0][0] = 3
    window.commands.save.trigger()
    assert model_file.load(tmp_path / "mine.npz").network.biases[0][0] == 3


def test_saved_and_opened_again_it_reads_the_same_bit_for_bit(
    window: MainWindow, answer_dialog: Answer, tmp_path: Path
) -> None:
    draw(window.canvas, SEVEN)
    before = window.session.reading.activations
    answer_dialog(choose(tmp_path / "mine.npz"))
    window.commands.save.trigger()
    window.commands.built_in.trigger()
    assert not np.array_equal(window.session.reading.activations, before)
    window.documents.recent_menu.aboutToShow.emit()
    window.documents.recent_menu.actions()[0].trigger()
    np.testing.assert_array_equal(window.session.reading.activations, before)


def test_a_name_without_npz_does_not_overwrite_unasked(
    window: MainWindow, answer_dialog: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "mine.npz")
    before = path.read_bytes()
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "mine"), "")
    )
    said = answer_dialog(click("No"))
    window.commands.save_as.trigger()
    assert "exists" in said[0]
    assert path.read_bytes() == before
    answer_dialog(click("Yes"))
    window.commands.save_as.trigger()
    assert path.read_bytes() != before


def test_what_cannot_be_saved_is_said_and_stays_unsaved(
    window: MainWindow, answer_dialog: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.session.show_model(Model(Network((784, 8, 10), seed=2)))
    nowhere = str(tmp_path / "no such folder" / "mine.npz")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (nowhere, ""))
    said = answer_dialog(click("OK"))
    window.commands.save.trigger()
    assert "cannot be written" in said[0]
    assert window.session.path is None
    assert window.session.path is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.npz", b"this is no model"),
        ("broken.png", b"this is no picture"),
        ("broken.jsonl", b"these are no strokes"),
        ("empty.jsonl", b""),
        ("mystery", b"\x00\x01\x02"),
        ("gone.npz", None),
    ],
)
def test_what_cannot_be_opened_is_said_and_nothing_is_lost(
    window: MainWindow, answer_dialog: Answer, tmp_path: Path, name: str, content: bytes | None
) -> None:
    draw(window.canvas, SEVEN)
    network, strokes = window.session.network, window.session.strokes
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    said = answer_dialog(click("OK"))
    assert not window.documents.open(path)
    assert name in said[0]
    assert window.session.network is network
    assert len(window.session.strokes) == len(strokes)
    assert window.documents.recent() == []


def test_a_data_set_is_not_called_a_bad_picture_or_a_damaged_model(
    window: MainWindow, answer_dialog: Answer, tmp_path: Path
) -> None:
    images, labels = np.zeros((3, 28, 28), np.uint8), np.zeros(3, np.uint8)
    np.savez(tmp_path / "digits.npz", images=images, labels=labels)
    np.save(tmp_path / "images.npy", images)
    (tmp_path / "train.csv").write_text("label,pixel0,pixel1\n7,0,0\n")
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + bytes(12))
    for path in sorted(tmp_path.iterdir()):
        said = answer_dialog(click("OK"))
        assert not window.documents.open(path)
        assert path.name in said[0]
        assert "data" in said[0]
        assert "picture that" not in said[0]
        assert "damaged" not in said[0]
    assert window.documents.recent() == []


@pytest.mark.skipif(sys.platform == "win32", reason="devices and FIFOs")
@pytest.mark.parametrize("kind", ["device", "fifo", "folder"])
def test_what_is_not_a_file_is_neither_read_nor_waited_for(
    window: MainWindow, answer_dialog: Answer, tmp_path: Path, kind: str
) -> None:
    path = Path("/dev/zero") if kind == "device" else tmp_path / kind
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    said = answer_dialog(click("OK"))
    assert not window.documents.open(path)
    assert path.name in said[0]
    assert window.session.is_empty


def test_a_sample_of_very_many_points_opens_thinned(window: MainWindow, tmp_path: Path) -> None:
    turns = np.linspace(0, 40 * np.pi, 99_999)
    spiral = np.column_stack([turns * np.cos(turns), turns * np.sin(turns)])
    path = tmp_path / "spiral.jsonl"
    write_strokes(path, [Sample(6, (spiral,))])
    assert window.documents.open(path)
    assert 100 < sum(map(len, window.session.strokes)) <= MANY_POINTS


def test_recent_models_are_listed_latest_first_without_those_that_are_gone(
    window: MainWindow, tmp_path: Path
) -> None:
    paths = [saved(tmp_path / f"model {number} & co.npz", number + 2) for number in range(10)]
    for path in paths:
        assert window.documents.open(path)
    assert window.documents.open(paths[5])
    paths[9].unlink()
    menu = window.documents.recent_menu
    menu.aboutToShow.emit()
    names = [action.text() for action in menu.actions()]
    expected = [5, 8, 7, 6, 4, 3, 2]
    assert names == [
        f"&{place}  model {number} && co.npz" for place, number in enumerate(expected, start=1)
    ]
    menu.actions()[2].trigger()
    assert window.session.path == paths[7]


def test_recent_models_are_remembered_even_a_single_one(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = saved(tmp_path / "only.npz")
    window.documents.open(path)
    window.settings.sync()
    other = MainWindow(window.session)
    qtbot.addWidget(other)
    assert other.documents.recent() == [path]


def test_without_recent_models_the_menu_says_so(window: MainWindow) -> None:
    menu = window.documents.recent_menu
    menu.aboutToShow.emit()
    assert [action.isEnabled() for action in menu.actions()] == [False]


def test_an_opened_model_does_not_lose_the_one_before(window: MainWindow, tmp_path: Path) -> None:
    first, second = saved(tmp_path / "first.npz", 5), saved(tmp_path / "second.npz", 6)
    assert window.documents.open(first)
    assert window.documents.open(second)
    window.commands.built_in.trigger()
    names = [card.name for card in window.shelf.cards()]
    assert names == ["Built-in", "second", "first"]
    assert window.shelf.select(window.shelf.cards()[2].id)
    assert window.session.network.sizes == (784, 5, 10)


def test_a_new_network_is_what_the_training_panel_describes(window: MainWindow) -> None:
    assert window.training_panel is not None
    window.commands.new.trigger()
    assert window.session.network.sizes == window.training_panel.hyperparameters().sizes


def test_strokes_are_opened_and_read_as_if_drawn(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "strokes.jsonl.gz"
    seven = np.array([[100, 800], [2400, 800], [1600, 3000]], dtype=float)
    write_strokes(path, [Sample(7, (seven,))])
    assert window.documents.open(path)
    assert len(window.session.strokes) == 1
    np.testing.assert_allclose(window.session.image, rasterize.to_image([seven]), atol=0.01)


def test_a_file_is_opened_by_its_content_whatever_its_name(
    window: MainWindow, tmp_path: Path
) -> None:
    network = Network((784, 10), seed=6)
    model_file.save(tmp_path / "model", Model(network))
    assert window.documents.open(tmp_path / "model")
    np.testing.assert_array_equal(window.session.network.parameters, network.parameters)
    seven = np.array([[100.0, 800], [2400, 800], [1600, 3000]])
    write_strokes(tmp_path / "strokes.txt", [Sample(7, (seven,))])
    assert window.documents.open(tmp_path / "strokes.txt")
    np.testing.assert_allclose(window.session.image, rasterize.to_image([seven]), atol=0.01)
    window.session.clear()
    picture(tmp_path / "7.png").rename(tmp_path / "7")
    assert window.documents.open(tmp_path / "7")
    assert window.session.image.any()
    # As in the terminal.
    model = ["--model", str(tmp_path / "model")]
    for name in ("strokes.txt", "7"):
        assert main(["predict", *model, str(tmp_path / name)]) == 0


def picture(path: Path) -> Path:
    """Save a black seven on white paper."""
    pixels = np.full((200, 160), 255, dtype=np.uint8)
    pixels[30:45, 30:130] = 0
    for row in range(45, 180):
        column = 125 - (row - 45) // 2
        pixels[row, column - 8 : column + 8] = 0
    Image.fromarray(pixels).save(path)
    return path


def test_a_picture_is_opened_dropped_and_pasted(window: MainWindow, tmp_path: Path) -> None:
    path = picture(tmp_path / "seven.png")
    assert window.documents.open(path)
    opened = window.session.image
    assert opened.any()
    window.session.clear()

    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    assert window.documents.take(data)
    np.testing.assert_array_equal(window.session.image, opened)
    window.session.clear()

    QGuiApplication.clipboard().setImage(QImage(str(path)))
    window.commands.paste.trigger()
    np.testing.assert_allclose(window.session.image, opened, atol=0.02)
    window.commands.undo.trigger()
    assert window.session.is_empty


def test_pasting_what_is_no_picture_says_so(window: MainWindow) -> None:
    QGuiApplication.clipboard().setText("seven")
    window.commands.paste.trigger()
    assert "no picture" in window.statusBar().currentMessage()
    assert window.session.is_empty


@pytest.mark.parametrize("suffix", FORMATS)
def test_it_exports_the_network_that_reads(
    suffix: str, window: MainWindow, answer_dialog: Answer, tmp_path: Path
) -> None:
    model = window.session.model
    for network in (model.network, Network((784, 6, 10), seed=3)):
        if network is not model.network:  # one in training
            window.session.show_network(network)
            model = Model(network, {"name": "small"})
        path = tmp_path / f"{len(network.parameters)}{suffix}"
        answer_dialog(choose(path))
        window.commands.export.trigger()
        assert path.read_bytes() == FORMATS[suffix](model)


def test_an_export_without_a_suffix_gets_that_of_the_chosen_kind(
    window: MainWindow, answer_dialog: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for chosen, suffix in (("Picture of the network (*.svg)", ".svg"), ("", ".html")):
        monkeypatch.setattr(
            QFileDialog,
            "getSaveFileName",
            lambda *_, chosen=chosen, **__: (str(tmp_path / "v1.2"), chosen),
        )
        window.commands.export.trigger()
        assert (tmp_path / f"v1.2{suffix}").exists()
        assert "v1.2" in window.statusBar().currentMessage()
        said = answer_dialog(click("No"))
        window.commands.export.trigger()
        assert "exists" in said[0]


def test_an_export_that_fails_is_said(
    window: MainWindow, answer_dialog: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = str(tmp_path / "no such folder" / "page.html")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (nowhere, ""))
    said = answer_dialog(click("OK"))
    window.commands.export.trigger()
    assert "cannot be written" in said[0]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: ("", ""))
    window.commands.export.trigger()


@pytest.fixture
def slow_reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """An event without which no picture is read to its end."""
    may_end = threading.Event()
    separate = reader.separate

    def slow(*given: Any) -> Any:
        assert may_end.wait(60)
        return separate(*given)

    monkeypatch.setattr(reader, "separate", slow)
    yield may_end
    may_end.set()


def large(path: Path, side: int = 2200) -> Path:
    pixels = np.full((side, side), 255, np.uint8)
    pixels[600:1500, 1000:1060] = 20
    Image.fromarray(pixels).save(path)
    return path


def test_the_window_goes_on_while_a_large_picture_is_read(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, slow_reading: threading.Event
) -> None:
    draw(window.canvas, SEVEN)
    path = large(tmp_path / "one.png")
    assert window.documents.open(path)
    assert "Reading" in window.statusBar().currentMessage()
    # Events are handled meanwhile: a timer fires.
    fired: list[int] = []
    QTimer.singleShot(0, lambda: fired.append(1))
    qtbot.waitUntil(lambda: fired == [1])
    assert window.session.picture is None
    assert len(window.session.strokes) == 1
    slow_reading.set()
    qtbot.waitUntil(lambda: window.session.picture is not None)
    assert window.statusBar().currentMessage() == ""
    image = window.session.image.copy()
    window.commands.undo.trigger()
    assert len(window.session.strokes) == 1
    # It is what a small picture of the same gives at once.
    with Image.open(path) as picture:
        picture.reduce(4).save(tmp_path / "small.png")
    assert window.documents.open(tmp_path / "small.png")
    np.testing.assert_allclose(window.session.image, image, atol=0.1)
    assert recognise(window.session.built_in, image).digit == 1


def test_what_is_done_meanwhile_is_newer_than_a_large_picture(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, slow_reading: threading.Event
) -> None:
    assert window.documents.open(large(tmp_path / "one.png"))
    draw(window.canvas, SEVEN)
    slow_reading.set()
    qtbot.waitUntil(lambda: all(thread.isFinished() for thread in computation._running))
    QApplication.processEvents()
    assert window.session.picture is None
    assert window.statusBar().currentMessage() == ""
    assert len(window.session.strokes) == 1
    # Of two pictures, the one that was opened last is shown.
    slow_reading.clear()
    assert window.documents.open(large(tmp_path / "one.png"))
    pixels = np.full((2100, 2300), 255, np.uint8)
    pixels[500:1500, 400:1900] = 20
    pixels[620:1380, 520:1780] = 255
    Image.fromarray(pixels).save(tmp_path / "zero.png")
    assert window.documents.open(tmp_path / "zero.png")
    slow_reading.set()
    qtbot.waitUntil(lambda: window.session.picture is not None)
    assert window.session.photo is not None
    assert window.session.photo.pixels.shape[0] < window.session.photo.pixels.shape[1]
    qtbot.waitUntil(lambda: all(thread.isFinished() for thread in computation._running))
    QApplication.processEvents()
    assert window.session.photo.pixels.shape[0] < window.session.photo.pixels.shape[1]


def test_a_large_picture_that_is_damaged_is_said_and_nothing_is_lost(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(window.canvas, SEVEN)
    path = large(tmp_path / "cut.png")
    path.write_bytes(path.read_bytes()[:3_000])
    said: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda _, __, text: said.append(text))
    assert window.documents.open(path)
    qtbot.waitUntil(lambda: bool(said))
    assert "“cut.png” is damaged" in said[0]
    assert len(window.session.strokes) == 1


@pytest.mark.parametrize("damaged", [False, True], ids=["sound", "damaged"])
def test_the_window_closes_while_a_large_picture_is_read(
    window: MainWindow,
    qtbot: QtBot,
    tmp_path: Path,
    slow_reading: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    *,
    damaged: bool,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda _, __, text: said.append(text))
    path = large(tmp_path / "one.png")
    if damaged:
        path.write_bytes(path.read_bytes()[:3_000])
    assert window.documents.open(path)
    assert window.close()
    slow_reading.set()
    qtbot.waitUntil(lambda: all(thread.isFinished() for thread in computation._running))
    QApplication.processEvents()
    assert not window.isVisible()
    # Nobody sees a picture or a warning any more.
    assert window.session.is_empty
    assert not said


def test_a_large_picture_is_pasted_while_the_window_goes_on(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, slow_reading: threading.Event
) -> None:
    path = large(tmp_path / "one.png", side=1600)  # which is not large as a file
    QGuiApplication.clipboard().setImage(QImage(str(path)))
    window.commands.paste.trigger()
    assert window.session.is_empty
    assert "Reading" in window.statusBar().currentMessage()
    slow_reading.set()
    qtbot.waitUntil(lambda: window.session.picture is not None)
    pasted = window.session.image
    window.session.clear()
    assert window.documents.open(path)
    qtbot.waitUntil(lambda: window.session.picture is not None)
    np.testing.assert_allclose(window.session.image, pasted, atol=0.02)
