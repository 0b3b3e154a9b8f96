"""The mark of the chosen tab."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QTabBar
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from digitpad.app.widgets import theme
from tests.app.widgets.test_theme import high_contrast


@pytest.fixture(autouse=True)
def _own_look(qapp: QApplication) -> Iterator[None]:
    palette = qapp.palette()
    yield
    qapp.setPalette(palette)


@pytest.mark.parametrize("dark", [False, True])
def test_with_high_contrast_the_chosen_tab_has_an_edge(
    qapp: QApplication, qtbot: QtBot, window: MainWindow, *, dark: bool
) -> None:
    theme.use(qapp, high_contrast(dark), high_contrast=True)
    window.perspectives.switch(Perspective.TRAIN)
    QApplication.processEvents()
    highlight = window.palette().color(QPalette.ColorRole.Highlight)
    bars = [bar for bar in window.findChildren(QTabBar) if bar.isVisible() and bar.count() > 1]
    assert bars
    for bar in bars:
        for chosen in range(bar.count()):
            bar.setCurrentIndex(chosen)
            QApplication.processEvents()
            image = bar.grab().toImage()
            edges = {
                index: image.pixelColor(bar.tabRect(index).center().x(), bar.tabRect(index).top())
                == highlight
                for index in range(bar.count())
            }
            assert edges == {index: index == chosen for index in range(bar.count())}
