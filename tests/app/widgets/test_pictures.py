"""Pictures of 28 x 28 numbers."""

import numpy as np
import pytest
from PySide6.QtGui import QColor, QPalette

from digitpad.app.widgets import theme
from digitpad.app.widgets.pictures import heat_picture, ink_picture


@pytest.mark.parametrize("dark", [False, True])
def test_ink_is_the_text_colour_on_paper(dark: bool) -> None:
    palette = theme.palette(dark)
    image = np.zeros((28, 28), np.float32)
    image[3, 5] = 1
    picture = ink_picture(image, palette)
    assert picture.pixelColor(5, 3) == palette.color(QPalette.ColorRole.Text)
    assert picture.pixelColor(3, 5) == palette.color(QPalette.ColorRole.Base)


@pytest.mark.parametrize("dark", [False, True])
def test_signed_values_have_two_colours(dark: bool) -> None:
    palette = theme.palette(dark)
    colours = theme.colours(palette)
    values = np.zeros((4, 4))
    values[0, 1], values[2, 3], values[1, 1] = 2.0, -2.0, 1.0
    picture = heat_picture(values, palette)
    assert picture.pixelColor(1, 0) == colours.positive
    assert picture.pixelColor(3, 2) == colours.negative
    paper = palette.color(QPalette.ColorRole.Base)
    assert picture.pixelColor(0, 0) == paper
    half = picture.pixelColor(1, 1)
    assert half.red() == pytest.approx((paper.red() + colours.positive.red()) / 2, abs=1)


def test_nothing_is_paper_and_ink_shows_beneath() -> None:
    palette = theme.palette(False)
    blank = heat_picture(np.zeros((4, 4)), palette)
    assert blank.pixelColor(2, 2) == QColor("#ffffff")
    inked = heat_picture(np.zeros((4, 4)), palette, np.ones((4, 4)))
    assert 120 < inked.pixelColor(2, 2).lightness() < 250
