"""A thread that follows a sweep in a process of its own.

It passes on what the process says (`updated`, `take`), however much has come since the window last
looked, merged into one.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from digitpad.errors import DigitpadError
from digitpad.experiments.process import SweepProcess, Update
from digitpad.experiments.sweep import Reason
from digitpad.experiments.workers import processors


class SweepThread(QThread):
    """One session of a sweep.

    Parameters
    ----------
    folder : Path
        Of the sweep.
    values : dict or None
        What to try in a new one; None: go on.

    Signals
    -------
    updated()
        There is something to `take`.
    """

    updated = Signal()

    def __init__(
        self, folder: Path, values: dict[str, Any] | None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._folder = folder
        self._values = values
        # Shared by the two threads and touched with the lock held.
        self._lock = threading.Lock()
        self._process: SweepProcess | None = None
        self._stopped = False
        self._unwanted = False
        self._update: Update | None = None

    def take(self) -> Update:
        """Return what has come since the last call."""
        with self._lock:
            update, self._update = self._update, None
        return update or Update()

    def stop(self) -> None:
        """Stop the sweep; the last update says when it has."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.stop()

    def end(self) -> None:
        """Stop the sweep, at once if it has not begun, and return when it has ended."""
        with self._lock:
            self._unwanted = True
            if self._process is not None:
                self._process.end()
        self.wait()

    def run(self) -> None:
        """Follow the sweep to its end."""
        try:
            with SweepProcess(self._folder, self._values, processors()) as process:
                with self._lock:
                    self._process = process
                    if self._unwanted:
                        process.end()
                    elif self._stopped:
                        process.stop()
                try:
                    for update in process.updates():
                        self._post(update)
                finally:
                    with self._lock:
                        self._process = None
        except DigitpadError as error:
            self._post(Update(ended=Reason.STOPPED, error=str(error)))

    def _post(self, update: Update) -> None:
        with self._lock:
            if self._update is not None:
                update.new = self._update.new + update.new
            is_first = self._update is None
            self._update = update
        if is_first:
            self.updated.emit()
