"""All that a training must remember between two mini-batches, beside the network itself."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitpad.errors import DigitpadError
from digitpad.files import json_text
from digitpad.files.json_text import BadJson
from digitpad.nn import model_file
from digitpad.nn.functions import Array
from digitpad.nn.network import Network
from digitpad.training.hyperparameters import FIELDS, Hyperparameters

_ARRAYS = ("velocity", "squares", "best_parameters")


@dataclass
class TrainingState:
    """Where a training is; saved with the network, it can go on as if never interrupted.

    Attributes
    ----------
    epoch : int
        Epochs done.
    position, chunk_start : int
        Samples of the present epoch that were learned from, and where the samples begin that are
        shuffled and distorted together.
    steps, halvings : int
        Steps of Adam; how often a plateau halved η.
    seconds : float
        Time spent on mini-batches.
    epoch_seconds, epoch_cost, epoch_correct : float, float, int
        Of the present epoch so far: time, sum of the samples' costs, correct answers.
    history : list of dict
        An entry for each epoch (see `EpochReport`), and for each change of hyperparameters.
    best_accuracy : float
        On the validation samples, or minus the training cost where there are none.
    last_cost : float
        The last epoch's cost, with which the next one's is compared for convergence.
    epochs_without_better : int
        Since the best accuracy.
    halvings_at_best : int
        How often η had been halved at that time.
    unreported : list of float
        Costs of mini-batches that no report has told yet; not saved.
    hyperparameters : Hyperparameters or None
        Those in force.
    velocity, squares : (number of parameters,) or None
        The momentum (Adam: running means of the gradient and of its squares).
    best_parameters : (number of parameters,) or None
        The network at its best, where patience wants it kept.
    """

    epoch: int = 0
    position: int = 0
    chunk_start: int = 0
    steps: int = 0
    halvings: int = 0
    seconds: float = 0.0
    epoch_seconds: float = 0.0
    epoch_cost: float = 0.0
    epoch_correct: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    best_accuracy: float = -math.inf
    last_cost: float = math.inf
    epochs_without_better: int = 0
    halvings_at_best: int = 0
    unreported: list[float] = field(default_factory=list)
    hyperparameters: Hyperparameters | None = None
    velocity: Array | None = None
    squares: Array | None = None
    best_parameters: Array | None = None

    def begin(self, hyperparameters: Hyperparameters, network: Network) -> None:
        """Start or resume with these hyperparameters, noting what changed since."""
        for name in _ARRAYS:
            array = getattr(self, name)
            if array is not None and array.shape != network.parameters.shape:
                raise DigitpadError(
                    "This training's state belongs to another network: start anew without it."
                )
        if self.hyperparameters is not None:
            changes = self._note(hyperparameters)
            if changes:
                self.chunk_start = self.position  # what was prepared was for the old ones
            if "seed" in changes or "training_images" in changes:
                self.begin_epoch()
            if "optimiser" in changes:
                self.forget_steps()
        self.hyperparameters = hyperparameters

    def change(self, hyperparameters: Hyperparameters) -> dict[str, Any]:
        """Take over other hyperparameters in the middle of a training, and return the changes.

        Raises
        ------
        DigitpadError
            If one changes that cannot while training.
        """
        assert self.hyperparameters is not None
        changes = hyperparameters.changes_from(self.hyperparameters)
        for name in changes:
            if not FIELDS[name].live:
                raise DigitpadError(
                    f"{FIELDS[name].label} ({name}) cannot change while the network is trained: "
                    "stop, and train again."
                )
        self._note(hyperparameters)
        self.hyperparameters = hyperparameters
        return changes

    def _note(self, hyperparameters: Hyperparameters) -> dict[str, Any]:
        assert self.hyperparameters is not None
        changes = hyperparameters.changes_from(self.hyperparameters)
        if changes:
            self.history.append(
                {"change": changes, "epoch": self.epoch + 1, "position": self.position}
            )
        return changes

    def end_epoch(self, report: dict[str, Any], network: Network) -> float:
        """Note an epoch's end; return by which fraction its cost is below the last one's."""
        assert self.hyperparameters is not None
        self.history.append(report)
        score = report["validation_accuracy"]
        if score is None:
            score = -report["cost"]
        if score > self.best_accuracy:
            self.best_accuracy = score
            self.epochs_without_better = 0
            self.halvings_at_best = self.halvings
            if self.hyperparameters.patience:
                self.best_parameters = network.parameters.copy()
        else:
            self.epochs_without_better += 1
        cost = report["cost"]
        improvement = 1.0 if math.isinf(self.last_cost) else 1 - cost / (self.last_cost or 1.0)
        self.last_cost = cost
        self.epoch += 1
        self.begin_epoch()
        return improvement

    def epochs_to_reach(self, chosen: Hyperparameters) -> int:
        """Return where a continued training should end, in epochs since its beginning."""
        if chosen.epochs > self.epoch:
            return chosen.epochs
        planned = self.hyperparameters.epochs if self.hyperparameters else 0
        return planned if planned > self.epoch else self.epoch + chosen.epochs

    def begin_epoch(self) -> None:
        """Begin the present epoch, again if need be."""
        self.position = self.chunk_start = 0
        self.epoch_seconds = self.epoch_cost = 0.0
        self.epoch_correct = 0

    def forget_steps(self) -> None:
        """Let the optimiser begin anew, with no momentum."""
        self.velocity = self.squares = None
        self.steps = 0

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state as arrays that a file can hold, one of them JSON."""
        arrays: dict[str, NDArray[Any]] = {}
        values = {}
        for name, value in vars(self).items():
            if name in _ARRAYS:
                if value is not None:
                    arrays[name] = value
            elif isinstance(value, Hyperparameters):
                values[name] = value.to_dict()
            elif name != "unreported":
                values[name] = value
        arrays["values"] = np.array(json.dumps(values))
        return arrays

    @classmethod
    def load(cls, path: str | Path) -> "TrainingState | None":
        """Read the state that a model file keeps; None if it keeps none.

        Raises
        ------
        DigitpadError
            If the file or the state in it is broken.
        """
        arrays = model_file.load_state_arrays(path)
        return None if arrays is None else cls.from_arrays(arrays)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "TrainingState":
        """Make the state of `to_arrays`.

        Raises
        ------
        DigitpadError
            If that is not what they are.
        """
        try:
            # A training that diverged holds NaN.
            values = json_text.loads(str(arrays["values"]), finite=False)
            json_text.check(values, finite=False)
            if values["hyperparameters"] is not None:
                values["hyperparameters"] = Hyperparameters.from_dict(values["hyperparameters"])
            state = cls(**values)
            state._check()
            for name in _ARRAYS:
                if name in arrays:
                    if arrays[name].dtype.kind != "f":
                        raise ValueError(f"{name} is not made of numbers")
                    if arrays[name].ndim != 1:
                        raise ValueError(f"{name} is not a vector")
                    with np.errstate(over="ignore"):
                        array = np.array(arrays[name], dtype=np.float32)
                    if not np.isfinite(array).all():
                        raise ValueError(f"{name} holds values that are not finite")
                    setattr(state, name, array)
        except KeyError as error:
            raise _unreadable(f"it has no {error.args[0]}") from None
        except BadJson as error:
            raise _unreadable(f"it {error}") from None
        except (DigitpadError, TypeError, ValueError, OverflowError) as error:
            raise _unreadable(error) from None
        return state

    def _check(self) -> None:
        """Raise ValueError unless the values, which come from a file, are possible ones."""
        for item in fields(self):
            value = getattr(self, item.name)
            possible = (
                (item.type is not int or (type(value) is int and 0 <= value < 2**53))
                and (item.type is not float or type(value) in (int, float))
                and (item.name != "history" or type(value) is list)
            )
            if not possible:
                raise ValueError(f"{item.name} is {value!r:.50}")
        if not all(isinstance(entry, dict) for entry in self.history):
            raise ValueError("its history is no list of entries")
        if self.chunk_start > self.position:
            raise ValueError("its place in the epoch is impossible")


def _unreadable(why: object) -> DigitpadError:
    # The reason may quote the file, at any length.
    return DigitpadError(
        f"The training's state in this file cannot be read ({why!s:.300}): train anew."
    )
