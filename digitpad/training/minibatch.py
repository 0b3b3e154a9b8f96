"""Backpropagation of one mini-batch with every buffer allocated beforehand.

The arithmetic is that of `Network.backpropagate`; what differs is what a modern processor cares
about. A mini-batch of ten samples takes some tens of microseconds, of which each call into NumPy
is about one. So:

- nothing is allocated between two mini-batches;
- biases are the weights of an input that is always 1: every layer's activations have one more
  column of ones, and a single matrix product a [W|b]ᵀ makes z, another makes both gradients;
- all gradients lie in one vector, as all parameters do, so that a step of the optimiser is one
  operation, not one for each layer;
- the step's factor (1/m, or η/m) multiplies δ^L, the smallest array of all, and is carried to
  every gradient by the products;
- a wide layer's products are made for some of its neurons at a time: see `tiles`.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitpad.nn.functions import ACTIVATIONS, COSTS, Array, require_trainable
from digitpad.nn.network import Network, split_parameters

# NumPy's matrix products are OpenBLAS's. It multiplies matrices where they lie if that takes at
# most so many multiplications. For more it copies both into an order of its own first, which with
# a mini-batch of 32 takes about as long as multiplying.
_WITHOUT_COPYING = 1_000_000
_NARROWEST_TILE = 8

Change: TypeAlias = Callable[[slice], None]
"""Changes a part of a network's parameters; elementwise, so the order of the parts is free."""

_WHOLE = slice(None)


def tiles(m: int, here: int, before: int) -> int:
    """Return into how many groups of neurons the products of a layer are best divided.

    Parameters
    ----------
    m : int
        Samples in a mini-batch.
    here, before : int
        Neurons of the layer, and of the one before it.

    Returns
    -------
    int
        A divisor of `here`; 1 where dividing gains nothing.
    """
    for count in range(1, here // _NARROWEST_TILE + 1):
        if here % count == 0 and m * (here // count) * (before + 1) <= _WITHOUT_COPYING:
            return count
    return 1


class _Layer:
    """The buffers of one layer, and the same memory as its matrix products see it.

    Parameters
    ----------
    parameters, gradient : (n_l, n_{l-1} + 1)
        [W^l | b^l], and where its gradient goes.
    m : int
        Samples in a mini-batch.
    count : int
        Tiles.
    """

    def __init__(self, parameters: Array, gradient: Array, m: int, count: int) -> None:
        n, dtype = len(parameters), parameters.dtype
        self.weights = parameters[:, :-1]
        # The activations alone are contiguous and therefore quick to compute; the copy beside a
        # column of ones goes into the next product.
        self.a = np.empty((m, n), dtype)
        self.extended = np.ones((m, n + 1), dtype)
        self.without_ones = self.extended[:, :-1]
        self.delta = np.empty((m, n), dtype)
        self.scratch = np.empty((m, n), dtype)
        if count == 1:
            # np.matmul would do as well, but np.dot takes half a microsecond less to call.
            self.product: Callable[..., Array] = np.dot
            self.parameters_transposed: Array = parameters.T
            self.z: Array = self.a
            self.delta_transposed: Array = self.delta.T
            self.gradient = gradient
        else:
            # Three-dimensional views of the same arrays, one tile after another.
            self.product = np.matmul
            self.parameters_transposed = parameters.reshape(count, n // count, -1).swapaxes(1, 2)
            self.z = self.a.reshape(m, count, -1).swapaxes(0, 1)
            self.delta_transposed = self.delta.reshape(m, count, -1).transpose(1, 2, 0)
            self.gradient = gradient.reshape(count, n // count, -1)


class Functions:
    """What a gradient needs of a network's activation functions and cost.

    Attributes
    ----------
    activation : Activation
        Of the hidden layers.
    apply_derivative : function
        Multiplies errors by σ'(z), of a hidden layer's activations.

    Raises
    ------
    DigitpadError
        If one has no derivative.
    """

    def __init__(self, network: Network) -> None:
        require_trainable(network.activation, network.output_activation)
        self.activation = ACTIVATIONS[network.activation]
        assert self.activation.apply_derivative is not None
        self.apply_derivative = self.activation.apply_derivative
        self._output_activation = ACTIVATIONS[network.output_activation]
        self._output_function = self._output_activation.function
        self._output_error = COSTS[network.cost].output_error

    def output_delta(
        self, z: Array, y: Array, factor: float, a: Array, delta: Array, scratch: Array
    ) -> None:
        """Write a^L to `a` and factor · δ^L to `delta`; all are (m, n_L)."""
        self._output_function(z, out=a)
        self._output_error(self._output_activation, a, y, delta, scratch)
        delta *= factor


class MiniBatchGradient:
    """The gradient of a network's cost for mini-batches of a fixed size.

    Parameters
    ----------
    network : Network
        Its parameters are read at every call, so that it can be trained in between.
    m : int
        Samples in a mini-batch.

    Attributes
    ----------
    vector : (number of parameters,)
        The last gradient, in the order of `Network.parameters`.

    Raises
    ------
    DigitpadError
        If the network has an activation function without a derivative.
    """

    def __init__(self, network: Network, m: int) -> None:
        self._functions = Functions(network)
        self.vector: Array = np.zeros_like(network.parameters)
        gradients = split_parameters(self.vector, network.sizes)
        *self._hidden, self._output = [
            _Layer(
                parameters,
                gradient,
                m,
                tiles(m, here, before) if parameters is not network.layers[-1] else 1,
            )
            for parameters, gradient, before, here in zip(
                network.layers, gradients, network.sizes, network.sizes[1:], strict=False
            )
        ]

    def compute(
        self,
        x: Array,
        y: Array,
        z_out: Array,
        factor: float,
        masks: list[NDArray[np.float32]] | None = None,
        change: Change | None = None,
    ) -> Array:
        """Write factor · Σ ∂C_x/∂parameters over the mini-batch to `vector`, and return it.

        With factor = 1/m that is the gradient of the cost; with η/m it is the step.

        Parameters
        ----------
        x : (m, n_0 + 1)
            Inputs, their last column 1.
        y : (m, n_L)
            Desired outputs.
        z_out : (m, n_L)
            Where to leave z^L, of which the mini-batch's cost can be computed later.
        factor : float
        masks : list of (m, n_l), optional
            Dropout: what each hidden activation is multiplied by (0, or 1/(1 - p) for those that
            stay, so that the next layer's z keep their size).
        change : function of a slice, optional
            Called for each part of `vector`, the whole perhaps, when it is there: it may change
            that part of the network's parameters.
        """
        activate = self._functions.activation.function
        below = x
        for i, layer in enumerate(self._hidden):
            layer.product(below, layer.parameters_transposed, out=layer.z)
            activate(layer.a, out=layer.a)
            if masks is None:
                layer.without_ones[...] = layer.a
            else:
                np.multiply(layer.a, masks[i], out=layer.without_ones)
            below = layer.extended
        above = self._output
        np.dot(below, above.parameters_transposed, out=z_out)
        self._functions.output_delta(z_out, y, factor, above.a, above.delta, above.scratch)

        apply_derivative = self._functions.apply_derivative
        for i in range(len(self._hidden) - 1, -1, -1):
            layer = self._hidden[i]
            above.product(above.delta_transposed, layer.extended, out=above.gradient)
            # Not np.dot, which would first copy the weights away from between the biases.
            np.matmul(above.delta, above.weights, out=layer.delta)
            if masks is not None:
                layer.delta *= masks[i]
            apply_derivative(layer.delta, layer.a, layer.scratch)
            above = layer
        above.product(above.delta_transposed, x, out=above.gradient)
        if change is not None:
            change(_WHOLE)
        return self.vector
