"""An equation, typeset from its LaTeX source."""

from __future__ import annotations

import warnings
from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from digitpad.app.widgets import focus
from digitpad.app.widgets.copying import offer_copy_as

_MARGIN = 2


class EquationView(QWidget):
    """Shows one equation in the palette's text colour; it shrinks where it is too wide.

    It can be copied as a picture or as LaTeX, and takes the focus so that it can be heard.

    Parameters
    ----------
    scale : float
        The equation's size, in heights of the widget's own font.
    """

    def __init__(self, parent: QWidget | None = None, *, scale: float = 1.5) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._scale = scale
        self._latex = ""
        self._marked = ""
        self._source = b""
        self._rendered = QSvgRenderer(self)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        offer_copy_as(self, self.tr("Copy as LaTeX"), self.latex)

    def latex(self) -> str:
        """Return the source of the equation shown."""
        return self._latex

    def show_latex(self, latex: str) -> None:
        """Show another equation; an empty one shows nothing."""
        self._latex, self._marked = latex, ""
        self.setAccessibleName(plain(latex))
        self.updateGeometry()
        self.update()

    def mark(self, symbol: str) -> None:
        """Show a part of the equation in the accent colour; an empty one marks nothing."""
        self._marked = symbol
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of the equation."""
        if not self._latex:
            return QSize(0, 0)
        size = self._renderer().defaultSize()
        return QSize(size.width() + 2 * _MARGIN, size.height() + 2 * _MARGIN)

    def minimumSizeHint(self) -> QSize:
        """Return a size to which a wide equation may shrink."""
        return QSize(min(120, self.sizeHint().width()), self.sizeHint().height())

    def _renderer(self) -> QSvgRenderer:
        palette = self.palette()
        text = palette.color(QPalette.ColorRole.WindowText)
        latex = self._latex
        if self._marked:
            accent = palette.color(QPalette.ColorRole.Link)
            latex = latex.replace(self._marked, rf"{{\color{{{accent.name()}}}{self._marked}}}")
        source = _svg(latex, text.name(), round(self.fontMetrics().height() * self._scale))
        if source is not self._source:
            self._source = source
            self._rendered.load(QByteArray(source))
        return self._rendered

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the equation from the left edge, in the middle of the height."""
        if not self._latex:
            return
        renderer = self._renderer()
        size = renderer.defaultSize()
        room = self.width() - 2 * _MARGIN
        shrink = min(1.0, room / max(1, size.width()))
        width, height = size.width() * shrink, size.height() * shrink
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        renderer.render(painter, QRectF(_MARGIN, (self.height() - height) / 2, width, height))
        if self.hasFocus():
            focus.paint_frame(painter, QRectF(self.rect()), self.palette())
        painter.end()


@lru_cache(maxsize=200)
def _svg(latex: str, colour: str, size: int) -> bytes:
    # Imported when the first equation is shown: it takes half a second. On Python 3.11 it finds its
    # font by a function that was deprecated for a while.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from ziamath.config import config
        from ziamath.zmath import Latex
    config.svg2 = False  # Qt does not know SVG 2's symbols
    return Latex(latex, size=size, color=colour).svg().encode()


_NAMES = {
    r"\delta": "δ",
    r"\sigma": "σ",
    r"\eta": "η",
    r"\partial ": "∂",
    r"\odot": "⊙",
    r"\rightarrow": "→",
    r"\sum": "Σ",
    r"\ln": "ln",
    r"\mathrm": "",
    r"\langle": "⟨",
    r"\rangle": "⟩",
    r"\|": "‖",
    r"\,": " ",
    r"\frac": "",
    "}{": "/",
}
_SUPERSCRIPTS = {"^{T}": "ᵀ", "^{l}": "ˡ", "^{l-1}": "ˡ⁻¹", "'": "′"}
_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain(latex: str) -> str:
    """Return LaTeX as plain text with Unicode's letters, for labels and screen readers."""
    text = latex
    for name, letter in (_NAMES | _SUPERSCRIPTS).items():
        text = text.replace(name, letter)
    for number in range(100):
        text = text.replace(f"^{{{number}}}", str(number).translate(_DIGITS))
    return " ".join(text.replace("_", "").replace("{", "").replace("}", "").split())
