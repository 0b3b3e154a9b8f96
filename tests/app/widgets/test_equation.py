"""Equations: typeset, marked, and readable for those who hear them."""

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from digitpad.app.widgets import theme
from digitpad.app.widgets.equation import EquationView, plain
from digitpad.inspection.backprop_steps import open_step
from digitpad.nn.network import one_hot
from tests.combinations import PAIRS, small


@pytest.fixture
def view(qtbot: QtBot) -> EquationView:
    view = EquationView()
    qtbot.addWidget(view)
    view.setPalette(theme.palette(False))
    view.show_latex(r"\delta^{2} = (W^{3})^{T} \delta^{3} \odot \sigma'(z^{2})")
    view.resize(400, view.sizeHint().height())
    return view


def painted(view: EquationView) -> QImage:
    return view.grab().toImage()


def colours_of(image: QImage) -> set[str]:
    return {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }


def test_an_equation_is_painted_in_the_text_colour(view: EquationView) -> None:
    assert "#1c1f24" in colours_of(painted(view))
    view.setPalette(theme.palette(True))
    assert "#e7e9ed" in colours_of(painted(view))


def test_a_symbol_is_marked_in_the_accent_colour(view: EquationView) -> None:
    assert "#0064a0" not in colours_of(painted(view))
    view.mark("W^{3}")
    assert "#0064a0" in colours_of(painted(view))
    view.mark("")
    assert "#0064a0" not in colours_of(painted(view))


def test_a_wide_equation_shrinks(view: EquationView) -> None:
    view.resize(60, view.height())
    image = painted(view)
    ink = [
        x
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).lightness() < 120
    ]
    assert ink
    assert max(ink) < image.width() - 1


def test_plain_text_is_what_people_read(view: EquationView) -> None:
    assert view.accessibleName() == "δ² = (W³)ᵀ δ³ ⊙ σ′(z²)"
    assert plain(r"\delta^{l} (a^{l-1})^{T}") == "δˡ (aˡ⁻¹)ᵀ"
    assert plain(r"\frac{\partial C}{\partial b^{l}}") == "∂C/∂bˡ"


@pytest.mark.parametrize(("cost", "output"), PAIRS)
@pytest.mark.parametrize("m", [1, 2])
def test_every_equation_of_a_step_can_be_typeset(
    cost: str, output: str, m: int, view: EquationView
) -> None:
    step = open_step(
        small("logistic", output, cost, 2), [[0.5] * 7] * m, [one_hot(1, 4).tolist()] * m, 0.1
    )
    for stage in step.stages:
        for equation in stage.equations:
            view.show_latex(equation.latex)
            assert view.sizeHint().width() > 20
            assert "\\" not in view.accessibleName()
            before = painted(view)
            for symbol in equation.symbols:
                view.mark(symbol)
                assert painted(view) != before
                view.mark("")
