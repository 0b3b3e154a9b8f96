"""The weights of a run at many moments of its training: on disk, exact, and in bounded space.

A timeline is two files in the run's folder. `snapshots.f32` is divided into slots of equal size,
one for the parameters of each snapshot. `snapshots.index` is a log of fixed records that is only
ever appended to: "+" says which snapshot is in a slot, "-" that a slot is free. A slot is
overwritten after its "-" is written and before its "+" is. So the process that writes may be killed
at any moment: a record that is not whole is dropped, and everything before it is intact. Checksums
find what a power failure tore.

When all slots are taken, the most crowded snapshot makes room. Distances are measured on a scale
that is half logarithmic and half linear in the mini-batches done, so that the first moments, in
which a network changes most, stay dense however long the run becomes.
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from io import FileIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitpad.errors import DigitpadError
from digitpad.files import limits, reading
from digitpad.nn.functions import Array

DEFAULT_LIMIT = 256 << 20
"""Bytes of disk that a run's snapshots may take."""

MAX_SNAPSHOTS = 300
"""As many as a film strip on a screen can show apart."""

_MAGIC = b"digitpad timeline 1\n"
_HEADER = struct.Struct("<20sQII")  # magic, parameters, slots, checksum
# + or -, slot, mini-batches, epoch, cost, accuracy, checksum of the weights, of this record.
_RECORD = struct.Struct("<cxxxIQdddII")
_ADDED, _FREED = b"+", b"-"
_MAX_LOG = 1 << 26  # bytes of the index: a million snapshots that came and went


class Snapshot(NamedTuple):
    """Where in a training a snapshot was taken.

    Attributes
    ----------
    batches : int
        Mini-batches done since the run began.
    epoch : float
        Epochs done, with fractions.
    cost : float
        Mean of the last mini-batches; NaN before the first.
    accuracy : float or None
        Fraction of the validation samples read correctly, where an epoch has just ended.
    """

    batches: int
    epoch: float
    cost: float = math.nan
    accuracy: float | None = None


def scale(batches: ArrayLike, newest: float) -> NDArray[np.float64]:
    """Return the places of moments on a scale that is half logarithmic and half linear.

    Parameters
    ----------
    batches : (k,)
        Mini-batches done.
    newest : float
        Those at the end of the scale.

    Returns
    -------
    (k,) float64
        0 before the first mini-batch, 1 at the newest.
    """
    t = np.asarray(batches, float)
    end = max(newest, 1e-9)
    return np.asarray((np.log1p(t) / math.log1p(end) + t / end) / 2)


def _is_possible(snapshot: Snapshot) -> bool:
    return (
        snapshot.batches < 2**53
        and 0 <= snapshot.epoch < 2**53  # not so if it is NaN
        and (snapshot.accuracy is None or 0 <= snapshot.accuracy <= 1)
    )


class _Entry(NamedTuple):
    snapshot: Snapshot
    slot: int
    checksum: int


class Timeline:
    """The snapshots of one run. Get one from `create` or `open`.

    One process may write; others may read at the same time, and `refresh` to see what was added.

    Attributes
    ----------
    folder : Path
    parameters_count : int
        Numbers in a snapshot.
    capacity : int
        The most snapshots that are kept. 0: not even one fits into the limit; none is taken.
    positions : tuple of Snapshot
        Oldest first.
    """

    def __init__(self, folder: Path, index: FileIO, data: FileIO) -> None:
        self.folder = folder
        self.parameters_count: int
        self.capacity: int
        self.positions: tuple[Snapshot, ...] = ()
        self._index = index
        self._data = data
        self._entries: list[_Entry] = []
        header = index.read(_HEADER.size)
        try:
            magic, self.parameters_count, self.capacity, checksum = _HEADER.unpack(header)
        except struct.error:
            magic, checksum = b"", 0
        possible = (
            magic == _MAGIC
            and checksum == zlib.crc32(header[:-4])
            and 4 * self.parameters_count <= limits.MAX_BYTES
            and self.capacity <= MAX_SNAPSHOTS
        )
        if not possible:
            self.close()
            raise DigitpadError(
                f"The snapshots in “{folder}” cannot be read: their index is damaged. The run's "
                "checkpoint may still be good; delete the run if it is not."
            )
        self._end = _HEADER.size
        self.refresh()

    @classmethod
    def create(
        cls, folder: Path, parameters_count: int, limit_bytes: int = DEFAULT_LIMIT
    ) -> Timeline:
        """Begin an empty timeline in a folder that exists, to write to.

        Raises
        ------
        OSError
            If the files cannot be written.
        """
        capacity = min(limit_bytes // (4 * parameters_count), MAX_SNAPSHOTS)
        if capacity < 2:  # neither the first nor the last one could be kept
            capacity = 0
        header = _HEADER.pack(_MAGIC, parameters_count, capacity, 0)[:-4]
        (folder / "snapshots.f32").write_bytes(b"")
        # Written last: without an index there is no timeline.
        (folder / "snapshots.index").write_bytes(header + struct.pack("<I", zlib.crc32(header)))
        return cls.open(folder, writing=True)

    @classmethod
    def open(cls, folder: Path, *, writing: bool = False) -> Timeline:
        """Open the timeline in a run's folder.

        Raises
        ------
        DigitpadError
            If there is none, or its index is damaged.
        """
        mode = "r+" if writing else "r"
        names = ("snapshots.index", "snapshots.f32")
        if any((folder / n).exists() and not reading.is_regular(folder / n) for n in names):
            raise DigitpadError(
                f"The snapshots in “{folder}” are not regular files: this run cannot be played "
                "back."
            )
        try:
            index = FileIO(folder / "snapshots.index", mode)
            try:
                data = FileIO(folder / "snapshots.f32", mode)
            except OSError:
                index.close()
                raise
        except OSError as error:
            raise DigitpadError(
                f"The snapshots in “{folder}” cannot be read ({error.strerror or error}): this run "
                "cannot be played back."
            ) from None
        timeline = cls(folder, index, data)
        if writing:  # nothing behind a torn record may come to life when that is overwritten
            index.truncate(timeline._end)
        return timeline

    def close(self) -> None:
        """Close the files."""
        self._index.close()
        self._data.close()

    def __enter__(self) -> Timeline:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """Return the number of snapshots."""
        return len(self.positions)

    # -- reading ---------------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Take in what was written since, by whichever process; return whether anything was."""
        self._index.seek(self._end)
        added = os.fstat(self._index.fileno()).st_size - self._end
        log = self._index.read(min(max(added, 0), _MAX_LOG)) or b""
        entries = {entry.snapshot.batches: entry for entry in self._entries}
        begin = self._end
        for start in range(0, len(log) - _RECORD.size + 1, _RECORD.size):
            record = log[start : start + _RECORD.size]
            kind, slot, batches, epoch, cost, accuracy, weights, checksum = _RECORD.unpack(record)
            if checksum != zlib.crc32(record[:-4]) or slot >= self.capacity:
                break
            known = None if math.isnan(accuracy) else accuracy
            snapshot = Snapshot(batches, epoch, cost, known)
            if not _is_possible(snapshot):
                break
            if kind == _ADDED:  # also instead of one of the same moment
                entries[batches] = _Entry(snapshot, slot, weights)
            else:
                entries.pop(batches, None)
            self._end += _RECORD.size
        if self._end == begin:
            return False
        self._entries = sorted(entries.values(), key=lambda entry: entry.snapshot.batches)
        self._publish()
        return True

    def _publish(self) -> None:
        self.positions = tuple(entry.snapshot for entry in self._entries)

    def read(self, index: int) -> NDArray[np.float32]:
        """Return the parameters of `positions[index]`, (parameters_count,) float32.

        Raises
        ------
        LookupError
            If they are no longer there: the process that trains has made room since the last
            `refresh`, or a power failure tore them.
        """
        entry = self._entries[index]
        size = 4 * self.parameters_count
        if (entry.slot + 1) * size > os.fstat(self._data.fileno()).st_size:
            raise LookupError(f"the snapshot after {entry.snapshot.batches:,} mini-batches")
        parameters = np.empty(self.parameters_count, np.float32)
        self._data.seek(entry.slot * size)
        view = parameters.data.cast("B")
        got = 0
        while got < len(view):
            count = self._data.readinto(view[got:])
            if not count:
                break
            got += count
        if got != len(view) or zlib.crc32(view) != entry.checksum:
            raise LookupError(f"the snapshot after {entry.snapshot.batches:,} mini-batches")
        return parameters

    def nearest(self, epoch: float) -> int:
        """Return the index of the snapshot that was taken nearest to a moment.

        Raises
        ------
        LookupError
            If there are none.
        """
        if not self.positions:
            raise LookupError("a timeline without snapshots")
        epochs = np.array([position.epoch for position in self.positions])
        return int(np.abs(epochs - epoch).argmin())

    def read_nearest(self, epoch: float) -> tuple[Snapshot, NDArray[np.float32]]:
        """Return the nearest snapshot that can be read; safe while another process writes.

        Raises
        ------
        LookupError
            If there is none.
        """
        self.refresh()
        epochs = np.array([position.epoch for position in self.positions])
        for index in np.abs(epochs - epoch).argsort(kind="stable"):
            try:
                return self.positions[index], self.read(int(index))
            except LookupError:
                continue
        raise LookupError("a timeline without snapshots")

    # -- writing ---------------------------------------------------------------------------------

    def add(self, parameters: Array, snapshot: Snapshot) -> bool:
        """Take a snapshot, thinning the others if there is no room; return whether it was taken.

        It replaces one of the same number of mini-batches. Parameters that are not finite, as
        those of a training that diverges, are not taken.

        Parameters
        ----------
        parameters : (parameters_count,) float32
        snapshot : Snapshot
            Not earlier than the last one.

        Raises
        ------
        OSError
            If the files cannot be written; what was in the timeline is still in it.
        """
        with np.errstate(all="ignore"):
            if not self.capacity or not math.isfinite(parameters.sum(dtype=np.float64)):
                return False
        taken = {entry.slot for entry in self._entries}
        if len(taken) == self.capacity:
            again = self._entries[-1].snapshot.batches == snapshot.batches
            victim = self._entries[-1 if again else self._most_crowded(snapshot.batches)]
            self._append(_FREED, victim)
            self._entries.remove(victim)
            self._publish()
            taken.remove(victim.slot)
        slot = next(slot for slot in range(self.capacity) if slot not in taken)
        content = np.ascontiguousarray(parameters, np.float32).data.cast("B")
        self._data.seek(slot * len(content))
        _write_all(self._data, content)
        entry = _Entry(snapshot, slot, zlib.crc32(content))
        self._append(_ADDED, entry)
        if self._entries and self._entries[-1].snapshot.batches == snapshot.batches:
            self._entries.pop()
        self._entries.append(entry)
        self._publish()
        return True

    def forget_after(self, batches: int) -> None:
        """Remove the snapshots taken after so many mini-batches.

        Raises
        ------
        OSError
            If the index cannot be written.
        """
        while self._entries and self._entries[-1].snapshot.batches > batches:
            self._append(_FREED, self._entries[-1])
            self._entries.pop()
        self._publish()

    def next_after(self, batches: int) -> int:
        """Return after how many mini-batches to take the snapshot that follows one after `batches`.

        After 0, 1, 2, 4, 8 … of them, and in between as densely as thinning would let stay.
        """
        power = 1 << batches.bit_length()  # the next one, 1 after 0
        if not self.capacity or not batches:
            return power
        mean_gap = 2 / max(self.capacity - 1, 1)
        step = mean_gap * batches / (1 + 1 / math.log1p(batches))
        return min(power, batches + max(1, round(step)))

    def _most_crowded(self, newest: int) -> int:
        """Return the index of the snapshot whose neighbours are nearest to each other.

        The first stays, for it is the untrained network. So does the last, unless there are only
        two: a process killed before the new one is written would leave a timeline that ends early.
        """
        if len(self._entries) == 2:
            return 1
        place = scale([entry.snapshot.batches for entry in self._entries], newest)
        return int((place[2:] - place[:-2]).argmin()) + 1

    def _append(self, kind: bytes, entry: _Entry) -> None:
        snapshot = entry.snapshot
        accuracy = math.nan if snapshot.accuracy is None else snapshot.accuracy
        record = _RECORD.pack(
            *(kind, entry.slot, snapshot.batches, snapshot.epoch, snapshot.cost, accuracy),
            *(entry.checksum, 0),
        )[:-4]
        # Where the last whole record ends, so that a torn one is overwritten.
        self._index.seek(self._end)
        _write_all(self._index, memoryview(record + struct.pack("<I", zlib.crc32(record))))
        self._end += _RECORD.size


def _write_all(file: FileIO, content: memoryview) -> None:
    """Write to an unbuffered file, which may take less than it is given at once."""
    written = 0
    while written < len(content):
        written += file.write(content[written:])
