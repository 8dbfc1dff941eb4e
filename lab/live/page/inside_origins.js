// Where samples come from: the noise that a generator or a flow turned into the points near a place.

import {scheme} from './colour.js';
import {el, say} from './dom.js';
import {unpack} from './pack.js';
import {Plane} from './plane.js';

/** What to see, by model. @type {Record<string, string[]>} */
const texts = {
  gan: [
    'How probable is the place in the circle under this model? Its density there is made up of all the noise z that the generator sends to it: the coloured places in the plane of the noise, each with how much G stretches the plane there.',
    'Here you see them because 2,000 points of noise were tried. The generator itself only computes x from z. It offers no way back: nothing tells how many places there are, or that none is missing, and with images instead of points no number of trials would hit the circle. So there is no likelihood. '
      + 'Counting samples near x, or laying a kernel on each, estimates a density, but that is another model (try KDE) with an error of its own.',
    'Move the circle: some places come from one patch of noise, some from several far apart, threads between the modes from thin slivers, and some places from nowhere.',
  ],
  flow: [
    'A flow is invertible: each point x has exactly one origin z, and the network computes it. A small circle comes from one patch, and log |det ∂f/∂x| says how its area compares with the circle. That is all that the exact likelihood needs.',
    'Compare with the same view of a GAN.',
  ],
};

/**
 * @param {import('./inside.js').Context} c
 * @returns {import('./inside.js').View}
 */
export function origins(c) {
  const noise = el('canvas', {role: 'img', 'aria-label': 'Plane of the noise: the origins of the samples in the circle'});
  const data = el('canvas', {role: 'img', tabIndex: 0, 'aria-label': 'Samples and a circle. Arrow keys move the circle.'});
  const left = new Plane(noise, {names: ['z1', 'z2']}), right = new Plane(data), said = el('p', {role: 'status'});
  /** @type {{z: Float32Array, x: Float32Array, latent: number} | null} */
  let all = null;
  /** @type {[number, number] | null} */
  let centre = null;
  const size = el('input', {type: 'range', id: 'circle', min: 1, max: 20, value: 6, oninput: () => draw()});
  const radius = () => Number(size.value) / 100 * (right.box[1] - right.box[0]);
  const draw = () => {
    if (!all) return;
    const {z, x} = all, [cx, cy] = centre ??= start(c.session.truth, x), r = radius();
    /** @type {number[]} */
    const near = [], from = [];
    for (let i = 0; i < x.length; i += 2) {
      if (Math.hypot(x[i] - cx, x[i + 1] - cy) > r) continue;
      near.push(x[i], x[i + 1]);
      from.push(z[i], z[i + 1]);
    }
    right.show(c.session.current.data.box, c.session.mass);
    right.clear();
    right.points(x, scheme.soft, {radius: 1, opacity: 0.35});
    right.points(new Float32Array(near), c.colour, {radius: 1.8, opacity: 0.9});
    right.lines([ring(cx, cy, r)], scheme.ink, {width: 2, opacity: 1});
    left.clear();
    left.points(z, scheme.soft, {radius: 1, opacity: 0.35});
    left.points(new Float32Array(from), c.colour, {radius: 2.2, opacity: 0.95});
    say(said, `${near.length / 2} of ${(x.length / 2).toLocaleString('en')} samples are in the circle around (${cx.toFixed(2)}, ${cy.toFixed(2)})`.replaceAll('-', '−')
      + (near.length ? '; coloured in the other picture: the noise that they were made of.' : ': no noise that was tried comes here.'));
  };
  data.addEventListener('pointermove', (e) => { centre = right.at(e); draw(); });
  data.addEventListener('pointerdown', (e) => { centre = right.at(e); draw(); });
  data.addEventListener('keydown', (e) => {
    const step = (right.box[1] - right.box[0]) / 50, by = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step]}[e.key];
    if (!by || !centre) return;
    e.preventDefault();
    centre = [centre[0] + by[0], centre[1] + by[1]];
    draw();
  });
  const paragraphs = texts[c.info.model] ?? [];
  return {
    element: el('div', {class: 'wide'},
      el('figure', {class: 'big'}, noise, el('figcaption', {}, 'Noise z, from a normal distribution.')),
      el('figure', {class: 'big'}, data, el('figcaption', {}, 'The samples x that the model made of it. Point at the picture, or use the arrow keys, to move the circle.'),
        el('div', {class: 'row'}, el('label', {for: 'circle'}, 'size of the circle'), size)),
      el('div', {}, said, ...paragraphs.map((p) => el('p', {}, p)))),
    options: () => ({points: 2000}),
    show: (answer) => {
      all = {z: unpack(answer.z, answer.base), x: unpack(answer.x, answer.range), latent: answer.latent};
      left.show(answer.base, null);
      draw();
    },
    draw,
  };
}

/**
 * Returns where the circle is at first: at a true point that has a sample near.
 * @param {Float32Array} truth
 * @param {Float32Array} x
 * @returns {[number, number]}
 */
function start(truth, x) {
  return truth.length ? [truth[0], truth[1]] : [x[0], x[1]];
}

/**
 * Returns the points of a circle.
 * @param {number} x
 * @param {number} y
 * @param {number} r
 */
function ring(x, y, r) {
  const out = [];
  for (let k = 0; k <= 48; k++) out.push(x + r * Math.cos(k * Math.PI / 24), y + r * Math.sin(k * Math.PI / 24));
  return out;
}
