"""A recorded run, played back while it is there, grows and goes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from digitpad.errors import DigitpadError
from digitpad.training import run_files
from digitpad.training.playback import Playback
from digitpad.training.run_store import RunStore
from digitpad.training.state import TrainingState
from digitpad.training.timeline import Snapshot, Timeline
from tests.training.test_recording import H, record


def test_it_shows_what_was_recorded(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run = store.create("run", H)
    _, weights, costs, epochs = record(run.folder, H.new_network(), TrainingState())
    with Playback(store, run.id) as playback:
        assert playback.run == store.get(run.id)
        np.testing.assert_allclose(playback.curve.cost, costs, rtol=1e-6)
        assert playback.accuracies == [(each.epoch, each.validation_accuracy) for each in epochs]
        for index, snapshot in enumerate(playback.snapshots):
            network = playback.network(index)
            np.testing.assert_array_equal(network.parameters, weights[snapshot.batches])
            assert network.cost == H.cost


def test_a_snapshot_that_has_made_room_is_its_neighbour(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run = store.create("run", H)
    parameters = H.new_network().parameters
    limit = 6 * parameters.nbytes
    with Timeline.create(run.folder, parameters.size, limit) as writer:
        for batches in range(6):
            writer.add(parameters + batches, Snapshot(batches, batches))
        with Playback(store, run.id) as playback:
            for batches in range(6, 40):
                writer.add(parameters + batches, Snapshot(batches, batches))
            kept = np.array([snapshot.batches for snapshot in writer.positions])
            for index, snapshot in enumerate(playback.snapshots):
                found = playback.network(index).parameters
                distance = np.abs(kept - snapshot.batches)
                nearest = kept[distance == distance.min()]
                assert any(np.array_equal(found, parameters + int(each)) for each in nearest)
            assert len(playback.snapshots) == 6
            playback.refresh()
            assert [snapshot.batches for snapshot in playback.snapshots] == kept.tolist()


def test_what_is_gone_is_a_sentence(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run = store.create("run", H)
    with pytest.raises(DigitpadError, match="cannot be played back"):
        Playback(store, run.id)
    with pytest.raises(DigitpadError, match="not there any more"):
        Playback(store, "nobody")
    record(run.folder, H.new_network(), TrainingState())
    with Playback(store, run.id) as playback:
        content = (run.folder / "snapshots.f32").read_bytes()
        (run.folder / "snapshots.f32").write_bytes(bytes(len(content)))
        with pytest.raises(DigitpadError, match="cannot be read"):
            playback.network(0)
        before = playback.run
        (run.folder / run_files.ABOUT).unlink()  # deleted in another window
        playback.refresh()
        assert playback.run == before
