"""Stroke files: what is written is read back, and what is wrong is named."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from digitpad.drawing.rasterize import to_image
from digitpad.drawing.strokes import (
    MANY_POINTS,
    Sample,
    Stroke,
    from_line,
    read_strokes,
    to_line,
    write_strokes,
)
from digitpad.errors import DigitpadError
from digitpad.files import limits
from tests.files.memory import needs_resource, read_elsewhere

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
        st.none()
        | st.text(max_size=5)
        | st.integers(-(1 << 63) + 1, (1 << 63) - 1)
        | st.lists(finite, max_size=2),
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
        ('{"strokes": [[3]]}', "a point that is not"),
        ('{"strokes": [["ab"]]}', "a point that is not"),
        ('{"strokes": [[{"x": 1, "y": 2}]]}', "a point that is not"),
        ('{"strokes": [[[1, 2], null]]}', "a point that is not"),
        ('{"strokes": [[[1, [2]]]]}', "a point that is not"),
        ('{"strokes": [[[1]]]}', "a point that is not"),
        ('{"strokes": [[[1, 2], [1, 2, 3]]]}', "a point that is not"),
        ('{"strokes": [[[1, 2]], [[3, 4, 5], [6, 7]]]}', "a point that is not"),
        ('{"strokes": [[[1, 2]], [3, 4]]}', "a point that is not"),
        ('{"strokes": [[[1, 2, 3, 4]]]}', "a point that is not"),
        ('{"strokes": [[["1", 2]]]}', "a point that is not"),
        ('{"strokes": [[[true, 2]]]}', "a point that is not"),
        ('{"strokes": [[[NaN, 2]]]}', "the number NaN"),
        ('{"strokes": [[[Infinity, 2]]]}', "the number Infinity"),
        ('{"strokes": [[[1e999, 2]]]}', "infinitely large"),
        ('{"strokes": [[[1' + 400 * "0" + ", 2]]]}", "infinitely large"),
        ("[" * 100_000, "is not JSON"),
        ("\xff", "is not JSON"),
        ('{"label": ' + "9" * 5000 + ', "strokes": []}', "is not JSON"),
        ('{"label": ' + "9" * 4000 + ', "strokes": []}', "has the label"),
        ('{"label": ' + "[" * 500 + "]" * 500 + ', "strokes": []}', "has the label"),
        ('{"strokes": [], "extra": ' + "[" * 100 + "]" * 100 + "}", "nested too deeply"),
        ('{"strokes": [], "extra": 1e999}', "infinitely large"),
        ('{"strokes": [], "extra": 99999999999999999999}', "too large"),
        (json.dumps({"strokes": [], "extra": dict.fromkeys(map(str, range(1001)))}), "more than"),
        (json.dumps({"strokes": [], "extra": [0] * 10_000}), "more than 10,000 values beside"),
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


@pytest.mark.parametrize(
    ("name", "limit", "content", "told"),
    [
        ("MAX_LINE_BYTES", 37, '{"label":  7, "strokes": [[[1, 2]]]}', "longer than"),
        ("MAX_LINES", 3, '{"strokes": []}\n\n{"strokes": []}', "has more than 3 lines"),
        ("MAX_SAMPLE_STROKES", 2, '{"strokes": [[[1, 2]], [[1, 2]]]}', "more than 2 strokes"),
        ("MAX_SAMPLE_POINTS", 3, '{"strokes": [[[1, 2], [3, 4]], [[5, 6]]]}', "more than 3 points"),
        # Each stroke counts as twelve points more.
        (
            "MAX_FILE_POINTS",
            40,
            '{"strokes": [[[1, 2], [3, 4]], [[5, 6]]]}\n{"strokes": [[[7, 8]]]}',
            "holds more than 40 points",
        ),
        # The other keys are an object of a list of two numbers: four values, each as ten points.
        ("MAX_FILE_POINTS", 40, '{"strokes": [], "a": [0, 0]}', "holds more than 40 points"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_exactly_as_much_as_is_allowed_is_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    limit: int,
    content: str,
    told: str,
    encoding: str,
) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text(content + "\n", encoding=encoding)
    monkeypatch.setattr(limits, name, limit)
    assert read_strokes(path)
    monkeypatch.setattr(limits, name, limit - 1)
    with pytest.raises(DigitpadError, match=told.replace(str(limit), str(limit - 1))):
        read_strokes(path)


def test_lines_may_be_as_long_as_so_many_digits_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.jsonl"
    monkeypatch.setattr(limits, "max_line_bytes", lambda lines: 20 + 20 * lines)
    line = '{"strokes":[]}'
    path.write_text(f"{line:<39}\n{line:<19}\n{line:<19}\n")
    assert len(read_strokes(path)) == 3
    for content in (f"{line:<40}\n", f"{line:<39}\n{line:<19}\n{line:<20}\n"):
        path.write_text(content)
        digits = content.count("\n") - 1
        with pytest.raises(DigitpadError, match=f"“s.jsonl” holds far more than {digits} digits"):
            read_strokes(path)


def test_no_more_text_is_unpacked_than_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.jsonl.gz"
    path.write_bytes(gzip.compress((3 << 20) * b" "))
    assert read_strokes(path) == []
    monkeypatch.setattr(limits, "MAX_TEXT_BYTES", 2 << 20)
    with pytest.raises(DigitpadError, match="more than 2 MiB"):
        read_strokes(path)


def test_a_byte_order_mark_may_stand_before_a_blank_line(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(b'\xef\xbb\xbf\n{"label": 3, "strokes": []}')
    assert [sample.label for sample in read_strokes(path)] == [3]


def test_a_line_is_compact_and_readable() -> None:
    whole = np.array([[1, 2], [3, 4]])
    line = to_line(Sample(7, (whole,), {"writer": "Ænne", "half": "\ud800"}))
    expected = '{"label":7,"writer":"Ænne","half":"\\ud800","strokes":[[[1.0,2.0],[3.0,4.0]]]}\n'
    assert line == expected.encode()
    assert from_line(line).extra == {"writer": "Ænne", "half": "\ud800"}


def test_a_gzipped_file_is_the_same_at_any_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = Sample(7, (np.array([[1.0, 2.0]]),))
    written = []
    for seconds in (0.0, 2e9):
        monkeypatch.setattr(time, "time", lambda seconds=seconds: seconds)
        write_strokes(tmp_path / "s.jsonl.gz", [sample])
        written.append((tmp_path / "s.jsonl.gz").read_bytes())
    assert written[0] == written[1]
    assert written[0][4:8] == bytes(4)


def test_a_damaged_gzip_file(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl.gz"
    whole = gzip.compress(1000 * b'{"label": 3, "strokes": [[[1, 2]]]}\n')
    for broken in (whole[:-20], whole[:20] + b"\xff\xff\xff" + whole[23:], b"\x1f\x8b\x08"):
        path.write_bytes(broken)
        with pytest.raises(DigitpadError, match=r"“s\.jsonl\.gz” is a damaged gzip file"):
            read_strokes(path)


ONE_POINT = b"[[1,2]],"


@needs_resource
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (300 * gzip.compress(1024 * (1023 * b" " + b"\n")), "more than 31 MiB"),
        (gzip.compress(b"\n" * (256 << 20)), "more than 150,000 lines"),
        (b"\n" * (256 << 20), "more than 150,000 lines"),
        (
            gzip.compress(90 * (b'{"strokes":[' + 99_999 * ONE_POINT + b"[]]}\n")),
            "more than 10,000 strokes",
        ),
        (60 * (b'{"strokes":[' + 500_000 * ONE_POINT + b"[]]}\n"), "more than 10,000 strokes"),
        (
            gzip.compress(200 * (b'{"strokes":[[' + 90_000 * b"[1,2]," + b"[1,2]]]}\n")),
            "more than 16 MiB",
        ),
        (
            80 * (b'{"strokes":[[' + 89_999 * b"[1,2]," + b"[1,2]]]}\n"),
            "far more than 31 digits need",
        ),
        (1_000_000 * b'{"strokes":[]}\n', "more than 150,000 lines"),
        (15_000 * (b'{"strokes":[' + 150 * ONE_POINT + b"[]]}\n"), "more than 20,000,000 points"),
        (15_000 * (b'{"strokes":[],"a":[' + 2_000 * b"[]," + b"0]}\n"), "and other values"),
        (300_000 * gzip.compress(b""), "it has too many parts"),
    ],
    ids=[
        *("spaces", "zipped newlines", "newlines", "zipped strokes", "strokes", "zipped points"),
        *("points", "empty samples", "many strokes", "other keys", "parts"),
    ],
)
def test_bombs_are_refused_before_they_need_time_or_memory(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(content)
    refusal, mib = read_elsewhere("digitpad.drawing.strokes:read_strokes", path)
    assert message in refusal
    assert mib < 300


def test_endless_files_are_not_read(tmp_path: Path) -> None:
    for device in ("/dev/zero", "/dev/urandom"):
        if Path(device).exists():
            with pytest.raises(DigitpadError, match="not a regular file"):
                read_strokes(device)


def hand(count: int) -> Stroke:
    """Return a digit-like curve of so many points."""
    t = np.linspace(0, 4 * np.pi, count)
    return np.stack([100 * np.sin(t) + 5 * t, 150 * np.cos(t / 2)], axis=1)


def test_a_sample_of_very_many_points_is_thinned_and_looks_the_same(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    strokes = (hand(60_000), hand(30_000)[:, ::-1], np.array([[500.0, 1.0]]))
    write_strokes(path, [Sample(8, strokes)])
    (read,) = read_strokes(path)
    assert sum(map(len, read.strokes)) <= MANY_POINTS
    for thinned, stroke in zip(read.strokes, strokes, strict=True):
        np.testing.assert_array_equal(thinned[[0, -1]], stroke[[0, -1]])
    difference = np.abs(to_image(read.strokes) - to_image(strokes))
    assert difference.max() <= 0.02
    # Up to that many they are kept as they are.
    write_strokes(path, [Sample(8, (hand(MANY_POINTS),))])
    assert len(read_strokes(path)[0].strokes[0]) == MANY_POINTS


def unit(points: Stroke) -> Stroke:
    """Return the points moved and scaled to -1 … 1."""
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    scaled: Stroke = (points - middle) / np.abs(points - middle).max()
    return scaled


@pytest.mark.parametrize(
    ("scale", "place"),
    [(0.2, (3000.0, -2000.0)), (50.0, (1e5, 2e5)), (1e-300, (0.0, 0.0)), (1.7e308, (0.0, 0.0))],
)
def test_thinning_goes_by_the_size_of_the_ink_wherever_it_is(
    scale: float, place: tuple[float, float]
) -> None:
    curve = scale * unit(hand(30_000)) + place
    # The pressure goes up and down from point to point, and says nothing of the place.
    pressure = np.where(np.arange(len(curve)) % 2, 1e300, 0.0)
    read = from_line(to_line(Sample(8, (np.column_stack([curve, pressure]),))))
    (thinned,) = read.strokes
    assert len(thinned) <= MANY_POINTS
    assert np.abs(to_image([thinned[:, :2]]) - to_image([curve])).max() <= 0.02


@pytest.mark.parametrize("place", [(0.0, 0.0), (5.0, -7.0)])
def test_of_very_many_points_in_one_place_both_ends_stay(place: tuple[float, float]) -> None:
    read = from_line(to_line(Sample(1, (np.tile(place, (20_000, 1)),))))
    np.testing.assert_array_equal(read.strokes[0], [place, place])


def test_points_that_are_just_few_enough_after_thinning_are_kept() -> None:
    # From end to end and back, and one point twice.
    x = np.arange(MANY_POINTS) % 2.0
    points = np.stack([np.insert(x, 5, x[5]), np.zeros(MANY_POINTS + 1)], axis=1)
    assert len(from_line(to_line(Sample(1, (points,)))).strokes[0]) == MANY_POINTS
    with pytest.raises(DigitpadError, match="points far apart"):
        from_line(to_line(Sample(1, (np.concatenate([points, points[:1]]),))))


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1.0, 1e300])
def test_what_cannot_be_thinned_is_refused(tmp_path: Path, scale: float) -> None:
    path = tmp_path / "s.jsonl"
    points = scale * np.random.default_rng(0).random((30_000, 2))
    write_strokes(path, [Sample(8, (points,))])
    with pytest.raises(DigitpadError, match="points far apart"):
        read_strokes(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_as_windows_writes_it(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "s.jsonl"
    text = '{"label": 3, "strokes": [[[1, 2]]], "writer": "Ænne"}\r\n\r\n{"strokes": []}'
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    path.write_bytes((mark + text).encode(encoding))
    first, second = read_strokes(path)
    assert first.extra == {"writer": "Ænne"}
    assert second.strokes == ()
    path.write_bytes(text.encode(encoding)[:-1])
    if encoding != "utf-16-be":
        with pytest.raises(DigitpadError, match="is not text in UTF-16"):
            read_strokes(path)


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(DigitpadError, match="not a regular file"):
        read_strokes(tmp_path)
    with pytest.raises(DigitpadError, match="does not exist"):
        read_strokes(tmp_path / "missing.jsonl")
    loop = tmp_path / "loop.jsonl"
    loop.symlink_to(loop)
    with pytest.raises(DigitpadError, match="cannot be read"):
        read_strokes(loop)
    with pytest.raises(DigitpadError, match=r"cannot be written \(No such file or directory\)"):
        write_strokes(tmp_path / "no" / "folder.jsonl", [])


def test_letters_have_no_label() -> None:
    path = STROKES / "unipen-1b-letters.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"the real strokes are not there: {path.name} in ../shared/strokes")
    letters = read_strokes(path)
    assert len(letters) == 26 * 200
    assert {sample.label for sample in letters} == {None}
    assert {sample.extra["letter"] for sample in letters} == set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
