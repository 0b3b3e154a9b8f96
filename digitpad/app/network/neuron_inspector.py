"""The card of one neuron: its weights as a picture, what it adds up, and what it makes of that."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QGridLayout, QLabel, QMenu, QSizePolicy, QWidget

from digitpad.app.widgets import numbers, theme
from digitpad.inspection.neuron import Neuron, PictureKind
from digitpad.nn.functions import Array

_PICTURE = 112  # pixels of a side
_SHADOW = 6  # pixels around the card
_COPIED_PIXEL = 10  # how large a pixel of a copied picture is
_FUNCTIONS = {
    "logistic": "σ(z)",
    "tanh": "tanh z",
    "relu": "max(0, z)",
    "step": "step(z)",
    "softmax": "softmax(z)",
}


def signed(value: float) -> str:
    """Return a number with its sign and two decimals."""
    rounded = round(value, 2)
    return ("−" if rounded < 0 else "+") + numbers.decimal(abs(rounded), 2)


class NeuronInspector(QWidget):
    """Shows one neuron; it can stand anywhere, and follows what `show_neuron` is given."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("neuron_inspector")
        self.setAccessibleName(self.tr("Neuron"))
        self.setWhatsThis(
            self.tr(
                "One neuron. Left: what each pixel does to it, blue raises z and orange lowers it. "
                "Right: its activation function, with the neuron’s own point. Below: the "
                "connections that contribute most, and how they add up to z."
            )
        )
        self._neuron: Neuron | None = None
        self.title = QLabel()
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.picture = WeightsPicture()
        self.curve = ActivationCurve()
        self.caption = QLabel()
        self.caption.setWordWrap(True)
        self.caption.setFixedWidth(_PICTURE)
        self.function = QLabel()
        for label in (self.caption, self.function):
            small = label.font()
            small.setPointSizeF(small.pointSizeF() * 0.85)
            label.setFont(small)
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.caption.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.function.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.sum = QLabel()
        self.table = ContributionTable()
        layout = QGridLayout(self)
        around = _SHADOW + 10
        layout.setContentsMargins(around, around - 2, around, around)
        layout.setHorizontalSpacing(10)
        layout.setVerticalSpacing(5)
        layout.addWidget(self.title, 0, 0, 1, 2)
        layout.addWidget(self.picture, 1, 0)
        layout.addWidget(self.curve, 1, 1)
        layout.addWidget(self.caption, 2, 0)
        layout.addWidget(self.function, 2, 1)
        layout.addWidget(self.table, 3, 0, 1, 2)
        layout.addWidget(self.sum, 4, 0, 1, 2)
        self._copy_picture = QAction(self.tr("Copy picture"), self)
        self._copy_picture.triggered.connect(self.copy_picture)
        self._copy_table = QAction(self.tr("Copy table"), self)
        self._copy_table.triggered.connect(self.copy_table)

    def neuron(self) -> Neuron | None:
        """Return what is shown."""
        return self._neuron

    def show_neuron(self, neuron: Neuron, name: str) -> None:
        """Show a neuron under a name, such as “Neuron 10 of layer 1”."""
        self._neuron = neuron
        _set_text(self.title, name)
        captions = {
            PictureKind.WEIGHTS: self.tr("weight of each pixel"),
            PictureKind.SLOPES: self.tr("∂z/∂x: effect on z, for this image"),
            PictureKind.PRODUCT: self.tr("weights multiplied through the layers"),
        }
        _set_text(self.caption, captions[neuron.kind])
        self.picture.show_weights(neuron.picture)
        self.picture.setAccessibleName(self.caption.text())
        self.curve.show_curve(neuron)
        function = _FUNCTIONS[neuron.activation]
        _set_text(
            self.function, f"a = {function} = {numbers.decimal(neuron.a, 3)}".replace("-", "−")
        )
        # Rounded so that the numbers shown add up.
        total = signed(round(neuron.z, 2) - round(neuron.bias, 2))
        bias = signed(neuron.bias)
        equation = f"z = Σ w·a + b\n= {total} {bias[0]} {bias[1:]} = {signed(neuron.z)}"
        _set_text(self.sum, equation)
        self.table.show_neuron(neuron)
        self.setAccessibleDescription(f"{equation}; {self.function.text()}".replace("\n", " "))

    def set_compact(self, is_compact: bool) -> None:
        """Leave the table out, or show it."""
        self.table.setVisible(not is_compact)
        if self.size() != self.sizeHint():
            self.adjustSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a card with a soft shadow."""
        palette = self.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = QRectF(self.rect()).adjusted(_SHADOW, _SHADOW, -_SHADOW, -_SHADOW)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.faded(QColor("black"), 0.035))
        for reach in range(1, _SHADOW + 1):
            painter.drawRoundedRect(
                card.adjusted(-reach, -reach + 1, reach, reach), 7 + reach, 7 + reach
            )
        painter.setPen(QPen(theme.faded(palette.color(QPalette.ColorRole.WindowText), 0.28), 1))
        painter.setBrush(palette.color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
        painter.end()

    # -- copy ----------------------------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer copies of the picture and the table."""
        menu = QMenu(self)
        menu.addActions(self.copy_actions())
        menu.exec(event.globalPos())
        menu.deleteLater()

    def copy_actions(self) -> list[QAction]:
        """Return the actions that copy what is shown."""
        return [self._copy_picture, self._copy_table]

    def copy_picture(self) -> None:
        """Put the picture of the weights on the clipboard."""
        image = self.picture.image()
        if image is not None:
            large = image.scaled(image.size() * _COPIED_PIXEL)
            QGuiApplication.clipboard().setImage(large)

    def copy_table(self) -> None:
        """Put the contributions on the clipboard, as text that a spreadsheet reads."""
        if self._neuron is not None:
            rows = [*self.table.rows(), ("z", "", "", numbers.general(self._neuron.z, 6))]
            text = "\n".join("\t".join(row) for row in [self.table.header(), *rows])
            QGuiApplication.clipboard().setText(text.replace("−", "-"))


class WeightsPicture(QWidget):
    """A value for each pixel: blue above 0, orange below, paper at 0."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("weights_picture")
        self.setFixedSize(_PICTURE, _PICTURE)
        self._values = np.zeros((1, 1))

    def show_weights(self, values: Array) -> None:
        """Show values (n_0,), on a scale whose ends are ± the largest of them."""
        side = math.ceil(math.sqrt(len(values)))
        square = np.zeros(side * side)
        square[: len(values)] = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        self._values = square.reshape(side, side)
        self.update()

    def image(self) -> QImage:
        """Return the picture, one pixel for each value."""
        palette = self.palette()
        signs = theme.colours(palette)
        paper = palette.color(QPalette.ColorRole.Base)
        share = self._values / max(float(np.abs(self._values).max()), 1e-30)
        pixels = np.full(share.shape, 255 << 24, dtype=np.uint32)
        for shift, part in ((16, "red"), (8, "green"), (0, "blue")):
            low = getattr(paper, part)()
            ends = np.where(
                share > 0, getattr(signs.positive, part)(), getattr(signs.negative, part)()
            )
            value = np.rint(low + (ends - low) * np.abs(share)).astype(np.uint32)
            pixels |= value << np.uint32(shift)
        side = len(pixels)
        return QImage(pixels.tobytes(), side, side, 4 * side, QImage.Format.Format_RGB32).copy()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pixels, unsmoothed, in a frame."""
        painter = QPainter(self)
        painter.drawImage(QRectF(self.rect()), self.image())
        painter.setPen(_edge(self.palette()))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()


class ActivationCurve(QWidget):
    """An activation function around a neuron's z, and the point (z, a) on it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("activation_curve")
        self.setFixedSize(_PICTURE, _PICTURE)
        self._neuron: Neuron | None = None
        self._is_finite = False
        self._ends = -1.0, 1.0, 0.0, 1.0  # the least and largest z and a

    def show_curve(self, neuron: Neuron) -> None:
        """Show a neuron's point on its curve."""
        self._neuron = neuron
        z, a = neuron.curve_z, neuron.curve_a
        self._is_finite = bool(len(z)) and math.isfinite(neuron.a)
        if self._is_finite:
            self._ends = (
                float(z[0]),
                float(z[-1]),
                min(0.0, float(a.min())),
                max(1.0, float(a.max())),
            )
        self.setAccessibleName(
            self.tr("Activation function: z = {z}, a = {a}").format(
                z=numbers.decimal(neuron.z, 2), a=numbers.decimal(neuron.a, 3)
            )
        )
        self.update()

    def point(self) -> QPointF:
        """Return where the neuron's point is drawn."""
        assert self._neuron is not None
        return self._at(self._neuron.z, self._neuron.a)

    def _at(self, z: float, a: float) -> QPointF:
        left, right, bottom, top = self._ends
        room = _PICTURE - 16
        return QPointF(
            8 + (z - left) / (right - left) * room,
            _PICTURE - 8 - (a - bottom) / (top - bottom) * room,
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the axes, the curve and the point."""
        palette = self.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(_edge(palette))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        if self._neuron is not None and self._is_finite:
            self._paint_curve(painter, self._neuron)
        painter.end()

    def _paint_curve(self, painter: QPainter, neuron: Neuron) -> None:
        palette = self.palette()
        text = palette.color(QPalette.ColorRole.WindowText)
        left, right, bottom, top = self._ends
        painter.setPen(QPen(theme.faded(text, 0.25), 1))
        painter.drawLine(self._at(left, 0), self._at(right, 0))
        if left < 0 < right:
            painter.drawLine(self._at(0, bottom), self._at(0, top))
        curve = zip(neuron.curve_z.tolist(), neuron.curve_a.tolist(), strict=True)
        painter.setPen(QPen(theme.faded(text, 0.75), 1.5))
        painter.drawPolyline([self._at(z, a) for z, a in curve])
        signs = theme.colours(palette)
        colour = signs.positive if neuron.a >= 0 else signs.negative
        painter.setPen(QPen(theme.faded(colour, 0.7), 1, Qt.PenStyle.DotLine))
        painter.drawLine(self._at(neuron.z, 0), self.point())
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Base), 1.5))
        painter.setBrush(colour)
        painter.drawEllipse(self.point(), 5, 5)


class ContributionTable(QWidget):
    """The largest contributions w·a, the sum of all others, and the bias."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("contributions")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.9)
        font.setFeature(QFont.Tag("tnum"), 1)
        self.setFont(font)
        self._rows: list[tuple[str, str, str, str]] = []
        self._values: list[float] = []
        self._most = 0

    def show_neuron(self, neuron: Neuron) -> None:
        """Show what a neuron adds up."""
        side = 28 if neuron.layer == 1 else 0
        rows = []
        for source, weight, a, contribution in zip(
            neuron.sources.tolist(),
            neuron.weights.tolist(),
            neuron.inputs.tolist(),
            neuron.contributions.tolist(),
            strict=True,
        ):
            if side:
                row, column = divmod(source, side)
                name = self.tr("pixel {row}, {column}").format(row=row + 1, column=column + 1)
            else:
                name = self.tr("neuron {number}").format(number=numbers.whole(source + 1))
            a_text = numbers.decimal(a, 2).replace("-", "−")
            rows.append((name, signed(weight), a_text, signed(contribution)))
        others = self.tr("%Ln other(s)", "", neuron.other_count)
        # Rounded so that the numbers shown add up.
        listed = sum(round(value, 2) for value in neuron.contributions.tolist())
        rest = round(neuron.z, 2) - round(neuron.bias, 2) - listed
        rows.append((others, "", "", signed(rest)))
        rows.append((self.tr("bias b"), "", "", signed(neuron.bias)))
        self._values = [*neuron.contributions.tolist(), neuron.others, neuron.bias]
        self._rows = rows
        self.setAccessibleName(self.tr("Contributions"))
        self.setAccessibleDescription("; ".join(" ".join(row) for row in rows))
        if len(rows) > self._most:  # never lower, so that nothing jumps
            self._most = len(rows)
            self.updateGeometry()
        self.update()

    def header(self) -> tuple[str, str, str, str]:
        """Return the columns' names."""
        return self.tr("from"), "w", "a", "w·a"

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Return the rows as they are shown: from where, w, a, w·a."""
        return list(self._rows)

    def sizeHint(self) -> QSize:
        """Return room for the header and all rows."""
        return QSize(2 * _PICTURE + 10, math.ceil(self._row_height() * (self._most + 1)) + 4)

    def _row_height(self) -> float:
        return QFontMetricsF(self.font()).height() + 1

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, numbers below each other."""
        palette = self.palette()
        signs = theme.colours(palette)
        text = palette.color(QPalette.ColorRole.WindowText)
        quiet = palette.color(QPalette.ColorRole.PlaceholderText)
        number = QFontMetricsF(self.font()).horizontalAdvance("+000.00") + 6
        right = float(self.width())
        edges = (right - 2 * number - 8, right - number - 8, right)
        height = self._row_height()
        painter = QPainter(self)
        for line, row in enumerate([self.header(), *self._rows]):
            y = line * height
            painter.setPen(quiet if line == 0 or line > len(self._rows) - 2 else text)
            name = QRectF(0, y, edges[0] - number + 12, height)
            painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, row[0])
            for column, (edge, cell) in enumerate(zip(edges, row[1:], strict=True)):
                if column == 2 and line:
                    positive = self._values[line - 1] >= 0
                    painter.setPen(signs.positive if positive else signs.negative)
                box = QRectF(edge - number, y, number, height)
                flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(box, flags, cell)
        painter.setPen(_edge(palette))
        below = height * (len(self._rows) + 1) + 2
        for y in (height, below):
            painter.drawLine(QPointF(0, y), QPointF(right, y))
        painter.end()


def _edge(palette: QPalette) -> QPen:
    return QPen(theme.faded(palette.color(QPalette.ColorRole.WindowText), 0.2), 1)


def _set_text(label: QLabel, text: str) -> None:
    """Change a label only if it must be: the layout would be computed anew."""
    if label.text() != text:
        label.setText(text)
