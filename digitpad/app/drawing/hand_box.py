"""“Learn my hand”: the button, the progress, and what the network reads before and after."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from digitpad.app.widgets import numbers
from digitpad.app.widgets.speech import announce
from digitpad.training.scores import Score, Scores


class _Wrapped(QLabel):
    """Text of several lines that gets the height it needs: a dock asks nobody for it."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)

    def show_text(self, text: str) -> None:
        """Show another text."""
        self.setText(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the height that the text has at another width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setMinimumHeight(self.heightForWidth(self.width()) if self.text() else 0)


class HandBox(QWidget):
    """Shows one of three: a button, the progress, or the result.

    Signals
    -------
    learn_wanted(), cancel_wanted()
    keep_wanted(), throw_away_wanted()
        What is to become of the network whose result is shown.
    """

    learn_wanted = Signal()
    cancel_wanted = Signal()
    keep_wanted = Signal()
    throw_away_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hand")
        self.learn_button = self._button("learn", self.tr("Learn my hand"), self.learn_wanted)
        self.learn_button.setToolTip(
            self.tr("Fine-tune the network that reads on your digits; takes some seconds")
        )
        self.reason = self._quiet("reason")
        self.progress = QProgressBar()
        self.progress.setObjectName("progress")
        self.progress.setAccessibleName(self.tr("Learning your hand"))
        self.progress.setRange(0, 1000)
        self.progress.setFormat(self.tr("Learning… %p%"))
        self.cancel_button = self._button("cancel", self.tr("Cancel"), self.cancel_wanted)
        self.headline = _Wrapped()
        self.headline.setObjectName("headline")
        self.table = QGridLayout()
        self.table.setColumnStretch(0, 1)
        self.table.setHorizontalSpacing(10)
        self.table.setVerticalSpacing(2)
        self.note = self._quiet("note")
        self.keep_button = self._button("keep", self.tr("Keep"), self.keep_wanted)
        self.keep_button.setToolTip(self.tr("Leave this network on the shelf"))
        self.throw_away_button = self._button(
            "throwAway", self.tr("Throw away"), self.throw_away_wanted
        )
        self.throw_away_button.setToolTip(self.tr("Read with the network of before again"))
        ready, learning, result = (QWidget() for _ in range(3))
        row = QHBoxLayout(ready)
        row.addWidget(self.learn_button, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.reason, 1)
        row = QHBoxLayout(learning)
        row.addWidget(self.progress, 1)
        row.addWidget(self.cancel_button)
        column = QVBoxLayout(result)
        column.setSpacing(4)
        column.addWidget(self.headline)
        column.addLayout(self.table)
        column.addWidget(self.note)
        row = QHBoxLayout()
        row.addWidget(self.keep_button)
        row.addWidget(self.throw_away_button)
        column.addLayout(row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        # Of each page, the button that has the focus when the page comes in another's place.
        self._pages = {
            ready: self.learn_button,
            learning: self.cancel_button,
            result: self.keep_button,
        }
        self._ready, self._learning, self._result = ready, learning, result
        for page in self._pages:
            inner = page.layout()
            assert inner is not None
            inner.setContentsMargins(0, 0, 0, 0)
            layout.addWidget(page)
            page.hide()
        self.show_ready("")

    def _button(self, name: str, text: str, wanted: SignalInstance) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.clicked.connect(lambda: wanted.emit())
        return button

    def _quiet(self, name: str) -> _Wrapped:
        label = _Wrapped()
        label.setObjectName(name)
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        return label

    # -- what is shown -------------------------------------------------------------------------

    def show_ready(self, reason: str, problem: str = "") -> None:
        """Offer the button.

        Parameters
        ----------
        reason : str
            Why it is disabled; empty: it is not.
        problem : str
            What went wrong the last time, shown where there is no reason.
        """
        self.learn_button.setEnabled(not reason)
        self.learn_button.setAccessibleDescription(reason)
        self.reason.show_text(reason or problem)
        self._turn_to(self._ready)
        if problem and not reason:
            announce(self, problem)

    def show_progress(self, done: float) -> None:
        """Show how much is done, 0 to 1."""
        self.progress.setValue(round(1000 * done))
        self._turn_to(self._learning)

    def show_result(self, name: str, scores: Scores, left_out: int) -> None:
        """Show what is read correctly before and after, and ask whether to keep the network.

        Parameters
        ----------
        name : str
            Of the network's card.
        scores : Scores
        left_out : int
            How many of the user's digits were neither learned from nor held back.
        """
        self.headline.show_text(self.tr("“{name}” reads now").format(name=name))
        while self.table.count():
            item = self.table.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        self._add_row(self.tr("Read correctly"), self.tr("before → after"), "")
        mine, own, others = scores.mine, scores.own, scores.others
        for text, score, tip in (
            (
                self.tr("Held back ({n})"),
                mine,
                self.tr("Digits of yours that it has never learned from"),
            ),
            (
                self.tr("Learned from ({n})"),
                own,
                self.tr("Digits of yours that it has learned from: others may be read less well"),
            ),
            (
                self.tr("MNIST ({n})"),
                others,
                self.tr("Validation images of MNIST, by many other people"),
            ),
        ):
            if score.n:
                change = _shares(score) if score is others else _counts(score)
                self._add_row(text.format(n=numbers.whole(score.n)), change, tip)
        notes = []
        if not mine.n:
            notes.append(
                self.tr("No digits were held back: it takes six new ones with the same label.")
            )
        if left_out:
            notes.append(self.tr("%Ln older digit(s) were left out.", "", left_out))
        self.note.show_text(" ".join(notes))
        self.note.setVisible(bool(notes))
        self._turn_to(self._result)
        announce(self, self.headline.text())

    def _add_row(self, text: str, change: str, tip: str) -> None:
        row = self.table.rowCount()
        name, value = QLabel(text), QLabel(change)
        if not tip:  # the heading
            name.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            value.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        name.setToolTip(tip)
        value.setToolTip(tip)
        value.setAccessibleName(f"{text}: {change}")
        self.table.addWidget(name, row, 0)
        self.table.addWidget(value, row, 1, Qt.AlignmentFlag.AlignRight)

    def rows(self) -> list[tuple[str, str]]:
        """Return the lines of the result, its heading first."""
        texts = []
        for row in range(self.table.rowCount()):
            cells = [self.table.itemAtPosition(row, column) for column in (0, 1)]
            labels = [cell.widget() for cell in cells if cell is not None]
            texts.append([label.text() for label in labels if isinstance(label, QLabel)])
        return [(name, value) for name, value in (each for each in texts if len(each) == 2)]

    def _turn_to(self, page: QWidget) -> None:
        """Show one page instead of another."""
        if not page.isHidden():
            return
        focused = QApplication.focusWidget()
        had_focus = focused is not None and self.isAncestorOf(focused)
        for other in self._pages:
            other.setVisible(other is page)
        if had_focus:
            self._pages[page].setFocus()


def _counts(score: Score) -> str:
    before, after = score.n - score.before, score.n - score.after
    return f"{numbers.whole(before)} → {numbers.whole(after)}"


def _shares(score: Score) -> str:
    before, after = (1 - errors / score.n for errors in (score.before, score.after))
    return f"{numbers.percent(before, 2)} → {numbers.percent(after, 2)}"
