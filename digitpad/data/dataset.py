"""Data sets: images of digits and their labels.

`load` reads every file or folder that digitpad knows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitpad.data import csv, idx, npz, picture_folder, pixels
from digitpad.data.files import Note, Split
from digitpad.data.kinds import foreign, kind_of
from digitpad.data.sample_images import to_images
from digitpad.drawing import photo
from digitpad.drawing.pen import PIXELS
from digitpad.drawing.strokes import Sample, read_strokes
from digitpad.errors import DigitpadError
from digitpad.files import reading
from digitpad.nn.network import one_hot

NON_DIGIT = -1
"""The label of a drawing that is no digit: no output is desired to be active."""

# Of data without validation images of their own, one image of so many becomes one.
_VALIDATION_PART = 6


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images of digits and their labels.

    Attributes
    ----------
    images : (n, 784) uint8
        0 = background to 255 = ink; each row is an image of 28 x 28 pixels, row after row.
    labels : (n,) int64
        The digits, 0 to 9; or NON_DIGIT.
    name : str
        Shown to the user.
    notes : tuple of str
        Sentences that say what was left out or changed when it was read.

    Raises
    ------
    DigitpadError
        If the shapes do not agree or a label is not -1 to 9.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    name: str
    notes: tuple[str, ...] = ()

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
        if labels.size and not NON_DIGIT <= labels.min() <= labels.max() <= 9:
            wrong = labels[(labels < NON_DIGIT) | (labels > 9)][0]
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
        return Dataset(self.images[which], self.labels[which], self.name, self.notes)

    def concatenate(self, *others: Dataset) -> Dataset:
        """Return the samples of this data set and then those of the others."""
        parts = (self, *others)
        return Dataset(
            np.concatenate([part.images for part in parts]),
            np.concatenate([part.labels for part in parts]),
            " + ".join(dict.fromkeys(part.name for part in parts)),
            tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        )


def of_samples(samples: Sequence[Sample], name: str) -> Dataset:
    """Return the images and labels of samples; without a label, they have NON_DIGIT."""
    labels = [NON_DIGIT if sample.label is None else sample.label for sample in samples]
    return Dataset(to_images(samples), np.array(labels, dtype=np.int64), name)


def split_off_validation(data: Dataset) -> tuple[Dataset, Dataset]:
    """Return a data set to learn from and one to validate with: five sixths and one, as MNIST's.

    The choice is random, since files may be sorted by label, but the same each time. What is no
    digit is never validated with.
    """
    order = np.random.default_rng(0).permutation(len(data))
    kept = order[: len(data) // _VALIDATION_PART]
    kept = kept[data.labels[kept] != NON_DIGIT]
    return data.take(np.setdiff1d(order, kept)), data.take(kept)


def load(
    path: str | Path,
    labels_path: str | Path | None = None,
    *,
    split: Split = "test",
    look_up: Callable[[], None] = lambda: None,
) -> Dataset:
    """Read a data set of any kind that digitpad knows.

    Parameters
    ----------
    path : path
        An IDX file of images as MNIST, Fashion-MNIST and EMNIST come in, plain or gzipped, whose
        labels lie beside it under the usual name; an .npz file with images and labels (or x and
        y); such a pair of .npy files; a text file with a label and 784 pixels on each line; a
        stroke file, of which samples without a label are left out; a folder with such IDX files,
        with sub-folders of pictures 0 to 9, or with pictures whose names begin with their digit; or
        one such picture.
    labels_path : path, optional
        The IDX or .npy file of labels if it is elsewhere.
    split : {"test", "train"}
        Which images to take from a folder or an .npz file that holds both.
    look_up : function
        Called before each picture of a folder, which may be many; what it raises ends the reading.

    Returns
    -------
    Dataset
        Its `notes` say what was left out or changed: images that are inverted, lie on their side or
        have another range are put right.

    Raises
    ------
    DigitpadError
        If it cannot be read, or is none of these.
    """
    path = Path(path)
    kind = kind_of(path)
    name = path.resolve().name
    if kind == "folder":
        try:
            if found := idx.find_idx(path, split):
                path, kind = found, "idx"
        except OSError as error:
            raise reading.unreadable(path, error) from None
    if labels_path is not None and kind not in ("idx", "npy"):
        raise DigitpadError(
            f"“{path.name}” needs no file of labels: give one with an IDX or .npy file of images "
            "only."
        )
    notes: tuple[str, ...] = ()
    match kind:
        case "idx":
            images, labels = idx.read_idx(*_idx_pair(path, labels_path))
        case "npz" | "model":  # which its reader refuses
            images, labels, notes = npz.read_npz(path, split)
        case "npy":
            images, labels, notes = npz.read_npy(
                path, None if labels_path is None else Path(labels_path)
            )
        case "csv":
            images, labels = csv.read_csv(path)
        case "folder":
            images, labels, notes = picture_folder.read_pictures(path, look_up)
            return Dataset(images, labels, name, notes)
        case "strokes":
            return _of_stroke_file(path, name)
        case "picture":
            if refusal := foreign(path):
                raise refusal
            image = np.rint(photo.to_image(path) * 255).astype(np.uint8).reshape(1, PIXELS)
            label = picture_folder.label_of(path)
            return Dataset(image, np.array([label], dtype=np.int64), name)
    images, changes = pixels.put_right(images, labels)
    return Dataset(images, labels, name, notes + changes)


def may_hold_both(path: Path) -> bool:
    """Whether training and test images can be told apart in a file or folder, and so may differ.

    Raises
    ------
    DigitpadError
        If it cannot be read.
    """
    kind = kind_of(path)
    try:
        return kind == "npz" or (kind == "folder" and idx.find_idx(path, "test") is not None)
    except OSError as error:
        raise reading.unreadable(path, error) from None


def labelled_strokes(path: Path) -> tuple[list[Sample], tuple[str, ...]]:
    """Return the samples of a stroke file that have a label, and notes on those that have none.

    Raises
    ------
    DigitpadError
        If it cannot be read, or none has a label.
    """
    samples = read_strokes(path)
    labelled = [sample for sample in samples if sample.label is not None]
    if not labelled:
        raise DigitpadError(
            f"“{path.name}” holds no labelled digits: each line needs a “label” from 0 to 9."
        )
    left_out = len(samples) - len(labelled)
    if not left_out:
        return labelled, ()
    note = Note(f"{left_out:,} of {len(samples):,} samples have no label and were left out.")
    return labelled, (note,)


def _of_stroke_file(path: Path, name: str) -> Dataset:
    labelled, notes = labelled_strokes(path)
    data = of_samples(labelled, name)
    return Dataset(data.images, data.labels, name, notes)


def _idx_pair(path: Path, labels_path: str | Path | None) -> tuple[Path, Path]:
    """Return the files of images and labels, given either and perhaps the other."""
    if labels_path is not None:
        return path, Path(labels_path)
    if labels := idx.counterpart(path, "images", "labels"):
        return path, labels
    if images := idx.counterpart(path, "labels", "images"):
        return images, path
    raise DigitpadError(
        f"There is no file of labels beside “{path.name}”: put it there under its usual name "
        "(train-images-idx3-ubyte goes with train-labels-idx1-ubyte)."
    )
