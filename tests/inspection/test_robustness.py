"""Robustness: what is done to the images, and curves that come point by point."""

import numpy as np
import pytest

from digitpad.inspection.robustness import AMOUNTS, Disturbance, curve, disturbed
from digitpad.recognition.evaluation import evaluate
from tests.inspection.networks import some_images, trained


def dot(row: int, column: int) -> np.ndarray:
    image = np.zeros((28, 28), np.float32)
    image[row, column] = 1
    return np.repeat(image.reshape(1, 784), 4, axis=0)


def place(image: np.ndarray) -> tuple[int, int]:
    row, column = divmod(int(image.argmax()), 28)
    return row, column


@pytest.mark.parametrize("disturbance", Disturbance)
def test_nothing_changes_nothing(disturbance: Disturbance) -> None:
    images = some_images().inputs()[:20]
    np.testing.assert_allclose(disturbed(images, disturbance, 0), images, atol=1e-6)


@pytest.mark.parametrize("disturbance", Disturbance)
def test_images_stay_images(disturbance: Disturbance) -> None:
    images = some_images().inputs()[:20]
    for amount in (AMOUNTS[disturbance][0], AMOUNTS[disturbance][-1]):
        result = disturbed(images, disturbance, amount)
        assert result.shape == images.shape
        assert result.dtype == np.float32
        assert result.min() >= 0
        assert result.max() <= 1
        np.testing.assert_array_equal(result, disturbed(images, disturbance, amount))


def test_a_quarter_turn_is_clockwise() -> None:
    image = some_images().inputs()[:1]
    expected = np.rot90(image.reshape(28, 28), -1)
    turned = disturbed(image, Disturbance.ROTATION, 90).reshape(28, 28)
    np.testing.assert_allclose(turned, expected, atol=1e-5)


def test_shifts_go_in_four_directions() -> None:
    moved = disturbed(dot(10, 12), Disturbance.SHIFT, 3)
    assert [place(image) for image in moved] == [(10, 15), (13, 12), (10, 9), (7, 12)]
    halfway = disturbed(dot(10, 12), Disturbance.SHIFT, 0.5)[0].reshape(28, 28)
    assert halfway[10, 12] == halfway[10, 13] == 0.5
    assert not disturbed(dot(10, 26), Disturbance.SHIFT, 2)[0].any()


def test_thickness_adds_a_pixel_at_each_edge_or_takes_it() -> None:
    thick = disturbed(dot(10, 12), Disturbance.THICKNESS, 1)[0].reshape(28, 28)
    assert thick.sum() == 5
    assert thick[9, 12] == thick[10, 11] == 1
    half = disturbed(dot(10, 12), Disturbance.THICKNESS, 0.5)[0].reshape(28, 28)
    assert (half[10, 12], half[10, 13]) == (1, 0.5)
    thin = disturbed(thick.reshape(1, 784), Disturbance.THICKNESS, -1)
    np.testing.assert_array_equal(thin, dot(10, 12)[:1])


def test_noise_has_the_deviation_asked_for() -> None:
    grey = np.full((50, 784), 0.5, np.float32)
    assert disturbed(grey, Disturbance.NOISE, 0.1).std() == pytest.approx(0.1, rel=0.02)


@pytest.mark.parametrize("disturbance", Disturbance)
def test_a_curve_has_a_point_for_each_amount(disturbance: Disturbance) -> None:
    network, data = trained(), some_images()
    points = list(curve(network, data, disturbance))
    assert [point.amount for point in points] == list(AMOUNTS[disturbance])
    undisturbed = next(point for point in points if point.amount == 0)
    assert undisturbed.accuracy == evaluate(network, data).accuracy
    assert points[-1].accuracy < undisturbed.accuracy
    low, high = undisturbed.interval
    assert low < undisturbed.accuracy < high
    assert undisturbed.n == len(data)


def test_a_curve_can_be_cancelled() -> None:
    points = curve(trained(), some_images(), Disturbance.NOISE, [0.0, 0.5])
    assert next(points).amount == 0
    points.close()  # type: ignore[attr-defined]
    assert list(points) == []
