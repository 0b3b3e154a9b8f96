"""What the model that ships learns from: MNIST, pen strokes, and drawings that are no digits.

MNIST alone makes a network that reads MNIST. Pen strokes bring other hands; each is drawn several
times, varied and with pens of random width, so that the network relies on no pen and no hand.
Drawings that are no digits (letters that look like none, and invented scribbles, dots, bars and
crosses) have no desired output at all: the network learns to answer with ten low activations,
"nothing that I know".

Some writers, and some of MNIST's validation images, are kept apart: the trained network never saw
them, so they tell how well it reads new hands and how sure it may be (`calibrate`).
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
from digitpad.nn.network import Network
from digitpad.recognition.calibration import LEAST_CONFIDENCE, Calibration, confidences
from digitpad.shipped.augment_strokes import varied
from digitpad.shipped.non_digits import letters, synthetic_negatives
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.sgd import train

# How often MNIST's images occur, and how many times, each time otherwise, a stroke sample is drawn:
# so that each is about half of what the network learns from.
_MNIST_COPIES = 2
_DRAWINGS = 8
# One writer of so many is kept apart, and this many of MNIST's validation images.
_KEPT_APART = 12
_MNIST_KEPT_APART = 5_000

MEDIAN_PEN = 2.4
"""The median of the widths, in pixels, of the pens that strokes to learn from are drawn with.

Ink is read with a thinner one, `ink.PEN`, but a network that learns from thinner ones reads that no
better.
"""

# The standard deviation of the widths' logarithm.
_PEN_SPREAD = 0.42

# A label that networks trained on other writers find less probable than this is a mistake.
_INCREDIBLE = 0.003
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
    """Return what the shipped model learns from, and what is kept apart to validate it.

    Parameters
    ----------
    digits : Mnist
        Its training and validation images are used; its test images are not.
    stroke_files : sequence of Path
        Stroke files. Samples with a label are digits; those without, but with a key "letter" that
        looks like no digit, are examples of what is none; others are left out. Samples are told
        apart by the key "writer", so that no writer is both learned from and validated on.
        Without labelled samples, MNIST's usual split.
    seed : int

    Returns
    -------
    training, validation : Dataset
        Drawings that are no digits have the label NON_DIGIT in both.

    Raises
    ------
    DigitpadError
        If a file cannot be read.
    """
    samples = [sample for path in stroke_files for sample in read_strokes(path)]
    if all(sample.label is None for sample in samples):
        return digits.train, digits.validation
    generator = np.random.default_rng(seed)
    learned, kept_apart = split_by_writer(samples, generator)
    mnist = digits.train.concatenate(digits.validation.take(slice(_MNIST_KEPT_APART, None)))
    known = without_mistakes([s for s in learned if s.label is not None], mnist, seed)
    training = [mnist] * _MNIST_COPIES
    for _ in range(_DRAWINGS):
        training.append(
            drawn([varied(sample, generator) for sample in known], MEDIAN_PEN, generator)
        )
    non_digits = [varied(sample, generator) for sample in _DRAWINGS * letters(learned)]
    non_digits += synthetic_negatives(known, generator)
    training.append(drawn(non_digits, MEDIAN_PEN, generator))

    validation = digits.validation.take(slice(_MNIST_KEPT_APART))
    found = [s for s in kept_apart if s.label is not None]
    found = without_mistakes(found, mnist, seed, teachers=known)
    strangers = drawn(found + letters(kept_apart))
    return training[0].concatenate(*training[1:]), validation.concatenate(strangers)


def split_by_writer(
    samples: Sequence[Sample], generator: np.random.Generator
) -> tuple[list[Sample], list[Sample]]:
    """Return the samples of the writers to learn from, and those of the few kept apart."""
    writers = _writers(samples)
    names = generator.permutation(np.unique(writers))
    apart = np.isin(writers, names[::_KEPT_APART])
    learned = [sample for sample, is_apart in zip(samples, apart, strict=True) if not is_apart]
    kept_apart = [sample for sample, is_apart in zip(samples, apart, strict=True) if is_apart]
    return learned, kept_apart


def _writers(samples: Sequence[Sample]) -> NDArray[np.str_]:
    """Return each sample's writer, (n,); who is not named is somebody else every time."""
    return np.array([str(s.extra.get("writer", number)) for number, s in enumerate(samples)])


def drawn(
    samples: Sequence[Sample], pen: float = PEN, generator: np.random.Generator | None = None
) -> Dataset:
    """Draw strokes with a pen so wide, or with a generator with pens of random width about it."""
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

    Each sample is judged by a small network that learned from MNIST and from other writers.

    Parameters
    ----------
    samples : sequence of Sample
        With labels.
    mnist : Dataset
    seed : int
    teachers : sequence of Sample, optional
        What the judge learns from; by default there are several judges, each of some of the
        writers, who learn from the others.
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
    # A writer most of whose samples are misread was segmented wrongly as a whole.
    lost = {writer for writer in names if np.median(probable[writers == writer]) < 0.5}
    return [
        sample
        for sample, writer, p in zip(samples, writers, probable, strict=True)
        if p >= _INCREDIBLE and writer not in lost
    ]


def calibrate(network: Network, validation: Dataset, rejected: float = 0.01) -> Calibration:
    """Measure how sure the network may be.

    Parameters
    ----------
    network : Network
    validation : Dataset
        Samples that the network has not learned from; those that are no digits are left out.
    rejected : float
        The fraction of real digits that may be called not sure.

    Returns
    -------
    Calibration
        The temperature with which the labels are most probable (the negative log-likelihood of
        `confidences` is least), and the winner's activation from which on all but the fraction
        `rejected` of the digits are sure (`are_sure`).
    """
    digits = validation.take(np.flatnonzero(validation.labels != NON_DIGIT))
    z, activations = network.outputs(digits.inputs())
    rows = np.arange(len(z))

    def surprise(temperature: float) -> float:
        probable = confidences(z, temperature, network.output_activation)[rows, digits.labels]
        return float(-np.log(np.maximum(probable, 1e-12)).mean())

    temperature = min(np.geomspace(0.2, 5.0, 161), key=surprise)
    probable = confidences(z, temperature, network.output_activation)
    confident = probable.max(axis=1) >= LEAST_CONFIDENCE
    # Those of whom it is not confident are not sure anyway. Even if they are as many as may be,
    # what is fainter than all other digits is none.
    left = max(0.0, (rejected - (~confident).mean()) / max(confident.mean(), 1e-9))
    winners = activations.max(axis=1)[confident] if confident.any() else np.zeros(1)
    # Rounded down, so as not to be above the winner that it was taken from.
    min_activation = math.floor(float(np.quantile(winners, left)) * 1e4) / 1e4
    return Calibration(round(float(temperature), 4), min_activation)
