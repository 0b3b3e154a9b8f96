"""`digitpad export` writes what is asked for, or says why not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from digitpad.cli.main import main
from digitpad.export.architecture import svg
from digitpad.export.web_page import web_page
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "mine.npz"
    model_file.save(path, Model(Network((784, 5, 10), seed=1), {"name": "mine"}))
    return path


def test_it_writes_all_three(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {kind: tmp_path / f"net.{kind}" for kind in ("web", "svg", "onnx")}
    options = [text for kind, path in files.items() for text in (f"--{kind}", str(path))]
    assert main(["export", "--model", str(model), *options]) == 0
    loaded = model_file.load(model)
    assert files["web"].read_text("utf-8") == web_page(loaded)
    assert files["svg"].read_text("utf-8") == svg(loaded.network)
    assert files["onnx"].stat().st_size > 4 * loaded.network.parameters.size
    assert [line.rpartition(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        str(path) for path in files.values()
    ]


def test_the_shipped_model_is_the_default(tmp_path: Path) -> None:
    assert main(["export", "--svg", str(tmp_path / "net.svg")]) == 0
    assert "784-2048-1024-10" in (tmp_path / "net.svg").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "Choose what to write, such as “digitpad export --web page.html”"),
        (["--web", "missing/page.html"], "cannot be written"),
        (["--web", "."], "cannot be written"),
        (["--svg", "net.svg", "--model", "missing.npz"], "missing.npz"),
    ],
)
def test_what_cannot_be_done_is_said(
    options: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", *options]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert not [*tmp_path.iterdir()]


def test_if_one_cannot_be_made_none_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    command = ["export", "--svg", str(tmp_path / "net.svg"), "--onnx", str(tmp_path / "net.onnx")]
    assert main(command) == 1
    assert not [*tmp_path.iterdir()]
    assert main(command[:3]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["net.svg"]
