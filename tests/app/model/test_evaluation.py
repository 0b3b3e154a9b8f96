"""The evaluation on the test images, in a thread, and the confusion matrix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.model import evaluation
from digitpad.app.model.evaluation import EvaluationDialog
from digitpad.app.widgets.confusion import ConfusionView
from digitpad.data.mnist import mnist
from digitpad.errors import DigitpadError
from digitpad.nn.network import Network
from digitpad.recognition.evaluation import evaluate


def test_it_says_what_evaluate_says(qtbot: QtBot) -> None:
    network = Network((784, 20, 10), seed=1)
    dialog = EvaluationDialog(network, "mine")
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.evaluation is not None, timeout=20_000)
    expected = evaluate(network, mnist().test)
    result = dialog.evaluation
    assert result is not None
    assert result.accuracy == expected.accuracy
    np.testing.assert_array_equal(result.confusion, expected.confusion)
    assert f"{100 * expected.accuracy:.2f}\N{NO-BREAK SPACE}%" in dialog.headline.text()
    assert "95 % confidence" in dialog.detail.text()
    assert not dialog.progress.isVisible()


@pytest.mark.parametrize("error", [DigitpadError("The data are damaged."), MemoryError("full")])
def test_what_goes_wrong_in_the_thread_is_said(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(evaluation, "evaluate", fail)
    dialog = EvaluationDialog(Network((784, 10)), "mine")
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.headline.text() == "Not evaluated", timeout=20_000)
    assert str(error) in dialog.detail.text()
    assert not dialog.progress.isVisible()


@pytest.mark.parametrize("way", ["close", "escape"])
def test_it_can_be_closed_while_it_evaluates(qtbot: QtBot, way: str) -> None:
    dialog = EvaluationDialog(Network((784, 10)), "mine")
    dialog.show()
    qtbot.waitExposed(dialog)
    if way == "close":
        assert dialog.close()
    else:
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_the_matrix_tells_each_cell_on_hover(
    qtbot: QtBot, hovered: Callable[[QWidget, QPoint], str]
) -> None:
    view = ConfusionView()
    qtbot.addWidget(view)
    view.resize(480, 480)
    view.show()
    counts = np.diag(np.full(10, 97)).astype(np.int64)
    counts[4, 9] = 3
    view.show_confusion(counts)
    corner, side = view._cells()
    at = (corner + QPoint(1, 1) * 0).toPoint() + QPoint(int(9.5 * side), int(4.5 * side))
    assert hovered(view, at) == "Label 4, predicted 9: 3 images (3.0\N{NO-BREAK SPACE}%)"
    assert "4 read as 9: 3 times" in view.accessibleDescription()


@pytest.mark.parametrize("size", [(300, 300), (900, 400), (400, 900)])
def test_the_matrix_is_painted_at_any_size(qtbot: QtBot, size: tuple[int, int]) -> None:
    view = ConfusionView()
    qtbot.addWidget(view)
    view.resize(*size)
    empty = view.grab().toImage()
    view.show_confusion(np.arange(100).reshape(10, 10))
    assert view.grab().toImage() != empty
