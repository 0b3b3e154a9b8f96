"""“Learn my hand”: the network that reads is fine-tuned on the user's digits, beside the window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QObject, Signal

from digitpad.app import translations
from digitpad.app.drawing.hand_box import HandBox
from digitpad.app.shelf import Shelf
from digitpad.app.widgets.computation import Computation
from digitpad.drawing.strokes import Sample
from digitpad.errors import DigitpadError
from digitpad.nn.functions import require_trainable
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.training.fine_tune import (
    FEWEST_DIGITS,
    FineTuned,
    Progress,
    ids_learned,
    with_result,
)
from digitpad.training.fine_tune_process import FineTuneProcess


class LearnHand(QObject):
    """Lets the network that reads learn the user's digits, and gives the result a card.

    The card reads at once. It stays on the shelf unless it is thrown away.

    Parameters
    ----------
    shelf : Shelf
    box : HandBox
        Where the user asks for it and sees what comes of it.

    Signals
    -------
    status_changed(str)
        Something to show for a few seconds.
    """

    status_changed = Signal(str)

    def __init__(self, shelf: Shelf, box: HandBox, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self._box = box
        self._mine: tuple[Sample, ...] = ()
        self._base: Model | None = None  # what is learning
        self._learning = 0  # from so many digits
        self._name = ""  # what the shelf calls it
        self._card = ""  # whose result is shown
        self._problem = ""
        self._computation = Computation(self)
        self._computation.yielded.connect(self._take)
        self._computation.failed.connect(self._fail)
        shelf.changed.connect(self._update)
        shelf.selected_changed.connect(self._update)
        box.learn_wanted.connect(self.start)
        box.cancel_wanted.connect(self.cancel)
        box.keep_wanted.connect(self._keep)
        box.throw_away_wanted.connect(self._throw_away)
        self._update()

    @property
    def is_learning(self) -> bool:
        """Whether a network is being fine-tuned."""
        return self._computation.is_running

    def show_samples(self, samples: Sequence[Sample]) -> None:
        """Take the user's digits as they are now."""
        self._mine = tuple(sample for sample in samples if sample.label is not None)
        self._problem = ""
        self._update()

    def _reason(self) -> str:
        """Return why the network that reads cannot learn now; empty if it can."""
        shelf = self._shelf
        if len(self._mine) < FEWEST_DIGITS:
            return self.tr("Correct or collect at least %Ln digit(s) first.", "", FEWEST_DIGITS)
        if shelf.live is not None and shelf.live == shelf.selected:
            return self.tr("Stop the training of this network first.")
        try:
            network = shelf.session.reader
            require_trainable(network.activation, network.output_activation)
        except DigitpadError as error:
            return translations.core(str(error))
        return ""

    def _update(self) -> None:
        """Show what can be done now."""
        if self.is_learning:
            return
        if self._card and self._card not in {card.id for card in self._shelf.cards()}:
            self._card = ""  # it was deleted on the shelf
        if not self._card:
            self._box.show_ready(self._reason(), self._problem)

    # -- learning --------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin, unless it is impossible or has begun."""
        if self.is_learning or self._card or self._reason():
            return
        session, mine = self._shelf.session, self._mine
        model = session.model
        if session.reader is not model.network:  # whose calibration is not this network's
            model = Model(session.reader, {"name": session.name})
        network = model.network.copy()
        self._base = Model(network, dict(model.metadata))
        self._learning = len(mine)
        selected = self._shelf.selected
        self._name = self._shelf.card(selected).name if selected else session.name
        self._problem = ""
        self._box.show_progress(0.0)
        known = ids_learned(model)
        self._computation.start(lambda: _messages(network, mine, known))

    def cancel(self) -> None:
        """Learn nothing; the network that reads stays as it is."""
        if self.is_learning:
            self._computation.cancel()
            self._update()

    def _take(self, message: Progress | FineTuned) -> None:
        if isinstance(message, Progress):
            self._box.show_progress(message.done)
            return
        assert self._base is not None
        self._computation.cancel()  # there is nothing more to come
        model = with_result(self._base, message)
        tuned = self._base.metadata.get("fine_tuned")
        origin = tuned.get("of") if isinstance(tuned, dict) else None
        if not isinstance(origin, str):
            origin = self._name
        model.metadata["fine_tuned"]["of"] = origin
        model.metadata["name"] = self._new_name(origin)
        scores = message.scores
        self._card = self._shelf.add_tuned(model, scores)
        left_out = self._learning - scores.own.n - scores.mine.n
        self._box.show_result(model.metadata["name"], scores, left_out)

    def _new_name(self, origin: str) -> str:
        """Return a name that no card has yet."""
        taken = {card.name for card in self._shelf.cards()}
        name = first = self.tr("{name}, my hand").format(name=origin)
        number = 1
        while name in taken:
            number += 1
            name = f"{first} {number}"
        return name

    def _fail(self, problem: str) -> None:
        self._problem = problem
        self._update()

    # -- the result ------------------------------------------------------------------------------

    def _keep(self) -> None:
        name = self._shelf.card(self._card).name
        self._card = ""
        self._update()
        self.status_changed.emit(self.tr("“{name}” is on the shelf").format(name=name))

    def _throw_away(self) -> None:
        card, self._card = self._card, ""
        self._shelf.throw_away(card)
        self._update()


def _messages(
    network: Network, mine: Sequence[Sample], known: frozenset[str]
) -> Iterator[Progress | FineTuned]:
    with FineTuneProcess(network, mine, known) as process:
        yield from process.messages()
