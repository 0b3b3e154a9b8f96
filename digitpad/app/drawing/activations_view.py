"""The ten output activations as bars, drawn differently for each verdict."""

from __future__ import annotations

from dataclasses import dataclass

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
    QPixmap,
    QResizeEvent,
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


@dataclass(frozen=True)
class _Look:
    """What stays as long as size, palette and font do.

    Attributes
    ----------
    left, width, row, height : float
        The left edge of the bars, their full width, and the heights of a row and of a bar.
    bold, small : QFont
        Of the digits that win, and of the values.
    text, faint, paper : QColor
    is_strong : bool
        Whether contrasts are high.
    ground : QPixmap
        Paper with ten digits and tracks.
    """

    left: float
    width: float
    row: float
    height: float
    bold: QFont
    small: QFont
    text: QColor
    faint: QColor
    paper: QColor
    is_strong: bool
    ground: QPixmap

    @property
    def corner(self) -> float:
        """The radius of a bar's corners."""
        return min(self.height / 2, 4.0)

    def bar(self, digit: int) -> QRectF:
        """Return where a digit's track is."""
        top = 8 + digit * self.row + (self.row - self.height) / 2
        return QRectF(self.left, top, self.width, self.height)

    def digit_box(self, digit: int) -> QRectF:
        """Return where a digit stands."""
        return QRectF(10, 8 + digit * self.row, self.left - 20, self.row)


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
        self._kept_look: _Look | None = None
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
        activations = np.asarray(reading.activations, dtype=np.float64)
        before = self._values, self._verdict, self._winners
        # `fmax` and `fmin` take the other value where one is no number.
        self._values = np.fmin(np.fmax(activations, 0.0), 1.0)
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
        self._kept_look = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw the rows anew."""
        super().resizeEvent(event)
        self._kept_look = None

    def _look(self) -> _Look:
        """Return what stays, made anew only where it has changed."""
        ratio = self.devicePixelRatioF()
        look = self._kept_look
        if look is None or look.ground.devicePixelRatio() != ratio:
            look = self._kept_look = self._new_look(ratio)
        return look

    def _new_look(self, ratio: float) -> _Look:
        left, width, row = self._rows()
        palette = self.palette()
        text = palette.color(QPalette.ColorRole.WindowText)
        is_strong = theme.is_high_contrast(palette)
        ground = QPixmap(self.size() * ratio)
        ground.setDevicePixelRatio(ratio)
        bold = self._digit_font()
        bold.setWeight(QFont.Weight.Bold)
        look = _Look(
            left,
            width,
            row,
            min(row * 0.5, 20.0 * self._larger() ** 1.5),
            bold,
            self._value_font(),
            text,
            faded(text, 0.8 if is_strong else 0.66),
            palette.color(QPalette.ColorRole.Window),
            is_strong,
            ground,
        )
        ground.fill(look.paper)
        painter = QPainter(ground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._digit_font())
        painter.setBrush(faded(text, 0.09))
        for digit in range(10):
            bar = look.bar(digit)
            painter.setPen(look.faint)
            painter.drawText(look.digit_box(digit), Qt.AlignmentFlag.AlignCenter, str(digit))
            painter.setPen(look.faint if is_strong else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(bar, look.corner, look.corner)
            # A mark at ½.
            tick = QRectF(round(left + width / 2), bar.top(), 1, bar.height())
            painter.fillRect(tick, faded(text, 0.8 if is_strong else 0.22))
        painter.end()
        return look

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ten rows: digit, track and bar, value."""
        look, region = self._look(), event.region()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, look.ground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for digit in range(10):
            if region.intersects(self._row_rect(digit)):
                self._paint_row(painter, look, digit)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(3, 3, -3, -3), 4, 4)
        painter.end()

    def _paint_row(self, painter: QPainter, look: _Look, digit: int) -> None:
        """Paint what changes in a row."""
        wins = digit in self._winners
        if wins:
            painter.fillRect(look.digit_box(digit), look.paper)
        if digit == self._hovered and self._verdict is not Verdict.EMPTY:
            accent = self.palette().color(QPalette.ColorRole.Highlight)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(faded(accent, 0.10))
            painter.drawRoundedRect(QRectF(self._row_rect(digit)).adjusted(4, 2, -4, -2), 5, 5)
        if wins:
            painter.setFont(look.bold)
            painter.setPen(look.text)
            painter.drawText(look.digit_box(digit), Qt.AlignmentFlag.AlignCenter, str(digit))
        bar = look.bar(digit)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._values[digit] >= _LOW:
            self._paint_bar(painter, look, bar, float(self._values[digit]), wins=wins)
        if self._compared is not None and self._compared[digit] >= _LOW:
            below = QRectF(bar.left(), bar.bottom() + 2, bar.width(), _THIN)
            below.setWidth(bar.width() * self._compared[digit])
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._compared_colour)
            painter.drawRect(below)
        if self._verdict is not Verdict.EMPTY:
            painter.setFont(look.small)
            painter.setPen(look.text if wins else look.faint)
            left = look.left + look.width + 6
            painter.drawText(
                QRectF(left, 8 + digit * look.row, self.width() - left - 8, look.row),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                numbers.decimal(self._values[digit], 2),
            )

    def _paint_bar(
        self, painter: QPainter, look: _Look, track: QRectF, value: float, *, wins: bool
    ) -> None:
        """Paint a bar as its verdict looks."""
        bar = QRectF(track)
        bar.setWidth(max(track.width() * value, 2 * look.corner))
        quiet = 0.18 if self._verdict is Verdict.EMPTY else 0.42
        colour = faded(look.text, 0.8 if look.is_strong else quiet)
        if self._verdict is Verdict.UNKNOWN:
            painter.setPen(QPen(colour, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            bar.adjust(1, 1, -1, -1)
        elif wins:
            meanings = theme.colours(self.palette())
            is_sure = self._verdict is Verdict.SURE
            painter.setBrush(meanings.sure if is_sure else meanings.ambiguous)
        else:
            painter.setBrush(colour)
        painter.drawRoundedRect(bar, look.corner, look.corner)
        if wins and self._verdict is Verdict.AMBIGUOUS:
            painter.setBrush(_stripes(look.paper))
            painter.drawRoundedRect(bar, look.corner, look.corner)


def _stripes(colour: QColor) -> QBrush:
    return QBrush(faded(colour, 0.55), Qt.BrushStyle.BDiagPattern)
