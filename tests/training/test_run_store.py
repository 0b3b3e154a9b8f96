"""The user's runs: real folders, and real processes that share them."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import platformdirs
import pytest

from digitpad.data.mnist import mnist
from digitpad.errors import DigitpadError
from digitpad.files import writing
from digitpad.files.writing import Hold
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.training import run_files
from digitpad.training.interactive import Job
from digitpad.training.run_files import Kind, Run, Status
from digitpad.training.run_store import RunStore, default_folder
from digitpad.training.scores import Score, Scores
from digitpad.training.sgd import train
from digitpad.training.state import TrainingState
from digitpad.training.timeline import Snapshot, Timeline
from tests.training.test_recording import H, record, validation


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "data" / "runs")


@pytest.fixture
def trained(store: RunStore) -> Run:
    run = store.create("trained", H)
    record(run.folder, H.new_network(), TrainingState())
    return store.get(run.id)


def names(store: RunStore) -> list[str]:
    return [run.name for run in store.runs()]


def test_runs_lie_in_the_users_data_folder() -> None:
    assert default_folder().parent == Path(platformdirs.user_data_dir("digitpad", appauthor=False))
    assert RunStore().folder == default_folder()


def test_without_a_folder_there_are_no_runs(store: RunStore) -> None:
    assert store.runs() == []
    assert store.bytes_used() == 0
    store.tidy()
    assert not store.folder.exists()


def test_a_run_is_known_as_it_was_made(store: RunStore) -> None:
    made = store.create("η 0.5", H, data=Path("digits"), preset="quick")
    [run] = store.runs()
    assert run == made == store.get(made.id)
    assert (run.name, run.preset, run.hyperparameters) == ("η 0.5", "quick", H)
    assert run.data == Path("digits").absolute()
    assert run.sizes == (784, 12, 10)
    assert run.status is Status.NEW
    assert run.kind is Kind.TRAINED


def test_runs_are_listed_in_order_with_colours_of_their_own(store: RunStore) -> None:
    runs = [store.create(name, H) for name in "abc"]
    assert names(store) == ["a", "b", "c"]
    assert [run.colour for run in store.runs()] == [0, 1, 2]
    store.delete(runs[1].id)
    assert store.create("d").colour == 1


def test_names_and_pins_change(store: RunStore) -> None:
    run = store.create("a", H)
    store.rename(run.id, "b")
    store.pin(run.id, True)
    again = store.get(run.id)
    assert (again.name, again.pinned, again.hyperparameters) == ("b", True, H)
    store.pin(run.id, False)
    assert not store.get(run.id).pinned


def test_an_opened_model_is_kept_once(store: RunStore) -> None:
    run = store.add_opened(Path("five.npz"), "five", (784, 5, 10), 0.9)
    again = store.add_opened(Path("five.npz"), "other", (784, 6, 10), 0.8)
    assert again.id == run.id
    [only] = store.runs()
    assert (only.kind, only.name) == (Kind.OPENED, "five")
    assert (only.sizes, only.accuracy) == ((784, 6, 10), 0.8)
    assert only.path == Path("five.npz").absolute()
    assert only.status is Status.FINISHED


@pytest.mark.parametrize("run_id", ["", ".", "..", "../runs", ".deleted-x", "a/b", "nobody"])
def test_an_id_is_a_name_in_the_store_and_nothing_else(store: RunStore, run_id: str) -> None:
    store.create("a")
    for act in (store.get, store.delete, store.timeline, store.resume):
        with pytest.raises(DigitpadError):
            act(run_id)
    assert names(store) == ["a"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of POSIX")
def test_a_store_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DigitpadError, match="Runs cannot be kept in"):
        RunStore(tmp_path / "file" / "runs").create("a")


# -- deleting ------------------------------------------------------------------------------------


def test_a_deleted_run_can_be_restored(store: RunStore, trained: Run) -> None:
    store.delete(trained.id)
    assert store.runs() == []
    assert store.bytes_used() > 0
    store.tidy()  # not for good yet
    assert store.restore(trained.id) == trained
    assert run_files.read_checkpoint(trained.folder).batches == 180


def test_what_was_deleted_long_ago_goes_for_good(store: RunStore, trained: Run) -> None:
    old = trained.folder.stat().st_mtime - 1e6
    os.utime(trained.folder, (old, old))  # the age of a run says nothing of when it was deleted
    store.delete(trained.id)
    store.tidy()
    store.restore(trained.id)
    store.delete(trained.id)
    deleted = store.folder / f".deleted-{trained.id}"
    os.utime(deleted, (old, old))
    store.tidy()
    assert not deleted.exists()
    assert store.bytes_used() == 0
    with pytest.raises(DigitpadError, match="for good"):
        store.restore(trained.id)


def test_deleted_runs_can_go_at_once(store: RunStore, trained: Run) -> None:
    store.delete(trained.id)
    store.tidy(at_once=True)
    assert store.bytes_used() == 0


def test_runs_without_anything_to_return_to_go(store: RunStore, trained: Run) -> None:
    never, fresh = store.create("never begun", H), store.create("fresh", H)
    opened = store.add_opened(Path("x.npz"), "x", (784, 10))
    cut = store.folder / "cut-short"
    cut.mkdir()
    for folder in (never.folder, opened.folder, trained.folder, cut):
        os.utime(folder, (1e9, 1e9))
    store.tidy()
    assert sorted(names(store)) == ["fresh", "trained", "x"]
    assert not cut.exists()
    assert fresh.folder.exists()


def test_two_who_look_at_a_run_do_not_take_each_other_for_its_trainer(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    Hold(lock).release()
    assert not writing.is_held(lock)
    with lock.open("r+b") as other:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(other, fcntl.LOCK_SH)
            assert not writing.is_held(lock)
    hold = Hold(lock)
    assert writing.is_held(lock)
    assert lock.read_text() == str(os.getpid())
    hold.release()
    assert not writing.is_held(lock)


def test_a_runs_network_is_its_newest(store: RunStore, trained: Run) -> None:
    last = run_files.read_checkpoint(trained.folder).network.parameters
    np.testing.assert_array_equal(store.network(trained.id).parameters, last)
    with Timeline.open(trained.folder, writing=True) as timeline:
        timeline.add(last + 1, Snapshot(1000, 9.0))
    np.testing.assert_array_equal(store.network(trained.id).parameters, last + 1)
    (trained.folder / run_files.CHECKPOINT).unlink()
    np.testing.assert_array_equal(store.network(trained.id).parameters, last + 1)
    with pytest.raises(DigitpadError, match="not been trained"):
        store.network(store.create("new", H).id)


@pytest.fixture
def held(trained: Run) -> Iterator[Run]:
    """A run that another process trains."""
    hold = Hold(trained.folder / run_files.LOCK)
    yield trained
    hold.release()


def test_a_run_that_is_trained_is_neither_deleted_nor_resumed(store: RunStore, held: Run) -> None:
    assert store.get(held.id).status is Status.RUNNING
    with pytest.raises(DigitpadError, match="stop it first"):
        store.delete(held.id)
    with pytest.raises(DigitpadError, match="already"):
        store.resume(held.id)
    assert store.surplus(0) == []
    assert names(store) == ["trained"]


def test_old_runs_make_room(store: RunStore) -> None:
    runs = [store.create(name) for name in "abcd"]
    store.add_opened(Path("x.npz"), "x", (784, 10))
    for run in runs:
        (run.folder / "snapshots.f32").write_bytes(bytes(1 << 20))
    store.pin(runs[0].id, True)
    assert store.surplus() == []
    assert [run.name for run in store.surplus(3 << 20)] == ["b", "c"]
    assert [run.name for run in store.surplus(3 << 20, keep=[runs[1].id])] == ["c", "d"]
    assert [run.name for run in store.surplus(0)] == ["b", "c", "d"]
    assert store.bytes_used() > 4 << 20


# -- jobs ----------------------------------------------------------------------------------------


def test_a_new_job_gets_a_folder(store: RunStore) -> None:
    job = store.begin("first", Job(H), preset="text")
    [run] = store.runs()
    assert job == Job(H, run=run.folder)
    assert run.preset == "text"


def test_a_run_resumes_from_its_checkpoint(store: RunStore, trained: Run) -> None:
    job = store.resume(trained.id, H.replace(epochs=4))
    assert job.run == trained.folder
    assert job.data_name == "MNIST"
    assert job.network is not None
    assert job.state is not None
    record(trained.folder, job.network, job.state, job.hyperparameters)
    straight = H.new_network()
    for _ in train(straight, mnist().train, H.replace(epochs=4), validation()):
        pass
    np.testing.assert_array_equal(job.network.parameters, straight.parameters)
    assert len(run_files.read_curve(trained.folder).cost) == 240
    assert store.get(trained.id).epoch == 4


def test_a_branch_begins_with_a_snapshots_weights(store: RunStore, trained: Run) -> None:
    with store.timeline(trained.id) as timeline:
        index = timeline.nearest(1.0)
        snapshot, parameters = timeline.positions[index], timeline.read(index)
    job = store.branch(trained.id, index, "branch", H.replace(learning_rate=0.1))
    assert job.network is not None
    np.testing.assert_array_equal(job.network.parameters, parameters)
    assert job.state is None  # its momentum begins at zero
    branch = store.runs()[-1]
    assert job.run == branch.folder
    assert branch.name == "branch"
    assert branch.parent is not None
    assert branch.parent == (
        trained.id,
        "trained",
        snapshot.batches,
        snapshot.epoch,
        False,
    )
    record(branch.folder, job.network, TrainingState(), job.hyperparameters)
    with store.timeline(branch.id) as timeline:
        np.testing.assert_array_equal(timeline.read(0), parameters)
    store.delete(trained.id)
    assert store.get(branch.id).parent == branch.parent


def test_a_branch_from_the_end_goes_on_exactly(store: RunStore, trained: Run) -> None:
    with store.timeline(trained.id) as timeline:
        last = len(timeline) - 1
    job = store.branch(trained.id, last, "on", H.replace(epochs=1))
    assert job.network is not None
    assert job.state is not None
    assert job.hyperparameters.epochs == 4
    branch = store.runs()[-1]
    assert branch.parent is not None
    assert branch.parent.exact
    record(branch.folder, job.network, job.state, job.hyperparameters)
    straight = H.new_network()
    for _ in train(straight, mnist().train, H.replace(epochs=4), validation()):
        pass
    np.testing.assert_array_equal(job.network.parameters, straight.parameters)
    assert store.get(branch.id).epoch == 4
    assert store.get(trained.id) == trained


def test_a_branch_needs_the_same_layers_and_a_snapshot(store: RunStore, trained: Run) -> None:
    for other in (
        H.replace(hidden_layers=(13,)),
        H.replace(activation="relu"),
        H.replace(hidden_layers=(12, 12)),
    ):
        with pytest.raises(DigitpadError, match="choose the same"):
            store.branch(trained.id, 0, "branch", other)
    with pytest.raises(DigitpadError, match="made room"):
        store.branch(trained.id, 10_000, "branch")
    assert names(store) == ["trained"]


def test_a_run_without_a_checkpoint_cannot_resume(store: RunStore) -> None:
    run = store.create("a", H)
    with pytest.raises(DigitpadError):
        store.resume(run.id)


# -- several windows -----------------------------------------------------------------------------

_WINDOW = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
from digitpad.training.run_store import RunStore
store, me = RunStore(Path(sys.argv[1])), sys.argv[2]
for number in range(20):
    run = store.create(f"{{me}} {{number}}")
    assert run in store.runs()
    store.rename(run.id, f"{{me}} {{number}}!")
    if number % 4 == 0:
        store.delete(run.id)
        store.tidy()
"""


def test_two_windows_lose_nothing_of_each_others(store: RunStore) -> None:
    program = _WINDOW.format(path=sys.path)
    windows = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(store.folder), name], stderr=subprocess.PIPE
        )
        for name in ("one", "two")
    ]
    errors = [window.communicate()[1] for window in windows]
    assert errors == [b"", b""]
    expected = {f"{me} {number}!" for me in ("one", "two") for number in range(20) if number % 4}
    assert set(names(store)) == expected
    assert len(store.runs()) == len(expected)


def test_a_fine_tuned_network_is_kept_with_its_metadata_and_scores(store: RunStore) -> None:
    network = H.new_network()
    scores = Scores(Score(2, 2, 0), Score(5000, 60, 75), Score(10, 4, 1))
    made = store.add_tuned("mine", Model(network, {"name": "mine", "writer": "I"}), scores)
    [run] = store.runs()
    assert run == made
    assert (run.kind, run.status, run.sizes) == (Kind.TUNED, Status.FINISHED, network.sizes)
    assert run.scores == scores
    assert run.accuracy == 1 - 75 / 5000
    model = model_file.load(run.folder / run_files.MODEL)
    assert model.metadata["writer"] == "I"
    for read in (model.network, store.network(run.id), store.blank_network(run.id)):
        np.testing.assert_array_equal(read.parameters, network.parameters)
    store.rename(run.id, "other")
    assert store.get(run.id).scores == scores
    assert [each.id for each in store.surplus(limit=0)] == [run.id]
    long_ago = time.time() - 7200
    os.utime(run.folder, (long_ago, long_ago))
    store.tidy()
    assert run.folder.exists()
    (run.folder / run_files.MODEL).unlink()
    os.utime(run.folder, (long_ago, long_ago))
    store.tidy()
    assert not run.folder.exists()


def test_of_a_fine_tuned_network_that_cannot_be_written_nothing_is_left(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    scores = Scores(Score(0, 0, 0), Score(5000, 60, 75), Score(2, 2, 0))
    with pytest.raises(DigitpadError, match="No space left"):
        store.add_tuned("mine", Model(H.new_network(), {}), scores)
    assert store.runs() == []
    assert list(store.folder.iterdir()) == []
