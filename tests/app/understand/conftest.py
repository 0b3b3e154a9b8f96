"""A session with a small network and a drawn digit, and a way to show a view."""

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.session import Session
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
