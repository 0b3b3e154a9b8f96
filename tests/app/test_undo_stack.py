"""The undo stack: which pages it keeps."""

from __future__ import annotations

import numpy as np

from digitpad.app.page import Page
from digitpad.app.undo_stack import UndoStack


def test_five_hundred_changes_can_be_undone() -> None:
    pages = [Page((np.full((1, 3), float(number)),)) for number in range(510)]
    stack = UndoStack()
    for page in pages:
        stack = stack.pushed(page)
    for page in reversed(pages[9:]):
        assert stack.page is page
        stack = stack.undone()
    assert stack.page is pages[9]
    assert not stack.can_undo
    assert stack.undone() is stack
