"""Measure how fast digitpad and its peers train and read, in one run.

    pip install -r benchmarks/requirements.txt
    python benchmarks/speed.py [--rounds N] [--out benchmarks/results.md]

Peers that are not installed are left out. Machines are noisy, so what counts are ratios: all
competitors take turns within each round, and the median of the rounds' ratios is reported.
"""

import argparse
import os
import platform
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from peers import COMPETITORS, Competitor, Sizes
from threadpoolctl import threadpool_info, threadpool_limits

from digitpad.data.dataset import Dataset
from digitpad.data.mnist import Mnist, mnist
from digitpad.drawing import rasterize
from digitpad.nn.network import Network
from digitpad.recognition.evaluation import evaluate
from digitpad.training import minibatch_parallel
from digitpad.training.augment import distort
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.presets import PRESETS
from digitpad.training.sgd import train

ARCHITECTURES: list[tuple[Sizes, int]] = [
    ((784, 30, 10), 10),
    ((784, 16, 16, 10), 32),
    ((784, 128, 64, 10), 32),
    ((784, 800, 10), 128),
]
# Networks at both sides of the bound from which a mini-batch is divided between processors.
DIVIDED: list[tuple[tuple[int, ...], int]] = [
    ((1024, 512), 128),
    ((1024,), 100),
    ((1024,), 32),
    ((300,), 100),
    ((128, 64), 128),
    ((100,), 100),
    ((200,), 50),
    ((128, 64), 32),
    ((30,), 100),
]
# About how long a competitor takes in one round.
TURN = 0.25
GOALS = (0.95, 0.97, 0.98)

PROCESSORS = (
    len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
)


def limited(processors: int, competitor: Competitor, *arguments: Any) -> float:
    """Run a competitor with a limited number of processors."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(processors)
    with threadpool_limits(processors):
        return competitor(*arguments)


def speed(name: str, sizes: Sizes, m: int, data: Dataset) -> float:
    """Return a competitor's samples a second: digitpad as it is, others at their best.

    Whether one processor or all of them are faster depends on the network. digitpad chooses by
    itself; for the others both are tried and the better one counts. PyTorch is listed twice.
    """
    competitor = COMPETITORS[name]
    if name == "digitpad":
        return len(data) / competitor(sizes, m, data)
    choices = {1, PROCESSORS}
    if name == "PyTorch, as it comes":
        choices = {PROCESSORS}
    elif name == "PyTorch, one processor":
        choices = {1}
    return len(data) / min(limited(count, competitor, sizes, m, data) for count in choices)


def throughput(data: Dataset, rounds: int) -> Iterator[str]:
    """Yield the table of samples a second and ratios, line by line."""
    yield "| layers, mini-batch | competitor | samples/s | digitpad: how many times as many |"
    yield "|---|---|--:|--:|"
    absent: set[str] = set()
    for sizes, m in ARCHITECTURES:
        counts: dict[str, int] = {}
        for name in COMPETITORS:
            try:
                estimate = speed(name, sizes, m, data.take(slice(1280)))
            except ImportError as error:
                if name not in absent:
                    print(f"left out: {name} ({error})", file=sys.stderr)
                absent.add(name)
                continue
            counts[name] = max(5, min(len(data), int(estimate * TURN)) // m) * m
        speeds: dict[str, list[float]] = defaultdict(list)
        for _ in range(rounds):
            for name, count in counts.items():
                speeds[name].append(speed(name, sizes, m, data.take(slice(count))))
        for name, values in speeds.items():
            first = name == "digitpad"
            ratios = [a / b for a, b in zip(speeds["digitpad"], values, strict=True)]
            low, median, high = np.percentile(ratios, [25, 50, 75])
            yield (
                f"| {'-'.join(map(str, sizes)) + f', {m}' if first else ''} | {name} "
                f"| {statistics.median(values):,.0f} "
                f"| {'' if first else f'× {median:.2f} ({low:.2f} to {high:.2f})'} |"
            )


def division(data: Dataset, rounds: int) -> Iterator[str]:
    """Yield the table of what dividing a mini-batch between processors gains."""
    yield "| layers, mini-batch | million multiplications | divided |"
    yield "|---|--:|--:|"

    def seconds(h: Hyperparameters, count: int, divided: bool) -> float:
        with patch.object(minibatch_parallel, "is_worth_dividing", lambda *_: divided):
            start = time.perf_counter()
            for _ in train(h.new_network(), data.take(slice(count)), h):
                pass
            return time.perf_counter() - start

    for hidden, m in DIVIDED:
        quick = without_augmentation(PRESETS["quick"].hyperparameters)
        h = quick.replace(hidden_layers=hidden, mini_batch_size=m, epochs=1)
        estimate = min(seconds(h, 20 * m, False) for _ in range(2)) / 20
        count = max(20, min(len(data) // m, int(TURN / estimate))) * m
        ratios = []
        for number in range(rounds):
            first = number % 2 == 0
            times = {each: seconds(h, count, each) for each in (first, not first)}
            ratios.append(times[False] / times[True])
        low, median, high = np.percentile(ratios, [25, 50, 75])
        work = m * h.new_network().parameters.size / 1e6
        yield (
            f"| {'-'.join(map(str, h.sizes))}, {m} | {work:.1f} "
            f"| × {median:.2f} ({low:.2f} to {high:.2f}) |"
        )


def seconds_to_accuracy(digits: Mnist, rounds: int) -> Iterator[str]:
    """Yield the table of training times to each accuracy on the test images.

    The clock stops while the test images are read, 25 times an epoch at first.
    """
    preset = PRESETS["quick"].hyperparameters
    plain = without_augmentation(preset)
    yield f"| | {' | '.join(f'{goal:.0%}' for goal in GOALS)} | at the end |"
    yield "|---|--:|--:|--:|--:|"
    reached: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for seed in range(rounds):
        for name, trainer in TRAINERS.items():
            try:
                h = preset if name.endswith("with augmentation") else plain
                times, accuracy = _race(trainer(h.replace(seed=seed), digits))
            except ImportError as error:
                if seed == 0:
                    print(f"left out: {name} ({error})", file=sys.stderr)
                continue
            for goal in GOALS:
                reached[name][goal].append(times.get(goal, np.inf))
            reached[name][1.0].append(accuracy)
    for name, times_of in reached.items():
        seconds = [statistics.median(times_of[goal]) for goal in GOALS]
        cells = [f"{second:.2f} s" if np.isfinite(second) else "–" for second in seconds]
        yield f"| {name} | {' | '.join(cells)} | {statistics.median(times_of[1.0]):.2%} |"


Look = Callable[[], float]


def _race(looks: Iterator[Look]) -> tuple[dict[float, float], float]:
    """Run a trainer; return the seconds to each goal and the last accuracy."""
    reached: dict[float, float] = {}
    elapsed = accuracy = 0.0
    start = time.perf_counter()
    for look in looks:
        elapsed += time.perf_counter() - start
        accuracy = look()
        for goal in GOALS:
            if accuracy >= goal:
                reached.setdefault(goal, elapsed)
        start = time.perf_counter()
    return reached, accuracy


def _due(epoch: int, done: int, n: int, m: int) -> bool:
    """Return whether to evaluate now: often in the first two epochs, then five times an epoch."""
    return done % (2000 if epoch < 2 else 10_000) < m or done >= n


def _digitpad(h: Hyperparameters, digits: Mnist) -> Iterator[Look]:
    network, n = h.new_network(), len(digits.train)
    for progress in train(network, digits.train, h, report_every=0):
        done = progress.batch * h.mini_batch_size
        if _due(progress.epoch, done, n, h.mini_batch_size):
            yield lambda: evaluate(network, digits.test).accuracy


def _pytorch(h: Hyperparameters, digits: Mnist) -> Iterator[Look]:
    import torch

    torch.manual_seed(h.seed)
    torch.set_num_threads(PROCESSORS)
    layers: list[Any] = []
    for before, here in zip(h.sizes, h.sizes[1:-1], strict=False):
        layers += [torch.nn.Linear(before, here), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers, torch.nn.Linear(h.sizes[-2], 10))
    if h.optimiser == "adam":
        optimiser = torch.optim.Adam(model.parameters(), lr=h.learning_rate)
    else:
        optimiser = torch.optim.SGD(model.parameters(), lr=h.learning_rate, momentum=h.momentum)
    x, y = torch.from_numpy(digits.train.inputs()), torch.from_numpy(digits.train.labels)
    test_x, test_y = torch.from_numpy(digits.test.inputs()), torch.from_numpy(digits.test.labels)
    m, n = h.mini_batch_size, len(x)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, -(-n // m) * h.epochs)
    cost = torch.nn.CrossEntropyLoss()

    def look() -> float:
        with torch.no_grad():
            return float((model(test_x).argmax(1) == test_y).float().mean())

    for epoch in range(h.epochs):
        for batch, chosen in enumerate(torch.randperm(n).split(m), start=1):
            optimiser.zero_grad()
            cost(model(x[chosen]), y[chosen]).backward()
            optimiser.step()
            schedule.step()
            if _due(epoch, batch * m, n, m):
                yield look


def _scikit_learn(h: Hyperparameters, digits: Mnist) -> Iterator[Look]:
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        h.hidden_layers,
        solver=h.optimiser,
        alpha=0,
        batch_size=h.mini_batch_size,
        learning_rate_init=h.learning_rate,
        momentum=h.momentum,
        nesterovs_momentum=False,
        random_state=h.seed,
    )
    x, y = digits.train.inputs(), digits.train.labels
    test_x = digits.test.inputs()
    generator = np.random.default_rng(h.seed)
    for epoch in range(h.epochs):
        for chosen in np.array_split(generator.permutation(len(x)), 25 if epoch < 2 else 5):
            model.partial_fit(x[chosen], y[chosen], classes=np.arange(10))
            yield lambda: float((model.predict(test_x) == digits.test.labels).mean())


TRAINERS: dict[str, Callable[[Hyperparameters, Mnist], Iterator[Look]]] = {
    "digitpad": _digitpad,
    "PyTorch": _pytorch,
    "scikit-learn (constant η)": _scikit_learn,
    "digitpad, with augmentation": _digitpad,
}


def without_augmentation(h: Hyperparameters) -> Hyperparameters:
    """Return the same hyperparameters without augmentation, which the peers lack."""
    return h.replace(rotation=0, scaling=0, shear=0, translation=0, elastic=0)


def augmentation(data: Dataset, rounds: int) -> Iterator[str]:
    """Yield the table of the time for augmentation, compared with a training step."""
    h = PRESETS["shipped"].hyperparameters.replace(
        hidden_layers=(1024, 512), mini_batch_size=128, epochs=1
    )
    plain = without_augmentation(h)
    some = data.take(slice(2560))
    out = np.ones((len(some), 785), np.float32)
    augmenting, learning = [], []
    for number in range(rounds + 1):
        start = time.perf_counter()
        distort(some.images, h, np.random.default_rng(number), out)
        middle = time.perf_counter()
        for _ in train(plain.new_network(), some, plain):
            pass
        augmenting.append((middle - start) / len(some) * 1e6)
        learning.append((time.perf_counter() - middle) / len(some) * 1e6)
    share = statistics.median(a / b for a, b in zip(augmenting[1:], learning[1:], strict=True))
    yield "| 784-1024-512-10, 128 | µs a sample |"
    yield "|---|--:|"
    yield f"| a step | {statistics.median(learning[1:]):.1f} |"
    yield f"| affine and elastic distortion | {statistics.median(augmenting[1:]):.1f} |"
    yield f"| augmentation relative to a step | {share:.0%} |"


def latency(rounds: int) -> Iterator[str]:
    """Yield the table of the time from ink to activations, without the window."""
    network = Network((784, 1024, 512, 10), activation="relu")
    t = np.linspace(0, 2 * np.pi, 60)
    eight = [np.column_stack([np.sin(2 * t), 2 * np.cos(t)])]
    seven = [np.array([[0, 0], [10, 0], [4, 20]]), np.array([[2, 10], [9, 10]])]
    drawings: list[list[NDArray[np.float64]]] = [eight, [s.astype(float) for s in seven]]
    image = rasterize.to_image(eight)
    yield "| one drawing, one processor, 784-1024-512-10 | median | 99th percentile |"
    yield "|---|--:|--:|"
    works: dict[str, Callable[[list[NDArray[np.float64]]], object]] = {
        "ink to image": rasterize.to_image,
        "image to activations": lambda _: network.feed_forward(image.ravel()),
        "both": lambda strokes: network.feed_forward(rasterize.to_image(strokes).ravel()),
    }
    with threadpool_limits(1):
        for name, work in works.items():
            times = []
            for turn in range(200 * rounds + 50):
                start = time.perf_counter()
                work(drawings[turn % 2])
                times.append(time.perf_counter() - start)
            median, high = np.percentile(times[50:], [50, 99]) * 1e3
            yield f"| {name} | {median:.2f} ms | {high:.2f} ms |"


def machine() -> str:
    """Describe the machine and the software."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        if names:
            processor = names[0].split(":", 1)[1].strip()
    blas = {
        f"{library['internal_api']} {library['version']} ({library.get('architecture', '?')})"
        for library in threadpool_info()
        if library["user_api"] == "blas"
    }
    packages = []
    for name in ("numpy", "torch", "scikit-learn", "neural-network-digits"):
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return (
        f"{processor}, {PROCESSORS} processors; {platform.system()}, "
        f"Python {platform.python_version()}, {', '.join(packages)}; "
        f"{', '.join(sorted(blas))}; {time.strftime('%Y-%m-%d')}."
    )


def main() -> None:
    """Run everything and write the results."""
    # Users do not have settings that slow NumPy down.
    tuned = [name for name in os.environ if name.startswith(("OPENBLAS_", "OMP_", "MKL_"))]
    if tuned:
        for name in tuned:
            del os.environ[name]
        os.execv(sys.executable, [sys.executable, *sys.argv])
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="more are steadier (default: 7)")
    parser.add_argument("--out", type=Path, help="a Markdown file to write the results to")
    arguments = parser.parse_args()
    rounds = max(1, arguments.rounds)
    digits = mnist()
    quick = PRESETS["quick"].hyperparameters
    parts: list[str] = []

    def tell(*lines: str) -> None:
        print("\n".join(lines), flush=True)
        parts.extend(lines)

    tell("# Speed", "", f"Written by `python benchmarks/speed.py` on {machine()}", "")
    tell("## Training", "")
    tell(
        "Logistic neurons, plain SGD, data in memory. Every peer is written as its users would "
        "write it and uses one processor or all of them, whichever is faster. The last column says "
        "how many times as many samples digitpad processes in the same time: the median and the "
        f"quartiles of {rounds} rounds, in each of which all take turns. “Matrix products alone” "
        "is a lower bound: the products of the same training in plain NumPy, with nothing between "
        "them. digitpad can be faster where it divides the products of wide layers.",
        "",
    )
    for line in throughput(digits.train, rounds):
        tell(line)
    tell("", "## One processor or two", "")
    tell(
        "How many times as fast a training is whose mini-batches are divided, which they are from "
        "12 million multiplications on, each parameter's with each sample's. Where that begins to "
        "pay depends on the machine: docs/decisions.md compares two.",
        "",
    )
    for line in division(digits.train, rounds):
        tell(line)
    tell("", "## Training time to an accuracy on the test images", "")
    tell(
        f"Preset quick: {'-'.join(map(str, quick.sizes))}, {quick.activation}, "
        f"{quick.output_activation} outputs, {quick.optimiser}, η {quick.learning_rate:g}, "
        f"momentum {quick.momentum:g}, m {quick.mini_batch_size}, {quick.epochs} epochs, "
        f"{quick.schedule} schedule. All train without augmentation, then digitpad also with it. "
        "Only training time counts; medians of three seeds.",
        "",
    )
    for line in seconds_to_accuracy(digits, 3):
        tell(line)
    tell("", "## Augmentation", "")
    for line in augmentation(digits.train, rounds):
        tell(line)
    tell("", "## Reading", "")
    for line in latency(rounds):
        tell(line)
    if arguments.out:
        arguments.out.write_text("\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
