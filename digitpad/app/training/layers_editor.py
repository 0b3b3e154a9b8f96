"""The hidden layers: a field for each one's neurons, between the 784 inputs and the 10 outputs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from digitpad.app import translations
from digitpad.app.training.fields import NumberField, explain
from digitpad.app.widgets import icons
from digitpad.training.hyperparameters import FIELDS, MAX_HIDDEN_LAYERS

_NEW_LAYER = 16  # neurons of the first layer to be added


class LayersEditor(QWidget):
    """A row of numbers, each with a button to remove it, and one to add another.

    Attributes
    ----------
    shape : QLabel
        All layers' neurons, to be placed beside the editor's title.

    Signals
    -------
    edited()
        There are other layers, or another text in one.
    committed()
        The user is done with it.
    """

    edited = Signal()
    committed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hidden_layers")
        self.setAccessibleName(translations.core(FIELDS["hidden_layers"].label))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._cells: list[_Cell] = []
        self._columns = 0
        self._tip = ""
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(4)
        self._grid.setVerticalSpacing(4)
        self._add = QToolButton()
        self._add.setObjectName("add_layer")
        self._add.setAccessibleName(self.tr("Add a hidden layer"))
        self._add.setToolTip(self.tr("Add a hidden layer before the outputs"))
        self._add.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._add.clicked.connect(self._add_layer)
        self._add.setIcon(icons.icon("add", self.palette()))
        self._add.setAutoRaise(True)
        self.shape = _Shape()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._grid)

    # -- values --------------------------------------------------------------------------------

    def value(self) -> tuple[int, ...]:
        """Return each hidden layer's neurons.

        Raises
        ------
        DigitpadError
            If one of them is not valid.
        """
        return tuple(cell.field.value() for cell in self._cells)

    def set_value(self, layers: Sequence[int]) -> None:
        """Show other hidden layers."""
        while len(self._cells) > len(layers):
            self._drop(self._cells[-1])
        while len(self._cells) < len(layers):
            self._cells.append(self._cell())
        for cell, neurons in zip(self._cells, layers, strict=True):
            cell.field.set_value(neurons)
        self._changed()

    @property
    def problem(self) -> str:
        """What is wrong with the first layer that is not valid; empty if all are."""
        return next((cell.field.problem for cell in self._cells if cell.field.problem), "")

    def _cell(self) -> _Cell:
        cell = _Cell()
        explain(cell.field, self._tip, cell.field.problem)
        cell.field.edited.connect(self._describe)
        cell.field.edited.connect(self.edited)
        cell.field.committed.connect(self.committed)
        cell.remove.clicked.connect(lambda: self._remove_layer(cell))
        return cell

    def _add_layer(self) -> None:
        last = self._cells[-1].field if self._cells else None
        neurons = last.value() if last is not None and not last.problem else _NEW_LAYER
        self._cells.append(self._cell())
        self._cells[-1].field.set_value(neurons)
        self._changed()
        self._cells[-1].field.setFocus()
        self._cells[-1].field.selectAll()
        self.committed.emit()

    def _remove_layer(self, cell: _Cell) -> None:
        index = self._cells.index(cell)
        self._drop(cell)
        self._changed()
        beside = self._cells[min(index, len(self._cells) - 1)].field if self._cells else self._add
        beside.setFocus()
        self.committed.emit()

    def _drop(self, cell: _Cell) -> None:
        self._cells.remove(cell)
        self._grid.removeWidget(cell)
        cell.setParent(None)
        cell.deleteLater()

    def _changed(self) -> None:
        for number, cell in enumerate(self._cells, start=1):
            cell.number(number)
        self._add.setEnabled(len(self._cells) < MAX_HIDDEN_LAYERS)
        self._arrange(again=True)
        self._describe()
        self.edited.emit()

    def _describe(self) -> None:
        sizes = ["784", *(cell.field.text().strip() or "?" for cell in self._cells), "10"]
        many = self.tr("%Ln hidden layer(s)", "", len(self._cells))
        self.shape.show_texts(" → ".join(sizes), many)

    def setToolTip(self, tip: str) -> None:
        """Explain the field wherever the pointer rests."""
        super().setToolTip(tip)
        self._tip = tip
        for cell in self._cells:
            explain(cell.field, tip, cell.field.problem)

    # -- geometry ------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put as many layers into a row as there is room for."""
        super().resizeEvent(event)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """Return the room that one layer needs."""
        one = _Cell.width_wanted(self)
        return QSize(one, super().minimumSizeHint().height())

    def _arrange(self, *, again: bool = False) -> None:
        columns = max(1, (self.width() + 4) // (_Cell.width_wanted(self) + 4))
        if columns == self._columns and not again:
            return
        for column in range(max(columns, self._columns)):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._columns = columns
        for index, cell in enumerate(self._cells):
            self._grid.addWidget(cell, index // columns, index % columns)
        index = len(self._cells)
        left = Qt.AlignmentFlag.AlignLeft
        self._grid.addWidget(self._add, index // columns, index % columns, left)
        self.updateGeometry()

    def changeEvent(self, event: QEvent) -> None:
        """Draw the icons in another palette's colour."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_add"):
            self._add.setIcon(icons.icon("add", self.palette()))
            for cell in self._cells:
                cell.set_icon()


class _Shape(QLabel):
    """The neurons of all layers, or how many layers there are where these have no room."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("shape")
        self.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._long = self._short = ""

    def show_texts(self, long: str, short: str) -> None:
        """Show the long text, or the short one where that has no room."""
        self._long, self._short = long, short
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose the text anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        fits = self.fontMetrics().horizontalAdvance(self._long) <= self.width()
        self.setText(self._long if fits else self._short)
        self.setToolTip("" if fits else self._long)


class _Cell(QWidget):
    """One hidden layer."""

    def __init__(self) -> None:
        super().__init__()
        self.field = NumberField("hidden_layers", FIELDS["hidden_layers"])
        self.remove = QToolButton()
        self.remove.setAutoRaise(True)
        self.set_icon()
        self.remove.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.field, 1)
        layout.addWidget(self.remove)

    @staticmethod
    def width_wanted(widget: QWidget) -> int:
        """Return the width of a cell in a widget's font."""
        return widget.fontMetrics().horizontalAdvance("0") * 5 + 40

    def set_icon(self) -> None:
        """Draw the button's icon in the palette's colour."""
        self.remove.setIcon(icons.icon("remove", self.palette()))

    def number(self, number: int) -> None:
        """Name everything after the hidden layer's number."""
        self.field.setObjectName(f"hidden_layers_{number}")
        text = self.tr("Neurons in hidden layer {number}").format(number=number)
        self.field.setAccessibleName(text)
        self.remove.setObjectName(f"remove_layer_{number}")
        text = self.tr("Remove hidden layer {number}").format(number=number)
        self.remove.setAccessibleName(text)
        self.remove.setToolTip(text)
