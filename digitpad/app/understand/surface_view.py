"""Costs on a plane as colours, with the path that a training took."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from digitpad.app.understand.arithmetic_table import number
from digitpad.app.widgets import focus, theme
from digitpad.app.widgets.copying import Rows, offer_copy
from digitpad.inspection.landscape import Grid
from digitpad.nn.functions import Array

_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (1, 0),
    Qt.Key.Key_Down: (-1, 0),
}


class SurfaceView(QWidget):
    """Shows a grid of costs, one cell for each; hovering or the arrow keys give the number.

    Colours follow the logarithm of the cost: full colour is the lowest, paper the highest.

    Signals
    -------
    place_chosen(str)
        The numbers of the cell that the keyboard or a click has gone to.
    """

    place_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # while it is empty
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(150, 150)
        self._grid: Grid | None = None
        self._complete: Grid | None = None  # the finest one, shown where the next has no row yet
        self._path: Array = np.empty((0, 2))
        self._playhead = -1
        self._row = self._column = 0
        offer_copy(self, self._rows)

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(380, 380)

    def grid(self) -> Grid | None:
        """Return the grid shown."""
        return self._grid

    def path(self) -> Array:
        """Return the places of the path shown, (k, 2)."""
        return self._path

    def playhead(self) -> int:
        """Return which place of the path is the present one; -1: none."""
        return self._playhead

    def show_grid(self, grid: Grid | None) -> None:
        """Show another grid, or none."""
        if grid is not None:
            # The cursor begins in the middle, and stays at its place when the grid becomes finer.
            old, last = self._grid, len(grid.betas) - 1
            before = 2 if old is None else len(old.betas) - 1
            row, column = (1, 1) if old is None else (self._row, self._column)
            self._row, self._column = round(row * last / before), round(column * last / before)
        self._grid = grid
        if grid is None or grid.complete:
            self._complete = grid
        there = grid is not None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if there else Qt.FocusPolicy.NoFocus)
        self._describe()
        self.update()

    def show_path(self, path: Array, playhead: int) -> None:
        """Show a path of k places (α, β), (k, 2), and which of them is the present one."""
        self._path, self._playhead = path, playhead
        self.update()

    def _rows(self) -> Rows:
        grid = self._grid
        if grid is None:
            return []
        heading: list[object] = ["β \\ α", *grid.alphas.tolist()]
        rows = [
            heading,
            *([beta, *costs] for beta, costs in zip(grid.betas, grid.costs.tolist(), strict=True)),
        ]
        if len(self._path):
            rows += [[self.tr("path"), "α", "β"]]
            rows += [[place, *point] for place, point in enumerate(self._path.tolist(), 1)]
        return rows

    def tip(self, row: int, column: int) -> str:
        """Return a place and its cost."""
        if self._grid is None:
            return ""
        cost = float(self._grid.costs[row, column])
        return self.tr("α = {alpha}, β = {beta}: cost {cost}").format(
            alpha=number(float(self._grid.alphas[column])),
            beta=number(float(self._grid.betas[row])),
            cost=number(cost),
        )

    def _describe(self) -> None:
        self.setAccessibleDescription(self.tip(self._row, self._column))

    def _box(self) -> QRectF:
        side = min(self.width(), self.height()) - 4
        return QRectF((self.width() - side) / 2, 2, side, side)

    def cell(self, row: int, column: int) -> QRectF:
        """Return where a place's cell is painted; β grows upwards."""
        assert self._grid is not None
        box, side = self._box(), len(self._grid.betas)
        size = box.width() / side
        return QRectF(box.left() + column * size, box.top() + (side - 1 - row) * size, size, size)

    def _at(self, place: Array) -> QPointF:
        """Return where (α, β) is: in the middle of its cell, or between cells."""
        assert self._grid is not None
        alphas, betas = self._grid.alphas, self._grid.betas
        first, last = self.cell(0, 0).center(), self.cell(len(betas) - 1, len(alphas) - 1).center()
        right = (place[0] - alphas[0]) / (alphas[-1] - alphas[0])
        up = (place[1] - betas[0]) / (betas[-1] - betas[0])
        return QPointF(
            first.x() + float(right) * (last.x() - first.x()),
            first.y() + float(up) * (last.y() - first.y()),
        )

    def event(self, event: QEvent) -> bool:
        """Give the cost of the cell under the pointer."""
        if isinstance(event, QHelpEvent):
            place = self._place_at(event.pos())
            QToolTip.showText(event.globalPos(), "" if place is None else self.tip(*place), self)
            return True
        return super().event(event)

    def _place_at(self, position: QPoint) -> tuple[int, int] | None:
        """Return the row and column of the cell at a position."""
        if self._grid is None or not self._box().contains(QPointF(position)):
            return None
        size, last = self.cell(0, 0).width(), len(self._grid.betas) - 1
        column = int((position.x() - self._box().left()) // size)
        row = last - int((position.y() - self._box().top()) // size)
        return (row, column) if 0 <= row <= last and column <= last else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the cursor on a cell."""
        place = self._place_at(event.position().toPoint())
        if place is not None:
            self._go_to(*place)

    def _go_to(self, row: int, column: int) -> None:
        self._row, self._column = row, column
        self._describe()
        self.place_chosen.emit(self.tip(row, column))
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cursor from cell to cell."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None or self._grid is None:
            super().keyPressEvent(event)
            return
        last = len(self._grid.betas) - 1
        row, column = self._row + step[0], self._column + step[1]
        self._go_to(min(max(0, row), last), min(max(0, column), last))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells, unsmoothed, the path and the present place."""
        if self._grid is None:
            return
        palette = self.palette()
        colours = theme.colours(palette)
        painter = QPainter(self)
        costs = [] if self._complete is None else [self._complete.costs]
        costs.append(self._grid.costs)
        known = np.concatenate([each[np.isfinite(each)] for each in costs])
        span = (float(known.min()), float(known.max())) if len(known) else (1.0, 1.0)
        for each in costs:
            painter.drawImage(self._box(), _picture(each, span, palette))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.drawRect(self._box().adjusted(-0.5, -0.5, 0.5, 0.5))
        if len(self._path):
            points = [self._at(place) for place in self._path]
            painter.setPen(QPen(colours.negative, 2))
            painter.drawPolyline(QPolygonF(points))
            painter.setBrush(colours.negative)
            for point in points:
                painter.drawEllipse(point, 2, 2)
        here = self._at(np.zeros(2))
        if 0 <= self._playhead < len(self._path):
            here = self._at(self._path[self._playhead])
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Base), 4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(here, 6, 6)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 2))
        painter.drawEllipse(here, 6, 6)
        if self.hasFocus():
            focus.paint_frame(painter, self._box(), palette)
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Base), 4))
            painter.drawRect(self.cell(self._row, self._column))
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 2))
            painter.drawRect(self.cell(self._row, self._column))
        painter.end()


def _picture(costs: Array, span: tuple[float, float], palette: QPalette) -> QImage:
    """Return a pixel for each cost, the last row on top; clear where there is none.

    `span` is the lowest and the highest cost.
    """
    finite = np.isfinite(costs)
    levels = np.zeros(costs.shape)
    # A cost of 0 has no logarithm.
    low, high = np.log(np.maximum(span, 1e-12))
    logs = np.log(np.maximum(costs[finite], 1e-12))
    levels[finite] = (high - logs) / ((high - low) or 1)
    colour = theme.colours(palette).positive
    paper = palette.color(QPalette.ColorRole.Base)
    pixels = np.zeros((*costs.shape, 4), dtype=np.uint8)
    channels = (
        (paper.blue(), colour.blue()),
        (paper.green(), colour.green()),
        (paper.red(), colour.red()),
    )
    for channel, (from_, to) in enumerate(channels):
        pixels[..., channel] = np.rint(from_ + (to - from_) * levels)
    # What is not computed yet shows the window; what is infinite is paper.
    pixels[..., 3] = np.where(np.isnan(costs), 0, 255)
    rows, columns = costs.shape
    upwards = np.ascontiguousarray(pixels[::-1])
    return QImage(upwards.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_ARGB32).copy()
