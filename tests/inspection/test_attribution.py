"""Why this answer: attributions against finite differences, and changes that do change it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from digitpad.errors import DigitpadError
from digitpad.inspection import attribution
from digitpad.nn.network import Network
from tests.inspection.networks import some_images, trained


def an_image(index: int = 0) -> NDArray[np.float32]:
    image: NDArray[np.float32] = some_images().inputs()[index].reshape(28, 28)
    return image


@pytest.mark.parametrize("activation", ["logistic", "tanh", "relu"])
def test_the_gradient_is_the_one_measured(activation: str) -> None:
    network = Network((784, 16, 16, 10), activation=activation, seed=4, dtype=np.float64)
    image = an_image().astype(np.float64).ravel()
    slopes = attribution.gradient(network, image, 3)
    for pixel in (100, 210, 350, 406, 600):
        h = np.zeros(784)
        h[pixel] = 1e-6
        above, below = (network.outputs(image + sign * h)[0][3] for sign in (1, -1))
        assert slopes[pixel] == pytest.approx((above - below) / 2e-6, abs=1e-7)


def test_gradient_times_input_is_that_product() -> None:
    network, image = trained(), an_image()
    shown = attribution.gradient_times_input(network, image, 7)
    assert shown.shape == (28, 28)
    np.testing.assert_allclose(
        shown.ravel(), attribution.gradient(network, image, 7) * image.ravel()
    )
    assert not shown[image == 0].any()


def test_of_a_linear_network_the_attribution_adds_up_to_the_evidence() -> None:
    network = Network((784, 10), seed=2, dtype=np.float64)
    image = an_image()
    shown = attribution.gradient_times_input(network, image, 5)
    evidence = network.outputs(image.ravel())[0][5] - network.biases[0][5]
    assert shown.sum() == pytest.approx(evidence)


@pytest.mark.parametrize("patch", [1, 3, 5])
def test_occlusion_is_what_emptied_patches_do(patch: int) -> None:
    network, image = trained(), an_image(2)
    lost = attribution.occlusion(network, image, 1, patch)
    evidence = network.outputs(image.ravel())[0][1]
    reach = patch // 2
    for row, column in ((0, 0), (9, 14), (14, 13), (20, 12), (27, 27)):
        emptied = image.copy()
        emptied[
            max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1
        ] = 0
        expected = evidence - network.outputs(emptied.ravel())[0][1]
        assert lost[row, column] == pytest.approx(expected, abs=1e-4)
    assert lost.any()


def test_occlusion_of_no_ink_loses_nothing() -> None:
    assert not attribution.occlusion(trained(), np.zeros((28, 28)), 3).any()


def test_pixel_contributions_add_up_to_the_weighted_input() -> None:
    network, image = trained(), an_image()
    parts = attribution.pixel_contributions(network, image, 6)
    z = network.weights[0][6] @ image.ravel() + network.biases[0][6]
    assert parts.sum() + network.biases[0][6] == pytest.approx(z, rel=1e-4)


@pytest.mark.parametrize("activation", ["logistic", "tanh", "relu"])
def test_the_smallest_change_changes_the_answer(activation: str) -> None:
    network = trained(activation)
    for index in range(8):
        image = an_image(index)
        before = int(network.feed_forward(image.ravel()).argmax())
        change = attribution.smallest_change(network, image)
        assert change is not None
        assert (change.before, change.after) == (
            before,
            int(network.feed_forward(change.image.ravel()).argmax()),
        )
        assert change.after != before
        assert change.image.min() >= 0
        assert change.image.max() <= 1
        np.testing.assert_allclose(image + change.difference, change.image, atol=1e-6)
        assert change.norm == pytest.approx(np.linalg.norm(change.difference))
        # Ordinary images of two digits are about 10 apart.
        assert 0 < change.norm < 5
        # Half of it does not suffice.
        halfway = (image + 0.5 * change.difference).ravel()
        assert int(network.feed_forward(halfway).argmax()) == before


def test_the_change_to_one_digit_is_no_smaller_than_to_any() -> None:
    network, image = trained(), an_image()
    any_other = attribution.smallest_change(network, image)
    assert any_other is not None
    before = any_other.before
    for target in range(10):
        change = attribution.smallest_change(network, image, target)
        if target == before:
            assert change is None
            continue
        assert change is not None
        assert change.after == target
        assert change.norm >= any_other.norm - 1e-5


def test_of_a_linear_network_the_change_is_the_distance_to_the_border() -> None:
    weights = np.zeros((10, 784))
    weights[3, 400], weights[3, 401], weights[5, 402] = 0.3, 0.4, 0.5
    network = Network.from_parameters([weights], [np.zeros(10)], dtype=np.float64)
    image = np.full(784, 0.5)
    image[402] = 0.4  # z_3 = 0.35, z_5 = 0.2
    change = attribution.smallest_change(network, image, 5)
    assert change is not None
    gap = 0.35 - 0.2
    assert change.norm == pytest.approx(gap / np.linalg.norm([0.3, 0.4, 0.5]), rel=1e-4)


def test_nothing_is_found_where_there_is_nothing() -> None:
    network = Network.from_parameters([np.zeros((10, 784))], [np.arange(10.0)])
    assert attribution.smallest_change(network, np.zeros(784)) is None


def test_perceptrons_have_no_gradient() -> None:
    network = Network((784, 16, 10), activation="step")
    with pytest.raises(DigitpadError, match="perceptrons"):
        attribution.gradient_times_input(network, an_image(), 3)
    with pytest.raises(DigitpadError, match="perceptrons"):
        attribution.smallest_change(network, an_image())
    assert attribution.occlusion(network, an_image(), 3).shape == (28, 28)
