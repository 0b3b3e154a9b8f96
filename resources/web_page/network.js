// The network: z^l = W^l a^(l-1) + b^l and a^l = σ(z^l), and what it answers. The same as
// digitpad/nn/network.py and digitpad/recognition/recognise.py. MODEL comes from the page.

const ACTIVATIONS = {
  logistic: (z) => z.map((value) => (Math.tanh(value / 2) + 1) / 2),
  tanh: (z) => z.map(Math.tanh),
  relu: (z) => z.map((value) => Math.max(value, 0)),
  step: (z) => z.map((value) => (value >= 0 ? 1 : 0)),
  softmax,
};
const NONE = -1.5; // the weighted input of “none of the digits”
const MIN_CONFIDENCE = 0.75;
const MIN_ACTIVATION = 0.5;
const MIN_LEAD = 0.2;
const TWO_DIGITS = 0.8;

function softmax(z) {
  const largest = z.reduce((a, b) => Math.max(a, b));
  const a = z.map((value) => Math.exp(value - largest));
  const sum = a.reduce((x, y) => x + y);
  return a.map((value) => value / sum);
}

/** Return the layers [{weights, biases}] of the model, float32 numbers. */
function unpack(model) {
  const bytes = Uint8Array.from(atob(model.parameters), (character) => character.charCodeAt(0));
  const numbers =
    model.dtype === "float16" ? halves(new Uint16Array(bytes.buffer)) : new Float32Array(bytes.buffer);
  let start = 0;
  const take = (count) => numbers.subarray(start, (start += count));
  return model.sizes.slice(1).map((neurons, l) => ({
    weights: take(neurons * model.sizes[l]),
    biases: take(neurons),
  }));
}

/** Return the values of IEEE 754 half-precision numbers. */
function halves(bits) {
  return Float32Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** Return z^L and a^L of an image. */
function feedForward(layers, model, image) {
  let a = image;
  let z = image;
  layers.forEach(({ weights, biases }, l) => {
    // Most pixels are background and many neurons are silent: sum over the others only.
    const active = [];
    for (let k = 0; k < a.length; k++) if (a[k] !== 0) active.push(k);
    z = Float64Array.from(biases);
    for (let j = 0; j < z.length; j++) {
      const row = j * a.length;
      let sum = z[j];
      for (const k of active) sum += weights[row + k] * a[k];
      z[j] = sum;
    }
    const last = l === layers.length - 1;
    a = ACTIVATIONS[last ? model.outputActivation : model.activation](z);
  });
  return [z, a];
}

/** Return the digit, the runner-up, the ten activations, the confidence and the verdict. */
function recognise(layers, model, image) {
  const [z, activations] = feedForward(layers, model, image);
  const order = [...activations.keys()].sort((i, j) => activations[j] - activations[i]);
  const [digit, runnerUp] = order;
  let confidence = activations[digit];
  let sure, known;
  if (model.calibration) {
    const scaled = Array.from(z, (value) => value / model.calibration.temperature);
    if (model.outputActivation === "logistic") scaled.push(NONE);
    const probabilities = softmax(scaled);
    confidence = probabilities[digit];
    known = confidence < MIN_CONFIDENCE && confidence + probabilities[runnerUp] >= TWO_DIGITS;
    const mostProbable = Math.max(...probabilities.slice(0, 10));
    sure =
      activations[digit] >= model.calibration.min_activation && mostProbable >= MIN_CONFIDENCE;
  } else {
    known = confidence >= MIN_ACTIVATION;
    sure = known && confidence - activations[runnerUp] >= MIN_LEAD;
  }
  let verdict = "unknown";
  if (!image.some((pixel) => pixel > 0)) verdict = "empty";
  else if (sure) verdict = "sure";
  else if (known) verdict = "ambiguous";
  return { digit, runnerUp, activations: Array.from(activations), confidence, verdict };
}
