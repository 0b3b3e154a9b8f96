"""What tests share: a window without a screen, settings of its own, and answers to questions."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QApplication, QDialog, QWidget
    from pytestqt.qtbot import QtBot

    from digitpad.app.drawing.canvas import Canvas
    from digitpad.app.main_window import MainWindow

if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
    os.environ["QT_QPA_PLATFORM"] = "offscreen"


def pytest_configure() -> None:
    """Let Ctrl+C interrupt the programs that tests start, even from tests in the background.

    A shell makes what it runs with & ignore it, and so does every program started from there.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _settings(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Keep settings and data of tests with a window apart from the user's and each other's."""
    if "qtbot" not in request.fixturenames:
        yield
        return
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    from PySide6.QtCore import QLocale, QSettings

    before = QSettings.defaultFormat()
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path))
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    yield
    QSettings.setDefaultFormat(before)
    _delete_closed_windows()


def _delete_closed_windows() -> None:
    """Free what a test has closed: Qt would wait for an event loop, Python for its own time.

    Hundreds of windows would pile up until then, each with a network of 12 MB; and every event for
    the whole application, such as a palette, goes to each of them.
    """
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    had_window = any(each.inherits("QMainWindow") for each in QApplication.topLevelWidgets())
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if had_window:
        gc.collect()


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> Iterator[QApplication]:
    """The application, with the plural forms of English."""
    from digitpad.app import translations

    translations.install(qapp)
    yield qapp
    # Without a screen, the clipboard's content is destroyed after Python has ended: a crash.
    qapp.clipboard().clear()


def close_without_questions(window: MainWindow) -> None:
    """Stop a training and forget unsaved runs, so that closing asks nothing."""
    if window.training_panel is not None:
        window.training_panel.stop_and_wait()
    for card in window.shelf.cards():
        if card.id.startswith("unsaved"):
            window.shelf.delete(card.id)


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    """The whole window, with a small untrained network."""
    from digitpad.app.main_window import MainWindow
    from digitpad.app.perspectives import Perspective
    from digitpad.app.session import Session
    from digitpad.nn.model_file import Model
    from digitpad.nn.network import Network

    window = MainWindow(Session(Model(Network((784, 12, 10), seed=1), {"name": "small"})))
    qtbot.addWidget(window, before_close_func=close_without_questions)
    window.resize(1100, 760)
    window.show()
    qtbot.waitExposed(window)
    window.load_panels()
    window.perspectives.switch(Perspective.TRAIN)
    return window


@pytest.fixture
def hovered(qtbot: QtBot) -> Callable[[QWidget, QPoint], str]:
    """A way to rest the mouse on a place of a widget, which returns the tip that comes up."""
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QHelpEvent
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication, QToolTip

    def hover(widget: QWidget, at: QPoint) -> str:
        QTest.mouseMove(widget, at)
        tips = [""]

        def comes_up() -> bool:
            # Asked for anew each time: whatever happens to the desktop's windows hides a tip.
            asked = QHelpEvent(QEvent.Type.ToolTip, at, widget.mapToGlobal(at))
            QApplication.sendEvent(widget, asked)
            tips.append(QToolTip.text())
            return bool(tips[-1])

        qtbot.waitUntil(comes_up)
        QToolTip.hideText()
        return tips[-1]

    return hover


@pytest.fixture
def answer_dialog(qtbot: QtBot) -> Callable[[Callable[[QDialog], object]], list[str]]:
    """A way to answer the next modal dialog: give what to do with it, get what it said.

    The list gets the dialog's text when it comes. A dialog that does not go away by the answer is
    closed, so that no test hangs.
    """
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QDialog, QMessageBox
    from shiboken6 import isValid

    def prepare(answer: Callable[[QDialog], object]) -> list[str]:
        said: list[str] = []

        def look(tries: int = 200) -> None:
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, QDialog):
                if tries:
                    QTimer.singleShot(10, lambda: look(tries - 1))
                return
            said.append(dialog.text() if isinstance(dialog, QMessageBox) else dialog.windowTitle())
            try:
                answer(dialog)
            finally:
                QTimer.singleShot(0, lambda: dialog.close() if isValid(dialog) else None)

        QTimer.singleShot(0, look)
        return said

    return prepare


def click(name: str) -> Callable[[QDialog], None]:
    """Return an answer for `answer_dialog`: click the button of this text."""
    from PySide6.QtWidgets import QMessageBox

    def answer(dialog: QDialog) -> None:
        assert isinstance(dialog, QMessageBox)
        buttons = {button.text().replace("&", ""): button for button in dialog.buttons()}
        buttons[name].click()

    return answer


def draw(canvas: Canvas, *strokes: ArrayLike) -> None:
    """Draw strokes by mouse events at positions (k, 2) in the canvas, fractions of pixels too."""
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

    def send(
        kind: QEvent.Type, at: np.ndarray, button: Qt.MouseButton, held: Qt.MouseButton
    ) -> None:
        local = QPointF(float(at[0]), float(at[1]))
        everywhere = QPointF(canvas.mapToGlobal(local))
        event = QMouseEvent(
            kind, local, everywhere, everywhere, button, held, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(canvas, event)

    for stroke in strokes:
        points = np.asarray(stroke, dtype=np.float64)
        send(QEvent.Type.MouseButtonPress, points[0], left, left)
        for point in points[1:]:
            send(QEvent.Type.MouseMove, point, none, left)
        send(QEvent.Type.MouseButtonRelease, points[-1], left, none)


def images_file(path: Path, n: int) -> Path:
    """Write a data set of n images of noise, the ten labels in turn."""
    generator = np.random.default_rng(0)
    np.savez(
        path,
        images=generator.integers(0, 256, (n, 28, 28), dtype=np.uint8),
        labels=np.arange(n) % 10,
    )
    return path
