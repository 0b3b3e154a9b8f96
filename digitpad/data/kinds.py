"""Tell by its content what a file is, so that the right reader gets it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, TypeAlias

from digitpad.data import csv, idx, npz
from digitpad.drawing import strokes
from digitpad.drawing.pen import PIXELS
from digitpad.errors import DigitpadError
from digitpad.files import reading
from digitpad.files.foreign import foreign_format
from digitpad.nn import npz_archive
from digitpad.nn.npz_archive import BadArray

Kind: TypeAlias = Literal["folder", "idx", "npz", "npy", "csv", "strokes", "model", "picture"]

_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"{\0")


def kind_of(path: str | Path) -> Kind:
    """Return what a file is.

    Returns
    -------
    Kind
        “npz” for every archive that is not a model; “picture” for whatever is nothing else, so that
        `photo.to_image` may refuse it.

    Raises
    ------
    DigitpadError
        If there is no such file, or it cannot be read.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return "folder"
    except (OSError, ValueError):  # which the next line names
        pass
    start = reading.first_bytes(path, 256)
    name = path.name.lower()
    if start.startswith(b"PK"):
        return "model" if _is_model(path) else "npz"
    if start.startswith(npz.MAGIC):
        return "npy"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{") or start.startswith(_UTF16):
        is_network = re.match(rb'\{\s*"(sizes|weights|biases|cost)"', text)
        return "model" if is_network else "strokes"
    if name.endswith(strokes.SUFFIXES):
        return "strokes"
    if name.endswith(npz.SUFFIXES):
        return "npy" if name.endswith(".npy") else "npz"
    if name.endswith(csv.SUFFIXES) or csv.looks_like_digits(text):
        return "csv"
    if name.endswith(idx.SUFFIXES) or (start[:2] == b"\0\0" and start[2:3] >= b"\x08"):
        return "idx"
    return "picture"


def foreign(path: Path) -> DigitpadError | None:
    """Return what to say of data in a format that digitpad does not read, or None."""
    what = foreign_format(path)
    if what is None:
        return None
    return DigitpadError(
        f"“{path.name}” is {what}: open it with the program that wrote it, and save its images and "
        "labels with numpy.savez(…, images=…, labels=…)."
    )


def _is_model(path: Path) -> bool:
    """Whether an archive holds layers: arrays of that name, or unnamed ones as Keras gives them."""
    try:
        with npz_archive.opened(path) as archive:
            if "weights_1" in archive.names or "biases_1" in archive.names:
                return True
            if not {"arr_0", "arr_1"} <= set(archive.names):
                return False
            weights, biases = (archive.read(name, "f") for name in ("arr_0", "arr_1"))
            return weights.ndim == 2 and biases.size in weights.shape and PIXELS in weights.shape
    except (BadArray, DigitpadError):
        return False
