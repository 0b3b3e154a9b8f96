"""The shelf: a card for every network that one can read with, compare, continue or save."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    SignalInstance,
)
from PySide6.QtGui import (
    QAction,
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from digitpad.app.cards import Card, CardKind
from digitpad.app.training.sparkline import sparkline
from digitpad.app.widgets import numbers, theme
from digitpad.app.widgets.theme import faded
from digitpad.training.run_files import Status
from digitpad.training.scores import Score

_Index = QModelIndex | QPersistentModelIndex
_KEY = Qt.ItemDataRole.UserRole
_MARGIN, _GAP = 4, 10  # pixels around a card and between its parts
_CURVE = 54  # pixels of its width
_NARROW = 230  # of the shelf, below which cards have no curve


class _Cards(QAbstractListModel):
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

    def rowCount(self, parent: _Index | None = None) -> int:
        """Return the number of cards."""
        return 0 if parent is not None and parent.isValid() else len(self.cards)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
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
        return card.id if role == _KEY else None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another name; the card has it when it is shown again."""
        name = str(value).strip()
        card = self.cards[index.row()]
        if role != Qt.ItemDataRole.EditRole or not name or name == card.name:
            return False
        self.renamed.emit(card.id, name)
        return True

    def flags(self, index: _Index) -> Qt.ItemFlag:
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
            parts = [self.tr("learned from %n digit(s)", "", card.scores.own.n)]
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


class _Painter(QStyledItemDelegate):
    """Draws a card."""

    def __init__(self, cards: _Cards, parent: QWidget) -> None:
        super().__init__(parent)
        self._cards = cards

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return the height of two lines."""
        metrics = QFontMetricsF(option.font)
        return QSize(150, round(2 * metrics.height() + 4 * _MARGIN + 6))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw the dot, the name and the layers, the curve, and the accuracy."""
        card = self._cards.cards[index.row()]
        palette = option.palette
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        box = QRectF(option.rect).adjusted(_MARGIN, _MARGIN / 2, -_MARGIN, -_MARGIN / 2)
        accent = palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Highlight)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        edge = accent if chosen else palette.color(QPalette.ColorRole.Mid)
        painter.setPen(QPen(edge, 2 if chosen else 1))
        painter.setBrush(palette.color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(box, 6, 6)
        if chosen or over:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(faded(accent, 0.12 if chosen else 0.05))
            painter.drawRoundedRect(box, 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus:
            ink = palette.color(QPalette.ColorRole.Text)
            painter.setPen(QPen(ink, 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(3, 3, -3, -3), 4, 4)
        self._paint_content(painter, card, box, option)
        painter.restore()

    def _paint_content(
        self, painter: QPainter, card: Card, box: QRectF, option: QStyleOptionViewItem
    ) -> None:
        palette = option.palette
        own = theme.run_colour(palette, card.colour)
        if card.kind is CardKind.BUILT_IN:
            own = palette.color(QPalette.ColorRole.PlaceholderText)
        self._paint_dot(painter, card, QPointF(box.left() + 15, box.center().y()), own)

        right = box.right() - _GAP
        font = QFont(option.font)
        width = QFontMetricsF(font).horizontalAdvance(numbers.percent(0.999)) + 2
        if card.accuracy is not None:
            painter.setFont(font)
            painter.setPen(palette.color(QPalette.ColorRole.Text))
            place = QRectF(right - width, box.top(), width, box.height())
            sides = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, sides, numbers.percent(card.accuracy))
        right -= width + _GAP
        if len(card.curve) > 1 and box.width() >= _NARROW:
            area = QRectF(right - _CURVE, box.top() + 10, _CURVE, box.height() - 20)
            painter.setPen(QPen(own, 1.6))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(sparkline(card.curve, area))
            right -= _CURVE + _GAP

        left = box.left() + 30
        width = max(0.0, right - left)
        line = box.height() / 2
        bold = QFont(font)
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        name = QFontMetricsF(bold).elidedText(card.name, Qt.TextElideMode.ElideRight, width)
        painter.drawText(
            QRectF(left, box.top() + 2, width, line),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            name,
        )
        painter.setFont(font)
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        metrics = QFontMetricsF(font)
        details = self._cards.details(card)
        while len(details) > 1 and metrics.horizontalAdvance(" · ".join(details)) > width:
            details.pop()
        detail = metrics.elidedText(" · ".join(details), Qt.TextElideMode.ElideRight, width)
        painter.drawText(
            QRectF(left, box.top() + line - 2, width, line),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            detail,
        )

    def _paint_dot(self, painter: QPainter, card: Card, at: QPointF, colour: QColor) -> None:
        """Draw a disc; a ring for a file, half a disc for what was interrupted."""
        painter.setPen(QPen(colour, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if card.kind is CardKind.OPENED:
            painter.drawEllipse(at, 5.0, 5.0)
            return
        painter.setBrush(colour)
        if card.status is Status.INTERRUPTED:
            painter.drawPie(QRectF(at.x() - 5, at.y() - 5, 10, 10), 90 * 16, 180 * 16)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(at, 5.0, 5.0)

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        """Begin with the present name."""
        super().setEditorData(editor, index)
        editor.setAccessibleName(self.tr("Name"))

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        """Put the field over the name."""
        box = QRect(option.rect).adjusted(_MARGIN + 26, _MARGIN, -_MARGIN - 4, -_MARGIN)
        box.setHeight(min(box.height(), editor.sizeHint().height()))
        editor.setGeometry(box)


class Shelf(QListView):
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
        self._cards = _Cards(self)
        self._cards.renamed.connect(self.rename_requested)
        self.setModel(self._cards)
        self.setItemDelegate(_Painter(self._cards, self))
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
        self, index: _Index, event: QEvent | None = None
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

    def _activate(self, index: _Index) -> None:
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
