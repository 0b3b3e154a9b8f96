"""The network as a picture: input, layers, outputs, and the connections that matter now."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from digitpad.app.network.layout import LEAST_HEIGHT, Column, least_width
from digitpad.app.network.picture import Picture, Threads
from digitpad.app.network.shown import Shown, as_threads, compute
from digitpad.app.widgets import numbers
from digitpad.app.widgets.computation import Computation
from digitpad.inspection.layers import (
    MOST_CONNECTIONS,
    Layers,
    connections_into,
    largest_entries,
)
from digitpad.inspection.neuron import Neuron, inspect_neuron
from digitpad.nn.functions import Array
from digitpad.nn.network import Network

Place = tuple[int, int]
"""A neuron: its layer, 1 … L, and its index, from 0."""

_INTERVAL = 0.016  # seconds between two pictures, at least: a frame of most screens
_SHARE = 4  # times as long as a large picture takes, the processors have for other things
_SPARING_SHARE = 9  # the same while a training needs them
_AFTER = 0.012  # seconds that what the pen draws, which comes first, has to be read and painted
_MOST_LIT = 90  # connections into the neuron that is pointed at
_MOST_RINGS = 40  # errors shown in one large layer
_STRONG = 30.0  # lines of full strength that a layer may have before they are drawn more lightly
_FAINT = 0.16  # opacity of the other connections meanwhile


class NetworkView(QWidget):
    """Shows what a network does with an image, and which neuron the user points at.

    Signals
    -------
    neuron_hovered(layer, index)
        The pointer or the keyboard is at another neuron.
    neuron_left()
        It is at none any more.
    neuron_pinned(layer, index), neuron_unpinned()
    refreshed()
        `shown` has changed.
    failed(str)
        The picture could not be computed; a sentence for the user. The last one stays.
    """

    neuron_hovered = Signal(int, int)
    neuron_left = Signal()
    neuron_pinned = Signal(int, int)
    neuron_unpinned = Signal()
    refreshed = Signal()
    failed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("network")
        self.setAccessibleName(self.tr("Network"))
        self.setWhatsThis(
            self.tr(
                "The network and what it does with the drawing: the image, each layer of "
                "neurons, the ten outputs. A neuron glows with its activation a. The lines are the "
                "connections that matter most now, by |w·a|: blue ones raise z, orange ones lower "
                "it, and the strongest into each layer is the widest. Point at a neuron, or move "
                "to it with the arrow keys, to see how its z adds up. Click it or press Enter to "
                "pin it."
            )
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        # What comes next, and what is shown now.
        self._next: tuple[Network, ArrayLike] | None = None
        self._network: Network | None = None
        self._layers: Layers | None = None
        self._hovered: Place | None = None
        self._cursor: Place | None = None
        self._pinned: Place | None = None
        self._errors: list[Array | None] = []
        self._gradient: list[Threads] | None = None
        self._shapes: dict[int, tuple[int, ...]] = {}  # of the gradient: those of W^l
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._begin)
        self._computation = Computation(self)
        self._computation.yielded.connect(self._take)
        self._computation.finished.connect(self._wait_for_turn)
        self._computation.failed.connect(self._fail)
        self._share = _SHARE
        self._since = -math.inf  # when the last picture was begun, in seconds
        self._spent = 0.0  # seconds on the last picture
        self._pen_moved = -math.inf  # when the pen moved last
        self._levels: Sequence[NDArray[np.float64]] = []
        # What is drawn is kept until it changes.
        self._picture: Picture | None = None
        self._base_image: QImage | None = None
        self._lit_image: QImage | None = None
        self.setMinimumSize(least_width((784, 10)), LEAST_HEIGHT)

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(480, 440).expandedTo(self.minimumSize())

    # -- what is shown -------------------------------------------------------------------------

    def show_network(self, network: Network, image: ArrayLike) -> None:
        """Show what a network does with an image, at the next frame.

        Nothing is computed while the view is hidden; of several calls within a frame, the last
        counts.

        Parameters
        ----------
        network : Network
            Its parameters must not change: a thread reads them when the frame comes.
        image : (28, 28)
            0 = background to 1 = ink.
        """
        self._next = network, image
        self._wait_for_turn()

    def _wait_for_turn(self) -> None:
        """Begin the next picture when it is due, if there is one and the last is complete."""
        if self._next is None or not self.isVisible() or self._computation.is_running:
            return
        is_other = self._layers is None or self._layers.sizes != self._next[0].sizes
        if self._turn.isActive() and not is_other:
            return
        # If another network was chosen, its picture does not wait until the last has been paid for.
        interval = _INTERVAL if is_other else max(_INTERVAL, (1 + self._share) * self._spent)
        wait = max(self._since + interval, self._pen_moved + _AFTER) - perf_counter()
        self._turn.start(math.ceil(1000 * max(wait, 0)))

    def give_way(self) -> None:
        """Let the pen, which has just moved, come first: two threads take turns at Python."""
        self._pen_moved = perf_counter()

    def spare_processors(self, sparing: bool) -> None:
        """Show large networks less often, while a training needs the processors."""
        self._share = _SPARING_SHARE if sparing else _SHARE

    def shown(self) -> Layers | None:
        """Return what the picture shows: the core's own arrays."""
        return self._layers

    def threads(self) -> list[Threads]:
        """Return the connections drawn, those into the neuron pointed at apart."""
        if self._gradient is not None and self._overlay_fits():
            return self._gradient
        return [] if self._layers is None else as_threads(self._layers.connections)

    def lit_threads(self) -> Threads | None:
        """Return the connections into the neuron pointed at."""
        place = self.lit
        if place is None or self._network is None or self._layers is None:
            return None
        into = connections_into(self._network, self._layers, *place, _MOST_LIT)
        return as_threads([into])[0]

    @property
    def lit(self) -> Place | None:
        """The neuron whose connections are lit: pointed at, or else pinned."""
        return self._hovered or self._cursor or self._pinned

    @property
    def pinned(self) -> Place | None:
        """The neuron that was clicked, if any."""
        return self._pinned

    def inspected(self) -> Neuron | None:
        """Return what the neuron that is pinned, or else pointed at, adds up to."""
        place = self._pinned or self.lit
        if place is None or self._network is None or self._layers is None:
            return None
        return inspect_neuron(self._network, self._layers, *place)

    def show_errors(self, errors: Sequence[Array | None]) -> None:
        """Draw rings around neurons: the larger |δ|, the thicker.

        A ring is orange where δ > 0 (a step of gradient descent lowers z) and blue where δ < 0.

        Parameters
        ----------
        errors : sequence of (n_l,) arrays or None
            δ^1 … δ^L; None where it is not known yet.
        """
        self._errors = list(errors)
        self.update()

    def show_gradient(self, gradients: Sequence[Array | None]) -> None:
        """Let the lines show ∂C/∂w instead of w·a: the largest of each layer.

        A line is orange where ∂C/∂w > 0 (a step of gradient descent lowers w) and blue where it
        is negative.

        Parameters
        ----------
        gradients : sequence of (n_l, n_{l-1}) arrays or None
            ∂C/∂W^1 … ∂C/∂W^L; None where it is not known yet.
        """
        share = MOST_CONNECTIONS // max(1, len(gradients))
        self._gradient, self._shapes = [], {}
        for layer, gradient in enumerate(gradients, start=1):
            if gradient is not None:
                targets, sources = largest_entries(gradient, share)
                falls = -gradient[targets, sources]
                self._gradient.append(Threads(layer, sources, targets, falls))
                self._shapes[layer] = gradient.shape
        self._base_image = None
        self.update()

    def clear_overlay(self) -> None:
        """Show activations and contributions alone again."""
        self._forget_overlay()
        self._base_image = None
        self.update()

    def _forget_overlay(self) -> None:
        self._errors, self._gradient, self._shapes = [], None, {}

    def _overlay_fits(self) -> bool:
        """Whether errors and gradient are of the architecture shown; its network may come yet."""
        sizes = () if self._layers is None else self._layers.sizes
        counts = {layer: len(d) for layer, d in enumerate(self._errors, 1) if d is not None}
        return all(sizes[layer : layer + 1] == (count,) for layer, count in counts.items()) and all(
            sizes[layer - 1 : layer + 1] == shape[::-1] for layer, shape in self._shapes.items()
        )

    def pin(self, layer: int, index: int) -> None:
        """Keep a neuron inspected, whatever is pointed at."""
        if self._pinned != (layer, index):
            self._pinned = (layer, index)
            self._lit_changed()
            self.neuron_pinned.emit(layer, index)

    def unpin(self) -> None:
        """Let go of the neuron that is pinned."""
        if self._pinned is not None:
            self._pinned = None
            self._lit_changed()
            self.neuron_unpinned.emit()

    # -- geometry ------------------------------------------------------------------------------

    def columns(self) -> tuple[Column, ...]:
        """Return where each layer is; nothing before the first network."""
        picture = self._picture_now()
        return () if picture is None else picture.columns

    def centre_of(self, layer: int, index: int) -> QPointF:
        """Return the middle of a neuron, or of a pixel of layer 0."""
        return QPointF(*self.columns()[layer].centre(index))

    def neuron_at(self, position: QPointF) -> Place | None:
        """Return the neuron at a position; a pixel of the input is none."""
        for column in self.columns()[1:]:
            index = column.at(position.x(), position.y())
            if index is not None:
                return column.layer, index
        return None

    def name_of(self, layer: int, index: int) -> str:
        """Return what to call a neuron."""
        if self._layers is not None and layer == len(self._layers.sizes) - 1:
            return self.tr("Output {digit}").format(digit=index)
        return self.tr("Neuron {number} of layer {layer}").format(
            number=numbers.whole(index + 1), layer=layer
        )

    # -- updates -------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Let a thread compute the next picture, so that the pen need not wait for it."""
        if self._next is None or not self.isVisible():
            return  # `showEvent` catches up
        work = self._work()
        self._computation.start(lambda: iter([work()]))

    def _work(self) -> Callable[[], Shown]:
        """Return what computes the next picture."""
        assert self._next is not None
        (network, image), self._next = self._next, None
        self._since = perf_counter()
        picture = self._picture_now()
        is_same = self._layers is not None and self._layers.sizes == network.sizes
        gradient = self._gradient if is_same and self._overlay_fits() else None
        return partial(compute, network, image, picture if is_same else None, gradient)

    def _fail(self, sentence: str) -> None:
        self.failed.emit(sentence)
        self._wait_for_turn()

    def refresh_now(self) -> None:
        """Compute now what was to be shown at the next frame."""
        self._turn.stop()
        if self._next is not None:
            self._computation.cancel()
            self._take(self._work()())
        self.update()

    def _take(self, shown: Shown) -> None:
        """Show what was computed."""
        sizes = None if self._layers is None else self._layers.sizes
        self._network, self._layers = shown.network, shown.layers
        self._levels = shown.levels
        self._lit_image = None
        # Size, colours or the overlay may have changed meanwhile.
        is_current = shown.picture is self._picture and shown.gradient is self._gradient
        self._base_image = shown.base if is_current else None
        self._spent = shown.duration
        if self._layers.sizes != sizes:
            self._take_sizes()
        self._describe()
        self.update()
        self.refreshed.emit()

    def _take_sizes(self) -> None:
        """Arrange another architecture, and forget neurons that it has not."""
        assert self._layers is not None
        sizes = self._layers.sizes
        self.setMinimumWidth(least_width(sizes))
        self._forget_picture()
        if not self._overlay_fits():
            self._forget_overlay()

        def exists(place: Place | None) -> bool:
            return place is not None and place[0] < len(sizes) and place[1] < sizes[place[0]]

        self._cursor = self._cursor if exists(self._cursor) else None
        self._hovered = None
        if not exists(self._pinned):
            self.unpin()

    def _lit_changed(self) -> None:
        self._lit_image = None
        self._describe()
        self.update()

    def _describe(self) -> None:
        """Say what is pointed at; Qt passes changes on to a screen reader."""
        place = self.lit
        name, text = self.tr("Network"), ""
        if place is not None and self._layers is not None:
            name = self.name_of(*place)
            value = self._layers.activations[place[0]][place[1]]
            text = self.tr("{neuron}: activation {value}").format(
                neuron=name, value=numbers.decimal(value, 2)
            )
        # While a network trains, the value changes all the time, the name does not.
        if name != self.accessibleName():
            self.setAccessibleName(name)
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what came while the view was hidden."""
        super().showEvent(event)
        self.refresh_now()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange everything anew."""
        super().resizeEvent(event)
        self._forget_picture()

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette or font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._forget_picture()
            self.update()

    # -- mouse and keyboard --------------------------------------------------------------------

    def _pixel_tip(self, position: QPointF) -> str:
        columns = self.columns()
        pixel = columns[0].at(position.x(), position.y()) if columns else None
        if pixel is None or self._layers is None:
            return ""
        row, column = divmod(pixel, columns[0].columns)
        return self.tr("Pixel in row {row}, column {column}: {value}").format(
            row=row + 1,
            column=column + 1,
            value=numbers.decimal(self._layers.activations[0][pixel], 2),
        )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light the neuron under the pointer; have the value of a pixel ready for the tooltip."""
        self._hover(self.neuron_at(event.position()))
        self.setToolTip(self._pixel_tip(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Let the light go out."""
        super().leaveEvent(event)
        self._hover(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pin the neuron under the pointer, or let it go."""
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        place = self.neuron_at(event.position())
        self._cursor = None
        if place is not None:
            self._toggle(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take a double click for one click: the first has pinned the neuron."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move between neurons and layers; pin with Enter or Space, unpin with Esc."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and self._pinned is not None:
            self.unpin()
        elif self._layers is None:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            place = self._cursor or self._hovered
            if place is not None:
                self._toggle(place)
        elif key in _MOVES:
            here = self.lit
            self._move_to(self._first() if here is None else self._neighbour(here, _MOVES[key]))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            layer = (self.lit or self._first())[0]
            last = self._layers.sizes[layer] - 1
            self._move_to((layer, 0 if key == Qt.Key.Key_Home else last))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Begin at the output that is most active."""
        super().focusInEvent(event)
        by_keyboard = event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
            Qt.FocusReason.ShortcutFocusReason,
        )
        if by_keyboard and self._layers is not None:
            self._move_to(self._pinned or self._first())
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the light of the keyboard away."""
        super().focusOutEvent(event)
        # A menu or another window will give the focus back.
        returns = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
        if event.reason() not in returns:
            self._move_to(None)
        self.update()

    def _first(self) -> Place:
        assert self._layers is not None
        outputs = self._layers.activations[-1]
        return len(self._layers.sizes) - 1, int(np.nan_to_num(outputs).argmax())

    def _neighbour(self, place: Place, move: tuple[int, int]) -> Place:
        """Return the next neuron in a direction; past a layer's side, the nearest beyond it."""
        columns = self.columns()
        column = columns[place[0]]
        right, down = move
        row, across = divmod(place[1], column.columns)
        row, across = row + down, across + right
        index = row * column.columns + across
        if 0 <= across < column.columns and 0 <= row < column.rows and index < column.size:
            return column.layer, index
        layer = column.layer + right
        if down or not 1 <= layer < len(columns):
            return place
        x, y = column.centre(place[1])
        there = columns[layer].centres()
        return layer, int(np.hypot(*(there - (x, y)).T).argmin())

    def _hover(self, place: Place | None) -> None:
        if place != self._hovered:
            self._cursor = None
            self._hovered = place
            self._announce()
        self.setCursor(
            Qt.CursorShape.ArrowCursor if place is None else Qt.CursorShape.PointingHandCursor
        )

    def _move_to(self, place: Place | None) -> None:
        if place != self._cursor:
            self._hovered = None
            self._cursor = place
            self._announce()

    def _announce(self) -> None:
        self._lit_changed()
        place = self._hovered or self._cursor
        if place is None:
            self.neuron_left.emit()
        else:
            self.neuron_hovered.emit(*place)

    def _toggle(self, place: Place) -> None:
        if self._pinned == place:
            self.unpin()
        else:
            self.pin(*place)

    # -- paint ---------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the network, and what is pointed at."""
        picture = self._picture_now()
        if picture is not None and self._base_image is None:
            self._base_image = picture.draw_threads(self.threads(), 1.0)
        painter = QPainter(self)
        if picture is None or self._base_image is None:
            painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
            painter.end()
            return
        lit = self.lit_threads()
        if lit is not None and self._lit_image is None:
            self._lit_image = picture.draw_threads([lit], 1.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        picture.paint(painter, self._levels, self._base_image, self._lit_image)
        if self._overlay_fits():
            picture.paint_errors(painter, self._errors)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        for place, width in ((self._pinned, 3.0), (self.lit, 2.0)):
            if place is not None:
                picture.paint_ring(painter, place, -0.5, QPen(text, width))
        if self._cursor is not None and self.hasFocus():
            accent = self.palette().color(QPalette.ColorRole.Highlight)
            picture.paint_ring(painter, self._cursor, 3.0, QPen(accent, 2.0))
        painter.end()

    def _picture_now(self) -> Picture | None:
        """Return the picture for the present network, size, resolution, palette and font."""
        ratio = self.devicePixelRatioF()
        if self._picture is not None and self._picture.ratio != ratio:
            self._forget_picture()
        if self._picture is None and self._layers is not None:
            sizes = self._layers.sizes
            words = self._words(sizes)
            self._picture = Picture(sizes, words, self.size(), ratio, self.palette(), self.font())
        return self._picture

    def _words(self, sizes: Sequence[int]) -> list[str]:
        """Return what to call each layer."""
        pixels, *hidden, outputs = sizes
        return [
            self.tr("%Ln pixel(s)", "", pixels),
            *(self.tr("%Ln neuron(s)", "", size) for size in hidden),
            self.tr("%Ln output(s)", "", outputs),
        ]

    def _forget_picture(self) -> None:
        """Draw everything anew: size, resolution, palette, font or architecture have changed."""
        self._picture = self._base_image = self._lit_image = None


_MOVES = {
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
}
