"""A training in a terminal: shows its progress, can be interrupted, and loses nothing.

What was learned is on the disk before anything else is done with it. A signal (Ctrl-C, the end of
the session, a closed terminal) stops the training between two mini-batches; further signals change
nothing until the model is saved.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from digitpad.cli import terminal
from digitpad.cli.progress import JsonLines, Lines, print_json
from digitpad.data.dataset import Dataset
from digitpad.errors import DigitpadError
from digitpad.files import writing
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.recognition.evaluation import Evaluation, evaluate
from digitpad.shipped import recipe
from digitpad.training import sgd
from digitpad.training.diagnosis import Diagnosis, Finding, diverged, worsened
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.metadata import training_metadata
from digitpad.training.sgd import Diverged, EndReason
from digitpad.training.state import TrainingState

INTERRUPTED = 130  # what the shell reports for a program that was interrupted

# Seconds. Checkpoints are at most 10 s apart, with the time to write one.
_SAVE_EVERY = 8.0
_REPORT_EVERY = 0.1
_DIAGNOSED_IMAGES = 200

_SIGNALS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
]


@dataclass
class Data:
    """What a network learns from and is judged by; validation and test may be empty."""

    train: Dataset
    validation: Dataset
    test: Dataset


class _Interrupted(Exception):
    """A signal came while the model, which is saved already, was being evaluated."""


class _SavedElsewhere(DigitpadError):
    """The model could not be saved in its place, but it was in another."""


class TrainingRun:
    """One training, from its first mini-batch to the saved model.

    Parameters
    ----------
    arguments : argparse.Namespace
        Of `digitpad train`.
    out : Path
        Where to save the model.
    network, state : Network, TrainingState
        To begin or to go on with; they are changed.
    hyperparameters : Hyperparameters
    data : Data
    sources : dict
        Where the data come from, for the model's metadata.
    protects : bool
        Whether a file that is already at `out` is kept beside it until the training has ended well.
    """

    def __init__(
        self,
        arguments: argparse.Namespace,
        out: Path,
        network: Network,
        state: TrainingState,
        hyperparameters: Hyperparameters,
        data: Data,
        sources: dict[str, Any],
        *,
        protects: bool = True,
    ) -> None:
        self.network = network
        self.state = state
        self._arguments = arguments
        self._out = out
        self._h = hyperparameters
        self._data = data
        self._sources = dict(sources)
        self._findings: list[Finding] = []
        self._before: Evaluation | None = None
        self._protected = out.with_name(f"{out.stem}-before.npz")
        self._protects = protects and out.exists()
        self._saved = self._complained = False

    def compare_with_beginning(self) -> None:
        """Evaluate the network as it is now: what ends worse shall not replace it."""
        if len(self._data.validation):
            self._before = evaluate(self.network, self._data.validation)

    def run(self) -> int:
        """Train, save, evaluate, and return the exit code."""
        with signals_noted() as noted:
            reason = self.learn(noted)
            if reason is None:
                terminal.complain(
                    f"stopped in epoch {self.state.epoch + 1} and saved in “{self._out}”; continue "
                    f"with: digitpad train --continue {shlex.quote(str(self._out))}"
                )
                self._drop_protected()
                return INTERRUPTED
            return self.finish(reason, noted)

    # -- learning --------------------------------------------------------------------------------

    def learn(self, noted: list[int]) -> EndReason | None:
        """Train and save; return why the training ended, or None if a signal interrupted it."""
        show = JsonLines() if self._arguments.json else Lines(self.state, self._h, self._data.train)
        begun = self.state.epoch
        trained = self.state.epoch, self.state.position
        try:
            with closing(show):
                reason = self._learn(show, noted)
        except Diverged as error:
            # The network has the weights of the last epoch's end again.
            if self.state.epoch > begun:
                self._save({}, with_state=False)
                terminal.complain(f"what it had learned before is saved in “{self._out}”.")
                self._drop_protected()
            elif self._saved:
                self._take_back()
            raise DigitpadError(f"{error} Hint: {diverged(self._h).remedy}.") from None
        except _SavedElsewhere:
            raise
        except BaseException:
            # Such as a terminal that has gone away. Here it is between two mini-batches.
            if trained != (self.state.epoch, self.state.position):
                self._save({})
                with suppress(OSError):
                    terminal.complain(f"what it had learned is saved in “{self._out}”.")
            raise
        self._save({})
        return reason

    def _learn(self, show: Lines | JsonLines, noted: list[int]) -> EndReason | None:
        diagnosis = Diagnosis(self._h)
        images = self._data.train.take(slice(_DIAGNOSED_IMAGES)).inputs()
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
                diagnosis.add(progress)
                show.progress(progress)
                if progress.finished:
                    self._findings = diagnosis.findings(self.network, images)
                    return progress.finished
                if noted:
                    return None
                if time.monotonic() - saved > _SAVE_EVERY:
                    self._checkpoint()
                    saved = time.monotonic()
        return None

    # -- afterwards ------------------------------------------------------------------------------

    def finish(self, reason: EndReason, noted: list[int], networks: int = 1) -> int:
        """Evaluate the network, save it with the results and print them; return the exit code.

        Parameters
        ----------
        reason : EndReason
        noted : list of int
            Of `signals_noted`.
        networks : int
            How many networks were merged into this one.
        """
        try:
            results, metadata = self._evaluated(noted)
        except _Interrupted:
            if networks > 1:
                terminal.complain("stopped before the evaluation; run the same command again.")
            else:
                terminal.complain(f"stopped before the evaluation; saved in “{self._out}”.")
            return INTERRUPTED
        if networks > 1:
            metadata["networks"] = networks
        worse = self._is_worse(results)
        if worse and not self._findings:
            self._findings = [worsened(self._h)]
        trained_on = self._out
        if worse and self._protects:
            self._out = _unused(self._out.with_name(f"{self._out.stem}-worse.npz"))
        self._save(metadata, finished=True)
        if self._out != trained_on:
            os.replace(self._protected, trained_on)
            worse += f" “{trained_on}” is as it was."
        else:
            self._drop_protected()
        self._report(reason, results, worse)
        return 0

    def _evaluated(self, noted: list[int]) -> tuple[dict[str, Evaluation], dict[str, Any]]:
        """Return the results on the validation and test images, and their metadata."""

        def check(_: int = 0) -> None:
            if noted:
                raise _Interrupted

        check()
        if self._arguments.compact:
            # What is evaluated is what is saved.
            halves = self.network.parameters.astype(np.float16)
            self.network.parameters[...] = halves
        results = {
            name: evaluate(self.network, data, check)
            for name, data in (("validation", self._data.validation), ("test", self._data.test))
            if (data.labels >= 0).any()
        }
        metadata: dict[str, Any] = {
            "accuracy": {f"{name} images": result.accuracy for name, result in results.items()}
        }
        if self._sources["strokes"] or self._sources["preset"] == "shipped":
            calibration = recipe.calibrate(self.network, self._data.validation)
            metadata["recognition"] = calibration.to_dict()
        check()
        return results, metadata

    def _is_worse(self, results: dict[str, Evaluation]) -> str:
        """Return a sentence if the network has become worse than it began, or ""."""
        result = results.get("validation")
        # Chance alone may make it a little worse.
        if self._before is None or result is None or result.accuracy >= self._before.interval[0]:
            return ""
        before, now = (terminal.percent(each.accuracy) for each in (self._before, result))
        return (
            f"The network has become worse: {before} of the validation images were correct before, "
            f"{now} are now."
        )

    def _report(self, reason: EndReason, results: dict[str, Evaluation], worse: str) -> None:
        for words in [worse, *(f"{each.sentence} Hint: {each.remedy}." for each in self._findings)]:
            if words:
                terminal.complain(words)
        if self._arguments.json:
            print_json(
                event="result",
                model=str(self._out),
                finished=reason,
                epochs=self.state.epoch,
                seconds=self.state.seconds,
                accuracy={name: result.accuracy for name, result in results.items()},
                findings=[finding.name for finding in self._findings],
            )
            return
        if reason is not EndReason.EPOCHS:
            words = {
                EndReason.EARLY_STOPPING: "validation accuracy no longer improved",
                EndReason.CONVERGED: "the cost converged",
            }[reason]
            print(f"Stopped after {self.state.epoch} epochs: {words}.")
        for name, result in results.items():
            low, high = result.interval
            print(
                f"{name:<10}  {terminal.percent(result.accuracy)} of {result.n:,} images correct, "
                f"{terminal.percent(low)} to {terminal.percent(high)} with 95 % confidence"
            )
        print(f"saved in    {self._out}")

    # -- saving ----------------------------------------------------------------------------------

    def _checkpoint(self) -> None:
        """Save what was learned so far; if that fails, the training goes on."""
        try:
            self._write(self._out, {})
        except DigitpadError as error:
            if not self._complained:
                terminal.complain(f"no checkpoint was saved: {error}")
            self._complained = True

    def _save(
        self, more: dict[str, Any], *, with_state: bool = True, finished: bool = False
    ) -> None:
        """Save the network with its metadata; elsewhere, if that is not possible in its place.

        Raises
        ------
        DigitpadError
            If it was saved elsewhere (it says where), or nowhere.
        """
        try:
            self._write(self._out, more, with_state=with_state, finished=finished)
        except DigitpadError as error:
            for folder in (Path.cwd(), Path.home(), Path(tempfile.gettempdir())):
                elsewhere = _unused(folder / f"digitpad-rescued-{self._out.stem[:80]}.npz")
                try:
                    self._write(elsewhere, more, with_state=with_state, finished=finished)
                except (DigitpadError, OSError):
                    continue
                raise _SavedElsewhere(
                    f"{error} What the network has learned is saved in “{elsewhere}” instead."
                ) from None
            raise

    def _write(
        self,
        path: Path,
        more: dict[str, Any],
        *,
        with_state: bool = True,
        finished: bool = False,
    ) -> None:
        if path == self._out and self._protects and not self._saved:
            self._protect()
        metadata = training_metadata(
            self.network, self._h, self.state, self._data.train.name, more.get("accuracy", {})
        )
        metadata |= {
            "name": self._out.stem,
            "sources": self._sources,
            "command": shlex.join(["digitpad", *self._arguments.argv]),
        }
        # Until it is finished, it must be possible to continue a compact model too.
        compact = self._arguments.compact and finished
        model_file.save(
            path,
            Model(self.network, metadata | more),
            self.state.to_arrays() if with_state and not compact else None,
            dtype=np.float16 if compact else np.float32,
        )
        self._saved = self._saved or path == self._out

    def _protect(self) -> None:
        """Keep the file that is about to be replaced beside it, under another name."""
        self._protected = _unused(self._protected)
        try:
            writing.replace(self._protected, self._out.read_bytes())
        except OSError as error:
            raise DigitpadError(
                f"“{self._protected}” cannot be written ({error.strerror or error}): free some "
                "disk space."
            ) from None

    def _drop_protected(self) -> None:
        if self._protects and self._saved:
            self._protected.unlink(missing_ok=True)

    def _take_back(self) -> None:
        """Leave everything as it was before the first checkpoint."""
        if self._protects:
            os.replace(self._protected, self._out)
        else:
            self._out.unlink(missing_ok=True)


def _unused(path: Path) -> Path:
    """Return a path where nothing is, with a number if need be."""
    number, unused = 1, path
    while unused.exists():
        number += 1
        unused = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return unused


@contextmanager
def signals_noted() -> Iterator[list[int]]:
    """Note Ctrl-C and requests to end in a list, however many come.

    Where one has come, the process is about to end, and further ones are noted until it does.
    """
    noted: list[int] = []
    before: dict[int, Any] = {}
    received: list[int] = []

    def note(number: int, _frame: object) -> None:
        noted.append(number)
        received.append(number)

    try:
        for number in _SIGNALS:
            # Whoever started this with nohup wants SIGHUP to be ignored.
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, note)
    except ValueError:  # only the main thread gets signals
        pass
    try:
        yield noted
    finally:
        for number, handler in before.items() if not received else ():
            signal.signal(number, handler)
