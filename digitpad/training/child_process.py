"""What the processes that are started to train have in common: how they begin, and how they end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from multiprocessing.process import BaseProcess


def step_back(niceness: int, ignored: Iterable[str]) -> None:
    """Be a process that another one started: leave signals to that one, and let it go first.

    Parameters
    ----------
    niceness : int
        Added to the process's own, where the system knows such a thing.
    ignored : iterable of str
        Names of signals, such as "SIGINT"; those that the system does not have are passed over.
    """
    for name in ignored:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(niceness)


def end(process: BaseProcess, seconds: float) -> None:
    """Wait so long for a process to end, kill it if it has not, and free what is kept of it."""
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        process.join()
    process.close()
