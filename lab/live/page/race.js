// The race: energy distance and KL divergence of all models against seconds or steps.

import {shown} from './colour.js';
import {el, get, onScheme, set} from './dom.js';
import {nameOf} from './names.js';
import {number, ticksOf} from './plane.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {{name: string, colour: string, points: [number, number][]}} Line */

/** Size of a chart in pixels: as wide as its column, so that its texts keep their size. */
let width = 640;
const height = 330, left = 48, top = 14, bottom = 40;
/** Room for the names of the curves. */
let right = 112;

/** @param {Session} session */
export function buildRace(session) {
  let against = 1; // index into a mark: 0 steps, 1 seconds
  const host = get('race'), charts = el('div', {class: 'wide charts'});
  const choice = (/** @type {string} */ text, /** @type {number} */ index) => el('label', {},
    el('input', {type: 'radio', name: 'against', checked: against === index, onchange: () => { against = index; draw(); }}), text);
  set(host, el('fieldset', {class: 'row'}, el('legend', {class: 'hidden'}, 'Horizontal axis'), 'against', choice('training time', 1), choice('steps', 0)), charts,
    el('p', {class: 'soft small'}, 'Both scales are logarithmic, lower is better; what is below an axis, or negative by chance, is drawn at its lower end. ',
      'Steps differ in cost from model to model, seconds are those that each model trained itself. A model without a likelihood has no KL; that of a bound is an upper estimate (dashed).'));
  const draw = () => {
    if (host.hidden || !session.stage) return;
    const room = charts.clientWidth;
    width = Math.max(300, Math.min(room > 860 ? room / 2 - 16 : room, 760));
    set(charts, chart(session, against, 2, 'Energy distance', 'data units'), chart(session, against, 3, 'KL(p‖q)', 'nats'));
  };
  let asked = false;
  const soon = () => {
    if (asked) return;
    asked = true;
    setTimeout(() => { asked = false; draw(); }, 400);
  };
  for (const event of ['stage', 'figures', 'history']) session.addEventListener(event, soon);
  addEventListener('resize', soon);
  onScheme(soon);
  return draw;
}

/**
 * Draws a chart.
 * @param {Session} session
 * @param {number} against index of x in a mark
 * @param {number} of index of y in a mark
 * @param {string} title
 * @param {string} unit
 */
function chart(session, against, of, title, unit) {
  const stage = session.current, noise = of === 2 ? session.standard?.noise ?? null : null, floor = Math.max(noise ?? 1e-3, 1e-5);
  const panels = stage.panels.filter((p) => of === 2 || p.likelihood !== 'none');
  const lines = panels.map((p) => {
    const marks = session.panels.get(p.id)?.history ?? [];
    /** @type {[number, number][]} */
    const points = [];
    for (const m of marks) {
      const x = m[against] ?? 0, y = m[of];
      if (x > 0 && y !== null && isFinite(y)) points.push([x, Math.max(y, floor / 2)]);
    }
    const error = of === 3 ? session.row(session.panels.get(p.id)?.figures ?? null, 'kl')?.se ?? 0 : 0;
    return {name: nameOf(p), colour: shown(p.colour), points, error, dashed: of === 3 && p.likelihood === 'bound'};
  }).filter((l) => l.points.length > 0);
  const caption = el('figcaption', {}, el('b', {}, title), ` in ${unit}, against ${against ? 'seconds of training' : 'steps'}. `,
    of === 3 ? 'The bar at an end is two standard errors up and down. ' + missing(stage.panels)
      : noise !== null && `In the grey band a model cannot be told from the true distribution: 19 of 20 fresh samples of that, of ${session.standard?.n.toLocaleString('en')} points like those of the models, fall into it by chance.`);
  if (lines.length === 0) return el('figure', {}, el('p', {class: 'soft'}, of === 3 && !stage.data.density ? 'The true density is not known, so there is no KL(p‖q).' : 'Press Start: the first values come after a moment.'), caption);
  right = 18 + Math.max(...lines.map((l) => 7.2 * l.name.length));
  const all = lines.flatMap((l) => l.points);
  const x = scale(Math.min(...all.map((p) => p[0])), Math.max(...all.map((p) => p[0])), left, width - right);
  const y = scale(Math.min(floor / 2, ...all.map((p) => p[1])), Math.max(...all.map((p) => p[1])), height - bottom, top);
  const svg = node('svg', {viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${title} against ${against ? 'seconds' : 'steps'}: ` +
    lines.map((l) => `${l.name} ${number(+l.points[l.points.length - 1][1].toPrecision(3))}`).join(', ')});
  if (noise !== null) svg.append(node('rect', {class: 'oracle', x: left, y: y.at(floor), width: width - right - left, height: Math.max(0, height - bottom - y.at(floor))}));
  for (const t of x.ticks.filter((_, i) => width > 420 || x.ticks.length < 5 || i % 2 === 0)) svg.append(node('path', {class: 'rule', d: `M${x.at(t)} ${top}V${height - bottom}`}), text(x.at(t), height - bottom + 16, number(t), 'middle'));
  for (const t of y.ticks) svg.append(node('path', {class: 'rule', d: `M${left} ${y.at(t)}H${width - right}`}), text(left - 6, y.at(t) + 4, number(t), 'end'));
  svg.append(text((left + width - right) / 2, height - 6, against ? 'seconds of training' : 'steps', 'middle'));
  const ends = lines.map((l) => y.at(l.points[l.points.length - 1][1]));
  const names = apart(ends);
  lines.forEach((l, i) => {
    const last = l.points[l.points.length - 1];
    const g = node('g', {});
    g.style.setProperty('--of', l.colour);
    if (l.error > 0) {
      const v = Math.max(l.points[l.points.length - 1][1], floor / 2), [lo, hi] = [v - 2 * l.error, v + 2 * l.error].map((u) => y.at(Math.max(u, floor / 2)));
      g.append(node('path', {class: 'error', d: `M${x.at(last[0])} ${Math.max(hi, top)}V${lo}`}));
    }
    g.append(node('path', {class: 'curve', 'stroke-dasharray': l.dashed ? '6 4' : 'none', d: l.points.map((p, k) => `${k ? 'L' : 'M'}${x.at(p[0]).toFixed(1)} ${y.at(p[1]).toFixed(1)}`).join('')}),
      node('circle', {class: 'end', cx: x.at(last[0]), cy: ends[i], r: 4}),
      node('path', {class: 'rule', d: `M${x.at(last[0]) + 5} ${ends[i]}L${width - right + 6} ${names[i]}`}), text(width - right + 10, names[i] + 4, l.name, 'start', 'name'));
    svg.append(g);
  });
  return el('figure', {}, svg, caption);
}

/** @param {import('./types.js').PanelInfo[]} panels */
function missing(panels) {
  const none = panels.filter((p) => p.likelihood === 'none').map(nameOf);
  return none.length ? `Without a curve: ${none.join(', ')} (no likelihood).` : '';
}

/**
 * Returns a logarithmic scale.
 * @param {number} lo
 * @param {number} hi
 * @param {number} from
 * @param {number} to
 */
function scale(lo, hi, from, to) {
  if (hi < lo * 3) hi = lo * 3;
  const a = Math.log10(lo), b = Math.log10(hi), at = (/** @type {number} */ v) => from + (to - from) * (Math.log10(v) - a) / (b - a);
  const decades = [];
  for (let e = Math.ceil(a); e <= b; e++) decades.push(10 ** e);
  let ticks = decades.length > 5 ? decades.filter((_, i) => i % 2 === 0) : decades;
  if (decades.length < 3) ticks = [];
  if (decades.length < 3) {
    for (let e = Math.floor(a); e <= b; e++) for (const k of [1, 2, 5]) if (k * 10 ** e >= lo && k * 10 ** e <= hi) ticks.push(k * 10 ** e);
  }
  if (ticks.length < 2) ticks = ticksOf(lo, hi).filter((t) => t > 0);
  return {at, ticks};
}

/**
 * Returns heights of labels near those of the curves' ends, far enough apart to be read.
 * @param {number[]} ends
 */
function apart(ends) {
  const order = ends.map((_, i) => i).sort((i, j) => ends[i] - ends[j]), out = ends.slice();
  for (let k = 1; k < order.length; k++) out[order[k]] = Math.max(out[order[k]], out[order[k - 1]] + 15);
  const over = Math.max(0, out[order[order.length - 1]] - (height - bottom));
  if (over) for (let k = order.length - 1, room = height - bottom; k >= 0; k--, room -= 15) out[order[k]] = Math.min(out[order[k]], room);
  return out;
}

/**
 * Makes an element of a picture.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
export function node(tag, attributes, ...children) {
  const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, String(value));
  e.append(...children);
  return /** @type {SVGElement} */ (e);
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} words
 * @param {string} anchor
 * @param {string} [of]
 */
function text(x, y, words, anchor, of = 'tick') {
  return node('text', {x, y, 'text-anchor': anchor, class: of}, words);
}
