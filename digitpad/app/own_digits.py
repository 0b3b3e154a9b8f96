"""The user's own digits: connects the canvas and the panel with the file that keeps them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from digitpad.app import translations
from digitpad.app.drawing.canvas import Canvas
from digitpad.app.drawing.collect import CollectDialog
from digitpad.app.drawing.my_digits import MyDigitsPanel
from digitpad.app.session import Session
from digitpad.data.my_digits import MyDigits, id_of
from digitpad.data.sample_images import of_image
from digitpad.drawing.strokes import SUFFIXES, Sample, write_strokes
from digitpad.errors import DigitpadError


class OwnDigits(QObject):
    """Adds what is on the canvas to the user's digits, and does what the panel asks for.

    A digit's key that is pressed on the canvas labels the drawing. Another digit's key corrects
    the label, as long as the drawing stays as it is.

    The file is read when the panel is shown, or when it is first written to.

    Parameters
    ----------
    session : Session
    canvas : Canvas
    panel : MyDigitsPanel
    window : QWidget
        The parent of dialogs.

    Signals
    -------
    status_changed(str)
        Something to show for a few seconds.
    """

    status_changed = Signal(str)

    def __init__(
        self, session: Session, canvas: Canvas, panel: MyDigitsPanel, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session = session
        self._canvas = canvas
        self._panel = panel
        self._window = window
        self._digits: MyDigits | None = None
        self._labelled = ""  # the id of what is on the canvas, once it was added
        session.strokes_changed.connect(self._forget)
        canvas.installEventFilter(self)
        panel.installEventFilter(self)
        panel.delete_wanted.connect(self._delete)
        panel.relabel_wanted.connect(self._relabel)
        panel.undo_wanted.connect(self._undo)
        panel.import_wanted.connect(self._import)
        panel.export_wanted.connect(self._export)
        panel.collect_wanted.connect(self._collect)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let a digit's key label the drawing, and read the file when the panel is shown."""
        if watched is self._panel and event.type() == QEvent.Type.Show:
            self._refresh()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            # With Shift, because on some keyboards digits need it.
            allowed = Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
            text = event.text()
            if (
                watched is self._canvas
                and not event.modifiers() & ~allowed
                and len(text) == 1
                and text in "0123456789"
            ):
                if not event.isAutoRepeat():
                    self.label(int(text))
                return True
        return False

    # -- the canvas ----------------------------------------------------------------------------

    def label(self, digit: int) -> None:
        """Add what is on the canvas with this label; nothing if it is empty or the pen is down."""
        if self._session.is_empty or self._session.growing:
            return
        if self._do(lambda digits: self._add(digits, digit)):
            self._session.label_drawing(digit)
            text = self.tr("Added to your digits: {digit}")
            self.status_changed.emit(text.format(digit=digit))

    def _add(self, digits: MyDigits, digit: int) -> None:
        digits.refresh()
        if self._labelled in map(id_of, digits.samples):
            digits.relabel([self._labelled], digit)
            return
        picture = self._session.picture
        if picture is None:
            sample = Sample(digit, tuple(stroke.copy() for stroke in self._session.strokes))
        else:
            sample = of_image(np.rint(picture * 255).astype(np.uint8), digit)
        self._labelled = id_of(digits.add([sample])[0])

    def _forget(self) -> None:
        self._labelled = ""

    # -- the panel -----------------------------------------------------------------------------

    def _delete(self, ids: list[str]) -> None:
        self._do(lambda digits: digits.remove(ids))

    def _relabel(self, ids: list[str], digit: int) -> None:
        self._do(lambda digits: digits.relabel(ids, digit))

    def _undo(self) -> None:
        self._do(lambda digits: digits.undo())

    def _import(self, paths: Sequence[Path]) -> None:
        if not paths:
            names, _ = QFileDialog.getOpenFileNames(self._window, self.tr("Import digits"))
            paths = [Path(name) for name in names]
        added: list[int] = []
        if paths and self._do(lambda digits: added.append(digits.import_files(paths))):
            self.status_changed.emit(self.tr("%n digit(s) added", "", added[0]))

    def _export(self) -> None:
        if self._digits is not None:
            self._save(self._digits.samples)

    def _save(self, samples: Sequence[Sample]) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self._window,
            self.tr("Export digits"),
            str(Path.home() / "digits.jsonl"),
            self.tr("Strokes") + " (*.jsonl *.jsonl.gz)",
        )
        if not name:
            return
        path = Path(name)
        if not path.name.lower().endswith(SUFFIXES):
            path = path.with_name(path.name + ".jsonl")
            if path.exists():  # the file dialog has asked about the name as typed
                text = self.tr("“{name}” already exists. Replace it?").format(name=path.name)
                answer = QMessageBox.question(self._window, self.tr("Export digits"), text)
                if answer != QMessageBox.StandardButton.Yes:
                    return
        if self._do(lambda _: write_strokes(path, samples)):
            self.status_changed.emit(self.tr("Exported “{name}”").format(name=path.name))

    def _collect(self) -> None:
        """Ask for digits; each is in the file when the next is asked for."""
        for dialog in self._window.findChildren(CollectDialog):
            if dialog.isVisible():
                dialog.activateWindow()
                return
        dialog = CollectDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        added: list[list[str]] = []  # the id of each; none if it could not be written

        def add(sample: Sample) -> None:
            ids: list[str] = []
            added.append(ids)
            self._do(lambda digits: ids.extend(map(id_of, digits.add([sample]))))

        def take_back(_: Sample) -> None:
            self._delete(added.pop())

        dialog.collected.connect(add)
        dialog.taken_back.connect(take_back)
        dialog.save_wanted.connect(self._save)
        dialog.show()

    # -- the file ------------------------------------------------------------------------------

    def _do(self, do: Callable[[MyDigits], object]) -> bool:
        """Do something with the user's digits; show the reason if it fails."""
        try:
            if self._digits is None:
                self._digits = MyDigits()
            do(self._digits)
        except DigitpadError as error:
            QMessageBox.warning(self._window, "digitpad", translations.core(str(error)))
            return False
        finally:
            if self._panel.isVisible():
                self._show()
        return True

    def _refresh(self) -> None:
        """Show what is in the file now, or why it cannot be read."""
        problem = ""
        try:
            if self._digits is None:
                self._digits = MyDigits()
            self._digits.refresh()
        except DigitpadError as error:
            problem = str(error)
        self._show(problem)

    def _show(self, problem: str = "") -> None:
        digits = self._digits
        notice = problem or (digits.notice if digits is not None else "")
        self._panel.show_samples(
            digits.samples if digits is not None else (),
            can_undo=digits is not None and digits.can_undo,
            notice=translations.core(notice) if notice else "",
        )
