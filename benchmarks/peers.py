"""The competitors in `speed.py`, each written as its own users would, with the data in memory.

Each takes a network's sizes, the mini-batch size m and the data, trains for one epoch and returns
the seconds that it took, without preparations.
"""

import time
import warnings
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitpad.data.dataset import Dataset
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.sgd import train

Sizes = tuple[int, ...]
Competitor = Callable[[Sizes, int, Dataset], float]

_LEARNING_RATE = 0.5


def digitpad(sizes: Sizes, m: int, data: Dataset) -> float:
    """Train with the generator that the window and the command line use, including reports."""
    h = Hyperparameters(
        hidden_layers=sizes[1:-1], mini_batch_size=m, epochs=1, learning_rate=_LEARNING_RATE
    )
    start, before = time.perf_counter(), 0
    for progress in train(h.new_network(), data, h, report_every=0.01):
        # By the first report, preparations and a few mini-batches are done.
        if not before and not progress.finished:
            start, before = time.perf_counter(), min(progress.batch * m, len(data))
    seconds = time.perf_counter() - start
    return seconds * len(data) / (len(data) - before)


def products(sizes: Sizes, m: int, data: Dataset) -> float:
    """Compute only the matrix products of the same training, into preallocated arrays."""
    generator = np.random.default_rng(0)

    def random(*shape: int) -> NDArray[np.float32]:
        return generator.standard_normal(shape, dtype=np.float32)

    weights = [random(here, before) for before, here in pairwise(sizes)]
    gradients = [np.empty_like(w) for w in weights]
    a = [random(m, n) for n in sizes]
    delta = [random(m, n) for n in sizes]
    start = time.perf_counter()
    for _ in range(len(data) // m):
        for layer, w in enumerate(weights):
            np.dot(a[layer], w.T, out=a[layer + 1])
        for layer in range(len(weights) - 1, -1, -1):
            np.dot(delta[layer + 1].T, a[layer], out=gradients[layer])
            if layer:
                np.dot(delta[layer + 1], weights[layer], out=delta[layer])
    return time.perf_counter() - start


def pytorch(sizes: Sizes, m: int, data: Dataset) -> float:
    """Train torch.nn modules in eager mode on the CPU."""
    import torch

    layers: list[Any] = []
    for before, here in pairwise(sizes):
        layers += [torch.nn.Linear(before, here), torch.nn.Sigmoid()]
    model = torch.nn.Sequential(*layers)
    optimiser = torch.optim.SGD(model.parameters(), lr=_LEARNING_RATE)
    cost = torch.nn.MSELoss()
    x, y = torch.from_numpy(data.inputs()), torch.from_numpy(data.targets())
    start = time.perf_counter()
    for chosen in torch.randperm(len(x)).split(m):
        optimiser.zero_grad()
        cost(model(x[chosen]), y[chosen]).backward()
        optimiser.step()
    return time.perf_counter() - start


def scikit_learn(sizes: Sizes, m: int, data: Dataset) -> float:
    """Train scikit-learn's MLPClassifier with its solver sgd."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        sizes[1:-1],
        activation="logistic",
        solver="sgd",
        alpha=0,
        batch_size=m,
        learning_rate_init=_LEARNING_RATE,
        max_iter=1,
        momentum=0,
    )
    x, y = data.inputs(), data.labels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged after an epoch
        start = time.perf_counter()
        model.fit(x, y)
        return time.perf_counter() - start


def neural_network_digits(sizes: Sizes, m: int, data: Dataset) -> float:
    """Train neural-network-digits with its Trainer, including augmentation."""
    trainer = import_module("nn_digits.neural_net.training").Trainer(
        sizes[1:-1],
        activation="sigmoid",
        photos_and_digits=(data.images.reshape(-1, 28, 28), data.labels),
    )
    start = time.perf_counter()
    trainer.run_epoch(_LEARNING_RATE, batch=m, momentum=0.0, l2=0.0)
    # It keeps a tenth of the samples for validation.
    return (time.perf_counter() - start) * len(data) / len(trainer.train_digits)


def neural_network_digits_step(sizes: Sizes, m: int, data: Dataset) -> float:
    """Train neural-network-digits with its training step only, without augmentation."""
    network = import_module("nn_digits.neural_net.network").NeuralNetwork(sizes, "sigmoid")
    x, y = data.inputs(), data.targets()
    start = time.perf_counter()
    order = np.random.default_rng(0).permutation(len(x))
    for first in range(0, len(x), m):
        chosen = order[first : first + m]
        network.train_step(x[chosen], y[chosen], _LEARNING_RATE, momentum=0.0, l2=0.0)
    return time.perf_counter() - start


def one_by_one(sizes: Sizes, m: int, data: Dataset) -> float:
    """Train in a loop over single samples, float64 column vectors, as textbooks teach it."""
    generator = np.random.default_rng(0)
    weights = [generator.standard_normal((here, before)) for before, here in pairwise(sizes)]
    biases = [generator.standard_normal((here, 1)) for here in sizes[1:]]
    x = data.inputs().astype(np.float64)[:, :, None]
    y = data.targets().astype(np.float64)[:, :, None]
    start = time.perf_counter()
    order = generator.permutation(len(x))
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
        step = _LEARNING_RATE / m
        weights = [w - step * s for w, s in zip(weights, sum_w, strict=True)]
        biases = [b - step * s for b, s in zip(biases, sum_b, strict=True)]
    return time.perf_counter() - start


COMPETITORS: dict[str, Competitor] = {
    "digitpad": digitpad,
    "matrix products alone": products,
    "PyTorch, as it comes": pytorch,
    "PyTorch, one processor": pytorch,
    "scikit-learn": scikit_learn,
    "neural-network-digits, Trainer": neural_network_digits,
    "neural-network-digits, its step": neural_network_digits_step,
    "sample by sample": one_by_one,
}
