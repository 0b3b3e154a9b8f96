"""A `LiveTraining` in a process of its own, so that whoever watches it does not slow it down.

Python runs one thread at a time. Training a small network is mostly Python, and so are reading and
painting: as two threads of one process each would wait for the other. As two processes each has a
processor to itself.

Commands and messages go through two pipes. The weights, which would be megabytes in every message,
lie in memory that both processes share. That memory has no name and the child ends when its pipe
does, so nothing is left behind, whichever of the two is killed.

The process is spawned, which also works in a frozen application. It imports the main module of the
program that starts it, as `multiprocessing` always does: a script must do its work below
`if __name__ == "__main__"`.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

import numpy as np

from digitpad.errors import DigitpadError
from digitpad.nn.functions import Array
from digitpad.training import child_process
from digitpad.training.interactive import Finished, Job, LiveTraining, Message, Update

# What may be asked of the training: methods of LiveTraining.
_COMMANDS = frozenset({"change", "pause", "set_pace", "step", "stop", "acknowledge"})

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
        If the system refuses another process.
    """

    def __init__(self, job: Job) -> None:
        assert job.network is not None
        self._network = job.network
        # Commands come from more than one thread.
        self._lock = threading.Lock()
        spawn = multiprocessing.get_context("spawn")
        try:
            shared = spawn.RawArray(ctypes.c_float, job.network.parameters.size)
            commands, self._commands = spawn.Pipe(duplex=False)
            self._messages, messages = spawn.Pipe(duplex=False)
            self._process = spawn.Process(
                target=serve, args=(commands, messages, shared), name="training", daemon=True
            )
            self._process.start()
        except OSError as error:
            raise DigitpadError(
                "The training needs a process and shared memory of its own, which this system "
                f"refuses ({error.strerror or error}): close other programs and train again."
            ) from None
        # The child has its own ends; while these were open here, no pipe would end with it.
        commands.close()
        messages.close()
        self._weights: Array = np.ctypeslib.as_array(shared)
        self._send(job)

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self._process.pid is not None
        return self._process.pid

    def __enter__(self) -> TrainingProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            self._commands.close()  # at which it ends, if it has not yet
        self._messages.close()
        child_process.end(self._process, _SECONDS_TO_END)

    def ask(self, command: str, *arguments: Any) -> None:
        """Call a method of the process's `LiveTraining`, such as change or pause."""
        assert command in _COMMANDS
        self._send((command, arguments))

    def _send(self, message: object) -> None:
        # If it has ended, `messages` says so.
        with self._lock, suppress(OSError):
            self._commands.send(message)

    def messages(self) -> Iterator[Message]:
        """Yield the training's messages, to its end; networks are copies.

        After an `Update` the next one comes only when `acknowledge` was asked.

        Raises
        ------
        DigitpadError
            If the process ended before the training did.
        """
        while True:
            try:
                message: Message = self._messages.recv()
            except (EOFError, OSError):
                raise DigitpadError(
                    "The training process ended unexpectedly, perhaps because the memory was "
                    "full: close other programs or make the network smaller, and train again."
                ) from None
            if isinstance(message, Update):
                # The process does not touch the weights until the update is acknowledged.
                message.network = self._network.with_parameters(self._weights)
            yield message
            if isinstance(message, Finished):
                return


def serve(
    commands: Connection[Any, Any],
    messages: Connection[Any, Any],
    shared: ctypes.Array[ctypes.c_float],
) -> None:
    """Be the process: do the job that comes first, and obey the commands that follow."""
    # Ctrl-C in the terminal, and the end of the session, are the window's business.
    child_process.step_back(_NICENESS, ("SIGINT", "SIGHUP"))
    weights: Array = np.ctypeslib.as_array(shared)

    def send(message: Message) -> None:
        if isinstance(message, Update):
            assert message.network is not None
            weights[...] = message.network.parameters
            message = replace(message, network=None)
        try:
            messages.send(message)
        except OSError:  # nobody is there any more
            training.interrupt()

    try:
        training = LiveTraining(commands.recv(), send)
    except (EOFError, OSError):
        os._exit(1)
    # Asked to end, it still says what it has learned.
    signal.signal(signal.SIGTERM, lambda *_: training.stop())
    threading.Thread(target=_obey, args=(training, commands), daemon=True).start()
    training.run()
    os._exit(0)  # the other thread may be reading, which would hold up a tidy end


def _obey(training: LiveTraining, commands: Connection[Any, Any]) -> None:
    """Do what is asked; at the end of the pipe, record what was learned and end."""
    while True:
        try:
            command, arguments = commands.recv()
        except (EOFError, OSError):
            training.interrupt()
            time.sleep(_SECONDS_TO_END)  # enough to write a checkpoint
            os._exit(1)
        if command in _COMMANDS:
            getattr(training, command)(*arguments)
