// Start, pause, one step, restart, seed, speed and data: the bar above the stage.

import {announce, el, get, say, set, tell} from './dom.js';
import {spoken} from './figures.js';

/** @typedef {import('./session.js').Session} Session */

/** What the state of a stage is called. */
const states = {paused: 'paused', running: 'training', done: 'training is complete', unwatched: 'paused: nobody was watching'};

/**
 * Does something and shows what went wrong.
 * @param {() => Promise<void>} f
 */
export async function attempt(f) {
  try {
    await f();
    tell('');
  } catch (why) {
    tell(why instanceof Error ? why.message : String(why), 'fault');
  }
}

/**
 * @param {Session} session
 * @param {import('./types.js').Options} options
 * @param {(name: string) => Promise<void>} useData
 */
export function buildControls(session, options, useData) {
  const order = (/** @type {Parameters<Session['control']>[0]} */ o) => attempt(() => session.control(o));
  const start = el('button', {type: 'button', class: 'main', id: 'start', onclick: () => order({do: session.current.state === 'running' ? 'pause' : 'start'})}, 'Start');
  const step = el('button', {type: 'button', id: 'step', onclick: () => order({do: 'step', steps: 1})}, 'One step');
  const restart = el('button', {type: 'button', id: 'restart', title: 'Begin again with the same seed: the same numbers come out', onclick: () => order({do: 'restart'})}, 'Restart');
  const other = el('button', {type: 'button', id: 'newseed', title: 'Begin again with another seed: how much is chance?', onclick: () => order({do: 'restart', seed: 1 + Math.floor(Math.random() * 9999)})}, 'New seed');
  const seed = el('input', {type: 'text', inputMode: 'numeric', class: 'seed', id: 'seed', 'aria-label': 'Seed', onchange: () => {
    if (/^\d{1,15}$/.test(seed.value)) order({do: 'restart', seed: Number(seed.value)});
    else tell(`The seed is “${seed.value}”, but must be a whole number of at most 15 digits.`, 'fault');
  }});
  const speed = el('input', {type: 'range', min: 0, max: 100, step: 1, id: 'speed', 'aria-label': 'Speed', oninput: () => speedText(), onchange: () => order({do: 'speed', speed: share()})});
  const said = el('output', {});
  const share = () => +(10 ** (3 * (Number(speed.value) / 100 - 1))).toPrecision(2); // 0.001 to 1
  const speedText = () => {
    const text = share() >= 1 ? 'full' : `${+(share() * 100).toPrecision(2)} %`;
    say(said, text);
    speed.setAttribute('aria-valuetext', text);
  };
  const data = el('select', {id: 'dataset', onchange: () => attempt(() => useData(data.value))}, ...options.datasets.map((d) => el('option', {value: d.name}, d.name)));
  const state = el('span', {class: 'state', id: 'state'});
  set(get('controls'), start, step, restart, other);
  set(get('setup'), el('label', {}, 'seed', seed), el('label', {}, 'data', data), el('label', {}, 'speed', speed, said), state);

  const idle = [start, step, restart, other, seed, speed, data]; // until there is a stage
  for (const e of idle) e.disabled = true;
  session.addEventListener('stage', () => {
    for (const e of idle.splice(0)) e.disabled = false;
    const s = session.current;
    if (document.activeElement !== seed) seed.value = String(s.settings.seed);
    const name = s.settings.data.name;
    for (const o of [...data.options]) if (o.dataset.own) o.remove();
    if ('points' in s.settings.data || !options.datasets.some((d) => d.name === name)) {
      data.append(el('option', {value: name, 'data-own': 'yes'}, 'points' in s.settings.data ? `your points: ${name}` : name));
    }
    data.value = name;
  });
  let before = '';
  session.addEventListener('state', (e) => {
    const s = session.current, running = s.state === 'running';
    say(start, running ? 'Pause' : s.state === 'done' ? 'Done' : 'Start');
    start.disabled = s.state === 'done';
    step.disabled = running || s.state === 'done';
    speed.value = String(100 * (Math.log10(s.speed) / 3 + 1));
    speedText();
    const why = /** @type {CustomEvent} */ (e).detail;
    say(state, states[s.state] + (why ? `: ${why}` : ''));
    if (before !== s.state && before !== '') announce(`${states[s.state]}. ${summary(session)}`);
    before = s.state;
  });
  session.addEventListener('interrupted', () => say(state, 'connection interrupted, trying again…'));
  session.addEventListener('lost', (e) => tell(String(/** @type {CustomEvent} */ (e).detail?.message ?? 'The connection is lost: reload the page.'), 'fault'));
  setInterval(() => {
    if (session.stage?.state === 'running' && !document.hidden) announce(summary(session));
  }, 20000);
  keys(start);
}

/** @param {Session} session */
function summary(session) {
  return session.current.panels.flatMap((p) => {
    const figures = session.panels.get(p.id)?.figures;
    return figures ? [spoken(p, figures)] : [];
  }).join(' ');
}

/**
 * Lets the space bar start and pause where no control has the focus.
 * @param {HTMLButtonElement} start
 */
function keys(start) {
  document.addEventListener('keydown', (e) => {
    const free = e.target === document.body || /** @type {HTMLElement} */ (e.target).id === 'stage';
    if (e.key === ' ' && free && !e.ctrlKey && !e.altKey && !e.metaKey) {
      e.preventDefault();
      start.click();
    }
  });
}
