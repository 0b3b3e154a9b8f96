// From strokes to the 28 x 28 image that the network sees: the same arithmetic, in the same order, as
// digitpad/drawing/rasterize.py and pen.py, which say why. A point is [x, y], y downwards.

const SIDE = 28;
const BOX = 20;
const MIDDLE = 14.5;
const PEN = 1.8;
const SPARSE = 1.5;
const LARGEST_SHIFT = (SIDE - BOX) / 2;
const ROUNDING = 1e-9;
const LARGEST_NUMBER = 1e100;
const SMALLEST_NUMBER = 1e-100;

/** Return the image of strokes: 784 numbers from 0 = background to 1 = ink. */
function toImage(strokes, smallest = 0) {
  const lines = strokes.map(line).filter((points) => points.length);
  const image = new Float32Array(SIDE * SIDE);
  if (!lines.length) return image;
  const points = fit(lines.flat(), BOX - PEN, smallest);
  const pieces = segments(points, lines);
  const [dx, dy] = shift(draw(pieces, PEN / 2));
  for (const piece of pieces) {
    piece[0] += dx;
    piece[1] += dy;
  }
  const coverage = draw(pieces, PEN / 2);
  for (let i = 0; i < image.length; i++) image[i] = Math.floor(coverage[i] * 255 + 0.5) / 255;
  return image;
}

/** Return a stroke's finite points, each different from the one before; a dot twice. */
function line(stroke) {
  const finite = stroke.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const moved = finite.filter(
    ([x, y], i) => i === 0 || x !== finite[i - 1][0] || y !== finite[i - 1][1],
  );
  return moved.length === 1 ? [moved[0], moved[0]] : moved;
}

/** Scale and move points so that their box has this longer side and the image's centre. */
function fit(points, longerSide, smallest = 0) {
  const [left, right, top, bottom] = box(points);
  const farthest = Math.max(right, -left, bottom, -top);
  if (farthest > LARGEST_NUMBER) {
    const scaled = points.map(([x, y]) => [x / farthest, y / farthest]);
    return fit(scaled, longerSide, smallest / farthest);
  }
  const side = Math.max(right - left, bottom - top);
  if (side <= Math.max(ROUNDING * farthest, SMALLEST_NUMBER)) {
    return points.map(() => [SIDE / 2, SIDE / 2]);
  }
  const x0 = (left + right) / 2;
  const y0 = (top + bottom) / 2;
  const scale = longerSide / Math.max(side, smallest);
  return points.map(([x, y]) => [(x - x0) * scale + SIDE / 2, (y - y0) * scale + SIDE / 2]);
}

function box(points) {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return [left, right, top, bottom];
}

/** Return the ink's segments, [x, y, along x, along y] each; long ones as pieces of a curve. */
function segments(points, lines) {
  const breaks = new Set(); // nothing is drawn from one stroke to the next
  let count = 0;
  for (const points of lines) breaks.add((count += points.length) - 1);
  const along = [];
  const lengths = [];
  for (let i = 0; i + 1 < points.length; i++) {
    const [x, y] = [points[i + 1][0] - points[i][0], points[i + 1][1] - points[i][1]];
    along.push([x, y]);
    lengths.push(breaks.has(i) ? 0 : Math.hypot(x, y));
  }
  const starts = [];
  const ends = [];
  const curveStarts = [];
  const curveEnds = [];
  for (let i = 0; i < along.length; i++) {
    if (lengths[i] > SPARSE) {
      addCurve(i, points[i], along, lengths, curveStarts, curveEnds);
    } else if (!breaks.has(i)) {
      starts.push(points[i]);
      ends.push(points[i + 1]);
    }
  }
  let all = [...starts, ...curveStarts, ...ends, ...curveEnds];
  if (curveEnds.length) {
    // Curves may swing beyond the points that they join: make them fit again.
    const [left, right, top, bottom] = box(points);
    all = fit(all, Math.max(right - left, bottom - top));
  }
  const half = all.length / 2;
  return all.slice(0, half).map(([x, y], i) => [x, y, all[half + i][0] - x, all[half + i][1] - y]);
}

/** Add the pieces of the centripetal Catmull-Rom spline that takes segment i's place. */
function addCurve(i, start, along, lengths, curveStarts, curveEnds) {
  const way = along[i];
  const length = lengths[i];
  const root = Math.sqrt(length);
  const direction = way.map((part) => part * (1 / length));
  // How the velocity at the end beside a neighbour differs from `way`; 0 without a neighbour.
  const bend = (neighbour) => {
    const beside = lengths[neighbour] || 0;
    if (!(beside > 0)) return [0, 0];
    const factor = (length * Math.sqrt(beside)) / (root + Math.sqrt(beside));
    return way.map(
      (part, axis) => (direction[axis] + along[neighbour][axis] * (1 / beside)) * factor - part,
    );
  };
  const before = bend(i - 1);
  const after = bend(i + 1);
  const pieces = Math.ceil(length * (2.5 / SPARSE));
  let from = start;
  for (let number = 1; number <= pieces; number++) {
    const t = number / pieces;
    const to = way.map(
      (part, axis) =>
        start[axis] + t * part + t * (1 - t) * ((1 - t) * before[axis] - t * after[axis]),
    );
    curveStarts.push(from);
    curveEnds.push(to);
    from = to;
  }
}

/** Return how much of each pixel a round pen covers that follows the segments. */
function draw(pieces, radius) {
  const reach = radius + 0.5 + SPARSE / 2;
  const extent = Math.floor(2 * reach) + 1;
  const squares = new Float64Array(SIDE * SIDE).fill(1e6);
  for (const [startX, startY, wayX, wayY] of pieces) {
    // Each segment touches only pixels of a square window. Pixel i has its centre at i + 1/2.
    const left = Math.ceil(startX + wayX / 2 - (reach + 0.5));
    const top = Math.ceil(startY + wayY / 2 - (reach + 0.5));
    const squaredLength = Math.max(wayX * wayX + wayY * wayY, 1e-100);
    for (let row = Math.max(top, 0); row < Math.min(top + extent, SIDE); row++) {
      const y = top + 0.5 - startY + (row - top);
      for (let column = Math.max(left, 0); column < Math.min(left + extent, SIDE); column++) {
        const x = left + 0.5 - startX + (column - left);
        const t = x * (wayX / squaredLength) + y * (wayY / squaredLength);
        const nearest = Math.min(Math.max(t, 0), 1);
        const across = x - nearest * wayX;
        const down = y - nearest * wayY;
        const square = across * across + down * down;
        const pixel = row * SIDE + column;
        if (square < squares[pixel]) squares[pixel] = square;
      }
    }
  }
  return squares.map((square) => Math.min(Math.max(radius + 0.5 - Math.sqrt(square), 0), 1));
}

/** Return how far to move the ink so that its centre of mass comes to `MIDDLE`. */
function shift(coverage) {
  let [ink, x, y] = [0, 0, 0];
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const here = coverage[row * SIDE + column];
      ink += here;
      x += here * (column + 0.5);
      y += here * (row + 0.5);
    }
  }
  if (ink === 0) return [MIDDLE - SIDE / 2, MIDDLE - SIDE / 2];
  const limit = (value) => Math.min(Math.max(value, -LARGEST_SHIFT), LARGEST_SHIFT);
  return [limit(MIDDLE - x / ink), limit(MIDDLE - y / ink)];
}
