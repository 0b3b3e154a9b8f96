"""Lines are where they should be, as dense as they should be, in their sign's colour."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from digitpad.app.network import threads

BLUE, ORANGE = QColor(0, 0, 200), QColor(200, 100, 0)


def draw(*lines: tuple[float, ...], opacity: float = 0.5, width: float = 1.0) -> NDArray[np.uint8]:
    """Draw (x0, y0, x1, y1, sign) and return premultiplied pixels (60, 80, 4): B, G, R, A."""
    data = np.array(lines, dtype=np.float64).reshape(-1, 5)
    n = len(data)
    image = threads.draw(
        80,
        60,
        data[:, :4],
        np.full(n, opacity),
        np.full(n, width),
        data[:, 4] > 0,
        threads.Ink(BLUE, ORANGE),
    )
    assert image.format() == QImage.Format.Format_ARGB32_Premultiplied
    return np.frombuffer(image.constBits(), np.uint8).reshape(60, 80, 4).copy()


def test_nothing_is_clear() -> None:
    assert not draw().any()


@pytest.mark.parametrize("reverse", [False, True])
def test_a_line_passes_through_its_ends_and_middle(reverse: bool) -> None:
    for x0, y0, x1, y1 in ((5, 10, 70, 10), (5, 5, 70, 50), (30, 2, 40, 57), (8, 8, 8, 50)):
        ends = (x1, y1, x0, y0) if reverse else (x0, y0, x1, y1)
        alpha = draw((*ends, 1), opacity=0.9)[..., 3]
        for x, y in ((x0, y0), (x1, y1), ((x0 + x1) / 2, (y0 + y1) / 2)):
            row, column = round(y), round(x)
            assert alpha[row - 1 : row + 2, column - 1 : column + 2].max() > 100
        far = np.abs(
            (np.arange(80)[None] - x0) * (y1 - y0) - (np.arange(60)[:, None] - y0) * (x1 - x0)
        ) / np.hypot(x1 - x0, y1 - y0)
        assert not alpha[far > 2].any()


def test_a_line_has_its_opacity_and_its_colour() -> None:
    for sign, colour in ((1, BLUE), (-1, ORANGE)):
        pixel = draw((5, 10, 70, 10, sign), opacity=0.5)[10, 40].astype(int)
        assert pixel[3] == pytest.approx(128, abs=6)
        expected = [colour.blue(), colour.green(), colour.red()]
        np.testing.assert_allclose(pixel[:3], np.array(expected) * pixel[3] / 255, atol=2)


def test_a_wider_line_covers_more_rows() -> None:
    rows = [
        int((draw((5, 30, 70, 30, 1), width=width, opacity=0.9)[:, 40, 3] > 20).sum())
        for width in (1.0, 3.0, 6.0)
    ]
    assert rows[0] <= 2
    assert 3 <= rows[1] <= 4
    assert 6 <= rows[2] <= 7


def test_the_order_of_lines_does_not_matter() -> None:
    lines = [(5, 5, 70, 50, 1), (5, 50, 70, 5, -1), (5, 30, 70, 31, 1)]
    np.testing.assert_array_equal(draw(*lines), draw(*lines[::-1]))


def test_where_lines_meet_it_is_denser() -> None:
    one = draw((5, 10, 70, 10, 1))[10, 40, 3]
    two = draw((5, 10, 70, 10, 1), (5, 10, 70, 10, 1))[10, 40, 3]
    assert two == pytest.approx(255 * (1 - (1 - one / 255) ** 2), abs=6)


def test_what_is_outside_is_not_drawn() -> None:
    pixels = draw((-30, 20, 200, 20, 1), (10, -40, 10, 300, -1))
    assert pixels[20, 2:-2, 3].all()
    assert pixels[2:-2, 10, 3].all()
    assert not pixels[30, 20:].any()
