"""Training: it learns real digits, reproducibly, and can be changed, paused, stopped, resumed."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from digitpad.data.dataset import NON_DIGIT, Dataset
from digitpad.data.mnist import Mnist, mnist
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.network import Network, one_hot
from digitpad.recognition.evaluation import Evaluation, evaluate
from digitpad.training import sgd
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.minibatch import MiniBatchGradient
from digitpad.training.presets import PRESETS
from digitpad.training.sgd import EndReason, Progress, train
from digitpad.training.state import TrainingState

Pair = tuple[Dataset, Dataset]


@pytest.fixture(scope="module")
def digits() -> Mnist:
    return mnist()


@pytest.fixture(scope="module")
def few(digits: Mnist) -> Pair:
    return digits.train.take(slice(1000)), digits.validation.take(slice(500))


EVERYTHING = Hyperparameters(
    hidden_layers=(20,),
    epochs=3,
    mini_batch_size=7,
    learning_rate=0.3,
    momentum=0.5,
    l2=0.1,
    dropout=0.2,
    rotation=5,
    elastic=1,
    schedule="cosine",
    seed=5,
)


def run(
    network: Network,
    data: Dataset,
    h: Hyperparameters,
    validation: Dataset | None = None,
    **options: Any,
) -> list[Progress]:
    return list(train(network, data, h, validation, **options))


@pytest.mark.parametrize(
    ("preset", "epochs", "expected"),
    [("basic", 1, 0.90), ("nielsen-1", 3, 0.92), ("nielsen-3", 1, 0.94), ("quick", 2, 0.96)],
)
def test_presets_learn_real_digits(
    digits: Mnist, preset: str, epochs: int, expected: float
) -> None:
    h = PRESETS[preset].hyperparameters.replace(epochs=epochs)
    network = h.new_network()
    last = run(network, digits.train, h)[-1]
    assert last.finished is EndReason.EPOCHS
    assert evaluate(network, digits.test).accuracy > expected


def test_one_step_is_the_texts_formula(few: Pair) -> None:
    data = few[0].take(slice(8))
    h = Hyperparameters(mini_batch_size=8, epochs=1, learning_rate=0.7)
    network = h.new_network()
    weight_gradients, bias_gradients = network.backpropagate(data.inputs(), data.targets())
    before = network.copy()
    run(network, data, h)
    for layer in range(3):
        np.testing.assert_allclose(
            network.weights[layer],
            before.weights[layer] - 0.7 * weight_gradients[layer],
            rtol=1e-4,
            atol=1e-6,
        )
        np.testing.assert_allclose(
            network.biases[layer],
            before.biases[layer] - 0.7 * bias_gradients[layer],
            rtol=1e-4,
            atol=1e-6,
        )


def outcome(network: Network, state: TrainingState) -> tuple[bytes, list[dict[str, Any]]]:
    """Return everything that has to be the same, bit for bit."""
    history = [{k: v for k, v in entry.items() if k != "seconds"} for entry in state.history]
    return network.parameters.tobytes(), history


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_the_same_seed_gives_the_same_weights_bit_for_bit(few: Pair, optimiser: str) -> None:
    h = EVERYTHING.replace(optimiser=optimiser, learning_rate=0.01)

    def trained(h: Hyperparameters, report_every: float) -> tuple[bytes, list[dict[str, Any]]]:
        network, state = h.new_network(), TrainingState()
        run(network, few[0], h, few[1], state=state, report_every=report_every)
        return outcome(network, state)

    first = trained(h, 0)
    assert first == trained(h, 1 / 30)
    assert first == trained(h, 1e9)
    assert first[0] != trained(h.replace(seed=6), 1e9)[0]


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
@pytest.mark.parametrize("stop_after", [1, 77, 143, 144, 300])
def test_an_interrupted_training_goes_on_bit_for_bit(
    few: Pair, optimiser: str, stop_after: int, tmp_path: Path
) -> None:
    h = EVERYTHING.replace(optimiser=optimiser, learning_rate=0.01, patience=5)
    whole, whole_state = h.new_network(), TrainingState()
    run(whole, few[0], h, few[1], state=whole_state)

    network, state = h.new_network(), TrainingState()
    training = train(network, few[0], h, few[1], state=state, report_every=0)
    for _ in itertools.islice(training, stop_after):
        pass
    training.close()
    model_file.save(tmp_path / "m.npz", model_file.Model(network), state.to_arrays())
    again = model_file.load(tmp_path / "m.npz").network
    resumed = TrainingState.load(tmp_path / "m.npz")
    assert resumed is not None
    assert resumed.hyperparameters == h
    run(again, few[0], h, few[1], state=resumed)
    assert outcome(again, resumed) == outcome(whole, whole_state)


def test_an_interrupted_training_that_was_changed_goes_on_bit_for_bit(few: Pair) -> None:
    changed = EVERYTHING.replace(learning_rate=0.1, mini_batch_size=11, dropout=0.4, elastic=0)

    def trained(interrupted: bool) -> tuple[bytes, list[dict[str, Any]]]:
        network, state = EVERYTHING.new_network(), TrainingState()
        training = train(network, few[0], EVERYTHING, state=state, report_every=0)
        for _ in range(50):
            next(training)
        training.send(changed)
        if interrupted:
            for _ in range(30):
                next(training)
            training.close()
            run(network, few[0], changed, state=state)
        else:
            for _ in training:
                pass
        return outcome(network, state)

    assert trained(interrupted=True) == trained(interrupted=False)


def test_live_changes_take_effect_at_the_next_mini_batch_and_enter_the_history(few: Pair) -> None:
    h = Hyperparameters(hidden_layers=(10,), epochs=1)
    network, state = h.new_network(), TrainingState()
    training = train(network, few[0], h, state=state, report_every=0)
    next(training)
    slow = h.replace(learning_rate=1e-6, mini_batch_size=20, dropout=0.5, elastic=0.5)
    before = network.parameters.copy()
    progress = training.send(slow)
    assert progress.learning_rate == 1e-6
    assert np.abs(network.parameters - before).max() < 1e-5
    assert state.position == 10 + 20
    assert progress.batches == 50
    assert progress.batch == 2, "with the one of 10 samples"
    assert state.history[0] == {
        "change": {
            "learning_rate": 1e-6,
            "mini_batch_size": 20,
            "dropout": 0.5,
            "elastic": 0.5,
        },
        "epoch": 1,
        "position": 10,
    }
    assert [p for p in training][-1].finished is EndReason.EPOCHS
    assert state.epoch == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"learning_rate": 0.1},
        {"momentum": 0.9},
        {"mini_batch_size": 17},
        {"l2": 100.0},
        {"dropout": 0.3},
        {"rotation": 10.0},
        {"scaling": 0.1},
        {"shear": 0.2},
        {"translation": 1.0},
        {"elastic": 1.0, "elastic_smoothness": 4.0},
    ],
)
def test_each_live_change_changes_what_is_learned(few: Pair, changes: dict[str, Any]) -> None:
    h = Hyperparameters(hidden_layers=(10,), epochs=1)

    def after_ten_more(sent: Hyperparameters | None) -> tuple[bytes, list[dict[str, Any]]]:
        network, state = h.new_network(), TrainingState()
        training = train(network, few[0], h, state=state, report_every=0)
        for _ in range(10):
            next(training)
        training.send(sent)
        for _ in range(9):
            next(training)
        return outcome(network, state)

    same, changed = after_ten_more(h), after_ten_more(h.replace(**changes))
    assert same == after_ten_more(None), "no change is no event"
    assert changed[0] != same[0]
    assert changed[1] == [{"change": changes, "epoch": 1, "position": 100}]


def test_the_architecture_cannot_change_while_training(few: Pair) -> None:
    h = Hyperparameters(epochs=1)
    training = train(h.new_network(), few[0], h, report_every=0)
    next(training)
    with pytest.raises(DigitpadError, match="cannot change while"):
        training.send(h.replace(hidden_layers=(5,)))


def test_reports_are_complete(few: Pair) -> None:
    h = Hyperparameters(hidden_layers=(10,), epochs=2, mini_batch_size=64)
    reports = run(h.new_network(), few[0], h, few[1], report_every=0)
    assert len(reports) == 2 * 16
    assert sum(len(p.costs) for p in reports) == 32
    assert [p.batch for p in reports] == [*range(1, 17)] * 2
    assert {(p.batches, p.epochs) for p in reports} == {(16, 2)}
    assert [p.epoch for p in reports] == [0] * 16 + [1] * 16
    for p in reports:
        assert p.cost == pytest.approx(float(p.costs.mean()))
        assert p.costs.dtype == np.float32
    ends = [p.epoch_end for p in reports if p.epoch_end]
    assert [end.epoch for end in ends] == [1, 2]
    assert all(p.samples_per_second > 0 and p.seconds_left >= 0 for p in reports)
    assert reports[-1].seconds_left == 0
    assert reports[-1].finished is EndReason.EPOCHS
    for end in ends:
        assert 0 <= end.accuracy <= 1
        assert end.validation_accuracy is not None
        assert 0 <= end.validation_accuracy <= 1
        assert end.validation_cost is not None
        assert end.validation_cost > 0


def test_reports_come_within_as_many_mini_batches_as_are_asked_for(few: Pair) -> None:
    train_data, validation = few
    h = Hyperparameters(hidden_layers=(8,), mini_batch_size=7, epochs=2)
    wanted = [1, 1, 2, 4, 30, 1000]
    asked = iter(wanted)
    network, expected = h.new_network(), h.new_network()
    lengths = [
        len(progress.costs)
        for progress in train(
            network,
            train_data,
            h,
            validation,
            report_every=1000.0,
            report_within=lambda: next(asked, 1000),
        )
    ]
    batches = -(-len(train_data) // 7)
    assert lengths == [1, 1, 2, 4, 30, batches - 38, batches]
    for _ in train(expected, train_data, h, validation):
        pass
    np.testing.assert_array_equal(network.parameters, expected.parameters)


def test_without_a_due_report_there_is_one_an_epoch(few: Pair) -> None:
    h = Hyperparameters(hidden_layers=(8,), mini_batch_size=10, epochs=3)
    reports = run(h.new_network(), few[0], h, report_every=1e9)
    assert [len(p.costs) for p in reports] == [100] * 3
    assert [p.epoch_end.epoch for p in reports if p.epoch_end] == [1, 2, 3]


def test_reported_costs_are_the_networks(few: Pair) -> None:
    data = few[0].take(slice(64))
    h = Hyperparameters(hidden_layers=(10,), cost="cross-entropy", mini_batch_size=64, epochs=2)
    network = h.new_network()
    expected = network.total_cost(data.inputs(), one_hot(data.labels))
    first = next(train(network, data, h, report_every=0))
    assert first.costs[0] == pytest.approx(expected, rel=1e-5)
    assert first.epoch_end is not None
    assert first.epoch_end.cost == pytest.approx(expected, rel=1e-5)


def test_schedules(few: Pair) -> None:
    def rates(schedule: str, **changes: Any) -> list[float]:
        h = Hyperparameters(
            hidden_layers=(5,), epochs=8, mini_batch_size=500, learning_rate=0.4, schedule=schedule
        )
        reports = run(h.new_network(), few[0], h.replace(**changes), report_every=0)
        return [p.learning_rate for p in reports]

    # Two mini-batches an epoch, each with the rate of its own place.
    assert rates("constant") == [0.4] * 16
    np.testing.assert_allclose(rates("step"), [0.4] * 8 + [0.04] * 4 + [0.004] * 4)
    expected = 0.2 * (1 + np.cos(np.pi * np.arange(16) / 16))
    np.testing.assert_allclose(rates("cosine"), expected)
    # A tiny rate makes the cost stand still on distorted images, whose cost only fluctuates.
    halved = rates("halve on plateau", learning_rate=1e-6, elastic=3.0, epochs=30)
    assert halved[0] == 1e-6
    assert halved[-1] < 1e-6


PLATEAUS: list[tuple[list[float], list[int]]] = [
    # Accuracies of the epochs, and how often η has been halved in each.
    ([0.5] * 9, [0, 0, 0, 0, 1, 1, 1, 2, 2]),
    ([0.5, 0.4, 0.4, 0.6, 0.5, 0.5, 0.5, 0.5], [0, 0, 0, 0, 0, 0, 0, 1]),
    # After a new best, the next three count from there.
    ([0.5, 0.5, 0.5, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6], [0, 0, 0, 0, 1, 1, 1, 1, 2]),
]


@pytest.mark.parametrize(("accuracies", "halvings"), PLATEAUS)
@pytest.mark.parametrize("schedule", ["halve on plateau", "constant"])
def test_the_learning_rate_is_halved_after_three_epochs_without_a_better_one(
    few: Pair,
    accuracies: list[float],
    halvings: list[int],
    schedule: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    coming = iter(accuracies)
    confusion = np.zeros((10, 10), np.int64)
    monkeypatch.setattr(sgd, "evaluate", lambda *_: Evaluation(0.25, next(coming), 500, confusion))
    h = Hyperparameters(
        hidden_layers=(3,), mini_batch_size=100, learning_rate=0.4, schedule=schedule
    )
    reports = run(
        h.new_network(), few[0].take(slice(200)), h.replace(epochs=len(accuracies)), few[1]
    )
    ends = [p.epoch_end for p in reports if p.epoch_end]
    halved = schedule == "halve on plateau"
    assert [end.learning_rate for end in ends] == [0.4 * 0.5 ** (halved * n) for n in halvings]
    assert [end.validation_accuracy for end in ends] == accuracies
    assert {end.validation_cost for end in ends} == {0.25}


class Clock:
    """A clock that goes on by a second whenever somebody looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        self.now += 1.0
        return self.now


def test_speed_time_and_time_left(few: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sgd, "time", Clock())
    h = Hyperparameters(hidden_layers=(3,), epochs=2)
    state = TrainingState()
    reports = run(h.new_network(), few[0].take(slice(25)), h, state=state, report_every=0)
    # Two looks a mini-batch: after it, and when its costs are there. The third has 5 samples.
    speeds, rate = [5.0, 5.0, 2.5, 5.0, 5.0, 2.5], 0.0
    done = [10, 20, 25, 35, 45, 50]
    for progress, speed, samples in zip(reports, speeds, done, strict=True):
        rate = 0.8 * rate + 0.2 * speed if rate else speed
        assert progress.samples_per_second == pytest.approx(rate)
        # Validation, of nothing, takes a second here once it has been measured.
        epochs_left = 2 - samples // 25
        validation = float(samples >= 25)
        left = (50 - samples) / rate + epochs_left * validation
        assert progress.seconds_left == pytest.approx(left)
    assert state.seconds == pytest.approx(12)
    ends = [p.epoch_end for p in reports if p.epoch_end]
    assert [end.seconds for end in ends] == pytest.approx([6, 6])
    assert [end.epoch for end in ends] == [1, 2]


@pytest.mark.parametrize("chunk", [1, 30, 64, 512])
def test_each_epoch_reads_every_image_once_in_the_seed_s_order(
    few: Pair, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = []

    class Spy(MiniBatchGradient):
        def compute(self, x: Any, y: Any, *arguments: Any, **options: Any) -> Any:
            seen.append((x.copy(), y.copy()))
            return super().compute(x, y, *arguments, **options)

    made: list[int] = []

    def gradient_of(network: Network, m: int, processors: int) -> Spy:
        made.append(m)
        return Spy(network, m)

    monkeypatch.setattr(sgd, "gradient_of", gradient_of)
    monkeypatch.setattr(sgd, "_CHUNK", chunk)
    data = few[0].take(slice(205))
    h = Hyperparameters(hidden_layers=(3,), epochs=2, seed=7)
    state = TrainingState()
    reports = run(h.new_network(), data, h, state=state, report_every=0)
    assert [len(x) for x, _ in seen] == ([10] * 20 + [5]) * 2
    assert made == [10, 5], "buffers and threads are made once"
    x, y = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    orders = [np.random.default_rng((7, epoch)).permutation(205) for epoch in (0, 1)]
    order = np.concatenate(orders)
    np.testing.assert_allclose(x[:, :-1], data.inputs()[order], rtol=1e-6)
    np.testing.assert_allclose(x[:, -1], 1, rtol=1e-6)
    np.testing.assert_array_equal(y, one_hot(data.labels)[order])
    # Costs and hits are of the network before each mini-batch's step, and add up to the epoch's.
    costs = np.concatenate([p.costs for p in reports])
    weights = np.array(([10] * 20 + [5]) * 2)
    ends = [p.epoch_end for p in reports if p.epoch_end]
    for number, end in enumerate(ends):
        mine = slice(21 * number, 21 * number + 21)
        assert end.cost == pytest.approx((costs[mine] * weights[mine]).sum() / 205, rel=1e-6)


def test_an_epoch_s_accuracy_counts_hits_before_each_step(few: Pair) -> None:
    data = few[0].take(slice(95))
    h = Hyperparameters(hidden_layers=(30,), epochs=1, learning_rate=1e-6)
    network = h.new_network()
    expected = (network.feed_forward(data.inputs()).argmax(axis=1) == data.labels).mean()
    (*_, last) = run(network, data, h)
    assert last.epoch_end is not None
    assert last.epoch_end.accuracy == pytest.approx(expected)


def test_the_accuracy_is_that_of_the_digits_even_of_one_or_none(few: Pair) -> None:
    data = few[0].take(slice(30))
    h = Hyperparameters(hidden_layers=(30,), epochs=1, learning_rate=1e-6)
    read = h.new_network().feed_forward(data.inputs()).argmax(axis=1)
    for digits in (0, 1):
        labels = np.full(30, NON_DIGIT)
        labels[:digits] = read[:digits]  # which the network reads rightly
        (*_, last) = run(h.new_network(), Dataset(data.images, labels, "few digits"), h)
        assert last.epoch_end is not None
        assert last.epoch_end.accuracy == digits


def test_weights_may_be_so_large_that_their_sum_is_none_in_single_precision(few: Pair) -> None:
    h = Hyperparameters(hidden_layers=(5,), epochs=1)
    network = h.new_network()
    network.parameters[...] = 1e37  # every neuron is saturated, so that no step changes anything
    assert run(network, few[0].take(slice(50)), h)[-1].finished is EndReason.EPOCHS


def test_early_stopping_keeps_the_best_weights(few: Pair) -> None:
    h = Hyperparameters(
        hidden_layers=(30,), epochs=200, mini_batch_size=10, learning_rate=3.0, patience=4
    )
    network, state = h.new_network(), TrainingState()
    last = run(network, few[0].take(slice(300)), h, few[1], state=state)[-1]
    assert last.finished is EndReason.EARLY_STOPPING
    accuracies = [entry["validation_accuracy"] for entry in state.history]
    assert len(accuracies) < 200
    assert np.argmax(accuracies) == len(accuracies) - 5
    assert evaluate(network, few[1]).accuracy == max(accuracies)


def test_the_best_weights_are_taken_at_the_end_only(few: Pair) -> None:
    data = few[0].take(slice(300))
    h = Hyperparameters(hidden_layers=(30,), epochs=8, learning_rate=3.0)
    patient, plain = h.replace(patience=8).new_network(), h.new_network()
    trainings = (
        train(patient, data, h.replace(patience=8), few[1], report_every=1e9),
        train(plain, data, h, few[1], report_every=1e9),
    )
    accuracies: list[float] = []
    for one, other in zip(*trainings, strict=True):
        assert one.epoch_end is not None
        assert one.epoch_end.validation_accuracy is not None
        accuracies.append(one.epoch_end.validation_accuracy)
        if not one.finished:
            np.testing.assert_array_equal(patient.parameters, plain.parameters)
        assert other.finished == one.finished
    assert accuracies[:-1] != sorted(accuracies[:-1]), "no epoch was worse than the one before"


def test_training_stops_when_the_cost_has_converged(few: Pair) -> None:
    h = Hyperparameters(hidden_layers=(10,), epochs=500, mini_batch_size=50, convergence=0.05)
    state = TrainingState()
    last = run(h.new_network(), few[0], h, state=state)[-1]
    assert last.finished is EndReason.CONVERGED
    costs = [entry["cost"] for entry in state.history]
    assert len(costs) > 3
    assert 1 - costs[-1] / costs[-2] < 0.05
    assert all(1 - b / a >= 0.05 for a, b in itertools.pairwise(costs[:-1]))


def test_one_more_epoch(few: Pair) -> None:
    h = Hyperparameters(hidden_layers=(10,), epochs=2)
    network, state = h.new_network(), TrainingState()
    run(network, few[0], h, state=state)
    run(network, few[0], h.replace(epochs=3), state=state)
    assert [e["epoch"] for e in state.history if "epoch" in e and "cost" in e] == [1, 2, 3]


def test_a_diverging_training_says_so_and_leaves_good_weights(few: Pair) -> None:
    h = Hyperparameters(
        hidden_layers=(30, 30), activation="relu", output_activation="relu", learning_rate=1000.0
    )
    network, state = h.new_network(), TrainingState()
    before = network.parameters.copy()
    with pytest.raises(DigitpadError, match="smaller learning rate"):
        run(network, few[0], h, state=state)
    np.testing.assert_array_equal(network.parameters, before)
    assert (state.epoch, state.position) == (0, 0)
    slower = h.replace(learning_rate=0.01, epochs=1)
    assert run(network, few[0], slower, state=state)[-1].finished is EndReason.EPOCHS
    assert np.isfinite(network.parameters).all()
    assert evaluate(network, few[1]).cost < evaluate(h.new_network(), few[1]).cost


def test_a_training_that_diverges_later_goes_back_to_the_last_epoch(few: Pair) -> None:
    h = Hyperparameters(hidden_layers=(20,), momentum=0.5, learning_rate=0.1)
    network, state = h.new_network(), TrainingState()
    training = train(network, few[0], h, state=state)
    while not next(training).epoch_end:
        pass
    good = network.parameters.copy()

    def go_on() -> None:
        training.send(h.replace(learning_rate=1000.0, l2=1000.0))
        for _ in training:
            pass

    with pytest.raises(DigitpadError, match="last epoch's end"):
        go_on()
    np.testing.assert_array_equal(network.parameters, good)
    assert state.velocity is None, "the steps that overshot are no momentum to go on with"
    run(network, few[0], h.replace(epochs=2), state=state)
    assert np.isfinite(network.parameters).all()


def test_training_images_limits_the_data(few: Pair) -> None:
    h = Hyperparameters(hidden_layers=(5,), training_images=100, epochs=1)
    assert run(h.new_network(), few[0], h, report_every=0)[-1].batches == 10


def test_what_does_not_go_together_is_refused(few: Pair) -> None:
    h = Hyperparameters()
    nothing = Dataset(np.empty((0, 784), np.uint8), np.empty(0, np.int64), "nothing")
    with pytest.raises(DigitpadError, match="no images"):
        run(h.new_network(), nothing, h)
    with pytest.raises(DigitpadError, match="another network"):
        run(h.replace(hidden_layers=(3,)).new_network(), few[0], h)
    with pytest.raises(DigitpadError, match="validation images"):
        run(h.new_network(), few[0], h.replace(patience=1))
    with pytest.raises(DigitpadError, match="validation images"):
        run(h.new_network(), few[0], h.replace(patience=1), nothing)
    with pytest.raises(DigitpadError, match="2 epochs already"):
        run(h.new_network(), few[0], h.replace(epochs=2), state=TrainingState(epoch=2))
    for network in (
        Network(activation="step"),
        Network(activation="step", output_activation="logistic"),
        Network(activation="logistic", output_activation="step"),
    ):
        with pytest.raises(DigitpadError, match="smooth version of the step"):
            run(network, few[0], h)


def test_softmax_outputs_are_refused_for_what_is_no_digit(few: Pair) -> None:
    labels = few[0].labels.copy()
    labels[::4] = NON_DIGIT
    data = Dataset(few[0].images, labels, "digits and others")
    h = Hyperparameters(hidden_layers=(20,), epochs=20, cost="cross-entropy", learning_rate=0.3)
    shared = h.replace(output_activation="softmax")
    with pytest.raises(DigitpadError, match=r"“digits and others” .* choose logistic outputs"):
        run(shared.new_network(), data, shared)
    assert run(shared.new_network(), few[0], shared.replace(epochs=1))[-1].finished
    network = h.new_network()
    *_, last = run(network, data, h)
    assert last.epoch_end is not None
    assert last.epoch_end.accuracy > 0.95  # of the digits: what is none cannot be read rightly
    best = network.feed_forward(data.inputs()).max(axis=1)
    assert np.median(best[labels == NON_DIGIT]) < 0.2
    assert np.median(best[labels != NON_DIGIT]) > 0.8


@pytest.mark.parametrize("batches", [20, 60])
def test_a_training_goes_on_with_fewer_images_than_it_was_interrupted_in(
    few: Pair, batches: int
) -> None:
    h = Hyperparameters(hidden_layers=(5,), epochs=1)
    network, state = h.new_network(), TrainingState()
    training = train(network, few[0], h, state=state, report_every=0)
    for _ in range(batches):
        next(training)
    training.close()
    reports = run(network, few[0].take(slice(200)), h, state=state, report_every=0)
    assert [p.batch for p in reports] == list(range(1, 21))


def test_matrix_products_are_limited_only_while_mini_batches_run(few: Pair) -> None:
    def limits() -> list[int]:
        return [library["num_threads"] for library in threadpool_info()]

    before = limits()
    h = Hyperparameters(hidden_layers=(5,), epochs=1)
    training = train(h.new_network(), few[0], h, report_every=0)
    next(training)
    assert limits() == before
    training.close()
    assert limits() == before


@pytest.mark.parametrize("processors", [1, 2])
def test_each_matrix_product_has_one_processor_and_mini_batches_are_divided_among_all(
    few: Pair, processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[tuple[int, int]] = set()

    class Spy(MiniBatchGradient):
        given = 0

        def compute(self, *arguments: Any, **options: Any) -> Any:
            blas = [each for each in threadpool_info() if each["user_api"] == "blas"]
            seen.update((each["num_threads"], self.given) for each in blas)
            return super().compute(*arguments, **options)

    def gradient_of(network: Network, m: int, processors: int) -> Spy:
        spy = Spy(network, m)
        spy.given = processors
        return spy

    monkeypatch.setattr(sgd, "gradient_of", gradient_of)
    h = Hyperparameters(hidden_layers=(5,), epochs=1)
    with threadpool_limits(limits=processors, user_api="blas"):
        run(h.new_network(), few[0].take(slice(50)), h)
    assert seen == {(1, processors)}


@pytest.mark.parametrize("p", [0.25, 0.5])
def test_dropout_keeps_the_mean_of_the_activations(
    few: Pair, p: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    h = Hyperparameters(hidden_layers=(40, 30), dropout=p, epochs=1, mini_batch_size=50)
    seen: list[np.ndarray[Any, Any]] = []

    class Spy(MiniBatchGradient):
        def compute(self, *arguments: Any, **options: Any) -> Any:
            (masks,) = [each for each in arguments if isinstance(each, list)]
            seen.extend(mask.copy().ravel() for mask in masks)
            return super().compute(*arguments, **options)

    monkeypatch.setattr(sgd, "gradient_of", lambda network, m, processors: Spy(network, m))
    run(h.new_network(), few[0], h)
    masks = np.concatenate(seen)
    kept = masks > 0
    assert np.allclose(masks[kept], 1 / (1 - p))
    assert abs((~kept).mean() - p) < 0.02
    assert abs(masks.mean() - 1) < 0.03
