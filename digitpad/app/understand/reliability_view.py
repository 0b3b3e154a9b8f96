"""A reliability diagram: how often answers of a confidence are correct."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from digitpad.app.widgets import focus, numbers, theme
from digitpad.app.widgets.copying import Rows, offer_copy
from digitpad.inspection.mistakes import Reliability


class ReliabilityView(QWidget):
    """A bar of accuracy for each bin of confidence; on the diagonal they are equal."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Reliability diagram"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # while it is empty
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 240)
        self._shown: Reliability | None = None
        offer_copy(self, self._rows)

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(360, 360)

    def show_reliability(self, reliability: Reliability) -> None:
        """Show other bins."""
        self._shown = reliability
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleDescription(" ".join(self.lines()))
        self.update()

    def _rows(self) -> Rows:
        if self._shown is None:
            return []
        found = self._shown
        edges = found.edges
        columns = (edges[:-1], edges[1:], found.counts, found.confidence, found.accuracy)
        heading = (
            self.tr("confidence from"),
            self.tr("confidence to"),
            self.tr("answers"),
            self.tr("mean confidence"),
            self.tr("accuracy"),
        )
        return [heading, *np.column_stack(columns).tolist()]

    def lines(self) -> list[str]:
        """Return a sentence for each bin that has answers."""
        if self._shown is None:
            return []
        found, lines = self._shown, []
        for place in np.flatnonzero(found.counts):
            text = self.tr(
                "Confidence {low} to {high}: %Ln answer(s), {accuracy} correct.",
                "",
                int(found.counts[place]),
            )
            lines.append(
                text.format(
                    low=numbers.percent(float(found.edges[place]), 0),
                    high=numbers.percent(float(found.edges[place + 1]), 0),
                    accuracy=numbers.percent(float(found.accuracy[place])),
                )
            )
        return lines

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bars, the diagonal and the counts."""
        if self._shown is None:
            return
        palette = self.palette()
        colours = theme.colours(palette)
        text = palette.color(QPalette.ColorRole.WindowText)
        quiet = palette.color(QPalette.ColorRole.PlaceholderText)
        line = self.fontMetrics().height()
        left = 8 + self.fontMetrics().horizontalAdvance(numbers.percent(1, 0))
        box = QRectF(self.rect()).adjusted(left, 1.7 * line, -8, -2.4 * line)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(box, palette.color(QPalette.ColorRole.Base))
        centre = Qt.AlignmentFlag.AlignCenter
        painter.setPen(quiet)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for share in (0.0, 0.5, 1.0):
            at = box.bottom() - share * box.height()
            tick = QRectF(0, at - line / 2, left - 5, line)
            painter.drawText(tick, right, numbers.percent(share, 0))
        painter.drawText(
            QRectF(box.left(), box.bottom() + line, box.width(), 1.3 * line),
            centre,
            self.tr("confidence"),
        )
        painter.drawText(QRectF(2, 0, box.right(), line), self.tr("accuracy"))
        found, bins = self._shown, len(self._shown.counts)
        width = box.width() / bins
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 0.8)
        painter.setFont(font)
        for place in range(bins):
            if not found.counts[place]:
                continue
            height = float(found.accuracy[place]) * box.height()
            bar = QRectF(box.left() + place * width, box.bottom() - height, width, height)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.faded(colours.correct, 0.75))
            painter.drawRect(bar.adjusted(1.5, 0, -1.5, 0))
            middle = box.bottom() - float(found.confidence[place]) * box.height()
            painter.setPen(QPen(colours.mistaken, 2))
            painter.drawLine(QPointF(bar.left() + 2, middle), QPointF(bar.right() - 2, middle))
            painter.setPen(text)
            painter.drawText(
                QRectF(bar.left() - 10, box.bottom() + 1, width + 20, line),
                centre,
                numbers.whole(int(found.counts[place])),
            )
        painter.setPen(QPen(quiet, 1, Qt.PenStyle.DashLine))
        painter.drawLine(box.bottomLeft(), box.topRight())
        if self.hasFocus():
            focus.paint_frame(painter, box, palette)
        painter.end()


def error_of(reliability: Reliability) -> str:
    """Return the expected calibration error as text."""
    error = reliability.expected_calibration_error
    return "–" if np.isnan(error) else numbers.percent(error, 2)
