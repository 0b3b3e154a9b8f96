"""Keeps on the disk what a crash or the end of the desktop's session would lose.

Each running window has a place of its own in the folder, “page-1” and so on, which it locks. Files
in a place that nobody locks were left by a crash: the next window that starts takes the place and
brings the page back.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from digitpad.app.recovery import page_file
from digitpad.app.session import Session
from digitpad.errors import DigitpadError
from digitpad.files import writing

_SAVE_AFTER = 1000  # milliseconds after a change
_MAX_WINDOWS = 64


class Recovery(QObject):
    """One session's place.

    Parameters
    ----------
    session : Session
    folder : Path
        Need not exist. Without a place in it (a full disk, no rights), nothing is kept.
    """

    def __init__(self, session: Session, folder: Path) -> None:
        super().__init__(session)
        self._session = session
        self._page: Path | None = None
        self._model: Path | None = None
        self._lock: int | None = None
        self._take_place(folder)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SAVE_AFTER)
        self._timer.timeout.connect(self._save_page)
        session.strokes_changed.connect(self._changed)

    def _take_place(self, folder: Path) -> None:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        for number in range(1, _MAX_WINDOWS):
            try:
                lock = os.open(folder / f"page-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            except OSError:
                return
            if writing.try_lock(lock):  # until the process ends, however that happens
                self._lock = lock
                self._page = folder / f"page-{number}.npz"
                self._model = folder / f"unsaved-{number}.npz"
                return
            os.close(lock)

    def restore(self, *, with_model: bool = True) -> None:
        """Bring back what an earlier window left here, if it did not end as it should."""
        if self._page is None or self._model is None:
            return
        with suppress(OSError):
            if self._page.stat().st_size <= page_file.MAX_BYTES:
                history = page_file.from_bytes(self._page.read_bytes())
                if history is not None:
                    self._session.restore_history(history)
        if with_model and self._model.is_file():
            with suppress(DigitpadError):
                self._session.open_unsaved(self._model)

    def _changed(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _save_page(self) -> None:
        if self._page is not None:
            with suppress(OSError):
                writing.replace(self._page, page_file.to_bytes(self._session.history))

    def save(self) -> None:
        """Keep the page, and the model if it has unsaved training: the program has to end."""
        self._timer.stop()
        self._save_page()
        if self._model is not None and self._session.modified:
            with suppress(DigitpadError):
                self._session.save_copy(self._model)

    def discard(self) -> None:
        """Keep nothing: the user has closed the window."""
        self._timer.stop()
        self._session.strokes_changed.disconnect(self._changed)
        for path in (self._page, self._model):
            if path is not None:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
