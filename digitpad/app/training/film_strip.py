"""The learning curve as a film strip: one frame for each snapshot, and a playhead to choose one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from digitpad.app.training.film_picture import Film, FilmPicture, OtherRun
from digitpad.app.widgets import numbers
from digitpad.app.widgets.theme import faded
from digitpad.training.timeline import Snapshot

_LATER = 0.3  # opacity of what comes after the playhead
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
        self._film = Film()
        self._live = False
        # Laid out and drawn anew after a change of the size, the palette or the run.
        self._laid_out: FilmPicture | None = None
        self._drawn = self._axes = QPixmap()
        self._pointer: float | None = None  # x, while it is over the strip and no button is down
        self._turned = 0
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
        other = self._film.other
        self._film = Film(
            tuple(snapshots),
            np.asarray(batches, float),
            np.asarray(epochs, float),
            np.asarray(costs, float),
            accuracies,
            run,
            other,
        )
        self._live = live
        # Snapshots are thinned while it trains: find the one again, or what is nearest to it.
        place = len(self._film.snapshots)
        if chosen is not None and self._film.snapshots:
            moments = np.array([each.batches for each in self._film.snapshots])
            place = int(np.abs(moments - chosen.batches).argmin())
        blocked = self.blockSignals(True)
        self.setRange(0, len(self._film.snapshots))
        self.setValue(place)
        self.blockSignals(blocked)
        self._refresh()
        self._describe()

    def show_other(self, other: OtherRun | None) -> None:
        """Lay the curve of a run that is compared over this one; None: of no run."""
        self._film = replace(self._film, other=other)
        self._refresh()
        self._describe()

    @property
    def other(self) -> OtherRun | None:
        """The run that is compared."""
        return self._film.other

    def playhead(self) -> int | None:
        """Return the index of the snapshot that is chosen; None: the present."""
        return self.value() if self.value() < len(self._film.snapshots) else None

    def snapshot(self) -> Snapshot | None:
        """Return the snapshot that is chosen; None: the present."""
        index = self.playhead()
        return None if index is None else self._film.snapshots[index]

    def set_playhead(self, index: int | None) -> None:
        """Move the playhead to a snapshot, or to the present; `chosen` tells nobody."""
        blocked = self.blockSignals(True)
        self.setValue(len(self._film.snapshots) if index is None else index)
        self.blockSignals(blocked)
        self._describe()
        self.update()

    def reading(self, index: int | None) -> str:
        """Return what the strip says about a snapshot, or the present."""
        if not self._film.snapshots:
            return ""
        if index is None:
            newest = self._film.snapshots[-1]
            where = self.tr("Now: {place}") if self._live else self.tr("End: {place}")
            return where.format(place=self._of(newest))
        return self._of(self._film.snapshots[index])

    def _of(self, snapshot: Snapshot) -> str:
        if snapshot.epoch and snapshot.epoch < 1:
            parts = [self.tr("%Ln mini-batch(es)", "", snapshot.batches)]
        else:
            places = 0 if snapshot.epoch == int(snapshot.epoch) else 1
            epoch = numbers.decimal(snapshot.epoch, places)
            parts = [self.tr("epoch {epoch}").format(epoch=epoch)]
        cost = self.picture().cost_at(snapshot.batches)
        if math.isfinite(cost):
            parts.append(self.tr("cost {cost}").format(cost=numbers.general(cost, 2)))
        accuracy = self._film.accuracy_at(snapshot.epoch)
        if accuracy is not None:
            parts.append(numbers.percent(accuracy))
        return " · ".join(parts)

    def frame_x(self, index: int | None) -> float:
        """Return where a snapshot, or the present, lies, in pixels."""
        picture = self.picture()
        if index is None or index >= len(picture.frames):
            return float(picture.x_of(self._film.newest()))
        return float(picture.frames[index])

    def picture(self) -> FilmPicture:
        """Return the run laid out in the present size."""
        if self._laid_out is None:
            self._laid_out = FilmPicture(self._film, QRectF(self.rect()), self.font())
        return self._laid_out

    # -- painting --------------------------------------------------------------------------------

    def _refresh(self) -> None:
        self._laid_out = None
        self._drawn = self._axes = QPixmap()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is drawn once in full up to the playhead and faintly after it."""
        painter = QPainter(self)
        palette = self.palette()
        if not self._film.snapshots:
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            text = self.tr("Train a network: here you can go back to every moment of it.")
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text
            )
            self._paint_focus(painter)
            return
        if self._drawn.isNull():
            self._drawn = self._draw(self.picture().draw)
            self._axes = self._draw(self.picture().draw_axes)
        x = self.frame_x(self.playhead())
        middle = round(x * self.devicePixelRatioF()) / self.devicePixelRatioF()
        if self.playhead() is None:  # nothing comes later, but for a longer run that is compared
            middle = float(self.width())
        for left, right, opacity in ((0.0, middle, 1.0), (middle, float(self.width()), _LATER)):
            painter.setOpacity(opacity)
            part = QRectF(left, 0, right - left, self.height())
            ratio = self.devicePixelRatioF()
            source = QRectF(left * ratio, 0, (right - left) * ratio, self.height() * ratio)
            painter.drawPixmap(part, self._drawn, source)
        painter.setOpacity(1.0)
        painter.drawPixmap(0, 0, self._axes)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_playhead(painter, x)
        self._paint_focus(painter)

    def _draw(self, draw: Callable[[QPainter, QPalette], None]) -> QPixmap:
        """Return what does not change with the playhead: curves and frames, or axes."""
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(painter, self.palette())
        painter.end()
        return pixmap

    def _paint_playhead(self, painter: QPainter, x: float) -> None:
        palette, area = self.palette(), self.picture().area
        ink = palette.color(QPalette.ColorRole.Text)
        bottom = self.height() - 2.0
        shown = self.value()
        if self._pointer is not None:
            shown = self.picture().index_at(self._pointer, present=self._live)
        if shown != self.value():
            there = self.frame_x(shown)
            painter.setPen(QPen(faded(ink, 0.45), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(there, area.top() - 4), QPointF(there, bottom))
        radius = 5.5
        painter.setPen(QPen(ink, 1.6))
        painter.drawLine(QPointF(x, area.top() - 8), QPointF(x, bottom))
        painter.setBrush(ink)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(QPointF(x, area.top() - 8), radius, radius)
        index = shown if shown < len(self._film.snapshots) else None
        self._paint_bubble(painter, self.reading(index), self.frame_x(index), radius)

    def _paint_bubble(self, painter: QPainter, text: str, x: float, radius: float) -> None:
        palette = self.palette()
        painter.setFont(self.font())
        metrics = QFontMetricsF(self.font())
        width, height = metrics.horizontalAdvance(text) + 16, metrics.height() + 6
        gap = radius + 5
        left = x + gap if x + gap + width <= self.width() - 2 else x - gap - width
        left = max(2.0, left)
        box = QRectF(left, max(1.0, self.picture().area.top() - 8 - height / 2), width, height)
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

    def _index_at(self, event: QMouseEvent) -> int:
        return self.picture().index_at(event.position().x(), present=self._live)

    def _describe(self) -> None:
        self.setAccessibleDescription(self.reading(self.playhead()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Move the playhead under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton and self._film.snapshots:
            self.setSliderDown(True)
            self._pointer = None
            self.setValue(self._index_at(event))
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the playhead, or show what is under the pointer."""
        if self.isSliderDown():
            self.setValue(self._index_at(event))
        elif self._film.snapshots:
            self._pointer = event.position().x()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the playhead."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)

    def leaveEvent(self, event: QEvent) -> None:
        """Show the playhead's own reading again."""
        super().leaveEvent(event)
        self._pointer = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Go a snapshot on for each notch down, back for each notch up."""
        delta = event.angleDelta().y() or -event.angleDelta().x()
        notches, self._turned = divmod(self._turned + delta, _NOTCH)
        if notches:
            self._pointer = None
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
