"""docs/architecture.md agrees with the folders, the imports and import-linter's contracts."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted(ROOT.glob("docs/*.md"))
# Each part of the page: the package, and the headings of its drawing and of its table.
PARTS = {
    "digitpad": ("The rule", "The rooms"),
    "digitpad.app": ("The window's rooms", "The window's rooms"),
}
parts = pytest.mark.parametrize("package", PARTS)


def section(title: str) -> str:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"docs/architecture.md has no section “{title}”"
    return found[1]


def table(package: str) -> list[tuple[str, str]]:
    """Return the rooms and their links, from the top of the table down."""
    return re.findall(r"^\| \[(\w+)\]\(([^)]+)\) \|", section(PARTS[package][1]), re.MULTILINE)


def arrows(package: str) -> set[tuple[str, str]]:
    """Return the arrows of the drawing: who imports from whom."""
    (drawing,) = re.findall(r"```mermaid\n(.*?)```", section(PARTS[package][0]), re.DOTALL)
    found: set[tuple[str, str]] = set()
    for line in drawing.splitlines()[1:]:
        left, _, right = line.partition("-->")
        found.update(product(re.findall(r"\w+", left), re.findall(r"\w+", right)))
    return found


def rooms(package: str) -> set[str]:
    folder = ROOT.joinpath(*package.split("."))
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__"}
    return modules | {path.parent.name for path in folder.glob("*/__init__.py")}


def layers(package: str) -> list[set[str]]:
    """Return the layers of the package's contract, from the top."""
    configuration: dict[str, Any] = tomllib.loads(
        (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )
    (contract,) = (
        contract
        for contract in configuration["tool"]["importlinter"]["contracts"]
        if contract.get("containers") == [package]
    )
    return [set(re.findall(r"\w+", layer)) for layer in contract["layers"]]


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("digitpad", cache_dir=None)


def imports(package: str) -> set[tuple[str, str]]:
    """Return which rooms import from which, whatever the depth of the modules."""
    return {
        (importer, imported)
        for importer, imported in product(rooms(package), repeat=2)
        if importer != imported
        and graph().direct_import_exists(
            importer=f"{package}.{importer}", imported=f"{package}.{imported}", as_packages=True
        )
    }


def reachable(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the pairs that a path of one or more of these pairs connects."""
    found = set(pairs)
    while more := {(a, d) for a, b in found for c, d in pairs if b == c} - found:
        found |= more
    return found


@parts
def test_the_table_lists_every_room_from_the_bottom_up(package: str) -> None:
    names = [name for name, _ in table(package)]
    assert sorted(names) == sorted(rooms(package))
    bottom_up = layers(package)[::-1]
    levels = [next(n for n, layer in enumerate(bottom_up) if name in layer) for name in names]
    assert levels == sorted(levels)


@parts
def test_the_contract_lists_every_room(package: str) -> None:
    assert set().union(*layers(package)) == rooms(package)


@parts
def test_every_arrow_is_an_import(package: str) -> None:
    assert arrows(package) - imports(package) == set(), "drawn, but not imported"


@parts
def test_every_import_is_drawn(package: str) -> None:
    missing = imports(package) - reachable(arrows(package))
    assert missing == set(), "imported, but no path of arrows leads there"


@parts
def test_a_forbidden_import_would_show(package: str) -> None:
    """The drawing allows nothing upwards: the check above is not one that always passes."""
    allowed = reachable(arrows(package))
    assert allowed
    assert not {(b, a) for a, b in allowed} & allowed


def test_the_core_knows_no_qt() -> None:
    core = [
        path
        for path in (ROOT / "digitpad").rglob("*.py")
        if "app" not in path.relative_to(ROOT / "digitpad").parts
    ]
    assert len(core) > 20
    for path in core:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(from|import) (PySide6|pyqtgraph)", text, re.MULTILINE), path


@pytest.mark.parametrize("page", DOCS, ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        target = page.parent / link.partition("#")[0]
        assert link.startswith(("https://", "#")) or target.exists(), link


@pytest.mark.parametrize("page", DOCS, ids=lambda path: path.name)
def test_the_classes_it_names_exist(page: Path) -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "digitpad").rglob("*.py"))
    )
    for name in re.findall(r"`([A-Z]\w*[a-z]\w*)`", page.read_text(encoding="utf-8")):
        assert re.search(rf"^class {name}\b|^{name}\b.* = ", code, re.MULTILINE), name
