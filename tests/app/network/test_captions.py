"""The captions name each layer where there is room, and never overlap or leave the picture."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtGui import QFont, QFontMetricsF
from pytestqt.qtbot import QtBot

from digitpad.app.network.captions import captions
from digitpad.app.network.layout import arrange


def texts(sizes: tuple[int, ...], width: int) -> list[str]:
    font = QFont()
    font.setPixelSize(12)
    words = [f"{size} neurons" for size in sizes]
    found = captions(arrange(sizes, width, 470, 24), words, width, QFontMetricsF(font))
    for box, _ in found:
        assert box.left() >= 0
        assert box.right() <= width
    for (one, _), (other, _) in pairwise(found):
        assert one.right() < other.left()
    return [text for _, text in found]


@pytest.mark.parametrize(
    ("sizes", "width", "expected"),
    [
        ((784, 16, 16, 10), 600, ["784 neurons", "16 neurons", "16 neurons", "10 neurons"]),
        ((784, 16, 16, 10), 260, ["784", "16", "16", "10"]),
        ((784, 10), 240, ["784 neurons", "10 neurons"]),
        ((784, *[30] * 20, 10), 480, ["784", "20 layers of 30", "10"]),
        (
            (784, *[30] * 5, 20, *[30] * 14, 10),
            640,
            ["784", "5 layers of 30", "20", "14 layers of 30", "10"],
        ),
        ((784, *[30, 20] * 10, 10), 480, ["784", "10"]),
    ],
)
def test_captions_that_fit(
    qtbot: QtBot, sizes: tuple[int, ...], width: int, expected: list[str]
) -> None:
    assert texts(sizes, width) == expected
