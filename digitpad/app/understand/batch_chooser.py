"""Which of MNIST's mini-batches a training step is taken on."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QWidget

_SIZE = 10  # images of a mini-batch, at first
_LARGEST = 100
_TRAINING = 50_000  # images of MNIST that one trains on


class BatchChooser(QWidget):
    """Spin boxes for the size m of the mini-batches, and for the number of one of them.

    Signals
    -------
    changed()
        The user chose another mini-batch.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.images, self.number = QSpinBox(), QSpinBox()
        self.images.setAccessibleName(self.tr("Images in a mini-batch, m"))
        self.number.setAccessibleName(self.tr("Number of the mini-batch"))
        self.images.setRange(1, _LARGEST)
        self.images.setValue(_SIZE)
        self._limit()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for text, spin in (
            (self.tr("number"), self.number),
            (self.tr("of images: m"), self.images),
        ):
            spin.setKeyboardTracking(False)
            spin.setGroupSeparatorShown(True)
            name = QLabel(text)
            name.setBuddy(spin)
            row.addWidget(name)
            row.addWidget(spin)
        row.addStretch(1)
        self.images.valueChanged.connect(self._limit)
        self.images.valueChanged.connect(self.changed)
        self.number.valueChanged.connect(self.changed)

    def _limit(self) -> None:
        """Let only mini-batches be chosen that there are."""
        self.number.blockSignals(True)
        self.number.setRange(1, _TRAINING // self.images.value())
        self.number.blockSignals(False)

    def chosen(self) -> slice:
        """Return which training images are in the mini-batch."""
        size = self.images.value()
        first = size * (self.number.value() - 1)
        return slice(first, first + size)
