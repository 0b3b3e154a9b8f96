"""Draw the example strokes and pictures in resources/examples.

    python benchmarks/make_examples.py

This is nobody's handwriting: the digits are curves through points chosen by eye, with a seeded
tremor, and the pictures are made from them. So they are free of others' rights, and repeatable.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from digitpad.drawing.strokes import Sample, Stroke, write_strokes

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "examples"

Points = list[tuple[float, float]]

# Corners and turns of each stroke, x to the right and y downwards, 100 high.
DIGITS: dict[str, list[Points]] = {
    "0": [[(38, 3), (18, 8), (5, 38), (7, 78), (26, 99), (48, 86), (58, 48), (50, 12), (34, 2)]],
    "1": [[(8, 30), (22, 16), (36, 0), (35, 33), (34, 66), (33, 100)]],
    "2": [[(4, 22), (16, 4), (36, 1), (50, 17), (46, 40), (28, 66), (3, 97), (30, 96), (60, 95)]],
    "2 looped": [
        [(4, 20), (20, 2), (42, 4), (50, 24), (38, 54), (18, 84), (5, 97), (1, 88), (12, 82),
         (30, 92), (46, 98), (60, 92)]
    ],
    "3": [
        [(5, 10), (24, 0), (45, 8), (44, 30), (24, 45), (21, 47), (44, 53), (55, 74), (41, 95),
         (18, 100), (2, 88)]
    ],
    "4": [
        [(40, 0), (21, 32), (0, 64), (30, 66), (62, 63)],
        [(44, 30), (43, 62), (41, 100)],
    ],
    "4 open": [
        [(14, 2), (9, 30), (5, 56), (30, 58), (58, 54)],
        [(47, 4), (44, 50), (40, 100)],
    ],
    "5": [
        [(12, 3), (9, 22), (7, 43), (26, 37), (46, 47), (53, 70), (41, 92), (20, 100), (3, 91)],
        [(12, 3), (32, 3), (54, 0)],
    ],
    "6": [
        [(44, 0), (22, 20), (6, 52), (4, 80), (18, 98), (38, 95), (48, 77), (37, 60), (18, 62),
         (6, 78)]
    ],
    "7": [[(3, 5), (28, 4), (55, 2), (40, 40), (26, 100)]],
    "7 crossed": [
        [(3, 10), (8, 4), (30, 5), (56, 2), (41, 44), (26, 100)],
        [(16, 50), (34, 48), (54, 47)],
    ],
    "8": [
        [(45, 14), (28, 0), (10, 13), (16, 34), (38, 54), (50, 76), (34, 98), (13, 93), (7, 72),
         (24, 50), (44, 31), (46, 14)]
    ],
    "9": [
        [(47, 16), (28, 2), (8, 14), (7, 36), (24, 47), (42, 35), (49, 14), (46, 52), (41, 100)]
    ],
}  # fmt: skip


def drawn(
    name: str, seed: int, *, slant: float = 0.0, width: float = 1.0, step: float = 3.0
) -> list[Stroke]:
    """Return a digit's strokes as a hand draws them.

    Parameters
    ----------
    name : str
        A key of DIGITS.
    seed : int
        Seed of the tremor.
    slant, width : float
        How far upright lines lean to the right, and how wide the digit is.
    step : float
        Distance between two points, where the digit is 100 high; a fast mouse gives few points.
    """
    generator = np.random.default_rng(seed)
    strokes: list[Stroke] = []
    for corners in DIGITS[name]:
        points = smooth(np.array(corners, dtype=float))
        lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        count = max(4, round(lengths[-1] / step))
        # A hand starts and stops slowly.
        way = np.linspace(0, 1, count)
        way -= 0.6 * np.sin(2 * np.pi * way) / (2 * np.pi)
        points = np.stack([np.interp(way * lengths[-1], lengths, column) for column in points.T], 1)
        # Slow waves and a little tremor.
        for waves, size in ((2, 1.6), (5, 0.7), (17, 0.2)):
            phase = generator.uniform(0, 2 * np.pi, size=2)
            points += size * np.sin(np.pi * waves * way[:, None] + phase)
        x, y = points.T
        points = np.stack([width * x + slant * (100 - y), y], axis=1)
        strokes.append(np.round(4 * points, 1))
    return strokes


def smooth(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a fine Catmull-Rom spline through points (n, 2)."""
    p = np.concatenate([2 * corners[:1] - corners[1:2], corners, 2 * corners[-1:] - corners[-2:-1]])
    t = np.linspace(0, 1, 40, endpoint=False)[:, None]
    parts = [
        b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
        for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True)
    ]
    return np.concatenate([*parts, corners[-1:]])


def inked(strokes: list[Stroke], size: int, pen: float) -> NDArray[np.float64]:
    """Return the ink of a digit of this height in pixels, from 0 to 1."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (size - pen) / (high - low).max()
    margin = pen
    width, height = (int(side) for side in np.ceil((high - low) * scale + 2 * margin))
    picture = Image.new("L", (2 * width, 2 * height))
    draw = ImageDraw.Draw(picture)
    for stroke in strokes:
        line = smooth((stroke - low) * scale + margin) * 2
        # Fast lines are thinner.
        speed = np.hypot(*np.gradient(line, axis=0).T)
        radius = pen * (1.1 - 0.25 * np.minimum(speed / speed.mean(), 2) / 2)
        for (x, y), r in zip(line, radius, strict=True):
            draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
    return np.asarray(picture.resize((width, height), Image.Resampling.BOX)) / 255.0


def placed(
    ink_: NDArray[np.float64], shape: tuple[int, int], at: tuple[int, int]
) -> NDArray[np.float64]:
    """Return an empty sheet (h, w) with this ink at a row and column."""
    sheet = np.zeros(shape)
    sheet[at[0] : at[0] + ink_.shape[0], at[1] : at[1] + ink_.shape[1]] = ink_
    return sheet


def coloured(
    ink_: NDArray[np.float64], pen: tuple[int, ...], paper: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (h, w, 3): the pen's colour where there is ink, the paper elsewhere."""
    return paper + ink_[..., None] * (np.array(pen, dtype=float) - paper)


def paper(
    shape: tuple[int, int], colour: tuple[int, ...], roughness: float, seed: int
) -> NDArray[np.float64]:
    """Return (h, w, 3): a colour with a texture of fibres."""
    noise = np.random.default_rng(seed).normal(0, 30, shape).clip(-128, 127) + 128
    fibres = Image.fromarray(noise.astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.2))
    texture = (np.asarray(fibres) - 128.0) * roughness
    return np.array(colour, dtype=float) + texture[..., None]


def lit(colours: NDArray[np.float64], seed: int, noise: float) -> Image.Image:
    """Return a photograph: light from one side, the soft shadow of a hand, blur and noise."""
    height, width = colours.shape[:2]
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    light = 1.02 - 0.42 * x - 0.2 * y - 0.3 * ((x - 0.4) ** 2 + (y - 0.45) ** 2)
    light *= 1 - 0.3 / (1 + np.exp(-25 * (x * 0.6 + y - 1.1)))
    picture = Image.fromarray((colours * light[..., None]).clip(0, 255).astype(np.uint8))
    blurred = np.asarray(picture.filter(ImageFilter.GaussianBlur(1.3)), dtype=float)
    blurred += np.random.default_rng(seed).normal(0, noise, (height, width, 1))
    return Image.fromarray(blurred.clip(0, 255).astype(np.uint8))


def make_strokes() -> None:
    """Write the stroke files."""
    mouse = [
        Sample(int(name), tuple(drawn(name, 10 + int(name), width=1.1, step=9)))
        for name in "0123456789"
    ]
    write_strokes(FOLDER / "ten-digits-by-mouse.jsonl", mouse)
    hands = {"2 looped": 0.25, "4 open": 0.1, "7 crossed": 0.2}
    pen = [
        Sample(int(name[0]), tuple(drawn(name, 40 + number, slant=slant, step=1.5)))
        for number, (name, slant) in enumerate(hands.items())
    ]
    write_strokes(FOLDER / "three-hands-by-pen.jsonl", pen)


def make_pictures() -> None:
    """Write the pictures."""
    # A scan: black on white, grey.
    sheet = placed(inked(drawn("5", 1, slant=0.15), 150, 9), (230, 200), (40, 50))
    Image.fromarray((250 - 225 * sheet).astype(np.uint8)).save(FOLDER / "5-scan.png", optimize=True)
    # A photograph: blue ink on cream paper, from the shade of a hand, the camera held upright.
    shape = (900, 1200)
    sheet = placed(inked(drawn("3", 2, slant=0.1), 330, 9), shape, (260, 420))
    picture = lit(coloured(sheet, (38, 52, 120), paper(shape, (238, 232, 214), 0.5, 3)), 4, 3)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.transpose(Image.Transpose.ROTATE_90).save(
        FOLDER / "3-photograph.jpg", quality=72, exif=exif
    )
    # Squared paper.
    shape = (600, 800)
    squared = paper(shape, (242, 242, 236), 0.3, 5)
    squared[7::38] = squared[8::38] = (168, 186, 216)
    squared[:, 11::38] = squared[:, 12::38] = (168, 186, 216)
    sheet = placed(inked(drawn("9", 6, slant=0.12), 240, 8), shape, (190, 330))
    picture = lit(coloured(sheet, (45, 45, 50), squared), 7, 2)
    picture.save(FOLDER / "9-squared-paper.jpg", quality=75)
    # Chalk on a blackboard.
    shape = (420, 560)
    chalk = np.random.default_rng(8)
    sheet = placed(inked(drawn("8", 9, width=1.1), 260, 17), shape, (80, 200))
    sheet *= np.clip(chalk.normal(0.85, 0.25, shape), 0.3, 1)
    picture = lit(coloured(sheet, (235, 235, 225), paper(shape, (52, 74, 62), 0.4, 10)), 11, 2)
    picture.save(FOLDER / "8-blackboard.jpg", quality=75)
    # Ink on a transparent background.
    sheet = placed(inked(drawn("6", 12, slant=0.08), 200, 12), (260, 220), (30, 50))
    alpha = (255 * sheet).astype(np.uint8)
    pixels = np.dstack([np.full_like(alpha, 20), np.full_like(alpha, 40), np.full_like(alpha, 90)])
    Image.fromarray(np.dstack([pixels, alpha])).save(FOLDER / "6-transparent.png", optimize=True)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    make_strokes()
    make_pictures()
    for path in sorted(FOLDER.iterdir()):
        print(f"{path.stat().st_size:8,}  {path.name}")
