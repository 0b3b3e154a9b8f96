"""The drawing for other programs: PNG, SVG, a stroke file, the clipboard and paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import (
    QBuffer,
    QCoreApplication,
    QEvent,
    QIODevice,
    QMimeData,
    QPointF,
    QRectF,
    QSize,
)
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QDialog, QWidget

from digitpad.app.drawing import ink
from digitpad.app.session import Session
from digitpad.app.widgets import stroke_clipboard
from digitpad.drawing.strokes import Sample, write_strokes
from digitpad.errors import DigitpadError
from digitpad.files import writing

_SIDE = 1024  # pixels of a picture
_MARGIN = 0.08  # of the side, around ink that reaches further than the canvas's shorter side


def paint(painter: QPainter, box: QRectF, session: Session) -> None:
    """Paint the page in the middle of a box, black on what is there."""
    side = min(box.width(), box.height())
    middle = box.center()
    if session.picture is not None:
        _paint_picture(painter, middle, side, session)
        return
    strokes = session.strokes
    reach = 0.5
    if strokes:
        reach = max(reach, float(np.abs(np.concatenate(strokes)[:, :2]).max()) + ink.PEN)
    scale = side * (0.5 - (_MARGIN if reach > 0.5 else 0)) / reach
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for stroke in strokes:
        points = [middle + QPointF(x, y) * scale for x, y, _ in stroke.tolist()]
        widths = [ink.line_width(pressure, scale) for *_, pressure in stroke.tolist()]
        for shape in ink.shapes(points, widths):
            painter.fillPath(shape, QColor("black"))


def _paint_picture(painter: QPainter, middle: QPointF, side: float, session: Session) -> None:
    if session.photo is not None:
        pixels = session.photo.pixels
    else:
        assert session.picture is not None
        grey = np.rint(255 * (1 - session.picture)).astype(np.uint8)
        pixels = np.repeat(grey[..., None], 3, axis=2)
    height, width, _ = pixels.shape
    data = pixels.tobytes()  # a QImage does not keep its memory alive
    image = QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888)
    scale = side / max(width, height)
    box = QRectF(0, 0, width * scale, height * scale)
    box.moveCenter(middle)
    painter.drawImage(box, image)


def to_picture(session: Session, side: int = _SIDE) -> QImage:
    """Return the page as a square picture, black on white."""
    image = QImage(side, side, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    paint(painter, QRectF(0, 0, side, side), session)
    painter.end()
    return image


def to_png(session: Session) -> bytes:
    """Return the page as a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    to_picture(session).save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def to_svg(session: Session) -> bytes:
    """Return the page as an SVG file, its ink as shapes."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(_SIDE, _SIDE))
    generator.setViewBox(QRectF(0, 0, _SIDE, _SIDE))
    generator.setTitle(QCoreApplication.translate("export", "Drawing"))
    painter = QPainter(generator)
    paint(painter, QRectF(0, 0, _SIDE, _SIDE), session)
    painter.end()
    return bytes(buffer.data().data())


def write(session: Session, path: Path) -> None:
    """Write the page to a file, as its name says: .png, .svg, .jsonl or .jsonl.gz.

    Raises
    ------
    DigitpadError
        If it cannot be written, or there are no strokes to write to a stroke file.
    """
    name = path.name.lower()
    if name.endswith((".jsonl", ".jsonl.gz")):
        if not session.strokes:
            text = QCoreApplication.translate(
                "export", "A picture has no strokes: save it as PNG instead."
            )
            raise DigitpadError(text)
        write_strokes(path, [Sample(None, tuple(session.strokes))])  # nobody said what it is
        return
    make: Callable[[Session], bytes] = to_svg if name.endswith(".svg") else to_png
    try:
        writing.replace(path, make(session))
    except OSError as error:
        text = QCoreApplication.translate(
            "export", "“{name}” could not be written ({reason}): choose another folder or name."
        )
        raise DigitpadError(
            text.format(name=path.name, reason=error.strerror or str(error))
        ) from error


def to_clipboard(session: Session) -> QMimeData:
    """Return the page for the clipboard: a picture, and the strokes if there are any."""
    data = QMimeData()
    data.setImageData(to_picture(session))
    if session.strokes:
        stroke_clipboard.put(data, session.strokes)
    return data


def print_page(session: Session, window: QWidget) -> bool:
    """Ask for a printer and print the page; return whether that was wanted."""
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    dialog = QPrintDialog(printer, window)
    try:
        if dialog.exec() != QDialog.DialogCode.Accepted:
            return False
        painter = QPainter(printer)
        paint(painter, QRectF(painter.viewport()), session)
        painter.end()
        return True
    finally:
        # Its buttons would reach for the printer, which ends with this call.
        dialog.deleteLater()
        QCoreApplication.sendPostedEvents(dialog, QEvent.Type.DeferredDelete.value)
