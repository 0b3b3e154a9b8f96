"""The first look at a file."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from digitpad.data.files import first_bytes
from digitpad.errors import DigitpadError


def test_first_bytes_look_into_gzip(tmp_path: Path) -> None:
    path = tmp_path / "thing"
    path.write_bytes(b"0123456789" * 20)
    assert first_bytes(path, 5) == b"01234"
    path.write_bytes(gzip.compress(b"0123456789" * 20))
    assert first_bytes(path, 5) == b"01234"
    path.write_bytes(b"\x1f\x8b\xff\xff\xff")
    with pytest.raises(DigitpadError, match="is a damaged gzip file"):
        first_bytes(path)
