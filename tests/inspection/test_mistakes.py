"""The mistakes: answers, cells, comparisons and reliability."""

import numpy as np
import pytest

from digitpad.data.dataset import Dataset
from digitpad.errors import DigitpadError
from digitpad.inspection import mistakes
from digitpad.inspection.mistakes import Answers
from digitpad.nn.network import Network
from digitpad.recognition.calibration import Calibration, confidences
from digitpad.recognition.evaluation import evaluate
from tests.inspection.networks import some_images, trained


def made_up(labels: list[int], predicted: list[int], confidence: list[float]) -> Answers:
    images = np.zeros((len(labels), 784), dtype=np.uint8)
    images[:, 0] = np.arange(len(labels))
    return Answers(
        Dataset(images, np.array(labels, dtype=np.int64), "made up"),
        np.array(predicted, dtype=np.int64),
        np.array(confidence, dtype=np.float32),
        np.zeros(len(labels)),
    )


def test_answers_agree_with_the_evaluation() -> None:
    network, data = trained(), some_images()
    answers, evaluation = mistakes.read_all(network, data), evaluate(network, data)
    np.testing.assert_array_equal(answers.confusion, evaluation.confusion)
    assert answers.correct.mean() == pytest.approx(evaluation.accuracy)
    assert answers.costs.mean() == pytest.approx(evaluation.cost, rel=1e-5)
    outputs = network.feed_forward(data.inputs())
    np.testing.assert_allclose(answers.confidence, outputs.max(axis=1), rtol=1e-4)


def test_confidences_are_calibrated_if_the_model_is() -> None:
    network, data = trained(), some_images()
    answers = mistakes.read_all(network, data, Calibration(1.7, 0.4))
    z = network.outputs(data.inputs())[0]
    expected = confidences(z, 1.7, "logistic").max(axis=1)
    np.testing.assert_allclose(answers.confidence, expected, rtol=1e-4)


def test_what_is_no_digit_is_left_out() -> None:
    data = some_images().take(slice(10))
    labels = data.labels.copy()
    labels[[2, 5]] = -1
    answers = mistakes.read_all(trained(), Dataset(data.images, labels, "some"))
    assert len(answers) == 8
    with pytest.raises(DigitpadError, match="no digits to read"):
        mistakes.read_all(trained(), Dataset(data.images, np.full(10, -1), "none"))
    with pytest.raises(DigitpadError, match="10 output neurons"):
        mistakes.read_all(Network((784, 4)), data)


def test_a_cell_gives_its_images_surest_first() -> None:
    answers = made_up([4, 4, 9, 4, 4], [9, 9, 9, 4, 9], [0.5, 0.9, 1.0, 0.8, 0.7])
    assert mistakes.cell(answers, 4, 9).tolist() == [1, 4, 0]
    assert mistakes.cell(answers, 4, 4).tolist() == [3]
    assert mistakes.cell(answers, 0, 1).tolist() == []
    assert mistakes.errors(answers).tolist() == [1, 4, 0]
    assert answers.confusion[4, 9] == 3


def test_every_cell_has_as_many_images_as_the_matrix_says() -> None:
    answers = mistakes.read_all(trained(), some_images())
    for label in range(10):
        for predicted in range(10):
            found = mistakes.cell(answers, label, predicted)
            assert len(found) == answers.confusion[label, predicted]
            assert (np.diff(answers.confidence[found]) <= 0).all()


def test_two_networks_are_compared_on_the_same_images() -> None:
    one = made_up([1, 2, 3, 4], [1, 2, 0, 0], [0.9, 0.9, 0.3, 0.9])
    other = made_up([1, 2, 3, 4], [7, 7, 3, 0], [0.2, 0.6, 0.9, 0.9])
    only_one, only_other = mistakes.differences(one, other)
    assert only_one.tolist() == [1, 0]
    assert only_other.tolist() == [2]
    with pytest.raises(DigitpadError, match="same images"):
        mistakes.differences(one, made_up([1, 2], [1, 2], [1, 1]))


def test_reliability_by_hand() -> None:
    answers = made_up([1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1.0, 0.95, 0.55, 0.52, 0.0])
    result = mistakes.reliability(answers)
    assert result.counts.tolist() == [1, 0, 0, 0, 0, 2, 0, 0, 0, 2]
    assert result.accuracy[[0, 5, 9]].tolist() == [0, 0.5, 1]
    assert result.confidence[5] == pytest.approx(0.535)
    assert np.isnan(result.accuracy[1])
    expected = (2 * abs(0.5 - 0.535) + 2 * abs(1 - 0.975) + 0) / 5
    assert result.expected_calibration_error == pytest.approx(expected, abs=1e-6)


def test_outputs_beyond_1_count_in_the_last_bin() -> None:
    result = mistakes.reliability(made_up([1, 1], [1, 0], [7.5, -0.3]))
    assert result.counts.tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
