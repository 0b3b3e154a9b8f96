"""IDX files as people have them, and those that are refused."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitpad.data.idx import counterpart, find_idx, read_idx
from digitpad.errors import DigitpadError
from tests.data.examples import IMAGES, LABELS


def idx(values: NDArray[Any], kind: int = 8) -> bytes:
    header = bytes([0, 0, kind, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.tobytes()


def idx_pair(folder: Path, images: bytes, labels: bytes, name: str = "t10k") -> tuple[Path, Path]:
    paths = (folder / f"{name}-images-idx3-ubyte", folder / f"{name}-labels-idx1-ubyte")
    paths[0].write_bytes(images)
    paths[1].write_bytes(labels)
    return paths


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


@pytest.mark.parametrize(
    ("images", "labels", "told"),
    [
        (b"", idx(LABELS), "images-idx3-ubyte” is not an IDX file"),
        (idx(IMAGES), b"\0\0\x08", "labels-idx1-ubyte” is not an IDX file"),
        (b"\x89PNG\r\n\x1a\n", idx(LABELS), "is not an IDX file"),
        (b"\0\0\x08\x09" + bytes(36), idx(LABELS), "is not an IDX file"),
        (idx(IMAGES, kind=0x0D), idx(LABELS), "values of the type 0x0D"),
        (b"\0\0\x08\x03\0\0", idx(LABELS), "is incomplete"),
        (idx(IMAGES)[:-1], idx(LABELS), "is incomplete"),
        (idx(IMAGES) + b"\0", idx(LABELS), "is longer than it declares"),
        (gzip.compress(idx(IMAGES)[:-1], mtime=0), idx(LABELS), "is incomplete"),
        (gzip.compress(idx(IMAGES) + b"\0", mtime=0), idx(LABELS), "is longer than it declares"),
        (gzip.compress(idx(IMAGES), mtime=0)[:-9], idx(LABELS), "is a damaged gzip file"),
        (b"\x1f\x8b\x08", idx(LABELS), "is a damaged gzip file"),
        (idx(IMAGES[:, :27]), idx(LABELS), "holds 27 x 28 values an image"),
        (idx(LABELS), idx(LABELS), "holds single values an image"),
        (idx(IMAGES), idx(LABELS[:-1]), "has 12 images but .* 11 labels"),
        (idx(IMAGES), idx(IMAGES), "has 12 images but .* 12 labels"),
        (struct.pack(">BBBBIII", 0, 0, 8, 3, 60000, 28, 28), idx(LABELS), "too many for its size"),
        (
            gzip.compress(struct.pack(">BBBBIII", 0, 0, 8, 3, 1 << 31, 28, 28), mtime=0),
            idx(LABELS),
            "too many for its size",
        ),
        (
            gzip.compress(struct.pack(">BBBBIIII", 0, 0, 8, 4, *4 * [0xFFFFFFFF]), mtime=0),
            idx(LABELS),
            "too many for its size",
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
    with pytest.raises(DigitpadError, match="too many for its size"):
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
