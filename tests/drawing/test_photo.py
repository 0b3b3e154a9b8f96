from __future__ import annotations

import contextlib
import io
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps, features

from digitpad import paths
from digitpad.data import dataset
from digitpad.data.mnist import mnist
from digitpad.drawing import photo, rasterize
from digitpad.drawing.rasterize import Image as Ink
from digitpad.drawing.strokes import Sample, Stroke, read_strokes
from digitpad.errors import DigitpadError
from digitpad.files import limits
from digitpad.nn import model_file
from digitpad.recognition.recognise import recognise
from tests.files.memory import needs_resource, read_elsewhere

EXAMPLES = paths.resources() / "examples"

# The largest mean difference between a picture's image and that of the strokes that it was drawn
# from: two images of the same digit by two hands differ by 0.15.
ALIKE = 0.03


def digits() -> list[Sample]:
    return read_strokes(EXAMPLES / "ten-digits-by-mouse.jsonl")


def drawn(sample: Sample, height: int, pen: float) -> Image.Image:
    """Return a grey picture of ink, white on black, with a margin as wide as the pen."""
    points = np.concatenate(sample.strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (height - pen) / (high - low).max()
    width, height_ = ((high - low) * scale + 3 * pen).astype(int)
    canvas = Image.new("L", (2 * int(width), 2 * int(height_)))
    draw = ImageDraw.Draw(canvas)
    for stroke in sample.strokes:
        line = (smooth(stroke) - low) * scale + 1.5 * pen
        for x, y in line * 2:
            draw.ellipse((x - pen, y - pen, x + pen, y + pen), fill=255)
    return canvas.resize((int(width), int(height_)), Image.Resampling.BOX)


def smooth(stroke: Stroke) -> NDArray[np.float64]:
    corners = np.asarray(stroke, dtype=float)
    p = np.concatenate([corners[:1], corners, corners[-1:]])
    t = np.linspace(0, 1, 40)[:, None]
    return np.concatenate(
        [
            b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
            for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True)
        ]
    )


def on_sheet(
    digit: Image.Image,
    size: tuple[int, int],
    at: tuple[int, int],
    pen: tuple[int, ...] = (30, 30, 40),
    paper: tuple[int, ...] = (240, 238, 230),
) -> Image.Image:
    sheet = Image.new("RGB", size, paper)
    sheet.paste(pen, (*at, at[0] + digit.width, at[1] + digit.height), digit)
    return sheet


def photographed(sheet: Image.Image, *, shadow: bool = False, noise: float = 4) -> Image.Image:
    """Return a sheet unevenly lit, blurred and with noise."""
    y, x = np.mgrid[0 : 1 : sheet.height * 1j, 0 : 1 : sheet.width * 1j]
    light = 1 - 0.5 * x - 0.15 * y
    if shadow:
        light *= 1 - 0.4 / (1 + np.exp(-60 * (x + 0.3 * y - 0.7)))
    colours = np.asarray(sheet.filter(ImageFilter.GaussianBlur(1.5))) * light[..., None]
    colours += np.random.default_rng(1).normal(0, noise, (*light.shape, 1))
    return Image.fromarray(colours.clip(0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def difference(image: Ink, other: Ink) -> float:
    return float(np.abs(image - other).mean())


SEVEN = digits()[7]
SHEET = on_sheet(drawn(SEVEN, 120, 12), (320, 240), (90, 50))


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".png", "PNG"),
        (".jpg", "JPEG"),
        (".jpeg", "MPO"),
        (".bmp", "BMP"),
        (".gif", "GIF"),
        (".webp", "WEBP"),
        (".tif", "TIFF"),
    ],
)
def test_every_format_is_read(tmp_path: Path, suffix: str, kind: str) -> None:
    assert suffix in photo.SUFFIXES
    path = tmp_path / f"seven{suffix}"
    SHEET.save(path, kind)
    image = photo.to_image(path)
    assert image.shape == (28, 28)
    assert image.dtype == np.float32
    assert difference(image, rasterize.to_image(SEVEN.strokes)) < ALIKE
    assert np.array_equal(photo.to_image(str(path)), image)
    assert np.array_equal(photo.to_image(path.read_bytes()), image)


def test_heic_is_read_where_pillow_heif_is(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
    path = tmp_path / "seven.heic"
    pillow_heif.from_pillow(SHEET).save(path)
    assert difference(photo.to_image(path), rasterize.to_image(SEVEN.strokes)) < ALIKE


def sixteen_bits(image: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 16)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("negative", [False, True])
def test_every_mode_dark_on_light_and_light_on_dark(mode: str, negative: bool) -> None:
    sheet = SHEET.convert("L")
    if negative:
        sheet = sheet.point(lambda value: 255 - value)
    image = photo.to_image(encoded(sheet.convert(mode)))
    assert difference(image, rasterize.to_image(SEVEN.strokes)) < ALIKE


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits(kind: str) -> None:
    image = photo.to_image(encoded(sixteen_bits(SHEET), kind))
    assert difference(image, rasterize.to_image(SEVEN.strokes)) < ALIKE


def test_numbers_of_any_range() -> None:
    values = 1000 - 3.5 * np.asarray(SHEET.convert("L"), dtype=np.float32)
    values[0, 0] = np.nan
    image = photo.to_image(encoded(Image.fromarray(values), "TIFF"))
    assert difference(image, rasterize.to_image(SEVEN.strokes)) < ALIKE


@pytest.mark.parametrize("pen", [(0, 0, 0), (255, 255, 255), (20, 40, 120), (250, 220, 40)])
def test_transparent_paper(pen: tuple[int, int, int]) -> None:
    digit = drawn(SEVEN, 120, 12)
    sheet = Image.new("RGBA", (digit.width + 40, digit.height + 60), (*pen, 0))
    sheet.paste((*pen, 255), (20, 30, 20 + digit.width, 30 + digit.height), digit)
    image = photo.to_image(encoded(sheet))
    assert difference(image, rasterize.to_image(SEVEN.strokes)) < ALIKE


@pytest.mark.parametrize(
    ("pen", "paper"),
    [
        ((200, 40, 40), (40, 120, 40)),  # of the same brightness
        ((30, 50, 170), (250, 240, 150)),
        ((250, 230, 60), (255, 255, 255)),
        ((235, 235, 225), (45, 70, 55)),
    ],
)
def test_colours(pen: tuple[int, ...], paper: tuple[int, ...]) -> None:
    sheet = on_sheet(drawn(SEVEN, 120, 12), (320, 240), (90, 50), pen, paper)
    image = photo.to_image(encoded(sheet))
    assert difference(image, rasterize.to_image(SEVEN.strokes)) < ALIKE


@pytest.mark.parametrize(
    ("orientation", "stored"),
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_exif_turns_the_picture(
    orientation: int, stored: Image.Transpose | None, kind: str
) -> None:
    sheet = SHEET if stored is None else SHEET.transpose(stored)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = photo.to_image(encoded(sheet, kind, exif=exif, quality=95))
    assert difference(image, rasterize.to_image(SEVEN.strokes)) < ALIKE


@pytest.mark.parametrize("sample", digits(), ids=lambda sample: str(sample.label))
def test_a_picture_of_strokes_is_read_as_the_strokes_are(sample: Sample) -> None:
    sheet = on_sheet(drawn(sample, 200, 22), (400, 300), (100, 20))
    assert difference(photo.to_image(encoded(sheet)), rasterize.to_image(sample.strokes)) < ALIKE


@pytest.mark.parametrize("height", [24, 60, 150, 600])
def test_any_size_and_place(height: int) -> None:
    digit = drawn(SEVEN, height, 0.1 * height)
    for at in [(5, 5), (height, 2 * height), (3 * height, 17)]:
        sheet = on_sheet(digit, (5 * height, 4 * height), at)
        assert difference(photo.to_image(encoded(sheet)), rasterize.to_image(SEVEN.strokes)) < ALIKE


def test_cut_out_with_nothing_around() -> None:
    digit = drawn(SEVEN, 120, 12)
    box = digit.getbbox()
    assert box is not None
    image = photo.to_image(encoded(digit.crop(box)))
    assert difference(image, rasterize.to_image(SEVEN.strokes)) < ALIKE


@pytest.mark.parametrize("pen", [2, 4, 12, 40, 90])
def test_a_hairline_and_a_marker_look_alike(pen: int) -> None:
    sheet = on_sheet(drawn(SEVEN, 500, pen), (1800, 1200), (700, 300))
    image = photo.to_image(encoded(sheet))
    # Not wider and not narrower than MNIST's.
    width = min(max(pen * rasterize.BOX / 500, 2.0), 3.8)
    assert difference(image, rasterize.to_image(SEVEN.strokes, width)) < ALIKE
    assert image.max() > 0.9


@pytest.mark.parametrize("sample", digits()[::3], ids=lambda sample: str(sample.label))
@pytest.mark.parametrize("shadow", [False, True])
def test_a_photograph(sample: Sample, shadow: bool) -> None:
    sheet = on_sheet(drawn(sample, 300, 14), (1200, 900), (500, 300))
    data = encoded(photographed(sheet, shadow=shadow), "JPEG", quality=80)
    assert difference(photo.to_image(data), rasterize.to_image(sample.strokes)) < ALIKE


@pytest.mark.parametrize("tilt", [0, 2.5])
@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("colour", [(160, 180, 220), (125, 130, 140)])
def test_ruled_paper(tilt: float, squared: bool, colour: tuple[int, int, int]) -> None:
    sheet = Image.new("RGB", (1000, 800), (240, 238, 230))
    draw = ImageDraw.Draw(sheet)
    for at in range(20, 1000, 45):
        draw.line((0, at, 1000, at), colour, 3)
        if squared:
            draw.line((at, 0, at, 800), colour, 3)
    sheet = sheet.rotate(tilt, Image.Resampling.BICUBIC).crop((50, 50, 950, 750))
    digit = drawn(SEVEN, 300, 9)
    sheet.paste((40, 40, 60), (350, 200, 350 + digit.width, 200 + digit.height), digit)
    image = photo.to_image(encoded(photographed(sheet), "JPEG"))
    assert difference(image, rasterize.to_image(SEVEN.strokes)) < ALIKE


@pytest.mark.parametrize("turned", [-8, 0, 5])
def test_a_sheet_on_a_dark_table(turned: float) -> None:
    sheet = on_sheet(drawn(SEVEN, 300, 14), (900, 700), (350, 200))
    table = Image.new("RGB", (1200, 1000), (70, 50, 35))
    whole = Image.new("L", sheet.size, 255)
    table.paste(
        sheet.rotate(turned, Image.Resampling.BICUBIC, expand=True),
        (120, 90),
        whole.rotate(turned, expand=True),
    )
    turned_strokes = [
        stroke @ [[np.cos(a := np.deg2rad(turned)), -np.sin(a)], [np.sin(a), np.cos(a)]]
        for stroke in SEVEN.strokes
    ]
    image = photo.to_image(encoded(photographed(table), "JPEG"))
    assert difference(image, rasterize.to_image(turned_strokes)) < ALIKE


def test_a_noisy_picture() -> None:
    sheet = on_sheet(drawn(SEVEN, 150, 9), (400, 300), (120, 60), pen=(80, 80, 80))
    data = encoded(photographed(sheet, noise=20), "JPEG")
    assert difference(photo.to_image(data), rasterize.to_image(SEVEN.strokes)) < ALIKE


def test_specks_and_what_the_edge_cuts_off_are_left_away() -> None:
    sheet = SHEET.copy()
    draw = ImageDraw.Draw(sheet)
    draw.line((0, 20, 60, 0), (0, 0, 0), 9)
    draw.rectangle((20, 150, 22, 152), (0, 0, 0))
    draw.rectangle((250, 60, 252, 61), (0, 0, 0))
    assert difference(photo.to_image(encoded(sheet)), rasterize.to_image(SEVEN.strokes)) < ALIKE


@pytest.mark.parametrize("negative", [False, True])
def test_mnists_images_come_back_as_they_are(negative: bool) -> None:
    boldest = [7845, 7853, 7897, 7904, 8105, 8115]
    test = mnist().test.take([*range(300), *boldest])
    same = jpeg = 0
    for row in test.images:
        pixels = row.reshape(28, 28)
        sheet = Image.fromarray(255 - pixels if negative else pixels)
        image = photo.to_image(encoded(sheet))
        same += np.array_equal(np.rint(image * 255).astype(np.uint8), pixels)
        image = photo.to_image(encoded(sheet, "JPEG", quality=90))
        jpeg += difference(image, pixels / np.float32(255)) < 0.03
    # A few of them are not as large or not as much in the middle as the others.
    assert same >= 0.99 * len(test)
    assert jpeg >= 0.98 * len(test)


def test_enlarged_mnist_is_read_as_mnist() -> None:
    differences = []
    for row in mnist().test.images[:30]:
        pixels = Image.fromarray(255 - row.reshape(28, 28))
        sheet = Image.new("L", (700, 500), 255)
        sheet.paste(pixels.resize((280, 280), Image.Resampling.BICUBIC), (300, 100))
        image = photo.to_image(encoded(sheet))
        differences.append(difference(image, row.reshape(28, 28) / np.float32(255)))
    # The enlarged image has lost MNIST's steep edges.
    assert np.mean(differences) < 0.04
    assert max(differences) < 0.1


def test_the_shipped_model_reads_the_examples() -> None:
    path = paths.models() / "digitpad.npz"
    if not path.is_file():
        pytest.skip("there is no models/digitpad.npz: train it with “digitpad train”")
    network = model_file.load(path).network
    pictures = dataset.load(EXAMPLES)
    assert len(pictures) >= 5
    strokes = [dataset.load(path) for path in sorted(EXAMPLES.glob("*.jsonl"))]
    for examples in (pictures, *strokes):
        read = network.feed_forward(examples.inputs()).argmax(axis=1)
        assert read.tolist() == examples.labels.tolist()


def test_the_examples_are_small() -> None:
    assert sum(path.stat().st_size for path in EXAMPLES.iterdir()) < 300_000


# -- refusals ------------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_declares(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(9_000, 9_000), (12_000, 12_000), (60_000, 60_000)])
def test_declared_sizes_are_not_believed(size: tuple[int, int]) -> None:
    with pytest.raises(DigitpadError, match="too many pixels"):
        photo.to_image(png_that_declares(*size))


def test_a_large_jpeg_is_decoded_in_part() -> None:
    # 80 million pixels, more than would be decoded of another format.
    sheet = on_sheet(drawn(SEVEN, 600, 40), (2_000, 2_000), (700, 700)).convert("L")
    data = encoded(sheet.resize((8_960, 8_960), Image.Resampling.NEAREST), "JPEG", quality=60)
    assert difference(photo.to_image(data), rasterize.to_image(SEVEN.strokes)) < ALIKE


def test_a_jpeg_of_very_many_scans_is_refused() -> None:
    data = encoded(SHEET, "JPEG", progressive=True)
    start = data.index(b"\xff\xda")
    scan = data[start : data.index(b"\xff", start + 2)]
    with pytest.raises(DigitpadError, match="too many scans"):
        photo.to_image(data[:start] + 100 * scan + data[start:])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_cut_short(tmp_path: Path, kind: str, part: float) -> None:
    data = encoded(SHEET, kind)
    path = tmp_path / "half.png"
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(DigitpadError, match=r"“half\.png” is (damaged|not a picture)"):
        photo.to_image(path)


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\0" * 5000, b"%PDF-1.7", b"<svg></svg>", b"GIF89a", b"BM", b"II*\0"]
)
def test_what_is_no_picture(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "thing.png"
    path.write_bytes(data)
    with pytest.raises(DigitpadError, match=r"thing\.png.*: choose"):
        photo.to_image(path)
    with pytest.raises(DigitpadError, match=r"^The picture .*: choose"):
        photo.to_image(data)


def test_damage_of_any_kind_is_said_in_a_sentence() -> None:
    generator = np.random.default_rng(3)
    for kind in ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF"):
        data = encoded(SHEET, kind)
        for _ in range(15):
            broken = bytearray(data)
            for place in generator.integers(0, len(data), size=8):
                broken[place] = generator.integers(256)
            with contextlib.suppress(DigitpadError):  # and no other
                image = photo.to_image(bytes(broken))
                assert image.shape == (28, 28)
                assert np.isfinite(image).all()


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.png", tmp_path, Path("/dev/zero")):
        with pytest.raises(DigitpadError, match=r"does not exist|not a regular file"):
            photo.to_image(path)


@pytest.mark.parametrize(("suffix", "kind"), [("jfif", "JPEG"), ("avif", "AVIF"), ("", "WEBP")])
def test_formats_by_content_whatever_the_name(tmp_path: Path, suffix: str, kind: str) -> None:
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    path = tmp_path / f"digit.{suffix}"
    SHEET.save(path, kind)
    assert np.abs(photo.to_image(path) - photo.to_image(encoded(SHEET))).mean() < 0.02


def test_heic_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(DigitpadError, match=r"save it as JPEG.*pip install 'digitpad\[heic\]'"):
        photo.to_image(b"\0\0\0\x18ftypheic" + bytes(100))


@pytest.mark.parametrize("grey", [0, 128, 255])
@pytest.mark.parametrize("size", [(1, 1), (28, 28), (3, 500), (640, 480)])
def test_blank(grey: int, size: tuple[int, int]) -> None:
    with pytest.raises(DigitpadError, match="shows no ink"):
        photo.to_image(encoded(Image.new("L", size, grey)))


def test_blank_paper_in_a_photograph() -> None:
    sheet = Image.new("RGB", (900, 700), (240, 238, 230))
    with pytest.raises(DigitpadError, match="shows no ink"):
        photo.to_image(encoded(photographed(sheet), "JPEG"))


def test_wholly_transparent() -> None:
    with pytest.raises(DigitpadError, match="shows no ink"):
        photo.to_image(encoded(Image.new("RGBA", (50, 50), (0, 0, 0, 0))))


def test_tiny_and_odd_shapes_are_read_or_refused() -> None:
    generator = np.random.default_rng(4)
    for size in [(1, 2), (2, 2), (1, 400), (400, 1), (5, 3), (29, 28)]:
        sheet = Image.fromarray(generator.integers(0, 256, size[::-1], dtype=np.uint8))
        try:
            image = photo.to_image(encoded(sheet))
        except DigitpadError:
            continue
        assert image.shape == (28, 28)
        assert np.isfinite(image).all()
        assert image.max() <= 1


# -- what is not simply one digit on ample paper ---------------------------------------------------


def cropped(picture: Image.Image, margin: int) -> Image.Image:
    """Return a picture with so much paper around its ink."""
    grey = np.asarray(picture.convert("L"))
    ink = grey < 128
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    inside = grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Image.fromarray(np.pad(inside, margin, constant_values=255))


@pytest.mark.parametrize("size", [28, 112])
def test_a_tight_crop_is_read_as_one_with_ample_paper(size: int) -> None:
    model = model_file.shipped()
    alike = total = 0
    for image in mnist().test.images[:40]:
        digit = Image.fromarray(255 - image.reshape(28, 28)).resize(
            (size, size), Image.Resampling.BICUBIC
        )
        answers: list[int | None] = []
        for margin in (0, 1, 2, 3, 4, 20):
            try:
                image = photo.to_image(encoded(cropped(digit, margin)))
                answers.append(recognise(model, image).digit)
            except DigitpadError:
                answers.append(None)
        alike += sum(answer == answers[-1] for answer in answers[:-1])
        total += len(answers) - 1
    assert alike >= 0.97 * total


def test_an_image_of_28_pixels_is_read_without_its_margin() -> None:
    """Half of a tight crop is lines, which were taken for noise and blurred."""
    model = model_file.shipped()
    for sample in digits():
        if sample.label == 8:  # this one is 9 pixels wide: it leaves no flat paper
            continue
        ink = rasterize.to_image(sample.strokes)
        digit = Image.fromarray(255 - np.rint(ink * 255).astype(np.uint8))
        image = photo.to_image(encoded(cropped(digit, 0)))
        assert recognise(model, image).digit == sample.label


@pytest.mark.parametrize("noise", [2, 15])
def test_only_a_noisy_picture_is_blurred(noise: float) -> None:
    sheet = np.asarray(SHEET.convert("L"), dtype=np.float64)
    grain = np.random.default_rng(0).normal(0, noise, sheet.shape)
    picture = Image.fromarray((0.8 * sheet + grain + 20).clip(0, 255).astype(np.uint8))
    seen = photo.look(encoded(picture)).grey
    paper = seen[:30, :60]
    assert np.std(paper) * 255 == pytest.approx(noise if noise < 10 else 0.28 * noise, rel=0.2)


def test_lines_that_become_thinner_do_not_vanish() -> None:
    """A small picture of noise was a division by zero."""
    for side in (1, 2, 3, 5):
        ink = np.zeros((40, 40), np.float32)
        ink[10 : 10 + side, 20 : 20 + side] = 1
        assert photo._fitted(ink).max() > 0.1


@pytest.mark.parametrize("sample", digits(), ids=lambda sample: str(sample.label))
def test_a_drawn_digit_cut_out_at_its_edges(sample: Sample) -> None:
    digit = ImageOps.invert(drawn(sample, 120, 10))
    expected = photo.to_image(encoded(cropped(digit, 20)))
    for margin in range(5):
        image = photo.to_image(encoded(cropped(digit, margin)))
        assert np.abs(image - expected).mean() < 0.02


def test_a_scan_of_blank_paper_in_sixteen_bits_has_no_ink() -> None:
    paper = np.random.default_rng(0).normal(60_000, 150, (300, 200))
    paper[40:43, 50:53] -= 900  # a speck
    with pytest.raises(DigitpadError, match="shows no ink"):
        photo.to_image(encoded(Image.fromarray(paper.astype(np.uint16))))
    digit = np.asarray(SHEET.convert("L"), dtype=np.uint16)
    for scale in (4, 16, 257):  # 10, 12 and 16 bits
        image = photo.to_image(encoded(Image.fromarray(digit * np.uint16(scale))))
        assert np.abs(image - photo.to_image(encoded(SHEET))).mean() < 0.01


@needs_resource
@pytest.mark.parametrize(("kind", "mode"), [("PNG", "LA"), ("PNG", "P"), ("WEBP", "RGB")])
def test_a_small_file_of_many_pixels_takes_little_memory(
    tmp_path: Path, kind: str, mode: str
) -> None:
    path = tmp_path / "blank"
    # As large as is read at all, and larger.
    for side, message in ((5_000, "shows no ink"), (7_700, "too many pixels")):
        picture = Image.new(mode, (side, side))
        picture.save(path, kind, **({"transparency": 0} if mode == "P" else {}))
        assert path.stat().st_size < 200_000
        refusal, mib = read_elsewhere("digitpad.drawing.photo:to_image", path)
        assert message in refusal
        assert mib < 500


def animation(*frames: Image.Image) -> bytes:
    content = io.BytesIO()
    frames[0].save(content, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return content.getvalue()


def test_an_animation_that_begins_blank() -> None:
    digit = SHEET.convert("L")
    blank = Image.new("L", digit.size, 255)
    half = digit.copy()
    half.paste(255, (0, 0, digit.width, digit.height // 2))
    expected = photo.to_image(encoded(digit))
    for frames in ((blank, half, digit), (digit, blank), (blank, digit, blank)):
        assert np.abs(photo.to_image(animation(*frames)) - expected).mean() < 0.01
    with pytest.raises(DigitpadError, match="shows no ink"):
        photo.to_image(animation(blank, blank.point(lambda grey: grey - 1)))


@pytest.mark.parametrize(("side", "is_found"), [(300, True), (3_000, False)])
def test_few_frames_of_a_large_animation_are_decoded(side: int, is_found: bool) -> None:
    """Thirty blank frames of 25 million pixels took 47 seconds."""
    frames = [Image.new("L", (side, side), 250 + number) for number in range(6)]
    frames[4].paste(0, (side // 2, side // 4, side // 2 + side // 20, side // 2))
    if is_found:
        assert photo.to_image(animation(*frames)).max() > 0.9
    else:
        with pytest.raises(DigitpadError, match="shows no ink"):
            photo.to_image(animation(*frames))


@pytest.mark.parametrize("gap", [6, 20, 80, 200])
@pytest.mark.parametrize("down", [False, True])
def test_several_digits_are_not_answered_by_one_of_them(gap: int, down: bool) -> None:
    three = [255 - np.asarray(drawn(sample, 100, 9)) for sample in digits()[3:6]]
    size = max(max(digit.shape) for digit in three)
    squares = [
        np.pad(d, [(0, size - d.shape[0]), (0, size - d.shape[1])], constant_values=255)
        for d in three
    ]
    paper = np.full((gap, size) if down else (size, gap), 255, np.uint8)
    row = np.concatenate(
        [part for square in squares for part in (square, paper)], axis=0 if down else 1
    )
    picture = Image.fromarray(np.pad(row, 30, constant_values=255))
    with pytest.raises(DigitpadError, match="more than one digit"):
        photo.to_image(encoded(picture))


# -- where the limits are --------------------------------------------------------------------------


def test_an_image_has_the_shades_of_a_byte() -> None:
    image = photo.to_image(encoded(photographed(SHEET)))
    assert np.array_equal(image, (np.rint(image * 255) / 255).astype(np.float32))
    assert image.min() == 0
    assert image.max() == 1


def test_the_picture_is_kept_as_small_as_it_is_looked_at() -> None:
    photograph = photo.read(encoded(SHEET))
    assert np.array_equal(photograph.pixels, np.asarray(SHEET))
    rows, columns = np.nonzero(photograph.pixels[..., 0] < 135)
    ink = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    assert photograph.box == pytest.approx(ink, abs=1)
    large = on_sheet(drawn(SEVEN, 500, 50), (1000, 600), (400, 20))
    wide, tall = (
        photo.read(encoded(large)),
        photo.read(encoded(large.transpose(Image.Transpose.ROTATE_90))),
    )
    assert wide.pixels.shape == (240, 400, 3)
    assert tall.pixels.shape == (400, 240, 3)
    assert wide.pixels.dtype == np.uint8
    # The same digit, so many times smaller.
    rows, columns = np.nonzero(np.asarray(large)[..., 0] < 135)
    ink = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    assert wide.box == pytest.approx([0.4 * side for side in ink], abs=1)


def test_nothing_of_the_ink_is_an_empty_image() -> None:
    sheet = photo.look(encoded(SHEET))
    elsewhere = np.zeros_like(sheet.found.mask)
    elsewhere[5:15, 5:15] = True
    assert not sheet.image(elsewhere).any()
    assert np.array_equal(sheet.image(sheet.found.mask), sheet.digit)


@pytest.mark.parametrize("sample", digits(), ids=lambda sample: str(sample.label))
@pytest.mark.parametrize("height", [100, 400])
def test_the_longer_side_is_20_pixels_and_the_centre_of_mass_in_the_middle(
    sample: Sample, height: int
) -> None:
    sheet = on_sheet(drawn(sample, height, 0.1 * height), (2 * height, 2 * height), (30, 50))
    image = photo.to_image(encoded(sheet))
    rows, columns = np.nonzero(image > 0.5)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(20, abs=1)
    middles = np.arange(28) + 0.5
    assert image.sum(axis=0) @ middles / image.sum() == pytest.approx(rasterize.MIDDLE, abs=0.1)
    assert image.sum(axis=1) @ middles / image.sum() == pytest.approx(rasterize.MIDDLE, abs=0.1)


@pytest.mark.parametrize("turns", range(4))
def test_centring_moves_no_ink_out_of_the_image(turns: int) -> None:
    picture = np.full((300, 300), 255, np.uint8)
    picture[40:240, 145:155] = 0
    picture[190:240, 120:180] = 0  # so heavy that the middle would be far below
    image = np.rot90(photo.to_image(encoded(Image.fromarray(np.rot90(picture, turns)))), -turns)
    # 20 rows, from the upper edge: as far up as the box may go.
    inked = image.max(axis=1) > 0.3
    assert inked[:20].all()
    assert not inked[21:].any()
    assert image[19].sum() > 2 * image[2].sum() > 0


@pytest.mark.parametrize("axis", [0, 1])
def test_only_what_is_in_the_middle_like_mnist_is_taken_as_it_is(axis: int) -> None:
    images = mnist().test.images[:200:10].reshape(-1, 28, 28)
    for shift, alike in ((0, True), (3, False), (-3, False)):
        same = 0
        for pixels in images:
            moved = np.roll(pixels, shift, axis)
            image = np.rint(photo.to_image(encoded(Image.fromarray(moved))) * 255)
            same += np.array_equal(image, moved)
        # A few of them are not as large or not as much in the middle as the others.
        assert same >= len(images) - 1 if alike else same == 0


def test_a_file_of_the_largest_size_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encoded(SHEET)
    path = tmp_path / "seven.png"
    path.write_bytes(data)
    monkeypatch.setattr(limits, "MAX_PICTURE_BYTES", len(data))
    assert np.array_equal(photo.to_image(data), photo.to_image(path))
    monkeypatch.setattr(limits, "MAX_PICTURE_BYTES", len(data) - 1)
    for source, name in ((data, "^The picture"), (path, "^“seven.png”")):
        with pytest.raises(DigitpadError, match=name):
            photo.to_image(source)


def test_how_large_a_file_is_and_may_be_is_said() -> None:
    data = bytes(limits.MAX_PICTURE_BYTES + (5 << 20))
    most = limits.MAX_PICTURE_BYTES >> 20
    with pytest.raises(DigitpadError, match=rf"has {most + 5} MiB: .* at most {most} MiB"):
        photo.to_image(data)


COLOURS = SHEET.convert("P")
ALL_PIXELS, HALF, COPIED = "_MAX_PIXELS", "_MAX_DECODED", "_MAX_COPIED"
PICTURES = {
    "grey": (encoded(SHEET.convert("L")), HALF),
    "black and white": (encoded(SHEET.convert("1")), HALF),
    "colours": (encoded(SHEET), HALF),
    "palette": (encoded(COLOURS), HALF),
    "still GIF": (encoded(COLOURS, "GIF"), HALF),
    "JPEG": (encoded(SHEET, "JPEG"), HALF),
    "transparency": (encoded(SHEET.convert("RGBA")), COPIED),
    "transparent palette": (encoded(COLOURS, transparency=0), COPIED),
    "16 bits": (encoded(sixteen_bits(SHEET)), COPIED),
    "WebP": (encoded(SHEET, "WEBP"), COPIED),
    "animation": (animation(SHEET.convert("L"), Image.new("L", SHEET.size)), COPIED),
}


@pytest.mark.parametrize("kind", PICTURES)
def test_as_many_pixels_as_may_be_are_read(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data, limit = PICTURES[kind]
    pixels = SHEET.width * SHEET.height
    expected = photo.to_image(data)
    for name in (ALL_PIXELS, limit):
        monkeypatch.setattr(photo, name, pixels)
    assert np.array_equal(photo.to_image(data), expected)
    for name in (ALL_PIXELS, limit):
        monkeypatch.setattr(photo, name, pixels - 1)
        with pytest.raises(DigitpadError, match="too many pixels"):
            photo.to_image(data)
        monkeypatch.setattr(photo, name, pixels)


def test_as_many_scans_as_may_be_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(SHEET, "JPEG", progressive=True)
    scans = data.count(b"\xff\xda")
    assert scans > 1
    monkeypatch.setattr(photo, "_MAX_SCANS", scans)
    assert photo.to_image(data).any()
    monkeypatch.setattr(photo, "_MAX_SCANS", scans - 1)
    with pytest.raises(DigitpadError, match="too many scans"):
        photo.to_image(data)
    assert photo.to_image(encoded(SHEET, "JPEG")).any()


def blank_frames(count: int) -> list[Image.Image]:
    return [Image.new("L", SHEET.size, 255 - number) for number in range(count)]


@pytest.mark.parametrize(("place", "is_found"), [(1, True), (19, True), (20, False)])
def test_twenty_frames_are_looked_at(place: int, is_found: bool) -> None:
    frames = blank_frames(25)
    frames[place] = SHEET.convert("L")
    if is_found:
        assert difference(photo.to_image(animation(*frames)), photo.to_image(encoded(SHEET))) < 0.01
    else:
        with pytest.raises(DigitpadError, match="shows no ink"):
            photo.to_image(animation(*frames))


def test_the_first_frame_counts_before_the_last_and_that_before_the_others() -> None:
    three, seven, four = (
        on_sheet(drawn(digits()[number], 120, 12), SHEET.size, (90, 50)).convert("L")
        for number in (3, 7, 4)
    )
    (blank,) = blank_frames(1)
    for frames, expected in (
        ((three, seven, four), three),
        ((blank, three, seven), seven),
        ((blank, three, seven, Image.new("L", SHEET.size, 253)), seven),
    ):
        image = photo.to_image(animation(*frames))
        assert difference(image, photo.to_image(encoded(expected))) < 0.01


def test_frames_are_counted_by_the_pixels_that_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = blank_frames(6)
    frames[3] = SHEET.convert("L")
    data, pixels = animation(*frames), SHEET.width * SHEET.height
    # To step back through n frames decodes about n²/2 of them.
    monkeypatch.setattr(photo, "_MAX_FRAME_PIXELS", 8 * pixels)
    assert photo.to_image(data).any()
    monkeypatch.setattr(photo, "_MAX_FRAME_PIXELS", 8 * pixels - 1)
    with pytest.raises(DigitpadError, match="shows no ink"):
        photo.to_image(data)


@pytest.mark.parametrize("most", [255, 1023, 4095, 16383, 65535, 200, 1000, 60_000])
def test_sixteen_bits_of_every_range(most: int) -> None:
    grey = np.asarray(SHEET.convert("L"), dtype=np.float64)
    full = next(scale for scale in (255, 1023, 4095, 16383, 65535) if scale >= most)
    values = np.rint((grey - grey.min()) / np.ptp(grey) * most).astype(np.uint16)
    # As bright as its part of the scanner's range.
    same = Image.fromarray((values * (255 / full)).astype(np.uint8))
    image = photo.to_image(encoded(Image.fromarray(values)))
    assert np.array_equal(image, photo.to_image(encoded(same)))


@pytest.mark.parametrize(("times", "plus"), [(1000, 0), (1000, -50_000), (10, -1)])
def test_numbers_beyond_sixteen_bits_are_stretched(times: int, plus: int) -> None:
    values = np.asarray(SHEET.convert("L"), dtype=np.int32) * times + plus
    image = photo.to_image(encoded(Image.fromarray(values), "TIFF"))
    assert difference(image, rasterize.to_image(SEVEN.strokes)) < ALIKE


def test_numbers_that_are_not_finite_are_black() -> None:
    values = np.asarray(SHEET.convert("L"), dtype=np.float32) / np.float32(255)
    expected = photo.to_image(encoded(SHEET.convert("L")))
    values[0, :3] = np.nan, np.inf, -np.inf
    image = photo.to_image(encoded(Image.fromarray(values), "TIFF"))
    assert difference(image, expected) < 0.01


@pytest.mark.parametrize(
    "brand", [b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis", b"avis"]
)
def test_heic_of_every_brand(brand: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    expected = "not a picture" if brand == b"avis" else "is a HEIC picture"
    with pytest.raises(DigitpadError, match=rf"^The picture .*{expected}|{expected}"):
        photo.to_image(b"\0\0\0\x18ftyp" + brand + bytes(100))


@pytest.mark.parametrize(
    ("side", "is_large"), [(1999, False), (2001, True)], ids=["small", "large"]
)
def test_a_picture_of_more_than_4_million_pixels_is_large(
    tmp_path: Path, side: int, *, is_large: bool
) -> None:
    path = tmp_path / "one.png"
    Image.new("L", (2000, side), 255).save(path)
    assert photo.is_large(path) is is_large
    assert photo.is_large(path.read_bytes()) is is_large


def test_what_is_no_picture_is_not_large(tmp_path: Path) -> None:
    path = tmp_path / "strokes.txt"
    path.write_bytes(b"x" * 10_000)
    for source in (path, tmp_path / "gone.png", tmp_path, b"", b"x" * 10_000):
        assert not photo.is_large(source)
