"""A picture of a digit (a scan, a screenshot, a photograph), turned into what the network sees.

The light is taken out first: paper is never equally bright everywhere, but ink is thin, so the
paper's brightness under the ink is that of a grey-scale closing (Serra 1982), and ink is what
differs from it. Then the digit is found, and fitted as `ink.to_image` fits strokes: the longer side
20 of the 28 pixels, the centre of mass in the middle, and a line that a photograph makes too thin
or too thick brought near to the width of MNIST's.
"""

from __future__ import annotations

import io
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from digitpad.errors import DigitpadError
from digitpad.ink import BOX, MIDDLE, PEN
from digitpad.pen import SIDE

Grey: TypeAlias = NDArray[np.float32]
Mask: TypeAlias = NDArray[np.bool_]

SUFFIXES = (
    ".png",
    ".jpg",
    ".jpeg",
    ".bmp",
    ".gif",
    ".webp",
    ".tif",
    ".tiff",
    ".heic",
    ".heif",
)
"""How the names of files end that `to_image` may be able to read, in lower case."""

_FORMATS = ["PNG", "JPEG", "MPO", "BMP", "DIB", "GIF", "WEBP", "TIFF"]

# What a picture may hold; phones make 200 million pixels, in 100 MB.
_MOST_BYTES = 1 << 28
_MOST_PIXELS = 250_000_000

# The longer side at which the digit is looked for, and at which its outline is worked on.
_LOOK = 400
_WORK = 200

# Fainter than this, beside the whole range from black to white, is no ink.
_FAINTEST = 0.06


def to_image(source: str | Path | bytes) -> Grey:
    """Read a picture and show its digit as the network wants to see it.

    Parameters
    ----------
    source : path or bytes
        A file, or its content: PNG, JPEG, BMP, GIF, WebP or TIFF, and HEIC if pillow-heif is
        installed. Ink may be dark on light or light on dark.

    Returns
    -------
    (28, 28) float32
        0 = background to 1 = ink, in multiples of 1/255.

    Raises
    ------
    DigitpadError
        If it cannot be read, is no picture, is too large, or shows nothing.
    """
    name = "The picture" if isinstance(source, bytes) else f"“{Path(source).name}”"
    image = _fitted(_ink(_decode(source, name), name), name)
    return (np.rint(np.clip(image, 0, 1) * 255) / 255).astype(np.float32)


def _decode(source: str | Path | bytes, name: str) -> Image.Image:
    """Return the picture upright, as 8-bit grey, at most a few times as large as is needed."""
    formats = _FORMATS + _heif()
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures and of odd metadata; neither is of interest here.
            warnings.simplefilter("ignore")
            if isinstance(source, bytes):
                file: Any = io.BytesIO(source)
                size = len(source)
            else:
                file = Path(source)
                size = file.stat().st_size
            if size > _MOST_BYTES:
                raise DigitpadError(
                    f"{name} has {size >> 20} MB: choose a picture of at most "
                    f"{_MOST_BYTES >> 20} MB."
                )
            with Image.open(file, formats=formats) as picture:
                width, height = picture.size
                if width * height > _MOST_PIXELS:
                    raise DigitpadError(
                        f"{name} has {width:,} x {height:,} pixels, more than digitpad can take: "
                        "make it smaller."
                    )
                # JPEG can be decoded at a fraction of its size.
                picture.draft("L", (4 * _LOOK, 4 * _LOOK))
                picture.load()
                return ImageOps.exif_transpose(_grey(picture))
    except DigitpadError:
        raise
    except FileNotFoundError:
        raise DigitpadError(f"“{source!s}” does not exist: choose another file.") from None
    except Image.UnidentifiedImageError:
        raise DigitpadError(
            f"{name} is not a picture that digitpad can read: choose a PNG, JPEG, BMP, GIF, WebP "
            "or TIFF."
        ) from None
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        TypeError,
        IndexError,
        KeyError,
        MemoryError,
        Image.DecompressionBombError,
    ) as error:
        raise DigitpadError(
            f"{name} cannot be read as a picture ({error}): choose another."
        ) from None


def _heif() -> list[str]:
    try:
        import pillow_heif
    except ImportError:
        return []
    pillow_heif.register_heif_opener()
    return ["HEIF"]


def _grey(picture: Image.Image) -> Image.Image:
    """Return brightness, 0 to 255; what is transparent is paper, whatever colour is hidden there."""
    if picture.mode.startswith(("I", "F")):
        values = np.asarray(picture, dtype=np.float32)
        finite = np.isfinite(values)
        low, high = (float(each(values[finite], initial=0)) for each in (np.min, np.max))
        scaled = np.where(finite, values - low, 0) * (255 / max(high - low, 1e-6))
        grey = Image.fromarray(scaled.astype(np.uint8))
        grey.info = picture.info
        return grey
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        pixels = np.asarray(picture.convert("RGBA").convert("LA"), dtype=np.float32)
        grey, alpha = pixels[..., 0], pixels[..., 1] / 255
        # The paper that shows the ink: black under light ink, white under dark.
        paper = 0 if (grey * alpha).sum() > 127 * alpha.sum() else 255
        return Image.fromarray((grey * alpha + paper * (1 - alpha)).astype(np.uint8))
    return picture.convert("L")


def _smaller(picture: Image.Image, longest: int) -> Image.Image:
    scale = longest / max(picture.size)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BOX)


def _ink(picture: Image.Image, name: str) -> Grey:
    """Return the digit's ink, 0 to 1, cut out of the picture with nothing around it."""
    grey = np.asarray(_smaller(picture, _LOOK), dtype=np.float32) / 255
    ink = _without_light(grey if _is_light_on_dark(grey) else 1 - grey)
    level = _level(ink)
    if level < _FAINTEST:
        raise DigitpadError(f"There is nothing to see on {name}: choose a picture of a digit.")
    ink = np.clip(ink / level, 0, 1)
    mask = _digit(ink > 0.4)
    if not mask.any():
        raise DigitpadError(f"There is nothing to see on {name}: choose a picture of a digit.")
    return np.where(_grown(mask, 2), ink, 0)


def _is_light_on_dark(grey: Grey) -> bool:
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return bool(np.median(edge) < (grey.min() + grey.max()) / 2)


def _without_light(bright: Grey) -> Grey:
    """Return how much brighter each place is than the opening of its surroundings."""
    height, width = bright.shape
    small = Image.fromarray((bright * 255).astype(np.uint8))
    small = _smaller(small, 96)
    size = max(3, round(min(small.size) * 0.3) | 1)
    opened = small.filter(ImageFilter.MinFilter(size)).filter(ImageFilter.MaxFilter(size))
    opened = opened.filter(ImageFilter.GaussianBlur(size / 8)) if small.size[0] > 32 else opened
    paper = np.asarray(opened.resize((width, height), Image.Resampling.BILINEAR), np.float32) / 255
    ink = np.clip(bright - paper, 0, 1)
    ground = float(np.median(ink))
    noise = float(np.median(np.abs(ink - ground)))
    return np.clip(ink - ground - 3 * noise, 0, 1)


def _level(ink: Grey) -> float:
    """Return how strong the ink is where it is strong."""
    top = float(ink.max())
    strong = ink[ink > top / 2]
    return float(np.quantile(strong, 0.9)) if len(strong) else 0.0


def _components(mask: Mask) -> tuple[NDArray[np.intp], int]:
    """Number the connected regions of a mask, diagonals included, from 1."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    change = np.diff(padded, axis=1)
    rows, starts = np.nonzero(change == 1)
    _, ends = np.nonzero(change == -1)
    first = np.searchsorted(rows, np.arange(len(mask) + 1)).tolist()
    parent = list(range(len(rows)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    left, right = starts.tolist(), ends.tolist()
    for (above, here), (_, below) in pairwise(pairwise(first)):
        upper, lower = above, here
        while upper < here and lower < below:
            if left[upper] <= right[lower] and left[lower] <= right[upper]:
                parent[root(lower)] = root(upper)
            if right[upper] < right[lower]:
                upper += 1
            else:
                lower += 1
    roots = np.array([root(run) for run in range(len(rows))], dtype=np.intp)
    names, numbers = np.unique(roots, return_inverse=True)
    labels = np.zeros(mask.shape, dtype=np.intp)
    labels[mask] = np.repeat(numbers + 1, ends - starts)
    return labels, len(names)


def _digit(mask: Mask) -> Mask:
    """Return the part of the mask that is the digit, without specks and what the edge cuts off."""
    labels, count = _components(mask)
    if count == 0:
        return mask
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    inner = sizes.copy()
    inner[edge] = 0
    if inner.max() >= 0.2 * sizes.max():
        sizes = inner
    kept = sizes >= max(0.04 * sizes.max(), 1)
    kept[0] = False
    return kept[labels]


def _grown(mask: Mask, pixels: int) -> Mask:
    size = 2 * pixels + 1
    return (
        np.asarray(Image.fromarray(mask.astype(np.uint8)).filter(ImageFilter.MaxFilter(size))) > 0
    )


def _fitted(ink: Grey, name: str) -> Grey:
    """Return (28, 28): the digit scaled, its lines of a width as MNIST's, and centred."""
    if ink.shape == (SIDE, SIDE) and _is_fitted(ink):
        return ink
    top, bottom = _extent(ink.max(axis=1) > 0.3)
    left, right = _extent(ink.max(axis=0) > 0.3)
    margin = max(bottom - top, right - left) // 4 + 2
    cut = np.pad(ink, margin)[top : bottom + 2 * margin, left : right + 2 * margin]
    return _centred(_scaled(cut, max(bottom - top, right - left)))


def _is_fitted(ink: Grey) -> bool:
    top, bottom = _extent(ink.max(axis=1) > 0.1)
    left, right = _extent(ink.max(axis=0) > 0.1)
    x, y = _centre(ink)
    longer = max(bottom - top, right - left)
    return abs(longer - BOX) <= 1 and abs(x - MIDDLE) < 1 and abs(y - MIDDLE) < 1


def _extent(any_ink: Mask) -> tuple[int, int]:
    places = np.flatnonzero(any_ink)
    return int(places[0]), int(places[-1]) + 1


def _centre(ink: Grey) -> tuple[float, float]:
    total = ink.sum()
    x = (ink.sum(axis=0) * (np.arange(ink.shape[1]) + 0.5)).sum() / total
    y = (ink.sum(axis=1) * (np.arange(ink.shape[0]) + 0.5)).sum() / total
    return float(x), float(y)


def _scaled(cut: Grey, longer: float) -> Grey:
    """Scale ink whose box has this longer side, and mend its width."""
    zoom = _WORK / longer
    size = (max(1, round(cut.shape[1] * zoom)), max(1, round(cut.shape[0] * zoom)))
    filter_ = Image.Resampling.BICUBIC if zoom > 1 else Image.Resampling.BOX
    large = np.asarray(Image.fromarray(cut).resize(size, filter_))
    inside = _distance(large > 0.5, _WORK // 4)
    if not inside.any():
        inside = _distance(large > 0.25, _WORK // 4)
    width = 4 * float(inside[inside > 0].mean()) if inside.any() else 1.0
    pixel = _WORK / BOX
    wanted = min(max(width, 0.8 * PEN * pixel), 1.6 * PEN * pixel)
    grow = (wanted - width) / 2
    if abs(grow) > 0.1 * pixel:
        outside = _distance(large <= 0.5, _WORK // 4)
        large = np.clip(grow + 0.5 - outside + inside, 0, 1).astype(np.float32)
    scale = BOX / (_WORK + 2 * grow)
    shrunk = (max(1, round(large.shape[1] * scale)), max(1, round(large.shape[0] * scale)))
    return np.asarray(Image.fromarray(large).resize(shrunk, Image.Resampling.BOX))


def _distance(mask: Mask, farthest: int) -> Grey:
    """Return how far each pixel of the mask is from what is not in it, 0 outside."""
    squares = np.where(mask, float(farthest**2), 0.0).astype(np.float32)
    for axis in (0, 1):
        lines = np.moveaxis(squares, axis, 0)
        best = lines.copy()
        for step in range(1, min(farthest, len(lines))):
            np.minimum(best[step:], lines[:-step] + step * step, out=best[step:])
            np.minimum(best[:-step], lines[step:] + step * step, out=best[:-step])
        squares = np.moveaxis(best, 0, axis)
    return np.sqrt(squares)


def _centred(ink: Grey) -> Grey:
    """Put the centre of mass into the middle, moving by fractions of a pixel."""
    x, y = _centre(ink)
    picture = Image.fromarray(ink)
    moved = picture.transform(
        (SIDE, SIDE),
        Image.Transform.AFFINE,
        (1, 0, x - MIDDLE, 0, 1, y - MIDDLE),
        Image.Resampling.BILINEAR,
    )
    return np.asarray(moved)
