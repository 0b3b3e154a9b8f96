"""Open NumPy's .npz archives without trusting what they declare."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

# An archive's directory has some 100 bytes for each array, and may end with a comment of 64 KiB.
_MAX_DIRECTORY = 128 << 10

DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError),
    *(LookupError, NotImplementedError, RuntimeError, ValueError),
)
"""What zipfile, zlib and NumPy raise for damaged data or an unknown compression."""


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive of at most some hundred arrays.

    Raises
    ------
    zipfile.BadZipFile
        If it is not a zip archive, or its directory is larger.
    OSError
        If it cannot be read.
    """
    with _Bounded(io.FileIO(path)) as file, zipfile.ZipFile(file) as archive:
        file.bounded = False
        yield archive


class _Bounded(io.BufferedReader):
    """A file that reads no more at once than an archive's directory may need.

    `zipfile` reads the directory, however large, in one piece and keeps half a kilobyte for each
    of its entries.
    """

    bounded = True

    def read(self, size: int | None = -1) -> bytes:
        if not self.bounded:
            return super().read(size)
        if size is None or not 0 <= size <= _MAX_DIRECTORY:
            size = _MAX_DIRECTORY + 1
        data = super().read(size)
        if len(data) > _MAX_DIRECTORY:
            raise zipfile.BadZipFile("its directory is too large")
        return data


def read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read an array's header: its shape, whether it is column-major, and its type.

    Raises
    ------
    Exception
        Of many kinds, if it is not an array: NumPy passes the header to Python's parser.
    """
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shape, column_major, dtype = readers[npy.read_magic(file)](file)
    return shape, column_major, dtype
