"""Every text can be translated: all go through `tr`, lupdate finds them, and the core's too."""

from __future__ import annotations

import ast
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator
from PySide6.QtWidgets import QApplication

import digitpad.app
from digitpad.app import translations
from digitpad.app.translations import core, update
from digitpad.app.translations.core_texts import TEXTS
from digitpad.errors import DigitpadError
from digitpad.training.hyperparameters import FIELDS, check_value
from digitpad.training.presets import PRESETS

APP = Path(digitpad.app.__file__).parent
FOLDER = Path(translations.__file__).parent
# Without what speaks to a terminal, before there is a window, and to translators.
SOURCES = [
    file for file in sorted(APP.rglob("*.py")) if file.name not in ("display.py", "update.py")
]
TRANSLATORS = {"tr", "translate", "QT_TRANSLATE_NOOP"}
# The same in every language: names, Qt's own names, and what is written into files.
NAMES = (
    *("MNIST", "Qt and PySide6", "NumPy", "Pillow", "Fusion", "PNG", "&&", "QToolButton"),
    *(
        "Ctrl+",
        "Shift+F1",
        "Backspace",
        "Left",
        "Right",
        "Up",
        "Down",
        "Home",
        "Dock",
        "early stopping",
    ),
    *("validation images", ", after epoch", "QToolButton"),
)


def called(node: ast.Call) -> str:
    function = node.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def marked(tree: ast.AST) -> Iterator[str]:
    """Yield the texts that are given to `tr` and its kin."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in TRANSLATORS:
            text = node.args[0 if called(node) == "tr" else -1]
            if isinstance(text, ast.Constant):
                yield str(text.value)


def unmarked(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield what reads like words and is not given to `tr`, with its line."""
    if isinstance(node, ast.Call) and called(node) in TRANSLATORS:
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_text(node.value):
        yield node.lineno, node.value
    for child in ast.iter_child_nodes(node):
        yield from unmarked(child)


def is_text(value: str) -> bool:
    words = re.sub(r"<[^>]*>|\*\.?[\w-]+", " ", value).strip()
    capitalised = re.match(r"[A-Z&][a-z&]+", words) is not None
    sentence = re.search(r"[a-z]{2,} [a-z]{2,}", words) is not None
    return (capitalised or sentence) and not any(words.startswith(name) for name in NAMES)


def lupdate(target: Path, *options: str) -> set[str]:
    subprocess.run(
        [update.tool("lupdate"), "-silent", *options, *map(str, SOURCES), "-ts", str(target)],
        check=True,
        capture_output=True,
    )
    root = ET.parse(target).getroot()
    return {"".join(source.itertext()) for source in root.iter("source")}


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(APP)))
def test_no_text_reaches_the_user_without_a_translation(file: Path) -> None:
    enums = re.compile(r"^    [A-Z_]+ = \"")  # keys, which nobody reads
    lines = file.read_text(encoding="utf-8").splitlines()
    found = [
        (line, text)
        for line, text in unmarked(ast.parse("\n".join(lines)))
        if not enums.match(lines[line - 1])
    ]
    assert not found


def test_lupdate_finds_every_text(tmp_path: Path) -> None:
    expected = {text for file in SOURCES for text in marked(ast.parse(file.read_text("utf-8")))}
    assert len(expected) > 300
    assert lupdate(tmp_path / "all.ts") == expected


def test_the_core_s_texts_are_up_to_date() -> None:
    written = (FOLDER / "core_texts.py").read_text(encoding="utf-8")
    assert written == update.core_module(), "run python -m digitpad.app.translations.update"


def test_the_core_s_texts_are_all_there() -> None:
    for field in FIELDS.values():
        assert {field.label, field.explanation, *field.choices} <= set(TEXTS)
    for preset in PRESETS.values():
        assert {preset.name, preset.sentence} <= set(TEXTS)


def test_english_has_its_plural_forms(qapp: QApplication, tmp_path: Path) -> None:
    source = "Converged after %Ln epoch(s) in {time}."
    one, many = (QCoreApplication.translate("TrainingControls", source, "", n) for n in (1, 12))
    assert one == "Converged after 1 epoch in {time}."
    assert many == "Converged after 12 epochs in {time}."
    plurals = tmp_path / "plurals.ts"
    expected = lupdate(plurals, "-pluralonly")
    root = ET.parse(FOLDER / "digitpad_en.ts").getroot()
    assert {"".join(source.itertext()) for source in root.iter("source")} == expected
    assert all(form.text and "(s)" not in form.text for form in root.iter("numerusform"))
    compiled = tmp_path / "en.qm"
    english = FOLDER / "digitpad_en.ts"
    subprocess.run(
        [update.tool("lrelease"), "-silent", str(english), "-qm", str(compiled)], check=True
    )
    assert compiled.read_bytes() == (FOLDER / "digitpad_en.qm").read_bytes()


@pytest.fixture
def backwards(qapp: QApplication, tmp_path: Path) -> Iterator[None]:
    """Another language for two texts of the core."""
    source, compiled = tmp_path / "x.ts", tmp_path / "x.qm"
    texts = {
        "Epochs": "shcopE",
        "{0} ({1}) cannot be {2}: use {3}.": "{3} :esu ,{2} ton si ({1}) {0}",
    }
    messages = "".join(
        f"<message><source>{text}</source><translation>{other}</translation></message>"
        for text, other in texts.items()
    )
    source.write_text(
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE TS><TS version="2.1" language="de">'
        f"<context><name>core</name>{messages}</context></TS>",
        encoding="utf-8",
    )
    subprocess.run(
        [update.tool("lrelease"), "-silent", str(source), "-qm", str(compiled)], check=True
    )
    translator = QTranslator()
    assert translator.load(str(compiled))
    qapp.installTranslator(translator)
    yield
    qapp.removeTranslator(translator)


@pytest.mark.usefixtures("backwards")
def test_texts_and_messages_of_the_core_are_translated() -> None:
    assert core("Epochs") == "shcopE"
    with pytest.raises(DigitpadError) as caught:
        check_value("epochs", "a lot (of them)")
    said = "1 to 10,000 epochs :esu ,'a lot (of them)' ton si (epochs) Epochs"
    assert core(str(caught.value)) == said
    assert core("There is nothing like it.") == "There is nothing like it."
