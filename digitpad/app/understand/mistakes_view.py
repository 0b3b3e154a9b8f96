"""The mistakes: images behind each cell of the confusion matrix, confidence and robustness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from digitpad.app import translations
from digitpad.app.session import Session
from digitpad.app.understand.arrangement import Arrangement
from digitpad.app.understand.gallery import Gallery
from digitpad.app.understand.plot_view import Curve, PlotView
from digitpad.app.understand.reliability_view import ReliabilityView, error_of
from digitpad.app.widgets import numbers
from digitpad.app.widgets.computation import Computation
from digitpad.app.widgets.confusion import ConfusionView
from digitpad.app.widgets.copying import SelectableLabel
from digitpad.data.dataset import Dataset, of_samples
from digitpad.drawing.strokes import Sample
from digitpad.inspection import mistakes, robustness
from digitpad.inspection.mistakes import Answers, Indices
from digitpad.inspection.robustness import AMOUNTS, Disturbance, Point
from digitpad.nn.network import Network
from digitpad.recognition.calibration import Calibration

_SAMPLE = 1000  # images of a robustness curve
_MOST = 500  # images in the gallery
_MINE = "mine"  # the key of the user's digits
_REST = 500  # ms without another network before the new one reads everything


class Selection(Enum):
    """Which images the gallery shows."""

    ERRORS = "all errors"
    CELL = "one cell"
    ONLY_THIS = "read by this network only"
    ONLY_OTHER = "read by the other network only"


@dataclass(frozen=True, eq=False)
class _Found:
    answers: Answers
    other: Answers | None


class MistakesView(QWidget):
    """What the network that reads makes of a data set; computes only while it can be seen.

    Signals
    -------
    image_chosen(image)
        An image, (28, 28), is to be put on the canvas.
    other_wanted(str)
        The network of the card with this key is to be compared: call `compare_with` at once.
    """

    image_chosen = Signal(object)
    other_wanted = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mistakesView")
        self.session = session
        self.answers: Answers | None = None
        self.other_answers: Answers | None = None
        # None: MNIST's test images, when needed. The user's digits are drawn when they are read.
        self._datasets: dict[str, Dataset | tuple[Sample, ...] | None] = {"": None}
        self._other: Network | None = None
        self._cell = (0, 0)
        self._read: object = None  # what the answers are of
        self._points: list[Point] = []
        self._computation = Computation(self)
        self._computation.yielded.connect(self._show)
        self._computation.failed.connect(self._fail)
        # While a training is watched, another network reads every few moments.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_REST)
        self._later.timeout.connect(self._compute)
        self._curve = Computation(self)
        self._curve.yielded.connect(self._show_point)
        self._curve.failed.connect(self._fail)
        self._curve.finished.connect(self._name_button)
        self.data = QComboBox()
        self.data.setObjectName("data")
        self.data.addItem(self.tr("MNIST test images"), "")
        self.other = QComboBox()
        self.other.setObjectName("other")
        self.other.setAccessibleName(self.tr("Compare with"))
        self.other.addItem(self.tr("No other network"), "")
        self.headline = SelectableLabel()
        self.headline.setObjectName("mistakesHeadline")
        self.headline.setWordWrap(True)
        self.notes = SelectableLabel()
        self.notes.setObjectName("mistakesNotes")
        self.notes.setWordWrap(True)
        self.notes.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.notes.hide()
        self.matrix = ConfusionView()
        self.selection = QComboBox()
        self.selection.setAccessibleName(self.tr("Images"))
        for name, selection in (
            (self.tr("All errors"), Selection.ERRORS),
            (self.tr("The chosen cell"), Selection.CELL),
            (self.tr("Only this network is right"), Selection.ONLY_THIS),
            (self.tr("Only the other network is right"), Selection.ONLY_OTHER),
        ):
            self.selection.addItem(name, selection)
        self.order = QComboBox()
        self.order.setAccessibleName(self.tr("Order of the images"))
        self.order.addItem(self.tr("Surest first"), False)
        self.order.addItem(self.tr("Least sure first"), True)
        self.count = QLabel()
        self.count.setObjectName("galleryCount")
        self.gallery = Gallery()
        self.gallery.setAccessibleName(self.tr("Images by confidence"))
        self.reliability = ReliabilityView()
        self.calibration_error = SelectableLabel()
        self.calibration_error.setWordWrap(True)
        self.disturbance = QComboBox()
        self.disturbance.setAccessibleName(self.tr("Disturbance"))
        for name, disturbance in (
            (self.tr("Rotation"), Disturbance.ROTATION),
            (self.tr("Shift"), Disturbance.SHIFT),
            (self.tr("Thickness"), Disturbance.THICKNESS),
            (self.tr("Noise"), Disturbance.NOISE),
        ):
            self.disturbance.addItem(name, disturbance)
        self.curve_button = QPushButton()
        self.plot = PlotView(_plain, _percent)
        self.plot.setAccessibleName(self.tr("Accuracy of disturbed images"))
        self.point = SelectableLabel()  # the numbers of the point that the keys have gone to
        self.plot.point_chosen.connect(self.point.setText)
        self.tabs = QTabWidget()
        self._lay_out()
        self.data.currentIndexChanged.connect(self._compute)
        self.other.currentIndexChanged.connect(self._compute)
        self.matrix.cell_chosen.connect(self._choose_cell)
        self.selection.currentIndexChanged.connect(self._fill_gallery)
        self.order.currentIndexChanged.connect(self._fill_gallery)
        self.gallery.image_chosen.connect(self.image_chosen)
        self.disturbance.currentIndexChanged.connect(self._compute_curve)
        self.curve_button.clicked.connect(self._stop_or_compute_curve)
        self.tabs.currentChanged.connect(self._tab_changed)
        session.reader_changed.connect(self._reader_changed)
        self._name_button()

    def _lay_out(self) -> None:
        for box in (self.data, self.other, self.selection, self.order, self.disturbance):
            # Names of files may be long.
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(8 if box is self.order else 12)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(self.tr("Images"), self.data)
        form.addRow(self.tr("Compare with"), self.other)
        # They grow into the room that there is, and a low screen has little.
        for view in (self.matrix, self.gallery, self.reliability, self.plot):
            view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        images = QWidget()
        column = QVBoxLayout(images)
        column.setContentsMargins(8, 4, 8, 4)
        column.setSpacing(3)
        column.addWidget(self.matrix, 5)
        row = QHBoxLayout()
        row.addWidget(self.selection, 1)
        row.addWidget(self.order, 1)
        column.addLayout(row)
        column.addWidget(self.count)
        column.addWidget(self.gallery, 1)
        confidence = QWidget()
        column = QVBoxLayout(confidence)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.reliability, 1)
        column.addWidget(self.calibration_error)
        robust = QWidget()
        column = QVBoxLayout(robust)
        column.setContentsMargins(8, 8, 8, 8)
        row = QHBoxLayout()
        row.addWidget(self.disturbance, 1)
        row.addWidget(self.curve_button)
        column.addLayout(row)
        column.addWidget(self.plot, 1)
        column.addWidget(self.point)
        note = QLabel(
            self.tr("Accuracy on {count} of the images, with 95 % confidence intervals.").format(
                count=numbers.whole(_SAMPLE)
            )
        )
        note.setWordWrap(True)
        note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        column.addWidget(note)
        self.curve_button.setAccessibleDescription(note.text())
        self.tabs.addTab(images, self.tr("Errors"))
        self.tabs.addTab(confidence, self.tr("Confidence"))
        self.tabs.addTab(robust, self.tr("Robustness"))
        layout = Arrangement(self)
        layout.above.addLayout(form)
        layout.above.addWidget(self.headline)
        layout.above.addWidget(self.notes)
        layout.shown.addWidget(self.tabs, 1)

    # -- what comes from outside -----------------------------------------------------------------

    def add_dataset(self, dataset: Dataset, name: str) -> None:
        """Offer another data set, and choose it."""
        key = f"added-{len(self._datasets)}"
        self._datasets[key] = dataset
        self.data.addItem(name, key)
        self.data.setCurrentIndex(self.data.count() - 1)

    def show_samples(self, samples: Sequence[Sample]) -> None:
        """Offer the user's own digits as a data set, as they are now; none: no longer."""
        mine = tuple(sample for sample in samples if sample.label is not None)
        place = self.data.findData(_MINE)
        if mine == self._datasets.get(_MINE, ()):
            return
        self._datasets[_MINE] = mine
        if not mine:
            self.data.removeItem(place)
        elif place < 0:
            self.data.addItem(self.tr("My digits"), _MINE)
        elif place == self.data.currentIndex():
            self._read = None
            self._reader_changed()

    def show_cards(self, cards: Sequence[tuple[str, str]]) -> None:
        """Offer other networks to compare with: the key and the name of each card."""
        box = self.other
        shown = [(box.itemData(place), box.itemText(place)) for place in range(1, box.count())]
        if shown == list(cards):
            return
        chosen = self.other.currentData()
        self.other.blockSignals(True)
        while self.other.count() > 1:
            self.other.removeItem(1)
        for key, name in cards:
            self.other.addItem(name, key)
        place = self.other.findData(chosen)
        self.other.setCurrentIndex(max(0, place))
        self.other.blockSignals(False)
        if place < 0:  # its card was deleted
            self._compute()

    def compare_with(self, network: Network) -> None:
        """Take the network of the card that is wanted."""
        self._other = network

    def _reader_changed(self) -> None:
        if self.isVisible():
            self._later.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Read the images when the view can be seen."""
        super().showEvent(event)
        if self._read is not self.session.reader:
            self._compute()

    def hideEvent(self, event: QHideEvent) -> None:
        """Compute nothing while nobody sees it."""
        super().hideEvent(event)
        if self._computation.is_running:
            self._read = None
        self._later.stop()
        self._computation.cancel()
        self._curve.cancel()
        self._name_button()

    # -- reading ---------------------------------------------------------------------------------

    def _compute(self) -> None:
        if not self.isVisible():
            return
        self._read = self.session.reader
        network = self.session.reader.copy()
        self._other = None
        if self.other.currentData():
            self.other_wanted.emit(self.other.currentData())
        other = None if self._other is None else self._other.copy()
        dataset = self._datasets[self.data.currentData()]
        calibration = None
        if self.session.reader is self.session.network:
            calibration = Calibration.from_metadata(self.session.model.metadata)
        self.headline.setText(self.tr("Reading…"))
        self._computation.start(lambda: _read(network, dataset, calibration, other))
        # The curve of another network or of other images is no longer wanted.
        self._curve.cancel()
        self._name_button()
        self._points = []
        self.point.clear()
        self.plot.show_curve(None, "")
        if self.tabs.currentIndex() == 2:
            self._compute_curve()

    def _fail(self, message: str) -> None:
        self.headline.setText(message)

    def _show(self, found: _Found) -> None:
        self.answers, self.other_answers = found.answers, found.other
        right, n = int(found.answers.correct.sum()), len(found.answers)
        accuracy = numbers.percent(right / n, 2)
        text = self.tr("Accuracy {accuracy}: %Ln error(s) in {n} images.", "", n - right).format(
            accuracy=accuracy, n=numbers.whole(n)
        )
        if found.other is not None:
            other = numbers.percent(float(found.other.correct.mean()), 2)
            text += " " + self.tr("The other: {accuracy}.").format(accuracy=other)
            this, that = mistakes.differences(found.answers, found.other)
            counts = self.tr("Only this one is right: {this}; only the other: {other}.")
            this_count, that_count = numbers.whole(len(this)), numbers.whole(len(that))
            text += " " + counts.format(this=this_count, other=that_count)
        self.headline.setText(text)
        notes = found.answers.dataset.notes
        self.notes.setText(" ".join(map(translations.core, notes)))
        self.notes.setVisible(bool(notes))
        self.matrix.show_confusion(found.answers.confusion)
        reliability = mistakes.reliability(found.answers)
        self.reliability.show_reliability(reliability)
        self.calibration_error.setText(
            self.tr(
                "Expected calibration error: {error}. Bars: accuracy; lines: mean confidence; "
                "below: answers."
            ).format(error=error_of(reliability))
        )
        self._fill_gallery()

    # -- images ----------------------------------------------------------------------------------

    def _choose_cell(self, label: int, predicted: int) -> None:
        self._cell = (label, predicted)
        place = self.selection.findData(Selection.CELL)
        self.selection.setItemText(
            place,
            self.tr("{label} read as {predicted}").format(label=label, predicted=predicted),
        )
        if self.selection.currentIndex() == place:
            self._fill_gallery()
        else:
            self.selection.setCurrentIndex(place)

    def chosen(self) -> Indices:
        """Return which images the selection means, in the order that is chosen."""
        surest_first = self._selected()
        return surest_first[::-1] if self.order.currentData() else surest_first

    def _selected(self) -> Indices:
        """Return which images the selection means, surest answers first."""
        if self.answers is None:
            return np.empty(0, dtype=np.intp)
        match self.selection.currentData():
            case Selection.CELL:
                return mistakes.cell(self.answers, *self._cell)
            case Selection.ERRORS:
                return mistakes.errors(self.answers)
            case selection:
                if self.other_answers is None:
                    return np.empty(0, dtype=np.intp)
                this, other = mistakes.differences(self.answers, self.other_answers)
                return this if selection is Selection.ONLY_THIS else other

    def _fill_gallery(self) -> None:
        answers = self.answers
        if answers is None:
            return
        chosen = self.chosen()
        only_this = self.selection.currentData() is Selection.ONLY_THIS
        shown = self.other_answers if only_this and self.other_answers is not None else answers
        listed = chosen[:_MOST]
        images = answers.dataset.take(listed).inputs()
        labels = answers.dataset.labels[listed]
        captions = [
            f"{label} → {predicted}  {numbers.percent(float(confidence), 0)}"
            for label, predicted, confidence in zip(
                labels, shown.predicted[listed], shown.confidence[listed], strict=True
            )
        ]
        rows = zip(
            labels.tolist(),
            shown.predicted[listed].tolist(),
            shown.confidence[listed].tolist(),
            strict=True,
        )
        self.gallery.show_images(list(images), captions, list(rows))
        count = self.tr("%Ln image(s)", "", len(chosen))
        if len(chosen) > _MOST:
            count += self.tr(", {count} shown").format(count=numbers.whole(_MOST))
        if self.other_answers is None and self.selection.currentData() in (
            Selection.ONLY_THIS,
            Selection.ONLY_OTHER,
        ):
            count = self.tr("Choose another network")
        self.count.setText(count)
        self.selection.setAccessibleDescription(count)

    # -- robustness ------------------------------------------------------------------------------

    def _tab_changed(self, tab: int) -> None:
        if tab == 2 and not self._points:
            self._compute_curve()

    def _stop_or_compute_curve(self) -> None:
        if self._curve.is_running:
            self._curve.cancel()
            self._name_button()
        else:
            self._compute_curve()

    def _compute_curve(self) -> None:
        if not self.isVisible():
            return
        self._points = []
        self.point.clear()
        self.plot.show_curve(None, "")
        network, dataset = self.session.reader.copy(), self._datasets[self.data.currentData()]
        disturbance: Disturbance = self.disturbance.currentData()
        self._curve.start(lambda: _disturb(network, dataset, disturbance))
        self._name_button()

    def _name_button(self) -> None:
        running = self._curve.is_running
        self.curve_button.setText(self.tr("Stop") if running else self.tr("Compute again"))

    def _show_point(self, point: Point) -> None:
        self._points.append(point)
        disturbance: Disturbance = self.disturbance.currentData()
        # All amounts from the start, so that the axis stays.
        x = np.array(AMOUNTS[disturbance])
        y, low, high = np.full((3, len(x)), np.nan)
        for place, known in enumerate(self._points):
            y[place], (low[place], high[place]) = known.accuracy, known.interval
        names = {
            Disturbance.ROTATION: self.tr("rotation in degrees, clockwise"),
            Disturbance.SHIFT: self.tr("shift in pixels"),
            Disturbance.THICKNESS: self.tr("thickness: pixels added at each edge"),
            Disturbance.NOISE: self.tr("noise: standard deviation (ink is 0 to 1)"),
        }
        curve = Curve(x, y, self.tr("accuracy"), low, high, y_range=(0.0, 1.0))
        self.plot.show_curve(curve, names[disturbance])


def _plain(value: float) -> str:
    return numbers.plain(round(value, 2)).replace("-", "−")


def _percent(share: float) -> str:
    if np.isnan(share):
        return "–"
    whole = round(1000 * share) % 10 == 0
    return numbers.percent(share, 0 if whole else 1)


def _data(dataset: Dataset | tuple[Sample, ...] | None) -> Dataset:
    if isinstance(dataset, tuple):
        return of_samples(dataset, "")
    if dataset is not None:
        return dataset
    from digitpad.data.mnist import mnist

    return mnist().test


def _read(
    network: Network,
    dataset: Dataset | tuple[Sample, ...] | None,
    calibration: Calibration | None,
    other: Network | None,
) -> Iterator[_Found]:
    images = _data(dataset)
    answers = mistakes.read_all(network, images, calibration)
    yield _Found(answers, None if other is None else mistakes.read_all(other, images))


def _disturb(
    network: Network,
    dataset: Dataset | tuple[Sample, ...] | None,
    disturbance: Disturbance,
) -> Iterator[Point]:
    images = _data(dataset)
    images = images.take(np.flatnonzero(images.labels >= 0)[:_SAMPLE])
    return robustness.curve(network, images, disturbance)
