"""Training: it learns real digits, reproducibly, and can be changed, paused, stopped, resumed."""

import itertools

import numpy as np
import pytest

from digitpad.dataset import Dataset, mnist
from digitpad.errors import DigitpadError
from digitpad.evaluation import evaluate
from digitpad.hyperparameters import PRESETS, Hyperparameters
from digitpad.network import one_hot
from digitpad.training import train
from digitpad.training_state import TrainingState


@pytest.fixture(scope="module")
def digits():
    return mnist()


@pytest.fixture(scope="module")
def few(digits):
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


def run(network, data, h, validation=None, **options):
    return list(train(network, data, h, validation, **options))


@pytest.mark.parametrize(
    ("preset", "epochs", "expected"),
    [("text", 3, 0.90), ("nielsen-1", 3, 0.91), ("nielsen-3", 2, 0.95), ("quick", 6, 0.97)],
)
def test_presets_learn_real_digits(digits, preset, epochs, expected):
    h = PRESETS[preset].hyperparameters.replace(epochs=epochs)
    network = h.new_network()
    last = run(network, digits.train, h)[-1]
    assert last.finished == "epochs"
    assert evaluate(network, digits.test).accuracy > expected


def test_one_step_is_the_texts_formula(few):
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


def test_momentum_decay_and_adam_follow_their_formulas(few):
    data = few[0].take(slice(4))
    for changes in (
        {"momentum": 0.9, "l2": 1.0},
        {"optimiser": "adam", "learning_rate": 0.01},
    ):
        h = Hyperparameters(hidden_layers=(3,), mini_batch_size=4, epochs=5).replace(**changes)
        network = h.new_network()
        w, decays = network.parameters.astype(np.float64), np.zeros_like(network.parameters)
        for start, layer in zip([0, 3 * 785], network.layers, strict=True):
            mask = np.ones_like(layer)
            mask[:, -1] = 0
            decays[start : start + mask.size] = mask.ravel()
        v, s = np.zeros_like(w), np.zeros_like(w)
        twin = network.copy()
        for t in range(1, 6):
            twin.parameters[...] = w
            pairs = zip(*twin.backpropagate(data.inputs(), data.targets()), strict=True)
            g = np.concatenate([np.column_stack(pair).ravel() for pair in pairs])
            if h.optimiser == "adam":
                v = 0.9 * v + 0.1 * g
                s = 0.999 * s + 0.001 * g * g
                w = w - 0.01 * (v / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
            else:
                v = 0.9 * v - 3.0 * g
                w = w * (1 - 3.0 * 1.0 / 4 * decays) + v
        run(network, data, h)
        np.testing.assert_allclose(network.parameters, w, atol=2e-4)


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_the_same_seed_gives_the_same_weights_bit_for_bit(few, optimiser):
    h = EVERYTHING.replace(optimiser=optimiser, learning_rate=0.01)
    first, second, other = h.new_network(), h.new_network(), h.new_network()
    run(first, few[0], h, report_every=0)
    run(second, few[0], h)
    run(other, few[0], h.replace(seed=6))
    assert first.parameters.tobytes() == second.parameters.tobytes()
    assert first.parameters.tobytes() != other.parameters.tobytes()


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
@pytest.mark.parametrize("stop_after", [1, 77, 143, 144, 300])
def test_an_interrupted_training_goes_on_bit_for_bit(few, optimiser, stop_after):
    h = EVERYTHING.replace(optimiser=optimiser, learning_rate=0.01, patience=5)
    whole, parts = h.new_network(), h.new_network()
    whole_state, state = TrainingState(), TrainingState()
    run(whole, *few[:1], h, few[1], state=whole_state)
    training = train(parts, few[0], h, few[1], state=state, report_every=0)
    for _ in itertools.islice(training, stop_after):
        pass
    training.close()
    resumed = TrainingState.from_arrays(state.to_arrays())
    parts = parts.copy()
    run(parts, few[0], resumed.hyperparameters, few[1], state=resumed)
    assert whole.parameters.tobytes() == parts.parameters.tobytes()
    costs = [[entry["cost"] for entry in s.history] for s in (whole_state, resumed)]
    assert costs[0] == costs[1]


def test_live_changes_take_effect_at_the_next_mini_batch_and_enter_the_history(few):
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
    assert [p for p in training][-1].finished == "epochs"
    assert state.epoch == 1


def test_the_architecture_cannot_change_while_training(few):
    h = Hyperparameters(epochs=1)
    training = train(h.new_network(), few[0], h, report_every=0)
    next(training)
    with pytest.raises(DigitpadError, match="cannot change while"):
        training.send(h.replace(hidden_layers=(5,)))


def test_reports_are_complete(few):
    h = Hyperparameters(hidden_layers=(10,), epochs=2, mini_batch_size=64)
    reports = run(h.new_network(), few[0], h, few[1], report_every=0)
    assert len(reports) == 2 * 16
    assert sum(len(p.costs) for p in reports) == 32
    assert [p.batch for p in reports] == [*range(1, 17)] * 2
    ends = [p.epoch_end for p in reports if p.epoch_end]
    assert [end.epoch for end in ends] == [1, 2]
    assert all(p.samples_per_second > 0 and p.seconds_left >= 0 for p in reports)
    assert reports[-1].seconds_left == 0
    assert reports[-1].finished == "epochs"
    for end in ends:
        assert 0 <= end.accuracy <= 1
        assert 0 <= end.validation_accuracy <= 1
        assert end.validation_cost > 0


def test_reported_costs_are_the_networks(few):
    data = few[0].take(slice(64))
    h = Hyperparameters(hidden_layers=(10,), cost="cross-entropy", mini_batch_size=64, epochs=2)
    network = h.new_network()
    expected = network.total_cost(data.inputs(), one_hot(data.labels))
    first = next(train(network, data, h, report_every=0))
    assert first.costs[0] == pytest.approx(expected, rel=1e-5)
    assert first.epoch_end.cost == pytest.approx(expected, rel=1e-5)


def test_schedules(few):
    def rates(schedule, **changes):
        h = Hyperparameters(
            hidden_layers=(5,), epochs=8, mini_batch_size=500, learning_rate=0.4, schedule=schedule
        )
        reports = run(h.new_network(), few[0], h.replace(**changes), report_every=0)
        return [p.learning_rate for p in reports if p.epoch_end]

    assert rates("constant") == [0.4] * 8
    np.testing.assert_allclose(rates("step"), [0.4] * 4 + [0.04] * 2 + [0.004] * 2)
    cosine = rates("cosine")
    assert cosine == sorted(cosine, reverse=True)
    assert cosine[-1] < 0.02
    # A tiny rate makes the cost stand still on distorted images, whose cost only fluctuates.
    halved = rates("halve on plateau", learning_rate=1e-6, elastic=3.0, epochs=30)
    assert halved[0] == 1e-6
    assert halved[-1] < 1e-6


def test_early_stopping_keeps_the_best_weights(few):
    h = Hyperparameters(
        hidden_layers=(30,), epochs=200, mini_batch_size=10, learning_rate=3.0, patience=4
    )
    network, state = h.new_network(), TrainingState()
    last = run(network, few[0].take(slice(300)), h, few[1], state=state)[-1]
    assert last.finished == "early stopping"
    accuracies = [entry["validation_accuracy"] for entry in state.history]
    assert len(accuracies) < 200
    assert np.argmax(accuracies) == len(accuracies) - 5
    assert evaluate(network, few[1]).accuracy == max(accuracies)


def test_training_stops_when_the_cost_has_converged(few):
    h = Hyperparameters(hidden_layers=(10,), epochs=500, mini_batch_size=50, convergence=0.05)
    state = TrainingState()
    last = run(h.new_network(), few[0], h, state=state)[-1]
    assert last.finished == "converged"
    costs = [entry["cost"] for entry in state.history]
    assert 1 - costs[-1] / costs[-2] < 0.05
    assert all(1 - b / a >= 0.05 for a, b in itertools.pairwise(costs[:-1]))


def test_one_more_epoch(few):
    h = Hyperparameters(hidden_layers=(10,), epochs=2)
    network, state = h.new_network(), TrainingState()
    run(network, few[0], h, state=state)
    run(network, few[0], h.replace(epochs=3), state=state)
    assert [e["epoch"] for e in state.history if "epoch" in e and "cost" in e] == [1, 2, 3]


def test_a_diverging_training_says_so_and_leaves_good_weights(few):
    h = Hyperparameters(
        hidden_layers=(30, 30), activation="relu", output_activation="relu", learning_rate=1000.0
    )
    network = h.new_network()
    before = network.parameters.copy()
    with pytest.raises(DigitpadError, match="smaller learning rate"):
        run(network, few[0], h)
    np.testing.assert_array_equal(network.parameters, before)


def test_training_images_limits_the_data(few):
    h = Hyperparameters(hidden_layers=(5,), training_images=100, epochs=1)
    assert run(h.new_network(), few[0], h, report_every=0)[-1].batches == 10


def test_what_does_not_go_together_is_refused(few):
    h = Hyperparameters()
    nothing = Dataset(np.empty((0, 784), np.uint8), np.empty(0, np.int64), "nothing")
    with pytest.raises(DigitpadError, match="no images"):
        run(h.new_network(), nothing, h)
    with pytest.raises(DigitpadError, match="another network"):
        run(h.replace(hidden_layers=(3,)).new_network(), few[0], h)
    with pytest.raises(DigitpadError, match="validation images"):
        run(h.new_network(), few[0], h.replace(patience=1))
    with pytest.raises(DigitpadError, match="another network"):
        stale = TrainingState(velocity=np.zeros(3, np.float32))
        run(h.new_network(), few[0], h, state=stale)
    with pytest.raises(DigitpadError, match="cannot be read"):
        TrainingState.from_arrays({"values": np.array("{}")})
