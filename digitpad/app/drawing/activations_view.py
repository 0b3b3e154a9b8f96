"""The ten output activations as bars, drawn differently for each verdict."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from digitpad.app.drawing import verdicts
from digitpad.app.widgets import numbers, theme
from digitpad.app.widgets.keys import pressed_digit
from digitpad.app.widgets.theme import faded
from digitpad.recognition.recognise import Reading, Verdict

# Changes of an activation that can be seen: of a bar's length, and of two decimals.
_STEPS = 1000
_THIN = 3.0  # pixels of another network's bars
_LOW = 0.005  # what is drawn as nothing


class ActivationsView(QWidget):
    """Bars for the digits 0 to 9, each from 0 to 1.

    Signals
    -------
    digit_chosen(int)
        The drawing is this digit, the user says by a click on its bar, its key or the menu.
    """

    digit_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("activations")
        self.setAccessibleName(self.tr("Activations"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        # Its dock would paint all of its own background below whatever changes here.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        # So that a screen reader can be led to the description.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumSize(150, 190)
        self._values = np.zeros(10)
        self._compared: NDArray[np.float64] | None = None
        self._compared_colour = QColor()
        self._compared_name = ""
        self._winners: tuple[int, ...] = ()
        self._verdict = Verdict.EMPTY
        self._hovered: int | None = None  # the row under the pointer
        self._pressed: int | None = None
        self._describe()

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(300, 330)

    def values(self) -> NDArray[np.float64]:
        """Return the activations shown, (10,) in [0, 1]."""
        return self._values.copy()

    @property
    def verdict(self) -> Verdict:
        """The verdict of the reading shown."""
        return self._verdict

    def show_reading(self, reading: Reading) -> None:
        """Show a reading; of an empty image the bars stay quiet."""
        activations = np.nan_to_num(np.asarray(reading.activations, dtype=np.float64))
        before = self._values, self._verdict, self._winners
        self._values = activations.clip(0, 1)
        self._verdict, self._winners = reading.verdict, reading.candidates
        if (self._verdict, self._winners) != before[1:]:
            self.update()
            self._hover(self._hovered)
            self._describe()
            return
        # While one draws, most bars stay as they are: only what can be seen is painted again.
        changed = np.flatnonzero(np.floor(before[0] * _STEPS) != np.floor(self._values * _STEPS))
        for digit in changed.tolist():
            self.update(self._row_rect(digit))
        if len(changed):
            self._describe()

    def _describe(self) -> None:
        bars = ", ".join(
            f"{digit}: {numbers.decimal(value, 2)}" for digit, value in enumerate(self._values)
        )
        self.setAccessibleDescription(f"{verdicts.sentence(self._verdict, self._winners)}; {bars}")

    # -- geometry ------------------------------------------------------------------------------

    def _rows(self) -> tuple[float, float, float]:
        """Return the left edge of the bars, their full width, and the height of a row."""
        digit = QFontMetricsF(self._digit_font()).horizontalAdvance("0")
        value = QFontMetricsF(self._value_font()).horizontalAdvance("0.00")
        left = 14 + digit + 10
        return left, max(20.0, self.width() - left - value - 22), (self.height() - 16) / 10

    def _row_rect(self, digit: int) -> QRect:
        row = (self.height() - 16) / 10
        top, bottom = 8 + round(digit * row), 8 + round((digit + 1) * row)
        return QRect(0, top, self.width(), bottom - top)

    def _larger(self) -> float:
        """Return how many times the usual size the type has: more where a large screen has room."""
        return min(max(1.0, self.height() / 900), max(1.0, self.width() / 340), 2.5)

    def _digit_font(self) -> QFont:
        font = QFont(self.font())
        larger = self._larger()
        font.setPointSizeF(font.pointSizeF() * larger * (1.15 if self.height() > 240 else 1.0))
        return font

    def _value_font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.88 * self._larger())
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def digit_at(self, position: QPointF) -> int | None:
        """Return the digit whose row is at a position in the widget."""
        row = int((position.y() - 8) // self._rows()[2])
        return row if 0 <= row < 10 else None

    # -- saying which digit it is --------------------------------------------------------------

    def _hover(self, digit: int | None) -> None:
        """Show that the row under the pointer can be clicked, if there is a drawing."""
        for row in (self._hovered, digit):
            if row is not None:
                self.update(self._row_rect(row))
        self._hovered = digit
        if digit is None or self._verdict is Verdict.EMPTY:
            self.unsetCursor()
        else:
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Have the value of the bar under the pointer ready for the tooltip."""
        digit = self.digit_at(event.position())
        self.setToolTip("" if digit is None else self.tip(digit))
        if digit != self._hovered:
            self._hover(digit)

    def leaveEvent(self, event: QEvent) -> None:
        """Light no row any more."""
        super().leaveEvent(event)
        self._hover(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember the row: only a click that begins and ends there counts."""
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        left = event.button() == Qt.MouseButton.LeftButton
        self._pressed = self.digit_at(event.position()) if left and plain else None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take a double click for one."""
        self._pressed = None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Take a click on a row for the digit that was meant."""
        pressed, self._pressed = self._pressed, None
        inside = self.rect().contains(event.position().toPoint())
        if pressed is not None and inside and pressed == self.digit_at(event.position()):
            self._choose(pressed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let a digit's key say which digit it is."""
        digit = pressed_digit(event)
        if digit is None:
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self._choose(digit)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the digit of the row, or all ten where the keyboard asks."""
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        row = self.digit_at(QPointF(event.pos())) if by_mouse else None
        menu = QMenu(self)
        for digit in range(10) if row is None else (row,):
            action = menu.addAction(self.tr("This is a {digit}").format(digit=digit))
            action.setEnabled(self._verdict is not Verdict.EMPTY)
            action.triggered.connect(lambda _=False, digit=digit: self._choose(digit))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _choose(self, digit: int) -> None:
        if self._verdict is not Verdict.EMPTY:
            self.digit_chosen.emit(digit)

    def tip(self, digit: int) -> str:
        """Return the tooltip of a digit's bar."""
        text = self.tr("Activation of the output for {digit}: {value}")
        lines = [text.format(digit=digit, value=numbers.decimal(self._values[digit], 4))]
        if self._compared is not None:
            value = numbers.decimal(self._compared[digit], 4)
            lines.append(f"{self._compared_name}: {value}")
        if self._verdict is not Verdict.EMPTY:
            hint = self.tr("Is it a {digit}? Click to add it to your digits.")
            lines.append(hint.format(digit=digit))
        return "\n".join(lines)

    def show_compared(self, activations: ArrayLike | None, colour: QColor, name: str) -> None:
        """Show another network's activations as thin bars; None: only those of the reading.

        Parameters
        ----------
        activations : (10,) or None
            For the same drawing.
        colour : QColor
        name : str
            What the other network is called.
        """
        self._compared_colour, self._compared_name = colour, name
        self._compared = (
            None
            if activations is None
            else np.nan_to_num(np.asarray(activations, dtype=np.float64)).clip(0, 1)
        )
        self.update()

    def compared(self) -> NDArray[np.float64] | None:
        """Return the other network's activations, (10,), if any are shown."""
        return None if self._compared is None else self._compared.copy()

    # -- paint ---------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette or font."""
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ten rows: digit, track and bar, value."""
        left, width, row = self._rows()
        palette = self.palette()
        text = palette.color(QPalette.ColorRole.WindowText)
        meanings = theme.colours(palette)
        colours = {Verdict.SURE: meanings.sure, Verdict.AMBIGUOUS: meanings.ambiguous}
        track = faded(text, 0.09)
        strong = theme.is_high_contrast(palette)
        least = 0.8 if strong else 0.0
        quiet = faded(text, max(least, 0.18 if self._verdict is Verdict.EMPTY else 0.42))
        faint = faded(text, max(least, 0.66))
        height = min(row * 0.5, 20.0 * self._larger() ** 1.5)
        round_ = min(height / 2, 4.0)
        plain, bold = self._digit_font(), self._digit_font()
        bold.setWeight(QFont.Weight.Bold)
        small = self._value_font()

        painter = QPainter(self)
        painter.fillRect(event.rect(), palette.color(QPalette.ColorRole.Window))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # A mark at ½ in each row. Qt would paint a line as high as all rows with several threads,
        # which wait for processors that training keeps busy.
        tick = faded(text, max(least, 0.22))
        half = round(left + width / 2)
        for digit, value in enumerate(self._values):
            if not event.region().intersects(self._row_rect(digit)):
                continue
            top = 8 + digit * row
            if digit == self._hovered and self._verdict is not Verdict.EMPTY:
                accent = palette.color(QPalette.ColorRole.Highlight)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(faded(accent, 0.10))
                painter.drawRoundedRect(QRectF(self._row_rect(digit)).adjusted(4, 2, -4, -2), 5, 5)
            wins = digit in self._winners
            painter.setFont(bold if wins else plain)
            painter.setPen(text if wins else faint)
            painter.drawText(
                QRectF(10, top, left - 20, row), Qt.AlignmentFlag.AlignCenter, str(digit)
            )
            bar = QRectF(left, top + (row - height) / 2, width, height)
            painter.setPen(faint if strong else Qt.PenStyle.NoPen)
            painter.setBrush(track)
            painter.drawRoundedRect(bar, round_, round_)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.fillRect(QRectF(half, bar.top(), 1, height), tick)
            if value >= _LOW:
                bar.setWidth(max(width * value, 2 * round_))
                if self._verdict is Verdict.UNKNOWN:
                    painter.setPen(QPen(quiet, 1.5))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawRoundedRect(bar.adjusted(1, 1, -1, -1), round_, round_)
                else:
                    painter.setBrush(colours[self._verdict] if wins else quiet)
                    painter.drawRoundedRect(bar, round_, round_)
                    if wins and self._verdict is Verdict.AMBIGUOUS:
                        painter.setBrush(_stripes(palette.color(QPalette.ColorRole.Window)))
                        painter.drawRoundedRect(bar, round_, round_)
            if self._compared is not None and self._compared[digit] >= _LOW:
                below = QRectF(left, bar.bottom() + 2, width * self._compared[digit], _THIN)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self._compared_colour)
                painter.drawRect(below)
            painter.setFont(small)
            painter.setPen(text if wins else faint)
            painter.drawText(
                QRectF(left + width + 6, top, self.width() - left - width - 14, row),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                "" if self._verdict is Verdict.EMPTY else numbers.decimal(value, 2),
            )
        if self.hasFocus():
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(3, 3, -3, -3), 4, 4)
        painter.end()


def _stripes(colour: QColor) -> QBrush:
    return QBrush(faded(colour, 0.55), Qt.BrushStyle.BDiagPattern)
