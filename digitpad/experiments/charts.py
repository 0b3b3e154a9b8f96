"""Charts of a sweep as SVG that stands in a page and takes its colours: light or dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from digitpad.experiments import axes
from digitpad.experiments.axes import Axis
from digitpad.experiments.importance import Share
from digitpad.experiments.ranges import spelt, value_text
from digitpad.experiments.results import PointResult
from digitpad.experiments.specification import Specification
from digitpad.training.hyperparameters import FIELDS

STYLE = """
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
svg .label { fill: var(--ink); font-weight: 600; }
.grid { stroke: var(--line); stroke-width: 1; }
.axis { stroke: var(--soft); stroke-width: 1; }
.seed { fill: var(--strong); opacity: 0.35; }
.mean { fill: var(--strong); }
.lost { stroke: var(--alarm); stroke-width: 2; }
.spread, .through { stroke: var(--strong); stroke-width: 1.5; fill: none; }
.band { fill: var(--strong); opacity: 0.15; }
.best { fill: none; stroke: var(--best); stroke-width: 2.5; }
.bar { fill: var(--strong); }
.bar.pale { opacity: 0.4; }
.path { fill: none; stroke-width: 1.5; }
.path.best { stroke-width: 3.5; }
""" + "\n".join(
    f".q{n} {{ stroke: color-mix(in oklab, var(--strong) {10 + 10 * n}%, var(--weak)); }}"
    for n in range(10)
)
"""The style that the charts need, beside the page's colours: ink, soft, line, weak, strong, best
and alarm."""

_WIDTH, _HEIGHT = 720, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 18, 14, 50


def accuracy_over(specification: Specification, name: str, points: Sequence[PointResult]) -> str:
    """Return a plot of the accuracy over one hyperparameter: each seed, the mean and the spread.

    What diverged is marked at the lower edge. Where nothing else varies, a line joins the means.
    """
    x_axis = axes.of_field(specification, name)
    found = [run.accuracy for each in points for run in each.runs if run.accuracy is not None]
    y_axis = axes.of_accuracy(found)
    plot = _Plot(x_axis, y_axis)
    if len(specification.varied) == 1:
        plot.add_line(sorted(points, key=lambda each: x_axis.place(_value(each, name))), name)
    for number, each in reversed(list(enumerate(points))):
        plot.add_point(specification, each, name, best=number == 0)
    return plot.finished(f"Validation accuracy over {FIELDS[name].label}")


def _value(of: PointResult, name: str) -> object:
    return getattr(of.hyperparameters, name)


class _Plot:
    """A plot of points over one axis, while it is drawn."""

    def __init__(self, x_axis: Axis, y_axis: Axis) -> None:
        self._x_axis, self._y_axis = x_axis, y_axis
        self._parts = []
        for place, text in y_axis.ticks:
            y = self._down(place)
            self._parts.append(
                f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" '
                f'y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(text)}</text>'
            )
        bottom = _HEIGHT - _BOTTOM
        for place, text in x_axis.ticks:
            x = self._across(place)
            self._parts.append(
                f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 5}"/>'
                f'<text x="{x:.1f}" y="{bottom + 19}" text-anchor="middle">{escape(text)}</text>'
            )
        self._parts.append(
            f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{bottom}" y2="{bottom}"/>'
            f'<text class="label" x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 10}" '
            f'text-anchor="middle">{escape(x_axis.label)}</text>'
        )

    def _across(self, place: float) -> float:
        return _LEFT + 12 + place * (_WIDTH - _LEFT - _RIGHT - 24)

    def _down(self, place: float) -> float:
        return _TOP + (1 - place) * (_HEIGHT - _TOP - _BOTTOM)

    def add_line(self, points: Sequence[PointResult], name: str) -> None:
        """Join the means of points that follow each other, with a band of one spread around."""
        known = [each for each in points if each.mean is not None]
        upper: list[str] = []
        lower: list[str] = []
        middle: list[str] = []
        for each in known:
            assert each.mean is not None
            x = self._across(self._x_axis.place(_value(each, name)))
            spread = each.spread or 0.0
            for line, value in (
                (upper, each.mean + spread),
                (lower, each.mean - spread),
                (middle, each.mean),
            ):
                clipped = min(max(value, self._y_axis.low), self._y_axis.high)
                line.append(f"{x:.1f},{self._down(self._y_axis.place(clipped)):.1f}")
        self._parts.append(
            f'<polygon class="band" points="{" ".join(upper + lower[::-1])}"/>'
            f'<polyline class="through" points="{" ".join(middle)}"/>'
        )

    def add_point(
        self, specification: Specification, of: PointResult, name: str, *, best: bool
    ) -> None:
        """Draw a point with its runs."""
        x = self._across(self._x_axis.place(_value(of, name)))
        self._parts.append(f"<g><title>{escape(described(specification, of))}</title>")
        for run in of.runs:
            if run.accuracy is None:
                y = _HEIGHT - _BOTTOM - 6.0
                self._parts.append(
                    f'<path class="lost" d="M{x - 4:.1f} {y - 4}l8 8m0 -8l-8 8" fill="none"/>'
                )
            elif len(of.runs) > 1:
                y = self._down(self._y_axis.place(run.accuracy))
                self._parts.append(f'<circle class="seed" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>')
        if of.mean is not None:
            y = self._down(self._y_axis.place(of.mean))
            if of.spread:
                reach = of.spread / (self._y_axis.high - self._y_axis.low)
                reach *= _HEIGHT - _TOP - _BOTTOM
                low, high = max(_TOP, y - reach), min(_HEIGHT - _BOTTOM, y + reach)
                self._parts.append(
                    f'<line class="spread" x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" '
                    f'y2="{high:.1f}"/>'
                )
            self._parts.append(f'<circle class="mean" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>')
            if best:
                self._parts.append(f'<circle class="best" cx="{x:.1f}" cy="{y:.1f}" r="9"/>')
        self._parts.append("</g>")

    def finished(self, title: str) -> str:
        """Return the SVG."""
        return _svg(_WIDTH, _HEIGHT, title, "".join(self._parts))


def parallel_coordinates(specification: Specification, points: Sequence[PointResult]) -> str:
    """Return a plot with an axis for each varied hyperparameter and one for the accuracy.

    Each point is a line through its values; the stronger its colour, the more accurate.
    """
    known = [each for each in points if each.mean is not None]
    upright = [(name, axes.of_field(specification, name)) for name in specification.varied]
    result = axes.of_accuracy([each.mean for each in known if each.mean is not None])
    count = len(upright) + 1
    width, top, bottom = max(_WIDTH, 120 * count), 44, 24
    gap = (width - 150) / (count - 1)
    at = [70 + gap * n for n in range(count)]

    def down(place: float) -> float:
        return top + (1 - place) * (_HEIGHT - top - bottom)

    parts = []
    for number, each in reversed(list(enumerate(known))):
        places = [axis.place(_value(each, name)) for name, axis in upright]
        places.append(result.place(each.mean))
        line = " ".join(f"{x:.1f},{down(p):.1f}" for x, p in zip(at, places, strict=True))
        shade = 9 - number * 9 // max(1, len(known) - 1)
        parts.append(
            f'<polyline class="path {"best" if number == 0 else f"q{shade}"}" points="{line}">'
            f"<title>{escape(described(specification, each))}</title></polyline>"
        )
    for x, axis in zip(at, [*(axis for _, axis in upright), result], strict=True):
        parts.append(
            f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{_HEIGHT - bottom}"/>'
            f'<text class="label" x="{x:.1f}" y="{top - 20}" text-anchor="middle">'
            f"{escape(axis.label)}</text>"
        )
        for place, text in axis.ticks:
            y = down(place)
            parts.append(
                f'<line class="axis" x1="{x - 4:.1f}" x2="{x + 4:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text class="halo" x="{x + 8:.1f}" y="{y + 4:.1f}">{escape(text)}</text>'
            )
    return _svg(width, _HEIGHT, "Parallel coordinates", "".join(parts))


def importance_bars(shares: Mapping[str, Share | None]) -> str:
    """Return a bar for each hyperparameter's share, the largest first."""
    known = sorted(
        ((share, name) for name, share in shares.items() if share is not None),
        key=lambda each: (-each[0].share, each[1]),
    )
    height = 30 * len(known) + 8
    parts = []
    for number, (share, name) in enumerate(known):
        y = 4 + 30 * number
        length = max(1.0, share.share * (_WIDTH - 290))
        shade = "bar" if share.is_clear else "bar pale"
        parts.append(
            f'<text class="label" x="190" y="{y + 18}" text-anchor="end">'
            f"{escape(FIELDS[name].label)}</text>"
            f'<rect class="{shade}" x="202" y="{y + 4}" width="{length:.1f}" height="20" rx="3"/>'
            f'<text x="{210 + length:.1f}" y="{y + 18}">{100 * share.share:.0f} %</text>'
        )
    return _svg(_WIDTH, height, "Share of the variance of accuracy", "".join(parts))


def described(specification: Specification, of: PointResult) -> str:
    """Return a point in words: its values, and what came of it."""
    values = ", ".join(
        f"{spelt(name)} {value_text(_value(of, name))}" for name in specification.varied
    )
    return f"{values or 'all seeds'}: {outcome(of)}"


def outcome(of: PointResult) -> str:
    """Return what came of a point in words."""
    words = []
    if of.mean is not None:
        spread = f" ± {100 * of.spread:.2f}" if of.spread is not None else ""
        words.append(f"{100 * of.mean:.2f}{spread} %")
    diverged = sum(run.end == "diverged" for run in of.runs)
    if diverged:
        words.append("diverged" if len(of.runs) == 1 else f"{diverged} of {len(of.runs)} diverged")
    if of.lost > diverged:
        words.append(f"{of.lost - diverged} of {len(of.runs)} failed")
    return ", ".join(words)


def _svg(width: float, height: float, title: str, content: str) -> str:
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(title)}" '
        f'xmlns="http://www.w3.org/2000/svg">{content}</svg>'
    )
