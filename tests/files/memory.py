"""How much memory a reader takes, measured in a process that has done nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

needs_resource = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows does not report the largest memory of a process"
)

_CODE = """
import importlib, resource, sys
from digitpad.errors import DigitpadError
name, function, path = sys.argv[1:]
read = getattr(importlib.import_module(name), function)
def peak():
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open("/proc/self/status") as status:  # there, ru_maxrss begins with the parent's
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
before = peak()
try:
    read(path)
    message = ""
except DigitpadError as error:
    message = str(error)
print(peak() - before)
print(message)
"""


def read_elsewhere(reader: str, path: Path) -> tuple[str, float]:
    """Read a file in a process of its own.

    Parameters
    ----------
    reader : str
        Such as “digitpad.drawing.strokes:read_strokes”.

    Returns
    -------
    message : str
        Of the DigitpadError; empty if the file was read.
    mib : float
        By how much the process grew.
    """
    result = subprocess.run(
        [sys.executable, "-c", _CODE, *reader.split(":"), str(path)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONIOENCODING": "utf-8"},
        timeout=120,
    )
    assert result.stderr == ""
    size, message = result.stdout.split("\n", 1)
    return message.strip(), int(size) / (1 << 20 if sys.platform == "darwin" else 1 << 10)
