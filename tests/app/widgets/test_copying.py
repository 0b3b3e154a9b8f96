"""Copying pictures and numbers from the context menu."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.widgets.copying import as_text, offer_copy


@pytest.fixture
def widget(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    offer_copy(widget, lambda: [["x", "y"], [1, 0.1 + 0.2], [2.0, -1e-9]])
    qtbot.addWidget(widget)
    widget.resize(40, 30)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def test_numbers_are_copied_by_key(widget: QWidget, qtbot: QtBot) -> None:
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.activateWindow()
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)
    QTest.keyClick(widget, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "x\ty\n1\t0.3\n2\t-1e-09"


def test_both_are_in_the_context_menu(widget: QWidget) -> None:
    assert widget.contextMenuPolicy() is Qt.ContextMenuPolicy.ActionsContextMenu
    picture, numbers = widget.actions()
    assert (picture.text(), numbers.text()) == ("Copy picture", "Copy numbers")
    picture.trigger()
    copied = QGuiApplication.clipboard().pixmap()
    assert (copied.width(), copied.height()) == (40, 30)
    numbers.trigger()
    assert QGuiApplication.clipboard().text().startswith("x\ty")


def test_what_is_no_number_is_written_too() -> None:
    assert as_text([["a", float("nan"), float("inf")], []]) == "a\tnan\tinf\n"
