"""What recording a run costs, and how fast one goes back in its time.

    python benchmarks/timeline.py [--rounds N] [--out benchmarks/timeline.md]

Trainings with and without recording take turns, since machines are noisy: what counts are ratios.
Processor time of the thread that trains is given, too, which other programs hardly change.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import Finished, Job, LiveTraining, Message
from digitpad.training.presets import PRESETS
from digitpad.training.run_files import disk_bytes
from digitpad.training.run_store import RunStore
from digitpad.training.timeline import Snapshot, Timeline

SPEEDS = {
    "basic: 784-16-16-10, m = 10": PRESETS["basic"].hyperparameters.replace(epochs=20),
    "quick: 784-300-10, m = 100": PRESETS["quick"].hyperparameters.replace(epochs=4),
    "shipped: 784-1024-512-10, m = 256": PRESETS["shipped"].hyperparameters.replace(
        epochs=2, training_images=10_000
    ),
}
READS = {
    "784-16-16-10": (16, 16),
    "784-300-10": (300,),
    "784-2048-1024-10 (the shipped network)": (2048, 1024),
}


def train(job: Job) -> tuple[float, float]:
    """Return the seconds, and the thread's processor seconds, that a training takes."""

    def send(message: Message) -> None:
        training.acknowledge()
        if isinstance(message, Finished) and message.error:
            raise SystemExit(message.error)

    training = LiveTraining(job, send)
    wall, thread = time.perf_counter(), time.thread_time()
    training.run()
    return time.perf_counter() - wall, time.thread_time() - thread


def cost_of_recording(rounds: int) -> Iterator[str]:
    """Yield the table of the training's speed with recording, line by line."""
    yield "| training | speed kept | by processor time | snapshots | disk |"
    yield "|---|--:|--:|--:|--:|"
    for name, h in SPEEDS.items():
        walls, threads = [], []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                plain = train(Job(h))
                job = RunStore(Path(folder)).begin("run", Job(h))
                recorded = train(job)
                walls.append(plain[0] / recorded[0])
                threads.append(plain[1] / recorded[1])
                assert job.run is not None
                with Timeline.open(job.run) as timeline:
                    snapshots = len(timeline)
                disk = disk_bytes(job.run)
        yield (
            f"| {name} | {statistics.median(walls):.1%} | {statistics.median(threads):.1%} "
            f"| {snapshots} | {disk / 2**20:.0f} MiB |"
        )


def reading(rounds: int) -> Iterator[str]:
    """Yield the table of the time from a snapshot to its answer, line by line."""
    yield "| network | read | read and feed forward | aim |"
    yield "|---|--:|--:|--:|"
    image = np.random.default_rng(0).random(784, np.float32)
    for name, layers in READS.items():
        network = Hyperparameters(hidden_layers=layers).new_network()
        with (
            tempfile.TemporaryDirectory() as folder,
            Timeline.create(Path(folder), network.parameters.size) as timeline,
        ):
            for number in range(10):
                timeline.add(network.parameters, Snapshot(number, number))
            reads, both = [], []
            for number in range(10 * rounds):
                began = time.perf_counter()
                network.parameters[...] = timeline.read(number % 10)
                reads.append(time.perf_counter() - began)
                network.feed_forward(image)
                both.append(time.perf_counter() - began)
        aim = 16 if network.parameters.size < 1e6 else 100
        yield (
            f"| {name} | {1000 * statistics.median(reads):.2f} ms "
            f"| {1000 * statistics.median(both):.2f} ms | {aim} ms |"
        )


def main() -> None:
    """Print the tables, or write them into a file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    lines = ["# What the timeline costs", "", "Written by `benchmarks/timeline.py`.", ""]
    for line in chain(cost_of_recording(arguments.rounds), [""], reading(arguments.rounds)):
        print(line, flush=True)
        lines.append(line)
    if arguments.out is not None:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
