"""A small button that sets a changed field back."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QToolButton

from digitpad.app.widgets import icons


class ResetButton(QToolButton):
    """Keeps its room while it is hidden, so that nothing moves when it comes.

    Parameters
    ----------
    name : str
        Of the hyperparameter.
    label : str
        What the user calls it.
    """

    def __init__(self, name: str, label: str) -> None:
        super().__init__()
        self._label = label
        self.setObjectName(f"reset_{name}")
        self.setAutoRaise(True)
        self.setIconSize(QSize(14, 14))
        self.setFixedSize(20, 20)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        kept = self.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.setSizePolicy(kept)
        self._set_icon()
        self.hide()

    def set_value(self, value: str) -> None:
        """Say what the field would be set back to."""
        text = self.tr("{field}: set back to {value}").format(field=self._label, value=value)
        self.setToolTip(text)
        self.setAccessibleName(text)

    def _set_icon(self) -> None:
        self.setIcon(icons.icon("reset", self.palette()))

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._set_icon()
