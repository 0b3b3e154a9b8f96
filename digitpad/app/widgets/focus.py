"""Who takes the keyboard's focus."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView
from shiboken6 import isValid


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
