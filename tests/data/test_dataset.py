from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import struct
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from digitpad import paths
from digitpad.data.dataset import NON_DIGIT, Dataset, load, may_hold_both
from digitpad.data.mnist import mnist
from digitpad.drawing import rasterize
from digitpad.drawing.strokes import Sample, read_strokes, write_strokes
from digitpad.errors import DigitpadError
from tests.data.examples import save_digit

# Of the four files as Yann LeCun published them, unpacked.
MD5 = {
    "train-images": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels": "a25bea736e30d166cdddb491f175f624",
    "t10k-images": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels": "27ae3e4e09519cfbb04c329615203637",
}

EXAMPLES = paths.resources() / "examples"


def idx(values: NDArray[Any]) -> bytes:
    header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.astype(np.uint8).tobytes()


@lru_cache
def small() -> Dataset:
    return mnist().test.take(slice(0, 30))


# -- MNIST ---------------------------------------------------------------------------------------


def test_mnist_is_the_genuine_one() -> None:
    train, validation, test = mnist()
    assert (len(train), len(validation), len(test)) == (50_000, 10_000, 10_000)
    for name, data in (("train", train.concatenate(validation)), ("t10k", test)):
        for kind, values in (
            ("images", data.images.reshape(-1, 28, 28)),
            ("labels", data.labels),
        ):
            assert hashlib.md5(idx(values)).hexdigest() == MD5[f"{name}-{kind}"]


def test_mnist_takes_little_room() -> None:
    folder = paths.resources() / "mnist"
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 12_000_000


@pytest.mark.parametrize("harm", ["missing", "cut", "other", "labels"])
def test_mnist_missing_or_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    shutil.copytree(paths.resources() / "mnist", tmp_path / "mnist")
    monkeypatch.setattr(paths, "resources", lambda: tmp_path)
    file = tmp_path / "mnist" / "train-images-3.png"
    if harm == "missing":
        file.unlink()
    elif harm == "cut":
        file.write_bytes(file.read_bytes()[:-1000])
    elif harm == "other":
        Image.new("L", (10, 10)).save(file)
    else:
        (tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz").write_bytes(b"\x1f\x8b\x08")
    with pytest.raises(DigitpadError, match=r"missing or damaged .* install digitpad again"):
        mnist()


# -- Dataset -------------------------------------------------------------------------------------


def test_inputs_and_targets() -> None:
    data = small()
    inputs = data.inputs()
    assert inputs.dtype == np.float32
    assert inputs == pytest.approx(data.images / 255)
    targets = data.targets()
    assert targets.shape == (30, 10)
    assert np.array_equal(targets.argmax(axis=1), data.labels)
    assert np.array_equal(targets.sum(axis=1), np.ones(30))


def test_no_digit_wants_no_output() -> None:
    data = Dataset(np.zeros((2, 784), np.uint8), np.array([NON_DIGIT, 3]), "scribbles")
    assert data.targets().tolist() == [[0] * 10, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]]


def test_take_and_concatenate() -> None:
    data = small()
    assert np.array_equal(data.take([3, 1]).labels, data.labels[[3, 1]])
    assert data.take(slice(2, 5)).images.base is not None  # a view
    both = data.take(slice(0, 10)).concatenate(data.take(slice(10, 30)))
    assert np.array_equal(both.images, data.images)
    assert both.name == data.name
    other = Dataset(data.images, data.labels, "mine")
    assert data.concatenate(other, other).name == "MNIST test images + mine"
    assert len(data.concatenate(other, other)) == 90


@pytest.mark.parametrize(
    ("images", "labels", "told"),
    [
        (np.zeros((2, 783), np.uint8), np.zeros(2, np.int64), "not rows of 784 bytes"),
        (np.zeros((2, 784)), np.zeros(2, np.int64), "not rows of 784 bytes"),
        (np.zeros((2, 784), np.uint8), np.zeros(3, np.int64), "2 images but 3 labels"),
        (np.zeros((2, 784), np.uint8), np.array([0, 10]), "the label 10"),
        (np.zeros((2, 784), np.uint8), np.array([-2, 1]), "the label -2"),
    ],
)
def test_data_that_do_not_agree(images: NDArray[Any], labels: NDArray[np.int64], told: str) -> None:
    with pytest.raises(DigitpadError, match=told):
        Dataset(images, labels, "mine")


# -- load ----------------------------------------------------------------------------------------


def in_every_form(folder: Path) -> dict[str, Path]:
    """Write the same 30 digits in every form in which images come."""
    data = small()
    images, labels = data.images.reshape(-1, 28, 28), data.labels
    form = {
        "idx": folder / "plain" / "t10k-images-idx3-ubyte",
        "idx.gz": folder / "zipped" / "t10k-images-idx3-ubyte.gz",
        "fashion": folder / "data" / "fashion" / "t10k-images-idx3-ubyte.gz",
        "npz": folder / "digits.npz",
        "npz of another name": folder / "digits.bin",
        "folder": folder / "pictures",
    }
    for path in form.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    form["idx"].write_bytes(idx(images))
    form["idx"].with_name("t10k-labels-idx1-ubyte").write_bytes(idx(labels))
    for path in (form["idx.gz"], form["fashion"]):
        path.write_bytes(gzip.compress(idx(images)))
        path.with_name("t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    form["labels of idx"] = form["idx"].with_name("t10k-labels-idx1-ubyte")
    form["folder with idx"] = form["idx"].parent
    content = io.BytesIO()
    np.savez(content, x=images, y=labels)
    form["npz"].write_bytes(content.getvalue())
    form["npz of another name"].write_bytes(content.getvalue())
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        path = form["folder"] / str(label) / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return form


@pytest.mark.parametrize(
    "form",
    [
        "idx",
        "idx.gz",
        "fashion",
        "npz",
        "npz of another name",
        "folder",
        "labels of idx",
        "folder with idx",
    ],
)
def test_the_same_digits_in_every_form(tmp_path: Path, form: str) -> None:
    path = in_every_form(tmp_path)[form]
    for given in (path, str(path)):
        data = load(given)
        order = np.lexsort(data.images.T)
        wanted = small()
        wanted_order = np.lexsort(wanted.images.T)
        assert np.array_equal(data.images[order], wanted.images[wanted_order])
        assert np.array_equal(data.labels[order], wanted.labels[wanted_order])
        assert data.images.dtype == np.uint8


def test_labels_from_elsewhere(tmp_path: Path) -> None:
    form = in_every_form(tmp_path)
    labels = tmp_path / "my-labels"
    labels.write_bytes(idx(9 - small().labels))
    assert np.array_equal(load(form["idx"], labels).labels, 9 - small().labels)
    with pytest.raises(DigitpadError, match="needs no file of labels"):
        load(form["npz"], labels)


def test_labels_that_are_missing(tmp_path: Path) -> None:
    path = in_every_form(tmp_path)["idx"]
    path.with_name("t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DigitpadError, match="no file of labels beside"):
        load(path)


def test_the_split(tmp_path: Path) -> None:
    data = small()
    np.savez(
        tmp_path / "both.npz",
        x_train=data.images[:20],
        y_train=data.labels[:20],
        x_test=data.images[20:],
        y_test=data.labels[20:],
    )
    assert len(load(tmp_path / "both.npz")) == 10
    assert len(load(tmp_path / "both.npz", split="train")) == 20


def test_where_training_and_test_images_may_differ(tmp_path: Path) -> None:
    images, labels = small().images, small().labels
    np.savez(tmp_path / "both.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    save_digit(tmp_path / "pictures" / "7.png", 0)
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte").write_bytes(b"")
    names = ("both.npz", "pictures", "pictures/7.png", "mnist", "mnist/train-images-idx3-ubyte")
    assert [may_hold_both(tmp_path / name) for name in names] == [True, False, False, True, False]
    with pytest.raises(DigitpadError, match="gone"):
        may_hold_both(tmp_path / "gone")


def test_strokes_with_a_label(tmp_path: Path) -> None:
    samples = read_strokes(EXAMPLES / "ten-digits-by-mouse.jsonl")
    path = tmp_path / "mine.jsonl.gz"
    write_strokes(path, [*samples, Sample(None, samples[0].strokes)])
    data = load(path)
    assert data.labels.tolist() == list(range(10))
    assert data.name == "mine.jsonl.gz"
    assert data.notes == ("1 of 11 samples have no label and were left out.",)
    for image, sample in zip(data.images, samples, strict=True):
        assert np.array_equal(image / np.float32(255), rasterize.to_image(sample.strokes).ravel())


def test_strokes_without_any(tmp_path: Path) -> None:
    path = tmp_path / "none.jsonl"
    path.write_text('{"label": null, "strokes": []}\n')
    with pytest.raises(DigitpadError, match="holds no labelled digits"):
        load(path)


def test_one_picture(tmp_path: Path) -> None:
    data = load(EXAMPLES / "3-photograph.jpg")
    assert data.labels.tolist() == [3]
    assert data.images.shape == (1, 784)
    path = shutil.copy(EXAMPLES / "5-scan.png", tmp_path / "scan.png")
    with pytest.raises(DigitpadError, match="has no label"):
        load(path)


@pytest.mark.parametrize("name", ["missing.png", "a\0b", "x" * 5000])
def test_what_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(DigitpadError, match=r"does not exist|is not a file name|cannot be read"):
        load(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"whatever", b"\x89PNG\r\n\x1a\n", b"\0\0\x01\0\1\0"])
def test_what_is_nothing_of_all_that(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "7.png"
    path.write_bytes(content)
    with pytest.raises(DigitpadError, match="not a picture that digitpad can read"):
        load(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\x80\x04\x95", "is a Python pickle"), (b"\x89HDF\r\n\x1a\n", "is an HDF5 file")],
)
def test_data_of_other_formats_come_with_the_way_out(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "mnist.pkl"
    for packed in (content, gzip.compress(content)):
        path.write_bytes(packed)
        with pytest.raises(DigitpadError, match=rf"{message}.*numpy\.savez"):
            load(path)


def test_idx_files_in_folders_of_their_own_name(tmp_path: Path) -> None:
    # As some archives unpack.
    data = small()
    for name, values in (
        ("t10k-images-idx3-ubyte", data.images.reshape(-1, 28, 28)),
        ("t10k-labels-idx1-ubyte", data.labels),
        ("train-images-idx3-ubyte", data.images[:20].reshape(-1, 28, 28)),
        ("train-labels-idx1-ubyte", data.labels[:20]),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_bytes(idx(values))
    assert len(load(tmp_path)) == 30
    assert len(load(tmp_path, split="train")) == 20
    name = "train-images-idx3-ubyte"
    assert len(load(tmp_path / name)) == len(load(tmp_path / name / name)) == 20


def test_emnist_under_any_name_is_turned_upright(tmp_path: Path) -> None:
    test = mnist().test.take(slice(0, 200))
    lying = test.images.reshape(-1, 28, 28).transpose(0, 2, 1)
    (tmp_path / "any-labels-idx1-ubyte").write_bytes(idx(test.labels))
    for stored in (lying, test.images.reshape(-1, 28, 28)):
        (tmp_path / "any-images-idx3-ubyte").write_bytes(idx(stored))
        data = load(tmp_path / "any-images-idx3-ubyte")
        assert np.array_equal(data.images, test.images)
        assert bool(data.notes) == (stored is lying)
