"""Robustness: how the accuracy falls when images are rotated, shifted, thickened or noisy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from digitpad.data.dataset import Dataset
from digitpad.drawing.pen import PIXELS, SIDE
from digitpad.nn.network import Network
from digitpad.recognition.evaluation import wilson_interval

Images = NDArray[np.float32]


class Disturbance(Enum):
    """What is done to the images.

    ROTATION
        Degrees, clockwise.
    SHIFT
        Pixels, to the right, down, left or up: an image in four each.
    THICKNESS
        Pixels that are added to each edge of the ink, or taken away; at most 1.
    NOISE
        The standard deviation of normal noise in every pixel, 1 being full ink.
    """

    ROTATION = "rotation"
    SHIFT = "shift"
    THICKNESS = "thickness"
    NOISE = "noise"


AMOUNTS: dict[Disturbance, tuple[float, ...]] = {
    Disturbance.ROTATION: tuple(float(angle) for angle in range(-60, 61, 10)),
    Disturbance.SHIFT: tuple(float(pixels) for pixels in range(9)),
    Disturbance.THICKNESS: (-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0),
    Disturbance.NOISE: (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0),
}
"""The amounts that a curve shows by default."""


@dataclass(frozen=True)
class Point:
    """One point of a robustness curve.

    Attributes
    ----------
    amount : float
        In the unit of the disturbance.
    correct, n : int
        Images read correctly, of n.
    """

    amount: float
    correct: int
    n: int

    @property
    def accuracy(self) -> float:
        """The fraction read correctly."""
        return self.correct / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The accuracy's 95 % confidence interval."""
        return wilson_interval(self.correct, self.n)


def curve(
    network: Network,
    sample: Dataset,
    disturbance: Disturbance,
    amounts: Sequence[float] | None = None,
) -> Iterator[Point]:
    """Yield the accuracy for one amount after the other; close the generator to cancel.

    Parameters
    ----------
    network : Network
    sample : Dataset
        At least one digit.
    disturbance : Disturbance
    amounts : sequence of float, optional
        By default `AMOUNTS`.
    """
    images = sample.inputs()
    for amount in AMOUNTS[disturbance] if amounts is None else amounts:
        answers = network.feed_forward(disturbed(images, disturbance, amount)).argmax(axis=1)
        yield Point(float(amount), int((answers == sample.labels).sum()), len(sample))


def disturbed(images: Images, disturbance: Disturbance, amount: float) -> Images:
    """Return disturbed images; for the same arguments the same, noise included.

    Parameters
    ----------
    images : (n, 784) float32 in [0, 1]
    disturbance : Disturbance
    amount : float
        0 changes nothing.

    Returns
    -------
    (n, 784) float32 in [0, 1]
    """
    if disturbance is Disturbance.ROTATION:
        angle = np.deg2rad(amount)
        y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
        # Each pixel looks up where it came from. y points downwards, so this turns clockwise.
        from_x = np.cos(angle) * x + np.sin(angle) * y
        from_y = -np.sin(angle) * x + np.cos(angle) * y
        return _looked_up(images, from_x + (SIDE - 1) / 2, from_y + (SIDE - 1) / 2)
    if disturbance is Disturbance.SHIFT:
        shifted = np.empty_like(images)
        y, x = np.mgrid[:SIDE, :SIDE].astype(np.float64)
        for number, (right, down) in enumerate(((1, 0), (0, 1), (-1, 0), (0, -1))):
            shifted[number::4] = _looked_up(
                images[number::4], x - amount * right, y - amount * down
            )
        return shifted
    if disturbance is Disturbance.THICKNESS:
        return _thickened(images, amount)
    noise = np.random.default_rng(0).standard_normal(images.shape, dtype=np.float32)
    return np.clip(images + np.float32(amount) * noise, 0, 1)


def _looked_up(images: Images, x: NDArray[np.float64], y: NDArray[np.float64]) -> Images:
    """Return images whose pixels are those at (x, y), (28, 28) each, by bilinear interpolation."""
    padded = np.pad(images.reshape(-1, SIDE, SIDE), ((0, 0), (1, 2), (1, 2)))
    # What lies outside reads the background around the image.
    x, y = np.clip(x, -1, SIDE) + 1, np.clip(y, -1, SIDE) + 1
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    right, down = (x - column).astype(np.float32), (y - row).astype(np.float32)
    upper = padded[:, row, column] * (1 - right) + padded[:, row, column + 1] * right
    lower = padded[:, row + 1, column] * (1 - right) + padded[:, row + 1, column + 1] * right
    found: Images = upper * (1 - down) + lower * down
    return found.reshape(-1, PIXELS)


def _thickened(images: Images, amount: float) -> Images:
    """Blend images with their dilation (or, for less than 0, erosion) by one pixel."""
    combine = np.maximum if amount > 0 else np.minimum
    padded = np.pad(images.reshape(-1, SIDE, SIDE), ((0, 0), (1, 1), (1, 1)))
    extreme = padded[:, 1:-1, 1:-1].copy()
    for rows, columns in ((0, 1), (2, 1), (1, 0), (1, 2)):
        combine(extreme, padded[:, rows : rows + SIDE, columns : columns + SIDE], out=extreme)
    part = np.float32(min(abs(amount), 1.0))
    return (1 - part) * images + part * extreme.reshape(-1, PIXELS)
