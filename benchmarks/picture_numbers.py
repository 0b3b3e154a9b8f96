"""Measure how well whole numbers are found, separated and read in photographs.

    python benchmarks/picture_numbers.py --pendigits pendigits.jsonl.gz [--count N] [--only NAME]

The photographs are synthetic: numbers of one, three and four digits by one writer are written on a
sheet of paper, then light, camera and paper degrade it as in `photographs.py`. The writers are
those that fitted nothing of what tells where digits end (see `whole_numbers.py`).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from photographs import PHOTOGRAPH, SCENES, Pixels, photograph
from PIL import Image, ImageDraw
from whole_numbers import by_writer, composed

from digitpad.drawing.strokes import Sample, Stroke, read_strokes
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.recognition.picture import read_picture

_LENGTHS = (1, 3, 4)
# How wide the pen's line is, in heights of a digit: a fineliner to a marker.
_PENS = (0.05, 0.13)
_ROOM = 0.8  # of the sheet's width and height, for the number at most

_SCENES = [
    *SCENES,
    replace(PHOTOGRAPH, name="pale ink", ink=(185, 185, 195)),
    replace(PHOTOGRAPH, name="pale ink, no noise", ink=(200, 200, 205), noise=2),
    replace(PHOTOGRAPH, name="pale ink in a shadow", ink=(160, 160, 170), shadow=True),
    replace(PHOTOGRAPH, name="a screenshot", dimmed=0, blur=0.4, noise=0.01),
]


def main() -> None:
    """Measure and print, in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--pendigits", type=Path, required=True)
    parser.add_argument("--count", type=int, default=50, help="photographs of each kind")
    parser.add_argument("--only", default="", help="kinds whose names contain this")
    arguments = parser.parse_args()
    model = model_file.shipped()
    samples = read_strokes(arguments.pendigits)
    names = np.unique([str(sample.extra["writer"]) for sample in samples])[1::2]
    apart = [sample for sample in samples if str(sample.extra["writer"]) in names]
    print("| photograph | 1 digit | 3 digits | 4 digits | wrong count | nothing found | time |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for scene in _SCENES:
        if arguments.only not in scene.name:
            continue
        shares = []
        torn = lost = 0
        started = time.perf_counter()
        for length in _LENGTHS:
            generator = np.random.default_rng(length)
            right = 0
            for text, cover in _numbers(apart, length, arguments.count, generator, scene.digit):
                room = _ROOM * np.array([scene.height, scene.width])
                fitted = _fitted(cover, float(min((room / cover.shape).min(), 1)))
                read = _answer(model, photograph(scene, fitted, generator, 1))
                right += read == text
                lost += read is None
                torn += read is not None and len(read) != length
            shares.append(f"{right / arguments.count:.0%}")
        n = len(_LENGTHS) * arguments.count
        taken = 1000 * (time.perf_counter() - started) / n
        row = [scene.name, *shares, f"{torn / n:.1%}", f"{lost / n:.1%}", f"{taken:.0f} ms"]
        print(f"| {' | '.join(row)} |", flush=True)


def _answer(model: Model, file: bytes) -> str | None:
    try:
        return read_picture(model, file).number.text
    except DigitpadError:
        return None


def _numbers(
    samples: Sequence[Sample], length: int, count: int, generator: np.random.Generator, side: int
) -> Iterator[tuple[str, Pixels]]:
    """Yield numbers, each by one writer, and their ink, `side` pixels high a digit."""
    writers = list(by_writer(samples).values())
    for _ in range(count):
        theirs = writers[generator.integers(len(writers))]
        chosen = [theirs[i] for i in generator.choice(len(theirs), length, replace=False)]
        strokes, _ = composed(chosen, generator, "natural")
        yield "".join(str(sample.label) for sample in chosen), _ink(strokes, side, generator)


def _ink(strokes: Sequence[Stroke], side: int, generator: np.random.Generator) -> Pixels:
    """Return the ink of strokes, 0 to 1, in a unit of `side` pixels."""
    pen = generator.uniform(*_PENS) * side
    points = np.concatenate(strokes)[:, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    width, height = (np.ceil((high - low) * side + 2 * pen)).astype(int)
    image = Image.new("L", (int(width), int(height)))
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        line = [tuple(at) for at in ((stroke[:, :2] - low) * side + pen).tolist()]
        draw.line(line, fill=255, width=max(1, round(pen)), joint="curve")
        for x, y in (line[0], line[-1]):
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(image, np.float32) / np.float32(255)


def _fitted(cover: Pixels, scale: float) -> Pixels:
    size = (max(1, int(cover.shape[1] * scale)), max(1, int(cover.shape[0] * scale)))
    shrunk = Image.fromarray(cover).resize(size, Image.Resampling.BOX)
    return np.asarray(shrunk, np.float32)


if __name__ == "__main__":
    main()
