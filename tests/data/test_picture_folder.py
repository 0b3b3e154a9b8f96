"""Pictures labelled by their folder or their name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitpad.data.picture_folder import label_of, read_pictures
from digitpad.errors import DigitpadError
from tests.data.examples import save_digit
from tests.files.memory import needs_resource, read_elsewhere


def test_pictures_in_folders_by_label(tmp_path: Path) -> None:
    expected = [
        save_digit(tmp_path / name, number)
        for number, name in enumerate(["0/b.png", "3/a.png", "3/more/c.bmp", "9/z.PNG"])
    ]
    (tmp_path / "3" / "notes.txt").write_text("not a picture")
    (tmp_path / "3" / ".hidden.png").write_text("nor this")
    (tmp_path / "letters").mkdir()
    images, labels, _ = read_pictures(tmp_path)
    assert labels.tolist() == [0, 3, 3, 9]
    assert labels.dtype == np.int64
    assert np.array_equal(images, expected)


def test_pictures_by_name(tmp_path: Path) -> None:
    names = ["1.png", "7_anna.png", "7-2.png", "0.gif"]
    for number, name in enumerate(names):
        save_digit(tmp_path / name, number)
    images, labels, _ = read_pictures(tmp_path)
    assert labels.tolist() == [0, 1, 7, 7]
    assert images.shape == (4, 784)


def test_folders_that_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DigitpadError, match="holds no digits"):
        read_pictures(tmp_path)
    (tmp_path / "notes.txt").write_text("no picture")
    save_digit(tmp_path / "seven.png", 0)
    with pytest.raises(DigitpadError, match=r"“seven\.png” has no label"):
        read_pictures(tmp_path)
    (tmp_path / "seven.png").unlink()
    (tmp_path / "8.png").write_bytes(b"broken")
    with pytest.raises(DigitpadError, match=r"“8\.png” is not a picture"):
        read_pictures(tmp_path)


def test_what_is_left_out_is_counted_and_named(tmp_path: Path) -> None:
    save_digit(tmp_path / "1.png", 0)
    save_digit(tmp_path / "2" / "two.png", 1)
    Image.new("L", (60, 60), 255).save(tmp_path / "3-blank.png")
    (tmp_path / "4.png").write_bytes(b"broken")
    (tmp_path / "5.txt").write_text("no picture")
    save_digit(tmp_path / "nine.png", 2)
    (tmp_path / ".hidden").write_text("not counted")
    images, labels, notes = read_pictures(tmp_path)
    assert labels.tolist() == [1, 2]
    assert len(images) == 2
    (note,) = notes
    assert note.startswith("4 of 6 files were left out: 3-blank.png, 4.png, 5.txt and 1 more. “3")
    save_digit(tmp_path / "all" / "1.png", 0)
    assert read_pictures(tmp_path / "all")[2] == ()


@needs_resource
@pytest.mark.parametrize("blank", [True, False])
def test_many_large_pictures_take_no_more_memory_than_one(tmp_path: Path, blank: bool) -> None:
    page = Image.new("L", (3000, 3000), 255)
    if not blank:
        page.paste(0, (1200, 600, 1500, 2400))
    for count in (2, 16):
        folder = tmp_path / str(count)
        folder.mkdir()
        page.save(folder / "1.png")
        for number in range(1, count):
            (folder / f"1-{number}.png").symlink_to(folder / "1.png")
    (_, few), (message, many) = (
        read_elsewhere("digitpad.data.dataset:load", tmp_path / str(count)) for count in (2, 16)
    )
    assert ("ink" in message) == blank
    assert many < few + 40  # MiB


def test_reading_can_be_ended_at_each_picture(tmp_path: Path) -> None:
    for number in range(3):
        save_digit(tmp_path / f"{number}.png", number)
    looks: list[int] = []

    def look_up() -> None:
        looks.append(len(looks))
        if len(looks) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        read_pictures(tmp_path, look_up)
    assert looks == [0, 1]


@pytest.mark.parametrize("name", ["7.png", "7_anna.jpg", "7-2.png", "7 (1).png", "7"])
def test_the_label_in_a_name(name: str) -> None:
    assert label_of(Path(name)) == 7


@pytest.mark.parametrize("name", ["77.png", "7a.png", "a7.png", "-7.png", "IMG_2041.jpg"])
def test_names_without_a_label(name: str) -> None:
    with pytest.raises(DigitpadError, match="has no label"):
        label_of(Path(name))
