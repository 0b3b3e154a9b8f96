"""The page with its past and future as bytes, and back: what comes back after a crash."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitpad.app.page import Page, Photo
from digitpad.app.undo_stack import UndoStack
from digitpad.drawing.split_digits import Mark
from digitpad.files import json_text
from digitpad.files.json_text import BadJson
from digitpad.nn import npz_archive
from digitpad.nn.npz_archive import BadArray
from digitpad.recognition.picture import Separated

_VERSION = 1
MAX_BYTES = 1 << 27
_MAX_UNPACKED = 1 << 28  # pictures are kept as they are shown: a few MB each
_MAX_PAGES = 10_000  # undo keeps 500
_MAX_STROKES = 200_000
_MAX_COORDINATE = 1e9

T = TypeVar("T")


def to_bytes(undo_stack: UndoStack) -> bytes:
    """Return an .npz file: each stroke and picture once, and for each page which it has."""
    strokes, stroke_of = _distinct([stroke for page in undo_stack.pages for stroke in page.strokes])
    pictures, picture_of = _distinct(
        [page.picture for page in undo_stack.pages if page.picture is not None]
    )
    photos, photo_of = _distinct(
        [page.photo for page in undo_stack.pages if page.photo is not None]
    )
    file = io.BytesIO()
    np.savez_compressed(
        file,
        version=np.array(_VERSION),
        present=np.array(undo_stack.present),
        points=np.concatenate([np.empty((0, 3)), *strokes]),
        lengths=np.array([len(stroke) for stroke in strokes], dtype=np.int64),
        pictures=np.array(pictures, dtype=np.float32).reshape(-1, 28, 28),
        photos=np.concatenate(
            [np.empty(0, dtype=np.uint8), *(photo.pixels.ravel() for photo in photos)]
        ),
        photo_shapes=np.array([photo.pixels.shape for photo in photos], dtype=np.int64).reshape(
            -1, 3
        ),
        photo_boxes=np.array([photo.box for photo in photos], dtype=np.int64).reshape(-1, 4),
        photo_digits=np.array(
            [image for photo in photos if photo.separated for image in photo.separated.images],
            dtype=np.float32,
        ).reshape(-1, 28, 28),
        photo_notes=np.array(json.dumps([_note(photo.separated) for photo in photos])),
        page_photos=np.array(
            [-1 if page.photo is None else photo_of(page.photo) for page in undo_stack.pages],
            dtype=np.int64,
        ),
        page_lengths=np.array([len(page.strokes) for page in undo_stack.pages], dtype=np.int64),
        page_strokes=np.array(
            [stroke_of(stroke) for page in undo_stack.pages for stroke in page.strokes],
            dtype=np.int64,
        ),
        page_pictures=np.array(
            [-1 if page.picture is None else picture_of(page.picture) for page in undo_stack.pages],
            dtype=np.int64,
        ),
    )
    return file.getvalue()


def _note(separated: Separated | None) -> dict[str, Any] | None:
    """Return what there is to say of a photograph's digits beside their images."""
    if separated is None:
        return None
    return {
        "boxes": separated.boxes,
        "marks": [mark.value for mark in separated.marks],
        "points": separated.points,
        "breaks": separated.breaks,
    }


def _separated_of(arrays: Mapping[str, NDArray[Any]], count: int) -> list[Separated | None]:
    """Return each photograph's digits; none where the file is from before there were any."""
    if "photo_notes" not in arrays:
        return [None] * count
    images = list(arrays["photo_digits"])
    found: list[Separated | None] = []
    notes = json_text.loads(str(arrays["photo_notes"]))
    json_text.check(notes)
    for note in notes:
        if note is None:
            found.append(None)
            continue
        boxes = tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in note["boxes"])
        own, images = images[: len(boxes)], images[len(boxes) :]
        if len(own) < len(boxes) or not boxes:
            raise LookupError
        points, breaks = (tuple(int(place) for place in note[key]) for key in ("points", "breaks"))
        marks = tuple(Mark(value) for value in note["marks"])
        found.append(Separated(tuple(own), boxes, marks, points, breaks))
    return found


def _distinct(things: list[T]) -> tuple[list[T], Callable[[T], int]]:
    """Return each object once, and a function that returns its place among them."""
    places: dict[int, int] = {}
    distinct: list[T] = []
    for thing in things:
        if places.setdefault(id(thing), len(distinct)) == len(distinct):
            distinct.append(thing)
    return distinct, lambda thing: places[id(thing)]


def from_bytes(data: bytes) -> UndoStack | None:
    """Return what `to_bytes` wrote; None if it is damaged, or of another version."""
    try:
        arrays = npz_archive.read_all(data, "fiuU", _MAX_UNPACKED)
        return _undo_stack_of(arrays) if int(arrays["version"]) == _VERSION else None
    except (BadArray, BadJson, ValueError, LookupError, TypeError, OverflowError):
        return None


def _undo_stack_of(arrays: Mapping[str, NDArray[Any]]) -> UndoStack:
    """Return the stack in arrays; raises one of many errors if they do not fit together."""
    strokes = _split(arrays["points"], arrays["lengths"], _MAX_STROKES)
    pictures = list(arrays["pictures"].astype(np.float32, casting="same_kind"))
    shapes = arrays["photo_shapes"]
    areas = [math.prod(shape) for shape in shapes.tolist()]
    pixels = _split(arrays["photos"].astype(np.uint8, casting="same_kind"), areas, _MAX_PAGES)
    photos = [
        Photo(each.reshape(shape), (box[0], box[1], box[2], box[3]), separated)
        for each, shape, box, separated in zip(
            pixels,
            shapes.tolist(),
            arrays["photo_boxes"].tolist(),
            _separated_of(arrays, len(shapes)),
            strict=True,
        )
    ]
    indices = _split(arrays["page_strokes"], arrays["page_lengths"], _MAX_PAGES)
    pages = tuple(
        Page(
            tuple(strokes[index] for index in of_page.tolist()),
            None if picture < 0 else pictures[picture],
            None if photo < 0 else photos[photo],
        )
        for of_page, picture, photo in zip(
            indices,
            arrays["page_pictures"].tolist(),
            arrays["page_photos"].tolist(),
            strict=True,
        )
    )
    undo_stack = UndoStack(pages, int(arrays["present"]))
    _check(undo_stack, strokes, pictures, photos)
    return undo_stack


def _split(array: NDArray[Any], lengths: ArrayLike, most: int) -> list[NDArray[Any]]:
    """Cut an array into parts of these lengths, which must be all of it."""
    sizes = np.asarray(lengths, dtype=np.int64).ravel()
    if len(sizes) > most or (sizes < 0).any() or sum(sizes.tolist()) != len(array):
        raise ValueError("lengths")
    return np.split(array, np.cumsum(sizes))[:-1]


def _check(
    undo_stack: UndoStack,
    strokes: Sequence[NDArray[Any]],
    pictures: Sequence[NDArray[Any]],
    photos: Sequence[Photo],
) -> None:
    """Raise ValueError unless the window could have been in this state."""
    possible = (
        0 <= undo_stack.present < len(undo_stack.pages)
        and all(s.ndim == 2 and s.shape[1] == 3 and len(s) > 0 for s in strokes)
        and all(bool((np.abs(s) < _MAX_COORDINATE).all()) for s in strokes)
        and all(p.shape == (28, 28) and bool(((p >= 0) & (p <= 1)).all()) for p in pictures)
    )
    for photo in photos:
        height, width, channels = photo.pixels.shape
        boxes = [photo.box, *(photo.separated.boxes if photo.separated else ())]
        possible = possible and channels == 3
        for left, top, right, bottom in boxes:
            possible = possible and 0 <= left < right <= width and 0 <= top < bottom <= height
        separated = photo.separated
        if separated is not None:
            count = len(separated.images)
            places = [*separated.points, *separated.breaks]
            possible = possible and all(0 <= place <= count for place in places)
            possible = possible and all(((i >= 0) & (i <= 1)).all() for i in separated.images)
    if not possible:
        raise ValueError("numbers")
