"""The main window: puts the widgets in their places and wires them to the session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QEvent, QObject, QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QColor,
    QDragEnterEvent,
    QDropEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QMainWindow,
    QMenu,
    QPushButton,
    QToolBar,
    QWhatsThis,
    QWidget,
)

from digitpad.app import help, translations
from digitpad.app.commands import Commands
from digitpad.app.concepts import Concept, ConceptsDialog
from digitpad.app.documents import Documents
from digitpad.app.drawing.activations_view import ActivationsView
from digitpad.app.drawing.answer import Answer
from digitpad.app.drawing.canvas import Canvas
from digitpad.app.drawing.drawing_actions import DrawingActions
from digitpad.app.drawing.drawings_strip import DrawingsStrip
from digitpad.app.drawing.ghost_hand import GhostHand
from digitpad.app.drawing.panel import Centre
from digitpad.app.drawing.sample_strip import SampleStrip
from digitpad.app.first_steps import FirstSteps
from digitpad.app.full_screen import FullScreen
from digitpad.app.model.panel import ModelPanel
from digitpad.app.network.panel import NetworkPanel
from digitpad.app.page import Drawing
from digitpad.app.perspective_bar import PerspectiveBar
from digitpad.app.perspectives import Perspective, Perspectives, dock, is_covered
from digitpad.app.reader_chip import ReaderChip
from digitpad.app.session import Session
from digitpad.app.shelf import Shelf
from digitpad.app.widgets import icons, numbers, theme
from digitpad.app.widgets.focus import FocusFrame
from digitpad.app.widgets.notice import Notice
from digitpad.drawing.strokes import Sample
from digitpad.errors import DigitpadError
from digitpad.recognition.recognise import Reading
from digitpad.training.run_store import RunStore
from digitpad.training.sgd import Progress

if TYPE_CHECKING:
    from digitpad.app.sweep.panel import SweepPanel
    from digitpad.app.training.curves_view import CurvesView
    from digitpad.app.training.panel import TrainingPanel
    from digitpad.app.understand.panel import UnderstandPanel

_STATUS_FOR = 4000  # milliseconds


class MainWindow(QMainWindow):
    """The window of one session.

    The training panel and the plot need modules that take a while to import, so they come after
    the first paint (or by `load_panels`).

    Signals
    -------
    closed()
        The user has closed it, and has been asked about what is not saved.
    """

    closed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.settings = QSettings(
            QSettings.defaultFormat(), QSettings.Scope.UserScope, "digitpad", "digitpad"
        )
        self.shelf = Shelf(session, RunStore())
        self.shelf.problem.connect(self._show_status)
        self.shelf.compared_changed.connect(self._show_compared)
        self.documents = Documents(self.shelf, self, self.settings)
        self.training_panel: TrainingPanel | None = None
        self.sweep: SweepPanel | None = None
        self.curves: CurvesView | None = None
        self.setObjectName("mainWindow")
        self.setWindowIcon(icons.application_icon())
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)

        self.canvas = Canvas(session)
        self.answer = Answer()
        self.activations = ActivationsView()
        self.drawings = DrawingsStrip(session)
        self.network_panel = NetworkPanel()
        self.model_panel = ModelPanel(session)
        self.canvas.installEventFilter(self)
        self.commands = Commands(self)
        self.commands.set_icons(self.palette())
        self.drawing_actions = DrawingActions(session, self)
        self.full_screen = FullScreen(self)
        self._connect_commands()
        self.setCentralWidget(
            Centre(
                self.canvas,
                self.answer,
                self.drawings,
                [self.commands.undo, self.commands.redo],
                [self.commands.erase, self.commands.clear],
            )
        )
        self.resume_button = QPushButton()
        self.resume_button.setObjectName("resume_run")
        self.undo_notice = Notice(self.tr("Undo"))
        self.undo_notice.button.clicked.connect(self._take_label_back)
        self.statusBar().addWidget(self.undo_notice)
        self.undo_notice.hide()
        self.reader_chip = ReaderChip(self.shelf)
        self.reader_chip.clicked.connect(self._show_shelf)
        self._make_docks()
        self._make_menus()
        self.addToolBar(PerspectiveBar(self.reader_chip, self.commands.perspectives.values()))

        session.number_changed.connect(self.answer.show_number)
        self.answer.number.selected.connect(session.select)
        session.reading_changed.connect(self.answer.show_reading)
        session.reading_changed.connect(self.activations.show_reading)
        session.reading_changed.connect(self._show_network)
        session.stroke_grew.connect(self.network_panel.view.give_way)
        self.network_panel.view.failed.connect(self._show_status)
        session.strokes_changed.connect(self._update_actions)
        session.stroke_grew.connect(self._update_actions)
        session.model_changed.connect(self._update_title)
        self.drawings.chosen.connect(self._show_drawing)
        self.perspectives.switched.connect(self._perspective_switched)
        self.first_steps = FirstSteps(session)
        self.ghost_hand = GhostHand(self.canvas, session)
        self._make_first_steps()
        self.documents.status_changed.connect(self._show_status)
        self.documents.samples_opened.connect(self._show_samples)
        self.drawing_actions.status_changed.connect(self._show_status)
        self._update_title()
        self._update_actions()
        session.read_now()
        self._restore()
        self._focus_frame = FocusFrame(self)
        self.canvas.setFocus()

    # -- parts ---------------------------------------------------------------------------------

    def _make_docks(self) -> None:
        views = {
            "activations": (self.tr("Activations"), self.activations),
            "network": (self.tr("Network"), self.network_panel),
            "training": (self.tr("Training"), QWidget()),
            "model": (self.tr("Model"), self.model_panel),
            "timeline": (self.tr("Timeline"), QWidget()),
            "curves": (self.tr("Learning curves"), QWidget()),
            "shelf": (self.tr("Shelf"), QWidget()),
            "explanation": (self.tr("Explanation"), QWidget()),
            "my_digits": (self.tr("My digits"), QWidget()),
            "sweep": (self.tr("Sweep"), QWidget()),
        }
        self.docks = {name: dock(self, name, title, view) for name, (title, view) in views.items()}
        self.perspectives = Perspectives(self, self.docks, self.settings)

    def _connect_commands(self) -> None:
        commands, session, documents = self.commands, self.session, self.documents
        commands.undo.triggered.connect(self._undo)
        commands.redo.triggered.connect(lambda: session.redo())
        commands.clear.triggered.connect(lambda: session.clear())
        commands.erase.triggered.connect(self.canvas.set_erasing)
        commands.paste.triggered.connect(documents.paste)
        commands.copy_experiment.triggered.connect(self._copy_experiment)
        commands.paste_experiment.triggered.connect(self._paste_experiment)
        commands.new.triggered.connect(self._new_network)
        commands.open.triggered.connect(documents.choose_and_open)
        commands.built_in.triggered.connect(documents.open_built_in)
        commands.save.triggered.connect(lambda: documents.save())
        commands.save_as.triggered.connect(lambda: documents.save_as())
        commands.export.triggered.connect(documents.export)
        commands.quit.triggered.connect(self.close)
        commands.evaluate.triggered.connect(self.evaluate)
        self.model_panel.evaluate_wanted.connect(self.evaluate)
        commands.learn_hand.triggered.connect(self._learn_hand)
        commands.sweep.triggered.connect(self._show_sweep)
        for perspective, action in commands.perspectives.items():
            action.triggered.connect(lambda _=False, p=perspective: self.perspectives.switch(p))
        commands.reset_layout.triggered.connect(lambda: self.perspectives.reset())
        commands.first_steps.triggered.connect(self.begin_first_steps)
        commands.what.triggered.connect(self._ask_what)
        commands.concepts.triggered.connect(self._show_concepts)
        commands.shortcuts.triggered.connect(self.show_shortcuts)
        commands.about.triggered.connect(self.about)

    def _make_menus(self) -> None:
        copy = self.drawing_actions.copy
        self.commands.fill(
            self.menuBar(),
            self.documents.recent_menu,
            list(self.docks.values()),
            copy=copy,
            output=[self.drawing_actions.save, self.drawing_actions.print],
            full_screen=self.full_screen.action,
        )
        self.canvas.addActions([*self.commands.drawing, copy, self.commands.paste])
        self.canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _make_first_steps(self) -> None:
        bar = QToolBar(self.tr("First steps"))
        bar.setObjectName("firstStepsBar")
        bar.setMovable(False)
        bar.toggleViewAction().setVisible(False)
        bar.addWidget(self.first_steps)
        bar.hide()
        self.addToolBarBreak()
        self.addToolBar(bar)
        self._first_steps_bar = bar
        self.ghost_hand.finished.connect(self.first_steps.hand_finished)
        self.first_steps.finished.connect(self._end_first_steps)
        self.first_steps.newborn_wanted.connect(self._show_newborn)
        self.first_steps.training_wanted.connect(self._train)

    def welcome(self) -> None:
        """Begin the first steps where nobody has taken or skipped them yet."""
        if not self.settings.value("first_steps_done", False, bool) and self.session.is_empty:
            self.load_panels()
            self.begin_first_steps()

    def begin_first_steps(self) -> None:
        """Lead a newcomer from an empty canvas to a network of his own."""
        self.perspectives.switch(Perspective.DRAW)
        self.session.clear()
        self._first_steps_bar.show()
        self.first_steps.begin()
        self.ghost_hand.start()

    def _end_first_steps(self) -> None:
        self.ghost_hand.stop()
        self._first_steps_bar.hide()
        self.settings.setValue("first_steps_done", True)

    def _show_newborn(self) -> None:
        self.perspectives.switch(Perspective.TRAIN)
        self._new_network()

    def _new_network(self) -> None:
        """Read with an untrained network, as the training panel describes it."""
        self.load_panels()
        assert self.training_panel is not None
        self.shelf.show_newborn(self.training_panel.hyperparameters().new_network())

    def _copy_experiment(self) -> None:
        self.load_panels()
        assert self.training_panel is not None
        self.training_panel.copy_experiment.trigger()

    def _paste_experiment(self) -> None:
        self.load_panels()
        assert self.training_panel is not None
        self.perspectives.switch(Perspective.TRAIN)
        self.training_panel.paste_experiment.trigger()

    def _train(self) -> None:
        if self.training_panel is not None:
            self.training_panel.start()

    # -- what comes after the first paint ------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for the panels that are still missing when the canvas has been painted once."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self.load_panels)
        return False

    def load_panels(self) -> None:
        """Import and show the training panel and the plot, unless that is done."""
        if self.training_panel is not None:
            return
        from digitpad.app.drawing.my_digits import MyDigitsPanel
        from digitpad.app.learn_hand import LearnHand
        from digitpad.app.own_digits import OwnDigits
        from digitpad.app.stage import Stage
        from digitpad.app.training.curves_view import CurvesView
        from digitpad.app.training.panel import TrainingPanel
        from digitpad.app.training.shelf_view import ShelfView
        from digitpad.app.training.timeline_view import TimelineView
        from digitpad.app.training.transport import Transport
        from digitpad.app.understand.panel import UnderstandPanel

        self.session.built_in.network.transposed_weights()  # the first stroke does not wait for it
        panel = TrainingPanel(self.shelf, self.settings, self)
        plot = CurvesView(self)
        self.training_panel, self.curves = panel, plot
        panel.started.connect(self._plot_run)
        panel.progressed.connect(plot.add_progress)
        panel.finished.connect(plot.end_run)
        panel.started.connect(lambda _: self.first_steps.training_started())
        spare = self.network_panel.view.spare_processors
        panel.started.connect(lambda _: spare(True))
        panel.finished.connect(lambda _: spare(False))
        panel.progressed.connect(self._training_progressed)
        self.session.stroke_grew.connect(plot.wait)
        plot.saved.connect(self._show_saved)
        self.shelf_view, self.timeline = ShelfView(), TimelineView(Transport(panel.controls))
        self.understand = UnderstandPanel(self.session)
        self.stage = Stage(
            self.shelf,
            self.shelf_view,
            self.timeline,
            self.network_panel,
            self.understand,
            panel.train_job,
            self,
        )
        self.stage.save_wanted.connect(self.documents.save_as)
        self.stage.copied.connect(self._show_status)
        panel.status_changed.connect(self._show_status)
        panel.progressed.connect(lambda _: self.stage.recorded())
        panel.finished.connect(lambda _: self.stage.show_timeline())
        self.my_digits = MyDigitsPanel()
        self.own_digits = OwnDigits(self.session, self.canvas, self.my_digits, self)
        self.own_digits.status_changed.connect(self._show_status)
        self.own_digits.undo_offered.connect(self._offer_undo)
        self.activations.digit_chosen.connect(self.own_digits.label)
        self.answer.number.labelled.connect(self.own_digits.label)
        self.learn_hand = LearnHand(self.shelf, self.my_digits.hand, self)
        self.learn_hand.status_changed.connect(self._show_status)
        self.own_digits.changed.connect(self.learn_hand.show_samples)
        self.own_digits.changed.connect(self.understand.show_samples)
        self.docks["explanation"].visibilityChanged.connect(self._explanation_shown)
        views: dict[str, QWidget] = {
            "training": panel,
            "curves": plot,
            "timeline": self.timeline,
            "shelf": self.shelf_view,
            "explanation": self.understand,
            "my_digits": self.my_digits,
        }
        self._offer_interrupted()
        for name, view in views.items():
            self._fill_dock(name, view)
        self.perspectives.fit()
        self.docks["sweep"].visibilityChanged.connect(self._sweep_shown)
        self._sweep_shown(self.docks["sweep"].isVisible())

    def _plot_run(self, name: str) -> None:
        """Begin the curves of the run in training, in the colour that it has everywhere."""
        assert self.curves is not None
        live = self.shelf.live
        if live is None:
            self.curves.begin_run(name)
            return
        run = self.shelf.run(live)
        chosen = None if run is None else run.hyperparameters
        self.curves.begin_run(name, self.shelf.card(live).colour, chosen)

    def _fill_dock(self, name: str, view: QWidget) -> None:
        placeholder = self.docks[name].widget()
        self.docks[name].setWidget(view)
        if placeholder is not None:
            placeholder.deleteLater()

    def _sweep_shown(self, visible: bool) -> None:
        """Build the view of sweeps when it is first shown: what it imports takes a while."""
        if not visible or self.sweep is not None or self.training_panel is None:
            return
        from digitpad.app.sweep.panel import SweepPanel

        self.sweep = SweepPanel(self.training_panel.hyperparameters)
        self.sweep.network_wanted.connect(self._open_of_sweep)
        self._fill_dock("sweep", self.sweep)

    def _offer_interrupted(self) -> None:
        """Offer to resume a training that a crash interrupted."""
        card = self.shelf.interrupted()
        if card is None:
            return
        text = self.tr("Resume “{name}”, interrupted at epoch {epoch}")
        self.resume_button.setText(
            text.format(name=card.name, epoch=numbers.decimal(card.epoch, 1))
        )
        self.resume_button.clicked.connect(lambda: self.stage.resume(card.id))
        self.resume_button.clicked.connect(self.resume_button.hide)
        self.statusBar().addPermanentWidget(self.resume_button)
        self.resume_button.show()

    # -- the session ---------------------------------------------------------------------------

    def _show_network(self, _: Reading, image: NDArray[np.float32]) -> None:
        self.network_panel.show_network(self.session.reader, image)
        self._show_compared()

    def _show_compared(self) -> None:
        """Let the card that is compared read the same drawing."""
        network = self.shelf.compared_network
        if network is None or self.shelf.compared is None:
            if self.activations.compared() is not None:
                self.activations.show_compared(None, QColor(), "")
            return
        image = self.session.image
        values = network.feed_forward(image.ravel()) if image.any() else np.zeros(10)
        card = self.shelf.card(self.shelf.compared)
        colour = theme.run_colour(self.palette(), card.colour)
        self.activations.show_compared(values, colour, card.name)

    def _show_shelf(self) -> None:
        self.perspectives.switch(Perspective.TRAIN)

    def _perspective_switched(self, perspective: Perspective) -> None:
        self.commands.perspectives[perspective].setChecked(True)

    def _explanation_shown(self, visible: bool) -> None:
        if visible:
            self.own_digits.refresh()  # their mistakes may be looked at

    def _training_progressed(self, progress: Progress) -> None:
        if progress.epoch_end is not None:
            self.first_steps.learned(progress.epoch_end.validation_accuracy)

    def _show_drawing(self, drawing: Drawing) -> None:
        self.session.show_drawing(drawing)
        self.canvas.setFocus()

    def _show_samples(self, name: str, samples: list[Sample]) -> None:
        """Let the user choose among the digits of a stroke file."""
        for open_strip in self.findChildren(SampleStrip):
            open_strip.close()
        strip = SampleStrip(name, samples, self)
        strip.chosen.connect(lambda sample: self.session.show_strokes(sample.strokes))
        strip.show()

    def _update_title(self) -> None:
        name = self.session.name
        # The built-in model has the program's own name.
        title = "digitpad"
        if name != "digitpad":
            title = self.tr("{model} – digitpad").format(model=name)
        self.setWindowTitle(title)

    def _can_undo_label(self) -> bool:
        return self.training_panel is not None and self.own_digits.can_undo_label

    def _undo(self) -> None:
        """Take back the label of what is on the canvas, if that was the last thing; else a page."""
        if self._can_undo_label():
            self.own_digits.undo_label()
        else:
            self.session.undo()

    def _take_label_back(self) -> None:
        self.own_digits.take_back_label()

    def _offer_undo(self, text: str) -> None:
        """Say what was done, with a button beside it that undoes it; empty: no longer."""
        self._update_actions()
        if text:
            self.undo_notice.show_text(text)
        else:
            self.undo_notice.hide()

    def _learn_hand(self) -> None:
        """Show the user's digits, and let the network learn them, or see there why it can not."""
        self.load_panels()
        self._raise("my_digits")
        self.learn_hand.start()

    def _show_sweep(self) -> None:
        self.load_panels()
        self._raise("sweep")

    def _open_of_sweep(self, path: Path, name: str) -> None:
        """Let the best network of a sweep's point read, with a card of its own."""
        try:
            self.shelf.open(path, name)
        except DigitpadError as error:
            self._show_status(translations.core(str(error)))

    def _update_actions(self) -> None:
        self.commands.undo.setEnabled(self.session.can_undo or self._can_undo_label())
        self.commands.redo.setEnabled(self.session.can_redo)
        self.commands.clear.setEnabled(not self.session.is_empty)

    def _show_saved(self, path: str) -> None:
        self._show_status(self.tr("Saved “{name}”").format(name=path))

    def _show_status(self, text: str) -> None:
        self.statusBar().showMessage(text, _STATUS_FOR)

    def is_training(self) -> bool:
        """Whether a training runs or is paused."""
        return self.training_panel is not None and self.training_panel.is_training()

    def evaluate(self) -> None:
        """Measure the model's accuracy on the test images, in a window of its own."""
        from digitpad.app.model.evaluation import EvaluationDialog

        dialog = EvaluationDialog(self.session.reader.copy(), self.session.name, self)
        dialog.show()

    def _ask_what(self) -> None:
        """Explain the view that is clicked next."""
        help.explain_views(self)
        QWhatsThis.enterWhatsThisMode()

    def _show_concepts(self) -> None:
        """List the concepts, each with the place where it is shown."""
        self.load_panels()
        for open_already in self.findChildren(ConceptsDialog):
            open_already.close()
        dialog = ConceptsDialog(self)
        dialog.chosen.connect(self.show_concept)
        dialog.show()

    def show_concept(self, concept: Concept) -> None:
        """Go where a concept is shown."""
        from digitpad.app.understand.panel import View
        from digitpad.app.understand.step_view import Source
        from digitpad.inspection.backprop_equations import StageKind

        self.load_panels()
        match concept:
            case Concept.PERCEPTRON | Concept.SIGMOID:
                self._explain().show_view(View.BENCH)
            case Concept.LAYERS:
                self._go_to(Perspective.UNDERSTAND, "network")
            case Concept.COST:
                self._explain().show_stage(StageKind.COST, Source.DRAWING)
            case Concept.GRADIENT_DESCENT:
                self._explain().show_view(View.LANDSCAPE)
            case Concept.BACKPROPAGATION:
                self._explain().show_stage(StageKind.OUTPUT_ERROR, Source.DRAWING)
            case Concept.MINI_BATCHES:
                self._explain().show_stage(StageKind.GRADIENTS, Source.MINI_BATCH)
            case Concept.OVERFITTING:
                self._go_to(Perspective.TRAIN, "curves")
                self._raise("training")
                if self.training_panel is not None:
                    self.training_panel.choose_preset("overfitting")
            case Concept.HYPERPARAMETERS:
                self._show_sweep()

    def _explain(self) -> UnderstandPanel:
        """Show the explanations, and return them."""
        self._go_to(Perspective.UNDERSTAND, "explanation")
        return self.understand

    def _go_to(self, perspective: Perspective, name: str) -> None:
        self.perspectives.switch(perspective)
        self._raise(name)

    def _raise(self, name: str) -> None:
        self.docks[name].show()
        self.docks[name].raise_()

    def show_shortcuts(self) -> None:
        """List the keyboard shortcuts."""
        menus: dict[str, list[QAction]] = {}
        for title in self.menuBar().actions():
            menu = title.menu()
            if isinstance(menu, QMenu):
                menus[title.iconText()] = menu.actions()
        help.ShortcutsDialog(menus, self).exec()

    def about(self) -> None:
        """Show the version and the licences."""
        from digitpad.app.about import AboutDialog

        AboutDialog(self).exec()

    # -- events --------------------------------------------------------------------------------

    def focusNextPrevChild(self, next: bool) -> bool:
        """Pass over what lies in a dock that another one covers as a tab, and over stray tabs."""
        start = QApplication.focusWidget()
        while super().focusNextPrevChild(next):
            now = QApplication.focusWidget()
            if now is start or not is_covered(now):
                return True
        return False

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files and pictures."""
        if self.documents.can_take(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        if self.documents.take(event.mimeData()):
            event.acceptProposedAction()

    def changeEvent(self, event: QEvent) -> None:
        """Redraw the icons when light becomes dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "commands"):
            self.commands.set_icons(self.palette())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop a training and save the model, if the user wants, before closing."""
        if not self.documents.may_close():
            event.ignore()
            return
        self.stop()
        self.full_screen.leave()
        self.shelf.close()
        for dialog in self.findChildren(QDialog):
            dialog.close()
        event.accept()
        self.closed.emit()

    def stop(self) -> None:
        """End a training, keep what it learned, and remember the layout."""
        self.documents.cancel_reading()
        if self.training_panel is not None:
            self.training_panel.stop_and_wait()
            self.learn_hand.cancel()
        if self.sweep is not None:
            self.sweep.stop_and_wait()
        self.settings.setValue("geometry", self.saveGeometry())
        self.perspectives.remember()

    def _restore(self) -> None:
        geometry = self.settings.value("geometry")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            screen = QApplication.primaryScreen().availableSize()
            self.resize(QSize(1180, 780).boundedTo(screen * 0.94))
        self.perspectives.restore()
