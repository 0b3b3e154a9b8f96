"""The cost as a landscape, computed beside the window and shown as it becomes finer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QPalette, QShowEvent, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QWidget,
)

from digitpad.app.session import Session
from digitpad.app.understand.arithmetic_table import number
from digitpad.app.understand.arrangement import Arrangement
from digitpad.app.understand.plot_view import Curve, PlotView
from digitpad.app.understand.surface_view import SurfaceView
from digitpad.app.widgets import numbers
from digitpad.app.widgets.computation import Computation, Rest
from digitpad.app.widgets.copying import SelectableLabel
from digitpad.inspection import landscape
from digitpad.inspection.landscape import Grid, Line, Plane
from digitpad.nn.functions import Array
from digitpad.nn.network import Network

_IMAGES = 500
_RATES = tuple(float(rate) for rate in 10.0 ** np.linspace(-2, 1.3, 24))


class Kind(Enum):
    """Which part of the landscape is shown."""

    LINE = "along the negative gradient"
    RANDOM = "two random directions"
    PATH = "the plane of the path"


@dataclass(frozen=True, eq=False)
class _Surface:
    grid: Grid
    plane: Plane
    path: Array


class LandscapeView(QWidget):
    """The true cost of the network that reads and of its surroundings, on training images.

    Signals
    -------
    path_wanted()
        A path may be shown next: the run's snapshots until now are to come by `show_path`.
    """

    path_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("landscapeView")
        self.session = session
        self._path: tuple[Array, ...] = ()
        self._playhead = -1
        self._asks = False
        self._network: Network | None = None  # the one that is shown
        self._rest = Rest()
        session.stroke_grew.connect(self._rest.begin)
        self._computation = Computation(self)
        self._computation.yielded.connect(self._show)
        self._computation.failed.connect(self._fail)
        self._computation.finished.connect(self._finish)
        self.kind = QComboBox()
        for name, kind in (
            (self.tr("Along the negative gradient"), Kind.LINE),
            (self.tr("Plane of two random directions"), Kind.RANDOM),
            (self.tr("Plane of the training’s path"), Kind.PATH),
        ):
            self.kind.addItem(name, kind)
        self.images = QSpinBox()
        self.images.setRange(10, 10_000)
        self.images.setGroupSeparatorShown(True)
        self.images.setSingleStep(100)
        self.images.setValue(_IMAGES)
        self.images.setKeyboardTracking(False)
        self.images.setSuffix(self.tr(" training images"))
        self.line = PlotView(number, number)
        self.line.setAccessibleName(self.tr("Cost along the negative gradient"))
        self.surface = SurfaceView()
        self.surface.setAccessibleName(self.tr("Cost on a plane"))
        self.views = QStackedWidget()
        self.views.addWidget(self.line)
        self.views.addWidget(self.surface)
        self.place = SelectableLabel()  # the numbers of the point that the keys have gone to
        self.place.setObjectName("landscapePlace")
        self.place.setWordWrap(True)
        self.legend = SelectableLabel()
        self.legend.setWordWrap(True)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.button = QPushButton()
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(self.tr("Show"), self.kind)
        form.addRow(self.tr("Cost of"), self.images)
        below = QHBoxLayout()
        self.status = SelectableLabel()
        self.status.setObjectName("landscapeStatus")
        self.status.setWordWrap(True)
        below.addWidget(self.status, 1)
        below.addWidget(self.button)
        layout = Arrangement(self)
        layout.above.addLayout(form)
        layout.shown.addWidget(self.views, 1)
        layout.below.addWidget(self.place)
        layout.below.addWidget(self.legend)
        layout.below.addWidget(self.note)
        layout.below.addLayout(below)
        self.kind.currentIndexChanged.connect(self._compute)
        self.images.valueChanged.connect(self._compute)
        self.button.clicked.connect(self._stop_or_compute)
        self.line.point_chosen.connect(self._show_place)
        self.surface.place_chosen.connect(self._show_place)
        session.reader_changed.connect(self._reader_changed)
        session.network_changed.connect(self._network_changed)
        self._offer_path()

    # -- what comes from outside -----------------------------------------------------------------

    def show_path(self, path: Sequence[Array], playhead: int) -> None:
        """Take the snapshots of a run, parameter vectors in order, and which is read with now."""
        self._path, self._playhead = tuple(path), playhead
        self._offer_path()
        if not self._asks and self.isVisible() and self.kind.currentData() is Kind.PATH:
            self._compute()

    def _ask_path(self) -> None:
        self._asks = True
        self.path_wanted.emit()
        self._asks = False

    def set_playhead(self, playhead: int) -> None:
        """Mark another snapshot of the path."""
        self._playhead = playhead
        if self.kind.currentData() is Kind.PATH:
            self.surface.show_path(self.surface.path(), playhead)

    def _offer_path(self) -> None:
        """Let the path be chosen only where there is one."""
        model = self.kind.model()
        assert isinstance(model, QStandardItemModel)
        place = self.kind.findData(Kind.PATH)
        model.item(place).setEnabled(len(self._path) >= 3)
        tip = self.tr("Needs at least three snapshots of a run")
        model.item(place).setToolTip("" if len(self._path) >= 3 else tip)
        if self.kind.currentIndex() == place and len(self._path) < 3:
            self.kind.setCurrentIndex(0)

    def _network_changed(self) -> None:
        """Compute for the model that was opened: costs of another one are no longer wanted."""
        if self._computation.is_running:
            self._compute()

    def _reader_changed(self) -> None:
        if self._network is None or not self.isVisible():
            return
        if self._network is not self.session.reader:
            self._say(self.tr("The network has changed since."))

    def showEvent(self, event: QShowEvent) -> None:
        """Compute when it can be seen."""
        super().showEvent(event)
        self._ask_path()
        if self._network is not self.session.reader or self._computation_was_cut:
            self._compute()

    _computation_was_cut = False

    def hideEvent(self, event: QHideEvent) -> None:
        """Compute nothing while nobody sees it."""
        super().hideEvent(event)
        self._computation_was_cut = self._computation.is_running
        self._computation.cancel()

    # -- computing -------------------------------------------------------------------------------

    def _stop_or_compute(self) -> None:
        if self._computation.is_running:
            self._computation.cancel()
            self._say(self.tr("Stopped."))
        else:
            self._ask_path()  # a run in training has gone on
            self._compute()

    def _compute(self) -> None:
        if not self.isVisible():
            return
        self._computation_was_cut = False
        self._network = self.session.reader
        network, count = self._network.copy(), self.images.value()
        kind: Kind = self.kind.currentData()
        self.views.setCurrentWidget(self.line if kind is Kind.LINE else self.surface)
        self.line.show_curve(None, "")
        self.surface.show_grid(None)
        self.surface.show_path(np.empty((0, 2)), -1)
        self.legend.clear()
        self.place.setText(
            self.tr("The arrow keys read a cost.")
            if kind is Kind.LINE
            else self.tr("The arrow keys, or a click, read a cost.")
        )
        self.note.setText(self._note(kind))
        self.kind.setAccessibleDescription(self.note.text())
        path = self._path if kind is Kind.PATH else ()
        wait = self._rest.wait
        if kind is Kind.LINE:
            self._computation.start(lambda: _line(network, count, wait))
        else:
            self._computation.start(lambda: _surface(network, path, count, wait))
        self._say(self.tr("Computing…"))

    def _show_place(self, text: str) -> None:
        self.place.setText(f"<b>{text}</b>")

    def _say(self, text: str) -> None:
        self.status.setText(text)
        running = self._computation.is_running
        self.button.setText(self.tr("Stop") if running else self.tr("Compute again"))

    def _fail(self, message: str) -> None:
        self._say(message)

    def _finish(self) -> None:
        text = self.tr("True costs on {count} training images.").format(
            count=numbers.whole(self.images.value())
        )
        if self._network is not self.session.reader:  # a training has gone on meanwhile
            text += " " + self.tr("The network has changed since.")
        self._say(text)

    def _show(self, found: Line | _Surface) -> None:
        if isinstance(found, Line):
            self._show_line(found)
            return
        self.surface.show_grid(found.grid)
        self.surface.show_path(found.path, self._playhead)
        finite = found.grid.costs[np.isfinite(found.grid.costs)]
        if len(finite):
            self.legend.setText(
                self.tr("Blue: cost {low}; paper: {high}; logarithmic. Ring: the network.").format(
                    low=number(float(finite.min())), high=number(float(finite.max()))
                )
            )
        done = self.tr("{side} × {side} places: {rows} rows of {side}").format(
            side=len(found.grid.betas), rows=found.grid.rows
        )
        self._say(done)

    def _show_line(self, line: Line) -> None:
        # As far as the cost falls, and as far again up the other side.
        lowest, now = float(np.nanmin(line.costs)), float(line.costs[0])
        top = now + max(now - lowest, 0.02 * now)
        beyond = np.flatnonzero(~(line.costs <= top))
        shown = slice(int(beyond[0]) + 1 if len(beyond) else None)
        rates, costs = line.rates[shown], line.costs[shown]
        bottom = lowest - 0.1 * (top - lowest)
        self.line.show_curve(
            Curve(
                rates,
                costs,
                self.tr("cost after one step"),
                expected=now - rates * line.squared_gradient,
                expected_name="C − η‖∇C‖²",
                y_range=(bottom, top),
            ),
            self.tr("learning rate η of one step"),
        )
        best = int(np.nanargmin(line.costs))
        self.legend.setText(
            self.tr("Cost now {now}; lowest {lowest} at η = {rate}. ‖∇C‖² = {slope}.").format(
                now=number(float(line.costs[0])),
                lowest=number(float(line.costs[best])),
                rate=number(float(line.rates[best])),
                slope=number(line.squared_gradient),
            )
        )

    def _note(self, kind: Kind) -> str:
        match kind:
            case Kind.LINE:
                return self.tr(
                    "Solid: the true cost after one step of η. Dashed: what the slope promises, "
                    "C − η‖∇C‖²."
                )
            case Kind.RANDOM:
                return self.tr(
                    "Each unit moves every neuron’s weights by as much as they are long. Two of "
                    "{count} directions: other planes look different."
                ).format(count=numbers.whole(len(self.session.reader.parameters)))
            case _:
                return self.tr(
                    "The two directions in which the snapshots differ most. Orange: their path, "
                    "projected on the plane."
                )


def _sample(count: int) -> tuple[Array, Array]:
    from digitpad.data.mnist import mnist

    images = mnist().train.take(slice(count))
    return images.inputs(), images.targets()


def _line(network: Network, count: int, wait: Callable[[], object]) -> Iterator[Line]:
    x, y = _sample(count)
    for line in landscape.along_gradient(network, x, y, _RATES):
        yield line
        wait()


def _surface(
    network: Network, path: tuple[Array, ...], count: int, wait: Callable[[], object]
) -> Iterator[_Surface]:
    if path:
        plane = landscape.principal_plane(path)
        places = plane.project(path)
        extent = landscape.extent_of(places)
    else:
        plane = landscape.random_plane(network)
        places, extent = np.empty((0, 2)), (-1.0, 1.0, -1.0, 1.0)
    x, y = _sample(count)
    for grid in landscape.grids(network, plane, x, y, extent, wait=wait):
        yield _Surface(grid, plane, places)
