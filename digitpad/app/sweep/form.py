"""What a sweep is to try: ranges in place of values, or a lesson."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from digitpad.app import translations
from digitpad.app.widgets import theme
from digitpad.errors import DigitpadError
from digitpad.experiments import specification
from digitpad.experiments.lessons import LESSONS
from digitpad.experiments.ranges import spelt, value_text
from digitpad.experiments.specification import MAX_RUNS, Specification, Strategy
from digitpad.training.hyperparameters import FIELDS, Hyperparameters
from digitpad.training.presets import PRESETS

_TOOL_TIP = Qt.ItemDataRole.ToolTipRole
_OWN = ""
_BASE = "basic"
_FIRST = {
    "learning_rate": "log:0.1..10",
    "hidden_layers": "16,16|30",
    "mini_batch_size": "10",
    "epochs": "3",
}


class SweepForm(QWidget):
    """Ranges, strategy and budget of a sweep.

    Parameters
    ----------
    base : function
        Returns the hyperparameters that hold for all that has no range here.

    Signals
    -------
    changed()
        The user has changed something.
    """

    changed = Signal()

    def __init__(self, base: Callable[[], Hyperparameters], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._base = base
        self._filling = False
        self.lesson = QComboBox()
        self.lesson.setObjectName("lesson")
        self.lesson.setAccessibleName(self.tr("Lesson"))
        self.lesson.addItem(self.tr("Own ranges"), _OWN)
        for lesson in LESSONS.values():
            self.lesson.addItem(translations.core(lesson.question), lesson.name)
        self.sentence = QLabel()
        self.sentence.setObjectName("lessonSentence")
        self.sentence.setWordWrap(True)
        self.sentence.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.fields = {name: self._field(name) for name in _FIRST}
        self.strategy = QComboBox()
        self.strategy.setObjectName("strategy")
        self.strategy.setAccessibleName(self.tr("Strategy"))
        for strategy, text, tip in (
            (Strategy.RANDOM, self.tr("Random"), self.tr("Random combinations")),
            (Strategy.GRID, self.tr("Grid"), self.tr("Every combination")),
            (
                Strategy.HALVING,
                self.tr("Halving"),
                self.tr("Random combinations, of which only the best are trained longer"),
            ),
        ):
            self.strategy.addItem(text, strategy.value)
            self.strategy.setItemData(self.strategy.count() - 1, tip, _TOOL_TIP)
        self.runs = self._number("runs", 1, MAX_RUNS, 20, self.tr("At most so many trainings"))
        self.seeds = self._number(
            "seeds", 1, 100, 1, self.tr("Train each combination with so many seeds")
        )
        self.problem = QLabel()
        self.problem.setObjectName("sweepProblem")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self._lay_out()
        self.lesson.currentIndexChanged.connect(self._lesson_chosen)
        self.strategy.currentIndexChanged.connect(self._edited)
        for box in (self.runs, self.seeds):
            box.valueChanged.connect(self._edited)
        self._fill(_FIRST, Strategy.RANDOM, 20, 1)
        self._show_lesson(_OWN)
        self._check()

    def _field(self, name: str) -> QLineEdit:
        field = QLineEdit()
        field.setObjectName(f"range_{name}")
        field.setMaxLength(200)
        field.setAccessibleName(translations.core(FIELDS[name].label))
        ranges = self.tr(
            "A value, a list (1|3|10), or a range: lin:0..1, log:0.01..10, int:10..100. "
            "A grid takes so many values of a range: log:0.01..10:7."
        )
        if name == "hidden_layers":
            ranges = self.tr(
                "Layers (16,16), a list of them (16,16|30|none), or a range of neurons in one "
                "layer: log:1..200. A grid takes so many values of a range: log:1..200:9."
            )
        field.setToolTip(f"{translations.core(FIELDS[name].explanation)}\n\n{ranges}")
        field.textEdited.connect(self._edited)
        return field

    def _number(self, name: str, low: int, high: int, value: int, tip: str) -> QSpinBox:
        box = QSpinBox()
        box.setGroupSeparatorShown(True)
        box.setObjectName(name)
        box.setRange(low, high)
        box.setValue(value)
        box.setToolTip(tip)
        box.setAccessibleName(tip)
        return box

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(6)
        for name, field in self.fields.items():
            form.addRow(translations.core(FIELDS[name].label), field)
        row = QHBoxLayout()
        row.addWidget(self.strategy, 1)
        row.addWidget(QLabel(self.tr("Runs")))
        row.addWidget(self.runs)
        row.addWidget(QLabel(self.tr("Seeds")))
        row.addWidget(self.seeds)
        form.addRow(self.tr("Strategy"), row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.lesson)
        layout.addWidget(self.sentence)
        layout.addLayout(form)
        layout.addWidget(self.problem)

    # -- what is asked -------------------------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """Return what is to be tried, as `specification.from_dict` reads it."""
        lesson = LESSONS.get(self.lesson.currentData())
        if lesson is not None:
            return lesson.values()
        strategy = Strategy(self.strategy.currentData())
        chosen = {spelt(name): field.text() for name, field in self.fields.items()}
        changes = self._base().changes_from(PRESETS[_BASE].hyperparameters)
        others = {
            spelt(name): value_text(value)
            for name, value in changes.items()
            if name not in self.fields
        }
        return {
            "name": self.tr("Sweep"),
            "strategy": strategy.value,
            "seeds": self.seeds.value(),
            "runs": 0 if strategy is Strategy.GRID else self.runs.value(),
            "preset": _BASE,
            "set": others | chosen,
        }

    def specification(self) -> Specification:
        """Return what is to be tried.

        Raises
        ------
        DigitpadError
            If something is not valid.
        """
        return specification.from_dict(self.values())

    def show_values(self, values: dict[str, Any]) -> None:
        """Show what an earlier sweep has tried."""
        of = specification.from_dict(values)
        texts = {name: value_text(getattr(of.base, name)) for name in self.fields}
        texts |= {
            name: text
            for name, text in ((n, values["set"].get(spelt(n))) for n in self.fields)
            if text is not None
        }
        self._fill(texts, of.strategy, of.runs or self.runs.value(), of.seeds)
        self._show_lesson(of.lesson if of.lesson in LESSONS else _OWN)
        self._check()

    def _fill(self, texts: dict[str, str], strategy: Strategy, runs: int, seeds: int) -> None:
        self._filling = True
        for name, field in self.fields.items():
            field.setText(texts[name])
            field.setCursorPosition(0)
        self.strategy.setCurrentIndex(self.strategy.findData(strategy.value))
        self.runs.setValue(runs)
        self.seeds.setValue(seeds)
        self._filling = False

    def _show_lesson(self, name: str) -> None:
        self._filling = True
        self.lesson.setCurrentIndex(self.lesson.findData(name))
        self._filling = False
        lesson = LESSONS.get(name)
        self.sentence.setText("" if lesson is None else translations.core(lesson.sentence))
        self.sentence.setVisible(lesson is not None)

    def _lesson_chosen(self) -> None:
        if self._filling:
            return
        lesson = LESSONS.get(self.lesson.currentData())
        self._show_lesson(_OWN if lesson is None else lesson.name)
        if lesson is not None:
            self.show_values(lesson.specification().to_dict())
        self.changed.emit()

    def _edited(self) -> None:
        if self._filling:
            return
        self._show_lesson(_OWN)
        self._check()
        self.changed.emit()

    def _check(self) -> None:
        """Say what is not valid."""
        self.runs.setEnabled(self.strategy.currentData() != Strategy.GRID.value)
        text = ""
        try:
            self.specification()
        except DigitpadError as error:
            text = translations.core(str(error))
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        palette = self.problem.palette()
        palette.setColor(QPalette.ColorRole.WindowText, theme.colours(self.palette()).invalid)
        self.problem.setPalette(palette)

    @property
    def is_valid(self) -> bool:
        """Whether a sweep can be started with this."""
        return not self.problem.text()
