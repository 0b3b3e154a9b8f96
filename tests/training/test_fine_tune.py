from __future__ import annotations

import json
from collections.abc import Collection, Generator
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
import pytest

from digitpad.data.dataset import Dataset
from digitpad.data.mnist import Mnist, mnist
from digitpad.data.sample_images import of_image
from digitpad.drawing import rasterize
from digitpad.drawing.strokes import Sample
from digitpad.errors import DigitpadError
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.training.fine_tune import (
    MOST_OF_A_DIGIT,
    FineTuned,
    Progress,
    fine_tune,
    first_layer,
    ids_learned,
    with_result,
)
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.scores import Score, Scores, from_dict
from digitpad.training.sgd import train

Result = TypeVar("Result")

# A 1 that begins with a long, steep upstroke, which networks take for a 7 or a 4.
STEEP_ONE = np.array([[-0.45, 0.15], [0.1, -1.0], [0.1, 1.0]])


def finished(steps: Generator[Progress, None, Result]) -> tuple[list[Progress], Result]:
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


@lru_cache(maxsize=1)
def data() -> Mnist:
    return mnist()


@lru_cache(maxsize=1)
def trained() -> Network:
    h = Hyperparameters(
        hidden_layers=(200,),
        activation="relu",
        cost="cross-entropy",
        learning_rate=0.3,
        momentum=0.5,
        mini_batch_size=50,
        epochs=1,
        training_images=20_000,
    )
    network = h.new_network()
    for _ in train(network, data().train, h):
        pass
    return network


def steep_ones(n: int, seed: int = 0) -> list[Sample]:
    generator = np.random.default_rng(seed)
    return [Sample(1, (STEEP_ONE + generator.normal(0, 0.03, STEEP_ONE.shape),)) for _ in range(n)]


def read(network: Network, samples: list[Sample]) -> list[int]:
    images = rasterize.to_images([sample.strokes for sample in samples]).reshape(-1, 784)
    return [int(digit) for digit in network.feed_forward(images / 255).argmax(axis=1)]


def tuned(
    mine: list[Sample],
    network: Network | None = None,
    seed: int = 0,
    learned_before: Collection[str] = (),
) -> FineTuned:
    network = trained() if network is None else network
    return finished(
        fine_tune(
            network,
            mine,
            data().train,
            data().validation,
            seed=seed,
            learned_before=learned_before,
        )
    )[1]


def with_ids(samples: list[Sample], first: int = 0) -> list[Sample]:
    return [
        replace(sample, extra={"drawing_id": f"{number:032x}"})
        for number, sample in enumerate(samples, start=first)
    ]


def test_two_corrected_ones_are_enough_for_the_third() -> None:
    third = steep_ones(10, seed=1)
    assert 1 not in read(trained(), third)
    result = tuned(steep_ones(2))
    assert read(result.network, third) == [1] * 10
    assert result.scores.own == Score(2, 2, 0)
    assert result.scores.mine == Score(0, 0, 0)


def test_what_it_knew_is_not_forgotten_and_honestly_measured() -> None:
    result = tuned(steep_ones(2))
    validation = data().validation.take(slice(5000))
    for network, errors in (
        (trained(), result.scores.others.before),
        (result.network, result.scores.others.after),
    ):
        answers = network.feed_forward(validation.inputs()).argmax(axis=1)
        assert errors == (answers != validation.labels).sum()
    assert result.scores.others.n == 5000
    assert result.scores.others.after <= result.scores.others.before + 10


def test_held_back_digits_are_measured_and_not_learned_from() -> None:
    mine = steep_ones(12)
    result = tuned(mine)
    assert result.scores.own == Score(10, 10, 0)
    assert result.scores.mine == Score(2, 2, 0)


def test_what_a_network_has_learned_from_never_measures_it_again() -> None:
    first = with_ids(steep_ones(12))
    once = tuned(first)
    assert len(once.ids) == once.scores.own.n == 10
    model = with_result(Model(trained(), {}), once)
    assert ids_learned(model) == set(once.ids)
    more = first + with_ids(steep_ones(1, seed=2), first=12)
    again = tuned(more, once.network, learned_before=ids_learned(model))
    # Of 13, two are held back: of the three that it has not learned from.
    assert again.scores.mine.n == 2
    unknown = {str(sample.extra["drawing_id"]) for sample in more} - set(once.ids)
    assert len(unknown - set(again.ids)) == 2
    assert ids_learned(with_result(model, again)) == {*once.ids, *again.ids}
    third = tuned(more, again.network, learned_before={*once.ids, *again.ids, *unknown})
    assert third.scores.mine.n == 0


def test_of_many_digits_the_newest_are_learned() -> None:
    many = with_ids(steep_ones(MOST_OF_A_DIGIT + 7))
    result = tuned(many)
    assert result.scores.own.n + result.scores.mine.n == MOST_OF_A_DIGIT
    assert not set(result.ids) & {str(sample.extra["drawing_id"]) for sample in many[:7]}


@pytest.mark.parametrize("damaged", [None, 3, {}, {"ids": 3}, {"ids": [3]}])
def test_damaged_metadata_name_no_digits(damaged: object) -> None:
    assert ids_learned(Model(trained(), {"fine_tuned": damaged})) == frozenset()


def test_digits_of_pictures_are_learned_too() -> None:
    images = rasterize.to_images([sample.strokes for sample in steep_ones(3)])
    result = tuned([of_image(image, 1) for image in images])
    assert read(result.network, steep_ones(10, seed=1)) == [1] * 10


def test_the_network_given_is_as_it_was_and_lower_layers_are_shared() -> None:
    before = trained().parameters.copy()
    result = tuned(steep_ones(2))
    assert np.array_equal(trained().parameters, before)
    assert first_layer(trained()) == 1
    assert np.array_equal(result.network.layers[0], trained().layers[0])
    assert not np.array_equal(result.network.layers[1], trained().layers[1])


def test_the_same_seed_gives_the_same_weights_and_another_one_others() -> None:
    first, again, other = (tuned(steep_ones(3), seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first.network.parameters, again.network.parameters)
    assert not np.array_equal(first.network.parameters, other.network.parameters)


def test_progress_rises_from_0_to_1() -> None:
    seen, _ = finished(fine_tune(trained(), steep_ones(2), data().train, data().validation))
    done = [progress.done for progress in seen]
    assert done == sorted(done)
    assert 0 < done[0] < 0.5
    assert done[-1] == 1
    costs = [progress.cost for progress in seen if progress.cost is not None]
    assert len(costs) == 10
    assert costs[-1] < costs[0]


def test_it_can_be_given_up_at_any_time() -> None:
    steps = fine_tune(trained(), steep_ones(2), data().train, data().validation)
    next(steps)
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)


@pytest.mark.parametrize(
    ("activation", "output", "cost"),
    [
        ("logistic", "logistic", "quadratic"),
        ("tanh", "softmax", "cross-entropy"),
        ("relu", "tanh", "quadratic"),
    ],
)
def test_every_network_that_can_be_trained_can_be_tuned(
    activation: str, output: str, cost: str
) -> None:
    network = Network(
        (784, 12, 10), activation=activation, output_activation=output, cost=cost, seed=1
    )
    assert first_layer(network) == 0
    result = tuned(steep_ones(6), network)
    assert np.isfinite(result.network.parameters).all()
    assert not np.array_equal(result.network.layers[0], network.layers[0])


def test_what_can_not_be_learned_is_refused_in_words() -> None:
    known = Dataset(np.zeros((1, 784), np.uint8), np.zeros(1, np.int64), "one")
    with pytest.raises(DigitpadError, match="no digits of yours"):
        next(fine_tune(trained(), [Sample(None, (STEEP_ONE,))], known, known))
    perceptrons = Network((784, 5, 10), activation="step")
    with pytest.raises(DigitpadError, match="perceptrons"):
        next(fine_tune(perceptrons, steep_ones(1), known, known))


def test_the_metadata_keep_the_calibration_and_say_what_was_learned() -> None:
    result = FineTuned(trained(), Scores(Score(2, 2, 0), Score(5000, 90, 91), Score(10, 9, 1)))
    calibration = {"temperature": 1.1, "min_activation": 0.5}
    before = {"name": "mine", "accuracy": 0.98, "recognition": calibration}
    model = with_result(Model(trained(), before), result)
    assert model.metadata["recognition"] == calibration
    assert model.metadata["name"] == "mine"
    assert "accuracy" not in model.metadata
    assert model.metadata["fine_tuned"]["mine"] == {"n": 2, "before": 2, "after": 0}
    assert from_dict(model.metadata["fine_tuned"]) == result.scores
    assert json.loads(json.dumps(model.metadata)) == model.metadata
    assert before["accuracy"] == 0.98
