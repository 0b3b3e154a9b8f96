"""The captions above the layers: in words where they fit, else as numbers, else fewer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from PySide6.QtCore import QCoreApplication, QLocale, QRectF
from PySide6.QtGui import QFontMetricsF

from digitpad.app.network.layout import Column

_GAP = 5.0  # pixels between two captions, at least
_EDGE = 3.0  # pixels to the picture's edge


def captions(
    columns: Sequence[Column], words: Sequence[str], width: float, metrics: QFontMetricsF
) -> list[tuple[QRectF, str]]:
    """Return the texts that fit into a picture of this width, each with its box.

    Parameters
    ----------
    columns : sequence of Column
    words : sequence of str
        What to call each layer where there is room: “16 neurons”.
    width : float
    metrics : QFontMetricsF
    """
    numbers = [_number(column.size) for column in columns]
    places = [column.x for column in columns]
    # Layers of one size that follow each other share a caption.
    runs = [(places[0], numbers[0])]
    for size, group in groupby(columns[1:-1], key=lambda column: column.size):
        run = list(group)
        text = _number(size)
        if len(run) > 1:
            several = QCoreApplication.translate("Captions", "{count} layers of {size}")
            text = several.format(count=_number(len(run)), size=text)
        runs.append(((run[0].x + run[-1].x) / 2, text))
    runs.append((places[-1], numbers[-1]))
    for candidates in (
        list(zip(places, words, strict=True)),
        list(zip(places, numbers, strict=True)),
        runs,
        [runs[0], runs[-1]],
    ):
        boxes = [_box(x, text, width, metrics) for x, text in candidates]
        if all(one.right() + _GAP < other.left() for one, other in pairwise(boxes)):
            return list(zip(boxes, (text for _, text in candidates), strict=True))
    return []


def _number(size: int) -> str:
    return QLocale().toString(size)


def _box(x: float, text: str, width: float, metrics: QFontMetricsF) -> QRectF:
    own = metrics.horizontalAdvance(text) + 2
    left = min(max(x - own / 2, _EDGE), width - own - _EDGE)
    return QRectF(left, 0.45 * metrics.height(), own, metrics.height())
