"""`digitpad` and `digitpad app`: open the window, or say why there cannot be one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from digitpad import paths
from digitpad.errors import DigitpadError


def open_window(model: Path | None) -> int:
    """Open the window and return its exit code.

    Raises
    ------
    DigitpadError
        If there is no display, Qt cannot start, or the model cannot be opened.
    """
    if not _has_display():
        raise DigitpadError(
            "There is no display to open a window on: start digitpad in a graphical session, set "
            "DISPLAY or WAYLAND_DISPLAY to one, or use “digitpad predict” (ssh needs its "
            "option -X)."
        )
    from digitpad.app import display

    problem = display.problem()
    if problem:
        raise DigitpadError(problem)
    from digitpad import app

    # Otherwise a file such as socket.py in the present folder would break the training's process.
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    return app.main(model)


def open_window_or_read_examples(model: Path | None) -> int:
    """Open the window or, where there is no display, read the examples in the terminal.

    Raises
    ------
    DigitpadError
        If Qt cannot start, the model cannot be opened, or the examples are missing.
    """
    if _has_display():
        return open_window(model)
    folder = paths.resources() / "examples"
    examples = sorted(path for path in folder.glob("*") if path.suffix not in (".md", ".txt"))
    if not examples:
        raise DigitpadError(f"The examples in “{folder}” are missing: install digitpad again.")
    print(
        "There is no display to open the window on (see “digitpad app”). Here is how the\n"
        "network reads the examples that come with digitpad:\n",
        flush=True,
    )
    from digitpad.cli import predict

    return predict.predict(examples, model, few=len(examples) * 100)


def _has_display() -> bool:
    """Return whether there may be a screen; there always is, except on Linux and its kin."""
    return sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    )
