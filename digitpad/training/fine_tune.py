"""Fine-tuning: a network learns one person's hand within seconds, without forgetting the others'.

Only the last layers learn: as many as have together 100,000 parameters, at least the last one. What
comes below them is computed once for each image, so that an epoch takes a fraction of a second.

The network learns from augmented copies of the user's digits and, so that it does not forget, from
a rehearsal: training images of MNIST, for which the desired outputs are those that it has already
(Z. Li, D. Hoiem, "Learning without forgetting", 2016). They hold its outputs where they are, low
ones too, so its calibration stays valid and is kept.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from digitpad.data.dataset import Dataset
from digitpad.data.my_digits import find_id
from digitpad.data.sample_images import image_of, to_images
from digitpad.drawing import rasterize
from digitpad.drawing.rasterize import PEN
from digitpad.drawing.strokes import Sample
from digitpad.drawing.tilt_strokes import tilted
from digitpad.errors import DigitpadError
from digitpad.nn.functions import Array, require_trainable
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network, one_hot
from digitpad.training.augment import distort
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.minibatch import MiniBatchGradient
from digitpad.training.scores import Score, Scores

FEWEST_DIGITS = 2
"""So many of the user's digits are worth learning from."""

MOST_OF_A_DIGIT = 200
"""Of more digits with the same label, only the newest are learned from and measured with."""

_MOST_PARAMETERS = 100_000
_REHEARSED = 10_000
_VALIDATED = 5_000

# Each of the user's digits is drawn so many times, a few digits more often, many less.
_COPIES = 40
_FEWEST_COPIES, _MOST_COPIES = 300, 4_000
# How the copies differ, as standard deviations: degrees, logarithms of factors, x by y.
_ROTATION, _STRETCH, _SLANT, _PEN_SPREAD = 6.0, 0.08, 0.1, 0.25
_IMAGE_DISTORTIONS = Hyperparameters(rotation=_ROTATION, scaling=_STRETCH, shear=_SLANT)

# Of k digits with a label, k // 6 are held back.
_HELD_BACK = 6

_EPOCHS = 10
_MINI_BATCH = 64
_MOMENTUM = 0.9
# The learning rate times the mean of ‖a‖², a being what the first layer that learns gets: so a step
# changes z as much, however large the activations are. With 60, some networks diverge.
_STEP = 15.0

# Images fed forward at once. A fixed number, so that the result does not depend on how many
# processors there are.
_BLOCK = 500


class Progress(NamedTuple):
    """Where the fine-tuning is.

    Attributes
    ----------
    done : float
        The fraction of the work that is done, 0 to 1.
    cost : float or None
        The mean cost of the last epoch, once there was one.
    """

    done: float
    cost: float | None


@dataclass(frozen=True, eq=False)
class FineTuned:
    """What came of it.

    Attributes
    ----------
    network : Network
        The network that has learned; the one given is as it was.
    scores : Scores
        What was misread before and after.
    ids : tuple of str
        The ids of the user's digits that it learned from (see `MyDigits`), as far as they have one.
    """

    network: Network
    scores: Scores
    ids: tuple[str, ...] = ()


def fine_tune(
    network: Network,
    mine: Sequence[Sample],
    known: Dataset,
    validation: Dataset,
    *,
    seed: int = 0,
    learned_before: Collection[str] = (),
) -> Generator[Progress, None, FineTuned]:
    """Teach a network the user's digits; the generator returns the result.

    Parameters
    ----------
    network : Network
        With 784 inputs and 10 outputs; it stays as it is.
    mine : sequence of Sample
        The user's digits, oldest first: strokes, or images (see `sample_images`). Those without a
        label are left out, and so are the oldest of more than `MOST_OF_A_DIGIT` with one label. A
        sixth of each label's is held back to measure with, where there are six or more.
    known : Dataset
        What the network knew: MNIST's training images. 10,000 of them, chosen at random, are
        rehearsed.
    validation : Dataset
        5,000 of these images are only read, before and after.
    seed : int
        The same seed and digits give the same weights, bit for bit.
    learned_before : collection of str
        Ids of digits that the network has learned from already (see `ids_learned`): to measure with
        them would flatter it, so they are not held back.

    Yields
    ------
    Progress

    Raises
    ------
    DigitpadError
        If there are no labelled digits, or the network cannot be trained.
    """
    require_trainable(network.activation, network.output_activation)
    mine = _newest(mine)
    if not mine:
        raise DigitpadError("There are no digits of yours to learn from: draw some first.")
    generator = np.random.default_rng(seed)
    learned, held_back = _split(mine, generator, learned_before)
    rehearsed = known.take(generator.permutation(len(known))[:_REHEARSED])
    validation = validation.take(slice(_VALIDATED))
    copies, labels = _copies(learned, generator)
    measured = [to_images(learned), to_images(held_back), validation.images]
    images = [copies, rehearsed.images, *measured]
    first = first_layer(network)
    features: list[Array] = []
    whole = sum(map(len, images))
    for part, activations in _activations(network, np.concatenate(images), first):
        features.append(activations)
        yield Progress(0.6 * part / whole, None)
    x, known_x, *measured_x = np.split(
        np.concatenate(features), np.cumsum([len(part) for part in images[:-1]])
    )
    head = _head(network, first)
    truths = [_labels(learned), _labels(held_back), validation.labels]
    before = [_errors(head, *each) for each in zip(measured_x, truths, strict=True)]
    targets = np.concatenate([one_hot(labels), head.feed_forward(known_x)])
    for epoch, cost in enumerate(_train(head, np.concatenate([x, known_x]), targets, generator)):
        yield Progress(0.6 + 0.4 * (epoch + 1) / _EPOCHS, cost)
    tuned = network.copy()
    for layer, new in zip(tuned.layers[first:], head.layers, strict=True):
        layer[...] = new
    own, held, others = (
        Score(len(truth), errors, _errors(head, activations, truth))
        for activations, truth, errors in zip(measured_x, truths, before, strict=True)
    )
    scores = Scores(mine=held, others=others, own=own)
    ids = tuple(key for key in map(find_id, learned) if key is not None)
    return FineTuned(tuned, scores, ids)


def with_result(model: Model, result: FineTuned) -> Model:
    """Return the model that the fine-tuning made of another.

    Its metadata keep the calibration ("recognition"), lose the accuracy, which was the other's, and
    say under "fine_tuned" what was learned and measured. The ids of all digits that were learned,
    by the other model too, are there for `ids_learned`.
    """
    metadata = {key: value for key, value in model.metadata.items() if key != "accuracy"}
    ids = sorted({*ids_learned(model), *result.ids})
    metadata["fine_tuned"] = result.scores.to_dict() | {"ids": ids}
    return Model(result.network, metadata)


def ids_learned(model: Model) -> frozenset[str]:
    """Return the ids of the user's digits that a model has learned from."""
    tuned = model.metadata.get("fine_tuned")
    ids = tuned.get("ids") if isinstance(tuned, dict) else None
    return (
        frozenset(key for key in ids if isinstance(key, str))
        if isinstance(ids, list)
        else frozenset()
    )


def first_layer(network: Network) -> int:
    """Return the number of the layer whose activations the layers that learn begin with."""
    total = 0
    for layer in range(len(network.layers) - 1, -1, -1):
        total += network.layers[layer].size
        if total > _MOST_PARAMETERS:
            return min(layer + 1, len(network.layers) - 1)
    return 0


def _newest(samples: Sequence[Sample]) -> list[Sample]:
    """Return the samples with labels, the newest of each label where there are many."""
    counts: Counter[int] = Counter()
    newest = []
    for sample in reversed(samples):
        if sample.label is not None:
            counts[sample.label] += 1
            if counts[sample.label] <= MOST_OF_A_DIGIT:
                newest.append(sample)
    return newest[::-1]


def _labels(samples: Sequence[Sample]) -> NDArray[np.int64]:
    return np.array([sample.label for sample in samples], dtype=np.int64)


def _split(
    samples: Sequence[Sample], generator: np.random.Generator, learned_before: Collection[str]
) -> tuple[list[Sample], list[Sample]]:
    """Return the samples to learn from, and those held back."""
    labels = _labels(samples)
    unknown = np.array([find_id(sample) not in learned_before for sample in samples])
    apart = np.zeros(len(samples), dtype=bool)
    for label in range(10):
        here = generator.permutation(np.flatnonzero(labels == label))
        apart[here[unknown[here]][: len(here) // _HELD_BACK]] = True
    learned = [sample for sample, is_apart in zip(samples, apart, strict=True) if not is_apart]
    held_back = [sample for sample, is_apart in zip(samples, apart, strict=True) if is_apart]
    return learned, held_back


def _copies(
    samples: Sequence[Sample], generator: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return augmented images of the samples, (n, 784), and their labels, (n,)."""
    n = min(max(_COPIES * len(samples), _FEWEST_COPIES), _MOST_COPIES)
    times = max(1, math.ceil(n / len(samples)))
    order = np.tile(np.arange(len(samples)), times)
    images = to_images(samples)[order]
    pens = PEN * np.exp(_PEN_SPREAD * generator.standard_normal(len(order))).clip(0.5, 2.0)
    pixels = [number for number, s in enumerate(order) if image_of(samples[s]) is not None]
    for number, (sample, pen) in enumerate(zip(order, pens, strict=True)):
        if strokes := samples[sample].strokes:
            points = [stroke[:, :2] for stroke in strokes]
            drawn = rasterize.to_image(
                tilted(points, generator, rotation=_ROTATION, stretch=_STRETCH, slant=_SLANT),
                float(pen),
            )
            images[number] = np.rint(drawn.ravel() * 255)
    if pixels:
        distorted = np.empty((len(pixels), images.shape[1]), np.float32)
        distort(images[pixels], _IMAGE_DISTORTIONS, generator, distorted)
        images[pixels] = np.rint(distorted * 255)
    return images, _labels(samples)[order]


def _activations(
    network: Network, images: NDArray[np.uint8], layer: int
) -> Iterator[tuple[int, Array]]:
    """Yield the activations a^l of some images after the other, and how many are done."""
    below = None
    if layer:
        below = Network.from_parameters(
            network.weights[:layer],
            network.biases[:layer],
            activation=network.activation,
            output_activation=network.activation,
        )

    def block(start: int) -> Array:
        x = np.multiply(images[start : start + _BLOCK], np.float32(1 / 255), dtype=np.float32)
        return x if below is None else below.feed_forward(x)

    blas = ThreadpoolController().select(user_api="blas")
    processors = max((library["num_threads"] for library in blas.info()), default=1)
    with ThreadPoolExecutor(processors) as pool:
        for start in range(0, len(images), _BLOCK * processors):
            end = min(start + _BLOCK * processors, len(images))
            # BLAS's own threads would make the result depend on their number.
            with blas.limit(limits=1):
                blocks = list(pool.map(block, range(start, end, _BLOCK)))
            yield end, np.concatenate(blocks)


def _head(network: Network, first: int) -> Network:
    """Return the layers that learn as a network of their own."""
    return Network.from_parameters(
        network.weights[first:],
        network.biases[first:],
        activation=network.activation,
        output_activation=network.output_activation,
        cost=network.cost,
    )


def _errors(head: Network, x: Array, labels: NDArray[np.int64]) -> int:
    return int((head.feed_forward(x).argmax(axis=1) != labels).sum()) if len(x) else 0


def _train(
    head: Network, features: Array, targets: Array, generator: np.random.Generator
) -> Iterator[float]:
    """Train with momentum, the learning rate falling along a cosine; yield each epoch's cost."""
    n = len(features)
    m = min(_MINI_BATCH, n)
    x = np.ones((n, features.shape[1] + 1), np.float32)
    x[:, :-1] = features
    rate = _STEP / float(np.square(x, dtype=np.float64).sum(axis=1).mean())
    gradient = MiniBatchGradient(head, m)
    z = np.empty((m, targets.shape[1]), np.float32)
    velocity = np.zeros_like(head.parameters)
    batches = n // m
    blas = ThreadpoolController().select(user_api="blas")
    for epoch in range(_EPOCHS):
        order = generator.permutation(n)
        with blas.limit(limits=1), np.errstate(all="ignore"):
            for batch in range(batches):
                chosen = order[batch * m : (batch + 1) * m]
                done = (epoch + batch / batches) / _EPOCHS
                eta = 0.5 * rate * (1 + math.cos(math.pi * done))
                velocity *= _MOMENTUM
                velocity -= gradient.compute(x[chosen], targets[chosen], z, eta / m)
                head.parameters += velocity
            cost = head.total_cost(x[order[:_BLOCK], :-1], targets[order[:_BLOCK]])
        if not np.isfinite(head.parameters).all():
            raise DigitpadError(
                "The network’s weights are so large that it cannot learn your hand: train another "
                "network first."
            )
        yield cost
