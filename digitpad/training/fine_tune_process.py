"""Fine-tuning in a process of its own, so that the window stays smooth.

The process is spawned, as that of a training is (see `process`). It gets the network and the digits
when it starts, reads MNIST itself, and sends its progress and then the result through a pipe.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Collection, Iterator, Sequence
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from digitpad.data.mnist import mnist
from digitpad.drawing.strokes import Sample
from digitpad.errors import DigitpadError
from digitpad.nn.network import Network
from digitpad.training import child_process
from digitpad.training.fine_tune import FineTuned, Progress, fine_tune
from digitpad.training.interactive import error_sentence

_NICENESS = 5  # whoever draws while it learns goes first
_BEAT = 0.1  # seconds


class FineTuneProcess:
    """A process that fine-tunes a network; a context manager, which ends it.

    Parameters
    ----------
    network : Network
        It stays as it is.
    mine : sequence of Sample
    learned_before : collection of str
        As for `fine_tune`.

    Raises
    ------
    DigitpadError
        If the system refuses another process.
    """

    def __init__(
        self, network: Network, mine: Sequence[Sample], learned_before: Collection[str] = ()
    ) -> None:
        spawn = multiprocessing.get_context("spawn")
        try:
            self._messages, messages = spawn.Pipe(duplex=False)
            self._process = spawn.Process(
                target=serve,
                args=(messages, network, list(mine), frozenset(learned_before)),
                name="fine-tuning",
                daemon=True,
            )
            self._process.start()
        except OSError as error:
            raise DigitpadError(
                "Learning needs a process of its own, which this system refuses "
                f"({error.strerror or error}): close other programs, and try again."
            ) from None
        messages.close()  # while it were open here, the pipe would not end with the process

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self._process.pid is not None
        return self._process.pid

    def __enter__(self) -> FineTuneProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._messages.close()
        child_process.end(self._process, 0.0)  # it has nothing to lose

    def messages(self) -> Iterator[Progress | FineTuned]:
        """Yield the progress, and at last the result.

        The last progress comes again and again until there is more, so that whoever wants it no
        longer can leave at any time.

        Raises
        ------
        DigitpadError
            If it fails.
        """
        message: Progress | FineTuned | str = Progress(0.0, None)
        while isinstance(message, Progress):
            yield message
            try:
                if self._messages.poll(_BEAT):
                    message = self._messages.recv()
            except (EOFError, OSError):
                raise DigitpadError(
                    "The process that learned your hand ended unexpectedly, perhaps because the "
                    "memory was full: close other programs, and try again."
                ) from None
        if isinstance(message, str):
            raise DigitpadError(message)
        yield message


def serve(
    messages: Connection[Any, Any],
    network: Network,
    mine: Sequence[Sample],
    learned_before: frozenset[str],
) -> None:
    """Be the process."""
    # Ctrl-C in the terminal is the window's business.
    child_process.step_back(_NICENESS, ("SIGINT",))
    try:
        digits = mnist()
        steps = fine_tune(
            network, mine, digits.train, digits.validation, learned_before=learned_before
        )
        while True:
            messages.send(next(steps))
    except StopIteration as end:
        messages.send(end.value)
    except BrokenPipeError:  # nobody is there any more
        return
    except Exception as problem:  # whoever asked shows it
        messages.send(error_sentence(problem))
