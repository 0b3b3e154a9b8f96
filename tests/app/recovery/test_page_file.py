"""A page with its past and future as bytes and back; damaged bytes are nothing."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from digitpad.app.page import Page, Photo
from digitpad.app.recovery import page_file
from digitpad.app.undo_stack import UndoStack
from digitpad.drawing.split_digits import Mark
from digitpad.recognition.picture import Separated

A, B = np.arange(9, dtype=float).reshape(3, 3), np.array([[0.1, -0.2, 0.5]])
PICTURE = np.linspace(0, 1, 784, dtype=np.float32).reshape(28, 28)
SEPARATED = Separated(
    (PICTURE, 1 - PICTURE),
    ((1, 0, 3, 4), (3, 1, 5, 4)),
    (Mark.FRAME, Mark.DECIMAL_POINT),
    (1,),
    (1,),
)
PHOTO = Photo(np.arange(60, dtype=np.uint8).reshape(4, 5, 3), (1, 0, 3, 4))
NUMBER = replace(PHOTO, separated=SEPARATED)


def same(one: UndoStack, other: UndoStack) -> bool:
    return one.present == other.present and all(
        len(a.strokes) == len(b.strokes)
        and all(map(np.array_equal, a.strokes, b.strokes))
        and (a.picture is None) == (b.picture is None)
        and (a.picture is None or bool((a.picture == b.picture).all()))
        and (a.photo is None) == (b.photo is None)
        and (a.photo is None or (b.photo is not None and a.photo.box == b.photo.box))
        and (a.photo is None or b.photo is None or (a.photo.pixels == b.photo.pixels).all())
        for a, b in zip(one.pages, other.pages, strict=True)
    )


@pytest.mark.parametrize(
    "undo_stack",
    [
        UndoStack((Page(),), 0),
        UndoStack((Page(), Page((A,)), Page((A, B)), Page((B,)), Page()), 2),
        UndoStack((Page((A,)), Page(picture=PICTURE), Page((B,)), Page(picture=PICTURE)), 3),
        UndoStack((Page((A,)), Page(picture=PICTURE, photo=PHOTO)), 1),
        UndoStack((Page(picture=PICTURE, photo=PHOTO), Page(picture=PICTURE, photo=NUMBER)), 1),
    ],
)
def test_what_is_written_is_read(undo_stack: UndoStack) -> None:
    again = page_file.from_bytes(page_file.to_bytes(undo_stack))
    assert again is not None
    assert same(again, undo_stack)
    for page, wanted in zip(again.pages, undo_stack.pages, strict=True):
        separated = None if page.photo is None else page.photo.separated
        if wanted.photo is None or wanted.photo.separated is None:
            assert separated is None
        else:
            assert separated is not None
            assert replace(separated, images=()) == replace(SEPARATED, images=())
            assert np.array_equal(separated.images, SEPARATED.images)


def test_notes_that_nobody_wrote_are_nothing() -> None:
    good = page_file.to_bytes(UndoStack((Page(picture=PICTURE, photo=NUMBER),), 0))
    with np.load(io.BytesIO(good)) as file:
        arrays = dict(file)
    for notes in ("[]", "{", "[1]", '[{"boxes": []}]', '[{"boxes": [[1, 2, 3]]}]'):
        changed = io.BytesIO()
        np.savez(changed, **arrays | {"photo_notes": np.array(notes)})
        assert page_file.from_bytes(changed.getvalue()) is None


GOOD = UndoStack((Page((A,)), Page((A, B)), Page(picture=PICTURE, photo=NUMBER)), 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("present", 3),
        ("present", -1),
        ("points", np.full((4, 3), np.nan)),
        ("points", np.zeros((4, 2))),
        ("points", np.array(["a"] * 4)),
        ("lengths", [4, 0]),
        ("lengths", [5, -1]),
        ("lengths", [3, 2]),
        ("lengths", [2**62, 2**62]),
        ("pictures", np.full((1, 28, 28), 2.0)),
        ("pictures", np.zeros((1, 28, 27))),
        ("pictures", np.array([["a"]])),
        ("photos", np.zeros(59, np.uint8)),
        ("photo_shapes", [[4, 15, 1]]),
        ("photo_shapes", [[2**40, 2**40, 3]]),
        ("photo_boxes", [[0, 0, 9, 9]]),
        ("photo_boxes", [[2, 2, 1, 1]]),
        ("photo_boxes", [[b"a" * 4] * 4]),
        ("photo_digits", np.full((2, 28, 28), np.nan, np.float32)),
        ("photo_notes", "[" * 5_000),
        ("photo_notes", "9" * 5_000),
        ("page_strokes", [0, 0, 2]),
        ("page_photos", [-1, -1, 1]),
        ("page_lengths", [2**62, 3, 0]),
    ],
)
def test_arrays_that_nobody_wrote_are_nothing(name: str, value: object) -> None:
    with np.load(io.BytesIO(page_file.to_bytes(GOOD))) as file:
        arrays = dict(file)
    assert name in arrays
    changed = io.BytesIO()
    np.savez(changed, **arrays | {name: np.asarray(value)})
    assert page_file.from_bytes(changed.getvalue()) is None


def test_a_large_white_page_comes_back() -> None:
    paper = np.full((3000, 4000, 3), 255, dtype=np.uint8)
    undo_stack = UndoStack((Page(picture=PICTURE, photo=Photo(paper, (1, 0, 3, 4))),), 0)
    again = page_file.from_bytes(page_file.to_bytes(undo_stack))
    assert again is not None
    assert same(again, undo_stack)


def test_a_small_file_that_unpacks_to_much_takes_no_memory() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("version.npy", "w") as file:
            np.lib.format.write_array(file, np.array(1))
        with archive.open("points.npy", "w") as file:
            for _ in range(300):
                file.write(bytes(1 << 20))
    tracemalloc.start()
    try:
        assert page_file.from_bytes(packed.getvalue()) is None
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def test_an_array_with_a_header_of_nonsense_is_nothing() -> None:
    header = b"\x93NUMPY\x01\x00\x08\x00{'a': (("
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("version.npy", header)
    assert page_file.from_bytes(packed.getvalue()) is None


def test_strokes_that_pages_share_are_written_once() -> None:
    long = np.random.default_rng(1).normal(size=(1000, 3))
    pages = tuple(Page((long,) * number) for number in range(100))
    assert len(page_file.to_bytes(UndoStack(pages, 0))) < 40_000


def test_damaged_bytes_are_nothing() -> None:
    good = page_file.to_bytes(UndoStack((Page((A,)), Page((A, B))), 1))
    assert page_file.from_bytes(b"") is None
    assert page_file.from_bytes(b"PK nonsense") is None
    for cut in range(0, len(good), 7):
        assert page_file.from_bytes(good[:cut]) is None
    generator = np.random.default_rng(2)
    for _ in range(300):
        damaged = bytearray(good)
        damaged[int(generator.integers(len(good)))] ^= 1 << int(generator.integers(8))
        page_file.from_bytes(bytes(damaged))
