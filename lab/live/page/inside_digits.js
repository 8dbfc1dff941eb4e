// One point of the autoregressive model, digit by digit.

import {el, say, set} from './dom.js';
import {Plane} from './plane.js';
import {node} from './race.js';

/** @typedef {{of: 'x' | 'y', place: number, probabilities: number[], chosen: number, cell: import('./plane.js').Box}} Digit */

/**
 * @param {import('./inside.js').Context} c
 * @returns {import('./inside.js').View}
 */
export function digits(c) {
  let seed = 1, shownDigits = 99;
  /** @type {{base: number, box: import('./plane.js').Box, steps: Digit[], point: [number, number], log_prob: number} | null} */
  let last = null;
  const canvas = el('canvas', {role: 'img', 'aria-label': 'The cell of the plane that the digits leave'}), plane = new Plane(canvas);
  const bars = el('div', {class: 'bars'}), base = el('span', {}, '31'), said = el('p', {role: 'status'});
  bars.style.setProperty('--of', c.colour);
  const next = el('button', {type: 'button', id: 'nextdigit', onclick: () => {
    shownDigits = last && shownDigits >= last.steps.length ? 0 : shownDigits + 1;
    draw();
  }}, 'Next digit');
  const another = el('button', {type: 'button', onclick: () => { seed++; shownDigits = 0; c.ask(); }}, 'Another point');
  const draw = () => {
    if (!last) return;
    const n = Math.min(shownDigits, last.steps.length), {steps} = last, digits = last.base;
    plane.show(c.session.current.data.box, c.session.mass);
    plane.clear();
    for (let k = 0; k < n; k++) plane.lines([rectangle(steps[k].cell)], c.colour, {width: k === n - 1 ? 3 : 1.2, opacity: k === n - 1 ? 1 : 0.6});
    if (n === steps.length) plane.points(new Float32Array(last.point), c.colour, {radius: 4, opacity: 1});
    set(bars, ...steps.map((s, k) => el('div', {class: `digit${k === n - 1 ? ' now' : ''}`},
      el('span', {}, `${s.of}, digit ${s.place}${k < n ? ` = ${s.chosen}` : ''}`), k <= n ? histogram(s, k < n, digits) : el('span', {class: 'soft'}, 'not yet asked'))));
    say(said, n === 0 ? 'The first list of probabilities is the same for every point. Press “Next digit”.'
      : n < steps.length ? `${steps[n - 1].of}, digit ${steps[n - 1].place} is ${steps[n - 1].chosen}, chosen with probability ${percent(steps[n - 1])}. The next list of probabilities depends on it.`
        : `All ${steps.length} digits: ${product(last)}`);
    say(next, n >= steps.length ? 'From the beginning' : 'Next digit');
  };
  return {
    element: el('div', {class: 'wide'}, el('figure', {class: 'big'}, canvas, el('figcaption', {}, 'Each digit leaves a smaller cell; the last cell holds the point, at a random place within it.')),
      el('div', {}, el('p', {}, 'A coordinate is written like a number with digits, the most significant first; the digits here go from 0 to ', base, '. The network is evaluated once for each digit and gives the probability of every possible one, given those chosen before. Then one is drawn.'),
        el('div', {class: 'row'}, next, another), said, bars)),
    options: () => ({seed}),
    show: (answer) => {
      const first = !last;
      last = answer;
      say(base, String(answer.base - 1));
      if (first) shownDigits = 0;
      draw();
    },
    draw,
  };
}

/** @param {Digit} s */
const percent = (s) => `${+(100 * s.probabilities[s.chosen]).toPrecision(2)} %`;

/** @param {{steps: Digit[], log_prob: number}} all */
const product = (all) => `their probabilities ${all.steps.map(percent).join(' × ')}, divided by the area of the cell, give the density of the point: log q(x) = ${all.log_prob.toFixed(2)} nats. That is the exact likelihood.`;

/** @param {import('./plane.js').Box} b */
const rectangle = ([x0, x1, y0, y1]) => [x0, y0, x1, y0, x1, y1, x0, y1, x0, y0];

/**
 * Draws the probabilities of a digit.
 * @param {Digit} s
 * @param {boolean} chosen whether the choice is shown
 * @param {number} base
 */
function histogram(s, chosen, base) {
  const top = Math.max(...s.probabilities), svg = node('svg', {viewBox: `0 0 ${base * 10} 40`, preserveAspectRatio: 'none', role: 'img',
    'aria-label': `Probabilities of ${base} digits; the likeliest is ${s.probabilities.indexOf(top)} with ${+(100 * top).toPrecision(2)} %`});
  svg.style.maxWidth = `${base * 2}rem`;
  s.probabilities.forEach((p, k) => {
    const h = Math.max(38 * p / top, 0.4);
    svg.append(node('rect', {x: k * 10 + 1, y: 40 - h, width: 8, height: h, class: chosen && k === s.chosen ? 'chosen' : 'other'}));
  });
  return svg;
}
