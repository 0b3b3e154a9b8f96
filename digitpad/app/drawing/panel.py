"""The middle of the window: canvas, its tools, and the answer beside or below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from digitpad.app.drawing.answer import Answer
from digitpad.app.drawing.canvas import Canvas
from digitpad.app.drawing.drawings_strip import DrawingsStrip
from digitpad.app.widgets.sizes import UNLIMITED

_BESIDE = 1.0  # how much wider than high the middle must be for the answer to stand beside
_TEXTS = 390  # pixels of the middle, below which the tools have no room for their names
# Pixels of the middle's height, below which earlier drawings would leave the canvas no room, where
# the answer stands beside the canvas and below it.
_STRIP = {False: 470, True: 540}
_LOW = 350  # pixels of the middle's height, below which everything stands closer
_HIGHEST = 1.3  # how much higher than wide a canvas is at most: a digit has no use for more
_PREVIEW = 280  # pixels of the middle's width, below which what the network sees has no room


class Centre(QWidget):
    """Gives the canvas as square a place as the window has."""

    def __init__(
        self,
        canvas: Canvas,
        answer: Answer,
        drawings: DrawingsStrip,
        left: Sequence[QAction],
        right: Sequence[QAction],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.answer = answer
        self._tools = [_tool(action) for action in (*left, *right)]
        tools = QHBoxLayout()
        tools.setSpacing(4)
        for number, tool in enumerate(self._tools):
            if number == len(left):
                tools.addStretch(1)
            tools.addWidget(tool)
        drawing = self._drawing = QVBoxLayout()
        drawing.setSpacing(8)
        drawing.addWidget(canvas, 1)
        drawing.addLayout(tools)
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._layout.setSpacing(16)
        self._layout.addLayout(drawing, 1)
        self._layout.addWidget(answer)
        self._drawings = drawings
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 10)
        column.setSpacing(10)
        column.addLayout(self._layout, 1)
        column.addWidget(drawings)
        column.addStretch()

    def minimumSizeHint(self) -> QSize:
        """Return what either arrangement can live with; the layout's own hint would jump."""
        return QSize(190, 278)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the answer where it leaves the canvas more room."""
        super().resizeEvent(event)
        below = self.width() < _BESIDE * self.height()
        self._drawings.setVisible(self.height() >= _STRIP[below])
        low = self.height() < _LOW
        self.answer.set_in_row(below, low=low)
        edge = 5 if low else 16
        self._column.setContentsMargins(edge, edge, edge, edge if low else 10)
        self._layout.setSpacing(edge)
        self._drawing.setSpacing(3 if low else 8)
        wide = self.width() - 2 * edge
        self.canvas.setMaximumHeight(round(_HIGHEST * wide) if below else UNLIMITED)
        self.answer.set_preview_visible(self.width() >= _PREVIEW)
        self._layout.setDirection(
            QBoxLayout.Direction.TopToBottom if below else QBoxLayout.Direction.LeftToRight
        )
        room = self.width() - (0 if below else self.answer.width())
        for tool in self._tools:
            tool.setToolButtonStyle(
                Qt.ToolButtonStyle.ToolButtonIconOnly
                if room < _TEXTS
                else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
            )


def _tool(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(18, 18))
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(action.iconText())
    return button
