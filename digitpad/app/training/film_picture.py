"""What a film strip shows of a run, on its scales of time, cost and accuracy."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPalette, QPen

from digitpad.app.training.comparison import pen
from digitpad.app.widgets import numbers, theme
from digitpad.app.widgets.theme import faded
from digitpad.training.curve import mean_along
from digitpad.training.timeline import Snapshot, scale

Points = NDArray[np.float64]

_STEP = 2.0  # pixels between two points of the curve that is drawn
_SMOOTHING = 14.0  # pixels that a point of the curve averages
_LOG_FROM = 6.0  # highest through lowest cost from which the cost's scale is logarithmic
_FLOORS = (0.99, 0.98, 0.95, 0.9, 0.8, 0.5)  # where the accuracy's scale may begin


def _nothing() -> Points:
    return np.empty(0)


@dataclass(frozen=True)
class OtherRun:
    """The curve of a run that is compared.

    Attributes
    ----------
    epochs, costs : (k,)
        As `run_files.Curve` has them.
    accuracies : sequence of (epoch, validation accuracy)
    run : int
        Index of the run's colour.
    """

    epochs: Points
    costs: Points
    accuracies: Sequence[tuple[float, float]] = ()
    run: int = 0


@dataclass(frozen=True)
class Film:
    """What is known of a run.

    Attributes
    ----------
    snapshots : tuple of Snapshot
        Oldest first.
    batches, epochs, costs : (k,)
        The curve: mini-batches and epochs done, and the cost, as `run_files.Curve` has them.
    accuracies : sequence of (epoch, validation accuracy)
    run : int
        Index of the run's colour.
    other : OtherRun or None
        Laid over it, epoch over epoch.
    """

    snapshots: tuple[Snapshot, ...] = ()
    batches: Points = field(default_factory=_nothing)
    epochs: Points = field(default_factory=_nothing)
    costs: Points = field(default_factory=_nothing)
    accuracies: Sequence[tuple[float, float]] = ()
    run: int = 0
    other: OtherRun | None = None

    def newest(self) -> float:
        """Return the mini-batches done until now, at least 1."""
        last = float(self.snapshots[-1].batches) if self.snapshots else 0.0
        return max(last, float(self.batches[-1]) if len(self.batches) else 0.0, 1.0)

    def other_batches(self, epochs: ArrayLike) -> Points:
        """Return after how many of this run's mini-batches it had done so many epochs."""
        per_epoch = self.batches[-1] / self.epochs[-1] if len(self.epochs) else 0.0
        return np.asarray(epochs, float) * per_epoch

    def last(self) -> float:
        """Return the mini-batches at the end of the time's scale, which the other run shares."""
        if self.other is None or not len(self.other.epochs):
            return self.newest()
        return max(self.newest(), float(self.other_batches(self.other.epochs[-1])))

    def accuracy_at(self, epoch: float) -> float | None:
        """Return the validation accuracy of the last epoch that had ended; None: none had."""
        ended = bisect_right([each for each, _ in self.accuracies], epoch + 1e-6)
        return self.accuracies[ended - 1][1] if ended else None


class FilmPicture:
    """A film laid out in a rectangle: where everything is, and how it is drawn.

    Parameters
    ----------
    film : Film
    rect : QRectF
        Pixels.
    font : QFont
        Of the widget; the labels are a little smaller.

    Attributes
    ----------
    area : QRectF
        Where the curves are.
    frames : (snapshots,)
        x of each snapshot.
    x, cost : (points,)
        The smoothed cost, as it is drawn.
    other_x, other_cost : (points,)
        That of the run that is compared.
    """

    def __init__(self, film: Film, rect: QRectF, font: QFont) -> None:
        self._film = film
        self._rect = rect
        self._font = QFont(font)
        self._font.setPointSizeF(max(7.0, font.pointSizeF() * 0.88))
        self._metrics = QFontMetricsF(self._font)
        self.area = self._area()
        self.frames = self.x_of([each.batches for each in film.snapshots])
        self.x, self.cost = self._smoothed(film.batches, film.costs)
        self.other_x, self.other_cost = _nothing(), _nothing()
        accuracies = [*film.accuracies]
        if film.other is not None and len(film.epochs):
            batches = film.other_batches(film.other.epochs)
            self.other_x, self.other_cost = self._smoothed(batches, film.other.costs)
            accuracies += film.other.accuracies
        self._low, self._high, self._logarithmic = self._range()
        lowest = min((accuracy for _, accuracy in accuracies), default=0.0)
        self._floor = next((floor for floor in _FLOORS if lowest >= floor), 0.0)

    def _area(self) -> QRectF:
        left = self._metrics.horizontalAdvance("0.0005") + 14
        right = 16.0
        if self._film.accuracies:
            right += self._metrics.horizontalAdvance(numbers.percent(1.0, 0))
        line = self._metrics.height()
        return self._rect.adjusted(left, line + 14, -right, -2 * line - 12)

    def _smoothed(self, batches: Points, costs: Points) -> tuple[Points, Points]:
        if not len(batches):
            return _nothing(), _nothing()
        place = self.x_of(batches)
        steps = max(2, round((place[-1] - place[0]) / _STEP))
        at = np.linspace(place[0], place[-1], steps)
        stands_for = np.diff(batches, prepend=0.0)
        return at, mean_along(place, costs, stands_for, at, _SMOOTHING)

    def _range(self) -> tuple[float, float, bool]:
        """Return the lowest and highest smoothed cost, and whether the scale is logarithmic."""
        cost = np.concatenate([self.cost, self.other_cost])
        cost = cost[np.isfinite(cost) & (cost > 0)]
        if not len(cost):
            return 0.0, 1.0, False
        low, high = float(cost.min()), float(cost.max())
        return (low, high, True) if high > _LOG_FROM * low else (0.0, high, False)

    # -- where things are ------------------------------------------------------------------------

    def x_of(self, batches: ArrayLike) -> Points:
        """Return where moments lie."""
        return self.area.left() + self.area.width() * scale(batches, self._film.last())

    def index_at(self, x: float, *, present: bool) -> int:
        """Return the index of the snapshot nearest to a place; beyond the last: their number.

        Parameters
        ----------
        x : float
        present : bool
            Whether all that is right of the last snapshot is the present; if not, only the edge.
        """
        if not len(self.frames):
            return 0
        end = float(self.x_of(self._film.newest()))
        beyond = self.frames[-1] + 1 if present else end - 1
        if x > max(beyond, self.frames[-1]):
            return len(self.frames)
        return int(np.abs(self.frames - x).argmin())

    def cost_at(self, batches: float) -> float:
        """Return the smoothed cost after so many mini-batches, as it is drawn; NaN if unknown."""
        if not len(self.x) or not batches:
            return math.nan
        return float(np.interp(self.x_of(batches), self.x, self.cost))

    def cost_y(self, cost: ArrayLike) -> Points:
        """Return where costs lie."""
        low, high = self._low, self._high
        c = np.clip(np.asarray(cost, float), low, high)
        part: Points = np.log(c / low) / math.log(high / low) if self._logarithmic else c / high
        return self.area.bottom() - 2 - part * (self.area.height() - 4)

    def accuracy_y(self, accuracy: ArrayLike) -> Points:
        """Return where accuracies lie; the top is 100 %."""
        part = (np.asarray(accuracy, float) - self._floor) / (1 - self._floor)
        return self.area.bottom() - 2 - part * (self.area.height() - 4)

    # -- curves and frames -----------------------------------------------------------------------

    def draw(self, painter: QPainter, palette: QPalette) -> None:
        """Draw the curves, and a frame for each snapshot."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        film = self._film
        run = theme.run_colour(palette, film.run)
        other = film.other
        if other is not None and len(self.other_x):
            painter.setPen(pen(palette, other.run, 2.0, other=True))
            painter.drawPath(_path(self.other_x, self.cost_y(self.other_cost)))
            if other.accuracies:
                drawn = pen(palette, other.run, 1.2, other=True)
                self._draw_accuracy(painter, drawn, other.accuracies, film.other_batches)
        if len(self.x):
            self._draw_cost(painter, run)
        if film.accuracies and len(film.epochs):
            drawn = pen(palette, film.run, 1.2, other=False)
            self._draw_accuracy(
                painter,
                drawn,
                film.accuracies,
                lambda epochs: np.interp(epochs, film.epochs, film.batches),
            )
        top, height = self._rect.bottom() - 13.0, 9.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(run)
        for x in _apart(self.frames, 3):
            painter.drawRoundedRect(QRectF(x - 1, top, 2, height), 1, 1)

    def _draw_cost(self, painter: QPainter, colour: QColor) -> None:
        line = _path(self.x, self.cost_y(self.cost))
        below = QPainterPath(line)
        below.lineTo(self.x[-1], self.area.bottom())
        below.lineTo(self.x[0], self.area.bottom())
        # Its edge lies under the line; smooth, it would take as long as all the rest.
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillPath(below, faded(colour, 0.10))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPath(line)

    def _draw_accuracy(
        self,
        painter: QPainter,
        drawn: QPen,
        accuracies: Sequence[tuple[float, float]],
        batches_of: Callable[[Points], Points],
    ) -> None:
        epochs, accuracy = np.array(accuracies, float).T
        x = self.x_of(batches_of(epochs))
        y = self.accuracy_y(accuracy)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(drawn)
        painter.drawPath(_path(x, y))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(drawn.color())
        for here in _apart(x, 5):
            painter.drawEllipse(QPointF(here, float(np.interp(here, x, y))), 2.5, 2.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    # -- axes ------------------------------------------------------------------------------------

    def draw_axes(self, painter: QPainter, palette: QPalette) -> None:
        """Draw the scales and their numbers."""
        quiet = palette.color(QPalette.ColorRole.PlaceholderText)
        painter.setFont(self._font)
        painter.setPen(QPen(faded(palette.color(QPalette.ColorRole.Text), 0.25), 1))
        painter.drawLine(self.area.bottomLeft(), self.area.bottomRight())
        painter.setPen(quiet)
        self._draw_costs(painter)
        if self._film.accuracies:
            for accuracy in (self._floor, 1.0):
                y = float(self.accuracy_y(accuracy))
                box = QRectF(self.area.right() + 8, y - 12, self._rect.width(), 24)
                sides = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(box, sides, numbers.percent(accuracy, 0))
        painter.setPen(quiet)
        self._draw_times(painter)

    def _draw_costs(self, painter: QPainter) -> None:
        sides = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        height, width = self._metrics.height(), self.area.left() - 8
        painter.drawText(
            QRectF(0, self.area.top() - height - 6, width, height),
            sides,
            QCoreApplication.translate("FilmPicture", "cost"),
        )
        last = math.inf
        for tick in self._cost_ticks():
            y = float(self.cost_y(tick))
            if last - y >= height * 1.15:
                box = QRectF(0, y - height / 2, width, height)
                painter.drawText(box, sides, numbers.general(tick, 2))
                last = y

    def _cost_ticks(self) -> list[float]:
        """Return costs that are 1, 2 or 5 times powers of ten, lowest first."""
        low, high = self._low, self._high
        if not self._logarithmic:
            power = 10.0 ** math.floor(math.log10(high))
            step = next((s for s in (power, power / 2) if 2 * s <= high), power / 5)
            return [k * step for k in range(int(high / step) + 1)]
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        ticks = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
        return [tick for tick in ticks if low <= tick <= high]

    def _draw_times(self, painter: QPainter) -> None:
        """Write mini-batches, then epochs, below the curve, where there is room."""
        bottom = self.area.bottom()
        free = self.area.left() - 20
        for batches, text in self._times():
            x = float(self.x_of(batches))
            width = self._metrics.horizontalAdvance(text)
            left = min(max(x - width / 2, 2.0), self._rect.right() - width - 2)
            if left < free:
                continue
            painter.drawLine(QPointF(x, bottom), QPointF(x, bottom + 3))
            painter.drawText(QPointF(left, bottom + self._metrics.ascent() + 3), text)
            free = left + width + 10

    def _times(self) -> list[tuple[float, str]]:
        """Return the moments that are labelled, and what is written there."""
        film = self._film
        last = float(film.epochs[-1]) if len(film.epochs) else 0.0
        an_epoch = float(np.interp(1.0, film.epochs, film.batches)) if last else film.newest()
        if film.other is not None and last and len(film.other.epochs):
            last = max(last, float(film.other.epochs[-1]))
        times: list[tuple[float, str]] = []
        for batches in (10.0**power for power in range(7)):
            if batches < 0.6 * an_epoch:
                text = numbers.whole(batches)
                first = QCoreApplication.translate("FilmPicture", "{number} mini-batch").format(
                    number=text
                )
                times.append((batches, text if times else first))
        epochs = [factor * 10.0**power for power in range(5) for factor in (1, 2, 5)]
        for number, epoch in enumerate(each for each in epochs if each <= last):
            text = numbers.whole(epoch)
            first = QCoreApplication.translate("FilmPicture", "epoch {number}").format(number=text)
            inside = epoch <= film.epochs[-1]
            batches = float(
                np.interp(epoch, film.epochs, film.batches) if inside else film.other_batches(epoch)
            )
            times.append((batches, text if number else first))
        return times


def _path(x: Points, y: Points) -> QPainterPath:
    path = QPainterPath(QPointF(x[0], y[0]))
    for here, up in zip(x[1:].tolist(), y[1:].tolist(), strict=True):
        path.lineTo(here, up)
    return path


def _apart(x: Points, least: float) -> list[float]:
    """Return the places that are at least so far from the one before."""
    chosen: list[float] = []
    for here in x.tolist():
        if not chosen or here - chosen[-1] >= least:
            chosen.append(here)
    return chosen
