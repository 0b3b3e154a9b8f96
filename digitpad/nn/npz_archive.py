"""Open NumPy's .npz archives, and read their arrays, without trusting what they declare."""

from __future__ import annotations

import io
import math
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from digitpad.files import limits, reading

# An archive's directory has some 100 bytes for each array, and may end with a comment of 64 KiB.
_MAX_DIRECTORY = 128 << 10

# More than NumPy accepts as an array's header.
_MAX_HEADER = 12 << 10

_BLOCK = 1 << 20

# What zipfile, zlib and NumPy raise for damaged data.
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, MemoryError),
    *(LookupError, NotImplementedError, RuntimeError, ValueError, OverflowError),
)


class BadArray(Exception):
    """An archive or array that cannot be used; the message completes “The file …”."""


class Archive:
    """An open archive.

    Parameters
    ----------
    archive : ZipFile
    trusted_bytes : int
        What it may unpack to, however small it is.

    Attributes
    ----------
    names : list of str
        Of its arrays, without “.npy”.
    """

    def __init__(self, archive: zipfile.ZipFile, trusted_bytes: int = 0) -> None:
        self._archive = archive
        self._trusted_bytes = trusted_bytes
        self._entries = archive.infolist()
        self.names = [entry.filename.removesuffix(".npy") for entry in self._entries]
        if len(self.names) > limits.MAX_MEMBERS:
            raise BadArray(f"holds more than {limits.MAX_MEMBERS} arrays")
        size = sum(entry.file_size for entry in self._entries)
        packed = sum(entry.compress_size for entry in self._entries)
        if size > min(limits.MAX_BYTES, max(limits.max_unpacked(packed), trusted_bytes)):
            raise BadArray(f"would unpack to {size >> 20:,} MiB, which is too much for its size")

    def read(self, name: str, kinds: str, max_bytes: int = limits.MAX_BYTES) -> NDArray[Any]:
        """Return one array.

        Parameters
        ----------
        name : str
            One of `names`.
        kinds : str
            The kinds of `numpy.dtype` that are allowed, such as “fiu”.
        max_bytes : int

        Raises
        ------
        BadArray
            If it is there twice, is damaged, encrypted or no array, or has another type or more
            bytes.
        """
        if self.names.count(name) != 1:
            raise BadArray(f"holds {name} {'twice' if name in self.names else 'no more'}")
        entry = self._entries[self.names.index(name)]
        if entry.flag_bits & 1:
            raise BadArray("is encrypted")
        if entry.file_size > max(limits.max_unpacked(entry.compress_size), self._trusted_bytes):
            raise BadArray(
                f"would unpack {name} to {entry.file_size >> 20:,} MiB, which is too much for its "
                "size"
            )
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadArray("has a compression that NumPy does not use")
        try:
            with self._archive.open(entry) as file:
                return read_array(file, name, entry.file_size, kinds, max_bytes)
        except _DAMAGED as error:
            raise BadArray(f"is damaged ({_short(error)})") from None


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open an archive.

    Raises
    ------
    BadArray
        If it is not an archive, holds too many arrays, or unpacks to more than
        `digitpad.files.limits` allow.
    DigitpadError
        If the file cannot be read.
    """
    with reading.opened(path) as raw, _zip_of(raw) as archive:
        yield Archive(archive)


def read_all(data: bytes, kinds: str, max_bytes: int) -> dict[str, NDArray[Any]]:
    """Return all arrays of an archive that digitpad itself has written, which may be all alike.

    Raises
    ------
    BadArray
        If it is none, or unpacks to more than `max_bytes`, however small it is; or as `Archive`.
    """
    with _zip_of(io.BytesIO(data)) as archive:
        opened = Archive(archive, max_bytes)
        return {name: opened.read(name, kinds, max_bytes) for name in opened.names}


def _zip_of(file: IO[bytes]) -> zipfile.ZipFile:
    bounded = _Bounded(file)
    try:
        archive = zipfile.ZipFile(cast(IO[bytes], bounded))
    except _DAMAGED as error:
        raise BadArray(f"is not an .npz archive, or is incomplete ({_short(error)})") from None
    bounded.bounded = False
    return archive


class _Bounded:
    """A file that reads no more at once than an archive's directory may need.

    `zipfile` reads the directory, however large, in one piece and keeps half a kilobyte for each
    of its entries.
    """

    bounded = True

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable

    def read(self, size: int = -1) -> bytes:
        if not self.bounded:
            return self._file.read(size)
        data = self._file.read(size if 0 <= size <= _MAX_DIRECTORY else _MAX_DIRECTORY + 1)
        if len(data) > _MAX_DIRECTORY:
            raise zipfile.BadZipFile("its directory is too large")
        return data


def read_array(
    file: IO[bytes], name: str, file_size: int, kinds: str, max_bytes: int = limits.MAX_BYTES
) -> NDArray[Any]:
    """Read an array in NumPy's .npy format whose header, declared size and content agree.

    Parameters
    ----------
    file : binary file
        At the array's beginning; it must end with the array.
    name : str
        For messages.
    file_size : int
        Bytes in the file, or what it declares.
    kinds, max_bytes
        As for `Archive.read`.

    Raises
    ------
    BadArray
        If they do not agree, or the array has another type or more bytes.
    """
    start = io.BytesIO(file.read(_MAX_HEADER))
    try:
        shape, column_major, dtype = _read_header(start)
    except Exception:  # of many kinds: NumPy passes the header to Python's parser
        raise BadArray(f"holds {name}, which is not a NumPy array") from None
    if dtype.hasobject:
        raise BadArray(f"holds {name} as Python objects, which are never unpickled")
    if dtype.kind not in kinds:
        raise BadArray(f"holds {name}, which has the wrong type ({_short(dtype)})")
    if not all(type(length) is int and length >= 0 for length in shape):
        raise BadArray(f"holds {name}, whose shape is not one")
    size = math.prod(shape) * dtype.itemsize  # Python's integers do not overflow
    if size > file_size:
        raise BadArray(f"holds {name}, which is shorter than its shape")
    if size > max_bytes:
        raise BadArray(f"holds {name}, which is too large ({size >> 20:,} MiB)")
    content = bytearray(size)
    view = memoryview(content)
    at = start.readinto(view)
    while at < size and (count := file.readinto(view[at : at + _BLOCK])):  # type: ignore[attr-defined]
        at += count
    # Reading on to the end compares the checksum.
    if at < size or start.read(1) or file.read(1):
        raise BadArray(f"holds {name}, which does not have the length of its shape")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if column_major else "C")


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shape, column_major, dtype = readers[npy.read_magic(file)](file)
    return shape, column_major, dtype


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 80 else f"{text[:80]} …"
