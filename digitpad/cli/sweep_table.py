"""The progress of `digitpad sweep`: a table that is drawn anew, lines, or JSON lines."""

from __future__ import annotations

import shutil
import sys
import time

from digitpad.cli import terminal
from digitpad.cli.progress import print_json
from digitpad.experiments import charts
from digitpad.experiments.ranges import spelt, value_text
from digitpad.experiments.results import End, Key, PointResult, Result, by_point
from digitpad.experiments.specification import Strategy
from digitpad.experiments.store import SweepStore
from digitpad.experiments.sweep import Report

_DRAW_EVERY = 0.5
_ROWS = 15


class Lines:
    """A line on stderr for each result, where the output is no terminal."""

    def __init__(self, store: SweepStore) -> None:
        self._store = store

    def update(self, report: Report) -> None:
        """Show a report."""
        for key, result in report.new:
            terminal.complain(f"{key.name}  {described(self._store, key, result)}", "sweep")

    def close(self) -> None:
        """Show no more."""


class LiveTable:
    """The best points so far, and how far the sweep is, drawn in place."""

    def __init__(self, store: SweepStore) -> None:
        self._store = store
        self._drawn = 0
        self._due = 0.0
        self._report = Report({})

    @staticmethod
    def is_possible() -> bool:
        """Whether stderr is a terminal in which lines can be drawn anew."""
        return terminal.shows_colour(sys.stderr)

    def update(self, report: Report) -> None:
        """Show a report."""
        self._report = report
        if time.monotonic() >= self._due or report.ended is not None:
            self._due = time.monotonic() + _DRAW_EVERY
            self._draw()

    def close(self) -> None:
        """Show no more; the table stays."""

    def _draw(self) -> None:
        columns, height = shutil.get_terminal_size()
        lines = table(self._store, self._report, min(_ROWS, max(1, height - 5)))
        up = f"\033[{self._drawn}A" if self._drawn else ""
        text = "".join(f"\033[2K{line[: columns - 1]}\n" for line in lines)
        sys.stderr.write(f"{up}\033[0J{text}")
        sys.stderr.flush()
        self._drawn = len(lines)


class JsonLines:
    """A JSON object on stdout for each result."""

    def update(self, report: Report) -> None:
        """Show a report."""
        for key, result in report.new:
            print_json(
                event="run",
                run=key.name,
                end=result.end.value,
                epochs=result.epochs,
                accuracy=result.accuracy,
                seconds=result.seconds,
            )

    def close(self) -> None:
        """Show no more; every line is out already."""


def table(store: SweepStore, report: Report, rows: int) -> list[str]:
    """Return the lines of the table: a head, the best points, and what is under way."""
    of = store.specification
    names = of.varied
    points = by_point(store.points, store.results, of.seeds)
    cells = [["", "accuracy", *map(spelt, names), "epochs"]]
    for rank, each in enumerate(points[:rows], start=1):
        cells.append(_cells(rank, each, names))
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    if len(points) > rows:
        lines.append(f"… and {len(points) - rows} more")
    return [*lines, _state(store, report)]


def _cells(rank: int, of: PointResult, names: tuple[str, ...]) -> list[str]:
    values = [value_text(getattr(of.hyperparameters, name)) for name in names]
    return [f"{rank}.", charts.outcome(of), *values, str(of.epochs)]


def _state(store: SweepStore, report: Report) -> str:
    minutes, seconds = divmod(round(report.seconds), 60)
    total = ""
    if store.specification.strategy is Strategy.GRID or store.specification.runs:
        total = f" of {store.points.count() * store.specification.seeds}"
    done = len(store.results)
    running = ", ".join(
        f"{key.name}: epoch {0 if end is None else end.epochs}"
        for key, end in sorted(report.running.items(), key=lambda each: each[0])
    )
    return f"{done}{total} runs, {minutes}:{seconds:02}" + (f"; {running}" if running else "")


def described(store: SweepStore, key: Key, result: Result) -> str:
    """Return a run in words: its values, and what came of it."""
    h = store.hyperparameters(key)
    values = ", ".join(
        f"{spelt(name)} {value_text(getattr(h, name))}" for name in store.specification.varied
    )
    if result.end is End.FAILED:
        words = f"failed: {result.message}"
    elif result.accuracy is None:
        words = f"diverged in epoch {result.epochs + 1}"
    else:
        words = f"{terminal.percent(result.accuracy)} after {result.epochs} epochs"
    return f"{values}: {words}" if values else words
