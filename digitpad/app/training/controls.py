"""Train, Pause, Stop and slow motion, and how far training has come."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from digitpad.app.training.fields import calm
from digitpad.app.training.thread import TrainingThread
from digitpad.app.widgets import numbers, theme
from digitpad.training.sgd import EndReason, EpochReport, Progress

_PACES = (0.0, 1.0, 3.0, 10.0, 30.0)  # mini-batches per second in slow motion; 0: manual
_DEFAULT_PACE = 3.0
_PARTS = 1000  # of the progress bar


class TrainingControls(QWidget):
    """The panel's foot.

    Signals
    -------
    paused(bool)
        Pause (or Resume) was clicked.
    pace_changed()
        `pace` is another.
    """

    paused = Signal(bool)
    pace_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._valid = True
        self._training = False
        self.train = self._button(self.tr("&Train"), "train", "")
        self.pause = self._button(self.tr("&Pause"), "pause", "")
        self.pause.setCheckable(True)
        self.stop = self._button(
            self.tr("St&op"), "stop", self.tr("Stop training and keep the network")
        )
        self.more = self._button(self.tr("O&ne more epoch"), "more", "")
        self.slow = self._button(
            self.tr("S&low motion"), "slow", self.tr("Watch one mini-batch at a time")
        )
        self.slow.setCheckable(True)
        self.pace_box = QComboBox()
        self.pace_box.setObjectName("pace")
        self.pace_box.setAccessibleName(self.tr("Mini-batches per second"))
        self.pace_box.setToolTip(self.tr("Mini-batches per second"))
        for pace in _PACES:
            text = self.tr("{number} per second").format(number=numbers.whole(pace))
            self.pace_box.addItem(text if pace else self.tr("Manual"), pace)
        self.pace_box.setCurrentIndex(_PACES.index(_DEFAULT_PACE))
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
        self.train.installEventFilter(self)
        self.pause.toggled.connect(self._pause_toggled)
        self.slow.toggled.connect(self._slow_toggled)
        self.pace_box.currentIndexChanged.connect(lambda _: self._update())
        self.pace_box.currentIndexChanged.connect(lambda _: self.pace_changed.emit())
        self._slow_toggled(False)
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
        first, second, third = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row in (first, second, third):
            row.setSpacing(6)
        first.addWidget(self.train, 2)
        first.addWidget(self.pause, 1)
        first.addWidget(self.stop, 1)
        second.addWidget(self.more, 1)
        second.addWidget(self.slow, 1)
        third.setContentsMargins(0, 0, 0, 0)
        third.addWidget(self.pace_box, 1)
        third.addWidget(self.step, 1)
        self._slow_row = QWidget()
        self._slow_row.setLayout(third)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(first)
        layout.addLayout(second)
        layout.addWidget(self._slow_row)
        layout.addSpacing(2)
        layout.addWidget(self.problem_text)
        layout.addWidget(self.bar)
        layout.addWidget(self.progress_text)
        layout.addWidget(self.result_text)
        layout.addWidget(self.notes_text)
        # Room is kept for one line, so that no button moves when it appears.
        self.problem_text.setMinimumHeight(self.fontMetrics().lineSpacing() + 2)
        self.result_text.hide()

    # -- state ---------------------------------------------------------------------------------

    def pace(self) -> float | None:
        """Return the mini-batches per second in slow motion, 0: manual; None: at full speed."""
        return float(self.pace_box.currentData()) if self.slow.isChecked() else None

    def set_valid(self, valid: bool) -> None:
        """Allow training, or say what prevents it."""
        self._valid = valid
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
        self.slow.setChecked(False)
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
        why_not = "" if self._valid else self.tr("Fix the highlighted fields.")
        self.train.setEnabled(self._valid and not training)
        self.train.setToolTip(why_not or self.tr("Train the network"))
        self.more.setEnabled(self._valid)
        self.more.setToolTip(why_not or self.tr("Train for one more epoch"))
        self.problem_text.setText(why_not)
        self.pause.setEnabled(training)
        self.stop.setEnabled(training)
        self.step.setEnabled(training and self.slow.isChecked())
        self._paint_train()

    def _pause_toggled(self, paused: bool) -> None:
        text = self.tr("&Resume") if paused else self.tr("&Pause")
        self.pause.setText(text)
        self.pause.setAccessibleName(text.replace("&", ""))
        tip = self.tr("Resume training") if paused else self.tr("Pause after this mini-batch")
        self.pause.setToolTip(tip)
        if self._training:
            self.paused.emit(paused)

    def _slow_toggled(self, slow: bool) -> None:
        self._slow_row.setVisible(slow)
        self._update()
        self.pace_changed.emit()

    # -- progress ------------------------------------------------------------------------------

    def show_progress(self, reports: list[Progress]) -> None:
        """Show the last of some reports, and the last epoch that ended in them."""
        progress = reports[-1]
        done = (progress.epoch + progress.batch / progress.batches) / progress.epochs
        self.bar.setValue(round(_PARTS * done))
        text = (
            self.tr("Epoch {epoch} of {epochs}, mini-batch {batch} of {batches} · cost {cost}")
            if self.slow.isChecked()
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
        ended = [each.epoch_end for each in reports if each.epoch_end is not None]
        if ended:
            self._show_result(ended[-1])

    def _show_result(self, report: EpochReport) -> None:
        training = numbers.percent(report.accuracy)
        if report.validation_accuracy is None:
            text = self.tr("Accuracy: {training} in training")
            self.set_status(text.format(training=training))
        else:
            text = self.tr("Accuracy: {training} in training, {validation} in validation")
            validation = numbers.percent(report.validation_accuracy)
            self.set_status(text.format(training=training, validation=validation))

    def set_status(self, text: str) -> None:
        """Show something until the next epoch's result."""
        self.result_text.setText(text)
        self.result_text.setVisible(bool(text))

    def show_notes(self, notes: Sequence[str]) -> None:
        """Show what was left out of the data or changed, until another training begins."""
        self.notes_text.setText(" ".join(notes))
        self.notes_text.setVisible(bool(notes))

    # -- paint ---------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette."""
        super().changeEvent(event)
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
