"""Every format that a model can be exported to, by its file's suffix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from digitpad.errors import DigitpadError
from digitpad.export.architecture import svg
from digitpad.export.onnx_file import onnx_bytes
from digitpad.export.web_page import web_page
from digitpad.files import writing
from digitpad.nn.model_file import Model

FORMATS: dict[str, Callable[[Model], bytes]] = {
    ".html": lambda model: web_page(model).encode(),
    ".svg": lambda model: svg(model.network).encode(),
    ".onnx": onnx_bytes,
}


def write(path: Path, data: bytes) -> None:
    """Write an exported file; the old one stays if that fails.

    Raises
    ------
    DigitpadError
        If it cannot be written.
    """
    try:
        writing.replace(path, data)
    except OSError as error:
        raise DigitpadError(
            f"“{path}” cannot be written ({error.strerror or error}): choose another place."
        ) from None
