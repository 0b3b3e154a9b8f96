"""Earlier drawings of this session, and what the network that reads now makes of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from digitpad.app.page import Drawing
from digitpad.app.session import Session
from digitpad.app.widgets import theme
from digitpad.app.widgets.pictures import ink_picture

SHOWN = 10  # drawings
_GAP = 6
_LABEL = 16  # pixels below a thumbnail for the digit
_LEAST, _MOST = 26, 52  # pixels of a thumbnail's side
_EDGE = 2  # pixels around all of them, for the ring of the focus
_READ_AFTER = 60  # milliseconds, so that what the pen draws comes first


class DrawingsStrip(QWidget):
    """Thumbnails of drawings, each with the digit that the network reads in it.

    The frame has the colour of what is correct, or of what is mistaken; where nobody knows what was
    meant, it is grey.

    Signals
    -------
    chosen(Drawing)
        A drawing was clicked, or Enter pressed on it.
    """

    chosen = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setObjectName("drawings")
        self.setAccessibleName(self.tr("Your drawings"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._drawings: tuple[Drawing, ...] = ()
        self._digits: tuple[int, ...] = ()
        self._focus = 0
        self._read_soon = QTimer(self)
        self._read_soon.setSingleShot(True)
        self._read_soon.setInterval(_READ_AFTER)
        self._read_soon.timeout.connect(self._read)
        session.drawings_changed.connect(self._read_soon.start)
        session.reader_changed.connect(self._outdated)
        self._describe()

    def _outdated(self) -> None:
        # Not restarted: while a training runs, another network comes before the time is up.
        if not self._read_soon.isActive():
            self._read_soon.start()

    def _read(self) -> None:
        """Let the network that reads now read the newest drawings, unless the pen is down."""
        if self._session.growing:
            self._read_soon.start()
            return
        shown = tuple(self._session.drawings[-SHOWN:])
        digits: tuple[int, ...] = ()
        if shown:
            outputs = self._session.reader.feed_forward(_images_of(shown))
            digits = tuple(outputs.argmax(axis=1).tolist())
        if shown == self._drawings and digits == self._digits:
            return
        self._drawings, self._digits = shown, digits
        # While it is empty, there is nothing that could show the focus.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if shown else Qt.FocusPolicy.NoFocus)
        self._focus = min(self._focus, max(0, len(shown) - 1))
        self._describe()
        self.update()

    def digits(self) -> tuple[int, ...]:
        """Return the digits shown, oldest drawing first."""
        return self._digits

    def correct(self) -> tuple[bool | None, ...]:
        """Return whether each digit shown is the right one; None where nobody knows."""
        return tuple(
            None if drawing.label is None else drawing.label == digit
            for drawing, digit in zip(self._drawings, self._digits, strict=True)
        )

    def _describe(self) -> None:
        parts = [self._tip(place) for place in range(len(self._drawings))]
        self.setAccessibleDescription(" ".join(parts) or self.tr("No drawings yet."))

    def _tip(self, place: int) -> str:
        digit, label = self._digits[place], self._drawings[place].label
        if label is None:
            return self.tr("Read as {digit}.").format(digit=digit)
        if label == digit:
            return self.tr("Read as {digit}: correct.").format(digit=digit)
        return self.tr("Read as {digit}, but it is a {label}.").format(digit=digit, label=label)

    # -- geometry ------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Return room for all thumbnails, so that nothing moves when they come."""
        return QSize(5 * (_MOST + _GAP), self.heightForWidth(5 * (_MOST + _GAP)))

    def minimumSizeHint(self) -> QSize:
        """Return room for the smallest thumbnails."""
        width = 5 * (_LEAST + _GAP)
        return QSize(width, self.heightForWidth(width))

    def hasHeightForWidth(self) -> bool:
        """Say that a wider strip may need less height."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height that all thumbnails need at this width."""
        columns, side = self._grid(width)
        return SHOWN // columns * (side + _LABEL) + 2 * _EDGE

    @staticmethod
    def _grid(width: int) -> tuple[int, int]:
        """Return how many thumbnails stand side by side, and how large they are."""
        columns = SHOWN if width >= SHOWN * (40 + _GAP) else SHOWN // 2
        side = (width - 2 * _EDGE + _GAP) // columns - _GAP
        return columns, min(_MOST, max(_LEAST, side))

    def thumbnail(self, place: int) -> QRect:
        """Return where a drawing's thumbnail is."""
        columns, side = self._grid(self.width())
        row, column = divmod(place, columns)
        return QRect(_EDGE + column * (side + _GAP), _EDGE + row * (side + _LABEL), side, side)

    def _place_at(self, position: QPoint) -> int | None:
        for place in range(len(self._drawings)):
            if self.thumbnail(place).adjusted(0, 0, 0, _LABEL).contains(position):
                return place
        return None

    # -- events --------------------------------------------------------------------------------

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the drawing under the pointer."""
        place = self._place_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self.chosen.emit(self._drawings[place])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move between drawings with the arrow keys; Enter chooses."""
        columns, _ = self._grid(self.width())
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
        }
        key = Qt.Key(event.key())
        if key in steps and self._drawings:
            self._focus = min(max(0, self._focus + steps[key]), len(self._drawings) - 1)
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._drawings:
            self.chosen.emit(self._drawings[self._focus])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Say what is read in the drawing under the pointer."""
        if isinstance(event, QHelpEvent):
            place = self._place_at(event.pos())
            QToolTip.showText(event.globalPos(), "" if place is None else self._tip(place), self)
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show which drawing has the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that none has the focus."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the thumbnails, their frames and digits."""
        palette = self.palette()
        colours = theme.colours(palette)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 0.9)
        painter.setFont(font)
        frames = {
            None: palette.color(QPalette.ColorRole.Mid),
            True: colours.correct,
            False: colours.mistaken,
        }
        for place, (drawing, digit, correct) in enumerate(
            zip(self._drawings, self._digits, self.correct(), strict=True)
        ):
            box = QRectF(self.thumbnail(place))
            painter.drawImage(box, ink_picture(drawing.image, palette))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(frames[correct], 1.5))
            painter.drawRoundedRect(box, 3, 3)
            if self.hasFocus() and place == self._focus:
                painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 2))
                painter.drawRoundedRect(box.adjusted(-2, -2, 2, 2), 4, 4)
            colour = (
                palette.color(QPalette.ColorRole.PlaceholderText)
                if correct is None
                else frames[correct]
            )
            painter.setPen(colour)
            under = QRectF(box.bottomLeft() + QPointF(0, 1), box.bottomRight() + QPointF(0, _LABEL))
            painter.drawText(under, Qt.AlignmentFlag.AlignCenter, str(digit))
        painter.end()


def _images_of(drawings: Sequence[Drawing]) -> NDArray[np.float32]:
    """Return the drawings as inputs of a network, (n, 784) float32."""
    return np.array([drawing.image for drawing in drawings], dtype=np.float32).reshape(-1, 784)
