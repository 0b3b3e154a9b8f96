"""The timeline: a film strip of the run with a playhead, and what plays it."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike
from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from digitpad.app.training.comparison import Compared, ComparisonLegend
from digitpad.app.training.film_picture import OtherRun
from digitpad.app.training.film_strip import FilmStrip
from digitpad.app.widgets import icons, numbers
from digitpad.training.playback import Playback
from digitpad.training.timeline import Snapshot

_SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)
_USUAL = 1.0
_SECONDS = 12.0  # in which the whole strip passes at the usual speed
_INTERVAL = 33  # milliseconds


class TimelineView(QWidget):
    """Goes back in the time of a training.

    Parameters
    ----------
    transport : QWidget or None
        What trains, put before the rest where there is room for it.

    Signals
    -------
    playhead_moved(object)
        The user, or playing, chose the snapshot of this index; None: the present.
    branch_requested(int)
        A new run is to begin with the snapshot of this index.
    comparing_ended()
        The user no longer wants to compare.
    """

    playhead_moved = Signal(object)
    branch_requested = Signal(int)
    comparing_ended = Signal()

    def __init__(self, transport: QWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline")
        self._transport = transport
        self.strip = FilmStrip()
        self.strip.chosen.connect(self._chosen)
        self.play = QToolButton()
        self.play.setObjectName("play")
        self.play.setCheckable(True)
        self.play.toggled.connect(self._play_toggled)
        self.speed = QComboBox()
        self.speed.setObjectName("speed")
        self.speed.setAccessibleName(self.tr("Playing speed"))
        self.speed.setToolTip(self.tr("Playing speed"))
        for speed in _SPEEDS:
            text = self.tr("{factor}×").format(factor=numbers.general(speed))
            self.speed.addItem(text, speed)
        self.speed.setCurrentIndex(_SPEEDS.index(_USUAL))
        self.now = QPushButton()
        self.now.setObjectName("now")
        self.now.clicked.connect(lambda: self._go(None))
        self.branch = QPushButton(self.tr("Continue from here"))
        self.branch.setObjectName("branch")
        self.branch.setToolTip(self.tr("Train a new run that begins with this network"))
        self.branch.clicked.connect(self._branch)
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL)
        self._timer.timeout.connect(self._advance)
        self._place = 0.0
        self._live = False

        self._row = row = QHBoxLayout()
        row.setSpacing(6)
        if transport is not None:
            row.addWidget(transport)
            row.addSpacing(18)
        row.addWidget(self.play)
        row.addWidget(self.speed)
        row.addStretch(1)
        row.addWidget(self.branch)
        row.addWidget(self.now)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self._make_comparison())
        layout.addWidget(self.strip, 1)
        self._play_toggled(False)
        self._update()

    def _make_comparison(self) -> QWidget:
        self.comparison = ComparisonLegend()
        self.stop_comparing = QToolButton()
        self.stop_comparing.setObjectName("stopComparing")
        self.stop_comparing.setText(self.tr("Stop comparing"))
        self.stop_comparing.setAutoRaise(True)
        self.stop_comparing.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.stop_comparing.clicked.connect(self.comparing_ended)
        self._compared = QWidget()
        row = QHBoxLayout(self._compared)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.comparison, 1)
        row.addWidget(self.stop_comparing)
        self._compared.hide()
        return self._compared

    def show_comparison(
        self, pair: tuple[Compared, Compared] | None, other: OtherRun | None = None
    ) -> None:
        """Say which networks are compared, and lay the second's curve over the strip; None: none.

        Parameters
        ----------
        pair : tuple of Compared, or None
            What reads, and what it is compared with.
        other : OtherRun or None
            The second's curve, where it has one.
        """
        if pair is not None:
            self.comparison.show_pair(*pair)
        self._compared.setVisible(pair is not None)
        self.strip.show_other(other)

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
        """Show a run, or what has been added to it; see `FilmStrip.show_run`."""
        self.strip.show_run(snapshots, batches, epochs, costs, accuracies, run=run, live=live)
        self._live = live
        self._update()

    def show_playback(self, playback: Playback, *, live: bool = False) -> None:
        """Show a recorded run, or what has been recorded of it since."""
        curve = playback.curve
        self.show_run(
            playback.snapshots,
            curve.batches,
            curve.epoch,
            curve.cost,
            playback.accuracies,
            run=playback.run.colour,
            live=live,
        )

    def clear(self) -> None:
        """Show no run."""
        self.set_playhead(None)
        self.show_run(())

    def playhead(self) -> int | None:
        """Return the index of the snapshot that is chosen; None: the present."""
        return self.strip.playhead()

    def set_playhead(self, index: int | None) -> None:
        """Move the playhead without telling anybody."""
        self.play.setChecked(False)
        self.strip.set_playhead(index)
        self._update()

    # -- what the user does ----------------------------------------------------------------------

    def _chosen(self, index: int | None) -> None:
        if self.strip.isSliderDown():
            self.play.setChecked(False)
        self._update()
        self.playhead_moved.emit(index)

    def _go(self, index: int | None) -> None:
        self.play.setChecked(False)
        self.strip.setValue(self.strip.maximum() if index is None else index)

    def _branch(self) -> None:
        index = self.playhead()
        if index is not None:
            self.play.setChecked(False)
            self.branch_requested.emit(index)

    def _play_toggled(self, playing: bool) -> None:
        text = self.tr("Pause") if playing else self.tr("Play the training")
        self.play.setToolTip(text)
        self.play.setAccessibleName(text)
        self._set_icon()
        if playing:
            at_the_end = self.strip.value() >= self.strip.maximum()
            if at_the_end:
                self.strip.setValue(0)
            self._place = float(self.strip.value())
            self._timer.start()
        else:
            self._timer.stop()

    def _advance(self) -> None:
        """Go on as far as the time since the last call says."""
        if self.strip.value() != round(self._place):  # the keyboard or the wheel moved it
            self._place = float(self.strip.value())
        frames = self.strip.maximum()
        self._place += self.speed.currentData() * frames * _INTERVAL / (1000 * _SECONDS)
        if self._place >= frames:
            self._go(None)
        else:
            self.strip.setValue(round(self._place))

    # -- how it looks ----------------------------------------------------------------------------

    def _update(self) -> None:
        some = self.strip.maximum() > 0
        past = self.playhead() is not None
        self.play.setEnabled(some)
        self.speed.setEnabled(some)
        self.now.setText(self.tr("Now") if self._live else self.tr("To the end"))
        self.now.setEnabled(past)
        self.branch.setEnabled(past)

    def _set_icon(self) -> None:
        name = "pause" if self.play.isChecked() else "play"
        self.play.setIcon(icons.icon(name, self.palette()))

    def minimumSizeHint(self) -> QSize:
        """Return the size without what trains: in a narrow view it gives way."""
        least = super().minimumSizeHint()
        if self._transport is not None and not self._transport.isHidden():
            least.setWidth(least.width() - self._transport.minimumSizeHint().width())
        return least

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show what trains where there is room for it."""
        super().resizeEvent(event)
        if self._transport is not None:
            needed = self.minimumSizeHint().width() + self._transport.minimumSizeHint().width()
            if self._transport.isHidden() == (self.width() >= needed):
                self._transport.setVisible(self.width() >= needed)
                # Qt forgets the size of the layout that holds it only once the view is shown.
                self._row.invalidate()
                self.updateGeometry()

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._set_icon()
