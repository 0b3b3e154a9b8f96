"""The shelf: real runs in a real store, and whichever card is selected reads the canvas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from digitpad.app.cards import BUILT_IN, CardKind
from digitpad.app.session import Session
from digitpad.app.shelf import Shelf
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import Finished, Job, LiveTraining, Message, Update
from digitpad.training.run_files import Status
from digitpad.training.run_store import RunStore
from digitpad.training.scores import Score, Scores
from digitpad.training.state import TrainingState
from tests.conftest import images_file

H = Hyperparameters(hidden_layers=(5,), mini_batch_size=10, epochs=2)


@pytest.fixture
def shelf(tmp_path: Path, qtbot: QtBot) -> Iterator[Shelf]:
    session = Session()
    session.show_strokes([[(0, 0), (10, 0), (4, 20)]])
    shelf = Shelf(session, RunStore(tmp_path / "runs"))
    yield shelf
    shelf.close()


def train(shelf: Shelf, tmp_path: Path, name: str = "mine", h: Hyperparameters = H) -> str:
    """Train a run of the shelf to its end, and return its id."""
    job = shelf.begin(Job(h, images_file(tmp_path / "data.npz", 120)), name)
    return go_on(shelf, job)


def go_on(shelf: Shelf, job: Job) -> str:
    messages: list[Message] = []

    def receive(message: Message) -> None:
        if isinstance(message, Update):
            assert message.network is not None
            shelf.show_live(message.network)
            training.acknowledge()
        messages.append(message)

    training = LiveTraining(job, receive)
    training.run()
    ended = messages[-1]
    assert isinstance(ended, Finished)
    assert ended.error == ""
    assert ended.network is not None
    live = shelf.live
    assert live is not None
    shelf.keep(ended.network, {"name": "mine"}, ended.state)
    shelf.end()
    return live


def test_the_built_in_model_is_the_first_card_and_reads_first(shelf: Shelf) -> None:
    (card,) = shelf.cards()
    assert (card.id, card.kind) == (BUILT_IN, CardKind.BUILT_IN)
    assert shelf.selected == BUILT_IN
    assert card.accuracy is not None
    assert card.accuracy > 0.99
    assert not shelf.delete(BUILT_IN)


def test_a_run_gets_a_card_and_reads_while_it_trains_and_after(
    shelf: Shelf, tmp_path: Path
) -> None:
    run = train(shelf, tmp_path)
    assert [card.id for card in shelf.cards()] == [BUILT_IN, run]
    assert shelf.selected == run
    assert shelf.card(run).status is Status.FINISHED
    assert shelf.card(run).sizes == (784, 5, 10)
    assert shelf.session.network.sizes == (784, 5, 10)
    playback = shelf.playback()
    assert playback is not None
    assert len(playback.curve.cost) > 5


def test_any_card_can_be_gone_back_to(shelf: Shelf, tmp_path: Path) -> None:
    first = train(shelf, tmp_path)
    kept = shelf.session.network.parameters.copy()
    second = train(shelf, tmp_path, h=H.replace(seed=5))
    assert (shelf.session.network.parameters != kept).any()
    assert shelf.select(first)
    assert (shelf.session.network.parameters == kept).all()
    assert shelf.select(BUILT_IN)
    assert shelf.session.network is shelf.session.built_in.network
    assert [card.id for card in shelf.cards()] == [BUILT_IN, second, first]
    # Another window, or the next start, finds them too.
    again = Shelf(Session(), shelf.store)
    assert again.select(first)
    assert (again.session.network.parameters == kept).all()


def test_the_playhead_reads_with_the_network_of_that_moment(shelf: Shelf, tmp_path: Path) -> None:
    train(shelf, tmp_path)
    playback = shelf.playback()
    assert playback is not None
    assert len(playback.snapshots) >= 4
    last = shelf.session.reading.activations.copy()
    for index in (0, 2, len(playback.snapshots) - 1):
        shelf.move_playhead(index)
        assert (shelf.session.reader.parameters == playback.network(index).parameters).all()
        expected = shelf.session.reader.feed_forward(shelf.session.image.ravel())
        np.testing.assert_array_equal(shelf.session.reading.activations, expected)
    begin = H.new_network()
    shelf.move_playhead(0)
    assert (shelf.session.reader.parameters == begin.parameters).all()
    shelf.move_playhead(None)
    np.testing.assert_array_equal(shelf.session.reading.activations, last)


def test_a_new_run_continues_from_the_playhead(shelf: Shelf, tmp_path: Path) -> None:
    first = train(shelf, tmp_path)
    shelf.move_playhead(2)
    start = shelf.session.reader.parameters.copy()
    job = shelf.branch()
    assert job.network is not None
    assert (job.network.parameters == start).all()
    second = go_on(shelf, shelf.begin(job, "branch"))
    assert second not in (first, BUILT_IN)
    assert shelf.selected == second
    assert len(shelf.cards()) == 3


def test_a_card_selected_while_another_trains_is_left_alone(shelf: Shelf, tmp_path: Path) -> None:
    shelf.begin(Job(H), "mine")
    assert shelf.select(BUILT_IN)
    before = shelf.session.reading.activations.copy()
    shelf.show_live(Network((784, 5, 10), seed=9))
    np.testing.assert_array_equal(shelf.session.reading.activations, before)
    shelf.keep(Network((784, 5, 10), seed=9), {}, TrainingState())
    assert shelf.session.network is shelf.session.built_in.network
    assert shelf.live is not None
    assert not shelf.delete(shelf.live)


def test_an_opened_model_gets_a_card(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "theirs.npz"
    model_file.save(path, Model(Network((784, 7, 10), seed=3), {}))
    shelf.open(path)
    assert shelf.session.network.sizes == (784, 7, 10)
    card = shelf.card(shelf.selected)
    assert (card.kind, card.name, card.sizes) == (CardKind.OPENED, "theirs", (784, 7, 10))
    shelf.select(BUILT_IN)
    shelf.open(path)
    assert len(shelf.cards()) == 2
    path.unlink()
    shelf.select(BUILT_IN)
    problems: list[str] = []
    shelf.problem.connect(problems.append)
    assert not shelf.select(card.id)
    assert "theirs.npz" in problems[0]
    assert shelf.selected == BUILT_IN


def test_a_broken_model_changes_nothing(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "broken.npz"
    path.write_bytes(b"PK")
    with pytest.raises(DigitpadError):
        shelf.open(path)
    assert shelf.selected == BUILT_IN
    assert len(shelf.cards()) == 1


def test_a_deleted_run_can_be_restored(shelf: Shelf, tmp_path: Path) -> None:
    run = train(shelf, tmp_path)
    shelf.rename(run, "better name")
    assert shelf.card(run).name == "better name"
    assert shelf.delete(run)
    assert shelf.selected == BUILT_IN
    assert len(shelf.cards()) == 1
    deleted = shelf.deleted
    assert deleted is not None
    assert (deleted.id, deleted.name) == (run, "better name")
    shelf.restore()
    assert shelf.deleted is None
    assert shelf.selected == run
    assert shelf.card(run).name == "better name"
    shelf.restore()
    assert len(shelf.cards()) == 2


def test_deletions_are_undone_one_by_one_the_last_first(shelf: Shelf, tmp_path: Path) -> None:
    first = train(shelf, tmp_path)
    second = train(shelf, tmp_path, h=H.replace(seed=2))
    shelf.add_changed(Network((784, 5, 10), seed=9), "changed")
    third = shelf.selected
    weights = shelf.session.network.parameters.copy()
    for card_id in (second, third, first):
        assert shelf.delete(card_id)
    assert [card.id for card in shelf.cards()] == [BUILT_IN]
    shelf.restore()
    assert shelf.selected == BUILT_IN  # the first was not selected
    shelf.restore()
    assert shelf.selected == third
    assert (shelf.session.network.parameters == weights).all()
    shelf.restore()
    assert shelf.selected == third
    assert [card.id for card in shelf.cards()] == [BUILT_IN, third, second, first]
    assert shelf.deleted is None


def test_a_run_that_is_gone_for_good_is_not_brought_back(shelf: Shelf, tmp_path: Path) -> None:
    run = train(shelf, tmp_path)
    problems: list[str] = []
    shelf.problem.connect(problems.append)
    assert shelf.delete(run)
    shelf.store.tidy(at_once=True)
    shelf.restore()
    assert problems == ["This run has been deleted for good."]
    assert shelf.deleted is None
    assert shelf.selected == BUILT_IN


def test_a_run_that_cannot_be_stored_stays_in_memory(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "runs").write_text("in the way")
    shelf = Shelf(Session(), RunStore(tmp_path / "runs"))
    problems: list[str] = []
    shelf.problem.connect(problems.append)
    run = train(shelf, tmp_path)
    assert problems
    assert shelf.has_unsaved
    learned = shelf.session.network.parameters.copy()
    shelf.select(BUILT_IN)
    assert shelf.select(run)
    assert (shelf.session.network.parameters == learned).all()


def test_two_cards_are_compared_on_the_same_drawing(shelf: Shelf, tmp_path: Path) -> None:
    run = train(shelf, tmp_path)
    shelf.compare(BUILT_IN)
    assert shelf.compared_network is shelf.session.built_in.network
    assert shelf.selected == run
    shelf.select(BUILT_IN)
    shelf.compare(run)
    assert shelf.compared_network is not None
    assert shelf.compared_network.sizes == (784, 5, 10)
    shelf.delete(run)
    assert shelf.compared is None
    assert shelf.compared_network is None


def test_networks_changed_by_hand_get_cards_but_not_without_end(shelf: Shelf) -> None:
    for seed in range(15):
        shelf.add_changed(Network((784, 5, 10), seed=seed), f"step {seed}")
    assert shelf.session.network.parameters.tobytes() == (
        Network((784, 5, 10), seed=14).parameters.tobytes()
    )
    names = [card.name for card in shelf.cards()]
    assert len(names) == 13
    assert names[1].endswith("step 14")
    assert not shelf.has_unsaved
    assert shelf.delete(shelf.selected)
    assert shelf.selected == BUILT_IN


SCORES = Scores(Score(2, 2, 0), Score(5000, 60, 75), Score(10, 4, 1))


def test_a_fine_tuned_network_reads_at_once_and_after_a_new_start(shelf: Shelf) -> None:
    calibration = shelf.session.built_in.metadata["recognition"]
    tuned = Network((784, 5, 10), seed=3)
    model = Model(tuned, {"name": "mine", "recognition": calibration})
    card_id = shelf.add_tuned(model, SCORES)
    assert shelf.selected == card_id
    np.testing.assert_array_equal(shelf.session.reader.parameters, tuned.parameters)
    again = Shelf(Session(), RunStore(shelf.store.folder))
    card = again.card(card_id)
    assert (card.kind, card.name, card.scores) == (CardKind.TUNED, "mine", SCORES)
    assert again.select(card_id)
    np.testing.assert_array_equal(again.session.reader.parameters, tuned.parameters)
    assert again.session.model.metadata["recognition"] == calibration
    assert again.session.name == "mine"
    assert again.resume() is None
    assert again.playback() is None
    again.close()


def test_what_is_thrown_away_leaves_what_read_before(shelf: Shelf, tmp_path: Path) -> None:
    run = train(shelf, tmp_path)
    before = shelf.session.reader.parameters.copy()
    card_id = shelf.add_tuned(Model(Network((784, 5, 10), seed=3), {"name": "mine"}), SCORES)
    shelf.throw_away(card_id)
    assert [card.id for card in shelf.cards()] == [BUILT_IN, run]
    assert shelf.selected == run
    np.testing.assert_array_equal(shelf.session.reader.parameters, before)
    # Another card that was chosen meanwhile goes on reading.
    card_id = shelf.add_tuned(Model(Network((784, 5, 10), seed=3), {"name": "mine"}), SCORES)
    shelf.select(BUILT_IN)
    shelf.throw_away(card_id)
    assert shelf.selected == BUILT_IN
    # What read before is gone.
    card_id = shelf.add_tuned(Model(Network((784, 5, 10), seed=3), {"name": "mine"}), SCORES)
    other = shelf.add_tuned(Model(Network((784, 5, 10), seed=4), {"name": "more"}), SCORES)
    shelf.delete(card_id)
    shelf.throw_away(other)
    assert [card.id for card in shelf.cards()] == [BUILT_IN, run]
    assert shelf.selected == BUILT_IN


def test_a_fine_tuned_network_that_cannot_be_stored_stays_in_memory(
    tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "runs").write_text("no folder")
    shelf = Shelf(Session(), RunStore(tmp_path / "runs"))
    with qtbot.waitSignal(shelf.problem):
        card_id = shelf.add_tuned(Model(Network((784, 5, 10)), {"name": "mine"}), SCORES)
    assert shelf.has_unsaved
    card = shelf.card(card_id)
    assert (card.kind, card.scores, card.accuracy) == (CardKind.TUNED, SCORES, 1 - 75 / 5000)
    shelf.throw_away(card_id)
    assert [each.id for each in shelf.cards()] == [BUILT_IN]


def test_no_card_in_memory_takes_the_place_of_another(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "runs").write_text("in the way")
    shelf = Shelf(Session(), RunStore(tmp_path / "runs"))
    first, second = (train(shelf, tmp_path, h=H.replace(seed=seed)) for seed in (1, 2))
    learned = shelf.session.network.parameters.copy()
    assert shelf.delete(first)
    train(shelf, tmp_path, h=H.replace(seed=3))
    assert shelf.select(second)
    assert (shelf.session.network.parameters == learned).all()
    shelf.restore()
    assert len(shelf.cards()) == 4
    assert shelf.select(first)
    assert (shelf.session.network.parameters != learned).any()
    assert shelf.has_unsaved
