"""The bar above the window: what reads, and the switch between the perspectives."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QToolBar, QToolButton, QWidget


class PerspectiveBar(QToolBar):
    """A bar that can neither be moved nor closed.

    Parameters
    ----------
    reader : QWidget
        Says which network reads.
    perspectives : iterable of QAction
        One of which is checked.
    """

    def __init__(self, reader: QWidget, perspectives: Iterable[QAction]) -> None:
        super().__init__()
        self.setWindowTitle(self.tr("Perspectives"))
        self.setObjectName("perspectives")
        self.setMovable(False)
        self.toggleViewAction().setVisible(False)
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(10, 0, 10, 0)
        row.setSpacing(4)
        # As much room on either side, so that the switch stands in the middle whatever reads.
        left = QHBoxLayout()
        left.addWidget(reader)
        left.addStretch(1)
        row.addLayout(left, 1)
        for action in perspectives:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        row.addStretch(1)
        self.addWidget(content)
