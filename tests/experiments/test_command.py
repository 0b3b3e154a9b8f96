"""Experiments as lines: what is written is read again, and the sentences about what cannot be."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digitpad.data.mnist import mnist
from digitpad.errors import DigitpadError
from digitpad.experiments.command import as_line, continuing_line, line_of_model, read_line
from digitpad.experiments.command import line_of_run as line_of
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.interactive import Job, LiveTraining
from digitpad.training.presets import PRESETS
from digitpad.training.run_store import RunStore

TINY = Hyperparameters(hidden_layers=(5,), training_images=100, epochs=2, seed=3)


def trained(store: RunStore, h: Hyperparameters, network: Network | None = None) -> str:
    """Train and record a run, and return its id."""
    job = store.begin("A run", Job(h, network=network))
    LiveTraining(job, lambda _: None).run()
    assert job.run is not None
    return job.run.name


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("preset", [name for name in PRESETS if name != "shipped"])
def test_what_is_written_is_read_again(preset: str, windows: bool, tmp_path: Path) -> None:
    data = tmp_path / "my $data's \\ folder"
    data.mkdir()
    h = PRESETS[preset].hyperparameters.replace(learning_rate=0.1 + 0.2, seed=77)
    found = read_line(as_line(h, "x", data, windows=windows), windows=windows)
    assert Hyperparameters(**found.values) == h
    assert (found.data, found.start) == (data, None)


def test_lines_of_other_places_are_read(tmp_path: Path) -> None:
    for line in (
        "digitpad train --preset quick --epochs 3",
        "  $ digitpad train --preset quick \\\n   --epochs 3\n",
        "python -m digitpad train --epochs 3 --preset quick --out 'a b.npz' --json",
    ):
        found = read_line(line, windows=False)
        expected = PRESETS["quick"].hyperparameters.replace(epochs=3)
        assert (found.preset, Hyperparameters(**found.values)) == ("quick", expected)
    path = tmp_path / "saved.npz"
    model_file.save(path, Model(Network((784, 5, 10), seed=1)))
    found = read_line(shlex.join(["digitpad", "train", "--continue", str(path), "--epochs", "9"]))
    assert (found.start, found.values) == (path, {"epochs": 9})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "begins with “digitpad train”"),
        ("digitpad evaluate", "begins with “digitpad train”"),
        ("rm -rf /", "begins with “digitpad train”"),
        ('digitpad train --out "a', "quotation mark"),
        ("digitpad train --epochs many", "cannot be 'many'"),
        ("digitpad train --epochs 0", "1 to 10,000"),
        ("digitpad train --bogus 1", "unrecognized arguments: --bogus 1"),
        ("digitpad train --preset nobody", "there is no preset “nobody”"),
        ("digitpad train --preset shipped", "several networks"),
        ("digitpad train --strokes a", "--strokes"),
        ("digitpad train --data nowhere.npz", "There is no “nowhere.npz”"),
        ("digitpad train --activation step", "derivative is 0"),
        ("digitpad train " + "x" * 30_000, "too long"),
    ],
)
def test_a_bad_line_gets_a_sentence(line: str, said: str) -> None:
    with pytest.raises(DigitpadError, match=".*".join(map(_escaped, said.split("…")))) as caught:
        read_line(line)
    assert str(caught.value).endswith(".")


def _escaped(text: str) -> str:
    return text.replace(".", r"\.")


def test_a_run_s_line_holds_what_it_was_trained_with(store: RunStore) -> None:
    found = read_line(line_of(store, trained(store, TINY)))
    assert (Hyperparameters(**found.values), found.data, found.start) == (TINY, None, None)


def test_more_epochs_than_planned_are_in_the_line(store: RunStore) -> None:
    run_id = trained(store, TINY)
    LiveTraining(store.resume(run_id, TINY.replace(epochs=3)), lambda _: None).run()
    assert read_line(line_of(store, run_id)).values["epochs"] == 3


def test_what_no_line_repeats_is_said(store: RunStore, tmp_path: Path) -> None:
    def why(run_id: str) -> str:
        with pytest.raises(DigitpadError) as caught:
            line_of(store, run_id)
        return str(caught.value)

    changed = trained(store, TINY)
    more = TINY.replace(epochs=3, learning_rate=1.0)
    LiveTraining(store.resume(changed, more), lambda _: None).run()
    assert "changed while it trained" in why(changed)

    planned = trained(store, TINY.replace(schedule="cosine"))
    more = TINY.replace(schedule="cosine", epochs=3)
    LiveTraining(store.resume(planned, more), lambda _: None).run()
    assert "changed while it trained" in why(planned)

    assert "another network" in why(trained(store, TINY, Network((784, 5, 10), seed=9)))

    branch = store.branch(trained(store, TINY), 0, "a branch")
    assert branch.run is not None
    assert "continues a snapshot of “A run”" in why(branch.run.name)

    job = store.begin("halfway", Job(TINY))
    training = LiveTraining(job, lambda _: training.stop())  # at its first report
    training.run()
    assert job.run is not None
    assert "middle of epoch 1" in why(job.run.name)

    digits = tmp_path / "digits.npz"
    images = mnist().train.images[:60]
    np.savez(digits, images=images, labels=np.arange(60) % 10)
    job = store.begin("own data", Job(TINY, digits))
    LiveTraining(job, lambda _: None).run()
    assert job.run is not None
    assert read_line(line_of(store, job.run.name)).data == digits
    digits.unlink()
    assert "no longer there" in why(job.run.name)


def test_a_model_of_the_terminal_says_how_it_was_made() -> None:
    network = Network((784, 5, 10), seed=1)
    command = "digitpad train --hidden-layers 5 --out 'my file.npz'"
    assert line_of_model(Model(network, {"command": command})) == command
    hostile = Model(network, {"command": "digitpad train --out 'a;rm -rf b'; rm -rf c"})
    for model, said in (
        (Model(network), "does not say"),
        (hostile, "unrecognized"),
        (Model(network, {"command": "digitpad train --continue a.npz"}), "continues the one in"),
    ):
        with pytest.raises(DigitpadError, match=said):
            line_of_model(model)


def test_a_network_is_continued_from_its_file_only_as_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "saved.npz"
    network = TINY.new_network()
    model = Model(network, {"name": "saved"})
    model_file.save(path, model)
    line = continuing_line(TINY, "more", None, path, network, None)
    found = read_line(line)
    assert (found.start, Hyperparameters(**found.values)) == (path, TINY)
    other = Network((784, 5, 10), seed=5)
    model_file.save(
        path.with_name("b.npz"), replace(model, metadata={"sources": {"data": "some.npz"}})
    )
    for start, present, said in (
        (None, network, "in a file"),
        (path, other, "not the one in"),
        (path.with_name("b.npz"), network, "trained on before"),
    ):
        with pytest.raises(DigitpadError, match=said):
            continuing_line(TINY, "more", None, start, present, None)
