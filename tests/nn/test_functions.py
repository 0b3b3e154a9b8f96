"""Activation and cost functions: values, safety, and what cannot be combined."""

import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import DTypeLike

from digitpad.errors import DigitpadError
from digitpad.nn.functions import (
    ACTIVATIONS,
    COSTS,
    Array,
    check_pair,
    require_trainable,
    softmax,
)

HUGE = np.array([-1e4, -1e3, -88.0, -1.0, 0.0, 1.0, 88.0, 1e3, 1e4, 0.5], np.float32)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_huge_inputs_neither_warn_nor_overflow(name: str, dtype: DTypeLike) -> None:
    z: Array = HUGE.astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        a = ACTIVATIONS[name].function(z)
    assert np.isfinite(a).all()
    assert a.dtype == dtype


@pytest.mark.parametrize(
    ("name", "z", "expected"),
    [
        ("logistic", [0.0, np.log(3.0), -np.log(3.0)], [0.5, 0.75, 0.25]),
        ("tanh", [0.0, np.log(2.0), -np.log(2.0)], [0.0, 0.6, -0.6]),
        ("relu", [-2.0, 0.0, 2.5], [0.0, 0.0, 2.5]),
        ("step", [-0.1, -0.0, 0.0, 0.1], [0.0, 1.0, 1.0, 1.0]),
        ("softmax", [0.0, np.log(2.0), np.log(5.0)], [1 / 8, 2 / 8, 5 / 8]),
    ],
)
def test_values_by_hand(name: str, z: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(ACTIVATIONS[name].function(np.array(z)), expected, atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_functions_work_in_place(name: str) -> None:
    z = np.linspace(-3, 3, 12, dtype=np.float32).reshape(3, 4)
    expected = ACTIVATIONS[name].function(z)
    same = z.copy()
    assert ACTIVATIONS[name].function(same, out=same) is same
    np.testing.assert_array_equal(same, expected)


def test_the_logistic_function_is_exact_to_single_precision() -> None:
    z = np.linspace(-30, 30, 10_001)
    a = ACTIVATIONS["logistic"].function(z.astype(np.float32))
    np.testing.assert_allclose(a, 1 / (1 + np.exp(-z)), atol=1.5e-7)
    assert ((a >= 0) & (a <= 1)).all()
    assert (np.diff(a) >= 0).all()


@given(st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=20))
def test_softmax_shares_one(z: list[float]) -> None:
    a = softmax(np.array(z))
    assert a.min() >= 0
    assert a.sum() == pytest.approx(1)


@pytest.mark.parametrize("output", ["logistic", "softmax"])
def test_cross_entropy_is_exact_where_a_has_rounded_to_0_or_1(output: str) -> None:
    z = np.array([1e4, -1e4, 0.0, 0.0], np.float32)
    y = np.array([0, 1, 0, 0], np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cost = COSTS["cross-entropy"].sample_costs[output](z, ACTIVATIONS[output].function(z), y)
    expected = 2e4 if output == "softmax" else 2e4 + 2 * np.log(2)
    assert cost == pytest.approx(expected, rel=1e-6)


def test_costs_by_hand() -> None:
    a = np.array([0.8, 0.4])
    z = np.log(a / (1 - a))
    y = np.array([1.0, 0.0])
    assert COSTS["quadratic"].sample_costs["logistic"](z, a, y) == pytest.approx((0.04 + 0.16) / 2)
    expected = -np.log(0.8) - np.log(0.6)
    cross_entropy = COSTS["cross-entropy"].sample_costs
    assert cross_entropy["logistic"](z, a, y) == pytest.approx(expected)
    p = softmax(z)
    assert cross_entropy["softmax"](z, p, y) == pytest.approx(-np.log(p[0]))


@pytest.mark.parametrize("output", ["tanh", "relu", "step"])
def test_cross_entropy_refuses_outputs_that_are_no_probabilities(output: str) -> None:
    with pytest.raises(DigitpadError, match="between 0 and 1"):
        check_pair("cross-entropy", output)


@pytest.mark.parametrize(("cost", "output"), [("hinge", "logistic"), ("quadratic", "sine")])
def test_unknown_names_are_refused_with_the_known_ones(cost: str, output: str) -> None:
    with pytest.raises(DigitpadError, match=r"choose .*(logistic|quadratic)"):
        check_pair(cost, output)


def test_a_perceptron_cannot_be_trained() -> None:
    with pytest.raises(DigitpadError, match="derivative is 0"):
        require_trainable("logistic", "step")
    require_trainable("logistic", "softmax", "relu", "tanh")


@pytest.mark.parametrize("name", ["logistic", "tanh", "relu"])
@pytest.mark.parametrize("whole", [False, True], ids=["derivative", "output error"])
def test_with_scratch_the_derivative_takes_no_memory(name: str, whole: bool) -> None:
    activation = ACTIVATIONS[name]
    assert activation.apply_derivative is not None
    a = activation.function(np.linspace(-3, 3, 100_000, dtype=np.float32).reshape(-1, 10))
    y, gradient, scratch = np.zeros_like(a), np.ones_like(a), np.empty_like(a)
    tracemalloc.start()
    try:
        if whole:
            COSTS["quadratic"].output_error(activation, a, y, gradient, scratch)
        else:
            activation.apply_derivative(gradient, a, scratch)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < a.nbytes / 10


def jacobian(name: str, a: Array) -> Array:
    """Return ∂a_j/∂z_k of one sample, by the textbook."""
    diagonal = {"logistic": a * (1 - a), "tanh": 1 - a * a, "relu": (a > 0).astype(float)}
    if name == "softmax":
        return np.diag(a) - np.outer(a, a)
    return np.diag(diagonal[name])


@pytest.mark.parametrize("name", ["logistic", "tanh", "relu", "softmax"])
def test_derivatives_of_a_batch_and_of_one_sample(name: str) -> None:
    activation = ACTIVATIONS[name]
    assert activation.apply_derivative is not None
    a = activation.function(np.array([[-0.5, 0.25, 1.0], [2.0, 0.5, -1.0]]))
    batch = np.array([[1.0, -2.0, 0.5], [0.25, 3.0, 1.0]])
    expected = [jacobian(name, a_row).T @ row for row, a_row in zip(batch, a, strict=True)]
    for row, a_row, result in zip(batch.copy(), a, expected, strict=True):
        activation.apply_derivative(row, a_row)
        np.testing.assert_allclose(row, result)
    activation.apply_derivative(batch, a)
    np.testing.assert_allclose(batch, expected)
