"""A session with a small network and a drawn digit, and ways to show a view and to hear it."""

from collections.abc import Callable

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.session import Session
from digitpad.app.understand.panel import UnderstandPanel
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network


@pytest.fixture
def session(qtbot: QtBot) -> Session:
    """A small untrained network, and a seven on the canvas."""
    session = Session(Model(Network((784, 12, 8, 10), seed=1), {"name": "small"}))
    session.show_strokes([[[0, 0], [10, 0], [4, 16]]])
    return session


@pytest.fixture
def shown(qtbot: QtBot) -> Callable[[QWidget], None]:
    """Show a widget as large as its dock is."""

    def show(widget: QWidget) -> None:
        qtbot.addWidget(widget)
        widget.resize(420, 660)
        widget.show()
        qtbot.waitExposed(widget)

    return show


@pytest.fixture
def panel(session: Session, shown: Callable[[QWidget], None]) -> UnderstandPanel:
    """The explaining views, in the active window."""
    panel = UnderstandPanel(session)
    shown(panel)
    panel.activateWindow()
    return panel


def heard(widget: QWidget) -> str:
    """Return what a screen reader reads when a widget gets the focus."""
    interface = QAccessible.queryAccessibleInterface(widget)
    parts = (QAccessible.Text.Name, QAccessible.Text.Description, QAccessible.Text.Value)
    # What is shown as HTML loses its no-break spaces.
    return " ".join(interface.text(part) for part in parts).replace("\xa0", " ")
