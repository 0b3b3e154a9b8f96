// The page: pointer events become strokes, strokes an image, and the image an answer.

const SMALLEST_INK = 0.03; // ink smaller than this part of the canvas is not enlarged
const PEN_ON_CANVAS = 1 / 14; // the line's width as a part of the canvas's side

const layers = unpack(MODEL);
const canvas = document.getElementById("canvas");
const preview = document.getElementById("input").getContext("2d");
const bars = document.getElementById("bars");
const answer = document.getElementById("answer");
const strokes = []; // finished strokes and the growing one, in units of the canvas's side
let pointer = null;
let scheduled = false;

document.getElementById("model").textContent = MODEL.description;
for (let digit = 0; digit < 10; digit++) {
  const row = document.createElement("div");
  row.className = "bar";
  row.innerHTML = `<span>${digit}</span><div><i></i></div><output>0.00</output>`;
  bars.append(row);
}

function position(event) {
  const frame = canvas.getBoundingClientRect();
  return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
}

function changed() {
  document.getElementById("undo").disabled = !strokes.length;
  document.getElementById("clear").disabled = !strokes.length;
  if (!scheduled) requestAnimationFrame(update);
  scheduled = true;
}

function update() {
  scheduled = false;
  paintInk();
  const image = toImage(strokes, SMALLEST_INK);
  const reading = recognise(layers, MODEL, image);
  paintInput(image);
  reading.activations.forEach((activation, digit) => {
    const row = bars.children[digit];
    const shown = Number.isFinite(activation) ? activation : 0;
    row.querySelector("i").style.width = `${100 * Math.min(Math.max(shown, 0), 1)}%`;
    row.querySelector("output").textContent = activation.toFixed(2);
    row.classList.toggle("winner", reading.verdict === "sure" && digit === reading.digit);
  });
  const text = inWords(reading);
  if (answer.textContent !== text) answer.textContent = text;
}

function inWords({ digit, runnerUp, verdict }) {
  if (verdict === "empty") return "Draw a digit";
  if (verdict === "sure") return `This is ${digit === 8 ? "an" : "a"} ${digit}`;
  if (verdict === "ambiguous") return `Could be ${digit} or ${runnerUp}`;
  return "Doesn’t look like a digit";
}

function paintInk() {
  const frame = canvas.getBoundingClientRect();
  const side = Math.round(frame.width * devicePixelRatio);
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, side, side);
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = side * PEN_ON_CANVAS;
  context.strokeStyle = getComputedStyle(canvas).color;
  for (const stroke of strokes) {
    const points = stroke.map(([x, y]) => [x * side, y * side]);
    context.beginPath();
    context.moveTo(...points[0]);
    // Curves from middle to middle, since a fast pointer reports few points.
    for (let i = 1; i + 1 < points.length; i++) {
      const [[x, y], [nextX, nextY]] = [points[i], points[i + 1]];
      context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    }
    context.lineTo(...points.at(-1));
    context.stroke();
  }
}

function paintInput(image) {
  const pixels = preview.createImageData(SIDE, SIDE);
  image.forEach((ink, i) => pixels.data.set([255 * ink, 255 * ink, 255 * ink, 255], 4 * i));
  preview.putImageData(pixels, 0, 0);
}

canvas.addEventListener("pointerdown", (event) => {
  if (pointer !== null || event.button !== 0) return;
  event.preventDefault();
  pointer = event.pointerId;
  try {
    canvas.setPointerCapture(pointer);
  } catch {
    // The pointer is already gone; its events still come while it is over the canvas.
  }
  strokes.push([position(event)]);
  changed();
});
canvas.addEventListener("pointermove", (event) => {
  if (event.pointerId !== pointer) return;
  const events = event.getCoalescedEvents?.() ?? [];
  for (const each of events.length ? events : [event]) strokes.at(-1).push(position(each));
  changed();
});
canvas.addEventListener("pointerup", (event) => {
  if (event.pointerId === pointer) pointer = null;
});
canvas.addEventListener("pointercancel", (event) => {
  if (event.pointerId !== pointer) return;
  pointer = null;
  strokes.pop();
  changed();
});

function undo() {
  if (pointer === null && strokes.pop()) changed();
}

function clear() {
  if (pointer !== null) return;
  strokes.length = 0;
  changed();
}

document.getElementById("undo").addEventListener("click", undo);
document.getElementById("clear").addEventListener("click", clear);
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z") undo();
  if (event.key === "Delete" || event.key === "Escape") clear();
});
addEventListener("resize", changed);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
changed();
