"""The end of a sweep: the best network, tables, and the report.

    best.npz        the network of the best run, an ordinary model file
    results.csv     a line for each point
    results.json    the same and every run, for other programs
    report.html     the charts

The test images are read here and nowhere else: once, by the best network.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitpad.data.dataset import Dataset
from digitpad.errors import DigitpadError
from digitpad.experiments import lessons, report
from digitpad.experiments.importance import importance
from digitpad.experiments.ranges import spelt
from digitpad.experiments.results import Key, PointResult, Tested, as_rows, by_point, to_csv, winner
from digitpad.experiments.store import SweepStore
from digitpad.files import reading, writing
from digitpad.nn import model_file
from digitpad.recognition.evaluation import evaluate

BEST, CSV, JSON, REPORT = "best.npz", "results.csv", "results.json", "report.html"


@dataclass(frozen=True)
class Conclusion:
    """What came of a sweep.

    Attributes
    ----------
    points : list of PointResult
        The best first.
    best : PointResult or None
        None if no run came to a network.
    tested : Tested or None
        None if there is none, or no test images were given.
    answer : list of str
        Sentences that answer the question of a lesson.
    """

    points: list[PointResult]
    best: PointResult | None
    tested: Tested | None
    answer: list[str]


def conclude(store: SweepStore, test: Callable[[], Dataset] | None = None) -> Conclusion:
    """Write the best network, the tables and the report into the folder of a sweep.

    Parameters
    ----------
    store : SweepStore
    test : function, optional
        Returns the test images. Called only if the best network has not read them before.

    Raises
    ------
    DigitpadError
        If something cannot be read or written.
    """
    specification = store.specification
    points = by_point(store.points, store.results, specification.seeds)
    best = winner(points)
    tested = None
    if best is not None and best.best is not None:
        tested = _tested(store, best.best, test)
        _save_best(store, best.best, tested)
    shares = importance(specification, points)
    answer = lessons.answer(specification, points)
    rows = as_rows(points, specification.varied)
    values = {
        "specification": specification.to_dict(),
        "seconds": round(store.seconds, 3),
        "points": rows,
        "importance": {
            spelt(name): None if share is None else share._asdict()
            for name, share in shares.items()
        },
        "best": None if best is None or best.best is None else best.best.name,
        "test": None if tested is None else vars(tested),
        "runs": {
            key.name: vars(result) | {"end": result.end.value}
            for key, result in sorted(store.results.items())
        },
    }
    html = report.page(
        specification, points, shares, tested=tested, seconds=store.seconds, answer=answer
    )
    files = {
        CSV: to_csv(rows),
        JSON: json.dumps(values, ensure_ascii=False, allow_nan=False, indent=1),
        REPORT: html,
    }
    for name, text in files.items():
        try:
            writing.replace(store.folder / name, text.encode())
        except OSError as error:
            raise DigitpadError(
                f"“{store.folder / name}” cannot be written ({error.strerror or error}): free some "
                "disk space, or close the program that has it open."
            ) from None
    return Conclusion(points, best, tested, answer)


def _tested(store: SweepStore, key: Key, test: Callable[[], Dataset] | None) -> Tested | None:
    digest = store.results[key].digest
    earlier = earlier_test(store.folder)
    if earlier is not None and earlier.digest == digest:
        return earlier
    images = None if test is None else test()
    if images is None or not (images.labels >= 0).any():
        return None
    found = evaluate(store.network(key), images)
    return Tested(digest, found.accuracy, found.n)


def earlier_test(folder: Path) -> Tested | None:
    """Return what the best network of an earlier conclusion read of the test images, if any did."""
    try:
        test = json.loads(reading.read_bytes(folder / JSON))["test"]
        return Tested(str(test["digest"]), float(test["accuracy"]), int(test["n"]))
    except (DigitpadError, LookupError, TypeError, ValueError, RecursionError):
        return None


def _save_best(store: SweepStore, key: Key, tested: Tested | None) -> None:
    model = model_file.load(store.path_of(key))
    metadata: dict[str, Any] = model.metadata
    accuracy = {"validation images": store.results[key].accuracy}
    if tested is not None:
        accuracy["test images"] = tested.accuracy
    metadata |= {"name": store.specification.name, "accuracy": accuracy}
    model_file.save(store.folder / BEST, model, model_file.load_state_arrays(store.path_of(key)))
