"""A full-screen mode for the projector, with large type."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction, QFont, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow

_LARGER = 1.35  # times the usual size of the type


class FullScreen(QObject):
    """Switches a window between its usual size and the whole screen.

    Attributes
    ----------
    action : QAction
        Checked while the window is on the full screen, however it came there.
    """

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._font: QFont | None = None  # the usual one, while it is not in use
        self.action = QAction(self.tr("&Full screen"), self)
        self.action.setObjectName("fullScreen")
        self.action.setCheckable(True)
        keys = [QKeySequence("F11")]
        keys += QKeySequence.keyBindings(QKeySequence.StandardKey.FullScreen)
        unique = dict.fromkeys(key.toString() for key in keys)
        self.action.setShortcuts([QKeySequence(key) for key in unique])
        self.action.setStatusTip(self.tr("Fill the screen, with large type for a projector"))
        self.action.triggered.connect(self._switch)
        window.installEventFilter(self)

    def _switch(self, on: bool) -> None:
        if on:
            self._window.showFullScreen()
        else:
            self._window.showNormal()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Change the type with the window's state."""
        if watched is self._window and event.type() == QEvent.Type.WindowStateChange:
            self._set_large(self._window.isFullScreen())
        return False

    def _set_large(self, large: bool) -> None:
        self.action.setChecked(large)
        if large == (self._font is not None):
            return
        if large:
            self._font = QApplication.font()
            font = QFont(self._font)
            font.setPointSizeF(font.pointSizeF() * _LARGER)
            QApplication.setFont(font)
        elif self._font is not None:
            QApplication.setFont(self._font)
            self._font = None

    def leave(self) -> None:
        """Bring the usual type back: the window closes."""
        self._set_large(False)
