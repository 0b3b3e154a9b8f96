"""Operate on the network: change it, and see what the accuracy does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QPalette, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QSpinBox,
    QWidget,
)

from digitpad.app.session import Session
from digitpad.app.understand.arrangement import Arrangement
from digitpad.app.widgets import numbers
from digitpad.app.widgets.computation import Computation
from digitpad.app.widgets.copying import Rows, SelectableLabel, offer_copy
from digitpad.app.widgets.focus import pass_over_while_empty
from digitpad.inspection.operate import (
    Operation,
    Prune,
    ScaleIncoming,
    ScaleOutgoing,
    ShiftBias,
    Temperature,
    estimate,
    operated,
)
from digitpad.nn.network import Network
from digitpad.recognition.evaluation import Evaluation

_SAMPLE = 1000  # images of the estimate


class Kind(Enum):
    """What can be done."""

    SILENCE = "silence a neuron"
    SCALE_OUTGOING = "scale the weights out of a neuron"
    SCALE_INCOMING = "scale the weights into a neuron"
    SHIFT_BIAS = "shift a bias"
    PRUNE = "prune the smallest weights"
    TEMPERATURE = "divide the outputs' z"


@dataclass(frozen=True)
class _Range:
    """Of the value that an operation has."""

    low: float
    high: float
    step: float
    first: float


_RANGES = {
    Kind.SCALE_OUTGOING: _Range(-10, 10, 0.1, 0.5),
    Kind.SCALE_INCOMING: _Range(-10, 10, 0.1, 0.5),
    Kind.SHIFT_BIAS: _Range(-100, 100, 0.5, 1.0),
    Kind.PRUNE: _Range(0, 100, 5, 50),
    Kind.TEMPERATURE: _Range(0.05, 100, 0.5, 2.0),
}


class OperateView(QWidget):
    """Changes a copy of the model's network step by step; each step can be undone.

    Signals
    -------
    preview_changed(Network or None)
        The changed network is to read the drawing; None: the model's own again.
    network_changed_by_user(Network, str)
        “Keep” was clicked: the changed network, and what to call what was done.
    """

    preview_changed = Signal(object)
    network_changed_by_user = Signal(object, str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("operateView")
        self.session = session
        self.original = session.network
        self.operations: list[Operation] = []
        self.network = self.original
        self._measured: object = None  # the network whose accuracy is shown or on its way
        self._computation = Computation(self)
        self._computation.yielded.connect(self._show_accuracy)
        self._computation.failed.connect(self._fail)
        self.kind = QComboBox()
        for name, kind in (
            (self.tr("Silence a neuron"), Kind.SILENCE),
            (self.tr("Scale a neuron’s outgoing weights"), Kind.SCALE_OUTGOING),
            (self.tr("Scale a neuron’s incoming weights"), Kind.SCALE_INCOMING),
            (self.tr("Shift a neuron’s bias"), Kind.SHIFT_BIAS),
            (self.tr("Prune the smallest weights"), Kind.PRUNE),
            (self.tr("Raise or lower the temperature"), Kind.TEMPERATURE),
        ):
            self.kind.addItem(name, kind)
        self.layer, self.neuron = QSpinBox(), QSpinBox()
        self.neuron.setGroupSeparatorShown(True)
        self.value = QDoubleSpinBox()
        self.value.setDecimals(2)
        self.do = QPushButton(self.tr("&Apply"))
        self.undo = QPushButton(self.tr("&Undo"))
        self.reset = QPushButton(self.tr("&Reset"))
        self.keep = QPushButton(self.tr("&Keep this network"))
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("What was done"))
        pass_over_while_empty(self.list)
        self.before = SelectableLabel()
        self.before.setObjectName("accuracyBefore")
        self.after = SelectableLabel()
        self.after.setObjectName("accuracyAfter")
        for label in (self.before, self.after):
            label.setWordWrap(True)
        self._found: tuple[Evaluation, ...] = ()
        offer_copy(self.list, self._rows)
        self.note = QLabel(
            self.tr(
                "Accuracy on the MNIST test images with its 95 % confidence interval: an estimate "
                "from {count} of them at once, then from all."
            ).format(count=numbers.whole(_SAMPLE))
        )
        self.note.setWordWrap(True)
        self.after.setAccessibleDescription(self.note.text())
        self.note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._form = QFormLayout()
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.addRow(self.tr("Operation"), self.kind)
        self._form.addRow(self.tr("Layer"), self.layer)
        self._form.addRow(self.tr("Neuron"), self.neuron)
        self._form.addRow(self.tr("By"), self.value)
        buttons = QHBoxLayout()
        for button in (self.do, self.undo, self.reset):
            buttons.addWidget(button, 1)
        layout = Arrangement(self)
        layout.above.addLayout(self._form)
        layout.above.addLayout(buttons)
        layout.shown.addWidget(self.list, 1)
        for widget in (self.before, self.after, self.note, self.keep):
            layout.below.addWidget(widget)
        self.kind.currentIndexChanged.connect(self._kind_changed)
        self.layer.valueChanged.connect(self._limit)
        self.do.clicked.connect(self._do)
        self.undo.clicked.connect(self._undo)
        self.reset.clicked.connect(self._reset)
        self.keep.clicked.connect(self._keep)
        shortcut = QShortcut(QKeySequence.StandardKey.Undo, self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self._undo)
        session.network_changed.connect(self._network_changed)
        self._kind_changed()
        self._changed()

    # -- what comes from outside -----------------------------------------------------------------

    def choose_neuron(self, layer: int, neuron: int) -> None:
        """Operate on a neuron that was chosen in the network's picture."""
        self.layer.setValue(layer)
        self.neuron.setValue(neuron)

    def _network_changed(self) -> None:
        self.original = self.session.network
        self.operations = []
        self._limit()
        self._changed()

    def showEvent(self, event: QShowEvent) -> None:
        """Measure when it can be seen."""
        super().showEvent(event)
        self._measure()

    def hideEvent(self, event: QHideEvent) -> None:
        """Compute nothing while nobody sees it."""
        super().hideEvent(event)
        if self._computation.is_running:
            self._measured = None
        self._computation.cancel()

    # -- operations ------------------------------------------------------------------------------

    def _kind_changed(self) -> None:
        kind: Kind = self.kind.currentData()
        of_neuron = kind not in (Kind.PRUNE, Kind.TEMPERATURE)
        self._form.setRowVisible(self.layer, of_neuron)
        self._form.setRowVisible(self.neuron, of_neuron)
        span = _RANGES.get(kind)
        self._form.setRowVisible(self.value, span is not None)
        if span is not None:
            self.value.setRange(span.low, span.high)
            self.value.setSingleStep(span.step)
            self.value.setValue(span.first)
        self.value.setSuffix(self.tr(" % of the weights") if kind is Kind.PRUNE else "")
        factor = kind in (Kind.SCALE_OUTGOING, Kind.SCALE_INCOMING)
        self.value.setPrefix("× " if factor else "T = " if kind is Kind.TEMPERATURE else "")
        self._limit()

    def _limit(self) -> None:
        """Let only neurons be chosen that there are."""
        sizes = self.original.sizes
        outgoing = self.kind.currentData() in (Kind.SILENCE, Kind.SCALE_OUTGOING)
        last = len(sizes) - 2 if outgoing else len(sizes) - 1
        self.layer.setRange(0 if outgoing and last < 1 else 1, max(0, last))
        self.neuron.setRange(0, sizes[self.layer.value()] - 1)

    def operation(self) -> Operation:
        """Return the operation that is chosen."""
        layer, neuron, value = self.layer.value(), self.neuron.value(), self.value.value()
        match self.kind.currentData():
            case Kind.SILENCE:
                return ScaleOutgoing(layer, neuron, 0.0)
            case Kind.SCALE_OUTGOING:
                return ScaleOutgoing(layer, neuron, value)
            case Kind.SCALE_INCOMING:
                return ScaleIncoming(layer, neuron, value)
            case Kind.SHIFT_BIAS:
                return ShiftBias(layer, neuron, value)
            case Kind.PRUNE:
                return Prune(value / 100)
            case _:
                return Temperature(value)

    def _do(self) -> None:
        self.operations.append(self.operation())
        self._changed()

    def _undo(self) -> None:
        if self.operations:
            self.operations.pop()
            self._changed()

    def _reset(self) -> None:
        self.operations.clear()
        self._changed()

    def _keep(self) -> None:
        self.network_changed_by_user.emit(self.network, "; ".join(self._texts()))

    def _changed(self) -> None:
        changed = bool(self.operations)
        had_changed = self.network is not self.original
        self.network = operated(self.original, self.operations) if changed else self.original
        self.list.clear()
        self.list.addItems(self._texts())
        for button in (self.undo, self.reset, self.keep):
            button.setEnabled(changed)
        if changed or had_changed:
            self.preview_changed.emit(self.network if changed else None)
        self._measure()

    def _texts(self) -> list[str]:
        return [self._text(operation) for operation in self.operations]

    def _text(self, operation: Operation) -> str:
        match operation:
            case Prune(fraction):
                share = numbers.percent(fraction, 0)
                return self.tr("{share} of the weights pruned").format(share=share)
            case Temperature(temperature):
                return self.tr("Temperature {value}").format(value=numbers.plain(temperature))
            case ShiftBias(layer, neuron, value):
                text = self.tr("Bias of neuron {neuron} of layer {layer} shifted by {value}")
            case ScaleIncoming(layer, neuron, value):
                text = self.tr("Weights into neuron {neuron} of layer {layer} × {value}")
            case ScaleOutgoing(layer, neuron, value) if value == 0:
                text = self.tr("Neuron {neuron} of layer {layer} silenced")
            case ScaleOutgoing(layer, neuron, value):
                text = self.tr("Weights out of neuron {neuron} of layer {layer} × {value}")
        return text.format(neuron=numbers.whole(neuron), layer=layer, value=numbers.plain(value))

    # -- accuracy --------------------------------------------------------------------------------

    def _measure(self) -> None:
        if not self.isVisible() or self._measured is self.network:
            return
        self._measured = self.network
        original, network = self.original.copy(), self.network.copy()
        self.before.setText(self.tr("Before: …"))
        self.after.setText(self.tr("Now: …"))
        self._found = ()
        self._computation.start(lambda: _accuracies(original, network))

    def _fail(self, message: str) -> None:
        self._measured = None
        self.before.clear()
        self.after.setText(message)

    def _rows(self) -> Rows:
        """Return what was done, and the accuracies before and after."""
        rows: list[tuple[object, ...]] = [(text,) for text in self._texts()]
        if self._found:
            heading = self.tr("accuracy"), self.tr("low"), self.tr("high"), self.tr("images")
            rows.append(("", *heading))
        for name, each in zip((self.tr("before"), self.tr("now")), self._found, strict=False):
            rows.append((name, each.accuracy, *each.interval, each.n))
        return rows

    def _show_accuracy(self, found: tuple[Evaluation, Evaluation]) -> None:
        self._found = found
        for label, text, evaluation in zip(
            (self.before, self.after),
            (self.tr("Before: {accuracy}"), self.tr("Now: <b>{accuracy}</b>")),
            found,
            strict=True,
        ):
            label.setText(text.format(accuracy=self._accuracy(evaluation)))

    def _accuracy(self, evaluation: Evaluation) -> str:
        accuracy = numbers.percent(evaluation.accuracy, 2)
        low, high = (numbers.percent(limit) for limit in evaluation.interval)
        count = numbers.whole(evaluation.n)
        return self.tr("{accuracy} of {count} ({low} to {high})").format(
            accuracy=accuracy, count=count, low=low, high=high
        )


def _accuracies(original: Network, network: Network) -> Iterator[tuple[Evaluation, Evaluation]]:
    from digitpad.data.mnist import mnist

    data = mnist().test
    for count in (_SAMPLE, len(data)):
        yield estimate(original, data, count), estimate(network, data, count)
