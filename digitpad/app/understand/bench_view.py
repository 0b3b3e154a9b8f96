"""Why a step cannot learn: one perceptron and one sigmoid neuron, side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QPolygonF, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QWidget,
)

from digitpad.app.session import Session
from digitpad.app.understand.arithmetic_table import as_factor, in_sum, number, signed
from digitpad.app.understand.arrangement import VERY_WIDE, Arrangement
from digitpad.app.widgets import focus, numbers, theme
from digitpad.app.widgets.copying import Rows, SelectableLabel, offer_copy
from digitpad.inspection import bench
from digitpad.inspection.bench import Neuron, Question
from digitpad.nn.functions import Array

_FINE = 100  # steps of a slider for 1
_REACH = 10  # largest weight and bias on the sliders
_SHOWN = 3  # weights with a slider
_LARGEST_CHANGE = 200  # of a slider
_PAUSE = 120  # ms after a change of the drawing before the network's neuron follows


@dataclass(frozen=True, eq=False)
class _Subject:
    """What is on the bench before the user changes it, and which inputs have sliders."""

    neuron: Neuron
    shown: tuple[int, ...]
    names: tuple[str, ...]


class BenchView(QWidget):
    """A neuron with sliders, and what a small change of a weight does to its output."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("benchView")
        self.session = session
        self.subject = QComboBox()
        self.subject.setAccessibleName(self.tr("Neuron on the bench"))
        self.subject.addItem(self.tr("Go out for dinner?"), "dinner")
        self.subject.addItem(self.tr("A neuron of the network"), "network")
        self.layer, self.index = QSpinBox(), QSpinBox()
        self.index.setGroupSeparatorShown(True)
        self.layer.setAccessibleName(self.tr("Layer"))
        self.layer.setPrefix(self.tr("layer "))
        self.index.setAccessibleName(self.tr("Neuron"))
        self.index.setPrefix(self.tr("neuron "))
        self.function = QComboBox()
        self.function.setAccessibleName(self.tr("Function beside the step"))
        for name in bench.FUNCTIONS:
            if name != "step":
                self.function.addItem(name, name)
        self.inputs = [QCheckBox() for _ in range(_SHOWN)]
        self.weights = [_slider(_REACH * _FINE) for _ in range(_SHOWN)]
        self.bias = _slider(_REACH * _FINE)
        self.bias.setAccessibleName(self.tr("Bias"))
        self.change = _slider(_LARGEST_CHANGE)
        self.change.setAccessibleName(self.tr("Change of the first weight"))
        # x, w and w · x of each input that has a slider.
        self._terms = [[_right_aligned() for _ in range(3)] for _ in range(_SHOWN)]
        self._bias_value, self._change_value = _right_aligned(), _right_aligned()
        self.others = SelectableLabel()
        self.others.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.others.setObjectName("otherInputs")
        self.sums = SelectableLabel()
        self.sums.setWordWrap(True)
        self.curves = (CurveView("step"), CurveView("logistic"))
        self.outcomes = (SelectableLabel(), SelectableLabel())
        self.moral = QLabel(
            self.tr(
                "A small change of a weight leaves the step where it is, or flips it: its slope is "
                "0, so nothing shows which way to go. The smooth function moves along, as its "
                "slope says."
            )
        )
        self.moral.setWordWrap(True)
        self.function.setAccessibleDescription(self.moral.text())
        self.moral.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._subject = self._dinner()
        self._lay_out()
        self._load()
        self.subject.currentIndexChanged.connect(self._load)
        self.layer.valueChanged.connect(self._load)
        self.index.valueChanged.connect(self._load)
        self.function.currentIndexChanged.connect(self._show)
        for box in self.inputs:
            box.toggled.connect(self._show)
        for slider in (*self.weights, self.bias, self.change):
            slider.valueChanged.connect(self._show)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_PAUSE)
        self._later.timeout.connect(self._load_shown)
        session.reading_changed.connect(self._input_changed)
        session.reader_changed.connect(self._input_changed)

    def _lay_out(self) -> None:
        choice = QHBoxLayout()
        choice.addWidget(self.subject, 1)
        choice.addWidget(self.layer)
        choice.addWidget(self.index)
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setVerticalSpacing(1)
        for column, text in enumerate(("x", "w", "w · x"), 2):
            heading = _right_aligned()
            heading.setText(text)
            heading.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            grid.addWidget(heading, 0, column)
            # So that the sliders stay where they are while numbers change.
            grid.setColumnMinimumWidth(column, self.fontMetrics().horizontalAdvance("−10.00"))
        for row, (box, slider) in enumerate(zip(self.inputs, self.weights, strict=True), 1):
            grid.addWidget(box, row, 0)
            grid.addWidget(slider, row, 1)
            for column, value in enumerate(self._terms[row - 1], 2):
                grid.addWidget(value, row, column)
        row = _SHOWN + 1
        grid.addWidget(self.others, row, 0, 1, 5)
        named = (
            (self.tr("Bias b"), self.bias, self._bias_value),
            (self.tr("Change Δw"), self.change, self._change_value),
        )
        for row, (name, slider, value) in enumerate(named, _SHOWN + 2):
            grid.addWidget(QLabel(name), row, 0)
            grid.addWidget(slider, row, 1)
            grid.addWidget(value, row, 4)
        both = QGridLayout()
        both.addWidget(QLabel(self.tr("<b>Perceptron</b>")), 0, 0)
        both.addWidget(self.function, 0, 1)
        for column in (0, 1):
            both.setColumnStretch(column, 1)
            both.addWidget(self.curves[column], 1, column)
            self.outcomes[column].setAlignment(Qt.AlignmentFlag.AlignTop)
            self.outcomes[column].setWordWrap(True)
            both.addWidget(self.outcomes[column], 2, column)
        both.setRowStretch(1, 1)
        layout = Arrangement(self, VERY_WIDE)
        layout.above.addLayout(choice)
        layout.above.addLayout(grid)
        layout.above.addWidget(self.sums)
        layout.shown.addLayout(both, 1)
        layout.below.addWidget(self.moral)

    def _dinner(self) -> _Subject:
        names = {
            Question.HUNGRY: self.tr("Hungry?"),
            Question.OPEN: self.tr("Open nearby?"),
            Question.FRIENDS: self.tr("Friends come?"),
        }
        neuron = bench.dinner()
        return _Subject(neuron, (0, 1, 2), tuple(names[question] for question in Question))

    def _of_network(self) -> _Subject:
        """Return the chosen neuron of the network that reads, with its largest contributions."""
        network = self.session.reader
        self.layer.setRange(1, len(network.layers))
        layer = self.layer.value()
        self.index.setRange(0, network.sizes[layer] - 1)
        index = self.index.value()
        a = network.activations(self.session.image.ravel())[layer - 1]
        weights = network.weights[layer - 1][index]
        neuron = bench.neuron(a, weights, float(network.biases[layer - 1][index]))
        order = np.argsort(-np.abs(weights * a), kind="stable")[:_SHOWN]
        kind = self.tr("Pixel {number}") if layer == 1 else self.tr("Neuron {number}")
        names = tuple(kind.format(number=numbers.whole(source)) for source in order)
        return _Subject(neuron, tuple(int(source) for source in order), names)

    def _input_changed(self) -> None:
        """Follow the drawing when the pen pauses: sliders and curves take longer than a frame."""
        if self.isVisible():
            self._later.start()

    def _load_shown(self) -> None:
        if self.isVisible() and self.subject.currentData() == "network":
            self._load()

    def showEvent(self, event: QShowEvent) -> None:
        """Read the network when it can be seen."""
        super().showEvent(event)
        self._load_shown()

    def _load(self) -> None:
        """Put the chosen neuron on the bench as it is."""
        dinner = self.subject.currentData() == "dinner"
        self.layer.setVisible(not dinner)
        self.index.setVisible(not dinner)
        self._subject = self._dinner() if dinner else self._of_network()
        neuron = self._subject.neuron
        widgets = (*self.inputs, *self.weights, self.bias, self.change)
        for widget in widgets:
            widget.blockSignals(True)
        for row in range(_SHOWN):
            there = row < len(self._subject.shown)
            for widget in (self.inputs[row], self.weights[row], *self._terms[row]):
                widget.setVisible(there)
            if there:
                place, name = self._subject.shown[row], self._subject.names[row]
                self.inputs[row].setText(name)
                self.inputs[row].setChecked(bool(neuron.inputs[place]))
                self.weights[row].setAccessibleName(self.tr("Weight of {name}").format(name=name))
                self._set(self.weights[row], float(neuron.weights[place]))
        self._set(self.bias, neuron.bias)
        self.change.setValue(_LARGEST_CHANGE // 10)
        for widget in widgets:
            widget.blockSignals(False)
        self._show()

    @staticmethod
    def _set(slider: QSlider, value: float) -> None:
        steps = round(value * _FINE)
        reach = max(_REACH * _FINE, abs(steps))
        slider.setRange(-reach, reach)
        slider.setValue(steps)

    def neuron(self) -> Neuron:
        """Return the neuron as the sliders and boxes stand."""
        neuron = self._subject.neuron
        inputs, weights = neuron.inputs.copy(), neuron.weights.copy()
        for row, place in enumerate(self._subject.shown):
            if not self.inputs[row].isChecked():
                inputs[place] = 0.0
            elif inputs[place] == 0:
                inputs[place] = 1.0
            weights[place] = _value(self.weights[row], float(weights[place]))
        return Neuron(inputs, weights, _value(self.bias, neuron.bias))

    def _show(self) -> None:
        neuron = self.neuron()
        self._show_sum(neuron)
        size = self.change.value() / _FINE
        self._change_value.setText(signed(size))
        self.change.setAccessibleDescription(self._change_value.text())
        steps = np.zeros_like(neuron.weights)
        x = 0.0
        if self._subject.shown:
            steps[self._subject.shown[0]] = size
            x = float(neuron.inputs[self._subject.shown[0]])
        chosen: str = self.function.currentData()
        for curve, outcome, name in zip(self.curves, self.outcomes, ("step", chosen), strict=True):
            change = bench.change(neuron, steps, 0.0, name)
            curve.show_point(name, neuron.z, neuron.z + size * x)
            slope = neuron.slope(name)
            places = numbers.sum_places([change.before, change.true])
            lines = (
                self.tr("P = {before}, then {after}").format(
                    before=f"<b>{in_sum(change.before, places)}</b>",
                    after=f"<b>{in_sum(change.after, places)}</b>",
                ),
                self.tr("true ΔP = {value}").format(
                    value=f"<b>{in_sum(change.true, places, sign=True)}</b>"
                ),
                self.tr("slope σ′(z) = {value}").format(value=number(slope)),
                f"∂P/∂w = σ′(z) x = {number(slope * x)}",
                f"∂P/∂w Δw = <b>{signed(change.expected)}</b>",
            )
            outcome.setText("<br>".join(lines))

    def _show_sum(self, neuron: Neuron) -> None:
        """Show how z adds up: each product with a slider, the others together, and the bias."""
        shown = list(self._subject.shown)
        products = neuron.weights * neuron.inputs
        listed = products[shown].tolist()
        others = len(products) - len(shown)
        summands = [*listed, neuron.bias]
        if others:
            summands.append(float(np.delete(products, shown).sum()))
        places = numbers.sum_places(summands)
        for place, product, labels, slider in zip(
            shown, listed, self._terms, self.weights, strict=False
        ):
            texts = (
                as_factor(float(neuron.inputs[place]), product, places),
                as_factor(float(neuron.weights[place]), product, places),
                in_sum(product, places),
            )
            for label, text in zip(labels, texts, strict=True):
                label.setText(text)
            described = self.tr("w = {w}, x = {x}, w · x = {product}")
            x, w, product_text = texts
            slider.setAccessibleDescription(described.format(w=w, x=x, product=product_text))
        self.others.setVisible(others > 0)
        if others:
            self.others.setText(
                self.tr("The other %Ln input(s): Σ w · x = {value}", "", others).format(
                    value=in_sum(summands[-1], places)
                )
            )
        self._bias_value.setText(in_sum(neuron.bias, places))
        self.bias.setAccessibleDescription(f"b = {self._bias_value.text()}")
        self.sums.setText(
            self.tr("z = Σ w · x + b = {z}. Δw is added to the first weight.").format(
                z=f"<b>{in_sum(neuron.z, places)}</b>"
            )
        )


class CurveView(QWidget):
    """An activation function and its derivative, with two points: before and after a change."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 90)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        offer_copy(self, self._rows)
        self._name, self._z, self._after = name, 0.0, 0.0

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(180, 140)

    def _rows(self) -> Rows:
        z = np.append(self._z_shown(), [self._z, self._after])
        values = bench.activation(self._name, z), bench.derivative(self._name, z)
        return [("z", "P", "σ′(z)"), *zip(z.tolist(), *(v.tolist() for v in values), strict=True)]

    def _z_shown(self) -> Array:
        """Return the z of the curve, from the left edge to the right."""
        reach = max(6.0, 1.15 * abs(self._z), 1.15 * abs(self._after))
        return np.linspace(-reach, reach, 401)

    def show_point(self, name: str, z: float, after: float) -> None:
        """Show a function at z, and at z after a change."""
        self._name, self._z, self._after = name, z, after
        self.setAccessibleName(
            self.tr("{name} at z = {z}: P = {p}, slope {slope}").format(
                name=name,
                z=number(z),
                p=number(float(bench.activation(name, z))),
                slope=number(float(bench.derivative(name, z))),
            )
        )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the axes, the curve, its derivative (dashed) and the points."""
        palette = self.palette()
        colours = theme.colours(palette)
        z = self._z_shown()
        reach = float(z[-1])
        p = bench.activation(self._name, z)
        slopes = bench.derivative(self._name, z)
        low, high = min(-0.15, float(p.min()) * 1.1), max(1.15, float(p.max()) * 1.1)
        box = QRectF(self.rect()).adjusted(4, 4, -4, -4)

        def at(x: float, y: float) -> QPointF:
            return QPointF(
                box.left() + (x + reach) / (2 * reach) * box.width(),
                box.bottom() - (y - low) / (high - low) * box.height(),
            )

        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(box, palette.color(QPalette.ColorRole.Base))
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.drawLine(at(-reach, 0), at(reach, 0))
        painter.drawLine(at(0, low), at(0, high))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.negative, 1.5, Qt.PenStyle.DashLine))
        painter.drawPolyline(
            QPolygonF([at(x, y) for x, y in zip(z, slopes, strict=True) if y == y])
        )
        painter.setPen(QPen(colours.positive, 2))
        painter.drawPolyline(QPolygonF([at(x, y) for x, y in zip(z, p, strict=True)]))
        after = at(self._after, float(bench.activation(self._name, self._after)))
        before = at(self._z, float(bench.activation(self._name, self._z)))
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 1.5))
        painter.setBrush(palette.color(QPalette.ColorRole.Base))
        painter.drawEllipse(after, 4.5, 4.5)
        painter.setBrush(palette.color(QPalette.ColorRole.Text))
        painter.drawEllipse(before, 4.5, 4.5)
        if self.hasFocus():
            focus.paint_frame(painter, box, palette)
        painter.end()


def _right_aligned() -> QLabel:
    label = QLabel()
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return label


def _slider(reach: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(-reach, reach)
    slider.setPageStep(reach // 10)
    return slider


def _value(slider: QSlider, exact: float) -> float:
    """Return a slider's value: the exact one that it was set to, until the user moves it."""
    return exact if round(exact * _FINE) == slider.value() else slider.value() / _FINE
