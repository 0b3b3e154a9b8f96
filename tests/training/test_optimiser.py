"""Each optimiser's steps against its formula, followed in double precision."""

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitpad.data.dataset import Dataset
from digitpad.data.mnist import mnist
from digitpad.nn.functions import Array
from digitpad.nn.network import Network
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.minibatch import Change, MiniBatchGradient
from digitpad.training.optimiser import Optimiser
from digitpad.training.sgd import train
from digitpad.training.state import TrainingState

Vector = NDArray[np.float64]

STEPS = 6


@pytest.fixture(scope="module")
def data() -> Dataset:
    return mnist().train.take(slice(4))


def steps(data: Dataset, h: Hyperparameters) -> Iterator[tuple[Vector, Network]]:
    """Train with all samples in each mini-batch; yield each gradient and the network after it."""
    network = h.new_network()
    twin = network.copy()
    for _ in train(network, data, h, report_every=0):
        pairs = zip(*twin.backpropagate(data.inputs(), data.targets()), strict=True)
        gradient = np.concatenate([np.column_stack(pair).ravel() for pair in pairs])
        yield gradient.astype(np.float64), network
        twin = network.copy()


def hyperparameters(**changes: Any) -> Hyperparameters:
    h = Hyperparameters(hidden_layers=(3,), mini_batch_size=4, epochs=STEPS, learning_rate=0.5)
    return h.replace(**changes)


def is_weight(network: Network) -> NDArray[np.bool_]:
    """Tell the weights from the biases in the vector of all parameters."""
    twin = network.copy()
    twin.parameters[...] = 1
    for biases in twin.biases:
        biases[...] = 0
    return np.equal(twin.parameters, 1)


def test_sgd(data: Dataset) -> None:
    h = hyperparameters()
    w = h.new_network().parameters.astype(np.float64)
    for gradient, network in steps(data, h):
        w = w - 0.5 * gradient
        np.testing.assert_allclose(network.parameters, w, atol=1e-6)


def test_weight_decay_shrinks_weights_and_leaves_biases(data: Dataset) -> None:
    h = hyperparameters(l2=0.8)
    network = h.new_network()
    w, weights = network.parameters.astype(np.float64), is_weight(network)
    for gradient, network in steps(data, h):
        w = np.where(weights, 1 - 0.5 * 0.8 / 4, 1.0) * w - 0.5 * gradient
        np.testing.assert_allclose(network.parameters, w, atol=1e-6)


def test_momentum(data: Dataset) -> None:
    h = hyperparameters(momentum=0.9)
    w = h.new_network().parameters.astype(np.float64)
    v = np.zeros_like(w)
    for gradient, network in steps(data, h):
        v = 0.9 * v - 0.5 * gradient
        w = w + v
        np.testing.assert_allclose(network.parameters, w, atol=1e-5)


@pytest.mark.parametrize(("momentum", "beta_1"), [(0.0, 0.9), (0.5, 0.5)])
def test_adam(data: Dataset, momentum: float, beta_1: float) -> None:
    h = hyperparameters(optimiser="adam", learning_rate=0.01, momentum=momentum, l2=0.8)
    network = h.new_network()
    w, weights = network.parameters.astype(np.float64), is_weight(network)
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, (gradient, network) in enumerate(steps(data, h), start=1):
        m = beta_1 * m + (1 - beta_1) * gradient
        v = 0.999 * v + 0.001 * gradient**2
        step = 0.01 * (m / (1 - beta_1**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        w = np.where(weights, 1 - 0.01 * 0.8 / 4, 1.0) * w - step
        # Where a gradient is all but 0, Adam divides rounding errors by each other.
        sure = np.abs(gradient) > 1e-6
        np.testing.assert_allclose(network.parameters[sure], w[sure], atol=2e-4)
        assert sure.sum() > 500


def test_momentum_switched_off_is_forgotten(data: Dataset) -> None:
    h = hyperparameters(momentum=0.9)
    network, state = h.new_network(), TrainingState()
    training = train(network, data, h, state=state, report_every=0)
    next(training)
    kept = [state.velocity]
    training.send(h.replace(momentum=0.0))
    kept.append(state.velocity)
    before = network.parameters.copy()
    training.send(h.replace(momentum=0.9))
    kept.append(state.velocity)
    assert [velocity is None for velocity in kept] == [False, True, False]
    assert kept[2] is not None
    np.testing.assert_allclose(network.parameters - before, kept[2], atol=1e-6)


SAMPLES = 4


class GivenGradient(MiniBatchGradient):
    """Whatever the samples, their gradients add up to what is given; it comes in two parts."""

    total: Vector
    masks: list[NDArray[np.float32]] | None = None

    def compute(
        self,
        x: Array,
        y: Array,
        z_out: Array,
        factor: float,
        masks: list[NDArray[np.float32]] | None = None,
        change: Change | None = None,
    ) -> Array:
        self.masks = masks
        self.vector[...] = factor * self.total
        assert change is not None
        change(slice(None, 5))
        change(slice(5, None))
        return self.vector


def follow(h: Hyperparameters, rates: list[float]) -> Iterator[tuple[float, Vector, Vector]]:
    """Make steps in double precision; yield η, the mean gradient and the parameters after it.

    The gradients are as different in size as they come: Adam's ε matters for the smallest.
    """
    network = Network((3, 2, 2), dtype=np.float64, seed=1)
    state = TrainingState()
    optimiser = Optimiser(network, h, state, n=20)
    assert optimiser.learning_rate == h.learning_rate
    gradient = GivenGradient(network, SAMPLES)
    generator = np.random.default_rng(2)
    sizes = 10.0 ** np.arange(-10, -10 + network.parameters.size)
    x, y, z = np.ones((SAMPLES, 4)), np.ones((SAMPLES, 2)), np.empty((SAMPLES, 2))
    yield 0.0, np.zeros_like(sizes), network.parameters.astype(np.float64)
    for eta in islice(cycle(rates), 60):
        gradient.total = SAMPLES * sizes * generator.normal(size=sizes.size)
        optimiser.learning_rate = eta
        optimiser.step(gradient, x, y, z, None)
        yield eta, gradient.total / SAMPLES, network.parameters.astype(np.float64)


def test_what_dropout_leaves_out_is_left_out_of_the_gradient() -> None:
    network = Network((3, 2, 2), dtype=np.float64)
    h = Hyperparameters(hidden_layers=(2,), dropout=0.5)
    gradient = GivenGradient(network, SAMPLES)
    gradient.total = np.zeros(network.parameters.size)
    masks = [np.array([[2, 0]] * SAMPLES, np.float32)]
    x, y, z = np.ones((SAMPLES, 4)), np.ones((SAMPLES, 2)), np.empty((SAMPLES, 2))
    Optimiser(network, h, TrainingState(), n=20).step(gradient, x, y, z, masks)
    assert gradient.masks is masks


def decay(l2: float, eta: float) -> Vector:
    network = Network((3, 2, 2), dtype=np.float64)
    return np.where(is_weight(network), 1 - eta * l2 / 20, 1.0)


@pytest.mark.parametrize("l2", [0.0, 0.7])
@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_steps_of_sgd_are_the_textbook_s(momentum: float, l2: float) -> None:
    h = Hyperparameters(hidden_layers=(2,), learning_rate=0.5, momentum=momentum, l2=l2)
    followed = follow(h, [0.5, 0.5, 0.1])
    _, _, w = next(followed)
    v = np.zeros_like(w)
    for eta, gradient, parameters in followed:
        v = momentum * v - eta * gradient
        w = decay(l2, eta) * w + v
        np.testing.assert_allclose(parameters, w, rtol=1e-9)


@pytest.mark.parametrize("l2", [0.0, 0.7])
@pytest.mark.parametrize(("momentum", "beta_1"), [(0.0, 0.9), (0.6, 0.6)])
def test_steps_of_adam_are_the_textbook_s(momentum: float, beta_1: float, l2: float) -> None:
    h = Hyperparameters(
        hidden_layers=(2,), optimiser="adam", learning_rate=0.01, momentum=momentum, l2=l2
    )
    followed = follow(h, [0.01, 0.01, 0.003])
    _, _, w = next(followed)
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, (eta, gradient, parameters) in enumerate(followed, start=1):
        m = beta_1 * m + (1 - beta_1) * gradient
        v = 0.999 * v + 0.001 * gradient**2
        step = eta * (m / (1 - beta_1**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        w = decay(l2, eta) * w - step
        np.testing.assert_allclose(parameters, w, rtol=1e-9, atol=1e-13)
