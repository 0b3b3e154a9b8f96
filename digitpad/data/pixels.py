"""Turn arrays of any common form into images and labels, and say what had to be changed.

Images that are scaled, inverted, transposed or normalised otherwise than MNIST's would be read, but
wrongly, without a word. A look at the pixels recognises what is common; the rest is refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitpad.data.files import Images, Labels, Note
from digitpad.drawing.pen import PIXELS, SIDE
from digitpad.errors import DigitpadError

# Images that are looked at.
_LOOK = 1000

# Normalised images have a background of one value; it fills at least this fraction of them.
_BACKGROUND = 0.3

# An image is inverted if the mean of its edge is brighter than this; a data set if this fraction of
# its images is.
_BRIGHT = 150
_INVERTED = 0.8

# Ones that are this much less tall than wide lie on their side; fewer of them prove nothing.
_LYING = 0.7
_FEWEST_ONES = 5

_EDGE = np.ones((SIDE, SIDE), dtype=bool)
_EDGE[1:-1, 1:-1] = False


def as_images(values: NDArray[Any], name: str) -> tuple[Images, tuple[str, ...]]:
    """Convert an array to images.

    Parameters
    ----------
    values : (n, 28, 28), (n, 784), or either with axes of length 1
        Numbers of any type: 0 to 255; 0 to 1; 0 to some other maximum below 64; or normalised, with
        a background of one value.
    name : str
        The file's, for messages.

    Returns
    -------
    images : (n, 784) uint8
    notes : tuple of str
        Sentences that say what was changed.

    Raises
    ------
    DigitpadError
        If it has another shape or other values.
    """
    shape = tuple(size for size in values.shape[1:] if size != 1)
    if not values.ndim or shape not in ((SIDE, SIDE), (PIXELS,)):
        raise DigitpadError(
            f"The images of “{name}” have the shape {values.shape}: digitpad reads (n, 28, 28) or "
            "(n, 784)."
        )
    values = values.reshape(-1, PIXELS)
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    start, scale, notes = _range(values, low, high, name)
    if values.dtype == np.uint8 and scale == 1:
        return values, notes
    # Blocks, lest float64 images need several times their memory while they are converted.
    images = np.empty(values.shape, dtype=np.uint8)
    for first in range(0, len(values), _LOOK):
        block = values[first : first + _LOOK].astype(np.float64)
        images[first : first + _LOOK] = np.rint((block - start) * scale).clip(0, 255)
    return images, notes


def _range(
    values: NDArray[Any], low: float, high: float, name: str
) -> tuple[float, float, tuple[str, ...]]:
    """Return what to subtract, what to multiply by, and the notes."""
    is_fraction = values.dtype.kind in "bf" and high <= 1
    if low >= 0 and (64 <= high <= 255 or is_fraction or high == 0):
        return 0.0, 255.0 if is_fraction else 1.0, ()
    if low >= 0 and high < 64:
        return 0.0, 255 / high, (Note(f"The pixels were from 0 to {high:g} and have been scaled."),)
    looked_at = values[:_LOOK]
    background = max(float((looked_at == edge).mean()) for edge in (low, high))
    if low < 0 and background >= _BACKGROUND and high - low < 64:
        note = Note(f"The pixels were normalised ({low:.3g} to {high:.3g}) and have been scaled.")
        return low, 255 / (high - low), (note,)
    raise DigitpadError(
        f"The images of “{name}” have pixels from {low:g} to {high:g}: scale them to 0 to 255, or "
        "to 0 to 1 as fractions."
    )


def as_labels(values: NDArray[Any], name: str) -> Labels:
    """Convert an array to labels.

    Parameters
    ----------
    values : (n,), (n, 1) or one-hot (n, 10)
        Numbers, or text such as “7”.
    name : str
        The file's, for messages.

    Returns
    -------
    (n,) int64

    Raises
    ------
    DigitpadError
        If they are not digits.
    """
    wrong = DigitpadError(
        f"The labels of “{name}” are not digits: they must be (n,) numbers from 0 to 9, or (n, 10) "
        "one-hot."
    )
    if values.dtype.kind in "US":
        try:
            values = values.astype(np.float64)
        except (ValueError, UnicodeError):
            raise wrong from None
    if values.ndim == 2 and values.shape[1] == 10:
        one_hot = ((values == 0) | (values == 1)).all() and (values.sum(axis=1) == 1).all()
        if one_hot:
            labels: Labels = values.argmax(axis=1).astype(np.int64)
            return labels
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    in_range = values.ndim == 1 and ((values >= 0) & (values <= 9)).all()
    if not in_range or (values != np.rint(values)).any():
        raise wrong
    return values.astype(np.int64)


def put_right(images: Images, labels: Labels) -> tuple[Images, tuple[str, ...]]:
    """Turn images that are inverted or lie on their side into images like MNIST's.

    EMNIST stores its images column by column, so that they lie on their side.

    Parameters
    ----------
    images : (n, 784) uint8
    labels : (n,) int64

    Returns
    -------
    images : (n, 784) uint8
    notes : tuple of str
        Sentences that say what was changed.
    """
    notes: tuple[str, ...] = ()
    step = max(1, len(images) // _LOOK)
    edges = images[::step].reshape(-1, SIDE, SIDE)[:, _EDGE]
    if len(images) and (edges.mean(axis=1) > _BRIGHT).mean() >= _INVERTED:
        images = 255 - images
        notes += (Note("The images were dark on light and have been inverted."),)
    ones = images[labels == 1] if len(labels) == len(images) else images[:0]
    ink = ones[:_LOOK].reshape(-1, SIDE, SIDE) > 127
    if len(ink) >= _FEWEST_ONES and ink.any(axis=2).sum() < _LYING * ink.any(axis=1).sum():
        images = images.reshape(-1, SIDE, SIDE).transpose(0, 2, 1).reshape(-1, PIXELS)
        notes += (
            Note("The images lay on their side, as EMNIST's do, and have been turned upright."),
        )
    return images, notes
