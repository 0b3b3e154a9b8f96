"""Fields for hyperparameters, which mark values that are not valid."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QTextDocumentFragment,
    QWheelEvent,
)
from PySide6.QtWidgets import QComboBox, QLineEdit, QSizePolicy, QWidget

from digitpad.app import translations
from digitpad.app.widgets import numbers, theme
from digitpad.errors import DigitpadError
from digitpad.training.hyperparameters import FIELDS, MAX_HIDDEN_LAYERS, Field, check_value

# How a field is called where there is no room for its label.
SYMBOLS = {"learning_rate": "η", "l2": "λ", "mini_batch_size": "m"}


class NumberField(QLineEdit):
    """A number in its valid range; the arrow keys step up and down.

    Signals
    -------
    edited()
        The text changed, valid or not.
    committed()
        The user is done with it: Return, another field, or an arrow key.
    """

    edited = Signal()
    committed = Signal()

    def __init__(self, name: str, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._field = field
        self._kind = float if field.kind is float else int
        self.setObjectName(name)
        self.setAccessibleName(translations.core(field.label))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # A number that was set and not edited keeps the digits that there is no room for.
        self._exact: tuple[str, float] | None = None
        self.setMaxLength(24)
        self.textChanged.connect(self._text_changed)
        self.editingFinished.connect(self._finish)

    def value(self) -> Any:
        """Return the number.

        Raises
        ------
        DigitpadError
            If there is none, or it is not valid.
        """
        if self._field.kind is tuple:
            return check_value(self._name, (numbers.as_python(self.text()),))[0]
        if self._exact is not None and self._exact[0] == self.text():
            return check_value(self._name, self._exact[1])
        return check_value(self._name, numbers.as_python(self.text()))

    def set_value(self, value: float) -> None:
        """Show a number."""
        text = numbers.typed(value) if self._kind is float else str(int(value))
        self._exact = (text, value) if self._kind is float else None
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)

    @property
    def problem(self) -> str:
        """What is wrong with the text; empty if nothing is."""
        try:
            self.value()
        except DigitpadError:
            unit = translations.core(self._field.unit) if self._field.unit else ""
            text = (
                self.tr("Use a whole number, {low} to {high} {unit}")
                if self._kind is int
                else self.tr("Use {low} to {high} {unit}")
            )
            low, high = map(numbers.plain, (self._field.minimum, self._field.maximum))
            return text.format(low=low, high=high, unit=unit).rstrip() + "."
        return ""

    def _text_changed(self) -> None:
        explain(self, self.toolTip(), self.problem)
        self.update()
        self.edited.emit()

    def _finish(self) -> None:
        """Show the number as it was understood: “3.000” is 3000 in German."""
        if not self.problem:
            self.set_value(self.value())
        self.committed.emit()

    def sizeHint(self) -> QSize:
        """Return room for six digits or so."""
        return QSize(
            self.fontMetrics().horizontalAdvance("0") * 9 + 16, super().sizeHint().height()
        )

    def minimumSizeHint(self) -> QSize:
        """Return room for four digits."""
        return QSize(
            self.fontMetrics().horizontalAdvance("0") * 4 + 12, super().sizeHint().height()
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step with the arrow keys."""
        up = event.key() == Qt.Key.Key_Up
        if (up or event.key() == Qt.Key.Key_Down) and not self.isReadOnly():
            if not self.problem:
                self.set_value(stepped(self._field, self._kind, self.value(), up=up))
                self.committed.emit()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Frame what is not valid."""
        super().paintEvent(event)
        if self.problem and self.isEnabled():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colours(self.palette()).invalid, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 2.5, 2.5)
            painter.end()


def stepped(field: Field, kind: type, value: float, *, up: bool) -> float:
    """Return the next number up or down: 1, 2, 5, 10, 20 … where the range spans decades."""
    if kind is int and value < 20 and field.maximum < 10_000:
        new: float = value + (1 if up else -1)
    elif field.minimum > 0 or kind is int or field.maximum > 100:
        series = [m * 10.0**e for e in range(-6, 8) for m in (1, 2, 5)]
        larger = [each for each in series if each > value * 1.001]
        smaller = [each for each in series if each < value * 0.999]
        new = larger[0] if up else smaller[-1] if smaller else 0.0
    else:
        # Fifty to a hundred steps through the range.
        step = 10.0 ** math.floor(math.log10(field.maximum / 10))
        new = round((value + (step if up else -step)) / step) * step
    new = min(max(new, field.minimum), field.maximum)
    return int(new) if kind is int else float(f"{new:.6g}")


class ChoiceField(QComboBox):
    """One of a few names.

    Signals
    -------
    edited()
        Another is chosen.
    committed()
        The user has chosen it.
    """

    edited = Signal()
    committed = Signal()

    def __init__(self, name: str, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(translations.core(field.label))
        for choice in field.choices:
            self.addItem(translations.core(choice), choice)
        calm(self)
        self.currentIndexChanged.connect(lambda _: self.edited.emit())
        self.activated.connect(lambda _: self.committed.emit())

    def value(self) -> str:
        """Return the choice, as the core calls it."""
        return str(self.currentData())

    def set_value(self, value: str) -> None:
        """Choose by the core's name."""
        self.setCurrentIndex(self.findData(value))

    @property
    def problem(self) -> str:
        """Empty: what can be chosen is valid."""
        return ""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the wheel scroll the page unless the field has the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def calm(box: QComboBox) -> None:
    """Let a combo box be as narrow as its form, and the wheel scroll past it."""
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(6)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


def explain(widget: QWidget, text: str, problem: str = "") -> None:
    """Describe a widget: a tooltip in rich text, an accessible description in plain text.

    A screen reader hears what is wrong with the widget's content first.
    """
    widget.setToolTip(text)
    widget.setAccessibleDescription(problem or QTextDocumentFragment.fromHtml(text).toPlainText())


def tip(name: str, *, why_locked: str = "") -> str:
    """Return a field's tooltip: its meaning, its range, and why it is locked."""
    field = FIELDS[name]
    parts = [f"<b>{translations.core(field.label)}</b>", translations.core(field.explanation)]
    if field.kind is not str:
        parts.append(_range(field))
    if why_locked:
        parts.append(f"<i>{why_locked}</i>")
    elif field.live:
        live = QCoreApplication.translate("fields", "Can be changed during training.")
        parts.append(f"<i>{live}</i>")
    return "".join(f"<p>{part}</p>" for part in parts)


def _range(field: Field) -> str:
    text = (
        QCoreApplication.translate(
            "fields", "Range: up to {most} layers of {low} to {high} neurons"
        )
        if field.kind is tuple
        else QCoreApplication.translate("fields", "Range: {low} to {high} {unit}")
    )
    low, high = map(numbers.plain, (field.minimum, field.maximum))
    unit = translations.core(field.unit) if field.unit else ""
    return text.format(low=low, high=high, unit=unit, most=MAX_HIDDEN_LAYERS).rstrip()


def setting(name: str, value: Any, *, short: bool = False) -> str:
    """Return a hyperparameter's value with as much of its name as is needed: “η 0.1”.

    Parameters
    ----------
    name : str
    value
    short : bool
        Return the value alone: “0.1”.
    """
    if isinstance(value, str):
        text = translations.core(value)
        if name == "initialisation" and not short:
            return QCoreApplication.translate("fields", "{name} weights").format(name=text)
        return text
    if isinstance(value, tuple):
        if not value:
            return QCoreApplication.translate("fields", "no hidden layers")
        return "-".join(map(str, (784, *value, 10)))
    if short:
        return numbers.general(value, 6)
    label = SYMBOLS.get(name) or translations.core(FIELDS[name].label)
    return f"{label} {numbers.general(value, 6)}"
