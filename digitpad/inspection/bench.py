"""One neuron on the bench: a perceptron and a sigmoid neuron given the same weighted input.

For a small change of the weights and the bias, the text's

    ΔP ≈ Σ_i ∂P/∂w_i Δw_i + ∂P/∂b Δb        with ∂P/∂w_i = σ'(z) x_i and ∂P/∂b = σ'(z)

stands beside the true change of the output P = σ(w·x + b). For the step function ∂P/∂w is 0
wherever it exists, while the output jumps: so a perceptron cannot learn by small changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike

from digitpad.errors import DigitpadError
from digitpad.nn.functions import ACTIVATIONS, Array

FUNCTIONS: tuple[str, ...] = tuple(
    name for name, activation in ACTIVATIONS.items() if not activation.output_only
)
"""The activation functions that a single neuron can have."""


class Question(Enum):
    """The binary inputs of the decision whether to go out for dinner."""

    HUNGRY = "hungry"
    OPEN = "open"
    FRIENDS = "friends"


@dataclass(frozen=True, eq=False)
class Neuron:
    """One neuron and its input: z = w·x + b.

    Attributes
    ----------
    inputs, weights : (k,) float64
    bias : float
    """

    inputs: Array
    weights: Array
    bias: float

    @property
    def z(self) -> float:
        """The weighted input."""
        return float(self.weights @ self.inputs) + self.bias

    def output(self, function: str) -> float:
        """Return P = σ(z) for an activation function by its name."""
        return float(activation(function, self.z))

    def slope(self, function: str) -> float:
        """Return σ'(z); NaN where it does not exist."""
        return float(derivative(function, self.z))

    def slopes(self, function: str) -> tuple[Array, float]:
        """Return ∂P/∂w, (k,), and ∂P/∂b; NaN where they do not exist."""
        slope = self.slope(function)
        return slope * self.inputs, slope


@dataclass(frozen=True)
class Change:
    """What a small change of the weights and the bias does to the output.

    Attributes
    ----------
    before, after : float
        P.
    expected : float
        Σ ∂P/∂w Δw + ∂P/∂b Δb; NaN where the derivative does not exist.
    """

    before: float
    after: float
    expected: float

    @property
    def true(self) -> float:
        """ΔP."""
        return self.after - self.before


def neuron(inputs: ArrayLike, weights: ArrayLike, bias: float) -> Neuron:
    """Put a neuron on the bench.

    Parameters
    ----------
    inputs, weights : (k,)
    bias : float

    Raises
    ------
    DigitpadError
        If there is not one weight for each input.
    """
    x = np.array(inputs, dtype=np.float64)
    w = np.array(weights, dtype=np.float64)
    if x.ndim != 1 or x.shape != w.shape:
        raise DigitpadError(
            f"A neuron needs one weight for each input; there are {x.size} inputs and {w.size} "
            "weights."
        )
    return Neuron(x, w, float(bias))


def dinner(answers: Sequence[bool] = (True, False, True)) -> Neuron:
    """Return the perceptron that decides whether to go out for dinner.

    Being hungry counts most, w = 6; an open restaurant nearby and friends who come along count 2
    each. The threshold is 5, so the bias is -5.

    Parameters
    ----------
    answers : three bools
        To the questions in the order of `Question`.
    """
    return neuron(np.array(answers, dtype=np.float64), [6.0, 2.0, 2.0], -5.0)


def change(before: Neuron, weight_changes: ArrayLike, bias_change: float, function: str) -> Change:
    """Compare the true change of the output with the one expected to first order.

    Parameters
    ----------
    before : Neuron
    weight_changes : (k,)
        Δw.
    bias_change : float
        Δb.
    function : str
        One of `FUNCTIONS`.
    """
    steps = np.asarray(weight_changes, dtype=np.float64)
    after = Neuron(before.inputs, before.weights + steps, before.bias + bias_change)
    weight_slopes, bias_slope = before.slopes(function)
    expected = float(weight_slopes @ steps) + bias_slope * bias_change
    return Change(before.output(function), after.output(function), expected)


def activation(function: str, z: ArrayLike) -> Array:
    """Return σ(z) in float64, for z of any shape."""
    values = np.asarray(z, dtype=np.float64)
    return ACTIVATIONS[function].function(np.atleast_1d(values)).reshape(values.shape)


def derivative(function: str, z: ArrayLike) -> Array:
    """Return σ'(z) in float64, for z of any shape; NaN where it does not exist."""
    values = np.asarray(z, dtype=np.float64)
    flat = np.atleast_1d(values)
    apply_derivative = ACTIVATIONS[function].apply_derivative
    slopes: Array
    if apply_derivative is None:  # the step
        slopes = np.zeros_like(flat)
    else:
        slopes = np.ones_like(flat)
        apply_derivative(slopes, activation(function, flat))
    if function in ("step", "relu"):
        slopes[flat == 0] = np.nan
    return slopes.reshape(values.shape)
