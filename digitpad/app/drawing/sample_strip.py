"""The digits of a stroke file in a strip, to choose one from."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from digitpad.app.widgets.pictures import ink_picture
from digitpad.drawing.rasterize import to_images
from digitpad.drawing.strokes import Sample

MOST = 500
_SIDE = 48  # pixels of a thumbnail


class SampleStrip(QDialog):
    """Shows the samples of one file; stays open, so that one can look at one after the other.

    Signals
    -------
    chosen(Sample)
        A sample was clicked, or reached with the arrow keys.
    """

    chosen = Signal(object)

    def __init__(self, name: str, samples: Sequence[Sample], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sampleStrip")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("{name}: %Ln digit(s)", "", len(samples)).format(name=name))
        if len(samples) > MOST:
            text = self.tr("{name}: the first {shown} of %Ln digit(s)", "", len(samples))
            self.setWindowTitle(text.format(name=name, shown=MOST))
        self._list = QListWidget()
        self._list.setObjectName("samples")
        self._list.setAccessibleName(self.tr("Digits of the file"))
        self._list.setViewMode(QListWidget.ViewMode.IconMode)
        self._list.setFlow(QListWidget.Flow.LeftToRight)
        self._list.setWrapping(False)
        self._list.setMovement(QListWidget.Movement.Static)
        self._list.setIconSize(QSize(_SIDE, _SIDE))
        self._list.setHorizontalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        shown = samples[:MOST]
        images = to_images([sample.strokes for sample in shown])
        for sample, image in zip(shown, images, strict=True):
            picture = ink_picture(image, self.palette())
            icon = QIcon(QPixmap.fromImage(picture.scaled(_SIDE, _SIDE)))
            label = "?" if sample.label is None else str(sample.label)
            item = QListWidgetItem(icon, label)
            item.setData(Qt.ItemDataRole.UserRole, sample)
            self._list.addItem(item)
        self._list.currentItemChanged.connect(
            lambda item, _: self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self._list)
        self.resize(640, _SIDE + 70)
        self.setMinimumHeight(_SIDE + 70)
        self._list.setCurrentRow(0)
        self._list.setFocus()
