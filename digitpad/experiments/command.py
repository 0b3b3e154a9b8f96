"""One experiment as the line of `digitpad train` that repeats it, and such a line read again."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from digitpad.errors import DigitpadError
from digitpad.experiments.ranges import exact_text
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.training import options, run_files
from digitpad.training.hyperparameters import FIELDS, Hyperparameters
from digitpad.training.run_files import Kind, Status
from digitpad.training.run_store import RunStore
from digitpad.training.sgd import EndReason
from digitpad.training.state import TrainingState

_MAX_LENGTH = 20_000
_WINDOWS = os.name == "nt"
# With these, a learning rate does not depend on the number of epochs that was planned.
_PLAN_FREE = ("constant", "halve on plateau")


@dataclass(frozen=True)
class Experiment:
    """What a line of `digitpad train` asks for.

    Attributes
    ----------
    values : dict
        Hyperparameters: all of a new training, or those that a continued one changes.
    preset : str
        Key of the preset of a new training.
    data : Path or None
        None: MNIST, or what a continued training learned from.
    start : Path or None
        The model file to continue; None: a new network.
    """

    values: dict[str, Any] = field(default_factory=dict)
    preset: str = "basic"
    data: Path | None = None
    start: Path | None = None


# -- written -----------------------------------------------------------------------------------


def as_line(
    hyperparameters: Hyperparameters,
    name: str,
    data: Path | None = None,
    start: Path | None = None,
    *,
    windows: bool = _WINDOWS,
) -> str:
    """Return the line of `digitpad train` that does this training, quoted for a shell.

    Every hyperparameter is in it, so that it means the same when presets change.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    name : str
        What to call the model file, which is written to the terminal's folder.
    data : Path, optional
        What to train on; by default MNIST.
    start : Path, optional
        A model file to continue.
    windows : bool
        Whether to quote as Windows's shells want it; by default on Windows.
    """
    words = ["digitpad", "train"]
    if start is not None:
        words += ["--continue", str(start.absolute())]
    for each in FIELDS:
        words += [options.option(each), exact_text(getattr(hyperparameters, each))]
    if data is not None:
        words += ["--data", str(data.absolute())]
    words += ["--out", f"{_file_name(name)}.npz"]
    return subprocess.list2cmdline(words) if windows else shlex.join(words)


def continuing_line(
    hyperparameters: Hyperparameters,
    name: str,
    data: Path | None,
    start: Path | None,
    network: Network,
    state: TrainingState | None,
) -> str:
    """Return the line that trains a network further, which must be in a file as it is.

    Parameters
    ----------
    hyperparameters, name, data
        As for `as_line`.
    start : Path or None
        The network's file, if it has one.
    network, state : Network, TrainingState or None
        What is to be trained further.

    Raises
    ------
    DigitpadError
        If it is not in that file, or the terminal would train it on other data.
    """
    if start is None or not start.exists():
        raise DigitpadError(
            "A line can only continue a network that is in a file: save the network, and copy "
            "again."
        )
    model, saved = model_file.load(start), TrainingState.load(start)
    same = np.array_equal(model.network.parameters, network.parameters)
    if not same or (saved is None) != (state is None):
        raise DigitpadError(
            f"The network is not the one in “{start}” any more: save it, and copy again."
        )
    sources = model.metadata.get("sources")
    if data is None and isinstance(sources, dict):
        others = sources.get("data") or sources.get("strokes")
        if others or sources.get("preset") == "shipped":
            raise DigitpadError(
                "A terminal would continue this model on the data it was trained on before, not on "
                "MNIST: choose those data here, and copy again."
            )
    return as_line(hyperparameters, name, data, start)


def _file_name(name: str) -> str:
    return re.sub(r"\W+", "-", name).strip("-")[:60] or "experiment"


def line_of_run(store: RunStore, run_id: str) -> str:
    """Return the line that repeats a recorded run, to the same weights bit for bit.

    Raises
    ------
    DigitpadError
        If no line can repeat it; the sentence says why.
    """
    run = store.get(run_id)
    if run.kind is Kind.TUNED:
        raise DigitpadError(
            "This network was fine-tuned on your digits, which a line cannot hold: repeat it with "
            "“Learn my hand”."
        )
    if run.parent is not None:
        raise DigitpadError(
            f"This run continues a snapshot of “{run.parent.name}”, which only this window has: "
            "copy the experiment of a run that began with a new network."
        )
    if run.status is Status.RUNNING:
        raise DigitpadError("This run is still training: copy its experiment when it has ended.")
    state = run_files.read_checkpoint(run.folder).state
    h = _hyperparameters_throughout(state, run.reason)
    if not _began_new(store, run_id, h):
        raise DigitpadError(
            "This run began with the weights of another network, which only this window has: copy "
            "the experiment of a run that began with a new network."
        )
    if run.data is not None and not run.data.exists():
        raise DigitpadError(
            f"The data of this run, “{run.data}”, are no longer there: put them back first."
        )
    return as_line(h, run.name, run.data)


def _hyperparameters_throughout(state: TrainingState, reason: str) -> Hyperparameters:
    """Return the hyperparameters that held from the first mini-batch to the last."""
    h = state.hyperparameters
    notes = [entry["change"] for entry in state.history if "change" in entry]
    changes = {str(name) for note in notes if isinstance(note, dict) for name in note}
    if h is None or changes - {"epochs"} or (changes and h.schedule not in _PLAN_FREE):
        raise DigitpadError(
            "The hyperparameters of this run changed while it trained, which a line cannot repeat: "
            "train anew with those it has now, and copy that."
        )
    if state.position:
        raise DigitpadError(
            f"This run stopped in the middle of epoch {state.epoch + 1}, but a line ends after "
            "whole epochs: continue it to its end, and copy its experiment then."
        )
    if reason not in (EndReason.EARLY_STOPPING, EndReason.CONVERGED) and state.epoch < h.epochs:
        if h.schedule not in _PLAN_FREE or h.patience or not state.epoch:
            raise DigitpadError(
                "This run was stopped before its end, which a line cannot repeat: continue it to "
                "its end, and copy its experiment then."
            )
        return h.replace(epochs=state.epoch)
    return h


def _began_new(store: RunStore, run_id: str, h: Hyperparameters) -> bool:
    """Whether a run's first snapshot is the network that its hyperparameters begin with."""
    with suppress(DigitpadError, LookupError), store.timeline(run_id) as timeline:
        first = timeline.positions[0]
        begun = h.new_network().parameters
        return first.batches == 0 and bool(np.array_equal(timeline.read(0), begun))
    return False


def line_of_model(model: Model) -> str:
    """Return the line of `digitpad train` that made a model file.

    Raises
    ------
    DigitpadError
        If the file has none, or one that needs another file's weights.
    """
    command = model.metadata.get("command")
    if not isinstance(command, str):
        raise DigitpadError(
            "This file does not say how it was trained: only models of “digitpad train” do."
        )
    words = _words(command, windows=False)  # the terminal writes it alike on all systems
    arguments = _parsed(words)
    if arguments.start is not None:
        raise DigitpadError(
            f"This model continues the one in “{arguments.start}”, so no single line repeats it: "
            "copy the experiment of that model first."
        )
    whole = ["digitpad", *words]
    return subprocess.list2cmdline(whole) if _WINDOWS else shlex.join(whole)


# -- read --------------------------------------------------------------------------------------


def read_line(line: str, *, windows: bool = _WINDOWS) -> Experiment:
    """Read a line of `digitpad train`, as a shell and then `digitpad` do.

    Parameters
    ----------
    line : str
        May begin with a prompt, and may be continued by backslashes.
    windows : bool
        Whether backslashes belong to paths; by default on Windows.

    Raises
    ------
    DigitpadError
        If it is none, or asks for what the window cannot do.
    """
    arguments = _parsed(_words(line, windows=windows))
    if arguments.strokes is not None:
        raise DigitpadError("The window cannot train with --strokes: run this line in a terminal.")
    for path in (arguments.data, arguments.start):
        if path is not None and not path.exists():
            raise DigitpadError(f"There is no “{path}”: give the path of a file that is there.")
    if arguments.start is not None:
        if arguments.preset is not None:
            raise DigitpadError(
                "The window cannot continue a model with a preset: run this line in a terminal."
            )
        return Experiment(options.given(arguments), "basic", arguments.data, arguments.start)
    preset, hyperparameters = options.new_training(arguments)
    if preset.networks > 1:
        raise DigitpadError(
            f"The preset {preset.spelling} trains several networks and merges them, which only a "
            "terminal can do: run this line there."
        )
    return Experiment(dict(vars(hyperparameters)), preset.name, arguments.data)


def _words(line: str, *, windows: bool) -> list[str]:
    """Return the words of a line that follow “digitpad”, the first of which is “train”."""
    text = re.sub(r"[\\^`]\r?\n", " ", line.strip()).removeprefix("$ ")
    if len(text) > _MAX_LENGTH:
        raise DigitpadError("This is too long for an experiment: copy a single line.")
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    if windows:
        lexer.escape = ""
    try:
        words = list(lexer)
    except ValueError:
        raise DigitpadError("A quotation mark in this line is never closed: add it.") from None
    if words[1:3] == ["-m", "digitpad"]:
        words = words[2:]
    if words[:2] != ["digitpad", "train"]:
        raise DigitpadError(
            "This is no experiment: copy a line that begins with “digitpad train”, and paste again."
        )
    return words[1:]


class _Parser(argparse.ArgumentParser):
    """The terminal's options, with an exception in place of an exit."""

    def error(self, message: str) -> NoReturn:
        raise DigitpadError(f"This line is not right: {message}. Correct it, and paste again.")


def _parsed(words: list[str]) -> argparse.Namespace:
    parser = _Parser(prog="digitpad train", allow_abbrev=False, add_help=False)
    options.add_options(parser)
    return parser.parse_args(words[1:])
