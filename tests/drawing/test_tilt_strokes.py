from __future__ import annotations

import numpy as np

from digitpad.drawing.tilt_strokes import rotated, tilted

L_SHAPE = np.array([[0.0, 0.0], [0.0, 2.0], [1.0, 2.0]])


def test_turning_is_clockwise_with_y_downwards() -> None:
    np.testing.assert_allclose(rotated(np.array([[1.0, 0.0]]), np.pi / 2), [[0, 1]], atol=1e-12)


def test_all_strokes_of_a_digit_are_tilted_alike_and_each_time_otherwise() -> None:
    generator = np.random.default_rng(0)
    first, second = tilted([L_SHAPE] * 2, generator, rotation=8, stretch=0.1, slant=0.1)
    third, _ = tilted([L_SHAPE] * 2, generator, rotation=8, stretch=0.1, slant=0.1)
    assert np.array_equal(first, second)
    assert not np.allclose(first, third)
    assert np.abs(first - L_SHAPE).max() < 1


def test_without_spread_nothing_changes() -> None:
    (same,) = tilted([L_SHAPE], np.random.default_rng(0), rotation=0, stretch=0, slant=0)
    np.testing.assert_allclose(same, L_SHAPE, atol=1e-12)


def test_the_spread_is_as_asked() -> None:
    generator = np.random.default_rng(0)
    upright = np.array([[0.0, 0.0], [0.0, 1.0]])
    ends = [tilted([upright], generator, rotation=6, stretch=0, slant=0)[0][1] for _ in range(500)]
    angles = np.rad2deg([np.arctan2(-x, y) for x, y in ends])
    assert 5 < np.std(angles) < 7
