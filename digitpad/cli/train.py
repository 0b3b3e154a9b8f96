"""`digitpad train`: a network, its data and hyperparameters go in, a model file comes out."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from digitpad.cli import terminal
from digitpad.cli.progress import JsonLines, Lines, print_json
from digitpad.data import dataset
from digitpad.data.dataset import Dataset
from digitpad.data.mnist import Mnist, mnist
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.ensemble import merge
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network, describe
from digitpad.recognition.evaluation import evaluate
from digitpad.shipped import recipe
from digitpad.training import sgd
from digitpad.training.hyperparameters import FIELDS, Hyperparameters
from digitpad.training.presets import PRESETS
from digitpad.training.sgd import EndReason
from digitpad.training.state import TrainingState

# A long training is saved this often, in seconds.
_SAVE_EVERY = 120.0
_REPORT_EVERY = 0.1

_INTERRUPTED = 130


# -- what to begin with ----------------------------------------------------------------------------


@dataclass
class _Sources:
    """Where the data come from; kept in the model's metadata, for --continue."""

    preset: str | None
    data: str | None
    strokes: list[str]

    @property
    def mixes(self) -> bool:
        """Whether the data are mixed as for the shipped model."""
        return bool(self.strokes) or self.preset == "shipped"


@dataclass
class _Data:
    """What is learned from, and what it is judged by."""

    train: Dataset
    validation: Dataset
    test: Dataset


def train(arguments: argparse.Namespace) -> int:
    """Train as the command line's options say.

    Returns
    -------
    int
        0, or 130 if it was interrupted and has saved what was learnt.

    Raises
    ------
    DigitpadError
        If the options do not go together, a file cannot be read or written, or training fails.
    """
    given = {name: value for name in FIELDS if (value := getattr(arguments, name)) is not None}
    out = _destination(arguments)
    if arguments.start is None:
        preset = arguments.preset or "text"
        h = PRESETS[preset].hyperparameters.replace(**given)
        sources = _Sources(preset, None, [])
        network, state = h.new_network(), None
    else:
        network, state, h, sources = _continued(arguments, given)
    if arguments.data is not None:
        sources.data = str(arguments.data)
    if arguments.strokes is not None:
        sources.strokes = [str(path) for path in arguments.strokes]
    if sources.mixes and not sources.strokes:
        terminal.complain(
            "the shipped model learned from pen strokes as well, which are missing here: obtain "
            "some, such as UNIPEN's part 1a converted to digitpad's stroke format, and give them "
            "with --strokes. Training on MNIST alone."
        )
    data = _read_data(sources, h)
    if state is None:
        state = TrainingState()
    elif state.epoch >= h.epochs:
        raise DigitpadError(
            f"This training has been through {state.epoch} epochs already: give it more, for "
            f"example with --epochs {state.epoch + 10}."
        )
    elif state.position > len(data.train):
        raise DigitpadError(
            "This training was interrupted in the middle of an epoch of other data than these: "
            "give the same --data and --strokes."
        )
    networks = PRESETS[preset].networks if arguments.start is None else 1
    if networks > 1:
        return _train_several(networks, arguments, out, h, data, sources)
    return _Training(arguments, out, network, state, h, data, sources).run()


def _train_several(
    count: int,
    arguments: argparse.Namespace,
    out: Path,
    h: Hyperparameters,
    data: _Data,
    sources: _Sources,
) -> int:
    """Train networks of different seeds one after the other, and merge them into one.

    Each is saved beside the result until that is done, so that the same command goes on where an
    interrupted one stopped.
    """
    parts = [out.with_name(f"{out.stem}-{number}.npz") for number in range(1, count + 1)]
    runs = []
    for number, part in enumerate(parts):
        member = h.replace(seed=h.seed + number)
        network, state = member.new_network(), TrainingState()
        if part.exists():
            found = TrainingState.load(part)
            if found is None or found.hyperparameters != member:
                raise DigitpadError(
                    f"“{part}” is in the way: networks to be folded are saved there. Move it, or "
                    "name another --out."
                )
            network, state = model_file.load(part).network, found
        terminal.complain(f"network {number + 1} of {count}:")
        run = _Training(arguments, part, network, state, member, data, sources)
        if state.epoch < member.epochs:
            if not run.learn():
                terminal.complain("stopped and saved; the same command goes on from there.")
                return _INTERRUPTED
            run.save({})
        runs.append(run)
    # Of the members' stories the first one's is told; they differ in the seed alone.
    whole = TrainingState(history=runs[0].state.history, epoch=h.epochs)
    whole.seconds = sum(run.state.seconds for run in runs)
    network = merge([run.network for run in runs])
    _Training(arguments, out, network, whole, h, data, sources).finish(EndReason.EPOCHS, count)
    for part in parts:
        part.unlink()
    return 0


def _destination(arguments: argparse.Namespace) -> Path:
    """Return where to save the model, if that is possible: found out now, not after the training.

    Raises
    ------
    DigitpadError
        If it is not.
    """
    out: Path | None = arguments.out or arguments.start
    if out is None:
        raise DigitpadError("Say where to save the model, for example with --out mine.npz.")
    folder = out.resolve().parent
    if out.is_dir():
        raise DigitpadError(f"“{out}” is a folder: name a file in it, such as {out / 'mine.npz'}.")
    if not folder.is_dir():
        raise DigitpadError(f"There is no folder “{folder}” to save in: make it, or name another.")
    if not os.access(folder, os.W_OK):
        raise DigitpadError(f"Nothing can be saved in “{folder}”: name another folder.")
    return out


def _continued(
    arguments: argparse.Namespace, given: dict[str, Any]
) -> tuple[Network, TrainingState | None, Hyperparameters, _Sources]:
    """Return a saved training's network, state, hyperparameters and sources of data."""
    model = model_file.load(arguments.start)
    state = TrainingState.load(arguments.start)
    network = model.network
    if state is not None and state.hyperparameters is not None:
        if arguments.preset:
            raise DigitpadError(
                "A training that goes on keeps its hyperparameters: leave --preset out, and give "
                "single ones instead, such as --learning-rate."
            )
        h = state.hyperparameters
    else:
        state = None
        told = PRESETS[arguments.preset or "text"].hyperparameters
        h = told.replace(
            hidden_layers=network.sizes[1:-1],
            activation=network.activation,
            output_activation=network.output_activation,
            cost=network.cost,
        )
    return network, state, h.replace(**given), _saved_sources(model)


def _saved_sources(model: Model) -> _Sources:
    saved = model.metadata.get("sources")
    if not isinstance(saved, dict):
        return _Sources(None, None, [])
    preset, data, strokes = (saved.get(name) for name in ("preset", "data", "strokes"))
    return _Sources(
        preset if isinstance(preset, str) else None,
        data if isinstance(data, str) else None,
        [path for path in strokes if isinstance(path, str)] if isinstance(strokes, list) else [],
    )


def _read_data(sources: _Sources, h: Hyperparameters) -> _Data:
    digits = mnist() if sources.data is None else _other_data(Path(sources.data))
    if not sources.mixes:
        return _Data(digits.train, digits.validation, digits.test)
    if sources.strokes:
        terminal.complain("preparing the pen strokes, which takes a few minutes …")
    train, validation = recipe.data_sets(digits, [Path(path) for path in sources.strokes], h.seed)
    return _Data(train, validation, digits.test)


def _other_data(path: Path) -> Mnist:
    """Read a data set and split it as MNIST is; the test images are empty where it has none."""
    data = dataset.load(path, split="train")
    test = dataset.load(path, split="test")
    for note in dict.fromkeys(data.notes + test.notes):
        terminal.complain(note)
    if len(test) == len(data) and np.array_equal(test.images, data.images):
        test = data.take(slice(0))
    train, validation = dataset.split_off_validation(data)
    if not len(validation):
        raise DigitpadError(f"“{path}” has {len(data)} images: a network needs more to learn from.")
    return Mnist(train, validation, test)


# -- training --------------------------------------------------------------------------------------


class _Training:
    """A training in a terminal: shows its progress, can be stopped, saves its result."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        out: Path,
        network: Network,
        state: TrainingState,
        hyperparameters: Hyperparameters,
        data: _Data,
        sources: _Sources,
    ) -> None:
        self._arguments = arguments
        self._out = out
        self.network = network
        self.state = state
        self._h = hyperparameters
        self._data = data
        self._sources = sources

    def run(self) -> int:
        """Train, judge, save, and return the exit code."""
        finished = self.learn()
        if not finished:
            terminal.complain(
                f"stopped in epoch {self.state.epoch + 1} and saved in “{self._out}”; go on with: "
                f"digitpad train --continue {shlex.quote(str(self._out))}"
            )
            return _INTERRUPTED
        self.finish(finished)
        return 0

    def learn(self) -> EndReason | None:
        """Train; return why it ended, or None if it was interrupted and saved."""
        show = JsonLines() if self._arguments.json else Lines(self.state, self._h, self._data.train)
        begun = self.state.epoch
        with _signals_noted() as noted, closing(show):
            try:
                finished = self._learn(show, noted)
            except DigitpadError:
                # The network has the weights of the last epoch's end again.
                if self.state.epoch > begun:
                    self.save({}, with_state=False)
                    terminal.complain(f"what was learnt before is saved in “{self._out}”.")
                raise
        if not finished:
            self.save({})
        return finished

    def _learn(self, show: Lines | JsonLines, noted: list[int]) -> EndReason | None:
        """Train until it is finished or a signal was noted; return why it ended, or None."""
        saved = time.monotonic()
        with closing(
            sgd.train(
                self.network,
                self._data.train,
                self._h,
                self._data.validation if len(self._data.validation) else None,
                state=self.state,
                report_every=_REPORT_EVERY,
            )
        ) as reports:
            for progress in reports:
                show.progress(progress)
                if noted or progress.finished:
                    return progress.finished
                if progress.epoch_end and time.monotonic() - saved > _SAVE_EVERY:
                    self.save({})
                    saved = time.monotonic()
        return None

    def finish(self, finished: EndReason, networks: int = 1) -> None:
        """Judge the network, save it and say how good it is; so many were folded into it."""
        if self._arguments.compact:
            # What is judged is what is saved.
            halves = self.network.parameters.astype(np.float16)
            self.network.parameters[...] = halves
        results = {
            name: evaluate(self.network, data)
            for name, data in (("validation", self._data.validation), ("test", self._data.test))
            if len(data)
        }
        metadata: dict[str, Any] = {
            "accuracy": {f"{name} images": result.accuracy for name, result in results.items()}
        }
        if networks > 1:
            metadata["networks"] = networks
        if self._sources.mixes:
            metadata["recognition"] = recipe.calibrate(
                self.network, self._data.validation
            ).to_dict()
        self.save(metadata)
        if self._arguments.json:
            print_json(
                event="result",
                model=str(self._out),
                finished=finished,
                epochs=self.state.epoch,
                seconds=self.state.seconds,
                accuracy={name: result.accuracy for name, result in results.items()},
            )
            return
        if finished is not EndReason.EPOCHS:
            reason = {
                EndReason.EARLY_STOPPING: "it did not get better",
                EndReason.CONVERGED: "the cost converged",
            }
            print(f"Stopped after {self.state.epoch} epochs: {reason.get(finished, finished)}.")
        for name, result in results.items():
            low, high = result.interval
            print(
                f"{name:<10}  {terminal.percent(result.accuracy)} of {result.n:,} images right, "
                f"{terminal.percent(low)} to {terminal.percent(high)} with 95 % confidence"
            )
        print(f"saved in    {self._out}")

    def save(self, more: dict[str, Any], *, with_state: bool = True) -> None:
        """Save the network, its metadata and what else there is to tell of it."""
        metadata = {
            "name": self._out.stem,
            "architecture": describe(self.network),
            "hyperparameters": self._h.to_dict(),
            "history": self.state.history,
            "data": self._data.train.name,
            "sources": vars(self._sources),
            "created": datetime.now().astimezone().isoformat(timespec="seconds"),
            "command": shlex.join(["digitpad", *self._arguments.argv]),
            "seconds": round(self.state.seconds, 3),
        }
        # Until it is finished, a compact model must be able to go on too.
        compact = self._arguments.compact and "accuracy" in more
        model_file.save(
            self._out,
            Model(self.network, metadata | more),
            self.state.to_arrays() if with_state and not compact else None,
            dtype=np.float16 if compact else np.float32,
        )


@contextmanager
def _signals_noted() -> Iterator[list[int]]:
    """Note the first Ctrl-C (or request to end) in a list; a second one has its usual effect."""
    noted: list[int] = []
    before: dict[int, Any] = {}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(number: int, _frame: object) -> None:
        noted.append(number)
        restore()

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, note)
    except ValueError:  # only the main thread gets signals
        pass
    try:
        yield noted
    finally:
        restore()
