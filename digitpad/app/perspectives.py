"""Perspectives: three arrangements of the same views, each remembered as the user left it.

Draw has a large canvas and the answer; Train shows the network, its bars, the training panel, the
timeline and the shelf around a small canvas; Understand gives the network the most room, and what
explains it stands beside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import (
    QByteArray,
    QChildEvent,
    QEvent,
    QObject,
    QSettings,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget

from digitpad.app.widgets.dock import Dock
from digitpad.app.widgets.sizes import UNLIMITED
from digitpad.app.widgets.tab_mark import TabMark

_RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
_BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea
# Pixels of the window, below which columns become tabs, below which there is one column only, and
# below which nothing stands under the canvas; and from where on columns are wider.
_NARROW, _VERY_NARROW, _LOW, _WIDE = 1000, 820, 680, 1600
_LINE = 15  # pixels of a line of the usual type, or less

# Raised when an arrangement of today could not be restored over one of before.
_VERSION = 2


class Perspective(StrEnum):
    """What the window is arranged for; the values are keys of the settings."""

    DRAW = "draw"
    TRAIN = "train"
    UNDERSTAND = "understand"


@dataclass(frozen=True)
class Arrangement:
    """Where the views stand before the user moves any.

    Attributes
    ----------
    columns : tuple of tuples of dock names
        To the right of the canvas, from left to right; docks of one column share it as tabs.
    row : tuple of tuples of dock names
        Below all of these, likewise.
    widths, row_widths : tuple of int
        Pixels of each column, and of each part of the row.
    height : int
        Pixels of the row.
    canvas_width : int or None
        The most that the canvas takes; None: all that the columns leave.
    """

    columns: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    row: tuple[tuple[str, ...], ...] = ()
    row_widths: tuple[int, ...] = ()
    height: int = 190
    canvas_width: int | None = None


def arrangement(
    perspective: Perspective, width: int, height: int, line: int = _LINE
) -> Arrangement:
    """Return the first arrangement of a perspective in a window.

    Parameters
    ----------
    perspective : Perspective
    width, height : int
        Of the window, in pixels.
    line : int
        Pixels of a line of its type.
    """
    narrow = width < _NARROW
    if perspective is Perspective.DRAW:
        # Large screens have large bars; the canvas is large enough.
        return Arrangement((("activations",),), (240 if narrow else max(340, width * 3 // 10),))
    if perspective is Perspective.UNDERSTAND:
        if narrow:
            return Arrangement((("network", "explanation"),), (width - 190,), canvas_width=190)
        canvas, beside = max(260, width // 8), max(420, width // 5)
        return Arrangement(
            (("network",), ("explanation",)),
            (width - canvas - beside, beside),
            canvas_width=canvas,
        )
    seen, chosen = ("network", "activations"), ("training", "shelf", "model")
    past = ("timeline", "curves")
    if width < _VERY_NARROW:
        # One bar has room for the names of five; the others are in the menu.
        views = (*seen, "training", "shelf", "timeline")
        return Arrangement((views,), (width - 190,), canvas_width=190)
    if narrow or height < _LOW:
        return Arrangement(((*seen, *past), chosen), (width - 490, 300), canvas_width=190)
    # As much larger as the screen is; on the usual ones, as large as the views need.
    canvas, bars = max(300, width // 6), max(250, width // 8)
    side = max((300 if width < _WIDE else 340) * line // _LINE, width // 9)
    return Arrangement(
        (("network",), ("activations",), ("training", "model")),
        (width - canvas - bars - side, bars, side),
        (past, ("shelf",)),
        (width - side, side),
        height=max(190, height // 5),
        canvas_width=canvas,
    )


class Perspectives(QObject):
    """Switches the window between its perspectives.

    Parameters
    ----------
    window : QMainWindow
        Whose central widget is the canvas with its tools.
    docks : mapping of names to docks
    settings : QSettings
        Where arrangements are kept from one start to the next.

    Signals
    -------
    switched(Perspective)
        Another perspective is shown.
    """

    switched = Signal(object)

    def __init__(
        self, window: QMainWindow, docks: Mapping[str, QDockWidget], settings: QSettings
    ) -> None:
        super().__init__(window)
        self._window = window
        self._docks = dict(docks)
        self._settings = settings
        self._states: dict[Perspective, QByteArray] = {}
        self.current = Perspective.DRAW
        self._room = window.size()
        for corner in (Qt.Corner.BottomRightCorner, Qt.Corner.BottomLeftCorner):
            window.setCorner(corner, _BOTTOM)
        window.installEventFilter(self)

    def switch(self, perspective: Perspective) -> None:
        """Show a perspective as the user left it, and keep how the present one stands."""
        if perspective is self.current:
            return
        self._states[self.current] = self._window.saveState(_VERSION)
        self._show(perspective)

    def reset(self) -> None:
        """Put the views of the present perspective where they stood the first time."""
        self._states.pop(self.current, None)
        self._show(self.current)

    def remember(self) -> None:
        """Write all arrangements to the settings."""
        self._states[self.current] = self._window.saveState(_VERSION)
        for perspective, state in self._states.items():
            self._settings.setValue(f"layout/{perspective}", state)
        self._settings.setValue("perspective", str(self.current))

    def restore(self) -> None:
        """Show the perspective and the arrangements that the settings keep."""
        for perspective in Perspective:
            state = self._settings.value(f"layout/{perspective}")
            if isinstance(state, QByteArray):
                self._states[perspective] = state
        kept = str(self._settings.value("perspective", ""))
        known = kept in {str(perspective) for perspective in Perspective}
        self._show(Perspective(kept) if known else Perspective.DRAW)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the columns other widths when the window comes to a large screen, or leaves it.

        The tabs of docks scroll where there is no room for all: Qt would shorten their names.
        """
        if isinstance(event, QChildEvent) and event.type() == QEvent.Type.ChildPolished:
            bar = event.child()
            if isinstance(bar, QTabBar):
                bar.setElideMode(Qt.TextElideMode.ElideNone)
                bar.setUsesScrollButtons(True)
                TabMark(bar)
        if event.type() == QEvent.Type.FontChange and watched is self._window:
            QTimer.singleShot(0, self, self._fit_columns)
        if event.type() == QEvent.Type.LayoutRequest and watched is self._window:
            QTimer.singleShot(0, self, self._hide_stray_bars)
        if isinstance(event, QResizeEvent) and watched is self._window:
            old, new = event.oldSize().width(), event.size().width()
            if old > 0 and (old < _WIDE) != (new < _WIDE):
                QTimer.singleShot(0, self, self._fit_columns)
        return False

    def _fit_columns(self) -> None:
        first = self._first(self._window.size())
        self._limit_canvas(first)
        sized = [
            (self._docks[names[0]], width)
            for names, width in zip(first.columns, first.widths, strict=True)
            if names[0] in self._docks
        ]
        there = [
            (each, width) for each, width in sized if each.isVisible() and not each.isFloating()
        ]
        self._window.resizeDocks(
            [each for each, _ in there], [width for _, width in there], Qt.Orientation.Horizontal
        )
        below = [self._docks[names[0]] for names in first.row if names[0] in self._docks]
        below = [each for each in below if each.isVisible() and not each.isFloating()]
        self._window.resizeDocks(below, [first.height] * len(below), Qt.Orientation.Vertical)

    def _show(self, perspective: Perspective) -> None:
        self.current = perspective
        first = self._first(self._window.size())
        self._room = self._window.size().expandedTo(self._window.screen().availableSize())
        self._limit_canvas(first)
        self._arrange(first)
        state = self._states.get(perspective)
        if state is not None:
            self._window.restoreState(state, _VERSION)
            self.fit()
        self._hide_stray_bars()
        self.switched.emit(perspective)

    def _first(self, size: QSize) -> Arrangement:
        """Return the first arrangement of the present perspective in a window of this size."""
        line = max(_LINE, self._window.fontMetrics().height())
        return arrangement(self.current, size.width(), size.height(), line)

    def fit(self) -> None:
        """Arrange the views anew if they stand as on a larger screen, which they do not fit."""
        least = self._window.minimumSizeHint()
        if least.boundedTo(self._room) == least:
            return
        self._arrange(self._first(self._room))
        if self._window.size().boundedTo(self._room) != self._window.size():
            self._window.resize(self._window.size().boundedTo(self._room))

    def _hide_stray_bars(self) -> None:
        """Hide the tab bars that Qt keeps for later, outside the window, and show what it uses.

        They would stay "visible" for the Tab key and for screen readers.
        """
        for bar in self._window.findChildren(
            QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly
        ):
            bar.setVisible(bar.count() > 1)

    def _limit_canvas(self, first: Arrangement) -> None:
        canvas = self._window.centralWidget()
        assert canvas is not None
        canvas.setMaximumWidth(UNLIMITED if first.canvas_width is None else first.canvas_width)

    def _arrange(self, first: Arrangement) -> None:
        for dock in self._docks.values():
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
        self._line_up(_RIGHT, first.columns, first.widths)
        self._line_up(_BOTTOM, first.row, first.row_widths)
        leaders = [
            self._docks[name] for names in first.row for name in names if name in self._docks
        ]
        if leaders:
            self._window.resizeDocks(
                leaders, [first.height] * len(leaders), Qt.Orientation.Vertical
            )
        # What has no place in this perspective is added where it would open: as a tab where there
        # is no room for more.
        placed = {name for names in (*first.columns, *first.row) for name in names}
        crowded = len(first.columns) > 1 or self._window.height() < _LOW
        beside = self._docks.get(first.columns[-1][0]) if crowded else None
        for name, dock in self._docks.items():
            if name not in placed:
                self._window.addDockWidget(_RIGHT, dock)
                if beside is not None:
                    self._window.tabifyDockWidget(beside, dock)
                dock.hide()

    def _line_up(
        self, area: Qt.DockWidgetArea, parts: tuple[tuple[str, ...], ...], widths: tuple[int, ...]
    ) -> None:
        """Put docks into an area, side by side; those of one part as tabs."""
        there = [tuple(name for name in names if name in self._docks) for names in parts]
        sized = [(names, width) for names, width in zip(there, widths, strict=True) if names]
        before: QDockWidget | None = None
        for names, _ in sized:
            leader = self._docks[names[0]]
            if before is None:
                self._window.addDockWidget(area, leader)
            else:
                self._window.splitDockWidget(before, leader, Qt.Orientation.Horizontal)
            leader.show()
            before = leader
        # Not before all leaders stand: beside a dock with tabs, Qt adds another tab.
        for names, _ in sized:
            leader = self._docks[names[0]]
            for name in names[1:]:
                self._window.tabifyDockWidget(leader, self._docks[name])
                self._docks[name].show()
            leader.raise_()
        self._window.resizeDocks(
            [self._docks[names[0]] for names, _ in sized],
            [width for _, width in sized],
            Qt.Orientation.Horizontal,
        )


def dock(window: QMainWindow, name: str, title: str, view: QWidget) -> QDockWidget:
    """Return a dock for a view; the name is its key in the settings."""
    made = Dock(title, window)
    made.setObjectName(f"{name}Dock")
    made.setAccessibleName(title)
    made.setWidget(view)
    # Chosen from the menu, it comes before the tabs that it shares a place with.
    made.toggleViewAction().triggered.connect(lambda shown: made.raise_() if shown else None)
    return made


def is_covered(widget: QWidget | None) -> bool:
    """Whether a widget lies in a dock that another one covers as a tab, or is a stray tab bar."""
    # Qt keeps tab bars of docks that are tabs no more, under other widgets.
    if isinstance(widget, QTabBar) and widget.visibleRegion().isEmpty():
        return True
    while widget is not None and not isinstance(widget, QDockWidget):
        widget = widget.parentWidget()
    return widget is not None and widget.visibleRegion().isEmpty()
