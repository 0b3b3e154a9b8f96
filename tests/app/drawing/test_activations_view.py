"""The bars: what they show, say and look like."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QColor, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from digitpad.app.drawing.activations_view import ActivationsView
from digitpad.recognition.recognise import Reading, Verdict


@pytest.fixture
def view(qtbot: QtBot) -> ActivationsView:
    view = ActivationsView()
    qtbot.addWidget(view)
    view.resize(320, 340)
    view.show()
    qtbot.waitExposed(view)
    return view


def reading(verdict: Verdict = Verdict.SURE, **bars: float) -> Reading:
    activations = np.full(10, 0.02, dtype=np.float32)
    for name, value in bars.items():
        activations[int(name[1:])] = value
    runner_up, digit = np.argsort(activations, stable=True)[-2:].tolist()
    return Reading(digit, runner_up, activations, float(activations[digit]), verdict)


def colours(view: ActivationsView, digit: int) -> set[str]:
    """Return the colours along the middle of a digit's row."""
    image = view.grab().toImage()
    y = next(y for y in range(view.height()) if view.digit_at(QPointF(50, y - 12)) == digit)
    return {image.pixelColor(x, y).name() for x in range(45, view.width() - 60)}


def test_it_shows_the_activations(view: ActivationsView) -> None:
    view.show_reading(reading(_3=0.9, _8=0.25))
    assert view.values().shape == (10,)
    assert view.values()[3] == pytest.approx(0.9)
    assert view.verdict is Verdict.SURE
    assert "Looks like a 3" in view.accessibleDescription()
    assert "8: 0.25" in view.accessibleDescription()


def test_what_is_no_activation_does_not_break_it(view: ActivationsView) -> None:
    broken = reading()
    broken.activations[:4] = [np.nan, np.inf, -np.inf, 7]
    view.show_reading(broken)
    view.repaint()
    assert (view.values() >= 0).all()
    assert (view.values() <= 1).all()


def test_values_cannot_be_changed_from_outside(view: ActivationsView) -> None:
    view.show_reading(reading(_3=0.9))
    view.values()[:] = 0
    assert view.values()[3] == pytest.approx(0.9)


def test_the_winner_has_a_colour_of_its_own(view: ActivationsView) -> None:
    view.show_reading(reading(_3=0.9, _5=0.4))
    winner, other = colours(view, 3), colours(view, 5)
    assert "#0072b2" in winner
    assert "#0072b2" not in other


def test_only_what_changed_is_painted_and_nothing_is_left_of_what_was(
    view: ActivationsView,
) -> None:
    for height in (340, 223):
        view.resize(320, height)
        for shows in (reading(_3=0.9), reading(_3=0.7), reading(_3=0.95, _4=0.3), reading(_2=1.0)):
            view.show_reading(shows)
            QApplication.processEvents()
            shown = view.screen().grabWindow(view.winId()).toImage()
            assert shown == view.grab().toImage().convertToFormat(shown.format())


def test_with_another_size_palette_or_font_it_looks_as_if_made_so(
    view: ActivationsView, qtbot: QtBot
) -> None:
    view.show_reading(reading(_3=0.9))
    view.clearFocus()
    dark = QPalette(QColor("#303030"), QColor("#202020"))
    font = view.font()
    font.setPointSizeF(2 * font.pointSizeF())
    for width, text in ((320, view.font()), (320, font), (500, font)):
        view.grab()
        view.setPalette(dark)
        view.setFont(text)
        view.resize(width, 340)
        other = ActivationsView()
        qtbot.addWidget(other)
        other.setPalette(dark)
        other.setFont(text)
        other.resize(width, 340)
        other.show_reading(reading(_3=0.9))
        assert view.grab().toImage() == other.grab().toImage()


def test_every_verdict_looks_different(view: ActivationsView) -> None:
    pictures = []
    for verdict in Verdict:
        view.show_reading(reading(verdict, _1=0.8, _7=0.75))
        assert view.verdict is verdict
        pictures.append(view.grab().toImage())
    assert all(a != b for i, a in enumerate(pictures) for b in pictures[:i])


def test_both_candidates_are_marked(view: ActivationsView) -> None:
    view.show_reading(reading(Verdict.AMBIGUOUS, _1=0.7, _7=0.75))
    assert {"#c04f00"} <= colours(view, 1) & colours(view, 7)
    assert "Could be 1 or 7" in view.accessibleDescription()


def test_every_bar_tells_its_value_on_hover(
    view: ActivationsView, hovered: Callable[[QWidget, QPoint], str]
) -> None:
    view.show_reading(reading(_6=0.123))
    at = QPoint(100, 8 + int(6.5 * (view.height() - 16) / 10))
    tip = hovered(view, at)
    assert "0.1230" in tip
    assert "6" in tip
    QTest.mouseMove(view, QPoint(100, 2))
    assert view.toolTip() == ""


@pytest.mark.parametrize("size", [(150, 190), (320, 340), (900, 1000)])
def test_it_fits_any_size(view: ActivationsView, size: tuple[int, int]) -> None:
    view.resize(*size)
    view.show_reading(reading(_9=1.0))
    image = view.grab().toImage()
    blue = [
        (x, y)
        for x in range(0, image.width(), 3)
        for y in range(0, image.height(), 3)
        if image.pixelColor(x, y).name() == "#0072b2"
    ]
    assert blue
    assert max(y for _, y in blue) < size[1] - 4
    assert max(x for x, _ in blue) < size[0] - 20


def test_dark_paper_gets_lighter_bars(view: ActivationsView) -> None:
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Window, QColor("#202020"))
    palette.setColor(QPalette.ColorRole.WindowText, QColor("#f0f0f0"))
    palette.setColor(QPalette.ColorRole.Base, QColor("#101010"))
    palette.setColor(QPalette.ColorRole.Text, QColor("#f0f0f0"))
    view.setPalette(palette)
    view.show_reading(reading(_3=0.9))
    assert "#56b4e9" in colours(view, 3)


def test_with_high_contrast_even_what_is_quiet_can_be_seen(view: ActivationsView) -> None:
    palette = QPalette(QColor("black"), QColor("black"))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text):
        palette.setColor(role, QColor("white"))
    palette.setColor(QPalette.ColorRole.Base, QColor("black"))
    view.setPalette(palette)
    view.show_reading(reading(_3=0.9, _5=0.4))
    image = view.grab().toImage()
    for digit in range(10):
        top = next(y for y in range(view.height()) if view.digit_at(QPointF(50, y)) == digit)
        row = range(top + 1, min(top + 28, view.height()))
        # The edge of the track, in the middle of its length.
        lightest = max(image.pixelColor(view.width() // 2 + 20, y).lightness() for y in row)
        assert lightest > 100, digit
