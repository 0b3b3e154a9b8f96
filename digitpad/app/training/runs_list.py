"""The list beside the plot, to show, hide, rename and remove runs."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QIcon, QKeySequence, QPalette, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QInputDialog,
    QListWidget,
    QListWidgetItem,
    QWidget,
)

from digitpad.app.training.runs import Run
from digitpad.app.widgets import theme


class RunsList(QListWidget):
    """The runs, the oldest first, with a tick for those that are shown.

    Attributes
    ----------
    edited : Signal()
        A run was hidden, shown or renamed.
    removal_wanted : Signal(list)
        The user wants to remove these runs.
    """

    edited = Signal()
    removal_wanted = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs")
        self.setAccessibleName(self.tr("Runs"))
        self.setToolTip(self.tr("Tick: show. Double-click or F2: rename. Delete: remove."))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setMinimumWidth(90)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self.itemChanged.connect(self._edit)
        remove = QAction(self.tr("Remove"), self)
        remove.setObjectName("removeRuns")
        remove.setShortcut(QKeySequence.StandardKey.Delete)
        remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        remove.triggered.connect(lambda: self.removal_wanted.emit(list(self.selected())))
        rename = QAction(self.tr("Rename"), self)
        rename.triggered.connect(lambda: self.editItem(self.currentItem()))
        self.addActions([rename, remove])
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def add(self, run: Run) -> None:
        """Add a run at the end."""
        item = QListWidgetItem(run.name)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable)
        item.setCheckState(Qt.CheckState.Checked)
        item.setData(Qt.ItemDataRole.UserRole, run)
        self.addItem(item)

    def remove(self, run: Run) -> None:
        """Remove a run."""
        self.takeItem(self.row(self._item_of(run)))

    def selected(self) -> set[Run]:
        """Return the runs that are selected."""
        return {item.data(Qt.ItemDataRole.UserRole) for item in self.selectedItems()}

    def hide_run(self, run: Run) -> None:
        """Take a run's tick away."""
        self._item_of(run).setCheckState(Qt.CheckState.Unchecked)

    def show_all(self) -> None:
        """Tick all runs."""
        for row in range(self.count()):
            self.item(row).setCheckState(Qt.CheckState.Checked)

    def ask_name(self, run: Run) -> None:
        """Ask for another name of a run."""
        title, label = self.tr("Rename the run"), self.tr("Name")
        name, chosen = QInputDialog.getText(self, title, label, text=run.name)
        if chosen:
            self._item_of(run).setText(name)

    def colour(self) -> None:
        """Show each run's colour, as it is on the present background."""
        blocked = self.blockSignals(True)
        for row in range(self.count()):
            item = self.item(row)
            swatch = QPixmap(10, 10)
            run: Run = item.data(Qt.ItemDataRole.UserRole)
            swatch.fill(theme.run_colour(self.palette(), run.colour))
            item.setIcon(QIcon(swatch))
        self.blockSignals(blocked)

    def _item_of(self, run: Run) -> QListWidgetItem:
        items = (self.item(row) for row in range(self.count()))
        return next(item for item in items if item.data(Qt.ItemDataRole.UserRole) is run)

    def _edit(self, item: QListWidgetItem) -> None:
        run: Run = item.data(Qt.ItemDataRole.UserRole)
        run.shown = item.checkState() == Qt.CheckState.Checked
        name = item.text().strip() or run.name
        run.renamed = run.renamed or name != run.name
        run.name = name
        item.setText(name)
        self.edited.emit()
