"""A file is replaced in one step, and only by what is on the disk already."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from digitpad.errors import DigitpadError
from digitpad.files import writing
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def test_the_whole_content_is_on_the_disk_before_it_takes_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    events: list[tuple[str, bytes]] = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(handle: int) -> None:
        fsync(handle)
        if size := os.fstat(handle).st_size if not os.path.isdir(f"/proc/self/fd/{handle}") else 0:
            events.append((f"fsync {size}", path.read_bytes()))

    def note_replace(source: str | Path, target: str | Path) -> None:
        assert Path(target) == path
        assert Path(source).parent == tmp_path  # on the same disk, or it is no single step
        events.append((f"replace by {Path(source).stat().st_size}", path.read_bytes()))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    with writing.replacing(path) as file:
        file.write(b"new content")
        assert path.read_bytes() == b"old"
    assert events == [("fsync 11", b"old"), ("replace by 11", b"old")]
    assert path.read_bytes() == b"new content"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("at", ["fsync", "replace"])
@pytest.mark.parametrize("kind", ["model", "strokes"])
def test_a_process_that_dies_while_saving_leaves_the_old_file(
    tmp_path: Path, at: str, kind: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    save = {
        "model": "from digitpad.nn.model_file import Model, save\n"
        "from digitpad.nn.network import Network\n"
        "save(sys.argv[1], Model(Network((784, 10))))\n",
        "strokes": "from digitpad.drawing.strokes import Sample, write_strokes\n"
        "write_strokes(sys.argv[1], [Sample(1, ())])\n",
    }[kind]
    code = f"import os, sys\nos.{at} = lambda *_: os._exit(42)\n{save}"
    result = subprocess.run([sys.executable, "-c", code, str(path)], timeout=60)
    assert result.returncode == 42
    assert path.read_bytes() == b"old"


def test_whoever_reads_meanwhile_finds_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    models = [Model(Network((784, 40, 10), seed=seed)) for seed in (1, 2)]
    model_file.save(path, models[0])

    def save() -> None:
        for turn in range(30):
            model_file.save(path, models[turn % 2])

    writer = threading.Thread(target=save)
    writer.start()
    expected = {model.network.parameters.tobytes() for model in models}
    while writer.is_alive():
        assert model_file.load(path).network.parameters.tobytes() in expected
    writer.join()


def test_an_error_while_writing_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write_half() -> None:
        with writing.replacing(path) as file:
            file.write(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_crash_left_is_removed_once_it_is_old(tmp_path: Path) -> None:
    path = tmp_path / "[m].npz"
    old, new, other = (tmp_path / f".{name}.part" for name in ("[m].npz.a", "[m].npz.b", "x.npz.a"))
    for left in (old, new, other):
        left.touch()
    for left in (old, other):
        os.utime(left, (time.time() - 4000,) * 2)
    writing.replace(path, b"new")
    assert sorted(tmp_path.iterdir()) == sorted([path, new, other])


@posix
def test_only_regular_files_that_may_be_written_are_replaced(tmp_path: Path) -> None:
    fifo, ear, folder, read_only, loop = (tmp_path / name for name in ("f", "s", "d", "r", "l"))
    os.mkfifo(fifo)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(ear))
    folder.mkdir()
    read_only.write_bytes(b"old")
    read_only.chmod(0o444)
    loop.symlink_to(loop)
    before = sorted(tmp_path.iterdir())
    for path in (fifo, ear, folder, read_only, loop, Path(os.devnull)):
        with pytest.raises(OSError, match=r"file|directory|links"):
            writing.replace(path, b"new")
        with pytest.raises(DigitpadError, match="cannot be written"):
            model_file.save(path, Model(Network((784, 10))))
    assert sorted(tmp_path.iterdir()) == before
    assert read_only.read_bytes() == b"old"
    assert loop.is_symlink()
    assert fifo.is_fifo()
    assert ear.is_socket()
    assert Path(os.devnull).is_char_device()
