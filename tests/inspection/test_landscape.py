"""The landscape: every value is a true cost of the network at its place."""

import numpy as np
import pytest

from digitpad.errors import DigitpadError
from digitpad.inspection import landscape
from digitpad.nn.functions import Array
from digitpad.nn.network import Network
from tests.combinations import in_one_vector
from tests.inspection.networks import some_images, trained


def sample() -> tuple[Array, Array]:
    data = some_images().take(slice(50))
    return data.inputs(), data.targets()


def a_path(network: Network, length: int = 5) -> list[Array]:
    """Some steps of gradient descent from a network."""
    x, y = sample()
    path = [network.parameters.copy()]
    for _ in range(length - 1):
        here = network.with_parameters(path[-1])
        gradient = in_one_vector(*here.backpropagate(x, y))
        path.append((path[-1] - 0.5 * gradient).astype(np.float32))
    return path


def test_the_line_shows_true_costs() -> None:
    network = trained()
    x, y = sample()
    *_, line = landscape.along_gradient(network, x, y, [0.5, 0.1, 4.0])
    assert line.rates.tolist() == [0.0, 0.1, 0.5, 4.0]
    gradient = in_one_vector(*network.backpropagate(x, y))
    for rate, cost in zip(line.rates, line.costs, strict=True):
        there = network.with_parameters((network.parameters - rate * gradient).astype(np.float32))
        assert cost == pytest.approx(there.total_cost(x, y), rel=1e-5)
    assert line.squared_gradient == pytest.approx(float(gradient @ gradient), rel=1e-5)


def test_the_line_begins_with_the_slope_of_the_gradient() -> None:
    network = Network((784, 16, 10), seed=3, dtype=np.float64)
    x, y = sample()
    *_, line = landscape.along_gradient(network, x, y, [1e-5])
    slope = (line.costs[1] - line.costs[0]) / line.rates[1]
    assert slope == pytest.approx(-line.squared_gradient, rel=1e-4)


def test_the_line_comes_place_by_place() -> None:
    x, y = sample()
    lines = landscape.along_gradient(trained(), x, y, [0.1, 0.2])
    assert [len(line.costs) for line in lines] == [1, 2, 3]


def test_perceptrons_have_no_line() -> None:
    x, y = sample()
    with pytest.raises(DigitpadError, match="perceptrons"):
        next(landscape.along_gradient(Network((784, 10), activation="step"), x, y, [1.0]))


def test_a_grid_shows_true_costs() -> None:
    network = trained()
    x, y = sample()
    plane = landscape.random_plane(network)
    *_, grid = landscape.grids(network, plane, x, y, (-1, 1, -0.5, 0.5), sides=(3, 5))
    assert grid.complete
    assert grid.costs.shape == (5, 5)
    for row, column in ((0, 0), (2, 2), (1, 4), (4, 3)):
        moved = (
            network.parameters
            + grid.alphas[column] * plane.directions[0]
            + grid.betas[row] * plane.directions[1]
        )
        expected = network.with_parameters(moved.astype(np.float32)).total_cost(x, y)
        assert grid.costs[row, column] == pytest.approx(expected, rel=1e-5)
    assert grid.costs[2, 2] == pytest.approx(network.total_cost(x, y), rel=1e-6)


def test_grids_become_finer_and_keep_what_they_know() -> None:
    network = Network((784, 10), seed=2)
    x, y = sample()
    plane = landscape.random_plane(network)
    every = list(landscape.grids(network, plane, x, y, sides=(3, 5)))
    assert [grid.rows for grid in every] == [1, 2, 3, 1, 2, 3, 4, 5]
    assert [grid.complete for grid in every] == [False, False, True] + [False] * 4 + [True]
    np.testing.assert_array_equal(every[-1].costs[::2, ::2], every[2].costs)
    assert np.isnan(every[0].costs[1:]).all()
    assert not np.isnan(every[0].costs[0]).any()


def test_a_grid_can_be_cancelled() -> None:
    x, y = sample()
    network = trained()
    grids = landscape.grids(network, landscape.random_plane(network), x, y)
    next(grids)
    grids.close()  # type: ignore[attr-defined]
    assert list(grids) == []


def test_random_directions_have_each_neurons_norm() -> None:
    network = trained()
    plane = landscape.random_plane(network, seed=3)
    for direction in plane.directions:
        like = network.with_parameters(direction)
        for drawn, own in zip(like.weights, network.weights, strict=True):
            np.testing.assert_allclose(
                np.linalg.norm(drawn, axis=1), np.linalg.norm(own, axis=1), rtol=1e-4
            )
        assert not any(biases.any() for biases in like.biases)
    again = landscape.random_plane(network, seed=3)
    np.testing.assert_array_equal(again.directions, plane.directions)
    assert not np.array_equal(landscape.random_plane(network, seed=4).directions, again.directions)


def test_the_principal_plane_holds_a_path_that_lies_in_a_plane() -> None:
    generator = np.random.default_rng(0)
    origin, one, other = generator.normal(size=(3, 60))
    path = [origin + s * one + s * s * other for s in (3.0, 2.0, 1.0, 0.0)]
    plane = landscape.principal_plane(path)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-9)
    places = plane.project(path)
    for point, (alpha, beta) in zip(path, places, strict=True):
        np.testing.assert_allclose(plane.at(alpha, beta), point, atol=1e-8)
    np.testing.assert_allclose(places[-1], 0, atol=1e-9)
    assert (places[0] >= 0).all()
    assert plane.explained is not None
    assert plane.explained.sum() == pytest.approx(1)
    assert plane.explained[0] > plane.explained[1]


def test_the_path_of_a_run_is_projected_on_its_plane() -> None:
    path = a_path(Network((784, 16, 10), seed=5))
    plane = landscape.principal_plane(path)
    places = plane.project(path)
    assert places.shape == (5, 2)
    np.testing.assert_allclose(places[-1], 0, atol=1e-6)
    left, right, low, high = landscape.extent_of(places)
    assert left < places[:, 0].min() <= places[:, 0].max() < right
    assert low < places[:, 1].min() <= places[:, 1].max() < high


def test_a_projection_on_oblique_directions_is_the_nearest_place() -> None:
    network = trained()
    plane = landscape.random_plane(network)
    point = plane.at(0.3, -0.7)
    np.testing.assert_allclose(plane.project([point]), [[0.3, -0.7]], atol=1e-4)


def test_a_plane_needs_three_snapshots_not_on_a_line() -> None:
    line = [np.full(9, float(k)) for k in range(4)]
    with pytest.raises(DigitpadError, match="at least three snapshots"):
        landscape.principal_plane(line[:2])
    with pytest.raises(DigitpadError, match="on one line"):
        landscape.principal_plane(line)
