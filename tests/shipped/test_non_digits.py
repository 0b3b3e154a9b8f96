"""Drawings that are no digits."""

import numpy as np
import pytest

from digitpad.drawing.rasterize import to_image
from digitpad.drawing.strokes import Sample
from digitpad.shipped.non_digits import (
    letters,
    scribble,
    side_by_side,
    synthetic_negatives,
)


def test_every_scribble_is_ink_that_can_be_drawn() -> None:
    generator = np.random.default_rng(0)
    images = [to_image(scribble(generator)) for _ in range(200)]
    assert all(image.any() for image in images)
    assert len({image.tobytes() for image in images}) > 190


def test_the_same_seed_scribbles_the_same() -> None:
    one, two = (scribble(np.random.default_rng(5)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_nothing_narrow_stands_like_a_one() -> None:
    generator = np.random.default_rng(1)
    steepest, narrow = 0.0, 0
    for _ in range(2000):
        strokes = scribble(generator)
        points = np.concatenate(strokes)
        directions, spread, _ = np.linalg.svd((points - points.mean(axis=0)).T)
        if len(strokes) == 1 and len(points) > 2 and spread[1] < 0.2 * spread[0]:
            narrow += 1
            x, y = directions[:, 0]
            steepest = max(steepest, abs(np.degrees(np.arctan(y / x))))
    assert narrow > 100
    assert 40 < steepest < 50


def test_letters_that_look_like_digits_are_left_out() -> None:
    stroke = np.array([[0.0, 0.0], [1.0, 1.0]])
    samples = [Sample(None, (stroke,), {"letter": letter}) for letter in "AOSK"]
    samples += [Sample(3, (stroke,), {"letter": "A"}), Sample(None, (stroke,))]
    assert len(letters(samples)) == 2
    assert all(sample.label is None for sample in letters(samples))


def test_a_pair_stands_side_by_side_at_the_same_height() -> None:
    generator = np.random.default_rng(2)
    tall = Sample(1, (np.array([[5.0, 0.0], [5.0, 90.0]]),))
    low = Sample(0, (np.array([[0.0, 0.0], [10.0, 5.0], [0.0, 10.0]]),))
    first, second = side_by_side(tall, low, generator)
    assert first[:, 0].max() < second[:, 0].min()
    assert np.ptp(first[:, 1]) == np.ptp(second[:, 1]) == 1


def test_inventions_have_no_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitpad.shipped.non_digits._SCRIBBLES", 20)
    monkeypatch.setattr("digitpad.shipped.non_digits._PAIRS", 10)
    dot = Sample(1, (np.array([[0.0, 0.0]]),))
    found = synthetic_negatives([dot], np.random.default_rng(0))
    assert len(found) == 30
    assert {sample.label for sample in found} == {None}
