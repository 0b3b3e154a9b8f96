"""Cost, accuracy and learning rate as they come in, with those of earlier runs to compare."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QMessageBox,
    QSplitter,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from digitpad.app.training.learning_plot import LearningPlot
from digitpad.app.training.plot_files import picture, write_png, write_svg
from digitpad.app.training.runs import Quantity, Run, write_csv
from digitpad.app.training.runs_list import RunsList
from digitpad.app.widgets.tab_mark import TabMark
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.sgd import EndReason, Progress

MAX_RUNS = 60  # they take memory; their files keep the curves of those before
_NARROW = 400  # pixels; below it the tools go under the tabs


class CurvesView(QWidget):
    """The plot of the present run and the earlier ones, with a list to hide and remove them.

    Attributes
    ----------
    runs : list of Run
        The oldest first; the last is the present one.
    saved : Signal(str)
        The plot was written to this file.
    """

    saved = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("curves")
        self.runs: list[Run] = []
        self._plot = LearningPlot()
        self._plot.menu_wanted.connect(self._open_menu)
        self._tabs = QTabBar()
        self._tabs.setObjectName("quantity")
        self._tabs.setAccessibleName(self.tr("Quantity"))
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        TabMark(self._tabs)
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
        self._close_up.toggled.connect(self._plot.show_close_up)
        self._fit = self._tool(self.tr("Fit"), "fit", self.tr("Show the whole curves (Home)"))
        self._fit.clicked.connect(self._plot.fit)
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

        self._list = RunsList()
        self._list.edited.connect(self._restyle)
        self._list.itemSelectionChanged.connect(self._choose)
        self._list.removal_wanted.connect(self._remove)
        self._list.hide()
        self._show_runs.toggled.connect(self._list.setVisible)

        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(self._plot)
        self._splitter.addWidget(self._list)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setSizes([1000, 150])
        self._splitter.setChildrenCollapsible(False)
        self._reading = QLabel()
        self._reading.setObjectName("reading")
        self._reading.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._reading.setMinimumWidth(1)
        self._plot.read.connect(self._reading.setText)

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
        if colour is None:
            colour = self.runs[-1].colour + 1 if self.runs else 0
        run = Run(name, colour, hyperparameters)
        self.runs.append(run)
        self._list.add(run)
        self._plot.add(run)
        if len(self.runs) == 2:
            self._show_runs.setChecked(True)
        self._remove(self.runs[:-MAX_RUNS])

    @Slot(object)
    def add_progress(self, progress: Progress) -> None:
        """Append what was reported of the present run."""
        if not self.runs:
            self.begin_run(self.tr("Run {number}").format(number=1))
        self.runs[-1].add(progress)
        self._plot.grow(self.runs[-1])

    @Slot()
    def wait(self) -> None:
        """Paint nothing for a moment: the user draws."""
        self._plot.wait()

    @Slot(object)
    def end_run(self, _reason: EndReason) -> None:
        """Mark the present run as ended."""
        if self.runs:
            self.runs[-1].ended = True
            self._restyle()

    # What is shown ----------------------------------------------------------------------------

    @property
    def quantity(self) -> Quantity:
        """What is plotted now."""
        quantity = self._tabs.tabData(self._tabs.currentIndex())
        assert isinstance(quantity, Quantity)
        return quantity

    def _show_quantity(self) -> None:
        accuracy = self.quantity is Quantity.ACCURACY
        self._logarithmic.setVisible(not accuracy)
        self._close_up.setVisible(accuracy)
        self._plot.show_quantity(self.quantity, logarithmic=self._logarithmic.isChecked())

    def _restyle(self) -> None:
        self._list.colour()
        self._plot.restyle()

    def _choose(self) -> None:
        self._plot.choose(self._list.selected())

    def _remove(self, runs: Iterable[Run]) -> None:
        """Remove runs, except one that is not over."""
        for run in runs:
            if run is self.runs[-1] and not run.ended:
                continue
            self.runs.remove(run)
            self._plot.remove(run)
            self._list.remove(run)
        self._restyle()
        self._plot.fit()

    # The context menu -------------------------------------------------------------------------

    def _open_menu(self, at: QPoint) -> None:
        """Open the menu of the curve that is pointed at, or of the present run."""
        run = None
        if self.runs:
            run = self.runs[-1] if self._plot.pointed is None else self._plot.pointed.run
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
            name = run.name.replace("&", "&&")
            menu.addSeparator()
            add(
                self.tr("Hide “{name}”").format(name=name),
                "hideRun",
                lambda: self._list.hide_run(run),
                enabled=run.shown,
            )
            add(self.tr("Rename…"), "renameRun", lambda: self._list.ask_name(run))
            add(
                self.tr("Remove"),
                "removeRun",
                lambda: self._remove([run]),
                enabled=run.ended or run is not self.runs[-1],
            )
            add(
                self.tr("Show all runs"),
                "showAll",
                self._list.show_all,
                enabled=not all(each.shown for each in self.runs),
            )
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    @Slot()
    def copy_picture(self) -> None:
        """Put the plot, as it is saved, on the clipboard."""
        with self._plot.without_cross():
            QApplication.clipboard().setImage(picture(self._plot))

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
            with self._plot.without_cross():
                if kind == ".csv":
                    write_csv(path, self.runs)
                elif kind == ".svg":
                    names = ", ".join(run.name for run in self.runs if run.shown)
                    write_svg(path, self._plot, f"digitpad: {names}")
                else:
                    write_png(path, self._plot)
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the tools and the list of runs to suit the shape."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        self._header.setDirection(
            QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        )
        upright = self.width() < 1.2 * self.height()
        self._splitter.setOrientation(
            Qt.Orientation.Vertical if upright else Qt.Orientation.Horizontal
        )
