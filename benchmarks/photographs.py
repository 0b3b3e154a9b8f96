"""Measure how well digits are found and read in photographs, compared with their own images.

    python benchmarks/photographs.py [--count N]

The photographs are synthetic: a digit of MNIST's test images is put somewhere on a sheet of paper,
then light, camera and paper degrade it. Whatever is lost is lost by `photo.py`.
"""

from __future__ import annotations

import argparse
import io
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from digitpad.data.dataset import Dataset
from digitpad.data.mnist import mnist
from digitpad.drawing.photo import to_image
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.recognition.picture import read_picture

Colour = tuple[int, int, int]
Pixels = NDArray[np.float32]

# EXIF orientations, and how a picture taken that way is stored.
_HELD = {
    1: None,
    3: Image.Transpose.ROTATE_180,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}
_EXIF_ORIENTATION = 0x0112


@dataclass(frozen=True)
class Scene:
    """What a photograph shows and how it was taken; colours 0 to 255, lengths in pixels."""

    name: str
    width: int = 1200
    height: int = 800
    digit: int = 400  # the longer side
    ink: Colour = (40, 40, 60)
    paper: Colour = (235, 232, 225)
    dimmed: float = 0.5  # the part of the light that one side of the sheet lacks
    shadow: bool = False  # with a sharp edge, across the sheet
    ruled: int = 0  # distance of lines
    squared: bool = False
    table: bool = False  # the sheet lies askew on a dark table
    blur: float = 1.5
    noise: float = 6.0


PHOTOGRAPH = Scene("uneven light")
SCENES = [
    PHOTOGRAPH,
    replace(PHOTOGRAPH, name="a large picture", width=3000, height=2000, digit=600),
    replace(PHOTOGRAPH, name="a shadow across it", shadow=True),
    replace(PHOTOGRAPH, name="ruled paper", ruled=70),
    replace(PHOTOGRAPH, name="squared paper", ruled=45, squared=True),
    replace(PHOTOGRAPH, name="a sheet on a table", table=True),
    replace(PHOTOGRAPH, name="chalk on a board", ink=(220, 220, 210), paper=(40, 60, 50)),
    replace(PHOTOGRAPH, name="a soft pencil", ink=(150, 150, 150)),
    replace(
        PHOTOGRAPH,
        name="small, dark and noisy",
        width=400,
        height=300,
        digit=150,
        ink=(90, 90, 90),
        noise=20,
        blur=0.7,
    ),
    replace(PHOTOGRAPH, name="red on green", ink=(200, 40, 40), paper=(40, 120, 40)),
]


def written(image: NDArray[np.uint8], side: int) -> Pixels:
    """Return the ink on the sheet, 0 to 1: the digit's image enlarged, with sharp edges."""
    size = side * 28 // 20
    large = Image.fromarray(image.reshape(28, 28)).resize((size, size), Image.Resampling.BICUBIC)
    sharp = (np.asarray(large, np.float32) / 255 - 0.5) * 6 + 0.5
    return sharp.clip(0, 1)


def photograph(scene: Scene, cover: Pixels, generator: np.random.Generator, held: int) -> bytes:
    """Return the photograph as a JPEG file."""
    width, height = scene.width, scene.height
    sheet = np.empty((height, width, 3), np.float32)
    sheet[:] = scene.paper
    if scene.ruled:
        first = int(generator.integers(scene.ruled))
        for line in (first, first + 1):
            sheet[line :: scene.ruled] = (150, 170, 215)
            if scene.squared:
                sheet[:, line :: scene.ruled] = (150, 170, 215)
    down, across = cover.shape
    if scene.table:
        left, top = (width - across) // 2, (height - down) // 2
    else:
        left = int(generator.integers(10, width - across - 10))
        top = int(generator.integers(10, height - down - 10))
    place = sheet[top : top + down, left : left + across]
    place += (np.array(scene.ink, np.float32) - place) * cover[..., None]
    if scene.table:
        sheet = on_a_table(sheet, generator.uniform(-6, 6))
    sheet *= light(scene, generator)[..., None]
    picture = Image.fromarray(sheet.clip(0, 255).astype(np.uint8))
    picture = picture.filter(ImageFilter.GaussianBlur(scene.blur))
    grain = generator.normal(0, scene.noise, (height, width, 1))
    picture = Image.fromarray((np.asarray(picture) + grain).clip(0, 255).astype(np.uint8))
    stored = _HELD[held]
    exif = Image.Exif()
    if stored is not None:
        picture = picture.transpose(stored)
        exif[_EXIF_ORIENTATION] = held
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85, exif=exif)
    return file.getvalue()


def on_a_table(sheet: Pixels, angle: float) -> Pixels:
    """Put a sheet of paper on a dark table."""
    height, width = sheet.shape[:2]
    margin = min(width, height) // 8
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).rectangle((margin, margin, width - margin, height - margin), fill=255)
    table = Image.new("RGB", (width, height), (70, 50, 35))
    table.paste(
        Image.fromarray(sheet.astype(np.uint8)), mask=mask.rotate(angle, Image.Resampling.BILINEAR)
    )
    return np.asarray(table, np.float32).copy()


def light(scene: Scene, generator: np.random.Generator) -> Pixels:
    """Return the light at each pixel, (height, width)."""
    y, x = np.mgrid[: scene.height, : scene.width].astype(np.float32)
    x, y = x / scene.width - 0.5, y / scene.height - 0.5
    angle = generator.uniform(0, 2 * np.pi)
    slope = (0.5 + 0.9 * (np.cos(angle) * x + np.sin(angle) * y)).clip(0, 1)
    lit: Pixels = ((1 - scene.dimmed * slope) * (1 - 0.5 * (x**2 + y**2))).astype(np.float32)
    if scene.shadow:
        angle = generator.uniform(0, 2 * np.pi)
        edge = np.cos(angle) * (x - generator.uniform(-0.2, 0.2)) + np.sin(angle) * y
        lit *= 1 - 0.45 * (40 * edge + 0.5).clip(0, 1)
    return lit


def enlarged(image: NDArray[np.uint8], zoom: int = 4) -> NDArray[np.uint8]:
    """Return a digit of MNIST, cut out and enlarged."""
    pixels = image.reshape(28, 28)
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    cut = Image.fromarray(pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    size = (cut.width * zoom, cut.height * zoom)
    return np.asarray(cut.resize(size, Image.Resampling.BICUBIC))


def pair(one: NDArray[np.uint8], other: NDArray[np.uint8], gap: int, *, down: bool) -> bytes:
    """Return a picture of two digits side by side, or one above the other; gap in pixels."""
    first, second = (one.T, other.T) if down else (one, other)
    height = max(len(first), len(second))
    sheet = np.zeros((height + 80, first.shape[1] + second.shape[1] + gap + 80), np.uint8)
    for digit, left in ((first, 40), (second, 40 + first.shape[1] + gap)):
        top = 40 + (height - len(digit)) // 2
        place = sheet[top : top + len(digit), left : left + digit.shape[1]]
        np.maximum(place, digit, out=place)
    file = io.BytesIO()
    Image.fromarray(255 - (sheet.T if down else sheet)).save(file, "PNG")
    return file.getvalue()


def pairs(model: Model, digits: Dataset, count: int) -> None:
    """Print how pairs of digits in one picture are answered."""
    print("\n| two digits | gap, pixels | right | two, wrong | one, not sure | one, sure |")
    print("|---|--:|--:|--:|--:|--:|")
    generator = np.random.default_rng(0)
    for down in (False, True):
        for gap in (-8, -3, 0, 2, 6, 20, 60):
            right = wrong = unsure = sure = 0
            for _ in range(count):
                both = generator.choice(len(digits.images), 2)
                one, other = (enlarged(digits.images[i]) for i in both)
                read = read_picture(model, pair(one, other, gap, down=down)).number
                answers = [digit.reading.digit for digit in read.digits]
                if len(answers) == 1:
                    sure += read.sure
                    unsure += not read.sure
                else:
                    is_right = answers == digits.labels[both].tolist()
                    right += is_right
                    wrong += not is_right
            name = "stacked" if down else "side by side"
            print(f"| {name} | {gap} | {right} | {wrong} | {unsure} | {sure} |", flush=True)


def main() -> None:
    """Measure and print in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=200, help="photographs of each kind")
    count = parser.parse_args().count
    model = model_file.shipped()
    network = model.network
    test = mnist().test
    direct = float(
        (network.feed_forward(test.inputs()[:count]).argmax(1) == test.labels[:count]).mean()
    )
    print(f"{count} digits; accuracy on their own images is {direct:.1%}.\n")
    print("| photograph | correct | nothing found | time |\n|---|--:|--:|--:|")
    for scene in SCENES:
        generator = np.random.default_rng(0)
        right = lost = 0
        taken = 0.0
        for number in range(count):
            cover = written(test.images[number], scene.digit)
            file = photograph(scene, cover, generator, list(_HELD)[number % len(_HELD)])
            start = time.perf_counter()
            try:
                image = to_image(file)
            except DigitpadError:
                lost += 1
                continue
            finally:
                taken += time.perf_counter() - start
            right += int(network.feed_forward(image.ravel()).argmax() == test.labels[number])
        print(
            f"| {scene.name} | {right / count:.1%} | {lost} | {1000 * taken / count:.0f} ms |",
            flush=True,
        )
    pairs(model, test, count // 2)


if __name__ == "__main__":
    main()
