"""The map of digits on the screen."""

import sys
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.session import Session
from digitpad.app.understand.embedding_view import EmbeddingView, Method
from digitpad.app.widgets import numbers
from digitpad.data.mnist import mnist
from digitpad.inspection import embedding
from digitpad.nn.functions import Array
from digitpad.nn.network import Network

Show = Callable[[QWidget], None]
_LONG = 20_000  # ms: a busy machine may take its time


@pytest.fixture
def view(session: Session, shown: Show, qtbot: QtBot) -> EmbeddingView:
    view = EmbeddingView(session)
    shown(view)
    qtbot.waitUntil(lambda: view.found is not None, timeout=_LONG)
    qtbot.waitUntil(lambda: view.map.drawing() is not None, timeout=_LONG)
    return view


def test_it_begins_with_the_last_hidden_layer(view: EmbeddingView) -> None:
    network, images = view.session.network, mnist().test.take(slice(1000)).inputs()
    expected = embedding.principal_components(network, images, 2)
    np.testing.assert_allclose(view.map.points(), expected.points)
    assert view.layer.currentText() == "Layer 2: 8 neurons"
    assert view.layer.count() == 4
    assert f"{numbers.whole(1000)} test images" in view.status.text()


def test_the_drawing_has_its_place_and_moves(view: EmbeddingView, qtbot: QtBot) -> None:
    assert view.found is not None
    session = view.session
    place = view.found.points.locate(session.network, session.image.ravel())[0]
    shown = view.map.drawing()
    assert shown is not None
    np.testing.assert_allclose(shown, place)
    session.show_strokes([[[0, 0], [0, 10]]])
    other = view.found.points.locate(session.network, session.image.ravel())[0]
    assert not np.allclose(place, other)

    def has_moved() -> bool:
        drawing = view.map.drawing()
        return drawing is not None and np.allclose(drawing, other)

    qtbot.waitUntil(has_moved, timeout=_LONG)
    session.clear()
    qtbot.waitUntil(lambda: view.map.drawing() is None)


def test_any_layer_can_be_mapped(view: EmbeddingView, qtbot: QtBot) -> None:
    images = mnist().test.take(slice(1000)).inputs()
    for layer in (3, 0):
        view.layer.setCurrentIndex(layer)
        expected = embedding.principal_components(view.session.network, images, layer).points
        qtbot.waitUntil(partial(shows, view, expected), timeout=_LONG)


def shows(view: EmbeddingView, points: Array) -> bool:
    return np.allclose(view.map.points(), points)


def test_an_image_is_shown_and_goes_to_the_canvas(
    view: EmbeddingView, qtbot: QtBot, hovered: Callable[[QWidget, QPoint], str]
) -> None:
    points = view.map.points()
    lonely = int(np.argmax(np.abs(points - points.mean(axis=0)).sum(axis=1)))
    at = view.map.place(points[lonely]).toPoint()
    test = mnist().test
    assert hovered(view.map, at) == f"Image {lonely + 1}: a {test.labels[lonely]}"
    before = view.map.grab().toImage()
    QTest.mouseMove(view.map, QPoint(1, 1))
    qtbot.waitUntil(lambda: view.map.grab().toImage() != before)
    with qtbot.waitSignal(view.image_chosen) as caught:
        qtbot.mouseClick(view.map, Qt.MouseButton.LeftButton, pos=at)
    assert caught.args is not None
    expected = test.take(slice(lonely, lonely + 1)).inputs()
    np.testing.assert_array_equal(caught.args[0].ravel(), expected[0])


def test_images_can_be_reached_by_keys(view: EmbeddingView, qtbot: QtBot) -> None:
    view.map.setFocus()
    QTest.keyClick(view.map, Qt.Key.Key_Right)
    assert view.map.accessibleDescription() == f"Image 2: a {mnist().test.labels[1]}"
    with qtbot.waitSignal(view.image_chosen) as caught:
        QTest.keyClick(view.map, Qt.Key.Key_Return)
    assert caught.args is not None
    expected = mnist().test.take(slice(1, 2)).inputs()
    np.testing.assert_array_equal(caught.args[0].ravel(), expected[0])


def test_without_opentsne_it_says_how_to_install_it(
    view: EmbeddingView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    view.method.setCurrentIndex(view.method.findData(Method.T_SNE))
    qtbot.waitUntil(lambda: "pip install digitpad[embedding]" in view.status.text(), timeout=_LONG)
    view.method.setCurrentIndex(view.method.findData(Method.PCA))
    qtbot.waitUntil(lambda: "test images" in view.status.text(), timeout=_LONG)


def test_other_layers_are_offered_with_another_network(view: EmbeddingView, qtbot: QtBot) -> None:
    view.session.new(Network((784, 10), seed=2))
    assert view.layer.count() == 2
    qtbot.waitUntil(
        lambda: view.found is not None and view.found.network.sizes == (784, 10), timeout=_LONG
    )


def test_the_same_layers_wait_for_a_click(view: EmbeddingView, qtbot: QtBot) -> None:
    other = Network((784, 12, 8, 10), seed=9)
    view.session.show_network(other)
    assert "has changed" in view.status.text()
    qtbot.mouseClick(view.again, Qt.MouseButton.LeftButton)
    images = mnist().test.take(slice(1000)).inputs()
    expected = embedding.principal_components(other, images, 2)
    qtbot.waitUntil(lambda: np.allclose(view.map.points(), expected.points), timeout=_LONG)
