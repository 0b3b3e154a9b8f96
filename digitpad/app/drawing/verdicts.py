"""A reading's verdict in words, the same for the answer and for a screen reader."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

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
