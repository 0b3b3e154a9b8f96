"""The model's metadata: what it is made of, how it was trained and how well it reads."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from digitpad.app.session import Session
from digitpad.nn.model_file import Model
from digitpad.nn.network import parameter_count
from digitpad.training.hyperparameters import FIELDS, Hyperparameters


class ModelPanel(QWidget):
    """The session's model, told in a readable page.

    Signals
    -------
    evaluate_wanted()
        The button was clicked.
    """

    evaluate_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelPanel")
        self.session = session
        self.page = QLabel()
        self.page.setObjectName("metadata")
        self.page.setTextFormat(Qt.TextFormat.RichText)
        self.page.setWordWrap(True)
        self.page.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.page.setContentsMargins(14, 10, 14, 10)
        self.page.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.page.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        area = QScrollArea()
        area.setAccessibleName("The model’s metadata")
        area.setWidget(self.page)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        button = QPushButton("&Evaluate on the test images")
        button.setToolTip("Read MNIST’s 10,000 test images with this model")
        button.clicked.connect(self.evaluate_wanted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area, 1)
        row = QVBoxLayout()
        row.setContentsMargins(12, 6, 12, 12)
        row.addWidget(button)
        layout.addLayout(row)
        session.model_changed.connect(self._tell)
        session.network_changed.connect(self._tell)
        self._tell()

    def _tell(self) -> None:
        self.page.setText(told(self.session.model, self.session.name))


def told(model: Model, name: str) -> str:
    """Return a model's metadata as rich text."""
    network, metadata = model.network, model.metadata
    parts = [f"<h3>{escape(name)}</h3>"]
    if isinstance(metadata.get("description"), str):
        parts.append(f"<p>{escape(metadata['description'])}</p>")
    functions = network.activation
    if network.output_activation != network.activation:
        functions += f", outputs {network.output_activation}"
    parts += [
        _heading("Architecture"),
        _table(
            [
                ("Layers", "-".join(map(str, network.sizes))),
                ("Weights and biases", f"{parameter_count(network.sizes):,}"),
                ("Activation", functions),
                ("Cost", network.cost),
            ]
        ),
    ]
    parts += _accuracy(metadata)
    parts += _training(metadata)
    parts += _history(metadata.get("history"))
    data = [
        (label, _text(metadata[key]))
        for key, label in (("data", "Data"), ("created", "Made"), ("command", "Command"))
        if metadata.get(key)
    ]
    if data:
        parts += [_heading("Where it comes from"), _table(data)]
    return "".join(parts)


def _accuracy(metadata: dict[str, Any]) -> Iterable[str]:
    accuracy = metadata.get("accuracy")
    if isinstance(accuracy, (int, float)):
        accuracy = {"test images": accuracy}
    if not isinstance(accuracy, dict) or not accuracy:
        return []
    rows = [(str(on), _percent(value)) for on, value in accuracy.items()]
    return [_heading("Accuracy"), _table(rows)]


def _training(metadata: dict[str, Any]) -> Iterable[str]:
    chosen = metadata.get("hyperparameters")
    if not isinstance(chosen, dict) or not chosen:
        return []
    usual = Hyperparameters().to_dict()
    # The architecture is told above; what does nothing need not be told.
    above = {"hidden_layers", "activation", "output_activation", "cost"}
    always = {"learning_rate", "mini_batch_size", "epochs", "optimiser"}
    rows = [
        (FIELDS[key].label if key in FIELDS else key, _text(value))
        for key, value in chosen.items()
        if key not in above and (key in always or value != usual.get(key))
    ]
    return [_heading("Hyperparameters"), _table(rows)]


def _history(history: object) -> Iterable[str]:
    if not isinstance(history, list):
        return []
    epochs = [entry for entry in history if isinstance(entry, dict) and "cost" in entry]
    if not epochs:
        return []
    step = max(1, -(-len(epochs) // 10))
    shown = epochs[::step]
    if shown[-1] is not epochs[-1]:
        shown.append(epochs[-1])
    lines = ["<tr><td>epoch</td><td>cost</td><td>training</td><td>validation</td></tr>"]
    for entry in shown:
        cells = [
            _text(entry.get("epoch")),
            _number(entry.get("cost")),
            _percent(entry.get("accuracy")),
            _percent(entry.get("validation_accuracy")),
        ]
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return [_heading("History"), f"<table width='100%'>{''.join(lines)}</table>"]


def _heading(text: str) -> str:
    return f"<h4>{escape(text)}</h4>"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = "".join(
        f"<tr><td style='padding-right: 14px'>{escape(label)}</td><td>{value}</td></tr>"
        for label, value in rows
    )
    return f"<table>{lines}</table>"


def _text(value: object) -> str:
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict):
        return "<br>".join(f"{escape(str(key))}: {_text(each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return escape(str(value))


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, (int, float)) else "–"


def _percent(value: object) -> str:
    if isinstance(value, (int, float)) and 0 <= value <= 1:
        return f"{100 * value:.2f} %"
    return _text(value) if value is not None else "–"
