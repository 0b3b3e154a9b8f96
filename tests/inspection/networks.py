"""Networks and images that several tests inspect."""

from functools import lru_cache

import numpy as np

from digitpad.data.dataset import Dataset
from digitpad.data.mnist import mnist
from digitpad.nn.network import Network, one_hot


@lru_cache(maxsize=1)
def some_images() -> Dataset:
    """The first 400 test images."""
    return mnist().test.take(slice(400))


@lru_cache(maxsize=4)
def trained(activation: str = "logistic", seed: int = 1) -> Network:
    """A 784-16-16-10 that reads most digits, after some hundred steps of gradient descent."""
    network = Network((784, 16, 16, 10), activation=activation, cost="cross-entropy", seed=seed)
    data = mnist().validation
    x, y = data.inputs(), one_hot(data.labels)
    for start in range(0, 10_000, 20):
        batch = slice(start, start + 20)
        weights, biases = network.backpropagate(x[batch], y[batch])
        for mine, step in zip(
            (*network.weights, *network.biases), (*weights, *biases), strict=True
        ):
            mine -= np.float32(0.2) * step
    return network
