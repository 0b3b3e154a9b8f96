"""The map of digits: a layer's activations of test images, and the drawing among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QPushButton, QWidget

from digitpad.app.session import Session
from digitpad.app.understand.arrangement import Arrangement
from digitpad.app.understand.map_view import MapView
from digitpad.app.widgets import numbers
from digitpad.app.widgets.computation import Computation
from digitpad.app.widgets.copying import SelectableLabel
from digitpad.inspection import embedding
from digitpad.inspection.embedding import PointsMap
from digitpad.nn.functions import Array
from digitpad.nn.network import Network

_IMAGES = 1000
_PAUSE = 60  # ms from a change of the drawing to its next place


class Method(Enum):
    """How activations become points."""

    PCA = "principal components"
    T_SNE = "t-SNE"


@dataclass(frozen=True, eq=False)
class _Map:
    network: Network
    points: PointsMap
    images: Array
    labels: NDArray[np.int64]


class EmbeddingView(QWidget):
    """Maps test images by what a layer makes of them; computes only while it can be seen.

    Signals
    -------
    image_chosen(image)
        An image, (28, 28), is to be put on the canvas.
    """

    image_chosen = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("embeddingView")
        self.session = session
        self.found: _Map | None = None
        self._wanted: object = None  # the network whose map is shown or on its way
        self._computation = Computation(self)
        self._computation.yielded.connect(self._show)
        self._computation.failed.connect(self._fail)
        self._locating = Computation(self)
        self._locating.yielded.connect(self._show_drawing)
        self._locating.failed.connect(self._fail)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_PAUSE)
        self._later.timeout.connect(self._locate)
        self.layer = QComboBox()
        self.method = QComboBox()
        self.method.addItem(self.tr("PCA: principal components"), Method.PCA)
        self.method.addItem(self.tr("t-SNE: neighbours"), Method.T_SNE)
        self.map = MapView()
        self.map.setAccessibleName(self.tr("Map of digits"))
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.status = SelectableLabel()
        self.status.setObjectName("mapStatus")
        self.status.setWordWrap(True)
        self.again = QPushButton(self.tr("Compute again"))
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(self.tr("Layer"), self.layer)
        form.addRow(self.tr("Map by"), self.method)
        layout = Arrangement(self)
        layout.above.addLayout(form)
        layout.shown.addWidget(self.map, 1)
        layout.below.addWidget(self.status)
        layout.below.addWidget(self.note)
        layout.below.addWidget(self.again)
        self._offer_layers()
        self.layer.currentIndexChanged.connect(self._compute)
        self.method.currentIndexChanged.connect(self._compute)
        self.again.clicked.connect(self._compute)
        self.map.point_chosen.connect(self._choose)
        session.reading_changed.connect(self._drawing_changed)
        session.reader_changed.connect(self._reader_changed)
        session.network_changed.connect(self._network_changed)

    def _offer_layers(self) -> None:
        """Offer every layer of the network that reads; the last hidden one is chosen."""
        sizes = self.session.reader.sizes
        names = [self.tr("The pixels")]
        names += [
            self.tr("Layer {layer}: {count} neurons").format(layer=layer, count=numbers.whole(size))
            for layer, size in enumerate(sizes[1:-1], 1)
        ]
        names.append(self.tr("The outputs"))
        if [self.layer.itemText(place) for place in range(self.layer.count())] == names:
            return
        self.layer.blockSignals(True)
        self.layer.clear()
        self.layer.addItems(names)
        self.layer.setCurrentIndex(max(0, len(names) - 2))
        self.layer.blockSignals(False)

    def _network_changed(self) -> None:
        """Map what was opened: the map of another model is no longer wanted."""
        if self._computation.is_running:
            self._offer_layers()
            self._compute()

    def _reader_changed(self) -> None:
        if not self.isVisible():
            return
        shown = None if self.found is None else self.found.network
        if self.session.reader.sizes != (None if shown is None else shown.sizes):
            self._offer_layers()
            self._compute()
        elif shown is not None and self._wanted is not self.session.reader:
            self.status.setText(self.tr("The network has changed since."))
            self.again.show()

    def showEvent(self, event: QShowEvent) -> None:
        """Compute the map when it can be seen."""
        super().showEvent(event)
        if self._wanted is not self.session.reader:
            self._offer_layers()
            self._compute()
        else:
            self._locate()

    def hideEvent(self, event: QHideEvent) -> None:
        """Compute nothing while nobody sees it."""
        super().hideEvent(event)
        if self._computation.is_running:
            self._wanted = None
        self._later.stop()
        self._computation.cancel()
        self._locating.cancel()

    def _compute(self) -> None:
        if not self.isVisible():
            return
        self._wanted = self.session.reader
        network, layer = self.session.reader.copy(), self.layer.currentIndex()
        method: Method = self.method.currentData()
        self._locating.cancel()
        self.again.hide()
        self.status.setText(self.tr("Computing…"))
        self.note.setText(self._note(method))
        self.method.setAccessibleDescription(self.note.text())
        self._computation.start(lambda: _mapped(network, layer, method))

    def _fail(self, message: str) -> None:
        self.status.setText(message)
        self.again.show()

    def _show(self, found: _Map) -> None:
        self.found = found
        self.map.show_points(found.points.points, found.labels, found.images)
        text = self.tr("{count} test images. Ring: your drawing.").format(
            count=numbers.whole(len(found.labels))
        )
        if found.points.explained is not None:
            share = numbers.percent(float(found.points.explained.sum()), 0)
            text += " " + self.tr("The two axes hold {share} of the variance.").format(share=share)
        if self._wanted is not self.session.reader:  # a training has gone on meanwhile
            text += " " + self.tr("The network has changed since.")
            self.again.show()
        self.status.setText(text)
        self.map.show_drawing(None)
        self._locate()

    def _drawing_changed(self) -> None:
        if self.isVisible() and not self._later.isActive():
            self._later.start()

    def _locate(self) -> None:
        if self.found is None or not self.isVisible():
            return
        if self.session.is_empty:
            self.map.show_drawing(None)
            return
        found, image = self.found, self.session.image.ravel().copy()
        self._locating.start(lambda: iter([found.points.locate(found.network, image)]))

    def _show_drawing(self, place: Array) -> None:
        self.map.show_drawing(place[0])

    def _choose(self, point: int) -> None:
        if self.found is not None:
            self.image_chosen.emit(self.found.images[point].reshape(28, 28))

    def _note(self, method: Method) -> str:
        if method is Method.PCA:
            return self.tr("What is far apart here is far apart for the layer; not vice versa.")
        return self.tr("Neighbours stay neighbours; distances between groups mean nothing.")


def _mapped(network: Network, layer: int, method: Method) -> Iterator[_Map]:
    from digitpad.data.mnist import mnist

    data = mnist().test.take(slice(_IMAGES))
    images = data.inputs()
    make = embedding.principal_components if method is Method.PCA else embedding.t_sne
    yield _Map(network, make(network, images, layer), images, data.labels)
