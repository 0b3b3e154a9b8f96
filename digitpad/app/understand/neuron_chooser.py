"""Which neuron's numbers a stage shows, and which of its weights."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QWidget

from digitpad.inspection.backprop_equations import Stage, StageKind
from digitpad.inspection.backprop_steps import TrainingStep


class NeuronChooser(QWidget):
    """Spin boxes for the image of a mini-batch, the neuron, and where its weight comes from.

    A stage of every layer has one for the layer too; the others choose in their own.

    Signals
    -------
    changed()
        The user chose other numbers.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._step: TrainingStep | None = None
        self.sample = _spin(self.tr("Image"))
        self.layer, self.neuron = _spin(self.tr("Layer")), _spin(self.tr("Neuron"))
        self.origin = _spin(self.tr("From neuron"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._labels = {}
        for spin in (self.sample, self.layer, self.neuron, self.origin):
            label = QLabel(spin.accessibleName())
            label.setBuddy(spin)
            self._labels[spin] = label
            layout.addWidget(label)
            layout.addWidget(spin)
        layout.addStretch(1)
        self.hide()
        self.layer.valueChanged.connect(self._choose_origin)
        for spin in (self.sample, self.layer, self.neuron, self.origin):
            spin.valueChanged.connect(self.changed)

    def show_step(self, step: TrainingStep) -> None:
        """Choose in another step."""
        self._step = step
        self.sample.setRange(1, len(step.x))
        self._choose_origin()

    def show_stage(self, stage: Stage) -> None:
        """Offer what a stage has."""
        assert self._step is not None, "show_step comes first"
        sizes = self._step.network.sizes
        every_layer = stage.kind in (StageKind.GRADIENTS, StageKind.UPDATE)
        has_neuron = stage.kind is not StageKind.INPUT
        self._show(self.sample, len(self._step.x) > 1 and not every_layer)
        self._show(self.layer, every_layer, 1, len(sizes) - 1)
        layer = self.layer.value() if every_layer else stage.layer
        self._show(self.neuron, has_neuron, 0, sizes[layer] - 1)
        self._show(self.origin, every_layer, 0, sizes[max(0, layer - 1)] - 1)
        self._labels[self.origin].setText(
            self.tr("From pixel") if layer == 1 else self.tr("From neuron")
        )
        self.setVisible(has_neuron)

    def _show(self, spin: QSpinBox, shown: bool, low: int = 1, high: int = 0) -> None:
        if high >= low:
            spin.blockSignals(True)
            spin.setRange(low, high)
            spin.blockSignals(False)
        spin.setVisible(shown)
        self._labels[spin].setVisible(shown)

    def _choose_origin(self) -> None:
        """Choose the most active neuron of the layer before, unless the chosen one is active."""
        if self._step is None:
            return
        a = self._step.a[self.layer.value() - 1][0]
        if self.origin.value() >= len(a) or a[self.origin.value()] == 0:
            self.origin.blockSignals(True)
            self.origin.setRange(0, len(a) - 1)
            self.origin.setValue(int(a.argmax()))
            self.origin.blockSignals(False)


def _spin(name: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setAccessibleName(name)
    spin.setKeyboardTracking(False)
    return spin
