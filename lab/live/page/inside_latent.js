// The latent plane of a VAE with the encoder's guesses, and its bound taken apart.

import {high, labelColour, rampColour, scheme, shown} from './colour.js';
import {el, say, set} from './dom.js';
import {short} from './figures.js';
import {shade} from './inside_maps.js';
import {bytesOf} from './pack.js';
import {Plane} from './plane.js';

/** @typedef {{x: number, y: number, cov: [number, number, number], label: number | null, data: [number, number], elbo?: number, log_p?: number}} Ellipse */
/** @typedef {{side: number, box: import('./plane.js').Box, values: Float32Array}} Decoder means and standard deviations of x and y for each cell of the latent plane */
/** @typedef {{elbo: number, reconstruction: number, kl: number, log_p?: number | null}} Bound */

/**
 * @param {import('./inside.js').Context} c
 * @returns {import('./inside.js').View}
 */
export function latent(c) {
  const codes = el('canvas', {role: 'img', tabIndex: 0, 'aria-label': 'Latent plane: an ellipse for each data point. Arrow keys choose a point.'});
  const data = el('canvas', {role: 'img', 'aria-label': 'The data points that were encoded'});
  const left = new Plane(data), right = new Plane(codes, {names: ['z1', 'z2']}), parts = el('div');
  /** @type {Ellipse[]} */
  let all = [];
  let chosen = -1;
  /** @type {Decoder | null} */
  let decoder = null;
  const one = el('p', {role: 'status'});
  const worst = el('button', {type: 'button', id: 'worst', onclick: () => {
    chosen = all.reduce((best, e, i) => (gap(e) > gap(all[best]) ? i : best), 0);
    draw();
  }}, 'Show the worst guess');
  const colour = (/** @type {number} */ i) => {
    const label = all[i].label;
    return label === null ? c.colour : labelColour(label);
  };
  const draw = () => {
    if (all.length === 0) return;
    left.show(c.session.current.data.box, c.session.mass);
    left.clear();
    left.points(new Float32Array(all.flatMap((e) => e.data)), colour, {radius: 2.2, opacity: 0.8});
    right.clear();
    if (chosen >= 0 && decoder) shade(right, posterior(decoder, all[chosen].data), (v) => rampColour(1 - v));
    for (const r of [1, 2]) right.lines([circle(0, 0, [r * r, 0, r * r])], scheme.soft, {width: 1, opacity: 0.6});
    if (chosen < 0 || !decoder) all.forEach((e, i) => right.lines([circle(e.x, e.y, e.cov)], colour(i), {width: i === chosen ? 3 : 1, opacity: chosen < 0 || i === chosen ? 0.85 : 0.25}));
    if (chosen >= 0) {
      const e = all[chosen];
      left.points(new Float32Array(e.data), shown('#000000'), {radius: 5, opacity: 1});
      if (decoder) for (const r of [1, 2]) right.lines([circle(e.x, e.y, /** @type {[number, number, number]} */ (e.cov.map((v) => r * r * v)))], guess(), {width: 2.5, opacity: 1});
      right.points(new Float32Array([e.x, e.y]), guess(), {radius: 3, opacity: 1});
    }
    say(one, chosen < 0 ? 'Point at a data point to see its guess beside the truth.' : sentence(all[chosen]));
  };
  const nearest = (/** @type {[number, number]} */ [x, y], /** @type {(e: Ellipse) => [number, number]} */ of) => {
    let best = -1, least = Infinity;
    all.forEach((e, i) => {
      const [u, v] = of(e), d = Math.hypot(u - x, v - y);
      if (d < least) [best, least] = [i, d];
    });
    return best;
  };
  const point = (/** @type {Plane} */ p, /** @type {(e: Ellipse) => [number, number]} */ of) => {
    p.canvas.addEventListener('pointermove', (e) => { chosen = nearest(p.at(e), of); draw(); });
    p.canvas.addEventListener('pointerleave', () => { chosen = -1; draw(); });
  };
  point(left, (e) => e.data);
  point(right, (e) => [e.x, e.y]);
  codes.addEventListener('keydown', (e) => {
    const by = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[e.key];
    if (!by || all.length === 0) return;
    e.preventDefault();
    chosen = (chosen + by + all.length) % all.length;
    draw();
  });
  return {
    element: el('div', {},
      el('div', {class: 'wide'},
        el('figure', {class: 'big'}, data, el('figcaption', {}, 'Data points x.')),
        el('figure', {class: 'big'}, codes, el('figcaption', {}, 'Codes z. An ellipse is the encoder’s guess q(z|x) for a point, one standard deviation wide. Grey circles: the prior N(0, I) at 1 and 2 standard deviations. '
          + `Point at either picture, or use the arrow keys: the shading is then the true posterior p(z|x), the codes that could have produced the point (${high().toLowerCase()} is likely), under its guess at 1 and 2 standard deviations.`)),
        el('div', {}, one, el('div', {class: 'row'}, worst), el('h3', {}, 'The bound, on average over the data'), parts))),
    options: () => ({points: 200}),
    show: (answer) => {
      all = answer.ellipses;
      decoder = answer.decoder ? {...answer.decoder, values: new Float32Array(bytesOf(answer.decoder.values).slice().buffer)} : null;
      worst.hidden = !decoder;
      if (chosen >= all.length) chosen = -1;
      right.show(answer.box, null);
      set(parts, answer.bound && table(answer.bound), el('p', {class: 'soft'}, collapsed(answer.active, answer.latent)),
        answer.posterior === 'flow' && el('p', {class: 'soft'}, 'The guess of this model is a flow, not a Gaussian: its ellipse shows mean and covariance only.'));
      draw();
    },
    draw,
  };
}

/** The colour of a guess over the true posterior. */
const guess = () => (scheme.dark ? '#ffb000' : '#d55e00');

/** @param {Ellipse} e */
const gap = (e) => (e.log_p ?? 0) - (e.elbo ?? 0);

/** @param {Ellipse} e */
function sentence(e) {
  if (e.elbo === undefined || e.log_p === undefined) return 'The likelihood cannot be integrated for this model, so its true posterior is not shown.';
  return `This point: ELBO ${short(e.elbo)}, log p(x) ${short(e.log_p)}, gap ${Math.max(0, gap(e)).toFixed(2)} nats. ${gap(e) < 0.05 ? 'The guess fits the true posterior, and the bound is tight.' : 'Where guess and shading differ, the bound is loose.'}`;
}

/**
 * Returns p(z|x), up to its highest value, on the cells of the decoder.
 * @param {Decoder} d
 * @param {[number, number]} x
 * @returns {import('./types.js').PackedGrid}
 */
function posterior({side, box, values}, [x, y]) {
  const logs = new Float64Array(side * side);
  for (let k = 0; k < logs.length; k++) {
    const z1 = box[0] + (k % side + 0.5) * (box[1] - box[0]) / side, z2 = box[2] + (Math.floor(k / side) + 0.5) * (box[3] - box[2]) / side;
    const [mx, my, sx, sy] = values.subarray(4 * k, 4 * k + 4);
    logs[k] = -(z1 * z1 + z2 * z2) / 2 - ((x - mx) / sx) ** 2 / 2 - ((y - my) / sy) ** 2 / 2 - Math.log(sx * sy);
  }
  const top = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  return {w: side, h: side, values: btoa(String.fromCharCode(...Array.from(logs, (l) => Math.round(255 * Math.exp((l - top) / 2)))))};
}

/**
 * Returns the points of an ellipse of one standard deviation.
 * @param {number} x
 * @param {number} y
 * @param {[number, number, number]} cov variance of x, covariance, variance of y
 */
function circle(x, y, [a, b, d]) {
  const l11 = Math.sqrt(Math.max(a, 0)), l21 = l11 > 0 ? b / l11 : 0, l22 = Math.sqrt(Math.max(d - l21 * l21, 0)), out = [];
  for (let k = 0; k <= 40; k++) {
    const u = Math.cos(k * Math.PI / 20), v = Math.sin(k * Math.PI / 20);
    out.push(x + l11 * u, y + l21 * u + l22 * v);
  }
  return out;
}

/** @param {Bound} b */
function table(b) {
  const row = (/** @type {string} */ name, /** @type {number | null | undefined} */ v, /** @type {string} */ words) => v !== null && v !== undefined
    && el('tr', {}, el('th', {scope: 'row'}, name), el('td', {class: 'n'}, short(v)), el('td', {class: 'soft'}, words));
  return el('div', {class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'The bound taken apart'}, el('table', {class: 'plain'}, el('caption', {class: 'hidden'}, 'The bound taken apart, in nats a point'),
    el('tbody', {},
      row('E log p(x|z)', b.reconstruction, 'reconstruction: how well codes of the ellipse give x back'),
      row('− KL(q(z|x) ‖ p(z))', -b.kl, 'cost: how far the ellipse is from the prior'),
      row('= ELBO', b.elbo, 'the lower bound on log p(x), their sum'),
      row('log p(x)', b.log_p, 'the likelihood itself, integrated numerically over z'),
      row('gap', b.log_p === null || b.log_p === undefined ? null : b.log_p - b.elbo, 'log p(x) − ELBO = KL(q(z|x) ‖ p(z|x)): how wrong the encoder’s guess is'))));
}

/**
 * @param {number} active
 * @param {number} of
 */
function collapsed(active, of) {
  if (active >= of) return 'Both coordinates of the code are used. The gaps between the clouds of ellipses are codes that no data point has; what the decoder makes of them are the stray samples between the modes.';
  const none = active === 0 ? `None of the ${of} coordinates of the code is used: there` : `${active} of ${of} coordinates of the code are used; for the others`;
  return `${none} the ellipses are the prior itself, and the decoder ignores them (posterior collapse).`;
}
