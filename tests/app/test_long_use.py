"""A short version of the benchmark of long use: nothing that it counts may grow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_threads_descriptors_and_widgets_stay_the_same() -> None:
    times = {"strokes": 500, "trainings": 5, "loads": 20}
    options = {**times, "warm-up": 100, "first-trainings": 2, "megabytes": 1000}
    result = subprocess.run(
        [
            *(sys.executable, str(ROOT / "benchmarks" / "long_use.py")),
            *(f"--{name}={value}" for name, value in options.items()),
        ],
        env=os.environ | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    rows = [line.split(" | ") for line in result.stdout.splitlines()[2:]]
    assert [row[:2] for row in rows] == [
        ["| strokes", "500"],
        ["| trainings", "5"],
        ["| models opened", "20"],
    ]
