"""The session: pages, undo, reading, and what becomes of the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from digitpad.app.page import Stroke
from digitpad.app.session import Session
from digitpad.drawing import rasterize
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def session() -> Session:
    return Session(Model(Network((784, 12, 10), seed=1), {"name": "small"}))


def draw(session: Session, *points: tuple[float, float]) -> None:
    session.begin_stroke(*points[0])
    for point in points[1:]:
        session.extend_stroke(*point)
    session.end_stroke()


def test_a_stroke_is_kept_as_points_with_pressure(session: Session) -> None:
    session.begin_stroke(0, 0, 0.25)
    session.extend_stroke(0.1, 0.2, 0.75)
    assert session.growing == [(0, 0, 0.25), (0.1, 0.2, 0.75)]
    session.end_stroke()
    assert not session.growing
    np.testing.assert_array_equal(session.strokes[0], [[0, 0, 0.25], [0.1, 0.2, 0.75]])


def test_the_image_is_that_of_the_ink_module(session: Session) -> None:
    draw(session, (-0.2, -0.3), (0.1, 0.0), (0.0, 0.3))
    draw(session, (-0.2, 0.05), (0.2, 0.05))
    expected = rasterize.to_image(session.strokes)
    np.testing.assert_array_equal(session.image, expected)
    np.testing.assert_array_equal(
        session.reading.activations, session.network.activations(expected.ravel())[-1]
    )


def test_a_trembling_dot_stays_small(session: Session) -> None:
    draw(session, (0.1, 0.1), (0.101, 0.1), (0.101, 0.102))
    rows = np.flatnonzero(session.image.any(axis=1))
    assert 1 <= len(rows) <= 7


def test_undo_and_redo_walk_through_all_pages(session: Session) -> None:
    pages: list[list[Stroke]] = [[]]
    draw(session, (0, 0), (0.1, 0.1))
    pages.append(session.strokes)
    draw(session, (0.2, 0), (0.1, 0.3))
    pages.append(session.strokes)
    session.erase_stroke(0)
    pages.append(session.strokes)
    session.clear()
    pages.append([])

    def same(strokes: list[np.ndarray]) -> bool:
        return len(strokes) == len(session.strokes) and all(
            np.array_equal(a, b) for a, b in zip(strokes, session.strokes, strict=True)
        )

    for page in reversed(pages[:-1]):
        session.undo()
        assert same(page)
    assert not session.can_undo
    session.undo()
    for page in pages[1:]:
        session.redo()
        assert same(page)
    assert not session.can_redo
    session.redo()
    assert session.is_empty


def test_a_new_stroke_ends_what_could_be_redone(session: Session) -> None:
    draw(session, (0, 0), (0.1, 0.1))
    session.undo()
    draw(session, (0.3, 0), (0.1, 0.1))
    assert not session.can_redo
    assert len(session.strokes) == 1


def test_many_points_in_one_turn_are_read_once(session: Session, qtbot: QtBot) -> None:
    images = []
    session.reading_changed.connect(lambda _, image: images.append(image))
    session.begin_stroke(0, 0)
    for step in range(200):
        session.extend_stroke(step / 1000, step / 500)
    assert not images
    qtbot.waitUntil(lambda: bool(images))
    assert len(images) == 1
    session.end_stroke()
    np.testing.assert_array_equal(images[0], session.image)


def test_no_reading_is_due_after_the_stroke_ended(session: Session, qtbot: QtBot) -> None:
    draw(session, (0, 0), (0.1, 0.1))
    with qtbot.assertNotEmitted(session.reading_changed, wait=30):
        pass


def test_a_picture_replaces_the_ink_and_ink_the_picture(session: Session) -> None:
    draw(session, (0, 0), (0.1, 0.1))
    picture = np.zeros((28, 28), dtype=np.float32)
    picture[4:20, 12:15] = 1
    session.show_picture(picture)
    assert session.strokes == []
    np.testing.assert_array_equal(session.image, picture)
    draw(session, (0, 0), (0.2, 0.1))
    assert session.picture is None
    assert len(session.strokes) == 1
    session.undo()
    np.testing.assert_array_equal(session.image, picture)
    session.undo()
    assert len(session.strokes) == 1


def test_strokes_in_any_unit_are_fitted_into_the_page(session: Session) -> None:
    session.show_strokes([[[5000, 9000], [5200, 9900]], [[5100, 9100, 1.0]]])
    points = np.concatenate(session.strokes)
    assert np.abs(points[:, :2]).max() <= 0.5
    assert [len(stroke) for stroke in session.strokes] == [2, 1]


def test_strokes_without_ink_leave_the_page(session: Session) -> None:
    draw(session, (0, 0), (0.1, 0.1))
    with pytest.raises(DigitpadError, match="no ink"):
        session.show_strokes([[], np.empty((0, 2))])
    assert len(session.strokes) == 1


def test_a_snapshot_reads_but_is_not_the_model(session: Session) -> None:
    draw(session, (0, 0), (0.1, 0.3))
    own = session.reading.activations
    other = Network((784, 12, 10), seed=2)
    session.show_network(other)
    np.testing.assert_array_equal(
        session.reading.activations, other.activations(session.image.ravel())[-1]
    )
    assert session.network is not other
    session.show_network(None)
    np.testing.assert_array_equal(session.reading.activations, own)


def test_a_model_that_is_kept_elsewhere_reads(session: Session, qtbot: QtBot) -> None:
    trained = Network((784, 8, 10), seed=3)
    session.show_network(trained.copy())
    with qtbot.waitSignals([session.network_changed, session.model_changed]):
        session.show_model(Model(trained, {"name": "basic", "data": "MNIST"}))
    assert session.network is trained
    assert session.reader is trained
    assert session.name == "basic"


def test_what_is_saved_is_what_reads(session: Session, tmp_path: Path) -> None:
    live = Network((784, 12, 10), seed=8)
    session.show_network(live)
    session.save(tmp_path / "live.npz")
    saved = model_file.load(tmp_path / "live.npz").network
    assert (saved.parameters == live.parameters).all()


def test_saving_and_opening_gives_the_same_activations_bit_for_bit(
    session: Session, tmp_path: Path
) -> None:
    session.show_model(Model(Network((784, 20, 10), seed=4)))
    draw(session, (0, -0.3), (0.1, 0.3))
    expected = session.reading.activations
    session.save(tmp_path / "five.npz")
    assert session.name == "five.npz"

    other = Session(Model(Network((784, 5, 10), seed=9), {}))
    draw(other, (0, -0.3), (0.1, 0.3))
    other.open(tmp_path / "five.npz")
    np.testing.assert_array_equal(other.reading.activations, expected)


def test_saving_needs_a_file(session: Session) -> None:
    with pytest.raises(DigitpadError, match="Save as"):
        session.save()


def test_a_broken_file_leaves_the_model(session: Session, tmp_path: Path) -> None:
    network = session.network
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"this is no model")
    with pytest.raises(DigitpadError):
        session.open(broken)
    assert session.network is network
    assert session.path is None


def test_a_network_for_something_else_is_refused(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "xor.npz"
    network = session.network
    model_file.save(path, Model(Network((2, 3, 1)), {}))
    with pytest.raises(DigitpadError, match="2-3-1"):
        session.open(path)
    assert session.network is network


def test_a_new_network_takes_no_file_from_the_one_before(session: Session, tmp_path: Path) -> None:
    session.save(tmp_path / "old.npz")
    session.show_model(Model(Network((784, 3, 10)), {"name": "784-3-10"}))
    assert session.path is None
    assert session.name == "784-3-10"
    with pytest.raises(DigitpadError, match="no file yet"):
        session.save()
    assert model_file.load(tmp_path / "old.npz").network.sizes == (784, 12, 10)


def test_a_network_that_diverges_is_shown_as_it_is(session: Session) -> None:
    draw(session, (0, -0.3), (0, 0.3))
    wild = Network((784, 12, 12, 10), activation="relu")
    wild.parameters[...] = 3e38
    session.show_network(wild)
    assert not session.reading.sure or np.isfinite(session.reading.confidence)
    session.show_network(None)
    np.testing.assert_array_equal(
        session.reading.activations, session.network.activations(session.image.ravel())[-1]
    )
