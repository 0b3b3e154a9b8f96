"""The user's own digits: connects the canvas and the panel with the file that keeps them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget

from digitpad.app import translations
from digitpad.app.drawing.canvas import Canvas
from digitpad.app.drawing.collect import CollectDialog
from digitpad.app.drawing.my_digits import MyDigitsPanel
from digitpad.app.session import Session
from digitpad.app.widgets.keys import pressed_digit
from digitpad.data import csv, npz
from digitpad.data.export_samples import IMAGES_ENDING, export, files_of, format_of
from digitpad.data.my_digits import Imported, MyDigits, id_of
from digitpad.data.sample_images import of_image
from digitpad.drawing import photo
from digitpad.drawing.rasterize import Image
from digitpad.drawing.strokes import SUFFIXES, Sample
from digitpad.errors import DigitpadError

_MOST_DRAWN = 100  # labelled drawings whose label the strip follows


class OwnDigits(QObject):
    """Adds what is on the canvas to the user's digits, and does what the panel asks for.

    A digit's key that is pressed on the canvas, or a click on its bar, labels the drawing. Another
    digit corrects the label, as long as the drawing stays as it is. Undo takes either back.

    What the strip of drawings says of a drawing that was labelled is what the file says of it.

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
    undo_offered(str)
        A drawing was labelled: what to say, beside a button that calls `take_back_label`. Empty:
        that is no longer possible.
    changed(tuple of Sample)
        The user's digits, with or without a label, as they are now.
    """

    status_changed = Signal(str)
    undo_offered = Signal(str)
    changed = Signal(object)

    def __init__(
        self, session: Session, canvas: Canvas, panel: MyDigitsPanel, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session = session
        self._canvas = canvas
        self._panel = panel
        self._window = window
        self._digits: MyDigits | None = None
        self._import_notes: tuple[str, ...] = ()
        self._labelled = ""  # the id of what is on the canvas, once it was added
        # Labels given to what is on the canvas that undo would take back first, and whether the
        # last thing to undo is a label, perhaps of an earlier drawing.
        self._labels_here = 0
        self._label_is_last = False
        # By id: what the drawings labelled here look like, and their label when last seen.
        self._drawn: dict[str, tuple[Image, int | None]] = {}
        session.strokes_changed.connect(self._forget)
        session.selected_changed.connect(self._forget)
        canvas.installEventFilter(self)
        panel.installEventFilter(self)
        panel.delete_wanted.connect(self._delete)
        panel.relabel_wanted.connect(self._relabel)
        panel.undo_wanted.connect(self._undo)
        panel.import_wanted.connect(self._import)
        panel.import_folder_wanted.connect(self._import_folder)
        panel.export_wanted.connect(self._export)
        panel.collect_wanted.connect(self._collect)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let a digit's key label the drawing, and read the file when the panel is shown."""
        if watched is self._panel and event.type() == QEvent.Type.Show:
            self.refresh()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            digit = pressed_digit(event) if watched is self._canvas else None
            if digit is not None:
                if not event.isAutoRepeat():
                    self.label(digit)
                return True
        return False

    # -- the canvas ----------------------------------------------------------------------------

    def label(self, digit: int) -> None:
        """Add what is on the canvas with this label; nothing if it is empty or the pen is down."""
        if self._session.is_empty or self._session.growing:
            return
        if self._do(lambda digits: self._add(digits, digit), labels=True):
            self._labels_here += 1
            self._label_is_last = True
            self.undo_offered.emit(self.tr("Added to your digits: {digit}").format(digit=digit))

    def _add(self, digits: MyDigits, digit: int) -> None:
        digits.refresh()
        if self._labelled in map(id_of, digits.samples):
            digits.relabel([self._labelled], digit)
            return
        self._session.read_now()
        if self._session.picture is None:
            sample = Sample(digit, tuple(stroke.copy() for stroke in self._session.digit_strokes))
        else:
            image = self._session.image  # of several digits, the selected one
            sample = of_image(np.rint(image * 255).astype(np.uint8), digit)
        self._labelled = id_of(digits.add([sample])[0])
        self._drawn[self._labelled] = self._session.image, None
        for oldest in list(self._drawn)[:-_MOST_DRAWN]:
            del self._drawn[oldest]

    def _forget(self) -> None:
        self._labelled = ""
        self._labels_here = 0

    @property
    def can_undo_label(self) -> bool:
        """Whether what is on the canvas was labelled, and nothing was done to it since."""
        return self._labels_here > 0

    def undo_label(self) -> None:
        """Take back the last label of what is on the canvas; nothing if it has none."""
        if self.can_undo_label:
            self._undo()

    def take_back_label(self) -> None:
        """Take back the last label, of an earlier drawing too, unless more was done since."""
        if self._label_is_last:
            self._undo()

    # -- the panel -----------------------------------------------------------------------------

    def _delete(self, ids: list[str]) -> None:
        self._do(lambda digits: digits.remove(ids))

    def _relabel(self, ids: list[str], digit: int) -> None:
        self._do(lambda digits: digits.relabel(ids, digit))

    def _undo(self) -> None:
        labels = self._labels_here
        if self._do(lambda digits: digits.undo()):
            self._labels_here = max(0, labels - 1)
            self.undo_offered.emit("")  # which also looks whether there is another label

    def _import(self, paths: Sequence[Path]) -> None:
        if not paths:
            names, _ = QFileDialog.getOpenFileNames(
                self._window, self.tr("Import digits"), "", self._filters()
            )
            paths = [Path(name) for name in names]
        imported: list[Imported] = []
        if paths and self._do(lambda digits: imported.append(digits.import_files(paths))):
            self._import_notes = imported[0].notes
            self._show()
            self.status_changed.emit(self.tr("%Ln digit(s) added", "", imported[0].added))

    def _filters(self) -> str:
        kinds = (
            (self.tr("Strokes"), SUFFIXES),
            (self.tr("NumPy arrays"), npz.SUFFIXES),
            (self.tr("IDX files"), ("ubyte", "ubyte.gz")),
            (self.tr("Text with a label and 784 pixels on each line"), csv.SUFFIXES),
            (self.tr("Pictures whose names begin with their digit"), photo.SUFFIXES),
        )
        every = " ".join("*" + end for _, ends in kinds for end in ends)
        texts = [f"{name} ({' '.join('*' + end for end in ends)})" for name, ends in kinds]
        texts = [self.tr("All supported files") + f" ({every})", *texts]
        return ";;".join([*texts, self.tr("All files") + " (*)"])

    def _import_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self._window, self.tr("Import folder"))
        if name:
            self._import([Path(name)])

    def _export(self) -> None:
        if self._digits is not None:
            self._save(self._digits.samples)

    def _save(self, samples: Sequence[Sample]) -> None:
        """Ask where, and write drawings as the file's name says."""
        endings = {
            self.tr("Strokes") + " (*.jsonl *.jsonl.gz)": ".jsonl",
            self.tr("NumPy arrays") + " (*.npz)": ".npz",
            self.tr("IDX files, as MNIST has") + " (*images-idx3-ubyte *.gz)": IMAGES_ENDING,
        }
        name, chosen = QFileDialog.getSaveFileName(
            self._window,
            self.tr("Export digits"),
            str(Path.home() / "digits.jsonl"),
            ";;".join(endings),
        )
        if not name:
            return
        typed = path = Path(name)
        if format_of(path) is None:
            path = path.with_name(path.name + endings.get(chosen, ".jsonl"))
        # The file dialog has asked about the name as typed.
        for target in files_of(path):
            if target != typed and target.exists():
                text = self.tr("“{name}” already exists. Replace it?").format(name=target.name)
                answer = QMessageBox.question(self._window, self.tr("Export digits"), text)
                if answer != QMessageBox.StandardButton.Yes:
                    return
        try:
            export(samples, path)
        except DigitpadError as error:
            self._warn(error)
            return
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

    def _do(self, do: Callable[[MyDigits], object], *, labels: bool = False) -> bool:
        """Do something with the user's digits; show the reason if it fails.

        `labels` says that it labels what is on the canvas.
        """
        problem: DigitpadError | None = None
        self._import_notes = ()
        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            if self._digits is None:
                self._digits = MyDigits()
            do(self._digits)
        except DigitpadError as error:
            problem = error
        finally:
            QApplication.restoreOverrideCursor()
        if problem is not None:
            self._warn(problem)
        elif not labels:
            self._labels_here = 0
            self._label_is_last = False
            self.undo_offered.emit("")
        self._show()
        return problem is None

    def _warn(self, error: DigitpadError) -> None:
        QMessageBox.warning(self._window, "digitpad", translations.core(str(error)))

    def refresh(self) -> None:
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
        """Tell the panel, if it can be seen, the strip of drawings, and whoever listens."""
        digits = self._digits
        samples = digits.samples if digits is not None else ()
        labels = {id_of(sample): sample.label for sample in samples} if self._drawn else {}
        for key, (image, before) in list(self._drawn.items()):
            label = labels.get(key)
            if label != before:
                self._drawn[key] = image, label
                self._session.label_drawing(label, image)
        if self._panel.isVisible():
            notices = [problem or (digits.notice if digits is not None else "")]
            notices += self._import_notes
            self._panel.show_samples(
                samples,
                can_undo=digits is not None and digits.can_undo,
                notice=" ".join(translations.core(each) for each in notices if each),
            )
        self.changed.emit(samples)
