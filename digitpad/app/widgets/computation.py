"""Computing beside the window: results come one by one, and newer work replaces older."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QThread, Signal

from digitpad.app.translations import core
from digitpad.errors import DigitpadError

# Threads live until they have ended, even if the widget that wanted them is gone.
_running: set[_Thread] = set()


_REST = 0.3  # seconds after the pen's last event


class Rest:
    """Lets work beside the window wait while somebody draws.

    Even with a processor to spare, large products of matrices make the pen wait for memory.
    """

    def __init__(self) -> None:
        self._until = 0.0

    def begin(self) -> None:
        """Let the work wait for a moment, at its next `wait`."""
        self._until = time.monotonic() + _REST

    def wait(self) -> None:
        """Return when nobody draws; called by the work."""
        while (left := self._until - time.monotonic()) > 0:
            time.sleep(min(left, 0.05))


class Computation(QObject):
    """Runs one generator at a time in a thread of its own.

    Only one is ever at work: a newer one begins when the cancelled one before it has come to its
    next result. Otherwise, several would fill the memory with results that nobody wants.

    Signals
    -------
    yielded(object)
        What the generator that was started last has yielded.
    failed(str)
        It failed; a sentence for the user.
    finished()
        It came to its end; not after `cancel` or a failure.
    """

    yielded = Signal(object)
    failed = Signal(str)
    finished = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread: _Thread | None = None
        self._last: _Thread | None = None  # what was started last; it may still have to end

    @property
    def is_running(self) -> bool:
        """Whether results may still come."""
        return self._thread is not None

    def start(self, work: Callable[[], Iterator[Any]]) -> None:
        """Cancel what is under way, and take the results of a generator as they come.

        Parameters
        ----------
        work : callable
            Called in the thread; it returns the generator and must not touch widgets. The generator
            is closed between two results if it is cancelled.
        """
        self.cancel()
        earlier = self._last if self._last is not None and not self._last.isFinished() else None
        thread = _Thread(work, earlier)
        self._thread = self._last = thread
        thread.yielded.connect(self._take)
        thread.failed.connect(self._fail)
        thread.ended.connect(self._end)
        _running.difference_update([each for each in _running if each.isFinished()])
        _running.add(thread)
        thread.start(QThread.Priority.LowPriority)

    def cancel(self) -> None:
        """Want no more results."""
        if self._thread is not None:
            self._thread.requestInterruption()
            self._thread = None

    def _take(self, thread: object, result: object) -> None:
        if thread is self._thread:
            self.yielded.emit(result)

    def _fail(self, thread: object, message: str) -> None:
        if thread is self._thread:
            self._thread = None
            self.failed.emit(message)

    def _end(self, thread: object) -> None:
        if thread is self._thread:
            self._thread = None
            self.finished.emit()


class _Thread(QThread):
    yielded = Signal(object, object)
    failed = Signal(object, str)
    ended = Signal(object)

    def __init__(self, work: Callable[[], Iterator[Any]], earlier: _Thread | None) -> None:
        super().__init__()
        self._work = work
        self._earlier = earlier

    def run(self) -> None:
        """Pass the results on until there are no more or none are wanted."""
        if self._earlier is not None:
            self._earlier.wait()
            self._earlier = None
        if self.isInterruptionRequested():
            return
        try:
            results = self._work()
            for result in results:
                if self.isInterruptionRequested():
                    return
                self.yielded.emit(self, result)
        except DigitpadError as error:
            self.failed.emit(self, core(str(error)))
        except Exception as error:  # an exception must not vanish in a thread
            self.failed.emit(
                self,
                QCoreApplication.translate(
                    "Computation", "This could not be computed ({error})."
                ).format(error=f"{type(error).__name__}: {error}"),
            )
        else:
            self.ended.emit(self)


@atexit.register
def _stop() -> None:
    """Wait for what still runs: a thread must not outlive the interpreter."""
    for thread in _running:
        thread.requestInterruption()
    for thread in _running:
        thread.wait()
