"""Strokes, and stroke files: JSON lines, one digit on each.

A stroke is an array of points (k, 2), x to the right and y downwards, in any unit; a further column
(pressure) may follow.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitpad.errors import DigitpadError
from digitpad.files import json_text, limits, reading, writing
from digitpad.files.json_text import BadJson

Stroke: TypeAlias = NDArray[np.floating[Any]]

SUFFIXES = (".jsonl", ".jsonl.gz", ".json", ".json.gz")
"""How the names of stroke files end."""

MANY_POINTS = 10_000
"""Samples of more points are thinned when they are read; more than any digit has."""

# The steps of the grid by which samples are thinned, as fractions of the ink's longer side: the
# coarsest is 0.4 pixels of the image.
_STEPS = (1 / 1000, 1 / 500, 1 / 200, 1 / 100, 1 / 50)


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
    """Read a stroke file: JSON lines in UTF-8 or UTF-16, plain or gzipped whatever its name.

    Each line is ``{"label": 7, "strokes": [[[x, y], …], …]}``; the label may be null or missing,
    a point may have a third number (pressure), and other keys are kept in `Sample.extra`.

    Raises
    ------
    DigitpadError
        If the file cannot be read, a line (named by its number) is not such an object, or there
        is more of it than `digitpad.files.limits` allow.
    """
    path = Path(path)
    samples: list[Sample] = []
    size = count = 0
    for number, line in _lines(path):
        size += len(line)
        if size > limits.max_line_bytes(len(samples) + 1):
            raise DigitpadError(
                f"“{path.name}” holds far more than {len(samples):,} digits need: split the file."
            )
        try:
            sample, values = _parsed(line)
        except DigitpadError as error:
            raise DigitpadError(f"Line {number} of “{path.name}” {error}") from None
        samples.append(sample)
        count += 10 * values + sum(len(stroke) + 12 for stroke in sample.strokes)
        if count > limits.MAX_FILE_POINTS:
            raise DigitpadError(
                f"“{path.name}” holds more than {limits.MAX_FILE_POINTS:,} points and other "
                "values: split the file."
            )
    return samples


def _lines(path: Path) -> Iterator[tuple[int, bytes | str]]:
    """Yield the number, from 1, and the content of each line that is not blank."""
    with reading.unpacked(path, limits.MAX_TEXT_BYTES) as file:
        start = file.peek(4)[:4]
        marked = start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        if marked or start[1:2] == b"\0":  # as some editors and shells of Windows write text
            encoding = "utf-16" if marked else "utf-16-le"
            lines: Iterator[bytes | str] = _text_lines(file, encoding, path)
        else:
            lines = iter(partial(file.readline, limits.MAX_LINE_BYTES + 1), b"")
        for number, line in enumerate(lines, start=1):
            if number > limits.MAX_LINES:
                raise DigitpadError(
                    f"“{path.name}” has more than {limits.MAX_LINES:,} lines: split the file."
                )
            if len(line) > limits.MAX_LINE_BYTES:
                raise DigitpadError(
                    f"Line {number} of “{path.name}” is longer than "
                    f"{limits.MAX_LINE_BYTES >> 20} MiB: write one digit on each line."
                )
            if number == 1 and isinstance(line, bytes):
                line = line.removeprefix(codecs.BOM_UTF8)
            if line.strip():
                yield number, line


def _text_lines(file: io.BufferedReader, encoding: str, path: Path) -> Iterator[str]:
    text = io.TextIOWrapper(file, encoding)
    try:
        yield from iter(partial(text.readline, limits.MAX_LINE_BYTES + 1), "")
    except UnicodeError:
        raise DigitpadError(
            f"“{path.name}” is not text in UTF-16: save it as UTF-8 and open it again."
        ) from None
    finally:
        text.detach()


def from_line(line: bytes | str) -> Sample:
    """Return the sample on a line of a stroke file; one of very many points is thinned.

    Raises
    ------
    DigitpadError
        If the line is not such an object; the text completes “Line n of FILE …”.
    """
    return _parsed(line)[0]


def _parsed(line: bytes | str) -> tuple[Sample, int]:
    """Return the sample on a line, and how many values its other keys hold."""
    try:
        content = json_text.loads(line)
    except BadJson as error:
        raise DigitpadError(
            f'{error}: each line must be an object like {{"label": 7, "strokes": [[[x, y], …]]}}.'
        ) from None
    if not isinstance(content, dict) or "strokes" not in content:
        raise DigitpadError(
            'has no strokes: each line must be an object like {"label": 7, "strokes": '
            "[[[x, y], …]]}."
        )
    label = content.pop("label", None)
    if label is not None and (type(label) is not int or not 0 <= label <= 9):
        raise DigitpadError(
            f"has the label {_shortened(label)}: it must be a digit from 0 to 9, or null."
        )
    strokes = content.pop("strokes")
    values = 0
    if content:
        try:
            values = json_text.check(content, max_values=limits.MAX_SAMPLE_VALUES)
        except BadJson as error:
            raise DigitpadError(f"{error} beside its strokes: leave it out.") from None
    if not isinstance(strokes, list) or not all(isinstance(stroke, list) for stroke in strokes):
        raise DigitpadError("has strokes that are not lists of points [x, y].")
    if len(strokes) > limits.MAX_SAMPLE_STROKES:
        raise DigitpadError(
            f"has more than {limits.MAX_SAMPLE_STROKES:,} strokes: no digit needs that many."
        )
    points = sum(map(len, strokes))
    if points > limits.MAX_SAMPLE_POINTS:
        raise DigitpadError(
            f"has more than {limits.MAX_SAMPLE_POINTS:,} points: no digit needs that many."
        )
    strokes = [stroke for stroke in strokes if stroke]
    arrays = _arrays(strokes) if strokes else ()
    if points > MANY_POINTS:
        arrays = _thinned(arrays)
    return Sample(label, arrays, content), values


def _shortened(value: Any) -> str:
    try:
        return f"{value!r:.40}"
    except (ValueError, RecursionError):  # an integer of too many digits, or deep nesting
        return "that it has"


def _thinned(strokes: tuple[Stroke, ...]) -> tuple[Stroke, ...]:
    """Drop points that the image does not show, to no more than `MANY_POINTS`.

    Points in the same cell of a grid as the one before are dropped, on the finest grid that leaves
    few enough.

    Raises
    ------
    DigitpadError
        If even the coarsest grid leaves too many.
    """
    points = np.concatenate([stroke[:, :2] for stroke in strokes])
    with np.errstate(over="ignore"):
        side = float((points.max(axis=0) - points.min(axis=0)).max())
    if not 0 < side < math.inf:
        side = float(np.abs(points).max()) or 1.0
    for step in _STEPS:
        thinned = tuple(_snapped(stroke, side * step) for stroke in strokes)
        if sum(map(len, thinned)) <= MANY_POINTS:
            return thinned
    raise DigitpadError(
        f"has more than {MANY_POINTS:,} points far apart: no digit needs that many."
    )


def _snapped(stroke: Stroke, cell: float) -> Stroke:
    with np.errstate(all="ignore"):
        cells = np.floor(stroke[:, :2] / cell)
    moved = (cells[1:] != cells[:-1]).any(axis=1)
    # The first and the last point stay, and so do both ends of a step from one cell to another.
    kept = np.concatenate([[True], moved])
    kept[-1] = True
    snapped: Stroke = stroke[kept]
    return snapped


def _arrays(strokes: list[list[Any]]) -> tuple[Stroke, ...]:
    """Return the strokes as arrays, views of one.

    Raises
    ------
    DigitpadError
        If they are not lists of two or three finite numbers.
    """
    # One step for all strokes each, and sets, keep this quick: a file holds millions of numbers.
    points = list(chain.from_iterable(strokes))
    if set(map(type, points)) != {list}:
        raise _not_points()
    widths = set(map(len, points))
    numbers = list(chain.from_iterable(points))
    if not widths <= {2, 3} or not set(map(type, numbers)) <= {int, float}:
        raise _not_points()
    if len(widths) > 1 and any(len(set(map(len, stroke))) > 1 for stroke in strokes):
        raise _not_points()
    try:
        array = np.array(numbers, dtype=np.float64)
    except OverflowError:
        array = np.array([math.inf])
    if not np.isfinite(array).all():
        raise DigitpadError("has a number that is infinitely large: points must be finite.")
    arrays = []
    end = 0
    for stroke in strokes:
        begin, end = end, end + len(stroke) * len(stroke[0])
        arrays.append(array[begin:end].reshape(len(stroke), -1))
    return tuple(arrays)


def _not_points() -> DigitpadError:
    return DigitpadError(
        "has a point that is not [x, y] or [x, y, pressure] in numbers, "
        "all points of a stroke alike."
    )


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
