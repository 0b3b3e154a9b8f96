"""Operating on a network: what each operation changes, and nothing else."""

import numpy as np
import pytest

from digitpad.errors import DigitpadError
from digitpad.inspection.operate import (
    Operation,
    Prune,
    ScaleIncoming,
    ScaleOutgoing,
    ShiftBias,
    Temperature,
    estimate,
    operated,
)
from digitpad.nn.network import Network
from digitpad.recognition.evaluation import evaluate
from tests.inspection.networks import some_images, trained


def test_a_bias_is_shifted() -> None:
    network = trained()
    changed = operated(network, [ShiftBias(2, 5, -1.5)])
    expected = network.copy()
    expected.biases[1][5] -= 1.5
    np.testing.assert_array_equal(changed.parameters, expected.parameters)


def test_incoming_weights_are_scaled() -> None:
    network = trained()
    changed = operated(network, [ScaleIncoming(1, 3, 2.0)])
    expected = network.copy()
    expected.weights[0][3] *= 2
    np.testing.assert_array_equal(changed.parameters, expected.parameters)


def test_a_neuron_without_outgoing_weights_is_silent() -> None:
    network = trained()
    changed = operated(network, [ScaleOutgoing(2, 4, 0.0)])
    image = some_images().inputs()[0]
    z = network.outputs(image)[0] - network.weights[2][:, 4] * network.activations(image)[2][4]
    np.testing.assert_allclose(changed.outputs(image)[0], z, atol=1e-5)
    pixel = operated(network, [ScaleOutgoing(0, 300, 0.0)])
    assert not pixel.weights[0][:, 300].any()


@pytest.mark.parametrize("fraction", [0.0, 0.3, 1.0])
def test_the_smallest_weights_are_pruned(fraction: float) -> None:
    network = trained()
    changed = operated(network, [Prune(fraction)])
    before = np.concatenate([w.ravel() for w in network.weights])
    after = np.concatenate([w.ravel() for w in changed.weights])
    pruned = after == 0
    assert pruned.sum() == round(fraction * len(before))
    np.testing.assert_array_equal(after[~pruned], before[~pruned])
    if 0 < fraction < 1:
        assert np.abs(before[pruned]).max() <= np.abs(before[~pruned]).min()
    for mine, theirs in zip(network.biases, changed.biases, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_temperature_divides_the_last_weighted_inputs() -> None:
    network = trained()
    images = some_images().inputs()
    changed = operated(network, [Temperature(2.5)])
    np.testing.assert_allclose(
        changed.outputs(images)[0], network.outputs(images)[0] / 2.5, atol=1e-4
    )


def test_operations_follow_each_other_and_leave_the_original() -> None:
    network = trained()
    before = network.parameters.copy()
    operations: list[Operation] = [ShiftBias(1, 0, 1.0), ScaleIncoming(1, 0, 0.5), Prune(0.1)]
    step_by_step = network
    for operation in operations:
        step_by_step = operated(step_by_step, [operation])
    np.testing.assert_array_equal(operated(network, operations).parameters, step_by_step.parameters)
    np.testing.assert_array_equal(network.parameters, before)
    # Undo: the same list without its last operation.
    np.testing.assert_array_equal(
        operated(network, operations[:-1]).weights[0][0], network.weights[0][0] * 0.5
    )
    np.testing.assert_array_equal(operated(network, []).parameters, before)


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (ShiftBias(0, 0, 1.0), "no neuron 0 in layer 0"),
        (ShiftBias(3, 10, 1.0), "no neuron 10 in layer 3"),
        (ScaleOutgoing(3, 1, 0.0), "from 0 to 2"),
        (ScaleIncoming(4, 1, 0.0), "from 1 to 3"),
        (Prune(1.5), "0 to 1"),
        (Temperature(0.0), "above 0"),
    ],
)
def test_what_cannot_be_done_is_said(operation: Operation, message: str) -> None:
    with pytest.raises(DigitpadError, match=message):
        operated(Network((784, 16, 16, 10)), [operation])


def test_an_estimate_is_the_accuracy_of_a_sample() -> None:
    network, data = trained(), some_images()
    quick, exact = estimate(network, data, 100), evaluate(network, data)
    assert quick.n == 100
    low, high = quick.interval
    assert low <= exact.accuracy <= high
    assert estimate(network, data, 100).accuracy == quick.accuracy
    assert estimate(network, data, 4000).accuracy == exact.accuracy
