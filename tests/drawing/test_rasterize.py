"""Strokes become images as MNIST's makers would have made them."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from digitpad import paths
from digitpad.data import dataset
from digitpad.drawing import rasterize
from digitpad.drawing.pen import SIDE
from digitpad.drawing.rasterize import BOX, MIDDLE, PEN, to_image
from digitpad.drawing.strokes import Sample, Stroke, read_strokes
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.recognition import evaluation

EXAMPLES = paths.resources() / "examples"
STROKES = Path(__file__).resolve().parents[3] / "shared" / "strokes"

BY_HAND = [sample for path in sorted(EXAMPLES.glob("*.jsonl")) for sample in read_strokes(path)]
samples = st.sampled_from(BY_HAND)

# A shade of grey of 255, and what rounding may add to it.
SHADE = 1.01 / 255

coordinates = st.floats(-1e6, 1e6, allow_nan=False)
drawings = st.lists(
    st.integers(0, 12).flatmap(lambda n: arrays(np.float64, (n, 2), elements=coordinates)),
    max_size=5,
)


def difference(image: rasterize.Image, other: rasterize.Image) -> float:
    return float(np.abs(image - other).mean())


def extent(image: rasterize.Image) -> float:
    """Return the longer side of the ink's box, edges counted by how much they are covered."""
    return float(max(image.max(axis=0).sum(), image.max(axis=1).sum()))


def centre(image: rasterize.Image) -> tuple[float, float]:
    middles = np.arange(SIDE) + 0.5
    return (
        float(image.sum(axis=0) @ middles / image.sum()),
        float(image.sum(axis=1) @ middles / image.sum()),
    )


def resampled(stroke: Stroke, count: int) -> Stroke:
    """Return so many points at equal ways along a stroke."""
    way = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    at = np.linspace(0, way[-1], count)
    return np.stack([np.interp(at, way, column) for column in stroke.T], axis=1)


# -- to_image ------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", BY_HAND, ids=lambda sample: str(sample.label))
def test_digits_fill_the_box_around_the_middle(sample: Sample) -> None:
    image = to_image(sample.strokes)
    assert image.shape == (SIDE, SIDE)
    assert image.dtype == np.float32
    assert image.max() == 1
    assert extent(image) == pytest.approx(BOX, abs=0.75)
    assert centre(image) == pytest.approx((MIDDLE, MIDDLE), abs=0.06)
    # MNIST's width; thinner ink lies a little less exactly.
    assert centre(to_image(sample.strokes, 2.4)) == pytest.approx((MIDDLE, MIDDLE), abs=0.05)


def test_a_vertical_line_is_as_wide_as_the_pen() -> None:
    image = to_image([[[7, 0], [7, 100]]])
    assert image[14].sum() == pytest.approx(PEN, abs=0.02)
    assert image.max(axis=1).sum() == pytest.approx(BOX, abs=0.5)


@settings(deadline=None)
@given(drawings, st.floats(0.1, 10))
def test_any_ink_is_drawn(strokes: list[Stroke], pen: float) -> None:
    image = to_image(strokes, pen)
    assert image.min() >= 0
    assert image.max() <= 1
    assert image.any() == any(len(stroke) for stroke in strokes)
    shades = image * 255
    assert np.abs(shades - np.rint(shades)).max() < 1e-4


@settings(deadline=None)
@given(samples, st.floats(1e-3, 1e5), st.tuples(coordinates, coordinates))
def test_size_and_place_do_not_matter(
    sample: Sample, size: float, place: tuple[float, float]
) -> None:
    # Not so far away that rounding eats the points.
    where = np.array(place) * min(size, 1)
    moved = [size * stroke + where for stroke in sample.strokes]
    assert np.abs(to_image(moved) - to_image(sample.strokes)).max() <= SHADE


@settings(deadline=None)
@given(samples, st.randoms(use_true_random=False))
def test_order_and_direction_do_not_matter(sample: Sample, random: Any) -> None:
    strokes = [stroke[::-1] if random.random() < 0.5 else stroke for stroke in sample.strokes]
    random.shuffle(strokes)
    assert np.abs(to_image(strokes) - to_image(sample.strokes)).max() <= SHADE


@settings(deadline=None)
@given(samples, st.integers(8, 500))
def test_few_points_and_many_do_not_matter(sample: Sample, count: int) -> None:
    strokes = [resampled(stroke, count) for stroke in sample.strokes]
    # Two hands that draw the same digit differ by 0.15.
    most = 0.02 if count >= 20 else 0.06
    assert difference(to_image(strokes), to_image(sample.strokes)) < most


@pytest.mark.parametrize("count", [5, 7, 9])
def test_a_fast_mouse_draws_curves(count: int) -> None:
    angle = np.linspace(0, 2 * np.pi, 400)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    few = resampled(circle, count)
    straight = np.concatenate([np.linspace(start, end, 50) for start, end in pairwise(few)])
    wanted = to_image([circle])
    assert difference(to_image([few]), wanted) < 0.7 * difference(to_image([straight]), wanted)


@settings(deadline=None)
@given(samples, st.integers(1, 30))
def test_a_resting_pen_and_lost_points_do_not_matter(sample: Sample, times: int) -> None:
    lost = np.array([[np.nan, 1.0], [np.inf, 2.0]])
    strokes = [
        np.concatenate([np.repeat(stroke, times, axis=0), lost]) for stroke in sample.strokes
    ]
    assert np.array_equal(to_image(strokes), to_image(sample.strokes))


@settings(deadline=None)
@given(samples, arrays(np.float64, 600, elements=st.floats(0, 1)))
def test_pressure_is_not_drawn(sample: Sample, pressure: Stroke) -> None:
    strokes = [np.column_stack([stroke, pressure[: len(stroke)]]) for stroke in sample.strokes]
    assert np.array_equal(to_image(strokes), to_image(sample.strokes))


@pytest.mark.parametrize(
    "dot", [[[3, 4]], [[3, 4]] * 9, [[1e9, 1e9], [1e9, 1e9 + 1e-7]], [[0, 0]], [[-1e300, 1e300]]]
)
def test_a_dot_is_a_dot_in_the_middle(dot: list[list[float]]) -> None:
    assert to_image([dot], 0.1).max() > 0.5
    image = to_image([dot])
    assert image.max() == 1
    assert image.sum() == pytest.approx(np.pi * (PEN / 2) ** 2, rel=0.15)
    assert centre(image) == pytest.approx((MIDDLE, MIDDLE), abs=0.1)


def test_a_trembling_dot_stays_one_if_so_wanted() -> None:
    tremble = np.array([[100, 100], [101, 100.5], [100.5, 101], [100, 100]])
    assert extent(to_image([tremble])) > 15
    assert extent(to_image([tremble], smallest=60)) < 5
    large = [[0, 0], [200, 100]]
    assert np.array_equal(to_image([large], smallest=60), to_image([large]))


@pytest.mark.parametrize("strokes", [[], [[]], [[], []], [np.empty((0, 2))], [[[np.nan, 0]]]])
def test_no_ink_no_image(strokes: Any) -> None:
    image = to_image(strokes)
    assert image.shape == (SIDE, SIDE)
    assert image.dtype == np.float32
    assert not image.any()


@pytest.mark.parametrize("size", [1e-320, 1e-200, 1e150, 1e300, 1.7e308])
def test_the_ends_of_the_number_range(size: float) -> None:
    stroke = size * np.array([[0, 0], [0.5, 1], [1, 0.25]])
    image = to_image([stroke])
    assert np.isfinite(image).all()
    assert image.max() == 1


@pytest.mark.parametrize("pen", [0.5, 1, 2.4, 4, 10])
def test_pens_of_all_widths_fill_the_same_box(pen: float) -> None:
    ink_ = [image.sum() for image in (to_image(BY_HAND[0].strokes, pen), to_image([[[0, 0]]], pen))]
    assert ink_[0] > ink_[1]
    assert extent(to_image(BY_HAND[0].strokes, pen)) <= BOX + 0.75


@pytest.mark.parametrize("pen", [0, -1, 10.01, np.nan, np.inf])
def test_pens_that_cannot_draw(pen: float) -> None:
    with pytest.raises(DigitpadError, match=r"cannot be .* pixels wide: choose a width"):
        to_image([[[0, 0]]], pen)


@pytest.mark.parametrize("stroke", [3, "seven", [1, 2], [[1], [2]], [[1, 2], [3]], [[[1, 2]]]])
def test_what_is_no_stroke(stroke: Any) -> None:
    with pytest.raises(DigitpadError, match="list of points"):
        to_image([stroke])


def test_to_images_gives_the_same_pixels() -> None:
    pens = [2.0, 3.0] * len(BY_HAND)
    images = rasterize.to_images([sample.strokes for sample in BY_HAND], pens[: len(BY_HAND)])
    assert images.dtype == np.uint8
    for image, sample, pen in zip(images, BY_HAND, pens, strict=False):
        assert np.array_equal(image, np.rint(255 * to_image(sample.strokes, pen)))
    assert rasterize.to_images([]).shape == (0, SIDE, SIDE)


# -- real strokes --------------------------------------------------------------------------------


@lru_cache
def real_digits() -> list[Sample]:
    path = STROKES / "unipen-1a.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"the real strokes are not there: {path.name} in ../shared/strokes")
    return read_strokes(path)


def test_real_digits_are_read_and_drawn() -> None:
    real = real_digits()
    assert len(real) == 15_599
    assert {sample.label for sample in real} == set(range(10))
    assert all("writer" in sample.extra for sample in real)
    for sample in real[::200]:
        image = to_image(sample.strokes)
        assert extent(image) == pytest.approx(BOX, abs=1)
        assert difference(to_image([stroke[::-1] for stroke in sample.strokes]), image) < SHADE


def test_the_shipped_model_reads_real_digits() -> None:
    real = real_digits()[::16]
    path = paths.models() / "digitpad.npz"
    if not path.is_file():
        pytest.skip("there is no models/digitpad.npz: train it with “digitpad train”")
    images = rasterize.to_images([sample.strokes for sample in real]).reshape(-1, SIDE * SIDE)
    labels = np.array([sample.label for sample in real], dtype=np.int64)
    data = dataset.Dataset(images, labels, "real digits")
    # A few of a hundred are mislabelled or cut apart wrongly.
    assert evaluation.evaluate(model_file.load(path).network, data).accuracy > 0.9


@settings(deadline=None, max_examples=30)
@given(samples, st.floats(-15, 15))
def test_a_turned_digit_is_a_turned_image(sample: Sample, degrees: float) -> None:
    assume(abs(degrees) > 1)
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    image = to_image([stroke @ turn for stroke in sample.strokes])
    assert extent(image) == pytest.approx(BOX, abs=0.75)
    assert difference(image, to_image(sample.strokes)) < 0.15


THREE = [[[0, 0], [0, 60]], [[50, 0], [50, 60]], [[100, 0], [100, 60]]]


@pytest.mark.parametrize("place", [1, -1, 1j, -1j, 1 + 1j, -1 - 1j])
def test_coordinates_may_be_as_large_as_numbers_are(place: complex) -> None:
    """All of the ink is far to one side, where squares would overflow."""
    where = 200 * np.array([complex(place).real, complex(place).imag])
    sample = BY_HAND[3]
    near = [stroke[:, :2] - stroke[:, :2].mean(axis=0) + where for stroke in sample.strokes]
    far = [1e200 * stroke for stroke in near]
    assert np.abs(to_image(far) - to_image(near)).max() <= SHADE
    small = to_image(near, smallest=1000)
    assert small.sum() < 0.9 * to_image(near).sum()
    assert np.abs(to_image(far, smallest=1e203) - small).max() <= SHADE


@pytest.mark.parametrize("direction", [[1, 0], [-1, 0], [0, 1], [0, -1]])
def test_a_line_on_an_axis_may_be_as_far_away_as_numbers_go(direction: list[int]) -> None:
    line = np.array([[1.0], [1.7]]) * direction
    assert np.abs(to_image([1e308 * line]) - to_image([line])).max() <= SHADE


@pytest.mark.parametrize("size", [1e-3, 0.1, 1e3])
def test_ink_of_any_size_fills_the_box(size: float) -> None:
    strokes = [size * stroke / np.ptp(stroke, axis=0).max() for stroke in BY_HAND[0].strokes[:1]]
    assert extent(to_image(strokes)) == pytest.approx(BOX, abs=0.75)


def test_the_pen_is_up_between_all_strokes() -> None:
    image = to_image(THREE)
    assert image[14].sum() == pytest.approx(3 * PEN, abs=0.05)
    between = image[5:23]
    gaps = np.flatnonzero(between.max(axis=0) == 0)
    # Two gaps between three lines.
    assert 1 + (np.diff(gaps[(gaps > 5) & (gaps < 23)]) > 1).sum() == 2


@pytest.mark.parametrize("place", [0, 1, 3])
@pytest.mark.parametrize("nothing", [[], np.empty((0, 2)), np.empty((0, 3)), [[np.nan, 1]]])
def test_a_stroke_without_points_draws_nothing(place: int, nothing: Any) -> None:
    strokes: list[Any] = [*THREE[:place], nothing, *THREE[place:]]
    np.testing.assert_array_equal(to_image(strokes), to_image(THREE))
    assert not to_image([nothing]).any()
