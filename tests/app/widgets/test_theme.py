"""Light and dark: the palettes, and that the window follows the system."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from digitpad.app.main_window import MainWindow
from digitpad.app.widgets import theme

Role = QPalette.ColorRole


@pytest.fixture(autouse=True)
def _own_palette(qapp: QApplication) -> Iterator[None]:
    before = qapp.palette()
    yield
    qapp.setPalette(before)


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
    assert theme.contrast(palette.color(text), palette.color(ground)) >= 4.5


def test_what_is_disabled_is_fainter() -> None:
    for dark in (False, True):
        palette = theme.palette(dark)
        window = palette.color(Role.Window)
        disabled = palette.color(QPalette.ColorGroup.Disabled, Role.WindowText)
        assert (
            theme.contrast(disabled, window)
            < theme.contrast(palette.color(Role.WindowText), window) / 2
        )


def outline_contrast(widget: QWidget, ground: QColor) -> float:
    """Return the contrast of the strongest pixel on the way from the left edge into a widget."""
    image = widget.grab().toImage()
    middle = image.height() // 2
    return max(theme.contrast(image.pixelColor(x, middle), ground) for x in range(3))


@pytest.mark.parametrize("high_contrast", [False, True])
def test_what_one_types_ticks_or_presses_has_an_outline_in_the_dark(
    qapp: QApplication, qtbot: QtBot, high_contrast: bool
) -> None:
    dark = theme.palette(dark=True)
    theme.use(qapp, dark, high_contrast=high_contrast)
    page = QWidget()
    qtbot.addWidget(page)
    layout = QVBoxLayout(page)
    widgets = [QLineEdit(), QRadioButton(), QCheckBox()]
    widgets += [QPushButton()] if high_contrast else []
    for widget in widgets:
        layout.addWidget(widget)
    page.show()
    for widget in widgets:
        wanted = 4.5 if high_contrast else 3
        assert outline_contrast(widget, dark.color(Role.Window)) >= wanted, widget
        assert theme.is_dark(widget.palette())  # so it takes the colours for dark paper


def test_the_window_follows_the_system_between_light_and_dark(
    qapp: QApplication, qtbot: QtBot, window: MainWindow
) -> None:
    theme.follow_system(qapp)
    hints = qapp.styleHints()

    def lightness() -> int:
        return window.grab().toImage().pixelColor(3, window.height() // 2).lightness()

    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    qtbot.waitUntil(lambda: lightness() < 60)
    icon = window.commands.undo.icon().pixmap(24, 24).toImage()
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    qtbot.waitUntil(lambda: lightness() > 200)
    assert window.commands.undo.icon().pixmap(24, 24).toImage() != icon


def test_a_desktop_without_the_setting_is_judged_by_its_colours(qapp: QApplication) -> None:
    if qapp.styleHints().colorScheme() != Qt.ColorScheme.Unknown:
        pytest.skip("THIS DESKTOP HAS THE SETTING")
    for dark in (True, False):
        qapp.setPalette(theme.palette(dark))
        theme.follow_system(qapp)
        assert (qapp.palette().color(Role.Window).lightness() < 128) == dark


class Desktop:
    """What `follow_system` asks an application for, with a contrast that a test chooses."""

    def __init__(self) -> None:
        self.contrast = Qt.ContrastPreference.NoPreference
        self.scheme = Qt.ColorScheme.Light
        self.palettes: list[QPalette] = []
        self.changed: list[Callable[..., None]] = []

    def styleHints(self) -> Desktop:
        return self

    accessibility = styleHints

    def colorScheme(self) -> Qt.ColorScheme:
        return self.scheme

    def contrastPreference(self) -> Qt.ContrastPreference:
        return self.contrast

    def setPalette(self, palette: QPalette, widget: str = "") -> None:
        if not widget:
            self.palettes.append(palette)

    def palette(self) -> QPalette:
        return QPalette(self.palettes[-1])

    @property
    def colorSchemeChanged(self) -> Desktop:
        return self

    contrastPreferenceChanged = colorSchemeChanged

    def connect(self, slot: Callable[..., None]) -> None:
        self.changed.append(slot)


def test_high_contrast_keeps_the_desktops_colours() -> None:
    desktop = Desktop()
    desktop.contrast = Qt.ContrastPreference.HighContrast
    theme.follow_system(cast(QApplication, desktop))
    assert desktop.palettes == []
    desktop.contrast = Qt.ContrastPreference.NoPreference
    desktop.changed[1](desktop.contrast)
    assert desktop.palettes[-1] == theme.palette(dark=False)
    desktop.contrast = Qt.ContrastPreference.HighContrast
    desktop.changed[1](desktop.contrast)
    assert desktop.palettes[-1] == QPalette()
    desktop.changed[0](Qt.ColorScheme.Dark)
    assert desktop.palettes[-1] == QPalette()


def high_contrast(dark: bool) -> QPalette:
    palette = QPalette()
    paper, ink = ("black", "white") if dark else ("white", "black")
    for role in (Role.Window, Role.Base):
        palette.setColor(role, QColor(paper))
    for role in (Role.Button, Role.AlternateBase):
        palette.setColor(role, QColor(paper))
    for role in (Role.WindowText, Role.Text, Role.ButtonText, Role.PlaceholderText):
        palette.setColor(role, QColor(ink))
    palette.setColor(Role.Highlight, QColor("yellow" if dark else "navy"))
    palette.setColor(Role.HighlightedText, QColor(paper))
    return palette


@pytest.mark.parametrize("dark", [False, True])
def test_every_meaning_has_a_colour_that_can_be_seen(dark: bool) -> None:
    ordinary, strong = theme.palette(dark), high_contrast(dark)
    for palette, enough in ((ordinary, 3.0), (strong, 7.0)):
        meanings = theme.colours(palette)
        for name, colour in vars(meanings).items():
            for each in colour if isinstance(colour, tuple) else (colour,):
                for paper in (Role.Window, Role.Base):
                    assert theme.contrast(each, palette.color(paper)) >= enough, name


@pytest.mark.parametrize("dark", [False, True])
def test_a_button_has_the_same_colours_as_the_rest_of_the_window(
    qapp: QApplication, qtbot: QtBot, dark: bool
) -> None:
    theme.use(qapp, high_contrast(dark), high_contrast=True)
    button = QToolButton()
    qtbot.addWidget(button)
    assert theme.colours(button.palette()) == theme.colours(high_contrast(dark))


@pytest.mark.parametrize("dark", [False, True])
def test_blue_and_orange_are_told_apart_without_red_or_green(dark: bool) -> None:
    meanings = theme.colours(theme.palette(dark))
    for one, other in (
        (meanings.positive, meanings.negative),
        (meanings.training, meanings.validation),
        (meanings.correct, meanings.mistaken),
    ):
        assert abs(one.blue() - other.blue()) > 90
