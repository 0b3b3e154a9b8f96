"""The parts of a view below each other, or on a low and wide screen beside each other."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

_LINES = 25  # of text, below which a view is low
WIDE = 28  # heights of a line, from which on most views have room for two columns
VERY_WIDE = 46  # views whose controls are wide


class Arrangement(QGridLayout):
    """Controls, what they show, and the words about it.

    Parameters
    ----------
    view : QWidget
        Whose layout this is.
    wide : int
        How wide it has room for two columns, in heights of a line.
    """

    def __init__(self, view: QWidget, wide: int = WIDE) -> None:
        super().__init__(view)
        self._wide = wide
        self._parts = tuple(QWidget() for _ in range(3))
        self.above, self.shown, self.below = (QVBoxLayout(part) for part in self._parts)
        for column in (self.above, self.shown, self.below):
            column.setContentsMargins(0, 0, 0, 0)
        self._beside = True
        self._arrange(False)
        self._set_close(False)

    def is_beside(self) -> bool:
        """Return whether what is shown stands beside its controls."""
        return self._beside

    def fit(self, room: QWidget) -> None:
        """Stand closer together in a low room, and beside each other if it is wide too."""
        line = room.fontMetrics().height()
        low = room.height() < _LINES * line
        self._arrange(low and room.width() >= self._wide * line)
        self._set_close(low)

    def _arrange(self, beside: bool) -> None:
        if beside == self._beside:
            return
        self._beside = beside
        above, shown, below = self._parts
        for part in self._parts:
            self.removeWidget(part)
        self.addWidget(above, 0, 0)
        if beside:
            self.addWidget(below, 1, 0)
            self.addWidget(shown, 0, 1, 3, 1)
        else:
            self.addWidget(shown, 1, 0)
            self.addWidget(below, 2, 0)
        # What is shown takes the room that is left, below as in the column beside it.
        self.setRowStretch(1, 0 if beside else 1)
        self.setRowStretch(2, 1 if beside else 0)
        self.setColumnStretch(0, 1)
        self.setColumnStretch(1, 1 if beside else 0)

    def _set_close(self, close: bool) -> None:
        self.setContentsMargins(*((8, 2, 8, 4) if close else (12, 10, 12, 12)))
        for layout in (self, self.above, self.shown, self.below):
            layout.setSpacing(3 if close else 7)
