"""A small curve with axes: measured points, their intervals and a line of expectation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QHelpEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from digitpad.app.widgets import focus, numbers, theme
from digitpad.app.widgets.copying import Rows, offer_copy
from digitpad.nn.functions import Array


@dataclass(frozen=True, eq=False)
class Curve:
    """What a plot shows.

    Attributes
    ----------
    x, y : (k,)
    y_name : str
        What y is.
    low, high : (k,) or None
        The 95 % confidence interval of each y.
    expected : (k,) or None
        A second, dashed curve over the same x; where it leaves the plot it is cut off.
    expected_name : str
        What it is.
    y_range : (float, float) or None
        By default that of y.
    """

    x: Array
    y: Array
    y_name: str
    low: Array | None = None
    high: Array | None = None
    expected: Array | None = None
    expected_name: str = ""
    y_range: tuple[float, float] | None = None


class PlotView(QWidget):
    """Shows one curve; hovering or the arrow keys, Home and End give a point's numbers.

    Signals
    -------
    point_chosen(str)
        The numbers of the point that the keyboard has gone to.

    Parameters
    ----------
    x_name : str
        Below the axis.
    format_x, format_y : callable
        How numbers are written.
    """

    point_chosen = Signal(str)

    def __init__(
        self,
        format_x: Callable[[float], str],
        format_y: Callable[[float], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # while it is empty
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(150, 120)
        self._format_x, self._format_y = format_x, format_y
        self._x_name = ""
        self._curve: Curve | None = None
        self._point = 0
        offer_copy(self, self._rows)

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(380, 260)

    def curve(self) -> Curve | None:
        """Return what is shown."""
        return self._curve

    def show_curve(self, curve: Curve | None, x_name: str) -> None:
        """Show another curve, or none, and what its x is."""
        self._curve, self._x_name = curve, x_name
        count = 0 if curve is None else len(curve.x)
        self._point = min(self._point, max(0, count - 1))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if count else Qt.FocusPolicy.NoFocus)
        self._describe()
        self.update()

    def _rows(self) -> Rows:
        if self._curve is None:
            return []
        curve = self._curve
        columns = (
            (self._x_name, curve.x),
            (curve.y_name, curve.y),
            (self.tr("95 % interval from"), curve.low),
            (self.tr("95 % interval to"), curve.high),
            (curve.expected_name, curve.expected),
        )
        there = [(name, column) for name, column in columns if column is not None]
        rows: list[list[float]] = np.column_stack([column for _, column in there]).tolist()
        return [[name for name, _ in there], *rows]

    def tip(self, point: int) -> str:
        """Return a point's numbers."""
        if self._curve is None or not len(self._curve.x):
            return ""
        x, y = float(self._curve.x[point]), float(self._curve.y[point])
        text = f"{self._x_name}: {self._format_x(x)}; {self._format_y(y)}"
        if self._curve.low is not None and self._curve.high is not None:
            low, high = float(self._curve.low[point]), float(self._curve.high[point])
            text += f" ({self._format_y(low)} – {self._format_y(high)})"
        return text

    def _describe(self) -> None:
        self.setAccessibleDescription(self.tip(self._point))

    def _box(self) -> QRectF:
        line = self.fontMetrics().height()
        left = 8 + max(
            self.fontMetrics().horizontalAdvance(self._format_y(value))
            for value in numbers.ticks(*self._range())
        )
        return QRectF(self.rect()).adjusted(left, 1.6 * line, -12, -2.4 * line)

    def _range(self) -> tuple[float, float]:
        curve = self._curve
        if curve is None or not len(curve.y):
            return 0.0, 1.0
        if curve.y_range is not None:
            return curve.y_range
        finite = curve.y[np.isfinite(curve.y)]
        if not len(finite):
            return 0.0, 1.0
        low, high = float(finite.min()), float(finite.max())
        room = 0.06 * (high - low) or 0.5
        return low - room, high + room

    def place(self, point: int) -> QPointF:
        """Return where a point is painted."""
        assert self._curve is not None
        return self._at(float(self._curve.x[point]), float(self._curve.y[point]))

    def _at(self, x: float, y: float) -> QPointF:
        assert self._curve is not None
        box, (low, high) = self._box(), self._range()
        first, last = float(self._curve.x.min()), float(self._curve.x.max())
        right = (x - first) / ((last - first) or 1)
        return QPointF(
            box.left() + right * box.width(), box.bottom() - (y - low) / (high - low) * box.height()
        )

    def event(self, event: QEvent) -> bool:
        """Give the numbers of the point nearest to the pointer."""
        if isinstance(event, QHelpEvent):
            text = ""
            if self._curve is not None and len(self._curve.x):
                distances = [
                    abs(self.place(point).x() - event.pos().x())
                    for point in range(len(self._curve.x))
                ]
                text = self.tip(int(np.argmin(distances)))
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from point to point by the arrow keys."""
        last = 0 if self._curve is None else len(self._curve.x) - 1
        places = {
            Qt.Key.Key_Left: self._point - 1,
            Qt.Key.Key_Right: self._point + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        place = places.get(Qt.Key(event.key()))
        if place is None or self._curve is None:
            super().keyPressEvent(event)
            return
        self._point = min(max(0, place), last)
        self._describe()
        self.point_chosen.emit(self.tip(self._point))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the axes, the expectation, the intervals and the points."""
        curve = self._curve
        if curve is None or not len(curve.x):
            return
        palette = self.palette()
        colours = theme.colours(palette)
        quiet = palette.color(QPalette.ColorRole.PlaceholderText)
        box, (low, high) = self._box(), self._range()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(box, palette.color(QPalette.ColorRole.Base))
        line = self.fontMetrics().height()
        font = QFont(self.font())
        painter.setFont(font)
        for y in numbers.ticks(low, high):
            at = box.bottom() - (y - low) / (high - low) * box.height()
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 0.7))
            painter.drawLine(QPointF(box.left(), at), QPointF(box.right(), at))
            painter.setPen(quiet)
            painter.drawText(
                QRectF(0, at - line / 2, box.left() - 5, line),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                self._format_y(y),
            )
        first, last = float(curve.x.min()), float(curve.x.max())
        for x in numbers.ticks(first, last):
            at = box.left() + (x - first) / ((last - first) or 1) * box.width()
            text = self._format_x(x)
            label = QRectF(0, box.bottom() + 2, painter.fontMetrics().horizontalAdvance(text), line)
            label.moveLeft(min(at - label.width() / 2, self.width() - label.width()))
            painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)
        painter.drawText(
            QRectF(box.left(), box.bottom() + 2 + line, box.width(), line),
            Qt.AlignmentFlag.AlignCenter,
            self._x_name,
        )
        painter.drawText(QRectF(2, 0, box.right(), line), curve.y_name)
        painter.setClipRect(box.adjusted(-6, -6, 6, 6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if curve.expected is not None:
            painter.setPen(QPen(colours.negative, 1.5, Qt.PenStyle.DashLine))
            painter.drawPolyline(self._line(curve.x, curve.expected))
        painter.setPen(QPen(theme.faded(colours.positive, 0.5), 1.5))
        if curve.low is not None and curve.high is not None:
            for x, bottom, top in zip(curve.x, curve.low, curve.high, strict=True):
                painter.drawLine(self._at(float(x), float(bottom)), self._at(float(x), float(top)))
        painter.setPen(QPen(colours.positive, 2))
        painter.drawPolyline(self._line(curve.x, curve.y))
        painter.setBrush(colours.positive)
        for point in np.flatnonzero(np.isfinite(curve.y)):
            painter.drawEllipse(self.place(int(point)), 2.5, 2.5)
        if self.hasFocus():
            focus.paint_frame(painter, box, palette)
            if np.isfinite(curve.y[self._point]):
                painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 1.5))
                painter.drawEllipse(self.place(self._point), 5.5, 5.5)
        painter.end()

    def _line(self, x: Array, y: Array) -> QPolygonF:
        exist = np.isfinite(y)
        return QPolygonF(
            [self._at(float(a), float(b)) for a, b in zip(x[exist], y[exist], strict=True)]
        )
