"""The points map, painted."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from digitpad.app.understand.map_view import MapView
from digitpad.app.widgets import theme

POINTS = np.array([[0.0, 0.0], [2.0, 1.0], [1.0, 4.0]])
LABELS = np.array([3, 7, 0])


@pytest.mark.parametrize("size", [(240, 240), (500, 300)])
def test_every_point_is_a_digit_of_its_colour_in_its_place(
    size: tuple[int, int], qtbot: QtBot
) -> None:
    view = MapView()
    qtbot.addWidget(view)
    view.resize(*size)
    view.show_points(POINTS, LABELS, np.zeros((3, 784)))
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width())
    inked = np.argwhere(pixels != pixels[0, 0])[:, ::-1].tolist()  # [x, y]
    colours = theme.digit_colours(view.palette())
    seen = 0
    for point, label in zip(POINTS, LABELS.tolist(), strict=True):
        place = view.place(point)
        near = [at for at in inked if (QPointF(*at) - place).manhattanLength() < 16]
        strongest = max((image.pixelColor(*at) for at in near), key=lambda c: c.saturation())
        assert strongest.hue() == pytest.approx(colours[label].hue(), abs=3)
        middle = np.mean(near, axis=0) + 0.5
        np.testing.assert_allclose(middle, place.toTuple(), atol=2.5)
        seen += len(near)
    assert seen == len(inked)  # and nothing elsewhere
