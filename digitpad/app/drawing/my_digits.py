"""The user's own digits as thumbnails by label: look through them, relabel, delete, exchange."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QIcon,
    QKeyEvent,
    QKeySequence,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from digitpad.app.drawing.hand_box import HandBox
from digitpad.app.widgets import numbers
from digitpad.app.widgets.keys import pressed_digit
from digitpad.app.widgets.pictures import ink_picture
from digitpad.data.my_digits import id_of
from digitpad.data.sample_images import to_images
from digitpad.drawing.pen import SIDE
from digitpad.drawing.strokes import Sample

_THUMBNAIL = 48  # pixels
_MOST = 300  # thumbnails
_ID = Qt.ItemDataRole.UserRole


class MyDigitsPanel(QWidget):
    """Shows the user's digits of one label; what is wanted of them goes out as signals.

    Signals
    -------
    delete_wanted(list of ids)
    relabel_wanted(list of ids, label)
    undo_wanted()
    import_wanted(list of Path)
        Files and folders were dropped; empty: ask which.
    import_folder_wanted()
        Ask for a folder.
    export_wanted()
    collect_wanted()
    """

    delete_wanted = Signal(object)
    relabel_wanted = Signal(object, int)
    undo_wanted = Signal()
    import_wanted = Signal(object)
    import_folder_wanted = Signal()
    export_wanted = Signal()
    collect_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("myDigits")
        self.setAcceptDrops(True)
        self._samples: tuple[Sample, ...] = ()
        self._labels = QButtonGroup(self)
        self._labels.setExclusive(True)
        labels = QGridLayout()
        labels.setSpacing(3)
        for digit in range(10):
            button = QToolButton()
            button.setObjectName(f"label_{digit}")
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.setMinimumSize(QSize(44, 30))
            self._labels.addButton(button, digit)
            labels.addWidget(button, digit // 5, digit % 5)
        self._labels.button(0).setChecked(True)
        self._labels.idToggled.connect(self._label_toggled)

        self.list = QListWidget()
        self.list.setObjectName("thumbnails")
        self.list.setMinimumHeight(_THUMBNAIL + 16)
        self.list.setAccessibleName(self.tr("Your digits"))
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setUniformItemSizes(True)
        self.list.setSpacing(4)
        self.list.setIconSize(QSize(_THUMBNAIL, _THUMBNAIL))
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.list.itemSelectionChanged.connect(self._update_actions)
        self.list.installEventFilter(self)

        self.notice = QLabel()
        self.notice.setObjectName("notice")
        self.notice.setWordWrap(True)
        self.notice.hide()
        self._cut = QLabel()
        self._cut.setObjectName("cut")
        self._cut.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._empty = QLabel(
            self.tr(
                "None yet. Press a drawing’s digit or click its bar, collect digits, or drop files "
                "here."
            )
        )
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setForegroundRole(QPalette.ColorRole.PlaceholderText)

        self.delete_action = QAction(self.tr("Delete"), self)
        self.delete_action.setShortcuts([QKeySequence(QKeySequence.StandardKey.Delete)])
        self.delete_action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.delete_action.triggered.connect(lambda: self.delete_wanted.emit(self.selected()))
        self._menu = QMenu(self.tr("Relabel"), self)
        self.list.addActions([self._menu.menuAction(), self.delete_action])
        for digit in range(10):
            action = self._menu.addAction(str(digit))
            action.triggered.connect(lambda _, d=digit: self._relabel(d))
        self.relabel_button = QPushButton(self.tr("Relabel"))
        self.relabel_button.setObjectName("relabel")
        self.relabel_button.setToolTip(self.tr("Change the label of the selected digits (0 to 9)"))
        self.relabel_button.setMenu(self._menu)
        self.delete_button = self._button("delete", self.tr("Delete"))
        self.delete_button.clicked.connect(self.delete_action.trigger)
        self.undo_button = self._button("undo", self.tr("Undo"))
        self.undo_button.clicked.connect(self.undo_wanted)
        self.collect_button = self._button("collect", self.tr("Collect…"))
        self.collect_button.clicked.connect(self.collect_wanted)
        self.import_button = self._button("import", self.tr("Import"))
        import_menu = QMenu(self)
        self.import_files_action = import_menu.addAction(self.tr("Files…"))
        self.import_files_action.triggered.connect(lambda: self.import_wanted.emit([]))
        self.import_folder_action = import_menu.addAction(self.tr("Folder of pictures…"))
        self.import_folder_action.triggered.connect(lambda: self.import_folder_wanted.emit())
        self.import_button.setMenu(import_menu)
        self.export_button = self._button("export", self.tr("Export…"))
        self.export_button.clicked.connect(self.export_wanted)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.addWidget(self.notice)
        layout.addLayout(labels)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._cut)
        layout.addWidget(self._empty, 1)
        for row in (
            (self.relabel_button, self.delete_button, self.undo_button),
            (self.collect_button, self.import_button, self.export_button),
        ):
            buttons = QHBoxLayout()
            for wanted in row:
                buttons.addWidget(wanted)
            layout.addLayout(buttons)
        self.hand = HandBox()
        line = QFrame()
        line.setFrameShape(QFrame.Shape.HLine)
        line.setFrameShadow(QFrame.Shadow.Sunken)
        layout.addWidget(line)
        layout.addWidget(self.hand)
        self.show_samples((), can_undo=False)

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        return button

    # -- what is shown ---------------------------------------------------------------------------

    def show_samples(self, samples: Sequence[Sample], *, can_undo: bool, notice: str = "") -> None:
        """Show digits, as `MyDigits` holds them.

        Parameters
        ----------
        samples : sequence of Sample
            Oldest first, each with an id.
        can_undo : bool
        notice : str
            A sentence to show above them, such as `MyDigits.notice`.
        """
        self._samples = tuple(samples)
        counts = Counter(sample.label for sample in samples)
        for digit in range(10):
            button = self._labels.button(digit)
            button.setText(
                f"{digit} ({numbers.whole(counts[digit])})" if counts[digit] else str(digit)
            )
            button.setAccessibleName(self.tr("Label {digit}").format(digit=digit))
            button.setToolTip(
                self.tr("%Ln digit(s) with the label {digit}", "", counts[digit]).format(
                    digit=digit
                )
            )
        self.undo_button.setEnabled(can_undo)
        self.export_button.setEnabled(bool(samples))
        self.notice.setText(notice)
        self.notice.setVisible(bool(notice))
        self._empty.setVisible(not samples)
        self.list.setVisible(bool(samples))
        self._fill()

    def label(self) -> int:
        """Return the label whose digits are shown."""
        return self._labels.checkedId()

    def show_label(self, label: int) -> None:
        """Show the digits of another label."""
        self._labels.button(label).setChecked(True)

    def selected(self) -> list[str]:
        """Return the ids of the selected digits."""
        return [str(item.data(_ID)) for item in self.list.selectedItems()]

    def _fill(self) -> None:
        kept = set(self.selected())
        every = [sample for sample in reversed(self._samples) if sample.label == self.label()]
        shown = every[:_MOST]
        self._cut.setText(
            self.tr("The newest {shown} of {count}").format(
                shown=numbers.whole(len(shown)), count=numbers.whole(len(every))
            )
        )
        self._cut.setVisible(len(every) > _MOST)
        images = to_images(shown).reshape(-1, SIDE, SIDE) / 255
        ratio = self.devicePixelRatioF()
        side = round(_THUMBNAIL * ratio)
        self.list.clear()
        for sample, image in zip(shown, images, strict=True):
            picture = ink_picture(image, self.palette()).scaled(
                side,
                side,
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            picture.setDevicePixelRatio(ratio)
            item = (
                QListWidgetItem()
            )  # with any text, even an empty one, it would have a line for it
            item.setIcon(QIcon(QPixmap.fromImage(picture)))
            item.setData(_ID, id_of(sample))
            item.setData(
                Qt.ItemDataRole.AccessibleTextRole,
                self.tr("A {digit} of yours").format(digit=sample.label),
            )
            self.list.addItem(item)
            item.setSelected(id_of(sample) in kept)
        self._update_actions()

    def _label_toggled(self, label: int, checked: bool) -> None:
        if checked:
            self._fill()

    def _update_actions(self) -> None:
        some = bool(self.list.selectedItems())
        self.delete_action.setEnabled(some)
        self.delete_button.setEnabled(some)
        self.relabel_button.setEnabled(some)
        self._menu.menuAction().setEnabled(some)

    def _relabel(self, digit: int) -> None:
        if self.selected():
            self.relabel_wanted.emit(self.selected(), digit)

    # -- events ----------------------------------------------------------------------------------

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Let a digit's key relabel what is selected."""
        if watched is self.list and isinstance(event, QKeyEvent):
            is_press = event.type() == QEvent.Type.KeyPress
            shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            digit = None if shifted else pressed_digit(event)
            if is_press and digit is not None:
                self._relabel(digit)
                return True
        return False

    def changeEvent(self, event: QEvent) -> None:
        """Paint the thumbnails in another palette's colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._samples:
            self._fill()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Welcome files wherever they are dropped."""
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Ask for the import of what was dropped."""
        urls = event.mimeData().urls()
        paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.import_wanted.emit(paths)
