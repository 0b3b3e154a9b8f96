"""The arithmetic of one number as a table: a row for each product, the largest first."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from digitpad.app.widgets import numbers, theme
from digitpad.inspection.backprop_steps import Arithmetic

_DIGITS = 4  # significant ones
_Index = QModelIndex | QPersistentModelIndex


class ArithmeticModel(QAbstractTableModel):
    """The terms of an `Arithmetic`; columns: index, factors, product."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._arithmetic: Arithmetic | None = None
        self._order: list[int] = []
        self._names: list[str] = []
        self._colours: tuple[QColor, QColor] = (QColor(), QColor())

    def show(self, arithmetic: Arithmetic | None, index_name: str, colours: theme.Colours) -> None:
        """Show another number's arithmetic.

        Parameters
        ----------
        arithmetic : Arithmetic or None
        index_name : str
            What the terms are numbered by.
        colours : Colours
        """
        self.beginResetModel()
        self._arithmetic = arithmetic
        self._colours = (colours.positive, colours.negative)
        self._order, self._names = [], []
        if arithmetic is not None:
            terms = arithmetic.terms
            self._order = sorted(range(len(terms)), key=lambda i: -abs(terms[i].value))
            widest = max(terms, key=lambda term: len(term.factors))
            symbols = [factor.symbol for factor in widest.factors]
            product = [" · ".join(symbols)] if len(symbols) > 1 else []
            self._names = [index_name, *symbols, *product]
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of terms."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self._names)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's symbol."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._names[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what stands in a cell."""
        if self._arithmetic is None:
            return None
        term = self._arithmetic.terms[self._order[index.row()]]
        column, factors = index.column(), term.factors
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        product = column == len(self._names) - 1
        if role == Qt.ItemDataRole.ForegroundRole and product:
            return self._colours[0 if term.value >= 0 else 1]
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if column == 0:
            return str(term.index) if term.index >= 0 else factors[0].symbol[:1]
        if product:
            return signed(term.value)
        # A term of fewer factors (a bias) has only its product.
        return number(factors[column - 1].value) if len(factors) > 1 else ""


class ArithmeticTable(QTableView):
    """A read-only table of numbers that can be copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.terms = ArithmeticModel(self)
        self.setModel(self.terms)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setHighlightSections(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the selected rows, or all, as text with tabs."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.as_text())
        else:
            super().keyPressEvent(event)

    def as_text(self) -> str:
        """Return the selected rows (all if none is) with their heading, tabs between cells."""
        model = self.terms
        chosen = sorted({index.row() for index in self.selectedIndexes()})
        columns = range(model.columnCount())
        lines = [[str(model.headerData(column, Qt.Orientation.Horizontal)) for column in columns]]
        for row in chosen or range(model.rowCount()):
            lines.append([str(model.data(model.index(row, column))) for column in columns])
        return "\n".join("\t".join(line) for line in lines)


def number(value: float) -> str:
    """Return a number with four significant digits and a true minus sign."""
    return numbers.general(value, _DIGITS).replace("-", "−")


def signed(value: float) -> str:
    """Return a number with its sign."""
    return ("+" if value > 0 else "") + number(value)
