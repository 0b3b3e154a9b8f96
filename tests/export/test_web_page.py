"""The web page reads as the program does: in headless Chromium, where there is one."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitpad import paths
from digitpad.app import session
from digitpad.drawing import pen, rasterize
from digitpad.drawing.rasterize import to_image
from digitpad.drawing.strokes import Stroke, read_strokes
from digitpad.errors import DigitpadError
from digitpad.export.web_page import web_page
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.recognition import calibration
from digitpad.recognition import recognise as recognise_module
from digitpad.recognition.recognise import Verdict, recognise
from digitpad.shipped.augment_strokes import augment

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))),
    None,
)
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed: the web page's answers are NOT checked"
)
EXAMPLES = sorted((paths.resources() / "examples").glob("*.jsonl"))


def run_in_chromium(page: str, script: str, folder: Path) -> Any:
    """Run a script in the page and return what it passes to `done`, through JSON."""
    assert CHROMIUM is not None
    file = folder / "page.html"
    # In virtual time no frames are drawn.
    frames = "<script>requestAnimationFrame = (paint) => setTimeout(paint, 10);</script>"
    report = """
    function done(result) {
      document.body.innerHTML = "<pre>" + "</pre>";
      document.querySelector("pre").textContent = JSON.stringify(result);
    }
    onerror = (message) => done({ error: String(message) });
    """
    page = page.replace("</head>", f"{frames}</head>")
    page = page.replace("</body>", f"<script>{report}\n{script}</script></body>")
    file.write_text(page, encoding="utf-8")
    with tempfile.TemporaryDirectory() as profile:
        result = subprocess.run(
            [
                *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
                *("--disable-dev-shm-usage", f"--user-data-dir={profile}"),
                *("--virtual-time-budget=60000", "--dump-dom", file.as_uri()),
            ],
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            env=os.environ | {"HOME": profile},
            check=True,
        )
    found = re.search(r"<pre>(.*)</pre>", result.stdout, re.DOTALL)
    assert found, result.stdout[-2000:]
    return json.loads(html.unescape(found[1]))


@cache
def drawings() -> list[list[Any]]:
    """Return the strokes of 1,000 drawings: people's digits, augmented, and what hands may do."""
    generator = np.random.default_rng(7)
    samples = [sample for path in EXAMPLES for sample in read_strokes(path)]
    found: list[list[Any]] = []
    for number in range(980):
        sample = augment(samples[number % len(samples)], generator)
        # Fast mice and slow computers give few points.
        step = (1, 1, 2, 4, 8)[number % 5]
        found.append([thinned(stroke, step) for stroke in sample.strokes])
    for scale in (1e-6, 1.0, 1e120):
        found.append([[[0, 0], [scale, 0], [scale / 2, 2 * scale]]])
    found += [
        [],
        [[[5, 5]]],
        [[[5, 5], [5, 5]]],
        [[[0.5, 0.5], [0.501, 0.5]]],
        [[[0, 0], [1, 0]]],
        [[[0, 0], [0, 1]], [[1, 0]]],
        [[[0, 0], [0, 0], [0.3, 0.9]], []],
    ]
    for _ in range(1000 - len(found)):
        count = generator.integers(2, 9)
        found.append([generator.random((int(count), 2)).tolist() for _ in range(3)])
    assert len(found) == 1000
    return found


def thinned(stroke: Stroke, step: int) -> list[list[float]]:
    kept = [*range(0, len(stroke), step), len(stroke) - 1]
    points: list[list[float]] = stroke[kept, :2].tolist()
    return points


READ = """
const results = [];
for (const strokes of DRAWINGS) {
  const image = toImage(strokes, SMALLEST);
  const bytes = Uint8Array.from(image, (pixel) => Math.round(pixel * 255));
  results.push({ ...recognise(layers, MODEL, image), image: btoa(String.fromCharCode(...bytes)) });
}
done(results);
"""


def compare(model: Model, found: list[list[Any]], smallest: float, folder: Path) -> list[Verdict]:
    """Compare the page's readings with the program's, and return the program's verdicts."""
    script = f"const DRAWINGS = {json.dumps(found)}, SMALLEST = {smallest};\n{READ}"
    results = run_in_chromium(web_page(model), script, folder)
    assert len(results) == len(found)
    verdicts = []
    for strokes, result in zip(found, results, strict=True):
        image = to_image(strokes, smallest=smallest)
        levels = np.frombuffer(base64.b64decode(result["image"]), np.uint8).astype(int)
        # A sum that ends within a rounding error of ½ may become the next of 256 levels.
        assert np.abs(levels - np.rint(image.ravel() * 255)).max() <= 1
        reading = recognise(model, image)
        np.testing.assert_allclose(result["activations"], reading.activations, atol=2e-3)
        assert result["verdict"] == reading.verdict.value
        if reading.verdict is not Verdict.EMPTY:
            assert result["digit"] == reading.digit
            assert result["confidence"] == pytest.approx(reading.confidence, abs=2e-3)
        if reading.verdict is Verdict.AMBIGUOUS:
            assert result["runnerUp"] == reading.runner_up
        verdicts.append(reading.verdict)
    return verdicts


@needs_chromium
def test_it_reads_a_thousand_drawings_as_the_program_does(tmp_path: Path) -> None:
    verdicts = compare(model_file.shipped(), drawings(), 0.03, tmp_path)
    assert {*verdicts} == {*Verdict}


@needs_chromium
@pytest.mark.parametrize(
    ("activation", "output_activation", "cost"),
    [
        ("logistic", "logistic", "quadratic"),
        ("tanh", "softmax", "cross-entropy"),
        ("relu", "tanh", "quadratic"),
        ("step", "step", "quadratic"),
    ],
)
def test_it_knows_every_activation_function(
    activation: str, output_activation: str, cost: str, tmp_path: Path
) -> None:
    network = Network(
        (784, 20, 10),
        activation=activation,
        output_activation=output_activation,
        cost=cost,
        seed=3,
        initialisation="gaussian" if activation == "step" else "scaled",
    )
    if activation == "step":  # z is exactly 0 where there is no ink
        network.biases[0][...] = 0
    for metadata in ({}, {"recognition": {"temperature": 1.5, "min_activation": 0.3}}):
        compare(Model(network, metadata), [[], *drawings()[::40]], 0.0, tmp_path)


DRAW = """
const frame = canvas.getBoundingClientRect();
function send(kind, [x, y]) {
  canvas.dispatchEvent(new PointerEvent(kind, {
    pointerId: 1, button: 0, bubbles: true,
    clientX: frame.left + x * frame.width, clientY: frame.top + y * frame.height,
  }));
}
const texts = [];
const pause = () => new Promise((resolve) => setTimeout(resolve, 200));
const press = (name) => document.getElementById(name).click();
(async () => {
  await pause();
  const note = () => texts.push(answer.textContent);
  note();
  for (const stroke of STROKES) {
    send("pointerdown", stroke[0]);
    stroke.slice(1).forEach((point) => send("pointermove", point));
    send("pointerup", stroke.at(-1));
  }
  await pause(); note();
  texts.push(bars.querySelector(".winner span").textContent);
  texts.push(bars.querySelector(".winner output").textContent);
  STROKES.forEach(() => press("undo"));
  await pause(); note();
  send("pointerdown", [0.5, 0.5]); send("pointercancel", [0.5, 0.5]);
  await pause(); note();
  send("pointerdown", [0.2, 0.2]); send("pointermove", [0.8, 0.2]); send("pointerup", [0.8, 0.2]);
  press("clear");
  await pause(); note();
  texts.push(String(strokes.length));
  done(texts);
})();
"""


@needs_chromium
def test_one_can_draw_on_it(tmp_path: Path) -> None:
    sample = next(sample for sample in read_strokes(EXAMPLES[0]) if sample.label == 3)
    points = np.concatenate([stroke[:, :2] for stroke in sample.strokes])
    low, side = points.min(axis=0), (points.max(axis=0) - points.min(axis=0)).max()
    strokes = [((stroke[:, :2] - low) / side * 0.6 + 0.2).tolist() for stroke in sample.strokes]
    script = f"const STROKES = {json.dumps(strokes)};\n{DRAW}"
    texts = run_in_chromium(web_page(model_file.shipped()), script, tmp_path)
    empty = "Draw a digit"
    assert texts == [empty, "This is a 3", "3", "1.00", empty, empty, empty, "0"]


def test_its_constants_are_the_programs() -> None:
    """Even where there is no Chromium."""
    found = dict(
        re.findall(
            r"^const ([A-Z_]+) = (-?[\d.e-]+);", web_page(model_file.shipped()), re.MULTILINE
        )
    )
    for name in found:
        here = [
            getattr(module, spelling)
            for module in (pen, rasterize, calibration, recognise_module, session)
            for spelling in (name, f"_{name}")
            if hasattr(module, spelling)
        ]
        assert {*here} == {float(found[name])}, name
    assert len(found) >= 13


def test_it_fetches_nothing_and_holds_nothing_twice() -> None:
    page = web_page(model_file.shipped())
    for word in ("http:", "https:", " src=", "@import", "url(", "fetch(", "{{"):
        assert word not in page
    assert "default-src 'none'" in page
    assert page.count('"parameters"') == 1
    assert len(page) < 11e6


def test_weights_are_exact_whatever_their_size() -> None:
    network = Network((784, 3, 10), seed=1)
    for weights, dtype in ((network.weights[0], "float32"), (np.float16(0.3), "float16")):
        network.parameters[...] = 0
        network.weights[0][...] = weights if dtype == "float16" else 0.1
        page = web_page(Model(network))
        (content,) = re.findall(r"^const MODEL = (.*);$", page, re.MULTILINE)
        model = json.loads(content)
        assert model["dtype"] == dtype
        numbers = np.frombuffer(base64.b64decode(model["parameters"]), dtype)
        np.testing.assert_array_equal(numbers[: 3 * 784], network.weights[0].ravel())
        assert len(numbers) == network.parameters.size


def test_a_name_cannot_break_the_page() -> None:
    name = "</title><script>alert(1)</script>{{model}}{{scripts}}"
    page = web_page(Model(Network((784, 5, 10)), {"name": name}))
    assert "<script>alert" not in page
    assert page.count("<script>") == 1
    assert "const MODEL = {" in page


def test_a_network_for_something_else_is_refused() -> None:
    with pytest.raises(DigitpadError, match="3 inputs and 2 outputs"):
        web_page(Model(Network((3, 2))))
