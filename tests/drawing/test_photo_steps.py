"""Each step from a picture to what the network sees, on pictures of a few pixels."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from digitpad.drawing import locate_digits, morphology, photo
from digitpad.drawing.morphology import Grey, Mask
from digitpad.errors import DigitpadError


def grey_picture(values: Any) -> Image.Image:
    return Image.fromarray(np.asarray(values, dtype=np.uint8))


def bar(
    size: tuple[int, int], rows: tuple[int, int], columns: tuple[int, int], ink: float = 1
) -> Grey:
    values = np.zeros(size, np.float32)
    values[slice(*rows), slice(*columns)] = ink
    return values


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


# -- 8 bits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 51, 204], [0, 51, 204]),
        ([100, 150, 255], [100, 150, 255]),
        ([256, 512, 1023], [63, 127, 255]),
        ([1024, 2048, 4095], [63, 127, 255]),
        ([4096, 8192, 16383], [63, 127, 255]),
        ([16384, 32768, 65535], [63, 127, 255]),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
def test_whole_numbers_are_parts_of_the_scanners_range(
    values: list[int], expected: list[int], dtype: type
) -> None:
    plain = photo._plain(Image.fromarray(np.array([values], dtype)))
    assert plain.mode == "L"
    assert np.asarray(plain).tolist() == [expected]


@pytest.mark.parametrize(
    "values", [[0, 32_768, 65_536], [-1, 0, 1], [-30, -20, -10], [70_000, 75_000, 80_000]]
)
def test_whole_numbers_of_no_scanners_range_are_stretched(values: list[int]) -> None:
    plain = photo._plain(Image.fromarray(np.array([values], np.int32)))
    assert np.asarray(plain).tolist() == [[0, 127, 255]]


@pytest.mark.parametrize("values", [[0, 0.5, 1], [5, 6, 7], [-2, 0, 2], [0, 100, 200]])
def test_fractions_are_stretched(values: list[float]) -> None:
    plain = photo._plain(Image.fromarray(np.array([values], np.float32)))
    assert plain.mode == "L"
    assert np.asarray(plain).tolist() == [[0, 127, 255]]


def test_fractions_that_are_all_alike_are_black() -> None:
    assert not np.asarray(photo._plain(Image.fromarray(np.full((2, 3), 7, np.float32)))).any()


def test_numbers_that_are_not_finite_count_as_zero() -> None:
    values = np.array([[np.nan, np.inf, -np.inf, 0, 100, 200]], np.float32)
    assert np.asarray(photo._plain(Image.fromarray(values))).tolist() == [[0, 0, 0, 0, 127, 255]]


@pytest.mark.parametrize(
    ("mode", "plain"), [("1", "L"), ("L", "L"), ("RGB", "RGB"), ("CMYK", "RGB"), ("P", "RGB")]
)
def test_every_mode_becomes_grey_or_colours(mode: str, plain: str) -> None:
    picture = Image.new("RGB", (3, 2), "white").convert(mode)
    made = photo._plain(picture)
    assert made.mode == plain
    assert made.size == (3, 2)
    assert (np.asarray(made) == 255).all()


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        # Dark ink needs white paper, light ink black paper; halfway counts as dark.
        ((0, 0, 0), 255),
        ((127, 127, 127), 255),
        ((128, 128, 128), 0),
        ((255, 255, 255), 0),
        ((0, 0, 255), 255),
        ((255, 255, 0), 0),
    ],
)
def test_paper_under_transparent_parts(ink: tuple[int, int, int], paper: int) -> None:
    picture = Image.new("RGBA", (4, 2), (200, 90, 10, 0))
    picture.putpixel((1, 1), (*ink, 255))
    picture.putpixel((2, 0), (*ink, 51))  # a fifth of it
    plain = photo._plain(picture)
    assert plain.mode == "RGB"
    shown = np.asarray(plain).astype(int)
    assert shown[1, 1].tolist() == list(ink)
    assert shown[0, 2] == pytest.approx(0.2 * np.array(ink) + 0.8 * paper, abs=1)
    for row, column in ((0, 0), (0, 1), (1, 3)):
        assert shown[row, column].tolist() == [paper] * 3


def test_ink_is_weighed_by_how_opaque_it_is() -> None:
    # Three pixels of faint white beside one of black.
    for alpha, paper in ((84, 255), (86, 0)):
        picture = Image.new("RGBA", (5, 1), (0, 0, 0, 0))
        picture.putpixel((0, 0), (0, 0, 0, 255))
        for x in (1, 2, 3):
            picture.putpixel((x, 0), (255, 255, 255, alpha))
        assert photo._plain(picture).getpixel((4, 0)) == (paper, paper, paper)


def test_transparency_of_a_palette_and_of_greys() -> None:
    palette = Image.new("P", (2, 1), 0)
    palette.putpalette([0, 0, 0, 200, 0, 0])
    palette.putpixel((1, 0), 1)
    palette.info["transparency"] = 0
    assert np.asarray(photo._plain(palette)).tolist() == [[[255] * 3, [200, 0, 0]]]
    greys = Image.new("LA", (2, 1), (9, 0))
    greys.putpixel((1, 0), (60, 255))
    assert np.asarray(photo._plain(greys)).tolist() == [[[255] * 3, [60] * 3]]


# -- size ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "looked_at"),
    [
        ((400, 300), (400, 300)),
        ((300, 250), (300, 250)),
        ((3, 400), (3, 400)),
        ((401, 200), (400, 200)),
        ((1000, 500), (400, 200)),
        ((300, 800), (150, 400)),
        ((1204, 3), (400, 1)),
        ((900, 1), (400, 1)),
        ((1, 900), (1, 400)),
    ],
)
def test_the_digit_is_looked_for_in_400_pixels(
    size: tuple[int, int], looked_at: tuple[int, int]
) -> None:
    assert photo._smaller(Image.new("L", size)).size == looked_at


def test_a_picture_is_made_smaller_by_means() -> None:
    columns = np.zeros((2, 800), np.uint8)
    columns[:, 401:] = 200
    assert np.asarray(photo._smaller(grey_picture(columns)))[0, 198:203].tolist() == [
        0,
        0,
        100,
        200,
        200,
    ]


@pytest.mark.parametrize(
    ("size", "reduced"),
    [
        ((3199, 2), (3199, 2)),
        ((3200, 2), (1600, 1)),
        ((2, 3200), (1, 1600)),
        ((4800, 3), (1600, 1)),
        ((100, 7), (100, 7)),
    ],
)
def test_a_large_picture_is_reduced_by_a_whole_factor(
    size: tuple[int, int], reduced: tuple[int, int]
) -> None:
    for mode in ("L", "RGB"):
        picture = photo._reduced(Image.new("RGB", size, "white"), mode)
        assert picture.size == reduced
        assert picture.mode == mode
        assert (np.asarray(picture) == 255).all()


# -- noise -----------------------------------------------------------------------------------------


def checkered(size: tuple[int, int], difference: int) -> NDArray[np.uint8]:
    """Every pixel differs from the mean around it by at least 4/9 of the difference."""
    rows, columns = np.indices(size)
    return (100 + (rows + columns) % 2 * difference).astype(np.uint8)


@pytest.mark.parametrize(("difference", "is_noisy"), [(0, False), (2, False), (3, True)])
@pytest.mark.parametrize("size", [(6, 8), (7, 5), (20, 9)])
def test_noise_of_more_than_a_shade_is_blurred(
    difference: int, is_noisy: bool, size: tuple[int, int]
) -> None:
    picture = grey_picture(checkered(size, difference))
    smooth = np.asarray(photo._smooth(picture)).astype(int)
    if is_noisy:
        assert np.ptp(smooth[1:-1]) < difference
    else:
        assert np.array_equal(smooth, np.asarray(picture))


@pytest.mark.parametrize(("flat", "is_noisy"), [(8, True), (14, False)])
@pytest.mark.parametrize("turned", [False, True])
def test_a_tenth_of_flat_paper_says_that_there_is_no_noise(
    flat: int, is_noisy: bool, turned: bool
) -> None:
    values = checkered((40, 100), 60)
    values[:, :flat] = 100
    picture = grey_picture(values.T if turned else values)
    assert (photo._smooth(picture) is not picture) == is_noisy


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (1, 9), (9, 1), (3, 5)])
@pytest.mark.parametrize("level", [1, 200, 255])
def test_even_pictures_have_no_noise(size: tuple[int, int], level: int) -> None:
    picture = grey_picture(np.full(size, level))
    assert photo._smooth(picture) is picture


def test_light_that_changes_evenly_is_no_noise() -> None:
    rows, columns = np.indices((30, 40))
    picture = grey_picture(10 + 2 * columns + 3 * rows)
    assert photo._smooth(picture) is picture


# -- the channel -----------------------------------------------------------------------------------


def coloured(ink: tuple[int, int, int], pixels: int = 25) -> Image.Image:
    """Return 50 times 50 pixels of grey paper with so many pixels of ink in their middle."""
    values = np.full((50, 50, 3), 128, np.uint8)
    for number in range(pixels):
        values[20 + number // 5, 20 + number % 5] = ink
    return Image.fromarray(values)


@pytest.mark.parametrize(
    ("ink", "channel"),
    [
        ((28, 28, 28), "L"),
        ((255, 128, 128), "R"),
        ((0, 128, 128), "R"),
        ((128, 128, 0), "B"),
        ((128, 128, 255), "B"),
        # Green is more than half of what is bright.
        ((128, 20, 128), "L"),
        ((73, 188, 69), "G"),
        # Red is 3.3 and blue 8.8 times as much as it makes the picture brighter.
        ((228, 128, 228), "R"),
        ((228, 158, 128), "R"),
        ((228, 168, 128), "L"),
    ],
)
def test_a_colour_shows_the_ink_if_it_has_twice_the_contrast(
    ink: tuple[int, int, int], channel: str
) -> None:
    assert photo._channel(coloured(ink)) == channel


@pytest.mark.parametrize(("pixels", "channel"), [(2, "L"), (10, "B")])
def test_a_coloured_speck_beside_grey_ink_is_no_ink(pixels: int, channel: str) -> None:
    values = np.asarray(coloured((128, 128, 0), pixels)).copy()
    values[5:45, 40:44] = 98
    assert photo._channel(Image.fromarray(values)) == channel


def test_light_that_changes_its_colour_is_no_ink() -> None:
    values = np.asarray(coloured((98, 98, 98))).copy()
    values[..., 2] = np.linspace(0, 255, 50)
    assert photo._channel(Image.fromarray(values)) == "L"


def test_grey_pictures_have_one_channel() -> None:
    assert photo._channel(coloured((0, 0, 255)).convert("L")) == "L"


def test_the_values_of_a_channel() -> None:
    picture = Image.new("RGB", (2, 1), (51, 102, 204))
    for channel, value in (("R", 0.2), ("G", 0.4), ("B", 0.8), ("L", 98 / 255)):
        values = photo._values(picture, channel)
        assert values.dtype == np.float32
        assert values == pytest.approx(np.full((1, 2), value))


# -- an image that is MNIST's already --------------------------------------------------------------


def sheet_of(grey: Grey, mask: Mask, paper: float = 0, light_on_dark: bool = True) -> photo.Sheet:
    found = locate_digits.Found(light_on_dark, np.full_like(grey, paper), mask, False, mask)
    picture = Image.fromarray(np.rint(grey * 255).astype(np.uint8))
    return photo.Sheet(np.asarray(picture.convert("RGB")), found, picture, "L", grey)


@pytest.mark.parametrize(
    ("rows", "is_kept"),
    [
        ((5, 23), False),
        ((5, 24), True),
        ((4, 24), True),
        ((4, 25), True),
        ((3, 25), False),
        # Its middle one pixel from the image's.
        ((3, 23), False),
        ((3, 24), True),
        ((5, 26), True),
        ((6, 26), False),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_an_image_of_28_pixels_with_its_digit_in_place_is_kept(
    rows: tuple[int, int], is_kept: bool, turned: bool
) -> None:
    grey = bar((28, 28), rows, (13, 16))
    grey[[rows[0], rows[1] - 1], 14] = 0.5  # shades that fitting would blur
    if turned:
        grey = grey.T.copy()
    image = sheet_of(grey, grey > 0).digit
    expected = np.rint(grey * 255) / np.float32(255)
    assert np.array_equal(image, expected.astype(np.float32)) == is_kept


@pytest.mark.parametrize("light_on_dark", [False, True])
def test_every_shade_of_an_image_on_pure_paper_is_kept(light_on_dark: bool) -> None:
    image = bar((28, 28), (4, 24), (13, 16))
    image[0, 0] = 0.2  # far from the digit
    image[10, 12] = 0.05
    grey = image if light_on_dark else 1 - image
    kept = sheet_of(grey, image > 0.3, float(not light_on_dark), light_on_dark).digit
    assert kept == pytest.approx(image, abs=0.5 / 255)


@pytest.mark.parametrize(
    ("paper", "ink"),
    # Paper that is not pure, and ink that is not.
    [(0.1, 1.0), (0.0, 0.85)],
)
def test_faint_ink_in_place_is_made_full_without_what_lies_apart(paper: float, ink: float) -> None:
    image = bar((28, 28), (4, 24), (13, 16))
    mask = image > 0
    image[10:14, 15] = 0.4
    image[10:14, 17] = 0.08  # two pixels from the digit
    shown = image.copy()
    shown[10:14, 18] = 0.08  # three
    shown[0, 0] = 1
    kept = sheet_of(paper + (np.float32(ink) - np.float32(paper)) * shown, mask, paper).digit
    assert kept == pytest.approx(image, abs=0.5 / 255)


@pytest.mark.parametrize("size", [(28, 30), (30, 28), (27, 28)])
def test_only_an_image_of_28_pixels_is_kept(size: tuple[int, int]) -> None:
    grey = bar(size, (4, 24), (13, 16))
    grey[4, 14] = 0.4
    image = sheet_of(grey, grey > 0).digit
    assert image.shape == (28, 28)
    assert not np.array_equal(image[4:24, 13:16], grey[4:24, 13:16])


# -- cutting out -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "centre"),
    [
        ([[0, 0, 0], [0, 0, 1]], (2.5, 1.5)),
        ([[1, 0, 0, 1], [0, 0, 0, 0]], (2.0, 0.5)),
        ([[0.25, 0], [0, 0.75]], (1.25, 1.25)),
    ],
)
def test_the_centre_of_mass(values: list[list[float]], centre: tuple[float, float]) -> None:
    assert photo._centre(np.array(values, np.float32)) == pytest.approx(centre)


def cut(
    mask: Mask,
    grey: Grey,
    large: tuple[int, int] | None = None,
    *,
    paper: float | Grey = 1,
    light_on_dark: bool = False,
    others: Mask | None = None,
    several: bool = False,
) -> Grey:
    """Return what is cut out of a picture, with dark ink on white paper if not said otherwise."""
    papers = np.full_like(grey, paper)
    inked = mask if others is None else mask | others
    found = locate_digits.Found(light_on_dark, papers, mask, several, inked)
    picture = Image.fromarray(np.rint(grey * 255).astype(np.uint8))
    return photo._cut(picture.resize(large or picture.size, Image.Resampling.NEAREST), "L", found)


@pytest.mark.parametrize("large", [None, (1200, 600), (300, 450)])
@pytest.mark.parametrize("turned", [False, True])
def test_a_digit_is_cut_out_at_200_pixels_with_a_margin(
    large: tuple[int, int] | None, turned: bool
) -> None:
    # 100 pixels high: the margin is 30 + 2.
    ink = bar((300, 300), (110, 210), (140, 160))
    if turned:
        ink = ink.T.copy()
    strength = cut(ink > 0, 1 - ink, large)
    assert strength.dtype == np.float32
    strength = strength.T if turned else strength
    assert strength.shape == (2 * 164, 2 * 84)
    assert locate_digits.box(strength > 0.5) == (64, 64, 104, 264)
    # A blur of 1.5 pixels lies between white paper and black ink.
    assert (strength[69:259, 69:99] > 0.99).all()
    assert not strength[:59].any()
    assert not strength[269:].any()
    assert not strength[:, :59].any()
    assert not strength[:, 109:].any()
    assert (np.diff(strength[164, 60:68]) > 0).all()
    assert 0.15 < strength[164, 62] < 0.2


@pytest.mark.parametrize(
    ("rows", "columns", "shape", "left", "top"),
    [
        ((110, 210), (5, 25), (328, 114), 10, 64),
        ((110, 210), (280, 300), (328, 104), 64, 64),
        ((10, 110), (140, 160), (284, 168), 64, 20),
        ((190, 290), (140, 160), (284, 168), 64, 64),
    ],
)
def test_the_margin_ends_at_the_pictures_edge(
    rows: tuple[int, int],
    columns: tuple[int, int],
    shape: tuple[int, int],
    left: int,
    top: int,
) -> None:
    ink = bar((300, 300), rows, columns)
    strength = cut(ink > 0, 1 - ink)
    assert strength.shape == shape
    assert locate_digits.box(strength > 0.5) == (left, top, left + 40, top + 200)


def test_light_ink_is_cut_out_as_dark_ink_is() -> None:
    ink = bar((300, 300), (110, 210), (140, 160))
    light = cut(ink > 0, ink, paper=0, light_on_dark=True)
    assert light == pytest.approx(cut(ink > 0, 1 - ink), abs=0.01)


@pytest.mark.parametrize("turned", [False, True])
def test_ink_on_unevenly_lit_paper_differs_from_the_paper_under_it(turned: bool) -> None:
    ink = bar((300, 300), (110, 210), (40, 60))
    light = np.linspace(0.3, 1, 300, dtype=np.float32)[None].repeat(300, axis=0)
    if turned:
        ink, light = ink.T.copy(), light.T.copy()
    strength = cut(ink > 0, light * (1 - ink), paper=light)
    strength = strength.T if turned else strength
    assert strength.shape == (2 * 164, 2 * 84)
    assert (strength[69:259, 69:99] > 0.9).all()
    assert locate_digits.box(strength > 0.5) == (64, 64, 104, 264)
    assert strength[:, :59].max() < 0.02
    assert strength[:, 109:].max() < 0.02


def test_a_longer_side_of_any_size_becomes_200_pixels() -> None:
    for height, width in ((10, 3), (40, 7), (30, 70)):
        ink = bar((100, 120), (20, 20 + height), (30, 30 + width))
        rows, columns = np.nonzero(cut(ink > 0, 1 - ink) > 0.5)
        zoom = 200 / max(height, width)
        assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == pytest.approx(
            (height * zoom, width * zoom), abs=2
        )


def test_ink_two_pixels_from_the_digit_is_part_of_its_edge() -> None:
    ink = bar((300, 300), (110, 210), (140, 160))
    mask = ink > 0
    for apart, is_kept in ((1, True), (2, True), (3, False)):
        shown = ink.copy()
        shown[110:210, 160:164] = 1
        column = 2 * (160 + apart - 108) - 1  # the middle of that pixel, at twice the size
        strength = cut(mask, 1 - shown)
        assert (strength[164, column] > 0.5) == is_kept
        assert (strength[164, column - 1] > 0.5) == is_kept


def test_of_a_neighbours_ink_nothing_is_taken() -> None:
    ink = bar((300, 300), (110, 210), (140, 160))
    neighbour = bar((300, 300), (110, 210), (162, 180))
    edge = 2 * (160 - 108)
    alone = cut(ink > 0, 1 - ink - neighbour)
    beside = cut(ink > 0, 1 - ink - neighbour, others=neighbour > 0, several=True)
    # Two pixels lie between. The second of them, at twice the size, shows the neighbour's blur.
    assert (alone[64:264, edge + 2 : edge + 4] > 0.1).all()
    assert not beside[64:264, edge + 2 :].any()
    assert np.array_equal(beside[:, : edge + 2], alone[:, : edge + 2])
    # What is no digit of its own may be a loose part of this one.
    assert np.array_equal(cut(ink > 0, 1 - ink - neighbour, others=neighbour > 0), alone)


# -- fitting ---------------------------------------------------------------------------------------


def test_a_line_as_wide_as_mnists_is_scaled_and_centred() -> None:
    # A tenth of the size; the middle of 24 pixels goes to 14.5.
    for top, left in ((40, 100), (0, 0), (3, 260)):
        image = photo._fitted(bar((300, 300), (top, top + 200), (left, left + 24)))
        expected = bar((28, 28), (5, 24), (14, 15))
        expected[5:24, [13, 15]] = 0.7
        expected[[4, 24], 14] = 0.5
        expected[[4, 24], 13] = expected[[4, 24], 15] = 0.35
        assert image == pytest.approx(expected, abs=1e-5)
        assert image.dtype == np.float32


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("width", "limit"),
    [(6, 2.0), (12, 2.0), (18, 2.0), (24, None), (38, None), (46, 3.8), (60, 3.8), (80, 3.8)],
)
def test_thin_lines_are_widened_and_thick_ones_narrowed(
    width: int, limit: float | None, turned: bool
) -> None:
    ink = bar((300, 300), (50, 250), (120, 120 + width))
    image = photo._fitted(ink.T.copy() if turned else ink)
    image = image.T if turned else image
    # So much wider and longer that the lines, by their mean width, get the limit.
    mean = morphology.width(np.ones((200, width), bool))
    wider = 0 if limit is None else (20 * mean - limit * 200) / (limit - 20)
    assert (wider > 0) == (limit == 2.0)
    assert image[14].sum() == pytest.approx((width + wider) * 20 / (200 + wider), abs=0.11)
    assert image.max() == pytest.approx(1)
    rows = np.flatnonzero(image.max(axis=1) > 0.4)
    assert (rows[0], rows[-1]) == (4, 24)
    assert image[:, 14].sum() == pytest.approx(20, abs=0.15)


def test_shades_at_half_the_ink_and_more_are_the_digit() -> None:
    # Faint beyond the bar: it does not count for the size, but is shown.
    ink = bar((300, 300), (50, 250), (120, 144), 0.8)
    ink[30:50, 120:144] = 0.4
    ink[50:250, 118:120] = 0.41
    image = photo._fitted(ink)
    assert image[14].max() == pytest.approx(0.8)
    # 0.8 on 20 rows, 0.4 on two.
    assert image[:, 14].sum() == pytest.approx(0.8 * 20 + 0.4 * 2, abs=0.01)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("is_heavy_first", [False, True])
def test_a_digit_moves_four_pixels_at_most_to_its_centre_of_mass(
    axis: int, is_heavy_first: bool
) -> None:
    ink = bar((300, 300), (50, 250), (138, 162))
    ink[210:250, 60:240] = 1
    if is_heavy_first:
        ink = ink[::-1].copy()
    image = photo._fitted(ink if axis == 0 else ink.T.copy())
    extent = image.max(axis=1 - axis)
    # Its centre would be 4.5 pixels and more from that of its 20 pixels.
    first = 8 if is_heavy_first else 0
    assert not extent[:first].any()
    assert extent[first] == pytest.approx(0.5)
    assert extent[first + 1 : first + 20] == pytest.approx(np.ones(19))
    assert extent[first + 20 :] == pytest.approx(([0.5] + [0] * 7)[: 28 - first - 20])


# -- whole pictures --------------------------------------------------------------------------------


def test_where_the_digit_is_and_what_is_seen_of_it() -> None:
    grey = np.full((40, 60), 250, np.uint8)
    grey[8:32, 30:33] = 10
    sheet = photo.look(encoded(grey_picture(grey)))
    assert sheet.pixels.dtype == np.uint8
    assert np.array_equal(sheet.pixels, grey[..., None].repeat(3, axis=2))
    assert np.array_equal(sheet.found.mask, grey == 10)
    assert sheet.grey == pytest.approx(grey / np.float32(255))
    assert sheet.channel == "L"
    photograph = photo.read(encoded(grey_picture(grey)))
    assert photograph.box == (30, 8, 33, 32)
    assert np.array_equal(photograph.image, sheet.digit)
    assert np.array_equal(photograph.pixels, sheet.pixels)


def test_several_digits_are_looked_at_and_not_read_as_one() -> None:
    grey = np.full((40, 60), 250, np.uint8)
    grey[8:32, 15:18] = 10
    grey[8:32, 40:48] = 10
    data = encoded(grey_picture(grey))
    sheet = photo.look(data)
    assert sheet.found.several
    # Each of them is an image of its own: a thin and a thick 1.
    is_left = np.arange(60) < 30
    for mask, width in ((sheet.found.inked & is_left, 2.5), (sheet.found.inked & ~is_left, 4.6)):
        image = sheet.image(mask)
        assert image.sum() / 20 == pytest.approx(width, abs=0.3)
    with pytest.raises(DigitpadError, match=r"^The picture seems to show more than one digit"):
        photo.read(data)


def test_the_format_is_told_by_the_content(tmp_path: Any) -> None:
    grey = np.full((40, 60), 250, np.uint8)
    grey[8:32, 30:33] = 10
    for kind in ("PNG", "BMP", "DIB", "GIF", "TIFF", "WEBP", "JPEG"):
        options = {"lossless": True} if kind == "WEBP" else {}
        path = tmp_path / "digit.png"
        path.write_bytes(encoded(grey_picture(grey), kind, **options))
        assert photo.look(path).found.mask.sum() == pytest.approx(72, abs=12)
    # Pillow reads this one as well, but few encoders and many faults are known of it.
    with pytest.raises(DigitpadError, match="not a picture that digitpad can read"):
        photo.look(encoded(grey_picture(grey), "PPM"))
