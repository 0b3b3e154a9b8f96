"""Ten buttons of which one is chosen."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QWidget

STYLE = """
QToolButton { border: 1px solid palette(mid); border-radius: 4px; padding: 2px; }
QToolButton:hover, QToolButton:focus { border-color: palette(highlight); }
QToolButton:checked { background: palette(highlight); color: palette(highlighted-text); }
"""
"""Marks the chosen button: some styles hardly do, in the dark above all."""


class DigitButtons(QWidget):
    """Chooses a digit, 0 to 9.

    Signals
    -------
    chosen(int)
        The user chose another digit.
    """

    chosen = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setStyleSheet(STYLE)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self._group = QButtonGroup(self)
        for digit in range(10):
            button = QToolButton()
            button.setText(str(digit))
            button.setAccessibleName(f"{name}: {digit}")
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._group.addButton(button, digit)
            layout.addWidget(button)
        self._group.button(0).setChecked(True)
        self._group.idClicked.connect(self.chosen)

    @property
    def digit(self) -> int:
        """The digit that is chosen."""
        return self._group.checkedId()

    def choose(self, digit: int) -> None:
        """Choose a digit without a signal."""
        self._group.button(digit).setChecked(True)
