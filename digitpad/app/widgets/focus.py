"""Who takes the keyboard's focus, and how it is seen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QLabel,
    QRadioButton,
    QSlider,
    QTabBar,
    QToolButton,
    QWidget,
)
from shiboken6 import isValid

# Fusion's own frame is a shade of their paper, a label's blinking cursor is a pixel wide, and with
# high contrast a slider's handle is as light with the focus as without.
_FAINT = (QToolButton, QCheckBox, QRadioButton, QTabBar, QLabel, QSlider)

_NO_BUTTON = Qt.MouseButton.NoButton


def pass_over_while_empty(view: QAbstractItemView) -> None:
    """Let a list or a table take the focus only while it has rows.

    A row shows the focus; an empty view looks the same with and without it.
    """
    policy = view.focusPolicy()
    model = view.model()

    def update() -> None:
        if not isValid(view):  # whose model outlives it for a moment
            return
        view.setFocusPolicy(policy if model.rowCount() else Qt.FocusPolicy.NoFocus)

    for changed in (model.rowsInserted, model.rowsRemoved, model.modelReset):
        changed.connect(lambda *_: update())
    update()


def paint_frame(painter: QPainter, box: QRectF, palette: QPalette) -> None:
    """Paint the frame that says that the focus is in a box, whatever colour is below."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 2))
    painter.drawRect(box.adjusted(1, 1, -1, -1))
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Base), 1))
    painter.drawRect(box.adjusted(2.5, 2.5, -2.5, -2.5))


def frame_current(view: QAbstractItemView) -> None:
    """Frame the item that the keyboard is on, while a view has the focus; for its paintEvent."""
    if view.hasFocus() and view.currentIndex().isValid():
        painter = QPainter(view.viewport())
        paint_frame(painter, QRectF(view.visualRect(view.currentIndex())), view.palette())
        painter.end()


class FocusFrame(QObject):
    """Frames what gets the focus by a key, where the style would hardly show it.

    Parameters
    ----------
    window : QWidget
        Which it lives as long as.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._framed: QWidget | None = None
        self._frame = _Frame(window)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._move)

    def _move(self, _: QWidget | None, now: QWidget | None) -> None:
        """Lay the frame over another widget, as its child: so it goes where that goes."""
        if self._framed is not None and isValid(self._framed):
            self._framed.removeEventFilter(self)
            self._hide()
        self._framed = now if isinstance(now, _FAINT) else None
        if self._framed is None:
            return
        self._framed.installEventFilter(self)
        if isValid(self._frame):
            self._frame.setParent(self._framed)
        else:  # it was deleted with the last one
            self._frame = _Frame(self._framed)
        self._show()

    def _show(self) -> None:
        """Show the frame, unless the mouse gave the focus: one sees where that is."""
        if self._framed is not None and QGuiApplication.mouseButtons() == _NO_BUTTON:
            self._frame.setGeometry(self._framed.rect())
            self._frame.raise_()
            self._frame.show()

    def _hide(self) -> None:
        if isValid(self._frame):
            self._frame.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show the frame while the widget has the focus, and as large as it."""
        match event.type():
            case QEvent.Type.FocusIn:
                self._show()
            case QEvent.Type.FocusOut:
                self._hide()
            case QEvent.Type.Resize if self._framed is not None and isValid(self._frame):
                self._frame.setGeometry(self._framed.rect())
        return False


class _Frame(QWidget):
    """A frame that lets all through to what it lies over."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame: of a tab bar, around the tab that is chosen."""
        box, framed = self.rect(), self.parentWidget()
        if isinstance(framed, QTabBar):
            box = framed.tabRect(framed.currentIndex())
        painter = QPainter(self)
        paint_frame(painter, QRectF(box), self.palette())
        painter.end()
