"""Read files within limits: regular files only, plain or gzipped, at most so many bytes."""

from __future__ import annotations

import io
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from digitpad.errors import DigitpadError
from digitpad.files import limits

_CHUNK = 1 << 16

# Tools that compress in parallel write a gzip member for each block of at least 64 KiB.
_MAX_GZIP_MEMBERS = 20_000


def is_regular(path: Path) -> bool:
    """Whether there is a regular file: not a folder, device, FIFO or socket."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


@contextmanager
def opened(path: Path, max_bytes: int = limits.MAX_BYTES) -> Iterator[BinaryIO]:
    """Open a regular file to read and seek in.

    Raises
    ------
    DigitpadError
        If it does not exist, is not a regular file, cannot be read, or is larger than `max_bytes`.
    """
    try:
        # Without O_NONBLOCK, a FIFO would be waited for.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        handle = os.open(path, flags)
    except FileNotFoundError:
        raise DigitpadError(f"“{_shown(path)}” does not exist: check its name.") from None
    except OSError as error:
        if os.path.isdir(path):  # which Windows cannot open
            raise _not_a_file(path) from None
        raise unreadable(path, error) from None
    except ValueError:  # a name with a null character
        raise DigitpadError(f"{str(path)!r} is not a file name: choose a file.") from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_size > max_bytes:
        os.close(handle)
        raise _too_large(path, max_bytes) if stat.S_ISREG(status.st_mode) else _not_a_file(path)
    with open(handle, "rb") as file:
        try:
            yield file
        except OSError as error:
            raise unreadable(path, error) from None


def read_bytes(path: Path, max_bytes: int = limits.MAX_BYTES) -> bytes:
    """Return the content of a regular file.

    Raises
    ------
    DigitpadError
        As `opened`; also if the file grows beyond `max_bytes`, as some that claim a size of 0 do.
    """
    with opened(path, max_bytes) as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise _too_large(path, max_bytes)
    return data


@contextmanager
def unpacked(path: Path, max_bytes: int = limits.MAX_BYTES) -> Iterator[io.BufferedReader]:
    """Open a regular file that may be gzipped, whatever its name, and read what is in it.

    Raises
    ------
    DigitpadError
        As `opened`; while it is read, if the content is larger than `max_bytes` or than its size
        allows (`limits.max_unpacked`), or if the gzip data are damaged.
    """
    with opened(path, max_bytes) as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        content = _Gunzip(file, path) if packed else file
        size = os.fstat(file.fileno()).st_size
        most = min(max_bytes, limits.max_unpacked(size)) if packed else max_bytes
        yield io.BufferedReader(_Limited(content, path, most), _CHUNK)


def first_bytes(path: Path, count: int = 64) -> bytes:
    """Return the beginning of a regular file, unpacked if it is gzipped.

    Raises
    ------
    DigitpadError
        If it cannot be read.
    """
    with unpacked(path) as file:
        return file.read(count)


def unreadable(path: Path, error: OSError) -> DigitpadError:
    """Return the message for a file that the system does not let us read."""
    return DigitpadError(
        f"“{_shown(path)}” cannot be read ({error.strerror or error}): choose another file."
    )


def _shown(path: Path) -> str:
    # A name that comes from a file may be of any length.
    text = str(path)
    return text if len(text) <= 300 else f"{text[:100]} … {text[-100:]}"


def _not_a_file(path: Path) -> DigitpadError:
    return DigitpadError(f"“{path}” is not a regular file: choose another.")


def _too_large(path: Path, max_bytes: int) -> DigitpadError:
    return DigitpadError(
        f"“{path.name}” holds more than {max_bytes >> 20:,} MiB: split it or choose another file."
    )


class _Limited(io.RawIOBase):
    """What a source yields, up to a limit."""

    def __init__(self, source: BinaryIO | _Gunzip, path: Path, most: int) -> None:
        self._source = source
        self._path = path
        self._most = most
        self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(min(len(buffer), self._left + 1))
        if len(data) > self._left:
            raise _too_large(self._path, self._most)
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)


class _Gunzip:
    """The content of a gzip file, of one member after another."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._path = path
        self._members = 0
        self._member: Any = None
        self._input = b""

    def read(self, size: int) -> bytes:
        """Return 1 to `size` bytes, or none at the end."""
        while True:
            if not self._input:
                self._input = self._file.read(_CHUNK)
            if self._member is None:
                if not self._input.strip(b"\0"):  # zeros may pad the end
                    if self._input:
                        self._input = b""
                        continue
                    return b""
                self._begin_member()
            try:
                data: bytes = self._member.decompress(self._input, size)
            except zlib.error as error:
                raise self._damaged(str(error)) from None
            at_end = not self._input
            if self._member.eof:
                self._input = self._member.unused_data
                self._member = None
            else:
                self._input = self._member.unconsumed_tail
            if data:
                return data
            if at_end and self._member is not None:
                raise self._damaged("its end is missing")

    def _begin_member(self) -> None:
        self._members += 1
        if self._members > _MAX_GZIP_MEMBERS:
            raise self._damaged("it has too many parts")
        self._member = zlib.decompressobj(31)

    def _damaged(self, why: str) -> DigitpadError:
        return DigitpadError(
            f"“{self._path.name}” is a damaged gzip file ({why}): download or copy it again."
        )
