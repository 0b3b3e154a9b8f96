from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from digitpad.data.dataset import load, of_samples
from digitpad.data.export_samples import export
from digitpad.data.mnist import mnist
from digitpad.data.my_digits import (
    MyDigits,
    default_path,
    id_of,
)
from digitpad.data.sample_images import image_of, of_image, to_images
from digitpad.drawing.rasterize import to_image
from digitpad.drawing.strokes import Sample, read_strokes, write_strokes
from digitpad.errors import DigitpadError
from digitpad.files import writing

BAR = np.array([[0.0, -1.0, 0.5], [0.1, 1.0, 0.5]])


def drawing(label: int | None = 1, size: float = 1.0, **extra: object) -> Sample:
    return Sample(label, (BAR * size,), dict(extra))


def labels(digits: MyDigits) -> list[int | None]:
    return [sample.label for sample in digits.samples]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "my-digits.jsonl"


def test_lies_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if sys.platform.startswith("linux"):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        assert default_path() == tmp_path / "digitpad" / "my-digits.jsonl"
    assert default_path().name == "my-digits.jsonl"
    assert "digitpad" in default_path().parts


def test_is_empty_without_a_file_and_makes_none(path: Path) -> None:
    digits = MyDigits(path)
    assert digits.samples == ()
    assert not digits.can_undo
    assert not path.parent.exists()


def test_what_was_added_is_in_the_file_and_is_a_stroke_file(path: Path) -> None:
    (added,) = MyDigits(path).add([drawing(7, writer="Ada")])
    (read,) = read_strokes(path)
    assert read.label == 7
    assert np.array_equal(read.strokes[0], BAR)
    assert read.extra == added.extra
    assert read.extra["writer"] == "Ada"
    assert load(path).labels.tolist() == [7]


def test_is_appended_with_one_write_that_reaches_the_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digits = MyDigits(path)
    digits.add([drawing(1)])
    calls: list[object] = []
    write, fsync = os.write, os.fsync

    def watched_write(handle: int, data: bytes) -> int:
        calls.append(data)
        return write(handle, data)

    def watched_fsync(handle: int) -> None:
        calls.append("fsync")
        fsync(handle)

    monkeypatch.setattr(os, "write", watched_write)
    monkeypatch.setattr(os, "fsync", watched_fsync)
    digits.add([drawing(2)])
    monkeypatch.undo()
    (line, last) = calls
    assert last == "fsync"
    assert isinstance(line, bytes)
    assert line.count(b"\n") == 1
    assert path.read_bytes().endswith(line)


def test_lists_by_label(path: Path) -> None:
    digits = MyDigits(path)
    digits.add([drawing(3), drawing(None), drawing(1), drawing(3, 2.0)])
    found = digits.by_label()
    assert [len(found[digit]) for digit in range(10)] == [0, 1, 0, 2, 0, 0, 0, 0, 0, 0]
    assert len(digits.samples) == 4


def test_deletes_relabels_and_undoes(path: Path) -> None:
    digits = MyDigits(path)
    first, second, third = digits.add([drawing(1), drawing(2), drawing(3)])
    digits.remove([id_of(second)])
    assert labels(digits) == [1, 3]
    digits.relabel([id_of(first), id_of(third)], 7)
    assert labels(digits) == labels(MyDigits(path)) == [7, 7]
    digits.undo()
    assert labels(digits) == labels(MyDigits(path)) == [1, 3]
    digits.undo()
    assert labels(digits) == labels(MyDigits(path)) == [1, 2, 3]
    digits.undo()
    assert labels(digits) == labels(MyDigits(path)) == []
    assert not digits.can_undo
    digits.undo()
    assert labels(digits) == []


def test_undo_takes_back_only_ones_own(path: Path) -> None:
    mine, other = MyDigits(path), MyDigits(path)
    mine.add([drawing(1)])
    other.add([drawing(2)])
    mine.undo()
    assert labels(MyDigits(path)) == [2]


def test_unknown_keys_are_kept_when_the_file_is_rewritten(path: Path) -> None:
    path.parent.mkdir()
    line = {"label": 4, "strokes": [[[0, 0], [1, 1]]], "tablet": {"dpi": 96}, "odd": "\ud800 é"}
    path.write_text(json.dumps(line) + "\n" + json.dumps(line | {"label": 5}) + "\n")
    digits = MyDigits(path)
    digits.remove([id_of(digits.samples[0])])
    (kept,) = read_strokes(path)
    assert kept.label == 5
    assert kept.extra["tablet"] == {"dpi": 96}
    assert kept.extra["odd"] == "\ud800 é"


def test_drawings_alike_without_ids_are_told_apart(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"label": 4, "strokes": [[[0, 0], [1, 1]]]}\n' * 3)
    digits, other = MyDigits(path), MyDigits(path)
    assert len({id_of(sample) for sample in digits.samples}) == 3
    digits.remove([id_of(digits.samples[1])])
    assert len(MyDigits(path).samples) == 2
    other.relabel([id_of(other.samples[0])], 9)
    assert sorted(filter(None, labels(MyDigits(path)))) == [4, 9]


# -- crashes and damage --------------------------------------------------------------------------


@pytest.mark.parametrize("cut", range(2, 60, 7))
def test_a_torn_last_line_loses_nothing_else(path: Path, cut: int) -> None:
    MyDigits(path).add([drawing(1), drawing(2), drawing(3)])
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    digits = MyDigits(path)
    assert labels(digits) == [1, 2]
    assert digits.notice == ""
    digits.add([drawing(4)])
    assert labels(MyDigits(path)) == [1, 2, 4]
    assert [sample.label for sample in read_strokes(path)] == [1, 2, 4]
    assert len(list(path.parent.glob("*.jsonl"))) == 1


def test_a_last_line_without_its_end_is_kept(path: Path) -> None:
    MyDigits(path).add([drawing(1), drawing(2)])
    path.write_bytes(path.read_bytes()[:-1])
    digits = MyDigits(path)
    digits.add([drawing(3)])
    assert [sample.label for sample in read_strokes(path)] == [1, 2, 3]


def test_a_line_torn_while_the_window_is_open_is_repaired_by_the_next(path: Path) -> None:
    digits = MyDigits(path)
    digits.add([drawing(1)])
    with path.open("ab") as file:
        file.write(b'{"label":5,"stro')
    digits.add([drawing(2)])
    assert [sample.label for sample in read_strokes(path)] == [1, 2]


@pytest.mark.parametrize(
    "damage", [b"\x00" * 50, b"garbage", b'{"label": 12, "strokes": []}', b"\xff\xfe\n{"]
)
def test_a_damaged_file_keeps_what_is_readable_and_is_put_aside(path: Path, damage: bytes) -> None:
    MyDigits(path).add([drawing(1), drawing(2)])
    first, second = path.read_bytes().splitlines(keepends=True)
    damaged = first + damage + b"\n" + second
    path.write_bytes(damaged)
    digits = MyDigits(path)
    assert labels(digits) == [1, 2]
    assert "could not be read" in digits.notice
    (aside,) = path.parent.glob("my-digits.damaged-*.jsonl")
    assert str(aside) in digits.notice
    assert aside.read_bytes() == damaged
    assert [sample.label for sample in read_strokes(path)] == [1, 2]
    assert MyDigits(path).notice == ""


def test_a_crash_while_rewriting_leaves_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digits = MyDigits(path)
    first, _ = digits.add([drawing(1), drawing(2)])
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DigitpadError, match="No space left"):
        digits.remove([id_of(first)])
    with pytest.raises(DigitpadError, match="No space left"):
        digits.add([drawing(3)])
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert labels(digits) == [1, 2]
    assert not list(path.parent.glob(".*part"))


def test_a_huge_file_is_refused_and_stays(path: Path) -> None:
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate((1 << 28) + 1)
    with pytest.raises(DigitpadError, match="256 MiB"):
        MyDigits(path)
    assert path.stat().st_size == (1 << 28) + 1


def test_a_folder_in_the_files_place_is_an_error_in_words(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(DigitpadError, match="cannot be read"):
        MyDigits(path)


# -- two windows ---------------------------------------------------------------------------------

_APPEND = """
import sys
import numpy as np
from pathlib import Path
from digitpad.data.my_digits import MyDigits, id_of
from digitpad.drawing.strokes import Sample
digits = MyDigits(Path(sys.argv[1]))
for number in range(40):
    stroke = np.full((50, 2), float(number))
    (one, gone) = digits.add([Sample(int(sys.argv[2]), (stroke,)), Sample(9, (stroke,))])
    digits.remove([id_of(gone)])
"""


def test_two_processes_that_write_at_once_lose_nothing(path: Path) -> None:
    commands = [[sys.executable, "-c", _APPEND, str(path), label] for label in "12"]
    processes = [subprocess.Popen(command) for command in commands]
    assert [process.wait() for process in processes] == [0, 0]
    found = MyDigits(path).by_label()
    for label in (1, 2):
        assert [sample.strokes[0][0, 0] for sample in found[label]] == list(range(40))
    assert not found[9]


def test_a_window_sees_what_another_did(path: Path) -> None:
    mine, other = MyDigits(path), MyDigits(path)
    (added,) = other.add([drawing(2)])
    assert mine.refresh()
    assert not mine.refresh()
    assert labels(mine) == [2]
    other.remove([id_of(added)])
    mine.relabel([id_of(added)], 3)
    mine.remove([id_of(added)])
    assert labels(mine) == labels(MyDigits(path)) == []


def test_a_lock_that_is_not_released_is_an_error_in_words(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digits = MyDigits(path)
    digits.add([drawing(1)])
    monkeypatch.setattr(writing, "_SECONDS", 0.02)
    with writing.locked(path), pytest.raises(DigitpadError, match="in use by another"):
        digits.add([drawing(2)])
    digits.add([drawing(3)])
    assert labels(digits) == [1, 3]


# -- import and export ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["mine.jsonl", "mine.jsonl.gz", "mine.npz", "a-images-idx3-ubyte", "b-images.idx3-ubyte.gz"],
)
def test_what_is_exported_can_be_read_and_imported(path: Path, tmp_path: Path, name: str) -> None:
    digits = MyDigits(path)
    image = np.arange(784).astype(np.uint8)
    digits.add([drawing(1), drawing(2, 3.0), of_image(image, 5)])
    files = export(digits.samples, tmp_path / name)
    assert all(file.is_file() for file in files)
    wanted = of_samples(digits.samples, "")
    other = MyDigits(tmp_path / "other.jsonl")
    assert other.import_files([tmp_path / name]) == (3, ())
    found = of_samples(other.samples, "")
    assert np.array_equal(found.images, wanted.images)
    assert found.labels.tolist() == [1, 2, 5]
    assert np.array_equal(found.images[2], image)
    assert np.array_equal(load(tmp_path / name).images, wanted.images)
    assert found.images[0].tolist() == np.rint(to_image([BAR]) * 255).ravel().tolist()


def test_what_is_here_already_is_not_imported_twice(path: Path, tmp_path: Path) -> None:
    digits = MyDigits(path)
    digits.add([drawing(1), drawing(2)])
    export(digits.samples, tmp_path / "mine.jsonl")
    assert digits.import_files([tmp_path / "mine.jsonl"]) == (0, ())
    assert len(digits.samples) == 2


def test_an_import_says_what_was_changed(path: Path, tmp_path: Path) -> None:
    images = mnist().test.images[:9].reshape(-1, 28, 28)
    np.savez(tmp_path / "a.npz", images=255 - images, labels=np.arange(9))
    imported = MyDigits(path).import_files([tmp_path / "a.npz"])
    assert imported == (9, ("The images were dark on light and have been inverted.",))


def test_an_import_that_fails_adds_nothing(path: Path, tmp_path: Path) -> None:
    digits = MyDigits(path)
    write_strokes(tmp_path / "good.jsonl", [drawing(1)])
    write_strokes(tmp_path / "none.jsonl", [drawing(None)])
    with pytest.raises(DigitpadError, match="no labelled digits"):
        digits.import_files([tmp_path / "good.jsonl", tmp_path / "none.jsonl"])
    assert digits.samples == ()


def test_nothing_cannot_be_exported(tmp_path: Path) -> None:
    with pytest.raises(DigitpadError, match="no digits to save"):
        export([], tmp_path / "mine.npz")
    with pytest.raises(DigitpadError, match="cannot be written"):
        export([drawing(1)], tmp_path / "nowhere" / "mine.npz")


@pytest.mark.parametrize("image", ["", "no base64", "AAAA", 5, None])
def test_an_unusable_image_is_none(image: object) -> None:
    assert image_of(Sample(1, (), {"image": image})) is None
    assert not to_images([Sample(1, (), {"image": image})]).any()
