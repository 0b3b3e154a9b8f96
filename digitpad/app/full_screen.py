"""A full-screen mode for the projector; large type there, and on very large screens."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction, QFont, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

_LARGER = 1.35  # times the usual size of the type, on the full screen
# From this width and height in logical pixels on, the canvas, the network and the bars are twice as
# large as usual, and the type would be lost beside them.
_VAST = (2800, 1500)
_VAST_LARGER = 1.5
_SIZED = 0x0002  # of QFont's resolve mask: QFont::SizeResolved, which has no name in Python


class FullScreen(QObject):
    """Switches a window between its usual size and the whole screen, and chooses the type for it.

    Attributes
    ----------
    action : QAction
        Checked while the window is on the full screen, however it came there.
    """

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._usual: QFont | None = None  # while it is not in use
        self._larger = 1.0
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
        """Change the type with the window's state and size."""
        if watched is self._window and event.type() in (
            QEvent.Type.WindowStateChange,
            QEvent.Type.Resize,
        ):
            self.action.setChecked(self._window.isFullScreen())
            vast = self._window.width() >= _VAST[0] and self._window.height() >= _VAST[1]
            larger = _LARGER if self._window.isFullScreen() else 1.0
            self._enlarge(larger * (_VAST_LARGER if vast else 1.0))
        return False

    def _enlarge(self, larger: float) -> None:
        """Give everything type that is so much larger than usual."""
        if larger == self._larger:
            return
        if self._usual is None:
            self._usual = QApplication.font()
        ratio, self._larger = larger / self._larger, larger
        own = {
            widget: widget.font().pointSizeF()
            for widget in self._window.findChildren(QWidget)
            if widget.font().resolveMask() & _SIZED and widget.font().pointSizeF() > 0
        }
        font = QFont(self._usual)
        font.setPointSizeF(font.pointSizeF() * larger)
        QApplication.setFont(font)
        # What has a size of its own keeps it, and what has a style sheet does not ask again.
        for widget, size in own.items():
            if widget.font().pointSizeF() == size:
                font = widget.font()
                font.setPointSizeF(size * ratio)
                widget.setFont(font)
        for widget in self._window.findChildren(QWidget):
            if widget.styleSheet():
                widget.setStyleSheet(widget.styleSheet())
        if larger == 1:
            self._usual = None

    def leave(self) -> None:
        """Bring the usual type back: the window closes."""
        self._enlarge(1.0)
