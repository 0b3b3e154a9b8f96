"""How a card looks: dot, name, layers, curve and accuracy."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from digitpad.app.cards import Card, CardKind
from digitpad.app.training.card_list import CardList, Index
from digitpad.app.training.sparkline import sparkline
from digitpad.app.widgets import numbers, theme
from digitpad.app.widgets.theme import faded
from digitpad.training.run_files import Status

_MARGIN, _GAP = 4, 10  # pixels around a card and between its parts
_CURVE = 54  # pixels of its width
_NARROW = 230  # of the shelf, below which cards have no curve


class CardPainter(QStyledItemDelegate):
    """Draws a card."""

    def __init__(self, cards: CardList, parent: QWidget) -> None:
        super().__init__(parent)
        self._cards = cards

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the height of two lines."""
        metrics = QFontMetricsF(option.font)
        return QSize(150, round(2 * metrics.height() + 4 * _MARGIN + 6))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
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

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Begin with the present name."""
        super().setEditorData(editor, index)
        editor.setAccessibleName(self.tr("Name"))

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Put the field over the name."""
        box = QRect(option.rect).adjusted(_MARGIN + 26, _MARGIN, -_MARGIN - 4, -_MARGIN)
        box.setHeight(min(box.height(), editor.sizeHint().height()))
        editor.setGeometry(box)
