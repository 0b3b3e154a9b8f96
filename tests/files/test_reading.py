"""Only regular files are read, and no more of them than is allowed."""

from __future__ import annotations

import gzip
import os
import socket
import sys
from pathlib import Path

import pytest

from digitpad.errors import DigitpadError
from digitpad.files import limits, reading
from tests.files.memory import needs_resource, read_elsewhere

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def read_unpacked(path: Path | str) -> bytes:
    with reading.unpacked(Path(path)) as file:
        return file.read()


READERS = (reading.read_bytes, read_unpacked, reading.first_bytes)


@posix
@pytest.mark.parametrize("kind", ["folder", "fifo", "socket", "/dev/zero", "/dev/null"])
def test_what_is_not_a_regular_file_is_neither_read_nor_waited_for(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "x"
    with socket.socket(socket.AF_UNIX) as server:
        if kind == "folder":
            path.mkdir()
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "socket":
            server.bind(str(path))
        else:
            path.symlink_to(kind)
        assert not reading.is_regular(path)
        for read in READERS:
            with pytest.raises(DigitpadError, match=r"not a regular file|cannot be read"):
                read(path)


def test_what_is_not_there(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path, message in (
        (tmp_path / "missing", "does not exist"),
        (loop, "cannot be read"),
        (tmp_path / ("x" * 300), "cannot be read"),
        (Path("a\0b"), "is not a file name"),
    ):
        assert not reading.is_regular(path)
        for read in READERS:
            with pytest.raises(DigitpadError, match=message):
                read(path)


def test_a_file_is_read_up_to_the_limit_and_not_beyond(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"0123456789")
    assert reading.read_bytes(path, 10) == b"0123456789"
    for read in (reading.read_bytes, lambda p, most: reading.unpacked(p, most).__enter__()):
        with pytest.raises(DigitpadError, match="“x” holds more than 0 MiB"):
            read(path, 9)


@posix
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs Linux's /proc")
def test_a_file_that_claims_to_be_empty_is_limited_while_it_is_read() -> None:
    path = Path("/proc/self/status")
    assert path.stat().st_size == 0
    assert len(reading.read_bytes(path)) > 100
    with pytest.raises(DigitpadError, match="holds more than"):
        reading.read_bytes(path, 100)


@pytest.mark.parametrize("size", [0, 1, 5, 1 << 16, 300_000])
def test_gzip_of_one_part_or_several_padded_or_not(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x"
    content = os.urandom(size)
    for packed in (
        gzip.compress(content),
        gzip.compress(content[: size // 2]) + gzip.compress(content[size // 2 :]),
        gzip.compress(b"") + gzip.compress(content) + gzip.compress(b""),
        gzip.compress(content) + bytes(70_000),
    ):
        path.write_bytes(packed)
        assert read_unpacked(path) == content
        assert reading.first_bytes(path, 3) == content[:3]


def test_a_damaged_gzip_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    whole = gzip.compress(os.urandom(1000))
    for damaged in (
        *(whole[:length] for length in (2, 5, 12, 500, len(whole) - 1)),
        whole[:500] + b"\0" + whole[501:],
        whole + b"more",
        whole + whole[:20],
    ):
        path.write_bytes(damaged)
        with pytest.raises(DigitpadError, match=r"“x\.gz” is a damaged gzip file"):
            read_unpacked(path)


def test_what_unpacks_to_far_more_than_its_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    most = limits.max_unpacked(0)
    path.write_bytes(gzip.compress(bytes(most)))
    assert len(read_unpacked(path)) == most
    path.write_bytes(gzip.compress(bytes(most + 1)))
    with pytest.raises(DigitpadError, match="holds more than 16 MiB"):
        read_unpacked(path)


@needs_resource
def test_an_endless_device_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "zero").symlink_to("/dev/zero")
    message, mib = read_elsewhere("digitpad.files.reading:read_bytes", tmp_path / "zero")
    assert "not a regular file" in message
    assert mib < 20


def test_first_bytes_look_into_gzip(tmp_path: Path) -> None:
    path = tmp_path / "thing"
    path.write_bytes(b"0123456789" * 20)
    assert reading.first_bytes(path, 5) == b"01234"
    path.write_bytes(gzip.compress(b"0123456789" * 20))
    assert reading.first_bytes(path, 5) == b"01234"
    path.write_bytes(b"\x1f\x8b\xff\xff\xff")
    with pytest.raises(DigitpadError, match="is a damaged gzip file"):
        reading.first_bytes(path)
