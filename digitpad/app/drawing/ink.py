"""A stroke as shapes to fill: a smooth line through its points, as wide as they were pressed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainterPath, QPainterPathStroker

PEN = 0.042
"""How wide a line is at a mouse's pressure, in units of the canvas's shorter side."""

# Pixels. Points further apart are joined by curves through them, as for the network (see
# `digitpad.drawing.pen.curves`); others by curves through the middles between them. A slow mouse
# reports each step of a whole pixel: points nearer than this become one, their mean.
_SPARSE = 10.0
_NEAR = 4.0
_PIECE = 5.0


def line_width(pressure: float, scale: float) -> float:
    """Return the width of a line in pixels, with `scale` pixels for the shorter side."""
    return max(1.0, PEN * scale * (0.4 + 1.2 * min(max(pressure, 0.0), 1.0)))


class Line:
    """One stroke. Its shapes come as its points do: what may still bend is the tail."""

    def __init__(self) -> None:
        self._points: list[QPointF] = []
        self._widths: list[float] = []
        self._corner = QPointF()  # the last point that the line is sure to go through or pass
        self._corner_width = 0.0
        self._start = QPointF()  # where the certain part ends: between the last two corners
        self._waits = False  # whether the last segment is a curve that depends on the next point
        self._near: list[tuple[QPointF, float]] = []  # that become one

    def add(self, point: QPointF, width: float) -> list[QPainterPath]:
        """Go on to a point, and return the shapes that have become certain."""
        self._points.append(point)
        self._widths.append(width)
        if len(self._points) == 1:
            self._corner = self._start = point
            self._corner_width = width
            return [_outline(QPainterPath(point), width)]
        corners = list(self._curve_before_last(point)) if self._waits else []
        step = math.dist(point.toTuple(), self._points[-2].toTuple())
        self._waits = step > _SPARSE
        if step > _NEAR:
            corners += self._mean_of_near()
            if not self._waits:
                corners.append((point, width))
        else:
            self._near.append((point, width))
            if math.dist(point.toTuple(), self._near[0][0].toTuple()) >= _NEAR:
                corners += self._mean_of_near()
        return self._shapes(corners)

    def _mean_of_near(self) -> list[tuple[QPointF, float]]:
        near, self._near = self._near, []
        if not near:
            return []
        middle = sum((point for point, _ in near), QPointF()) / len(near)
        return [(middle, sum(width for _, width in near) / len(near))]

    def end(self) -> list[QPainterPath]:
        """End at the last point, and return the shapes that are still missing."""
        if not self._points:
            return []
        last = self._points[-1], self._widths[-1]
        corners = list(self._last_curve()) if self._waits else [*self._mean_of_near(), last]
        self._waits = False
        shapes = self._shapes(corners)
        path = QPainterPath(self._start)
        path.lineTo(self._corner)
        return [*shapes, _outline(path, self._corner_width)]

    def tail(self) -> QPainterPath:
        """Return the shape from the certain part to the last point, as it looks now."""
        path = QPainterPath(self._start)
        if len(self._points) > 1:
            path.lineTo(self._corner)
            if self._waits:
                for corner, _ in self._last_curve():
                    path.lineTo(corner)
            path.lineTo(self._points[-1])
            return _outline(path, self._widths[-1])
        return path

    def _curve_before_last(self, after: QPointF) -> Iterator[tuple[QPointF, float]]:
        *_, start, end, _ = self._points
        before = self._points[-4] if len(self._points) > 3 else start
        return _curve(before, start, end, after, self._widths[-3], self._widths[-2])

    def _last_curve(self) -> Iterator[tuple[QPointF, float]]:
        *_, start, end = self._points
        before = self._points[-3] if len(self._points) > 2 else start
        return _curve(before, start, end, end, self._widths[-2], self._widths[-1])

    def _shapes(self, corners: Iterable[tuple[QPointF, float]]) -> list[QPainterPath]:
        lines: list[tuple[QPainterPath, float]] = []
        for corner, corner_width in corners:
            width = (self._corner_width + corner_width) / 2
            if not lines or lines[-1][1] != width:
                lines.append((QPainterPath(self._start), width))
            middle = (self._corner + corner) / 2
            lines[-1][0].quadTo(self._corner, middle)
            self._start, self._corner, self._corner_width = middle, corner, corner_width
        return [_outline(path, width) for path, width in lines]


def shapes(points: Sequence[QPointF], widths: Sequence[float]) -> list[QPainterPath]:
    """Return a whole stroke's shapes."""
    line = Line()
    found = [
        shape
        for point, width in zip(points, widths, strict=True)
        for shape in line.add(point, width)
    ]
    return found + line.end()


def _curve(
    before: QPointF, start: QPointF, end: QPointF, after: QPointF, width: float, end_width: float
) -> Iterator[tuple[QPointF, float]]:
    """Yield points, and widths, of the centripetal Catmull-Rom spline from `start` to `end`.

    As a cubic Bézier curve: Yuksel et al., "Parameterization and applications of Catmull-Rom
    curves" (2011).
    """
    first = _control(before, start, end)
    second = _control(after, end, start)
    pieces = math.ceil(math.dist(start.toTuple(), end.toTuple()) / _PIECE)
    for piece in range(1, pieces):
        t = piece / pieces
        s = 1 - t
        point = start * s**3 + first * (3 * s * s * t) + second * (3 * s * t * t) + end * t**3
        yield point, width * s + end_width * t
    yield end, end_width


def _control(outer: QPointF, at: QPointF, inner: QPointF) -> QPointF:
    """Return the Bézier control point beside `at` on the way to `inner`."""
    d, e = (math.sqrt(math.dist(at.toTuple(), each.toTuple())) for each in (outer, inner))
    if d == 0:
        return at + (inner - at) / 3
    whole = inner * (d * d) - outer * (e * e) + at * (2 * d * d + 3 * d * e + e * e)
    return whole / (3 * d * (d + e))


def _outline(path: QPainterPath, width: float) -> QPainterPath:
    """Return the outline of a line with round ends; without length, it is a dot."""
    if not path.length():
        dot = QPainterPath()
        dot.addEllipse(path.currentPosition(), width / 2, width / 2)
        return dot
    pen = QPainterPathStroker()
    pen.setWidth(width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen.createStroke(path)
