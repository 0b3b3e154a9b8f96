"""Every neuron has its place: inside the picture, apart from the others, found where it is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from digitpad.app.network.layout import LEAST_HEIGHT, arrange, least_width

NETWORKS = [
    (784, 10),
    (784, 16, 16, 10),
    (784, 1, 10),
    (784, 40, 41, 10),
    (784, 100, 300, 10),
    (784, 2048, 1024, 10),
    (784, 128, 64, 10),
    (784, *[30] * 6, 10),
    (784, *[30] * 20, 10),
    (784, *[2048] * 20, 10),
    (784, 2048, 1, 2048, 10),
]
networks = pytest.mark.parametrize("sizes", NETWORKS, ids=lambda sizes: f"{len(sizes)}-{sizes[1]}")
places = pytest.mark.parametrize(
    ("width", "height"),
    [(240, LEAST_HEIGHT), (300, 700), (480, 470), (900, 250), (1100, 800), (3840, 2160)],
)


@networks
@places
@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_no_layer_overlaps_another_or_leaves_the_picture(
    sizes: tuple[int, ...], width: int, height: int, ratio: float
) -> None:
    width = max(width, least_width(sizes))
    top = 24
    columns = arrange(sizes, width, height, top, ratio)
    assert [column.size for column in columns] == list(sizes)
    for column in columns:
        assert column.left >= 2
        assert column.left + column.width <= width - 2
        assert column.top >= top - 1
        assert column.top + column.height <= height + 1
        centres = column.centres()
        assert centres.shape == (column.size, 2)
        if column.size > 1:
            assert column.pitch >= 2 * column.radius - 1e-9
    for one, other in itertools.pairwise(columns):
        assert one.left + one.width + 3 <= other.left


@networks
@places
def test_each_neuron_is_found_at_its_middle(
    sizes: tuple[int, ...], width: int, height: int
) -> None:
    for column in arrange(sizes, max(width, least_width(sizes)), height, 24):
        for index, (x, y) in enumerate(column.centres().tolist()):
            assert column.centre(index) == pytest.approx((x, y))
            assert column.at(x, y) == index
        assert column.at(column.left - 20, column.y) is None
        assert column.at(column.x, column.top - 20) is None


def test_small_layers_are_circles_and_large_ones_grids() -> None:
    columns = arrange((784, 16, 40, 41, 2048, 10), 1000, 600, 24)
    assert [column.is_grid for column in columns] == [True, False, False, True, True, False]


@pytest.mark.parametrize("ratio", [1.0, 1.25, 2.0])
def test_cells_are_whole_device_pixels(ratio: float) -> None:
    for column in arrange((784, 300, 1024, 10), 520, 470, 24, ratio):
        if column.is_grid:
            for length in (column.pitch, column.left, column.top):
                assert length * ratio == pytest.approx(round(length * ratio))


def test_a_grid_is_a_full_rectangle_if_it_can() -> None:
    for sizes in ((784, 100, 10), (784, 300, 10), (784, 128, 64, 10), (784, 2048, 1024, 10)):
        for grid in arrange(sizes, 480, 470, 24)[1:-1]:
            assert grid.rows * grid.columns == grid.size
            assert grid.rows > grid.columns


def test_only_what_is_too_wide_scrolls() -> None:
    assert least_width((784, 16, 16, 10)) == 240
    assert least_width((784, 2048, 1024, 10)) == 240
    assert least_width((784, *[2048] * 20, 10)) > 700
    assert np.all([least_width((784, *[30] * n, 10)) <= 480 for n in range(21)])
