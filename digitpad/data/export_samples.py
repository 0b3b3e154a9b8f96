"""Labelled drawings as files: a stroke file, an `.npz` archive or MNIST's IDX files."""

from __future__ import annotations

import gzip
import io
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from digitpad.data.dataset import of_samples
from digitpad.drawing.pen import SIDE
from digitpad.drawing.strokes import Sample, to_line
from digitpad.errors import DigitpadError
from digitpad.files import writing


def export(samples: Sequence[Sample], path: Path) -> list[Path]:
    """Write labelled drawings as the file's name says, and return the files.

    Parameters
    ----------
    samples : sequence of Sample
        With labels.
    path : Path
        ….npz: arrays images (n, 28, 28) uint8 and labels (n,); a name with “images” and “ubyte” as
        MNIST's: that IDX file and, beside it, the one of labels; anything else: a stroke file.
        Stroke and IDX files are gzipped if the name ends in .gz.

    Raises
    ------
    DigitpadError
        If there is nothing to write, or a file cannot be written; each is then as it was.
    """
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
    name = path.name
    if path.suffix.lower() == ".npz":
        data = of_samples(samples, path.name)
        archive = io.BytesIO()
        np.savez_compressed(
            archive, images=data.images.reshape(-1, SIDE, SIDE), labels=data.labels.astype(np.uint8)
        )
        return {path: archive.getvalue()}
    if "images" in name and "ubyte" in name:
        data = of_samples(samples, path.name)
        labels = data.labels.astype(np.uint8)
        labels_path = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
        images_header = struct.pack(">4I", 0x803, len(data), SIDE, SIDE)
        labels_header = struct.pack(">2I", 0x801, len(data))
        return {
            path: _packed(path, images_header + data.images.tobytes()),
            labels_path: _packed(labels_path, labels_header + labels.tobytes()),
        }
    return {path: _packed(path, b"".join(map(to_line, samples)))}


def _packed(path: Path, data: bytes) -> bytes:
    return gzip.compress(data, mtime=0) if path.suffix.lower() == ".gz" else data
