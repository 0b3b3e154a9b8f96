"""Strokes, and stroke files: JSON lines, one digit on each.

A stroke is an array of points (k, 2), x to the right and y downwards, in any unit; a further column
(pressure) may follow.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitpad.errors import DigitpadError
from digitpad.files import writing

Stroke: TypeAlias = NDArray[np.floating[Any]]

SUFFIXES = (".jsonl", ".jsonl.gz", ".json", ".json.gz")
"""How the names of stroke files end."""

# The limits of a stroke file. A quarter of a GiB of text is half a million digits.
_MAX_BYTES = 1 << 28
_MAX_BYTES_A_LINE = 1 << 22
_MAX_POINTS = 100_000
_MAX_SAMPLES = 1_000_000


@dataclass(frozen=True, eq=False)
class Sample:
    """The strokes of one digit and what they mean.

    Attributes
    ----------
    label : int or None
        The digit, 0 to 9; None if it is unknown or a non-digit.
    strokes : tuple of (k, 2) or (k, 3) float64
        As for `to_image`.
    extra : dict
        The sample's other keys: the writer, the source, …
    """

    label: int | None
    strokes: tuple[Stroke, ...]
    extra: dict[str, Any] = field(default_factory=dict)


def read_strokes(path: str | Path) -> list[Sample]:
    """Read a stroke file: JSON lines, plain or gzipped whatever its name.

    Each line is ``{"label": 7, "strokes": [[[x, y], …], …]}``; the label may be null or missing,
    a point may have a third number (pressure), and other keys are kept in `Sample.extra`.

    Raises
    ------
    DigitpadError
        If the file cannot be read, a line (named by its number) is not such an object, or there
        is more than 256 MiB of it.
    """
    path = Path(path)
    samples: list[Sample] = []
    for number, line in _lines(path):
        try:
            sample = from_line(line)
        except DigitpadError as error:
            raise DigitpadError(f"Line {number} of “{path.name}” {error}") from None
        if len(samples) == _MAX_SAMPLES:
            raise DigitpadError(
                f"“{path.name}” holds more than {_MAX_SAMPLES:,} samples: split the file."
            )
        samples.append(sample)
    return samples


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the number, from 1, and the content of each line that is not blank."""
    try:
        with path.open("rb") as raw:
            zipped = raw.peek(2)[:2] == b"\x1f\x8b"
            file: BinaryIO = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if zipped else raw
            total = 0
            number = 0
            while line := file.readline(_MAX_BYTES_A_LINE + 1):
                number += 1
                total += len(line)
                if len(line) > _MAX_BYTES_A_LINE:
                    raise DigitpadError(
                        f"Line {number} of “{path.name}” is longer than "
                        f"{_MAX_BYTES_A_LINE >> 20} MiB: write one digit on each line."
                    )
                if total > _MAX_BYTES:
                    raise DigitpadError(
                        f"“{path.name}” holds more than {_MAX_BYTES >> 20} MiB of strokes: "
                        "split the file."
                    )
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    yield number, line
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DigitpadError(
            f"“{path.name}” is a damaged gzip file ({error}): obtain it again."
        ) from None
    except OSError as error:
        raise DigitpadError(
            f"“{path}” cannot be read ({error.strerror or error}): choose another file."
        ) from None


def from_line(line: bytes) -> Sample:
    """Return the sample on a line of a stroke file.

    Raises
    ------
    DigitpadError
        If the line is not such an object; the text completes “Line n of FILE …”.
    """
    try:
        content = json.loads(line, parse_constant=_refuse_constant)
    except DigitpadError:
        raise
    except (ValueError, RecursionError):
        raise DigitpadError(
            'is not JSON: each line must be an object like {"label": 7, "strokes": [[[x, y], …]]}.'
        ) from None
    if not isinstance(content, dict) or "strokes" not in content:
        raise DigitpadError(
            'has no strokes: each line must be an object like {"label": 7, "strokes": '
            "[[[x, y], …]]}."
        )
    label = content.pop("label", None)
    if label is not None and (type(label) is not int or not 0 <= label <= 9):
        raise DigitpadError(
            f"has the label {label!r:.40}: it must be a digit from 0 to 9, or null."
        )
    strokes = content.pop("strokes")
    if not isinstance(strokes, list) or not all(isinstance(stroke, list) for stroke in strokes):
        raise DigitpadError("has strokes that are not lists of points [x, y].")
    if sum(map(len, strokes)) > _MAX_POINTS:
        raise DigitpadError(f"has more than {_MAX_POINTS:,} points: no digit needs that many.")
    arrays = tuple(_stroke_of_numbers(stroke) for stroke in strokes if stroke)
    return Sample(label, arrays, content)


def _stroke_of_numbers(stroke: list[Any]) -> Stroke:
    # Sets keep this quick: most of the time that a file takes goes into its numbers.
    columns = set(map(len, stroke)) if set(map(type, stroke)) == {list} else set()
    kinds = set(map(type, chain.from_iterable(stroke))) if columns else set()
    if columns not in ({2}, {3}) or not kinds <= {int, float}:
        raise DigitpadError(
            "has a point that is not [x, y] or [x, y, pressure] in numbers, "
            "all points of a stroke alike."
        )
    try:
        points = np.array(stroke, dtype=np.float64)
    except OverflowError:
        points = np.array([math.inf])
    if not np.isfinite(points).all():
        raise DigitpadError("has a number that is infinitely large: points must be finite.")
    return points


def _refuse_constant(name: str) -> NoReturn:
    raise DigitpadError(f"has the number {name}: points must be finite.")


def write_strokes(path: str | Path, samples: Iterable[Sample]) -> None:
    """Write a stroke file that `read_strokes` reads back equal; gzipped if it is named ….gz.

    Raises
    ------
    DigitpadError
        If the file cannot be written; it is then as it was.
    """
    path = Path(path)
    data = b"".join(map(to_line, samples))
    if path.suffix == ".gz":
        data = gzip.compress(data, mtime=0)
    try:
        writing.replace(path, data)
    except OSError as error:
        raise DigitpadError(
            f"“{path}” cannot be written ({error.strerror or error}): choose another place."
        ) from None


def to_line(sample: Sample) -> bytes:
    """Return a sample as a line of a stroke file, its end included; `from_line` reads it."""
    strokes = [np.asarray(stroke, dtype=np.float64).tolist() for stroke in sample.strokes]
    content = {"label": sample.label, **sample.extra, "strokes": strokes}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
    # Half of a surrogate pair cannot be encoded, but JSON can escape it: "\\ud800".
    return text.encode(errors="backslashreplace")
