"""A line that says what was done, with a button beside it, for some seconds."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from digitpad.app.widgets.speech import announce

_SHOWN_FOR = 10_000  # milliseconds


class Notice(QWidget):
    """Hides itself after ten seconds, but not under the pointer or with the focus on its button.

    Parameters
    ----------
    text : str
        Of the button.
    """

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.label = QLabel()
        self.button = QPushButton(text)
        self.button.setObjectName("noticeButton")
        self.button.setFlat(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 0, 0, 0)
        layout.addWidget(self.label)
        layout.addWidget(self.button)
        self._timer = QTimer(self)
        self._timer.setInterval(_SHOWN_FOR)
        self._timer.timeout.connect(self._leave)

    def show_text(self, text: str) -> None:
        """Say something, and have screen readers speak it."""
        self.label.setText(text)
        self.show()
        self._timer.start()
        announce(self, text)

    def _leave(self) -> None:
        if not self.underMouse() and not self.button.hasFocus():
            self._timer.stop()
            self.hide()
