"""Take README's screenshots from the real program, or pictures of every kind of screen.

    python benchmarks/screenshots.py [--folder DIR]
    python benchmarks/screenshots.py --screens DIR [--only NAME]

Digits are drawn with mouse events and trainings are started with clicks. `--screens` shows each
perspective on small, large and finely resolved screens, dark, with high contrast, as people with
deuteranopia see it, and in German; it fails if the window is larger than a screen.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import (
    QBuffer,
    QEvent,
    QEventLoop,
    QIODevice,
    QLocale,
    QPointF,
    QSettings,
    Qt,
    QTimer,
)
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox

from digitpad.app import translations
from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from digitpad.app.session import Session
from digitpad.app.understand.panel import View
from digitpad.app.understand.step_view import StepView
from digitpad.app.widgets import theme

SIZE = (1366, 768)
LARGEST = 700_000  # bytes
LARGEST_FILM = 5_000_000  # bytes
_FILM_WIDTH = 1000  # pixels
_FRAMES = 45
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

# Corners of strokes in a square from −1 to 1, which curves join.
FIVE = [
    [(0.45, -0.72), (0.1, -0.74), (-0.28, -0.7), (-0.3, -0.68)],
    [
        *[(-0.3, -0.7), (-0.34, -0.42), (-0.38, -0.12), (-0.16, -0.24), (0.12, -0.24)],
        *[(0.4, -0.02), (0.47, 0.28), (0.33, 0.58), (0.02, 0.74), (-0.3, 0.68), (-0.47, 0.5)],
    ],
]
THREE = [
    [
        *[(-0.38, -0.58), (-0.14, -0.76), (0.16, -0.76), (0.38, -0.56), (0.32, -0.26)],
        *[(0.08, -0.08), (-0.1, -0.04), (0.16, 0.0), (0.42, 0.2), (0.44, 0.5), (0.2, 0.74)],
        *[(-0.14, 0.78), (-0.42, 0.6)],
    ],
]


class Look(Enum):
    """How the screen shows colours."""

    LIGHT = "light"
    DARK = "dark"
    HIGH_CONTRAST = "high contrast"
    DEUTERANOPIA = "deuteranopia"


@dataclass(frozen=True)
class Screen:
    """A screen: the room that the window has on it in logical pixels, and how it shows them."""

    width: int
    height: int
    scale: int = 1
    look: Look = Look.LIGHT
    german: bool = False


_EXPLAINED_AFTER = 2.0  # seconds, in which a view of Understand computes
_BARS = 30  # logical pixels that a desktop keeps for the window's title
SCREENS = {
    "1366x768": Screen(1366, 768),
    "1280x720": Screen(1280, 720),
    "640x520": Screen(640, 520),
    "1366x768-at-200": Screen(683, 384, 2),
    "3840x2160": Screen(3840, 2160),
    "3840x2160-at-200": Screen(1920, 1080, 2),
    "dark": Screen(1366, 768, look=Look.DARK),
    "high-contrast": Screen(1366, 768, look=Look.HIGH_CONTRAST),
    "deuteranopia": Screen(1366, 768, look=Look.DEUTERANOPIA),
    "german": Screen(1366, 768, german=True),
}
# Viénot, Brettel and Mollon, "Digital video colourmaps for checking the legibility of displays by
# dichromats" (1999), on linear RGB.
_DEUTERANOPIA = np.array(
    [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]
)
Corners = Sequence[Sequence[tuple[float, float]]]


def curve(corners: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Return points (k, 2) along a Catmull-Rom spline through the corners."""
    p = np.array([corners[0], *corners, corners[-1]])
    t = np.linspace(0, 1, 16, endpoint=False)[:, None]
    parts = [
        0.5
        * (
            2 * b
            + (c - a) * t
            + (2 * a - 5 * b + 4 * c - d) * t**2
            + (3 * b - a - 3 * c + d) * t**3
        )
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False)
    ]
    return np.concatenate([*parts, p[-1:]])


def wait(seconds: float) -> None:
    """Run the event loop."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def wait_until(happened: Callable[[], bool]) -> None:
    """Run the event loop until something has happened."""
    while not happened():
        wait(0.02)


def draw(window: MainWindow, digit: Corners) -> None:
    """Clear the canvas and draw a digit with the mouse."""
    canvas = window.canvas
    window.commands.clear.trigger()
    middle = np.array([canvas.width(), canvas.height()]) / 2
    for corners in digit:
        points = middle + curve(corners) * 0.46 * min(canvas.width(), canvas.height())
        _mouse(window, QEvent.Type.MouseButtonPress, points[0], LEFT, LEFT)
        for point in points[1:]:
            _mouse(window, QEvent.Type.MouseMove, point, NONE, LEFT)
        _mouse(window, QEvent.Type.MouseButtonRelease, points[-1], LEFT, NONE)
    wait(0.1)


def _mouse(
    window: MainWindow,
    kind: QEvent.Type,
    at: NDArray[np.float64],
    button: Qt.MouseButton,
    held: Qt.MouseButton,
) -> None:
    here = QPointF(float(at[0]), float(at[1]))
    there = QPointF(window.canvas.mapToGlobal(here))
    event = QMouseEvent(kind, here, there, there, button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window.canvas, event)


def train(window: MainWindow, preset: str, epochs: int) -> None:
    """Choose a preset and train for some epochs, by mouse and keyboard."""
    panel = window.training_panel
    plot = window.curves
    assert panel is not None
    assert plot is not None
    box = panel.findChild(QComboBox, "preset")
    button = panel.findChild(QAbstractButton, "train")
    stop = panel.findChild(QAbstractButton, "stop")
    assert box is not None
    assert button is not None
    assert stop is not None
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    while box.currentData() != preset:
        QTest.keyClick(box, Qt.Key.Key_Down)
    runs = len(plot.runs)
    QTest.mouseClick(button, LEFT)
    wait_until(lambda: len(plot.runs) > runs)
    run = plot.runs[-1]
    wait_until(lambda: len(run.epochs) >= epochs)
    wait(0.3)
    if panel.is_training():
        QTest.mouseClick(stop, LEFT)
        wait_until(lambda: not panel.is_training())
    wait(0.3)


def birth(window: MainWindow, path: Path) -> None:
    """Record the first seconds of a training as an animated picture."""
    panel = window.training_panel
    assert panel is not None
    button = panel.findChild(QAbstractButton, "train")
    stop = panel.findChild(QAbstractButton, "stop")
    assert button is not None
    assert stop is not None
    frames: list[Image.Image] = []

    def take() -> None:
        image = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        image = image.scaledToWidth(_FILM_WIDTH, Qt.TransformationMode.SmoothTransformation)
        rows = np.frombuffer(bytes(image.constBits()), np.uint8)
        pixels = rows.reshape(image.height(), image.bytesPerLine())[:, : 3 * image.width()]
        frames.append(Image.fromarray(pixels.reshape(image.height(), image.width(), 3)))

    QTest.mouseClick(button, LEFT)
    wait_until(lambda: window.network_panel.view.shown() is not None)
    for _ in range(_FRAMES):
        take()
        wait(0.15)
    QTest.mouseClick(stop, LEFT)
    wait_until(lambda: not panel.is_training())
    take()
    palette = frames[-1].quantize(96)
    small = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    times = [120] * (len(small) - 1) + [2500]
    small[0].save(path, save_all=True, append_images=small[1:], duration=times, loop=0)
    size = path.stat().st_size
    if size > LARGEST_FILM:
        raise SystemExit(f"{path.name} has {size:,} bytes; at most {LARGEST_FILM:,} may be.")
    print(f"{path.name}: {size:,} bytes")


def save(window: MainWindow, path: Path) -> None:
    """Save a picture of the window, with fewer colours if the file would be too large."""
    wait(0.2)
    image = window.grab().toImage()
    data = _png(image)
    if len(data) > LARGEST:
        data = _png(image.convertToFormat(QImage.Format.Format_Indexed8))
    if len(data) > LARGEST:
        raise SystemExit(f"{path.name} would have {len(data):,} bytes; at most {LARGEST:,} may be.")
    path.write_bytes(data)
    print(f"{path.name}: {len(data):,} bytes")


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG", 0)  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def show(dark: bool | None, size: tuple[int, int] = SIZE) -> MainWindow:
    """Open the window, dark or light, or with high contrast: None."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    if dark is None:
        theme.use(application, high_contrast(), high_contrast=True)
    else:
        theme.use(application, theme.palette(dark))
    window = MainWindow(Session())
    window.show()
    window.resize(*size)
    window.load_panels()
    window.perspectives.reset()  # there is no screen to have arranged the views for
    wait(0.5)
    return window


def high_contrast() -> QPalette:
    """Return a palette like those of a desktop set to high contrast."""
    palette = QPalette(QColor("#000000"), QColor("#000000"))
    for role in (QPalette.ColorRole.Base, QPalette.ColorRole.AlternateBase):
        palette.setColor(role, QColor("#000000"))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
        QPalette.ColorRole.Mid,
        QPalette.ColorRole.PlaceholderText,
    ):
        palette.setColor(role, QColor("#ffffff"))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#808080"))
    palette.setColor(QPalette.ColorRole.Highlight, QColor("#ffff00"))
    palette.setColor(QPalette.ColorRole.HighlightedText, QColor("#000000"))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#a6a6a6"))
    return palette


def without_green(image: QImage) -> QImage:
    """Return a picture as people see it whose eyes have no receptors for green."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(bytes(image.constBits()), np.uint8)
    rows = rows.reshape(image.height(), image.bytesPerLine())[:, : 3 * image.width()]
    linear = (rows.reshape(image.height(), image.width(), 3) / 255) ** 2.2
    seen = np.clip(linear @ _DEUTERANOPIA.T, 0, 1) ** (1 / 2.2)
    data = np.ascontiguousarray((255 * seen).round().astype(np.uint8))
    height, width, _ = data.shape
    made = QImage(data.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    return made.copy()


def show_screen(name: str, folder: Path) -> list[str]:
    """Save a picture of each perspective and explanation; return what does not fit on a screen."""
    screen = SCREENS[name]
    dark = None if screen.look is Look.HIGH_CONTRAST else screen.look is Look.DARK
    window = show(dark, (screen.width, screen.height - _BARS))
    draw(window, THREE)
    window.perspectives.switch(Perspective.TRAIN)
    train(window, "nielsen-1", epochs=1)
    problems = []
    for perspective in Perspective:
        window.perspectives.switch(perspective)
        wait(0.3)
        if perspective is Perspective.DRAW:
            draw(window, FIVE)
        _take(window, screen, folder / f"{name}-{perspective}.png")
        if perspective is Perspective.UNDERSTAND:
            window.docks["explanation"].raise_()
            for view in View:
                window.understand.show_view(view)
                wait(_EXPLAINED_AFTER)
                _take(window, screen, folder / f"{name}-{view.name.lower()}.png")
        if window.width() > screen.width or window.height() > screen.height - _BARS:
            size = f"{window.width()} x {window.height()}"
            problems.append(f"{name}, {perspective}: the window takes {size}")
    window.close()
    return problems


def _take(window: MainWindow, screen: Screen, path: Path) -> None:
    """Save a picture of the window as a screen shows it."""
    image = window.grab().toImage()
    if screen.look is Look.DEUTERANOPIA:
        image = without_green(image)
    image.save(str(path))


def show_screens(folder: Path, names: Sequence[str]) -> None:
    """Make the pictures of all screens, each in a process of its own: Qt scales all or nothing."""
    failed = False
    for name in names:
        environment = os.environ | {"QT_SCALE_FACTOR": str(SCREENS[name].scale)}
        command = [sys.executable, __file__, "--screens", str(folder), "--only", name, "--here"]
        failed |= subprocess.run(command, env=environment, check=False).returncode != 0
    if failed:
        raise SystemExit(1)


def main() -> None:
    """Make all screenshots."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    here = Path(__file__).resolve().parent / "screenshots"
    parser.add_argument("--folder", type=Path, default=here)
    parser.add_argument("--screens", type=Path, help="pictures of every kind of screen go here")
    parser.add_argument("--only", choices=SCREENS, help="of one kind of screen")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder: Path = options.screens or options.folder
    folder.mkdir(exist_ok=True, parents=True)
    if options.screens and not options.here:
        show_screens(folder, [options.only] if options.only else list(SCREENS))
        return
    if options.screens and SCREENS[options.only].german:
        QLocale.setDefault(QLocale(QLocale.Language.German))
    application = QApplication(["digitpad"])
    application.setStyle("Fusion")
    application.setQuitOnLastWindowClosed(False)
    with tempfile.TemporaryDirectory() as home:
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, home)
        os.environ["XDG_DATA_HOME"] = home
        translations.install(application)
        if options.screens:
            problems = show_screen(options.only, folder)
            print("\n".join(problems) or f"{options.only}: fits", flush=True)
            sys.exit(bool(problems))
        for dark, digit, name in ((False, FIVE, "window.png"), (True, THREE, "window-dark.png")):
            window = show(dark)
            draw(window, digit)
            save(window, folder / name)
            window.close()
        window = show(dark=False)
        window.perspectives.switch(Perspective.TRAIN)
        draw(window, THREE)
        birth(window, folder / "birth.gif")
        train(window, "nielsen-1", epochs=3)
        save(window, folder / "training.png")
        window.perspectives.switch(Perspective.UNDERSTAND)
        window.understand.show_view(View.STEP)
        step = window.understand.findChild(StepView)
        assert step is not None
        for _ in range(5):
            QTest.mouseClick(step.next, LEFT)
        wait(0.5)
        save(window, folder / "understand.png")
        window.close()


if __name__ == "__main__":
    main()
