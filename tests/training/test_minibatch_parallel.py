"""Mini-batches in parts: the same gradient, bit for bit the same however many processors help."""

import threading
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from digitpad.data.dataset import Dataset
from digitpad.data.mnist import mnist
from digitpad.errors import DigitpadError
from digitpad.nn.network import Network, one_hot
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.minibatch import MiniBatchGradient
from digitpad.training.minibatch_parallel import (
    ParallelGradient,
    gradient_of,
    is_worth_dividing,
)
from digitpad.training.sgd import train

LARGE = Hyperparameters(hidden_layers=(600, 100), mini_batch_size=130, epochs=1, learning_rate=1.0)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return mnist().train.take(slice(1000))


def test_what_is_worth_dividing() -> None:
    small, large = Network((784, 30, 10)), Network((784, 800, 10))
    assert not is_worth_dividing(small, 128), "quickly done"
    assert not is_worth_dividing(large, 10)
    assert is_worth_dividing(large, 101)
    assert is_worth_dividing(Network((784, 300, 10)), 100), "twice as fast"
    assert is_worth_dividing(Network((784, 128, 64, 10)), 128)
    assert not is_worth_dividing(Network((784, 128, 64, 10)), 32), "would be slower"
    assert not is_worth_dividing(Network((784, 10)), 10_000), "nothing to divide"


@pytest.mark.parametrize("m", [100, 130, 300])
def test_it_is_the_gradient_of_backpropagate(data: Dataset, m: int) -> None:
    network = Network((784, 600, 100, 10), dtype=np.float64)
    x, y = data.inputs()[:m].astype(np.float64), one_hot(data.labels[:m])
    pairs = zip(*network.backpropagate(x, y), strict=True)
    expected = np.concatenate([np.column_stack(pair).ravel() for pair in pairs])
    gradient = gradient_of(network, m, processors=2)
    assert isinstance(gradient, ParallelGradient)
    z = np.empty((m, 10))
    extended = np.column_stack([x, np.ones(m)])
    for _ in range(2):  # a second time, so that nothing is left over from the first
        actual = gradient.compute(extended, y, z, 1 / m)
        np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(1 / (1 + np.exp(-z)), network.feed_forward(x))


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_the_weights_do_not_depend_on_the_processors(data: Dataset, dropout: float) -> None:
    h = LARGE.replace(dropout=dropout, mini_batch_size=300)
    trained = []
    for processors in (1, 2, 3, 8):
        with threadpool_limits(processors):
            network = h.new_network()
            for _ in train(network, data, h):
                pass
        trained.append(network.parameters.tobytes())
    assert len(set(trained)) == 1
    assert trained[0] != h.new_network().parameters.tobytes()


def test_its_threads_end_with_the_training(data: Dataset) -> None:
    before = threading.active_count()
    with threadpool_limits(2):
        training = train(LARGE.new_network(), data, LARGE, report_every=0)
        next(training)
        during = threading.active_count()
        training.close()
    assert during <= before + 1
    for thread in threading.enumerate():
        if thread.name.startswith("digitpad"):
            thread.join(10)
    assert threading.active_count() <= before


@pytest.mark.parametrize("sizes", [(784, 800, 10), (784, 1024, 200, 10)])
def test_each_parameter_is_changed_once_with_its_gradient(sizes: tuple[int, ...]) -> None:
    generator = np.random.default_rng(1)
    network = Network(sizes)
    before = network.parameters.copy()
    gradient = ParallelGradient(network, 80, processors=2)
    x = generator.random((80, 785), dtype=np.float32)
    y = one_hot(np.arange(80) % 10)

    def change(part: slice) -> None:
        network.parameters[part] -= gradient.vector[part]

    gradient.compute(x, y, np.empty((80, 10), np.float32), 1.0, None, change)
    changed, network.parameters[...] = network.parameters.copy(), before
    expected = before - gradient.compute(x, y, np.empty((80, 10), np.float32), 1.0)
    assert (changed != before).mean() > 0.9
    np.testing.assert_array_equal(changed, expected)


def test_a_training_that_diverges_says_so(data: Dataset) -> None:
    h = LARGE.replace(
        activation="relu", output_activation="relu", learning_rate=1000.0, l2=1000.0, epochs=9
    )
    with pytest.raises(DigitpadError, match="no longer a number"):
        for _ in train(h.new_network(), data, h):
            pass


def test_a_failure_in_a_thread_is_not_lost() -> None:
    gradient = ParallelGradient(Network((784, 800, 10)), 80, processors=2)
    x: NDArray[Any] = np.ones((80, 785), np.float32)
    with pytest.raises(ValueError, match="shape"):
        gradient.compute(x, np.ones((40, 10), np.float32), np.empty((80, 10), np.float32), 1.0)


def test_small_mini_batches_stay_whole() -> None:
    assert isinstance(gradient_of(Network((784, 30, 10)), 10, processors=8), MiniBatchGradient)
