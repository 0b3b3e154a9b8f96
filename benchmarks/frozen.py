"""Shows that the window trains when PyInstaller has frozen it.

    pip install pyinstaller
    python benchmarks/frozen.py

builds a program of this file and runs it: it opens digitpad's window, presses Train by its keyboard
shortcut, prints the costs that the learning curves show and fails unless they fall. A program that
does the same without this driver is built with `pyinstaller_arguments` and digitpad/__main__.py.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
MINUTES = 5


def pyinstaller_arguments() -> list[str]:
    """Return what PyInstaller must know to freeze digitpad, beside the file to start with."""
    folders = [(REPOSITORY / name, f"digitpad/{name}") for name in ("models", "resources")]
    data = [f"--add-data={source}{os.pathsep}{target}" for source, target in folders]
    return [f"--paths={REPOSITORY}", *data]


def build_and_run() -> int:
    """Freeze this file, run it and return its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "PyInstaller", "--name=frozen", "--log-level=WARN"]
        folders = [f"--{kind}path={folder}/{kind}" for kind in ("dist", "work", "spec")]
        subprocess.run([*command, *folders, *pyinstaller_arguments(), __file__], check=True)
        settings = {"XDG_CONFIG_HOME": folder}  # the user's own stay as they are
        program = Path(folder, "dist", "frozen", "frozen")
        return subprocess.run([program], env=os.environ | settings).returncode


def drive() -> int:
    """Open the window, train by keyboard, and return 0 if the cost fell."""
    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QKeySequence
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QAbstractButton, QApplication

    from digitpad import app
    from digitpad.app.main_window import MainWindow
    from digitpad.app.perspectives import Perspective
    from digitpad.training.sgd import Progress

    application = QApplication(sys.argv)
    costs: list[float] = []

    def note(progress: Progress) -> None:
        if progress.epoch_end is not None:
            costs.append(progress.epoch_end.cost)
            print(f"epoch {progress.epoch_end.epoch}: cost {costs[-1]:.4f}", flush=True)
        if len(costs) == 3:
            application.exit()

    def window() -> MainWindow:
        (found,) = [each for each in application.topLevelWidgets() if isinstance(each, MainWindow)]
        return found

    def press_train() -> None:
        window().load_panels()
        panel = window().training_panel
        assert panel is not None
        panel.progressed.connect(note)
        button = panel.findChild(QAbstractButton, "train")
        assert button is not None
        window().activateWindow()  # a bare X server has nobody who does so
        QTest.qWaitForWindowActive(window())
        perspective = window().commands.perspectives[Perspective.TRAIN].shortcut()
        for shortcut in (perspective, QKeySequence.mnemonic(button.text())):
            QTest.keySequence(window(), shortcut)

    def leave() -> None:
        application.exit(1)

    QTimer.singleShot(1000, press_train)
    QTimer.singleShot(60_000 * MINUTES, leave)
    app.main()
    falls = len(costs) == 3 and costs[0] > costs[1] > costs[2]
    print("It trains." if falls else "It does not train.")
    return 0 if falls else 1


if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(drive() if getattr(sys, "frozen", False) else build_and_run())
