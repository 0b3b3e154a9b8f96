"""A reading's verdict in words, the same for the answer and for a screen reader."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from digitpad.drawing.split_digits import Mark
from digitpad.recognition.number import NumberReading
from digitpad.recognition.recognise import Verdict


def sentence(verdict: Verdict, candidates: Sequence[int]) -> str:
    """Return a short sentence, without a full stop.

    Parameters
    ----------
    verdict : Verdict
    candidates : sequence of int
        The digit that it is, or the two that it could be; empty otherwise.
    """
    match verdict:
        case Verdict.SURE:
            text = QCoreApplication.translate("verdicts", "Looks like a {digit}")
            return text.format(digit=candidates[0])
        case Verdict.AMBIGUOUS:
            first, second = sorted(candidates)
            text = QCoreApplication.translate("verdicts", "Could be {first} or {second}")
            return text.format(first=first, second=second)
        case Verdict.UNKNOWN:
            return QCoreApplication.translate("verdicts", "Doesn’t look like a digit")
        case Verdict.EMPTY:
            return QCoreApplication.translate("verdicts", "Nothing drawn")


def number_sentence(number: NumberReading, place: int) -> str:
    """Return a short sentence about a number of several digits, of which one is selected."""
    if number.sure:
        text = QCoreApplication.translate("verdicts", "Looks like {number}")
        return text.format(number=number.text)
    reading = number.digits[place].reading
    if not reading.sure:
        return sentence(reading.verdict, reading.candidates)
    return QCoreApplication.translate("verdicts", "Not sure of every digit")


def marks_sentence(number: NumberReading) -> str:
    """Name what was drawn beside the digits; "" if that is nothing."""
    names = {
        Mark.UNDERLINE: QCoreApplication.translate("verdicts", "underline"),
        Mark.FRAME: QCoreApplication.translate("verdicts", "frame"),
        Mark.DECIMAL_POINT: QCoreApplication.translate("verdicts", "decimal point"),
        Mark.STRAY: QCoreApplication.translate("verdicts", "stray mark"),
    }
    found = {mark for mark, _ in number.marks}
    if not found:
        return ""
    text = QCoreApplication.translate("verdicts", "Also drawn: {marks}")
    return text.format(marks=", ".join(name for mark, name in names.items() if mark in found))
