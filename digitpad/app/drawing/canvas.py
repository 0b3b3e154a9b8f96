"""The canvas: pointer events become strokes of the session, and strokes become pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QEventPoint,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPointingDevice,
    QResizeEvent,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from digitpad.app.drawing.eraser import touched
from digitpad.app.drawing.ink import PEN, Line, line_width
from digitpad.app.drawing.ink_layer import InkLayer
from digitpad.app.drawing.picture_layer import neighbour, outlines, paint_image, paint_photo
from digitpad.app.page import Stroke
from digitpad.app.session import Session
from digitpad.app.widgets import theme
from digitpad.recognition.recognise import Verdict

# All in units of the canvas's shorter side.
_STEP = 0.04
_SMALL_STEP = 0.01

_MARGIN = 0.96  # how much of the canvas ink may fill when it is fitted to a new size
_RADIUS = 10.0  # of the corners, in pixels
_HINT_EDGE = 4  # pixels by which a font may draw beyond its box
_NO_PRESSURE = 0.5  # what a mouse or finger counts as
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class _Pointer(NamedTuple):
    """What can draw: “mouse”, “pen” or “finger”, and which of them."""

    kind: str
    number: int


class Canvas(QWidget):
    """Draws the session's page and lets mouse, pen, touch and keyboard change it.

    Ink is kept as pixels of the screen's own resolution; a new point adds one short curve to them,
    and only that part of the window is painted again.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self.setAccessibleName(self.tr("Canvas"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        # It is opaque, so nothing below it needs to be painted.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)  # for the cursor over a digit that can be selected
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.session = session
        self._hint = self.tr("Draw a digit")
        self._erasing = False
        self._pointer: _Pointer | None = None  # what draws or erases now
        # Where the pointer was pressed on a picture and went since, while that may be a click.
        self._held: list[tuple[QPointF, float]] = []
        self._eraser_at: tuple[float, float] | None = None
        self._key_pen: tuple[float, float] | None = None
        self._scale = 1.0
        self._layer = InkLayer(self.size(), 1.0, self._ink())
        self._painted: tuple[Stroke, ...] = ()
        self._line, self._line_points = Line(), 0  # the last stroke, as far as it is painted
        self._tail = QPainterPath()
        session.strokes_changed.connect(self._page_changed)
        session.stroke_grew.connect(self._paint_new_points)
        session.interrupted.connect(self._forget_pointer)
        session.number_changed.connect(self._number_changed)
        self._set_cursor()
        self._describe()

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(480, 480)

    # -- tools ---------------------------------------------------------------------------------

    @property
    def erasing(self) -> bool:
        """Whether pointer events remove strokes instead of drawing them."""
        return self._erasing

    def set_erasing(self, erasing: bool) -> None:
        """Choose the eraser or the pen."""
        self._erasing = erasing
        self._set_cursor()

    def _set_cursor(self, position: QPointF | None = None) -> None:
        """Show whether a press at a place erases, selects a digit or draws."""
        points = self._erasing or (position is not None and self._digit_at(position) is not None)
        shape = Qt.CursorShape.PointingHandCursor if points else Qt.CursorShape.CrossCursor
        if shape != self.cursor().shape():
            self.setCursor(shape)

    # -- pointer events ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the pen down."""
        if self._is_a_mouse(event) and event.button() == Qt.MouseButton.LeftButton:
            self._press(_mouse(event), event.position())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw."""
        if self._is_a_mouse(event) and event.buttons() & Qt.MouseButton.LeftButton:
            self._move(_mouse(event), event.position())
        elif not event.buttons():
            self._set_cursor(event.position())
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lift the pen."""
        if self._is_a_mouse(event) and event.button() == Qt.MouseButton.LeftButton:
            self._release(_mouse(event), event.position())
        event.accept()

    @staticmethod
    def _is_a_mouse(event: QMouseEvent) -> bool:
        # Pen and touch send events of their own; the mouse events made from them would draw twice.
        return event.source() == Qt.MouseEventSource.MouseEventNotSynthesized

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Draw with a pen; its other end erases."""
        pen, at, pressure = _Pointer("pen", _device(event)), event.position(), event.pressure()
        left = Qt.MouseButton.LeftButton  # the tip; the others are the pen's side buttons
        if event.type() == QEvent.Type.TabletPress and event.button() == left:
            erases = event.pointerType() == QPointingDevice.PointerType.Eraser
            self._press(pen, at, pressure, erases=erases)
        elif event.type() == QEvent.Type.TabletMove and event.buttons() & left:
            self._move(pen, at, pressure)
        elif event.type() == QEvent.Type.TabletRelease and event.button() == left:
            self._release(pen, at, pressure)
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Handle touch, which has no handler of its own, and the window's loss of the pointer."""
        if isinstance(event, QTouchEvent):
            self._touch(event)
            return True
        if event.type() in (QEvent.Type.WindowDeactivate, QEvent.Type.Hide):
            self._lift()  # the events that would end the stroke may not come
        return super().event(event)

    def _touch(self, event: QTouchEvent) -> None:
        if event.type() == QEvent.Type.TouchCancel:
            if self._pointer is not None and self._pointer.kind == "finger":
                self._forget_pointer()
                self.session.cancel_stroke()
            return
        for point in event.points():
            finger = _Pointer("finger", point.id())
            if point.state() == QEventPoint.State.Pressed:
                self._press(finger, point.position())
            elif point.state() == QEventPoint.State.Updated:
                self._move(finger, point.position())
            elif point.state() == QEventPoint.State.Released:
                self._release(finger, point.position())
        event.accept()

    def _press(
        self,
        pointer: _Pointer,
        position: QPointF,
        pressure: float = _NO_PRESSURE,
        *,
        erases: bool = False,
    ) -> None:
        """Begin to draw or erase, unless another pointer does: the ball of the hand, say.

        On one of several digits in a photograph, select it. A click elsewhere on a picture draws
        nothing: there, a stroke begins when the pointer has moved.
        """
        if self._pointer not in (None, pointer):
            return
        place = self._digit_at(position)
        if place is not None:
            self.session.select(place)
            return
        self._pointer = pointer
        self._key_pen = None
        self._eraser_at = None
        at = self._to_units(position)
        if self._erasing or erases:
            self.session.end_stroke()
            self._erase_to(at)
        elif self.session.picture is not None and not self.session.growing:
            self._held = [(position, pressure)]
        else:
            self.session.begin_stroke(*at, pressure)

    def _move(self, pointer: _Pointer, position: QPointF, pressure: float = _NO_PRESSURE) -> None:
        if pointer != self._pointer:
            return
        at = self._to_units(position)
        if self._held:
            self._held.append((position, pressure))
            way = position - self._held[0][0]
            if way.manhattanLength() >= QApplication.startDragDistance():
                (first, pressed), *rest = self._held
                self._held = []
                self.session.begin_stroke(*self._to_units(first), pressed)
                for place, press in rest:
                    self.session.extend_stroke(*self._to_units(place), press)
        elif self._eraser_at is not None:
            self._erase_to(at)
        elif self.session.growing:
            last = self.session.growing[-1]
            if at != last[:2]:
                self.session.extend_stroke(*at, pressure)

    def _release(
        self, pointer: _Pointer, position: QPointF, pressure: float = _NO_PRESSURE
    ) -> None:
        if pointer == self._pointer:
            self._move(pointer, position, pressure or _NO_PRESSURE)
            self._lift()

    def _lift(self) -> None:
        """End the stroke under way, or the erasing."""
        self._forget_pointer()
        self.session.end_stroke()

    def _forget_pointer(self) -> None:
        """Ignore the pointer until it is pressed again."""
        self._pointer = None
        self._held = []
        self._eraser_at = None

    def _erase_to(self, at: tuple[float, float]) -> None:
        """Remove every stroke that the eraser touches on its way here."""
        start = self._eraser_at or at
        self._eraser_at = at
        for index in touched(start, at, self.session.strokes):
            self.session.erase_stroke(index)

    # -- keyboard ------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the pen by arrow keys, put it down and lift it by Space.

        Over several digits in a photograph, the arrow keys, Home and End select one.
        """
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and self.session.growing:
            self._forget_pointer()
            self.session.cancel_stroke()
        elif self._pointer is not None:
            super().keyPressEvent(event)  # another pointer draws
            return
        elif self._shows_several() and key in (*_ARROWS, Qt.Key.Key_Home, Qt.Key.Key_End):
            self._key_pen = None
            number, place = self.session.number, self.session.place
            if key in _ARROWS:
                self.session.select(neighbour(number, place, *_ARROWS[key]))
            else:
                self.session.select(0 if key == Qt.Key.Key_Home else len(number.digits) - 1)
        elif key in _ARROWS:
            small = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            step = _SMALL_STEP if small else _STEP
            x, y = self._key_pen or (0.0, 0.0)
            right, down = _ARROWS[key]
            self._key_pen = self._to_units(self._to_pixels(x + right * step, y + down * step))
            if self._eraser_at is not None:
                self._erase_to(self._key_pen)
            elif self.session.growing:
                self.session.extend_stroke(*self._key_pen)
        elif key == Qt.Key.Key_Space and not event.isAutoRepeat():
            pen = self._key_pen or (0.0, 0.0)
            if self.session.growing or self._eraser_at is not None:
                self._eraser_at = None
                self.session.end_stroke()
            elif self._erasing:
                self._erase_to(pen)
            else:
                self.session.begin_stroke(*pen)
            self._key_pen = pen
        else:
            super().keyPressEvent(event)
            return
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Lift the keyboard's pen when the keys go elsewhere."""
        if self._key_pen is not None:
            self._key_pen = None
            self._lift()
        super().focusOutEvent(event)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys arrive here."""
        super().focusInEvent(event)
        self.update()

    # -- units and pixels ----------------------------------------------------------------------

    def _to_units(self, position: QPointF) -> tuple[float, float]:
        # The pointer may leave the canvas while it draws; ink that nobody sees must not count.
        x = min(max(position.x(), 0.0), float(self.width()))
        y = min(max(position.y(), 0.0), float(self.height()))
        return (x - self.width() / 2) / self._scale, (y - self.height() / 2) / self._scale

    def _to_pixels(self, x: float, y: float) -> QPointF:
        return QPointF(
            self.width() / 2 + x * self._scale,
            self.height() / 2 + y * self._scale,
        )

    def _fit(self) -> None:
        """Choose how large a unit is: the shorter side, or less if ink would be cut off."""
        width, height = self.width(), self.height()
        self._scale = float(max(1, min(width, height)))
        strokes = self.session.strokes
        if strokes:
            points = np.concatenate(strokes)[:, :2]
            reach = np.abs(points).max(axis=0) + PEN / 2
            room = np.array([width, height]) / 2 * _MARGIN
            self._scale = max(1.0, min(self._scale, float((room / reach).min())))

    # -- paint ---------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the ink into the new size."""
        super().resizeEvent(event)
        self._repaint_all()

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._repaint_all()

    def _page_changed(self) -> None:
        self._set_cursor()
        strokes = tuple(self.session.strokes)
        old = self._painted
        grown = len(strokes) == len(old) + 1 and all(map(_same, old, strokes))
        if not grown or self._outgrown(strokes[-1]):
            self._repaint_all()
            return
        # The usual case: a stroke was finished, and most of it is painted already.
        self._painted = strokes
        self._paint_points(strokes[-1])
        self._update(self._line.end())
        self._line, self._line_points = Line(), 0

    def _outgrown(self, stroke: Stroke) -> bool:
        """Whether some of the stroke lies outside the canvas."""
        reach = np.abs(stroke[:, :2]).max(axis=0) * self._scale
        return bool(reach[0] > self.width() / 2 + 1 or reach[1] > self.height() / 2 + 1)

    def _repaint_all(self) -> None:
        self._fit()
        self._layer = InkLayer(self.size(), self.devicePixelRatioF(), self._ink())
        growing = bool(self.session.growing)
        strokes = self.session.strokes
        self._painted = tuple(strokes[:-1] if growing else strokes)
        for stroke in self._painted:
            self._line, self._line_points = Line(), 0
            self._paint_points(stroke)
            self._update(self._line.end())
        self._line, self._line_points = Line(), 0
        if growing:
            self._paint_new_points()
        self.update()

    def _paint_new_points(self) -> None:
        """Paint what has become certain of the growing stroke."""
        points = self.session.growing
        self._paint_points(points)
        if len(points) > 1:
            return
        # The first ink replaces a picture or the hint.
        if self.session.picture is None:
            self.update(self._hint_box())
        else:
            self.update()

    def _paint_points(self, stroke: Sequence[Sequence[float]] | Stroke) -> None:
        """Paint the points of the last stroke that are not painted yet, and the tail after them."""
        new = stroke[self._line_points :]
        self._line_points += len(new)
        shapes = [self._tail]  # which may look different now
        for x, y, pressure in new:
            shapes += self._add(
                self._line.add(self._to_pixels(x, y), line_width(pressure, self._scale))
            )
        self._tail = self._line.tail()
        self._update([*shapes, self._tail], painted=True)

    def _add(self, shapes: list[QPainterPath]) -> list[QPainterPath]:
        for shape in shapes:
            self._layer.add(shape)
        return shapes

    def _update(self, shapes: list[QPainterPath], *, painted: bool = False) -> None:
        """Add shapes to the ink, unless that is done, and repaint where they are."""
        box = QRectF()
        for shape in shapes if painted else self._add(shapes):
            box = box.united(shape.boundingRect())
        if not box.isEmpty():
            self.update(box.adjusted(-2, -2, 2, 2).toAlignedRect())

    def _ink(self) -> QColor:
        return self.palette().color(QPalette.ColorRole.Text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the background, the hint or picture, and the ink."""
        if self._layer.ratio != self.devicePixelRatioF():
            self._repaint_all()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        border = palette.color(QPalette.ColorRole.Mid)
        if self.hasFocus():
            border = palette.color(QPalette.ColorRole.Highlight)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if area.adjusted(_RADIUS, _RADIUS, -_RADIUS, -_RADIUS).contains(QRectF(event.rect())):
            painter.fillRect(event.rect(), palette.color(QPalette.ColorRole.Base))
        else:
            painter.fillRect(event.rect(), palette.color(QPalette.ColorRole.Window))
            painter.setPen(QPen(border, 1))
            painter.setBrush(palette.color(QPalette.ColorRole.Base))
            painter.drawRoundedRect(area, _RADIUS, _RADIUS)
        growing = self.session.growing
        if self.session.photo is not None and not growing:
            number, place = self.session.number, self.session.place
            paint_photo(painter, self.session.photo, self.size(), number, place)
        elif self.session.picture is not None and not growing:
            paint_image(painter, self.session.picture, self.size(), self._ink())
        elif self.session.is_empty:
            self._paint_hint(painter)
        self._layer.paint(painter)
        if len(growing) > 1:
            painter.fillPath(self._tail, self._ink())
        if self._key_pen is not None:
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            radius = PEN * self._scale
            painter.drawEllipse(self._to_pixels(*self._key_pen), radius, radius)
        painter.end()

    def _paint_hint(self, painter: QPainter) -> None:
        painter.setPen(theme.faded(self._ink(), 0.32))
        painter.setFont(self._hint_font())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._hint)

    def _hint_font(self) -> QFont:
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 1.7)
        font.setWeight(font.Weight.Light)
        return font

    def _hint_box(self) -> QRect:
        metrics = QFontMetrics(self._hint_font())
        box = metrics.boundingRect(self.rect(), Qt.AlignmentFlag.AlignCenter, self._hint)
        return box.adjusted(-_HINT_EDGE, -_HINT_EDGE, _HINT_EDGE, _HINT_EDGE)

    def _number_changed(self) -> None:
        self._describe()
        if self.session.photo is not None:
            self.update()

    def _describe(self) -> None:
        """Say to a screen reader what the keys do here, and which digit they have selected."""
        if not self._shows_several():
            text = self.tr(
                "Draw a digit here with mouse, pen or finger. On the keyboard, the arrow keys move "
                "the pen, and Space puts it down and lifts it."
            )
        else:
            number, place = self.session.number, self.session.place
            reading = number.digits[place].reading
            text = self.tr(
                "Digit {place} of {count}, read as {digit}. The arrow keys select another digit, "
                "and a digit’s key corrects it."
            )
            if reading.verdict is Verdict.UNKNOWN:
                text = self.tr(
                    "Digit {place} of {count}, not recognised. The arrow keys select another "
                    "digit, and a digit’s key corrects it."
                )
            elif not reading.sure:
                text = self.tr(
                    "Digit {place} of {count}, perhaps {digit}. The arrow keys select another "
                    "digit, and a digit’s key corrects it."
                )
            text = text.format(place=place + 1, count=len(number.digits), digit=reading.digit)
        if text != self.accessibleDescription():  # which tells screen readers
            self.setAccessibleDescription(text)

    def _shows_several(self) -> bool:
        """Whether a photograph of several digits is shown."""
        session = self.session
        return session.photo is not None and not session.growing and len(session.number.digits) > 1

    def photo_boxes(self) -> list[QRectF]:
        """Return where each digit of the photograph is outlined."""
        photo = self.session.photo
        return [] if photo is None or self.session.growing else outlines(photo, self.size())

    def _digit_at(self, position: QPointF) -> int | None:
        """Return which of several digits in a photograph is at a place."""
        if not self._shows_several():
            return None
        for place, outline in enumerate(self.photo_boxes()):
            if outline.contains(position):
                return place
        return None


def _mouse(event: QMouseEvent) -> _Pointer:
    return _Pointer("mouse", _device(event))


def _device(event: QMouseEvent | QTabletEvent) -> int:
    return int(event.device().systemId())


def _same(one: object, other: object) -> bool:
    return one is other
