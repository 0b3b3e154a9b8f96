"""Images, labels and MNIST's own digits that the tests of the readers share."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitpad.data.dataset import Dataset
from digitpad.data.mnist import mnist

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 28, 28), dtype=np.uint8)
LABELS = np.arange(12, dtype=np.uint8) % 10


@lru_cache
def digits() -> Dataset:
    return mnist().test.take(slice(0, 200))


def save_digit(path: Path, number: int) -> NDArray[np.uint8]:
    """Save one of MNIST's test images as a picture."""
    image: NDArray[np.uint8] = digits().images[number]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image.reshape(28, 28)).save(path)
    return image
