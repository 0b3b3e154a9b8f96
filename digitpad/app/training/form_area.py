"""The part of the training panel that scrolls, and the hint at its lower edge."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from digitpad.app.training.hint import Hint

_MARGIN = 14
_TOP, _BOTTOM = 8, 4
_LEAST = 60  # pixels of the form that stay in view above a hint, where possible
_LONGEST = 5  # lines of a hint in the narrowest panel


class FormArea(QScrollArea):
    """Scrolls a page whose width does not depend on whether there is a scroll bar.

    A hint lies over the lower end, and the page can be scrolled out of its way. So neither the
    fields above it nor the buttons below it move when it comes or goes.

    Parameters
    ----------
    page : QWidget
    column : QVBoxLayout
        The page's layout.
    hint : Hint

    Attributes
    ----------
    left, right : int
        The margins beside the page's content, in pixels.
    """

    def __init__(self, page: QWidget, column: QVBoxLayout, hint: Hint) -> None:
        super().__init__()
        self.setObjectName("trainingArea")
        self._column = column
        self._hint = hint
        self.left = _MARGIN
        self.right = max(_MARGIN, self.verticalScrollBar().sizeHint().width())
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Nothing scrolls sideways, so nothing may be cut off there.
        column.setContentsMargins(self.left, _TOP, self.right, _BOTTOM)
        least = hint.height_of(_LONGEST) + 2 * _BOTTOM
        self.setMinimumSize(page.minimumSizeHint().width(), least)
        hint.setParent(self)
        hint.changed.connect(self._make_room)

    def _keep_width(self) -> None:
        """Take the scroll bar's width from the margin beside it."""
        right = max(0, self.right - (self.width() - self.viewport().width()))
        self._column.setContentsMargins(self.left, _TOP, right, _BOTTOM)

    def _make_room(self) -> None:
        """Put the hint at the lower edge; where it is too tall, as high as it must."""
        if self._hint.finding is None:
            self.setViewportMargins(0, 0, 0, 0)
            return
        width = self.width() - 2 * _BOTTOM
        height = self._hint.heightForWidth(width)
        self._hint.setGeometry(_BOTTOM, self.height() - height - _BOTTOM, width, height)
        self._hint.raise_()
        self.setViewportMargins(0, 0, 0, min(height + _BOTTOM, self.height() - _LEAST))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the content's width; let the hint follow the lower edge."""
        self._keep_width()
        super().resizeEvent(event)
        self._make_room()
