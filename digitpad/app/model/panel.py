"""The model's metadata: its architecture, training, accuracy and origin."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from digitpad.app.session import Session
from digitpad.app.translations import core
from digitpad.app.widgets import numbers
from digitpad.nn.model_file import Model
from digitpad.nn.network import parameter_count
from digitpad.training.hyperparameters import FIELDS, Hyperparameters

translate = QCoreApplication.translate

_MAX_DIGITS = 100  # of an integer in a file


class ModelPanel(QWidget):
    """Shows the session's model as a page to read.

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
        area.setAccessibleName(self.tr("Model metadata"))
        area.setWidget(self.page)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        # The page has the focus, and passes on the keys that scroll.
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        button = QPushButton(self.tr("Eval&uate on test images"))
        button.setObjectName("evaluateModel")
        button.setToolTip(self.tr("Measure this model’s accuracy on MNIST’s test images"))
        button.clicked.connect(self.evaluate_wanted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area, 1)
        row = QVBoxLayout()
        row.setContentsMargins(12, 6, 12, 12)
        row.addWidget(button)
        layout.addLayout(row)
        session.model_changed.connect(self._refresh)
        session.network_changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        self.page.setText(as_page(self.session.model, self.session.name))


def as_page(model: Model, name: str) -> str:
    """Return a model's metadata as rich text."""
    network, metadata = model.network, model.metadata
    parts = [f"<h3>{escape(name)}</h3>"]
    if isinstance(metadata.get("description"), str):
        parts.append(f"<p>{escape(metadata['description'])}</p>")
    functions = core(network.activation)
    if network.output_activation != network.activation:
        functions = translate("ModelPanel", "{hidden}, outputs {outputs}").format(
            hidden=core(network.activation), outputs=core(network.output_activation)
        )
    parts += [
        _heading(translate("ModelPanel", "Architecture")),
        _table(
            [
                (translate("ModelPanel", "Layers"), "-".join(map(str, network.sizes))),
                (
                    translate("ModelPanel", "Weights and biases"),
                    numbers.whole(parameter_count(network.sizes)),
                ),
                (translate("ModelPanel", "Activation"), functions),
                (translate("ModelPanel", "Cost"), core(network.cost)),
            ]
        ),
    ]
    parts += _accuracy(metadata)
    parts += _training(metadata)
    parts += _history(metadata.get("history"))
    data = [
        (label, _text(metadata[key]))
        for key, label in (
            ("data", translate("ModelPanel", "Data")),
            ("created", translate("ModelPanel", "Created")),
            ("command", translate("ModelPanel", "Command")),
        )
        if metadata.get(key)
    ]
    if data:
        parts += [_heading(translate("ModelPanel", "Origin")), _table(data)]
    return "".join(parts)


def _accuracy(metadata: dict[str, Any]) -> Iterable[str]:
    accuracy = metadata.get("accuracy")
    if isinstance(accuracy, (int, float)):
        accuracy = {translate("ModelPanel", "test images"): accuracy}
    if not isinstance(accuracy, dict) or not accuracy:
        return []
    rows = [(str(on), _percent(value)) for on, value in accuracy.items()]
    return [_heading(translate("ModelPanel", "Accuracy")), _table(rows)]


def _training(metadata: dict[str, Any]) -> Iterable[str]:
    chosen = metadata.get("hyperparameters")
    if not isinstance(chosen, dict) or not chosen:
        return []
    usual = Hyperparameters().to_dict()
    # The architecture stands above; what is not used is left out.
    above = {"hidden_layers", "activation", "output_activation", "cost"}
    always = {"learning_rate", "mini_batch_size", "epochs", "optimiser"}
    rows = [
        (core(FIELDS[key].label) if key in FIELDS else str(key), _text(value))
        for key, value in chosen.items()
        if key not in above and (key in always or value != usual.get(key))
    ]
    return [_heading(translate("ModelPanel", "Hyperparameters")), _table(rows)]


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
    titles = (
        translate("ModelPanel", "Epoch"),
        translate("ModelPanel", "Cost"),
        translate("ModelPanel", "Training"),
        translate("ModelPanel", "Validation"),
    )
    lines = ["<tr>" + "".join(f"<td>{title}</td>" for title in titles) + "</tr>"]
    for entry in shown:
        cells = [
            _text(entry.get("epoch")),
            _number(entry.get("cost")),
            _percent(entry.get("accuracy")),
            _percent(entry.get("validation_accuracy")),
        ]
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return [
        _heading(translate("ModelPanel", "History")),
        f"<table width='100%'>{''.join(lines)}</table>",
    ]


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
    if isinstance(value, int) and abs(value) >= 10**_MAX_DIGITS:
        return "…"  # nobody's; and Python refuses to write the longest
    return escape(str(value))


def _number(value: object) -> str:
    if isinstance(value, int) and abs(value) >= 10**_MAX_DIGITS:
        return "…"
    return numbers.general(value) if isinstance(value, (int, float)) else "–"


def _percent(value: object) -> str:
    if isinstance(value, (int, float)) and 0 <= value <= 1:
        return numbers.percent(value, 2)
    return _text(value) if value is not None else "–"
