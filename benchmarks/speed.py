"""How fast digitpad trains and reads, beside its peers, in one run.

    python benchmarks/speed.py [--rounds N] [--out benchmarks/results.md]

needs `pip install 'digitpad[benchmark]'` for the peers; one that is missing is left out, and said so.
Machines differ and are noisy: what counts are the ratios, taken round by round (all competitors in
turn within a round) and given as medians.
"""

import argparse
import os
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from digitpad import ink
from digitpad.dataset import Dataset, mnist
from digitpad.evaluation import evaluate
from digitpad.hyperparameters import PRESETS, Hyperparameters
from digitpad.model_file import shipped
from digitpad.network import one_hot
from digitpad.paths import resources
from digitpad.training import train

ARCHITECTURES = [
    ((784, 30, 10), 10),
    ((784, 16, 16, 10), 32),
    ((784, 128, 64, 10), 32),
    ((784, 800, 10), 128),
]
# Samples that each competitor learns from in a round; slow ones get fewer.
SAMPLES = 20_000
SLOW_SAMPLES = 2_000

Competitor = Callable[[tuple[int, ...], int, Dataset], float]


def digitpad(sizes: tuple[int, ...], m: int, data: Dataset) -> float:
    """Samples per second of the generator that the window and the command line use."""
    h = Hyperparameters(hidden_layers=sizes[1:-1], mini_batch_size=m, epochs=1, learning_rate=0.5)
    network = h.new_network()
    start = time.perf_counter()
    for _ in train(network, data, h):
        pass
    return len(data) / (time.perf_counter() - start)


def floor(sizes: tuple[int, ...], m: int, data: Dataset) -> float:
    """The matrix products of the same training alone, into preallocated arrays."""
    generator = np.random.default_rng(0)

    def random(*shape: int) -> np.ndarray:
        return generator.standard_normal(shape, dtype=np.float32)

    weights = [random(b, a) for a, b in zip(sizes, sizes[1:], strict=False)]
    gradients = [np.empty_like(w) for w in weights]
    a = [random(m, n) for n in sizes]
    delta = [random(m, n) for n in sizes]
    best = 0.0
    for threads in (1, None):
        with threadpool_limits(threads):
            start = time.perf_counter()
            for _ in range(len(data) // m):
                for layer, w in enumerate(weights):
                    np.dot(a[layer], w.T, out=a[layer + 1])
                for layer in range(len(weights) - 1, -1, -1):
                    np.dot(delta[layer + 1].T, a[layer], out=gradients[layer])
                    if layer:
                        np.dot(delta[layer + 1], weights[layer], out=delta[layer])
            best = max(best, len(data) // m * m / (time.perf_counter() - start))
            for array in a[1:] + delta:
                array[...] = generator.standard_normal(array.shape)
    return best


def pytorch(sizes: tuple[int, ...], m: int, data: Dataset) -> float:
    """PyTorch's nn modules, eager, with all processors or one, whichever is faster."""
    import torch

    x, y = torch.from_numpy(data.inputs()), torch.from_numpy(data.targets())
    best = 0.0
    processors = os.cpu_count() or 1
    for threads in {1, processors}:
        torch.set_num_threads(threads)
        layers: list[torch.nn.Module] = []
        for before, here in zip(sizes, sizes[1:], strict=False):
            layers += [torch.nn.Linear(before, here), torch.nn.Sigmoid()]
        model = torch.nn.Sequential(*layers)
        optimiser = torch.optim.SGD(model.parameters(), lr=0.5)
        cost = torch.nn.MSELoss()
        start = time.perf_counter()
        for chosen in torch.randperm(len(x)).split(m):
            optimiser.zero_grad()
            cost(model(x[chosen]), y[chosen]).backward()
            optimiser.step()
        best = max(best, len(x) / (time.perf_counter() - start))
    return best


def scikit_learn(sizes: tuple[int, ...], m: int, data: Dataset) -> float:
    """scikit-learn's MLPClassifier with its solver sgd."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        sizes[1:-1],
        activation="logistic",
        solver="sgd",
        alpha=0,
        batch_size=m,
        learning_rate_init=0.5,
        max_iter=1,
        momentum=0,
    )
    x = data.inputs()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that one epoch does not converge
        start = time.perf_counter()
        model.fit(x, data.labels)
        return len(x) / (time.perf_counter() - start)


def neural_network_digits(sizes: tuple[int, ...], m: int, data: Dataset) -> float:
    """The package neural-network-digits: its Trainer, augmentation and all, as its users run it."""
    from nn_digits.neural_net.training import Trainer

    photos = data.images.reshape(-1, 28, 28)
    trainer = Trainer(sizes[1:-1], photos_and_digits=(photos, data.labels))
    start = time.perf_counter()
    trainer.run_epoch(0.05, batch=m)
    return len(trainer.train_digits) / (time.perf_counter() - start)


def neural_network_digits_step(sizes: tuple[int, ...], m: int, data: Dataset) -> float:
    """The same package's training step alone, without its augmentation."""
    from nn_digits.neural_net.network import NeuralNetwork

    network = NeuralNetwork(sizes)
    x, y = data.inputs(), data.targets()
    order = np.random.default_rng(0).permutation(len(x))
    start = time.perf_counter()
    for first in range(0, len(x), m):
        chosen = order[first : first + m]
        network.train_step(x[chosen], y[chosen], 0.05, 0.0, 0.0, 0.0, np.random.default_rng(0))
    return len(x) / (time.perf_counter() - start)


def one_by_one(sizes: tuple[int, ...], m: int, data: Dataset) -> float:
    """A loop over single samples with column vectors in float64, as books teach it."""
    generator = np.random.default_rng(0)
    weights = [generator.standard_normal((b, a)) for a, b in zip(sizes, sizes[1:], strict=False)]
    biases = [generator.standard_normal((b, 1)) for b in sizes[1:]]
    x = data.inputs().astype(np.float64)[:, :, None]
    y = one_hot(data.labels).astype(np.float64)[:, :, None]
    order = generator.permutation(len(x))
    start = time.perf_counter()
    for first in range(0, len(x), m):
        sum_w = [np.zeros_like(w) for w in weights]
        sum_b = [np.zeros_like(b) for b in biases]
        for sample in order[first : first + m]:
            activations = [x[sample]]
            for w, b in zip(weights, biases, strict=True):
                activations.append(1 / (1 + np.exp(-(w @ activations[-1] + b))))
            delta = (activations[-1] - y[sample]) * activations[-1] * (1 - activations[-1])
            for layer in range(len(weights) - 1, -1, -1):
                sum_w[layer] += delta @ activations[layer].T
                sum_b[layer] += delta
                if layer:
                    a = activations[layer]
                    delta = (weights[layer].T @ delta) * a * (1 - a)
        weights = [w - 0.5 / m * s for w, s in zip(weights, sum_w, strict=True)]
        biases = [b - 0.5 / m * s for b, s in zip(biases, sum_b, strict=True)]
    return len(x) / (time.perf_counter() - start)


COMPETITORS: list[tuple[str, Competitor, int]] = [
    ("digitpad", digitpad, SAMPLES),
    ("matrix products alone", floor, SAMPLES),
    ("PyTorch", pytorch, SAMPLES),
    ("scikit-learn", scikit_learn, SAMPLES),
    ("neural-network-digits, Trainer", neural_network_digits, SLOW_SAMPLES),
    ("neural-network-digits, its step", neural_network_digits_step, SAMPLES),
    ("sample by sample", one_by_one, SLOW_SAMPLES),
]


def throughput(data: Dataset, rounds: int) -> list[str]:
    """Return the table of samples a second and ratios."""
    lines = [
        "| layers, mini-batch | competitor | samples/s (median) | digitpad is … times as fast |",
        "|---|---|--:|--:|",
    ]
    missing = set()
    for sizes, m in ARCHITECTURES:
        speeds: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name, competitor, count in COMPETITORS:
                if name in missing:
                    continue
                try:
                    speed = competitor(sizes, m, data.take(slice(count)))
                except ImportError as error:
                    print(f"left out: {name} ({error})", file=sys.stderr)
                    missing.add(name)
                    continue
                speeds.setdefault(name, []).append(speed)
        for name, values in speeds.items():
            ratio = statistics.median(
                a / b for a, b in zip(speeds["digitpad"], values, strict=True)
            )
            what = f"{'-'.join(map(str, sizes))}, {m}" if name == "digitpad" else ""
            lines.append(
                f"| {what} | {name} | {statistics.median(values):,.0f} "
                f"| {'' if name == 'digitpad' else f'{ratio:.2f}'} |"
            )
            print(lines[-1], flush=True)
    return lines


def seconds_to_accuracy(data: Dataset, test: Dataset) -> list[str]:
    """Return the table of training seconds until the test images are read this well.

    The clock stands still while the test images are read, which happens every 2,000 samples for the
    first two epochs and every 10,000 from then on.
    """
    goals = (0.95, 0.97, 0.98)
    h = PRESETS["quick"].hyperparameters.replace(epochs=12)
    lines = [
        f"| {'-'.join(map(str, h.sizes))}, preset quick for {h.epochs} epochs | "
        + " | ".join(f"{goal:.0%}" for goal in goals)
        + " | best |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, trainer in (("digitpad", _digitpad_steps), ("PyTorch", _pytorch_steps)):
        reached: dict[float, float] = {}
        elapsed, best, start = 0.0, 0.0, time.perf_counter()
        try:
            for accuracy in trainer(h, data, test):
                elapsed += time.perf_counter() - start
                measured = accuracy()
                best = max(best, measured)
                for goal in goals:
                    if measured >= goal:
                        reached.setdefault(goal, elapsed)
                start = time.perf_counter()
        except ImportError as error:
            print(f"left out: {name} ({error})", file=sys.stderr)
            continue
        cells = [f"{reached[g]:.2f} s" if g in reached else "–" for g in goals]
        lines.append(f"| {name} | {' | '.join(cells)} | {best:.2%} |")
        print(lines[-1], flush=True)
    return lines


def _due(epoch: int, done: int, m: int) -> bool:
    every = 2_000 if epoch < 2 else 10_000
    return done % every < m


def _digitpad_steps(h, data, test):
    network = h.new_network()
    for progress in train(network, data, h, report_every=0):
        if _due(progress.epoch, progress.batch * h.mini_batch_size, h.mini_batch_size):
            yield lambda: evaluate(network, test).accuracy


def _pytorch_steps(h, data, test):
    import torch

    torch.set_num_threads(os.cpu_count() or 1)
    torch.manual_seed(0)
    (hidden,) = h.hidden_layers
    model = torch.nn.Sequential(
        torch.nn.Linear(784, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, 10)
    )
    optimiser = torch.optim.SGD(model.parameters(), lr=h.learning_rate, momentum=h.momentum)
    x, y = torch.from_numpy(data.inputs()), torch.from_numpy(data.labels)
    test_x, test_y = torch.from_numpy(test.inputs()), torch.from_numpy(test.labels)
    batches = -(-len(x) // h.mini_batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, batches * h.epochs)
    cost = torch.nn.CrossEntropyLoss()

    def accuracy() -> float:
        with torch.no_grad():
            return (model(test_x).argmax(1) == test_y).float().mean().item()

    for epoch in range(h.epochs):
        for batch, chosen in enumerate(torch.randperm(len(x)).split(h.mini_batch_size), start=1):
            optimiser.zero_grad()
            cost(model(x[chosen]), y[chosen]).backward()
            optimiser.step()
            schedule.step()
            if _due(epoch, batch * h.mini_batch_size, h.mini_batch_size):
                yield accuracy


def latency() -> list[str]:
    """Return the table of what lies between a pointer's movement and ten bars, window apart."""
    network = shipped().network
    files = sorted((resources() / "examples").glob("*.jsonl"))
    samples = [sample.strokes for file in files for sample in ink.read_strokes(file)]
    lines = ["| one drawing, one processor | median | 99th percentile |", "|---|--:|--:|"]
    image = ink.to_image(samples[0])
    with threadpool_limits(1):
        for name, work in (
            ("ink to image", lambda strokes: ink.to_image(strokes)),
            ("image to activations", lambda _: network.feed_forward(image.ravel())),
            ("both", lambda strokes: network.feed_forward(ink.to_image(strokes).ravel())),
        ):
            times = []
            for turn in range(1500):
                strokes = samples[turn % len(samples)]
                start = time.perf_counter()
                work(strokes)
                times.append(time.perf_counter() - start)
            median, high = np.percentile(times[100:], [50, 99]) * 1e3
            lines.append(f"| {name} | {median:.2f} ms | {high:.2f} ms |")
            print(lines[-1], flush=True)
    return lines


def machine() -> str:
    """Return what this ran on."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        if names:
            processor = names[0].split(":", 1)[1].strip()
    return (
        f"{processor}, {os.cpu_count()} processors, {platform.system()}, "
        f"Python {platform.python_version()}, NumPy {np.__version__}, {time.strftime('%Y-%m-%d')}"
    )


def main() -> None:
    """Run everything and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    digits = mnist()
    parts = [
        "# Speed",
        f"{machine()}. Written by `python benchmarks/speed.py`.",
        "## Training",
        "Logistic neurons, quadratic cost, plain SGD, data in memory, each library as its users "
        "would write it. “Matrix products alone” is the floor under any implementation in NumPy.",
        "\n".join(throughput(digits.train, arguments.rounds)),
        "## From the start to an accuracy on the test images",
        "\n".join(seconds_to_accuracy(digits.train, digits.test)),
        "## Reading",
        "\n".join(latency()),
    ]
    if arguments.out:
        arguments.out.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
