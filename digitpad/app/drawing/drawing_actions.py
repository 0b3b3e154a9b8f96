"""Copy, save and print what is on the canvas."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from digitpad.app import translations
from digitpad.app.session import Session
from digitpad.errors import DigitpadError


class DrawingActions(QObject):
    """Actions for menus, enabled while there is something on the canvas.

    Signals
    -------
    status_changed(str)
        What was done, to show for a few seconds.
    """

    status_changed = Signal(str)

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        Key = QKeySequence.StandardKey
        self.copy = self._action(self.tr("C&opy drawing"), "copyDrawing", Key.Copy)
        self.save = self._action(self.tr("Save &drawing…"), "saveDrawing", None)
        self.print = self._action(self.tr("&Print drawing…"), "printDrawing", Key.Print)
        self.copy.triggered.connect(self._copy)
        self.save.triggered.connect(self._save)
        self.print.triggered.connect(self._print)
        session.strokes_changed.connect(self._update)
        self._update()

    def _action(self, text: str, name: str, key: QKeySequence.StandardKey | None) -> QAction:
        action = QAction(text, self)
        action.setObjectName(name)
        if key is not None:
            action.setShortcuts(QKeySequence.keyBindings(key))
        action.setStatusTip(action.iconText())
        return action

    def _update(self) -> None:
        for action in (self.copy, self.save, self.print):
            action.setEnabled(not self._session.is_empty)

    def _copy(self) -> None:
        from digitpad.app.drawing import export  # its parts of Qt take a while to load

        QGuiApplication.clipboard().setMimeData(export.to_clipboard(self._session))
        self.status_changed.emit(self.tr("Copied the drawing"))

    def _save(self) -> None:
        from digitpad.app.drawing import export

        kinds = {
            self.tr("PNG image"): (".png",),
            self.tr("SVG drawing"): (".svg",),
            self.tr("Strokes"): (".jsonl", ".jsonl.gz"),
        }
        filters = {
            f"{kind} ({' '.join('*' + each for each in ends)})": ends
            for kind, ends in kinds.items()
        }
        title = self.tr("Save drawing")
        suggested = self.tr("drawing") + ".png"
        name, chosen = QFileDialog.getSaveFileName(
            self._window, title, suggested, ";;".join(filters)
        )
        if not name:
            return
        path = Path(name)
        if not path.name.lower().endswith(tuple(end for ends in kinds.values() for end in ends)):
            path = path.with_name(path.name + filters.get(chosen, (".png",))[0])
            # The file dialog has asked about the name as typed, not with the suffix.
            text = self.tr("“{name}” already exists. Replace it?").format(name=path.name)
            yes = QMessageBox.StandardButton.Yes
            if path.exists() and QMessageBox.question(self._window, title, text) != yes:
                return
        try:
            export.write(self._session, path)
        except DigitpadError as error:
            QMessageBox.warning(self._window, "digitpad", translations.core(str(error)))
        else:
            self.status_changed.emit(self.tr("Saved “{name}”").format(name=path.name))

    def _print(self) -> None:
        from digitpad.app.drawing import export

        if export.print_page(self._session, self._window):
            self.status_changed.emit(self.tr("Printed the drawing"))
