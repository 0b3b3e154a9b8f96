"""What the README says is so."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from digitpad.cli import main
from digitpad.drawing.strokes import read_strokes
from digitpad.nn import model_file

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def section(text: str, title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_two_commands_do_all_the_set_up(readme: str) -> None:
    commands = [block.strip() for block in blocks(section(readme, "Set up"), "sh")]
    assert len(commands) == 2
    assert commands[0].startswith("python3 -m venv .venv && ")
    assert commands[0].endswith(" && .venv/bin/digitpad")
    assert commands[1].endswith(" && .venv/bin/python -m pytest")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for number in range(2):  # the script takes them from the README itself
        assert f'bash -c "${{commands[{number}]}}"' in script


def test_its_commands_are_understood(readme: str) -> None:
    lines = [
        line
        for block in blocks(section(readme, "In a terminal"), "sh")
        for line in block.splitlines()
    ]
    assert len(lines) >= 5
    for line in lines:
        name, *arguments = shlex.split(line, comments=True)
        assert name == "digitpad"
        parsed = main._parser().parse_args(arguments)
        assert callable(parsed.run)


def test_its_stroke_file_is_one(readme: str, tmp_path: Path) -> None:
    (line,) = blocks(section(readme, "Files"), "json")
    path = tmp_path / "strokes.jsonl"
    path.write_text(line)
    (sample,) = read_strokes(path)
    assert sample.label == 7
    assert json.loads(line)["strokes"] == [stroke.tolist() for stroke in sample.strokes]


def test_its_model_written_by_hand_is_one(
    readme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(section(readme, "Files"), "python")
    exec(compile(code, "README.md", "exec"), {})
    network = model_file.load("mine.npz").network
    assert network.sizes == (784, 16, 10)
    assert (network.activation, network.cost) == ("logistic", "quadratic")


def test_its_links_lead_somewhere(readme: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", readme)
    assert len(links) > 15
    for link in links:
        assert link.startswith("https://") or (ROOT / link).exists(), link


def test_its_picture_of_the_terminal_is_what_the_terminal_shows(
    readme: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = blocks(section(readme, "In a terminal"), "sh")[0].splitlines()[0]
    (shown,) = blocks(section(readme, "In a terminal"), "text")
    name, *arguments = shlex.split(command)
    assert name == "digitpad"
    monkeypatch.chdir(ROOT)
    assert main.main(arguments) == 0
    assert capsys.readouterr().out == shown
    assert max(map(len, shown.splitlines())) < 80
