"""`digitpad train`: models with their metadata, progress, interruptions, other data."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from digitpad.cli import train as train_command
from digitpad.cli.main import main
from digitpad.cli.training_run import TrainingRun
from digitpad.data import dataset
from digitpad.data.mnist import Mnist, mnist
from digitpad.drawing.strokes import Sample, write_strokes
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.ensemble import merge, split
from digitpad.recognition.calibration import Calibration
from digitpad.recognition.evaluation import evaluate
from digitpad.shipped import recipe
from digitpad.training import options as train_options
from digitpad.training import sgd
from digitpad.training.hyperparameters import FIELDS, Hyperparameters
from digitpad.training.presets import PRESETS
from digitpad.training.sgd import EndReason
from digitpad.training.state import TrainingState

# A training of a fraction of a second.
SHORT = ["--preset", "quick", "--training-images", "2000", "--epochs", "2"]


@pytest.fixture(scope="module")
def digits() -> Mnist:
    whole = mnist()
    return Mnist(whole.train, whole.validation.take(slice(1000)), whole.test)


@pytest.fixture(autouse=True)
def _digits_in_memory(digits: Mnist, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read MNIST once; validate by a part of it, to be quick."""
    monkeypatch.setattr(train_command, "mnist", lambda: digits)


def state_of(out: Path) -> TrainingState:
    state = TrainingState.load(out)
    assert state is not None
    return state


def train(out: Path, *arguments: str) -> int:
    return main(["train", *SHORT, "--out", str(out), *arguments])


def parameters(path: Path) -> bytes:
    return model_file.load(path).network.parameters.tobytes()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "mine.npz"


def test_a_model_is_saved_with_its_metadata(
    out: Path, digits: Mnist, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(out, "--seed", "5") == 0
    model = model_file.load(out)
    metadata = model.metadata
    h = PRESETS["quick"].hyperparameters.replace(training_images=2000, epochs=2, seed=5)
    assert Hyperparameters.from_dict(metadata["hyperparameters"]) == h
    assert metadata["name"] == "mine"
    assert metadata["architecture"].startswith("784-300-10, relu")
    assert [entry["epoch"] for entry in metadata["history"]] == [1, 2]
    assert metadata["data"] == "MNIST training images"
    assert metadata["created"].startswith("20")
    assert shlex.split(metadata["command"])[:2] == ["digitpad", "train"]
    assert str(out) in shlex.split(metadata["command"])
    assert metadata["seconds"] > 0
    assert "recognition" not in metadata
    for name, data in (("validation images", digits.validation), ("test images", digits.test)):
        accuracy = evaluate(model.network, data).accuracy
        assert accuracy > 0.8
        assert metadata["accuracy"][name] == accuracy
    output = capsys.readouterr()
    for accuracy in metadata["accuracy"].values():
        assert f"{100 * accuracy:.2f} % of " in output.out
    assert output.err.count("epoch ") == 2
    assert "2/2" in output.err


def test_the_text_s_network_is_the_default(out: Path) -> None:
    arguments = ["--epochs", "1", "--training-images", "50", "--learning-rate", "0.5"]
    assert main(["train", "--out", str(out), *arguments]) == 0
    network = model_file.load(out).network
    assert network.sizes == (784, 16, 16, 10)
    assert (network.activation, network.cost) == ("logistic", "quadratic")


@pytest.mark.parametrize("name", ["basic", "text"])
def test_the_basic_preset_keeps_the_name_that_it_had(out: Path, name: str) -> None:
    arguments = ["--preset", name, "--epochs", "1", "--training-images", "50"]
    assert main(["train", "--out", str(out), *arguments]) == 0
    metadata = model_file.load(out).metadata
    assert metadata["sources"]["preset"] == "basic"
    found = Hyperparameters.from_dict(metadata["hyperparameters"])
    assert found == PRESETS["basic"].hyperparameters.replace(epochs=1, training_images=50)


def test_every_hyperparameter_is_an_option_with_its_explanation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert set(train_options._GROUPS) <= set(FIELDS)
    assert main(["train", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for name, field in FIELDS.items():
        assert f"--{name.replace('_', '-')} " in text
        assert field.explanation[:40] in text
    for preset in PRESETS.values():
        assert preset.name.replace(" ", "-") in text
        assert preset.sentence in text
        assert f"{preset.heading.lower()}:" in text


def test_options_are_read_as_they_are_written(out: Path) -> None:
    arguments = (
        "--hidden-layers 7,5 --activation tanh --output-activation logistic --cost cross-entropy "
        "--initialisation gaussian --optimiser adam --learning-rate 0.002 --momentum 0.8 "
        "--mini-batch-size 25 --epochs 1 --training-images 1,000 --schedule halve-on-plateau "
        "--l2 0.1 --dropout 0.1 --patience 2 --convergence 0.01 --rotation 3 --scaling 0.05 "
        "--shear 0.1 --translation 0.5 --elastic 0.4 --elastic-smoothness 4 --seed 9"
    )
    assert main(["train", "--preset", "too-fast", "--out", str(out), *arguments.split()]) == 0
    found = model_file.load(out).metadata["hyperparameters"]
    expected = Hyperparameters(
        (7, 5), "tanh", "logistic", "cross-entropy", "gaussian", "adam", 0.002, 0.8, 25, 1, 1000,
        "halve on plateau", 0.1, 0.1, 2, 0.01, 3.0, 0.05, 0.1, 0.5, 0.4, 4.0, 9,
    )  # fmt: skip
    assert Hyperparameters.from_dict(found) == expected


@pytest.mark.parametrize(
    ("words", "layers"), [("none", ()), ("30", (30,)), ("30-20 5", (30, 20, 5))]
)
def test_hidden_layers_may_be_written_in_several_ways(words: str, layers: tuple[int, ...]) -> None:
    assert train_options._converter("hidden_layers")(words) == layers


def test_progress_as_json_lines(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(out, "--json", "--epochs", "3") == 0
    output = capsys.readouterr()
    assert output.err == ""
    events = [json.loads(line) for line in output.out.splitlines()]
    assert [e["epoch"] for e in events if e["event"] == "epoch"] == [1, 2, 3]
    progress = [e for e in events if e["event"] == "progress"]
    for key in ("cost", "samples_per_second", "seconds_left", "learning_rate", "batch", "batches"):
        assert all(key in e for e in progress)
    result = events[-1]
    assert result["event"] == "result"
    assert result["model"] == str(out)
    assert result["finished"] == "epochs"
    assert result["accuracy"]["test"] == model_file.load(out).metadata["accuracy"]["test images"]


# -- going on --------------------------------------------------------------------------------------


def test_more_epochs_are_as_if_there_had_been_no_pause(out: Path, tmp_path: Path) -> None:
    constant = ("--schedule", "constant", "--elastic", "0.5", "--momentum", "0.7")
    assert train(out, *constant) == 0
    whole, longer = tmp_path / "whole.npz", tmp_path / "longer.npz"
    assert train(whole, *constant, "--epochs", "4") == 0
    before = out.read_bytes()
    assert main(["train", "--continue", str(out), "--epochs", "4", "--out", str(longer)]) == 0
    assert out.read_bytes() == before
    assert parameters(longer) == parameters(whole)
    assert main(["train", "--continue", str(out), "--epochs", "4"]) == 0
    assert parameters(out) == parameters(whole)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send Ctrl-C to one process")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupted_training_goes_on_to_the_same_weights(
    out: Path, tmp_path: Path, name: str
) -> None:
    # Distorted, lest a quick computer is done before it can be interrupted.
    arguments = [
        "--preset",
        "nielsen-1",
        "--epochs",
        "3",
        "--training-images",
        "50000",
        "--hidden-layers",
        "100",
        "--elastic",
        "1",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "digitpad", "train", *arguments, "--out", str(out), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    assert first["event"] in ("progress", "epoch")
    assert first["epoch"] == 1
    process.send_signal(getattr(signal, name))
    rest, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "result" not in rest
    assert f"digitpad train --continue {out}" in said
    assert "Traceback" not in said
    state = state_of(out)
    assert state is not None
    assert state.epoch < 3
    assert main(["train", "--continue", str(out)]) == 0
    whole = tmp_path / "whole.npz"
    assert main(["train", *arguments, "--out", str(whole)]) == 0
    assert parameters(out) == parameters(whole)
    assert len(model_file.load(out).metadata["history"]) == 3


def test_the_signals_mean_the_same_again_afterwards(out: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    assert train(out) == 0
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_what_cannot_go_on_is_said(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(out) == 0
    before = out.read_bytes()
    for arguments, why in (
        ([], "already done 2 epochs"),
        (["--epochs", "4", "--preset", "basic"], "leave --preset out"),
        (["--epochs", "4", "--hidden-layers", "5"], "another network"),
    ):
        capsys.readouterr()
        assert main(["train", "--continue", str(out), *arguments]) == 1
        assert why in capsys.readouterr().err
    assert out.read_bytes() == before


def test_a_model_without_its_state_is_trained_from_its_weights(out: Path, tmp_path: Path) -> None:
    assert train(out, "--compact") == 0
    compact = model_file.load(out)
    assert TrainingState.load(out) is None
    assert out.stat().st_size < compact.network.parameters.size * 2 + 10_000
    test = mnist().test
    accuracy = evaluate(compact.network, test).accuracy
    assert compact.metadata["accuracy"]["test images"] == accuracy
    further = tmp_path / "further.npz"
    arguments = ["--preset", "quick", "--epochs", "1", "--training-images", "4000"]
    assert main(["train", "--continue", str(out), "--out", str(further), *arguments]) == 0
    assert evaluate(model_file.load(further).network, test).accuracy > accuracy


# -- data ------------------------------------------------------------------------------------------


def test_other_data(out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digits = mnist().test.take(slice(1200))
    order = np.argsort(digits.labels)  # sorted by label, as folders are
    path = tmp_path / "digits.npz"
    np.savez(path, images=digits.images[order], labels=digits.labels[order])
    assert train(out, "--data", str(path), "--epochs", "8") == 0
    metadata = model_file.load(out).metadata
    assert metadata["data"] == "digits.npz"
    assert set(metadata["accuracy"]) == {"validation images"}
    assert metadata["accuracy"]["validation images"] > 0.6
    assert "of 200 images" in capsys.readouterr().out
    assert main(["train", "--continue", str(out), "--epochs", "9"]) == 0  # the data are known
    assert model_file.load(out).metadata["data"] == "digits.npz"


def test_other_data_with_test_images_of_their_own(out: Path, tmp_path: Path) -> None:
    digits = mnist().test
    path = tmp_path / "both.npz"
    train_part, test_part = digits.take(slice(600)), digits.take(slice(600, 700))
    np.savez(
        path,
        x_train=train_part.images,
        y_train=train_part.labels,
        x_test=test_part.images,
        y_test=test_part.labels,
    )
    assert train(out, "--data", str(path)) == 0
    assert set(model_file.load(out).metadata["accuracy"]) == {"validation images", "test images"}


def test_too_little_data_is_refused(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = out.parent / "data" / "7.png"
    picture.parent.mkdir()
    Image.fromarray(255 - mnist().test.images[0].reshape(28, 28)).save(picture)
    assert train(out, "--data", str(picture.parent)) == 1
    assert "training takes at least 6" in capsys.readouterr().err
    assert not out.exists()


def test_the_recipe_s_data_are_used_and_the_network_calibrated(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strokes = out.parent / "strokes.jsonl"
    write_strokes(strokes, [Sample(1, (np.array([[30.0, 10], [28, 90]]),))])
    asked: list[Any] = []

    def data_sets(
        digits: Mnist, files: list[Path], seed: int
    ) -> tuple[dataset.Dataset, dataset.Dataset]:
        asked.append((files, seed))
        return digits.train.take(slice(500)), digits.validation.take(slice(100))

    calibration = Calibration(temperature=1.5, min_activation=0.25)
    monkeypatch.setattr(recipe, "data_sets", data_sets)
    monkeypatch.setattr(recipe, "calibrate", lambda network, validation: calibration)
    logistic = ("--output-activation", "logistic")
    assert train(out, "--strokes", str(strokes), "--seed", "3", *logistic) == 0
    assert model_file.load(out).metadata["recognition"] == calibration.to_dict()
    assert main(["train", "--continue", str(out), "--epochs", "3"]) == 0
    assert asked == [([strokes], 3)] * 2
    assert model_file.load(out).metadata["recognition"] == calibration.to_dict()


def test_the_shipped_preset_without_strokes_says_what_is_missing(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--preset", "shipped", "--hidden-layers", "10", "--training-images", "500"]
    assert main(["train", *arguments, "--epochs", "1", "--out", str(out)]) == 0
    said = capsys.readouterr().err
    assert "UNIPEN" in said
    assert "--strokes" in said
    assert "recognition" in model_file.load(out).metadata


SHIPPED = ("--preset", "shipped", "--hidden-layers", "10", "--training-images", "500")


def test_several_networks_are_trained_and_merged(out: Path, tmp_path: Path) -> None:
    arguments = [*SHIPPED, "--epochs", "2"]
    assert main(["train", *arguments, "--out", str(out), "--seed", "5"]) == 0
    assert list(tmp_path.iterdir()) == [out]
    model = model_file.load(out)
    assert model.network.sizes == (784, 20, 10)
    assert model.metadata["networks"] == 2
    h = PRESETS["shipped"].hyperparameters.replace(
        hidden_layers=(10,), training_images=500, epochs=2
    )
    data = mnist().train
    networks = []
    for seed in (5, 6):
        network = h.replace(seed=seed).new_network()
        for _ in sgd.train(network, data, h.replace(seed=seed)):
            pass
        networks.append(network)
    assert model.network.parameters.tobytes() == merge(networks).parameters.tobytes()


def test_networks_that_were_merged_are_trained_on_one_by_one(out: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first.npz", ["--epochs", "2", "--learning-rate", "0.05"]
    assert main(["train", *SHIPPED, "--epochs", "1", "--compact", "--out", str(first)]) == 0
    assert main(["train", "--continue", str(first), *SHIPPED, *again, "--out", str(out)]) == 0
    assert set(tmp_path.iterdir()) == {first, out}
    model = model_file.load(out)
    assert model.network.sizes == (784, 20, 10)
    assert model.metadata["networks"] == 2
    assert model.metadata["hyperparameters"]["hidden_layers"] == [10]
    h = PRESETS["shipped"].hyperparameters.replace(
        hidden_layers=(10,), training_images=500, epochs=2, learning_rate=0.05
    )
    members = split(model_file.load(first).network, 2)
    for seed, network in enumerate(members):
        for _ in sgd.train(network, mnist().train, h.replace(seed=seed)):
            pass
    assert model.network.parameters.tobytes() == merge(members).parameters.tobytes()


def test_several_networks_go_on_where_they_were_interrupted(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["train", *SHIPPED, "--epochs", "2", "--out"]
    whole = tmp_path / "whole.npz"
    assert main([*arguments, str(whole)]) == 0
    learn = TrainingRun._learn
    calls: list[None] = []

    def interrupted(self: TrainingRun, show: Any, noted: list[int]) -> EndReason | None:
        calls.append(None)
        if len(calls) == 2:
            noted.append(signal.SIGINT)
        return learn(self, show, noted)

    with monkeypatch.context() as patch:
        patch.setattr(TrainingRun, "_learn", interrupted)
        assert main([*arguments, str(out)]) == 130
    assert "the same command" in capsys.readouterr().err
    assert not out.exists()
    assert main([*arguments, str(out)]) == 0
    assert parameters(out) == parameters(whole)


def test_a_file_in_the_way_of_several_networks_stays(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = out.with_name(f"{out.stem}-1.npz")
    assert train(other) == 0
    before = other.read_bytes()
    assert main(["train", *SHIPPED, "--epochs", "1", "--out", str(out)]) == 1
    assert "in the way" in capsys.readouterr().err
    assert other.read_bytes() == before


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "Say where"),
        (["--out", "missing/m.npz"], "no folder"),
        (["--out", "."], "is a folder"),
        (["--out", "m.npz", "--activation", "step"], "derivative is 0"),
        (["--out", "m.npz", "--preset", "basic", "--output-activation", "tanh", "--cost",
          "cross-entropy"], "between 0 and 1"),
        (["--out", "m.npz", "--data", "missing"], "missing"),
        (["--out", "m.npz", "--strokes", "missing.jsonl"], "missing.jsonl"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_is_said_before_training(
    arguments: list[str],
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("training began")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sgd, "train", never)
    assert main(["train", *arguments]) == 1
    assert why in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_training_that_diverges_saves_nothing(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--hidden-layers", "50,50,50,50", "--learning-rate", "1000"]
    assert train(out, *arguments, "--momentum", "0.99") == 1
    assert "no longer a number" in capsys.readouterr().err
    assert not out.exists()


def test_a_training_that_diverges_later_keeps_what_was_learnt_before(
    out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert train(out, "--epochs", "1", "--schedule", "constant") == 0
    once = parameters(out)
    out.unlink()
    really = sgd.train

    def diverge(*arguments: Any, **options: Any) -> Iterator[sgd.Progress]:
        for progress in really(*arguments, **options):
            yield progress
            if progress.epoch_end:
                raise DigitpadError("The cost is no longer a number.")

    monkeypatch.setattr(sgd, "train", diverge)
    assert train(out, "--schedule", "constant") == 1
    said = capsys.readouterr().err
    assert f"saved in “{out}”" in said
    assert "no longer a number" in said
    assert parameters(out) == once


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_shows_a_bar(out: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    arguments = ["--preset", "nielsen-1", "--epochs", "1", "--training-images", "10000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "digitpad", "train", *arguments, "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"COLUMNS": "80", "LINES": "24"},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # how Linux says that the other end was closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    process.communicate(timeout=60)
    assert process.returncode == 0
    lines = shown.decode().replace("\r", "\n").split("\n")
    assert any(line.startswith("epoch 1/1  cost") for line in lines)
    assert max(map(len, lines)) <= 80


def test_a_model_without_a_state_is_continued_with_its_own_hyperparameters(out: Path) -> None:
    """As one saved in the window during its training; η = 3 of “basic” would ruin most."""
    h = PRESETS["quick"].hyperparameters.replace(training_images=2000, learning_rate=0.05)
    metadata: dict[str, Any] = {"hyperparameters": h.to_dict()}
    model_file.save(out, model_file.Model(h.new_network(), metadata))
    assert main(["train", "--continue", str(out), "--epochs", "1"]) == 0
    assert state_of(out).hyperparameters == h.replace(epochs=1)
    metadata["hyperparameters"]["seed"] = "damaged"
    model_file.save(out, model_file.Model(h.new_network(), metadata))
    other = out.with_name("other.npz")
    few = ["--epochs", "1", "--training-images", "100"]
    assert main(["train", "--continue", str(out), *few, "--out", str(other)]) == 0
    basic = PRESETS["basic"].hyperparameters.with_architecture(h.new_network())
    assert state_of(other).hyperparameters == basic.replace(epochs=1, training_images=100)
