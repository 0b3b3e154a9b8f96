"""Why this answer: what the pixels of one image do for a digit, and how little would change it.

Every function says in its docstring what it can and cannot tell. Evidence for digit d is z^L_d, the
weighted input of its output: unlike the activation it does not saturate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitpad.drawing.pen import PIXELS, SIDE
from digitpad.nn.functions import ACTIVATIONS, Array, require_trainable
from digitpad.nn.network import Network

# Of the search for the smallest change: linearisations, and halvings of each search along a line.
_STEPS = 60
_STEPS_FROM_THE_ORIGINAL = 12
_HALVINGS = 30


def gradient(network: Network, image: ArrayLike, digit: int) -> Array:
    """Return ∂z^L_d/∂x, how fast a digit's evidence grows with each pixel.

    By the chain rule, W^L's row d times diag(σ'(z^(L-1))) W^(L-1) … diag(σ'(z^1)) W^1.

    Parameters
    ----------
    network : Network
    image : (28, 28) or (784,)
    digit : int

    Returns
    -------
    (784,)

    Raises
    ------
    DigitpadError
        If the hidden layers are perceptrons, whose derivative is 0.
    """
    require_trainable(network.activation)
    return _gradient(network, network.activations(_pixels(network, image)), digit)


def _gradient(network: Network, activations: list[Array], output: int) -> Array:
    apply_derivative = ACTIVATIONS[network.activation].apply_derivative
    assert apply_derivative is not None, "require_trainable comes first"
    slopes: Array = network.weights[-1][output].copy()
    for layer in range(len(network.layers) - 1, 0, -1):
        apply_derivative(slopes, activations[layer])
        # relu silences most neurons; and BLAS would divide one vector's product among threads.
        active = np.flatnonzero(slopes)
        weights = network.weights[layer - 1]
        if len(active) < len(slopes):
            weights = weights[active]
        slopes = np.einsum("i,ij->j", slopes[active], weights)
    return slopes


def gradient_times_input(network: Network, image: ArrayLike, digit: int) -> Array:
    """Return x ⊙ ∂z^L_d/∂x, how much each pixel's ink speaks for a digit.

    It tells which ink raises or lowers the evidence if changed a little; it cannot tell what would
    happen without that ink, and says nothing about empty pixels.

    Parameters and errors as for `gradient`.

    Returns
    -------
    (28, 28)
        Positive: for the digit; negative: against it.
    """
    pixels = _pixels(network, image)
    product: Array = gradient(network, pixels, digit) * pixels
    return product.reshape(SIDE, SIDE)


def occlusion(network: Network, image: ArrayLike, digit: int, patch: int = 5) -> Array:
    """Return how much evidence for a digit is lost when a patch around each pixel is emptied.

    It tells what the network would read without that ink; it cannot tell about ink that acts only
    together with ink elsewhere, and an image with a hole is not one that the network has learnt.

    Parameters
    ----------
    network : Network
    image : (28, 28) or (784,)
    digit : int
    patch : int
        The patch's side in pixels, odd; its baseline is 0, the background.

    Returns
    -------
    (28, 28)
        z^L_d of the image minus z^L_d without the patch. Positive: its ink speaks for the digit.
    """
    pixels = _pixels(network, image).reshape(SIDE, SIDE)
    reach = patch // 2
    padded = np.pad(pixels != 0, reach)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (patch, patch))
    rows, columns = np.nonzero(windows.any(axis=(2, 3)))  # elsewhere nothing would change
    lost: Array = np.zeros((SIDE, SIDE), dtype=pixels.dtype)
    if not len(rows):
        return lost
    offsets = np.arange(SIDE)
    covered_rows = np.abs(offsets - rows[:, None]) <= reach
    covered_columns = np.abs(offsets - columns[:, None]) <= reach
    covered = covered_rows[:, :, None] & covered_columns[:, None, :]
    batch = np.where(covered, 0, pixels).reshape(-1, PIXELS)
    # The whole image in the same mini-batch, so that both are rounded alike.
    evidence = network.outputs(np.vstack([pixels.reshape(1, -1), batch]))[0][:, digit]
    lost[rows, columns] = evidence[0] - evidence[1:]
    return lost


def pixel_contributions(network: Network, image: ArrayLike, neuron: int) -> Array:
    """Return w_k x_k, what each pixel adds to the weighted input of a neuron of the first layer.

    It tells exactly how z^1 of this neuron adds up (with the bias); it cannot tell what the later
    layers make of the neuron.

    Returns
    -------
    (28, 28)
    """
    product: Array = network.weights[0][neuron] * _pixels(network, image)
    return product.reshape(SIDE, SIDE)


@dataclass(frozen=True, eq=False)
class SmallestChange:
    """A change of an image that makes the network answer another digit.

    Attributes
    ----------
    image : (28, 28)
        The changed image, in [0, 1].
    difference : (28, 28)
        What was added to the original.
    norm : float
        ‖difference‖, in units of one pixel from background to full ink.
    before, after : int
        The answers, as the network gives them.
    """

    image: Array
    difference: Array
    norm: float
    before: int
    after: int


def smallest_change(
    network: Network, image: ArrayLike, target: int | None = None
) -> SmallestChange | None:
    """Search for the smallest change of the pixels, within [0, 1], that changes the answer.

    It tells how close the image is to another answer; it cannot tell how a person would change the
    digit, and a smaller change may exist, because the search follows one path downhill.

    Each iteration replaces the margin f(x) = z_before - z_target by its linearisation at the
    present image, and takes the image closest to the original, by the Euclidean norm and within
    [0, 1], at which that linearisation is 0 (after Croce and Hein 2020: DeepFool with bounds). What
    is found is then drawn back towards the original as far as the answer stays changed.

    Parameters
    ----------
    network : Network
    image : (28, 28) or (784,)
    target : int, optional
        The answer wanted; by default any other.

    Returns
    -------
    SmallestChange or None
        None if no change was found, or the answer is the target already.

    Raises
    ------
    DigitpadError
        As for `gradient`.
    """
    require_trainable(network.activation)
    original = _pixels(network, image)
    before = _answer(network, original)
    targets = range(network.sizes[-1]) if target is None else (target,)
    best: NDArray[np.floating] | None = None
    for other in targets:
        if other == before:
            continue
        found = _cross_margin(network, original, before, other, wanted=target)
        if found is None:
            continue
        found = _drawn_back(network, original, found, before, target)
        if best is None or np.linalg.norm(found - original) < np.linalg.norm(best - original):
            best = found
    if best is None:
        return None
    difference = (best - original).reshape(SIDE, SIDE)
    return SmallestChange(
        image=best.reshape(SIDE, SIDE),
        difference=difference,
        norm=float(np.linalg.norm(difference)),
        before=before,
        after=_answer(network, best),
    )


def _cross_margin(
    network: Network, original: Array, before: int, other: int, wanted: int | None
) -> Array | None:
    """Return an image whose answer is no longer `before` (or is `wanted`), or None."""
    x = original
    for step in range(_STEPS):
        activations = network.activations(x)
        z = network.outputs(x)[0]
        rival = before if wanted is None else _best_but(z, other)
        margin = float(z[rival] - z[other])
        if not np.isfinite(margin):
            return None
        downhill = _gradient(network, activations, other) - _gradient(network, activations, rival)
        # Several rivals in turn can lead back and forth: then it goes on from where it is. And a
        # little beyond the linearised border, or the true one is approached for ever.
        direct = step < _STEPS_FROM_THE_ORIGINAL
        needed = margin + 0.02 * abs(margin) + (1e-4 if direct else 2e-2)
        x = _closest(original if direct else x, downhill, float(downhill @ x) + needed)
        if _changed(_answer(network, x), before, wanted):
            return x
    return None


def _best_but(z: Array, output: int) -> int:
    others = z.copy()
    others[output] = -np.inf
    return int(others.argmax())


def _closest(original: Array, slopes: Array, level: float) -> Array:
    """Return the image in [0, 1] closest to the original with slopes · x ≥ level, if there is one.

    It is clip(original + λ slopes, 0, 1) with the smallest λ that does; where none does, with one
    so large that every pixel is at its bound.
    """
    steep = np.abs(slopes[slopes != 0])
    if not len(steep):
        return original
    low, high = 0.0, 1.0 / float(steep.min())

    def at(scale: float) -> Array:
        return np.clip(original + np.asarray(scale * slopes, dtype=original.dtype), 0, 1)

    if float(slopes @ at(high)) < level:
        return at(high)
    for _ in range(2 * _HALVINGS):
        middle = (low + high) / 2
        if float(slopes @ at(middle)) >= level:
            high = middle
        else:
            low = middle
    return at(high)


def _drawn_back(
    network: Network, original: Array, found: Array, before: int, wanted: int | None
) -> Array:
    """Return the nearest image on the line back to the original that still changes the answer."""
    low, high = 0.0, 1.0
    best = found
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        x = (original + np.asarray(middle, original.dtype) * (found - original)).clip(0, 1)
        if _changed(_answer(network, x), before, wanted):
            high, best = middle, x
        else:
            low = middle
    return best


def _changed(answer: int, before: int, wanted: int | None) -> bool:
    return answer != before if wanted is None else answer == wanted


def _answer(network: Network, pixels: Array) -> int:
    return int(network.feed_forward(pixels).argmax())


def _pixels(network: Network, image: ArrayLike) -> Array:
    return np.asarray(image, dtype=network.parameters.dtype).ravel()
