"""Small files that survive a crash, a full disk and a second window.

`append` adds to the end with one write; `replace` puts a new file in the old one's place in one
step; `locked` keeps other windows and processes from doing either meanwhile.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from digitpad.errors import DigitpadError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_SECONDS = 5.0  # to wait for another window, which needs some milliseconds
_BUSY = {errno.EACCES, errno.EAGAIN, errno.EDEADLK, errno.EWOULDBLOCK}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Be the only one to change a file, among those who ask; a lock file lies beside it.

    Raises
    ------
    DigitpadError
        If another program keeps the lock for 5 seconds.
    OSError
        If there cannot be a lock file.
    """
    handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + _SECONDS
        while not _try_lock(handle):
            if time.monotonic() > deadline:
                raise DigitpadError(
                    f"“{path.name}” is in use by another program: close it, or try again."
                )
            time.sleep(0.01)
        yield
    finally:
        os.close(handle)  # which unlocks it


def _try_lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Some network drives know no locks. There, a lone window must still be able to write.
        return error.errno not in _BUSY
    return True


def append(path: Path, data: bytes) -> None:
    """Add data to the end of a file, which need not exist; on return it is on the disk.

    Raises
    ------
    OSError
        If it cannot be written; the file is then as it was.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags, 0o666)
    try:
        size = os.fstat(handle).st_size
        try:
            written = os.write(handle, data)
            while written < len(data):  # a signal or a nearly full disk
                written += os.write(handle, data[written:])
            os.fsync(handle)
        except OSError:
            with suppress(OSError):
                os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)


def replace(path: Path, data: bytes) -> None:
    """Write a file; whatever happens, there is either the old one or the whole new one.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
        temporary = None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
