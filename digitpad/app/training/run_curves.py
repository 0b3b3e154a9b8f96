"""One run in the plot: its curves, how they are drawn, and its name at their end."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPalette

from digitpad.app.training.runs import CURVES, Quantity, Run, Series
from digitpad.app.widgets import theme

_EARLIER = 0.45  # how much of their colour earlier runs keep
_MAX_MARKS = 60  # epochs; more marks than that run into each other
_VEIL = 190  # opacity of what is behind a name
# Of a name, in its widths and heights from the end of its curve: before it, above or below.
_ANCHORS = ((1, 1), (1, 0), (1, 2), (1, -1), (1, 3), (0, 1), (0, 0))
_ENDS = {
    Quantity.COST: (Series.SMOOTHED_COST,),
    Quantity.ACCURACY: (Series.VALIDATION_ACCURACY, Series.TRAINING_ACCURACY),
    Quantity.LEARNING_RATE: (Series.RATE,),
}


class Curve(pg.PlotDataItem):  # type: ignore[misc]
    """A curve of which only what lies below a limit decides how much the plot shows.

    Attributes
    ----------
    limit : float
        In the axis's units; -inf: the curve decides nothing.
    from_start : bool
        Whether a curve whose first point is at the end of the first epoch has room before it.
    """

    limit = math.inf
    from_start = False

    def dataBounds(
        self, ax: int, frac: float = 1.0, orthoRange: tuple[float, float] | None = None
    ) -> tuple[float | None, float | None]:
        """Return the least and the greatest value along an axis."""
        low, high = super().dataBounds(ax, frac, orthoRange)
        if ax == 0 and self.from_start and low is not None and low <= 1:
            return 0.0, high
        if ax == 0 or low is None:
            return low, high
        return (None, None) if low > self.limit else (low, min(high, self.limit))


class RunCurves:
    """The curves and the name of one run.

    Attributes
    ----------
    run : Run
    curves : dict of Series to Curve
    name : pg.TextItem
    """

    def __init__(self, run: Run, plot: pg.PlotItem) -> None:
        self.run = run
        self._plot = plot
        self._end: tuple[float, float] | None = None  # in the axes' units
        self.curves: dict[Series, Curve] = {}
        for series, drawn in CURVES.items():
            curve = Curve(antialias=drawn.smooth)
            curve.setZValue(0 if series is Series.MINI_BATCHES else 2)
            curve.setObjectName(series.value)
            plot.addItem(curve)
            self.curves[series] = curve
        self.name = pg.TextItem(run.name, anchor=(1, 1))
        self.name.setObjectName("runName")
        plot.addItem(self.name, ignoreBounds=True)

    def remove(self) -> None:
        """Take the curves and the name out of the plot."""
        for item in (*self.curves.values(), self.name):
            self._plot.removeItem(item)

    def style(
        self, palette: QPalette, quantity: Quantity, short: str, *, clear: bool, smooth: bool
    ) -> None:
        """Set what is visible, and its colours and widths.

        Parameters
        ----------
        palette : QPalette
        quantity : Quantity
            What is plotted.
        short : str
            The name at the end of the curves.
        clear : bool
            Whether the run stands out; otherwise only its main curves are drawn, and faintly.
        smooth : bool
            Whether a run that does not stand out has smooth edges, too.
        """
        paper = palette.color(QPalette.ColorRole.Base)
        own = theme.run_colour(palette, self.run.colour)
        for series, curve in self.curves.items():
            drawn = CURVES[series]
            visible = self.run.shown and drawn.quantity is quantity
            curve.setVisible(visible and (clear or drawn.earlier))
            # Fine opaque lines are painted many times as fast as others, and there may be sixty
            # earlier runs.
            colour = theme.mixed(paper, own, _EARLIER)
            if clear:
                colour = QColor(own)
                colour.setAlpha(drawn.opacity)
            curve.opts["antialias"] = drawn.smooth and (clear or smooth)
            line = Qt.PenStyle.DashLine if drawn.dashed else Qt.PenStyle.SolidLine
            curve.setPen(pg.mkPen(colour, width=drawn.width if clear else 1, style=line))
            curve.from_start = drawn.quantity is Quantity.ACCURACY
            marked = drawn.mark if clear and len(self.run.epochs) <= _MAX_MARKS else ""
            curve.setSymbol(marked or None)
            curve.setSymbolSize(6)
            curve.setSymbolBrush(colour)
            curve.setSymbolPen(None)
        veil = QColor(paper)
        veil.setAlpha(_VEIL)
        self.name.setText(short)
        self.name.setColor(theme.mixed(palette.color(QPalette.ColorRole.Text), own, 0.6))
        self.name.fill = pg.mkBrush(veil)

    def limit(self, limit: float) -> None:
        """Let the curves decide only up to a limit, in the axis's units, how much is shown."""
        for series, curve in self.curves.items():
            curve.limit = -math.inf if series is Series.MINI_BATCHES else limit

    def update(self, quantity: Quantity, *, logarithmic: bool) -> None:
        """Draw the run's present points."""
        for series, curve in self.curves.items():
            if curve.isVisible():
                x, y = self.run.points(series)
                shown = np.isfinite(y)
                if logarithmic:
                    shown &= y > 0
                curve.setData(x[shown], y[shown])
        self._end = None
        for series in _ENDS[quantity]:
            x, y = self.run.points(series)
            if len(x):
                height = np.log10(y[-1]) if logarithmic and y[-1] > 0 else y[-1]
                self._end = float(x[-1]), float(height)
                break

    def place_name(self, room: QRectF, taken: list[QRectF]) -> QRectF | None:
        """Show the name at the end of its curve if there is room for it.

        Parameters
        ----------
        room : QRectF
            Where names may be, in the scene.
        taken : list of QRectF
            Where others are already.

        Returns
        -------
        QRectF or None
            Where the name is now; None: it is not shown.
        """
        if self._end is None:
            return None
        self.name.setPos(*self._end)
        for anchor in _ANCHORS:
            self.name.setAnchor(anchor)
            self.name.updateTransform()
            box: QRectF = self.name.mapRectToScene(self.name.boundingRect())
            if room.contains(box) and not any(box.intersects(other) for other in taken):
                self.name.setVisible(True)
                return box
        return None
