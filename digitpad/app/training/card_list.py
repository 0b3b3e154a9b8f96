"""The shelf's cards as rows of a list: names, second lines, and what a screen reader says."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QWidget

from digitpad.app.cards import Card, CardKind
from digitpad.app.widgets import numbers
from digitpad.training.run_files import Status
from digitpad.training.scores import Score

Index = QModelIndex | QPersistentModelIndex
KEY = Qt.ItemDataRole.UserRole


class CardList(QAbstractListModel):
    """The cards, the built-in one first."""

    renamed = Signal(str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.cards: list[Card] = []

    def show(self, cards: Sequence[Card]) -> None:
        """Show these cards, changing only what differs."""
        keys = [card.id for card in cards]
        for row in reversed(range(len(self.cards))):
            if self.cards[row].id not in keys:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self.cards[row]
                self.endRemoveRows()
        for row, card in enumerate(cards):
            if row < len(self.cards) and self.cards[row].id == card.id:
                if self.cards[row] != card:
                    self.cards[row] = card
                    self.dataChanged.emit(self.index(row), self.index(row))
                continue
            before = self.row_of(card.id)
            if before is not None:
                self.beginRemoveRows(QModelIndex(), before, before)
                del self.cards[before]
                self.endRemoveRows()
            self.beginInsertRows(QModelIndex(), row, row)
            self.cards.insert(row, card)
            self.endInsertRows()

    def row_of(self, key: str) -> int | None:
        """Return where a card is."""
        return next((row for row, card in enumerate(self.cards) if card.id == key), None)

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of cards."""
        return 0 if parent is not None and parent.isValid() else len(self.cards)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a card's name, its key, or what a screen reader says."""
        card = self.cards[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return card.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            parts = [card.name, " · ".join(self.details(card))]
            if card.accuracy is not None:
                parts.append(numbers.percent(card.accuracy))
            return ", ".join(parts)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join([card.name, "-".join(map(str, card.sizes)), *self.learned(card)])
        return card.id if role == KEY else None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another name; the card has it when it is shown again."""
        name = str(value).strip()
        card = self.cards[index.row()]
        if role != Qt.ItemDataRole.EditRole or not name or name == card.name:
            return False
        self.renamed.emit(card.id, name)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Allow to rename what is not built in."""
        flags = super().flags(index)
        if index.isValid() and self.cards[index.row()].kind is not CardKind.BUILT_IN:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def details(self, card: Card) -> list[str]:
        """Return the parts of a card's second line, the most important first."""
        if card.status is Status.RUNNING:
            return [self.tr("training …")]
        if card.status is Status.INTERRUPTED:
            return [self.tr("interrupted")]
        if card.scores is not None:
            parts = [self.tr("learned from %Ln digit(s)", "", card.scores.own.n)]
            if card.scores.mine.n:
                parts.append(self._before_and_after(card.scores.mine))
            return parts
        parts = ["-".join(map(str, card.sizes))]
        if card.kind is CardKind.RUN and card.epoch == 1:
            parts.append(self.tr("1 epoch"))
        elif card.kind is CardKind.RUN and card.epoch:
            places = 0 if card.epoch == int(card.epoch) else 1
            number = numbers.decimal(card.epoch, places)
            parts.append(self.tr("{number} epochs").format(number=number))
        return parts

    def learned(self, card: Card) -> list[str]:
        """Return lines that say what fine-tuning has changed."""
        if card.scores is None:
            return []
        texts = (
            (card.scores.mine, self.tr("Your digits that were held back: {change}")),
            (card.scores.own, self.tr("Your digits that it learned from: {change}")),
            (card.scores.others, self.tr("MNIST validation images: {change}")),
        )
        return [
            text.format(change=self._before_and_after(score)) for score, text in texts if score.n
        ]

    def _before_and_after(self, score: Score) -> str:
        return self.tr("{before} → {after} of {n} correct").format(
            before=numbers.whole(score.n - score.before),
            after=numbers.whole(score.n - score.after),
            n=numbers.whole(score.n),
        )
