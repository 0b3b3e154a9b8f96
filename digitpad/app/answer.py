"""The answer: one large digit, a sentence under it, and what the network saw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont, QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from digitpad.app.preview import Preview
from digitpad.recognition import Reading

_WIDTH = 176
_SMALLEST, _LARGEST = 72, 190  # pixels of the digit

NOTHING_DRAWN, NOTHING_KNOWN = "–", "?"


class Answer(QWidget):
    """A column beside the canvas that says what the network reads."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(_WIDTH)
        self.digit = QLabel(NOTHING_DRAWN)
        self.digit.setObjectName("answer")
        self.digit.setAccessibleName("Answer")
        self.digit.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.digit.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.verdict = QLabel()
        self.verdict.setObjectName("verdict")
        self.verdict.setAccessibleName("What the network makes of it")
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.verdict.setWordWrap(True)
        # Room for two lines, so that nothing jumps when the sentence gets longer.
        self.verdict.setFixedHeight(2 * self.verdict.fontMetrics().lineSpacing() + 6)
        self.preview = Preview()
        caption = QLabel("What the network sees")
        caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        caption.setWordWrap(True)
        self._quiet = (caption, self.verdict)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addStretch(2)
        layout.addWidget(self.digit)
        layout.addWidget(self.verdict)
        layout.addStretch(3)
        layout.addWidget(self.preview, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(caption)
        self._mute()

    def show_reading(self, reading: Reading, image: NDArray[np.float32]) -> None:
        """Show a reading of an image."""
        digit, sentence = in_words(reading, bool(image.any()))
        self.digit.setText(digit)
        self.verdict.setText(sentence)
        faint = not reading.sure
        role = QPalette.ColorRole.PlaceholderText if faint else QPalette.ColorRole.WindowText
        if self.digit.foregroundRole() != role:
            self.digit.setForegroundRole(role)
        self.preview.show_image(image)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make the digit as large as the window allows."""
        super().resizeEvent(event)
        font = QFont(self.font())
        font.setPixelSize(min(max(self.height() // 3, _SMALLEST), _LARGEST))
        font.setWeight(QFont.Weight.Medium)
        self.digit.setFont(font)

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._mute()

    def _mute(self) -> None:
        for label in self._quiet:
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)


def in_words(reading: Reading, drawn: bool) -> tuple[str, str]:
    """Return the answer, one character, and a sentence about it."""
    if not drawn:
        return NOTHING_DRAWN, "nothing drawn yet"
    if reading.sure:
        return str(reading.digit), f"looks like a {reading.digit}"
    if reading.reason.startswith("torn"):
        return str(reading.digit), reading.reason
    return NOTHING_KNOWN, reading.reason
