"""Distortions: exact where they should be, random where they should be, and bounded."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitpad.training.augment import distort
from digitpad.training.hyperparameters import Hyperparameters

Images = NDArray[np.uint8]
Image = NDArray[Any]


def blob() -> Images:
    """A 28 x 28 image that is smooth, so that interpolation can be judged, and not symmetric."""
    y, x = np.mgrid[:28, :28]
    image = np.exp(-(((x - 15) / 3) ** 2) - ((y - 12) / 5) ** 2)
    pixels: Images = np.rint(255 * image).astype(np.uint8)
    return pixels.reshape(1, 784)


def distorted(images: Images, seed: int = 0, **settings: Any) -> NDArray[np.float32]:
    out = np.full((len(images), 785), 7, np.float32)
    distort(images, Hyperparameters(**settings), np.random.default_rng(seed), out)
    assert (out[:, 784] == 7).all(), "the column of ones beside the image is not ours to write"
    return out[:, :784].reshape(-1, 28, 28)


def centre(image: Image) -> Image:
    y, x = np.mgrid[:28, :28]
    return np.array([(image * x).sum() / image.sum(), (image * y).sum() / image.sum()])


def spread(image: Image) -> Image:
    y, x = np.mgrid[:28, :28]
    cx, cy = centre(image)
    total = image.sum()
    across, down = (((x - cx) ** 2 * image).sum() / total, ((y - cy) ** 2 * image).sum() / total)
    return np.array([np.sqrt(across), np.sqrt(down)])


def test_nothing_set_changes_nothing() -> None:
    images = np.random.default_rng(0).integers(0, 256, (70, 784), dtype=np.uint8)
    np.testing.assert_allclose(
        distorted(images).reshape(70, 784), images.astype(np.float32) / 255, atol=1e-5
    )


def test_the_seed_decides() -> None:
    images = np.repeat(blob(), 40, axis=0)
    settings: dict[str, Any] = {
        "rotation": 10,
        "elastic": 1,
        "shear": 0.1,
        "scaling": 0.1,
        "translation": 1,
    }
    first = distorted(images, **settings)
    np.testing.assert_array_equal(first, distorted(images, **settings))
    assert np.abs(first - distorted(images, seed=1, **settings)).max() > 0.1
    assert np.abs(first[0] - first[1]).max() > 0.1


def test_translation_has_its_standard_deviation_in_pixels() -> None:
    images = np.repeat(blob(), 2000, axis=0)
    moved = np.array([centre(i) for i in distorted(images, translation=1.0)]) - centre(
        blob().reshape(28, 28)
    )
    np.testing.assert_allclose(moved.std(axis=0), 1, atol=0.06)
    np.testing.assert_allclose(moved.mean(axis=0), 0, atol=0.08)


def test_rotation_has_its_standard_deviation_in_degrees() -> None:
    y, x = np.mgrid[:28, :28] - 13.5
    bar = np.rint(255 * np.exp(-((x / 1.5) ** 2) - (y / 6) ** 2)).astype(np.uint8).reshape(1, 784)
    angles = []
    for image in distorted(np.repeat(bar, 1000, axis=0), rotation=10.0):
        moments = np.cov(np.stack([x.ravel(), y.ravel()]), aweights=image.ravel())
        angles.append(
            np.degrees(0.5 * np.arctan2(2 * moments[0, 1], moments[1, 1] - moments[0, 0]))
        )
    assert np.std(angles) == pytest.approx(10, abs=0.8)


def test_scaling_has_its_standard_deviation_as_a_fraction() -> None:
    spreads = np.array(
        [spread(i) for i in distorted(np.repeat(blob(), 1000, axis=0), scaling=0.1)]
    ) / spread(blob().reshape(28, 28))
    np.testing.assert_allclose(np.log(spreads).std(axis=0), 0.1, atol=0.015)


def test_elastic_displaces_by_its_standard_deviation_and_bends() -> None:
    # On a ramp of grey the displacement can be read off the pixels.
    ramp = np.tile(np.arange(28, dtype=np.uint8) * 9, (1, 28)).reshape(1, 784)
    change = (distorted(np.repeat(ramp, 500, axis=0), elastic=1.0) * 255 - ramp.reshape(28, 28)) / 9
    inside = change[:, 8:20, 8:20]
    assert np.sqrt((inside**2).mean()) == pytest.approx(1.0, rel=0.25)
    assert (inside.std(axis=(1, 2)) > 0.1).mean() > 0.9


def test_pixels_from_outside_are_background() -> None:
    full = np.full((200, 784), 255, np.uint8)
    images = distorted(full, translation=5.0)
    assert images.min() == 0
    assert images.max() <= 1 + 1e-6
