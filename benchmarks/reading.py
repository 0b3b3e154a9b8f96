"""Measure how well a model reads MNIST, unseen writers and drawings that are not digits.

    python benchmarks/reading.py --strokes FILE… [--model FILE] [--pictures FOLDER]

Give it the strokes that the model was trained with. Only the writers that the recipe holds out are
read here, including samples whose label or segmentation is wrong.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from threadpoolctl import threadpool_limits

from digitpad.data.dataset import NON_DIGIT, Dataset
from digitpad.data.mnist import mnist
from digitpad.drawing.rasterize import PEN, to_image
from digitpad.drawing.strokes import Sample, Stroke, read_strokes
from digitpad.drawing.tilt_strokes import rotated
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.recognition.calibration import Calibration, are_sure, confidences
from digitpad.recognition.evaluation import Evaluation, evaluate
from digitpad.recognition.recognise import recognise
from digitpad.shipped import recipe
from digitpad.shipped.non_digits import letters
from digitpad.shipped.recipe import drawn

_BINS = 15


def main() -> None:
    """Measure and print in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--strokes", type=Path, nargs="+", required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--pictures", type=Path, help="where to put pictures of what is misread")
    arguments = parser.parse_args()
    model = model_file.load(arguments.model) if arguments.model else model_file.shipped()
    files = [read_strokes(path) for path in arguments.strokes]
    _, held_back = recipe.split_by_writer(files, np.random.default_rng(0))
    digits = [sample for sample in held_back if sample.label is not None]
    test = mnist().test

    print("| what | accuracy | 95 % interval | n |\n|---|---|---|---|")
    row("MNIST test images", evaluate(model.network, test))
    plain = drawn(digits)
    row(f"pen strokes of {writers(digits)} writers held back", evaluate(model.network, plain))
    digits = sound_writers(model, digits)
    sound = drawn(digits)
    row(
        f"the {writers(digits)} of them who are not wrongly segmented throughout",
        evaluate(model.network, sound),
    )
    for path, found in zip(arguments.strokes, files, strict=True):
        in_file = {id(sample) for sample in found}
        theirs = [sample for sample in digits if id(sample) in in_file]
        if theirs and len(theirs) < len(digits):
            row(
                f"… {writers(theirs)} of them in {path.name}",
                evaluate(model.network, drawn(theirs)),
            )
    for name, change, pen in VARIATIONS:
        changed = [Sample(s.label, tuple(map(change, s.strokes)), s.extra) for s in digits]
        row(f"… {name}", evaluate(model.network, drawn(changed, pen)))

    print("\n| measure | value |\n|---|---|")
    for name, data in (("MNIST test images", test), ("pen strokes held back", sound)):
        print(f"| expected calibration error, {name} | {calibration_error(model, data):.2%} |")
        unsure = 1 - are_sure_of(model, data.inputs()).mean()
        print(f"| not sure, {name} | {unsure:.2%} |")
        print(f"| sure and wrong, {name} | {sure_and_wrong(model, data):.2%} |")
    sheets = {}
    for name, drawings in non_digits(letters(held_back)).items():
        strange = drawn(drawings)
        sure = are_sure_of(model, strange.inputs())
        print(f"| not sure, {name} ({len(drawings)}) | {1 - sure.mean():.1%} |")
        if sure.any():
            file = f"sure-of-{name.replace(',', '').replace(' ', '-')}"
            sheets[file] = strange.take(np.flatnonzero(sure))
    print(f"| ink to activations, one processor | {latency(model, digits):.2f} ms |")

    for name, data in (("MNIST test images", test), ("pen strokes held back", sound)):
        result = evaluate(model.network, data)
        print(f"\nConfusion, {name}: rows are labels, columns predicted digits.\n")
        print("| |" + "|".join(map(str, range(10))) + "|\n|" + "---|" * 11)
        for digit, counts in enumerate(result.confusion):
            print(f"|**{digit}**|" + "|".join(str(n) if n else "" for n in counts) + "|")
        sheets[f"misread-{name.split()[0].lower()}"] = data
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
        for name, data in sheets.items():
            sheet = contact_sheet(model, data)
            sheet.save(arguments.pictures / f"{name}.png", optimize=True)


def turned_by(degrees: float) -> Callable[[Stroke], Stroke]:
    """Return a function that turns a stroke clockwise."""
    return lambda stroke: rotated(stroke[:, :2], np.deg2rad(degrees))


def resampled(points: int) -> Callable[[Stroke], Stroke]:
    """Return a function that resamples a stroke to so many evenly spaced points."""

    def resample(stroke: Stroke) -> Stroke:
        path = stroke[:, :2]
        along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
        if not along[-1]:
            return path
        at = np.linspace(0, along[-1], points)
        return np.column_stack([np.interp(at, along, path[:, i]) for i in (0, 1)])

    return resample


def same(stroke: Stroke) -> Stroke:
    """Return the stroke as it is."""
    return stroke


VARIATIONS: list[tuple[str, Callable[[Stroke], Stroke], float]] = [
    ("turned 15° to the left", turned_by(-15), PEN),
    ("turned 15° to the right", turned_by(15), PEN),
    ("backwards", lambda stroke: stroke[::-1], PEN),
    ("8 points a stroke", resampled(8), PEN),
    ("500 points a stroke", resampled(500), PEN),
    ("a hairline, 1 pixel wide", same, 1.0),
    ("a marker, 4.5 pixels wide", same, 4.5),
]


def writers(samples: Sequence[Sample]) -> int:
    """Return the number of writers."""
    return len({sample.extra.get("writer") for sample in samples})


def sound_writers(model: Model, samples: Sequence[Sample]) -> list[Sample]:
    """Leave out writers of whom less than half is read: their samples are wrongly labelled."""
    data = drawn(samples)
    right = model.network.feed_forward(data.inputs()).argmax(axis=1) == data.labels
    of = np.array([str(sample.extra.get("writer")) for sample in samples])
    sound = {writer for writer in np.unique(of) if right[of == writer].mean() >= 0.5}
    return [sample for sample, writer in zip(samples, of, strict=True) if writer in sound]


def row(name: str, result: Evaluation) -> None:
    """Print a line of the first table."""
    low, high = result.interval
    print(f"| {name} | {result.accuracy:.2%} | {low:.2%} – {high:.2%} | {result.n:,} |")


def calibration_of(model: Model) -> Calibration:
    """Return the model's calibration, which it must have."""
    calibration = Calibration.from_metadata(model.metadata)
    assert calibration is not None
    return calibration


def probabilities(
    model: Model, inputs: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return the activations and the calibrated probabilities of all digits, (n, 10) each."""
    network = model.network
    z, activations = network.outputs(inputs)
    return activations, confidences(z, calibration_of(model).temperature, network.output_activation)


def are_sure_of(model: Model, inputs: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return for which images the model is sure, (n,)."""
    return are_sure(*probabilities(model, inputs), calibration_of(model).min_activation)


def sure_and_wrong(model: Model, data: Dataset) -> float:
    """Return the fraction of images of which the model is sure although it misreads them."""
    wrong = model.network.feed_forward(data.inputs()).argmax(axis=1) != data.labels
    return float((wrong & are_sure_of(model, data.inputs())).mean())


def calibration_error(model: Model, data: Dataset) -> float:
    """Return the expected calibration error in 15 bins (Naeini 2015)."""
    activations, probable = probabilities(model, data.inputs())
    best = probable.max(axis=1)
    right = activations.argmax(axis=1) == data.labels
    bins = np.minimum((best * _BINS).astype(int), _BINS - 1)
    return float(
        sum(
            abs(right[bins == b].mean() - best[bins == b].mean()) * (bins == b).mean()
            for b in np.unique(bins)
        )
    )


def non_digits(strange_letters: list[Sample]) -> dict[str, list[Sample]]:
    """Return drawings that are not digits, made by other rules than those of the training set."""
    generator = np.random.default_rng(987)
    uniform = generator.uniform

    def line(angle: float, points: int = 20) -> Stroke:
        t = np.linspace(-1, 1, points)[:, None]
        wobble = np.cumsum(generator.normal(0, 0.006, (points, 2)), axis=0)
        path: Stroke = t * np.array([np.cos(angle), np.sin(angle)]) + wobble
        return path

    def smooth_walk() -> Stroke:
        speed = np.cumsum(generator.normal(0, 1, (120, 2)), axis=0)
        speed += generator.normal(0, 3, (120, 2)) - speed.mean(axis=0)
        path: Stroke = np.cumsum(speed, axis=0)
        return path

    def loops() -> Stroke:
        t = np.linspace(0, uniform(20, 45), 250)
        return np.column_stack(
            [np.cos(t) + 0.12 * t, uniform(0.6, 1.5) * np.sin(t + uniform(0, 1))]
        )

    def rings() -> Stroke:
        t = np.linspace(0, 2 * np.pi * generator.integers(3, 9), 300)
        radius = 1 + np.cumsum(generator.normal(0, 0.02, 300))
        drift = np.cumsum(generator.normal(0, 0.02, (300, 2)), axis=0)
        path: Stroke = np.column_stack(
            [uniform(0.6, 1.2) * radius * np.cos(t), radius * np.sin(t + 0.2)]
        )
        return path + drift

    def tangle() -> Stroke:
        t = np.linspace(0, 2 * np.pi, 200)
        across, down = [(5, 2), (3, 7), (6, 5), (7, 4)][generator.integers(4)]
        return np.column_stack([np.sin(across * t + uniform(0.4, 1.1)), np.cos(down * t)])

    def triangle() -> Stroke:
        corners = np.array([[0, 0], [1, 0], [0.5, -1]]) + generator.normal(0, 0.06, (3, 2))
        sides = [
            np.linspace(a, b, 12) for a, b in zip(corners, np.roll(corners, -1, 0), strict=True)
        ]
        return np.concatenate(sides)

    def heart() -> Stroke:
        t = np.linspace(0.5, 2.5, 90) * np.pi
        sin, cos = np.sin(t), np.cos(t)
        radius = 2 - 2 * sin + sin * np.sqrt(np.abs(cos)) / (sin + 1.4)
        path: Stroke = np.column_stack([radius * cos, -radius * sin])
        return path * uniform(0.8, 1.2, 2) + np.cumsum(generator.normal(0, 0.03, (90, 2)), axis=0)

    def dots() -> tuple[Stroke, ...]:
        return tuple(uniform(-1, 1, (1, 2)) for _ in range(generator.integers(1, 6)))

    kinds: dict[str, Callable[[], tuple[Stroke, ...]]] = {
        "scribbles": lambda: (smooth_walk(), smooth_walk()),
        "loops": lambda: (loops(),),
        "rings drawn over and over": lambda: (rings(),),
        "tangles": lambda: (tangle(),),
        "triangles": lambda: (triangle(),),
        "hearts": lambda: (heart(),),
        "dots": dots,
        "lone bars that lie": lambda: (line(uniform(-0.4, 0.4)),),
        "crosses, upright": lambda: (
            line(uniform(-0.15, 0.15)),
            line(1.571 + uniform(-0.15, 0.15)),
        ),
        "crosses, lying": lambda: (
            line(0.785 + uniform(-0.2, 0.2)),
            line(2.356 + uniform(-0.2, 0.2)),
        ),
    }
    drawings = {name: [Sample(None, make()) for _ in range(500)] for name, make in kinds.items()}
    return {"letters of writers held back": strange_letters, **drawings}


def latency(model: Model, samples: Sequence[Sample]) -> float:
    """Return the median time from ink to reading, in milliseconds, on one processor."""
    times = []
    with threadpool_limits(1, user_api="blas"):
        for sample in samples[:600]:
            start = time.perf_counter()
            recognise(model, to_image(sample.strokes))
            times.append(time.perf_counter() - start)
    return float(np.median(times[100:])) * 1000


def contact_sheet(model: Model, data: Dataset, columns: int = 20, scale: int = 2) -> Image.Image:
    """Draw the misread images with their answers and, if they are digits, their labels."""
    answers = model.network.feed_forward(data.inputs()).argmax(axis=1)
    wrong = np.flatnonzero(answers != data.labels)
    side = 28 * scale
    rows = -(-len(wrong) // columns) or 1
    sheet = Image.new("L", (columns * (side + 4), rows * (side + 16)), 255)
    pen = ImageDraw.Draw(sheet)
    for place, index in enumerate(wrong):
        x, y = place % columns * (side + 4), place // columns * (side + 16)
        image = Image.fromarray(255 - data.images[index].reshape(28, 28))
        sheet.paste(image.resize((side, side)), (x, y))
        label = "" if data.labels[index] == NON_DIGIT else data.labels[index]
        pen.text((x + 4, y + side + 1), f"{label} > {answers[index]}", fill=0)
    return sheet


if __name__ == "__main__":
    main()
