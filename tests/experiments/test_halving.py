"""Who goes on does not depend on who was first."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from digitpad.experiments.halving import promoted, rungs
from digitpad.experiments.specification import from_dict

SCORES = st.lists(st.sampled_from([0.1, 0.5, 0.7, 0.9, 0.95, -math.inf]), max_size=40)


def halves(**values: object) -> list[int]:
    settings = {"strategy": "halving", "runs": 9, "set": {"l2": "0|1", "epochs": 30}}
    return rungs(from_dict(settings | values))


def test_rungs_rise_to_the_longest_training() -> None:
    assert halves() == [1, 3, 9, 27, 30]
    assert halves(**{"first-epochs": 4, "reduction": 2}) == [4, 8, 16, 30]


def by_the_rule(scores: list[float], reduction: int) -> list[int]:
    """ASHA's rule, word for word: of the first n, the best n // reduction go on."""
    chosen: list[int] = []
    for n in range(1, len(scores) + 1):
        ranked = sorted(range(n), key=lambda index: (-scores[index], index))
        for index in sorted(ranked[: n // reduction], key=ranked.index):
            if index not in chosen and scores[index] > -math.inf:
                chosen.append(index)
    return chosen


@given(SCORES, st.integers(2, 4))
def test_the_best_of_those_before_go_on(scores: list[float], reduction: int) -> None:
    assert promoted(scores, reduction) == by_the_rule(scores, reduction)


@given(SCORES, st.integers(2, 4), st.data())
def test_what_is_missing_only_delays(
    scores: list[float], reduction: int, data: st.DataObject
) -> None:
    """Whatever is known, nobody goes on who would not with all results, nor in another order."""
    missing = data.draw(st.sets(st.integers(0, max(0, len(scores) - 1))))
    known = [None if index in missing else score for index, score in enumerate(scores)]
    now, later = promoted(known, reduction), promoted(scores, reduction)
    assert now == later[: len(now)]


def test_a_few() -> None:
    assert promoted([0.5, 0.9, 0.7], 3) == [1]
    assert promoted([0.5, 0.9, 0.7, 0.95], 3) == [1, 3], "the earlier one has gone on already"
    assert promoted([-math.inf] * 9, 3) == []
    assert promoted([], 3) == []
