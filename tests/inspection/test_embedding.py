"""The points map: PCA against its definition; t-SNE if it is installed."""

import sys

import numpy as np
import pytest

from digitpad.errors import DigitpadError
from digitpad.inspection import embedding
from digitpad.nn.network import Network
from tests.inspection.networks import some_images, trained


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
def test_principal_components_are_those_of_the_covariance(layer: int) -> None:
    network, images = trained(), some_images().inputs()
    found = embedding.principal_components(network, images, layer)
    activations = network.activations(images)[layer].astype(np.float64)
    values = np.linalg.eigvalsh(np.asarray(np.cov(activations.T)))[::-1]
    np.testing.assert_allclose(found.points.var(axis=0, ddof=1), values[:2], rtol=1e-5)
    assert found.explained is not None
    np.testing.assert_allclose(found.explained, values[:2] / values.sum(), rtol=1e-5)
    assert np.asarray(np.corrcoef(found.points.T))[0, 1] == pytest.approx(0, abs=1e-6)


def test_an_image_has_its_place_on_the_map() -> None:
    network, images = trained(), some_images().inputs()
    found = embedding.principal_components(network, images[:200], 2)
    np.testing.assert_allclose(found.locate(network, images[17]), found.points[17:18], atol=1e-5)
    assert found.locate(network, images[200:205]).shape == (5, 2)


def test_distances_never_grow() -> None:
    network, images = trained(), some_images().inputs()
    found = embedding.principal_components(network, images, 1)
    activations = network.activations(images)[1]
    for i, j in ((0, 1), (5, 90), (33, 350)):
        true = np.linalg.norm(activations[i] - activations[j])
        assert np.linalg.norm(found.points[i] - found.points[j]) <= true + 1e-5


def test_a_layer_of_one_neuron_and_one_that_does_nothing_have_a_map() -> None:
    images = some_images().inputs()[:20]
    narrow = embedding.principal_components(Network((784, 1, 10)), images, 1)
    assert narrow.points.shape == (20, 2)
    assert not narrow.points[:, 1].any()
    silent = Network.from_parameters(
        [np.zeros((4, 784)), np.zeros((10, 4))], [np.zeros(4), np.zeros(10)]
    )
    assert not embedding.principal_components(silent, images, 1).points.any()


def test_a_layer_of_more_neurons_than_images_has_the_same_components() -> None:
    network, images = trained(), some_images().inputs()[:30]
    found = embedding.principal_components(network, images, 0)
    centred = images - images.mean(axis=0)
    _, singular, rows = np.linalg.svd(centred.astype(np.float64), full_matrices=False)
    np.testing.assert_allclose(np.abs(found.points), np.abs(centred @ rows[:2].T), atol=1e-4)
    assert found.explained is not None
    np.testing.assert_allclose(found.explained, singular[:2] ** 2 / (singular**2).sum(), rtol=1e-5)


def test_a_map_needs_images_and_a_layer() -> None:
    images = some_images().inputs()
    with pytest.raises(DigitpadError, match="three images"):
        embedding.principal_components(trained(), images[:2], 1)
    with pytest.raises(DigitpadError, match="no layer 4"):
        embedding.principal_components(trained(), images, 4)


def test_without_opentsne_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    with pytest.raises(DigitpadError, match=r"pip install digitpad\[embedding\]"):
        embedding.t_sne(trained(), some_images().inputs(), 2)


def test_t_sne_keeps_digits_together() -> None:
    pytest.importorskip("openTSNE", reason="the extra is not installed")
    network, data = trained(), some_images()
    found = embedding.t_sne(network, data.inputs(), 2)
    assert found.points.shape == (len(data), 2)
    distances = np.linalg.norm(found.points[:, None] - found.points, axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = data.labels[distances.argmin(axis=1)]
    assert (nearest == data.labels).mean() > 0.7
    place = found.locate(network, data.inputs()[3])
    assert np.linalg.norm(place[0] - found.points[3]) < 5
