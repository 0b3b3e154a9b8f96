"""A page: what is on the canvas, and the drawings that are kept of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitpad.recognition.picture import Separated

Stroke = NDArray[np.float64]
Image = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph that was opened.

    Attributes
    ----------
    pixels : (h, w, 3) uint8
    box : tuple of 4 int
        The left, top, right and bottom edge of the digit in it.
    separated : Separated or None
        All digits in it, if there are several, or something beside them.
    """

    pixels: NDArray[np.uint8]
    box: tuple[int, int, int, int]
    separated: Separated | None = None


@dataclass(frozen=True, eq=False)
class Page:
    """What is on the canvas: strokes, or a picture that was opened instead.

    Attributes
    ----------
    strokes : tuple of (k, 3) float64
        x, y, pressure; finished strokes only.
    picture : (28, 28) float32 or None
        What the network sees of it; of several digits, of the first.
    photo : Photo or None
        What the user sees of it, if there is more than that.
    """

    strokes: tuple[Stroke, ...] = ()
    picture: Image | None = None
    photo: Photo | None = None


@dataclass(frozen=True, eq=False)
class Drawing:
    """A finished drawing of this session.

    Attributes
    ----------
    page : Page
        To put it on the canvas again.
    image : (28, 28) float32
        What a network sees of it.
    label : int or None
        The digit that was meant, as far as anyone knows: what the user said, or what the built-in
        network was sure of.
    """

    page: Page
    image: Image
    label: int | None
