"""Large mini-batches, whose work is divided between the processors.

Each processor computes some of the neurons of a layer: their activations forwards; backwards their
errors, their gradient, and at once their new weights. Nobody's result is added to anybody else's,
and all meet once for each layer and direction.

The library that multiplies matrices could divide every single product between the processors by
itself. But then all that is not a product is left to one of them; and it burns time while it waits,
so that a training beside other programs takes ten times as long.

How the neurons are grouped does not depend on the number of processors. So the same seed and
hyperparameters give the same weights, bit for bit, however many processors there are and may be
used.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from queue import SimpleQueue
from threading import Thread
from typing import TypeAlias
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from digitpad.nn.functions import Array
from digitpad.nn.network import Network, split_parameters
from digitpad.training.minibatch import Change, Functions, MiniBatchGradient

# For fewer multiplications than this (forwards, all layers) the calls into NumPy are so short that
# threads get into each other's way at the interpreter's lock. Where that ends depends on the
# machine: benchmarks/results.md has the figures of two.
_WORTH_DIVIDING = 12_000_000
_FEWEST_SAMPLES = 32
# A layer's neurons are divided into two groups, or into four where it has so many neurons: small
# groups make products slower.
_GROUPS = 4
_MANY = 1024


def is_worth_dividing(network: Network, m: int) -> bool:
    """Return whether a mini-batch of m is so much work that several processors are quicker."""
    work = m * network.parameters.size
    # Without a hidden layer there are too few neurons to divide.
    return len(network.sizes) > 2 and m >= _FEWEST_SAMPLES and work >= _WORTH_DIVIDING


def gradient_of(
    network: Network, m: int, processors: int
) -> "MiniBatchGradient | ParallelGradient":
    """Return what computes the gradient of mini-batches of m samples soonest."""
    if is_worth_dividing(network, m):
        return ParallelGradient(network, m, processors)
    return MiniBatchGradient(network, m)


class _Layer:
    """The buffers of one hidden layer, and how its neurons are grouped.

    Here neurons are rows and samples columns, as in the text: a group of neurons then lies
    together in every array.

    Parameters
    ----------
    parameters, gradient : (n_l, n_{l-1} + 1)
        [W^l | b^l], and where its gradient goes.
    begin : int
        Where these are in the vector of all parameters.
    m : int
        Samples in a mini-batch.
    """

    def __init__(self, parameters: Array, gradient: Array, begin: int, m: int) -> None:
        (n, width), dtype = parameters.shape, parameters.dtype
        self.parameters = parameters
        self.gradient = gradient
        self.weights = parameters[:, :-1]
        self.a = np.empty((n, m), dtype)
        # What the next layer sees: after dropout, and a row of ones for the biases.
        self.extended = np.ones((n + 1, m), dtype)
        self.delta = np.empty((n, m), dtype)
        self.scratch = np.empty((n, m), dtype)
        count = _GROUPS if n >= _MANY else min(2, n)
        ends = [n * number // count for number in range(count + 1)]
        self.groups = [slice(*pair) for pair in pairwise(ends)]
        # The groups' parts of the vector.
        self.parts = [slice(begin + g.start * width, begin + g.stop * width) for g in self.groups]


class ParallelGradient:
    """The gradient of a network's cost for mini-batches of a fixed size, computed by threads.

    Parameters
    ----------
    network : Network
        Its parameters are read at every call, so that it can be trained in between.
    m : int
        Samples in a mini-batch.
    processors : int
        How many threads may work, the calling one among them. The result does not depend on it.

    Attributes
    ----------
    vector : (number of parameters,)
        The last gradient, in the order of `Network.parameters`.

    Raises
    ------
    DigitpadError
        If the network has an activation function without a derivative.
    """

    def __init__(self, network: Network, m: int, processors: int) -> None:
        self._functions = Functions(network)
        self.vector: Array = np.zeros_like(network.parameters)
        gradients = split_parameters(self.vector, network.sizes)
        self._hidden = []
        begin = 0
        for parameters, gradient in zip(network.layers[:-1], gradients, strict=False):
            self._hidden.append(_Layer(parameters, gradient, begin, m))
            begin += gradient.size
        self._output, self._output_gradient = network.layers[-1], gradients[-1]
        self._output_part = slice(begin, None)
        shape = (m, len(self._output))
        self._a, self._delta, self._scratch = (np.empty(shape, self.vector.dtype) for _ in range(3))
        self._z = np.empty(shape[::-1], self.vector.dtype)
        self._helpers = _Helpers(min(processors, _GROUPS) - 1)

    def compute(
        self,
        x: Array,
        y: Array,
        z_out: Array,
        factor: float,
        masks: list[NDArray[np.float32]] | None = None,
        change: Change | None = None,
    ) -> Array:
        """Write factor · Σ ∂C_x/∂parameters to `vector`; all as in `MiniBatchGradient.compute`."""
        below = [x.T, *(layer.extended for layer in self._hidden)]
        turned = [None if masks is None else masks[i].T for i in range(len(self._hidden))]
        for i, layer in enumerate(self._hidden):
            forwards = partial(self._forwards, layer, below[i], turned[i])
            self._share([partial(forwards, group) for group in layer.groups])
        np.dot(self._output, below[-1], out=self._z)
        z_out[...] = self._z.T
        self._functions.output_delta(z_out, y, factor, self._a, self._delta, self._scratch)

        delta, weights, parts = self._delta.T, self._output[:, :-1], [self._output_part]
        # What can be done beside a layer's errors, for which the weights above must still be old.
        beside: list[_Task] = [partial(np.dot, delta, below[-1].T, out=self._output_gradient)]
        for i in range(len(self._hidden) - 1, -1, -1):
            layer = self._hidden[i]
            backwards = partial(self._backwards, layer, delta, weights, below[i], turned[i])
            # Of the first layer's weights nobody needs the old ones.
            at_once = change if i == 0 else None
            tasks: list[_Task] = [
                partial(backwards, at_once, group, part)
                for group, part in zip(layer.groups, layer.parts, strict=True)
            ]
            self._share(tasks + beside)
            beside = [] if change is None else [partial(change, part) for part in parts]
            delta, weights, parts = layer.delta, layer.weights, layer.parts
        self._share(beside)
        return self.vector

    def _forwards(self, layer: _Layer, below: Array, mask: Array | None, group: slice) -> None:
        """Compute the activations of a group of a layer's neurons."""
        a, seen = layer.a[group], layer.extended[:-1][group]
        np.dot(layer.parameters[group], below, out=a)
        self._functions.activation.function(a, out=a)
        if mask is None:
            seen[...] = a
        else:
            np.multiply(a, mask[group], out=seen)

    def _backwards(
        self,
        layer: _Layer,
        delta: Array,
        weights: Array,
        below: Array,
        mask: Array | None,
        change: Change | None,
        group: slice,
        part: slice,
    ) -> None:
        """Compute the errors of a group of neurons, of the next layer's, and their gradient."""
        errors = layer.delta[group]
        np.matmul(weights[:, group].T, delta, out=errors)
        if mask is not None:
            errors *= mask[group]
        self._functions.apply_derivative(errors, layer.a[group], layer.scratch[group])
        np.dot(errors, below.T, out=layer.gradient[group])
        if change is not None:
            change(part)

    def _share(self, tasks: Sequence["_Task"]) -> None:
        """Do all the tasks; each thread takes the next one when it is ready."""
        if len(tasks) == 1:
            tasks[0]()
            return
        left = iter(tasks)

        def take() -> None:
            # Every thread has NumPy warnings of its own; numbers that overflow in a training that
            # diverges are found out by their consequences.
            with np.errstate(all="ignore"):
                for task in left:
                    task()

        self._helpers.work(take)


_Task: TypeAlias = Callable[[], object]


class _Helpers:
    """Threads that do the same as the calling one, at the same time.

    A ThreadPoolExecutor takes three times as long to call and to answer: as long as a twentieth of
    a mini-batch.

    Parameters
    ----------
    count : int
        The threads end when nobody refers to this object any more.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._calls: SimpleQueue[_Task | None] = SimpleQueue()
        self._answers: SimpleQueue[Exception | None] = SimpleQueue()
        for _ in range(count):
            Thread(
                target=_help, args=(self._calls, self._answers), name="digitpad", daemon=True
            ).start()
        finalize(self, _dismiss, self._calls, count)

    def work(self, work: _Task) -> None:
        """Let everybody work; return, or raise what went wrong, when all are ready."""
        for _ in range(self._count):
            self._calls.put(work)
        try:
            work()
        finally:
            answers = [self._answers.get() for _ in range(self._count)]
        for error in answers:
            if error is not None:
                raise error


def _help(calls: "SimpleQueue[_Task | None]", answers: "SimpleQueue[Exception | None]") -> None:
    while (work := calls.get()) is not None:
        answer = None
        try:
            work()
        except Exception as error:
            answer = error
        del work  # whose owner may be given up while this waits for the next call
        answers.put(answer)
        del answer


def _dismiss(calls: "SimpleQueue[_Task | None]", count: int) -> None:
    for _ in range(count):
        calls.put(None)
