"""CI, the workflow and CONTRIBUTING call checks that exist, and all of them."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nox
import nox.registry
import pytest

import noxfile as _sessions  # noqa: F401  registers them

ROOT = Path(__file__).resolve().parent.parent
SESSIONS = set(nox.registry.get())
CHECKS = {"tests", *(nox.options.sessions or ())}


def called(file: str) -> set[str]:
    """Return the sessions that a file's nox commands name."""
    text = (ROOT / file).read_text(encoding="utf-8")
    commands = re.findall(r"nox (?:-s|--session) ((?:\w+ ?)+)", text)
    return {name for command in commands for name in command.split() if name != "NAME"}


def test_nox_runs_every_check_by_default() -> None:
    assert SESSIONS >= CHECKS
    assert len(CHECKS) >= 7


@pytest.mark.parametrize(
    ("file", "left_out"),
    [
        (".ci/run", {"tests"}),  # it runs them by README's own command
        (".github/workflows/checks.yml", {"coverage"}),  # the job of .ci/run measures it
        ("CONTRIBUTING.md", set()),
    ],
)
def test_every_check_is_called(file: str, left_out: set[str]) -> None:
    assert called(file) <= SESSIONS
    assert called(file) >= CHECKS - left_out


def test_every_test_that_the_documentation_names_exists() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    named = re.findall(r"\[(test_\w+)\]\(\.\./([^)]+)\)", text)
    assert len(named) > 50
    for test, file in named:
        content = (ROOT / file).read_text("utf-8")
        assert re.search(rf"^def {test}\(", content, re.MULTILINE), f"{file} has no {test}"


def test_every_promise_of_coverage_is_of_a_file() -> None:
    promised = tomllib.loads((ROOT / "tests" / "coverage.toml").read_text("utf-8"))
    for name, percent in promised.items():
        assert (ROOT / name).is_file(), name
        assert 0 <= percent <= 100, name


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"fine\n", ""),
        (b"", ""),
        (b"binary \0 \n\n", ""),
        (b"no newline", "does not end with exactly one newline"),
        (b"two newlines\n\n", "does not end with exactly one newline"),
        (b"fine\nblank \n", ":2: blanks at the end of the line"),
        (bytes(12_000_001), "larger than 12,000,000 bytes"),
    ],
    ids=["fine", "empty", "binary", "no newline", "two newlines", "blank", "large"],
)
def test_files_are_checked(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    command = [sys.executable, str(ROOT / ".ci" / "check_files.py"), str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == bool(problem)
    assert problem in result.stdout
    assert bool(result.stdout) == bool(problem)
