"""Collects every text that the window shows, for translators.

    python -m digitpad.app.translations.update

writes `core_texts.py` from the core's sources, brings the .ts files up to date with Qt's lupdate,
and makes the .qm files, which the window reads, with lrelease.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from digitpad.training.hyperparameters import FIELDS

_HERE = Path(__file__).parent
_PACKAGE = _HERE.parents[1]
_CORE = ("nn", "drawing", "data", "recognition", "training", "experiments", "inspection", "export")
# What is called with texts that a user reads.
_MAKERS = {"DigitpadError", "Diverged", "Field", "Finding", "Lesson", "Note", "Preset", "Sentence"}
_UNFINISHED = re.compile(
    r"<source>(?P<source>[^<]*)</source>\s*<translation type=\"unfinished\">.*?</translation>",
    re.DOTALL,
)
_HEADER = '''"""The core's texts that the window shows, {0}, {1} … where values stand.

Written by `update`; do not edit.
"""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP

_TEXTS = (
'''


def tool(name: str) -> str:
    """Return the path of one of PySide6's tools, whether or not its environment is activated."""
    suffix = ".exe" if os.name == "nt" else ""
    return str(Path(sysconfig.get_path("scripts"), f"pyside6-{name}{suffix}"))


def core_texts() -> list[str]:
    """Return the patterns of all texts that the core gives to a user, sorted."""
    files = [_PACKAGE / "errors.py", *(f for room in _CORE for f in (_PACKAGE / room).glob("*.py"))]
    found: set[str] = set()
    for file in files:
        if file.exists():
            found.update(_texts(ast.parse(file.read_text(encoding="utf-8"))))
    for field in FIELDS.values():
        found.update(field.choices)
    return sorted(found)


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        if name in _MAKERS:
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            for value in values:
                yield from _literals(value)


def _literals(node: ast.expr) -> Iterator[str]:
    """Yield a literal's text, or those of the literals it is chosen from."""
    if isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)
    elif isinstance(node, ast.Tuple):
        for each in node.elts:
            yield from _literals(each)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        if any(letter.isalpha() for letter in node.value):
            yield node.value
    elif isinstance(node, ast.JoinedStr):
        text, places = "", 0
        for part in node.values:
            if isinstance(part, ast.Constant):
                text += str(part.value)
            else:
                text += f"{{{places}}}"
                places += 1
        yield text


def core_module() -> str:
    """Return what `core_texts.py` should contain."""
    lines = [f'    QT_TRANSLATE_NOOP("core", {_quoted(text)}),' for text in core_texts()]
    return _HEADER + "\n".join(lines) + "\n)\nTEXTS = tuple(map(str, _TEXTS))\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def main() -> None:
    """Write all files."""
    (_HERE / "core_texts.py").write_text(core_module(), encoding="utf-8")
    sources = sorted(str(file) for file in _PACKAGE.joinpath("app").rglob("*.py"))
    for file in sorted(_HERE.glob("*.ts")):
        english = ["-pluralonly"] if file.stem == "digitpad_en" else []
        command = [tool("lupdate"), *english, "-no-obsolete", "-locations", "none"]
        subprocess.run([*command, *sources, "-ts", str(file)], check=True)
        if english:
            _fill_plurals(file)
        subprocess.run([tool("lrelease"), str(file)], check=True)


def _fill_plurals(file: Path) -> None:
    """Write English's plural forms where none stand yet: “%Ln epoch(s)” is 1 epoch, 2 epochs."""

    def filled(found: re.Match[str]) -> str:
        one, many = (found["source"].replace("(s)", ending) for ending in ("", "s"))
        return (
            f"<source>{found['source']}</source>\n        <translation>\n"
            f"            <numerusform>{one}</numerusform>\n"
            f"            <numerusform>{many}</numerusform>\n        </translation>"
        )

    text = file.read_text(encoding="utf-8")
    file.write_text(_UNFINISHED.sub(filled, text), encoding="utf-8")


if __name__ == "__main__":
    main()
