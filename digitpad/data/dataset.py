"""Data sets: images of digits and what they mean.

`mnist` gives the data set that ships with digitpad; `load` reads every other.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitpad import paths
from digitpad.data import data_files
from digitpad.data.data_files import PIXELS, Split
from digitpad.drawing import ink, photo
from digitpad.errors import DigitpadError
from digitpad.nn.network import one_hot

Kind: TypeAlias = Literal["folder", "idx", "npz", "strokes", "picture"]

NO_DIGIT = -1
"""The label of a drawing that is no digit: no output is desired to be active."""

# Of data without validation images of their own, one image of so many becomes one.
_VALIDATION_PART = 6

# MNIST's packed files hold this many images each, one a row.
_ROWS = 10_000


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images of digits and their labels.

    Attributes
    ----------
    images : (n, 784) uint8
        0 = background to 255 = ink; each row is an image of 28 x 28 pixels, row after row.
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
                "images of 28 x 28 pixels."
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


def split_off_validation(data: Dataset) -> tuple[Dataset, Dataset]:
    """Return a data set to learn from and one to validate with: five sixths and one, as MNIST's.

    The choice is random, since files may be sorted by label, but the same each time. What is no
    digit is never validated with.
    """
    order = np.random.default_rng(0).permutation(len(data))
    kept = order[: len(data) // _VALIDATION_PART]
    kept = kept[data.labels[kept] != NO_DIGIT]
    return data.take(np.setdiff1d(order, kept)), data.take(kept)


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
    # The test images apart, so that who does not keep them does not keep their memory.
    images = np.empty((60_000, PIXELS), dtype=np.uint8)
    test_images = np.empty((10_000, PIXELS), dtype=np.uint8)
    sheets = [*np.split(images, 60_000 // _ROWS), test_images]
    names = [f"train-images-{number}.png" for number in range(1, 7)] + ["t10k-images-1.png"]

    def unpack(number: int) -> None:
        with Image.open(folder / names[number]) as picture:
            sheets[number][...] = np.asarray(picture)

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
        Dataset(images[50_000:], labels[50_000:60_000], "MNIST validation images"),
        Dataset(test_images, labels[60_000:], "MNIST test images"),
    )


def load(
    path: str | Path, labels_path: str | Path | None = None, *, split: Split = "test"
) -> Dataset:
    """Read a data set of any kind that digitpad knows.

    Parameters
    ----------
    path : path
        An IDX file of images as MNIST, Fashion-MNIST and EMNIST come in, plain or gzipped, whose
        labels lie beside it under the usual name; an .npz file with images and labels (or x and
        y); a stroke file, of which samples without a label are left out; a folder with such IDX
        files, with sub-folders of pictures 0 to 9, or with pictures whose names begin with their
        digit; or one such picture.
    labels_path : path, optional
        The IDX file of labels if it is elsewhere.
    split : {"test", "train"}
        Which images to take from a folder or an .npz file that holds both.

    Raises
    ------
    DigitpadError
        If it cannot be read, or is none of these.
    """
    path = Path(path)
    kind = kind_of(path)
    if labels_path is not None and kind != "idx":
        raise DigitpadError(
            f"“{path.name}” needs no file of labels: give one with an IDX file of images only."
        )
    name = path.resolve().name
    try:
        if kind == "folder" and (found := data_files.find_idx(path, split)):
            path = found
            kind = "idx"
    except OSError as error:
        raise data_files.unreadable(path, error) from None
    if kind == "idx":
        images, labels = data_files.read_idx(*_idx_pair(path, labels_path))
    elif kind == "npz":
        images, labels = data_files.read_npz(path, split)
    elif kind == "folder":
        images, labels = data_files.read_pictures(path)
    elif kind == "strokes":
        samples = [sample for sample in ink.read_strokes(path) if sample.label is not None]
        images = ink.to_images([sample.strokes for sample in samples]).reshape(-1, PIXELS)
        labels = np.array([sample.label for sample in samples], dtype=np.int64)
    else:
        labels = np.array([data_files.label_of(path)], dtype=np.int64)
        images = np.rint(photo.to_image(path) * 255).astype(np.uint8).reshape(1, PIXELS)
    return Dataset(images, labels, name)


def _idx_pair(path: Path, labels_path: str | Path | None) -> tuple[Path, Path]:
    """Return the files of images and labels, given either and perhaps the other."""
    if labels_path is not None:
        return path, Path(labels_path)
    if labels := data_files.counterpart(path, "images", "labels"):
        return path, labels
    if images := data_files.counterpart(path, "labels", "images"):
        return images, path
    raise DigitpadError(
        f"There is no file of labels beside “{path.name}”: put it there under its usual name "
        "(train-images-idx3-ubyte goes with train-labels-idx1-ubyte)."
    )


def kind_of(path: str | Path) -> Kind:
    """Tell by its content what a file is, so that the right reader gets it.

    Returns
    -------
    "folder", "idx", "npz", "strokes" or "picture"
        "picture" for whatever is nothing else, so that `photo.to_image` may refuse it.

    Raises
    ------
    DigitpadError
        If there is no such file, or it cannot be read.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return "folder"
        exists, is_file = path.exists(), path.is_file()
    except (OSError, ValueError):
        exists = is_file = False
    if not is_file:
        what = "is not a file" if exists else "does not exist"
        raise DigitpadError(f"“{path}” {what}: choose another.")
    if path.name.lower().endswith((".jsonl", ".jsonl.gz")):
        return "strokes"
    start = data_files.first_bytes(path)
    if start.startswith(b"PK"):
        return "npz"
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return "strokes"
    if path.suffix.lower() == ".npz":
        return "npz"
    if "-ubyte" in path.name or (start[:2] == b"\0\0" and start[2:3] >= b"\x08"):
        return "idx"
    return "picture"
