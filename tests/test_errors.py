"""A message is one line of a length that can be read, whatever it quotes."""

from __future__ import annotations

from pathlib import Path

import pytest

from digitpad.errors import DigitpadError
from digitpad.experiments import specification


def test_a_file_cannot_break_the_line_of_a_message(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text('preset = "a\\n\\u001b[31mb\\u2028c"\n')
    with pytest.raises(DigitpadError) as refused:
        specification.from_dict(specification.read_toml(file))
    assert "“a  [31mb c”" in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_long_message_keeps_its_beginning_and_its_remedy() -> None:
    text = str(DigitpadError(f"There is no “{'x' * 10_000_000}”: choose another."))
    assert text.startswith("There is no “x")
    assert text.endswith("”: choose another.")
    assert len(text) < 2_100
