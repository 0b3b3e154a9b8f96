"""The first steps: a line above the window that leads a newcomer from drawing to training."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from digitpad.app.session import Session
from digitpad.app.widgets import numbers
from digitpad.recognition.recognise import Reading, Verdict

# Milliseconds after the last stroke, when a drawing is taken to be finished.
_FINISHED_DRAWING = 1500
_TRAINING_IMAGES = 50_000  # of MNIST
_LEARNED = 0.9  # the validation accuracy from which on a network has visibly learned


class Step(Enum):
    """What the newcomer sees or does."""

    WATCH = auto()
    DRAW = auto()
    MEET = auto()
    TRAIN = auto()
    LEARN = auto()
    LOOK_BACK = auto()


class FirstSteps(QFrame):
    """A sentence for each step, with a button where there is one to press.

    Signals
    -------
    newborn_wanted()
        Show a network with random weights.
    training_wanted()
        Train it.
    finished()
        The steps are done or were skipped; they do not come again by themselves.
    """

    newborn_wanted = Signal()
    training_wanted = Signal()
    finished = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("firstSteps")
        self.setAccessibleName(self.tr("First steps"))
        self._session = session
        self.step: Step | None = None
        self.sentence = QLabel()
        self.sentence.setObjectName("firstStepsSentence")
        self.sentence.setWordWrap(True)
        self.sentence.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.next = QPushButton()
        self.next.setObjectName("firstStepsNext")
        self.skip = QPushButton(self.tr("Skip"))
        self.skip.setObjectName("firstStepsSkip")
        self.skip.setFlat(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 6, 12, 6)
        layout.setSpacing(12)
        layout.addWidget(self.sentence, 1)
        layout.addWidget(self.next)
        layout.addWidget(self.skip)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_FINISHED_DRAWING)
        self._pause.timeout.connect(self._drawing_finished)
        self.next.clicked.connect(self._next)
        self.skip.clicked.connect(self.end)
        session.strokes_changed.connect(self._strokes_changed)
        session.stroke_grew.connect(self._pause.stop)

    def begin(self) -> None:
        """Show the first step."""
        self._show(Step.WATCH)

    def end(self) -> None:
        """End the steps, finished or not."""
        if self.step is not None:
            self.step = None
            self._pause.stop()
            self.finished.emit()

    def hand_finished(self) -> None:
        """Say that the ghost hand has drawn, or made way."""
        if self.step is Step.WATCH:
            self._show(Step.DRAW)

    def training_started(self) -> None:
        """Say that a training runs, whoever started it."""
        if self.step is not None:
            self._show(Step.LEARN)

    def learned(self, validation_accuracy: float | None) -> None:
        """Say how well the network in training does now."""
        if self.step is Step.LEARN and validation_accuracy and validation_accuracy >= _LEARNED:
            self._show(Step.LOOK_BACK)
            self.sentence.setText(
                self.tr(
                    "It reads {accuracy} of digits that it never saw. Drag the playhead below "
                    "to see how it learned."
                ).format(accuracy=numbers.percent(validation_accuracy, 0))
            )

    def _strokes_changed(self) -> None:
        if self.step is Step.DRAW and self._session.strokes:
            self._pause.start()

    def _drawing_finished(self) -> None:
        if self.step is Step.DRAW:
            self._show(Step.MEET)
            self.sentence.setText(self._met(self._session.reading))

    def _met(self, reading: Reading) -> str:
        if reading.verdict is Verdict.SURE:
            return self.tr(
                "It reads a {digit}. This network was trained before; now train one yourself."
            ).format(digit=reading.digit)
        return self.tr(
            "It is not sure what this is. This network was trained before; now train one yourself."
        )

    def _next(self) -> None:
        if self.step is Step.MEET:
            self._show(Step.TRAIN)
            self.newborn_wanted.emit()
        elif self.step is Step.TRAIN:
            self.training_wanted.emit()
        else:
            self.end()

    def _show(self, step: Step) -> None:
        self.step = step
        sentences = {
            Step.WATCH: self.tr("A neural network reads every stroke while it is drawn."),
            Step.DRAW: self.tr("Now draw a digit yourself."),
            Step.MEET: "",
            Step.TRAIN: self.tr("This network is newborn: its weights are random, so it guesses."),
            Step.LEARN: self.tr("It learns from {count} digits. Watch the bars find yours.").format(
                count=numbers.whole(_TRAINING_IMAGES)
            ),
            Step.LOOK_BACK: "",
        }
        buttons = {
            Step.MEET: self.tr("Start with a newborn network"),
            Step.TRAIN: self.tr("Train it"),
            Step.LOOK_BACK: self.tr("Done"),
        }
        self.sentence.setText(sentences[step])
        self.next.setText(buttons.get(step, ""))
        self.next.setVisible(step in buttons)
        self.skip.setVisible(step is not Step.LOOK_BACK)
