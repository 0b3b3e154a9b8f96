"""The network: weights, biases, feeding forward and backpropagation, as in the text.

Layers are numbered l = 0 … L; layer 0 is the input. For l ≥ 1,

    z^l = W^l a^(l-1) + b^l        a^l = σ(z^l)

with W^l of shape (neurons in layer l, neurons in layer l - 1). Samples are rows: a mini-batch of n
samples is an (n, neurons) matrix, and z = a Wᵀ + b does for all of them at once what the text does
for one.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from digitpad.errors import DigitpadError
from digitpad.nn.functions import (
    ACTIVATIONS,
    COSTS,
    Array,
    check_pair,
    require_trainable,
)

INITIALISATIONS: tuple[str, ...] = ("scaled", "gaussian")
"""Ways to choose the first weights; see `Network`."""

_LARGEST_LAYER = 100_000

# Of a frozen network, neurons that are silent are skipped where at least half of them are.
_SPARSE = 0.5
_AT_ONCE = 256  # rows of weights gathered together; a copy of all would go past the caches
_LEAST = 100_000  # weights of a layer from which gathering takes less time than all products


class Network:
    """A feed-forward network of fully connected layers.

    Parameters
    ----------
    sizes : sequence of int
        Neurons in each layer, the input first: (784, 16, 16, 10) has L = 3.
    activation : str
        Of the hidden layers: logistic, tanh, relu or step.
    output_activation : str, optional
        Of the last layer: any of these or softmax. By default logistic, or step where the hidden
        layers are perceptrons.
    cost : str
        quadratic or cross-entropy.
    initialisation : str
        "gaussian": weights and biases drawn from a normal distribution with mean 0 and standard
        deviation 1, as in the text. "scaled": the weights' standard deviation is 1/√n_in, n_in
        being the neurons that feed into one neuron (√(2/n_in) for relu, which silences half of its
        inputs), so that z stays near 1 and sigmoid neurons do not begin saturated; biases 0.
    seed : int
        The same seed gives the same weights.
    dtype : float dtype
        float32; float64 for checking gradients.

    Attributes
    ----------
    sizes : tuple of int
    activation, output_activation, cost : str
    weights : tuple of L arrays, W^l of shape (n_l, n_{l-1})
    biases : tuple of L arrays, b^l of shape (n_l,)
    parameters : (number of parameters,)
        All of them in one vector; `weights`, `biases` and `layers` are views into it.
    layers : tuple of L arrays, [W^l | b^l] of shape (n_l, n_{l-1} + 1)
        A bias is the weight of an input that is always 1: seen so, one matrix product serves both.

    Raises
    ------
    DigitpadError
        For sizes, names or combinations that make no network.
    """

    def __init__(
        self,
        sizes: Sequence[int] = (784, 16, 16, 10),
        *,
        activation: str = "logistic",
        output_activation: str | None = None,
        cost: str = "quadratic",
        initialisation: str = "scaled",
        seed: int = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self._build(sizes, activation, output_activation, cost, dtype)
        if initialisation not in INITIALISATIONS:
            raise DigitpadError(
                f"There is no initialisation “{initialisation}”: choose one of "
                f"{', '.join(INITIALISATIONS)}."
            )
        generator = np.random.default_rng(seed)
        gain = 2.0 if activation == "relu" else 1.0
        for weights, biases in zip(self.weights, self.biases, strict=True):
            weights[...] = generator.standard_normal(weights.shape)
            if initialisation == "scaled":
                weights *= np.sqrt(gain / weights.shape[1])
            else:
                biases[...] = generator.standard_normal(biases.shape)

    def _build(
        self,
        sizes: Sequence[int],
        activation: str,
        output_activation: str | None,
        cost: str,
        dtype: DTypeLike,
    ) -> None:
        """Check and set everything but the values of the parameters."""
        self.sizes = tuple(int(size) for size in sizes)
        if len(self.sizes) < 2 or not all(1 <= size <= _LARGEST_LAYER for size in self.sizes):
            raise DigitpadError(
                f"A network needs at least two layers of 1 to {_LARGEST_LAYER:,} neurons each; "
                f"{list(self.sizes)} is not that."
            )
        if activation not in ACTIVATIONS or ACTIVATIONS[activation].output_only:
            hidden = [name for name, a in ACTIVATIONS.items() if not a.output_only]
            raise DigitpadError(
                f"“{activation}” is no activation for hidden layers: "
                f"choose one of {', '.join(hidden)}."
            )
        if output_activation is None:
            output_activation = "step" if activation == "step" else "logistic"
        check_pair(cost, output_activation)
        self.activation = activation
        self.output_activation = output_activation
        self.cost = cost
        self.parameters: Array = np.zeros(parameter_count(self.sizes), dtype)
        self.layers = split_parameters(self.parameters, self.sizes)
        self.weights: tuple[Array, ...] = tuple(layer[:, :-1] for layer in self.layers)
        self.biases: tuple[Array, ...] = tuple(layer[:, -1] for layer in self.layers)
        self._last: tuple[list[Array], list[Array]] | None = None  # see `forward`
        self._transposed: tuple[Array, ...] | None = None  # see `transposed_weights`
        self._is_finite = False  # whether that is known of a frozen network's parameters
        self._scratch: list[Array] = []  # memory that no thread uses now

    @classmethod
    def from_parameters(
        cls,
        weights: Sequence[ArrayLike],
        biases: Sequence[ArrayLike],
        *,
        activation: str = "logistic",
        output_activation: str | None = None,
        cost: str = "quadratic",
        dtype: DTypeLike = np.float32,
    ) -> "Network":
        """Make a network with these weights W^1 … W^L and biases b^1 … b^L, which are copied.

        Raises
        ------
        DigitpadError
            If the shapes do not fit together, or as for `Network`.
        """
        matrices = [np.asarray(w) for w in weights]
        vectors = [np.asarray(b) for b in biases]
        if not matrices or len(matrices) != len(vectors):
            raise DigitpadError(
                f"Every layer needs weights and biases; there are {len(matrices)} arrays of "
                f"weights and {len(vectors)} of biases."
            )
        before = None
        for number, (w, b) in enumerate(zip(matrices, vectors, strict=True), start=1):
            fits = w.ndim == 2 and b.shape == w.shape[:1] and before in (None, w.shape[-1])
            if not fits:
                raise DigitpadError(
                    f"Layer {number}'s weights {w.shape} and biases {b.shape} do not fit: weights "
                    "are (neurons, neurons of the layer before), biases (neurons,)."
                )
            before = w.shape[0]
        network = cls.__new__(cls)
        sizes = [matrices[0].shape[1], *(w.shape[0] for w in matrices)]
        network._build(sizes, activation, output_activation, cost, dtype)
        for mine, given in zip(network.weights + network.biases, matrices + vectors, strict=True):
            mine[...] = given
        return network

    def copy(self) -> "Network":
        """Return a network of its own with the same parameters."""
        return self.with_parameters(self.parameters)

    def with_parameters(self, parameters: Array) -> "Network":
        """Return a network of the same layers and functions with these parameters, copied.

        Parameters
        ----------
        parameters : (number of parameters,)
            In the order of `parameters`.

        Raises
        ------
        DigitpadError
            If there are more or fewer.
        """
        if parameters.shape != self.parameters.shape:
            raise DigitpadError(
                f"A network with {len(self.parameters):,} weights and biases cannot have "
                f"{parameters.size:,}: these belong to another one."
            )
        twin = type(self).__new__(type(self))
        twin.__setstate__(self.__getstate__() | {"parameters": parameters})
        return twin

    def freeze(self) -> None:
        """Make the parameters read-only, for good: NumPy refuses to change them.

        What was once computed of a frozen network's weights stays right. A copy can be changed.
        """
        for array in (self.parameters, *self.layers, *self.weights, *self.biases):
            array.flags.writeable = False

    @property
    def is_frozen(self) -> bool:
        """Whether the parameters can no longer change."""
        return not self.parameters.flags.writeable

    def transposed_weights(self) -> tuple[Array, ...]:
        """Return the W^l of a frozen network, each (n_{l-1}, n_l): what leaves a neuron is a row.

        They are copied once, and kept. From then on, a vector is fed forward in less time.
        """
        if not self.is_frozen:
            raise ValueError("the weights of a network that may change cannot be kept")
        if self._transposed is None:
            transposed = tuple(np.ascontiguousarray(weights.T) for weights in self.weights)
            for array in transposed:
                array.flags.writeable = False
            self._is_finite = bool(np.isfinite(self.parameters).all())
            self._transposed = transposed  # last: another thread may look
        return self._transposed

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickle and copy.deepcopy need: the views are made anew, not copied."""
        names = ("sizes", "activation", "output_activation", "cost", "parameters")
        return {name: getattr(self, name) for name in names}

    def __setstate__(self, state: dict[str, Any]) -> None:
        parameters = state["parameters"]
        self._build(
            state["sizes"],
            state["activation"],
            state["output_activation"],
            state["cost"],
            parameters.dtype,
        )
        self.parameters[...] = parameters

    def activation_of(self, layer: int) -> str:
        """Return the name of the activation function of layer 1 … L."""
        return self.output_activation if layer == len(self.layers) else self.activation

    def feed_forward(self, x: ArrayLike) -> Array:
        """Return the output activations a^L.

        Parameters
        ----------
        x : (n_0,) or (n, n_0)
            One input vector, or one a row.

        Returns
        -------
        (n_L,) or (n, n_L)
        """
        return self.outputs(x)[1]

    def outputs(self, x: ArrayLike) -> tuple[Array, Array]:
        """Return z^L and a^L, the weighted inputs and the activations of the last layer.

        Shapes as for `feed_forward`.
        """
        inputs = self._inputs(x)
        if self.is_frozen and inputs.ndim == 1:
            every_z, every_a = self.forward(inputs)
            return every_z[-1], every_a[-1]
        z = a = inputs
        for layer in range(1, len(self.sizes)):
            z, a = self._layer(layer, a)
        return z, a

    def activations(self, x: ArrayLike) -> list[Array]:
        """Return the activations of every layer, a^0 (the input itself) to a^L.

        Shapes as for `feed_forward`, with n_l neurons in the l-th item.
        """
        return self.forward(x)[1]

    def forward(self, x: ArrayLike) -> tuple[list[Array], list[Array]]:
        """Return z^1 … z^L and a^0 … a^L: every layer's weighted inputs and activations.

        A frozen network remembers the last vector that was fed forward: several views may show
        what it does with one drawing. What it returns for a vector is read-only.

        Shapes as for `activations`.
        """
        inputs = self._inputs(x)
        remembers = self.is_frozen and inputs.ndim == 1
        if remembers:
            last = self._last  # taken once: another thread may replace it
            if last is not None and np.array_equal(last[1][0], inputs):
                return list(last[0]), list(last[1])
            inputs = inputs.copy()
        z: list[Array] = []
        a = [inputs]
        for layer in range(1, len(self.sizes)):
            weighted_inputs, activations = self._layer(layer, a[-1])
            z.append(weighted_inputs)
            a.append(activations)
        if remembers:
            for array in (*z, *a):
                array.flags.writeable = False
            self._last = z, a
            return list(z), list(a)
        return z, a

    def total_cost(self, x: ArrayLike, y: ArrayLike) -> float:
        """Return the cost C, the mean over the samples: 1/(2n) Σ ‖y - a^L‖² if quadratic.

        Parameters
        ----------
        x : (n, n_0) or (n_0,)
        y : (n, n_L) or (n_L,)
            Desired outputs; `one_hot` makes them of labels.
        """
        z, a = self.outputs(x)
        y = self._targets(y, a)
        return float(self.sample_costs(z, a, y).mean())

    def sample_costs(self, z: Array, a: Array, y: Array) -> Array:
        """Return the cost of each sample.

        Parameters
        ----------
        z, a : (n, n_L) or (n_L,)
            As `outputs` returns them.
        y : (n, n_L) or (n_L,)
            Desired outputs.

        Returns
        -------
        (n,) or ()
        """
        return COSTS[self.cost].sample_costs[self.output_activation](z, a, y)

    def backpropagate(self, x: ArrayLike, y: ArrayLike) -> tuple[list[Array], list[Array]]:
        """Return the gradient of the cost, averaged over the mini-batch.

        δ^L is the cost's `output_error`; then, backwards from l = L - 1 to 1,

            δ^l = (W^(l+1))ᵀ δ^(l+1) ⊙ σ'(z^l)
            ∂C/∂W^l = δ^l (a^(l-1))ᵀ        ∂C/∂b^l = δ^l

        This is the plain statement of the method; training does the same arithmetic in
        `digitpad.training.minibatch`, with no memory allocated on the way.

        Parameters
        ----------
        x : (n, n_0) or (n_0,)
        y : (n, n_L) or (n_L,)

        Returns
        -------
        weight_gradients : list of L arrays, ∂C/∂W^l of shape (n_l, n_{l-1})
        bias_gradients : list of L arrays, ∂C/∂b^l of shape (n_l,)

        Raises
        ------
        DigitpadError
            If the network cannot be trained (step function) or shapes do not fit.
        """
        require_trainable(self.activation, self.output_activation)
        a = [np.atleast_2d(layer) for layer in self.activations(x)]
        y = np.atleast_2d(self._targets(y, a[-1]))
        apply_derivative = ACTIVATIONS[self.activation].apply_derivative
        assert apply_derivative is not None
        output_activation = ACTIVATIONS[self.output_activation]
        delta = COSTS[self.cost].output_error(output_activation, a[-1], y, np.empty_like(a[-1]))
        delta /= len(y)
        weight_gradients: list[Array] = []
        bias_gradients: list[Array] = []
        for layer in range(len(self.layers), 0, -1):
            weight_gradients.insert(0, delta.T @ a[layer - 1])
            bias_gradients.insert(0, delta.sum(axis=0))
            if layer > 1:
                delta = delta @ self.weights[layer - 1]
                apply_derivative(delta, a[layer - 1])
        return weight_gradients, bias_gradients

    def _layer(self, layer: int, a: Array) -> tuple[Array, Array]:
        """Return z^l = W^l a^(l-1) + b^l and a^l = σ(z^l) for the rows of a^(l-1)."""
        weights = self.weights[layer - 1]
        # BLAS would divide even one vector's product among threads, which wait for processors that
        # a training keeps busy: a hundred times as long. A scalar product each is as quick as one
        # thread of it.
        z: Array
        if a.ndim == 2:
            z = a @ weights.T
        elif self._transposed is not None and weights.size >= _LEAST:
            z = self._weighted_sum(weights, self._transposed[layer - 1], a)
        else:
            z = np.vecdot(weights, a)
        z += self.biases[layer - 1]
        return z, ACTIVATIONS[self.activation_of(layer)].function(z)

    def _weighted_sum(self, weights: Array, transposed: Array, a: Array) -> Array:
        """Return W^l a for one vector, of the neurons that are not 0 alone.

        Most pixels of a drawing and most relu neurons are 0. A large matrix comes through memory
        for each product, so it takes less time to read only the weights that count.
        """
        active = np.flatnonzero(a)
        # 0 times infinity is not 0.
        if len(active) > _SPARSE * len(a) or not self._is_finite:
            product: Array = np.vecdot(weights, a)
            return product
        values = a[active]
        z: Array = np.zeros(transposed.shape[1], transposed.dtype)
        try:
            scratch = self._scratch.pop()  # allocating it would take longer than multiplying
        except IndexError:
            widest = max(self.sizes[1:])
            scratch = np.empty(_AT_ONCE * widest, transposed.dtype)
        for start in range(0, len(active), _AT_ONCE):
            some = active[start : start + _AT_ONCE]
            rows = scratch[: len(some) * len(z)].reshape(len(some), len(z))
            transposed.take(some, axis=0, out=rows, mode="clip")  # with "raise", `out` is copied
            z += np.einsum("i,ij->j", values[start : start + _AT_ONCE], rows)
        self._scratch.append(scratch)
        return z

    def _inputs(self, x: ArrayLike) -> Array:
        inputs = np.asarray(x, dtype=self.parameters.dtype)
        if inputs.ndim not in (1, 2) or inputs.shape[-1] != self.sizes[0]:
            raise DigitpadError(
                f"This network takes vectors of {self.sizes[0]} values, one a row; "
                f"an array of shape {inputs.shape} is not that."
            )
        return inputs

    def _targets(self, y: ArrayLike, a: Array) -> Array:
        targets = np.asarray(y, dtype=self.parameters.dtype)
        if targets.shape[-1:] != a.shape[-1:] or targets.size != a.size:
            raise DigitpadError(
                f"The desired outputs need the shape {a.shape}, not {targets.shape}."
            )
        shares = self.cost == "cross-entropy" and self.output_activation == "softmax"
        if shares and not np.allclose(targets.sum(axis=-1), 1, atol=1e-3):
            raise DigitpadError(
                "The cross-entropy of softmax outputs, which add up to 1, needs desired outputs "
                "that do so too: choose logistic outputs for what belongs to no class."
            )
        return targets


def parameter_count(sizes: Sequence[int]) -> int:
    """Return how many weights and biases a network of these layers has."""
    return sum(here * (before + 1) for before, here in pairwise(sizes))


def split_parameters(vector: Array, sizes: Sequence[int]) -> tuple[Array, ...]:
    """View one vector of all parameters as [W^l | b^l], (n_l, n_{l-1} + 1), for l = 1 … L."""
    layers = []
    start = 0
    for before, here in pairwise(sizes):
        end = start + here * (before + 1)
        layers.append(vector[start:end].reshape(here, before + 1))
        start = end
    return tuple(layers)


def one_hot(labels: ArrayLike, classes: int = 10) -> NDArray[np.float32]:
    """Return the desired outputs y of labels: 1 for the label's neuron, 0 for the others.

    Parameters
    ----------
    labels : int or (n,) int
        From 0 to classes - 1; or -1 for what belongs to no class, with only zeros.

    Returns
    -------
    (classes,) or (n, classes) float32
    """
    # The last row is where -1 points to.
    rows: NDArray[np.float32] = np.eye(classes + 1, classes, dtype=np.float32)[
        np.asarray(labels, dtype=int)
    ]
    return rows


def describe(network: Network) -> str:
    """Return the architecture in one line, such as “784-16-16-10, logistic, quadratic”."""
    parts: list[Any] = ["-".join(map(str, network.sizes)), network.activation]
    if network.output_activation != network.activation:
        parts.append(f"{network.output_activation} outputs")
    parts.append(network.cost)
    return ", ".join(parts)
