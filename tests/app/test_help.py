"""Shortcuts, “What is this?”, mnemonics and the full screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QDialog,
    QLabel,
    QToolButton,
    QTreeWidget,
    QWhatsThis,
    QWidget,
)
from pytestqt.qtbot import QtBot

from digitpad.app.concepts import Concept, ConceptsDialog
from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from digitpad.app.understand.panel import View
from digitpad.app.understand.step_view import StepView
from digitpad.inspection.backprop_equations import StageKind

Answer = Callable[[Callable[[QDialog], object]], list[str]]


@pytest.fixture(autouse=True)
def _usual_type(qapp: QApplication) -> Iterator[None]:
    font = qapp.font()
    yield
    qapp.setFont(font)


def test_every_shortcut_is_listed(window: MainWindow, answer_dialog: Answer) -> None:
    listed: list[tuple[str, str]] = []

    def read(dialog: QDialog) -> None:
        tree = dialog.findChild(QTreeWidget, "shortcutList")
        assert tree is not None
        for number in range(tree.topLevelItemCount()):
            group = tree.topLevelItem(number)
            assert group is not None
            for row in range(group.childCount()):
                item = group.child(row)
                assert item is not None
                listed.append((item.text(0), item.text(1)))

    answer_dialog(read)
    window.commands.shortcuts.trigger()
    shown = dict(listed)
    native = QKeySequence.SequenceFormat.NativeText
    for action in (window.commands.undo, window.commands.save, window.commands.evaluate):
        assert action.shortcut().toString(native) in shown[action.iconText()]
    assert any("Space" in keys for keys in shown.values())


def test_every_view_says_what_it_is(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.what.trigger()
    assert QWhatsThis.inWhatsThisMode()
    QWhatsThis.leaveWhatsThisMode()
    for name in ("canvas", "preview", "answer", "activations", "drawings"):
        view = window.findChild(QWidget, name)
        assert view is not None, name
        assert view.whatsThis().startswith("<b>"), name


def test_every_dock_and_explanation_says_what_it_is(window: MainWindow) -> None:
    window.load_panels()
    window.commands.sweep.trigger()
    for explanation in View:
        window.understand.show_view(explanation)
    window.commands.what.trigger()
    QWhatsThis.leaveWhatsThisMode()
    for name, dock in window.docks.items():
        if name != "explanation":
            views = [dock.widget(), *dock.widget().findChildren(QWidget)]
            assert any(view.whatsThis().startswith("<b>") for view in views), name
    for explanation, view in window.understand.built.items():
        assert view.whatsThis().startswith("<b>"), explanation


def concept(window: MainWindow, qtbot: QtBot, chosen: Concept) -> None:
    """Choose a concept by a click in the dialog, as a teacher does."""
    window.commands.concepts.trigger()
    dialog = window.findChild(ConceptsDialog)
    assert dialog is not None
    button = dialog.findChild(QAbstractButton, chosen.name.lower())
    assert button is not None
    assert button.text()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog.close()


@pytest.mark.parametrize("chosen", Concept)
def test_each_concept_leads_to_where_it_is_shown(
    window: MainWindow, qtbot: QtBot, chosen: Concept
) -> None:
    window.session.show_strokes([np.array([[100.0, 50], [90, 150], [100, 250]])])
    concept(window, qtbot, chosen)
    dock, view, stage = {
        Concept.PERCEPTRON: ("explanation", View.BENCH, None),
        Concept.SIGMOID: ("explanation", View.BENCH, None),
        Concept.LAYERS: ("network", None, None),
        Concept.COST: ("explanation", View.STEP, StageKind.COST),
        Concept.GRADIENT_DESCENT: ("explanation", View.LANDSCAPE, None),
        Concept.BACKPROPAGATION: ("explanation", View.STEP, StageKind.OUTPUT_ERROR),
        Concept.MINI_BATCHES: ("explanation", View.STEP, StageKind.GRADIENTS),
        Concept.OVERFITTING: ("curves", None, None),
        Concept.HYPERPARAMETERS: ("sweep", None, None),
    }[chosen]
    shown = window.docks[dock].widget()
    parts = [shown, *shown.findChildren(QWidget)]  # children may cover all of it
    qtbot.waitUntil(lambda: any(not part.visibleRegion().isEmpty() for part in parts))
    if chosen is Concept.OVERFITTING:
        assert window.training_panel is not None
        assert window.training_panel.preset.chosen().title == "Overfitting"
        assert window.training_panel.form.hyperparameters().training_images == 1000
    if view is not None:
        assert window.understand.built[view].isVisible()
    if stage is not None:
        step = window.understand.built[View.STEP]
        assert isinstance(step, StepView)
        qtbot.waitUntil(
            lambda: step.step is not None and step.step.stages[step.track.value()].kind is stage
        )
        of_batch = chosen is Concept.MINI_BATCHES
        qtbot.waitUntil(lambda: step.step is not None and (len(step.step.x) > 1) == of_batch)


def test_no_mnemonic_is_used_twice(window: MainWindow) -> None:
    texts = [action.text() for action in window.menuBar().actions()]
    texts += [
        button.text()
        for button in window.findChildren(QAbstractButton)
        if not isinstance(button, QToolButton)
    ]
    texts += [label.text() for label in window.findChildren(QLabel) if label.buddy() is not None]
    keys = Counter(key.toString() for key in map(QKeySequence.mnemonic, texts) if not key.isEmpty())
    assert len(keys) > 8
    assert [key for key, times in keys.items() if times > 1] == []


def test_tab_reaches_only_what_can_be_seen_and_comes_round(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.activateWindow()
    window.canvas.setFocus()
    qtbot.waitUntil(window.canvas.hasFocus)
    visited: list[QWidget] = []
    for _ in range(300):
        before = QApplication.focusWidget()
        assert before is not None
        QTest.keyClick(before, Qt.Key.Key_Tab)
        now = QApplication.focusWidget()
        assert now is not None
        assert now.isVisible()
        # A list's viewport covers all of the list itself.
        seen = now.viewport() if isinstance(now, QAbstractScrollArea) else now
        shown = seen.visibleRegion().boundingRect()
        assert not shown.isEmpty() or now.parentWidget() is None, now.objectName()
        if now is window.canvas:
            break
        visited.append(now)
    assert QApplication.focusWidget() is window.canvas
    assert len(visited) > 4
    assert len(set(visited)) == len(visited)


def test_full_screen_has_large_type_and_goes_back(window: MainWindow, qtbot: QtBot) -> None:
    usual = QApplication.font().pointSizeF()
    size = window.canvas.font().pointSizeF()
    action = window.full_screen.action
    action.trigger()
    qtbot.waitUntil(window.isFullScreen)
    qtbot.waitUntil(lambda: QApplication.font().pointSizeF() > 1.3 * usual)
    qtbot.waitUntil(lambda: window.canvas.font().pointSizeF() > 1.3 * size)
    verdict = window.answer.verdict.font().pointSizeF()
    assert verdict > 1.3 * usual
    window.perspectives.switch(Perspective.UNDERSTAND)
    explained = window.understand.findChildren(QToolButton)
    assert explained
    for button in explained:  # whose style sheet keeps them from asking for the type
        assert button.font().pointSizeF() > 1.3 * usual
    assert action.isChecked()
    centre = window.centralWidget()
    assert centre is not None
    assert centre.rect().contains(window.canvas.mapTo(centre, QPoint(0, 0)))
    action.trigger()
    qtbot.waitUntil(lambda: not window.isFullScreen())
    assert QApplication.font().pointSizeF() == usual
    assert not action.isChecked()


def test_a_window_of_a_very_large_screen_has_larger_type(window: MainWindow, qtbot: QtBot) -> None:
    usual = QApplication.font().pointSizeF()
    window.resize(3840, 2130)
    qtbot.waitUntil(lambda: QApplication.font().pointSizeF() > 1.4 * usual)
    window.resize(1100, 760)
    qtbot.waitUntil(lambda: QApplication.font().pointSizeF() == usual)


def test_closing_in_full_screen_brings_the_type_back(window: MainWindow, qtbot: QtBot) -> None:
    usual = QApplication.font().pointSizeF()
    window.full_screen.action.trigger()
    qtbot.waitUntil(lambda: QApplication.font().pointSizeF() > usual)
    assert window.close()
    assert QApplication.font().pointSizeF() == usual
