"""A ghost hand: draws a digit on the empty canvas, once, to show what the program is for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QElapsedTimer, QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from digitpad.app.session import Session

_DRAWING = 1800  # milliseconds
_SHOWING = 1600  # milliseconds for which the drawing stays when it is finished
_FRAME = 16  # milliseconds
_STARTS = frozenset(
    (
        QEvent.Type.MouseButtonPress,
        QEvent.Type.TabletPress,
        QEvent.Type.TouchBegin,
        QEvent.Type.KeyPress,
        QEvent.Type.DragEnter,
    )
)

# A 3, as the hand draws it: parts of the canvas's shorter side from its middle.
_STROKE = np.array(
    [
        *((-0.16, -0.24), (-0.08, -0.30), (0.03, -0.30), (0.12, -0.24), (0.13, -0.15)),
        *((0.07, -0.07), (-0.03, -0.02), (0.06, 0.01), (0.14, 0.08), (0.16, 0.17)),
        *((0.11, 0.26), (0.0, 0.31), (-0.11, 0.28), (-0.18, 0.21)),
    ]
)


class GhostHand(QObject):
    """Draws one stroke into the session as a pen would, and takes it away again.

    Whatever the user begins on the canvas ends it at once; it leaves no trace in undo.

    Parameters
    ----------
    canvas : QWidget
    session : Session

    Signals
    -------
    finished()
        The canvas is the user's.
    """

    finished = Signal()

    def __init__(self, canvas: QWidget, session: Session) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._session = session
        self._points = _evenly(_smooth(_STROKE), _DRAWING // _FRAME)
        self._drawn = 0
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME)
        self._timer.timeout.connect(self._move)

    @property
    def is_drawing(self) -> bool:
        """Whether the hand is at work, or its drawing still shown."""
        return self._timer.isActive()

    def start(self) -> None:
        """Begin to draw."""
        self._canvas.installEventFilter(self)
        self._clock.start()
        self._timer.start()

    def stop(self) -> None:
        """Take away what was drawn; nothing if the hand is not at work."""
        if self._timer.isActive():
            self._timer.stop()
            self._canvas.removeEventFilter(self)
            self._session.cancel_stroke()
            self.finished.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Make way for the user, before the canvas sees what he begins."""
        if event.type() in _STARTS:
            self.stop()
        return False

    def _move(self) -> None:
        elapsed = self._clock.elapsed()
        due = min(len(self._points), 1 + elapsed // _FRAME)
        for x, y in self._points[self._drawn : due]:
            if self._drawn == 0:
                self._session.begin_stroke(float(x), float(y))
            else:
                self._session.extend_stroke(float(x), float(y))
            self._drawn += 1
        if elapsed >= _DRAWING + _SHOWING:
            self.stop()


def _smooth(stroke: NDArray[np.float64], pieces: int = 12) -> NDArray[np.float64]:
    """Return a curve through the points of a stroke (Catmull and Rom): no hand draws corners."""
    ends = np.concatenate([stroke[:1], stroke, stroke[-1:]])
    t = np.linspace(0, 1, pieces, endpoint=False)[None, :, None]
    before, start, end, after = (ends[i : len(ends) - 3 + i, None] for i in range(4))
    curve = start + t / 2 * (
        end
        - before
        + t * (2 * before - 5 * start + 4 * end - after + t * (3 * (start - end) + after - before))
    )
    return np.concatenate([curve.reshape(-1, 2), stroke[-1:]])


def _evenly(stroke: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return points at equal distances along a line, as a hand at constant speed makes them."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke[:, :2], axis=0).T))])
    at = np.linspace(0, along[-1], count)
    return np.column_stack([np.interp(at, along, stroke[:, axis]) for axis in (0, 1)])
