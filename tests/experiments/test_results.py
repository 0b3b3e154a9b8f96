"""Points are ranked by their mean, unless a run was lost or is missing."""

from __future__ import annotations

import csv
import io

import pytest

from digitpad.experiments.points import Points
from digitpad.experiments.results import End, Key, Result, as_rows, by_point, to_csv, winner
from digitpad.experiments.specification import from_dict

OF = from_dict({"strategy": "grid", "seeds": 2, "set": {"hidden-layers": "8|16,16|30|none"}})


def finished(accuracy: float) -> Result:
    return Result(End.FINISHED, (0.1, accuracy), accuracy, seconds=1.5)


RESULTS = {
    Key(0, 0): finished(0.8),
    Key(0, 1): finished(0.9),
    Key(1, 0): finished(0.99),
    Key(1, 1): Result(End.DIVERGED, (0.2,)),
    Key(2, 0): finished(0.95),
    Key(3, 0): Result(End.FAILED, message="no memory"),
    Key(3, 1): Result(End.DIVERGED),
}


def test_the_ranks() -> None:
    ranked = by_point(Points(OF), RESULTS, 2)
    assert [each.point for each in ranked] == [0, 2, 1, 3]
    best = ranked[0]
    assert best.mean == pytest.approx(0.85)
    assert best.spread == pytest.approx(0.05 * 2**0.5)
    assert best.best == Key(0, 1)
    assert winner(ranked) is best
    assert ranked[1].spread is None
    assert [each.lost for each in ranked] == [0, 0, 1, 2]
    assert ranked[3].mean is None
    assert winner(ranked[3:]) is None


def test_the_table_for_other_programs() -> None:
    rows = list(
        csv.DictReader(io.StringIO(to_csv(as_rows(by_point(Points(OF), RESULTS, 2), OF.varied))))
    )
    assert [row["hidden-layers"] for row in rows] == ["8", "30", "16,16", "none"]
    assert [row["rank"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[0]["seconds"] == "3.0"
    assert rows[3]["accuracy"] == rows[3]["spread"] == ""
    assert to_csv([]) == ""
