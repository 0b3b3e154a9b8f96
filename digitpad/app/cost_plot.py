"""Cost, accuracy and learning rate while they come in, and those of earlier runs to compare."""

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QColor,
    QImage,
    QKeySequence,
    QPainter,
    QPalette,
    QResizeEvent,
    QShortcut,
    QShowEvent,
)
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QFileDialog,
    QHBoxLayout,
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

from digitpad.trace import Trace
from digitpad.training import EpochReport, Progress

COST, ACCURACY, LEARNING_RATE = "Cost", "Accuracy", "Learning rate"

# Okabe and Ito's colours, which people with any colour vision tell apart: the darker blue and
# orange on light paper, the lighter ones on dark.
_COLOURS = {
    False: {"training": "#0072b2", "validation": "#c04f00", "rate": "#00795b"},
    True: {"training": "#56b4e9", "validation": "#f0a030", "rate": "#2cc295"},
}
_EARLIER = 110  # opacity of earlier runs, of 255
_NARROW = 460  # pixels; below it the tools go under the tabs and the runs under the plot
_MOST_MARKS = 60  # epochs; more marks than that are a caterpillar


@dataclass
class Run:
    """One training, as the plot remembers it."""

    name: str
    costs: Trace = field(default_factory=Trace)
    rates: Trace = field(default_factory=lambda: Trace(256))
    batches: int = 1
    epochs: list[EpochReport] = field(default_factory=list)
    shown: bool = True
    ended: bool = False

    def series(self, key: str) -> tuple[Any, Any]:
        """Return x (in epochs) and y of one of the curves in `_CURVES`."""
        if key == "mini-batches":
            return self.costs.envelope()
        if key == "cost":
            # A twentieth of an epoch, or what half a pixel stands for in a long run.
            return self.costs.smoothed(max(self.batches / 20, self.costs.points / 200))
        if key == "rate":
            return self.rates.mean()
        x = np.array([report.epoch + 1.0 for report in self.epochs])
        y = np.array([_of_epoch(report, key) for report in self.epochs], dtype=float)
        known = np.isfinite(y)
        return x[known], y[known]


def _of_epoch(report: EpochReport, key: str) -> float:
    value = {
        "training cost": report.cost,
        "validation cost": report.validation_cost,
        "training accuracy": None if report.accuracy is None else 100 * report.accuracy,
        "validation accuracy": (
            None if report.validation_accuracy is None else 100 * report.validation_accuracy
        ),
    }[key]
    return np.nan if value is None else value


@dataclass(frozen=True)
class _Curve:
    """How one curve of a run is drawn."""

    quantity: str
    legend: str
    colour: str
    width: float = 2.0
    mark: str = ""
    dashed: bool = False
    opacity: int = 255
    earlier: bool = True


_CURVES = {
    "mini-batches": _Curve(COST, "each mini-batch", "training", 1, opacity=70, earlier=False),
    "cost": _Curve(COST, "mini-batches, smoothed", "training"),
    "training cost": _Curve(COST, "training, per epoch", "training", 1, "o", earlier=False),
    "validation cost": _Curve(COST, "validation, per epoch", "validation", 2, "s"),
    "training accuracy": _Curve(ACCURACY, "training", "training", 2, "o"),
    "validation accuracy": _Curve(ACCURACY, "validation", "validation", 2, "s"),
    "rate": _Curve(LEARNING_RATE, "learning rate η", "rate"),
}


class CostPlot(QWidget):
    """The plot of the present run and the earlier ones, with a list to hide and remove them."""

    saved = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("costPlot")
        self.runs: list[Run] = []
        self._drawn: dict[int, dict[str, Any]] = {}
        self._names: dict[int, Any] = {}
        self._stale = False

        self._tabs = QTabBar()
        self._tabs.setObjectName("quantity")
        self._tabs.setAccessibleName("What is plotted")
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        for quantity in (COST, ACCURACY, LEARNING_RATE):
            self._tabs.addTab(quantity)
        self._tabs.currentChanged.connect(self._show_quantity)

        self._logarithmic = self._tool("Log", "logarithmic", "A logarithmic scale", checkable=True)
        self._logarithmic.toggled.connect(self._show_quantity)
        self._fit = self._tool("Fit", "fit", "Show everything again after zooming (Home)")
        self._fit.clicked.connect(self.fit)
        self._show_runs = self._tool("Runs", "showRuns", "The list of all runs", checkable=True)
        self._save = self._tool("Save", "save", "Save what is plotted")
        menu = QMenu(self._save)
        for text, name, pattern in (
            ("As a picture (PNG) …", "savePng", "PNG picture (*.png)"),
            ("As a drawing (SVG) …", "saveSvg", "SVG drawing (*.svg)"),
            ("As numbers (CSV) …", "saveCsv", "CSV table (*.csv)"),
        ):
            action = QAction(text, menu)
            action.setObjectName(name)
            action.triggered.connect(lambda _checked=False, p=pattern: self._ask_and_save(p))
            menu.addAction(action)
        self._save.setMenu(menu)
        self._save.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

        tools = QHBoxLayout()
        tools.setSpacing(2)
        for button in (self._logarithmic, self._fit, self._show_runs, self._save):
            tools.addWidget(button)
        self._header = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._header.setSpacing(2)
        self._header.addWidget(self._tabs)
        self._header.addStretch(1)
        self._header.addLayout(tools)

        self._build_plot()
        self._list = QListWidget()
        self._list.setObjectName("runs")
        self._list.setAccessibleName("Runs: tick to show, F2 to rename, Delete to remove")
        self._list.setToolTip("Tick a run to show it. Double-click or F2 renames, Delete removes.")
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._list.itemChanged.connect(self._run_edited)
        self._list.itemSelectionChanged.connect(self._restyle)
        remove = QAction("Remove", self._list)
        remove.setObjectName("removeRuns")
        remove.setShortcut(QKeySequence.StandardKey.Delete)
        remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        remove.triggered.connect(self.remove_selected)
        rename = QAction("Rename", self._list)
        rename.triggered.connect(lambda: self._list.editItem(self._list.currentItem()))
        self._list.addActions([rename, remove])
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._list.hide()
        self._show_runs.toggled.connect(self._list.setVisible)

        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(self._view)
        self._splitter.addWidget(self._list)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setSizes([1000, 170])
        self._splitter.setChildrenCollapsible(False)
        self._reading = QLabel()
        self._reading.setObjectName("reading")
        self._reading.setAccessibleName("Values under the pointer")
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
        self._view = pg.PlotWidget()
        self._view.setObjectName("plot")
        self._view.setAccessibleName("Plot: + and - zoom, arrows move, Home shows everything")
        self._view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._view.setFrameShape(pg.PlotWidget.Shape.NoFrame)
        self._view.setMinimumSize(180, 120)
        self._plot = self._view.getPlotItem()
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        self._plot.showGrid(x=True, y=True, alpha=0.12)
        self._plot.setLabel("bottom", "epoch")
        self._plot.getAxis("left").enableAutoSIPrefix(False)
        self._legend = self._plot.addLegend(offset=(-12, 8), labelTextSize="9pt", verSpacing=-4)
        self._empty = pg.TextItem(
            "Train a network\nand watch its cost fall here.", anchor=(0.5, 0.5)
        )
        self._plot.addItem(self._empty, ignoreBounds=True)
        self._cross = [pg.InfiniteLine(angle=angle, movable=False) for angle in (90, 0)]
        for line in self._cross:
            line.hide()
            self._plot.addItem(line, ignoreBounds=True)
        self._view.scene().sigMouseMoved.connect(self._point)
        box = self._plot.getViewBox()
        for key, act in (
            ("+", lambda: box.scaleBy((0.8, 0.8))),
            ("=", lambda: box.scaleBy((0.8, 0.8))),
            ("-", lambda: box.scaleBy((1.25, 1.25))),
            ("Left", lambda: self._pan(-0.1, 0)),
            ("Right", lambda: self._pan(0.1, 0)),
            ("Up", lambda: self._pan(0, 0.1)),
            ("Down", lambda: self._pan(0, -0.1)),
            ("Home", self.fit),
        ):
            shortcut = QShortcut(QKeySequence(key), self._view)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)

    # What comes in ----------------------------------------------------------------------------

    @Slot(str)
    def begin_run(self, name: str) -> None:
        """Start a new run; the ones before become faint."""
        self.runs.append(Run(name))
        item = QListWidgetItem(name)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable)
        item.setCheckState(Qt.CheckState.Checked)
        item.setData(Qt.ItemDataRole.UserRole, self.runs[-1])
        self._list.addItem(item)
        if len(self.runs) == 2:
            self._show_runs.setChecked(True)
        self._make_curves(self.runs[-1])
        self._show_quantity()

    @Slot(object)
    def add_progress(self, progress: Progress) -> None:
        """Append what was reported of the present run."""
        if not self.runs:
            self.begin_run("Run 1")
        run = self.runs[-1]
        run.batches = progress.batches
        here = progress.epoch + progress.batch / progress.batches
        steps = np.arange(len(progress.costs) - 1, -1, -1)
        run.costs.add(here - steps / progress.batches, progress.costs)
        run.rates.add([here], [progress.learning_rate])
        if progress.epoch_end is not None:
            run.epochs.append(progress.epoch_end)
        self._stale = True
        if self.isVisible():
            self._redraw()

    @Slot(str)
    def end_run(self, reason: str) -> None:
        """Note that the present run ended."""
        if self.runs:
            self.runs[-1].ended = True
            self._list.item(len(self.runs) - 1).setToolTip(f"Ended: {reason}" if reason else "")
            self._stale = True
            self._redraw()

    # Drawing ----------------------------------------------------------------------------------

    @property
    def quantity(self) -> str:
        """What is plotted now: Cost, Accuracy or Learning rate."""
        return self._tabs.tabText(self._tabs.currentIndex())

    def _make_curves(self, run: Run) -> None:
        curves = {}
        for key, curve in _CURVES.items():
            smooth = curve.width > 1 or bool(curve.mark)
            item = pg.PlotDataItem(antialias=smooth)
            item.setZValue(0 if key == "mini-batches" else 2)
            self._plot.addItem(item)
            curves[key] = item
        self._drawn[id(run)] = curves
        name = pg.TextItem(run.name, anchor=(1, 1))
        self._plot.addItem(name, ignoreBounds=True)
        self._names[id(run)] = name

    def _show_quantity(self) -> None:
        accuracy = self.quantity == ACCURACY
        self._logarithmic.setEnabled(not accuracy)
        logarithmic = self._logarithmic.isChecked() and not accuracy
        self._plot.setLogMode(x=False, y=logarithmic)
        self._plot.setLabel("left", f"{self.quantity.lower()}{', %' if accuracy else ''}")
        self._restyle()
        self._stale = True
        self._redraw()
        self.fit()

    def _restyle(self) -> None:
        """Set colours, widths and which curves show: after a switch, never at each report."""
        palette = self.palette()
        paper = palette.color(QPalette.ColorRole.Base)
        ink = palette.color(QPalette.ColorRole.Text)
        colours = _COLOURS[paper.lightness() < 128]
        self._view.setBackground(paper)
        quiet = QColor(ink)
        quiet.setAlpha(170)
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(pg.mkPen(quiet, width=1))
            axis.setTextPen(quiet)
        self._empty.setColor(quiet)
        self._empty.setVisible(not self.runs)
        for line in self._cross:
            line.setPen(pg.mkPen(quiet, width=1, style=Qt.PenStyle.DotLine))
        self._legend.clear()
        self._legend.setLabelTextColor(ink)
        chosen = {id(item.data(Qt.ItemDataRole.UserRole)) for item in self._list.selectedItems()}
        for run in self.runs:
            present = run is self.runs[-1]
            clear = present or id(run) in chosen
            for key, item in self._drawn[id(run)].items():
                curve = _CURVES[key]
                visible = run.shown and curve.quantity == self.quantity
                item.setVisible(visible and (clear or curve.earlier))
                colour = QColor(colours[curve.colour])
                colour.setAlpha(curve.opacity if clear else _EARLIER)
                width = curve.width if clear else min(curve.width, 1.4)
                style = Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine
                item.setPen(pg.mkPen(colour, width=width, style=style))
                marked = curve.mark if clear and len(run.epochs) <= _MOST_MARKS else ""
                item.setSymbol(marked or None)
                item.setSymbolSize(6)
                item.setSymbolBrush(colour)
                item.setSymbolPen(None)
                if present and visible:
                    self._legend.addItem(item, curve.legend)
            name = self._names[id(run)]
            name.setText(run.name)
            name.setColor(ink if clear else quiet)
            name.setVisible(run.shown and not present)
        self._legend.setVisible(bool(self.runs) and self.runs[-1].shown)

    def _redraw(self) -> None:
        if not self._stale:
            return
        self._stale = False
        for run in self.runs:
            for key, item in self._drawn[id(run)].items():
                if item.isVisible():
                    item.setData(*run.series(key))
        self._place_names()

    def _place_names(self) -> None:
        key = {COST: "cost", ACCURACY: "validation accuracy", LEARNING_RATE: "rate"}[self.quantity]
        for run in self.runs[:-1]:
            x, y = run.series(key)
            if not len(x) and key == "validation accuracy":
                x, y = run.series("training accuracy")
            name = self._names[id(run)]
            name.setVisible(run.shown and len(x) > 0)
            if len(x):
                name.setPos(x[-1], np.log10(y[-1]) if self._is_log() and y[-1] > 0 else y[-1])

    def _is_log(self) -> bool:
        return self._logarithmic.isChecked() and self._logarithmic.isEnabled()

    @Slot()
    def fit(self) -> None:
        """Show everything, and follow what comes in."""
        self._plot.enableAutoRange()

    def _pan(self, x: float, y: float) -> None:
        box = self._plot.getViewBox()
        rect = box.viewRect()
        box.translateBy(x=x * rect.width(), y=y * rect.height())

    def _point(self, position: Any) -> None:
        """Move the crosshair to the pointer and say what lies there."""
        box = self._plot.getViewBox()
        inside = bool(self.runs) and box.sceneBoundingRect().contains(position)
        for line in self._cross:
            line.setVisible(inside)
        if not inside:
            self._reading.clear()
            return
        at = box.mapSceneToView(position)
        self._cross[0].setPos(at.x())
        self._cross[1].setPos(at.y())
        height = 10 ** at.y() if self._is_log() else at.y()
        parts = [f"epoch {at.x():.2f}", f"{self.quantity.lower()} {height:.4g}"]
        for key, curve in _CURVES.items():
            if curve.quantity != self.quantity or key == "mini-batches":
                continue
            x, y = self.runs[-1].series(key)
            if len(x):
                nearest = int(np.argmin(np.abs(x - at.x())))
                parts.append(f"{curve.legend}: {y[nearest]:.4g}")
        self._reading.setText("  ·  ".join(parts))

    # The list of runs -------------------------------------------------------------------------

    def _run_edited(self, item: QListWidgetItem) -> None:
        run = item.data(Qt.ItemDataRole.UserRole)
        run.shown = item.checkState() == Qt.CheckState.Checked
        if item.text().strip():
            run.name = item.text().strip()
        self._restyle()
        self._stale = True
        self._redraw()

    @Slot()
    def remove_selected(self) -> None:
        """Remove the runs that are selected in the list, but not one that still goes on."""
        for item in self._list.selectedItems():
            run = item.data(Qt.ItemDataRole.UserRole)
            if run is self.runs[-1] and not run.ended:
                continue
            for drawn in (*self._drawn.pop(id(run)).values(), self._names.pop(id(run))):
                self._plot.removeItem(drawn)
            self.runs.remove(run)
            self._list.takeItem(self._list.row(item))
        self._show_quantity()

    # Files ------------------------------------------------------------------------------------

    def _ask_and_save(self, pattern: str) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save the plot", "", pattern)
        if path:
            suffix = pattern[pattern.index("*") + 1 : -1]
            self.save(Path(path) if Path(path).suffix else Path(path).with_suffix(suffix))

    def save(self, path: Path) -> None:
        """Write the plot to a .png or .svg file, or its numbers to a .csv; tell if that fails."""
        write = {".svg": self._write_svg, ".csv": self._write_csv}.get(
            path.suffix.lower(), self._write_png
        )
        try:
            write(path)
        except OSError as error:
            reason = error.strerror or str(error)
            QMessageBox.warning(
                self,
                "The plot was not saved",
                f"{path.name} could not be written ({reason}): choose another folder or name.",
            )
        else:
            self.saved.emit(str(path))

    def _write_png(self, path: Path) -> None:
        size = self._view.size()
        image = QImage(size * 2, QImage.Format.Format_ARGB32)
        image.fill(self.palette().color(QPalette.ColorRole.Base))
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._render(painter, QRectF(image.rect()))
        painter.end()
        if not image.save(str(path), "PNG"):  # type: ignore[call-overload]
            raise OSError("no such folder, or it may not be written to")

    def _write_svg(self, path: Path) -> None:
        path.touch()  # Qt only warns on a terminal when it cannot write; this raises.
        size: QSize = self._view.size()
        generator = QSvgGenerator()
        generator.setFileName(str(path))
        generator.setSize(size)
        generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
        generator.setTitle("digitpad: " + ", ".join(run.name for run in self.runs if run.shown))
        painter = QPainter(generator)
        painter.fillRect(
            QRectF(0, 0, size.width(), size.height()),
            self.palette().color(QPalette.ColorRole.Base),
        )
        self._render(painter, QRectF(0, 0, size.width(), size.height()))
        painter.end()

    def _render(self, painter: QPainter, target: QRectF) -> None:
        crossed = self._cross[0].isVisible()
        for line in self._cross:
            line.setVisible(False)
        self._view.scene().prepareForPaint()
        self._view.scene().render(painter, target, QRectF(self._view.viewRect()))
        for line in self._cross:
            line.setVisible(crossed)

    def _write_csv(self, path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(["run", "series", "epoch", "value"])
            for run in self.runs:
                for key in _CURVES:
                    x, y = run.costs.mean() if key == "mini-batches" else run.series(key)
                    name = key.replace("cost", "smoothed cost") if key == "cost" else key
                    table.writerows(
                        (run.name, name, f"{a:.6g}", f"{b:.6g}") for a, b in zip(x, y, strict=True)
                    )

    # What happens to the widget ---------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came in while it could not be seen."""
        super().showEvent(event)
        self._redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange tools and runs for the width."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        self._header.setDirection(
            QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        )
        self._splitter.setOrientation(
            Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal
        )

    def changeEvent(self, event: QEvent) -> None:
        """Follow the system between light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_legend"):
            self._restyle()
