"""Measure how well each source of strokes is read by a network that has never seen it.

    python benchmarks/sources.py --strokes FILE… [--epochs N] [--only SOURCE…]

The samples' key "source" says where, with which tablet and from whom they were collected; samples
without one are of a source with their file's name. For each source, a network with the architecture
of the preset "shipped" is trained on MNIST and all other sources, drawn as the recipe draws them,
and then reads this one. These are single networks trained for a few epochs, so they read a little
worse than the shipped network.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitpad.data.mnist import mnist
from digitpad.drawing.strokes import read_strokes
from digitpad.recognition.evaluation import wilson_interval
from digitpad.shipped import recipe
from digitpad.shipped.augment_strokes import augment
from digitpad.training.presets import PRESETS
from digitpad.training.sgd import train

_DRAWINGS = 4
# Sources with fewer samples are pooled.
_FEWEST = 400
_FEWEST_OF_A_WRITER = 20
_SEED = 0


def main() -> None:
    """Train, measure and print in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--strokes", type=Path, nargs="+", required=True)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--only", nargs="+", help="measure these sources, by default all of them")
    arguments = parser.parse_args()
    h = PRESETS["shipped"].hyperparameters.replace(epochs=arguments.epochs, seed=_SEED)
    found = [
        (sample, str(sample.extra.get("source", path.name.split(".")[0])))
        for path in arguments.strokes
        for sample in read_strokes(path)
        if sample.label is not None
    ]
    samples = [sample for sample, _ in found]
    digits = mnist().train
    sound = {id(sample) for sample in recipe.without_mistakes(samples, digits, _SEED)}
    is_sound = np.array([id(sample) in sound for sample in samples])
    names = np.array([source for _, source in found], dtype=object)
    writers = np.array([str(sample.extra.get("writer")) for sample in samples])
    sources, counts = np.unique(names.astype(str), return_counts=True)
    names[np.isin(names, sources[counts < _FEWEST])] = "others"

    generator = np.random.default_rng(_SEED)
    plain = recipe.drawn(samples)
    drawings = [
        recipe.drawn(
            [augment(sample, generator) for sample in samples], recipe.MEDIAN_PEN, generator
        )
        for _ in range(_DRAWINGS)
    ]
    print(
        "| source | accuracy on its sound samples | n | on all samples | n "
        "| writers below 95 % | below 90 % | of |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    right = np.zeros(len(samples), dtype=bool)
    measured = sorted(set(names) if arguments.only is None else set(arguments.only))
    for source in measured:
        here = names == source
        others = np.flatnonzero(~here & is_sound)
        network = h.new_network()
        learned = digits.concatenate(*[drawing.take(others) for drawing in drawings])
        for _ in train(network, learned, h):
            pass
        answers = network.feed_forward(plain.take(np.flatnonzero(here)).inputs()).argmax(axis=1)
        right[here] = answers == plain.labels[here]
        print(row(source, right, here, is_sound, writers), flush=True)
    print(row("all", right, np.isin(names, measured), is_sound, writers))


def row(
    name: str,
    right: NDArray[np.bool_],
    here: NDArray[np.bool_],
    is_sound: NDArray[np.bool_],
    writers: NDArray[np.str_],
) -> str:
    """Return a line of the table. Its writers are those with enough sound samples."""
    sound = here & is_sound
    each = [right[sound & (writers == writer)] for writer in np.unique(writers[sound])]
    accuracies = np.array([theirs.mean() for theirs in each if len(theirs) >= _FEWEST_OF_A_WRITER])
    low, high = wilson_interval(int(right[sound].sum()), int(sound.sum()))
    return (
        f"| {name} | {right[sound].mean():.2%} ({low:.2%} – {high:.2%}) | {sound.sum():,} "
        f"| {right[here].mean():.2%} | {here.sum():,} "
        f"| {(accuracies < 0.95).sum()} | {(accuracies < 0.9).sum()} | {len(accuracies)} |"
    )


if __name__ == "__main__":
    main()
