"""Train or pause, one mini-batch, and the speed: beside the timeline what the panel has too."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QWidget

from digitpad.app.training.controls import TrainingControls
from digitpad.app.training.fields import calm
from digitpad.app.widgets import icons


class Transport(QWidget):
    """Clicks the buttons of the training panel, and shows what they show.

    Parameters
    ----------
    controls : TrainingControls
    """

    def __init__(self, controls: TrainingControls) -> None:
        super().__init__()
        self.setObjectName("transport")
        self._controls = controls
        self.train = self._button("transport_train")
        self.step = self._button("transport_step")
        self.step.setText(self.tr("Step"))
        self.step.setAccessibleName(self.step.text())
        self.step.setToolTip(controls.step.toolTip())
        self.pace = QComboBox()
        self.pace.setObjectName("transport_pace")
        self.pace.setModel(controls.pace_box.model())
        self.pace.setAccessibleName(controls.pace_box.accessibleName())
        self.pace.setToolTip(controls.pace_box.toolTip())
        calm(self.pace)
        self.pace.setMinimumContentsLength(11)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in (self.train, self.step, self.pace):
            row.addWidget(widget)
        self.train.clicked.connect(self._train)
        self.step.clicked.connect(controls.step.click)
        self.pace.currentIndexChanged.connect(controls.pace_box.setCurrentIndex)
        controls.pace_box.currentIndexChanged.connect(self.pace.setCurrentIndex)
        controls.changed.connect(self._update)
        self.pace.setCurrentIndex(controls.pace_box.currentIndex())
        self._keep_width()
        self._update()

    def _button(self, name: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        return button

    def _train(self) -> None:
        training = self._controls.is_training()
        (self._controls.pause if training else self._controls.train).click()

    def _keep_width(self) -> None:
        """Keep the width of the widest text, so that nothing moves when it changes."""
        widest = QSize()
        for text in (self.tr("Train"), self.tr("Pause"), self.tr("Resume")):
            self.train.setText(text)
            self.train.setIcon(icons.icon("play", self.palette()))
            widest = widest.expandedTo(self.train.sizeHint())
        self.train.setFixedWidth(widest.width())

    def _update(self) -> None:
        controls = self._controls
        running = controls.is_training() and not controls.pause.isChecked()
        if not controls.is_training():
            text, source = self.tr("Train"), controls.train
        else:
            text = self.tr("Pause") if running else self.tr("Resume")
            source = controls.pause
        self.train.setText(text)
        self.train.setAccessibleName(text)
        self.train.setToolTip(source.toolTip())
        self.train.setEnabled(source.isEnabled())
        self.train.setIcon(icons.icon("pause" if running else "play", self.palette()))
        self.step.setEnabled(controls.step.isEnabled())

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette or font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "pace"):
            self._keep_width()
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange) and hasattr(
            self, "pace"
        ):
            self._update()
