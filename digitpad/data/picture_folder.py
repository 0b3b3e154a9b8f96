"""Folders of pictures whose labels their names say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from digitpad.data.files import (
    MAX_BYTES,
    Images,
    Labels,
)
from digitpad.drawing import photo
from digitpad.drawing.pen import PIXELS
from digitpad.errors import DigitpadError


def read_pictures(folder: Path) -> tuple[Images, Labels]:
    """Read a folder of pictures by label.

    Either the folder has sub-folders 0 to 9 with pictures, or pictures whose names begin with
    their label: 7.png, 7_anna.jpg, 7-2.png. Sorted by label, then by name.

    Raises
    ------
    DigitpadError
        If there are no pictures, one is unreadable, or its label is not told.
    """
    pairs = [
        (label, path)
        for label in range(10)
        if (folder / str(label)).is_dir()
        for path in sorted((folder / str(label)).rglob("*"))
        if _is_picture(path)
    ]
    for path in sorted(folder.iterdir()):
        if _is_picture(path):
            pairs.append((label_of(path), path))
    if not pairs:
        raise DigitpadError(
            f"“{folder.name}” holds no digits: a folder needs sub-folders 0 to 9 with pictures, "
            "pictures whose names begin with their digit, or MNIST's IDX files."
        )
    pairs.sort(key=lambda pair: pair[0])
    if len(pairs) * PIXELS > MAX_BYTES:
        raise DigitpadError(f"“{folder.name}” holds {len(pairs):,} pictures: choose fewer.")
    images = np.empty((len(pairs), PIXELS), dtype=np.uint8)
    for row, (_, path) in zip(images, pairs, strict=True):
        row[:] = np.rint(photo.to_image(path).ravel() * 255)
    return images, np.array([label for label, _ in pairs], dtype=np.int64)


def _is_picture(path: Path) -> bool:
    return (
        not path.name.startswith(".") and path.suffix.lower() in photo.SUFFIXES and path.is_file()
    )


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
            f"“{path.name}” does not say which digit it shows: begin its name with the digit, as "
            f"in 7-{path.name}, or put it into a folder 0 to 9."
        )
    return int(match[1])
