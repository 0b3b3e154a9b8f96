"""The shelf: a card for every network that one can read with, compare, continue or save."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPalette, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QPushButton, QWidget

from digitpad.app.cards import Card, CardKind
from digitpad.app.training.card_list import CardList, Index
from digitpad.app.training.card_painter import CardPainter
from digitpad.training.run_files import Status

_MARGIN = 4  # pixels around the button below the cards


class ShelfView(QListView):
    """Cards, one of which is the network that reads.

    Enter or a click lets a card's network read, F2 renames it, Delete deletes it, and Ctrl+Z or the
    button below the cards brings it back.

    Signals
    -------
    card_activated(str)
        The network of the card with this key is to read.
    compare_requested(str), continue_requested(str), save_requested(str), reveal_requested(str),
    copy_requested(str)
        The context menu's entries.
    rename_requested(str, str)
        The card is to get this name.
    delete_requested(str)
    restore_requested()
        The card that was deleted last is to come back.
    """

    card_activated = Signal(str)
    compare_requested = Signal(str)
    continue_requested = Signal(str)
    save_requested = Signal(str)
    reveal_requested = Signal(str)
    copy_requested = Signal(str)
    rename_requested = Signal(str, str)
    delete_requested = Signal(str)
    restore_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shelf")
        self.setAccessibleName(self.tr("Shelf: Enter reads with a network, F2 renames it"))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setMinimumSize(150, 60)
        self._cards = CardList(self)
        self._cards.renamed.connect(self.rename_requested)
        self.setModel(self._cards)
        self.setItemDelegate(CardPainter(self._cards, self))
        self.clicked.connect(self._activate)
        self._reading = ""
        self._compared = ""
        self._deleted = ""
        self._restore = QPushButton(self)
        self._restore.setObjectName("restore")
        self._restore.hide()
        self._restore.clicked.connect(self.restore_requested)
        self._actions: dict[str, QAction] = {}
        for name, text, signal, key in (
            ("compare", self.tr("Compare"), self.compare_requested, None),
            ("continue", self.tr("Continue training"), self.continue_requested, None),
            ("save", self.tr("Save as …"), self.save_requested, None),
            (
                "copy",
                self.tr("Copy experiment"),
                self.copy_requested,
                QKeySequence.StandardKey.Copy,
            ),
            ("rename", self.tr("Rename"), None, Qt.Key.Key_F2),
            ("reveal", self.tr("Show in folder"), self.reveal_requested, None),
            ("delete", self.tr("Delete"), self.delete_requested, QKeySequence.StandardKey.Delete),
        ):
            action = QAction(text, self)
            action.setObjectName(name)
            if key is not None:
                action.setShortcut(QKeySequence(key))
                action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            if signal is None:
                action.triggered.connect(self._rename)
            else:
                action.triggered.connect(partial(self._emit, signal))
            self._actions[name] = action
            self.addAction(action)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.selectionModel().currentChanged.connect(lambda *_: self._allow())
        self._allow()

    def sizeHint(self) -> QSize:
        """Return room for three cards."""
        return QSize(290, 190)

    def show_cards(self, cards: Sequence[Card], reading: str) -> None:
        """Show these cards, in this order.

        Parameters
        ----------
        cards : sequence of Card
        reading : str
            Key of the card whose network reads, or "".
        """
        self._cards.show(cards)
        self._reading = reading
        self._select()
        self._allow()

    def show_compared(self, card_id: str) -> None:
        """Say which card is compared with the one that reads; "": none."""
        self._compared = card_id
        self._allow()

    def show_deleted(self, name: str) -> None:
        """Offer to bring back a card of this name, or with "" none."""
        self._deleted = name
        self._restore.setVisible(bool(name))
        self._place_restore()

    def _place_restore(self) -> None:
        """Put the button below the cards, as wide as they are."""
        if not self._deleted:
            self.setViewportMargins(0, 0, 0, 0)
            return
        button = self._restore
        height = button.sizeHint().height()
        self.setViewportMargins(0, 0, 0, height + 2 * _MARGIN)
        width = self.viewport().width() - 2 * _MARGIN
        button.setGeometry(_MARGIN, self.height() - height - _MARGIN, width, height)
        text = self.tr("Undo deleting “{name}”").format(name=self._deleted)
        button.setAccessibleName(text)
        button.setToolTip(text)
        room = width - 4 * _MARGIN
        shown = button.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
        button.setText(shown.replace("&", "&&"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button below the cards."""
        super().resizeEvent(event)
        self._place_restore()

    def cards(self) -> tuple[Card, ...]:
        """Return what is shown."""
        return tuple(self._cards.cards)

    def reading(self) -> str:
        """Return the key of the card whose network reads."""
        return self._reading

    def _select(self) -> None:
        """Mark the card whose network reads, wherever the keyboard is."""
        row = self._cards.row_of(self._reading)
        selection = self.selectionModel()
        if row is None:
            selection.clearSelection()
            return
        index = self._cards.index(row)
        if not self.currentIndex().isValid():
            selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        selection.select(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def selectionCommand(
        self, index: Index, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        """Keep the mark where it is: it says which network reads, not where the keyboard is."""
        return QItemSelectionModel.SelectionFlag.NoUpdate

    # -- what the user does ----------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Take Undo from the canvas while there is something here to bring back."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.matches(QKeySequence.StandardKey.Undo)
            and self._deleted
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Read with the current card's network at Enter or Space; bring one back at Undo."""
        if event.matches(QKeySequence.StandardKey.Undo) and self._deleted:
            self.restore_requested.emit()
            return
        editing = (
            self.state() == QAbstractItemView.State.EditingState
        )  # whose Enter comes here, too
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and not editing:
            if self.currentIndex().isValid():
                self._activate(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _card(self) -> Card | None:
        index = self.currentIndex()
        return self._cards.cards[index.row()] if index.isValid() else None

    def _activate(self, index: Index) -> None:
        self.card_activated.emit(self._cards.cards[index.row()].id)

    def _rename(self) -> None:
        self.edit(self.currentIndex())

    def _emit(self, signal: SignalInstance, _checked: bool = False) -> None:
        card = self._card()
        if card is not None:
            signal.emit(card.id)

    def _allow(self) -> None:
        """Enable the actions that the current card has."""
        card = self._card()
        run = card is not None and card.kind is CardKind.RUN
        built_in = card is not None and card.kind is CardKind.BUILT_IN
        tuned = card is not None and card.kind is CardKind.TUNED
        training = card is not None and card.status is Status.RUNNING
        allowed = {
            "compare": card is not None and card.id != self._reading,
            "continue": card is not None and not training and not tuned,
            "save": card is not None,
            "copy": card is not None,
            "rename": card is not None and not built_in,
            "reveal": card is not None and not built_in,
            "delete": card is not None and not built_in and not training,
        }
        for name, action in self._actions.items():
            action.setEnabled(allowed[name])
        compared = card is not None and card.id == self._compared
        compare = self.tr("Stop comparing") if compared else self.tr("Compare")
        self._actions["compare"].setText(compare)
        # What is only a link to a file goes from the shelf; the file stays.
        remove = self.tr("Delete") if run or tuned else self.tr("Remove from the shelf")
        self._actions["delete"].setText(remove)

    def _open_menu(self, position: QPoint) -> None:
        index = self.indexAt(position)
        if not index.isValid():
            return
        self.setCurrentIndex(index)
        self._allow()
        menu = QMenu(self)
        for name in ("compare", "continue", "save", "copy", "", "rename", "reveal", "", "delete"):
            if name:
                menu.addAction(self._actions[name])
            else:
                menu.addSeparator()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.viewport().mapToGlobal(position))
