// The reverse process of a diffusion model: noise becomes data, in any number of steps.

import {labelColour} from './colour.js';
import {attempt} from './controls.js';
import {el, say, set} from './dom.js';
import {fine} from './figures.js';
import {unpack} from './pack.js';
import {Plane} from './plane.js';
import {player} from './player.js';

/**
 * @param {import('./inside.js').Context} c
 * @returns {import('./inside.js').View}
 */
export function reverse(c) {
  const {session, info, option} = c;
  const knob = (/** @type {string} */ key) => option?.sampling.find((k) => k.key === key);
  const steps = (/** @type {string} */ v) => Math.round(10 ** (3 * Number(v) / 1000));
  const nfe = el('input', {type: 'range', id: 'nfe', min: 0, max: 1000, value: Math.round(1000 / 3 * Math.log10(Math.max(1, info.nfe))), oninput: () => say(many, text()), onchange: () => c.ask()});
  const text = () => `${steps(nfe.value)} network evaluations`, many = el('output', {}, text());
  const samplers = knob('sampler')?.choices ?? [];
  const sampler = el('select', {id: 'insidesampler', onchange: () => c.ask()}, ...samplers.map((s) => el('option', {value: s}, s)));
  const index = session.current.panels.findIndex((p) => p.id === info.id), set0 = session.current.settings.models[index];
  if (samplers.length) sampler.value = set0?.sampling?.sampler ?? set0?.set?.sampler ?? knob('sampler')?.default ?? samplers[0];
  const names = info.labels ? session.current.data.labels ?? [] : [];
  const label = el('select', {id: 'insidelabel', onchange: () => { guided.hidden = label.value === ''; c.ask(); }}, el('option', {value: ''}, 'all'), ...names.map((n, k) => el('option', {value: k}, n)));
  const scale = el('input', {type: 'range', id: 'insideguidance', min: 0, max: 8, step: 0.5, value: 1, oninput: () => say(said, scale.value), onchange: () => c.ask()});
  const said = el('output', {}, '1'), guided = el('div', {class: 'row', hidden: true}, el('label', {for: 'insideguidance'}, 'guidance'), scale, said);
  const paths = el('input', {type: 'checkbox', checked: true, onchange: () => draw()});
  const canvas = el('canvas', {role: 'img', 'aria-label': 'Points on their way from noise to data'}), plane = new Plane(canvas);
  const score = el('div', {role: 'status'});
  const apply = el('button', {type: 'button', onclick: () => attempt(() => {
    const settings = structuredClone(session.current.settings), of = (settings.models[index].sampling ??= {});
    of.nfe = String(steps(nfe.value));
    if (samplers.length) of.sampler = sampler.value;
    return session.use(settings);
  })}, 'Use these on the stage');

  /** @type {{times: number[], frames: Float32Array[]} | null} */
  let film = null;
  const time = player('Time of the reverse process', 4, () => draw(), (u) => (film ? `t = ${timeAt(u).toFixed(2)}${u === 0 ? ': noise' : u === 1 ? ': data' : ''}` : ''));
  const timeAt = (/** @type {number} */ u) => {
    const {times} = /** @type {{times: number[]}} */ (film), at = u * (times.length - 1), i = Math.min(Math.floor(at), times.length - 2);
    return times.length < 2 ? times[0] : times[i] + (at - i) * (times[i + 1] - times[i]);
  };
  const draw = () => {
    if (!film) return;
    plane.clear();
    const {frames} = film, at = time.at() * (frames.length - 1), i = Math.max(0, Math.min(Math.floor(at), frames.length - 2)), s = at - i;
    const a = frames[i], b = frames[Math.min(i + 1, frames.length - 1)], now = a.map((v, k) => v + s * (b[k] - v));
    if (paths.checked) {
      const lines = [];
      for (let k = 0; k < Math.min(40, now.length / 2); k++) {
        const line = [];
        for (let f = 0; f <= i; f++) line.push(frames[f][2 * k], frames[f][2 * k + 1]);
        line.push(now[2 * k], now[2 * k + 1]);
        lines.push(line);
      }
      plane.lines(lines, c.colour, {opacity: 0.45});
    }
    plane.points(now, label.value === '' ? c.colour : labelColour(Number(label.value)), {radius: 1.9, opacity: 0.75});
  };
  return {
    element: el('div', {class: 'wide'}, el('figure', {class: 'big'}, canvas, time.element),
      el('div', {},
        el('p', {}, 'Training teaches the network to remove a little noise. To sample, start with pure noise (t = 1) and let it remove noise step by step until t = 0. How many steps is decided here, not in training.'),
        el('div', {class: 'row'}, el('label', {for: 'nfe'}, 'steps'), nfe, many),
        samplers.length > 0 && el('div', {class: 'row'}, el('label', {for: 'insidesampler'}, 'sampler', sampler)),
        names.length > 0 && el('div', {class: 'row'}, el('label', {for: 'insidelabel'}, 'label', label)), guided,
        el('div', {class: 'row'}, el('label', {}, paths, 'show paths of 40 points'), apply), score,
        el('p', {class: 'soft small'}, 'Try 1, 3, 10, 35 and 1000. With few steps the straight pieces leave the curved path and the points end between the modes; beyond some tens of steps nothing is gained but time. '
          + 'With ddpm, noise is added in every step: the paths tremble, and it needs many more of them.'))),
    options: () => ({nfe: steps(nfe.value), points: 300, ...(samplers.length ? {sampler: sampler.value} : {}), ...(label.value ? {label: label.value, guidance: Number(scale.value)} : {})}),
    show: (answer) => {
      const first = !film, range = answer.range ?? session.current.data.range;
      plane.show(widened(session.current.data.box), session.mass, session.current.data.box);
      film = {times: answer.times, frames: answer.frames.map((/** @type {string} */ f) => unpack(f, range))};
      const d = answer.figures?.find((/** @type {import('./types.js').Row} */ r) => r.name === 'energy_distance');
      set(score, d && d.value !== null && el('p', {}, `Energy distance in ${answer.nfe} steps: `, el('b', {}, fine(d.value)), d.oracle === null ? '' : ` (oracle ${fine(d.oracle)})`));
      if (first) time.play();
      else draw();
    },
    draw,
    stop: () => time.stop(),
  };
}

/**
 * Returns a box a third wider on every side: pure noise is wider than the data.
 * @param {import('./plane.js').Box} b
 * @returns {import('./plane.js').Box}
 */
function widened([x0, x1, y0, y1]) {
  const x = (x1 - x0) / 6, y = (y1 - y0) / 6;
  return [x0 - x, x1 + x, y0 - y, y1 + y];
}
