"""The user's runs: one folder for each, in the user's data folder.

Windows that are open at the same time share the store. Each run has a folder of its own with a name
that no other can have, and whoever trains it holds its lock, so that they lose nothing of each
other's. What a process that was killed left behind is an interrupted run, which can be resumed.

A deleted run is only put aside, so that it can be restored; `tidy` removes it for good later.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import platformdirs

from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.training import run_files
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import Job
from digitpad.training.run_files import Kind, Parent, Run, Status
from digitpad.training.scores import Scores
from digitpad.training.timeline import Timeline

DEFAULT_LIMIT = 4 << 30
"""Bytes of disk that all runs together should take."""

_DELETED = ".deleted-"
_UNDO_SECONDS = 3600.0


def default_folder() -> Path:
    """Return the folder of the user's runs."""
    return Path(platformdirs.user_data_dir("digitpad", appauthor=False)) / "runs"


class RunStore:
    """The runs in a folder.

    Parameters
    ----------
    folder : Path, optional
        Made when the first run is; by default the user's.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = default_folder() if folder is None else folder

    # -- what there is ---------------------------------------------------------------------------

    def runs(self) -> list[Run]:
        """Return all runs, the oldest first."""
        runs = []
        for folder in self._folders():
            with suppress(DigitpadError, OSError):  # another window has just deleted it
                runs.append(run_files.read(folder))
        return sorted(runs, key=lambda run: (run.created, run.id))

    def _folders(self) -> list[Path]:
        try:
            with os.scandir(self.folder) as entries:
                return [
                    Path(entry.path)
                    for entry in entries
                    if entry.is_dir() and not entry.name.startswith(".")
                ]
        except OSError:
            return []

    def get(self, run_id: str) -> Run:
        """Return one run.

        Raises
        ------
        DigitpadError
            If there is none of this id.
        """
        return run_files.read(self._folder_of(run_id))

    def _folder_of(self, run_id: str) -> Path:
        if not run_id or run_id.startswith(".") or Path(run_id).name != run_id:
            raise DigitpadError(f"“{run_id}” is not a run: choose one from the list.")
        return self.folder / run_id

    def timeline(self, run_id: str) -> Timeline:
        """Open a run's snapshots, to read them.

        Raises
        ------
        DigitpadError
            If there are none.
        """
        return Timeline.open(self._folder_of(run_id))

    def network(self, run_id: str) -> Network:
        """Return the newest network of a run: of its checkpoint or, if that is older, a snapshot.

        Raises
        ------
        DigitpadError
            If there is none that can be read.
        """
        run = self.get(run_id)
        if run.kind is Kind.TUNED:
            return model_file.load(run.folder / run_files.MODEL).network
        checkpoint = None
        with suppress(DigitpadError):
            checkpoint = run_files.read_checkpoint(run.folder)
        with suppress(DigitpadError, LookupError), self.timeline(run_id) as timeline:
            newest = timeline.positions[-1].batches if timeline.positions else -1
            if checkpoint is None or newest > checkpoint.batches:
                _, parameters = timeline.read_nearest(timeline.positions[-1].epoch)
                return self.blank_network(run_id).with_parameters(parameters)
        if checkpoint is None:
            raise DigitpadError(f"“{run.name}” has not been trained yet: train it first.")
        return checkpoint.network

    def blank_network(self, run_id: str) -> Network:
        """Return a network with the layers and functions of a run; its weights mean nothing.

        Raises
        ------
        DigitpadError
            If they are not known.
        """
        run = self.get(run_id)
        if run.kind is Kind.TUNED:
            return self.network(run_id)
        if run.hyperparameters is not None:
            return run.hyperparameters.new_network()
        return run_files.read_checkpoint(run.folder).network

    # -- making and changing ---------------------------------------------------------------------

    def create(
        self,
        name: str,
        hyperparameters: Hyperparameters | None = None,
        *,
        data: Path | None = None,
        preset: str = "",
        parent: Parent | None = None,
    ) -> Run:
        """Make the folder of a new run.

        Raises
        ------
        DigitpadError
            If that is impossible.
        """
        run = Run(
            self.folder,
            name=name,
            hyperparameters=hyperparameters,
            data=None if data is None else data.absolute(),
            preset=preset,
            parent=parent,
        )
        return self._add(run)

    def add_opened(
        self, path: Path, name: str, sizes: tuple[int, ...], accuracy: float | None = None
    ) -> Run:
        """Keep a model file that was opened among the runs; one of the same path is kept once.

        Raises
        ------
        DigitpadError
            If that is impossible.
        """
        path = path.absolute()
        for run in self.runs():
            if run.kind is Kind.OPENED and run.path == path:
                changed = replace(run, sizes=sizes, accuracy=accuracy)
                run_files.write_about(changed)
                return changed
        opened = Run(self.folder, Kind.OPENED, name, path=path, sizes=sizes, accuracy=accuracy)
        return self._add(opened)

    def add_tuned(self, name: str, model: Model, scores: Scores) -> Run:
        """Keep a network that was fine-tuned among the runs, with all its metadata.

        Raises
        ------
        DigitpadError
            If that is impossible; nothing is left behind then.
        """
        sizes = model.network.sizes
        tuned = Run(self.folder, Kind.TUNED, name, sizes=sizes, scores=scores)
        run = self._add(replace(tuned, accuracy=scores.accuracy))
        try:
            model_file.save(run.folder / run_files.MODEL, model)
        except DigitpadError:
            shutil.rmtree(run.folder, ignore_errors=True)
            raise
        return run

    def _add(self, run: Run) -> Run:
        used = {each.colour for each in self.runs()}
        colour = next(index for index in range(len(used) + 1) if index not in used)
        stamp = time.strftime("%Y%m%d-%H%M%S")
        folder = self.folder / f"{stamp}-{uuid.uuid4().hex[:8]}"
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise DigitpadError(
                f"Runs cannot be kept in “{self.folder}” ({error.strerror or error}): make room "
                "there, or make the folder writable."
            ) from None
        made = replace(run, folder=folder, colour=colour, created=time.time())
        try:
            run_files.write_about(made)
        except DigitpadError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return run_files.read(folder)

    def rename(self, run_id: str, name: str) -> None:
        """Give a run another name.

        Raises
        ------
        DigitpadError
            If that is impossible.
        """
        run_files.write_about(replace(self.get(run_id), name=name))

    def pin(self, run_id: str, pinned: bool) -> None:
        """Never throw a run away to make room, or allow it again.

        Raises
        ------
        DigitpadError
            If that is impossible.
        """
        run_files.write_about(replace(self.get(run_id), pinned=pinned))

    # -- deleting --------------------------------------------------------------------------------

    def delete(self, run_id: str) -> None:
        """Put a run aside; `restore` brings it back.

        Raises
        ------
        DigitpadError
            If it is being trained, or cannot be deleted.
        """
        run = self.get(run_id)
        if run.status is Status.RUNNING:
            raise DigitpadError(f"“{run.name}” is being trained: stop it first.")
        try:
            os.utime(run.folder)  # from now on it can be restored for an hour
            run.folder.rename(self.folder / (_DELETED + run_id))
        except OSError as error:
            raise DigitpadError(
                f"“{run.name}” cannot be deleted ({error.strerror or error}): close other windows "
                "of digitpad, and try again."
            ) from None

    def restore(self, run_id: str) -> Run:
        """Bring a deleted run back.

        Raises
        ------
        DigitpadError
            If it is gone for good.
        """
        try:
            (self.folder / (_DELETED + run_id)).rename(self._folder_of(run_id))
        except OSError:
            raise DigitpadError("This run has been deleted for good.") from None
        return self.get(run_id)

    def tidy(self, *, at_once: bool = False) -> None:
        """Remove for good what was deleted an hour ago, or `at_once` everything deleted."""
        oldest = time.time() - _UNDO_SECONDS
        for folder in self.folder.glob(_DELETED + "*"):
            with suppress(OSError):
                if at_once or folder.stat().st_mtime < oldest:
                    shutil.rmtree(folder)
        for folder in self._folders():
            with suppress(OSError):
                if folder.stat().st_mtime < oldest and self._is_empty(folder):
                    shutil.rmtree(folder)

    def _is_empty(self, folder: Path) -> bool:
        """Whether a run ended before it had anything to return to."""
        if any((folder / name).exists() for name in (run_files.CHECKPOINT, "snapshots.index")):
            return False
        try:
            run = run_files.read(folder)
        except DigitpadError:  # it was cut short when it was made
            return True
        if run.kind is Kind.TUNED:
            return not (folder / run_files.MODEL).exists()
        return run.kind is Kind.TRAINED and run.status is Status.NEW

    # -- disk ------------------------------------------------------------------------------------

    def bytes_used(self) -> int:
        """Return how many bytes of disk all runs take, those to be restored included."""
        deleted = self.folder.glob(_DELETED + "*")
        return sum(map(run_files.disk_bytes, [*self._folders(), *deleted]))

    def surplus(self, limit: int = DEFAULT_LIMIT, keep: Collection[str] = ()) -> list[Run]:
        """Return the runs to delete so that the others fit into the limit: the oldest first.

        Their space is free once `tidy` has removed them.

        Parameters
        ----------
        limit : int
            Bytes.
        keep : collection of str
            Ids of runs to spare, such as the one that is open; running and pinned ones always are.
        """
        runs = self.runs()
        size_of = {run.id: run_files.disk_bytes(run.folder) for run in runs}
        used = sum(size_of.values())
        chosen = []
        for run in runs:
            if used <= limit:
                break
            spared = run.pinned or run.status is Status.RUNNING or run.id in keep
            if run.kind is not Kind.OPENED and not spared:
                chosen.append(run)
                used -= size_of[run.id]
        return chosen

    # -- jobs ------------------------------------------------------------------------------------

    def resume(self, run_id: str, hyperparameters: Hyperparameters | None = None) -> Job:
        """Return the job that continues a run from its checkpoint, bit for bit.

        Parameters
        ----------
        run_id : str
        hyperparameters : Hyperparameters, optional
            With which to go on, such as more epochs; by default those of the checkpoint.

        Raises
        ------
        DigitpadError
            If it has no checkpoint that can be read, or is being trained.
        """
        run = self.get(run_id)
        if run.status is Status.RUNNING:
            raise DigitpadError(f"“{run.name}” is being trained already.")
        checkpoint = run_files.read_checkpoint(run.folder)
        chosen = hyperparameters or checkpoint.state.hyperparameters or run.hyperparameters
        if chosen is None:
            raise DigitpadError(
                f"It is not known how “{run.name}” was trained: choose hyperparameters, and train "
                "its network as a new run."
            )
        return Job(
            chosen,
            run.data,
            checkpoint.network,
            checkpoint.state,
            checkpoint.data_name,
            run.folder,
        )

    def branch(
        self, run_id: str, index: int, name: str, hyperparameters: Hyperparameters | None = None
    ) -> Job:
        """Return the job of a new run that begins with a snapshot of another.

        A snapshot is the network alone. So the new run's epochs are counted from 0, and momentum
        and Adam's means begin at zero: the first steps differ from those that followed in the
        other run. Only where the snapshot is the checkpoint's moment is the state known too; then
        the new run goes on exactly as the other would have. `Parent.exact` says which.

        Parameters
        ----------
        run_id : str
        index : int
            Of the snapshot, in `Timeline.positions`.
        name : str
            Of the new run.
        hyperparameters : Hyperparameters, optional
            By default the other run's. Its epochs come on top of those that an exact state has.

        Raises
        ------
        DigitpadError
            If the snapshot cannot be read, or the new run cannot be made.
        """
        run = self.get(run_id)
        chosen = hyperparameters or run.hyperparameters
        if chosen is None:
            raise DigitpadError(
                f"It is not known how “{run.name}” was trained: choose hyperparameters first."
            )
        with self.timeline(run_id) as timeline:
            try:
                snapshot, parameters = timeline.positions[index], timeline.read(index)
            except LookupError:
                raise DigitpadError(
                    "This snapshot has made room for newer ones: choose another."
                ) from None
        network = chosen.new_network()
        own = run.hyperparameters
        if network.parameters.shape != parameters.shape or (
            own is not None and not _same_network(own, chosen)
        ):
            raise DigitpadError(
                f"The network of “{run.name}” has other layers or activation functions than these "
                "hyperparameters: choose the same ones."
            )
        network.parameters[...] = parameters
        state, data_name = None, run.data_name
        with suppress(DigitpadError):
            checkpoint = run_files.read_checkpoint(run.folder)
            if checkpoint.batches == snapshot.batches:
                state, data_name = checkpoint.state, checkpoint.data_name
                if chosen.epochs <= state.epoch:
                    chosen = chosen.replace(epochs=state.epoch + chosen.epochs)
        parent = Parent(run_id, run.name, snapshot.batches, snapshot.epoch, exact=state is not None)
        made = self.create(name, chosen, data=run.data, preset=run.preset, parent=parent)
        return Job(chosen, run.data, network, state, data_name, made.folder)

    def begin(self, name: str, job: Job, *, preset: str = "") -> Job:
        """Return a job with the folder of a new run to record it in.

        Raises
        ------
        DigitpadError
            If the folder cannot be made; the job can still be done without.
        """
        run = self.create(name, job.hyperparameters, data=job.data, preset=preset)
        return replace(job, run=run.folder)


def _same_network(one: Hyperparameters, other: Hyperparameters) -> bool:
    names = ("hidden_layers", "activation", "output_activation")
    return all(getattr(one, name) == getattr(other, name) for name in names)
