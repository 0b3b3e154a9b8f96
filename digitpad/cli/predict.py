"""`digitpad predict`: pictures and stroke files go in, digits and ten activations come out."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitpad.cli import terminal
from digitpad.data.kinds import kind_of
from digitpad.drawing import rasterize
from digitpad.drawing.strokes import Sample, read_strokes
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.recognition.picture import read_picture
from digitpad.recognition.recognise import Reading, Verdict, recognise

_Read: TypeAlias = tuple[NDArray[np.float32], Reading]

# More digits than this get a line each.
_FEW = 12


@dataclass(frozen=True)
class _Drawing:
    """What is to be read: one digit, or a picture of one or more.

    Attributes
    ----------
    path : Path
        Its file.
    number : int or None
        Which one of a stroke file, from 1; None for a picture.
    sample : Sample or None
        Its strokes; None for a picture.
    """

    path: Path
    number: int | None = None
    sample: Sample | None = None

    @property
    def label(self) -> int | None:
        return None if self.sample is None else self.sample.label

    @property
    def title(self) -> str:
        return str(self.path) if self.number is None else f"{self.path}, {self.number}"

    def read(self, model: Model, separator: Model) -> list[_Read]:
        """Return each digit's image and reading."""
        if self.sample is not None:
            image = rasterize.to_image(self.sample.strokes)
            return [(image, recognise(model, image))]
        number = read_picture(model, self.path, separator=separator).number
        return [(digit.image, digit.reading) for digit in number.digits]


def predict(
    files: Sequence[Path], model_path: Path | None = None, *, as_json: bool = False, few: int = _FEW
) -> int:
    """Read files and print what they show.

    Parameters
    ----------
    files : sequence of Path
        Pictures of one or more digits, and stroke files. What is wrong with one is said on
        stderr, and the others are read all the same.
    model_path : Path, optional
        The model file; by default the shipped model.
    as_json : bool
        Print JSON lines instead of something for people.
    few : int
        Up to so many digits are shown as images with their activations.

    Returns
    -------
    int
        0, or 1 if a file could not be read.

    Raises
    ------
    DigitpadError
        If the model cannot be read.
    """
    model = model_file.shipped() if model_path is None else model_file.load(model_path)
    separator = model if model_path is None else model_file.shipped()
    drawings: list[_Drawing] = []
    failures = 0
    for path in files:
        try:
            drawings += _drawings(path)
        except DigitpadError as error:
            terminal.complain(str(error))
            failures += 1
    in_lines = len(drawings) > few
    labelled = right = unsure = 0
    for drawing in drawings:
        try:
            digits = drawing.read(model, separator)
        except DigitpadError as error:
            terminal.complain(str(error))
            failures += 1
            continue
        if len(digits) > 1 and not as_json:
            found = "".join(str(reading.digit) if reading.sure else "?" for _, reading in digits)
            print(f"{drawing.title}: {found} ({len(digits)} digits)")
        for place, (image, reading) in enumerate(digits, start=1):
            part = f"digit {place}" if len(digits) > 1 else ""
            if as_json:
                print(json.dumps(_json(drawing, reading, place if part else None)))
            elif in_lines:
                print(_line(drawing, reading, part))
            else:
                _show(drawing, image, reading, part)
            if drawing.label is not None:
                labelled += 1
                right += reading.sure and reading.digit == drawing.label
                unsure += not reading.sure
    if labelled > 1 and not as_json:
        print(
            f"\nOf {labelled:,} labelled digits read right: {right:,} "
            f"({terminal.percent(right / labelled)}), wrong: {labelled - right - unsure:,}, "
            f"not sure: {unsure:,}"
        )
    return 1 if failures else 0


def _drawings(path: Path) -> Iterator[_Drawing]:
    kind = kind_of(path)
    if kind == "model":
        raise DigitpadError(
            f"“{path}” is a model, not a picture or a stroke file: read with it by “digitpad "
            f"predict --model {path}” and a picture."
        )
    if kind not in ("picture", "strokes"):
        raise DigitpadError(
            f"“{path}” is neither a picture nor a stroke file: read data sets with “digitpad "
            f"evaluate --data {path}”."
        )
    if kind == "picture":
        yield _Drawing(path)
        return
    samples = read_strokes(path)
    if not samples:
        raise DigitpadError(f"“{path}” holds no strokes: choose another file.")
    for number, sample in enumerate(samples, start=1):
        yield _Drawing(path, number, sample)


def _show(drawing: _Drawing, image: NDArray[np.float32], reading: Reading, part: str) -> None:
    label = "" if drawing.label is None else f", labelled {drawing.label}"
    print(part.capitalize() if part else f"{drawing.title}{label}")
    for line in terminal.reading_lines(
        image,
        reading,
        blocks=terminal.shows_blocks(sys.stdout),
        colour=terminal.shows_colour(sys.stdout),
    ):
        print(line)


def _line(drawing: _Drawing, reading: Reading, part: str) -> str:
    words = [
        f"{drawing.title}, {part}:" if part else f"{drawing.title}:",
        str(reading.digit) if reading.sure else "?",
        f"({reading.confidence:.2f})",
    ]
    if not reading.sure:
        words.append(terminal.doubt(reading))
    if drawing.label is not None and not (reading.sure and reading.digit == drawing.label):
        words.append(f"[labelled {drawing.label}]")
    return " ".join(words)


def _json(drawing: _Drawing, reading: Reading, number: int | None) -> dict[str, Any]:
    """Return the object printed for a digit.

    `reason` says why it is not sure: “ambiguous” (it could be either of two digits), “unknown”
    (it does not look like a digit) or “empty” (no ink); it is "" when sure. `place` counts the
    digits of a picture that shows several, from 1.
    """
    place: dict[str, Any] = {"file": str(drawing.path)}
    if drawing.number is not None:
        place |= {"sample": drawing.number, "label": drawing.label}
    if number is not None:
        place["place"] = number
    return place | {
        "digit": reading.digit,
        "sure": reading.sure,
        "reason": "" if reading.verdict is Verdict.SURE else reading.verdict.value,
        "confidence": _number(reading.confidence),
        "activations": [_number(activation) for activation in reading.activations.tolist()],
    }


def _number(value: float) -> float | None:
    # JSON knows no NaN.
    return value if math.isfinite(value) else None
