"""What a terminal shows: an image in characters, ten bars, the answer, a confusion matrix.

Whatever a terminal cannot show is spelt out, so that no text makes a command fail: where there are
no block characters, images are made of punctuation, and an η becomes “eta”.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
from numpy.typing import NDArray

from digitpad.recognition.recognise import Reading, Verdict

if TYPE_CHECKING:
    from tqdm import tqdm

    from digitpad.recognition.evaluation import Evaluation

_BLOCKS = " ░▒▓█▀▄▏▎▍▌▋▊▉│─┌┐└┘"
# From background to ink, by the mean of two pixels.
_SHADES = " ░▒▓█"
_PLAIN_SHADES = " .:-=+*%#@"
_EIGHTHS = " ▏▎▍▌▋▊▉"
# Of two pixels that differ by more than this, one is drawn and the other is not.
_EDGE = 0.4
_BAR = 30

_SPELT = {
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("‘’", "'"),
    **{"×": "x", "−": "-", "–": "-", "—": "-", "…": "...", "·": "*", "√": "sqrt", "²": "^2"},
    **{"η": "eta", "λ": "lambda", "σ": "sigma", "Σ": "sum", "∂": "d", "‖": "||", "½": "1/2"},
    **{"≤": "<=", "≥": ">=", "→": "->", "←": "<-", "█": "#", "▏": "|", "β": "beta"},
}


def _spell_out(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_SPELT.get(c, "?") for c in error.object[error.start : error.end]), error.end


codecs.register_error("digitpad.spell out", _spell_out)


def prepare() -> None:
    """Let stdout and stderr spell out what they cannot encode, and be there at all."""
    # A program without a console, or started with closed streams, has none.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="digitpad.spell out")


def complain(message: str, name: str = "digitpad") -> None:
    """Say on stderr what went wrong."""
    print(f"{name}: {message}", file=sys.stderr)


def progress_bar(samples: int, what: str, *, done: int = 0) -> tqdm:
    """Return a bar on stderr, shown if that is a terminal and the work takes a while.

    Parameters
    ----------
    samples : int
        How many there will be; tell those done with its `update`.
    what : str
        What is being done with them.
    done : int
        How many were done before.
    """
    from tqdm import tqdm

    visible = sys.stderr.isatty()
    return tqdm(
        total=samples,
        initial=done,
        desc=what,
        bar_format="{desc} {bar} {percentage:3.0f} %{postfix}",
        delay=0.5,
        leave=False,
        disable=not visible,
        ascii=None if visible and shows_blocks(sys.stderr) else " #",
    )


def shows_blocks(stream: TextIO) -> bool:
    """Tell whether a stream can show block characters."""
    try:
        _BLOCKS.encode(stream.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def shows_colour(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal that understands bold, and its user wants it."""
    return (
        stream.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM", "dumb" if os.name != "nt" else "") != "dumb"
        and (os.name != "nt" or "WT_SESSION" in os.environ)
    )


def image_lines(image: NDArray[np.floating[Any]], *, blocks: bool = True) -> list[str]:
    """Return an image in characters, each for two pixels one above the other.

    Parameters
    ----------
    image : (28, 28)
        0 = background to 1 = ink.
    blocks : bool
        Whether there are block characters; otherwise ASCII.

    Returns
    -------
    list of 14 str of 28 characters
    """
    upper, lower = image[::2], image[1::2]
    shades = _SHADES if blocks else _PLAIN_SHADES
    mean = (upper + lower) / 2
    # Every faint grey is shown, and full ink only as such.
    level = np.ceil(mean * (len(shades) - 1) - 0.25).astype(int).clip(0, len(shades) - 1)
    characters = np.array(list(shades))[level]
    if blocks:
        characters[upper - lower > _EDGE] = "▀"
        characters[lower - upper > _EDGE] = "▄"
    return ["".join(row) for row in characters]


def bar(value: float, *, blocks: bool = True) -> str:
    """Return a bar of 30 characters for a value in [0, 1], to an eighth of a character."""
    value = min(max(value, 0.0), 1.0) if value == value else 0.0
    if not blocks:
        return ("#" * round(value * _BAR)).ljust(_BAR)
    full, eighth = divmod(round(value * _BAR * 8), 8)
    return ("█" * full + _EIGHTHS[eighth])[:_BAR].ljust(_BAR)


def reading_lines(
    image: NDArray[np.floating[Any]],
    reading: Reading,
    *,
    blocks: bool = True,
    colour: bool = False,
) -> list[str]:
    """Return what the network sees and, beside it, its ten activations and the answer.

    Parameters
    ----------
    image : (28, 28)
    reading : Reading
        As `recognition.recognise` returns it.
    blocks, colour : bool
        What the terminal can show.

    Returns
    -------
    list of 16 str of at most 79 columns
    """
    across, down = ("─", "│") if blocks else ("-", "|")
    corners = "┌┐└┘" if blocks else "++++"
    left = [corners[0] + across * 28 + corners[1]]
    left += [down + line + down for line in image_lines(image, blocks=blocks)]
    left += [corners[2] + across * 28 + corners[3]]
    right = [""]
    for digit, activation in enumerate(reading.activations.tolist()):
        winner = reading.sure and digit == reading.digit
        line = f"{digit} {bar(activation, blocks=blocks)} {activation:5.2f}"
        right.append(_bold(line) if winner and colour else line)
    answer = answer_words(reading)
    right += ["", _bold(answer) if colour else answer]
    return [
        f"{a}   {b}".rstrip()
        for a, b in zip(left, right + [""] * (len(left) - len(right)), strict=True)
    ]


def answer_words(reading: Reading) -> str:
    """Return the answer in a few words: “This is a 7 (0.98).”, “Could be 1 or 7.”."""
    if reading.sure:
        article = "an" if reading.digit == 8 else "a"
        return f"This is {article} {reading.digit} ({reading.confidence:.2f})."
    words = doubt(reading)
    return f"{words[0].upper()}{words[1:]}."


def doubt(reading: Reading) -> str:
    """Return why a reading is not sure: “could be 1 or 7”."""
    match reading.verdict:
        case Verdict.AMBIGUOUS:
            first, second = sorted(reading.candidates)
            return f"could be {first} or {second}"
        case Verdict.EMPTY:
            return "nothing drawn"
        case _:
            return "doesn’t look like a digit"


def confusion_lines(evaluation: Evaluation) -> Iterator[str]:
    """Yield the confusion matrix, at most 79 columns wide."""
    width = max(6, len(f"{evaluation.confusion.max()}") + 1)
    if width > 7:  # more than a million of one digit
        width = 12
    yield "read as" + "".join(f"{digit:>{width}}" for digit in range(10))
    for digit, row in enumerate(evaluation.confusion.tolist()):
        # A dot is easier to overlook than a zero.
        cells = "".join(f"{count or '.':>{width}}" for count in row)
        yield f"{digit:>7}{cells}"


def percent(fraction: float) -> str:
    """Return a fraction as a percentage with two decimals: “97.12 %”."""
    return f"{100 * fraction:.2f} %"


def _bold(text: str) -> str:
    return f"\033[1m{text}\033[0m"
