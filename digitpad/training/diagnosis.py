"""What goes wrong while a network learns, in the terms of the text, and what would help.

A `Diagnosis` takes the reports of one training and, asked now and then with the network as it is,
returns what it finds:

- the cost grows: the steps overshoot the valley
- neurons are saturated (σ'(z) is almost 0) or, for relu, dead (always 0)
- the cost has stalled while it is high, or converged
- training and validation accuracy diverge: overfitting
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from digitpad.nn.functions import Array
from digitpad.nn.network import Network
from digitpad.training.hyperparameters import FIELDS, Hyperparameters
from digitpad.training.sgd import EpochReport, Progress


class Symptom(StrEnum):
    """What can go wrong; the values are identifiers."""

    COST_GROWS = "cost grows"
    STALLED = "cost has stalled"
    CONVERGED = "cost has converged"
    SATURATED = "saturated neurons"
    DEAD = "dead neurons"
    OVERFITTING = "overfitting"


@dataclass(frozen=True)
class Finding:
    """Something that goes wrong.

    Attributes
    ----------
    name : Symptom
    sentence : str
        What is seen and why, for the person who trains.
    remedy : str
        What would help, short enough for a button.
    changes : mapping
        The hyperparameters to change, by name, with their new values. They have to be chosen
        anew where others than the learning rate go with them.
    restarts : bool
        Whether the remedy needs a new network: weights that are lost stay lost.
    stops : bool
        Whether the remedy is to stop.
    """

    name: Symptom
    sentence: str
    remedy: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    restarts: bool = False
    stops: bool = False


# A trend is seen in windows of about so many samples: long enough that a window's mean cost is
# not much rougher than a percent, short enough to warn within seconds.
_WINDOW = 2000
_STALLED_FOR = 10  # windows
_STILL = 0.01  # the cost became smaller by less than this fraction
_GROWN = 1.25  # times the lowest cost so far, for two windows,
_GROWN_BY = 0.1  # and by so much of the cost of knowing nothing: low costs jitter
_KNOWS_NOTHING = 0.8  # of the cost of knowing nothing
_ABSURD = 3.0  # times that cost
_PARTED = 0.04  # accuracy on the training images minus that on the validation images
_CONVERGED_FOR = 5  # epochs
_CONVERGED = 0.002  # fraction per epoch
_SATURATED_BELOW = 0.01  # of a sigmoid's range: σ' is then below 4 % of its largest value
_DEAD = 0.5  # of a layer's neurons


class Diagnosis:
    """The state of one training, from its reports.

    Parameters
    ----------
    hyperparameters : Hyperparameters
        What it began with; see `change`.
    """

    def __init__(self, hyperparameters: Hyperparameters) -> None:
        self.hyperparameters = hyperparameters
        self._broken = False
        self._reports: list[EpochReport] = []
        self._begin_trend()

    def _begin_trend(self) -> None:
        self._lowest = math.inf
        self._means: deque[float] = deque(maxlen=_STALLED_FOR)
        self._rest: Array = np.empty(0)

    def change(self, hyperparameters: Hyperparameters) -> None:
        """Note that hyperparameters changed: a cost that jumps or rests now is another matter."""
        self.hyperparameters = hyperparameters
        self._reports.clear()
        self._begin_trend()

    def add(self, progress: Progress) -> None:
        """Note a report."""
        costs = np.asarray(progress.costs, dtype=float)
        self._broken = self._broken or not bool(np.isfinite(costs).all())
        rest = np.concatenate([self._rest, costs])
        window = math.ceil(_WINDOW / self.hyperparameters.mini_batch_size)
        full = len(rest) // window
        for mean in rest[: full * window].reshape(full, window).mean(axis=1).tolist():
            self._means.append(mean)
            if len(self._means) > 2:
                self._lowest = min(self._lowest, self._means[-3])
        self._rest = rest[full * window :]
        if progress.epoch_end is not None:
            self._reports.append(progress.epoch_end)

    def findings(self, network: Network, images: Array) -> list[Finding]:
        """Return what goes wrong, the most serious first; often nothing.

        Parameters
        ----------
        network : Network
            As it is now.
        images : (n, 784)
            Some training images; a hundred are enough.
        """
        # The cost stands still because neurons are silent, or for want of speed; or it has done its
        # work: one explanation is enough, but a network that overfits may also have converged.
        stuck = self._silent(network, images) or self._grows(network) or self._stuck(network)
        found = [stuck] if stuck else [self._parts(), self._converged()]
        return [finding for finding in found if finding is not None]

    def _grows(self, network: Network) -> Finding | None:
        if self._broken:
            return diverged(self.hyperparameters)
        means = list(self._means)
        recent = means[-2:]
        if len(recent) < 2:
            return None
        # Random first weights may be absurd, too, but then the cost falls.
        high = len(means) > 4 and means[-1] > max(_ABSURD * _ignorance(network), 0.9 * means[-5])
        bound = max(_GROWN * self._lowest, self._lowest + _GROWN_BY * _ignorance(network))
        if not high and min(recent) <= bound:
            return None
        changes = slower(self.hyperparameters)
        return Finding(
            Symptom.COST_GROWS,
            "The cost grows: the steps overshoot the valley and land higher up on its other side.",
            f"Lower the learning rate to {changes['learning_rate']:g}",
            changes,
        )

    def _silent(self, network: Network, images: Array) -> Finding | None:
        """Look for neurons that give the same whatever they see, where nothing is learned."""
        if not self._means or not np.isfinite(network.parameters).all():
            return None
        hidden = network.activations(images)[1:-1]
        if network.activation == "relu":
            return self._dead(hidden)
        if not self._knows_nothing(network) or not self._has_stalled():
            return None
        low = 0.0 if network.activation == "logistic" else -1.0
        margin = _SATURATED_BELOW * (1 - low)
        layers = [float(((a < low + margin) | (a > 1 - margin)).mean(dtype=float)) for a in hidden]
        if not layers or max(layers) < 0.75:
            return None
        changes = slower(self.hyperparameters, 10)
        return Finding(
            Symptom.SATURATED,
            f"Neurons are saturated: {max(layers):.0%} of the activations in hidden layer "
            f"{layers.index(max(layers)) + 1} are at an end of the sigmoid, where its slope σ'(z) "
            "is almost 0, and so is the gradient.",
            f"Restart with η = {changes['learning_rate']:g}, scaled weights",
            {**changes, "initialisation": "scaled"},
            restarts=True,
        )

    def _dead(self, hidden: list[Array]) -> Finding | None:
        for number, a in enumerate(hidden, start=1):
            dead = int((a.max(axis=0) <= 0).sum())
            # A few neurons that sleep do no harm; many of them are a network that is smaller than
            # was asked for.
            if dead > _DEAD * a.shape[1]:
                changes = slower(self.hyperparameters, 10)
                return Finding(
                    Symptom.DEAD,
                    f"{dead} of the {a.shape[1]} neurons of hidden layer {number} are dead: their "
                    "activation is 0 for every image, so their gradient is 0 too.",
                    f"Start again with η = {changes['learning_rate']:g}",
                    changes,
                    restarts=True,
                )
        return None

    def _stuck(self, network: Network) -> Finding | None:
        if not self._has_stalled() or not self._knows_nothing(network):
            return None
        now = self.hyperparameters
        if len(now.hidden_layers) >= 3 and now.activation == "logistic":
            return Finding(
                Symptom.STALLED,
                f"The cost has stalled: each of the {len(now.hidden_layers)} sigmoid layers "
                "shrinks the gradient (σ'(z) is at most ¼), so the first ones hardly learn.",
                "Start again with relu neurons",
                {
                    "activation": "relu",
                    "cost": "cross-entropy",
                    "output_activation": "softmax",
                    "initialisation": "scaled",
                    "learning_rate": 0.1,
                    "optimiser": "sgd",
                },
                restarts=True,
            )
        faster = min(rounded(3 * now.learning_rate), FIELDS["learning_rate"].maximum)
        return Finding(
            Symptom.STALLED,
            "The cost has stalled at a high value: the slope is gentle here, and the steps are too "
            "small.",
            f"Raise the learning rate to {faster:g}",
            {"learning_rate": faster},
        )

    def _has_stalled(self) -> bool:
        means = list(self._means)
        if len(means) < _STALLED_FOR:
            return False
        half = _STALLED_FOR // 2
        before, after = sum(means[:half]), sum(means[half:])
        return abs(before - after) < _STILL * before

    def _knows_nothing(self, network: Network) -> bool:
        return bool(self._means) and self._means[-1] > _KNOWS_NOTHING * _ignorance(network)

    def _parts(self) -> Finding | None:
        if len(self._reports) < 3:
            return None
        last = self._reports[-1]
        if last.validation_accuracy is None:
            return None
        gaps = [
            report.accuracy - report.validation_accuracy
            for report in self._reports[-3:]
            if report.validation_accuracy is not None
        ]
        if min(gaps) < _PARTED:
            return None
        sentence = (
            f"The network overfits: {last.accuracy:.1%} of the training images are correct, but "
            f"only {last.validation_accuracy:.1%} of the validation images."
        )
        now = self.hyperparameters
        if now.training_images:
            return Finding(
                Symptom.OVERFITTING,
                sentence,
                "Restart with all images",
                {"training_images": 0},
                restarts=True,
            )
        if now.l2 == 0:
            return Finding(Symptom.OVERFITTING, sentence, "Add weight decay λ = 5", {"l2": 5.0})
        if now.dropout == 0:
            return Finding(Symptom.OVERFITTING, sentence, "Add 20 % dropout", {"dropout": 0.2})
        return Finding(Symptom.OVERFITTING, sentence, "Stop here", stops=True)

    def _converged(self) -> Finding | None:
        costs = [report.cost for report in self._reports[-_CONVERGED_FOR - 1 :]]
        if len(costs) <= _CONVERGED_FOR or not costs[0] > 0:
            return None
        if not 0 <= costs[0] - costs[-1] < _CONVERGED * _CONVERGED_FOR * costs[0]:
            return None
        return Finding(
            Symptom.CONVERGED,
            f"The cost has converged: in {_CONVERGED_FOR} epochs it fell by less than "
            f"{_CONVERGED * _CONVERGED_FOR:.0%}. More epochs will change little.",
            "Stop here",
            stops=True,
        )


def diverged(hyperparameters: Hyperparameters) -> Finding:
    """Return what to say when the cost is no longer a number."""
    changes = slower(hyperparameters, 10)
    return Finding(
        Symptom.COST_GROWS,
        "The cost overflowed: the steps were too large. The network has the weights from the end "
        "of the last epoch again.",
        f"Start again with η = {changes['learning_rate']:g}",
        changes,
        restarts=True,
    )


def worsened(hyperparameters: Hyperparameters) -> Finding:
    """Return what to say when a network that was continued has lost accuracy."""
    changes = slower(hyperparameters, 10)
    return Finding(
        Symptom.COST_GROWS,
        "The steps were too large for weights that were already good: they left their valley.",
        f"Lower the learning rate to {changes['learning_rate']:g}",
        changes,
    )


def _ignorance(network: Network) -> float:
    """Return what it costs to know nothing, that is to answer 0.1 for each of the ten digits."""
    if network.cost == "quadratic":
        return (0.9**2 + 9 * 0.1**2) / 2
    if network.output_activation == "softmax":
        return math.log(10)
    return -math.log(0.1) - 9 * math.log(0.9)


def slower(hyperparameters: Hyperparameters, factor: float = 3.0) -> dict[str, float]:
    """Return the change that makes the steps shorter by about this factor."""
    lower = rounded(hyperparameters.learning_rate / factor)
    return {"learning_rate": max(lower, FIELDS["learning_rate"].minimum)}


def rounded(value: float) -> float:
    """Return the number with one significant digit that is nearest, as people choose them."""
    return float(f"{value:.0e}") if value > 0 else value
