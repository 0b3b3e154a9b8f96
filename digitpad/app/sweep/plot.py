"""Accuracy over a hyperparameter, as a plot that fills; a click chooses a point."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from digitpad.app import translations
from digitpad.app.sweep.table import outcome_text
from digitpad.app.widgets import theme
from digitpad.experiments import axes
from digitpad.experiments.axes import Axis
from digitpad.experiments.ranges import value_text
from digitpad.experiments.results import PointResult
from digitpad.experiments.specification import Specification
from digitpad.training.hyperparameters import FIELDS

_SYMBOLS = {"learning_rate": "η", "l2": "λ", "mini_batch_size": "m", "epochs": "E"}
_NEAR = 14.0  # pixels from a point at which a click still means it


class SweepPlot(QWidget):
    """Shows each point's seeds, mean and spread, and a cross for what diverged.

    Signals
    -------
    chosen(int)
        The user has clicked a point, or pressed Return on it; its number.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sweepPlot")
        self.setAccessibleName(self.tr("Accuracy over a hyperparameter"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # while it is empty
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(220, 120)
        self._specification: Specification | None = None
        self._name = ""
        self._points: list[PointResult] = []
        self._x_axis: Axis | None = None
        self._y_axis = axes.of_accuracy([])
        self._selected = -1

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(420, 220)

    def show_points(
        self, of: Specification, name: str, points: Sequence[PointResult], selected: int
    ) -> None:
        """Show the points, the best first, over a hyperparameter; "" shows none."""
        self._specification, self._name, self._selected = of, name, selected
        self._x_axis = axes.of_field(of, name) if name else None
        self._points = list(points)
        filled = bool(name and points)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if filled else Qt.FocusPolicy.NoFocus)
        found = [run.accuracy for each in points for run in each.runs if run.accuracy is not None]
        self._y_axis = axes.of_accuracy(found)
        self._describe()
        self.update()

    # -- places --------------------------------------------------------------------------------

    def _box(self) -> QRectF:
        metrics = self.fontMetrics()
        left = 10 + max(
            (metrics.horizontalAdvance(text) for _, text in self._y_axis.ticks), default=0
        )
        return QRectF(self.rect()).adjusted(left + 8, 10, -16, -2.5 * metrics.height() - 6)

    def _across(self, of: PointResult) -> float:
        assert self._x_axis is not None
        box = self._box()
        return box.left() + box.width() * self._x_axis.place(
            getattr(of.hyperparameters, self._name)
        )

    def _down(self, accuracy: float) -> float:
        box = self._box()
        return box.bottom() - box.height() * self._y_axis.place(accuracy)

    def place(self, of: PointResult) -> QPointF:
        """Return where a point is painted: at its mean, or at the bottom if it has none."""
        y = self._box().bottom() if of.mean is None else self._down(of.mean)
        return QPointF(self._across(of), y)

    def _nearest(self, at: QPointF) -> PointResult | None:
        if self._x_axis is None:
            return None
        near = [
            (gap.x() ** 2 + gap.y() ** 2, -number, each)
            for number, each in enumerate(self._points)
            for gap in (self.place(each) - at,)
        ]
        found = min(near, default=None, key=lambda each: each[:2])
        return found[2] if found is not None and found[0] <= _NEAR**2 else None

    # -- the user ------------------------------------------------------------------------------

    def tip(self, of: PointResult) -> str:
        """Return a point's values and what came of it."""
        assert self._specification is not None
        values = [
            f"{translations.core(FIELDS[name].label)}: "
            f"{value_text(getattr(of.hyperparameters, name))}"
            for name in self._specification.varied
        ]
        return "\n".join([outcome_text(self, of), *values])

    def short(self, of: PointResult) -> str:
        """Return a point's values in a few characters: “η 3, 16,16”."""
        assert self._specification is not None
        values = [
            f"{_SYMBOLS.get(name, '')} {value_text(getattr(of.hyperparameters, name))}".strip()
            for name in self._specification.varied
        ]
        return ", ".join(values) or self._specification.name

    def _describe(self) -> None:
        for each in self._points:
            if each.point == self._selected:
                self.setAccessibleDescription(self.tip(each))
                return
        self.setAccessibleDescription("")

    def event(self, event: QEvent) -> bool:
        """Give the values of the point under the pointer."""
        if isinstance(event, QHelpEvent):
            found = self._nearest(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if found is None else self.tip(found), self)
            return True
        return super().event(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the point that was clicked."""
        found = self._nearest(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found is not None:
            self.chosen.emit(found.point)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from point to point by the arrow keys; Return chooses."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if self._x_axis is None or not self._points:
            super().keyPressEvent(event)
            return
        ordered = sorted(self._points, key=lambda each: (self._across(each), each.point))
        numbers = [each.point for each in ordered]
        if step is not None:
            at = numbers.index(self._selected) + step if self._selected in numbers else 0
            self._selected = numbers[min(max(0, at), len(numbers) - 1)]
            self._describe()
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._selected in numbers:
            self.chosen.emit(self._selected)
        else:
            super().keyPressEvent(event)

    # -- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the axes and the points, the best on top."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self._box()
        painter.fillRect(box.adjusted(-8, -6, 12, 6), self.palette().color(QPalette.ColorRole.Base))
        self._paint_axes(painter, box)
        if self._x_axis is not None:
            self._paint_line(painter)
            for number, each in reversed(list(enumerate(self._points))):
                self._paint_point(painter, each, best=number == 0)
        painter.end()

    def _paint_axes(self, painter: QPainter, box: QRectF) -> None:
        quiet = self.palette().color(QPalette.ColorRole.PlaceholderText)
        line = float(self.fontMetrics().height())
        for place, text in self._y_axis.ticks:
            y = box.bottom() - place * box.height()
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 0.7))
            painter.drawLine(QPointF(box.left() - 8, y), QPointF(box.right() + 12, y))
            painter.setPen(quiet)
            painter.drawText(
                QRectF(0, y - line / 2, box.left() - 12, line),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                text,
            )
        if self._x_axis is None:
            return
        painter.setPen(quiet)
        end = -1.0
        for place, text in self._x_axis.ticks:
            x = box.left() + place * box.width()
            half = self.fontMetrics().horizontalAdvance(text) / 2 + 4
            if x - half < end:  # it would touch the one before
                continue
            end = x + half
            painter.drawLine(QPointF(x, box.bottom() + 6), QPointF(x, box.bottom() + 10))
            painter.drawText(
                QRectF(x - half, box.bottom() + 11, 2 * half, line),
                Qt.AlignmentFlag.AlignCenter,
                text,
            )
        painter.drawText(
            QRectF(box.left(), box.bottom() + 11 + line, box.width(), line),
            Qt.AlignmentFlag.AlignCenter,
            translations.core(FIELDS[self._name].label),
        )

    def _paint_line(self, painter: QPainter) -> None:
        """Join the means where nothing else varies."""
        assert self._specification is not None
        if len(self._specification.varied) != 1:
            return
        means = [self.place(each) for each in self._points if each.mean is not None]
        painter.setPen(QPen(theme.colours(self.palette()).positive, 1.5))
        painter.drawPolyline(QPolygonF(sorted(means, key=lambda at: at.x())))

    def _paint_point(self, painter: QPainter, of: PointResult, *, best: bool) -> None:
        colours = theme.colours(self.palette())
        at = self.place(of)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if of.lost:
            painter.setPen(QPen(colours.mistaken, 2))
            cross = QPointF(at.x(), self._box().bottom())
            for direction in (-1, 1):
                arm = QPointF(4, 4 * direction)
                painter.drawLine(cross - arm, cross + arm)
        if of.mean is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.faded(colours.positive, 0.35))
            for run in of.runs:
                if run.accuracy is not None and len(of.runs) > 1:
                    painter.drawEllipse(QPointF(at.x(), self._down(run.accuracy)), 2.5, 2.5)
            if of.spread:
                painter.setPen(QPen(colours.positive, 1.5))
                low, high = of.mean - of.spread, of.mean + of.spread
                painter.drawLine(
                    QPointF(at.x(), self._down(max(low, self._y_axis.low))),
                    QPointF(at.x(), self._down(min(high, self._y_axis.high))),
                )
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.positive)
            painter.drawEllipse(at, 4, 4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if best and of.mean is not None:
            painter.setPen(QPen(colours.negative, 2))
            painter.drawEllipse(at, 8, 8)
        if of.point == self._selected:
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Text), 1.5))
            painter.drawEllipse(at, 11, 11)
