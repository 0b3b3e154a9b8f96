"""Every number of each view is reached by the Tab key, and a screen reader gets it there."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QTextDocumentFragment
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QSpinBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.session import Session
from digitpad.app.understand.bench_view import BenchView
from digitpad.app.understand.embedding_view import EmbeddingView
from digitpad.app.understand.landscape_view import Kind, LandscapeView
from digitpad.app.understand.mistakes_view import MistakesView
from digitpad.app.understand.operate_view import OperateView
from digitpad.app.understand.panel import UnderstandPanel, View
from digitpad.app.understand.step_view import Source, StepView
from digitpad.app.understand.why_view import WhyView
from digitpad.inspection.backprop_equations import StageKind
from tests.app.understand.conftest import heard
from tests.inspection.networks import some_images

Show = Callable[[QWidget], None]
_LONG = 60_000  # ms: a busy machine may take its time


def by_tab(view: QWidget, qtbot: QtBot) -> list[QWidget]:
    """Press Tab from the first stop of a view to the last, and return all."""
    first = view.nextInFocusChain()
    while first is not None and not (
        first.focusPolicy() & Qt.FocusPolicy.TabFocus and first.isVisible()
    ):
        first = first.nextInFocusChain()
    assert first is not None
    first.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(first.hasFocus)
    reached: list[QWidget] = []
    for _ in range(60):
        focused = QApplication.focusWidget()
        if focused is None or not view.isAncestorOf(focused) or focused in reached:
            return reached
        reached.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    raise AssertionError("Tab does not leave the view.")


def check(view: QWidget, qtbot: QtBot) -> set[QWidget]:
    """Look for each number that a label shows in what is heard; return where Tab stops.

    Each stop has a name.
    """
    reached = by_tab(view, qtbot)
    assert len(reached) > 1
    for stop in reached:
        name = QAccessible.queryAccessibleInterface(stop).text(QAccessible.Text.Name)
        assert name, stop
    everything = " ".join(map(heard, reached))
    labels = [label for label in view.findChildren(QLabel) if label.isVisible()]
    said = [QTextDocumentFragment.fromHtml(label.text()).toPlainText() for label in labels]
    with_numbers = [text.replace("\xa0", " ") for text in said if re.search(r"\d", text)]
    assert with_numbers
    for text in with_numbers:
        assert " ".join(text.split()) in " ".join(everything.split())
    return set(reached)


@pytest.mark.parametrize("source", list(Source))
def test_the_training_step(panel: UnderstandPanel, source: Source, qtbot: QtBot) -> None:
    view = panel.built[View.STEP]
    assert isinstance(view, StepView)
    count = 1 if source is Source.DRAWING else 10

    def symbols() -> list[QToolButton]:
        return [each for each in view.symbols.findChildren(QToolButton) if each.isVisible()]

    def has_step() -> bool:
        return view.step is not None and len(view.step.x) == count

    for kind in (StageKind.INPUT, StageKind.FORWARD, StageKind.HIDDEN_ERROR, StageKind.GRADIENTS):
        panel.show_stage(kind, source)
        qtbot.waitUntil(has_step, timeout=_LONG)
        if kind is not StageKind.GRADIENTS:
            qtbot.waitUntil(lambda: bool(symbols()))
            QTest.mouseClick(symbols()[0], Qt.MouseButton.LeftButton)
        reached = check(view, qtbot)
        shown = [spin for spin in view.findChildren(QSpinBox) if spin.isVisible()]
        assert set(shown) <= reached
        for equation in view.equations:
            assert equation in reached or not equation.isVisible()
        assert (view.picture if kind is StageKind.INPUT else view.table) in reached


def test_why_this_answer(panel: UnderstandPanel, qtbot: QtBot) -> None:
    panel.show_view(View.WHY)
    view = panel.built[View.WHY]
    assert isinstance(view, WhyView)

    def is_explained() -> bool:
        found = view.explanation
        return found is not None and found.method is view.method.currentData()

    for place in range(view.method.count()):
        view.method.setCurrentIndex(place)
        qtbot.waitUntil(is_explained, timeout=_LONG)
        assert view.heat in check(view, qtbot)


def test_the_bench(panel: UnderstandPanel, qtbot: QtBot) -> None:
    panel.show_view(View.BENCH)
    view = panel.built[View.BENCH]
    assert isinstance(view, BenchView)
    check(view, qtbot)
    view.subject.setCurrentIndex(view.subject.findData("network"))
    assert set(view.curves) <= check(view, qtbot)


def test_the_landscape(panel: UnderstandPanel, qtbot: QtBot) -> None:
    panel.show_view(View.LANDSCAPE)
    view = panel.built[View.LANDSCAPE]
    assert isinstance(view, LandscapeView)
    view.images.setValue(20)
    said = "True costs on 20 training images."
    qtbot.waitUntil(lambda: view.status.text() == said, timeout=_LONG)
    assert view.line in check(view, qtbot)
    view.kind.setCurrentIndex(view.kind.findData(Kind.RANDOM))
    qtbot.waitUntil(lambda: view.status.text() == said, timeout=_LONG)
    assert view.surface in check(view, qtbot)
    view.surface.setFocus()
    QTest.keyClick(view.surface, Qt.Key.Key_Up)
    assert "α = 0, β = 0.0625: cost " in heard(view.surface)
    assert heard(view.surface).split(": cost ")[1] in heard(view.place)


def test_the_mistakes(session: Session, shown: Show, qtbot: QtBot) -> None:
    view = MistakesView(session)
    view.add_dataset(some_images(), "some")
    shown(view)
    view.activateWindow()
    qtbot.waitUntil(lambda: view.answers is not None, timeout=_LONG)
    assert {view.matrix, view.gallery} <= check(view, qtbot)
    view.tabs.setCurrentIndex(1)
    assert view.reliability in check(view, qtbot)
    view.tabs.setCurrentIndex(2)
    qtbot.waitUntil(lambda: view.plot.curve() is not None, timeout=_LONG)
    assert view.plot in check(view, qtbot)


def test_the_map(panel: UnderstandPanel, qtbot: QtBot) -> None:
    panel.show_view(View.MAP)
    view = panel.built[View.MAP]
    assert isinstance(view, EmbeddingView)
    qtbot.waitUntil(lambda: view.map.drawing() is not None, timeout=_LONG)
    assert view.map in check(view, qtbot)


def test_operating(panel: UnderstandPanel, qtbot: QtBot) -> None:
    panel.show_view(View.OPERATE)
    view = panel.built[View.OPERATE]
    assert isinstance(view, OperateView)
    QTest.mouseClick(view.do, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "…" not in view.after.text(), timeout=_LONG)
    assert view.list in check(view, qtbot)
