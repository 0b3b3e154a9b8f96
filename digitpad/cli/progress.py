"""The progress of `digitpad train`: a bar and lines for people, or JSON lines for programs."""

from __future__ import annotations

import json
import math
import sys
import time
from typing import TYPE_CHECKING, Any

from digitpad.cli import terminal
from digitpad.data.dataset import Dataset
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.sgd import EpochReport, Progress
from digitpad.training.state import TrainingState

if TYPE_CHECKING:
    from tqdm import tqdm

_JSON_EVERY = 1.0


class Lines:
    """Progress for people, on stderr: a bar while it goes on, and a line for each epoch."""

    def __init__(self, state: TrainingState, h: Hyperparameters, data: Dataset) -> None:
        n = len(data)
        self._samples = min(n, h.training_images) if h.training_images else n
        self._m = h.mini_batch_size
        self._validation = ""
        self._bar: tqdm = terminal.progress_bar(
            self._samples * h.epochs, "", done=self._samples * state.epoch + state.position
        )

    def progress(self, progress: Progress) -> None:
        """Show a report."""
        if progress.epoch_end is not None:
            self._epoch(progress.epoch_end, progress.epochs)
        in_epoch = min(progress.batch * self._m, self._samples)
        self._bar.n = self._samples * progress.epoch + in_epoch
        self._bar.set_description_str(
            f"epoch {min(progress.epoch + 1, progress.epochs)}/{progress.epochs}", refresh=False
        )
        self._bar.set_postfix_str(
            f"cost {progress.cost:.4g}{self._validation}, "
            f"{_thousands(progress.samples_per_second)}/s, {_minutes(progress.seconds_left)} left",
            refresh=False,
        )
        self._bar.refresh()

    def _epoch(self, report: EpochReport, epochs: int) -> None:
        words = (
            f"epoch {report.epoch:>{len(str(epochs))}}/{epochs}  cost {report.cost:<9.4g} "
            f"training {terminal.percent(report.accuracy)}"
        )
        if report.validation_accuracy is not None:
            accuracy = terminal.percent(report.validation_accuracy)
            words += f"  validation {accuracy}"
            self._validation = f", validation {accuracy}"
        words += f"  {report.seconds:.1f} s"
        self._bar.write(words, file=sys.stderr)

    def close(self) -> None:
        """Show no more."""
        self._bar.close()


class JsonLines:
    """Progress for programs, on stdout."""

    def __init__(self) -> None:
        self._due = 0.0

    def progress(self, progress: Progress) -> None:
        """Show a report."""
        report = progress.epoch_end
        if report is not None:
            print_json(event="epoch", **report._asdict())
        elif time.monotonic() >= self._due:
            self._due = time.monotonic() + _JSON_EVERY
            print_json(
                event="progress",
                epoch=progress.epoch + 1,
                epochs=progress.epochs,
                batch=progress.batch,
                batches=progress.batches,
                cost=progress.cost,
                learning_rate=progress.learning_rate,
                samples_per_second=progress.samples_per_second,
                seconds_left=progress.seconds_left,
            )

    def close(self) -> None:
        """Show no more; every line is out already."""


def print_json(**content: Any) -> None:
    """Print a JSON object on a line of its own."""
    # JSON knows neither NaN nor infinity.
    finite = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in content.items()
    }
    print(json.dumps(finite), flush=True)


def _thousands(number: float) -> str:
    return f"{number / 1000:,.0f}k" if number >= 10_000 else f"{number:,.0f}"


def _minutes(seconds: float) -> str:
    if not math.isfinite(seconds):
        return "?"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
