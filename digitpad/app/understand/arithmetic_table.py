"""The arithmetic of one number as a table: a row for each product, the largest first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QTableView, QWidget

from digitpad.app.widgets import focus, numbers, theme
from digitpad.app.widgets.copying import Rows, offer_copy
from digitpad.inspection.backprop_steps import Arithmetic, Term

_DIGITS = 4  # significant ones
_MANY = 9  # decimals
_FEW = 5  # terms that one adds up by hand
_ROWS = 6  # with the heading, that are seen at least
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_Index = QModelIndex | QPersistentModelIndex


class ArithmeticModel(QAbstractTableModel):
    """The terms of an `Arithmetic`; columns: index, factors, product."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._arithmetic: Arithmetic | None = None
        self._order: list[int] = []
        self._names: list[str] = []
        self._first = 0  # number of the first term
        self._mixed = False  # whether the terms are of several kinds
        self._places: int | None = None  # decimals, if the terms are shown to add up
        self._colours: tuple[QColor, QColor] = (QColor(), QColor())

    def show(
        self,
        arithmetic: Arithmetic | None,
        index_name: str,
        colours: theme.Colours,
        *,
        first: int = 0,
    ) -> None:
        """Show another number's arithmetic.

        Parameters
        ----------
        arithmetic : Arithmetic or None
        index_name : str
            What the terms are numbered by.
        colours : Colours
        first : int
            The number of the first.
        """
        self._first = first
        self.beginResetModel()
        self._arithmetic = arithmetic
        self._colours = (colours.positive, colours.negative)
        self._order, self._names = [], []
        self._places = None if arithmetic is None else places_of(arithmetic)
        if arithmetic is not None:
            terms = arithmetic.terms
            self._order = list(range(len(terms)))
            if self._places is None:
                self._order.sort(key=lambda i: -abs(terms[i].value))
            self._names = self._headings(index_name, terms)
        self.endResetModel()

    def _headings(self, index_name: str, terms: Sequence[Term]) -> list[str]:
        """Return the columns' names; where the terms are of several kinds, each row has its own."""
        kinds = {_symbols(term) for term in terms if term.index >= 0}
        self._mixed = len(kinds) != 1
        if not self._mixed:
            (symbols,) = kinds
            product = [" · ".join(symbols)] if len(symbols) > 1 else []
            return [index_name, *_detail_symbols(terms), *symbols, *product]
        factors = max(len(term.factors) for term in terms)
        columns = [self.tr("factor")] * factors if factors > 1 else []
        return [self.tr("term"), *columns, self.tr("product")]

    def rows(self, chosen: Iterable[int]) -> Rows:
        """Return a heading and some of the rows, with all digits of their numbers."""
        yield self._names
        for row in chosen:
            yield [self._cell(row, column) for column in range(len(self._names))]

    def _cell(self, row: int, column: int) -> str | float:
        """Return a name, a number, or nothing where a term has fewer factors than others."""
        assert self._arithmetic is not None
        term = self._arithmetic.terms[self._order[row]]
        if column == len(self._names) - 1:
            return term.value
        if column > 0:
            # A term of one factor (a bias) has only its product.
            factors = term.factors if len(term.factors) > 1 else ()
            columns = factors if self._mixed else (*term.details, *factors)
            return columns[column - 1].value if column <= len(columns) else ""
        if term.index >= 0 and not self._mixed:
            return str(self._first + term.index)
        name = " · ".join(map(in_product, _symbols(term)))
        several = len(self._arithmetic.terms) > 2 and term.index >= 0
        return f"{name} [{term.index}]" if several else name

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
        cell = self._cell(index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        product = index.column() == len(self._names) - 1
        if role == Qt.ItemDataRole.ForegroundRole and product:
            return self._colours[0 if float(cell) >= 0 else 1]
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if isinstance(cell, str):
            return cell
        term = self._arithmetic.terms[self._order[index.row()]]
        if not self._mixed and 0 < index.column() <= len(term.details):
            # So that both a and 1 − a can be told from 0.
            return in_sum(cell, numbers.sum_places([1.0, -abs(cell)]))
        if self._places is None:
            return signed(cell) if product else number(cell)
        if product:
            return in_sum(cell, self._places, sign=True)
        return as_factor(cell, term.value, self._places)


def _detail_symbols(terms: Sequence[Term]) -> tuple[str, ...]:
    return next((tuple(d.symbol for d in term.details) for term in terms if term.details), ())


def in_product(symbol: str) -> str:
    """Return a symbol with the parentheses that it needs in a product."""
    return f"({symbol})" if " − " in symbol and not symbol.endswith(")") else symbol


def _symbols(term: Term) -> tuple[str, ...]:
    return tuple(factor.symbol for factor in term.factors)


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
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.setMinimumHeight(_ROWS * self.verticalHeader().defaultSectionSize())
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setResizeContentsPrecision(0)  # of the rows that can be seen
        self.terms.modelReset.connect(self._fit_names)
        focus.pass_over_while_empty(self)
        offer_copy(self, self._rows)

    def _fit_names(self) -> None:
        if self.terms.columnCount():
            header = self.horizontalHeader()
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Frame the cell that the keyboard is on: the style hardly does in the dark."""
        super().paintEvent(event)
        focus.frame_current(self)

    def _rows(self) -> Rows:
        """Return the selected rows (all if none is) with their heading."""
        chosen = sorted({index.row() for index in self.selectedIndexes()})
        return self.terms.rows(chosen or range(self.terms.rowCount()))


def number(value: float, digits: int = _DIGITS) -> str:
    """Return a number with so many significant digits, a true minus sign and 10⁻⁵ for e-05."""
    mantissa, e, exponent = numbers.general(value + 0.0, digits).replace("-", "−").partition("e")
    if not e:
        return mantissa
    return f"{mantissa}·10{str(int(exponent.replace('−', '-'))).translate(_RAISED)}"


def signed(value: float) -> str:
    """Return a number with its sign."""
    return ("+" if value > 0 else "") + number(value)


def in_sum(value: float, places: int, *, sign: bool = False) -> str:
    """Return a number of a sum with the decimals that `numbers.sum_places` found for all of it.

    A term that is 0 with so many decimals is written with its own digits; a tiny one that needs
    many decimals with a power of ten.

    Parameters
    ----------
    value : float
    places : int
    sign : bool
        Whether a positive number has a plus sign.
    """
    if not math.isfinite(value) or (value and abs(value) < 0.5 * 10.0**-places):
        text = number(value)
    elif places > _MANY and 0 < abs(value) < 1e-4:
        text = number(value, numbers.significant(value, places))
    else:
        text = numbers.decimal(value + 0.0, places).replace("-", "−")
    return f"+{text}" if sign and value > 0 else text


def as_factor(value: float, product: float, places: int) -> str:
    """Return a factor with a digit more than its product has with so many decimals."""
    return number(value, max(_DIGITS, numbers.significant(product, places) + 1))


def places_of(arithmetic: Arithmetic) -> int | None:
    """Return the decimals with which a sum of few terms adds up on the screen; None: of many."""
    few = 1 < len(arithmetic.terms) <= _FEW
    return numbers.sum_places([term.value for term in arithmetic.terms]) if few else None
