"""Numbers that users read, in their locale's writing, everywhere in the window."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from digitpad.app import translations
from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from digitpad.app.training.learning_plot import LearningPlot
from digitpad.app.widgets import numbers
from digitpad.training.hyperparameters import FIELDS
from tests.conftest import draw

_APP = Path(translations.__file__).parents[1]
# What programs read: the clipboard, files of curves, and where a locale's writing is made.
_FOR_PROGRAMS = {"widgets/numbers.py", "widgets/copying.py", "training/runs.py"}
_ENGLISH = re.compile(r"\d\.\d{1,2}(?!\d)")  # in German, a point stands between thousands
_UNMARKED = re.compile(r"(?<![\d,])\d{5,}(?!\d)")


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(_APP.rglob("*.py")):
        name = path.relative_to(_APP).as_posix()
        if not name.startswith("translations/"):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def test_no_text_of_the_window_writes_a_number_without_the_locale() -> None:
    found, seen = [], 0
    for name, tree in sources():
        for node in ast.walk(tree):
            called = getattr(node, "func", None)
            if getattr(called, "attr", getattr(called, "id", "")) not in ("tr", "translate"):
                continue
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    seen += 1
                    if re.search(r"%n|\{\w*:|\d,\d{3}|\d{5,}", part.value):
                        found.append(f"{name}: {part.value}")
    assert seen > 500
    assert not found


def test_no_number_is_formatted_past_the_locale() -> None:
    found = []
    for name, tree in sources():
        # `float(f"{value:.2g}")` rounds; nobody reads it.
        rounded = {
            id(each)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "float"
            for each in ast.walk(node)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
                spec = ast.unparse(node.format_spec)
                if re.search(r"[defg%,]['\"]$", spec) and id(node) not in rounded:
                    found.append(f"{name}:{node.lineno}: {spec}")
    assert [each for each in found if each.split(":")[0] not in _FOR_PROGRAMS] == []
    assert found  # of those for programs


def texts(window: QWidget) -> Iterator[str]:
    for widget in window.findChildren(QWidget):
        yield widget.accessibleName()
        yield widget.accessibleDescription()
        if isinstance(widget, QAbstractButton | QLabel):
            yield widget.text()
    for action in window.findChildren(QAction):
        yield action.text()


@pytest.fixture
def german() -> None:
    QLocale.setDefault(QLocale(QLocale.Language.German))


@pytest.mark.usefixtures("german")
def test_a_german_reads_german_numbers_in_every_perspective(window: MainWindow) -> None:
    draw(window.canvas, [[40, 40], [120, 40], [60, 160]])
    seen = 0
    for perspective in Perspective:
        window.perspectives.switch(perspective)
        QApplication.processEvents()
        for text in texts(window):
            for field in FIELDS.values():  # sentences that a translator writes anew
                text = text.replace(field.explanation, "")
            seen += bool(re.search(r"\d,\d", text))
            assert not _ENGLISH.search(text), text
            assert not _UNMARKED.search(text), text
    assert seen


@pytest.mark.usefixtures("german", "qapp")
def test_the_axes_of_the_curves_have_the_locales_numbers() -> None:
    axis = LearningPlot().getAxis("left")
    assert axis.tickStrings([0.95, 1.0], 1, 0.05) == ["0,95", "1,00"]
    assert axis.tickStrings([0, 10_000], 1, 10_000) == ["0", "10.000"]


def test_a_system_without_a_language_marks_thousands_too(qapp: QApplication) -> None:
    QLocale.setDefault(QLocale.c())
    assert numbers.whole(10_000) == "10000"
    translations.install(qapp)
    assert numbers.whole(10_000) == "10,000"
    QLocale.setDefault(QLocale(QLocale.Language.German))
    translations.install(qapp)
    assert numbers.whole(10_000) == "10.000"
