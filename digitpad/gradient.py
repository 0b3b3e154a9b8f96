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
  every gradient by the products.
"""

import numpy as np
from numpy.typing import NDArray

from digitpad.functions import ACTIVATIONS, Array, output_error, require_trainable
from digitpad.network import Network, split_parameters


class MiniBatchGradient:
    """The gradient of a network's cost for mini-batches of a fixed size.

    Parameters
    ----------
    network : Network
        Its parameters are read at every call, so that it can be trained in between.
    size : int
        Samples in a mini-batch, m.

    Attributes
    ----------
    vector : (number of parameters,)
        The last gradient, in the order of `Network.parameters`.

    Raises
    ------
    DigitpadError
        If the network has an activation function without a derivative.
    """

    def __init__(self, network: Network, size: int) -> None:
        require_trainable(network.activation, network.output_activation)
        dtype = network.parameters.dtype
        hidden = network.sizes[1:-1]
        self._cost = network.cost
        self._output_activation = network.output_activation
        self._hidden = ACTIVATIONS[network.activation]
        self._output = ACTIVATIONS[network.output_activation].function
        self.vector: Array = np.zeros_like(network.parameters)
        self._gradients = split_parameters(self.vector, network.sizes)
        self._layers_transposed = [layer.T for layer in network.layers]
        self._weights = network.weights
        # Of each hidden layer: the activations alone, which are contiguous and therefore quick to
        # compute, and the copy beside a column of ones that goes into the next product.
        self._activations = [np.empty((size, n), dtype) for n in hidden]
        self._extended = [np.ones((size, n + 1), dtype) for n in hidden]
        self._without_ones = [a[:, :-1] for a in self._extended]
        self._deltas = [np.empty((size, n), dtype) for n in network.sizes[1:]]
        self._deltas_transposed = [delta.T for delta in self._deltas]
        self._scratch = [np.empty_like(delta) for delta in self._deltas]

    def compute(
        self,
        x: Array,
        y: Array,
        z_out: Array,
        factor: float,
        masks: list[NDArray[np.float32]] | None = None,
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
        """
        below = x
        for i, h in enumerate(self._activations):
            np.dot(below, self._layers_transposed[i], out=h)
            self._hidden.function(h, out=h)
            below = self._extended[i]
            if masks is None:
                self._without_ones[i][...] = h
            else:
                np.multiply(h, masks[i], out=self._without_ones[i])
        np.dot(below, self._layers_transposed[-1], out=z_out)
        delta = self._deltas[-1]
        scratch = self._scratch[-1]
        a = self._output(z_out)
        output_error(self._cost, self._output_activation, a, y, delta, scratch)
        delta *= factor

        through = self._hidden.through
        assert through is not None
        for i in range(len(self._activations) - 1, -1, -1):
            np.dot(self._deltas_transposed[i + 1], self._extended[i], out=self._gradients[i + 1])
            delta = np.dot(self._deltas[i + 1], self._weights[i + 1], out=self._deltas[i])
            if masks is not None:
                delta *= masks[i]
            through(delta, self._activations[i], self._scratch[i])
        np.dot(self._deltas_transposed[0], x, out=self._gradients[0])
        return self.vector
