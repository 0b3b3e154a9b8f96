"""The timeline under real events: what it says is the run's, and every move reaches who listens."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from digitpad.app.training.film_strip import FilmStrip
from digitpad.app.training.timeline_view import TimelineView
from digitpad.app.widgets import theme
from digitpad.training.interactive import Job, Update
from digitpad.training.playback import Playback
from digitpad.training.process import TrainingProcess
from digitpad.training.run_files import Curve
from digitpad.training.run_store import RunStore
from digitpad.training.state import TrainingState
from digitpad.training.timeline import Snapshot, scale
from tests.training.test_recording import H, record

PER_EPOCH = 500


def curve(batches: int, costs: Callable[[np.ndarray], np.ndarray] | None = None) -> Curve:
    b = np.arange(1.0, batches + 1)
    cost = 2.0 / (1 + b / 20) + 0.05 if costs is None else costs(b)
    return Curve(b, b / PER_EPOCH, cost, cost, cost, np.full_like(b, 3.0))


def snapshots(batches: int, count: int = 40) -> list[Snapshot]:
    """Return moments that lie evenly on the scale, as those of a real run."""
    every = np.arange(batches + 1)
    place = scale(every, batches)
    chosen = sorted({int(np.abs(place - at).argmin()) for at in np.linspace(0, 1, count)})
    return [Snapshot(b, b / PER_EPOCH, math.nan if b == 0 else 0.1) for b in chosen]


def show(view: TimelineView, batches: int = 4 * PER_EPOCH, *, live: bool = False) -> None:
    c = curve(batches)
    accuracies = [(epoch, 0.9 + epoch / 100) for epoch in range(1, batches // PER_EPOCH + 1)]
    view.show_run(snapshots(batches), c.batches, c.epoch, c.cost, accuracies, live=live)


class Heard:
    """Notes the moves of the playhead."""

    def __init__(self, view: TimelineView) -> None:
        self.moves: list[int | None] = []
        self.branches: list[int] = []
        view.playhead_moved.connect(self.moves.append)
        view.branch_requested.connect(self.branches.append)


@pytest.fixture
def view(qtbot: QtBot) -> TimelineView:
    made = TimelineView()
    qtbot.addWidget(made)
    made.resize(900, 180)
    show(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def point(strip: FilmStrip, index: int | None) -> QPoint:
    return QPoint(round(strip.frame_x(index)), strip.height() // 2)


def picture(view: TimelineView) -> QImage:
    return view.grab().toImage()


def test_without_a_run_it_invites(qtbot: QtBot) -> None:
    view = TimelineView()
    qtbot.addWidget(view)
    view.show()
    assert not view.play.isEnabled()
    assert not view.branch.isEnabled()
    assert not view.now.isEnabled()
    assert view.playhead() is None
    heard = Heard(view)
    qtbot.mouseClick(view.strip, Qt.MouseButton.LeftButton, pos=QPoint(100, 50))
    qtbot.keyClick(view.strip, Qt.Key.Key_Left)
    assert heard.moves == []


def test_a_click_chooses_the_nearest_snapshot(view: TimelineView, qtbot: QtBot) -> None:
    heard = Heard(view)
    for index in (7, 20, 0):
        qtbot.mouseClick(view.strip, Qt.MouseButton.LeftButton, pos=point(view.strip, index))
        assert view.playhead() == index
    assert heard.moves == [7, 20, 0]


def test_the_playhead_is_dragged(view: TimelineView, qtbot: QtBot) -> None:
    heard = Heard(view)
    strip = view.strip
    qtbot.mousePress(strip, Qt.MouseButton.LeftButton, pos=point(strip, 30))
    for index in range(29, 9, -1):
        qtbot.mouseMove(strip, point(strip, index))
    qtbot.mouseMove(strip, QPoint(-50, 10))
    qtbot.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=QPoint(-50, 10))
    assert heard.moves == [*range(30, 9, -1), 0]
    qtbot.mouseMove(strip, point(strip, 5))  # let go of
    assert view.playhead() == 0


def test_keys_move_it(view: TimelineView, qtbot: QtBot) -> None:
    heard = Heard(view)
    last = len(snapshots(4 * PER_EPOCH)) - 1
    for key in ("Left", "Left", "PageDown", "Home", "Right", "PageUp", "End"):
        qtbot.keyClick(view.strip, getattr(Qt.Key, f"Key_{key}"))
    assert heard.moves == [last, last - 1, last - 11, 0, 1, 11, None]


def test_the_wheel_moves_it(view: TimelineView) -> None:
    heard = Heard(view)
    last = len(snapshots(4 * PER_EPOCH)) - 1
    for delta in (120, 120, -120, 60, 60):
        event = QWheelEvent(
            QPointF(50, 50),
            view.strip.mapToGlobal(QPointF(50, 50)),
            QPoint(),
            QPoint(0, delta),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(view.strip, event)
    assert heard.moves == [last, last - 1, last, last - 1]


def test_now_goes_back_to_the_present(view: TimelineView, qtbot: QtBot) -> None:
    heard = Heard(view)
    view.set_playhead(3)
    assert heard.moves == []
    qtbot.mouseClick(view.now, Qt.MouseButton.LeftButton)
    assert heard.moves == [None]
    assert not view.now.isEnabled()


def test_a_branch_begins_with_the_snapshot_that_is_chosen(view: TimelineView, qtbot: QtBot) -> None:
    heard = Heard(view)
    assert not view.branch.isEnabled()  # the present needs no branch
    view.set_playhead(12)
    qtbot.mouseClick(view.branch, Qt.MouseButton.LeftButton)
    assert heard.branches == [12]


# -- playing -------------------------------------------------------------------------------------


def test_it_plays_to_the_end(view: TimelineView, qtbot: QtBot) -> None:
    view.speed.setCurrentIndex(view.speed.count() - 1)
    heard = Heard(view)
    qtbot.mouseClick(view.play, Qt.MouseButton.LeftButton)
    assert view.play.isChecked()
    qtbot.waitUntil(lambda: not view.play.isChecked(), timeout=30_000)
    assert heard.moves[0] == 0  # from the beginning, since it was at the end
    assert heard.moves[-1] is None
    frames = [index for index in heard.moves if index is not None]
    assert frames == sorted(frames)


def test_playing_goes_on_from_where_it_is_and_pauses(view: TimelineView, qtbot: QtBot) -> None:
    view.set_playhead(10)
    heard = Heard(view)
    qtbot.mouseClick(view.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(heard.moves) >= 3, timeout=30_000)
    qtbot.mouseClick(view.play, Qt.MouseButton.LeftButton)
    count = len(heard.moves)
    assert heard.moves[0] == 11
    qtbot.wait(100)
    assert len(heard.moves) == count
    qtbot.mouseClick(view.play, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(view.strip, Qt.MouseButton.LeftButton, pos=point(view.strip, 2))
    assert not view.play.isChecked()  # who drags it wants it to stay


# -- while it trains -----------------------------------------------------------------------------


def test_the_present_stays_the_present_while_it_trains(view: TimelineView) -> None:
    heard = Heard(view)
    for batches in (600, 700, 900):
        show(view, batches, live=True)
        assert view.playhead() is None
        assert "epoch 1." in view.strip.reading(None)
    assert heard.moves == []


def test_what_was_chosen_stays_chosen_while_it_trains(view: TimelineView, qtbot: QtBot) -> None:
    show(view, 600, live=True)
    moments = snapshots(600)
    qtbot.mouseClick(view.strip, Qt.MouseButton.LeftButton, pos=point(view.strip, 15))
    heard = Heard(view)
    thinned = [*moments[:10:2], *moments[15:], Snapshot(900, 1.8)]
    c = curve(900)
    view.show_run(thinned, c.batches, c.epoch, c.cost, live=True)
    chosen = view.playhead()
    assert chosen is not None
    assert thinned[chosen] == moments[15]
    assert heard.moves == []
    view.clear()
    assert view.playhead() is None


def test_right_of_the_last_snapshot_is_the_present(view: TimelineView, qtbot: QtBot) -> None:
    c = curve(900)
    view.show_run(snapshots(600), c.batches, c.epoch, c.cost, live=True)
    heard = Heard(view)
    view.set_playhead(5)
    qtbot.mouseClick(view.strip, Qt.MouseButton.LeftButton, pos=point(view.strip, None))
    assert heard.moves == [None]


# -- what is said and shown ----------------------------------------------------------------------


def test_what_it_says_is_the_runs(view: TimelineView) -> None:
    moments = snapshots(4 * PER_EPOCH)
    c = curve(4 * PER_EPOCH)
    for index, moment in enumerate(moments):
        text = view.strip.reading(index)
        if moment.batches == 0:
            assert text == "epoch 0"
            continue
        cost = view.strip.picture().cost_at(moment.batches)
        # The smoothed curve is near the true one, which only falls.
        near = c.cost[max(0, int(moment.batches * 0.6) - 10) : int(moment.batches * 1.6) + 10]
        assert near.min() <= cost <= near.max()
        assert f"{cost:.2g}" in text
        ended = moment.batches // PER_EPOCH
        known = view.strip._film.accuracy_at(moment.epoch)
        assert known == (0.9 + ended / 100 if ended else None)
        assert ("%" in text) == (ended > 0)
    assert view.strip.reading(None).startswith("End: epoch 4 ")


def test_hovering_shows_another_moment(view: TimelineView, qtbot: QtBot) -> None:
    strip = view.strip
    view.set_playhead(30)
    QApplication.sendEvent(strip, QEvent(QEvent.Type.Leave))
    before = strip.grab().toImage()
    qtbot.mouseMove(strip, point(strip, 10))
    assert strip.grab().toImage() != before
    assert view.playhead() == 30
    QApplication.sendEvent(strip, QEvent(QEvent.Type.Leave))
    assert strip.grab().toImage() == before


def test_what_lies_ahead_is_fainter(view: TimelineView) -> None:
    """The frames before the playhead have the run's own colour, those after it a faint one."""
    strip = view.strip
    view.set_playhead(20)
    image = strip.grab().toImage()
    own = theme.colours(strip.palette()).runs[0]

    def distance(index: int) -> float:
        x, y = round(strip.frame_x(index)), strip.height() - 8
        near = [image.pixelColor(x + dx, y) for dx in (-1, 0, 1)]
        return min(
            abs(c.red() - own.red()) + abs(c.green() - own.green()) + abs(c.blue() - own.blue())
            for c in near
        )

    assert distance(10) < 60
    assert distance(30) > 120


def test_the_cost_falls_on_the_picture(view: TimelineView) -> None:
    strip = view.strip
    view.set_playhead(None)
    x, cost = strip.picture().x, strip.picture().cost
    y = strip.picture().cost_y(cost)
    assert (np.diff(y) >= -1e-9).all()  # downwards, as the true cost does
    image = strip.grab().toImage()
    own = theme.colours(strip.palette()).runs[0]
    for at in (len(x) // 4, len(x) // 2):
        found = image.pixelColor(round(float(x[at])), round(float(y[at])))
        assert abs(found.red() - own.red()) + abs(found.blue() - own.blue()) < 140


@pytest.mark.parametrize("costs", [lambda b: 0 * b, lambda b: 0 * b + 1, lambda b: np.exp(-b)])
def test_costs_of_any_size_are_drawn(
    view: TimelineView, costs: Callable[[np.ndarray], np.ndarray]
) -> None:
    c = curve(700, costs)
    view.show_run(snapshots(700), c.batches, c.epoch, c.cost, [(1.0, 1.0)])
    assert not picture(view).isNull()
    view.resize(240, 110)
    assert not picture(view).isNull()


def test_a_screen_reader_finds_a_slider(view: TimelineView) -> None:
    interface = QAccessible.queryAccessibleInterface(view.strip)
    assert interface.role() == QAccessible.Role.Slider
    assert "Timeline" in interface.text(QAccessible.Text.Name)
    values = interface.valueInterface()
    view.set_playhead(7)
    assert values.currentValue() == 7
    assert interface.text(QAccessible.Text.Description) == view.strip.reading(7)
    values.setCurrentValue(9)
    assert view.playhead() == 9


def test_every_frame_of_a_recorded_run_is_its_network(
    view: TimelineView, qtbot: QtBot, tmp_path: Path
) -> None:
    """From a real training to the weights under the playhead."""
    store = RunStore(tmp_path)
    run = store.create("run", H)
    _, weights, _, _ = record(run.folder, H.new_network(), TrainingState())
    with Playback(store, run.id) as playback:
        view.show_playback(playback)
        seen: list[int] = []

        def look(index: int | None) -> None:
            if index is not None:
                batches = playback.snapshots[index].batches
                network = playback.network(index)
                np.testing.assert_array_equal(network.parameters, weights[batches])
                seen.append(batches)

        view.playhead_moved.connect(look)
        qtbot.keyClick(view.strip, Qt.Key.Key_Home)
        for _ in range(30):
            qtbot.keyClick(view.strip, Qt.Key.Key_Right)
        assert seen[0] == 0
        assert len(seen) == 31
        assert view.strip.reading(None).startswith("End: epoch 3 ")


def test_it_grows_while_a_process_trains(view: TimelineView, qtbot: QtBot, tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    job = store.begin("run", Job(H.replace(epochs=10_000), network=H.new_network()))
    assert job.run is not None
    playback = None
    sizes: list[int] = []
    with TrainingProcess(job) as process:
        for message in process.messages():
            process.ask("acknowledge")
            if not isinstance(message, Update) or not message.snapshots:
                continue
            if playback is None:
                playback = Playback(store, job.run.name)
            playback.refresh()
            view.show_playback(playback, live=True)
            sizes.append(len(playback.snapshots))
            if len(sizes) == 3:  # from now on the user looks at a moment in the past
                view.set_playhead(sizes[-1] // 2)
                looked_at = view.strip.snapshot()
            if len(sizes) == 12:
                break
        assert playback is not None
        assert sizes[-1] > sizes[0]
        assert looked_at is not None
        chosen = view.strip.snapshot()
        assert chosen is not None
        assert abs(chosen.batches - looked_at.batches) <= max(4, looked_at.batches // 4)
        index = view.playhead()
        assert index is not None
        assert playback.network(index).parameters.shape == H.new_network().parameters.shape
        playback.close()
