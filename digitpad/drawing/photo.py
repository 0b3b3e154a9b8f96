"""Turn a picture of a digit (a scan, a screenshot, a photograph) into what the network sees.

The digit is located in a small copy of the picture, cut out of the large one, and fitted as
`rasterize.to_image` fits strokes: the longer side 20 of the 28 pixels, the centre of mass in the
middle. Lines much thinner or thicker than MNIST's, such as those of a fine pen in a large
photograph, are first brought near to their width.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError, features

from digitpad.drawing import locate_digits, morphology
from digitpad.drawing.morphology import Grey, Mask
from digitpad.drawing.pen import SIDE
from digitpad.drawing.rasterize import BOX, MIDDLE
from digitpad.errors import DigitpadError
from digitpad.files import limits, reading

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
    ".jfif",
    ".avif",
)
"""How the names of files end that `to_image` reads (HEIC and AVIF where Pillow can)."""

# How HEIC files go on after the size of their first box.
_HEIC = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1", b"ftypheim", b"ftypheis")

_FORMATS = ("PNG", "JPEG", "BMP", "DIB", "GIF", "WEBP", "TIFF")

# The limits of a picture: a phone's 108 million pixels as JPEG, of which only some are decoded, and
# half as many otherwise.
_MAX_PIXELS = 120_000_000
_MAX_DECODED = 60_000_000

# The same for what needs several copies of its pixels: transparency, 16 bits, animation, WebP.
_MAX_COPIED = 25_000_000
_SIMPLE_MODES = ("1", "L", "P", "RGB", "YCbCr")

# Reading so many pixels takes longer than a window may stand still, 0.1 to 0.2 s.
_LARGE = 4_000_000

# A progressive JPEG is decoded once for each of its scans; encoders write about 10.
_MAX_SCANS = 64

# Frames of an animation, or pages of a TIFF, that are looked at, and the pixels that are decoded
# for that: each step back in a GIF decodes it from its beginning.
_MAX_FRAMES = 20
_MAX_FRAME_PIXELS = 100_000_000

# The ranges of scanners and cameras: of 8, 10, 12, 14 and 16 bits.
_FULL_SCALES = (255, 1023, 4095, 16383, 65535)

# The longer side of the picture in which the digit is located, and of the digit that is fitted.
_LOOK = 400
_WORK = 200

# A picture is blurred if, in its flattest tenth, pixels differ from their surroundings by more than
# this, from black to white; of normally distributed noise, the median is 5 times that. In a tight
# crop, lines cover more than half.
_FLATTEST = 0.1
_NOISY = 0.0037

# The margin that is cut out with the digit, as a fraction of its longer side.
_MARGIN = 0.3

# Lines between these widths, in pixels of the image, are left as they are. 98 of 100 of MNIST's are
# between 1.5 and 4.0; the median is 2.5.
_THINNEST = 2.0
_THICKEST = 3.8

# How far centring may move the digit, as in `rasterize`.
_LARGEST_SHIFT = (SIDE - BOX) / 2


@dataclass(frozen=True, eq=False)
class Photograph:
    """A picture, and the digit that was found in it.

    Attributes
    ----------
    image : (28, 28) float32
        What the network sees, as `to_image` returns it.
    pixels : (h, w, 3) uint8
        The picture itself, made smaller where it is large.
    box : tuple of 4 int
        The digit's left, top, right and bottom edge in those pixels.
    """

    image: Grey
    pixels: NDArray[np.uint8]
    box: tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Sheet:
    """A picture, and the ink that was found in it.

    Attributes
    ----------
    pixels : (h, w, 3) uint8
        The picture itself, made smaller where it is large.
    found : Found
        Its ink, in those pixels.
    picture : Image
        As large as it was decoded.
    channel : str
        The channel of it that shows the ink.
    grey : (h, w) float32
        That channel in those pixels, without noise.
    """

    pixels: NDArray[np.uint8]
    found: locate_digits.Found
    picture: Image.Image
    channel: str
    grey: Grey

    @cached_property
    def digit(self) -> Grey:
        """What a network sees of the digit that was found, (28, 28) float32."""
        return self.image(self.found.mask)

    def image(self, mask: Mask) -> Grey:
        """Return what a network sees of some of the ink.

        Parameters
        ----------
        mask : (h, w) bool
            Which of it; not empty.

        Returns
        -------
        (28, 28) float32
            As `to_image`; without ink if the large picture shows none there.
        """
        found = replace(self.found, mask=mask)
        image = _as_it_is(self.grey, found)
        if image is None:
            ink = _cut(self.picture, self.channel, found)
            image = _fitted(ink) if ink.any() else np.zeros((SIDE, SIDE), np.float32)
        return (np.rint(image * 255) / 255).astype(np.float32)


def to_image(source: str | Path | bytes) -> Grey:
    """Read a picture of a digit for the network.

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
        If it cannot be read, is not a picture, is too large, or shows no ink.
    """
    return read(source).image


def read(source: str | Path | bytes) -> Photograph:
    """Read a picture as `to_image` does, and keep what shows where the digit is.

    Raises
    ------
    DigitpadError
        As `to_image`.
    """
    sheet = look(source)
    if sheet.found.several:
        raise DigitpadError(
            f"{_name(source)} seems to show more than one digit: crop it to a single one and try "
            "again."
        )
    return Photograph(sheet.digit, sheet.pixels, locate_digits.box(sheet.found.mask))


def look(source: str | Path | bytes) -> Sheet:
    """Read a picture of one or more digits, and find its ink.

    Raises
    ------
    DigitpadError
        As `to_image`, but not because it shows several digits.
    """
    name = _name(source)
    for picture in _frames(_content(source, name), name):
        small = _smaller(picture)
        channel = _channel(small)
        grey = _values(_smooth(small), channel)
        found = locate_digits.find(grey)
        if found is not None:
            pixels = np.array(small.convert("RGB"), dtype=np.uint8)
            sheet = Sheet(pixels, found, picture, channel, grey)
            if sheet.digit.any():
                return sheet
    raise DigitpadError(f"{name} shows no ink: choose a picture of a digit.")


def is_large(source: str | Path | bytes) -> bool:
    """Whether it takes a while to read a picture; False if it cannot be read."""
    try:
        with warnings.catch_warnings(), ExitStack() as opened:
            warnings.simplefilter("ignore")
            file: BinaryIO = (
                io.BytesIO(source)
                if isinstance(source, bytes)
                else opened.enter_context(reading.opened(Path(source)))
            )
            picture = opened.enter_context(Image.open(file, formats=_formats()))
            return picture.width * picture.height > _LARGE
    except Exception:  # whoever reads it says what is wrong
        return False


def _name(source: str | Path | bytes) -> str:
    return "The picture" if isinstance(source, bytes) else f"“{Path(source).name}”"


def _content(source: str | Path | bytes, name: str) -> bytes:
    if not isinstance(source, bytes):
        return reading.read_bytes(Path(source), limits.MAX_PICTURE_BYTES)
    if len(source) > limits.MAX_PICTURE_BYTES:
        raise DigitpadError(
            f"{name} has {len(source) >> 20} MiB: choose a picture of at most "
            f"{limits.MAX_PICTURE_BYTES >> 20} MiB."
        )
    return source


def _frames(content: bytes, name: str) -> Iterator[Image.Image]:
    """Yield the picture upright, as 8-bit grey or RGB; of an animation, further frames.

    The first frame may be blank. The last one usually shows most, so it comes next.
    """
    too_large = DigitpadError(
        f"{name} has too many pixels: make it smaller, or crop it to the digit."
    )
    try:
        with warnings.catch_warnings():
            # Pillow warns of many pixels, which are checked here, and of odd metadata.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=_formats()) as picture:
                pixels = picture.width * picture.height
                if pixels > _MAX_PIXELS:
                    raise too_large
                scans = content.count(b"\xff\xda") if picture.info.get("progressive") else 1
                if scans > _MAX_SCANS:
                    raise DigitpadError(
                        f"{name} is a JPEG of too many scans: save it in another format."
                    )
                # JPEG can be decoded at an eighth of its size or more.
                picture.draft("RGB", (4 * _LOOK, 4 * _LOOK))
                count = min(getattr(picture, "n_frames", 1), _MAX_FRAMES)
                is_simple = picture.mode in _SIMPLE_MODES and not picture.has_transparency_data
                is_simple = is_simple and picture.format != "WEBP" and count == 1
                most = _MAX_DECODED if is_simple else _MAX_COPIED
                if picture.width * picture.height > most:
                    raise too_large
                count = min(count, math.isqrt(2 * _MAX_FRAME_PIXELS // pixels))
                for frame in (0, *range(count - 1, 0, -1)):
                    if frame:
                        picture.seek(frame)
                    yield _plain(ImageOps.exif_transpose(picture))
    except DigitpadError:
        raise
    except Image.DecompressionBombError:
        raise too_large from None
    except UnidentifiedImageError:
        if content[4:12] in _HEIC:
            raise DigitpadError(
                f"{name} is a HEIC picture: save it as JPEG, or install digitpad with “heic”: pip "
                "install 'digitpad[heic]'."
            ) from None
        raise DigitpadError(
            f"{name} is not a picture that digitpad can read: choose a PNG, JPEG, BMP, GIF, WebP "
            "or TIFF."
        ) from None
    except Exception as error:  # Pillow's decoders raise many kinds for a damaged file
        raise DigitpadError(f"{name} is damaged ({error}): choose another picture.") from None


def _formats() -> list[str]:
    formats = list(_FORMATS)
    if features.check("avif"):
        formats.append("AVIF")
    try:
        import pillow_heif
    except ImportError:
        return formats
    pillow_heif.register_heif_opener()
    return [*formats, "HEIF"]


def _plain(picture: Image.Image) -> Image.Image:
    """Return a picture as 8-bit grey or RGB, transparent parts as paper."""
    if picture.mode.startswith(("I", "F")):  # 16 bits a pixel and more, of any range
        values = np.array(picture, dtype=np.float32)
        np.nan_to_num(values, copy=False, posinf=0, neginf=0)
        low, high = float(values.min()), float(values.max())
        # Stretching the range of a blank scan would make ink of its specks.
        if picture.mode.startswith("I") and low >= 0 and high <= _FULL_SCALES[-1]:
            low, high = 0.0, float(next(scale for scale in _FULL_SCALES if scale >= high))
        values -= low
        values *= 255 / max(high - low, 1e-6)
        return Image.fromarray(values.astype(np.uint8))
    if not picture.has_transparency_data:
        return _reduced(picture, "L" if picture.mode in ("1", "L") else "RGB")
    picture = _reduced(picture, "RGBA")
    seen = np.asarray(_smaller(picture).convert("LA"), dtype=np.float64)
    # Black paper shows light ink, white paper dark ink.
    is_light = (seen[..., 0] * seen[..., 1]).sum() > 127 * seen[..., 1].sum()
    paper = Image.new("RGBA", picture.size, "black" if is_light else "white")
    return Image.alpha_composite(paper, picture).convert("RGB")


def _reduced(picture: Image.Image, mode: str) -> Image.Image:
    """Return a picture in another mode, at most twice as large as what is decoded of a JPEG."""
    factor = max(1, max(picture.size) // (4 * _LOOK))
    return (picture if picture.mode == mode else picture.convert(mode)).reduce(factor)


def _smaller(picture: Image.Image) -> Image.Image:
    scale = _LOOK / max(picture.size)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BOX)


def _smooth(picture: Image.Image) -> Image.Image:
    """Blur a picture if it is noisy."""
    return picture.filter(ImageFilter.GaussianBlur(1)) if _is_noisy(picture) else picture


def _is_noisy(picture: Image.Image) -> bool:
    grey = _values(picture, "L")
    height, width = grey.shape
    padded = np.pad(grey, 1, mode="edge")
    # The sum of each pixel and its neighbours: finer than the shades of a byte.
    rows = padded[:height] + padded[1:-1] + padded[2:]
    sums = rows[:, :width] + rows[:, 1:-1] + rows[:, 2:]
    return bool(np.quantile(np.abs(grey - sums / 9), _FLATTEST) > _NOISY)


def _channel(picture: Image.Image) -> str:
    """Return the channel that shows the ink: brightness, unless a colour has far more contrast."""
    if picture.mode == "L":
        return "L"
    reach = max(picture.size) // 20 + 1
    surroundings = picture.filter(ImageFilter.BoxBlur(reach))

    def contrast(channel: str) -> float:
        differs = np.abs(_values(picture, channel) - _values(surroundings, channel))
        return float(np.quantile(differs, 0.998))

    best = max("RGB", key=contrast)
    return best if contrast(best) > 2 * contrast("L") else "L"


def _values(picture: Image.Image, channel: str) -> Grey:
    """Return one channel, from 0 to 1."""
    picked = picture.convert("L") if channel == "L" else picture.getchannel(channel)
    return np.asarray(picked, dtype=np.float32) / np.float32(255)


def _as_it_is(grey: Grey, found: locate_digits.Found) -> Grey | None:
    """Return the ink of a picture that is prepared like MNIST's already, otherwise None."""
    if grey.shape != (SIDE, SIDE):
        return None
    ink = locate_digits.ink(grey, found.paper, found.light_on_dark, found.mask)
    ink *= morphology.dilated(found.mask, 2)
    left, top, right, bottom = locate_digits.box(ink > 0.1)
    longer = max(right - left, bottom - top)
    x, y = _centre(ink)
    if abs(longer - BOX) > 1 or abs(x - MIDDLE) > 1 or abs(y - MIDDLE) > 1:
        return None
    as_it_is = np.abs(grey - found.paper)
    # On pure black or white it is an image of MNIST itself: keep every shade.
    is_pure = (found.paper == 0).all() or (found.paper == 1).all()
    return as_it_is if is_pure and as_it_is.max() > 0.9 else ink


def _centre(ink: Grey) -> tuple[float, float]:
    """Return the centre of mass, x and y, in pixels from the left and upper edge."""
    total = float(ink.sum())
    x = float(ink.sum(axis=0) @ (np.arange(ink.shape[1]) + 0.5)) / total
    y = float(ink.sum(axis=1) @ (np.arange(ink.shape[0]) + 0.5)) / total
    return x, y


def _cut(picture: Image.Image, channel: str, found: locate_digits.Found) -> Grey:
    """Return the digit's ink, cut out of the large picture, its longer side `_WORK` pixels."""
    height, width = found.mask.shape
    left, top, right, bottom = locate_digits.box(found.mask)
    longer = max(right - left, bottom - top)
    margin = _MARGIN * longer + 2
    here = (
        max(left - margin, 0),
        max(top - margin, 0),
        min(right + margin, width),
        min(bottom + margin, height),
    )
    zoom = _WORK / longer
    size = (max(1, round((here[2] - here[0]) * zoom)), max(1, round((here[3] - here[1]) * zoom)))
    across, down = picture.width / width, picture.height / height
    there = (here[0] * across, here[1] * down, here[2] * across, here[3] * down)
    # One or two tenths of a pixel of the image: it reduces noise only.
    large = picture.resize(size, Image.Resampling.BICUBIC, there)
    grey = _values(large.filter(ImageFilter.GaussianBlur(_WORK / BOX * 0.15)), channel)
    paper = np.asarray(Image.fromarray(found.paper).resize(size, Image.Resampling.BILINEAR, here))

    def enlarged(mask: Mask) -> Mask:
        bytes_ = Image.fromarray(mask.astype(np.uint8))
        return np.asarray(bytes_.resize(size, Image.Resampling.NEAREST, here)) > 0

    ink = locate_digits.ink(grey, paper, found.light_on_dark, enlarged(found.mask))
    own = morphology.dilated(found.mask, 2)
    others = found.inked & ~found.mask
    if found.several and others.any():  # a neighbour's ink, up to half the way to it
        own &= ~(morphology.dilated(others, 1) & ~found.mask)
    return ink * enlarged(own)


def _fitted(ink: Grey) -> Grey:
    """Return (28, 28): the digit scaled and centred, its lines about as wide as MNIST's."""
    mask = ink > ink.max() / 2
    left, top, right, bottom = locate_digits.box(mask)
    longer = max(right - left, bottom - top)
    width = morphology.width(mask[top:bottom, left:right])
    # Widened by 2 · grow, the line is scaled by BOX / (longer + 2 · grow).
    grow = 0.0
    for limit, is_beyond in (
        (_THINNEST, width * BOX < _THINNEST * longer),
        (_THICKEST, width * BOX > _THICKEST * longer),
    ):
        if is_beyond:
            grow = (limit * longer - width * BOX) / (BOX - limit) / 2
    if grow:
        reach = int(abs(grow)) + 2
        mask = np.pad(mask, reach)
        left, top, right, bottom = (side + reach for side in (left, top, right, bottom))
        # From the outline to the pixels' centres, outwards.
        outwards = np.where(
            mask,
            0.5 - morphology.distance(mask, reach),
            morphology.distance(~mask, reach) - 0.5,
        )
        # However thin lines become, a pixel of them is left.
        grow = max(grow, float(outwards.min()) + 0.5)
        ink = np.clip(grow + 0.5 - outwards, 0, 1).astype(np.float32)
    scale = BOX / (longer + 2 * grow)
    x, y = _centre(ink)
    most = _LARGEST_SHIFT / scale
    x = min(max(x, (left + right) / 2 - most), (left + right) / 2 + most)
    y = min(max(y, (top + bottom) / 2 - most), (top + bottom) / 2 + most)
    # The part of the ink that the image shows, padded as far as it may reach.
    room = round(2 * SIDE / scale)
    before, side = room - MIDDLE / scale, SIDE / scale
    window = (x + before, y + before, x + before + side, y + before + side)
    picture = Image.fromarray(np.pad(ink, room))
    shrunk = picture.resize((SIDE, SIDE), Image.Resampling.BOX, window)
    return np.asarray(shrunk, dtype=np.float32)
