"""The recipe of the model that ships: its training data, and how it is calibrated.

A network trained on MNIST alone reads only MNIST well. Pen strokes add other handwriting; each is
drawn several times, augmented and with pens of random width, so that the network does not depend on
one pen or one writer. Non-digits (letters that do not look like a digit, and synthetic scribbles,
dots, bars and crosses) have desired outputs of 0: the network learns to answer them with ten low
activations.

Some writers and some of MNIST's validation images are held back: they measure how well the trained
network reads new handwriting and how sure it may be (`calibrate`).
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitpad.data.dataset import NON_DIGIT, Dataset
from digitpad.data.mnist import Mnist
from digitpad.drawing.pen import PIXELS
from digitpad.drawing.rasterize import PEN, to_images
from digitpad.drawing.strokes import Sample, read_strokes
from digitpad.errors import DigitpadError
from digitpad.nn.network import Network
from digitpad.recognition.calibration import MIN_CONFIDENCE, Calibration, confidences
from digitpad.shipped.augment_strokes import augment
from digitpad.shipped.non_digits import letters, synthetic_negatives
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.sgd import train

# Copies of MNIST's images, and differently augmented drawings of each stroke sample: each is about
# half of the training data. With two copies beside UNIPEN's and pendigits' strokes, a network
# misread 28 of the 5,000 images held back, and 22 before it learned from pendigits.
_MNIST_COPIES = 4
_DRAWINGS = 8
# One writer in so many is held back, and so are this many of MNIST's validation images.
_HELD_BACK = 12
_MNIST_HELD_BACK = 5_000
_MIN_WRITERS = 3

MEDIAN_PEN = 2.4
"""The median width, in pixels, of the pens that draw the training strokes.

Recognition draws with a thinner one, `rasterize.PEN`, but training with thinner pens does not help.
"""

# The standard deviation of the logarithm of the widths.
_PEN_SPREAD = 0.42

# A label is a mistake if networks trained on other writers give it less probability than this.
_MIN_LABEL_PROBABILITY = 0.003
_FOLDS = 4
_JUDGE = Hyperparameters(
    hidden_layers=(300, 100),
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
)


def data_sets(
    digits: Mnist, stroke_files: Sequence[Path], seed: int = 0
) -> tuple[Dataset, Dataset]:
    """Return the training data of the shipped model, and the data held back to validate it.

    Parameters
    ----------
    digits : Mnist
        Its training and validation images are used; its test images are not.
    stroke_files : sequence of Path
        Stroke files. Samples with a label are digits; those without one, but with a key "letter"
        that does not look like a digit, are non-digits; others are left out. The key "writer" says
        who wrote a sample: no writer is both trained and validated on (`split_by_writer`). Without
        files, the result is MNIST's usual split.
    seed : int

    Returns
    -------
    training, validation : Dataset
        Non-digits have the label NON_DIGIT in both.

    Raises
    ------
    DigitpadError
        If a file cannot be read, no sample has a label, or the strokes are by too few writers.
    """
    if not stroke_files:
        return digits.train, digits.validation
    files = [read_strokes(path) for path in stroke_files]
    samples = [sample for file in files for sample in file]
    if all(sample.label is None for sample in samples):
        raise DigitpadError(
            "Not one sample of these stroke files has a label: give strokes of digits whose "
            "“label” is 0 to 9."
        )
    count = len(np.unique(_writers(samples)))
    if count < _MIN_WRITERS:
        raise DigitpadError(
            f"These strokes are by {count} writer{'s' if count > 1 else ''}: give strokes by at "
            f"least {_MIN_WRITERS}, since some writers are held back to validate with, and others "
            "to find wrong labels."
        )
    generator = np.random.default_rng(seed)
    trained_on, held_back = split_by_writer(files, generator)
    mnist = digits.train.concatenate(digits.validation.take(slice(_MNIST_HELD_BACK, None)))
    known = without_mistakes([s for s in trained_on if s.label is not None], mnist, seed)
    if not known:
        raise DigitpadError(
            "Not one of the strokes looks like its label: check the labels, or give more strokes."
        )
    training = [mnist] * _MNIST_COPIES
    for _ in range(_DRAWINGS):
        training.append(
            drawn([augment(sample, generator) for sample in known], MEDIAN_PEN, generator)
        )
    non_digits = [augment(sample, generator) for sample in _DRAWINGS * letters(trained_on)]
    non_digits += synthetic_negatives(known, generator)
    training.append(drawn(non_digits, MEDIAN_PEN, generator))

    validation = digits.validation.take(slice(_MNIST_HELD_BACK))
    found = [s for s in held_back if s.label is not None]
    found = without_mistakes(found, mnist, seed, teachers=known)
    held_back_drawn = drawn(found + letters(held_back))
    return training[0].concatenate(*training[1:]), validation.concatenate(held_back_drawn)


def split_by_writer(
    files: Sequence[Sequence[Sample]], generator: np.random.Generator
) -> tuple[list[Sample], list[Sample]]:
    """Return the samples of the writers to train on, and of those held back.

    Files that share writers are one collection, and each collection is split on its own: some of
    its writers are held back, and which they are does not depend on the collections after it.
    """
    trained_on: list[Sample] = []
    held_back: list[Sample] = []
    for samples in _collections(files):
        writers = _writers(samples)
        names = generator.permutation(np.unique(writers))
        apart = np.isin(writers, names[::_HELD_BACK])
        for sample, is_apart in zip(samples, apart, strict=True):
            (held_back if is_apart else trained_on).append(sample)
    return trained_on, held_back


def _collections(files: Sequence[Sequence[Sample]]) -> list[list[Sample]]:
    """Return the samples of files, those of files that share a writer in one list."""
    found: list[tuple[set[object], list[Sample]]] = []
    for samples in files:
        names: set[object] = {s.extra["writer"] for s in samples if "writer" in s.extra}
        joined: tuple[set[object], list[Sample]] = (names, [])
        apart = []
        for other in found:
            if other[0] & names:
                joined = (joined[0] | other[0], joined[1] + other[1])
            else:
                apart.append(other)
        found = [*apart, (joined[0], [*joined[1], *samples])]
    return [samples for _, samples in found]


def _writers(samples: Sequence[Sample]) -> NDArray[np.str_]:
    """Return each sample's writer, (n,); each sample without one has a writer of its own."""
    names = [str(s.extra.get("writer", f"sample {n}")) for n, s in enumerate(samples)]
    return np.array(names)


def drawn(
    samples: Sequence[Sample], pen: float = PEN, generator: np.random.Generator | None = None
) -> Dataset:
    """Draw strokes with a pen of this width or, given a generator, of random widths around it."""
    pens = np.full(len(samples), pen)
    if generator is not None:
        pens *= np.exp(_PEN_SPREAD * generator.standard_normal(len(samples))).clip(0.4, 2.0)
    images = to_images([sample.strokes for sample in samples], pens.tolist())
    labels = [NON_DIGIT if sample.label is None else sample.label for sample in samples]
    return Dataset(images.reshape(-1, PIXELS), np.array(labels, np.int64), "pen strokes")


def without_mistakes(
    samples: Sequence[Sample], mnist: Dataset, seed: int, teachers: Sequence[Sample] = ()
) -> list[Sample]:
    """Leave out samples whose label or segmentation is wrong, as a few per cent of UNIPEN's are.

    Each sample is judged by a small network trained on MNIST and on other writers.

    Parameters
    ----------
    samples : sequence of Sample
        With labels.
    mnist : Dataset
    seed : int
    teachers : sequence of Sample, optional
        What the judge is trained on. By default there are several judges: each judges some of the
        writers and is trained on the others.
    """
    writers = _writers(samples)
    generator = np.random.default_rng(seed)
    names = generator.permutation(np.unique(writers))
    labels = np.array([sample.label for sample in samples])
    views = [drawn(samples, MEDIAN_PEN, pens) for pens in (None, generator, generator)]
    probable = np.zeros(len(samples))
    h = _JUDGE.replace(seed=seed)
    for fold in range(1 if teachers else _FOLDS):
        if teachers:
            judged = np.full(len(samples), True)
            others = [drawn(teachers, MEDIAN_PEN, generator) for _ in views]
        else:
            judged = np.isin(writers, names[fold::_FOLDS])
            others = [view.take(np.flatnonzero(~judged)) for view in views]
        network = h.new_network()
        for _ in train(network, mnist.concatenate(*others), h):
            pass
        for view in views:
            outputs = network.feed_forward(view.take(np.flatnonzero(judged)).inputs())
            probable[judged] += outputs[np.arange(len(outputs)), labels[judged]] / len(views)
    # A writer most of whose samples are misread was segmented wrongly throughout.
    lost = {writer for writer in names if np.median(probable[writers == writer]) < 0.5}
    return [
        sample
        for sample, writer, p in zip(samples, writers, probable, strict=True)
        if p >= _MIN_LABEL_PROBABILITY and writer not in lost
    ]


def calibrate(network: Network, validation: Dataset, rejected: float = 0.015) -> Calibration:
    """Measure when the network may be sure.

    Parameters
    ----------
    network : Network
    validation : Dataset
        Samples that the network was not trained on; non-digits are left out.
    rejected : float
        The fraction of real digits that may be called not sure.

    Returns
    -------
    Calibration
        The temperature that minimises the negative log-likelihood of the labels (`confidences`),
        and the winner's activation above which all but the fraction `rejected` of the digits are
        sure (`are_sure`).
    """
    digits = validation.take(np.flatnonzero(validation.labels != NON_DIGIT))
    z, activations = network.outputs(digits.inputs())
    rows = np.arange(len(z))

    def log_loss(temperature: float) -> float:
        probable = confidences(z, temperature, network.output_activation)[rows, digits.labels]
        return float(-np.log(np.maximum(probable, 1e-12)).mean())

    temperature = min(np.geomspace(0.2, 5.0, 161), key=log_loss)
    probable = confidences(z, temperature, network.output_activation)
    confident = probable.max(axis=1) >= MIN_CONFIDENCE
    # Digits of low confidence are rejected anyway. Even if they are as many as may be rejected, a
    # winner less active than that of every other digit is not sure.
    left = max(0.0, (rejected - (~confident).mean()) / max(confident.mean(), 1e-9))
    winners = activations.max(axis=1)[confident] if confident.any() else np.zeros(1)
    # Rounded down, so that it does not exceed the activation that it was taken from.
    min_activation = math.floor(float(np.quantile(winners, left)) * 1e4) / 1e4
    return Calibration(round(float(temperature), 4), min_activation)
