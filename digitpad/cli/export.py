"""`digitpad export`: a model goes in; a web page, a picture of the network or an ONNX file out."""

from __future__ import annotations

import argparse
from pathlib import Path

from digitpad.errors import DigitpadError

DESCRIPTION = """\
Write a model for use outside digitpad.

--web writes one page with a canvas that reads digits as digitpad does, in any
browser. It holds the weights, needs no server and fetches nothing.
--svg draws the network with its weights. Wide layers are drawn in part.
--onnx writes the network for other programs: (n, 784) float32 images go in,
(n, 10) activations come out. It needs the extra “onnx”."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--model", type=Path, metavar="FILE", help="the model (default: the one that ships)"
    )
    for name, what in (("web", "a web page"), ("svg", "a picture"), ("onnx", "an ONNX file")):
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"write {what}")


def export(
    model_path: Path | None,
    *,
    web: Path | None = None,
    svg: Path | None = None,
    onnx: Path | None = None,
) -> int:
    """Write the files that are asked for, and return 0.

    Parameters
    ----------
    model_path : Path or None
        The model; None: the one that ships.
    web, svg, onnx : Path, optional
        Where to write each.

    Raises
    ------
    DigitpadError
        If none is asked for, the model cannot be read or exported, or a file cannot be written.
    """
    if web is None and svg is None and onnx is None:
        raise DigitpadError(
            "Choose what to write, such as “digitpad export --web page.html” (see digitpad export "
            "--help)."
        )
    from digitpad.export.formats import FORMATS, write
    from digitpad.nn import model_file

    model = model_file.shipped() if model_path is None else model_file.load(model_path)
    wanted = ((web, ".html"), (svg, ".svg"), (onnx, ".onnx"))
    # All of them first, so that nothing is written if one cannot be made.
    files = [(path, FORMATS[suffix](model)) for path, suffix in wanted if path is not None]
    for path, data in files:
        write(path, data)
        print(f"{path}: {len(data) / 1e6:.1f} MB")
    return 0
