"""Icons from resources/icons, in the palette's own colour."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

from digitpad import paths

_SIDE = 24
_RATIOS = (1, 2, 3)


def application_icon() -> QIcon:
    """Return digitpad's own icon."""
    return QIcon(str(paths.resources() / "icons" / "digitpad.png"))


def icon(name: str, palette: QPalette) -> QIcon:
    """Return a line icon drawn in the palette's text colour, faded where it is disabled."""
    source = (paths.resources() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    drawn = QIcon()
    for mode, group in (
        (QIcon.Mode.Normal, QPalette.ColorGroup.Active),
        (QIcon.Mode.Disabled, QPalette.ColorGroup.Disabled),
    ):
        colour = palette.color(group, QPalette.ColorRole.ButtonText)
        for ratio in _RATIOS:
            drawn.addPixmap(_pixmap(source, colour, ratio), mode)
    return drawn


def _pixmap(source: str, colour: QColor, ratio: int) -> QPixmap:
    coloured = source.replace("#000000", colour.name())
    pixmap = QPixmap(_SIDE * ratio, _SIDE * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(coloured.encode())).render(painter, QRectF(0, 0, _SIDE, _SIDE))
    painter.end()
    return pixmap
