"""Train, Pause, Stop and slow motion, and how far training has come."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
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
from digitpad.training.sgd import EpochReport, Progress

# Mini-batches a second in slow motion; 0: by hand.
_PACES = {
    "By hand": 0.0,
    "1 a second": 1.0,
    "3 a second": 3.0,
    "10 a second": 10.0,
    "30 a second": 30.0,
}
_USUAL_PACE = "3 a second"
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
        self.train = self._button("&Train", "train", "Train the network")
        self.pause = self._button("&Pause", "pause", "Rest after this mini-batch")
        self.pause.setCheckable(True)
        self.stop = self._button("St&op", "stop", "End training and keep what was learned")
        self.more = self._button(
            "O&ne more epoch", "more", "Go through the training images once more"
        )
        self.slow = self._button(
            "S&low motion", "slow", "Do one mini-batch at a time, to look what it changes"
        )
        self.slow.setCheckable(True)
        self.pace_box = QComboBox()
        self.pace_box.setObjectName("pace")
        self.pace_box.setAccessibleName("Mini-batches a second")
        self.pace_box.setToolTip("How many mini-batches there are a second")
        self.pace_box.addItems(list(_PACES))
        self.pace_box.setCurrentText(_USUAL_PACE)
        calm(self.pace_box)
        self.step = self._button("&Step", "step", "Do one mini-batch")
        self.bar = QProgressBar()
        self.bar.setObjectName("progress")
        self.bar.setAccessibleName("Progress")
        self.bar.setRange(0, _PARTS)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.progress_text = self._line("progress_text")
        self.result_text = self._line("result_text")
        self._lay_out()
        self.train.installEventFilter(self)
        self.pause.toggled.connect(self._pause_toggled)
        self.slow.toggled.connect(self._slow_toggled)
        self.pace_box.currentIndexChanged.connect(lambda _: self._update())
        self.pace_box.currentIndexChanged.connect(lambda _: self.pace_changed.emit())
        self._slow_toggled(False)
        self.progress_text.setText("Not trained yet.")
        self._update()

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
        layout.addWidget(self.bar)
        layout.addWidget(self.progress_text)
        layout.addWidget(self.result_text)
        self.result_text.hide()

    # -- state ---------------------------------------------------------------------------------

    def pace(self) -> float | None:
        """Return the mini-batches a second in slow motion, 0: by hand; None: at full speed."""
        return _PACES[self.pace_box.currentText()] if self.slow.isChecked() else None

    def set_valid(self, valid: bool) -> None:
        """Allow to train, or not."""
        self._valid = valid
        self._update()

    def begin(self) -> None:
        """Show that a training begins."""
        self._training = True
        self.pause.setChecked(False)
        self.bar.setValue(0)
        self.progress_text.setText("Getting ready …")
        self._tell_result("")
        self._update()

    def end(self, thread: TrainingThread) -> None:
        """Show how a training has ended."""
        self._training = False
        self.pause.setChecked(False)
        state = thread.state
        took = duration(state.seconds)
        epochs = f"{state.epoch:,} epoch{'s' if state.epoch != 1 else ''}"
        self.progress_text.setText(
            {
                "epochs": f"Done: {epochs} in {took}.",
                "early stopping": f"Stopped early after {epochs}: none of the last "
                f"{thread.hyperparameters.patience} was better.",
                "converged": f"Converged after {epochs} in {took}.",
                "stopped": f"Stopped in epoch {state.epoch + 1:,}, after {took}.",
            }.get(thread.reason, "Training failed.")
        )
        self._update()

    def _update(self) -> None:
        training = self._training
        self.train.setEnabled(self._valid and not training)
        self.train.setToolTip(
            "Train the network" if self._valid else "First put right what is marked above"
        )
        self.pause.setEnabled(training)
        self.stop.setEnabled(training)
        self.step.setEnabled(training and self.slow.isChecked())
        self._paint_train()

    def _pause_toggled(self, paused: bool) -> None:
        self.pause.setText("&Resume" if paused else "&Pause")
        self.pause.setAccessibleName("Resume" if paused else "Pause")
        self.pause.setToolTip("Go on" if paused else "Rest after this mini-batch")
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
        where = f"Epoch {progress.epoch + 1:,} of {progress.epochs:,}"
        if self.slow.isChecked():
            where += f", mini-batch {progress.batch:,} of {progress.batches:,}"
            self.progress_text.setText(f"{where} · cost {progress.cost:.4g}")
        else:
            self.progress_text.setText(
                f"{where} · {progress.samples_per_second:,.0f} samples/s · "
                f"{duration(progress.seconds_left)} left"
            )
        ended = [each.epoch_end for each in reports if each.epoch_end is not None]
        if ended:
            self._tell_result(result(ended[-1]))

    def tell(self, sentence: str) -> None:
        """Say something until the next epoch's result."""
        self._tell_result(sentence)

    def _tell_result(self, text: str) -> None:
        self.result_text.setText(text)
        self.result_text.setVisible(bool(text))

    # -- paint ---------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "train"):
            self._paint_train()

    def _paint_train(self) -> None:
        """Give Train the accent's colour as long as it can be clicked."""
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


def duration(seconds: float) -> str:
    """Return a time as people say it."""
    if not seconds < 1e9:
        return "–"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def result(report: EpochReport) -> str:
    """Return what an epoch has brought, in a line."""
    text = f"Right: {report.accuracy:.1%} of the training images"
    if report.validation_accuracy is not None:
        text += f", {report.validation_accuracy:.1%} of the validation images"
    return f"{text}."
