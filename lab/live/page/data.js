// The data: built-in distributions, points drawn with pointer or keyboard, or a file.

import {labelColour, scheme, shown} from './colour.js';
import {attempt} from './controls.js';
import {readCSV} from './csv.js';
import {announce, el, get, onScheme, say, set} from './dom.js';
import {rounded} from './pack.js';
import {Plane} from './plane.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {(data: import('./types.js').DataChoice) => Promise<void>} Learn */

/** Fewest points that can be learned. */
const fewest = 20;

/**
 * @param {Session} session
 * @param {import('./types.js').Options} options
 * @param {Learn} learn
 * @returns {() => void} draws the canvas anew
 */
export function buildData(session, options, learn) {
  /** @type {[number, number][]} */
  let points = [];
  /** @type {number[]} -1 without a label */
  let labels = [];
  /** @type {number[]} numbers of points before each stroke */
  let strokes = [];
  /** @type {[number, number]} where the keyboard's brush is */
  let cursor = [0, 0];

  const canvas = el('canvas', {class: 'draw', tabIndex: 0, id: 'draw', role: 'application', 'aria-label': 'Drawing area. Arrow keys move the brush, Enter or Space draws, Delete undoes.', 'aria-describedby': 'drawn'});
  const plane = new Plane(canvas);
  plane.show([-4, 4, -4, 4], null);
  const drawn = el('p', {id: 'drawn', class: 'soft', role: 'status'});
  const slider = (/** @type {string} */ id, /** @type {string} */ text, /** @type {number[]} */ [min, max, step, value]) => {
    const said = el('output', {}, String(value)), input = el('input', {type: 'range', id, min, max, step, value, oninput: () => say(said, input.value)});
    return {input, row: el('div', {class: 'row'}, el('label', {for: id}, text), input, said)};
  };
  const many = slider('many', 'points a stroke', [1, 100, 1, 20]), spread = slider('spread', 'spread', [0, 1, 0.02, 0.2]);
  const label = el('select', {id: 'brushlabel'}, el('option', {value: '-1'}, 'none'), ...[0, 1, 2, 3].map((k) => el('option', {value: k}, String(k))));
  const erase = el('input', {type: 'checkbox', id: 'erase'});
  const use = el('button', {type: 'button', class: 'main', id: 'learn', onclick: () => attempt(send)}, 'Learn these points');

  const draw = () => {
    if (get('data').hidden) return;
    plane.clear();
    plane.points(new Float32Array(points.flat()), (i) => (labels[i] >= 0 ? labelColour(labels[i]) : shown('#000000')), {radius: 2});
    if (document.activeElement === canvas) {
      const c = plane.context, x = plane.x(cursor[0]), y = plane.y(cursor[1]);
      c.strokeStyle = scheme.ink;
      c.lineWidth = 2;
      c.beginPath();
      c.arc(x, y, Math.max(6, Number(spread.input.value) * plane.scale), 0, 7);
      c.moveTo(x - 5, y);
      c.lineTo(x + 5, y);
      c.moveTo(x, y - 5);
      c.lineTo(x, y + 5);
      c.stroke();
    }
    const n = points.length;
    say(drawn, n === 0 ? 'No points yet: press and move the pointer in the area, or use the arrow keys and Enter.'
      : n < fewest ? `${n} points; at least ${fewest} are needed.` : `${n} points. A tenth is held out to measure the likelihood.`);
    use.disabled = n < fewest;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const spray = (/** @type {[number, number]} */ [x, y], /** @type {number} */ n) => {
    const s = Number(spread.input.value);
    if (erase.checked) {
      const keep = points.map((p) => Math.hypot(p[0] - x, p[1] - y) > Math.max(s, 0.1));
      points = points.filter((_, i) => keep[i]);
      labels = labels.filter((_, i) => keep[i]);
      return draw();
    }
    for (let k = 0; k < n && points.length < options.limits.points; k++) {
      points.push([Math.max(-4, Math.min(x + s * normal(), 4)), Math.max(-4, Math.min(y + s * normal(), 4))]);
      labels.push(Number(label.value));
    }
    draw();
  };
  const undo = () => {
    const to = strokes.pop() ?? 0;
    points.length = labels.length = Math.min(to, points.length);
    draw();
  };
  let last = 0;
  canvas.addEventListener('pointerdown', (e) => {
    e.preventDefault();
    canvas.focus();
    canvas.setPointerCapture(e.pointerId);
    strokes.push(points.length);
    last = e.timeStamp;
    spray(cursor = plane.at(e), Number(many.input.value));
  });
  canvas.addEventListener('pointermove', (e) => {
    if (!canvas.hasPointerCapture(e.pointerId) || e.timeStamp - last < 40) return;
    last = e.timeStamp;
    spray(cursor = plane.at(e), Math.ceil(Number(many.input.value) / 4));
  });
  canvas.addEventListener('keydown', (e) => {
    const by = e.shiftKey ? 1 : 0.25, move = {ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, by], ArrowDown: [0, -by]}[e.key];
    if (move) cursor = [Math.max(-4, Math.min(cursor[0] + move[0], 4)), Math.max(-4, Math.min(cursor[1] + move[1], 4))];
    else if (e.key === 'Enter' || e.key === ' ') {
      strokes.push(points.length);
      spray(cursor, Number(many.input.value));
    } else if (e.key === 'Delete' || e.key === 'Backspace') undo();
    else return;
    e.preventDefault();
    draw();
  });
  for (const event of ['focus', 'blur']) canvas.addEventListener(event, draw);
  const send = () => {
    const some = labels.some((l) => l >= 0);
    return learn({name: 'drawn', points: rounded(points).points, ...(some ? {labels: labels.map((l) => Math.max(l, 0))} : {})});
  };

  const file = el('input', {type: 'file', id: 'csv', accept: '.csv,.tsv,.txt,text/csv', class: 'file', onchange: () => file.files && open(file.files[0])});
  const open = (/** @type {File | undefined} */ f) => attempt(async () => {
    if (!f) return;
    if (f.size > options.limits.body) throw new Error(`${f.name} has ${(f.size / 2 ** 20).toFixed(1)} MiB, but at most ${options.limits.body / 2 ** 20} are possible here: use genlab train --data file:PATH`);
    let read;
    try {
      read = readCSV(await f.text(), options.limits.points);
    } catch (why) {
      throw new Error(`${f.name}: ${/** @type {Error} */ (why).message}`);
    }
    await learn({name: f.name.replace(/[^\w.-]+/g, '_').slice(0, 40), points: rounded(read.points).points, ...(read.labels ? {labels: read.labels} : {})});
    announce(`${f.name}: ${read.note}`);
    say(about, `${f.name}: ${read.note}.`);
  });
  const about = el('p', {class: 'soft', role: 'status'});
  document.addEventListener('dragover', (e) => e.preventDefault());
  document.addEventListener('drop', (e) => {
    e.preventDefault();
    open(e.dataTransfer?.files[0]);
  });

  const builtin = el('div', {class: 'answers'}, ...options.datasets.map((d) => el('button', {type: 'button', title: d.title, onclick: () => attempt(() => learn({name: d.name}))}, d.name)));
  set(get('data'), el('div', {class: 'wide'},
    el('div', {class: 'big'}, canvas, drawn),
    el('div', {}, el('h2', {}, 'Draw points'), many.row, spread.row,
      el('div', {class: 'row'}, el('label', {for: 'brushlabel'}, 'label', label), el('label', {}, erase, 'erase instead')),
      el('div', {class: 'row'}, use, el('button', {type: 'button', onclick: undo}, 'Undo'),
        el('button', {type: 'button', onclick: () => { points = []; labels = []; strokes = []; draw(); }}, 'Clear')),
      el('h2', {}, 'Or a file'),
      el('p', {}, el('label', {for: 'csv'}, 'A CSV file with two columns of numbers, and labels in a column called label if it has any. You can also drop it anywhere on the page.')),
      file, about,
      el('h2', {}, 'Or a distribution with a known density'), builtin)));
  get('data').addEventListener('input', draw);
  onScheme(draw);
  session.addEventListener('stage', () => {
    const d = session.current.settings.data;
    if ('points' in d && d.name === 'drawn' && points.length === 0) {
      points = d.points.map(([x, y]) => [x, y]);
      labels = d.points.map((_, i) => d.labels?.[i] ?? -1);
    }
    draw();
  });
  return draw;
}
