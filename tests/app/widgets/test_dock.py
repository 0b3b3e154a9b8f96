"""The titles and buttons of docks, and the mark of a radio button."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QImage, QPalette
from PySide6.QtWidgets import QAbstractButton, QApplication, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.widgets import theme
from digitpad.app.widgets.dock import Dock
from digitpad.app.widgets.radio import RadioButton
from tests.app.widgets.test_theme import high_contrast


@pytest.fixture(autouse=True)
def _own_look(qapp: QApplication) -> Iterator[None]:
    palette, font = qapp.palette(), qapp.font()
    yield
    qapp.setPalette(palette)
    qapp.setFont(font)


@pytest.fixture
def dock(qtbot: QtBot) -> Iterator[Dock]:
    window = QMainWindow()
    qtbot.addWidget(window)
    made = Dock("Network", window)
    made.setWidget(QWidget())
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, made)
    window.resize(400, 300)
    window.show()
    yield made
    window.close()


@pytest.fixture(params=[False, True], ids=["light", "dark"])
def contrast(qapp: QApplication, request: pytest.FixtureRequest) -> QPalette:
    """Return a palette of high contrast, which is in use."""
    palette = high_contrast(request.param)
    theme.use(qapp, palette, high_contrast=True)
    return palette


def written(image: QImage, ground: QColor) -> int:
    """Return how many pixels a text or a mark takes."""
    return sum(
        theme.contrast(image.pixelColor(x, y), ground) > 4.5
        for x in range(image.width())
        for y in range(image.height())
    )


def test_a_title_is_as_large_as_the_windows_type(
    dock: Dock, qapp: QApplication, qtbot: QtBot
) -> None:
    def title() -> int:
        content = dock.widget()
        assert content is not None
        image = dock.grab().toImage()
        ground = dock.palette().color(QPalette.ColorRole.Window)
        return written(image.copy(0, 0, image.width() // 2, content.y()), ground)

    usual = title()
    font = QFont(qapp.font())
    font.setPointSizeF(2 * font.pointSizeF())
    qapp.setFont(font)
    qtbot.waitUntil(lambda: title() > 2 * usual > 0)


def test_the_buttons_of_a_dock_are_seen_with_high_contrast(dock: Dock, contrast: QPalette) -> None:
    QApplication.processEvents()
    ground = contrast.color(QPalette.ColorRole.Window)
    buttons = [each for each in dock.findChildren(QAbstractButton) if each.isVisible()]
    assert len(buttons) == 2
    for button in buttons:
        side = button.grab().toImage()
        assert written(side, ground) > 10, button.objectName()


def test_the_chosen_radio_button_has_a_full_mark_with_high_contrast(
    contrast: QPalette, qtbot: QtBot
) -> None:
    button = RadioButton()
    qtbot.addWidget(button)
    button.setAutoExclusive(False)
    button.show()
    ground = contrast.color(QPalette.ColorRole.Base)
    empty = written(button.grab().toImage(), ground)
    button.setChecked(True)
    assert written(button.grab().toImage(), ground) >= empty + 25
