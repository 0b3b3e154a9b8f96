"""What the readers of data files share: limits, types, and the first look at a file.

Each reader returns images (n, 784) uint8 and labels (n,) int64. What a file declares is checked
against the file before memory is taken for it, so that no file, however hostile, needs more than
about a GiB.
"""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitpad.errors import DigitpadError

Images: TypeAlias = NDArray[np.uint8]
Labels: TypeAlias = NDArray[np.int64]
Split: TypeAlias = Literal["train", "test"]

# All of EMNIST, the largest of MNIST's kin, is 638 MB.
MAX_BYTES = 1 << 30

# Deflate cannot pack tighter than 1032 to 1.
MAX_PACKED = 1032

DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, struct.error)


def first_bytes(path: Path, count: int = 64) -> bytes:
    """Return how a file begins, unpacked if it is gzipped.

    Raises
    ------
    DigitpadError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise unreadable(path, error) from None
    if start[:2] != b"\x1f\x8b":
        return start[:count]
    try:
        return zlib.decompressobj(31).decompress(start, count)
    except zlib.error as error:
        raise DigitpadError(
            f"“{path.name}” is a damaged gzip file ({error}): obtain it again."
        ) from None


def unreadable(path: Path, error: OSError) -> DigitpadError:
    """Return what to tell of a file that the system does not let us read."""
    return DigitpadError(
        f"“{path}” cannot be read ({error.strerror or error}): choose another file."
    )
