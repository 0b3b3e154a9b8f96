"""Why this answer: what the ink does for any digit, and how little would change the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QWidget,
)

from digitpad.app.session import Session
from digitpad.app.understand.arithmetic_table import number, signed
from digitpad.app.understand.arrangement import Arrangement
from digitpad.app.understand.digit_buttons import DigitButtons
from digitpad.app.understand.heat_view import HeatView
from digitpad.app.widgets.computation import Computation
from digitpad.app.widgets.copying import SelectableLabel
from digitpad.inspection import attribution
from digitpad.inspection.attribution import SmallestChange
from digitpad.nn.functions import Array
from digitpad.nn.network import Network

_PAUSE = 60  # ms from a change of the drawing to the next computation
# What takes longer would slow the pen down: it waits until the drawing has rested for so many ms.
_REST = 250
_LARGE = 200_000  # parameters, from which on methods of many passes take longer


class Method(Enum):
    """How the answer is explained."""

    GRADIENT = "gradient times input"
    OCCLUSION = "occlusion"
    FIRST_LAYER = "first layer"
    SMALLEST_CHANGE = "smallest change"


@dataclass(frozen=True, eq=False)
class Explanation:
    """What was computed.

    Attributes
    ----------
    method : Method
    values : (28, 28)
        For each pixel.
    image : (28, 28)
        The ink that they are about.
    evidence : float
        z of the digit's output, or of the neuron of the first layer.
    change : SmallestChange or None
    """

    method: Method
    values: Array
    image: Array
    evidence: float
    change: SmallestChange | None = None


class WhyView(QWidget):
    """Explains what the network that reads sees in the drawing; live while it can be seen.

    Signals
    -------
    image_chosen(image)
        The changed image, (28, 28), is to be put on the canvas.
    """

    image_chosen = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("whyView")
        self.session = session
        self.explanation: Explanation | None = None
        self._chosen = False  # a digit, by the user
        self._computation = Computation(self)
        self._computation.yielded.connect(self._show)
        self._computation.failed.connect(self._fail)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._compute)
        self.method = QComboBox()
        for name, method in (
            (self.tr("Gradient × input"), Method.GRADIENT),
            (self.tr("Occlusion"), Method.OCCLUSION),
            (self.tr("Weights of a first-layer neuron"), Method.FIRST_LAYER),
            (self.tr("Smallest change of the answer"), Method.SMALLEST_CHANGE),
        ):
            self.method.addItem(name, method)
        self.digit = DigitButtons(self.tr("Digit"))
        self.neuron = QSpinBox()
        self.neuron.setGroupSeparatorShown(True)
        self.heat = HeatView()
        self.heat.setAccessibleName(self.tr("Explanation"))
        self.sentence = SelectableLabel()
        self.sentence.setWordWrap(True)
        self.legend = SelectableLabel()
        self.legend.setWordWrap(True)
        self.legend.setObjectName("whyLegend")
        self.limits = QLabel()
        self.limits.setWordWrap(True)
        self.limits.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.to_canvas = QPushButton(self.tr("&Put it on the canvas"))
        self._form = QFormLayout()
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.addRow(self.tr("Show"), self.method)
        self._form.addRow(self.tr("For digit"), self.digit)
        self._form.addRow(self.tr("Neuron"), self.neuron)
        layout = Arrangement(self)
        layout.above.addLayout(self._form)
        layout.shown.addWidget(self.heat, 1)
        for widget in (self.legend, self.sentence, self.limits, self.to_canvas):
            layout.below.addWidget(widget)
        self.method.currentIndexChanged.connect(self._compute)
        self.digit.chosen.connect(self._digit_chosen)
        self.neuron.valueChanged.connect(self._compute)
        self.to_canvas.clicked.connect(self._put_on_canvas)
        session.reading_changed.connect(self._input_changed)
        session.reader_changed.connect(self._input_changed)

    def _input_changed(self) -> None:
        if not self.isVisible():
            return
        many = self.method.currentData() in (Method.OCCLUSION, Method.SMALLEST_CHANGE)
        if many and len(self.session.reader.parameters) > _LARGE:
            self._later.start(_REST)
        elif not self._later.isActive():
            self._later.start(_PAUSE)

    def showEvent(self, event: QShowEvent) -> None:
        """Compute when it can be seen."""
        super().showEvent(event)
        self._compute()

    def hideEvent(self, event: QHideEvent) -> None:
        """Compute nothing while nobody sees it."""
        super().hideEvent(event)
        self._later.stop()
        self._computation.cancel()

    def _digit_chosen(self) -> None:
        self._chosen = True
        self._compute()

    def _compute(self) -> None:
        if not self.isVisible():
            return
        method: Method = self.method.currentData()
        reading = self.session.reading
        if self.session.is_empty:
            self._chosen = False
        if not self._chosen:
            smallest = method is Method.SMALLEST_CHANGE
            self.digit.choose(reading.runner_up if smallest else reading.digit)
        network = self.session.reader
        self.neuron.setRange(0, network.sizes[1] - 1)
        self._form.setRowVisible(self.neuron, method is Method.FIRST_LAYER)
        self._form.setRowVisible(self.digit, method is not Method.FIRST_LAYER)
        image = self.session.image.copy()
        digit, neuron = self.digit.digit, self.neuron.value()
        self._computation.start(lambda: _explain(network, image, method, digit, neuron))

    def _show(self, explanation: Explanation) -> None:
        self.explanation = explanation
        method, change = explanation.method, explanation.change
        self.heat.show_values(explanation.values, explanation.image)
        self.to_canvas.setVisible(change is not None)
        digit, evidence = self.digit.digit, number(explanation.evidence)
        strongest = number(float(np.abs(explanation.values).max()))
        if method is Method.SMALLEST_CHANGE:
            self.legend.setText(
                self.tr("Blue: ink added; orange: ink removed. Full colour: {value}.").format(
                    value=strongest
                )
            )
        else:
            self.legend.setText(
                self.tr("Blue: for; orange: against. Full colour: {value}.").format(value=strongest)
            )
        match method:
            case Method.GRADIENT:
                total = signed(float(explanation.values.sum()))
                self.sentence.setText(
                    self.tr("Evidence for {digit}: z = {z}. Sum of all pixels: {total}.").format(
                        digit=digit, z=evidence, total=total
                    )
                )
            case Method.OCCLUSION:
                self.sentence.setText(
                    self.tr("Evidence for {digit}: z = {z}. Patches of 5 × 5 pixels.").format(
                        digit=digit, z=evidence
                    )
                )
            case Method.FIRST_LAYER:
                total = signed(float(explanation.values.sum()))
                self.sentence.setText(
                    self.tr("Σ w·x over all pixels = {total}; with the bias, z = {z}.").format(
                        total=total, z=evidence
                    )
                )
            case _ if change is None:
                self.sentence.setText(
                    self.tr("No change to {digit} was found.").format(digit=digit)
                    if digit != self.session.reading.digit
                    else self.tr("It is read as {digit}: choose another digit.").format(digit=digit)
                )
            case _:
                self.sentence.setText(
                    self.tr(
                        "A change of length {norm} makes the network read {after} instead of "
                        "{before}."
                    ).format(norm=number(change.norm), after=change.after, before=change.before)
                )
        self.limits.setText(self._limits(method))

    def _fail(self, message: str) -> None:
        self.explanation = None
        self.heat.show_values(np.zeros((28, 28)), self.session.image)
        self.legend.clear()
        self.sentence.setText(message)
        self.limits.clear()
        self.to_canvas.hide()

    def _put_on_canvas(self) -> None:
        if self.explanation is not None and self.explanation.change is not None:
            self.image_chosen.emit(self.explanation.change.image.astype(np.float32))

    def _limits(self, method: Method) -> str:
        match method:
            case Method.GRADIENT:
                return self.tr(
                    "Shows which ink raises or lowers z if changed a little; not what would happen "
                    "without that ink, and nothing about empty pixels."
                )
            case Method.OCCLUSION:
                return self.tr(
                    "Shows what z loses when a patch is emptied; not ink that acts only together "
                    "with ink elsewhere."
                )
            case Method.FIRST_LAYER:
                return self.tr(
                    "Shows exactly how this neuron’s z adds up; not what the later layers make "
                    "of it."
                )
            case _:
                return self.tr(
                    "Shows how close another answer is; not how a person would change the digit, "
                    "and a smaller change may exist."
                )


def _explain(
    network: Network, image: Array, method: Method, digit: int, neuron: int
) -> Iterator[Explanation]:
    if method is Method.FIRST_LAYER:
        values = attribution.pixel_contributions(network, image, neuron)
        z = float(values.sum() + network.biases[0][neuron])
        yield Explanation(method, values, image, z)
        return
    z = float(network.outputs(image.ravel())[0][digit])
    if method is Method.GRADIENT:
        values = attribution.gradient_times_input(network, image, digit)
    elif method is Method.OCCLUSION:
        values = attribution.occlusion(network, image, digit)
    else:
        change = attribution.smallest_change(network, image, digit)
        values = np.zeros_like(image) if change is None else change.difference
        yield Explanation(method, values, image, z, change)
        return
    yield Explanation(method, values, image, z)
