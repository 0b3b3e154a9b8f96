"""One training step opened: every number of it, stage by stage, each with its arithmetic.

The stages are those of the text: the input, the weighted inputs and activations of each layer, the
cost, the errors δ^l from the last layer to the first (BP1, BP2), the gradients (BP3, BP4), and the
update w' = w - η ∂C/∂w. Everything is computed in float64, so that what is shown can be recomputed
by hand to the last digit shown.

Errors are those of single samples; the gradients average over the mini-batch of m samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from digitpad.errors import DigitpadError
from digitpad.inspection.backprop_equations import Stage, StageKind, stages_of
from digitpad.nn.functions import ACTIVATIONS, COSTS, Array, require_trainable
from digitpad.nn.network import Network


@dataclass(frozen=True)
class Factor:
    """A number and what it is called, in plain text: w, a, δ², 1 − a."""

    symbol: str
    value: float


@dataclass(frozen=True)
class Term:
    """A product.

    Attributes
    ----------
    index : int
        Of the neuron or the sample that it belongs to; -1 if to none.
    factors : tuple of Factor
    details : tuple of Factor
        What the factors are made of, where they are not numbers of their own: a and y of a − y.
    """

    index: int
    factors: tuple[Factor, ...]
    details: tuple[Factor, ...] = ()

    @property
    def value(self) -> float:
        """The product of the factors."""
        return _product(self.factors)


@dataclass(frozen=True)
class Arithmetic:
    """How one number comes about: a sum of products, times some factors.

    Attributes
    ----------
    symbol : str
        What is computed, in plain text.
    terms : tuple of Term
    multiplier : str
        What the sum is multiplied by, such as σ′(z²); empty if by nothing.
    factors : tuple of Factor
        What the multiplier is made of: for a logistic σ′(z), a and 1 − a.
    """

    symbol: str
    terms: tuple[Term, ...]
    multiplier: str = ""
    factors: tuple[Factor, ...] = ()

    @property
    def total(self) -> float:
        """The sum of the terms."""
        return float(sum(term.value for term in self.terms))

    @property
    def multiplier_value(self) -> float:
        """The product of the factors; 1 if there are none."""
        return _product(self.factors)

    @property
    def result(self) -> float:
        """The total times the multiplier."""
        return self.total * self.multiplier_value


@dataclass(frozen=True, eq=False)
class Applied:
    """What a step did.

    Attributes
    ----------
    network : Network
        A copy with the new parameters, of the original's dtype.
    cost_before, cost_after : float
        C on the mini-batch, before and after.
    expected_change : float
        To first order: ΔC ≈ -η ‖∇C‖².
    """

    network: Network
    cost_before: float
    cost_after: float
    expected_change: float

    @property
    def change(self) -> float:
        """What the cost really changed by."""
        return self.cost_after - self.cost_before


@dataclass(frozen=True, eq=False)
class TrainingStep:
    """One step of gradient descent on a mini-batch of m samples; everything is float64.

    Attributes
    ----------
    network : Network
        Before the step, in float64.
    original : Network
        The network that was given.
    x : (m, n_0)
    y : (m, n_L)
        Desired outputs.
    learning_rate : float
        η.
    z : tuple of L arrays, z^l of shape (m, n_l)
    a : tuple of L + 1 arrays, a^l of shape (m, n_l)
    output_costs : (m, n_L)
        What each output adds to the cost of each sample.
    deltas : tuple of L arrays, δ^l of shape (m, n_l)
        ∂C_x/∂z^l of each sample x.
    weight_gradients, bias_gradients : tuples of L arrays
        ∂C/∂W^l (n_l, n_{l-1}) and ∂C/∂b^l (n_l,), averaged over the samples.
    stages : tuple of Stage
        In the order in which they are computed.
    """

    network: Network
    original: Network
    x: Array
    y: Array
    learning_rate: float
    z: tuple[Array, ...]
    a: tuple[Array, ...]
    output_costs: Array
    deltas: tuple[Array, ...]
    weight_gradients: tuple[Array, ...]
    bias_gradients: tuple[Array, ...]
    stages: tuple[Stage, ...]

    @property
    def cost(self) -> float:
        """C, the mean over the samples."""
        return float(self.output_costs.sum(axis=1).mean())

    @property
    def squared_gradient(self) -> float:
        """‖∇C‖², over all weights and biases."""
        parts = (*self.weight_gradients, *self.bias_gradients)
        return float(sum(np.vdot(part, part) for part in parts))

    def apply(self) -> Applied:
        """Take the step on a copy of the network."""
        after = self.network.copy()
        for weights, biases, weight_gradient, bias_gradient in zip(
            after.weights, after.biases, self.weight_gradients, self.bias_gradients, strict=True
        ):
            weights -= self.learning_rate * weight_gradient
            biases -= self.learning_rate * bias_gradient
        new = self.original.with_parameters(after.parameters.astype(self.original.parameters.dtype))
        return Applied(
            network=new,
            cost_before=self.cost,
            cost_after=after.total_cost(self.x, self.y),
            expected_change=-self.learning_rate * self.squared_gradient,
        )

    def largest_error(self, layer: int, sample: int = 0) -> int:
        """Return the neuron of layer l = 1 … L with the largest |δ^l_j| for a sample."""
        return int(np.abs(self.deltas[layer - 1][sample]).argmax())

    def largest_gradient(self, layer: int, neuron: int | None = None) -> tuple[int, int]:
        """Return the place (j, k) of the largest |∂C/∂w^l_jk| in layer l = 1 … L.

        Parameters
        ----------
        layer : int
        neuron : int, optional
            Look only at the weights into this neuron j.
        """
        sizes = np.abs(self.weight_gradients[layer - 1])
        if neuron is not None:
            return neuron, int(sizes[neuron].argmax())
        j, k = divmod(int(sizes.argmax()), sizes.shape[1])
        return j, k

    def symbols(self, stage: Stage, layer: int) -> dict[str, Array]:
        """Return the symbols of a stage's equations, each with the array that it stands for.

        Parameters
        ----------
        stage : Stage
        layer : int
            Which l = 1 … L stands for, in a stage of every layer.
        """
        if not stage.kind.is_of_every_layer:
            return {key: each for eq in stage.equations for key, each in eq.symbols.items()}
        of_biases = r"\frac{\partial C}{\partial b^{l}}", self.bias_gradients[layer - 1]
        of_weights = r"\frac{\partial C}{\partial W^{l}}", self.weight_gradients[layer - 1]
        if stage.kind is StageKind.GRADIENTS:
            before = r"a^{l-1}", self.a[layer - 1]
            return dict([of_biases, (r"\delta^{l}", self.deltas[layer - 1]), of_weights, before])
        parameters = self.network.weights[layer - 1], self.network.biases[layer - 1]
        own = zip(("W^{l}", "b^{l}"), parameters, strict=True)
        return dict([*own, (r"\eta", np.array([self.learning_rate])), of_weights, of_biases])

    # -- the arithmetic of one neuron or one weight ---------------------------------------------

    def weighted_input(self, layer: int, neuron: int, sample: int = 0) -> Arithmetic:
        """Return z^l_j = Σ_k w^l_jk a^(l-1)_k + b^l_j; the last term is the bias."""
        weights, a = self.network.weights[layer - 1][neuron], self.a[layer - 1][sample]
        here, before = superscript(layer), superscript(layer - 1)
        terms = [
            Term(k, (Factor(f"w{here}", float(w)), Factor(f"a{before}", float(value))))
            for k, (w, value) in enumerate(zip(weights, a, strict=True))
        ]
        bias = float(self.network.biases[layer - 1][neuron])
        return Arithmetic(f"z{here}", (*terms, Term(-1, (Factor(f"b{here}", bias),))))

    def sample_cost(self, sample: int = 0) -> Arithmetic:
        """Return a sample's cost: what each output adds to it."""
        symbol = "C" if len(self.x) == 1 else "Cₓ"
        outputs = range(self.y.shape[1])
        if self.network.cost == "quadratic":
            a, name = self.a[-1][sample], self._last("a")
            squares = tuple(
                Term(
                    j,
                    (Factor(f"({name} − y)²", float(a[j] - self.y[sample, j]) ** 2),),
                    self._output(sample, j),
                )
                for j in outputs
            )
            return Arithmetic(symbol, squares, "½", (_HALF,))
        if self.network.output_activation == "softmax":
            z = self.z[-1][sample]
            logs = z - np.logaddexp.reduce(z)
            terms = tuple(
                Term(
                    j,
                    (Factor("y", float(self.y[sample, j])), Factor("ln a", float(logs[j]))),
                    self._output(sample, j)[:1],
                )
                for j in outputs
            )
            return Arithmetic(symbol, terms, *_MINUS)
        brackets = tuple(
            Term(j, (Factor("[…]", -float(cost)),), self._output(sample, j))
            for j, cost in enumerate(self.output_costs[sample])
        )
        return Arithmetic(symbol, brackets, *_MINUS)

    def _output(self, sample: int, neuron: int) -> tuple[Factor, Factor]:
        """Return the activation of an output and what it should be."""
        a, y = self.a[-1][sample, neuron], self.y[sample, neuron]
        return Factor(self._last("a"), float(a)), Factor("y", float(y))

    def _last(self, symbol: str) -> str:
        return symbol + superscript(len(self.z))

    def error(self, layer: int, neuron: int, sample: int = 0) -> Arithmetic:
        """Return δ^l_j: BP1 in the last layer, BP2 in the others."""
        if layer == len(self.z):
            return self._output_error(neuron, sample)
        above = superscript(layer + 1)
        weights = self.network.weights[layer][:, neuron]
        terms = tuple(
            Term(k, (Factor(f"w{above}", float(w)), Factor(f"δ{above}", float(delta))))
            for k, (w, delta) in enumerate(zip(weights, self.deltas[layer][sample], strict=True))
        )
        a = float(self.a[layer][sample, neuron])
        here = superscript(layer)
        return Arithmetic(
            f"δ{here}", terms, f"σ′(z{here})", _slope_factors(self.network.activation, a)
        )

    def _output_error(self, neuron: int, sample: int) -> Arithmetic:
        here = superscript(len(self.z))
        a, y = self.a[-1][sample], self.y[sample]
        difference = Factor(f"a{here} − y", float(a[neuron] - y[neuron]))
        own = Term(neuron, (difference,), self._output(sample, neuron))
        if self.network.cost == "cross-entropy":
            return Arithmetic(f"δ{here}", (own,))
        if self.network.output_activation == "softmax":
            # Softmax mixes the outputs: δ_j = a_j [(a_j - y_j) - Σ_k (a_k - y_k) a_k].
            mixed = tuple(
                Term(k, (Factor("−(a − y)", float(y[k] - a[k])), Factor("a", float(a[k]))))
                for k in range(len(a))
            )
            return Arithmetic(
                f"δ{here}", (own, *mixed), f"a{here}", (Factor("a", float(a[neuron])),)
            )
        factors = _slope_factors(self.network.output_activation, float(a[neuron]))
        return Arithmetic(f"δ{here}", (own,), f"σ′(z{here})", factors)

    def weight_gradient(self, layer: int, neuron: int, source: int) -> Arithmetic:
        """Return ∂C/∂w^l_jk (BP4 of one weight): the mean over the samples of δ^l_j a^(l-1)_k."""
        here, before = superscript(layer), superscript(layer - 1)
        deltas, a = self.deltas[layer - 1][:, neuron], self.a[layer - 1][:, source]
        terms = tuple(
            Term(i, (Factor(f"δ{here}", float(delta)), Factor(f"a{before}", float(value))))
            for i, (delta, value) in enumerate(zip(deltas, a, strict=True))
        )
        return Arithmetic(f"∂C/∂w{here}", terms, *self._mean())

    def bias_gradient(self, layer: int, neuron: int) -> Arithmetic:
        """Return ∂C/∂b^l_j (BP3 of one bias): the mean over the samples of δ^l_j."""
        here = superscript(layer)
        terms = tuple(
            Term(i, (Factor(f"δ{here}", float(delta)),))
            for i, delta in enumerate(self.deltas[layer - 1][:, neuron])
        )
        return Arithmetic(f"∂C/∂b{here}", terms, *self._mean())

    def _mean(self) -> tuple[str, tuple[Factor, ...]]:
        m = len(self.x)
        return ("1/m", (Factor(f"1/{m}", 1 / m),)) if m > 1 else ("", ())

    def new_weight(self, layer: int, neuron: int, source: int) -> Arithmetic:
        """Return w' = w - η ∂C/∂w of one weight."""
        w = float(self.network.weights[layer - 1][neuron, source])
        gradient = float(self.weight_gradients[layer - 1][neuron, source])
        return self._updated("w", superscript(layer), w, gradient)

    def new_bias(self, layer: int, neuron: int) -> Arithmetic:
        """Return b' = b - η ∂C/∂b of one bias."""
        b = float(self.network.biases[layer - 1][neuron])
        gradient = float(self.bias_gradients[layer - 1][neuron])
        return self._updated("b", superscript(layer), b, gradient)

    def _updated(self, name: str, here: str, value: float, gradient: float) -> Arithmetic:
        change = (Factor("−η", -self.learning_rate), Factor(f"∂C/∂{name}{here}", gradient))
        return Arithmetic(
            f"{name}{here}′", (Term(-1, (Factor(f"{name}{here}", value),)), Term(-1, change))
        )


_HALF = Factor("½", 0.5)
_MINUS = ("−1", (Factor("−1", -1.0),))


def open_step(network: Network, x: ArrayLike, y: ArrayLike, learning_rate: float) -> TrainingStep:
    """Compute one step of gradient descent, and keep every number of it.

    Parameters
    ----------
    network : Network
        It stays as it is.
    x : (n_0,) or (m, n_0)
        One sample or a mini-batch.
    y : (n_L,) or (m, n_L)
        Desired outputs; `one_hot` makes them of labels.
    learning_rate : float
        η.

    Raises
    ------
    DigitpadError
        If the network cannot be trained (step function), or the shapes do not fit.
    """
    require_trainable(network.activation, network.output_activation)
    inputs = np.atleast_2d(np.asarray(x, dtype=np.float64))
    targets = np.atleast_2d(np.asarray(y, dtype=np.float64))
    if inputs.shape[1:] != network.sizes[:1] or targets.shape != (len(inputs), network.sizes[-1]):
        raise DigitpadError(
            f"Samples {inputs.shape} and desired outputs {targets.shape} do not fit a network with "
            f"{network.sizes[0]} inputs and {network.sizes[-1]} outputs: give one row of each for "
            "every sample."
        )
    exact = network.with_parameters(network.parameters.astype(np.float64))
    z: list[Array] = []
    a: list[Array] = [inputs]
    for layer, (weights, biases) in enumerate(zip(exact.weights, exact.biases, strict=True), 1):
        z.append(a[-1] @ weights.T + biases)
        a.append(ACTIVATIONS[exact.activation_of(layer)].function(z[-1]))
    deltas = _errors(exact, a, targets)
    m = len(inputs)
    weight_gradients = tuple(
        delta.T @ before / m for delta, before in zip(deltas, a[:-1], strict=True)
    )
    bias_gradients = tuple(delta.mean(axis=0) for delta in deltas)
    return TrainingStep(
        network=exact,
        original=network,
        x=inputs,
        y=targets,
        learning_rate=learning_rate,
        z=tuple(z),
        a=tuple(a),
        output_costs=_output_costs(exact, z[-1], a[-1], targets),
        deltas=deltas,
        weight_gradients=weight_gradients,
        bias_gradients=bias_gradients,
        stages=stages_of(exact, z, a, targets, deltas),
    )


def _errors(network: Network, a: list[Array], y: Array) -> tuple[Array, ...]:
    """Return δ^1 … δ^L of each sample, by BP1 and BP2."""
    output_activation = ACTIVATIONS[network.output_activation]
    delta = COSTS[network.cost].output_error(output_activation, a[-1], y, np.empty_like(a[-1]))
    deltas = [delta]
    apply_derivative = ACTIVATIONS[network.activation].apply_derivative
    assert apply_derivative is not None, "require_trainable comes first"
    for layer in range(len(network.layers) - 1, 0, -1):
        delta = delta @ network.weights[layer]
        apply_derivative(delta, a[layer])
        deltas.insert(0, delta)
    return tuple(deltas)


def _output_costs(network: Network, z: Array, a: Array, y: Array) -> Array:
    """Return what each output adds to each sample's cost, (m, n_L)."""
    if network.cost == "quadratic":
        costs: Array = 0.5 * (a - y) ** 2
    elif network.output_activation == "softmax":
        costs = -y * (z - np.logaddexp.reduce(z, axis=1, keepdims=True))
    else:
        costs = y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z)
    return costs


def _slope_factors(activation: str, a: float) -> tuple[Factor, ...]:
    """Return σ'(z) as factors, given a = σ(z)."""
    if activation == "logistic":
        return Factor("a", a), Factor("1 − a", 1 - a)
    if activation == "tanh":
        return Factor("1 − a", 1 - a), Factor("1 + a", 1 + a)
    return (Factor("1" if a > 0 else "0", 1.0 if a > 0 else 0.0),)  # relu


def _product(factors: tuple[Factor, ...]) -> float:
    product = 1.0
    for factor in factors:
        product *= factor.value
    return product


def superscript(number: int) -> str:
    """Return a layer's number as it stands behind a symbol."""
    return str(number).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
