"""Light and dark: the palettes, and that the window follows the system."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.widgets import theme

Role = QPalette.ColorRole


@pytest.fixture(autouse=True)
def _own_palette(qapp: QApplication) -> Iterator[None]:
    before = qapp.palette()
    yield
    qapp.setPalette(before)


def contrast(one: QColor, other: QColor) -> float:
    """Return WCAG 2's contrast of two colours, 1 to 21."""

    def luminance(colour: QColor) -> float:
        parts = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in (colour.redF(), colour.greenF(), colour.blueF())
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        (Role.WindowText, Role.Window),
        (Role.Text, Role.Base),
        (Role.Text, Role.AlternateBase),
        (Role.ButtonText, Role.Button),
        (Role.HighlightedText, Role.Highlight),
        (Role.PlaceholderText, Role.Window),
        (Role.PlaceholderText, Role.Base),
        (Role.ToolTipText, Role.ToolTipBase),
        (Role.Link, Role.Window),
    ],
)
def test_all_text_can_be_read(dark: bool, text: Role, ground: Role) -> None:
    palette = theme.palette(dark)
    assert contrast(palette.color(text), palette.color(ground)) >= 4.5


def test_what_is_disabled_is_fainter() -> None:
    for dark in (False, True):
        palette = theme.palette(dark)
        window = palette.color(Role.Window)
        disabled = palette.color(QPalette.ColorGroup.Disabled, Role.WindowText)
        assert contrast(disabled, window) < contrast(palette.color(Role.WindowText), window) / 2


def test_the_window_follows_the_system_between_light_and_dark(
    qapp: QApplication, qtbot: QtBot, window: MainWindow
) -> None:
    theme.follow_system(qapp)
    hints = qapp.styleHints()

    def lightness() -> int:
        return window.grab().toImage().pixelColor(3, window.height() - 3).lightness()

    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    qtbot.waitUntil(lambda: lightness() < 60)
    icon = window.undo_action.icon().pixmap(24, 24).toImage()
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    qtbot.waitUntil(lambda: lightness() > 200)
    assert window.undo_action.icon().pixmap(24, 24).toImage() != icon


def test_a_desktop_without_the_setting_is_judged_by_its_colours(qapp: QApplication) -> None:
    if qapp.styleHints().colorScheme() != Qt.ColorScheme.Unknown:
        pytest.skip("THIS DESKTOP HAS THE SETTING")
    for dark in (True, False):
        qapp.setPalette(theme.palette(dark))
        theme.follow_system(qapp)
        assert (qapp.palette().color(Role.Window).lightness() < 128) == dark
