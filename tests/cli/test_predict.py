"""`digitpad predict` reads stroke files and pictures, and tells what it made of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from digitpad.cli.main import main
from digitpad.data.mnist import mnist
from digitpad.drawing import photo, rasterize
from digitpad.drawing.strokes import Sample, write_strokes
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.recognition.recognise import recognise

SEVEN = [np.array([[10.0, 10], [60, 10], [30, 90]])]
ONE = [np.array([[30.0, 10], [28, 90]])]


@pytest.fixture
def strokes(tmp_path: Path) -> Path:
    path = tmp_path / "two.jsonl"
    write_strokes(path, [Sample(7, tuple(SEVEN)), Sample(None, tuple(ONE))])
    return path


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    """Return a picture of a digit, dark on light, larger than the network's."""
    digit = mnist().test.images[0].reshape(28, 28)
    path = tmp_path / "digit.png"
    Image.fromarray(255 - digit).resize((280, 280), Image.Resampling.BICUBIC).save(path)
    return path


def read_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    output = capsys.readouterr()
    assert output.err == ""
    return [json.loads(line) for line in output.out.splitlines()]


def test_json_is_what_recognition_says(
    strokes: Path, drawing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "--json", str(strokes), str(drawing)]) == 0
    found = read_lines(capsys)
    model = model_file.shipped()
    images = [rasterize.to_image(SEVEN), rasterize.to_image(ONE), photo.to_image(drawing)]
    for content, image in zip(found, images, strict=True):
        reading = recognise(model, image)
        assert content["digit"] == reading.digit
        assert content["sure"] == reading.sure
        assert content["reason"] == ""
        assert content["confidence"] == reading.confidence
        assert content["activations"] == reading.activations.tolist()
    places = [(c["file"], c.get("sample"), c.get("label")) for c in found]
    assert places == [(str(strokes), 1, 7), (str(strokes), 2, None), (str(drawing), None, None)]
    assert [content["digit"] for content in found] == [7, 1, 7]


def test_another_model_reads_otherwise(strokes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = Network((784, 10))
    network.parameters[...] = 0
    network.biases[0][:] = [-9, -9, -9, 9, -9, -9, -9, -9, -9, -9]
    path = strokes.with_name("three.npz")
    model_file.save(path, Model(network))
    assert main(["predict", "--model", str(path), "--json", str(strokes)]) == 0
    assert [content["digit"] for content in read_lines(capsys)] == [3, 3]


def test_few_digits_are_shown_as_images(strokes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", str(strokes)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{strokes}, 1, labelled 7"
    assert lines[17] == f"{strokes}, 2"
    assert len(lines) == 34
    assert "This is a 7" in lines[13]
    assert "\033" not in "".join(lines)


def test_many_digits_take_a_line_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "many.jsonl"
    samples = [Sample(7, tuple(SEVEN)), Sample(2, tuple(SEVEN)), Sample(0, ())]
    write_strokes(path, samples * 5)
    assert main(["predict", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{path}, 1: 7 (")
    assert "labelled" not in lines[0]
    assert lines[1].endswith("[labelled 2]")
    assert lines[2].startswith(f"{path}, 3: ? (")
    assert lines[2].endswith("nothing drawn [labelled 0]")
    assert len(lines) == 17
    assert lines[-1] == ("Of 15 labelled digits read right: 5 (33.33 %), wrong: 5, not sure: 5")


def test_two_candidates_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = Network((784, 10))
    network.parameters[...] = 0
    network.biases[0][:] = [3, -9, -9, 3, -9, -9, -9, -9, -9, -9]
    model_file.save(tmp_path / "m.npz", Model(network))
    write_strokes(tmp_path / "one.jsonl", [Sample(None, tuple(ONE))])
    arguments = ["predict", "--model", str(tmp_path / "m.npz"), str(tmp_path / "one.jsonl")]
    assert main(arguments) == 0
    assert "Could be 0 or 3." in capsys.readouterr().out


def test_what_is_wrong_with_one_file_does_not_hinder_the_others(
    strokes: Path, drawing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = strokes.parent
    broken = folder / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n")
    empty = folder / "empty.jsonl"
    empty.write_text("")
    model = folder / "m.npz"
    model_file.save(model, Model(Network((784, 10))))
    wrong = [folder / "missing.png", broken, empty, folder, model]
    assert main(["predict", "--json", *map(str, wrong), str(drawing), str(strokes)]) == 1
    output = capsys.readouterr()
    assert output.out.count("\n") == 3
    errors = output.err.splitlines()
    assert len(errors) == len(wrong)
    for path in wrong:
        assert any(error.startswith("digitpad: ") and path.name in error for error in errors)


def test_what_is_no_drawing_comes_with_the_way_to_use_it(
    tmp_path: Path, drawing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, model = tmp_path / "digits.npz", tmp_path / "net.npz"
    test = mnist().test.take(slice(20))
    np.savez(data, images=test.images, labels=test.labels)
    model_file.save(model, Model(Network((784, 10), seed=1)))
    for path, command in (
        (data, ["evaluate", "--data", str(data)]),
        (model, ["predict", "--model", str(model)]),
    ):
        assert main(["predict", str(path)]) == 1
        assert f"“digitpad {' '.join(command)}”" in capsys.readouterr().err
        # What it says leads on.
        assert main([*command, *([str(drawing)] if path == model else [])]) == 0
        capsys.readouterr()


def test_activations_that_are_no_numbers_are_null_in_json(
    strokes: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network((784, 2, 10), activation="relu", output_activation="relu")
    network.weights[0][...] = 3e38
    network.weights[1][...] = [1e38, -1e38]
    monkeypatch.setattr(model_file, "shipped", lambda: Model(network))
    assert main(["predict", "--json", str(strokes)]) == 0
    assert read_lines(capsys)[0]["activations"] == [None] * 10


@pytest.mark.parametrize(
    ("outputs", "strokes", "reason"),
    [
        ([9, -9], ONE, ""),
        ([3, 3], ONE, "ambiguous"),
        ([-9, -9], ONE, "unknown"),
        ([9, -9], [], "empty"),
    ],
)
def test_json_gives_the_reason_for_doubt_as_an_identifier(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    outputs: list[float],
    strokes: list[Any],
    reason: str,
) -> None:
    network = Network((784, 10))
    network.parameters[...] = 0
    network.biases[0][:] = outputs + [-9] * 8
    model_file.save(tmp_path / "m.npz", Model(network))
    write_strokes(tmp_path / "one.jsonl", [Sample(None, tuple(strokes))])
    arguments = ["--json", "--model", str(tmp_path / "m.npz"), str(tmp_path / "one.jsonl")]
    assert main(["predict", *arguments]) == 0
    (found,) = read_lines(capsys)
    assert found["reason"] == reason
    assert found["sure"] == (reason == "")


def test_every_digit_of_a_picture_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = mnist().test.images[:2].reshape(-1, 28, 28)
    path = tmp_path / "two.png"
    sheet = Image.fromarray(255 - np.concatenate(images, axis=1))
    sheet.resize((560, 280), Image.Resampling.BICUBIC).save(path)
    assert main(["predict", "--json", str(path)]) == 0
    found = [(content["place"], content["digit"]) for content in read_lines(capsys)]
    assert found == [(1, 7), (2, 2)]
    assert main(["predict", str(path)]) == 0
    output = capsys.readouterr().out
    assert output.startswith(f"{path}: 72 (2 digits)\nDigit 1\n")
    assert output.count("Digit 2\n") == 1
