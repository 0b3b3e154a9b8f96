"""What a terminal shows, in block characters and in ASCII."""

from __future__ import annotations

import dataclasses
import io
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitpad.cli import terminal
from digitpad.recognition.evaluation import Evaluation
from digitpad.recognition.recognise import Reading, Verdict


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def reading(digit: int = 8, activation: float = 0.75, *, sure: bool = True) -> Reading:
    activations = np.zeros(10, np.float32)
    activations[digit] = activation
    verdict = Verdict.SURE if sure else Verdict.AMBIGUOUS
    return Reading(digit, 7, activations, activation, verdict)


def test_an_image_s_pixels_are_seen_where_they_are() -> None:
    image = np.zeros((28, 28), np.float32)
    image[0, 0] = image[3, 5] = image[26, 27] = image[27, 27] = 1
    image[10:12, 3] = 0.5
    lines = terminal.image_lines(image)
    assert [len(line) for line in lines] == [28] * 14
    found = {(y, x): c for y, line in enumerate(lines) for x, c in enumerate(line) if c != " "}
    assert found == {(0, 0): "▀", (1, 5): "▄", (13, 27): "█", (5, 3): "▒"}
    plain = terminal.image_lines(image, blocks=False)
    assert {(y, x) for y, x in found} == {
        (y, x) for y, line in enumerate(plain) for x, c in enumerate(line) if c != " "
    }
    "".join(plain).encode("ascii")


@given(value=st.floats(), blocks=st.booleans())
def test_bars_always_have_their_width(value: float, blocks: bool) -> None:
    assert len(terminal.bar(value, blocks=blocks)) == 30


def test_bars_grow_with_their_value() -> None:
    assert terminal.bar(0).strip() == ""
    assert terminal.bar(1) == "█" * 30
    assert terminal.bar(0.5) == "█" * 15 + " " * 15
    assert terminal.bar(1 / 240).startswith("▏")
    assert terminal.bar(0.5, blocks=False) == "#" * 15 + " " * 15


@pytest.mark.parametrize("blocks", [True, False])
def test_a_reading_shows_image_bars_and_answer(blocks: bool) -> None:
    lines = terminal.reading_lines(np.ones((28, 28)), reading(), blocks=blocks)
    assert len(lines) == 16
    assert max(map(len, lines)) < 80
    assert [line.split()[1][0] for line in lines[1:11]] == [*"0123456789"]
    assert lines[9].endswith("0.75")
    assert lines[12].endswith("This is an 8 (0.75).")
    assert "\033" not in "".join(lines)
    if not blocks:
        "".join(lines).encode("ascii")


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.SURE, "This is an 8 (0.75)."),
        (Verdict.AMBIGUOUS, "Could be 7 or 8."),
        (Verdict.UNKNOWN, "Doesn’t look like a digit."),
        (Verdict.EMPTY, "Nothing drawn."),
    ],
)
def test_every_verdict_has_its_words(verdict: Verdict, words: str) -> None:
    shown = dataclasses.replace(reading(8), verdict=verdict)
    assert terminal.answer_words(shown) == words


def test_the_winner_is_bold_where_that_is_wanted() -> None:
    lines = terminal.reading_lines(np.ones((28, 28)), reading(), colour=True)
    assert [number for number, line in enumerate(lines) if "\033[1m" in line] == [9, 12]


def test_colour_is_for_terminals_that_are_not_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("WT_SESSION", "1")
    assert terminal.shows_colour(Terminal())
    assert not terminal.shows_colour(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not terminal.shows_colour(Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not terminal.shows_colour(Terminal())


@pytest.mark.parametrize("largest", [0, 1, 980, 123_456, 98_765_432])
def test_a_confusion_matrix_has_a_row_for_each_digit(largest: int) -> None:
    confusion = np.diag([largest] * 10)
    lines = list(terminal.confusion_lines(Evaluation(0.0, 1.0, 1, confusion)))
    assert len(lines) == 11
    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) < 80 or largest > 1e6
    for digit, line in enumerate(lines[1:]):
        first, *cells = line.split()
        assert first == str(digit)
        assert cells == [
            str(largest) if column == digit and largest else "." for column in range(10)
        ]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_whatever_a_stream_cannot_encode_is_spelt_out(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    terminal.prepare()
    print("“η” ≤ 3 × 2 → … 漢 \udcff", end="")
    stream.flush()
    shown = raw.getvalue().decode(encoding)
    if encoding == "utf-8":
        assert shown == "“η” ≤ 3 × 2 → … 漢 ?"
    else:
        assert shown.replace("“", '"').replace("”", '"').replace("×", "x").replace("…", "...") == (
            '"eta" <= 3 x 2 -> ... ? ?'
        )
    assert terminal.shows_blocks(stream) == (encoding == "utf-8")


def test_missing_streams_are_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    terminal.prepare()
    print("nobody hears this")
    terminal.complain("nor this")
    assert not terminal.shows_colour(sys.stdout)
    sys.stdout.close()
    sys.stderr.close()
