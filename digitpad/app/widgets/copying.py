"""“Copy picture” and “Copy numbers”, or another text, in a widget's context menu."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QLabel, QWidget

Rows = Iterable[Sequence[object]]


def offer_copy(widget: QWidget, rows: Callable[[], Rows]) -> None:
    """Let the user copy what a widget shows, by right-click or the Menu key; Ctrl+C: the numbers.

    Parameters
    ----------
    widget : QWidget
    rows : callable
        Returns the numbers shown, row by row, with a heading if they need one. They are copied as
        text that a spreadsheet reads: tabs between columns, numbers in full precision.
    """
    name = QCoreApplication.translate("Copying", "Copy numbers")
    offer_copy_as(widget, name, lambda: as_text(rows()))


def offer_copy_as(widget: QWidget, name: str, text: Callable[[], str]) -> None:
    """Let the user copy what a widget shows as a picture or as another text than numbers.

    Parameters
    ----------
    widget : QWidget
    name : str
        What the menu calls copying the text, which Ctrl+C does too.
    text : callable
        Returns the text.
    """
    picture = QAction(QCoreApplication.translate("Copying", "Copy picture"), widget)
    picture.triggered.connect(lambda: QGuiApplication.clipboard().setPixmap(widget.grab()))
    written = QAction(name, widget)
    written.setShortcut(QKeySequence.StandardKey.Copy)
    written.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
    written.triggered.connect(lambda: QGuiApplication.clipboard().setText(text()))
    widget.addActions([picture, written])
    widget.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)


class SelectableLabel(QLabel):
    """A label whose text the keyboard and the mouse select and copy.

    With the focus on it, a screen reader reads it. While it says nothing, Tab passes over it: an
    empty label looks the same with and without the focus.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setText("")

    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if text else Qt.FocusPolicy.NoFocus)

    def clear(self) -> None:
        """Show nothing."""
        self.setText("")


def as_text(rows: Rows) -> str:
    """Return rows as text with tabs between their columns; numbers in full precision."""
    return "\n".join("\t".join(map(_written, row)) for row in rows)


def _written(value: object) -> str:
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return str(int(number)) if number.is_integer() else f"{number:.9g}"
