"""The canvas, through the events that a mouse, a pen, a finger and a keyboard send."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QInputDevice,
    QMouseEvent,
    QPalette,
    QPointingDevice,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from digitpad.app.drawing.canvas import Canvas
from digitpad.app.page import Photo
from digitpad.app.session import Session
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network

LEFT, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
NO_KEY = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    canvas = Canvas(Session(Model(Network((784, 10), seed=1), {})))
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor("white"))
    palette.setColor(QPalette.ColorRole.Text, QColor("black"))
    canvas.setPalette(palette)
    qtbot.addWidget(canvas)
    canvas.resize(400, 300)
    canvas.show()
    qtbot.waitExposed(canvas)
    return canvas


def drag(canvas: Canvas, *points: tuple[int, int]) -> None:
    at = [QPoint(*point) for point in points]
    QTest.mousePress(canvas, LEFT, NO_KEY, at[0])
    for point in at[1:]:
        QTest.mouseMove(canvas, point)
    QTest.mouseRelease(canvas, LEFT, NO_KEY, at[-1])


def picture(canvas: Canvas) -> np.ndarray:
    """Return the lightness of the canvas's pixels, (height, width)."""
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : image.width()].copy()


def ink(canvas: Canvas) -> np.ndarray:
    return picture(canvas)[4:-4, 4:-4] < 60


def test_a_drag_is_one_stroke_of_all_its_points(canvas: Canvas) -> None:
    drag(canvas, (50, 50), (60, 70), (80, 90), (120, 100))
    (stroke,) = canvas.session.strokes
    expected = (np.array([(50, 50), (60, 70), (80, 90), (120, 100)]) - (200, 150)) / 300
    np.testing.assert_allclose(stroke[:, :2], expected)


def test_a_click_is_a_dot(canvas: Canvas) -> None:
    QTest.mouseClick(canvas, LEFT, NO_KEY, QPoint(100, 100))
    assert [len(stroke) for stroke in canvas.session.strokes] == [1]
    assert ink(canvas)[96, 96]


def test_a_stroke_ends_where_the_button_was_released(canvas: Canvas) -> None:
    QTest.mousePress(canvas, LEFT, NO_KEY, QPoint(50, 50))
    mouse(canvas, QEvent.Type.MouseButtonRelease, (110, 80), LEFT, NO_BUTTON)
    (stroke,) = canvas.session.strokes
    np.testing.assert_allclose(stroke[-1, :2] * 300 + (200, 150), (110, 80))


def mouse(
    canvas: Canvas,
    kind: QEvent.Type,
    at: tuple[float, float],
    button: Qt.MouseButton,
    held: Qt.MouseButton,
    device: QPointingDevice | None = None,
) -> None:
    here = QPointF(*at)
    there = QPointF(canvas.mapToGlobal(here))
    device = device or QPointingDevice.primaryPointingDevice()
    event = QMouseEvent(kind, here, there, there, button, held, NO_KEY, device)
    QApplication.sendEvent(canvas, event)


def test_another_button_does_not_end_a_stroke(canvas: Canvas) -> None:
    right = Qt.MouseButton.RightButton
    mouse(canvas, QEvent.Type.MouseButtonPress, (50, 50), LEFT, LEFT)
    mouse(canvas, QEvent.Type.MouseButtonPress, (50, 50), right, LEFT | right)
    mouse(canvas, QEvent.Type.MouseMove, (90, 90), NO_BUTTON, LEFT | right)
    mouse(canvas, QEvent.Type.MouseButtonRelease, (90, 90), right, LEFT)
    mouse(canvas, QEvent.Type.MouseMove, (130, 90), NO_BUTTON, LEFT)
    mouse(canvas, QEvent.Type.MouseButtonRelease, (130, 90), LEFT, NO_BUTTON)
    (stroke,) = canvas.session.strokes
    np.testing.assert_allclose(
        stroke[:, :2] * 300 + (200, 150), [(50, 50), (90, 90), (130, 90)], atol=1e-9
    )


def test_another_device_does_not_disturb_a_stroke(canvas: Canvas) -> None:
    screen = QTest.createTouchDevice()
    other = QPointingDevice(
        "another mouse",
        99,
        QInputDevice.DeviceType.Mouse,
        QPointingDevice.PointerType.Generic,
        QInputDevice.Capability.Position,
        1,
        3,
    )
    mouse(canvas, QEvent.Type.MouseButtonPress, (50, 50), LEFT, LEFT)
    QTest.touchEvent(canvas, screen).press(0, QPoint(300, 200), canvas).commit()
    mouse(canvas, QEvent.Type.MouseButtonPress, (200, 20), LEFT, LEFT, other)
    mouse(canvas, QEvent.Type.MouseMove, (90, 90), NO_BUTTON, LEFT)
    mouse(canvas, QEvent.Type.MouseMove, (250, 20), NO_BUTTON, LEFT, other)
    mouse(canvas, QEvent.Type.MouseButtonRelease, (250, 20), LEFT, NO_BUTTON, other)
    QTest.touchEvent(canvas, screen).release(0, QPoint(300, 200), canvas).commit()
    pen(canvas, QEvent.Type.TabletRelease, (10, 10), 0.5)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    assert canvas.session.growing
    mouse(canvas, QEvent.Type.MouseMove, (130, 90), NO_BUTTON, LEFT)
    mouse(canvas, QEvent.Type.MouseButtonRelease, (130, 90), LEFT, NO_BUTTON)
    (stroke,) = canvas.session.strokes
    np.testing.assert_allclose(
        stroke[:, :2] * 300 + (200, 150), [(50, 50), (90, 90), (130, 90)], atol=1e-9
    )
    mouse(canvas, QEvent.Type.MouseButtonPress, (200, 20), LEFT, LEFT, other)
    assert len(canvas.session.strokes) == 2  # the next stroke is anyone's


@pytest.mark.parametrize("command", ["undo", "redo", "clear"])
def test_a_command_while_the_pen_is_down_drops_its_stroke_only(
    canvas: Canvas, command: str
) -> None:
    for x in (100, 200, 300):
        drag(canvas, (x, 50), (x, 250))
    canvas.session.undo()
    mouse(canvas, QEvent.Type.MouseButtonPress, (50, 50), LEFT, LEFT)
    mouse(canvas, QEvent.Type.MouseMove, (90, 90), NO_BUTTON, LEFT)
    assert canvas.session.can_undo
    getattr(canvas.session, command)()
    assert len(canvas.session.strokes) == 2
    mouse(canvas, QEvent.Type.MouseMove, (130, 90), NO_BUTTON, LEFT)
    mouse(canvas, QEvent.Type.MouseButtonRelease, (130, 90), LEFT, NO_BUTTON)
    assert len(canvas.session.strokes) == 2
    canvas.session.redo()
    assert len(canvas.session.strokes) == 3


@pytest.mark.parametrize("page", ["strokes", "picture", "drawing", "of another window"])
def test_another_page_while_the_pen_is_down_drops_its_stroke_only(
    canvas: Canvas, page: str
) -> None:
    session = canvas.session
    drag(canvas, (100, 50), (100, 250))
    session.clear()
    mouse(canvas, QEvent.Type.MouseButtonPress, (50, 50), LEFT, LEFT)
    mouse(canvas, QEvent.Type.MouseMove, (90, 90), NO_BUTTON, LEFT)
    if page == "strokes":
        session.show_strokes([[[0, 0], [1, 2]]])
    elif page == "picture":
        session.show_picture(np.eye(28, dtype=np.float32))
    elif page == "drawing":
        session.show_drawing(session.drawings[0])
    else:
        session.restore(session.undo_stack.undone())
    shown, picture = session.strokes, session.picture
    assert not session.growing
    mouse(canvas, QEvent.Type.MouseMove, (130, 90), NO_BUTTON, LEFT)
    mouse(canvas, QEvent.Type.MouseButtonRelease, (130, 90), LEFT, NO_BUTTON)
    assert session.picture is picture
    assert (picture is None) == (len(shown) == 1)
    assert len(session.strokes) == len(shown)
    assert all(map(np.array_equal, session.strokes, shown))


def test_an_undo_while_erasing_ends_it(canvas: Canvas) -> None:
    drag(canvas, (100, 50), (100, 250))
    canvas.set_erasing(True)
    mouse(canvas, QEvent.Type.MouseButtonPress, (100, 100), LEFT, LEFT)
    assert canvas.session.is_empty
    canvas.session.undo()
    mouse(canvas, QEvent.Type.MouseMove, (101, 120), NO_BUTTON, LEFT)
    mouse(canvas, QEvent.Type.MouseButtonRelease, (101, 120), LEFT, NO_BUTTON)
    assert len(canvas.session.strokes) == 1


def test_another_window_in_front_ends_the_stroke(canvas: Canvas) -> None:
    mouse(canvas, QEvent.Type.MouseButtonPress, (50, 50), LEFT, LEFT)
    mouse(canvas, QEvent.Type.MouseMove, (90, 90), NO_BUTTON, LEFT)
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.WindowDeactivate))
    assert not canvas.session.growing
    mouse(canvas, QEvent.Type.MouseMove, (190, 90), NO_BUTTON, LEFT)
    (stroke,) = canvas.session.strokes
    assert len(stroke) == 2


def test_only_the_left_button_draws(canvas: Canvas) -> None:
    QTest.mousePress(canvas, Qt.MouseButton.MiddleButton, NO_KEY, QPoint(50, 50))
    QTest.mouseMove(canvas, QPoint(90, 90))
    QTest.mouseRelease(canvas, Qt.MouseButton.MiddleButton, NO_KEY, QPoint(90, 90))
    assert canvas.session.is_empty


def test_ink_appears_while_the_stroke_grows_and_where_the_pointer_was(canvas: Canvas) -> None:
    QTest.mousePress(canvas, LEFT, NO_KEY, QPoint(40, 150))
    seen = []
    for x in range(60, 361, 20):
        QTest.mouseMove(canvas, QPoint(x, 150))
        black = ink(canvas)
        columns = np.flatnonzero(black.any(axis=0)) + 4
        seen.append(columns.max())
        assert abs(columns.max() - x) < 12
    rows = np.flatnonzero(ink(canvas).any(axis=1)) + 4
    assert abs(rows.mean() - 150) < 2
    assert seen == sorted(seen)


def test_growing_ink_looks_like_finished_ink(canvas: Canvas) -> None:
    points = [
        (int(200 + 100 * math.cos(t / 6)), int(150 + 90 * math.sin(t / 5))) for t in range(60)
    ]
    drag(canvas, *points)
    grown = picture(canvas).astype(int)
    canvas.session.undo()
    assert not ink(canvas).any()
    canvas.session.redo()
    # Where a curve bends sharply, its pieces and the whole have slightly different outlines.
    assert (np.abs(picture(canvas) - grown) > 32).sum() < 20


def test_a_line_of_many_points_has_an_even_edge(canvas: Canvas) -> None:
    drag(canvas, *((x, 150) for x in range(50, 351, 7)))
    along = picture(canvas)[120:180, 70:330]
    edges = along[((along > 0) & (along < 255)).any(axis=1)]
    assert len(edges) == 2
    assert np.ptp(edges, axis=1).max() < 8


def test_a_slow_mouse_draws_without_steps(canvas: Canvas) -> None:
    # It reports every whole pixel on its way: a staircase.
    drag(canvas, *((x, round(100 + x / 4.3)) for x in range(50, 351)))
    dark = 255 - picture(canvas).astype(float)[:, 80:320]
    above = np.maximum.accumulate(dark, axis=0) < 250  # what lies above the line's full ink
    edge = (above * (255 - dark)).sum(axis=0) / 255
    straight = np.polyval(np.polyfit(np.arange(240), edge, 1), np.arange(240))
    assert np.abs(edge - straight).max() < 0.15


def test_a_fast_mouse_draws_curves_and_not_corners(canvas: Canvas) -> None:
    angles = np.linspace(0, 2 * math.pi, 11)
    drag(
        canvas,
        *((round(200 + 100 * math.cos(a)), round(150 + 100 * math.sin(a))) for a in angles),
    )
    rows, columns = np.nonzero(ink(canvas))
    radii = np.hypot(rows + 4 - 150, columns + 4 - 200)[columns < 250]
    assert abs(radii.mean() - 100) < 1.5
    assert radii.min() > 91
    assert radii.max() < 109


def test_ink_is_kept_within_the_canvas(canvas: Canvas) -> None:
    drag(canvas, (50, 50), (-300, 120), (700, 900), (200, 100))
    points = canvas.session.strokes[0][:, :2] * 300 + (200, 150)
    assert (points >= 0).all()
    assert (points <= (400, 300)).all()


@pytest.mark.parametrize("size", [(200, 170), (170, 400), (900, 700)])
def test_ink_is_fitted_to_another_size(canvas: Canvas, size: tuple[int, int]) -> None:
    drag(canvas, (5, 5), (395, 295))
    drag(canvas, (5, 295), (395, 5))
    before = canvas.session.strokes
    canvas.resize(*size)
    assert all(a is b for a, b in zip(before, canvas.session.strokes, strict=True))
    black = picture(canvas)[2:-2, 2:-2] < 60  # without the border
    rows, columns = np.flatnonzero(black.any(axis=1)), np.flatnonzero(black.any(axis=0))
    height, width = black.shape
    assert rows[0] > 0
    assert rows[-1] < height - 1
    assert columns[0] > 0
    assert columns[-1] < width - 1
    assert np.ptp(rows) > 0.85 * height or np.ptp(columns) > 0.85 * width


def test_after_resizing_the_pointer_still_draws_where_it_is(canvas: Canvas) -> None:
    drag(canvas, (5, 150), (395, 150))
    canvas.resize(300, 300)
    drag(canvas, (150, 40), (150, 60))
    rows = np.flatnonzero(ink(canvas)[:, 146]) + 4
    assert 30 <= rows.min() <= 40


def test_the_hint_leaves_with_the_first_ink(canvas: Canvas) -> None:
    middle = picture(canvas)[120:180, 100:300]
    assert 0 < (middle < 250).mean() < 0.5
    QTest.mouseClick(canvas, LEFT, NO_KEY, QPoint(30, 30))
    assert (picture(canvas)[120:180, 100:300] == 255).all()
    canvas.session.clear()
    assert (picture(canvas)[120:180, 100:300] == middle).all()


def test_only_what_changed_is_painted_and_nothing_is_left_of_what_was(canvas: Canvas) -> None:
    def check() -> None:
        QApplication.processEvents()
        shown = canvas.screen().grabWindow(canvas.winId()).toImage()
        assert shown == canvas.grab().toImage().convertToFormat(shown.format())

    check()
    for x, y in ((300, 60), (60, 200)):
        QTest.mousePress(canvas, LEFT, NO_KEY, QPoint(x, y))
        check()
        for step in range(1, 8):
            QTest.mouseMove(canvas, QPoint(x + step * (step - 4), y + 11 * step))
            check()
        QTest.mouseRelease(canvas, LEFT, NO_KEY, QPoint(x + 30, y + 90))
        check()
    canvas.session.undo()
    check()
    canvas.session.clear()
    check()


def test_the_eraser_removes_the_strokes_that_it_crosses(canvas: Canvas) -> None:
    for x in (100, 200, 300):
        drag(canvas, (x, 50), (x, 250))
    canvas.set_erasing(True)
    drag(canvas, (60, 150), (240, 150))
    assert len(canvas.session.strokes) == 1
    assert canvas.session.strokes[0][0, 0] > 0
    canvas.session.undo()
    canvas.session.undo()
    assert len(canvas.session.strokes) == 3
    canvas.set_erasing(False)
    drag(canvas, (20, 20), (30, 30))
    assert len(canvas.session.strokes) == 4


def test_the_eraser_leaves_what_it_does_not_touch(canvas: Canvas) -> None:
    drag(canvas, (100, 50), (100, 250))
    canvas.set_erasing(True)
    drag(canvas, (130, 50), (130, 250))
    assert len(canvas.session.strokes) == 1


def pen(
    canvas: Canvas,
    kind: QEvent.Type,
    at: tuple[float, float],
    pressure: float,
    tip: QPointingDevice.PointerType = QPointingDevice.PointerType.Pen,
    button: Qt.MouseButton = LEFT,
) -> None:
    device = QPointingDevice(
        "pen",
        7,
        QInputDevice.DeviceType.Stylus,
        tip,
        QInputDevice.Capability.Position | QInputDevice.Capability.Pressure,
        1,
        3,
    )
    down = kind != QEvent.Type.TabletRelease
    position = QPointF(*at)
    event = QTabletEvent(
        kind,
        device,
        position,
        QPointF(canvas.mapToGlobal(position)),
        pressure,
        0,
        0,
        0,
        0,
        0,
        NO_KEY,
        NO_BUTTON if kind == QEvent.Type.TabletMove else button,
        LEFT if down or button != LEFT else NO_BUTTON,
    )
    QApplication.sendEvent(canvas, event)
    assert event.isAccepted()


def test_a_pen_draws_with_its_pressure(canvas: Canvas) -> None:
    pen(canvas, QEvent.Type.TabletPress, (50.5, 60.25), 0.1)
    pen(canvas, QEvent.Type.TabletMove, (150, 150), 0.5)
    pen(canvas, QEvent.Type.TabletMove, (250, 200), 1.0)
    pen(canvas, QEvent.Type.TabletRelease, (250, 200), 0.0)
    (stroke,) = canvas.session.strokes
    np.testing.assert_allclose(stroke[:, 2], [0.1, 0.5, 1.0], atol=1e-3)
    np.testing.assert_allclose(stroke[0, :2], np.array([-149.5, -89.75]) / 300)


def test_the_pens_side_button_does_not_end_a_stroke(canvas: Canvas) -> None:
    side = Qt.MouseButton.RightButton
    pen(canvas, QEvent.Type.TabletPress, (50, 50), 0.5)
    pen(canvas, QEvent.Type.TabletPress, (60, 60), 0.5, button=side)
    pen(canvas, QEvent.Type.TabletMove, (70, 70), 0.5)
    pen(canvas, QEvent.Type.TabletRelease, (80, 80), 0.5, button=side)
    pen(canvas, QEvent.Type.TabletMove, (90, 90), 0.5)
    pen(canvas, QEvent.Type.TabletRelease, (90, 90), 0)
    (stroke,) = canvas.session.strokes
    np.testing.assert_allclose(
        stroke[:, :2] * 300 + (200, 150), [(50, 50), (70, 70), (90, 90)], atol=1e-9
    )


def test_a_pen_hovering_does_not_draw(canvas: Canvas) -> None:
    device = QPointingDevice.primaryPointingDevice()
    for x in range(50, 150, 20):
        position = QPointF(x, 80)
        event = QTabletEvent(
            QEvent.Type.TabletMove,
            device,
            position,
            position,
            0,
            0,
            0,
            0,
            0,
            0,
            NO_KEY,
            NO_BUTTON,
            NO_BUTTON,
        )
        QApplication.sendEvent(canvas, event)
    assert canvas.session.is_empty


def test_pressure_makes_ink_wider(canvas: Canvas) -> None:
    for y, pressure in ((80, 0.05), (220, 1.0)):
        pen(canvas, QEvent.Type.TabletPress, (50, y), pressure)
        pen(canvas, QEvent.Type.TabletMove, (350, y), pressure)
        pen(canvas, QEvent.Type.TabletRelease, (350, y), 0)
    thickness = ink(canvas)[:, 200]
    assert thickness[40:110].sum() * 2 < thickness[180:260].sum()


def test_the_pens_other_end_erases(canvas: Canvas) -> None:
    drag(canvas, (100, 50), (100, 250))
    eraser = QPointingDevice.PointerType.Eraser
    pen(canvas, QEvent.Type.TabletPress, (60, 150), 0.5, eraser)
    pen(canvas, QEvent.Type.TabletMove, (140, 150), 0.5, eraser)
    pen(canvas, QEvent.Type.TabletRelease, (140, 150), 0, eraser)
    assert canvas.session.is_empty
    drag(canvas, (100, 50), (100, 250))
    assert len(canvas.session.strokes) == 1


def test_a_finger_draws_once(canvas: Canvas) -> None:
    screen = QTest.createTouchDevice()
    QTest.touchEvent(canvas, screen).press(0, QPoint(80, 80), canvas).commit()
    for x in range(100, 200, 20):
        QTest.touchEvent(canvas, screen).move(0, QPoint(x, x), canvas).commit()
    QTest.touchEvent(canvas, screen).release(0, QPoint(180, 180), canvas).commit()
    (stroke,) = canvas.session.strokes
    assert len(stroke) == 6


def cancel_touch(canvas: Canvas, screen: QPointingDevice) -> None:
    QApplication.sendEvent(canvas, QTouchEvent(QEvent.Type.TouchCancel, screen))


def test_a_touch_that_the_system_takes_over_leaves_nothing(canvas: Canvas) -> None:
    screen = QTest.createTouchDevice()
    QTest.touchEvent(canvas, screen).press(0, QPoint(80, 80), canvas).commit()
    QTest.touchEvent(canvas, screen).move(0, QPoint(120, 90), canvas).commit()
    assert canvas.session.growing
    cancel_touch(canvas, screen)
    assert canvas.session.is_empty
    assert not canvas.session.can_undo
    QTest.touchEvent(canvas, screen).release(0, QPoint(120, 90), canvas).commit()
    assert canvas.session.is_empty


def test_after_a_touch_that_erased_was_taken_over_the_pen_draws(canvas: Canvas) -> None:
    screen = QTest.createTouchDevice()
    canvas.set_erasing(True)
    QTest.touchEvent(canvas, screen).press(0, QPoint(80, 80), canvas).commit()
    cancel_touch(canvas, screen)
    canvas.set_erasing(False)
    drag(canvas, (50, 50), (90, 90), (120, 120))
    (stroke,) = canvas.session.strokes
    assert len(stroke) == 3


def test_the_ball_of_the_hand_does_not_draw(canvas: Canvas) -> None:
    screen = QTest.createTouchDevice()
    QTest.touchEvent(canvas, screen).press(0, QPoint(80, 80), canvas).commit()
    both = QTest.touchEvent(canvas, screen)
    both.stationary(0).press(1, QPoint(300, 250), canvas).commit()
    both = QTest.touchEvent(canvas, screen)
    both.move(0, QPoint(100, 120), canvas).move(1, QPoint(310, 260), canvas).commit()
    both = QTest.touchEvent(canvas, screen)
    both.release(0, QPoint(100, 120), canvas).release(1, QPoint(310, 260), canvas).commit()
    (stroke,) = canvas.session.strokes
    assert (stroke[:, :2] * 300 + (200, 150)).max() < 125


def test_mouse_events_made_of_touch_are_not_drawn_again(canvas: Canvas) -> None:
    at = QPointF(50, 50)
    event = QMouseEvent(
        QEvent.Type.MouseButtonPress,
        at,
        at,
        at,
        LEFT,
        LEFT,
        NO_KEY,
        Qt.MouseEventSource.MouseEventSynthesizedBySystem,
    )
    QApplication.sendEvent(canvas, event)
    assert canvas.session.is_empty


def test_one_can_draw_and_erase_by_keyboard(canvas: Canvas) -> None:
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Left)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    for _ in range(5):
        QTest.keyClick(canvas, Qt.Key.Key_Down)
    QTest.keyClick(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    (stroke,) = canvas.session.strokes
    np.testing.assert_allclose(stroke[0, :2], [-0.04, 0], atol=1e-9)
    np.testing.assert_allclose(stroke[-1, :2], [-0.03, 0.2], atol=1e-9)
    canvas.set_erasing(True)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    assert canvas.session.is_empty


def test_the_keyboards_pen_is_lifted_when_the_keys_go_elsewhere(
    canvas: Canvas, qtbot: QtBot
) -> None:
    other = QLineEdit(canvas)
    other.show()
    canvas.activateWindow()
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    assert canvas.session.growing
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    assert not canvas.session.growing
    (stroke,) = canvas.session.strokes
    assert len(stroke) == 2
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    assert not canvas.session.growing


def test_escape_forgets_the_growing_stroke(canvas: Canvas) -> None:
    QTest.mousePress(canvas, LEFT, NO_KEY, QPoint(50, 50))
    QTest.mouseMove(canvas, QPoint(90, 90))
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(canvas, LEFT, NO_KEY, QPoint(90, 90))
    assert canvas.session.is_empty
    assert not canvas.session.can_undo


def test_a_picture_is_shown(canvas: Canvas) -> None:
    image = np.zeros((28, 28), dtype=np.float32)
    image[10:18, 10:18] = 1
    canvas.session.show_picture(image)
    assert picture(canvas)[150, 200] < 60
    QTest.mouseClick(canvas, LEFT, NO_KEY, QPoint(30, 30))
    assert picture(canvas)[150, 200] < 60  # a click draws nothing
    drag(canvas, (30, 30), (60, 90))
    assert picture(canvas)[150, 200] == 255


def test_a_photograph_is_shown_with_its_digit_outlined(canvas: Canvas) -> None:
    pixels = np.full((30, 40, 3), 200, dtype=np.uint8)
    pixels[10:20, 15:22] = 20
    image = np.zeros((28, 28), dtype=np.float32)
    canvas.session.show_picture(image, Photo(pixels, (15, 10, 22, 20)))
    scale = 0.92 * min(400 / 40, 300 / 30)
    shown = canvas.grab().toImage()

    def colour(x: float, y: float) -> QColor:
        return shown.pixelColor(round(200 + (x - 20) * scale), round(150 + (y - 15) * scale))

    assert colour(5, 5).lightness() == pytest.approx(200, abs=3)
    assert colour(18, 15).lightness() == pytest.approx(20, abs=3)
    beside = 5 / scale
    for x, y in ((15 - beside, 15), (22 + beside, 15), (18, 10 - beside), (18, 20 + beside)):
        assert colour(x, y).blue() - colour(x, y).red() > 100
    QTest.mouseClick(canvas, LEFT, NO_KEY, QPoint(30, 30))
    clicked = canvas.session.photo
    drag(canvas, (30, 30), (60, 90))
    assert clicked is not None
    assert canvas.session.photo is None
    canvas.session.undo()
    assert canvas.session.photo is not None


def test_ink_takes_the_palettes_colours(canvas: Canvas) -> None:
    drag(canvas, (100, 100), (300, 200))
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor("black"))
    palette.setColor(QPalette.ColorRole.Text, QColor("white"))
    canvas.setPalette(palette)
    shown = picture(canvas)
    assert shown[150, 200] > 200
    assert shown[30, 370] < 30


def test_a_stroke_that_stays_at_its_place_is_a_dot(canvas: Canvas) -> None:
    canvas.session.show_strokes([[[0.5, 0.5]] * 3])
    assert ink(canvas).any()
