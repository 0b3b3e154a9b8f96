"""What the model that ships learns from: MNIST, real pen strokes, and drawings that are no digits.

MNIST alone makes a network that reads MNIST. Pen strokes bring other hands; they are drawn with pens
of random width, so that the network does not rely on one. Drawings that are no digits (letters that
look like none, and invented scribbles, dots, bars and crosses) have no desired output at all: the
network learns to answer with ten low activations, "nothing that I know".
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitpad.dataset import NO_DIGIT, Dataset, Mnist
from digitpad.hyperparameters import Hyperparameters
from digitpad.ink import PEN, Sample, read_strokes, to_images
from digitpad.network import Network
from digitpad.training import train

# Letters that can be taken for a digit teach nothing about what is none.
_LOOK_LIKE_DIGITS = frozenset("BDGILOQSZ")
# Each stroke sample is drawn so many times, each time with another pen.
_RENDERINGS = 4
# The pen's width varies by this factor up or down (standard deviation of its logarithm).
_PEN_SPREAD = 0.3
_SCRIBBLES = 6_000
# A label that a network trained on other writers finds less probable than this is a mistake.
_INCREDIBLE = 0.01
_FOLDS = 3


def training_set(digits: Mnist, stroke_files: Sequence[Path], seed: int = 0) -> Dataset:
    """Return everything that the shipped model learns from.

    Parameters
    ----------
    digits : Mnist
        Its training and validation images are used; its test images are not.
    stroke_files : sequence of Path
        Stroke files. Samples with a label are digits; those without, but with a key "letter" that
        looks like no digit, are examples of what is none; others are left out.
    seed : int

    Raises
    ------
    DigitpadError
        If a file cannot be read.
    """
    generator = np.random.default_rng(seed)
    samples = [sample for path in stroke_files for sample in read_strokes(path)]
    mnist = digits.train.concatenate(digits.validation)
    known = [sample for sample in samples if sample.label is not None]
    if not known:
        return mnist
    known = without_mistakes(known, mnist, seed)
    parts = [mnist]
    for _ in range(_RENDERINGS):
        parts.append(drawn(known, generator, "pen strokes"))
    parts.append(drawn(no_digits(samples, known, generator), generator, "no digits"))
    return parts[0].concatenate(*parts[1:])


def drawn(samples: Sequence[Sample], generator: np.random.Generator, name: str) -> Dataset:
    """Draw strokes with pens of random width."""
    pens = PEN * np.exp(_PEN_SPREAD * generator.standard_normal(len(samples))).clip(0.5, 1.9)
    images = to_images([sample.strokes for sample in samples], pens)
    labels = [NO_DIGIT if sample.label is None else sample.label for sample in samples]
    return Dataset(images.reshape(-1, 784), np.array(labels, np.int64), name)


def without_mistakes(samples: Sequence[Sample], mnist: Dataset, seed: int) -> list[Sample]:
    """Leave out samples whose label or segmentation is wrong, as a few per cent of UNIPEN's are.

    Each sample is judged by a small network that learned from MNIST and from other writers.
    """
    writers = np.array([str(s.extra.get("writer", number)) for number, s in enumerate(samples)])
    generator = np.random.default_rng(seed)
    names = generator.permutation(np.unique(writers))
    labels = np.array([sample.label for sample in samples])
    images = drawn(samples, generator, "pen strokes")
    probable = np.empty(len(samples))
    h = Hyperparameters(
        hidden_layers=(256, 128),
        activation="relu",
        output_activation="softmax",
        cost="cross-entropy",
        learning_rate=0.1,
        momentum=0.9,
        mini_batch_size=128,
        epochs=8,
        schedule="cosine",
        rotation=6.0,
        scaling=0.08,
        shear=0.1,
        translation=0.5,
        elastic=0.6,
        seed=seed,
    )
    for fold in range(_FOLDS):
        judged = np.isin(writers, names[fold::_FOLDS])
        network = h.new_network()
        others = images.take(np.flatnonzero(~judged))
        for _ in train(network, mnist.concatenate(others), h):
            pass
        outputs = network.feed_forward(images.take(np.flatnonzero(judged)).inputs())
        probable[judged] = outputs[np.arange(len(outputs)), labels[judged]]
    # A writer most of whose samples are misread was segmented wrongly as a whole.
    lost = {writer for writer in names if np.median(probable[writers == writer]) < 0.5}
    return [
        sample
        for sample, writer, p in zip(samples, writers, probable, strict=True)
        if p >= _INCREDIBLE and writer not in lost
    ]


def no_digits(
    samples: Sequence[Sample], known: Sequence[Sample], generator: np.random.Generator
) -> list[Sample]:
    """Return drawings that are no digits: letters, pairs of digits, and invented ones."""
    found = [
        Sample(None, sample.strokes)
        for sample in samples
        if sample.label is None
        and "letter" in sample.extra
        and sample.extra["letter"] not in _LOOK_LIKE_DIGITS
    ]
    found += [Sample(None, tuple(scribble(generator))) for _ in range(_SCRIBBLES)]
    for _ in range(_SCRIBBLES // 4):
        left, right = generator.integers(len(known), size=2)
        found.append(Sample(None, side_by_side(known[left], known[right], generator)))
    return found


def side_by_side(
    left: Sample, right: Sample, generator: np.random.Generator
) -> tuple[NDArray[np.float64], ...]:
    """Return two digits' strokes beside each other, of the same height."""
    gap = generator.uniform(0.1, 0.6)
    strokes: list[NDArray[np.float64]] = []
    start = 0.0
    for sample in (left, right):
        points = np.concatenate([stroke[:, :2] for stroke in sample.strokes])
        low, high = points.min(axis=0), points.max(axis=0)
        height = max(high[1] - low[1], (high[0] - low[0]) / 3, 1e-9)
        strokes += [
            (stroke[:, :2] - low) / height + np.array([start, 0.0]) for stroke in sample.strokes
        ]
        start += (high[0] - low[0]) / height + gap
    return tuple(strokes)


def scribble(generator: np.random.Generator) -> list[NDArray[np.float64]]:
    """Invent a drawing that is no digit: a scribble, dots, a lying bar, a cross, a zigzag …"""
    kind = generator.integers(9)
    normal = generator.standard_normal
    if kind == 0:  # a scribble of a few waves
        t = np.linspace(0, 1, 200)[:, None]
        waves = generator.uniform(2, 9, size=(4, 2))
        phases = generator.uniform(0, 2 * np.pi, size=(4, 2))
        sizes = normal((4, 2)) / (1 + np.arange(4))[:, None]
        drift = normal((1, 2)) * generator.uniform(0, 2) * t
        waved = sizes * np.sin(2 * np.pi * waves * t[:, None] * generator.uniform(0.5, 1) + phases)
        return [waved.sum(axis=1) + drift]
    if kind == 1:  # a hand that wanders
        steps = normal((generator.integers(15, 60), 2))
        return [np.cumsum(steps * generator.uniform(0.5, 2), axis=0)]
    if kind == 2:  # dots
        count = generator.integers(1, 5)
        size = generator.choice([0.0, 0.02, 0.1])
        return [
            generator.uniform(-1, 1, 2) + size * normal((generator.integers(1, 6), 2))
            for _ in range(count)
        ]
    if kind == 3:  # a bar that lies, or leans the wrong way
        return [_bar(generator, generator.choice([0.0, np.pi]) + generator.uniform(-0.55, 0.85))]
    if kind == 4:  # a cross, upright or lying
        angle = generator.uniform(0, np.pi)
        other = angle + np.pi / 2 + generator.uniform(-0.4, 0.4)
        return [_bar(generator, angle), _bar(generator, other)]
    if kind == 5:  # parallel bars
        angle = generator.choice([0.0, np.pi / 2]) + 0.15 * normal()
        across = np.array([-np.sin(angle), np.cos(angle)]) * generator.uniform(0.4, 1.2)
        count = generator.integers(2, 5)
        return [_bar(generator, angle) + number * across for number in range(count)]
    if kind == 6:  # a zigzag
        corners = generator.integers(5, 14)
        along = np.linspace(0, generator.uniform(1, 5), corners)
        heights = np.where(np.arange(corners) % 2, 1.0, -1.0) * generator.uniform(0.6, 1.3, corners)
        return [_turned(np.column_stack([along, heights]), generator.uniform(0, np.pi))]
    if kind == 7:  # a scratched-out place: many strokes on top of each other
        count = generator.integers(3, 8)
        angle = generator.uniform(0, np.pi)
        return [_bar(generator, angle + 0.6 * normal()) + 0.4 * normal(2) for _ in range(count)]
    # a spiral
    turns = generator.uniform(2.5, 5)
    t = np.linspace(0, 1, 150)
    radius = t ** generator.uniform(0.7, 1.3)
    angle = 2 * np.pi * turns * t * generator.choice([-1, 1])
    return [np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])]


def _bar(generator: np.random.Generator, angle: float) -> NDArray[np.float64]:
    """Return a nearly straight line of length 2 around the origin, x at angle 0."""
    t = np.linspace(-1, 1, 12)
    bend = generator.normal(0, 0.06)
    along = np.column_stack([t, bend * (1 - t**2) + generator.normal(0, 0.01, 12)])
    return _turned(along, angle)


def _turned(points: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, sin], [-sin, cos]])


def calibrate(network: Network, digits: Dataset, rejected: float = 0.01) -> dict[str, float]:
    """Return the confidence below which a reading is "not sure", for `recognition`.

    Parameters
    ----------
    network : Network
    digits : Dataset
        Digits that the network has not learned from.
    rejected : float
        The fraction of real digits that may be called not sure.
    """
    best = network.feed_forward(digits.inputs()).max(axis=1)
    return {"reject_below": float(np.quantile(best, rejected))}
