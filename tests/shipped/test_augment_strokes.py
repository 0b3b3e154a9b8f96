"""The same digits drawn by other hands."""

import numpy as np

from digitpad.drawing.rasterize import to_image
from digitpad.drawing.strokes import Sample
from digitpad.shipped.augment_strokes import augment


def ring() -> np.ndarray:
    t = np.linspace(0, 6.2, 90)
    return np.column_stack([np.cos(t), np.sin(t)])


def test_variations_stay_the_same_digit_with_other_points() -> None:
    generator = np.random.default_rng(0)
    drawn = [augment(Sample(0, (ring(),)), generator) for _ in range(300)]
    assert {sample.label for sample in drawn} == {0}
    assert 30 < sum(len(sample.strokes) == 2 for sample in drawn) < 95  # slashed
    assert len({len(sample.strokes[0]) for sample in drawn}) > 2


def test_every_drawing_is_another_but_not_a_very_different_one() -> None:
    generator = np.random.default_rng(0)
    strokes = (ring(), ring() + np.array([0.0, 2.0]))
    plain = to_image(strokes)
    images = np.array([to_image(augment(Sample(8, strokes), generator).strokes) for _ in range(50)])
    assert len({image.tobytes() for image in images}) == 50
    overlap = np.minimum(images, plain).sum(axis=(1, 2)) / plain.sum()
    assert np.median(overlap) > 0.5


def test_a_dot_stays_a_dot() -> None:
    dot = augment(Sample(None, (np.array([[3.0, 4.0]]),)), np.random.default_rng(0))
    assert [stroke.shape for stroke in dot.strokes] == [(1, 2)]
    assert np.isfinite(dot.strokes[0]).all()
