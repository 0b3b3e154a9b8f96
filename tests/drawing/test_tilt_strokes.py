from __future__ import annotations

import numpy as np

from digitpad.drawing.strokes import Stroke
from digitpad.drawing.tilt_strokes import rotated, tilted

L_SHAPE = np.array([[0.0, 0.0], [0.0, 2.0], [1.0, 2.0]])


def test_turning_is_clockwise_with_y_downwards() -> None:
    axes = np.array([[1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(rotated(axes, np.pi / 2), [[0, 1], [-1, 0]], atol=1e-12)


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


def test_stretch_widens_and_slant_shears_with_y() -> None:
    generator = np.random.default_rng(1)
    unit = np.array([[1.0, 0.0], [0.0, 1.0]])
    wide = [tilted([unit], generator, rotation=0, stretch=0.3, slant=0)[0] for _ in range(500)]
    factors = np.log([stroke[0, 0] for stroke in wide])
    assert abs(np.mean(factors)) < 0.05
    assert 0.27 < np.std(factors) < 0.33
    np.testing.assert_array_equal([stroke[1] for stroke in wide], np.tile([0.0, 1.0], (500, 1)))
    np.testing.assert_array_equal([stroke[0, 1] for stroke in wide], 0)
    slanted = [tilted([unit], generator, rotation=0, stretch=0, slant=0.2)[0] for _ in range(500)]
    shifts = [stroke[1, 0] for stroke in slanted]
    assert abs(np.mean(shifts)) < 0.03
    assert 0.18 < np.std(shifts) < 0.22
    np.testing.assert_array_equal([stroke[0] for stroke in slanted], np.tile([1.0, 0.0], (500, 1)))
    np.testing.assert_array_equal([stroke[1, 1] for stroke in slanted], 1)


def test_a_stroke_is_rotated_after_it_is_stretched() -> None:
    # The same draws with and without the rotation: its angle is the first.
    def drawn(rotation: float) -> tuple[float, Stroke]:
        generator = np.random.default_rng(4)
        angle = np.deg2rad(np.random.default_rng(4).normal(0, rotation))
        return angle, tilted([L_SHAPE], generator, rotation=rotation, stretch=0.5, slant=0.5)[0]

    _, upright = drawn(0)
    angle, turned = drawn(40)
    assert abs(angle) > 0.1
    np.testing.assert_allclose(turned, rotated(upright, angle))


def test_the_mean_angle_is_none() -> None:
    generator = np.random.default_rng(0)
    level = np.array([[0.0, 0.0], [1.0, 0.0]])
    ends = [tilted([level], generator, rotation=6, stretch=0, slant=0)[0][1] for _ in range(500)]
    assert abs(np.mean([np.rad2deg(np.arctan2(y, x)) for x, y in ends])) < 0.8
