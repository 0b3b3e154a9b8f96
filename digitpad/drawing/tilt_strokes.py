"""Strokes as the same hand might have drawn them: rotated, slanted and stretched a little."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from digitpad.drawing.strokes import Stroke


def rotated(points: Stroke, angle: float) -> Stroke:
    """Return points, (k, 2), rotated clockwise by an angle in radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    rotated: Stroke = points @ np.array([[cos, sin], [-sin, cos]])
    return rotated


def tilted(
    strokes: Sequence[Stroke],
    generator: np.random.Generator,
    *,
    rotation: float,
    stretch: float,
    slant: float,
) -> tuple[Stroke, ...]:
    """Return strokes after one random linear map.

    Parameters
    ----------
    strokes : sequence of (k, 2)
    generator : numpy.random.Generator
    rotation : float
        Standard deviation of the angle, in degrees.
    stretch : float
        Standard deviation of the logarithm of the factor that x is multiplied by.
    slant : float
        Standard deviation of s in x' = x + s y.
    """
    angle = np.deg2rad(generator.normal(0, rotation))
    wider = np.exp(generator.normal(0, stretch))
    # x' = wider x + slant y; y downwards.
    change = np.array([[wider, 0.0], [generator.normal(0, slant), 1.0]])
    return tuple(rotated(stroke @ change, angle) for stroke in strokes)
