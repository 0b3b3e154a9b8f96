"""What the network sees: its pixels, shown as they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.drawing.input_view import Preview


@pytest.fixture
def preview(qtbot: QtBot) -> Preview:
    preview = Preview()
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor("white"))
    palette.setColor(QPalette.ColorRole.Text, QColor("black"))
    preview.setPalette(palette)
    qtbot.addWidget(preview)
    preview.show()
    preview.resize(preview.sizeHint())
    qtbot.waitExposed(preview)
    return preview


def shown(preview: Preview, row: int, column: int) -> int:
    """Return the lightness in the middle of one of the network's pixels."""
    image = preview.grab().toImage()
    scale = (preview.width() - 2) / 28
    return image.pixelColor(
        int(1 + (column + 0.5) * scale), int(1 + (row + 0.5) * scale)
    ).lightness()


@pytest.mark.parametrize("pixel", [3, 4, 6])
def test_each_pixel_is_shown_where_it_is(preview: Preview, pixel: int) -> None:
    preview.set_pixel(pixel)
    preview.resize(preview.sizeHint())
    image = np.zeros((28, 28), dtype=np.float32)
    image[3, 20] = 1
    image[27, 0] = 0.5
    preview.show_image(image)
    assert shown(preview, 3, 20) == 0
    assert shown(preview, 27, 0) == pytest.approx(128, abs=1)
    assert shown(preview, 20, 3) == 255


def test_the_image_cannot_be_changed_from_outside(preview: Preview) -> None:
    preview.show_image(np.eye(28, dtype=np.float32))
    preview.image()[:] = 0
    np.testing.assert_array_equal(preview.image(), np.eye(28))


def test_a_pixel_tells_its_value_on_hover(
    preview: Preview, hovered: Callable[[QWidget, QPoint], str]
) -> None:
    image = np.zeros((28, 28), dtype=np.float32)
    image[2, 5] = 0.75
    preview.show_image(image)
    assert hovered(preview, QPoint(1 + 5 * 4 + 2, 1 + 2 * 4 + 2)) == "Input 62 of 784: 0.75"
    assert preview.tip(QPointF(-1, 5)) == ""


def test_dark_paper_gets_light_ink(preview: Preview) -> None:
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor("black"))
    palette.setColor(QPalette.ColorRole.Text, QColor("white"))
    preview.setPalette(palette)
    preview.show_image(np.eye(28, dtype=np.float32))
    assert shown(preview, 5, 5) == 255
    assert shown(preview, 5, 9) == 0
