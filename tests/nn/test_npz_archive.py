"""Archives and arrays at their limits: what is refused, in which words, and what is read."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitpad.files import limits
from digitpad.nn import npz_archive
from digitpad.nn.npz_archive import BadArray, read_array

ONES = np.ones((3, 4), np.float32)


def npy(array: NDArray[Any]) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    return content.getvalue()


def header(shape: str, descr: str = "'<f4'", version: int = 1) -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path


def refused(content: bytes, kinds: str = "f", **more: int) -> str:
    with pytest.raises(BadArray) as error:
        read_array(io.BytesIO(content), "x", len(content), kinds, **more)
    return str(error.value)


def test_arrays_come_back_in_any_order_and_version_of_the_format() -> None:
    fortran = np.asfortranarray(np.arange(12, dtype=np.int16).reshape(3, 4))
    for content, expected in (
        (npy(ONES), ONES),
        (npy(fortran), fortran),
        (header("(3, 4)", version=2) + ONES.tobytes(), ONES),
        (header("(0, 4)"), ONES[:0]),
        (header("()") + b"\0\0\x80\x3f", np.float32(1)),
    ):
        found = read_array(io.BytesIO(content), "x", len(content), "fi")
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype
    with pytest.raises(BadArray, match="not a NumPy array"):
        read_array(io.BytesIO(header("(3, 4)", version=3) + ONES.tobytes()), "x", 999, "f")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"hello", "holds x, which is not a NumPy array"),
        (header("(3, 4)", "'|O'"), "holds x as Python objects, which are never unpickled"),
        (header("(3, 4)", "'<i4'"), "holds x, which has the wrong type (int32)"),
        (header("(-3, -4)") + ONES.tobytes(), "holds x, whose shape is not one"),
        (header("(True, 4)") + bytes(16), "holds x, whose shape is not one"),
        (header("(300, 400)") + ONES.tobytes(), "holds x, which is shorter than its shape"),
        (
            header("(3, 4)") + ONES.tobytes()[:-1],
            "holds x, which does not have the length of its shape",
        ),
        (
            header("(3, 4)") + ONES.tobytes() + b"0",
            "holds x, which does not have the length of its shape",
        ),
        (
            header("(4000,)") + bytes(16_001),
            "holds x, which does not have the length of its shape",
        ),
    ],
)
def test_what_is_not_the_array_that_it_declares(content: bytes, why: str) -> None:
    assert refused(content) == why


def test_what_a_message_quotes_is_short_and_on_one_line() -> None:
    fields = "[" + ", ".join(f"('a{number}', '<f4')" for number in range(50)) + "]"
    message = refused(header("(1,)", fields) + bytes(200))
    start, end = "holds x, which has the wrong type (", " …)"
    assert message.startswith(start)
    assert message.endswith(end)
    assert len(message) == len(start) + 80 + len(end)
    assert "\n" not in message
    assert "  " not in message


def test_the_bytes_of_an_array_are_limited() -> None:
    content = npy(np.zeros((3 << 18, 1), np.float32))
    assert refused(content, max_bytes=(3 << 20) - 1) == "holds x, which is too large (3 MiB)"
    found = read_array(io.BytesIO(content), "x", len(content), "f", max_bytes=3 << 20)
    assert found.nbytes == 3 << 20
    # What the file says that it holds may be exactly what the array needs.
    assert read_array(io.BytesIO(content), "x", 3 << 20, "f").nbytes == 3 << 20


class Careful(io.BytesIO):
    """Notes how much is read at once."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.most = max(self.most, 1 << 62 if size is None or size < 0 else size)
        return super().read(size)


def test_no_more_is_read_than_the_array_needs() -> None:
    file = Careful(npy(ONES) + bytes(1 << 20))
    with pytest.raises(BadArray, match="does not have the length"):
        read_array(file, "x", 2 << 20, "f")
    assert file.most <= 16 << 10
    assert file.tell() <= 16 << 10


def test_an_archive_of_as_many_arrays_as_are_allowed(tmp_path: Path) -> None:
    members = {f"a{number}.npy": npy(ONES) for number in range(limits.MAX_MEMBERS)}
    with npz_archive.opened(archive(tmp_path / "most.npz", members)) as opened:
        assert opened.names == [f"a{number}" for number in range(limits.MAX_MEMBERS)]
    path = archive(tmp_path / "more.npz", {**members, "one.npy": npy(ONES)})
    with pytest.raises(BadArray) as error, npz_archive.opened(path):
        pass
    assert str(error.value) == f"holds more than {limits.MAX_MEMBERS} arrays"


def test_an_archive_of_as_many_bytes_as_are_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive(tmp_path / "a.npz", {"a.npy": bytes(2 << 20), "b.npy": bytes(1 << 20)})
    monkeypatch.setattr(limits, "MAX_BYTES", 3 << 20)
    with npz_archive.opened(path) as opened:
        assert opened.names == ["a", "b"]
    monkeypatch.setattr(limits, "MAX_BYTES", (3 << 20) - 1)
    with pytest.raises(BadArray) as error, npz_archive.opened(path):
        pass
    assert str(error.value) == "would unpack to 3 MiB, which is too much for its size"


def test_the_arrays_of_an_archive(tmp_path: Path) -> None:
    damaged = archive(tmp_path / "a.npz", {"good.npy": npy(ONES), "bad.npy": npy(2 * ONES)})
    content = bytearray(damaged.read_bytes())
    content[content.find((2 * ONES).tobytes())] ^= 1
    damaged.write_bytes(content)
    with npz_archive.opened(damaged) as opened:
        assert opened.read("good", "f").tolist() == ONES.tolist()
        for name, kinds, limit, why in (
            ("bad", "f", 999, r"is damaged \(Bad CRC-32 for file 'bad.npy'\)"),
            ("other", "f", 999, "holds other no more"),
            ("good", "iu", 999, r"holds good, which has the wrong type \(float32\)"),
            ("good", "f", 47, r"holds good, which is too large \(0 MiB\)"),
        ):
            with pytest.raises(BadArray, match=f"^{why}$"):
                opened.read(name, kinds, limit)
        assert opened.read("good", "f", 48).nbytes == 48


def test_an_array_that_is_there_twice(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", {"a.npy": npy(ONES), "a": npy(ONES)})
    with npz_archive.opened(path) as opened, pytest.raises(BadArray, match=r"^holds a twice$"):
        opened.read("a", "f")


@pytest.mark.parametrize(
    ("mark", "offset", "value", "why"),
    [
        ((b"PK\x03\x04", b"PK\x01\x02"), (6, 8), 1, "is encrypted"),
        (
            (b"PK\x03\x04", b"PK\x01\x02"),
            (8, 10),
            14,
            "has a compression that NumPy does not use",
        ),
    ],
)
def test_what_numpy_never_writes(
    tmp_path: Path, mark: tuple[bytes, bytes], offset: tuple[int, int], value: int, why: str
) -> None:
    path = archive(tmp_path / "a.npz", {"a.npy": npy(ONES)})
    content = bytearray(path.read_bytes())
    for each, place in zip(mark, offset, strict=True):
        content[content.find(each) + place] = value
    path.write_bytes(content)
    with npz_archive.opened(path) as opened, pytest.raises(BadArray, match=f"^{why}$"):
        opened.read("a", "f")


@pytest.mark.parametrize("content", [b"", b"hello", npy(ONES), bytes(300_000)])
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    expected = r"^is not an \.npz archive, or is incomplete \([^()]+\)$"
    with pytest.raises(BadArray, match=expected), npz_archive.opened(path):
        pass


def test_a_directory_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    entry = b"PK\x01\x02" + bytes(24) + (1).to_bytes(2, "little") + bytes(16) + b"x"
    for count, why in ((10_000, "its directory is too large"), (10, None)):
        end = b"PK\x05\x06" + bytes(4) + 2 * count.to_bytes(2, "little")
        end += (count * len(entry)).to_bytes(4, "little") + bytes(6)
        path.write_bytes(entry * count + end)
        if why is None:
            with npz_archive.opened(path) as opened:
                assert opened.names == count * ["x"]
            continue
        with pytest.raises(BadArray, match=re.escape(why)), npz_archive.opened(path):
            pass
