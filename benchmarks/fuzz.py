"""Feed damaged and invented files to every reader, guided by the code that they reach.

    pip install atheris
    python benchmarks/fuzz.py [--readers NAME…] [--inputs N] [--findings FOLDER]

A reader may refuse a file by a DigitpadError and nothing else, within 2 seconds of processor time.
An input that makes it do anything else is kept in the folder of findings, and the program ends with
1. Prints a table in Markdown. docs/reliability.md has its figures.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["digitpad", "zipfile", "json", "numpy.lib.format"]):
    import numpy as np
    from PIL import Image

    from digitpad.data import dataset
    from digitpad.data.mnist import mnist
    from digitpad.data.my_digits import MyDigits
    from digitpad.drawing import photo, rasterize, strokes
    from digitpad.errors import DigitpadError
    from digitpad.nn import model_file
    from digitpad.nn.model_file import Model
    from digitpad.nn.network import Network
    from digitpad.training.state import TrainingState

_SECONDS = 2.0
_MIB = 500
_MAX_LENGTH = 1 << 16
_SEPARATOR = b"--8<--"


def _bytes_of(save: Callable[[Path], object], name: str = "seed") -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder) / name)
        return (Path(folder) / name).read_bytes()


def _npy(array: object) -> bytes:
    content = io.BytesIO()
    np.save(content, np.asarray(array))
    return content.getvalue()


def _zipped(names: tuple[str, ...], data: bytes) -> bytes:
    """Return an archive whose members are the parts of the data: its checksums are right."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in zip(names, data.split(_SEPARATOR), strict=False):
            archive.writestr(f"{name}.npy", part)
    return content.getvalue()


def _idx(values: np.ndarray) -> bytes:
    return (
        bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes() + values.tobytes()
    )


class Reader:
    """What is fuzzed: a function of a file, files to begin with, and how input becomes a file."""

    def __init__(
        self,
        read: Callable[[Path], object],
        seeds: list[bytes],
        name: str = "file",
        pack: Callable[[bytes], bytes] = bytes,
        beside: tuple[str, bytes] | None = None,
    ) -> None:
        self.read = read
        self.seeds = seeds
        self.name = name
        self.pack = pack
        self.beside = beside


def _draw(path: Path) -> None:
    for sample in strokes.read_strokes(path)[:3]:
        rasterize.to_image(sample.strokes)


def readers() -> dict[str, Reader]:
    """Return every reader by its name."""
    digits = mnist().test.take(slice(0, 12))
    images, labels = digits.images.reshape(-1, 28, 28), digits.labels.astype(np.uint8)
    network = Network((784, 2, 10))
    lines = [
        {"label": 7, "strokes": [[[10, 10], [60, 10], [30, 90]], [[1.5, 2]]], "writer": "a"},
        {"label": None, "strokes": [[[0, 0, 0.5]]]},
    ]
    text = "\n".join(map(json.dumps, lines)).encode()
    pictures = []
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"):
        content = io.BytesIO()
        Image.fromarray(255 - images[0]).resize((60, 80)).save(content, kind)
        pictures.append(content.getvalue())
    pixels = np.column_stack([labels[:3], digits.images[:3]]).tolist()
    csv = "\n".join(",".join(map(str, row)) for row in pixels).encode()
    nielsen = json.dumps(
        {
            "sizes": [784, 1, 10],
            "weights": [[[0] * 784], [[1.5]] * 10],
            "biases": [[[0]], [[0]] * 10],
            "cost": "QuadraticCost",
        }
    ).encode()
    model = _bytes_of(lambda path: model_file.save(path, Model(network, {"name": "m"})))
    members = ("weights_1", "biases_1", "weights_2", "biases_2", "metadata")
    parts = [*(a for w, b in zip(network.weights, network.biases, strict=True) for a in (w, b))]
    metadata = json.dumps({"activation": "relu", "history": [{"cost": 1}], "version": 1})
    layers = _SEPARATOR.join([*map(_npy, parts), _npy(metadata)])
    state = TrainingState(velocity=network.parameters).to_arrays()
    states = _SEPARATOR.join([*map(_npy, (state["values"], state["velocity"]))])
    pair = _SEPARATOR.join([_npy(images[:2]), _npy(labels[:2])])
    return {
        "strokes": Reader(_draw, [text, text.decode().encode("utf-16")]),
        "gzipped strokes": Reader(_draw, [text], pack=lambda data: gzip.compress(data, 1)),
        "damaged gzip": Reader(_draw, [gzip.compress(text)]),
        "picture": Reader(photo.to_image, pictures),
        "IDX": Reader(
            dataset.load,
            [_idx(images[:2]), gzip.compress(_idx(images[:2]))],
            "a-images-idx3-ubyte",
            beside=("a-labels-idx1-ubyte", _idx(labels[:2])),
        ),
        ".npz": Reader(dataset.load, [_zipped(("images", "labels"), pair)], "a.npz"),
        "arrays of .npz": Reader(
            dataset.load, [pair], "a.npz", lambda data: _zipped(("images", "labels"), data)
        ),
        ".npy": Reader(
            dataset.load, [_npy(images[:2])], "images.npy", beside=("labels.npy", _npy(labels[:2]))
        ),
        "CSV": Reader(dataset.load, [csv], "a.csv"),
        "anything as data": Reader(dataset.load, [text, csv, *pictures, pair, model]),
        "model": Reader(model_file.load, [model], "m.npz"),
        "arrays of a model": Reader(
            model_file.load, [layers], "m.npz", lambda data: _zipped(members, data)
        ),
        "arrays of a training's state": Reader(
            TrainingState.load,
            [states],
            "m.npz",
            lambda data: _zipped(("state_values", "state_velocity"), data),
        ),
        "my digits": Reader(MyDigits, [text], "my-digits.jsonl"),
        "JSON model": Reader(model_file.load, [nielsen], "m.json"),
    }


def fuzz(reader: Reader, inputs: int, findings: Path, report: Path) -> None:
    """Run one reader in this process, which libFuzzer ends."""
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(reader.seeds):
        (corpus / str(number)).write_bytes(seed)
    if reader.beside is not None:
        (folder / reader.beside[0]).write_bytes(reader.beside[1])
    path = folder / reader.name
    count, slowest, refused = 0, 0.0, 0
    begun = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def note() -> None:
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        seconds = time.monotonic() - begun
        report.write_text(json.dumps([count, refused, slowest, grown, seconds]))

    def one(data: bytes) -> None:
        nonlocal count, slowest, refused
        path.write_bytes(reader.pack(data))
        started = time.process_time()
        message = ""
        try:
            reader.read(path)
        except DigitpadError as error:
            message = str(error)
        seconds = time.process_time() - started
        refused += bool(message)
        assert "\n" not in message, message
        assert message[-1:] in ("", "."), message
        slowest = max(slowest, seconds)
        assert seconds < _SECONDS, f"{seconds:.1f} s"
        count += 1
        if count % 1000 == 0 or count >= inputs:
            note()

    arguments = [
        *(sys.argv[0], str(corpus), f"-runs={inputs}", f"-max_len={_MAX_LENGTH}"),
        *(f"-rss_limit_mb={_MIB + before // 1024 + 300}", f"-artifact_prefix={findings}/"),
        *("-verbosity=0", "-print_final_stats=0", "-close_fd_mask=1", "-timeout=30"),
    ]
    atheris.Setup(arguments, one)
    atheris.Fuzz()


def main() -> None:
    """Fuzz the readers one after another, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--readers", nargs="+", metavar="NAME")
    parser.add_argument("--inputs", type=int, default=80_000, help="for each reader")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--report", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.findings.mkdir(parents=True, exist_ok=True)
    every = readers()
    chosen = arguments.readers or list(every)
    if arguments.report is not None:
        fuzz(every[chosen[0]], arguments.inputs, arguments.findings, arguments.report)
        return
    print("| reader | inputs | refused | slowest | memory | time |\n|---|--:|--:|--:|--:|--:|")
    failed = False
    for name in chosen:
        with tempfile.NamedTemporaryFile(suffix=".json") as report:
            command = [sys.executable, __file__, "--readers", name, "--report", report.name]
            command += ["--inputs", str(arguments.inputs), "--findings", str(arguments.findings)]
            result = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")
            values = json.loads(Path(report.name).read_text() or "[0, 0, 0, 0, 0]")
        count, refused, slowest, grown, seconds = values
        print(
            f"| {name} | {count:,} | {refused:,} | {slowest:.2f} s | {grown:.0f} MiB | "
            f"{seconds:.0f} s |",
            flush=True,
        )
        if result.returncode:
            failed = True
            print(result.stderr[-3000:], file=sys.stderr)
    sys.exit(failed)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
