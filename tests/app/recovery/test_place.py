"""What comes back: after a kill, after a signal, and not after the window was closed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from digitpad.app.recovery.place import Recovery
from digitpad.app.session import Session
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.training import run_files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

# Starts the program, does something to its window, does something else and prints a line when that
# has had time, and waits for its end.
PROGRAM = """
import json, os, sys, traceback
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import digitpad.app
from digitpad.app.main_window import MainWindow
app = QApplication([])
def end(*problem):  # rather than let the test wait for a line that does not come
    traceback.print_exception(*problem)
    os._exit(1)
sys.excepthook = end
def act():
    window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))
    session = window.session
    window.settings.setValue("first_steps_done", True)
    exec(sys.argv[1])
    def say():
        cards = [card.status.value for card in window.shelf.cards()][1:]
        resuming = "resume" in sys.argv[1] and "interrupted" in cards
        if "new" in cards or resuming:  # until its process has begun
            QTimer.singleShot(100, say)
            return
        exec(sys.argv[2])
        picture = None if session.picture is None else float(session.picture.sum())
        print(json.dumps({"strokes": len(session.strokes), "undo": session.can_undo,
              "picture": picture, "cards": cards}), flush=True)
    QTimer.singleShot(1500, say)
QTimer.singleShot(500, act)
sys.exit(digitpad.app.main())
"""
DRAW = "session.show_strokes([[[0, 0], [1, 2]], [[1, 0], [1, 1]]]); session.erase_stroke(0)"
MORE = "session.show_strokes([[[0, 0], [1, 2]]] * 3)"
PICTURE = "import numpy; session.show_picture(numpy.eye(28, dtype=numpy.float32))"
LEARN = "window.load_panels(); window.training_panel.start()"


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A way to start the program, with a folder of the test's own, and to do something to it."""
    environment = os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "HOME": str(tmp_path),
    }
    with ExitStack() as stack:

        def run(act: str = "", at_last: str = "") -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, act, at_last],
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield run


def said(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    state = json.loads(process.stdout.readline())
    assert isinstance(state, dict)
    return state


def test_the_page_comes_back_after_a_kill_and_once(start: Start) -> None:
    process = start(f"{DRAW}; {PICTURE}")
    assert said(process)["picture"] == 28
    process.kill()
    process.wait()
    again = start("print(json.dumps(float(session.picture.sum()))); session.undo()")
    assert again.stdout is not None
    assert json.loads(again.stdout.readline()) == 28
    back = said(again)
    assert (back["strokes"], back["picture"], back["undo"]) == (1, None, True)
    beside = start()
    assert said(beside)["strokes"] == 0  # the page belongs to the first


def test_the_page_does_not_come_back_after_closing(start: Start) -> None:
    close = "; QTimer.singleShot(2000, window.close)"
    process = start(DRAW + close)
    assert said(process)["strokes"] == 1
    assert process.wait(timeout=60) == 0
    again = start(close.lstrip("; "))
    assert said(again)["strokes"] == 0
    assert again.wait(timeout=60) == 0


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_saves_and_ends_without_questions(start: Start, name: str) -> None:
    process = start(f"{DRAW}; {LEARN}", MORE)  # which only the signal has written
    assert said(process)["cards"] == ["running"]
    process.send_signal(getattr(signal, name))
    process.send_signal(getattr(signal, name))
    assert process.wait(timeout=60) == 0
    again = start()
    assert said(again) == {"strokes": 3, "undo": True, "picture": None, "cards": ["finished"]}


def test_a_killed_training_is_offered_to_be_resumed(start: Start, tmp_path: Path) -> None:
    process = start(LEARN)
    assert said(process)["cards"] == ["running"]
    give_up = time.monotonic() + 120
    while not list(tmp_path.rglob(run_files.CHECKPOINT)):
        assert time.monotonic() < give_up
        time.sleep(0.1)
    process.kill()
    process.wait()
    again = start("window.load_panels(); window.resume_button.click()")
    assert said(again)["cards"] == ["running"]


def test_without_a_folder_nothing_is_kept_and_nothing_breaks(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    session = Session(Model(Network((784, 5, 10)), {}))
    recovery = Recovery(session, tmp_path / "taken")
    session.show_strokes([[[0, 0], [1, 1]]])
    recovery.save()
    recovery.restore()
    recovery.discard()
    assert (tmp_path / "taken").read_text() == "a file"


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK" + bytes(1000)])
def test_a_damaged_page_is_left_out(qtbot: QtBot, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "page-1.npz").write_bytes(content)
    session = Session(Model(Network((784, 5, 10)), {"name": "small"}))
    Recovery(session, tmp_path).restore()
    assert session.is_empty
    assert session.name == "small"


def test_two_windows_keep_a_page_each(qtbot: QtBot, tmp_path: Path) -> None:
    sessions = [Session(Model(Network((784, 5, 10)), {})) for _ in range(2)]
    places = [Recovery(session, tmp_path) for session in sessions]
    for number, (session, place) in enumerate(zip(sessions, places, strict=True), start=1):
        session.show_strokes([[[0, 0], [1, 1]]] * number)
        place.save()
    assert sorted(path.name for path in tmp_path.glob("*.npz")) == ["page-1.npz", "page-2.npz"]
    places[0].discard()
    session = Session(Model(Network((784, 5, 10)), {}))
    Recovery(session, tmp_path).restore()
    assert session.is_empty
    np.testing.assert_equal(len(sessions[1].strokes), 2)
