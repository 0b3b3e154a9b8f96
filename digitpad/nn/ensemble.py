"""Merge several networks into one that averages their outputs.

Networks trained from different random weights make different mistakes, and the mean of their
outputs makes fewer than any of them. Put the neurons of each hidden layer side by side, with
weights of 0 between neurons of different networks,

    W^1 = [A^1]    W^l = [A^l  0 ]    W^L = ½ [A^L  B^L]    b^L = ½ (a^L + b^L)
          [B^1]          [0   B^l]

and the result is a plain feed-forward network whose z^L is the mean of theirs.
"""

from collections.abc import Sequence

import numpy as np

from digitpad.errors import DigitpadError
from digitpad.nn.network import Network


def merge(networks: Sequence[Network]) -> Network:
    """Return one network whose weighted inputs z^L are the mean of those of k networks.

    Parameters
    ----------
    networks : sequence of k networks
        With the same number of layers, inputs and outputs, activation functions and cost.

    Returns
    -------
    Network
        Hidden layer l has the neurons of all the networks' layers l. For a single network, a copy.

    Raises
    ------
    DigitpadError
        If there are none, or they differ in one of these.
    """
    if not networks:
        raise DigitpadError("There is no network to merge: give at least one.")
    first = networks[0]
    if len({_kind(network) for network in networks}) > 1:
        raise DigitpadError(
            "Only networks with the same number of layers, inputs and outputs, the same activation "
            "functions and the same cost can be merged."
        )
    last = len(first.weights) - 1
    weights = []
    for layer in range(last + 1):
        parts = [network.weights[layer] for network in networks]
        if last == 0:
            weights.append(np.mean(parts, axis=0))
        elif layer == last:
            weights.append(np.hstack(parts) / len(parts))
        elif layer == 0:
            weights.append(np.vstack(parts))
        else:
            weights.append(_block_diagonal(parts))
    biases = [
        np.concatenate([network.biases[layer] for network in networks]) for layer in range(last)
    ]
    biases.append(np.mean([network.biases[last] for network in networks], axis=0))
    return Network.from_parameters(
        weights,
        biases,
        activation=first.activation,
        output_activation=first.output_activation,
        cost=first.cost,
        dtype=first.parameters.dtype,
    )


def split(network: Network, count: int) -> list[Network]:
    """Return the `count` networks, all of one size, that were merged into one: undo `merge`.

    Raises
    ------
    DigitpadError
        If the network was not merged from so many of one size.
    """
    last = len(network.weights) - 1
    hidden = network.sizes[1:-1]
    sizes = [n // count for n in hidden]
    members = []
    for number in range(count):
        own = [slice(number * n, (number + 1) * n) for n in sizes]
        rows, columns = [*own, slice(None)], [slice(None), *own]
        weights = [w[r, c] for w, r, c in zip(network.weights, rows, columns, strict=True)]
        biases = [b[r] for b, r in zip(network.biases, rows, strict=True)]
        if last > 0:
            weights[last] = weights[last] * count
        members.append(
            Network.from_parameters(
                weights,
                biases,
                activation=network.activation,
                output_activation=network.output_activation,
                cost=network.cost,
                dtype=network.parameters.dtype,
            )
        )
    between = sum(map(np.count_nonzero, network.weights[1:last])) != sum(
        np.count_nonzero(w) for member in members for w in member.weights[1:last]
    )
    if any(n % count for n in hidden) or between:
        raise DigitpadError(
            f"This network was not merged from {count} networks of one size: give one that was."
        )
    return members


def _kind(network: Network) -> tuple[object, ...]:
    sizes = network.sizes
    return (
        len(sizes),
        sizes[0],
        sizes[-1],
        network.activation,
        network.output_activation,
        network.cost,
    )


def _block_diagonal(parts: Sequence[np.ndarray]) -> np.ndarray:
    whole = np.zeros(np.sum([part.shape for part in parts], axis=0), parts[0].dtype)
    row = column = 0
    for part in parts:
        rows, columns = part.shape
        whole[row : row + rows, column : column + columns] = part
        row += rows
        column += columns
    return whole
