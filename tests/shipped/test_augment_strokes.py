"""The same digits drawn by other hands."""

import numpy as np

from digitpad.drawing.rasterize import to_image
from digitpad.drawing.strokes import Sample
from digitpad.shipped.augment_strokes import augment, reproportioned, stray_mark, underline


def ring() -> np.ndarray:
    t = np.linspace(0, 6.2, 90)
    return np.column_stack([np.cos(t), np.sin(t)])


def test_variations_stay_the_same_digit_with_other_points() -> None:
    generator = np.random.default_rng(0)
    drawn = [augment(Sample(0, (ring(),)), generator) for _ in range(300)]
    assert {sample.label for sample in drawn} == {0}
    # Slashed, underlined or with a mark beside it.
    assert 45 < sum(len(sample.strokes) == 2 for sample in drawn) < 115
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


def test_a_one_with_a_roof_is_labelled_seven_as_often_as_one() -> None:
    bar = np.column_stack([np.zeros(20), np.linspace(0, 1, 20)])
    generator = np.random.default_rng(0)
    labels = [augment(Sample(1, (bar,)), generator).label for _ in range(2000)]
    assert set(labels) == {1, 7}
    assert 35 < labels.count(7) < 90
    seven = np.array([[0.0, 0.0], [1.0, 0.0], [0.4, 1.0]])
    assert {augment(Sample(1, (seven,)), generator).label for _ in range(300)} == {1}


def test_some_drawings_have_few_points() -> None:
    generator = np.random.default_rng(0)
    counts = [sum(map(len, augment(Sample(3, (ring(),)), generator).strokes)) for _ in range(500)]
    assert min(counts) == 5
    assert 25 < sum(count <= 7 for count in counts) < 90


def test_more_drawings_lean_and_turn_to_the_right_than_to_the_left() -> None:
    bar = np.column_stack([np.zeros(20), np.linspace(0, 1, 20)])
    generator = np.random.default_rng(0)
    tops = []
    for _ in range(1000):
        stroke = augment(Sample(None, (bar,)), generator).strokes[0]
        tops.append((stroke[0, 0] - stroke[-1, 0]) / np.ptp(stroke[:, 1]))
    assert 0.02 < np.mean(tops) < 0.1
    assert np.quantile(tops, 0.95) > 1.3 * -np.quantile(tops, 0.05)


def test_other_proportions_leave_the_box_and_the_order() -> None:
    box = [np.array([[0.0, 0.0], [2.0, 4.0]]), np.array([[1.0, 1.0]])]
    square, inner = reproportioned(box, [1.0, 0.5])
    assert square.tolist() == [[0.0, 0.0], [2.0, 4.0]]
    assert inner.tolist() == [[1.0, 2.0]]


def test_an_underline_is_beneath_and_a_mark_beside() -> None:
    generator = np.random.default_rng(0)
    for _ in range(200):
        line = underline([ring()], generator)
        assert line[:, 1].min() > 1.1
        assert np.ptp(line[:, 0]) > 1.19
        assert np.ptp(line[:, 1]) < 0.3 * np.ptp(line[:, 0])
        mark = stray_mark([ring()], generator)
        assert np.abs(mark[:, 0]).min() > 1.1
        assert np.hypot(*np.ptp(mark, axis=0)) < 0.33
