"""Time to paint the learning curves of many runs.

    QT_QPA_PLATFORM=offscreen python benchmarks/curves.py [--repeats N]

Each run has 30 epochs of 100 mini-batches. Prints the median and the 95th percentile of a whole
repaint of the plot, in milliseconds; a frame at 60 Hz has 16.7.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from PySide6.QtWidgets import QApplication

from digitpad.app.training.curves_view import CurvesView
from digitpad.app.training.learning_plot import LearningPlot
from digitpad.app.widgets import theme
from digitpad.training.sgd import EndReason, EpochReport, Progress

RUNS = (1, 5, 20, 60)
EPOCHS, BATCHES = 30, 100


def feed(view: CurvesView, name: str, rng: np.random.Generator) -> None:
    """Let a run of noisy falling costs come in."""
    view.begin_run(name)
    for epoch in range(EPOCHS):
        here = epoch + np.arange(1, BATCHES + 1) / BATCHES
        costs = (1 / (1 + here) * rng.lognormal(0, 0.3, BATCHES)).astype(np.float32)
        mean = float(costs.mean())
        accuracy = 1 - mean / 2
        report = EpochReport(epoch + 1, mean, accuracy, mean, accuracy, 0.5, 0.1)
        view.add_progress(
            Progress(epoch, EPOCHS, BATCHES, BATCHES, costs, 0.1, 0.5, 1.0, 1.0, report, None)
        )
    view.end_run(EndReason.EPOCHS)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=60)
    repeats = parser.parse_args().repeats
    application = QApplication([])
    theme.follow_system(application)
    rng = np.random.default_rng(0)
    view = CurvesView()
    view.resize(900, 400)
    view.show()
    plot = view.findChild(LearningPlot)
    assert isinstance(plot, LearningPlot)
    for count in RUNS:
        while len(view.runs) < count:
            feed(view, f"run {len(view.runs) + 1}", rng)
        application.processEvents()
        times = []
        for _ in range(repeats):
            start = time.thread_time()
            plot.viewport().repaint()
            times.append(1e3 * (time.thread_time() - start))
        middle, high = np.percentile(times, (50, 95))
        print(f"{count:3d} runs: {middle:5.1f} ms, 95th percentile {high:5.1f} ms")


if __name__ == "__main__":
    main()
