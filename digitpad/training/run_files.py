"""The folder of one run: what is in its files, and how they are read.

    run.json          what the run is: its name, colour, hyperparameters, parent; written by windows
    progress.json     how far it has come; this and all below is written by the process that trains
    curve.f64         cost and learning rate of the mini-batches; grows
    epochs.jsonl      a report of each epoch; grows
    snapshots.*       the weights over time (see `timeline`)
    checkpoint.npz    a model file with the training's state, from which it resumes bit for bit
    lock              held while a process trains the run
    model.npz         the network, where that was fine-tuned

JSON and the checkpoint are replaced in one step. The files that grow may lose a torn end, never
what is before it. What the files say is checked; what is missing gets a plain value, so that no run
disappears because one of its files is damaged.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitpad.errors import DigitpadError
from digitpad.files import json_text, limits, reading, writing
from digitpad.files.json_text import BadJson
from digitpad.nn import model_file
from digitpad.nn.network import Network
from digitpad.training import scores
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.scores import Scores
from digitpad.training.sgd import EpochReport
from digitpad.training.state import TrainingState

ABOUT, PROGRESS, CURVE, EPOCHS = "run.json", "progress.json", "curve.f64", "epochs.jsonl"
CHECKPOINT, LOCK = "checkpoint.npz", "lock"
MODEL = "model.npz"

CURVE_COLUMNS = 6

# Far more than is ever written: curves have some 1,000 points, runs at most 10,000 epochs.
_MAX_FILE_BYTES = 16 << 20
_MAX_JSON_BYTES = 1 << 20
_MAX_TEXT = 4096  # characters of a name or a path


class Kind(Enum):
    """Where a run's network came from."""

    TRAINED = "trained"
    OPENED = "opened"
    TUNED = "fine-tuned"


class Status(Enum):
    """Whether a run goes on."""

    NEW = "new"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    FINISHED = "finished"


class Parent(NamedTuple):
    """The snapshot of another run from which a run began.

    Attributes
    ----------
    run : str
        Its id. It may have been deleted since.
    name : str
        Its name at that time.
    batches : int
    epoch : float
        Where the snapshot was taken.
    exact : bool
        Whether the optimiser's state was taken over too. If not, its momentum began at zero and
        its epochs are counted from 0.
    """

    run: str
    name: str
    batches: int
    epoch: float
    exact: bool


@dataclass(frozen=True)
class Run:
    """What is known of a run without reading its networks and curves.

    Attributes
    ----------
    folder : Path
        Its name is the run's `id`.
    kind : Kind
    name : str
    colour : int
        An index; the theme knows the colours.
    created : float
        Seconds since 1970.
    pinned : bool
        Never thrown away to make room.
    hyperparameters : Hyperparameters or None
        With which it began.
    data : Path or None
        What it learns from; None: MNIST.
    preset : str
        Key of the preset that was chosen, or "".
    parent : Parent or None
    path : Path or None
        The model file, of an opened one.
    status : Status
    reason : str
        Why it ended (see `interactive.Finished`), or "".
    data_name : str
    sizes : tuple of int
        Neurons in each layer, () if unknown.
    batches : int
        Mini-batches done.
    epoch : float
        Epochs done, with fractions.
    cost : float or None
        Mean of the last mini-batches.
    accuracy : float or None
        Fraction of the validation samples read correctly after the last epoch.
    seconds : float
        Time spent on mini-batches.
    scores : Scores or None
        What was misread before and after, of a fine-tuned one.
    """

    folder: Path
    kind: Kind = Kind.TRAINED
    name: str = ""
    colour: int = 0
    created: float = 0.0
    pinned: bool = False
    hyperparameters: Hyperparameters | None = None
    data: Path | None = None
    preset: str = ""
    parent: Parent | None = None
    path: Path | None = None
    status: Status = Status.NEW
    reason: str = ""
    data_name: str = ""
    sizes: tuple[int, ...] = ()
    batches: int = 0
    epoch: float = 0.0
    cost: float | None = None
    accuracy: float | None = None
    seconds: float = 0.0
    scores: Scores | None = None

    @property
    def id(self) -> str:
        """What tells it from all other runs."""
        return self.folder.name


class Curve(NamedTuple):
    """The costs of a run's mini-batches, all (k,) float64; the later, the more each point means.

    Attributes
    ----------
    batches, epoch : array
        Mini-batches and epochs done at the end of what a point stands for.
    cost, low, high : array
        Mean, smallest and largest cost of the mini-batches that a point stands for.
    learning_rate : array
    """

    batches: NDArray[np.float64]
    epoch: NDArray[np.float64]
    cost: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    learning_rate: NDArray[np.float64]


class Checkpoint(NamedTuple):
    """A moment from which a training can resume, bit for bit.

    Attributes
    ----------
    network : Network
    state : TrainingState
    batches : int
        Mini-batches done.
    data_name : str
        What it learned from.
    """

    network: Network
    state: TrainingState
    batches: int
    data_name: str


# -- run.json ------------------------------------------------------------------------------------


def write_about(run: Run) -> None:
    """Write what a run is, as a window knows it.

    Raises
    ------
    DigitpadError
        If that is impossible; the file is then as it was.
    """
    h = run.hyperparameters
    about = {
        "kind": run.kind.value,
        "name": run.name,
        "colour": run.colour,
        "created": run.created,
        "pinned": run.pinned,
        "hyperparameters": None if h is None else h.to_dict(),
        "data": None if run.data is None else str(run.data),
        "preset": run.preset,
        "parent": None if run.parent is None else run.parent._asdict(),
        "path": None if run.path is None else str(run.path),
        "sizes": list(run.sizes),
        "accuracy": run.accuracy,
        "scores": None if run.scores is None else run.scores.to_dict(),
    }
    try:
        write_json(run.folder / ABOUT, about)
    except OSError as error:
        raise DigitpadError(
            f"The run “{run.name}” cannot be kept in “{run.folder}” "
            f"({error.strerror or error}): make room there, or delete other runs."
        ) from None


def read(folder: Path) -> Run:
    """Return what is known of a run.

    Raises
    ------
    DigitpadError
        If there is no such run.
    """
    if not (folder / ABOUT).is_file():
        raise DigitpadError("This run is not there any more: it was deleted in another window.")
    about, progress = _read_json(folder / ABOUT), _read_json(folder / PROGRESS)
    h = _hyperparameters(about.get("hyperparameters"))
    data, path = _text(about, "data"), _text(about, "path")
    sizes = about.get("sizes")
    known = isinstance(sizes, list) and all(type(n) is int and 0 < n < 1 << 20 for n in sizes)
    kinds = [kind for kind in Kind if kind.value == about.get("kind")]
    kind = kinds[0] if kinds else Kind.TRAINED
    return Run(
        folder=folder,
        kind=kind,
        name=_text(about, "name") or folder.name,
        colour=int(_number(about, "colour") or 0),
        created=_number(about, "created") or folder.stat().st_mtime,
        pinned=about.get("pinned") is True,
        hyperparameters=h,
        data=Path(data) if data else None,
        preset=_text(about, "preset"),
        parent=_parent(about.get("parent")),
        path=Path(path) if path else None,
        status=_status(folder, kind, progress),
        reason=_text(progress, "reason"),
        data_name=_text(progress, "data_name"),
        sizes=tuple(sizes) if known and sizes else (h.sizes if h else ()),
        batches=int(_number(progress, "batches") or 0),
        epoch=_number(progress, "epoch") or 0.0,
        cost=_number(progress, "cost"),
        accuracy=_fraction(progress if "accuracy" in progress else about, "accuracy"),
        seconds=_number(progress, "seconds") or 0.0,
        scores=scores.from_dict(about.get("scores")),
    )


def _status(folder: Path, kind: Kind, progress: Mapping[str, Any]) -> Status:
    if kind is not Kind.TRAINED:
        return Status.FINISHED
    if writing.is_held(folder / LOCK):
        return Status.RUNNING
    if not (folder / CHECKPOINT).exists():
        return Status.NEW
    return Status.FINISHED if progress.get("reason") else Status.INTERRUPTED


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a file by JSON, in one step.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    writing.replace(path, json.dumps(content, ensure_ascii=False, indent=1).encode())


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json_text.loads(reading.read_bytes(path, _MAX_JSON_BYTES), finite=False)
        json_text.check(content, finite=False)
    except (DigitpadError, BadJson):
        return {}
    return content if isinstance(content, dict) else {}


def _text(values: Mapping[str, Any], key: str) -> str:
    """Return a name or a path; "" if it is no text that can be shown and written again."""
    value = values.get(key)
    known = isinstance(value, str) and len(value) <= _MAX_TEXT and value.isprintable()
    return str(value) if known else ""


def _number(values: Mapping[str, Any], key: str) -> float | None:
    value = values.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if 0 <= value < 2**53 else None


def _fraction(values: Mapping[str, Any], key: str) -> float | None:
    value = _number(values, key)
    return value if value is not None and value <= 1 else None


def _hyperparameters(values: object) -> Hyperparameters | None:
    try:
        return Hyperparameters.from_dict(values) if isinstance(values, dict) else None
    except (DigitpadError, TypeError):
        return None


def _parent(values: object) -> Parent | None:
    if not isinstance(values, dict) or not _text(values, "run"):
        return None
    return Parent(
        run=_text(values, "run"),
        name=_text(values, "name"),
        batches=int(_number(values, "batches") or 0),
        epoch=_number(values, "epoch") or 0.0,
        exact=values.get("exact") is True,
    )


# -- curves --------------------------------------------------------------------------------------


def read_curve(folder: Path) -> Curve:
    """Return the costs over the mini-batches; without points if there are none yet."""
    try:
        content = reading.read_bytes(folder / CURVE, _MAX_FILE_BYTES)
    except DigitpadError:
        content = b""
    whole = len(content) - len(content) % (8 * CURVE_COLUMNS)
    points = np.frombuffer(content[:whole], np.float64).reshape(-1, CURVE_COLUMNS)
    # After a power failure there may be anything behind the last point that was on the disk.
    grows = np.diff(points[:, 0], prepend=-1.0) > 0
    torn = np.flatnonzero(~(grows & np.isfinite(points).all(axis=1)))
    end = int(torn[0]) if len(torn) else len(points)
    return Curve(*points[:end].T.copy())


def read_epochs(folder: Path) -> list[EpochReport]:
    """Return the reports of the epochs that have ended."""
    try:
        lines = reading.read_bytes(folder / EPOCHS, _MAX_FILE_BYTES).split(b"\n")
    except DigitpadError:
        return []
    reports: list[EpochReport] = []
    for line in lines[:-1]:
        try:
            report = EpochReport(**json_text.loads(line, finite=False))
        except (BadJson, TypeError):
            break
        if not _is_possible(report):
            break
        reports.append(report)
    return reports


def _is_possible(report: EpochReport) -> bool:
    measured = report.validation_cost, report.validation_accuracy
    numbers = [*report[:3], *report[5:], *(value for value in measured if value is not None)]
    if not all(type(number) in (int, float) for number in numbers):
        return False
    accuracies = [report.accuracy, *(value for value in measured[1:] if value is not None)]
    return (
        type(report.epoch) is int
        and 0 <= report.epoch < 2**53
        and all(abs(number) < limits.MAX_INTEGER for number in numbers if type(number) is int)
        and all(0 <= accuracy <= 1 for accuracy in accuracies)
    )


def validation_accuracies(folder: Path) -> list[tuple[float, float]]:
    """Return (epoch, validation accuracy) of the epochs that have ended, where it was measured."""
    return [
        (float(report.epoch), report.validation_accuracy)
        for report in read_epochs(folder)
        if report.validation_accuracy is not None
    ]


# -- the checkpoint --------------------------------------------------------------------------------


def write_checkpoint(
    folder: Path,
    network: Network,
    state: Mapping[str, NDArray[Any]],
    batches: int,
    data_name: str,
) -> None:
    """Replace a run's checkpoint, in one step.

    Parameters
    ----------
    folder : Path
    network : Network
    state : mapping of arrays
        As `TrainingState.to_arrays` makes them.
    batches, data_name
        As in `Checkpoint`.

    Raises
    ------
    DigitpadError
        If that is impossible; the checkpoint is then the one before.
    """
    model = model_file.Model(network, {"batches": batches, "data": data_name})
    model_file.save(folder / CHECKPOINT, model, state)


def read_checkpoint(folder: Path) -> Checkpoint:
    """Return the last checkpoint of a run.

    Raises
    ------
    DigitpadError
        If there is none, or it is damaged.
    """
    path = folder / CHECKPOINT
    model = model_file.load(path)
    state = TrainingState.load(path)
    if state is None:
        raise DigitpadError(f"“{path}” does not contain the training's state: train anew.")
    batches = int(_number(model.metadata, "batches") or 0)
    return Checkpoint(model.network, state, batches, _text(model.metadata, "data"))


def disk_bytes(folder: Path) -> int:
    """Return how many bytes a run's files take."""
    try:
        with os.scandir(folder) as entries:
            return sum(entry.stat().st_size for entry in entries if entry.is_file())
    except OSError:  # it has just been deleted, or may not be read
        return 0
