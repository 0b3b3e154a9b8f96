"""Operating on the network from the window."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.session import Session
from digitpad.app.understand.operate_view import Kind, OperateView
from digitpad.app.widgets import numbers
from digitpad.data.mnist import mnist
from digitpad.inspection.operate import (
    Operation,
    Prune,
    ScaleIncoming,
    ScaleOutgoing,
    ShiftBias,
    Temperature,
    operated,
)
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.recognition.evaluation import evaluate

Show = Callable[[QWidget], None]
_LONG = 20_000  # ms: a busy machine may take its time


@pytest.fixture
def view(session: Session, shown: Show) -> OperateView:
    view = OperateView(session)
    shown(view)
    return view


def choose(view: OperateView, kind: Kind) -> None:
    view.kind.setCurrentIndex(view.kind.findData(kind))


def do(view: OperateView, qtbot: QtBot) -> None:
    qtbot.mouseClick(view.do, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(
    ("kind", "expected", "text"),
    [
        (Kind.SILENCE, ScaleOutgoing(2, 3, 0.0), "Neuron 3 of layer 2 silenced"),
        (
            Kind.SCALE_OUTGOING,
            ScaleOutgoing(2, 3, 0.5),
            "Weights out of neuron 3 of layer 2 × 0.5",
        ),
        (Kind.SCALE_INCOMING, ScaleIncoming(2, 3, 0.5), "Weights into neuron 3 of layer 2 × 0.5"),
        (Kind.SHIFT_BIAS, ShiftBias(2, 3, 1.0), "Bias of neuron 3 of layer 2 shifted by 1"),
        (Kind.PRUNE, Prune(0.5), "50\N{NO-BREAK SPACE}% of the weights pruned"),
        (Kind.TEMPERATURE, Temperature(2.0), "Temperature 2"),
    ],
)
def test_each_operation_changes_the_network(
    view: OperateView, qtbot: QtBot, kind: Kind, expected: Operation, text: str
) -> None:
    choose(view, kind)
    view.choose_neuron(2, 3)
    with qtbot.waitSignal(view.preview_changed) as caught:
        do(view, qtbot)
    assert view.operations == [expected]
    assert [view.list.item(row).text() for row in range(view.list.count())] == [text]
    assert caught.args is not None
    changed = operated(view.session.network, [expected])
    np.testing.assert_array_equal(caught.args[0].parameters, changed.parameters)


def test_the_accuracy_follows(view: OperateView, qtbot: QtBot) -> None:
    choose(view, Kind.PRUNE)
    view.value.setValue(90)
    do(view, qtbot)
    test = mnist().test
    before = evaluate(view.session.network, test)
    after = evaluate(operated(view.session.network, [Prune(0.9)]), test)
    everything = f"of {numbers.whole(10_000)} ("
    qtbot.waitUntil(lambda: everything in view.after.text(), timeout=_LONG)
    assert numbers.percent(after.accuracy, 2) in view.after.text()
    assert numbers.percent(before.accuracy, 2) in view.before.text()
    assert numbers.percent(after.interval[0]) in view.after.text()


def test_everything_can_be_undone(view: OperateView, qtbot: QtBot) -> None:
    assert not view.undo.isEnabled()
    choose(view, Kind.SHIFT_BIAS)
    do(view, qtbot)
    first = view.network
    do(view, qtbot)
    assert len(view.operations) == 2
    QTest.keyClick(view.list, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    np.testing.assert_array_equal(view.network.parameters, first.parameters)
    do(view, qtbot)
    with qtbot.waitSignal(view.preview_changed) as caught:
        qtbot.mouseClick(view.reset, Qt.MouseButton.LeftButton)
    assert caught.args == [None]
    assert view.network is view.session.network
    assert not view.keep.isEnabled()


def test_the_changed_network_can_be_kept(view: OperateView, qtbot: QtBot) -> None:
    choose(view, Kind.TEMPERATURE)
    do(view, qtbot)
    changed = view.network
    with qtbot.waitSignal(view.network_changed_by_user) as caught:
        qtbot.mouseClick(view.keep, Qt.MouseButton.LeftButton)
    assert caught.args == [changed, "Temperature 2"]
    view.session.show_model(Model(changed, {}))
    assert view.operations == []
    assert view.original is changed


def test_only_neurons_that_exist_can_be_chosen(view: OperateView) -> None:
    choose(view, Kind.SILENCE)
    assert (view.layer.minimum(), view.layer.maximum()) == (1, 2)
    view.choose_neuron(2, 99)
    assert view.neuron.value() == 7
    choose(view, Kind.SHIFT_BIAS)
    assert view.layer.maximum() == 3
    view.session.new(Network((784, 10)))
    assert view.layer.maximum() == 1
    choose(view, Kind.SILENCE)
    assert (view.layer.minimum(), view.layer.maximum()) == (0, 0)
    assert view.neuron.maximum() == 783


def test_what_was_done_is_copied_with_its_accuracies(view: OperateView, qtbot: QtBot) -> None:
    qtbot.mouseClick(view.do, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "10,000" in view.after.text(), timeout=20_000)
    view.list.setFocus()
    QTest.keySequence(view.list, QKeySequence(QKeySequence.StandardKey.Copy))
    done, _, before, now = QGuiApplication.clipboard().text().splitlines()
    assert done == view.list.item(0).text()
    for line, label in ((before, view.before), (now, view.after)):
        _, accuracy, low, high, n = line.split("\t")
        assert numbers.percent(float(accuracy), 2) in label.text()
        assert float(low) < float(accuracy) < float(high)
        assert n == "10000"
