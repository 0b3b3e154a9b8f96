"""The stage: connects the shelf, the timeline and what explains with the network that reads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QCoreApplication, QElapsedTimer, QObject, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication

from digitpad.app import translations
from digitpad.app.cards import Card, CardKind
from digitpad.app.network.panel import NetworkPanel
from digitpad.app.shelf import Shelf
from digitpad.app.training.comparison import Compared
from digitpad.app.training.film_picture import OtherRun
from digitpad.app.training.shelf_view import ShelfView
from digitpad.app.training.sparkline import small_curve
from digitpad.app.training.timeline_view import TimelineView
from digitpad.app.understand.panel import UnderstandPanel
from digitpad.app.understand.step_view import Highlight
from digitpad.app.widgets import numbers
from digitpad.errors import DigitpadError
from digitpad.inspection.backprop_equations import StageKind
from digitpad.nn.functions import Array
from digitpad.training import run_files
from digitpad.training.interactive import Job

_LOOK_EVERY = 500  # milliseconds between two looks at a run that is being recorded
_PAUSE = 300  # milliseconds after the pen has moved, until when the timeline waits
_MAX_PATH = 40  # snapshots of a run's path in the landscape
_MAX_PATH_PARAMETERS = 200_000  # a larger network's path would take too long to read


class Stage(QObject):
    """Passes on what the user does in one view to the shelf, and what follows to the others.

    Parameters
    ----------
    shelf : Shelf
    shelf_view, timeline, network, understand
        The views.
    train : function of a Job and a name
        Begins a training.

    Signals
    -------
    save_wanted()
        The selected card's network is to be saved to a file.
    copied(str)
        Something was copied; a sentence that says what.
    """

    save_wanted = Signal()
    copied = Signal(str)

    def __init__(
        self,
        shelf: Shelf,
        shelf_view: ShelfView,
        timeline: TimelineView,
        network: NetworkPanel,
        understand: UnderstandPanel,
        train: Callable[[Job, str], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self._shelf_view = shelf_view
        self._timeline = timeline
        self._network = network
        self._understand = understand
        self._train = train
        self._curves: dict[str, tuple[run_files.Run, tuple[float, ...]]] = {}
        self._compared: tuple[run_files.Run, OtherRun] | None = None
        self._looked = QElapsedTimer()
        self._path_shown: list[int] = []  # mini-batches done at each of its snapshots
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_LOOK_EVERY)
        self._soon.timeout.connect(self.recorded)
        self._pen_moved = QElapsedTimer()
        shelf.session.stroke_grew.connect(self._pen_moved.start)

        shelf.changed.connect(self.show_cards)
        shelf.selected_changed.connect(self._selected)
        shelf_view.card_activated.connect(shelf.select)
        shelf_view.compare_requested.connect(self._compare)
        shelf_view.continue_requested.connect(self.resume)
        shelf_view.save_requested.connect(self._save)
        shelf_view.reveal_requested.connect(self._reveal)
        shelf_view.copy_requested.connect(self._copy)
        shelf_view.rename_requested.connect(shelf.rename)
        shelf_view.rename_requested.connect(self._show_comparison)
        shelf_view.delete_requested.connect(shelf.delete)
        shelf_view.restore_requested.connect(shelf.restore)
        timeline.playhead_moved.connect(shelf.move_playhead)
        timeline.branch_requested.connect(self._branch)
        timeline.comparing_ended.connect(lambda: shelf.compare(None))
        shelf.compared_changed.connect(self._show_comparison)
        understand.image_chosen.connect(shelf.session.show_picture)
        understand.preview_changed.connect(shelf.session.show_network)
        understand.network_changed_by_user.connect(shelf.add_changed)
        understand.highlight_changed.connect(self._light)
        understand.other_wanted.connect(self._show_other)
        understand.path_wanted.connect(self._show_path)
        shelf.playhead_changed.connect(self._mark_path)
        network.view.neuron_pinned.connect(understand.choose_neuron)
        self.show_cards()
        self._selected()

    # -- the shelf -----------------------------------------------------------------------------

    def show_cards(self) -> None:
        """Show the cards as they are now."""
        cards = [replace(card, curve=self._curve(card.id)) for card in self._shelf.cards()]
        self._shelf_view.show_cards(cards, self._shelf.selected)
        self._understand.show_cards([(card.id, card.name) for card in cards])
        deleted = self._shelf.deleted
        self._shelf_view.show_deleted("" if deleted is None else deleted.name)

    def _curve(self, card_id: str) -> tuple[float, ...]:
        """Return a card's small curve, without reading it again if nothing was added to it."""
        run = self._shelf.run(card_id)
        if run is None:
            return ()
        known = self._curves.get(card_id)
        if known is None or known[0] != run:
            curve = small_curve(run_files.read_curve(run.folder))
            known = self._curves[card_id] = run, curve
        return known[1]

    def _selected(self) -> None:
        self.show_cards()
        self._timeline.clear()
        self.show_timeline()
        if self._path_shown:  # another run's path is not this one's
            self._show_path()

    def _show_other(self, card_id: str) -> None:
        network = self._shelf.network(card_id)
        if network is not None:
            self._understand.compare_with(network)

    def _compare(self, card_id: str) -> None:
        self._shelf.compare(None if card_id == self._shelf.compared else card_id)

    def _show_comparison(self) -> None:
        """Show the two networks that are compared, and the second's curve over the first's."""
        shelf = self._shelf
        self._shelf_view.show_compared(shelf.compared or "")
        cards = {card.id: card for card in shelf.cards()}
        other = cards.get(shelf.compared or "")
        if other is None:
            self._timeline.show_comparison(None)
            return
        reading = cards.get(shelf.selected)
        name = shelf.session.name if reading is None else reading.name
        self._timeline.show_comparison(
            (
                Compared(name, reading.colour if reading else 0, _accuracy(reading)),
                Compared(other.name, other.colour, _accuracy(other)),
            ),
            self._other_run(other),
        )

    def _other_run(self, card: Card) -> OtherRun | None:
        """Return a card's whole curve, without reading it again if nothing was added to it."""
        run = self._shelf.run(card.id)
        if run is None:
            return None
        if self._compared is None or self._compared[0] != run:
            curve = run_files.read_curve(run.folder)
            accuracies = run_files.validation_accuracies(run.folder)
            other = OtherRun(curve.epoch, curve.cost, accuracies, card.colour)
            self._compared = run, other
        return self._compared[1]

    def resume(self, card_id: str) -> None:
        """Continue a run where its training stopped."""
        if not self._shelf.select(card_id):
            return
        job = self._shelf.resume()
        if job is not None:
            self._train(job, self._shelf.card(card_id).name)

    def _save(self, card_id: str) -> None:
        if self._shelf.select(card_id):
            self.save_wanted.emit()

    def _copy(self, card_id: str) -> None:
        """Copy the line that repeats a card's training, or say why none can."""
        try:
            line = self._shelf.experiment(card_id)
        except DigitpadError as error:
            self._shelf.problem.emit(translations.core(str(error)))
            return
        QGuiApplication.clipboard().setText(line)
        self.copied.emit(self.tr("Copied: {line}").format(line=line))

    def _reveal(self, card_id: str) -> None:
        run = self._shelf.run(card_id)
        if run is not None:
            folder = run.folder if run.path is None else run.path.parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    # -- the timeline --------------------------------------------------------------------------

    def recorded(self) -> None:
        """Say that more of the live run has been recorded; while the user draws, it waits."""
        draws = self._pen_moved.isValid() and self._pen_moved.elapsed() < _PAUSE
        if not draws and (not self._looked.isValid() or self._looked.elapsed() >= _LOOK_EVERY):
            self.show_timeline()
        elif not self._soon.isActive():
            self._soon.start()

    def show_timeline(self) -> None:
        """Show what was recorded of the selected run until now."""
        self._looked.start()
        if self._shelf.compared is not None:
            self._show_comparison()
        playback = self._shelf.playback()
        if playback is None:
            self._timeline.clear()
            return
        self._timeline.show_playback(playback, live=self._shelf.selected == self._shelf.live)

    def _branch(self, index: int) -> None:
        self._shelf.move_playhead(index)
        job = self._shelf.try_branch()
        if job is not None and job.run is not None:
            self._train(job, "")

    def _show_path(self) -> None:
        """Let the landscape know where the run has been."""
        playback = self._shelf.playback()
        snapshots = () if playback is None else playback.snapshots
        if self._shelf.session.network.parameters.size > _MAX_PATH_PARAMETERS:
            snapshots = ()
        count = min(len(snapshots), _MAX_PATH)
        places = np.linspace(0, len(snapshots) - 1, count).round().astype(int).tolist()
        self._path_shown = [snapshots[place].batches for place in places]
        path: list[Array] = []
        if playback is not None:
            with suppress(DigitpadError):  # thinned or thrown away meanwhile: there is no path
                path = [playback.network(place).parameters for place in places]
        self._understand.show_path(path, self._place_on_path())

    def _place_on_path(self) -> int:
        """Return which snapshot of the path is nearest to the playhead, or -1."""
        if not self._path_shown:
            return -1
        snapshot = self._shelf.snapshot
        at = self._path_shown[-1] if snapshot is None else snapshot.batches
        return int(np.abs(np.array(self._path_shown) - at).argmin())

    def _mark_path(self) -> None:
        if self._path_shown:
            self._understand.set_playhead(self._place_on_path())

    # -- what explains -------------------------------------------------------------------------

    def _light(self, highlight: Highlight | None) -> None:
        """Light the network's picture as the stage of a training step says."""
        view = self._network.view
        view.clear_overlay()
        if highlight is None:
            return
        step, stage = highlight.step, highlight.stage
        count = len(step.deltas)
        if stage.kind in (StageKind.OUTPUT_ERROR, StageKind.HIDDEN_ERROR):
            known = stage.layer
            view.show_errors(
                [
                    step.deltas[layer - 1][highlight.sample] if layer >= known else None
                    for layer in range(1, count + 1)
                ]
            )
        elif stage.kind.is_of_every_layer:
            view.show_errors([delta[highlight.sample] for delta in step.deltas])
            view.show_gradient(list(step.weight_gradients))


def _accuracy(card: Card | None) -> str:
    """Return a card's accuracy and the images of which it is, where that is known."""
    if card is None or card.accuracy is None:
        return ""
    text = {
        CardKind.BUILT_IN: QCoreApplication.translate("Stage", "{accuracy} of the test images"),
        CardKind.RUN: QCoreApplication.translate("Stage", "{accuracy} of the validation images"),
    }.get(card.kind, "{accuracy}")
    return text.format(accuracy=numbers.percent(card.accuracy, 2))
