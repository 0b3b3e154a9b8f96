"""The learning curve as a film strip: one frame for each snapshot, and a playhead to choose one."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from digitpad.app.widgets import numbers, theme
from digitpad.app.widgets.theme import faded
from digitpad.training.curve import mean_along
from digitpad.training.timeline import Snapshot, scale

Points = NDArray[np.float64]

_STEP = 2.0  # pixels between two points of the curve that is drawn
_SMOOTHING = 14.0  # pixels that a point of the curve averages
_LATER = 0.3  # opacity of what comes after the playhead
_LOG_FROM = 6.0  # highest through lowest cost from which the cost's scale is logarithmic
_NOTCH = 120  # of a wheel


class FilmStrip(QAbstractSlider):
    """A slider over the snapshots of a run; its maximum is the present, after the last of them.

    Time runs on the scale on which snapshots lie evenly (see `timeline.scale`): the first
    mini-batches, in which a network changes most, have room, and so has the end of a long run.

    Signals
    -------
    chosen(object)
        The user moved the playhead: to the index of a snapshot, or None: to the present.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("filmStrip")
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Timeline: arrow keys choose a snapshot, End the present"))
        self.setRange(0, 0)
        self.setPageStep(10)
        self.setMinimumSize(220, 96)
        self._snapshots: tuple[Snapshot, ...] = ()
        self._batches: Points = np.empty(0)
        self._epochs: Points = np.empty(0)
        self._costs: Points = np.empty(0)
        self._reports: list[tuple[float, float]] = []
        self._run = 0
        self._live = False
        # What is drawn, in pixels; made anew after a change of the size or the data.
        self._frames: Points = np.empty(0)
        self._curve: tuple[Points, Points] = (np.empty(0), np.empty(0))
        self._now, self._later = QPixmap(), QPixmap()
        self._stale = True
        self._hovered: int | None = None
        self.valueChanged.connect(self._value_changed)

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(820, 150)

    # -- what is shown ---------------------------------------------------------------------------

    def show_run(
        self,
        snapshots: Sequence[Snapshot],
        batches: ArrayLike = (),
        epochs: ArrayLike = (),
        costs: ArrayLike = (),
        accuracies: Sequence[tuple[float, float]] = (),
        *,
        run: int = 0,
        live: bool = False,
    ) -> None:
        """Show a run, or what has been added to it; the playhead stays where it is.

        Parameters
        ----------
        snapshots : sequence of Snapshot
            Oldest first.
        batches, epochs, costs : (k,)
            The curve: mini-batches and epochs done, and the cost, as `run_files.Curve` has them.
        accuracies : sequence of (epoch, validation accuracy)
        run : int
            Index of the run's colour.
        live : bool
            Whether it is being trained.
        """
        chosen = self.snapshot()
        self._snapshots = tuple(snapshots)
        self._batches = np.asarray(batches, float)
        self._epochs = np.asarray(epochs, float)
        self._costs = np.asarray(costs, float)
        self._reports = list(accuracies)
        self._run, self._live = run, live
        self._hovered = None
        # Snapshots are thinned while it trains: find the one again, or what is nearest to it.
        place = len(self._snapshots)
        if chosen is not None and self._snapshots:
            moments = np.array([each.batches for each in self._snapshots])
            place = int(np.abs(moments - chosen.batches).argmin())
        blocked = self.blockSignals(True)
        self.setRange(0, len(self._snapshots))
        self.setValue(place)
        self.blockSignals(blocked)
        self._describe()
        self._refresh()

    def playhead(self) -> int | None:
        """Return the index of the snapshot that is chosen; None: the present."""
        return self.value() if self.value() < len(self._snapshots) else None

    def snapshot(self) -> Snapshot | None:
        """Return the snapshot that is chosen; None: the present."""
        index = self.playhead()
        return None if index is None else self._snapshots[index]

    def set_playhead(self, index: int | None) -> None:
        """Move the playhead to a snapshot, or to the present; `chosen` tells nobody."""
        blocked = self.blockSignals(True)
        self.setValue(len(self._snapshots) if index is None else index)
        self.blockSignals(blocked)
        self._describe()
        self.update()

    def reading(self, index: int | None) -> str:
        """Return what the strip says about a snapshot, or the present."""
        if not self._snapshots:
            return ""
        if index is None:
            newest = self._snapshots[-1]
            where = self.tr("Now: {place}") if self._live else self.tr("End: {place}")
            return where.format(place=self._of(newest))
        return self._of(self._snapshots[index])

    def _of(self, snapshot: Snapshot) -> str:
        if snapshot.epoch and snapshot.epoch < 1:
            parts = [self.tr("%Ln mini-batch(es)", "", snapshot.batches)]
        else:
            places = 0 if snapshot.epoch == int(snapshot.epoch) else 1
            epoch = numbers.decimal(snapshot.epoch, places)
            parts = [self.tr("epoch {epoch}").format(epoch=epoch)]
        cost = self.cost_at(snapshot.batches)
        if math.isfinite(cost):
            parts.append(self.tr("cost {cost}").format(cost=numbers.general(cost, 2)))
        accuracy = self.accuracy_at(snapshot)
        if accuracy is not None:
            parts.append(numbers.percent(accuracy))
        return " · ".join(parts)

    def cost_at(self, batches: float) -> float:
        """Return the smoothed cost after so many mini-batches, as it is drawn; NaN if unknown."""
        x, cost = self._smoothed()
        return float(np.interp(self._x(batches), x, cost)) if len(x) and batches else math.nan

    def accuracy_at(self, snapshot: Snapshot) -> float | None:
        """Return the validation accuracy of the last epoch that had ended; None: none had."""
        ended = bisect_right([epoch for epoch, _ in self._reports], snapshot.epoch + 1e-6)
        return self._reports[ended - 1][1] if ended else None

    # -- geometry --------------------------------------------------------------------------------

    def _area(self) -> QRectF:
        """Return where the curves are."""
        metrics = QFontMetricsF(self._small())
        left = metrics.horizontalAdvance("0.0005") + 14
        right = metrics.horizontalAdvance("100 %") + 16 if self._reports else 16
        bottom = 2 * metrics.height() + 12
        top = metrics.height() + 14
        return QRectF(self.rect()).adjusted(left, top, -right, -bottom)

    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(max(7.0, font.pointSizeF() * 0.88))
        return font

    def _newest(self) -> float:
        last = float(self._snapshots[-1].batches) if self._snapshots else 0.0
        return max(last, float(self._batches[-1]) if len(self._batches) else 0.0, 1.0)

    def _x(self, batches: ArrayLike) -> Points:
        """Return where moments lie, in pixels."""
        area = self._area()
        return area.left() + area.width() * scale(batches, self._newest())

    def frame_x(self, index: int | None) -> float:
        """Return where a snapshot, or the present, lies, in pixels."""
        if index is None or index >= len(self._snapshots):
            return float(self._x(self._newest()))
        return float(self._x(self._snapshots[index].batches))

    def _index_at(self, x: float) -> int:
        """Return the value of the frame nearest to a place; beyond the last: the present."""
        frames = self._frames
        if not len(frames):
            return 0
        if x > frames[-1] + 1 and (self._live or x > self._area().right() - 1):
            return len(frames)
        return int(np.abs(frames - x).argmin())

    def _smoothed(self) -> tuple[Points, Points]:
        """Return x in pixels and the smoothed cost, both (points,)."""
        if self._stale:
            self._prepare()
        return self._curve

    def _prepare(self) -> None:
        """Compute what is drawn from the data and the size."""
        self._stale = False
        self._frames = self._x([each.batches for each in self._snapshots])
        if not len(self._batches):
            self._curve = (np.empty(0), np.empty(0))
            return
        place = self._x(self._batches)
        steps = max(2, round((place[-1] - place[0]) / _STEP))
        at = np.linspace(place[0], place[-1], steps)
        stands_for = np.diff(self._batches, prepend=0.0)
        self._curve = (at, mean_along(place, self._costs, stands_for, at, _SMOOTHING))

    # -- painting --------------------------------------------------------------------------------

    def _refresh(self) -> None:
        self._stale = True
        self._now = self._later = QPixmap()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is drawn once in full up to the playhead and faintly after it."""
        painter = QPainter(self)
        palette = self.palette()
        if not self._snapshots:
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            text = self.tr("Train a network: here you can go back to every moment of it.")
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text
            )
            self._paint_focus(painter)
            return
        if self._now.isNull():
            self._prepare()
            self._now, self._later = self._drawn(1.0), self._drawn(_LATER)
        x = self.frame_x(self.playhead())
        middle = round(x * self.devicePixelRatioF()) / self.devicePixelRatioF()
        for pixmap, left, right in (
            (self._now, 0.0, middle),
            (self._later, middle, float(self.width())),
        ):
            part = QRectF(left, 0, right - left, self.height())
            ratio = self.devicePixelRatioF()
            source = QRectF(left * ratio, 0, (right - left) * ratio, self.height() * ratio)
            painter.drawPixmap(part, pixmap, source)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_axes(painter)
        self._paint_playhead(painter, x)
        self._paint_focus(painter)

    def _drawn(self, opacity: float) -> QPixmap:
        """Return the curves and frames at some opacity."""
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(opacity)
        area = self._area()
        x, cost = self._curve
        colours = theme.colours(self.palette())
        run = colours.runs[self._run % len(colours.runs)]
        if len(x):
            y = self._cost_y(cost)
            line = _line(x, y)
            below = QPainterPath(line)
            below.lineTo(x[-1], area.bottom())
            below.lineTo(x[0], area.bottom())
            painter.fillPath(below, faded(run, 0.10))
            painter.setPen(QPen(run, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPath(line)
        if self._reports:
            self._paint_accuracy(painter, colours.validation)
        self._paint_frames(painter, run)
        painter.end()
        return pixmap

    def _paint_frames(self, painter: QPainter, colour: QColor) -> None:
        """Draw a frame for each snapshot, those too near to each other as one."""
        top, height = self.height() - 13.0, 9.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        last = -math.inf
        for x in self._frames:
            if x - last >= 3:
                painter.drawRoundedRect(QRectF(x - 1, top, 2, height), 1, 1)
                last = x

    def _paint_accuracy(self, painter: QPainter, colour: QColor) -> None:
        x, accuracy = self._accuracy_points()
        y = self._accuracy_y(accuracy)
        painter.setPen(QPen(colour, 1.5))
        if len(x) > 1:
            painter.drawPath(_line(x, y))
        painter.setBrush(colour)
        last = -math.inf
        for here, up in zip(x, y, strict=True):
            if here - last >= 5:
                painter.drawEllipse(QPointF(here, up), 2.0, 2.0)
                last = here

    def _accuracy_points(self) -> tuple[Points, Points]:
        epochs, accuracy = np.array(self._reports, float).T
        if not len(self._epochs):
            return np.empty(0), np.empty(0)
        return self._x(np.interp(epochs, self._epochs, self._batches)), accuracy

    # -- the scales ------------------------------------------------------------------------------

    def _cost_range(self) -> tuple[float, float, bool]:
        """Return the lowest and highest smoothed cost, and whether the scale is logarithmic."""
        cost = self._curve[1]
        finite = cost[np.isfinite(cost) & (cost > 0)]
        if not len(finite):
            return 0.0, 1.0, False
        low, high = float(finite.min()), float(finite.max())
        if high > _LOG_FROM * low:
            return low, max(high, 1.001 * low), True
        return 0.0, high, False

    def _cost_y(self, cost: ArrayLike) -> Points:
        low, high, logarithmic = self._cost_range()
        area = self._area()
        c = np.clip(np.asarray(cost, float), low, high)
        part: Points = np.log(c / low) / math.log(high / low) if logarithmic else c / high
        return area.bottom() - 2 - part * (area.height() - 4)

    def _cost_ticks(self) -> list[float]:
        low, high, logarithmic = self._cost_range()
        if not logarithmic:
            step = 10 ** math.floor(math.log10(high))
            step = next(s for s in (step, step / 2, step / 5) if 2 * s <= high or s == step / 5)
            return [k * step for k in range(int(high / step) + 1)]
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        ticks = [f * 10.0**p for p in powers for f in (1, 2, 5)]
        return [tick for tick in ticks if low <= tick <= high]

    def _accuracy_floor(self) -> float:
        """Return the accuracy at the bottom of its scale: the top is 100 %."""
        lowest = min(accuracy for _, accuracy in self._reports)
        return next((floor for floor in (0.99, 0.98, 0.95, 0.9, 0.8, 0.5) if lowest >= floor), 0.0)

    def _accuracy_y(self, accuracy: ArrayLike) -> Points:
        area, floor = self._area(), self._accuracy_floor()
        part = (np.asarray(accuracy, float) - floor) / (1 - floor)
        return area.bottom() - 2 - part * (area.height() - 4)

    def _paint_axes(self, painter: QPainter) -> None:
        palette, area = self.palette(), self._area()
        quiet = palette.color(QPalette.ColorRole.PlaceholderText)
        painter.setFont(self._small())
        metrics = QFontMetricsF(self._small())
        painter.setPen(QPen(faded(palette.color(QPalette.ColorRole.Text), 0.25), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        height = metrics.height()
        painter.setPen(quiet)
        painter.drawText(
            QRectF(0, area.top() - height - 6, area.left() - 8, height), right, self.tr("cost")
        )
        last = math.inf
        for tick in self._cost_ticks():
            y = float(self._cost_y(tick))
            if last - y >= height * 1.15:
                text = numbers.general(tick, 2)
                painter.drawText(QRectF(0, y - height / 2, area.left() - 8, height), right, text)
                last = y
        if self._reports:
            painter.setPen(theme.colours(palette).validation)
            for accuracy in (self._accuracy_floor(), 1.0):
                y = float(self._accuracy_y(accuracy))
                box = QRectF(area.right() + 8, y - height / 2, self.width(), height)
                painter.drawText(
                    box,
                    Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
                    numbers.percent(accuracy, 0),
                )
        painter.setPen(quiet)
        self._paint_times(painter, metrics)

    def _paint_times(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        """Write mini-batches, then epochs, below the curve, where there is room."""
        area = self._area()
        free = area.left() - 20
        for batches, text in self._times():
            x = float(self._x(batches))
            width = metrics.horizontalAdvance(text)
            left = min(max(x - width / 2, 2.0), self.width() - width - 2)
            if left < free:
                continue
            painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 3))
            painter.drawText(QPointF(left, area.bottom() + metrics.ascent() + 3), text)
            free = left + width + 10

    def _times(self) -> list[tuple[float, str]]:
        """Return the moments that are labelled, and what is written there."""
        newest = self._newest()
        in_an_epoch = newest
        if len(self._epochs) and self._epochs[-1] > 0:
            in_an_epoch = float(np.interp(1.0, self._epochs, self._batches))
        times: list[tuple[float, str]] = []
        small = [10.0**power for power in range(7) if 10.0**power < 0.6 * in_an_epoch]
        for batches in small:
            text = numbers.whole(batches)
            first = self.tr("{number} mini-batch").format(number=text)
            times.append((batches, text if times else first))
        last = float(self._epochs[-1]) if len(self._epochs) else 0.0
        epochs = [f * 10.0**power for power in range(5) for f in (1, 2, 5)]
        for number, epoch in enumerate(each for each in epochs if each <= last):
            text = numbers.whole(epoch)
            first = self.tr("epoch {number}").format(number=text)
            batches = float(np.interp(epoch, self._epochs, self._batches))
            times.append((batches, text if number else first))
        return times

    def _paint_playhead(self, painter: QPainter, x: float) -> None:
        palette, area = self.palette(), self._area()
        ink = palette.color(QPalette.ColorRole.Text)
        bottom = self.height() - 2.0
        if self._hovered is not None and self._hovered != self.value():
            there = self.frame_x(self._hovered)
            painter.setPen(QPen(faded(ink, 0.45), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(there, area.top() - 4), QPointF(there, bottom))
        radius = 5.5
        painter.setPen(QPen(ink, 1.6))
        painter.drawLine(QPointF(x, area.top() - 8), QPointF(x, bottom))
        painter.setBrush(ink)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(QPointF(x, area.top() - 8), radius, radius)
        shown = self.value() if self._hovered is None else self._hovered
        index = shown if shown < len(self._snapshots) else None
        self._paint_bubble(painter, self.reading(index), self.frame_x(index), radius)

    def _paint_bubble(self, painter: QPainter, text: str, x: float, radius: float) -> None:
        palette = self.palette()
        painter.setFont(self.font())
        metrics = QFontMetricsF(self.font())
        width, height = metrics.horizontalAdvance(text) + 16, metrics.height() + 6
        gap = radius + 5
        left = x + gap if x + gap + width <= self.width() - 2 else x - gap - width
        left = max(2.0, left)
        box = QRectF(left, max(1.0, self._area().top() - 8 - height / 2), width, height)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.setBrush(palette.color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_focus(self, painter: QPainter) -> None:
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

    # -- events ----------------------------------------------------------------------------------

    def _value_changed(self) -> None:
        self._describe()
        self.update()
        self.chosen.emit(self.playhead())

    def _describe(self) -> None:
        self.setAccessibleDescription(self.reading(self.playhead()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Move the playhead under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton and self._snapshots:
            self.setSliderDown(True)
            self._hovered = None
            self.setValue(self._index_at(event.position().x()))
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the playhead, or show what is under the pointer."""
        if not self._snapshots:
            return
        index = self._index_at(event.position().x())
        if self.isSliderDown():
            self.setValue(index)
        elif index != self._hovered:
            self._hovered = index
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the playhead."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)

    def leaveEvent(self, event: QEvent) -> None:
        """Show the playhead's own reading again."""
        super().leaveEvent(event)
        self._hovered = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Go a snapshot on for each notch down, back for each notch up."""
        delta = event.angleDelta().y() or -event.angleDelta().x()
        self._turned = getattr(self, "_turned", 0) + delta
        notches, self._turned = divmod(self._turned, _NOTCH)
        if notches:
            self._hovered = None
            self.setValue(self.value() - notches)
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw for another size."""
        super().resizeEvent(event)
        self._refresh()

    def changeEvent(self, event: QEvent) -> None:
        """Draw with another palette or font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._refresh()


def _line(x: Points, y: Points) -> QPainterPath:
    path = QPainterPath(QPointF(x[0], y[0]))
    for here, up in zip(x[1:].tolist(), y[1:].tolist(), strict=True):
        path.lineTo(here, up)
    return path
