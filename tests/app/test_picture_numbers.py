"""Pictures of several digits: each is outlined, read, selected by a click and labelled by a key."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.session import Session
from digitpad.data.my_digits import default_path
from digitpad.data.sample_images import of_image
from digitpad.drawing.strokes import read_strokes
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.recognition.picture import read_picture
from digitpad.recognition.recognise import recognise
from tests.conftest import close_without_questions
from tests.recognition.test_picture import padded, row

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    window = MainWindow(Session(model_file.shipped()))
    qtbot.addWidget(window, before_close_func=close_without_questions)
    window.resize(1100, 760)
    window.show()
    qtbot.waitExposed(window)
    window.load_panels()
    return window


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "number.png"
    padded(row("2026")[0]).save(path)
    return path


def click(window: MainWindow, place: int) -> None:
    at = window.canvas.photo_boxes()[place].center().toPoint()
    QTest.mouseClick(window.canvas, LEFT, Qt.KeyboardModifier.NoModifier, at)


def test_each_digit_is_read_and_the_first_is_selected(window: MainWindow, file: Path) -> None:
    window.documents.open(file)
    wanted = read_picture(model_file.shipped(), file).number
    assert window.answer.number.isVisible()
    assert window.answer.number.text() == wanted.text == "2026"
    assert window.session.place == 0
    assert len(window.canvas.photo_boxes()) == 4
    lefts = [outline.left() for outline in window.canvas.photo_boxes()]
    assert lefts == sorted(lefts)


def test_a_click_on_a_digit_shows_its_activations(window: MainWindow, file: Path) -> None:
    window.documents.open(file)
    session = window.session
    for place in (3, 1, 2):
        click(window, place)
        assert session.place == place
        assert window.answer.number.place == place
        assert session.photo is not None, "the click drew"
        assert np.array_equal(session.image, session.number.digits[place].image)
        expected = recognise(session.model, session.image).activations
        assert session.reading.activations == pytest.approx(expected, abs=1e-6)


def test_a_click_beside_the_digits_leaves_the_picture(window: MainWindow, file: Path) -> None:
    window.documents.open(file)
    click(window, 2)
    outlines = window.canvas.photo_boxes()
    between = QPoint(12, round(outlines[1].center().y()))
    for at in (QPoint(12, 12), between):
        assert not any(outline.contains(at) for outline in outlines)
        QTest.mousePress(window.canvas, LEFT, Qt.KeyboardModifier.NoModifier, at)
        QTest.mouseMove(window.canvas, at + QPoint(2, 3))  # as a hand does
        QTest.mouseRelease(window.canvas, LEFT, Qt.KeyboardModifier.NoModifier, at + QPoint(2, 3))
        assert window.session.photo is not None
        assert window.session.place == 2
        assert not window.session.strokes
    window.session.undo()
    assert window.session.is_empty, "a click was a step"


def test_a_click_on_a_lone_digit_leaves_it_to_be_corrected(
    window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "one.png"
    padded(row("7")[0]).save(path)
    window.documents.open(path)
    image = window.session.image
    click(window, 0)
    assert window.session.photo is not None, "the click drew"
    QTest.keyClick(window.canvas, Qt.Key.Key_1)
    assert [sample.label for sample in read_strokes(default_path())] == [1]
    assert np.array_equal(window.session.image, image)


def test_the_cursor_shows_where_a_click_selects(window: MainWindow, file: Path) -> None:
    window.documents.open(file)
    digit = window.canvas.photo_boxes()[1].center().toPoint()
    for at, shape in (
        (QPoint(12, 12), Qt.CursorShape.CrossCursor),
        (digit, Qt.CursorShape.PointingHandCursor),
        (QPoint(14, 12), Qt.CursorShape.CrossCursor),
    ):
        QTest.mouseMove(window.canvas, at)
        assert window.canvas.cursor().shape() == shape
    QTest.mouseMove(window.canvas, digit)
    window.session.clear()
    assert window.canvas.cursor().shape() == Qt.CursorShape.CrossCursor


def test_the_selected_outline_is_blue_and_the_others_are_grey(
    window: MainWindow, file: Path
) -> None:
    window.documents.open(file)
    click(window, 2)
    shown = window.canvas.grab().toImage()
    ratio = shown.devicePixelRatio()
    for place, outline in enumerate(window.canvas.photo_boxes()):
        at = QPoint(round(outline.center().x() * ratio), round(outline.bottom() * ratio))
        colour = shown.pixelColor(at)
        assert (colour.blue() - colour.red() > 100) == (place == 2)
        assert colour.lightness() < 120


def test_a_digits_key_labels_the_selected_digit(window: MainWindow, file: Path) -> None:
    window.documents.open(file)
    click(window, 1)
    image = window.session.image
    QTest.keyClick(window.canvas, Qt.Key.Key_8)
    click(window, 3)
    QTest.keyClick(window.canvas, Qt.Key.Key_6)
    first, second = read_strokes(default_path())
    assert (first.label, second.label) == (8, 6)
    pixels = of_image(np.rint(image * 255).astype(np.uint8), 8).extra
    assert pixels.items() <= first.extra.items()
    labels = [drawing.label for drawing in window.session.drawings]
    assert labels == [8, 6]
    assert np.array_equal(window.session.drawings[0].image, image)


def test_the_arrow_keys_walk_from_digit_to_digit(window: MainWindow, file: Path) -> None:
    window.documents.open(file)
    window.canvas.setFocus()
    key = Qt.Key
    for pressed, place in (
        (key.Key_Right, 1),
        (key.Key_Right, 2),
        (key.Key_Left, 1),
        (key.Key_Up, 1),
        (key.Key_End, 3),
        (key.Key_Right, 3),
        (key.Key_Home, 0),
        (key.Key_Left, 0),
        (key.Key_Right, 1),
    ):
        QTest.keyClick(window.canvas, pressed)
        assert window.session.place == window.answer.number.place == place
        assert window.session.photo is not None, "the key drew"
        digit = window.session.number.digits[place].reading.digit
        said = window.canvas.accessibleDescription()
        assert said.startswith(f"Digit {place + 1} of 4, read as {digit}.")
    QTest.keyClick(window.canvas, key.Key_8)
    assert [sample.label for sample in read_strokes(default_path())] == [8]
    window.session.clear()
    assert window.canvas.accessibleDescription().startswith("Draw a digit here")


def test_up_and_down_lead_to_the_nearest_digit_of_another_line(
    window: MainWindow, tmp_path: Path
) -> None:
    upper, lower = (np.array(padded(row(number)[0])) for number in ("20", "318"))
    sheet = np.full((len(upper) + len(lower), lower.shape[1]), 255, np.uint8)
    sheet[: len(upper), : upper.shape[1]] = upper
    sheet[len(upper) :] = lower
    path = tmp_path / "lines.png"
    Image.fromarray(sheet).save(path)
    window.documents.open(path)
    assert window.session.number.text == "20 318"
    QTest.keyClick(window.canvas, Qt.Key.Key_Down)
    assert window.session.place == 2
    QTest.keyClick(window.canvas, Qt.Key.Key_Down)
    assert window.session.place == 2
    QTest.keyClick(window.canvas, Qt.Key.Key_End)
    QTest.keyClick(window.canvas, Qt.Key.Key_Up)
    assert window.session.place == 1
    QTest.keyClick(window.canvas, Qt.Key.Key_Up)
    assert window.session.place == 1


def test_space_draws_on_a_picture_and_the_arrow_keys_move_the_pen(
    window: MainWindow, file: Path
) -> None:
    window.documents.open(file)
    for pressed in (Qt.Key.Key_Right, Qt.Key.Key_Space, Qt.Key.Key_Down, Qt.Key.Key_Space):
        QTest.keyClick(window.canvas, pressed)
    assert window.session.photo is None
    (stroke,) = window.session.strokes
    assert len(stroke) > 1


def test_a_stroke_beside_the_digits_replaces_the_picture(window: MainWindow, file: Path) -> None:
    window.documents.open(file)
    QTest.mouseMove(window.canvas, QPoint(12, 12))
    QTest.mousePress(window.canvas, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(12, 12))
    QTest.mouseMove(window.canvas, QPoint(15, 60))
    QTest.mouseMove(window.canvas, QPoint(18, 200))
    QTest.mouseRelease(window.canvas, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(18, 200))
    assert window.session.photo is None
    assert window.canvas.photo_boxes() == []
    (stroke,) = window.session.strokes
    height = float(stroke[-1, 1] - stroke[0, 1]) * min(
        window.canvas.width(), window.canvas.height()
    )
    assert height == pytest.approx(188)  # from the press on
    window.session.undo()
    assert window.session.number.text == "2026"


def test_clearing_keeps_each_digit_as_a_drawing(window: MainWindow, file: Path) -> None:
    window.documents.open(file)
    images = [digit.image for digit in window.session.number.digits]
    window.session.clear()
    drawings = window.session.drawings
    assert [drawing.label for drawing in drawings] == [2, 0, 2, 6]
    window.session.show_drawing(drawings[1])
    assert np.array_equal(window.session.image, images[1])


def test_another_network_reads_the_same_digits(window: MainWindow, file: Path) -> None:
    window.documents.open(file)
    images = [digit.image for digit in window.session.number.digits]
    model = Model(Network((784, 10), seed=3), {"name": "untrained"})
    window.session.show_model(model)
    digits = window.session.number.digits
    assert [digit.reading.digit for digit in digits] == [
        recognise(model, image).digit for image in images
    ]


def test_a_framed_digit_is_one_and_the_frame_is_named(window: MainWindow, tmp_path: Path) -> None:
    sheet = np.array(padded(row("4")[0]))
    sheet[12:18, 12:-12] = sheet[-18:-12, 12:-12] = 0
    sheet[12:-12, 12:18] = sheet[12:-12, -18:-12] = 0
    path = tmp_path / "framed.png"
    Image.fromarray(sheet).save(path)
    window.documents.open(path)
    assert window.answer.digit.text() == "4"
    assert "frame" in window.answer.verdict.text()
    assert len(window.canvas.photo_boxes()) == 1
