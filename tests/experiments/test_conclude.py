"""The end of a sweep: the report shows what was measured; the test images are read once."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from digitpad.data.dataset import Dataset
from digitpad.data.mnist import mnist
from digitpad.experiments import axes, specification
from digitpad.experiments.conclude import conclude
from digitpad.experiments.lessons import LESSONS, answer, wrong_order
from digitpad.experiments.plan import tasks
from digitpad.experiments.points import Points
from digitpad.experiments.results import End, Key, PointResult, Result, by_point
from digitpad.experiments.run import Job, RunData, train
from digitpad.experiments.store import SweepStore
from digitpad.nn import model_file
from digitpad.recognition.evaluation import evaluate
from digitpad.training.state import TrainingState

NAME = "<b>η & friends</b>"
VALUES = {
    "name": NAME,
    "strategy": "grid",
    "seeds": 2,
    "set": {
        "learning-rate": "log:0.1..1000:3",
        "hidden-layers": "16,16|8",
        "l2": 1000,
        "epochs": 2,
    },
}


@pytest.fixture(scope="module")
def store(data: RunData, tmp_path_factory: pytest.TempPathFactory) -> SweepStore:
    folder = tmp_path_factory.mktemp("conclude") / "sweep"
    store = SweepStore.create(folder, specification.from_dict(VALUES), data)
    for task in list(tasks(store.specification, store.points, {})):
        outcome = train(Job(store.hyperparameters(task.key), task.epochs), data)
        assert outcome.result is not None
        store.record(task.key, outcome.result, outcome.snapshot)
    return store


def page_of(store: SweepStore) -> str:
    return (store.folder / "report.html").read_text(encoding="utf-8")


class Tags(HTMLParser):
    """Collects the tags of a page, and fails where one is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))
        if tag not in ("meta",):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def close(self) -> None:
        super().close()
        assert self._open == []


def test_the_test_images_are_read_once_and_by_the_best_alone(store: SweepStore) -> None:
    asked: list[int] = []

    def test_images() -> Dataset:
        asked.append(1)
        return mnist().test.take(slice(1000))

    first = conclude(store, test_images)
    again = conclude(store, test_images)
    assert len(asked) == 1
    assert first.tested is not None
    assert again.tested == first.tested
    best = model_file.load(store.folder / "best.npz")
    assert first.tested.accuracy == evaluate(best.network, test_images()).accuracy
    assert best.metadata["accuracy"]["test images"] == first.tested.accuracy
    assert best.metadata["name"] == NAME
    assert TrainingState.load(store.folder / "best.npz") is not None
    top = by_point(store.points, store.results, 2)[0]
    assert top.best is not None
    assert best.network.parameters.tobytes() == store.network(top.best).parameters.tobytes()
    values = json.loads((store.folder / "results.json").read_text(encoding="utf-8"))
    assert values["best"] == top.best.name
    assert len(values["runs"]) == 12
    assert values["points"][0]["accuracy"] == top.mean
    low, high = first.tested.interval
    assert low < first.tested.accuracy < high


def test_the_page_stands_alone_and_escapes_every_text(store: SweepStore) -> None:
    conclude(store)
    page = page_of(store)
    assert NAME not in page
    assert "&lt;b&gt;η &amp; friends&lt;/b&gt;" in page
    assert not re.search(r"(src|href)=|url\(|@import|<script", page), "needs nothing else"
    tags = Tags()
    tags.feed(page)
    tags.close()
    assert "prefers-color-scheme: dark" in page
    assert [tag for tag, _ in tags.all].count("svg") == 4  # η, layers, together, importance


def test_its_marks_stand_where_the_results_are(store: SweepStore) -> None:
    conclude(store)
    tags = Tags()
    tags.feed(page_of(store))
    points = by_point(store.points, store.results, 2)
    found = [run.accuracy for each in points for run in each.runs if run.accuracy is not None]
    plots = 2
    means = [a for _, a in tags.all if a.get("class") == "mean"]
    crosses = [a for _, a in tags.all if a.get("class") == "lost"]
    rings = [a for _, a in tags.all if a.get("class") == "best"]
    assert len(means) == plots * sum(each.mean is not None for each in points)
    assert len(crosses) == plots * sum(each.lost for each in points)
    assert len(crosses) > 0
    assert len(rings) == plots
    # The ring is around the best mean: no mean is higher up, and its place is that of the value.
    highest = min(float(str(a["cy"])) for a in means)
    assert float(str(rings[0]["cy"])) == highest
    axis = axes.of_accuracy(found)
    top = points[0].mean
    assert top is not None
    assert highest == pytest.approx(14 + (1 - axis.place(top)) * (340 - 14 - 50), abs=0.06)
    paths = [a for tag, a in tags.all if tag == "polyline" and "path" in str(a.get("class"))]
    assert len(paths) == sum(each.mean is not None for each in points)


def test_a_sweep_in_which_all_diverged_has_a_report_too(data: RunData, tmp_path: Path) -> None:
    values = {"strategy": "grid", "set": {"learning-rate": "100|1000"}}
    store = SweepStore.create(tmp_path / "lost", specification.from_dict(values), data)
    for point in range(2):
        store.record(Key(point, 0), Result(End.DIVERGED), None)
    found = conclude(store, lambda: pytest.fail("no network may read the test images"))
    assert found.best is None
    assert "all of them diverged or failed" in page_of(store)
    assert not (store.folder / "best.npz").exists()


# -- axes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given", "ticks"),
    [
        ("learning_rate", "log:0.01..10", ["0.01", "0.1", "1", "10"]),
        ("learning_rate", "log:1..20", ["1", "2", "5", "10", "20"]),
        ("learning_rate", "1|3|100", ["1", "10", "100"]),
        ("momentum", "lin:0..0.9", ["0", "0.2", "0.4", "0.6", "0.8"]),
        ("hidden_layers", "log:1..200", ["1", "10", "100"]),
        ("hidden_layers", "30|16,16|none", ["none", "30", "16,16"]),
        ("cost", "quadratic|cross-entropy", ["quadratic", "cross-entropy"]),
    ],
)
def test_what_stands_at_an_axis(name: str, given: str, ticks: list[str]) -> None:
    spelling = name.replace("_", "-")
    of = specification.from_dict({"runs": 5, "set": {spelling: given}})
    axis = axes.of_field(of, name)
    assert [text for _, text in axis.ticks] == ticks
    places = [place for place, _ in axis.ticks]
    assert places == sorted(places)
    for point in Points(of):
        assert -1e-9 <= axis.place(getattr(point, name)) <= 1 + 1e-9


def test_an_axis_of_accuracies_has_room_for_all() -> None:
    for accuracies in ([0.1, 0.95], [0.9512], [0.5, 0.5], []):
        axis = axes.of_accuracy(accuracies)
        assert len(axis.ticks) >= 2
        assert all(0 <= axis.place(a) <= 1 for a in accuracies)
        assert len({text for _, text in axis.ticks}) == len(axis.ticks)


# -- lessons ---------------------------------------------------------------------------------------


def results_of(name: str, accuracies: list[list[float]]) -> tuple[Points, list[PointResult]]:
    of = LESSONS[name].specification()
    points = Points(of)
    results = {
        Key(point, seed): Result(End.FINISHED, (a,), a, seconds=1.0 + point)
        for point, seeds in enumerate(accuracies)
        for seed, a in enumerate(seeds)
    }
    return points, by_point(points, results, of.seeds)


def test_every_lesson_is_a_valid_sweep_of_moderate_size() -> None:
    for name, lesson in LESSONS.items():
        of = lesson.specification()
        assert of.lesson == name
        assert of.name == lesson.question
        assert specification.from_dict(of.to_dict()) == of
        assert 30 <= Points(of).count() * of.seeds <= 105
        assert answer(of, []) == [], "without results there is no answer"


def test_the_answer_about_the_learning_rate() -> None:
    accuracies = [[0.2] * 5, [0.7] * 5, [0.9] * 5, [0.3] * 5]
    points, found = results_of("learning-rate", accuracies)
    sentences = answer(LESSONS["learning-rate"].specification(), found)
    assert len(sentences) == 2
    assert (
        f"The best learning rate here is η = {points[2].learning_rate:g}, with 90.0 %"
        in sentences[0]
    )
    assert f"at η = {points[0].learning_rate:g}" in sentences[0]
    assert f"From η = {points[3].learning_rate:g} on" in sentences[1]


def test_the_answer_about_neurons() -> None:
    _, found = results_of("neurons", [[0.3] * 5, [0.895] * 5, [0.9] * 5])
    first, second = answer(LESSONS["neurons"].specification(), found)
    assert first.startswith(
        "With 1 in the hidden layer the network reads 30.0 % of the digits, with 2 89.5 %"
    )
    assert "With 3 it is 90.0 %" in second
    assert "take 1.5 times as long" in second


def test_the_answer_about_seeds() -> None:
    accuracies = [[0.5 + 0.01 * s + 0.005 * p for s in range(20)] for p in range(3)]
    _, found = results_of("seeds", accuracies)
    first, second = answer(LESSONS["seeds"].specification(), found)
    assert "differ by up to 19.0 percentage points" in first
    rising = sorted(found, key=lambda each: each.point)
    # Of two draws from 0 … 19, the second half a step better: 190 of 400 pairs are wrong.
    assert wrong_order(rising, 1) == pytest.approx(0.475, abs=0.02)
    assert wrong_order(rising, 20) == 0.0
    assert f"{100 * wrong_order(rising, 1):.1f} % of the comparisons" in second
    assert second.endswith(f"by the average of five seeds, {100 * wrong_order(rising, 5):.1f} %.")
