"""Signals that ask the program to end (SIGTERM, SIGHUP, Ctrl-C) become calls in the event loop."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from PySide6.QtCore import QSocketNotifier

_NAMES = ("SIGTERM", "SIGHUP", "SIGINT")  # SIGHUP: the terminal closed, or the user logs out


@contextmanager
def handled(end: Callable[[], None]) -> Iterator[None]:
    """Call `end`, once, in the event loop's turn, when such a signal arrives.

    Python's own handlers wait until Qt returns to Python, which may be never while nothing
    happens. So the system writes each signal's number into a socket that the event loop watches.
    """
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    read, write = socket.socketpair()
    read.setblocking(False)
    write.setblocking(False)
    notifier = QSocketNotifier(read.fileno(), QSocketNotifier.Type.Read)

    def arrived() -> None:
        notifier.setEnabled(False)
        with suppress(BlockingIOError):
            read.recv(64)
        end()

    notifier.activated.connect(arrived)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    descriptor = signal.set_wakeup_fd(write.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(descriptor)
        for number, handler in before.items():
            signal.signal(number, handler)
        notifier.setEnabled(False)
        read.close()
        write.close()
