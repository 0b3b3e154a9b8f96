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
