// Numbers in text: points and grids of the program, points of an address.

/** @typedef {import('./plane.js').Box} Box */

/**
 * Decodes base64.
 * @param {string} text
 */
export function bytesOf(text) {
  const s = atob(text), out = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) out[i] = s.charCodeAt(i);
  return out;
}

/**
 * Decodes packed points: uint16 pairs relative to a range.
 * @param {string} text
 * @param {Box} range
 * @returns {Float32Array} x and y in turn
 */
export function unpack(text, range) {
  const b = bytesOf(text), out = new Float32Array(b.length / 2), [x0, x1, y0, y1] = range;
  for (let i = 0; i < out.length; i++) {
    const u = (b[2 * i] + 256 * b[2 * i + 1]) / 65535;
    out[i] = i % 2 === 0 ? x0 + (x1 - x0) * u : y0 + (y1 - y0) * u;
  }
  return out;
}

/**
 * Returns M(x) = P{p(X) > p(x)} from a density on a grid, so that M < 0.8 is the highest-density region of 80 %.
 * @param {import('./types.js').PackedGrid} grid square roots of the density in 255ths of the largest
 * @returns {import('./plane.js').Mass}
 */
export function massOf(grid) {
  const v = bytesOf(grid.values), count = new Float64Array(256);
  for (const k of v) count[k]++;
  let total = 0;
  for (let k = 0; k < 256; k++) total += count[k] * k * k;
  const mass = new Uint8Array(256);
  for (let k = 255, above = 0; k >= 0; k--) {
    const here = count[k] * k * k;
    mass[k] = Math.round(255 * (k === 0 ? 1 : (above + here / 2) / total));
    above += here;
  }
  return {nx: grid.w, ny: grid.h, m: v.map((k) => mass[k])};
}

/**
 * Rounds points to what an address holds: six significant digits of the largest.
 * @param {[number, number][]} points
 * @returns {{points: [number, number][], places: number}} places: digits after the point
 */
export function rounded(points) {
  const largest = points.reduce((m, [x, y]) => Math.max(m, Math.abs(x), Math.abs(y)), 1e-3);
  const places = Math.max(0, Math.min(9, 4 - Math.floor(Math.log10(largest)))), unit = 10 ** places;
  const round = (/** @type {number} */ v) => Math.round(v * unit) / unit;
  return {points: points.map(([x, y]) => [round(x), round(y)]), places};
}

/**
 * Writes points and labels as text for an address: rounded coordinates as variable-length integers.
 * @param {[number, number][]} points
 * @param {number[]} [labels]
 */
export function pointsToText(points, labels) {
  const {places} = rounded(points), unit = 10 ** places;
  /** @type {number[]} */
  const out = [places, labels ? 1 : 0];
  const put = (/** @type {number} */ n) => {
    for (; n > 127; n = Math.floor(n / 128)) out.push((n % 128) | 128);
    out.push(n);
  };
  points.forEach((p, i) => {
    for (const v of p) {
      const k = Math.round(v * unit);
      put(k < 0 ? -2 * k - 1 : 2 * k);
    }
    if (labels) put(labels[i]);
  });
  let s = '';
  for (const b of out) s += String.fromCharCode(b);
  return btoa(s).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * Reads what pointsToText wrote. It throws where the text is cut off.
 * @param {string} text
 * @returns {{points: [number, number][], labels?: number[]}}
 */
export function textToPoints(text) {
  const b = bytesOf(text.replaceAll('-', '+').replaceAll('_', '/')), unit = 10 ** b[0], labelled = b[1] === 1;
  if (b.length < 2 || b[0] > 9 || b[1] > 1) throw new Error('the points of the link are not readable');
  let at = 2;
  const take = () => {
    let n = 0;
    for (let place = 1; ; place *= 128) {
      if (at >= b.length) throw new Error('the points of the link are cut off');
      const v = b[at++];
      n += (v & 127) * place;
      if (v < 128) return n;
    }
  };
  const coordinate = () => {
    const n = take();
    return (n % 2 ? -(n + 1) / 2 : n / 2) / unit;
  };
  /** @type {[number, number][]} */
  const points = [];
  /** @type {number[]} */
  const labels = [];
  while (at < b.length) {
    points.push([coordinate(), coordinate()]);
    if (labelled) labels.push(take());
  }
  return labelled ? {points, labels} : {points};
}
