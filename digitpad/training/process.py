"""A `LiveTraining` in a process of its own, so that nobody who looks at it slows it down.

Python runs one thread at a time. A training of a small network is Python for the most part, and so
are reading and painting: as two threads of a process each would wait for the other. As two
processes each has a processor to itself.

Commands go to the process's standard input, messages come from its standard output, both pickled.
The weights, which would be megabytes in every message, lie in a file that both processes map into
their memory.
"""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

from digitpad.errors import DigitpadError
from digitpad.nn.functions import Array
from digitpad.training.interactive import Finished, Job, LiveTraining, Message, Update

# What may be asked of the training: methods of LiveTraining.
_COMMANDS = frozenset({"change", "pause", "set_pace", "step", "stop", "acknowledge"})

# The process finds digitpad wherever this one found it.
_PROGRAM = "import sys; sys.path[:] = {}; from digitpad.training.process import serve; serve()"

_NICENESS = 5  # whoever draws while it trains goes first
_SECONDS_TO_END = 5.0


class TrainingProcess:
    """A process that trains; a context manager, which ends it.

    Parameters
    ----------
    job : Job
        With a network, which stays as it is.

    Raises
    ------
    DigitpadError
        If there cannot be another process.
    """

    def __init__(self, job: Job) -> None:
        assert job.network is not None
        self._network = job.network
        # Commands come from more than one thread.
        self._lock = threading.Lock()
        self._file = ""
        try:
            handle, self._file = tempfile.mkstemp(prefix="digitpad-")
            with open(handle, "wb") as file:
                file.write(job.network.parameters.tobytes())
            self._weights = _mapped(self._file)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM.format(repr(sys.path))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            self._remove_file()
            raise DigitpadError(
                "The training needs a process and a temporary file of its own, which this system "
                f"refuses ({error.strerror or error}): close other programs, and train again."
            ) from None
        self._send((self._file, job))

    def __enter__(self) -> TrainingProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock, suppress(OSError):
            self._process.stdin.close()  # at which it ends, if it has not yet
        self._process.stdout.close()
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        del self._weights
        self._remove_file()

    def _remove_file(self) -> None:
        with suppress(OSError):  # the process has done so already, where that is possible
            os.unlink(self._file)

    def ask(self, command: str, *arguments: Any) -> None:
        """Call a method of the process's `LiveTraining`, such as change or pause."""
        assert command in _COMMANDS
        self._send((command, arguments))

    def _send(self, message: object) -> None:
        assert self._process.stdin is not None
        # If it has ended, `messages` says so.
        with self._lock, suppress(OSError, ValueError):
            pickle.dump(message, self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()

    def messages(self) -> Iterator[Message]:
        """Yield what the training tells, to its end; networks are copies.

        Raises
        ------
        DigitpadError
            If the process ended without having said so.
        """
        assert self._process.stdout is not None
        while True:
            try:
                message: Message = pickle.load(self._process.stdout)
            except (EOFError, pickle.UnpicklingError):
                raise DigitpadError(
                    "The training's process was ended from outside, perhaps because the memory "
                    "was full: close other programs or make the network smaller, and train again."
                ) from None
            if isinstance(message, Update):
                message.network = self._network.with_parameters(self._weights)
                self.ask("acknowledge")
            yield message
            if isinstance(message, Finished):
                return


def _mapped(path: str) -> Array:
    """Return the float32 numbers of a file, as memory that is shared with who else maps it."""
    with open(path, "r+b") as file:
        return np.frombuffer(mmap.mmap(file.fileno(), 0), np.float32)


def serve() -> None:
    """Be the process: do the job that standard input says, and what else it asks."""
    # Ctrl-C in the terminal is the window's business.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    commands, messages = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what is printed must not come between the messages
    path, job = pickle.load(commands)
    weights = _mapped(path)
    # Mapped memory needs no name: so nothing is left behind, whatever happens.
    with suppress(OSError):
        os.unlink(path)

    def tell(message: Message) -> None:
        if isinstance(message, Update):
            assert message.network is not None
            weights[...] = message.network.parameters
            message = replace(message, network=None)
        try:
            pickle.dump(message, messages, pickle.HIGHEST_PROTOCOL)
            messages.flush()
        except OSError:  # nobody is there any more
            os._exit(1)

    training = LiveTraining(job, tell)
    threading.Thread(target=_obey, args=(training, commands), daemon=True).start()
    training.run()
    os._exit(0)  # the other thread may be reading, which would hold up a tidy end


def _obey(training: LiveTraining, commands: BinaryIO) -> None:
    """Do what is asked; at the end of the input nobody wants this training any more."""
    while True:
        try:
            command, arguments = pickle.load(commands)
        except (EOFError, OSError):
            os._exit(1)
        if command in _COMMANDS:
            getattr(training, command)(*arguments)
