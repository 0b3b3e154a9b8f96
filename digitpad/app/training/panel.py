"""The training panel: what to train and how, the buttons, and the progress."""

from __future__ import annotations

import copy
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QEvent, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from digitpad.app import translations
from digitpad.app.shelf import Shelf
from digitpad.app.training.controls import TrainingControls
from digitpad.app.training.fields import setting
from digitpad.app.training.form import HyperparameterForm
from digitpad.app.training.form_area import FormArea
from digitpad.app.training.hint import Hint
from digitpad.app.training.naming import own_hyperparameters, run_name
from digitpad.app.training.preset_box import PresetBox
from digitpad.app.training.thread import TrainingThread
from digitpad.app.widgets.radio import RadioButton
from digitpad.errors import DigitpadError
from digitpad.experiments.command import Experiment, as_line, continuing_line, read_line
from digitpad.nn.network import Network
from digitpad.training.diagnosis import Finding, diverged
from digitpad.training.hyperparameters import FIELDS, Hyperparameters
from digitpad.training.interactive import Job
from digitpad.training.metadata import training_metadata, validation_accuracy
from digitpad.training.presets import PRESETS, find_preset
from digitpad.training.sgd import EndReason
from digitpad.training.state import TrainingState

_SETTINGS = "training"
_LOOK_EVERY = 500  # milliseconds


class TrainingPanel(QWidget):
    """Trains a new network, or the selected one further; each training has a card on the shelf.

    Parameters
    ----------
    shelf : Shelf
    settings : QSettings
        Where the form's content is kept for the next start.

    Signals
    -------
    status_changed(str)
        Something for the status bar.
    started(str)
        A training began; what to call it.
    progressed(Progress)
        A few times a second, and for each epoch's end.
    finished(EndReason)
        Why it ended.
    """

    status_changed = Signal(str)
    started = Signal(str)
    progressed = Signal(object)
    finished = Signal(object)

    def __init__(
        self,
        shelf: Shelf,
        settings: QSettings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("trainingPanel")
        self.shelf = shelf
        self.session = shelf.session
        self._settings = settings
        self._thread: TrainingThread | None = None
        self._valid = Hyperparameters()
        self._described: Hyperparameters | None = None
        self._names: Counter[str] = Counter()
        self._starting = False
        self._looked = QElapsedTimer()

        self.preset = PresetBox()
        self.sentence = QLabel()
        self.sentence.setObjectName("sentence")
        self.sentence.setWordWrap(True)
        self.sentence.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.new_network = RadioButton(self.tr("Ne&w network"))
        self.new_network.setObjectName("new_network")
        self.new_network.setToolTip(self.tr("Train a new network from random weights"))
        self.new_network.setChecked(True)
        self.present_network = RadioButton(self.tr("&Continue training"))
        self.present_network.setObjectName("present_network")
        self.present_network.setToolTip(
            self.tr("Train the open network further, from where its training stopped")
        )
        self._modes = QButtonGroup(self)
        self._modes.addButton(self.new_network)
        self._modes.addButton(self.present_network)
        self.form = HyperparameterForm()
        self.controls = TrainingControls()
        self.hint = Hint()
        self._lay_out()
        self._offer_experiments()

        self.form.set_usual(self.preset.chosen().hyperparameters)
        self.form.set_values(self.preset.chosen().hyperparameters)
        self._recall()
        self.preset.activated.connect(self._preset_chosen)
        self.present_network.toggled.connect(self._mode_chosen)
        self.form.edited.connect(self._edited)
        self.form.committed.connect(self._committed)
        self.hint.remedy_wanted.connect(self.apply_remedy)
        self.controls.train.clicked.connect(self.start)
        self.controls.paused.connect(self._pause)
        self.controls.stop.clicked.connect(self._stop)
        self.controls.more.clicked.connect(self.one_more_epoch)
        self.controls.step.clicked.connect(self._step)
        self.controls.pace_changed.connect(self._pace_changed)
        self.session.network_changed.connect(self._network_changed)
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.stop_and_wait)
        self._update()

    def _lay_out(self) -> None:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setSpacing(5)
        column.addWidget(self.preset)
        column.addWidget(self.sentence)
        modes = QHBoxLayout()
        modes.setSpacing(14)
        modes.addWidget(self.new_network)
        modes.addWidget(self.present_network)
        modes.addStretch(1)
        column.addLayout(modes)
        column.addWidget(self.form, 1)
        area = FormArea(page, column, self.hint)
        line = QFrame()
        line.setFrameShape(QFrame.Shape.HLine)
        line.setForegroundRole(QPalette.ColorRole.Mid)
        line.setFrameShadow(QFrame.Shadow.Plain)
        foot = QVBoxLayout()
        foot.setContentsMargins(area.left, 6, area.right, 4)
        foot.addWidget(self.controls)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(area, 1)
        layout.addWidget(line)
        layout.addLayout(foot)

    # -- what the window asks ------------------------------------------------------------------

    def is_training(self) -> bool:
        """Whether a training runs or is paused."""
        return self._thread is not None

    def hyperparameters(self) -> Hyperparameters:
        """Return the form's values, or its last valid ones."""
        return self._valid

    # -- experiments as lines ------------------------------------------------------------------

    def _offer_experiments(self) -> None:
        """Put copying and pasting of experiments into the context menu."""
        self.copy_experiment = QAction(self.tr("Copy exper&iment"), self)
        self.copy_experiment.setObjectName("copy_experiment")
        self.copy_experiment.setToolTip(
            self.tr("Copy the line for a terminal that trains with these hyperparameters")
        )
        self.copy_experiment.triggered.connect(self._copy_experiment)
        self.paste_experiment = QAction(self.tr("Paste e&xperiment"), self)
        self.paste_experiment.setObjectName("paste_experiment")
        self.paste_experiment.setToolTip(
            self.tr("Take the hyperparameters of a copied line that begins with “digitpad train”")
        )
        self.paste_experiment.triggered.connect(self._paste_experiment)
        for action in (self.copy_experiment, self.paste_experiment):
            action.setStatusTip(action.toolTip())
            self.addAction(action)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _copy_experiment(self) -> None:
        """Copy the line that does what Train would do."""
        try:
            line = self._experiment()
        except DigitpadError as error:
            self._show_error(str(error))
            return
        QGuiApplication.clipboard().setText(line)
        self.status_changed.emit(self.tr("Copied: {line}").format(line=line))

    def _experiment(self) -> str:
        chosen = self.form.hyperparameters()
        if not self.present_network.isChecked():
            return as_line(chosen, run_name(chosen, self.preset.chosen()), self.form.path)
        state = self.session.state
        chosen = chosen.replace(epochs=state.epochs_to_reach(chosen) if state else chosen.epochs)
        return continuing_line(
            chosen,
            self.session.name,
            self.form.path,
            self.session.path,
            self.session.network,
            state,
        )

    def _paste_experiment(self) -> None:
        """Set the form as the line on the clipboard says; what is not right changes nothing."""
        if self._thread is not None:
            self._show_error(self.tr("A training is running: stop it, and paste again."))
            return
        try:
            self._show_experiment(read_line(QGuiApplication.clipboard().text()))
        except DigitpadError as error:
            self._show_error(str(error))
            return
        self.status_changed.emit(self.tr("These are the pasted experiment’s hyperparameters."))

    def _show_experiment(self, wanted: Experiment) -> None:
        if wanted.start is not None:
            self.shelf.open(wanted.start)
            base = own_hyperparameters(self.session) or Hyperparameters()
            chosen = base.with_architecture(self.session.network).replace(**wanted.values)
            self.present_network.setChecked(True)
        else:
            chosen = Hyperparameters(**wanted.values)
            self.new_network.setChecked(True)
            self.preset.choose(PRESETS[wanted.preset])
        self.form.set_values(chosen)
        self.form.set_data(wanted.data)

    def event(self, event: QEvent) -> bool:
        """Take Paste from the canvas while the keyboard is here, for experiments."""
        if isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Paste):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self._paste_experiment()
                return True
        return super().event(event)

    def stop_and_wait(self) -> None:
        """Stop a training and keep what was learned; nothing if there is none."""
        if self._thread is not None:
            self._thread.stop_and_wait()
            self._conclude()

    # -- begin and end -------------------------------------------------------------------------

    def start(self) -> None:
        """Train with the form's values."""
        try:
            chosen = self.form.hyperparameters()
        except DigitpadError:
            self.form.reveal_problem()
            return
        if self.present_network.isChecked():
            state = self.session.state
            self._continue(chosen, state.epochs_to_reach(chosen) if state else chosen.epochs)
        else:
            self._begin(Job(chosen, self.form.path), run_name(chosen, self.preset.chosen()))

    def one_more_epoch(self) -> None:
        """Train for one epoch more than planned; without a training, the open network."""
        if self._thread is not None:
            self._thread.one_more_epoch()
            return
        state = self.session.state
        chosen = self._valid
        if not self.present_network.isChecked():
            chosen = own_hyperparameters(self.session) or chosen
        try:
            chosen = chosen.with_architecture(self.session.network)
        except DigitpadError as error:
            self._show_error(str(error))
            return
        self._continue(chosen, state.epoch + 1 if state is not None else 1)

    def _continue(self, chosen: Hyperparameters, epochs: int) -> None:
        chosen = chosen.replace(epochs=min(epochs, int(FIELDS["epochs"].maximum)))
        resumed = self.shelf.resume(chosen)
        if resumed is not None:
            self._begin(replace(resumed, data=self.form.path), self.session.name)
            return
        data = self.session.model.metadata.get("data")
        self._begin(
            Job(
                chosen,
                self.form.path,
                self.session.network.copy(),
                copy.deepcopy(self.session.state),
                data if isinstance(data, str) else "",
            ),
            self.tr("{model}, continued").format(model=self.session.name),
        )

    def train_job(self, job: Job, name: str) -> None:
        """Train what was prepared elsewhere, such as a run from a snapshot on."""
        self._begin(job, name)

    def _begin(self, job: Job, name: str) -> None:
        if self._thread is not None:
            return
        if job.run is None:
            self._names[name] += 1
            if self._names[name] > 1:
                name = f"{name} ({self._names[name]})"
        self._starting = True
        job = self.shelf.begin(job, name, self.preset.chosen().name)
        self._starting = False
        if self.shelf.live is not None:
            name = self.shelf.card(self.shelf.live).name
        thread = TrainingThread(job)
        self._thread = thread
        self.hint.begin()
        thread.updated.connect(self._take_updates)
        thread.paused.connect(self._keep)
        thread.finished.connect(self._ended)
        thread.set_pace(self.controls.pace())
        self._remember()
        self.controls.begin()
        self._update()
        self.started.emit(name)
        thread.start()

    def _take_updates(self) -> None:
        """Show what the training has reported."""
        if self._thread is None:
            return
        for update in self._thread.take():
            if update.notes:
                self.controls.show_notes([translations.core(note) for note in update.notes])
            if update.network is not None:
                self.shelf.show_live(update.network)
            if update.findings is not None:
                self.hint.show_findings(update.findings)
            for progress in update.progress:
                self.progressed.emit(progress)
            if update.progress:
                self.controls.show_progress(update.progress)
                self._progress_soon()

    def _progress_soon(self) -> None:
        """Let the shelf look at the run, but not at every report: it reads files."""
        if not self._looked.isValid() or self._looked.elapsed() >= _LOOK_EVERY:
            self._looked.start()
            self.shelf.progress()

    def _ended(self) -> None:
        # It may have been concluded already by whoever waited for it.
        if self._thread is not None and self._thread.isFinished():
            self._conclude()

    def _conclude(self, *, keep: bool = True) -> None:
        """Take over the result of a training that has ended."""
        thread = self._thread
        if thread is None:
            return
        self._take_updates()
        self._thread = None
        failed = thread.reason is EndReason.FAILED
        if keep and thread.has_result and thread.network is not None:
            self._keep_result(thread, thread.network, thread.state)
        self.shelf.end(discard=not thread.has_result)
        self.controls.end(thread)
        self._update()
        self.finished.emit(thread.reason)
        if failed:
            if thread.diverged:
                self.hint.show_findings([diverged(thread.hyperparameters)])
            self._show_error(thread.error)

    def _keep(self, network: Network, state: TrainingState) -> None:
        """Keep a copy of what was learned until a pause."""
        if self._thread is not None:
            self._keep_result(self._thread, network, state)

    def _keep_result(self, thread: TrainingThread, network: Network, state: TrainingState) -> None:
        accuracy = validation_accuracy(state, thread.last_epoch, thread.reason)
        metadata = training_metadata(
            network, thread.hyperparameters, state, thread.data_name, accuracy
        )
        self._starting = True
        self.shelf.keep(network, metadata, state)
        self._starting = False

    def _show_error(self, sentence: str) -> None:
        text = translations.core(sentence)
        box = QMessageBox(QMessageBox.Icon.Warning, "digitpad", text, parent=self.window())
        box.setObjectName("training_failed")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    # -- while it runs -------------------------------------------------------------------------

    def _pause(self, paused: bool) -> None:
        if self._thread is not None:
            self._thread.pause(paused)

    def _stop(self) -> None:
        if self._thread is not None:
            self._thread.stop()

    def _step(self) -> None:
        if self._thread is not None:
            self._thread.step()

    def _pace_changed(self) -> None:
        if self._thread is not None:
            self._thread.set_pace(self.controls.pace())

    def apply_remedy(self, finding: Finding) -> None:
        """Do what a hint proposes."""
        if finding.stops:
            self._stop()
            return
        wanted = self._valid
        if not finding.restarts and self._thread is not None:
            wanted = self._thread.wanted
        if finding.restarts and self._thread is not None:
            self._thread.stop_and_wait()
            self._conclude(keep=False)
        if finding.restarts:
            self.new_network.setChecked(True)
        wanted = wanted.replace(**finding.changes)
        self.form.set_values(wanted, *finding.changes)
        if finding.restarts:
            self.start()
        else:
            self._committed()

    def _committed(self) -> None:
        """Let the running training know what was changed."""
        thread = self._thread
        if thread is None:
            return
        try:
            chosen = self.form.hyperparameters()
        except DigitpadError:
            return
        live = {name: value for name, value in vars(chosen).items() if FIELDS[name].live}
        changed = thread.wanted.replace(**live)
        changes = changed.changes_from(thread.wanted)
        if changes:
            thread.change(changed)
            values = ", ".join(setting(name, value) for name, value in changes.items())
            self.controls.set_status(self.tr("From now on: {values}").format(values=values))

    # -- what is chosen ------------------------------------------------------------------------

    def choose_preset(self, name: str) -> None:
        """Choose a preset of `PRESETS` as the user does; a training that runs keeps its own."""
        if self._thread is None:
            self.preset.choose(PRESETS[name])
            self._preset_chosen()

    def _preset_chosen(self) -> None:
        chosen = self.preset.chosen().hyperparameters
        if self.present_network.isChecked():
            self.new_network.setChecked(True)
        self.form.set_usual(chosen)
        self.form.set_values(chosen)

    def _mode_chosen(self, continuing: bool) -> None:
        """Show the open network's own values, and afterwards those of before again."""
        if continuing:
            self._described = self._valid
            self._show_present()
        elif self._described is not None:
            self.form.set_usual(self.preset.chosen().hyperparameters)
            self.form.set_values(self._described)
            self._described = None
        self._update()

    def _show_present(self) -> None:
        chosen = own_hyperparameters(self.session) or self._valid
        self.form.set_usual(chosen)
        self.form.set_values(chosen)
        self.form.set_architecture(self.session.network)

    def _network_changed(self) -> None:
        if self._thread is None and self.present_network.isChecked():
            self._show_present()
        if self._thread is None and not self._starting:
            self.hint.begin()
            self.controls.reset()
        self._update()

    def _edited(self) -> None:
        try:
            self._valid = self.form.hyperparameters()
        except DigitpadError:
            pass
        else:
            self._remember()
        self._describe_preset()
        problem = self.form.problem()
        self.controls.set_problem(problem)
        self.hint.set_valid(not problem)

    def _describe_preset(self) -> None:
        preset = self.preset.chosen()
        text = translations.core(preset.sentence)
        if self.present_network.isChecked():
            layers = "-".join(map(str, self.session.network.sizes))
            text = self.tr("The open network: {layers}").format(layers=layers)
        self.sentence.setText(text)
        self.preset.setAccessibleDescription(text)

    def _update(self) -> None:
        training = self._thread is not None
        continuing = self.present_network.isChecked()
        self.form.lock(training=training, continuing=continuing)
        for widget in (self.preset, self.new_network, self.present_network):
            widget.setEnabled(not training)
        self._edited()

    # -- settings ------------------------------------------------------------------------------

    def _remember(self) -> None:
        chosen = self._described or self._valid
        values = {
            "preset": self.preset.chosen().name,
            "hyperparameters": chosen.to_dict(),
            "data": str(self.form.path or ""),
            "open": self.form.open_groups(),
        }
        self._settings.setValue(_SETTINGS, json.dumps(values))

    def _recall(self) -> None:
        """Show the last settings, unless they are damaged."""
        try:
            values = json.loads(str(self._settings.value(_SETTINGS, "{}")))
            chosen = Hyperparameters.from_dict(values["hyperparameters"])
            preset = find_preset(str(values["preset"]))
            data = str(values["data"])
            opened = [str(name) for name in values["open"]]
        except (DigitpadError, LookupError, TypeError, ValueError, ArithmeticError, RecursionError):
            return
        if preset is not None:
            self.preset.choose(preset)
            self.form.set_usual(preset.hyperparameters)
        self.form.set_values(chosen)
        self.form.set_data(Path(data) if data else None)
        self.form.set_open_groups(opened)
