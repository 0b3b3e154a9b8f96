"""Images in text: a label and 784 pixels on each line, as MNIST is shared for spreadsheets."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from digitpad.data.files import Images, Labels
from digitpad.drawing.pen import PIXELS
from digitpad.errors import DigitpadError
from digitpad.files import limits, reading

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
"""How the names of the files end that `read_csv` reads."""

_FIELDS = PIXELS + 1
_BLOCK = 1 << 22
_SEPARATORS = re.compile(rb"[,;\t]")


def looks_like_digits(start: bytes) -> bool:
    """Tell whether text begins as `read_csv` wants it: with a header, or a label and pixels."""
    return re.match(rb'"?label"?[,;\t]|[0-9]([,;\t][0-9]{1,3}){20}', start) is not None


def read_csv(path: Path) -> tuple[Images, Labels]:
    """Read a text file, plain or gzipped, with a line for each image.

    A line holds the label and 784 pixels from 0 to 255, separated by commas, semicolons or tabs.
    The first line may name the columns (label, pixel0, …).

    Raises
    ------
    DigitpadError
        If it cannot be read, or a line is not like that.
    """
    blocks: list[np.ndarray] = []
    with reading.unpacked(path, limits.MAX_TEXT_BYTES) as file:
        first = file.readline(_BLOCK).removeprefix(b"\xef\xbb\xbf")
        names = _SEPARATORS.split(first.strip())
        has_header = re.search(rb"[A-Za-z]", first) is not None
        if has_header and len(names) == PIXELS:
            raise DigitpadError(
                f"“{path.name}” has no labels: choose the file whose first column is the label, "
                "such as Kaggle's train.csv."
            )
        if len(names) != _FIELDS:
            raise DigitpadError(
                f"“{path.name}” has {len(names)} values on its first line: each line needs a label "
                f"and {PIXELS} pixels, separated by commas."
            )
        rest = b"" if has_header else first
        while block := rest + file.read(_BLOCK):
            end = block.rfind(b"\n") + 1
            if len(block) < _BLOCK:  # the last one
                blocks.append(_rows(block, path))
                break
            if not end:
                raise _not_numbers(path)
            blocks.append(_rows(block[:end], path))
            rest = block[end:]
    rows = np.concatenate(blocks) if blocks else np.empty((0, _FIELDS), np.uint8)
    labels = rows[:, 0].astype(np.int64)
    if (labels > 9).any():
        raise DigitpadError(
            f"“{path.name}” has the label {labels[labels > 9][0]}: the first value of each line "
            "must be a digit from 0 to 9."
        )
    return np.ascontiguousarray(rows[:, 1:]), labels


def _rows(block: bytes, path: Path) -> np.ndarray:
    """Return the numbers on whole lines, (n, 785) uint8."""
    text = block.translate(bytes.maketrans(b";\t", b",,"), b'\r "')
    # Blank lines, of which there may be millions, are left out before each becomes an object.
    text = re.sub(rb"\n\n+", b"\n", text).strip(b"\n")
    lines = text.split(b"\n")
    if not text:
        return np.empty((0, _FIELDS), np.uint8)
    text = b",".join(lines)
    if text.translate(None, b"0123456789,") or b",," in text or text[-1:] == b",":
        raise _not_numbers(path)
    values = np.fromstring(text, dtype=np.int64, sep=",")
    if {line.count(b",") for line in lines} != {PIXELS} or values.size != _FIELDS * len(lines):
        raise DigitpadError(
            f"“{path.name}” has lines of other than {_FIELDS} values: each line needs a label and "
            f"{PIXELS} pixels."
        )
    if values.min() < 0 or values.max() > 255:
        raise DigitpadError(
            f"“{path.name}” has pixels up to {values.max()}: they must be from 0 to 255."
        )
    return values.reshape(-1, _FIELDS).astype(np.uint8)


def _not_numbers(path: Path) -> DigitpadError:
    return DigitpadError(
        f"“{path.name}” holds something else than whole numbers: each line needs a label and "
        f"{PIXELS} pixels from 0 to 255."
    )
