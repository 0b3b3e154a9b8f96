"""Evaluate a network on a data set: cost, accuracy and confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitpad.errors import DigitpadError
from digitpad.nn.network import Network, one_hot

if TYPE_CHECKING:
    from digitpad.data.dataset import Dataset

# Rows of float32 that are fed forward at once: large enough for the matrix product's full speed,
# small enough (1.6 MB of inputs) that a data set of any size needs little memory.
_BLOCK = 500

_CLASSES = 10


@dataclass(frozen=True)
class Evaluation:
    """How well a network reads a data set.

    Attributes
    ----------
    cost : float
        The network's cost C, the mean over the samples.
    accuracy : float
        The fraction of samples whose most active output neuron is the label's.
    n : int
        Samples.
    confusion : (10, 10) int64
        Samples by label (row) and predicted digit (column).
    """

    cost: float
    accuracy: float
    n: int
    confusion: NDArray[np.int64] = field(repr=False)

    @property
    def interval(self) -> tuple[float, float]:
        """The accuracy's 95 % confidence interval (Wilson 1927).

        Unlike accuracy ± 1.96 standard errors it stays within 0 and 1 and does not shrink to 0 when
        every sample is correct.
        """
        return wilson_interval(int(np.trace(self.confusion)), self.n)


def wilson_interval(successes: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Return the score interval of a proportion, by default with 95 % confidence.

    Parameters
    ----------
    successes, n : int
        0 ≤ successes ≤ n and n ≥ 1.
    z : float
        The normal distribution's quantile: 1.96 for 95 %.

    Returns
    -------
    low, high : float
        [p + z²/2n ± z √(p(1 - p)/n + z²/4n²)] / (1 + z²/n), with p = successes/n.
    """
    p = successes / n
    centre = p + z * z / (2 * n)
    reach = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - reach) / scale), min(1.0, (centre + reach) / scale)


def evaluate(
    network: Network, dataset: Dataset, progress: Callable[[int], object] | None = None
) -> Evaluation:
    """Feed a data set forward and compare the outputs with the labels.

    Parameters
    ----------
    network : Network
        With 784 inputs and 10 outputs.
    dataset : Dataset
        Read in blocks, so that the memory needed does not grow with it. Samples labelled as
        non-digits are left out.
    progress : callable, optional
        Called after each block with the number of its samples.

    Raises
    ------
    DigitpadError
        If there are no samples, or the network does not have 784 inputs and 10 outputs.
    """
    digits = dataset.labels >= 0
    if not digits.all():
        dataset = dataset.take(np.flatnonzero(digits))
    n = len(dataset)
    if n == 0:
        raise DigitpadError(f"“{dataset.name}” has no samples to evaluate: choose other data.")
    if network.sizes[-1] != _CLASSES:
        raise DigitpadError(
            f"A network for digits needs {_CLASSES} output neurons; this one has "
            f"{network.sizes[-1]}."
        )
    total_cost = 0.0
    confusion = np.zeros((_CLASSES, _CLASSES), dtype=np.int64)
    for start in range(0, n, _BLOCK):
        block = dataset.take(slice(start, start + _BLOCK))
        # As in `recognise`: weights may be of any size, after a training that diverged for example.
        with np.errstate(over="ignore", invalid="ignore"):
            z, a = network.outputs(block.inputs())
            costs = network.sample_costs(z, a, one_hot(block.labels))
        total_cost += float(costs.sum(dtype=np.float64))
        np.add.at(confusion, (block.labels, a.argmax(axis=1)), 1)
        if progress is not None:
            progress(len(block))
    accuracy = float(np.trace(confusion) / n)
    return Evaluation(cost=total_cost / n, accuracy=accuracy, n=n, confusion=confusion)
