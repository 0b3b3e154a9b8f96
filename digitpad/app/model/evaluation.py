"""The model's accuracy on the test images, with the confusion matrix."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QFont,
    QIcon,
    QPalette,
)
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from digitpad.app.widgets import numbers
from digitpad.app.widgets.computation import Computation
from digitpad.app.widgets.confusion import ConfusionView
from digitpad.nn.network import Network
from digitpad.recognition.evaluation import Evaluation, evaluate

_TEST_IMAGES = 10_000  # of MNIST


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
            self.tr("MNIST’s {count} test images; none of them is in the training data.").format(
                count=numbers.whole(_TEST_IMAGES)
            )
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
        self._computation = Computation(self)
        self._computation.yielded.connect(self._show)
        self._computation.failed.connect(self._fail)
        self._computation.start(lambda: _evaluations(network))

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
        """Close; what is still computed is not wanted any more."""
        self._computation.cancel()
        super().done(result)
        self.deleteLater()


def _evaluations(network: Network) -> Iterator[Evaluation]:
    from digitpad.data.mnist import mnist

    yield evaluate(network, mnist().test)
