"""Read all digits in a picture: each is found, separated from the others, and read by itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitpad.drawing import locate_digits, photo, picture_lines
from digitpad.drawing.morphology import Mask
from digitpad.drawing.rasterize import Image
from digitpad.drawing.split_digits import Layout, Mark, Piece, box_of
from digitpad.nn.model_file import Model
from digitpad.recognition.number import Digit, NumberReading, best_groups, read_images
from digitpad.recognition.recognise import Reading, recognise


@dataclass(frozen=True, eq=False)
class PictureReading:
    """What a network reads in a picture.

    Attributes
    ----------
    pixels : (h, w, 3) uint8
        The picture itself, made smaller where it is large.
    number : NumberReading
        Its digits, at least one: line after line, from left to right. Their boxes are in those
        pixels.
    """

    pixels: NDArray[np.uint8]
    number: NumberReading


def read_picture(
    model: Model, source: str | Path | bytes, *, separator: Model | None = None
) -> PictureReading:
    """Read all digits in a picture.

    Parameters
    ----------
    model : Model
    source : path or bytes
        As for `photo.to_image`.
    separator : Model, optional
        Whose confidence decides which ink is a digit; by default the model's own.

    Raises
    ------
    DigitpadError
        As for `photo.look` and `recognise`, or if there is too much ink for a number.
    """
    sheet = photo.look(source)
    found = sheet.found
    lines = picture_lines.lay_out(found.inked)
    if _shows_one(found, lines):
        return PictureReading(sheet.pixels, _one(model, sheet, found.mask))
    masks: list[Mask] = []
    images: list[Image] = []
    marks: list[tuple[Mark, tuple[int, ...]]] = [(mark, ()) for mark in lines.framed]
    points: list[int] = []
    breaks: list[int] = []
    for layout in lines.layouts:
        group_masks = [
            picture_lines.mask_of(layout.pieces[slice(*group)], found.mask.shape)
            for group in layout.groups
        ]
        group_images = [sheet.image(mask) for mask in group_masks]
        chosen, strays = _chosen(separator or model, layout, group_images)
        if masks and chosen:
            breaks.append(len(masks))
        points += [len(masks) + place for place in _points(layout, lines.parts, chosen)]
        marks += [(mark, ()) for mark, _ in layout.marks]
        marks += [(Mark.STRAY, ())] * len(strays)
        masks += [group_masks[i] for i in chosen]
        images += [group_images[i] for i in chosen]
    if not masks or (len(masks) == 1 and not marks and not found.several):
        return PictureReading(sheet.pixels, _one(model, sheet, found.mask))
    digits = [
        _digit(reading, image, mask)
        for reading, image, mask in zip(read_images(model, images), images, masks, strict=True)
    ]
    number = NumberReading(tuple(digits), tuple(marks), tuple(points), tuple(breaks))
    return PictureReading(sheet.pixels, number)


def _shows_one(found: locate_digits.Found, lines: picture_lines.Lines) -> bool:
    """Whether nothing in a picture suggests that there is more than one digit."""
    marks = {mark for layout in lines.layouts for mark, _ in layout.marks}
    pieces = [piece.stroke for layout in lines.layouts for piece in layout.pieces]
    is_cut = len(set(pieces)) < len(pieces)
    return not (found.several or lines.framed or is_cut or Mark.UNDERLINE in marks)


def _one(model: Model, sheet: photo.Sheet, mask: Mask) -> NumberReading:
    """Read a mask as one digit."""
    image = sheet.image(mask)
    return NumberReading((_digit(recognise(model, image), image, mask),), (), ())


def _digit(reading: Reading, image: Image, mask: Mask) -> Digit:
    return Digit(reading, image, (), (), np.array(locate_digits.box(mask), dtype=np.float64))


def _chosen(model: Model, layout: Layout, images: list[Image]) -> tuple[list[int], list[int]]:
    """Return the groups of a line that are digits, and the pieces that are stray marks."""
    if not images:
        return [], []
    readings = read_images(model, images)
    return best_groups(layout, np.array([reading.confidence for reading in readings]))


def _points(layout: Layout, parts: tuple[Piece, ...], chosen: list[int]) -> list[int]:
    """Return, for each decimal point of a line, how many of its digits are left of it."""
    boxes = [box_of(layout.pieces[slice(*layout.groups[i])]) for i in chosen]
    found = []
    for mark, indices in layout.marks:
        if mark is Mark.DECIMAL_POINT:
            dot = parts[indices[0]].box
            found.append(sum(box[0] + box[2] < dot[0] + dot[2] for box in boxes))
    return found
