"""The about box names digitpad's version and everyone's licence."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QDialog, QLabel
from pytestqt.qtbot import QtBot

from digitpad import __version__
from digitpad.app.about import AboutDialog
from digitpad.app.main_window import MainWindow

ROOT = Path(__file__).resolve().parent.parent.parent
Answer = Callable[[Callable[[QDialog], object]], list[str]]


def test_it_opens_from_the_menu_and_names_all_licences(
    window: MainWindow, answer_dialog: Answer
) -> None:
    texts = []

    def read(dialog: QDialog) -> None:
        assert isinstance(dialog, AboutDialog)
        label = dialog.findChild(QLabel, "aboutText")
        assert label is not None
        texts.append(label.text())

    answer_dialog(read)
    window.commands.about.trigger()
    (text,) = texts
    assert f"digitpad {__version__}" in text
    for name, licence in (
        ("Qt", "LGPL 3"),
        ("MNIST", "CC BY-SA 3.0"),
        ("UNIPEN", "CC BY 4.0"),
        ("NumPy", "BSD"),
        ("Pillow", "MIT-CMU"),
        ("pyqtgraph", "MIT"),
    ):
        assert name in text
        assert licence in text


def test_it_and_the_readme_name_every_dependency(qtbot: QtBot) -> None:
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    label = dialog.findChild(QLabel, "aboutText")
    assert label is not None
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    licences = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Licences")[2]
    names = {re.split(r"[^A-Za-z0-9]", wanted)[0] for wanted in project["dependencies"]}
    assert len(names) >= 6
    for name in names:
        assert name.lower() in label.text().lower(), "digitpad/app/about.py"
        assert name.lower() in licences.lower(), "README.md"
