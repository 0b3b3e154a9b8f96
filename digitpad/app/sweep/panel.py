"""The sweep panel: what to try, the buttons, the plot and the table."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs
from PySide6.QtCore import QElapsedTimer, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from digitpad.app import translations
from digitpad.app.sweep.form import SweepForm
from digitpad.app.sweep.plot import SweepPlot
from digitpad.app.sweep.table import PointsTable
from digitpad.app.sweep.thread import SweepThread
from digitpad.app.widgets import numbers
from digitpad.errors import DigitpadError
from digitpad.experiments import lessons, plan, specification
from digitpad.experiments.conclude import REPORT
from digitpad.experiments.points import Points
from digitpad.experiments.process import Update
from digitpad.experiments.results import Key, PointResult, Result, by_point
from digitpad.experiments.specification import Specification
from digitpad.experiments.store import SweepStore, network_file
from digitpad.training.hyperparameters import FIELDS, Hyperparameters

_LEAST_HEIGHT = 240  # pixels: the ranges and the buttons
_SHOW_EVERY = 400  # milliseconds between two paintings: a stroke comes first


def default_folder() -> Path:
    """Return the folder of the user's sweeps."""
    return Path(platformdirs.user_data_dir("digitpad", appauthor=False)) / "sweeps"


class SweepPanel(QWidget):
    """Starts, stops and resumes sweeps, and shows what comes of them while they run.

    Parameters
    ----------
    base : function
        Returns the hyperparameters that hold for all that has no range.

    Signals
    -------
    network_wanted(Path, str)
        The user has chosen a point: the model file of its best run, and what to call it.
    """

    network_wanted = Signal(object, str)

    def __init__(self, base: Callable[[], Hyperparameters], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sweepPanel")
        self._thread: SweepThread | None = None
        self._folder: Path | None = None
        self._specification: Specification | None = None
        self._points: Points | None = None
        self._results: dict[Key, Result] = {}
        self._ranked: list[PointResult] = []
        self._selected = -1
        self._last = Update()
        self._looked = False
        self._shown = QElapsedTimer()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._show_points)

        self.form = SweepForm(base)
        self.start_button = QPushButton(self.tr("Start"))
        self.start_button.setObjectName("startSweep")
        self.resume_button = QPushButton(self.tr("Resume"))
        self.resume_button.setObjectName("resumeSweep")
        self.resume_button.setToolTip(self.tr("Go on with the sweep shown below"))
        self.report_button = QPushButton(self.tr("Report"))
        self.report_button.setObjectName("sweepReport")
        self.report_button.setToolTip(self.tr("Open the report in a browser"))
        self.status = QLabel()
        self.status.setObjectName("sweepStatus")
        self.status.setWordWrap(True)
        self.over = QComboBox()
        self.over.setObjectName("over")
        self.over.setAccessibleName(self.tr("Show accuracy over"))
        self.over.hide()  # until there is a sweep of more than one hyperparameter
        self.plot = SweepPlot()
        self.table = PointsTable()
        self._lay_out()

        self.form.changed.connect(self._update_buttons)
        self.start_button.clicked.connect(self._start_or_stop)
        self.resume_button.clicked.connect(self.resume)
        self.report_button.clicked.connect(self._open_report)
        self.over.currentIndexChanged.connect(self._show_points)
        self.plot.chosen.connect(self.choose)
        self.table.chosen.connect(self.choose)
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.stop_and_wait)
        self._update_buttons()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.start_button)
        buttons.addWidget(self.resume_button)
        buttons.addWidget(self.report_button)
        buttons.addStretch(1)
        buttons.addWidget(self.over)
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.plot, 1)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(upper)
        splitter.addWidget(self.table)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        splitter.setChildrenCollapsible(False)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(8)
        # Above the form, which makes room for the plot while a sweep runs: Stop is where Start was.
        layout.addLayout(buttons)
        layout.addWidget(self.status)
        layout.addWidget(self.form)
        layout.addWidget(splitter, 1)
        # On a low screen it scrolls rather than push the window off it.
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bar = area.verticalScrollBar().sizeHint().width()
        area.setMinimumSize(page.minimumSizeHint().width() + bar, _LEAST_HEIGHT)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    # -- begin and end -------------------------------------------------------------------------

    def is_running(self) -> bool:
        """Whether a sweep is under way."""
        return self._thread is not None

    def _start_or_stop(self) -> None:
        if self._thread is not None:
            self.start_button.setEnabled(False)
            self.status.setText(self.tr("Stopping …"))
            self._thread.stop()
            return
        self.start()

    def start(self) -> None:
        """Start a new sweep with what the form says."""
        values = self.form.values()
        try:
            of = specification.from_dict(values)
        except DigitpadError:
            return  # the form says why
        stamp = time.strftime("%Y%m%d-%H%M%S")
        self._show_sweep(default_folder() / f"{stamp}-{uuid.uuid4().hex[:8]}", of, {})
        self._run(values)

    def resume(self) -> None:
        """Go on with the sweep that is shown."""
        if self._thread is None and self._folder is not None:
            self._run(None)

    def _run(self, values: dict[str, Any] | None) -> None:
        assert self._folder is not None
        self._last = Update()
        self._thread = SweepThread(self._folder, values, self)
        self._thread.updated.connect(self._take)
        self._thread.finished.connect(self._take)
        self._thread.start()
        self.status.setText(self.tr("Starting …"))
        self._update_buttons()

    def stop_and_wait(self) -> None:
        """Stop a sweep, and keep where it is; nothing if there is none."""
        if self._thread is not None:
            self._thread.end()
            self._take()

    def _take(self) -> None:
        """Take over what has come from the sweep."""
        if self._thread is None:
            return
        update = self._thread.take()
        self._results.update(update.new)
        if update.ended is not None:
            self._end(update)
        elif update.seconds:
            self._last = update
            self.status.setText(self._progress_text())
        if update.new:
            self._show_soon()

    def _end(self, update: Update) -> None:
        assert self._thread is not None
        self._thread.wait()
        self._thread.deleteLater()
        self._thread = None
        self._last = Update(seconds=update.seconds)
        self._show_points()
        if update.error:
            self.status.setText(translations.core(update.error))
        else:
            self.status.setText(self._result_text())
        self._update_buttons()

    # -- what is shown -------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Look for an earlier sweep the first time."""
        super().showEvent(event)
        if not self._looked:
            self._looked = True
            self._show_last()

    def _show_last(self) -> None:
        """Show the newest sweep that was kept, if none has been started since."""
        if self._folder is not None:
            return
        for folder in self.folders():
            try:
                store = SweepStore.open(folder)
            except DigitpadError:
                continue
            if store.is_held:  # another window works on it
                continue
            self._last = Update(seconds=store.seconds)
            self.form.show_values(store.specification.to_dict())
            self._show_sweep(folder, store.specification, store.results)
            self.status.setText(self._result_text())
            self._update_buttons()
            return

    def folders(self) -> list[Path]:
        """Return the folders of the user's sweeps, the newest first."""
        try:
            return sorted(default_folder().iterdir(), reverse=True)
        except OSError:
            return []

    def _show_sweep(self, folder: Path, of: Specification, results: dict[Key, Result]) -> None:
        self._folder, self._specification = folder, of
        self._points, self._results = Points(of), dict(results)
        self._selected = -1
        self.over.blockSignals(True)
        self.over.clear()
        # η first, as in the report.
        for name in sorted(of.varied, key=lambda name: name != "learning_rate"):
            text = self.tr("over {hyperparameter}")
            label = translations.core(FIELDS[name].label)
            self.over.addItem(text.format(hyperparameter=label), name)
        self.over.blockSignals(False)
        self.over.setVisible(self.over.count() > 1)
        self.table.points.clear(of.varied)
        self._show_points()

    def _show_soon(self) -> None:
        if self._soon.isActive():
            return
        passed = self._shown.elapsed() if self._shown.isValid() else _SHOW_EVERY
        self._soon.start(max(0, _SHOW_EVERY - passed))

    def _show_points(self) -> None:
        self._soon.stop()
        self._shown.start()
        of, points = self._specification, self._points
        if of is None or points is None:
            return
        self._ranked = by_point(points, self._results, of.seeds)
        self.table.points.show_points(self._ranked)
        self.plot.show_points(of, self.over.currentData() or "", self._ranked, self._selected)

    def _update_buttons(self) -> None:
        running = self._thread is not None
        self.start_button.setText(self.tr("Stop") if running else self.tr("Start"))
        self.start_button.setEnabled(running or self.form.is_valid)
        self.form.setVisible(not running)
        self.resume_button.setVisible(not running and self._is_unfinished())
        report = self._folder is not None and (self._folder / REPORT).exists()
        self.report_button.setVisible(not running and report)

    def _is_unfinished(self) -> bool:
        of, points = self._specification, self._points
        if of is None or points is None or self._folder is None:
            return False
        if of.minutes and self._last.seconds >= 60 * of.minutes:
            return False
        begun = SweepStore.is_one(self._folder)
        return begun and next(plan.tasks(of, points, self._results), None) is not None

    def _progress_text(self) -> str:
        assert self._specification is not None
        assert self._points is not None
        total = self._points.count() * self._specification.seeds
        text = self.tr("{done} of {total} runs, {time}")
        return text.format(
            done=numbers.whole(len(self._results)),
            total=numbers.whole(total),
            time=numbers.duration(self._last.seconds),
        )

    def _result_text(self) -> str:
        assert self._specification is not None
        if self._is_unfinished():
            stopped = self.tr("Stopped: {progress}. It can be resumed.")
            return stopped.format(progress=self._progress_text())
        answer = lessons.answer(self._specification, self._ranked)
        if answer:
            return " ".join(map(translations.core, answer))
        return self._progress_text()

    def _open_report(self) -> None:
        if self._folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder / REPORT)))

    # -- choosing ------------------------------------------------------------------------------

    def choose(self, point: int) -> None:
        """Select a point, and let its best network read."""
        assert self._specification is not None
        assert self._folder is not None
        self._selected = point
        self._show_points()
        self.table.select_point(point)
        for each in self._ranked:
            if each.point != point:
                continue
            if each.best is None:
                self.status.setText(self.tr("This point has no network: all of its runs diverged."))
                return
            name = self.plot.short(each)
            self.network_wanted.emit(network_file(self._folder, each.best), name)
