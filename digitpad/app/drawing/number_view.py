"""A number that was read, its digits to be selected one by one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from digitpad.app.widgets import theme
from digitpad.app.widgets.keys import pressed_digit
from digitpad.recognition.number import NumberReading
from digitpad.recognition.recognise import Verdict

_LARGEST, _SMALLEST = 96, 18  # pixels of a digit
_MARGIN = 6


class NumberView(QWidget):
    """Shows the digits of a number; a digit that the network is not sure of is quiet.

    Signals
    -------
    selected(place)
        The user has selected another digit, from 0 at the left.
    labelled(digit)
        The user says, by its key, which digit the selected one is.
    """

    selected = Signal(int)
    labelled = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("number")
        self.setAccessibleName(self.tr("Number"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._number = NumberReading((), (), ())
        self._place = 0
        self._describe()

    def show_number(self, number: NumberReading, place: int | None = None) -> None:
        """Show another number, of which the digit at a place is selected.

        By default the selection stays at its place as far as there is one.
        """
        self._number = number
        wanted = self._place if place is None else place
        self._place = min(wanted, max(0, len(number.digits) - 1))
        self._describe()
        self.update()

    @property
    def place(self) -> int:
        """The selected digit, from 0 at the left."""
        return self._place

    def text(self) -> str:
        """Return what is shown, such as “2026” or “3.14”."""
        return self._number.text

    def select(self, place: int) -> None:
        """Select a digit; nothing if there is none at that place."""
        if 0 <= place < len(self._number.digits) and place != self._place:
            self._place = place
            self._describe()
            self.update()
            self.selected.emit(place)

    def _describe(self) -> None:
        if not self._number.digits:
            self.setAccessibleDescription(self.tr("No digits"))
            return
        digit = self._number.digits[self._place].reading.digit
        text = self.tr("{number}; selected: {digit}, at place {place} of {count}")
        self.setAccessibleDescription(
            text.format(
                number=self.text(),
                digit=digit,
                place=self._place + 1,
                count=len(self._number.digits),
            )
        )

    # -- geometry --------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Return room for four large digits."""
        return QSize(4 * 60 + 2 * _MARGIN, round(1.2 * _LARGEST))

    def minimumSizeHint(self) -> QSize:
        """Return room for four small digits."""
        return QSize(4 * _SMALLEST, 2 * _SMALLEST)

    def _font(self) -> QFont:
        """Return the largest font in which the number fits."""
        font = QFont(self.font())
        font.setWeight(QFont.Weight.Medium)
        size = max(min(_LARGEST, round((self.height() - 2 * _MARGIN) / 1.15)), _SMALLEST)
        font.setPixelSize(size)
        width = QFontMetricsF(font).horizontalAdvance(self.text()) * 1.12
        room = self.width() - 2 * _MARGIN
        if width > room > 0:
            font.setPixelSize(max(_SMALLEST // 2, int(size * room / width)))
        return font

    def boxes(self) -> list[QRectF]:
        """Return where each digit is painted."""
        metrics = QFontMetricsF(self._font())
        digit = metrics.horizontalAdvance("0") * 1.12
        point = metrics.horizontalAdvance(".")
        count, points = len(self._number.digits), self._number.points
        space = metrics.horizontalAdvance(" ") * 1.12  # between lines
        breaks = self._number.breaks
        x = (self.width() - digit * count - point * len(points) - space * len(breaks)) / 2
        found = []
        for place in range(count):
            x += point * points.count(place) + space * breaks.count(place)
            found.append(QRectF(x, (self.height() - metrics.height()) / 2, digit, metrics.height()))
            x += digit
        return found

    def _place_at(self, position: QPointF) -> int | None:
        for place, box in enumerate(self.boxes()):
            if box.left() <= position.x() < box.right():
                return place
        return None

    # -- events ----------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the digit that is clicked."""
        place = self._place_at(event.position())
        if place is not None:
            self.select(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Select by the arrow keys, Home and End."""
        last = len(self._number.digits) - 1
        places = {
            Qt.Key.Key_Left: max(0, self._place - 1),
            Qt.Key.Key_Right: min(last, self._place + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        place = places.get(Qt.Key(event.key()))
        digit = pressed_digit(event)
        if digit is not None and self._number.digits:
            if not event.isAutoRepeat():
                self.labelled.emit(digit)
        elif place is None:
            super().keyPressEvent(event)
        else:
            self.select(place)

    def changeEvent(self, event: QEvent) -> None:
        """Paint in another palette or font."""
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the digits, and a line below the one that is selected."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        painter.setFont(self._font())
        accent = palette.color(QPalette.ColorRole.Highlight)
        several = len(self._number.digits) > 1
        for place, (digit, box) in enumerate(zip(self._number.digits, self.boxes(), strict=True)):
            role = QPalette.ColorRole.WindowText
            if not digit.reading.sure:
                role = QPalette.ColorRole.PlaceholderText
            painter.setPen(palette.color(role))
            known = digit.reading.verdict is not Verdict.UNKNOWN
            text = str(digit.reading.digit) if known else "?"
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            if place in self._number.points:
                left = QRectF(box.left() - box.width(), box.top(), 2 * box.width(), box.height())
                painter.drawText(
                    QRectF(left.left(), left.top(), box.width(), left.height()),
                    Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                    ".",
                )
            if several and place == self._place:
                line = QRectF(box.left() + 3, box.bottom() - 1, box.width() - 6, 3)
                painter.fillRect(line, accent)
                painter.fillRect(box.adjusted(1, 0, -1, 0), theme.faded(accent, 0.12))
        if self.hasFocus():
            painter.setPen(QPen(accent, 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.end()
