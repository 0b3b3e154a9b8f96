"""The about box names digitpad's version and everyone's licence."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QLabel

from digitpad import __version__
from digitpad.app.about import AboutDialog
from digitpad.app.main_window import MainWindow

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
    window.about_action.trigger()
    (text,) = texts
    assert f"digitpad {__version__}" in text
    for name, licence in (
        ("Qt", "LGPL 3"),
        ("MNIST", "CC BY-SA 3.0"),
        ("NumPy", "BSD"),
        ("Pillow", "MIT-CMU"),
        ("pyqtgraph", "MIT"),
    ):
        assert name in text
        assert licence in text
