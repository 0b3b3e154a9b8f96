"""A card of the shelf: what is shown of a network that one can return to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from digitpad.training.run_files import Kind, Run, Status
from digitpad.training.scores import Scores

BUILT_IN = "built-in"
"""The id of the card of the model that comes with digitpad."""


class CardKind(Enum):
    """Where a card's network comes from."""

    BUILT_IN = "built-in"
    OPENED = "opened"
    RUN = "run"
    TUNED = "fine-tuned"


@dataclass(frozen=True)
class Card:
    """What the shelf shows of a network.

    Attributes
    ----------
    id : str
    kind : CardKind
    name : str
    colour : int
        Of a run; the theme knows the colours.
    sizes : tuple of int
        Neurons in each layer.
    accuracy : float or None
        Of the validation images, or of the test images for the built-in model; 0 to 1.
    epoch : float
        Epochs trained, of a run.
    status : Status
    scores : Scores or None
        What was misread before and after, of a fine-tuned one.
    curve : tuple of float
        Its cost from the first to the last mini-batch, as many as make a small curve; only where
        it is to be drawn.
    """

    id: str
    kind: CardKind
    name: str
    colour: int = 0
    sizes: tuple[int, ...] = ()
    accuracy: float | None = None
    epoch: float = 0.0
    status: Status = Status.FINISHED
    scores: Scores | None = None
    curve: tuple[float, ...] = ()


def card_of(run: Run) -> Card:
    """Return the card of a run, or of an opened or fine-tuned model, in the store."""
    sizes = run.sizes
    if not sizes and run.hyperparameters is not None:
        sizes = run.hyperparameters.sizes
    return Card(
        run.id,
        {Kind.OPENED: CardKind.OPENED, Kind.TUNED: CardKind.TUNED}.get(run.kind, CardKind.RUN),
        run.name,
        run.colour,
        sizes,
        run.accuracy,
        run.epoch,
        run.status,
        run.scores,
    )
