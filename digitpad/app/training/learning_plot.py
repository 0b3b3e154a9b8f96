"""The plot of cost, accuracy or learning rate over the epochs, with crosshair and legend."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeySequence, QPalette, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QWidget

from digitpad.app.training.naming import short_names
from digitpad.app.training.plot_reading import Pointed, pointed
from digitpad.app.training.run_curves import RunCurves
from digitpad.app.training.runs import (
    CURVES,
    Points,
    Quantity,
    Run,
    Series,
    close_up,
    highest_cost,
)
from digitpad.app.widgets import numbers

_MAX_SMOOTH = 20  # runs; the edges of more are not smoothed, which would take too long to paint
_MAX_NAMES = 8
_REDRAW_EVERY, _PAUSE = 250, 400  # milliseconds between two paintings, and after a pointer event
_LOW = 190  # pixels of height; below it the legend would cover the curves


class _Axis(pg.AxisItem):  # type: ignore[misc]
    """An axis with the locale's numbers; logarithmic ticks are 1, 2 and 5 times powers of ten."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return what is written at the ticks."""
        return [numbers.localised(text) for text in super().tickStrings(values, scale, spacing)]

    def logTickValues(
        self, minVal: float, maxVal: float, size: float, stdTicks: object
    ) -> list[tuple[None, list[float]]]:
        """Return the ticks, as their logarithms."""
        factors = (1, 2, 5) if maxVal - minVal < 3 else (1,)
        step = max(1, math.ceil((maxVal - minVal) / 8))
        powers = range(math.floor(minVal), math.ceil(maxVal) + 1, step)
        ticks = [power + math.log10(factor) for power in powers for factor in factors]
        return [(None, [tick for tick in ticks if minVal <= tick <= maxVal])]


class LearningPlot(pg.PlotWidget):  # type: ignore[misc]
    """The curves of the present run, which is the last one, and of those before.

    Attributes
    ----------
    pointed : Pointed or None
        Which point of which curve the pointer means.
    read : Signal(str)
        What the crosshair reads; empty when the pointer leaves.
    menu_wanted : Signal(QPoint)
        The user asks for the menu there, in coordinates of the screen.
    """

    read = Signal(str)
    menu_wanted = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={"left": _Axis("left")})
        self.pointed: Pointed | None = None
        self._drawn: dict[Run, RunCurves] = {}
        self._chosen: set[Run] = set()
        self._quantity = Quantity.COST
        self._logarithmic = False
        self._close_up = False
        self._stale: set[Run] = set()  # runs with more points than are drawn
        # Painting the curves takes longer than a pointer event may wait.
        self._waiting = QTimer(self)
        self._waiting.setSingleShot(True)
        self._waiting.timeout.connect(self._redraw)
        # Not at once: the range may change while it is painted.
        self._place_soon = QTimer(self)
        self._place_soon.setSingleShot(True)
        self._place_soon.setInterval(0)
        self._place_soon.timeout.connect(self._place_names)

        self.setObjectName("plot")
        self.setAccessibleName(self.tr("Plot"))
        self.setAccessibleDescription(
            self.tr("Plus and minus zoom, the arrow keys move, Home shows the whole curves.")
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(pg.PlotWidget.Shape.NoFrame)
        self.setMinimumSize(160, 80)
        self.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._item = self.getPlotItem()
        self._item.setMenuEnabled(False)
        self._item.hideButtons()
        # Upright lines and finer ones would take as long to paint as everything else together.
        self._item.showGrid(x=False, y=True, alpha=0.12)
        for side in ("left", "bottom"):
            self._item.getAxis(side).setStyle(maxTickLevel=0)
            self._item.getAxis(side).enableAutoSIPrefix(False)
        self._item.setLabel("bottom", self.tr("epoch"))
        self._legend = self._item.addLegend(offset=(-12, 6), labelTextSize="9pt", verSpacing=-6)
        self._invitation = pg.TextItem(
            self.tr("Train a network\nand watch its cost fall here."), anchor=(0.5, 0.5)
        )
        self._invitation.setObjectName("invitation")
        self._item.addItem(self._invitation, ignoreBounds=True)
        self._cross = [pg.InfiniteLine(angle=angle, movable=False) for angle in (90, 0)]
        for line in self._cross:
            line.setObjectName("crosshair")
            line.hide()
            self._item.addItem(line, ignoreBounds=True)
        self._box = self._item.getViewBox()
        self._listen()

    def _listen(self) -> None:
        self.scene().sigMouseMoved.connect(self._point)
        self.scene().sigMouseClicked.connect(self._clicked)
        self.viewport().installEventFilter(self)
        self._box.sigRangeChanged.connect(self._place_invitation)
        self._box.sigRangeChanged.connect(lambda *_: self._place_soon.start())
        for key, act in (
            ("+", lambda: self._box.scaleBy((0.8, 0.8))),
            ("=", lambda: self._box.scaleBy((0.8, 0.8))),
            ("-", lambda: self._box.scaleBy((1.25, 1.25))),
            ("Left", lambda: self._pan(-0.1, 0)),
            ("Right", lambda: self._pan(0.1, 0)),
            ("Up", lambda: self._pan(0, 0.1)),
            ("Down", lambda: self._pan(0, -0.1)),
            ("Home", self.fit),
            (QKeySequence(Qt.Key.Key_Menu).toString(), self._ask_for_menu),
            ("Shift+F10", self._ask_for_menu),
        ):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)

    # What is shown ----------------------------------------------------------------------------

    def add(self, run: Run) -> None:
        """Add a run, which is the present one from now on; `restyle` shows it."""
        self._drawn[run] = RunCurves(run, self._item)

    def remove(self, run: Run) -> None:
        """Remove a run; `restyle` lets the others know."""
        self._drawn.pop(run).remove()
        self._chosen.discard(run)

    def grow(self, run: Run) -> None:
        """Draw what came in for a run, at once or when the last drawing is long enough ago."""
        self._stale.add(run)
        if not self._waiting.isActive():
            self._redraw()

    def wait(self) -> None:
        """Paint nothing for a moment: the user draws."""
        self._waiting.start(_PAUSE)

    def show_quantity(self, quantity: Quantity, *, logarithmic: bool) -> None:
        """Plot another quantity, or the same on another scale; accuracy is never logarithmic."""
        accuracy = quantity is Quantity.ACCURACY
        self._quantity = quantity
        self._logarithmic = logarithmic and not accuracy
        self._item.setLogMode(x=False, y=self._logarithmic)
        self._item.setLabel(
            "left",
            {
                Quantity.COST: self.tr("cost"),
                Quantity.ACCURACY: self.tr("accuracy, %"),
                Quantity.LEARNING_RATE: self.tr("learning rate"),
            }[quantity],
        )
        # The legend goes where curves are not: accuracy rises, the others fall.
        edge, shift = (1, -6) if accuracy else (0, 6)
        self._legend.anchor((1, edge), (1, edge), offset=(-12, shift))
        self.restyle()
        self.fit()

    def show_close_up(self, on: bool) -> None:
        """Show only the upper end of the accuracies, or all of them."""
        self._close_up = on
        self.fit()

    def choose(self, runs: set[Run]) -> None:
        """Let some of the earlier runs stand out like the present one."""
        self._chosen = runs
        self.restyle()

    def restyle(self) -> None:
        """Set colours, widths and which curves are visible: on a change, never on each report."""
        palette = self.palette()
        paper = palette.color(QPalette.ColorRole.Base)
        ink = palette.color(QPalette.ColorRole.Text)
        self.setBackground(paper)
        quiet = QColor(ink)
        quiet.setAlpha(170)
        for side in ("left", "bottom"):
            axis = self._item.getAxis(side)
            axis.setPen(pg.mkPen(quiet, width=1))
            axis.setTextPen(quiet)
        self._invitation.setColor(quiet)
        self._invitation.setVisible(not self._drawn)
        self._place_invitation()
        for line in self._cross:
            line.setPen(pg.mkPen(quiet, width=1, style=Qt.PenStyle.DotLine))
        self._legend.clear()
        self._legend.setLabelTextColor(ink)
        runs = list(self._drawn)
        smooth = len(runs) <= _MAX_SMOOTH
        for run, short in zip(runs, short_names(runs), strict=True):
            present = run is runs[-1]
            drawn = self._drawn[run]
            clear = present or run in self._chosen
            drawn.style(palette, self._quantity, short, clear=clear, smooth=smooth)
            if present and run.shown:
                for series, curve in drawn.curves.items():
                    if CURVES[series].quantity is self._quantity:
                        self._legend.addItem(curve, self._legend_of(series))
        self._show_legend()
        self._stale.update(runs)
        self._redraw()

    def _legend_of(self, series: Series) -> str:
        name: str = {
            Series.MINI_BATCHES: self.tr("each mini-batch"),
            Series.SMOOTHED_COST: self.tr("mini-batches, smoothed"),
            Series.TRAINING_COST: self.tr("training, per epoch"),
            Series.VALIDATION_COST: self.tr("validation, per epoch"),
            Series.TRAINING_ACCURACY: self.tr("training"),
            Series.VALIDATION_ACCURACY: self.tr("validation"),
            Series.RATE: self.tr("learning rate η"),
        }[series]
        return name

    def _show_legend(self) -> None:
        shown = bool(self._drawn) and list(self._drawn)[-1].shown
        self._legend.setVisible(shown and self.height() > _LOW)

    def _redraw(self) -> None:
        if not self._stale or not self.isVisible():
            return
        self._waiting.start(_REDRAW_EVERY)
        runs = list(self._drawn)
        stale = self._stale & set(runs)
        self._stale.clear()
        limit = highest_cost(runs) if self._quantity is Quantity.COST else math.inf
        if self._logarithmic:
            limit = math.log10(limit) if limit > 0 else math.inf
        for drawn in self._drawn.values():
            drawn.limit(limit)
        for run in stale:
            self._drawn[run].update(self._quantity, logarithmic=self._logarithmic)
        # Where nobody has zoomed, the epochs that are shown follow what comes in.
        if self._shows_close_up() and self._box.autoRangeEnabled()[0]:
            self._range_close_up(runs)
        if len(runs) > 1:
            self._box.updateAutoRange()
            self._place_names()

    def fit(self) -> None:
        """Show everything, or the upper end of it, and follow what comes in."""
        self._item.enableAutoRange()
        if self._shows_close_up():
            self._range_close_up(list(self._drawn))

    def _shows_close_up(self) -> bool:
        return self._close_up and self._quantity is Quantity.ACCURACY

    def _range_close_up(self, runs: Sequence[Run]) -> None:
        """Show the accuracies from the highest mark on that lies below where all curves end."""
        self._box.setYRange(close_up(runs), 100, padding=0.02)

    def _pan(self, x: float, y: float) -> None:
        rect = self._box.viewRect()
        self._box.translateBy(x=x * rect.width(), y=y * rect.height())

    def _place_invitation(self) -> None:
        """Keep the invitation in the middle of the empty plot."""
        if not self._drawn:
            self._invitation.setPos(self._box.viewRect().center())

    def _place_names(self) -> None:
        """Put the latest runs' names at the ends of their curves, where there is room."""
        self._box.updateMatrix()
        room = self._box.sceneBoundingRect()
        taken: list[QRectF] = []
        if self._legend.isVisible():
            taken.append(self._legend.mapRectToScene(self._legend.boundingRect()))
        several = len(self._drawn) > 1
        placed = 0
        for drawn in reversed(self._drawn.values()):
            drawn.name.setVisible(False)
            if several and drawn.run.shown and placed < _MAX_NAMES:
                box = drawn.place_name(room, taken)
                if box is not None:
                    taken.append(box)
                    placed += 1

    # The pointer ------------------------------------------------------------------------------

    def _point(self, position: Any) -> None:
        """Move the crosshair to the curve that is pointed at, and say what is read there."""
        if not self._drawn or not self._box.sceneBoundingRect().contains(position):
            self._leave()
            return
        for line in self._cross:
            line.show()
        at = self._box.mapSceneToView(position)
        view, pixels = self._box.viewRect(), self._box.sceneBoundingRect()
        self.pointed = pointed(self._visible_curves(), at, view, pixels)
        x, y = (at.x(), at.y()) if self.pointed is None else self.pointed[2:]
        self._cross[0].setPos(x)
        self._cross[1].setPos(y)
        here = {
            Quantity.COST: self.tr("cost {value}"),
            Quantity.ACCURACY: self.tr("accuracy {value} %"),
            Quantity.LEARNING_RATE: self.tr("learning rate {value}"),
        }[self._quantity]
        height = 10**y if self._logarithmic else y
        parts = [
            self.tr("epoch {number}").format(number=numbers.decimal(x, 2)),
            here.format(value=numbers.general(height)),
        ]
        if self.pointed is not None:
            parts = [self.pointed.run.name, self._legend_of(self.pointed.series), *parts]
        self.read.emit("  ·  ".join(parts))

    def _leave(self) -> None:
        for line in self._cross:
            line.hide()
        self.pointed = None
        self.read.emit("")

    def _visible_curves(self) -> Iterator[tuple[Run, Series, Points, Points]]:
        """Yield the curves that can be pointed at, in the axes' units."""
        for run, drawn in self._drawn.items():
            for series, curve in drawn.curves.items():
                if curve.isVisible() and curve.xData is not None and CURVES[series].width > 1:
                    y = np.log10(curve.yData) if self._logarithmic else curve.yData
                    yield run, series, curve.xData, y

    @contextmanager
    def without_cross(self) -> Iterator[None]:
        """Hide the crosshair, for a picture of the plot."""
        crossed = self._cross[0].isVisible()
        for line in self._cross:
            line.setVisible(False)
        try:
            yield
        finally:
            for line in self._cross:
                line.setVisible(crossed)

    def _clicked(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            event.accept()
            self._point(event.scenePos())
            self.menu_wanted.emit(event.screenPos().toPoint())

    def _ask_for_menu(self) -> None:
        self.menu_wanted.emit(self.mapToGlobal(self.rect().center()))

    # What happens to the widget ---------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the crosshair away when the pointer leaves the plot."""
        if event.type() == QEvent.Type.Leave:
            self._leave()
        return False

    def showEvent(self, event: QShowEvent) -> None:
        """Paint what came in while it was hidden."""
        super().showEvent(event)
        self._redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hide the legend where it would cover the curves."""
        super().resizeEvent(event)
        if hasattr(self, "_legend"):
            self._show_legend()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the system between light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_legend"):
            self.restyle()
