"""The files in which others keep images of digits and their labels: IDX, .npz, pictures by name.

Each reader returns images (n, 784) uint8 and labels (n,) int64. What a file declares is checked
against the file before memory is taken for it, so that no file, however hostile, needs more than
about a GiB.
"""

from __future__ import annotations

import gzip
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from digitpad import archive, picture
from digitpad.errors import DigitpadError

Images: TypeAlias = NDArray[np.uint8]
Labels: TypeAlias = NDArray[np.int64]
Split: TypeAlias = Literal["train", "test"]

PIXELS = 784
SIDE = 28

# All of EMNIST, the largest of MNIST's kin, is 638 MB.
_MOST_BYTES = 1 << 30

# Deflate cannot pack tighter than 1032 to 1.
_MOST_PACKED = 1032

_BLOCK = 1 << 22

_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, struct.error)


def read_idx(images_path: Path, labels_path: Path) -> tuple[Images, Labels]:
    """Read an IDX file of images and the one of their labels, each plain or gzipped.

    EMNIST stores its images column by column, lying on their side; those of a file with EMNIST's
    name are turned upright unless its ones, if it has any, stand upright already.

    Raises
    ------
    DigitpadError
        If a file cannot be read, is not IDX, is cut short or longer than it declares, or holds
        other than images of 28 x 28 pixels and one label for each.
    """
    images = _read_idx_array(images_path, "images")
    if images.ndim not in (2, 3) or math.prod(images.shape[1:]) != PIXELS:
        shape = " x ".join(map(str, images.shape[1:])) or "single"
        raise DigitpadError(
            f"“{images_path.name}” holds {shape} values an image: digitpad reads images of "
            "28 x 28 pixels."
        )
    images = images.reshape(-1, PIXELS)
    labels = _read_idx_array(labels_path, "labels")
    if labels.ndim != 1 or len(labels) != len(images):
        raise DigitpadError(
            f"“{images_path.name}” has {len(images):,} images but “{labels_path.name}” "
            f"{len(labels):,} labels: choose the files that belong together."
        )
    if "emnist" in images_path.name.lower() and not _stand_upright(images[labels == 1]):
        images = images.reshape(-1, SIDE, SIDE).transpose(0, 2, 1).reshape(-1, PIXELS)
    return images, labels.astype(np.int64)


def _stand_upright(ones: Images) -> bool:
    """Tell whether ones are taller than wide; no ones, no."""
    ink = ones[:1000].reshape(-1, SIDE, SIDE) > 127
    return bool(ink.any(axis=2).sum() > ink.any(axis=1).sum())


def _read_idx_array(path: Path, what: str) -> NDArray[np.uint8]:
    try:
        size = path.stat().st_size
        with path.open("rb") as raw:
            zipped = raw.peek(2)[:2] == b"\x1f\x8b"
            file = cast(IO[bytes], gzip.GzipFile(fileobj=raw) if zipped else raw)
            shape = _idx_shape(file, path, what)
            declared = math.prod(shape)
            possible = size * _MOST_PACKED if zipped else size
            if declared > min(possible, _MOST_BYTES):
                why = "than it holds" if declared > possible else "than digitpad can take"
                raise DigitpadError(
                    f"“{path.name}” declares {declared:,} bytes of {what}, more {why}: obtain it "
                    "again."
                )
            values = np.empty(declared, dtype=np.uint8)
            at = 0
            while at < declared and (part := file.read(min(_BLOCK, declared - at))):
                values[at : at + len(part)] = np.frombuffer(part, dtype=np.uint8)
                at += len(part)
            if at < declared or file.read(1):
                wrong = "is cut short" if at < declared else "is longer than it declares"
                raise DigitpadError(f"“{path.name}” {wrong}: obtain it again.")
            return values.reshape(shape)
    except _DAMAGED as error:
        raise DigitpadError(f"“{path.name}” is damaged ({error}): obtain it again.") from None
    except OSError as error:
        raise unreadable(path, error) from None


def _idx_shape(file: IO[bytes], path: Path, what: str) -> tuple[int, ...]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or not 1 <= magic[3] <= 4:
        raise DigitpadError(
            f"“{path.name}” is not an IDX file: choose one like MNIST's train-{what}-idx"
            f"{1 if what == 'labels' else 3}-ubyte."
        )
    if magic[2] != 0x08:
        raise DigitpadError(
            f"“{path.name}” is an IDX file of numbers of the type 0x{magic[2]:02X}: digitpad reads "
            "unsigned bytes, 0x08."
        )
    sizes = file.read(4 * magic[3])
    return struct.unpack(f">{magic[3]}I", sizes)


def counterpart(path: Path, have: str, want: str) -> Path | None:
    """Return the file beside an IDX file of images that holds the labels, or the reverse.

    Parameters
    ----------
    path : Path
        For example train-images-idx3-ubyte.gz.
    have, want : {"images", "labels"}
        What it holds and what is looked for.
    """
    bare = re.sub(r"\.gz$", "", path.name, flags=re.IGNORECASE)
    dimensions = {"images": "idx3", "labels": "idx1"}
    other = bare.replace(have, want).replace(dimensions[have], dimensions[want])
    if other == bare:
        return None
    names = [other, other.replace("-idx", ".idx"), other.replace(".idx", "-idx")]
    for name in dict.fromkeys(names):
        for candidate in (path.with_name(name), path.with_name(name + ".gz")):
            if candidate.is_file():
                return candidate
    return None


def find_idx(folder: Path, split: Split) -> Path | None:
    """Return the IDX file of images in a folder; where there are two, the split that is wanted.

    Raises
    ------
    DigitpadError
        If there are several that this does not tell apart.
    """
    found = {}
    for path in sorted(folder.iterdir(), reverse=True):
        if re.search(r"images[-.]idx3", path.name) and path.is_file():
            # Plain or gzipped, the same file counts once.
            found[re.sub(r"\.gz$", "", path.name)] = path
    words = ("test", "t10k") if split == "test" else ("train",)
    wanted = [path for name, path in found.items() if any(word in name for word in words)]
    candidates = wanted if len(found) > 1 else list(found.values())
    if len(found) > 1 and len(candidates) != 1:
        raise DigitpadError(
            f"“{folder.name}” holds several data sets ({', '.join(sorted(found))}): choose one of "
            "these files."
        )
    return candidates[0] if candidates else None


def read_npz(path: Path, split: Split) -> tuple[Images, Labels]:
    """Read images and labels from an .npz file.

    The arrays are called images and labels, or x and y; or, if the file holds both splits,
    x_train, y_train, x_test and y_test (also train_images, …), of which one split is read. Images
    are (n, 28, 28), (n, 784) or have one channel; as integers 0 to 255 or as fractions of 1.
    Labels are (n,) or one-hot (n, 10).

    Raises
    ------
    DigitpadError
        If it is no such file, or holds pickled objects, or other shapes or values.
    """
    try:
        with archive.opened(path) as zipped:
            names = {info.filename.removesuffix(".npy").lower(): info for info in zipped.infolist()}
            pair = _npz_pair(names, split)
            if pair is None:
                raise DigitpadError(
                    f"“{path.name}” has no arrays called images and labels, or x and y"
                    + (f", but {', '.join(sorted(names)[:6])}" if names else "")
                    + ": save it with numpy.savez(…, images=…, labels=…)."
                )
            images, labels = (_npz_array(zipped, names[name], path) for name in pair)
    except archive.DAMAGED as error:
        raise DigitpadError(f"“{path.name}” is damaged ({error}): obtain it again.") from None
    except OSError as error:
        raise unreadable(path, error) from None
    return _as_images(images, path), _as_labels(labels, path)


def _npz_pair(names: Iterable[str], split: Split) -> tuple[str, str] | None:
    other = "test" if split == "train" else "train"
    for form in ("{}", f"{{}}_{split}", f"{split}_{{}}", f"{{}}_{other}", f"{other}_{{}}"):
        for words in (("images", "labels"), ("x", "y")):
            pair = form.format(words[0]), form.format(words[1])
            if pair[0] in names and pair[1] in names:
                return pair
    return None


def _npz_array(zipped: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> NDArray[Any]:
    what = f"The array “{info.filename}” of “{path.name}”"
    if info.file_size > min(_MOST_BYTES, (info.compress_size + 1) * _MOST_PACKED):
        raise DigitpadError(
            f"{what} declares {info.file_size:,} bytes, more than it can hold or digitpad can take."
        )
    with zipped.open(info) as file:
        try:
            shape, column_major, dtype = archive.read_header(file)
        except _DAMAGED:
            raise
        except Exception:
            raise DigitpadError(
                f"{what} is not an array of NumPy's: save it with numpy.savez."
            ) from None
        if dtype.kind not in "buif":
            raise DigitpadError(
                f"{what} holds {dtype.name} values: digitpad reads plain numbers, and never "
                "unpickles objects."
            )
        if any(size < 0 for size in shape) or math.prod(shape) * dtype.itemsize > info.file_size:
            raise DigitpadError(f"{what} is shorter than its shape {shape} needs: obtain it again.")
        data = file.read(math.prod(shape) * dtype.itemsize)
        # Reading on to the end checks the checksum.
        file.read(1)
    if len(data) != math.prod(shape) * dtype.itemsize:
        raise DigitpadError(f"{what} is cut short: obtain it again.")
    return np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if column_major else "C")


def _as_images(values: NDArray[Any], path: Path) -> Images:
    shape = tuple(size for size in values.shape[1:] if size != 1)
    if not values.ndim or shape not in ((SIDE, SIDE), (PIXELS,)):
        raise DigitpadError(
            f"The images of “{path.name}” have the shape {values.shape}: digitpad reads (n, 28, 28)"
            " or (n, 784)."
        )
    values = values.reshape(-1, PIXELS)
    if values.dtype == np.uint8:
        return values
    # Blocks, lest float64 images need several times their memory while they are converted.
    images = np.empty(values.shape, dtype=np.uint8)
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if not (low >= 0 and high <= 255):
        raise DigitpadError(
            f"The images of “{path.name}” have pixels from {low:g} to {high:g}: digitpad reads 0 "
            "to 255, or 0 to 1 as fractions."
        )
    fractions = values.dtype.kind == "b" or (values.dtype.kind == "f" and high <= 1)
    for start in range(0, len(values), 1000):
        block = values[start : start + 1000].astype(np.float64)
        images[start : start + 1000] = np.rint(block * 255 if fractions else block)
    return images


def _as_labels(values: NDArray[Any], path: Path) -> Labels:
    if values.ndim == 2 and values.shape[1] == 10:
        one_hot = ((values == 0) | (values == 1)).all() and (values.sum(axis=1) == 1).all()
        if one_hot:
            labels: Labels = values.argmax(axis=1).astype(np.int64)
            return labels
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    in_range = values.ndim == 1 and ((values >= 0) & (values <= 9)).all()
    if not in_range or (values != np.rint(values)).any():
        raise DigitpadError(
            f"The labels of “{path.name}” are not digits: digitpad reads (n,) numbers from 0 to 9, "
            "or (n, 10) one-hot."
        )
    return values.astype(np.int64)


def read_pictures(folder: Path) -> tuple[Images, Labels]:
    """Read a folder of pictures by label.

    Either the folder has sub-folders 0 to 9 with pictures, or pictures whose names begin with
    their label: 7.png, 7_anna.jpg, 7-2.png. Sorted by label, then by name.

    Raises
    ------
    DigitpadError
        If there are no pictures, one is unreadable, or its label is not told.
    """
    pairs = [
        (label, path)
        for label in range(10)
        if (folder / str(label)).is_dir()
        for path in sorted((folder / str(label)).rglob("*"))
        if _is_picture(path)
    ]
    for path in sorted(folder.iterdir()):
        if _is_picture(path):
            pairs.append((label_of(path), path))
    if not pairs:
        raise DigitpadError(
            f"“{folder.name}” holds no digits: a folder needs sub-folders 0 to 9 with pictures, "
            "pictures whose names begin with their digit, or MNIST's IDX files."
        )
    pairs.sort(key=lambda pair: pair[0])
    if len(pairs) * PIXELS > _MOST_BYTES:
        raise DigitpadError(f"“{folder.name}” holds {len(pairs):,} pictures: choose fewer.")
    images = np.empty((len(pairs), PIXELS), dtype=np.uint8)
    for row, (_, path) in zip(images, pairs, strict=True):
        row[:] = np.rint(picture.to_image(path).ravel() * 255)
    return images, np.array([label for label, _ in pairs], dtype=np.int64)


def _is_picture(path: Path) -> bool:
    return (
        not path.name.startswith(".") and path.suffix.lower() in picture.SUFFIXES and path.is_file()
    )


def label_of(path: Path) -> int:
    """Return the digit that a file's name begins with: 7.png, 7_anna.jpg, 7-2.png.

    Raises
    ------
    DigitpadError
        If it begins with none.
    """
    match = re.match(r"([0-9])(?![0-9A-Za-z])", path.name)
    if not match:
        raise DigitpadError(
            f"“{path.name}” does not say which digit it shows: begin its name with the digit, as "
            f"in 7-{path.name}, or put it into a folder 0 to 9."
        )
    return int(match[1])


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
