"""A file is told by its content first, by its name only where that says nothing."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitpad.data.kinds import kind_of
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from tests.data.examples import IMAGES, LABELS


def idx() -> bytes:
    return b"\0\0\x08\x03" + bytes(12)


def npz(*arrays: Any, **named: Any) -> bytes:
    content = io.BytesIO()
    np.savez(content, *arrays, **named)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.jsonl", b"", "strokes"),
        ("a.JSONL.gz", b"", "strokes"),
        ("a.json", b'\xef\xbb\xbf  {"strokes": []}', "strokes"),
        ("a.txt", gzip.compress(b'{"strokes": []}', mtime=0), "strokes"),
        ("a.npz", b"PK\x03\x04", "npz"),
        ("a.npz", b"broken", "npz"),
        ("a", b"PK\x03\x04", "npz"),
        ("a", idx(), "idx"),
        ("a.gz", gzip.compress(idx(), mtime=0), "idx"),
        ("a-ubyte", b"", "idx"),
        ("a", npz(images=IMAGES, labels=LABELS), "npz"),
        ("a", npz(IMAGES, LABELS), "npz"),
        ("a", npz(weights_1=np.zeros((10, 784)), biases_1=np.zeros(10)), "model"),
        ("a", npz(np.zeros((784, 10)), np.zeros(10)), "model"),
        ("a.jsonl", b'{"sizes": [784, 10], "weights": [', "model"),
        ("a.json", b'{ "biases": [', "model"),
        ("a", '{"label": 1, "strokes": []}'.encode("utf-16"), "strokes"),
        ("a.txt", '{"strokes": []}'.encode("utf-16-le"), "strokes"),
        ("a", b"\x93NUMPY\x01\0", "npy"),
        ("x.npy", b"", "npy"),
        ("a", b"label,pixel0,pixel1", "csv"),
        ("a.txt", b"7" + 784 * b",0", "csv"),
        ("a.CSV", b"whatever", "csv"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "picture"),
        ("a.ico", b"\0\0\x01\0", "picture"),
        ("a", b"whatever", "picture"),
        ("a", b"", "picture"),
    ],
)
def test_what_a_file_is(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert kind_of(path) == kind
    assert kind_of(tmp_path) == "folder"


def test_the_model_that_ships_is_a_model(tmp_path: Path) -> None:
    model_file.save(tmp_path / "m", Model(Network((784, 10))))
    assert kind_of(tmp_path / "m") == "model"
