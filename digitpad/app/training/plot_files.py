"""The plot as a picture and as a drawing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QRectF
from PySide6.QtGui import QImage, QPainter, QPalette
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsView


def picture(view: QGraphicsView) -> QImage:
    """Return what a view shows as a picture of twice its size."""
    image = QImage(view.size() * 2, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(2)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _render(painter, view)
    painter.end()
    return image


def write_png(path: Path, view: QGraphicsView) -> None:
    """Write what a view shows as a picture of twice its size.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    if not picture(view).save(str(path), "PNG"):  # type: ignore[call-overload]
        text = QCoreApplication.translate("plot_files", "the folder is missing or read-only")
        raise OSError(text)


def write_svg(path: Path, view: QGraphicsView, title: str) -> None:
    """Write what a view shows as a drawing of lines and words.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    path.touch()  # Qt only warns on a terminal when it cannot write; this raises.
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(view.size())
    generator.setViewBox(view.rect())
    # The axes are recorded for the screen; at another resolution they would be scaled.
    generator.setResolution(view.logicalDpiX())
    generator.setTitle(title)
    painter = QPainter(generator)
    _render(painter, view)
    painter.end()


def _render(painter: QPainter, view: QGraphicsView) -> None:
    box = view.viewport().rect()
    painter.fillRect(box, view.palette().color(QPalette.ColorRole.Base))
    view.render(painter, QRectF(box), box)
