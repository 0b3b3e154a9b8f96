"""Stroke files: what is written is read back, and what is wrong is named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from digitpad.drawing.strokes import Sample, read_strokes, write_strokes
from digitpad.errors import DigitpadError

STROKES = Path(__file__).resolve().parents[3] / "shared" / "strokes"


def same(sample: Sample, other: Sample) -> bool:
    return (
        sample.label == other.label
        and sample.extra == other.extra
        and len(sample.strokes) == len(other.strokes)
        and all(map(np.array_equal, sample.strokes, other.strokes))
    )


finite = st.floats(allow_nan=False, allow_infinity=False)
written = st.builds(
    Sample,
    st.none() | st.integers(0, 9),
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(2, 3)).flatmap(
            lambda shape: arrays(np.float64, shape, elements=finite)
        ),
        max_size=3,
    ).map(tuple),
    st.dictionaries(
        st.text(max_size=5).filter(lambda key: key not in ("label", "strokes")),
        st.none() | st.text(max_size=5) | st.integers() | st.lists(finite, max_size=2),
        max_size=2,
    ),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(written, max_size=4), st.booleans())
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Sample], zipped: bool
) -> None:
    path = tmp_path_factory.mktemp("strokes") / ("s.jsonl.gz" if zipped else "s.jsonl")
    write_strokes(path, drawn)
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == zipped
    read = read_strokes(path)
    assert len(read) == len(drawn)
    assert all(map(same, read, drawn))


def test_a_gzipped_file_needs_no_name(tmp_path: Path) -> None:
    path = tmp_path / "strokes.jsonl"
    path.write_bytes(gzip.compress(b'{"label": 3, "strokes": [[[1, 2]]]}\n'))
    assert read_strokes(path)[0].label == 3


def test_blank_lines_and_a_byte_order_mark_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"strokes": [[[1, 2]], []]}\r\n\r\n  \n{"strokes": []}')
    first, second = read_strokes(path)
    assert first.label is None
    assert len(first.strokes) == 1  # an empty stroke is none
    assert second.strokes == ()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("seven", "is not JSON"),
        ("[1, 2]", "has no strokes"),
        ('{"label": 3}', "has no strokes"),
        ('{"label": 10, "strokes": []}', "has the label 10"),
        ('{"label": true, "strokes": []}', "has the label True"),
        ('{"label": "3", "strokes": []}', "has the label '3'"),
        ('{"strokes": 3}', "strokes that are not lists"),
        ('{"strokes": [3]}', "strokes that are not lists"),
        ('{"strokes": [[[1]]]}', "a point that is not"),
        ('{"strokes": [[[1, 2], [1, 2, 3]]]}', "a point that is not"),
        ('{"strokes": [[[1, 2, 3, 4]]]}', "a point that is not"),
        ('{"strokes": [[["1", 2]]]}', "a point that is not"),
        ('{"strokes": [[[true, 2]]]}', "a point that is not"),
        ('{"strokes": [[[NaN, 2]]]}', "the number NaN"),
        ('{"strokes": [[[Infinity, 2]]]}', "the number Infinity"),
        ('{"strokes": [[[1e999, 2]]]}', "infinitely large"),
        ('{"strokes": [[[1' + 400 * "0" + ", 2]]]}", "infinitely large"),
        ("[" * 100_000, "is not JSON"),
        (json.dumps({"strokes": [[[1, 2]] * 100_001]}), "more than 100,000 points"),
        ('{"strokes": "' + (1 << 22) * "x" + '"}', "is longer than 4 MiB"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text('{"label": 1, "strokes": []}\n\n' + line + "\n")
    with pytest.raises(DigitpadError, match=r"^Line 3 of “s\.jsonl” ") as error:
        read_strokes(path)
    assert told in str(error.value)


def test_a_damaged_gzip_file(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl.gz"
    whole = gzip.compress(1000 * b'{"label": 3, "strokes": [[[1, 2]]]}\n')
    for broken in (whole[:-20], whole[:20] + b"\xff\xff\xff" + whole[23:], b"\x1f\x8b\x08"):
        path.write_bytes(broken)
        with pytest.raises(DigitpadError, match=r"“s\.jsonl\.gz” is a damaged gzip file"):
            read_strokes(path)


def test_a_gzip_bomb_is_refused_in_time(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl.gz"
    path.write_bytes(300 * gzip.compress(1024 * (1023 * b" " + b"\n")))
    with pytest.raises(DigitpadError, match="more than 256 MiB of strokes"):
        read_strokes(path)


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.jsonl"):
        with pytest.raises(DigitpadError, match="cannot be read"):
            read_strokes(path)
    with pytest.raises(DigitpadError, match="cannot be written"):
        write_strokes(tmp_path / "no" / "folder.jsonl", [])


def test_letters_have_no_label() -> None:
    path = STROKES / "unipen-1b-letters.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"the real strokes are not there: {path.name} in ../shared/strokes")
    letters = read_strokes(path)
    assert len(letters) == 26 * 200
    assert {sample.label for sample in letters} == {None}
    assert {sample.extra["letter"] for sample in letters} == set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
