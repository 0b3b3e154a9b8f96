"""Recognition: one image in, a digit and ten activations out, and whether to believe it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitpad.errors import DigitpadError
from digitpad.nn.functions import Array, softmax

if TYPE_CHECKING:
    from digitpad.nn.model_file import Model

# The rule of a network that was not calibrated: an output neuron below ½ says “rather not”, and
# two that differ by less than this say the same.
_FAINTEST = 0.5
_CLOSEST = 0.2

# How likely “none of the digits” is beside them, c in `confidences`. The lower, the better do
# confidences of digits agree with how often they are right: for the model that ships, -0.5 makes
# the expected calibration error 0.5 % larger.
_NONE = -1.5

# A calibrated network is not sure of less. What is no digit tells itself rather by a faint winner
# than by its confidence, but of a misread digit often only the confidence is low. Of the digits
# that may be rejected, 0.7 would leave none for the faint winners, 0.5 would call what is nearly
# as likely another digit sure.
LEAST_CONFIDENCE = 0.55

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


def confidences(z: Array, temperature: float, output_activation: str) -> Array:
    """Return the calibrated probability of each digit.

    Temperature scaling (Guo 2017): softmax(z^L / T). Logistic outputs can all be low, so there is
    an eleventh possibility beside the digits, “none of them”, with a constant c for its z / T:

        p_j = e^(z_j / T) / (e^c + Σ_k e^(z_k / T))

    With a single active output that is σ(z_j / T - c), the logistic function itself; two active
    ones share 1 between them; where all are low, so are their probabilities. c is below 0,
    since most of what is drawn is a digit.

    Parameters
    ----------
    z : (10,) or (n, 10)
        Weighted inputs of the last layer.
    temperature : float
        T > 0; more than 1 where the network is surer than it should be.
    output_activation : str

    Returns
    -------
    of z's shape
    """
    scaled = z / temperature
    if output_activation == "logistic":
        none = np.full_like(scaled[..., :1], _NONE)
        return softmax(np.concatenate([scaled, none], axis=-1))[..., :-1]
    return softmax(scaled)


def are_sure(activations: Array, probabilities: Array, faintest: float) -> NDArray[np.bool_]:
    """Return which readings of a calibrated network should be shown as the answer.

    Parameters
    ----------
    activations, probabilities : (10,) or (n, 10)
        The output activations, and their `confidences`.
    faintest : float
        The winner's least activation.

    Returns
    -------
    () or (n,)
    """
    bright = activations.max(axis=-1) >= faintest
    sure: NDArray[np.bool_] = bright & (probabilities.max(axis=-1) >= LEAST_CONFIDENCE)
    return sure


def recognise(model: Model, image: ArrayLike) -> Reading:
    """Read an image.

    Parameters
    ----------
    model : Model
        If its story has {"recognition": {"temperature": T, "faintest": a}}, the confidence is the
        winner's calibrated probability (`confidences`), and the reading is sure if that is at
        least 0.55 and the winner's activation at least a. Otherwise it is sure if the winner's
        activation is at least 0.5 and the runner-up's 0.2 less.
    image : (28, 28) or (784,)
        0 = background to 1 = ink, as `ink.to_image` and `picture.to_image` make it.

    Raises
    ------
    DigitpadError
        If the image has not 784 pixels or the network not ten outputs.
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
    calibration = model.story.get("recognition")
    if calibration is None:
        confidence = float(activations[winner])
        known = confidence >= _FAINTEST
        sure = known and confidence - float(activations[runner_up]) >= _CLOSEST
    else:
        probabilities = confidences(z, calibration["temperature"], network.output_activation)
        confidence = float(probabilities[winner])
        one_of_two = confidence + float(probabilities[runner_up]) >= _TWO_DIGITS
        known = confidence < LEAST_CONFIDENCE and one_of_two
        sure = bool(are_sure(activations, probabilities, calibration["faintest"]))
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
