"""Activation and cost functions, each with what backpropagation needs of its derivative.

Every function works on whole mini-batches: the last axis holds the neurons of one layer, the axes
before it (if any) the samples. All of them are safe for weighted inputs z of any finite size: for
|z| up to 1e4 and beyond nothing overflows, turns into NaN or warns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitpad.errors import DigitpadError

Array: TypeAlias = NDArray[np.floating[Any]]


def logistic(z: Array, out: Array | None = None) -> Array:
    """Return a = σ(z) = 1 / (1 + e^(-z)), the activation of a sigmoid neuron.

    It is computed as (1 + tanh(z/2)) / 2, which is the same function, but nothing in it can
    overflow, and NumPy's tanh takes half as long as its exp.

    Parameters
    ----------
    z : array, any shape
        Weighted inputs. `out` may be the same array.
    out : array of z's shape, optional
        Where to write the result.
    """
    a: Array = np.multiply(z, 0.5, out=out)
    np.tanh(a, out=a)
    a += 1
    a *= 0.5
    return a


def tanh(z: Array, out: Array | None = None) -> Array:
    """Return a = tanh(z), a sigmoid from -1 to 1. Shapes as in `logistic`."""
    result: Array = np.tanh(z, out=out)
    return result


def relu(z: Array, out: Array | None = None) -> Array:
    """Return a = max(0, z), the rectified linear unit. Shapes as in `logistic`."""
    result: Array = np.maximum(z, 0, out=out)
    return result


def softmax(z: Array, out: Array | None = None) -> Array:
    """Return a_j = e^(z_j) / Σ_k e^(z_k): positive activations that add up to 1.

    Shapes as in `logistic`; the sum runs over the last axis.
    """
    # The largest exponent becomes 0, which changes nothing (it cancels) and cannot overflow.
    a: Array = np.subtract(z, z.max(axis=-1, keepdims=True), out=out)
    np.exp(a, out=a)
    a /= a.sum(axis=-1, keepdims=True)
    return a


def step(z: Array, out: Array | None = None) -> Array:
    """Return 1 where z ≥ 0 and 0 elsewhere: the perceptron. Shapes as in `logistic`."""
    a: Array = np.empty_like(z) if out is None else out
    np.greater_equal(z, 0, out=a)
    return a


def _apply_logistic_derivative(gradient: Array, a: Array, scratch: Array | None = None) -> None:
    gradient *= a
    gradient *= np.subtract(1, a, out=scratch)


def _apply_tanh_derivative(gradient: Array, a: Array, scratch: Array | None = None) -> None:
    square = np.multiply(a, a, out=scratch)
    gradient *= np.subtract(1, square, out=square)


def _apply_relu_derivative(gradient: Array, a: Array, scratch: Array | None = None) -> None:
    gradient *= np.sign(a, out=scratch)  # a ≥ 0, so this is 1 or 0, and faster than a > 0


def _apply_softmax_derivative(gradient: Array, a: Array, scratch: Array | None = None) -> None:
    # Softmax mixes the neurons: ∂a_j/∂z_k = a_j (1[j = k] - a_k).
    gradient -= (gradient * a).sum(axis=-1, keepdims=True)
    gradient *= a


@dataclass(frozen=True)
class Activation:
    """An activation function a = σ(z) and its derivative.

    Attributes
    ----------
    name : str
        What users, files and the command line call it.
    function : callable(z, out=None) -> a
        The function itself.
    apply_derivative : callable(gradient, a, scratch=None) -> None, or None
        Turns ∂C/∂a into ∂C/∂z in place, given the activations a. For the logistic function that
        is gradient ⊙ a(1 - a). `scratch`, an array of a's shape, saves an allocation. None where
        there is no useful derivative.
    output_only : bool
        Whether it makes sense in the last layer only.
    """

    name: str
    function: Callable[..., Array]
    apply_derivative: Callable[..., None] | None
    output_only: bool = False


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation("logistic", logistic, _apply_logistic_derivative),
        Activation("tanh", tanh, _apply_tanh_derivative),
        Activation("relu", relu, _apply_relu_derivative),
        Activation("softmax", softmax, _apply_softmax_derivative, output_only=True),
        Activation("step", step, None),
    )
}
"""Every activation function by its name."""


def _quadratic(z: Array, a: Array, y: Array) -> Array:
    difference = a - y
    result: Array = 0.5 * np.einsum("...j,...j->...", difference, difference)
    return result


def _cross_entropy_of_logistic(z: Array, a: Array, y: Array) -> Array:
    # -y ln σ(z) - (1 - y) ln(1 - σ(z)), rearranged so that no logarithm ever sees a 0.
    result: Array = (np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))).sum(axis=-1)
    return result


def _cross_entropy_of_softmax(z: Array, a: Array, y: Array) -> Array:
    largest = z.max(axis=-1, keepdims=True)
    log_sum = largest + np.log(np.exp(z - largest).sum(axis=-1, keepdims=True))
    result: Array = ((log_sum - z) * y).sum(axis=-1)
    return result


def _quadratic_error(
    activation: Activation, a: Array, y: Array, out: Array, scratch: Array | None = None
) -> Array:
    assert activation.apply_derivative is not None, "require_trainable comes before any training"
    np.subtract(a, y, out=out)
    activation.apply_derivative(out, a, scratch)
    return out


def _cross_entropy_error(
    activation: Activation, a: Array, y: Array, out: Array, scratch: Array | None = None
) -> Array:
    return np.subtract(a, y, out=out)


@dataclass(frozen=True)
class Cost:
    """A cost function C, the mean over the samples, and its derivative.

    Attributes
    ----------
    name : str
        What users, files and the command line call it.
    sample_costs : mapping of str to callable(z, a, y) -> (n,) or ()
        The cost of each sample, for each activation function of the output layer that the cost is
        defined for. z, a, y are (n, 10) or (10,): weighted inputs and activations of the last
        layer, and the desired outputs.
    output_error : callable(activation, a, y, out, scratch=None) -> out
        Writes δ^L = ∂C/∂z^L of each sample to `out`, given the output layer's `Activation`, which
        must have a derivative. a, y, out and scratch are (n, 10).
    """

    name: str
    sample_costs: Mapping[str, Callable[[Array, Array, Array], Array]]
    output_error: Callable[..., Array]


COSTS: dict[str, Cost] = {
    cost.name: cost
    for cost in (
        # ½ ‖y - a^L‖², so that C = 1/(2n) Σ ‖y - a^L‖²;  δ^L = (a^L - y) ⊙ σ'(z^L)
        Cost("quadratic", dict.fromkeys(ACTIVATIONS, _quadratic), _quadratic_error),
        # Logistic: -Σ_j [y_j ln a_j + (1 - y_j) ln(1 - a_j)]. Softmax: -Σ_j y_j ln a_j, with y that
        # add up to 1 as the outputs do. For both δ^L = a^L - y: the derivative of the logarithm
        # cancels σ', so a neuron that is badly wrong learns fast, however saturated it is.
        Cost(
            "cross-entropy",
            {"logistic": _cross_entropy_of_logistic, "softmax": _cross_entropy_of_softmax},
            _cross_entropy_error,
        ),
    )
}
"""Every cost function by its name."""


def check_pair(cost: str, output_activation: str) -> None:
    """Check that the cost is defined for outputs of this activation function.

    Raises
    ------
    DigitpadError
        For a name that does not exist, or for the cross-entropy of outputs that are not
        between 0 and 1: it takes their logarithm.
    """
    if cost not in COSTS:
        raise DigitpadError(f"There is no cost “{cost}”: choose {' or '.join(COSTS)}.")
    if output_activation not in ACTIVATIONS:
        raise DigitpadError(
            f"There is no activation “{output_activation}”: choose one of {', '.join(ACTIVATIONS)}."
        )
    if output_activation not in COSTS[cost].sample_costs:
        raise DigitpadError(
            f"The {cost} needs outputs between 0 and 1, which {output_activation} outputs "
            "are not: choose logistic or softmax outputs, or the quadratic cost."
        )


def require_trainable(*names: str) -> None:
    """Check that all these activation functions have a derivative to descend along.

    Raises
    ------
    DigitpadError
        For the step function. Its derivative is 0 everywhere (and does not exist at the step), so
        ∂C/∂w is 0: a small change of a weight changes nothing or flips the output altogether, and
        the gradient says nothing about where to go.
    """
    for name in names:
        if ACTIVATIONS[name].apply_derivative is None:
            raise DigitpadError(
                f"A network of perceptrons cannot be trained by gradient descent: the {name} "
                "function's derivative is 0 wherever it exists, so the gradient is 0 and gives no "
                "direction. Choose the logistic function, a smooth version of the step."
            )
