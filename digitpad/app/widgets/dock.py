"""Docks whose titles follow the window's type, and whose buttons are seen on any paper."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractButton,
    QDockWidget,
    QStyle,
    QStyleOptionDockWidget,
    QStylePainter,
    QWidget,
)

_SIDE = 16  # pixels of an icon
_RATIOS = (1, 2, 3)
_CHANGES = (
    QEvent.Type.PaletteChange,
    QEvent.Type.StyleChange,
    QEvent.Type.WindowTitleChange,
    QEvent.Type.ParentChange,
)


class Dock(QDockWidget):
    """A dock.

    Qt writes every title in the type that the application began with, and draws the buttons' icons
    in a grey that is lost in the dark and with high contrast.
    """

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(title, parent)
        self._set_icons()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the title in the dock's own type."""
        if self.isFloating():
            super().paintEvent(event)
            return
        content = self.widget()
        if content is not None and event.rect().top() >= content.y():
            return  # what a view in the dock has below itself
        painter = QStylePainter(self)
        option = QStyleOptionDockWidget()
        self.initStyleOption(option)
        painter.setFont(self.font())
        painter.drawControl(QStyle.ControlElement.CE_DockWidgetTitle, option)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Draw the buttons in other colours, and give a larger title its room."""
        super().changeEvent(event)
        if event.type() in _CHANGES:
            self._set_icons()
        layout = self.layout()
        if event.type() == QEvent.Type.FontChange and layout is not None:
            layout.invalidate()

    def _set_icons(self) -> None:
        """Set the icons again: Qt has set its own with the style or the title."""
        for name, closes in (
            ("qt_dockwidget_closebutton", True),
            ("qt_dockwidget_floatbutton", False),
        ):
            button = self.findChild(
                QAbstractButton, name, Qt.FindChildOption.FindDirectChildrenOnly
            )
            if button is not None:
                button.setIcon(_icon(closes, self.palette().color(QPalette.ColorRole.WindowText)))


def _icon(closes: bool, colour: QColor) -> QIcon:
    """Return a cross, or two windows one over the other."""
    made = QIcon()
    for ratio in _RATIOS:
        pixmap = QPixmap(_SIDE * ratio, _SIDE * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1.8))
        if closes:
            painter.drawLine(QPointF(3, 3), QPointF(13, 13))
            painter.drawLine(QPointF(13, 3), QPointF(3, 13))
        else:
            painter.drawRect(QRectF(2, 5.5, 8.5, 8.5))
            painter.drawPolyline([QPointF(6, 2), QPointF(14, 2), QPointF(14, 10)])
        painter.end()
        made.addPixmap(pixmap)
    return made
