"""A confusion matrix: rows are labels, columns what was predicted; its cells can be chosen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from digitpad.app.widgets import numbers, theme
from digitpad.app.widgets.copying import Rows, offer_copy

_STRONG = 0.6  # opacity from which on a cell is darker (or lighter) than its paper
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class ConfusionView(QWidget):
    """Counts of images by label and prediction.

    Signals
    -------
    cell_chosen(int, int)
        A cell was clicked, or Enter pressed on it: its label and what was predicted.
    """

    cell_chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("confusion")
        self.setAccessibleName(self.tr("Confusion matrix"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(260, 260)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._counts: NDArray[np.int64] | None = None
        self._summary = ""
        self._row = self._column = 0  # the cell with the cursor
        offer_copy(self, self._rows)

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(480, 480)

    def _rows(self) -> Rows:
        if self._counts is None:
            return []
        heading = [self.tr("label \\ answer"), *range(10)]
        return [heading, *([label, *row] for label, row in enumerate(self._counts.tolist()))]

    def show_confusion(self, counts: NDArray[np.int64]) -> None:
        """Show counts, (10, 10): rows are labels, columns predictions."""
        self._counts = counts
        off = [(int(counts[i, j]), i, j) for i in range(10) for j in range(10) if i != j]
        worst = sorted((each for each in off if each[0]), reverse=True)[:3]
        mistakes = "; ".join(
            self.tr("{label} read as {prediction}: %Ln time(s)", "", n).format(
                label=i, prediction=j
            )
            for n, i, j in worst
        )
        text = self.tr("Most frequent mistakes: {mistakes}").format(mistakes=mistakes)
        self._summary = text if worst else self.tr("No mistakes")
        self._describe()
        self.update()

    def _describe(self) -> None:
        cell = self._tip(self._row, self._column)
        self.setAccessibleDescription(f"{self._summary}. {cell}" if cell else self._summary)

    def _cells(self) -> tuple[QPointF, float]:
        """Return the corner of the first cell and a cell's side."""
        margin = 44.0
        side = (min(self.width(), self.height()) - margin - 4) / 10
        left = (self.width() - 10 * side - margin) / 2 + margin
        return QPointF(left, margin), side

    def tip(self, position: QPointF) -> str:
        """Return the tooltip at a position in the widget."""
        cell = self._cell_at(position)
        return self._tip(*cell) if cell is not None else ""

    def _cell_at(self, position: QPointF) -> tuple[int, int] | None:
        corner, side = self._cells()
        row = int((position.y() - corner.y()) // side)
        column = int((position.x() - corner.x()) // side)
        return (row, column) if 0 <= row < 10 and 0 <= column < 10 else None

    def cell(self, row: int, column: int) -> QRectF:
        """Return where a cell is painted."""
        corner, side = self._cells()
        return QRectF(corner.x() + column * side, corner.y() + row * side, side, side)

    def _tip(self, row: int, column: int) -> str:
        if self._counts is None:
            return ""
        count = int(self._counts[row, column])
        share = count / max(1, int(self._counts[row].sum()))
        text = self.tr("Label {label}, predicted {prediction}: %Ln image(s) ({share})", "", count)
        return text.format(label=row, prediction=column, share=numbers.percent(share))

    def event(self, event: QEvent) -> bool:
        """Show a cell's tooltip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the cell under the pointer."""
        cell = self._cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self._go_to(*cell)
            self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move from cell to cell by the arrow keys; Enter or the space bar chooses."""
        key = Qt.Key(event.key())
        if key in _STEPS:
            self._go_to(self._row + _STEPS[key][0], self._column + _STEPS[key][1])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose()
        else:
            super().keyPressEvent(event)

    def _go_to(self, row: int, column: int) -> None:
        self._row, self._column = min(max(0, row), 9), min(max(0, column), 9)
        self._describe()
        self.update()

    def _choose(self) -> None:
        if self._counts is not None:
            self.cell_chosen.emit(self._row, self._column)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint each cell the stronger the more images are in it."""
        corner, side = self._cells()
        palette = self.palette()
        colours = theme.colours(palette)
        text = palette.color(QPalette.ColorRole.WindowText)
        quiet = palette.color(QPalette.ColorRole.PlaceholderText)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        centre = Qt.AlignmentFlag.AlignCenter
        painter.setPen(quiet)
        painter.drawText(
            QRectF(corner.x(), corner.y() - 44, 10 * side, 20), centre, self.tr("predicted")
        )
        painter.save()
        painter.translate(corner.x() - 34, corner.y() + 5 * side)
        painter.rotate(-90)
        painter.drawText(QRectF(-5 * side, -10, 10 * side, 20), centre, self.tr("label"))
        painter.restore()
        painter.setPen(text)
        for digit in range(10):
            painter.drawText(
                QRectF(corner.x() + digit * side, corner.y() - 22, side, 20), centre, str(digit)
            )
            painter.drawText(
                QRectF(corner.x() - 24, corner.y() + digit * side, 20, side), centre, str(digit)
            )
        mistakes = 1.0
        if self._counts is not None:
            mistakes = float(max(1, (self._counts - np.diag(np.diag(self._counts))).max()))
        font = QFont(self.font())
        font.setPixelSize(max(9, min(13, int(side * 0.34))))
        painter.setFont(font)
        for row in range(10):
            for column in range(10):
                count = 0 if self._counts is None else int(self._counts[row, column])
                cell = self.cell(row, column).adjusted(1.5, 1.5, -1.5, -1.5)
                total = 1 if self._counts is None else max(1, int(self._counts[row].sum()))
                strength = count / total if row == column else (count / mistakes) ** 0.5
                colour = colours.correct if row == column else colours.mistaken
                ink = theme.on(colour) if strength > _STRONG else text
                colour = theme.faded(colour, strength) if count else theme.faded(text, 0.05)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour)
                painter.drawRoundedRect(cell, 4, 4)
                if count:
                    painter.setPen(ink)
                    painter.drawText(cell, centre, str(count))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(text, 1.5))
            painter.drawRoundedRect(self.cell(self._row, self._column), 4, 4)
        painter.end()
