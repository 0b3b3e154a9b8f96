"""Measure what files cost that were made to cost much: processor time and memory.

    python benchmarks/hostile_files.py [--only WORD]

Each file is written to a temporary folder and read in a process of its own. Prints a table in
Markdown; docs/reliability.md has its figures.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

_STROKES = "digitpad.drawing.strokes:read_strokes"
_DATA = "digitpad.data.dataset:load"
_MODEL = "digitpad.nn.model_file:load"
_STATE = "digitpad.training.state:TrainingState.load"
_PICTURE = "digitpad.drawing.photo:to_image"

_MEASURE = """
import functools, importlib, sys, time
from digitpad.errors import DigitpadError
def memory(what):  # ru_maxrss would begin with that of the parent
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(what))
module, name = sys.argv[1].split(":")
read = functools.reduce(getattr, name.split("."), importlib.import_module(module))
before = memory("VmRSS")
begun, outcome = time.process_time(), "read"
try:
    read(sys.argv[2])
except DigitpadError as error:
    outcome = "refused: " + str(error)
print(time.process_time() - begun)
print((memory("VmHWM") - before) / 1024)
print(outcome)
"""


def _lines(line: str, size: int) -> bytes:
    return (line + "\n").encode() * max(1, size // (len(line) + 1))


def _npz(compressed: bool, **arrays: np.ndarray) -> bytes:
    content = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(content, allow_pickle=True, **arrays)
    return content.getvalue()


def _padded_npz(size: int) -> bytes:
    """Return an archive that is mostly zeros, and as large as its zeros may be unpacked."""
    content = io.BytesIO()
    images = io.BytesIO()
    np.save(images, np.zeros((size // 6272, 784), np.float64))
    labels = io.BytesIO()
    np.save(labels, np.zeros(size // 6272, np.uint8))
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", images.getvalue())
        archive.writestr("labels.npy", labels.getvalue())
        archive.writestr("noise", np.random.default_rng(0).bytes(size // 50), zipfile.ZIP_STORED)
    return content.getvalue()


def _layers(**metadata: object) -> dict[str, np.ndarray]:
    layers = {"weights_1": np.zeros((10, 784), np.float32), "biases_1": np.zeros(10, np.float32)}
    return layers | {"metadata": np.array(json.dumps(metadata))}


def _picture(kind: str, side: int, mode: str = "L") -> bytes:
    content = io.BytesIO()
    Image.new(mode, (side, side)).save(content, kind)
    return content.getvalue()


def _animation(kind: str, side: int, frames: int) -> bytes:
    content = io.BytesIO()
    more = [Image.new("L", (side, side), 1 + number % 2) for number in range(frames - 1)]
    Image.new("L", (side, side)).save(content, kind, save_all=True, append_images=more)
    return content.getvalue()


def _deep_network() -> bytes:
    """Return a model of very many layers of one neuron."""
    arrays = {"weights_1": np.ones((1, 784), np.float32), "biases_1": np.ones(1, np.float32)}
    for number in range(2, 99):
        arrays |= {
            f"weights_{number}": np.ones((1 if number < 98 else 10, 1), np.float32),
            f"biases_{number}": np.ones(1 if number < 98 else 10, np.float32),
        }
    return _npz(False, **arrays)


_MB = 1_000_000
_CSV_LINE = "7" + ",0" * 784


def files() -> dict[str, tuple[str, str, Callable[[], bytes]]]:
    """Return each file's description: its reader, its name, and what makes its content."""
    one_points = '{"strokes":[' + 9_999 * "[[1,2]]," + "[[1,2]]]}"
    other_keys = '{{"strokes":[],"a":[{}[]]}}'
    return {
        "strokes: gzipped samples of 99,999 strokes of one point": (
            *(_STROKES, "a.jsonl.gz"),
            lambda: gzip.compress(
                90 * (b'{"strokes":[' + 99_999 * b"[[1,2]]," + b"[]]}\n"), mtime=0
            ),
        ),
        "strokes: samples of 10,000 strokes of one point": (
            *(_STROKES, "a.jsonl"),
            lambda: _lines(one_points, 100 * _MB),
        ),
        "strokes: samples of 100 strokes of one point": (
            *(_STROKES, "a.jsonl"),
            lambda: _lines('{"strokes":[' + 99 * "[[1,2]]," + "[[1,2]]]}", 100 * _MB),
        ),
        "strokes: 256 MiB of line ends, gzipped": (
            *(_STROKES, "a.jsonl.gz"),
            lambda: gzip.compress(b"\n" * (256 << 20), mtime=0),
        ),
        "strokes: 200 gzipped samples of 90,000 points": (
            *(_STROKES, "a.jsonl.gz"),
            lambda: gzip.compress(
                _lines('{"strokes":[[' + 89_999 * "[1,2]," + "[1,2]]]}", 108 * _MB), mtime=0
            ),
        ),
        "strokes: 300,000 empty gzip members": (
            *(_STROKES, "a.jsonl.gz"),
            lambda: 300_000 * gzip.compress(b"", mtime=0),
        ),
        "strokes: 80 samples of 90,000 points": (
            *(_STROKES, "a.jsonl"),
            lambda: _lines('{"strokes":[[' + 89_999 * "[1,2]," + "[1,2]]]}", 80 * 540_010),
        ),
        "strokes: a million samples without strokes": (
            *(_STROKES, "a.jsonl"),
            lambda: _lines('{"strokes":[]}', 15 * _MB),
        ),
        "strokes: a million samples of two points": (
            *(_STROKES, "a.jsonl"),
            lambda: _lines('{"strokes":[[[1,2],[3,4]]]}', 28 * _MB),
        ),
        "strokes: samples of a million lists in another key": (
            *(_STROKES, "a.jsonl"),
            lambda: _lines(other_keys.format(1_000_000 * "[],"), 200 * _MB),
        ),
        "strokes: samples of 2,000 lists in another key": (
            *(_STROKES, "a.jsonl"),
            lambda: _lines(other_keys.format(2_000 * "[],"), 200 * _MB),
        ),
        "CSV: pixels of 0, gzipped": (
            *(_DATA, "a.csv.gz"),
            lambda: gzip.compress(_lines(_CSV_LINE, 260 * _MB), mtime=0),
        ),
        "CSV: 200 MB of pixels of 0": (*(_DATA, "a.csv"), lambda: _lines(_CSV_LINE, 200 * _MB)),
        "CSV: 200 MB of line ends": (
            *(_DATA, "a.csv"),
            lambda: _lines(_CSV_LINE, 1) + 200 * _MB * b"\n",
        ),
        "JSON model: 60 MB of empty lists": (
            *(_MODEL, "a.json"),
            lambda: b'{"weights":[' + 20 * _MB * b"[]," + b'[]],"biases":[]}',
        ),
        "JSON model: 15 MB of empty lists": (
            *(_MODEL, "a.json"),
            lambda: b'{"weights":[' + 5 * _MB * b"[]," + b'[]],"biases":[]}',
        ),
        ".npz: zeros, 1 MB packed": (
            *(_DATA, "a.npz"),
            lambda: _npz(True, images=np.zeros((130_000, 784)), labels=np.zeros(130_000, np.uint8)),
        ),
        ".npz: a GB of zeros beside 20 MB of noise": (
            *(_DATA, "a.npz"),
            lambda: _padded_npz(1_000 * _MB),
        ),
        ".npz: labels as text of 300 MB": (
            *(_DATA, "a.npz"),
            lambda: _npz(
                False,
                images=np.zeros((100, 784), np.uint8),
                labels=np.full(100, "7" * 750_000),
            ),
        ),
        "model: metadata of a million lists": (
            *(_MODEL, "a.npz"),
            lambda: _npz(False, **_layers(history=[[] for _ in range(1_000_000)])),
        ),
        "model: metadata of 270,000 keys": (
            *(_MODEL, "a.npz"),
            lambda: _npz(False, **_layers(history=[{str(k): k for k in range(900)}] * 300)),
        ),
        "model: 98 layers": (*(_MODEL, "a.npz"), _deep_network),
        "training's state: a million lists": (
            *(_STATE, "a.npz"),
            lambda: _npz(
                False, **_layers(), state_values=np.array(json.dumps({"a": [[]] * 1_000_000}))
            ),
        ),
        "picture: PNG of 25 million pixels": (
            *(_PICTURE, "a.png"),
            lambda: _picture("PNG", 5_000),
        ),
        "picture: PNG of 60 million pixels": (
            *(_PICTURE, "a.png"),
            lambda: _picture("PNG", 7_746),
        ),
        "picture: WebP of 25 million pixels": (
            *(_PICTURE, "a.webp"),
            lambda: _picture("WEBP", 5_000, "RGBA"),
        ),
        "picture: GIF of 30 frames of 25 million pixels": (
            *(_PICTURE, "a.gif"),
            lambda: _animation("GIF", 5_000, 30),
        ),
        "picture: WebP of 30 frames of 4 million pixels": (
            *(_PICTURE, "a.webp"),
            lambda: _animation("WEBP", 2_000, 30),
        ),
        "strokes as data: samples of 10,000 points": (
            *(_DATA, "a.jsonl"),
            lambda: _lines(
                '{"label":1,"strokes":[['
                + ",".join(f"[{i * 7919 % 10007},{i * 104729 % 10007}]" for i in range(10_000))
                + "]]}",
                100 * _MB,
            ),
        ),
        "strokes as data: samples of 2,500 strokes of one point": (
            *(_DATA, "a.jsonl"),
            lambda: _lines(
                '{"label":1,"strokes":['
                + ",".join(f"[[{i * 7919 % 10007},{i * 104729 % 10007}]]" for i in range(2_500))
                + "]}",
                100 * _MB,
            ),
        ),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", default="", metavar="WORD", help="files whose name holds it")
    arguments = parser.parse_args()
    print("| file | size | time | memory | |\n|---|--:|--:|--:|---|")
    for name, (reader, file_name, content) in files().items():
        if arguments.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / file_name
            path.write_bytes(content())
            size = path.stat().st_size
            result = subprocess.run(
                [sys.executable, "-c", _MEASURE, reader, str(path)],
                capture_output=True,
                text=True,
                check=False,
            )
        seconds, mib, outcome = (*result.stdout.splitlines(), "0", "0", result.stderr[-300:])[:3]
        print(
            f"| {name} | {size / _MB:.1f} MB | {float(seconds):.2f} s | {float(mib):.0f} MiB | "
            f"{outcome[:90]} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
