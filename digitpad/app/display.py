"""Whether a window can be opened here, and what to do if not.

Qt ends the whole process when it cannot reach the display or load its plugin, so it is tried in a
process of its own first.
"""

from __future__ import annotations

import os
import re
import sys

_DEBIAN = (
    "libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libglib2.0-0 libxkbcommon-x11-0 "
    "libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-shape0 "
    "libwayland-cursor0 libwayland-egl1"
)
_FEDORA = (
    "libglvnd-egl libglvnd-glx libxkbcommon dbus-libs fontconfig glib2 libxkbcommon-x11 "
    "xcb-util-cursor xcb-util-wm xcb-util-image xcb-util-keysyms xcb-util-renderutil "
    "libwayland-cursor libwayland-egl"
)
_INSTALL = f"""\
Install what Qt needs, on Debian and Ubuntu with
  sudo apt install {_DEBIAN}
on Fedora with
  sudo dnf install {_FEDORA}"""


def problem() -> str:
    """Return why no window can be opened and what to do about it; nothing if one can."""
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        return _of_import(error)
    if not hasattr(os, "fork") or sys.platform == "darwin":
        return ""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        _try(QApplication, write_end)
    os.close(write_end)
    # Meanwhile import what the window needs anyway, so that the trial costs no time.
    import digitpad.app.main_window  # noqa: F401

    with os.fdopen(read_end, errors="replace") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return "" if status == 0 else _of_qt(said)


def _try(application: type, stderr: int) -> None:
    """Start Qt in a forked process, which ends here; what it complains of goes to `stderr`."""
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # abort() is expected, not a crash
        for output in (1, 2):
            os.dup2(stderr, output)
        os.environ["QT_DEBUG_PLUGINS"] = "1"  # otherwise Qt does not say which library is missing
        application(["digitpad"])
    except BaseException:
        os._exit(1)
    os._exit(0)


def _of_import(error: ImportError) -> str:
    """Return what it means that Qt cannot be imported."""
    missing = re.search(r"([\w.+-]+\.so[\w.]*)", str(error))
    if isinstance(error, ModuleNotFoundError):
        return (
            "The window needs PySide6, which is not installed: install it with “python -m pip "
            "install PySide6-Essentials”."
        )
    if missing:
        return _missing(missing[1])
    return f"The window's library, Qt, cannot be loaded ({error}). {_INSTALL}"


def _of_qt(said: str) -> str:
    """Return what Qt's own complaint means."""
    place = ", ".join(
        f"{name}={os.environ[name]}"
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
        if os.environ.get(name)
    )
    missing = re.search(r"Cannot load library \S*/platforms/\S+: \(?(lib[^\s:]+):", said)
    if missing:
        return _missing(missing[1])
    if re.search(r"could not connect to display|Failed to create wl_display", said):
        return (
            f"The display cannot be reached ({place}): start digitpad in a graphical session, or "
            "set DISPLAY or WAYLAND_DISPLAY to one that you may use (ssh needs its option -X)."
        )
    if "Could not find the Qt platform plugin" in said:
        return f"Qt cannot open a window here ({place}): unset QT_QPA_PLATFORM."
    detail = [line for line in said.splitlines() if line and not line.startswith("qt.core")]
    return f"Qt cannot start here ({place}). {_INSTALL}\nQt says: {' '.join(detail)[-300:]}"


def _missing(library: str) -> str:
    return f"The window needs the system library {library}, which is missing. {_INSTALL}"
