"""Strokes on the clipboard: as a line of a stroke file, beside the picture for other programs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMimeData

from digitpad.drawing.strokes import Sample, Stroke, from_line, to_line
from digitpad.errors import DigitpadError

FORMAT = "application/x-digitpad-strokes"


def put(data: QMimeData, strokes: Sequence[Stroke]) -> None:
    """Add strokes to what will be on the clipboard."""
    data.setData(FORMAT, to_line(Sample(None, tuple(strokes))))


def strokes_in(data: QMimeData) -> tuple[Stroke, ...]:
    """Return the strokes that were put there; none if there are none."""
    if not data.hasFormat(FORMAT):
        return ()
    try:
        return from_line(bytes(data.data(FORMAT).data())).strokes
    except DigitpadError:  # by another program
        return ()
