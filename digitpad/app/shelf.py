"""The shelf: the built-in model, opened models and every run, and which of them reads.

A card is a network that one can return to. Runs lie in the user's data folder as they grow, so
neither training again nor opening another model nor a crash loses one. The playhead chooses the
moment of the selected run at which its network reads.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from PySide6.QtCore import QObject, Signal

from digitpad.app.cards import BUILT_IN, Card, CardKind, card_of
from digitpad.app.memory_cards import MemoryCard, MemoryCards, Why
from digitpad.app.session import Session
from digitpad.app.widgets import numbers
from digitpad.errors import DigitpadError
from digitpad.experiments.command import line_of_model, line_of_run
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.training import run_files
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import Job
from digitpad.training.metadata import run_metadata
from digitpad.training.playback import Playback
from digitpad.training.run_files import Kind, Run, Status
from digitpad.training.run_store import RunStore
from digitpad.training.scores import Scores
from digitpad.training.state import TrainingState
from digitpad.training.timeline import Snapshot

# What read at some time: its card, model, state of the training, and file.
_Before: TypeAlias = tuple[str, Model, TrainingState | None, Path | None]

_GREY = -1  # the last of the runs' colours: the built-in model has no history, so no bright colour
_MAX_DELETED = 20  # that can be brought back


@dataclass(frozen=True)
class _Deleted:
    """A deleted card, and what is needed to bring it back."""

    card: Card
    was_selected: bool
    in_memory: MemoryCard | None


class Shelf(QObject):
    """The cards, the selected one, and the playhead on its run.

    Parameters
    ----------
    session : Session
        Reads with the selected card's network.
    store : RunStore
        Where runs are kept.

    Attributes
    ----------
    selected : str
        The id of the card that reads; "" where what reads has no card.
    live : str or None
        The id of the run in training.
    playhead : int or None
        Which snapshot of the selected run reads; None: its newest weights.
    snapshot : Snapshot or None
        The moment at which the playhead stands.
    compared : str or None
    compared_network : Network or None
        The card beside the selected one, and its network.

    Signals
    -------
    changed()
        There are other cards, or one of them has other properties.
    selected_changed()
        Another card is selected.
    playhead_changed()
        The selected run is read at another moment.
    compared_changed()
        Another card, or none, is compared with the selected one.
    problem(str)
        Something could not be kept or read; a sentence for the user.
    """

    changed = Signal()
    selected_changed = Signal()
    playhead_changed = Signal()
    compared_changed = Signal()
    problem = Signal(str)

    def __init__(self, session: Session, store: RunStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.store = store
        self.selected = BUILT_IN if session.model is session.built_in else ""
        self.live: str | None = None
        self.playhead: int | None = None
        self.snapshot: Snapshot | None = None
        self.compared: str | None = None
        self.compared_network: Network | None = None
        self._playback: Playback | None = None
        self._closed = False
        self._in_memory = MemoryCards()
        # What was deleted, the last at the end.
        self._deleted: list[_Deleted] = []
        self._runs: dict[str, Run] = {}
        # What was selected when the training began, and before each fine-tuned card; and whether
        # that training goes on with a run that was there.
        self._before = self._now()
        self._goes_on = False
        self._before_tuned: dict[str, _Before] = {}
        self.refresh()

    # -- cards ---------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Look which runs the store has now."""
        self._runs = {run.id: run for run in self.store.runs()}
        self.changed.emit()

    def cards(self) -> list[Card]:
        """Return the built-in model's card and then all others, the newest first."""
        others = [card_of(run) for run in self._runs.values()]
        others += self._in_memory.cards()
        return [self._built_in_card(), *reversed(others)]

    def card(self, card_id: str) -> Card:
        """Return a card.

        Raises
        ------
        LookupError
            If there is none of this id.
        """
        for card in self.cards():
            if card.id == card_id:
                return card
        raise LookupError(card_id)

    def _built_in_card(self) -> Card:
        model = self.session.built_in
        accuracy = model.metadata.get("accuracy")
        # The last is that on the test images.
        values = [*accuracy.values()] if isinstance(accuracy, dict) else []
        known = values[-1] if values else None
        return Card(
            BUILT_IN,
            CardKind.BUILT_IN,
            self.tr("Built-in"),
            colour=_GREY,
            sizes=model.network.sizes,
            accuracy=known if isinstance(known, float) else None,
        )

    def run(self, card_id: str) -> Run | None:
        """Return what the store knows of a run or an opened model; None for any other card."""
        return self._runs.get(card_id)

    def experiment(self, card_id: str) -> str:
        """Return the line of `digitpad train` that makes a card's network again, bit for bit.

        Raises
        ------
        DigitpadError
            If no line can; the sentence says why.
        """
        run = self._runs.get(card_id)
        if run is not None and run.kind is not Kind.OPENED:
            return line_of_run(self.store, card_id)
        held = self._in_memory.get(card_id)
        if held is not None and held.why is Why.CHANGED:
            raise DigitpadError(
                self.tr(
                    "This network was changed by hand, which a line cannot repeat: copy the "
                    "experiment of the run it was made from."
                )
            )
        if held is not None:
            raise DigitpadError(
                self.tr(
                    "This run was not recorded, so it is not known how it began: make room on the "
                    "disk, and train again."
                )
            )
        return line_of_model(self._load(card_id)[0])

    def interrupted(self) -> Card | None:
        """Return the newest run that a crash or power failure interrupted, if any."""
        for card in self.cards():
            if card.status is Status.INTERRUPTED:
                return card
        return None

    # -- selecting -----------------------------------------------------------------------------

    def select(self, card_id: str) -> bool:
        """Read with a card's network; if that cannot be read, say so and return False."""
        run = self._runs.get(card_id)
        try:
            if card_id == BUILT_IN:
                self.session.open_built_in()
            elif run is not None and run.kind is Kind.OPENED and run.path is not None:
                self.session.open(run.path)
            else:
                self.session.show_model(*self._load(card_id))
        except DigitpadError as error:
            self.problem.emit(str(error))
            return False
        self._select(card_id)
        return True

    def _select(self, card_id: str) -> None:
        self._close_playback()
        self.selected = card_id
        if card_id == self.compared:  # with itself
            self.compare(None)
        self.selected_changed.emit()
        self.playhead_changed.emit()

    def _load(self, card_id: str) -> tuple[Model, TrainingState | None]:
        """Return a card's network, and the state of its training where that is known."""
        if card_id == BUILT_IN:
            return self.session.built_in, None
        held = self._in_memory.get(card_id)
        if held is not None:
            return held.model, held.state
        if card_id not in self._runs:
            raise DigitpadError(self.tr("This run is no longer there."))
        run = self._runs[card_id]
        if run.kind is Kind.OPENED:
            assert run.path is not None
            return model_file.load(run.path), None
        if run.kind is Kind.TUNED:
            model = model_file.load(run.folder / run_files.MODEL)
            return Model(model.network, model.metadata | {"name": run.name}), None
        try:
            checkpoint = run_files.read_checkpoint(run.folder)
        except DigitpadError:
            network = self.store.network(run.id)
            return Model(network, run_metadata(run, network, None)), None
        network, state = checkpoint.network, checkpoint.state
        return Model(network, run_metadata(run, network, state)), state

    def network(self, card_id: str) -> Network | None:
        """Return a card's network; None, with a word to the user, if it cannot be read."""
        try:
            return self._load(card_id)[0].network
        except DigitpadError as error:
            self.problem.emit(str(error))
            return None

    def compare(self, card_id: str | None) -> None:
        """Read with another card's network beside the selected one; None: with that alone."""
        network = None
        if card_id is not None:
            network = self.network(card_id)
            if network is None:
                return
        self.compared, self.compared_network = card_id, network
        self.compared_changed.emit()

    def open(self, path: Path, name: str = "") -> None:
        """Open a model file and give it a card.

        Parameters
        ----------
        path : Path
        name : str
            Of the card; "": that of the file.

        Raises
        ------
        DigitpadError
            If it is not a usable model; the selected card stays.
        """
        self.session.open(path)
        model = self.session.model
        accuracy = model.metadata.get("accuracy")
        known = next(iter(accuracy.values()), None) if isinstance(accuracy, dict) else None
        try:
            run = self.store.add_opened(
                path,
                name or path.stem,
                model.network.sizes,
                known if isinstance(known, float) else None,
            )
        except DigitpadError as error:
            self.problem.emit(str(error))
            self._select("")
            return
        self._runs[run.id] = run
        self.changed.emit()
        self._select(run.id)

    # -- training ------------------------------------------------------------------------------

    def begin(self, job: Job, name: str, preset: str = "") -> Job:
        """Give a training a card, and select it; return the job that is recorded there."""
        self._goes_on = job.run is not None and (job.run / run_files.CHECKPOINT).exists()
        try:
            if job.run is None:
                job = self.store.begin(name, job, preset=preset)
            else:
                name = self.store.get(job.run.name).name
        except DigitpadError as error:
            self.problem.emit(str(error))
        self._before = self._now()
        network = job.network or job.hyperparameters.new_network()
        # A file saved during the training says how it was trained, so that it can be continued.
        metadata = {"name": name, "hyperparameters": job.hyperparameters.to_dict()}
        model = Model(network.copy(), metadata)
        if job.run is None:
            card_id = self._in_memory.new_id(Why.UNSAVED)
            card = Card(card_id, CardKind.RUN, name, len(self._runs), network.sizes)
            card = replace(card, status=Status.RUNNING)
            self._in_memory.put(MemoryCard(card, model, job.state, Why.UNSAVED))
        else:
            card_id = job.run.name
        self.live = card_id
        self.session.show_model(model, state=job.state)
        self.refresh()
        self._select(card_id)
        return job

    def show_live(self, network: Network) -> None:
        """Read with the network in training, if its card is selected and the playhead at now."""
        if self.live is not None and self.selected == self.live and self.playhead is None:
            self.session.show_network(network)

    def progress(self) -> None:
        """Look how far the training has come."""
        if self.live in self._runs:
            with suppress(DigitpadError):
                self._runs[self.live] = self.store.get(self.live)
            self.changed.emit()

    def keep(self, network: Network, metadata: dict[str, Any], state: TrainingState) -> None:
        """Take over what a training has learned until it paused or ended."""
        if self.live is None:
            return
        model = Model(network, metadata | {"name": self.card(self.live).name})
        held = self._in_memory.get(self.live)
        if held is not None:
            self._in_memory.put(replace(held, model=model, state=state))
        if self.selected == self.live:
            self.session.show_model(model, state=state)

    def end(self, *, discard: bool = False) -> None:
        """Say that the training is over; `discard` it if nothing came of it.

        Then what read before reads again, and the training's card is removed, unless it is that of
        a run that had been trained before.
        """
        live, self.live = self.live, None
        if discard and live is not None:
            if not self._goes_on:
                self._discard(live, self._before)
                return
            if live == self.selected:
                self._return_to(self._before)
        held = self._in_memory.get(live)
        if held is not None:
            self._in_memory.put(replace(held, card=replace(held.card, status=Status.FINISHED)))
        if live == self.selected and self.playhead is None:
            self.session.show_network(None)
        self.refresh()
        self.playhead_changed.emit()

    def _discard(self, card_id: str, earlier: _Before) -> None:
        """Remove the card of what is not wanted, and read with what read before."""
        was_selected = card_id == self.selected
        if self._in_memory.take(card_id) is None:
            if was_selected:
                self._close_playback()
            self._try(lambda: self.store.delete(card_id))
        self.refresh()
        if was_selected:
            self._return_to(earlier)

    def _return_to(self, earlier: _Before) -> None:
        """Read with what read at an earlier time."""
        card_id, model, state, path = earlier
        self.session.show_model(model, state, path)
        self._select(card_id)

    def _now(self) -> _Before:
        session = self.session
        return self.selected, session.model, session.state, session.path

    def resume(self, hyperparameters: Hyperparameters | None = None) -> Job | None:
        """Return the job that continues the selected run from its checkpoint, bit for bit.

        None where that is impossible: the card is no run, it has no checkpoint, or the playhead
        stands at an earlier moment.
        """
        run = self._runs.get(self.selected)
        if run is None or run.kind is not Kind.TRAINED or self.playhead is not None:
            return None
        try:
            return self.store.resume(run.id, hyperparameters)
        except DigitpadError:
            return None

    def show_newborn(self, network: Network) -> None:
        """Read with a network that has not been trained and has no card."""
        self.session.show_model(Model(network, {"name": self.tr("newborn")}))
        self._select("")

    def branch(self, hyperparameters: Hyperparameters | None = None) -> Job:
        """Return the job of a new run that begins where the playhead stands.

        Raises
        ------
        DigitpadError
            If that is impossible.
        """
        run = self._runs[self.selected]
        assert self.playhead is not None
        assert self.snapshot is not None
        name = self.tr("{name} from epoch {epoch}").format(
            name=run.name, epoch=numbers.general(self.snapshot.epoch, 3)
        )
        return self.store.branch(run.id, self.playhead, name, hyperparameters)

    def try_branch(self) -> Job | None:
        """Return the job of `branch`; None, with a word to the user, if that is impossible."""
        if self.live is not None:
            self.problem.emit(
                self.tr("A training is running: stop it, and then continue from here.")
            )
            return None
        try:
            return self.branch()
        except DigitpadError as error:
            self.problem.emit(str(error))
            return None

    def add_changed(self, network: Network, what: str) -> None:
        """Give a network that was changed by hand a card, and read with it."""
        session = self.session
        name = self.tr("{name}, {change}").format(name=session.name, change=what)
        card_id = self._in_memory.new_id(Why.CHANGED)
        card = Card(card_id, CardKind.RUN, name, len(self._runs), network.sizes)
        model = Model(network, session.model.metadata | {"name": name})
        self._in_memory.put(MemoryCard(card, model, None, Why.CHANGED))
        session.show_model(model)
        self.changed.emit()
        self._select(card_id)

    def add_tuned(self, model: Model, scores: Scores) -> str:
        """Give a fine-tuned network a card of its own, and read with it; return its id.

        Its name is what the model's metadata say.
        """
        earlier = self._now()
        name = str(model.metadata.get("name") or self.session.name)
        try:
            card_id = self.store.add_tuned(name, model, scores).id
        except DigitpadError as error:
            self.problem.emit(str(error))
            card_id = self._in_memory.new_id(Why.UNSAVED)
            card = Card(
                card_id,
                CardKind.TUNED,
                name,
                len(self._runs),
                model.network.sizes,
                scores.accuracy,
                scores=scores,
            )
            self._in_memory.put(MemoryCard(card, model, None, Why.UNSAVED))
        self._before_tuned[card_id] = earlier
        self.session.show_model(model)
        self.refresh()
        self._select(card_id)
        return card_id

    def throw_away(self, card_id: str) -> None:
        """Remove the card of a fine-tuned network, and read with what read before."""
        earlier = self._before_tuned.pop(card_id, None)
        if earlier is None or not self._has(earlier[0]):
            self.delete(card_id)
        else:
            self._discard(card_id, earlier)

    def _has(self, card_id: str) -> bool:
        """Whether a card is there; that of what reads without one always is."""
        return not card_id or any(card.id == card_id for card in self.cards())

    # -- the playhead --------------------------------------------------------------------------

    def playback(self) -> Playback | None:
        """Return what was recorded of the selected run, with the newest; None if nothing was."""
        if self._playback is None:
            if self.selected in self._runs and not self._closed:
                with suppress(DigitpadError, OSError):
                    self._playback = Playback(self.store, self.selected)
        else:
            self._playback.refresh()
        return self._playback

    def move_playhead(self, index: int | None) -> None:
        """Read with the network of a snapshot; None: with the newest weights."""
        playback = self._playback or self.playback()
        if index is None or playback is None or not 0 <= index < len(playback.snapshots):
            self.playhead = self.snapshot = None
            self.session.show_network(None)
        else:
            snapshot = playback.snapshots[index]
            try:
                network = playback.network(index)
            except DigitpadError as error:
                self.problem.emit(str(error))
                return
            self.playhead, self.snapshot = index, snapshot
            self.session.show_network(network)
        self.playhead_changed.emit()

    def _close_playback(self) -> None:
        self.playhead = self.snapshot = None
        if self._playback is not None:
            self._playback.close()
            self._playback = None

    def close(self) -> None:
        """Close the files that are open, and open none again."""
        self._closed = True
        self._close_playback()

    # -- changing cards ------------------------------------------------------------------------

    def rename(self, card_id: str, name: str) -> None:
        """Give a run another name."""
        self._try(lambda: self.store.rename(card_id, name))

    def delete(self, card_id: str) -> bool:
        """Put away any card but the built-in and the running one; `restore` brings it back."""
        if card_id == BUILT_IN or card_id == self.live:
            return False
        card, was_selected = self.card(card_id), card_id == self.selected
        held = self._in_memory.take(card_id)
        if held is None:
            if was_selected:
                self._close_playback()
            if not self._try(lambda: self.store.delete(card_id)):
                return False
        deleted = _Deleted(card, was_selected, held)
        self._deleted = [*self._deleted, deleted][-_MAX_DELETED:]
        if card_id == self.compared:
            self.compare(None)
        if was_selected:
            self.select(BUILT_IN)
        self.refresh()
        return True

    @property
    def deleted(self) -> Card | None:
        """The card that `restore` brings back."""
        return self._deleted[-1].card if self._deleted else None

    def restore(self) -> None:
        """Bring back the card that was deleted last, and read with it if it was selected."""
        if not self._deleted:
            return
        deleted = self._deleted.pop()
        card_id = deleted.card.id
        if deleted.in_memory is not None:
            self._in_memory.put(deleted.in_memory)
        elif not self._try(lambda: self.store.restore(card_id)):
            return
        self.refresh()
        if deleted.was_selected:
            self.select(card_id)

    def _try(self, do: Callable[[], object]) -> bool:
        try:
            do()
        except DigitpadError as error:
            self.problem.emit(str(error))
            return False
        finally:
            self.refresh()
        return True

    @property
    def has_unsaved(self) -> bool:
        """Whether there is a trained network that could not be written to the store."""
        return any(held.why is Why.UNSAVED for held in self._in_memory)
