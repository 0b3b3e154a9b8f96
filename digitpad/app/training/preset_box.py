"""The box that a preset is chosen from, under headings."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QWidget

from digitpad.app import translations
from digitpad.app.training.fields import calm
from digitpad.training.presets import PRESETS, Preset


class PresetBox(QComboBox):
    """All presets; an item's data is the preset's name, and a heading has none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preset")
        self.setAccessibleName(self.tr("Preset"))
        items = QStandardItemModel(self)
        for heading, presets in groupby(PRESETS.values(), attrgetter("heading")):
            items.appendRow(self._heading(translations.core(heading)))
            for preset in presets:
                item = QStandardItem(translations.core(preset.title))
                item.setData(preset.name, Qt.ItemDataRole.UserRole)
                item.setToolTip(translations.core(preset.sentence))
                items.appendRow(item)
        self.setModel(items)
        self._items = items
        self._colour_headings()
        self.choose(next(iter(PRESETS.values())))
        calm(self)

    def _heading(self, text: str) -> QStandardItem:
        """Return an item that cannot be chosen, so that the keyboard skips it, too."""
        item = QStandardItem(text)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        font = self.font()
        font.setBold(True)
        item.setFont(font)
        return item

    def _colour_headings(self) -> None:
        """Colour headings as secondary text; what is disabled is often too faint to read."""
        colour = self.palette().color(
            QPalette.ColorGroup.Active, QPalette.ColorRole.PlaceholderText
        )
        for row in range(self._items.rowCount()):
            if not self._items.item(row).isEnabled():
                self._items.item(row).setForeground(colour)

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour_headings()

    def choose(self, preset: Preset) -> None:
        """Show a preset as chosen."""
        self.setCurrentIndex(self.findData(preset.name))

    def chosen(self) -> Preset:
        """Return the preset that is chosen."""
        return PRESETS[self.currentData()]
