"""What the window can be told to do: its actions, with their texts and keys, and its menus."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QPalette
from PySide6.QtWidgets import QDockWidget, QMenu, QMenuBar

from digitpad.app.perspectives import Perspective
from digitpad.app.widgets import icons

Key = QKeySequence.StandardKey


class Commands(QObject):
    """The window's actions; who makes it connects them.

    Attributes
    ----------
    undo, redo, erase, clear : QAction
        What is done to the drawing; `erase` is checkable, and `clear` has its keys only in the
        widgets that it is added to.
    paste, copy_experiment, paste_experiment : QAction
    new, open, built_in, save, save_as, export, quit : QAction
    evaluate, learn_hand, sweep : QAction
    perspectives : dict of Perspective to QAction
        One of them is checked.
    reset_layout, first_steps, what, shortcuts, concepts, about : QAction
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.undo = self._action(self.tr("&Undo"), [Key.Undo])
        self.redo = self._action(self.tr("&Redo"), [Key.Redo])
        self.clear = self._action(
            self.tr("&Clear"), [Key.Delete, "Backspace"], self.tr("Clear the canvas")
        )
        # Elsewhere these keys remove other things: runs, characters.
        self.clear.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.erase = self._action(
            self.tr("&Eraser"), ["Ctrl+E"], self.tr("Erase whole strokes"), checkable=True
        )
        self.paste = self._action(self.tr("&Paste picture"), [Key.Paste])
        self.copy_experiment = self._action(
            self.tr("Copy exper&iment"),
            tip=self.tr("Copy the line for a terminal that trains as the training panel would"),
        )
        self.paste_experiment = self._action(
            self.tr("Paste e&xperiment"),
            ["Ctrl+Shift+V"],
            self.tr("Set the training panel as a copied line of “digitpad train” says"),
        )
        self.new = self._action(self.tr("&New network"), [Key.New])
        self.open = self._action(self.tr("&Open…"), [Key.Open])
        self.built_in = self._action(self.tr("Open &built-in model"))
        self.save = self._action(self.tr("&Save"), [Key.Save])
        self.save_as = self._action(self.tr("Save &as…"), [Key.SaveAs, "Ctrl+Shift+S"])
        self.export = self._action(
            self.tr("&Export…"),
            tip=self.tr("Write the network as a web page, as a picture or for other programs"),
        )
        self.quit = self._action(self.tr("&Quit"), [Key.Quit, "Ctrl+Q"])
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        self.evaluate = self._action(
            self.tr("&Evaluate on test images"),
            ["F5"],
            self.tr("Measure this model’s accuracy on MNIST’s test images"),
        )
        self.evaluate.setObjectName("evaluate")
        self.learn_hand = self._action(
            self.tr("&Learn my hand"),
            tip=self.tr("Fine-tune the network that reads on your digits"),
        )
        self.sweep = self._action(
            self.tr("&Sweep hyperparameters"),
            tip=self.tr("Train with many hyperparameters and compare"),
        )
        self.perspectives = self._make_perspectives()
        self.reset_layout = self._action(self.tr("&Reset layout"))
        self.first_steps = self._action(self.tr("Show the &first steps"))
        self.what = self._action(self.tr("&What is this?"), ["Shift+F1"], self.tr("Explain a view"))
        self.shortcuts = self._action(self.tr("&Keyboard shortcuts"), ["F1"])
        self.concepts = self._action(
            self.tr("&Concepts"),
            tip=self.tr("From perceptrons to hyperparameters: where each is shown"),
        )
        self.about = self._action(self.tr("&About digitpad"))
        self.about.setMenuRole(QAction.MenuRole.AboutRole)

    def _make_perspectives(self) -> dict[Perspective, QAction]:
        texts = {
            Perspective.DRAW: (self.tr("&Draw"), self.tr("Draw and see the answer")),
            Perspective.TRAIN: (self.tr("&Train"), self.tr("Train a network and watch it learn")),
            Perspective.UNDERSTAND: (
                self.tr("&Understand"),
                self.tr("See what happens inside the network"),
            ),
        }
        group = QActionGroup(self)
        actions = {}
        for number, (perspective, (text, tip)) in enumerate(texts.items(), start=1):
            actions[perspective] = self._action(text, [f"Ctrl+{number}"], tip, checkable=True)
            group.addAction(actions[perspective])
        return actions

    def _action(
        self, text: str, keys: Sequence[Key | str] = (), tip: str = "", *, checkable: bool = False
    ) -> QAction:
        action = QAction(text, self)
        action.setCheckable(checkable)
        bindings: list[QKeySequence] = []
        for key in keys:
            found = QKeySequence.keyBindings(key) if isinstance(key, Key) else [QKeySequence(key)]
            bindings += [each for each in found if each not in bindings]
        action.setShortcuts(bindings)
        if bindings:
            native = bindings[0].toString(QKeySequence.SequenceFormat.NativeText)
            tip = f"{tip or action.iconText()} ({native})"
        action.setToolTip(tip)
        action.setStatusTip(tip)
        return action

    @property
    def drawing(self) -> list[QAction]:
        """What is done to the drawing, in the order of menus."""
        return [self.undo, self.redo, self.erase, self.clear]

    def set_icons(self, palette: QPalette) -> None:
        """Draw the icons in the palette's colours."""
        for name, action in zip(("undo", "redo", "eraser", "clear"), self.drawing, strict=True):
            action.setIcon(icons.icon(name, palette))

    def fill(
        self,
        bar: QMenuBar,
        recent: QMenu,
        docks: Sequence[QDockWidget],
        *,
        copy: QAction,
        output: Sequence[QAction],
        full_screen: QAction,
    ) -> None:
        """Make the menus.

        Parameters
        ----------
        bar : QMenuBar
        recent : QMenu
            The recent files.
        docks : sequence of QDockWidget
            Views to show and hide.
        copy, output : QAction, sequence of QAction
            To copy the drawing; to save and print it.
        full_screen : QAction
        """
        file = bar.addMenu(self.tr("&File"))
        file.addActions([self.new, self.open])
        file.addMenu(recent)
        file.addAction(self.built_in)
        file.addSeparator()
        file.addActions([self.save, self.save_as, self.export])
        file.addSeparator()
        file.addActions(output)
        file.addSeparator()
        file.addAction(self.quit)
        edit = bar.addMenu(self.tr("&Edit"))
        edit.addActions(self.drawing)
        edit.addSeparator()
        edit.addActions([copy, self.paste])
        edit.addSeparator()
        edit.addActions([self.copy_experiment, self.paste_experiment])
        view = bar.addMenu(self.tr("&View"))
        view.addActions(list(self.perspectives.values()))
        view.addSeparator()
        for number, dock in enumerate(docks, start=1):
            toggle = dock.toggleViewAction()
            toggle.setShortcut(QKeySequence(f"Ctrl+Shift+{number}"))
            view.addAction(toggle)
        view.addSeparator()
        view.addActions([full_screen, self.reset_layout])
        model = bar.addMenu(self.tr("&Model"))
        model.addActions([self.evaluate, self.learn_hand, self.sweep])
        help = bar.addMenu(self.tr("&Help"))
        help.addActions([self.what, self.concepts, self.shortcuts, self.first_steps])
        help.addSeparator()
        help.addAction(self.about)
