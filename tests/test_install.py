"""The sdist and the wheel carry what they must, and a wheel works away from the checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from digitpad import paths

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    # What the checkout could add to the path must not help.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with an sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def digitpad(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the command of a digitpad that is installed in a virtual environment of its own."""
    folder = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(folder, with_pip=False)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    install = ("install", "--no-deps", "--no-index", "--quiet", "--disable-pip-version-check")
    run(
        *(sys.executable, "-m", "pip", "--python", scripts / "python", *install, wheel),
        cwd=folder,
    )
    # Its dependencies are those of the tests; what they say of the checkout (in .pth files of
    # their own) is not followed.
    (site_packages,) = {
        *folder.glob("lib/python*/site-packages"),
        *folder.glob("Lib/site-packages"),
    }
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return scripts / "digitpad"


def packaged(folder: str) -> set[str]:
    """Return the files of a folder of the checkout that belong into a package."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_carries_what_ships_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = packaged("digitpad")
    beside = {f"digitpad/{name}" for folder in ("resources", "models") for name in packaged(folder)}
    assert names == package | beside
    for name in (
        "digitpad/py.typed",
        "digitpad/models/digitpad.npz",
        "digitpad/resources/digitpad.desktop",
        "digitpad/resources/mnist/t10k-images-1.png",
        "digitpad/resources/mnist/train-labels-idx1-ubyte.gz",
        "digitpad/resources/icons/digitpad.svg",
        "digitpad/resources/licences/MNIST.txt",
    ):
        assert name in names
    assert wheel.stat().st_size < 40 << 20


def test_the_wheel_carries_the_licences(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name.partition(".dist-info/licenses/")[2] for name in archive.namelist()}
    assert {"LICENSE"} | packaged("resources/licences") <= names


def test_the_sdist_carries_all_that_one_needs_to_work_on_it(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    for folder in ("digitpad", "resources", "models", "tests", "benchmarks", "docs", ".ci"):
        assert packaged(folder) <= names
    for name in ("pyproject.toml", "noxfile.py", "README.md", "LICENSE", "CHANGELOG.md"):
        assert name in names
    assert not [
        name for name in names if "__pycache__" in name or name.startswith((".venv", ".nox"))
    ]


def test_the_lock_satisfies_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (ROOT / ".ci" / "lock.txt").read_text(encoding="utf-8")
    assert "://" not in lock  # it names no package index
    pinned = [Requirement(line) for line in re.findall(r"^(\w.*?) \\$", lock, re.MULTILINE)]
    assert lock.count("--hash=sha256:") >= len(pinned) > 30
    for python in ("3.11", "3.12", "3.13", "3.14"):
        environment = {"python_version": python, "python_full_version": f"{python}.0"}
        for line in project["dependencies"] + project["optional-dependencies"]["test"]:
            wanted = Requirement(line)
            if wanted.marker and not wanted.marker.evaluate(environment):
                continue
            (version,) = {
                specifier.version
                for pin in pinned
                if canonicalize_name(pin.name) == canonicalize_name(wanted.name)
                and (pin.marker is None or pin.marker.evaluate(environment))
                for specifier in pin.specifier
            }
            assert wanted.specifier.contains(version), f"{wanted}: run nox -s lock"


def test_it_works_away_from_the_checkout(digitpad: Path, tmp_path: Path) -> None:
    where = "import digitpad; print(digitpad.__file__)"
    found = run(digitpad.with_name("python"), "-P", "-c", where, cwd=tmp_path)
    assert Path(found).is_relative_to(digitpad.parent.parent)
    result = json.loads(run(digitpad, "evaluate", "--json", cwd=tmp_path))
    assert result["n"] == 10_000
    assert result["accuracy"] > 0.95
    strokes = tmp_path / "seven.jsonl"
    strokes.write_text('{"label": 7, "strokes": [[[10, 10], [60, 10], [30, 90]]]}\n')
    assert json.loads(run(digitpad, "predict", "--json", strokes.name, cwd=tmp_path))["digit"] == 7


def test_a_checkout_has_its_folders_beside_the_package() -> None:
    for folder, name in ((paths.resources(), "resources"), (paths.models(), "models")):
        assert folder.name == name
        assert folder.is_dir()
