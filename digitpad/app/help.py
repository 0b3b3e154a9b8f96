"""Help: all shortcuts in a window, and a word on every view for “What is this?”."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QCoreApplication, QKeyCombination, Qt
from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

translate = QCoreApplication.translate


class ShortcutsDialog(QDialog):
    """Lists the shortcuts of actions, menu by menu, and the keys of views.

    Parameters
    ----------
    actions : mapping of str to iterable of QAction
        By the name of their menu; those without shortcuts are left out.
    parent : QWidget
    """

    def __init__(self, actions: Mapping[str, Iterable[QAction]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("shortcuts")
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        tree = QTreeWidget()
        tree.setObjectName("shortcutList")
        tree.setAccessibleName(self.windowTitle())
        tree.setHeaderHidden(True)
        tree.setColumnCount(2)
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        for menu, entries in actions.items():
            rows = [
                (action.iconText(), self._keys(action)) for action in entries if action.shortcuts()
            ]
            self._add(tree, menu, rows)
        for view, rows in self._views().items():
            self._add(tree, view, rows)
        tree.expandAll()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(tree)
        layout.addWidget(buttons)
        self.resize(480, 560)

    @staticmethod
    def _add(tree: QTreeWidget, title: str, rows: list[tuple[str, str]]) -> None:
        if rows:
            group = QTreeWidgetItem([title])
            font = group.font(0)
            font.setBold(True)
            group.setFont(0, font)
            group.addChildren([QTreeWidgetItem(list(row)) for row in rows])
            tree.addTopLevelItem(group)

    @staticmethod
    def _keys(action: QAction) -> str:
        native = QKeySequence.SequenceFormat.NativeText
        # Keyboards of long ago had keys named Copy, Undo and the like: nobody looks for them.
        keys = [key for key in action.shortcuts() if _first(key) < Qt.Key.Key_Back]
        return ", ".join(key.toString(native) for key in keys)

    def _views(self) -> dict[str, list[tuple[str, str]]]:
        return {
            self.tr("Canvas"): [
                (self.tr("Move the pen"), self.tr("Arrow keys")),
                (self.tr("Move the pen a little"), self.tr("Shift + arrow keys")),
                (self.tr("Select a digit of a picture"), self.tr("Arrow keys")),
                (self.tr("Put the pen down, lift it"), self.tr("Space")),
                (self.tr("Drop the stroke under way"), self.tr("Esc")),
                (self.tr("Add the drawing to your digits"), self.tr("0 to 9")),
            ],
            self.tr("Network"): [
                (self.tr("Go from neuron to neuron"), self.tr("Arrow keys")),
                (self.tr("First, last neuron of the layer"), self.tr("Home, End")),
                (self.tr("Pin the neuron, or no longer"), self.tr("Space")),
                (self.tr("Pin nothing"), self.tr("Esc")),
            ],
            self.tr("Timeline"): [
                (self.tr("Snapshot before, after"), self.tr("Arrow keys")),
                (self.tr("The first snapshot"), self.tr("Home")),
                (self.tr("The present"), self.tr("End")),
            ],
            self.tr("Training step"): [
                (self.tr("Stage before, after"), self.tr("Arrow keys")),
                (self.tr("First, last stage"), self.tr("Home, End")),
            ],
            self.tr("Shelf"): [
                (self.tr("Read with a card"), self.tr("Enter")),
                (self.tr("Rename a card"), "F2"),
                (self.tr("Delete a card"), self.tr("Delete")),
            ],
            self.tr("Learning curves"): [
                (self.tr("Zoom"), "+, −"),
                (self.tr("Move"), self.tr("Arrow keys")),
                (self.tr("Show the whole curves"), self.tr("Home")),
                (self.tr("Rename a run"), "F2"),
                (self.tr("Remove a run"), self.tr("Delete")),
            ],
        }


def _first(sequence: QKeySequence) -> int:
    keys = QKeyCombination(sequence[0])  # type: ignore[index]  # missing in PySide6's stubs
    return int(keys.key())


def explain_views(window: QWidget) -> None:
    """Give each view of a window its answer to “What is this?”; call it again for new views."""
    for name, text in _texts().items():
        for view in window.findChildren(QWidget, name):
            view.setWhatsThis(text)


def _texts() -> dict[str, str]:
    return {
        "canvas": translate(
            "help",
            "<b>Canvas</b><p>Draw a digit here. The network reads it while you draw.</p>",
        ),
        "preview": translate(
            "help",
            "<b>What the network sees</b><p>The drawing as 28 × 28 pixels, scaled and centred as "
            "the images were that it learned from. These 784 numbers are its inputs.</p>",
        ),
        "answer": translate(
            "help",
            "<b>Answer</b><p>The digit whose output is the most active. A question mark means that "
            "the drawing doesn’t look like any digit.</p>",
        ),
        "activations": translate(
            "help",
            "<b>Activations</b><p>The ten outputs of the network, one for each digit, from 0 to 1. "
            "Two striped bars: it could be either. Outlines: it looks like no digit.</p><p>If the "
            "answer is wrong, click the right digit’s bar: the drawing joins your digits.</p>",
        ),
        "drawings": translate(
            "help",
            "<b>Your drawings</b><p>What you drew before, and how the network that reads now reads "
            "each of them. Click one to put it on the canvas.</p>",
        ),
        "myDigits": translate(
            "help",
            "<b>My digits</b><p>Digits that you labelled. Press a digit’s key on the canvas, or "
            "click its bar, to add the drawing with that label. The network that reads can learn "
            "them: Learn my hand.</p>",
        ),
        "network": translate(
            "help",
            "<b>Network</b><p>Every neuron, as bright as it is active, and the connections that "
            "matter most for this drawing: blue ones excite, orange ones inhibit.</p>",
        ),
        "timeline": translate(
            "help",
            "<b>Timeline</b><p>The run’s cost and accuracy from its first mini-batch on; each mark "
            "below is a snapshot of the weights. Drag the playhead back, and the network of that "
            "moment reads your drawing. “Continue from here” trains a new run from there.</p>",
        ),
        "shelf": translate(
            "help",
            "<b>Shelf</b><p>Every network that you trained or opened. Click a card, and its "
            "network reads. Nothing that was trained is lost by training again.</p>",
        ),
        "stepView": translate(
            "help",
            "<b>Training step</b><p>One step of gradient descent on your drawing or on a "
            "mini-batch, stage by stage: forward, cost, errors, gradients, update. Label the "
            "drawing, walk with Next, and apply the step.</p>",
        ),
        "whyView": translate(
            "help",
            "<b>Why this answer</b><p>Which ink speaks for a digit and which against it, computed "
            "in several ways, and the smallest change that would change the answer.</p>",
        ),
        "benchView": translate(
            "help",
            "<b>Perceptron</b><p>One neuron with a step beside the same neuron with a smooth "
            "activation. Move a weight: the step’s output jumps or stands still, the other "
            "follows.</p>",
        ),
        "landscapeView": translate(
            "help",
            "<b>Landscape</b><p>The true cost of a sample of images while the weights move along a "
            "line or on a plane, and the path that the training took.</p>",
        ),
        "mistakesView": translate(
            "help",
            "<b>Mistakes</b><p>What the network misreads, the surest errors first. Click a cell of "
            "the matrix for its images, and an image to put it on the canvas.</p>",
        ),
        "embeddingView": translate(
            "help",
            "<b>Map of digits</b><p>A layer’s activations for test images, laid out in two "
            "dimensions: images that the network finds alike lie side by side. Your drawing is "
            "among them.</p>",
        ),
        "operateView": translate(
            "help",
            "<b>Operate</b><p>Change the network by hand: shift a bias, scale or silence a neuron, "
            "prune weights. The accuracy on the test images follows.</p>",
        ),
        "trainingPanel": translate(
            "help",
            "<b>Training</b><p>What network to train, and how. Point at a field for its meaning. "
            "Train starts; the bars and the curves show what the network learns.</p>",
        ),
        "curves": translate(
            "help",
            "<b>Learning curves</b><p>The cost, the accuracy and the learning rate of each run. "
            "Where training and validation diverge, the network overfits.</p>",
        ),
        "sweepPanel": translate(
            "help",
            "<b>Sweep</b><p>Trains many networks, with other hyperparameters each, and compares "
            "them by their validation accuracy. Click a point or a row: its network reads.</p>",
        ),
        "modelPanel": translate(
            "help",
            "<b>Model</b><p>The network that is open: its layers, how it was trained and how "
            "accurate it is.</p>",
        ),
        "confusion": translate(
            "help",
            "<b>Confusion matrix</b><p>Rows are labels, columns predictions. What lies off the "
            "diagonal was misread.</p>",
        ),
    }
