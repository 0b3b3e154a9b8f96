"""IDX files, as MNIST, EMNIST and Fashion-MNIST come in."""

from __future__ import annotations

import math
import re
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from digitpad.data.files import Images, Labels, Split
from digitpad.drawing.pen import PIXELS
from digitpad.errors import DigitpadError
from digitpad.files import limits, reading

SUFFIXES = ("-ubyte", "-ubyte.gz")
"""How the names of the files end that `read_idx` reads."""

_BLOCK = 1 << 22


def read_idx(images_path: Path, labels_path: Path) -> tuple[Images, Labels]:
    """Read an IDX file of images and the one of their labels, each plain or gzipped.

    Raises
    ------
    DigitpadError
        If a file cannot be read, is not IDX, is cut short or longer than it declares, or holds
        other than images of 28 x 28 pixels and one label for each.
    """
    images = _read_idx_array(images_path, "images")
    if images.ndim not in (2, 3) or math.prod(images.shape[1:]) != PIXELS:
        shape = " x ".join(map(str, images.shape[1:])) or "single"
        raise DigitpadError(
            f"“{images_path.name}” holds {shape} values an image: digitpad reads images of "
            "28 x 28 pixels."
        )
    images = images.reshape(-1, PIXELS)
    labels = _read_idx_array(labels_path, "labels")
    if labels.ndim != 1 or len(labels) != len(images):
        raise DigitpadError(
            f"“{images_path.name}” has {len(images):,} images but “{labels_path.name}” "
            f"{len(labels):,} labels: choose the files that belong together."
        )
    return images, labels.astype(np.int64)


def _read_idx_array(path: Path, what: str) -> NDArray[np.uint8]:
    with reading.unpacked(path) as file:
        shape = _idx_shape(file, path, what)
        declared = math.prod(shape)
        most = min(limits.MAX_BYTES, limits.max_unpacked(path.stat().st_size))
        if declared > most:
            raise DigitpadError(
                f"“{path.name}” declares {declared:,} bytes of {what}, too many for its size: "
                "download or copy it again."
            )
        values = np.empty(declared, dtype=np.uint8)
        at = 0
        view = values.data
        while at < declared and (count := file.readinto(view[at : at + _BLOCK])):
            at += count
        if at < declared or file.read(1):
            wrong = "is incomplete" if at < declared else "is longer than it declares"
            raise DigitpadError(f"“{path.name}” {wrong}: download or copy it again.")
        return values.reshape(shape)


def _idx_shape(file: BinaryIO, path: Path, what: str) -> tuple[int, ...]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or not 1 <= magic[3] <= 4:
        raise DigitpadError(
            f"“{path.name}” is not an IDX file: choose one like MNIST's train-{what}-idx"
            f"{1 if what == 'labels' else 3}-ubyte."
        )
    if magic[2] != 0x08:
        raise DigitpadError(
            f"“{path.name}” is an IDX file with values of the type 0x{magic[2]:02X}: digitpad "
            "reads unsigned bytes, 0x08."
        )
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise DigitpadError(f"“{path.name}” is incomplete: download or copy it again.")
    return struct.unpack(f">{magic[3]}I", sizes)


def counterpart(path: Path, have: str, want: str) -> Path | None:
    """Return the file beside an IDX file of images that holds the labels, or the reverse.

    Parameters
    ----------
    path : Path
        For example train-images-idx3-ubyte.gz.
    have, want : {"images", "labels"}
        What it holds and what is looked for.
    """
    bare = re.sub(r"\.gz$", "", path.name, flags=re.IGNORECASE)
    dimensions = {"images": "idx3", "labels": "idx1"}
    other = bare.replace(have, want).replace(dimensions[have], dimensions[want])
    if other == bare:
        return None
    names = [other, other.replace("-idx", ".idx"), other.replace(".idx", "-idx")]
    # Some archives unpack to a folder for each file, of the file's own name.
    folder = path.parent.parent if path.parent.name == path.name else path.parent
    for name in dict.fromkeys(names):
        for candidate in (folder / name, folder / (name + ".gz")):
            if file := _file_at(candidate):
                return file
    return None


def _file_at(path: Path) -> Path | None:
    """Return the regular file of this path, or of its own name in the folder of this path."""
    return next((file for file in (path, path / path.name) if reading.is_regular(file)), None)


def find_idx(folder: Path, split: Split) -> Path | None:
    """Return the IDX file of images in a folder; of two, the one of the split.

    Raises
    ------
    DigitpadError
        If there are several that this does not tell apart.
    """
    found = {}
    for path in sorted(folder.iterdir(), reverse=True):
        if re.search(r"images[-.]idx3", path.name) and (file := _file_at(path)):
            # Plain or gzipped, the same file counts once.
            found[re.sub(r"\.gz$", "", path.name)] = file
    words = ("test", "t10k") if split == "test" else ("train",)
    wanted = [path for name, path in found.items() if any(word in name for word in words)]
    candidates = wanted if len(found) > 1 else list(found.values())
    if len(found) > 1 and len(candidates) != 1:
        raise DigitpadError(
            f"“{folder.name}” holds several data sets ({', '.join(sorted(found))}): choose one of "
            "these files."
        )
    return candidates[0] if candidates else None
