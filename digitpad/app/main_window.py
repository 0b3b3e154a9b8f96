"""The main window: puts the widgets in their places and wires them to the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QObject, QSettings, QSize, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeySequence,
)
from PySide6.QtWidgets import QApplication, QDialog, QDockWidget, QMainWindow, QWidget

from digitpad.app.documents import Documents
from digitpad.app.drawing.activations_view import ActivationsView
from digitpad.app.drawing.answer import Answer
from digitpad.app.drawing.canvas import Canvas
from digitpad.app.drawing.panel import Centre
from digitpad.app.model.panel import ModelPanel
from digitpad.app.session import Session
from digitpad.app.widgets import icons

if TYPE_CHECKING:
    from digitpad.app.training.curves_view import CurvesView
    from digitpad.app.training.panel import TrainingPanel

_LAYOUT_VERSION = 1
_STATUS_FOR = 4000  # milliseconds
_SIDE = 350  # pixels for the docks at the side

Key = QKeySequence.StandardKey


class MainWindow(QMainWindow):
    """The window of one session.

    The training panel and the plot need modules that take a while to import, so they come after
    the first paint (or by `load_panels`).
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.settings = QSettings(
            QSettings.defaultFormat(), QSettings.Scope.UserScope, "digitpad", "digitpad"
        )
        self.documents = Documents(session, self, self.settings)
        self.training_panel: TrainingPanel | None = None
        self.curves: CurvesView | None = None
        self._plot_shown_for_run = False
        self.setObjectName("mainWindow")
        self.setWindowIcon(icons.application_icon())
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)

        self.canvas = Canvas(session)
        self.answer = Answer()
        self.activations = ActivationsView()
        self.model_panel = ModelPanel(session)
        self.canvas.installEventFilter(self)
        self._make_actions()
        self.setCentralWidget(
            Centre(
                self.canvas,
                self.answer,
                [self.undo_action, self.redo_action],
                [self.erase_action, self.clear_action],
            )
        )
        self._make_docks()
        self._make_menus()

        session.reading_changed.connect(self.answer.show_reading)
        session.reading_changed.connect(self.activations.show_reading)
        session.strokes_changed.connect(self._update_actions)
        session.model_changed.connect(self._update_title)
        self.documents.status_changed.connect(self._show_status)
        self._update_title()
        self._update_actions()
        session.read_now()
        self._restore()
        self.canvas.setFocus()

    # -- parts ---------------------------------------------------------------------------------

    def _dock(self, name: str, title: str, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setAccessibleName(title)
        dock.setWidget(widget)
        return dock

    def _make_docks(self) -> None:
        right, bottom = (
            Qt.DockWidgetArea.RightDockWidgetArea,
            Qt.DockWidgetArea.BottomDockWidgetArea,
        )
        self.activations_dock = self._dock("activationsDock", "Activations", self.activations)
        self.training_dock = self._dock("trainingDock", "Training", QWidget())
        self.model_dock = self._dock("modelDock", "Model", self.model_panel)
        self.plot_dock = self._dock("plotDock", "Learning curves", QWidget())
        self.docks = (self.activations_dock, self.training_dock, self.model_dock, self.plot_dock)
        self.setCorner(Qt.Corner.BottomRightCorner, right)
        self.addDockWidget(right, self.activations_dock)
        self.addDockWidget(right, self.training_dock)
        self.addDockWidget(right, self.model_dock)
        self.addDockWidget(bottom, self.plot_dock)

    def _arrange(self) -> None:
        """Put the docks where they are the first time."""
        right, bottom = (
            Qt.DockWidgetArea.RightDockWidgetArea,
            Qt.DockWidgetArea.BottomDockWidgetArea,
        )
        for dock in self.docks:
            dock.setFloating(False)
            self.removeDockWidget(dock)
        self.addDockWidget(right, self.activations_dock)
        self.addDockWidget(right, self.training_dock)
        self.tabifyDockWidget(self.training_dock, self.model_dock)
        self.addDockWidget(bottom, self.plot_dock)
        for dock in self.docks:
            dock.setVisible(dock is not self.plot_dock)
        self.training_dock.raise_()
        self.resizeDocks(
            [self.activations_dock, self.training_dock], [300, 420], Qt.Orientation.Vertical
        )
        self.resizeDocks([self.activations_dock], [_SIDE], Qt.Orientation.Horizontal)
        self.resizeDocks([self.plot_dock], [300], Qt.Orientation.Vertical)
        self._plot_shown_for_run = False

    def _action(
        self,
        text: str,
        slot: object,
        shortcuts: list[QKeySequence | QKeySequence.StandardKey | str] | None = None,
        tip: str = "",
    ) -> QAction:
        action = QAction(text, self)
        keys: list[QKeySequence] = []
        for shortcut in shortcuts or []:
            if isinstance(shortcut, QKeySequence.StandardKey):
                found = QKeySequence.keyBindings(shortcut)
            else:
                found = [QKeySequence(shortcut)]
            keys += [key for key in found if key not in keys]
        action.setShortcuts(keys)
        if keys:
            key = keys[0].toString(QKeySequence.SequenceFormat.NativeText)
            tip = f"{tip or action.iconText()} ({key})"
        action.setToolTip(tip)
        action.setStatusTip(tip)
        if callable(slot):
            action.triggered.connect(slot)
        return action

    def _make_actions(self) -> None:
        session, documents = self.session, self.documents
        self.undo_action = self._action("&Undo", lambda: session.undo(), [Key.Undo])
        self.redo_action = self._action("&Redo", lambda: session.redo(), [Key.Redo])
        self.clear_action = self._action(
            "&Clear", lambda: session.clear(), [Key.Delete, "Backspace"], "Take a new sheet"
        )
        # Elsewhere these keys remove other things: runs, characters.
        self.clear_action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.erase_action = self._action(
            "&Eraser", self.canvas.set_erasing, ["Ctrl+E"], "Remove strokes by touching them"
        )
        self.erase_action.setCheckable(True)
        self.paste_action = self._action("&Paste picture", documents.paste, [Key.Paste])
        self.new_action = self._action("&New network", documents.new, [Key.New])
        self.open_action = self._action("&Open…", documents.choose_and_open, [Key.Open])
        self.shipped_action = self._action("Open the s&hipped model", documents.open_shipped)
        self.save_action = self._action("&Save", lambda: documents.save(), [Key.Save])
        self.save_as_action = self._action(
            "Save &as…", lambda: documents.save_as(), [Key.SaveAs, "Ctrl+Shift+S"]
        )
        self.quit_action = self._action("&Quit", self.close, [Key.Quit, "Ctrl+Q"])
        self.evaluate_action = self._action(
            "&Evaluate on the test images",
            self.evaluate,
            ["F5"],
            "Read MNIST’s 10,000 test images with this model",
        )
        self.evaluate_action.setObjectName("evaluate")
        self.reset_action = self._action("&Reset the layout", self._arrange)
        self.about_action = self._action("&About digitpad", self.about)
        self.about_action.setMenuRole(QAction.MenuRole.AboutRole)
        self.quit_action.setMenuRole(QAction.MenuRole.QuitRole)
        self.model_panel.evaluate_wanted.connect(self.evaluate)
        self._set_icons()

    def _set_icons(self) -> None:
        for name, action in (
            ("undo", self.undo_action),
            ("redo", self.redo_action),
            ("eraser", self.erase_action),
            ("clear", self.clear_action),
        ):
            action.setIcon(icons.icon(name, self.palette()))

    def _make_menus(self) -> None:
        bar = self.menuBar()
        file = bar.addMenu("&File")
        file.addAction(self.new_action)
        file.addAction(self.open_action)
        file.addMenu(self.documents.recent_menu)
        file.addAction(self.shipped_action)
        file.addSeparator()
        file.addActions([self.save_action, self.save_as_action])
        file.addSeparator()
        file.addAction(self.quit_action)
        drawing = [self.undo_action, self.redo_action, self.erase_action, self.clear_action]
        edit = bar.addMenu("&Edit")
        edit.addActions(drawing)
        edit.addSeparator()
        edit.addAction(self.paste_action)
        self.canvas.addActions([*drawing, self.paste_action])
        self.canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        view = bar.addMenu("&View")
        for number, dock in enumerate(self.docks, start=1):
            toggle = dock.toggleViewAction()
            toggle.setShortcut(QKeySequence(f"Ctrl+{number}"))
            view.addAction(toggle)
        view.addSeparator()
        view.addAction(self.reset_action)
        model = bar.addMenu("&Model")
        model.addAction(self.evaluate_action)
        bar.addMenu("&Help").addAction(self.about_action)

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
        from digitpad.app.training.curves_view import CurvesView
        from digitpad.app.training.panel import TrainingPanel

        panel = TrainingPanel(self.session, self.settings, self.documents.may_replace, self)
        plot = CurvesView(self)
        self.training_panel, self.curves = panel, plot
        self.documents.trainer = panel
        panel.started.connect(plot.begin_run)
        panel.progressed.connect(plot.add_progress)
        panel.finished.connect(plot.end_run)
        panel.started.connect(self._show_plot)
        self.session.stroke_grew.connect(plot.wait)
        plot.saved.connect(lambda path: self._show_status(f"Saved {path}."))
        self.training_dock.setWidget(panel)
        self.plot_dock.setWidget(plot)

    def _show_plot(self) -> None:
        """Open the plot for the first run; whoever closes it then wants it closed."""
        if not self._plot_shown_for_run:
            self._plot_shown_for_run = True
            self.plot_dock.show()

    # -- the session ---------------------------------------------------------------------------

    def _update_title(self) -> None:
        name = self.session.name
        # The network that ships has the program's own name.
        self.setWindowTitle("digitpad[*]" if name == "digitpad" else f"{name}[*] – digitpad")
        self.setWindowModified(self.session.modified)

    def _update_actions(self) -> None:
        self.undo_action.setEnabled(self.session.can_undo)
        self.redo_action.setEnabled(self.session.can_redo)
        self.clear_action.setEnabled(not self.session.is_empty)

    def _show_status(self, text: str) -> None:
        self.statusBar().showMessage(text, _STATUS_FOR)

    def is_training(self) -> bool:
        """Whether a training runs or is paused."""
        return self.training_panel is not None and self.training_panel.is_training()

    def evaluate(self) -> None:
        """Read the test images and show how many were read rightly."""
        from digitpad.app.model.evaluation import EvaluationDialog

        dialog = EvaluationDialog(self.session.network.copy(), self.session.name, self)
        dialog.show()

    def about(self) -> None:
        """Tell what this is and whose parts are in it."""
        from digitpad.app.about import AboutDialog

        AboutDialog(self).exec()

    # -- manners -------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files and pictures."""
        if self.documents.can_take(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        if self.documents.take(event.mimeData()):
            event.acceptProposedAction()

    def changeEvent(self, event: QEvent) -> None:
        """Draw the icons anew when light becomes dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "clear_action"):
            self._set_icons()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop a training and save the model, if the user wants, before closing."""
        if not self.documents.may_close():
            event.ignore()
            return
        self._remember()
        for dialog in self.findChildren(QDialog):
            dialog.close()
        event.accept()

    def _remember(self) -> None:
        self.settings.setValue("geometry", self.saveGeometry())
        self.settings.setValue("layout", self.saveState(_LAYOUT_VERSION))

    def _restore(self) -> None:
        geometry = self.settings.value("geometry")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            screen = QApplication.primaryScreen().availableSize()
            self.resize(QSize(1180, 780).boundedTo(screen * 0.94))
        self._arrange()
        layout = self.settings.value("layout")
        if isinstance(layout, QByteArray):
            self.restoreState(layout, _LAYOUT_VERSION)
