"""The same digits drawn by other hands."""

import numpy as np

from digitpad.ink import Sample, to_image
from digitpad.variation import varied


def ring(count: int = 90) -> np.ndarray:
    t = np.linspace(0, 6.2, count)
    return np.column_stack([np.cos(t), np.sin(t)])


def test_variations_stay_the_same_digit_with_other_points() -> None:
    generator = np.random.default_rng(0)
    drawn = [varied(Sample(0, (ring(),)), generator) for _ in range(300)]
    assert {sample.label for sample in drawn} == {0}
    assert 30 < sum(len(sample.strokes) == 2 for sample in drawn) < 95  # slashed
    assert len({len(sample.strokes[0]) for sample in drawn}) > 2


def test_every_drawing_is_another_but_not_a_very_different_one() -> None:
    generator = np.random.default_rng(0)
    strokes = (ring(), ring() + np.array([0.0, 2.0]))
    plain = to_image(strokes)
    images = np.array([to_image(varied(Sample(8, strokes), generator).strokes) for _ in range(50)])
    assert len({image.tobytes() for image in images}) == 50
    overlap = np.minimum(images, plain).sum(axis=(1, 2)) / plain.sum()
    assert np.median(overlap) > 0.5


def test_strokes_move_beside_each_other_wherever_and_however_large_the_ink_is() -> None:
    # A bar as high as the ink, and a short one at its middle: what lies between their ends changes.
    bars = (np.array([[0.0, -1.0], [0.0, 1.0]]), np.array([[-0.2, 0.0], [0.2, 0.0]]))

    def off_the_middle(scale: float, place: float) -> np.ndarray:
        generator = np.random.default_rng(0)
        found = []
        for _ in range(200):
            sample = varied(Sample(4, tuple(scale * bar + place for bar in bars)), generator)
            long, short = (stroke.mean(axis=0) for stroke in sample.strokes)
            height = np.ptp(sample.strokes[0][:, 1])
            found.append((short - long)[1] / height)
        return np.array(found)

    small, large = off_the_middle(1, 0), off_the_middle(400, 1000)
    assert np.allclose(small, large, atol=1e-6)
    assert 0.01 < small.std() < 0.1


def test_a_dot_stays_a_dot() -> None:
    dot = varied(Sample(None, (np.array([[3.0, 4.0]]),)), np.random.default_rng(0))
    assert [stroke.shape for stroke in dot.strokes] == [(1, 2)]
    assert np.isfinite(dot.strokes[0]).all()
