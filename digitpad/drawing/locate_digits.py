"""Locate the digit in a picture: estimate the paper, separate the ink, drop everything else.

Paper is never evenly bright, but ink is thin: a grey-scale opening or closing by a window wider
than any line gives the brightness of the paper under it. Ink is what differs from that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from digitpad.drawing import morphology
from digitpad.drawing.morphology import Grey, Mask

# Ink differs from its paper by at least this fraction of the range from black to white, and by this
# many times the paper's noise.
_FAINTEST = 0.04
_NOISE = 3.0

# Paper in a shadow is not darker than this.
_DARKEST_PAPER = 0.2

# Paper is evenly lit if this fraction of the picture's edge is equally bright, within this fraction
# of the range of the whole picture.
_EVENLY = 0.75
_EVEN = 0.06

# The window of the opening, as a fraction of the picture's shorter side.
_WINDOW = 0.3

# Whether ink is lighter or darker, this one tells too. So little unevenness is none.
_NARROW_WINDOW = 0.1
_SMOOTH = 1e-6

# Ink has this fraction of its full strength somewhere, and at least the second one everywhere;
# ruled lines are fainter.
_INK = 0.45
_FAINT = 0.25

# Ruled lines: their maximum slope, how much of one must be visible, and their minimum number.
_STEEPEST = 0.1
_RULED = 0.7
_FEWEST_RULES = 3

# A shape whose lines are wider than this fraction of its longer side is a sheet of paper.
_WIDEST = 0.45
# One that fills more than this fraction of its box may be a sheet with a digit on it. The digit's
# lines are thinner by this factor, each beside its own longer side.
_FILLED = 0.7
_THINNER = 0.75
# Many digits leave half of the sheet and strips of it. With them, it fills this much of a
# rectangle, unlike bold digits, and in pixels their lines are thinner than it by this factor.
_SHEET = 0.5
_RECTANGULAR = 0.9
_MUCH_THINNER = 0.5

# Parts of a digit have at least this fraction of the pixels of the largest one, and are at most
# this far from it, as a fraction of its longer side.
_SMALLEST_PART = 0.04
_FARTHEST_PART = 0.5
# A part with a smaller fraction of the largest one's pixels is a speck, nowhere a decimal point.
_SPECK = 0.01

# Another part is a digit of its own if it has this fraction of the largest one's pixels and of the
# tallest one's height. So many parts are looked at.
_DIGIT_PIXELS = 0.2
_DIGIT_HEIGHT = 0.5
_MOST_PARTS = 20


@dataclass(frozen=True, eq=False)
class Found:
    """A digit in a picture.

    Attributes
    ----------
    light_on_dark : bool
        Whether ink is lighter than its paper.
    paper : (h, w) float32
        How bright the paper is under and beside the ink, 0 to 1.
    mask : (h, w) bool
        The digit's pixels.
    several : bool
        Whether there are other parts that look like a digit of their own.
    inked : (h, w) bool
        The digit's pixels and those of all other parts that the picture's edge does not cut off.
    """

    light_on_dark: bool
    paper: Grey
    mask: Mask
    several: bool
    inked: Mask


def find(grey: Grey) -> Found | None:
    """Find the digit in a picture.

    Parameters
    ----------
    grey : (h, w) float32
        Brightness, 0 to 1.

    Returns
    -------
    Found or None
        None if there is only paper.
    """
    first: Found | None = None
    sheet: Mask | None = None
    thin = 0.0
    others = []
    for found, level in _guesses(grey):
        # Beside what may be a sheet of paper, lines that are thinner are the ink on it.
        if first is not None and sheet is not None and _is_ink_on(sheet, first, found):
            return found
        if not _is_drawn(found, level):
            others.append(found)
        elif first is None:
            first, sheet = found, _sheet(grey, found)
            if _may_be_a_sheet(found.mask):
                thin = _THINNER * _thickness(found.mask)
            elif sheet is None:
                return found
        elif _thickness(found.mask) < thin:
            return found
    return first or (others[0] if others else None)


def ink(grey: Grey, paper: Grey, light_on_dark: bool, mask: Mask) -> Grey:
    """Return the ink: 0 where the picture shows paper, 1 at the ink's full strength.

    Parameters
    ----------
    grey, paper : (h, w) float32
        Brightness, 0 to 1, of the picture and of the paper in it.
    light_on_dark : bool
    mask : (h, w) bool
        Where the ink is, at least roughly.
    """
    differs, _ = _difference(grey, paper, light_on_dark)
    level = max(float(np.quantile(differs[mask], 0.9)), 1 / 255)
    strength: Grey = np.minimum(differs / np.float32(level), np.float32(1))
    return strength


def box(mask: Mask) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a mask that is not empty."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _guesses(grey: Grey) -> Iterator[tuple[Found, Grey]]:
    """Yield possible digits, the most likely first, each with levels of which its paper has one.

    Where it is known how bright the paper is, that is the contrast with it, as paper is darker in a
    shadow; of a paper that is likely to be wrong, it is the brightness.
    """
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    low, middle, high = grey.min(), np.median(edge), grey.max()
    light_on_dark = bool(middle < (low + high) / 2)
    differs = (edge - middle if light_on_dark else middle - edge) / max(high - low, 1e-6)
    evenly = np.mean(np.abs(differs) < _EVEN)
    # Ink on the edge of a tight crop differs in one direction only.
    if evenly > _EVENLY or (evenly > 0.5 and np.mean(differs < -_EVEN) < 0.02):
        for found in _guess(grey, np.full_like(grey, middle), light_on_dark):
            yield found, grey
    opened, closed = _papers(grey, _WINDOW)
    # Light changes gradually; the wrong one of the two keeps the outlines of the ink. A narrow
    # window moves a shadow's edge less; of lines wider than it, only the wide one tells.
    wide, narrow = _log_ratio(opened, closed), _log_ratio(*_papers(grey, _NARROW_WINDOW))
    light_on_dark = max(wide, narrow, key=abs) < 0
    for lighter in (light_on_dark, not light_on_dark):
        paper = opened if lighter else closed
        level = _contrast(grey, paper, lighter) if lighter == light_on_dark else grey
        for found in _guess(grey, paper, lighter):
            yield found, level


def _papers(grey: Grey, window: float) -> tuple[Grey, Grey]:
    """Return the paper under ink that is lighter, and under ink that is darker.

    Parameters
    ----------
    grey : (h, w) float32
    window : float
        As a fraction of the shorter side.
    """
    size = max(3, round(window * min(grey.shape)))
    return morphology.opening(grey, size), -morphology.opening(-grey, size)


def _log_ratio(opened: Grey, closed: Grey) -> float:
    """Return how much more uneven the first is than the second: the logarithm of the ratio."""
    return math.log((_unevenness(opened) + _SMOOTH) / (_unevenness(closed) + _SMOOTH))


def _unevenness(paper: Grey) -> float:
    """Return the sum of the squared differences of neighbouring pixels."""
    return float(sum(np.square(np.diff(paper, axis=axis)).sum() for axis in (0, 1)))


def _guess(grey: Grey, paper: Grey, light_on_dark: bool) -> Iterator[Found]:
    differs, noise = _difference(grey, paper, light_on_dark)
    if _strength(differs) > max(_FAINTEST, 2 * noise):
        differs = _without_rules(differs)
        level = _strength(differs)
        mask, several, inked = _digit(differs > _FAINT * level, differs > _INK * level)
        if mask.any():
            yield Found(light_on_dark, paper, mask, several, inked)


def _difference(grey: Grey, paper: Grey, light_on_dark: bool) -> tuple[Grey, float]:
    """Return how much each pixel differs from its paper beyond the noise, and the noise."""
    differs = _contrast(grey, paper, light_on_dark)
    # In a tight crop, ink may cover more than half.
    paper_only = differs[differs <= max(float(differs.max()), 0) / 2]
    ground = float(np.median(paper_only))
    # For normally distributed noise, 1.5 median deviations are a standard deviation.
    noise = _NOISE * 1.5 * float(np.median(np.abs(paper_only - ground)))
    return np.maximum(differs - (ground + noise), 0), noise


def _contrast(grey: Grey, paper: Grey, light_on_dark: bool) -> Grey:
    """Return how much each pixel differs from its paper, as ink does."""
    if light_on_dark:
        return grey - paper
    # In a shadow, dark ink differs less, as its paper is darker.
    contrast = paper - grey
    contrast /= np.maximum(paper, _DARKEST_PAPER)
    return contrast


def _strength(differs: Grey) -> float:
    """Return how much ink of full strength differs from its paper."""
    strong = differs[differs > differs.max() / 2]
    return float(np.quantile(strong, 0.9)) if len(strong) else 0.0


def _without_rules(differs: Grey) -> Grey:
    """Remove the lines of ruled or squared paper."""
    inked = differs > _FAINT * _strength(differs)
    rules = _rules(inked) | _rules(inked.T).T
    if not rules.any():
        return differs
    return np.where(rules, np.maximum(differs - 1.2 * np.median(differs[rules]), 0), differs)


def _rules(inked: Mask) -> Mask:
    """Return the pixels of straight lines from left to right, if there are three or more."""
    height, width = inked.shape
    crossed = [_runs(inked[:, width * eighths // 8]) for eighths in (1, 4, 7)]
    rules = np.zeros_like(inked)
    if np.median(crossed) < _FEWEST_RULES:
        return rules
    rows = np.arange(height)[:, None]
    steepest = round(_STEEPEST * width / 2)
    for rise in range(-steepest, steepest + 1):
        # The line through each pixel, numbered by its height in the middle column.
        line = rows + np.rint(np.linspace(-rise, rise, width)).astype(np.intp) + steepest
        pixels = np.bincount(line.ravel(), minlength=height + 2 * steepest)
        ink = np.bincount(line[inked], minlength=len(pixels))
        rules |= (ink > _RULED * np.maximum(pixels, width / 2))[line]
    return rules if _runs(rules[:, width // 2]) >= _FEWEST_RULES else np.zeros_like(rules)


def _runs(line: Mask) -> int:
    """Return the number of runs in a line of pixels."""
    return int(line[0]) + int(np.count_nonzero(line[1:] & ~line[:-1]))


def _fills(part: Mask) -> bool:
    """Whether a part that touches the picture's edge is a digit in a tight crop.

    It fills most of the picture and consists of lines, but does not follow the edge all around.
    """
    left, top, right, bottom = box(part)
    across, down = (right - left) / part.shape[1], (bottom - top) / part.shape[0]
    on_edge = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]]).mean()
    lines = _is_of_lines(part[top:bottom, left:right])
    return bool(min(across, down) > 0.5 and on_edge < 0.6 and lines)


def _is_drawn(found: Found, level: Grey) -> bool:
    """Whether the mask consists of lines, with the same level of paper inside and around it."""
    left, top, right, bottom = box(found.mask)
    longer = max(right - left, bottom - top)
    inside = slice(top, bottom), slice(left, right)
    if not _is_of_lines(found.mask[inside]):
        return False
    margin = 2 + longer // 8
    around = np.zeros_like(found.mask)
    around[max(top - margin, 0) : bottom + margin, max(left - margin, 0) : right + margin] = True
    around[inside] = False
    within = ~morphology.dilated(found.mask, 1)[inside]
    if not (around.any() and within.any()):
        return True
    ink_level = np.median(level[found.mask])
    paper_level = np.median(level[around])
    return bool(
        abs(np.median(level[inside][within]) - paper_level) < abs(ink_level - paper_level) / 2
    )


def _thickness(mask: Mask) -> float:
    """Return how wide a mask's lines are, as a fraction of its longer side."""
    left, top, right, bottom = box(mask)
    return morphology.width(mask[top:bottom, left:right]) / max(right - left, bottom - top)


def _may_be_a_sheet(mask: Mask) -> bool:
    """Whether a mask fills most of a box within the picture, as a sheet with a digit on it does.

    A bar that does so is a 1.
    """
    left, top, right, bottom = box(mask)
    return _lies_within(mask) and bool(mask[top:bottom, left:right].mean() > _FILLED)


def _lies_within(mask: Mask) -> bool:
    """Whether something is no bar and nowhere reaches the picture's edge."""
    left, top, right, bottom = box(mask)
    height, width = mask.shape
    sides = sorted((right - left, bottom - top))
    return min(left, top, width - right, height - bottom) > 0 and 2 * sides[0] > sides[1]


def _sheet(grey: Grey, found: Found) -> Mask | None:
    """Return the sheet within the picture that may have been found instead of the ink on it.

    It is as bright as what was found, of which it may be more: where much of it is blank, the sheet
    itself is the paper, and its edges may have been taken for ruled lines.
    """
    paper_level, ink_level = np.median(found.paper[found.mask]), np.median(grey[found.mask])
    middle = math.sqrt(max(float(paper_level * ink_level), 0.0))  # light multiplies brightness
    alike: Mask = grey > middle if found.light_on_dark else grey < middle
    left, top, right, bottom = box(found.inked)
    if alike[top:bottom, left:right].mean() < _SHEET:
        return None
    numbers, _ = morphology.components(alike)
    pixels = np.bincount(numbers[found.mask], minlength=2)
    pixels[0] = 0
    largest: Mask = numbers == pixels.argmax()
    if not largest.any() or not _lies_within(largest):
        return None
    left, top, right, bottom = box(largest)
    # No ink can make a rectangle of it if all that lies between its sides does not.
    starts, ends = _sides(largest[top:bottom, left:right])
    if (ends - starts).sum() < _RECTANGULAR * _rectangle(largest[top:bottom, left:right]):
        return None
    sheet = np.zeros_like(largest)  # with what digits enclose of it
    sheet[top:bottom, left:right] = alike[top:bottom, left:right]
    return sheet


def _is_ink_on(sheet: Mask, first: Found, found: Found) -> bool:
    """Whether something consists of thin lines, and fills the gaps of a sheet to a rectangle.

    Parameters
    ----------
    sheet : (h, w) bool
    first : Found
        What was found in its place.
    found : Found
    """
    if found.light_on_dark == first.light_on_dark:
        return False
    left, top, right, bottom = box(found.mask)
    if not _is_of_lines(found.mask[top:bottom, left:right]):
        return False
    left, top, right, bottom = box(sheet)
    paper, ink = sheet[top:bottom, left:right], found.inked[top:bottom, left:right]
    if np.count_nonzero(paper | ink) < _RECTANGULAR * _rectangle(paper):
        return False
    return morphology.width(ink) < _MUCH_THINNER * morphology.width(paper)


def _rectangle(mask: Mask) -> float:
    """Return the area of the smallest rectangle around a mask, turned by whole degrees."""
    rows = np.flatnonzero(mask.any(axis=1))
    left, right = _sides(mask)
    x = np.concatenate([left, right, left, right])
    y = np.concatenate([rows, rows, rows + 1, rows + 1])
    turned = np.exp(1j * np.radians(np.arange(90)))[:, None] * (x + 1j * y)
    return float((np.ptp(turned.real, axis=1) * np.ptp(turned.imag, axis=1)).min())


def _sides(mask: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where each row of a mask that is not empty begins and ends."""
    rows = mask[mask.any(axis=1)]
    return rows.argmax(axis=1), mask.shape[1] - rows[:, ::-1].argmax(axis=1)


def _digit(mask: Mask, sure: Mask) -> tuple[Mask, bool, Mask]:
    """Drop what is not the digit: specks, other things, lines cut off by the picture's edge.

    A part of the mask counts only if it contains sure ink (hysteresis, Canny 1986).

    Returns
    -------
    digit : (h, w) bool
    several : bool
        Whether other parts look like a digit of their own.
    inked : (h, w) bool
        The digit and all other parts, but for specks.
    """
    numbers, count = morphology.components(mask)
    pixels = np.bincount(numbers[sure], minlength=count + 1)
    pixels[0] = 0
    edge = np.concatenate([numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]])
    whole = pixels.copy()
    whole[np.unique(edge)] = 0
    if whole.max() >= pixels.max() / 20 and not _fills(numbers == pixels.argmax()):
        pixels = whole
    largest = int(pixels.argmax())
    left, top, right, bottom = box(numbers == largest)
    reach = round(_FARTHEST_PART * max(right - left, bottom - top))
    near = np.zeros_like(mask)
    near[max(top - reach, 0) : bottom + reach, max(left - reach, 0) : right + reach] = True
    kept = pixels >= max(_SMALLEST_PART * pixels[largest], 1)
    kept &= np.bincount(numbers[near], minlength=count + 1) > 0
    kept[0] = False
    digit: Mask = kept[numbers]
    inked = kept | (pixels >= max(_SPECK * pixels[largest], 4))
    inked[0] = False
    return digit, _are_several(numbers, pixels), inked[numbers]


def _are_several(numbers: NDArray[np.intp], pixels: NDArray[np.intp]) -> bool:
    """Whether two parts of about the same height stand apart from each other.

    Parameters
    ----------
    numbers : (h, w)
        The part that each pixel belongs to, from 1.
    pixels : (count + 1,)
        Of each part that is not cut off; 0 of the others.
    """
    large = np.flatnonzero(pixels >= _DIGIT_PIXELS * pixels.max())
    boxes = {part: box(numbers == part) for part in large[:_MOST_PARTS].tolist()}
    tallest = max(bottom - top for _, top, _, bottom in boxes.values())
    tall = [
        found
        for part, found in boxes.items()
        if found[3] - found[1] >= _DIGIT_HEIGHT * tallest
        and _is_of_lines(numbers[found[1] : found[3], found[0] : found[2]] == part)
    ]
    return any(one[2] <= two[0] or one[3] <= two[1] for one, two in permutations(tall, 2))


def _is_of_lines(part: Mask) -> bool:
    return bool(morphology.width(part) <= _WIDEST * max(part.shape))
