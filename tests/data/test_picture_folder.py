"""Pictures labelled by their folder or their name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from digitpad.data.picture_folder import label_of, read_pictures
from digitpad.errors import DigitpadError
from tests.data.examples import save_digit


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
