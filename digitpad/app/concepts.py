"""The concepts in the order in which one learns them, each with the place where it is shown."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QCommandLinkButton,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

translate = QCoreApplication.translate


class Concept(Enum):
    """What can be shown, in the order of David Tran's “How do machines ‘learn’?” (2020)."""

    PERCEPTRON = auto()
    SIGMOID = auto()
    LAYERS = auto()
    COST = auto()
    GRADIENT_DESCENT = auto()
    BACKPROPAGATION = auto()
    MINI_BATCHES = auto()
    OVERFITTING = auto()
    HYPERPARAMETERS = auto()


class ConceptsDialog(QDialog):
    """A button for each concept; it stays open beside what the buttons show.

    Signals
    -------
    chosen(Concept)
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("concepts")
        self.setWindowTitle(self.tr("Concepts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(0)
        for concept, (title, where) in _texts().items():
            button = QCommandLinkButton(title, where)
            button.setObjectName(concept.name.lower())
            button.setIcon(QIcon())
            button.setAccessibleDescription(where)
            button.clicked.connect(lambda _=False, chosen=concept: self.chosen.emit(chosen))
            column.addWidget(button)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(area, 1)
        layout.addWidget(buttons)
        room = parent.screen().availableSize()
        width = min(500, room.width())
        self.resize(width, min(page.heightForWidth(width) + 70, room.height() - 80))


def _texts() -> dict[Concept, tuple[str, str]]:
    """Return each concept's title, and what is seen where it is shown."""
    return {
        Concept.PERCEPTRON: (
            translate("concepts", "Perceptrons"),
            translate(
                "concepts", "Wiggle a weight: the answer jumps or stands still, so nothing learns."
            ),
        ),
        Concept.SIGMOID: (
            translate("concepts", "Sigmoid neurons"),
            translate("concepts", "The same neuron with a smooth σ: each small change shows."),
        ),
        Concept.LAYERS: (
            translate("concepts", "Layers"),
            translate(
                "concepts", "Your digit on its way through the network. Click a neuron for its sum."
            ),
        ),
        Concept.COST: (
            translate("concepts", "Cost"),
            translate("concepts", "How far the outputs for your digit are from its label."),
        ),
        Concept.GRADIENT_DESCENT: (
            translate("concepts", "Gradient descent"),
            translate(
                "concepts", "The cost as a landscape, and the path that training takes in it."
            ),
        ),
        Concept.BACKPROPAGATION: (
            translate("concepts", "Backpropagation"),
            translate(
                "concepts", "BP1 to BP4 with the numbers of your digit, one stage after another."
            ),
        ),
        Concept.MINI_BATCHES: (
            translate("concepts", "Mini-batches"),
            translate("concepts", "One step on several images: their gradients are averaged."),
        ),
        Concept.OVERFITTING: (
            translate("concepts", "When to stop"),
            translate(
                "concepts", "Click Train: with so few images, training and validation diverge."
            ),
        ),
        Concept.HYPERPARAMETERS: (
            translate("concepts", "Hyperparameters"),
            translate("concepts", "Train with many values of η, m or the layers, and compare."),
        ),
    }
