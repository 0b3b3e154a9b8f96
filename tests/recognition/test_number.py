from __future__ import annotations

from functools import lru_cache
from threading import Thread

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_info

from digitpad import paths
from digitpad.drawing.rasterize import to_image
from digitpad.drawing.split_digits import Mark
from digitpad.drawing.strokes import Sample, read_strokes
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.recognition.number import read_images, read_number, regrown
from digitpad.recognition.recognise import recognise

Points = NDArray[np.float64]
EXAMPLES = paths.resources() / "examples"
FILES = ("three-hands-by-pen.jsonl", "ten-digits-by-mouse.jsonl")


@lru_cache(maxsize=1)
def model() -> Model:
    return model_file.shipped()


@lru_cache(maxsize=1)
def samples() -> dict[int, Sample]:
    """One sample of each digit that the network reads."""
    found: dict[int, Sample] = {}
    for sample in (sample for name in FILES for sample in read_strokes(EXAMPLES / name)):
        reading = recognise(model(), to_image(sample.strokes))
        if sample.label is not None and reading.sure and reading.digit == sample.label:
            found.setdefault(sample.label, sample)
    return found


def written(number: str, gap: float = 0.3) -> tuple[list[Points], list[int]]:
    """Write digits of height 1 beside each other; return strokes and which digit each is of."""
    strokes, owners, x = [], [], 0.0
    for place, digit in enumerate(number):
        ink = [stroke[:, :2] for stroke in samples()[int(digit)].strokes]
        points = np.concatenate(ink)
        low, high = points.min(axis=0), points.max(axis=0)
        strokes += [(stroke - low) / (high - low)[1] + [x, 0.0] for stroke in ink]
        owners += [place] * len(ink)
        x += (high - low)[0] / (high - low)[1] + gap
    return strokes, owners


def test_the_examples_hold_all_digits() -> None:
    assert sorted(samples()) == list(range(10))


@pytest.mark.parametrize("number", ["2026", "10", "4571", "98", "3160", "7", "0042"])
def test_numbers_are_read_from_left_to_right(number: str) -> None:
    strokes, owners = written(number)
    read = read_number(model(), strokes)
    assert read.text == number
    assert read.sure
    assert not read.marks
    for place, digit in enumerate(read.digits):
        mine = tuple(i for i, owner in enumerate(owners) if owner == place)
        assert sorted(digit.indices) == list(mine)
        assert np.array_equal(digit.image, to_image(digit.strokes))
        again = recognise(model(), digit.image)
        np.testing.assert_allclose(again.activations, digit.reading.activations, atol=1e-5)
        assert again.verdict is digit.reading.verdict
        assert again.digit == digit.reading.digit


def test_the_order_of_strokes_does_not_matter() -> None:
    strokes, _ = written("4571")
    assert read_number(model(), strokes[::-1]).text == "4571"


@pytest.mark.parametrize("digit", range(10))
def test_a_single_digit_is_read_as_before(digit: int) -> None:
    ink = samples()[digit].strokes
    read = read_number(model(), ink)
    (only,) = read.digits
    before = recognise(model(), to_image(ink))
    assert np.array_equal(only.reading.activations, before.activations)
    assert only.reading.verdict is before.verdict
    assert len(only.indices) == len(ink)


def test_marks_are_named_and_not_read() -> None:
    strokes, _ = written("2026")
    right = max(float(stroke[:, 0].max()) for stroke in strokes)
    underline = np.array([[-0.1, 1.2], [right + 0.1, 1.22]])
    read = read_number(model(), [*strokes, underline])
    assert read.text == "2026"
    assert read.marks == ((Mark.UNDERLINE, (len(strokes),)),)


def test_a_decimal_point_is_part_of_the_text() -> None:
    strokes, owners = written("314", gap=0.5)
    edge = max(
        float(stroke[:, 0].max()) for stroke, o in zip(strokes, owners, strict=True) if not o
    )
    dot = np.array([[edge + 0.23, 0.97], [edge + 0.25, 0.98]])
    read = read_number(model(), [*strokes, dot])
    assert read.text == "3.14"
    assert read.points == (1,)
    assert [mark for mark, _ in read.marks] == [Mark.DECIMAL_POINT]


def test_no_ink_is_no_number() -> None:
    for strokes in ([], [np.empty((0, 2))]):
        read = read_number(model(), strokes)
        assert read.digits == ()
        assert read.text == ""
        assert not read.sure


def test_a_network_without_calibration_reads_numbers_too() -> None:
    plain = Model(model().network, {})
    strokes, _ = written("2026")
    assert read_number(plain, strokes).text == "2026"
    broken = Network((784, 4, 10), seed=0)
    broken.parameters[...] = np.nan
    assert len(read_number(Model(broken, {}), strokes).text) >= 1


def test_a_growing_stroke_is_read_without_looking_for_digits_again() -> None:
    strokes, _ = written("2026")
    shorter = [*strokes[:-1], strokes[-1][: 2 * len(strokes[-1]) // 3]]
    before, after = read_number(model(), shorter), read_number(model(), strokes)
    grown = regrown(model(), before, strokes)
    assert grown is not None
    assert grown.text == after.text == "2026"
    for digit, expected in zip(grown.digits, after.digits, strict=True):
        np.testing.assert_array_equal(digit.image, expected.image)
        np.testing.assert_array_equal(digit.box, expected.box)
        np.testing.assert_allclose(
            digit.reading.activations, expected.reading.activations, atol=1e-5
        )
    assert not np.array_equal(before.digits[-1].image, after.digits[-1].image)
    # A stroke that no digit has yet is not one's.
    assert regrown(model(), read_number(model(), strokes[:-1]), strokes) is None


def test_reading_in_several_threads_leaves_the_threads_of_blas_as_they_were() -> None:
    def limits() -> list[int]:
        return [lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"]

    images = [np.random.default_rng(0).random((28, 28)).astype(np.float32)] * 20

    def read() -> None:
        for _ in range(100):
            read_images(model(), images)

    read()
    before = limits()
    threads = [Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert limits() == before
