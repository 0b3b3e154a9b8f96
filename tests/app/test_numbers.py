"""Whole numbers drawn with the mouse: each digit is read, selected, labelled and kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from digitpad import paths
from digitpad.app.drawing.canvas import Canvas
from digitpad.app.main_window import MainWindow
from digitpad.app.session import Session
from digitpad.data.my_digits import default_path
from digitpad.drawing.strokes import Sample, read_strokes
from digitpad.nn import model_file
from digitpad.nn.network import Network
from digitpad.recognition.number import NumberReading
from digitpad.recognition.recognise import Verdict
from tests.conftest import close_without_questions, draw
from tests.recognition.test_number import written

STROKES = Path(__file__).resolve().parents[3] / "shared" / "strokes"
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    if not (paths.models() / "digitpad.npz").is_file():
        pytest.skip("NO SHIPPED MODEL: models/digitpad.npz is missing")
    window = MainWindow(Session(model_file.shipped()))
    qtbot.addWidget(window, before_close_func=close_without_questions)
    window.resize(1100, 760)
    window.show()
    qtbot.waitExposed(window)
    window.load_panels()
    return window


def on_canvas(strokes: Sequence[NDArray[np.float64]], canvas: Canvas) -> list[NDArray[np.float64]]:
    """Return strokes in the canvas's pixels."""
    points = np.concatenate(strokes)[:, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.array([canvas.width(), canvas.height()])
    scale = (0.8 * room / (high - low)).min()
    return [(stroke[:, :2] - (low + high) / 2) * scale + room / 2 for stroke in strokes]


def side_by_side(
    samples: Sequence[Sample], generator: np.random.Generator
) -> list[NDArray[np.float64]]:
    """Return one writer's digits on a line, as high as they are, with gaps as in handwriting."""
    strokes, x = [], 0.0
    for sample in samples:
        points = np.concatenate(sample.strokes)[:, :2]
        (left, _), (right, foot) = points.min(axis=0), points.max(axis=0)
        height = np.ptp(points[:, 1])
        strokes += [(each[:, :2] - [left, foot]) / height + [x, 0] for each in sample.strokes]
        x += float((right - left) / height + generator.uniform(0.15, 0.6))
    return strokes


def _point(at: NDArray[np.float64]) -> QPoint:
    return QPoint(round(float(at[0])), round(float(at[1])))


def draw_number(window: MainWindow, number: str, *more: NDArray[np.float64]) -> None:
    strokes, _ = written(number)
    draw(window.canvas, *on_canvas([*strokes, *more], window.canvas))


def test_a_number_is_answered_and_its_last_digit_selected(window: MainWindow) -> None:
    draw_number(window, "2026")
    answer, session = window.answer, window.session
    assert answer.number.isVisible()
    assert not answer.digit.isVisible()
    assert answer.number.text() == "2026"
    assert answer.verdict.text().replace("\N{NO-BREAK SPACE}", " ") == "Looks like 2026"
    assert session.place == answer.number.place == 3
    assert session.reading.digit == 6
    window.session.clear()
    assert not answer.number.isVisible()
    assert answer.digit.isVisible()
    window.session.undo()
    assert answer.number.text() == "2026"


def test_each_digit_has_its_own_bars_and_image(window: MainWindow) -> None:
    draw_number(window, "407")
    view = window.answer.number
    for place, digit in enumerate((4, 0, 7)):
        QTest.mouseClick(view, LEFT, pos=view.boxes()[place].center().toPoint())
        one = window.session.number.digits[place]
        assert one.reading.digit == digit
        np.testing.assert_array_equal(window.session.image, one.image)
        np.testing.assert_array_equal(window.answer.preview.image(), one.image)
        np.testing.assert_allclose(
            window.activations.values(), one.reading.activations.clip(0, 1), atol=1e-6
        )
        np.testing.assert_allclose(
            window.session.reader.feed_forward(one.image.ravel()),
            one.reading.activations,
            atol=1e-5,
        )
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert window.session.reading.digit == 0


def test_a_label_is_that_of_the_selected_digit(window: MainWindow) -> None:
    draw_number(window, "2026")
    view = window.answer.number
    QTest.mouseClick(view, LEFT, pos=view.boxes()[1].center().toPoint())
    QTest.keyClick(view, Qt.Key.Key_8)
    (sample,) = read_strokes(default_path())
    assert sample.label == 8
    mine = window.session.number.digits[1]
    assert len(sample.strokes) == len(mine.strokes)
    np.testing.assert_allclose(sample.strokes[0], mine.strokes[0], atol=1e-3)
    (drawing,) = window.session.drawings
    assert drawing.label == 8
    np.testing.assert_array_equal(drawing.image, mine.image)
    # Another digit is another sample; on the canvas the keys do the same.
    QTest.keyClick(view, Qt.Key.Key_Home)
    QTest.keyClick(window.canvas, Qt.Key.Key_2)
    assert [each.label for each in read_strokes(default_path())] == [8, 2]


def test_cleared_digits_are_kept_one_by_one(window: MainWindow) -> None:
    draw_number(window, "407")
    images = [digit.image for digit in window.session.number.digits]
    window.session.clear()
    window.session.undo()
    window.session.clear()
    drawings = window.session.drawings
    assert [drawing.label for drawing in drawings] == [4, 0, 7]
    for drawing, image in zip(drawings, images, strict=True):
        np.testing.assert_array_equal(drawing.image, image)
        window.session.show_drawing(drawing)
        assert len(window.session.number.digits) == 1
        np.testing.assert_array_equal(window.session.image, image)


def test_marks_are_named_and_not_read(window: MainWindow) -> None:
    strokes, _ = written("31")
    right = max(float(stroke[:, 0].max()) for stroke in strokes)
    draw_number(window, "31", np.array([[-0.1, 1.2], [right / 2, 1.21], [right + 0.1, 1.22]]))
    assert window.answer.number.text() == "31"
    assert "Also drawn: underline" in window.answer.verdict.text()


def test_a_digit_of_two_strokes_is_read_as_one_while_it_is_drawn(window: MainWindow) -> None:
    seen: list[NumberReading] = []
    window.session.number_changed.connect(lambda number, _: seen.append(number))
    strokes, _ = written("4")
    for stroke in on_canvas(strokes, window.canvas):
        draw(window.canvas, stroke)
    assert {len(number.digits) for number in seen} == {1}
    assert window.session.reading.digit == 4
    assert window.answer.digit.isVisible()


def test_what_is_drawn_is_read_while_the_pen_is_down(qtbot: QtBot, window: MainWindow) -> None:
    strokes, _ = written("11")
    first, second = on_canvas(strokes, window.canvas)[:2]
    draw(window.canvas, first)
    QTest.mousePress(window.canvas, LEFT, pos=_point(second[0]))
    for point in second[1:]:
        QTest.mouseMove(window.canvas, _point(point))
    qtbot.waitUntil(lambda: len(window.session.number.digits) == 2)
    assert window.session.growing
    QTest.mouseRelease(window.canvas, LEFT, pos=_point(second[-1]))
    assert window.session.number.text == "11"


def test_a_network_that_has_not_learned_reads_the_same_digits(window: MainWindow) -> None:
    draw_number(window, "2026")
    images = [digit.image for digit in window.session.number.digits]
    window.session.show_network(Network((784, 8, 10), seed=3))
    digits = window.session.number.digits
    assert len(digits) == 4
    for digit, image in zip(digits, images, strict=True):
        np.testing.assert_array_equal(digit.image, image)
        np.testing.assert_allclose(
            digit.reading.activations,
            window.session.reader.feed_forward(image.ravel()),
            atol=1e-5,
        )
    window.session.read_now()
    assert [len(digit.indices) for digit in window.session.number.digits] == [
        len(digit.indices) for digit in digits
    ]


def test_numbers_of_real_hands(window: MainWindow) -> None:
    file = STROKES / "pendigits.jsonl.gz"
    if not file.is_file():
        pytest.skip(f"NO REAL STROKES: {file.name} is not beside the repository")
    generator = np.random.default_rng(0)
    samples = [sample for sample in read_strokes(file) if sample.extra["writer"] == "1"]
    samples = samples or read_strokes(file)[:250]
    right = 0
    for _ in range(20):
        chosen = [samples[i] for i in generator.choice(len(samples), 4, replace=False)]
        strokes = side_by_side(chosen, generator)
        draw(window.canvas, *on_canvas(strokes, window.canvas))
        text = "".join(str(sample.label) for sample in chosen)
        right += window.answer.number.text() == text
        assert window.session.reading.verdict is not Verdict.EMPTY
        window.session.clear()
    assert right >= 18


def test_the_first_stroke_is_read_at_every_point(window: MainWindow) -> None:
    # A curl: halfway it looks like two digits that touch, which takes a closer look.
    angle = np.linspace(0.3, 4.2 * np.pi, 90)
    radius = np.linspace(0.36, 0.12, 90) * min(window.canvas.width(), window.canvas.height())
    x = window.canvas.width() / 2 + radius * np.cos(angle) * 0.7
    y = window.canvas.height() / 2 + radius * np.sin(angle)
    canvas, session = window.canvas, window.session
    images: list[NDArray[np.float32]] = []
    session.reading_changed.connect(lambda _reading, image: images.append(image))
    points = [QPoint(round(a), round(b)) for a, b in zip(x, y, strict=True)]
    QTest.mousePress(canvas, LEFT, pos=points[0])
    unread = []
    for place, point in enumerate(points[1:]):
        QApplication.processEvents()
        images.clear()
        QTest.mouseMove(canvas, point)
        QApplication.processEvents()
        if not images:
            unread.append(place)
    QTest.mouseRelease(canvas, LEFT, pos=points[-1])
    assert unread == []
