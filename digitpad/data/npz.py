"""Images and labels in NumPy's .npz archives."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitpad.data.files import (
    DAMAGED,
    MAX_BYTES,
    MAX_PACKED,
    Images,
    Labels,
    Split,
    unreadable,
)
from digitpad.drawing.pen import PIXELS, SIDE
from digitpad.errors import DigitpadError
from digitpad.nn import npz_archive

SUFFIXES = (".npz",)
"""How the names of the files end that `read_npz` reads."""


def read_npz(path: Path, split: Split) -> tuple[Images, Labels]:
    """Read images and labels from an .npz file.

    The arrays are called images and labels, or x and y; or, if the file holds both splits,
    x_train, y_train, x_test and y_test (also train_images, …), of which one split is read. Images
    are (n, 28, 28), (n, 784) or have one channel; as integers 0 to 255 or as fractions of 1.
    Labels are (n,) or one-hot (n, 10).

    Raises
    ------
    DigitpadError
        If it is no such file, or holds pickled objects, or other shapes or values.
    """
    try:
        with npz_archive.opened(path) as zipped:
            names = {info.filename.removesuffix(".npy").lower(): info for info in zipped.infolist()}
            pair = _npz_pair(names, split)
            if pair is None:
                raise DigitpadError(
                    f"“{path.name}” has no arrays called images and labels, or x and y"
                    + (f", but {', '.join(sorted(names)[:6])}" if names else "")
                    + ": save it with numpy.savez(…, images=…, labels=…)."
                )
            images, labels = (_npz_array(zipped, names[name], path) for name in pair)
    except npz_archive.DAMAGED as error:
        raise DigitpadError(f"“{path.name}” is damaged ({error}): obtain it again.") from None
    except OSError as error:
        raise unreadable(path, error) from None
    return _as_images(images, path), _as_labels(labels, path)


def _npz_pair(names: Iterable[str], split: Split) -> tuple[str, str] | None:
    other = "test" if split == "train" else "train"
    for form in ("{}", f"{{}}_{split}", f"{split}_{{}}", f"{{}}_{other}", f"{other}_{{}}"):
        for words in (("images", "labels"), ("x", "y")):
            pair = form.format(words[0]), form.format(words[1])
            if pair[0] in names and pair[1] in names:
                return pair
    return None


def _npz_array(zipped: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> NDArray[Any]:
    what = f"The array “{info.filename}” of “{path.name}”"
    if info.file_size > min(MAX_BYTES, (info.compress_size + 1) * MAX_PACKED):
        raise DigitpadError(
            f"{what} declares {info.file_size:,} bytes, more than it can hold or digitpad can take."
        )
    with zipped.open(info) as file:
        try:
            shape, column_major, dtype = npz_archive.read_header(file)
        except DAMAGED:
            raise
        except Exception:
            raise DigitpadError(
                f"{what} is not an array of NumPy's: save it with numpy.savez."
            ) from None
        if dtype.kind not in "buif":
            raise DigitpadError(
                f"{what} holds {dtype.name} values: digitpad reads plain numbers, and never "
                "unpickles objects."
            )
        if any(size < 0 for size in shape) or math.prod(shape) * dtype.itemsize > info.file_size:
            raise DigitpadError(f"{what} is shorter than its shape {shape} needs: obtain it again.")
        data = file.read(math.prod(shape) * dtype.itemsize)
        # Reading on to the end checks the checksum.
        file.read(1)
    if len(data) != math.prod(shape) * dtype.itemsize:
        raise DigitpadError(f"{what} is cut short: obtain it again.")
    return np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if column_major else "C")


def _as_images(values: NDArray[Any], path: Path) -> Images:
    shape = tuple(size for size in values.shape[1:] if size != 1)
    if not values.ndim or shape not in ((SIDE, SIDE), (PIXELS,)):
        raise DigitpadError(
            f"The images of “{path.name}” have the shape {values.shape}: digitpad reads (n, 28, 28)"
            " or (n, 784)."
        )
    values = values.reshape(-1, PIXELS)
    if values.dtype == np.uint8:
        return values
    # Blocks, lest float64 images need several times their memory while they are converted.
    images = np.empty(values.shape, dtype=np.uint8)
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if not (low >= 0 and high <= 255):
        raise DigitpadError(
            f"The images of “{path.name}” have pixels from {low:g} to {high:g}: digitpad reads 0 "
            "to 255, or 0 to 1 as fractions."
        )
    fractions = values.dtype.kind == "b" or (values.dtype.kind == "f" and high <= 1)
    for start in range(0, len(values), 1000):
        block = values[start : start + 1000].astype(np.float64)
        images[start : start + 1000] = np.rint(block * 255 if fractions else block)
    return images


def _as_labels(values: NDArray[Any], path: Path) -> Labels:
    if values.ndim == 2 and values.shape[1] == 10:
        one_hot = ((values == 0) | (values == 1)).all() and (values.sum(axis=1) == 1).all()
        if one_hot:
            labels: Labels = values.argmax(axis=1).astype(np.int64)
            return labels
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    in_range = values.ndim == 1 and ((values >= 0) & (values <= 9)).all()
    if not in_range or (values != np.rint(values)).any():
        raise DigitpadError(
            f"The labels of “{path.name}” are not digits: digitpad reads (n,) numbers from 0 to 9, "
            "or (n, 10) one-hot."
        )
    return values.astype(np.int64)
