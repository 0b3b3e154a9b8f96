"""The folder of a sweep: nothing that is finished is ever done again, whatever happens.

    sweep.json        what is tried, and with which data; written once, and when a budget changes
    time.json         how long it has taken so far
    runs/0007-2.json  the result of point 7 with its second seed; written when there is one
    runs/0007-2.npz   its network, with the state of its training, from which it goes on
    lock              held while a process works on the sweep
    results.csv, results.json, best.npz, report.html    what came of it (see `conclude`)

Each file is replaced in one step. The network is written before the result: where there is a
result, there is its network, perhaps one that is further already.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from digitpad.errors import DigitpadError
from digitpad.experiments import run, specification
from digitpad.experiments.points import Points
from digitpad.experiments.results import End, Key, Result
from digitpad.experiments.run import RunData, Snapshot
from digitpad.experiments.specification import Specification
from digitpad.files import json_text, reading, writing
from digitpad.files.json_text import BadJson
from digitpad.nn.network import Network
from digitpad.training.hyperparameters import Hyperparameters

ABOUT, TIME, LOCK = "sweep.json", "time.json", "lock"

_FORMAT = 1
_MAX_JSON = 16 << 20
_RUN = re.compile(r"(\d{4,})-(\d+)\.json")


class SweepStore:
    """A sweep on the disk; a context manager, which others are kept out of meanwhile.

    Use `create` or `open`.

    Attributes
    ----------
    folder : Path
    specification : Specification
    points : Points
    results : dict
        From `Key` to `Result`, of all runs that have one.
    seconds : float
        How long it has taken so far.
    id : str
        What tells it from all other sweeps.
    data_digest : str
    data_name : str
    """

    def __init__(self, folder: Path, about: Mapping[str, Any]) -> None:
        self.folder = folder
        self.specification = specification.from_dict(about["specification"])
        self.points = Points(self.specification)
        self.id = str(about["id"])
        self.data_digest = str(about["data"])
        self.data_name = str(about["data_name"])
        self.results: dict[Key, Result] = {}
        self.seconds = 0.0
        self._read_results()
        with suppress(DigitpadError, KeyError, TypeError, ValueError):
            self.seconds = max(0.0, float(_read(folder / TIME)["seconds"]))

    @classmethod
    def create(cls, folder: Path, specification: Specification, data: RunData) -> SweepStore:
        """Make the folder of a new sweep.

        Raises
        ------
        DigitpadError
            If there is something else, or it cannot be made.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise DigitpadError(
                f"“{folder}” is there already and is no sweep: choose another place by --out."
            )
        about = {
            "format": _FORMAT,
            "id": uuid.uuid4().hex,
            "specification": specification.to_dict(),
            "data": digest(data),
            "data_name": data.train.name,
        }
        try:
            (folder / "runs").mkdir(parents=True)
            _write(folder / ABOUT, about)
        except OSError as error:
            raise _unwritable(folder, error) from None
        return cls(folder, about)

    @classmethod
    def open(cls, folder: Path) -> SweepStore:
        """Open a sweep that was begun before.

        Raises
        ------
        DigitpadError
            If there is none, or it is damaged.
        """
        about = _read(folder / ABOUT)
        if about.get("format") != _FORMAT:
            raise DigitpadError(f"“{folder}” was made by a newer digitpad: update this one.")
        try:
            if not isinstance(about["specification"], dict):
                raise TypeError
            return cls(folder, about)
        except (KeyError, TypeError):
            raise DigitpadError(f"“{folder / ABOUT}” is damaged: begin a new sweep.") from None

    @staticmethod
    def is_one(folder: Path) -> bool:
        """Whether a folder is that of a sweep."""
        return (folder / ABOUT).is_file()

    def __enter__(self) -> SweepStore:
        try:
            self._hold = writing.Hold(self.folder / LOCK)
        except BlockingIOError:
            raise DigitpadError(
                f"Another program is working on the sweep in “{self.folder}”: stop it first."
            ) from None
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        self._read_results()  # another program may have worked on it until now
        return self

    def __exit__(self, *_: object) -> None:
        self._hold.release()

    @property
    def is_held(self) -> bool:
        """Whether a process works on it."""
        return writing.is_held(self.folder / LOCK)

    # -- what is tried ---------------------------------------------------------------------------

    def check_same(self, other: Specification, data: RunData) -> None:
        """Raise DigitpadError unless a specification and data are this sweep's, budget apart."""
        if other.with_budget_of(self.specification) != self.specification:
            raise DigitpadError(
                f"“{self.folder}” has a sweep of other ranges or settings: choose another "
                "--out, or resume it by giving --out alone."
            )
        self.check_data(data)

    def check_data(self, data: RunData) -> None:
        """Raise DigitpadError unless data are those that this sweep was begun with."""
        if digest(data) != self.data_digest:
            raise DigitpadError(
                f"The data are others than those that the sweep in “{self.folder}” was begun with: "
                "begin a new one in another folder."
            )

    def change_budget(self, other: Specification) -> None:
        """Go on with the name and the budget of another specification.

        Raises
        ------
        DigitpadError
            If it cannot be written.
        """
        changed = self.specification.with_budget_of(other)
        if changed == self.specification:
            return
        about = _read(self.folder / ABOUT) | {"specification": changed.to_dict()}
        try:
            _write(self.folder / ABOUT, about)
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        self.specification = changed
        self.points = Points(changed)

    # -- runs ------------------------------------------------------------------------------------

    def path_of(self, key: Key) -> Path:
        """Return the file of a run's network."""
        return network_file(self.folder, key)

    def hyperparameters(self, key: Key) -> Hyperparameters:
        """Return those of a run, its seed included."""
        point = self.points[key.point]
        return point.replace(seed=point.seed + key.seed)

    def _read_results(self) -> None:
        try:
            files = sorted((self.folder / "runs").iterdir())
        except OSError:
            files = []
        for file in files:
            found = _RUN.fullmatch(file.name)
            if found is None:
                continue
            key = Key(int(found[1]) - 1, int(found[2]) - 1)
            try:
                values = _read(file)
                result = _result(values)
                if values["hyperparameters"] != self.hyperparameters(key).to_dict():
                    continue  # a file of another sweep has got here
            except (DigitpadError, KeyError, TypeError, ValueError, IndexError):
                continue  # it is damaged: the run is done again
            self.results[key] = result

    def record(self, key: Key, result: Result, snapshot: Snapshot | None) -> None:
        """Keep the result of a run, and its network.

        Raises
        ------
        DigitpadError
            If it cannot be written.
        """
        if snapshot is not None:
            self.keep(key, snapshot, result)
        values = {
            "hyperparameters": self.hyperparameters(key).to_dict(),
            "end": result.end.value,
            "accuracies": list(result.accuracies),
            "accuracy": result.accuracy,
            "cost": result.cost,
            "seconds": result.seconds,
            "digest": result.digest,
            "message": result.message,
        }
        try:
            _write(self.folder / "runs" / f"{key.name}.json", values)
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        self.results[key] = result

    def keep(self, key: Key, snapshot: Snapshot, result: Result | None = None) -> None:
        """Keep where a run is.

        Raises
        ------
        DigitpadError
            If it cannot be written.
        """
        h = self.hyperparameters(key)
        more: dict[str, Any] = {"name": self.name_of(key)}
        if result is not None and result.accuracy is not None:
            more["accuracy"] = {"validation images": result.accuracy}
        run.save(self.path_of(key), h, snapshot, self.data_name, more)

    def name_of(self, key: Key) -> str:
        """Return what a run is called where there are others: “Sweep, 7-2”."""
        return f"{self.specification.name}, {key.point + 1}-{key.seed + 1}"

    def snapshot(self, key: Key) -> Snapshot | None:
        """Return where a run is; None if it has not begun, or that cannot be read."""
        with suppress(DigitpadError):
            return run.load(self.path_of(key), self.hyperparameters(key))
        return None

    def network(self, key: Key) -> Network:
        """Return the network of a run.

        Raises
        ------
        DigitpadError
            If there is none that can be read.
        """
        network = self.hyperparameters(key).new_network()
        found = run.load(self.path_of(key), self.hyperparameters(key))
        return network.with_parameters(found.parameters)

    def save_seconds(self) -> None:
        """Write down how long it has taken."""
        with suppress(OSError):  # of a full disk the results will complain
            _write(self.folder / TIME, {"seconds": round(self.seconds, 3)})


def network_file(folder: Path, key: Key) -> Path:
    """Return the file of a run's network in the folder of a sweep."""
    return folder / "runs" / f"{key.name}.npz"


def id_of(folder: Path) -> str:
    """Return the id of the sweep in a folder, "" if there is none that can be read."""
    try:
        return str(_read(folder / ABOUT)["id"])
    except (DigitpadError, KeyError):
        return ""


def digest(data: RunData) -> str:
    """Return the SHA-256 of what runs learn from and are judged by."""
    total = hashlib.sha256()
    for part in data:
        total.update(part.images.tobytes())
        total.update(part.labels.tobytes())
    return total.hexdigest()


def _result(values: Mapping[str, Any]) -> Result:
    accuracy, cost = values["accuracy"], values["cost"]
    result = Result(
        End(values["end"]),
        tuple(float(a) for a in values["accuracies"]),
        None if accuracy is None else float(accuracy),
        None if cost is None else float(cost),
        float(values["seconds"]),
        str(values["digest"]),
        str(values["message"]),
    )
    if result.end in (End.PAUSED, End.FINISHED) and not result.accuracies:
        raise ValueError("a run without epochs has no result")
    accuracies = [*result.accuracies, 0.0 if result.accuracy is None else result.accuracy]
    if not all(0 <= accuracy <= 1 for accuracy in accuracies) or result.seconds < 0:
        raise ValueError("no run has such a result")
    return result


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json_text.loads(reading.read_bytes(path, _MAX_JSON))
        json_text.check(values)
    except BadJson as error:
        raise DigitpadError(f"“{path}” is damaged, since it {error}: delete it.") from None
    if not isinstance(values, dict):
        raise DigitpadError(f"“{path}” is damaged: delete it.")
    return values


def _write(path: Path, values: Mapping[str, Any]) -> None:
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, indent=1)
    writing.replace(path, text.encode())


def _unwritable(folder: Path, error: OSError) -> DigitpadError:
    return DigitpadError(
        f"The sweep cannot be kept in “{folder}” ({error.strerror or error}): free some disk space "
        "or choose another place."
    )
