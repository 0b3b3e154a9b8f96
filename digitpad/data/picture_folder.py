"""Read folders of pictures, labelled by their folder or their name."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np

from digitpad.data.files import Images, Labels, Note
from digitpad.drawing import photo
from digitpad.drawing.pen import PIXELS
from digitpad.errors import DigitpadError
from digitpad.files import limits, reading

# Files that are named in a note about what was left out.
_NAMED = 3


def read_pictures(
    folder: Path, look_up: Callable[[], None] = lambda: None
) -> tuple[Images, Labels, tuple[str, ...]]:
    """Read a folder of pictures by label.

    Either the folder has sub-folders 0 to 9 with pictures, or pictures whose names begin with
    their label: 7.png, 7_anna.jpg, 7-2.png. Sorted by label, then by name.

    Parameters
    ----------
    folder : Path
    look_up : function
        Called before each picture; what it raises ends the reading.

    Returns
    -------
    images : (n, 784) uint8
    labels : (n,) int64
    notes : tuple of str
        A sentence that counts and names the files that were left out because they are no pictures,
        show no ink, or have no label; empty if there are none.

    Raises
    ------
    DigitpadError
        If not a single picture can be read.
    """
    candidates: list[tuple[int | None, Path]] = [
        (label, path)
        for label in range(10)
        if (folder / str(label)).is_dir()
        for path in _files(folder / str(label), "**/*")
    ]
    candidates += [(None, path) for path in _files(folder, "*")]
    images, labels = [], []
    # Their messages only: an error would keep the picture that was read.
    left_out: list[tuple[Path, str]] = []
    for label, path in candidates:
        look_up()
        try:
            image = photo.to_image(path)
            labels.append(label_of(path) if label is None else label)
            images.append(np.rint(image.ravel() * 255).astype(np.uint8))
        except DigitpadError as error:
            left_out.append((path, str(error)))
    # A stroke file or a note beside the pictures is no surprise unless there is nothing else.
    missed = [item for item in left_out if item[0].suffix.lower() in photo.SUFFIXES]
    if not images:
        if missed or left_out:
            raise DigitpadError((missed or left_out)[0][1])
        raise DigitpadError(
            f"“{folder.name}” holds no digits: a folder needs sub-folders 0 to 9 with pictures, "
            "pictures whose names begin with their digit, or MNIST's IDX files."
        )
    order = np.argsort(labels, kind="stable")
    notes = (_note(left_out, len(candidates)),) if left_out else ()
    return np.array(images).reshape(-1, PIXELS)[order], np.array(labels, np.int64)[order], notes


def _files(folder: Path, pattern: str) -> list[Path]:
    """Return the regular files of a folder that are not hidden, sorted."""
    found = list(islice(folder.glob(pattern), limits.MAX_ENTRIES + 1))
    if len(found) > limits.MAX_ENTRIES:
        raise DigitpadError(
            f"“{folder.name}” holds more than {limits.MAX_ENTRIES:,} files: choose a smaller "
            "folder."
        )
    return sorted(
        path for path in found if not path.name.startswith(".") and reading.is_regular(path)
    )


def _note(left_out: list[tuple[Path, str]], count: int) -> Note:
    names = ", ".join(path.name for path, _ in left_out[:_NAMED])
    more = f" and {len(left_out) - _NAMED} more" if len(left_out) > _NAMED else ""
    return Note(f"{len(left_out)} of {count} files were left out: {names}{more}. {left_out[0][1]}")


def label_of(path: Path) -> int:
    """Return the digit that a file's name begins with: 7.png, 7_anna.jpg, 7-2.png.

    Raises
    ------
    DigitpadError
        If it begins with none.
    """
    match = re.match(r"([0-9])(?![0-9A-Za-z])", path.name)
    if not match:
        raise DigitpadError(
            f"“{path.name}” has no label: begin its name with the digit that it shows, as in "
            f"7-{path.name}, or put it into a folder named 0 to 9."
        )
    return int(match[1])
