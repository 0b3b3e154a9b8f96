"""Cost, accuracy and learning rate as they come in, with those of earlier runs to compare."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QColor,
    QIcon,
    QKeySequence,
    QPalette,
    QPixmap,
    QResizeEvent,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QBoxLayout,
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QMessageBox,
    QSplitter,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from digitpad.app.training.naming import short_names
from digitpad.app.training.plot_files import picture, write_png, write_svg
from digitpad.app.training.plot_reading import Pointed, pointed
from digitpad.app.training.runs import (
    CURVES,
    Points,
    Quantity,
    Run,
    Series,
    close_up,
    highest_cost,
    write_csv,
)
from digitpad.app.widgets import numbers, theme
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.sgd import EndReason, Progress

_EARLIER = 0.45  # how much of their colour earlier runs keep
_MAX_SMOOTH = 20  # runs; the edges of more are not smoothed, which would take too long to paint
_MAX_NAMES = 8
MAX_RUNS = 60  # they take memory; their files keep the curves of those before
# Of a name, in its widths and heights from the end of its curve: before it, above or below.
_ANCHORS = ((1, 1), (1, 0), (1, 2), (1, -1), (1, 3), (0, 1), (0, 0))
_NARROW = 400  # pixels; below it the tools go under the tabs
_REDRAW_EVERY, _PAUSE = 250, 400  # milliseconds between two paintings, and after a pointer event
_LOW = 190  # pixels of height; below it the legend would cover the curves
_MAX_MARKS = 60  # epochs; more marks than that run into each other


class _Axis(pg.AxisItem):  # type: ignore[misc]
    """An axis whose logarithmic ticks are 1, 2 and 5 times powers of ten, or fewer."""

    def logTickValues(
        self, minVal: float, maxVal: float, size: float, stdTicks: object
    ) -> list[tuple[None, list[float]]]:
        """Return the ticks, as their logarithms."""
        factors = (1, 2, 5) if maxVal - minVal < 3 else (1,)
        step = max(1, math.ceil((maxVal - minVal) / 8))
        powers = range(math.floor(minVal), math.ceil(maxVal) + 1, step)
        ticks = [power + math.log10(factor) for power in powers for factor in factors]
        return [(None, [tick for tick in ticks if minVal <= tick <= maxVal])]


class _Curve(pg.PlotDataItem):  # type: ignore[misc]
    """A curve of which only what lies below a limit decides how much the plot shows.

    Attributes
    ----------
    limit : float
        In the axis's units; -inf: the curve decides nothing.
    from_start : bool
        Whether a curve whose first point is at the end of the first epoch has room before it.
    """

    limit = math.inf
    from_start = False

    def dataBounds(
        self, ax: int, frac: float = 1.0, orthoRange: tuple[float, float] | None = None
    ) -> tuple[float | None, float | None]:
        """Return the least and the greatest value along an axis."""
        low, high = super().dataBounds(ax, frac, orthoRange)
        if ax == 0 and self.from_start and low is not None and low <= 1:
            return 0.0, high
        if ax == 0 or low is None:
            return low, high
        return (None, None) if low > self.limit else (low, min(high, self.limit))


class CurvesView(QWidget):
    """The plot of the present run and the earlier ones, with a list to hide and remove them."""

    saved = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("curves")
        self.runs: list[Run] = []
        self._drawn: dict[Run, dict[Series, Any]] = {}
        self._names: dict[Run, Any] = {}
        self._ends: dict[Run, tuple[float, float] | None] = {}  # of each curve, in the axes' units
        self._pointed: Pointed | None = None
        self._stale: set[Run] = set()  # runs with more points than are drawn
        # Painting the curves takes longer than a pointer event may wait.
        self._waiting = QTimer(self)
        self._waiting.setSingleShot(True)
        self._waiting.timeout.connect(self._redraw)
        self._place_soon = QTimer(self)
        self._place_soon.setSingleShot(True)
        self._place_soon.setInterval(0)
        self._place_soon.timeout.connect(self._place_names)

        self._tabs = QTabBar()
        self._tabs.setObjectName("quantity")
        self._tabs.setAccessibleName(self.tr("Quantity"))
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        for quantity, text in (
            (Quantity.COST, self.tr("Cost")),
            (Quantity.ACCURACY, self.tr("Accuracy")),
            (Quantity.LEARNING_RATE, self.tr("Learning rate")),
        ):
            self._tabs.setTabData(self._tabs.addTab(text), quantity)
        self._tabs.currentChanged.connect(self._show_quantity)

        self._logarithmic = self._tool(
            self.tr("Log"), "logarithmic", self.tr("Logarithmic scale"), checkable=True
        )
        self._logarithmic.toggled.connect(self._show_quantity)
        self._close_up = self._tool(
            self.tr("Close-up"), "closeUp", self.tr("Show the upper end"), checkable=True
        )
        self._close_up.toggled.connect(self.fit)
        self._fit = self._tool(self.tr("Fit"), "fit", self.tr("Show the whole curves (Home)"))
        self._fit.clicked.connect(self.fit)
        self._show_runs = self._tool(
            self.tr("Runs"), "showRuns", self.tr("Show the list of runs"), checkable=True
        )
        self._save = self._tool(self.tr("Save"), "save", self.tr("Save the plot or its numbers"))
        self._save_menu = QMenu(self.tr("Save"), self._save)
        for text, name, kind, suffix in (
            (self.tr("Save as PNG…"), "savePng", self.tr("PNG image"), ".png"),
            (self.tr("Save as SVG…"), "saveSvg", self.tr("SVG drawing"), ".svg"),
            (self.tr("Save numbers as CSV…"), "saveCsv", self.tr("CSV table"), ".csv"),
        ):
            action = QAction(text, self._save_menu)
            action.setObjectName(name)
            action.triggered.connect(
                lambda _checked=False, kind=kind, suffix=suffix: self._ask_and_save(kind, suffix)
            )
            self._save_menu.addAction(action)
        self._save.setMenu(self._save_menu)
        self._save.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

        tools = QHBoxLayout()
        tools.setSpacing(2)
        for button in (self._logarithmic, self._close_up, self._fit, self._show_runs, self._save):
            tools.addWidget(button)
        self._header = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._header.setSpacing(2)
        self._header.addWidget(self._tabs)
        self._header.addStretch(1)
        self._header.addLayout(tools)

        self._build_plot()
        self._list = QListWidget()
        self._list.setObjectName("runs")
        self._list.setAccessibleName(self.tr("Runs"))
        self._list.setToolTip(self.tr("Tick: show. Double-click or F2: rename. Delete: remove."))
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._list.setMinimumWidth(90)
        self._list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._list.itemChanged.connect(self._run_edited)
        self._list.itemSelectionChanged.connect(self._restyle)
        remove = QAction(self.tr("Remove"), self._list)
        remove.setObjectName("removeRuns")
        remove.setShortcut(QKeySequence.StandardKey.Delete)
        remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        remove.triggered.connect(self.remove_selected)
        rename = QAction(self.tr("Rename"), self._list)
        rename.triggered.connect(lambda: self._list.editItem(self._list.currentItem()))
        self._list.addActions([rename, remove])
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._list.setFrameShape(QListWidget.Shape.NoFrame)
        self._list.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self._list.hide()
        self._show_runs.toggled.connect(self._list.setVisible)

        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(self._view)
        self._splitter.addWidget(self._list)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setSizes([1000, 150])
        self._splitter.setChildrenCollapsible(False)
        self._reading = QLabel()
        self._reading.setObjectName("reading")
        self._reading.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._reading.setMinimumWidth(1)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(6)
        layout.addLayout(self._header)
        layout.addWidget(self._splitter, 1)
        layout.addWidget(self._reading)
        self._show_quantity()

    def _tool(self, text: str, name: str, tip: str, *, checkable: bool = False) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setObjectName(name)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setCheckable(checkable)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _build_plot(self) -> None:
        self._view = pg.PlotWidget(axisItems={"left": _Axis("left")})
        self._view.setObjectName("plot")
        self._view.setAccessibleName(self.tr("Plot"))
        self._view.setAccessibleDescription(
            self.tr("Plus and minus zoom, the arrow keys move, Home shows the whole curves.")
        )
        self._view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._view.setFrameShape(pg.PlotWidget.Shape.NoFrame)
        self._view.setMinimumSize(160, 80)
        self._view.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot = self._view.getPlotItem()
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        # Upright lines and finer ones would take as long to paint as everything else together.
        self._plot.showGrid(x=False, y=True, alpha=0.12)
        self._plot.getAxis("left").setStyle(maxTickLevel=0)
        self._plot.getAxis("bottom").setStyle(maxTickLevel=0)
        self._plot.setLabel("bottom", self.tr("epoch"))
        self._plot.getAxis("bottom").enableAutoSIPrefix(False)
        self._plot.getAxis("left").enableAutoSIPrefix(False)
        self._legend = self._plot.addLegend(offset=(-12, 6), labelTextSize="9pt", verSpacing=-6)
        self._empty = pg.TextItem(
            self.tr("Train a network\nand watch its cost fall here."), anchor=(0.5, 0.5)
        )
        self._empty.setObjectName("invitation")
        self._plot.addItem(self._empty, ignoreBounds=True)
        self._cross = [pg.InfiniteLine(angle=angle, movable=False) for angle in (90, 0)]
        for line in self._cross:
            line.setObjectName("crosshair")
            line.hide()
            self._plot.addItem(line, ignoreBounds=True)
        self._view.scene().sigMouseMoved.connect(self._point)
        self._view.scene().sigMouseClicked.connect(self._clicked)
        self._view.viewport().installEventFilter(self)
        box = self._plot.getViewBox()
        box.sigRangeChanged.connect(self._place_invitation)
        # Not at once: the range may change while it is painted.
        box.sigRangeChanged.connect(self._place_names_soon)
        for key, act in (
            ("+", lambda: box.scaleBy((0.8, 0.8))),
            ("=", lambda: box.scaleBy((0.8, 0.8))),
            ("-", lambda: box.scaleBy((1.25, 1.25))),
            ("Left", lambda: self._pan(-0.1, 0)),
            ("Right", lambda: self._pan(0.1, 0)),
            ("Up", lambda: self._pan(0, 0.1)),
            ("Down", lambda: self._pan(0, -0.1)),
            ("Home", self.fit),
            (QKeySequence(Qt.Key.Key_Menu).toString(), self._open_menu),
            ("Shift+F10", self._open_menu),
        ):
            shortcut = QShortcut(QKeySequence(key), self._view)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)

    def _place_invitation(self) -> None:
        """Keep the invitation in the middle of the empty plot."""
        if not self.runs:
            self._empty.setPos(self._plot.getViewBox().viewRect().center())

    # What comes in ----------------------------------------------------------------------------

    @Slot(str)
    def begin_run(
        self,
        name: str,
        colour: int | None = None,
        hyperparameters: Hyperparameters | None = None,
    ) -> None:
        """Start a new run; the ones before become faint, and the oldest of too many go.

        Parameters
        ----------
        name : str
        colour : int or None
            Index of the run's colour; None: the next one.
        hyperparameters : Hyperparameters or None
            What it is trained with, if that is known.
        """
        index = len(self.runs) if colour is None else colour
        self.runs.append(Run(name, index, hyperparameters))
        item = QListWidgetItem(name)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable)
        item.setCheckState(Qt.CheckState.Checked)
        item.setData(Qt.ItemDataRole.UserRole, self.runs[-1])
        self._list.addItem(item)
        if len(self.runs) == 2:
            self._show_runs.setChecked(True)
        self._make_curves(self.runs[-1])
        self._remove([self._list.item(row) for row in range(len(self.runs) - MAX_RUNS)])

    @Slot(object)
    def add_progress(self, progress: Progress) -> None:
        """Append what was reported of the present run."""
        if not self.runs:
            self.begin_run(self.tr("Run {number}").format(number=1))
        self.runs[-1].add(progress)
        self._stale.add(self.runs[-1])
        if not self._waiting.isActive():
            self._redraw()

    @Slot()
    def wait(self) -> None:
        """Paint nothing for a moment: the user draws."""
        self._waiting.start(_PAUSE)

    @Slot(object)
    def end_run(self, _reason: EndReason) -> None:
        """Mark the present run as ended."""
        if self.runs:
            self.runs[-1].ended = True
            self._restyle()

    # Drawing ----------------------------------------------------------------------------------

    @property
    def quantity(self) -> Quantity:
        """What is plotted now."""
        quantity = self._tabs.tabData(self._tabs.currentIndex())
        assert isinstance(quantity, Quantity)
        return quantity

    def _legend_of(self, series: Series) -> str:
        return {
            Series.MINI_BATCHES: self.tr("each mini-batch"),
            Series.SMOOTHED_COST: self.tr("mini-batches, smoothed"),
            Series.TRAINING_COST: self.tr("training, per epoch"),
            Series.VALIDATION_COST: self.tr("validation, per epoch"),
            Series.TRAINING_ACCURACY: self.tr("training"),
            Series.VALIDATION_ACCURACY: self.tr("validation"),
            Series.RATE: self.tr("learning rate η"),
        }[series]

    def _make_curves(self, run: Run) -> None:
        curves = {}
        for series, curve in CURVES.items():
            item = _Curve(antialias=curve.smooth)
            item.setZValue(0 if series is Series.MINI_BATCHES else 2)
            item.setObjectName(series.value)
            self._plot.addItem(item)
            curves[series] = item
        self._drawn[run] = curves
        name = pg.TextItem(run.name, anchor=(1, 1))
        name.setObjectName("runName")
        self._plot.addItem(name, ignoreBounds=True)
        self._names[run] = name

    def _show_quantity(self) -> None:
        accuracy = self.quantity is Quantity.ACCURACY
        self._logarithmic.setVisible(not accuracy)
        self._close_up.setVisible(accuracy)
        logarithmic = self._logarithmic.isChecked() and not accuracy
        self._plot.setLogMode(x=False, y=logarithmic)
        self._plot.setLabel(
            "left",
            {
                Quantity.COST: self.tr("cost"),
                Quantity.ACCURACY: self.tr("accuracy, %"),
                Quantity.LEARNING_RATE: self.tr("learning rate"),
            }[self.quantity],
        )
        # The legend goes where curves are not: accuracy rises, the others fall.
        edge, shift = (1, -6) if accuracy else (0, 6)
        self._legend.anchor((1, edge), (1, edge), offset=(-12, shift))
        self._restyle()
        self.fit()

    def _restyle(self) -> None:
        """Set colours, widths and which curves are visible: on a change, never on each report."""
        palette = self.palette()
        paper = palette.color(QPalette.ColorRole.Base)
        ink = palette.color(QPalette.ColorRole.Text)
        self._view.setBackground(paper)
        quiet = QColor(ink)
        quiet.setAlpha(170)
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(pg.mkPen(quiet, width=1))
            axis.setTextPen(quiet)
        veil = QColor(paper)
        veil.setAlpha(190)
        self._empty.setColor(quiet)
        self._empty.setVisible(not self.runs)
        self._place_invitation()
        for line in self._cross:
            line.setPen(pg.mkPen(quiet, width=1, style=Qt.PenStyle.DotLine))
        blocked = self._list.blockSignals(True)
        for row, run in enumerate(self.runs):
            swatch = QPixmap(10, 10)
            swatch.fill(theme.run_colour(palette, run.colour))
            self._list.item(row).setIcon(QIcon(swatch))
        self._list.blockSignals(blocked)
        self._legend.clear()
        self._legend.setLabelTextColor(ink)
        chosen = {item.data(Qt.ItemDataRole.UserRole) for item in self._list.selectedItems()}
        for run, short in zip(self.runs, short_names(self.runs), strict=True):
            present = run is self.runs[-1]
            own = theme.run_colour(palette, run.colour)
            clear = present or run in chosen
            for series, item in self._drawn[run].items():
                curve = CURVES[series]
                visible = run.shown and curve.quantity is self.quantity
                item.setVisible(visible and (clear or curve.earlier))
                # Fine opaque lines are painted many times as fast as others, and there may be
                # sixty earlier runs.
                colour = theme.mixed(paper, own, _EARLIER)
                if clear:
                    colour = QColor(own)
                    colour.setAlpha(curve.opacity)
                item.opts["antialias"] = curve.smooth and (clear or len(self.runs) <= _MAX_SMOOTH)
                line = Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine
                item.setPen(pg.mkPen(colour, width=curve.width if clear else 1, style=line))
                item.from_start = curve.quantity is Quantity.ACCURACY
                marked = curve.mark if clear and len(run.epochs) <= _MAX_MARKS else ""
                item.setSymbol(marked or None)
                item.setSymbolSize(6)
                item.setSymbolBrush(colour)
                item.setSymbolPen(None)
                if present and visible:
                    self._legend.addItem(item, self._legend_of(series))
            name = self._names[run]
            name.setText(short)
            name.setColor(theme.mixed(ink, own, 0.6))
            name.fill = pg.mkBrush(veil)
        self._show_legend()
        self._stale.update(self.runs)
        self._redraw()

    def _show_legend(self) -> None:
        wanted = bool(self.runs) and self.runs[-1].shown
        self._legend.setVisible(wanted and self._view.height() > _LOW)

    def _redraw(self) -> None:
        if not self._stale or not self.isVisible():
            return
        self._waiting.start(_REDRAW_EVERY)
        stale = self._stale & set(self.runs)
        self._stale.clear()
        limit = highest_cost(self.runs) if self.quantity is Quantity.COST else math.inf
        if self._is_log():
            limit = math.log10(limit) if limit > 0 else math.inf
        for run in self.runs:
            for series, item in self._drawn[run].items():
                item.limit = -math.inf if series is Series.MINI_BATCHES else limit
        for run in stale:
            for series, item in self._drawn[run].items():
                if item.isVisible():
                    x, y = run.points(series)
                    shown = np.isfinite(y)
                    if self._is_log():
                        shown &= y > 0
                    item.setData(x[shown], y[shown])
            self._ends[run] = self._end_of(run)
        if self._close_up.isChecked() and self._close_up.isVisible() and self._following():
            self._show_close_up()
        if len(self.runs) > 1:
            self._plot.getViewBox().updateAutoRange()
            self._place_names()

    def _place_names_soon(self, *_: object) -> None:
        self._place_soon.start()

    def _place_names(self) -> None:
        """Put the latest runs' names at the ends of their curves, where there is room."""
        taken: list[QRectF] = []
        self._plot.getViewBox().updateMatrix()
        room = self._plot.getViewBox().sceneBoundingRect()
        if self._legend.isVisible():
            taken.append(self._legend.mapRectToScene(self._legend.boundingRect()))
        placed = 0
        for run in reversed(self.runs):
            name = self._names[run]
            name.setVisible(False)
            at = self._ends.get(run)
            if len(self.runs) < 2 or not run.shown or at is None or placed == _MAX_NAMES:
                continue
            name.setPos(*at)
            for anchor in _ANCHORS:
                name.setAnchor(anchor)
                name.updateTransform()
                box = name.mapRectToScene(name.boundingRect())
                if room.contains(box) and not any(box.intersects(other) for other in taken):
                    name.setVisible(True)
                    taken.append(box)
                    placed += 1
                    break

    def _end_of(self, run: Run) -> tuple[float, float] | None:
        """Return where a run's curve ends, in the axes' units."""
        series = {
            Quantity.COST: Series.SMOOTHED_COST,
            Quantity.ACCURACY: Series.VALIDATION_ACCURACY,
            Quantity.LEARNING_RATE: Series.RATE,
        }[self.quantity]
        x, y = run.points(series)
        if not len(x) and series is Series.VALIDATION_ACCURACY:
            x, y = run.points(Series.TRAINING_ACCURACY)
        if not len(x):
            return None
        return float(x[-1]), float(np.log10(y[-1]) if self._is_log() and y[-1] > 0 else y[-1])

    def _is_log(self) -> bool:
        return self._logarithmic.isChecked() and self.quantity is not Quantity.ACCURACY

    @Slot()
    def fit(self) -> None:
        """Show everything, or the upper end of it, and follow what comes in."""
        self._plot.enableAutoRange()
        if self.quantity is Quantity.ACCURACY and self._close_up.isChecked():
            self._show_close_up()

    def _show_close_up(self) -> None:
        """Show the accuracies from the highest mark on that lies below where all curves end."""
        floor = close_up(self.runs)
        self._plot.getViewBox().setYRange(floor, 100, padding=0.02)

    def _following(self) -> bool:
        """Whether the epochs that are shown follow what comes in: nobody has zoomed."""
        return bool(self._plot.getViewBox().autoRangeEnabled()[0])

    def _pan(self, x: float, y: float) -> None:
        box = self._plot.getViewBox()
        rect = box.viewRect()
        box.translateBy(x=x * rect.width(), y=y * rect.height())

    def _point(self, position: Any) -> None:
        """Move the crosshair to the curve that is pointed at, and say what is read there."""
        box = self._plot.getViewBox()
        inside = bool(self.runs) and box.sceneBoundingRect().contains(position)
        for line in self._cross:
            line.setVisible(inside)
        self._pointed = None
        if not inside:
            self._reading.clear()
            return
        at = box.mapSceneToView(position)
        self._pointed = pointed(self._visible_curves(), at, box.viewRect(), box.sceneBoundingRect())
        x, y = (at.x(), at.y()) if self._pointed is None else self._pointed[2:]
        self._cross[0].setPos(x)
        self._cross[1].setPos(y)
        here = {
            Quantity.COST: self.tr("cost {value}"),
            Quantity.ACCURACY: self.tr("accuracy {value} %"),
            Quantity.LEARNING_RATE: self.tr("learning rate {value}"),
        }[self.quantity]
        height = 10**y if self._is_log() else y
        parts = [
            self.tr("epoch {number}").format(number=numbers.decimal(x, 2)),
            here.format(value=numbers.general(height)),
        ]
        if self._pointed is not None:
            parts = [self._pointed.run.name, self._legend_of(self._pointed.series), *parts]
        self._reading.setText("  ·  ".join(parts))

    def _visible_curves(self) -> Iterator[tuple[Run, Series, Points, Points]]:
        """Yield the curves that can be pointed at, in the axes' units."""
        for run in self.runs:
            for series, item in self._drawn[run].items():
                if item.isVisible() and item.xData is not None and CURVES[series].width > 1:
                    yield (
                        run,
                        series,
                        item.xData,
                        np.log10(item.yData) if self._is_log() else item.yData,
                    )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the crosshair away when the pointer leaves the plot."""
        if event.type() == QEvent.Type.Leave:
            for line in self._cross:
                line.hide()
            self._pointed = None
            self._reading.clear()
        return False

    # The context menu -------------------------------------------------------------------------

    def _clicked(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            event.accept()
            self._point(event.scenePos())
            self._open_menu(event.screenPos().toPoint())

    def _open_menu(self, at: QPoint | None = None) -> None:
        """Open the menu of the curve that is pointed at, or of the present run."""
        run = None
        if self.runs:
            run = self.runs[-1] if self._pointed is None else self._pointed.run
        menu = QMenu(self)
        menu.setObjectName("plotMenu")

        def add(text: str, name: str, act: Callable[[], object], *, enabled: bool = True) -> None:
            action = menu.addAction(text)
            action.setObjectName(name)
            action.setEnabled(enabled)
            action.triggered.connect(lambda _checked=False: act())

        add(self.tr("Copy picture"), "copyPicture", self.copy_picture)
        menu.addMenu(self.tr("Save")).addActions(self._save_menu.actions())
        if run is not None:
            item = self._item_of(run)
            name = run.name.replace("&", "&&")
            menu.addSeparator()
            add(
                self.tr("Hide “{name}”").format(name=name),
                "hideRun",
                lambda: item.setCheckState(Qt.CheckState.Unchecked),
                enabled=run.shown,
            )
            add(self.tr("Rename…"), "renameRun", lambda: self._ask_name(item))
            add(
                self.tr("Remove"),
                "removeRun",
                lambda: self._remove([item]),
                enabled=run.ended or run is not self.runs[-1],
            )
            add(
                self.tr("Show all runs"),
                "showAll",
                self._show_all,
                enabled=not all(each.shown for each in self.runs),
            )
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self._view.mapToGlobal(self._view.rect().center()) if at is None else at)

    @Slot()
    def copy_picture(self) -> None:
        """Put the plot, as it is saved, on the clipboard."""
        with self._without_cross():
            QApplication.clipboard().setImage(picture(self._view))

    @contextmanager
    def _without_cross(self) -> Iterator[None]:
        crossed = self._cross[0].isVisible()
        for line in self._cross:
            line.setVisible(False)
        try:
            yield
        finally:
            for line in self._cross:
                line.setVisible(crossed)

    def _item_of(self, run: Run) -> QListWidgetItem:
        return self._list.item(self.runs.index(run))

    def _ask_name(self, item: QListWidgetItem) -> None:
        title, label = self.tr("Rename the run"), self.tr("Name")
        name, chosen = QInputDialog.getText(self, title, label, text=item.text())
        if chosen:
            item.setText(name)

    def _show_all(self) -> None:
        for row in range(self._list.count()):
            self._list.item(row).setCheckState(Qt.CheckState.Checked)

    # The list of runs -------------------------------------------------------------------------

    def _run_edited(self, item: QListWidgetItem) -> None:
        run = item.data(Qt.ItemDataRole.UserRole)
        run.shown = item.checkState() == Qt.CheckState.Checked
        name = item.text().strip() or run.name
        run.renamed = run.renamed or name != run.name
        run.name = name
        item.setText(name)
        self._restyle()

    @Slot()
    def remove_selected(self) -> None:
        """Remove the runs that are selected in the list, except one that is not over."""
        self._remove(self._list.selectedItems())

    def _remove(self, items: list[QListWidgetItem]) -> None:
        for item in items:
            run = item.data(Qt.ItemDataRole.UserRole)
            if run is self.runs[-1] and not run.ended:
                continue
            self._ends.pop(run, None)
            for drawn in (*self._drawn.pop(run).values(), self._names.pop(run)):
                self._plot.removeItem(drawn)
            self.runs.remove(run)
            self._list.takeItem(self._list.row(item))
        self._show_quantity()

    # Files ------------------------------------------------------------------------------------

    def _ask_and_save(self, kind: str, suffix: str) -> None:
        title = self.tr("Save the plot")
        suggested = self.tr("learning curves") + suffix
        name, _ = QFileDialog.getSaveFileName(self, title, suggested, f"{kind} (*{suffix})")
        if not name:
            return
        path = Path(name)
        if path.suffix.lower() != suffix:
            path = path.with_name(path.name + suffix)
            # The file dialog has asked about the name as typed, not with the suffix.
            question = self.tr("“{name}” already exists. Replace it?").format(name=path.name)
            yes = QMessageBox.StandardButton.Yes
            if path.exists() and QMessageBox.question(self, title, question) != yes:
                return
        self.save(path)

    def save(self, path: Path) -> None:
        """Write the plot to a .png or .svg file, or its numbers to a .csv; say if that fails."""
        kind = path.suffix.lower()
        try:
            with self._without_cross():
                if kind == ".csv":
                    write_csv(path, self.runs)
                elif kind == ".svg":
                    names = ", ".join(run.name for run in self.runs if run.shown)
                    write_svg(path, self._view, f"digitpad: {names}")
                else:
                    write_png(path, self._view)
        except OSError as error:
            reason = error.strerror or str(error)
            QMessageBox.warning(
                self,
                self.tr("The plot was not saved"),
                self.tr(
                    "“{name}” could not be written ({reason}): choose another folder or name."
                ).format(name=path.name, reason=reason),
            )
        else:
            self.saved.emit(str(path))

    # What happens to the widget ---------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Paint what came in while it was hidden."""
        super().showEvent(event)
        self._redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the tools and the list of runs to suit the shape."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        self._header.setDirection(
            QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        )
        self._show_legend()
        upright = self.width() < 1.2 * self.height()
        self._splitter.setOrientation(
            Qt.Orientation.Vertical if upright else Qt.Orientation.Horizontal
        )

    def changeEvent(self, event: QEvent) -> None:
        """Follow the system between light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_legend"):
            self._restyle()
