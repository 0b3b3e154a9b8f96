"""`digitpad train`: a network, its data and hyperparameters go in, a model file comes out."""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from digitpad.cli import terminal
from digitpad.cli.training_run import INTERRUPTED, Data, TrainingRun, signals_noted
from digitpad.data import dataset
from digitpad.data.mnist import Mnist, mnist
from digitpad.errors import DigitpadError
from digitpad.files import writing
from digitpad.nn import model_file
from digitpad.nn.ensemble import merge, split
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.shipped import recipe
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.options import given, new_training
from digitpad.training.presets import PRESETS
from digitpad.training.sgd import EndReason
from digitpad.training.state import TrainingState

# -- what to begin with ----------------------------------------------------------------------------


@dataclass
class _Sources:
    """Where the data come from; kept in the model's metadata for --continue."""

    preset: str | None
    data: str | None
    strokes: list[str]

    @property
    def mixes(self) -> bool:
        """Whether the data are mixed as for the shipped model."""
        return bool(self.strokes) or self.preset == "shipped"


def train(arguments: argparse.Namespace) -> int:
    """Train as the command line's options say.

    Returns
    -------
    int
        0, or 130 if it was interrupted and has saved what it had learned.

    Raises
    ------
    DigitpadError
        If the options do not go together, a file cannot be read or written, or training fails.
    """
    out = _destination(arguments)
    if arguments.start is None:
        chosen, h = new_training(arguments)
        preset = chosen.name
        sources = _Sources(preset, None, [])
        network, state = h.new_network(), None
        members = None
    else:
        network, state, h, sources = _continued(arguments, given(arguments))
        members = _members(arguments, network)
        if members is not None:
            h = h.with_architecture(members[0])
    if arguments.data is not None:
        # Other data replace all that the model was trained on before.
        sources = _Sources(preset if arguments.start is None else None, str(arguments.data), [])
    if arguments.strokes is not None:
        sources.strokes = [str(path) for path in arguments.strokes]
    if sources.strokes and h.output_activation == "softmax":
        raise DigitpadError(
            "With --strokes a network also learns non-digits, for which no output is to be active, "
            "but softmax outputs always share 1 between them: add --output-activation logistic."
        )
    if sources.mixes and not sources.strokes:
        terminal.complain(
            "the shipped model was also trained on pen strokes, which are missing here: get some, "
            "such as UNIPEN's part 1a converted to digitpad's stroke format, and pass them with "
            "--strokes. Training on MNIST alone."
        )
    data = _read_data(sources, h)
    if state is None:
        state = TrainingState()
    elif state.epoch >= h.epochs:
        raise DigitpadError(
            f"This training has already done {state.epoch} epochs: ask for more, for example with "
            f"--epochs {state.epoch + 10}."
        )
    elif state.position > len(data.train):
        raise DigitpadError(
            "This training was interrupted in the middle of an epoch of other data: pass the same "
            "--data and --strokes."
        )
    _check_room(out, network, h)
    if members is None and arguments.start is None:
        networks = PRESETS[preset].networks
        if networks > 1:
            members = [h.replace(seed=h.seed + number).new_network() for number in range(networks)]
    if members is not None:
        return _train_several(members, arguments, out, h, data, sources)
    run = TrainingRun(arguments, out, network, state, h, data, vars(sources))
    if arguments.start is not None:
        run.compare_with_beginning()
    return run.run()


def _members(arguments: argparse.Namespace, network: Network) -> list[Network] | None:
    """Return the networks that a model to continue was merged from, if the preset trains several.

    They are then trained on one by one, and merged again.
    """
    wanted = PRESETS[arguments.preset].networks if arguments.preset else 1
    merged = model_file.load(arguments.start).metadata.get("networks")
    return split(network, wanted) if wanted > 1 and merged == wanted else None


def _train_several(
    members: Sequence[Network],
    arguments: argparse.Namespace,
    out: Path,
    h: Hyperparameters,
    data: Data,
    sources: _Sources,
) -> int:
    """Train networks with different seeds one after the other, and merge them into one.

    Each is saved beside the result until that is done, so that the same command goes on where an
    interrupted one stopped.
    """
    count = len(members)
    parts = [out.with_name(f"{out.stem}-{number}.npz") for number in range(1, count + 1)]
    runs = []
    for number, part in enumerate(parts):
        member = h.replace(seed=h.seed + number)
        network, state = members[number], TrainingState()
        if part.exists():
            found = TrainingState.load(part)
            if found is None or found.hyperparameters != member:
                raise DigitpadError(
                    f"“{part}” is in the way: the networks to be merged are saved there. Move it "
                    "or choose another --out."
                )
            network, state = model_file.load(part).network, found
        terminal.complain(f"network {number + 1} of {count}:")
        run = TrainingRun(
            arguments, part, network, state, member, data, vars(sources), protects=False
        )
        with signals_noted() as noted:
            if state.epoch < member.epochs and run.learn(noted) is None:
                terminal.complain("stopped and saved; run the same command to continue.")
                return INTERRUPTED
        runs.append(run)
    # The members differ in their seeds alone, so the first one's history does for all.
    whole = TrainingState(history=runs[0].state.history, epoch=h.epochs)
    whole.seconds = sum(run.state.seconds for run in runs)
    network = merge([run.network for run in runs])
    merged = TrainingRun(arguments, out, network, whole, h, data, vars(sources))
    with signals_noted() as noted:
        code = merged.finish(EndReason.EPOCHS, noted, count)
    if code == 0:
        for part in parts:
            part.unlink()
    return code


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
    if out.is_dir():
        raise DigitpadError(f"“{out}” is a folder: name a file in it, such as {out / 'mine.npz'}.")
    folder = Path(os.path.realpath(out)).parent
    if not folder.is_dir():
        raise DigitpadError(f"There is no folder “{folder}” to save in: create it or use another.")
    try:
        writing.rehearse(out)
    except OSError as error:
        raise DigitpadError(
            f"“{out}” cannot be written ({error.strerror or error}): choose another place."
        ) from None
    return out


def _check_room(out: Path, network: Network, h: Hyperparameters) -> None:
    """Raise DigitpadError if the model with its training's state is too large to be saved."""
    adam = h.optimiser == "adam"
    arrays = 1 + (adam or h.momentum > 0) + adam + (h.patience > 0)
    size = arrays * network.parameters.nbytes
    model_file.check_size(size)
    free = shutil.disk_usage(Path(os.path.realpath(out)).parent).free
    # While a file is replaced, the old one and the new one are both there.
    if free < 2 * size:
        raise DigitpadError(
            f"The model needs {2 * size >> 20:,} MiB to be saved, but only {free >> 20:,} MiB are "
            f"free where “{out}” is: free some disk space or choose another place."
        )


def _continued(
    arguments: argparse.Namespace, changes: dict[str, Any]
) -> tuple[Network, TrainingState | None, Hyperparameters, _Sources]:
    """Return a saved training's network, state, hyperparameters and sources of data."""
    model = model_file.load(arguments.start)
    state = TrainingState.load(arguments.start)
    network = model.network
    if state is not None and state.hyperparameters is not None:
        if arguments.preset:
            raise DigitpadError(
                "A training that is continued keeps its hyperparameters: leave --preset out, and "
                "set single ones instead, such as --learning-rate."
            )
        h = state.hyperparameters
    else:
        state = None
        h = _own_hyperparameters(model, arguments.preset).with_architecture(network)
    return network, state, h.replace(**changes), _saved_sources(model)


def _own_hyperparameters(model: Model, preset: str | None) -> Hyperparameters:
    """Return a preset's hyperparameters; without one, those with which a model was trained."""
    if preset is None:
        try:
            return Hyperparameters.from_dict(model.metadata["hyperparameters"])
        except (DigitpadError, KeyError, TypeError, OverflowError):  # none, or damaged
            preset = "basic"
    return PRESETS[preset].hyperparameters


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


def _read_data(sources: _Sources, h: Hyperparameters) -> Data:
    digits = mnist() if sources.data is None else other_data(Path(sources.data))
    if not sources.mixes:
        return Data(digits.train, digits.validation, digits.test)
    if sources.strokes:
        terminal.complain("preparing the pen strokes, which takes a few minutes …")
    train, validation = recipe.data_sets(digits, [Path(path) for path in sources.strokes], h.seed)
    return Data(train, validation, digits.test)


def other_data(path: Path) -> Mnist:
    """Read a data set and split it as MNIST is; the test images are empty where it has none.

    Raises
    ------
    DigitpadError
        If it cannot be read, or has too few images.
    """
    data = dataset.load(path, split="train")
    # A folder of pictures takes long enough to read once.
    test = dataset.load(path, split="test") if dataset.may_hold_both(path) else data
    for note in dict.fromkeys(data.notes + test.notes):
        terminal.complain(note)
    if len(test) == len(data) and np.array_equal(test.images, data.images):
        test = data.take(slice(0))
    train, validation = dataset.split_off_validation(data)
    if not len(validation):
        raise DigitpadError(
            f"“{path}” has too few digits: training takes at least 6, one of them to validate with."
        )
    return Mnist(train, validation, test)
