"""The symbols of an equation as buttons: a click marks one and shows its numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from digitpad.app.understand.arithmetic_table import number
from digitpad.app.widgets import numbers
from digitpad.app.widgets.copying import SelectableLabel
from digitpad.app.widgets.equation import plain
from digitpad.nn.functions import Array

_FEW = 10  # numbers, which are all listed
_SHOWN = 4  # of many


class SymbolBar(QWidget):
    """A button for each symbol; one at a time can be marked.

    Signals
    -------
    marked(str)
        The LaTeX of the symbol that is to be marked in the equation; empty: none.
    """

    marked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: dict[str, Array] = {}
        self._marked = ""
        self._sample = 0
        self._buttons: dict[str, QToolButton] = {}
        self._row = QHBoxLayout()
        self._row.setSpacing(4)
        self.numbers = SelectableLabel()
        self.numbers.setObjectName("symbolNumbers")
        self.numbers.setWordWrap(True)
        self.numbers.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._row)
        layout.addWidget(self.numbers)
        self._row.addStretch(1)

    def show_symbols(self, symbols: Mapping[str, Array], sample: int) -> None:
        """Show the symbols of other equations, or other numbers for the same ones.

        Parameters
        ----------
        symbols : mapping of LaTeX to arrays
            Those with a W are (n_l, n_{l-1}); biases are (n_l,), all others (m, n_l).
        sample : int
            Whose numbers are listed, where each has its own.
        """
        self._sample = sample
        same = list(symbols) == list(self._shown)
        self._shown = dict(symbols)
        if not same:
            self._marked = ""
            self._build()
        self._mark(self._marked)

    def _build(self) -> None:
        for button in self._buttons.values():
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = {}
        for place, symbol in enumerate(self._shown):
            button = QToolButton(self)
            button.setText(plain(symbol))
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.setToolTip(self.tr("Mark this symbol and show its numbers"))
            button.clicked.connect(lambda on, symbol=symbol: self._mark(symbol if on else ""))
            self._row.insertWidget(place, button)
            self._buttons[symbol] = button

    def _mark(self, marked: str) -> None:
        self._marked = marked
        for symbol, button in self._buttons.items():
            button.setChecked(symbol == marked)
        self.numbers.setVisible(bool(marked))
        self.numbers.setText(self._numbers(marked) if marked else "")
        self.marked.emit(marked)

    def _numbers(self, symbol: str) -> str:
        """Return what a symbol stands for: its numbers; of many the shape and the largest."""
        rows = np.atleast_2d(self._shown[symbol])
        if "W" in symbol:
            listed = rows.ravel()
            shape = " × ".join(map(numbers.whole, rows.shape))
        else:
            listed = rows[min(self._sample, len(rows) - 1)]
            shape = numbers.whole(len(listed))
        if len(listed) <= _FEW:
            return f"{plain(symbol)} = ({', '.join(number(float(value)) for value in listed)})"
        size = np.abs(listed)
        count = min(_SHOWN, len(listed))
        largest = np.argpartition(-size, count - 1)[:count]
        largest = largest[np.argsort(-size[largest], kind="stable")]
        text = ", ".join(number(float(value)) for value in listed[largest])
        return self.tr("{symbol}: {shape} numbers; the largest {listed}").format(
            symbol=plain(symbol), shape=shape, listed=text
        )
