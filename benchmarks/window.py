"""Measure the window's latency, what it costs the training, and how fast it starts.

    python benchmarks/window.py [--seconds N] [--runs N] [--only PRESET …] [--sweep]
    python benchmarks/window.py --understand [--seconds N]

Everything is measured in the real window, with all views of the Train perspective, by real events:
a thread sends the canvas a pointer event every 8 ms, as a mouse does, and the event's latency ends
when the activations and the input that answer it are painted. Trainings are started by clicks; the
same training runs without a window, in a process of its own, before and after.

With --understand, the latencies are those of the Understand perspective instead: all of its views
have been opened, and each in turn is the one that is seen while somebody draws, once with
784-16-16-10 and once with the shipped network.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QEventLoop,
    QObject,
    QPointF,
    QSettings,
    Qt,
    QTimer,
    qVersion,
)
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication

from digitpad.app import leave_processors_to_training
from digitpad.app.main_window import MainWindow
from digitpad.app.network.network_view import NetworkView
from digitpad.app.perspectives import Perspective
from digitpad.app.session import Session
from digitpad.app.training.film_strip import FilmStrip
from digitpad.app.training.panel import TrainingPanel
from digitpad.app.understand.bench_view import BenchView
from digitpad.app.understand.panel import View
from digitpad.app.widgets import theme
from digitpad.nn.model_file import Model
from digitpad.training.interactive import Job, LiveTraining
from digitpad.training.presets import PRESETS
from digitpad.training.run_store import RunStore
from digitpad.training.sgd import Progress

INTERVAL = 0.008  # seconds between two pointer events, as of a mouse with 125 Hz
POINTS = 90  # of a stroke
_POINTER = (
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseMove,
    QEvent.Type.MouseButtonRelease,
)
_NO_KEY = Qt.KeyboardModifier.NoModifier
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

# Runs in a process of its own: the training alone, as in `digitpad train`.
ALONE = """
import sys, time
from digitpad.data.mnist import mnist
from digitpad.training.interactive import Job, LiveTraining
from digitpad.training.presets import PRESETS
from digitpad.training.run_store import RunStore
from digitpad.training.sgd import train
digits = mnist()
h = PRESETS[sys.argv[1]].hyperparameters.replace(epochs=10_000, patience=0)
begin = None
for progress in train(h.new_network(), digits.train, h, digits.validation):
    now = time.perf_counter()
    done = (progress.epoch * progress.batches + progress.batch) * h.mini_batch_size
    if begin is None:
        begin = now, done
    if now - begin[0] >= float(sys.argv[2]):
        print((done - begin[1]) / (now - begin[0]))
        break
"""

# Runs in a process of its own: digitpad, until its canvas is painted.
START = """
import os, sys, time
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
class Watch(QObject):
    painted = False
    def eventFilter(self, watched, event):
        self.painted = self.painted or event.type() == QEvent.Type.Paint
        return False
def exec_(*_):
    watch = Watch()
    (canvas,) = [w for w in QApplication.allWidgets() if w.objectName() == "canvas"]
    canvas.installEventFilter(watch)
    while not watch.painted:
        QApplication.processEvents()
    print(time.clock_gettime(time.CLOCK_MONOTONIC), flush=True)
    os._exit(0)
QApplication.exec = exec_
from digitpad.cli.main import main
main([])
"""


class Hand(threading.Thread):
    """Sends the canvas strokes, event by event, and records when each was sent."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(daemon=True)
        self.canvas = window.canvas
        self.sent: list[float] = []
        self.lifted = threading.Event()
        self._going = True

    def run(self) -> None:
        """Draw the same curl repeatedly."""
        width, height = self.canvas.width(), self.canvas.height()
        angle = np.linspace(0.3, 4.2 * math.pi, POINTS)
        radius = np.linspace(0.36, 0.12, POINTS) * min(width, height)
        x = width / 2 + radius * np.cos(angle) * 0.7
        y = height / 2 + radius * np.sin(angle)
        path = [QPointF(float(a), float(b)) for a, b in zip(x, y, strict=True)]
        stroke = [
            (QEvent.Type.MouseButtonPress, path[0], LEFT, LEFT),
            *((QEvent.Type.MouseMove, at, NONE, LEFT) for at in path[1:]),
            (QEvent.Type.MouseButtonRelease, path[-1], LEFT, NONE),
        ]
        due = 0.0
        while self._going:
            for event in stroke:
                due = max(due + INTERVAL, time.perf_counter())
                time.sleep(max(0.0, due - time.perf_counter()))
                self._send(*event)
            time.sleep(0.05)
            QCoreApplication.postEvent(self.canvas, QEvent(QEvent.Type(QEvent.Type.User + 1)))
            time.sleep(0.05)  # no hand clears the canvas and draws within a frame
        self.lifted.set()

    def stop(self) -> None:
        """Lift the pen at the end of the stroke."""
        self._going = False

    def _send(
        self, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton, held: Qt.MouseButton
    ) -> None:
        event = QMouseEvent(kind, at, at, at, button, held, _NO_KEY)
        self.sent.append(time.perf_counter())
        QCoreApplication.postEvent(self.canvas, event)


class Clock(QObject):
    """Records when the answer to each pointer event is on the screen."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window = window
        self.latencies: list[float] = []
        self._sent: list[float] = []
        self._arrived = self._read = self._shown = 0
        self._painting = False
        window.canvas.installEventFilter(self)
        window.installEventFilter(self)
        window.session.reading_changed.connect(self._note_reading)

    def begin(self, sent: list[float]) -> None:
        """Start again, for events whose times go into this list."""
        self.latencies, self._sent = [], sent
        self._arrived = self._read = self._shown = 0

    def _note_reading(self) -> None:
        self._read = self._arrived

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch pointer events arrive and the window being painted."""
        kind = event.type()
        if watched is self.window.canvas:
            if kind in _POINTER:
                self._arrived += 1
            elif kind == QEvent.Type(QEvent.Type.User + 1):
                self.window.session.clear()
        elif kind == QEvent.Type.UpdateRequest and not self._painting:
            # All pending paint events are handled in here.
            self._painting = True
            watched.event(event)
            self._painting = False
            now = time.perf_counter()
            self.latencies += [now - sent for sent in self._sent[self._shown : self._read]]
            self._shown = max(self._shown, self._read)
            return True
        return False


class Throughput(QObject):
    """Counts the samples that a training in the window processes."""

    def __init__(self, panel: TrainingPanel) -> None:
        super().__init__(panel)
        self.reports: list[tuple[float, int]] = []
        self._panel = panel
        panel.progressed.connect(self._count)

    def _count(self, progress: Progress) -> None:
        m = self._panel.hyperparameters().mini_batch_size
        done = (progress.epoch * progress.batches + progress.batch) * m
        self.reports.append((time.perf_counter(), done))

    def per_second(self) -> float:
        """Return the samples a second since the first recorded report."""
        (begin, first), (end, last) = self.reports[0], self.reports[-1]
        return (last - first) / (end - begin)


def wait(seconds: float) -> None:
    """Run the event loop."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def alone(preset: str, seconds: float) -> float:
    """Return the samples a second of a training without a window."""
    done = subprocess.run(
        [sys.executable, "-c", ALONE, preset, str(seconds)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def draw_for(window: MainWindow, clock: Clock, seconds: float) -> list[float]:
    """Draw, and return the latencies in seconds."""
    # The first event creates its pointing device, which must belong to this thread.
    QMouseEvent(QEvent.Type.MouseMove, QPointF(), QPointF(), NONE, NONE, _NO_KEY)
    hand = Hand(window)
    clock.begin(hand.sent)
    hand.start()
    wait(seconds)
    hand.stop()
    while not hand.lifted.is_set():
        wait(0.05)
    return clock.latencies


def train_and_draw(
    window: MainWindow, clock: Clock, preset: str, seconds: float
) -> tuple[float, float, list[float], float]:
    """Train in the window.

    Returns
    -------
    watched, drawn : float
        Samples a second while nobody draws, and while somebody does.
    latencies : list of float
        In seconds.
    memory : float
        In MB.
    """
    panel = window.training_panel
    assert panel is not None
    panel.preset.choose(PRESETS[preset])
    panel.preset.activated.emit(panel.preset.currentIndex())
    panel.form.set_values(PRESETS[preset].hyperparameters.replace(epochs=10_000, patience=0))
    click(window, "train")
    counter = Throughput(panel)
    while len(counter.reports) < 3:
        wait(0.05)
    speeds = []
    latencies: list[float] = []
    for drawing in (False, True):
        counter.reports.clear()
        if drawing:
            latencies = draw_for(window, clock, seconds)
        else:
            wait(seconds)
        speeds.append(counter.per_second() if len(counter.reports) > 1 else math.nan)
    memory = resident_mb()
    click(window, "stop")
    while panel.is_training():
        wait(0.05)
    counter.deleteLater()
    return speeds[0], speeds[1], latencies, memory


def click(window: MainWindow, name: str) -> None:
    """Click a button."""
    button = window.findChild(QAbstractButton, name)
    assert button is not None
    QTest.mouseClick(button, LEFT)


class Painted(QObject):
    """Notes when a widget has been painted with what it was last asked to show."""

    def __init__(self, view: NetworkView) -> None:
        super().__init__(view)
        self._is_new = self.done = False
        self._loop = QEventLoop()  # as the program waits: without a look at every moment
        view.refreshed.connect(self._refreshed)
        view.installEventFilter(self)

    def begin(self) -> None:
        """Wait for the next change."""
        self._is_new = self.done = False

    def _refreshed(self) -> None:
        self._is_new = True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch the view being painted."""
        if event.type() == QEvent.Type.Paint and self._is_new and not self.done:
            watched.event(event)
            self.done = True
            self._loop.quit()
            return True
        return False

    def wait(self) -> None:
        """Run the event loop until it has been painted."""
        while not self.done:
            self._loop.exec()


def playhead_times(window: MainWindow, moves: int = 40) -> list[float]:
    """Return the seconds from a key on the film strip to the painted network of that moment."""
    strip = window.findChild(FilmStrip)
    view = window.findChild(NetworkView)
    assert strip is not None
    assert view is not None
    painted = Painted(view)
    times = []
    QTest.keyClick(strip, Qt.Key.Key_End)
    wait(0.5)
    for move in range(moves):
        # There and back again, so that short runs are enough.
        key = Qt.Key.Key_Right if move // 8 % 2 else Qt.Key.Key_Left
        painted.begin()
        begin = time.perf_counter()
        QTest.keyClick(strip, key)
        painted.wait()
        times.append(time.perf_counter() - begin)
        wait(0.1)
    QTest.keyClick(strip, Qt.Key.Key_End)
    painted.deleteLater()
    return times


def draw_beside_sweep(window: MainWindow, clock: Clock, seconds: float) -> list[float]:
    """Start a sweep by a click, and draw while its plot and table fill.

    Returns
    -------
    list of float
        The latencies in seconds.
    """
    window.commands.sweep.trigger()
    panel = window.sweep
    assert panel is not None
    panel.form.lesson.setCurrentIndex(1)
    click(window, "startSweep")
    while not panel.table.points.rowCount():
        wait(0.05)
    latencies = draw_for(window, clock, seconds)
    click(window, "startSweep")
    while panel.is_running():
        wait(0.05)
    window.docks["sweep"].hide()
    return latencies


def fill_shelf(count: int) -> None:
    """Record so many short trainings of 784-16-16-10 in the user's data folder."""
    store = RunStore()
    h = PRESETS["basic"].hyperparameters.replace(epochs=1, training_images=2_000)

    def send(message: object) -> None:
        training.acknowledge()

    for number in range(count):
        job = store.begin(f"Run {number + 1}", Job(h.replace(seed=number), network=None))
        training = LiveTraining(job, send)
        training.run()


def start_times(rounds: int) -> list[float]:
    """Return the seconds from a process's start to its painted canvas."""
    times = []
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"XDG_CONFIG_HOME": home}
        # Its modules are compiled once, as where it is installed.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(rounds + 1):
            begin = time.clock_gettime(time.CLOCK_MONOTONIC)
            done = subprocess.run(
                [sys.executable, "-c", START],
                capture_output=True,
                text=True,
                check=True,
                env=environment,
            )
            times.append(float(done.stdout.split()[-1]) - begin)
    return sorted(times[1:])  # the first one may have been cold


def resident_mb() -> float:
    """Return the resident memory of this process and its children in MB; nan if unknown.

    Shared memory is counted once: each process is charged its proportional part.
    """
    total = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = (folder / "stat").read_text().rsplit(")", 1)[1].split()[1]
            if os.getpid() in (int(folder.name), int(parent)):
                lines = (folder / "smaps_rollup").read_text().splitlines()
                kib = next(line.split()[1] for line in lines if line.startswith("Pss:"))
                total += int(kib) * 1024 / 1e6
    return total or math.nan


def machine() -> str:
    """Describe where this was measured."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{count} processors, {model}; Python {platform.python_version()}, Qt {qVersion()}, "
        f"NumPy {np.__version__}, {QGuiApplication.platformName()} platform"
    )


def row(name: str, latencies: list[float], rest: str) -> str:
    """Return a line of the table."""
    p50, p99 = (1000 * np.percentile(latencies, [50, 99])).tolist()
    return f"| {name} | {p50:.1f} | {p99:.1f} | {len(latencies):,} | {rest} |"


def the_window() -> tuple[MainWindow, Clock]:
    """Open the window as it is opened for users, with its clock."""
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents, False)
    application = QApplication(["digitpad"])
    application.setStyle("Fusion")
    application.setQuitOnLastWindowClosed(False)
    theme.follow_system(application)
    leave_processors_to_training()
    window = MainWindow(Session())
    clock = Clock(window)
    window.resize(1180, 780)
    window.show()
    window.load_panels()
    return window, clock


def understand(seconds: float) -> Iterator[str]:
    """Yield the report of the Understand perspective line by line."""
    window, clock = the_window()
    window.perspectives.switch(Perspective.UNDERSTAND)
    draw_for(window, clock, 1.0)
    yield machine()
    yield ""
    yield "| network | view | p50, ms | p99, ms | events |"
    yield "|---|---|--:|--:|--:|"
    trained = PRESETS["basic"].hyperparameters.new_network()
    for name, model in (
        ("784-16-16-10", Model(trained, {"name": "basic"})),
        ("shipped", window.session.built_in),
    ):
        window.session.show_model(model)
        for view in View:
            window.understand.show_view(view)
        bench = window.understand.built[View.BENCH]
        assert isinstance(bench, BenchView)
        bench.subject.setCurrentIndex(bench.subject.findData("network"))  # follows the drawing
        draw_for(window, clock, 1.0)
        for view in View:
            window.understand.show_view(view)
            wait(0.5)
            latencies = draw_for(window, clock, seconds)
            p50, p99 = (1000 * np.percentile(latencies, [50, 99])).tolist()
            yield f"| {name} | {view.name.lower()} | {p50:.1f} | {p99:.1f} | {len(latencies):,} |"
    window.close()


def measure(
    seconds: float, rounds: int, presets: list[str], runs: int, *, sweep: bool
) -> Iterator[str]:
    """Yield the report line by line."""
    starts = start_times(5)
    window, clock = the_window()
    window.perspectives.switch(Perspective.TRAIN)
    wait(1.0)
    yield machine()
    yield ""
    yield "| | p50, ms | p99, ms | events | training's speed, watched / while drawing |"
    yield "|---|--:|--:|--:|--:|"
    draw_for(window, clock, 1.0)  # what is made at the first stroke is not made again
    yield row("idle", draw_for(window, clock, 2 * seconds), "")
    memory = resident_mb()
    playhead: dict[str, list[float]] = {}
    for preset in presets:
        latencies: list[float] = []
        ratios: list[tuple[float, float]] = []
        references: list[float] = []
        for _ in range(rounds):
            before = alone(preset, seconds)
            watched, drawn, more, used = train_and_draw(window, clock, preset, seconds)
            references.append((before + alone(preset, seconds)) / 2)
            ratios.append((watched / references[-1], drawn / references[-1]))
            latencies += more
            memory = max(memory, used)
        watched, drawn = (statistics.median(each) for each in zip(*ratios, strict=True))
        rest = f"{watched:.0%} / {drawn:.0%} of {statistics.median(references):,.0f}/s"
        yield row(f"training “{preset}”", latencies, rest)
        playhead[preset] = playhead_times(window)
        memory = max(memory, resident_mb())
    if sweep:
        yield row("beside a sweep", draw_beside_sweep(window, clock, 2 * seconds), "")
    yield ""
    yield "| playhead's move to the painted network | p50, ms | p99, ms | moves |"
    yield "|---|--:|--:|--:|"
    for preset, times in playhead.items():
        p50, p99 = (1000 * np.percentile(times, [50, 99])).tolist()
        yield f"| run of “{preset}” | {p50:.1f} | {p99:.1f} | {len(times)} |"
    yield ""
    middle, low, high = starts[len(starts) // 2], starts[0], starts[-1]
    yield (
        f"Start to painted canvas, warm: {middle:.2f} s ({len(starts)} starts, {low:.2f} to "
        f"{high:.2f} s)."
    )
    yield f"Resident memory with {runs} more runs on the shelf: {memory:.0f} MB at most."
    window.close()


def main() -> None:
    """Measure and print in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=6.0, help="for each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="more are steadier (default: 3)")
    parser.add_argument("--only", nargs="*", choices=list(PRESETS), default=list(PRESETS))
    parser.add_argument("--sweep", action="store_true", help="also draw beside a sweep")
    parser.add_argument(
        "--understand", action="store_true", help="measure the Understand perspective instead"
    )
    parser.add_argument("--runs", type=int, default=60, help="on the shelf before (default: 60)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, home)
        os.environ["XDG_DATA_HOME"] = home  # its runs are not the user's
        if not arguments.understand:
            # In a process of its own: the images that they learn from are not the window's memory.
            filling = multiprocessing.get_context("spawn").Process(
                target=fill_shelf, args=(arguments.runs,)
            )
            filling.start()
            filling.join()
        # A training's process would import this file, and Qt with it, as it does not in digitpad.
        sys.modules["__main__"].__file__ = None
        report = (
            understand(arguments.seconds)
            if arguments.understand
            else measure(
                arguments.seconds,
                arguments.rounds,
                arguments.only,
                arguments.runs,
                sweep=arguments.sweep,
            )
        )
        for line in report:
            print(line, flush=True)


if __name__ == "__main__":
    main()
