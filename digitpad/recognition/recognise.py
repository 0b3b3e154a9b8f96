"""Read a digit: one image in; a digit, ten activations and a verdict out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitpad.errors import DigitpadError
from digitpad.nn.functions import Array
from digitpad.recognition.calibration import (
    MIN_CONFIDENCE,
    Calibration,
    are_sure,
    confidences,
)

if TYPE_CHECKING:
    from digitpad.nn.model_file import Model

# The rule for a network that was not calibrated: the winner's activation is at least this, and the
# runner-up's is this much lower.
_MIN_ACTIVATION = 0.5
_MIN_LEAD = 0.2

# If the two best digits share this much calibrated probability, it is one of them.
_TWO_DIGITS = 0.8


class Verdict(Enum):
    """Whether a reading is an answer, and if not, why."""

    SURE = "sure"
    AMBIGUOUS = "ambiguous"  # it could be either of two digits
    UNKNOWN = "unknown"  # it does not look like a digit
    EMPTY = "empty"  # there is no ink


@dataclass(frozen=True, eq=False)
class Reading:
    """What a network reads in one image.

    Attributes
    ----------
    digit : int
        The most active output neuron, 0 to 9, however low its activation.
    runner_up : int
        The second most active one.
    activations : (10,) floating
        The output activations a^L.
    confidence : float
        The winner's activation; its calibrated probability if the model was calibrated.
    verdict : Verdict
        Whether the digit is the answer.
    """

    digit: int
    runner_up: int
    activations: NDArray[np.floating[Any]]
    confidence: float
    verdict: Verdict

    @property
    def sure(self) -> bool:
        """Whether the digit is the answer."""
        return self.verdict is Verdict.SURE

    @property
    def candidates(self) -> tuple[int, ...]:
        """What it may be, most active first: one digit when sure, two when ambiguous, or none."""
        if self.verdict is Verdict.SURE:
            return (self.digit,)
        if self.verdict is Verdict.AMBIGUOUS:
            return self.digit, self.runner_up
        return ()


def recognise(model: Model, image: ArrayLike) -> Reading:
    """Read an image.

    Parameters
    ----------
    model : Model
        If its metadata hold a `Calibration`, the confidence is the winner's calibrated probability
        (`confidences`), and the reading is sure if that is at least 0.75 and the winner's
        activation at least `min_activation`. Otherwise it is sure if the winner's activation is
        at least 0.5 and the runner-up's 0.2 less.
    image : (28, 28) or (784,)
        0 = background to 1 = ink, as `rasterize.to_image` and `photo.to_image` make it.

    Raises
    ------
    DigitpadError
        If the image does not have 784 pixels or the network ten outputs, or the calibration in the
        metadata is unusable.
    """
    network = model.network
    pixels = np.asarray(image, dtype=np.float32).ravel()
    # A file may hold weights of any size. Outputs that are NaN get the verdict UNKNOWN.
    with np.errstate(over="ignore", invalid="ignore"):
        z, activations = network.outputs(pixels)
    return reading_of(model, z, activations, empty=not pixels.any())


def reading_of(model: Model, z: Array, activations: Array, *, empty: bool = False) -> Reading:
    """Return the reading of an image for which the network's outputs are known.

    Parameters
    ----------
    model : Model
    z, activations : (10,)
        z^L and a^L.
    empty : bool
        Whether there is no ink in the image.

    Raises
    ------
    DigitpadError
        As for `recognise`.
    """
    if len(activations) != 10:
        raise DigitpadError(
            f"A network for digits needs 10 output neurons; this one has {len(activations)}."
        )
    winner = int(activations.argmax())
    others = activations.copy()
    others[winner] = -np.inf
    runner_up = int(others.argmax())
    calibration = Calibration.from_metadata(model.metadata)
    if calibration is None:
        confidence = float(activations[winner])
        known = confidence >= _MIN_ACTIVATION
        sure = known and confidence - float(activations[runner_up]) >= _MIN_LEAD
    else:
        probabilities = confidences(z, calibration.temperature, model.network.output_activation)
        confidence = float(probabilities[winner])
        one_of_two = confidence + float(probabilities[runner_up]) >= _TWO_DIGITS
        known = confidence < MIN_CONFIDENCE and one_of_two
        sure = bool(are_sure(activations, probabilities, calibration.min_activation))
    if empty:
        verdict = Verdict.EMPTY
    elif sure:
        verdict = Verdict.SURE
    elif known:
        verdict = Verdict.AMBIGUOUS
    else:
        verdict = Verdict.UNKNOWN
    return Reading(winner, runner_up, activations, confidence, verdict)
