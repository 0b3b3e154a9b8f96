"""Write files that survive a crash, a full disk and a second window.

`append` adds to the end with one write; `replacing` and `replace` put a new file in the old one's
place in one step; `locked` keeps other windows and processes from doing either meanwhile, and
`Hold` does so for as long as a process lives.
"""

from __future__ import annotations

import errno
import glob
import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from digitpad.errors import DigitpadError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_SECONDS = 5.0  # to wait for another window, which needs some milliseconds
_TEMPORARY = ".part"
_STALE_SECONDS = 3600.0
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
        while not try_lock(handle):
            if time.monotonic() > deadline:
                raise DigitpadError(
                    f"“{path.name}” is in use by another program: close it, or try again."
                )
            time.sleep(0.01)
        yield
    finally:
        os.close(handle)  # which unlocks it


def try_lock(handle: int, *, shared: bool = False) -> bool:
    """Lock an open file until it is closed; return whether nobody else has.

    Where the system can, shared locks only exclude one that is not shared.
    """
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except OSError as error:
        # Some network drives know no locks. There, a lone window must still be able to write.
        return error.errno not in _BUSY
    return True


class Hold:
    """A lock that a process keeps for long; the system releases it when the process ends.

    Parameters
    ----------
    path : Path
        The lock file, which is made if it is not there. It contains the number of the process.
    seconds : float
        How long to wait for whoever holds it.

    Raises
    ------
    BlockingIOError
        If another process, or this one, still holds it then.
    OSError
        If there cannot be a lock file.
    """

    def __init__(self, path: Path, seconds: float = 1.0) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + seconds
        while not try_lock(self._handle):
            if time.monotonic() >= deadline:
                self.release()
                raise BlockingIOError(errno.EAGAIN, "it is in use by another program", str(path))
            time.sleep(0.01)
        with suppress(OSError):  # on a full disk, the lock is what matters
            os.ftruncate(self._handle, 0)
            os.write(self._handle, str(os.getpid()).encode())

    def release(self) -> None:
        """Let others have it."""
        os.close(self._handle)


def is_held(path: Path) -> bool:
    """Return whether a process holds the lock file of `Hold`."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        # Shared, so that two who look at the same time do not take each other for a holder.
        return not try_lock(handle, shared=True)
    finally:
        os.close(handle)


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


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a file anew; whatever happens, there is either the old one or the whole new one.

    The content goes into a temporary file beside it, which takes its place in one step once it is
    on the disk. Temporary files that an earlier crash left there are removed.

    Yields
    ------
    binary file
        To write the new content to.

    Raises
    ------
    OSError
        If it cannot be written, or is something else than a regular file.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    _check_replaceable(path)
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=_TEMPORARY, delete=False
        ) as file:
            temporary = Path(file.name)
            yield file  # type: ignore[misc]
            file.flush()
            os.fsync(file.fileno())
        # Temporary files are private; the new file is as readable as the old one, or as any other.
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        os.replace(temporary, path)
        temporary = None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)
    _remove_stale(path)


def rehearse(path: Path) -> None:
    """Do what `replacing` does but leave everything as it was, to find out whether it can be done.

    Raises
    ------
    OSError
        If the file could not be written.
    """
    path = Path(os.path.realpath(path))
    _check_replaceable(path)
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", suffix=_TEMPORARY
    ) as file:
        file.write(b"\0")


def _check_replaceable(path: Path) -> None:
    """Refuse what a new file in its place would destroy: a device, a folder, a read-only file."""
    if path.is_symlink():  # `realpath` follows every link but those that lead to themselves
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if not path.exists():
        return
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "Not a regular file")
    if not mode & 0o222:  # asked of the file, since root may write to any
        raise OSError(errno.EACCES, "Read-only file")


def replace(path: Path, data: bytes) -> None:
    """Write a file anew as `replacing` does.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with replacing(path) as file:
        file.write(data)


def _umask() -> int:
    # There is no way to ask but to set it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Bring the file's new name to the disk too, where the system can."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove_stale(path: Path) -> None:
    """Remove temporary files that a crash left: those that nobody has written to for an hour."""
    oldest = time.time() - _STALE_SECONDS
    for left in path.parent.glob(f".{glob.escape(path.name)}.*{_TEMPORARY}"):
        with suppress(OSError):
            if left.stat().st_mtime < oldest:
                left.unlink()
