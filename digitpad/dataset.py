"""Data sets: images of digits and what they mean.

`mnist` gives the data set that ships with digitpad; `load` reads every other, see there.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitpad import paths
from digitpad.errors import DigitpadError
from digitpad.network import one_hot

PIXELS = 784

NO_DIGIT = -1
"""The label of a drawing that is no digit: no output is desired to be active."""

# MNIST's packed files hold this many images each, one a row.
_ROWS = 10_000


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images of digits and their labels.

    Attributes
    ----------
    images : (n, 784) uint8
        0 = background to 255 = ink; each row is an image of 28 × 28 pixels, row after row.
    labels : (n,) int64
        The digits, 0 to 9; or NO_DIGIT.
    name : str
        What a reader is told of it.

    Raises
    ------
    DigitpadError
        If the shapes do not agree or a label is not -1 to 9.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    name: str

    def __post_init__(self) -> None:
        images, labels = self.images, self.labels
        if images.ndim != 2 or images.shape[1] != PIXELS or images.dtype != np.uint8:
            raise DigitpadError(
                f"The images of “{self.name}” are not rows of {PIXELS} bytes: digitpad reads "
                "images of 28 × 28 pixels."
            )
        if labels.shape != (len(images),) or labels.dtype != np.int64:
            raise DigitpadError(
                f"“{self.name}” has {len(images):,} images but {labels.size:,} labels: each "
                "image needs one."
            )
        if labels.size and not NO_DIGIT <= labels.min() <= labels.max() <= 9:
            wrong = labels[(labels < NO_DIGIT) | (labels > 9)][0]
            raise DigitpadError(
                f"“{self.name}” has the label {wrong}: digitpad knows the digits 0 to 9."
            )

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.images)

    def inputs(self) -> NDArray[np.float32]:
        """Return the network's inputs, (n, 784) float32 in [0, 1], a new array."""
        return np.multiply(self.images, np.float32(1 / 255), dtype=np.float32)

    def targets(self) -> NDArray[np.float32]:
        """Return the desired outputs y, (n, 10) float32: 1 for the label, 0 elsewhere."""
        return one_hot(self.labels)

    def take(self, which: slice | Sequence[int] | NDArray[np.integer]) -> Dataset:
        """Return some of the samples: a slice (which copies nothing) or an array of indices."""
        return Dataset(self.images[which], self.labels[which], self.name)

    def concatenate(self, *others: Dataset) -> Dataset:
        """Return the samples of this data set and then those of the others."""
        parts = (self, *others)
        return Dataset(
            np.concatenate([part.images for part in parts]),
            np.concatenate([part.labels for part in parts]),
            " + ".join(dict.fromkeys(part.name for part in parts)),
        )


class Mnist(NamedTuple):
    """MNIST, split as usual."""

    train: Dataset
    validation: Dataset
    test: Dataset


def mnist() -> Mnist:
    """Return the MNIST data that ship with digitpad, in a fifth of a second.

    Returns
    -------
    train, validation, test : Dataset
        50,000 images; the 10,000 last images of the training file; the 10,000 test images.

    Raises
    ------
    DigitpadError
        If a packed file is missing or damaged.
    """
    folder = paths.resources() / "mnist"
    images = np.empty((70_000, PIXELS), dtype=np.uint8)
    names = [f"train-images-{number}.png" for number in range(1, 7)] + ["t10k-images-1.png"]

    def unpack(number: int) -> None:
        with Image.open(folder / names[number]) as picture:
            images[number * _ROWS : (number + 1) * _ROWS] = np.asarray(picture)

    try:
        # Pillow lets go of the interpreter while it decodes.
        with ThreadPoolExecutor() as pool:
            list(pool.map(unpack, range(len(names))))
        labels = np.concatenate(
            [
                np.frombuffer(
                    gzip.decompress((folder / f"{split}-labels-idx1-ubyte.gz").read_bytes()),
                    dtype=np.uint8,
                    offset=8,
                )
                for split in ("train", "t10k")
            ]
        ).astype(np.int64)
    except (OSError, EOFError, ValueError, SyntaxError) as error:
        raise DigitpadError(
            f"The MNIST data in “{folder}” are missing or damaged ({error}): install digitpad "
            "again."
        ) from None
    return Mnist(
        Dataset(images[:50_000], labels[:50_000], "MNIST training images"),
        Dataset(images[50_000:60_000], labels[50_000:60_000], "MNIST validation images"),
        Dataset(images[60_000:], labels[60_000:], "MNIST test images"),
    )
