"""What a key means that more than one view takes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent


def pressed_digit(event: QKeyEvent) -> int | None:
    """Return the digit that a key types; None for another key, or with Ctrl, Alt or Meta."""
    # With Shift, because on some keyboards digits need it.
    allowed = Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
    text = event.text()
    if event.modifiers() & ~allowed or len(text) != 1 or text not in "0123456789":
        return None
    return int(text)
