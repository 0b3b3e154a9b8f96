"""Labelled drawings as files: a stroke file, an `.npz` archive or MNIST's IDX files."""

from __future__ import annotations

import gzip
import io
import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from digitpad.data.dataset import of_samples
from digitpad.drawing.pen import SIDE
from digitpad.drawing.strokes import SUFFIXES, Sample, to_line
from digitpad.errors import DigitpadError
from digitpad.files import writing

IMAGES_ENDING = "-images-idx3-ubyte"
"""How the name of an IDX file of images ends; that of labels lies beside it."""


def format_of(path: Path) -> Literal["strokes", "npz", "idx"] | None:
    """Return what a file's name asks for; None if it says nothing."""
    name = path.name.lower()
    if name.endswith(SUFFIXES):
        return "strokes"
    if name.endswith(".npz"):
        return "npz"
    return "idx" if "images" in name and "ubyte" in name else None


def files_of(path: Path) -> list[Path]:
    """Return the files that `export` writes under this name."""
    if format_of(path) == "idx":
        labels = re.sub("idx3", "idx1", re.sub("images", "labels", path.name, flags=re.I))
        return [path, path.with_name(labels)]
    return [path]


def export(samples: Sequence[Sample], path: Path) -> list[Path]:
    """Write labelled drawings as the file's name says, and return the files.

    Parameters
    ----------
    samples : sequence of Sample
        Those without a label are left out of all but a stroke file.
    path : Path
        ….npz: arrays images (n, 28, 28) uint8 and labels (n,); a name with “images” and “ubyte” as
        MNIST's: that IDX file and, beside it, the one of labels; anything else: a stroke file.
        Stroke and IDX files are gzipped if the name ends in .gz.

    Raises
    ------
    DigitpadError
        If there is nothing to write, or a file cannot be written; each is then as it was.
    """
    if format_of(path) in ("npz", "idx"):
        samples = [sample for sample in samples if sample.label is not None]
    if not samples:
        raise DigitpadError("There are no digits to save: draw some first.")
    contents = _contents(samples, path)
    for target, data in contents.items():
        try:
            writing.replace(target, data)
        except OSError as error:
            raise DigitpadError(
                f"“{target}” cannot be written ({error.strerror or error}): choose another place."
            ) from None
    return list(contents)


def _contents(samples: Sequence[Sample], path: Path) -> dict[Path, bytes]:
    kind = format_of(path)
    if kind not in ("npz", "idx"):
        return {path: _packed(path, b"".join(map(to_line, samples)))}
    data = of_samples(samples, path.name)
    labels = data.labels.astype(np.uint8)
    if kind == "npz":
        archive = io.BytesIO()
        np.savez_compressed(archive, images=data.images.reshape(-1, SIDE, SIDE), labels=labels)
        return {path: archive.getvalue()}
    images_header = struct.pack(">4I", 0x803, len(data), SIDE, SIDE)
    labels_header = struct.pack(">2I", 0x801, len(data))
    contents = (images_header + data.images.tobytes(), labels_header + labels.tobytes())
    return {
        target: _packed(target, content)
        for target, content in zip(files_of(path), contents, strict=True)
    }


def _packed(path: Path, data: bytes) -> bytes:
    return gzip.compress(data, mtime=0) if path.suffix.lower() == ".gz" else data
