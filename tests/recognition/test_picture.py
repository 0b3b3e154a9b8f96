from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from digitpad.drawing import photo
from digitpad.drawing.split_digits import Mark
from digitpad.drawing.strokes import Sample
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.recognition.picture import read_picture
from digitpad.recognition.recognise import recognise
from tests.drawing.test_photo import digits, drawn, encoded

HEIGHT = 110


@lru_cache(maxsize=1)
def model() -> Model:
    return model_file.shipped()


def row(
    number: str, gap: int = 30, pen: int = 9
) -> tuple[NDArray[np.uint8], list[tuple[int, int, int, int]]]:
    """Return digits beside each other, black on white, and where the ink of each is."""
    inks = [np.asarray(drawn(digits()[int(digit)], HEIGHT, pen)) for digit in number]
    width = sum(ink.shape[1] for ink in inks) + gap * (len(inks) - 1)
    sheet = np.zeros((max(len(ink) for ink in inks), width), np.uint8)
    boxes, x = [], 0
    for ink in inks:
        top = len(sheet) - len(ink)
        place = sheet[top:, x : x + ink.shape[1]]
        np.maximum(place, ink, out=place)
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        boxes.append(
            (x + columns[0], top + rows[0], x + columns[-1] + 1, top + rows[-1] + 1),
        )
        x += ink.shape[1] + gap
    return 255 - sheet, boxes


def padded(sheet: NDArray[np.uint8], margin: int = 50) -> Image.Image:
    return Image.fromarray(np.pad(sheet, margin, constant_values=255))


@pytest.mark.parametrize("number", ["2026", "31", "0579468"])
@pytest.mark.parametrize("negative", [False, True])
def test_a_number_is_read_from_left_to_right(number: str, negative: bool) -> None:
    sheet, boxes = row(number)
    picture = ImageOps.invert(padded(sheet)) if negative else padded(sheet)
    read = read_picture(model(), encoded(picture))
    assert read.number.text == number
    assert read.number.sure
    assert not read.number.marks
    scale = read.pixels.shape[1] / picture.width
    for digit, box in zip(read.number.digits, boxes, strict=True):
        wanted = (np.array(box) + 50) * scale
        assert digit.box == pytest.approx(wanted, abs=2)
        assert digit.reading.digit == recognise(model(), digit.image).digit


def test_lines_are_read_from_top_to_bottom() -> None:
    upper, lower = row("314")[0], row("27")[0]
    sheet = np.full((2 * HEIGHT + 80, max(upper.shape[1], lower.shape[1])), 255, np.uint8)
    sheet[: len(upper), : upper.shape[1]] = upper
    sheet[-len(lower) :, -lower.shape[1] :] = lower
    number = read_picture(model(), encoded(padded(sheet))).number
    assert number.text == "314 27"
    assert number.breaks == (3,)


@pytest.mark.parametrize("sample", digits(), ids=lambda sample: str(sample.label))
def test_a_single_digit_is_read_as_ever(sample: Sample) -> None:
    file = encoded(padded(255 - np.asarray(drawn(sample, 120, 10))))
    number = read_picture(model(), file).number
    assert len(number.digits) == 1
    assert np.array_equal(number.digits[0].image, photo.to_image(file))
    assert not number.marks


def test_what_is_no_digit_is_named() -> None:
    sheet, _ = row("25", gap=60)
    for mark in (Mark.UNDERLINE, Mark.FRAME, Mark.DECIMAL_POINT):
        picture = padded(sheet)
        draw = ImageDraw.Draw(picture)
        if mark is Mark.UNDERLINE:
            below = picture.height - 30
            draw.line((45, below, picture.width - 45, below), fill=0, width=7)
        elif mark is Mark.FRAME:
            draw.rectangle((20, 20, picture.width - 20, picture.height - 20), outline=0, width=5)
        else:
            middle = 50 + drawn(digits()[2], HEIGHT, 9).width + 30
            foot = picture.height - 56
            draw.ellipse((middle - 6, foot - 12, middle + 6, foot), fill=0)
        number = read_picture(model(), encoded(picture)).number
        assert [found for found, _ in number.marks] == [mark]
        assert number.text == ("2.5" if mark is Mark.DECIMAL_POINT else "25")


def test_an_underlined_digit_is_one() -> None:
    picture = padded(row("4")[0])
    draw = ImageDraw.Draw(picture)
    draw.line((20, picture.height - 25, picture.width - 20, picture.height - 25), 0, 7)
    number = read_picture(model(), encoded(picture)).number
    assert number.text == "4"
    assert [found for found, _ in number.marks] == [Mark.UNDERLINE]


def test_uneven_light_noise_and_blur() -> None:
    picture = padded(row("2026")[0], 90).filter(ImageFilter.GaussianBlur(1.5))
    y, x = np.mgrid[0 : 1 : picture.height * 1j, 0 : 1 : picture.width * 1j]
    grey = (90 + 150 * (np.asarray(picture) / 255)) * (1 - 0.5 * x - 0.1 * y)
    grey += np.random.default_rng(0).normal(0, 4, grey.shape)
    file = encoded(Image.fromarray(grey.clip(0, 255).astype(np.uint8)), "JPEG")
    assert read_picture(model(), file).number.text == "2026"


@pytest.mark.parametrize(
    ("number", "gap", "pen", "turned"), [("202", 40, 16, 4), ("990", 20, 13, 6)]
)
def test_a_number_that_fills_a_sheet_on_a_table(
    number: str, gap: int, pen: int, turned: float
) -> None:
    ink = np.minimum(row(number, gap, pen)[0], 230)
    paper = Image.fromarray(np.pad(ink, ((35, 35), (12, 12)), constant_values=230))
    table = ImageOps.expand(paper.rotate(turned, expand=True, fillcolor=60), 30, 60)
    grey = np.asarray(table.filter(ImageFilter.GaussianBlur(1)), dtype=np.float64)
    grey *= 1 - 0.5 * np.linspace(0, 1, grey.shape[1])
    file = encoded(Image.fromarray(grey.astype(np.uint8)))
    assert read_picture(model(), file).number.text == number


def test_a_page_of_text_is_refused_in_a_sentence() -> None:
    picture = Image.new("L", (400, 400), 255)
    draw = ImageDraw.Draw(picture)
    for x in range(20, 380, 20):
        for y in range(20, 380, 20):
            draw.line((x, y, x + 6, y + 12), 0, 2)
    with pytest.raises(DigitpadError, match="too much for a number"):
        read_picture(model(), encoded(picture))


def stacked(upper: str, lower: str, overlap: int) -> Image.Image:
    """Return a digit upon another, whose ink touches."""
    inks = [255 - row(digit)[0] for digit in (upper, lower)]
    inks = [ink[np.flatnonzero(ink.any(axis=1))] for ink in inks]
    height = sum(map(len, inks)) - overlap
    sheet = np.zeros((height, max(ink.shape[1] for ink in inks)), np.uint8)
    for ink, top in zip(inks, (0, height - len(inks[1])), strict=True):
        left = (sheet.shape[1] - ink.shape[1]) // 2
        place = sheet[top : top + len(ink), left : left + ink.shape[1]]
        np.maximum(place, ink, out=place)
    return padded(255 - sheet)


@pytest.mark.parametrize(("upper", "lower"), ["85", "52", "26", "63", "56", "02"])
def test_a_digit_upon_another_is_two_though_they_touch(upper: str, lower: str) -> None:
    number = read_picture(model(), encoded(stacked(upper, lower, 8))).number
    assert number.text == f"{upper} {lower}"
    assert number.breaks == (1,)
    first, second = (digit.box for digit in number.digits)
    assert first[3] <= second[1] + 1


@pytest.mark.parametrize("squeezed", [0.45, 0.6, 0.8, 1.0])
@pytest.mark.parametrize("sample", digits(), ids=lambda sample: str(sample.label))
def test_a_narrow_digit_is_not_cut_into_two(sample: Sample, squeezed: float) -> None:
    narrow = tuple(np.asarray(stroke)[:, :2] * [squeezed, 1] for stroke in sample.strokes)
    file = encoded(padded(255 - np.asarray(drawn(Sample(sample.label, narrow), 120, 7))))
    assert len(read_picture(model(), file).number.digits) == 1
