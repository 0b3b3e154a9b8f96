"""Cards of the shelf whose networks are in memory only, until the program ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from digitpad.app.cards import Card
from digitpad.nn.model_file import Model
from digitpad.training.state import TrainingState

_MAX_CHANGED = 12  # a large network takes 15 MB


class Why(Enum):
    """Why a network is in memory only."""

    CHANGED = "changed"
    """It was changed by hand; that can be done again, so nothing asks to save it."""
    UNSAVED = "unsaved"
    """It was trained, and could not be written to the store."""


@dataclass(frozen=True)
class MemoryCard:
    """A card with its network, and the state of its training where that is known."""

    card: Card
    model: Model
    state: TrainingState | None
    why: Why


class MemoryCards:
    """What is kept, the oldest first; of networks changed by hand, the newest twelve."""

    def __init__(self) -> None:
        self._kept: dict[str, MemoryCard] = {}
        self._made = 0

    def __iter__(self) -> Iterator[MemoryCard]:
        return iter(self._kept.values())

    def cards(self) -> list[Card]:
        """Return the cards alone."""
        return [held.card for held in self]

    def new_id(self, why: Why) -> str:
        """Return an id that no card had before."""
        self._made += 1
        return f"{why.value}-{self._made}"

    def get(self, card_id: str | None) -> MemoryCard | None:
        """Return a card's network, if it is here."""
        return None if card_id is None else self._kept.get(card_id)

    def put(self, held: MemoryCard) -> None:
        """Keep a card, or other properties of it."""
        self._kept[held.card.id] = held
        changed = [each.card.id for each in self if each.why is Why.CHANGED]
        for oldest in changed[:-_MAX_CHANGED]:
            del self._kept[oldest]

    def take(self, card_id: str) -> MemoryCard | None:
        """Remove a card, if it is here, and return it."""
        return self._kept.pop(card_id, None)
