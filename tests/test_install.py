"""An installed wheel carries what ships, and works away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

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
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = ("-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    run(sys.executable, *map(str, build), cwd=folder)
    (found,) = folder.glob("*.whl")
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


def test_the_wheel_carries_what_ships(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
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
    examples = {name for name in names if name.startswith("digitpad/resources/examples/")}
    assert any(name.endswith(".jsonl") for name in examples)
    assert any(name.endswith((".png", ".jpg")) for name in examples)
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]
    assert wheel.stat().st_size < 40 << 20


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
