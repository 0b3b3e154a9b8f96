"""Measure how well each source of strokes is read by a network that has never seen it.

    python benchmarks/sources.py --strokes FILE… [--epochs N]

The samples' key "source" says where, with which tablet and from whom they were collected. For each
source, a network with the architecture of the preset "shipped" is trained on MNIST and all other
sources, drawn as the recipe draws them, and then reads this one. These are single networks trained
for a few epochs, so they read a little worse than the shipped network.
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
_SEED = 0


def main() -> None:
    """Train, measure and print in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--strokes", type=Path, nargs="+", required=True)
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()
    h = PRESETS["shipped"].hyperparameters.replace(epochs=arguments.epochs, seed=_SEED)
    samples = [
        sample
        for path in arguments.strokes
        for sample in read_strokes(path)
        if sample.label is not None
    ]
    digits = mnist().train
    sound = {id(sample) for sample in recipe.without_mistakes(samples, digits, _SEED)}
    is_sound = np.array([id(sample) in sound for sample in samples])
    names = np.array([str(sample.extra.get("source")) for sample in samples], dtype=object)
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
    print("| source | accuracy on its sound samples | n | on all samples | n |")
    print("|---|--:|--:|--:|--:|")
    right = np.zeros(len(samples), dtype=bool)
    for source in sorted(set(names)):
        here = names == source
        others = np.flatnonzero(~here & is_sound)
        network = h.new_network()
        learned = digits.concatenate(*[drawing.take(others) for drawing in drawings])
        for _ in train(network, learned, h):
            pass
        answers = network.feed_forward(plain.take(np.flatnonzero(here)).inputs()).argmax(axis=1)
        right[here] = answers == plain.labels[here]
        print(row(source, right, here, is_sound), flush=True)
    print(row("all", right, np.ones(len(right), bool), is_sound))


def row(
    name: str, right: NDArray[np.bool_], here: NDArray[np.bool_], is_sound: NDArray[np.bool_]
) -> str:
    """Return a line of the table."""
    sound = here & is_sound
    low, high = wilson_interval(int(right[sound].sum()), int(sound.sum()))
    return (
        f"| {name} | {right[sound].mean():.2%} ({low:.2%} – {high:.2%}) | {sound.sum():,} "
        f"| {right[here].mean():.2%} | {here.sum():,} |"
    )


if __name__ == "__main__":
    main()
