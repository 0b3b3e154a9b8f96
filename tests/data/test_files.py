from __future__ import annotations

import gzip
import io
import os
import struct
import tracemalloc
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from digitpad.data import dataset
from digitpad.data.files import first_bytes
from digitpad.data.idx import counterpart, find_idx, read_idx
from digitpad.data.mnist import mnist
from digitpad.data.npz import read_npz
from digitpad.data.picture_folder import label_of, read_pictures
from digitpad.errors import DigitpadError

GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.integers(0, 256, (12, 28, 28), dtype=np.uint8)
LABELS = np.arange(12, dtype=np.uint8) % 10


def idx(values: NDArray[Any], kind: int = 8) -> bytes:
    header = bytes([0, 0, kind, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.tobytes()


def idx_pair(folder: Path, images: bytes, labels: bytes, name: str = "t10k") -> tuple[Path, Path]:
    paths = (folder / f"{name}-images-idx3-ubyte", folder / f"{name}-labels-idx1-ubyte")
    paths[0].write_bytes(images)
    paths[1].write_bytes(labels)
    return paths


# -- IDX -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("zipped", [False, True])
def test_idx_is_read_plain_or_gzipped_whatever_its_name(tmp_path: Path, zipped: bool) -> None:
    pack = gzip.compress if zipped else bytes
    paths = idx_pair(tmp_path, pack(idx(IMAGES)), pack(idx(LABELS)))
    images, labels = read_idx(*paths)
    assert np.array_equal(images, IMAGES.reshape(-1, 784))
    assert images.dtype == np.uint8
    assert np.array_equal(labels, LABELS)
    assert labels.dtype == np.int64


def test_rows_of_784_are_images_too(tmp_path: Path) -> None:
    paths = idx_pair(tmp_path, idx(IMAGES.reshape(-1, 784)), idx(LABELS))
    assert np.array_equal(read_idx(*paths)[0], IMAGES.reshape(-1, 784))


def test_emnist_is_turned_upright(tmp_path: Path) -> None:
    test = digits()
    upright = test.images.reshape(-1, 28, 28)
    lying = np.ascontiguousarray(upright.transpose(0, 2, 1))
    labels = idx(test.labels.astype(np.uint8))
    for stored in (lying, upright):
        paths = idx_pair(tmp_path, idx(stored), labels, "emnist-digits-test")
        assert np.array_equal(read_idx(*paths)[0], test.images)
    # Under another name nobody turns anything.
    paths = idx_pair(tmp_path, idx(lying), labels, "test")
    assert np.array_equal(read_idx(*paths)[0], lying.reshape(-1, 784))


@pytest.mark.parametrize(
    ("images", "labels", "told"),
    [
        (b"", idx(LABELS), "images-idx3-ubyte” is not an IDX file"),
        (idx(IMAGES), b"\0\0\x08", "labels-idx1-ubyte” is not an IDX file"),
        (b"\x89PNG\r\n\x1a\n", idx(LABELS), "is not an IDX file"),
        (b"\0\0\x08\x09" + bytes(36), idx(LABELS), "is not an IDX file"),
        (idx(IMAGES, kind=0x0D), idx(LABELS), "numbers of the type 0x0D"),
        (b"\0\0\x08\x03\0\0", idx(LABELS), "is damaged"),
        (idx(IMAGES)[:-1], idx(LABELS), "is cut short"),
        (idx(IMAGES) + b"\0", idx(LABELS), "is longer than it declares"),
        (gzip.compress(idx(IMAGES)[:-1]), idx(LABELS), "is cut short"),
        (gzip.compress(idx(IMAGES) + b"\0"), idx(LABELS), "is longer than it declares"),
        (gzip.compress(idx(IMAGES))[:-9], idx(LABELS), "is damaged"),
        (b"\x1f\x8b\x08", idx(LABELS), "is damaged"),
        (idx(IMAGES[:, :27]), idx(LABELS), "holds 27 x 28 values an image"),
        (idx(LABELS), idx(LABELS), "holds single values an image"),
        (idx(IMAGES), idx(LABELS[:-1]), "has 12 images but .* 11 labels"),
        (idx(IMAGES), idx(IMAGES), "has 12 images but .* 12 labels"),
        (struct.pack(">BBBBIII", 0, 0, 8, 3, 60000, 28, 28), idx(LABELS), "more than it holds"),
        (
            gzip.compress(struct.pack(">BBBBIII", 0, 0, 8, 3, 1 << 31, 28, 28)),
            idx(LABELS),
            "more than it holds",
        ),
        (
            gzip.compress(struct.pack(">BBBBIIII", 0, 0, 8, 4, *4 * [0xFFFFFFFF])),
            idx(LABELS),
            "more than it holds",
        ),
    ],
)
def test_idx_files_that_are_refused(
    tmp_path: Path, images: bytes, labels: bytes, told: str
) -> None:
    with pytest.raises(DigitpadError, match=told):
        read_idx(*idx_pair(tmp_path, images, labels))


def test_a_bomb_of_zeros_is_not_unpacked(tmp_path: Path) -> None:
    # 2 GiB of zeros, gzipped to 2 MB, which it may well hold.
    zeros = 2048 * gzip.compress(bytes(1 << 20))
    bomb = gzip.compress(struct.pack(">BBBBIII", 0, 0, 8, 3, (1 << 31) // 784, 28, 28)) + zeros
    with pytest.raises(DigitpadError, match="more than digitpad can take"):
        read_idx(*idx_pair(tmp_path, bomb, idx(LABELS)))


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
        ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
        ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte.gz"),
        ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte"),
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
        ("train-images.idx3-ubyte", "train-labels-idx1-ubyte"),
        ("emnist-digits-test-images-idx3-ubyte.gz", "emnist-digits-test-labels-idx1-ubyte.gz"),
    ],
)
def test_images_and_labels_find_each_other(tmp_path: Path, images: str, labels: str) -> None:
    for name in (images, labels):
        (tmp_path / name).touch()
    found = counterpart(tmp_path / images, "images", "labels")
    assert found == tmp_path / labels
    assert counterpart(found, "labels", "images") == tmp_path / images


def test_what_has_no_counterpart(tmp_path: Path) -> None:
    (tmp_path / "digits.bin").touch()
    (tmp_path / "train-images-idx3-ubyte").touch()
    assert counterpart(tmp_path / "digits.bin", "images", "labels") is None
    path = tmp_path / "train-images-idx3-ubyte"
    assert counterpart(path, "images", "labels") is None


def test_the_split_that_is_wanted_is_found_in_a_folder(tmp_path: Path) -> None:
    assert find_idx(tmp_path, "test") is None
    train, test = (
        tmp_path / f"{name}-images-idx3-ubyte{end}"
        for name, end in (("train", ".gz"), ("t10k", ""))
    )
    train.touch()
    assert find_idx(tmp_path, "test") == train
    test.touch()
    assert find_idx(tmp_path, "test") == test
    assert find_idx(tmp_path, "train") == train
    # Unpacked beside the packed one.
    (tmp_path / "train-images-idx3-ubyte").touch()
    assert find_idx(tmp_path, "train") is not None
    (tmp_path / "emnist-digits-train-images-idx3-ubyte").touch()
    with pytest.raises(DigitpadError, match="several data sets"):
        find_idx(tmp_path, "train")


# -- .npz ----------------------------------------------------------------------------------------


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
    ],
    ids=["uint8", "float32", "one-hot", "column", "bool"],
)
def test_npz_of_every_form(tmp_path: Path, images: NDArray[Any], labels: NDArray[Any]) -> None:
    read, meant = read_npz(npz(tmp_path, images=images, labels=labels), "test")
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
        ({"weights_1": IMAGES, "labels": LABELS}, "but labels, weights_1"),
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
        ({"x": IMAGES.astype(object), "y": LABELS}, "never unpickles objects"),
        ({"x": IMAGES, "y": LABELS.astype(str)}, "digitpad reads plain numbers"),
        ({"x": IMAGES + 0j, "y": LABELS}, "holds complex128 values"),
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
        (b"", "is not an array of NumPy's"),
        (b"hello", "is not an array of NumPy's"),
        (b"\x93NUMPY\x09\x00", "is not an array of NumPy's"),
        (npy("__import__('os')"), "is not an array of NumPy's"),
        (npy("(" * 9000), "is not an array of NumPy's"),
        (npy("(12, 784)", data=bytes(100)), "is shorter than its shape"),
        (npy("(999999999999, 784)", data=bytes(100)), "is shorter than its shape"),
        (npy("(-1, 784)", data=bytes(100)), "is shorter than its shape"),
        (npy("(12, 784)", "|O", data=bytes(100)), "never unpickles"),
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
        with pytest.raises(DigitpadError, match=r"more than it can hold|is (damaged|shorter)"):
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
        with pytest.raises(DigitpadError, match="is damaged"):
            read_npz(path, "test")
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_a_name_that_is_no_text_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "digits.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("é.npy", b"")
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xff\xff"))
    with pytest.raises(DigitpadError, match="is damaged"):
        read_npz(path, "test")


@pytest.mark.parametrize("part", [0.2, 0.6, 0.98])
def test_a_cut_or_altered_npz_is_damaged(tmp_path: Path, part: float) -> None:
    path = npz(tmp_path, images=IMAGES, labels=LABELS)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(DigitpadError, match="is damaged"):
        read_npz(path, "test")
    altered = bytearray(content)
    altered[1000] ^= 0xFF
    path.write_bytes(altered)
    with pytest.raises(DigitpadError, match="is damaged"):
        read_npz(path, "test")


# -- pictures by name ----------------------------------------------------------------------------


@lru_cache
def digits() -> dataset.Dataset:
    return mnist().test.take(slice(0, 200))


def save_digit(path: Path, number: int) -> NDArray[np.uint8]:
    """Save one of MNIST's test images as a picture."""
    image: NDArray[np.uint8] = digits().images[number]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image.reshape(28, 28)).save(path)
    return image


def test_pictures_in_folders_by_label(tmp_path: Path) -> None:
    expected = [
        save_digit(tmp_path / name, number)
        for number, name in enumerate(["0/b.png", "3/a.png", "3/more/c.bmp", "9/z.PNG"])
    ]
    (tmp_path / "3" / "notes.txt").write_text("not a picture")
    (tmp_path / "3" / ".hidden.png").write_text("nor this")
    (tmp_path / "letters").mkdir()
    images, labels = read_pictures(tmp_path)
    assert labels.tolist() == [0, 3, 3, 9]
    assert labels.dtype == np.int64
    assert np.array_equal(images, expected)


def test_pictures_by_name(tmp_path: Path) -> None:
    names = ["1.png", "7_anna.png", "7-2.png", "0.gif"]
    for number, name in enumerate(names):
        save_digit(tmp_path / name, number)
    images, labels = read_pictures(tmp_path)
    assert labels.tolist() == [0, 1, 7, 7]
    assert images.shape == (4, 784)


def test_folders_that_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DigitpadError, match="holds no digits"):
        read_pictures(tmp_path)
    save_digit(tmp_path / "seven.png", 0)
    with pytest.raises(DigitpadError, match=r"“seven\.png” does not say which digit"):
        read_pictures(tmp_path)
    (tmp_path / "seven.png").rename(tmp_path / "7.png")
    (tmp_path / "8.png").write_bytes(b"broken")
    with pytest.raises(DigitpadError, match=r"“8\.png” is not a picture"):
        read_pictures(tmp_path)


@pytest.mark.parametrize("name", ["7.png", "7_anna.jpg", "7-2.png", "7 (1).png", "7"])
def test_the_label_in_a_name(name: str) -> None:
    assert label_of(Path(name)) == 7


@pytest.mark.parametrize("name", ["77.png", "7a.png", "a7.png", "-7.png", "IMG_2041.jpg"])
def test_names_without_a_label(name: str) -> None:
    with pytest.raises(DigitpadError, match="does not say which digit it shows"):
        label_of(Path(name))


def test_first_bytes_look_into_gzip(tmp_path: Path) -> None:
    path = tmp_path / "thing"
    path.write_bytes(b"0123456789" * 20)
    assert first_bytes(path, 5) == b"01234"
    path.write_bytes(gzip.compress(b"0123456789" * 20))
    assert first_bytes(path, 5) == b"01234"
    path.write_bytes(b"\x1f\x8b\xff\xff\xff")
    with pytest.raises(DigitpadError, match="is a damaged gzip file"):
        first_bytes(path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may read everything")
def test_files_that_may_not_be_read(tmp_path: Path) -> None:
    path = npz(tmp_path, images=IMAGES, labels=LABELS)
    path.chmod(0)
    with pytest.raises(DigitpadError, match="cannot be read"):
        read_npz(path, "test")
