"""What goes wrong while a network learns: named where it does, and not where it does not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from digitpad.data.mnist import mnist
from digitpad.nn.network import Network
from digitpad.training.diagnosis import Diagnosis, Finding, Symptom, diverged, rounded, slower
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.presets import PRESETS
from digitpad.training.sgd import EpochReport, Progress, train

H = Hyperparameters()
MNIST = mnist()
IMAGES = MNIST.train.take(slice(200)).inputs()


def found_while_training(h: Hyperparameters, *, enough: int = 10**9) -> dict[str, Finding]:
    """Train, look ten times an epoch for what goes wrong, and return all that was found."""
    network = h.new_network()
    diagnosis = Diagnosis(h)
    found: dict[str, Finding] = {}
    looked = samples = 0
    with np.errstate(all="ignore"):
        for progress in train(network, MNIST.train, h, MNIST.validation, report_every=0):
            diagnosis.add(progress)
            samples += len(progress.costs) * h.mini_batch_size
            if samples - looked > 5000 or progress.finished:
                looked = samples
                for finding in diagnosis.findings(network, IMAGES):
                    found.setdefault(finding.name, finding)
            if samples > enough:
                break
    return found


def report(costs: NDArray[np.float64] | list[float], end: EpochReport | None = None) -> Progress:
    array = np.array(costs, np.float32)
    return Progress(0, 30, 1, 5000, array, 1.0, 1.0, 1.0, 1.0, end, None)


def names(diagnosis: Diagnosis, network: Network) -> list[str]:
    return [finding.name for finding in diagnosis.findings(network, IMAGES)]


def epoch(number: int, cost: float, accuracy: float, validation: float | None) -> EpochReport:
    return EpochReport(number, cost, accuracy, cost, validation, 1.0, 1.0)


# -- real trainings --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["basic", "nielsen-1", "nielsen-3", "quick"])
def test_nothing_is_found_while_a_network_learns_well(name: str) -> None:
    assert not found_while_training(PRESETS[name].hyperparameters, enough=120_000)


def test_too_fast() -> None:
    found = found_while_training(PRESETS["too fast"].hyperparameters, enough=100_000)
    assert list(found) == [Symptom.SATURATED]
    remedy = PRESETS["too fast"].hyperparameters.replace(**found[Symptom.SATURATED].changes)
    assert remedy.learning_rate == 10
    assert found[Symptom.SATURATED].restarts
    assert not found_while_training(remedy, enough=100_000)


def test_too_deep() -> None:
    found = found_while_training(PRESETS["too deep"].hyperparameters, enough=120_000)
    assert list(found) == [Symptom.STALLED]
    assert "6 sigmoid layers" in found[Symptom.STALLED].sentence
    remedy = PRESETS["too deep"].hyperparameters.replace(**found[Symptom.STALLED].changes)
    assert not found_while_training(remedy, enough=100_000)


def test_overfitting() -> None:
    found = found_while_training(PRESETS["overfitting"].hyperparameters, enough=20_000)
    assert list(found) == [Symptom.OVERFITTING]
    assert found[Symptom.OVERFITTING].changes == {"training_images": 0}


def test_dead_neurons() -> None:
    found = found_while_training(H.replace(activation="relu", learning_rate=30), enough=20_000)
    assert Symptom.DEAD in found
    assert found[Symptom.DEAD].restarts
    assert found[Symptom.DEAD].changes == {"learning_rate": 3.0}


def test_steps_too_small_to_leave_the_plain() -> None:
    found = found_while_training(H.replace(learning_rate=0.001), enough=250_000)
    assert found[Symptom.STALLED].changes == {"learning_rate": 0.003}
    assert not found[Symptom.STALLED].restarts
    assert Symptom.COST_GROWS not in found


# -- reports by hand -------------------------------------------------------------------------------


def test_a_growing_cost() -> None:
    diagnosis = Diagnosis(H)
    diagnosis.add(report(np.full(1000, 0.2)))
    assert not names(diagnosis, H.new_network())
    diagnosis.add(report(np.full(400, 0.4)))
    (finding,) = diagnosis.findings(H.new_network(), IMAGES)
    assert finding.name == Symptom.COST_GROWS
    assert finding.changes == {"learning_rate": 1.0}
    # After the remedy the cost is looked at anew.
    diagnosis.change(H.replace(learning_rate=1.0))
    assert not names(diagnosis, H.new_network())
    diagnosis.add(report(np.linspace(0.4, 0.2, 1000)))
    assert not names(diagnosis, H.new_network())


def test_low_costs_may_jitter() -> None:
    diagnosis = Diagnosis(H)
    diagnosis.add(report(np.full(1000, 0.02)))
    diagnosis.add(report(np.full(400, 0.03)))
    assert not names(diagnosis, H.new_network())


def test_infinity_is_a_cost_that_grows() -> None:
    diagnosis = Diagnosis(H)
    diagnosis.add(report([0.5, np.inf]))
    (finding,) = diagnosis.findings(H.new_network(), IMAGES)
    assert finding == diverged(H)
    assert finding.restarts
    assert finding.changes == {"learning_rate": 0.3}


def test_short_reports_count_as_much_as_long_ones() -> None:
    costs = np.concatenate([np.full(1000, 0.2), np.full(400, 0.4)])
    diagnosis = Diagnosis(H)
    for cost in costs:
        diagnosis.add(report([cost]))
    assert names(diagnosis, H.new_network()) == [Symptom.COST_GROWS]


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"training_images": 1000}, {"training_images": 0}),
        ({}, {"l2": 5.0}),
        ({"l2": 5.0}, {"dropout": 0.2}),
        ({"l2": 5.0, "dropout": 0.2}, {}),
    ],
)
def test_remedies_of_overfitting_come_one_after_another(
    changes: dict[str, float], remedy: dict[str, float]
) -> None:
    diagnosis = Diagnosis(H.replace(**changes))
    for number in (1, 2, 3):
        assert not names(diagnosis, H.new_network())
        diagnosis.add(report([0.1], epoch(number, 0.5 / number, 0.99, 0.9)))
    (finding,) = diagnosis.findings(H.new_network(), IMAGES)
    assert finding.name == Symptom.OVERFITTING
    assert finding.changes == remedy
    assert finding.stops == (not remedy)
    assert "99.0%" in finding.sentence
    assert "90.0%" in finding.sentence


def test_without_validation_images_there_is_no_overfitting_to_be_seen() -> None:
    diagnosis = Diagnosis(H)
    for number in range(1, 5):
        diagnosis.add(report([0.1], epoch(number, 0.5 / number, 0.99, None)))
    assert not names(diagnosis, H.new_network())


def test_a_cost_that_has_converged() -> None:
    diagnosis = Diagnosis(H)
    for number in range(1, 8):
        diagnosis.add(report([0.05], epoch(number, 0.05, 0.95, 0.95)))
    (finding,) = diagnosis.findings(H.new_network(), IMAGES)
    assert finding.name == Symptom.CONVERGED
    assert finding.stops


def test_a_cost_that_still_falls_has_not() -> None:
    diagnosis = Diagnosis(H)
    for number in range(1, 8):
        diagnosis.add(report([0.05], epoch(number, 0.05 * 0.95**number, 0.95, 0.95)))
    assert not names(diagnosis, H.new_network())


def test_remedies_stay_in_the_valid_range() -> None:
    assert slower(H.replace(learning_rate=1e-6)) == {"learning_rate": 1e-6}
    assert slower(H, 10) == {"learning_rate": 0.3}
    assert rounded(0.0333) == 0.03
