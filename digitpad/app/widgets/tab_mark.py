"""A mark for the chosen tab, which Fusion tells from the others by a shade of their paper."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QTabBar, QWidget

from digitpad.app.widgets import theme

_WIDTH = 2  # pixels


class TabMark(QWidget):
    """With high contrast, a line around the chosen tab; it lies over the bar and lets all through.

    Parameters
    ----------
    bar : QTabBar
        Which keeps it. A bar that Qt made may lose its Python object, and this one's attributes
        with it, before Qt deletes them; so it has none.
    """

    def __init__(self, bar: QTabBar) -> None:
        super().__init__(bar)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        bar.currentChanged.connect(self.update)
        bar.installEventFilter(self)
        self.setGeometry(bar.rect())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Be as large as the bar."""
        if isinstance(watched, QTabBar) and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self.setGeometry(watched.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line."""
        palette = self.window().palette()
        bar = self.parentWidget()
        assert isinstance(bar, QTabBar)
        tab = bar.tabRect(bar.currentIndex())
        if not theme.is_high_contrast(palette) or not tab.isValid():
            return
        painter = QPainter(self)
        colour = palette.color(QPalette.ColorRole.Highlight)
        for edge in (
            QRect(tab.left(), tab.top(), tab.width(), _WIDTH),
            QRect(tab.left(), tab.bottom() + 1 - _WIDTH, tab.width(), _WIDTH),
            QRect(tab.left(), tab.top(), _WIDTH, tab.height()),
            QRect(tab.right() + 1 - _WIDTH, tab.top(), _WIDTH, tab.height()),
        ):
            painter.fillRect(edge, colour)
        painter.end()
