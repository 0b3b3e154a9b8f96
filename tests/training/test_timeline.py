"""Snapshots on disk: exact, bounded, dense at first, and whole whatever happens to who writes."""

from __future__ import annotations

import math
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitpad.errors import DigitpadError
from digitpad.nn.functions import Array
from digitpad.training.timeline import MAX_SNAPSHOTS, Snapshot, Timeline, scale

COUNT = 50
SIZE = 4 * COUNT


def weights(batches: int, count: int = COUNT) -> Array:
    """Return parameters that only this moment has."""
    return np.random.default_rng(batches).standard_normal(count, np.float32)


def moment(batches: int) -> Snapshot:
    return Snapshot(batches, batches / 100, 1 / (1 + batches), 0.5 if batches % 100 == 0 else None)


def record(timeline: Timeline, until: int, start: int = 0) -> None:
    """Take snapshots when they are due."""
    batches = start
    while batches <= until:
        assert timeline.add(weights(batches), moment(batches))
        batches = timeline.next_after(batches)


def batches_in(timeline: Timeline) -> list[int]:
    return [position.batches for position in timeline.positions]


def assert_exact(timeline: Timeline) -> None:
    for index, position in enumerate(timeline.positions):
        np.testing.assert_array_equal(timeline.read(index), weights(position.batches))
        assert position == moment(position.batches)


@pytest.fixture
def timeline(tmp_path: Path) -> Iterator[Timeline]:
    with Timeline.create(tmp_path, COUNT, 20 * SIZE) as made:
        yield made


def test_what_is_read_is_what_was_taken(timeline: Timeline) -> None:
    record(timeline, 10)
    assert batches_in(timeline) == list(range(11))
    assert_exact(timeline)
    with Timeline.open(timeline.folder) as again:
        assert again.positions == timeline.positions
        assert again.parameters_count == COUNT
        assert_exact(again)


def test_a_cost_that_is_not_known_stays_unknown(timeline: Timeline) -> None:
    timeline.add(weights(0), Snapshot(0, 0.0))
    with Timeline.open(timeline.folder) as again:
        assert math.isnan(again.positions[0].cost)
        assert again.positions[0].accuracy is None


def test_the_nearest_is_found_by_its_epoch(timeline: Timeline) -> None:
    with pytest.raises(LookupError):
        timeline.nearest(0.0)
    for batches in (0, 100, 300):
        timeline.add(weights(batches), moment(batches))
    assert [timeline.nearest(epoch) for epoch in (-1, 0.4, 0.6, 1.9, 2.1, 99)] == [0, 0, 1, 1, 2, 2]
    position, parameters = timeline.read_nearest(2.9)
    assert position.batches == 300
    np.testing.assert_array_equal(parameters, weights(300))


def test_a_long_run_stays_within_its_limit_and_dense_at_first(tmp_path: Path) -> None:
    limit = 100 * SIZE
    with Timeline.create(tmp_path, COUNT, limit) as timeline:
        record(timeline, 100_000)
        kept = batches_in(timeline)
        assert len(kept) == timeline.capacity == 100
        assert (tmp_path / "snapshots.f32").stat().st_size <= limit
        # The log of what was taken grows with the logarithm of the run's length.
        assert (tmp_path / "snapshots.index").stat().st_size < 60_000
        assert kept[0] == 0
        assert_exact(timeline)
        # The first hundred mini-batches have far more than their part of a thousandth, and no
        # other stretch of the run is empty.
        assert sum(batches <= 100 for batches in kept) >= 15
        gaps = np.diff(kept)
        assert gaps[:8].max() <= 2
        assert gaps.max() <= 100_000 / 20
    with Timeline.open(tmp_path) as again:
        assert batches_in(again) == kept


def test_on_its_scale_snapshots_lie_evenly(tmp_path: Path) -> None:
    with Timeline.create(tmp_path, COUNT, 60 * SIZE) as timeline:
        record(timeline, 50_000)
        kept = batches_in(timeline)
    place = scale(kept, kept[-1])
    assert place[0] == 0
    assert place[-1] == 1
    # But for the very first mini-batches, between which there is nothing.
    assert np.diff(place[kept.index(8) :]).max() < 3 / 60


def test_few_large_snapshots_still_span_the_run(tmp_path: Path) -> None:
    with Timeline.create(tmp_path, COUNT, 6 * SIZE) as timeline:
        record(timeline, 20_000)
        kept = batches_in(timeline)
    assert len(kept) == 6
    assert kept[0] == 0
    assert kept[1] < 2000
    assert kept[-1] > 15_000


def test_the_number_of_snapshots_is_bounded_too(tmp_path: Path) -> None:
    with Timeline.create(tmp_path, 1) as timeline:
        assert timeline.capacity == MAX_SNAPSHOTS
        record_ones = [timeline.add(np.ones(1, np.float32), Snapshot(n, n)) for n in range(600)]
        assert all(record_ones)
        assert len(timeline) == MAX_SNAPSHOTS


@pytest.mark.parametrize("limit", [0, SIZE, 2 * SIZE - 1])
def test_where_not_two_fit_none_is_taken(tmp_path: Path, limit: int) -> None:
    with Timeline.create(tmp_path, COUNT, limit) as timeline:
        assert not timeline.add(weights(0), moment(0))
        assert timeline.next_after(5) > 5
        assert (tmp_path / "snapshots.f32").stat().st_size == 0


def test_two_are_the_first_and_the_newest(tmp_path: Path) -> None:
    with Timeline.create(tmp_path, COUNT, 2 * SIZE) as timeline:
        record(timeline, 1000)
        kept = batches_in(timeline)
        assert kept[0] == 0
        assert kept[1] >= 512
        assert_exact(timeline)


def test_a_snapshot_of_the_same_moment_replaces_the_first(timeline: Timeline) -> None:
    record(timeline, 4)
    timeline.add(-weights(4), Snapshot(4, 0.04, 0.1, 0.9))
    with Timeline.open(timeline.folder) as again:
        for each in (timeline, again):
            assert batches_in(each) == [0, 1, 2, 3, 4]
            assert each.positions[-1].accuracy == 0.9
            np.testing.assert_array_equal(each.read(4), -weights(4))
    for batches in range(5, 60):  # its slot is free again
        timeline.add(weights(batches), moment(batches))
    assert len(timeline) == timeline.capacity


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_of_a_training_that_diverges_are_not_taken(
    timeline: Timeline, value: float
) -> None:
    parameters = weights(3)
    parameters[7] = value
    assert not timeline.add(parameters, moment(3))
    assert not timeline.positions


def test_what_came_after_a_checkpoint_can_be_forgotten(timeline: Timeline) -> None:
    record(timeline, 16)
    timeline.forget_after(7)
    assert batches_in(timeline) == list(range(8))
    timeline.add(weights(9), moment(9))
    with Timeline.open(timeline.folder) as again:
        assert batches_in(again) == [*range(8), 9]
        assert_exact(again)


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.one_of(st.integers(1, 40), st.integers(-30, -1), st.just(0)), min_size=1, max_size=60
    ),
    capacity=st.integers(2, 9),
)
def test_reading_agrees_with_writing_after_any_history(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], capacity: int
) -> None:
    """Positive: go on by so many mini-batches; negative: back by so many; 0: the same moment."""
    folder = tmp_path_factory.mktemp("history")
    with (
        Timeline.create(folder, COUNT, capacity * SIZE) as timeline,
        Timeline.open(folder) as reader,
    ):
        batches = 0
        for step in steps:
            if step < 0:
                batches = max(0, batches + step)
                timeline.forget_after(batches)
            else:
                batches += step
                timeline.add(weights(batches), moment(batches))
            reader.refresh()
            with Timeline.open(folder) as fresh:
                assert fresh.positions == reader.positions == timeline.positions
                assert_exact(fresh)
            assert len(timeline) <= capacity


def test_a_reader_sees_what_is_written_meanwhile(timeline: Timeline) -> None:
    with Timeline.open(timeline.folder) as reader:
        assert not reader.refresh()
        record(timeline, 4)
        assert reader.refresh()
        assert reader.positions == timeline.positions
        record(timeline, 3000, start=5)
        # Most of what the reader knows is gone; it finds that out, and what is nearest.
        gone = 0
        for index, position in enumerate(reader.positions):
            try:
                np.testing.assert_array_equal(reader.read(index), weights(position.batches))
            except LookupError:
                gone += 1
        assert gone
        position, parameters = reader.read_nearest(12.0)
        np.testing.assert_array_equal(parameters, weights(position.batches))
        assert abs(position.epoch - 12.0) < 3


# -- torn and damaged files --------------------------------------------------------------------


@pytest.fixture
def recorded(timeline: Timeline) -> Path:
    record(timeline, 500)
    return timeline.folder


def test_an_index_cut_anywhere_keeps_what_is_before(recorded: Path, tmp_path: Path) -> None:
    index = (recorded / "snapshots.index").read_bytes()
    copy = tmp_path / "cut"
    for end in random.Random(1).sample(range(36, len(index)), 60):
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        shutil.copy(recorded / "snapshots.f32", copy)
        (copy / "snapshots.index").write_bytes(index[:end])
        with Timeline.open(copy, writing=True) as timeline:
            # What was overwritten since the record that is now the last cannot be there.
            readable = 0
            for at, position in enumerate(timeline.positions):
                try:
                    np.testing.assert_array_equal(timeline.read(at), weights(position.batches))
                    readable += 1
                except LookupError:
                    pass
            assert readable or not timeline.positions
            timeline.add(weights(600), moment(600))
            written = timeline.positions
        with Timeline.open(copy) as timeline:
            assert timeline.positions == written
            np.testing.assert_array_equal(timeline.read(len(written) - 1), weights(600))


def test_the_last_snapshot_stays_until_a_newer_one_is_written(recorded: Path) -> None:
    """At whichever record the process that writes is killed."""
    index = (recorded / "snapshots.index").read_bytes()
    last = -1
    for end in range(36 + 48, len(index) + 1, 48):
        (recorded / "snapshots.index").write_bytes(index[:end])
        with Timeline.open(recorded) as timeline:
            assert batches_in(timeline)[-1] >= last
            last = batches_in(timeline)[-1]
    assert last > 400


def test_what_lay_behind_a_torn_record_stays_dead(recorded: Path) -> None:
    path = recorded / "snapshots.index"
    index = bytearray(path.read_bytes())
    index[36 + 3 * 48 + 20] ^= 1
    path.write_bytes(index)
    with Timeline.open(recorded, writing=True) as timeline:
        assert batches_in(timeline) == [0, 1, 2]
        timeline.add(weights(7), moment(7))
    with Timeline.open(recorded) as timeline:
        assert batches_in(timeline) == [0, 1, 2, 7]
        np.testing.assert_array_equal(timeline.read(3), weights(7))


def test_damaged_weights_are_never_returned(recorded: Path) -> None:
    path = recorded / "snapshots.f32"
    content = bytearray(path.read_bytes())
    for at in range(0, len(content), SIZE):
        content[at] ^= 255
    path.write_bytes(content[:-10])
    with Timeline.open(recorded) as timeline:
        for index in range(len(timeline)):
            with pytest.raises(LookupError):
                timeline.read(index)
        with pytest.raises(LookupError):
            timeline.read_nearest(0.0)


@pytest.mark.parametrize("content", [b"", b"x" * 36, b"digitpad timeline 1\n" + bytes(16)])
def test_an_index_that_is_none_is_refused(recorded: Path, content: bytes) -> None:
    (recorded / "snapshots.index").write_bytes(content)
    with pytest.raises(DigitpadError, match="damaged"):
        Timeline.open(recorded)


def index_of(count: int, slots: int, *snapshots: Snapshot) -> bytes:
    """Return an index that says this, with the checksums that it needs."""
    parts = [struct.pack("<20sQI", b"digitpad timeline 1\n", count, slots)]
    for of in snapshots:
        numbers = (0, of.batches, of.epoch, of.cost, of.accuracy or math.nan, 0)
        parts.append(struct.pack("<cxxxIQdddI", b"+", *numbers))
    return b"".join(part + struct.pack("<I", zlib.crc32(part)) for part in parts)


@pytest.mark.parametrize(("count", "slots"), [(2**63, 2), (2**40, 2), (COUNT, 2**32 - 1)])
def test_an_index_of_impossible_sizes_is_refused(recorded: Path, count: int, slots: int) -> None:
    (recorded / "snapshots.index").write_bytes(index_of(count, slots))
    with pytest.raises(DigitpadError, match="damaged"):
        Timeline.open(recorded)


def test_weights_that_are_not_there_take_no_memory(recorded: Path) -> None:
    (recorded / "snapshots.index").write_bytes(index_of(1 << 28, 2, moment(1)))
    tracemalloc.start()
    try:
        with Timeline.open(recorded) as timeline, pytest.raises(LookupError):
            timeline.read(0)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "wrong",
    [
        Snapshot(2, math.nan),
        Snapshot(2, math.inf),
        Snapshot(2, -1.0),
        Snapshot(2**60, 1.0),
        Snapshot(2, 1.0, 1.0, 1.5),
    ],
)
def test_an_impossible_snapshot_ends_an_index(recorded: Path, wrong: Snapshot) -> None:
    content = index_of(COUNT, 2, Snapshot(1, 0.5, 1.0, 0.5), wrong, Snapshot(3, 0.6, 1.0, 0.5))
    (recorded / "snapshots.index").write_bytes(content)
    with Timeline.open(recorded) as timeline:
        assert batches_in(timeline) == [1]


@pytest.mark.skipif(sys.platform == "win32", reason="FIFOs")
@pytest.mark.parametrize("name", ["snapshots.index", "snapshots.f32"])
def test_a_fifo_is_refused(recorded: Path, name: str) -> None:
    (recorded / name).unlink()
    os.mkfifo(recorded / name)
    with pytest.raises(DigitpadError, match="not regular files"):
        Timeline.open(recorded)


@pytest.mark.parametrize("name", ["snapshots.index", "snapshots.f32"])
def test_a_missing_file_is_refused(recorded: Path, name: str) -> None:
    (recorded / name).unlink()
    with pytest.raises(DigitpadError, match="cannot be played back"):
        Timeline.open(recorded)


# -- processes that are killed, and full disks -------------------------------------------------

_WRITER = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
from digitpad.training.timeline import Timeline
from tests.training.test_timeline import moment, weights
with Timeline.open(Path(sys.argv[1]), writing=True) as timeline:
    batches = timeline.positions[-1].batches + 1 if timeline.positions else 0
    print("ready", flush=True)
    while True:
        timeline.add(weights(batches), moment(batches))
        batches += 1
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_a_writer_killed_at_any_moment_leaves_everything_whole(tmp_path: Path) -> None:
    Timeline.create(tmp_path, COUNT, 30 * SIZE).close()
    chance = random.Random(2)
    last = -1
    for _ in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", _WRITER.format(path=sys.path), str(tmp_path)],
            stdout=subprocess.PIPE,
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            time.sleep(chance.random() * 0.05)
            os.kill(writer.pid, signal.SIGKILL)
        with Timeline.open(tmp_path) as timeline:
            assert_exact(timeline)
            kept = batches_in(timeline)
            if kept:
                assert kept[0] == 0
                assert kept[-1] >= last
                last = kept[-1]
    assert last > 30


_ON_A_SMALL_DISK = """
import resource, signal, sys
from pathlib import Path
sys.path[:0] = {path!r}
from digitpad.training.timeline import Timeline
from tests.training.test_timeline import SIZE, moment, weights
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
failed = 0
with Timeline.open(Path(sys.argv[1]), writing=True) as timeline:
    for batches in range(40):
        try:
            timeline.add(weights(batches), moment(batches))
        except OSError:
            failed += 1
print(failed)
"""


@pytest.mark.skipif(os.name == "nt", reason="limits on the size of files")
@pytest.mark.parametrize("room", [5 * SIZE + 30, 400])
def test_a_full_disk_loses_nothing_that_was_taken(tmp_path: Path, room: int) -> None:
    """`room` ends within the weights, or within the index."""
    Timeline.create(tmp_path, COUNT, 30 * SIZE).close()
    program = _ON_A_SMALL_DISK.format(path=sys.path)
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), str(room)], capture_output=True, check=True
    )
    assert int(done.stdout) > 10
    with Timeline.open(tmp_path, writing=True) as timeline:
        assert timeline.positions
        assert_exact(timeline)
        timeline.add(weights(100), moment(100))  # when there is room again, it goes on
        assert batches_in(timeline)[-1] == 100
        assert_exact(timeline)
