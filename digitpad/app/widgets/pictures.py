"""Images of 28 x 28 numbers as pictures: ink on paper, and signed values as colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage, QPalette

from digitpad.app.widgets import theme
from digitpad.nn.functions import Array


def ink_picture(image: Array, palette: QPalette) -> QImage:
    """Return an image, (h, w) in [0, 1], in the palette's colours of paper and ink."""
    paper, ink = _of(palette, QPalette.ColorRole.Base), _of(palette, QPalette.ColorRole.Text)
    return _picture(paper + (ink - paper) * np.asarray(image)[..., None])


def heat_picture(
    values: Array, palette: QPalette, image: Array | None = None, scale: float | None = None
) -> QImage:
    """Return signed values, (h, w), in the colours of positive and negative quantities.

    Parameters
    ----------
    values : (h, w)
    palette : QPalette
    image : (h, w) in [0, 1], optional
        Ink that shows faintly beneath.
    scale : float, optional
        The value with the full colour; by default the largest absolute one.
    """
    colours = theme.colours(palette)
    if scale is None:
        scale = float(np.abs(values).max(initial=0))
    strength = np.clip(np.abs(values) / scale, 0, 1)[..., None] if scale else 0.0
    pixels = np.broadcast_to(_of(palette, QPalette.ColorRole.Base), (*values.shape, 3))
    if image is not None:
        ink = _of(palette, QPalette.ColorRole.Text)
        pixels = pixels + 0.25 * (ink - pixels) * np.asarray(image)[..., None]
    signed = np.where(values[..., None] > 0, _bgr(colours.positive), _bgr(colours.negative))
    return _picture(pixels + (signed - pixels) * strength)


def _picture(bgr: NDArray[np.floating]) -> QImage:
    height, width = bgr.shape[:2]
    pixels = np.full((height, width, 4), 255, dtype=np.uint8)
    pixels[..., :3] = np.rint(bgr)
    # A QImage does not keep the memory alive that it is given.
    return QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGB32).copy()


def _of(palette: QPalette, role: QPalette.ColorRole) -> NDArray[np.float64]:
    return _bgr(palette.color(role))


def _bgr(colour: QColor) -> NDArray[np.float64]:
    return np.array([colour.blue(), colour.green(), colour.red()], dtype=np.float64)
