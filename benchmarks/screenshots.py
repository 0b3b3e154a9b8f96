"""Take README's screenshots from the real program.

    python benchmarks/screenshots.py [--folder DIR]

Digits are drawn with mouse events and trainings are started with clicks.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QEvent, QEventLoop, QIODevice, QPointF, QSettings, Qt, QTimer
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QTabBar

from digitpad.app.main_window import MainWindow
from digitpad.app.session import Session
from digitpad.app.widgets import theme

SIZE = (1180, 780)
LARGEST = 250_000  # bytes
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
    window.clear_action.trigger()
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
    window.session.modified = False  # nobody is there to answer the question
    box = panel.findChild(QComboBox, "preset")
    button = panel.findChild(QAbstractButton, "train")
    stop = panel.findChild(QAbstractButton, "stop")
    assert box is not None
    assert button is not None
    assert stop is not None
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    while box.currentText() != preset:
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


def show(dark: bool) -> MainWindow:
    """Open the window."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    application.setPalette(theme.palette(dark))
    window = MainWindow(Session())
    window.resize(*SIZE)
    window.show()
    window.load_panels()
    wait(0.5)
    return window


def main() -> None:
    """Make all screenshots."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    here = Path(__file__).resolve().parent / "screenshots"
    parser.add_argument("--folder", type=Path, default=here)
    folder: Path = parser.parse_args().folder
    folder.mkdir(exist_ok=True)
    application = QApplication(["digitpad"])
    application.setStyle("Fusion")
    application.setQuitOnLastWindowClosed(False)
    with tempfile.TemporaryDirectory() as home:
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, home)
        for dark, digit, name in ((False, FIVE, "window.png"), (True, THREE, "window-dark.png")):
            window = show(dark)
            draw(window, digit)
            save(window, folder / name)
            window.close()
        window = show(dark=False)
        draw(window, FIVE)
        train(window, "nielsen-1", epochs=5)
        train(window, "quick", epochs=6)
        assert window.curves is not None
        tabs = window.curves.findChild(QTabBar, "quantity")
        assert tabs is not None
        tabs.setCurrentIndex(1)
        save(window, folder / "training.png")
        window.session.modified = False
        window.close()


if __name__ == "__main__":
    main()
