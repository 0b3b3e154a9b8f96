"""The hyperparameters as a form: four in view, the others in groups under “More”."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from digitpad.app import translations
from digitpad.app.training.fields import ChoiceField, NumberField, calm, explain, setting, tip
from digitpad.app.training.layers_editor import LayersEditor
from digitpad.app.training.rate_slider import RateSlider
from digitpad.app.training.reset_button import ResetButton
from digitpad.app.widgets import numbers
from digitpad.app.widgets.collapsible import Collapsible
from digitpad.data import csv, idx, npz
from digitpad.drawing import strokes
from digitpad.errors import DigitpadError
from digitpad.nn.network import Network, parameter_count
from digitpad.training.hyperparameters import FIELDS, Hyperparameters

AnyField: TypeAlias = NumberField | ChoiceField | LayersEditor

MAX_PARAMETERS = 2**26  # 256 MiB, the most that `model_file` reads

# These describe the network; the others, how it is trained.
ARCHITECTURE = ("hidden_layers", "activation", "output_activation", "cost", "initialisation")

_GROUPS: dict[str, tuple[str, ...]] = {
    "main": ("hidden_layers", "learning_rate", "mini_batch_size", "epochs"),
    "functions": ("activation", "output_activation", "cost"),
    "steps": ("optimiser", "momentum", "schedule"),
    "regularisation": ("l2", "dropout"),
    "distortions": (
        *("rotation", "scaling", "shear", "translation", "elastic", "elastic_smoothness"),
    ),
    "stopping": ("patience", "convergence"),
    "start": ("training_images", "initialisation", "seed"),
}
# On its own this changes nothing, so no summary mentions it.
_MINOR = ("elastic_smoothness",)


class _Data(Enum):
    """What can be chosen as training data."""

    MNIST = "mnist"
    PATH = "path"
    CHOOSE_FILE = "choose file"
    CHOOSE_FOLDER = "choose folder"


class HyperparameterForm(QWidget):
    """All of `FIELDS`, and the training data.

    Signals
    -------
    edited()
        A value changed, valid or not; or a group was opened or closed.
    committed()
        The user is done with a field.
    """

    edited = Signal()
    committed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hyperparameters")
        self._fields: dict[str, AnyField] = {}
        self._labels: dict[str, QLabel] = {}
        self._resets: dict[str, ResetButton] = {}
        self._groups: dict[str, Collapsible] = {}
        self._usual = Hyperparameters()
        self._quiet = False
        self.path: Path | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        titles = {
            "functions": self.tr("Activation and cost"),
            "steps": self.tr("Optimiser"),
            "regularisation": self.tr("Regularisation"),
            "distortions": self.tr("Augmentation"),
            "stopping": self.tr("Early stopping"),
            "start": self.tr("Data and initial weights"),
        }
        layout.addWidget(self._grid(_GROUPS["main"], data=False))
        rest = QWidget()
        column = QVBoxLayout(rest)
        column.setContentsMargins(8, 0, 0, 0)
        column.setSpacing(6)
        for group, title in titles.items():
            content = self._grid(_GROUPS[group], data=group == "start")
            self._groups[group] = Collapsible(title, group, content)
            self._groups[group].toggled.connect(self.edited)
            column.addWidget(self._groups[group])
        self.more = Collapsible(self.tr("More"), "more_fields", rest)
        self.more.toggled.connect(self.edited)
        layout.addWidget(self.more)
        layout.addStretch(1)
        self.set_values(Hyperparameters())

    def _grid(self, names: tuple[str, ...], *, data: bool) -> QWidget:
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, 0, 2)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        # The label of a field that was changed is bold.
        bold = self.font()
        bold.setBold(True)
        metrics = QFontMetrics(bold)
        labels = [translations.core(FIELDS[name].label) for name in (*_GROUPS["main"], *names)]
        widest = max(metrics.horizontalAdvance(label) for label in labels)
        grid.setColumnMinimumWidth(0, widest + 2)
        if data:
            self._add_data(grid)
        for name in names:
            self._add(grid, name)
        return content

    def _add(self, grid: QGridLayout, name: str) -> None:
        described = FIELDS[name]
        field: AnyField
        if described.kind is tuple:
            field = LayersEditor()
        elif described.choices:
            field = ChoiceField(name, described)
        else:
            field = NumberField(name, described)
        label = QLabel(translations.core(described.label))
        label.setBuddy(field)
        reset = ResetButton(name, translations.core(described.label))
        reset.clicked.connect(lambda: self.reset(name))
        row = grid.rowCount()
        grid.addWidget(reset, row, 3)
        counts = described.unit and described.unit not in described.label.lower()
        if isinstance(field, LayersEditor):
            title = QHBoxLayout()
            title.setSpacing(12)
            title.addWidget(label)
            title.addWidget(field.shape, 1)
            grid.addLayout(title, row, 0, 1, 3)
            grid.addWidget(field, row + 1, 0, 1, 4)
            self._listen(name, label, field, reset)
            return
        grid.addWidget(label, row, 0)
        if name == "learning_rate" and isinstance(field, NumberField):
            grid.addWidget(self._with_slider(field), row, 1, 1, 2)
        elif counts:
            unit = QLabel(translations.core(described.unit))
            unit.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            grid.addWidget(field, row, 1)
            grid.addWidget(unit, row, 2)
        else:
            grid.addWidget(field, row, 1, 1, 2)
        self._listen(name, label, field, reset)

    def _listen(self, name: str, label: QLabel, field: AnyField, reset: ResetButton) -> None:
        for widget in (label, field):
            explain(widget, tip(name))
        field.edited.connect(self._edited)
        field.committed.connect(self.committed)
        self._fields[name] = field
        self._labels[name] = label
        self._resets[name] = reset

    def _with_slider(self, field: NumberField) -> QWidget:
        both = QWidget()
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.rate_slider = RateSlider(field)
        row.addWidget(self.rate_slider, 1)
        row.addWidget(field, 1)
        return both

    def _add_data(self, grid: QGridLayout) -> None:
        self.data = QComboBox()
        self.data.setObjectName("data")
        self.data.setAccessibleName(self.tr("Training data"))
        label = QLabel(self.tr("Data"))
        label.setBuddy(self.data)
        for widget in (label, self.data):
            explain(
                widget,
                self.tr(
                    "<p><b>Training data</b></p><p>MNIST, which comes with digitpad, or your own: "
                    "a file of images and labels (IDX, npz), a file of pen strokes (jsonl), or a "
                    "folder with a sub-folder of pictures for each digit.</p>"
                ),
            )
        calm(self.data)
        self._fill_data()
        self.data.activated.connect(self._data_chosen)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self.data, 0, 1, 1, 2)

    # -- values --------------------------------------------------------------------------------

    def hyperparameters(self) -> Hyperparameters:
        """Return the values of all fields.

        Raises
        ------
        DigitpadError
            If a field is not valid, or fields do not go together.
        """
        values: dict[str, Any] = {name: field.value() for name, field in self._fields.items()}
        hyperparameters = Hyperparameters(**values)
        parameters = parameter_count(hyperparameters.sizes)
        if parameters > MAX_PARAMETERS:
            text = self.tr(
                "This network would have {count} weights and biases. A model file holds at most "
                "{most}: use fewer neurons."
            )
            raise DigitpadError(
                text.format(count=numbers.whole(parameters), most=numbers.whole(MAX_PARAMETERS))
            )
        return hyperparameters

    def set_values(self, hyperparameters: Hyperparameters, *names: str) -> None:
        """Show these values, or some of them by name."""
        self._quiet = True
        values: dict[str, Any] = vars(hyperparameters)
        for name in names or FIELDS:
            self._fields[name].set_value(values[name])
        self._quiet = False
        self._edited()

    def set_architecture(self, network: Network) -> None:
        """Show what a network is, even one that cannot be trained."""
        self._quiet = True
        values: dict[str, Any] = {
            "hidden_layers": network.sizes[1:-1],
            "activation": network.activation,
            "output_activation": network.output_activation,
            "cost": network.cost,
        }
        for name, value in values.items():
            self._fields[name].set_value(value)
        self._quiet = False
        self._edited()

    def set_usual(self, usual: Hyperparameters) -> None:
        """Mark from now on what differs from these values, to which it can be set back."""
        self._usual = usual
        for name, value in vars(usual).items():
            self._resets[name].set_value(setting(name, value, short=True))
        self._mark_changes()

    def reset(self, name: str) -> None:
        """Set a field back to its usual value."""
        field = self._fields[name]
        field.set_value(vars(self._usual)[name])
        field.setFocus()
        field.committed.emit()

    def _mark_changes(self) -> None:
        usual: dict[str, Any] = vars(self._usual)
        for name, field in self._fields.items():
            changed = bool(field.problem) or field.value() != usual[name]
            font = self._labels[name].font()
            if font.bold() != changed:
                font.setBold(changed)
                self._labels[name].setFont(font)
            self._resets[name].setVisible(changed and field.isEnabled())

    def set_data(self, path: Path | None) -> None:
        """Choose the training data; None: MNIST."""
        self.path = path
        self._fill_data()
        self._edited()

    def _fill_data(self) -> None:
        self.data.clear()
        self.data.addItem("MNIST", _Data.MNIST)
        if self.path is not None:
            self.data.addItem(self.path.name, _Data.PATH)
            self.data.setItemData(1, str(self.path), Qt.ItemDataRole.ToolTipRole)
        self.data.addItem(self.tr("File…"), _Data.CHOOSE_FILE)
        self.data.addItem(self.tr("Folder…"), _Data.CHOOSE_FOLDER)
        self.data.setCurrentIndex(0 if self.path is None else 1)

    def _data_chosen(self, index: int) -> None:
        title = self.tr("Training data")
        folder = str(self.path.parent if self.path else Path.home())
        match self.data.itemData(index):
            case _Data.MNIST:
                self.set_data(None)
            case _Data.CHOOSE_FILE:
                ends = npz.SUFFIXES + csv.SUFFIXES + idx.SUFFIXES + strokes.SUFFIXES
                patterns = " ".join("*" + end for end in ends)
                kinds = self.tr("Images and strokes"), self.tr("All files")
                filters = f"{kinds[0]} ({patterns});;{kinds[1]} (*)"
                name, _ = QFileDialog.getOpenFileName(self.window(), title, folder, filters)
                self.set_data(Path(name) if name else self.path)
            case _Data.CHOOSE_FOLDER:
                name = QFileDialog.getExistingDirectory(self.window(), title, folder)
                self.set_data(Path(name) if name else self.path)

    # -- what is valid -------------------------------------------------------------------------

    def _edited(self) -> None:
        if self._quiet:
            return
        self._mark_changes()
        for group, box in self._groups.items():
            box.summarise(self._summary(group))
        parts = [self._summary(group) for group in self._groups]
        self.more.summarise(", ".join(part for part in parts if part))
        self.edited.emit()

    def problem(self) -> str:
        """Return what is not valid, and why; empty if everything is."""
        for name, field in self._fields.items():
            if field.problem:
                text = self.tr("{field}: {problem}")
                label = translations.core(FIELDS[name].label)
                return text.format(field=label, problem=field.problem)
        try:
            self.hyperparameters()
        except DigitpadError as error:
            return translations.core(str(error))
        return ""

    def _summary(self, group: str) -> str:
        """Return what differs in a group from the defaults."""
        usual = Hyperparameters()
        parts = [self.path.name] if group == "start" and self.path else []
        for name in _GROUPS[group]:
            field = self._fields[name]
            if field.problem:
                return self.tr("not valid")
            value = field.value()
            if value != vars(usual)[name] and name not in _MINOR:
                parts.append(setting(name, value))
        return ", ".join(parts)

    def reveal_problem(self) -> None:
        """Open the group that hides a field that is not valid."""
        for group, box in self._groups.items():
            if any(self._fields[name].problem for name in _GROUPS[group]):
                self.more.open()
                box.open()

    # -- what can be changed now ---------------------------------------------------------------

    def lock(self, *, training: bool, continuing: bool) -> None:
        """Disable what cannot change now, and say why in the tooltips."""
        for name, field in self._fields.items():
            why = ""
            if training and not FIELDS[name].live:
                why = self.tr("Cannot change during training. Stop and train again.")
            elif continuing and name in ARCHITECTURE:
                why = self.tr("Belongs to the open network. Choose “New network” to change it.")
            field.setEnabled(not why)
            explain(field, tip(name, why_locked=why), field.problem)
        self.data.setEnabled(not training)
        self._mark_changes()

    def open_groups(self) -> list[str]:
        """Return the names of the groups that are open."""
        return [name for name, group in self._all_groups().items() if group.is_open]

    def set_open_groups(self, names: list[str]) -> None:
        """Open these groups and close the others."""
        for name, group in self._all_groups().items():
            group.open(name in names)

    def _all_groups(self) -> dict[str, Collapsible]:
        return {"more": self.more, **self._groups}
