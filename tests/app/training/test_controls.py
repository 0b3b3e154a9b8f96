"""The panel's foot: nothing jumps, whatever is said, and nothing that is said is cut off."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QScrollArea,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from digitpad.training.diagnosis import Diagnosis, Finding, Symptom, diverged, worsened
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.sgd import EpochReport, Progress
from tests.app.training.test_panel import choose, ended, find, panel, press, runs, small, write

ROOMY = (1366, 900)


def buttons(window: MainWindow) -> dict[str, QRect]:
    """Return where every button and every box of the panel's foot is, and all fields above."""
    foot = panel(window)
    return {
        each.objectName(): QRect(each.mapTo(window, QPoint(0, 0)), each.size())
        for kind in (QAbstractButton, QComboBox)
        for each in foot.findChildren(kind)
        if each.isVisible()
        and each.objectName()
        and not each.objectName().startswith(("reset_", "remedy", "dismiss"))
    }


def test_no_button_moves(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(*ROOMY)
    small(qtbot, window, epochs=2000)
    qtbot.wait(50)  # for the layers to be laid out
    before = buttons(window)
    assert {"train", "pause", "stop", "more", "pace", "step", "preset"} <= set(before)
    write(qtbot, window, "mini_batch_size", "0", enter=False)
    assert buttons(window) == before
    write(qtbot, window, "mini_batch_size", "10")
    press(qtbot, window, "train")
    assert buttons(window) == before
    runs(qtbot, window)
    qtbot.waitUntil(lambda: "Accuracy" in find(window, QLabel, "result_text").text())
    assert buttons(window) == before
    choose(qtbot, window, "pace", 3.0)
    panel(window).hint.show_findings([diverged(Hyperparameters())])
    assert panel(window).hint.isVisible()
    assert buttons(window) == before
    panel(window).hint.show_findings([])
    press(qtbot, window, "pause")
    assert find(window, QAbstractButton, "pause").text() == "&Resume"
    assert buttons(window) == before
    press(qtbot, window, "stop")
    ended(qtbot, window)
    assert buttons(window) == before


def epoch(number: int, cost: float, accuracy: float, validation: float) -> EpochReport:
    return EpochReport(number, cost, accuracy, cost, validation, 1.0, 1.0)


def report(costs: list[float], end: EpochReport | None = None) -> Progress:
    return Progress(0, 30, 1, 5000, np.array(costs, np.float32), 1.0, 1.0, 1.0, 1.0, end, None)


def findings() -> list[Finding]:
    """Return one finding of every kind, as real networks and costs give them."""
    images = np.random.default_rng(0).random((100, 784), dtype=np.float32)
    deep = Hyperparameters(hidden_layers=(16,) * 6)
    dead = Hyperparameters(activation="relu")
    saturated, silent = deep.new_network(), dead.new_network()
    saturated.parameters[:] = 9.0
    silent.parameters[:] = -9.0
    stalled = [0.45] * 40_000
    found = [diverged(deep), worsened(deep)]
    for h, network, costs in (
        (deep, deep.new_network(), stalled),
        (Hyperparameters(), Hyperparameters().new_network(), stalled),
        (deep, saturated, stalled),
        (dead, silent, stalled),
        (deep, deep.new_network(), [*([0.1] * 4000), *([2.0] * 8000)]),
        (deep, deep.new_network(), [0.05] * 200),
    ):
        diagnosis = Diagnosis(h)
        diagnosis.add(report(costs))
        for number in range(1, 9):
            diagnosis.add(report([0.01], epoch(number, 0.01, 0.999, 0.857)))
        found += diagnosis.findings(network, images)
    return found


@pytest.mark.parametrize("size", [(1366, 768), (1280, 720), (640, 520)])
def test_no_hint_is_cut_off_and_none_moves_a_button(
    qtbot: QtBot, window: MainWindow, size: tuple[int, int]
) -> None:
    window.resize(*size)
    window.perspectives.reset()
    window.docks["training"].raise_()
    qtbot.waitUntil(panel(window).isVisible)
    qtbot.wait(50)
    fits_whole(qtbot, window)


def test_no_hint_is_cut_off_in_the_smallest_panel(qtbot: QtBot, window: MainWindow) -> None:
    window.docks["training"].setFloating(True)
    window.docks["training"].resize(1, 1)
    qtbot.wait(50)
    assert panel(window).size() == panel(window).minimumSizeHint()
    fits_whole(qtbot, window)


def fits_whole(qtbot: QtBot, window: MainWindow) -> None:
    """Check the place of every hint."""
    before = buttons(window)
    assert "train" in before
    shown = findings()
    assert {finding.name for finding in shown} == set(Symptom)
    hint, area = panel(window).hint, find(window, QScrollArea, "trainingArea")
    for finding in shown:
        hint.begin()
        assert not hint.isVisible()
        hint.show_findings([finding])
        qtbot.wait(1)
        assert hint.isVisible()
        assert hint.text.text() == finding.sentence
        assert hint.text.height() >= hint.text.heightForWidth(hint.text.width())
        assert area.rect().contains(hint.geometry()), finding.sentence
        assert hint.remedy.width() >= hint.remedy.sizeHint().width()
        assert buttons(window) == before, finding.sentence
    hint.begin()
    qtbot.wait(1)
    assert buttons(window) == before


def test_the_form_can_be_scrolled_out_of_the_way_of_a_hint(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.resize(1280, 720)
    window.perspectives.reset()
    panel(window).hint.show_findings([diverged(Hyperparameters())])
    heading = find(window, QToolButton, "more_fields_heading")
    heading.setFocus()
    area = find(window, QScrollArea, "trainingArea")
    area.ensureWidgetVisible(heading)
    qtbot.wait(1)
    place = QRect(heading.mapTo(area, QPoint(0, 0)), heading.size())
    assert area.rect().contains(place)
    assert not panel(window).hint.geometry().intersects(place)


def test_what_the_foot_says_is_never_cut_off(qtbot: QtBot, window: MainWindow) -> None:
    window.docks["training"].setFloating(True)
    window.docks["training"].resize(1, 1)
    choose(qtbot, window, "pace", 1.0)
    qtbot.wait(50)
    before = buttons(window)
    controls = panel(window).controls
    controls.show_progress([report([0.01234], epoch(1, 0.01234, 0.999, 0.857))])
    qtbot.wait(1)
    assert buttons(window) == before
    labels = [find(window, QLabel, f"{name}_text") for name in ("progress", "result", "problem")]
    for wrong in ("", "Use fewer neurons. " * 10):
        controls.set_problem(wrong)
        qtbot.wait(1)
        for label in labels:
            assert label.isVisible() == (label.objectName().startswith("problem") == bool(wrong))
            if label.isVisible():
                assert label.height() >= label.heightForWidth(label.width())


def test_a_long_note_moves_no_button_and_can_be_read(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(*ROOMY)
    qtbot.wait(50)
    places = buttons(window)
    foot, whole = panel(window).controls, panel(window).size()
    for lines in (8, 60):
        foot.show_notes(["12 pictures show no ink and were left out."] * lines)
        qtbot.wait(1)
        note = find(window, QLabel, "notes_text")
        assert note.height() >= note.heightForWidth(note.width())
        room = note.parentWidget()
        assert room is not None
        seen = room.visibleRegion().boundingRect().height()
        assert seen >= 4 * note.fontMetrics().lineSpacing()
        moved = {name for name, place in buttons(window).items() if places[name] != place}
        assert not moved
    assert panel(window).size() == whole


@pytest.mark.parametrize("perspective", list(Perspective))
def test_the_lowest_screens_have_room(window: MainWindow, perspective: Perspective) -> None:
    """At 200 %, 1366 x 768 pixels are 384 lines; a desktop's own bars take thirty."""
    window.perspectives.switch(Perspective.DRAW)
    window.resize(683, 354)
    QApplication.processEvents()
    window.perspectives.switch(perspective)
    for _ in range(2):  # the arrangement of the large window goes first
        window.perspectives.reset()
        QApplication.processEvents()
        window.resize(683, 354)
        QApplication.processEvents()
    assert window.height() == 354


def test_step_goes_on_by_steps(qtbot: QtBot, window: MainWindow) -> None:
    small(qtbot, window, epochs=2000)
    press(qtbot, window, "train")
    runs(qtbot, window)
    press(qtbot, window, "step")
    assert find(window, QComboBox, "pace").currentText() == "Step by step"
    text = find(window, QLabel, "progress_text")
    qtbot.waitUntil(lambda: "mini-batch" in text.text())
    qtbot.wait(100)
    here = text.text()
    press(qtbot, window, "step")
    qtbot.waitUntil(lambda: text.text() != here)
    qtbot.keyClick(find(window, QComboBox, "pace"), Qt.Key.Key_Home)
    panel(window).stop_and_wait()
