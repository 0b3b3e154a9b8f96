"""Which two networks are compared: the colour, the name and the accuracy of each."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from digitpad.app.widgets import theme

_LINE, _GAP = 22.0, 6.0  # pixels of a sample of the curve, and between things


@dataclass(frozen=True)
class Compared:
    """What is said of one of two networks.

    Attributes
    ----------
    name : str
    run : int
        Index of the run's colour.
    accuracy : str
        As it is shown; "" where it is not known.
    """

    name: str
    run: int
    accuracy: str


def pen(palette: QPalette, run: int, width: float, *, other: bool) -> QPen:
    """Return how a run's curve is drawn; `other`: that of the one that is compared, dashed."""
    drawn = QPen(theme.run_colour(palette, run), width)
    drawn.setCapStyle(Qt.PenCapStyle.FlatCap if other else Qt.PenCapStyle.RoundCap)
    if other:
        drawn.setDashPattern([4, 2.5])
    return drawn


class ComparisonLegend(QWidget):
    """A line with the network that reads and the one beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparison")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.pair: tuple[Compared, Compared] | None = None

    def show_pair(self, reading: Compared, other: Compared) -> None:
        """Show the network that reads, and the one that it is compared with."""
        self.pair = (reading, other)
        text = " – ".join(f"{each.name} {each.accuracy}".strip() for each in self.pair)
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for two names."""
        return QSize(320, self.fontMetrics().height() + 4)

    def minimumSizeHint(self) -> QSize:
        """Return room for two accuracies."""
        return QSize(120, self.fontMetrics().height() + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a piece of each curve, the name, shortened where it must be, and the accuracy."""
        if self.pair is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetricsF(self.font())
        text = self.palette().color(QPalette.ColorRole.WindowText)
        middle, half = self.height() / 2, self.width() / 2
        left = 0.0
        for other, each in enumerate(self.pair):
            painter.setPen(pen(self.palette(), each.run, 2.5, other=bool(other)))
            painter.drawLine(round(left), round(middle), round(left + _LINE), round(middle))
            accuracy = metrics.horizontalAdvance(each.accuracy)
            room = half - _LINE - accuracy - 4 * _GAP
            name = metrics.elidedText(each.name, Qt.TextElideMode.ElideRight, max(0.0, room))
            at = left + _LINE + _GAP
            painter.setPen(text)
            for words in filter(None, (name, each.accuracy)):
                width = metrics.horizontalAdvance(words)
                box = QRectF(at, 0, width + 1, self.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)
                at += width + _GAP
            left = max(at + 2 * _GAP, left)
