"""Accuracy, cost, confusion matrix and the accuracy's interval, against what can be counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitpad.data.dataset import NON_DIGIT, Dataset
from digitpad.data.mnist import mnist
from digitpad.errors import DigitpadError
from digitpad.nn.network import Network, one_hot
from digitpad.recognition.evaluation import evaluate, wilson_interval


def data_set(n: int, seed: int = 0) -> Dataset:
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (n, 784), dtype=np.uint8)
    return Dataset(images, generator.integers(0, 10, n), "random")


def test_every_sample_is_counted_once() -> None:
    data = data_set(1200)  # more than two blocks, and a part of one
    network = Network((784, 12, 10), seed=2)
    blocks: list[int] = []
    result = evaluate(network, data, blocks.append)
    outputs = network.feed_forward(data.inputs())
    read = outputs.argmax(axis=1)
    assert result.n == 1200
    assert sum(blocks) == 1200
    assert len(blocks) == 3
    assert result.accuracy == (read == data.labels).mean()
    expected = np.zeros((10, 10), int)
    for label, digit in zip(data.labels, read, strict=True):
        expected[label, digit] += 1
    assert (result.confusion == expected).all()
    assert result.confusion.dtype == np.int64
    cost = network.total_cost(data.inputs(), one_hot(data.labels))
    assert result.cost == pytest.approx(cost, rel=1e-5)


def test_the_costs_of_all_samples_are_added_in_double_precision() -> None:
    data = data_set(1200)
    network = Network((784, 12, 10), seed=2)
    costs = []
    for start in (0, 500, 1000):
        block = data.take(slice(start, start + 500))
        z, a = network.outputs(block.inputs())
        costs += network.sample_costs(z, a, one_hot(block.labels)).tolist()
    assert evaluate(network, data).cost == pytest.approx(sum(costs) / 1200, rel=1e-13)


@pytest.mark.parametrize("output", ["logistic", "softmax"])
def test_cross_entropy_is_the_network_s_own(output: str) -> None:
    data = data_set(300)
    network = Network((784, 10), output_activation=output, cost="cross-entropy", seed=1)
    cost = network.total_cost(data.inputs(), one_hot(data.labels))
    assert evaluate(network, data).cost == pytest.approx(cost, rel=1e-5)


def test_what_is_no_digit_is_left_out() -> None:
    data = data_set(100)
    labels = np.where(np.arange(100) < 40, NON_DIGIT, data.labels)
    network = Network((784, 10), seed=1)
    result = evaluate(network, Dataset(data.images, labels, "some"))
    assert result.n == 60
    assert (result.confusion == evaluate(network, data.take(slice(40, None))).confusion).all()


def test_nothing_to_evaluate_is_refused() -> None:
    network = Network((784, 10))
    data = data_set(3)
    nothing = Dataset(data.images, np.full(3, NON_DIGIT, np.int64), "letters")
    for empty in (data.take(slice(0)), nothing):
        with pytest.raises(DigitpadError, match="no samples to evaluate"):
            evaluate(network, empty)
    with pytest.raises(DigitpadError, match="needs 10 output neurons; this one has 7"):
        evaluate(Network((784, 12, 7)), data)
    with pytest.raises(DigitpadError, match="vectors of 30 values"):
        evaluate(Network((30, 10)), data)


def test_mnist_s_test_images() -> None:
    result = evaluate(Network((784, 10), seed=0), mnist().test)
    assert result.n == 10_000
    assert result.confusion.sum(axis=1).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe 1998, table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_s_interval_as_published(successes: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(successes, n) == pytest.approx((low, high), abs=5e-5)


@given(n=st.integers(1, 10**7), part=st.floats(0, 1))
def test_the_interval_holds_the_accuracy_and_stays_within_0_and_1(n: int, part: float) -> None:
    successes = round(part * n)
    low, high = wilson_interval(successes, n)
    assert 0 <= low <= successes / n + 1e-12
    assert successes / n - 1e-12 <= high <= 1
    assert low < high


def test_rounding_does_not_take_the_interval_beyond_0_and_1() -> None:
    for n in range(1, 100):
        assert 0 <= wilson_interval(0, n)[0] < 1e-12
        assert wilson_interval(n, n)[1] <= 1


def test_weights_of_any_size_are_evaluated_without_a_warning() -> None:
    network = Network(
        (784, 20, 10), activation="relu", output_activation="softmax", cost="cross-entropy"
    )
    network.parameters[...] = 1e30
    images = np.full((3, 784), 255, np.uint8)
    found = evaluate(network, Dataset(images, np.array([0, 1, 2]), "large"))
    assert found.n == 3
    assert found.confusion.sum() == 3
