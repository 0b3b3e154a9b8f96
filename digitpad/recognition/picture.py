"""Read all digits in a picture: each is found, separated from the others, and read by itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitpad.drawing import locate_digits, morphology, photo, picture_lines
from digitpad.drawing.morphology import Mask
from digitpad.drawing.rasterize import Image
from digitpad.drawing.split_digits import Layout, Mark, Piece, box_of
from digitpad.nn.model_file import Model
from digitpad.recognition.number import Digit, NumberReading, best_groups, read_images
from digitpad.recognition.recognise import recognise

Box: TypeAlias = tuple[int, int, int, int]

# Ink that is so many times as high as wide, and so many lines wide, may be a digit upon another. It
# is cut at a few of its rows with the least ink, which are apart by a fraction of its height; what
# is above and below must clearly be digits, and all of it must not: the halves of a narrow 8, 7 or
# 3 may look like digits, too. Of 3,000 single digits, none is cut.
_TALL = 1.7
_WIDER = 3.0
_MIDDLE = 0.3
_APART = 0.08
_MOST_ROWS = 3
_CLEARLY = 0.95
_NO_DOUBT = 0.995


@dataclass(frozen=True)
class Separated:
    """The digits of a picture, each by itself, for any network to read.

    Attributes
    ----------
    images : tuple of (28, 28) float32
        At least one: line after line, from left to right.
    boxes : tuple of (left, top, right, bottom)
        Where each is, in pixels of the picture.
    marks : tuple of Mark
        What is no part of a digit.
    points : tuple of int
        For each decimal point, how many digits are before it.
    breaks : tuple of int
        For each further line, how many digits are above it.
    """

    images: tuple[Image, ...]
    boxes: tuple[Box, ...]
    marks: tuple[Mark, ...] = ()
    points: tuple[int, ...] = ()
    breaks: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class PictureReading:
    """What a network reads in a picture.

    Attributes
    ----------
    pixels : (h, w, 3) uint8
        The picture itself, made smaller where it is large.
    number : NumberReading
        Its digits, at least one. Their boxes are in those pixels.
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
        As for `separate` and `recognise`.
    """
    pixels, separated = separate(separator or model, source)
    return PictureReading(pixels, read_separated(model, separated))


def read_separated(model: Model, separated: Separated) -> NumberReading:
    """Read each digit of a picture.

    Raises
    ------
    DigitpadError
        As for `recognise`.
    """
    images = separated.images
    readings = (
        [recognise(model, images[0])] if len(images) == 1 else read_images(model, list(images))
    )
    digits = [
        Digit(reading, image, (), (), np.array(box, dtype=np.float64))
        for reading, image, box in zip(readings, images, separated.boxes, strict=True)
    ]
    marks = tuple((mark, ()) for mark in separated.marks)
    return NumberReading(tuple(digits), marks, separated.points, separated.breaks)


def separate(model: Model, source: str | Path | bytes) -> tuple[NDArray[np.uint8], Separated]:
    """Find each digit in a picture.

    Parameters
    ----------
    model : Model
        Whose confidence decides which ink is a digit.
    source : path or bytes
        As for `photo.to_image`.

    Returns
    -------
    pixels : (h, w, 3) uint8
        The picture, made smaller where it is large.
    separated : Separated

    Raises
    ------
    DigitpadError
        As for `photo.look`, or if there is too much ink for a number.
    """
    sheet = photo.look(source)
    found = sheet.found
    lines = picture_lines.lay_out(found.inked)
    if _shows_one(found, lines):
        return sheet.pixels, _stacked(model, sheet) or _one(sheet)
    masks: list[Mask] = []
    images: list[Image] = []
    marks = list(lines.framed)
    points: list[int] = []
    breaks: list[int] = []
    for layout in lines.layouts:
        group_masks = [
            picture_lines.mask_of(layout.pieces[slice(*group)], found.mask.shape)
            for group in layout.groups
        ]
        group_images = [sheet.image(mask) for mask in group_masks]
        chosen, strays = _chosen(model, layout, group_images)
        if masks and chosen:
            breaks.append(len(masks))
        points += [len(masks) + place for place in _points(layout, lines.parts, chosen)]
        marks += [mark for mark, _ in layout.marks]
        marks += [Mark.STRAY] * len(strays)
        masks += [group_masks[i] for i in chosen]
        images += [group_images[i] for i in chosen]
    if not masks or (len(masks) == 1 and not marks and not found.several):
        return sheet.pixels, _stacked(model, sheet) or _one(sheet)
    boxes = tuple(map(locate_digits.box, masks))
    return sheet.pixels, Separated(tuple(images), boxes, tuple(marks), tuple(points), tuple(breaks))


def _shows_one(found: locate_digits.Found, lines: picture_lines.Lines) -> bool:
    """Whether nothing in a picture suggests that there is more than one digit."""
    marks = {mark for layout in lines.layouts for mark, _ in layout.marks}
    pieces = [piece.stroke for layout in lines.layouts for piece in layout.pieces]
    is_cut = len(set(pieces)) < len(pieces)
    return not (found.several or lines.framed or is_cut or Mark.UNDERLINE in marks)


def _one(sheet: photo.Sheet) -> Separated:
    return Separated((sheet.digit,), (locate_digits.box(sheet.found.mask),))


def _stacked(model: Model, sheet: photo.Sheet) -> Separated | None:
    """Return the two digits of ink that is one digit upon another, which touch; None if it is one.

    A 9, 6, 7 or 4 is a digit upon a 1, and an 8 is two 0s, so these say nothing.
    """
    mask = sheet.found.mask
    left, top, right, bottom = locate_digits.box(mask)
    ink = mask[top:bottom, left:right]
    height, width = ink.shape
    if height < _TALL * width or width < _WIDER * morphology.width(ink):
        return None
    if recognise(model, sheet.digit).confidence >= _NO_DOUBT:
        return None
    across = ink.sum(axis=1)
    middle = range(round(_MIDDLE * height), round((1 - _MIDDLE) * height))
    cuts: list[int] = []
    for row in sorted(middle, key=lambda row: (across[row], abs(row - height / 2))):
        if all(abs(row - cut) > _APART * height for cut in cuts):
            cuts.append(row)
    for cut in cuts[:_MOST_ROWS]:
        above = np.arange(len(mask))[:, None] < top + cut
        masks = mask & above, mask & ~above
        images = [sheet.image(part) for part in masks]
        readings = read_images(model, images)
        digits = {reading.digit for reading in readings}
        sure = all(
            reading.sure and reading.confidence >= _CLEARLY and reading.digit != 1
            for reading in readings
        )
        if sure and digits != {0}:
            first, second = map(locate_digits.box, masks)
            return Separated(tuple(images), (first, second), breaks=(1,))
    return None


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
