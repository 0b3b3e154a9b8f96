"""A group of fields under a heading that opens and closes it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget


class Collapsible(QWidget):
    """A heading, and beside it what is set inside as long as that cannot be seen."""

    def __init__(
        self, title: str, name: str, content: QWidget, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._title = title
        self.heading = QToolButton()
        self.heading.setObjectName(f"{name}_heading")
        self.heading.setText(title)
        self.heading.setCheckable(True)
        self.heading.setAutoRaise(True)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        font = self.heading.font()
        font.setBold(True)
        self.heading.setFont(font)
        self._summary = QLabel()
        self._summary.setObjectName(f"{name}_summary")
        self._summary.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._summary.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.content = content
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.addWidget(self.heading)
        top.addWidget(self._summary, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(content)
        self.heading.toggled.connect(self._show)
        self._show(False)

    @property
    def is_open(self) -> bool:
        """Whether its fields can be seen."""
        return self.heading.isChecked()

    def open(self, opened: bool = True) -> None:
        """Show the fields, or hide them."""
        self.heading.setChecked(opened)

    def summarise(self, text: str) -> None:
        """Tell in a few words what is set inside."""
        self._summary.setText(text)
        self._summary.setToolTip(text)
        self.heading.setAccessibleName(f"{self._title}: {text}" if text else self._title)

    def _show(self, opened: bool) -> None:
        self.heading.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self.content.setVisible(opened)
        self._summary.setVisible(not opened)
