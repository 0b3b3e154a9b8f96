"""Recognition: one image in, a digit and ten activations out, and whether to believe it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitpad.errors import DigitpadError
from digitpad.recognition.calibration import (
    LEAST_CONFIDENCE,
    Calibration,
    are_sure,
    confidences,
)

if TYPE_CHECKING:
    from digitpad.nn.model_file import Model

# The rule of a network that was not calibrated: an output neuron below ½ says “rather not”, and
# two that differ by less than this say the same.
_FAINTEST = 0.5
_CLOSEST = 0.2

# A calibrated probability this close to certainty is shared by the two best digits alone.
_TWO_DIGITS = 0.8


@dataclass(frozen=True, eq=False)
class Reading:
    """What a network makes of one image.

    Attributes
    ----------
    digit : int
        The most active output neuron, 0 to 9, be it ever so faint.
    activations : (10,) floating
        The output activations a^L.
    sure : bool
        Whether the digit should be shown as the answer.
    reason : str
        Why not: “torn between 1 and 7”, “sees nothing it knows”, “nothing drawn”; empty when sure.
    confidence : float
        The winner's activation; its calibrated probability if the model was calibrated.
    """

    digit: int
    activations: NDArray[np.floating[Any]]
    sure: bool
    reason: str
    confidence: float

    @property
    def verdict(self) -> str:
        """The answer in words: the digit when sure, otherwise the reason."""
        return str(self.digit) if self.sure else self.reason


def recognise(model: Model, image: ArrayLike) -> Reading:
    """Read an image.

    Parameters
    ----------
    model : Model
        If its metadata hold a `Calibration`, the confidence is the winner's calibrated probability
        (`confidences`), and the reading is sure if that is at least 0.55 and the winner's
        activation at least `min_activation`. Otherwise it is sure if the winner's activation is
        at least 0.5 and the runner-up's 0.2 less.
    image : (28, 28) or (784,)
        0 = background to 1 = ink, as `ink.to_image` and `picture.to_image` make it.

    Raises
    ------
    DigitpadError
        If the image has not 784 pixels, the network not ten outputs, or its metadata a broken
        calibration.
    """
    network = model.network
    pixels = np.asarray(image, dtype=np.float32).ravel()
    # A file may hold weights of any size; outputs that are no numbers are nothing that it knows.
    with np.errstate(over="ignore", invalid="ignore"):
        z, activations = network.outputs(pixels)
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
        known = confidence >= _FAINTEST
        sure = known and confidence - float(activations[runner_up]) >= _CLOSEST
    else:
        probabilities = confidences(z, calibration.temperature, network.output_activation)
        confidence = float(probabilities[winner])
        one_of_two = confidence + float(probabilities[runner_up]) >= _TWO_DIGITS
        known = confidence < LEAST_CONFIDENCE and one_of_two
        sure = bool(are_sure(activations, probabilities, calibration.min_activation))
    if not pixels.any():
        reason = "nothing drawn"
    elif sure:
        reason = ""
    elif known:
        low, high = sorted((winner, runner_up))
        reason = f"torn between {low} and {high}"
    else:
        reason = "sees nothing it knows"
    return Reading(winner, activations, not reason, reason, confidence)
