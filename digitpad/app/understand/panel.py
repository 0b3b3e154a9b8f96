"""All views that explain, one at a time; each is built when it is first chosen."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from digitpad.app.session import Session
from digitpad.app.understand.arrangement import Arrangement
from digitpad.app.understand.bench_view import BenchView
from digitpad.app.understand.digit_buttons import STYLE
from digitpad.app.understand.embedding_view import EmbeddingView
from digitpad.app.understand.landscape_view import LandscapeView
from digitpad.app.understand.mistakes_view import MistakesView
from digitpad.app.understand.operate_view import OperateView
from digitpad.app.understand.step_view import Source, StepView
from digitpad.app.understand.why_view import WhyView
from digitpad.drawing.strokes import Sample
from digitpad.inspection.backprop_equations import StageKind
from digitpad.nn.functions import Array
from digitpad.nn.network import Network

_COLUMNS = 4


class View(Enum):
    """The views, in the order of their buttons."""

    STEP = auto()
    WHY = auto()
    BENCH = auto()
    LANDSCAPE = auto()
    MISTAKES = auto()
    MAP = auto()
    OPERATE = auto()


class UnderstandPanel(QWidget):
    """Chooses between the views, and passes on what they say.

    Signals
    -------
    image_chosen(image)
        An image, (28, 28) in [0, 1], is to be put on the canvas.
    network_changed_by_user(Network, str)
        A network that the user made by a step or an operation, and what was done.
    preview_changed(Network or None)
        A network is to read the drawing for now; None: the model's own again.
    highlight_changed(Highlight or None)
        What the network's picture is to light.
    other_wanted(str)
        The network of the card with this key is to be compared: call `compare_with` at once.
    path_wanted()
        The landscape is going to show the run's path: call `show_path`.
    """

    image_chosen = Signal(object)
    network_changed_by_user = Signal(object, str)
    preview_changed = Signal(object)
    highlight_changed = Signal(object)
    other_wanted = Signal(str)
    path_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("understandPanel")
        self.session = session
        self.built: dict[View, QWidget] = {}
        self._mine: tuple[Sample, ...] = ()
        self._cards: tuple[tuple[str, str], ...] = ()
        self._path: tuple[tuple[Array, ...], int] = ((), -1)
        self._stack = QStackedWidget()
        self._buttons = QButtonGroup(self)
        names = {
            View.STEP: self.tr("Training step"),
            View.WHY: self.tr("Why this answer"),
            View.BENCH: self.tr("Perceptron"),
            View.LANDSCAPE: self.tr("Landscape"),
            View.MISTAKES: self.tr("Mistakes"),
            View.MAP: self.tr("Map of digits"),
            View.OPERATE: self.tr("Operate"),
        }
        top = QWidget()
        top.setStyleSheet(STYLE)
        grid = QGridLayout(top)
        grid.setContentsMargins(12, 10, 12, 2)
        grid.setSpacing(4)
        for place, (view, name) in enumerate(names.items()):
            button = QToolButton()
            button.setText(name)
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._buttons.addButton(button, view.value)
            grid.addWidget(button, place // _COLUMNS, place % _COLUMNS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(top)
        layout.addWidget(self._stack, 1)
        self._buttons.idClicked.connect(lambda number: self.show_view(View(number)))
        self.show_view(View.STEP)

    def show_view(self, view: View) -> None:
        """Show a view, and build it if it was never shown."""
        self._buttons.button(view.value).setChecked(True)
        if view not in self.built:
            self.built[view] = self._build(view)
            # On a low screen a view scrolls rather than squeezes its numbers.
            area = QScrollArea()
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            # It scrolls to whatever gets the focus, and could not show that it had it itself.
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            area.setWidget(self.built[view])
            self._stack.addWidget(area)
        parent = self.built[view].parentWidget()
        while parent is not None and self._stack.indexOf(parent) < 0:
            parent = parent.parentWidget()
        assert parent is not None
        self._stack.setCurrentWidget(parent)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the views so that they fit."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        for view in self.built.values():
            layout = view.layout()
            if isinstance(layout, Arrangement):
                layout.fit(self)

    def show_stage(self, kind: StageKind, source: Source) -> None:
        """Show a stage of the training step on the drawing or on a mini-batch."""
        self.show_view(View.STEP)
        step = self.built[View.STEP]
        assert isinstance(step, StepView)
        step.go_to(kind, source)

    def _build(self, view: View) -> QWidget:
        match view:
            case View.STEP:
                step = StepView(self.session)
                step.highlight_changed.connect(self.highlight_changed)
                step.network_changed_by_user.connect(self.network_changed_by_user)
                return step
            case View.WHY:
                why = WhyView(self.session)
                why.image_chosen.connect(self.image_chosen)
                return why
            case View.BENCH:
                return BenchView(self.session)
            case View.LANDSCAPE:
                landscape = LandscapeView(self.session)
                landscape.path_wanted.connect(self.path_wanted)
                landscape.show_path(*self._path)
                return landscape
            case View.MISTAKES:
                mistakes = MistakesView(self.session)
                mistakes.image_chosen.connect(self.image_chosen)
                mistakes.other_wanted.connect(self.other_wanted)
                mistakes.show_cards(self._cards)
                mistakes.show_samples(self._mine)
                return mistakes
            case View.MAP:
                embedding = EmbeddingView(self.session)
                embedding.image_chosen.connect(self.image_chosen)
                return embedding
            case View.OPERATE:
                operate = OperateView(self.session)
                operate.preview_changed.connect(self.preview_changed)
                operate.network_changed_by_user.connect(self.network_changed_by_user)
                return operate

    # -- what comes from outside -----------------------------------------------------------------

    def show_path(self, path: Sequence[Array], playhead: int) -> None:
        """Take the snapshots of a run, parameter vectors in order, and which is read with now."""
        self._path = (tuple(path), playhead)
        landscape = self.built.get(View.LANDSCAPE)
        if isinstance(landscape, LandscapeView):
            landscape.show_path(*self._path)

    def show_samples(self, samples: Sequence[Sample]) -> None:
        """Take the user's own digits as they are now."""
        self._mine = tuple(samples)
        mistakes = self.built.get(View.MISTAKES)
        if isinstance(mistakes, MistakesView):
            mistakes.show_samples(self._mine)

    def show_cards(self, cards: Sequence[tuple[str, str]]) -> None:
        """Take the key and the name of each card whose network can be compared with."""
        self._cards = tuple(cards)
        mistakes = self.built.get(View.MISTAKES)
        if isinstance(mistakes, MistakesView):
            mistakes.show_cards(self._cards)

    def compare_with(self, network: Network) -> None:
        """Take the network that `other_wanted` asked for."""
        mistakes = self.built.get(View.MISTAKES)
        if isinstance(mistakes, MistakesView):
            mistakes.compare_with(network)

    def set_playhead(self, playhead: int) -> None:
        """Mark another snapshot of the run."""
        self._path = (self._path[0], playhead)
        landscape = self.built.get(View.LANDSCAPE)
        if isinstance(landscape, LandscapeView):
            landscape.set_playhead(playhead)

    def choose_neuron(self, layer: int, neuron: int) -> None:
        """Show the numbers of a neuron that was chosen in the network's picture."""
        for view in self.built.values():
            if isinstance(view, (StepView, OperateView)) and view.isVisible():
                view.choose_neuron(layer, neuron)
