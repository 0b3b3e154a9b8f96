"""What tells ink from rules, from sheets of paper and from what the picture's edge cuts off."""

from __future__ import annotations

import numpy as np
import pytest

from digitpad.drawing import locate_digits, morphology
from digitpad.drawing.morphology import Grey, Mask

# -- ruled lines -----------------------------------------------------------------------------------

HEIGHT, WIDTH = 60, 100


def rule(middle: int, rise: int = 0) -> Mask:
    """Return a line one pixel wide, from `rise` above its height in the middle to as far below."""
    rows = middle + np.rint(np.linspace(-rise, rise, WIDTH)).astype(int)
    mask: Mask = np.arange(HEIGHT)[:, None] == rows
    return mask


def rules(rise: int = 0) -> Mask:
    return rule(15, rise) | rule(30, rise) | rule(45, rise)


@pytest.mark.parametrize("rise", [-5, -4, -1, 0, 1, 4, 5])
def test_three_rules_that_rise_by_a_tenth_at_most_are_found(rise: int) -> None:
    assert np.array_equal(locate_digits._rules(rules(rise)), rules(rise))


@pytest.mark.parametrize("rise", [-8, -6, 6, 8, 12])
def test_steeper_lines_are_no_rules(rise: int) -> None:
    found = locate_digits._rules(rules(rise))
    assert found.shape == (HEIGHT, WIDTH)
    assert not found.any()


def test_two_lines_are_no_rules() -> None:
    found = locate_digits._rules(rule(15) | rule(45))
    assert found.shape == (HEIGHT, WIDTH)
    assert not found.any()


@pytest.mark.parametrize(("visible", "are_found"), [(71, True), (70, False)])
def test_more_than_seven_tenths_of_a_rule_must_be_seen(visible: int, are_found: bool) -> None:
    inked = rules()
    inked[:, 15 : 15 + WIDTH - visible] = False
    found = locate_digits._rules(inked)
    # What is hidden, by a digit for example, is part of the rule.
    assert np.array_equal(found, rules() if are_found else np.zeros_like(found))


@pytest.mark.parametrize(
    ("hidden", "are_found"),
    [((25, 50), True), ((12, 62), True), ((44, 77), True), ((12, 50), False), ((50, 87), False)],
)
def test_rules_are_looked_for_in_three_columns(hidden: tuple[int, int], are_found: bool) -> None:
    inked = rules()
    for column in hidden:
        inked[:, column - 4 : column + 5] = False
    assert np.array_equal(locate_digits._rules(inked), rules() if are_found else inked & False)


@pytest.mark.parametrize(("visible", "is_found"), [(36, True), (35, False), (32, False)])
def test_of_a_rule_that_the_edge_cuts_off_a_third_of_the_width_must_be_seen(
    visible: int, is_found: bool
) -> None:
    # It leaves the picture at the top, after 45 columns.
    cut_off = rule(-1, -5)
    assert cut_off.sum() == 45
    inked = rules(-5) | cut_off
    inked[0:5, visible:] = False
    found = locate_digits._rules(inked)
    assert np.array_equal(found, rules(-5) | cut_off if is_found else rules(-5))


def test_pieces_between_two_rules_make_them_no_more() -> None:
    inked = rule(15) | rule(45)
    for column in (12, 50, 87):
        inked[30, column - 3 : column + 4] = True
    assert not locate_digits._rules(inked).any()
    # Nor does a rule that is cut off before the middle.
    inked = rule(15, -5) | rule(45, -5) | rule(-1, -5)
    inked[30, 47:54] = True
    assert not locate_digits._rules(inked).any()


# -- digits that the picture's edge cuts off -------------------------------------------------------


def outline(*sides: str, size: int = 60) -> Mask:
    """Return lines along some of a picture's edges, one pixel wide."""
    mask = np.zeros((size, size), bool)
    for side in sides:
        mask[{"top": 0, "bottom": -1}.get(side, slice(None))] |= side in ("top", "bottom")
        mask[:, {"left": 0, "right": -1}.get(side, slice(None))] |= side in ("left", "right")
    return mask


def test_what_follows_most_of_the_edge_is_a_frame() -> None:
    sides = ("top", "right", "bottom", "left")
    assert not locate_digits._fills(outline(*sides))
    for number in range(4):
        three = [sides[(number + step) % 4] for step in range(3)]
        assert not locate_digits._fills(outline(*three))
        assert locate_digits._fills(outline(*three[:2]))


@pytest.mark.parametrize(("more", "fills"), [(21, True), (22, False)])
def test_a_frame_covers_six_tenths_of_the_edge(more: int, fills: bool) -> None:
    part = outline("left", "bottom")  # and a corner of the two other edges: 122 of 240 pixels
    part[0, 1 : 1 + more] = True
    assert locate_digits._fills(part) == fills


@pytest.mark.parametrize(("extent", "fills"), [(0.5, False), (0.55, True), (0.9, True)])
@pytest.mark.parametrize("is_tall", [False, True])
@pytest.mark.parametrize("at_end", [False, True])
def test_a_digit_in_a_tight_crop_fills_more_than_half_of_each_side(
    extent: float, fills: bool, is_tall: bool, at_end: bool
) -> None:
    part = np.zeros((60, 100), bool)
    part[20:23] = True
    part[: round(extent * 60), 40:43] = True
    if is_tall:
        part = np.zeros((60, 100), bool)
        part[:, 40:43] = True
        part[20:23, : round(extent * 100)] = True
    assert locate_digits._fills(np.flip(part) if at_end else part) == fills


def test_a_block_is_no_digit_in_a_tight_crop() -> None:
    part = np.zeros((60, 100), bool)
    part[5:50, 0:80] = True
    assert not locate_digits._fills(part)


# -- is it drawn? ----------------------------------------------------------------------------------


def ring(height: int, width: int) -> Mask:
    """Return a mask of 120 times 160 pixels with a ring of such a size around its middle."""
    mask = np.zeros((120, 160), bool)
    top, left = (120 - height) // 2, (160 - width) // 2
    mask[top : top + height, left : left + width] = True
    mask[top + 3 : top + height - 3, left + 3 : left + width - 3] = False
    return mask


def is_drawn(mask: Mask, grey: Grey) -> bool:
    found = locate_digits.Found(False, np.ones_like(grey), mask, False, mask)
    return locate_digits._is_drawn(found, grey)


@pytest.mark.parametrize(
    ("inside", "expected"),
    [(0.9, True), (0.6, True), (0.52, True), (0.48, False), (0.3, False), (0.1, False)],
)
def test_paper_in_a_digit_is_nearer_to_the_paper_around_it_than_to_the_ink(
    inside: float, expected: bool
) -> None:
    mask = ring(60, 60)
    grey = np.full(mask.shape, 0.9, np.float32)
    grey[30:90, 50:110] = inside
    grey[mask] = 0.1
    assert is_drawn(mask, grey) == expected
    assert is_drawn(mask, 1 - grey) == expected


def test_what_lies_farther_away_is_not_the_paper_of_a_digit() -> None:
    # The margin is 2 pixels and an eighth of 60.
    for apart, expected in ((9, True), (4, False)):
        mask = ring(60, 60)
        grey = np.full(mask.shape, 0.2, np.float32)
        grey[30 - apart : 90 + apart, 50 - apart : 110 + apart] = 0.9
        grey[mask] = 0.1
        assert is_drawn(mask, grey) == expected


@pytest.mark.parametrize("turns", range(4))
def test_all_that_is_around_counts(turns: int) -> None:
    # Much longer than high: what is on the two ends decides between the two sides.
    mask = ring(20, 60)
    grey = np.full(mask.shape, 0.9, np.float32)
    grey[:50] = 0.3
    grey[mask] = 0.1
    grey[53:67, 53:107] = 0.9
    assert is_drawn(np.rot90(mask, turns), np.rot90(grey, turns))
    grey[50:70, :50] = grey[50:70, 110:] = 0.3
    assert not is_drawn(np.rot90(mask, turns), np.rot90(grey, turns))


def test_a_block_is_not_drawn() -> None:
    mask = np.zeros((120, 160), bool)
    mask[30:90, 50:110] = True
    assert not is_drawn(mask, np.where(mask, np.float32(0.1), np.float32(0.9)))


def test_without_paper_inside_or_around_there_is_nothing_to_compare() -> None:
    bar = np.zeros((120, 160), bool)
    bar[30:90, 78:82] = True
    assert is_drawn(bar, np.where(bar, np.float32(0.1), np.float32(0.9)))
    whole = ring(60, 60)[30:90, 50:110]
    assert is_drawn(whole, np.where(whole, np.float32(0.1), np.float32(0.9)))


# -- may it be a sheet? ----------------------------------------------------------------------------


def part(rows: slice, columns: slice) -> Mask:
    mask = np.zeros((100, 120), bool)
    mask[rows, columns] = True
    return mask


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (part(slice(10, 60), slice(20, 80)), True),
        # At an edge of the picture.
        (part(slice(0, 60), slice(20, 80)), False),
        (part(slice(10, 100), slice(20, 110)), False),
        (part(slice(10, 60), slice(0, 60)), False),
        (part(slice(10, 60), slice(60, 120)), False),
        (part(slice(1, 99), slice(1, 119)), True),
        # A bar, twice as long as it is wide.
        (part(slice(10, 60), slice(20, 45)), False),
        (part(slice(10, 60), slice(20, 46)), True),
        (part(slice(10, 35), slice(20, 70)), False),
        (part(slice(10, 36), slice(20, 70)), True),
        # Seven tenths of its box.
        (part(slice(10, 60), slice(20, 80)) & ~part(slice(20, 35), slice(20, 80)), False),
        (part(slice(10, 60), slice(20, 80)) & ~part(slice(20, 34), slice(20, 80)), True),
    ],
)
def test_what_may_be_a_sheet_of_paper(mask: Mask, expected: bool) -> None:
    assert locate_digits._may_be_a_sheet(mask) == expected


def test_how_thick_lines_are_in_proportion() -> None:
    for height, width, box in ((80, 4, 80), (6, 60, 60), (40, 40, 40)):
        mask = part(slice(10, 10 + height), slice(30, 30 + width))
        own = morphology.width(np.ones((height, width), bool))
        assert locate_digits._thickness(mask) == pytest.approx(own / box)
