"""How well and how quickly a network learns one person's hand.

    python benchmarks/fine_tune.py --strokes pendigits.jsonl.gz [--model FILE] [--out FILE]

Each writer in the file gives five samples of each digit, on which the network is fine-tuned, and
the rest to measure with. The network must never have seen these writers: the one that ships has
learned from most of them, its predecessor from none. Every other writer, in the
order of their names, was used to choose how fine-tuning works; the others only to measure it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitpad.data.dataset import Dataset, of_samples
from digitpad.data.mnist import Mnist, mnist
from digitpad.drawing.rasterize import to_images
from digitpad.drawing.strokes import Sample, read_strokes
from digitpad.nn import model_file
from digitpad.nn.functions import Array
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.recognition.calibration import Calibration, are_sure, confidences
from digitpad.shipped.non_digits import scribble
from digitpad.training.fine_tune import FineTuned, Progress, fine_tune

_SAMPLES = 5
_SCRIBBLES = 500


def finished(steps: Generator[Progress, None, FineTuned]) -> FineTuned:
    """Run a fine-tuning to its end."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: FineTuned = end.value
            return result


def tuned(network: Network, samples: Sequence[Sample], digits: Mnist) -> tuple[Network, float]:
    """Fine-tune a network, and return the seconds that it took."""
    started = time.perf_counter()
    result = finished(fine_tune(network, samples, digits.train, digits.validation))
    return result.network, time.perf_counter() - started


def errors(network: Network, data: Dataset) -> NDArray[np.bool_]:
    """Return which images are misread, (n,)."""
    wrong: NDArray[np.bool_] = network.feed_forward(data.inputs()).argmax(axis=1) != data.labels
    return wrong


def not_sure(network: Network, calibration: Calibration, x: Array) -> float:
    """Return the fraction of readings that are not sure."""
    z, a = network.outputs(x)
    probable = confidences(z, calibration.temperature, network.output_activation)
    return float(1 - are_sure(a, probable, calibration.min_activation).mean())


def main() -> None:
    """Measure and print, in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--strokes", type=Path, required=True)
    parser.add_argument("--model", type=Path, help="by default, the model that ships")
    parser.add_argument("--out", type=Path, help="write the tables to this file too")
    arguments = parser.parse_args()
    model = model_file.load(arguments.model) if arguments.model else model_file.shipped()
    samples = [sample for sample in read_strokes(arguments.strokes) if sample.label is not None]
    lines = measure(model, samples)
    print("\n".join(lines))
    if arguments.out is not None:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def measure(model: Model, samples: Sequence[Sample]) -> list[str]:
    """Return the tables, line after line."""
    digits = mnist()
    calibration = Calibration.from_metadata(model.metadata)
    assert calibration is not None
    data = of_samples(samples, "strokes")
    writers = np.array([str(sample.extra.get("writer")) for sample in samples])
    names = np.unique(writers)
    network = model.network
    misread = errors(network, data)
    generator = np.random.default_rng(1)
    drawings = [scribble(generator) for _ in range(_SCRIBBLES)]
    scribbles = to_images(drawings).reshape(-1, 784).astype(np.float32) / 255
    test_x = digits.test.inputs()
    test_before = errors(network, digits.test).mean()

    rows, counts, falls, tests, seconds = [], [], [], [], []
    others_after, unsure_test, unsure_scribbles = [], [], []
    for name in names:
        here = np.flatnonzero(writers == name)
        order = np.random.default_rng(0).permutation(here)
        mine = np.concatenate([order[data.labels[order] == d][:_SAMPLES] for d in range(10)])
        rest = np.setdiff1d(here, mine)
        taught, elapsed = tuned(network, [samples[i] for i in mine], digits)
        before, after = int(misread[rest].sum()), int(errors(taught, data.take(rest)).sum())
        counts.append((len(rest), before, after))
        falls.append(1 - after / before if before else np.nan)
        tests.append(errors(taught, digits.test).mean() - test_before)
        seconds.append(elapsed)
        strangers = data.take(np.flatnonzero(writers != name))
        others_after.append(errors(taught, strangers).mean())
        unsure_test.append(not_sure(taught, calibration, test_x))
        unsure_scribbles.append(not_sure(taught, calibration, scribbles))
        rows.append(
            f"| {name} | {len(rest)} | {before} | {after} | {tests[-1]:+.2%} | {elapsed:.1f} |"
        )
    lines = [
        "| writers | digits | misread before | after | fewer errors | mean of the writers’ | "
        "MNIST test accuracy, mean | worst |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for what, chosen in (("not used to choose", slice(1, None, 2)), ("all", slice(None))):
        n, before, after = np.sum(counts[chosen], axis=0)
        lines.append(
            f"| {what} ({len(names[chosen])}) | {n:,} | {before} | {after} "
            f"| {1 - after / before:.0%} | {np.nanmean(falls[chosen]):.0%} "
            f"| {-np.mean(tests[chosen]):+.2%} | {-np.max(tests[chosen]):+.2%} |"
        )
    lines += [
        "",
        f"It took {np.mean(seconds):.1f} s, {np.max(seconds):.1f} s at most.",
        "",
        "| what else changes | before | after, mean |",
        "|---|--:|--:|",
        f"| digits of the other writers that are misread | {misread.mean():.2%} "
        f"| {np.mean(others_after):.2%} |",
        f"| MNIST test images that are not sure | {not_sure(network, calibration, test_x):.2%} "
        f"| {np.mean(unsure_test):.2%} |",
        f"| scribbles that are not sure | {not_sure(network, calibration, scribbles):.1%} "
        f"| {np.mean(unsure_scribbles):.1%} |",
        "",
        "| writer | digits | misread before | after | MNIST test errors | seconds |",
        "|---|--:|--:|--:|--:|--:|",
        *rows,
        "",
        *two_corrections(network, samples, data, writers, misread, digits),
    ]
    return lines


def two_corrections(
    network: Network,
    samples: Sequence[Sample],
    data: Dataset,
    writers: NDArray[np.str_],
    misread: NDArray[np.bool_],
    digits: Mnist,
) -> list[str]:
    """Teach two misread drawings of one digit, and read that writer's others that were misread."""
    lines = [
        "| writer | digit | misread drawings | after two are corrected, of the others | "
        "the writer’s other digits misread, before | after |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name in np.unique(writers):
        here = writers == name
        for digit in range(10):
            wrong = np.flatnonzero(here & misread & (data.labels == digit))
            if len(wrong) < 3:
                continue
            taught, _ = tuned(network, [samples[i] for i in wrong[:2]], digits)
            rest = np.setdiff1d(np.flatnonzero(here), wrong)
            after = errors(taught, data.take(wrong[2:])).sum()
            lines.append(
                f"| {name} | {digit} | {len(wrong)} | {after} of {len(wrong) - 2} "
                f"| {misread[rest].sum()} | {errors(taught, data.take(rest)).sum()} |"
            )
    return lines


if __name__ == "__main__":
    main()
