"""Computing beside the window: results in order, cancelling, failures."""

import threading
import time
from collections.abc import Iterator
from functools import partial

from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from digitpad.app.widgets.computation import Computation, Rest
from digitpad.errors import DigitpadError


def test_results_come_in_order_from_another_thread(qtbot: QtBot) -> None:
    computation = Computation()
    results: list[object] = []
    computation.yielded.connect(results.append)
    main = threading.get_ident()

    def work() -> Iterator[object]:
        yield threading.get_ident() == main
        yield from range(3)

    with qtbot.waitSignal(computation.finished):
        computation.start(work)
        assert computation.is_running
    assert results == [False, 0, 1, 2]
    assert not computation.is_running


def test_newer_work_replaces_older(qtbot: QtBot) -> None:
    computation = Computation()
    results: list[object] = []
    computation.yielded.connect(results.append)
    closed = threading.Event()

    def older() -> Iterator[str]:
        try:
            while True:
                yield "old"
                QThread.msleep(1)
        finally:
            closed.set()

    computation.start(older)
    qtbot.waitUntil(lambda: bool(results))
    with qtbot.waitSignal(computation.finished):
        computation.start(lambda: iter(["new"]))
        results.clear()
    assert results == ["new"]
    assert closed.wait(5)


def test_only_one_is_at_work_and_of_those_that_wait_only_the_last_begins(qtbot: QtBot) -> None:
    computation = Computation()
    go = threading.Event()
    at_work: list[int] = []
    done: list[int] = []

    def work(number: int) -> Iterator[int]:
        at_work.append(number)
        assert len(at_work) == 1
        if number == 0:
            go.wait(5)
        at_work.remove(number)
        done.append(number)
        yield number

    for number in range(5):
        computation.start(partial(work, number))
        if number == 0:
            qtbot.waitUntil(lambda: bool(at_work))
    QThread.msleep(20)  # for those that would not wait
    with qtbot.waitSignal(computation.finished):
        go.set()
    assert done == [0, 4]


def test_what_is_cancelled_says_nothing_more(qtbot: QtBot) -> None:
    computation = Computation()
    heard: list[object] = []
    computation.yielded.connect(heard.append)
    computation.finished.connect(lambda: heard.append("finished"))
    go = threading.Event()

    def work() -> Iterator[int]:
        go.wait(5)
        yield 1

    computation.start(work)
    computation.cancel()
    go.set()
    qtbot.wait(50)
    assert heard == []
    assert not computation.is_running


def test_failures_become_sentences(qtbot: QtBot) -> None:
    computation = Computation()

    def expected() -> Iterator[int]:
        raise DigitpadError("There are no images: choose others.")

    def unexpected() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError("by 0")

    with qtbot.waitSignal(computation.failed) as caught:
        computation.start(expected)
    assert caught.args == ["There are no images: choose others."]
    with qtbot.waitSignal(computation.failed) as caught:
        computation.start(unexpected)
    assert caught.args is not None
    assert "ZeroDivisionError: by 0" in caught.args[0]
    assert not computation.is_running


def test_work_rests_until_nobody_draws() -> None:
    rest = Rest()
    begin = time.monotonic()
    rest.begin()
    rest.wait()
    assert time.monotonic() - begin >= 0.3
