"""What is open now: the ink, the model and its file, with signals for every change.

The ink is a page of strokes, or a picture instead of them. Strokes are in units of the canvas's
shorter side with the origin at its middle, whatever size the window has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtCore import QObject, QTimer, Signal

from digitpad.app.page import Drawing, Image, Page, Photo, Stroke
from digitpad.app.undo_stack import UndoStack
from digitpad.drawing.pen import SIDE
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.recognition.calibration import Calibration
from digitpad.recognition.number import (
    Digit,
    NumberReading,
    read_lone,
    read_number,
    read_whole,
    regrown,
    reread,
)
from digitpad.recognition.picture import read_separated
from digitpad.recognition.recognise import Reading, recognise
from digitpad.training.state import TrainingState

# A shaky dot stays a dot: ink smaller than this part of the canvas is not enlarged.
_SMALLEST_INK = 0.03

# Milliseconds between two looks at several digits while the pen is down: a look takes some.
_COMPARE_EVERY = 60

_MAX_DRAWINGS = 100


class Session(QObject):
    """The one place that widgets read from and write to.

    Signals
    -------
    strokes_changed()
        The page was changed other than by the growing stroke's next points.
    stroke_grew()
        The stroke that is being drawn has more points.
    interrupted()
        A command came while the pen was down, or may have come: what it was doing is over.
    number_changed(NumberReading, place)
        As `reading_changed`, and before it: all digits on the page, and which one is selected.
    reading_changed(Reading, image)
        There is another image, or another network reads it. Of several digits, the selected one.
    selected_changed()
        Another digit of the page was selected.
    reader_changed()
        Another network reads, or the one that reads has other weights.
    drawings_changed()
        A drawing was finished, or is known to mean another digit.
    network_changed()
        The model has other weights, or another network.
    model_changed()
        The model's path or metadata changed.
    """

    strokes_changed = Signal()
    stroke_grew = Signal()
    interrupted = Signal()
    number_changed = Signal(object, int)
    reading_changed = Signal(object, object)
    selected_changed = Signal()
    reader_changed = Signal()
    drawings_changed = Signal()
    network_changed = Signal()
    model_changed = Signal()

    def __init__(self, model: Model | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._built_in: Model | None = None
        self.model: Model = self.built_in if model is None else model
        self.path: Path | None = None
        self.state: TrainingState | None = None
        self.image: Image = np.zeros((SIDE, SIDE), dtype=np.float32)
        self.reading: Reading = recognise(self.model, self.image)
        self.number = NumberReading((), (), ())
        self.place = 0  # of the selected digit, from 0
        self.drawings: tuple[Drawing, ...] = ()
        self._live: Model | None = None
        self.undo_stack = UndoStack()
        self._growing: list[tuple[float, float, float]] | None = None
        # Several pointer events may arrive in one turn of the event loop; one reading does for all.
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.setInterval(0)
        self._ink_seen = 0
        self._turn.timeout.connect(self._read_growing)
        self._compare = QTimer(self)
        self._compare.setSingleShot(True)
        self._compare.setInterval(_COMPARE_EVERY)
        self._compare.timeout.connect(self.read_now)

    # -- the page ------------------------------------------------------------------------------

    @property
    def _page(self) -> Page:
        return self.undo_stack.page

    @property
    def strokes(self) -> list[Stroke]:
        """The strokes, (k, 3) each: x, y, pressure; the last may still be growing."""
        strokes = list(self._page.strokes)
        if self._growing:
            strokes.append(np.array(self._growing, dtype=np.float64))
        return strokes

    @property
    def digit_strokes(self) -> list[Stroke]:
        """The strokes of the selected digit, or all where there are not several digits."""
        if len(self.number.digits) < 2:
            return self.strokes
        return [np.array(stroke) for stroke in self.number.digits[self.place].strokes]

    @property
    def picture(self) -> Image | None:
        """The picture that was opened instead of drawing, (28, 28), if any."""
        return self._page.picture

    @property
    def photo(self) -> Photo | None:
        """The photograph from which the picture was made, if it was."""
        return self._page.photo

    @property
    def growing(self) -> list[tuple[float, float, float]]:
        """The points of the stroke that is being drawn; empty when none is."""
        return self._growing or []

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing on the page."""
        return not (self._page.strokes or self._growing or self._page.picture is not None)

    @property
    def can_undo(self) -> bool:
        """Whether there is a page to go back to, or a stroke under way to drop."""
        return self.undo_stack.can_undo or self._growing is not None

    @property
    def can_redo(self) -> bool:
        """Whether a page was undone."""
        return self.undo_stack.can_redo

    def restore(self, undo_stack: UndoStack) -> None:
        """Put a page with its past and future in the present one's place."""
        self._interrupt()
        self.undo_stack = undo_stack
        self._page_changed()

    def begin_stroke(self, x: float, y: float, pressure: float = 0.5) -> None:
        """Put the pen down; on a picture, the ink replaces it."""
        if self._growing is not None:
            self.end_stroke()
        self._growing = [(x, y, pressure)]
        self._grew()

    def extend_stroke(self, x: float, y: float, pressure: float = 0.5) -> None:
        """Move the pen; nothing if it is not down."""
        if self._growing is not None:
            self._growing.append((x, y, pressure))
            self._grew()

    def end_stroke(self) -> None:
        """Lift the pen; the stroke is one step for undo."""
        if self._growing is None:
            return
        stroke = np.array(self._growing, dtype=np.float64)
        self._growing = None
        kept = () if self._page.picture is not None else self._page.strokes
        self._turn_page(Page((*kept, stroke)))

    def cancel_stroke(self) -> None:
        """Forget the stroke that is being drawn."""
        if self._growing is not None:
            self._growing = None
            self._page_changed()

    def _interrupt(self) -> bool:
        """End what the pen is doing; return whether that dropped a stroke."""
        self.interrupted.emit()
        growing = self._growing is not None
        self.cancel_stroke()
        return growing

    def undo(self) -> None:
        """Go back to the page before the last change; with the pen down, only drop its stroke."""
        if self._interrupt():
            return
        if self.undo_stack.can_undo:
            self.undo_stack = self.undo_stack.undone()
            self._page_changed()

    def redo(self) -> None:
        """Take the last undo back; with the pen down, only drop its stroke."""
        if self._interrupt():
            return
        if self.undo_stack.can_redo:
            self.undo_stack = self.undo_stack.redone()
            self._page_changed()

    def clear(self) -> None:
        """Clear the canvas and keep what was on it among the drawings; undo brings it back.

        With the pen down, only drop its stroke.
        """
        if self._interrupt():
            return
        if not self.is_empty:
            self._keep_drawing()
            self._turn_page(Page())

    def _keep_drawing(self) -> None:
        """Keep what is on the page among the drawings, each digit as one."""
        self.read_now()
        if len(self.number.digits) < 2:
            made = [Drawing(self._page, self.image, self._likely_label(self.image))]
        else:
            made = [self._drawing_of(digit) for digit in self.number.digits]
        last = self.drawings[-len(made) :]
        for drawing in made:
            # Unless it was labelled, or cleared before and that was undone.
            if not any(np.array_equal(drawing.image, other.image) for other in last):
                self.drawings = (*self.drawings, drawing)[-_MAX_DRAWINGS:]
        self.drawings_changed.emit()

    def _drawing_of(self, digit: Digit, label: int | None = None) -> Drawing:
        """Return one of several digits as a drawing of its own."""
        if self.picture is not None:
            page = Page(picture=digit.image)
        else:
            page = Page(tuple(np.array(stroke) for stroke in digit.strokes))
        label = self._likely_label(digit.image) if label is None else label
        return Drawing(page, digit.image, label)

    def _likely_label(self, image: Image) -> int | None:
        """Return what the built-in network reads where it is sure."""
        reading = recognise(self.built_in, image)
        return reading.digit if reading.sure else None

    def label_drawing(self, label: int | None, image: Image | None = None) -> None:
        """Say which digit was meant; what is on the page is kept among the drawings then.

        Parameters
        ----------
        label : int or None
            None: the user takes back what was said.
        image : (28, 28) float32, optional
            Which drawing; by default what is on the page.
        """
        self.read_now()
        if image is None:
            image = self.image
        alike = [np.array_equal(drawing.image, image) for drawing in self.drawings]
        if any(alike):
            if label is None:
                label = self._likely_label(image)
            self.drawings = tuple(
                replace(drawing, label=label) if same else drawing
                for drawing, same in zip(self.drawings, alike, strict=True)
            )
            self.drawings_changed.emit()
        elif label is not None and np.array_equal(image, self.image):
            several = len(self.number.digits) > 1
            drawing = (
                self._drawing_of(self.number.digits[self.place], label)
                if several
                else Drawing(self._page, image, label)
            )
            self.drawings = (*self.drawings, drawing)[-_MAX_DRAWINGS:]
            self.drawings_changed.emit()

    def show_drawing(self, drawing: Drawing) -> None:
        """Put an earlier drawing on the canvas again."""
        self._interrupt()
        self._turn_page(drawing.page)

    def erase_stroke(self, index: int) -> None:
        """Remove one stroke, if there is one of this index."""
        self.cancel_stroke()
        strokes = self._page.strokes
        if 0 <= index < len(strokes):
            self._turn_page(Page(strokes[:index] + strokes[index + 1 :]))

    def show_strokes(self, strokes: Iterable[ArrayLike]) -> None:
        """Put other strokes, in any unit, on the page, fitted into the middle of it.

        Raises
        ------
        DigitpadError
            If there is no ink in them; the page stays.
        """
        arrays = [_with_pressure(stroke) for stroke in strokes]
        arrays = [array for array in arrays if len(array)]
        if not arrays:
            raise DigitpadError(self.tr("These strokes contain no ink: choose others."))
        points = np.concatenate(arrays)[:, :2]
        low, high = points.min(axis=0), points.max(axis=0)
        side = float((high - low).max()) or 1.0
        for array in arrays:
            array[:, :2] = (array[:, :2] - (low + high) / 2) * (0.7 / side)
        self._interrupt()
        self._turn_page(Page(tuple(arrays)))

    def show_picture(self, image: Image, photo: Photo | None = None) -> None:
        """Put a picture, (28, 28) as `photo.to_image` makes it, on the page."""
        self._interrupt()
        self._ink_seen = -1  # its first digit is selected
        self._turn_page(Page(picture=image, photo=photo))

    def _turn_page(self, page: Page) -> None:
        self.undo_stack = self.undo_stack.pushed(page)
        self._page_changed()

    def _page_changed(self) -> None:
        self.strokes_changed.emit()
        self.read_now()

    def _grew(self) -> None:
        self.stroke_grew.emit()
        if not self._turn.isActive():
            self._turn.start()

    # -- reading -------------------------------------------------------------------------------

    @property
    def network(self) -> Network:
        """The model's network."""
        return self.model.network

    @property
    def reader(self) -> Network:
        """The network that reads: the model's, the one in training, or a snapshot of a run."""
        return (self._live or self.model).network

    @property
    def built_in(self) -> Model:
        """The model that comes with digitpad."""
        if self._built_in is None:
            self._built_in = model_file.shipped()
            self._built_in.network.freeze()  # its picture takes less time then
        return self._built_in

    def read_now(self) -> None:
        """Let the network (the one in training while there is one) read the page."""
        self._turn.stop()
        self._compare.stop()
        if self._page.picture is not None and not self._growing:
            number = NumberReading((), (), ())
            photo = self._page.photo
            if photo is not None and photo.separated is not None:
                with np.errstate(all="ignore"):
                    number = read_separated(self._live or self.model, photo.separated)
            self._show_number(number, self._page.picture)
            return
        reader = self._live or self.model
        with np.errstate(all="ignore"):  # a network that diverges is shown as it is
            number = read_number(
                reader, self._ink, smallest=_SMALLEST_INK, separator=self._separator(reader)
            )
            # A stroke that has just begun looks like a mark, or like a digit of its own.
            begun = self._growing and len(self.number.digits) < 2 and not number.sure
            if self._growing and (len(number.digits) < 2 or begun):
                number = read_whole(reader, self._ink, smallest=_SMALLEST_INK)
        self._show_number(number)

    def _read_growing(self) -> None:
        """Read at every point what is one digit, and less often where each of several ends."""
        if not self._growing:
            return
        reader, ink = self._live or self.model, self._ink
        is_one = len(ink) == 1  # until the pen is lifted: few people write two digits in a stroke
        number: NumberReading | None
        with np.errstate(all="ignore"):
            if is_one:
                number = read_whole(reader, ink, smallest=_SMALLEST_INK)
            elif len(self.number.digits) < 2:
                number = read_lone(
                    reader, ink, smallest=_SMALLEST_INK, separator=self._separator(reader)
                )
                is_one = number is not None
                if number is not None and number.marks:
                    number = read_whole(reader, ink, smallest=_SMALLEST_INK)
            else:
                number = regrown(reader, self.number, ink, smallest=_SMALLEST_INK)
        if number is not None:
            self._show_number(number)
        if is_one:
            self._compare.stop()
        elif not self._compare.isActive():
            self._compare.start()

    @property
    def _ink(self) -> list[ArrayLike]:
        """The strokes, unless a picture is on the page: what is drawn replaces it."""
        kept = () if self._page.picture is not None else self._page.strokes
        return [*kept, self._growing] if self._growing else [*kept]

    def _separator(self, reader: Model) -> Model:
        """Return whose confidence decides which ink is a digit.

        Not a network's that may not have learned yet: the built-in one's.
        """
        return reader if reader is self._built_in or len(self._ink) < 2 else self.built_in

    def _show_number(self, number: NumberReading, picture: Image | None = None) -> None:
        """Show what was read: number and selected digit, then its reading."""
        self.number = number
        count = len(number.digits)
        newest = [max(digit.indices, default=0) for digit in number.digits]
        ink = len(self._ink)
        if ink != self._ink_seen:  # what is drawn is what one looks at
            self._ink_seen = ink
            self._select(newest.index(max(newest)) if count > 1 else 0)
        self._select(min(self.place, max(0, count - 1)))
        if count:
            digit = number.digits[self.place]
            self.reading, self.image = digit.reading, digit.image
        else:
            self.image = np.zeros((SIDE, SIDE), np.float32) if picture is None else picture
            with np.errstate(all="ignore"):
                self.reading = recognise(self._live or self.model, self.image)
        self.number_changed.emit(self.number, self.place)
        self.reading_changed.emit(self.reading, self.image)

    def _select(self, place: int) -> None:
        if place != self.place:
            self.place = place
            self.selected_changed.emit()

    def select(self, place: int) -> None:
        """Select another digit of the page; nothing if there is none at that place."""
        if not 0 <= place < len(self.number.digits) or place == self.place:
            return
        self._select(place)
        digit = self.number.digits[place]
        self.reading, self.image = digit.reading, digit.image
        self.number_changed.emit(self.number, place)
        self.reading_changed.emit(self.reading, self.image)

    def show_network(self, network: Network | None) -> None:
        """Read with a snapshot of the network in training; None: with the model's again."""
        self._live = None if network is None else Model(network, {})
        self.reader_changed.emit()
        self._reread()

    def _reread(self) -> None:
        """Let another network read; which ink is a digit does not depend on it."""
        if self._growing and len(self._ink) == 1:  # with the next point, or at once
            if not self._turn.isActive():
                self._turn.start()
            return
        if len(self.number.digits) < 2 or self._turn.isActive() or self._compare.isActive():
            self.read_now()
            return
        with np.errstate(all="ignore"):
            self._show_number(reread(self._live or self.model, self.number))

    # -- the model -----------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """What to call the model: its file's name, or what its metadata say."""
        if self.path is not None:
            return self.path.name
        return str(self.model.metadata.get("name") or "untitled")

    def new(self, network: Network) -> None:
        """Begin with another, untrained network."""
        self._replace(Model(network, {"name": "untitled"}), None, None)

    def open(self, path: str | Path) -> None:
        """Open a model file.

        Raises
        ------
        DigitpadError
            If it is not a usable model; the present one stays.
        """
        path = Path(path)
        model = model_file.load(path)
        Calibration.from_metadata(model.metadata)  # refuses a broken one
        self._replace(model, path, TrainingState.load(path))

    def show_model(
        self, model: Model, state: TrainingState | None = None, path: Path | None = None
    ) -> None:
        """Make a model the one that reads; the path is its file's, if it has one."""
        self._replace(model, path, state)

    def open_built_in(self) -> None:
        """Open the model that comes with digitpad."""
        self._replace(self.built_in, None, None)

    def save(self, path: str | Path | None = None) -> None:
        """Save the network that reads, with the state of its training if that is known.

        Parameters
        ----------
        path : str or Path, optional
            By default where the model came from.

        Raises
        ------
        DigitpadError
            If it cannot be written, or it has no file yet and none is given.
        """
        target = self.path if path is None else Path(path)
        if target is None:
            raise DigitpadError(self.tr("This model has no file yet: choose “Save as”."))
        # What is saved is what reads: the network in training and a snapshot have no state.
        state = None if self.state is None or self._live is not None else self.state.to_arrays()
        model_file.save(target, Model(self.reader, self.model.metadata), state)
        self.path = target
        self.model_changed.emit()

    def _replace(self, model: Model, path: Path | None, state: TrainingState | None) -> None:
        self.model = model
        self.path = path
        self.state = state
        self._live = None
        self.network_changed.emit()
        self.model_changed.emit()
        self.reader_changed.emit()
        self.read_now()


def _with_pressure(stroke: ArrayLike) -> Stroke:
    points = np.array(stroke, dtype=np.float64)
    if points.size == 0:
        return np.empty((0, 3))
    points = points[np.isfinite(points).all(axis=1)]
    if points.shape[1] >= 3:
        return points[:, :3].copy()
    return np.column_stack([points, np.full(len(points), 0.5)])
