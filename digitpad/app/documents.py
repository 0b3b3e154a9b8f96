"""Opening and saving: models, pictures and strokes, by menu, drop and clipboard."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QObject, QSettings, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMenu, QMessageBox

from digitpad.app import translations
from digitpad.app.cards import BUILT_IN
from digitpad.app.page import Photo
from digitpad.app.shelf import Shelf
from digitpad.app.widgets import stroke_clipboard
from digitpad.app.widgets.computation import Computation
from digitpad.data.kinds import Kind, kind_of
from digitpad.drawing import strokes
from digitpad.drawing.strokes import read_strokes
from digitpad.errors import DigitpadError
from digitpad.export.formats import FORMATS, write
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.recognition.picture import Separated

_MAX_RECENT = 8

# A copied picture of more pixels becomes a PNG in the thread that reads it. Of Qt's qualities, all
# without loss, this one is three times as fast as the usual one, to almost the same size.
_MOST_ENCODED = 2_000_000
_FAST = 89

Button = QMessageBox.StandardButton


class Documents(QObject):
    """What the file menu does to the session, with the questions that belong to it.

    Signals
    -------
    status_changed(str)
        Something to show for a few seconds.
    samples_opened(str, list of Sample)
        A stroke file of several digits was opened: its name and all of them. The first is on the
        canvas.
    """

    status_changed = Signal(str)
    samples_opened = Signal(str, object)

    def __init__(self, shelf: Shelf, window: QMainWindow, settings: QSettings) -> None:
        super().__init__(window)
        self.shelf = shelf
        self.session = shelf.session
        self.window = window
        self.settings = settings
        self._reading = Computation(self)
        self._reading.yielded.connect(self._show_read)
        self._reading.failed.connect(self._refuse_read)
        self._hint = ""  # that a picture is being read
        # What is drawn or opened meanwhile is newer than the picture.
        self.session.strokes_changed.connect(self.cancel_reading)
        self.session.stroke_grew.connect(self.cancel_reading)
        self.recent_menu = QMenu(self.tr("Open &recent"), window)
        self.recent_menu.aboutToShow.connect(self._fill_recent_menu)
        self._fill_recent_menu()

    # -- models --------------------------------------------------------------------------------

    def choose_and_open(self) -> None:
        """Ask for a file and open it."""
        from digitpad.drawing import photo  # Pillow is not needed before

        every = dict.fromkeys(model_file.SUFFIXES + photo.SUFFIXES + strokes.SUFFIXES)
        filters: tuple[tuple[str, Iterable[str]], ...] = (
            (self.tr("All supported files"), every),
            (self.tr("Models"), model_file.SUFFIXES),
            (self.tr("Pictures"), photo.SUFFIXES),
            (self.tr("Strokes"), strokes.SUFFIXES),
        )
        names = [f"{kind} ({' '.join('*' + each for each in ends)})" for kind, ends in filters]
        names.append(self.tr("All files") + " (*)")
        name, _ = QFileDialog.getOpenFileName(
            self.window, self.tr("Open"), self._folder(), ";;".join(names)
        )
        if name:
            self.open(Path(name))

    def open_built_in(self) -> None:
        """Read with the model that comes with digitpad again."""
        self.shelf.select(BUILT_IN)

    def open(self, path: Path) -> bool:
        """Open a model, strokes or a picture; say so if the file is none of these."""
        kinds: list[Kind] = []
        if not self._try(lambda: kinds.append(kind_of(path))):
            return False
        match kinds[0]:
            case "model" | "npz":  # or a damaged model, of which its reader says what is wrong
                return self._open_model(path)
            case "strokes":
                return self._try(lambda: self._show_strokes(path))
            case "csv" | "idx" | "npy":
                return self._try(lambda: self._refuse_data(path))
            case _:
                return self._open_picture(path)

    def _open_model(self, path: Path) -> bool:
        if not self._try(lambda: self.shelf.open(path)):
            return False
        self._remember(path)
        return True

    def _refuse_data(self, path: Path) -> None:
        text = self.tr(
            "“{name}” is a data set: choose it as data in the training panel, or open a model, a "
            "picture or strokes."
        )
        raise DigitpadError(text.format(name=path.name))

    def _show_strokes(self, path: Path) -> None:
        samples = read_strokes(path)
        if not samples:
            text = self.tr("There are no strokes in “{name}”: choose another file.")
            raise DigitpadError(text.format(name=path.name))
        self.session.show_strokes(samples[0].strokes)
        if len(samples) > 1:
            self.samples_opened.emit(path.name, samples)

    def _open_picture(self, source: Path | bytes) -> bool:
        """Show a picture, a large one when a thread has read it: the window goes on meanwhile."""
        from digitpad.drawing.photo import is_large
        from digitpad.recognition.picture import separate

        self.cancel_reading()
        if not is_large(source):
            return self._try(lambda: self._show_read(separate(self.session.built_in, source)))
        self._read_beside(lambda: source)
        return True

    def _read_beside(self, source: Callable[[], Path | bytes]) -> None:
        """Read a picture in a thread, which asks for its source."""
        from digitpad.recognition.picture import separate

        model = self.session.built_in
        self._hint = self.tr("Reading the picture …")
        self._reading.start(lambda: iter([separate(model, source())]))
        self.window.statusBar().showMessage(self._hint)

    def cancel_reading(self) -> None:
        """Show no picture that is still being read."""
        if not self._hint:  # none is: this comes with every point of the pen
            return
        self._reading.cancel()
        bar = self.window.statusBar()
        if bar.currentMessage() == self._hint:
            bar.clearMessage()
        self._hint = ""

    def _refuse_read(self, sentence: str) -> None:
        self.cancel_reading()
        self._warn(sentence)

    def _show_read(self, read: tuple[NDArray[np.uint8], Separated]) -> None:
        pixels, found = read
        several = found if len(found.images) > 1 or found.marks else None
        self.session.show_picture(found.images[0], Photo(pixels, found.boxes[0], several))

    def save(self) -> bool:
        """Save the model to its file; ask for one if it has none.

        While a network is trained, what it has learned until now is saved.
        """
        path = self.session.path
        return self.save_as() if path is None else self._save(path)

    def save_as(self) -> bool:
        """Ask where, and save."""
        suggested = Path(self._folder(), Path(self.session.name).with_suffix(".npz").name)
        name, _ = QFileDialog.getSaveFileName(
            self.window,
            self.tr("Save model as"),
            str(suggested),
            self.tr("Models") + " (*.npz)",
        )
        if not name:
            return False
        path = Path(name)
        if path.suffix.lower() != ".npz":
            path = path.with_name(path.name + ".npz")
            if path.exists() and not self._may_overwrite(path, self.tr("Save model as")):
                return False
        return self._save(path)

    def _save(self, path: Path) -> bool:
        if not self._try(lambda: self.session.save(path)):
            return False
        self._remember(path)
        self.status_changed.emit(self.tr("Saved “{name}”").format(name=path.name))
        return True

    def _may_overwrite(self, path: Path, title: str) -> bool:
        # The file dialog has asked about the name as typed, not with the suffix.
        text = self.tr("“{name}” already exists. Replace it?").format(name=path.name)
        answer = QMessageBox.question(self.window, title, text)
        return answer == Button.Yes

    def export(self) -> None:
        """Ask where, and write the network that reads, for use outside digitpad."""
        filters = {
            ".html": self.tr("Web page that reads digits") + " (*.html)",
            ".svg": self.tr("Picture of the network") + " (*.svg)",
            ".onnx": self.tr("Network for other programs") + " (*.onnx)",
        }
        suggested = Path(self._folder(), Path(self.session.name).with_suffix(".html").name)
        name, chosen = QFileDialog.getSaveFileName(
            self.window, self.tr("Export"), str(suggested), ";;".join(filters.values())
        )
        if not name:
            return
        path = Path(name)
        if path.suffix.lower() not in FORMATS:
            by_filter = {text: suffix for suffix, text in filters.items()}
            path = path.with_name(path.name + by_filter.get(chosen, ".html"))
            if path.exists() and not self._may_overwrite(path, self.tr("Export")):
                return
        model = self.session.model
        if self.session.reader is not model.network:  # its calibration is not that of the model
            model = Model(self.session.reader, {"name": self.session.name})
        to_bytes = FORMATS[path.suffix.lower()]
        if self._try(lambda: write(path, to_bytes(model))):
            self.status_changed.emit(self.tr("Exported “{name}”").format(name=path.name))

    # -- recent files --------------------------------------------------------------------------

    def recent(self) -> list[Path]:
        """Return the models that were opened or saved last and still exist."""
        self.settings.sync()  # another window may have added to them
        names = self.settings.value("recent", [])
        if isinstance(names, str):  # what a list of one is read back as
            names = [names]
        if not isinstance(names, list):
            return []
        return [path for path in map(Path, map(str, names)) if _is_file(path)]

    def _remember(self, path: Path) -> None:
        path = path.resolve()
        others = [other for other in self.recent() if other != path]
        recent = [path, *others][:_MAX_RECENT]
        self.settings.setValue("recent", [str(each) for each in recent])
        self.settings.setValue("folder", str(path.parent))
        self.settings.sync()

    def _fill_recent_menu(self) -> None:
        self.recent_menu.clear()
        for number, path in enumerate(self.recent(), start=1):
            action = self.recent_menu.addAction(f"&{number}  {path.name.replace('&', '&&')}")
            action.setToolTip(str(path))
            action.triggered.connect(lambda _=False, path=path: self.open(path))
        if self.recent_menu.isEmpty():
            self.recent_menu.addAction(self.tr("No models yet")).setEnabled(False)

    def _folder(self) -> str:
        return str(self.settings.value("folder", "") or Path.home())

    # -- drops and clipboard -------------------------------------------------------------------

    def can_take(self, data: QMimeData | None) -> bool:
        """Whether something dropped or pasted might be opened."""
        if data is None:  # an empty clipboard, on some systems
            return False
        return (
            data.hasImage()
            or data.hasFormat(stroke_clipboard.FORMAT)
            or any(url.isLocalFile() for url in data.urls())
        )

    def take(self, data: QMimeData) -> bool:
        """Open a dropped or pasted file, drawing or picture."""
        strokes = stroke_clipboard.strokes_in(data)
        if strokes:
            return self._try(lambda: self.session.show_strokes(strokes))
        for url in data.urls():
            if url.isLocalFile():
                return self.open(Path(url.toLocalFile()))
        if data.hasImage():
            image = QImage(data.imageData())
            if image.width() * image.height() <= _MOST_ENCODED:
                return self._open_picture(_png(image))
            self._read_beside(partial(_png, image))
            return True
        return False

    def paste(self) -> None:
        """Read the clipboard's picture or file."""
        data = QGuiApplication.clipboard().mimeData()
        if self.can_take(data):
            self.take(data)
        else:
            self.status_changed.emit(self.tr("There is no picture on the clipboard."))

    # -- questions -----------------------------------------------------------------------------

    def may_close(self) -> bool:
        """Whether the window may close: asks about runs that could not be stored."""
        if not self.shelf.has_unsaved:
            return True
        box = QMessageBox(self.window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("Save the model?"))
        text = self.tr("“{name}” has unsaved training.").format(name=self.session.name)
        box.setText(text)
        box.setInformativeText(self.tr("It is lost if you don’t save it."))
        box.setStandardButtons(Button.Save | Button.Discard | Button.Cancel)
        box.setDefaultButton(Button.Save)
        answer = box.exec()
        if answer == Button.Save:
            return self.save()
        return answer == Button.Discard

    def _try(self, do: Callable[[], None]) -> bool:
        """Do something that may fail because of what the user gave; show the reason."""
        try:
            do()
        except DigitpadError as error:
            self._warn(translations.core(str(error)))
            return False
        return True

    def _warn(self, sentence: str) -> None:
        QMessageBox.warning(self.window, "digitpad", sentence)


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG", _FAST)  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long, or with a zero in it
        return False
