"""Each test and program that docs/reliability.md names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_line_is_held_by_something_that_exists() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    table = text.partition("## What holds it")[2]
    rows = [line for line in table.splitlines() if line.startswith("| ") and len(line) > 5]
    assert len(rows) > 40
    for row in rows:
        what, held = row.strip("| ").split(" | ")
        assert what
        for part in held.split("; "):
            (link,) = re.findall(r"\]\(\.\./([^)]+)\)", part)
            source = (ROOT / link).read_text(encoding="utf-8")
            names = re.findall(r"`(test_\w+)`", part)
            assert bool(names) == link.startswith("tests/"), part
            for name in names:
                assert f"\ndef {name}(" in source, f"{name} is not in {link}"
