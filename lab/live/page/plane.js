// The plane of a panel: box and axes, the true density behind, points and lines upon it.

import {scheme} from './colour.js';

/** @typedef {[number, number, number, number]} Box xmin, xmax, ymin, ymax */
/** @typedef {{nx: number, ny: number, m: Uint8Array}} Mass M(x) = P{p(X) > p(x)} in 255ths, from the corner xmin, ymin */

/** Levels of the highest-density regions that are shaded and outlined. */
const levels = [0.5, 0.8, 0.95];

/** Draws into a canvas in the coordinates of the data. */
export class Plane {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{axes?: boolean, names?: [string, string]}} [options]
   */
  constructor(canvas, options = {}) {
    this.canvas = canvas;
    this.axes = options.axes ?? true;
    this.names = options.names;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    /** @type {Box} */
    this.box = [-1, 1, -1, 1];
    this.massBox = this.box;
    /** @type {Mass | null} */
    this.mass = null;
    /** @type {HTMLCanvasElement | null} background, valid for its key */
    this.back = null;
    this.key = '';
    this.left = this.bottom = this.width = this.height = 0;
    this.scale = this.originX = this.originY = 1;
  }

  /**
   * Sets what is seen and what is behind it.
   * @param {Box} box
   * @param {Mass | null} mass
   * @param {Box} [massBox] of the mass, if it is another one
   */
  show(box, mass, massBox = box) {
    if (mass === this.mass && box.join() === this.box.join()) return;
    this.massBox = massBox;
    this.box = box;
    this.mass = mass;
    this.key = '';
    const aspect = Math.max(0.8, Math.min((box[1] - box[0]) / (box[3] - box[2]), 1.9));
    this.canvas.style.aspectRatio = String(aspect);
  }

  /** Fits the bitmap to the element, with the density of pixels of the screen. */
  fit() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const w = Math.round(this.canvas.clientWidth * ratio), h = Math.round(this.canvas.clientHeight * ratio);
    if (w > 0 && (this.canvas.width !== w || this.canvas.height !== h)) {
      this.canvas.width = w;
      this.canvas.height = h;
    }
    this.measure(this.canvas.width, this.canvas.height, ratio);
  }

  /**
   * Computes the map from data to pixels.
   * @param {number} width
   * @param {number} height
   * @param {number} ratio pixels of the bitmap to a pixel of the page
   */
  measure(width, height, ratio) {
    const [x0, x1, y0, y1] = this.box;
    this.width = width;
    this.height = height;
    this.ratio = ratio;
    const named = this.names ? 13 * ratio : 0;
    this.left = this.axes ? 24 * ratio + named : 0;
    this.bottom = this.axes ? 16 * ratio + named : 0;
    const w = width - this.left - 2 * ratio, h = height - this.bottom - 2 * ratio;
    this.scale = Math.min(w / (x1 - x0), h / (y1 - y0));
    this.originX = this.left + (w - this.scale * (x1 - x0)) / 2 - this.scale * x0;
    this.originY = 2 * ratio + (h + this.scale * (y1 - y0)) / 2 + this.scale * y0;
  }

  /** @param {number} x */
  x(x) { return this.originX + this.scale * x; }
  /** @param {number} y */
  y(y) { return this.originY - this.scale * y; }

  /**
   * Returns the data coordinates of a pointer.
   * @param {PointerEvent} e
   * @returns {[number, number]}
   */
  at(e) {
    const r = this.canvas.getBoundingClientRect();
    const px = (e.clientX - r.left) * this.width / r.width, py = (e.clientY - r.top) * this.height / r.height;
    return [(px - this.originX) / this.scale, (this.originY - py) / this.scale];
  }

  /** Clears the canvas and draws what is behind the points. */
  clear() {
    this.fit();
    const c = this.context, key = [this.width, this.height, scheme.paper, this.box].join();
    c.clearRect(0, 0, this.width, this.height);
    if (this.width === 0) return;
    if (this.key !== key || !this.back) {
      this.back = document.createElement('canvas');
      this.back.width = this.width;
      this.back.height = this.height;
      this.paint(/** @type {CanvasRenderingContext2D} */ (this.back.getContext('2d')));
      this.key = key;
    }
    c.drawImage(this.back, 0, 0);
  }

  /**
   * Draws density and axes.
   * @param {CanvasRenderingContext2D} c
   */
  paint(c) {
    c.fillStyle = scheme.paper;
    c.fillRect(0, 0, this.width, this.height);
    const mass = this.mass;
    if (mass) {
      const layer = document.createElement('canvas');
      layer.width = this.width;
      layer.height = this.height;
      const lc = /** @type {CanvasRenderingContext2D} */ (layer.getContext('2d'));
      lc.putImageData(bands(this, mass), 0, 0);
      c.drawImage(layer, 0, 0);
    }
    if (this.axes) this.ticks(c);
  }

  /**
   * Draws the axes.
   * @param {CanvasRenderingContext2D} c
   */
  ticks(c) {
    const r = this.ratio ?? 1, [x0, x1, y0, y1] = this.box;
    const left = this.x(x0), right = this.x(x1), low = this.y(y0), high = this.y(y1);
    c.strokeStyle = scheme.line;
    c.lineWidth = r;
    c.beginPath();
    c.moveTo(left, high);
    c.lineTo(left, low);
    c.lineTo(right, low);
    c.stroke();
    c.fillStyle = scheme.soft;
    c.font = `${10 * r}px system-ui, sans-serif`;
    c.textAlign = 'center';
    c.textBaseline = 'top';
    for (const t of ticksOf(x0, x1)) c.fillText(number(t), this.x(t), low + 4 * r);
    c.textAlign = 'right';
    c.textBaseline = 'middle';
    for (const t of ticksOf(y0, y1)) c.fillText(number(t), left - 4 * r, this.y(t));
    if (!this.names) return;
    c.textAlign = 'center';
    c.textBaseline = 'bottom';
    c.fillText(this.names[0], (left + right) / 2, this.height - 1);
    c.save();
    c.translate(1, (low + high) / 2);
    c.rotate(-Math.PI / 2);
    c.textBaseline = 'top';
    c.fillText(this.names[1], 0, 0);
    c.restore();
  }

  /**
   * Draws points.
   * @param {Float32Array} points x and y in turn
   * @param {string | ((i: number) => string)} colour
   * @param {{radius?: number, opacity?: number}} [style]
   */
  points(points, colour, style = {}) {
    const c = this.context, n = points.length / 2, r = (style.radius ?? dotRadius(n)) * (this.ratio ?? 1);
    c.save();
    this.clip();
    c.globalAlpha = style.opacity ?? 0.6;
    /** @type {Map<string, HTMLCanvasElement>} */
    const dots = new Map();
    for (let i = 0; i < n; i++) {
      const x = this.x(points[2 * i]), y = this.y(points[2 * i + 1]);
      const of = typeof colour === 'string' ? colour : colour(i);
      let dot = dots.get(of);
      if (!dot) dots.set(of, dot = disc(of, r));
      c.drawImage(dot, x - dot.width / 2, y - dot.height / 2);
    }
    c.restore();
  }

  /**
   * Draws polylines; a line breaks where a coordinate is not finite.
   * @param {ArrayLike<number>[]} lines x and y in turn
   * @param {string} colour
   * @param {{width?: number, opacity?: number}} [style]
   */
  lines(lines, colour, style = {}) {
    const c = this.context;
    c.save();
    this.clip();
    c.globalAlpha = style.opacity ?? 0.8;
    c.strokeStyle = colour;
    c.lineWidth = (style.width ?? 1) * (this.ratio ?? 1);
    c.lineJoin = 'round';
    c.beginPath();
    for (const line of lines) {
      let down = false;
      for (let i = 0; i < line.length; i += 2) {
        if (!isFinite(line[i]) || !isFinite(line[i + 1])) {
          down = false;
          continue;
        }
        if (down) c.lineTo(this.x(line[i]), this.y(line[i + 1]));
        else c.moveTo(this.x(line[i]), this.y(line[i + 1]));
        down = true;
      }
    }
    c.stroke();
    c.restore();
  }

  /** Keeps what follows within the box. */
  clip() {
    const [x0, x1, y0, y1] = this.box;
    this.context.beginPath();
    this.context.rect(this.x(x0), this.y(y1), this.scale * (x1 - x0), this.scale * (y1 - y0));
    this.context.clip();
  }
}

/**
 * Returns the regions of the density as an image: each level is a shade, with an outline.
 * @param {Plane} plane
 * @param {Mass} mass
 */
function bands(plane, mass) {
  const {width, height} = plane, {nx, ny, m} = mass, [x0, x1, y0, y1] = plane.massBox;
  const image = new ImageData(width, height), out = image.data, dark = scheme.dark;
  const fill = dark ? 150 : 153, line = dark ? 225 : 51;
  const stepX = (nx - 1) / (plane.scale * (x1 - x0)), stepY = (ny - 1) / (plane.scale * (y1 - y0));
  const left = Math.max(0, Math.ceil(plane.x(x0))), right = Math.min(width, plane.x(x1)), low = Math.min(height, plane.y(y0));
  for (let py = Math.max(0, Math.ceil(plane.y(y1))); py < low; py++) {
    const v = Math.min(Math.max((plane.y(y0) - py - 0.5) * stepY, 0), ny - 1.001), j = Math.floor(v), t = v - j;
    for (let px = left; px < right; px++) {
      const u = Math.min(Math.max((px + 0.5 - plane.x(x0)) * stepX, 0), nx - 1.001), i = Math.floor(u), s = u - i;
      const at = j * nx + i, a = m[at], b = m[at + 1], c = m[at + nx], d = m[at + nx + 1];
      const value = ((a * (1 - s) + b * s) * (1 - t) + (c * (1 - s) + d * s) * t) / 255;
      const slope = Math.hypot(((b - a) * (1 - t) + (d - c) * t) * stepX, ((c - a) * (1 - s) + (d - b) * s) * stepY) / 255;
      let clear = 1, outline = 0;
      for (const level of levels) {
        const inside = Math.max(0, Math.min((level + 0.006 - value) / Math.max(slope, 1e-4) + 0.5, 1));
        clear *= 1 - 0.2 * inside;
        if (slope > 2e-3) outline = Math.max(outline, Math.min(1.2 - Math.abs(level - value) / slope, 1));
      }
      const shade = 1 - clear, over = outline * 0.5, alpha = over + shade * (1 - over), k = 4 * (py * width + px);
      if (alpha <= 0) continue;
      out[k] = out[k + 1] = out[k + 2] = (line * over + fill * shade * (1 - over)) / alpha;
      out[k + 3] = 255 * alpha;
    }
  }
  return image;
}

/**
 * Returns the radius of a point in pixels of the page: many points are smaller.
 * @param {number} n
 */
const dotRadius = (n) => 1.1 + 0.9 * Math.sqrt(500 / Math.max(n, 500));

/**
 * Returns a disc.
 * @param {string} colour
 * @param {number} r in pixels
 */
function disc(colour, r) {
  const e = document.createElement('canvas');
  e.width = e.height = 2 * Math.ceil(r + 1);
  const c = /** @type {CanvasRenderingContext2D} */ (e.getContext('2d'));
  c.fillStyle = colour;
  c.arc(e.width / 2, e.width / 2, r, 0, 7);
  c.fill();
  return e;
}

/**
 * Returns three to five round numbers within a range.
 * @param {number} lo
 * @param {number} hi
 */
export function ticksOf(lo, hi) {
  const size = 10 ** Math.floor(Math.log10((hi - lo) / 2));
  const step = [1, 2, 5, 10].map((k) => k * size).find((s) => (hi - lo) / s <= 5) ?? size;
  const all = [];
  for (let k = Math.ceil(lo / step); k * step <= hi + 1e-9 * step; k++) all.push(k * step);
  return all;
}

/**
 * Writes a round number, with a true minus.
 * @param {number} v
 */
export const number = (v) => String(+v.toPrecision(6)).replace('-', '−');
