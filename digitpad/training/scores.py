"""What fine-tuning has learned, and what was misread before and after it."""

from __future__ import annotations

from typing import Any, NamedTuple


class Score(NamedTuple):
    """Errors on the same samples, before and after.

    Attributes
    ----------
    n : int
        Samples; 0 where there are none.
    before, after : int
        How many of them are misread.
    """

    n: int
    before: int
    after: int


class Scores(NamedTuple):
    """All that was measured.

    Attributes
    ----------
    mine : Score
        On the user's digits that were held back.
    others : Score
        On validation images.
    own : Score
        On the user's digits that were learned from: that they are read now says little about
        others.
    """

    mine: Score
    others: Score
    own: Score

    @property
    def accuracy(self) -> float | None:
        """The fraction of the validation images that is read correctly after it."""
        return 1 - self.others.after / self.others.n if self.others.n else None

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {name: score._asdict() for name, score in self._asdict().items()}


def from_dict(values: object) -> Scores | None:
    """Return what `Scores.to_dict` has made; None for anything else."""
    scores = []
    for name in Scores._fields:
        score = values.get(name) if isinstance(values, dict) else None
        numbers = [score.get(key) if isinstance(score, dict) else None for key in Score._fields]
        known = [number for number in numbers if type(number) is int and number >= 0]
        if len(known) < len(Score._fields) or max(known[1:]) > known[0]:
            return None
        scores.append(Score(*known))
    return Scores(*scores)
