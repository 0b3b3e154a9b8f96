"""One training step, walked stage by stage with the numbers of the network that reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from digitpad.app.session import Session
from digitpad.app.understand.arithmetic_table import (
    ArithmeticTable,
    as_factor,
    in_sum,
    number,
)
from digitpad.app.understand.arithmetic_text import activation, in_one_line, multiplier, total
from digitpad.app.understand.arrangement import VERY_WIDE, Arrangement
from digitpad.app.understand.batch_chooser import BatchChooser
from digitpad.app.understand.digit_buttons import DigitButtons
from digitpad.app.understand.heat_view import HeatView
from digitpad.app.understand.neuron_chooser import NeuronChooser
from digitpad.app.understand.stage_track import StageTrack
from digitpad.app.understand.symbol_bar import SymbolBar
from digitpad.app.widgets import numbers, theme
from digitpad.app.widgets.computation import Computation
from digitpad.app.widgets.copying import SelectableLabel
from digitpad.app.widgets.equation import EquationView
from digitpad.drawing.pen import SIDE
from digitpad.inspection.backprop_equations import Stage, StageKind
from digitpad.inspection.backprop_steps import (
    Applied,
    Arithmetic,
    TrainingStep,
    open_step,
)
from digitpad.nn.functions import Array
from digitpad.nn.network import Network, one_hot

_PAUSE = 250  # ms after a change of the drawing before the step follows: not between strokes


class Source(Enum):
    """What the step is taken on."""

    DRAWING = "drawing"
    MINI_BATCH = "mini-batch"


@dataclass(frozen=True, eq=False)
class Highlight:
    """What the network's picture can light.

    Attributes
    ----------
    step : TrainingStep
    stage : Stage
    sample : int
        Of the mini-batch.
    layer, neuron, source : int
        The chosen neuron, and the one of the layer before; layer 0 if the stage has none.
    """

    step: TrainingStep
    stage: Stage
    sample: int
    layer: int
    neuron: int
    source: int


class StepView(QWidget):
    """Walks through one training step; computes only while it can be seen.

    Signals
    -------
    highlight_changed(Highlight or None)
        Another stage or neuron is shown; None: nothing is.
    network_changed_by_user(Network, str)
        “Apply” was clicked: the network after the step, and what to call what was done.
    """

    highlight_changed = Signal(object)
    network_changed_by_user = Signal(object, str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stepView")
        self.session = session
        self.step: TrainingStep | None = None
        self.applied: Applied | None = None
        self._labelled = False  # by the user
        self._wanted: StageKind | None = None  # to be shown when the step is computed
        self._computation = Computation(self)
        self._computation.yielded.connect(self._show_step)
        self._computation.failed.connect(self._fail)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_PAUSE)
        self._later.timeout.connect(self._compute)

        self.source = QComboBox()
        self.source.setAccessibleName(self.tr("Take the step on"))
        self.source.addItem(self.tr("Your drawing"), Source.DRAWING)
        self.source.addItem(self.tr("A mini-batch of MNIST"), Source.MINI_BATCH)
        self.batch = BatchChooser()
        self.label = DigitButtons(self.tr("Label"))
        self.rate = QDoubleSpinBox()
        self.rate.setDecimals(3)
        self.rate.setRange(0.001, 100)
        self.rate.setSingleStep(0.1)
        self.rate.setValue(0.5)
        self.rate.setAccessibleName(self.tr("Learning rate η"))
        self.chooser = NeuronChooser()
        self.sample, self.layer = self.chooser.sample, self.chooser.layer
        self.neuron, self.origin = self.chooser.neuron, self.chooser.origin

        self.title = QLabel()
        self.title.setObjectName("stageTitle")
        font = self.title.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.15)
        self.title.setFont(font)
        self.equation_name = QLabel()
        self.equation_name.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.equations = (EquationView(), EquationView())
        self.explanation = QLabel()
        self.explanation.setWordWrap(True)
        self.explanation.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.symbols = SymbolBar()
        self.picture = HeatView()  # the input itself, where there is nothing to compute yet
        self.picture.setAccessibleName(self.tr("The input"))
        self.picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.table = ArithmeticTable()
        self.table.setAccessibleName(self.tr("The arithmetic"))
        self.result = SelectableLabel()
        self.result.setObjectName("arithmeticResult")
        self.result.setWordWrap(True)
        self.costs = SelectableLabel()
        self.costs.setObjectName("stepCosts")
        self.costs.setWordWrap(True)
        self.track = StageTrack()
        self.track.setAccessibleName(self.tr("Stage of the training step"))
        self.back = QPushButton(self.tr("&Back"))
        self.next = QPushButton(self.tr("Ne&xt"))
        self.apply = QPushButton(self.tr("&Apply this step"))
        self.apply.setToolTip(self.tr("Change the network’s weights by this step"))
        self._lay_out()

        self.source.currentIndexChanged.connect(self._compute)
        self.batch.changed.connect(self._compute)
        self.label.chosen.connect(self._label_chosen)
        self.rate.valueChanged.connect(self._compute)
        self.track.valueChanged.connect(self._show_stage)
        self.chooser.changed.connect(self._show_stage)
        self.back.clicked.connect(lambda: self.track.setValue(self.track.value() - 1))
        self.next.clicked.connect(lambda: self.track.setValue(self.track.value() + 1))
        self.apply.clicked.connect(self._apply)
        self.symbols.marked.connect(self._mark)
        session.reading_changed.connect(self._input_changed)
        session.reader_changed.connect(self._input_changed)

    def _lay_out(self) -> None:
        top = QFormLayout()
        top.setContentsMargins(0, 0, 0, 0)
        choice = QHBoxLayout()
        choice.addWidget(self.source, 1)
        choice.addWidget(QLabel("η"))
        choice.addWidget(self.rate)
        top.addRow(self.tr("Step on"), choice)
        top.addRow(self.tr("Label"), self.label)
        top.addRow(self.tr("Mini-batch"), self.batch)
        self._top = top
        heading = QHBoxLayout()
        heading.addWidget(self.title, 1)
        heading.addWidget(self.equation_name)
        box = QFrame()
        box.setFrameShape(QFrame.Shape.StyledPanel)
        box.setAutoFillBackground(True)
        box.setBackgroundRole(QPalette.ColorRole.AlternateBase)
        inner = QVBoxLayout(box)
        inner.setContentsMargins(8, 6, 8, 6)
        inner.addWidget(self.costs)
        buttons = QHBoxLayout()
        for button in (self.back, self.next, self.apply):
            buttons.addWidget(button, 1)
        layout = Arrangement(self, VERY_WIDE)
        layout.above.addLayout(top)
        layout.above.addWidget(self.track)
        layout.above.addLayout(heading)
        # Beside each other: below each other they would take the room of the table.
        both = QHBoxLayout()
        for equation in self.equations:
            both.addWidget(equation)
        layout.above.addLayout(both)
        layout.above.addWidget(self.symbols)
        layout.above.addWidget(self.explanation)
        layout.shown.addWidget(self.chooser)
        layout.shown.addWidget(self.picture, 1)
        layout.shown.addWidget(self.table, 1)
        layout.shown.addWidget(self.result)
        layout.below.addWidget(box)
        layout.below.addLayout(buttons)

    # -- what comes from outside -----------------------------------------------------------------

    def choose_neuron(self, layer: int, neuron: int) -> None:
        """Show the arithmetic of a neuron that was chosen in the network's picture."""
        self.chooser.choose_neuron(layer, neuron)

    def go_to(self, kind: StageKind, source: Source) -> None:
        """Show the first stage of a kind, of the step on the drawing or on a mini-batch."""
        self._wanted = kind
        self.source.setCurrentIndex(self.source.findData(source))
        self._go()

    def _go(self) -> None:
        if self.step is not None and self._wanted is not None:
            kinds = [stage.kind for stage in self.step.stages]
            self.track.setValue(kinds.index(self._wanted))
            self._wanted = None

    def _input_changed(self) -> None:
        if self.isVisible():
            self._later.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Compute the step when it can be seen."""
        super().showEvent(event)
        self._compute()

    def hideEvent(self, event: QHideEvent) -> None:
        """Compute nothing while nobody sees it."""
        super().hideEvent(event)
        self._later.stop()
        self._computation.cancel()
        self.highlight_changed.emit(None)

    # -- computing -------------------------------------------------------------------------------

    def _label_chosen(self) -> None:
        self._labelled = True
        self._compute()

    def _compute(self) -> None:
        if not self.isVisible():
            return
        drawing = self.source.currentData() is Source.DRAWING
        self._top.setRowVisible(self.label, drawing)
        self._top.setRowVisible(self.batch, not drawing)
        if self.session.is_empty:
            self._labelled = False
        if not self._labelled:
            self.label.choose(self.session.reading.digit)
        network, rate = self.session.reader.copy(), self.rate.value()
        image, label = self.session.image.ravel().copy(), self.label.digit
        if drawing:
            self._computation.start(lambda: _step_on(network, image, one_hot(label), rate))
        else:
            images = self.batch.chosen()
            self._computation.start(lambda: _step_on_batch(network, rate, images))

    def _fail(self, message: str) -> None:
        self.step = self.applied = None
        self.title.setText(self.tr("There is no step"))
        self.explanation.setText(message)
        for equation in self.equations:
            equation.show_latex("")
        self.equation_name.clear()
        self.symbols.show_symbols({}, 0)
        self.table.terms.show(None, "", theme.colours(self.palette()))
        for label in (self.result, self.costs):
            label.clear()
        self.chooser.hide()
        self.table.hide()
        self.picture.show_ink(self.session.image)
        self.picture.show()
        self._enable()
        self.highlight_changed.emit(None)

    def _show_step(self, found: tuple[TrainingStep, Applied]) -> None:
        self.step, self.applied = found
        names = [self._name(stage) for stage in self.step.stages]
        self.track.set_names(names)
        self.chooser.show_step(self.step)
        before, change = self.applied.cost_before, self.applied.change
        places = numbers.sum_places([before, change])
        expected = self.applied.expected_change
        self.costs.setText(
            self.tr("Cost <b>{before}</b>, after this step <b>{after}</b>.").format(
                before=in_sum(before, places), after=in_sum(self.applied.cost_after, places)
            )
            + "<br>"
            + self.tr(
                "Change {true}; to first order −η‖∇C‖² = −{rate} · {squared} = {expected}."
            ).format(
                true=in_sum(change, places, sign=True),
                rate=numbers.plain(self.step.learning_rate),
                squared=as_factor(self.step.squared_gradient, expected, places),
                expected=in_sum(expected, places, sign=True),
            )
        )
        self._show_stage()
        self._go()

    def _apply(self) -> None:
        if self.applied is not None:
            self.network_changed_by_user.emit(self.applied.network, self.tr("One training step"))

    # -- one stage -------------------------------------------------------------------------------

    def _stage(self) -> Stage:
        assert self.step is not None
        return self.step.stages[self.track.value()]

    def _enable(self) -> None:
        there = self.step is not None
        self.back.setEnabled(there and self.track.value() > 0)
        self.next.setEnabled(there and self.track.value() < self.track.maximum())
        self.apply.setEnabled(there)

    def _show_stage(self) -> None:
        if self.step is None:
            return
        stage = self._stage()
        has_neuron = stage.kind is not StageKind.INPUT
        self.chooser.show_stage(stage)
        layer = self.chooser.chosen_layer()
        self.title.setText(self._name(stage))
        names = [equation.name for equation in stage.equations if equation.name]
        self.equation_name.setText(f"({', '.join(names)})" if names else "")
        for view, equation in zip(self.equations, (*stage.equations, None), strict=False):
            view.show_latex("" if equation is None else equation.latex)
            view.setVisible(equation is not None)
        if len(stage.equations) < 2:
            self.equations[1].show_latex("")
            self.equations[1].hide()
        self.symbols.show_symbols(self.step.symbols(stage, layer), self.sample.value() - 1)
        self.explanation.setText(self._explanation(stage.kind, self.step))
        told = self.equation_name.text(), self.explanation.text()
        self.equations[0].setAccessibleDescription(" ".join(told).strip())
        self._show_arithmetic(stage, layer)
        self._show_picture(has_neuron)
        self._enable()
        self.highlight_changed.emit(
            Highlight(
                self.step,
                stage,
                self.sample.value() - 1,
                layer,
                self.neuron.value(),
                self.origin.value(),
            )
        )

    def _show_picture(self, has_neuron: bool) -> None:
        self.picture.setVisible(not has_neuron)
        if self.step is not None and not has_neuron and self.step.x.shape[1] == SIDE * SIDE:
            self.picture.show_ink(self.step.x[self.sample.value() - 1].reshape(SIDE, SIDE))

    def _show_arithmetic(self, stage: Stage, layer: int) -> None:
        arithmetic = self.arithmetic()
        self.table.setVisible(arithmetic is not None)
        self.result.setVisible(arithmetic is not None)
        index_name, first = self.tr("neuron"), 0
        if stage.kind is StageKind.FORWARD and layer == 1:
            index_name = self.tr("pixel")
        elif stage.kind is StageKind.GRADIENTS:
            index_name, first = self.tr("image"), 1
        colours = theme.colours(self.palette())
        self.table.terms.show(arithmetic, index_name, colours, first=first)
        if arithmetic is None:
            return
        lines = []
        if len(arithmetic.terms) > 1 and arithmetic.factors:
            lines.append(self.tr("Sum: {value}").format(value=total(arithmetic)))
        if arithmetic.factors:
            lines.append("× " + multiplier(arithmetic))
        result = number(arithmetic.result) if arithmetic.factors else total(arithmetic)
        lines.append(f"<b>{arithmetic.symbol} = {result}</b>")
        if stage.kind is StageKind.COST and self.step is not None and len(self.step.x) > 1:
            m, cost = len(self.step.x), self.step.cost
            lines.append(f"<b>C = 1/m · Σ Cₓ = 1/{m} · {number(m * cost)} = {number(cost)}</b>")
        bias = self._bias_arithmetic(stage.kind, layer)
        if bias is not None:
            lines.append(in_one_line(bias))
        if stage.kind is StageKind.FORWARD:
            assert self.step is not None
            neuron, sample = self.neuron.value(), self.sample.value() - 1
            lines.append(f"<b>{activation(self.step, layer, neuron, sample)}</b>")
        self.result.setText("<br>".join(lines))

    def _bias_arithmetic(self, kind: StageKind, layer: int) -> Arithmetic | None:
        """Return how the bias of the neuron comes about, where its weight is in the table."""
        if self.step is None or not kind.is_of_every_layer:
            return None
        if kind is StageKind.GRADIENTS:
            return self.step.bias_gradient(layer, self.neuron.value())
        return self.step.new_bias(layer, self.neuron.value())

    def arithmetic(self) -> Arithmetic | None:
        """Return the arithmetic of the chosen neuron or weight in the present stage."""
        if self.step is None:
            return None
        stage, step = self._stage(), self.step
        neuron, sample = self.neuron.value(), self.sample.value() - 1
        layer, origin = self.layer.value(), self.origin.value()
        if stage.kind is StageKind.FORWARD:
            return step.weighted_input(stage.layer, neuron, sample)
        if stage.kind is StageKind.COST:
            return step.sample_cost(sample)
        if stage.kind in (StageKind.OUTPUT_ERROR, StageKind.HIDDEN_ERROR):
            return step.error(stage.layer, neuron, sample)
        if stage.kind is StageKind.GRADIENTS:
            return step.weight_gradient(layer, neuron, origin)
        if stage.kind is StageKind.UPDATE:
            return step.new_weight(layer, neuron, origin)
        return None

    def _mark(self, symbol: str) -> None:
        for equation in self.equations:
            equation.mark(symbol if symbol in equation.latex() else "")

    def _name(self, stage: Stage) -> str:
        last = 0 if self.step is None else len(self.step.z)
        match stage.kind:
            case StageKind.INPUT:
                return self.tr("The input")
            case StageKind.FORWARD if stage.layer == last:
                return self.tr("Forward: the outputs")
            case StageKind.FORWARD:
                return self.tr("Forward: layer {layer}").format(layer=stage.layer)
            case StageKind.COST:
                return self.tr("The cost")
            case StageKind.OUTPUT_ERROR:
                return self.tr("The error of the outputs")
            case StageKind.HIDDEN_ERROR:
                return self.tr("The error of layer {layer}").format(layer=stage.layer)
            case StageKind.GRADIENTS:
                return self.tr("The gradients")
            case _:
                return self.tr("The update with η")

    def _explanation(self, kind: StageKind, step: TrainingStep) -> str:
        match kind:
            case StageKind.INPUT if len(step.x) > 1:
                return self.tr(
                    "Image {image} of {count}, a {label}: its pixels are the activations a⁰."
                ).format(
                    image=self.sample.value(),
                    count=len(step.x),
                    label=int(step.y[self.sample.value() - 1].argmax()),
                )
            case StageKind.INPUT:
                return self.tr(
                    "The pixels are the activations of layer 0: 0 is paper, 1 is full ink."
                )
            case StageKind.FORWARD:
                return self.tr("Each neuron adds up what comes in, weighted, and its bias.")
            case StageKind.COST:
                return self.tr("How far the outputs are from the desired outputs y of the label.")
            case StageKind.OUTPUT_ERROR if step.network.cost == "cross-entropy":
                return self.tr("Output minus desired output: this cost cancels σ′.")
            case StageKind.OUTPUT_ERROR:
                return self.tr("Output minus desired output, times the slope σ′(z).")
            case StageKind.HIDDEN_ERROR:
                return self.tr(
                    "The errors of the next layer, weighted and added up, times the slope σ′(z)."
                )
            case StageKind.GRADIENTS:
                return self.tr("How fast the cost grows with each bias and each weight.")
            case _:
                return self.tr("Each weight and bias moves against its gradient.")


def _step_on(
    network: Network, x: Array, y: Array, rate: float
) -> Iterator[tuple[TrainingStep, Applied]]:
    step = open_step(network, x, y, rate)
    yield step, step.apply()


def _step_on_batch(
    network: Network, rate: float, chosen: slice
) -> Iterator[tuple[TrainingStep, Applied]]:
    from digitpad.data.mnist import mnist

    images = mnist().train.take(chosen)
    return _step_on(network, images.inputs(), images.targets(), rate)
