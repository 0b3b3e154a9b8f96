"""The report of a sweep: one HTML page with its charts, which needs nothing but a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from digitpad import __version__
from digitpad.experiments import charts
from digitpad.experiments.importance import Share
from digitpad.experiments.ranges import spelt, text_of, value_text
from digitpad.experiments.results import PointResult, Tested, winner
from digitpad.experiments.specification import Specification, Strategy
from digitpad.training.hyperparameters import FIELDS

_ROWS = 200

_STYLE = """
:root { color-scheme: light dark; --page: #fff; --ink: #1c2127; --soft: #5b6670; --line: #e3e7eb;
  --weak: #cfd8e0; --strong: #1769aa; --best: #d9480f; --alarm: #c92a2a; }
@media (prefers-color-scheme: dark) { :root { --page: #16191d; --ink: #e8ecef; --soft: #9aa5af;
  --line: #2b3138; --weak: #3b4650; --strong: #6cb6f5; --best: #ffa94d; --alarm: #ff6b6b; } }
body { background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
  max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; margin-bottom: 0.3rem; } h2 { margin: 2.2rem 0 0.4rem; font-size: 1.2rem; }
.answer { font-size: 1.15rem; } .soft, footer { color: var(--soft); font-size: 0.9rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.9rem; width: 100%; }
th, td { text-align: left; padding: 0.25rem 0.8rem 0.25rem 0; border-bottom: 1px solid var(--line);
  white-space: nowrap; } td.number, th.number { text-align: right;
  font-variant-numeric: tabular-nums; } code { font-size: 0.9em; }
.halo { paint-order: stroke; stroke: var(--page); stroke-width: 4px; }
"""


def page(
    specification: Specification,
    points: Sequence[PointResult],
    shares: Mapping[str, Share | None],
    *,
    tested: Tested | None = None,
    seconds: float = 0.0,
    answer: Sequence[str] = (),
) -> str:
    """Return the page.

    Parameters
    ----------
    specification : Specification
    points : sequence of PointResult
        The best first.
    shares : mapping
        As `importance` returns them.
    tested : Tested, optional
        Of the best network, on the test images.
    seconds : float
        How long the sweep took.
    answer : sequence of str
        Sentences that answer the question that a lesson asks.
    """
    name = escape(specification.name)
    parts = [
        "<!DOCTYPE html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{name}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}{charts.STYLE}</style></head><body>",
        f"<h1>{name}</h1>",
        f'<p class="soft">{escape(_facts(specification, points, seconds))}</p>',
    ]
    parts += [f'<p class="answer">{escape(" ".join(answer))}</p>'] if answer else []
    parts += _best(specification, points, tested)
    parts += _charts(specification, points, shares)
    parts += _table(specification, points)
    parts += _how(specification)
    parts.append(f"<footer>Made by digitpad {escape(__version__)}.</footer></body></html>\n")
    return "\n".join(parts)


def _facts(specification: Specification, points: Sequence[PointResult], seconds: float) -> str:
    runs = sum(len(each.runs) for each in points)
    minutes, rest = divmod(round(seconds), 60)
    words = {
        Strategy.GRID: "every combination",
        Strategy.RANDOM: "random combinations",
        Strategy.HALVING: "random combinations, of which the best went on (successive halving)",
    }[specification.strategy]
    seeds = f", {specification.seeds} seeds each" if specification.seeds > 1 else ""
    return f"{len(points):,} points{seeds}, {runs:,} runs: {words}. It took {minutes} min {rest} s."


def _best(
    specification: Specification, points: Sequence[PointResult], tested: Tested | None
) -> list[str]:
    best = winner(points)
    if best is None:
        return ["<p>No run came to a network: all of them diverged or failed.</p>"]
    lines = [f"<h2>The best point</h2><p>{escape(charts.described(specification, best))}"]
    lines.append(" of the validation images.")
    if tested is not None:
        low, high = tested.interval
        lines.append(
            " Its best network, saved as <code>best.npz</code>, reads "
            f"{100 * tested.accuracy:.2f} % of the {tested.n:,} test images, which were used for "
            f"nothing else ({100 * low:.2f} to {100 * high:.2f} % with 95 % confidence)."
        )
    lines.append("</p>")
    return ["".join(lines)]


def _charts(
    specification: Specification,
    points: Sequence[PointResult],
    shares: Mapping[str, Share | None],
) -> list[str]:
    parts: list[str] = []
    if not any(each.mean is not None for each in points):
        return parts
    # η first: nothing matters more.
    names = sorted(specification.varied, key=lambda name: name != "learning_rate")
    for name in names:
        parts.append(f"<h2>Accuracy over {escape(FIELDS[name].label)}</h2>")
        parts.append(charts.accuracy_over(specification, name, points))
    if names:
        legend = "A dot is the mean of a point’s seeds, its line their standard deviation, the "
        legend += "small dots single seeds." if specification.seeds > 1 else ""
        legend = legend if specification.seeds > 1 else "Each dot is a run."
        parts.append(
            f'<p class="soft">{legend} The ring marks the best point; a cross is a run that '
            "diverged or failed. Point at a dot to read its values.</p>"
        )
    if len(names) > 1:
        parts.append("<h2>All hyperparameters together</h2>")
        parts.append(charts.parallel_coordinates(specification, points))
        parts.append(
            '<p class="soft">Each line is a point; the stronger its colour, the more accurate. '
            "The best one is drawn thickest.</p>"
        )
        parts += _importance(specification, shares)
    return parts


def _importance(specification: Specification, shares: Mapping[str, Share | None]) -> list[str]:
    parts = ["<h2>What matters most</h2>"]
    if all(share is None for share in shares.values()):
        return [*parts, "<p>There are too few points to tell.</p>"]
    parts.append(charts.importance_bars(shares))
    measured = "accuracy"
    if specification.strategy is Strategy.HALVING:
        measured = f"accuracy after the first epochs ({specification.first_epochs})"
    parts.append(
        '<p class="soft">How it is measured: the points are grouped by the value of one '
        f"hyperparameter, ranges into up to five groups of equal size. The bar is the share of the "
        f"variance of {measured} that lies between the groups, less what chance alone would bring "
        "(ε²). A pale bar may be chance all the same: accuracies dealt out at random reach as much "
        "in more than one case out of twenty. A run that diverged counts as guessing, 10 %. "
        "Effects that two hyperparameters have only together belong to no bar, so the bars need "
        "not add up to 100 %. They hold for the ranges that were tried, not beyond.</p>"
    )
    unknown = [FIELDS[name].label for name, share in shares.items() if share is None]
    if unknown:
        parts.append(f'<p class="soft">Too few points for: {escape(", ".join(unknown))}.</p>')
    return parts


def _table(specification: Specification, points: Sequence[PointResult]) -> list[str]:
    names = specification.varied
    head = "".join(f"<th>{escape(FIELDS[name].label)}</th>" for name in names)
    parts = [
        '<h2>All points</h2><div class="wide"><table><thead><tr><th class="number"></th>'
        f"<th>Accuracy</th>{head}"
        '<th class="number">Epochs</th><th class="number">Seconds</th></tr></thead><tbody>'
    ]
    for rank, each in enumerate(points[:_ROWS], start=1):
        values = "".join(
            f"<td>{escape(value_text(getattr(each.hyperparameters, name)))}</td>" for name in names
        )
        parts.append(
            f'<tr><td class="number">{rank}</td><td>{escape(charts.outcome(each))}</td>{values}'
            f'<td class="number">{each.epochs}</td><td class="number">{each.seconds:.1f}</td></tr>'
        )
    parts.append("</tbody></table></div>")
    if len(points) > _ROWS:
        parts.append(f'<p class="soft">The first {_ROWS} of {len(points):,}.</p>')
    return parts


def _how(specification: Specification) -> list[str]:
    given = {spelt(name): text_of(name, r) for name, r in specification.ranges.items()}
    tried = ", ".join(
        f"<code>{escape(name)} = {escape(text)}</code>" for name, text in given.items()
    )
    return [
        "<h2>How it was done</h2>",
        f"<p>Tried: {tried or 'nothing but seeds'}. Everything else is as in the preset "
        f"<code>{escape(specification.preset)}</code>. Points are ranked by the mean accuracy of "
        "their seeds on the validation images, from which no network learns; a point of which a "
        "run diverged comes after all others.</p>",
    ]
