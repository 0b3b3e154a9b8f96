"""The model's accuracy on the test images, with the confusion matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, QRectF, QSize, Qt, QThread, Signal
from PySide6.QtGui import (
    QFont,
    QHelpEvent,
    QIcon,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from digitpad.app import translations
from digitpad.app.widgets import numbers, theme
from digitpad.errors import DigitpadError
from digitpad.nn.network import Network
from digitpad.recognition.evaluation import Evaluation, evaluate

_STRONG = 0.6  # opacity from which on a cell is darker (or lighter) than its paper


class EvaluationThread(QThread):
    """Evaluates a network in the background.

    Signals
    -------
    evaluated(Evaluation)
    failed(str)
        Why there is no evaluation.
    """

    evaluated = Signal(object)
    failed = Signal(str)

    def __init__(self, network: Network, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._network = network

    def run(self) -> None:
        """Evaluate, and report."""
        from digitpad.data.mnist import mnist

        try:
            result = evaluate(self._network, mnist().test)
        except DigitpadError as error:
            self.failed.emit(translations.core(str(error)))
        except Exception as error:  # an exception must not vanish in a thread
            text = QCoreApplication.translate("EvaluationThread", "Evaluation failed ({error}).")
            self.failed.emit(text.format(error=f"{type(error).__name__}: {error}"))
        else:
            self.evaluated.emit(result)


class EvaluationDialog(QDialog):
    """Shows the evaluation of a network of its own on MNIST's test images.

    Signals
    -------
    evaluated(Evaluation)
        The result is shown.
    """

    evaluated = Signal(object)

    def __init__(self, network: Network, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluation")
        self.setWindowTitle(self.tr("{model} – evaluation").format(model=name))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.evaluation: Evaluation | None = None
        self.headline = QLabel(self.tr("Evaluating…"))
        self.headline.setObjectName("evaluationAccuracy")
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.9)
        self.headline.setFont(font)
        self.detail = QLabel(
            self.tr("MNIST’s 10,000 test images; none of them is in the training data.")
        )
        self.detail.setObjectName("evaluationDetail")
        self.detail.setWordWrap(True)
        self.detail.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.matrix = ConfusionView()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(10)
        for widget in (self.headline, self.detail, self.progress):
            layout.addWidget(widget)
        layout.addWidget(self.matrix, 1)
        layout.addWidget(buttons)
        self.resize(560, 640)
        self._thread = EvaluationThread(network, self)
        self._thread.evaluated.connect(self._show)
        self._thread.failed.connect(self._fail)
        self._thread.start()

    def _show(self, result: Evaluation) -> None:
        self.evaluation = result
        wrong = result.n - int(np.trace(result.confusion))
        low, high = result.interval
        accuracy = numbers.percent(result.accuracy, 2)
        self.headline.setText(self.tr("Accuracy: {accuracy}").format(accuracy=accuracy))
        text = self.tr(
            "{wrong} of {n} test images were misread. 95 % confidence interval of the accuracy: "
            "{low} to {high}. Cost: {cost}."
        )
        self.detail.setText(
            text.format(
                wrong=numbers.whole(wrong),
                n=numbers.whole(result.n),
                low=numbers.percent(low, 2),
                high=numbers.percent(high, 2),
                cost=numbers.general(result.cost),
            )
        )
        self.progress.hide()
        self.matrix.show_confusion(result.confusion)
        self.evaluated.emit(result)

    def _fail(self, message: str) -> None:
        self.headline.setText(self.tr("Not evaluated"))
        self.detail.setText(message)
        self.progress.hide()

    def done(self, result: int) -> None:
        """Close after the thread has ended, which takes about a second at most."""
        self._thread.wait()
        super().done(result)
        self.deleteLater()


class ConfusionView(QWidget):
    """A confusion matrix: rows are labels, columns what was predicted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("confusion")
        self.setAccessibleName(self.tr("Confusion matrix"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(300, 300)
        self._counts: NDArray[np.int64] | None = None

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(480, 480)

    def show_confusion(self, counts: NDArray[np.int64]) -> None:
        """Show counts, (10, 10): rows are labels, columns predictions."""
        self._counts = counts
        off = [(int(counts[i, j]), i, j) for i in range(10) for j in range(10) if i != j]
        worst = sorted((each for each in off if each[0]), reverse=True)[:3]
        mistakes = "; ".join(
            self.tr("{label} read as {prediction}: %Ln time(s)", "", n).format(
                label=i, prediction=j
            )
            for n, i, j in worst
        )
        text = self.tr("Most frequent mistakes: {mistakes}").format(mistakes=mistakes)
        self.setAccessibleDescription(text if worst else self.tr("No mistakes"))
        self.update()

    def _cells(self) -> tuple[QPointF, float]:
        """Return the corner of the first cell and a cell's side."""
        margin = 44.0
        side = (min(self.width(), self.height()) - margin - 4) / 10
        left = (self.width() - 10 * side - margin) / 2 + margin
        return QPointF(left, margin), side

    def tip(self, position: QPointF) -> str:
        """Return the tooltip at a position in the widget."""
        corner, side = self._cells()
        row = int((position.y() - corner.y()) // side)
        column = int((position.x() - corner.x()) // side)
        if self._counts is None or not (0 <= row < 10 and 0 <= column < 10):
            return ""
        count = int(self._counts[row, column])
        share = count / max(1, int(self._counts[row].sum()))
        text = self.tr("Label {label}, predicted {prediction}: %Ln image(s) ({share})", "", count)
        return text.format(label=row, prediction=column, share=numbers.percent(share))

    def event(self, event: QEvent) -> bool:
        """Show a cell's tooltip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint each cell the stronger the more images are in it."""
        corner, side = self._cells()
        palette = self.palette()
        colours = theme.colours(palette)
        text = palette.color(QPalette.ColorRole.WindowText)
        quiet = palette.color(QPalette.ColorRole.PlaceholderText)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        centre = Qt.AlignmentFlag.AlignCenter
        painter.setPen(quiet)
        painter.drawText(
            QRectF(corner.x(), corner.y() - 44, 10 * side, 20), centre, self.tr("predicted")
        )
        painter.save()
        painter.translate(corner.x() - 34, corner.y() + 5 * side)
        painter.rotate(-90)
        painter.drawText(QRectF(-5 * side, -10, 10 * side, 20), centre, self.tr("label"))
        painter.restore()
        painter.setPen(text)
        for digit in range(10):
            painter.drawText(
                QRectF(corner.x() + digit * side, corner.y() - 22, side, 20), centre, str(digit)
            )
            painter.drawText(
                QRectF(corner.x() - 24, corner.y() + digit * side, 20, side), centre, str(digit)
            )
        mistakes = 1.0
        if self._counts is not None:
            mistakes = float(max(1, (self._counts - np.diag(np.diag(self._counts))).max()))
        font = QFont(self.font())
        font.setPixelSize(max(9, min(13, int(side * 0.34))))
        painter.setFont(font)
        for row in range(10):
            for column in range(10):
                count = 0 if self._counts is None else int(self._counts[row, column])
                cell = QRectF(corner.x() + column * side, corner.y() + row * side, side, side)
                cell.adjust(1.5, 1.5, -1.5, -1.5)
                total = 1 if self._counts is None else max(1, int(self._counts[row].sum()))
                strength = count / total if row == column else (count / mistakes) ** 0.5
                colour = colours.correct if row == column else colours.mistaken
                ink = theme.on(colour) if strength > _STRONG else text
                colour = theme.faded(colour, strength) if count else theme.faded(text, 0.05)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour)
                painter.drawRoundedRect(cell, 4, 4)
                if count:
                    painter.setPen(ink)
                    painter.drawText(cell, centre, str(count))
        painter.end()
