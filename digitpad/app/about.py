"""The About box: what digitpad is, and under which licences its parts are."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from digitpad import __version__
from digitpad.app.widgets import icons

_PARTS = (
    ("Qt and PySide6", "LGPL 3", "https://www.qt.io/licensing/open-source-lgpl-obligations"),
    ("NumPy", "BSD 3-Clause", "https://numpy.org"),
    ("Pillow", "MIT-CMU", "https://python-pillow.github.io"),
    ("platformdirs", "MIT", "https://platformdirs.readthedocs.io"),
    ("pyqtgraph", "MIT", "https://www.pyqtgraph.org"),
    ("threadpoolctl", "BSD 3-Clause", "https://github.com/joblib/threadpoolctl"),
    ("tqdm", "MPL 2.0 and MIT", "https://tqdm.github.io"),
    ("ziamath", "MIT", "https://ziamath.readthedocs.io"),
    (
        "MNIST, Y. LeCun and C. Cortes",
        "CC BY-SA 3.0",
        "https://creativecommons.org/licenses/by-sa/3.0/",
    ),
    (
        "UNIPEN, International Unipen Foundation",
        "CC BY 4.0",
        "https://doi.org/10.5281/zenodo.1195803",
    ),
)


class AboutDialog(QDialog):
    """The about box."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("about")
        self.setWindowTitle(self.tr("About digitpad"))
        rows = "".join(
            f"<tr><td style='padding-right: 18px'><a href='{link}'>{name}</a></td>"
            f"<td>{licence}</td></tr>"
            for name, licence, link in _PARTS
        )
        slogan = self.tr(
            "Draw a digit and watch a neural network, trained by yourself, recognise it."
        )
        licence = self.tr("digitpad is free software under the MIT licence. Built with:")
        qt = self.tr("Running with Qt {version}.").format(version=qVersion())
        text = QLabel(
            f"<h2>digitpad {__version__}</h2><p>{slogan}</p><p>{licence}</p>"
            f"<table cellpadding='2'>{rows}</table><p>{qt}</p>"
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
