"""Images and labels in NumPy's .npz archives and pairs of .npy files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from digitpad.data.files import Images, Labels, Split
from digitpad.data.pixels import as_images, as_labels
from digitpad.errors import DigitpadError
from digitpad.files import reading
from digitpad.nn import npz_archive
from digitpad.nn.npz_archive import BadArray

SUFFIXES = (".npz", ".npy")
"""How the names of the files end that `read_npz` and `read_npy` read."""

MAGIC = b"\x93NUMPY"
"""How a .npy file begins."""

_NUMBERS = "buif"
_LABELS = "buifUS"
_WORDS = (
    ("images", "labels"),
    ("x", "y"),
    ("data", "labels"),
    ("data", "target"),
    ("arr_0", "arr_1"),
)


def read_npz(path: Path, split: Split) -> tuple[Images, Labels, tuple[str, ...]]:
    """Read images and labels from an .npz file.

    The arrays are called images and labels, or x and y, or data and target; or, if the file holds
    both splits, x_train, y_train, x_test and y_test (also train_images, …), of which one split is
    read.

    Returns
    -------
    images, labels, notes
        As `pixels.as_images` and `pixels.as_labels` make them.

    Raises
    ------
    DigitpadError
        If it is no such file, or holds pickled objects, or other shapes or values.
    """
    try:
        with npz_archive.opened(path) as archive:
            names = {name.lower(): name for name in archive.names}
            pair = _pair(names, split)
            if pair is None:
                raise _without_pair(path, archive.names)
            images = archive.read(names[pair[0]], _NUMBERS)
            labels = archive.read(names[pair[1]], _LABELS)
    except BadArray as error:
        raise _refusal(path, error) from None
    found, notes = as_images(images, path.name)
    return found, as_labels(labels, path.name), notes


def _pair(names: Iterable[str], split: Split) -> tuple[str, str] | None:
    other = "test" if split == "train" else "train"
    for form in ("{}", f"{{}}_{split}", f"{split}_{{}}", f"{{}}_{other}", f"{other}_{{}}"):
        for words in _WORDS:
            pair = form.format(words[0]), form.format(words[1])
            if pair[0] in names and pair[1] in names:
                return pair
    return None


def _without_pair(path: Path, names: list[str]) -> DigitpadError:
    if any(name.endswith("data.pkl") for name in names):
        return DigitpadError(
            f"“{path.name}” is a PyTorch file, which can run code when it is loaded: save its "
            "images and labels with numpy.savez(…, images=…, labels=…) instead."
        )
    if "weights_1" in names:
        return DigitpadError(
            f"“{path.name}” is a model, not images and labels: choose a data set, or open it as a "
            "model."
        )
    # A name may hold anything, such as line breaks.
    shown = ", ".join(sorted(name if name.isprintable() else repr(name) for name in names)[:6])
    held = f", but {shown}"[:200] if names else ""
    return DigitpadError(
        f"“{path.name}” has no arrays called images and labels, or x and y{held}: save it with "
        "numpy.savez(…, images=…, labels=…)."
    )


def _refusal(path: Path, error: BadArray) -> DigitpadError:
    text = str(error)
    if "Python objects" in text or "wrong type" in text:
        advice = "save it with plain numbers, such as images.astype('uint8')"
    elif "damaged" in text or "shorter" in text or "incomplete" in text or "length" in text:
        advice = "download or save it again"
    else:
        advice = "save it with numpy.savez(…, images=…, labels=…)"
    return DigitpadError(f"“{path.name}” {text}: {advice}.")


def read_npy(path: Path, labels_path: Path | None = None) -> tuple[Images, Labels, tuple[str, ...]]:
    """Read a .npy file of images and the one of their labels.

    Without `labels_path`, either file finds the other: images.npy and labels.npy, x_train.npy and
    y_train.npy, …

    Returns
    -------
    images, labels, notes
        As for `read_npz`.

    Raises
    ------
    DigitpadError
        If there is no second file, or as for `read_npz`.
    """
    images_path = path
    if labels_path is None:
        if found := _counterpart(path, 0, 1):
            labels_path = found
        elif found := _counterpart(path, 1, 0):
            images_path, labels_path = found, path
        else:
            raise DigitpadError(
                f"There are no labels beside “{path.name}”: put them there under a name that "
                "matches, as labels.npy goes with images.npy and y_train.npy with x_train.npy."
            )
    images = _array(images_path, "images", _NUMBERS)
    labels = _array(labels_path, "labels", _LABELS)
    found_images, notes = as_images(images, images_path.name)
    return found_images, as_labels(labels, labels_path.name), notes


def _counterpart(path: Path, have: int, want: int) -> Path | None:
    """Return the file beside one of images that holds the labels, or the reverse."""
    for words in _WORDS:
        # A word of its own in the name, lest every x in it be replaced.
        pattern = rf"(?i)(?<![a-z]){words[have]}(?![a-z])"
        name = re.sub(
            pattern,
            lambda found, word=words[want]: word.upper() if found[0].isupper() else word,  # type: ignore[misc]
            path.name,
        )
        candidate = path.with_name(name)
        if name != path.name and reading.is_regular(candidate):
            return candidate
    return None


def _array(path: Path, what: str, kinds: str) -> NDArray[Any]:
    with reading.opened(path) as file:
        try:
            size = os.fstat(file.fileno()).st_size
            return npz_archive.read_array(file, f"an array of {what}", size, kinds)
        except BadArray as error:
            raise _refusal(path, error) from None
