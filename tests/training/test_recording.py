"""What a training writes down: real trainings, files as they are, disks that are full."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from digitpad.data.dataset import Dataset
from digitpad.data.mnist import mnist
from digitpad.errors import DigitpadError
from digitpad.files.writing import Hold
from digitpad.nn.functions import Array
from digitpad.nn.network import Network
from digitpad.training import recording, run_files
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.recording import Recorder
from digitpad.training.run_files import Run, Status
from digitpad.training.run_store import RunStore
from digitpad.training.sgd import EpochReport, train
from digitpad.training.state import TrainingState
from digitpad.training.timeline import Timeline

H = Hyperparameters(
    hidden_layers=(12,),
    cost="cross-entropy",
    learning_rate=0.5,
    momentum=0.5,
    training_images=600,
    epochs=3,
)
BATCHES = 60


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return RunStore(tmp_path / "runs").create("first", H)


@pytest.fixture
def every_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a checkpoint at every report, and take every snapshot that the schedule asks for."""
    monkeypatch.setattr(recording, "_CHECKPOINT_EVERY", 0.0)
    monkeypatch.setattr(recording, "_SNAPSHOTS_AT_FIRST", 1e9)


def validation() -> Dataset:
    return mnist().validation.take(slice(100))


def record(
    folder: Path,
    network: Network,
    state: TrainingState,
    hyperparameters: Hyperparameters = H,
    *,
    stop: Callable[[Recorder, TrainingState], bool] = lambda recorder, state: False,
    limit: int = 1 << 23,
) -> tuple[Recorder, dict[int, Array], list[float], list[EpochReport]]:
    """Train as a process does; return what was recorded by hand, too."""
    recorder = Recorder(folder, network, state, "MNIST", limit)
    weights = {0: network.parameters.copy()}
    costs: list[float] = []
    epochs: list[EpochReport] = []
    reason = "stopped"
    for progress in train(
        network,
        mnist().train,
        hyperparameters,
        validation(),
        state=state,
        report_within=recorder.batches_to_next,
    ):
        costs += progress.costs.tolist()
        if progress.epoch_end is not None:
            epochs.append(progress.epoch_end)
        weights[len(costs)] = network.parameters.copy()
        recorder.note(progress, network, state)
        if progress.finished:
            reason = progress.finished
        elif stop(recorder, state):
            break
    recorder.close(network, state, reason)
    return recorder, weights, costs, epochs


@pytest.mark.usefixtures("every_moment")
def test_all_that_happened_is_there_afterwards(run: Run) -> None:
    network, state = H.new_network(), TrainingState()
    recorder, weights, costs, epochs = record(run.folder, network, state)
    assert not recorder.problem
    with Timeline.open(run.folder) as timeline:
        taken = [position.batches for position in timeline.positions]
        assert taken[:9] == list(range(9))
        assert taken[-1] == 3 * BATCHES
        for index, position in enumerate(timeline.positions):
            np.testing.assert_array_equal(timeline.read(index), weights[position.batches])
            assert position.epoch == pytest.approx(position.batches / BATCHES)
        assert timeline.positions[-1].accuracy == epochs[-1].validation_accuracy
        added = [position.batches for position in recorder.take_added()]
        assert sorted(set(added)) == taken
        assert recorder.take_added() == []
    curve = run_files.read_curve(run.folder)
    np.testing.assert_array_equal(curve.batches, np.arange(1, 181))
    np.testing.assert_allclose(curve.epoch, np.arange(1, 181) / BATCHES)
    np.testing.assert_allclose(curve.cost, costs, rtol=1e-6)
    np.testing.assert_array_equal(curve.low, curve.high)
    assert set(curve.learning_rate) == {0.5}
    assert run_files.read_epochs(run.folder) == epochs
    checkpoint = run_files.read_checkpoint(run.folder)
    np.testing.assert_array_equal(checkpoint.network.parameters, network.parameters)
    assert checkpoint.batches == 180
    known = run_files.read(run.folder)
    assert known.status is Status.FINISHED
    assert known.reason == "epochs"
    assert (known.epoch, known.batches) == (3.0, 180)
    assert known.accuracy == epochs[-1].validation_accuracy
    assert known.cost == pytest.approx(np.mean(costs[-1:]), rel=0.5)
    assert known.seconds == state.seconds
    assert known.data_name == "MNIST"


def test_the_curve_of_a_long_run_is_short_and_its_means_are_exact(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "_POINTS_PER_RUN", 20)
    _, _, costs, _ = record(run.folder, H.new_network(), TrainingState())
    curve = run_files.read_curve(run.folder)
    assert len(curve.cost) < 80
    np.testing.assert_array_equal(curve.batches[:20], np.arange(1, 21))
    assert curve.batches[-1] == 180
    edges = np.concatenate([[0], curve.batches]).astype(int)
    for point, (start, end) in enumerate(pairwise(edges)):
        stretch = costs[start:end]
        assert curve.cost[point] == pytest.approx(np.mean(stretch), rel=1e-5)
        assert curve.low[point] == pytest.approx(min(stretch))
        assert curve.high[point] == pytest.approx(max(stretch))


@pytest.mark.usefixtures("every_moment")
@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_what_was_interrupted_resumes_bit_for_bit(run: Run, optimiser: str) -> None:
    h = H.replace(optimiser=optimiser, learning_rate=0.01, dropout=0.2)
    straight = h.new_network()
    for _ in train(straight, mnist().train, h, validation()):
        pass
    copy = run.folder.parent / "interrupted"

    def kill(recorder: Recorder, state: TrainingState) -> bool:
        recorder._collect()  # the checkpoint of this moment
        if state.epoch == 1 and state.position > 100 and not copy.exists():
            shutil.copytree(run.folder, copy)  # what is on the disk when a process is killed
        return state.epoch == 2

    record(run.folder, h.new_network(), TrainingState(), h, stop=kill)
    known = run_files.read(copy)
    assert known.status is Status.INTERRUPTED
    checkpoint = run_files.read_checkpoint(copy)
    assert 60 < checkpoint.batches < 120
    # What was written after the checkpoint will be trained anew, so it is forgotten.
    _, _, costs, epochs = record(copy, checkpoint.network, checkpoint.state, h)
    assert len(costs) == 180 - checkpoint.batches
    np.testing.assert_array_equal(checkpoint.network.parameters, straight.parameters)
    curve = run_files.read_curve(copy)
    np.testing.assert_array_equal(curve.batches, np.arange(1, 181))
    assert [each.epoch for each in run_files.read_epochs(copy)] == [1, 2, 3]
    assert run_files.read_epochs(copy)[1:] == epochs
    with Timeline.open(copy) as timeline:
        taken = [position.batches for position in timeline.positions]
        assert taken == sorted(set(taken))
        assert (taken[0], taken[-1]) == (0, 180)
        np.testing.assert_array_equal(timeline.read(len(taken) - 1), straight.parameters)


def test_a_run_is_trained_by_one_process_at_a_time(run: Run) -> None:
    hold = Hold(run.folder / run_files.LOCK)
    assert run_files.read(run.folder).status is Status.RUNNING
    with pytest.raises(DigitpadError, match="another window"):
        Recorder(run.folder, H.new_network(), TrainingState(), "MNIST")
    hold.release()
    record(run.folder, H.new_network(), TrainingState())
    assert run_files.read(run.folder).status is Status.FINISHED


@pytest.mark.usefixtures("every_moment")
def test_disk_stays_bounded(run: Run) -> None:
    size = H.new_network().parameters.nbytes
    record(run.folder, H.new_network(), TrainingState(), limit=5 * size)
    with Timeline.open(run.folder) as timeline:
        assert len(timeline) == 5
    assert (run.folder / "snapshots.f32").stat().st_size == 5 * size


def test_however_dear_snapshots_are_the_powers_of_two_are_taken(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "_REPORT_COST", 1e6)
    record(run.folder, H.new_network(), TrainingState())
    with Timeline.open(run.folder) as timeline:
        taken = [position.batches for position in timeline.positions]
    assert taken == [0, 1, 2, 4, 8, 16, 32, 64, 128, 180]


def test_temporary_files_of_a_killed_process_are_removed(run: Run) -> None:
    left = run.folder / ".checkpoint.npz.abc.part"
    left.write_bytes(b"x" * 1000)
    record(run.folder, H.new_network(), TrainingState())
    assert not left.exists()


def test_torn_ends_cost_only_themselves(run: Run) -> None:
    record(run.folder, H.new_network(), TrainingState())
    points = len(run_files.read_curve(run.folder).cost)
    for name in (run_files.CURVE, run_files.EPOCHS):
        path = run.folder / name
        path.write_bytes(path.read_bytes()[:-3])
    assert len(run_files.read_curve(run.folder).cost) == points - 1
    assert [each.epoch for each in run_files.read_epochs(run.folder)] == [1, 2]
    with (run.folder / run_files.CURVE).open("ab") as file:
        file.write(b"\xff" * 3 + bytes(48 * 5))  # as a power failure may leave it
    assert len(run_files.read_curve(run.folder).cost) == points - 1


def test_a_damaged_timeline_does_not_keep_a_run_from_resuming(run: Run) -> None:
    network, state = H.new_network(), TrainingState()
    record(run.folder, network, state, stop=lambda recorder, state: state.epoch == 1)
    (run.folder / "snapshots.index").write_bytes(b"nonsense")
    recorder, _, _, _ = record(run.folder, network, state)
    assert not recorder.problem
    with Timeline.open(run.folder) as timeline:
        assert timeline.positions[-1].batches == 180


@pytest.mark.parametrize("name", ["run.json", "progress.json", "epochs.jsonl", "curve.f64"])
@pytest.mark.parametrize(
    "content",
    [b"", b"[1, 2]", b'{"name": 3, "colour": -1e999}\n', b"\xff\x00" * 100, b"[" * 100_000, None],
)
def test_no_run_disappears_because_a_file_of_it_is_damaged(
    run: Run, name: str, content: bytes | None
) -> None:
    record(run.folder, H.new_network(), TrainingState())
    if content is not None:
        (run.folder / name).write_bytes(content)
    elif name != "run.json":
        (run.folder / name).unlink()
    [listed] = RunStore(run.folder.parent).runs()
    assert listed.name
    run_files.read_curve(run.folder)
    run_files.read_epochs(run.folder)
    assert run_files.read_checkpoint(run.folder).batches == 180


# -- full disks ----------------------------------------------------------------------------------

_ON_A_SMALL_DISK = """
import resource, signal, sys
from pathlib import Path
sys.path[:0] = {path!r}
from digitpad.training import recording
from tests.training.test_recording import H, TrainingState, record
recording._CHECKPOINT_EVERY = 0.0
recording._SNAPSHOTS_AT_FIRST = 1e9
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
room = int(sys.argv[2])

def limit(recorder, state):
    recorder._collect()
    if state.epoch == 1 and state.position == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    if state.epoch == 2 and state.position == 0:
        assert recorder.problem, "it was not full"
        print(recorder.problem)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    return False

network = H.new_network()
recorder, *_ = record(Path(sys.argv[1]), network, TrainingState(), stop=limit)
assert not recorder.problem, recorder.problem
network.parameters.tofile(sys.argv[3])
"""


@pytest.mark.skipif(os.name == "nt", reason="limits on the size of files")
@pytest.mark.parametrize("room", [0, 3000, 60_000])
def test_a_full_disk_is_reported_and_the_training_goes_on(
    run: Run, room: int, tmp_path: Path
) -> None:
    """The disk is full during the second epoch, and has room again in the third."""
    straight = H.new_network()
    for _ in train(straight, mnist().train, H, validation()):
        pass
    result = tmp_path / "weights"
    program = _ON_A_SMALL_DISK.format(path=sys.path)
    done = subprocess.run(
        [sys.executable, "-c", program, str(run.folder), str(room), str(result)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "cannot be recorded" in done.stdout
    np.testing.assert_array_equal(np.fromfile(result, np.float32), straight.parameters)
    # It has recorded the end, and what is missing in the middle has torn nothing.
    checkpoint = run_files.read_checkpoint(run.folder)
    np.testing.assert_array_equal(checkpoint.network.parameters, straight.parameters)
    curve = run_files.read_curve(run.folder)
    assert curve.batches[-1] == 180
    assert run_files.read_epochs(run.folder)[0].epoch == 1
    with Timeline.open(run.folder) as timeline:
        np.testing.assert_array_equal(timeline.read(len(timeline) - 1), straight.parameters)


def test_a_folder_that_has_vanished_is_reported(tmp_path: Path) -> None:
    network = H.new_network()
    recorder, _, _, _ = record(tmp_path / "nowhere", network, TrainingState())
    assert "cannot be recorded" in recorder.problem
    assert not (tmp_path / "nowhere").exists()
