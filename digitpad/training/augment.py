"""Random affine and elastic distortions of mini-batches of images.

After P. Y. Simard, D. Steinkraus, J. C. Platt, "Best practices for convolutional neural networks
applied to visual document analysis" (2003): each pixel of the new image looks up, by bilinear
interpolation, a displaced place in the old one. An affine displacement is linear in the place;
an elastic one is random noise smoothed by a Gaussian.

Both are linear in their random numbers, so one matrix product makes the displacements of a whole
mini-batch. The smoothed noise of a 28 × 28 image is G N Gᵀ with a Gaussian filter G and independent
normal N; G = U S Vᵀ leaves it the same distribution as U S N' S Uᵀ, and as S falls off steeply, a
few columns of U, and so a few dozen random numbers in place of 784, carry all that can be seen.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitpad.drawing.pen import PIXELS, SIDE
from digitpad.training.hyperparameters import Hyperparameters

# Zeros around each image, wide enough that a place outside reads background.
_MARGIN = 2
_PADDED = SIDE + 2 * _MARGIN
# Samples at a time: their intermediate arrays then stay in the processor's second-level cache.
_BLOCK = 32


@lru_cache(maxsize=8)
def _elastic_basis(smoothness: float) -> NDArray[np.float32]:
    """Return the smooth displacement fields that elastic distortions are made of.

    Parameters
    ----------
    smoothness : float
        Standard deviation of the Gaussian filter, in pixels.

    Returns
    -------
    (k, 784) float32
        Scaled so that Σ of them with independent normal factors has a mean square of 1 a pixel.
    """
    distance = np.subtract.outer(np.arange(SIDE), np.arange(SIDE))
    u, s, _ = np.linalg.svd(np.exp(-0.5 * (distance / smoothness) ** 2))
    kept = s > 0.05 * s[0]
    columns = u[:, kept] * s[kept]
    basis: NDArray[Any] = np.einsum("yi,xj->ijyx", columns, columns).reshape(-1, PIXELS)
    basis /= np.sqrt((basis**2).sum(axis=0).mean())
    return basis.astype(np.float32)


@lru_cache(maxsize=1)
def _grid() -> NDArray[np.float32]:
    """Return (3, 784): x and y of every pixel from the image's middle, and 1."""
    middle = (SIDE - 1) / 2
    y, x = np.mgrid[:SIDE, :SIDE] - middle
    return np.stack([x.ravel(), y.ravel(), np.ones(PIXELS)]).astype(np.float32)


def distort(
    images: NDArray[np.uint8],
    hyperparameters: Hyperparameters,
    generator: np.random.Generator,
    out: NDArray[Any],
) -> None:
    """Distort images at random, each in its own way.

    Parameters
    ----------
    images : (n, 784) uint8
        28 × 28 images, one a row.
    hyperparameters : Hyperparameters
        rotation, scaling, shear, translation, elastic and elastic_smoothness apply.
    generator : numpy.random.Generator
    out : (n, ≥ 784) float
        Its first 784 columns become the distorted images, in [0, 1].
    """
    n = len(images)
    affine_x, affine_y = _affine(n, hyperparameters, generator)
    factors_x, factors_y, basis = affine_x, affine_y, _grid()
    if hyperparameters.elastic:
        elastic = _elastic_basis(hyperparameters.elastic_smoothness)
        noise = generator.standard_normal((2, n, len(elastic)), dtype=np.float32)
        noise *= hyperparameters.elastic
        factors_x = np.hstack([affine_x, noise[0]])
        factors_y = np.hstack([affine_y, noise[1]])
        basis = np.vstack([basis, elastic])
    padded = np.zeros((_BLOCK, _PADDED, _PADDED), np.float32)
    for start in range(0, n, _BLOCK):
        block = slice(start, min(start + _BLOCK, n))
        count = block.stop - start
        inner = padded[:count, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
        np.multiply(images[block].reshape(count, SIDE, SIDE), np.float32(1 / 255), out=inner)
        _look_up(
            padded[:count],
            factors_x[block] @ basis,
            factors_y[block] @ basis,
            out[block, :PIXELS],
        )


def _affine(
    n: int, hyperparameters: Hyperparameters, generator: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (n, 3) factors of x, y and 1 for the places' x, and the same for their y."""
    normal = generator.standard_normal((6, n), dtype=np.float32)
    angle = np.deg2rad(hyperparameters.rotation, dtype=np.float32) * normal[0]
    wider = np.exp(hyperparameters.scaling * normal[1])
    higher = np.exp(hyperparameters.scaling * normal[2])
    slant = hyperparameters.shear * normal[3]
    shift = hyperparameters.translation * normal[4:]
    # Into the padded image's coordinates, whose first pixel is 0.
    middle = np.float32((SIDE - 1) / 2 + _MARGIN)
    cos, sin = np.cos(angle), np.sin(angle)
    factors_x = np.stack([cos * wider, (slant * cos - sin) * wider, shift[0] + middle], axis=1)
    factors_y = np.stack([sin * higher, (slant * sin + cos) * higher, shift[1] + middle], axis=1)
    return factors_x.astype(np.float32), factors_y.astype(np.float32)


def _look_up(
    padded: NDArray[np.float32],
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    out: NDArray[Any],
) -> None:
    """Interpolate images bilinearly.

    Parameters
    ----------
    padded : (n, _PADDED, _PADDED)
        Images, with zeros around them.
    x, y : (n, 784)
        Where to look, in pixels from the padded image's first; overwritten.
    out : (n, 784)
    """
    # One pixel short of the edge there is a right-hand and a lower neighbour to interpolate with.
    last = np.float32(_PADDED - 1.001)
    np.clip(x, 0, last, out=x)
    np.clip(y, 0, last, out=y)
    column, row = np.floor(x), np.floor(y)
    x -= column
    y -= row
    # Still as float32, which is exact for the whole numbers of a block and quick.
    row *= _PADDED
    row += column
    row += np.arange(len(padded), dtype=np.float32)[:, None] * _PADDED**2
    place = row.astype(np.int32).astype(np.intp)  # twice as quick as in one
    pixels = padded.reshape(-1)
    # Four neighbours: two to the right of each other, and the same a line below.
    upper = pixels.take(place)
    place += 1
    upper_right = pixels.take(place)
    place += _PADDED
    lower_right = pixels.take(place)
    place -= 1
    lower = pixels.take(place)
    upper_right -= upper
    upper_right *= x
    upper += upper_right
    lower_right -= lower
    lower_right *= x
    lower += lower_right
    lower -= upper
    lower *= y
    np.add(upper, lower, out=out)
