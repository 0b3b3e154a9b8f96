"""Large mini-batches, divided between the processors.

The gradient of a mini-batch is a sum over its samples. So each processor can work on some of the
samples, and what they find is added up: data parallelism.

The library that multiplies matrices could divide every single product between the processors by
itself. But then they wait for each other several times a step, and burn time while they wait;
whenever another program needs a processor, all of them stand still for its turn, and training
takes ten times as long. Here they meet once a step.

Into how many parts a mini-batch is divided depends on the network and on m alone. Rounding depends
on the order of additions, so only thus do the same seed and hyperparameters give the same weights,
bit for bit, however many processors there are and may be used.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from digitpad.functions import Array
from digitpad.gradient import MiniBatchGradient
from digitpad.network import Network

# For fewer multiplications than this (forwards, all layers) the calls into NumPy are so short that
# threads get into each other's way at the interpreter's lock, above all on a busy machine.
_WORTH_DIVIDING = 50_000_000
# Parts are of about so many samples: enough for the products' full speed.
_SAMPLES = 64
# Each part has a gradient of its own, which must be kept, and added.
_MOST_PARTS = 4


def part_sizes(network: Network, m: int) -> list[int]:
    """Return into how many parts of how many samples a mini-batch of m is divided."""
    if m < _SAMPLES // 2 or m * network.parameters.size < _WORTH_DIVIDING:
        return [m]
    count = min(max(2, m // _SAMPLES), _MOST_PARTS)
    return [m // count + (number < m % count) for number in range(count)]


def gradient_of(
    network: Network, m: int, processors: int
) -> "MiniBatchGradient | ParallelGradient":
    """Return what computes the gradient of mini-batches of m samples soonest."""
    if len(part_sizes(network, m)) == 1:
        return MiniBatchGradient(network, m)
    return ParallelGradient(network, m, processors)


class ParallelGradient:
    """The gradient of a network's cost for mini-batches of a fixed size, computed in parts.

    Parameters
    ----------
    network : Network
        Its parameters are read at every call, so that it can be trained in between.
    m : int
        Samples in a mini-batch.
    processors : int
        How many threads may work, the calling one among them. The result does not depend on it.

    Raises
    ------
    DigitpadError
        If the network has an activation function without a derivative.
    """

    def __init__(self, network: Network, m: int, processors: int) -> None:
        sizes = part_sizes(network, m)
        ends = accumulate(sizes)
        self._parts = [
            (slice(end - size, end), MiniBatchGradient(network, size))
            for size, end in zip(sizes, ends, strict=True)
        ]
        self._threads = min(processors, len(sizes))
        # Its threads end when nobody refers to it any more.
        self._helpers = ThreadPoolExecutor(self._threads - 1) if self._threads > 1 else None

    def compute(
        self,
        x: Array,
        y: Array,
        z_out: Array,
        factor: float,
        masks: list[NDArray[np.float32]] | None = None,
    ) -> Array:
        """Return factor · Σ ∂C_x/∂parameters; all as in `MiniBatchGradient.compute`."""

        def work(thread: int) -> None:
            # Every thread has NumPy warnings of its own; numbers that overflow in a training that
            # diverges are found out by their consequences.
            with np.errstate(all="ignore"):
                for rows, part in self._parts[thread :: self._threads]:
                    some = masks and [mask[rows] for mask in masks]
                    part.compute(x[rows], y[rows], z_out[rows], factor, some)

        helpers = self._helpers
        helped = [helpers.submit(work, i) for i in range(1, self._threads)] if helpers else []
        work(0)
        for future in helped:
            future.result()
        vector = self._parts[0][1].vector
        for _, part in self._parts[1:]:
            vector += part.vector
        return vector
