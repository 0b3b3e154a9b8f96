"""A logarithmic slider beside the field of the learning rate."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider

from digitpad.app.training.fields import NumberField
from digitpad.app.widgets import numbers

_LOW, _HIGH = 1e-3, 1e2  # what the slider reaches; the field takes more
_STEPS = 20  # in a factor of ten


class RateSlider(QSlider):
    """Turns a field's number; it stands at an end while the number lies beyond its reach."""

    def __init__(self, field: NumberField) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._field = field
        self._follows = False
        self.setObjectName(f"{field.objectName()}_slider")
        self.setAccessibleName(field.accessibleName())
        self.setRange(0, round(_STEPS * math.log10(_HIGH / _LOW)))
        self.setPageStep(_STEPS // 2)
        self.setMinimumWidth(50)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        field.edited.connect(self._follow)
        self.valueChanged.connect(self._moved)
        self.sliderReleased.connect(field.committed)
        self._follow()

    def _follow(self) -> None:
        if self._field.problem:
            return
        self._follows = True
        value = min(max(self._field.value(), _LOW), _HIGH)
        self.setValue(round(_STEPS * math.log10(value / _LOW)))
        self.setAccessibleDescription(numbers.general(self._field.value(), 6))
        self._follows = False

    def _moved(self, place: int) -> None:
        if self._follows:
            return
        self._follows = True  # two digits are shown, which may lie beside the slider's own step
        self._field.set_value(float(f"{_LOW * 10 ** (place / _STEPS):.2g}"))
        self._follows = False
        self.setAccessibleDescription(numbers.general(self._field.value(), 6))
        if not self.isSliderDown():
            self._field.committed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the wheel scroll the page unless the slider has the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
