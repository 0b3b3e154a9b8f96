"""The options of `digitpad sweep`."""

from __future__ import annotations

import argparse
from pathlib import Path

from digitpad.experiments.lessons import LESSONS
from digitpad.experiments.specification import Strategy
from digitpad.training.hyperparameters import without_marks
from digitpad.training.presets import PRESETS

_LESSONS = "\n".join(
    f"  {name:<14} {lesson.question}\n{' ' * 17}{lesson.sentence}"
    for name, lesson in LESSONS.items()
)

DESCRIPTION = f"""\
Train a network for each of many hyperparameters, and report which are best:

  digitpad sweep --set learning-rate=log:0.01..10 --runs 20 --out eta
  digitpad sweep --set "hidden-layers=16,16|30|100" --strategy grid --seeds 3
  digitpad sweep SPEC.toml

A range is a list of values (1|3|10), or the numbers between two: lin:0..0.9,
log:0.01..10, int:10..100; a grid takes so many of them: log:0.01..10:7.

SPEC.toml holds the same:
  strategy = "random"
  runs = 20
  [set]
  learning-rate = "log:0.01..10"

Ctrl-C stops. The same command, or --out FOLDER alone, goes on from there. At
the end the folder holds report.html, results.csv, results.json and best.npz.

Lessons, of about three minutes each:
{_LESSONS}
"""

_HELP = {
    Strategy.GRID: "every combination",
    Strategy.RANDOM: "random ones",
    Strategy.HALVING: "random ones, of which only the best are trained longer",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    what = parser.add_argument_group("what to try")
    what.add_argument("file", nargs="?", type=Path, metavar="SPEC.toml", help="a specification")
    what.add_argument("--lesson", choices=list(LESSONS), help="try what a lesson tries")
    what.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=RANGE",
        help="give a hyperparameter a range or a value (see digitpad train --help for their names)",
    )
    what.add_argument(
        "--strategy",
        choices=[strategy.value for strategy in Strategy],
        help="; ".join(f"{strategy.value}: {words}" for strategy, words in _HELP.items())
        + " (default: random)",
    )
    what.add_argument(
        "--seeds", type=_whole, metavar="N", help="train each point with so many seeds (default: 1)"
    )
    what.add_argument("--runs", type=_whole, metavar="N", help="at most so many trainings")
    what.add_argument("--minutes", type=float, metavar="X", help="at most so long")
    what.add_argument(
        "--preset",
        metavar="NAME",
        help="where all that is not set comes from: "
        f"{', '.join(preset.spelling for preset in PRESETS.values())} (default: basic)",
    )
    what.add_argument(
        "--data", metavar="DATA", help="train on this instead of MNIST, as digitpad train does"
    )
    what.add_argument("--name", metavar="TEXT", help="the title of the report")
    where = parser.add_argument_group("where")
    where.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="the folder of the sweep, a new one or one to go on with (default: sweep-NAME here)",
    )
    where.add_argument(
        "--workers", type=_whole, metavar="N", help="processes (default: one for each processor)"
    )
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="use the workers of a dask.distributed cluster instead, such as tcp://10.0.0.1:8786 "
        "(needs the extra “cluster”; docs/scale.md says more)",
    )
    where.add_argument(
        "--json", action="store_true", help="print progress and result as JSON lines"
    )


def _whole(text: str) -> int:
    try:
        return int(without_marks(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number") from None
