"""The pixels of samples: their strokes as the window draws them, or an image in their place.

A sample without strokes may hold the key "image": its 784 pixels, 0 = background to 255 = ink, as
base64. So a digit of a photograph, or of another data set, goes into a stroke file too.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digitpad.data.files import Images
from digitpad.drawing import rasterize
from digitpad.drawing.pen import PIXELS
from digitpad.drawing.strokes import Sample


def of_image(image: NDArray[np.uint8], label: int) -> Sample:
    """Return a sample without strokes that holds these pixels, (28, 28) or (784,)."""
    pixels = np.ascontiguousarray(image, dtype=np.uint8).tobytes()
    return Sample(label, (), {"image": base64.b64encode(pixels).decode()})


def image_of(sample: Sample) -> NDArray[np.uint8] | None:
    """Return the pixels, (784,), of a sample that has no strokes but an image."""
    encoded = sample.extra.get("image")
    if any(map(len, sample.strokes)) or not isinstance(encoded, str):
        return None
    try:
        pixels = np.frombuffer(base64.b64decode(encoded, validate=True), dtype=np.uint8)
    except (binascii.Error, ValueError):
        return None
    return pixels if pixels.size == PIXELS else None


def to_images(samples: Sequence[Sample]) -> Images:
    """Return the pixels of samples, (n, 784) uint8; zeros where there is no ink."""
    images = rasterize.to_images([sample.strokes for sample in samples]).reshape(-1, PIXELS)
    for image, sample in zip(images, samples, strict=True):
        pixels = image_of(sample)
        if pixels is not None:
            image[:] = pixels
    return images
