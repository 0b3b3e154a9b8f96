"""The undo stack: the page on the canvas, with those before it and those that were undone."""

from __future__ import annotations

from dataclasses import dataclass

from digitpad.app.page import Page

_MAX_STEPS = 500


@dataclass(frozen=True, eq=False)
class UndoStack:
    """The page on the canvas, with all that undo and redo can bring back.

    Attributes
    ----------
    pages : tuple of Page
        Oldest first; at least one.
    present : int
        The index of the one on the canvas.
    """

    pages: tuple[Page, ...] = (Page(),)
    present: int = 0

    @property
    def page(self) -> Page:
        """The page on the canvas."""
        return self.pages[self.present]

    @property
    def can_undo(self) -> bool:
        """Whether there is a page to go back to."""
        return self.present > 0

    @property
    def can_redo(self) -> bool:
        """Whether a page was undone."""
        return self.present < len(self.pages) - 1

    def pushed(self, page: Page) -> UndoStack:
        """Return the stack with a new page on the canvas, without those that were undone."""
        pages = (*self.pages[: self.present + 1], page)[-_MAX_STEPS - 1 :]
        return UndoStack(pages, len(pages) - 1)

    def undone(self) -> UndoStack:
        """Return the stack with the page before on the canvas, if there is one."""
        return UndoStack(self.pages, self.present - 1) if self.can_undo else self

    def redone(self) -> UndoStack:
        """Return the stack with the page that was undone last on the canvas, if there is one."""
        return UndoStack(self.pages, self.present + 1) if self.can_redo else self
