"""Small networks of every kind that can be trained, for checking gradients."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitpad.nn.network import Network

Array = NDArray[np.floating[Any]]

PAIRS = [
    ("quadratic", "logistic"),
    ("quadratic", "tanh"),
    ("quadratic", "relu"),
    ("quadratic", "softmax"),
    ("cross-entropy", "logistic"),
    ("cross-entropy", "softmax"),
]
EVERY_COMBINATION = list(itertools.product(["logistic", "tanh", "relu"], PAIRS, [0, 1, 2, 3]))


def small(activation: str, output: str, cost: str, depth: int) -> Network:
    return Network(
        [7, *[5] * depth, 4],
        activation=activation,
        output_activation=output,
        cost=cost,
        initialisation="gaussian",
        seed=3,
        dtype=np.float64,
    )


def in_one_vector(weight_gradients: list[Array], bias_gradients: list[Array]) -> Array:
    return np.concatenate(
        [
            np.column_stack([w, b]).ravel()
            for w, b in zip(weight_gradients, bias_gradients, strict=True)
        ]
    )
