"""What “Copy numbers” gives for each picture: the numbers it shows, in full precision."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QHeaderView, QLabel, QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.session import Session
from digitpad.app.understand.heat_view import HeatView
from digitpad.app.understand.map_view import MapView
from digitpad.app.understand.panel import UnderstandPanel, View
from digitpad.app.understand.plot_view import Curve, PlotView
from digitpad.app.understand.reliability_view import ReliabilityView
from digitpad.app.understand.stage_track import StageTrack
from digitpad.app.understand.surface_view import SurfaceView
from digitpad.app.widgets.confusion import ConfusionView
from digitpad.app.widgets.equation import EquationView
from digitpad.inspection.landscape import Grid
from digitpad.inspection.mistakes import Reliability


def copied(widget: QWidget, qtbot: QtBot) -> list[list[str]]:
    qtbot.addWidget(widget)
    (action,) = (action for action in widget.actions() if action.text() == "Copy numbers")
    action.trigger()
    return [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]


def test_a_heat_map(qtbot: QtBot) -> None:
    values = np.random.default_rng(0).normal(size=(28, 28))
    view = HeatView()
    view.show_values(values, np.zeros((28, 28)))
    np.testing.assert_allclose(np.array(copied(view, qtbot), float), values, rtol=1e-8)


def test_ink_alone(qtbot: QtBot) -> None:
    image = np.random.default_rng(0).random((28, 28))
    view = HeatView()
    view.show_ink(image)
    np.testing.assert_allclose(np.array(copied(view, qtbot), float), image, rtol=1e-8)


def test_a_curve(qtbot: QtBot) -> None:
    x, y = np.arange(3.0), np.array([0.5, 0.25, 1 / 3])
    view = PlotView(str, str)
    curve = Curve(x, y, "cost", low=y - 0.1, high=y + 0.1, expected=2 * y, expected_name="tangent")
    view.show_curve(curve, "η")
    heading, *rows = copied(view, qtbot)
    assert heading == ["η", "cost", "95 % interval from", "95 % interval to", "tangent"]
    np.testing.assert_allclose(
        np.array(rows, float), np.column_stack([x, y, y - 0.1, y + 0.1, 2 * y]), rtol=1e-8
    )


def test_a_surface(qtbot: QtBot) -> None:
    costs = np.array([[1.0, 2.5], [3.125, 1e-7]])
    view = SurfaceView()
    view.show_grid(Grid(np.array([-1.0, 1.0]), np.array([0.0, 0.5]), costs, 2))
    heading, *rows = copied(view, qtbot)
    assert heading[1:] == ["-1", "1"]
    assert [row[0] for row in rows] == ["0", "0.5"]
    np.testing.assert_allclose(np.array([row[1:] for row in rows], float), costs)
    view.show_path(np.array([[0.25, -0.5], [1.5, 0.125]]), 0)
    assert copied(view, qtbot)[3:] == [
        ["path", "α", "β"],
        ["1", "0.25", "-0.5"],
        ["2", "1.5", "0.125"],
    ]


def test_a_map(qtbot: QtBot) -> None:
    points = np.array([[0.125, 2.0], [-3.5, 1.0]])
    view = MapView()
    view.show_points(points, np.array([7, 3]), np.zeros((2, 784)))
    rows = [["label", "x", "y"], ["7", "0.125", "2"], ["3", "-3.5", "1"]]
    assert copied(view, qtbot) == rows
    view.show_drawing(np.array([0.5, 0.75]))
    assert copied(view, qtbot) == [*rows, ["drawing", "0.5", "0.75"]]


def test_a_reliability_diagram(qtbot: QtBot) -> None:
    view = ReliabilityView()
    view.show_reliability(
        Reliability(
            np.array([0, 0.5, 1]),
            np.array([0, 4]),
            np.array([np.nan, 0.75]),
            np.array([np.nan, 0.5]),
            0.25,
        )
    )
    assert copied(view, qtbot) == [
        ["confidence from", "confidence to", "answers", "mean confidence", "accuracy"],
        ["0", "0.5", "0", "nan", "nan"],
        ["0.5", "1", "4", "0.75", "0.5"],
    ]


def test_a_confusion_matrix(qtbot: QtBot) -> None:
    counts = np.arange(100).reshape(10, 10)
    view = ConfusionView()
    view.show_confusion(counts)
    heading, *rows = copied(view, qtbot)
    assert heading == ["label \\ answer", *"0123456789"]
    assert [row[0] for row in rows] == list("0123456789")
    np.testing.assert_array_equal(np.array([row[1:] for row in rows], int), counts)


def test_nothing_shown_copies_nothing(qtbot: QtBot) -> None:
    for view in (PlotView(str, str), SurfaceView(), MapView(), ReliabilityView(), ConfusionView()):
        assert copied(view, qtbot) == []


def test_an_equation_is_copied_as_latex(qtbot: QtBot) -> None:
    view = EquationView()
    qtbot.addWidget(view)
    view.show_latex("a^{0} = x")
    picture, source = view.actions()
    assert (picture.text(), source.text()) == ("Copy picture", "Copy as LaTeX")
    source.trigger()
    assert QGuiApplication.clipboard().text() == "a^{0} = x"


def shows_something(widget: QWidget) -> bool:
    """Return whether a widget is a picture, a plot, a list or a table."""
    if isinstance(widget, QHeaderView):
        return False
    if isinstance(widget, QAbstractItemView):
        parent = widget.parentWidget()
        return parent is None or not isinstance(parent.parentWidget(), QComboBox)
    if isinstance(widget, QLabel):
        return not widget.pixmap().isNull()
    paints = (kind for kind in type(widget).__mro__ if "paintEvent" in vars(kind))
    return next(paints).__module__.startswith("digitpad.") and not isinstance(widget, StageTrack)


@pytest.mark.parametrize("view", list(View))
def test_every_picture_and_table_can_be_copied(
    view: View, session: Session, shown: Callable[[QWidget], None]
) -> None:
    panel = UnderstandPanel(session)
    shown(panel)
    panel.show_view(view)
    found = [each for each in panel.built[view].findChildren(QWidget) if shows_something(each)]
    kinds = {type(each).__name__ for each in found}
    assert (
        kinds
        == {
            View.STEP: {"EquationView", "HeatView", "ArithmeticTable"},
            View.WHY: {"HeatView"},
            View.BENCH: {"CurveView"},
            View.LANDSCAPE: {"PlotView", "SurfaceView"},
            View.MISTAKES: {"ConfusionView", "Gallery", "ReliabilityView", "PlotView"},
            View.MAP: {"MapView"},
            View.OPERATE: {"QListWidget"},
        }[view]
    )
    for each in found:
        picture, text = each.actions()
        assert text.text() in ("Copy numbers", "Copy as LaTeX")
        if each.isVisible():
            QGuiApplication.clipboard().clear()
            picture.trigger()
            assert QGuiApplication.clipboard().image() == each.grab().toImage()
