"""The answer: one large digit, a sentence about it, and what the network saw."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPalette, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QVBoxLayout, QWidget

from digitpad.app.drawing import verdicts
from digitpad.app.drawing.input_view import Preview
from digitpad.app.drawing.number_view import NumberView
from digitpad.app.widgets.sizes import UNLIMITED
from digitpad.app.widgets.speech import announce
from digitpad.recognition.number import NumberReading
from digitpad.recognition.recognise import Reading, Verdict

_WIDTH = 188  # of the column
_HEIGHT, _LOW_HEIGHT = 118, 84  # of the row, and of the row in a low window
_SMALLEST, _LARGEST = 72, 220  # pixels of the digit in the column
_DIGIT_IN_ROW, _LOW_DIGIT = 104, 76
_NUMBER_IN_ROW = 48  # pixels of several digits' height
_DIGIT_HEIGHT = 0.96  # of its pixel size; a font's own line has room for accents above it

NOTHING_DRAWN, NOTHING_KNOWN = "–", "?"


class _Still(QWidget):
    """Holds a label of which a new text does not lay out the whole window again.

    A label asks the layouts around it for room with every text, up to the window's own; here it
    gets what its holder has.
    """

    resized = Signal()

    def __init__(self, label: QLabel) -> None:
        super().__init__()
        self._label = label
        label.setParent(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the label all of it."""
        super().resizeEvent(event)
        self._label.resize(event.size())
        self.resized.emit()


class Answer(QWidget):
    """A column beside the canvas, or a row below it, that says what the network reads.

    Several digits stand in the place of one, and one of them is selected: its reading is shown.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.digit = QLabel(NOTHING_DRAWN)
        self.digit.setObjectName("answer")
        self.digit.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.number = NumberView()
        self.number.hide()
        self._number, self._place = NumberReading((), (), ()), 0
        self.verdict = QLabel()
        self.verdict.setObjectName("verdict")
        self.verdict.setWordWrap(True)
        self._sentences = _Still(self.verdict)
        self._sentences.resized.connect(self._fit_verdict)
        self.preview = Preview()
        self.caption = QLabel(self.tr("What the network sees"))
        self.caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._quiet = (self.caption, self.verdict)

        self._words = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._words.addWidget(self.digit)
        self._words.addWidget(self.number)
        self._words.addWidget(self._sentences)
        seen = QVBoxLayout()
        seen.setSpacing(6)
        seen.addWidget(self.preview, 0, Qt.AlignmentFlag.AlignHCenter)
        seen.addWidget(self.caption)
        self._layout = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addStretch(2)
        self._layout.addLayout(self._words)
        self._layout.addStretch(3)
        self._layout.addLayout(seen)
        self._in_row = False
        self._low = False
        self._arrange()
        self._mute()
        self._set_verdict(verdicts.sentence(Verdict.EMPTY, ()))

    def show_number(self, number: NumberReading, place: int) -> None:
        """Show all digits of the page, of which `show_reading` shows the selected one."""
        self._number, self._place = number, place
        several = self._several
        if several:
            self.number.show_number(number, place)
        if several != self.number.isVisibleTo(self):
            had_focus = self.number.hasFocus()
            self.number.setVisible(several)
            self.digit.setVisible(not several)
            self._arrange()
            if had_focus:
                self.number.focusNextChild()

    def show_reading(self, reading: Reading, image: NDArray[np.float32]) -> None:
        """Show a reading of an image."""
        digit = shown_digit(reading)
        sentence = (
            verdicts.number_sentence(self._number, self._place)
            if self._several
            else verdicts.sentence(reading.verdict, reading.candidates)
        )
        marks = verdicts.marks_sentence(self._number)
        if marks:
            sentence = f"{sentence}\n{marks}"
        if digit != self.digit.text():
            self.digit.setText(digit)
            self._set_font()
        if sentence != self._sentence:
            self._set_verdict(sentence)
        role = QPalette.ColorRole.WindowText if reading.sure else QPalette.ColorRole.PlaceholderText
        if self.digit.foregroundRole() != role:
            self.digit.setForegroundRole(role)
        self.preview.show_image(image)

    @property
    def _several(self) -> bool:
        return len(self._number.digits) > 1

    def _set_verdict(self, sentence: str) -> None:
        """Show the sentence, and have screen readers speak it."""
        self._sentence = sentence
        self.verdict.setText(_unbroken(sentence))
        self.digit.setAccessibleName(self.tr("Answer: {sentence}").format(sentence=sentence))
        announce(self.digit, sentence)

    # -- looks ---------------------------------------------------------------------------------

    def set_in_row(self, in_row: bool, *, low: bool = False) -> None:
        """Be a row below the canvas, which is flatter in a low window, or a column beside it."""
        if (in_row, low) != (self._in_row, self._low):
            self._in_row, self._low = in_row, low
            self._arrange()

    def set_preview_visible(self, visible: bool) -> None:
        """Show what the network sees, or leave its room to the answer."""
        for part in (self.preview, self.caption):
            part.setVisible(visible)

    def _arrange(self) -> None:
        in_row = self._in_row
        down, right = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        self._layout.setDirection(right if in_row else down)
        # In the row, the sentences stand beside a digit, and below several.
        beside = in_row and not self._several
        self._words.setDirection(right if beside else down)
        self._words.setSpacing(14 if beside else 2)
        self._layout.setStretch(0, 0 if in_row else 2)
        self._layout.setStretch(2, 0 if in_row else 3)
        self._layout.setStretch(1, 1 if in_row else 0)
        # Whatever the answer, nothing may move: the sentences have room for three lines.
        lines = round(3.3 * self.fontMetrics().lineSpacing()) + 6
        height = _LOW_HEIGHT if self._low else _HEIGHT
        if in_row:
            self._sentences.setFixedHeight(height if beside else height - _NUMBER_IN_ROW - 4)
            self._sentences.setMinimumWidth(70)
            self._sentences.setMaximumWidth(UNLIMITED)
            self.setMinimumWidth(0)
            self.setMaximumWidth(UNLIMITED)
            self.setFixedHeight(height)
        else:
            self._sentences.setFixedSize(_WIDTH, lines)
            self.setMinimumHeight(0)
            self.setMaximumHeight(UNLIMITED)
            self.setFixedWidth(_WIDTH)
        across = Qt.AlignmentFlag.AlignLeft if in_row else Qt.AlignmentFlag.AlignHCenter
        along = Qt.AlignmentFlag.AlignVCenter if beside else Qt.AlignmentFlag.AlignTop
        self.verdict.setAlignment(across | along)
        self.preview.set_pixel(3 if in_row else 4)
        # The row has no room for more than the picture's own width.
        self.caption.setText(
            self.tr("Network input") if in_row else self.tr("What the network sees")
        )
        self._fit_verdict()
        self._set_font()

    def _fit_verdict(self) -> None:
        """Give the sentences the largest type in which the usual one takes two lines at most.

        That is measured with one sentence for all, so that the type does not change with each.
        """
        large = self._in_row and not self._several and not self._low
        sizes = (1.3, 1.15, 1.0, 0.9) if large else (1.0, 0.9) if self._in_row else (1.1,)
        font = QFont(self.font())
        usual = _unbroken(verdicts.sentence(Verdict.SURE, (8,)))
        width = self._sentences.width()
        for size in sizes:
            font.setPointSizeF(self.font().pointSizeF() * size)
            metrics = QFontMetrics(font)
            needed = metrics.boundingRect(
                QRect(0, 0, width, UNLIMITED), int(Qt.TextFlag.TextWordWrap), usual
            )
            if needed.width() <= width and needed.height() <= 2 * metrics.lineSpacing():
                break
        if font != self.verdict.font():
            self.verdict.setFont(font)

    def _set_font(self) -> None:
        """Make the digit as large as there is room, and the dash smaller."""
        size = min(max(self.height() // 3, _SMALLEST), _LARGEST)
        if self._in_row:
            size = _LOW_DIGIT if self._low else _DIGIT_IN_ROW
        width = round(size * 0.7) if self._in_row else _WIDTH
        self.digit.setFixedSize(width, round(size * _DIGIT_HEIGHT))
        if self._in_row:
            self.number.setMinimumWidth(70)
            self.number.setMaximumWidth(UNLIMITED)
            self.number.setFixedHeight(_NUMBER_IN_ROW)
        else:
            self.number.setFixedSize(_WIDTH, round(size * _DIGIT_HEIGHT))
        drawn = self.digit.text() != NOTHING_DRAWN
        font = QFont(self.font())
        font.setPixelSize(size if drawn else size // 2)
        font.setWeight(QFont.Weight.Medium if drawn else QFont.Weight.Light)
        self.digit.setFont(font)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make the digit as large as the window allows."""
        super().resizeEvent(event)
        self._set_font()

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._mute()
        elif event.type() == QEvent.Type.FontChange and hasattr(self, "_in_row"):
            self._arrange()

    def _mute(self) -> None:
        for label in self._quiet:
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)


def _unbroken(sentence: str) -> str:
    """Let no line of a sentence begin with a digit."""
    return re.sub(r" (?=\d)", "\N{NO-BREAK SPACE}", sentence)


def shown_digit(reading: Reading) -> str:
    """Return the one character that stands for a reading."""
    if reading.verdict is Verdict.EMPTY:
        return NOTHING_DRAWN
    if reading.verdict is Verdict.UNKNOWN:
        return NOTHING_KNOWN
    return str(reading.digit)
