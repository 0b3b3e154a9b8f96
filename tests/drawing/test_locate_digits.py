from __future__ import annotations

import numpy as np
import pytest

from digitpad.drawing import locate_digits
from digitpad.drawing.morphology import Grey, Mask


def seven(height: int = 120, width: int = 160) -> Mask:
    """Return a 7 of straight bars, 6 pixels wide and 60 high."""
    mask = np.zeros((height, width), dtype=bool)
    mask[30:36, 50:90] = True
    for row in range(36, 90):
        middle = 87 - (row - 36) // 2
        mask[row, middle - 3 : middle + 3] = True
    return mask


def sheet(mask: Mask, ink: float, paper: float | Grey) -> Grey:
    return np.where(mask, np.float32(ink), np.float32(paper)).astype(np.float32)


def found(grey: Grey) -> locate_digits.Found:
    digit = locate_digits.find(grey)
    assert digit is not None
    return digit


@pytest.mark.parametrize(("ink", "paper"), [(0, 1), (1, 0), (0.4, 0.6), (0.7, 0.3), (0.15, 0.2)])
def test_even_paper(ink: float, paper: float) -> None:
    digit = found(sheet(seven(), ink, paper))
    assert digit.light_on_dark == (ink > paper)
    assert digit.paper == pytest.approx(np.full((120, 160), paper))
    assert np.array_equal(digit.mask, seven())


@pytest.mark.parametrize("light_on_dark", [False, True])
def test_uneven_light(light_on_dark: bool) -> None:
    light = np.linspace(0.3, 1, 160, dtype=np.float32)[None].repeat(120, axis=0)
    grey = sheet(seven(), 0.1, light)
    digit = found(1 - grey if light_on_dark else grey)
    assert digit.light_on_dark == light_on_dark
    assert np.array_equal(digit.mask, seven())
    paper = 1 - digit.paper if light_on_dark else digit.paper
    assert paper == pytest.approx(light, abs=0.06)


@pytest.mark.parametrize("light_on_dark", [False, True])
def test_a_digit_on_a_sheet_on_an_even_table_is_found_and_not_the_sheet(
    light_on_dark: bool,
) -> None:
    grey = np.full((120, 160), 0.15, dtype=np.float32)
    grey[12:108, 15:145] = sheet(seven()[12:108, 15:145], 0.1, 0.9)
    digit = found(1 - grey if light_on_dark else grey)
    assert digit.light_on_dark == light_on_dark
    assert np.array_equal(digit.mask, seven())


@pytest.mark.parametrize("light_on_dark", [False, True])
@pytest.mark.parametrize("falls", range(0, 360, 45))
def test_what_a_digit_encloses_in_falling_light_is_no_ink(falls: int, light_on_dark: bool) -> None:
    y, x = np.mgrid[:200, :300].astype(np.float32)
    x, y = x / 300 - 0.5, y / 200 - 0.5
    along = np.cos(np.deg2rad(falls)) * x + np.sin(np.deg2rad(falls)) * y
    light = (1 - 0.5 * (0.5 + 0.9 * along).clip(0, 1)) * (1 - 0.5 * (x**2 + y**2))
    bold = np.zeros((200, 300), dtype=bool)
    bold[15:26, 180:240] = True
    for row in range(26, 110):
        middle = 235 - (row - 26) // 2
        bold[row, middle - 6 : middle + 6] = True
    paper, ink = (0.2, 0.85) if light_on_dark else (0.9, 0.15)
    digit = found(sheet(bold, ink, paper) * light.astype(np.float32))
    assert digit.light_on_dark == light_on_dark
    assert np.mean(digit.mask == bold) > 0.99


def test_the_digit_is_as_dark_in_a_shadow_as_beside_it() -> None:
    light = np.ones((120, 160), dtype=np.float32)
    light[60:] = 0.5
    grey = sheet(seven(), 0, 0.9) * light + 0.1 * light
    digit = found(grey)
    ink = locate_digits.ink(grey, digit.paper, digit.light_on_dark, digit.mask)
    assert np.array_equal(digit.mask, seven())
    assert ink[seven()] == pytest.approx(1, abs=0.02)
    assert np.median(ink[~seven()]) == 0


def test_ink_keeps_its_shades() -> None:
    grey = sheet(seven(), 0.2, 1)
    grey[36, 84:90] = 0.6  # half as dark
    digit = found(grey)
    ink = locate_digits.ink(grey, digit.paper, digit.light_on_dark, digit.mask)
    assert ink[36, 84:90] == pytest.approx(0.5, abs=0.01)
    assert ink.max() == 1


@pytest.mark.parametrize("grey", [0, 0.5, 1])
def test_nothing_on_even_paper(grey: float) -> None:
    assert locate_digits.find(np.full((50, 70), grey, dtype=np.float32)) is None


def test_nothing_but_noise() -> None:
    noise = np.random.default_rng(0).normal(0.6, 0.01, (120, 160)).astype(np.float32)
    assert locate_digits.find(noise) is None
    noise += np.linspace(-0.3, 0.3, 160, dtype=np.float32)
    assert locate_digits.find(noise) is None


@pytest.mark.parametrize("steep", [-6, 0, 4])
@pytest.mark.parametrize("down", [False, True])
def test_rules_are_left_away(steep: int, down: bool) -> None:
    rows, columns = np.mgrid[:120, :160].astype(np.float32)

    def rules(across: Grey) -> Grey:
        return np.clip(1.3 - np.abs(across % 15 - 7), 0, 1)

    darker = rules(rows + steep * columns / 160)
    if down:
        darker = np.maximum(darker, rules(columns - steep * rows / 160))
    paper = 0.9 - 0.4 * darker
    light = np.linspace(1, 0.6, 160, dtype=np.float32)
    digit = found(sheet(seven(), 0.1, paper) * light)
    missed = seven() & ~digit.mask
    added = digit.mask & ~seven()
    assert missed.sum() < 0.06 * seven().sum()
    assert added.sum() < 0.06 * seven().sum()


def test_parts_that_belong_together() -> None:
    mask = seven()
    mask[60:66, 56:68] = True  # the bar of a crossed 7, not touching
    speck = mask.copy()
    speck[110:112, 20:22] = True
    far = mask.copy()
    far[100:106, 148:158] = True
    cut_off = mask.copy()
    cut_off[5:9, 0:60] = True
    for drawn in (mask, speck, far, cut_off):
        assert np.array_equal(found(sheet(drawn, 0, 1)).mask, mask)


def test_a_digit_that_the_edge_cuts_off_is_still_one() -> None:
    grey = sheet(seven(), 0, 1)[32:, :]
    assert np.array_equal(found(grey).mask, seven()[32:, :])


def test_box() -> None:
    assert locate_digits.box(seven()) == (50, 30, 90, 90)


# A 7 whose box is (150, 100, 190, 160), of 564 pixels, on a sheet with room on all sides.
SEVEN = np.roll(seven(300, 400), (70, 100), axis=(0, 1))


def with_part(left: int, top: int, right: int, bottom: int) -> Mask:
    mask = SEVEN.copy()
    mask[top:bottom, left:right] = True
    return mask


@pytest.mark.parametrize(
    ("ink", "paper", "is_found"),
    [
        (0.87, 0.9, False),
        (0.85, 0.9, True),
        (0.19, 0.2, True),  # as much in a shadow as 0.05 in the light
        (0.30, 0.25, True),
    ],
)
def test_how_faint_ink_may_be(ink: float, paper: float, is_found: bool) -> None:
    digit = locate_digits.find(sheet(SEVEN, ink, paper))
    assert (digit is not None) == is_found
    if digit is not None:
        assert np.array_equal(digit.mask, SEVEN)


@pytest.mark.parametrize(("noise", "is_found"), [(0.01, True), (0.02, True), (0.05, False)])
def test_ink_must_stand_out_from_the_noise(noise: float, is_found: bool) -> None:
    grey = sheet(SEVEN, 0.7, 0.9)
    grey += np.random.default_rng(0).normal(0, noise, grey.shape).astype(np.float32)
    digit = locate_digits.find(grey)
    assert (digit is not None) == is_found
    if digit is not None:
        assert np.mean(digit.mask[SEVEN]) > 0.95
        assert not digit.mask[~SEVEN].any()


@pytest.mark.parametrize(
    ("part", "belongs", "is_ink"),
    [
        ((100, 120, 106, 124), False, True),  # as many pixels as count, too far to the left
        ((115, 120, 121, 124), True, True),
        ((114, 120, 120, 124), False, True),
        ((219, 120, 225, 124), True, True),
        ((220, 120, 226, 124), False, True),
        ((165, 67, 171, 71), True, True),
        ((165, 66, 171, 70), False, True),
        ((165, 189, 171, 193), True, True),
        ((165, 190, 171, 194), False, True),
        ((98, 120, 121, 121), True, True),  # one of its pixels is near enough
        ((125, 120, 129, 125), False, True),  # 20 pixels are less than 0.04 of the 7's
        ((125, 120, 128, 122), False, True),  # 6 are more than 0.01, 5 are less
        ((125, 120, 130, 121), False, False),
    ],
)
def test_a_part_belongs_to_a_digit_near_it(
    part: tuple[int, int, int, int], belongs: bool, is_ink: bool
) -> None:
    mask = with_part(*part)
    digit = found(sheet(mask, 0, 1))
    assert np.array_equal(digit.mask, mask if belongs else SEVEN)
    assert np.array_equal(digit.inked, mask if is_ink else SEVEN)
    assert not digit.several


def test_of_a_small_digit_specks_have_fewer_than_four_pixels() -> None:
    mask = np.zeros((60, 60), dtype=bool)
    mask[20:32, 20:22] = True
    for size, is_ink in ((3, False), (4, True)):
        drawn = mask.copy()
        drawn[50, 50 : 50 + size] = True
        digit = found(sheet(drawn, 0, 1))
        assert np.array_equal(digit.mask, mask)
        assert np.array_equal(digit.inked, drawn if is_ink else mask)
    mask[22, 24] = True  # near it, a pixel is enough
    assert np.array_equal(found(sheet(mask, 0, 1)).mask, mask)


@pytest.mark.parametrize(
    ("part", "are_several"),
    [
        ((250, 100, 256, 160), True),
        ((90, 100, 96, 160), True),
        ((190, 130, 196, 190), True),  # its box touches the 7's
        ((189, 130, 195, 190), False),  # their boxes overlap, as those of parts of one digit
        ((250, 60, 256, 95), True),
        ((250, 120, 256, 150), True),  # half as high as the 7
        ((250, 120, 256, 149), False),
        ((250, 120, 253, 158), True),  # 114 pixels are 0.2 of the 7's
        ((250, 120, 253, 157), False),
        ((150, 190, 156, 250), True),  # under it
        ((172, 160, 178, 220), True),  # its box touches the 7's from below
        ((150, 10, 156, 70), True),
        ((250, 120, 300, 170), False),  # a block, not lines
        ((130, 150, 170, 156), False),  # a bar, as lower than half of the 7
        ((172, 130, 174, 190), False),
    ],
)
def test_two_parts_of_about_the_same_height_are_several_digits(
    part: tuple[int, int, int, int], are_several: bool
) -> None:
    mask = with_part(*part)
    digit = found(sheet(mask, 0, 1))
    assert digit.several == are_several
    assert np.array_equal(digit.inked, mask)


@pytest.mark.parametrize(
    ("strength", "is_attached", "is_kept"),
    [(0.4, True, True), (0.4, False, False), (0.5, False, True), (0.22, True, False)],
)
def test_faint_ink_counts_beside_strong_ink_only(
    strength: float, is_attached: bool, is_kept: bool
) -> None:
    grey = sheet(SEVEN, 0, 1)
    faint = np.zeros_like(SEVEN)
    faint[100:106, 140:150] = True
    if not is_attached:
        faint = np.roll(faint, -10, axis=1)
    grey[faint] = 1 - strength
    digit = found(grey)
    assert np.array_equal(digit.mask, SEVEN | faint if is_kept else SEVEN)


@pytest.mark.parametrize("edge", ["left", "top", "right", "bottom"])
@pytest.mark.parametrize("wide", [1, 12])
def test_what_the_edge_cuts_off_is_left_away_beside_a_whole_digit(edge: str, wide: int) -> None:
    mask = SEVEN.copy()
    strip = {
        "left": (slice(60, 240), slice(0, wide)),
        "top": (slice(0, wide), slice(60, 240)),
        "right": (slice(60, 240), slice(400 - wide, 400)),
        "bottom": (slice(300 - wide, 300), slice(60, 240)),
    }[edge]
    mask[strip] = True
    digit = found(sheet(mask, 0, 1))
    assert np.array_equal(digit.mask, SEVEN)
    assert np.array_equal(digit.inked, SEVEN)
    assert not digit.several


@pytest.mark.parametrize(("size", "is_chosen"), [((5, 5), False), ((6, 5), True)])
def test_a_digit_that_is_cut_off_counts_unless_something_whole_is_large_enough(
    size: tuple[int, int], is_chosen: bool
) -> None:
    cut = SEVEN[:, 155:]  # of 534 pixels; a twentieth is 27
    part = np.zeros_like(cut)
    part[130 : 130 + size[0], 200 : 200 + size[1]] = True
    digit = found(sheet(cut | part, 0, 1))
    assert np.array_equal(digit.mask, part if is_chosen else cut)


def test_a_digit_on_a_sheet_on_a_table() -> None:
    for table, paper, ink in ((0.5, 0.9, 0.1), (0.6, 0.2, 0.9)):
        grey = np.full(SEVEN.shape, np.float32(table))
        grey[60:-60, 60:-60] = sheet(SEVEN, ink, paper)[60:-60, 60:-60]
        digit = found(grey)
        assert digit.light_on_dark == (ink > paper)
        assert np.array_equal(digit.mask, SEVEN)


def test_two_rules_are_none_and_three_are() -> None:
    for rules, kept in ((2, True), (3, False)):
        mask = SEVEN.copy()
        grey = sheet(mask, 0, 1)
        for row in (170, 185, 200)[:rules]:
            line = np.zeros_like(mask)
            line[row : row + 2, 20:380] = True
            grey[line & ~mask] = 0.5
        digit = found(grey)
        assert digit.inked[186, 30:140].all() == kept
        assert digit.inked[186, 30:140].any() == kept
        if not kept:
            assert np.array_equal(digit.mask, SEVEN)


def test_ink_is_as_strong_as_nine_tenths_of_it() -> None:
    grey = sheet(SEVEN, 0.4, 1)
    rows, columns = np.nonzero(SEVEN)
    grey[rows[:28], columns[:28]] = 0  # a twentieth of the pixels, much darker
    paper = np.ones_like(grey)
    ink = locate_digits.ink(grey, paper, False, SEVEN)
    assert ink[SEVEN] == pytest.approx(1)
    assert ink[~SEVEN] == pytest.approx(0)
    assert ink.dtype == np.float32
    light = locate_digits.ink(1 - grey, 1 - paper, True, SEVEN)
    assert light[SEVEN] == pytest.approx(1)
    # Of hardly any ink, noise does not become ink of full strength.
    nothing = locate_digits.ink(paper - 0.001 * SEVEN.astype(np.float32), paper, False, SEVEN)
    assert nothing.max() == pytest.approx(0.255, abs=0.0005)


LIGHT_AND_DARK = pytest.mark.parametrize("light_on_dark", [False, True])


@LIGHT_AND_DARK
@pytest.mark.parametrize("ink", [0.0, 0.6])
def test_ink_may_cover_most_of_a_crop(ink: float, light_on_dark: bool) -> None:
    bar = np.zeros((60, 14), dtype=bool)
    bar[:, 2:12] = True
    grey = sheet(bar, ink, 0.9)
    digit = found(1 - grey if light_on_dark else grey)
    assert digit.light_on_dark == light_on_dark
    assert np.array_equal(digit.mask, bar)


@LIGHT_AND_DARK
def test_a_tight_crop_of_a_digit_of_two_parts(light_on_dark: bool) -> None:
    mask = seven()
    mask[60:66, 54:68] = True  # of a crossed 7
    crop = mask[30:90, 50:90]
    grey = sheet(crop, 0.2, 0.9)
    digit = found(1 - grey if light_on_dark else grey)
    assert digit.light_on_dark == light_on_dark
    assert np.array_equal(digit.mask, crop)
    assert digit.paper == pytest.approx(np.full(crop.shape, 0.1 if light_on_dark else 0.9))


@LIGHT_AND_DARK
@pytest.mark.parametrize("turns", range(4))
def test_paper_with_another_edge_is_not_even(turns: int, light_on_dark: bool) -> None:
    grey = sheet(seven()[10:110, 20:120], 0, 0.6)
    grey = np.rot90(grey, turns).copy()
    grey[0] = 1  # beyond the paper, away from the ink
    grey = np.rot90(grey, -turns)
    digit = found(1 - grey if light_on_dark else grey)
    paper = np.rot90(1 - digit.paper if light_on_dark else digit.paper, turns)
    assert digit.light_on_dark == light_on_dark
    assert paper[0] == pytest.approx(1)
    assert paper[1:] == pytest.approx(0.6)


@LIGHT_AND_DARK
def test_uneven_light_with_noise(light_on_dark: bool) -> None:
    light = np.linspace(0.5, 1, 160, dtype=np.float32)[None].repeat(120, axis=0)
    grey = sheet(seven(), 0.1, light)
    grey += np.random.default_rng(0).normal(0, 0.02, grey.shape).astype(np.float32)
    digit = found(1 - grey if light_on_dark else grey)
    assert digit.light_on_dark == light_on_dark
    assert np.array_equal(digit.mask, seven())


def test_a_block_is_found_where_nothing_else_is() -> None:
    block = np.zeros((80, 90), dtype=bool)
    block[20:60, 20:60] = True
    digit = found(sheet(block, 0.1, 0.8))
    assert np.array_equal(digit.mask, block)
    assert digit.paper == pytest.approx(0.8)


@pytest.mark.parametrize("falls", range(0, 360, 45))
def test_pale_ink_in_light_beside_a_hard_shadow(falls: int) -> None:
    y, x = np.mgrid[:300, :400].astype(np.float32)
    along = np.cos(np.deg2rad(falls)) * (x - 170) + np.sin(np.deg2rad(falls)) * (y - 130)
    light = 1 - 0.45 * (along / 8 + 0.5).clip(0, 1)
    digit = found(sheet(SEVEN, 0.68, 0.92) * light * (1 - x / 1600))
    assert not digit.light_on_dark
    assert np.mean(digit.mask == SEVEN) > 0.99
    assert np.mean(digit.mask[SEVEN]) > 0.9


@LIGHT_AND_DARK
def test_a_digit_of_a_marker_on_a_sheet_on_a_table(light_on_dark: bool) -> None:
    bold = np.zeros((300, 400), dtype=bool)
    bold[80:110, 140:240] = True
    for row in range(110, 220):
        middle = 225 - (row - 110) // 2
        bold[row, middle - 15 : middle + 15] = True
    grey = np.full(bold.shape, 0.2, dtype=np.float32)
    grey[40:260, 40:360] = sheet(bold, 0.1, 0.9)[40:260, 40:360]
    digit = found(1 - grey if light_on_dark else grey)
    assert digit.light_on_dark == light_on_dark
    assert np.array_equal(digit.mask, bold)
