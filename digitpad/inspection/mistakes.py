"""The mistakes: what a network reads in every image of a data set, and which images it misreads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitpad.data.dataset import Dataset
from digitpad.errors import DigitpadError
from digitpad.nn.functions import Array
from digitpad.nn.network import Network, one_hot
from digitpad.recognition.calibration import Calibration, confidences

Indices = NDArray[np.intp]

# Rows that are fed forward at once; see recognition.evaluation.
_BLOCK = 500

_CLASSES = 10


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network reads in each image of a data set.

    Attributes
    ----------
    dataset : Dataset
        n images, all of them digits.
    predicted : (n,) int64
        The most active output.
    confidence : (n,) float32
        Its activation; its calibrated probability if a calibration was given.
    costs : (n,) float64
        The cost of each image; the mean is C.
    """

    dataset: Dataset
    predicted: NDArray[np.int64]
    confidence: NDArray[np.float32]
    costs: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.predicted)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each image was read as it is labelled, (n,)."""
        correct: NDArray[np.bool_] = self.predicted == self.dataset.labels
        return correct

    @property
    def confusion(self) -> NDArray[np.int64]:
        """How many images with the row's label were read as the column's digit, (10, 10)."""
        counts = np.zeros((_CLASSES, _CLASSES), dtype=np.int64)
        np.add.at(counts, (self.dataset.labels, self.predicted), 1)
        return counts


def read_all(network: Network, dataset: Dataset, calibration: Calibration | None = None) -> Answers:
    """Read every digit of a data set; what is no digit by its label is left out.

    Parameters
    ----------
    network : Network
        With 784 inputs and 10 outputs.
    dataset : Dataset
    calibration : Calibration, optional
        The model's, for calibrated confidences.

    Raises
    ------
    DigitpadError
        If there are no digits, or the network does not fit.
    """
    digits = dataset.labels >= 0
    if not digits.all():
        dataset = dataset.take(np.flatnonzero(digits))
    n = len(dataset)
    if n == 0:
        raise DigitpadError(f"“{dataset.name}” has no digits to read: choose other data.")
    if network.sizes[-1] != _CLASSES:
        raise DigitpadError(
            f"A network for digits needs {_CLASSES} output neurons; this one has "
            f"{network.sizes[-1]}."
        )
    predicted = np.empty(n, dtype=np.int64)
    confidence = np.empty(n, dtype=np.float32)
    costs = np.empty(n, dtype=np.float64)
    for start in range(0, n, _BLOCK):
        block = slice(start, start + _BLOCK)
        part = dataset.take(block)
        z, a = network.outputs(part.inputs())
        costs[block] = network.sample_costs(z, a, one_hot(part.labels))
        predicted[block] = a.argmax(axis=1)
        believed = a
        if calibration is not None:
            believed = confidences(z, calibration.temperature, network.output_activation)
        confidence[block] = np.take_along_axis(believed, predicted[block, None], axis=1)[:, 0]
    return Answers(dataset, predicted, confidence, costs)


def cell(answers: Answers, label: int, predicted: int) -> Indices:
    """Return the images of one cell of the confusion matrix, the surest answers first."""
    chosen = (answers.dataset.labels == label) & (answers.predicted == predicted)
    return _surest_first(answers, np.flatnonzero(chosen))


def errors(answers: Answers) -> Indices:
    """Return all misread images, the surest errors first."""
    return _surest_first(answers, np.flatnonzero(~answers.correct))


def _surest_first(answers: Answers, chosen: Indices) -> Indices:
    return chosen[np.argsort(-answers.confidence[chosen], kind="stable")]


def differences(one: Answers, other: Answers) -> tuple[Indices, Indices]:
    """Compare two networks on the same images.

    Returns
    -------
    only_one, only_other : (k,) int
        What the first reads and the other does not, and the other way round; of each, the surest
        errors of the network that errs come first.

    Raises
    ------
    DigitpadError
        If the answers are about different images.
    """
    same = len(one) == len(other) and np.array_equal(one.dataset.images, other.dataset.images)
    if not same:
        raise DigitpadError(
            "Two networks can be compared on the same images only: read the same data with both."
        )
    only_one = np.flatnonzero(one.correct & ~other.correct)
    only_other = np.flatnonzero(other.correct & ~one.correct)
    return _surest_first(other, only_one), _surest_first(one, only_other)


@dataclass(frozen=True, eq=False)
class Reliability:
    """How often answers of a confidence are right (a reliability diagram).

    Attributes
    ----------
    edges : (bins + 1,)
        Of the bins of confidence, 0 to 1.
    counts : (bins,) int
        Answers in each bin.
    confidence, accuracy : (bins,)
        Their mean confidence and their accuracy; NaN for an empty bin.
    expected_calibration_error : float
        Σ over the bins of counts/n · |accuracy - confidence| (Guo 2017).
    """

    edges: Array
    counts: NDArray[np.int64]
    confidence: Array
    accuracy: Array
    expected_calibration_error: float


def reliability(answers: Answers, bins: int = 10) -> Reliability:
    """Sort the answers into bins of equal width by their confidence.

    Confidences outside 0 to 1, such as those of relu outputs, count in the nearest bin.
    """
    edges = np.linspace(0, 1, bins + 1)
    sure = answers.confidence.astype(np.float64)
    bin_of = np.clip(np.ceil(np.nan_to_num(sure) * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(bin_of, minlength=bins)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(bin_of, weights=sure, minlength=bins) / counts
        accuracy = np.bincount(bin_of, weights=answers.correct, minlength=bins) / counts
    gaps = np.abs(accuracy - confidence)[counts > 0]
    error = float((counts[counts > 0] * gaps).sum() / len(answers))
    return Reliability(edges, counts, confidence, accuracy, error)
