"""Light and dark, as the system is: two palettes with one accent colour."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette, QStyleHints
from PySide6.QtWidgets import QApplication

Role, Group = QPalette.ColorRole, QPalette.ColorGroup

# The accents are Okabe and Ito's blue and its lighter sister, which the bars and curves have, too.
_LIGHT = {
    Role.Window: "#f4f5f7",
    Role.WindowText: "#1c1f24",
    Role.Base: "#ffffff",
    Role.AlternateBase: "#eef0f3",
    Role.Text: "#1c1f24",
    Role.PlaceholderText: "#697180",
    Role.Button: "#eceef1",
    Role.ButtonText: "#1c1f24",
    Role.BrightText: "#ffffff",
    Role.Light: "#ffffff",
    Role.Midlight: "#e6e8ec",
    Role.Mid: "#c3c8d0",
    Role.Dark: "#a2a9b4",
    Role.Shadow: "#767c86",
    Role.Highlight: "#0072b2",
    Role.HighlightedText: "#ffffff",
    Role.Accent: "#0072b2",
    Role.Link: "#0064a0",
    Role.LinkVisited: "#6b4fa0",
    Role.ToolTipBase: "#ffffff",
    Role.ToolTipText: "#1c1f24",
}
_DARK = {
    Role.Window: "#22252b",
    Role.WindowText: "#e7e9ed",
    Role.Base: "#14161a",
    Role.AlternateBase: "#282c33",
    Role.Text: "#e7e9ed",
    Role.PlaceholderText: "#98a0ad",
    Role.Button: "#30343d",
    Role.ButtonText: "#e7e9ed",
    Role.BrightText: "#ffffff",
    Role.Light: "#4a505b",
    Role.Midlight: "#3a3f49",
    Role.Mid: "#444a55",
    Role.Dark: "#121417",
    Role.Shadow: "#08090b",
    Role.Highlight: "#56b4e9",
    Role.HighlightedText: "#0b1116",
    Role.Accent: "#56b4e9",
    Role.Link: "#7cc5ef",
    Role.LinkVisited: "#bba6e6",
    Role.ToolTipBase: "#2b2f37",
    Role.ToolTipText: "#e7e9ed",
}
# What is disabled: the text colours at this opacity over the window's.
_DISABLED = 0.42
_TEXTS = (Role.WindowText, Role.Text, Role.ButtonText, Role.HighlightedText)


def palette(dark: bool) -> QPalette:
    """Return the light or the dark palette."""
    made = QPalette()
    colours = _DARK if dark else _LIGHT
    for role, colour in colours.items():
        made.setColor(role, QColor(colour))
    window = QColor(colours[Role.Window])
    for role in _TEXTS:
        made.setColor(Group.Disabled, role, _mixed(window, QColor(colours[Role.Text]), _DISABLED))
    made.setColor(Group.Disabled, Role.Highlight, QColor(colours[Role.Mid]))
    made.setColor(Group.Disabled, Role.Accent, QColor(colours[Role.Mid]))
    made.setColor(Group.Disabled, Role.Base, window)
    return made


def follow_system(application: QApplication) -> None:
    """Use the palette that the system's colour scheme asks for, now and whenever it changes."""
    hints = application.styleHints()
    if _high_contrast(hints):
        return  # who has chosen colours that can be told apart keeps them
    scheme = hints.colorScheme()
    if scheme == Qt.ColorScheme.Unknown:  # what a desktop without the setting has painted
        text = application.palette().color(Role.WindowText)
        dark = text.lightness() > application.palette().color(Role.Window).lightness()
    else:
        dark = scheme == Qt.ColorScheme.Dark
    application.setPalette(palette(dark))
    hints.colorSchemeChanged.connect(
        lambda scheme: application.setPalette(palette(scheme == Qt.ColorScheme.Dark))
    )


def _high_contrast(hints: QStyleHints) -> bool:
    accessibility = getattr(hints, "accessibility", None)  # since Qt 6.10
    if accessibility is None:
        return False
    return bool(accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast)


def _mixed(under: QColor, over: QColor, opacity: float) -> QColor:
    def mix(one: int, other: int) -> int:
        return round(one + (other - one) * opacity)

    return QColor(
        mix(under.red(), over.red()),
        mix(under.green(), over.green()),
        mix(under.blue(), over.blue()),
    )
