"""Images of digits with captions, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import QListView, QWidget

from digitpad.app.widgets import focus, numbers
from digitpad.app.widgets.copying import Rows, offer_copy
from digitpad.app.widgets.pictures import ink_picture
from digitpad.drawing.pen import SIDE
from digitpad.nn.functions import Array

_SIZE = 56  # pixels of a picture's side


class GalleryModel(QAbstractListModel):
    """Images, (n, 784) in [0, 1], and a caption for each."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._images: Sequence[Array] = ()
        self._captions: Sequence[str] = ()
        self._palette = QPalette()
        self.cell = QSize()  # the room of each image with its caption

    def show(self, images: Sequence[Array], captions: Sequence[str], palette: QPalette) -> None:
        """Show other images."""
        self.beginResetModel()
        self._images, self._captions, self._palette = images, captions, palette
        self.endResetModel()

    def image(self, row: int) -> Array:
        """Return an image, (28, 28)."""
        return self._images[row].reshape(SIDE, SIDE)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of images."""
        return 0 if parent.isValid() else len(self._captions)

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return an image or its caption."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._captions[index.row()]
        if role == Qt.ItemDataRole.SizeHintRole:
            return self.cell
        if role == Qt.ItemDataRole.DecorationRole:
            picture = ink_picture(self.image(index.row()), self._palette)
            return QPixmap.fromImage(picture.scaled(_SIZE, _SIZE))
        return None


class Gallery(QListView):
    """Shows images; a click, or Enter, chooses one.

    Signals
    -------
    image_chosen(image)
        (28, 28), in [0, 1].
    """

    image_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pictures = GalleryModel(self)
        self.setModel(self.pictures)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setUniformItemSizes(True)
        self.setIconSize(QSize(_SIZE, _SIZE))
        caption = self.fontMetrics().horizontalAdvance(f"0 → 0  {numbers.percent(1, 0)}")
        # By itself, Qt gives a caption a pixel too little and cuts it off.
        width, height = max(_SIZE, caption) + 16, _SIZE + self.fontMetrics().height() + 12
        self.setGridSize(QSize(width, height))
        self.pictures.cell = QSize(width - 4, height - 4)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(_SIZE + 40)
        self._rows: Rows = ()
        focus.pass_over_while_empty(self)
        heading = self.tr("label"), self.tr("answer"), self.tr("confidence")
        offer_copy(self, lambda: [heading, *self._rows])
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)

    def show_images(
        self, images: Sequence[Array], captions: Sequence[str], rows: Sequence[Sequence[float]]
    ) -> None:
        """Show images.

        Parameters
        ----------
        images : sequence of (784,)
            In [0, 1].
        captions : sequence of str
        rows : sequence of three numbers
            Label, answer and confidence of each, for who copies them.
        """
        self._rows = rows
        self.pictures.show(images, captions, self.palette())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Frame the image that the keyboard is on: the style hardly does, in the dark above all."""
        super().paintEvent(event)
        focus.frame_current(self)

    def _choose(self, index: QModelIndex) -> None:
        self.image_chosen.emit(self.pictures.image(index.row()))
