"""How long the picture of a network takes, from a stroke's new image to the painted widget.

    python benchmarks/network_view.py [--updates N] [--size WIDTH HEIGHT]

Each update is what one event of the pen costs: the core's computation (`inspect_layers`), the
picture's own, and the painting, with a neuron's card and without. All of it happens in one thread,
and the times are that thread's own, so that other programs do not count.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

import numpy as np
from PySide6.QtWidgets import QApplication

from digitpad.app.network.panel import NetworkPanel
from digitpad.app.widgets import theme
from digitpad.data.mnist import mnist
from digitpad.inspection.layers import inspect_layers
from digitpad.nn import model_file
from digitpad.nn.network import Network


def networks() -> dict[str, Network]:
    """Return what is measured, by name."""
    return {
        "784-16-16-10": Network((784, 16, 16, 10), initialisation="gaussian"),
        "784-100-10": Network((784, 100, 10)),
        "784-30×6-10": Network((784, *[30] * 6, 10)),
        "shipped 784-2048-1024-10": model_file.shipped().network,
    }


def measure(
    application: QApplication, network: Network, updates: int, size: tuple[int, int], card: bool
) -> tuple[list[float], list[float]]:
    """Return the seconds of the core alone, and of each whole update."""
    images = mnist().test.images[:updates].reshape(-1, 28, 28)
    panel = NetworkPanel()
    panel.resize(*size)
    panel.show()
    panel.show_network(network, images[0])
    application.processEvents()
    time.sleep(0.02)
    application.processEvents()
    if card:
        panel.view.pin(1, 5)
    core, whole = [], []
    for image in images:
        before = time.thread_time()
        inspect_layers(network, image)
        core.append(time.thread_time() - before)
        before = time.thread_time()
        panel.view.show_network(network, image)
        panel.view.refresh_now()
        panel.window().repaint()
        whole.append(time.thread_time() - before)
    shown = panel.view.shown()
    assert shown is not None
    np.testing.assert_array_equal(shown.activations[0], images[-1].ravel())
    panel.close()
    return core, whole


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--updates", type=int, default=200)
    parser.add_argument("--size", type=int, nargs=2, default=(480, 470))
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication(["digitpad"])
    application.setStyle("Fusion")
    application.setPalette(theme.palette(dark=False))
    print(f"{'milliseconds':26} {'core':>8} {'update':>8} {'p90':>8} {'with card':>10}")
    for name, network in networks().items():
        core, whole = measure(application, network, arguments.updates, arguments.size, card=False)
        _, carded = measure(application, network, arguments.updates, arguments.size, card=True)
        worst = statistics.quantiles(whole, n=10)[-1]
        figures = [statistics.median(core), statistics.median(whole), worst]
        cells = " ".join(f"{1000 * figure:8.2f}" for figure in figures)
        print(f"{name:26} {cells} {1000 * statistics.median(carded):10.2f}")


if __name__ == "__main__":
    main()
