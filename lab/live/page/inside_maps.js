// Maps of the plane: the density of a model, and the critic's value.

import {high, rampColour, rgb, scheme} from './colour.js';
import {el, say} from './dom.js';
import {bytesOf, unpack} from './pack.js';
import {Plane} from './plane.js';

/** How the kind of a density is named. @type {Record<string, string>} */
const kinds = {exact: 'exact', ODE: 'solving the ODE at each point', bound: 'a lower bound at each point'};

/**
 * @param {import('./inside.js').Context} c
 * @returns {import('./inside.js').View}
 */
export function density(c) {
  const canvas = el('canvas', {role: 'img', 'aria-label': `Density of ${c.info.title}`}), truth = el('canvas', {role: 'img', 'aria-label': 'True density'});
  const plane = new Plane(canvas), other = new Plane(truth), about = el('p', {class: 'soft'});
  /** @type {import('./types.js').PackedGrid | null} */
  let grid = null;
  const draw = () => {
    const data = c.session.current.data;
    for (const [p, g] of /** @type {[Plane, import('./types.js').PackedGrid | null][]} */ ([[plane, grid], [other, data.density]])) {
      p.show(data.box, null);
      p.clear();
      if (g) shade(p, g, (v) => rampColour(1 - v));
    }
  };
  const known = c.session.current.data.density;
  return {
    element: el('div', {}, el('div', {class: 'wide'}, el('figure', {class: 'big'}, canvas, el('figcaption', {}, `Density of the model. ${high()} is high.`)),
      known && el('figure', {class: 'big'}, truth, el('figcaption', {}, 'True density.'))), about),
    options: () => ({size: 96}),
    show: (answer) => {
      grid = answer.grid;
      say(about, `Computed as: ${kinds[answer.kind] ?? answer.kind}. Both maps have the same scale in the plane; the strongest colour is the highest density of each.`);
      draw();
    },
    draw,
  };
}

/**
 * @param {import('./inside.js').Context} c
 * @returns {import('./inside.js').View}
 */
export function critic(c) {
  const canvas = el('canvas', {role: 'img', 'aria-label': 'Value of the critic over the plane, with samples of the generator and data'}), plane = new Plane(canvas);
  const about = el('p', {class: 'soft'});
  /** @type {import('./types.js').PackedGrid | null} */
  let grid = null;
  const draw = () => {
    if (!grid) return;
    const data = c.session.current.data, frame = c.session.panels.get(c.info.id)?.frame;
    plane.show(data.box, null);
    plane.clear();
    shade(plane, grid, (v) => rampColour(1 - v), 0.8);
    plane.points(c.session.truth.slice(0, 300), scheme.dark ? '#d8d8d8' : '#222222', {radius: 1.6, opacity: 0.8});
    if (frame) plane.points(unpack(frame.points, data.range).slice(0, 500), scheme.dark ? '#ff9fce' : '#ff6fb5', {radius: 2, opacity: 0.95});
  };
  return {
    element: el('div', {class: 'wide'}, el('figure', {class: 'big'}, canvas, el('figcaption', {}, `${high()}: the critic takes points here for data. ${scheme.dark ? 'Dark' : 'Pale'}: it takes them for fakes. Grey dots are data, pink dots are samples of the generator.`)),
      el('div', {}, el('p', {}, 'The critic is the GAN’s second network. It learns to give data a high value and samples a low one; the generator learns to move its samples uphill.'),
        el('p', {}, 'The landscape changes while you watch: where samples gather without data, the critic digs a hole, and they move on. No value here is a density: only differences between places mean anything.'), about)),
    options: () => ({size: 72}),
    show: (answer) => {
      grid = answer.grid;
      say(about, `Values from ${Number(answer.grid.low).toPrecision(3)} to ${Number(answer.grid.high).toPrecision(3)}. ${answer.note}`);
      draw();
    },
    draw,
  };
}

/**
 * Draws a grid of bytes over the box.
 * @param {Plane} plane
 * @param {import('./types.js').PackedGrid} grid
 * @param {(v: number) => string} colour of v in [0, 1]
 * @param {number} [opacity]
 */
export function shade(plane, grid, colour, opacity = 1) {
  const image = new ImageData(grid.w, grid.h), bytes = bytesOf(grid.values);
  const table = Array.from({length: 256}, (_, k) => rgb(colour(k / 255)));
  for (let j = 0; j < grid.h; j++) {
    for (let i = 0; i < grid.w; i++) image.data.set([...table[bytes[j * grid.w + i]], 255], 4 * ((grid.h - 1 - j) * grid.w + i));
  }
  const small = el('canvas', {width: grid.w, height: grid.h}), [x0, x1, y0, y1] = plane.box, c = plane.context;
  small.getContext('2d')?.putImageData(image, 0, 0);
  c.save();
  c.globalAlpha = opacity;
  c.imageSmoothingQuality = 'high';
  c.drawImage(small, plane.x(x0), plane.y(y1), plane.scale * (x1 - x0), plane.scale * (y1 - y0));
  c.restore();
}
