"""Which neuron's numbers a stage shows, and which of its weights."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QWidget

from digitpad.inspection.backprop_equations import Stage, StageKind
from digitpad.inspection.backprop_steps import TrainingStep


class NeuronChooser(QWidget):
    """Spin boxes for the image of a mini-batch, the neuron, and where its weight comes from.

    A stage of every layer has one for the layer too; the others choose in their own. Until the user
    chooses in a layer, it is the neuron with the largest error, and the weight with the largest
    gradient: those have the most to learn. What the user has chosen stays, in each layer.

    Signals
    -------
    changed()
        The user chose other numbers.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._step: TrainingStep | None = None
        self._stage: Stage | None = None
        # What the user has chosen, by layer.
        self._neurons: dict[int, int] = {}
        self._origins: dict[int, int] = {}
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
        self.sample.valueChanged.connect(self.changed)
        self.layer.valueChanged.connect(self.changed)
        self.neuron.valueChanged.connect(self._neuron_chosen)
        self.origin.valueChanged.connect(self._origin_chosen)

    def show_step(self, step: TrainingStep) -> None:
        """Choose in another step."""
        if self._step is not None and self._step.network.sizes != step.network.sizes:
            self._neurons, self._origins = {}, {}
        self._step = step
        self.sample.setRange(1, len(step.x))

    def show_stage(self, stage: Stage) -> None:
        """Offer what a stage has, and choose in it what the user has not."""
        assert self._step is not None
        self._stage = stage
        sizes = self._step.network.sizes
        has_neuron = stage.kind not in (StageKind.INPUT, StageKind.COST)
        every_layer = stage.kind.is_of_every_layer
        self._show(self.sample, len(self._step.x) > 1 and not every_layer)
        self._show(self.layer, every_layer)
        self._show(self.neuron, has_neuron)
        self._show(self.origin, every_layer)
        _set(self.layer, 1, len(sizes) - 1, self.layer.value())
        if has_neuron:
            layer = self.chosen_layer()
            neuron, origin = self._wanted(layer, every_layer)
            _set(self.neuron, 0, sizes[layer] - 1, neuron)
            _set(self.origin, 0, sizes[layer - 1] - 1, origin)
            self._labels[self.origin].setText(
                self.tr("From pixel") if layer == 1 else self.tr("From neuron")
            )
        self.setVisible(has_neuron or not self.sample.isHidden())

    def choose_neuron(self, layer: int, neuron: int) -> None:
        """Choose a neuron of layer 1 … L; it is shown where a stage of its layer is."""
        sizes = () if self._step is None else self._step.network.sizes
        if not (1 <= layer < len(sizes) and neuron < sizes[layer]):
            return  # a pixel, or the picture shows another network already
        self._neurons[layer] = neuron
        if self._stage is not None and self._stage.kind.is_of_every_layer:
            _set(self.layer, self.layer.minimum(), self.layer.maximum(), layer)
        self.changed.emit()

    def chosen_layer(self) -> int:
        """Return the layer of the neuron; 0 if the stage has none."""
        assert self._stage is not None
        return self.layer.value() if self._stage.kind.is_of_every_layer else self._stage.layer

    def _wanted(self, layer: int, every_layer: bool) -> tuple[int, int]:
        """Return the neuron and the source of its weight: the user's, or the largest numbers."""
        assert self._step is not None
        neuron = self._neurons.get(layer)
        if neuron is None and not every_layer:
            neuron = self._step.largest_error(layer, self.sample.value() - 1)
        neuron, origin = self._step.largest_gradient(layer, neuron)
        return neuron, self._origins.get(layer, origin)

    def _neuron_chosen(self, neuron: int) -> None:
        self._neurons[self.chosen_layer()] = neuron
        self.changed.emit()

    def _origin_chosen(self, origin: int) -> None:
        # Whose weight it is was seen and stays too.
        self._origins[self.chosen_layer()] = origin
        self._neurons[self.chosen_layer()] = self.neuron.value()
        self.changed.emit()

    def _show(self, spin: QSpinBox, shown: bool) -> None:
        spin.setVisible(shown)
        self._labels[spin].setVisible(shown)


def _set(spin: QSpinBox, low: int, high: int, value: int) -> None:
    """Set a spin box as if the user had not."""
    spin.blockSignals(True)
    spin.setRange(low, high)
    spin.setValue(value)
    spin.blockSignals(False)


def _spin(name: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setGroupSeparatorShown(True)
    spin.setAccessibleName(name)
    spin.setKeyboardTracking(False)
    return spin
