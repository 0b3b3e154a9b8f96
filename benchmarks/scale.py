"""How a sweep grows with the number of workers, on this machine and on a cluster on this machine.

    python benchmarks/scale.py [--rounds N]

The same grid of trainings is done by 1, 2 and 4 processes of a sweep, by 1, 2 and 4 workers of a
dask.distributed scheduler, and by as many processes without any sweep, each with its share from the
beginning: the most that the machine can give. They take turns in each round, so that whatever else
the machine does disturbs all of them alike. It also measures what a run costs beside its training:
what goes to a worker and back, and how long it takes to keep it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import distributed
from threadpoolctl import threadpool_limits

from digitpad.data.mnist import mnist
from digitpad.experiments import run, specification
from digitpad.experiments.cluster import ClusterWorkers
from digitpad.experiments.points import Points
from digitpad.experiments.results import Key
from digitpad.experiments.run import Job, RunData
from digitpad.experiments.store import SweepStore
from digitpad.experiments.sweep import sweep
from digitpad.experiments.workers import LocalWorkers, processors
from digitpad.training.hyperparameters import Hyperparameters

COUNTS = (1, 2, 4)
# Local workers let everything else go first; for a fair comparison, so do the cluster's.
_PYTHON = [*(["nice", "-n", "10"] if sys.platform != "win32" else []), sys.executable]
VALUES: dict[str, Any] = {
    "strategy": "grid",
    "seeds": 2,
    "set": {"learning-rate": "log:0.1..10:8", "epochs": 8, "training-images": 10_000},
}


def seconds_of(data: RunData, workers: Callable[[str], AbstractContextManager[Any]]) -> float:
    """Return how long the sweep takes, from the first job begun to the last result kept.

    The workers have started and have their data before: each has done a job of its own.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = SweepStore.create(Path(folder) / "sweep", specification.from_dict(VALUES), data)
        with store, workers(store.id) as them:
            _warm_up(them)
            started = time.perf_counter()
            for _ in sweep(store, them):
                pass
            return time.perf_counter() - started


def _warm_up(workers: Any) -> None:
    h = specification.from_dict(VALUES).base.replace(epochs=1, training_images=100)
    wanted = workers.free()
    for number in range(wanted):
        workers.begin(Key(10_000 + number, 0), Job(h, 1))
    done = 0
    while done < wanted:
        done += sum(hasattr(event, "outcome") for event in workers.events(1.0))


def seconds_without_sweep(data: RunData, count: int) -> float:
    """Return how long the same trainings take when they are dealt out to processes beforehand."""
    of = specification.from_dict(VALUES)
    runs = [h.replace(seed=seed) for h in Points(of) for seed in range(of.seeds)]
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Barrier(count + 1)
    shares = [
        spawn.Process(target=_train_all, args=(data, runs[part::count], ready), daemon=True)
        for part in range(count)
    ]
    for process in shares:
        process.start()
    ready.wait()
    started = time.perf_counter()
    ready.wait()
    seconds = time.perf_counter() - started
    for process in shares:
        process.join()
    return seconds


def _train_all(data: RunData, runs: list[Hyperparameters], ready: Barrier) -> None:
    if hasattr(os, "nice"):
        os.nice(10)
    with threadpool_limits(limits=1):
        run.train(Job(runs[0].replace(epochs=1, training_images=100), 1), data)
        ready.wait()
        for h in runs:
            run.train(Job(h, h.epochs), data)
        ready.wait()


@contextmanager
def scheduler(workers: int) -> Iterator[str]:
    """Start a scheduler and workers as processes, and yield the scheduler's address."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        common = ["--scheduler-file", str(file), "--no-dashboard"]
        of_worker = ["--nthreads", "1", "--no-nanny", "--local-directory", folder]
        kinds = [("scheduler", ["--port", "0"])] + [("worker", of_worker)] * workers
        processes = [
            subprocess.Popen(
                [
                    *_PYTHON,
                    "-m",
                    f"distributed.cli.dask_{kind}",
                    *common,
                    *options,
                ],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for kind, options in kinds
        ]
        try:
            while not (file.exists() and file.read_text()):
                time.sleep(0.05)
            address = str(json.loads(file.read_text())["address"])
            with distributed.Client(address, set_as_default=False) as client:
                client.wait_for_workers(workers)
            yield address
        finally:
            for process in processes[::-1]:
                process.kill()
                process.wait()


def _processes(data: RunData, count: int, _sweep_id: str) -> LocalWorkers:
    return LocalWorkers(data, count)


def measure(rounds: int) -> None:
    """Measure, and print two tables in Markdown: runs per minute, and what a run costs."""
    whole = mnist()
    data = RunData(whole.train, whole.validation)
    runs = 16
    times: dict[tuple[str, int], list[float]] = {}
    for number in range(rounds):
        for count in COUNTS:
            found = seconds_of(data, partial(_processes, data, count))
            times.setdefault(("processes", count), []).append(found)
            with scheduler(count) as address:
                found = seconds_of(data, partial(ClusterWorkers, address, data))
            times.setdefault(("cluster", count), []).append(found)
            found = seconds_without_sweep(data, count)
            times.setdefault(("no sweep", count), []).append(found)
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    print(f"{processors()} processors, {runs} runs, medians of {rounds} rounds\n")
    print("| Workers | Processes | × one | Cluster | × one | No sweep | × one |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for count in COUNTS:
        cells = []
        for kind in ("processes", "cluster", "no sweep"):
            median = statistics.median(times[kind, count])
            ratios = [
                one / several
                for one, several in zip(times[kind, 1], times[kind, count], strict=True)
            ]
            cells += [f"{60 * runs / median:.0f}", f"{statistics.median(ratios):.2f}"]
        print(f"| {count} | {' | '.join(cells)} |")
    print()
    _print_costs(data)


def _print_costs(data: RunData) -> None:
    of = specification.from_dict(VALUES)
    outcome = run.train(Job(of.base, of.epochs), data)
    assert outcome.result is not None
    assert outcome.snapshot is not None
    with tempfile.TemporaryDirectory() as folder:
        store = SweepStore.create(Path(folder) / "sweep", of, data)
        kept = []
        for point in range(8):
            started = time.perf_counter()
            store.record(Key(point, 0), outcome.result, outcome.snapshot)
            kept.append(time.perf_counter() - started)
        disk = sum(file.stat().st_size for file in (store.folder / "runs").iterdir()) / 8
    started = time.perf_counter()
    size = len(pickle.dumps(data, protocol=5))
    pickled = time.perf_counter() - started
    print("| One run of it | |\n|---|---:|")
    print(f"| training, on one processor | {outcome.result.seconds:.2f} s |")
    print(f"| its job, as it is sent | {len(pickle.dumps(Job(of.base, 2))) / 1e3:.1f} kB |")
    print(f"| its result, as it comes back | {len(pickle.dumps(outcome)) / 1e3:.0f} kB |")
    print(f"| keeping it | {1000 * statistics.median(kept):.0f} ms, {disk / 1e3:.0f} kB |")
    print(f"| the data, once for each worker | {size / 1e6:.0f} MB, {1000 * pickled:.0f} ms |")


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    measure(parser.parse_args().rounds)


if __name__ == "__main__":
    main()
