"""Shortcuts, “What is this?”, mnemonics and the full screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

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

from digitpad.app.main_window import MainWindow

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
    for name in ("canvas", "preview", "answer", "activations", "drawings", "modelPanel", "curves"):
        view = window.findChild(QWidget, name)
        assert view is not None, name
        assert view.whatsThis().startswith("<b>"), name


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
    assert action.isChecked()
    centre = window.centralWidget()
    assert centre is not None
    assert centre.rect().contains(window.canvas.mapTo(centre, QPoint(0, 0)))
    action.trigger()
    qtbot.waitUntil(lambda: not window.isFullScreen())
    assert QApplication.font().pointSizeF() == usual
    assert not action.isChecked()


def test_closing_in_full_screen_brings_the_type_back(window: MainWindow, qtbot: QtBot) -> None:
    usual = QApplication.font().pointSizeF()
    window.full_screen.action.trigger()
    qtbot.waitUntil(lambda: QApplication.font().pointSizeF() > usual)
    assert window.close()
    assert QApplication.font().pointSizeF() == usual
