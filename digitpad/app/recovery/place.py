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
                return
            os.close(lock)

    def restore(self) -> None:
        """Bring back the page that an earlier window left here, if it did not end as it should."""
        if self._page is None:
            return
        with suppress(OSError):
            if self._page.stat().st_size <= page_file.MAX_BYTES:
                undo_stack = page_file.from_bytes(self._page.read_bytes())
                if undo_stack is not None:
                    self._session.restore(undo_stack)

    def _changed(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _save_page(self) -> None:
        if self._page is not None:
            with suppress(OSError):
                writing.replace(self._page, page_file.to_bytes(self._session.undo_stack))

    def save(self) -> None:
        """Keep the page: the program has to end."""
        self._timer.stop()
        self._save_page()

    def discard(self) -> None:
        """Keep nothing: the user has closed the window."""
        self._timer.stop()
        self._session.strokes_changed.disconnect(self._changed)
        if self._page is not None:
            with suppress(OSError):
                self._page.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
