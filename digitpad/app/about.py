"""What digitpad is and whose parts are in it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from digitpad import __version__
from digitpad.app.widgets import icons

_PARTS = (
    ("Qt and PySide6", "LGPL 3", "https://www.qt.io/licensing/open-source-lgpl-obligations"),
    (
        "MNIST, Y. LeCun and C. Cortes",
        "CC BY-SA 3.0",
        "https://creativecommons.org/licenses/by-sa/3.0/",
    ),
    ("pyqtgraph", "MIT", "https://www.pyqtgraph.org"),
    ("NumPy", "BSD 3-Clause", "https://numpy.org"),
    ("Pillow", "MIT-CMU", "https://python-pillow.github.io"),
)


class AboutDialog(QDialog):
    """The about box."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("about")
        self.setWindowTitle("About digitpad")
        rows = "".join(
            f"<tr><td style='padding-right: 18px'><a href='{link}'>{name}</a></td>"
            f"<td>{licence}</td></tr>"
            for name, licence, link in _PARTS
        )
        text = QLabel(
            f"<h2>digitpad {__version__}</h2>"
            "<p>Draw a digit and watch a neural network, trained by yourself, recognise it.</p>"
            "<p>digitpad is free software under the MIT licence.<br>It stands on:</p>"
            f"<table cellpadding='2'>{rows}</table>"
            f"<p>Running with Qt {qVersion()}.</p>"
        )
        text.setObjectName("aboutText")
        text.setWordWrap(True)
        text.setOpenExternalLinks(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        text.setMinimumWidth(360)
        picture = QLabel()
        picture.setPixmap(icons.application_icon().pixmap(QSize(72, 72), self.devicePixelRatioF()))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        buttons.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(20)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(text, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.addLayout(row)
        layout.addWidget(buttons)
