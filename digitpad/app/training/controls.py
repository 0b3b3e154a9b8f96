"""Train, Pause, Stop and the speed, how far training has come, and what stands in its way."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from digitpad.app.training.fields import calm
from digitpad.app.training.thread import TrainingThread
from digitpad.app.widgets import numbers, theme
from digitpad.training.sgd import EndReason, EpochReport, Progress

# Mini-batches per second; None: at full speed, 0: one at each click on Step.
_PACES = (None, 30.0, 10.0, 3.0, 1.0, 0.0)
_LINES = 3  # of text, for which room is kept
_FEWEST = 2  # of them, in the lowest window
_PARTS = 1000  # of the progress bar


class TrainingControls(QWidget):
    """The panel's foot.

    Above the buttons, room is kept for what is not valid, or else for the progress and the last
    result. What is longer grows upwards, and scrolls where there is no room. So the buttons, at the
    panel's lower edge, never move.

    Signals
    -------
    paused(bool)
        Pause (or Resume) was clicked.
    pace_changed()
        `pace` is another.
    changed()
        What can be clicked now is another.
    """

    paused = Signal(bool)
    pace_changed = Signal()
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._problem = ""
        self._training = False
        self.train = self._button(self.tr("&Train"), "train", "")
        self.pause = self._button(self.tr("&Pause"), "pause", "")
        self.pause.setCheckable(True)
        self.stop = self._button(
            self.tr("St&op"), "stop", self.tr("Stop training and keep the network")
        )
        self.more = self._button(self.tr("O&ne more epoch"), "more", "")
        self.pace_box = QComboBox()
        self.pace_box.setObjectName("pace")
        self.pace_box.setAccessibleName(self.tr("Training speed"))
        self.pace_box.setToolTip(self.tr("Training speed, in mini-batches per second"))
        for pace in _PACES:
            if pace is None:
                text = self.tr("Full speed")
            elif pace:
                text = self.tr("{number} per second").format(number=numbers.whole(pace))
            else:
                text = self.tr("Step by step")
            self.pace_box.addItem(text, pace)
        calm(self.pace_box)
        self.step = self._button(self.tr("&Step"), "step", self.tr("Train on one mini-batch"))
        self.bar = QProgressBar()
        self.bar.setObjectName("progress")
        self.bar.setAccessibleName(self.tr("Progress"))
        self.bar.setRange(0, _PARTS)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.problem_text = self._line("problem_text")
        self.problem_text.setForegroundRole(QPalette.ColorRole.WindowText)
        self.progress_text = self._line("progress_text")
        self.result_text = self._line("result_text")
        self.notes_text = self._line("notes_text")
        self.notes_text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._lay_out()
        self.pause.toggled.connect(self._pause_toggled)
        self.pace_box.currentIndexChanged.connect(lambda _: self.pace_changed.emit())
        self.step.clicked.connect(self._step_clicked)
        self._pause_toggled(False)
        self.reset()

    def _button(self, text: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text.replace("&", ""))
        button.setToolTip(tip)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setMinimumWidth(1)
        return button

    def _line(self, name: str) -> QLabel:
        label = QLabel()
        label.setObjectName(name)
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        label.setWordWrap(True)
        return label

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for row in (first, second):
            row.setSpacing(6)
        first.addWidget(self.train, 2)
        first.addWidget(self.pause, 1)
        first.addWidget(self.stop, 1)
        second.addWidget(self.more, 4)
        second.addWidget(self.pace_box, 3)
        second.addWidget(self.step, 2)
        said = QVBoxLayout()
        said.setContentsMargins(0, 0, 0, 0)
        said.setSpacing(0)
        said.addWidget(self.problem_text)
        said.addWidget(self.progress_text)
        said.addWidget(self.result_text)
        said.addWidget(self.notes_text)
        said.addStretch(1)
        texts = QWidget()
        texts.setLayout(said)
        self._room = _Room(texts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._room)
        layout.addWidget(self.bar)
        layout.addSpacing(2)
        layout.addLayout(first)
        layout.addLayout(second)
        self._keep_room()

    def _keep_room(self) -> None:
        """Keep the usual room; what is longer has it grow, as far as it can."""
        labels = (self.problem_text, self.progress_text, self.result_text, self.notes_text)
        width = self.width()
        wanted = sum(each.heightForWidth(width) for each in labels if not each.isHidden())
        line = self.fontMetrics().lineSpacing()
        self._room.set_heights(_FEWEST * line, max(_LINES * line, wanted))

    # -- state ---------------------------------------------------------------------------------

    def pace(self) -> float | None:
        """Return the mini-batches per second, 0: step by step; None: at full speed."""
        pace = self.pace_box.currentData()
        return None if pace is None else float(pace)

    def set_pace(self, pace: float | None) -> None:
        """Choose another speed, one of those in the box."""
        self.pace_box.setCurrentIndex(_PACES.index(pace))

    def is_training(self) -> bool:
        """Whether a training runs or is paused."""
        return self._training

    def set_problem(self, problem: str) -> None:
        """Say what prevents training; nothing if it is empty."""
        self._problem = problem
        self._update()

    def reset(self) -> None:
        """Forget the last training: another network is open."""
        self.bar.setValue(0)
        self.progress_text.clear()
        self.set_status("")
        self.show_notes([])
        self._update()

    def begin(self) -> None:
        """Show that training begins."""
        self._training = True
        self.pause.setChecked(False)
        self.bar.setValue(0)
        self.progress_text.setText(self.tr("Preparing…"))
        self.set_status("")
        self.show_notes([])
        self._update()

    def end(self, thread: TrainingThread) -> None:
        """Show how a training ended."""
        self._training = False
        self.pause.setChecked(False)
        self.set_pace(None)
        state = thread.state
        time, epoch = numbers.duration(state.seconds), numbers.whole(state.epoch + 1)
        texts = {
            EndReason.EPOCHS: self.tr("Finished %Ln epoch(s) in {time}.", "", state.epoch),
            EndReason.EARLY_STOPPING: self.tr(
                "Stopped early after %Ln epoch(s): validation accuracy no longer improved.",
                "",
                state.epoch,
            ),
            EndReason.CONVERGED: self.tr(
                "Converged after %Ln epoch(s) in {time}.", "", state.epoch
            ),
            EndReason.STOPPED: self.tr("Stopped in epoch {epoch} after {time}."),
        }
        text = texts.get(thread.reason or EndReason.FAILED, self.tr("Training failed."))
        self.progress_text.setText(text.format(time=time, epoch=epoch))
        self._update()

    def _update(self) -> None:
        training = self._training
        self.train.setEnabled(not self._problem and not training)
        self.train.setToolTip(self._problem or self.tr("Train the network"))
        self.more.setEnabled(not self._problem)
        self.more.setToolTip(self._problem or self.tr("Train for one more epoch"))
        self.pause.setEnabled(training)
        self.stop.setEnabled(training)
        self.step.setEnabled(training)
        self._show_message()
        self._paint_train()
        self.changed.emit()

    def _show_message(self) -> None:
        """Show what is not valid, or else how far training has come."""
        self.problem_text.setText(self._problem)
        self.problem_text.setVisible(bool(self._problem))
        self.progress_text.setVisible(not self._problem)
        self.result_text.setVisible(not self._problem)
        self.notes_text.setVisible(not self._problem and bool(self.notes_text.text()))
        self._keep_room()

    def _step_clicked(self) -> None:
        """Go on by steps from now on; what is paused does so anyway."""
        if not self.pause.isChecked():
            self.set_pace(0.0)

    def _pause_toggled(self, paused: bool) -> None:
        text = self.tr("&Resume") if paused else self.tr("&Pause")
        self.pause.setText(text)
        self.pause.setAccessibleName(text.replace("&", ""))
        tip = self.tr("Resume training") if paused else self.tr("Pause after this mini-batch")
        self.pause.setToolTip(tip)
        if self._training:
            self.paused.emit(paused)
        self.changed.emit()

    # -- progress ------------------------------------------------------------------------------

    def show_progress(self, reports: list[Progress]) -> None:
        """Show the last of some reports, and the last epoch that ended in them."""
        progress = reports[-1]
        done = (progress.epoch + progress.batch / progress.batches) / progress.epochs
        self.bar.setValue(round(_PARTS * done))
        text = (
            self.tr("Epoch {epoch} of {epochs}, mini-batch {batch} of {batches} · cost {cost}")
            if self.pace() is not None
            else self.tr("Epoch {epoch} of {epochs} · {speed} samples/s · {time} left")
        )
        self.progress_text.setText(
            text.format(
                epoch=numbers.whole(progress.epoch + 1),
                epochs=numbers.whole(progress.epochs),
                batch=numbers.whole(progress.batch),
                batches=numbers.whole(progress.batches),
                cost=numbers.general(progress.cost),
                speed=numbers.whole(progress.samples_per_second),
                time=numbers.duration(progress.seconds_left),
            )
        )
        self._keep_room()
        ended = [each.epoch_end for each in reports if each.epoch_end is not None]
        if ended:
            self._show_result(ended[-1])

    def _show_result(self, report: EpochReport) -> None:
        training = numbers.percent(report.accuracy)
        if report.validation_accuracy is None:
            text = self.tr("Accuracy: {training} in training")
            self.set_status(text.format(training=training))
        else:
            text = self.tr("Accuracy: {training}, validation {validation}")
            validation = numbers.percent(report.validation_accuracy)
            self.set_status(text.format(training=training, validation=validation))

    def set_status(self, text: str) -> None:
        """Show something until the next epoch's result."""
        self.result_text.setText(text)
        self._keep_room()

    def show_notes(self, notes: Sequence[str]) -> None:
        """Show what was left out of the data or changed, until another training begins."""
        self.notes_text.setText(" ".join(notes))
        self._show_message()

    # -- geometry and paint --------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep room for what is said at another width."""
        super().resizeEvent(event)
        self._keep_room()

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette or font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_room"):
            self._keep_room()
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "train"):
            self._paint_train()

    def _paint_train(self) -> None:
        """Give Train the accent's colour while it can be clicked, and the problem its own."""
        warning = QPalette(self.palette())
        warning.setColor(QPalette.ColorRole.WindowText, theme.colours(self.palette()).invalid)
        self.problem_text.setPalette(warning)
        palette = QPalette(self.palette())
        if self.train.isEnabled():
            accent = palette.color(QPalette.ColorRole.Highlight)
            # The style paints buttons lighter than their colour; white text needs dark paper.
            light_text = palette.color(QPalette.ColorRole.HighlightedText).lightness() > 128
            palette.setColor(
                QPalette.ColorRole.Button, accent.darker(130) if light_text else accent
            )
            palette.setColor(
                QPalette.ColorRole.ButtonText, palette.color(QPalette.ColorRole.HighlightedText)
            )
        self.train.setPalette(palette)


class _Room(QScrollArea):
    """Texts that have as much height as they want where there is room, and scroll elsewhere."""

    def __init__(self, texts: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setWidgetResizable(True)
        self.setWidget(texts)
        self._wanted = 0

    def set_heights(self, least: int, wanted: int) -> None:
        """Set how low it may be, and how high it would like to be."""
        self.setMinimumSize(1, least)
        self._wanted = wanted
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Return what was set."""
        return QSize(1, self._wanted)

    def minimumSizeHint(self) -> QSize:
        """Return what was set: a scroll area's own is larger."""
        return self.minimumSize()
