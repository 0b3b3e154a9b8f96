"""Which network reads: a line with its card's colour, name, moment and accuracy."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QToolButton, QWidget

from digitpad.app.cards import BUILT_IN, Card
from digitpad.app.shelf import Shelf
from digitpad.app.widgets import numbers, theme

_DOT = 10  # pixels


class ReaderChip(QToolButton):
    """Says at any time whose answer is shown; a click opens the shelf."""

    def __init__(self, shelf: Shelf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reader")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(_DOT, _DOT))
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(self.tr("The network that reads now. Click to choose another."))
        self._shelf = shelf
        self._dot_colour = QColor()
        for signal in (shelf.changed, shelf.selected_changed, shelf.playhead_changed):
            signal.connect(self._update)
        self._update()

    def _update(self) -> None:
        palette = self.palette()
        try:
            card = self._shelf.card(self._shelf.selected)
        except LookupError:
            text, colour = self._shelf.session.name, palette.color(palette.ColorRole.WindowText)
        else:
            text, colour = self._text(card), theme.run_colour(palette, card.colour)
            if card.id == BUILT_IN:
                colour = palette.color(palette.ColorRole.WindowText)
        if text != self.text():
            self.setText(text)
            self.setAccessibleName(self.tr("Network that reads: {text}").format(text=text))
        if colour != self._dot_colour:
            self._dot_colour = colour
            self.setIcon(dot(colour))

    def _text(self, card: Card) -> str:
        parts = [card.name]
        snapshot = self._shelf.snapshot
        accuracy = card.accuracy
        if snapshot is not None:
            parts.append(self.tr("epoch {epoch}").format(epoch=numbers.decimal(snapshot.epoch, 2)))
            accuracy = snapshot.accuracy
        elif card.id == self._shelf.live:
            parts.append(self.tr("epoch {epoch}").format(epoch=numbers.decimal(card.epoch, 1)))
        if accuracy is not None:
            parts.append(numbers.percent(accuracy))
        return " · ".join(parts)

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette's colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_shelf"):
            self._dot_colour = QColor()
            self._update()


def dot(colour: QColor) -> QIcon:
    """Return a round icon of one colour, sharp at twice the resolution too."""
    pixmap = QPixmap(2 * _DOT, 2 * _DOT)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(1, 1, 2 * _DOT - 2, 2 * _DOT - 2)
    painter.end()
    return QIcon(pixmap)
