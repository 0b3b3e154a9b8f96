"""Collect a data set of one's own: digits are asked for in random order, and written one by one."""

from __future__ import annotations

import random

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QKeySequence, QPalette, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from digitpad.app.drawing.canvas import Canvas
from digitpad.app.session import Session
from digitpad.drawing.strokes import Sample
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network

_LARGE = 120  # pixels of the digit that is asked for


class CollectDialog(QDialog):
    """Asks for one digit after the other; Enter goes on to the next.

    Each ten digits in a row are all ten, in random order, so that every digit is written as often.

    Signals
    -------
    collected(Sample)
        A digit was written; its key "writer" holds the name, if there is one.
    taken_back(Sample)
        The last one was a mistake.
    save_wanted(list of Sample)
        All that were written here are to be saved as a file.
    """

    collected = Signal(object)
    taken_back = Signal(object)
    save_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, seed: int | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("collect")
        self.setWindowTitle(self.tr("Collect digits"))
        self._random = random.Random(seed)
        self._asked: list[int] = []
        self.samples: list[Sample] = []
        # A page of its own. Nobody looks at what is read there, so the smallest network reads it.
        self.session = Session(Model(Network((784, 10)), {}), self)
        self.canvas = Canvas(self.session)
        self.canvas.setMinimumSize(280, 280)
        self._prompt = QLabel()
        self._prompt.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._digit = QLabel()
        self._digit.setObjectName("asked")
        self._digit.setAlignment(Qt.AlignmentFlag.AlignCenter)
        font = QFont(self.font())
        font.setPixelSize(_LARGE)
        font.setWeight(QFont.Weight.Medium)
        self._digit.setFont(font)
        self._count = QLabel()
        self._count.setObjectName("count")
        self._count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._count.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.writer = QLineEdit()
        self.writer.setObjectName("writer")
        self.writer.setPlaceholderText(self.tr("Name (optional)"))
        self.writer.setAccessibleName(self.tr("Writer’s name, optional"))
        self.next_button = self._button("next", self.tr("Next"), self.accept_digit)
        self.next_button.setToolTip(self.tr("Keep this digit and go on (Enter)"))
        self.clear_button = self._button("clear", self.tr("Clear"), self.session.clear)
        self.clear_button.setToolTip(self.tr("Write this digit again (Backspace)"))
        self.back_button = self._button("back", self.tr("Back"), self.take_back)
        self.back_button.setToolTip(self.tr("Delete the last digit and write it again"))
        self.save_button = self._button("save", self.tr("Save as…"), self._save)
        self.close_button = self._button("close", self.tr("Done"), self.close)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            QShortcut(QKeySequence(key), self, self.accept_digit)
        QShortcut(QKeySequence(Qt.Key.Key_Backspace), self.canvas, self.session.clear).setContext(
            Qt.ShortcutContext.WidgetShortcut
        )

        side = QVBoxLayout()
        side.addWidget(self._prompt)
        side.addWidget(self._digit)
        side.addWidget(self._count)
        side.addStretch(1)
        side.addWidget(self.next_button)
        side.addWidget(self.clear_button)
        side.addWidget(self.back_button)
        side.addStretch(1)
        side.addWidget(self.writer)
        side.addWidget(self.save_button)
        side.addWidget(self.close_button)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(self.canvas, 1)
        layout.addLayout(side)
        self.resize(640, 460)
        self.session.strokes_changed.connect(self._update)
        self._update()
        self.canvas.setFocus()

    def _button(self, name: str, text: str, pressed: object) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAutoDefault(False)
        assert callable(pressed)
        button.clicked.connect(lambda: pressed())
        return button

    @property
    def asked(self) -> int:
        """The digit that is to be written now."""
        while len(self._asked) <= len(self.samples):
            self._asked += self._random.sample(range(10), 10)
        return self._asked[len(self.samples)]

    def accept_digit(self) -> None:
        """Keep what is written and ask for the next digit; nothing if nothing is written."""
        strokes = tuple(stroke.copy() for stroke in self.session.strokes)
        if not strokes:
            return
        name = self.writer.text().strip()
        sample = Sample(self.asked, strokes, {"writer": name} if name else {})
        self.samples.append(sample)
        self.session.clear()
        self._update()
        self.canvas.setFocus()
        self.collected.emit(sample)

    def take_back(self) -> None:
        """Delete the last digit and ask for it again."""
        if self.samples:
            sample = self.samples.pop()
            self.session.clear()
            self._update()
            self.canvas.setFocus()
            self.taken_back.emit(sample)

    def _save(self) -> None:
        self.save_wanted.emit(list(self.samples))

    def _update(self) -> None:
        self._prompt.setText(self.tr("Write a"))
        self._digit.setText(str(self.asked))
        self._digit.setAccessibleName(self.tr("Write a {digit}").format(digit=self.asked))
        self._count.setText(self.tr("%Ln written", "", len(self.samples)))
        written = bool(self.session.strokes)
        self.next_button.setEnabled(written)
        self.clear_button.setEnabled(written)
        self.back_button.setEnabled(bool(self.samples))
        self.save_button.setEnabled(bool(self.samples))
