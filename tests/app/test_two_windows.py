"""Windows of two real processes on the same settings and the same data: neither loses anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from digitpad.drawing.strokes import read_strokes
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="XDG folders, SIGKILL")

PATIENCE = 120.0  # seconds

# The program itself; it evaluates each line of its input and prints the value.
PROGRAM = """
import json, os, sys, traceback
from pathlib import Path
from PySide6.QtCore import QSocketNotifier, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
import digitpad.app
from digitpad.app.main_window import MainWindow
from tests.conftest import draw
app = QApplication([])
def window():
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))
def begin():
    window().settings.setValue("first_steps_done", True)
    window().load_panels()
def ink(digit):
    draw(window().canvas, [[120, 90], [150, 92], [180, 90], [150, 200]])
    QTest.keyClick(window().canvas, Qt.Key(Qt.Key.Key_0.value + digit))
def train(epochs, images=500):
    panel = window().training_panel
    chosen = panel.hyperparameters()
    tiny = chosen.replace(hidden_layers=(5,), epochs=epochs, training_images=images)
    panel.form.set_values(tiny)
    panel.start()
def cards():
    window().shelf.refresh()
    return {card.id: card.status.value for card in window().shelf.cards()[1:]}
def obey():
    line = sys.stdin.readline()
    if line:
        try:
            print(json.dumps(eval(line)), flush=True)
        except Exception:  # otherwise the test would wait for an answer
            traceback.print_exc()
            os._exit(1)
    else:
        commands.setEnabled(False)
commands = QSocketNotifier(0, QSocketNotifier.Type.Read)
commands.activated.connect(obey)
commands.setEnabled(False)
QTimer.singleShot(500, lambda: (begin(), commands.setEnabled(True)))
sys.exit(digitpad.app.main())
"""


class Running:
    """A window in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, expression: str) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(expression + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def wait_for(self, expression: str) -> None:
        begun = time.monotonic()
        while not self.ask(expression):
            assert time.monotonic() - begun < PATIENCE, expression
            time.sleep(0.1)

    def close(self) -> None:
        self.ask("QTimer.singleShot(0, window().close)")
        assert self.process.wait(timeout=PATIENCE) == 0


Start = Callable[[], Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A way to start a window; all share the test's own folder."""
    environment = os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "HOME": str(tmp_path),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    with ExitStack() as stack:

        def run() -> Running:
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return Running(process)

        yield run


def test_a_training_is_neither_taken_over_nor_deleted_by_another_window(start: Start) -> None:
    one, other = start(), start()
    one.ask("train(10000, images=0)")
    one.wait_for("'running' in cards().values()")
    (run,) = one.ask("cards()")
    assert other.ask("cards()") == {run: "running"}
    assert other.ask("window().shelf.interrupted()") is None
    assert other.ask("window().resume_button.isVisible()") is False
    assert other.ask(f"window().shelf.delete({run!r})") is False
    other.ask("window().shelf.store.tidy(at_once=True)")
    assert other.ask("[r.id for r in window().shelf.store.surplus(0)]") == []
    other.ask("train(1)")
    other.wait_for("not window().training_panel.is_training()")
    other.close()
    later = start()
    assert later.ask("window().resume_button.isVisible()") is False
    assert sorted(later.ask("cards()").values()) == ["finished", "running"]
    later.close()
    assert one.ask("cards()")[run] == "running"
    assert one.ask("window().training_panel.is_training()") is True
    one.ask("window().training_panel.stop_and_wait()")
    assert sorted(one.ask("cards()").values()) == ["finished", "finished"]
    assert one.ask(f"window().shelf.select({run!r})") is True


def test_digits_pages_and_settings_of_both_are_kept(start: Start, tmp_path: Path) -> None:
    models = [tmp_path / f"{name}.npz" for name in ("one", "other")]
    for path in models:
        model_file.save(path, Model(Network((784, 8, 10)), {"name": path.stem}))
    one, other = start(), start()
    for digit in (7, 1):
        one.ask(f"ink({digit})")
        other.ask(f"ink({digit + 1})")
    labels = [sample.label for sample in read_strokes(tmp_path / "digitpad" / "my-digits.jsonl")]
    assert labels == [7, 8, 1, 2]
    assert one.ask(f"window().documents.open(Path({str(models[0])!r}))") is True
    assert other.ask(f"window().documents.open(Path({str(models[1])!r}))") is True
    assert one.ask("[p.stem for p in window().documents.recent()]") == ["other", "one"]
    assert sorted(one.ask("cards()")) == sorted(other.ask("cards()"))
    other.ask("train(1)")  # which remembers the form
    other.wait_for("not window().training_panel.is_training()")
    other.process.kill()  # a second after the last change, the page is on the disk
    other.process.wait()
    drawn = one.ask("len(window().session.strokes)")
    later = start()  # the place of the killed one, not that of the one that is open
    assert later.ask("len(window().session.strokes)") == 2
    assert one.ask("len(window().session.strokes)") == drawn
    later.close()
    one.close()
    settings = ConfigParser(interpolation=None)
    (file,) = tmp_path.rglob("digitpad.conf")
    settings.read(file, encoding="utf-8")
    general = settings["General"]
    assert {"geometry", "first_steps_done", "recent", "training", "perspective"} <= set(general)
    assert all(path.name in general["recent"] for path in models)
    assert 'epochs\\": 1,' in general["training"]
