"""Use the window for long, and measure what grows: memory, threads, descriptors, objects of Qt.

    python benchmarks/long_use.py [--strokes N] [--trainings N] [--loads N] [--minutes N] [--rows N]

Everything is done in the real window: strokes by mouse events on the canvas, trainings by clicks on
Train, models opened as from the File menu. Each part begins with a warm-up. It has kept a bound if
memory grew by less than 20 MB after that, and nothing else grew at all; the program ends with 1 if
one has not. Prints a table in Markdown; docs/reliability.md has its figures. With --rows 4 there
is a row for each quarter of the way: it tells whether the growth goes on. Needs Linux's /proc.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QLocale, QObject, QPointF, QSettings, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from digitpad.app import leave_processors_to_training, translations
from digitpad.app.main_window import MainWindow
from digitpad.app.perspectives import Perspective
from digitpad.app.session import Session
from digitpad.app.widgets import theme
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.training.hyperparameters import Hyperparameters

_MODELS = 10  # files that are opened in turn
_PATIENCE = 120.0  # seconds for one training
_TINY = Hyperparameters(hidden_layers=(5,), epochs=1, training_images=200, mini_batch_size=20)


class Usage(NamedTuple):
    """What the process uses."""

    megabytes: float
    threads: int
    descriptors: int
    widgets: int
    objects: int

    @classmethod
    def now(cls, window: MainWindow) -> Usage:
        """Measure, once everything that is under way has ended."""
        for _ in range(3):
            QTest.qWait(300)
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(
            pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
            len(os.listdir("/proc/self/task")),
            len(os.listdir("/proc/self/fd")),
            len(QApplication.allWidgets()),
            len(window.findChildren(QObject)),
        )


class Use:
    """Uses one window.

    Parameters
    ----------
    folder : Path
        For the models that it opens.
    most_megabytes : float
        By which memory may grow in each part.
    points : int
        Mouse events of a stroke, from the press to the release: 2 or more.
    page : int
        Strokes that are drawn before the page is cleared.
    rows : int
        Of the table, for each part.
    """

    def __init__(
        self, folder: Path, most_megabytes: float, points: int, page: int, rows: int
    ) -> None:
        self.most_megabytes, self.rows = most_megabytes, rows
        self._points, self._page = points, page
        self.window = MainWindow(Session())
        self.window.resize(1100, 760)
        self.window.show()
        self.window.load_panels()
        self.window.perspectives.switch(Perspective.TRAIN)
        assert self.window.training_panel is not None
        self.panel = self.window.training_panel
        self.panel.form.set_values(_TINY)
        self._random = np.random.default_rng(0)
        self._files = [folder / f"{number}.npz" for number in range(_MODELS)]
        for number, path in enumerate(self._files):
            network = Network((784, 20 + number, 10), seed=number)
            model_file.save(path, Model(network, {"name": path.stem}))

    def stroke(self, number: int) -> None:
        """Draw a stroke by the mouse; now and then begin another page, or undo."""
        canvas = self.window.canvas
        kinds, buttons = QEvent.Type, Qt.MouseButton
        corners = self._random.uniform(0.2, 0.8, (2, 2)) * (canvas.width(), canvas.height())
        points = np.linspace(corners[0], corners[1], self._points)
        for index, (x, y) in enumerate(points.tolist()):
            kind, button, held = kinds.MouseMove, buttons.NoButton, buttons.LeftButton
            if index == 0:
                kind, button = kinds.MouseButtonPress, buttons.LeftButton
            elif index == self._points - 1:
                kind, button, held = kinds.MouseButtonRelease, held, buttons.NoButton
            at = QPointF(x, y)
            everywhere = QPointF(canvas.mapToGlobal(at))
            keys = Qt.KeyboardModifier.NoModifier
            event = QMouseEvent(kind, at, everywhere, everywhere, button, held, keys)
            QApplication.sendEvent(canvas, event)
        QApplication.processEvents()
        if number % self._page == self._page - 1:
            self.window.commands.clear.trigger()
        elif number % 50 == 0:
            self.window.commands.undo.trigger()

    def training(self, number: int) -> None:
        """Train a tiny network by a click on Train; the run before is deleted for good."""
        before = [card for card in self.window.shelf.cards() if self.window.shelf.run(card.id)]
        QTest.mouseClick(self.panel.controls.train, Qt.MouseButton.LeftButton)
        begun = time.monotonic()
        while self.panel.is_training():
            QTest.qWait(5)
            if time.monotonic() - begun > _PATIENCE:
                raise TimeoutError(f"training {number} does not end")
        for card in before:
            if card.id not in self._opened():
                self.window.shelf.delete(card.id)

    def _opened(self) -> set[str]:
        store = self.window.shelf.store
        return {run.id for run in store.runs() if run.path is not None}

    def load(self, number: int) -> None:
        """Open a model's file."""
        assert self.window.documents.open(self._files[number % _MODELS])
        QApplication.processEvents()


def measure(
    use: Use, most: float, name: str, do: Callable[[int], None], count: int, warm_up: int
) -> bool:
    """Do something often, print its rows of the table, and return whether the bounds were kept.

    It is done `count` times, or as often as `most` seconds allow.
    """
    for number in range(warm_up):
        do(number)
    before = Usage.now(use.window)
    started = time.monotonic()
    done = 0
    kept = True
    for row in range(1, use.rows + 1):
        while done < count * row // use.rows and time.monotonic() - started < most:
            do(warm_up + done)
            done += 1
        seconds = time.monotonic() - started
        after = Usage.now(use.window)
        _say(name, done, before, after, seconds)
        same = all(b <= a for a, b in zip(before[1:], after[1:], strict=True))
        kept = kept and same and after.megabytes - before.megabytes < use.most_megabytes
    return kept


def _say(name: str, done: int, before: Usage, after: Usage, seconds: float) -> None:
    grown = after.megabytes - before.megabytes
    counts = " | ".join(f"{a} → {b}" for a, b in zip(before[1:], after[1:], strict=True))
    print(f"| {name} | {done:,} | {grown:+.1f} MB | {counts} | {seconds:.0f} s |", flush=True)


def main() -> int:
    """Do everything, one part after the other."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--strokes", type=int, default=100_000)
    parser.add_argument("--points", type=int, default=5, help="mouse events of a stroke")
    parser.add_argument("--page", type=int, default=8, help="strokes before the page is cleared")
    parser.add_argument("--trainings", type=int, default=200)
    parser.add_argument("--loads", type=int, default=1000)
    parser.add_argument("--warm-up", type=int, default=1500, help="strokes before the measurement")
    parser.add_argument("--first-trainings", type=int, default=60, help="and trainings likewise")
    parser.add_argument("--megabytes", type=float, default=20, help="by which memory may grow")
    parser.add_argument("--rows", type=int, default=1, help="of the table, for each part")
    parser.add_argument("--minutes", type=float, default=1e9, help="that each part may take")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_DATA_HOME"] = name
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, name)
        QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
        application = QApplication(["digitpad"])
        application.setStyle("Fusion")
        theme.follow_system(application)
        translations.install(application)
        leave_processors_to_training()
        use = Use(Path(name), arguments.megabytes, arguments.points, arguments.page, arguments.rows)
        print("| what | times | memory | threads | descriptors | widgets | objects | time |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|")
        parts = (
            ("strokes", use.stroke, arguments.strokes, arguments.warm_up),
            ("trainings", use.training, arguments.trainings, arguments.first_trainings),
            ("models opened", use.load, arguments.loads, 2 * _MODELS),
        )
        kept = [measure(use, 60 * arguments.minutes, *part) for part in parts if part[2]]
        for card in use.window.shelf.cards():  # so that closing asks nothing
            if card.id.startswith("unsaved"):
                use.window.shelf.delete(card.id)
        use.window.close()
    return 0 if all(kept) else 1


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.exit(main())
