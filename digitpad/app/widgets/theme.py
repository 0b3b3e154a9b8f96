"""Every colour of the window: light and dark as the system is, and what each colour means."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette, QStyleHints
from PySide6.QtWidgets import QApplication

Role, Group = QPalette.ColorRole, QPalette.ColorGroup

# The accents are Okabe and Ito's blue and its lighter variant, which the bars and curves have, too.
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
# For outlines that must be seen on photographs.
LIGHT, DARK = QColor("#ffffff"), QColor("#0072b2")
# Of the outline on dark paper: the text's colour at this opacity over the window's.
_OUTLINE = 0.42
_FIELDS = ("QLineEdit", "QAbstractSpinBox", "QRadioButton", "QCheckBox")
_BUTTONS = ("QPushButton", "QToolButton", "QComboBox", "QSlider", "QProgressBar")
# What is disabled: the text colours at this opacity over the window's.
_DISABLED = 0.42
_TEXTS = (Role.WindowText, Role.Text, Role.ButtonText, Role.HighlightedText)


@dataclass(frozen=True)
class Colours:
    """What the colours mean that are not in the palette.

    They are Okabe and Ito's, which people with any colour vision tell apart, darker on light paper
    and lighter on dark; form always says the same as colour.

    Attributes
    ----------
    positive, negative : QColor
        Signed quantities: weights, contributions, errors.
    sure, ambiguous : QColor
        The bar of the digit that is read, and the bars of two that it could be.
    training, validation, rate : QColor
        The curves.
    correct, mistaken : QColor
        What was read as it is labelled, and what was not.
    warning : QColor
        A hint.
    invalid : QColor
        What cannot be used as it is.
    runs : tuple of QColor
        One for each run, in turn.
    """

    positive: QColor
    negative: QColor
    sure: QColor
    ambiguous: QColor
    training: QColor
    validation: QColor
    rate: QColor
    correct: QColor
    mistaken: QColor
    warning: QColor
    invalid: QColor
    runs: tuple[QColor, ...]


def _colours(blue: str, orange: str, green: str, vermilion: str, *others: str) -> Colours:
    return Colours(
        positive=QColor(blue),
        negative=QColor(orange),
        sure=QColor(blue),
        ambiguous=QColor(orange),
        training=QColor(blue),
        validation=QColor(orange),
        rate=QColor(green),
        correct=QColor(blue),
        mistaken=QColor(vermilion),
        warning=QColor(orange),
        invalid=QColor(vermilion),
        runs=tuple(map(QColor, (blue, orange, green, *others))),
    )


# Blue, orange, green, vermilion; purple, ochre, grey for more runs. By dark, high contrast.
_MEANINGS = {
    (False, False): _colours(
        "#0072b2", "#c04f00", "#00795b", "#c8401a", "#a2477e", "#8a6a00", "#5f6670"
    ),
    (True, False): _colours(
        "#56b4e9", "#f0a030", "#2cc295", "#ff8a5c", "#dc93c0", "#e6d84a", "#a9b0bb"
    ),
    (False, True): _colours(
        "#00477a", "#7a3000", "#004d39", "#8f1d00", "#6b2050", "#594400", "#33373d"
    ),
    (True, True): _colours(
        "#8fd3ff", "#ffc266", "#66e6bf", "#ffb399", "#ffb8e0", "#fff07a", "#d5dae2"
    ),
}
# Our own palettes' texts have 13 to 15 (of WCAG 2's 21); a system's for high contrast has 21.
_HIGH_CONTRAST = 19.5


def colours(palette: QPalette) -> Colours:
    """Return the colours that can be seen on a palette's paper."""
    return _MEANINGS[is_dark(palette), is_high_contrast(palette)]


def is_high_contrast(palette: QPalette) -> bool:
    """Whether a palette's text contrasts with its paper as only a system's high contrast does."""
    text, window = palette.color(Role.WindowText), palette.color(Role.Window)
    return contrast(text, window) > _HIGH_CONTRAST


def digit_colours(palette: QPalette) -> tuple[QColor, ...]:
    """Return a colour for each digit; ten can hardly be told apart, so the digit is shown too."""
    lightness = 0.68 if is_dark(palette) else 0.38
    return tuple(QColor.fromHslF(digit / 10, 0.65, lightness) for digit in range(10))


def run_colour(palette: QPalette, index: int) -> QColor:
    """Return the one colour that a run has everywhere."""
    runs = colours(palette).runs
    return runs[index % len(runs)]


def is_dark(palette: QPalette) -> bool:
    """Whether a palette has light text on dark paper."""
    # Not the window's colour: `use` gives some widgets another one.
    return palette.color(Role.Text).lightness() > palette.color(Role.Base).lightness()


def contrast(one: QColor, other: QColor) -> float:
    """Return WCAG 2's contrast of two colours, 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: QColor) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def on(colour: QColor) -> QColor:
    """Return black or white, whichever is easier to read on a colour."""
    return max((QColor("white"), QColor("black")), key=lambda text: contrast(text, colour))


def faded(colour: QColor, alpha: float) -> QColor:
    """Return a colour with this opacity, 0 to 1."""
    made = QColor(colour)
    made.setAlphaF(alpha)
    return made


def palette(dark: bool) -> QPalette:
    """Return the light or the dark palette."""
    made = QPalette()
    colours = _DARK if dark else _LIGHT
    for role, colour in colours.items():
        made.setColor(role, QColor(colour))
    window = QColor(colours[Role.Window])
    for role in _TEXTS:
        made.setColor(Group.Disabled, role, mixed(window, QColor(colours[Role.Text]), _DISABLED))
    made.setColor(Group.Disabled, Role.Highlight, QColor(colours[Role.Mid]))
    made.setColor(Group.Disabled, Role.Accent, QColor(colours[Role.Mid]))
    made.setColor(Group.Disabled, Role.Base, window)
    return made


def follow_system(application: QApplication) -> None:
    """Use the palette that the system's colour scheme asks for, now and whenever it changes.

    Who has chosen high contrast keeps the system's own colours.
    """
    hints = application.styleHints()

    def follow(scheme: Qt.ColorScheme) -> None:
        if _high_contrast(hints):
            use(application, QPalette(), high_contrast=True)
        else:
            use(application, palette(_wants_dark(scheme, application)))

    if not _high_contrast(hints):
        follow(hints.colorScheme())
    hints.colorSchemeChanged.connect(follow)
    accessibility = getattr(hints, "accessibility", None)  # since Qt 6.10
    if accessibility is not None:
        changed = accessibility().contrastPreferenceChanged
        changed.connect(lambda _: follow(hints.colorScheme()))


def use(application: QApplication, chosen: QPalette, *, high_contrast: bool = False) -> None:
    """Set the palette, and give what one types, ticks or presses an outline that is seen.

    Fusion draws that outline 1.4 times darker than the window, which on a dark one is invisible.
    The widgets that get another colour for it show nothing else in the window's colour.
    """
    application.setPalette(chosen)
    chosen = application.palette()
    if is_dark(chosen):
        window, ink = chosen.color(Role.Window), chosen.color(Role.WindowText)
        outline = mixed(window, ink, 0.9 if high_contrast else _OUTLINE)
        chosen.setColor(Role.Window, outline.lighter(140))
        for widget in (*_FIELDS, *(_BUTTONS if high_contrast else ())):
            application.setPalette(chosen, widget)


def _wants_dark(scheme: Qt.ColorScheme, application: QApplication) -> bool:
    if scheme == Qt.ColorScheme.Unknown:  # judge by what the desktop has painted
        return is_dark(application.palette())
    return scheme == Qt.ColorScheme.Dark


def _high_contrast(hints: QStyleHints) -> bool:
    accessibility = getattr(hints, "accessibility", None)  # since Qt 6.10
    if accessibility is None:
        return False
    return bool(accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast)


def mixed(under: QColor, over: QColor, opacity: float) -> QColor:
    """Return what one colour over another looks like, at an opacity from 0 to 1."""

    def mix(one: int, other: int) -> int:
        return round(one + (other - one) * opacity)

    return QColor(
        mix(under.red(), over.red()),
        mix(under.green(), over.green()),
        mix(under.blue(), over.blue()),
    )
