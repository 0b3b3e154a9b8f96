"""What people have instead of a data set or a model: arrays in the formats of other programs."""

from __future__ import annotations

from pathlib import Path

from digitpad.files import reading

_FORMATS = {
    b"\x80": "a Python pickle, which can run code when it is loaded",
    b"\x89HDF": "an HDF5 file",
    b"MATLAB": "a MATLAB file",
}


def foreign_format(path: Path) -> str | None:
    """Return what a file is if it begins as such a format does, as a phrase; otherwise None.

    Raises
    ------
    DigitpadError
        If it cannot be read.
    """
    start = reading.first_bytes(path, 8)
    return next((what for magic, what in _FORMATS.items() if start.startswith(magic)), None)
