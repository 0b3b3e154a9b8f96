"""Images as lines of text, and lines that are something else."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from digitpad.data.csv import read_csv
from digitpad.data.dataset import load
from digitpad.errors import DigitpadError
from tests.data.examples import IMAGES, LABELS

NAMES = ",".join(["label", *(f"pixel{number}" for number in range(784))])
ROWS = np.column_stack([LABELS, IMAGES.reshape(-1, 784)])
LINES = [",".join(map(str, row)) for row in ROWS.tolist()]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("header", [True, False])
def test_csv_as_it_is_shared(tmp_path: Path, separator: str, end: str, header: bool) -> None:
    text = (end.join([NAMES] * header + LINES) + end).replace(",", separator)
    for path, content in (
        (tmp_path / "train.csv", text.encode()),
        (tmp_path / "without suffix", b"\xef\xbb\xbf" * header + text.encode()),
        (tmp_path / "train.csv.gz", gzip.compress(text.encode())),
    ):
        path.write_bytes(content)
        data = load(path)
        assert np.array_equal(data.images, IMAGES.reshape(-1, 784))
        assert np.array_equal(data.labels, LABELS)


def test_a_file_of_more_than_one_block(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("\n".join(LINES * 200))
    assert path.stat().st_size > 5 << 20
    images, labels = read_csv(path)
    assert np.array_equal(labels, np.tile(LABELS, 200))
    assert np.array_equal(images[-12:], IMAGES.reshape(-1, 784))


def test_millions_of_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text(LINES[0] + "\n" * (9 << 20) + "\n".join(LINES) + "\n" * (9 << 20))
    assert read_csv(path)[1].tolist() == [LABELS[0], *LABELS]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1 values on its first line"),
        (NAMES.removeprefix("label,"), "has no labels"),
        ("1,2,3", "3 values on its first line"),
        (LINES[0] + "\n" + LINES[1][2:], "other than 785 values"),
        (LINES[0] + "\n1,2\n3," + LINES[1][2:] + ",1", "other than 785 values"),
        (LINES[0] + "\nx" + LINES[1], "something else than whole numbers"),
        (LINES[0] + "\n-" + LINES[1], "something else than whole numbers"),
        (LINES[0] + "\n" + LINES[1].replace(",", ",,", 1), "something else than whole numbers"),
        ("12" + LINES[0][1:], "has the label 12"),
        (LINES[0].rpartition(",")[0] + ",256", "pixels up to 256"),
        (NAMES + "\n" + "9" * (5 << 20), "something else than whole numbers"),
    ],
)
def test_csv_that_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "train.csv"
    path.write_text(text)
    with pytest.raises(DigitpadError, match=message):
        read_csv(path)
