"""The command line as a whole: help, refusals, streams, and what happens without a display."""

from __future__ import annotations

import json
import os
import re
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import digitpad
from digitpad import app
from digitpad.app import display
from digitpad.cli.main import main
from digitpad.data.mnist import mnist
from digitpad.drawing.strokes import read_strokes, write_strokes
from digitpad.nn import model_file
from digitpad.nn.network import Network
from digitpad.recognition.evaluation import evaluate
from tests.data.examples import save_digit

COMMANDS = ("app", "predict", "evaluate", "train")

# A seven and a one, drawn with few points.
STROKES = (
    '{"label": 7, "strokes": [[[10, 10], [60, 10], [30, 90]]]}\n'
    '{"strokes": [[[30, 10], [28, 90]]], "writer": "me"}\n'
)


@pytest.fixture
def strokes(tmp_path: Path) -> Path:
    path = tmp_path / "strokes.jsonl"
    path.write_text(STROKES)
    return path


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run digitpad in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "digitpad", *map(str, arguments)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"digitpad {digitpad.__version__}\n"


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_tells_what_there_is_within_80_columns(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*command.split(), "--help"]) == 0
    text = capsys.readouterr().out
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert "--model" in text or command == "train"
    if not command:
        for other in COMMANDS:
            assert other in text


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["frob"], "invalid choice: 'frob'"),
        (["--frob"], "unrecognized arguments: --frob"),
        (["predict"], "FILE"),
        (["predict", "--model"], "--model"),
        (["evaluate", "--jso"], "--jso"),
        (["train", "--preset", "best", "--out", "x"], "there is no preset “best”"),
        (["train", "--hidden-layers", "12,x", "--out", "x"], "0 to 20 layers"),
        (["train", "--learning-rate", "-1", "--out", "x"], "0.000001 to 1,000"),
        (["train", "--epochs", "1.5", "--out", "x"], "1 to 10,000"),
        (["train", "--schedule", "sometimes", "--out", "x"], "cosine"),
        (["--model", "m.npz", "predict", "x.png"], "put --model FILE after the command"),
    ],
)
def test_what_cannot_be_understood_is_said_in_a_sentence(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("digitpad")
    assert why in output.err
    assert output.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "missing.png"],
        ["predict", "--model", "missing.npz", "missing.png"],
        ["evaluate", "--model", "missing.npz"],
        ["evaluate", "--data", "missing"],
        ["train", "--out", "missing/m.npz"],
        ["train", "--continue", "missing.npz"],
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert re.fullmatch(r"digitpad: .*missing.*\n", output.err)
    assert list(tmp_path.iterdir()) == []


# -- the window ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_display")
def test_without_a_display_the_examples_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert "no display" in output.out
    assert output.out.count("┌") >= 2
    assert re.search(r"\.jsonl", output.out)
    assert re.search(r"\.(png|jpg)", output.out)
    assert len(re.findall(r"^│.* 9 .* \d\.\d\d$", output.out, re.MULTILINE)) >= 2
    assert re.search(r"This is an? \d", output.out)


@pytest.mark.usefixtures("no_display")
def test_the_window_without_a_display_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["app"]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert "DISPLAY" in output.err


@pytest.mark.parametrize(
    ("arguments", "model"),
    [
        ([], None),
        (["--model"], None),
        (["--model", "m.npz"], Path("m.npz")),
        (["app"], None),
        (["app", "--model", "m.npz"], Path("m.npz")),
    ],
)
def test_the_window_opens_with_the_model(
    arguments: list[str], model: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    opened: list[Path | None] = []

    def open_window(path: Path | None) -> int:
        opened.append(path)
        return 5

    monkeypatch.setattr(display, "problem", lambda: "")
    monkeypatch.setattr(app, "main", open_window)
    assert main(arguments) == 5
    assert opened == [model]


def test_a_model_that_the_window_cannot_open_is_said_in_a_sentence(strokes: Path) -> None:
    result = run("--model", strokes, QT_QPA_PLATFORM="offscreen")
    assert result.returncode == 1
    assert result.stdout == ""
    assert re.fullmatch(r"digitpad: .*not a usable model.*\n", result.stderr)


def test_the_core_and_the_terminal_never_load_qt() -> None:
    folder = Path(digitpad.__file__).parent
    files = [path.relative_to(folder.parent) for path in folder.rglob("[!_]*.py")]
    modules = [".".join(path.with_suffix("").parts) for path in files if "app" not in path.parts]
    assert len(modules) > 30
    code = (
        f"import importlib, sys\nfor name in {modules}: importlib.import_module(name)\n"
        "print([m for m in sys.modules if m.split('.')[0] in "
        "('PySide6', 'shiboken6', 'pyqtgraph')])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120
    )
    assert (result.stdout, result.stderr) == ("[]\n", "")


# -- streams ---------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise on Windows")
def test_a_reader_that_goes_away_is_no_error(strokes: Path) -> None:
    samples = read_strokes(strokes)
    many = strokes.with_name("many.jsonl")
    write_strokes(many, samples * 2000)
    process = subprocess.Popen(
        [sys.executable, "-m", "digitpad", "predict", str(many)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        assert process.stdout.readline().startswith(str(many))
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.wait(60) == 141


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_every_encoding_can_be_written_in(strokes: Path, encoding: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "digitpad", "predict", strokes.name, "missing “η”.png"],
        cwd=strokes.parent,
        env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        capture_output=True,
        timeout=120,
    )
    assert result.returncode == 1
    assert "Traceback" not in result.stderr.decode(encoding)
    shown = result.stdout.decode(encoding)
    assert ("█" in shown) == (encoding == "utf-8")
    assert "This is a" in shown
    assert max(len(line) for line in shown.splitlines()[1:]) < 80


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_a_full_disk_is_said_in_a_sentence(strokes: Path) -> None:
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "digitpad", "predict", str(strokes)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )
    assert result.returncode == 1
    assert re.fullmatch(r"digitpad: .*space.*\n", result.stderr)


def test_an_interruption_is_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(model_file, "shipped", interrupt)
    assert main(["evaluate"]) == 130
    assert capsys.readouterr() == ("", "")


def test_too_little_memory_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise MemoryError

    monkeypatch.setattr(model_file, "shipped", fail)
    assert main(["evaluate"]) == 1
    assert "not enough memory" in capsys.readouterr().err


# -- evaluate --------------------------------------------------------------------------------------


def test_evaluate_prints_json_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--json"]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    content = json.loads(output.out)
    expected = evaluate(model_file.shipped().network, mnist().test)
    assert content == {
        "accuracy": expected.accuracy,
        "n": 10_000,
        "confusion": expected.confusion.tolist(),
    }


def test_evaluate_tells_accuracy_interval_and_confusion(
    strokes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = strokes.with_name("m.npz")
    network = Network((784, 10))
    network.biases[0][7] = 50
    model_file.save(model, model_file.Model(network))
    assert main(["evaluate", "--model", str(model), "--data", str(strokes)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("784-10, logistic, quadratic")
    assert lines[2].endswith("100.00 %, 1 of 1")
    assert lines[3].split() == ["20.65", "%", "to", "100.00", "%", "with", "95", "%", "confidence"]
    assert lines[-3].split() == ["7", *".......", "1", ".", "."]


def test_evaluate_takes_idx_files_with_labels_elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = mnist().test.take(slice(50))
    images, labels = tmp_path / "images", tmp_path / "elsewhere"
    images.write_bytes(struct.pack(">4I", 2051, 50, 28, 28) + test.images.tobytes())
    labels.write_bytes(struct.pack(">2I", 2049, 50) + test.labels.astype("u1").tobytes())
    assert main(["evaluate", "--data", str(images), "--labels", str(labels), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n"] == 50


def test_evaluate_leaves_out_what_cannot_be_read_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_digit(tmp_path / "7.png", 0)
    save_digit(tmp_path / "2-two.png", 1)
    Image.new("L", (60, 60), 255).save(tmp_path / "3-blank.png")
    (tmp_path / "4.png").write_bytes(b"broken")
    (tmp_path / "notes.txt").write_text("no picture")
    assert main(["evaluate", "--data", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert "of 2" in said.out
    assert "3 of 5 files were left out: 3-blank.png, 4.png, notes.txt" in said.out + said.err


# Says when the second picture is about to be read.
_SLOWLY = """
import sys
from digitpad.cli.main import main
from digitpad.drawing import photo
really, count = photo.to_image, 0
def to_image(path):
    global count
    count += 1
    if count == 2:
        print("reading", file=sys.stderr, flush=True)
    return really(path)
photo.to_image = to_image
sys.exit(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals as POSIX does")
def test_a_folder_of_many_pictures_can_be_interrupted(tmp_path: Path) -> None:
    save_digit(tmp_path / "0.png", 0)
    for number in range(20_000):
        (tmp_path / f"0-{number}.png").symlink_to(tmp_path / "0.png")
    process = subprocess.Popen(
        [sys.executable, "-c", _SLOWLY, "evaluate", "--data", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "reading\n"
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out + said == ""


def test_labels_alone_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--labels", "labels"]) == 1
    assert "--data" in capsys.readouterr().err
