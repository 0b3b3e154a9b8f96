"""Lessons: sweeps that each answer a question about learning, in about three minutes on two cores.

The answers are made of what the sweep measured, so they are true of the networks that it trained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from digitpad.experiments import specification
from digitpad.experiments.ranges import value_text
from digitpad.experiments.results import PointResult
from digitpad.experiments.specification import Specification

_CHOICES = 4000
_FEW = 5  # the seeds whose mean is compared with a single one


@dataclass(frozen=True)
class Lesson:
    """A sweep that answers a question.

    Attributes
    ----------
    name : str
        Its key, for `digitpad sweep --lesson`.
    question : str
    sentence : str
        What is tried.
    settings : dict
        As `specification.from_dict` reads them.
    """

    name: str
    question: str
    sentence: str
    settings: dict[str, Any]

    def specification(self) -> Specification:
        """Return what is tried."""
        return specification.from_dict(self.values())

    def values(self) -> dict[str, Any]:
        """Return the settings with the lesson's name and question."""
        return {"name": self.question, "lesson": self.name, **self.settings}


LESSONS: dict[str, Lesson] = {
    lesson.name: lesson
    for lesson in (
        Lesson(
            "learning-rate",
            "How large may η be?",
            "The network of the text with 21 learning rates from 0.01 to 1,000.",
            {
                "strategy": "grid",
                "seeds": 5,
                "set": {"learning-rate": "log:0.01..1000:21", "epochs": 12},
            },
        ),
        Lesson(
            "neurons",
            "How many neurons?",
            "One hidden layer of 1 to 200 neurons, in 12 steps.",
            {
                "strategy": "grid",
                "seeds": 5,
                "set": {"hidden-layers": "log:1..200:12", "epochs": 20},
            },
        ),
        Lesson(
            "seeds",
            "Why the average of five seeds?",
            "Hidden layers of 14 to 22 neurons, each trained with 20 seeds.",
            {
                "strategy": "grid",
                "seeds": 20,
                "set": {"hidden-layers": "14|16|18|20|22", "epochs": 10},
            },
        ),
    )
}
"""The lessons by their names."""


class Sentence(str):
    """A sentence that a user reads."""

    __slots__ = ()


def answer(of: Specification, points: Sequence[PointResult]) -> list[str]:
    """Return what a lesson's sweep found, in two sentences; none if it is no lesson or not done.

    Parameters
    ----------
    of : Specification
    points : sequence of PointResult
        The best first.
    """
    found = _ANSWERS.get(of.lesson)
    known = [each for each in points if each.complete and each.mean is not None]
    if found is None or len(known) < 3 or len(of.varied) != 1:
        return []
    name = of.varied[0]
    rising = sorted(known, key=lambda each: getattr(each.hyperparameters, name))
    return found(rising, max(known, key=_mean))


def _mean(of: PointResult) -> float:
    assert of.mean is not None
    return of.mean


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f} %"


def _of_learning_rate(rising: Sequence[PointResult], best: PointResult) -> list[str]:
    def rate(of: PointResult) -> str:
        return value_text(of.hyperparameters.learning_rate)

    epochs = best.hyperparameters.epochs
    sentences = [
        Sentence(
            f"The best learning rate here is η = {rate(best)}, with {_percent(_mean(best))} after "
            f"{epochs} epochs; at η = {rate(rising[0])} the steps are so small that the same "
            f"network only reaches {_percent(_mean(rising[0]))}."
        )
    ]
    too_large = [
        each
        for each in rising[rising.index(best) :]
        if _mean(each) < 0.5 * _mean(best) or each.lost
    ]
    if too_large:
        first = too_large[0]
        sentences.append(
            Sentence(
                f"From η = {rate(first)} on, each step overshoots the valley: the network reads "
                f"{_percent(_mean(first))}, and longer training would not help."
            )
        )
    else:
        sentences.append(Sentence("Even the largest η tried here is not too large."))
    return list(sentences)


def _of_neurons(rising: Sequence[PointResult], best: PointResult) -> list[str]:
    def neurons(of: PointResult) -> int:
        return sum(of.hyperparameters.hidden_layers)

    enough = next(each for each in rising if _mean(each) >= _mean(best) - 0.01)
    least, most = rising[0], rising[-1]
    return [
        Sentence(
            f"With {neurons(least)} in the hidden layer the network reads "
            f"{_percent(_mean(least))} of the digits, with {neurons(enough)} "
            f"{_percent(_mean(enough))}: each further neuron helps less than the one before."
        ),
        Sentence(
            f"With {neurons(best)} it is {_percent(_mean(best))}, the best here, and "
            f"{neurons(most)} neurons take {most.seconds / enough.seconds:.1f} times as long to "
            f"train as {neurons(enough)}."
        ),
    ]


def _of_seeds(rising: Sequence[PointResult], best: PointResult) -> list[str]:
    ranges = [_accuracies(each).max() - _accuracies(each).min() for each in rising]
    single, few = wrong_order(rising, 1), wrong_order(rising, _FEW)
    return [
        Sentence(
            "Networks that differ only in their seed, the random numbers they begin with, differ "
            f"by up to {100 * max(ranges):.1f} percentage points."
        ),
        Sentence(
            f"Compare neighbouring sizes by one seed each, and {_percent(single)} of the "
            f"comparisons come out the wrong way round; by the average of five seeds, "
            f"{_percent(few)}."
        ),
    ]


def _accuracies(of: PointResult) -> Any:
    return np.array([run.accuracy for run in of.runs if run.accuracy is not None])


def wrong_order(points: Sequence[PointResult], seeds: int) -> float:
    """Return how often means of so many seeds order two neighbours other than those of all seeds.

    It is estimated from 4,000 random choices of seeds for each pair; half of the ties count.
    """
    generator = np.random.default_rng(0)
    wrong = []
    for one, other in pairwise(points):
        a, b = (
            generator.permuted(np.tile(values, (_CHOICES, 1)), axis=1)[:, :seeds].mean(axis=1)
            for values in (_accuracies(one), _accuracies(other))
        )
        differences = (b - a) * np.sign(_mean(other) - _mean(one))
        wrong.append(float((differences < 0).mean() + 0.5 * (differences == 0).mean()))
    return float(np.mean(wrong))


_ANSWERS: dict[str, Callable[[Sequence[PointResult], PointResult], list[str]]] = {
    "learning-rate": _of_learning_rate,
    "neurons": _of_neurons,
    "seeds": _of_seeds,
}
