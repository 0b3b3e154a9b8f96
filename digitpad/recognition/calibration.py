"""Calibrate outputs: how probable each digit is, and when to be sure of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitpad.errors import DigitpadError
from digitpad.nn.functions import Array, softmax

# c in `confidences`: the weighted input of “none of the digits”. The lower it is, the better the
# confidences of digits agree with how often they are correct: for the model that ships, -0.5 makes
# the expected calibration error 0.5 % larger.
_NONE = -1.5

# Below this a calibrated network is not sure. A non-digit is recognised by a low activation of the
# winner rather than by a low confidence, but a misread digit often has only a low confidence. A
# network that read 7,494 digits of a source that it had never seen was sure and wrong in 0.9 % of
# them with 0.55, and not sure in 0.9 %; with 0.75 in 0.6 % and in 2.3 %.
MIN_CONFIDENCE = 0.75


@dataclass(frozen=True)
class Calibration:
    """When a network may be sure of a digit, measured on samples it was not trained on.

    Attributes
    ----------
    temperature : float
        T > 0 of `confidences`.
    min_activation : float
        Below this, the most active output is not the answer.
    """

    temperature: float
    min_activation: float

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> Calibration | None:
        """Return the calibration in a model's metadata, or None if it was not calibrated.

        Raises
        ------
        DigitpadError
            If the metadata hold a calibration that is not a temperature above 0 and an activation.
        """
        found = metadata.get("recognition")
        if found is None:
            return None
        try:
            # “faintest” is what digitpad 0.1 called it.
            least = found["min_activation"] if "min_activation" in found else found["faintest"]
            numbers = found["temperature"], least
            if not all(type(number) in (int, float) and abs(number) < 1e9 for number in numbers):
                raise ValueError
            if not numbers[0] > 1e-9:
                raise ValueError
        except (KeyError, TypeError, ValueError):
            raise DigitpadError(
                "This model's metadata hold an unusable calibration (“recognition” needs a "
                "temperature above 0 and a min_activation): choose another model."
            ) from None
        return cls(float(numbers[0]), float(numbers[1]))

    def to_dict(self) -> dict[str, float]:
        """Return what a model's metadata keep under “recognition”."""
        return {"temperature": self.temperature, "min_activation": self.min_activation}


def confidences(z: Array, temperature: float, output_activation: str) -> Array:
    """Return the calibrated probability of each digit.

    Temperature scaling (Guo 2017): softmax(z^L / T). Logistic outputs can all be low, so there is
    an eleventh possibility, “none of the digits”, with a constant c in place of its z / T:

        p_j = e^(z_j / T) / (e^c + Σ_k e^(z_k / T))

    With a single active output this is σ(z_j / T - c), the logistic function itself; two active
    outputs share the probability; where all are low, so are their probabilities. c is below 0
    because most drawings are digits.

    Parameters
    ----------
    z : (10,) or (n, 10)
        Weighted inputs of the last layer.
    temperature : float
        T > 0; above 1 if the network is overconfident.
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


def are_sure(activations: Array, probabilities: Array, min_activation: float) -> NDArray[np.bool_]:
    """Return which readings of a calibrated network are sure.

    Parameters
    ----------
    activations, probabilities : (10,) or (n, 10)
        The output activations, and their `confidences`.
    min_activation : float
        Below it, the winner is not sure.

    Returns
    -------
    () or (n,)
    """
    active = activations.max(axis=-1) >= min_activation
    sure: NDArray[np.bool_] = active & (probabilities.max(axis=-1) >= MIN_CONFIDENCE)
    return sure
