// A grid of the noise, and where a model sends its lines: the flow's layers, the generator's and the decoder's map.

import {el} from './dom.js';
import {Plane} from './plane.js';
import {player} from './player.js';

/** What to see, by model. @type {Record<string, string>} */
const texts = {
  flow: 'A flow bends the plane of the noise, layer by layer, until a normal distribution has become the data. It may stretch and squeeze but never tear, fold or glue: every point has exactly one origin, which is what makes the density exact. '
    + 'Look for lines drawn out between the modes: they are the bridges that a map without tears cannot avoid.',
  gan: 'The generator sends the plane of the noise z to the data. Nothing keeps it from folding: where lines cross or lie upon one another, several z give the same x, and nothing in the network finds them for a given x. That is why its density cannot be computed.',
  vae: 'The decoder sends each code z to the middle of a small Gaussian in the data. The lines are those middles; samples scatter around them.',
};

/**
 * @param {import('./inside.js').Context} c
 * @returns {import('./inside.js').View}
 */
export function grid(c) {
  const canvas = el('canvas', {role: 'img', 'aria-label': 'A grid of the noise and its image'}), plane = new Plane(canvas);
  /** @type {{title: string, box: import('./plane.js').Box, lines: Float32Array[]}[]} */
  let layers = [];
  const morph = player('Layer', 5, () => draw(), (u) => layers[Math.round(u * (layers.length - 1))]?.title ?? '');
  const draw = () => {
    if (layers.length === 0) return;
    const at = morph.at() * (layers.length - 1), i = Math.max(0, Math.min(Math.floor(at), layers.length - 2)), s = at - i;
    const a = layers[i], b = layers[Math.min(i + 1, layers.length - 1)], data = c.session.current.data.box;
    const last = at > layers.length - 1.02;
    const box = /** @type {import('./plane.js').Box} */ (a.box.map((v, k) => v + s * (b.box[k] - v)));
    plane.show(last ? data : box, last ? c.session.mass : null);
    plane.clear();
    const lines = a.lines.map((line, n) => (s === 0 ? line : line.map((v, k) => v + s * (b.lines[n][k] - v))));
    plane.lines(lines, c.colour, {width: 1, opacity: 0.85});
  };
  return {
    element: el('div', {class: 'wide'}, el('figure', {class: 'big'}, canvas, morph.element),
      el('div', {}, el('p', {}, texts[c.info.model] ?? texts.gan), el('p', {class: 'soft'}, 'Move the slider from the grid of the noise to its image in the plane of the data.'))),
    options: () => ({}),
    show: (answer) => {
      const first = layers.length === 0;
      layers = answer.layers.map((/** @type {any} */ l) => ({title: l.title, box: l.box, lines: l.lines.map((/** @type {number[][]} */ line) => new Float32Array(line.flat()))}));
      if (first) morph.play();
      else draw();
    },
    draw,
    stop: () => morph.stop(),
  };
}
