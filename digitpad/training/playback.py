"""A recorded run, played back: its snapshots, its curve, and the network of each moment."""

from __future__ import annotations

from contextlib import suppress

from digitpad.errors import DigitpadError
from digitpad.nn.network import Network
from digitpad.training import run_files
from digitpad.training.run_files import Curve, Run
from digitpad.training.run_store import RunStore
from digitpad.training.timeline import Snapshot, Timeline


class Playback:
    """Reads one run, also while another process trains it. A context manager.

    Parameters
    ----------
    store : RunStore
    run_id : str

    Attributes
    ----------
    run : Run
    snapshots : tuple of Snapshot
        Oldest first.
    curve : Curve
    accuracies : list of (epoch, validation accuracy)

    Raises
    ------
    DigitpadError
        If there is no such run, or nothing of it to play back.
    """

    def __init__(self, store: RunStore, run_id: str) -> None:
        self.run: Run = store.get(run_id)
        self._network = store.blank_network(run_id)
        self._timeline: Timeline = store.timeline(run_id)
        self._read()

    def close(self) -> None:
        """Close the files; a run that is open cannot be deleted everywhere."""
        self._timeline.close()

    def __enter__(self) -> Playback:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def refresh(self) -> None:
        """Take in what has been recorded since."""
        with suppress(DigitpadError):  # deleted meanwhile: what is known stays
            self.run = run_files.read(self.run.folder)
        self._timeline.refresh()
        self._read()

    def _read(self) -> None:
        self.snapshots: tuple[Snapshot, ...] = self._timeline.positions
        self.curve: Curve = run_files.read_curve(self.run.folder)
        self.accuracies = run_files.validation_accuracies(self.run.folder)

    def network(self, index: int) -> Network:
        """Return the network of a snapshot; if it has made room for newer ones, of the nearest.

        Raises
        ------
        DigitpadError
            If no snapshot can be read.
        """
        wanted = self.snapshots[index]
        try:
            now = self._timeline.positions
            if index >= len(now) or now[index].batches != wanted.batches:
                raise LookupError
            parameters = self._timeline.read(index)
        except LookupError:
            try:
                _, parameters = self._timeline.read_nearest(wanted.epoch)
            except LookupError:
                raise DigitpadError(
                    f"The snapshots of “{self.run.name}” cannot be read: its newest network is "
                    "still there."
                ) from None
        return self._network.with_parameters(parameters)
