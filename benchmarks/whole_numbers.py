"""How well whole numbers are separated and read, and how seldom a single digit is torn apart.

    python benchmarks/whole_numbers.py --unipen unipen-1a.jsonl.gz unipen-1b-letters.jsonl.gz
        --pendigits pendigits.jsonl.gz [--numbers N] [--out FILE]

Numbers of four digits are composed of one writer's digits, each as high as the writer's others give
or take a quarter, on one line give or take a twentieth of their height. Of UNIPEN, the writers are
those whom `recipe.split_by_writer` keeps apart from the model that ships; of pendigits, every other
one, since the rest fitted what tells where digits end. The network that ships has learned from most
of these, so how many of their numbers are read correctly says little about strangers.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from digitpad.drawing.split_digits import Mark
from digitpad.drawing.strokes import Sample, Stroke, read_strokes
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.recognition.evaluation import wilson_interval
from digitpad.recognition.number import read_number
from digitpad.shipped import recipe

_DIGITS = 4
# UNIPEN's samples of these writers are cut up wrongly throughout: more than a third is misread.
_LOST = 1 / 3


def main() -> None:
    """Measure and print, in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--unipen", type=Path, nargs="+", required=True)
    parser.add_argument("--pendigits", type=Path, required=True)
    parser.add_argument("--numbers", type=int, default=1000)
    parser.add_argument("--out", type=Path, help="write the tables to this file too")
    arguments = parser.parse_args()
    model = model_file.shipped()
    unipen = [read_strokes(path) for path in arguments.unipen]
    _, apart = recipe.split_by_writer(unipen, np.random.default_rng(0))
    pendigits = read_strokes(arguments.pendigits)
    names = np.unique([str(sample.extra["writer"]) for sample in pendigits])[1::2]
    sources = {
        "UNIPEN, writers kept apart": sound(model, [s for s in apart if s.label is not None]),
        "pendigits": [s for s in pendigits if str(s.extra["writer"]) in names],
    }
    lines = [
        "| numbers of | spacing | separated correctly | all four read correctly | n | ms, median |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for name, samples in sources.items():
        for spacing in ("natural", "tight"):
            lines.append(number_row(model, name, samples, spacing, arguments.numbers))
    lines += [
        "",
        "| single digits of | torn apart | n | with a mark named | n |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, samples in sources.items():
        lines.append(single_row(model, name, samples))
    lines += [
        "",
        "| a number of pendigits with | named, and all digits right | n |",
        "|---|--:|--:|",
    ]
    for mark in Mark:
        lines.append(mark_row(model, mark, sources["pendigits"], arguments.numbers // 4))
    print("\n".join(lines))
    if arguments.out is not None:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def by_writer(samples: Sequence[Sample]) -> dict[str, list[Sample]]:
    """Return each writer's samples."""
    found: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        found[str(sample.extra["writer"])].append(sample)
    return dict(found)


def sound(model: Model, samples: Sequence[Sample]) -> list[Sample]:
    """Leave out the writers whose samples are segmented wrongly throughout."""
    kept = []
    for theirs in by_writer(samples).values():
        data = recipe.drawn(theirs)
        answers = model.network.feed_forward(data.inputs()).argmax(axis=1)
        if len(theirs) >= 2 * _DIGITS and (answers != data.labels).mean() < _LOST:
            kept += theirs
    return kept


def composed(
    samples: Sequence[Sample], generator: np.random.Generator, spacing: str
) -> tuple[list[Stroke], list[int]]:
    """Return digits beside each other, of height 1, and of which digit each stroke is."""
    boxes = []
    for sample in samples:
        points = np.concatenate([stroke[:, :2] for stroke in sample.strokes])
        boxes.append((points.min(axis=0), points.max(axis=0)))
    heights = [max(high[1] - low[1], 0.7 * (high[0] - low[0]), 1e-9) for low, high in boxes]
    usual = np.median(heights)
    strokes, owners, x = [], [], 0.0
    for place, (sample, (low, high), height) in enumerate(
        zip(samples, boxes, heights, strict=True)
    ):
        scale = np.clip(height / usual, 0.75, 1.25) / height
        foot = generator.normal(0, 0.05)
        for stroke in sample.strokes:
            strokes.append((stroke[:, :2] - [low[0], high[1]]) * scale + [x, foot])
            owners.append(place)
        gap = generator.uniform(0.1, 0.6) if spacing == "natural" else generator.normal(0, 0.05)
        x += (high[0] - low[0]) * scale + gap
    return strokes, owners


def numbers(
    samples: Sequence[Sample], spacing: str, n: int, seed: int = 0
) -> Iterator[tuple[str, list[Stroke], list[int]]]:
    """Yield n numbers: what they are, their strokes, and of which digit each is."""
    generator = np.random.default_rng(seed)
    writers = [theirs for theirs in by_writer(samples).values() if len(theirs) >= 2 * _DIGITS]
    share = np.array([len(theirs) for theirs in writers]) / sum(map(len, writers))
    for _ in range(n):
        theirs = writers[generator.choice(len(writers), p=share)]
        chosen = [theirs[i] for i in generator.choice(len(theirs), _DIGITS, replace=False)]
        strokes, owners = composed(chosen, generator, spacing)
        yield "".join(str(sample.label) for sample in chosen), strokes, owners


def number_row(model: Model, name: str, samples: Sequence[Sample], spacing: str, n: int) -> str:
    """Return a line on numbers."""
    separated, right, seconds = 0, 0, []
    for text, strokes, owners in numbers(samples, spacing, n):
        started = time.perf_counter()
        read = read_number(model, strokes)
        seconds.append(time.perf_counter() - started)
        wanted = [[i for i, owner in enumerate(owners) if owner == p] for p in range(_DIGITS)]
        separated += [sorted(digit.indices) for digit in read.digits] == wanted
        right += read.text == text
    return (
        f"| {name} | {spacing} | {percent(separated, n)} | {percent(right, n)} | {n:,} "
        f"| {1000 * np.median(seconds):.0f} |"
    )


def single_row(model: Model, name: str, samples: Sequence[Sample]) -> str:
    """Return a line on single digits."""
    readings = [read_number(model, sample.strokes) for sample in samples]
    torn = sum(len(read.digits) != 1 for read in readings)
    marked = sum(bool(read.marks) for read in readings)
    n = len(samples)
    return (
        f"| {name} | {percent(torn, n, 2)} | {torn} of {n:,} | {percent(marked, n, 2)} | {marked} |"
    )


def mark_row(model: Model, mark: Mark, samples: Sequence[Sample], n: int) -> str:
    """Return a line on numbers beside which there is a mark."""
    generator = np.random.default_rng(1)
    good = 0
    for text, strokes, owners in numbers(samples, "natural", n, seed=1):
        if read_number(model, strokes).text != text:
            n -= 1  # the digits alone are not read
            continue
        wanted = text
        points = np.concatenate(strokes)
        low, high = points.min(axis=0), points.max(axis=0)
        wobble = generator.normal(0, 0.015, 40)
        if mark is Mark.UNDERLINE:
            x = np.linspace(low[0] - 0.1, high[0] + 0.1, 40)
            added = np.column_stack([x, high[1] + 0.15 + wobble])
        elif mark is Mark.FRAME:
            a, b = low - 0.3, high + 0.3
            corners = np.array([a, [b[0], a[1]], b, [a[0], b[1]], a])
            t = np.linspace(0, 4, 40)
            columns = [np.interp(t, np.arange(5), column) for column in corners.T]
            added = np.column_stack(columns) + wobble[:, None]
        elif mark is Mark.DECIMAL_POINT:
            place = int(generator.integers(1, _DIGITS))
            # Make room: numbers with a point are written with a wider gap there.
            for i, owner in enumerate(owners):
                if owner >= place:
                    strokes[i] = strokes[i] + [0.3, 0.0]
            left = [s for s, owner in zip(strokes, owners, strict=True) if owner < place]
            edge = max(float(stroke[:, 0].max()) for stroke in left)
            added = np.array([[edge + 0.18, -0.02], [edge + 0.2, 0.0]])
            wanted = text[:place] + "." + text[place:]
        else:
            x = generator.uniform(low[0], high[0])
            added = np.array([[x, low[1] - 0.25], [x + 0.04, low[1] - 0.24]])
        read = read_number(model, [*strokes, added])
        good += read.text == wanted and [found for found, _ in read.marks] == [mark]
    return f"| {mark.value} | {percent(good, n)} | {n:,} |"


def percent(count: int, n: int, places: int = 1) -> str:
    """Return a share with its 95 % interval."""
    low, high = wilson_interval(count, n)
    return f"{count / n:.{places}%} ({low:.{places}%} – {high:.{places}%})"


if __name__ == "__main__":
    main()
