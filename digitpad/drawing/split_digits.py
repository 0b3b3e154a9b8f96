"""The ink of several digits beside each other: marks apart, and what may belong together.

`lay_out` finds what is no part of a digit by its shape and place (an underline, a frame, a decimal
point, a stray dot), puts the other strokes in order from left to right, cuts those that may be more
than one digit, and says for each place between two pieces how likely a digit ends there. Which
pieces really are one digit is decided by reading them: see `recognition.number`.

`lay_out_parts` does the same for the connected parts of a line of digits in a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitpad.drawing.strokes import Stroke

Floats = NDArray[np.float64]

# All lengths below are in heights of a digit.

# Pieces that one digit may consist of, and how unlikely it may be that no digit ends within it.
_MOST_PIECES = 4
_LEAST_LIKELY = 1e-3

# Strokes wider than this may be several digits; each is cut at so many places at most, where the
# pen goes from left to right only, at least so far from its ends.
_WIDE = 1.0
_MOST_CUTS = 4
_FROM_ENDS = 0.15
# A digit's part of a stroke is at least so high: not the bar of a 5 or the foot of a 2.
_LOWEST_PART = 0.5

# A mark smaller than this in both directions is a point, at least so far from other ink.
_POINT = 0.14
_FAR_FROM_INK = 0.09

# An underline or overline: its length, its height beside it, and its distance from the ink.
_LONG = 1.3
_LEVEL = 0.17
_BELOW = 0.03

# How likely a digit ends between two pieces: a logistic regression on
#   the gap between the boxes of what is left and right of the place,
#   the distance between their ink,
#   how much of the narrower piece's width lies within the other's,
#   how far apart the pieces' upper edges are, and the lower ones: digits stand on one line,
#   and how high the lower piece is.
# Fitted on single digits and numbers of four composed of UNIPEN's and half of pendigits' writers;
# the intercept is 1.5 lower than fitted, so that digits are rather left whole than torn apart.
_INTERCEPT = 0.09
_WEIGHTS = np.array([1.81, 6.92, -6.45, -0.45, -4.22, 0.68])
_FARTHEST = 0.5
# Between two pieces of one stroke, it is unlikely.
_WITHIN_A_STROKE = 0.08

_POINTS = 24  # along each piece, for distances
_OUTLINE_POINTS = 64  # of the outline of a part of a picture

# A part of a picture that is wider than this may be several digits that touch. It is cut where it
# is at most this many times as thick as its lines.
_WIDE_PART = 0.85
_THIN = 1.7


class Mark(Enum):
    """What is on the canvas beside digits."""

    UNDERLINE = "underline"
    FRAME = "frame"
    DECIMAL_POINT = "decimal point"
    STRAY = "stray"


@dataclass(frozen=True, eq=False)
class Piece:
    """A stroke or a connected part of a picture, or a part of either that was cut.

    Attributes
    ----------
    stroke : int
        The index of the stroke, or of the picture's part.
    points : (k, 2) or more columns
        Along the stroke; of a picture, the middles of the pixels.
    box : (4,) float64
        Left, top, right, bottom; in the middle of the pen's line.
    outline : (m, 2) float64 or None
        Of a picture, the pixels at the part's edge.
    """

    stroke: int
    points: Stroke
    box: Floats
    outline: Floats | None = None


@dataclass(frozen=True, eq=False)
class Layout:
    """What was found.

    Attributes
    ----------
    pieces : tuple of Piece
        From left to right; marks are left out.
    height : float
        Of a typical digit, in the strokes' unit; 0 if there are no pieces.
    ends : (n - 1,) float64
        How likely a digit ends after each of the n pieces but the last.
    groups : tuple of (first, end)
        The pieces first … end - 1 may be one digit.
    marks : tuple of (Mark, indices of strokes)
    """

    pieces: tuple[Piece, ...]
    height: float
    ends: Floats
    groups: tuple[tuple[int, int], ...]
    marks: tuple[tuple[Mark, tuple[int, ...]], ...]


def lay_out(strokes: Sequence[ArrayLike]) -> Layout:
    """Find the marks, and what may be digits, in strokes.

    Parameters
    ----------
    strokes : sequence of (k, 2) or more columns
        x, y, …, y downwards, in any unit. Empty strokes and points that are not finite are skipped.
    """
    whole = [piece for index, stroke in enumerate(strokes) if (piece := _piece(index, stroke))]
    if not whole:
        return Layout((), 0.0, np.empty(0), (), ())
    marks: list[tuple[Mark, tuple[int, ...]]] = []
    digits = without_frame(whole, marks)
    digits = _without_underlines(digits, marks)
    height = _height(digits)
    digits = _without_points(digits, height, marks)
    pieces = [part for piece in digits for part in _cut(piece, height)]
    return _layout(pieces, height, marks)


def lay_out_parts(parts: Sequence[Piece], pen: float) -> Layout:
    """Find the marks, and what may be digits, in one line of a picture.

    Parameters
    ----------
    parts : sequence of Piece
        As `part_of` makes them; at least one.
    pen : float
        How wide its lines are, in pixels.
    """
    marks: list[tuple[Mark, tuple[int, ...]]] = []
    digits = _without_underlines(list(parts), marks)
    height = _height(digits)
    digits = _without_points(digits, height, marks)
    pieces = [part for piece in digits for part in _cut_part(piece, height, pen)]
    return _layout(pieces, height, marks, pen)


def part_of(index: int, points: Floats, outline: Floats, pen: float) -> Piece:
    """Return a connected part of a picture.

    Parameters
    ----------
    index : int
    points, outline : (k, 2) and (m, 2)
        The middles of its pixels, x and y, and of those at its edge.
    pen : float
        How wide its lines are, in pixels.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    inset = np.minimum(pen / 2, (high - low) / 2)
    return Piece(index, points, np.concatenate([low + inset, high - inset]), outline)


def _layout(
    pieces: list[Piece],
    height: float,
    marks: list[tuple[Mark, tuple[int, ...]]],
    pen: float = 0.0,
) -> Layout:
    pieces.sort(key=lambda piece: piece.box[0] + piece.box[2])
    ends = _ends(pieces, height, pen)
    groups = tuple(
        (first, end)
        for first in range(len(pieces))
        for end in range(first + 1, min(first + _MOST_PIECES, len(pieces)) + 1)
        if np.prod(1 - ends[first : end - 1]) >= _LEAST_LIKELY
    )
    return Layout(tuple(pieces), height, ends, groups, tuple(marks))


def _piece(index: int, stroke: ArrayLike) -> Piece | None:
    points = np.asarray(stroke, dtype=np.float64)
    if points.size == 0:
        return None
    points = points[np.isfinite(points).all(axis=1)]
    return _piece_of(index, points) if len(points) else None


def _piece_of(index: int, points: Stroke) -> Piece:
    xy = points[:, :2]
    return Piece(index, points, np.concatenate([xy.min(axis=0), xy.max(axis=0)]))


def box_of(pieces: Sequence[Piece]) -> Floats:
    """Return left, top, right and bottom of pieces, of which there is at least one."""
    boxes = np.array([piece.box for piece in pieces])
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def _size(piece: Piece) -> tuple[float, float]:
    left, top, right, bottom = piece.box.tolist()
    return right - left, bottom - top


def _height(pieces: Sequence[Piece]) -> float:
    """Return the height of a typical digit: the median of those that are not much lower."""
    heights = np.array([_size(piece)[1] for piece in pieces])
    if not len(heights):
        return 0.0
    high = float(np.median(heights[heights >= 0.6 * heights.max()]))
    # Bars and dots alone are as high as they are wide.
    return max(high, 0.3 * max(_size(piece)[0] for piece in pieces), 1e-9)


# -- marks ---------------------------------------------------------------------------------------


def without_frame(pieces: list[Piece], marks: list[tuple[Mark, tuple[int, ...]]]) -> list[Piece]:
    """Take out a frame: one stroke around all others that follows its own box, or four lines."""
    for frame in pieces:
        rest = [piece for piece in pieces if piece is not frame]
        if rest and _is_inside(box_of(rest), frame.box) and _follows_its_box(frame):
            marks.append((Mark.FRAME, (frame.stroke,)))
            return rest
    lines = _four_lines(pieces)
    if lines:
        marks.append((Mark.FRAME, tuple(line.stroke for line in lines)))
        return [piece for piece in pieces if all(piece is not line for line in lines)]
    return pieces


def _is_inside(inner: Floats, outer: Floats) -> bool:
    """Tell whether a box is within another, and not much smaller in height than what holds it."""
    within = bool((inner[:2] > outer[:2]).all() and (inner[2:] < outer[2:]).all())
    return within and bool(inner[3] - inner[1] > 0.4 * (outer[3] - outer[1]))


def _follows_its_box(piece: Piece) -> bool:
    """Tell whether a stroke is a rectangle: near its box's edges, and at all four corners."""
    points = _along(piece, 64)
    low, high = piece.box[:2], piece.box[2:]
    side = np.maximum(high - low, 1e-9)
    t = (points - low) / side
    near_edge = np.minimum(t, 1 - t).min(axis=1) < 0.1
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    to_corners = np.abs(t[:, None] - corners).max(axis=2).min(axis=0)
    return bool(near_edge.mean() > 0.9 and (to_corners < 0.15).all())


def _four_lines(pieces: list[Piece]) -> list[Piece] | None:
    """Return the four strokes of a frame around others."""
    if len(pieces) < 5:
        return None
    left, top, right, bottom = box_of(pieces).tolist()
    width, height = right - left, bottom - top
    level = [p for p in pieces if _size(p)[0] > 0.85 * width and _size(p)[1] < 0.12 * height]
    upright = [p for p in pieces if _size(p)[1] > 0.85 * height and _size(p)[0] < 0.12 * width]
    if len(level) != 2 or len(upright) != 2:
        return None
    rest = [p for p in pieces if all(p is not line for line in (*level, *upright))]
    inner = box_of(rest)
    ys = sorted(p.box[1] for p in level)
    xs = sorted(p.box[0] for p in upright)
    apart = ys[0] < inner[1] and inner[3] < ys[1] and xs[0] < inner[0] and inner[2] < xs[1]
    return [*level, *upright] if apart else None


def _without_underlines(
    pieces: list[Piece], marks: list[tuple[Mark, tuple[int, ...]]]
) -> list[Piece]:
    """Take out long level strokes that lie below all other ink and touch none."""
    kept = pieces
    for line in sorted(pieces, key=lambda piece: -piece.box[1]):
        rest = [piece for piece in kept if piece is not line]
        if not rest:
            return kept
        height = _height(rest)
        width, rise = _size(line)
        inked = box_of(rest)
        covered = min(line.box[2], inked[2]) - max(line.box[0], inked[0])
        if (
            rise < _LEVEL * width
            and width > _LONG * height
            and covered >= 0.6 * (inked[2] - inked[0])
            and line.box[1] > inked[3] + _BELOW * height
        ):
            marks.append((Mark.UNDERLINE, (line.stroke,)))
            kept = rest
        else:
            return kept
    return kept


def _without_points(
    pieces: list[Piece], height: float, marks: list[tuple[Mark, tuple[int, ...]]]
) -> list[Piece]:
    """Take out dots that touch no other ink: between two digits at their feet, decimal points."""
    small = [max(_size(piece)) < _POINT * height for piece in pieces]
    if all(small) or not any(small):
        return pieces
    digits = [piece for piece, is_small in zip(pieces, small, strict=True) if not is_small]
    kept = list(digits)
    inked = np.concatenate([_along(piece, 4 * _POINTS) for piece in digits])
    # Bars alone stand on no line: the lowest of them has to do.
    feet = [piece.box[3] for piece in digits if _size(piece)[1] > 0.6 * height]
    foot = float(np.median(feet or max(piece.box[3] for piece in digits)))
    for piece, is_small in zip(pieces, small, strict=True):
        if not is_small:
            continue
        middle = (piece.box[:2] + piece.box[2:]) / 2
        if np.hypot(*(inked - middle).T).min() < _FAR_FROM_INK * height:
            kept.append(piece)
            continue
        lefts = [digit for digit in digits if digit.box[2] < middle[0] + 0.1 * height]
        rights = [digit for digit in digits if digit.box[0] > middle[0] - 0.1 * height]
        at_foot = abs(middle[1] - foot) < 0.25 * height
        is_point = at_foot and lefts and rights
        marks.append((Mark.DECIMAL_POINT if is_point else Mark.STRAY, (piece.stroke,)))
    return sorted(kept, key=lambda piece: piece.stroke)


# -- pieces --------------------------------------------------------------------------------------


def _cut(piece: Piece, height: float) -> list[Piece]:
    """Cut a wide stroke where the pen crosses a column of its box once only, on its way right."""
    left, _, right, _ = piece.box.tolist()
    if right - left <= _WIDE * height or len(piece.points) < 2:
        return [piece]
    x = piece.points[:, 0]
    columns = np.linspace(left, right, 80)[1:-1]
    before, after = x[:-1, None], x[1:, None]
    crossed = (np.minimum(before, after) <= columns) & (columns < np.maximum(before, after))
    once = crossed.sum(axis=0) == 1
    once &= (columns > left + _FROM_ENDS * height) & (columns < right - _FROM_ENDS * height)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], once.astype(int), [0]])))
    runs = sorted(zip(edges[::2], edges[1::2], strict=True), key=lambda run: run[0] - run[1])
    # The middle of each run; a long one may be two digits' feet and the way between them.
    places = sorted(columns[(start + end - 1) // 2] for start, end in runs[:_MOST_CUTS])
    parts, rest = [], piece.points
    for place in places:
        parted = _parted(rest, place)
        if parted is None or min(np.ptp(part[:, 1]) for part in parted) < _LOWEST_PART * height:
            continue
        parts.append(_piece_of(piece.stroke, parted[0]))
        rest = parted[1]
    return [*parts, _piece_of(piece.stroke, rest)]


def _parted(points: Stroke, place: float) -> tuple[Stroke, Stroke] | None:
    """Return the parts of a stroke left and right of where it crosses a column, the left first."""
    x = points[:, 0]
    crossings = np.flatnonzero((x[:-1] < place) != (x[1:] < place))
    if len(crossings) != 1:
        return None
    i = int(crossings[0])
    t = (place - x[i]) / (x[i + 1] - x[i])
    between = points[i] + t * (points[i + 1] - points[i])
    first = np.concatenate([points[: i + 1], [between]])
    second = np.concatenate([[between], points[i + 1 :]])
    return (first, second) if x[0] < place else (second, first)


def _cut_part(piece: Piece, height: float, pen: float) -> list[Piece]:
    """Cut a wide part of a picture at the columns where it is only a line wide."""
    left, _, right, _ = piece.box.tolist()
    if right - left <= _WIDE_PART * height or piece.outline is None:
        return [piece]
    columns = np.floor(piece.points[:, 0]).astype(np.intp)
    first = int(columns.min())
    thin = np.bincount(columns - first) <= _THIN * pen
    middles = np.arange(len(thin)) + first + 0.5
    thin &= (middles > left + _FROM_ENDS * height) & (middles < right - _FROM_ENDS * height)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], thin.astype(int), [0]])))
    runs = sorted(zip(edges[::2], edges[1::2], strict=True), key=lambda run: run[0] - run[1])
    parts, rest, edge = [], np.asarray(piece.points, dtype=np.float64), piece.outline
    for place in sorted(first + (start + end) / 2 for start, end in runs[:_MOST_CUTS]):
        before, after = rest[rest[:, 0] < place], rest[rest[:, 0] >= place]
        if min(np.ptp(part[:, 1]) if len(part) else 0 for part in (before, after)) < (
            _LOWEST_PART * height
        ):
            continue
        is_before = edge[:, 0] < place
        parts.append(part_of(piece.stroke, before, edge[is_before], pen))
        rest, edge = after, edge[~is_before]
    return [*parts, part_of(piece.stroke, rest, edge, pen)]


def _along(piece: Piece, count: int) -> Floats:
    """Return so many points, (count, 2), evenly along a stroke or of an outline."""
    if piece.outline is not None:
        return piece.outline[np.linspace(0, len(piece.outline) - 1, count).astype(np.intp)]
    xy = piece.points[:, :2]
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    at = np.linspace(0, way[-1], count)
    return np.column_stack([np.interp(at, way, xy[:, 0]), np.interp(at, way, xy[:, 1])])


def _ends(pieces: Sequence[Piece], height: float, pen: float) -> Floats:
    """Return how likely a digit ends after each piece but the last, (n - 1,)."""
    n = len(pieces)
    if n < 2:
        return np.empty(0)
    z = _INTERCEPT + features_of(pieces, height, pen) @ _WEIGHTS
    likely: Floats = 1 / (1 + np.exp(-z))
    for i in range(n - 1):
        if pieces[i].stroke == pieces[i + 1].stroke:
            likely[i] = _WITHIN_A_STROKE
    return likely


def features_of(pieces: Sequence[Piece], height: float, pen: float = 0.0) -> Floats:
    """Return what the regression needs of each place, (n - 1, 6).

    Between outlines, it is nearer than between the middles of lines by the width of a line, `pen`.
    """
    boxes = np.array([piece.box for piece in pieces])
    count = _POINTS if pieces[0].outline is None else _OUTLINE_POINTS
    points = np.array([_along(piece, count) for piece in pieces])
    n = len(pieces)
    # Only near pieces need to be compared: a distance counts up to `_FARTHEST`, and between boxes
    # it is no larger than between what is in them.
    low, high = boxes[:, :2], boxes[:, 2:]
    between = np.maximum(low[:, None] - high[None], low[None] - high[:, None]).clip(min=0)
    near = np.hypot(*np.moveaxis(between, -1, 0)) < _FARTHEST * height
    distances = np.full((n, n), np.inf)
    for i in range(n - 1):
        others = i + 1 + np.flatnonzero(near[i, i + 1 :])
        # (near pieces, points, points) squares of distances
        apart = np.square(points[i][:, None] - points[others][:, None]).sum(axis=-1)
        distances[i, others] = (np.sqrt(apart.min(axis=(1, 2))) + pen) / height
    found = np.empty((n - 1, 6))
    for i in range(n - 1):
        left, right = boxes[: i + 1], boxes[i + 1 :]
        gap = (right[:, 0].min() - left[:, 2].max()) / height
        distance = distances[: i + 1, i + 1 :].min()
        a, b = boxes[i], boxes[i + 1]
        shared = min(a[2], b[2]) - max(a[0], b[0])
        narrower = max(min(a[2] - a[0], b[2] - b[0]), 0.02 * height)
        inside = float(np.clip(shared / narrower, 0, 1))
        above, below = np.minimum(np.abs(a - b)[[1, 3]] / height, 1.0)
        lower = min(a[3] - a[1], b[3] - b[1], height) / height
        gap = min(max(gap, -_FARTHEST), _FARTHEST)
        found[i] = gap, min(distance, _FARTHEST), inside, above, below, lower
    return found
