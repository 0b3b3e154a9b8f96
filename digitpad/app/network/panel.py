"""The network's picture with the card of the neuron that is pointed at or pinned."""

from __future__ import annotations

from numpy.typing import ArrayLike
from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QGuiApplication,
    QHideEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QFrame, QMenu, QScrollArea, QVBoxLayout, QWidget

from digitpad.app.network.network_view import NetworkView
from digitpad.app.network.neuron_inspector import NeuronInspector
from digitpad.nn.network import Network

_DELAY = 150  # ms before the first card comes, so that none flickers by
_GAP = 4  # pixels between a neuron and its card
_MARGIN = 1  # pixels between a card and the window's edge


class NetworkPanel(QWidget):
    """The view, which scrolls when a network is too wide, and the card, which floats above.

    Attributes
    ----------
    view : NetworkView
    card : NeuronInspector
        Shown while a neuron is pointed at, and as long as one is pinned. It is a child of the
        window, so that it may lie over other views, but it never leaves the window or covers its
        neuron.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = NetworkView()
        self._area = QScrollArea()
        self._area.setWidget(self.view)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._area)
        self.setFocusProxy(self.view)
        self.setMinimumSize(240, 160)
        self.card = NeuronInspector(self)
        self.card.hide()
        self._copy_network = QAction(self.tr("Copy picture of the network"), self)
        self._copy_network.triggered.connect(
            lambda: QGuiApplication.clipboard().setPixmap(self.view.grab())
        )
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_DELAY)
        self._wait.timeout.connect(self._show_card)
        self.view.neuron_hovered.connect(self._pointed_at)
        self.view.neuron_left.connect(self._show_card)
        self.view.neuron_pinned.connect(self._show_card)
        self.view.neuron_unpinned.connect(self._show_card)
        self.view.refreshed.connect(self._update_card)
        for bar in (self._area.horizontalScrollBar(), self._area.verticalScrollBar()):
            bar.valueChanged.connect(self._update_card)

    def sizeHint(self) -> QSize:
        """Return the view's."""
        return self.view.sizeHint()

    def show_network(self, network: Network, image: ArrayLike) -> None:
        """Show what a network does with an image: see `NetworkView.show_network`."""
        self.view.show_network(network, image)

    # -- the card ------------------------------------------------------------------------------

    def _pointed_at(self, layer: int, index: int) -> None:
        if self.card.isVisible():
            self._show_card()
        else:
            self._wait.start()
        column = self.view.columns()[layer]
        x, y = column.centre(index)
        self._area.ensureVisible(round(x), round(y), 20, 20)

    def _update_card(self) -> None:
        if self.card.isVisible():
            self._show_card()

    def _show_card(self) -> None:
        """Show the card of the neuron that is pinned or pointed at, or hide it if none is."""
        self._wait.stop()
        neuron = self.view.inspected()
        if neuron is None or not self.view.isVisible():
            self.card.hide()
            return
        # A pinned card can be clicked; another one lets the pointer through to the neurons.
        self.card.setAttribute(
            Qt.WidgetAttribute.WA_TransparentForMouseEvents, self.view.pinned is None
        )
        window = self.window()
        if self.card.parentWidget() is not window:
            self.card.setParent(window)  # the view floats now, or has come back
        self.card.show_neuron(neuron, self.view.name_of(neuron.layer, neuron.index))
        around = self._neuron_rect(neuron.layer, neuron.index)
        for is_compact in (False, True):
            self.card.set_compact(is_compact)
            corner = beside(around, self.card.size(), window.rect())
            if corner is not None:
                self.card.move(corner)
                self.card.show()
                self.card.raise_()
                return
        self.card.hide()  # there is room for none; the view still says what it is

    def _neuron_rect(self, layer: int, index: int) -> QRect:
        """Return where a neuron is in the window."""
        reach = max(4, round(self.view.columns()[layer].radius) + 3)
        middle = self.view.mapTo(self.window(), self.view.centre_of(layer, index).toPoint())
        return QRect(middle - QPoint(reach, reach), QSize(2 * reach, 2 * reach))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer copies of what the card shows, and of the network's picture."""
        menu = QMenu(self)
        if self.view.inspected() is not None:
            self._show_card()
            menu.addActions(self.card.copy_actions())
        menu.addAction(self._copy_network)
        menu.exec(event.globalPos())
        menu.deleteLater()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Move the card along."""
        super().resizeEvent(event)
        self._update_card()

    def showEvent(self, event: QShowEvent) -> None:
        """Bring the card of a pinned neuron back."""
        super().showEvent(event)
        self._show_card()

    def hideEvent(self, event: QHideEvent) -> None:
        """Take the card away."""
        super().hideEvent(event)
        self._wait.stop()
        self.card.setParent(self)  # the view may move to another window; this hides it, too


def beside(target: QRect, size: QSize, window: QRect) -> QPoint | None:
    """Return where a card can lie in a window without covering its target, or None.

    To the right is best, as connections come in from the left; then to the left, below, above.

    Parameters
    ----------
    target, window : QRect
        In the same coordinates.
    size : QSize
        Of the card.
    """
    room = window.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
    x = target.left() + (target.width() - size.width()) // 2
    y = target.top() + (target.height() - size.height()) // 2
    x = max(room.left(), min(x, room.left() + room.width() - size.width()))
    y = max(room.top(), min(y, room.top() + room.height() - size.height()))
    corners = (
        QPoint(target.left() + target.width() + _GAP, y),
        QPoint(target.left() - _GAP - size.width(), y),
        QPoint(x, target.top() + target.height() + _GAP),
        QPoint(x, target.top() - _GAP - size.height()),
    )
    return next((corner for corner in corners if room.contains(QRect(corner, size))), None)
