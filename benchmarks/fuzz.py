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
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import atheris

_INSTRUMENTED = ["digitpad", "zipfile", "json", "tomllib", "shlex", "numpy.lib.format"]

with atheris.instrument_imports(include=_INSTRUMENTED):
    import numpy as np
    from PIL import Image

    from digitpad.app.page import Page, Photo
    from digitpad.app.recovery import page_file
    from digitpad.app.undo_stack import UndoStack
    from digitpad.data import dataset
    from digitpad.data.mnist import mnist
    from digitpad.data.my_digits import MyDigits
    from digitpad.drawing import photo, rasterize, strokes
    from digitpad.errors import DigitpadError
    from digitpad.experiments import command, specification
    from digitpad.experiments.ranges import value_text
    from digitpad.experiments.run import RunData
    from digitpad.experiments.store import SweepStore
    from digitpad.nn import model_file
    from digitpad.nn.model_file import Model
    from digitpad.nn.network import Network
    from digitpad.recognition.calibration import Calibration
    from digitpad.training import options, run_files
    from digitpad.training.hyperparameters import Hyperparameters
    from digitpad.training.run_store import RunStore
    from digitpad.training.state import TrainingState
    from digitpad.training.timeline import Snapshot, Timeline

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


# -- what digitpad itself has written ----------------------------------------------------------


def _files(names: tuple[str, ...], data: bytes, folder: Path) -> None:
    """Write the parts of the data as files in a folder, which need not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in zip(names, data.split(_SEPARATOR), strict=False):
        (folder / name).write_bytes(part)


_RUN_FILES = (run_files.ABOUT, run_files.PROGRESS, run_files.CURVE, run_files.EPOCHS)


def _read_run(path: Path) -> None:
    """Read a run of the shelf and keep it under another name, as its window does."""
    store = RunStore(path.parent / "runs")
    _files(_RUN_FILES, path.read_bytes(), store.folder / "run")
    (run,) = store.runs()
    run_files.read_curve(run.folder)
    for epoch, accuracy in run_files.validation_accuracies(run.folder):
        assert 0 <= epoch < float("inf"), epoch
        assert 0 <= accuracy <= 1, accuracy
    store.rename("run", "renamed")
    again = store.get("run")
    assert again.hyperparameters == run.hyperparameters, again
    assert again.scores == run.scores, again
    assert (again.name, again.sizes) == ("renamed", run.sizes), again


_HEADER, _RECORD = struct.Struct("<20sQII"), struct.Struct("<cxxxIQdddII")


def _with_checksums(index: bytes) -> bytes:
    """Return the index of a timeline with the checksums that its header and records need."""
    size, step = _HEADER.size, _RECORD.size
    cut = [index[:size], *(index[at : at + step] for at in range(size, len(index), step))]
    return b"".join(part[:-4] + struct.pack("<I", zlib.crc32(part[:-4])) for part in cut)


def _read_timeline(path: Path) -> None:
    index, _, weights = path.read_bytes().partition(_SEPARATOR)
    names = ("snapshots.index", "snapshots.f32")
    folder = path.parent / "timeline"
    _files(names, _with_checksums(index) + _SEPARATOR + weights, folder)
    with Timeline.open(folder) as timeline:
        for number in range(min(len(timeline), 3)):
            try:
                timeline.read(number)
            except LookupError:
                continue
        try:
            timeline.read_nearest(0.5)
        except LookupError:
            return


def _timeline() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        with Timeline.create(Path(name), 8, 1 << 10) as timeline:
            for batches in range(4):
                timeline.add(np.zeros(8, np.float32), Snapshot(batches, batches / 2, 0.5, 0.9))
        parts = [(Path(name) / f"snapshots.{kind}").read_bytes() for kind in ("index", "f32")]
    return _SEPARATOR.join(parts)


def _read_page(path: Path) -> None:
    undo_stack = page_file.from_bytes(path.read_bytes())
    if undo_stack is None:
        return
    for page in undo_stack.pages:
        if page.picture is None:
            rasterize.to_image(page.strokes)
        else:
            assert page.picture.shape == (28, 28)
        if page.photo is not None:
            height, width, _ = page.photo.pixels.shape
            left, top, right, bottom = page.photo.box
            assert 0 <= left < right <= width, page.photo.box
            assert 0 <= top < bottom <= height, page.photo.box
    assert page_file.from_bytes(page_file.to_bytes(undo_stack)) is not None


def _read_calibration(path: Path) -> None:
    model = model_file.load(path)
    calibration = Calibration.from_metadata(model.metadata)
    if calibration is not None:
        json.dumps(calibration.to_dict(), allow_nan=False)


def _read_specification(path: Path) -> None:
    made = specification.from_dict(specification.read_toml(path))
    again = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert specification.from_dict(again) == made, again


def _read_sweep(path: Path) -> None:
    folder = path.parent / "sweep"
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    names = ("sweep.json", "time.json", "runs/0001-1.json", "runs/0002-1.json")
    _files(names, path.read_bytes(), folder)
    store = SweepStore.open(folder)
    for key, result in store.results.items():
        store.hyperparameters(key)
        json.dumps(vars(result), allow_nan=False)


def _sweep() -> tuple[bytes, bytes]:
    """Return a sweep's files, and its specification as TOML."""
    toml = (
        b'name = "\xce\xb7"\nstrategy = "random"\nruns = 3\npreset = "basic"\nminutes = 1.5\n'
        b'[set]\nlearning-rate = "log:0.01..10:4"\nhidden-layers = [[16, 16], [3]]\nl2 = 0.1\n'
        b'activation = "relu|tanh"\n'
    )
    digits = mnist().test.take(slice(0, 3))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.toml"
        path.write_bytes(toml)
        made = specification.from_dict(specification.read_toml(path))
        store = SweepStore.create(Path(name) / "s", made, RunData(digits, digits))
        about = (store.folder / "sweep.json").read_bytes()
        result = {"end": "finished", "accuracies": [0.5], "accuracy": 0.5, "cost": 1.0}
        result |= {"seconds": 1.0, "digest": "a", "message": ""}
        runs = [
            json.dumps({**result, "hyperparameters": store.points[n].to_dict()}).encode()
            for n in range(2)
        ]
    return _SEPARATOR.join([about, b'{"seconds": 3.5}', *runs]), toml


def _read_line(path: Path) -> None:
    text = path.read_bytes().decode("utf-8", "replace")
    chosen = command.read_line(text, windows=len(text) % 2 == 0)
    if chosen.start is None:
        Hyperparameters.from_dict(chosen.values)


def own_readers() -> dict[str, Reader]:
    """Return the readers of what digitpad keeps for itself."""
    h = Hyperparameters()
    score = {"n": 3, "before": 2, "after": 1}
    about = {
        **{"kind": "trained", "name": "a", "colour": 1, "created": 1.5, "pinned": True},
        **{"hyperparameters": h.to_dict(), "data": "/a", "preset": "basic", "sizes": [784, 2, 10]},
        "parent": {"run": "b", "name": "b", "batches": 1, "epoch": 0.5, "exact": True},
        "scores": {"mine": score, "others": score, "own": score},
        **{"path": "/b", "accuracy": 0.5},
    }
    progress = {"batches": 3, "epoch": 0.5, "cost": 1.0, "accuracy": 0.9, "reason": "done"}
    epoch = {"epoch": 1, "cost": 1.0, "accuracy": 0.5, "validation_cost": None}
    epoch |= {"validation_accuracy": 0.5, "learning_rate": 3.0, "seconds": 1.0}
    curve = np.array([[1, 0.5, 1, 1, 1, 3], [2, 1, 0.5, 0.5, 0.5, 3]]).tobytes()
    run = [json.dumps(about).encode(), json.dumps(progress).encode(), curve]
    picture = np.full((28, 28), 0.5, np.float32)
    stroke = np.array([[0.0, 0.0, 0.5], [5.0, 5.0, 0.5]])
    photo = Photo(np.full((4, 5, 3), 9, np.uint8), (0, 0, 3, 3))
    pages = (Page(), Page((stroke,)), Page(picture=picture, photo=photo))
    page = page_file.to_bytes(UndoStack(pages, 1))
    with np.load(io.BytesIO(page)) as archive:
        arrays = {name: archive[name] for name in archive.files}
    page_names = tuple(arrays)
    network = Network((784, 2, 10))
    weights = {
        f"{kind}_{layer}": array
        for layer, pair in enumerate(zip(network.weights, network.biases, strict=True), 1)
        for kind, array in zip(("weights", "biases"), pair, strict=True)
    }

    def calibrated(data: bytes) -> bytes:
        text = data.decode("utf-8", "replace")
        content = io.BytesIO()
        metadata = f'{{"version": 1, "recognition": {text}}}'
        np.savez(content, metadata=np.array(metadata), **weights)  # type: ignore[arg-type]
        return content.getvalue()

    sweep, toml = _sweep()
    options_of_all = " ".join(
        f"{options.option(name)} {value_text(getattr(h, name))}" for name in vars(h)
    )
    lines = [
        f"$ digitpad train --preset quick {options_of_all} --out 'a b.npz'".encode(),
        b"digitpad train --continue / --epochs 3 --data / --strokes a b",
    ]
    return {
        "a run's files": Reader(
            _read_run, [_SEPARATOR.join([*run, json.dumps(epoch).encode() + b"\n"])]
        ),
        "a run's snapshots": Reader(_read_timeline, [_timeline()]),
        "the recovered page": Reader(_read_page, [page]),
        "arrays of the recovered page": Reader(
            _read_page,
            [_SEPARATOR.join(map(_npy, arrays.values()))],
            pack=lambda data: _zipped(page_names, data),
        ),
        "calibration": Reader(
            _read_calibration,
            [b'{"temperature": 1.5, "min_activation": 0.1}', b'{"temperature": 2, "faintest": 0}'],
            "m.npz",
            calibrated,
        ),
        "sweep specification": Reader(_read_specification, [toml], "a.toml"),
        "a sweep's files": Reader(_read_sweep, [sweep]),
        "experiment line": Reader(_read_line, lines),
    }


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
        **own_readers(),
    }


def _peak() -> int:
    """Return the largest memory of this process until now, in KiB."""
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open("/proc/self/status") as status:  # there, ru_maxrss begins with the parent's
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


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
    before = _peak()

    def note() -> None:
        grown = (_peak() - before) / 1024
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
        assert message[-1:] in ("", ".", "?"), message
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
