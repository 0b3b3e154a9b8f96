"""IDX files, as MNIST, EMNIST and Fashion-MNIST come in."""

from __future__ import annotations

import gzip
import math
import re
import struct
from pathlib import Path
from typing import IO, cast

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

SUFFIXES = ("-ubyte", "-ubyte.gz")
"""How the names of the files end that `read_idx` reads."""

_BLOCK = 1 << 22


def read_idx(images_path: Path, labels_path: Path) -> tuple[Images, Labels]:
    """Read an IDX file of images and the one of their labels, each plain or gzipped.

    EMNIST stores its images column by column, lying on their side; those of a file with EMNIST's
    name are turned upright unless its ones, if it has any, stand upright already.

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
    if "emnist" in images_path.name.lower() and not _stand_upright(images[labels == 1]):
        images = images.reshape(-1, SIDE, SIDE).transpose(0, 2, 1).reshape(-1, PIXELS)
    return images, labels.astype(np.int64)


def _stand_upright(ones: Images) -> bool:
    """Tell whether ones are taller than wide; no ones, no."""
    ink = ones[:1000].reshape(-1, SIDE, SIDE) > 127
    return bool(ink.any(axis=2).sum() > ink.any(axis=1).sum())


def _read_idx_array(path: Path, what: str) -> NDArray[np.uint8]:
    try:
        size = path.stat().st_size
        with path.open("rb") as raw:
            zipped = raw.peek(2)[:2] == b"\x1f\x8b"
            file = cast(IO[bytes], gzip.GzipFile(fileobj=raw) if zipped else raw)
            shape = _idx_shape(file, path, what)
            declared = math.prod(shape)
            possible = size * MAX_PACKED if zipped else size
            if declared > min(possible, MAX_BYTES):
                why = "than it holds" if declared > possible else "than digitpad can take"
                raise DigitpadError(
                    f"“{path.name}” declares {declared:,} bytes of {what}, more {why}: obtain it "
                    "again."
                )
            values = np.empty(declared, dtype=np.uint8)
            at = 0
            while at < declared and (part := file.read(min(_BLOCK, declared - at))):
                values[at : at + len(part)] = np.frombuffer(part, dtype=np.uint8)
                at += len(part)
            if at < declared or file.read(1):
                wrong = "is cut short" if at < declared else "is longer than it declares"
                raise DigitpadError(f"“{path.name}” {wrong}: obtain it again.")
            return values.reshape(shape)
    except DAMAGED as error:
        raise DigitpadError(f"“{path.name}” is damaged ({error}): obtain it again.") from None
    except OSError as error:
        raise unreadable(path, error) from None


def _idx_shape(file: IO[bytes], path: Path, what: str) -> tuple[int, ...]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or not 1 <= magic[3] <= 4:
        raise DigitpadError(
            f"“{path.name}” is not an IDX file: choose one like MNIST's train-{what}-idx"
            f"{1 if what == 'labels' else 3}-ubyte."
        )
    if magic[2] != 0x08:
        raise DigitpadError(
            f"“{path.name}” is an IDX file of numbers of the type 0x{magic[2]:02X}: digitpad reads "
            "unsigned bytes, 0x08."
        )
    sizes = file.read(4 * magic[3])
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
    for name in dict.fromkeys(names):
        for candidate in (path.with_name(name), path.with_name(name + ".gz")):
            if candidate.is_file():
                return candidate
    return None


def find_idx(folder: Path, split: Split) -> Path | None:
    """Return the IDX file of images in a folder; where there are two, the split that is wanted.

    Raises
    ------
    DigitpadError
        If there are several that this does not tell apart.
    """
    found = {}
    for path in sorted(folder.iterdir(), reverse=True):
        if re.search(r"images[-.]idx3", path.name) and path.is_file():
            # Plain or gzipped, the same file counts once.
            found[re.sub(r"\.gz$", "", path.name)] = path
    words = ("test", "t10k") if split == "test" else ("train",)
    wanted = [path for name, path in found.items() if any(word in name for word in words)]
    candidates = wanted if len(found) > 1 else list(found.values())
    if len(found) > 1 and len(candidates) != 1:
        raise DigitpadError(
            f"“{folder.name}” holds several data sets ({', '.join(sorted(found))}): choose one of "
            "these files."
        )
    return candidates[0] if candidates else None
