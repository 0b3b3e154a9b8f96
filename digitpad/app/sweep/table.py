"""The points of a sweep as a table that sorts, and stays sorted while it fills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from digitpad.app import translations
from digitpad.app.widgets import numbers
from digitpad.app.widgets.copying import Rows, offer_copy
from digitpad.app.widgets.focus import pass_over_while_empty
from digitpad.experiments.ranges import value_text
from digitpad.experiments.results import PointResult
from digitpad.training.hyperparameters import FIELDS

_Index = QModelIndex | QPersistentModelIndex
_SORT = Qt.ItemDataRole.UserRole
_POINT = Qt.ItemDataRole.UserRole + 1


class PointsModel(QAbstractTableModel):
    """Points, a row for each in the order in which they came."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._rows: list[PointResult] = []
        self._row_of: dict[int, int] = {}

    def clear(self, names: tuple[str, ...]) -> None:
        """Show nothing, with columns for these hyperparameters."""
        self.beginResetModel()
        self._names, self._rows, self._row_of = names, [], {}
        self.endResetModel()

    def show_points(self, points: Sequence[PointResult]) -> None:
        """Show these points, of which some were there before."""
        for point in sorted(points, key=lambda each: each.point):
            row = self._row_of.get(point.point)
            if row is None:
                row = len(self._rows)
                self.beginInsertRows(QModelIndex(), row, row)
                self._rows.append(point)
                self._row_of[point.point] = row
                self.endInsertRows()
            elif self._rows[row] != point:
                self._rows[row] = point
                last = self.index(row, self.columnCount() - 1)
                self.dataChanged.emit(self.index(row, 0), last)

    def point(self, row: int) -> PointResult:
        """Return the point of a row."""
        return self._rows[row]

    def row_of(self, point: int) -> int:
        """Return the row of a point by its number; −1 if it is not there."""
        return self._row_of.get(point, -1)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of points."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self._names) + 3

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's name."""
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        fields = [translations.core(FIELDS[name].label) for name in self._names]
        return [self.tr("Accuracy"), *fields, self.tr("Epochs"), self.tr("Time")][section]

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows, or sorts by."""
        if not index.isValid():
            return None
        point, column = self._rows[index.row()], index.column()
        if role == _POINT:
            return point.point
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(point, column)
        if role == _SORT:
            return self._sort_key(point, column)
        return None

    def _text(self, of: PointResult, column: int) -> str:
        if column == 0:
            return outcome_text(self, of)
        if column <= len(self._names):
            return value_text(getattr(of.hyperparameters, self._names[column - 1]))
        if column == len(self._names) + 1:
            return numbers.whole(of.epochs)
        return numbers.duration(of.seconds)

    def _sort_key(self, of: PointResult, column: int) -> float | str:
        if column == 0:
            return -float(of.lost) if of.lost or of.mean is None else of.mean
        if column <= len(self._names):
            value = getattr(of.hyperparameters, self._names[column - 1])
            if isinstance(value, tuple):
                return float(sum(value))
            return value if isinstance(value, str) else float(value)
        return float(of.epochs) if column == len(self._names) + 1 else of.seconds


def outcome_text(translator: QAbstractTableModel | QWidget, of: PointResult) -> str:
    """Return what came of a point: its accuracy with the spread, and what was lost."""
    words = []
    if of.mean is not None:
        words.append(numbers.percent(of.mean, 2))
        if of.spread is not None:
            words[0] += f" ± {numbers.decimal(100 * of.spread, 2)}"
    if of.lost:
        text = translator.tr("{count} of {all} diverged or failed")
        words.append(text.format(count=numbers.whole(of.lost), all=numbers.whole(len(of.runs))))
    return ", ".join(words)


class PointsTable(QTableView):
    """The table.

    Signals
    -------
    chosen(int)
        The user has clicked a point, or pressed Return on it; its number.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("points")
        self.setAccessibleName(self.tr("Points"))
        self.points = PointsModel(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.points)
        self._sorted.setSortRole(_SORT)
        self._sorted.setDynamicSortFilter(True)
        self.setModel(self._sorted)
        pass_over_while_empty(self)
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        self.setMinimumHeight(90)
        self.clicked.connect(lambda index: self.chosen.emit(index.data(_POINT)))
        offer_copy(self, self._copied)

    def _copied(self) -> Rows:
        model = self._sorted
        return [
            [str(model.index(row, column).data()) for column in range(model.columnCount())]
            for row in range(model.rowCount())
        ]

    def select_point(self, point: int) -> None:
        """Select the row of a point."""
        row = self.points.row_of(point)
        if row >= 0:
            index = self._sorted.mapFromSource(self.points.index(row, 0))
            self.selectRow(index.row())
            self.scrollTo(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose the selected point by Return."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.chosen.emit(self.currentIndex().data(_POINT))
            return
        super().keyPressEvent(event)
