"""Archives of images and labels, and those that are refused."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitpad.data import dataset
from digitpad.data.npz import read_npz
from digitpad.errors import DigitpadError
from tests.data.examples import IMAGES, LABELS
from tests.files.memory import needs_resource, read_elsewhere


def npz(folder: Path, **arrays: Any) -> Path:
    path = folder / "digits.npz"
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    "images",
    [
        IMAGES,
        IMAGES.reshape(-1, 784),
        IMAGES[..., None],
        IMAGES[:, None],
        IMAGES.astype(np.int64),
        IMAGES.astype(">u2"),
        IMAGES.astype(np.float64),
        IMAGES / 255,
        (IMAGES / 255).astype(np.float32),
        np.asfortranarray(IMAGES),
    ],
    ids=["uint8", "rows", "last", "first", "int64", ">u2", "255.", "1.", "float32", "fortran"],
)
@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        LABELS.astype(np.float32),
        np.eye(10)[LABELS],
        LABELS[:, None],
        np.eye(10)[LABELS] > 0,
        LABELS.astype(str),
        LABELS.astype(bytes),
    ],
    ids=["uint8", "float32", "one-hot", "column", "bool", "text", "bytes"],
)
def test_npz_of_every_form(tmp_path: Path, images: NDArray[Any], labels: NDArray[Any]) -> None:
    read, meant, _ = read_npz(npz(tmp_path, images=images, labels=labels), "test")
    assert np.array_equal(read, IMAGES.reshape(-1, 784))
    assert read.dtype == np.uint8
    assert np.array_equal(meant, LABELS)
    assert meant.dtype == np.int64


@pytest.mark.parametrize("names", [("x_{}", "y_{}"), ("{}_images", "{}_labels"), ("X_{}", "Y_{}")])
def test_npz_with_both_splits(tmp_path: Path, names: tuple[str, str]) -> None:
    arrays = {}
    for split, part in (("train", slice(0, 8)), ("test", slice(8, 12))):
        arrays[names[0].format(split)] = IMAGES[part]
        arrays[names[1].format(split)] = LABELS[part]
    path = npz(tmp_path, **arrays)
    assert len(read_npz(path, "train")[0]) == 8
    assert len(read_npz(path, "test")[0]) == 4


def test_npz_with_one_split_gives_it(tmp_path: Path) -> None:
    path = npz(tmp_path, x_train=IMAGES, y_train=LABELS)
    assert len(read_npz(path, "test")[0]) == 12


def test_compressed_npz(tmp_path: Path) -> None:
    path = tmp_path / "digits.npz"
    np.savez_compressed(path, x=IMAGES, y=LABELS)
    assert np.array_equal(read_npz(path, "test")[1], LABELS)


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({}, "has no arrays called images and labels"),
        ({"pictures": IMAGES, "labels": LABELS}, "but labels, pictures"),
        ({"weights_1": IMAGES, "labels": LABELS}, "is a model, not images"),
        ({"two\nlines": IMAGES}, r"but 'two\\nlines':"),
        ({"x": IMAGES[:, :20], "y": LABELS}, r"have the shape \(12, 20, 28\)"),
        ({"x": np.float32(3), "y": LABELS}, r"have the shape \(\)"),
        ({"x": IMAGES - 1.0, "y": LABELS}, "pixels from -1 to 254"),
        ({"x": IMAGES * 2.0, "y": LABELS}, "pixels from 0 to 510"),
        ({"x": np.full((1, 784), np.nan), "y": LABELS[:1]}, "pixels from nan to nan"),
        ({"x": IMAGES, "y": LABELS + 1}, "are not digits"),
        ({"x": IMAGES, "y": LABELS - 0.5}, "are not digits"),
        ({"x": IMAGES, "y": np.full(12, np.nan)}, "are not digits"),
        ({"x": IMAGES, "y": np.ones((12, 10))}, "are not digits"),
        ({"x": IMAGES, "y": IMAGES}, "are not digits"),
        (
            {"x": IMAGES.astype(object), "y": LABELS},
            "Python objects, which are never unpickled: save it with plain numbers",
        ),
        ({"x": IMAGES, "y": [*"seven fives12"[:12]]}, "are not digits"),
        ({"x": IMAGES, "y": LABELS.astype(object)}, "never unpickled"),
        ({"archive/data.pkl": IMAGES}, "is a PyTorch file"),
        ({"x": IMAGES + 0j, "y": LABELS}, r"wrong type \(complex128\)"),
    ],
)
def test_npz_files_that_are_refused(tmp_path: Path, arrays: dict[str, Any], told: str) -> None:
    with pytest.raises(DigitpadError, match=told):
        read_npz(npz(tmp_path, **arrays), "test")


def npz_of_members(folder: Path, images: bytes, **options: Any) -> Path:
    path = folder / "digits.npz"
    labels = io.BytesIO()
    np.save(labels, LABELS)
    with zipfile.ZipFile(path, "w", **options) as archive:
        archive.writestr("images.npy", images)
        archive.writestr("labels.npy", labels.getvalue())
    return path


def npy(shape: str, descr: str = "|u1", data: bytes = b"") -> bytes:
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}}}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


@pytest.mark.parametrize(
    ("member", "told"),
    [
        (b"", "is not a NumPy array"),
        (b"hello", "is not a NumPy array"),
        (b"\x93NUMPY\x09\x00", "is not a NumPy array"),
        (npy("__import__('os')"), "is not a NumPy array"),
        (npy("(" * 9000), "is not a NumPy array"),
        (npy("(12, 784)", data=bytes(100)), "is shorter than its shape"),
        (npy("(999999999999, 784)", data=bytes(100)), "is shorter than its shape"),
        (npy("(-1, 784)", data=bytes(100)), "whose shape is not one"),
        (npy("(True, 784)", data=bytes(784)), "whose shape is not one"),
        (npy("(12, 784)", "|O", data=bytes(100)), "never unpickled"),
    ],
)
def test_hostile_members(tmp_path: Path, member: bytes, told: str) -> None:
    with pytest.raises(DigitpadError, match=told):
        read_npz(npz_of_members(tmp_path, member), "test")


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = npz_of_members(tmp_path, npy("(12, 784)"), compression=zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(path) as archive:
        true = archive.getinfo("images.npy").file_size
    content = path.read_bytes()
    for declared in (1 << 20, 0xFFFFFFF0):
        path.write_bytes(content.replace(struct.pack("<I", true), struct.pack("<I", declared)))
        with pytest.raises(
            DigitpadError, match=r"too much for its size|is damaged|is shorter|length of its shape"
        ):
            read_npz(path, "test")


def test_a_huge_directory_of_an_archive_is_not_read(tmp_path: Path) -> None:
    entry = b"PK\x01\x02" + bytes(24) + (1).to_bytes(2, "little") + bytes(16) + b"x"
    count = 200_000
    end = b"PK\x05\x06" + bytes(4) + b"\xff\xff" * 2
    end += (count * len(entry)).to_bytes(4, "little") + bytes(6)
    path = tmp_path / "digits.npz"
    path.write_bytes(entry * count + end)
    tracemalloc.start()
    try:
        with pytest.raises(DigitpadError, match=r"is damaged|is incomplete"):
            read_npz(path, "test")
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_a_name_that_is_no_text_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "digits.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("é.npy", b"")
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xff\xff"))
    with pytest.raises(DigitpadError, match=r"is damaged|is incomplete"):
        read_npz(path, "test")


@pytest.mark.parametrize("part", [0.2, 0.6, 0.98])
def test_a_cut_or_altered_npz_is_damaged(tmp_path: Path, part: float) -> None:
    path = npz(tmp_path, images=IMAGES, labels=LABELS)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(DigitpadError, match=r"is damaged|is incomplete"):
        read_npz(path, "test")
    altered = bytearray(content)
    altered[1000] ^= 0xFF
    path.write_bytes(altered)
    with pytest.raises(DigitpadError, match=r"is damaged|is incomplete"):
        read_npz(path, "test")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may read everything")
def test_files_that_may_not_be_read(tmp_path: Path) -> None:
    path = npz(tmp_path, images=IMAGES, labels=LABELS)
    path.chmod(0)
    with pytest.raises(DigitpadError, match="cannot be read"):
        read_npz(path, "test")


def test_a_member_packed_otherwise_than_numpy_does(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        path = npz_of_members(tmp_path, npy("(12, 784)", data=bytes(9408)), compression=method)
        with pytest.raises(DigitpadError, match="has a compression that NumPy does not use"):
            read_npz(path, "test")


@needs_resource
@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_a_small_archive_takes_little_memory(tmp_path: Path, dtype: type) -> None:
    path = tmp_path / "digits.npz"
    images = np.zeros((200_000, 784), dtype=dtype) if dtype is np.uint8 else None
    if images is None:
        images = np.zeros((130_000, 784), dtype=dtype)
    np.savez_compressed(path, images=images, labels=np.zeros(len(images), np.uint8))
    assert path.stat().st_size < 2_000_000
    message, mib = read_elsewhere("digitpad.data.dataset:load", path)
    assert "too much for its size" in message
    assert mib < 100


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("images.npy", "labels.npy"),
        ("x.npy", "y.npy"),
        ("x_train.npy", "y_train.npy"),
        ("X_test.npy", "Y_test.npy"),
        ("max_x.npy", "max_y.npy"),
        ("train_images.npy", "train_labels.npy"),
    ],
)
def test_a_pair_of_npy_files(tmp_path: Path, images: str, labels: str) -> None:
    np.save(tmp_path / images, IMAGES)
    np.save(tmp_path / labels, LABELS)
    for path in (tmp_path / images, tmp_path / labels):
        data = dataset.load(path)
        assert np.array_equal(data.images, IMAGES.reshape(-1, 784))
        assert np.array_equal(data.labels, LABELS)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / labels).rename(elsewhere / "any.bin")
    assert len(dataset.load(tmp_path / images, elsewhere / "any.bin")) == 12
    with pytest.raises(DigitpadError, match="no labels beside"):
        dataset.load(tmp_path / images)


def test_npy_files_that_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", IMAGES)
    whole = (tmp_path / "x.npy").read_bytes()
    for content, message in (
        (whole[:-1], "length of its shape"),
        (whole + b"1", "length of its shape"),
        (b"\x93NUMPY", "not a NumPy array"),
        (npy("(True, 784)", data=bytes(784)), "whose shape is not one"),
    ):
        (tmp_path / "y.npy").write_bytes(content)
        with pytest.raises(DigitpadError, match=message):
            dataset.load(tmp_path / "x.npy", tmp_path / "y.npy")


def test_unnamed_arrays_are_images_and_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "digits.npz", IMAGES, LABELS)
    assert len(dataset.load(tmp_path / "digits.npz")) == 12


def test_what_lies_beside_an_array_does_not_let_it_unpack_to_more(tmp_path: Path) -> None:
    path = tmp_path / "digits.npz"
    images = io.BytesIO()
    np.save(images, np.zeros((30_000, 784), np.uint8))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", images.getvalue())
        archive.writestr("labels.npy", images.getvalue()[:100])
        archive.writestr("noise", np.random.default_rng(0).bytes(1 << 20))
    with pytest.raises(DigitpadError, match="would unpack images to 22 MiB"):
        read_npz(path, "test")
